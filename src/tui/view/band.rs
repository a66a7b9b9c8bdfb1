//! Live rollouts, below everything else and above the news: a rule and a line each, or one line where there is no room.
//!
//! ```text
//! ─ Canary ────────────────────────────────────────────────────────────────────────── 2 more ─
//!  payments-api  5 ✓━━━━ 25 ●━━━━━░░░ 9 m   100 ·    errors 0.4 %   gate: baking
//! ```

use crate::present::line::{Line, Tone};
use crate::tui::view::canvas::Canvas;
use ratatui::layout::Rect;

/// Draws the lines that there is room for, and says how many more there are.
pub fn band(live: &[Line], canvas: &mut Canvas, area: Rect) {
    let lines = if area.height > 1 { area.height - 1 } else { 1 };
    let more = live.len().saturating_sub(usize::from(lines));
    let more = if more > 0 { format!("{more} more") } else { String::new() };
    let first = area.bottom().saturating_sub(lines);
    let mut width = area.width.saturating_sub(2);
    if area.height > 1 {
        let rule = Rect { height: 1, ..area };
        canvas.rule(rule, canvas.glyphs.rule(), "Canary", &more, Tone::Plain);
    } else {
        let right = area.right().saturating_sub(1);
        let used = canvas.put_right(right, first, width / 3, &more, Tone::Dim);
        width = width.saturating_sub(if used > 0 { used + 1 } else { 0 });
    }
    for (y, line) in (first..area.bottom()).zip(live) {
        canvas.phrases(area.x + 1, y, width, line);
    }
}
