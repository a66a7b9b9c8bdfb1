//! Why something that was sent in is not taken: the field, and what would be right.

use crate::domain::text::{Safe, safe_line};

/// Why a document is not taken; nothing of it is stored.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{field}: {why}")]
pub struct Invalid {
    /// Where: `steps[1].needs[0].step`, or `document`.
    pub field: Safe,
    /// What is wrong with it and what would be right.
    pub why: Safe,
}

impl Invalid {
    /// A complaint about `field`; both may quote input and are made safe.
    pub fn new(field: impl AsRef<str>, why: impl AsRef<str>) -> Self {
        Self { field: safe_line(field.as_ref()), why: safe_line(why.as_ref()).clipped(600) }
    }
}
