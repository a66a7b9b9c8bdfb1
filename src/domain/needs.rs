//! What a step needs from other steps: the form, and the checks on the whole graph.

use crate::domain::content::Step;
use crate::domain::document::Invalid;
use crate::domain::names::{ParamKey, StepId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// How much a step depends on another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// Cannot run without it.
    Blocks,
    /// Better with it.
    Enhances,
    /// Does as well without it.
    Optional,
}

/// What to do when the needed step is rejected, skipped, failed, or lacks the field.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resolution {
    /// Wait for it.
    Wait,
    /// Skip: the step when it cannot run without, else only the missing value.
    Skip,
    /// Use the fallback value.
    Fallback,
    /// Ask a person.
    AskUser,
}

impl Effect {
    /// The best resolution for this effect, used when a document names none.
    pub const fn default_resolution(self) -> Resolution {
        match self {
            Effect::Blocks => Resolution::AskUser,
            Effect::Enhances => Resolution::Fallback,
            Effect::Optional => Resolution::Skip,
        }
    }

    /// The word used everywhere.
    pub const fn word(self) -> &'static str {
        match self {
            Effect::Blocks => "blocks",
            Effect::Enhances => "enhances",
            Effect::Optional => "optional",
        }
    }
}

impl Resolution {
    /// The word used everywhere.
    pub const fn word(self) -> &'static str {
        match self {
            Resolution::Wait => "wait",
            Resolution::Skip => "skip",
            Resolution::Fallback => "fallback",
            Resolution::AskUser => "ask_user",
        }
    }
}

/// How a condition compares.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operator {
    /// The field equals the value.
    Equals,
    /// The field is something else.
    NotEquals,
    /// The field is there.
    Exists,
    /// The field is a number above the value.
    GreaterThan,
    /// The field is a number below the value.
    LessThan,
}

/// A condition on an earlier step's result, under which a need applies.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// Whose result is looked at.
    pub step: StepId,
    /// Which field of it.
    pub field: ParamKey,
    /// How it is compared.
    pub operator: Operator,
    /// What it is compared with; absent for `exists`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
}

/// One need on one step.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Need {
    /// The step that is needed.
    pub step: StepId,
    /// Which field of its result; absent: only that it ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<ParamKey>,
    /// How much.
    #[serde(default = "blocks")]
    pub effect: Effect,
    /// What to do without it; absent: the effect's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolution: Option<Resolution>,
    /// The value `fallback` uses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallback: Option<Value>,
    /// Only under this condition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Condition>,
}

const fn blocks() -> Effect {
    Effect::Blocks
}

impl Need {
    /// What to do without it: the one named, or the effect's default.
    pub fn resolution(&self) -> Resolution {
        self.resolution.unwrap_or(self.effect.default_resolution())
    }
}

/// One entry of `needs`: a single need, or alternatives of which one is enough.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
#[serde(untagged)]
pub enum Needs {
    /// This one.
    One(Need),
    /// Any one of these.
    AnyOf {
        /// The alternatives, at least two.
        any_of: Vec<Need>,
    },
}

impl Needs {
    /// The single needs in it.
    pub fn each(&self) -> impl Iterator<Item = &Need> {
        match self {
            Needs::One(need) => std::slice::from_ref(need).iter(),
            Needs::AnyOf { any_of } => any_of.iter(),
        }
    }
}

// Written by hand because serde's untagged enums lose the path and the reason of what is wrong inside.
impl<'de> Deserialize<'de> for Needs {
    fn deserialize<D: serde::Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Form {
            step: Option<StepId>,
            field: Option<ParamKey>,
            effect: Option<Effect>,
            resolution: Option<Resolution>,
            fallback: Option<Value>,
            when: Option<Condition>,
            any_of: Option<Vec<Need>>,
        }
        use serde::de::Error;
        let form = Form::deserialize(reader)?;
        let alone = form.field.is_none()
            && form.effect.is_none()
            && form.resolution.is_none()
            && form.fallback.is_none()
            && form.when.is_none();
        match (form.step, form.any_of) {
            (Some(step), None) => Ok(Needs::One(Need {
                step,
                field: form.field,
                effect: form.effect.unwrap_or(Effect::Blocks),
                resolution: form.resolution,
                fallback: form.fallback,
                when: form.when,
            })),
            (None, Some(any_of)) if alone && any_of.len() >= 2 => Ok(Needs::AnyOf { any_of }),
            (None, Some(_)) => Err(D::Error::custom("any_of takes two or more needs and stands alone")),
            _ => Err(D::Error::custom("a need names either step or any_of")),
        }
    }
}

/// Checks the graph: every needed step exists, none needs itself, no cycle, no chain longer than `deepest`, and
/// `fallback` has a value.
///
/// # Errors
/// [`Invalid`]; a cycle is spelled out as `a → b → c → a`.
pub fn check(steps: &[Step], deepest: usize) -> Result<(), Invalid> {
    let known: BTreeMap<&StepId, usize> = steps.iter().enumerate().map(|(n, s)| (&s.id, n)).collect();
    for (n, step) in steps.iter().enumerate() {
        for (m, entry) in step.needs.iter().enumerate() {
            for (k, need) in entry.each().enumerate() {
                let at = match entry {
                    Needs::One(_) => format!("steps[{n}].needs[{m}]"),
                    Needs::AnyOf { .. } => format!("steps[{n}].needs[{m}].any_of[{k}]"),
                };
                check_one(&at, step, need, &known)?;
            }
        }
    }
    check_order(steps, &known, deepest)
}

fn check_one(at: &str, step: &Step, need: &Need, known: &BTreeMap<&StepId, usize>) -> Result<(), Invalid> {
    let condition = need.when.as_ref().map(|c| (format!("{at}.when.step"), &c.step));
    for (at, other) in std::iter::once((format!("{at}.step"), &need.step)).chain(condition) {
        if !known.contains_key(other) {
            return Err(Invalid::new(at, format!("there is no step {other}")));
        }
        if *other == step.id {
            return Err(Invalid::new(at, format!("{other} needs itself")));
        }
    }
    if need.resolution == Some(Resolution::Fallback) && need.fallback.is_none() {
        return Err(Invalid::new(format!("{at}.fallback"), "the resolution fallback needs a value"));
    }
    Ok(())
}

/// The steps that must come before `step`: what it needs, and what its conditions look at.
pub fn before(step: &Step) -> BTreeSet<&StepId> {
    step.single_needs()
        .flat_map(|n| std::iter::once(&n.step).chain(n.when.as_ref().map(|c| &c.step)))
        .collect()
}

/// Depth-first with an explicit stack (a chain of 500 costs no call stack); the path on the stack spells a cycle.
fn check_order(steps: &[Step], known: &BTreeMap<&StepId, usize>, deepest: usize) -> Result<(), Invalid> {
    let edges: Vec<Vec<usize>> =
        steps.iter().map(|s| before(s).iter().filter_map(|id| known.get(*id).copied()).collect()).collect();
    let mut depth: Vec<Option<usize>> = vec![None; steps.len()];
    for start in 0..steps.len() {
        let mut path: Vec<(usize, usize)> = vec![(start, 0)];
        while let Some(&(at, next)) = path.last() {
            if depth[at].is_some() {
                path.pop();
                continue;
            }
            let Some(&needed) = edges[at].get(next) else {
                let deep = 1 + edges[at].iter().filter_map(|&n| depth[n]).max().unwrap_or(0);
                if deep > deepest {
                    return Err(Invalid::new(
                        format!("steps[{at}].needs"),
                        format!("a chain of {deep} steps; at most {deepest}"),
                    ));
                }
                depth[at] = Some(deep);
                path.pop();
                continue;
            };
            if let Some(last) = path.last_mut() {
                last.1 += 1;
            }
            if let Some(from) = path.iter().position(|&(n, _)| n == needed) {
                let mut spelled: Vec<&str> =
                    path[from..].iter().map(|&(n, _)| steps[n].id.as_str()).collect();
                spelled.push(steps[needed].id.as_str());
                return Err(Invalid::new(
                    "steps",
                    format!("the needs go in a circle: {}", spelled.join(" → ")),
                ));
            }
            if depth[needed].is_none() {
                path.push((needed, 0));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::document::{Limits, read};

    fn submit(edges: &[(&str, &[&str])]) -> Result<(), String> {
        let steps: Vec<Value> = edges
            .iter()
            .map(|(id, needs)| {
                let needs: Vec<Value> = needs.iter().map(|n| serde_json::json!({"step": n})).collect();
                serde_json::json!({"id": id, "action": "x", "needs": needs})
            })
            .collect();
        let document = serde_json::json!({"kind": "plan", "title": "t", "steps": steps});
        read(document.to_string().as_bytes(), &Limits::BUILT_IN).map(|_| ()).map_err(|e| e.to_string())
    }

    #[test]
    fn a_cycle_is_spelled_out() {
        let said = submit(&[("a", &["b"]), ("b", &["c"]), ("c", &["a"])]).unwrap_err();
        assert_eq!(said, "steps: the needs go in a circle: a → b → c → a");
    }

    #[test]
    fn a_cycle_behind_a_tail_is_spelled_without_the_tail() {
        let said = submit(&[("z", &["a"]), ("a", &["b"]), ("b", &["a"])]).unwrap_err();
        assert_eq!(said, "steps: the needs go in a circle: a → b → a");
    }

    #[test]
    fn an_unknown_step_and_a_self_need_are_named() {
        assert_eq!(submit(&[("a", &["q"])]).unwrap_err(), "steps[0].needs[0].step: there is no step q");
        assert_eq!(submit(&[("a", &["a"])]).unwrap_err(), "steps[0].needs[0].step: a needs itself");
    }

    #[test]
    fn a_chain_of_64_is_taken_and_of_65_refused() {
        let chain = |n: usize| {
            let ids: Vec<String> = (0..n).map(|i| format!("s{i}")).collect();
            let needs: Vec<Vec<&str>> =
                (0..n).map(|i| if i == 0 { vec![] } else { vec![ids[i - 1].as_str()] }).collect();
            let edges: Vec<(&str, &[&str])> =
                (0..n).map(|i| (ids[i].as_str(), needs[i].as_slice())).collect();
            submit(&edges)
        };
        assert!(chain(64).is_ok());
        assert!(chain(65).unwrap_err().contains("a chain of 65 steps; at most 64"));
    }

    #[test]
    fn a_diamond_is_no_cycle() {
        assert!(submit(&[("a", &[]), ("b", &["a"]), ("c", &["a"]), ("d", &["b", "c"])]).is_ok());
    }
}
