//! The only file that names a colour: tones to styles, in the sixteen colours the terminal's own palette defines, or in
//! none. The background is never painted.

use crate::present::line::Tone;
use ratatui::style::{Color, Modifier, Style};

/// How tones look.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Theme {
    /// No colours, only attributes.
    pub mono: bool,
}

impl Theme {
    /// The style of a tone.
    pub fn style(self, tone: Tone) -> Style {
        let plain = Style::default();
        let colour = |colour: Color| if self.mono { plain } else { plain.fg(colour) };
        match tone {
            Tone::Plain => plain,
            Tone::Dim => plain.add_modifier(Modifier::DIM),
            Tone::Strong => plain.add_modifier(Modifier::BOLD),
            Tone::Heading => colour(Color::Cyan).add_modifier(Modifier::BOLD),
            Tone::Good => colour(Color::Green),
            Tone::Warn if self.mono => plain.add_modifier(Modifier::BOLD),
            Tone::Warn => colour(Color::Yellow),
            Tone::Bad => colour(Color::Red).add_modifier(Modifier::BOLD),
        }
    }

    /// The button that Enter presses, and the queue that is shown.
    pub fn focused(self) -> Style {
        Style::default().add_modifier(Modifier::REVERSED)
    }
}
