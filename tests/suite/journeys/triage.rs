//! Triage: out of forty the three that matter are filtered, read and rejected; seven that are alike go in one batch.

use super::desk::{ALT_ENTER, Desk, ENTER, NARROW, WIDE};
use super::person::Person;

const ESC: &str = "\x1b";

/// Forty requests: mails of low risk, and three that drop an index.
fn forty(desk: &Desk) {
    let mut lines = String::new();
    for n in 0..40 {
        let (title, risk) = match n % 13 {
            5 => (format!("Drop index {n}"), "medium"),
            _ => (format!("Mail customer {n}"), "low"),
        };
        lines.push_str(&format!(
            r#"{{"kind":"plan","by":"planner","ref":"n{n}","title":"{title}","risk":"{risk}","steps":[{{"id":"a","action":"x.y","run":["/bin/true"]}}]}}"#
        ));
        lines.push('\n');
    }
    let path = desk.document("forty.jsonl", &lines);
    let done = desk.command(&["submit", &path]);
    assert!(done.status.success(), "{done:?}");
}

fn states(desk: &Desk, state: &str) -> usize {
    let listed = desk.command(&["list", "--state", "all", "--json", "--limit", "100"]);
    let list: serde_json::Value = serde_json::from_slice(&listed.stdout).unwrap();
    list.as_array().unwrap().iter().filter(|request| request["state"] == state).count()
}

fn filters_reads_and_rejects(size: (u16, u16)) {
    let desk = Desk::new();
    forty(&desk);
    let mut alice = desk.reviewer(size);
    alice.sees("40 wait").press("/").press("drop risk:medium").sees("3 of 40");
    alice.press(ENTER).sees("filter: drop risk:medium").press("j").press(ENTER).sees("What would run");
    assert!(alice.screen().contains("filtered: 3 of 40"), "never hidden:\n{}", alice.screen());
    alice.press("R").sees("Reject R-").press("not without a replica").sees("replica").press(ALT_ENTER);
    alice.sees("rejected; nothing of it will run").sees("2 of 39");
    alice.press("q").press(ESC).sees("Waiting for you");
    alice.waits_until("no filter", |screen| !screen.contains("filtered:"));
    assert_eq!(states(&desk, "rejected"), 1);
    // The command line finds the same.
    let listed = desk.command(&["--as", "alice", "list", "--filter", "drop risk:medium"]);
    let text = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert_eq!(text.matches("│ Drop index").count(), 2, "{text}");
    assert_eq!(desk.command(&["list", "--filter", "colour:red"]).status.code(), Some(2));
}

#[test]
fn a_filter_to_three_then_one_is_read_and_rejected_on_a_wide_screen() {
    filters_reads_and_rejects(WIDE);
}

#[test]
fn a_filter_to_three_then_one_is_read_and_rejected_on_a_narrow_screen() {
    filters_reads_and_rejects(NARROW);
}

#[test]
fn seven_are_approved_in_one_batch() {
    let desk = Desk::new();
    forty(&desk);
    let mut alice = desk.reviewer(NARROW);
    alice.sees("40 wait").press("/").press("mail").sees("37 of 40").press(ENTER);
    alice.press("v").sees("move to the other end").press("jjjjjj").press("v").sees("7 marked");
    alice.press("A").sees("Approve 7 requests").press("7").press(ALT_ENTER).sees("7 of 7 approved");
    assert_eq!(states(&desk, "approved"), 7);
    let log = desk.command(&["audit", "verify"]);
    assert!(log.status.success(), "{log:?}");
}

#[test]
fn a_batch_that_somebody_was_faster_in_says_how_many_and_why_not_the_others() {
    let desk = Desk::new();
    forty(&desk);
    let mut alice = desk.reviewer(NARROW);
    alice.sees("40 wait").press("/").press("drop").sees("3 of 40").press(ENTER);
    alice.press("vG").press("v").sees("3 marked").press("R").sees("Reject 3 requests").press("no replica\t");
    alice.sees("no replica");
    let first = alice
        .screen()
        .lines()
        .find_map(|l| l.trim().split(' ').find(|w| w.starts_with("R-")))
        .unwrap()
        .to_owned();
    let bob = desk.command(&["--as", "bob", "reject", &first, "--reason", "mine"]);
    assert!(bob.status.success(), "{bob:?}");
    alice.press("3").press(ALT_ENTER).sees("2 of 3 rejected").sees(&format!("{first} ")).press(ENTER);
    alice.waits_until("the list", |screen| !screen.contains("2 of 3 rejected"));
    assert_eq!(states(&desk, "rejected"), 3);
}

#[test]
fn typed_ahead_keys_do_not_answer_a_batch() {
    let desk = Desk::new();
    forty(&desk);
    let mut alice = desk.reviewer(NARROW);
    alice.sees("40 wait").press(" ").sees("1 marked");
    // In one write: what stands behind the A was typed before the dialog could be seen.
    alice.press(&format!("A1{ALT_ENTER}")).sees("Approve 1 request");
    alice.press(ALT_ENTER).sees("type 1: so many would be decided on").press(ESC);
    alice.sees("nothing was decided");
    assert_eq!(states(&desk, "approved"), 0);
}

#[test]
fn queues_by_digit_and_verbs_by_name() {
    let desk = Desk::new();
    forty(&desk);
    let question = desk.document("q.json", r#"{"kind":"question","by":"planner","title":"Which John?"}"#);
    assert!(desk.command(&["submit", &question]).status.success());
    let mut alice = desk.reviewer(WIDE);
    alice.sees("41 wait").sees("6 Questions    1").press("6").sees("What would be decided");
    alice.press(":").press("claim").press(ENTER).sees("you are on R-41");
    alice.sees("2 Unclaimed   40").press("2").sees("nobody is on it");
    alice.waits_until("no question", |screen| !screen.contains("Which John?"));
    alice.press(":").press("sub").press(ENTER).sees("there is no command sub");
    alice.press(ESC).waits_until("no line", |screen| !screen.contains("there is no command"));
    alice.press(":quit").press(ENTER);
    assert_eq!(alice.ends(), 0);
    // A claim runs out by itself, and then nobody is on it.
    let mut environment = desk.environment();
    environment.push(("COUNTERSIGN_TEST_CLOCK_OFFSET_MS".to_owned(), (16 * 60_000).to_string()));
    let mut later = Person::sits_down(&["--as", "alice"], &environment, WIDE);
    later.sees("2 Unclaimed   41").press("2").sees("nobody is on it").press("G").sees("Which John?");
}

#[test]
fn one_is_put_off_found_among_all_that_is_open_and_taken_back() {
    let desk = Desk::new();
    forty(&desk);
    let mut alice = desk.reviewer(WIDE);
    alice.sees("40 wait").press("z").sees("put R-6 off for").press("\t\t").sees("R-6 until").press(ENTER);
    alice.sees("R-6 is put off until").sees("39 wait for you").sees("put off");
    // A new look at the list has it no more; the list of everything has it, with its time.
    alice.press("1").waits_until("it is gone", |screen| !screen.contains("R-6 "));
    alice.press("7").sees("All open").sees("R-6 ").sees("z ");
    assert_eq!(
        desk.command(&["--as", "alice", "check", "--json"]).stdout,
        b"{\n  \"alarms\": [],\n  \"mentions\": [],\n  \"v\": 1,\n  \"waiting\": 39\n}\n"
    );
    alice.press(":").press("snooze off").press(ENTER).sees("R-6 waits for you again").sees("40 wait for you");
    // What was opened is hidden, and the title says so.
    alice
        .press("1")
        .sees("Waiting for you")
        .press(ENTER)
        .press("q")
        .press("u")
        .sees("39 of 40, 1 seen hidden");
    alice.press("u").sees("shown again").press("s").sees("newest first").press("g").sees("R-40 ");
    let log = desk.command(&["audit", "verify"]);
    assert!(log.status.success(), "{log:?}");
}
