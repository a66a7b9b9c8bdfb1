//! Whole frames, to be looked at.

use super::stage::*;
use countersign::app::Queue;
use countersign::domain::command::{Command, Seen};
use countersign::domain::text::Text;
use countersign::tui::Options;
use countersign::tui::action::Place;
use countersign::tui::hear::{Message, hear};
use insta::assert_snapshot;

#[test]
fn the_inbox_at_120_by_40() {
    assert_snapshot!(text(&screen((120, 40))));
}

#[test]
fn the_inbox_at_80_by_24() {
    assert_snapshot!(text(&screen((80, 24))));
}

#[test]
fn the_inbox_at_100_by_24() {
    assert_snapshot!(text(&screen((100, 24))));
}

#[test]
fn the_inbox_at_60_by_16() {
    assert_snapshot!(text(&screen((60, 16))));
}

#[test]
fn the_inbox_in_ascii() {
    let options = Options { ascii: true, ..Options::default() };
    let model = screen_with((80, 24), options, &inbox());
    let frame = text(&model);
    assert!(frame.is_ascii(), "{frame}");
    assert_snapshot!(frame);
}

#[test]
fn an_empty_inbox_is_calm() {
    assert_snapshot!(text(&screen_with((80, 24), Options::default(), &[])));
}

#[test]
fn a_request_at_80_by_24() {
    let mut model = screen((80, 24));
    press(&mut model, "enter");
    assert_snapshot!("a_request_at_80_by_24", text(&model));
    press(&mut model, "pgdn");
    assert_snapshot!("a_request_at_80_by_24_a_page_on", text(&model));
}

#[test]
fn a_request_in_ascii() {
    let mut model = screen_with((80, 24), Options { ascii: true, no_color: true }, &inbox());
    press(&mut model, "enter");
    press(&mut model, "pgdn");
    let frame = text(&model);
    assert!(frame.is_ascii(), "{frame}");
    assert_snapshot!(frame);
}

#[test]
fn too_small_a_screen_says_so() {
    assert_snapshot!(text(&screen((40, 10))));
}

#[test]
fn the_help() {
    let mut model = screen((80, 24));
    press(&mut model, "?");
    assert_snapshot!(text(&model));
}

#[test]
fn the_decided_queue() {
    let rejected = mail().then(
        "alice",
        ago(3),
        &Command::Reject { reason: Some(Text::from("no mail today")), seen: Seen::Nothing },
    );
    let mut model = screen((120, 40));
    press(&mut model, "8");
    let rows = vec![rejected.row()];
    hear(&mut model, Message::Page { queue: Queue::Decided, place: Place::Start, rows });
    hear(&mut model, rejected.message());
    assert_snapshot!(text(&model));
}

/// At 80×24 a request is opened before it is decided on.
fn asked(told: Told, key: &str) -> countersign::tui::model::Model {
    let mut model = screen_with((80, 24), Options::default(), &[told]);
    press(&mut model, "enter");
    read_to_the_end(&mut model);
    press(&mut model, key);
    model
}

#[test]
fn approving_something_dangerous() {
    let mut model = asked(deployment(), "A");
    type_text(&mut model, "canary was clean, I watch the rollout");
    press(&mut model, "tab");
    type_text(&mut model, "R-10");
    assert_snapshot!(text(&model));
}

#[test]
fn approving_something_harmless() {
    assert_snapshot!(text(&asked(mail(), "A")));
}

#[test]
fn approving_at_120_by_40() {
    let mut model = screen((120, 40));
    press(&mut model, "enter");
    read_to_the_end(&mut model);
    press(&mut model, "A");
    assert_snapshot!(text(&model));
}

#[test]
fn approving_at_60_by_16() {
    let mut model = screen_with((60, 16), Options::default(), &[deployment()]);
    press(&mut model, "enter");
    read_to_the_end(&mut model);
    press(&mut model, "A");
    assert_snapshot!(text(&model));
}

#[test]
fn rejecting() {
    assert_snapshot!(text(&asked(mail(), "R")));
}

#[test]
fn requesting_changes() {
    assert_snapshot!(text(&asked(mail(), "C")));
}

#[test]
fn withdrawing() {
    let changes =
        Command::RequestChanges { reason: Some(Text::from("name the mailbox")), seen: Seen::Nothing };
    assert_snapshot!(text(&asked(mail().then("bob", ago(2), &changes), "W")));
}

#[test]
fn answering_a_question() {
    assert_snapshot!(text(&asked(question(), "A")));
}

#[test]
fn commenting() {
    assert_snapshot!(text(&asked(mail(), "c")));
}

#[test]
fn it_changed_while_the_dialog_was_open() {
    let mut model = asked(mail(), "R");
    type_text(&mut model, "wrong John");
    let marked = mail().then(
        "alice",
        ago(1),
        &Command::Mark {
            steps: vec![countersign::domain::names::StepId::new("draft").unwrap()],
            mark: countersign::domain::marks::Mark::Rejected,
            reason: None,
            seen: Seen::Nothing,
        },
    );
    hear(&mut model, marked.message());
    assert_snapshot!("it_changed_while_the_dialog_was_open", text(&model));
    press(&mut model, "alt-enter");
    assert_snapshot!("it_changed_and_was_looked_at_again", text(&model));
}

#[test]
fn without_colour_there_are_only_attributes() {
    let mut model = screen_with((120, 40), Options { no_color: true, ascii: false }, &inbox());
    for key in ["j", "A", "?"] {
        let (buffer, _) = draw(&model);
        for cell in &buffer.content {
            assert_eq!(cell.fg, ratatui::style::Color::Reset, "{cell:?}");
            assert_eq!(cell.bg, ratatui::style::Color::Reset, "{cell:?}");
        }
        press(&mut model, key);
    }
}

#[test]
fn with_colour_the_background_is_never_painted() {
    let (buffer, _) = draw(&screen((120, 40)));
    assert!(buffer.content.iter().all(|cell| cell.bg == ratatui::style::Color::Reset));
    assert!(buffer.content.iter().any(|cell| cell.fg == ratatui::style::Color::Red));
}

/// Every colour has a word or a mark beside it: without any colour, the same is read.
#[test]
fn every_theme_says_the_same_in_its_own_colours() {
    use countersign::app::config::ThemeName;
    use countersign::tui::theme::Theme;
    use ratatui::style::Color;
    let inbox_with = |theme| {
        let mut model = screen((120, 40));
        model.habits.theme = Theme::named(theme);
        model
    };
    let mut asking = asked(deployment(), "A");
    type IsOfClass = fn(Color) -> bool;
    let classes: [(ThemeName, IsOfClass); 4] = [
        (ThemeName::Sixteen, |c| !matches!(c, Color::Indexed(_) | Color::Rgb(..))),
        (ThemeName::Mono, |c| c == Color::Reset),
        (ThemeName::ColourBlind, |c| matches!(c, Color::Reset | Color::Indexed(_))),
        (ThemeName::Truecolor, |c| matches!(c, Color::Reset | Color::Rgb(..))),
    ];
    let (words, question) = (text(&inbox_with(ThemeName::Mono)), text(&asking));
    for (theme, of_its_class) in classes {
        let inbox = inbox_with(theme);
        assert_eq!(text(&inbox), words);
        asking.habits.theme = Theme::named(theme);
        assert_eq!(text(&asking), question);
        for (buffer, _) in [draw(&inbox), draw(&asking)] {
            for cell in &buffer.content {
                assert!(of_its_class(cell.fg) && cell.bg == Color::Reset, "{theme:?} {cell:?}");
            }
        }
        let critical = lines(&inbox).into_iter().find(|line| line.contains("R-1042")).unwrap();
        assert!(
            critical.contains("‼") && critical.contains("critical") && critical.contains("OVERDUE"),
            "{critical}"
        );
        let styled: String = styles(&inbox, 4).join("\n");
        insta::assert_snapshot!(format!("the_first_row_in_{theme:?}"), styled);
    }
}

/// The runs of one style in a line of the frame.
fn styles(model: &countersign::tui::model::Model, y: u16) -> Vec<String> {
    let (buffer, _) = draw(model);
    let mut runs: Vec<(String, String)> = Vec::new();
    for x in 0..buffer.area.width {
        let cell = &buffer[(x, y)];
        let style = format!("{:?} {:?}", cell.fg, cell.modifier);
        match runs.last_mut() {
            Some((last, words)) if *last == style => words.push_str(cell.symbol()),
            _ => runs.push((style, cell.symbol().to_owned())),
        }
    }
    runs.into_iter().map(|(style, words)| format!("{style}: {}", words.trim_end())).collect()
}
