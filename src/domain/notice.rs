//! Notices: which occasions call somebody, whom, and until when the call is still wanted. A notice names a request and
//! never quotes it: what it says is put together when it is sent.

use crate::domain::chain::Whom;
use crate::domain::content::Kind;
use crate::domain::event::{Entry, Fact};
use crate::domain::execution::How;
use crate::domain::moment::Moment;
use crate::domain::names::{PersonName, PrincipalName, RequestId};
use crate::domain::principal::PrincipalKind;
use crate::domain::request::{Execution, Request, State};

/// What a notice is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum NoticeKind {
    /// It was given to somebody in particular.
    Assignment,
    /// It waits for reviewers.
    Approval,
    /// A deadline is near, or it waits for long.
    DeadlineRisk,
    /// It was raised.
    Escalation,
    /// It expired or lapsed, or its execution went wrong.
    Failure,
    /// A tier of a rollout waits.
    Promotion,
    /// An agent's signature is missing.
    Cosignature,
    /// An execution was stopped.
    Halt,
    /// What was done is taken back.
    Rollback,
    /// A review is owed.
    Debt,
}

impl NoticeKind {
    /// All kinds.
    pub const ALL: [NoticeKind; 10] = [
        NoticeKind::Assignment,
        NoticeKind::Approval,
        NoticeKind::DeadlineRisk,
        NoticeKind::Escalation,
        NoticeKind::Failure,
        NoticeKind::Promotion,
        NoticeKind::Cosignature,
        NoticeKind::Halt,
        NoticeKind::Rollback,
        NoticeKind::Debt,
    ];

    /// The word used everywhere.
    pub const fn word(self) -> &'static str {
        match self {
            NoticeKind::Assignment => "assignment",
            NoticeKind::Approval => "approval",
            NoticeKind::DeadlineRisk => "deadline_risk",
            NoticeKind::Escalation => "escalation",
            NoticeKind::Failure => "failure",
            NoticeKind::Promotion => "promotion",
            NoticeKind::Cosignature => "cosignature",
            NoticeKind::Halt => "halt",
            NoticeKind::Rollback => "rollback",
            NoticeKind::Debt => "debt",
        }
    }

    /// Reads the word back.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// What a request that waits is to its reviewers.
    fn of(request: &Request) -> Self {
        let agents = |slot: &&crate::domain::quorum::Slot| slot.kind == PrincipalKind::Agent;
        match request.kind() {
            Kind::Promotion => NoticeKind::Promotion,
            Kind::Debt => NoticeKind::Debt,
            _ if request.open_slots().iter().any(agents) => NoticeKind::Cosignature,
            _ => NoticeKind::Approval,
        }
    }
}

/// One thing somebody is to be told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Notice {
    /// What about.
    pub kind: NoticeKind,
    /// About which request.
    pub request: RequestId,
    /// Which of its events, counted from 1: one event never calls twice.
    pub version: u64,
    /// How many had been given it by then: a call to somebody who no longer has it is not made.
    pub assignment: u32,
    /// Whom; nothing: everybody who reviews.
    pub to: Option<Whom>,
    /// Who caused it, and need not be told.
    pub cause: Option<Cause>,
    /// When.
    pub at: Moment,
}

/// Who caused something.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cause {
    /// The principal.
    pub name: PrincipalName,
    /// Its person; nobody for an asserted producer.
    pub person: Option<PersonName>,
}

impl Notice {
    /// What makes it the one it is: the same occasion is never noted twice.
    pub fn key(&self) -> String {
        format!("{}/{}/{}/{}", self.request, self.version, self.kind.word(), self.assignment)
    }

    /// Whether it is still worth saying of the request as it is now: who has decided is not called any more.
    pub fn is_wanted(&self, request: &Request) -> bool {
        let still_theirs = request.assignments.len() as u64 == u64::from(self.assignment);
        match self.kind {
            NoticeKind::Failure | NoticeKind::Halt | NoticeKind::Rollback => true,
            NoticeKind::DeadlineRisk => request.is_open() && still_theirs,
            // A producer that has the ball, or somebody it was passed on to.
            NoticeKind::Assignment => match &self.to {
                Some(Whom::Principal(name)) if *name == request.requester.name => {
                    matches!(request.state, State::ChangesRequested { .. })
                }
                _ => request.is_open() && still_theirs,
            },
            NoticeKind::Escalation => matches!(request.state, State::Waiting(_)) && still_theirs,
            NoticeKind::Approval if !request.is_open() => request.execution == Some(Execution::Running),
            NoticeKind::Approval | NoticeKind::Promotion | NoticeKind::Cosignature | NoticeKind::Debt => {
                matches!(request.state, State::Waiting(_))
            }
        }
    }
}

/// The notices that `entries` make, which led to `after`; the first of them has this version of the request.
pub fn of(first_version: u64, after: &Request, entries: &[Entry]) -> Vec<Notice> {
    let numbered = entries.iter().zip(first_version..);
    let mut all: Vec<Notice> = numbered.filter_map(|(entry, version)| one(version, after, entry)).collect();
    all.retain(|notice| notice.is_wanted(after));
    all
}

fn one(version: u64, after: &Request, entry: &Entry) -> Option<Notice> {
    // What asks for no decision waits for nobody.
    if after.is_open() && after.assessment().violation.is_some() {
        return None;
    }
    let theirs = || Some(Whom::Principal(after.requester.name.clone()));
    let (kind, to) = match &entry.fact {
        Fact::Submitted { .. } | Fact::Resubmitted { .. } | Fact::ChangesWithdrawn { .. } => {
            (NoticeKind::of(after), after.assigned().map(|last| last.to.clone()))
        }
        Fact::ChangesRequested { .. } => (NoticeKind::Assignment, theirs()),
        Fact::Reassigned { to, .. } => (NoticeKind::Assignment, Some(Whom::Principal(to.clone()))),
        Fact::Escalated { to, .. } => (NoticeKind::Escalation, Some(to.clone())),
        Fact::Reminded { .. } => {
            let producers = matches!(after.state, State::ChangesRequested { .. });
            let to = if producers { theirs() } else { after.assigned().map(|last| last.to.clone()) };
            (NoticeKind::DeadlineRisk, to)
        }
        Fact::Expired { .. } | Fact::Lapsed { .. } => (NoticeKind::Failure, theirs()),
        Fact::Ended { state: Execution::Failed | Execution::Unknown } => (NoticeKind::Failure, theirs()),
        Fact::Ended { state: Execution::Stopped } => (NoticeKind::Halt, theirs()),
        Fact::StepEnded { end, .. } if end.how != How::Completed => (NoticeKind::Failure, theirs()),
        Fact::StepAsked { .. } => (NoticeKind::Approval, None),
        Fact::RollingBack { .. } => (NoticeKind::Rollback, None),
        _ => return None,
    };
    let system = PrincipalName::system();
    let cause = match &entry.fact {
        // The account that typed a document is not who asks.
        Fact::Submitted { requester, .. } => {
            Some(Cause { name: requester.name.clone(), person: requester.person.clone() })
        }
        _ => Some(Cause { name: entry.by.clone(), person: entry.actor.person.clone() }),
    };
    let cause = cause.filter(|cause| cause.name != system);
    let assignment = u32::try_from(after.assignments.len()).unwrap_or(u32::MAX);
    Some(Notice { kind, request: after.id, version, assignment, to, cause, at: entry.at })
}
