//! Running what was approved: by this program, by a producer, against edits and time, and with somebody who kills it.

use super::{Desk, HOUR, until};
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// A plan of one chain, each step of which writes its name into `log`; a step needs the one before it.
pub fn chain(log: &Path, names: &[&str]) -> Value {
    let steps: Vec<Value> = names
        .iter()
        .enumerate()
        .map(|(n, name)| {
            let needs: Vec<Value> =
                names[..n].last().map(|before| json!({"step": before})).into_iter().collect();
            json!({"id": name, "action": "log.write", "run": writes(log, name), "needs": needs,
                "undo": writes(log, &format!("undo-{name}"))})
        })
        .collect();
    json!({"kind": "plan", "by": "planner", "title": "Write", "steps": steps})
}

fn writes(log: &Path, word: &str) -> Value {
    json!(["/bin/sh", "-c", "echo \"$1\" >> \"$0\"", log, word])
}

pub fn sh(script: &str) -> Value {
    json!(["/bin/sh", "-c", script])
}

fn one(command: Value) -> Value {
    json!({"kind": "plan", "by": "planner", "title": "One", "steps": [
        {"id": "a", "action": "x.do", "run": command}]})
}

pub fn lines(log: &Path) -> Vec<String> {
    std::fs::read_to_string(log).unwrap_or_default().lines().map(str::to_owned).collect()
}

impl Desk {
    pub fn approved(&self, document: &Value) -> String {
        let id = self.submit(document);
        self.run(&["approve", &id, "--reason", "as we agreed"]).ended(0);
        id
    }

    /// With settings that let a step run for `limit` seconds and give it one to end.
    fn impatient(&self, limit: u32) -> String {
        self.file("config.toml", format!("[run]\nlimit_s = {limit}\ngrace_s = 1\n"))
    }

    fn step(&self, id: &str, step: &str) -> Value {
        let run = self.shown(id)["run"].clone();
        run["steps"].as_array().unwrap().iter().find(|s| s["step"] == step).unwrap().clone()
    }
}

#[test]
fn a_plan_is_run_as_it_was_previewed_and_once() {
    let desk = Desk::new();
    let log = desk.path("log");
    let mut plan = chain(&log, &["snapshot", "mint", "roll", "retire", "tell"]);
    plan["steps"][1]["run"] = sh(&format!("echo mint >> {}; echo '{{\"key_id\": \"k 7\"}}'", log.display()));
    plan["steps"][2]["needs"] = json!([{"step": "mint", "field": "key_id"}]);
    plan["steps"][2]["run"] = writes(&log, "{{mint.key_id}}");
    plan["steps"][3]["needs"] = json!([{"step": "roll", "resolution": "skip"}]);
    plan["steps"][4]["needs"] = json!([{"step": "retire", "effect": "optional"}]);
    let id = desk.submit(&plan);
    desk.run(&["run", &id]).refused(1, &["refused: not approved"]);
    desk.run(&["approve", &id, "--step", "mint"]).ended(0);
    desk.run(&["skip", &id, "--step", "retire"]).ended(0);
    desk.run(&["approve", &id, "--reason", "as previewed"]).ended(0);
    let ran = desk.run(&["run", &id]).ended(0);
    assert_eq!(ran.out.lines().last(), Some("4 steps, 1 skipped; done"), "{ran}");
    assert_eq!(lines(&log), ["snapshot", "mint", "k 7", "tell"]);
    desk.run(&["run", &id]).refused(1, &["over: done", "--as-new"]);
    assert_eq!(lines(&log).len(), 4, "nothing twice");
    let shown = desk.shown(&id);
    assert_eq!(
        (&shown["execution"], &shown["run"]["summary"]),
        (&json!("done"), &json!("4 steps, 1 skipped; done"))
    );
    assert_eq!(desk.step(&id, "mint")["result"], json!({"key_id": "k 7"}));
    desk.run(&["log", &id]).ended(0).said(&[
        "started roll",
        "roll completed  exit 0",
        "execution is over: done",
    ]);
    desk.run(&["audit", "verify"]).ended(0);
    let before = desk.shown(&id);
    desk.run(&["rebuild"]).ended(0);
    assert_eq!(desk.shown(&id)["run"], before["run"]);
}

#[test]
fn a_step_runs_without_our_environment_our_files_a_terminal_or_a_directory_of_ours() {
    let desk = Desk::new();
    let script =
        "env | sort; pwd; ls -l /proc/self/fd | wc -l; cat; (: < /dev/tty) 2>/dev/null || echo no terminal";
    let id = desk.approved(&one(sh(script)));
    let line = format!("exec 7</dev/null 8>&1; exec {} run {id}", env!("CARGO_BIN_EXE_countersign"));
    let mut command = Command::new("/bin/sh");
    command.args(["-c", &line]).env_clear().env("HOME", desk.home()).env("SSH_AUTH_SOCK", "/tmp/agent");
    command.env("COUNTERSIGN_STORE", desk.path("store.db")).env("SECRET", "s").stdin(Stdio::null());
    assert!(command.output().unwrap().status.success());
    let printed = desk.step(&id, "a")["output"].as_str().unwrap().to_owned();
    let names: Vec<&str> = printed.lines().filter_map(|l| l.split_once('=')).map(|(name, _)| name).collect();
    assert_eq!(names, ["LANG", "PATH", "PWD", "RUN_ID"], "{printed}");
    assert!(printed.contains("LANG=C.UTF-8\n") && printed.contains("/a/run/1\n"), "{printed}");
    let rest: Vec<&str> = printed.lines().skip(4).collect();
    // `total`, 0, 1, 2 and the directory that is being listed.
    assert_eq!(rest, ["/", "5", "no terminal"], "{printed}");
}

#[test]
fn drivers_that_hang_ignore_term_or_leave_children_are_ended() {
    let desk = Desk::new();
    let settings = desk.impatient(1);
    let pids = desk.path("pids");
    let alive = |word: &str| {
        let pid = std::fs::read_to_string(pids.with_extension(word)).unwrap();
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
        !stat.is_empty() && !stat.contains(") Z ")
    };
    let note = |word: &str| format!("echo $$ > {}", pids.with_extension(word).display());
    let hangs = format!("{}; sleep 1000", note("hang"));
    let stubborn = format!("trap '' TERM; {}; while :; do sleep 1; done", note("stubborn"));
    let fled = format!("setsid sh -c '{}; sleep 1000' & sleep 1000", note("fled"));
    for (word, script) in [("hang", hangs), ("stubborn", stubborn), ("fled", fled)] {
        let id = desk.approved(&one(sh(&script)));
        let ran = desk.run(&["--config", &settings, "run", &id]).ended(16);
        ran.said(&["a timed out", "longer than 1 s"]).complained(&["retry", "roll-back"]);
        assert_eq!(desk.step(&id, "a")["state"], "timed_out");
        assert!(!alive(word), "{word} lives on");
    }
    // One that ends well and leaves somebody in its own group: the step is over, and so are they.
    let script = format!(
        "sh -c '{}; sleep 1000' & while [ ! -s {} ]; do :; done; echo '{{\"x\": 1}}'",
        note("left"),
        pids.with_extension("left").display()
    );
    let id = desk.approved(&one(sh(&script)));
    desk.run(&["run", &id]).ended(0);
    assert!(!alive("left"));
    assert_eq!(desk.step(&id, "a")["result"], json!({"x": 1}));
}

#[test]
fn a_flood_is_counted_and_cut_and_escapes_stay_marks() {
    let desk = Desk::new();
    let script =
        "printf '\\033[2J\\033]0;x\\007first\\n'; head -c 20000000 /dev/zero | tr '\\0' x; echo; echo last";
    let id = desk.approved(&one(sh(script)));
    desk.run(&["run", &id]).ended(0);
    let step = desk.step(&id, "a");
    let output = step["output"].as_str().unwrap();
    assert_eq!(step["end"]["bytes"], 20_000_000 + 22);
    assert!(output.len() < 200_000 && output.contains("bytes left out"), "{}", output.len());
    assert!(output.starts_with("\u{1b}[2J") && output.ends_with("last\n"), "kept as it came");
    assert_eq!(step["result"], json!({}));
    for said in [desk.run(&["show", &id]), desk.run(&["log", &id]), desk.run(&["show", &id, "--json"])] {
        assert!(!said.ended(0).out.contains('\u{1b}'));
    }
    let fails = desk.approved(&one(sh("printf '\\033[31mno\\n' >&2; exit 3")));
    desk.run(&["run", &fails]).ended(16).said(&["exit status 3"]);
    desk.run(&["show", &fails]).ended(0).said(&["⟨ESC⟩[31mno", "failed  exit 3"]);
}

#[test]
fn what_must_not_be_started_is_not_and_says_why() {
    let desk = Desk::new();
    let open = desk.file("open.sh", "#!/bin/sh\ntouch touched\n");
    let mode = |mode| {
        std::fs::set_permissions(&open, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
    };
    for (bits, word) in [(0o777, "somebody else can change"), (0o600, "not executable")] {
        mode(bits);
        let id = desk.approved(&one(json!([open])));
        desk.run(&["run", &id]).ended(16).said(&["not run", word]);
    }
    let id = desk.approved(&one(json!(["/no/such/program"])));
    desk.run(&["run", &id]).ended(16).said(&["not run", "cannot be found"]);
    assert!(!desk.path("touched").exists());
}

#[test]
fn a_failure_waits_for_an_answer_and_each_does_what_it_says() {
    let desk = Desk::new();
    let (log, flag) = (desk.path("log"), desk.path("flag"));
    let mut plan = chain(&log, &["a", "b", "c"]);
    plan["steps"][1]["run"] = sh(&format!("echo b >> {}; test -e {}", log.display(), flag.display()));
    let id = desk.approved(&plan);
    desk.run(&["run", &id]).ended(16).complained(&["b ended badly", "retry R-1 --step b"]);
    desk.run(&["run", &id]).refused(1, &["b ended badly"]);
    std::fs::write(&flag, "").unwrap();
    desk.run(&["retry", &id, "--step", "b"]).ended(0).complained(&["countersign run R-1"]);
    desk.run(&["run", &id]).ended(0).said(&["started b, attempt 2", "3 steps; done"]);
    assert_eq!(lines(&log), ["a", "b", "b", "c"]);
    std::fs::remove_file(&flag).unwrap();
    std::fs::remove_file(&log).unwrap();
    let id = desk.approved(&plan);
    desk.run(&["run", &id]).ended(16);
    desk.run(&["roll-back", &id]).ended(0).said(&["started taking back a", "1 taken back; failed"]);
    assert_eq!(lines(&log), ["a", "b", "undo-a"]);
    desk.run(&["retry", &id, "--step", "b"]).refused(1, &["over: failed"]);
}

#[test]
fn a_value_nobody_saw_takes_nothing_back_at_high_risk_until_somebody_confirms_it() {
    let desk = Desk::new();
    let log = desk.path("log");
    let plan = json!({"kind": "plan", "by": "planner", "title": "Mail", "steps": [
        {"id": "send", "action": "mail.send", "risk": "high", "params": {"to": "john"}, "run": sh("exit 0"),
         "undo": writes(&log, "{{send.path}}")},
        {"id": "tell", "action": "x.do", "run": sh("exit 1"), "needs": [{"step": "send"}]}]});
    let id = desk.approved(&plan);
    let planner = |verb: &[&str]| desk.run(&[&["--as", "planner"], verb].concat());
    let next = planner(&["next", &id, "--json"]).ended(0).json();
    let token = next["token"].as_str().unwrap().to_owned();
    let report = |step: &str, more: &[&str]| {
        planner(&[&["report", &id, "--step", step, "--token", &token], more].concat()).ended(0);
    };
    report("send", &["--status", "completed", "--result", "{\"path\": \"/etc/passwd\"}"]);
    report("tell", &["--status", "failed"]);
    planner(&["roll-back", &id])
        .ended(16)
        .complained(&["taking back send waits for a person", "confirm R-1"]);
    assert_eq!(lines(&log), [""; 0]);
    desk.run(&["show", &id]).ended(0).said(&["undo [", "/etc/passwd", "taking back send waits"]);
    let digest = desk.step(&id, "send")["filled_digest"].as_str().unwrap()[..12].to_owned();
    let confirm = ["confirm", &id, "--step", "send", "--digest", &digest];
    planner(&confirm).refused(1, &["own request"]);
    desk.run(&confirm).ended(0).complained(&["countersign roll-back R-1"]);
    planner(&["roll-back", &id]).ended(0).said(&["1 taken back"]);
    assert_eq!(lines(&log), ["/etc/passwd"]);
}

#[test]
fn a_producer_does_the_steps_itself_with_a_token_that_only_it_has() {
    let desk = Desk::new();
    let plan = json!({"kind": "plan", "by": "planner", "title": "Mail", "steps": [
        {"id": "look", "action": "contact.search", "params": {"query": "John"}},
        {"id": "send", "action": "mail.send", "risk": "high", "params": {"to": "{{look.email}}", "cc": ["{{look.email}}"]},
         "needs": [{"step": "look", "field": "email"}]}]});
    let id = desk.approved(&plan);
    desk.run(&["run", &id]).refused(1, &["look, send has no `run` command", "countersign next R-1"]);
    desk.run(&["next", &id]).refused(1, &["only the requester"]);
    let first = desk.run(&["--as", "planner", "next", &id, "--json"]).ended(0).json();
    let token = first["token"].as_str().unwrap().to_owned();
    assert_eq!(first["ready"][0]["step"], "look");
    let planner = |verb: &[&str]| {
        let mut all = vec!["--as", "planner"];
        all.extend(verb);
        desk.run(&all)
    };
    planner(&["next", &id]).refused(3, &["run by planner"]);
    planner(&["next", &id, "--token", "nonsense"]).refused(3, &["run by planner"]);
    let report = |step: &str, more: &[&str]| {
        let mut all = vec!["report", &id, "--step", step, "--token", &token];
        all.extend(more);
        planner(&all)
    };
    report("send", &["--status", "completed"]).refused(1, &["send is pending"]);
    report("look", &["--status", "running", "--progress", "40"]).ended(0);
    assert_eq!(desk.step(&id, "look")["progress"]["percent"], 40);
    report("look", &["--status", "completed", "--result", "[1]"]).refused(65, &["must be a JSON object"]);
    report("look", &["--status", "completed", "--result", "{\"email\": \"john@example.org\"}"]).ended(0);
    let again = planner(&["next", &id, "--token", &token, "--json"]).ended(0).json();
    assert_eq!(again["ready"], json!([]), "a late value of high risk waits for a person");
    report("send", &["--status", "running"]).refused(1, &["waits for a person"]);
    let asked = desk.run(&["confirm", &id, "--step", "send"]).ended(1);
    asked.said(&["look.email = \"john@example.org\""]);
    let digest = desk.step(&id, "send")["filled_digest"].as_str().unwrap().to_owned();
    desk.run(&["confirm", &id, "--step", "send", "--digest", "0123456789ab"]).refused(1, &["other values"]);
    planner(&["confirm", &id, "--step", "send", "--digest", &digest]).refused(1, &["own request"]);
    desk.run(&["confirm", &id, "--step", "send", "--digest", &digest[..12]]).ended(0);
    let ready = planner(&["next", &id, "--token", &token, "--json"]).ended(0).json();
    assert_eq!(ready["ready"][0]["params"], json!({"to": "john@example.org", "cc": ["john@example.org"]}));
    report("send", &["--status", "waiting", "--reason", "Really?", "--option", "yes", "--option", "no"])
        .ended(0);
    desk.run(&["show", &id]).ended(0).said(&["Really?", "option 2:"]);
    desk.run(&["confirm", &id, "--step", "send", "--option", "1"]).ended(0);
    assert_eq!(desk.step(&id, "send")["answer"]["option"], 1);
    report("send", &["--status", "completed"]).ended(0).said(&["2 steps; done"]);
    let over = planner(&["next", &id, "--token", &token, "--json"]).ended(0).json();
    assert_eq!(over["execution"], "done");
    assert!(!desk.run(&["audit", "export"]).ended(0).out.contains(&token), "the token is nowhere");
}

#[test]
fn a_stop_and_a_signal_end_what_runs_and_say_so() {
    let desk = Desk::new();
    let log = desk.path("log");
    let mut plan = chain(&log, &["a", "b"]);
    plan["steps"][0]["run"] = sh(&format!("echo a >> {}; sleep 1000", log.display()));
    for how in ["stop", "signal"] {
        let _ = std::fs::remove_file(&log);
        let id = desk.approved(&plan);
        let running = desk.start(&mut desk.command(&["run", &id]));
        until("the step has begun", || lines(&log) == ["a"]);
        desk.run(&["run", &id]).refused(3, &["is run by"]);
        desk.run(&["roll-back", &id]).refused(3, &["is run by"]);
        match how {
            "stop" => {
                desk.run(&["stop", &id, "--reason", "wrong host"]).ended(0);
            }
            _ => {
                let pid = rustix::process::Pid::from_child(&running.child);
                rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
            }
        }
        let ran = running.end().ended(16);
        assert!(ran.out.contains("ended because the execution was stopped"), "{ran}");
        assert_eq!(desk.shown(&id)["execution"], "stopped");
        assert_eq!(desk.step(&id, "a")["state"], "failed");
        assert_eq!(lines(&log), ["a"], "{how}");
    }
}

#[test]
fn a_runner_that_is_killed_in_a_step_leaves_it_unknown() {
    let desk = Desk::new();
    let log = desk.path("log");
    let mut plan = chain(&log, &["a", "b"]);
    let go = desk.path("go");
    plan["steps"][0]["run"] =
        sh(&format!("echo a >> {}; while [ ! -e {} ]; do sleep 0.05; done", log.display(), go.display()));
    let id = desk.approved(&plan);
    let mut running = desk.start(&mut desk.command(&["run", &id]));
    until("the step has begun", || lines(&log) == ["a"]);
    running.child.kill().unwrap();
    running.child.wait().unwrap();
    desk.run(&["doctor"]).said(&["unknown", "may still run"]);
    desk.run(&["run", &id]).refused(17, &["unknown", "--as-new"]);
    desk.run(&["show", &id]).ended(0).said(&["unknown", "somebody must look", "still runs", "may still run"]);
    std::fs::write(&go, "").unwrap();
    assert_eq!(lines(&log), ["a"]);
}

/// How many rounds a test with chance in it takes; a night's run takes more.
pub fn rounds(default: usize) -> usize {
    std::env::var("COUNTERSIGN_TEST_SCALE").ok().and_then(|n| n.parse().ok()).unwrap_or(default)
}

/// Lets both run at once, and waits for both.
fn race(mut one: Command, mut other: Command) -> [Option<i32>; 2] {
    let quiet = |command: &mut Command| command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let (mut one, mut other) = (quiet(&mut one), quiet(&mut other));
    [one.wait().unwrap().code(), other.wait().unwrap().code()]
}

#[test]
fn two_runs_at_once_run_each_step_once() {
    for _ in 0..8 {
        let desk = Desk::new();
        let log = desk.path("log");
        let id = desk.approved(&chain(&log, &["a", "b"]));
        let mut codes = race(desk.command(&["run", &id]), desk.command(&["run", &id]));
        codes.sort_unstable();
        assert!(codes[0] == Some(0) && matches!(codes[1], Some(1 | 3)), "{codes:?}");
        assert_eq!(lines(&log), ["a", "b"]);
    }
}

#[test]
fn a_cancel_an_edit_and_an_expiry_against_a_run_never_run_what_is_not_approved() {
    for round in 0..8 {
        let desk = Desk::new();
        let log = desk.path("log");
        let plan = |word: &str| {
            let mut plan = chain(&log, &[word]);
            plan["ref"] = json!("r");
            plan
        };
        // An approval and a run, against the requester who takes it back, or changes what would run.
        let program = env!("CARGO_BIN_EXE_countersign");
        let approve_and_run = |id: &str| {
            let mut command = Command::new("/bin/sh");
            command.args(["-c", "\"$0\" approve \"$1\" --reason yes; \"$0\" run \"$1\"", program, id]);
            command.env_clear().env("HOME", desk.home()).env("COUNTERSIGN_STORE", desk.path("store.db"));
            command.stdin(Stdio::null());
            command
        };
        let id = desk.submit(&plan("one"));
        let other = match round % 2 {
            0 => desk.command(&["--as", "planner", "cancel", &id, "--reason", "no"]),
            _ => desk.command(&["submit", "--revise", &desk.file("two.json", plan("two").to_string())]),
        };
        race(approve_and_run(&id), other);
        let shown = desk.shown(&id);
        let (state, step) = (shown["state"].as_str().unwrap(), shown["steps"][0]["id"].as_str().unwrap());
        match state {
            "approved" => assert_eq!(lines(&log), [step], "{shown}"),
            _ => assert_eq!(lines(&log), Vec::<String>::new(), "{state}"),
        }
        // A run, against the clock of somebody for whom the approval has lapsed.
        let _ = std::fs::remove_file(&log);
        let mut late = plan("late");
        late["ref"] = json!("late");
        let id = desk.approved(&late);
        race(desk.command(&["run", &id]), desk.later(25 * HOUR, &["run", &id]));
        match desk.shown(&id)["execution"].as_str().unwrap() {
            "lapsed" => assert!(lines(&log).is_empty()),
            "done" => assert_eq!(lines(&log), ["late"]),
            other => panic!("{other}"),
        }
    }
}

#[test]
fn killed_at_any_point_nothing_runs_twice_and_the_log_says_where_it_stood() {
    let names = ["a", "b", "c", "d"];
    let desk = Desk::new();
    let log = desk.path("whole");
    let begun = std::time::Instant::now();
    let id = desk.approved(&chain(&log, &names));
    let before = begun.elapsed();
    desk.run(&["run", &id]).ended(0);
    let whole = begun.elapsed() - before;
    let rounds = rounds(12);
    let mut met = std::collections::BTreeMap::<String, usize>::new();
    for round in 0..rounds {
        let log = desk.path(&format!("log-{round}"));
        let id = desk.approved(&chain(&log, &names));
        // Killed at points spread over the time that a whole run takes; then run again until it is over.
        let point = whole.mul_f64((round as f64 + 0.5) / rounds as f64);
        let mut running = desk.start(&mut desk.command(&["run", &id]));
        kill_after(&mut running, point);
        let again = desk.run(&["run", &id]);
        let shown = desk.shown(&id);
        let state = shown["execution"].as_str().unwrap().to_owned();
        let steps: Vec<(String, String)> = shown["run"]["steps"]
            .as_array()
            .unwrap()
            .iter()
            .map(|s| (s["step"].as_str().unwrap().to_owned(), s["state"].as_str().unwrap().to_owned()))
            .collect();
        let done: Vec<&str> =
            steps.iter().filter(|(_, s)| s == "completed").map(|(step, _)| step.as_str()).collect();
        match state.as_str() {
            "done" => {
                let code = again.code;
                assert!(code == Some(0) || code == Some(1), "run again, or over already: {again}");
                assert_eq!(lines(&log), names);
            }
            "unknown" => {
                again.ended(17);
                let unknown: Vec<&str> =
                    steps.iter().filter(|(_, s)| s == "unknown").map(|(step, _)| step.as_str()).collect();
                assert_eq!(unknown.len(), 1, "{steps:?}");
                // Its process may yet be on its way; nothing behind it ever is.
                let mut with = done.clone();
                with.push(unknown[0]);
                let found = lines(&log);
                assert!(found == done || found == with, "{found:?}, but {steps:?}");
            }
            other => panic!("{other}: {steps:?}"),
        }
        *met.entry(state).or_default() += 1;
    }
    desk.run(&["audit", "verify"]).ended(0);
    assert_eq!(met.values().sum::<usize>(), rounds);
    if std::env::var_os("COUNTERSIGN_TEST_SCALE").is_some() {
        println!("{rounds} kills: {met:?}");
    }
}

/// Kills it when `point` has passed, wherever it is then.
pub fn kill_after(running: &mut super::Waiting, point: Duration) {
    let begun = std::time::Instant::now();
    until("the moment to kill", || begun.elapsed() >= point);
    let _ = running.child.kill();
    running.child.wait().unwrap();
}

#[test]
fn taking_back_says_what_was_and_what_was_not() {
    let desk = Desk::new();
    let log = desk.path("log");
    let mut plan = chain(&log, &["a", "b", "c", "d"]);
    plan["steps"][1].as_object_mut().unwrap().remove("undo");
    plan["steps"][3]["run"] = sh("exit 1");
    let id = desk.approved(&plan);
    desk.run(&["run", &id]).ended(16);
    let back = desk.run(&["roll-back", &id]).ended(16);
    back.said(&["2 taken back; not taken back: b (no command for it)"]);
    assert_eq!(lines(&log), ["a", "b", "c", "undo-c", "undo-a"]);
    // One that goes wrong ends it, and what comes after it is named.
    let mut plan = chain(&log, &["a", "b", "c"]);
    plan["steps"][1]["undo"] = sh("exit 1");
    plan["steps"][2]["run"] = sh("exit 1");
    let id = desk.approved(&plan);
    desk.run(&["run", &id]).ended(16);
    let words = "0 taken back; not taken back: a (not begun), b (failed)";
    desk.run(&["roll-back", &id]).ended(16).said(&[words]);
    desk.run(&["show", &id]).ended(0).said(&[words]);
    assert_eq!(desk.shown(&id)["run"]["not_taken_back"], json!(["a", "b"]));
    // Nothing was done, so nothing is left of it.
    let id = desk.approved(&one(sh("exit 1")));
    desk.run(&["run", &id]).ended(16);
    desk.run(&["roll-back", &id]).ended(0).said(&["nothing was done that could be taken back"]);
}

#[test]
fn while_it_runs_it_is_said_that_it_goes_on() {
    let desk = Desk::new();
    let (log, go) = (desk.path("log"), desk.path("go"));
    let mut plan = chain(&log, &["a", "b"]);
    plan["steps"][0]["run"] =
        sh(&format!("echo a >> {}; while [ ! -e {} ]; do sleep 0.05; done", log.display(), go.display()));
    let id = desk.approved(&plan);
    let running = desk.start(&mut desk.command(&["run", &id]));
    until("the step has begun", || lines(&log) == ["a"]);
    let shown = desk.run(&["show", &id]).ended(0);
    shown.said(&["If nobody acts: a goes on to its end, and what is ready after it is begun."]);
    std::fs::write(&go, "").unwrap();
    running.end().ended(0);
    desk.run(&["show", &id]).ended(0).said(&["If nobody acts: nothing more happens."]);
}

#[test]
fn what_an_earlier_step_left_behind_is_not_a_later_steps() {
    let desk = Desk::new();
    let settings = desk.impatient(1);
    let pid = desk.path("pid");
    let leaves = format!(
        "setsid sh -c 'echo $$ > {0}; sleep 1000' > /dev/null 2>&1 & while [ ! -s {0} ]; do :; done",
        pid.display()
    );
    let plan = json!({"kind": "plan", "by": "planner", "title": "Leave", "steps": [
        {"id": "a", "action": "x.do", "run": sh(&leaves)},
        {"id": "b", "action": "x.do", "run": sh("exit 0"), "needs": [{"step": "a"}]},
        {"id": "c", "action": "x.do", "run": sh("sleep 1000"), "needs": [{"step": "b"}]}]});
    let id = desk.approved(&plan);
    desk.run(&["--config", &settings, "run", &id]).ended(16).said(&["c timed out"]);
    let left = |step: &str| desk.step(&id, step)["end"]["left"].as_u64().unwrap();
    let raw = std::fs::read_to_string(&pid).unwrap().trim().parse::<i32>().unwrap();
    let stat = std::fs::read_to_string(format!("/proc/{raw}/stat")).unwrap_or_default();
    let pid = rustix::process::Pid::from_raw(raw).unwrap();
    let _ = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
    assert_eq!((left("a"), left("b"), left("c")), (1, 0, 0));
    assert!(!stat.is_empty() && !stat.contains(") Z "), "it was ended with a step that is not its own");
}
