//! `webhook`: a POST of the notice as JSON, with a code by which its receiver knows that it came from here.
//!
//! `X-Countersign-Signature: v1=` and the hexadecimal HMAC-SHA-256 of timestamp, a dot, and the body.

use super::{Channel, LIMIT, Message};
use crate::domain::digest::{hex, hmac};
use std::path::PathBuf;

/// An address that takes notices.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Webhook {
    /// Where to.
    pub url: String,
    /// The file that holds the key both sides know; read anew each time, so that it can be changed.
    pub secret_file: PathBuf,
}

/// The shortest key, in bytes: a shorter one could be guessed.
const SHORTEST_KEY: usize = 16;

impl Webhook {
    fn key(&self) -> Result<Vec<u8>, String> {
        use std::os::unix::fs::MetadataExt;
        let (path, shown) = (&self.secret_file, self.secret_file.display());
        let meta = std::fs::metadata(path).map_err(|e| format!("its key {shown} cannot be read: {e}"))?;
        if meta.mode() & 0o077 != 0 {
            return Err(format!("others can read its key {shown}: chmod go-rwx it"));
        }
        let mut key = std::fs::read(path).map_err(|e| format!("its key {shown} cannot be read: {e}"))?;
        while key.last().is_some_and(|byte| matches!(byte, b'\n' | b'\r')) {
            key.pop();
        }
        match key.len() >= SHORTEST_KEY {
            true => Ok(key),
            false => Err(format!("its key {shown} is shorter than {SHORTEST_KEY} bytes")),
        }
    }
}

impl Channel for Webhook {
    fn send(&self, message: &Message) -> Result<(), String> {
        let signed = format!("{}.{}", message.at, message.body);
        let code = hex(&hmac(&self.key()?, signed.as_bytes()));
        let (at, signature) = (message.at.to_string(), format!("v1={code}"));
        let headers = [
            ("Content-Type", "application/json"),
            ("X-Countersign-Notice", &message.id),
            ("X-Countersign-Timestamp", &at),
            ("X-Countersign-Signature", &signature),
        ];
        match crate::http::post(&self.url, &headers, &message.body, LIMIT)? {
            answer if answer.is_success() => Ok(()),
            answer => Err(format!("it answered {}", answer.status)),
        }
    }
}
