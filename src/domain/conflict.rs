//! Conflicts: approved steps that cannot run because one they need was left out, and the ways out of it, each with
//! what would run then. Pure values: a refusal names them, the command line prints them, a dialog can draw them.

use crate::domain::content::Content;
use crate::domain::edit;
use crate::domain::marks::{Mark, Marks};
use crate::domain::names::{RequestId, StepId};
use crate::domain::preview::{Lack, Outcome, preview};
use crate::domain::step::Resolution;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;

/// One step that will not come, and every approved step that is blocked by it, directly or through others.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Conflict {
    /// The step that will not come.
    pub needed: StepId,
    /// The mark it has; a conflict begins at a step that was rejected or skipped.
    pub mark: Mark,
    /// The steps that cannot run without it, in document order; never empty.
    pub blocked: Vec<Blocked>,
    /// The ways out, in the order they are offered.
    pub ways: Vec<Way>,
}

/// One approved step that cannot run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Blocked {
    /// The step.
    pub step: StepId,
    /// What it goes without: of the step that will not come, or of another that is blocked by that.
    pub lack: Lack,
    /// What its need says is to be done then: ask a person, or wait.
    pub resolution: Resolution,
}

/// One way out of a conflict.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Way {
    /// Say by hand what the steps would have taken from the other: a revision.
    GiveValues(Vec<(StepId, Lack)>),
    /// Leave out the steps that are blocked.
    Skip(Vec<StepId>),
    /// Approve again the step that is needed.
    ApproveAgain(StepId),
}

/// What would come of a way out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Impact {
    /// What each step would do, in document order.
    pub outcomes: Vec<(StepId, Outcome)>,
    /// How many conflicts would be left.
    pub conflicts_left: usize,
}

impl Impact {
    /// The steps that would run, in document order.
    pub fn runs(&self) -> impl Iterator<Item = &StepId> {
        self.outcomes.iter().filter(|(_, outcome)| outcome.may_run()).map(|(id, _)| id)
    }
}

impl Way {
    /// The way in a word, for programs.
    pub const fn word(&self) -> &'static str {
        match self {
            Way::GiveValues(_) => "give_value",
            Way::Skip(_) => "skip",
            Way::ApproveAgain(_) => "approve_again",
        }
    }

    /// The commands that take this way. `JSON` in them stands for the value that a person gives.
    pub fn commands(&self, id: RequestId) -> Vec<String> {
        match self {
            Way::GiveValues(gaps) => {
                let mut by_step: Vec<(&StepId, String)> = Vec::new();
                for (step, lack) in gaps {
                    let give = format!(" --give {lack}=JSON");
                    match by_step.iter_mut().find(|(known, _)| *known == step) {
                        Some((_, gives)) => gives.push_str(&give),
                        None => by_step.push((step, give)),
                    }
                }
                let command = |(step, gives)| format!("countersign modify {id} --step {step}{gives}");
                by_step.into_iter().map(command).collect()
            }
            Way::Skip(steps) => {
                let steps: String = steps.iter().map(|step| format!(" --step {step}")).collect();
                vec![format!("countersign skip {id}{steps}")]
            }
            Way::ApproveAgain(step) => vec![format!("countersign approve {id} --step {step}")],
        }
    }

    /// What would come of it. A value that is not given yet counts as given.
    pub fn impact(&self, content: &Content, marks: &Marks) -> Impact {
        let (mut content, mut marks) = (content.clone(), marks.clone());
        match self {
            Way::GiveValues(gaps) => {
                for (id, lack) in gaps {
                    for step in content.steps.iter_mut().filter(|step| step.id == *id) {
                        edit::give(step, lack, &Value::Null);
                    }
                }
            }
            Way::Skip(steps) => steps.iter().for_each(|step| marks.set(step.clone(), Mark::Skipped)),
            Way::ApproveAgain(step) => marks.set(step.clone(), Mark::Approved),
        }
        Impact { outcomes: preview(&content, &marks), conflicts_left: conflicts(&content, &marks).len() }
    }
}

/// In a few words: "give the value (modify)", "skip roll, retire", "approve mint".
impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Way::GiveValues(gaps) if gaps.len() == 1 => f.write_str("give the value (modify)"),
            Way::GiveValues(_) => f.write_str("give the values (modify)"),
            Way::Skip(steps) => {
                let steps: Vec<&str> = steps.iter().map(StepId::as_str).collect();
                write!(f, "skip {}", steps.join(", "))
            }
            Way::ApproveAgain(step) => write!(f, "approve {step}"),
        }
    }
}

/// The conflicts of a plan under `marks`, by the step that will not come, in the order in which they first block a
/// step. None: the marks could be signed, as far as needs are concerned.
pub fn conflicts(content: &Content, marks: &Marks) -> Vec<Conflict> {
    let outcomes = preview(content, marks);
    // A condition that is still open may turn out either way: a sign-off must be able to stand for the worst.
    let worst: BTreeMap<&StepId, &Outcome> = outcomes.iter().map(|(id, o)| (id, o.worst())).collect();
    let mut out: Vec<Conflict> = Vec::new();
    for (step, outcome) in &outcomes {
        let (lack, resolution) = match outcome.worst() {
            Outcome::Asks(lack) => (lack, Resolution::AskUser),
            Outcome::BlockedBy(lack) => (lack, Resolution::Wait),
            _ => continue,
        };
        let blocked = Blocked { step: step.clone(), lack: lack.clone(), resolution };
        let needed = root(&lack.step, &worst);
        match out.iter_mut().find(|conflict| conflict.needed == *needed) {
            Some(conflict) => conflict.blocked.push(blocked),
            None => out.push(Conflict {
                needed: needed.clone(),
                mark: marks.on(needed),
                blocked: vec![blocked],
                ways: Vec::new(),
            }),
        }
    }
    for conflict in &mut out {
        conflict.ways = ways(conflict);
    }
    out
}

/// As [`conflicts`], when `mark` were set on `steps` too: what a dialog asks before it sets it.
pub fn if_marked(content: &Content, marks: &Marks, steps: &[StepId], mark: Mark) -> Vec<Conflict> {
    let mut marks = marks.clone();
    steps.iter().for_each(|step| marks.set(step.clone(), mark));
    conflicts(content, &marks)
}

/// The step at which it began: behind one that is blocked or skipped stands another. There is no circle.
fn root<'a>(from: &'a StepId, worst: &BTreeMap<&'a StepId, &'a Outcome>) -> &'a StepId {
    let mut at = from;
    while let Some(Outcome::Asks(lack) | Outcome::BlockedBy(lack) | Outcome::Skips(lack)) =
        worst.get(at).copied()
    {
        at = &lack.step;
    }
    at
}

fn ways(conflict: &Conflict) -> Vec<Way> {
    let gaps: Vec<(StepId, Lack)> = conflict
        .blocked
        .iter()
        .filter(|blocked| blocked.lack.field.is_some())
        .map(|blocked| (blocked.step.clone(), blocked.lack.clone()))
        .collect();
    let skip = Way::Skip(conflict.blocked.iter().map(|blocked| blocked.step.clone()).collect());
    let again = matches!(conflict.mark, Mark::Rejected | Mark::Skipped);
    let give = (!gaps.is_empty()).then_some(Way::GiveValues(gaps));
    let again = again.then(|| Way::ApproveAgain(conflict.needed.clone()));
    give.into_iter().chain([skip]).chain(again).collect()
}
