//! Commands: what somebody wants done to a request, in the imperative.

use crate::domain::content::Content;
use crate::domain::digest::{DecisionDigest, MarksDigest, RevisionDigest, TokenDigest, hex};
use crate::domain::edit::Edit;
use crate::domain::event::CommentNumber;
use crate::domain::evidence::Attachment;
use crate::domain::execution::{End, Runner, Work};
use crate::domain::marks::Mark;
use crate::domain::moment::Moment;
use crate::domain::names::{PrincipalName, RequestId, RevisionNumber, StepId};
use crate::domain::overriding::Plea;
use crate::domain::policy::Policy;
use crate::domain::principal::Standing;
use crate::domain::signing::Proof;
use crate::domain::talk::About;
use crate::domain::text::Text;
use crate::domain::transitions::Verb;
use crate::domain::unfit::Unfit;
use serde_json::Value;

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

/// At least twelve hexadecimal digits of a digest, as somebody typed them.
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
        self.begins(digest.bytes())
    }

    /// Whether a digest begins with these digits.
    pub fn begins(&self, digest: &[u8; 32]) -> bool {
        hex(digest).starts_with(&self.0)
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
        /// About what.
        about: About,
    },
    /// Put one's own comment in other words.
    EditComment {
        /// Which.
        number: CommentNumber,
        /// In which.
        text: Text,
    },
    /// Take the thread of a comment for settled, or take it up again.
    Resolve {
        /// A comment of it.
        number: CommentNumber,
        /// Whether it is settled.
        resolved: bool,
    },
    /// Attach evidence.
    Attach(Box<Attachment>),
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
    /// Go ahead without the required sign-offs.
    Override {
        /// What is said for it, as it was typed.
        plea: Box<Plea>,
        /// What was seen.
        seen: Seen,
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
    /// Raise it to the next level of its chain.
    Escalate {
        /// Why.
        reason: Option<Text>,
    },
    /// Pass it on to somebody.
    Reassign {
        /// To whom.
        to: PrincipalName,
        /// Why.
        reason: Option<Text>,
    },
    /// Nothing but what is due by now, and the reminders before that.
    Settle,
    /// Claim the execution of what was approved, or take over one that stands still.
    Start {
        /// The digest of the token that was drawn for the holder.
        token: TokenDigest,
        /// Who does the steps.
        runner: Runner,
    },
    /// The holder asks what is next: what waits for a person is asked then.
    Next {
        /// The digest of the holder's token.
        token: TokenDigest,
    },
    /// The holder begins the next step that is ready, or the next one to take back.
    Begin {
        /// The digest of the holder's token.
        token: TokenDigest,
    },
    /// The holder says what has become of a step.
    Report {
        /// The digest of the holder's token.
        token: TokenDigest,
        /// Who does the steps: this program's reports are part of running.
        by: Runner,
        /// Which step.
        step: StepId,
        /// What has become of it.
        said: Box<Said>,
    },
    /// End the execution before its last step.
    Stop {
        /// Why.
        reason: Option<Text>,
    },
    /// Let a step go on that waits for a person.
    Confirm {
        /// Which step.
        step: StepId,
        /// The first digits of what it would run with, as it was shown.
        filled: Option<DigestPrefix>,
        /// The option picked, from 1, when its runner asks.
        option: Option<u32>,
        /// The answer in words, or why.
        reason: Option<Text>,
    },
    /// Let a step that ended badly run once more.
    Retry {
        /// Which step.
        step: StepId,
        /// Why.
        reason: Option<Text>,
    },
    /// Leave a step out while the plan runs.
    LeaveOut {
        /// Which step.
        step: StepId,
        /// Why.
        reason: Option<Text>,
    },
    /// Go on past what ended badly or cannot run.
    Continue {
        /// Why.
        reason: Option<Text>,
    },
    /// Take back what was done, last first.
    RollBack {
        /// The digest of the token that was drawn for the holder.
        token: TokenDigest,
        /// Why.
        reason: Option<Text>,
    },
}

/// What a holder says of a step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Said {
    /// It began.
    Began,
    /// Its work ended.
    Over {
        /// Doing it or taking it back.
        work: Work,
        /// How, in numbers.
        end: End,
        /// What it gave.
        result: Option<Value>,
        /// What it printed.
        output: Option<Text>,
        /// Why, when it ended badly.
        reason: Option<Text>,
    },
    /// A person must say something first.
    Asks {
        /// What is asked.
        question: Text,
        /// What can be picked.
        options: Vec<Text>,
        /// Until when.
        until: Moment,
    },
}

impl Command {
    /// Whether it only adds, so that on a full disk it has to wait for room. Deciding and taking back never wait.
    pub const fn can_wait(&self) -> bool {
        matches!(
            self,
            Command::Revise { .. }
                | Command::Comment { .. }
                | Command::EditComment { .. }
                | Command::Attach(_)
        )
    }

    /// Whether it says no to something, or changes it: no rule says yes to what is being refused, in the same transaction.
    pub const fn says_no(&self) -> bool {
        matches!(
            self,
            Command::Reject { .. }
                | Command::RequestChanges { .. }
                | Command::Cancel { .. }
                | Command::Withdraw
                | Command::Modify { .. }
                | Command::Mark { mark: Mark::Rejected | Mark::Skipped | Mark::Undecided, .. }
        )
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
            Command::Comment { .. } | Command::EditComment { .. } | Command::Resolve { .. } => Verb::Comment,
            Command::Attach(_) => Verb::Attach,
            Command::Cancel { .. } => Verb::Cancel,
            Command::Snooze { .. } => Verb::Snooze,
            Command::Override { .. } => Verb::Override,
            Command::Modify { .. } => Verb::Modify,
            Command::Settle => return None,
            Command::Escalate { .. } => Verb::Escalate,
            Command::Reassign { .. } => Verb::Reassign,
            Command::Start { runner: Runner::Gate, .. } => Verb::Run,
            Command::Start { runner: Runner::Producer, .. } | Command::Next { .. } => Verb::Next,
            Command::Begin { .. } | Command::Report { by: Runner::Gate, .. } => Verb::Run,
            Command::Report { by: Runner::Producer, .. } => Verb::Report,
            Command::Stop { .. } => Verb::Stop,
            Command::Confirm { .. } => Verb::Confirm,
            Command::Retry { .. } => Verb::Retry,
            Command::LeaveOut { .. } => Verb::LeaveOut,
            Command::Continue { .. } => Verb::Continue,
            Command::RollBack { .. } => Verb::RollBack,
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
    /// When this revision was first opened on the caller's screen, as far as this place knows.
    pub shown_at: Option<Moment>,
    /// Whether the program that runs this plan is gone: nobody holds its lock any more.
    pub runner_gone: bool,
    /// The signature that was brought along, verified, or why it is none.
    pub signature: Option<Result<Proof, Unfit>>,
    /// The open reviews that the caller's person owes for overrides.
    pub debts: Vec<RequestId>,
    /// The request for which the caller's person gave the same reason when they overrode it.
    pub reason_used: Option<RequestId>,
    /// The number that the next request gets: an override's debt.
    pub next_number: RequestId,
    /// What stands at the paths of the programs that this command looks at.
    pub programs: crate::domain::programs::Found,
    /// Which shapes of the steps that are judged ended badly not long ago.
    pub failed: std::collections::BTreeSet<crate::domain::precedents::Shape>,
}
