//! Reading a request: tabs, long values, what changed, searching, copying.

use super::stage::*;
use countersign::domain::command::{Command, Seen};
use countersign::domain::marks::Mark;
use countersign::domain::names::StepId;
use countersign::domain::talk::About;
use countersign::domain::text::Text;
use countersign::present::tabs::Tab;
use countersign::tui::Options;
use countersign::tui::act::input;
use countersign::tui::action::Effect;
use countersign::tui::arrival::GRACE;
use countersign::tui::gate::Left;
use countersign::tui::hear::hear;
use countersign::tui::model::Model;
use crossterm::event::Event;
use insta::assert_snapshot;
use serde_json::{Value, json};
use std::time::Duration;

const BOTH: [(u16, u16); 2] = [(120, 40), (80, 24)];

pub fn opened(told: &Told, size: (u16, u16)) -> Model {
    let mut model = screen_with(size, Options::default(), std::slice::from_ref(told));
    press(&mut model, "enter");
    model
}

pub fn left(model: &Model) -> Option<Left> {
    model.subject().unwrap().left()
}

pub fn said(model: &Model) -> String {
    model.said.as_ref().map(|line| line.to_string()).unwrap_or_default()
}

pub fn step(id: &str) -> StepId {
    StepId::new(id).unwrap()
}

pub fn marked(told: Told, id: &str, mark: Mark) -> Told {
    let mark = Command::Mark { steps: vec![step(id)], mark, reason: None, seen: Seen::Nothing };
    told.then("alice", ago(1), &mark)
}

pub fn sensitive(steps: &Value) -> Value {
    json!({"kind": "plan", "title": "Move the tables", "risk": "high", "target": {"environment": "production"},
        "steps": steps})
}

/// A sensitive plan of so many steps.
pub fn long(steps: usize) -> Told {
    let steps: Vec<Value> =
        (0..steps).map(|n| json!({"id": format!("s{n}"), "action": "sql.run", "params": {"n": n}})).collect();
    Told::asked(40, "dba-bot", ago(9), sensitive(&json!(steps)))
}

/// A sensitive plan with a parameter that is folded.
pub fn folded() -> Told {
    let sql = format!("{}DROP TABLE orders", "SELECT 1; ".repeat(300));
    let steps = json!([{"id": "one", "action": "sql.run", "params": {"sql": sql}}]);
    Told::asked(41, "dba-bot", ago(9), sensitive(&steps))
}

/// A plan that a lot was said about.
pub fn talked() -> Told {
    let comment = |text: &str| Command::Comment {
        text: Text::from(text),
        about: About { step: Some(step("deploy")), ..About::default() },
    };
    deployment().then("alice", ago(4), &comment("Why six replicas? It was four until now.")).then(
        "carol",
        ago(3),
        &comment("Black Friday; see the capacity sheet.\nFour again on Monday."),
    )
}

// Tabs, the raw view, long values.

#[test]
fn every_tab_at_both_sizes() {
    for (width, height) in BOTH {
        let mut model = opened(&talked(), (width, height));
        let tabs = model.subject().unwrap().tabs();
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            tabs,
            [
                (Tab::Plan, None),
                (Tab::Risk, some("4")),
                (Tab::Thread, some("2")),
                (Tab::Evidence, some("1")),
                (Tab::History, some("5")),
                (Tab::Graph, None),
                (Tab::Params, some("5"))
            ]
        );
        for (tab, _) in tabs {
            assert_eq!(model.subject().unwrap().tab, tab);
            press(&mut model, "]");
        }
        assert_eq!(model.subject().unwrap().tab, Tab::Plan, "it goes round");
        press(&mut model, "[");
        assert_eq!(model.subject().unwrap().tab, Tab::Params);
    }
}

#[test]
fn the_raw_view_is_what_show_json_prints() {
    for (width, height) in BOTH {
        let mut model = opened(&mail(), (width, height));
        press(&mut model, "x");
        let reading = model.subject().unwrap();
        let rows = reading.wrapped.iter().skip(1).filter(|row| row.gutter);
        let json: String = rows.flat_map(|row| row.spans.iter().map(|(_, text)| text.as_str())).collect();
        let expected = countersign::present::json::request(&mail().request, NOW);
        assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), expected);
        press(&mut model, "x");
        assert_eq!(model.subject().unwrap().tab, Tab::Plan);
    }
}

#[test]
fn a_long_value_shows_its_size_and_unfolds() {
    for (width, height) in BOTH {
        let mut model = opened(&folded(), (width, height));
        press(&mut model, "f");
        press(&mut model, "f");
        press(&mut model, "G");
        assert_snapshot!(format!("folded_at_{width}_by_{height}"), text(&model));
        press(&mut model, "f");
        press(&mut model, "G");
        assert!(text(&model).contains("DROP TABLE orders"), "{}", text(&model));
        assert_snapshot!(format!("unfolded_at_{width}_by_{height}"), text(&model));
    }
}

#[test]
fn each_tab_keeps_its_place() {
    let mut model = opened(&long(20), (80, 24));
    press(&mut model, "pgdn");
    let at = model.subject().unwrap().scroll;
    press(&mut model, "tab");
    assert_eq!(model.subject().unwrap().scroll, 0);
    press(&mut model, "shift-tab");
    assert_eq!(model.subject().unwrap().scroll, at);
}

#[test]
fn another_tab_decides_on_the_plan_that_was_shown_and_on_no_other() {
    let told = talked();
    let mut model = opened(&told, (80, 24));
    read_to_the_end(&mut model);
    press(&mut model, "tab");
    press(&mut model, "R");
    assert!(model.dialog.is_some(), "it was shown before");
    press(&mut model, "esc");
    hear(&mut model, marked(told, "verify", Mark::Skipped).message());
    model.frame_shown();
    model.at += GRACE;
    press(&mut model, "R");
    assert!(model.dialog.is_none(), "the plan as it is now was not");
    assert_eq!(model.subject().unwrap().tab, Tab::Plan);
    press(&mut model, "R");
    assert!(model.dialog.is_some());
}

// What changed.

#[test]
fn what_changed_stands_in_the_dialog_word_by_word_at_both_sizes() {
    let document = |to: &str, third: bool| {
        let mut steps = json!([
            {"id": "look", "action": "contact.search", "params": {"query": "John"}},
            {"id": "tell", "action": "mail.send", "params": {"to": to}, "run": ["/usr/bin/mailer", "send", to]}]);
        if third {
            let step = json!({"id": "wipe", "action": "file.remove", "run": ["/bin/rm", "-r", "/srv/mail"]});
            steps.as_array_mut().unwrap().push(step);
        }
        json!({"kind": "plan", "title": "Tell John", "steps": steps})
    };
    let then = Told::asked(45, "planner", ago(9), document("john", false));
    let now = Told::asked(45, "planner", ago(8), document("everybody", true));
    for (width, height) in BOTH {
        let mut model = opened(&then, (width, height));
        press(&mut model, "R");
        type_text(&mut model, "not today");
        hear(&mut model, now.message());
        model.frame_shown();
        let frame = text(&model);
        assert!(frame.contains("⟨-john-⟩") && frame.contains("⟨+everybody+⟩"), "{frame}");
        assert!(frame.contains("wipe is new") || height == 24, "{frame}");
        assert!(frame.contains("not today"), "{frame}");
        assert_snapshot!(format!("changed_at_{width}_by_{height}"), frame);
        // What does not fit is a key away, from the field too.
        press(&mut model, "pgdn");
        assert!(text(&model).contains("wipe is new"), "{}", text(&model));
        press(&mut model, "do-it");
        assert_snapshot!(format!("changed_and_looked_at_again_at_{width}_by_{height}"), text(&model));
        assert_eq!(model.dialog.as_ref().unwrap().fields[0].typed(), "not today");
    }
}

// Searching and copying.

#[test]
fn searching_marks_what_is_found_and_goes_round() {
    for (width, height) in BOTH {
        let mut model = opened(&talked(), (width, height));
        press(&mut model, "/");
        type_text(&mut model, "PAYMENTS");
        press(&mut model, "enter");
        assert!(text(&model).contains("match 1 of 8"), "{}", text(&model));
        let (buffer, (_, y)) = draw(&model);
        assert!(
            lines(&model)[usize::from(y)].to_lowercase().contains("payments"),
            "the cursor is at the match"
        );
        let reversed =
            |cell: &&ratatui::buffer::Cell| cell.modifier.contains(ratatui::style::Modifier::REVERSED);
        let marked: String = buffer.content.iter().filter(reversed).map(|cell| cell.symbol()).collect();
        assert!(marked.to_lowercase().contains("payments"), "{marked}");
        for n in [2, 3, 4, 5, 6, 7, 8, 1] {
            press(&mut model, "n");
            assert!(text(&model).contains(&format!("match {n} of 8")), "{}", text(&model));
        }
        press(&mut model, "N");
        assert!(text(&model).contains("match 8 of 8"));
        press(&mut model, "]");
        assert!(text(&model).contains("not in this tab (risk)"), "{}", text(&model));
        press(&mut model, "[");
        press(&mut model, "esc");
        assert!(model.in_detail && model.subject().unwrap().search.is_none(), "esc goes out one level");
    }
}

#[test]
fn while_a_search_is_typed_no_key_means_anything_else() {
    let mut model = opened(&mail(), (80, 24));
    press(&mut model, "/");
    for key in ["A", "R", "q", "y", "?", "/"] {
        assert!(press(&mut model, key).is_empty());
    }
    input(&mut model, Event::Paste("W\r\u{1b}A".to_owned()));
    assert!(model.dialog.is_none() && model.help.is_none());
    assert_eq!(model.subject().unwrap().search.as_ref().unwrap().words, "ARqy?/W");
    assert!(text(&model).contains("not in this tab (plan)"));
    press(&mut model, "esc");
    assert!(model.in_detail && model.subject().unwrap().search.is_none());
}

#[test]
fn searching_counts_only_the_lines_it_shows() {
    let mut model = opened(&long(60), (80, 24));
    let before = left(&model).unwrap().lines;
    press(&mut model, "/");
    type_text(&mut model, "s59");
    press(&mut model, "enter");
    let after = left(&model).unwrap().lines;
    assert!(after > before / 2 && after < before, "{before} {after}");
}

#[test]
fn copying_sends_and_shows_what_it_sends() {
    let told = mail();
    let mut model = opened(&told, (80, 24));
    assert_eq!(press(&mut model, "y"), [Effect::Copy("R-1037".to_owned())]);
    assert!(text(&model).contains("sent to the terminal: R-1037"));
    let digest = told.request.decision_digest().to_string();
    assert!(digest.len() == 64 && digest.starts_with(&told.request.decision_digest().short().to_string()));
    assert_eq!(press(&mut model, "d"), [Effect::Copy(digest.clone())]);
    assert!(text(&model).contains("all 64 digits of"), "{}", text(&model));
    input(&mut model, Event::Resize(120, 40));
    press(&mut model, "d");
    assert!(text(&model).contains(&digest));
}

#[test]
fn addresses_are_copied_one_after_the_other_unless_they_hide_something() {
    let evidence = json!([{"label": "a", "locator": "https://ci.example.org/1"},
        {"label": "b", "locator": "rm -rf ~\n\u{200b}"}]);
    let told =
        Told::asked(47, "planner", ago(9), json!({"kind": "gate", "title": "t", "evidence": evidence}));
    let mut model = opened(&told, (80, 24));
    assert_eq!(press(&mut model, "u"), [Effect::Copy("https://ci.example.org/1".to_owned())]);
    assert_eq!(said(&model), "sent to the terminal: address 1 of 2, 24 characters");
    assert!(text(&model).contains("│ https://ci.example.org/1"), "{}", text(&model));
    assert!(press(&mut model, "u").is_empty());
    assert_eq!(said(&model), "address 2 of 2 holds hidden characters: it was not sent");
    assert_eq!(press(&mut model, "u").len(), 1, "and round again");
    let mut model = opened(&mail(), (80, 24));
    assert!(press(&mut model, "u").is_empty());
    assert_eq!(said(&model), "it names no evidence");
}

// Without colour, without anything but ASCII, and very large.

#[test]
fn in_ascii_and_without_colour_nothing_is_lost() {
    let options = Options { ascii: true, no_color: true };
    let told = talked();
    let mut model = screen_with((80, 24), options, std::slice::from_ref(&told));
    press(&mut model, "enter");
    for key in ["]", "]", "]", "]", "]", "x", "x", "/", "p", "a", "enter", "n", "esc", "y"] {
        press(&mut model, key);
        let frame = text(&model);
        assert!(frame.is_ascii(), "{key}: {frame}");
        let (buffer, _) = draw(&model);
        let plain = ratatui::style::Color::Reset;
        assert!(buffer.content.iter().all(|cell| cell.fg == plain && cell.bg == plain), "{key}");
    }
    press(&mut model, "R");
    hear(&mut model, marked(told, "verify", Mark::Skipped).message());
    model.frame_shown();
    let frame = text(&model);
    assert!(
        frame.is_ascii() && frame.contains("[<-undecided->]") && frame.contains("[<+skipped+>]"),
        "{frame}"
    );
    assert_snapshot!("changed_in_ascii", frame);
}

#[test]
fn the_largest_plan_is_read_and_compared_without_a_pause() {
    let plan = |word: &str| {
        let steps: Vec<Value> = (0..500)
            .map(|n| json!({"id": format!("s{n}"), "action": "sql.run", "params": {"sql": format!("{word} {n} ").repeat(120)}}))
            .collect();
        Told::asked(46, "dba-bot", ago(9), sensitive(&json!(steps)))
    };
    let (then, now) = (plan("select"), plan("delete"));
    let mut model = opened(&then, (80, 24));
    press(&mut model, "R");
    let began = on_a_cpu();
    hear(&mut model, now.message());
    model.frame_shown();
    assert!(text(&model).contains("s0 changed"), "{}", text(&model));
    let took = on_a_cpu() - began;
    assert!(took < Duration::from_secs(10), "{took:?} unoptimised");
}

/// How long this thread has been on a CPU: what else the machine does is no part of it.
fn on_a_cpu() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(text.split(' ').next().unwrap().parse().unwrap())
}
