//! `--plain`: the same inbox line by line, at a terminal that can do nothing.

use super::person::Person;
use super::staying::Desk;
use std::time::Duration;

/// Plain at a terminal that can do nothing.
fn plain(desk: &Desk, more: &[&str]) -> Person {
    let mut environment = desk.environment();
    environment.retain(|(name, _)| name != "TERM");
    environment.push(("TERM".to_owned(), "dumb".to_owned()));
    let mut arguments = vec!["--as", "alice", "--plain"];
    arguments.extend(more);
    Person::sits_down(&arguments, &environment, (80, 200))
}

/// Long enough to have read the question.
fn reads() {
    std::thread::sleep(Duration::from_millis(400));
}

#[test]
fn line_by_line_a_request_is_opened_and_rejected() {
    let desk = Desk::new();
    let mut alice = plain(&desk, &["--ascii"]);
    alice.sees("Waiting for you: 1").sees("1. R-1, plan, low risk, staging,").sees("| Tell John");
    alice.press("7\r").sees("no such number").press("1\r").sees("What would run").press("r\r");
    alice.sees("Nothing of it will run").sees("Reason (required):").press("no mail today\r");
    alice.sees("Type yes to reject R-1:");
    reads();
    alice.press("yes\r").sees("R-1: alice -> rejected").sees("Nothing waits for you.").press("q\r");
    assert_eq!(alice.ends(), 0);
    assert_eq!(desk.events().last().unwrap(), "request.rejected");
    let sent = alice.sent();
    assert!(sent.is_ascii() && !sent.contains(&0x1b), "no escape sequence, nothing but ASCII");
}

#[test]
fn line_by_line_nothing_is_decided_that_was_typed_ahead_or_not_confirmed() {
    let desk = Desk::new();
    let before = desk.events();
    let mut alice = plain(&desk, &[]);
    // A paste of everything at once: what follows the reason answers nothing.
    alice.sees("Waiting for you: 1").press("1\ra\rfine\ryes\ryes\ryes\r").sees("Type yes to approve R-1:");
    reads();
    assert_eq!(desk.events(), before);
    alice.press("no\r").sees("Nothing was done.");
    alice.press("r\r").sees("Reason (required):").press("\r").sees("Nothing was written");
    // It changed after it was printed.
    assert!(desk.submit("one", "lookup.other", &["--revise"]).status.success());
    alice.press("a\r");
    let twice = |words: &'static str| move |screen: &str| screen.matches(words).count() == 2;
    alice.waits_until("the question for a reason", twice("Reason (welcome):"));
    alice.press("fine\r");
    alice.waits_until("the second question", twice("Type yes to approve"));
    reads();
    alice.press("yes\r").sees("changed since you opened it").press("p\r").sees("lookup.other").press("q\r");
    assert_eq!(alice.ends(), 0);
    assert!(!desk.events().iter().any(|name| name == "signoff.given"));
}

#[test]
fn line_by_line_needs_somebody_to_ask() {
    let desk = Desk::new();
    let refused = desk.command(&["--plain"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("--plain asks questions and needs a terminal"));
}

#[test]
fn line_by_line_a_sensitive_one_is_approved_only_after_its_last_page() {
    let desk = Desk::new();
    let steps: Vec<String> = (0..12)
        .map(|n| format!(r#"{{"id":"s{n}","action":"sql.run","params":{{"n":{n}}},"run":["/bin/true"]}}"#))
        .collect();
    let document = format!(
        r#"{{"kind":"plan","by":"planner","title":"Many","risk":"high","target":{{"environment":"production"}},"steps":[{}]}}"#,
        steps.join(",")
    );
    assert!(desk.submit_text(&document).status.success());
    let mut alice = plain(&desk, &[]);
    alice.sees("1. R-2, plan, high risk").press("1\r").sees("Lines printed: 20 of");
    alice.press("a\r").sees("Not fully printed:").sees("m prints the next page.");
    for _ in 0..9 {
        alice.press("m\r");
    }
    alice.sees("All of it was printed.").press("a\r").sees("Reason (required):").press("as agreed\r");
    alice.sees("Type R-2 to approve R-2:");
    reads();
    alice.press("R-2\r").sees("approved").press("q\r");
    assert_eq!(alice.ends(), 0);
    assert!(desk.events().iter().any(|name| name == "request.approved"));
    assert!(desk.log().contains(r#":"whole""#), "all of it was printed: {}", desk.log());
}

#[test]
fn line_by_line_a_reason_outlives_the_line_and_is_offered_again() {
    let desk = Desk::new();
    let mut alice = plain(&desk, &[]);
    alice.sees("Waiting for you: 1").press("1\rr\r").sees("Reason (required):").press("no mail today\r");
    alice.sees("Type yes to reject R-1:");
    drop(alice);
    let mut alice = plain(&desk, &[]);
    alice.sees("Waiting for you: 1").press("1\rr\r").sees("You wrote this before").sees("│ no mail today");
    alice.sees("Reason (required):").press("\r").sees("Type yes to reject R-1:");
    reads();
    alice.press("yes\r").sees("R-1: alice → rejected").sees("Nothing waits for you.").press("q\r");
    assert_eq!(alice.ends(), 0);
    assert!(desk.log().contains("no mail today"), "{}", desk.log());
    // It was sent, so it is offered to nobody again.
    assert!(desk.submit("two", "lookup", &[]).status.success());
    let mut alice = plain(&desk, &[]);
    alice.sees("Waiting for you: 1").press("1\rr\r").sees("Reason (required):");
    assert!(!alice.screen().contains("You wrote this before"), "{}", alice.screen());
}
