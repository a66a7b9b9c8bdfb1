//! The form of a WORKFLOW_DRAFT message, as serde reads it.

use super::super::words;
use crate::domain::names::{Identifier, ParamKey, Reference, StepId};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor, value::MapAccessDeserializer};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;

words!(
    /// How far a plan is, elsewhere.
    PlanState {
        Created = "created",
        Running = "running",
        WaitingIntervention = "waiting_intervention",
        Completed = "completed",
        Failed = "failed",
    }
);
words!(
    /// How far a step is, elsewhere.
    StepState {
        Pending = "pending",
        Running = "running",
        Completed = "completed",
        Failed = "failed",
        WaitingIntervention = "waiting_intervention",
        Timeout = "timeout",
    }
);
words!(
    /// What was decided, elsewhere.
    ApprovalState {
        DraftPending = "draft_pending",
        StepApproved = "step_approved",
        StepRejected = "step_rejected",
        StepModified = "step_modified",
        WaitingUserApproval = "waiting_user_approval",
        UserCancelled = "user_cancelled",
    }
);
words!(
    /// The first half of a native action.
    ActionType {
        Calendar = "calendar",
        Task = "task",
        Contact = "contact",
        Analysis = "analysis",
        Email = "email",
        System = "system",
    }
);
words!(
    /// Least first: the order is used.
    RiskLevel { Low = "low", Medium = "medium", High = "high" }
);
words!(
    /// The same three as here.
    Effect { Blocks = "blocks", Enhances = "enhances", Optional = "optional" }
);
words!(
    /// The same four as here.
    Resolution { Wait = "wait", Skip = "skip", Fallback = "fallback", AskUser = "ask_user" }
);

/// The message. What is read and has no place here is held as a bare value, so that it can be named in a note and
/// a field that nobody has heard of is still an error.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Message {
    #[serde(rename = "type")]
    pub(super) _type: String,
    pub(super) session_id: Reference,
    pub(super) payload: Payload,
    pub(super) timestamp: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Payload {
    pub(super) original_message: String,
    #[serde(default)]
    pub(super) summary: String,
    pub(super) total_steps: Option<u64>,
    pub(super) estimated_duration: Option<String>,
    pub(super) plan_state: Option<PlanState>,
    pub(super) approval_status: Option<ApprovalState>,
    pub(super) steps: Vec<Step>,
    #[serde(default)]
    pub(super) dependencies: BTreeMap<String, Dependencies>,
    #[serde(default)]
    pub(super) risks: Vec<Risk>,
    #[serde(default)]
    pub(super) approved_steps: Vec<Value>,
    #[serde(default)]
    pub(super) rejected_steps: Vec<Value>,
    pub(super) timestamp: Option<Value>,
    pub(super) phone_number: Option<Value>,
    pub(super) user_id: Option<Value>,
    pub(super) entities: Option<Value>,
    pub(super) created_at: Option<Value>,
    pub(super) last_interaction: Option<Value>,
    pub(super) execution_context: Option<Value>,
    /// Can be seen; a claim about it is worth no sentence.
    #[serde(rename = "isMultiStep")]
    pub(super) _is_multi_step: Option<bool>,
    pub(super) current_step_index: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Step {
    pub(super) id: StepId,
    pub(super) order: Option<u64>,
    pub(super) description: String,
    #[serde(rename = "type")]
    pub(super) kind: ActionType,
    pub(super) action: Identifier,
    pub(super) state: Option<StepState>,
    pub(super) approval_status: Option<ApprovalState>,
    pub(super) risk_level: Option<RiskLevel>,
    pub(super) estimated_time: Option<String>,
    #[serde(default)]
    pub(super) dependencies: Vec<Dependency>,
    #[serde(default)]
    pub(super) depends_on: Vec<Dependency>,
    pub(super) expected_outcome: Option<String>,
    #[serde(default)]
    pub(super) params: BTreeMap<ParamKey, Value>,
    pub(super) user_friendly_description: Option<Value>,
    pub(super) required_permissions: Option<Value>,
    pub(super) requires: Option<Value>,
    pub(super) result: Option<Value>,
    pub(super) is_modified: Option<Value>,
    pub(super) original_params: Option<Value>,
    pub(super) user_modifications: Option<Value>,
}

/// What the top-level map says of one step: one reason for several needs, or needs of their own.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Dependencies {
    #[serde(default)]
    pub(super) depends_on: Vec<StepId>,
    pub(super) reason: Option<String>,
    pub(super) is_blocking: Option<bool>,
    pub(super) step_id: Option<StepId>,
    #[serde(default)]
    pub(super) dependencies: Vec<Dependency>,
    pub(super) can_execute: Option<bool>,
    pub(super) blocked_by: Option<Vec<StepId>>,
}

/// A need: a bare step id, or with its terms.
pub(super) struct Dependency {
    pub(super) step: StepId,
    pub(super) field: Option<ParamKey>,
    pub(super) effect: Option<Effect>,
    pub(super) resolution: Option<Resolution>,
    pub(super) fallback: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Risk {
    pub(super) step_id: StepId,
    pub(super) level: RiskLevel,
    #[serde(default)]
    pub(super) description: String,
}

// Written by hand because serde's untagged enums lose the path and the reason of what is wrong inside.
impl<'de> Deserialize<'de> for Dependency {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields, rename_all = "camelCase")]
        struct Terms {
            step_id: StepId,
            field: Option<ParamKey>,
            effect: Option<Effect>,
            resolution: Option<Resolution>,
            fallback_value: Option<Value>,
        }
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Dependency;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a step id, or an object with stepId")
            }
            fn visit_str<E: serde::de::Error>(self, id: &str) -> Result<Dependency, E> {
                let step = StepId::new(id).map_err(E::custom)?;
                Ok(Dependency::bare(step))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Dependency, A::Error> {
                let terms = Terms::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Dependency {
                    step: terms.step_id,
                    field: terms.field,
                    effect: terms.effect,
                    resolution: terms.resolution,
                    fallback: terms.fallback_value,
                })
            }
        }
        reader.deserialize_any(Either)
    }
}

impl Dependency {
    pub(super) const fn bare(step: StepId) -> Self {
        Self { step, field: None, effect: None, resolution: None, fallback: None }
    }

    pub(super) const fn has_terms(&self) -> bool {
        self.field.is_some() || self.effect.is_some() || self.resolution.is_some() || self.fallback.is_some()
    }
}
