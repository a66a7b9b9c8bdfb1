//! Handing over, coming back and the numbers, from the command line.

use super::{Desk, gate, plan};
use serde_json::json;

#[test]
fn a_handoff_says_what_is_left_open_and_nothing_else() {
    let desk = Desk::new();
    desk.run(&["--as", "bob", "handoff"]).ended(0).said(&["You leave nothing open."]);
    let (one, two) = (desk.submit(&plan("planner", "one")), desk.submit(&gate("planner", "two")));
    desk.run(&["--as", "bob", "claim", &one]).ended(0);
    desk.run(&["--as", "bob", "snooze", &two, "--for", "2h"]).ended(0);
    let said = desk.run(&["--as", "bob", "handoff"]).ended(0);
    let said = said.said(&["You are on", "You put off", &one, &two, "Tell John about the meeting"]);
    assert!(!said.out.contains("owed"), "{said}");
    assert!(said.out.lines().count() <= 24, "one screen: {said}");
    let json = desk.run(&["--as", "bob", "handoff", "--json"]).ended(0).json();
    assert_eq!((&json["claims"][0]["id"], &json["put_off"][0]["id"]), (&json!(one), &json!(two)));
    let other = desk.run(&["--as", "carol", "handoff", "--json"]).ended(0).json();
    assert_eq!((&other["claims"], &other["put_off"]), (&json!([]), &json!([])));
}

#[test]
fn time_in_each_court_is_shown_to_whoever_reads_it() {
    let desk = Desk::new();
    let id = desk.submit(&gate("planner", "one"));
    desk.run_later(super::HOUR, &["request-changes", &id, "--reason", "shorter"]).ended(0);
    desk.run_later(3 * super::HOUR, &["show", &id])
        .ended(0)
        .said(&["1 h with reviewers, 2 h with its producer"]);
}

#[test]
fn the_numbers_tell_of_everybody_together_and_of_oneself_alone() {
    let desk = Desk::new();
    for n in 0..3 {
        let id = desk.submit(&gate("planner", &format!("g{n}")));
        let done: &[&str] = if n == 0 { &["approve"] } else { &["reject", "--reason", "too wide"] };
        let mut words = vec!["--as", if n == 2 { "carol" } else { "bob" }, done[0], &id];
        words.extend(&done[1..]);
        desk.run(&words).ended(0);
    }
    let bob = desk.run(&["--as", "bob", "stats"]).ended(0);
    let bob = bob.said(&["3: 1 approved, 2 rejected", "33 %", "1 signed", "too wide", "2x"]);
    assert!(!bob.out.contains("carol"), "how others decide is theirs to know: {bob}");
    let json = desk.run(&["--as", "bob", "stats", "--json", "--since", "8h"]).ended(0).json();
    assert_eq!(json["all"]["approval_rate"], 33);
    assert_eq!(json["by_decider"]["bob"]["rejected"], 1);
    assert_eq!(json["by_decider"]["carol"], json!(null));
    desk.run_later(9 * super::HOUR, &["stats", "--since", "8h"]).ended(0).said(&["closed         0"]);
    desk.run(&["stats", "--since", "soon"]).refused(2, &["takes a span"]);
}
