//! The store: one SQLite file with the log, everything derived from it, and what is only local.
//!
//! Nothing above this floor may assume that the log and the derived tables share one file.

pub mod failure;
pub mod hygiene;
pub mod lock;
pub mod reserve;
pub mod bell;
pub mod open;
pub mod write;
pub mod log;
pub mod derive;
pub mod tally;
pub mod recent;
pub mod read;
pub mod policy;
pub mod team;
pub mod session;
pub mod queue;
pub mod inbox;
pub mod sight;
pub mod cut;
pub mod sorted;
pub mod seen;
pub mod heard;
pub mod evidence;
pub mod looking_back;
pub mod search;
pub mod scan;
pub mod urgent;
pub mod rebuild;
pub mod form;
pub mod verify;
pub mod export;
pub mod backup;
pub mod drafts;
pub mod running;
mod precedents;
pub mod rollouts;
pub mod notices;
pub mod keeping;
pub mod forgetting;
pub mod watching;
pub mod challenges;
pub mod signed;

pub use open::Store;

/// The version of the SQLite that is built in.
pub fn sqlite_version() -> &'static str {
    rusqlite::version()
}
