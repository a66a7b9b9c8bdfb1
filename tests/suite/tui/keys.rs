//! What keys do: nothing is decided that was not seen, and nothing moves under the cursor.

use super::stage::*;
use countersign::app::{Looking, Queue};
use countersign::domain::command::{Command, Seen};
use countersign::domain::names::RequestId;
use countersign::domain::refusal::Refusal;
use countersign::domain::text::Text;
use countersign::domain::transitions::Verb;
use countersign::tui::Options;
use countersign::tui::action::{Effect, Place};
use countersign::tui::dialog::Focus;
use countersign::tui::hear::{Message, hear};
use countersign::tui::model::Model;
use crossterm::event::Event;

fn decisions(effects: &[Effect]) -> Vec<&Command> {
    let command = |effect: &'_ Effect| matches!(effect, Effect::Decide { .. });
    effects
        .iter()
        .filter(|e| command(e))
        .map(|e| match e {
            Effect::Decide { command, .. } => &**command,
            _ => unreachable!(),
        })
        .collect()
}

fn opened(told: Told) -> Model {
    let mut model = screen_with((80, 24), Options::default(), &[told]);
    press(&mut model, "enter");
    read_to_the_end(&mut model);
    model
}

fn ids(model: &Model) -> Vec<u64> {
    model.list.rows.iter().map(|shown| shown.row.id.number()).collect()
}

#[test]
fn a_rejection_carries_the_reason_and_what_was_drawn() {
    let told = mail();
    let mut model = opened(told.clone());
    press(&mut model, "pgdn");
    press(&mut model, "R");
    type_text(&mut model, "no mail today");
    let effects = press(&mut model, "do-it");
    let seen = countersign::tui::reading::Drawn::of(&told.request).seen(true);
    let expected = Command::Reject { reason: Some(Text::from("no mail today")), seen };
    assert_eq!(decisions(&effects), [&expected]);
}

#[test]
fn cancel_has_the_focus_and_enter_presses_it() {
    let mut model = opened(mail());
    press(&mut model, "A");
    assert_eq!(model.dialog.as_ref().unwrap().focus, Focus::Cancel);
    assert!(press(&mut model, "enter").is_empty());
    assert!(model.dialog.is_none());
}

#[test]
fn approving_is_a_key_a_turn_and_enter() {
    let mut model = opened(mail());
    press(&mut model, "A");
    press(&mut model, "shift-tab");
    let effects = press(&mut model, "enter");
    assert!(matches!(decisions(&effects)[..], [Command::Approve { reason: None, .. }]));
}

#[test]
fn keys_typed_before_the_dialog_was_drawn_are_dropped() {
    let mut model = opened(mail());
    press_unseen(&mut model, "A");
    for key in ["shift-tab", "enter", "alt-enter", "esc"] {
        assert!(press_unseen(&mut model, key).is_empty());
    }
    assert!(model.dialog.is_some(), "not even closed");
}

#[test]
fn what_was_not_drawn_is_opened_before_it_is_decided_on() {
    let mut model = screen_with((80, 24), Options::default(), &inbox());
    let effects = press(&mut model, "A");
    assert!(effects.is_empty() && model.dialog.is_none() && model.in_detail);
    read_to_the_end(&mut model);
    press(&mut model, "A");
    assert!(model.dialog.is_some());

    let mut wide = screen((120, 40));
    press_unseen(&mut wide, "j");
    let effects = press_unseen(&mut wide, "A");
    assert_eq!(effects, [Effect::Read(RequestId::new(1039))], "the row before is what was drawn");
    assert!(wide.dialog.is_none());
}

#[test]
fn a_dangerous_approval_needs_the_reason_and_the_code() {
    let mut model = opened(deployment());
    press(&mut model, "A");
    assert!(press(&mut model, "do-it").is_empty());
    type_text(&mut model, "watched");
    assert!(press(&mut model, "do-it").is_empty());
    assert_eq!(model.dialog.as_ref().unwrap().focus, Focus::Field(1));
    type_text(&mut model, "r-1042");
    let effects = press(&mut model, "do-it");
    assert_eq!(decisions(&effects).len(), 1);
}

#[test]
fn a_paste_presses_nothing() {
    let mut model = opened(mail());
    let paste =
        |model: &mut Model| countersign::tui::act::input(model, Event::Paste("A\rR\r\u{1b}".to_owned()));
    assert!(paste(&mut model).is_empty() && model.dialog.is_none());
    press(&mut model, "A");
    assert!(paste(&mut model).is_empty() && model.dialog.is_some());
    press(&mut model, "tab");
    paste(&mut model);
    assert_eq!(model.dialog.as_ref().unwrap().fields[0].typed(), "A\nR\n\u{fffd}");
}

#[test]
fn a_closed_dialog_keeps_what_was_typed() {
    let mut model = opened(mail());
    press(&mut model, "R");
    type_text(&mut model, "half a reas");
    press(&mut model, "esc");
    assert!(model.dialog.is_some(), "it asks once");
    press(&mut model, "esc");
    assert!(model.dialog.is_none());
    press(&mut model, "R");
    assert_eq!(model.dialog.as_ref().unwrap().fields[0].typed(), "half a reas");
}

#[test]
fn a_change_is_shown_and_must_be_looked_at_before_it_can_be_decided() {
    let mut model = opened(mail());
    press(&mut model, "R");
    type_text(&mut model, "no");
    let revised = mail().then(
        "alice",
        ago(1),
        &Command::Mark {
            steps: vec![countersign::domain::names::StepId::new("draft").unwrap()],
            mark: countersign::domain::marks::Mark::Skipped,
            reason: None,
            seen: Seen::Nothing,
        },
    );
    let Command::Reject { seen, .. } = model.dialog.as_ref().unwrap().commands(None).unwrap().remove(0)
    else {
        panic!()
    };
    let refusal = countersign::domain::rules::still_as_seen(&revised.request, &seen).unwrap_err();
    assert!(matches!(refusal, Refusal::Changed(_)));
    let effects = hear(&mut model, Message::Refused { id: revised.request.id, refusal });
    assert_eq!(effects, [Effect::Read(revised.request.id)]);
    hear(&mut model, revised.message());
    assert!(decisions(&press(&mut model, "do-it")).is_empty(), "the button looks again");
    let effects = press(&mut model, "do-it");
    let seen = countersign::tui::reading::Drawn::of(&revised.request).seen(false);
    assert_eq!(
        decisions(&effects),
        [&Command::Reject { reason: Some(Text::from("no")), seen }],
        "the reason is still there"
    );
}

#[test]
fn a_recorded_decision_closes_the_dialog_and_says_so() {
    let mut model = opened(mail());
    press(&mut model, "R");
    type_text(&mut model, "no");
    press(&mut model, "do-it");
    let after =
        mail().then("bob", NOW, &Command::Reject { reason: Some(Text::from("no")), seen: Seen::Nothing });
    hear(&mut model, Message::Decided { verb: Verb::Reject, after: Box::new(after.request) });
    assert!(model.dialog.is_none());
    assert_eq!(model.said.as_ref().unwrap().to_string(), "R-1037 rejected; nothing of it will run");
}

#[test]
fn a_forbidden_key_says_why() {
    let mut model = opened(mail());
    model.caller = caller("planner");
    press(&mut model, "A");
    assert!(model.dialog.is_none());
    assert!(model.said.as_ref().unwrap().to_string().contains("own request"));
}

#[test]
fn a_question_is_answered_by_number_or_in_words() {
    for (typed, option) in [("2", Some(2)), ("3", None), ("neither", None)] {
        let mut model = opened(question());
        press(&mut model, "A");
        type_text(&mut model, typed);
        let effects = press(&mut model, "do-it");
        let Command::Answer { option: picked, text, .. } = decisions(&effects)[0] else { panic!() };
        assert_eq!((*picked, text.is_some()), (option, option.is_none()), "{typed}");
    }
}

#[test]
fn reading_again_moves_nothing_under_the_cursor() {
    let told = inbox();
    let mut model = screen((120, 40));
    press(&mut model, "j");
    press(&mut model, "j");
    assert_eq!(model.list.selected_id(), Some(RequestId::new(1021)));
    // Somebody decided the first; a new one stands at the top; another came below.
    let new =
        |n| Told::asked(n, "planner", ago(1), serde_json::json!({"kind": "gate", "title": "new"})).row();
    let above = vec![new(2000), told[1].row()];
    let below = vec![told[2].row(), new(2001), told[3].row()];
    hear(&mut model, Message::Around { queue: Queue::Waiting, above, below });
    assert_eq!(ids(&model), [1042, 1039, 1021, 2001, 1031]);
    assert!(model.list.rows[0].gone);
    assert_eq!((model.list.cursor(), model.list.news), (2, 1));
    let effects = press(&mut model, "g");
    assert_eq!(
        effects,
        [Effect::Load { queue: Queue::Waiting, place: Place::Start, looking: Looking::default() }]
    );
}

#[test]
fn what_is_decided_by_somebody_else_stays_under_the_cursor() {
    let told = inbox();
    let mut model = screen((120, 40));
    let below = told[1..].iter().map(Told::row).collect();
    hear(&mut model, Message::Around { queue: Queue::Waiting, above: Vec::new(), below });
    assert_eq!(model.list.selected_id(), Some(RequestId::new(1042)), "and not the next one");
    assert!(model.list.rows[0].gone);
}

#[test]
fn a_long_queue_is_read_in_pages() {
    let row = mail().row();
    let page = |from: u64| {
        (from..from + 100).map(|n| countersign::app::Row { id: RequestId::new(n), ..row.clone() }).collect()
    };
    let mut model = screen((80, 24));
    hear(&mut model, Message::Page { queue: Queue::Waiting, place: Place::Start, rows: page(1) });
    let mut wanted = Vec::new();
    for _ in 0..6 {
        wanted = press(&mut model, "pgdn");
    }
    assert!(
        wanted
            .iter()
            .any(|e| matches!(e, Effect::Load { place: Place::After(row), .. } if row.id.number() == 100))
    );
    let mut next = 101;
    for _ in 0..200 {
        for effect in press(&mut model, "pgdn") {
            if let Effect::Load { queue, place, .. } = effect {
                hear(&mut model, Message::Page { queue, place, rows: page(next) });
                next += 100;
            }
        }
    }
    assert!(next > 2000 && model.list.rows.len() <= 500, "{} rows kept", model.list.rows.len());
}

#[test]
fn esc_never_quits_and_q_goes_out_one_level() {
    let mut model = screen((80, 24));
    assert!(press(&mut model, "esc").is_empty());
    press(&mut model, "enter");
    assert!(press(&mut model, "q").is_empty());
    assert!(!model.in_detail);
    assert_eq!(press(&mut model, "q"), [Effect::Quit]);
}

#[test]
fn the_cursor_stands_on_the_selected_row_and_in_the_text() {
    let mut model = screen((80, 24));
    press(&mut model, "j");
    assert_eq!(draw(&model).1, (0, 5));
    press(&mut model, "enter");
    hear(&mut model, inbox()[1].message());
    model.frame_shown();
    press(&mut model, "R");
    type_text(&mut model, "why");
    let (x, y) = draw(&model).1;
    assert!(lines(&model)[usize::from(y)].contains("why"), "{}", text(&model));
    assert_eq!(x, 7);
}

#[test]
fn a_dialog_hears_that_somebody_else_is_on_it_or_was_first() {
    let mut model = opened(mail());
    press(&mut model, "A");
    hear(&mut model, mail().then("alice", ago(1), &Command::Claim).message());
    assert!(text(&model).contains("alice is on it"), "{}", text(&model));
    let reject = Command::Reject { reason: Some(Text::from("no")), seen: Seen::Nothing };
    hear(&mut model, mail().then("alice", ago(1), &reject).message());
    assert!(text(&model).contains("already rejected by alice"), "{}", text(&model));
    assert!(model.dialog.is_some());
}

/// Letters, repeats and pastes: nothing is decided unless the deliberate sequence was among them.
#[test]
fn random_keys_decide_nothing_by_themselves() {
    let keys = [
        "A",
        "R",
        "C",
        "W",
        "j",
        "k",
        "g",
        "G",
        "q",
        "h",
        "l",
        "enter",
        "esc",
        "tab",
        "x",
        "c",
        "?",
        "2",
        "]",
        "[",
        "/",
        "n",
        "N",
        "f",
        "y",
        "d",
        "pgdn",
        "shift-tab",
    ];
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut model = screen((120, 40));
    for _ in 0..3000 {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        let key = keys[usize::try_from(seed % keys.len() as u64).unwrap()];
        let before = model.dialog.as_ref().map(|dialog| (dialog.focus, dialog.shown, dialog.ask));
        for effect in press_unseen(&mut model, key) {
            if let Effect::Decide { command, .. } = effect {
                let verb = command.verb().unwrap();
                assert!(
                    matches!(before, Some((Focus::Submit, true, ask)) if key == "enter" && ask.verb() == verb),
                    "{key} decided {verb:?} from {before:?}"
                );
            }
        }
        if seed.is_multiple_of(3) {
            model.frame_shown();
        }
    }
}
