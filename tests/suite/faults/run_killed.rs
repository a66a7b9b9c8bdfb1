//! `run`, killed at each of its own writes: nothing unapproved runs, nothing twice, and the log says where it stood.
//!
//! The points are counted, not timed: the calls by which the runner's own thread writes, from the claim to its last word.
//! A hundred of them, evenly spread over all there are.

use super::{skipped, whole};
use crate::cli::running::{chain, lines};
use crate::cli::{Desk, Ran};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

const STEPS: [&str; 4] = ["a", "b", "c", "d"];
const POINTS: usize = 100;
/// The calls that write, and those that start a process and wait for it: between two of them nothing can be seen.
const CALLS: &str = "write,pwrite64,fsync,fdatasync,ftruncate,clone,clone3,fork,vfork,wait4,poll,kill,flock";

/// Runs it under strace, which follows no child: a point is one of the runner's own.
fn traced(desk: &Desk, id: &str, inject: Option<&str>, trace: &Path) -> Ran {
    let mut command = Command::new("strace");
    command.args(["-qq", "-s", "0", "-e", &format!("trace={CALLS}"), "-o"]).arg(trace);
    if let Some(inject) = inject {
        command.args(["-e", &format!("inject={inject}")]);
    }
    command.args([env!("CARGO_BIN_EXE_countersign"), "run", id]).env_clear().env("HOME", desk.home());
    command.env("COUNTERSIGN_STORE", desk.store()).env("PATH", "/usr/bin:/bin").stdin(Stdio::null());
    Ran::of(&["run", id], command.output().unwrap())
}

/// The points of one run, as (call, the how-manieth of that name).
fn points(trace: &Path) -> Vec<(String, usize)> {
    let mut counts = BTreeMap::<String, usize>::new();
    let text = std::fs::read_to_string(trace).unwrap();
    let names = text.lines().filter_map(|line| line.split_once('(')).map(|(name, _)| name.to_owned());
    names
        .map(|name| {
            let count = counts.entry(name.clone()).or_default();
            *count += 1;
            (name, *count)
        })
        .collect()
}

/// What is to be said of one point: how it stood, or what was wrong.
fn killed_at(desk: &Desk, round: usize, point: &(String, usize)) -> String {
    let log = desk.path(&format!("log-{round}"));
    let id = desk.approved(&chain(&log, &STEPS));
    let inject = format!("{}:signal=SIGKILL:when={}", point.0, point.1);
    traced(desk, &id, Some(&inject), &desk.path(&format!("trace-{round}")));
    let again = desk.run(&["run", &id]);
    let shown = desk.shown(&id);
    let state = shown["execution"].as_str().unwrap().to_owned();
    let of = |wanted: &str| -> Vec<String> {
        let steps = shown["run"]["steps"].as_array().unwrap().iter();
        steps.filter(|s| s["state"] == wanted).map(|s| s["step"].as_str().unwrap().to_owned()).collect()
    };
    let (done, unknown) = (of("completed"), of("unknown"));
    match state.as_str() {
        "done" => {
            assert!(matches!(again.code, Some(0 | 1)), "run again, or over already: {again}");
            assert_eq!(lines(&log), STEPS);
        }
        "unknown" => {
            assert_eq!((again.code, unknown.len()), (Some(17), 1), "{again}\n{shown}");
            // What was under way may have done its work, or be about to; nothing behind it ever is begun.
            let with = [done.clone(), unknown].concat();
            let found = lines(&log);
            assert!(found == done || found == with, "{found:?}: {shown}");
        }
        other => panic!("{other}: {shown}"),
    }
    // A run that was taken up again once more does nothing more.
    let before = lines(&log);
    assert!(desk.run(&["run", &id]).code != Some(0) && lines(&log) == before, "nothing twice");
    state
}

#[test]
fn killed_at_a_hundred_counted_points_nothing_runs_twice_and_the_log_says_where_it_stood() {
    let ready = Command::new("strace").args(["-qq", "-e", "inject=getppid:error=EIO", "/bin/true"]).output();
    if !ready.is_ok_and(|said| said.status.success()) {
        return skipped("kill -9 at counted points of run: strace is not there, or tracing is not allowed");
    }
    let all = {
        let desk = Desk::new();
        let id = desk.approved(&chain(&desk.path("log"), &STEPS));
        traced(&desk, &id, None, &desk.path("trace")).ended(0);
        points(&desk.path("trace"))
    };
    assert!(all.len() >= POINTS, "there are {} points", all.len());
    let chosen: Vec<&(String, usize)> =
        (0..POINTS).map(|n| &all[n * (all.len() - 1) / (POINTS - 1)]).collect();
    let (next, met) = (AtomicUsize::new(0), Mutex::new(BTreeMap::<String, usize>::new()));
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|threads| {
        for _ in 0..4 {
            threads.spawn(|| {
                let desk = Desk::new();
                loop {
                    let round = next.fetch_add(1, Ordering::Relaxed);
                    let Some(point) = chosen.get(round) else { break };
                    let one = || killed_at(&desk, round, point);
                    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(one)) {
                        Ok(state) => *met.lock().unwrap().entry(state).or_default() += 1,
                        Err(_) => wrong.lock().unwrap().push(format!("{point:?}")),
                    }
                }
                whole(&desk);
            });
        }
    });
    let (met, wrong) = (met.into_inner().unwrap(), wrong.into_inner().unwrap());
    assert!(wrong.is_empty(), "{} of {POINTS}:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(met.values().sum::<usize>(), POINTS);
    assert!(met.len() == 2, "some were over or whole, some were in the middle of a step: {met:?}");
    eprintln!("{POINTS} of {} points: {met:?}", all.len());
}
