//! What happens to the store and to no request: each has an aggregate of its own.

use super::{Enrolment, NotObeyed};
use crate::domain::digest::{EvidenceDigest, PayloadDigest, PolicyDigest};
use crate::domain::moment::{Moment, Span};
use crate::domain::names::{PrincipalName, RequestId, Seq};
use serde::{Deserialize, Serialize};

/// The aggregate of what is done to keep the store: forgetting, taking out, and what its clock did.
pub const KEEPING: &str = "keeping";

/// The facts of one such event. The serialised `name` is the event's name in the log.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "name", content = "facts", deny_unknown_fields)]
pub enum OfStore {
    /// A policy became effective. Its aggregate is [`POLICY`]. Payload: its text.
    #[serde(rename = "policy.adopted")]
    PolicyAdopted {
        /// The digest of the text.
        digest: PolicyDigest,
        /// The names of its rules, in their order.
        rules: Vec<String>,
        /// The how-manieth policy of this store, from 1.
        version: u64,
        /// Who is enrolled by it, and since when; nothing where it has no roster.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        enrolled: Vec<Enrolment>,
        /// The request that proposed it; nothing where it took effect at once.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        proposal: Option<RequestId>,
    },
    /// The store became a team's, for ever. Its aggregate is [`TEAM`].
    #[serde(rename = "team.founded")]
    TeamFounded {
        /// Who must be enrolled as an admin by the first policy.
        admins: Vec<PrincipalName>,
        /// The account that owns the store.
        account: PrincipalName,
    },
    /// A watcher began to keep time. Its aggregate is the watchers', not a request's.
    #[serde(rename = "watcher.started")]
    WatcherStarted {
        /// The how-manieth, from 1: an older one that is still there stops when it sees a newer.
        fence: u64,
        /// Its process.
        process: u32,
    },
    /// A line that came through SSH was not obeyed, and nothing ran. Its aggregate is [`SESSION`]. Payload: the line,
    /// escaped and cut short.
    #[serde(rename = "session.refused")]
    SessionRefused {
        /// Why.
        why: NotObeyed,
        /// How long the line was, in bytes.
        length: u64,
    },
    /// The host's clock went ahead of a process that watched it. Its aggregate is [`KEEPING`]. It starts nothing; what
    /// became due is recorded with the time at which it was due.
    #[serde(rename = "clock.jumped")]
    ClockJumped {
        /// What it showed when the process last looked.
        before: Moment,
        /// By how much it went ahead of that process, in milliseconds.
        ahead: Span,
    },
    /// What was kept long enough was forgotten. Its aggregate is [`KEEPING`].
    #[serde(rename = "store.pruned")]
    Pruned {
        /// How many notices.
        notices: u64,
        /// How many deliveries of them.
        deliveries: u64,
        /// Which files of evidence; their events keep these digests.
        files: Vec<EvidenceDigest>,
        /// How many bytes they had.
        bytes: u64,
        /// Notices from before were forgotten.
        notices_before: Moment,
        /// Files of requests that were closed before were forgotten.
        files_before: Moment,
    },
    /// Somebody wants a payload to be taken out of the log; another person must say so too. Its aggregate is [`KEEPING`].
    /// Payload: the reason.
    #[serde(rename = "redaction.asked")]
    RedactionAsked {
        /// Of which event.
        seq: Seq,
        /// Whether the file that it names goes too.
        file: Option<EvidenceDigest>,
    },
    /// A payload was taken out of the log: the event keeps its digest, and all its facts. Its aggregate is [`KEEPING`].
    /// Payload: the reason.
    #[serde(rename = "payload.redacted")]
    Redacted {
        /// Of which event.
        seq: Seq,
        /// What happened to which aggregate in that event.
        of: String,
        /// The digest that stands for the payload; nothing when only the file went.
        payload: Option<PayloadDigest>,
        /// The file that went with it.
        file: Option<EvidenceDigest>,
        /// Who asked for it before, where two people must.
        asked_by: Option<PrincipalName>,
    },
}

impl OfStore {
    /// Their names in the log.
    pub const NAMES: [&str; 8] = [
        "policy.adopted",
        "team.founded",
        "watcher.started",
        "session.refused",
        "clock.jumped",
        "store.pruned",
        "redaction.asked",
        "payload.redacted",
    ];
}
