//! What runs is what was signed for: a program that was replaced between the two is not started. And what programs print
//! is stored without what looks like a secret.

use super::running::{lines, sh};
use super::{Desk, until};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

impl Desk {
    /// Puts a script there under a name, in one move, as a package manager would; its path.
    fn program(&self, name: &str, script: &str) -> String {
        let new = self.file("new", format!("#!/bin/sh\n{script}\n"));
        std::fs::set_permissions(&new, std::fs::Permissions::from_mode(0o755)).unwrap();
        std::fs::rename(&new, self.path(name)).unwrap();
        self.path(name).to_str().unwrap().to_owned()
    }

    /// How many steps the log says were begun.
    fn begun(&self, id: &str) -> usize {
        self.run(&["log", id]).ended(0).out.matches(" started ").count()
    }
}

fn writes(log: &Path, word: &str) -> String {
    format!("echo {word} >> {}", log.display())
}

/// A plan of steps one after the other, each by the program of its own name.
fn by_programs(desk: &Desk, names: &[&str]) -> Value {
    let log = desk.path("log");
    let steps: Vec<Value> = (names.iter().enumerate())
        .map(|(n, name)| {
            let run = desk.program(name, &writes(&log, name));
            let undo = desk.program(&format!("un{name}"), &writes(&log, &format!("un{name}")));
            let needs: Vec<Value> = names[..n].last().map(|one| json!({"step": one})).into_iter().collect();
            json!({"id": name, "action": "x.do", "run": [run], "undo": [undo], "needs": needs})
        })
        .collect();
    json!({"kind": "plan", "by": "planner", "title": "By programs", "steps": steps})
}

#[test]
fn a_program_that_was_replaced_since_it_was_signed_for_is_not_started() {
    let desk = Desk::new();
    let log = desk.path("log");
    let id = desk.approved(&by_programs(&desk, &["a", "b"]));
    let signed = desk.shown(&id)["signoffs"][0]["programs"].clone();
    assert_eq!(signed.as_array().unwrap().len(), 4, "{signed}");
    let known = |work: &str, step: &str| {
        let of = signed.as_array().unwrap().iter().find(|p| p[work] == json!([step])).unwrap();
        of["digest"].as_str().unwrap().to_owned()
    };
    let of_b = std::process::Command::new("sha256sum").arg(desk.path("b")).output().unwrap().stdout;
    assert!(String::from_utf8(of_b).unwrap().starts_with(&known("run", "b")), "as sha256sum prints it");

    let original = std::fs::read_to_string(desk.path("b")).unwrap();
    for replaced in ["b", "una"] {
        let before = std::fs::read_to_string(desk.path(replaced)).unwrap();
        desk.program(replaced, &writes(&log, "evil"));
        let words = ["is not the one that", "signed for", "put it back", "resubmit R-1 --as-new"];
        desk.run(&["run", &id]).refused(1, &words);
        desk.file(replaced, before);
        assert_eq!((desk.begun(&id), lines(&log).len()), (0, 0), "nothing began");
    }
    assert_eq!(std::fs::read_to_string(desk.path("b")).unwrap(), original);
    desk.run(&["run", &id]).ended(0);
    assert_eq!(lines(&log), ["a", "b"], "the same bytes again are the same program");
}

#[test]
fn a_step_that_replaces_the_program_of_the_next_gets_no_further() {
    let desk = Desk::new();
    let (log, gone) = (desk.path("log"), desk.path("evil"));
    let mut plan = by_programs(&desk, &["a", "b"]);
    desk.program("evil", &writes(&log, "evil"));
    let a = sh(&format!("echo a >> {}; mv {} {}", log.display(), gone.display(), desk.path("b").display()));
    plan["steps"][0]["run"] = a;
    let id = desk.approved(&plan);
    desk.run(&["run", &id]).ended(16).complained(&["the program that does b", "is not the one"]);
    assert_eq!((desk.begun(&id), lines(&log)), (1, vec!["a".to_owned()]));
    assert_eq!(desk.shown(&id)["execution"], "running", "it stands still, and a person can end it");
    desk.run(&["run", &id]).refused(1, &["the program that does b"]);
    desk.run(&["roll-back", &id]).ended(0);
    assert_eq!(lines(&log), ["a", "una"]);
    desk.run(&["audit", "verify"]).ended(0);
}

#[test]
fn what_takes_back_is_held_to_what_was_signed_too() {
    let desk = Desk::new();
    let log = desk.path("log");
    let mut plan = by_programs(&desk, &["a", "b"]);
    plan["steps"][1]["run"] = sh("exit 1");
    let id = desk.approved(&plan);
    desk.run(&["run", &id]).ended(16);
    let before = std::fs::read_to_string(desk.path("una")).unwrap();
    desk.program("una", &writes(&log, "evil"));
    desk.run(&["roll-back", &id]).ended(16).complained(&["the program that takes back a", "put it back"]);
    assert_eq!(lines(&log), ["a"]);
    desk.file("una", before);
    desk.run(&["roll-back", &id]).ended(0);
    assert_eq!(lines(&log), ["a", "una"]);
}

#[test]
fn what_nobody_could_look_at_is_recorded_as_unknown_and_told() {
    let desk = Desk::new();
    let log = desk.path("log");
    let mut plan = by_programs(&desk, &["a", "b"]);
    std::fs::remove_file(desk.path("a")).unwrap();
    plan["steps"][1]["undo"] = json!(["/no/such/program"]);
    let id = desk.submit(&plan);
    let said =
        "the programs of a, b could not be looked at: what stands there when it runs is what is started";
    desk.run(&["approve", &id, "--reason", "x"]).ended(0).said(&[said]);
    desk.run(&["show", &id]).ended(0).said(&[said]);
    let signed = desk.shown(&id)["signoffs"][0]["programs"].clone();
    assert_eq!(signed[0], json!({"run": ["a"], "undo": ["b"]}), "no digest, and no path: {signed}");
    desk.program("a", &writes(&log, "a"));
    desk.run(&["run", &id]).ended(0);
    assert_eq!(lines(&log), ["a", "b"]);
}

#[test]
fn a_rule_and_an_override_stand_for_programs_as_people_do() {
    let desk = Desk::new();
    let log = desk.path("log");
    let program = desk.program("looks", &writes(&log, "looked"));
    let policy = format!(
        "[[risk.rule]]\nname = \"low\"\naction = [\"x.look\"]\nrisk = \"low\"\n[[rule]]\nname = \"reading\"\n\
         kind = [\"plan\"]\nrisk = [\"low\"]\nauto_approve = [\"x.look\"]\nprograms = [\"{program}\"]\n\
         slots = [{{ kind = \"policy\" }}]\n"
    );
    desk.run(&["policy", "adopt", &desk.file("policy.toml", policy)]).ended(0);
    let looks = json!({"kind": "plan", "by": "planner", "title": "Look", "steps": [
        {"id": "a", "action": "x.look", "run": [program]}]});
    let by_rule = desk.submit(&looks);
    let mut other = by_programs(&desk, &["b"]);
    other["title"] = json!("Other");
    let overridden = desk.submit(&other);
    let reason = "the queue is down and nobody else is awake";
    let over = ["override", &overridden, "--class", "incident", "--reference", "INC-42", "--reason", reason];
    let phrase = format!("OVERRIDE {overridden}");
    desk.run(&[&over[..], &["--phrase", &phrase]].concat()).ended(0);
    let shown = desk.shown(&by_rule);
    assert_eq!((&shown["state"], &shown["signoffs"][0]["rule"]), (&json!("approved"), &json!("reading")));
    for (id, name) in [(by_rule, "looks"), (overridden, "b")] {
        desk.program(name, &writes(&log, "evil"));
        desk.run(&["run", &id]).refused(1, &["is not the one that"]);
    }
    assert_eq!(lines(&log).len(), 0);
}

#[test]
fn secrets_are_taken_out_of_what_is_printed_before_it_is_stored() {
    let desk = Desk::new();
    let policy = "[output]\nredact = [\"acme-*\"]\n";
    desk.run(&["policy", "adopt", &desk.file("policy.toml", policy)]).ended(0);
    let github = format!("ghp_{}", "aB3".repeat(12));
    let script = format!("echo 'key {github} of ACME-77'; echo 'password=hunter2' >&2");
    let plan = json!({"kind": "plan", "by": "planner", "title": "Prints", "steps": [
        {"id": "mint", "action": "x.mint", "run": sh(&format!(
            "echo '{{\"key_id\": \"{github}\", \"token\": \"t0p\", \"note\": \"by {github}\", \"n\": 7}}'"))},
        {"id": "use", "action": "x.use", "run": ["/bin/sh", "-c", "test -n \"$0\"", "{{mint.key_id}}"],
         "needs": [{"step": "mint", "field": "key_id"}]},
        {"id": "print", "action": "x.print", "run": sh(&script)}]});
    let id = desk.submit(&plan);
    desk.run(&["approve", &id, "--reason", "x"]).ended(0);
    desk.run(&["run", &id]).ended(0);
    let shown = desk.shown(&id);
    let step = |name: &str| {
        let steps = shown["run"]["steps"].as_array().unwrap();
        steps.iter().find(|s| s["step"] == name).unwrap().clone()
    };
    assert_eq!(step("print")["output"], "key [redacted] of [redacted]\npassword=[redacted]\n");
    let result = json!({"key_id": github, "token": "[redacted]", "note": "by [redacted]", "n": 7});
    assert_eq!(step("mint")["result"], result, "what the next step needs stays");
    let stored = std::fs::read(desk.store()).unwrap();
    let wal = std::fs::read(format!("{}-wal", desk.store().display())).unwrap_or_default();
    let holds =
        |word: &str| [&stored, &wal].iter().any(|all| all.windows(word.len()).any(|w| w == word.as_bytes()));
    assert!(!holds("t0p\"") && holds("[redacted]"), "it never was in the store");
}

#[test]
fn a_program_that_is_put_in_the_place_of_one_that_runs_is_found_by_the_next_step() {
    let desk = Desk::new();
    let (log, flag) = (desk.path("log"), desk.path("flag"));
    let mut plan = by_programs(&desk, &["a", "b"]);
    let waits =
        format!("echo a >> {}; while [ ! -e {} ]; do sleep 0.01; done", log.display(), flag.display());
    plan["steps"][0]["run"] = sh(&waits);
    let id = desk.approved(&plan);
    let running = desk.start(&mut desk.command(&["run", &id]));
    until("the first step runs", || lines(&log).len() == 1);
    desk.program("b", &writes(&log, "evil"));
    std::fs::write(&flag, "").unwrap();
    running.end().ended(16).complained(&["the program that does b"]);
    assert_eq!(lines(&log), ["a"]);
}

#[test]
fn a_step_whose_like_failed_not_long_ago_is_of_medium_risk_and_says_so() {
    let desk = Desk::new();
    let ask = |who: &str, command: Value| {
        desk.submit(&json!({"kind": "plan", "by": "planner", "title": "Look", "steps": [
            {"id": "look", "action": "crm.look", "params": {"who": who}, "run": command}]}))
    };
    let factors = |id: &str| {
        let shown = desk.shown(id);
        (shown["risk"].as_str().unwrap().to_owned(), shown.to_string().contains("its like failed before"))
    };
    let first = ask("ann", sh("exit 1"));
    assert_eq!(factors(&first), ("low".to_owned(), false));
    desk.run(&["approve", &first, "--reason", "x"]).ended(0);
    desk.run(&["run", &first]).ended(16);
    let again = ask("bob", sh("exit 0"));
    assert_eq!(
        factors(&again),
        ("medium".to_owned(), true),
        "another parameter, the same action and program"
    );
    let other = ask("bob", json!(["/bin/true"]));
    assert_eq!(factors(&other), ("low".to_owned(), false), "another program is not its like");
    desk.run(&["explain", &again]).ended(0).said(&["its like failed before"]);
    // Asked anew after thirty days nobody remembers it.
    let late = desk.later(31 * 24 * super::HOUR, &["submit", "-"]);
    let document = json!({"kind": "plan", "by": "planner", "title": "Late", "steps": [
        {"id": "look", "action": "crm.look", "run": sh("exit 0")}]});
    let late = desk.feed_command(late, "submit", document.to_string()).ended(0).out.trim_end().to_owned();
    assert_eq!(factors(&late), ("low".to_owned(), false));
    desk.run(&["audit", "verify"]).ended(0);
    let before = desk.shown(&again)["risk"].clone();
    desk.run(&["rebuild"]).ended(0);
    assert_eq!(desk.shown(&again)["risk"], before);
    desk.run(&["audit", "verify"]).ended(0);
}
