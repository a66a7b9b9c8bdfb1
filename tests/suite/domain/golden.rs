//! Events that were written once and must always read: `golden/events.jsonl` is never regenerated, only added to.

use countersign::domain::canon::{canonical, read};
use countersign::domain::event::{Fact, NAMES, OfStore};
use countersign::domain::marks::Marks;
use countersign::domain::rollout::RolloutFact;

use serde_json::{Value, json};
use std::collections::BTreeSet;

/// One line an event, in canonical form: `{"facts":…,"name":…}`.
const EVENTS: &str = include_str!("../golden/events.jsonl");

fn events() -> Vec<(String, Value)> {
    let parts = |line: &str| {
        let mut whole = read(line.as_bytes()).unwrap();
        (whole["name"].as_str().unwrap().to_owned(), whole["facts"].take())
    };
    EVENTS.lines().map(parts).collect()
}

/// Every object in `value` and below, as pointers.
fn objects(at: &str, value: &Value, out: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            out.push(at.to_owned());
            object.iter().for_each(|(key, inner)| objects(&format!("{at}/{key}"), inner, out));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(n, inner)| objects(&format!("{at}/{n}"), inner, out));
        }
        _ => {}
    }
}

#[test]
fn every_event_ever_written_still_reads_and_is_written_the_same() {
    for (line, (name, facts)) in EVENTS.lines().zip(events()) {
        let fact = Fact::from_parts(&name, facts).unwrap_or_else(|why| panic!("{name}: {why}"));
        let (name, facts) = fact.to_parts();
        assert_eq!(canonical(&json!({"name": name, "facts": facts})).unwrap(), line);
    }
}

#[test]
fn what_was_digested_once_has_the_same_digest_for_ever() {
    let plan = super::build::plan();
    assert_eq!(
        plan.revision_digest().to_string(),
        "d0c39b29f0041b82b4c54b7391042544eb2710ebcda239ce317091ae3cfdbc81"
    );
    let steps: Vec<String> = plan.step_digests().into_iter().map(|(_, digest)| digest.to_string()).collect();
    assert_eq!(
        steps,
        [
            "650cbf15644867a5958d6da0bf7349e6565f5bb13904db6e0b993af71c411c93",
            "d3e06d734b5041cb110699d75d41622616d73ce60189ffc85089a6915aeca94f"
        ]
    );
    let marks = Marks::undecided(plan.steps.iter().map(|s| &s.id)).with_undecided_approved();
    assert_eq!(
        marks.digest().to_string(),
        "6ca18e39bce13d7db5fe3bb6e942f1a62bfca0a8dbaff5d31ef6a4ada08dc3d8"
    );
}

#[test]
fn every_name_of_the_catalogue_has_a_line() {
    let lines: BTreeSet<String> = events().into_iter().map(|(name, _)| name).collect();
    assert_eq!(lines, NAMES.iter().map(|name| (*name).to_owned()).collect());
}

#[test]
fn every_fact_of_the_code_is_in_the_catalogue() {
    // Asked for a name it does not know, a reader lists those it does: that list is made from the code itself.
    let listed = |said: String| -> Vec<String> {
        let names = said.split('`').skip(1).step_by(2).filter(|name| *name != "no.such.event");
        names.map(str::to_owned).collect()
    };
    let of_requests = listed(Fact::from_parts("no.such.event", json!({})).unwrap_err());
    let unknown = json!({"name": "no.such.event", "facts": {}});
    let of_store = listed(serde_json::from_value::<OfStore>(unknown).unwrap_err().to_string());
    assert_eq!(of_store, OfStore::NAMES, "what is not listed there is read as a request's");
    let unknown = json!({"name": "no.such.event", "facts": {}});
    let of_rollouts = listed(serde_json::from_value::<RolloutFact>(unknown).unwrap_err().to_string());
    assert_eq!(of_rollouts, RolloutFact::NAMES, "what is not listed there is read as a request's");
    assert_eq!([of_requests, of_store, of_rollouts].concat(), NAMES);
}

#[test]
fn an_unknown_fact_is_refused_wherever_it_stands() {
    for (name, facts) in events() {
        let mut places = Vec::new();
        objects("", &facts, &mut places);
        for place in places {
            let mut strange = facts.clone();
            strange.pointer_mut(&place).unwrap()["colour"] = json!("red");
            let told = Fact::from_parts(&name, strange);
            assert!(told.as_ref().is_err_and(|why| why.contains("colour")), "{name}{place}: {told:?}");
        }
    }
}

#[test]
fn a_missing_fact_is_refused_unless_it_may_be_absent() {
    let may_be_absent = [
        "enrolled",
        "proposal",
        "reference",
        "lapses_at",
        "option",
        "reply_to",
        "continues",
        "reaffirms",
        "filled",
        "until",
        "param",
        "mentions",
        "file",
        "next_at",
        "signature",
        "owes",
        "edits",
        "payload",
        "asked_by",
        "promotes",
        "programs",
        "baseline",
        "fence",
        "verified",
        "alarm",
    ];
    for (name, facts) in events() {
        // A comment is about a step or about none; an edit is always about one.
        let may = |key: &str| {
            may_be_absent.contains(&key)
                || (key == "step" && ["comment.added", "evidence.attached"].contains(&name.as_str()))
                || (key == "promotion" && ["rollout.promoting", "rollout.halted"].contains(&name.as_str()))
                || (key == "why" && name == "deployment.came_to")
                || (key == "was_due_at" && name == "request.escalated")
        };
        for key in facts.as_object().unwrap().keys().filter(|key| !may(key)) {
            let mut less = facts.clone();
            less.as_object_mut().unwrap().remove(key);
            let told = Fact::from_parts(&name, less);
            assert!(told.is_err(), "{name} without {key}: {told:?}");
        }
    }
}
