//! The words of those who keep a store: audit, team, policy, admin.

use crate::cli::args::principal;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `audit`
#[derive(Subcommand, Debug)]
pub enum Audit {
    /// Check the file, the chain of hashes, and every derived row against a full rebuild
    Verify {
        /// An export kept elsewhere: says whether the log was cut off or made anew since
        #[arg(long, value_name = "EXPORT")]
        against: Option<PathBuf>,
    },
    /// Print the log, one event a line; or write out what was signed
    Export {
        /// Write every signed decision, its signature and allowed_signers into this new directory
        #[arg(long, value_name = "DIR")]
        signatures: Option<PathBuf>,
        /// The format
        #[arg(long, default_value = "jsonl", value_parser = ["jsonl"])]
        format: String,
        /// Only the events about this; such an export is for reading, and `audit verify --against` takes the whole
        #[arg(long, value_enum, value_name = "WHAT", conflicts_with = "signatures")]
        only: Option<About>,
    },
}

/// `prune`
#[derive(Args, Debug)]
pub struct Prune {
    /// Only say what would be forgotten
    #[arg(long)]
    pub dry_run: bool,
    /// Write the file anew in any case, so that nothing of what was forgotten is left in it
    #[arg(long, conflicts_with = "dry_run")]
    pub scrub: bool,
}

/// `redact`
#[derive(Args, Debug)]
pub struct Redact {
    /// The event's number, as `log` prints it
    #[arg(value_name = "EVENT")]
    pub event: u64,
    /// Why; it stays in the log
    #[arg(long)]
    pub reason: Option<String>,
}

/// What an export can be about.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum About {
    /// Marks, sign-offs, approvals, answers and refusals
    Approvals,
    /// What was raised, passed on and reminded of
    Escalations,
    /// What was said and attached
    Comments,
    /// What went ahead without its sign-offs, and the reviews that are owed for it
    Overrides,
}

impl About {
    /// Whether an event of this name is about it. What opens a review that is owed is told by its facts.
    pub fn holds(self, name: &str, facts: &str) -> bool {
        match self {
            About::Approvals => {
                matches!(
                    name,
                    "steps.marked"
                        | "steps.auto_approved"
                        | "request.approved"
                        | "request.answered"
                        | "request.rejected"
                ) || name.starts_with("signoff.")
            }
            About::Escalations => {
                matches!(name, "request.escalated" | "request.reassigned" | "request.reminded")
            }
            About::Comments => name.starts_with("comment.") || name == "evidence.attached",
            About::Overrides => {
                name == "request.overridden" || (name == "request.submitted" && facts.contains("\"owes\":"))
            }
        }
    }
}

/// `team`
#[derive(Subcommand, Debug)]
pub enum Team {
    /// Name the admins that the first policy must enrol; from then on nobody acts in this store by --as
    Init {
        /// An admin (again for more; at least two)
        #[arg(long, required = true, value_name = "NAME", value_parser = principal)]
        admin: Vec<String>,
    },
}

/// `policy`
#[derive(Subcommand, Debug)]
pub enum Policy {
    /// Print the policy in force, as it was adopted
    Show,
    /// Check a policy file as a whole; nothing is changed
    Check {
        /// The file; `-` reads stdin
        file: PathBuf,
    },
    /// Show what a policy file would change: its text, and the open requests
    Diff {
        /// The file; `-` reads stdin
        file: PathBuf,
    },
    /// Print a capability matrix (JSON, or plain YAML) as the part of a policy that says the same; nothing is changed
    ImportCapabilities {
        /// The file; `-` reads stdin
        file: PathBuf,
    },
    /// Put a policy file in force; from then on the log has it, not the file
    Adopt {
        /// The file; `-` reads stdin
        file: PathBuf,
    },
}

/// `admin`
#[derive(Subcommand, Debug)]
pub enum Admin {
    /// Print the account's authorized_keys as the roster has it, one forced command a key
    AuthorizedKeys {
        /// Write it to this file instead, all at once; it is made when it is not there
        #[arg(long, value_name = "FILE")]
        write: Option<PathBuf>,
    },
}
