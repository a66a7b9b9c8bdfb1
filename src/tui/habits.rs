//! What the settings say about the screen: its colours, its keys, and how it calls.

use crate::app::Failure;
use crate::app::config::{Config, ThemeName};
use crate::tui::keymap::Keys;
use crate::tui::rebinding;
use crate::tui::theme::Theme;

/// One person's habits.
#[derive(Clone, Copy, Debug)]
pub struct Habits {
    /// What tones look like.
    pub theme: Theme,
    /// What keys mean.
    pub keys: Keys,
    /// Whether the window's title tells how many wait.
    pub title: bool,
    /// Whether the terminal's bell is rung for what is new and urgent.
    pub bell: bool,
    /// Whether the desktop is told too.
    pub desktop: bool,
}

impl Default for Habits {
    fn default() -> Self {
        Self {
            theme: Theme::named(ThemeName::Sixteen),
            keys: Keys::default(),
            title: true,
            bell: true,
            desktop: false,
        }
    }
}

impl Habits {
    /// As the settings say. `truecolor` is whether the terminal shows every colour; without, the theme that needs it
    /// gives way to the one of sixteen.
    ///
    /// # Errors
    /// A key or an action that is not known, or that clashes, with its line.
    pub fn of(config: &Config, truecolor: bool) -> Result<Self, Failure> {
        let theme = match config.screen.theme {
            ThemeName::Truecolor if !truecolor => ThemeName::Sixteen,
            name => name,
        };
        let keys = rebinding::rebound(&config.rebindings).map_err(|why| config.wrong(&why))?;
        Ok(Self {
            theme: Theme::named(theme),
            keys,
            title: config.screen.title,
            bell: config.screen.bell,
            desktop: config.screen.desktop,
        })
    }
}
