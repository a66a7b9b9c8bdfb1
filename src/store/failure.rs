//! Failures: "cannot, and what it was doing". Not refusals, which are "no, and why".

use crate::domain::refusal::exit;
use crate::domain::text::{Safe, safe_line};
use rusqlite::ErrorCode;

/// Something could not be done; nothing was changed unless the sentence says so.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Failure {
    /// A file or the disk did not do what was asked.
    #[error("{doing}: {why}; {remedy}")]
    Io {
        /// What the program was doing.
        doing: Safe,
        /// What it was told.
        why: Safe,
        /// What to do now.
        remedy: &'static str,
    },
    /// Somebody else holds the store.
    #[error("store busy for {seconds} s by {holder}; nothing was changed: try again")]
    Busy {
        /// How long it was waited for.
        seconds: u64,
        /// Who holds it, e.g. `process 4711`.
        holder: Safe,
    },
    /// The store may not be used as asked.
    #[error("{what}; {remedy}")]
    Unusable {
        /// What is wrong with it.
        what: Safe,
        /// What to do now.
        remedy: &'static str,
    },
    /// A file that a person wrote is not valid.
    #[error("{what}; {remedy}")]
    Invalid {
        /// What is wrong with it.
        what: Safe,
        /// What to do now.
        remedy: &'static str,
    },
    /// What is stored does not fit together.
    #[error("{what}; nothing was changed: run `countersign audit verify`")]
    Damaged {
        /// What does not fit.
        what: Safe,
    },
}

impl Failure {
    /// A disk or system failure while `doing`.
    pub fn io(doing: impl AsRef<str>, why: impl std::fmt::Display, remedy: &'static str) -> Self {
        Self::Io { doing: safe_line(doing.as_ref()), why: safe_line(&why.to_string()), remedy }
    }

    /// A store that may not be used.
    pub fn unusable(what: impl AsRef<str>, remedy: &'static str) -> Self {
        Self::Unusable { what: safe_line(what.as_ref()), remedy }
    }

    /// A file that is not valid.
    pub fn invalid(what: impl AsRef<str>, remedy: &'static str) -> Self {
        Self::Invalid { what: safe_line(what.as_ref()), remedy }
    }

    /// A store that does not fit together.
    pub fn damaged(what: impl AsRef<str>) -> Self {
        Self::Damaged { what: safe_line(what.as_ref()) }
    }

    /// The exit code of the command line.
    pub const fn exit_code(&self) -> u8 {
        match self {
            Failure::Io { .. } | Failure::Unusable { .. } => exit::IO,
            Failure::Busy { .. } => exit::BUSY,
            Failure::Invalid { .. } => exit::INVALID,
            Failure::Damaged { .. } => exit::NOT_VERIFIED,
        }
    }
}

/// A SQLite error as a failure that says what was being done and what to do now.
pub fn failed(doing: &str, e: rusqlite::Error) -> Failure {
    match e.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            Failure::Busy { seconds: 10, holder: safe_line("another program that opened the file itself") }
        }
        Some(ErrorCode::DiskFull) => {
            Failure::io(doing, "the disk is full", "free some space; nothing was changed")
        }
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
            Failure::io(doing, e, "check that you may write to the store's directory; nothing was changed")
        }
        Some(ErrorCode::SystemIoFailure) => Failure::io(doing, e, "check the disk; nothing was changed"),
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
            Failure::damaged(format!("{doing}: the file is damaged ({e})"))
        }
        Some(ErrorCode::ConstraintViolation) => Failure::damaged(format!("{doing}: {e}")),
        _ => Failure::io(doing, e, "nothing was changed; run `countersign doctor`"),
    }
}
