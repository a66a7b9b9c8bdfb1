//! The look-alikes, over the whole body.
//!
//! ```text
//! ━ 37 look like R-7 ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ line 1–18 of 52 ━
//!  One shape: plan, staging mail, low risk, rule: built-in
//!   1 send  email.send
//!     param  from = "office@example.org"
//!  What differs
//!            asked by  send.to
//!  R-7       planner   "ada@example.org"
//!  Decided alone: 3
//!  R-12      send.to = "x; rm": it holds ";", which the others do not
//! ```

use crate::present::line::Tone;
use crate::tui::alike::Sheet;
use crate::tui::view::canvas::Canvas;
use ratatui::layout::{Position, Rect};

/// Draws it; returns where its first visible line begins.
pub fn alike(sheet: &Sheet, canvas: &mut Canvas, body: Rect) -> Option<Position> {
    canvas.clear(body);
    let (first, all, room) = (sheet.scroll, sheet.wrapped.len(), sheet.room());
    let to = if canvas.glyphs.ascii { "-" } else { "–" };
    let end = match all > room {
        true => format!("pgdn: line {}{to}{} of {all}", first + 1, (first + room).min(all)),
        false => String::new(),
    };
    let title = format!("{} of the shape of {}", sheet.many, sheet.of);
    canvas.rule(Rect { height: 1, ..body }, canvas.glyphs.heavy_rule(), &title, &end, Tone::Strong);
    let width = body.width.saturating_sub(2);
    for (y, line) in (body.y + 1..body.bottom()).zip(sheet.wrapped.iter().skip(first)) {
        canvas.wrapped(1, y, width, line);
    }
    Some(Position { x: 0, y: body.y + 1 })
}
