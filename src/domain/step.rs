//! One action of a plan, and what it needs from other steps: the form of both.

use crate::domain::names::{Identifier, ParamKey, StepId};
use crate::domain::risk::Risk;
use crate::domain::text::Text;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// One action of a plan.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Unique inside the request.
    pub id: StepId,
    /// What the producer calls it. Prose: not in any digest.
    #[serde(default, skip_serializing_if = "Text::is_blank")]
    pub title: Text,
    /// What is done, e.g. `email.draft`.
    pub action: Identifier,
    /// Its parameters, typed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<ParamKey, Value>,
    /// The command that does it: an argument array, never a shell line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<Vec<Text>>,
    /// The command that takes it back; a step without one cannot be undone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo: Option<Vec<Text>>,
    /// What it needs from other steps.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<Needs>,
    /// What the producer claims its risk to be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub risk: Option<Risk>,
    /// What the producer expects to come of it. Prose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<Text>,
    /// How long the producer thinks it takes, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimate_s: Option<u32>,
}

impl Step {
    /// Every single need, those inside `any_of` groups included.
    pub fn single_needs(&self) -> impl Iterator<Item = &Need> {
        self.needs.iter().flat_map(Needs::each)
    }

    /// The part of a step that says what it does: everything but prose, claims and estimates.
    pub fn effect_of(&self) -> Value {
        json!({"id": self.id, "action": self.action, "params": self.params, "run": self.run, "undo": self.undo,
               "needs": self.needs})
    }
}

/// The steps that must come before `step`: what it needs, and what its conditions look at.
pub fn before(step: &Step) -> BTreeSet<&StepId> {
    step.single_needs()
        .flat_map(|n| std::iter::once(&n.step).chain(n.when.as_ref().map(|c| &c.step)))
        .collect()
}

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
