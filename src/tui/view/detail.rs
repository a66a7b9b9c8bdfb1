//! One request, as `present` says it, with a line that says how much of it is in view.
//!
//! ```text
//! ─ R-1042 ──────────────────────────────────────────────────────── line 1–20 of 80 ─
//!  R-1042  deployment  escalated  critical  revision 1  sensitive
//! ```

use crate::present::line::Tone;
use crate::tui::layout::Pane;
use crate::tui::model::Model;
use crate::tui::view::canvas::Canvas;
use ratatui::layout::Position;

/// Draws the request; returns where its first visible line begins.
pub fn detail(model: &Model, canvas: &mut Canvas, pane: Pane) -> Option<Position> {
    let tone = if model.in_detail { Tone::Strong } else { Tone::Plain };
    let rule = canvas.glyphs.rule();
    let Some(reading) = &model.reading else {
        let words = match model.list.selected_id() {
            Some(id) => format!("reading {id}"),
            None => String::new(),
        };
        canvas.rule(pane.rule, rule, "", "", tone);
        canvas.put(1, pane.inner.y, pane.inner.width.saturating_sub(2), &words, Tone::Dim);
        return Some(Position { x: 0, y: pane.inner.y });
    };
    let height = usize::from(pane.inner.height);
    let (first, all) = (reading.scroll, reading.wrapped.len());
    let last = (first + height).min(all);
    let to = if canvas.glyphs.ascii { "-" } else { "–" };
    let end = match all <= height {
        true => format!("all {all} lines"),
        false => format!("line {}{to}{last} of {all}", first + 1),
    };
    canvas.rule(pane.rule, rule, &reading.request.id.to_string(), &end, tone);
    for (y, line) in (pane.inner.y..).zip(reading.wrapped.iter().skip(first).take(height)) {
        canvas.wrapped(1, y, pane.inner.width.saturating_sub(1), line);
    }
    Some(Position { x: 0, y: pane.inner.y })
}
