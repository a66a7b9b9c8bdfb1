//! What the steps of a draft need from each other, in either of the two shapes drafts say it in.

use super::super::Imported;
use super::form::{Dependency, Effect, Payload, Resolution, Step};
use crate::domain::invalid::Invalid;
use crate::domain::names::{ParamKey, StepId};
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The steps of the message by name.
pub(super) type Known<'a> = BTreeMap<&'a str, &'a StepId>;

/// One native need on its way out.
#[derive(Clone, PartialEq, Serialize)]
pub(super) struct Need {
    step: StepId,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<ParamKey>,
    effect: &'static str,
    resolution: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    fallback: Option<Value>,
}

/// The native needs of every step, in document order.
pub(super) fn needs_of(payload: &Payload, out: &mut Imported) -> Result<Vec<Vec<Need>>, Invalid> {
    let known: Known = payload.steps.iter().map(|s| (s.id.as_str(), &s.id)).collect();
    for (name, entry) in &payload.dependencies {
        let at = format!("payload.dependencies.{name}");
        let Some(step) = known.get(name.as_str()) else {
            return Err(Invalid::new(at, format!("there is no step {name}")));
        };
        if entry.step_id.as_ref().is_some_and(|id| id != *step) {
            return Err(Invalid::new(format!("{at}.stepId"), format!("must be {name}, as its key is")));
        }
        if entry.depends_on.is_empty() && entry.dependencies.is_empty() && entry.is_blocking.is_some() {
            return Err(Invalid::new(at, "says isBlocking but names no step in dependsOn"));
        }
        if entry.can_execute.is_some() || entry.blocked_by.is_some() {
            out.note(format!(
                "{at}.canExecute and blockedBy are not taken: what would run is worked out here"
            ));
        }
    }
    let mut all = Vec::with_capacity(payload.steps.len());
    for (n, step) in payload.steps.iter().enumerate() {
        let mut needs = StepNeeds::new(step, &known);
        let at = format!("payload.steps[{n}]");
        let above = payload.dependencies.get(step.id.as_str());
        let map_at = format!("payload.dependencies.{}", step.id);
        let blocking: BTreeSet<&StepId> = above.map(|e| e.depends_on.iter().collect()).unwrap_or_default();
        let is_blocking =
            |id: &StepId| above.filter(|_| blocking.contains(id)).and_then(|entry| entry.is_blocking);
        let bare: Vec<Dependency> = blocking.iter().map(|id| Dependency::bare((*id).clone())).collect();
        let lists = [
            (format!("{at}.dependencies"), step.dependencies.as_slice()),
            (format!("{at}.dependsOn"), step.depends_on.as_slice()),
            (format!("{map_at}.dependencies"), above.map_or(&[][..], |e| e.dependencies.as_slice())),
            (format!("{map_at}.dependsOn"), bare.as_slice()),
        ];
        // A bare id says less than terms do: it makes a need only where no terms are given anywhere.
        for with_terms in [true, false] {
            for (list_at, list) in &lists {
                for (m, one) in list.iter().enumerate().filter(|(_, one)| one.has_terms() == with_terms) {
                    if with_terms || !needs.named.contains(&one.step) {
                        needs.add(&format!("{list_at}[{m}]"), one, is_blocking(&one.step), &map_at)?;
                    }
                }
            }
        }
        for (used, fields) in &needs.used {
            if needs.named.contains(*used) || **used == step.id {
                continue;
            }
            // A value that is used is needed: without the need nothing would say what to do when it does not come.
            out.note(format!(
                "{at}.params uses a value of {used}, but no dependency on {used} is declared: it is needed now"
            ));
            needs.found.extend(fields.iter().map(|field| Need {
                step: (*used).clone(),
                field: Some(field.clone()),
                effect: Effect::Blocks.word(),
                resolution: Resolution::AskUser.word(),
                fallback: None,
            }));
        }
        all.push(needs.found);
    }
    Ok(all)
}

/// The needs of one step while they are collected.
struct StepNeeds<'a> {
    known: &'a Known<'a>,
    /// Which fields of which steps the parameters use.
    used: BTreeMap<&'a StepId, BTreeSet<ParamKey>>,
    /// The steps that are needed, and where in `found` each of their fields stands.
    named: BTreeSet<StepId>,
    places: BTreeMap<(StepId, Option<ParamKey>), usize>,
    found: Vec<Need>,
}

impl<'a> StepNeeds<'a> {
    fn new(step: &Step, known: &'a Known<'a>) -> Self {
        let mut used = BTreeMap::new();
        step.params.values().for_each(|value| placeholders(value, known, &mut used));
        Self { known, used, named: BTreeSet::new(), places: BTreeMap::new(), found: Vec::new() }
    }

    fn add(
        &mut self,
        at: &str,
        dependency: &Dependency,
        is_blocking: Option<bool>,
        map_at: &str,
    ) -> Result<(), Invalid> {
        let step = &dependency.step;
        if !self.known.contains_key(step.as_str()) {
            return Err(no_such_step(at, step));
        }
        let effect = match (dependency.effect, is_blocking) {
            (Some(effect), Some(blocks)) if blocks != (effect == Effect::Blocks) => {
                return Err(Invalid::new(
                    format!("{map_at}.isBlocking"),
                    format!("says {blocks}, but {at}.effect says {}; they must agree", effect.word()),
                ));
            }
            (Some(effect), _) => effect,
            (None, Some(false)) => Effect::Enhances,
            (None, Some(true) | None) => Effect::Blocks,
        };
        let has_fallback = dependency.fallback.is_some();
        let resolution = dependency.resolution.unwrap_or(match effect {
            Effect::Blocks => Resolution::AskUser,
            Effect::Enhances if has_fallback => Resolution::Fallback,
            // Without a value to fall back on the data is left out, and the step runs without it.
            Effect::Enhances | Effect::Optional => Resolution::Skip,
        });
        if resolution == Resolution::Fallback && !has_fallback {
            return Err(Invalid::new(
                format!("{at}.fallbackValue"),
                "is missing; the resolution fallback needs a value",
            ));
        }
        let need = Need {
            step: step.clone(),
            field: dependency.field.clone().or_else(|| self.inferred(step)),
            effect: effect.word(),
            resolution: resolution.word(),
            fallback: dependency.fallback.clone(),
        };
        match self.places.get(&(need.step.clone(), need.field.clone())) {
            Some(place) if self.found.get(*place) == Some(&need) => {}
            Some(_) => return Err(Invalid::new(at, format!("{step} was already named, on other terms"))),
            None => {
                self.named.insert(need.step.clone());
                self.places.insert((need.step.clone(), need.field.clone()), self.found.len());
                self.found.push(need);
            }
        }
        Ok(())
    }

    /// The field that is meant when the parameters use exactly one.
    fn inferred(&self, step: &StepId) -> Option<ParamKey> {
        let fields = self.used.get(step)?;
        fields.first().filter(|_| fields.len() == 1).cloned()
    }
}

pub(super) fn no_such_step(at: &str, step: &StepId) -> Invalid {
    Invalid::new(at, format!("there is no step {step}"))
}

/// Collects every `{{step.field}}` in a parameter. Step ids may hold dots: the longest known one wins.
fn placeholders<'a>(value: &Value, known: &Known<'a>, found: &mut BTreeMap<&'a StepId, BTreeSet<ParamKey>>) {
    match value {
        Value::String(text) => {
            for inside in text.split("{{").skip(1).filter_map(|rest| rest.split_once("}}")) {
                let inside = inside.0.trim();
                let parts = inside.rmatch_indices('.').find_map(|(dot, _)| {
                    let id = known.get(&inside[..dot])?;
                    Some((*id, ParamKey::new(&inside[dot + 1..]).ok()?))
                });
                if let Some((id, field)) = parts {
                    found.entry(id).or_default().insert(field);
                }
            }
        }
        // Reading refused what nests deeper than 32, so this recursion is shallow.
        Value::Array(items) => items.iter().for_each(|item| placeholders(item, known, found)),
        Value::Object(map) => map.values().for_each(|item| placeholders(item, known, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
