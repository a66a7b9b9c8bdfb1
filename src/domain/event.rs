//! The event catalogue: everything that can have happened, each with its facts and the payload it may carry.
//!
//! Facts are what decisions rest on and are never redacted; a payload is prose, parameters and answers, and can be.
//! An event is never changed: a new meaning gets a new name.

use crate::domain::content::{Content, Kind, Target};
use crate::domain::digest::{MarksDigest, RevisionDigest, StepDigest};
use crate::domain::marks::Mark;
use crate::domain::moment::Moment;
use crate::domain::names::{PersonName, PrincipalName, Reference, RequestId, RevisionNumber, StepId};
use crate::domain::policy::Assessment;
use crate::domain::principal::{Assurance, Caller, Face, PrincipalKind, Requester};
use crate::domain::quorum::Signer;
use crate::domain::risk::Priority;
use crate::domain::text::Text;
use serde::{Deserialize, Serialize};
use serde_json::Value;

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

/// The facts of one event. The serialised `name` is the event's name in the log.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "name", content = "facts", deny_unknown_fields)]
pub enum Fact {
    /// A request was asked for. Payload: its content.
    #[serde(rename = "request.submitted")]
    Submitted {
        /// Who asked.
        requester: Requester,
        /// Their name for it.
        reference: Option<Reference>,
        /// What was asked.
        revision: Revision,
        /// By when.
        deadlines: Deadlines,
        /// The closed request whose work it goes on with.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        continues: Option<RequestId>,
    },
    /// The requester changed the content while it waited. Payload: the new content.
    #[serde(rename = "request.revised")]
    Revised {
        /// The new revision.
        revision: Revision,
        /// By when.
        deadlines: Deadlines,
        /// Steps whose marks fall back to undecided.
        touched: Vec<StepId>,
        /// Sign-offs that no longer count.
        voids: Vec<SignOffNumber>,
    },
    /// The requester answered requested changes; the request waits again where it waited before. Payload: content.
    #[serde(rename = "request.resubmitted")]
    Resubmitted {
        /// The new revision.
        revision: Revision,
        /// By when, with the time spent on the changes given back.
        deadlines: Deadlines,
        /// Steps whose marks fall back to undecided.
        touched: Vec<StepId>,
        /// Sign-offs that no longer count.
        voids: Vec<SignOffNumber>,
    },
    /// Steps were marked. Payload: the reason, if one was given.
    #[serde(rename = "steps.marked")]
    Marked {
        /// On what, by whom; its marks digest is the one the marks end with.
        bound: Bound,
        /// The marks that changed, each bound to what the step does.
        marks: Vec<MarkFact>,
        /// Sign-offs on other marks, which no longer count.
        voids: Vec<SignOffNumber>,
    },
    /// Somebody signed off. Payload: the reason, if one was given.
    #[serde(rename = "signoff.given")]
    SignedOff {
        /// Its number.
        number: SignOffNumber,
        /// On what, by whom.
        bound: Bound,
        /// The void sign-off of the same person that this one stands for again, after what changed was read.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reaffirms: Option<SignOffNumber>,
    },
    /// A sign-off was taken back by its author.
    #[serde(rename = "signoff.withdrawn")]
    SignOffWithdrawn {
        /// Which.
        number: SignOffNumber,
    },
    /// The last slot was filled.
    #[serde(rename = "request.approved")]
    Approved {
        /// What was approved.
        revision: RevisionNumber,
        /// Its digest.
        revision_digest: RevisionDigest,
        /// The marks that were signed: exactly these steps may run.
        marks_digest: MarksDigest,
        /// The sign-offs that count.
        signoffs: Vec<SignOffNumber>,
        /// When the approval lapses unless its execution has started; nothing where nothing is executed.
        lapses_at: Option<Moment>,
    },
    /// A question was answered. Payload: the answer, and the reason if one was given.
    #[serde(rename = "request.answered")]
    Answered {
        /// Which option was picked, counted from 1; nothing for an answer in words.
        option: Option<u32>,
        /// On what, by whom.
        bound: Bound,
    },
    /// The request was refused. Payload: the reason.
    #[serde(rename = "request.rejected")]
    Rejected {
        /// On what, by whom.
        bound: Bound,
    },
    /// Changes were asked for; the ball is with the producer. Payload: the reason.
    #[serde(rename = "request.changes_requested")]
    ChangesRequested {
        /// On what, by whom.
        bound: Bound,
        /// When it expires unless the producer answers.
        producer_until: Moment,
    },
    /// The author took back what they asked; the request waits again where it waited before.
    #[serde(rename = "request.changes_withdrawn")]
    ChangesWithdrawn {
        /// By when, with the time spent given back.
        deadlines: Deadlines,
    },
    /// The requester took it back. Payload: the reason.
    #[serde(rename = "request.cancelled")]
    Cancelled {},
    /// Nobody decided in time: denied. Recorded when somebody next looks; it holds from the moment it was due.
    #[serde(rename = "request.expired")]
    Expired {
        /// When it was due.
        due_at: Moment,
    },
    /// An approval was not used in time; it cannot be used any more.
    #[serde(rename = "execution.lapsed")]
    Lapsed {
        /// When it was due.
        due_at: Moment,
    },
    /// Somebody is looking at it; advisory.
    #[serde(rename = "claim.taken")]
    Claimed {
        /// Until when.
        until: Moment,
    },
    /// They stopped looking.
    #[serde(rename = "claim.released")]
    Released {},
    /// Somebody said something. Payload: the text.
    #[serde(rename = "comment.added")]
    Commented {
        /// Its number.
        number: CommentNumber,
        /// The step it is about, if any.
        step: Option<StepId>,
        /// The comment it answers, if any.
        reply_to: Option<CommentNumber>,
    },
    /// Somebody put it out of their own sight; for nobody else, and no deadline moves.
    #[serde(rename = "snooze.set")]
    Snoozed {
        /// Until when, unless something happens to it before that calls for them.
        until: Moment,
    },
    /// They have it back before the time was up.
    #[serde(rename = "snooze.ended")]
    SnoozeEnded {},
    /// A step's parameters were changed by somebody who reviews, or by the requester. Payload: the new content, and
    /// the reason if one was given.
    #[serde(rename = "step.modified")]
    Modified {
        /// On which revision, by whom; its marks digest is the one the marks end with.
        bound: Bound,
        /// The step.
        step: StepId,
        /// The new revision.
        revision: Revision,
        /// By when.
        deadlines: Deadlines,
        /// Steps whose marks fall back to undecided: this one, and those that need it.
        touched: Vec<StepId>,
        /// Sign-offs that no longer count.
        voids: Vec<SignOffNumber>,
        /// Every edit that stands in the new revision.
        edits: Vec<Edited>,
    },
    /// A closed request is gone on with by another.
    #[serde(rename = "request.continued")]
    Continued {
        /// By which.
        by: RequestId,
    },
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

/// Every event name this program writes and reads, in the order of the catalogue above.
pub const NAMES: [&str; 21] = [
    "request.submitted",
    "request.revised",
    "request.resubmitted",
    "steps.marked",
    "signoff.given",
    "signoff.withdrawn",
    "request.approved",
    "request.answered",
    "request.rejected",
    "request.changes_requested",
    "request.changes_withdrawn",
    "request.cancelled",
    "request.expired",
    "execution.lapsed",
    "claim.taken",
    "claim.released",
    "comment.added",
    "snooze.set",
    "snooze.ended",
    "step.modified",
    "request.continued",
];

/// The redactable part of an event. Every field is optional; which ones an event carries stands in the catalogue.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Payload {
    /// A revision's content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Content>,
    /// A reason in somebody's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text>,
    /// A comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Text>,
    /// The answer to a question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Text>,
}

/// A payload as it is held: an event can have none, have one, or have had one that is gone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Held {
    /// The event carries none.
    None,
    /// Here it is.
    Here(Box<Payload>),
    /// It was redacted; only its commitment is left.
    Gone,
}

impl Payload {
    /// A payload that is only a reason; nothing when there is none.
    pub fn reason(reason: Option<Text>) -> Held {
        match reason {
            Some(reason) => Held::Here(Box::new(Payload { reason: Some(reason), ..Payload::default() })),
            None => Held::None,
        }
    }
}

impl Held {
    /// The payload, if it is here.
    pub fn here(&self) -> Option<&Payload> {
        match self {
            Held::Here(payload) => Some(payload),
            Held::None | Held::Gone => None,
        }
    }
}

/// One event before it is written: who, when, and what. Its aggregate is the request it was decided on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// When.
    pub at: Moment,
    /// Who.
    pub by: PrincipalName,
    /// How sure we are of it.
    pub assurance: Assurance,
    /// What sort of principal, whose, through which face.
    pub actor: Actor,
    /// What happened.
    pub fact: Fact,
    /// What was said with it.
    pub payload: Held,
}

impl Fact {
    /// The event's name and its facts as JSON.
    pub fn to_parts(&self) -> (String, Value) {
        // Plain data: serialising it cannot fail; were it to, the empty name would be refused by the log.
        let mut whole = serde_json::to_value(self).unwrap_or_default();
        let facts = whole.get_mut("facts").map(Value::take).unwrap_or_default();
        (whole["name"].as_str().unwrap_or_default().to_owned(), facts)
    }

    /// Reads an event back.
    ///
    /// # Errors
    /// The reason, when the name is unknown or the facts are not what the name promises.
    pub fn from_parts(name: &str, facts: Value) -> Result<Self, String> {
        serde_json::from_value(serde_json::json!({"name": name, "facts": facts})).map_err(|e| e.to_string())
    }
}
