//! What can be asked of a request as it stands.

use super::{Claim, Closed, Request, SignOff, SignOffStanding, State, StateName, Verdict, Waiting};
use crate::domain::chain::{Assignment, Courts};
use crate::domain::content::{Kind, Target};
use crate::domain::digest::{DecisionDigest, MarksDigest};
use crate::domain::marks::Mark;
use crate::domain::moment::Moment;
use crate::domain::names::PrincipalName;
use crate::domain::policy::Assessment;
use crate::domain::quorum::{Signer, Slot, fill};

impl Request {
    /// What sort of decision is asked for.
    pub fn kind(&self) -> Kind {
        self.revision.kind
    }

    /// Where it would happen.
    pub fn target(&self) -> &Target {
        &self.revision.target
    }

    /// What policy made of the current revision.
    pub fn assessment(&self) -> &Assessment {
        &self.revision.assessment
    }

    /// The name of its state.
    pub fn state_name(&self) -> StateName {
        match &self.state {
            State::Waiting(Waiting::Requested) => StateName::Requested,
            State::Waiting(Waiting::Escalated(_)) => StateName::Escalated,
            State::ChangesRequested { .. } => StateName::ChangesRequested,
            State::Closed(closed) => match closed.verdict {
                Verdict::Approved { .. } => StateName::Approved,
                Verdict::Rejected => StateName::Rejected,
                Verdict::Overridden { .. } => StateName::Overridden,
                Verdict::Cancelled => StateName::Cancelled,
                Verdict::Expired => StateName::Expired,
            },
        }
    }

    /// How it ended, if it has.
    pub fn closed(&self) -> Option<&Closed> {
        match &self.state {
            State::Closed(closed) => Some(closed),
            State::Waiting(_) | State::ChangesRequested { .. } => None,
        }
    }

    /// Whether a decision can still come.
    pub fn is_open(&self) -> bool {
        self.closed().is_none()
    }

    /// Its level on the escalation chain; zero when it was not raised.
    pub fn level(&self) -> u8 {
        match &self.state {
            State::Waiting(Waiting::Escalated(level))
            | State::ChangesRequested { before: Waiting::Escalated(level), .. } => level.0,
            _ => 0,
        }
    }

    /// Whether the plan has steps to mark.
    pub fn has_steps(&self) -> bool {
        !self.revision.steps.is_empty()
    }

    /// The digest of the marks as they are.
    pub fn marks_digest(&self) -> MarksDigest {
        self.marks.digest()
    }

    /// What a decision taken now would be bound to; `show` prints it.
    pub fn decision_digest(&self) -> DecisionDigest {
        DecisionDigest::of(self.revision.digest, self.marks_digest())
    }

    /// Whether every step is approved as it was asked, with none left out.
    pub fn is_whole(&self) -> bool {
        self.revision.steps.iter().all(|s| self.marks.on(&s.id) == Mark::Approved)
    }

    /// The sign-offs that count now.
    pub fn counting(&self) -> impl Iterator<Item = &SignOff> {
        self.signoffs.iter().filter(|s| s.standing == SignOffStanding::Counts)
    }

    /// The slots no counting sign-off fills.
    pub fn open_slots(&self) -> Vec<&Slot> {
        let signers: Vec<Signer> = self.counting().map(|s| s.bound.signer.clone()).collect();
        let slots = &self.assessment().slots;
        slots.iter().zip(fill(slots, &signers)).filter(|(_, by)| by.is_none()).map(|(slot, _)| slot).collect()
    }

    /// Whether `signer` decided on what they asked for themselves (a solo store can allow it; it is always shown).
    pub fn is_self_review(&self, signer: &Signer) -> bool {
        let whose = self.whose();
        whose.name == signer.name
            || (whose.person.is_some() && whose.person == signer.person)
            || self.owes.as_ref().is_some_and(|owes| owes.is_of(&signer.name, signer.person.as_ref()))
    }

    /// The claim that is live at `now`.
    pub fn live_claim(&self, now: Moment) -> Option<&Claim> {
        self.claim.as_ref().filter(|claim| claim.until > now)
    }

    /// Until when `name` has put it out of sight, if they have and the time is not up.
    pub fn snoozed_by(&self, name: &PrincipalName, now: Moment) -> Option<Moment> {
        self.snoozes.get(name).copied().filter(|until| *until > now)
    }

    /// Who has it: whom it was given to last.
    pub fn assigned(&self) -> Option<&Assignment> {
        self.assignments.last()
    }

    /// How often it was passed on.
    pub fn passed_on(&self) -> u32 {
        let count = self.assignments.iter().filter(|assignment| !assignment.raised).count();
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    /// How long it was in whose court by `now`.
    pub fn courts(&self, now: Moment) -> Courts {
        self.timing.courts.charged(&self.state, now)
    }

    /// When time closes it unless somebody acts: the reviewers' expiry, or the producer's.
    pub fn expires_at(&self) -> Option<Moment> {
        match &self.state {
            State::Waiting(_) => self.deadlines.expires_at,
            State::ChangesRequested { until, .. } => Some(*until),
            State::Closed(_) => None,
        }
    }
}
