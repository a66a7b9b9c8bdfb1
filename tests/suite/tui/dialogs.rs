//! What a dialog does when the world goes on without it, and when it does not fit.

use super::stage::*;
use countersign::app::{Found, Queue};
use countersign::domain::command::{Command, Seen};
use countersign::tui::Options;
use countersign::tui::act::input;
use countersign::tui::action::Effect;
use countersign::tui::filtering::Seek;
use countersign::tui::hear::{Message, hear};
use countersign::tui::model::Model;
use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use ratatui::style::Modifier;
use serde_json::json;
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
        assert!(!decides(&press(&mut model, "do-it")));
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
    assert!(decides(&press(&mut model, "do-it")));
}

#[test]
fn at_60_by_16_nothing_sensitive_is_decided_before_all_that_comes_of_it_was_shown() {
    let mut model = asked(deployment(), "A", (60, 16));
    let frame = text(&model);
    assert!(frame.contains("pgdn: 4 more lines"), "{frame}");
    type_text(&mut model, "canary was clean");
    press(&mut model, "tab");
    type_text(&mut model, "R-1042");
    assert!(!decides(&press(&mut model, "do-it")));
    assert!(text(&model).contains("4 more lines must be shown first: pgdn"), "{}", text(&model));
    for _ in 0..9 {
        press(&mut model, "pgdn");
    }
    assert!(text(&model).contains("pgup: "), "{}", text(&model));
    assert!(decides(&press(&mut model, "do-it")));
}

#[test]
fn what_is_not_sensitive_is_decided_as_it_stands() {
    let mut model = asked(mail(), "R", (60, 16));
    type_text(&mut model, "no");
    assert!(decides(&press(&mut model, "do-it")));
}

fn alt(c: char) -> Event {
    Event::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::ALT))
}

#[test]
fn esc_and_a_key_read_in_one_piece_are_esc() {
    // A terminal sends ESC and the byte of the key; together they are that key with Alt.
    for c in ['A', 'q', 'd', 'y', ':'] {
        let mut model = asked(mail(), "R", (80, 24));
        type_text(&mut model, "no");
        assert!(input(&mut model, alt(c)).is_empty());
        assert!(text(&model).contains("Esc again closes it"), "{c}: {}", text(&model));
        assert_eq!(model.dialog.as_ref().unwrap().fields[0].typed(), "no", "{c} was dropped");
        assert!(input(&mut model, alt(c)).is_empty());
        assert!(model.dialog.is_none() && model.in_detail, "{c}: no more than Esc");
        assert!(input(&mut model, alt(c)).is_empty());
        assert!(!model.in_detail && model.dialog.is_none(), "{c}: {}", text(&model));
    }
}

#[test]
fn what_has_nothing_to_copy_has_its_key_in_brackets() {
    let gate = json!({"kind": "gate", "title": "Go on?", "risk": "low"});
    for (told, greyed) in [(Told::asked(9, "cp20", ago(2), gate), true), (mail(), false)] {
        let mut model = screen_with((120, 60), Options::default(), &[told]);
        press(&mut model, "enter");
        press(&mut model, "?");
        assert_eq!(text(&model).contains("(i)"), greyed, "{}", text(&model));
        press(&mut model, "esc");
        press(&mut model, "i");
        assert_eq!(text(&model).contains("it has no target, commands or parameters"), greyed);
    }
}

#[test]
fn when_the_last_match_of_a_filter_closes_its_row_says_by_whom() {
    for size in [(120, 40), (80, 24), (60, 16)] {
        let told = inbox();
        let mut model = screen_with(size, Options::default(), &told);
        press(&mut model, "/");
        for c in "john".chars() {
            let effects = press(&mut model, &c.to_string());
            found(&mut model, effects, &told);
        }
        press(&mut model, "enter");
        let no = Command::Reject { reason: Some("no".into()), seen: Seen::Nothing };
        let closed = mail().then("alice", NOW, &no);
        let nothing = Found { rows: Vec::new(), ..Found::default() };
        hear(&mut model, Message::Found { queue: Queue::Waiting, why: Seek::Around, found: nothing });
        hear(&mut model, closed.message());
        let frame = lines(&model);
        let row = frame.iter().find(|line| line.contains("R-1037")).unwrap();
        assert!(row.contains("rejected by alice"), "{row}\n{}", text(&model));
        let footer = frame.last().unwrap();
        assert!(footer.contains("(A approve)") && footer.contains("(R reject)"), "{footer}");
        model.frame_shown();
        model.at += Duration::from_secs(1);
        press(&mut model, "R");
        // Where the list stands alone, the first press goes into the request.
        press(&mut model, "R");
        assert!(text(&model).contains("already rejected by alice"), "{}", text(&model));
    }
}

#[test]
fn the_name_on_a_rule_is_as_plain_to_see_as_it_is_meant() {
    let model = asked(mail(), "A", (80, 24));
    let (buffer, _) = draw(&model);
    let y = lines(&model).iter().position(|line| line.contains("Approve R-1037")).unwrap();
    let name = &buffer[(2, u16::try_from(y).unwrap())];
    assert_eq!((name.symbol(), name.modifier), ("A", Modifier::BOLD));
}
