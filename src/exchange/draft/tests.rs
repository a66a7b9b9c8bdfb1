//! Drafts of the shapes there are, and of shapes there should not be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;

fn message() -> Value {
    json!({"type": "WORKFLOW_DRAFT", "sessionId": "wf_77", "payload": {
        "originalMessage": "Order paper and tell Ada",
        "summary": "Two steps", "totalSteps": 2, "estimatedDuration": "1-2 minutes", "planState": "created",
        "steps": [
            {"id": "find", "order": 1, "description": "Find Ada", "type": "contact", "action": "search_contacts",
             "state": "pending", "approvalStatus": "draft_pending", "riskLevel": "low",
             "estimatedTime": "10 seconds", "dependencies": [], "expectedOutcome": "Her address",
             "params": {"query": "Ada"}},
            {"id": "tell", "order": 2, "description": "Write to her", "type": "EMAIL", "action": "send_email",
             "state": "PENDING", "approvalStatus": "DRAFT_PENDING", "riskLevel": "MEDIUM",
             "estimatedTime": "2-3 minutes", "dependencies": ["find"],
             "params": {"to": ["{{find.email}}"], "subject": "Paper"}}],
        "dependencies": {"tell": {"dependsOn": ["find"], "reason": "Her address is needed", "isBlocking": true}},
        "risks": [{"stepId": "tell", "level": "high", "description": "A mail leaves the house"}]}})
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

/// The message with one place changed.
fn with(pointer: &str, value: Value) -> Value {
    let mut message = message();
    let (parent, last) = pointer.rsplit_once('/').unwrap();
    let parent = message.pointer_mut(parent).unwrap();
    match parent {
        Value::Array(items) => items[last.parse::<usize>().unwrap()] = value,
        other => other[last] = value,
    }
    message
}

#[test]
fn a_draft_becomes_one_plan() {
    let imported = take(&message());
    assert_eq!(notes(&imported), Vec::<String>::new());
    assert_eq!(
        imported.documents,
        [json!({"kind": "plan", "title": "Order paper and tell Ada", "ref": "wf_77", "by": "planner",
            "summary": "Two steps\n\nOriginal message:\nOrder paper and tell Ada\n\nWhy steps depend on others:\n\
                        - tell: Her address is needed\n\nRisks:\n- tell (high): A mail leaves the house",
            "labels": {"estimated-duration": "1-2 minutes", "plan-state": "created"},
            "steps": [
                {"id": "find", "title": "Find Ada", "action": "contact.search_contacts", "risk": "low",
                 "params": {"query": "Ada"}, "expected": "Her address", "estimate_s": 10},
                {"id": "tell", "title": "Write to her", "action": "email.send_email", "risk": "high",
                 "params": {"to": ["{{find.email}}"], "subject": "Paper"}, "estimate_s": 180,
                 "needs": [{"step": "find", "field": "email", "effect": "blocks", "resolution": "ask_user"}]}]})]
    );
}

#[test]
fn another_producer_can_be_named() {
    let by = PrincipalName::new("office-bot").unwrap();
    let imported = read(message().to_string().as_bytes(), Some(&by), &Limits::BUILT_IN).unwrap();
    assert_eq!(imported.documents[0]["by"], "office-bot");
}

#[test]
fn a_named_risk_raises_a_claim_and_never_lowers_it() {
    let low = take(&with("/payload/risks/0/level", json!("low")));
    assert_eq!(low.documents[0]["steps"][1]["risk"], "medium");
    assert_eq!(
        refused(&with("/payload/risks/0/stepId", json!("gone"))),
        "payload.risks[0].stepId: there is no step gone"
    );
}

#[test]
fn what_does_not_block_only_enhances_and_its_data_is_left_out() {
    let needs =
        &take(&with("/payload/dependencies/tell/isBlocking", json!(false))).documents[0]["steps"][1]["needs"];
    assert_eq!(
        *needs,
        json!([{"step": "find", "field": "email", "effect": "enhances", "resolution": "skip"}])
    );
}

#[test]
fn the_map_alone_makes_a_need() {
    let mut message = with("/payload/steps/1/dependencies", json!([]));
    assert_eq!(take(&message).documents[0]["steps"][1]["needs"][0]["effect"], "blocks");
    message["payload"]["dependencies"] = json!({});
    let imported = take(&message);
    let made = json!([{"step": "find", "field": "email", "effect": "blocks", "resolution": "ask_user"}]);
    assert_eq!(imported.documents[0]["steps"][1]["needs"], made, "what is used is needed");
    assert_eq!(
        notes(&imported),
        [
            "payload.steps[1].params uses a value of find, but no dependency on find is declared: it is needed now"
        ]
    );
}

#[test]
fn needs_with_their_own_terms_are_taken_in_either_case() {
    let mut message = with(
        "/payload/steps/1/dependencies",
        json!([{"stepId": "find", "field": "title", "effect": "ENHANCES", "resolution": "FALLBACK",
                "fallbackValue": "paper"}]),
    );
    message["payload"]["dependencies"] = json!({});
    assert_eq!(
        take(&message).documents[0]["steps"][1]["needs"],
        json!([{"step": "find", "field": "title", "effect": "enhances", "resolution": "fallback",
                "fallback": "paper"}])
    );
    message["payload"]["steps"][1]["dependencies"] =
        json!([{"stepId": "find", "effect": "blocks", "resolution": "fallback"}]);
    assert_eq!(
        refused(&message),
        "payload.steps[1].dependencies[0].fallbackValue: is missing; the resolution fallback needs a value"
    );
}

#[test]
fn the_map_may_hold_needs_with_terms_and_their_verdict_is_not_taken() {
    let mut message = with("/payload/steps/1/dependencies", json!([]));
    message["payload"]["dependencies"]["tell"] = json!({"stepId": "tell", "canExecute": false, "blockedBy": ["find"],
        "dependencies": [{"stepId": "find", "effect": "OPTIONAL"}]});
    let imported = take(&message);
    assert_eq!(
        imported.documents[0]["steps"][1]["needs"],
        json!([{"step": "find", "field": "email", "effect": "optional", "resolution": "skip"}])
    );
    assert!(notes(&imported)[0].contains("what would run is worked out here"));
}

#[test]
fn a_bare_id_adds_nothing_to_terms_given_elsewhere() {
    let mut message = message();
    message["payload"]["dependencies"]["tell"] =
        json!({"dependencies": [{"stepId": "find", "field": "phone", "effect": "optional"}]});
    assert_eq!(
        take(&message).documents[0]["steps"][1]["needs"],
        json!([{"step": "find", "field": "phone", "effect": "optional", "resolution": "skip"}])
    );
}

#[test]
fn a_file_made_to_be_slow_is_not() {
    let started = std::time::Instant::now();
    let many = |make: &dyn Fn(usize) -> Value| (0..25_000).map(make).collect::<Vec<Value>>();
    let mut message = with("/payload/steps/1/dependencies", json!([]));
    message["payload"]["dependencies"] = json!({});
    message["payload"]["steps"][1]["dependencies"] =
        json!(many(&|n| json!({"stepId": "find", "field": format!("f{n}")})));
    assert!(message.to_string().len() < Limits::BUILT_IN.document);
    take(&message);
    let text = format!("{}{}", "{{find.x}} {{".repeat(4_000), ".".repeat(10_000));
    take(&with("/payload/steps/1/params/query", json!(text)));
    message["payload"]["steps"] =
        json!(many(&|_| json!({"id": "a", "description": "", "type": "task", "action": "x"})));
    assert!(read(message.to_string().as_bytes(), None, &Limits::BUILT_IN).is_err());
    assert!(started.elapsed().as_secs() < 5, "{:?}", started.elapsed());
}

#[test]
fn two_places_that_contradict_each_other_are_refused() {
    let message = with("/payload/steps/1/dependencies", json!([{"stepId": "find", "effect": "optional"}]));
    assert_eq!(
        refused(&message),
        "payload.dependencies.tell.isBlocking: says true, but payload.steps[1].dependencies[0].effect says \
         optional; they must agree"
    );
}

#[test]
fn a_field_is_inferred_only_when_exactly_one_is_used() {
    let imported = take(&with("/payload/steps/1/params/cc", json!("{{ find.phone }}")));
    assert_eq!(imported.documents[0]["steps"][1]["needs"][0].get("field"), None);
}

#[test]
fn a_decision_made_elsewhere_is_not_a_decision_here() {
    let mut message = with("/payload/steps/0/approvalStatus", json!("STEP_APPROVED"));
    message["payload"]["steps"][0]["state"] = json!("completed");
    message["payload"]["planState"] = json!("running");
    message["payload"]["approvedSteps"] = json!(["find"]);
    let imported = take(&message);
    assert_eq!(
        notes(&imported),
        [
            "payload.planState is running: a decision made elsewhere is not a decision here",
            "payload.approvedSteps is not empty: a decision made elsewhere is not a decision here",
            "payload.steps[0].state is completed: a decision made elsewhere is not a decision here",
            "payload.steps[0].approvalStatus is step_approved: a decision made elsewhere is not a decision here",
        ]
    );
    assert_eq!(imported.documents[0]["steps"][0].get("state"), None);
}

#[test]
fn an_unknown_value_names_its_field_and_the_known_ones() {
    for (pointer, said) in [
        (
            "/payload/steps/1/riskLevel",
            "payload.steps[1].riskLevel: unknown value `huge`; known: low, medium, high",
        ),
        ("/payload/planState", "payload.planState: unknown value `huge`; known: created, running, waiting_"),
        ("/payload/steps/0/state", "payload.steps[0].state: unknown value `huge`; known: pending, "),
        ("/payload/steps/0/approvalStatus", "payload.steps[0].approvalStatus: unknown value `huge`"),
        ("/payload/steps/0/type", "payload.steps[0].type: unknown value `huge`; known: calendar, task, "),
        ("/payload/risks/0/level", "payload.risks[0].level: unknown value `huge`"),
        ("/type", "type: `huge` is not taken here; taken: WORKFLOW_DRAFT, DEPENDENCY_CONFLICT"),
    ] {
        let refused = refused(&with(pointer, json!("huge")));
        assert!(refused.starts_with(said), "{pointer}: {refused}");
    }
    let effect = with("/payload/steps/1/dependencies", json!([{"stepId": "find", "effect": "harms"}]));
    assert_eq!(
        refused(&effect),
        "payload.steps[1].dependencies[0].effect: unknown value `harms`; known: blocks, enhances, optional"
    );
}

#[test]
fn a_wrong_type_an_unknown_field_and_an_unknown_step_name_their_place() {
    for (pointer, value, said) in [
        ("/payload/steps/1/riskLevel", json!(3), "payload.steps[1].riskLevel: invalid type: integer `3`"),
        ("/payload/steps/1/colour", json!(1), "payload.steps[1].colour: unknown field `colour`"),
        ("/payload/steps/1/dependencies", json!([7]), "payload.steps[1].dependencies[0]: invalid type"),
        (
            "/payload/steps/1/dependencies",
            json!(["no"]),
            "payload.steps[1].dependencies[0]: there is no step no",
        ),
        ("/payload/steps/1/id", json!("Tell"), "payload.steps[1].id: must be 1 to 64 of a-z"),
        ("/payload/steps/0/action", json!("x".repeat(60)), "payload.steps[0].action: must be 1 to 64"),
        ("/payload/steps", json!([]), "payload.risks[0].stepId: there is no step tell"),
        ("/payload/originalMessage", json!(" "), "payload.originalMessage: is empty"),
        ("/payload/steps/0/description", json!("x".repeat(401)), "payload.steps[0].description: 401 bytes"),
        ("/sessionId", json!("a b"), "sessionId: must be 1 to 128"),
        ("/type", json!(1), "type: must be a string"),
    ] {
        let refused = refused(&with(pointer, value));
        assert!(refused.starts_with(said), "{pointer}: {refused}");
    }
    assert!(refused(&json!({"payload": {}})).starts_with("type: is missing"));
    assert!(refused(&json!([])).starts_with("document: must be a JSON object"));
}

#[test]
fn a_circle_is_spelled_out() {
    let message = with("/payload/steps/0/dependencies", json!(["tell"]));
    assert_eq!(refused(&message), "payload.steps: the needs go in a circle: find → tell → find");
}

#[test]
fn an_escape_in_any_value_comes_back_as_a_mark() {
    let said = refused(&with("/payload/planState", json!("ru\u{1b}[2Jn")));
    assert!(said.contains("ru⟨ESC⟩[2Jn"), "{said}");
    let imported = take(&with("/payload/steps/0/estimatedTime", json!("\u{1b}]52;c;x\u{7}")));
    assert_eq!(
        notes(&imported),
        [
            "payload.steps[0].estimatedTime: \"⟨ESC⟩]52;c;x⟨BEL⟩\" is no length of time that is understood here; left out"
        ]
    );
    // Prose is kept as it came; whoever shows it makes it safe.
    let kept = take(&with("/payload/steps/0/description", json!("a\u{202e}b")));
    assert_eq!(kept.documents[0]["steps"][0]["title"], "a\u{202e}b");
}

#[test]
fn a_long_message_is_cut_in_the_title_and_whole_in_the_summary() {
    let long = "ż".repeat(300);
    let document = take(&with("/payload/originalMessage", json!(long))).documents.remove(0);
    let title = document["title"].as_str().unwrap();
    assert!(title.len() <= 400 && title.ends_with("ż…"), "{title}");
    assert!(document["summary"].as_str().unwrap().contains(&long));
}

#[test]
fn what_was_not_taken_is_said() {
    let mut message = with("/payload/totalSteps", json!(3));
    message["payload"]["phoneNumber"] = json!("+48 600");
    message["payload"]["steps"][0]["order"] = json!(9);
    assert_eq!(
        notes(&take(&message)),
        [
            "payload.phoneNumber is not taken: a request has no place for it",
            "payload.totalSteps says 3, but there are 2 steps",
            "payload.steps[].order does not rise: the steps stay in the order they stand in",
        ]
    );
}

#[test]
fn estimates_are_read_by_their_upper_bound() {
    for (text, expected) in [
        ("10 seconds", Some(10)),
        ("2-3 minutes", Some(180)),
        ("2 – 3 min", Some(180)),
        ("1 to 2 hours", Some(7200)),
        ("about 45s", Some(45)),
        ("1 Minute", Some(60)),
        ("3-2 minutes", None),
        ("a while", None),
        ("10", None),
        ("-5 s", None),
        ("seconds", None),
        ("", None),
        ("99999999 hours", None),
        ("10 ⟨seconds", None),
    ] {
        assert_eq!(seconds(text), expected, "{text}");
    }
}
