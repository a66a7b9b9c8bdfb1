//! The filter and the palette: as they are typed, and never hidden.

use super::stage::*;
use countersign::app::{Looking, Queue};
use countersign::domain::command::Command;
use countersign::tui::Options;
use countersign::tui::act::input;
use countersign::tui::action::{Action, Ask, Effect, Place};
use countersign::tui::filtering::Seek;
use countersign::tui::hear::{Message, hear};
use countersign::tui::model::Model;
use countersign::tui::palette::{COMMANDS, Does, ELSEWHERE};
use crossterm::event::Event;

fn typed(model: &mut Model, text: &str) {
    for c in text.chars() {
        let key = if c == ' ' { "space".to_owned() } else { c.to_string() };
        let effects = press(model, &key);
        found(model, effects, &inbox());
    }
}

fn filtered(size: (u16, u16), text: &str) -> Model {
    let mut model = screen(size);
    press(&mut model, "/");
    typed(&mut model, text);
    model
}

fn ids(model: &Model) -> Vec<u64> {
    model.list.rows.iter().map(|shown| shown.row.id.number()).collect()
}

#[test]
fn a_filter_that_is_kept_is_shown_everywhere() {
    let mut model = filtered((80, 24), "re");
    press(&mut model, "enter");
    assert!(model.prompt.is_none());
    press(&mut model, "enter");
    assert!(model.in_detail);
    assert!(lines(&model)[0].contains("filtered: 2 of 6"), "{}", lines(&model)[0]);
    press(&mut model, "q");
    press(&mut model, "4");
    assert!(lines(&model)[0].contains("filtered:"), "{}", lines(&model)[0]);
    let effects = press(&mut model, "esc");
    assert_eq!(
        effects,
        [Effect::Load { queue: Queue::Promotions, place: Place::Start, looking: Looking::default() }]
    );
    assert!(!lines(&model)[0].contains("filtered:"));
}

#[test]
fn esc_clears_and_the_selected_request_stays_selected() {
    let mut model = filtered((80, 24), "index");
    assert_eq!(ids(&model), [1039]);
    let effects = press(&mut model, "esc");
    found(&mut model, effects, &inbox());
    assert_eq!(ids(&model).len(), 6);
    assert_eq!(model.list.selected_id().unwrap().number(), 1039);
}

#[test]
fn a_term_that_is_not_understood_changes_nothing_and_is_said() {
    let mut model = filtered((80, 24), "index colour:");
    assert_eq!(ids(&model), [1039]);
    assert!(text(&model).contains("there is no such field; known are kind:"));
    press(&mut model, "enter");
    assert!(model.prompt.is_some(), "it is mended or dropped");
    for _ in 0..7 {
        let effects = press(&mut model, "backspace");
        found(&mut model, effects, &inbox());
    }
    press(&mut model, "enter");
    assert!(model.prompt.is_none());
    assert_eq!(model.filtering.text, "index");
}

#[test]
fn capitals_in_a_filter_are_text_and_a_paste_presses_nothing() {
    let mut model = filtered((80, 24), "A");
    assert!(model.dialog.is_none());
    assert_eq!(model.prompt.as_ref().unwrap().text, "A");
    let effects = input(&mut model, Event::Paste("R\r\nq\u{1b}[A\n".to_owned()));
    assert!(effects.iter().all(|effect| matches!(effect, Effect::Find { .. })), "{effects:?}");
    assert_eq!(model.prompt.as_ref().unwrap().text, "AR  q[A");
}

#[test]
fn what_changes_under_a_filter_is_read_through_it_and_nothing_moves() {
    let mut model = filtered((80, 24), "risk:medium");
    press(&mut model, "enter");
    press(&mut model, "j");
    assert_eq!((ids(&model), model.list.selected_id().unwrap().number()), (vec![1031, 1033], 1033));
    let effects = hear(&mut model, Message::Changed);
    let Some(Effect::Find { why, .. }) = effects.iter().find(|e| matches!(e, Effect::Find { .. })) else {
        panic!("{effects:?}")
    };
    assert_eq!(*why, Seek::Around);
    // A third one comes, above the cursor: announced, not inserted.
    let mut told = inbox();
    told.insert(
        1,
        Told::asked(
            1050,
            "cp20",
            ago(1),
            serde_json::json!({"kind": "gate", "title": "x", "risk": "medium"}),
        ),
    );
    found(&mut model, effects, &told);
    assert_eq!((ids(&model), model.list.news), (vec![1031, 1033], 1));
    assert!(lines(&model)[0].contains("filtered: 3 of 6"));
}

#[test]
fn n_goes_to_the_next_match_in_the_whole_list() {
    let mut model = filtered((80, 24), "risk:medium");
    let effects = press(&mut model, "esc");
    found(&mut model, effects, &inbox());
    assert!(!model.filtering.is_on());
    let mut stops = Vec::new();
    for key in ["g", "n", "n", "n", "N", "N"] {
        let effects = press(&mut model, key);
        found(&mut model, effects, &inbox());
        stops.push(model.list.selected_id().unwrap().number());
    }
    assert_eq!(stops, [1042, 1031, 1033, 1033, 1031, 1031]);
    assert!(model.said.as_ref().unwrap().to_string().starts_with("no further match above"));
    let mut fresh = screen((80, 24));
    assert!(press(&mut fresh, "n").is_empty());
    assert!(fresh.said.unwrap().to_string().contains("nothing was looked for yet"));
}

#[test]
fn a_command_opens_the_same_dialog_as_its_key() {
    for (command, ask) in
        [("approve", Ask::Approve), ("reje", Ask::Reject), ("request-changes", Ask::RequestChanges)]
    {
        let mut model = screen((120, 40));
        // What is sensitive is read to its end first, whichever way its dialog is opened.
        press(&mut model, "enter");
        read_to_the_end(&mut model);
        press(&mut model, ":");
        typed(&mut model, command);
        press(&mut model, "enter");
        assert_eq!(model.dialog.as_ref().unwrap().ask, ask);
        assert!(model.prompt.is_none());
    }
    // Keys typed ahead of the dialog that a command opens are dropped like any other.
    let mut model = screen((120, 40));
    press(&mut model, "enter");
    read_to_the_end(&mut model);
    press(&mut model, ":");
    typed(&mut model, "approve");
    press_unseen(&mut model, "enter");
    assert!(press_unseen(&mut model, "alt-enter").is_empty() && model.dialog.is_some());
}

#[test]
fn a_command_that_is_none_says_so_and_stays() {
    for (command, said) in [
        ("aprove", "there is no command aprove"),
        ("submit", "not here: run `countersign submit` in a shell"),
        ("re", "which: reject, request-changes, reassign"),
        ("approve R-7", "approve takes nothing more"),
        ("filter colour:x", "there is no such field"),
    ] {
        let mut model = screen((80, 24));
        press(&mut model, ":");
        typed(&mut model, command);
        assert!(press(&mut model, "enter").is_empty());
        assert!(text(&model).contains(said), "{command}: {}", text(&model));
        press(&mut model, "esc");
        assert!(model.prompt.is_none());
    }
}

#[test]
fn tab_completes_and_goes_round() {
    let mut model = screen((80, 24));
    press(&mut model, ":");
    typed(&mut model, "re");
    let mut seen = Vec::new();
    for key in ["tab", "tab", "tab", "tab", "tab", "tab", "shift-tab"] {
        press(&mut model, key);
        seen.push(model.prompt.as_ref().unwrap().text.clone());
    }
    assert_eq!(seen, ["reject", "request-changes", "reassign", "release", "reload", "reject", "reload"]);
    press(&mut model, "esc");
    press(&mut model, "/");
    typed(&mut model, "x ri");
    press(&mut model, "tab");
    assert_eq!(model.prompt.as_ref().unwrap().text, "x risk:");
}

#[test]
fn claim_and_release_do_what_they_say() {
    let claimed = mail().then("bob", ago(1), &Command::Claim);
    for (command, told, verb) in [
        ("claim", mail(), Some("Claim")),
        ("release", mail(), None),
        ("release", claimed.clone(), Some("Release")),
        ("claim", claimed, None),
    ] {
        let mut model = screen_with((120, 40), Options::default(), &[told]);
        press(&mut model, ":");
        typed(&mut model, command);
        let effects = press(&mut model, "enter");
        let decided = effects.iter().find_map(|e| match e {
            Effect::Decide { command, .. } => Some(format!("{command:?}")),
            _ => None,
        });
        assert_eq!(decided.as_deref(), verb, "{command}");
    }
}

#[test]
fn every_verb_of_the_command_line_is_known_to_the_palette() {
    use clap::CommandFactory;
    let cli = countersign::cli::args::Cli::command();
    for verb in cli.get_subcommands().map(|c| c.get_name().to_owned()) {
        let here = COMMANDS.iter().any(|command| command.name == verb);
        assert_ne!(here, ELSEWHERE.contains(&verb.as_str()), "{verb}");
    }
    for (n, command) in COMMANDS.iter().enumerate() {
        assert!(COMMANDS[..n].iter().all(|other| other.name != command.name), "{}", command.name);
        if let Does::Act(Action::Ask(_)) = command.does {
            assert!(cli.get_subcommands().any(|c| c.get_name() == command.name), "{}", command.name);
        }
    }
}

#[test]
fn a_view_of_the_settings_is_put_on_by_its_name() {
    let mut model = screen((80, 24));
    press(&mut model, ":");
    typed(&mut model, "view late");
    assert!(press(&mut model, "enter").is_empty());
    assert!(text(&model).contains("no view has a name in the settings"));
    press(&mut model, "esc");
    model.views = vec![("late".to_owned(), "risk:high".to_owned()), ("mail".to_owned(), "john".to_owned())];
    press(&mut model, ":");
    typed(&mut model, "view");
    assert!(text(&model).contains("view: late  mail"));
    for _ in 0..3 {
        press(&mut model, "tab");
    }
    assert_eq!(model.prompt.as_ref().unwrap().text, "view mail");
    let effects = press(&mut model, "enter");
    found(&mut model, effects, &inbox());
    assert_eq!((model.list.queue, ids(&model)), (Queue::Open, vec![1037]));
    assert!(lines(&model)[0].contains("filtered: 1 of 9"));
}

#[test]
fn where_nothing_is_selected_nothing_is_read() {
    let model = filtered((120, 40), "zebra");
    assert!(model.reading.is_none());
    assert!(!text(&model).contains("What would run"));
}
