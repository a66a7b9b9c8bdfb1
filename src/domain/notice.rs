//! Notices: which occasions call somebody, whom, and until when the call is still wanted. A notice names a request and
//! never quotes it: what it says is put together when it is sent.

mod origin;

pub use origin::Origin;

use crate::domain::chain::Whom;
use crate::domain::content::Kind;
use crate::domain::event::{Entry, Fact};
use crate::domain::execution::How;
use crate::domain::moment::Moment;
use crate::domain::names::{PersonName, PrincipalName, RequestId};
use crate::domain::principal::PrincipalKind;
use crate::domain::request::{Execution, Request, State};
use crate::domain::rollout::{Phase, RolloutFact};

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
    /// A comment calls somebody by name: for them only.
    Mention,
    /// It went ahead without the sign-off of whoever is told.
    Override,
    /// Something about this place is wrong, and of no single request.
    Alarm,
    /// It is right again.
    Recovery,
}

impl NoticeKind {
    /// All kinds.
    pub const ALL: [NoticeKind; 14] = [
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
        NoticeKind::Mention,
        NoticeKind::Override,
        NoticeKind::Alarm,
        NoticeKind::Recovery,
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
            NoticeKind::Mention => "mention",
            NoticeKind::Override => "override",
            NoticeKind::Alarm => "alarm",
            NoticeKind::Recovery => "recovery",
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
    /// About which request; nothing: about this place.
    pub request: Option<RequestId>,
    /// What called: one occasion never calls the same one twice.
    pub origin: Origin,
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
        let kind = self.kind.word();
        let request = self.request.map(|id| id.to_string()).unwrap_or_default();
        let to = |to: &Option<Whom>| to.as_ref().map(Whom::to_string).unwrap_or_default();
        match &self.origin {
            // One event passes several over; every other one calls once.
            Origin::Event(version) if self.kind == NoticeKind::Override => {
                format!("{request}/{version}/{kind}/{}/{}", self.assignment, to(&self.to))
            }
            Origin::Event(version) => format!("{request}/{version}/{kind}/{}", self.assignment),
            // An edit does not call again whom the comment called before.
            Origin::Comment(number) => format!("{request}/c{}/{kind}/{}", number.0, to(&self.to)),
            Origin::Rollout { name, version } => format!("{name}/{version}/{kind}/{}", to(&self.to)),
            Origin::Place(subject) => format!("{}{subject}/{kind}/{}", Origin::PLACE, self.at.millis()),
        }
    }

    /// Whether only whom it is for may see that there is one.
    pub fn is_private(&self) -> bool {
        self.kind == NoticeKind::Mention
    }

    /// Something about this place that is wrong, or right again.
    pub fn of_place(kind: NoticeKind, subject: &str, at: Moment) -> Self {
        let origin = Origin::Place(subject.to_owned());
        Self { kind, request: None, origin, assignment: 0, to: None, cause: None, at }
    }

    /// Whether it is still worth saying of the request as it is now: who has decided is not called any more.
    pub fn is_wanted(&self, request: &Request) -> bool {
        let still_theirs = request.assignments.len() as u64 == u64::from(self.assignment);
        if let Origin::Rollout { .. } = self.origin {
            return true;
        }
        match self.kind {
            NoticeKind::Failure | NoticeKind::Halt | NoticeKind::Rollback | NoticeKind::Override => true,
            NoticeKind::Alarm | NoticeKind::Recovery => true,
            NoticeKind::Mention => match (&self.origin, &self.to) {
                (Origin::Comment(number), Some(Whom::Principal(name))) => {
                    request.comment(*number).is_some_and(|comment| comment.mentions.contains(name))
                }
                _ => false,
            },
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
    let mut all: Vec<Notice> = Vec::new();
    for (entry, version) in numbered {
        all.extend(one(version, after, entry));
        all.extend(by_name(version, after, entry));
    }
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
        Fact::Rollout(fact) => (of_rollout(fact)?, None),
        _ => return None,
    };
    let cause = match &entry.fact {
        // The account that typed a document is not who asks.
        Fact::Submitted { requester, .. } => {
            Some(Cause { name: requester.name.clone(), person: requester.person.clone() })
        }
        _ => cause_of(entry),
    };
    let cause = cause.filter(|cause| cause.name != PrincipalName::system());
    let assignment = u32::try_from(after.assignments.len()).unwrap_or(u32::MAX);
    let (request, origin) = (Some(after.id), Origin::Event(version));
    Some(Notice { kind, request, origin, assignment, to, cause, at: entry.at })
}

/// What a rollout that comes somewhere calls everybody who reviews for; its promotion is asked for by a request of its own.
fn of_rollout(fact: &RolloutFact) -> Option<NoticeKind> {
    let RolloutFact::CameTo { phase, alarm, .. } = fact else { return None };
    match phase {
        Phase::RollbackFailed if *alarm => Some(NoticeKind::Failure),
        Phase::Unknown => Some(NoticeKind::Failure),
        Phase::Frozen => Some(NoticeKind::Halt),
        Phase::RollingBack => Some(NoticeKind::Rollback),
        _ => None,
    }
}

fn cause_of(entry: &Entry) -> Option<Cause> {
    let cause = Cause { name: entry.by.clone(), person: entry.actor.person.clone() };
    (cause.name != PrincipalName::system()).then_some(cause)
}

/// What calls several, each by name: a comment that mentions them, an override that passed them over.
fn by_name(version: u64, after: &Request, entry: &Entry) -> Vec<Notice> {
    let (kind, names, origin) = match &entry.fact {
        Fact::Commented { number, mentions, .. } | Fact::CommentEdited { number, mentions } => {
            (NoticeKind::Mention, mentions, Origin::Comment(*number))
        }
        Fact::Overridden { instead, .. } => {
            (NoticeKind::Override, &instead.passed_over, Origin::Event(version))
        }
        _ => return Vec::new(),
    };
    let others = names.iter().filter(|name| **name != entry.by);
    let one = |name: &PrincipalName| Notice {
        kind,
        request: Some(after.id),
        origin: origin.clone(),
        assignment: 0,
        to: Some(Whom::Principal(name.clone())),
        cause: cause_of(entry),
        at: entry.at,
    };
    others.map(one).collect()
}
