//! What the facts of events are made of.

use crate::domain::content::{Kind, Target};
use crate::domain::digest::{MarksDigest, RevisionDigest, StepDigest};
use crate::domain::marks::Mark;
use crate::domain::moment::Moment;
use crate::domain::names::{PersonName, PrincipalName, RevisionNumber, StepId};
use crate::domain::policy::Assessment;
use crate::domain::principal::{Caller, Face, PrincipalKind};
use crate::domain::quorum::Signer;
use crate::domain::risk::Priority;
use serde::{Deserialize, Serialize};

/// The number of a sign-off on one request, counted from 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SignOffNumber(pub u32);

/// The number of a comment on one request, counted from 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CommentNumber(pub u32);

/// One step of a revision, as far as facts say: its id and digest.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepFact {
    /// The step.
    pub id: StepId,
    /// What it does, with what it needs.
    pub digest: StepDigest,
}

/// One revision, as far as facts say.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revision {
    /// Its number.
    pub number: RevisionNumber,
    /// What it would do.
    pub digest: RevisionDigest,
    /// Its steps, in document order.
    pub steps: Vec<StepFact>,
    /// What kind it is.
    pub kind: Kind,
    /// Where it would happen.
    pub target: Target,
    /// How soon, as the producer sees it.
    pub priority: Priority,
    /// What policy made of it.
    pub assessment: Assessment,
}

/// The court a waiting request is in: its deadlines.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deadlines {
    /// From when on it is overdue.
    pub due_at: Moment,
    /// When it expires; a debt never does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Moment>,
}

/// How what was decided on had been before the decider's eyes. Never more is recorded than is known.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sight {
    /// Nobody said.
    No,
    /// Its digest was quoted on the command line.
    Digest,
    /// A part of it was drawn on the screen.
    Drawn,
    /// All of it was drawn on the screen, line by line.
    Whole,
}

impl Sight {
    /// The word used everywhere.
    pub const fn word(self) -> &'static str {
        match self {
            Sight::No => "no",
            Sight::Digest => "digest",
            Sight::Drawn => "drawn",
            Sight::Whole => "whole",
        }
    }
}

/// Who acted, beyond the name in the envelope: in the facts of every event.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Actor {
    /// What sort of principal.
    pub kind: PrincipalKind,
    /// Its person or owner: in a solo store whoever runs the account, whatever name was asserted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonName>,
    /// Through which face.
    pub face: Face,
}

impl Actor {
    /// The caller as an actor.
    pub fn of(caller: &Caller) -> Self {
        Self { kind: caller.kind, person: caller.person.clone(), face: caller.face }
    }
}

/// What a decision was bound to, and how it came.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bound {
    /// The revision decided on.
    pub revision: RevisionNumber,
    /// What it would do.
    pub revision_digest: RevisionDigest,
    /// The marks as the decision leaves them.
    pub marks_digest: MarksDigest,
    /// How what was decided on had been before the decider's eyes.
    pub seen: Sight,
    /// Who decided.
    pub signer: Signer,
}

/// A step that is not as its producer had it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edited {
    /// The step.
    pub step: StepId,
    /// Everybody who edited it since.
    pub by: Vec<Editor>,
}

/// Somebody who edited a step.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Editor {
    /// Who.
    pub name: PrincipalName,
    /// Their person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonName>,
    /// Whether they are the requester, or stand behind it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub own: bool,
}

/// The aggregate of the policies.
pub const POLICY: &str = "policy";

/// One changed mark.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MarkFact {
    /// The step.
    pub step: StepId,
    /// What it did when it was marked.
    pub digest: StepDigest,
    /// The new mark.
    pub mark: Mark,
}
