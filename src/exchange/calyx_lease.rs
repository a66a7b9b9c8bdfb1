//! `calyx-lease`: a lease of Calyx becomes a deployment request. Its cosigners are said, and count for nothing: what they
//! signed cannot be verified here. `docs/producer.md` has the mapping as a table.

use super::calyx_pending::{check_id, says_production};
use super::{Imported, checked, json, shaped};
use crate::domain::canon::canonical_or_poison;
use crate::domain::document::Limits;
use crate::domain::invalid::Invalid;
use crate::domain::names::PrincipalName;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Who asks, when the call names nobody.
const BY: &str = "calyx";

/// Every field that a lease is known to have, in whichever of its shapes; what is not named here is refused.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lease {
    lease_id: String,
    intent_id: String,
    #[serde(default)]
    issued_at: String,
    expires_at: String,
    actor: Option<String>,
    issued_by: Option<String>,
    issued_to: Option<String>,
    status: Option<String>,
    #[serde(default)]
    scope: Map<String, Value>,
    commands_allowlist: Option<Value>,
    cosigners: Option<Cosigners>,
    /// What else it says, told as it stands.
    limits: Option<Value>,
    resource_limits: Option<Value>,
    conditions: Option<Value>,
    runner: Option<Value>,
    lease_duration_seconds: Option<Value>,
    execution: Option<Value>,
    /// Signed by whoever issued it, in a way that is not verified here.
    sig: Option<Value>,
    signature: Option<Value>,
}

/// Who signed, in its two shapes: a list, or one entry for each role.
#[derive(Deserialize)]
#[serde(untagged)]
enum Cosigners {
    List(Vec<Cosigner>),
    ByRole(std::collections::BTreeMap<String, ByRole>),
}

#[derive(Deserialize)]
struct Cosigner {
    role: String,
    id: String,
}

#[derive(Deserialize)]
struct ByRole {
    id: String,
    #[serde(default)]
    signed: bool,
}

/// Reads one lease, asked for by `by` or else by `calyx`.
///
/// # Errors
/// [`Invalid`] naming the field.
pub fn read(bytes: &[u8], by: Option<&PrincipalName>, limits: &Limits) -> Result<Imported, Invalid> {
    let lease: Lease = shaped(json(bytes, limits)?, "")?;
    check_id("lease_id", &lease.lease_id, "LEASE-")?;
    check_id("intent_id", &lease.intent_id, "INT-")?;
    let mut out = Imported::default();
    for (role, id, signed) in cosigners(&lease) {
        let present = if signed { "present" } else { "named" };
        out.note(format!("cosigner {id} ({role}): {present}, not verified; it fills no slot here"));
    }
    if lease.sig.is_some() || lease.signature.is_some() {
        out.note("the lease's own signature: present, not verified");
    }
    if let Some(status) = &lease.status {
        out.note(format!("status {status}: what is so elsewhere is not so here; not taken"));
    }
    let (id, intent) = (&lease.lease_id, &lease.intent_id);
    let mut native = json!({
        "kind": "deployment", "by": by.map_or(BY, PrincipalName::as_str), "ref": format!("{id}:deployment:{intent}"),
        "title": format!("Deploy for {intent} under {id}"), "summary": summary(&lease),
        "labels": {"lease": id, "intent": intent, "expires": lease.expires_at},
    });
    let named: Vec<Value> =
        [&lease.commands_allowlist, &lease.runner].into_iter().flatten().cloned().collect();
    if says_production(&Value::Object(lease.scope.clone())) || says_production(&Value::Array(named)) {
        native["target"] = json!({"environment": "production"});
    }
    out.documents.push(checked(native, limits, |name| match name {
        "ref" | "title" => "lease_id".to_owned(),
        "summary" => "scope".to_owned(),
        "labels.expires" => "expires_at".to_owned(),
        other => other.to_owned(),
    })?);
    Ok(out)
}

fn cosigners(lease: &Lease) -> Vec<(&str, &str, bool)> {
    match &lease.cosigners {
        None => Vec::new(),
        Some(Cosigners::List(list)) => list.iter().map(|c| (c.role.as_str(), c.id.as_str(), true)).collect(),
        Some(Cosigners::ByRole(roles)) => {
            roles.iter().map(|(role, c)| (role.as_str(), c.id.as_str(), c.signed)).collect()
        }
    }
}

/// What the lease allows, one line each, and whose names stand under it.
fn summary(lease: &Lease) -> String {
    let mut out = vec![format!("Lease {}, valid until {}.", lease.lease_id, lease.expires_at)];
    let mut say = |name: &str, value: &Value| out.push(format!("{name}: {}", canonical_or_poison(value)));
    let told = |text: &Option<String>| text.as_ref().map(|text| json!(text));
    for (name, value) in [
        ("Issued by", told(&lease.issued_by)),
        ("Issued to", told(&lease.issued_to)),
        ("Actor", told(&lease.actor)),
        ("Issued at", (!lease.issued_at.is_empty()).then(|| json!(lease.issued_at))),
    ] {
        if let Some(value) = value {
            say(name, &value);
        }
    }
    for (name, value) in &lease.scope {
        say(&format!("Scope {name}"), value);
    }
    for (name, value) in [
        ("Commands", &lease.commands_allowlist),
        ("Limits", &lease.limits),
        ("Limits", &lease.resource_limits),
        ("Conditions", &lease.conditions),
        ("Runner", &lease.runner),
        ("Seconds", &lease.lease_duration_seconds),
        ("Execution", &lease.execution),
    ] {
        if let Some(value) = value {
            say(name, value);
        }
    }
    for (role, id, signed) in cosigners(lease) {
        let present = if signed { "present, not verified" } else { "named, not signed" };
        out.push(format!("Cosigner {id} ({role}): {present}"));
    }
    out.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lease(cosigners: Value) -> Value {
        json!({"lease_id": "LEASE-20260203-040506", "intent_id": "INT-20260203-007", "issued_at": "2026-02-03T04:05:06Z",
            "expires_at": "2026-02-03T04:15:06Z", "scope": {"paths_allowlist": ["repo://app/tools/*"]},
            "sig": {"alg": "Ed25519", "value": "AAAA"}, "cosigners": cosigners})
    }

    fn list() -> Value {
        json!([{"role": "human", "id": "ada", "sig": "approved_x", "timestamp": "2026-02-03T04:05:07Z"},
               {"role": "agent", "id": "cp7", "sig": "test", "timestamp": "2026-02-03T04:05:08Z"}])
    }

    fn take(value: &Value) -> Imported {
        read(value.to_string().as_bytes(), None, &Limits::BUILT_IN).unwrap()
    }

    #[test]
    fn a_lease_asks_for_a_deployment_with_its_scope_and_expiry() {
        let imported = take(&lease(list()));
        let document = &imported.documents[0];
        assert_eq!(document["kind"], "deployment");
        assert_eq!(document["ref"], "LEASE-20260203-040506:deployment:INT-20260203-007");
        assert_eq!(document["labels"]["expires"], "2026-02-03T04:15:06Z");
        let summary = document["summary"].as_str().unwrap();
        for words in [
            "valid until 2026-02-03T04:15:06Z",
            "Scope paths_allowlist: [\"repo://app/tools/*\"]",
            "Cosigner ada (human): present, not verified",
        ] {
            assert!(summary.contains(words), "{words}: {summary}");
        }
        assert_eq!(document.get("target"), None);
        let production = json!({"lease_id": "LEASE-20260203-040506", "intent_id": "INT-20260203-007",
            "expires_at": "x", "scope": {"paths_allowlist": ["k8s://prod/app"]}});
        assert_eq!(take(&production).documents[0]["target"]["environment"], "production");
    }

    #[test]
    fn cosigners_in_both_shapes_are_said_and_count_for_nothing() {
        let by_role =
            json!({"agent": {"id": "cp7", "signed": false}, "human": {"id": "ada\u{1b}", "signed": true}});
        for (shape, first, second) in [
            (
                list(),
                "cosigner ada (human): present, not verified",
                "cosigner cp7 (agent): present, not verified",
            ),
            (
                by_role,
                "cosigner cp7 (agent): named, not verified",
                "cosigner ada⟨ESC⟩ (human): present, not verified",
            ),
        ] {
            let notes: Vec<String> = take(&lease(shape)).notes.iter().map(ToString::to_string).collect();
            assert!(notes[0].starts_with(first) && notes[1].starts_with(second), "{notes:?}");
            assert_eq!(notes[2], "the lease's own signature: present, not verified");
        }
    }

    #[test]
    fn what_is_no_lease_names_the_field() {
        let with = |key: &str, value: Value| {
            let mut lease = lease(list());
            lease[key] = value;
            read(lease.to_string().as_bytes(), None, &Limits::BUILT_IN).unwrap_err().to_string()
        };
        assert!(with("lease_id", json!("LEASE-1")).starts_with("lease_id: "));
        assert!(with("intent_id", json!(null)).starts_with("intent_id: "));
        assert!(with("approved", json!(true)).starts_with("approved: unknown field"));
        assert!(with("cosigners", json!("me")).starts_with("cosigners: "));
        assert!(with("expires_at", json!("x".repeat(500))).starts_with("expires_at: "));
    }
}
