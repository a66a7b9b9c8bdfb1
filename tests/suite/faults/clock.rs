//! A clock that jumps: the order stays, what was seen to be over stays over, and a clock that is behind is said.

use super::whole;
use crate::cli::{Desk, HOUR, gate, plan};
use crate::journeys::person::{Person, environment};

const DAY: i64 = 24 * HOUR;
/// From now, whenever that is in these years, to before 1980 and to about 2038 and beyond.
const JUMPS: [i64; 6] = [-HOUR, HOUR, -DAY, DAY, -50 * 365 * DAY, 12 * 365 * DAY];

#[test]
fn whatever_the_clock_says_events_keep_their_order_and_the_log_verifies() {
    for jump in JUMPS {
        let desk = Desk::new();
        desk.submit(&gate("planner", "before"));
        let file = desk.file("during.json", gate("planner", "during").to_string());
        desk.run_later(jump, &["submit", &file]).ended(0);
        desk.run_later(jump, &["comment", "R-2", "strange times"]).ended(0);
        desk.run(&["comment", "R-2", "and back"]).ended(0);
        desk.submit(&gate("planner", "after"));
        desk.run(&["approve", "R-3"]).ended(0);
        whole(&desk);
        let order: Vec<String> =
            desk.run(&["log", "--json"]).ended(0).out.lines().map(str::to_owned).collect();
        assert!(!order.is_empty());
        // What was asked in a time far ahead is decided like anything else, or has expired; it never opens a door.
        let state = desk.shown("R-3")["state"].clone();
        assert_eq!(state, "approved", "jump of {jump} ms");
    }
}

#[test]
fn what_was_seen_to_expire_stays_expired_when_the_clock_goes_back() {
    let desk = Desk::new();
    desk.submit(&gate("planner", "g"));
    // Four days ahead, somebody looks: it has expired. Then the clock is set right.
    desk.run_later(4 * DAY, &["list"]).ended(0);
    assert_eq!(desk.shown("R-1")["state"], "expired");
    desk.run(&["approve", "R-1"]).ended(3);
}

#[test]
fn an_approval_is_not_made_longer_by_a_clock_that_goes_back_behind_it() {
    let desk = Desk::new();
    desk.submit(&plan("planner", "p"));
    desk.run(&["approve", "R-1"]).ended(0);
    // Somebody says something two days on; by that time the approval has lapsed, whatever the clock says afterwards.
    desk.run_later(2 * DAY, &["comment", "R-1", "late"]).ended(0);
    desk.run(&["wait", "R-1"]).ended(12);
    desk.run_later(-DAY, &["wait", "R-1"]).ended(12);
}

#[test]
fn a_clock_that_is_behind_the_last_event_is_said_in_the_list_by_the_doctor_and_on_the_screen() {
    let desk = Desk::new();
    let file = desk.file("g.json", gate("planner", "g").to_string());
    desk.run_later(2 * HOUR, &["submit", &file]).ended(0);
    desk.run(&["list"]).ended(0).complained(&["the clock is", "behind the last event"]);
    desk.run(&["doctor"]).ended(5).said(&["ILL   clock", "timedatectl"]);
    let mut screen = Person::sits_down(&[], &environment(desk.home(), &desk.store()), (120, 40));
    screen.sees("behind");
    screen.press_at_once("q");
    assert_eq!(screen.ends(), 0);
    // Half a minute is no jump: hosts set their clocks all the time.
    let desk = Desk::new();
    let file = desk.file("g.json", gate("planner", "g").to_string());
    desk.run_later(30_000, &["submit", &file]).ended(0);
    assert_eq!(desk.run(&["list"]).ended(0).err, "");
}
