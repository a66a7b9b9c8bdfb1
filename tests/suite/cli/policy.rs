//! The policy at the command line: check, diff, adopt, show, and what explain, list and submit say of it.

use super::{Desk, gate, plan};
use serde_json::json;

const STRICT: &str = "[[risk.rule]]\nname = \"all mail\"\naction = [\"email.*\"]\nrisk = \"high\"\n";

#[test]
fn a_file_is_checked_as_a_whole_without_a_store_and_refused_with_line_and_key() {
    let desk = Desk::new();
    let good = desk.file("good.toml", STRICT);
    desk.run(&["policy", "check", &good]).ended(0).said(&["valid: policy ", "1 rule"]);
    assert!(!desk.path("store.db").exists(), "checking makes no store");
    let bad = desk.file("bad.toml", "[risk.floors]\nproduction = \"low\"\n");
    desk.run(&["policy", "check", &bad])
        .refused(65, &["bad.toml: line 2: risk.floors.production", "nothing was adopted"]);
    desk.run(&["policy", "adopt", &bad]).refused(65, &["line 2"]);
    desk.run(&["policy", "adopt", "absent.toml"]).refused(74, &["absent.toml"]);
    let hostile = desk.file("hostile.toml", "\"a\\u001b[2Jb\" = 1\n");
    let ran = desk.run(&["policy", "check", &hostile]).ended(65);
    assert!(!ran.err.contains('\u{1b}'), "{ran}");
    let team = desk
        .file("team.toml", "[[rule]]\nname = \"keys\"\nslots = [{kind = \"human\", role = \"release\"}]\n");
    desk.run(&["policy", "check", &team])
        .ended(0)
        .said(&["note: in a solo store nothing is ever approved by the rule keys"]);
}

#[test]
fn what_is_adopted_stands_in_the_log_and_the_file_is_not_needed_any_more() {
    let desk = Desk::new();
    let id = desk.submit(&plan("bot", "one"));
    let file = desk.file("p.toml", STRICT);
    desk.run(&["policy", "diff", &file])
        .ended(0)
        .said(&["+ name = \"all mail\"", &format!("{id}: low risk → high")]);
    desk.run(&["policy", "show"]).ended(0).said(&["policy: built-in"]);
    desk.run(&["policy", "adopt", &file]).ended(0).said(&["is in force: version 1"]);
    desk.run(&["policy", "adopt", &file]).ended(0).said(&["already"]);
    std::fs::remove_file(&file).unwrap();
    desk.run(&["policy", "show"]).ended(0).said(&["version 1", "│ name = \"all mail\""]);
    desk.run(&["list"]).ended(0).said(&["policy: ", "version 1"]);
    desk.run(&["explain", &id]).ended(0).said(&[
        "it was judged by the built-in policy",
        "high risk, sensitive",
        "draft: action email.draft  (all mail)",
        "rule: built-in: one human, of policy ",
        "expires after 4 h",
        "except bot and whoever controls it",
    ]);
    desk.run(&["approve", &id])
        .refused(3, &["the policy changed since", "now high risk, low before", "look again"]);
    desk.run(&["approve", &id]).refused(1, &["a reason is required"]);
    desk.run(&["approve", &id, "--reason", "read it"]).ended(0);
    let shown = desk.shown(&id);
    let policy = desk.run(&["policy", "show", "--json"]).ended(0).json();
    assert_eq!(shown["policy"], policy["policy"]);
    assert_eq!(shown["risk_factors"].as_array().unwrap().last().unwrap()["rule"], "all mail");
    desk.run(&["log"]).ended(0).said(&["adopted policy 1", "judged it again by policy"]);
    desk.run(&["audit", "verify"]).ended(0);
    let before = desk.head();
    desk.run(&["rebuild"]).ended(0);
    assert_eq!(desk.head(), before);
}

#[test]
fn a_rule_that_may_sign_lets_a_producer_go_on_at_once_and_says_so_everywhere() {
    let desk = Desk::new();
    let file = desk.file(
        "p.toml",
        "[[rule]]\nname = \"reading\"\nrisk = [\"low\"]\nauto_approve = [\"task.list*\"]\nslots = [{kind = \"policy\"}]\n",
    );
    desk.run(&["policy", "adopt", &file]).ended(0);
    let read = json!({"kind": "plan", "title": "Look", "by": "bot", "steps": [{"id": "a", "action": "task.list_tasks"}]});
    let id = desk.submit(&read);
    desk.run(&["wait", &id]).ended(0);
    desk.run(&["show", &id]).ended(0).said(&[
        "approved by rule reading",
        "a: approved by rule reading",
        "by rule reading",
    ]);
    assert_eq!(desk.shown(&id)["auto_approved"], json!([{"step": "a", "rule": "reading"}]));
    desk.run(&["log", &id]).ended(0).said(&["rule reading marked a approved", "rule reading signed off"]);
    // The same where it is not legal waits for a person.
    let mut production = read.clone();
    production["target"] = json!({"environment": "production"});
    let id = desk.submit(&production);
    desk.run(&["explain", &id]).ended(0).said(&["rule: built-in: one human", "1 human: open"]);
}

#[test]
fn may_i_continue_is_told_to_the_producer_and_waits_for_nobody() {
    let desk = Desk::new();
    let asks = json!({"kind": "question", "title": "The plan is there. Should I proceed?", "by": "bot"});
    let ran = desk.feed(&["submit", "-"], asks.to_string()).ended(0);
    assert_eq!(ran.out, "R-1\n");
    ran.complained(&["R-1: POLICY VIOLATION (built-in: asks to go on)", "bot can go on without an answer"]);
    desk.run(&["check"]).ended(0).said(&["nothing waits for you"]);
    desk.run(&["list"]).ended(0).said(&["1 (0 for you)", "? R-1", "violation"]);
    desk.run(&["show", "R-1"]).ended(0).said(&["POLICY VIOLATION", "waits for nobody"]);
    assert_eq!(desk.shown("R-1")["violation"]["rule"], "built-in: asks to go on");
    desk.run(&["answer", "R-1", "--text", "yes"]).ended(0);
}

#[test]
fn explain_says_what_hangs_on_a_risky_step() {
    let desk = Desk::new();
    let plan = json!({"kind": "plan", "title": "t", "by": "bot", "steps": [
        {"id": "a", "action": "email.send_email"},
        {"id": "b", "action": "x", "needs": [{"step": "a"}]},
        {"id": "c", "action": "x", "needs": [{"step": "b"}]},
        {"id": "d", "action": "x"}]});
    let id = desk.submit(&plan);
    desk.run(&["explain", &id]).ended(0).said(&["2 steps depend on a: b, c", "(built-in: email.send*)"]);
    let said = desk.run(&["explain", &id, "--json"]).ended(0).json();
    assert_eq!(said["risk_factors"][0]["rule"], "built-in: email.send*");
}

const READING: &str = "[[rule]]\nname = \"reading\"\nkind = [\"plan\"]\nrisk = [\"low\"]\nauto_approve = [\"contact.search*\"]\n\
                       slots = [{ kind = \"policy\" }]\n";

#[test]
fn a_persons_no_is_never_recorded_as_a_rules_yes() {
    let search = json!({"kind": "plan", "title": "Search", "by": "bot",
        "steps": [{"id": "a", "action": "contact.search_contacts"}]});
    for (no, code, state) in [
        (&["reject", "R-1", "--reason", "no"] as &[&str], 0, "rejected"),
        (&["request-changes", "R-1", "--reason", "other"], 0, "changes_requested"),
        (&["cancel", "R-1", "--reason", "no", "--as", "bot"], 0, "cancelled"),
        (&["reject", "R-1", "--step", "a"], 0, "requested"),
        (&["withdraw", "R-1"], 1, "requested"),
    ] {
        let desk = Desk::new();
        desk.submit(&search);
        let file = desk.file("p.toml", READING);
        desk.run(&["policy", "adopt", &file]).ended(0);
        desk.run(no).ended(code);
        assert_eq!(desk.shown("R-1")["state"], json!(state), "{no:?}");
        desk.run(&["audit", "verify"]).ended(0);
        let before = desk.head();
        desk.run(&["rebuild"]).ended(0);
        assert_eq!(desk.head(), before);
    }
}

#[test]
fn a_step_that_a_person_rejected_is_not_approved_by_a_rule_in_a_revision() {
    let desk = Desk::new();
    let file = desk.file("p.toml", READING);
    desk.run(&["policy", "adopt", &file]).ended(0);
    let plan = |q: &str, steps: usize| {
        let mut all = vec![
            json!({"id": "a", "action": "contact.search_contacts", "params": {"q": q}}),
            json!({"id": "b", "action": "email.send"}),
        ];
        all.truncate(steps);
        json!({"kind": "plan", "title": "t", "by": "bot", "ref": "r", "steps": all})
    };
    let id = desk.submit(&plan("x", 2));
    desk.run(&["reject", &id, "--step", "a", "--reason", "no"]).ended(0);
    desk.feed(&["submit", "-", "--revise", "--as", "bot"], plan("y", 1).to_string()).ended(0);
    assert_eq!(desk.shown(&id)["state"], json!("requested"));
    assert_eq!(desk.shown(&id)["auto_approved"], json!([]));
    desk.run(&["explain", &id]).ended(0).said(&["1 human: open"]);
    desk.run(&["approve", &id]).ended(0);
    desk.run(&["audit", "verify"]).ended(0);
}

#[test]
fn a_rule_approves_a_step_with_a_command_only_when_it_pins_its_program() {
    let desk = Desk::new();
    let file = desk.file("p.toml", READING);
    desk.run(&["policy", "adopt", &file]).ended(0);
    let with = |run: &[&str]| {
        json!({"kind": "plan", "title": "t", "by": "bot",
            "steps": [{"id": "a", "action": "contact.search_contacts", "run": run}]})
    };
    let id = desk.submit(&with(&["/bin/sh", "-c", "true"]));
    assert_eq!(desk.shown(&id)["state"], json!("requested"));
    desk.run(&["approve", &id]).ended(0);
    let pins = desk.file("pins.toml", format!("{READING}programs = [\"/bin/true\"]\n"));
    desk.run(&["policy", "adopt", &pins]).ended(0);
    let id = desk.submit(&with(&["/bin/true"]));
    assert_eq!(desk.shown(&id)["state"], json!("approved"));
    let id = desk.submit(&with(&["/bin/false"]));
    assert_eq!(desk.shown(&id)["state"], json!("requested"));
}

#[test]
fn the_limits_of_the_policy_in_force_are_those_a_document_is_read_under() {
    let desk = Desk::new();
    let two = plan("ci", "two").to_string();
    let file = desk.file("p.toml", "[limits]\nsteps = 1\nopen_requests = 2\nper_minute = 3\n");
    desk.run(&["policy", "adopt", &file]).ended(0);
    desk.feed(&["submit", "-"], &two).refused(65, &["steps", "at most 1"]);
    // What is too big is not read to its end.
    let small = desk.file("small.toml", "[limits]\ndocument = 1024\n");
    desk.run(&["policy", "adopt", &small]).ended(0);
    let mut long = gate("ci", "long");
    long["summary"] = "x".repeat(2_000).into();
    desk.feed(&["submit", "-"], long.to_string()).refused(65, &["document", "1024"]);
    // Higher than what ships.
    let more = desk.file("more.toml", "[limits]\nparams = 200000\nopen_requests = 2\nper_minute = 3\n");
    desk.run(&["policy", "adopt", &more]).ended(0);
    let mut large = plan("ci", "large");
    large["steps"][0]["params"]["query"] = "x".repeat(100_000).into();
    desk.feed(&["submit", "-"], large.to_string()).ended(0);
    desk.submit(&gate("ci", "b"));
    desk.feed(&["submit", "-"], gate("ci", "c").to_string()).refused(75, &["2"]);
    // The pace is the policy's too, and wins over the settings'.
    for name in ["x", "y", "z"] {
        let id = desk.feed(&["submit", "-"], gate("fast", name).to_string());
        let id = id.ended(0).out.trim().to_owned();
        desk.run(&["approve", &id]).ended(0);
    }
    desk.feed(&["submit", "-"], gate("fast", "w").to_string()).refused(75, &["3"]);
}

#[test]
fn production_deployments_that_are_switched_off_are_approved_and_begun_by_nobody() {
    let desk = Desk::new();
    let ask = |environment: &str, name: &str| {
        desk.submit(&serde_json::json!({"kind": "deployment", "title": "Deploy", "by": "ci", "ref": name,
            "target": {"environment": environment},
            "steps": [{"id": "go", "action": "deploy.go", "run": ["/bin/true"], "undo": ["/bin/true"]}]}))
    };
    let (before, asked) = (ask("production", "a"), ask("production", "b"));
    desk.run(&["approve", &before, "--reason", "fine"]).ended(0);
    let off = desk.file("off.toml", "[capabilities.deploy_production]\nenabled = false\n");
    desk.run(&["policy", "adopt", &off]).ended(0);
    let refused = |arguments: &[&str]| {
        let ran = desk.run(arguments).calm();
        // Policy changed: the first look at what was judged anew does not count.
        let ran = if ran.code == Some(3) { desk.run(arguments) } else { ran };
        ran.refused(1, &["policy has switched `deploy_production` off"])
    };
    refused(&["approve", &asked, "--reason", "fine"]);
    refused(&[
        "override",
        &asked,
        "--class",
        "incident",
        "--reference",
        "INC-1",
        "--reason",
        "the payments are down and nobody answers",
        "--phrase",
        &format!("OVERRIDE {asked}"),
    ]);
    // What was approved before begins no more.
    refused(&["run", &before]);
    // Elsewhere it goes on, and no is always possible.
    desk.run(&["approve", &ask("staging", "c"), "--reason", "fine"]).ended(0);
    desk.run(&["reject", &asked, "--reason", "not now"]).ended(0);
    let on = desk.file("on.toml", "[capabilities.deploy_production]\nenabled = true\n");
    desk.run(&["policy", "adopt", &on]).ended(0);
    desk.run(&["run", &before]).ended(0);
}

#[test]
fn a_deployment_works_within_the_paths_of_its_capability_or_not_at_all() {
    let desk = Desk::new();
    let scope = "[capabilities.deploy_production]\nenabled = true\nscope = [\"/srv/calyx/*\"]\n";
    desk.run(&["policy", "adopt", &desk.file("scope.toml", scope)]).ended(0);
    let shown = desk.run(&["policy", "check", &desk.file("scope.toml", scope)]).ended(0).out;
    assert!(shown.contains("capability deploy_production: on, within /srv/calyx/*"), "{shown}");
    let ask = |name: &str, environment: &str, params: serde_json::Value, argument: &str| {
        desk.submit(&serde_json::json!({"kind": "deployment", "title": "Deploy", "by": "ci", "ref": name,
            "target": {"environment": environment},
            "steps": [{"id": "go", "action": "deploy.go", "params": params, "run": ["/bin/true", argument],
                "undo": ["/bin/true"]}]}))
    };
    for (name, params, argument, place) in [
        ("a", serde_json::json!({"dir": "/etc"}), "x", "/etc"),
        ("b", serde_json::json!({"dirs": ["/srv/calyx/a", "/srv/calyx/../b"]}), "x", "/srv/calyx/../b"),
        ("c", serde_json::json!({}), "--root=/var", "/var"),
    ] {
        let id = ask(name, "production", params, argument);
        desk.run(&["approve", &id, "--reason", "fine"])
            .refused(1, &["step go names", place, "`deploy_production`"]);
        desk.run(&["explain", &id]).ended(0).said(&[place]);
        desk.run(&["reject", &id, "--reason", "elsewhere"]).ended(0);
    }
    // Inside it goes on, and elsewhere than production nothing is asked.
    let inside = ask("d", "production", serde_json::json!({"dir": "/srv/calyx/app"}), "/srv/calyx/app/x");
    desk.run(&["approve", &inside, "--reason", "fine"]).ended(0);
    desk.run(&["approve", &ask("e", "staging", serde_json::json!({"dir": "/etc"}), "x"), "--reason", "fine"])
        .ended(0);
    // What is narrowed after the sign-off is not begun either.
    let narrow = desk.file("narrow.toml", scope.replace("/srv/calyx/*", "/srv/calyx/other/*"));
    desk.run(&["policy", "adopt", &narrow]).ended(0);
    desk.run(&["run", &inside]).refused(1, &["/srv/calyx/app", "work only in"]);
    desk.run(&["policy", "adopt", &desk.file("wide.toml", scope)]).ended(0);
    desk.run(&["run", &inside]).ended(0);
}

#[test]
fn a_path_that_comes_in_late_is_looked_at_before_its_step_begins() {
    let desk = Desk::new();
    let scope = "[capabilities.deploy]\nenabled = true\nkind = [\"deployment\"]\nscope = [\"/srv/*\"]\n";
    desk.run(&["policy", "adopt", &desk.file("scope.toml", scope)]).ended(0);
    let id = desk.submit(&serde_json::json!({"kind": "deployment", "title": "Deploy", "by": "ci",
        "target": {"environment": "staging"}, "steps": [
            {"id": "find", "action": "a.find"},
            {"id": "go", "action": "a.go", "params": {"dir": "{{find.dir}}"}, "needs": [{"step": "find", "field": "dir"}]}]}));
    desk.run(&["approve", &id, "--reason", "fine"]).ended(0);
    let claimed: serde_json::Value =
        serde_json::from_str(&desk.run(&["next", &id, "--json", "--as", "ci"]).ended(0).out).unwrap();
    let token = claimed["token"].as_str().unwrap().to_owned();
    let report = |step: &str, more: &[&str]| {
        let mut words = vec!["report", &id, "--step", step, "--token", &token, "--as", "ci"];
        words.extend(more);
        desk.run(&words)
    };
    report("find", &["--status", "completed", "--result", "{\"dir\": \"/etc\"}"]).ended(0);
    report("go", &["--status", "running"]).refused(1, &["step go names /etc", "`deploy`"]);
}

#[test]
fn a_capability_matrix_is_printed_as_a_policy_and_changes_nothing() {
    let desk = Desk::new();
    let matrix = desk.file(
        "capability_matrix.yaml",
        "phase3:\n  status: implemented\ncapabilities:\n  deploy_production:\n    enabled: false\n    scope: [fs://srv/app/*]\n    \
         require_two_key: [human, CP18|CP14]\n    rollback: required\n",
    );
    let printed = desk.run(&["policy", "import-capabilities", &matrix]).ended(0).out;
    assert!(
        printed.contains("[capabilities.deploy_production]\nenabled = false\nphase = \"phase3\""),
        "{printed}"
    );
    desk.run(&["policy", "show"]).ended(0).said(&["built-in"]);
    // False → true is the switch that gates deploying.
    for (on, code) in [(false, 1), (true, 0)] {
        let text = printed.replace("enabled = false", &format!("enabled = {on}"));
        let text = text.split("[[rule]]").next().unwrap();
        desk.run(&["policy", "adopt", &desk.file("matrix.toml", text)]).ended(0);
        let id = desk.submit(
            &serde_json::json!({"kind": "deployment", "title": "Deploy", "by": "ci", "ref": format!("{on}"),
            "target": {"environment": "production"}, "steps": [{"id": "go", "action": "a.go"}]}),
        );
        desk.run(&["approve", &id, "--reason", "fine"]).ended(code);
    }
    // What it says of none is off, and what is printed is a policy as it stands.
    let silent = desk.file(
        "silent.yaml",
        "capabilities:\n  deploy_production:\n    scope: [fs://srv/app/*]\n  other:\n    scope: [vm://x]\n",
    );
    let quiet = desk.run(&["policy", "import-capabilities", &silent]).ended(0).out;
    desk.run(&["policy", "check", &desk.file("quiet.toml", &quiet)])
        .ended(0)
        .said(&["deploy_production: OFF"]);
    desk.run(&["policy", "check", &desk.file("whole.toml", &printed)])
        .ended(0)
        .said(&["deploy_production by keys"]);
    let json = desk.run(&["policy", "import-capabilities", &matrix, "--json"]).ended(0);
    let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(json["capabilities"], serde_json::json!(["deploy_production"]));
    let broken = desk.file("broken.yaml", "capabilities:\n  a: {}\n  a: {}\n");
    desk.run(&["policy", "import-capabilities", &broken])
        .refused(65, &["line 3", "said twice", "nothing was taken over"]);
}

#[test]
fn who_approves_and_who_else_must_can_hang_on_what_a_step_does() {
    let desk = Desk::new();
    let policy = desk.file(
        "actions.toml",
        "[[rule]]\nname = \"drops\"\naction = [\"db.drop*\"]\nslots = [{kind = \"human\"}, {kind = \"human\", role = \"lead\"}]\n\
         [[rule]]\nname = \"others\"\nslots = [{kind = \"human\"}]\n",
    );
    desk.run(&["policy", "adopt", &policy]).ended(0);
    let ask = |name: &str, action: &str| {
        desk.submit(&serde_json::json!({"kind": "plan", "title": "t", "by": "ci", "ref": name,
            "steps": [{"id": "a", "action": "db.read"}, {"id": "b", "action": action}]}))
    };
    desk.run(&["explain", &ask("a", "db.drop_index")]).ended(0).said(&["drops", "1 human (lead)"]);
    desk.run(&["explain", &ask("b", "db.list")]).ended(0).said(&["others"]);
}

#[test]
fn some_parameters_are_the_requesters_alone_and_some_steps_are_not_left_out() {
    let desk = Desk::new();
    let policy = desk.file(
        "bounds.toml",
        "[[rule]]\nname = \"bounds\"\nfixed_params = [\"amount\"]\nmandatory = [\"backup.*\"]\n",
    );
    desk.run(&["policy", "adopt", &policy]).ended(0);
    let ask = |name: &str| {
        desk.submit(&serde_json::json!({"kind": "plan", "title": "t", "by": "ci", "ref": name, "steps": [
            {"id": "save", "action": "backup.take"},
            {"id": "pay", "action": "pay.send", "params": {"amount": 5, "to": "ann"},
             "needs": [{"step": "save", "effect": "blocks", "resolution": "skip"}]}]}))
    };
    let id = ask("a");
    desk.run(&["modify", &id, "--step", "pay", "--set", "amount=6"])
        .refused(1, &["lets nobody but the requester change amount"]);
    desk.run(&["modify", &id, "--step", "pay", "--unset", "amount"]).refused(1, &["change amount"]);
    desk.run(&["modify", &id, "--step", "pay", "--set", "to=\"bob\""]).ended(0);
    // Alone everybody may override, and so leave out; in a team a reviewer may not.
    desk.run(&["skip", &id, "--step", "save"]).ended(0);
    desk.run(&["approve", &id]).calm();
}
