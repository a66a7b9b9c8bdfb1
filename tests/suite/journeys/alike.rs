//! Look-alikes at a terminal: forty of one shape, three of them poisoned, decided on with four keys, a reason and the count.

use super::desk::{ALT_ENTER, Desk, NARROW, TAB};

/// Forty mails to customers; three are not what they look like.
fn forty(desk: &Desk) {
    let mut lines = String::new();
    for n in 1..=40 {
        let (to, from) = match n {
            7 => ("customer7@evil.example.com".to_owned(), "office@example.org"),
            23 => (format!("customer{n}@example.org"), "ceo@example.org"),
            31 => (format!("customer{n}@example.org;id"), "office@example.org"),
            _ => (format!("customer{n}@example.org"), "office@example.org"),
        };
        lines.push_str(&format!(
            r#"{{"kind":"plan","by":"planner","ref":"n{n}","title":"Mail customer {n}","target":{{"environment":"staging"}},"steps":[{{"id":"send","action":"mail.send","params":{{"to":"{to}","from":"{from}"}},"run":["/bin/true","{to}"]}}]}}"#
        ));
        lines.push('\n');
    }
    // Something else that waits, and something else that mails.
    lines.push_str(r#"{"kind":"gate","by":"planner","title":"Go on?"}"#);
    lines.push('\n');
    lines.push_str(r#"{"kind":"plan","by":"planner","title":"Mail all","target":{"environment":"staging"},"steps":[{"id":"send","action":"mail.bulk","params":{"to":"all"}}]}"#);
    let path = desk.document("forty.jsonl", &lines);
    let done = desk.command(&["submit", &path]);
    assert!(done.status.success(), "{done:?}");
}

fn numbers(desk: &Desk, state: &str) -> Vec<String> {
    let listed = desk.command(&["list", "--state", "all", "--json", "--limit", "100"]);
    let list: serde_json::Value = serde_json::from_slice(&listed.stdout).unwrap();
    let of = |request: &&serde_json::Value| request["state"] == state;
    let mut out: Vec<String> = list
        .as_array()
        .unwrap()
        .iter()
        .filter(of)
        .map(|request| request["id"].as_str().unwrap().to_owned())
        .collect();
    out.sort();
    out
}

/// The three poisoned, the gate and the other mail still wait; the rest was decided, each with a record of its own.
fn only_the_good_ones_were_decided(desk: &Desk) {
    assert_eq!(numbers(desk, "approved").len(), 37);
    assert_eq!(numbers(desk, "requested"), ["R-23", "R-31", "R-41", "R-42", "R-7"]);
    let events = desk.command(&["log", "--json", "--limit", "500"]);
    let events = String::from_utf8_lossy(&events.stdout).into_owned();
    assert!(events.contains("welcome mails"), "{events}");
    assert!(desk.command(&["audit", "verify"]).status.success());
}

#[test]
fn four_keys_a_reason_and_the_count() {
    let desk = Desk::new();
    forty(&desk);
    let mut alice = desk.reviewer((120, 70));
    alice.sees("42 wait").sees("R-1 ");
    alice.press("=").sees("37 of the shape of R-1").sees("Decided alone: 3");
    alice.sees("another host than the others' example.org").sees("the others have \"office@example.org\"");
    alice
        .press("A")
        .sees("Approve 37 requests")
        .press("welcome mails")
        .press(TAB)
        .press("37")
        .press(ALT_ENTER);
    alice.sees("37 of 40 approved");
    only_the_good_ones_were_decided(&desk);
}

/// Whether the last line is on the screen: `line 35–53 of 53`.
fn is_at_its_end(screen: &str) -> bool {
    let title = screen.lines().find(|line| line.contains("pgdn: line ")).unwrap();
    let (_, lines) = title.split_once('–').unwrap();
    let numbers: Vec<&str> = lines.split([' ', '━']).filter(|word| !word.is_empty()).collect();
    numbers[0] == numbers[2]
}

#[test]
fn on_a_narrow_screen_all_of_it_is_paged_through_first() {
    let desk = Desk::new();
    forty(&desk);
    let mut alice = desk.reviewer(NARROW);
    alice.sees("42 wait").press("=").sees("37 of the shape of R-1");
    alice.press("A").sees("lines are not yet shown: pgdn shows them");
    let mut pages = 0;
    while !is_at_its_end(&alice.screen()) {
        let before = alice.screen();
        alice.press_at_once("\x1b[6~");
        alice.waits_until("the next page", |screen| screen != before);
        pages += 1;
        assert!(pages < 12, "{}", alice.screen());
    }
    alice
        .press("A")
        .sees("Approve 37 requests")
        .press("welcome mails")
        .press(TAB)
        .press("37")
        .press(ALT_ENTER);
    alice.sees("37 of 40 approved");
    only_the_good_ones_were_decided(&desk);
}

#[test]
fn a_key_that_decides_typed_with_the_one_that_gathers_is_dropped() {
    let desk = Desk::new();
    forty(&desk);
    let mut alice = desk.reviewer((120, 70));
    alice.sees("42 wait").sees("R-1 ").press_at_once("=A").sees("37 of the shape of R-1").press("q");
    alice.sees("nothing was decided");
    assert!(numbers(&desk, "approved").is_empty());
}
