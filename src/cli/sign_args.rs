//! The grammar of signing: challenge, cosign, verify.

use clap::Args;
use std::path::PathBuf;

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
}
