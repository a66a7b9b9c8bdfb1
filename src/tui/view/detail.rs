//! One request, as `present` says it: a line that says how much of it is in view and was shown, a line of tabs, the text.
//!
//! ```text
//! ─ R-1042 ───────────────────────── not fully shown: 12 lines left · line 1–20 of 80 ─
//!  ▸plan   risk 2   thread 3   evidence 1   keys 1   history 6
//!  R-1042  deployment  escalated  critical  revision 1  sensitive
//! ```

use crate::domain::text::safe_line;
use crate::present::line::Tone;
use crate::present::tabs::Tab;
use crate::tui::layout::Pane;
use crate::tui::model::Model;
use crate::tui::reading::Reading;
use crate::tui::search::Search;
use crate::tui::view::canvas::{Canvas, cells};
use crate::tui::view::graph;
use ratatui::layout::{Position, Rect};

/// Draws the request; returns where its first visible line begins, or the match one is at, or what is typed.
pub fn detail(model: &Model, canvas: &mut Canvas, pane: Pane) -> Option<Position> {
    let tone = if model.in_detail { Tone::Strong } else { Tone::Plain };
    let rule = canvas.glyphs.rule();
    let left = pane.inner.x;
    let Some(reading) = &model.reading else {
        let words = match model.list.selected_id() {
            Some(id) => format!("reading {id}"),
            None => String::new(),
        };
        canvas.rule(pane.rule, rule, "", "", tone);
        canvas.put(left + 1, pane.inner.y, pane.inner.width.saturating_sub(2), &words, Tone::Dim);
        return Some(Position { x: left, y: pane.inner.y });
    };
    let text = pane.text();
    let height = usize::from(text.height);
    let (first, all) = (reading.scroll, reading.wrapped.len());
    let last = (first + height).min(all);
    let to = if canvas.glyphs.ascii { "-" } else { "–" };
    let end = match all <= height {
        _ if reading.tab == Tab::Graph => reading.graph.where_it_is(canvas.glyphs),
        true => format!(" all {all} lines "),
        false => format!(" line {}{to}{last} of {all} ", first + 1),
    };
    canvas.rule(pane.rule, rule, &reading.request.id.to_string(), "", tone);
    // Where both do not fit, what was not shown is said.
    let unread = model.left_in_frame().map(|left| format!(" {left} "));
    let room = pane.rule.width.saturating_sub(14);
    let end = match &unread {
        Some(unread) if cells(unread) + cells(&end) > room => String::new(),
        _ => end,
    };
    let mut right = pane.rule.right().saturating_sub(2);
    right -= canvas.put_right(right, pane.rule.y, room, &end, Tone::Plain).min(right);
    if let Some(unread) = unread {
        canvas.put_right(right, pane.rule.y, room, &unread, Tone::Warn);
    }
    let line = Rect { height: 1, ..pane.inner };
    if reading.tab == Tab::Graph {
        tabs(canvas, line, reading);
        return graph::graph(reading, canvas, text);
    }
    let typed = match &reading.search {
        Some(search) => searching(canvas, line, reading, search),
        None => tabs(canvas, line, reading),
    };
    for (y, line) in (text.y..).zip(reading.wrapped.iter().skip(first).take(height)) {
        canvas.wrapped(left + 1, y, text.width.saturating_sub(1), line);
    }
    let at = matches(canvas, text, reading).or(here_mark(canvas, text, reading));
    Some(typed.or(at).unwrap_or(Position { x: left, y: text.y }))
}

/// A mark before the step, the comment or the piece of evidence one is at; returns where it stands.
fn here_mark(canvas: &mut Canvas, text: Rect, reading: &Reading) -> Option<Position> {
    let offset = u16::try_from(reading.here_row()?.checked_sub(reading.scroll)?).ok()?;
    let y = text.y + offset;
    (offset < text.height).then(|| {
        canvas.put(text.x, y, 1, canvas.glyphs.here(), Tone::Strong);
        Position { x: text.x, y }
    })
}

/// The tabs there are; the one that is read has a mark beside its style.
fn tabs(canvas: &mut Canvas, line: Rect, reading: &Reading) -> Option<Position> {
    let mut x = line.x;
    let words = |count: &Option<String>| count.as_ref().map(|n| n.len() + 1).unwrap_or_default();
    let width = |(tab, count): &(Tab, Option<String>)| tab.word().len() + words(count) + 2;
    let mut all = reading.tabs();
    let room = usize::from(line.width);
    let total = |all: &[(Tab, Option<String>)], gap: usize| all.iter().map(|t| width(t) + gap).sum::<usize>();
    let gap = if total(&all, 1) > room + 1 { 0 } else { 1 };
    // Where there is no room for all, the first ones give way until the one that is read is on the line.
    while total(&all, gap) > room
        && all.first().is_some_and(|(tab, _)| *tab != reading.tab)
        && total(&all[..=all.iter().position(|(tab, _)| *tab == reading.tab).unwrap_or(0)], gap) > room
    {
        all.remove(0);
    }
    for (tab, count) in all {
        let here = tab == reading.tab;
        let mark = if here { canvas.glyphs.here() } else { " " };
        let count = count.map(|n| format!(" {n}")).unwrap_or_default();
        let words = format!("{mark}{}{count} ", tab.word());
        let style = if here { canvas.theme.focused() } else { canvas.theme.style(Tone::Plain) };
        x += canvas.put_styled(x, line.y, line.right().saturating_sub(x), &words, style) + u16::from(gap > 0);
    }
    None
}

/// What is searched for, in the place of the tabs; the cursor stands in it while it is typed.
fn searching(canvas: &mut Canvas, line: Rect, reading: &Reading, search: &Search) -> Option<Position> {
    let many = reading.found.last().map_or(0, |found| found.number + 1);
    let found = match many {
        0 if search.words.is_empty() => String::new(),
        0 => format!("not in this tab ({})", reading.tab.word()),
        many => format!("match {} of {many}", search.at + 1),
    };
    let keys = if search.typing { "enter finds, esc ends" } else { "n next, N before, esc ends" };
    let end = format!("{found}  {keys}");
    let room = line.width.saturating_sub(cells(&end) + 4);
    let mut x = line.x + 1;
    x += canvas.put(x, line.y, 1, "/", Tone::Strong);
    // The end of what is typed stays in view.
    let mut words = safe_line(&search.words).to_string();
    while cells(&canvas.glyphs.text(&words)) > room && !words.is_empty() {
        words.remove(0);
    }
    x += canvas.put(x, line.y, room, &words, Tone::Strong);
    canvas.put_right(line.right().saturating_sub(1), line.y, cells(&end), &end, Tone::Dim);
    search.typing.then_some(Position { x, y: line.y })
}

/// Marks what is searched for: a mark before its line, and its words reversed. Returns the line one is at.
fn matches(canvas: &mut Canvas, text: Rect, reading: &Reading) -> Option<Position> {
    let mut at = None;
    let from = reading.scroll;
    let mark = if canvas.glyphs.ascii { "*" } else { "•" };
    for found in &reading.found {
        let Some(offset) = found.row.checked_sub(from).and_then(|row| u16::try_from(row).ok()) else {
            continue;
        };
        let Some(line) = reading.wrapped.get(found.row).filter(|_| offset < text.height) else { continue };
        let y = text.y + offset;
        let gutter = if line.gutter { cells(canvas.glyphs.gutter()) } else { 0 };
        let x = text.x + 1 + line.indent + gutter + found.from;
        let here = reading.search.as_ref().is_some_and(|search| search.at == found.number);
        canvas.put(text.x, y, 1, if here { canvas.glyphs.here() } else { mark }, Tone::Strong);
        let area = canvas.on_frame(Rect { x, y, width: found.width, height: 1 }).intersection(text);
        let style = canvas.theme.focused();
        canvas.buffer().set_style(area, style);
        if here {
            at = Some(Position { x: text.x, y });
        }
    }
    at
}
