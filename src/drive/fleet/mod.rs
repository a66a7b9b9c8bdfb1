//! `patch-fleet`: one patch, a list of directories, the first ⌈N %⌉ of them. Every directory is looked at before one is
//! touched; what rolling back needs is on the disk before that too; and nothing is said to be done that was not looked at.
//!
//! Runs in a process of its own: killed at any moment, it leaves what a later roll back works from.

pub mod tree;
pub mod git;
pub mod state;
pub mod looking;
pub mod changing;

use crate::domain::driver::fleet::{Deed, Job, Tally};
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many directories are named when something is wrong with more.
const NAMED: usize = 5;
/// The most at work at the same time.
const MOST_AT_ONCE: usize = 8;

/// How an errand ended.
#[derive(Debug)]
pub struct Ended {
    /// What was counted.
    pub tally: Tally,
    /// What went wrong, one sentence each; none: it is done.
    pub wrong: Vec<String>,
}

/// Does one errand.
///
/// # Errors
/// Why nothing was touched, as a sentence.
pub fn perform(job: &Job) -> Result<Ended, String> {
    // What git makes is nobody else's until it has the permissions it is to have.
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
    let git = git::Git::find()?;
    let keeps = matches!(job.deed, Deed::DryRun | Deed::Snapshot);
    let state = state::State::open(&job.state, keeps)?;
    if keeps {
        let prepared = looking::prepare(job, git, &state)?;
        let targets = prepared.plan.directories.len();
        match job.deed {
            Deed::Snapshot => state.keep(&prepared)?,
            _ => state.leave(),
        }
        return Ok(Ended { tally: Tally { targets, changed: 0, verified: targets }, wrong: Vec::new() });
    }
    let plan = state.plan(&job.sha256)?;
    let count = job.to.of(plan.directories.len());
    match job.deed {
        Deed::Change => changing::change(&state, git, plan, count),
        Deed::RollBack => changing::roll_back(&state, git, &plan),
        _ => Ok(looking::verify(&plan, count)),
    }
}

/// Does something for each of `count` directories, as many at once as there are processors; what each gave, in order.
fn each<T: Send>(count: usize, of: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            if at >= count {
                return done;
            }
            done.push((at, of(at)));
        }
    };
    // Most of it is waiting for git and the disk.
    let at_once = (cores * 2).clamp(1, MOST_AT_ONCE).min(count.max(1));
    let mut all: Vec<(usize, T)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..at_once).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap_or_default()).collect()
    });
    all.sort_by_key(|(at, _)| *at);
    all.into_iter().map(|(_, of)| of).collect()
}

/// The first few of many sentences, and how many more there are.
fn few(mut all: Vec<String>) -> Vec<String> {
    let more = all.len().saturating_sub(NAMED);
    all.truncate(NAMED);
    if more > 0 {
        all.push(format!("and {more} more"));
    }
    all
}
