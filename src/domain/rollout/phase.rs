//! The states of a rollout.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Where a rollout stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// The deployment is approved, and nothing has been touched yet: perhaps the pack is being checked.
    Prepared,
    /// The driver brings the first tier out.
    Starting,
    /// A tier is out, and is looked at for the length of its bake.
    Baking,
    /// The gate passed; somebody must say that it goes on.
    AwaitingPromotion,
    /// The driver brings the next tier out.
    Promoting,
    /// Somebody stopped the bake clock.
    Paused,
    /// Traffic stays as it is, and nothing moves.
    Frozen,
    /// The driver takes everything back.
    RollingBack,
    /// Everything is as it was before, verified.
    RolledBack,
    /// Taking it back failed: a person must look, now.
    RollbackFailed,
    /// Whoever worked died in the middle of it: a person must look.
    Unknown,
    /// All of it is out, and was good for the length of its bake.
    Completed,
}

impl Phase {
    /// All of them, in the order of the table.
    pub const ALL: [Phase; 12] = [
        Phase::Prepared,
        Phase::Starting,
        Phase::Baking,
        Phase::AwaitingPromotion,
        Phase::Promoting,
        Phase::Paused,
        Phase::Frozen,
        Phase::RollingBack,
        Phase::RolledBack,
        Phase::RollbackFailed,
        Phase::Unknown,
        Phase::Completed,
    ];

    /// The word used everywhere.
    pub const fn word(self) -> &'static str {
        match self {
            Phase::Prepared => "prepared",
            Phase::Starting => "starting",
            Phase::Baking => "baking",
            Phase::AwaitingPromotion => "awaiting_promotion",
            Phase::Promoting => "promoting",
            Phase::Paused => "paused",
            Phase::Frozen => "frozen",
            Phase::RollingBack => "rolling_back",
            Phase::RolledBack => "rolled_back",
            Phase::RollbackFailed => "rollback_failed",
            Phase::Unknown => "unknown",
            Phase::Completed => "completed",
        }
    }

    /// Whether it has begun and is not over: somebody, or time, can still do something to it.
    pub const fn is_live(self) -> bool {
        !matches!(self, Phase::Prepared | Phase::RolledBack | Phase::Completed)
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}
