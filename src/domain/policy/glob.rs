//! Patterns in a policy: `*` stands for any run of characters, `?` for one. Case does not count.
//!
//! Twenty lines of our own rather than a package: the two that are alive bring path rules, braces and classes that a
//! policy would then promise for ever, and whether `[` is a letter must not depend on a package's next version.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::Chars;

/// A pattern, in lower case.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Glob(String);

/// The longest pattern, in bytes.
const LONGEST: usize = 200;

impl Glob {
    /// Reads a pattern.
    ///
    /// # Errors
    /// The reason: empty, too long, or with characters that would not be seen.
    pub fn new(text: &str) -> Result<Self, String> {
        if text.is_empty() || text.len() > LONGEST {
            return Err(format!("a pattern has 1 to {LONGEST} bytes"));
        }
        if text.chars().any(crate::domain::text::is_marked) {
            return Err("a pattern has no control or hidden characters".to_owned());
        }
        Ok(Self(text.to_lowercase()))
    }

    /// As it is shown, in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it fits the whole of `text`.
    pub fn fits(&self, text: &str) -> bool {
        fits(&self.0, &text.to_lowercase())
    }
}

/// Whether a pattern in lower case fits the whole of a text in lower case. Goes back only to the last star, so that
/// no pattern makes it slow: at most the product of both lengths.
pub fn fits(pattern: &str, text: &str) -> bool {
    let (mut p, mut t) = (pattern.chars(), text.chars());
    let mut star: Option<(Chars<'_>, Chars<'_>)> = None;
    loop {
        let (mut pattern, mut text) = (p.clone(), t.clone());
        match (pattern.next(), text.next()) {
            (Some('*'), _) => {
                star = Some((pattern.clone(), t.clone()));
                p = pattern;
            }
            (None, None) => return true,
            (Some(wanted), Some(c)) if wanted == '?' || wanted == c => (p, t) = (pattern, text),
            // However far the last star reached, nothing is left for what the pattern still wants.
            (Some(_), None) => return false,
            (_, Some(_)) => match &mut star {
                None => return false,
                Some((after, from)) => {
                    from.next();
                    (p, t) = (after.clone(), from.clone());
                }
            },
        }
    }
}

/// Whether one of `globs` fits; none at all fits everything.
pub fn any_or_empty(globs: &[Glob], text: Option<&str>) -> bool {
    globs.is_empty() || text.is_some_and(|text| globs.iter().any(|glob| glob.fits(text)))
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Glob {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Self::new(&text)
    }
}

impl From<Glob> for String {
    fn from(glob: Glob) -> String {
        glob.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_run_and_a_question_mark_is_one_character() {
        for (pattern, text, yes) in [
            ("email.send*", "email.send", true),
            ("email.send*", "email.send_all", true),
            ("email.send", "email.send_all", false),
            ("*@example.org", "Ann@Example.ORG", true),
            ("*@example.org", "ann@example.org.evil", false),
            ("db.?rop", "db.drop", true),
            ("db.?rop", "db.rop", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-b-c-d", false),
            ("*", "", true),
            ("**", "x", true),
            ("?", "é", true),
            ("[a]", "a", false),
        ] {
            assert_eq!(Glob::new(pattern).unwrap().fits(text), yes, "{pattern} on {text}");
        }
    }

    #[test]
    fn a_pattern_of_many_stars_is_not_slow() {
        let pattern = Glob::new(&"*a".repeat(90)).unwrap();
        assert!(!pattern.fits(&"a".repeat(89)));
        assert!(!pattern.fits(&("a".repeat(20_000) + "b")));
    }

    #[test]
    fn what_would_not_be_seen_is_no_pattern() {
        assert!(Glob::new("").is_err());
        assert!(Glob::new("a\u{200b}b").is_err());
        assert!(Glob::new(&"a".repeat(201)).is_err());
    }
}
