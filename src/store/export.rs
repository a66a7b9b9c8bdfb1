//! The log as JSON lines: the canonical export, which `assets/verify_log.py` checks without this program.

use crate::domain::canon::{self, canonical_or_poison};
use crate::domain::digest::hex;
use crate::store::log::Recorded;
use serde_json::{Value, json};

/// One event as one line of canonical JSON, without the line feed. An event that names a file has the file's bytes beside
/// it, in hexadecimal digits, as long as they are here: the hash covers their digest, which stands in the facts.
pub fn line(event: &Recorded, file: Option<&[u8]>) -> String {
    let read =
        |text: &str| canon::read_stored(text.as_bytes()).unwrap_or_else(|_| Value::String(text.to_owned()));
    let payload = match (&event.payload, &event.body) {
        (None, _) => Value::Null,
        (Some(digest), None) => json!({"digest": digest}),
        (Some(digest), Some((salt, body))) => {
            json!({"digest": digest, "salt": hex(salt), "body": read(body)})
        }
    };
    let mut line = json!({
        "envelope": event.envelope, "facts": read(&event.facts), "payload": payload, "hash": event.hash,
    });
    if let Some(file) = file {
        line["evidence"] = json!(hex(file));
    }
    canonical_or_poison(&line)
}
