//! Talking and bringing proof from the command line, as people and agents do.

use super::{Desk, gate, plan};
use serde_json::json;

#[test]
fn a_person_asks_and_the_agent_answers_and_is_shown_as_one() {
    let desk = Desk::new();
    let id = desk.submit(&plan("keybot", "one"));
    let asked = ["comment", &id, "--step", "lookup", "--param", "query", "why John? @keybot"];
    desk.run(&asked).ended(0).said(&["comment 1"]);
    desk.run(&["--as", "keybot", "comment", &id, "--reply", "1", "he asked"]).ended(0).said(&["comment 2"]);
    let thread = desk.run(&["thread", &id]).ended(0);
    thread.said(&["1 open", "on lookup.query", "in reply to 1", "he asked"]);
    let said = desk.run(&["thread", &id, "--json"]).ended(0).json();
    assert_eq!(said["comments"][0]["mentions"], json!(["keybot"]));
    assert_eq!(said["comments"][1]["depth"], 1);
    desk.run(&["comment", &id, "--resolve", "2"]).ended(0).said(&["resolved"]);
    desk.run(&["thread", &id]).ended(0).said(&["0 open, 1 resolved", "resolved by"]);
    desk.run(&["comment", &id, "--reopen", "1"]).ended(0).said(&["open"]);
}

#[test]
fn what_was_printed_for_somebody_is_delivered_to_them_and_not_read() {
    let desk = Desk::new();
    let id = desk.submit(&gate("keybot", "one"));
    desk.run(&["--as", "bob", "comment", &id, "why?"]).ended(0);
    let before = desk.run(&["--as", "bob", "thread", &id, "--json"]).ended(0).json();
    assert_eq!(before["comments"][0]["receipts"], json!([]));
    desk.run(&["--as", "keybot", "thread", &id]).ended(0).said(&["new"]);
    let after = desk.run(&["--as", "bob", "thread", &id, "--json"]).ended(0).json();
    assert_eq!(after["comments"][0]["receipts"][0]["by"], "keybot");
    assert_eq!(after["comments"][0]["receipts"][0]["read_at"], json!(null));
    desk.run(&["--as", "bob", "thread", &id]).ended(0).said(&["delivered to keybot"]);
}

#[test]
fn an_edit_can_be_read_back_to_what_was_said_first() {
    let desk = Desk::new();
    let id = desk.submit(&gate("keybot", "one"));
    desk.run(&["--as", "bob", "comment", &id, "why one?"]).ended(0);
    desk.run(&["--as", "carol", "comment", &id, "--edit", "1", "x"])
        .refused(1, &["bob's; only they can edit it"]);
    desk.run(&["--as", "bob", "comment", &id, "--edit", "1", "why two?"])
        .ended(0)
        .said(&["comment 1 edited"]);
    let thread = desk.run(&["thread", &id]).ended(0).said(&["why two?", "edited"]);
    assert!(!thread.out.contains("why one?"), "{thread}");
    desk.run(&["thread", &id, "--edits"]).ended(0).said(&["why one?", "why two?"]);
    desk.run(&["log", &id]).ended(0).said(&["why one?", "edited comment 1"]);
}

#[test]
fn evidence_comes_from_stdin_and_is_told_by_its_content() {
    let desk = Desk::new();
    let id = desk.submit(&gate("keybot", "one"));
    let diff = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-old\n+new\n";
    desk.feed(&["attach", &id, "--label", "plan.diff", "-"], diff).ended(0).said(&["sha256 ", "B, diff"]);
    desk.run(&["attach", &id, "--label", "run", "--locator", "https://ci.example.org/1"]).ended(0);
    desk.run(&["evidence", &id]).ended(0).said(&["1. diff", "plan.diff", "not yet opened", "2. a locator"]);
    desk.run(&["evidence", &id, "1"]).ended(0).said(&["1 line added (+), 1 removed (-)", "│ +new"]);
    let list = desk.run(&["evidence", &id]).ended(0);
    assert!(!list.out.contains("not yet opened"), "{list}");
    assert_eq!(desk.run(&["evidence", &id, "1", "--raw"]).ended(0).out, diff);
    desk.run(&["evidence", &id, "2"]).refused(4, &["a locator is not opened"]);
    desk.run(&["evidence", &id, "3"]).refused(65, &["there are 2"]);
    desk.run(&["audit", "verify"]).ended(0).said(&["evidence: 1 files"]);
}

#[test]
fn only_a_regular_file_that_is_named_itself_is_taken_and_its_bytes_are_counted() {
    let desk = Desk::new();
    let id = desk.submit(&gate("keybot", "one"));
    let attach = |file: &str| desk.run(&["attach", &id, "--label", "x", file]);
    let real = desk.file("real", "here");
    std::os::unix::fs::symlink(&real, desk.path("link")).unwrap();
    attach(desk.path("link").to_str().unwrap()).refused(65, &["is a link"]);
    attach("/dev/zero").refused(65, &["not a regular file"]);
    attach("/proc/self/environ").refused(65, &["not a regular file"]);
    let fifo = desk.path("fifo");
    assert!(std::process::Command::new("/usr/bin/mkfifo").arg(&fifo).status().unwrap().success());
    attach(fifo.to_str().unwrap()).refused(65, &["not a regular file"]);
    attach(&desk.file("big", vec![b'x'; (1 << 20) + 1]))
        .refused(65, &["more than 1048576 bytes", "nothing was stored"]);
    attach(&real).ended(0);
}

#[test]
fn what_evidence_holds_reaches_a_terminal_only_as_marks() {
    let desk = Desk::new();
    let id = desk.submit(&gate("keybot", "one"));
    let hostile = "\u{1b}]52;c;AA==\u{7}\u{202e}\n";
    desk.feed(&["attach", &id, "--label", "\u{1b}[2Jlabel", "-"], hostile).ended(0);
    for asked in [
        vec!["evidence", &id],
        vec!["evidence", &id, "1"],
        vec!["evidence", &id, "1", "--json"],
        vec!["show", &id],
    ] {
        let ran = desk.run(&asked).ended(0);
        assert!(!ran.out.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{ran}");
    }
}

#[test]
fn an_approval_waits_for_the_evidence_that_the_policy_asks_for() {
    let desk = Desk::new();
    let policy = desk.file(
        "p.toml",
        "[[rule]]\nname = \"gates\"\nkind = [\"gate\"]\nrequire_evidence = [\"plan.diff\"]\n",
    );
    desk.run(&["policy", "adopt", &policy]).ended(0);
    let id = desk.submit(&gate("keybot", "one"));
    desk.run(&["approve", &id]).refused(1, &["evidence that is not there: plan.diff"]);
    desk.run(&["show", &id]).ended(0).said(&["missing: plan.diff"]);
    desk.feed(&["attach", &id, "--label", "plan.diff", "-"], "fine").ended(0);
    desk.run(&["approve", &id]).ended(0);
}
