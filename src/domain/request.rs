//! A request as its events made it: one thing that waits for a decision.

mod asked;

use crate::domain::chain::{Assignment, Timing};
use crate::domain::content::Content;
use crate::domain::digest::{MarksDigest, RevisionDigest};
use crate::domain::edit::Standing;
pub use crate::domain::talk::Comment;

use crate::domain::event::{Bound, CommentNumber, Deadlines, Owed, Revision, SignOffNumber};
use crate::domain::evidence::Attached;
use crate::domain::execution::Run;
use crate::domain::marks::Marks;
use crate::domain::moment::Moment;
use crate::domain::names::{PrincipalName, Reference, RequestId, StepId};
use crate::domain::overriding::Instead;
use crate::domain::principal::{Assurance, Requester};
use crate::domain::rollout::{Promotes, StandsAt};
use crate::domain::shared::Shared;
use crate::domain::statement::Signature;
use crate::domain::talk::Resolved;
use crate::domain::text::Text;

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// How far up the escalation chain a request is, counted from 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Level(pub u8);

/// Where an open request waits for reviewers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Waiting {
    /// Asked for.
    Requested,
    /// Raised to a level of the chain.
    Escalated(Level),
}

/// The state of a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum State {
    /// The reviewers have the ball.
    Waiting(Waiting),
    /// The producer has the ball.
    ChangesRequested {
        /// Where it waited, and will wait again.
        before: Waiting,
        /// Who asked for what changes on which revision.
        bound: Box<Bound>,
        /// Since when.
        since: Moment,
        /// When it expires unless the producer answers.
        until: Moment,
    },
    /// Decided, or over; it stays so.
    Closed(Box<Closed>),
}

/// How a request ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Closed {
    /// How.
    pub verdict: Verdict,
    /// Who closed it.
    pub by: PrincipalName,
    /// How sure we are of it.
    pub assurance: Assurance,
    /// When.
    pub at: Moment,
    /// In whose words why; nothing when none were given or they were redacted.
    pub reason: Option<Text>,
}

/// The five ends.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// The quorum stood for it, or the question was answered.
    Approved {
        /// What may run: the revision and the marks that were signed.
        revision_digest: RevisionDigest,
        /// The marks that were signed.
        marks_digest: MarksDigest,
        /// The answer, on a question.
        answer: Option<Answer>,
    },
    /// Refused.
    Rejected,
    /// Gone ahead without the required sign-offs.
    Overridden {
        /// On what, by whom: exactly the steps of these marks may run.
        bound: Box<Bound>,
        /// What stands in the place of the sign-offs.
        instead: Box<Instead>,
    },
    /// Taken back by the requester.
    Cancelled,
    /// Nobody decided in time: denied.
    Expired,
}

/// The answer to a question.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// The option that was picked, from 1; nothing for an answer in words.
    pub option: Option<u32>,
    /// The answer; nothing when it was redacted.
    pub text: Option<Text>,
}

/// The name of a state, without what it carries: the columns of the transition table.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum StateName {
    /// Waits for reviewers.
    Requested,
    /// Waits for the producer.
    ChangesRequested,
    /// Waits for reviewers, raised.
    Escalated,
    /// The quorum stood for it.
    Approved,
    /// Refused.
    Rejected,
    /// Gone ahead without sign-offs.
    Overridden,
    /// Taken back.
    Cancelled,
    /// Denied by time.
    Expired,
}

impl StateName {
    /// All states, open ones first.
    pub const ALL: [StateName; 8] = [
        StateName::Requested,
        StateName::ChangesRequested,
        StateName::Escalated,
        StateName::Approved,
        StateName::Rejected,
        StateName::Overridden,
        StateName::Cancelled,
        StateName::Expired,
    ];

    /// The word used everywhere.
    pub const fn word(self) -> &'static str {
        match self {
            StateName::Requested => "requested",
            StateName::ChangesRequested => "changes_requested",
            StateName::Escalated => "escalated",
            StateName::Approved => "approved",
            StateName::Rejected => "rejected",
            StateName::Overridden => "overridden",
            StateName::Cancelled => "cancelled",
            StateName::Expired => "expired",
        }
    }

    /// Whether a decision can still come.
    pub const fn is_open(self) -> bool {
        matches!(self, StateName::Requested | StateName::ChangesRequested | StateName::Escalated)
    }
}

/// The execution of an approved plan or deployment.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Execution {
    /// Nobody has started it.
    NotStarted,
    /// Somebody holds its token and works.
    Running,
    /// Every step ended well.
    Done,
    /// A step failed, and nobody went on.
    Failed,
    /// Somebody stopped it.
    Stopped,
    /// Its runner died: a person must look.
    Unknown,
    /// Its time to live passed before it started; it never can be.
    Lapsed,
}

impl Execution {
    /// All states.
    pub const ALL: [Execution; 7] = [
        Execution::NotStarted,
        Execution::Running,
        Execution::Done,
        Execution::Failed,
        Execution::Stopped,
        Execution::Unknown,
        Execution::Lapsed,
    ];

    /// The word used everywhere.
    pub const fn word(self) -> &'static str {
        match self {
            Execution::NotStarted => "not_started",
            Execution::Running => "running",
            Execution::Done => "done",
            Execution::Failed => "failed",
            Execution::Stopped => "stopped",
            Execution::Unknown => "unknown",
            Execution::Lapsed => "lapsed",
        }
    }
}

/// A sign-off: somebody stands for one revision digest and one marks digest.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SignOff {
    /// Its number.
    pub number: SignOffNumber,
    /// On what, by whom.
    pub bound: Bound,
    /// When.
    pub at: Moment,
    /// Why, in their words.
    pub reason: Option<Text>,
    /// Whether it still counts.
    pub standing: SignOffStanding,
    /// The rule that gave it, when no person did.
    pub rule: Option<String>,
    /// The signature it was given with.
    pub signature: Option<Box<Signature>>,
}

/// Whether a sign-off counts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SignOffStanding {
    /// It counts.
    Counts,
    /// Its author took it back.
    Withdrawn,
    /// What it stood for changed.
    Void,
}

/// Somebody is looking; advisory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Claim {
    /// Who.
    pub by: PrincipalName,
    /// Since when, or when it was last extended.
    pub taken: Moment,
    /// Until when.
    pub until: Moment,
}

/// One request, as its events made it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Request {
    /// Its number.
    pub id: RequestId,
    /// How many events it has.
    pub version: u64,
    /// When it was asked for.
    pub created_at: Moment,
    /// When anything last happened to it.
    pub updated_at: Moment,
    /// Who asked.
    pub requester: Requester,
    /// Their name for it.
    pub reference: Option<Reference>,
    /// The current revision.
    pub revision: Revision,
    /// Who made the current revision.
    pub revised_by: PrincipalName,
    /// The revisions before it, oldest first.
    pub earlier: Vec<Revision>,
    /// The current content; nothing when its payload was redacted, and then it cannot be approved.
    pub content: Option<Shared<Content>>,
    /// The content of the revision before, for showing what changed.
    pub content_before: Option<Shared<Content>>,
    /// Its state.
    pub state: State,
    /// The deadlines that hold while reviewers have the ball.
    pub deadlines: Deadlines,
    /// The working answers on its steps.
    pub marks: Marks,
    /// Every sign-off ever given, counting or not.
    pub signoffs: Vec<SignOff>,
    /// Who is looking.
    pub claim: Option<Claim>,
    /// Who put it out of their own sight, until when. A time that is up has no effect, and goes with the next event.
    pub snoozes: BTreeMap<PrincipalName, Moment>,
    /// What was said.
    pub comments: Vec<Comment>,
    /// The threads that are taken for settled, by their first comment.
    pub resolved: BTreeMap<CommentNumber, Resolved>,
    /// What was attached after it was asked.
    pub attached: Vec<Attached>,
    /// Its execution, once approved, for kinds that are executed.
    pub execution: Option<Execution>,
    /// When an approval that is not started lapses.
    pub lapses_at: Option<Moment>,
    /// The steps that are not as the producer had them, with what they were.
    pub edits: BTreeMap<StepId, Standing>,
    /// What the requester asked for last, whatever others edited since.
    pub asked: RevisionDigest,
    /// The closed request whose work this one goes on with.
    pub continues: Option<RequestId>,
    /// The requests that go on with the work of this one.
    pub continued_by: Vec<RequestId>,
    /// Who set the mark that stands on a step; nobody yet where there is no entry.
    pub marked_by: BTreeMap<StepId, MarkedBy>,
    /// The steps that somebody marked, in whichever revision, also those that are gone: no rule marks them again.
    pub spoken: BTreeSet<StepId>,
    /// Whether somebody requested changes, taken back or not: no rule signs it any more.
    pub person_signs: bool,
    /// The text of the policy it proposes; nothing when it proposes none, or its payload was redacted.
    pub proposed: Option<Text>,
    /// What has been recorded of its execution, once it was started.
    pub run: Option<Run>,
    /// Everybody it was given to, oldest first: the last one has it.
    pub assignments: Vec<Assignment>,
    /// What has been said and counted of its time.
    pub timing: Timing,
    /// For which override it is the review, and whose: a debt.
    pub owes: Option<Owed>,
    /// Which tier of which rollout it promotes.
    pub promotes: Option<Promotes>,
    /// Where its rollout stands, once it has begun: a deployment.
    pub rollout: Option<StandsAt>,
}

/// Who set a mark.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum MarkedBy {
    /// Somebody.
    Person(PrincipalName),
    /// A rule of the policy, by its name.
    Rule(String),
}
