//! Overriding by key: the longest path. Nine ways to get it wrong are refused with what is missing, the tenth works, and
//! the debt blocks the next.

use super::desk::{ALT_ENTER, Desk, ENTER, NARROW, TAB, WIDE};

/// Takes away what stands in the field.
const CLEAR: &str = "\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f";

#[test]
fn nine_ways_to_get_it_wrong_are_refused_the_tenth_works_and_the_debt_blocks_the_next() {
    let desk = Desk::new();
    for name in ["one", "two"] {
        assert!(desk.command(&["submit", &desk.plan(name, &format!("Tell {name}"))]).status.success());
    }
    let mut alice = desk.reviewer(WIDE);
    alice.sees("Tell one").press(ENTER).sees("What would run").press("O").sees("Override R-1");
    alice.sees("goes ahead without the sign-offs").sees("You owe a review").sees("[▸Cancel ]");
    // Out of habit, Enter: Cancel has the focus, and nothing happens.
    alice.press(ENTER).sees("nothing was decided on R-1").press("O").sees("Override R-1");
    // Nothing said; no such class.
    alice.press(ALT_ENTER).sees("say what it is, its class");
    alice.press("calamity").press(ALT_ENTER).sees("calamity is no class");
    // No reference.
    alice.press(CLEAR).press("incident").press(ALT_ENTER).sees("name where it can be looked up");
    // No reason, and one that is too short.
    alice.press("INC-42").press(ALT_ENTER).sees("say why: the reason has at least 20");
    alice.press("it is down").press(ALT_ENTER).sees("has 8 visible characters and needs 20");
    // No phrase, and one that is nearly right.
    alice.press(", and nobody answers").press(ALT_ENTER).sees("type the phrase OVERRIDE R-1 exactly");
    alice.press("OVERRIDE R-2").press(ALT_ENTER).sees("type the phrase OVERRIDE R-1 exactly");
    alice.press(CLEAR).press("override R-1").press(ALT_ENTER).sees("type the phrase OVERRIDE R-1 exactly");
    // It changed meanwhile: what was typed stays, but for the phrase.
    assert!(desk.command(&["--as", "bob", "reject", "R-1", "--step", "tell"]).status.success());
    alice
        .sees("[ Look again")
        .press(ALT_ENTER)
        .sees("1 of 2 steps would run")
        .sees("it is down, and nobody answers");
    alice.press(TAB).press(TAB).press(TAB).press(TAB);
    alice.press("OVERRIDE R-1").press(ALT_ENTER).sees("R-1 OVERRIDDEN; you owe R-3");
    assert_eq!(desk.command(&["wait", "R-1"]).status.code(), Some(14));
    // The debt blocks the next, and she does not close it now.
    alice.press("q").sees("Tell two").press("j").sees("R-2  plan").press("O");
    alice.sees("you still owe R-3");
    alice
        .press("5")
        .sees("Review owed: R-1")
        .press(ENTER)
        .sees("owed      by alice")
        .press("A")
        .sees("R-3 is owed by alice");
    alice.press("q").press("8").sees("OVERRIDDEN");
}

#[test]
fn what_was_typed_is_kept_when_the_line_drops_but_for_the_phrase() {
    let desk = Desk::new();
    assert!(desk.command(&["submit", &desk.plan("one", "Tell John")]).status.success());
    let mut alice = desk.reviewer(NARROW);
    alice.sees("Tell John").press(ENTER).sees("What would run").press("O").sees("Override R-1");
    alice
        .press(TAB)
        .press("security")
        .press(ENTER)
        .press("INC-42")
        .press(ENTER)
        .press("they are inside the vault");
    alice.sees("they are inside the vault").press(TAB).press("OVERRIDE R-1").sees(" OVERRIDE R-1");
    alice.press("\x1b").sees("Esc again").press("\x1b").sees("your text is kept as a draft");
    alice.press("q").sees("Waiting for you").press("q");
    assert_eq!(alice.ends(), 0);
    let mut again = desk.reviewer(NARROW);
    again.sees("draft kept: override R-1").press(ENTER).sees("What would run").press("O");
    again.sees("they are inside the vault").sees("security").sees("INC-42");
    again.press(ALT_ENTER).sees("type the phrase OVERRIDE R-1 exactly");
}

#[test]
fn line_by_line_the_phrase_is_typed_whole() {
    let desk = Desk::new();
    assert!(desk.command(&["submit", &desk.plan("one", "Tell John")]).status.success());
    let mut alice = desk.reviewer_with(&["--plain"], NARROW);
    alice.sees("A number opens a request").press("1\r").sees("o override").press("o\r");
    alice.sees("goes ahead without the sign-offs").sees("Class: incident").press("incident\r");
    alice.sees("Reference").press("INC-42\r").sees("Reason:").press("the bridge is down, nobody answers\r");
    alice.sees("Type OVERRIDE R-1 to override R-1:");
    std::thread::sleep(std::time::Duration::from_millis(600));
    alice.press("OVERRIDE R-1\r").sees("owes R-2");
}
