//! The only file that turns tones into styles, from the themes in `assets/themes`. The background is never painted, and
//! there is no word for it.

use crate::app::config::{ThemeName, words_by_name};
use crate::present::line::Tone;
use ratatui::style::{Color, Modifier, Style};
use std::sync::OnceLock;

/// How tones look.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Theme {
    tones: [Style; 7],
    focused: Style,
}

/// The tones, by their names in a theme.
const TONES: [(&str, Tone); 7] = [
    ("plain", Tone::Plain),
    ("dim", Tone::Dim),
    ("strong", Tone::Strong),
    ("heading", Tone::Heading),
    ("good", Tone::Good),
    ("warn", Tone::Warn),
    ("bad", Tone::Bad),
];

impl Theme {
    /// One of the themes that are built in.
    pub fn named(name: ThemeName) -> Self {
        // That they parse is tested; without a style everything is still told by words and marks.
        Self::parse(source(name)).unwrap_or_default()
    }

    /// No colour, as under `NO_COLOR`.
    pub fn mono() -> Self {
        static MONO: OnceLock<Theme> = OnceLock::new();
        *MONO.get_or_init(|| Self::named(ThemeName::Mono))
    }

    /// Reads a theme: for each tone the attributes and at most one colour.
    ///
    /// # Errors
    /// The reason.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut words = words_by_name(text)?;
        let mut style = |name: &str| style(&words.remove(name).ok_or_else(|| format!("{name} is missing"))?);
        let mut theme = Self { focused: style("focused")?, ..Self::default() };
        for (place, (name, _)) in theme.tones.iter_mut().zip(TONES) {
            *place = style(name)?;
        }
        match words.keys().next() {
            Some(unknown) => Err(format!("{unknown} is no tone")),
            None => Ok(theme),
        }
    }

    /// The style of a tone.
    pub fn style(self, tone: Tone) -> Style {
        let styles = self.tones.iter().zip(TONES);
        styles.into_iter().find(|(_, (_, of))| *of == tone).map_or_else(Style::default, |(style, _)| *style)
    }

    /// The button that Enter presses, and the queue that is shown.
    pub fn focused(self) -> Style {
        self.focused
    }
}

fn source(name: ThemeName) -> &'static str {
    match name {
        ThemeName::Sixteen => include_str!("../../assets/themes/sixteen.toml"),
        ThemeName::Mono => include_str!("../../assets/themes/mono.toml"),
        ThemeName::ColourBlind => include_str!("../../assets/themes/colour-blind.toml"),
        ThemeName::Truecolor => include_str!("../../assets/themes/truecolor.toml"),
    }
}

fn style(words: &str) -> Result<Style, String> {
    words.split_whitespace().try_fold(Style::default(), |style, word| {
        Ok(match word {
            "bold" => style.add_modifier(Modifier::BOLD),
            "dim" => style.add_modifier(Modifier::DIM),
            "underlined" => style.add_modifier(Modifier::UNDERLINED),
            "italic" => style.add_modifier(Modifier::ITALIC),
            "reverse" => style.add_modifier(Modifier::REVERSED),
            colour => style.fg(colour.parse::<Color>().map_err(|_| format!("{colour} is no colour"))?),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [ThemeName; 4] =
        [ThemeName::Sixteen, ThemeName::Mono, ThemeName::ColourBlind, ThemeName::Truecolor];

    fn colours(name: ThemeName) -> Vec<Color> {
        let theme = Theme::parse(source(name)).unwrap_or_else(|e| panic!("{name:?}: {e}"));
        theme.tones.iter().chain([&theme.focused]).filter_map(|style| style.fg).collect()
    }

    #[test]
    fn every_theme_keeps_to_the_colours_of_its_class() {
        assert!(colours(ThemeName::Mono).is_empty());
        let indexed = |c: &Color| matches!(c, Color::Indexed(_));
        let rgb = |c: &Color| matches!(c, Color::Rgb(..));
        assert!(colours(ThemeName::Sixteen).iter().all(|c| !indexed(c) && !rgb(c)));
        assert!(colours(ThemeName::ColourBlind).iter().all(indexed));
        assert!(colours(ThemeName::Truecolor).iter().all(rgb));
        for name in ALL {
            let theme = Theme::named(name);
            assert!(theme.tones.iter().all(|style| style.bg.is_none()), "{name:?}");
            assert!(theme.focused.add_modifier.contains(Modifier::REVERSED), "{name:?}: the focus is seen");
        }
    }

    #[test]
    fn without_red_and_green_good_and_bad_differ_by_more_than_their_hue() {
        let theme = Theme::named(ThemeName::ColourBlind);
        let [good, bad] = [Tone::Good, Tone::Bad].map(|tone| theme.style(tone).add_modifier);
        assert_ne!(good, bad);
    }

    #[test]
    fn a_theme_with_a_wrong_word_is_refused() {
        let wrong = source(ThemeName::Mono).replace("\"dim\"", "\"dimm\"");
        assert_eq!(Theme::parse(&wrong), Err("dimm is no colour".to_owned()));
        assert!(Theme::parse("plain = \"\"").is_err());
        assert!(Theme::parse(&format!("{}\nshiny = \"\"", source(ThemeName::Mono))).is_err());
    }
}
