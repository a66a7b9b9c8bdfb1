//! One rollout over the whole body, and the dialog in which something is asked of it.
//!
//! ```text
//! ━ Rollout R-20 ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 1 of 2 · line 1–18 of 52 ━
//!  R-20 payments-api  baking since 14:05Z: 25 % is out
//! ```

use crate::present::line::Tone;
use crate::tui::dialog::Focus;
use crate::tui::model::Model;
use crate::tui::rollouts::{Order, Sheet, title};
use crate::tui::view::canvas::Canvas;
use crate::tui::view::dialog::button;
use crate::tui::wrap::{Wrapped, wrap};
use ratatui::layout::{Position, Rect};

/// Draws the view; returns where its first visible line begins.
pub fn sheet(model: &Model, sheet: &Sheet, canvas: &mut Canvas, body: Rect) -> Option<Position> {
    canvas.clear(body);
    let (first, all, room) = (sheet.scroll, sheet.wrapped.len(), sheet.room);
    let to = if canvas.glyphs.ascii { "-" } else { "–" };
    let live = &model.rollouts.live;
    let mut end = Vec::new();
    if let Some(at) = live.iter().position(|seen| seen.rollout.id.deployment() == sheet.id)
        && live.len() > 1
    {
        end.push(format!("{} of {}", at + 1, live.len()));
    }
    if all > room {
        end.push(format!("line {}{to}{} of {all}", first + 1, (first + room).min(all)));
    }
    let end = end.join(canvas.glyphs.dot());
    let rule = Rect { height: 1, ..body };
    let name = format!("Rollout {}", sheet.id);
    canvas.rule(rule, canvas.glyphs.heavy_rule(), &name, &end, Tone::Strong);
    let width = body.width.saturating_sub(2);
    if sheet.whole().is_none() {
        canvas.put(1, body.y + 1, width, "reading it", Tone::Dim);
    }
    for (y, line) in (body.y + 1..body.bottom()).zip(sheet.wrapped.iter().skip(first)) {
        canvas.wrapped(1, y, width, line);
    }
    Some(Position { x: 0, y: body.y + 1 })
}

/// Draws the dialog over the lower part of the body; returns where the cursor stands.
pub fn order(order: &Order, canvas: &mut Canvas, body: Rect) -> Option<Position> {
    let width = body.width.saturating_sub(2);
    let lines = order.about.iter().chain(&order.note);
    let wrapped: Vec<Wrapped> = lines.flat_map(|line| wrap(line, width, canvas.glyphs)).collect();
    let height = u16::try_from(wrapped.len()).unwrap_or(u16::MAX).saturating_add(3).min(body.height);
    let area = Rect { y: body.bottom().saturating_sub(height), height, ..body };
    canvas.clear(area);
    let rule = Rect { height: 1, ..area };
    canvas.rule(rule, canvas.glyphs.heavy_rule(), &order.heading(), "", Tone::Strong);
    let y = area.bottom().saturating_sub(1);
    // What does not fit is left out above: what comes of it, and what is said last, stay.
    let room = usize::from(height.saturating_sub(2));
    let from = wrapped.len().saturating_sub(room);
    for (y, line) in (area.y + 1..y).zip(wrapped.iter().skip(from)) {
        canvas.wrapped(1, y, width, line);
    }
    let wide = button(canvas, 2, y, title(order.on), order.focus == Focus::Submit);
    button(canvas, 2 + wide + 2, y, "Cancel", order.focus == Focus::Cancel);
    let x = if order.focus == Focus::Submit { 3 } else { 2 + wide + 2 + 1 };
    Some(Position { x, y })
}
