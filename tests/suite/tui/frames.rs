//! Whole frames, to be looked at.

use super::stage::*;
use countersign::tui::Options;
use insta::assert_snapshot;

#[test]
fn the_inbox_at_100_by_24() {
    assert_snapshot!(text(&screen((100, 24))));
}

#[test]
fn the_inbox_in_ascii() {
    let options = Options { ascii: true, ..Options::default() };
    let model = screen_with((80, 24), options, &inbox());
    let frame = text(&model);
    assert!(frame.is_ascii(), "{frame}");
}

#[test]
fn an_empty_inbox_is_calm() {
    assert_snapshot!(text(&screen_with((80, 24), Options::default(), &[])));
}

#[test]
fn a_request_in_ascii() {
    let mut model = screen_with((80, 24), Options { ascii: true, no_color: true }, &inbox());
    press(&mut model, "enter");
    press(&mut model, "pgdn");
    let frame = text(&model);
    assert!(frame.is_ascii(), "{frame}");
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
    }
}
