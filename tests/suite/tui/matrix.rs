//! Every view and dialog, at every class of size and in every theme, on the demo's store under a clock that stands still.

use super::guide::{Alice, NOW, app};
use super::stage::{draw, lines, text};
use countersign::app::config::ThemeName;
use countersign::app::demo;
use countersign::domain::command::Command;
use countersign::domain::document::{Limits, read};
use countersign::domain::principal::Face;
use countersign::domain::talk::About;
use countersign::domain::text::Text;
use countersign::tui::Options;
use countersign::tui::hear::{Message, hear};
use countersign::tui::theme::Theme;
use crossterm::event::Event;
use insta::assert_snapshot;
use ratatui::style::{Color, Modifier};
use serde_json::json;
use std::path::{Path, PathBuf};

/// A view, and what is pressed until it is there.
type View = (&'static str, &'static [&'static str]);

const VIEWS: &[View] = &[
    ("inbox", &[]),
    ("inbox_further_down", &["press j j j j j j j j j j j j j j j j j j j j"]),
    ("all_open", &["press 7"]),
    ("decided", &["press 8"]),
    ("an_empty_queue", &["press 3"]),
    ("filter_typed", &["type /risk:high"]),
    ("filter_kept", &["type /risk:high", "press enter"]),
    ("filter_wrong", &["type /colour:red"]),
    ("filter_finds_nothing", &["type /zebra"]),
    ("palette", &["type :re"]),
    ("range_open", &["press j v j j"]),
    ("marked", &["press j v j j v"]),
    ("menu", &["press ?"]),
    ("menu_in_a_request", &["press enter ?"]),
    ("request", &["press enter"]),
    ("request_a_page_on", &["press enter pgdn"]),
    ("request_refused_unread", &["press enter A"]),
    ("request_read", &["press enter", "read"]),
    ("request_hostile", &["type /tidy", "press enter enter"]),
    ("request_question", &["type /john", "press enter enter"]),
    ("tab_risk", &["press enter ]"]),
    ("tab_thread", &["type /replicas", "press enter enter ] ]"]),
    ("tab_keys", &["press 8", "type /libpng", "press enter enter [ ["]),
    ("tab_evidence", &["type /benchmark", "press enter enter ]"]),
    ("tab_history", &["press enter ["]),
    ("raw", &["press enter x"]),
    ("search_typed", &["press enter", "type /debug"]),
    ("search_found", &["press enter", "type /debug", "press enter n"]),
    ("search_finds_nothing", &["press enter", "type /zebra", "press enter"]),
    ("ask_approve", &["press j enter A"]),
    ("ask_approve_sensitive", &["press enter", "read", "press A"]),
    ("ask_reject", &["press enter R"]),
    ("ask_reject_without_reason", &["press enter R do-it"]),
    ("ask_reject_on_the_button", &["press enter R", "type no", "press tab"]),
    ("ask_changes", &["press enter C"]),
    ("ask_comment", &["press enter c"]),
    ("ask_answer", &["type /john", "press enter enter", "read", "press A"]),
    ("ask_withdraw", &["press j enter C", "type why now", "press do-it W"]),
    ("ask_override", &["press enter", "read", "press O"]),
    ("ask_override_refused", &["press enter", "read", "press O tab", "type incident", "press do-it"]),
    ("ask_override_of_a_debt", &["type /owed", "press enter enter", "read", "press O"]),
    ("ask_closing", &["press enter R", "type half", "press esc"]),
    ("ask_draft", &["press j enter R", "type half a reas", "again", "press j enter R"]),
    ("ask_changed", &["press j enter R", "type not today", "bob R-8 push"]),
    ("ask_looked_again", &["press j enter R", "type not today", "bob R-8 push", "press do-it"]),
    ("decided_by_key", &["press j enter R", "type not today", "press do-it"]),
    ("batch_approve", &["press v j j j j j v A"]),
    ("batch_reject", &["press v j j j j j v R"]),
    ("batch_wrong_count", &["press v j j j j j v A", "type 5", "press do-it"]),
    ("batch_done", &["press v j j j j j v A", "type 4", "press do-it"]),
    ("batch_partly_done", &["press v j j j j j v A", "bob R-8 push", "type 4", "press do-it"]),
];

/// One of each kind of place: what has a style of its own stands in one of them.
const STYLED: &[&str] = &[
    "inbox",
    "filter_typed",
    "marked",
    "menu",
    "request_hostile",
    "tab_history",
    "search_found",
    "ask_approve_sensitive",
    "ask_changed",
    "batch_partly_done",
];

const SIZES: [(u16, u16); 3] = [(120, 40), (80, 24), (60, 16)];

/// The demo's store, filled once for a test.
struct Demo(tempfile::TempDir);

impl Demo {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        demo::fill(&home.path().join("demo.db"), NOW).unwrap();
        Self(home)
    }

    fn copy(&self) -> PathBuf {
        let copy = self.0.path().join("copy.db");
        for suffix in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{suffix}", copy.to_str().unwrap()));
        }
        std::fs::copy(self.0.path().join("demo.db"), &copy).unwrap();
        copy
    }
}

fn at<'a>(store: &'a Path, size: (u16, u16), deeds: &[&str]) -> Alice<'a> {
    let mut alice = Alice::sits_down(store, size, Options::default());
    deeds.iter().for_each(|deed| alice.deed(deed));
    alice
}

#[test]
fn every_view_and_dialog_at_every_class_of_size() {
    let demo = Demo::new();
    for (name, deeds) in VIEWS {
        let mut frames = String::new();
        for size in SIZES {
            let store = demo.copy();
            let alice = at(&store, size, deeds);
            frames.push_str(&format!("{}×{}\n{}\n\n", size.0, size.1, text(&alice.model)));
            // In a window that is too small it says so, whatever is open behind it.
            let mut small = alice.model.clone();
            countersign::tui::act::input(&mut small, Event::Resize(40, 10));
            assert!(text(&small).contains("needs 60×16"), "{name}: {}", text(&small));
        }
        assert_snapshot!(format!("view_{name}"), frames);
    }
}

/// The runs of a style that is not the terminal's own, a line of the frame a line.
fn styles(alice: &Alice<'_>) -> String {
    let (buffer, _) = draw(&alice.model);
    let mut out = String::new();
    for y in 0..buffer.area.height {
        let mut runs: Vec<(u16, u16, String)> = Vec::new();
        for x in 0..buffer.area.width {
            let cell = &buffer[(x, y)];
            assert_eq!(cell.bg, Color::Reset, "the background is never painted");
            if (cell.fg, cell.modifier) == (Color::Reset, Modifier::empty()) {
                continue;
            }
            let style = format!("{:?} {:?}", cell.fg, cell.modifier);
            match runs.last_mut() {
                Some((_, end, last)) if *last == style && *end + 1 == x => *end = x,
                _ => runs.push((x, x, style)),
            }
        }
        let runs: Vec<String> = runs.iter().map(|(from, to, style)| format!("{from}-{to} {style}")).collect();
        out.push_str(&format!("{y:2}: {}\n", runs.join(", ")));
    }
    out
}

/// The same words in every theme, and the styles of one of each kind of view.
fn in_theme(theme: ThemeName) {
    let demo = Demo::new();
    let mut styled = String::new();
    for (name, deeds) in VIEWS {
        let store = demo.copy();
        let mut alice = at(&store, (80, 24), deeds);
        let words = text(&alice.model);
        alice.model.habits.theme = Theme::named(theme);
        alice.model.options.no_color = theme == ThemeName::Mono;
        assert_eq!(text(&alice.model), words, "{name} in {theme:?}");
        let runs = styles(&alice);
        if STYLED.contains(name) {
            styled.push_str(&format!("{name}\n{runs}\n"));
        }
    }
    assert_snapshot!(format!("styles_in_{theme:?}"), styled);
}

#[test]
fn in_sixteen_colours() {
    in_theme(ThemeName::Sixteen);
}

#[test]
fn without_colour() {
    in_theme(ThemeName::Mono);
}

#[test]
fn without_red_and_green() {
    in_theme(ThemeName::ColourBlind);
}

#[test]
fn in_true_colour() {
    in_theme(ThemeName::Truecolor);
}

#[test]
fn in_ascii_every_view_is_ascii_and_says_as_much() {
    let demo = Demo::new();
    for (name, deeds) in VIEWS {
        let store = demo.copy();
        let mut alice = at(&store, (80, 24), deeds);
        let many = lines(&alice.model).iter().filter(|line| !line.is_empty()).count();
        alice.model.options.ascii = true;
        alice.model.settle();
        let frame = lines(&alice.model);
        assert!(frame.iter().all(|line| line.is_ascii()), "{name}: {}", frame.join("\n"));
        // A mark may be wider in ASCII, so that a line more or less is needed; none is lost.
        assert!(frame.iter().filter(|line| !line.is_empty()).count().abs_diff(many) <= 2, "{name}");
    }
}

/// A character that no word of the program holds.
const FOREIGN: &str = "ƶ";

/// Wherever a character of somebody else's words stands, there is a gutter to its left in the same pane.
fn behind_its_gutter(alice: &Alice<'_>, after: &str) {
    let (buffer, _) = draw(&alice.model);
    let layout = alice.model.layout().unwrap();
    let asks = alice.model.asks() || alice.model.help.is_some();
    for y in 0..buffer.area.height {
        for x in (0..buffer.area.width).filter(|x| buffer[(*x, y)].symbol().contains(FOREIGN)) {
            let panes = [layout.list, layout.detail].into_iter().flatten().map(|pane| pane.inner);
            let inside = panes.into_iter().find(|pane| pane.contains((x, y).into()));
            let from = inside.filter(|_| !asks).map_or(0, |pane| pane.x);
            let gutter = (from..x).any(|x| buffer[(x, y)].symbol() == "│");
            assert!(gutter, "after {after}: column {x} of line {y} in\n{}", text(&alice.model));
        }
    }
}

#[test]
fn no_frame_has_somebody_elses_words_outside_their_gutter() {
    let home = tempfile::tempdir().unwrap();
    let store = home.path().join("s.db");
    let word = FOREIGN.repeat(9);
    // Longer than any line, with line feeds, controls, frames that are drawn in it, and blanks.
    let hostile = format!(
        "{word}\n━ {word} ━\n [▸{word}]\u{1b}[2J{word}\r{word}\u{202e}{word} {} \n\n{word}",
        format!("{word} ").repeat(40)
    );
    let short: String = hostile.chars().take(120).collect();
    let document = |n: u64, kind: &str, risk: &str, text: &str| {
        let steps =
            json!([{"id": "one", "title": short, "action": "x.y", "expected": text, "undo": ["/bin/true"]}]);
        let mut document = json!({"kind": kind, "by": "mallory", "ref": format!("h{n}"), "title": short,
            "summary": text, "labels": {"team": short}, "risk": risk,
            "evidence": [{"label": short, "locator": short}]});
        if kind == "plan" {
            document["steps"] = steps;
        }
        if kind == "question" {
            document["options"] = json!([short, "no"]);
        }
        read(document.to_string().as_bytes(), &Limits::BUILT_IN).unwrap()
    };
    let kinds = [("plan", "low"), ("plan", "high"), ("question", "low"), ("gate", "low"), ("plan", "low")];
    let mut mallory = app(&store, "mallory");
    let caller = mallory.caller(Face::Cli);
    for (n, (kind, risk)) in (1..).zip(kinds) {
        let refuse = countersign::domain::decide::OnSameReference::Refuse;
        let done = mallory.submit(&[document(n, kind, risk, &hostile)], refuse, &caller);
        let id = done.map_err(|(_, e)| e).unwrap()[0].id;
        let comment = Command::Comment { text: Text::from(hostile.as_str()), about: About::REQUEST };
        mallory.decide(id, &comment, &caller).unwrap();
    }
    // Through every tab of each request, with each dialog open and not, in a batch, in the menu, and filtered.
    let walks: [&[&str]; 6] = [
        &["press enter pgdn pgdn ] pgdn ] pgdn ] pgdn ] pgdn x pgdn pgdn"],
        &["press enter R", "type no", "press esc esc c esc C esc"],
        &["press v G v R", "type no", "press pgdn esc esc esc"],
        &["press G A", "press ? esc", "type :re", "press esc", "type /m", "press enter n N"],
        &["type /kind:question", "press enter enter pgdn A"],
        &["press j j j enter ] [ [ / n o enter esc"],
    ];
    for size in SIZES {
        for walk in walks {
            let mut alice = Alice::sits_down(&store, size, Options::default());
            behind_its_gutter(&alice, "sitting down");
            for deed in walk {
                let (verb, rest) = deed.split_once(' ').unwrap();
                let keys: Vec<&str> = if verb == "press" { rest.split(' ').collect() } else { vec![rest] };
                for key in keys {
                    alice.deed(&format!("{verb} {key}"));
                    behind_its_gutter(&alice, key);
                }
            }
            let wants = hear(&mut alice.model, Message::Changed);
            alice.does(wants);
            behind_its_gutter(&alice, "a change");
        }
    }
}
