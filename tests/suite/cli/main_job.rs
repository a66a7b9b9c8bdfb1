//! The main job from end to end, as a person types it.

use super::{Desk, plan};
use rusqlite::Connection;
use serde_json::json;
use std::io::Write;
use std::process::{Command, Stdio};

#[test]
fn ask_decide_wait_and_prove() {
    let desk = Desk::new();
    let draft = desk.file("lookup-draft.json", plan("planner", "wf_123").to_string());

    let asked = desk.run(&["submit", &draft]).ended(0);
    assert_eq!((asked.out.as_str(), asked.err.as_str()), ("R-1\n", ""));
    let again = desk.run(&["submit", &draft]).ended(0).complained(&["asked before", "nothing new"]);
    assert_eq!(again.out, "R-1\n");
    assert_eq!(desk.run(&["check"]).ended(1).out, "1 waits for you\n");
    assert_eq!(
        desk.run(&["wait", "R-1", "--timeout", "1"]).ended(124).out,
        "R-1 is still open (requested)\n"
    );
    desk.run(&["show", "R-1"]).ended(0).said(&[
        "What would run: 2 of 2 steps",
        "lookup  contact.search",
        "param  query = \"John\"",
        r#"run    ["/usr/bin/draft","--to","{{lookup.email}}"]"#,
        "needs  lookup.email (blocks; without it: ask_user)",
        "digest    ",
        "Claimed by planner",
        "│ Tell John about the meeting",
        "If nobody acts: ",
    ]);
    desk.run(&["reject", "R-1", "--step", "draft", "--reason", "no mail today"])
        .ended(0)
        .said(&["marked draft rejected"]);
    desk.run(&["approve", "R-1", "--reason", "lookup only"])
        .ended(0)
        .said(&["R-1 is approved in part: lookup"]);
    assert!(
        desk.run(&["wait", "R-1"]).ended(14).out.starts_with("R-1 is approved in part: lookup\n"),
        "who waits is told which part"
    );
    let me = desk.me("R-1");
    desk.run(&["approve", "R-1"]).refused(3, &[&format!("R-1 is already approved by {me}, at 20")]);

    let needs = |step: &str, on: &str| json!({"id": step, "action": "x", "needs": [{"step": on}]});
    let circle = json!({"kind": "plan", "title": "Round and round", "by": "planner",
        "steps": [needs("a", "b"), needs("b", "c"), needs("c", "a")]});
    let before = desk.head();
    let circle = desk.file("loop.json", circle.to_string());
    desk.run(&["submit", &circle]).refused(65, &["a → b → c → a", "nothing was stored"]);
    assert_eq!(desk.head(), before);

    // The log so far has six events; a comment is the seventh, and two more stand behind it.
    desk.run(&["comment", "R-1", "seen"]).ended(0);
    while desk.head().0 < 9 {
        desk.run(&["comment", "R-1", "and again"]).ended(0);
    }
    let (events, head) = desk.head();
    desk.run(&["audit", "verify"])
        .ended(0)
        .said(&[&format!("{events} events, head {head}, no anchor: truncation cannot be excluded")]);
    another_program_finds_the_same_head(&desk, events, &head);
    a_changed_fact_is_found_and_named(&desk);
}

/// `audit export | python3 assets/verify_log.py`
fn another_program_finds_the_same_head(desk: &Desk, events: u64, head: &str) {
    let verifier = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/verify_log.py");
    let mut export = desk.command(&["audit", "export"]).stdout(Stdio::piped()).spawn().unwrap();
    let verified = Command::new("python3").arg(verifier).stdin(export.stdout.take().unwrap()).output();
    let Ok(verified) = verified else {
        // Past the test harness, which keeps what a test prints when it passes.
        let words = b"SKIPPED: there is no python3 here, so nothing but this program has read the log\n";
        std::io::stderr().write_all(words).unwrap();
        export.kill().unwrap();
        export.wait().unwrap();
        return;
    };
    assert!(export.wait().unwrap().success());
    let said = String::from_utf8_lossy(&verified.stdout).into_owned();
    assert_eq!(verified.status.code(), Some(0), "{said}{}", String::from_utf8_lossy(&verified.stderr));
    assert!(said.starts_with(&format!("{events} events, head {head},")), "{said}");
}

fn a_changed_fact_is_found_and_named(desk: &Desk) {
    let copy = desk.path("copy.db");
    let copy = copy.to_str().unwrap();
    desk.run(&["backup", copy]).ended(0);
    desk.run(&["--store", copy, "audit", "verify"]).ended(0);
    let file = Connection::open(copy).unwrap();
    let trigger: String = file
        .query_row("SELECT sql FROM sqlite_schema WHERE name = 'log_is_not_changed'", [], |row| row.get(0))
        .unwrap();
    file.execute_batch("DROP TRIGGER log_is_not_changed").unwrap();
    let facts = |seq: u64| -> String {
        file.query_row("SELECT facts FROM log WHERE seq = ?1", [seq], |row| row.get(0)).unwrap()
    };
    let before = facts(7);
    file.execute(r#"UPDATE log SET facts = replace(facts, '"number":1', '"number":2') WHERE seq = 7"#, [])
        .unwrap();
    assert_ne!(facts(7), before, "the test must change something");
    file.execute_batch(&trigger).unwrap();
    file.close().unwrap();
    desk.run(&["--store", copy, "audit", "verify"]).ended(5).said(&["first bad event 7", "event 7 "]);
    let said = desk.run(&["--store", copy, "audit", "verify", "--json"]).ended(5).json();
    assert_eq!((&said["sound"], &said["first_bad"]), (&json!(false), &json!(7)));
    desk.run(&["audit", "verify"]).ended(0);
}
