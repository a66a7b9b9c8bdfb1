//! Placeholders: what is refused at submit, and what goes where.

use countersign::domain::content::Content;
use countersign::domain::document::{Limits, read};
use countersign::domain::late::fill;
use countersign::domain::names::StepId;
use countersign::domain::preview::{Ran, Results};
use serde_json::{Value, json};

fn submit(second: Value) -> Result<Content, String> {
    let mut step = json!({"id": "b", "action": "x"});
    step.as_object_mut().unwrap().extend(second.as_object().unwrap().clone());
    let document = json!({"kind": "plan", "title": "t", "steps": [
        {"id": "a", "action": "x"}, {"id": "a.b", "action": "x"}, step]});
    read(document.to_string().as_bytes(), &Limits::BUILT_IN).map(|d| d.content).map_err(|e| e.to_string())
}

#[test]
fn a_placeholder_names_a_step_that_is_needed_and_the_refusal_says_what_to_add() {
    assert_eq!(
        submit(json!({"params": {"to": "{{a.email}}"}})).unwrap_err(),
        "steps[2].params.to: {{a.email}} names a step that b does not need: add {\"step\": \"a\", \"field\": \"email\"} \
         to its needs"
    );
    let deep = submit(json!({"params": {"to": {"x": [1, "see {{a.email}}"]}}})).unwrap_err();
    assert!(deep.starts_with("steps[2].params.to: {{a.email}} names"), "{deep}");
    let unknown = submit(json!({"params": {"to": "{{nobody.email}}"}})).unwrap_err();
    assert!(unknown.ends_with("there is no step nobody"), "{unknown}");
    let own = submit(json!({"params": {"to": "{{b.email}}"}})).unwrap_err();
    assert!(own.contains("only `undo` can use it"), "{own}");
    assert!(submit(json!({"params": {"to": "{{a.email}}"}, "needs": [{"step": "a"}]})).is_ok());
    let any =
        json!({"params": {"to": "{{a.email}}"}, "needs": [{"any_of": [{"step": "a"}, {"step": "a.b"}]}]});
    assert!(submit(any).is_ok());
    assert!(
        submit(json!({"params": {"to": "{{.Names}} {{ }} {{x}} }}"}})).is_ok(),
        "other languages' braces"
    );
}

#[test]
fn in_a_command_it_is_a_whole_argument_that_is_sure_to_be_there() {
    let needs = json!([{"step": "a", "field": "email"}]);
    let ok = |run: Value, needs: &Value| submit(json!({"run": run, "needs": needs}));
    assert!(ok(json!(["/bin/x", "{{a.email}}"]), &needs).is_ok());
    let part = ok(json!(["/bin/x", "--to={{a.email}}"]), &needs).unwrap_err();
    assert!(part.starts_with("steps[2].run[1]") && part.contains("whole argument"), "{part}");
    for unsure in [
        json!([{"step": "a"}]),
        json!([{"step": "a", "field": "phone"}]),
        json!([{"step": "a", "field": "email", "effect": "optional"}]),
        json!([{"step": "a", "field": "email", "when": {"step": "a.b", "field": "n", "operator": "exists"}}]),
        json!([{"any_of": [{"step": "a", "field": "email"}, {"step": "a.b"}]}]),
    ] {
        let said = ok(json!(["/bin/x", "{{a.email}}"]), &unsure).unwrap_err();
        assert!(said.contains("never run with a piece left out"), "{said}");
    }
    let fallback = json!([{"step": "a", "field": "email", "effect": "enhances", "resolution": "fallback", "fallback": "x"}]);
    assert!(ok(json!(["/bin/x", "{{a.email}}"]), &fallback).is_ok());
    assert!(submit(json!({"undo": ["/bin/x", "{{b.key}}"]})).is_ok(), "its own result, to take it back");
}

#[test]
fn values_keep_their_type_and_the_longest_known_step_wins() {
    let content = submit(json!({
        "params": {"typed": "{{a.list}}", "text": "n={{ a.n }}, {{a.yes}}!", "dotted": "{{a.b.c}}", "left": "{{a.no}}"},
        "needs": [{"step": "a"}, {"step": "a.b"}]}))
    .unwrap();
    let id = |name: &str| StepId::new(name).unwrap();
    let results = Results::from([
        (
            id("a"),
            Ran::Completed(Some(json!({"list": [1, {"x": null}], "n": 2.5, "yes": true, "b.c": "wrong"}))),
        ),
        (id("a.b"), Ran::Completed(Some(json!({"c": "right"})))),
    ]);
    let filled = fill(&content.steps[2], &[], &results).unwrap();
    assert_eq!(
        json!(filled.params),
        json!({"typed": [1, {"x": null}], "text": "n=2.5, true!", "dotted": "right"})
    );
    let hostile = Results::from([(id("a"), Ran::Completed(Some(json!({"n": {"x": 1}, "yes": true}))))]);
    assert!(fill(&content.steps[2], &[], &hostile).unwrap_err().0.contains("inside a text"));
}

#[test]
fn a_value_that_looks_like_a_placeholder_is_not_filled_again() {
    let content = submit(json!({"params": {"to": "{{a.x}}"}, "needs": [{"step": "a"}]})).unwrap();
    let results =
        Results::from([(StepId::new("a").unwrap(), Ran::Completed(Some(json!({"x": "{{a.x}} {{a.x}}"}))))]);
    assert_eq!(
        json!(fill(&content.steps[2], &[], &results).unwrap().params),
        json!({"to": "{{a.x}} {{a.x}}"})
    );
}
