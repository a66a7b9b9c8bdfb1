//! What this program is started for by itself: one word, the rest on stdin. No verb, because nobody is meant to type it.

use crate::app::errand;
use crate::cli::output::Out;
use crate::cli::{Done, Stop};
use crate::domain::refusal::exit;
use crate::domain::text::safe_line;
use std::ffi::OsString;
use std::io::Read;

/// The word for the built-in driver.
const PATCH_FLEET: &str = errand::PATCH_FLEET;
/// The word for whoever holds a driver.
const HOLD: &str = errand::HOLD;
/// The longest errand, in bytes: ten thousand directories with long names.
const LONGEST: u64 = 64 << 20;

/// Which errand a command line stands for: its one word; nothing when it stands for none.
pub fn meant(arguments: &[OsString]) -> Option<&'static str> {
    match arguments {
        [_, word] if word == PATCH_FLEET => Some(PATCH_FLEET),
        [_, word] if word == HOLD => Some(HOLD),
        _ => None,
    }
}

/// Does it.
///
/// # Errors
/// Stdin cannot be read.
pub fn run(word: &str, out: &mut Out) -> Done {
    if word == HOLD {
        out.line(errand::hold(std::io::BufReader::new(std::io::stdin())));
        return Ok(exit::DONE);
    }
    let mut input = String::new();
    let read = std::io::stdin().take(LONGEST).read_to_string(&mut input);
    read.map_err(|e| Stop::quoting(exit::IO, format!("reading the errand on stdin: {e}")))?;
    let printed = errand::patch_fleet(&input);
    // To another program, which reads the last line as JSON: as it is.
    printed.lines.iter().for_each(|line| out.line(safe_line(line)));
    printed.complaints.iter().for_each(|line| out.aside(&safe_line(line)));
    Ok(printed.code)
}
