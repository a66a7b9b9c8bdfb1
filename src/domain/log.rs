//! The form of an event in the log: envelope, facts, salted payload, and the hash that chains them.
//!
//! This form is for ever; `docs/log-format.md` describes it with test vectors, and `assets/verify_log.py` checks it
//! without this program.

use crate::domain::canon::{LARGEST_INTEGER, canonical_or_poison};
use crate::domain::digest::{EventHash, PayloadDigest, framed};
use crate::domain::moment::Moment;
use crate::domain::names::{Seq, StoreId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The random bytes that keep a redacted payload from being guessed: 32, drawn anew for each event.
pub type Salt = [u8; 32];

/// The envelope of an event: where it stands, and who wrote it when.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Envelope {
    /// Its place in the log.
    pub seq: Seq,
    /// The store it belongs to.
    pub store: StoreId,
    /// What it happened to: `store`, or a request such as `R-17`.
    pub aggregate: String,
    /// The how-manieth event of that aggregate, from 1.
    pub version: u64,
    /// When, by the host's clock.
    pub at: Moment,
    /// Who.
    pub by: String,
    /// How sure we are of it.
    pub assurance: String,
    /// What happened.
    pub name: String,
}

/// The same in the order of the keys, which is the canonical one.
#[derive(Serialize)]
struct InOrder<'a> {
    aggregate: &'a str,
    assurance: &'a str,
    at: &'a Moment,
    by: &'a str,
    name: &'a str,
    seq: &'a Seq,
    store: &'a StoreId,
    version: u64,
}

impl Envelope {
    /// The canonical form, without the detour over a tree where there is no need for one.
    fn canonical(&self) -> String {
        let Self { seq, store, aggregate, version, at, by, assurance, name } = self;
        let exact = [seq.0, *version, at.millis().unsigned_abs()].iter().all(|n| *n <= LARGEST_INTEGER);
        let in_order = InOrder { aggregate, assurance, at, by, name, seq, store, version: *version };
        match serde_json::to_string(&in_order) {
            Ok(text) if exact => text,
            _ => canonical_or_poison(self),
        }
    }
}

/// The commitment to a payload: SHA-256 over the salt and the canonical text, each length-framed.
pub fn payload_digest(salt: &Salt, canonical_payload: &str) -> PayloadDigest {
    PayloadDigest::from_bytes(framed("countersign-payload@v1", &[salt, canonical_payload.as_bytes()]))
}

/// The hash of an event: over the hash before it, its envelope, its facts and the commitment to its payload (empty
/// when it has none).
pub fn event_hash(
    previous: EventHash,
    envelope: &Envelope,
    canonical_facts: &str,
    payload: Option<PayloadDigest>,
) -> EventHash {
    let envelope = envelope.canonical();
    let payload: &[u8] = payload.as_ref().map_or(&[], |digest| digest.bytes());
    EventHash::from_bytes(framed(
        "countersign-event@v1",
        &[previous.bytes(), envelope.as_bytes(), canonical_facts.as_bytes(), payload],
    ))
}

/// The facts of a store's first event.
pub fn store_created_facts(account: &str) -> Value {
    serde_json::json!({"form": 1, "mode": "solo", "account": account})
}

/// The name of a store's first event, whose aggregate is `store`.
pub const STORE_CREATED: &str = "store.created";

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn envelope() -> Envelope {
        Envelope {
            seq: Seq(1),
            store: StoreId::from_bytes([7; 16]),
            aggregate: "R-1".into(),
            version: 1,
            at: Moment::from_millis(1_700_000_000_000),
            by: "alice".into(),
            assurance: "asserted".into(),
            name: "request.cancelled".into(),
        }
    }

    #[test]
    fn the_short_way_says_what_the_long_way_says() {
        for (seq, at, by) in [
            (1, 1_700_000_000_000, "alice"),
            (LARGEST_INTEGER, -5, "a\"b\\c\n\u{7f}é😀\u{2028}"),
            (LARGEST_INTEGER + 1, 0, ""),
            (3, i64::MIN, "x"),
        ] {
            let envelope =
                Envelope { seq: Seq(seq), at: Moment::from_millis(at), by: by.to_owned(), ..envelope() };
            assert_eq!(envelope.canonical(), canonical_or_poison(&envelope));
        }
    }

    // The vectors of docs/log-format.md: computed by an independent program; they must never change.
    #[test]
    fn the_published_vectors_hold() {
        let salt = [1u8; 32];
        let payload = payload_digest(&salt, r#"{"reason":"no"}"#);
        assert_eq!(payload.to_string(), "9410ad0b5dd84780526f28cc4faec8174068b5a823025ae45ca56aee53b28152");
        let facts = canonical_or_poison(&json!({}));
        let hash = event_hash(EventHash::GENESIS, &envelope(), &facts, Some(payload));
        assert_eq!(hash.to_string(), "091103184bea8e5551767e383c877db60b44c20473b549c6301319a4c91f0555");
    }
}
