//! Who acted, and what a decision was bound to: in the facts of events.

use crate::domain::digest::{MarksDigest, RevisionDigest};
use crate::domain::names::{Fingerprint, PersonName, RevisionNumber};
use crate::domain::principal::{Caller, Face, PrincipalKind};
use crate::domain::programs::Program;
use crate::domain::quorum::Signer;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// How what was decided on had been before the decider's eyes. Never more is recorded than is known.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sight {
    /// Nobody said.
    No,
    /// Its digest was quoted on the command line.
    Digest,
    /// A part of it was drawn on the screen.
    Drawn,
    /// All of it was drawn on the screen, line by line.
    Whole,
}

impl Sight {
    /// The word used everywhere.
    pub const fn word(self) -> &'static str {
        match self {
            Sight::No => "no",
            Sight::Digest => "digest",
            Sight::Drawn => "drawn",
            Sight::Whole => "whole",
        }
    }
}

/// Who acted, beyond the name in the envelope: in the facts of every event.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Actor {
    /// What sort of principal.
    pub kind: PrincipalKind,
    /// Its person or owner: in a solo store whoever runs the account, whatever name was asserted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonName>,
    /// Through which face.
    pub face: Face,
    /// The key that sshd checked; nothing outside of sessions, and where sshd does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Fingerprint>,
    /// From which address the client came, as sshd says it; nothing outside of sessions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<IpAddr>,
}

impl Actor {
    /// The caller as an actor.
    pub fn of(caller: &Caller) -> Self {
        let Caller { kind, person, face, key, address, .. } = caller.clone();
        Self { kind, person, face, key, address }
    }
}

/// What a decision was bound to, and how it came.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bound {
    /// The revision decided on.
    pub revision: RevisionNumber,
    /// What it would do.
    pub revision_digest: RevisionDigest,
    /// The marks as the decision leaves them.
    pub marks_digest: MarksDigest,
    /// How what was decided on had been before the decider's eyes.
    pub seen: Sight,
    /// Who decided.
    pub signer: Signer,
    /// Whether it came within two seconds of the first time it was on the decider's screen.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub fast: bool,
    /// The programs it let start, as they were then; nothing where no command is among the steps, and in sign-offs of
    /// before this was recorded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub programs: Vec<Program>,
}
