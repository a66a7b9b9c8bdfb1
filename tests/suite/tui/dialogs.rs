//! What a dialog does when the world goes on without it, and when it does not fit.

use super::stage::*;
use countersign::domain::command::{Command, Seen};
use countersign::tui::Options;
use countersign::tui::action::Effect;
use countersign::tui::hear::hear;
use countersign::tui::model::Model;
use std::time::Duration;

fn asked(told: Told, key: &str, size: (u16, u16)) -> Model {
    let mut model = screen_with(size, Options::default(), &[told]);
    press(&mut model, "enter");
    read_to_the_end(&mut model);
    press(&mut model, key);
    model
}

fn decides(effects: &[Effect]) -> bool {
    effects.iter().any(|effect| matches!(effect, Effect::Decide { .. }))
}

/// Somebody else rejects it, and a moment passes after the frame that says so.
fn alice_rejects(model: &mut Model, told: Told) {
    let no = Command::Reject { reason: Some("no mail today".into()), seen: Seen::Nothing };
    hear(model, told.then("alice", NOW, &no).message());
    model.frame_shown();
    model.at += Duration::from_secs(1);
}

#[test]
fn a_dialog_whose_request_was_closed_by_another_only_closes() {
    for key in ["A", "R", "C"] {
        let mut model = asked(mail(), key, (80, 24));
        alice_rejects(&mut model, mail());
        let frame = text(&model);
        assert!(frame.contains("already rejected by alice"), "{frame}");
        for gone in [
            "[ Approve",
            "[ Reject",
            "[ Request",
            "Nothing of it will run",
            "Cancel",
            "alt-enter",
            "If nobody",
        ] {
            assert!(!frame.contains(gone), "{gone} in\n{frame}");
        }
        assert!(frame.contains("[▸Close ]"), "{frame}");
        assert!(!decides(&press(&mut model, "alt-enter")));
        press(&mut model, "tab");
        assert!(!decides(&press(&mut model, "enter")) && model.dialog.is_none());
    }
}

#[test]
fn what_was_typed_when_another_closed_it_stays_to_be_copied_and_is_no_draft() {
    let mut model = asked(mail(), "R", (80, 24));
    type_text(&mut model, "wrong John, ask Mary");
    assert_eq!(model.kept.unsaved().len(), 1);
    alice_rejects(&mut model, mail());
    assert!(model.kept.unsaved().is_empty(), "{:?}", model.kept);
    // The rest of the sentence, with letters that press buttons elsewhere, and Enter out of habit.
    type_text(&mut model, " who has the q");
    press(&mut model, "enter");
    let frame = text(&model);
    assert!(frame.contains("wrong John, ask Mary") && frame.contains("what you typed is gone"), "{frame}");
    press(&mut model, "enter");
    assert!(model.dialog.is_none() && model.drafts.is_empty());
}

#[test]
fn a_key_on_its_way_when_another_closed_it_does_not_close_the_dialog() {
    let mut model = asked(mail(), "A", (80, 24));
    let no = Command::Reject { reason: Some("no".into()), seen: Seen::Nothing };
    hear(&mut model, mail().then("alice", NOW, &no).message());
    press(&mut model, "enter");
    press(&mut model, "enter");
    assert!(model.dialog.is_some(), "it was not there long enough to be meant");
}

#[test]
fn a_comment_is_still_sent_on_what_was_closed_meanwhile() {
    let mut model = asked(mail(), "c", (80, 24));
    type_text(&mut model, "for the next time");
    alice_rejects(&mut model, mail());
    assert!(decides(&press(&mut model, "alt-enter")));
}

#[test]
fn at_60_by_16_nothing_sensitive_is_decided_before_all_that_comes_of_it_was_shown() {
    let mut model = asked(deployment(), "A", (60, 16));
    let frame = text(&model);
    assert!(frame.contains("pgdn: 4 more lines"), "{frame}");
    type_text(&mut model, "canary was clean");
    press(&mut model, "tab");
    type_text(&mut model, "R-1042");
    assert!(!decides(&press(&mut model, "alt-enter")));
    assert!(text(&model).contains("not shown yet: pgdn shows more"), "{}", text(&model));
    for _ in 0..9 {
        press(&mut model, "pgdn");
    }
    assert!(text(&model).contains("pgup: "), "{}", text(&model));
    assert!(decides(&press(&mut model, "alt-enter")));
}

#[test]
fn what_is_not_sensitive_is_decided_as_it_stands() {
    let mut model = asked(mail(), "R", (60, 16));
    type_text(&mut model, "no");
    assert!(decides(&press(&mut model, "alt-enter")));
}
