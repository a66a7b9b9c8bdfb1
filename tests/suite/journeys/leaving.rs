//! Leaving the screen, by will or not: the terminal is clean, and nothing burns.

use super::person::{Person, demo_store, environment};
use std::path::Path;

fn open(home: &Path) -> Person {
    let store = demo_store(home);
    let mut person = Person::sits_down(&[], &environment(home, &store), (120, 40));
    person.sees("What would run");
    person
}

/// CPU time of a process so far, in clock ticks.
fn ticks(process: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let after = stat.rsplit(") ").next().unwrap_or_default();
    let field = |n: usize| after.split(' ').nth(n).and_then(|t| t.parse::<u64>().ok()).unwrap_or(0);
    field(11) + field(12)
}

#[test]
fn quitting_leaves_a_clean_terminal() {
    let home = tempfile::tempdir().unwrap();
    let mut person = open(home.path());
    person.press("q");
    assert_eq!(person.ends(), 0);
    assert!(person.has_a_clean_terminal());
}

#[test]
fn a_line_that_goes_down_ends_the_screen_with_129_and_burns_nothing() {
    let home = tempfile::tempdir().unwrap();
    let mut person = open(home.path());
    let (process, before) = (person.process(), ticks(person.process()));
    person.hangs_up("j");
    assert_eq!(person.ends_alone(), 129);
    assert!(ticks(process).saturating_sub(before) < 50, "it spun while nobody was there");
}

#[test]
fn a_terminate_signal_leaves_a_clean_terminal() {
    let home = tempfile::tempdir().unwrap();
    let mut person = open(home.path());
    let status = std::process::Command::new("kill").arg(person.process().to_string()).status().unwrap();
    assert!(status.success());
    assert_eq!(person.ends(), 143);
    assert!(person.has_a_clean_terminal());
}

#[test]
fn without_a_terminal_the_screen_says_what_to_use_instead() {
    let home = tempfile::tempdir().unwrap();
    let done = std::process::Command::new(env!("CARGO_BIN_EXE_countersign"))
        .env_clear()
        .envs(environment(home.path(), &home.path().join("s.db")))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(said.contains("needs a terminal") && said.contains("countersign list"), "{said}");
    assert_eq!(done.status.code(), Some(2));
}
