//! What must have been before somebody's eyes before they decide: the whole plan of what is sensitive, and for a moment
//! what came under the cursor by itself.

use super::reading::{folded, left, long, marked, opened, said, sensitive};
use super::stage::*;
use countersign::app::Queue;
use countersign::domain::command::Command;
use countersign::domain::marks::Mark;
use countersign::domain::talk::About;
use countersign::domain::text::Text;
use countersign::tui::Options;
use countersign::tui::act::input;
use countersign::tui::action::Place;
use countersign::tui::arrival::GRACE;
use countersign::tui::gate::Left;
use countersign::tui::hear::{Message, hear};
use crossterm::event::Event;
use serde_json::{Value, json};
use std::time::Duration;

// The gate.

#[test]
fn a_sensitive_plan_is_approved_only_after_every_line_was_drawn() {
    let mut model = opened(&long(20), (80, 24));
    press(&mut model, "A");
    assert!(model.dialog.is_none());
    assert_eq!(said(&model), format!("R-40 is {}; read to its end", left(&model).unwrap()));
    let mut before = left(&model).unwrap().lines;
    while let Some(left) = left(&model) {
        assert!(left.lines <= before, "it only gets less");
        before = left.lines;
        press(&mut model, "A");
        assert!(model.dialog.is_none(), "{left}");
        press(&mut model, "j");
    }
    press(&mut model, "A");
    assert!(model.dialog.is_some(), "{}", text(&model));
}

#[test]
fn what_is_left_is_counted_line_by_line() {
    let mut model = opened(&long(20), (80, 24));
    let start = left(&model).unwrap().lines;
    press(&mut model, "j");
    assert_eq!(left(&model).unwrap().lines, start - 1);
    press(&mut model, "k");
    assert_eq!(left(&model).unwrap().lines, start - 1);
    assert!(text(&model).contains(&format!("not fully shown: {} lines left", start - 1)), "{}", text(&model));
}

#[test]
fn a_frame_says_what_is_left_once_it_is_drawn() {
    let mut model = opened(&long(4), (80, 24));
    while left(&model).is_some() {
        press_unseen(&mut model, "j");
        let frame = text(&model);
        model.frame_shown();
        assert_eq!(frame, text(&model), "nothing has to be drawn again for it");
    }
}

#[test]
fn jumping_to_the_end_does_not_count_what_it_skipped() {
    let mut model = opened(&long(40), (80, 24));
    let start = left(&model).unwrap().lines;
    press(&mut model, "G");
    let after = left(&model).unwrap().lines;
    assert!(after > 0 && after < start);
    press(&mut model, "A");
    assert!(model.dialog.is_none());
    // Nor does a page that no frame showed: keys that arrive together are one frame.
    press(&mut model, "g");
    let before = left(&model).unwrap().lines;
    for _ in 0..40 {
        press_unseen(&mut model, "pgdn");
    }
    model.frame_shown();
    assert_eq!(left(&model).unwrap().lines, before);
}

#[test]
fn another_revision_or_another_mark_is_read_again() {
    let told = long(20);
    let mut model = opened(&told, (80, 24));
    let start = left(&model).unwrap();
    read_to_the_end(&mut model);
    hear(&mut model, marked(told.clone(), "s3", Mark::Skipped).message());
    model.frame_shown();
    assert!(left(&model).unwrap().lines >= start.lines, "nothing of it counts");
    // A comment changes nothing that is decided on.
    let mut model = opened(&told, (80, 24));
    read_to_the_end(&mut model);
    let comment = Command::Comment { text: Text::from("fine"), about: About::REQUEST };
    hear(&mut model, told.then("alice", ago(1), &comment).message());
    assert_eq!(left(&model), None);
}

#[test]
fn the_minute_does_not_take_away_what_was_read() {
    let mut model = opened(&long(20), (80, 24));
    press(&mut model, "pgdn");
    let before = left(&model);
    hear(&mut model, Message::Now(ago(-1)));
    assert_eq!(left(&model), before);
}

#[test]
fn a_narrow_window_counts_wrapped_lines_and_keeps_what_was_whole() {
    let run: Vec<String> = std::iter::once("/usr/bin/tool".to_owned())
        .chain((0..40).map(|n| format!("--argument-{n}=value")))
        .collect();
    let told = Told::asked(
        42,
        "dba-bot",
        ago(9),
        sensitive(&json!([{"id": "one", "action": "sql.run", "run": run}])),
    );
    let mut model = opened(&told, (200, 40));
    assert_eq!(left(&model), None, "{}", text(&model));
    let mut narrow = opened(&told, (60, 16));
    let lines = left(&narrow).unwrap().lines;
    assert!(lines > 10, "{lines} wrapped lines of one command");
    press(&mut narrow, "j");
    assert_eq!(left(&narrow).unwrap().lines, lines - 1);
    // What was read in the wide window was read; half a line in the narrow one was not.
    input(&mut model, Event::Resize(60, 16));
    assert_eq!(left(&model), None);
    input(&mut narrow, Event::Resize(64, 16));
    assert!(left(&narrow).unwrap().lines > 10);
}

#[test]
fn what_a_dialog_or_the_help_covers_is_not_shown() {
    let told = long(3);
    let mut model = opened(&told, (80, 24));
    press(&mut model, "g");
    let mut covered = screen_with((80, 24), Options::default(), std::slice::from_ref(&told));
    covered.help = Some(0);
    covered.in_detail = true;
    covered.settle();
    let before = left(&covered);
    covered.frame_shown();
    assert_eq!(left(&covered), before);
    covered.help = None;
    covered.frame_shown();
    assert_eq!(left(&covered), left(&model));
}

#[test]
fn what_was_read_counts_after_looking_at_another_request() {
    let told = [long(20), mail()];
    let mut model = screen_with((80, 24), Options::default(), &told);
    press(&mut model, "enter");
    read_to_the_end(&mut model);
    for (key, n) in [("j", 1), ("k", 0)] {
        press(&mut model, "esc");
        press(&mut model, key);
        press(&mut model, "enter");
        hear(&mut model, told[n].message());
        model.frame_shown();
    }
    assert_eq!(left(&model), None);
    press(&mut model, "A");
    assert!(model.dialog.is_some());
}

#[test]
fn a_folded_value_is_not_shown_until_it_is_unfolded_and_read() {
    let mut model = opened(&folded(), (80, 24));
    for _ in 0..80 {
        press(&mut model, "pgdn");
    }
    assert_eq!(left(&model), Some(Left { lines: 0, folded: 1 }));
    let end = lines(&model).join("");
    assert!(!end.contains("DROP TABLE") && end.contains("not fully shown: 1 value is folded"), "{end}");
    press(&mut model, "g");
    assert!((0..9).any(|_| {
        press(&mut model, "pgdn");
        text(&model).contains("3019 bytes, folded: f")
    }));
    press(&mut model, "A");
    assert!(model.dialog.is_none());
    press(&mut model, "f");
    assert!(left(&model).unwrap().lines > 10, "its lines are now to be read");
    read_to_the_end(&mut model);
    press(&mut model, "f");
    assert_eq!(left(&model), None, "folded again it was still read");
    press(&mut model, "A");
    assert!(model.dialog.is_some());
}

#[test]
fn where_there_are_no_steps_the_words_are_what_is_read() {
    let words = "We keep it. ".repeat(300);
    let told = Told::asked(
        43,
        "audit-bot",
        ago(9),
        json!({"kind": "exception", "title": "Keep TLS 1.1", "summary": words}),
    );
    let mut model = opened(&told, (80, 24));
    assert!(left(&model).unwrap().lines > 20);
    read_to_the_end(&mut model);
    press(&mut model, "A");
    assert!(model.dialog.is_some());
}

#[test]
fn refusing_needs_no_reading_and_neither_does_what_is_not_sensitive() {
    let mut model = opened(&long(40), (80, 24));
    press(&mut model, "R");
    assert!(model.dialog.is_some());
    let steps: Vec<Value> = (0..40).map(|n| json!({"id": format!("s{n}"), "action": "look.at"})).collect();
    let told = Told::asked(44, "planner", ago(9), json!({"kind": "plan", "title": "t", "steps": steps}));
    let mut model = opened(&told, (80, 24));
    press(&mut model, "A");
    assert!(model.dialog.is_some());
}

#[test]
fn what_changed_under_an_open_dialog_must_be_read_before_it_is_approved() {
    let told = long(20);
    let mut model = opened(&told, (80, 24));
    read_to_the_end(&mut model);
    press(&mut model, "A");
    type_text(&mut model, "watched");
    hear(&mut model, marked(told, "s3", Mark::Skipped).message());
    model.frame_shown();
    press(&mut model, "do-it");
    press(&mut model, "tab");
    press(&mut model, "tab");
    type_text(&mut model, "R-40");
    assert!(press(&mut model, "do-it").is_empty());
    let note = model.dialog.as_ref().unwrap().note.as_ref().unwrap().to_string();
    assert!(note.contains("not fully shown") && note.contains("your text is kept"), "{note}");
    press(&mut model, "esc");
    press(&mut model, "esc");
    read_to_the_end(&mut model);
    model.at += GRACE;
    press(&mut model, "A");
    let dialog = model.dialog.as_ref().unwrap();
    assert_eq!(dialog.fields[0].typed(), "watched");
}

#[test]
fn the_key_that_the_gate_forbids_is_in_brackets() {
    let mut model = opened(&long(20), (80, 24));
    assert!(text(&model).contains("(A approve)"));
    read_to_the_end(&mut model);
    assert!(!text(&model).contains("(A approve)"));
}

// The grace of an arrival.

#[test]
fn a_key_that_decides_does_nothing_when_the_request_changed_under_it() {
    let told = mail();
    let mut model = opened(&told, (80, 24));
    hear(&mut model, marked(told, "draft", Mark::Skipped).message());
    press_unseen(&mut model, "R");
    assert!(model.dialog.is_none(), "it was not even drawn");
    model.frame_shown();
    for key in ["R", "A", "C"] {
        press(&mut model, key);
        assert!(model.dialog.is_none());
        assert!(said(&model).contains("came or changed just now"), "{}", said(&model));
    }
    model.at += GRACE - Duration::from_millis(1);
    press(&mut model, "R");
    assert!(model.dialog.is_none());
    model.at += Duration::from_millis(1);
    press(&mut model, "R");
    assert!(model.dialog.is_some());
}

#[test]
fn the_first_request_of_an_empty_inbox_arrives_by_itself() {
    let mut model = screen_with((120, 40), Options::default(), &[]);
    let rows = vec![mail().row()];
    hear(&mut model, Message::Page { queue: Queue::Waiting, place: Place::Start, rows });
    hear(&mut model, mail().message());
    model.frame_shown();
    press(&mut model, "A");
    assert!(model.dialog.is_none());
    press(&mut model, "c");
    assert!(model.dialog.is_some(), "a comment decides nothing");
    press(&mut model, "esc");
    model.at += GRACE;
    press(&mut model, "A");
    assert!(model.dialog.is_some());
}

#[test]
fn what_a_key_brought_under_the_cursor_was_not_an_arrival() {
    let told = inbox();
    let mut model = screen((120, 40));
    for _ in 0..5 {
        press(&mut model, "j");
    }
    hear(&mut model, told[5].message());
    model.frame_shown();
    press(&mut model, "A");
    assert!(model.dialog.is_some(), "{}", said(&model));
    press(&mut model, "esc");
    // Nor is a comment, a claim or a reminder a change of what is decided on.
    hear(&mut model, told[5].clone().then("alice", ago(1), &Command::Claim).message());
    model.frame_shown();
    press(&mut model, "A");
    assert!(model.dialog.is_some(), "{}", said(&model));
}

#[test]
fn what_changed_while_one_looked_at_another_request_is_read_again() {
    let told = [long(20), mail()];
    let mut model = screen_with((80, 24), Options::default(), &told);
    press(&mut model, "enter");
    read_to_the_end(&mut model);
    for key in ["esc", "j", "enter"] {
        press(&mut model, key);
    }
    hear(&mut model, told[1].message());
    for key in ["esc", "k", "enter"] {
        press(&mut model, key);
    }
    hear(&mut model, marked(told[0].clone(), "s3", Mark::Skipped).message());
    model.frame_shown();
    assert!(left(&model).is_some());
}
