//! The grammar of the verbs on an execution.

use clap::{Args, ValueEnum};

/// `next`
#[derive(Args, Debug)]
pub struct Next {
    /// R-17, or a name that only one request carries
    pub request: String,
    /// The token that the first call printed
    #[arg(long, env = "COUNTERSIGN_TOKEN", hide_env_values = true)]
    pub token: Option<String>,
}

/// What a producer can say of a step.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Status {
    /// It has begun, or goes on (with --progress)
    Running,
    /// It ended well
    Completed,
    /// It ended badly
    Failed,
    /// A person must say something first
    Waiting,
}

/// `report`
#[derive(Args, Debug)]
pub struct Report {
    /// R-17, or a name that only one request carries
    pub request: String,
    /// The step
    #[arg(long, value_name = "STEP")]
    pub step: String,
    /// The token that `next` printed
    #[arg(long, env = "COUNTERSIGN_TOKEN", hide_env_values = true)]
    pub token: String,
    /// What has become of it
    #[arg(long, value_enum)]
    pub status: Status,
    /// How far it has come, in percent
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub progress: Option<u8>,
    /// What it gave, as one JSON object; `-` reads stdin
    #[arg(long, value_name = "JSON")]
    pub result: Option<String>,
    /// What to say about it
    #[arg(long, value_name = "TEXT")]
    pub message: Option<String>,
    /// Why a person must say something
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// One thing they can pick (again for more)
    #[arg(long, value_name = "TEXT")]
    pub option: Vec<String>,
    /// How long they have, in seconds; then the step has timed out
    #[arg(long, value_name = "S", default_value_t = 3600)]
    pub until: u32,
}

/// `confirm`
#[derive(Args, Debug)]
pub struct Confirm {
    /// R-17, or a name that only one request carries
    pub request: String,
    /// The step
    #[arg(long, value_name = "STEP")]
    pub step: String,
    /// The digest of what it would run with, at least 12 digits, as `confirm` without it prints
    #[arg(long, value_name = "DIGEST")]
    pub digest: Option<String>,
    /// The option to pick, counted from 1, when the step's runner asks
    #[arg(long, value_name = "N")]
    pub option: Option<u32>,
    /// The answer in words, or why
    #[arg(long)]
    pub reason: Option<String>,
}

/// A verb on one step.
#[derive(Args, Debug)]
pub struct OneStep {
    /// R-17, or a name that only one request carries
    pub request: String,
    /// The step
    #[arg(long, value_name = "STEP")]
    pub step: String,
    /// Why
    #[arg(long)]
    pub reason: Option<String>,
}
