//! The transition table: which verb is legal from which state, for whom. `decide` obeys it, a test walks every cell,
//! and `docs/states.md` is printed from it.

mod print;

pub use print::as_markdown;

use crate::domain::content::Kind;
use crate::domain::principal::{Permission, PrincipalKind};
use crate::domain::request::{Execution, StateName};
use StateName::{Approved, Cancelled, ChangesRequested, Escalated, Expired, Overridden, Rejected, Requested};

/// Everything that can be done to a request.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Verb {
    /// Set the working answer on a step.
    Mark,
    /// Sign off.
    Approve,
    /// Take back one's own sign-off or request for changes.
    Withdraw,
    /// Refuse.
    Reject,
    /// Give the ball to the producer.
    RequestChanges,
    /// Give it back, changed.
    Resubmit,
    /// Change the content while it waits.
    Revise,
    /// Say that one is looking.
    Claim,
    /// Say that one no longer is.
    Release,
    /// Say something.
    Comment,
    /// Answer a question.
    Answer,
    /// Take the request back.
    Cancel,
    /// Go ahead without the required sign-offs.
    Override,
    /// Denied by time.
    Expire,
    /// An approval that was not used in time ends.
    Lapse,
    /// Put it out of one's own sight until later, or back.
    Snooze,
    /// Change a step's parameters while it waits.
    Modify,
    /// Add evidence.
    Attach,
    /// This program does the approved steps.
    Run,
    /// The producer asks which step it may do.
    Next,
    /// The producer says what became of a step.
    Report,
    /// End an execution before its last step.
    Stop,
    /// Let a step go on that waits for a person.
    Confirm,
    /// Let a step that ended badly run once more.
    Retry,
    /// Leave a step out while the plan runs.
    LeaveOut,
    /// Go on past what ended badly or cannot run.
    Continue,
    /// Take back what was done.
    RollBack,
    /// Raise it to the next level of its chain.
    Escalate,
    /// Pass it on to somebody.
    Reassign,
}

/// Who may, apart from being able to see the request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Who {
    /// A holder of `review` (to approve a promotion: `rollout`; a policy: `admin`; as an agent: `cosign_agent`) who is
    /// not the requester.
    Reviewer,
    /// As [`Who::Reviewer`], but a person may answer their own agent.
    Answerer,
    /// A holder of `review`, the requester included: it decides nothing.
    Looker,
    /// The one who gave what is taken back.
    Author,
    /// A person who holds `override` and is not the requester, whatever a solo store allows.
    Overrider,
    /// The requester.
    Requester,
    /// The requester, or a holder of `review`.
    Editor,
    /// The requester, or a holder of `operator`.
    Runner,
    /// A holder of `escalate`; the clock does it too.
    Escalator,
    /// A holder of `assign`.
    Assigner,
    /// Whoever can see it.
    Anyone,
    /// Whoever can see it; it holds for themselves only.
    Oneself,
    /// Time.
    Clock,
}

/// Where a verb leads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum To {
    /// Nowhere: the state stays.
    Same,
    /// To this state.
    State(StateName),
    /// The same, or approved when the last slot fills.
    SameOrApproved,
    /// To the state (and level) before changes were requested.
    Before,
    /// The same; from `changes_requested`, the state before.
    SameOrBefore,
}

/// Whether a reason is required.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reason {
    /// Always.
    Required,
    /// When the request is sensitive.
    WhenSensitive,
    /// Welcome.
    Welcome,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The verb.
    pub verb: Verb,
    /// The states it is legal from.
    pub from: &'static [StateName],
    /// Where it leads.
    pub to: To,
    /// Who may.
    pub who: Who,
    /// Whether a reason is required.
    pub reason: Reason,
    /// Which kinds it applies to; empty: all.
    pub only: &'static [Kind],
    /// What it makes void, in words for the document.
    pub voids: &'static str,
}

const WAITING: &[StateName] = &[Requested, Escalated];
const OPEN: &[StateName] = &[Requested, ChangesRequested, Escalated];
const ANY: &[StateName] = &StateName::ALL;
/// A review that is owed is neither taken back nor given back: it is done.
const BUT_DEBT: &[Kind] = &[
    Kind::Plan,
    Kind::Deployment,
    Kind::Promotion,
    Kind::Exception,
    Kind::Incident,
    Kind::Gate,
    Kind::Question,
    Kind::Policy,
];
/// What the program itself asks for says what it says: a policy that is proposed is pinned with the text, and what stands
/// beside it is the difference that this program made.
const BY_OTHERS: &[Kind] = &[
    Kind::Plan,
    Kind::Deployment,
    Kind::Promotion,
    Kind::Exception,
    Kind::Incident,
    Kind::Gate,
    Kind::Question,
];
const RUNS: &[StateName] = &[Approved, Overridden];

/// The table, in the order of the document.
#[rustfmt::skip]
pub const TABLE: [Row; 29] = [
    Row { verb: Verb::Mark, from: WAITING, to: To::Same, who: Who::Reviewer, reason: Reason::Welcome, only: &[Kind::Plan, Kind::Deployment], voids: "sign-offs on other marks" },
    Row { verb: Verb::Approve, from: WAITING, to: To::SameOrApproved, who: Who::Reviewer, reason: Reason::WhenSensitive, only: &[], voids: "–" },
    Row { verb: Verb::Withdraw, from: OPEN, to: To::SameOrBefore, who: Who::Author, reason: Reason::Welcome, only: &[], voids: "that one" },
    Row { verb: Verb::Reject, from: OPEN, to: To::State(Rejected), who: Who::Reviewer, reason: Reason::Required, only: &[], voids: "–" },
    Row { verb: Verb::RequestChanges, from: WAITING, to: To::State(ChangesRequested), who: Who::Reviewer, reason: Reason::Required, only: BY_OTHERS, voids: "–" },
    Row { verb: Verb::Resubmit, from: &[ChangesRequested], to: To::Before, who: Who::Requester, reason: Reason::Welcome, only: BY_OTHERS, voids: "what the change touches" },
    Row { verb: Verb::Revise, from: WAITING, to: To::Same, who: Who::Requester, reason: Reason::Welcome, only: BY_OTHERS, voids: "what the change touches" },
    Row { verb: Verb::Claim, from: OPEN, to: To::Same, who: Who::Looker, reason: Reason::Welcome, only: &[], voids: "–" },
    Row { verb: Verb::Release, from: OPEN, to: To::Same, who: Who::Looker, reason: Reason::Welcome, only: &[], voids: "–" },
    Row { verb: Verb::Comment, from: ANY, to: To::Same, who: Who::Anyone, reason: Reason::Welcome, only: &[], voids: "–" },
    Row { verb: Verb::Answer, from: WAITING, to: To::State(Approved), who: Who::Answerer, reason: Reason::WhenSensitive, only: &[Kind::Question], voids: "–" },
    Row { verb: Verb::Cancel, from: OPEN, to: To::State(Cancelled), who: Who::Requester, reason: Reason::Required, only: BUT_DEBT, voids: "–" },
    Row { verb: Verb::Override, from: OPEN, to: To::State(Overridden), who: Who::Overrider, reason: Reason::Required, only: &[Kind::Plan, Kind::Deployment, Kind::Exception, Kind::Incident, Kind::Gate], voids: "sign-offs on other marks" },
    Row { verb: Verb::Expire, from: OPEN, to: To::State(Expired), who: Who::Clock, reason: Reason::Welcome, only: &[], voids: "–" },
    Row { verb: Verb::Lapse, from: &[Approved, Overridden], to: To::Same, who: Who::Clock, reason: Reason::Welcome, only: &[Kind::Plan, Kind::Deployment], voids: "–" },
    Row { verb: Verb::Snooze, from: OPEN, to: To::Same, who: Who::Oneself, reason: Reason::Welcome, only: &[], voids: "–" },
    Row { verb: Verb::Modify, from: WAITING, to: To::Same, who: Who::Editor, reason: Reason::Welcome, only: &[Kind::Plan, Kind::Deployment], voids: "what the change touches" },
    Row { verb: Verb::Attach, from: ANY, to: To::Same, who: Who::Anyone, reason: Reason::Welcome, only: &[], voids: "–" },
    Row { verb: Verb::Run, from: RUNS, to: To::Same, who: Who::Runner, reason: Reason::Welcome, only: &[Kind::Plan, Kind::Deployment], voids: "–" },
    Row { verb: Verb::Next, from: RUNS, to: To::Same, who: Who::Requester, reason: Reason::Welcome, only: &[Kind::Plan, Kind::Deployment], voids: "–" },
    Row { verb: Verb::Report, from: RUNS, to: To::Same, who: Who::Requester, reason: Reason::Welcome, only: &[Kind::Plan, Kind::Deployment], voids: "–" },
    Row { verb: Verb::Stop, from: RUNS, to: To::Same, who: Who::Runner, reason: Reason::Welcome, only: &[Kind::Plan, Kind::Deployment], voids: "–" },
    Row { verb: Verb::Confirm, from: RUNS, to: To::Same, who: Who::Reviewer, reason: Reason::Welcome, only: &[Kind::Plan, Kind::Deployment], voids: "–" },
    Row { verb: Verb::Retry, from: RUNS, to: To::Same, who: Who::Runner, reason: Reason::Welcome, only: &[Kind::Plan, Kind::Deployment], voids: "–" },
    Row { verb: Verb::LeaveOut, from: RUNS, to: To::Same, who: Who::Runner, reason: Reason::Welcome, only: &[Kind::Plan, Kind::Deployment], voids: "–" },
    Row { verb: Verb::Continue, from: RUNS, to: To::Same, who: Who::Runner, reason: Reason::Welcome, only: &[Kind::Plan, Kind::Deployment], voids: "–" },
    Row { verb: Verb::RollBack, from: RUNS, to: To::Same, who: Who::Runner, reason: Reason::Welcome, only: &[Kind::Plan, Kind::Deployment], voids: "–" },
    Row { verb: Verb::Escalate, from: WAITING, to: To::State(Escalated), who: Who::Escalator, reason: Reason::Required, only: &[], voids: "–" },
    Row { verb: Verb::Reassign, from: OPEN, to: To::Same, who: Who::Assigner, reason: Reason::Welcome, only: &[], voids: "–" },
];

/// A row of the design whose verb is not built yet: it is printed, and held to the same laws, so that the room is there.
#[derive(Clone, Copy, Debug)]
pub struct Later {
    /// The verb's word.
    pub verb: &'static str,
    /// The states it will be legal from.
    pub from: &'static [StateName],
    /// Where it will lead.
    pub to: To,
    /// Who will be allowed to.
    pub who: &'static str,
    /// Whether a reason will be required.
    pub reason: Reason,
}

/// The verbs of the design that are not built yet.
#[rustfmt::skip]
pub const LATER: [Later; 0] = [
];

/// One row of the execution's table.
#[derive(Clone, Copy, Debug)]
pub struct ExecutionRow {
    /// From.
    pub from: Execution,
    /// What happens.
    pub event: &'static str,
    /// To.
    pub to: Execution,
    /// Whether this program does it yet.
    pub built: bool,
}

/// The execution of an approved or overridden plan or deployment: what leads from state to state.
#[rustfmt::skip]
pub const EXECUTION: [ExecutionRow; 6] = [
    ExecutionRow { from: Execution::NotStarted, event: "its time to live passes", to: Execution::Lapsed, built: true },
    ExecutionRow { from: Execution::NotStarted, event: "the first run or next", to: Execution::Running, built: true },
    ExecutionRow { from: Execution::Running, event: "its last step ends", to: Execution::Done, built: true },
    ExecutionRow { from: Execution::Running, event: "a step fails and nobody goes on, or what was done is taken back", to: Execution::Failed, built: true },
    ExecutionRow { from: Execution::Running, event: "stop", to: Execution::Stopped, built: true },
    ExecutionRow { from: Execution::Running, event: "its runner dies while a step runs", to: Execution::Unknown, built: true },
];

impl Verb {
    /// The verb's row.
    pub const fn row(self) -> &'static Row {
        // The table is in the order of the enum; `the_table_is_in_order` holds that.
        &TABLE[self as usize]
    }

    /// The word of the command line.
    pub const fn word(self) -> &'static str {
        match self {
            Verb::Mark => "mark",
            Verb::Approve => "approve",
            Verb::Withdraw => "withdraw",
            Verb::Reject => "reject",
            Verb::RequestChanges => "request-changes",
            Verb::Resubmit => "resubmit",
            Verb::Revise => "revise",
            Verb::Claim => "claim",
            Verb::Release => "release",
            Verb::Comment => "comment",
            Verb::Answer => "answer",
            Verb::Cancel => "cancel",
            Verb::Override => "override",
            Verb::Expire => "expire",
            Verb::Lapse => "lapse",
            Verb::Snooze => "snooze",
            Verb::Modify => "modify",
            Verb::Attach => "attach",
            Verb::Run => "run",
            Verb::Next => "next",
            Verb::Report => "report",
            Verb::Stop => "stop",
            Verb::Confirm => "confirm",
            Verb::Retry => "retry",
            Verb::LeaveOut => "skip",
            Verb::Continue => "continue",
            Verb::RollBack => "roll-back",
            Verb::Escalate => "escalate",
            Verb::Reassign => "reassign",
        }
    }

    /// The permission a reviewer's verb needs on a request of this kind, of this sort of principal.
    pub const fn permission(self, kind: Kind, by: PrincipalKind) -> Permission {
        match (self, kind, by) {
            // An agent can only fill an agent's slot, whatever the kind.
            (Verb::Approve, _, PrincipalKind::Agent) => Permission::CosignAgent,
            (Verb::Approve, Kind::Promotion, _) => Permission::Rollout,
            (Verb::Approve, Kind::Policy, _) => Permission::Admin,
            (Verb::Escalate, ..) => Permission::Escalate,
            (Verb::Reassign, ..) => Permission::Assign,
            (Verb::Override, ..) => Permission::Override,
            (_, Kind::Policy, _) => Permission::Admin,
            _ => Permission::Review,
        }
    }
}

impl Who {
    /// In words, for the document.
    pub const fn words(self) -> &'static str {
        match self {
            Who::Reviewer => {
                "`review` (approve a promotion: `rollout`, a policy: `admin`, as an agent: `cosign_agent`), not the requester"
            }
            Who::Answerer => "`review`, not the requester (a person may answer their own agent)",
            Who::Looker => "`review`",
            Who::Overrider => "a person with `override`, never the requester",
            Who::Author => "its author",
            Who::Requester => "the requester",
            Who::Editor => {
                "the requester; `review`, for a step's params (in a team it then fills no slot of that revision)"
            }
            Who::Runner => "the requester, or `operator`",
            Who::Escalator => "`escalate`, or the clock",
            Who::Assigner => "`assign`; to somebody who could decide on it",
            Who::Anyone => "who can see it",
            Who::Oneself => "who can see it, for oneself",
            Who::Clock => "the clock",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order() {
        for (n, row) in TABLE.iter().enumerate() {
            assert_eq!(row.verb as usize, n, "{:?}", row.verb);
            assert_eq!(row.verb.row().verb, row.verb);
        }
    }

    #[test]
    fn nothing_leads_out_of_a_closed_state() {
        for row in &TABLE {
            let from_closed = row.from.iter().any(|s| !s.is_open());
            assert!(!from_closed || row.to == To::Same, "{:?}", row.verb);
        }
        for row in &LATER {
            let from_closed = row.from.iter().any(|s| !s.is_open());
            assert!(!from_closed || row.to == To::Same, "{}", row.verb);
            assert!(TABLE.iter().all(|built| built.verb.word() != row.verb), "{} is built", row.verb);
        }
    }

    #[test]
    fn no_execution_goes_on_from_an_end() {
        for row in &EXECUTION {
            let goes_on = [Execution::NotStarted, Execution::Running];
            assert!(goes_on.contains(&row.from), "{:?}", row);
            assert!(!matches!(row.to, Execution::NotStarted), "{:?}", row);
        }
        let reached = |state| state == Execution::NotStarted || EXECUTION.iter().any(|row| row.to == state);
        assert!(Execution::ALL.into_iter().all(reached));
    }
}
