//! The grammar of keeping time and telling: who has a request, and how somebody is told.

use clap::{Args, Subcommand};

/// `reassign`
#[derive(Args, Debug)]
pub struct Reassign {
    /// R-17, or a name that only one request carries
    pub request: String,
    /// To whom
    #[arg(long, value_name = "NAME")]
    pub to: String,
    /// Why
    #[arg(long)]
    pub reason: Option<String>,
}

/// `notify`
#[derive(Subcommand, Debug)]
pub enum Notify {
    /// Send a test message through one channel of the settings
    Test {
        /// The channel's name
        channel: String,
    },
}
