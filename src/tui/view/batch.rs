//! The dialog of a batch: over the whole body, each request by name, scrolled when there are more than lines.
//!
//! ```text
//! ━ Approve 7 requests ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 1–7 of 7 ━━
//!  R-1037  low      plan       3f2a9c  2 of 2 steps  │ Tell John about the meeting
//!
//!   Reason, recorded with each (welcome)
//!
//! ▸ Type 7 to approve these 7
//!    7_
//!   [ Approve ]   [▸Cancel ]
//! ```

use crate::domain::text::Safe;
use crate::present::line::Tone;
use crate::tui::batch::{Batch, visible};
use crate::tui::dialog::Focus;
use crate::tui::view::canvas::Canvas;
use crate::tui::view::dialog::{button, text_field};
use ratatui::layout::{Position, Rect};

/// From this width on digest and steps stand before the title.
const ROOM_FOR_MORE: u16 = 76;

/// Draws it; returns where the cursor stands.
pub fn batch(batch: &Batch, canvas: &mut Canvas, body: Rect) -> Option<Position> {
    canvas.clear(body);
    let lines = visible(body.height);
    let (first, all) = (batch.scroll, batch.lines());
    let last = (first + lines).min(all);
    let to = if canvas.glyphs.ascii { "-" } else { "–" };
    let many = batch.items.len();
    let title = match batch.result {
        Some(_) => "Not decided".to_owned(),
        None => format!("{} {many} request{}", batch.ask.title(), if many == 1 { "" } else { "s" }),
    };
    let end = if all > lines { format!("pgdn: {}{to}{last} of {all}", first + 1) } else { String::new() };
    canvas.rule(Rect { height: 1, ..body }, canvas.glyphs.heavy_rule(), &title, &end, Tone::Strong);
    for (y, n) in (body.y + 1..).zip(first..last) {
        line(batch, canvas, Rect { x: 1, y, width: body.width.saturating_sub(2), height: 1 }, n);
    }
    let width = body.width.saturating_sub(2);
    let mut cursor = None;
    let foot = body.bottom().saturating_sub(6);
    if batch.result.is_none() {
        for (n, field) in batch.fields.iter().enumerate() {
            let y = foot + 2 * u16::try_from(n).unwrap_or(0);
            let here = batch.focus == Focus::Field(n);
            let at = text_field(canvas, field, Rect { x: 1, y, width, height: 2 }, here);
            if here {
                cursor = at;
            }
        }
    }
    if let Some(note) = &batch.note {
        canvas.phrases(1, body.bottom().saturating_sub(2), width, note);
    }
    let y = body.bottom().saturating_sub(1);
    let mut x = 2;
    if batch.result.is_none() {
        let here = batch.focus == Focus::Submit;
        if here {
            cursor = Some(Position { x: x + 1, y });
        }
        x += button(canvas, x, y, batch.ask.title(), here) + 2;
    }
    let here = batch.focus == Focus::Cancel;
    if here {
        cursor = Some(Position { x: x + 1, y });
    }
    button(canvas, x, y, if batch.result.is_some() { "Close" } else { "Cancel" }, here);
    cursor
}

/// One request: our words about it, then its title behind the gutter; or why it is not in it.
fn line(batch: &Batch, canvas: &mut Canvas, area: Rect, n: usize) {
    let of_ours = |lines: &[String], n: usize| lines.get(n).cloned().unwrap_or_default();
    if let Some(result) = &batch.result {
        canvas.put(area.x, area.y, area.width, &of_ours(result, n), Tone::Warn);
        return;
    }
    if let Some(item) = batch.items.get(n) {
        let mut x = area.x + canvas.put(area.x, area.y, area.width, &item.words, Tone::Plain);
        if area.width >= ROOM_FOR_MORE {
            x += canvas.put(x, area.y, area.right().saturating_sub(x), &item.more, Tone::Plain) + 1;
        }
        x += canvas.put(x, area.y, area.right().saturating_sub(x), canvas.glyphs.gutter(), Tone::Dim);
        let title = if item.title == Safe::default() { "(no title)" } else { item.title.as_str() };
        canvas.put(x, area.y, area.right().saturating_sub(x), title, Tone::Plain);
    } else {
        let words = of_ours(&batch.left_out_lines, n - batch.items.len());
        canvas.put(area.x, area.y, area.width, &words, Tone::Warn);
    }
}
