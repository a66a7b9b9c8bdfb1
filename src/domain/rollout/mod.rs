//! Rollouts: the life of one deployment, tier by tier. A second aggregate in the same log, as pure as the first.

// Reading order: the values, what is measured, who works, what policy says.
pub mod tier;
pub mod phase;
pub mod reading;
pub mod profile;
pub mod work;
pub mod terms;

pub use phase::Phase;
pub use reading::{Amount, Found, Metric, Reading};
pub use tier::{Attempt, RolloutId, Tier};
pub use work::{Act, Driver, End, Ended, Orders, Pack, RunNumber, Source};
