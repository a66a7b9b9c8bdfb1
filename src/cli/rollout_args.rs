//! The grammar of rollouts.

use crate::cli::args::Reasoned;
use clap::{Args, Subcommand};

/// `rollout`
#[derive(Subcommand, Debug)]
pub enum Rollout {
    /// Begin: the pack is checked, then the driver brings the first tier out; waits for its end
    Start(Reasoned),
    /// Show a rollout, or every one that is under way
    Status(RolloutStatus),
    /// Sign off the open promotion: the driver brings the next tier out; waits for its end
    Promote(Promote),
    /// Stop the bake clock
    Pause(Reasoned),
    /// Go on: the rest of the bake after a pause, all of it after a freeze
    Resume(Reasoned),
    /// Leave everything as it is: nothing moves until somebody says so
    Freeze(Reasoned),
    /// Stop now: what the driver is doing is ended and taken back, what bakes is frozen
    Halt(Reasoned),
    /// Take everything back; waits for its end
    Rollback(Reasoned),
    /// Give readings by hand
    Sample(Sample),
    /// Say what is there, where nobody knows how far it came
    Resolve(Resolve),
    /// Say that you have seen that taking it back failed
    Ack(Reasoned),
}

/// `rollout status`
#[derive(Args, Debug)]
pub struct RolloutStatus {
    /// R-17, or a name that only one request carries
    pub request: Option<String>,
}

/// `rollout promote`
#[derive(Args, Debug)]
pub struct Promote {
    /// R-17, or a name that only one request carries: the deployment
    pub request: String,
    /// Why
    #[arg(long)]
    pub reason: Option<String>,
    /// Only if the promotion request still has this digest, as `show` prints it
    #[arg(long, value_name = "D")]
    pub digest: Option<String>,
}

/// `rollout sample`
#[derive(Args, Debug)]
pub struct Sample {
    /// R-17, or a name that only one request carries
    pub request: String,
    /// A reading: tes, error_rate, cpu or memory, and a number
    #[arg(long = "set", value_name = "METRIC=NUMBER", required = true)]
    pub set: Vec<String>,
}

/// `rollout resolve`
#[derive(Args, Debug)]
pub struct Resolve {
    /// R-17, or a name that only one request carries
    pub request: String,
    /// What you found to be out, in percent; 0: everything is as it was before
    #[arg(long, value_name = "PERCENT")]
    pub tier: u8,
    /// What you looked at, and what you saw
    #[arg(long)]
    pub reason: Option<String>,
    /// Where the proof is
    #[arg(long, value_name = "LOCATOR")]
    pub evidence: Option<String>,
}
