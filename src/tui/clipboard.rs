//! Copying by OSC 52: the text goes to the terminal in front of the person, over SSH too. Whether that terminal takes it
//! is its own affair and it does not answer, so the screen says "sent to the terminal", and shows what.

use crate::app::Failure;
use crossterm::clipboard::CopyToClipboard;
use crossterm::execute;
use std::io::stdout;

/// Sends text to the terminal's clipboard.
///
/// # Errors
/// A [`Failure`] when the terminal cannot be written to.
pub fn send(text: &str) -> Result<(), Failure> {
    execute!(stdout(), CopyToClipboard::to_clipboard_from(text))
        .map_err(|error| Failure::io("copying", error, "nothing was changed"))
}
