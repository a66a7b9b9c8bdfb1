//! What works here: the one table of keys, by scope.

use crate::present::line::{Line, Tone};
use crate::tui::keymap::{Keys, Scope};
use crate::tui::view::canvas::{Canvas, cells};
use ratatui::layout::{Position, Rect};

/// The lines of the help.
pub fn lines(keymap: Keys) -> Vec<Line> {
    let mut out = vec![
        Line::plain("Capitals decide: each opens a dialog, and only the dialog decides."),
        Line::plain("A key in (brackets) is forbidden by a rule: press it to read which."),
    ];
    for scope in Scope::ALL.into_iter().filter(|scope| *scope != Scope::Help) {
        out.push(Line::empty());
        out.push(Line::heading(scope.title()));
        for binding in keymap.in_scope(scope) {
            let keys: Vec<String> = binding.keys.iter().map(|key| key.name()).collect();
            let keys = keys.join("  ");
            let pad = 22usize.saturating_sub(usize::from(cells(&keys))).max(2);
            let tone = if binding.decides { Tone::Warn } else { Tone::Strong };
            out.push(
                Line::default()
                    .and(Tone::Plain, "  ")
                    .and(tone, keys)
                    .and(Tone::Plain, format_args!("{:pad$}{}", "", binding.words)),
            );
        }
    }
    out
}

/// Draws the help over the panes.
pub fn help(canvas: &mut Canvas, body: Rect, scroll: usize, keymap: Keys) -> Option<Position> {
    canvas.clear(body);
    let lines = lines(keymap);
    let height = usize::from(body.height.saturating_sub(1));
    let last = (scroll + height).min(lines.len());
    let end = if lines.len() > height { format!("line {last} of {}", lines.len()) } else { String::new() };
    let rule = Rect { height: 1, ..body };
    canvas.rule(rule, canvas.glyphs.heavy_rule(), "Help", &end, Tone::Strong);
    for (y, line) in (body.y + 1..).zip(lines.iter().skip(scroll).take(height)) {
        canvas.phrases(1, y, body.width.saturating_sub(2), line);
    }
    Some(Position { x: 0, y: body.y + 1 })
}
