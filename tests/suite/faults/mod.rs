//! Promises under fault: what was printed as done is there, whatever the disk, the clock, the kernel or a neighbour did.
//!
//! The counts grow with `COUNTERSIGN_TEST_SCALE` (1 by default). What a machine does not allow is skipped, loudly.

mod full_disk;
mod system_calls;
mod killed;
mod run_killed;
mod pairs;
mod overriding;
mod places;
mod clock;
mod flood;
mod waits;

use crate::cli::{Desk, Ran};

/// What the counts are multiplied by.
pub fn scale() -> usize {
    std::env::var("COUNTERSIGN_TEST_SCALE").ok().and_then(|n| n.parse().ok()).unwrap_or(1)
}

/// Says that a promise was not looked at here, and why.
pub fn skipped(why: &str) {
    eprintln!("SKIPPED: {why}");
}

/// The store is whole, by every check there is.
#[track_caller]
pub fn whole(desk: &Desk) -> Ran {
    desk.run(&["audit", "verify"]).ended(0)
}
