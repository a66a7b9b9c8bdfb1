//! The grammar of signing: challenge, cosign, verify.

use clap::Args;
use std::path::PathBuf;

/// `challenge`
#[derive(Args, Debug)]
pub struct Challenge {
    /// R-17, or a name that only one request carries
    pub request: String,
    /// For an override, instead of a sign-off
    #[arg(long = "override")]
    pub go_ahead: bool,
}

/// What an override says, beside its reason: without `--override` nothing of it.
#[derive(Args, Debug)]
pub struct Going {
    /// It is an override, and no sign-off
    #[arg(long = "override", requires_all = ["class", "reference", "phrase"])]
    pub go_ahead: bool,
    /// Of an override: incident, security, data-loss or other
    #[arg(long, requires = "go_ahead")]
    pub class: Option<String>,
    /// Of an override: a ticket or an address
    #[arg(long, requires = "go_ahead")]
    pub reference: Option<String>,
    /// Of an override: the phrase `OVERRIDE R-17`, exactly
    #[arg(long, requires = "go_ahead")]
    pub phrase: Option<String>,
}

/// `cosign`
#[derive(Args, Debug)]
pub struct Cosign {
    /// R-17, or a name that only one request carries
    pub request: String,
    /// The signature that `ssh-keygen -Y sign` made; `-` reads stdin
    #[arg(required_unless_present = "key", value_name = "SIGNATURE")]
    pub signature: Option<PathBuf>,
    /// Sign here and now with this key file, by ssh-keygen
    #[arg(long, value_name = "FILE", conflicts_with = "signature")]
    pub key: Option<PathBuf>,
    /// Why
    #[arg(long)]
    pub reason: Option<String>,
    /// An override
    #[command(flatten)]
    pub going: Going,
}
