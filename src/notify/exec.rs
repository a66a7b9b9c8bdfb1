//! `exec`: an argument array, with the notice as JSON on its stdin. `RUN_ID` is the notice's id.

use super::{Channel, Message};

/// A command of one's own.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Exec {
    /// The program and its arguments.
    pub command: Vec<String>,
}

impl Channel for Exec {
    fn send(&self, message: &Message) -> Result<(), String> {
        super::command(&self.command, &message.id, format!("{}\n", message.body).as_bytes())
    }
}
