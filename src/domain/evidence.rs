//! Evidence: proof beside a request. A file is kept by its digest and told by its content; a locator says where proof is,
//! and is never opened by this program.
//!
//! What the producer names in the document is [`crate::domain::content::Evidence`]; what anybody adds later is
//! [`Attached`]. Pinned evidence is part of what is decided on, so only the requester adds it, as a revision.

use crate::domain::content::Content;
use crate::domain::decide::Deciding;
use crate::domain::digest::{EvidenceDigest, hex};
use crate::domain::event::{Entry, Fact, Held, Payload};
use crate::domain::invalid::Invalid;
use crate::domain::moment::Moment;
use crate::domain::names::{PrincipalName, StepId};
use crate::domain::principal::PrincipalKind;
use crate::domain::refusal::Refusal;
use crate::domain::request::Request;
use crate::domain::rules;
use crate::domain::text::Text;
use crate::domain::transitions::Verb;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Bytes of one file.
pub const MOST_BYTES: u64 = 1 << 20;
/// Bytes of all files on one request.
pub const MOST_BYTES_OF_ALL: u64 = 10 << 20;
/// How many things are attached to one request.
pub const MOST: usize = 200;
/// Characters of a label.
pub const LONGEST_LABEL: usize = 120;
/// Bytes of a locator.
pub const LONGEST_LOCATOR: usize = 2048;

/// What a file is, told by what is in it and not by its name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sort {
    /// Text in UTF-8.
    Text,
    /// A JSON object or array.
    Json,
    /// A unified diff.
    Diff,
    /// Anything else.
    Binary,
}

impl Sort {
    /// Told by the content.
    pub fn of(bytes: &[u8]) -> Self {
        let Ok(text) = std::str::from_utf8(bytes) else { return Sort::Binary };
        if text.contains('\0') {
            return Sort::Binary;
        }
        if matches!(text.trim_start().as_bytes().first(), Some(b'{' | b'['))
            && serde_json::from_str::<serde_json::Value>(text).is_ok()
        {
            return Sort::Json;
        }
        let mut lines = text.lines();
        let mut file = false;
        let is_diff = lines.any(|line| {
            file |= line.starts_with("--- ");
            line.starts_with("diff --git ") || (file && line.starts_with("@@ -"))
        });
        if is_diff { Sort::Diff } else { Sort::Text }
    }

    /// The word used everywhere.
    pub const fn word(self) -> &'static str {
        match self {
            Sort::Text => "text",
            Sort::Json => "json",
            Sort::Diff => "diff",
            Sort::Binary => "binary",
        }
    }
}

impl fmt::Display for Sort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// A file, as an event knows it. The bytes stand beside the log, under their digest.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filed {
    /// SHA-256 of its bytes.
    pub sha256: EvidenceDigest,
    /// How many bytes.
    pub size: u64,
    /// What it is.
    pub kind: Sort,
}

impl Filed {
    /// What `bytes` are.
    pub fn of(bytes: &[u8]) -> Self {
        Self { sha256: EvidenceDigest::of(bytes), size: bytes.len() as u64, kind: Sort::of(bytes) }
    }
}

/// Something that was attached after the request was asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attached {
    /// Its number among what was attached.
    pub number: u32,
    /// Who attached it.
    pub by: PrincipalName,
    /// What sort of principal that is.
    pub kind: PrincipalKind,
    /// When.
    pub at: Moment,
    /// The step it is about.
    pub step: Option<StepId>,
    /// What it is called; nothing when that was redacted.
    pub label: Option<Text>,
    /// The file; nothing when it is a locator.
    pub file: Option<Filed>,
    /// Where the proof is; nothing for a file, or when it was redacted.
    pub locator: Option<Text>,
}

/// What somebody wants to attach.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attachment {
    /// What it is called.
    pub label: Text,
    /// The step it is about.
    pub step: Option<StepId>,
    /// A file, or where the proof is.
    pub what: Offered,
    /// Whether it becomes part of what is decided on: a revision, and so the requester's.
    pub pin: bool,
}

/// A file, or where the proof is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Offered {
    /// A file, whose bytes are stored with the event.
    File(Filed),
    /// A locator, never opened by this program.
    Locator(Text),
}

/// One piece of evidence in the list of all: first what the document names, then what was attached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Piece<'a> {
    /// Named by the producer.
    Named(&'a crate::domain::content::Evidence),
    /// Attached by anybody.
    Attached(&'a Attached),
}

impl Piece<'_> {
    /// What it is called.
    pub fn label(&self) -> Option<&Text> {
        match self {
            Piece::Named(named) => Some(&named.label),
            Piece::Attached(attached) => attached.label.as_ref(),
        }
    }

    /// The digest under which its bytes may be in the store.
    pub fn digest(&self) -> Option<EvidenceDigest> {
        match self {
            Piece::Named(named) => EvidenceDigest::try_from(named.sha256.as_ref()?.raw().to_owned()).ok(),
            Piece::Attached(attached) => attached.file.map(|file| file.sha256),
        }
    }

    /// Whether it is part of what is decided on.
    pub fn is_pinned(&self) -> bool {
        matches!(self, Piece::Named(named) if named.pinned)
    }
}

impl Request {
    /// All evidence: what the document names, then what was attached and is not pinned by it.
    pub fn pieces(&self) -> Vec<Piece<'_>> {
        let named: Vec<Piece<'_>> = self.content.iter().flat_map(|c| &c.evidence).map(Piece::Named).collect();
        let known: Vec<EvidenceDigest> =
            named.iter().filter(|piece| piece.is_pinned()).filter_map(Piece::digest).collect();
        let later = self.attached.iter().filter(|a| !a.file.is_some_and(|f| known.contains(&f.sha256)));
        named.iter().copied().chain(later.map(Piece::Attached)).collect()
    }

    /// The file with this digest, if one was attached.
    pub fn filed(&self, digest: EvidenceDigest) -> Option<Filed> {
        self.attached.iter().filter_map(|a| a.file).find(|file| file.sha256 == digest)
    }

    /// What the policy asks for and nobody has brought, by label.
    pub fn missing_evidence(&self) -> Vec<&str> {
        let pieces = self.pieces();
        let is_there = |label: &str| {
            pieces.iter().any(|piece| piece.label().is_some_and(|text| text.raw().trim() == label))
        };
        let wanted = self.assessment().evidence.iter().map(String::as_str);
        wanted.filter(|label| !is_there(label)).collect()
    }
}

/// Whether everything the policy asks for is there.
///
/// # Errors
/// [`Refusal::NotNow`] with what is missing.
pub fn is_there(request: &Request) -> Result<(), Refusal> {
    let missing: Vec<String> = request
        .missing_evidence()
        .into_iter()
        .map(|label| crate::domain::text::safe_line(label).to_string())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let why = format!(
        "its rule asks for evidence that is not there: {}; `attach {} --label …` brings it",
        missing.join(", "),
        request.id
    );
    Err(Refusal::NotNow { id: request.id, why })
}

/// The content with a file pinned to it, under its digest.
pub fn pinned(content: &Content, label: &Text, file: &Filed) -> Content {
    let digest = hex(file.sha256.bytes());
    let mut content = content.clone();
    content.evidence.push(crate::domain::content::Evidence {
        label: label.clone(),
        locator: Text::new(format!("evidence:sha256:{digest}")),
        sha256: Some(Text::new(digest)),
        pinned: true,
    });
    content
}

impl Deciding<'_> {
    /// Somebody attaches a file or a locator.
    pub(super) fn attach(&self, what: &Attachment) -> Result<Vec<Entry>, Refusal> {
        let wrong = |field: &str, why: String| Err(Refusal::Invalid(Invalid::new(field, why)));
        let Attachment { label, step, what, pin } = what;
        if let Some(step) = step {
            rules::has_step(self.request, step)?;
        }
        if label.is_blank() {
            return wrong("label", "is empty".to_owned());
        }
        if label.raw().chars().count() > LONGEST_LABEL || label.raw().contains('\n') {
            return wrong("label", format!("is one line of at most {LONGEST_LABEL} characters"));
        }
        let attached = &self.request.attached;
        if attached.len() >= MOST {
            return wrong("evidence", format!("there are {MOST} pieces already, which is the limit"));
        }
        let (file, locator) = match what {
            Offered::File(file) => {
                let known: u64 = attached.iter().filter_map(|a| a.file).map(|f| f.size).sum();
                if file.size > MOST_BYTES {
                    return wrong("evidence", format!("{} bytes; at most {MOST_BYTES}", file.size));
                }
                if known + file.size > MOST_BYTES_OF_ALL {
                    let why =
                        format!("{known} bytes are attached already; at most {MOST_BYTES_OF_ALL} in all");
                    return wrong("evidence", why);
                }
                (Some(*file), None)
            }
            Offered::Locator(locator) => {
                if locator.is_blank() || locator.size() > LONGEST_LOCATOR {
                    return wrong("locator", format!("must have 1 to {LONGEST_LOCATOR} bytes"));
                }
                (None, Some(locator.clone()))
            }
        };
        let number = attached.len() as u32 + 1;
        let payload = Payload { label: Some(label.clone()), locator, ..Payload::default() };
        let fact = Fact::Attached { number, step: step.clone(), file };
        let attached = self.entry(fact, Held::Here(Box::new(payload)));
        let Some(file) = file.filter(|_| *pin) else { return Ok(vec![attached]) };
        rules::may(self.verb_here(Verb::Revise), self.request, self.caller, self.facts, self.now)?;
        let Some(content) = &self.request.content else { return Err(Refusal::Uninspectable) };
        if content.evidence.len() >= self.facts.policy.limits.entries {
            let most = self.facts.policy.limits.entries;
            return wrong(
                "evidence",
                format!("the document names {most} pieces already, which is the limit"),
            );
        }
        let revised = self.revise(&pinned(content, label, &file))?;
        Ok(std::iter::once(attached).chain(revised).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_what_is_in_it() {
        let of = |bytes: &[u8]| Sort::of(bytes).word();
        assert_eq!(of(b"all went well\n"), "text");
        assert_eq!(of(b""), "text");
        assert_eq!(of(br#" {"a": [1]}"#), "json");
        assert_eq!(of(b"{ not json"), "text");
        assert_eq!(of(b"--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n"), "diff");
        assert_eq!(of(b"diff --git a/x b/x\n"), "diff");
        assert_eq!(of(b"--- a heading\nof a letter\n"), "text");
        assert_eq!(of(b"\x7fELF\0\0"), "binary");
        assert_eq!(of(b"caf\xe9"), "binary");
    }
}
