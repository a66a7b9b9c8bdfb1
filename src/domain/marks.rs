//! Marks: the shared working answers on the steps of a plan. Marks never close a request; sign-offs do.

use crate::domain::digest::{MarksDigest, framed};
use crate::domain::names::StepId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// The working answer on one step.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mark {
    /// Nobody has said anything.
    Undecided,
    /// It may run.
    Approved,
    /// It must not run.
    Rejected,
    /// It is left out.
    Skipped,
}

impl Mark {
    /// All marks.
    pub const ALL: [Mark; 4] = [Mark::Undecided, Mark::Approved, Mark::Rejected, Mark::Skipped];

    /// The word used everywhere.
    pub const fn word(self) -> &'static str {
        match self {
            Mark::Undecided => "undecided",
            Mark::Approved => "approved",
            Mark::Rejected => "rejected",
            Mark::Skipped => "skipped",
        }
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// The marks on all steps; a step without an entry is undecided. Copies share them until one is changed.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Marks(Arc<BTreeMap<StepId, Mark>>);

impl Marks {
    /// Undecided on every step.
    pub fn undecided<'a>(steps: impl IntoIterator<Item = &'a StepId>) -> Self {
        Self(Arc::new(steps.into_iter().map(|id| (id.clone(), Mark::Undecided)).collect()))
    }

    /// The mark on `step`.
    pub fn on(&self, step: &StepId) -> Mark {
        self.0.get(step).copied().unwrap_or(Mark::Undecided)
    }

    /// Sets the mark on `step`.
    pub fn set(&mut self, step: StepId, mark: Mark) {
        Arc::make_mut(&mut self.0).insert(step, mark);
    }

    /// The steps that carry `mark`, in name order.
    pub fn with(&self, mark: Mark) -> impl Iterator<Item = &StepId> {
        self.0.iter().filter(move |(_, m)| **m == mark).map(|(id, _)| id)
    }

    /// Whether some step carries `mark`.
    pub fn has(&self, mark: Mark) -> bool {
        self.0.values().any(|known| *known == mark)
    }

    /// These marks with every undecided step approved: what `approve R` signs.
    pub fn with_undecided_approved(&self) -> Self {
        let mut all = self.clone();
        if all.has(Mark::Undecided) {
            let marks = Arc::make_mut(&mut all.0).values_mut();
            marks.filter(|mark| **mark == Mark::Undecided).for_each(|mark| *mark = Mark::Approved);
        }
        all
    }

    /// The digest of these marks: over one JSON object, canonical (RFC 8785).
    pub fn digest(&self) -> MarksDigest {
        // Names are of letters that JSON never escapes, and stand in the order of their bytes already.
        let mut text = String::with_capacity(2 + self.0.len() * 32);
        text.push('{');
        for (id, mark) in self.0.iter() {
            if text.len() > 1 {
                text.push(',');
            }
            for part in ["\"", id.as_str(), "\":\"", mark.word(), "\""] {
                text.push_str(part);
            }
        }
        text.push('}');
        MarksDigest::from_bytes(framed("countersign-marks@v1", &[text.as_bytes()]))
    }

    /// Every step and its mark, in name order.
    pub fn iter(&self) -> impl Iterator<Item = (&StepId, Mark)> {
        self.0.iter().map(|(id, mark)| (id, *mark))
    }

    /// Whether there are no steps at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
