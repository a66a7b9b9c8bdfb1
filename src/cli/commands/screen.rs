//! Opening the screen.

use crate::app::config::ThemeName;
use crate::app::{App, Clock, Place, watch};
use crate::cli::args::Look;
use crate::cli::commands::plain;
use crate::cli::output::Out;
use crate::cli::{Done, Stop};
use crate::domain::refusal::exit;
use crate::tui::{self, Habits, Options};
use std::io::IsTerminal;

/// The inbox. A signal that ended it is the exit code, as a shell counts signals.
pub fn run(place: &Place, look: &Look, out: &mut Out) -> Done {
    if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
        let words = match look.plain {
            true => "--plain asks questions and needs a terminal: use `countersign list`, or --help",
            false => "the screen needs a terminal: use `countersign list`, or --help",
        };
        return Err(Stop::composed(exit::USAGE, words));
    }
    let app = App::open(place, Clock::system())?;
    // Time is kept by whoever is there; a screen on the host itself will do while nobody else is.
    if app.read_only().is_none() {
        watch::beside(place.clone(), Clock::system(), app.watch_from_a_screen());
    }
    on(app, look, out)
}

/// The inbox of an open store, on a terminal.
pub fn on(mut app: App, look: &Look, out: &mut Out) -> Done {
    if look.plain {
        out.ascii = look.ascii || app.config().screen.ascii;
        return plain::run(&mut app, out);
    }
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let truecolor =
        std::env::var("COLORTERM").is_ok_and(|value| matches!(value.as_str(), "truecolor" | "24bit"));
    let habits = Habits::of(app.config(), truecolor)?;
    let screen = app.config().screen;
    let options =
        Options { ascii: look.ascii || screen.ascii, no_color: no_color || screen.theme == ThemeName::Mono };
    let ended_by = tui::run(app, options, habits)?;
    Ok(ended_by.map_or(exit::DONE, |signal| u8::try_from(128 + signal).unwrap_or(exit::REFUSED)))
}
