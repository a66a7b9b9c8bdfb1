//! Opening the screen.

use crate::app::{App, Clock, Place};
use crate::cli::Done;
use crate::cli::args::Look;
use crate::domain::refusal::exit;
use crate::tui::{self, Options};

/// The inbox. A signal that ended it is the exit code, as a shell counts signals.
pub fn run(place: &Place, look: &Look) -> Done {
    let app = App::open(place, Clock::system())?;
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let ended_by = tui::run(app, Options { ascii: look.ascii, no_color })?;
    Ok(ended_by.map_or(exit::DONE, |signal| u8::try_from(128 + signal).unwrap_or(exit::REFUSED)))
}
