//! One step's parameters as text that a person edits, and back: JSON types are kept, and what does not fit is said.

use crate::domain::canon::{self, canonical_or_poison};
use crate::domain::edit::Edit;
use crate::domain::names::ParamKey;
use crate::domain::preview::Lack;
pub use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A value that is given by hand, and in the place of what.
pub type Given = (Lack, Value);

/// The type of a value, in words.
pub const fn sort(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// A value as it stands in its field: a text as itself, everything else as JSON.
pub fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => canonical_or_poison(other),
    }
}

/// Reads what was typed in the place of `was`: of the same type.
///
/// # Errors
/// Which type it must have, to be said at the field.
pub fn typed(was: &Value, text: &str) -> Result<Value, String> {
    if matches!(was, Value::String(_)) {
        return Ok(Value::String(text.to_owned()));
    }
    match canon::read(text.trim().as_bytes()) {
        Ok(value) if std::mem::discriminant(&value) == std::mem::discriminant(was) => Ok(value),
        Ok(value) => Err(format!("it is {}, and what you typed is {}", sort(was), sort(&value))),
        Err(_) => Err(format!("it is {}, and what you typed is not JSON", sort(was))),
    }
}

/// Reads any JSON value; what is no JSON is not taken for a text.
///
/// # Errors
/// What is wrong with it.
pub fn json(text: &str) -> Result<Value, String> {
    canon::read(text.trim().as_bytes()).map_err(|e| format!("that is no JSON (a text needs quotes): {}", e.0))
}

/// Parameters as JSON over several lines.
pub fn all_shown(params: &BTreeMap<ParamKey, Value>) -> String {
    let object: serde_json::Map<String, Value> =
        params.iter().map(|(key, value)| (key.as_str().to_owned(), value.clone())).collect();
    format!("{:#}", Value::Object(object))
}

/// The edit that makes `params` what the JSON says; nothing in it when it says the same.
///
/// # Errors
/// What is wrong with the JSON.
pub fn all_typed(params: &BTreeMap<ParamKey, Value>, text: &str) -> Result<Edit, String> {
    let Value::Object(object) = json(text)? else {
        return Err("the parameters are an object: {\"key\": value, …}".to_owned());
    };
    let (mut set, mut unset) = (BTreeMap::new(), BTreeSet::new());
    for (key, value) in object {
        let key = ParamKey::new(&key).map_err(|e| format!("{key}: {e}"))?;
        if params.get(&key).map(canonical_or_poison) != Some(canonical_or_poison(&value)) {
            set.insert(key.clone(), value);
        }
        unset.insert(key);
    }
    let gone = params.keys().filter(|key| !unset.contains(*key)).cloned().collect();
    Ok(Edit::Change { set, unset: gone, give: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_field_keeps_the_type_of_its_value() {
        assert_eq!(typed(&json!("6"), "7"), Ok(json!("7")), "a text of digits stays a text");
        assert_eq!(typed(&json!(6), " 7 "), Ok(json!(7)));
        assert_eq!(
            typed(&json!(6), "seven"),
            Err("it is a number, and what you typed is not JSON".to_owned())
        );
        assert_eq!(typed(&json!(6), "\"7\""), Err("it is a number, and what you typed is a text".to_owned()));
        assert_eq!(typed(&json!([1]), "[1, 2]"), Ok(json!([1, 2])));
        assert!(typed(&json!(true), "yes").is_err());
        for value in [json!("a b"), json!(1.5), json!({"a": [null]}), json!(false)] {
            assert_eq!(typed(&value, &shown(&value)), Ok(value));
        }
    }

    #[test]
    fn the_json_of_all_parameters_says_what_is_set_and_what_goes() {
        let key = |name: &str| ParamKey::new(name).unwrap();
        let params: BTreeMap<ParamKey, Value> =
            [(key("a"), json!(1)), (key("b"), json!("x")), (key("c"), json!(null))].into();
        let same = all_typed(&params, &all_shown(&params)).unwrap();
        assert_eq!(same, Edit::Change { set: BTreeMap::new(), unset: BTreeSet::new(), give: Vec::new() });
        let edit = all_typed(&params, r#"{"a": 1.0, "b": 2, "d": true}"#).unwrap();
        let set: BTreeMap<ParamKey, Value> = [(key("b"), json!(2)), (key("d"), json!(true))].into();
        assert_eq!(edit, Edit::Change { set, unset: [key("c")].into(), give: Vec::new() });
        for wrong in ["", "[]", "{\"a\": 1, \"a\": 2}", "{\"a b\": 1}"] {
            assert!(all_typed(&params, wrong).is_err(), "{wrong}");
        }
    }
}
