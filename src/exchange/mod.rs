//! Foreign formats: bytes of another system in, native request documents out. Nothing is written and nothing is asked.
//!
//! An importer takes what is asked, never what was decided: a decision made elsewhere is not a decision here. What it
//! does not take it says, one sentence each.

use crate::domain::canon;
use crate::domain::document::{self, Limits};
use crate::domain::invalid::Invalid;
use crate::domain::names::PrincipalName;
use crate::domain::text::{Safe, safe_line};
use serde::de::DeserializeOwned;
use serde_json::Value;

pub mod draft;
pub mod calyx_pending;
pub mod calyx_flag;
pub mod calyx_lease;
pub mod policy;
pub mod plain_yaml;
pub mod capability_matrix;
pub mod authorized_keys;
pub mod sshsig;
pub mod allowed_signers;
pub mod sshsig_approval;
pub mod probe;
pub mod prometheus;
pub mod proc;

/// What an importer made of a file.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Imported {
    /// Native request documents with `by` and `ref`, each already checked.
    pub documents: Vec<Value>,
    /// What was not taken and why, one sentence each.
    pub notes: Vec<Safe>,
}

impl Imported {
    /// Adds a sentence; it may quote the input and is made safe.
    fn note(&mut self, sentence: impl AsRef<str>) {
        self.notes.push(safe_line(sentence.as_ref()).clipped(300));
    }
}

/// One foreign format.
#[derive(Debug)]
pub struct Format {
    /// What it is called on the command line.
    pub name: &'static str,
    /// One line on what it is.
    pub what: &'static str,
    /// Reads it.
    pub read: Read,
}

/// A pure reader of foreign bytes. The name is the producer to use instead of the format's own.
pub type Read = fn(&[u8], Option<&PrincipalName>, &Limits) -> Result<Imported, Invalid>;

/// Every format there is.
pub const FORMATS: &[Format] = &[
    Format {
        name: "draft",
        what: "a WORKFLOW_DRAFT message of an approval workflow: one plan; a DEPENDENCY_CONFLICT: one question",
        read: draft::read,
    },
    Format {
        name: "calyx-pending",
        what: "Calyx pending_approvals.json, or its APPROVAL_NEEDED.flag: a request for each pending entry",
        read: calyx_pending::read,
    },
    Format {
        name: "calyx-lease",
        what: "a Calyx lease: a deployment; its cosigners are said, and not verified",
        read: calyx_lease::read,
    },
];

/// The format called `name`.
///
/// # Errors
/// [`Invalid`] that lists the known formats.
pub fn format(name: &str) -> Result<&'static Format, Invalid> {
    FORMATS.iter().find(|f| f.name == name).ok_or_else(|| {
        let known: Vec<&str> = FORMATS.iter().map(|f| f.name).collect();
        Invalid::new("format", format!("unknown format `{name}`; known: {}", known.join(", ")))
    })
}

/// Reads strict JSON, after the size was checked.
fn json(bytes: &[u8], limits: &Limits) -> Result<Value, Invalid> {
    if bytes.len() > limits.document {
        return Err(Invalid::new(
            "document",
            format!("{} bytes; at most {} are taken", bytes.len(), limits.document),
        ));
    }
    canon::read_within(bytes, limits.json).map_err(|e| Invalid::new("document", e.0))
}

/// Reads a value into a foreign shape; an error names the field, behind `prefix`.
fn shaped<T: DeserializeOwned>(value: Value, prefix: &str) -> Result<T, Invalid> {
    serde_path_to_error::deserialize(value).map_err(|e| {
        let path = e.path().to_string();
        let field = match (prefix, path.as_str()) {
            ("", ".") => "document".to_owned(),
            ("", path) => path.to_owned(),
            (prefix, ".") => prefix.to_owned(),
            (prefix, path) => format!("{prefix}.{path}"),
        };
        Invalid::new(field, e.inner().to_string())
    })
}

/// Checks a native document; `named` turns the name of a native field into the foreign one.
fn checked(native: Value, limits: &Limits, named: impl Fn(&str) -> String) -> Result<Value, Invalid> {
    match document::from_value(native.clone(), limits) {
        Ok(_) => Ok(native),
        Err(invalid) => Err(Invalid::new(named(invalid.field.as_str()), invalid.why.as_str())),
    }
}

/// An enumeration of a foreign format: read in upper or lower case; an unknown word is an error that lists the known.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
        pub(super) enum $name { $($variant),+ }

        impl $name {
            pub(super) const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(reader)?;
                $(if text.eq_ignore_ascii_case($word) { return Ok(Self::$variant); })+
                let known: &[&str] = &[$($word),+];
                Err(serde::de::Error::custom(format!("unknown value `{text}`; known: {}", known.join(", "))))
            }
        }
    };
}
use words;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_has_a_name_of_its_own_and_one_line() {
        for (n, one) in FORMATS.iter().enumerate() {
            assert!(FORMATS[..n].iter().all(|other| other.name != one.name), "{}", one.name);
            assert!(!one.what.contains('\n') && one.what.len() <= 100, "{}", one.name);
        }
    }

    #[test]
    fn an_unknown_format_lists_the_known_ones() {
        let said = format("dr\u{1b}ft").unwrap_err().to_string();
        assert_eq!(said, "format: unknown format `dr⟨ESC⟩ft`; known: draft, calyx-pending, calyx-lease");
    }

    const GUIDE: &str = include_str!("../../docs/producer.md");

    #[test]
    fn the_guide_has_a_section_for_every_format() {
        for one in FORMATS {
            assert!(GUIDE.contains(&format!("\n### `{}`\n", one.name)), "{}", one.name);
        }
    }

    #[test]
    fn the_document_in_the_guide_is_valid() {
        let text = GUIDE.split("```json\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
        document::read(text.as_bytes(), &Limits::BUILT_IN).unwrap();
    }

    #[test]
    fn every_format_refuses_what_is_not_strict_json() {
        for one in FORMATS {
            for text in [&b"{\"type\":1,\"type\":2}"[..], b"{", b"\xff", b"9007199254740993"] {
                let said = (one.read)(text, None, &Limits::BUILT_IN).unwrap_err().to_string();
                assert!(said.starts_with("document: "), "{}: {said}", one.name);
            }
            let big = vec![b' '; Limits::BUILT_IN.document + 1];
            assert!((one.read)(&big, None, &Limits::BUILT_IN).is_err());
        }
    }
}
