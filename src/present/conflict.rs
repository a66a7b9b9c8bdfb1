//! Conflicts as JSON: in this program's own words, and as the three shapes of `DEPENDENCY_CONFLICT` that approval
//! workflows exchange. `import draft` reads those three back.

use crate::domain::conflict::{Blocked, Conflict, Impact};
use crate::domain::content::Content;
use crate::domain::marks::Mark;
use crate::domain::names::StepId;
use crate::domain::preview::Lack;
use crate::domain::request::Request;
use crate::domain::step::Need;
use crate::present::would::then;
use serde_json::{Value, json};

/// The `type` of the messages.
const TYPE: &str = "DEPENDENCY_CONFLICT";

/// A conflict in this program's own words, with what would come of each way out.
pub fn conflict(request: &Request, conflict: &Conflict, impacts: &[Impact]) -> Value {
    let ways: Vec<Value> = conflict
        .ways
        .iter()
        .zip(impacts)
        .map(|(way, impact)| {
            json!({"way": way.word(), "words": way.to_string(), "commands": way.commands(request.id),
                "runs": impact.runs().collect::<Vec<_>>(), "conflicts_left": impact.conflicts_left,
                "then": then(impact)})
        })
        .collect();
    let blocked: Vec<Value> = conflict
        .blocked
        .iter()
        .map(|b| json!({"step": b.step, "needs": lack(&b.lack), "resolution": b.resolution.word()}))
        .collect();
    json!({"needed": conflict.needed, "mark": conflict.mark, "blocked": blocked, "choices": ways})
}

/// What is missing, as an object.
pub fn lack(lack: &Lack) -> Value {
    json!({"step": lack.step, "field": lack.field})
}

/// A conflict as messages: one about the step that will not come, then two about each step that is blocked: the one
/// that offers options, and the one that says its state.
pub fn messages(request: &Request, content: &Content, conflict: &Conflict) -> Vec<Value> {
    let session = match &request.reference {
        Some(reference) => reference.as_str().to_owned(),
        None => request.id.to_string(),
    };
    let message = |payload: Value| json!({"type": TYPE, "sessionId": session, "payload": payload});
    let affected: Vec<Value> = conflict
        .blocked
        .iter()
        .map(|b| json!({"stepId": b.step, "issue": issue(&b.lack), "resolution": b.resolution.word()}))
        .collect();
    let options: Vec<String> = conflict.ways.iter().map(ToString::to_string).collect();
    let mut out = vec![message(
        json!({"rejectedStep": conflict.needed, "affectedSteps": affected, "options": options}),
    )];
    for blocked in &conflict.blocked {
        out.push(message(one_blocked(conflict, blocked)));
        out.push(message(state(content, conflict, blocked)));
    }
    out
}

fn issue(lack: &Lack) -> String {
    format!("Needs {lack}, which will not come")
}

fn one_blocked(conflict: &Conflict, blocked: &Blocked) -> Value {
    let again = matches!(conflict.mark, Mark::Rejected | Mark::Skipped);
    let give = blocked.lack.field.as_ref().map(|_| format!("give {} by hand", blocked.lack));
    let again = again.then(|| format!("approve {}", conflict.needed));
    let options: Vec<String> =
        give.into_iter().chain([format!("skip {}", blocked.step)]).chain(again).collect();
    json!({"blockedStep": blocked.step, "missingDependency": blocked.lack.step, "options": options})
}

fn state(content: &Content, conflict: &Conflict, blocked: &Blocked) -> Value {
    let needs = content.step(&blocked.step).into_iter().flat_map(|step| step.single_needs());
    let needs: Vec<Value> = needs.map(dependency).collect();
    let by: Vec<&StepId> = vec![&blocked.lack.step];
    let was = match conflict.mark {
        Mark::Skipped => "skipped",
        _ => "rejected",
    };
    let reason =
        format!("{} was {was}: {} cannot run without {}", conflict.needed, blocked.step, blocked.lack);
    json!({"stepId": blocked.step, "dependencies": needs, "canExecute": false, "blockedBy": by, "reason": reason})
}

fn dependency(need: &Need) -> Value {
    let mut out =
        json!({"stepId": need.step, "effect": need.effect.word(), "resolution": need.resolution().word()});
    if let Some(field) = &need.field {
        out["field"] = json!(field);
    }
    if let Some(fallback) = &need.fallback {
        out["fallbackValue"] = fallback.clone();
    }
    out
}
