//! Whoever waits is told: by the bell and not by the look every half minute, whenever the decision comes.
//!
//! 400 waits by default; `COUNTERSIGN_TEST_SCALE=25` is ten thousand.

use super::scale;
use crate::cli::{Desk, gate};
use crate::store::stage::{Stage, approve, document, does, reject, submit};
use countersign::domain::names::RequestId;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

/// How many wait at once.
const WAITERS: usize = 16;
/// Who was not called looks by themselves after half a minute: a wait that took nearly so long was forgotten.
const FORGOTTEN: Duration = Duration::from_secs(25);

#[test]
fn of_many_that_wait_none_is_forgotten_whenever_the_decision_comes() {
    let stage = Stage::in_the_hosts_time();
    let mut app = stage.app();
    let each = 25 * scale();
    let (asks, asked) = channel::<(usize, RequestId)>();
    let mut told = 0;
    std::thread::scope(|threads| {
        let waiting: Vec<_> = (0..WAITERS)
            .map(|waiter| {
                let (asks, mut app) = (asks.clone(), stage.app());
                threads.spawn(move || {
                    let mut told = 0;
                    for n in 0..each {
                        let text =
                            format!(r#"{{"by": "w{waiter}-{}", "kind": "gate", "title": "{n}"}}"#, n / 500);
                        let id = submit(&mut app, document(&text));
                        // From now on it can be decided: before the wait has begun, while it begins, or after.
                        asks.send((n, id)).unwrap();
                        let began = Instant::now();
                        let (code, request) = app.wait(id, None, None).unwrap();
                        assert!(began.elapsed() < FORGOTTEN, "nobody was called for {id}");
                        assert_eq!((code, request.id), (if n % 2 == 0 { 0 } else { 10 }, id));
                        told += 1;
                    }
                    told
                })
            })
            .collect();
        drop(asks);
        for (n, id) in asked {
            does(&mut app, id, &if n % 2 == 0 { approve() } else { reject() });
        }
        told += waiting.into_iter().map(|waiter| waiter.join().unwrap()).sum::<usize>();
    });
    assert_eq!(told, WAITERS * each);
}

#[test]
fn whole_processes_that_wait_for_one_decision_are_all_told() {
    let desk = Desk::new();
    let each = 16;
    for round in 0..scale() {
        let id = desk.submit(&gate("planner", &format!("g{round}")));
        // Half of them wait already, half begin while it is decided.
        let mut waiting: Vec<_> =
            (0..each / 2).map(|_| desk.start_waiting(&mut desk.command(&["wait", &id]))).collect();
        let late = (0..each / 2).map(|_| desk.start(&mut desk.command(&["wait", &id])));
        let began = Instant::now();
        waiting.extend(late);
        desk.run(&["approve", &id]).ended(0);
        for one in waiting {
            one.end().ended(0);
        }
        assert!(began.elapsed() < FORGOTTEN, "somebody was not called for {id}");
    }
}
