//! Marks, and deciding on several at once: each is named, none is sensitive, the count is typed, one record each.

use super::stage::*;
use countersign::domain::command::{Command, Seen};
use countersign::domain::names::RequestId;
use countersign::domain::text::safe_line;
use countersign::tui::Options;
use countersign::tui::act::input;
use countersign::tui::action::{Ask, Effect};
use countersign::tui::dialog::Focus;
use countersign::tui::hear::{Message, hear};
use countersign::tui::model::Model;
use crossterm::event::Event;
use serde_json::json;

/// Seven mails that may go out, a question, something sensitive, and one of the reviewer's own.
fn pile() -> Vec<Told> {
    let mut told: Vec<Told> = (1..=7u64)
        .map(|n| {
            let title = format!("Mail customer {n}");
            let steps =
                json!([{"id": "send", "action": "mail.send", "run": ["/usr/bin/send", n.to_string()]}]);
            Told::asked(n, "planner", ago(10), json!({"kind": "plan", "title": title, "steps": steps}))
        })
        .collect();
    told.push(question());
    told.push(deployment());
    told.push(Told::asked(9, "bob", ago(5), json!({"kind": "gate", "title": "My own"})));
    told
}

fn ids(model: &Model) -> Vec<u64> {
    model.marks.ids.iter().map(|id| id.number()).collect()
}

/// Answers what the screen wants to gather.
fn gathered(model: &mut Model, effects: Vec<Effect>, told: &[Told]) -> Vec<Effect> {
    let mut rest = Vec::new();
    for effect in effects {
        match effect {
            Effect::Gather { ask, ids } => {
                let of = |id: &RequestId| told.iter().find(|told| told.request.id == *id).unwrap();
                let gathered = ids.iter().map(|id| (of(id).request.clone(), facts())).collect();
                hear(model, Message::Gathered { ask, gathered });
            }
            other => rest.push(other),
        }
    }
    model.frame_shown();
    rest
}

/// All of the pile marked by a range, and the dialog of `key` opened.
pub fn asked(size: (u16, u16), key: &str) -> Model {
    let mut model = screen_with(size, Options::default(), &pile());
    for key in ["v", "G", "v"] {
        press(&mut model, key);
    }
    let effects = press(&mut model, key);
    assert!(gathered(&mut model, effects, &pile()).is_empty());
    model
}

fn commands(effects: &[Effect]) -> Vec<(u64, Command)> {
    let of = |effect: &Effect| match effect {
        Effect::DecideAll { commands, .. } => {
            commands.iter().map(|(id, command)| (id.number(), command.clone())).collect()
        }
        _ => Vec::new(),
    };
    effects.iter().flat_map(of).collect()
}

#[test]
fn a_range_marks_what_is_not_sensitive_and_names_what_is() {
    let mut model = screen_with((80, 24), Options::default(), &pile());
    press(&mut model, "v");
    for _ in 0..9 {
        press(&mut model, "j");
    }
    press(&mut model, "space");
    assert_eq!(ids(&model), [1, 2, 3, 4, 5, 6, 7, 9, 1031]);
    assert_eq!(model.said.as_ref().unwrap().to_string(), "9 marked; sensitive or gone, so not in it: R-1042");
    press(&mut model, "k");
    press(&mut model, "space");
    assert_eq!(
        model.said.as_ref().unwrap().to_string(),
        "R-1042 is sensitive: it is decided by itself, never in a batch"
    );
    press(&mut model, "k");
    press(&mut model, "space");
    assert_eq!(ids(&model), [1, 2, 3, 4, 5, 6, 7, 9], "space unmarks");
    press(&mut model, "j");
    press(&mut model, "esc");
    assert!(model.marks.is_empty());
}

#[test]
fn no_more_than_fifty_are_marked() {
    let told: Vec<Told> = (1..=60)
        .map(|n| Told::asked(n, "planner", ago(1), json!({"kind": "gate", "title": "Go on?"})))
        .collect();
    let mut model = screen_with((80, 24), Options::default(), &told);
    for key in ["v", "G", "v"] {
        press(&mut model, key);
    }
    assert_eq!(model.marks.ids.len(), 50);
    assert!(model.said.as_ref().unwrap().to_string().ends_with("a batch is no more than 50"));
    press(&mut model, "space");
    assert_eq!(model.marks.ids.len(), 50);
    // Fifty names need more than one page, and all of them must have been shown.
    let effects = press(&mut model, "A");
    gathered(&mut model, effects, &told);
    type_text(&mut model, "50");
    assert!(press(&mut model, "do-it").is_empty());
    assert!(text(&model).contains("37 are not yet shown: pgdn shows them"), "{}", text(&model));
    for _ in 0..3 {
        press(&mut model, "pgdn");
    }
    assert_eq!(commands(&press(&mut model, "do-it")).len(), 50);
}

#[test]
fn a_batch_is_decided_on_by_the_reason_and_the_count_and_is_bound_to_what_was_named() {
    let mut model = asked((80, 24), "R");
    assert_eq!(model.batch.as_ref().unwrap().focus, Focus::Field(0));
    assert!(press(&mut model, "do-it").is_empty(), "no reason");
    type_text(&mut model, "no mails");
    assert!(press(&mut model, "do-it").is_empty(), "no count");
    assert_eq!(model.batch.as_ref().unwrap().focus, Focus::Field(1));
    type_text(&mut model, "7");
    assert!(press(&mut model, "do-it").is_empty(), "rejecting, a question is one of them");
    press(&mut model, "backspace");
    input(&mut model, Event::Paste("8".to_owned()));
    assert!(press(&mut model, "do-it").is_empty(), "the count is typed");
    type_text(&mut model, "8");
    let decided = commands(&press(&mut model, "do-it"));
    assert_eq!(decided.len(), 8);
    for (id, command) in decided {
        let told = pile().into_iter().find(|told| told.request.id.number() == id).unwrap();
        let alone = {
            let mut one = screen_with((120, 40), Options::default(), &[told]);
            press(&mut one, "R");
            type_text(&mut one, "no mails");
            one.dialog.as_ref().unwrap().commands(None).unwrap().remove(0)
        };
        // By itself every line of it was drawn; in a batch it is only named.
        let named = match alone {
            Command::Reject { reason, seen: Seen::Drawn { revision, marks, number, whole: true } } => {
                Command::Reject { reason, seen: Seen::Drawn { revision, marks, number, whole: false } }
            }
            other => other,
        };
        assert_eq!(command, named, "the same command as by itself");
    }
}

#[test]
fn keys_typed_before_the_dialog_was_drawn_are_dropped_and_cancel_decides_nothing() {
    let mut model = asked((80, 24), "A");
    model.batch.as_mut().unwrap().shown = false;
    for key in ["7", "alt-enter", "enter", "esc"] {
        assert!(press_unseen(&mut model, key).is_empty());
    }
    assert!(model.batch.is_some());
    model.frame_shown();
    press(&mut model, "esc");
    assert!(model.batch.is_none() && !model.marks.is_empty());
    assert_eq!(model.said.as_ref().unwrap().to_string(), "nothing was decided; the marks are still there");
}

#[test]
fn the_result_says_how_many_of_how_many_and_why_not_the_others() {
    let mut model = asked((80, 24), "A");
    type_text(&mut model, "7");
    let decided = commands(&press(&mut model, "do-it"));
    assert_eq!(decided.len(), 7, "the question, the own one are left out");
    let outcomes = decided
        .iter()
        .map(|(id, _)| {
            let done = if *id == 3 { Err(safe_line("R-3 was already rejected by alice")) } else { Ok(()) };
            (RequestId::new(*id), done)
        })
        .collect();
    let effects = hear(&mut model, Message::DecidedAll { ask: Ask::Approve, outcomes });
    assert!(effects.contains(&Effect::Count));
    assert_eq!(ids(&model), [3, 9, 1031], "those that were not decided stay marked");
    press(&mut model, "enter");
    assert!(model.batch.is_none());
}

#[test]
fn a_batch_that_went_through_says_so_in_a_line() {
    let mut model = screen_with((80, 24), Options::default(), &pile());
    for key in ["space", "j", "space"] {
        press(&mut model, key);
    }
    let effects = press(&mut model, "A");
    gathered(&mut model, effects, &pile());
    type_text(&mut model, "2");
    let decided = commands(&press(&mut model, "do-it"));
    let outcomes = decided.iter().map(|(id, _)| (RequestId::new(*id), Ok(()))).collect();
    hear(&mut model, Message::DecidedAll { ask: Ask::Approve, outcomes });
    assert!(model.batch.is_none() && model.marks.is_empty());
    assert_eq!(model.said.as_ref().unwrap().to_string(), "2 of 2 approved");
}

#[test]
fn nothing_but_approving_and_rejecting_is_done_in_a_batch() {
    let mut model = screen_with((80, 24), Options::default(), &pile());
    press(&mut model, "space");
    for key in ["C", "W", "c"] {
        assert!(press(&mut model, key).is_empty() && !model.asks(), "{key}");
        assert!(model.said.as_ref().unwrap().to_string().starts_with("a batch is approved or rejected"));
    }
    // Inside a request, a key is about that request.
    press(&mut model, "enter");
    press(&mut model, "A");
    assert!(model.dialog.is_some() && model.batch.is_none());
}

#[test]
fn what_became_sensitive_since_it_was_marked_is_refused_by_name() {
    let mut model = screen_with((80, 24), Options::default(), &pile());
    model.marks.ids.insert(RequestId::new(1042));
    let effects = press(&mut model, "A");
    gathered(&mut model, effects, &pile());
    assert!(model.batch.is_none());
    assert!(model.said.as_ref().unwrap().to_string().starts_with("none of them: R-1042: it is sensitive"));
}

#[test]
fn the_help_is_a_menu_of_what_works_here() {
    let mut model = screen((120, 40));
    press(&mut model, "?");
    press(&mut model, "j");
    press(&mut model, "j");
    press(&mut model, "enter");
    assert!(model.help.is_none());
    assert_eq!(model.dialog.as_ref().unwrap().ask, Ask::Reject, "the third line of the list's keys");
    // A line of another place is for reading.
    let mut model = screen((80, 24));
    press(&mut model, "?");
    press(&mut model, "G");
    assert!(press(&mut model, "enter").is_empty() && model.help.is_some());
    press(&mut model, "q");
    assert!(model.help.is_none());
}

#[test]
fn hostile_titles_stay_behind_their_gutter_in_a_batch() {
    for title in ["\u{1b}[2J\u{1b}]52;c;AA\u{7} zebra", "\u{202e}zebra\u{200b}", "\n [▸Approve ] zebra"] {
        let told = vec![Told::asked(1, "mallory", ago(1), json!({"kind": "gate", "title": title}))];
        for size in [(120, 40), (80, 24), (60, 16)] {
            let mut model = screen_with(size, Options::default(), &told);
            press(&mut model, "space");
            let effects = press(&mut model, "A");
            gathered(&mut model, effects, &told);
            assert!(model.batch.is_some());
            for line in lines(&model) {
                assert!(!line.contains(char::is_control), "{line:?}");
                if let Some(at) = line.find("zebra") {
                    assert!(line.find("│ ").is_some_and(|gutter| gutter < at), "{line}");
                }
            }
        }
    }
}
