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
    /// The disk has no room left.
    #[error("{doing}: {}; nothing was changed: free some space there", full(*free, place))]
    Full {
        /// What the program was doing.
        doing: Safe,
        /// How many bytes are free, where that is known.
        free: Option<u64>,
        /// The directory on that disk; blank where it is not known.
        place: Safe,
    },
    /// The disk is so full that only decisions are taken.
    #[error(
        "the disk is nearly full: {free} bytes free at {place}, and below {keep_free} nothing new is stored; decisions are still taken: free some space there and try again"
    )]
    Scarce {
        /// How many bytes are free.
        free: u64,
        /// The directory on that disk.
        place: Safe,
        /// The watermark, in bytes.
        keep_free: u64,
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
    /// Whoever is here may not be, or not so.
    #[error("{what}; nothing was changed")]
    Refused {
        /// Why, and what to do.
        what: Safe,
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

    /// Somebody who may not be here, or not so.
    pub fn refused(what: impl AsRef<str>) -> Self {
        Self::Refused { what: safe_line(what.as_ref()) }
    }

    /// A store that does not fit together.
    pub fn damaged(what: impl AsRef<str>) -> Self {
        Self::Damaged { what: safe_line(what.as_ref()) }
    }

    /// The exit code of the command line.
    pub const fn exit_code(&self) -> u8 {
        match self {
            Failure::Io { .. } | Failure::Unusable { .. } | Failure::Full { .. } => exit::IO,
            Failure::Refused { .. } => exit::REFUSED,
            Failure::Busy { .. } | Failure::Scarce { .. } => exit::BUSY,
            Failure::Invalid { .. } => exit::INVALID,
            Failure::Damaged { .. } => exit::NOT_VERIFIED,
        }
    }
}

/// An error of a use case, which may be a failure of the store.
pub trait Told: From<Failure> {
    /// The failure, or the error as it was.
    ///
    /// # Errors
    /// The error itself, when it is no failure of the store.
    fn failure(self) -> Result<Failure, Self>;
}

impl Told for Failure {
    fn failure(self) -> Result<Failure, Self> {
        Ok(self)
    }
}

fn full(free: Option<u64>, place: &Safe) -> String {
    match free {
        Some(free) => format!("the disk is full ({free} bytes free at {place})"),
        None => "the disk is full".to_owned(),
    }
}

/// A SQLite error as a failure that says what was being done and what to do now.
pub fn failed(doing: &str, e: rusqlite::Error) -> Failure {
    match e.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            Failure::Busy { seconds: 10, holder: safe_line("another program that opened the file itself") }
        }
        Some(ErrorCode::DiskFull) => {
            Failure::Full { doing: safe_line(doing), free: None, place: safe_line("") }
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
