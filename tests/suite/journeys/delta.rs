//! Whoever had signed and finds the plan changed: at the terminal, only what changed since, and one key for it.

use super::desk::{ALT_ENTER, Desk, ENTER, TAB, WIDE};
use super::person::Person;

/// Two people sign; the plan looks somebody up and mails them.
fn desk() -> Desk {
    let desk = Desk::new();
    let two = "[[rule]]\nname = \"two\"\nslots = [{ kind = \"human\" }, { kind = \"human\" }]\n";
    let policy = desk.document("policy.toml", two);
    assert!(desk.command(&["policy", "adopt", &policy]).status.success());
    submit(&desk, &[], "John", "Invite John");
    desk
}

fn submit(desk: &Desk, how: &[&str], whom: &str, title: &str) {
    let text = format!(
        r#"{{"kind":"plan","by":"planner","ref":"invite","title":"{title}","target":{{"environment":"staging"}},"steps":[
            {{"id":"find","action":"contact.search","params":{{"query":"{whom}","limit":5}}}},
            {{"id":"mail","action":"email.draft","params":{{"to":"{{{{find.email}}}}"}},
              "needs":[{{"step":"find","field":"email"}}]}}]}}"#
    );
    let path = desk.document("plan.json", &text);
    let done = desk.command(&[&["submit"], how, &[path.as_str()]].concat());
    assert!(done.status.success(), "{done:?}");
}

/// Alice has signed, and looks at it.
fn alice_signed(desk: &Desk) -> Person {
    let mut alice = desk.reviewer(WIDE);
    alice.sees("Invite John").press(ENTER).sees("What would run: 2 of 2 steps");
    alice.press("A").sees("Approve R-1").press_at_once("fine").press(TAB).press(ALT_ENTER);
    alice.sees("your sign-off counts; sign-offs still needed: 1");
    alice
}

fn signoffs(desk: &Desk) -> Vec<(String, u64)> {
    let shown = desk.command(&["show", "R-1", "--json"]);
    let shown: serde_json::Value = serde_json::from_slice(&shown.stdout).unwrap();
    let one =
        |s: &serde_json::Value| (s["standing"].as_str().unwrap().to_owned(), s["revision"].as_u64().unwrap());
    shown["signoffs"].as_array().unwrap().iter().map(one).collect()
}

#[test]
fn only_what_changed_since_is_read_again_and_one_key_stands_for_it() {
    let desk = desk();
    let mut alice = alice_signed(&desk);
    submit(&desk, &["--revise"], "John Smith", "Invite John at once");
    // The reader is left where they are, and told.
    alice
        .sees("R-1 changed, and your sign-off no longer counts: [ shows what changed since")
        .sees("John Smith");
    alice.press("[").sees("Since your sign-off 1 on revision 1: 1 widening, 1 prose");
    let screen = alice.screen();
    for words in ["find: param query", "John⟨+ Smith+⟩", "Invite John⟨+ at once+⟩", "A re-affirms sign-off 1"]
    {
        assert!(screen.contains(words), "{words:?}:\n{screen}");
    }
    assert!(!screen.contains("limit"), "what did not change is not there:\n{screen}");
    assert_eq!(signoffs(&desk), [("void".to_owned(), 1)]);
    alice.press("A").sees("It re-affirms sign-off 1, yours on revision 1").press(ALT_ENTER);
    alice.sees("your sign-off counts; sign-offs still needed: 1");
    assert_eq!(signoffs(&desk), [("void".to_owned(), 1), ("counts".to_owned(), 2)]);
    let log = desk.command(&["log", "R-1"]);
    assert!(String::from_utf8_lossy(&log.stdout).contains("re-affirms sign-off 1"), "{log:?}");
}

#[test]
fn a_change_of_prose_keeps_the_sign_off_and_asks_for_no_key() {
    let desk = desk();
    let mut alice = alice_signed(&desk);
    submit(&desk, &["--revise"], "John", "Invite John at once");
    alice.sees("Invite John at once");
    assert!(!alice.screen().contains("Since your sign-off"), "{}", alice.screen());
    assert_eq!(signoffs(&desk), [("counts".to_owned(), 1)]);
}

#[test]
fn a_step_that_somebody_else_rejected_is_what_changed() {
    let desk = desk();
    let mut alice = alice_signed(&desk);
    let bob = desk.command(&["--as", "bob", "reject", "R-1", "--step", "mail"]);
    assert!(bob.status.success(), "{bob:?}");
    alice.sees("your sign-off no longer counts");
    drop(alice);
    // Whoever comes to it sees that first.
    let mut alice = desk.reviewer(WIDE);
    alice.sees("Invite John").press(ENTER);
    alice.sees("Since your sign-off 1 on revision 1: 1 narrowing").sees("mail: mark");
    alice.press("A").sees("It re-affirms sign-off 1").sees("1 of 2 steps would run: find").press(ALT_ENTER);
    alice.sees("your sign-off counts; sign-offs still needed: 1");
    assert_eq!(signoffs(&desk), [("void".to_owned(), 1), ("counts".to_owned(), 1)]);
}
