//! The dependency graph of a plan as a value: what each step is, and which step is needed by which. `fold` makes a large
//! one small, `layout` says where everything stands, `picture` sets it in characters.
//!
//! ```text
//! ┌ snapshot ────────────┐
//! │ runs     low      [ ]│
//! └──────────┬───────────┘
//!            ▼
//! ```

pub mod fold;
pub mod layout;
pub mod picture;

use crate::domain::content::Content;
use crate::domain::marks::Mark;
use crate::domain::names::StepId;
use crate::domain::preview::{Outcome, preview};
use crate::domain::request::Request;
use crate::domain::risk::Risk;
use crate::domain::step::{Effect, Step};
use crate::present::line::Tone;
use std::collections::BTreeMap;

/// What becomes of a step, in one word; the worst is the greatest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum State {
    /// It runs.
    Runs,
    /// A result that is not there yet decides.
    Open,
    /// It is left out.
    Skipped,
    /// It was rejected.
    Rejected,
    /// It was approved and cannot run.
    Blocked,
}

impl State {
    fn of(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Runs { .. } => State::Runs,
            Outcome::Depends { .. } => State::Open,
            Outcome::Skips(_) | Outcome::SkippedByMark => State::Skipped,
            Outcome::Rejected => State::Rejected,
            Outcome::BlockedBy(_) | Outcome::Asks(_) => State::Blocked,
        }
    }

    /// Its word.
    pub const fn word(self) -> &'static str {
        match self {
            State::Runs => "runs",
            State::Open => "may run",
            State::Skipped => "skipped",
            State::Rejected => "rejected",
            State::Blocked => "blocked",
        }
    }

    /// How it is meant.
    pub const fn tone(self) -> Tone {
        match self {
            State::Runs => Tone::Good,
            State::Open => Tone::Warn,
            State::Skipped => Tone::Dim,
            State::Rejected | State::Blocked => Tone::Bad,
        }
    }
}

/// How a line is drawn: how much the later step depends on the earlier. The strongest is the least.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Stroke {
    /// It cannot run without.
    Solid,
    /// It is better with it.
    Dashed,
    /// It does as well without, or only a condition looks at the result.
    Dotted,
}

impl Stroke {
    /// The word of the effect it stands for.
    pub const fn word(self) -> &'static str {
        match self {
            Stroke::Solid => "blocks",
            Stroke::Dashed => "enhances",
            Stroke::Dotted => "optional",
        }
    }
}

/// One step, or several that are folded into one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Node {
    /// The steps, in document order; more than one when they are folded.
    pub steps: Vec<StepId>,
    /// What becomes of it; of several the worst.
    pub state: State,
    /// Its risk; of several the highest.
    pub risk: Risk,
    /// Its mark; nothing where several differ.
    pub mark: Option<Mark>,
}

/// One step is needed by another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Edge {
    /// The needed one, by its place in [`Graph::nodes`].
    pub from: usize,
    /// The one that needs it.
    pub to: usize,
    /// How much.
    pub stroke: Stroke,
}

/// The steps of a plan and what needs what. There is no circle in it: the document was checked.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Graph {
    /// In document order.
    pub nodes: Vec<Node>,
    /// At most one between two nodes, the strongest.
    pub edges: Vec<Edge>,
}

impl Graph {
    /// The plan of a request, with its marks.
    pub fn of(request: &Request, content: &Content) -> Self {
        let outcomes = preview(content, &request.marks);
        let floor = |id: &StepId| {
            let factors = request.assessment().factors.iter();
            factors.filter(|f| f.step.as_ref() == Some(id)).map(|f| f.floor).max()
        };
        let nodes = content.steps.iter().zip(&outcomes).map(|(step, (_, outcome))| Node {
            steps: vec![step.id.clone()],
            state: State::of(outcome),
            risk: step.risk.max(floor(&step.id)).unwrap_or(Risk::Low),
            mark: Some(request.marks.on(&step.id)),
        });
        Self { nodes: nodes.collect(), edges: edges(&content.steps) }
    }

    /// The node in which a step is.
    pub fn find(&self, step: &StepId) -> Option<usize> {
        self.nodes.iter().position(|node| node.steps.contains(step))
    }

    /// For each node those before it and those behind it.
    pub fn neighbours(&self) -> (Vec<Vec<usize>>, Vec<Vec<usize>>) {
        let mut before = vec![Vec::new(); self.nodes.len()];
        let mut behind = vec![Vec::new(); self.nodes.len()];
        for edge in &self.edges {
            before[edge.to].push(edge.from);
            behind[edge.from].push(edge.to);
        }
        (before, behind)
    }

    /// For each node how many must come before it one after the other, at most.
    pub fn depths(&self) -> Vec<usize> {
        let (before, behind) = self.neighbours();
        let mut missing: Vec<usize> = before.iter().map(Vec::len).collect();
        let mut depth = vec![0; self.nodes.len()];
        let mut ready: Vec<usize> = (0..self.nodes.len()).filter(|n| missing[*n] == 0).collect();
        while let Some(node) = ready.pop() {
            for next in &behind[node] {
                depth[*next] = depth[*next].max(depth[node] + 1);
                missing[*next] -= 1;
                if missing[*next] == 0 {
                    ready.push(*next);
                }
            }
        }
        depth
    }
}

fn edges(steps: &[Step]) -> Vec<Edge> {
    let at: BTreeMap<&StepId, usize> = steps.iter().enumerate().map(|(n, step)| (&step.id, n)).collect();
    let mut out = Vec::new();
    for (to, step) in steps.iter().enumerate() {
        let mut strongest: BTreeMap<usize, Stroke> = BTreeMap::new();
        let mut add = |id: &StepId, stroke: Stroke| {
            if let Some(from) = at.get(id).copied().filter(|from| *from != to) {
                let known = strongest.entry(from).or_insert(stroke);
                *known = stroke.min(*known);
            }
        };
        for need in step.single_needs() {
            add(
                &need.step,
                match need.effect {
                    Effect::Blocks => Stroke::Solid,
                    Effect::Enhances => Stroke::Dashed,
                    Effect::Optional => Stroke::Dotted,
                },
            );
            if let Some(condition) = &need.when {
                add(&condition.step, Stroke::Dotted);
            }
        }
        out.extend(strongest.into_iter().map(|(from, stroke)| Edge { from, to, stroke }));
    }
    out
}
