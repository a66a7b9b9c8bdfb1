//! A capability matrix of Calyx becomes the part of a policy that says the same: printed to be read and pasted, never put in
//! force. What has no like in a policy is said in comments. `docs/policy.md` has the mapping.

use super::plain_yaml;
use crate::domain::document::Limits;
use crate::domain::names::PrincipalName;
use crate::domain::policy::capabilities::{DEPLOY_PRODUCTION, Scope};
use crate::domain::text::safe_line;
use serde_json::{Map, Value};
use std::fmt::Write as _;

/// Bytes of a whole matrix.
pub const LONGEST: usize = 256 << 10;

/// What became of a matrix.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proposed {
    /// The part of a policy, in TOML.
    pub policy: String,
    /// The capabilities it speaks of.
    pub names: Vec<String>,
}

/// Reads a matrix in JSON or plain YAML.
///
/// # Errors
/// What is wrong, with the line where there is one.
pub fn read(text: &str) -> Result<Proposed, String> {
    if text.len() > LONGEST {
        return Err(format!("{} bytes; at most {LONGEST}", text.len()));
    }
    let value = match text.trim_start().starts_with('{') {
        true => super::json(text.as_bytes(), &Limits::BUILT_IN).map_err(|e| e.to_string())?,
        false => plain_yaml::read(text).map_err(|e| format!("line {}: {}", e.line, safe_line(&e.why)))?,
    };
    let Value::Object(matrix) = value else {
        return Err("is no matrix: a mapping of capabilities is".to_owned());
    };
    let nested = matrix.get("capabilities").and_then(Value::as_object);
    let is_phase = |key: &str| key.starts_with("phase");
    let phases: Vec<(&String, Option<&str>)> = matrix
        .iter()
        .filter(|(key, _)| is_phase(key))
        .map(|(key, value)| (key, value.get("status").unwrap_or(value).as_str()))
        .collect();
    let alone: Map<String, Value> = matrix
        .iter()
        .filter(|(key, value)| !is_phase(key) && key.as_str() != "capabilities" && value.is_object())
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let capabilities = nested.unwrap_or(&alone);
    if capabilities.is_empty() {
        return Err(
            "names no capability: `capabilities:` with a name and its scope each is expected".to_owned()
        );
    }
    let mut out = String::from(
        "# From a capability matrix. Read it, put it into your policy, then `policy check`, `policy diff` and `policy adopt`.\n",
    );
    for (key, value) in matrix.iter().filter(|(key, _)| !is_phase(key) && key.as_str() != "capabilities") {
        if nested.is_some() || !value.is_object() {
            not_taken(&mut out, "", key, value);
        }
    }
    let mut names = Vec::new();
    for (name, said) in capabilities {
        let Some(said) = said.as_object() else {
            return Err(format!("capabilities.{}: is no mapping", safe_line(name)));
        };
        capability(&mut out, name, said, &phases)?;
        names.push(name.clone());
    }
    Ok(Proposed { policy: out, names })
}

/// What of one capability a policy can say; the rest in comments.
fn capability(
    out: &mut String,
    name: &str,
    said: &Map<String, Value>,
    phases: &[(&String, Option<&str>)],
) -> Result<(), String> {
    let known = name == DEPLOY_PRODUCTION;
    // One that policy would not know what to be about is printed as a comment, to be filled in.
    let lead = if known { "" } else { "# " };
    let fault = |key: &str, why: &str| format!("capabilities.{}.{key}: {}", safe_line(name), safe_line(why));
    let flag = |key: &str| match said.get(key) {
        None => Ok(None),
        Some(Value::Bool(on)) => Ok(Some(*on)),
        Some(_) => Err(fault(key, "is true or false")),
    };
    let word = |key: &str| match said.get(key) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str())),
        Some(_) => Err(fault(key, "is a word")),
    };
    // A matrix that speaks of one phase means it for what it gates; one that speaks of several says which itself.
    let of_matrix = phases.first().filter(|_| phases.len() == 1 && known);
    let phase = word("phase")?.or(of_matrix.map(|(phase, _)| phase.as_str()));
    let of_phase = phases.iter().find(|(key, _)| Some(key.as_str()) == phase).and_then(|(_, status)| *status);
    let status = word("status")?.or(of_phase);
    let status = match status {
        None => None,
        Some("pending" | "planned" | "not_implemented") => Some("pending"),
        Some("implemented" | "active" | "complete") => Some("implemented"),
        Some(other) => return Err(fault("status", &format!("`{other}` is neither pending nor implemented"))),
    };
    let enabled = flag("enabled")?;
    let on = enabled.unwrap_or(false) && status != Some("pending");
    let quoted = |text: &str| toml::Value::from(text).to_string();
    let mut line = |text: String| writeln!(out, "{lead}{text}").unwrap_or_default();
    line(String::new());
    line(format!("[capabilities.{}]", if plain(name) { name.to_owned() } else { quoted(name) }));
    match enabled {
        None => line("enabled = false # the matrix does not say; true lets it run".to_owned()),
        Some(true) if !on => {
            line("enabled = false # the matrix says true, and that it is pending".to_owned())
        }
        Some(_) => line(format!("enabled = {on}")),
    }
    if let Some(phase) = phase {
        line(format!("phase = {}", quoted(phase)));
    }
    if let Some(status) = status {
        line(format!("status = {}", quoted(status)));
    }
    if let Some(scope) = said.get("scope") {
        let entries = match scope {
            Value::String(text) => vec![text.as_str()],
            Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
            _ => return Err(fault("scope", "is a list of places")),
        };
        if matches!(scope, Value::Array(list) if list.len() != entries.len()) {
            return Err(fault("scope", "is a list of places, each of them text"));
        }
        let mut places = Vec::new();
        for entry in entries {
            places.push(quoted(place(entry).map_err(|why| fault("scope", &why))?.as_str()));
        }
        line(format!("scope = [{}]", places.join(", ")));
    }
    if !known {
        line(
            "environment = [\"…\"] # which requests it is about: kind, environment, service, tenant, action"
                .to_owned(),
        );
    }
    for (key, value) in said {
        if !["enabled", "phase", "status", "scope", "require_two_key"].contains(&key.as_str()) {
            not_taken(out, lead, key, value);
        }
    }
    if let Some(keys) = said.get("require_two_key") {
        two_keys(out, name, keys).map_err(|why| fault("require_two_key", &why))?;
    }
    Ok(())
}

/// A place as a policy writes it: `fs://srv/x` is the path `/srv/x`.
fn place(text: &str) -> Result<String, String> {
    let text = text
        .strip_prefix("fs://")
        .or(text.strip_prefix("file://"))
        .map_or_else(|| text.to_owned(), |rest| format!("/{}", rest.trim_start_matches('/')));
    Scope::new(&text).map(|scope| scope.as_str().to_owned())
}

/// The rule that asks for the keys a capability requires, each signed.
fn two_keys(out: &mut String, name: &str, keys: &Value) -> Result<(), String> {
    let keys: Vec<&str> = keys.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if keys.is_empty() {
        return Err("is a list such as [human, cp14|cp18]".to_owned());
    }
    let mut slots = Vec::new();
    for key in keys {
        if key == "human" {
            slots.push("{ kind = \"human\", role = \"release\", assurance = \"signed\" }".to_owned());
            continue;
        }
        let mut any_of = Vec::new();
        for agent in key.split('|') {
            let agent = agent.trim().to_lowercase();
            PrincipalName::new(&agent).map_err(|why| format!("`{agent}`: {why}"))?;
            any_of.push(toml::Value::from(agent).to_string());
        }
        slots.push(format!(
            "{{ kind = \"agent\", any_of = [{}], assurance = \"signed\" }}",
            any_of.join(", ")
        ));
    }
    let lead = if name == DEPLOY_PRODUCTION { "" } else { "# " };
    let rule = format!(
        "\n{lead}[[rule]]\n{lead}name = {}\n{lead}kind = [\"deployment\"]\n{lead}environment = [\"production\", \"prod\"]\n\
         {lead}slots = [{}]\n",
        toml::Value::from(format!("{name} by keys")),
        slots.join(", ")
    );
    out.push_str(&rule);
    Ok(())
}

fn not_taken(out: &mut String, lead: &str, key: &str, value: &Value) {
    let text = format!("{key}: {value}");
    writeln!(out, "{lead}# not taken over: {}", safe_line(&text).clipped(160)).unwrap_or_default();
}

fn plain(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::policy;

    const MATRIX: &str = "phase3:\n  status: implemented\ncapabilities:\n  exec_staging:\n    scope: [vm://staging, \
                          fs://srv/app/staging/*]\n    cpu_quota: \"1 vCPU\"\n  deploy_production:\n    enabled: true\n    scope: \
                          [k8s://prod-app/*, fs://srv/app/prod/*]\n    require_two_key: [human, CP18|CP14]\n    rollback: required\n";

    #[test]
    fn a_matrix_becomes_a_part_of_a_policy_that_can_be_adopted() {
        let proposed = read(MATRIX).unwrap();
        let policy = policy::read(&proposed.policy).unwrap();
        let capability = &policy.capabilities.list[0];
        assert_eq!((capability.name.as_str(), capability.enabled), ("deploy_production", true));
        assert_eq!(capability.phase.as_deref(), Some("phase3"));
        let scope: Vec<&str> = capability.scope.iter().map(Scope::as_str).collect();
        assert_eq!(scope, ["k8s://prod-app/*", "/srv/app/prod/*"]);
        let slots: Vec<String> = policy.rules[0].slots.iter().map(ToString::to_string).collect();
        assert_eq!(slots.len(), 2, "{slots:?}");
        for said in [
            "# [capabilities.exec_staging]",
            "# scope = [\"vm://staging\", \"/srv/app/staging/*\"]",
            "# not taken over: cpu_quota: \"1 vCPU\"",
            "# not taken over: rollback: \"required\"",
        ] {
            assert!(proposed.policy.contains(said), "{said} in\n{}", proposed.policy);
        }
    }

    #[test]
    fn what_the_matrix_does_not_switch_on_stays_off() {
        for (text, said) in [
            ("{\"capabilities\": {\"deploy_production\": {\"scope\": [\"k8s://a/*\"]}}}", "does not say"),
            ("{\"deploy_production\": {\"enabled\": true, \"status\": \"pending\"}}", "it is pending"),
            (
                "phase3: {status: pending}\ncapabilities:\n  deploy_production: {enabled: true}\n",
                "it is pending",
            ),
            ("{\"deploy_production\": {\"enabled\": false}}", "enabled = false"),
        ] {
            let proposed = read(text).unwrap();
            assert!(proposed.policy.contains(said), "{}", proposed.policy);
            assert!(!policy::read(&proposed.policy).unwrap().capabilities.list[0].enabled);
        }
    }

    #[test]
    fn a_matrix_that_cannot_be_read_says_where() {
        for (text, said) in [
            ("[1]", "line 1"),
            ("a: 1\n", "names no capability"),
            ("capabilities:\n  x: {scope: [a b]}\n  x: {}\n", "line 3"),
            ("capabilities:\n  x: {scope: 5}\n", "capabilities.x.scope"),
            ("capabilities:\n  x: {scope: [../etc]}\n", "begins with `/`"),
            ("capabilities:\n  x: {status: maybe}\n", "neither pending nor implemented"),
            ("capabilities:\n  x: {enabled: maybe}\n", "true or false"),
            ("capabilities:\n  x: {require_two_key: [human, \"a b\"]}\n", "require_two_key"),
        ] {
            let why = read(text).unwrap_err();
            assert!(why.contains(said), "{text}: {why}");
        }
    }

    #[test]
    fn nothing_of_a_matrix_can_pose_as_another_line_of_the_policy() {
        let text = serde_json::json!({"capabilities": {"deploy_production": {"enabled": true,
            "audit\n[limits]\nsteps = 1": "x\n[[principal]]\nname = \"mallory\"", "phase": "a\nb"}}});
        let proposed = read(&text.to_string()).unwrap();
        assert!(
            !proposed.policy.lines().any(|line| line.starts_with("[limits") || line.starts_with("[[p")),
            "{}",
            proposed.policy
        );
    }
}
