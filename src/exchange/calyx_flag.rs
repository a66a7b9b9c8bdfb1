//! Out again: what waits here as Calyx' tools read it, in `APPROVAL_NEEDED.flag` and `pending_approvals.json`.
//!
//! The fields are those that [`super::calyx_pending`] takes in. `details` holds ids and counts unless the policy opens the
//! text.

use crate::domain::content::Kind;
use crate::domain::moment::Moment;
use crate::domain::names::Identifier;
use crate::domain::request::{Request, Verdict};
use crate::domain::text::Text;
use serde_json::{Map, Value, json};

/// One entry.
pub fn entry(request: &Request, opened: bool) -> Value {
    let mut entry = json!({
        "timestamp": offset(request.created_at),
        "intent_id": label(request, "intent"),
        "lease_id": label(request, "lease"),
        "request_type": match request.kind() {
            Kind::Plan | Kind::Deployment => "cosignature",
            Kind::Promotion => "promotion",
            Kind::Exception => "override",
            _ => "intervention",
        },
        "status": "pending",
        "details": details(request, opened),
        "action_required": true,
    });
    let Some(closed) = request.closed() else { return entry };
    let mut set = |key: &str, value: Value| entry[key] = value;
    match &closed.verdict {
        Verdict::Approved { .. } => {
            set("status", json!("approved"));
            set("approved_by", json!(closed.by));
            set("approved_at", json!(offset(closed.at)));
        }
        // Neither word of theirs is true of it, and "approved" least of all.
        Verdict::Overridden { .. } => {
            set("status", json!("overridden"));
            set("overridden_by", json!(closed.by));
            set("overridden_at", json!(offset(closed.at)));
        }
        Verdict::Rejected | Verdict::Cancelled | Verdict::Expired => {
            set("status", json!("rejected"));
            set("rejected_by", json!(closed.by));
            set("rejected_at", json!(offset(closed.at)));
            set("rejection_reason", json!(request.state_name().word()));
        }
    }
    entry
}

/// With an offset, as Python writes it.
fn offset(at: Moment) -> String {
    at.iso().replace('Z', "+00:00")
}

/// A label of the request's, or its own number where it has none.
fn label(request: &Request, name: &str) -> String {
    let named = Identifier::new(name).ok();
    let label = request.content.as_ref().zip(named).and_then(|(content, name)| content.labels.get(&name));
    // A label is a producer's words: only what could be an id is one.
    let is_id = |text: &str| {
        (1..=64).contains(&text.len())
            && text.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'_' | b'-'))
    };
    let label = label.map(|text| text.raw()).filter(|text| is_id(text));
    label.map_or_else(|| request.id.to_string(), str::to_owned)
}

fn details(request: &Request, opened: bool) -> Value {
    let mut details = Map::new();
    let mut set = |key: &str, value: Value| details.insert(key.to_owned(), value);
    set("request", json!(request.id.to_string()));
    set("kind", json!(request.kind()));
    set("risk", json!(request.assessment().risk));
    set("level", json!(request.level()));
    set("due_at", json!(request.deadlines.due_at.iso()));
    let content = request.content.as_ref();
    if let Some(tier) = content.and_then(|content| content.tiers.last()) {
        set("to_tier", json!(tier));
    }
    if let Some(content) = content.filter(|_| opened) {
        set("reason", json!(content.title.raw()));
        set("summary", json!(Text::line(&content.summary).to_string()));
    }
    Value::Object(details)
}
