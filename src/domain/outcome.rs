//! What can come of a step, and what has become of it so far.

use crate::domain::names::{ParamKey, StepId};
use crate::domain::step::Need;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;

/// What a step goes without: another step, or one field of its result.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lack {
    /// The step.
    pub step: StepId,
    /// The field of its result; absent: that it runs at all.
    pub field: Option<ParamKey>,
}

impl Lack {
    pub(super) fn of(need: &Need) -> Self {
        Self { step: need.step.clone(), field: need.field.clone() }
    }
}

impl fmt::Display for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.field {
            Some(field) => write!(f, "{}.{field}", self.step),
            None => write!(f, "{}", self.step),
        }
    }
}

/// What one step does, as far as can be said now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It runs; with these things missing that it can do without, if any.
    Runs {
        /// What it goes without, and how.
        without: Vec<Missing>,
    },
    /// It is approved but cannot run: it waits for what will not come. Stops a sign-off.
    BlockedBy(Lack),
    /// It is approved but a person must first say what to do about what is missing. Stops a sign-off.
    Asks(Lack),
    /// It is left out because what it cannot run without is left out.
    Skips(Lack),
    /// It was rejected by mark.
    Rejected,
    /// It was skipped by mark.
    SkippedByMark,
    /// A condition on a result that is not there yet decides.
    Depends {
        /// The steps whose results decide.
        on: Vec<StepId>,
        /// The best that can come of it.
        best: Box<Outcome>,
        /// The worst that can come of it.
        worst: Box<Outcome>,
    },
}

/// One thing a running step goes without.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Missing {
    /// What is missing.
    pub lack: Lack,
    /// How it is made up for.
    pub made_up: MadeUp,
}

/// How a missing value is made up for; from the best to the worst.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum MadeUp {
    /// The fallback value named in the plan is used.
    Fallback,
    /// The value is left out.
    LeftOut,
    /// A person is asked when it runs.
    AskedLater,
}

impl Outcome {
    /// Whether it runs as it was asked, without anything missing.
    pub fn runs_plainly(&self) -> bool {
        matches!(self, Outcome::Runs { without } if without.is_empty())
    }

    /// Whether the step would run, whatever the conditions that are still open turn out to be.
    pub const fn runs(&self) -> bool {
        match self {
            Outcome::Runs { .. } => true,
            Outcome::Depends { best, worst, .. } => {
                matches!(**best, Outcome::Runs { .. }) && matches!(**worst, Outcome::Runs { .. })
            }
            _ => false,
        }
    }

    /// Whether the step could run, if the conditions that are still open turn out well.
    pub const fn may_run(&self) -> bool {
        match self {
            Outcome::Runs { .. } => true,
            Outcome::Depends { best, .. } => matches!(**best, Outcome::Runs { .. }),
            _ => false,
        }
    }

    /// The outcome in a word, for programs.
    pub const fn word(&self) -> &'static str {
        match self {
            Outcome::Runs { .. } => "runs",
            Outcome::BlockedBy(_) => "blocked",
            Outcome::Asks(_) => "asks",
            Outcome::Skips(_) => "skips",
            Outcome::Rejected => "rejected",
            Outcome::SkippedByMark => "left_out",
            Outcome::Depends { .. } => "depends",
        }
    }

    /// The worst that can come of it: what a sign-off must be able to stand for.
    pub fn worst(&self) -> &Outcome {
        match self {
            Outcome::Depends { worst, .. } => worst,
            plain => plain,
        }
    }
}

/// What has become of a step so far.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ran {
    /// It was started, and nothing is known of its end.
    Started,
    /// It ended well, with this result; nothing when it gave none or it was redacted.
    Completed(Option<Value>),
    /// It ended otherwise, or a person left it out while the plan ran: what needs it goes without.
    Without,
}

/// What has become of the steps of a plan so far; a step without an entry was not begun.
pub type Results = BTreeMap<StepId, Ran>;
