//! Overrides at the same moment, killed in the middle, and on a disk without a free byte: an override and its debt are one.

use super::{scale, whole};
use crate::cli::{Desk, plan};
use std::process::{Child, Stdio};
use std::time::Instant;

/// What goes ahead with `id`, with a reason that nobody gave.
fn goes(id: &str, n: usize) -> Vec<String> {
    let reason = format!("Number {n}: the bridge is down and nobody answers.");
    let words =
        ["override", id, "--class", "security", "--reference", "INC-42", "--reason", &reason, "--phrase"];
    words.into_iter().map(str::to_owned).chain([format!("OVERRIDE {id}")]).collect()
}

fn spawn(desk: &Desk, words: &[String]) -> Child {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    desk.command(&words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// How many requests are overridden, and how many reviews are owed.
fn count(desk: &Desk) -> (usize, usize) {
    let log = desk.run(&["audit", "export"]).ended(0).out;
    let named = |what: &str| log.lines().filter(|line| line.contains(what)).count();
    (named("\"name\":\"request.overridden\""), named("\"owes\":{"))
}

#[test]
fn of_two_overrides_by_one_person_at_once_one_goes_ahead_and_the_other_owes() {
    for round in 0..3 * scale() {
        let desk = Desk::new();
        let ids: Vec<String> = (0..8).map(|n| desk.submit(&plan("planner", &format!("p{n}")))).collect();
        let children: Vec<Child> = ids.iter().enumerate().map(|(n, id)| spawn(&desk, &goes(id, n))).collect();
        let ends: Vec<_> = children.into_iter().map(|child| child.wait_with_output().unwrap()).collect();
        let went = ends.iter().filter(|o| o.status.code() == Some(0)).count();
        assert_eq!(went, 1, "round {round}: {ends:?}");
        for refused in ends.iter().filter(|o| o.status.code() != Some(0)) {
            let said = String::from_utf8_lossy(&refused.stderr);
            assert_eq!(refused.status.code(), Some(1), "{said}");
            assert!(said.contains("you still owe R-9"), "{said}");
        }
        assert_eq!(count(&desk), (1, 1));
        whole(&desk);
    }
}

#[test]
fn of_two_overrides_of_one_request_one_goes_ahead() {
    let desk = Desk::new();
    let id = desk.submit(&plan("planner", "p"));
    let children: Vec<Child> = (0..8).map(|n| spawn(&desk, &goes(&id, n))).collect();
    let codes: Vec<_> =
        children.into_iter().map(|child| child.wait_with_output().unwrap().status.code().unwrap()).collect();
    assert_eq!(codes.iter().filter(|code| **code == 0).count(), 1, "{codes:?}");
    assert!(codes.iter().all(|code| matches!(code, 0 | 3)), "too late is a conflict: {codes:?}");
    assert_eq!(count(&desk), (1, 1));
}

#[test]
fn killed_at_any_moment_there_is_never_one_without_the_other() {
    let desk = Desk::new();
    let mut killed = 0;
    let mut went = 0;
    // How long one takes here and now, from its start to its answer: the others are killed at parts of that.
    let first = desk.submit(&plan("planner", "first"));
    let began = Instant::now();
    let whole_time = match spawn(&desk, &goes(&first, 1_000)).wait_with_output().unwrap().status.code() {
        Some(0) => began.elapsed(),
        code => panic!("{code:?}"),
    };
    desk.run_later(crate::cli::HOUR * 2, &["reject", "R-2", "--reason", "rehearsed"]).ended(0);
    went += 1;
    for n in 0..40u32 {
        let id = desk.submit(&plan("planner", &format!("p{n}")));
        let mut child = spawn(&desk, &goes(&id, n as usize));
        let until = Instant::now() + whole_time * n / 20;
        while Instant::now() < until && child.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        let _ = child.kill();
        let done = child.wait_with_output().unwrap();
        killed += usize::from(done.status.code().is_none());
        let (overridden, owed) = count(&desk);
        assert_eq!(overridden, owed);
        assert!(done.status.code() != Some(0) || overridden == went + 1, "answered and lost");
        if overridden > went {
            // Whoever goes on owes nothing any more.
            went = overridden;
            let debts = desk.run(&["list", "--state", "debts", "--json"]).ended(0).json();
            let debt = debts[0]["id"].as_str().unwrap();
            desk.run_later(crate::cli::HOUR * 2, &["reject", debt, "--reason", "rehearsed"]).ended(0);
        }
    }
    assert!(killed > 3 && went > 3, "{killed} killed, {went} went ahead");
    whole(&desk);
}
