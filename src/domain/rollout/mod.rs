//! Rollouts: the life of one deployment, tier by tier. A second aggregate in the same log, as pure as the first.

// Reading order: the values, what is measured, who works, what policy says; then the judgement, the facts, the machine.
pub mod tier;
pub mod phase;
pub mod reading;
pub mod profile;
pub mod work;
pub mod terms;
pub mod gate;
pub mod fact;
pub mod words;
pub mod state;
pub mod table;
pub mod decide;
mod acting;
mod judging;
pub mod deployment;
pub mod promotion;
pub mod starting;
pub mod future;
pub mod status;

pub use decide::{Ask, Beside, Decision, No};
pub use deployment::StandsAt;
pub use fact::{Cause, Promotes, RolloutFact};
pub use gate::{Heard, Judgement, Look};
pub use phase::Phase;
pub use reading::{Amount, Found, Metric, Reading};
pub use state::Rollout;
pub use status::Status;
pub use table::Stimulus;
pub use terms::Terms;
pub use tier::{Attempt, RolloutId, Tier};
pub use work::{Act, Driver, End, Ended, Orders, Pack, RunNumber, Source};
