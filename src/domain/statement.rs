//! What somebody signs with a key: a short text that a person can read, of digests and ASCII names only.
//!
//! Nothing a producer wrote is in it, so that no signature can be read as one over something else. Its first line is
//! fixed; one field a line in one order; line feeds, one at the end. `docs/signatures.md` shows it.

use crate::domain::digest::{EventHash, MarksDigest, PolicyDigest, RevisionDigest};
use crate::domain::moment::{Moment, Span};
use crate::domain::names::{RequestId, StoreId};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The SSHSIG namespace of a decision: a signature made for anything else is none.
pub const NAMESPACE: &str = "countersign-decision@v1";

/// The first line of every statement.
const FIRST: &str = "countersign: I stand for this decision";

/// How long a statement can be signed and brought back.
pub const LIVE: Span = Span::from_minutes(15);

/// The longest a statement can be, in bytes: every field at its longest stays far below.
pub const LONGEST: usize = 1024;

/// What one signs for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Deed {
    /// A sign-off.
    Approve,
    /// Going ahead without the required sign-offs.
    Override,
}

impl Deed {
    /// The word in the statement.
    pub const fn word(self) -> &'static str {
        match self {
            Deed::Approve => "approve",
            Deed::Override => "override",
        }
    }
}

/// What a signature covers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Statement {
    /// In which store.
    pub store: StoreId,
    /// On which request.
    pub request: RequestId,
    /// What would happen.
    pub revision: RevisionDigest,
    /// The marks as the decision leaves them.
    pub marks: MarksDigest,
    /// What is decided.
    pub deed: Deed,
    /// The tier of a promotion, in percent; left out for every other kind.
    pub tier: Option<u8>,
    /// The policy in force; `built-in` without an adopted one.
    pub policy: Option<PolicyDigest>,
    /// The last event of the log when the statement was made: whoever makes the log anew must leave it in.
    pub head: EventHash,
    /// Until when it can be brought back, in whole seconds.
    pub expires: Moment,
}

impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{FIRST}")?;
        writeln!(f, "store: {}", self.store)?;
        writeln!(f, "request: {}", self.request)?;
        writeln!(f, "revision: {}", self.revision)?;
        writeln!(f, "marks: {}", self.marks)?;
        writeln!(f, "verb: {}", self.deed.word())?;
        if let Some(tier) = self.tier {
            writeln!(f, "tier: {tier}")?;
        }
        match &self.policy {
            Some(policy) => writeln!(f, "policy: {policy}")?,
            None => writeln!(f, "policy: built-in")?,
        }
        writeln!(f, "head: {}", self.head)?;
        writeln!(f, "expires: {}", to_the_second(self.expires))
    }
}

/// RFC 3339 in UTC, without the milliseconds.
fn to_the_second(at: Moment) -> String {
    at.date_and_time().replacen(' ', "T", 1)
}

impl Statement {
    /// The end of a statement that is made `now`, in whole seconds.
    pub const fn expiry(now: Moment) -> Moment {
        let end = now.plus(LIVE).millis();
        Moment::from_millis(end - end.rem_euclid(1000))
    }

    /// Reads a statement back: exactly what writing it would give, or why not.
    ///
    /// # Errors
    /// Which line is not as it must be.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.len() > LONGEST || !text.is_ascii() {
            return Err(format!("it is longer than {LONGEST} bytes, or not ASCII"));
        }
        let mut lines = text.split_terminator('\n');
        if lines.next() != Some(FIRST) {
            return Err("its first line is not that of a decision".to_owned());
        }
        let mut fields = Fields(lines.peekable());
        let read = Self {
            store: fields.take("store", StoreId::parse)?,
            request: fields.take("request", RequestId::parse)?,
            revision: fields.take("revision", digest)?,
            marks: fields.take("marks", digest)?,
            deed: fields.take("verb", |word| {
                [Deed::Approve, Deed::Override].into_iter().find(|deed| deed.word() == word)
            })?,
            tier: match fields.has("tier") {
                true => Some(fields.take("tier", |text| text.parse().ok())?),
                false => None,
            },
            policy: fields.take("policy", |text| match text {
                "built-in" => Some(None),
                other => digest(other).map(Some),
            })?,
            head: fields.take("head", digest)?,
            expires: fields.take("expires", Moment::parse)?,
        };
        // One spelling only: what differs in a blank, a leading zero or the last line feed is another text.
        if read.to_string() == text { Ok(read) } else { Err("it is not spelled as it must be".to_owned()) }
    }
}

fn digest<D: TryFrom<String>>(text: &str) -> Option<D> {
    D::try_from(text.to_owned()).ok()
}

struct Fields<'a>(std::iter::Peekable<std::str::SplitTerminator<'a, char>>);

impl<'a> Fields<'a> {
    fn has(&mut self, name: &str) -> bool {
        self.0.peek().is_some_and(|line| line.split_once(": ").is_some_and(|(key, _)| key == name))
    }

    fn take<T>(&mut self, name: &str, read: impl FnOnce(&'a str) -> Option<T>) -> Result<T, String> {
        let value = self.0.next().and_then(|line| line.split_once(": ")).filter(|(key, _)| *key == name);
        value
            .and_then(|(_, value)| read(value))
            .ok_or_else(|| format!("its line `{name}` is not as it must be"))
    }
}

/// A verified signature, as it stands in the facts of the event it was given for: with it anybody can check the event
/// again, with `ssh-keygen` alone.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// The statement that was signed, byte by byte.
    pub statement: String,
    /// The signature, in the armour that `ssh-keygen -Y sign` writes.
    pub armour: String,
    /// The fingerprint of the key, `SHA256:…`.
    pub fingerprint: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    pub fn statement() -> Statement {
        Statement {
            store: StoreId::from_bytes([7; 16]),
            request: RequestId::new(12),
            revision: RevisionDigest::from_bytes([1; 32]),
            marks: MarksDigest::from_bytes([2; 32]),
            deed: Deed::Approve,
            tier: None,
            policy: None,
            head: EventHash::from_bytes([3; 32]),
            expires: Moment::from_millis(1_700_000_000_000),
        }
    }

    #[test]
    fn a_statement_is_a_few_lines_that_a_person_can_read() {
        let (one, two, three) = ("01".repeat(32), "02".repeat(32), "03".repeat(32));
        assert_eq!(
            statement().to_string(),
            format!(
                "countersign: I stand for this decision\nstore: {}\nrequest: R-12\nrevision: {one}\nmarks: {two}\n\
                 verb: approve\npolicy: built-in\nhead: {three}\nexpires: 2023-11-14T22:13:20Z\n",
                "07".repeat(16)
            )
        );
    }

    #[test]
    fn what_is_written_is_read_back_and_nothing_else_is() {
        let policy = Some(PolicyDigest::from_bytes([9; 32]));
        for deed in [Deed::Approve, Deed::Override] {
            for (tier, policy) in [(None, None), (Some(5), policy), (Some(100), None)] {
                let written = Statement { deed, tier, policy, ..statement() };
                let text = written.to_string();
                assert_eq!(Statement::parse(&text), Ok(written));
                for at in 0..text.len() {
                    let less = format!("{}{}", &text[..at], &text[at + 1..]);
                    assert!(Statement::parse(&less).map(|s| s.to_string() == less).unwrap_or(true), "{less}");
                }
            }
        }
        let text = statement().to_string();
        for wrong in [
            text.replace('\n', "\r\n"),
            text.trim_end().to_owned(),
            format!("{text}\n"),
            format!("{text}note: be kind\n"),
            text.replace("R-12", "R-012"),
            text.replace("R-12", "12"),
            text.replace("verb: approve", "verb: reject"),
            text.replace("verb: approve\n", "verb: approve\ntier: 05\n"),
            text.replace("store: ", "store:  "),
            text.replace("22:13:20Z", "22:13:20.500Z"),
            text.replace("countersign:", "git:"),
            text.replace("0101", "01AB"),
            String::new(),
            "x".repeat(2 * LONGEST),
        ] {
            assert!(Statement::parse(&wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_statement_ends_on_a_whole_second() {
        let end = Statement::expiry(Moment::from_millis(1_234));
        assert_eq!(end, Moment::from_millis(15 * 60_000 + 1_000));
    }
}
