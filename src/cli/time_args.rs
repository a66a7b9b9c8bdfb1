//! The grammar of time: who has a request, until when it is put off or waited for, and how somebody is told.

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

/// `snooze`
#[derive(Args, Debug)]
#[command(group = clap::ArgGroup::new("when").required(true).args(["span", "until", "off"]))]
pub struct Snooze {
    /// R-17, or a name that only one request carries
    pub request: String,
    /// For so long: 30m, 2h, 1d
    #[arg(long = "for", value_name = "SPAN")]
    pub span: Option<String>,
    /// Until then: HH:MM (UTC, the next one), tomorrow, or a time as RFC 3339 has it
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// Have it back now
    #[arg(long)]
    pub off: bool,
}

/// `wait`
#[derive(Args, Debug)]
pub struct Wait {
    /// R-17, or a name that only one request carries
    pub request: String,
    /// At most so many seconds
    #[arg(long, value_name = "S")]
    pub timeout: Option<u64>,
    /// For an approval of this revision
    #[arg(long, value_name = "N")]
    pub revision: Option<u32>,
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
