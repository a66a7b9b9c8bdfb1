//! A plan that stands still: what it says, and what can be said to it.

use super::stage::*;
use countersign::domain::command::{Command, Said, Seen};
use countersign::domain::digest::TokenDigest;
use countersign::domain::execution::{End, How, Runner, Work};
use countersign::domain::names::StepId;
use countersign::tui::Options;
use countersign::tui::action::Effect;
use countersign::tui::keymap::Scope;
use countersign::tui::model::Model;
use insta::assert_snapshot;
use serde_json::{Value, json};

fn step(id: &str) -> StepId {
    StepId::new(id).unwrap()
}

/// Approved, begun by its producer, and its first step has ended so.
fn begun(risk: &str, how: How, result: Option<Value>) -> Told {
    let token = TokenDigest::of("the token");
    let said = Said::Over { work: Work::Run, end: End::plain(how), result, output: None, reason: None };
    let report = Command::Report { token, by: Runner::Producer, step: step("find"), said: Box::new(said) };
    let began =
        Command::Report { token, by: Runner::Producer, step: step("find"), said: Box::new(Said::Began) };
    Told::asked(
        7,
        "planner",
        ago(30),
        json!({"kind": "plan", "title": "Invite John", "target": {"environment": "staging"}, "steps": [
            {"id": "find", "action": "x.find"},
            {"id": "note", "action": "x.note", "risk": risk, "params": {"to": "{{find.email}}"},
             "needs": [{"step": "find", "field": "email"}]}]}),
    )
    .then("alice", ago(20), &Command::Approve { reason: Some("as agreed".into()), seen: Seen::Nothing })
    .then("planner", ago(15), &Command::Start { token, runner: Runner::Producer })
    .then("planner", ago(14), &began)
    .then("planner", ago(13), &report)
    .then("planner", ago(12), &Command::Next { token })
}

fn open(told: &Told, size: (u16, u16)) -> Model {
    let mut model = screen_with(size, Options::default(), std::slice::from_ref(told));
    press(&mut model, "enter");
    model
}

fn decided(effects: &[Effect]) -> &Command {
    match effects {
        [Effect::Decide { command, .. }] => command,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_stands_still_says_what_can_be_said_to_it() {
    let told = begun("low", How::Failed, None);
    for (size, name) in [((80, 24), "standstill_at_80_by_24"), ((120, 40), "standstill_at_120_by_40")] {
        let mut model = open(&told, size);
        press(&mut model, "G");
        assert!(
            text(&model).contains("find ended badly, and somebody must say what now"),
            "{}",
            text(&model)
        );
        assert_snapshot!(name, text(&model));
    }
}

#[test]
fn a_step_that_ended_badly_is_tried_again_left_out_gone_past_or_all_is_stopped() {
    let told = begun("low", How::Failed, None);
    let dialog = |key: &str| {
        let mut model = open(&told, (80, 24));
        press(&mut model, "s");
        press(&mut model, "g");
        assert_eq!(model.scope(), Scope::Steps);
        press(&mut model, key);
        assert!(model.dialog.is_some(), "{}", text(&model));
        model
    };
    let retry = press(&mut dialog("T"), "do-it");
    assert!(matches!(decided(&retry), Command::Retry { step: s, .. } if *s == step("find")));
    let skip = press(&mut dialog("S"), "do-it");
    assert!(matches!(decided(&skip), Command::LeaveOut { step: s, .. } if *s == step("find")));
    assert!(matches!(decided(&press(&mut dialog("V"), "do-it")), Command::Continue { .. }));
    let mut stop = dialog("X");
    assert_snapshot!("stopping_at_80_by_24", text(&stop));
    assert!(matches!(decided(&press(&mut stop, "do-it")), Command::Stop { .. }));
    let mut marked = open(&told, (80, 24));
    press(&mut marked, "s");
    press(&mut marked, "R");
    assert!(marked.dialog.is_none(), "what is approved is not marked any more");
}

#[test]
fn a_value_that_came_late_is_confirmed_as_it_was_shown() {
    let told = begun("high", How::Completed, Some(json!({"email": "john@example.org"})));
    let mut model = open(&told, (80, 24));
    press(&mut model, "s");
    press(&mut model, "G");
    press(&mut model, "Y");
    assert!(text(&model).contains("find.email = \"john@example.org\""), "{}", text(&model));
    assert_snapshot!("confirming_at_80_by_24", text(&model));
    let effects = press(&mut model, "do-it");
    let Command::Confirm { step: confirmed, filled, .. } = decided(&effects) else { panic!("{effects:?}") };
    assert_eq!(*confirmed, step("note"));
    assert!(filled.is_some(), "bound to what was shown");
    told.then("bob", ago(1), decided(&effects));
}
