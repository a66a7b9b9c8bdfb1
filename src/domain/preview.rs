//! What would run: one pure function from a plan and its marks to what each step does and why.

use crate::domain::content::Content;
use crate::domain::marks::{Mark, Marks};
use crate::domain::names::StepId;
use crate::domain::step::{Effect, Need, Needs, Resolution, Step};
use std::collections::BTreeMap;

/// What one step would do if everything approved ran and succeeded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It runs; with these things missing that it can do without, if any.
    Runs {
        /// What it goes without, and how.
        without: Vec<Missing>,
    },
    /// It is approved but cannot run: it waits for a step that will not run. Stops a sign-off.
    BlockedBy(StepId),
    /// It is approved but a person must first say what to do about a missing step. Stops a sign-off.
    Asks(StepId),
    /// It is left out because what it cannot run without is left out.
    Skips(StepId),
    /// It was rejected by mark.
    Rejected,
    /// It was skipped by mark.
    SkippedByMark,
}

/// One thing a running step goes without.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Missing {
    /// The step that does not run.
    pub step: StepId,
    /// How it is made up for.
    pub made_up: MadeUp,
}

/// How a missing value is made up for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MadeUp {
    /// The fallback value named in the plan is used.
    Fallback,
    /// The value is left out.
    LeftOut,
    /// A person is asked when it runs.
    AskedLater,
}

impl Outcome {
    /// Whether the step would run.
    pub const fn runs(&self) -> bool {
        matches!(self, Outcome::Runs { .. })
    }
}

/// What each step would do under `marks`, in document order. An undecided step counts as approved, because that is
/// what a sign-off makes of it.
///
/// Cost: each need is looked at once, after the steps it names; linear in steps and needs.
pub fn preview(content: &Content, marks: &Marks) -> Vec<(StepId, Outcome)> {
    let mut known: BTreeMap<&StepId, Outcome> = BTreeMap::new();
    let by_id: BTreeMap<&StepId, &Step> = content.steps.iter().map(|s| (&s.id, s)).collect();
    for step in &content.steps {
        let mut stack = vec![(step, false)];
        while let Some((step, needs_done)) = stack.pop() {
            if known.contains_key(&step.id) {
                continue;
            }
            let open: Vec<&Step> = step
                .single_needs()
                .filter(|n| !known.contains_key(&n.step))
                .filter_map(|n| by_id.get(&n.step).copied())
                .collect();
            if !needs_done && !open.is_empty() {
                stack.push((step, true));
                stack.extend(open.into_iter().map(|needed| (needed, false)));
                continue;
            }
            let outcome = outcome(step, marks, &known);
            known.insert(&step.id, outcome);
        }
    }
    content.steps.iter().filter_map(|s| known.get(&s.id).map(|o| (s.id.clone(), o.clone()))).collect()
}

fn outcome(step: &Step, marks: &Marks, known: &BTreeMap<&StepId, Outcome>) -> Outcome {
    match marks.on(&step.id) {
        Mark::Rejected => return Outcome::Rejected,
        Mark::Skipped => return Outcome::SkippedByMark,
        Mark::Approved | Mark::Undecided => {}
    }
    let runs = |need: &Need| known.get(&need.step).is_some_and(Outcome::runs);
    let mut without = Vec::new();
    for entry in &step.needs {
        let missing = match entry {
            Needs::One(need) if !runs(need) => need,
            // Of alternatives one is enough; when all are missing the first one's terms hold.
            Needs::AnyOf { any_of } if !any_of.iter().any(runs) => match any_of.first() {
                Some(need) => need,
                None => continue,
            },
            _ => continue,
        };
        let made_up = match (missing.effect, missing.resolution()) {
            (_, Resolution::Fallback) if missing.fallback.is_some() => MadeUp::Fallback,
            (Effect::Blocks, Resolution::Wait | Resolution::Fallback) => {
                return Outcome::BlockedBy(missing.step.clone());
            }
            (Effect::Blocks, Resolution::AskUser) => return Outcome::Asks(missing.step.clone()),
            (Effect::Blocks, Resolution::Skip) => return Outcome::Skips(missing.step.clone()),
            (_, Resolution::AskUser) => MadeUp::AskedLater,
            // "Better with" and "optional" do without: the value is left out, the step runs.
            (_, Resolution::Wait | Resolution::Skip | Resolution::Fallback) => MadeUp::LeftOut,
        };
        without.push(Missing { step: missing.step.clone(), made_up });
    }
    Outcome::Runs { without }
}

/// How good a pair of effect and resolution is: `None` for a sound pair, else the advice shown as a lint.
pub const fn advice(effect: Effect, resolution: Resolution) -> Option<&'static str> {
    match (effect, resolution) {
        (Effect::Blocks, Resolution::Wait) => {
            Some("risky: a step that cannot run without another waits for ever if that one is refused")
        }
        (Effect::Blocks, Resolution::Fallback) => {
            Some("risky: a step that cannot run without a value runs with a made-up one")
        }
        (Effect::Optional, Resolution::Wait) => Some("wasteful: it waits for what it does not need"),
        (Effect::Optional, Resolution::AskUser) => {
            Some("annoying: it asks a person for what it does not need")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::document::{Limits, read};
    use serde_json::json;

    fn plan(effect: &str, resolution: &str) -> Content {
        let mut need = json!({"step": "a", "field": "email", "effect": effect, "resolution": resolution});
        if resolution == "fallback" {
            need["fallback"] = json!("nobody@example.org");
        }
        let document = json!({"kind": "plan", "title": "t", "steps": [
            {"id": "a", "action": "look"}, {"id": "b", "action": "send", "needs": [need]}]});
        read(document.to_string().as_bytes(), &Limits::BUILT_IN).unwrap().content
    }

    fn b_when_a_is_rejected(effect: &str, resolution: &str) -> Outcome {
        let content = plan(effect, resolution);
        let mut marks = Marks::undecided(content.steps.iter().map(|s| &s.id));
        marks.set(StepId::new("a").unwrap(), Mark::Rejected);
        preview(&content, &marks).pop().unwrap().1
    }

    fn runs_without(made_up: MadeUp) -> Outcome {
        Outcome::Runs { without: vec![Missing { step: StepId::new("a").unwrap(), made_up }] }
    }

    #[test]
    fn the_matrix_of_effects_and_resolutions() {
        let a = || StepId::new("a").unwrap();
        let table = [
            ("blocks", "wait", Outcome::BlockedBy(a())),
            ("blocks", "skip", Outcome::Skips(a())),
            ("blocks", "fallback", runs_without(MadeUp::Fallback)),
            ("blocks", "ask_user", Outcome::Asks(a())),
            ("enhances", "wait", runs_without(MadeUp::LeftOut)),
            ("enhances", "skip", runs_without(MadeUp::LeftOut)),
            ("enhances", "fallback", runs_without(MadeUp::Fallback)),
            ("enhances", "ask_user", runs_without(MadeUp::AskedLater)),
            ("optional", "wait", runs_without(MadeUp::LeftOut)),
            ("optional", "skip", runs_without(MadeUp::LeftOut)),
            ("optional", "fallback", runs_without(MadeUp::Fallback)),
            ("optional", "ask_user", runs_without(MadeUp::AskedLater)),
        ];
        for (effect, resolution, expected) in table {
            assert_eq!(b_when_a_is_rejected(effect, resolution), expected, "{effect} + {resolution}");
        }
    }

    #[test]
    fn one_of_several_alternatives_is_enough() {
        let document = json!({"kind": "plan", "title": "t", "steps": [
            {"id": "a", "action": "look"}, {"id": "b", "action": "look"},
            {"id": "c", "action": "send", "needs": [{"any_of": [{"step": "a"}, {"step": "b"}]}]}]});
        let content = read(document.to_string().as_bytes(), &Limits::BUILT_IN).unwrap().content;
        let mut marks = Marks::undecided(content.steps.iter().map(|s| &s.id));
        marks.set(StepId::new("a").unwrap(), Mark::Rejected);
        assert!(preview(&content, &marks)[2].1.runs());
        marks.set(StepId::new("b").unwrap(), Mark::Skipped);
        assert_eq!(preview(&content, &marks)[2].1, Outcome::Asks(StepId::new("a").unwrap()));
    }
}
