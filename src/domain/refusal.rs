//! Refusals: "no, and why". Not failures, which are "cannot, and what it was doing".
//!
//! They are checked in one order: no such request, closed, own request, permission, slot and signature, digest, reason.

pub mod exit;
mod words;

use crate::domain::conflict::Conflict;
use crate::domain::difference::Difference;
use crate::domain::invalid::Invalid;
use crate::domain::moment::{Moment, Span};
use crate::domain::names::{PrincipalName, RequestId, StepId};
use crate::domain::overriding;
use crate::domain::preview::Lack;
use crate::domain::principal::Permission;
use crate::domain::programs::Other;
use crate::domain::quorum::Slot;
use crate::domain::request::StateName;
use crate::domain::risk::Risk;
use crate::domain::unfit::Unfit;

/// Why something may not be done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// No such request, or none the caller may see.
    NoSuchRequest(String),
    /// A name fits several requests.
    Ambiguous {
        /// What was typed.
        name: String,
        /// What it fits.
        candidates: Vec<RequestId>,
    },
    /// It is closed, and how.
    Closed {
        /// Which.
        id: RequestId,
        /// How it ended.
        state: StateName,
        /// Whether it was a question, which is answered and not approved.
        answered: bool,
        /// Who ended it.
        by: PrincipalName,
        /// When.
        at: Moment,
    },
    /// The verb does not fit the state or kind.
    NotNow {
        /// Which.
        id: RequestId,
        /// Why not, as a clause.
        why: String,
    },
    /// Nobody decides on their own request.
    OwnRequest {
        /// The requester.
        requester: PrincipalName,
    },
    /// Only the requester may.
    NotRequester {
        /// The verb.
        verb: &'static str,
        /// The requester.
        requester: PrincipalName,
        /// Whether the store is a team's, where nobody acts by `--as`.
        team: bool,
    },
    /// A permission is missing.
    NotPermitted {
        /// Which.
        permission: Permission,
    },
    /// No open slot admits the caller.
    NoSlot {
        /// The open slots.
        open: Vec<Slot>,
    },
    /// The caller's sign-off already counts.
    AlreadySigned {
        /// Who.
        by: PrincipalName,
        /// When.
        at: Moment,
    },
    /// It changed since it was drawn.
    Changed(Box<Difference>),
    /// A reason is required.
    ReasonRequired {
        /// For what, as a clause: "to reject".
        for_what: &'static str,
    },
    /// No such step.
    NoSuchStep {
        /// Which request.
        id: RequestId,
        /// Which step.
        step: StepId,
    },
    /// No approved step would be left.
    NothingApproved,
    /// An approved step is blocked by one that will not run.
    Blocked {
        /// Which request.
        id: RequestId,
        /// The approved step.
        step: StepId,
        /// What it cannot run without.
        needed: Lack,
        /// All that is in the way, with the ways out.
        conflicts: Vec<Conflict>,
    },
    /// Only a slot that asks for a signature is open.
    NeedsSignature {
        /// On which request.
        id: RequestId,
        /// Whether by a hardware key that somebody touches.
        touch: bool,
    },
    /// The signature that was brought along does not stand for this.
    Unfit(Box<Unfit>),
    /// In a team nobody signs off a revision they edited.
    OwnEdit {
        /// A step they edited.
        step: StepId,
    },
    /// Its content was redacted, so nobody can see what would run.
    Uninspectable,
    /// Somebody else holds the claim.
    ClaimedBy {
        /// Who.
        by: PrincipalName,
        /// Until when.
        until: Moment,
    },
    /// The reference is taken by a request with other content.
    ReferenceTaken {
        /// By which.
        id: RequestId,
        /// Whether it is still open, so that `--revise` can help.
        open: bool,
    },
    /// The producer has too many open requests.
    Quota {
        /// Who.
        requester: PrincipalName,
        /// How many are allowed.
        limit: u64,
    },
    /// The producer asks too often.
    TooOften {
        /// Who.
        requester: PrincipalName,
        /// How many requests a minute are taken from one producer.
        limit: u64,
        /// When there is room for one more.
        again_in: Span,
    },
    /// The document is not valid.
    Invalid(Invalid),
    /// The policy that was adopted cannot be read.
    NoPolicy {
        /// Why not.
        why: String,
    },
    /// The policy changed since the decider could have looked, and asks more now.
    JudgedAnew {
        /// Which.
        id: RequestId,
        /// The risk before and now.
        risk: (Risk, Risk),
        /// The sign-offs that are open now.
        open: Vec<Slot>,
    },
    /// Somebody else holds the execution.
    HeldBy {
        /// Of which request.
        id: RequestId,
        /// Who.
        by: PrincipalName,
        /// Since when.
        since: Moment,
    },
    /// It cannot be given to somebody.
    NotEligible {
        /// Which request.
        id: RequestId,
        /// To whom.
        to: PrincipalName,
        /// Why not, as a clause.
        why: String,
    },
    /// An override lacks something.
    NotOverridden {
        /// Of which request.
        id: RequestId,
        /// What.
        lack: Box<overriding::Lack>,
    },
    /// Nobody closes the review of their own override.
    OwnDebt {
        /// The review.
        id: RequestId,
        /// What was overridden.
        overridden: RequestId,
        /// By whom.
        by: PrincipalName,
        /// From when on the same person may all the same: in a solo store there is nobody else.
        from: Option<Moment>,
    },
    /// They may not act, or not so, in a team store.
    Outsider(crate::domain::membership::Outsider),
    /// It is not done to a rollout.
    Rollout(Box<crate::domain::rollout::No>),
    /// Policy asks for more now than what was signed.
    NowHarder {
        /// Of which request.
        id: RequestId,
        /// What it asks, as a clause.
        why: String,
    },
    /// A program is not the one that was signed.
    OtherProgram {
        /// Of which request.
        id: RequestId,
        /// Which.
        other: Box<Other>,
    },
}

impl Refusal {
    /// The exit code of the command line.
    pub const fn exit_code(&self) -> u8 {
        match self {
            Refusal::NoSuchRequest(_) => exit::NOT_FOUND,
            Refusal::Closed { .. }
            | Refusal::Changed(_)
            | Refusal::AlreadySigned { .. }
            | Refusal::ClaimedBy { .. }
            | Refusal::ReferenceTaken { .. }
            | Refusal::JudgedAnew { .. }
            | Refusal::HeldBy { .. } => exit::CONFLICT,
            Refusal::Invalid(_) | Refusal::NoSuchStep { .. } => exit::INVALID,
            Refusal::Unfit(why) => why.exit_code(),
            Refusal::Rollout(no) if no.late => exit::CONFLICT,
            Refusal::Quota { .. } | Refusal::TooOften { .. } => exit::BUSY,
            Refusal::Ambiguous { .. }
            | Refusal::NotNow { .. }
            | Refusal::OwnRequest { .. }
            | Refusal::NotRequester { .. }
            | Refusal::NotPermitted { .. }
            | Refusal::NoSlot { .. }
            | Refusal::ReasonRequired { .. }
            | Refusal::NothingApproved
            | Refusal::Blocked { .. }
            | Refusal::OwnEdit { .. }
            | Refusal::NeedsSignature { .. }
            | Refusal::Uninspectable
            | Refusal::NoPolicy { .. }
            | Refusal::NotEligible { .. }
            | Refusal::NotOverridden { .. }
            | Refusal::OwnDebt { .. }
            | Refusal::Outsider(_)
            | Refusal::Rollout(_)
            | Refusal::NowHarder { .. }
            | Refusal::OtherProgram { .. } => exit::REFUSED,
        }
    }
}

impl std::error::Error for Refusal {}
