//! Sixteen processes, two verbs that exclude each other, one request: one outcome, and everybody is told which.

use super::{scale, whole};
use crate::cli::{Desk, HOUR, gate, plan};
use serde_json::Value;
use std::io::Write;
use std::process::{Child, Command, Output, Stdio};

const RACERS: usize = 16;

/// Two verbs on the same request, each with the exit codes that are an answer. Clocks are hours ahead of the host's.
struct Pair {
    document: fn(&str) -> Value,
    /// Verbs that make the request ready.
    before: &'static [&'static [&'static str]],
    first: (&'static [&'static str], i64),
    second: (&'static [&'static str], i64),
    /// How many of all may succeed: one, or any number of one side that mean the same.
    one_wins: bool,
    /// Every state it may be in afterwards.
    ends: &'static [&'static str],
}

/// `{R}` is the request, `{F}` a file with another revision of it.
const PAIRS: [Pair; 8] = [
    Pair {
        document: |n| gate("planner", n),
        before: &[],
        first: (&["approve", "{R}"], 0),
        second: (&["reject", "{R}", "--reason", "no"], 0),
        one_wins: true,
        ends: &["approved", "rejected"],
    },
    Pair {
        document: |n| plan("planner", n),
        before: &[],
        first: (&["approve", "{R}", "--digest", "{D}"], 0),
        second: (&["submit", "--revise", "{F}"], 0),
        one_wins: false,
        ends: &["approved", "requested"],
    },
    Pair {
        document: |n| gate("planner", n),
        before: &[],
        first: (&["reject", "{R}", "--reason", "no"], 0),
        second: (&["--as", "planner", "cancel", "{R}", "--reason", "no"], 0),
        one_wins: true,
        ends: &["rejected", "cancelled"],
    },
    // A gate of medium risk or less has expired after four days.
    Pair {
        document: |n| gate("planner", n),
        before: &[],
        first: (&["approve", "{R}"], 0),
        second: (&["approve", "{R}"], 96),
        one_wins: true,
        ends: &["approved", "expired"],
    },
    Pair {
        document: |n| plan("planner", n),
        before: &[],
        first: (&["skip", "{R}", "--step", "draft"], 0),
        second: (&["approve", "{R}", "--digest", "{D}"], 0),
        one_wins: false,
        ends: &["approved", "requested"],
    },
    Pair {
        document: |n| gate("planner", n),
        before: &[&["request-changes", "{R}", "--reason", "x"]],
        first: (&["withdraw", "{R}"], 0),
        second: (&["approve", "{R}"], 0),
        one_wins: false,
        ends: &["requested", "approved"],
    },
    Pair {
        document: |n| gate("planner", n),
        before: &[],
        first: (&["--as", "alice", "claim", "{R}"], 0),
        second: (&["--as", "bob", "claim", "{R}"], 0),
        one_wins: false,
        ends: &["requested"],
    },
    Pair {
        document: |n| plan("planner", n),
        before: &[&["request-changes", "{R}", "--reason", "x"]],
        first: (&["--as", "planner", "resubmit", "{R}", "{F}"], 0),
        second: (&["--as", "planner", "cancel", "{R}", "--reason", "no"], 0),
        one_wins: false,
        ends: &["cancelled"],
    },
];

/// A process that stands at the start: it goes when its stdin gets a line.
fn at_the_start(desk: &Desk, arguments: &[String], hours: i64) -> Child {
    let mut command = Command::new("/bin/sh");
    command
        .args(["-c", r#"read -r go && exec "$0" "$@""#, env!("CARGO_BIN_EXE_countersign")])
        .args(arguments);
    command.env_clear().env("HOME", desk.home()).env("COUNTERSIGN_STORE", desk.store());
    command.env("COUNTERSIGN_TEST_CLOCK_OFFSET_MS", (hours * HOUR).to_string());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

#[test]
fn of_two_verbs_that_exclude_each_other_one_holds_and_all_sixteen_are_told() {
    let desk = Desk::new();
    for (number, pair) in PAIRS.iter().enumerate() {
        for round in 0..2 * scale() {
            one_race(&desk, pair, &format!("pair{number}-{round}"));
        }
    }
    whole(&desk);
}

fn one_race(desk: &Desk, pair: &Pair, name: &str) {
    let document = (pair.document)(name);
    let id = desk.submit(&document);
    let mut other = document.clone();
    other["title"] = "Something else".into();
    if other["kind"] == "plan" {
        other["steps"][0]["params"]["query"] = "Jane".into();
    }
    let file = desk.file(&format!("{name}.json"), other.to_string());
    let digest = desk.shown(&id)["decision_digest"].as_str().unwrap_or_default().to_owned();
    let words = |verb: &[&str]| -> Vec<String> {
        verb.iter().map(|w| w.replace("{R}", &id).replace("{F}", &file).replace("{D}", &digest)).collect()
    };
    for verb in pair.before {
        let words = words(verb);
        desk.run(&words.iter().map(String::as_str).collect::<Vec<_>>()).ended(0);
    }
    let side = |n: usize| if n.is_multiple_of(2) { pair.first } else { pair.second };
    let mut racers: Vec<Child> =
        (0..RACERS).map(|n| at_the_start(desk, &words(side(n).0), side(n).1)).collect();
    for racer in &mut racers {
        racer.stdin.take().unwrap().write_all(b"go\n").unwrap();
    }
    let told: Vec<Output> = racers.into_iter().map(|r| r.wait_with_output().unwrap()).collect();
    let all = || {
        told.iter()
            .enumerate()
            .map(|(n, t)| {
                format!("{:?} {:?}: {}\n", side(n).0, t.status.code(), String::from_utf8_lossy(&t.stderr))
            })
            .collect::<String>()
    };
    let state = desk.shown(&id)["state"].as_str().unwrap().to_owned();
    assert!(pair.ends.contains(&state.as_str()), "{name}: {state}\n{}", all());
    let mut winners = 0;
    for t in &told {
        let err = String::from_utf8_lossy(&t.stderr);
        match t.status.code() {
            Some(0) => winners += 1,
            // Refused by a rule, or told that somebody was first.
            Some(1 | 3) => {
                assert!(err.starts_with("countersign: ") && err.lines().count() == 1, "{name}:\n{}", all());
                assert!(!err.contains("locked") && !err.contains("busy"), "{name}:\n{}", all());
            }
            _ => panic!("{name}:\n{}", all()),
        }
    }
    let expired = state == "expired";
    if pair.one_wins {
        assert_eq!(winners, usize::from(!expired), "{name}: one outcome\n{}", all());
    } else {
        assert!(winners >= 1, "{name}:\n{}", all());
    }
    // Whoever was told that it is approved was told so once.
    let approvals = told
        .iter()
        .enumerate()
        .filter(|(n, t)| side(*n).0.first() == Some(&"approve") && t.status.code() == Some(0));
    assert_eq!(approvals.count(), usize::from(state == "approved"), "{name}: {state}\n{}", all());
}
