//! Channels: one file each. What goes out is ids and counts unless the policy opens the text; commands get it on stdin,
//! never as an argument or in the environment.

pub mod exec;
pub mod webhook;
pub mod mail;
pub mod flag;

use std::time::Duration;

/// How long one message may take.
pub const LIMIT: Duration = Duration::from_secs(20);

/// What is sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message {
    /// Names this notice wherever it arrives: a second time is told from another one by it.
    pub id: String,
    /// In one sentence; ids and counts only.
    pub sentence: String,
    /// More lines for people; empty unless the policy opens the text.
    pub text: Vec<String>,
    /// The whole as one JSON object.
    pub body: String,
    /// When it is sent, in seconds since 1970.
    pub at: i64,
}

/// A way to somebody.
pub trait Channel {
    /// Sends one message.
    ///
    /// # Errors
    /// Why it did not arrive, as a clause.
    fn send(&self, message: &Message) -> Result<(), String>;
}

/// Runs a command with `input` on its stdin; an exit other than 0 is a failure.
fn command(command: &[String], id: &str, input: &[u8]) -> Result<(), String> {
    let order = crate::drive::Order {
        command,
        run_id: id,
        directory: "/",
        limit: LIMIT,
        grace: Duration::from_secs(2),
        input: Some(input),
        sweeps: false,
    };
    let outcome = crate::drive::run(&order, &mut || false)?;
    let said = crate::drive::child::printed(&outcome.stderr).text();
    let said = crate::domain::redaction::redacted(&said, &[]);
    let said = said.lines().next().map(|line| format!(": {line}")).unwrap_or_default();
    match (outcome.exit, outcome.signal) {
        _ if outcome.timed_out => Err(format!("it took longer than {} s and was ended", LIMIT.as_secs())),
        (Some(0), _) => Ok(()),
        (Some(code), _) => Err(format!("exit {code}{said}")),
        (None, signal) => Err(format!("ended by signal {}{said}", signal.unwrap_or_default())),
    }
}
