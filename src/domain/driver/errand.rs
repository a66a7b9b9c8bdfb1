//! What is said between whoever wants a driver's act and the process that holds it: one line of JSON each way.

use crate::domain::moment::Span;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One act, ready to be started.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Errand {
    /// The programs and their arguments: the runner's, should there be one, then the driver's.
    pub command: Vec<String>,
    /// Every program by its path, with the SHA-256 it is to have; what is not here is not compared.
    pub programs: BTreeMap<String, String>,
    /// Names this one run.
    pub run_id: String,
    /// The directory it runs in.
    pub directory: String,
    /// How long it may take.
    pub limit: Span,
    /// How long it has between TERM and KILL.
    pub grace: Span,
    /// What it reads on stdin.
    pub input: String,
}

/// What became of it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reported {
    /// Why it was not started; nothing else counts then.
    #[serde(default)]
    pub not_begun: Option<String>,
    /// The exit status, when it ended by itself.
    #[serde(default)]
    pub exit: Option<i32>,
    /// The signal that ended it.
    #[serde(default)]
    pub signal: Option<i32>,
    /// Whether its time was over.
    #[serde(default)]
    pub timed_out: bool,
    /// Whether it was ended because somebody said stop.
    #[serde(default)]
    pub halted: bool,
    /// What it printed on stdout: head and tail.
    #[serde(default)]
    pub stdout: String,
    /// What it printed on stderr: head and tail.
    #[serde(default)]
    pub stderr: String,
    /// How much it printed, in bytes.
    #[serde(default)]
    pub printed: u64,
    /// What all of it hashes to; nothing when it printed nothing.
    #[serde(default)]
    pub digest: Option<String>,
    /// How many processes it left in sessions of their own.
    #[serde(default)]
    pub left: u32,
    /// How long it took.
    #[serde(default)]
    pub took: Span,
}

impl Errand {
    /// As one line.
    pub fn to_line(&self) -> String {
        // What is made of strings and numbers can always be written.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads a line.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn from_line(line: &str) -> Result<Self, String> {
        serde_json::from_str(line).map_err(|e| e.to_string())
    }
}

impl Reported {
    /// As one line.
    pub fn to_line(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads a line.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn from_line(line: &str) -> Result<Self, String> {
        serde_json::from_str(line).map_err(|e| e.to_string())
    }
}
