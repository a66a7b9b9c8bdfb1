//! `admin authorized-keys [--write FILE]`: who may come in through SSH, as the roster has it.

use crate::app::App;
use crate::cli::Done;
use crate::cli::output::Out;
use crate::domain::refusal::exit;
use crate::domain::text::{Safe, safe_line};
use crate::present::json;
use serde_json::json;
use std::path::Path;

/// `admin authorized-keys`
pub fn authorized_keys(app: &mut App, write: Option<&Path>, out: &mut Out) -> Done {
    let Some(path) = write else {
        let (text, count) = app.authorized_keys()?;
        if out.as_json {
            out.json(&json!({"v": json::VERSION, "keys": count, "text": text}));
        } else {
            // sshd reads a line of it as one line, however wide the terminal is.
            out.verbatim(text.as_bytes());
        }
        if count == 0 {
            out.aside(&Safe::composed(
                "note: the roster has no valid key; with this file nobody could come in",
            ));
        }
        return Ok(exit::DONE);
    };
    let count = app.write_authorized_keys(path)?;
    if out.as_json {
        out.json(&json!({"v": json::VERSION, "keys": count, "file": path.to_string_lossy()}));
    } else {
        let plural = if count == 1 { "" } else { "s" };
        out.line(format_args!("{}: {count} key{plural}", safe_line(&path.to_string_lossy())));
    }
    Ok(exit::DONE)
}
