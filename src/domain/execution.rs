//! The execution of an approved plan: what has become of each step, what each may do next.

pub use crate::domain::machine::{Happening, STEPS, StepState, leads};

use crate::domain::content::Content;
use crate::domain::digest::{FilledDigest, TokenDigest};
use crate::domain::late::{self, Filled, Unfilled};
use crate::domain::moment::{Moment, Span};
use crate::domain::names::{PrincipalName, StepId};
use crate::domain::policy::Assessment;
use crate::domain::preview::{MadeUp, Outcome, Ran, Results, consequences};
use crate::domain::request::{Execution, Request};
use crate::domain::risk::Risk;
use crate::domain::step::{Step, before};
use crate::domain::text::Text;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// Who runs the steps.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Runner {
    /// This program, by their `run` commands.
    Gate,
    /// The producer itself.
    Producer,
}

/// Which of a step's two commands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Work {
    /// What was asked for.
    Run,
    /// Taking it back.
    Undo,
}

/// How a step's work ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// Well.
    Completed,
    /// Badly, or it could not be started.
    Failed,
    /// Its time was over.
    TimedOut,
    /// Nobody knows: its runner died.
    Unknown,
}

impl How {
    /// The state it leaves a step in.
    pub const fn state(self) -> StepState {
        match self {
            How::Completed => StepState::Completed,
            How::Failed => StepState::Failed,
            How::TimedOut => StepState::TimedOut,
            How::Unknown => StepState::Unknown,
        }
    }

    /// What that is to the state machine.
    pub const fn happening(self) -> Happening {
        match self {
            How::Completed => Happening::Completes,
            How::Failed => Happening::Fails,
            How::TimedOut => Happening::TimesOut,
            How::Unknown => Happening::RunnerDied,
        }
    }
}

/// What is known of an end, in numbers: nothing of it is content.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct End {
    /// How it ended.
    pub how: How,
    /// The exit status, when there was a process and it ended by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit: Option<i32>,
    /// The signal that ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<i32>,
    /// How many bytes it printed in all.
    pub bytes: u64,
    /// How many processes it left behind in a session of their own, as far as can be seen.
    pub left: u32,
    /// How long it took, in milliseconds, by a clock that does not jump.
    pub took: Span,
}

impl End {
    /// An end without a process.
    pub const fn plain(how: How) -> Self {
        Self { how, exit: None, signal: None, bytes: 0, left: 0, took: Span::ZERO }
    }
}

/// Why a step waits for a person.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AskedFor {
    /// It is of high risk, and a value in it came after the sign-off.
    LateValues,
    /// It would go without something, and the plan says to ask then.
    GoesWithout,
    /// Its runner asks.
    Runner,
}

/// A runner's question on a step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Question {
    /// What is asked; nothing when it was redacted.
    pub text: Option<Text>,
    /// What can be picked; empty when it was redacted, or any answer will do.
    pub options: Vec<Text>,
    /// How many options there were.
    pub count: u32,
    /// Until when; then the step has timed out.
    pub until: Option<Moment>,
}

/// A person's answer to it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reply {
    /// Who.
    pub by: PrincipalName,
    /// Which option, from 1.
    pub option: Option<u32>,
    /// In words.
    pub text: Option<Text>,
}

/// What has been recorded of one step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StepRun {
    /// Its state, as far as events say; a step that waits or is ready has none of its own.
    pub state: StepState,
    /// How often it was started, or ended without being started.
    pub attempts: u32,
    /// When it was last started.
    pub started_at: Option<Moment>,
    /// When it last ended.
    pub ended_at: Option<Moment>,
    /// How it last ended, in numbers.
    pub end: Option<End>,
    /// What it gave; nothing when it gave none, or it was redacted.
    pub result: Option<Value>,
    /// What it printed: its head and its tail.
    pub output: Option<Text>,
    /// Why it failed or was left out.
    pub why: Option<Text>,
    /// Whether a person went on past its failure.
    pub passed: bool,
    /// What a person was asked to confirm it with.
    pub asked: Option<FilledDigest>,
    /// What a person confirmed it with.
    pub confirmed: Option<FilledDigest>,
    /// What its runner asks.
    pub question: Option<Question>,
    /// What was answered last.
    pub reply: Option<Reply>,
    /// The how-manieth step it was to end, for taking back in reverse.
    pub place: Option<u32>,
    /// What has become of taking it back.
    pub undo: Option<StepState>,
}

impl StepRun {
    /// A step of which nothing but its state is known.
    pub const fn in_state(state: StepState) -> Self {
        Self {
            state,
            attempts: 0,
            started_at: None,
            ended_at: None,
            end: None,
            result: None,
            output: None,
            why: None,
            passed: false,
            asked: None,
            confirmed: None,
            question: None,
            reply: None,
            place: None,
            undo: None,
        }
    }
}

/// What has been recorded of one execution.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Run {
    /// The digest of its holder's token.
    pub token: TokenDigest,
    /// Who started it, or took it over.
    pub holder: PrincipalName,
    /// Who does the steps.
    pub runner: Runner,
    /// When it was started.
    pub started_at: Moment,
    /// When anything last happened to it.
    pub last_at: Moment,
    /// Whether what was done is being taken back.
    pub undoing: bool,
    /// The steps of which something is recorded.
    pub steps: BTreeMap<StepId, StepRun>,
    /// How many steps have ended.
    pub ended: u32,
}

impl Run {
    /// What is known of the results, for the preview.
    pub fn results(&self) -> Results {
        let known = |run: &StepRun| match run.state {
            StepState::Completed => Some(Ran::Completed(run.result.clone())),
            StepState::Skipped => Some(Ran::Without),
            StepState::Failed | StepState::TimedOut if run.passed => Some(Ran::Without),
            StepState::Pending | StepState::Ready => None,
            _ => Some(Ran::Started),
        };
        self.steps.iter().filter_map(|(id, run)| Some((id.clone(), known(run)?))).collect()
    }

    /// As [`Run::results`], of what still stands. A step that was to be taken back is no longer done, also when that
    /// went wrong: nobody knows then how much of it is left.
    pub fn done(&self) -> Results {
        let mut results = self.results();
        results.retain(|id, _| self.steps.get(id).is_none_or(|step| step.undo.is_none()));
        results
    }

    /// The steps whose work is under way.
    pub fn under_way(&self) -> impl Iterator<Item = (&StepId, Work)> {
        self.steps.iter().filter_map(|(id, run)| match run.undo {
            Some(StepState::Running) => Some((id, Work::Undo)),
            _ if run.state == StepState::Running => Some((id, Work::Run)),
            _ => None,
        })
    }

    /// The steps that ended badly and that nobody has said anything about: nothing new is started then.
    pub fn failing(&self) -> impl Iterator<Item = &StepId> {
        self.steps
            .iter()
            .filter(|(_, run)| matches!(run.state, StepState::Failed | StepState::TimedOut) && !run.passed)
            .map(|(id, _)| id)
    }

    /// The step to take back next: of those that ended well and have a command for it, the last.
    pub fn next_to_undo(&self, content: &Content) -> Option<StepId> {
        let undoable = |id: &StepId| content.step(id).is_some_and(|step| step.undo.is_some());
        self.steps
            .iter()
            .filter(|(id, run)| run.state == StepState::Completed && run.undo.is_none() && undoable(id))
            .max_by_key(|(_, run)| run.place)
            .map(|(id, _)| id.clone())
    }
}

/// How one step stands now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stand {
    /// The step.
    pub step: StepId,
    /// Its state.
    pub state: StepState,
    /// Whether nothing more becomes of it by itself, and whatever needs it can go by that.
    pub settled: bool,
    /// What the preview says of it.
    pub outcome: Outcome,
    /// What it runs with, when it is ready or waits for a person before it is started; or what takes it back, when that
    /// waits for a person.
    pub filled: Option<Result<Filled, Unfilled>>,
    /// Why it waits for a person.
    pub asked_for: Option<AskedFor>,
}

/// How every step of an execution stands, in document order; nothing when the content was redacted, or nothing runs.
pub fn stands(request: &Request) -> Vec<Stand> {
    let (Some(content), Some(run)) = (&request.content, &request.run) else { return Vec::new() };
    let results = run.results();
    let mut out: Vec<Stand> = Vec::with_capacity(content.steps.len());
    let outcomes = consequences(content, &request.marks, &results);
    for (id, outcome) in outcomes {
        let (state, settled) = match run.steps.get(&id) {
            Some(known) if !matches!(known.state, StepState::Pending | StepState::Ready) => (
                known.state,
                matches!(known.state, StepState::Completed | StepState::Skipped) || known.passed,
            ),
            _ => by_outcome(&outcome),
        };
        out.push(Stand { step: id, state, settled, outcome, filled: None, asked_for: None });
    }
    let over_or_undoing = run.undoing || request.execution != Some(Execution::Running);
    let settled: BTreeMap<StepId, bool> = out.iter().map(|s| (s.step.clone(), s.settled)).collect();
    for stand in &mut out {
        let known = run.steps.get(&stand.step);
        if stand.state == StepState::WaitingIntervention && known.is_some_and(|k| k.question.is_some()) {
            stand.asked_for = Some(AskedFor::Runner);
        }
        if over_or_undoing {
            continue; // nothing that has not begun will
        }
        let Outcome::Runs { without } = &stand.outcome else { continue };
        let Some(step) = content.step(&stand.step).filter(|_| stand.state == StepState::Pending) else {
            continue;
        };
        if !before(step).into_iter().all(|id| settled.get(id).copied().unwrap_or(false)) {
            continue;
        }
        stand.state = StepState::Ready;
        let filled = late::fill(step, without, &results);
        let asks = without.iter().any(|m| m.made_up == MadeUp::AskedLater);
        stand.asked_for = filled.as_ref().ok().and_then(|filled| {
            let late = !filled.values.is_empty() && step_risk(request.assessment(), step) >= Risk::High;
            let confirmed = known.and_then(|k| k.confirmed) == Some(filled.digest());
            match (late, asks) {
                _ if confirmed => None,
                (true, _) => Some(AskedFor::LateValues),
                (false, true) => Some(AskedFor::GoesWithout),
                (false, false) => None,
            }
        });
        stand.filled = Some(filled);
        if stand.asked_for.is_some() {
            stand.state = StepState::WaitingIntervention;
        }
    }
    let waits = request.execution == Some(Execution::Running);
    if let Some((id, filled)) = undo_to_confirm(request, content, run).filter(|_| waits)
        && let Some(stand) = out.iter_mut().find(|s| s.step == id)
    {
        (stand.filled, stand.asked_for) = (Some(Ok(filled)), Some(AskedFor::LateValues));
    }
    out
}

/// The step that is to be taken back next, when a person must look first: at high risk no command runs with a value that
/// came after the sign-off, be it the step's own.
fn undo_to_confirm(request: &Request, content: &Content, run: &Run) -> Option<(StepId, Filled)> {
    if !run.undoing || run.under_way().next().is_some() {
        return None;
    }
    let id = run.next_to_undo(content)?;
    let step = content.step(&id)?;
    let filled = late::fill_undo(step, &run.results()).ok()??;
    let late = !filled.values.is_empty() && step_risk(request.assessment(), step) >= Risk::High;
    let confirmed = run.steps.get(&id).and_then(|s| s.confirmed) == Some(filled.digest());
    (late && !confirmed).then_some((id, filled))
}

/// The state of a step of which nothing is recorded, and whether it is settled.
const fn by_outcome(outcome: &Outcome) -> (StepState, bool) {
    match outcome {
        Outcome::Rejected | Outcome::SkippedByMark | Outcome::Skips(_) => (StepState::Skipped, true),
        Outcome::BlockedBy(_) | Outcome::Asks(_) => (StepState::WaitingIntervention, false),
        Outcome::Runs { .. } | Outcome::Depends { .. } => (StepState::Pending, false),
    }
}

/// The risk of one step: what policy found in it or in the whole request.
pub fn step_risk(assessment: &Assessment, step: &Step) -> Risk {
    let about = |f: &&crate::domain::policy::Factor| f.step.is_none() || f.step.as_ref() == Some(&step.id);
    assessment.factors.iter().filter(about).map(|f| f.floor).max().unwrap_or(Risk::Low)
}

/// How many steps ended well, and how many were left out or failed: what is said of an execution that is over.
pub fn tally(stands: &[Stand]) -> (usize, usize, usize) {
    let count = |wanted: &[StepState]| stands.iter().filter(|s| wanted.contains(&s.state)).count();
    (
        count(&[StepState::Completed]),
        count(&[StepState::Skipped]),
        count(&[StepState::Failed, StepState::TimedOut, StepState::Unknown]),
    )
}
