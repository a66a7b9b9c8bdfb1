//! Commands: what somebody wants done to a request, in the imperative.

use crate::domain::content::Content;
use crate::domain::digest::{DecisionDigest, MarksDigest, RevisionDigest};
use crate::domain::edit::Edit;
use crate::domain::event::CommentNumber;
use crate::domain::marks::Mark;
use crate::domain::moment::Moment;
use crate::domain::names::{RevisionNumber, StepId};
use crate::domain::policy::Policy;
use crate::domain::principal::Standing;
use crate::domain::text::Text;
use crate::domain::transitions::Verb;

/// What the decider had before their eyes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Seen {
    /// Not said: the decision is recorded with `seen: no`.
    Nothing,
    /// What a screen drew.
    Drawn {
        /// The revision that was drawn.
        revision: RevisionDigest,
        /// The marks that were drawn.
        marks: MarksDigest,
        /// The number of the revision that was drawn: another one of the same digest may be judged riskier.
        number: RevisionNumber,
        /// Whether every line of it was drawn.
        whole: bool,
    },
    /// The first digits of the decision digest that `show` printed.
    Prefix(DigestPrefix),
}

/// At least twelve hexadecimal digits of a decision digest.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DigestPrefix(String);

impl DigestPrefix {
    /// Reads what was typed; `None` unless it is 12 to 64 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.to_ascii_lowercase();
        ((12..=64).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_hexdigit())).then_some(Self(text))
    }

    /// Whether `digest` begins with these digits.
    pub fn fits(&self, digest: DecisionDigest) -> bool {
        digest.to_string().starts_with(&self.0)
    }
}

/// What somebody wants done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Command {
    /// Set the working answer on steps.
    Mark {
        /// On which steps.
        steps: Vec<StepId>,
        /// Which answer.
        mark: Mark,
        /// Why.
        reason: Option<Text>,
        /// What was seen.
        seen: Seen,
    },
    /// Sign off: undecided steps become approved, and the caller stands for the result.
    Approve {
        /// Why.
        reason: Option<Text>,
        /// What was seen.
        seen: Seen,
    },
    /// Take back one's own sign-off, or one's own request for changes.
    Withdraw,
    /// Refuse.
    Reject {
        /// Why.
        reason: Option<Text>,
        /// What was seen.
        seen: Seen,
    },
    /// Ask the producer for changes.
    RequestChanges {
        /// Which, and why.
        reason: Option<Text>,
        /// What was seen.
        seen: Seen,
    },
    /// The producer changes the content; from `changes_requested` this resubmits.
    Revise {
        /// The new content, already checked against the limits.
        content: Box<Content>,
    },
    /// Answer a question.
    Answer {
        /// The option picked, from 1.
        option: Option<u32>,
        /// The answer in words, when no option is picked.
        text: Option<Text>,
        /// Why.
        reason: Option<Text>,
        /// What was seen.
        seen: Seen,
    },
    /// Say that one is looking.
    Claim,
    /// Say that one no longer is.
    Release,
    /// Say something.
    Comment {
        /// What.
        text: Text,
        /// About which step.
        step: Option<StepId>,
        /// In answer to which comment.
        reply_to: Option<CommentNumber>,
    },
    /// Put it out of one's own sight until then, or, with nothing, have it back.
    Snooze {
        /// Until when.
        until: Option<Moment>,
    },
    /// The requester takes it back.
    Cancel {
        /// Why.
        reason: Option<Text>,
    },
    /// Change a step's parameters.
    Modify {
        /// Which step.
        step: StepId,
        /// How.
        edit: Box<Edit>,
        /// Why.
        reason: Option<Text>,
        /// What was seen.
        seen: Seen,
    },
    /// Nothing but what is due by now.
    Settle,
}

impl Command {
    /// Whether it only adds, so that on a full disk it has to wait for room. Deciding and taking back never wait.
    pub const fn can_wait(&self) -> bool {
        matches!(self, Command::Revise { .. } | Command::Comment { .. })
    }

    /// The verb whose row of the transition table this obeys; nothing for `Settle`, which only keeps time. Revising
    /// is two rows; which one holds depends on the state.
    pub const fn verb(&self) -> Option<Verb> {
        Some(match self {
            Command::Mark { .. } => Verb::Mark,
            Command::Approve { .. } => Verb::Approve,
            Command::Withdraw => Verb::Withdraw,
            Command::Reject { .. } => Verb::Reject,
            Command::RequestChanges { .. } => Verb::RequestChanges,
            Command::Revise { .. } => Verb::Revise,
            Command::Answer { .. } => Verb::Answer,
            Command::Claim => Verb::Claim,
            Command::Release => Verb::Release,
            Command::Comment { .. } => Verb::Comment,
            Command::Cancel { .. } => Verb::Cancel,
            Command::Snooze { .. } => Verb::Snooze,
            Command::Modify { .. } => Verb::Modify,
            Command::Settle => return None,
        })
    }
}

/// What is true across requests, gathered inside the write that decides.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Facts {
    /// The effective policy.
    pub policy: Policy,
    /// What the caller may do under it.
    pub standing: Standing,
    /// Whether this solo store lets the OS user decide on what they asked themselves.
    pub self_review: bool,
    /// How many open requests the requester has.
    pub open_of_requester: u64,
    /// Whether the store is a team's: there, who edited a step does not sign off the revision they made.
    pub team: bool,
}
