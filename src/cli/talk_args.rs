//! The grammar of the verbs that talk, bring proof and look back.

use clap::{ArgGroup, Args};
use std::path::PathBuf;

/// `comment`
#[derive(Args, Debug)]
#[command(group = ArgGroup::new("what").required(true).args(["text", "resolve", "reopen"]))]
pub struct Comment {
    /// R-17, or a name that only one request carries
    pub request: String,
    /// What to say; `-` reads stdin. `@name` calls somebody
    pub text: Option<String>,
    /// About this step
    #[arg(long, value_name = "STEP", conflicts_with_all = ["edit", "resolve", "reopen"])]
    pub step: Option<String>,
    /// About this parameter of the step
    #[arg(long, value_name = "K", requires = "step")]
    pub param: Option<String>,
    /// In reply to comment N
    #[arg(long, value_name = "N", conflicts_with_all = ["edit", "resolve", "reopen"])]
    pub reply: Option<u32>,
    /// Put your own comment N in these words; what it said stays in the log
    #[arg(long, value_name = "N", requires = "text")]
    pub edit: Option<u32>,
    /// Take the thread of comment N for settled
    #[arg(long, value_name = "N", conflicts_with_all = ["text", "reopen"])]
    pub resolve: Option<u32>,
    /// Take the thread of comment N up again
    #[arg(long, value_name = "N", conflicts_with = "text")]
    pub reopen: Option<u32>,
}

/// `thread`
#[derive(Args, Debug)]
pub struct Thread {
    /// R-17, or a name that only one request carries
    pub request: String,
    /// Also what a comment said before it was edited
    #[arg(long)]
    pub edits: bool,
}

/// `attach`
#[derive(Args, Debug)]
#[command(group = ArgGroup::new("what").required(true).args(["file", "locator"]))]
pub struct Attach {
    /// R-17, or a name that only one request carries
    pub request: String,
    /// The file, at most 1 MiB; `-` reads stdin
    pub file: Option<PathBuf>,
    /// Where the proof is; never opened by this program
    #[arg(long, value_name = "URL")]
    pub locator: Option<String>,
    /// What it is called, in one line
    #[arg(long, value_name = "LABEL")]
    pub label: String,
    /// About this step
    #[arg(long, value_name = "STEP")]
    pub step: Option<String>,
    /// Make it part of what is decided on: the requester's next revision
    #[arg(long, requires = "file", conflicts_with = "step")]
    pub pin: bool,
}

/// `evidence`
#[derive(Args, Debug)]
pub struct Evidence {
    /// R-17, or a name that only one request carries
    pub request: String,
    /// Print this piece, by its number in the list
    pub number: Option<usize>,
    /// Write the bytes as they are; never to a terminal
    #[arg(long, requires = "number")]
    pub raw: bool,
}

/// `stats`
#[derive(Args, Debug)]
pub struct Stats {
    /// Of the last so long: 8h, 30d
    #[arg(long, value_name = "SPAN", default_value = "30d")]
    pub since: String,
}
