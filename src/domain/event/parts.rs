//! What the facts of events are made of.

use crate::domain::content::{Kind, Target};
use crate::domain::digest::{RevisionDigest, StepDigest};
use crate::domain::marks::Mark;
use crate::domain::moment::Moment;
use crate::domain::names::{PersonName, PrincipalName, RequestId, RevisionNumber, StepId};
use crate::domain::policy::Assessment;
use crate::domain::principal::{PrincipalKind, Role};
use crate::domain::risk::Priority;
use crate::domain::shared::Shared;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

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
    pub steps: Arc<[StepFact]>,
    /// What kind it is.
    pub kind: Kind,
    /// Where it would happen.
    pub target: Target,
    /// How soon, as the producer sees it.
    pub priority: Priority,
    /// What policy made of it.
    pub assessment: Shared<Assessment>,
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

impl Deadlines {
    /// Those of a request that was judged so and asked for at `now`.
    pub fn of(assessment: &Assessment, now: Moment) -> Self {
        let expires_at = assessment.expires_after.map(|span| now.plus(span));
        Self { due_at: now.plus(assessment.due_after), expires_at }
    }
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

/// The review that is owed for an override.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Owed {
    /// What was overridden.
    pub request: RequestId,
    /// Who did it.
    pub by: PrincipalName,
    /// Their person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonName>,
    /// Whether that person closed the review themselves: known once it is closed, and no fact of its beginning.
    #[serde(skip)]
    pub self_reviewed: bool,
}

impl Owed {
    /// Whether `name` of `person` is who owes it, or somebody they own or speak for.
    pub fn is_of(&self, name: &PrincipalName, person: Option<&PersonName>) -> bool {
        self.by == *name || (self.person.is_some() && self.person.as_ref() == person)
    }
}

/// The aggregate of the policies.
pub const POLICY: &str = "policy";

/// The aggregate of the store's being a team's.
pub const TEAM: &str = "team";

/// One principal of a roster, as facts say it: they outlive a policy that can no longer be read.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enrolment {
    /// Its name.
    pub name: PrincipalName,
    /// A human or an agent.
    pub kind: PrincipalKind,
    /// A human's person, or an agent's owner.
    pub person: PersonName,
    /// Its roles.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<Role>,
    /// Since when it is enrolled as it is.
    pub since: Moment,
}

/// The aggregate of what came through SSH and was not obeyed.
pub const SESSION: &str = "session";

/// Why a line that came through SSH was not obeyed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NotObeyed {
    /// It does not read: a shell's sign or a control character outside of quotes, an open quote, or too long.
    Unreadable,
    /// It is no command that a session has, or not with these words.
    Unknown,
}

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
