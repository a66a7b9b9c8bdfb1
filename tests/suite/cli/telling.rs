//! Whom a comment calls, who hears that they were passed over, and what is said when the place itself is not well.

use super::team::{ssh, ssh_feed, team};
use super::{Desk, HOUR, gate};
use serde_json::{Value, json};
use std::path::Path;

const MINUTE: i64 = 60_000;

fn settings(desk: &Desk, text: &str) {
    let dir = desk.home().join(".config/countersign");
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join("config.toml"), text).unwrap();
}

/// A command that appends what it reads to a file; `more` are further lines of it.
fn appending(name: &str, file: &Path, more: &str) -> String {
    format!(
        "[[channel]]\nname = \"{name}\"\nkind = \"exec\"\ncommand = [\"/usr/bin/tee\", \"-a\", {file:?}]\n{more}\n"
    )
}

/// A command that fails.
fn failing(name: &str) -> String {
    format!("[[channel]]\nname = \"{name}\"\nkind = \"exec\"\ncommand = [\"/bin/false\"]\n")
}

fn told(file: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn of_kind(file: &Path, kind: &str) -> Vec<Value> {
    told(file).into_iter().filter(|notice| notice["notice"] == kind).collect()
}

#[test]
fn a_mention_reaches_whom_it_names_once_and_nobody_else() {
    let desk = Desk::new();
    let (bobs, all, pair) = (desk.path("bob.jsonl"), desk.path("all.jsonl"), desk.path("pair.jsonl"));
    settings(
        &desk,
        &[
            appending("bobs", &bobs, "readers = [\"bob\"]"),
            appending("all", &all, ""),
            appending("pair", &pair, "readers = [\"bob\", \"carol\"]"),
        ]
        .concat(),
    );
    let id = desk.submit(&gate("keybot", "one"));
    desk.run(&["--as", "carol", "comment", &id, "why, @bob? and @carol"]).ended(0).calm();
    desk.run(&["watch", "--once"]).ended(0);
    let calls = of_kind(&bobs, "mention");
    assert_eq!(calls.len(), 1, "{calls:?}");
    assert_eq!(
        (&calls[0]["to"], &calls[0]["comment"], &calls[0]["request"]),
        (&json!("name:bob"), &json!(1), &json!(id))
    );
    assert!(!calls[0].to_string().contains("why"), "ids and counts only: {}", calls[0]);
    assert_eq!(
        (of_kind(&all, "mention").len(), of_kind(&pair, "mention").len()),
        (0, 0),
        "others read there too"
    );
    desk.run(&["--as", "bob", "check"])
        .ended(1)
        .said(&["carol calls you in comment 1 on R-1", "1 waits for you"]);
    assert_eq!(desk.run(&["--as", "bob", "pulse", "--json"]).json()["mentions"], 1);
    for other in ["carol", "dora"] {
        let said = desk.run(&["--as", other, "check"]).ended(1);
        assert!(!said.out.contains("calls you"), "{other}: {said}");
    }
    // An edit calls whom it adds, and nobody twice.
    desk.run(&["--as", "carol", "comment", &id, "--edit", "1", "why, @bob and @dora?"]).ended(0);
    desk.run(&["watch", "--once"]).ended(0);
    assert_eq!(of_kind(&bobs, "mention").len(), 1);
    desk.run(&["--as", "dora", "check"]).said(&["carol calls you in comment 1"]);
    // Who has had the thread is called no more.
    desk.run(&["--as", "bob", "thread", &id]).ended(0);
    let said = desk.run(&["--as", "bob", "check"]).ended(1);
    assert!(!said.out.contains("calls you"), "{said}");
}

#[test]
fn a_mention_of_one_who_may_not_see_the_request_makes_no_notice_and_says_so() {
    let desk = team();
    let document = json!({"kind": "gate", "title": "go", "ref": "a"}).to_string();
    ssh_feed(&desk, "bob", "submit -", &document).ended(0);
    let said = ssh(&desk, "bob", "comment R-1 '@carol, @dave, @nobody and @cp14: why?'").ended(0);
    assert!(said.err.contains("@dave, @nobody, @cp14 may not see R-1"), "{said}");
    assert!(ssh(&desk, "carol", "check").out.contains("bob calls you in comment 1 on R-1"));
    for who in ["dave", "cp14", "eve"] {
        assert!(!ssh(&desk, who, "check").out.contains("calls"), "{who}");
    }
    let thread = ssh(&desk, "carol", "thread R-1 --json").ended(0).json();
    assert_eq!(thread["comments"][0]["mentions"], json!(["carol"]), "the others are only text");
}

#[test]
fn a_channel_that_fails_is_said_on_the_others_and_by_check_and_so_is_that_it_works_again() {
    let desk = Desk::new();
    let page = desk.path("page.jsonl");
    settings(&desk, &[failing("hook"), appending("pager", &page, "")].concat());
    desk.submit(&gate("keybot", "one"));
    // Two tries may be chance; the third is said.
    for (tries, at) in [0, 10_000, 30_000].into_iter().enumerate() {
        assert_eq!(of_kind(&page, "alarm").len(), 0, "after {tries} tries");
        desk.run_later(at, &["watch", "--once"]).ended(0);
    }
    let alarms = of_kind(&page, "alarm");
    assert_eq!(alarms.len(), 1, "{alarms:?}");
    assert_eq!((&alarms[0]["about"], &alarms[0]["request"]), (&json!("channel hook"), &json!(null)));
    desk.run_later(30_000, &["check"])
        .ended(1)
        .complained(&["note: channel hook fails: ", "countersign doctor"]);
    desk.run_later(30_000, &["doctor"]).said(&["hook", "exit 1"]);
    for at in [2 * MINUTE, 5 * MINUTE, 20 * MINUTE] {
        desk.run_later(at, &["watch", "--once"]).ended(0);
    }
    assert_eq!(of_kind(&page, "alarm").len(), 1, "said once");
    let hook = desk.path("hook.jsonl");
    settings(&desk, &[appending("hook", &hook, ""), appending("pager", &page, "")].concat());
    desk.run_later(2 * HOUR, &["watch", "--once"]).ended(0);
    assert_eq!(of_kind(&page, "recovery")[0]["sentence"], "channel hook works again");
    assert_eq!(of_kind(&hook, "alarm").len(), 0, "nobody hears of themselves that they failed");
    desk.run_later(2 * HOUR, &["check"]).ended(1).calm();
}

#[test]
fn a_flag_that_cannot_be_written_is_said_on_the_other_channels() {
    let desk = Desk::new();
    let page = desk.path("page.jsonl");
    let flag = format!("[[channel]]\nname = \"calyx\"\nkind = \"flag\"\ndir = {:?}\n", desk.path("gone"));
    settings(&desk, &[flag, appending("pager", &page, "")].concat());
    desk.submit(&gate("keybot", "one"));
    desk.run(&["watch", "--once"]).ended(0);
    assert_eq!(of_kind(&page, "alarm")[0]["about"], "channel calyx");
    desk.run(&["doctor"]).said(&["calyx"]);
    std::fs::create_dir(desk.path("gone")).unwrap();
    desk.run_later(MINUTE, &["watch", "--once"]).ended(0);
    assert_eq!(of_kind(&page, "recovery").len(), 1);
}

#[test]
fn what_is_stuck_too_much_or_much_refused_is_told_once_and_its_end_too() {
    let desk = Desk::new();
    let page = desk.path("page.jsonl");
    let limits = "[alerts]\nopen_requests = 10\n";
    settings(
        &desk,
        &[limits.to_owned(), appending("pager", &page, "only = [\"alarm\", \"recovery\"]")].concat(),
    );
    for n in 0..11 {
        desk.submit(&gate("keybot", &format!("g-{n}")));
    }
    desk.run(&["watch", "--once"]).ended(0);
    assert_eq!(of_kind(&page, "alarm")[0]["sentence"], "11 requests are open: more than 10");
    for n in 1..=10 {
        desk.run(&["reject", &format!("R-{n}"), "--reason", "no"]).ended(0);
    }
    desk.run(&["watch", "--once"]).ended(0);
    let alarms = of_kind(&page, "alarm");
    assert_eq!(alarms[1]["sentence"], "10 of the 10 decided within a day were refused: more than 50 %");
    assert_eq!(of_kind(&page, "recovery")[0]["about"], "overload");
    // Low risk: overdue after a day, stuck four hours later, expired after three.
    desk.run_later(27 * HOUR, &["watch", "--once"]).ended(0);
    assert_eq!(of_kind(&page, "alarm").len(), 2);
    desk.run_later(29 * HOUR, &["watch", "--once"]).ended(0);
    let alarms = of_kind(&page, "alarm");
    assert!(
        alarms[2]["sentence"].as_str().unwrap().starts_with("1 request is overdue by more than 4 h"),
        "{alarms:?}"
    );
    desk.run_later(29 * HOUR, &["check"]).complained(&["note: 1 request is overdue by more than 4 h"]);
    desk.run_later(29 * HOUR, &["approve", "R-11"]).ended(0);
    desk.run_later(29 * HOUR, &["watch", "--once"]).ended(0);
    assert_eq!(of_kind(&page, "recovery").last().unwrap()["about"], "stuck");
    let before = told(&page).len();
    desk.run_later(29 * HOUR, &["watch", "--once"]).ended(0).said(&["nothing due"]);
    assert_eq!(told(&page).len(), before);
}

#[test]
fn whoever_was_passed_over_by_an_override_is_told() {
    let desk = Desk::new();
    let page = desk.path("carol.jsonl");
    settings(&desk, &appending("carols", &page, "readers = [\"carol\"]"));
    let id = desk.submit(&gate("keybot", "one"));
    desk.run(&["--as", "carol", "claim", &id]).ended(0);
    desk.run(&[
        "override",
        &id,
        "--class",
        "incident",
        "--reference",
        "INC-7",
        "--reason",
        "the bridge is down and nobody answers",
        "--phrase",
        &format!("OVERRIDE {id}"),
    ])
    .ended(0);
    desk.run(&["watch", "--once"]).ended(0);
    let told = of_kind(&page, "override");
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0]["sentence"].as_str().unwrap().contains("went ahead without the sign-off of carol"),
        "{told:?}"
    );
}
