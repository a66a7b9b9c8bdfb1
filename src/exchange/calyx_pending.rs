//! `calyx-pending`: the entries of Calyx' `pending_approvals.json`, or the one of its `APPROVAL_NEEDED.flag`, become
//! one request for each that is pending. `docs/producer.md` has the mapping as a table.

use super::{Imported, checked, json, shaped, words};
use crate::domain::canon::canonical_or_poison;
use crate::domain::document::Limits;
use crate::domain::invalid::Invalid;
use crate::domain::names::PrincipalName;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Who asks, when the call names nobody.
const BY: &str = "calyx";

words!(
    /// What an entry asks for.
    RequestType {
        Cosignature = "cosignature",
        Promotion = "promotion",
        Override = "override",
        Intervention = "intervention",
    }
);
words!(
    /// How far an entry is, elsewhere.
    Status { Pending = "pending", Approved = "approved", Rejected = "rejected" }
);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    timestamp: String,
    intent_id: String,
    lease_id: String,
    request_type: RequestType,
    status: Status,
    #[serde(default)]
    details: Map<String, Value>,
    /// Says the same as `status` and is believed no more than it.
    #[serde(rename = "action_required")]
    _action_required: Option<bool>,
    approved_by: Option<String>,
    approved_at: Option<String>,
    rejected_by: Option<String>,
    rejected_at: Option<String>,
    rejection_reason: Option<String>,
}

/// Reads the pending entries, asked for by `by` or else by `calyx`.
///
/// # Errors
/// [`Invalid`] naming the entry and its field.
pub fn read(bytes: &[u8], by: Option<&PrincipalName>, limits: &Limits) -> Result<Imported, Invalid> {
    // The flag file is one entry without a list around it; its fields are named without an index.
    let entries: Vec<(String, Value)> = match json(bytes, limits)? {
        Value::Array(items) => items.into_iter().enumerate().map(|(n, v)| (format!("[{n}]"), v)).collect(),
        entry @ Value::Object(_) => vec![(String::new(), entry)],
        _ => return Err(Invalid::new("document", "must be a list of entries, or one entry")),
    };
    let mut out = Imported::default();
    let mut taken: Vec<(usize, Value)> = Vec::new();
    for (n, (at, value)) in entries.into_iter().enumerate() {
        let entry: Entry = shaped(value, &at)?;
        let field = |name: &str| if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") };
        check_id(&field("lease_id"), &entry.lease_id, "LEASE-")?;
        check_id(&field("intent_id"), &entry.intent_id, "INT-")?;
        if entry.status != Status::Pending {
            out.note(decided_elsewhere(n + 1, &entry));
            continue;
        }
        let native = native(&entry, by.map_or(BY, PrincipalName::as_str), &field)?;
        let native = checked(native, limits, |name| match name {
            "ref" | "title" => field("lease_id"),
            "summary" => field("details"),
            "labels.requested" => field("timestamp"),
            "tiers" => field("details.to_tier"),
            other => other.to_owned(),
        })?;
        match taken.iter().find(|(_, before)| before["ref"] == native["ref"]) {
            None => taken.push((n, native)),
            // The same thing asked twice is one request; only the time of asking differs.
            Some((first, before)) if same_but_for_time(before, &native) => {
                out.note(format!("entry {}: asks the same as entry {}; imported once", n + 1, first + 1));
            }
            Some((first, _)) => {
                return Err(Invalid::new(
                    field("lease_id"),
                    format!(
                        "entry {} has the same lease, request type and intent, with other details",
                        first + 1
                    ),
                ));
            }
        }
    }
    out.documents = taken.into_iter().map(|(_, native)| native).collect();
    Ok(out)
}

fn same_but_for_time(a: &Value, b: &Value) -> bool {
    let timeless = |v: &Value| {
        let mut v = v.clone();
        v["labels"]["requested"] = Value::Null;
        v
    };
    timeless(a) == timeless(b)
}

/// The form of a lease or intent id: the prefix, eight digits of a date, and three to nine digits that count or time.
pub(super) fn check_id(field: &str, id: &str, prefix: &str) -> Result<(), Invalid> {
    let digits = |s: &str, lengths: std::ops::RangeInclusive<usize>| {
        lengths.contains(&s.len()) && s.bytes().all(|c| c.is_ascii_digit())
    };
    let parts = id.strip_prefix(prefix).and_then(|rest| rest.split_once('-'));
    if parts.is_some_and(|(date, rest)| digits(date, 8..=8) && digits(rest, 3..=9)) {
        return Ok(());
    }
    Err(Invalid::new(
        field,
        format!("`{id}` is not of the form {prefix}YYYYMMDD-… with three to nine digits"),
    ))
}

/// Why a closed entry is no request.
fn decided_elsewhere(number: usize, entry: &Entry) -> String {
    let (by, at) = match entry.status {
        Status::Rejected => (&entry.rejected_by, &entry.rejected_at),
        Status::Pending | Status::Approved => (&entry.approved_by, &entry.approved_at),
    };
    let mut out = format!("entry {number}: {}", entry.status.word());
    if let Some(by) = by {
        out.push_str(&format!(" by {by}"));
    }
    if let Some(at) = at {
        out.push_str(&format!(" at {at}"));
    }
    if let Some(reason) = &entry.rejection_reason {
        out.push_str(&format!(" (\"{reason}\")"));
    }
    out.push_str(": a decision made elsewhere is not a decision here; not imported");
    out
}

fn native(entry: &Entry, by: &str, field: &impl Fn(&str) -> String) -> Result<Value, Invalid> {
    let (lease, intent, word) = (&entry.lease_id, &entry.intent_id, entry.request_type.word());
    let mut reference = format!("{lease}:{word}:{intent}");
    let mut native = json!({
        "by": by, "summary": summary(entry, field)?,
        "labels": {"lease": lease, "intent": intent, "requested": entry.timestamp},
    });
    let (kind, what) = match entry.request_type {
        RequestType::Cosignature => {
            // A word in the details can only make the request stricter, so a false match does no harm.
            if says_production(&Value::Object(entry.details.clone())) {
                native["target"] = json!({"environment": "production"});
            }
            ("deployment", "Cosignature".to_owned())
        }
        RequestType::Promotion => {
            let tier = tier(entry, field)?;
            native["tiers"] = json!([tier]);
            // One lease and intent goes through several tiers, and each is a request of its own.
            reference.push_str(&format!(":{tier}"));
            ("promotion", format!("Promotion to {tier} %"))
        }
        RequestType::Override => ("exception", "Override".to_owned()),
        RequestType::Intervention => ("exception", "Intervention".to_owned()),
    };
    native["kind"] = json!(kind);
    native["ref"] = json!(reference);
    native["title"] = json!(format!("{what} for {intent} ({lease})"));
    Ok(native)
}

fn tier(entry: &Entry, field: &impl Fn(&str) -> String) -> Result<u64, Invalid> {
    let tier = entry.details.get("to_tier").and_then(Value::as_u64).filter(|t| (1..=100).contains(t));
    tier.ok_or_else(|| {
        Invalid::new(field("details.to_tier"), "a promotion names its tier, a whole percentage from 1 to 100")
    })
}

/// The reason in words, then whatever else the details hold.
fn summary(entry: &Entry, field: &impl Fn(&str) -> String) -> Result<String, Invalid> {
    let mut rest = entry.details.clone();
    let mut out = match rest.remove("reason") {
        None => String::new(),
        Some(Value::String(reason)) => reason,
        Some(_) => return Err(Invalid::new(field("details.reason"), "must be a string")),
    };
    if !rest.is_empty() {
        if !out.is_empty() {
            out.push_str("\n\n");
        }
        out.push_str(&format!("Details: {}", canonical_or_poison(&rest)));
    }
    Ok(out)
}

/// Whether a string in `value` holds the word `production` or `prod`.
pub(super) fn says_production(value: &Value) -> bool {
    match value {
        Value::String(text) => text
            .split(|c: char| !c.is_ascii_alphanumeric())
            .any(|word| word.eq_ignore_ascii_case("production") || word.eq_ignore_ascii_case("prod")),
        // Reading refused what nests deeper than 32, so this recursion is shallow.
        Value::Array(items) => items.iter().any(says_production),
        Value::Object(map) => map.values().any(says_production),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Value {
        json!({"timestamp": "2026-02-03T04:05:06+00:00", "intent_id": "INT-20260203-007",
               "lease_id": "LEASE-20260203-040506", "request_type": "cosignature", "status": "pending",
               "details": {"reason": "Second key for production", "host": "web-1"}, "action_required": true})
    }

    fn with(key: &str, value: Value) -> Value {
        let mut entry = entry();
        entry[key] = value;
        entry
    }

    fn promotion(to_tier: Value) -> Value {
        let mut entry = with("request_type", json!("promotion"));
        entry["details"] = json!({"to_tier": to_tier, "health": "passing", "from_tier": 5});
        entry
    }

    fn take(value: &Value) -> Imported {
        read(value.to_string().as_bytes(), None, &Limits::BUILT_IN).unwrap()
    }

    fn refused(value: &Value) -> String {
        read(value.to_string().as_bytes(), None, &Limits::BUILT_IN).unwrap_err().to_string()
    }

    fn notes(imported: &Imported) -> Vec<String> {
        imported.notes.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_cosignature_asks_for_a_deployment() {
        assert_eq!(
            take(&json!([entry()])).documents,
            [
                json!({"kind": "deployment", "by": "calyx", "ref": "LEASE-20260203-040506:cosignature:INT-20260203-007",
                "title": "Cosignature for INT-20260203-007 (LEASE-20260203-040506)",
                "summary": "Second key for production\n\nDetails: {\"host\":\"web-1\"}",
                "target": {"environment": "production"},
                "labels": {"lease": "LEASE-20260203-040506", "intent": "INT-20260203-007",
                           "requested": "2026-02-03T04:05:06+00:00"}})
            ]
        );
        let quiet = take(&with("details", json!({"reason": "reproduction of a bug"})));
        assert_eq!(quiet.documents[0].get("target"), None);
    }

    #[test]
    fn a_promotion_has_its_tier_and_each_tier_its_own_reference() {
        let imported = take(&json!([promotion(json!(25)), promotion(json!(100))]));
        let references: Vec<&Value> = imported.documents.iter().map(|d| &d["ref"]).collect();
        assert_eq!(
            references,
            [
                "LEASE-20260203-040506:promotion:INT-20260203-007:25",
                "LEASE-20260203-040506:promotion:INT-20260203-007:100"
            ]
        );
        assert_eq!(imported.documents[0]["tiers"], json!([25]));
        assert_eq!(
            imported.documents[0]["title"],
            "Promotion to 25 % for INT-20260203-007 (LEASE-20260203-040506)"
        );
        assert_eq!(
            imported.documents[0]["summary"],
            "Details: {\"from_tier\":5,\"health\":\"passing\",\"to_tier\":25}"
        );
        for bad in [json!(0), json!(101), json!("25"), json!(2.5), Value::Null] {
            assert!(
                refused(&json!([entry(), promotion(bad)]))
                    .starts_with("[1].details.to_tier: a promotion names"),
            );
        }
    }

    #[test]
    fn an_override_and_an_intervention_are_exceptions() {
        for (word, title) in [("override", "Override for"), ("INTERVENTION", "Intervention for")] {
            let document = take(&with("request_type", json!(word))).documents.remove(0);
            assert_eq!(document["kind"], "exception");
            assert!(document["title"].as_str().unwrap().starts_with(title));
        }
    }

    #[test]
    fn a_decision_made_elsewhere_is_not_a_decision_here() {
        let mut approved = with("status", json!("approved"));
        approved["approved_by"] = json!("ada\u{1b}[31m");
        approved["approved_at"] = json!("2026-02-03T05:00:00+00:00");
        let imported = take(&json!([approved, promotion(json!(25)), with("status", json!("rejected"))]));
        assert_eq!(imported.documents.len(), 1);
        assert_eq!(
            notes(&imported),
            [
                "entry 1: approved by ada⟨ESC⟩[31m at 2026-02-03T05:00:00+00:00: a decision made elsewhere is not a \
                 decision here; not imported",
                "entry 3: rejected: a decision made elsewhere is not a decision here; not imported",
            ]
        );
    }

    #[test]
    fn the_same_asked_twice_is_one_request_and_something_else_is_refused() {
        let later = with("timestamp", json!("2026-02-03T09:00:00+00:00"));
        let imported = take(&json!([entry(), later]));
        assert_eq!(imported.documents.len(), 1);
        assert_eq!(notes(&imported), ["entry 2: asks the same as entry 1; imported once"]);
        let other = with("details", json!({"reason": "something else"}));
        assert!(refused(&json!([entry(), other])).starts_with("[1].lease_id: entry 1 has the same lease"));
    }

    #[test]
    fn what_is_wrong_names_the_entry_and_the_field() {
        for (key, value, said) in [
            (
                "request_type",
                json!("deploy"),
                "[1].request_type: unknown value `deploy`; known: cosignature, promotion",
            ),
            (
                "status",
                json!("done\u{7}"),
                "[1].status: unknown value `done⟨BEL⟩`; known: pending, approved, rejected",
            ),
            ("status", json!(null), "[1].status: invalid type: null"),
            (
                "lease_id",
                json!("LEASE-2026-1"),
                "[1].lease_id: `LEASE-2026-1` is not of the form LEASE-YYYYMMDD-",
            ),
            ("lease_id", json!("LEASE-20260203-040506\n"), "[1].lease_id: "),
            ("intent_id", json!("LEASE-20260203-040506"), "[1].intent_id: "),
            ("details", json!([]), "[1].details: invalid type"),
            ("details", json!({"reason": 1}), "[1].details.reason: must be a string"),
            ("details", json!({"reason": "x".repeat(20_000)}), "[1].details: 20000 bytes; at most 16384"),
            ("timestamp", json!("x".repeat(401)), "[1].timestamp: 401 bytes"),
            ("self_approved", json!(true), "[1].self_approved: unknown field `self_approved`"),
        ] {
            let refused = refused(&json!([promotion(json!(25)), with(key, value)]));
            assert!(refused.starts_with(said), "{key}: {refused}");
        }
    }

    #[test]
    fn a_flag_file_is_one_entry_without_an_index() {
        assert_eq!(take(&entry()).documents.len(), 1);
        assert!(refused(&with("request_type", json!("x"))).starts_with("request_type: unknown value"));
        assert!(refused(&json!("x")).starts_with("document: must be a list"));
        assert_eq!(take(&json!([])), Imported::default());
    }
}
