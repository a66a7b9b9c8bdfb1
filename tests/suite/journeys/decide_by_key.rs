//! The main job: `submit --wait` at one terminal, the decision by keys at another, each exit code reached.

use super::desk::{ALT_ENTER, Desk, ENTER, NARROW, TAB, WIDE};
use super::person::Person;

#[test]
fn approved_by_key_ends_the_waiting_with_0() {
    let desk = Desk::new();
    let plan = desk.plan("one", "Tell John");
    let mut alice = desk.reviewer(WIDE);
    alice.sees("nothing waits");
    let mut planner = desk.producer(&["submit", &plan, "--wait"]);
    // The bell brings it to the open screen; nobody reloads.
    alice
        .sees("Tell John")
        .sees("What would run: 2 of 2 steps")
        .press("A")
        .sees("Approve R-1")
        .sees("look, tell");
    alice.press(ALT_ENTER).sees("R-1 approved");
    assert_eq!(planner.ends(), 0);
    assert!(planner.screen().contains("approved by alice"), "{}", planner.screen());
    alice.press("q");
    assert_eq!(alice.ends(), 0);
    assert!(alice.has_a_clean_terminal());
}

#[test]
fn rejected_by_key_with_a_reason_ends_the_waiting_with_10() {
    let desk = Desk::new();
    let plan = desk.plan("two", "Tell John");
    let mut planner = desk.producer(&["submit", &plan, "--wait"]);
    planner.sees("R-1");
    let mut alice = desk.reviewer(NARROW);
    alice.sees("Tell John").press(ENTER).sees("What would run").press("R").sees("Reject R-1");
    // Without the reason that is required it stays where it is, and says so.
    alice.press(ALT_ENTER).sees("reason is required");
    alice.press("no mail today").sees("no mail today").press(ALT_ENTER).sees("R-1 rejected");
    assert_eq!(planner.ends(), 10);
    assert!(planner.screen().contains("│ no mail today"), "{}", planner.screen());
}

#[test]
fn changes_requested_by_key_end_the_waiting_with_11_and_the_answer_comes_back() {
    let desk = Desk::new();
    let plan = desk.plan("three", "Tell John");
    let mut planner = desk.producer(&["submit", &plan, "--wait"]);
    let mut alice = desk.reviewer(WIDE);
    alice.sees("Tell John").sees("What would run").press("C").sees("Request changes");
    alice.press("name the John you mean").press(ALT_ENTER).sees("changes requested");
    assert_eq!(planner.ends(), 11);
    assert!(planner.screen().contains("│ name the John you mean"), "{}", planner.screen());
    let changed = desk.plan("three", "Tell John Doe");
    let mut again = desk.producer(&["submit", &changed, "--revise", "--wait"]);
    alice.sees("Tell John Doe").sees("revision 2");
    alice.press("A").sees("Approve R-1").press(ALT_ENTER).sees("R-1 approved");
    assert_eq!(again.ends(), 0);
}

#[test]
fn expired_ends_the_waiting_with_12() {
    let desk = Desk::new();
    let plan = desk.plan("four", "Tell John");
    assert!(desk.command(&["submit", &plan]).status.success());
    let mut environment = desk.environment();
    let three_days = 73i64 * 3_600_000;
    environment.push(("COUNTERSIGN_TEST_CLOCK_OFFSET_MS".to_owned(), three_days.to_string()));
    let mut planner = Person::sits_down(&["wait", "R-1"], &environment, NARROW);
    assert_eq!(planner.ends(), 12);
    let mut alice = Person::sits_down(&["--as", "alice"], &environment, WIDE);
    alice.sees("nothing waits").press("8").sees("expired");
}

#[test]
fn cancelled_ends_the_waiting_with_13() {
    let desk = Desk::new();
    let plan = desk.plan("five", "Tell John");
    let mut planner = desk.producer(&["submit", &plan, "--wait"]);
    let mut alice = desk.reviewer(WIDE);
    alice.sees("Tell John");
    let cancelled = desk.command(&["--as", "planner", "cancel", "R-1", "--reason", "the meeting is off"]);
    assert!(cancelled.status.success(), "{cancelled:?}");
    assert_eq!(planner.ends(), 13);
    alice.sees("cancelled");
}

#[test]
fn approved_in_part_ends_the_waiting_with_14() {
    let desk = Desk::new();
    let plan = desk.plan("six", "Tell John");
    let mut planner = desk.producer(&["submit", &plan, "--wait"]);
    let mut alice = desk.reviewer(WIDE);
    alice.sees("Tell John").sees("2 of 2 steps");
    // Somebody else rejects a step; what is drawn follows, and only then can it be approved.
    assert!(desk.command(&["--as", "bob", "reject", "R-1", "--step", "tell"]).status.success());
    alice.sees("1 of 2 steps").press("A").sees("Approve R-1").press(ALT_ENTER).sees("R-1 approved");
    assert_eq!(planner.ends(), 14);
    assert!(planner.screen().contains("approved in part: look"), "{}", planner.screen());
}

#[test]
fn approved_at_another_revision_ends_the_first_waiting_with_15() {
    let desk = Desk::new();
    let plan = desk.plan("seven", "Tell John");
    let mut first = desk.producer(&["submit", &plan, "--wait"]);
    first.sees("R-1");
    let text = std::fs::read_to_string(&plan).unwrap().replace("\"send\"", "\"send\",\"--now\"");
    let changed = desk.document("seven-changed.json", &text);
    assert!(desk.command(&["submit", &changed, "--revise"]).status.success());
    let mut alice = desk.reviewer(WIDE);
    alice.sees("revision 2").press("A").sees("Approve R-1").press(ALT_ENTER).sees("R-1 approved");
    assert_eq!(first.ends(), 15);
    assert_eq!(
        desk.command(&["wait", "R-1"]).status.code(),
        Some(0),
        "the last revision is what was approved"
    );
}

#[test]
fn a_producer_that_was_killed_finds_the_decision_later() {
    let desk = Desk::new();
    let plan = desk.plan("eight", "Tell John");
    let planner = desk.producer(&["submit", &plan, "--wait"]);
    let mut alice = desk.reviewer(WIDE);
    alice.sees("Tell John").sees("What would run");
    drop(planner); // killed
    alice.press("A").sees("Approve R-1").press(ALT_ENTER).sees("R-1 approved");
    let again = desk.command(&["submit", &plan, "--wait"]);
    assert_eq!(again.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&again.stdout).lines().next(), Some("R-1"));
}

#[test]
fn a_change_under_an_open_dialog_is_refused_and_the_reason_is_kept() {
    let desk = Desk::new();
    let plan = desk.plan("nine", "Tell John");
    assert!(desk.command(&["submit", &plan]).status.success());
    let mut alice = desk.reviewer(WIDE);
    alice.sees("What would run").press("R").sees("Reject R-1").press("too many mails").sees("too many mails");
    let text = std::fs::read_to_string(&plan).unwrap().replace("\"send\"", "\"send\",\"--all\"");
    let changed = desk.document("nine-changed.json", &text);
    assert!(desk.command(&["submit", &changed, "--revise"]).status.success());
    alice
        .sees("changed since you opened it")
        .sees("revision 1 became 2")
        .sees("tell changed")
        .sees("too many mails");
    alice.press(ALT_ENTER);
    assert!(
        desk.command(&["wait", "R-1", "--timeout", "0"]).status.code() == Some(124),
        "nothing was decided"
    );
}

#[test]
fn a_question_is_answered_by_number() {
    let desk = Desk::new();
    let question = desk.document(
        "q.json",
        r#"{"kind":"question","by":"planner","ref":"q","title":"Which John?","options":["Doe","Dow"]}"#,
    );
    let mut planner = desk.producer(&["submit", &question, "--wait", "--json"]);
    let mut alice = desk.reviewer(WIDE);
    alice.sees("Which John?").sees("option 2").press("A").sees("Answer R-1").press("2").press(ALT_ENTER);
    alice.sees("R-1 answered");
    assert_eq!(planner.ends(), 0);
}

#[test]
fn typed_ahead_keys_do_not_answer_a_dialog() {
    let desk = Desk::new();
    let plan = desk.plan("ten", "Tell John");
    assert!(desk.command(&["submit", &plan]).status.success());
    let mut alice = desk.reviewer(WIDE);
    // In one write: the dialog opens, and everything behind it was typed before it could be seen.
    alice.sees("What would run").press(&format!("A{ALT_ENTER}{TAB}{ENTER}{ENTER}"));
    alice.sees("Approve R-1");
    assert_eq!(desk.command(&["wait", "R-1", "--timeout", "0"]).status.code(), Some(124));
}

#[test]
fn hostile_text_on_the_screen_is_marks_behind_a_gutter() {
    let desk = Desk::new();
    let hostile = "\\u001b]52;c;ZXZpbA==\\u0007\\u001b[2J\\u202eevil\\u200b\\u009b31m\\rOVER";
    let plan = desk.document(
        "h.json",
        &format!(
            r#"{{"kind":"plan","by":"planner","title":"{hostile}","summary":"{hostile}\n│ ✓ APPROVED by alice",
            "steps":[{{"id":"a","action":"x","title":"{hostile}","params":{{"p":"{hostile}"}},"run":["/bin/echo","{hostile}"]}}]}}"#
        ),
    );
    assert!(desk.command(&["submit", &plan]).status.success());
    let mut alice = desk.reviewer(WIDE);
    let screen = alice.sees("What would run").screen();
    assert!(screen.contains("│ ⟨ESC⟩]52;c;"), "{screen}");
    alice.press(ENTER).press("R").sees("Reject R-1");
    // An OSC 52 or a C1 that came through would be in the bytes, whatever the emulator makes of it.
    let sent = alice.sent();
    let text = String::from_utf8_lossy(&sent);
    for control in ["\x1b]52", "\u{9b}", "\u{202e}", "\u{200b}", "ZXZpbA==\x07"] {
        assert!(!text.contains(control), "{control:?} reached the terminal");
    }
    for line in alice.screen().lines().filter(|line| line.contains("APPROVED by alice")) {
        assert!(line.trim_start().starts_with("│ "), "outside its gutter: {line}");
    }
}
