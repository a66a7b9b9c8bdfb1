//! A page of its own, over the whole body.
//!
//! ```text
//! ━ How deciding goes ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ line 1–18 of 52 ━
//!  closed         12: 8 approved, 3 rejected, 1 expired
//! ```

use crate::present::line::Tone;
use crate::tui::page::Sheet;
use crate::tui::view::canvas::Canvas;
use ratatui::layout::{Position, Rect};

/// Draws it; returns where its first visible line begins.
pub fn page(sheet: &Sheet, canvas: &mut Canvas, body: Rect) -> Option<Position> {
    canvas.clear(body);
    let (first, all, room) = (sheet.scroll, sheet.wrapped.len(), sheet.room);
    let to = if canvas.glyphs.ascii { "-" } else { "–" };
    let end = match all > room {
        true => format!("line {}{to}{} of {all}", first + 1, (first + room).min(all)),
        false => String::new(),
    };
    let rule = Rect { height: 1, ..body };
    canvas.rule(rule, canvas.glyphs.heavy_rule(), sheet.page.title(), &end, Tone::Strong);
    let width = body.width.saturating_sub(2);
    for (y, line) in (body.y + 1..body.bottom()).zip(sheet.wrapped.iter().skip(first)) {
        canvas.wrapped(1, y, width, line);
    }
    Some(Position { x: 0, y: body.y + 1 })
}
