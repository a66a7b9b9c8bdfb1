//! A line of 9,600 baud: what is drawn is the newest, and what nobody would have seen is never sent.

use super::desk::{Desk, ENTER, NARROW};
use super::person::Person;

/// 9,600 baud are 960 characters a second.
const BAUD_9600: usize = 96;
/// All a frame of 80×24 can cost here: each cell once, with some for moving and colours.
const A_FRAME: usize = 80 * 24 + 1000;

fn sixty() -> Desk {
    let desk = Desk::new();
    let line = |n: u32| {
        format!(
            r#"{{"kind":"plan","by":"planner","ref":"n{n}","title":"Mail customer {n}","risk":"low","steps":[{{"id":"a","action":"x.y","run":["/bin/true"]}}]}}"#
        )
    };
    let lines: Vec<String> = (1..=60).map(line).collect();
    let path = desk.document("sixty.jsonl", &lines.join("\n"));
    assert!(desk.command(&["submit", &path]).status.success());
    desk
}

/// Where the cursor's row is, by the number of its request.
fn on(screen: &str, id: &str) -> bool {
    screen.lines().any(|line| line.starts_with('▸') && line.contains(&format!(" {id} ")))
}

/// What was sent since there were so many bytes, and how many frames were begun in it.
fn since(alice: &Person, before: usize) -> (usize, usize) {
    let sent = alice.sent();
    let new = &sent[before..];
    (new.len(), new.windows(8).filter(|bytes| bytes == b"\x1b[?2026h").count())
}

#[test]
fn thirty_keys_in_one_write_cost_a_frame_and_not_thirty() {
    let desk = sixty();
    let mut alice = desk.reviewer(NARROW);
    alice.sees("60 wait").sees("R-1 ").has_a_line_of(BAUD_9600);
    let before = alice.sent().len();
    alice.press_at_once(&"j".repeat(30)).waits_until("the thirty-first row", |screen| on(screen, "R-31"));
    // The first key may be there before the others: then it has a frame of its own, and all others share the next; on
    // a busy machine they may come in a few parts.
    let (bytes, frames) = since(&alice, before);
    assert!((1..=5).contains(&frames), "{frames} frames for thirty keys");
    assert!(bytes <= 3 * A_FRAME, "{bytes} bytes for thirty keys");
}

#[test]
fn a_held_key_is_followed_by_what_was_pressed_last() {
    let desk = sixty();
    let mut alice = desk.reviewer(NARROW);
    alice.sees("60 wait").sees("R-1 ").has_a_line_of(BAUD_9600);
    let before = alice.sent().len();
    // A key that repeats, each in a write of its own, and before the line has carried any of it: the request is opened.
    for _ in 0..50 {
        alice.press_at_once("j");
    }
    alice
        .press_at_once(ENTER)
        .waits_until("the request", |screen| screen.contains("─ R-51 ") && screen.contains("What would run"));
    let (bytes, _) = since(&alice, before);
    assert!(bytes <= 6 * A_FRAME, "{bytes} bytes for fifty-one keys");
    // And it goes on being used.
    alice.press("R").sees("Reject R-51").press("no").sees("no").press("\x1b\r\r").sees("R-51 rejected");
}
