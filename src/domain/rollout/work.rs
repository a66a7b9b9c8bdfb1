//! What the machine asks of the world: acts of a driver, readings of a source. Both are handed in; this floor starts
//! nothing. A driver is told what to do in [`Orders`] and says how it ended in [`Ended`]; it decides nothing.

use super::reading::{Metric, Reading};
use super::tier::{RolloutId, Tier};
use crate::domain::digest::RevisionDigest;
use crate::domain::moment::{Moment, Span};
use crate::domain::names::{Identifier, ParamKey};
use crate::domain::text::Text;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;

/// One thing a driver does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// Keep what is there, so that it can be had again. What it says of where is the [`Pack`].
    Snapshot,
    /// Look whether everything could be done and taken back, touching nothing.
    DryRun,
    /// Bring the first tier out.
    Start,
    /// Bring another tier out.
    Promote,
    /// Take everything back, from whatever is there.
    #[serde(rename = "rollback")]
    RollBack,
    /// Look whether what is there is what should be: `to` percent of the new, the rest of the old.
    Verify,
    /// Print what is measured.
    Probe,
}

impl Act {
    /// All of them.
    pub const ALL: [Act; 7] =
        [Act::Snapshot, Act::DryRun, Act::Start, Act::Promote, Act::RollBack, Act::Verify, Act::Probe];

    /// The word used everywhere; in a policy the key of its argument array.
    pub const fn word(self) -> &'static str {
        match self {
            Act::Snapshot => "snapshot",
            Act::DryRun => "dry_run",
            Act::Start => "start",
            Act::Promote => "promote",
            Act::RollBack => "rollback",
            Act::Verify => "verify",
            Act::Probe => "probe",
        }
    }

    /// Whether what it was in the middle of can have changed something.
    pub const fn changes(self) -> bool {
        matches!(self, Act::Start | Act::Promote | Act::RollBack)
    }
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// The how-manieth act of one rollout, from 1. The same number is never given to two runs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunNumber(pub u32);

impl RunNumber {
    /// How a driver is told which run this is, so that whatever it calls can tell a second time from the first:
    /// `R-20-start-3`.
    pub fn id(self, rollout: RolloutId, act: Act) -> String {
        format!("{rollout}-{}-{}", act.word(), self.0)
    }
}

/// What a rollout can be taken back with.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pack {
    /// Where the driver put it, in the driver's own words; nothing where it needs none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Text>,
    /// When it was made.
    pub made_at: Moment,
}

/// What a driver is to do.
#[derive(Clone, PartialEq, Debug)]
pub struct Orders {
    /// Names this one run: [`RunNumber::id`].
    pub run: String,
    /// Of which rollout.
    pub rollout: RolloutId,
    /// What was approved; everything below follows from it.
    pub plan: RevisionDigest,
    /// What is out before.
    pub from: Tier,
    /// What is to be out after; 0 for a rollback.
    pub to: Tier,
    /// What it can be taken back with; nothing before the snapshot.
    pub pack: Option<Pack>,
    /// The parameters of the approved steps, as typed data: never part of a shell line.
    pub params: BTreeMap<ParamKey, Value>,
    /// Where it may touch something, as the deployment's lease says; empty where there is none.
    pub scope: Vec<String>,
}

/// How a driver's run ended.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// It did what it was told.
    Done,
    /// It did not, or nobody can say that it did.
    Failed,
    /// Its time was over; it was ended.
    TimedOut,
    /// It was ended because somebody said stop.
    Stopped,
    /// It was never begun: its program is not the one that was approved, or may not be started.
    NotBegun,
}

impl End {
    /// The word used everywhere.
    pub const fn word(self) -> &'static str {
        match self {
            End::Done => "done",
            End::Failed => "failed",
            End::TimedOut => "timed out",
            End::Stopped => "stopped",
            End::NotBegun => "not begun",
        }
    }
}

/// What became of a driver's run, in facts. Whoever worked and died has none: then it is unknown.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ended {
    /// How.
    pub end: End,
    /// The exit status, when it ended by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit: Option<i32>,
    /// How many targets the driver says it changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed: Option<u32>,
    /// How many targets it says are as they should be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified: Option<u32>,
    /// How many targets there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub targets: Option<u32>,
    /// How much it printed, in bytes.
    pub printed: u64,
    /// SHA-256 of everything it printed, in hexadecimal digits; nothing where it printed nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// How many processes it left behind.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left: u32,
    /// How long it took, in milliseconds.
    pub took: Span,
    /// Why it did not do it, or what it has to say: one line. The driver's words, so hostile. In the payload, not in facts.
    #[serde(skip)]
    pub why: Option<Text>,
    /// What it printed: head and tail, redacted. In the payload.
    #[serde(skip)]
    pub output: Option<Text>,
    /// Where the snapshot is. In the payload of a snapshot.
    #[serde(skip)]
    pub pack: Option<Text>,
}

fn is_zero(count: &u32) -> bool {
    *count == 0
}

impl Ended {
    /// A run that ended so, with nothing else to say.
    pub const fn plainly(end: End, took: Span) -> Self {
        Self {
            end,
            exit: None,
            changed: None,
            verified: None,
            targets: None,
            printed: 0,
            digest: None,
            left: 0,
            took,
            why: None,
            output: None,
            pack: None,
        }
    }
}

/// Whoever does the work. Called on a thread of its own; what it prints and how it ends is all that is believed of it.
pub trait Driver: Send + Sync {
    /// Whether it has this act. One that has no `Verify` is believed when it says it is done; one without `Start`,
    /// `Promote` or `RollBack` is none.
    fn has(&self, act: Act) -> bool;

    /// Does one act, to its end. `stop` is asked several times a second whether to end it early; it is then ended with TERM
    /// and KILL. Never panics, and never does anything after it returned.
    fn perform(&self, act: Act, orders: &Orders, stop: &dyn Fn() -> bool) -> Ended;

    /// The fingerprints of the programs it would start now (absolute path → SHA-256 in hexadecimal digits), so that what runs
    /// is what was approved. Empty where it starts none of its own.
    ///
    /// # Errors
    /// Why a program may not be started, as a sentence.
    fn fingerprints(&self) -> Result<BTreeMap<String, String>, String>;
}

/// Whoever measures.
pub trait Source: Send + Sync {
    /// Its name in the policy.
    fn name(&self) -> &Identifier;
    /// What it measures: of each of these every look gives a reading, or why there is none.
    fn metrics(&self) -> &[Metric];
    /// How often it is asked.
    fn every(&self) -> Span;
    /// Looks once. Readings of other metrics than its own are dropped. Blocks no longer than its time limit.
    ///
    /// # Errors
    /// Why there is nothing to be had, in one line: each of its metrics then has [`super::Found::Nothing`].
    fn read(&self, rollout: RolloutId, now: Moment) -> Result<Vec<Reading>, String>;
}
