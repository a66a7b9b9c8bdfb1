//! JSON in and out: a reader that refuses what two programs could read differently, and the canonical form
//! (RFC 8785) that is hashed.

use serde::Serialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::fmt;

/// How deep JSON may nest before it is refused, where nothing else is said.
pub const DEEPEST: usize = 32;
/// How deep a policy may let documents nest.
pub const DEEPEST_OF_ALL: usize = 64;
/// How deep what is stored may nest: a document inside its payload, with results that were filled in, and no deeper than the
/// JSON reader goes (128).
const STORED: usize = 120;
/// The largest integer that every JSON reader keeps exactly: 2^53 (RFC 8785 rounds beyond it).
pub const LARGEST_INTEGER: u64 = 1 << 53;

/// Why a text is not acceptable JSON, with the line and column where it was noticed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BadJson(pub String);

/// Reads one JSON value strictly: duplicate keys, integers beyond 2^53 and nesting beyond [`DEEPEST`] are refused.
///
/// # Errors
/// [`BadJson`] with the reason; the text may quote the input, so it is made safe before it is shown.
pub fn read(text: &[u8]) -> Result<Value, BadJson> {
    read_within(text, DEEPEST)
}

/// Reads what this program has written: it wraps what was taken once more.
///
/// # Errors
/// As [`read`].
pub fn read_stored(text: &[u8]) -> Result<Value, BadJson> {
    read_within(text, STORED)
}

/// As [`read`], with another depth.
///
/// # Errors
/// As [`read`].
pub fn read_within(text: &[u8], deepest: usize) -> Result<Value, BadJson> {
    let text = std::str::from_utf8(text)
        .map_err(|e| BadJson(format!("not UTF-8 from byte {} on", e.valid_up_to())))?;
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = Strict { depth: 0, deepest }.deserialize(&mut reader).map_err(|e| BadJson(e.to_string()))?;
    reader.end().map_err(|e| BadJson(e.to_string()))?;
    Ok(value)
}

/// The canonical form of a value: RFC 8785.
///
/// # Errors
/// [`BadJson`] when the value cannot be written as JSON (not-a-number); values read by [`read`] always can.
pub fn canonical(value: &impl Serialize) -> Result<String, BadJson> {
    let bad = |e: serde_json::Error| BadJson(e.to_string());
    canonical_value(&serde_json::to_value(value).map_err(bad)?)
}

/// As [`canonical`], of a value that is JSON already: nothing is copied.
fn canonical_value(value: &Value) -> Result<String, BadJson> {
    let bad = |e: serde_json::Error| BadJson(e.to_string());
    // Nearly everything there is: then the compact form is the canonical one, and costs a fifth of it.
    if is_canonical_as_it_is(value) {
        return serde_json::to_string(value).map_err(bad);
    }
    serde_json_canonicalizer::to_string(value).map_err(bad)
}

/// Whether the compact form of a value is canonical already: `serde_json` keeps keys in the order of their bytes, which
/// is the order RFC 8785 wants as long as they are ASCII, escapes strings as it wants, and writes exact integers so.
fn is_canonical_as_it_is(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::String(_) => true,
        Value::Number(number) => {
            number.as_u64().is_some_and(|n| n <= LARGEST_INTEGER)
                || number.as_i64().is_some_and(|n| n.unsigned_abs() <= LARGEST_INTEGER)
        }
        Value::Array(items) => items.iter().all(is_canonical_as_it_is),
        Value::Object(object) => {
            object.iter().all(|(key, value)| key.is_ascii() && is_canonical_as_it_is(value))
        }
    }
}

/// The canonical form of a value of our own types, which always has one.
///
/// A failure cannot happen for data that came through [`read`]; should it, the text is a JSON string that equals
/// no real value, so that a digest over it matches nothing.
pub fn canonical_or_poison(value: &impl Serialize) -> String {
    canonical(value).unwrap_or_else(poison)
}

/// As [`canonical_or_poison`], of a value that is JSON already.
pub fn canonical_value_or_poison(value: &Value) -> String {
    canonical_value(value).unwrap_or_else(poison)
}

fn poison(e: BadJson) -> String {
    format!("\"unrepresentable: {}\"", e.0.replace('"', "'"))
}

struct Strict {
    depth: usize,
    deepest: usize,
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, v: bool) -> Result<Value, E> {
        Ok(Value::Bool(v))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_i64<E: serde::de::Error>(self, v: i64) -> Result<Value, E> {
        if v.unsigned_abs() > LARGEST_INTEGER {
            return Err(E::custom(format!("the number {v} is beyond 2^53; send it as a string")));
        }
        Ok(v.into())
    }

    fn visit_u64<E: serde::de::Error>(self, v: u64) -> Result<Value, E> {
        if v > LARGEST_INTEGER {
            return Err(E::custom(format!("the number {v} is beyond 2^53; send it as a string")));
        }
        Ok(v.into())
    }

    fn visit_f64<E: serde::de::Error>(self, v: f64) -> Result<Value, E> {
        if v.abs() > LARGEST_INTEGER as f64 {
            return Err(E::custom(format!("the number {v:e} is beyond 2^53; send it as a string")));
        }
        Number::from_f64(v).map(Value::Number).ok_or_else(|| E::custom("a number that is not finite"))
    }

    fn visit_str<E>(self, v: &str) -> Result<Value, E> {
        Ok(Value::String(v.to_owned()))
    }

    fn visit_string<E>(self, v: String) -> Result<Value, E> {
        Ok(Value::String(v))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let (depth, deepest) = (self.deeper()?, self.deepest);
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(Strict { depth, deepest })? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let (depth, deepest) = (self.deeper()?, self.deepest);
        let mut object = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            let value = map.next_value_seed(Strict { depth, deepest })?;
            if object.contains_key(&key) {
                return Err(A::Error::custom(format!("the key \"{key}\" appears twice")));
            }
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}

impl Strict {
    fn deeper<E: serde::de::Error>(&self) -> Result<usize, E> {
        if self.depth >= self.deepest {
            return Err(E::custom(format!("nested deeper than {}", self.deepest)));
        }
        Ok(self.depth + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        read(text.as_bytes()).expect_err(text).0
    }

    #[test]
    fn what_two_readers_could_read_differently_is_refused() {
        assert!(refused(r#"{"a":1,"a":2}"#).contains("twice"));
        assert!(refused("9007199254740993").contains("2^53"));
        assert!(refused("-9007199254740993").contains("2^53"));
        assert!(refused("1e300").contains("2^53"));
        assert!(refused(&format!("{}{}", "[".repeat(33), "]".repeat(33))).contains("deeper"));
        assert!(refused("{} {}").contains("trailing"));
        assert!(read(b"\xff").is_err());
        assert!(read(b"9007199254740992").is_ok());
    }

    #[test]
    fn a_bomb_of_brackets_is_refused_without_a_stack() {
        assert!(read("[".repeat(1_000_000).as_bytes()).is_err());
    }

    #[test]
    fn the_canonical_form_is_rfc_8785() {
        let value = read(br#"{"b":[1.0,0.1,-0,1e2],"a":"\u20ac\u000f\n"}"#).unwrap();
        assert_eq!(canonical(&value).unwrap(), "{\"a\":\"€\\u000f\\n\",\"b\":[1,0.1,0,100]}");
    }

    #[test]
    fn the_short_way_says_what_the_long_way_says() {
        let texts = [
            r#"{"z":1,"a":{"B":2,"b":[true,null,-3,9007199254740992,-9007199254740992]},"":0,"~":"x"}"#,
            r#"{"k":"\u0000\u0001\u0008\u0009\u000a\u000c\u000d\u001f \"\\/\u007f\u0080é\u2028😀","é":1}"#,
            r#"{"\ud83d\ude00":1,"\uffee":2,"a":1.5}"#,
            r#"[0,-0,1e2,0.1,1e-7,"",{},[]]"#,
            r#"{"a\u0001b":1,"a b":2,"a":3,"A":4,"a\"b":5}"#,
        ];
        for text in texts {
            let value = read(text.as_bytes()).unwrap();
            let long = serde_json_canonicalizer::to_string(&value).unwrap();
            assert_eq!(canonical(&value).unwrap(), long, "{text}");
        }
        // Every character on its own, as a value and as a key.
        for c in (0..=0x10_ffff)
            .filter_map(char::from_u32)
            .filter(|c| (*c as u32) < 0x3000 || (*c as u32).is_multiple_of(97))
        {
            for value in [Value::from(c.to_string()), serde_json::json!({ c.to_string(): 1, "m": 2 })] {
                assert_eq!(
                    canonical(&value).unwrap(),
                    serde_json_canonicalizer::to_string(&value).unwrap(),
                    "{c:?}"
                );
            }
        }
    }
}
