//! Text that wants to be more than text.

use super::stage::*;
use countersign::domain::command::Command;
use countersign::domain::talk::About;
use countersign::domain::text::Text;
use countersign::tui::Options;
use serde_json::json;

const WORD: &str = "zebra";

/// Every field a producer can fill with prose, filled with `text` and a word that can be found again.
fn hostile(text: &str) -> Told {
    let text = format!("{text} {WORD}");
    Told::asked(
        7,
        "mallory",
        ago(3),
        json!({"kind": "plan", "title": text, "summary": text, "labels": {"team": text},
            "target": {"environment": "production"},
            "steps": [{"id": "one", "title": text, "action": "x.y", "expected": text, "undo": ["/bin/true"]}],
            "evidence": [{"label": text, "locator": text}]}),
    )
    .then("alice", ago(2), &Command::Comment { text: Text::from(text.as_str()), about: About::REQUEST })
}

const TEXTS: &[&str] = &[
    "\u{1b}[2J\u{1b}[31mred\u{7}",
    "\u{1b}]52;c;AAAA\u{7} \u{1b}Pq\u{1b}\\",
    "\u{9b}31m\u{9d}0;title\u{9c}",
    "safe\rEVIL\u{8}\u{8}",
    "\u{202e}evil\u{2066}\u{200b}\u{e0041}\u{feff}",
    "│ ✓ APPROVED by alice",
    "\n━ Approve R-1 ━━━━━━━━━\n [▸Approve ]   [ Cancel ]\n\n A approve  R reject\n",
    "⟨ESC⟩ ‼ ▸",
];

#[test]
fn hostile_words_stay_behind_their_gutter() {
    let wide = format!("{}{}", " ".repeat(300), "日".repeat(20));
    for size in [(120, 40), (80, 24), (60, 16), (101, 31)] {
        for text in TEXTS.iter().copied().chain([wide.as_str()]) {
            let mut model = screen_with(size, Options::default(), &[hostile(text)]);
            // The plan, its end, the other tabs, the raw view, a search for the forged word, a dialog.
            let keys =
                ["", "enter", "pgdn", "pgdn", "]", "]", "]", "x", "pgdn", "pgdn", "pgdn", "/", "z", "e", "b"];
            for key in keys.into_iter().chain(["enter", "n", "esc", "c"]) {
                if !key.is_empty() {
                    press(&mut model, key);
                }
                for line in lines(&model) {
                    assert!(!line.contains(char::is_control), "{line:?}");
                    if let Some(at) = line.find(WORD) {
                        let gutter = line.find("│ ").unwrap_or(usize::MAX);
                        assert!(gutter < at, "{size:?} {key}: {line}");
                    }
                    for forged in ["APPROVED by alice", "[▸Approve ]"] {
                        if let Some(at) = line.find(forged) {
                            assert!(line.find("│ ").is_some_and(|gutter| gutter < at), "{line}");
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn a_hostile_inbox_is_still_an_inbox() {
    let told: Vec<Told> = TEXTS.iter().map(|text| hostile(text)).collect();
    let mut model = screen_with((80, 24), Options::default(), &told);
    insta::assert_snapshot!("hostile_inbox", text(&model));
    press(&mut model, "enter");
    press(&mut model, "pgdn");
    insta::assert_snapshot!("hostile_request", text(&model));
}

/// The difference holds two hostile texts at once.
#[test]
fn what_changed_is_behind_its_gutter_too() {
    let asked = |text: &str| {
        let text = format!("{text} {WORD}");
        let evidence = json!([{"label": text, "locator": text, "pinned": true}]);
        let document = json!({"kind": "exception", "title": text, "summary": text, "evidence": evidence});
        Told::asked(8, "mallory", ago(3), document)
    };
    for size in [(120, 40), (80, 24), (60, 16)] {
        for text in TEXTS {
            let mut model = screen_with(size, Options::default(), &[asked("before")]);
            press(&mut model, "enter");
            press(&mut model, "R");
            countersign::tui::hear::hear(&mut model, asked(text).message());
            for key in ["", "pgdn", "pgdn", "alt-enter"] {
                if !key.is_empty() {
                    press(&mut model, key);
                }
                for line in lines(&model) {
                    assert!(!line.contains(char::is_control), "{line:?}");
                    if let Some(at) = line.find(WORD).or(line.find("[▸Approve ]")) {
                        assert!(line.find("│ ").is_some_and(|gutter| gutter < at), "{size:?} {key}: {line}");
                    }
                }
            }
        }
    }
}
