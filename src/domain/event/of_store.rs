//! What happens to the store and to no request: each has an aggregate of its own.

use super::{Enrolment, NotObeyed};
use crate::domain::digest::PolicyDigest;
use crate::domain::names::{PrincipalName, RequestId};
use serde::{Deserialize, Serialize};

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
}

impl OfStore {
    /// Their names in the log.
    pub const NAMES: [&str; 4] = ["policy.adopted", "team.founded", "watcher.started", "session.refused"];
}
