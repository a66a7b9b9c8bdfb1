//! The redactable part of an event: prose, parameters, results and output, each held, or gone.

use crate::domain::content::Content;
use crate::domain::names::ParamKey;
use crate::domain::shared::Shared;
use crate::domain::text::Text;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// The redactable part of an event. Every field is optional; which ones an event carries stands in the catalogue.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Payload {
    /// A revision's content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Shared<Content>>,
    /// A reason in somebody's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text>,
    /// A comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Text>,
    /// The answer to a question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Text>,
    /// What a step runs with: its parameters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub params: Option<BTreeMap<ParamKey, Value>>,
    /// What a step runs with: its command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<Vec<Text>>,
    /// What a step gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Value>,
    /// What a step printed: head and tail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Text>,
    /// What can be picked as an answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<Text>,
    /// What evidence is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<Text>,
    /// Where evidence is that was not stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locator: Option<Text>,
    /// The text of a policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Text>,
}

/// A payload as it is held: an event can have none, have one, or have had one that is gone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Held {
    /// The event carries none.
    None,
    /// Here it is.
    Here(Box<Payload>),
    /// It was redacted; only its commitment is left.
    Gone,
}

impl Payload {
    /// A payload that is only a reason; nothing when there is none.
    pub fn reason(reason: Option<Text>) -> Held {
        match reason {
            Some(reason) => Held::Here(Box::new(Payload { reason: Some(reason), ..Payload::default() })),
            None => Held::None,
        }
    }
}

impl Held {
    /// The payload, if it is here.
    pub fn here(&self) -> Option<&Payload> {
        match self {
            Held::Here(payload) => Some(payload),
            Held::None | Held::Gone => None,
        }
    }
}
