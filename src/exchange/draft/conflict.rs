//! A DEPENDENCY_CONFLICT message becomes one question: what is to be done about steps that are blocked, with the
//! options the message offers. Three shapes of it are in use; `docs/producer.md` has them as a table.

use super::super::{Imported, checked, shaped, words};
use super::BY;
use super::form::Dependency;
use crate::domain::document::Limits;
use crate::domain::invalid::Invalid;
use crate::domain::names::{PrincipalName, Reference, StepId};
use serde::Deserialize;
use serde_json::{Value, json};

words!(
    /// What sort of conflict, where the message says so.
    ConflictType { MissingDependency = "missing_dependency", ModifiedDependency = "modified_dependency" }
);

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Message {
    #[serde(rename = "type")]
    _type: String,
    session_id: Reference,
    payload: Value,
    timestamp: Option<Value>,
}

/// By the step that was rejected: all that needs it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct ByRejected {
    rejected_step: StepId,
    affected_steps: Vec<Affected>,
    #[serde(default)]
    options: Vec<Choice>,
    conflict_type: Option<ConflictType>,
    auto_resolution: Option<Value>,
    timestamp: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Affected {
    step_id: StepId,
    #[serde(default)]
    issue: String,
    resolution: Option<super::form::Resolution>,
}

/// By the step that is blocked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct ByBlocked {
    blocked_step: StepId,
    missing_dependency: StepId,
    #[serde(default)]
    options: Vec<Choice>,
    conflict_type: Option<ConflictType>,
    auto_resolution: Option<Value>,
    timestamp: Option<Value>,
}

/// The state of one step, with its needs.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct ByState {
    step_id: StepId,
    #[serde(default)]
    dependencies: Vec<Dependency>,
    can_execute: bool,
    #[serde(default)]
    blocked_by: Vec<StepId>,
    #[serde(default)]
    reason: String,
    timestamp: Option<Value>,
}

/// An option: its words, or with what it does and what comes of it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Choice {
    Words(String),
    Described {
        #[serde(rename = "action")]
        _action: Option<String>,
        description: String,
        impact: Option<String>,
    },
}

impl Choice {
    fn words(self) -> String {
        match self {
            Choice::Words(words) => words,
            Choice::Described { description, impact: Some(impact), .. } => {
                format!("{description} ({impact})")
            }
            Choice::Described { description, .. } => description,
        }
    }
}

/// What the three shapes come to.
struct Asked {
    /// Behind the session in the reference.
    about: String,
    title: String,
    story: Vec<String>,
    options: Vec<String>,
    conflict_type: Option<ConflictType>,
}

/// Reads a DEPENDENCY_CONFLICT message into one question, asked by `by` or else by `planner`.
///
/// # Errors
/// [`Invalid`] naming the field of the message.
pub(super) fn read(value: Value, by: Option<&PrincipalName>, limits: &Limits) -> Result<Imported, Invalid> {
    let message: Message = shaped(value, "")?;
    let mut out = Imported::default();
    if message.timestamp.is_some() {
        out.note("timestamp is not taken: a request has no place for it");
    }
    let Some(asked) = asked(message.payload, &mut out)? else { return Ok(out) };
    let session = message.session_id;
    let mut labels = json!({"session": session});
    if let Some(kind) = asked.conflict_type {
        labels["conflict-type"] = json!(kind.word());
    }
    let mut story = asked.story;
    story.push(format!("It is about the workflow {session}; its plan is not in this message."));
    let native = json!({
        "kind": "question", "title": asked.title, "summary": story.join("\n"), "options": asked.options,
        "ref": format!("{session}:{}", asked.about),
        "by": by.map_or(BY, PrincipalName::as_str), "labels": labels,
    });
    out.documents.push(checked(native, limits, foreign_name)?);
    Ok(out)
}

fn asked(payload: Value, out: &mut Imported) -> Result<Option<Asked>, Invalid> {
    let has = |name: &str| payload.get(name).is_some();
    match (has("rejectedStep"), has("blockedStep"), has("stepId")) {
        (true, false, false) => Ok(Some(by_rejected(shaped(payload, "payload")?, out))),
        (false, true, false) => Ok(Some(by_blocked(shaped(payload, "payload")?, out))),
        (false, false, true) => Ok(by_state(shaped(payload, "payload")?, out)),
        _ => Err(Invalid::new("payload", "must hold one of rejectedStep, blockedStep and stepId")),
    }
}

fn not_taken(out: &mut Imported, fields: [(&str, &Option<Value>); 2]) {
    for (name, _) in fields.iter().filter(|(_, value)| value.is_some()) {
        out.note(format!("payload.{name} is not taken: nothing is resolved by itself here"));
    }
}

fn by_rejected(payload: ByRejected, out: &mut Imported) -> Asked {
    not_taken(out, [("autoResolution", &payload.auto_resolution), ("timestamp", &payload.timestamp)]);
    let steps: Vec<&str> = payload.affected_steps.iter().map(|a| a.step_id.as_str()).collect();
    let line = |affected: &Affected| {
        let resolution = affected.resolution.map(|r| format!(" ({})", r.word())).unwrap_or_default();
        format!("- {}{resolution}: {}", affected.step_id, affected.issue)
    };
    Asked {
        about: format!("conflict:{}", payload.rejected_step),
        title: format!("{} was rejected: what about {}?", payload.rejected_step, few(&steps)),
        story: payload.affected_steps.iter().map(line).collect(),
        options: payload.options.into_iter().map(Choice::words).collect(),
        conflict_type: payload.conflict_type,
    }
}

fn by_blocked(payload: ByBlocked, out: &mut Imported) -> Asked {
    not_taken(out, [("autoResolution", &payload.auto_resolution), ("timestamp", &payload.timestamp)]);
    let ByBlocked { blocked_step: blocked, missing_dependency: missing, .. } = payload;
    Asked {
        about: format!("conflict:{missing}:{blocked}"),
        title: format!("{blocked} is blocked: {missing} is missing. What now?"),
        story: Vec::new(),
        options: payload.options.into_iter().map(Choice::words).collect(),
        conflict_type: payload.conflict_type,
    }
}

fn by_state(payload: ByState, out: &mut Imported) -> Option<Asked> {
    not_taken(out, [("timestamp", &payload.timestamp), ("", &None)]);
    let ByState { step_id: step, dependencies, can_execute, blocked_by, reason, .. } = payload;
    if can_execute {
        out.note(format!("payload.canExecute says that {step} can run: there is nothing to ask"));
        return None;
    }
    let steps: Vec<&str> = blocked_by.iter().map(StepId::as_str).collect();
    let needs = dependencies.iter().map(|need| match &need.field {
        Some(field) => format!("- it needs {}.{field}", need.step),
        None => format!("- it needs {}", need.step),
    });
    let mut options = vec![format!("Give by hand what {step} lacks"), format!("Skip {step}")];
    options.extend(blocked_by.iter().take(8).map(|by| format!("Approve {by} again")));
    out.note("payload offers no options: the usual three are offered");
    Some(Asked {
        about: format!("blocked:{step}"),
        title: match steps.is_empty() {
            true => format!("{step} is blocked. What now?"),
            false => format!("{step} is blocked by {}. What now?", few(&steps)),
        },
        story: std::iter::once(reason).filter(|reason| !reason.is_empty()).chain(needs).collect(),
        options,
        conflict_type: None,
    })
}

/// The first names, and how many more.
fn few(names: &[&str]) -> String {
    const MOST: usize = 3;
    match names.len() {
        0 => "the steps that need it".to_owned(),
        many if many > MOST => format!("{} and {} more", names[..MOST].join(", "), many - MOST),
        _ => names.join(", "),
    }
}

/// What a native field is called in the message.
fn foreign_name(native: &str) -> String {
    match native {
        "ref" | "labels.session" => "sessionId".into(),
        "by" | "document" => native.into(),
        native if native.starts_with("options") => format!("payload.{native}"),
        _ => "payload".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::*;

    fn message(payload: Value) -> Value {
        json!({"type": "DEPENDENCY_CONFLICT", "sessionId": "wf_77", "payload": payload})
    }

    fn take(payload: Value) -> Imported {
        read(message(payload).to_string().as_bytes(), None, &Limits::BUILT_IN).unwrap()
    }

    fn refused(payload: Value) -> String {
        read(message(payload).to_string().as_bytes(), None, &Limits::BUILT_IN).unwrap_err().to_string()
    }

    #[test]
    fn a_rejected_step_is_a_question_about_those_that_need_it() {
        let imported = take(json!({"rejectedStep": "find", "affectedSteps": [
            {"stepId": "tell", "issue": "Needs her address", "resolution": "ASK_USER"},
            {"stepId": "note", "issue": "Needs her name", "resolution": "skip"}],
            "options": ["Type the address", {"action": "skip", "description": "Skip both", "impact": "nothing is sent"}],
            "conflictType": "missing_dependency", "autoResolution": "skip"}));
        let notes: Vec<String> = imported.notes.iter().map(ToString::to_string).collect();
        assert_eq!(notes, ["payload.autoResolution is not taken: nothing is resolved by itself here"]);
        assert_eq!(
            imported.documents,
            [
                json!({"kind": "question", "title": "find was rejected: what about tell, note?", "by": "planner",
                "summary": "- tell (ask_user): Needs her address\n- note (skip): Needs her name\n\
                            It is about the workflow wf_77; its plan is not in this message.",
                "options": ["Type the address", "Skip both (nothing is sent)"], "ref": "wf_77:conflict:find",
                "labels": {"session": "wf_77", "conflict-type": "missing_dependency"}})
            ]
        );
    }

    #[test]
    fn a_blocked_step_is_a_question_about_itself() {
        let document =
            take(json!({"blockedStep": "tell", "missingDependency": "find", "options": ["Skip it"]}))
                .documents
                .remove(0);
        assert_eq!(document["title"], "tell is blocked: find is missing. What now?");
        assert_eq!(
            (&document["options"], &document["ref"]),
            (&json!(["Skip it"]), &json!("wf_77:conflict:find:tell"))
        );
    }

    #[test]
    fn a_state_that_cannot_execute_is_a_question_with_the_usual_options_and_one_that_can_is_none() {
        let state = |can: bool| {
            json!({"stepId": "tell", "canExecute": can, "blockedBy": ["find"], "reason": "No address",
                "dependencies": [{"stepId": "find", "field": "email", "effect": "BLOCKS", "resolution": "ASK_USER"}]})
        };
        let document = take(state(false)).documents.remove(0);
        assert_eq!(document["title"], "tell is blocked by find. What now?");
        assert_eq!(
            document["options"],
            json!(["Give by hand what tell lacks", "Skip tell", "Approve find again"])
        );
        let imported = take(state(true));
        assert!(imported.documents.is_empty());
        assert!(imported.notes[0].as_str().contains("there is nothing to ask"), "{:?}", imported.notes);
    }

    #[test]
    fn what_is_none_of_the_three_is_refused_with_the_field() {
        for (payload, said) in [
            (json!({}), "payload: must hold one of rejectedStep, blockedStep and stepId"),
            (
                json!({"rejectedStep": "a", "blockedStep": "b"}),
                "payload: must hold one of rejectedStep, blockedStep and stepId",
            ),
            (json!({"blockedStep": "b"}), "payload: missing field `missingDependency`"),
            (json!({"rejectedStep": "A B", "affectedSteps": []}), "payload.rejectedStep: must be 1 to 64"),
            (
                json!({"rejectedStep": "a", "affectedSteps": [{"stepId": "b", "resolution": "later"}]}),
                "payload.affectedSteps[0].resolution: unknown value `later`",
            ),
            (
                json!({"rejectedStep": "a", "affectedSteps": [], "colour": 1}),
                "payload.colour: unknown field `colour`",
            ),
        ] {
            let told = refused(payload);
            assert!(told.starts_with(said), "{told}");
        }
        let long = "x".repeat(500);
        let told = refused(json!({"blockedStep": "b", "missingDependency": "a", "options": [long]}));
        assert!(told.starts_with("payload.options[0]: "), "{told}");
    }
}
