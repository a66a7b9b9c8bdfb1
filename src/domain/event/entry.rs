//! One event as it is decided, and its way to and from the log.

use super::{Actor, Fact, Held, OfStore};
use crate::domain::moment::Moment;
use crate::domain::names::PrincipalName;
use crate::domain::principal::Assurance;
use crate::domain::rollout::RolloutFact;
use serde_json::Value;

/// One event before it is written: who, when, and what. Its aggregate is the request it was decided on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// When.
    pub at: Moment,
    /// Who.
    pub by: PrincipalName,
    /// How sure we are of it.
    pub assurance: Assurance,
    /// What sort of principal, whose, through which face.
    pub actor: Actor,
    /// What happened.
    pub fact: Fact,
    /// What was said with it.
    pub payload: Held,
}

impl Fact {
    /// The event's name and its facts as JSON.
    pub fn to_parts(&self) -> (String, Value) {
        // Plain data: serialising it cannot fail; were it to, the empty name would be refused by the log.
        let mut whole = match self {
            Fact::OfStore(fact) => serde_json::to_value(fact),
            Fact::Rollout(fact) => serde_json::to_value(fact),
            fact => serde_json::to_value(fact),
        }
        .unwrap_or_default();
        let facts = whole.get_mut("facts").map(Value::take).unwrap_or_default();
        (whole["name"].as_str().unwrap_or_default().to_owned(), facts)
    }

    /// Reads an event back.
    ///
    /// # Errors
    /// The reason, when the name is unknown or the facts are not what the name promises.
    pub fn from_parts(name: &str, facts: Value) -> Result<Self, String> {
        // By hand: the macro would copy the facts.
        let parts = [("name".to_owned(), Value::from(name)), ("facts".to_owned(), facts)];
        let whole = Value::Object(parts.into_iter().collect());
        if OfStore::NAMES.contains(&name) {
            return serde_json::from_value(whole).map(Fact::OfStore).map_err(|e| e.to_string());
        }
        if RolloutFact::NAMES.contains(&name) {
            return serde_json::from_value(whole).map(Fact::Rollout).map_err(|e| e.to_string());
        }
        serde_json::from_value(whole).map_err(|e| e.to_string())
    }
}
