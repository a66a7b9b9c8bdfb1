//! The line in which a filter or a command is typed, in the place of the news.
//!
//! ```text
//! /deploy risk:high_                                                                      7 of 31
//! :app_    approve
//! ```

use crate::present::line::Tone;
use crate::tui::model::Model;
use crate::tui::prompt::{Prompt, Purpose};
use crate::tui::view::canvas::{Canvas, cells};
use crate::tui::{filtering, palette, picking, snoozing};
use ratatui::layout::{Position, Rect};

/// Draws the line; returns where the cursor stands in it.
pub fn prompt(model: &Model, prompt: &Prompt, canvas: &mut Canvas, line: Rect) -> Option<Position> {
    canvas.clear(line);
    let (words, tone) = match (&prompt.problem, prompt.purpose) {
        (Some(problem), _) => (problem.clone(), Tone::Warn),
        (None, Purpose::Filter) => (filtering::tally(model).unwrap_or_default(), Tone::Strong),
        (None, Purpose::Command) => (palette::hint(model, &prompt.text), Tone::Dim),
        (None, Purpose::Snooze(id)) => (snoozing::hint(model, &id.to_string(), &prompt.text), Tone::Dim),
        (None, Purpose::SnoozeMarked) => {
            let marked = format!("{} marked", model.marks.ids.len());
            (snoozing::hint(model, &marked, &prompt.text), Tone::Dim)
        }
        (None, Purpose::Field) => (picking::hint(model, &prompt.text), Tone::Dim),
    };
    let right = line.right().saturating_sub(1);
    let said = canvas.put_right(right, line.y, line.width * 2 / 3, &words, tone);
    let sign = line.x + canvas.put(line.x, line.y, line.width, prompt.sign(), Tone::Strong);
    let room = line.width.saturating_sub(said + sign + 3);
    // The end of what stands before the cursor is what is shown of a line that is too long.
    let before = &prompt.text[..prompt.cursor];
    let start = before
        .char_indices()
        .map(|(at, _)| at)
        .find(|at| cells(&before[*at..]) < room)
        .unwrap_or(prompt.cursor);
    canvas.put(sign, line.y, room, &prompt.text[start..], Tone::Plain);
    Some(Position { x: sign + cells(&before[start..]), y: line.y })
}
