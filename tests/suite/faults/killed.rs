//! Processes killed at any moment while four of them write and a screen is open: what was answered is there.

use super::{scale, whole};
use crate::cli::{Desk, gate, until};
use crate::journeys::person::{Person, environment};
use std::collections::BTreeMap;
use std::process::{Child, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// A small generator of its own, so that a run can be told apart and none depends on a package.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: u64) -> u64 {
        // Marsaglia's xorshift.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }
}

fn spawn(desk: &Desk, arguments: &[&str]) -> Child {
    let mut command = desk.command(arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

#[test]
fn whatever_is_killed_nothing_that_was_answered_is_lost() {
    let desk = Desk::new();
    let kills_wanted = 30 * scale().min(10);
    // What was acknowledged: the request and the state that was answered.
    let acknowledged: Mutex<BTreeMap<String, &str>> = Mutex::default();
    let (kills, over) = (AtomicUsize::new(0), AtomicBool::new(false));
    desk.run(&["list"]).ended(0);
    std::thread::scope(|threads| {
        let (desk, acknowledged, kills, over) = (&desk, &acknowledged, &kills, &over);
        for writer in 0..4u64 {
            threads.spawn(move || {
                let mut chance = Chance(0x9E37_79B9_7F4A_7C15 ^ (writer + 1));
                // Runs one command, and kills it after a while that is now and then shorter than it takes.
                let mut run = |arguments: &[&str]| {
                    let mut child = spawn(desk, arguments);
                    let doomed = chance.below(3) == 0;
                    if doomed {
                        let until = Instant::now() + Duration::from_micros(chance.below(14_000));
                        while Instant::now() < until && child.try_wait().unwrap().is_none() {
                            std::thread::yield_now();
                        }
                        let _ = child.kill();
                    }
                    let done = child.wait_with_output().unwrap();
                    if done.status.code().is_none() {
                        kills.fetch_add(1, Ordering::Relaxed);
                    }
                    let err = String::from_utf8_lossy(&done.stderr).into_owned();
                    assert!(!err.contains("panicked"), "{arguments:?}: {err}");
                    (done.status.code(), String::from_utf8(done.stdout).unwrap().trim().to_owned(), err)
                };
                let mut n = 0;
                while !over.load(Ordering::Relaxed) {
                    n += 1;
                    let name = format!("w{writer}-{n}");
                    let file = desk.file(&format!("{name}.json"), gate("planner", &name).to_string());
                    // A producer that hears nothing asks again, with the same reference.
                    let id = loop {
                        let (code, id, err) = run(&["submit", &file]);
                        match code {
                            Some(0) => break id,
                            None if !id.is_empty() => break id, // killed after it had answered
                            None => {}
                            Some(_) => panic!("{err}"),
                        }
                    };
                    acknowledged.lock().unwrap().insert(id.clone(), "requested");
                    let (verb, state): (&[&str], &'static str) = match n % 4 {
                        0 => (&["approve"], "approved"),
                        1 => (&["reject", "--reason", "no"], "rejected"),
                        2 => (&["--as", "planner", "cancel", "--reason", "no"], "cancelled"),
                        _ => (&["request-changes", "--reason", "no"], "changes_requested"),
                    };
                    loop {
                        let (code, _, err) = run(&[verb, &[id.as_str()]].concat());
                        match code {
                            Some(0) => {
                                acknowledged.lock().unwrap().insert(id.clone(), state);
                                break;
                            }
                            // The one that was killed had done it.
                            Some(1 | 3) => break,
                            Some(code) => panic!("{code}: {err}"),
                            None => {}
                        }
                    }
                }
            });
        }
        // A screen looks on, and is killed too.
        threads.spawn(move || {
            let environment = environment(desk.home(), &desk.store());
            while !over.load(Ordering::Relaxed) {
                let mut person = Person::sits_down(&[], &environment, (80, 24));
                person.sees("Waiting");
                let screen = person.process().to_string();
                person.press_at_once("jjkk");
                std::thread::sleep(Duration::from_millis(30));
                std::process::Command::new("kill").args(["-9", &screen]).status().unwrap();
                person.ends_alone();
                kills.fetch_add(1, Ordering::Relaxed);
            }
        });
        // Every fifty kills, everything is looked at while it goes on.
        let mut looked = 0;
        let check = || {
            whole(desk);
            desk.run(&["list", "--limit", "5"]).ended(0);
        };
        until("enough was killed", || {
            let now = kills.load(Ordering::Relaxed);
            if now / 50 > looked {
                looked = now / 50;
                check();
            }
            std::thread::sleep(Duration::from_millis(5));
            now >= kills_wanted
        });
        over.store(true, Ordering::Relaxed);
    });
    whole(&desk);
    let acknowledged = acknowledged.into_inner().unwrap();
    for (id, state) in &acknowledged {
        let is = desk.shown(id)["state"].clone();
        assert!(is == *state || *state == "requested", "{id} was answered as {state}, and is {is}");
    }
    let decided = acknowledged.values().filter(|state| **state != "requested").count();
    eprintln!("{} kills, {} requests, {decided} decisions, 0 lost", kills.into_inner(), acknowledged.len());
    assert!(decided > 0);
}
