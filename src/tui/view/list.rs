//! The list. The title is the producer's words: its column begins with the gutter on every line.
//!
//! ```text
//! ─ Waiting for you ───────────────────────────────────────────────────────────────────── 1–9 of 12 ─
//!      request  │ title (as claimed)                kind        risk      where       due          on it
//! ▸ ‼  R-1042   │ Deploy payments-api 2.14.0        deployment  critical  production  OVERDUE 12m  cp20
//! ```

use crate::app::{Queue, Row};
use crate::domain::request::StateName;
use crate::domain::risk::Risk;
use crate::domain::text::safe_line;
use crate::present::line::Tone;
use crate::present::{time, words};
use crate::tui::filtering;
use crate::tui::layout::Pane;
use crate::tui::list::Shown;
use crate::tui::marks;
use crate::tui::model::Model;
use crate::tui::sorting;
use crate::tui::view::canvas::Canvas;
use crate::tui::view::queues;
use crate::tui::views::{self, Entry};
use ratatui::layout::{Position, Rect};

/// A column behind the title: its heading, its width, and from which screen width on it is shown.
struct Column {
    heading: &'static str,
    wide: u16,
    narrow: u16,
    from: u16,
    cell: fn(&Model, &Shown, u16) -> (String, Tone),
}

/// From this screen width on, it says who is on a request.
const ON_IT: u16 = 76;
/// From this screen width on, columns have their wide form.
const WIDE: u16 = 100;

#[rustfmt::skip]
const COLUMNS: &[Column] = &[
    Column { heading: "kind", wide: 10, narrow: 10, from: 125, cell: |_, s, _| (s.row.kind.to_string(), Tone::Plain) },
    Column { heading: "risk", wide: 8, narrow: 4, from: 0, cell: |_, s, width| risk(&s.row, width) },
    Column { heading: "where", wide: 10, narrow: 10, from: 72, cell: |_, s, _| environment(&s.row) },
    Column { heading: "due", wide: 11, narrow: 11, from: 0, cell: due },
    Column { heading: "on it", wide: 8, narrow: 7, from: ON_IT, cell: |m, s, width| on_it(m, &s.row, width) },
    Column { heading: "asked by", wide: 12, narrow: 12, from: 110, cell: |_, s, _| (s.row.requester.to_string(), Tone::Plain) },
];

impl Column {
    const fn width(&self, screen: u16) -> u16 {
        if screen >= WIDE { self.wide } else { self.narrow }
    }
}

/// Cells before the title: selection mark, mark for a batch, risk mark, number.
const BEFORE_TITLE: u16 = 2 + 3 + 7;

/// Draws the list; returns the place of the selected row.
pub fn list(model: &Model, canvas: &mut Canvas, pane: Pane) -> Option<Position> {
    let list = &model.list;
    let visible = usize::from(pane.inner.height.saturating_sub(1));
    let end = match (list.is_whole(), list.rows.len()) {
        (true, n) if n <= visible => String::new(),
        (true, n) => format!("row {} of {n}", list.cursor() + 1),
        (false, _) => list.more().to_owned(),
    };
    let tone = if model.in_detail { Tone::Plain } else { Tone::Strong };
    let tally = filtering::tally(model);
    let name = match views::here(model) {
        Entry::View(view) => model.views.get(view).map_or("", |(name, _)| name.as_str()),
        Entry::Queue(queue) => queues::name(queue),
    };
    let order = if list.queue == Queue::Decided { "" } else { sorting::words(model.looking.order) };
    let title = match &tally {
        Some(tally) => format!("{name}: {tally}{order}"),
        None => format!("{}{order}", queues::title(list.queue)),
    };
    let end = match &model.prompt {
        None if model.filtering.is_on() => format!("filter: {}", safe_line(&model.filtering.text)),
        _ => end,
    };
    canvas.rule(pane.rule, canvas.glyphs.rule(), &title, &end, tone);
    if list.rows.is_empty() {
        let words = match (list.loaded, &tally) {
            (false, _) => "reading",
            (true, Some(_)) if !model.filtering.is_on() => "Nothing here that you have not opened.",
            (true, Some(_)) => "Nothing here matches the filter; esc clears it.",
            (true, None) => queues::emptiness(list.queue),
        };
        canvas.put(
            pane.inner.x + 2,
            pane.inner.y + 1,
            pane.inner.width.saturating_sub(2),
            words,
            Tone::Plain,
        );
        return Some(Position { x: pane.inner.x, y: pane.inner.y + 1 });
    }
    headings(model, canvas, pane.inner);
    let mut cursor = None;
    for (n, shown) in list.rows.iter().enumerate().skip(list.top).take(visible) {
        let offset = u16::try_from(n - list.top).unwrap_or(u16::MAX);
        let y = pane.inner.y.saturating_add(1).saturating_add(offset);
        let here = n == list.cursor();
        if here {
            cursor = Some(Position { x: pane.inner.x, y });
        }
        let line = Rect { y, height: 1, ..pane.inner };
        row(model, canvas, line, shown, here);
        if marks::is_marked(model, n, shown) {
            canvas.put(line.x + 1, y, 1, "*", Tone::Strong);
        }
    }
    cursor
}

fn columns(width: u16) -> impl Iterator<Item = &'static Column> {
    COLUMNS.iter().filter(move |column| width >= column.from)
}

/// The width of the title, gutter included: what the other columns leave.
fn title_width(width: u16) -> u16 {
    let behind: u16 = columns(width).map(|column| column.width(width) + 2).sum();
    width.saturating_sub(BEFORE_TITLE + behind + 1)
}

fn headings(model: &Model, canvas: &mut Canvas, area: Rect) {
    let decided = model.list.queue == Queue::Decided;
    canvas.put(area.x + 5, area.y, 7, "request", Tone::Dim);
    canvas.put(area.x + BEFORE_TITLE + 3, area.y, title_width(area.width), "title, as claimed", Tone::Dim);
    let mut x = area.x + BEFORE_TITLE + 1 + title_width(area.width) + 2;
    for column in columns(area.width) {
        let heading = match column.heading {
            "due" if decided => "outcome",
            "on it" if decided => "by",
            heading => heading,
        };
        let width = column.width(area.width);
        canvas.put(x, area.y, width, heading, Tone::Dim);
        x += width + 2;
    }
}

fn row(model: &Model, canvas: &mut Canvas, line: Rect, shown: &Shown, here: bool) {
    let row = &shown.row;
    if here {
        canvas.put(line.x, line.y, 1, canvas.glyphs.here(), Tone::Strong);
    }
    let (mark, tone) = match row.flagged {
        true => (words::VIOLATION_MARK, Tone::Bad),
        false => (words::risk_mark(row.risk), words::risk(row.risk)),
    };
    canvas.put(line.x + 2, line.y, 2, mark, tone);
    let id = if here { Tone::Strong } else { Tone::Plain };
    canvas.put(line.x + 5, line.y, 7, &row.id.to_string(), if shown.gone { Tone::Dim } else { id });
    let title = title_width(line.width);
    let x = line.x + BEFORE_TITLE + 1;
    let gutter = canvas.put(x, line.y, title, canvas.glyphs.gutter(), Tone::Dim);
    // The row that keys are about is found at once.
    let tone = if shown.gone { Tone::Dim } else { id };
    let (words, tone) = match row.title.is_blank() {
        true => ("(no title)".to_owned(), Tone::Dim),
        false => (row.title.line().to_string(), tone),
    };
    canvas.put(x + gutter, line.y, title.saturating_sub(gutter), &words, tone);
    let mut x = x + title + 2;
    // What became of it takes the room of what no longer matters.
    let mut ended = ended(model, row);
    let (from, to) = if line.width < ON_IT { ("risk", "due") } else { ("due", "on it") };
    let mut start = None;
    for column in columns(line.width) {
        let width = column.width(line.width);
        match &ended {
            Some(ending) if column.heading == from || start.is_some() => {
                let start = *start.get_or_insert(x);
                if column.heading == to {
                    let tone = match row.state {
                        StateName::Overridden => words::state(row.state, false).1,
                        _ => Tone::Plain,
                    };
                    canvas.put(start, line.y, x + width - start, ending, tone);
                    ended = None;
                }
            }
            _ => {
                let (words, tone) = (column.cell)(model, shown, width);
                canvas.put(x, line.y, width, &words, if shown.gone { Tone::Dim } else { tone });
            }
        }
        x += width + 2;
    }
}

/// Who closed a row that is still in view, and how: `rejected by alice`.
fn ended(model: &Model, row: &Row) -> Option<String> {
    let by = row.closed_by.as_ref().filter(|_| !row.state.is_open() && model.list.queue != Queue::Decided)?;
    Some(format!("{} by {by}", words::state(row.state, false).0))
}

fn risk(row: &Row, width: u16) -> (String, Tone) {
    let word = match row.risk {
        Risk::Critical if width < 8 => "crit",
        Risk::Medium if width < 8 => "med",
        risk => risk.word(),
    };
    (word.to_owned(), words::risk(row.risk))
}

fn environment(row: &Row) -> (String, Tone) {
    match &row.environment {
        Some(environment) if matches!(environment.as_str(), "production" | "prod") => {
            (environment.to_string(), Tone::Warn)
        }
        Some(environment) => (environment.to_string(), Tone::Plain),
        None => ("-".to_owned(), Tone::Dim),
    }
}

/// How long there is; for what is closed or left the queue, what became of it.
fn due(model: &Model, shown: &Shown, _: u16) -> (String, Tone) {
    let row = &shown.row;
    if !row.state.is_open() || model.list.queue == Queue::Decided {
        let (word, tone) = words::state(row.state, false);
        return (word.to_owned(), tone);
    }
    if shown.gone {
        let word = if row.snoozed.is_some() { "put off" } else { "left" };
        return (word.to_owned(), Tone::Dim);
    }
    if row.state == StateName::ChangesRequested {
        return ("at producer".to_owned(), Tone::Dim);
    }
    if row.flagged {
        return (words::VIOLATION.to_owned(), Tone::Bad);
    }
    if row.due_at <= model.now {
        // The largest unit says enough, at every width; a clipped number would say something else.
        let late = model.now.since(row.due_at);
        let words = match late.minutes() {
            60..1440 => format!("OVERDUE {}h", late.minutes() / 60),
            0..144_000 => format!("OVERDUE {}", time::short_span(late)),
            _ => format!("OVERDUE {}w", late.minutes() / 10_080),
        };
        return (words, Tone::Bad);
    }
    let word = time::until(row.due_at, model.now);
    match row.level {
        0 => (word, Tone::Plain),
        level => (format!("{word} esc{level}"), Tone::Bad),
    }
}

fn on_it(model: &Model, row: &Row, width: u16) -> (String, Tone) {
    if let Some(by) = row.closed_by.as_ref().filter(|_| !row.state.is_open()) {
        return (by.to_string(), Tone::Plain);
    }
    // Until when one has put it off: `z 14:30Z`, and `z` alone would say nothing of when it is back.
    if let Some(until) = row.snoozed.filter(|until| *until > model.now) {
        let words = match until.since(model.now).minutes() {
            0..1440 => format!("z {}", until.hour_and_minute()),
            _ => format!("z {}", time::short_span(until.since(model.now))),
        };
        let fits = words.len() <= usize::from(width);
        return (if fits { words } else { words.trim_end_matches('Z').to_owned() }, Tone::Dim);
    }
    if row.overtaken.is_some() {
        let words = if width < 19 { "changed" } else { "changed since yours" };
        return (words.to_owned(), Tone::Warn);
    }
    match row.claim.as_ref().filter(|(_, until)| *until > model.now) {
        Some((by, _)) if *by == model.caller.name => ("you".to_owned(), Tone::Strong),
        Some((by, _)) => (by.to_string(), Tone::Warn),
        None => ("-".to_owned(), Tone::Dim),
    }
}
