//! Names and numbers that identify things. What is malformed cannot be built, so it never has to be checked again.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::sync::Arc;

/// Why a name was refused, as a clause: "must start with …".
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct BadName(pub &'static str);

/// The rule for identifiers: `[a-z0-9][a-z0-9._-]{0,63}`. Look-alike letters of other scripts cannot pass.
fn check_identifier(text: &str) -> Result<(), BadName> {
    let ok = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
    let bytes = text.as_bytes();
    match bytes.first() {
        Some(&first) if ok(first) && bytes.len() <= 64 => {}
        _ => return Err(BadName("must be 1 to 64 of a-z 0-9 . _ - and start with a letter or digit")),
    }
    if bytes.iter().all(|&c| ok(c) || matches!(c, b'.' | b'_' | b'-')) {
        Ok(())
    } else {
        Err(BadName("must be 1 to 64 of a-z 0-9 . _ - and start with a letter or digit"))
    }
}

/// The rule for parameter keys: ASCII like an identifier, but with capitals, because programs spell `startTime`.
fn check_key(text: &str) -> Result<(), BadName> {
    let bytes = text.as_bytes();
    let first = bytes.first().is_some_and(|c| c.is_ascii_alphanumeric() || *c == b'_');
    let rest = bytes.iter().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'_' | b'-'));
    if first && rest && bytes.len() <= 64 {
        Ok(())
    } else {
        Err(BadName("must be 1 to 64 of A-Z a-z 0-9 . _ - and start with a letter, digit or _"))
    }
}

/// The rule for references: what foreign systems use as ids (`LEASE-20261120-073516`, `wf_123`, `org/repo#12`).
fn check_reference(text: &str) -> Result<(), BadName> {
    let bytes = text.as_bytes();
    let first = bytes.first().is_some_and(u8::is_ascii_alphanumeric);
    let rest = bytes.iter().all(|c| {
        c.is_ascii_alphanumeric() || matches!(c, b'.' | b'_' | b'-' | b':' | b'/' | b'#' | b'@' | b'+')
    });
    if first && rest && bytes.len() <= 128 {
        Ok(())
    } else {
        Err(BadName("must be 1 to 128 of A-Z a-z 0-9 . _ - : / # @ + and start with a letter or digit"))
    }
}

/// The rule for fingerprints of public keys: `SHA256:` and 43 characters of base64, as `ssh-keygen -l` prints them.
fn check_fingerprint(text: &str) -> Result<(), BadName> {
    let digits = text.strip_prefix("SHA256:").unwrap_or_default();
    let ok = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'+' | b'/');
    if digits.len() == 43 && digits.bytes().all(ok) {
        Ok(())
    } else {
        Err(BadName("must be SHA256: and 43 characters of base64, as `ssh-keygen -l` prints it"))
    }
}

macro_rules! checked_name {
    ($(#[$doc:meta])* $name:ident, $check:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub struct $name(Arc<str>); // shared: a plan of 500 steps names each of them in a dozen places

        impl $name {
            /// Checks and takes `text`.
            ///
            /// # Errors
            /// [`BadName`] when the text breaks the rule for this sort of name.
            pub fn new(text: impl AsRef<str>) -> Result<Self, BadName> {
                $check(text.as_ref())?;
                Ok(Self(text.as_ref().into()))
            }

            /// The name as it was given; ASCII, so it is safe to show.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
                out.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
                let text = String::deserialize(reader)?;
                Self::new(text).map_err(serde::de::Error::custom)
            }
        }
    };
}

checked_name!(
    /// A word of the field: an action, an environment, a service, a tenant, a label key.
    Identifier,
    check_identifier
);
checked_name!(
    /// The id of a step inside one request.
    StepId,
    check_identifier
);
checked_name!(
    /// The name of a principal: who acts.
    PrincipalName,
    check_identifier
);
checked_name!(
    /// The name of a person; each human principal belongs to exactly one.
    PersonName,
    check_identifier
);
checked_name!(
    /// The key of one parameter of a step.
    ParamKey,
    check_key
);
checked_name!(
    /// A producer's own name for a request, unique per producer: the idempotency key.
    Reference,
    check_reference
);

checked_name!(
    /// The fingerprint of a public key.
    Fingerprint,
    check_fingerprint
);

impl PrincipalName {
    /// The principal that acts when nobody does: due transitions, the watcher.
    pub fn system() -> Self {
        Self("system".into())
    }

    /// The account that owns a team store, in its own shell: it keeps the place, and decides nothing.
    pub fn operator() -> Self {
        Self("operator".into())
    }

    /// The nearest legal name for a Unix account; accounts may use letters that identifiers refuse.
    pub fn from_account(account: &str, uid: u32) -> Self {
        let lower = account.to_ascii_lowercase();
        // `system` is nobody's: an account of that name must not speak as the clock.
        match Self::new(lower) {
            Ok(name) if name != Self::system() => name,
            _ => Self(format!("uid-{uid}").into()),
        }
    }
}

impl PersonName {
    /// The person behind a principal that stands for itself.
    pub fn of(principal: &PrincipalName) -> Self {
        Self(principal.0.clone())
    }
}

/// The number of a request, counted from 1 in each store; shown as `R-17`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RequestId(u64);

impl RequestId {
    /// Request number `number`.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The bare number.
    pub const fn number(self) -> u64 {
        self.0
    }

    /// Reads `R-17`, `r-17` or `17`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix("R-").or_else(|| text.strip_prefix("r-")).unwrap_or(text);
        if digits.is_empty() || digits.len() > 15 || !digits.bytes().all(|c| c.is_ascii_digit()) {
            return None;
        }
        digits.parse().ok().filter(|n| *n > 0).map(Self)
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("R-{}", self.0))
    }
}

/// The place of an event in the log, counted from 1 without gaps.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seq(pub u64);

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The number of a revision of one request, counted from 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RevisionNumber(pub u32);

impl RevisionNumber {
    /// The first revision.
    pub const FIRST: Self = Self(1);

    /// The one after this.
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for RevisionNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The random identity of a store: 32 hexadecimal digits, in every event and every export.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StoreId(String);

impl StoreId {
    /// The id spelled by sixteen random bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(crate::domain::digest::hex(&bytes))
    }

    /// Reads an id back; `None` when it is not 32 lower-case hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() == 32 && text.bytes().all(|c| c.is_ascii_digit() || (b'a'..=b'f').contains(&c)))
            .then(|| Self(text.to_owned()))
    }

    /// The hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StoreId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_alike_letter_is_no_identifier() {
        assert!(Identifier::new("prod").is_ok());
        assert!(Identifier::new("рrod").is_err(), "the first letter is Cyrillic");
        assert!(Identifier::new("Prod").is_err());
        assert!(Identifier::new("").is_err());
        assert!(Identifier::new("-x").is_err());
        assert!(Identifier::new("a".repeat(64)).is_ok());
        assert!(Identifier::new("a".repeat(65)).is_err());
    }

    #[test]
    fn a_lease_is_a_reference_and_a_newline_is_not() {
        assert!(Reference::new("LEASE-20261120-073516").is_ok());
        assert!(Reference::new("a\nb").is_err());
        assert!(Reference::new("a b").is_err());
    }

    #[test]
    fn a_request_is_named_by_its_number_in_three_spellings() {
        for text in ["R-17", "r-17", "17"] {
            assert_eq!(RequestId::parse(text), Some(RequestId::new(17)));
        }
        for text in ["R-0", "R-", "R--1", "17x", "+17", "9999999999999999"] {
            assert_eq!(RequestId::parse(text), None, "{text}");
        }
    }

    #[test]
    fn an_account_called_system_does_not_speak_as_the_clock() {
        assert_eq!(PrincipalName::from_account("system", 7).as_str(), "uid-7");
        assert_eq!(PrincipalName::from_account("Alice", 7).as_str(), "alice");
        assert_eq!(PrincipalName::from_account("DOM\\al", 7).as_str(), "uid-7");
    }
}
