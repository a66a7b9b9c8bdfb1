//! The steps of a plan one by one: marks, the plan that would run beside the one that was asked for, conflicts, edits.

use super::stage::*;
use countersign::domain::command::{Command, Seen};
use countersign::domain::edit::Edit;
use countersign::domain::marks::Mark;
use countersign::domain::names::{ParamKey, StepId};
use countersign::tui::Options;
use countersign::tui::action::Effect;
use countersign::tui::hear::{Message, hear};
use countersign::tui::keymap::Scope;
use countersign::tui::model::Model;
use insta::assert_snapshot;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// snapshot → mint → roll → retire; mint ⇢ tell.
fn rotate() -> Told {
    Told::asked(
        7,
        "planner",
        ago(5),
        json!({"kind": "plan", "title": "Rotate the key", "target": {"environment": "staging"}, "steps": [
            {"id": "snapshot", "action": "vault.snapshot"},
            {"id": "mint", "action": "key.mint", "needs": [{"step": "snapshot", "effect": "blocks", "resolution": "skip"}]},
            {"id": "roll", "action": "service.roll", "params": {"key": "{{mint.key_id}}", "max_unavailable": 1, "zone": "a"},
             "needs": [{"step": "mint", "field": "key_id", "effect": "blocks", "resolution": "ask_user"}]},
            {"id": "retire", "action": "key.retire", "needs": [{"step": "roll", "effect": "blocks", "resolution": "skip"}]},
            {"id": "tell", "action": "mail.send", "params": {"text": "done"},
             "needs": [{"step": "mint", "field": "key_id", "effect": "enhances", "resolution": "fallback", "fallback": "unknown"}]}]}),
    )
}

fn open(told: &Told, size: (u16, u16)) -> Model {
    let mut model = screen_with(size, Options::default(), std::slice::from_ref(told));
    press(&mut model, "enter");
    model
}

/// On the steps, at this one.
fn at(told: &Told, step: &str, size: (u16, u16)) -> Model {
    let mut model = open(told, size);
    press(&mut model, "s");
    press(&mut model, "g");
    let n = told.request.revision.steps.iter().position(|s| s.id.as_str() == step).unwrap();
    (0..n).for_each(|_| drop(press(&mut model, "j")));
    model
}

fn id(step: &str) -> StepId {
    StepId::new(step).unwrap()
}

fn key(name: &str) -> ParamKey {
    ParamKey::new(name).unwrap()
}

fn marked(told: Told, step: &str, mark: Mark) -> Told {
    told.then(
        "alice",
        ago(1),
        &Command::Mark { steps: vec![id(step)], mark, reason: None, seen: Seen::Nothing },
    )
}

fn set(pairs: &[(&str, Value)]) -> Edit {
    let set = pairs.iter().map(|(name, value)| (key(name), value.clone())).collect();
    Edit::Change { set, unset: BTreeSet::new(), give: Vec::new() }
}

/// What was handed over: the commands, in order.
fn decided(effects: Vec<Effect>) -> Vec<Command> {
    let of = |effect| match effect {
        Effect::Decide { command, .. } => vec![*command],
        Effect::DecideInTurn { commands, .. } => commands,
        _ => Vec::new(),
    };
    effects.into_iter().flat_map(of).collect()
}

fn marks(commands: &[Command]) -> Vec<(Vec<StepId>, Mark)> {
    let of = |command: &Command| match command {
        Command::Mark { steps, mark, .. } => (steps.clone(), *mark),
        other => panic!("{other:?}"),
    };
    commands.iter().map(of).collect()
}

#[test]
fn the_steps_are_gone_through_one_by_one_and_left_again() {
    let told = rotate();
    let mut model = at(&told, "roll", (80, 24));
    assert_eq!(model.scope(), Scope::Steps);
    let rows = lines(&model);
    let row = rows.iter().find(|row| row.contains("3 roll")).unwrap();
    assert!(row.trim_start_matches('│').starts_with('▸'), "{row}");
    assert_snapshot!("steps_at_80_by_24", text(&model));
    assert!(decided(press(&mut model, "k")).is_empty());
    press(&mut model, "esc");
    assert_eq!(model.scope(), Scope::Detail, "the plan is still there");
    press(&mut model, "esc");
    assert_eq!(model.scope(), Scope::List);
}

#[test]
fn a_mark_says_at_once_what_would_run_and_is_bound_to_what_was_drawn() {
    for (size, name) in [((80, 24), "mark_at_80_by_24"), ((120, 40), "mark_at_120_by_40")] {
        let told = rotate();
        let mut model = at(&told, "roll", size);
        press(&mut model, "R");
        let shown = text(&model);
        assert!(shown.contains("3 of 5 run; retire skipped: roll was rejected"), "{shown}");
        assert_snapshot!(name, shown);
        assert!(decided(press(&mut model, "enter")).is_empty(), "Cancel has the focus");
        press(&mut model, "R");
        let commands = decided(press(&mut model, "do-it"));
        let [Command::Mark { steps, mark, seen, .. }] = commands.as_slice() else { panic!("{commands:?}") };
        assert_eq!((steps.as_slice(), *mark), ([id("roll")].as_slice(), Mark::Rejected));
        assert!(matches!(seen, Seen::Drawn { marks, .. } if *marks == told.request.marks_digest()));
    }
}

#[test]
fn a_mixture_of_marks_says_in_the_plan_what_would_run() {
    let told = marked(rotate(), "roll", Mark::Rejected);
    let model = open(&told, (80, 24));
    assert!(text(&model).contains("3 of 5 run; retire skipped: roll was rejected"), "{}", text(&model));
    assert!(!text(&open(&rotate(), (80, 24))).contains("of 5 run;"), "only what differs is said");
}

#[test]
fn each_key_sets_its_mark() {
    for (pressed, mark) in [("A", Mark::Approved), ("S", Mark::Skipped), ("U", Mark::Undecided)] {
        let mut model = at(&marked(rotate(), "tell", Mark::Rejected), "tell", (80, 24));
        press(&mut model, pressed);
        let commands = decided(press(&mut model, "do-it"));
        assert_eq!(marks(&commands), [(vec![id("tell")], mark)]);
    }
}

#[test]
fn rejecting_what_is_needed_offers_the_three_ways_with_what_comes_of_each() {
    let told = rotate();
    for (size, name) in [((80, 24), "conflict_at_80_by_24"), ((120, 40), "conflict_at_120_by_40")] {
        let mut model = at(&told, "mint", size);
        press(&mut model, "R");
        assert_snapshot!(name, text(&model));
    }
    let conflict = || {
        let mut model = at(&told, "mint", (80, 24));
        press(&mut model, "R");
        assert!(text(&model).contains("roll blocked: needs mint.key_id"), "{}", text(&model));
        model
    };
    let mut model = conflict();
    press(&mut model, "esc");
    assert!(model.dialog.is_none() && model.scope() == Scope::Steps, "the marks are as they were");
    // From Cancel: the reason, then the ways in their order.
    let take = |n: usize| {
        let mut model = conflict();
        (0..n + 2).for_each(|_| drop(press(&mut model, "tab")));
        let effects = press(&mut model, "enter");
        (model, decided(effects))
    };
    let (_, skip) = take(1);
    assert_eq!(marks(&skip), [(vec![id("mint")], Mark::Rejected), (vec![id("roll")], Mark::Skipped)]);
    let (_, again) = take(2);
    assert_eq!(marks(&again), [(vec![id("mint")], Mark::Approved)]);
    let (mut model, none) = take(0);
    assert!(none.is_empty(), "the value is asked for first");
    assert_snapshot!("give_at_80_by_24", text(&model));
    type_text(&mut model, "k-17");
    assert!(decided(press(&mut model, "do-it")).is_empty());
    assert!(text(&model).contains("a text needs quotes"), "{}", text(&model));
    (0..4).for_each(|_| drop(press(&mut model, "backspace")));
    type_text(&mut model, "\"k-17\"");
    let commands = decided(press(&mut model, "do-it"));
    assert_eq!(marks(&commands[..1]), [(vec![id("mint")], Mark::Rejected)]);
    let [_, Command::Modify { step, edit, .. }] = commands.as_slice() else { panic!("{commands:?}") };
    assert_eq!(*step, id("roll"));
    assert!(matches!(&**edit, Edit::Change { give, .. } if give[0].1 == json!("k-17")), "{edit:?}");
}

#[test]
fn parameters_are_edited_in_fields_that_keep_their_type() {
    for (size, name) in [((80, 24), "form_at_80_by_24"), ((120, 40), "form_at_120_by_40")] {
        let mut model = at(&rotate(), "roll", size);
        press(&mut model, "E");
        assert_snapshot!(name, text(&model));
        press(&mut model, "tab");
        type_text(&mut model, "x");
        assert!(decided(press(&mut model, "do-it")).is_empty());
        assert!(text(&model).contains("max_unavailable: it is a number"), "{}", text(&model));
        press(&mut model, "backspace");
        press(&mut model, "backspace");
        type_text(&mut model, "2");
        let commands = decided(press(&mut model, "do-it"));
        let [Command::Modify { step, edit, .. }] = commands.as_slice() else { panic!("{commands:?}") };
        assert_eq!((step, &**edit), (&id("roll"), &set(&[("max_unavailable", json!(2))])));
    }
}

#[test]
fn parameters_are_edited_as_json() {
    let mut model = at(&rotate(), "tell", (80, 24));
    press(&mut model, "J");
    assert_snapshot!("json_at_80_by_24", text(&model));
    assert!(decided(press(&mut model, "do-it")).is_empty(), "nothing was changed yet");
    // The editor hands back what it holds.
    hear(&mut model, Message::Edited(Ok("{\"text\": ".to_owned())));
    model.frame_shown();
    assert!(decided(press(&mut model, "do-it")).is_empty());
    assert!(text(&model).contains("that is no JSON"), "{}", text(&model));
    hear(&mut model, Message::Edited(Ok("{\"to\": [\"ops\"]}".to_owned())));
    model.frame_shown();
    let commands = decided(press(&mut model, "do-it"));
    let [Command::Modify { edit, .. }] = commands.as_slice() else { panic!("{commands:?}") };
    let wanted: BTreeMap<ParamKey, Value> = [(key("to"), json!(["ops"]))].into();
    let wanted = Edit::Change { set: wanted, unset: [key("text")].into(), give: Vec::new() };
    assert_eq!(**edit, wanted);
}

fn edited(told: Told, pairs: &[(&str, Value)]) -> Told {
    let edit = Box::new(set(pairs));
    told.then("alice", ago(1), &Command::Modify { step: id("roll"), edit, reason: None, seen: Seen::Nothing })
}

#[test]
fn what_the_producer_had_is_shown_and_put_back() {
    let told = edited(rotate(), &[("max_unavailable", json!(3))]);
    let mut model = at(&told, "roll", (80, 24));
    press(&mut model, "O");
    assert!(text(&model).contains("max_unavailable = 1  (now 3)"), "{}", text(&model));
    assert_snapshot!("originals_at_80_by_24", text(&model));
    let commands = decided(press(&mut model, "do-it"));
    let [Command::Modify { edit, .. }] = commands.as_slice() else { panic!("{commands:?}") };
    assert_eq!(**edit, Edit::Restore { only: Vec::new() });
    assert!(press(&mut model, "esc").is_empty());
    press(&mut model, "E");
    assert!(text(&model).contains("max_unavailable = 1  (now 3)"), "the form shows it too");
}

#[test]
fn an_edit_that_was_overtaken_keeps_what_was_typed_and_nothing_else() {
    let told = rotate();
    let mut model = at(&told, "roll", (80, 24));
    press(&mut model, "E");
    press(&mut model, "tab");
    press(&mut model, "backspace");
    type_text(&mut model, "2");
    let told = edited(told, &[("zone", json!("b"))]);
    hear(&mut model, told.message());
    assert!(decided(press(&mut model, "do-it")).is_empty(), "it looks again first");
    let commands = decided(press(&mut model, "do-it"));
    let [Command::Modify { edit, .. }] = commands.as_slice() else { panic!("{commands:?}") };
    assert_eq!(**edit, set(&[("max_unavailable", json!(2))]), "the other zone stays");
}

#[test]
fn what_is_typed_about_a_step_is_kept_for_that_step_and_offered_again() {
    let told = rotate();
    let mut model = at(&told, "roll", (120, 40));
    press(&mut model, "E");
    // The fields are the parameters in the order of their names: key, max_unavailable, zone; then the reason.
    press(&mut model, "tab");
    type_text(&mut model, "2");
    (0..2).for_each(|_| drop(press(&mut model, "tab")));
    type_text(&mut model, "too slow");
    assert_eq!(model.kept.unsaved().len(), 1, "on its way to the file");
    let draft = model.kept.unsaved().remove(0);
    assert_eq!((draft.verb.word(), draft.about.as_str()), ("modify", "/roll"));
    assert_eq!(draft.texts, ["max_unavailable (a number)\t12", "Reason (welcome)\ttoo slow"]);
    (0..2).for_each(|_| drop(press(&mut model, "esc")));
    assert!(text(&model).contains("your text is kept as a draft"), "{}", text(&model));
    // On another step nothing of it is there.
    press(&mut model, "g");
    (0..4).for_each(|_| drop(press(&mut model, "j")));
    press(&mut model, "E");
    assert!(!text(&model).contains("too slow"), "{}", text(&model));
    press(&mut model, "esc");
    press(&mut model, "k");
    press(&mut model, "k");
    press(&mut model, "E");
    assert!(text(&model).contains("too slow") && text(&model).contains("typed before"), "{}", text(&model));
    let commands = decided(press(&mut model, "do-it"));
    let [Command::Modify { step, edit, reason, .. }] = commands.as_slice() else { panic!("{commands:?}") };
    assert_eq!((step, &**edit), (&id("roll"), &set(&[("max_unavailable", json!(12))])));
    assert_eq!(reason.as_ref().map(|r| r.raw().to_owned()).as_deref(), Some("too slow"));
    // From a file of before it comes back by the names of its fields, whatever else the step holds now.
    let mut fresh = at(&told, "roll", (120, 40));
    hear(&mut fresh, Message::Drafts(vec![draft]));
    press(&mut fresh, "E");
    assert!(text(&fresh).contains("too slow") && text(&fresh).contains("draft from"), "{}", text(&fresh));
}
