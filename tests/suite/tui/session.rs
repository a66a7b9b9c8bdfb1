//! The screen of somebody who came through SSH: no shell behind it, no editor, and nothing left open for who comes next.

use super::stage::*;
use countersign::domain::principal::{Assurance, Face};
use countersign::tui::act::input;
use countersign::tui::action::{Ask, Effect};
use countersign::tui::hear::{Message, hear};
use countersign::tui::model::Model;
use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};

fn session() -> Model {
    let mut model = screen((80, 24));
    model.caller.face = Face::Session;
    model.caller.assurance = Assurance::Session;
    model
}

fn control(model: &mut Model, key: char) -> Vec<Effect> {
    let effects = input(model, Event::Key(KeyEvent::new(KeyCode::Char(key), KeyModifiers::CONTROL)));
    model.frame_shown();
    effects
}

/// A dialog in which a reason was typed, one key before it would be recorded.
fn about_to_reject() -> Model {
    let mut model = session();
    press(&mut model, "enter");
    read_to_the_end(&mut model);
    press(&mut model, "R");
    assert!(model.dialog.is_some());
    type_text(&mut model, "not on a Friday");
    model
}

#[test]
fn after_a_while_without_a_key_what_only_waits_to_be_confirmed_is_closed_and_its_text_kept() {
    let mut model = about_to_reject();
    let (id, kept) = (model.dialog.as_ref().unwrap().id, model.kept.unsaved());
    let effects = hear(&mut model, Message::Idle);
    assert!(model.dialog.is_none() && !effects.iter().any(|e| matches!(e, Effect::Decide { .. })));
    assert_eq!(model.drafts.get(&(id, Ask::Reject, None)), Some(&vec!["not on a Friday".to_owned()]));
    assert_eq!(kept.len(), 1, "and it was on its way to the file");
    assert!(text(&model).contains("nothing was decided"), "{}", text(&model));
    // Whoever presses the key that would have decided decides nothing.
    assert!(!press(&mut model, "do-it").iter().any(|e| matches!(e, Effect::Decide { .. })));
}

#[test]
fn a_screen_on_which_nothing_is_asked_does_not_mind_the_silence() {
    let mut model = session();
    let before = text(&model);
    hear(&mut model, Message::Idle);
    assert_eq!(text(&model), before);
}

#[test]
fn no_shell_and_no_editor_are_behind_it() {
    let mut model = about_to_reject();
    assert!(control(&mut model, 'e').is_empty());
    assert!(text(&model).contains("a session starts no editor"), "{}", text(&model));
    let mut model = session();
    assert!(control(&mut model, 'z').is_empty());
    assert!(text(&model).contains("there is no shell behind a session"), "{}", text(&model));
}
