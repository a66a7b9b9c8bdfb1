//! What changed since one's own sign-off: said in the list, read first, and stood for again by one deliberate key.

use super::stage::*;
use countersign::domain::command::{Command, Seen};
use countersign::domain::edit::Edit;
use countersign::domain::names::{ParamKey, StepId};
use countersign::domain::request::SignOffStanding;
use countersign::present::tabs::Tab;
use countersign::tui::Options;
use countersign::tui::action::Effect;
use countersign::tui::hear::hear;
use countersign::tui::model::Model;
use insta::assert_snapshot;
use serde_json::json;
use std::collections::BTreeSet;

/// A deployment that needs two, signed by bob, who had read all of it or not.
fn signed(whole: bool) -> Told {
    let told = Told::asked(
        7,
        "cp20",
        ago(30),
        json!({"kind": "plan", "title": "Widen the fleet", "risk": "low",
            "target": {"environment": "production", "service": "payments"},
            "steps": (1..=9).map(|n| json!({"id": format!("s{n}"), "action": "fleet.grow", "params": {"by": n},
                "run": ["/opt/grow", "payments"], "undo": ["/opt/shrink", "payments"]})).collect::<Vec<_>>()}),
    );
    // The built-in rule is one human; here the sign-off is not the last.
    let request = &told.request;
    let (revision, marks, number) =
        (request.revision.digest, request.marks_digest(), request.revision.number);
    let seen = Seen::Drawn { revision, marks, number, whole };
    let mut told = told;
    let slot = told.request.revision.assessment.slots[0].clone();
    told.request.revision.assessment.slots.push(slot.clone());
    let first = told.history.first_mut().unwrap();
    if let countersign::domain::event::Fact::Submitted { revision, .. } = &mut first.1.fact {
        revision.assessment.slots.push(slot);
    }
    told.then("bob", ago(20), &Command::Approve { reason: Some("fine".into()), seen })
}

fn changed(told: Told) -> Told {
    let set = [(ParamKey::new("by").unwrap(), json!(30))].into();
    let edit = Box::new(Edit::Change { set, unset: BTreeSet::new(), give: Vec::new() });
    let step = StepId::new("s3").unwrap();
    let mut told =
        told.then("alice", ago(5), &Command::Modify { step, edit, reason: None, seen: Seen::Nothing });
    let slots = &mut told.request.revision.assessment.slots;
    slots.push(slots[0].clone());
    told
}

fn shown(told: &Told, size: (u16, u16)) -> Model {
    screen_with(size, Options::default(), std::slice::from_ref(told))
}

#[test]
fn whoever_had_signed_is_told_in_the_row_and_sees_what_changed_first() {
    let told = changed(signed(true));
    assert_eq!(told.request.signoffs[0].standing, SignOffStanding::Void);
    for (size, name) in [((80, 24), "since_at_80_by_24"), ((120, 40), "since_at_120_by_40")] {
        let mut model = shown(&told, size);
        assert!(text(&model).contains("changed"), "{}", text(&model));
        press(&mut model, "enter");
        assert_eq!(model.subject().unwrap().tab, Tab::Since);
        assert!(text(&model).contains("Since your sign-off 1 on revision 1: 1 widening"), "{}", text(&model));
        assert_snapshot!(name, text(&model));
    }
}

#[test]
fn one_deliberate_key_stands_for_it_again_and_says_which_sign_off_it_renews() {
    let told = changed(signed(true));
    let mut model = shown(&told, (80, 24));
    press(&mut model, "enter");
    model.at += std::time::Duration::from_secs(1);
    press(&mut model, "A");
    let dialog = model.dialog.as_ref().unwrap();
    assert!(dialog.read_whole, "all of it was read then, and all that changed now");
    assert!(text(&model).contains("It re-affirms sign-off 1, yours on revision 1"), "{}", text(&model));
    assert_snapshot!("reaffirming_at_80_by_24", text(&model));
    type_text(&mut model, "still fine");
    let effects = press(&mut model, "do-it");
    assert!(matches!(effects.as_slice(), [Effect::Decide { command, .. }]
        if matches!(&**command, Command::Approve { .. })));
}

#[test]
fn who_had_not_read_it_all_then_reads_it_all_now() {
    let told = changed(signed(false));
    let mut model = shown(&told, (80, 24));
    press(&mut model, "enter");
    model.at += std::time::Duration::from_secs(1);
    press(&mut model, "A");
    assert!(model.dialog.is_none(), "{}", text(&model));
    assert!(text(&model).contains("not fully shown"), "{}", text(&model));
}

#[test]
fn nobody_else_is_told_and_nothing_is_said_before_it_changed() {
    let told = signed(true);
    assert_ne!(shown(&told, (80, 24)).subject().unwrap().tab, Tab::Since);
    let mut model = shown(&told, (80, 24));
    press(&mut model, "enter");
    hear(&mut model, changed(told.clone()).message());
    assert_eq!(model.subject().unwrap().tab, Tab::Plan, "what is being read stays where it is");
    assert!(text(&model).contains("since yours"), "{}", text(&model));
    let mut other = shown(&changed(told), (80, 24));
    other.caller = caller("carol");
    let message = changed(signed(true)).message();
    other.reading = None;
    hear(&mut other, message);
    assert_eq!(other.subject().unwrap().tab, Tab::Plan);
}
