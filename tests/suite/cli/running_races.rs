//! Running against somebody who adopts another policy meanwhile, and taking back against somebody who kills it.

use super::running::{chain, kill_after, lines, rounds, sh};
use super::{Desk, until};
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::time::Instant;

/// Which steps began after the last policy was adopted.
fn begun_after_the_policy(desk: &Desk, id: &str) -> (u32, u32) {
    let conn = Connection::open(desk.path("store.db")).unwrap();
    let count = |sql: &str| conn.query_row(sql, [id], |row| row.get(0)).unwrap();
    let begun = "SELECT count(*) FROM log WHERE aggregate = ?1 AND name = 'step.started'";
    let policy = "(SELECT max(seq) FROM log WHERE name = 'policy.adopted')";
    (count(begun), count(&format!("{begun} AND seq > {policy}")))
}

#[test]
fn no_step_begins_under_a_policy_that_asks_for_more() {
    let desk = Desk::new();
    let names = ["a", "b", "c", "d"];
    let mild = desk.file("mild.toml", "# nothing\n");
    let strict = "[[risk.rule]]\nname = \"all\"\naction = [\"log.*\"]\nrisk = \"high\"\n";
    let strict = desk.file("strict.toml", strict);
    let id = desk.approved(&chain(&desk.path("whole"), &names));
    let begun = Instant::now();
    desk.run(&["run", &id]).ended(0);
    let whole = begun.elapsed();
    let rounds = rounds(10);
    let mut met = BTreeMap::<u32, usize>::new();
    for round in 0..rounds {
        let log = desk.path(&format!("log-{round}"));
        desk.run(&["policy", "adopt", &mild]).ended(0);
        let id = desk.approved(&chain(&log, &names));
        // Spread over the time that a whole run takes, with what starting a process costs before and behind it.
        let point = whole.mul_f64(round as f64 / rounds as f64);
        let begun = Instant::now();
        let mut running = desk.start(&mut desk.command(&["run", &id]));
        until("the moment to adopt", || begun.elapsed() >= point);
        desk.run(&["policy", "adopt", &strict]).ended(0);
        let code = running.child.wait().unwrap().code();
        let (began, after) = begun_after_the_policy(&desk, &id);
        assert_eq!(after, 0, "{id}: a step began under a policy that forbids it; exit {code:?}");
        assert_eq!(lines(&log).len(), began as usize, "what the log says began is what ran");
        match began {
            4 => assert_eq!(code, Some(0), "{id}"),
            // It had not begun, or what was left of it may not.
            _ => assert!(matches!(code, Some(1 | 16)), "{id}: exit {code:?} after {began} steps"),
        }
        *met.entry(began).or_default() += 1;
    }
    desk.run(&["audit", "verify"]).ended(0);
    assert!(met.len() > 1, "both sides win now and then: {met:?}");
    if std::env::var_os("COUNTERSIGN_TEST_SCALE").is_some() {
        println!("{rounds} races: steps begun {met:?}");
    }
}

#[test]
fn taking_back_is_killed_at_any_point_and_nothing_is_taken_back_twice() {
    let names = ["a", "b", "c", "d"];
    let back = ["undo-c", "undo-b", "undo-a"];
    let desk = Desk::new();
    let half_done = |name: &str| {
        let log = desk.path(name);
        let mut plan = chain(&log, &names);
        plan["steps"][3]["run"] = sh("exit 1");
        let id = desk.approved(&plan);
        desk.run(&["run", &id]).ended(16);
        (log, id)
    };
    let (_, id) = half_done("whole");
    let begun = Instant::now();
    desk.run(&["roll-back", &id]).ended(0);
    let whole = begun.elapsed();
    let rounds = rounds(12);
    let mut met = BTreeMap::<String, usize>::new();
    for round in 0..rounds {
        let (log, id) = half_done(&format!("log-{round}"));
        let point = whole.mul_f64((round as f64 + 0.5) / rounds as f64);
        let mut running = desk.start(&mut desk.command(&["roll-back", &id]));
        kill_after(&mut running, point);
        desk.run(&["roll-back", &id]);
        let shown = desk.shown(&id);
        let state = shown["execution"].as_str().unwrap().to_owned();
        let undo = |wanted: &str| {
            let steps = shown["run"]["steps"].as_array().unwrap();
            steps.iter().filter(|s| s["undo"] == wanted).count()
        };
        let found = lines(&log).split_off(3);
        match state.as_str() {
            "failed" => assert_eq!(found, back, "{shown}"),
            "unknown" => {
                assert_eq!(undo("unknown"), 1, "{shown}");
                // The one under way may yet have done its work; nothing behind it ever is begun.
                let done = undo("completed");
                assert!(found == back[..done] || found == back[..=done], "{found:?}: {shown}");
            }
            other => panic!("{other}: {shown}"),
        }
        *met.entry(state).or_default() += 1;
    }
    desk.run(&["audit", "verify"]).ended(0);
    if std::env::var_os("COUNTERSIGN_TEST_SCALE").is_some() {
        println!("{rounds} kills while taking back: {met:?}");
    }
}
