//! A producer that asks and asks: it is told when to ask again, and what it asked buries nothing.

use crate::cli::{Desk, gate};
use serde_json::json;

fn lines(by: &str, range: std::ops::Range<u32>) -> String {
    range.map(|n| format!("{}\n", gate(by, &format!("n{n}")))).collect()
}

#[test]
fn who_asks_too_often_is_told_when_to_ask_again_and_nobody_else_is_held_up() {
    let desk = Desk::new();
    let config = desk.file("config.toml", "[limits]\nper_minute = 10\n");
    let submit = ["--config", config.as_str(), "submit", "-"];
    desk.feed(&submit, lines("bot", 0..10)).ended(0);
    let before = desk.head();
    desk.feed(&submit, lines("bot", 10..11))
        .refused(75, &["bot asked 10 times within a minute", "nothing was stored", "try again in ", " s"]);
    // Several at once are refused as one.
    desk.feed(&submit, lines("bot", 10..15)).ended(75);
    assert_eq!(desk.head(), before);
    // What is there already is not asked again; others are not held up.
    assert_eq!(desk.feed(&submit, lines("bot", 3..4)).ended(0).out, "R-4\n");
    desk.feed(&submit, lines("another", 0..5)).ended(0);
    // A minute on, it may.
    let file = desk.file("late.json", gate("bot", "late").to_string());
    desk.run_later(61_000, &["--config", &config, "submit", &file]).ended(0);
    // A call that alone is too much is refused as a whole.
    let before = desk.head();
    desk.feed(&submit, lines("third", 0..11)).ended(75);
    assert_eq!(desk.head(), before);
    // Nought is no limit.
    let config = desk.file("config.toml", "[limits]\nper_minute = 0\n");
    desk.feed(&["--config", &config, "submit", "-"], lines("third", 0..50)).ended(0);
}

#[test]
fn a_flood_is_one_line_of_the_list_and_what_is_sensitive_stands_before_it() {
    let desk = Desk::new();
    desk.feed(&["submit", "-"], lines("bot-7", 0..40)).ended(0);
    desk.submit(&json!({"kind": "gate", "title": "Matters", "by": "planner", "risk": "high"}));
    desk.submit(&gate("someone", "last"));
    let said = desk.run(&["list"]).ended(0).out;
    let lines: Vec<&str> = said.lines().collect();
    let place =
        |words: &str| lines.iter().position(|line| line.contains(words)).unwrap_or_else(|| panic!("{said}"));
    assert!(place("R-41 ") < place("R-1 "), "{said}");
    assert!(
        place("flood: 37 more of bot-7; `countersign list --by bot-7` shows them") < place("R-42 "),
        "{said}"
    );
    assert!(!said.contains("R-4 "), "{said}");
    // Asked for by name, and for programs, all of them are there.
    assert!(desk.run(&["list", "--by", "bot-7"]).ended(0).out.contains("R-40 "));
    assert_eq!(desk.run(&["list", "--json"]).ended(0).json().as_array().map(Vec::len), Some(42));
}
