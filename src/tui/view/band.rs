//! Live rollouts, below everything else and above the news: a rule and a line each, or one line, of the most urgent, where
//! there is no room.
//!
//! ```text
//! ─ Canary ─────────────────────────────────────────────────────────────── 2 more · ! looks into it ─
//!  R-20 payments-api  baking  5 ✓━━ 25 ●━━━━━░░░ 9 min 100 ·  so far: pass  14:20Z: pass asks, fail rolls back
//!      errors 0.4<10 ▁▂▁▂▁▂  cpu 61<90 ▆▆▆▆▆▆
//! ```

use crate::present::line::Tone;
use crate::present::rollout::marks::Marks;
use crate::present::rollout::strip::{strip, strip_on_two};
use crate::tui::action::Action;
use crate::tui::keymap::Scope;
use crate::tui::model::Model;
use crate::tui::view::canvas::Canvas;
use ratatui::layout::Rect;

/// Draws the lines that there is room for, and says how many more there are.
pub fn band(model: &Model, canvas: &mut Canvas, area: Rect) {
    let live = &model.rollouts.live;
    let lines = if area.height > 1 { area.height - 1 } else { 1 };
    let twice = usize::from(lines) >= live.len() * 2;
    let more = live.len().saturating_sub(usize::from(lines));
    let more = if more > 0 { format!("{more} more") } else { String::new() };
    let first = area.bottom().saturating_sub(lines);
    let mut width = area.width.saturating_sub(2);
    if area.height > 1 {
        let rule = Rect { height: 1, ..area };
        let key = model.habits.keys.name_of(Scope::List, Action::Rollouts);
        let dot = if more.is_empty() { "" } else { canvas.glyphs.dot() };
        let end = format!("{more}{dot}{key} looks into it");
        canvas.rule(rule, canvas.glyphs.rule(), "Canary", &end, Tone::Plain);
    } else {
        let right = area.right().saturating_sub(1);
        let used = canvas.put_right(right, first, width / 3, &more, Tone::Dim);
        width = width.saturating_sub(if used > 0 { used + 1 } else { 0 });
    }
    let marks = Marks { ascii: canvas.glyphs.ascii };
    let columns = usize::from(width);
    let told = live.iter().flat_map(|seen| match twice {
        true => strip_on_two(seen, model.now, columns, marks).to_vec(),
        false => vec![strip(seen, model.now, columns, marks)],
    });
    for (y, line) in (first..area.bottom()).zip(told) {
        canvas.phrases(area.x + 1, y, width, &line);
    }
}
