//! Reading at a real terminal: a sensitive plan is read to its end before it is approved; what changed is shown word by
//! word; tabs, searching and copying.

use super::desk::{ALT_ENTER, Desk, ENTER, NARROW, TAB, WIDE};

/// A sensitive plan of thirty steps: more than one page.
fn sensitive(desk: &Desk, reference: &str, extra: &str) -> String {
    let steps: Vec<String> = (0..30)
        .map(|n| format!(r#"{{"id":"s{n}","action":"sql.run","params":{{"n":{n}}}{extra}}}"#))
        .collect();
    let text = format!(
        r#"{{"kind":"plan","by":"dba-bot","ref":"{reference}","title":"Move the tables","risk":"high",
        "target":{{"environment":"production"}},"steps":[{}]}}"#,
        steps.join(",")
    );
    desk.document(&format!("{reference}.json"), &text)
}

/// What the screen says is left, as a number.
fn left(screen: &str) -> Option<usize> {
    let at = screen.find("not fully shown: ")?;
    screen[at + 17..].split(' ').next()?.parse().ok()
}

#[test]
fn a_sensitive_plan_is_refused_before_its_last_line_was_drawn_and_accepted_after() {
    for size in [NARROW, WIDE] {
        let desk = Desk::new();
        let plan = sensitive(&desk, "tables", "");
        let mut planner = desk.producer(&["submit", &plan, "--wait"]);
        planner.sees("R-1");
        let mut alice = desk.reviewer(size);
        alice.sees("Move the tables").press(ENTER).sees("What would run").sees("not fully shown");
        alice.press("A").sees("R-1 is not fully shown");
        // To the end and back: what was skipped was not shown.
        alice.press("G").sees("If nobody acts").press("A").sees("read to its end");
        alice.press("g").sees("What would run");
        let mut screen = alice.screen();
        while let Some(before) = left(&screen) {
            alice.press("\x1b[6~");
            screen = alice.waits_until("more of it", |screen| left(screen) != Some(before));
        }
        alice.press("A").sees("Approve R-1").press("read it all").press(TAB).press("R-1").sees("read it all");
        alice.press(ALT_ENTER).sees("R-1 approved");
        assert_eq!(planner.ends(), 0);
    }
}

#[test]
fn a_change_makes_a_sensitive_plan_unread_again() {
    let desk = Desk::new();
    let plan = sensitive(&desk, "tables", "");
    assert!(desk.command(&["submit", &plan]).status.success());
    let mut alice = desk.reviewer(NARROW);
    alice.sees("Move the tables").press(ENTER).sees("not fully shown");
    let mut screen = alice.screen();
    while let Some(before) = left(&screen) {
        alice.press("\x1b[6~");
        screen = alice.waits_until("more of it", |screen| left(screen) != Some(before));
    }
    let changed = sensitive(&desk, "tables", r#","undo":["/bin/false"]"#);
    assert!(desk.command(&["submit", &changed, "--revise"]).status.success());
    alice.sees("not fully shown").press("A").sees("read to its end");
    assert_eq!(desk.command(&["wait", "R-1", "--timeout", "0"]).status.code(), Some(124));
}

#[test]
fn a_key_in_the_moment_of_an_arrival_decides_nothing() {
    let desk = Desk::new();
    let plan = desk.plan("one", "Tell John");
    let mut alice = desk.reviewer(WIDE);
    alice.sees("nothing waits");
    assert!(desk.command(&["submit", &plan]).status.success());
    // A finger that was on its way: it comes with the frame, or a few milliseconds later.
    alice.sees("What would run").press_at_once("R").sees("came or changed just now");
    alice.press("R").sees("Reject R-1");
}

#[test]
fn the_words_that_changed_are_marked_in_the_dialog() {
    for (size, ascii) in [(WIDE, false), (NARROW, false), (NARROW, true)] {
        let desk = Desk::new();
        let plan = desk.plan("nine", "Tell John");
        assert!(desk.command(&["submit", &plan]).status.success());
        let mut alice = desk.reviewer_with(if ascii { &["--ascii"] } else { &[] }, size);
        alice.sees("Tell John").press(ENTER).sees("What would run").press("R").sees("Reject R-1");
        alice.press("too many mails").sees("too many mails");
        let text = std::fs::read_to_string(&plan).unwrap().replace("\"send\"", "\"send\",\"--all\"");
        let changed = desk.document("nine-changed.json", &text);
        assert!(desk.command(&["submit", &changed, "--revise"]).status.success());
        let came = if ascii { r#"<+,"--all"+>"# } else { r#"⟨+,"--all"+⟩"# };
        alice.sees("changed since you opened it").sees("What changed: - then, + now").sees(came);
        alice.sees("too many mails").press(ALT_ENTER).sees("This is how it is now").sees("too many mails");
        alice.press(ALT_ENTER).sees("R-1 rejected");
    }
}

#[test]
fn tabs_a_search_and_a_copy() {
    let desk = Desk::new();
    let plan = desk.plan("one", "Tell John");
    assert!(desk.command(&["submit", &plan]).status.success());
    assert!(desk.command(&["--as", "bob", "comment", "R-1", "Which John is it?"]).status.success());
    let mut alice = desk.reviewer(NARROW);
    alice.sees("Tell John").press(ENTER).sees("thread 1").press(TAB).sees("Which John is it?");
    alice.press("]").sees("History: 2 events").press("[").press("[").sees("What would run");
    alice
        .press("/")
        .sees("enter finds")
        .press("JOHN")
        .sees("match 1 of 2")
        .press(ENTER)
        .press("n")
        .sees("match 2 of 2");
    alice.press("\x1b").sees("thread 1").press("x").sees("as `show R-1 --json` prints it").press("x");
    alice.sees("What would run").press("y").sees("sent to the terminal: R-1");
    // `R-1` in base64, to the clipboard, and nothing else ever.
    let sent = alice.sent();
    let sent = String::from_utf8_lossy(&sent);
    assert_eq!(sent.matches("\x1b]52;").count(), 1);
    assert!(sent.contains("\x1b]52;c;Ui0x\x1b\\") || sent.contains("\x1b]52;c;Ui0x\x07"));
}
