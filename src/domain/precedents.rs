//! Precedents: steps like one that ended badly not long ago. A reason for risk, never for a refusal.
//!
//! Two steps are alike when they do the same action, with the same program, on the same environment and service. Their
//! parameters are no part of it: what fails for one customer is looked at before it is done for the next.

use crate::domain::content::{Content, Target};
use crate::domain::digest::{framed, hex};
use crate::domain::execution::How;
use crate::domain::moment::{Moment, Span};
use crate::domain::names::StepId;
use crate::domain::request::Request;
use crate::domain::step::Step;
use std::collections::{BTreeMap, BTreeSet};

/// How long a failure is held against its like.
pub const REMEMBERED: Span = Span::from_hours(30 * 24);

/// What two steps that are alike have in common, as hexadecimal digits of a digest.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Shape(String);

impl Shape {
    /// The shape of one step on this target.
    pub fn of(step: &Step, target: &Target) -> Self {
        let program = step.run.as_ref().and_then(|run| run.first()).map(|program| program.raw());
        let word = |word: Option<&str>| word.unwrap_or_default().as_bytes().to_vec();
        let parts = [
            word(Some(step.action.as_str())),
            word(program),
            word(target.environment.as_ref().map(|e| e.as_str())),
            word(target.service.as_ref().map(|s| s.as_str())),
        ];
        let fields: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        Self(hex(&framed("countersign-step-shape@v1", &fields)))
    }

    /// As it is kept.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The shapes of a plan, each with its steps.
pub fn shapes(content: &Content) -> BTreeMap<Shape, Vec<StepId>> {
    let mut out: BTreeMap<Shape, Vec<StepId>> = BTreeMap::new();
    for step in &content.steps {
        out.entry(Shape::of(step, &content.target)).or_default().push(step.id.clone());
    }
    out
}

/// What of a request ended badly, and when: a step that failed, ran out of time, or that nobody knows the end of. One that
/// was done well at a later attempt is not among them.
pub fn failures(request: &Request) -> BTreeSet<(Shape, Moment)> {
    let (Some(content), Some(run)) = (&request.content, &request.run) else { return BTreeSet::new() };
    let bad = [How::Failed, How::TimedOut, How::Unknown].map(How::state);
    let steps = content.steps.iter().filter_map(|step| {
        let known = run.steps.get(&step.id).filter(|known| bad.contains(&known.state))?;
        Some((Shape::of(step, &content.target), known.ended_at.unwrap_or(run.last_at)))
    });
    steps.collect()
}

/// The steps of a plan whose like is among `failed`.
pub fn with_precedent(content: &Content, failed: &BTreeSet<Shape>) -> BTreeSet<StepId> {
    if failed.is_empty() {
        return BTreeSet::new();
    }
    shapes(content).into_iter().filter(|(shape, _)| failed.contains(shape)).flat_map(|(_, ids)| ids).collect()
}
