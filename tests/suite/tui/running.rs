//! A plan that stands still: what it says, and what can be said to it.

use super::stage::*;
use countersign::app::{Errand, Returned};
use countersign::domain::command::{Command, Said, Seen};
use countersign::domain::digest::TokenDigest;
use countersign::domain::execution::{End, How, Runner, Work};
use countersign::domain::names::StepId;
use countersign::tui::Options;
use countersign::tui::action::Effect;
use countersign::tui::hear::{Message, hear};
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

/// Approved, with commands, not begun.
fn runnable() -> Told {
    Told::asked(
        7,
        "planner",
        ago(30),
        json!({"kind": "plan", "title": "Rotate", "target": {"environment": "staging"}, "steps": [
            {"id": "retire", "action": "x.retire", "run": ["/opt/retire", "--all"], "needs": [{"step": "mint"}]},
            {"id": "mint", "action": "x.mint", "run": ["/opt/mint"], "undo": ["/opt/unmint"]},
            {"id": "tell", "action": "x.tell", "run": ["/opt/tell"]}]}),
    )
    .then("alice", ago(20), &Command::Approve { reason: Some("as agreed".into()), seen: Seen::Nothing })
}

#[test]
fn what_was_approved_is_run_by_one_key_and_one_confirmation() {
    let mut model = open(&runnable(), (80, 24));
    press(&mut model, "L");
    let dialog = model.dialog.as_ref().unwrap();
    assert_eq!(dialog.focus, countersign::tui::dialog::Focus::Cancel);
    let words = text(&model);
    assert!(words.contains("3 steps run, in this order"), "{words}");
    assert!(words.find("1 mint") < words.find("2 retire") && words.contains("/opt/retire"), "{words}");
    assert_snapshot!("running_at_80_by_24", words);
    let effects = press(&mut model, "do-it");
    assert!(matches!(effects.as_slice(), [Effect::Launch { errand: Errand::Run, .. }]), "{effects:?}");
    hear(&mut model, Message::Launched { id: runnable().request.id, errand: Errand::Run });
    assert!(model.dialog.is_none() && text(&model).contains("also when you quit"), "{}", text(&model));
    let said = "countersign: R-7: its risk is high now, and was low\n";
    let how = Returned { code: Some(1), said: said.into() };
    hear(&mut model, Message::Returned { id: runnable().request.id, errand: Errand::Run, how });
    assert!(text(&model).contains("its risk is high now"), "{}", text(&model));
}

#[test]
fn rolling_back_says_what_is_taken_back_and_what_stays() {
    let told = runnable();
    let token = TokenDigest::of("the token");
    let done = |told: Told, id: &str| {
        let report =
            |said| Command::Report { token, by: Runner::Producer, step: step(id), said: Box::new(said) };
        let over = Said::Over {
            work: Work::Run,
            end: End::plain(How::Completed),
            result: Some(json!({})),
            output: None,
            reason: None,
        };
        told.then("planner", ago(14), &report(Said::Began)).then("planner", ago(13), &report(over))
    };
    let told = told.then("planner", ago(15), &Command::Start { token, runner: Runner::Producer });
    let told = done(done(told, "mint"), "tell");
    let mut model = open(&told, (80, 24));
    press(&mut model, "B");
    let words = text(&model);
    assert!(words.contains("1 step is taken back") && words.contains("/opt/unmint"), "{words}");
    assert!(words.contains("no command to take it back: tell"), "{words}");
    assert_snapshot!("rolling_back_at_80_by_24", words);
    let effects = press(&mut model, "do-it");
    assert!(matches!(effects.as_slice(), [Effect::Launch { errand: Errand::RollBack, .. }]), "{effects:?}");
}

#[test]
fn nothing_is_run_from_a_session_or_before_it_is_approved() {
    let mut model = open(&runnable(), (80, 24));
    model.caller.face = countersign::domain::principal::Face::Session;
    press(&mut model, "L");
    assert!(model.dialog.is_none());
    assert!(text(&model).contains("`countersign run R-7` on the host"), "{}", text(&model));
    let asked = Told::asked(
        7,
        "planner",
        ago(30),
        json!({"kind": "plan", "title": "t", "steps": [{"id": "a", "action": "x.a", "run": ["/bin/true"]}]}),
    );
    let mut model = open(&asked, (80, 24));
    for key in ["L", "B"] {
        press(&mut model, key);
        assert!(model.dialog.is_none(), "{key}: {}", text(&model));
    }
}
