//! What works here, as a menu: the one table of keys, first where one is, then everywhere else for reading.
//!
//! ```text
//! ━ Help ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ line 4 of 80 ━
//!  In the list: enter runs the line
//! ▸ A                     approve it (a question: answer it)
//! ```

use crate::present::line::{Line, Tone};
use crate::tui::action::Action;
use crate::tui::keymap::{Binding, Scope};
use crate::tui::model::Model;
use crate::tui::view::canvas::{Canvas, cells};
use ratatui::layout::{Position, Rect};

/// One line of the help.
pub struct Entry {
    /// What it says.
    pub line: Line,
    /// The line of the table it is about, and whether it can be run from here.
    pub binding: Option<(&'static Binding, bool)>,
}

fn words(line: Line) -> Entry {
    Entry { line, binding: None }
}

/// The lines of the help.
pub fn entries(model: &Model) -> Vec<Entry> {
    let mut out = vec![
        words(Line::plain("Capitals decide: each opens a dialog, and only the dialog decides.")),
        words(Line::plain("A key in (brackets) is forbidden by a rule: press it to read which.")),
    ];
    let here = model.scope_below_help();
    let others = Scope::ALL.into_iter().filter(|scope| *scope != Scope::Help && *scope != here);
    for scope in [here].into_iter().chain(others) {
        out.push(words(Line::empty()));
        let heading = Line::heading(scope.title());
        let heading = if scope == here { heading.and(Tone::Plain, ": enter runs the line") } else { heading };
        out.push(words(heading));
        for binding in model.habits.keys.in_scope(scope) {
            let runs = scope == here && binding.action != Action::Help;
            let forbidden = runs && model.is_greyed(binding.action);
            out.push(Entry { line: about(binding, forbidden), binding: Some((binding, runs)) });
        }
    }
    out
}

fn about(binding: &Binding, forbidden: bool) -> Line {
    let keys: Vec<String> = binding.keys.iter().map(|key| key.name()).collect();
    let keys = keys.join("  ");
    let keys = if forbidden { format!("({keys})") } else { keys };
    let pad = 22usize.saturating_sub(usize::from(cells(&keys))).max(2);
    let (key, text) = match (forbidden, binding.decides) {
        (true, _) => (Tone::Dim, Tone::Dim),
        (false, true) => (Tone::Warn, Tone::Plain),
        (false, false) => (Tone::Strong, Tone::Plain),
    };
    Line::default()
        .and(Tone::Plain, "  ")
        .and(key, keys)
        .and(text, format_args!("{:pad$}{}", "", binding.words))
}

/// The first line that can be run.
pub fn first(model: &Model) -> usize {
    entries(model).iter().position(|entry| entry.binding.is_some()).unwrap_or(0)
}

/// The line `by` bindings further on, or back.
pub fn moved(model: &Model, from: usize, by: isize) -> usize {
    let stops: Vec<usize> = entries(model)
        .iter()
        .enumerate()
        .filter(|(_, entry)| entry.binding.is_some())
        .map(|(n, _)| n)
        .collect();
    let at = stops.iter().position(|n| *n >= from).unwrap_or(0);
    let to = at.saturating_add_signed(by).min(stops.len().saturating_sub(1));
    stops.get(to).copied().unwrap_or(from)
}

/// Draws the help over the panes; the selected line has a mark and the cursor.
pub fn help(model: &Model, canvas: &mut Canvas, body: Rect, selected: usize) -> Option<Position> {
    canvas.clear(body);
    let entries = entries(model);
    let height = usize::from(body.height.saturating_sub(1));
    // The selected line stands in the middle, but never an empty line below the last one.
    let top = selected.saturating_sub(height / 2).min(entries.len().saturating_sub(height));
    let end = format!("line {} of {}", (selected + 1).min(entries.len()), entries.len());
    let end = if entries.len() > height { end } else { String::new() };
    let rule = Rect { height: 1, ..body };
    canvas.rule(rule, canvas.glyphs.heavy_rule(), "Help", &end, Tone::Strong);
    let mut cursor = Some(Position { x: 0, y: body.y + 1 });
    for (y, (n, entry)) in (body.y + 1..).zip(entries.iter().enumerate().skip(top).take(height)) {
        canvas.phrases(1, y, body.width.saturating_sub(2), &entry.line);
        if n == selected {
            canvas.put(0, y, 1, canvas.glyphs.here(), Tone::Strong);
            cursor = Some(Position { x: 0, y });
        }
    }
    cursor
}
