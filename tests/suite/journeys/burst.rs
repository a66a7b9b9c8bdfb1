//! Typing, much at once and long without a rest: all of it arrives, and a line that drops takes a second of it at most.

use super::desk::{ALT_ENTER, Desk, WIDE};
use super::person::Person;
use std::process::Command;
use std::time::{Duration, Instant};

/// Between two keys of somebody who types fast, so that 2,000 of them take some seconds.
const STROKE: Duration = Duration::from_millis(2);
/// How much of somebody's typing may be lost.
const MAY_BE_LOST: Duration = Duration::from_secs(1);

/// So many characters, in words that say where they stand.
fn words(characters: usize) -> String {
    let words: String = (0..=characters / 10).map(|n| format!("word{n:05} ")).collect();
    words[..characters].to_owned()
}

fn last_word(words: &str) -> &str {
    words.trim_end().rsplit(' ').next().unwrap()
}

/// A desk with one request on it, and alice in the comment she begins.
fn alice_at_a_comment() -> (Desk, Person) {
    let desk = Desk::new();
    assert!(desk.command(&["submit", &desk.plan("one", "Tell John")]).status.success());
    let mut alice = desk.reviewer(WIDE);
    alice.sees("What would run").press("c").sees("Comment R-1");
    (desk, alice)
}

/// The only comment there is.
fn the_comment(desk: &Desk) -> String {
    let thread: serde_json::Value =
        serde_json::from_slice(&desk.command(&["thread", "R-1", "--json"]).stdout).unwrap();
    let found = texts(&thread);
    assert_eq!(found.len(), 1, "{thread}");
    found[0].clone()
}

/// Every `text` in a document.
fn texts(value: &serde_json::Value) -> Vec<String> {
    match value {
        serde_json::Value::Object(map) => {
            let here = map.get("text").and_then(serde_json::Value::as_str).map(str::to_owned);
            here.into_iter().chain(map.values().flat_map(texts)).collect()
        }
        serde_json::Value::Array(list) => list.iter().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

/// More than one read takes, and more than the system holds: what a terminal without bracketed paste sends for a paste.
#[test]
fn a_burst_of_keys_arrives_to_its_last_one_with_no_key_after_it() {
    for characters in [1_500, 6_000] {
        let (desk, mut alice) = alice_at_a_comment();
        let burst = words(characters);
        alice.press_at_once(&burst).sees(last_word(&burst));
        alice.press(ALT_ENTER).sees("your comment is recorded");
        assert_eq!(the_comment(&desk), burst.trim_end());
    }
}

/// Keys before a paste come with it in one read; the paste is no less whole for it.
#[test]
fn keys_and_a_long_paste_that_come_at_once_are_both_taken() {
    let (desk, mut alice) = alice_at_a_comment();
    let text = words(3_000);
    let (typed, pasted) = text.split_at(100);
    alice.press_at_once(&format!("{typed}\x1b[200~{pasted}\x1b[201~")).sees(last_word(&text));
    alice.press(ALT_ENTER).sees("your comment is recorded");
    assert_eq!(the_comment(&desk), text.trim_end());
}

/// Alice types 2,000 characters without a rest, and then `ends`; what is kept of them, against what was typed longer
/// than a second before.
fn typed_to_the_end(ends: impl FnOnce(&mut Person)) {
    let (desk, mut alice) = alice_at_a_comment();
    let text = words(2_000);
    let mut typed: Vec<Instant> = Vec::with_capacity(text.len());
    // A machine that lets nobody run for a while does so to the program too: that much is no fault of it.
    let mut held_up = Duration::ZERO;
    for n in 0..text.len() {
        alice.press_at_once(&text[n..=n]);
        typed.push(Instant::now());
        std::thread::sleep(STROKE);
        held_up += typed[n].elapsed().saturating_sub(STROKE * 10);
    }
    let end = Instant::now();
    ends(&mut alice);
    let mut again = desk.reviewer(WIDE);
    again.sees("What would run").sees("draft kept: comment R-1").press("c").sees("draft from ");
    again.press(ALT_ENTER).sees("your comment is recorded");
    let kept = the_comment(&desk);
    assert!(text.starts_with(&kept), "what is kept is what was typed: {kept}");
    let sure = typed.iter().filter(|at| **at + MAY_BE_LOST + held_up < end).count();
    assert!(sure > 500, "too slow a machine to tell: {sure}");
    assert!(kept.len() >= text[..sure].trim_end().len(), "{} of {sure} kept", kept.len());
}

#[test]
fn a_line_that_drops_under_steady_typing_takes_at_most_a_second_of_it() {
    typed_to_the_end(|alice| {
        alice.hangs_up("\x0c");
        assert_eq!(alice.ends_alone(), 129);
    });
}

#[test]
fn a_kill_under_steady_typing_takes_at_most_a_second_of_it() {
    typed_to_the_end(|alice| {
        let process = alice.process().to_string();
        assert!(Command::new("kill").args(["-9", &process]).status().unwrap().success());
        alice.ends();
    });
}
