//! `draft`: a WORKFLOW_DRAFT message becomes one plan, a DEPENDENCY_CONFLICT one question. `docs/producer.md` has the mapping as a table.

use super::{Imported, checked, json, shaped};
use crate::domain::document::Limits;
use crate::domain::invalid::Invalid;
use crate::domain::names::{Identifier, PrincipalName, StepId};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The message that is a plan.
const TYPE: &str = "WORKFLOW_DRAFT";
/// The message that is a question.
const CONFLICT: &str = "DEPENDENCY_CONFLICT";
/// Who asks, when the call names nobody.
const BY: &str = "planner";
/// Why a state that says more than "waiting" is not taken over.
const ELSEWHERE: &str = "a decision made elsewhere is not a decision here";

mod form;
mod needs;
mod conflict;

use form::{ApprovalState, Message, Payload, PlanState, RiskLevel, StepState};
use needs::{needs_of, no_such_step};

/// Reads a message into one plan, or one question about a conflict, asked for by `by` or else by `planner`.
///
/// # Errors
/// [`Invalid`] naming the field of the message.
pub fn read(bytes: &[u8], by: Option<&PrincipalName>, limits: &Limits) -> Result<Imported, Invalid> {
    let value = json(bytes, limits)?;
    if check_type(&value)? == CONFLICT {
        return conflict::read(value, by, limits);
    }
    let message: Message = shaped(value, "")?;
    let payload = &message.payload;
    if payload.steps.len() > limits.steps {
        let why = format!("{} steps; at most {}", payload.steps.len(), limits.steps);
        return Err(Invalid::new("payload.steps", why));
    }
    let mut out = Imported::default();
    note_states(&message, &mut out);

    let risks = raised(payload)?;
    let mut steps = Vec::with_capacity(payload.steps.len());
    let needs = needs_of(payload, &mut out)?;
    for (n, (step, needs)) in payload.steps.iter().zip(needs).enumerate() {
        let at = format!("payload.steps[{n}]");
        let action = format!("{}.{}", step.kind.word(), step.action);
        Identifier::new(action.as_str()).map_err(|e| Invalid::new(format!("{at}.action"), e.0))?;
        let mut native = json!({"id": step.id, "title": step.description, "action": action});
        if !step.params.is_empty() {
            native["params"] = json!(step.params);
        }
        if let Some(risk) = risks.get(&step.id).copied().max(step.risk_level) {
            native["risk"] = json!(risk.word());
        }
        if let Some(expected) = &step.expected_outcome {
            native["expected"] = json!(expected);
        }
        if let Some(text) = &step.estimated_time {
            match seconds(text) {
                Some(seconds) => native["estimate_s"] = json!(seconds),
                None => out.note(format!(
                    "{at}.estimatedTime: \"{text}\" is no length of time that is understood here; left out"
                )),
            }
        }
        if !needs.is_empty() {
            native["needs"] = json!(needs);
        }
        steps.push(native);
    }

    let mut labels = Map::new();
    if let Some(text) = &payload.estimated_duration {
        labels.insert("estimated-duration".into(), json!(text));
    }
    if let Some(state) = payload.plan_state {
        labels.insert("plan-state".into(), json!(state.word()));
    }
    let native = json!({
        "kind": "plan", "title": title(&payload.original_message, limits.title), "summary": summary(payload),
        "ref": message.session_id, "by": by.map_or(BY, PrincipalName::as_str), "labels": labels, "steps": steps,
    });
    out.documents.push(checked(native, limits, foreign_name)?);
    Ok(out)
}

/// The type is checked before anything else: the other messages have another shape, and their errors would mislead.
fn check_type(value: &Value) -> Result<&'static str, Invalid> {
    let Value::Object(object) = value else {
        return Err(Invalid::new("document", format!("must be a JSON object with \"type\": \"{TYPE}\"")));
    };
    let taken = format!("taken: {TYPE}, {CONFLICT}");
    match object.get("type") {
        Some(Value::String(name)) => [TYPE, CONFLICT]
            .into_iter()
            .find(|known| name.eq_ignore_ascii_case(known))
            .ok_or_else(|| Invalid::new("type", format!("`{name}` is not taken here; {taken}"))),
        Some(_) => Err(Invalid::new("type", format!("must be a string; {taken}"))),
        None => Err(Invalid::new("type", format!("is missing; {taken}"))),
    }
}

/// Says what the message claims to have happened already, and what has no place in a request.
fn note_states(message: &Message, out: &mut Imported) {
    let payload = &message.payload;
    if let Some(state) = payload.plan_state.filter(|s| *s != PlanState::Created) {
        out.note(format!("payload.planState is {}: {ELSEWHERE}", state.word()));
    }
    let undecided = |s: &ApprovalState| *s != ApprovalState::DraftPending;
    if let Some(state) = payload.approval_status.filter(undecided) {
        out.note(format!("payload.approvalStatus is {}: {ELSEWHERE}", state.word()));
    }
    for (name, list) in
        [("approvedSteps", &payload.approved_steps), ("rejectedSteps", &payload.rejected_steps)]
    {
        if !list.is_empty() {
            out.note(format!("payload.{name} is not empty: {ELSEWHERE}"));
        }
    }
    for (n, step) in payload.steps.iter().enumerate() {
        if let Some(state) = step.state.filter(|s| *s != StepState::Pending) {
            out.note(format!("payload.steps[{n}].state is {}: {ELSEWHERE}", state.word()));
        }
        if let Some(state) = step.approval_status.filter(undecided) {
            out.note(format!("payload.steps[{n}].approvalStatus is {}: {ELSEWHERE}", state.word()));
        }
        for (name, value) in [
            ("userFriendlyDescription", &step.user_friendly_description),
            ("requiredPermissions", &step.required_permissions),
            ("requires", &step.requires),
            ("result", &step.result),
            ("isModified", &step.is_modified),
            ("originalParams", &step.original_params),
            ("userModifications", &step.user_modifications),
        ] {
            if value.as_ref().is_some_and(|v| *v != Value::Bool(false)) {
                out.note(format!("payload.steps[{n}].{name} is not taken: a request has no place for it"));
            }
        }
    }
    for (name, value) in [
        ("timestamp", &message.timestamp),
        ("payload.timestamp", &payload.timestamp),
        ("payload.phoneNumber", &payload.phone_number),
        ("payload.userId", &payload.user_id),
        ("payload.entities", &payload.entities),
        ("payload.createdAt", &payload.created_at),
        ("payload.lastInteraction", &payload.last_interaction),
        ("payload.executionContext", &payload.execution_context),
        ("payload.currentStepIndex", &payload.current_step_index),
    ] {
        if value.is_some() {
            out.note(format!("{name} is not taken: a request has no place for it"));
        }
    }
    if let Some(total) = payload.total_steps.filter(|t| *t != payload.steps.len() as u64) {
        out.note(format!("payload.totalSteps says {total}, but there are {} steps", payload.steps.len()));
    }
    let orders: Vec<u64> = payload.steps.iter().filter_map(|s| s.order).collect();
    if orders.windows(2).any(|pair| pair[0] >= pair[1]) {
        out.note("payload.steps[].order does not rise: the steps stay in the order they stand in");
    }
}

/// The highest level that `risks` names for each step.
fn raised(payload: &Payload) -> Result<BTreeMap<&StepId, RiskLevel>, Invalid> {
    let mut out: BTreeMap<&StepId, RiskLevel> = BTreeMap::new();
    for (n, risk) in payload.risks.iter().enumerate() {
        if !payload.steps.iter().any(|s| s.id == risk.step_id) {
            return Err(no_such_step(&format!("payload.risks[{n}].stepId"), &risk.step_id));
        }
        let level = out.entry(&risk.step_id).or_insert(risk.level);
        *level = risk.level.max(*level);
    }
    Ok(out)
}

/// The first line of the message, cut at the limit; the whole of it stands in the summary.
fn title(message: &str, most: usize) -> String {
    let line = message.trim().lines().next().unwrap_or_default();
    if line.len() <= most {
        return line.to_owned();
    }
    let mut end = most.saturating_sub('…'.len_utf8());
    while !line.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}…", &line[..end])
}

/// The producer's story: its summary, the message that started it, why steps depend on others, and the named risks.
fn summary(payload: &Payload) -> String {
    let mut out = payload.summary.trim_end().to_owned();
    let mut section = |heading: &str, body: &str| {
        if !out.is_empty() {
            out.push_str("\n\n");
        }
        out.push_str(heading);
        out.push('\n');
        out.push_str(body);
    };
    section("Original message:", &payload.original_message);
    let reasons: Vec<String> = payload
        .dependencies
        .iter()
        .filter_map(|(step, entry)| entry.reason.as_ref().map(|reason| format!("- {step}: {reason}")))
        .collect();
    if !reasons.is_empty() {
        section("Why steps depend on others:", &reasons.join("\n"));
    }
    let risks: Vec<String> = payload
        .risks
        .iter()
        .map(|risk| format!("- {} ({}): {}", risk.step_id, risk.level.word(), risk.description))
        .collect();
    if !risks.is_empty() {
        section("Risks:", &risks.join("\n"));
    }
    out
}

/// The upper bound of "10 seconds", "2-3 minutes", "about 1 hour", "45s".
fn seconds(text: &str) -> Option<u32> {
    let lower = text.trim().to_ascii_lowercase();
    let lower = ["about ", "~", "up to "].iter().find_map(|p| lower.strip_prefix(p)).unwrap_or(&lower);
    let unit_at = lower
        .rfind(|c: char| !c.is_ascii_alphabetic())
        .map_or(0, |at| at + lower[at..].chars().next().map_or(1, char::len_utf8));
    let (amount, unit) = lower.split_at(unit_at);
    let factor = match unit {
        "s" | "sec" | "secs" | "second" | "seconds" => 1,
        "m" | "min" | "mins" | "minute" | "minutes" => 60,
        "h" | "hr" | "hrs" | "hour" | "hours" => 3600,
        _ => return None,
    };
    let amount = amount.trim_end();
    let number = |text: &str| -> Option<u32> {
        let text = text.trim();
        (!text.is_empty() && text.bytes().all(|c| c.is_ascii_digit())).then(|| text.parse().ok())?
    };
    let range = ["-", "–", " to "].iter().find_map(|between| amount.split_once(between));
    let upper = match range {
        Some((from, to)) => number(from).zip(number(to)).filter(|(from, to)| from <= to)?.1,
        None => number(amount)?,
    };
    upper.checked_mul(factor)
}

/// What a native field is called in the message.
fn foreign_name(native: &str) -> String {
    match native {
        "ref" => "sessionId".into(),
        "title" => "payload.originalMessage".into(),
        "summary" => "payload.summary with originalMessage, reasons and risks".into(),
        "labels.estimated-duration" => "payload.estimatedDuration".into(),
        "by" | "document" => native.into(),
        _ => {
            let (at, last) = native.rsplit_once('.').unwrap_or(("", native));
            let last = match last {
                "title" => "description",
                "expected" => "expectedOutcome",
                "risk" => "riskLevel",
                last => last,
            };
            if at.is_empty() { format!("payload.{last}") } else { format!("payload.{at}.{last}") }
        }
    }
}

#[cfg(test)]
mod tests;
