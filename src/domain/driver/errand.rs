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

/// What a driver says of its act: the last line it prints, as one JSON object. All of it can be left out, and what else is in it
/// is not looked at.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Said {
    /// How many targets there are.
    pub targets: Option<u32>,
    /// How many of them it changed.
    pub changed: Option<u32>,
    /// How many of them are as they should be.
    pub verified: Option<u32>,
    /// Where the snapshot is.
    pub pack: Option<String>,
    /// What it has to say, in one line.
    pub why: Option<String>,
}

impl Said {
    /// Reads it from what was printed; nothing when the last line is something else.
    pub fn printed(output: &str) -> Option<Self> {
        let last = output.lines().rev().find(|line| !line.trim().is_empty())?;
        serde_json::from_str(last.trim()).ok()
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_driver_says_is_its_last_line() {
        let said =
            Said::printed("some words\n{\"targets\": 200, \"changed\": 10, \"more\": []}\n\n").unwrap();
        assert_eq!((said.targets, said.changed, said.verified), (Some(200), Some(10), None));
        for other in ["", "{\"targets\": 5}\nand more", "{\"targets\": -5}", "[]x", "{\"targets\": \"many\"}"]
        {
            assert_eq!(Said::printed(other), None, "{other}");
        }
    }
}
