//! Sixteen decide the same request at once: one wins, fifteen are told who won, and nobody hears of a locked database.

use super::stage::{Stage, approve, document, reject, submit, tries};
use countersign::app::{App, Error};
use countersign::domain::names::RequestId;
use countersign::domain::refusal::Refusal;
use std::io::Write;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Barrier;

const RACERS: usize = 16;
const ROUNDS: usize = 20;

fn something_to_decide(app: &mut App, round: usize) -> RequestId {
    submit(app, document(&format!(r#"{{"by": "planner", "kind": "gate", "title": "Round {round}"}}"#)))
}

/// A process that stands at the start: it decides when its stdin gets a line.
fn at_the_start(stage: &Stage, id: RequestId, racer: usize) -> Child {
    let verb = if racer.is_multiple_of(2) { "approve" } else { "reject" };
    Command::new("/bin/sh")
        .args(["-c", r#"read -r go && exec "$0" "$@""#, env!("CARGO_BIN_EXE_countersign")])
        .args([verb, &id.to_string(), "--reason", "I was first"])
        .env("COUNTERSIGN_STORE", stage.store())
        .env("COUNTERSIGN_CONFIG", stage.config())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn of_sixteen_processes_one_decides_and_fifteen_are_told_who_did() {
    let stage = Stage::in_the_hosts_time();
    let mut app = stage.app();
    let mut verdicts = [0, 0];
    for round in 0..ROUNDS {
        let id = something_to_decide(&mut app, round);
        let mut racers: Vec<Child> = (0..RACERS).map(|n| at_the_start(&stage, id, n)).collect();
        for racer in &mut racers {
            racer.stdin.take().unwrap().write_all(b"go\n").unwrap();
        }
        let told: Vec<Output> = racers.into_iter().map(|r| r.wait_with_output().unwrap()).collect();
        let winners: Vec<usize> = (0..RACERS).filter(|n| told[*n].status.code() == Some(0)).collect();
        let all = || {
            told.iter()
                .map(|t| format!("{:?}: {}\n", t.status, String::from_utf8_lossy(&t.stderr)))
                .collect::<String>()
        };
        assert_eq!(winners.len(), 1, "{}", all());
        let verdict = if winners[0].is_multiple_of(2) { "approved" } else { "rejected" };
        verdicts[winners[0] % 2] += 1;
        let request = app.request(id).unwrap();
        assert_eq!(request.state_name().word(), verdict);
        let winner = &request.closed().unwrap().by;
        let sentence = format!("countersign: {id} is already {verdict} by {winner}, at ");
        for loser in (0..RACERS).filter(|n| *n != winners[0]) {
            let words = String::from_utf8_lossy(&told[loser].stderr);
            assert_eq!(told[loser].status.code(), Some(3), "{}", all());
            assert!(words.starts_with(&sentence), "{}", all());
            assert!(!words.contains("locked") && !words.contains("busy"), "{}", all());
            assert!(told[loser].stdout.is_empty(), "{}", all());
        }
    }
    let report = app.verify(|_| {}).unwrap();
    assert!(report.is_sound(), "{:?}", report.problems);
    assert_eq!(verdicts.iter().sum::<usize>(), ROUNDS);
}

#[test]
fn of_sixteen_threads_with_a_store_of_their_own_one_decides_and_fifteen_are_told_who_did() {
    let stage = Stage::new();
    let mut app = stage.app();
    let start = Barrier::new(RACERS);
    let ids: Vec<RequestId> = (0..ROUNDS).map(|round| something_to_decide(&mut app, round)).collect();
    let told: Vec<Vec<Result<(), Error>>> = std::thread::scope(|threads| {
        let racers: Vec<_> = (0..RACERS)
            .map(|n| {
                let mut app = stage.app();
                let (start, ids) = (&start, &ids);
                threads.spawn(move || {
                    let command = if n.is_multiple_of(2) { approve() } else { reject() };
                    let decide = |id: &RequestId| {
                        start.wait();
                        tries(&mut app, *id, &command).map(|_| ())
                    };
                    ids.iter().map(decide).collect()
                })
            })
            .collect();
        racers.into_iter().map(|racer| racer.join().unwrap()).collect()
    });
    for (round, id) in ids.iter().enumerate() {
        let winners: Vec<usize> = (0..RACERS).filter(|n| told[*n][round].is_ok()).collect();
        assert_eq!(winners.len(), 1, "{id}");
        let request = app.request(*id).unwrap();
        let closed = request.closed().unwrap();
        let verdict = if winners[0].is_multiple_of(2) { "approved" } else { "rejected" };
        assert_eq!(request.state_name().word(), verdict);
        let refusal = Refusal::Closed {
            id: *id,
            state: request.state_name(),
            answered: false,
            by: closed.by.clone(),
            at: closed.at,
        };
        for loser in (0..RACERS).filter(|n| *n != winners[0]) {
            assert_eq!(told[loser][round], Err(Error::Refused(refusal.clone())), "{id}");
        }
    }
    let report = app.verify(|_| {}).unwrap();
    assert!(report.is_sound(), "{:?}", report.problems);
}

#[test]
fn sixteen_threads_that_submit_the_same_reference_make_one_request() {
    let stage = Stage::new();
    let mut app = stage.app();
    let start = Barrier::new(RACERS);
    let ids: Vec<RequestId> = std::thread::scope(|threads| {
        let racers: Vec<_> = (0..RACERS)
            .map(|_| {
                let mut app = stage.app();
                let start = &start;
                threads.spawn(move || {
                    start.wait();
                    submit(&mut app, super::stage::plan("p-1", "Once", "x"))
                })
            })
            .collect();
        racers.into_iter().map(|racer| racer.join().unwrap()).collect()
    });
    assert!(ids.iter().all(|id| *id == RequestId::new(1)), "{ids:?}");
    let report = app.verify(|_| {}).unwrap();
    assert!(report.is_sound() && report.events == 2, "{report:?}");
}

#[test]
fn sixteen_threads_that_open_a_store_that_is_not_there_make_one() {
    let stage = Stage::new();
    let start = Barrier::new(RACERS);
    std::thread::scope(|threads| {
        let racers: Vec<_> = (0..RACERS)
            .map(|n| {
                let (start, stage) = (&start, &stage);
                threads.spawn(move || {
                    start.wait();
                    something_to_decide(&mut stage.app(), n)
                })
            })
            .collect();
        let mut ids: Vec<u64> = racers.into_iter().map(|racer| racer.join().unwrap().number()).collect();
        ids.sort_unstable();
        assert_eq!(ids, (1..=RACERS as u64).collect::<Vec<_>>());
    });
    let report = stage.app().verify(|_| {}).unwrap();
    assert!(report.is_sound() && report.events == RACERS as u64 + 1, "{report:?}");
}

#[test]
fn a_process_that_is_killed_while_it_makes_the_store_leaves_nothing_in_the_way() {
    let dir = tempfile::tempdir().unwrap();
    let store = dir.path().join("s.db");
    let submit = || {
        let mut child = Command::new(env!("CARGO_BIN_EXE_countersign"))
            .args(["submit", "-"])
            .env_clear()
            .env("HOME", dir.path())
            .env("COUNTERSIGN_STORE", &store)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let document = br#"{"kind":"gate","by":"ci","title":"Go on?"}"#;
        let _ = child.stdin.take().unwrap().write_all(document);
        child
    };
    // Killed as soon as a file of the unborn store is there: in the middle of making it, each time a little elsewhere.
    for round in 0..40 {
        for entry in std::fs::read_dir(dir.path()).unwrap().flatten() {
            std::fs::remove_file(entry.path()).unwrap();
        }
        let mut child = submit();
        while std::fs::read_dir(dir.path()).unwrap().count() < 2 + round % 3 {
            if child.try_wait().unwrap().is_some() {
                break;
            }
            std::thread::yield_now();
        }
        let _ = child.kill();
        child.wait().unwrap();
        assert!(submit().wait().unwrap().success(), "round {round}: the place is usable");
    }
}
