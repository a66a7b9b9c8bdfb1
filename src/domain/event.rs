//! The event catalogue: everything that can have happened, each with its facts and the payload it may carry.
//!
//! Facts are what decisions rest on and are never redacted; a payload is prose, parameters and answers, and can be.
//! An event is never changed: a new meaning gets a new name.

mod entry;
mod names;
mod of_store;
mod parts;

pub use crate::domain::bound::{Actor, Bound, Sight};
pub use crate::domain::payload::{Held, Payload};
pub use entry::Entry;
pub use names::NAMES;
pub use of_store::{KEEPING, OfStore};
pub use parts::*;

use crate::domain::chain::{Occasion, Whom, Why};
use crate::domain::digest::{FilledDigest, MarksDigest, RevisionDigest, TokenDigest};
use crate::domain::execution::{AskedFor, End, Runner, Work};
use crate::domain::names::{ParamKey, PrincipalName, Reference, RequestId, RevisionNumber, StepId};
use crate::domain::rollout::{Promotes, RolloutFact};
use crate::domain::{evidence::Filed, moment::Moment, overriding::Instead, policy::Assessment};
use crate::domain::{principal::Requester, quorum::Signer, request::Execution, statement::Signature};
use serde::{Deserialize, Serialize};

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
        /// For which override it is the review, and whose.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owes: Option<Box<Owed>>,
        /// The edits of that request by others than its producer, as far as they stand in this one.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        edits: Vec<Edited>,
        /// Which tier of which rollout it promotes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        promotes: Option<Box<Promotes>>,
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
        /// The signature it was given with.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        signature: Option<Box<Signature>>,
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
        /// The parameter of the step it is about, if any.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        param: Option<ParamKey>,
        /// Whom it calls.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        mentions: Vec<PrincipalName>,
    },
    /// Somebody put their own comment in other words; what it said stays where it was. Payload: the text.
    #[serde(rename = "comment.edited")]
    CommentEdited {
        /// Which.
        number: CommentNumber,
        /// Whom it calls now.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        mentions: Vec<PrincipalName>,
    },
    /// Somebody took a thread for settled.
    #[serde(rename = "comment.resolved")]
    ThreadResolved {
        /// Its first comment.
        number: CommentNumber,
    },
    /// Somebody took it up again.
    #[serde(rename = "comment.reopened")]
    ThreadReopened {
        /// Its first comment.
        number: CommentNumber,
    },
    /// Somebody attached a file, kept beside the log, or said where proof is. Payload: its label, and the locator.
    #[serde(rename = "evidence.attached")]
    Attached {
        /// Its number among what was attached.
        number: u32,
        /// The step it is about, if any.
        step: Option<StepId>,
        /// The file; nothing for a locator.
        file: Option<Filed>,
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
    /// A step's parameters were changed by a reviewer or the requester. Payload: the new content, and the reason if any.
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
    /// Somebody tried what they may not, on something sensitive or with a verb that is a person's.
    #[serde(rename = "decision.refused")]
    DecisionRefused {
        /// What they tried.
        verb: String,
        /// Why not, as the refusal's short name.
        refusal: String,
    },
    /// An open request was judged again, because another policy is effective than the one it was judged by.
    #[serde(rename = "request.reassessed")]
    Reassessed {
        /// What the policy makes of it.
        assessment: Box<Assessment>,
        /// By when; never later than before.
        deadlines: Deadlines,
        /// Steps that a rule had approved which no rule approves now: their marks fall back to undecided.
        touched: Vec<StepId>,
        /// Sign-offs that no longer count.
        voids: Vec<SignOffNumber>,
    },
    /// A rule marked low-risk steps approved.
    #[serde(rename = "steps.auto_approved")]
    AutoApproved {
        /// Which rule.
        rule: String,
        /// The marks that changed, each bound to what the step does.
        marks: Vec<MarkFact>,
        /// What the marks end with.
        marks_digest: MarksDigest,
        /// Sign-offs on other marks, which no longer count.
        voids: Vec<SignOffNumber>,
    },
    /// A rule filled the slot that is a rule's.
    #[serde(rename = "signoff.by_rule")]
    SignedByRule {
        /// Which rule.
        rule: String,
        /// The sign-off's number.
        number: SignOffNumber,
        /// On what.
        bound: Bound,
    },
    /// The approved plan was claimed: its holder alone runs it. Only the digest of the token is kept.
    #[serde(rename = "execution.started")]
    Started {
        /// The digest of the holder's token.
        token: TokenDigest,
        /// Who does the steps.
        runner: Runner,
        /// What runs.
        revision_digest: RevisionDigest,
        /// The marks that were signed.
        marks_digest: MarksDigest,
    },
    /// An execution that stood still was taken over by a new holder; nothing was under way.
    #[serde(rename = "execution.resumed")]
    Resumed {
        /// The digest of the new holder's token.
        token: TokenDigest,
    },
    /// A person went on past what had ended badly or could not run. Payload: the reason, if one was given.
    #[serde(rename = "execution.continued")]
    WentOn {
        /// The steps that ended badly: they stay so.
        past: Vec<StepId>,
        /// The steps that cannot run: they are left out.
        left_out: Vec<StepId>,
    },
    /// What was done is taken back, last first, by a new holder. Payload: the reason, if one was given.
    #[serde(rename = "execution.rolling_back")]
    RollingBack {
        /// The digest of the holder's token.
        token: TokenDigest,
    },
    /// The execution is over. Payload: the reason, if one was given.
    #[serde(rename = "execution.ended")]
    Ended {
        /// How: done, failed, stopped or unknown.
        state: Execution,
    },
    /// A step's work is about to begin. Payload: what it is done with.
    #[serde(rename = "step.started")]
    StepStarted {
        /// The step.
        step: StepId,
        /// Doing it or taking it back.
        work: Work,
        /// The how-manieth time, from 1.
        attempt: u32,
        /// What it runs with.
        filled: FilledDigest,
    },
    /// A step's work ended. Payload: its result and what it printed, or why not.
    #[serde(rename = "step.ended")]
    StepEnded {
        /// The step.
        step: StepId,
        /// Doing it or taking it back.
        work: Work,
        /// The how-manieth time, from 1.
        attempt: u32,
        /// How, in numbers.
        end: End,
    },
    /// A step waits for a person. Payload: what is asked, the options.
    #[serde(rename = "step.asked")]
    StepAsked {
        /// The step.
        step: StepId,
        /// Why.
        why: AskedFor,
        /// What it would run with, where that is what is asked.
        filled: Option<FilledDigest>,
        /// How many options there are.
        options: u32,
        /// Until when it can be answered.
        until: Option<Moment>,
    },
    /// A person let a step go on, or answered its runner. Payload: the answer or the reason.
    #[serde(rename = "step.confirmed")]
    StepConfirmed {
        /// The step.
        step: StepId,
        /// What it will run with: any other value must be confirmed again.
        filled: Option<FilledDigest>,
        /// Which option was picked, from 1.
        option: Option<u32>,
        /// Who.
        signer: Signer,
    },
    /// A person left a step out while the plan ran. Payload: the reason, if one was given.
    #[serde(rename = "step.left_out")]
    StepLeftOut {
        /// The step.
        step: StepId,
    },
    /// A person let a step run once more. Payload: the reason, if one was given.
    #[serde(rename = "step.retried")]
    StepRetried {
        /// The step.
        step: StepId,
    },
    /// It was raised to the next level of its chain. Payload: the reason, if somebody raised it.
    #[serde(rename = "request.escalated")]
    Escalated {
        /// To which level, from 1.
        level: u8,
        /// To whom; whoever had it before stays in its history.
        to: Whom,
        /// Why.
        why: Why,
        /// When it was due, where the clock raised it. It holds from then, whenever somebody looked.
        was_due_at: Option<Moment>,
        /// When it goes to the level above, where there is one.
        next_at: Option<Moment>,
    },
    /// It was passed on to somebody. Payload: the reason, if one was given.
    #[serde(rename = "request.reassigned")]
    Reassigned {
        /// To whom.
        to: PrincipalName,
        /// The how-manieth time, from 1.
        number: u32,
    },
    /// Whoever has it was reminded.
    #[serde(rename = "request.reminded")]
    Reminded {
        /// Of what.
        of: Occasion,
        /// When that was due; reminders that were due earlier and not given are not given any more.
        was_due_at: Moment,
    },
    /// Somebody went ahead without the sign-offs. Payload: the reason. The debt it names was opened in the same transaction.
    #[serde(rename = "request.overridden")]
    Overridden {
        /// On what, by whom; its marks digest is the one the marks end with: exactly these steps may run.
        bound: Bound,
        /// What stands in the place of the sign-offs.
        instead: Box<Instead>,
        /// The marks that changed, each bound to what the step does.
        marks: Vec<MarkFact>,
        /// Sign-offs on other marks, which no longer count.
        voids: Vec<SignOffNumber>,
        /// When it lapses unless its execution has started; nothing where nothing is executed.
        lapses_at: Option<Moment>,
        /// The signature it was given with.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        signature: Option<Box<Signature>>,
    },
    /// Something that happened to the store, and to no request.
    #[serde(skip)]
    OfStore(OfStore),
    /// Something that happened to a rollout.
    #[serde(skip)]
    Rollout(Box<RolloutFact>),
}
