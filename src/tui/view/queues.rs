//! The queues with their keys and kept counters: a column beside the list, or one line when there is no room for one.
//! The one that is shown stands out, and has a mark.
//!
//! ```text
//! ─ Queues ────────┬
//! ▸1 Waiting     12│          ▸1 Waiting 12  2 Unclaimed 4  3 Escalated 1  7 All open 31  8 Decided 240
//!  2 Unclaimed    4│
//! ```

use crate::app::Queue;
use crate::present::line::Tone;
use crate::tui::model::Model;
use crate::tui::view::canvas::{Canvas, cells};
use crate::tui::view::chrome::count;
use crate::tui::views::{self, Entry};
use ratatui::layout::Rect;

/// The name of a queue, as the palette takes it and the counters stand behind it.
pub const fn name(queue: Queue) -> &'static str {
    match queue {
        Queue::Waiting => "Waiting",
        Queue::Unclaimed => "Unclaimed",
        Queue::Escalated => "Escalated",
        Queue::Promotions => "Promotions",
        Queue::Debts => "Debts",
        Queue::Questions => "Questions",
        Queue::Open => "All open",
        Queue::Decided => "Decided",
    }
}

/// The heading of its list.
pub const fn title(queue: Queue) -> &'static str {
    match queue {
        Queue::Waiting => "Waiting for you",
        Queue::Unclaimed => "Unclaimed: nobody is on it",
        Queue::Escalated => "Escalated",
        Queue::Promotions => "Promotions",
        Queue::Debts => "Reviews owed",
        Queue::Questions => "Questions",
        Queue::Open => "All open",
        Queue::Decided => "Decided, newest first",
    }
}

/// What an empty one says.
pub const fn emptiness(queue: Queue) -> &'static str {
    match queue {
        Queue::Waiting => "Nothing waits for you.",
        Queue::Unclaimed => "Somebody is on everything that waits.",
        Queue::Escalated => "Nothing is escalated.",
        Queue::Promotions => "No promotion is open.",
        Queue::Debts => "No review is owed.",
        Queue::Questions => "No question is open.",
        Queue::Open => "Nothing is open.",
        Queue::Decided => "Nothing is decided yet.",
    }
}

/// Which give way first when the line is too short for all of them.
const GIVE_WAY: [Queue; 7] = [
    Queue::Debts,
    Queue::Promotions,
    Queue::Questions,
    Queue::Unclaimed,
    Queue::Decided,
    Queue::Escalated,
    Queue::Open,
];

/// A queue or a view, with its key and what it is called, and how many are in it.
fn words(model: &Model, entry: Entry) -> (String, String) {
    match entry {
        Entry::Queue(queue) => {
            let key = Queue::ALL.iter().position(|q| *q == queue).unwrap_or(0) + 1;
            let many = model.counters.map(|c| count(c.of(queue))).unwrap_or_default();
            (format!("{key} {}", name(queue)), many)
        }
        Entry::View(view) => {
            let key = if view == 0 { "9" } else { " " };
            let name = model.views.get(view).map_or("", |(name, _)| name.as_str());
            (
                format!("{key} {name}"),
                model.aheads.get(view).map(|ahead| views::count(*ahead)).unwrap_or_default(),
            )
        }
    }
}

/// One line, with what fits: views and empty queues give way first, then those that matter least; never the one that is
/// shown.
pub fn line(model: &Model, canvas: &mut Canvas, line: Rect) {
    let here = views::here(model);
    let is_empty = |queue| model.counters.is_some_and(|c| c.of(queue) == 0);
    let whole = |entry: Entry| {
        let (name, many) = words(model, entry);
        (entry, if many.is_empty() { name } else { format!("{name} {many}") })
    };
    let every = views::entries(model);
    let mut all: Vec<(Entry, String)> = every.iter().copied().map(whole).collect();
    let width = |all: &[(Entry, String)]| all.iter().map(|(_, words)| cells(words) + 2).sum::<u16>();
    let room = line.width.saturating_sub(2);
    let views = every.iter().copied().filter(|entry| matches!(entry, Entry::View(_))).rev();
    let empty = GIVE_WAY.into_iter().filter(|queue| is_empty(*queue)).map(Entry::Queue);
    for entry in empty.chain(views).chain(GIVE_WAY.map(Entry::Queue)).collect::<Vec<_>>() {
        if width(&all) <= room {
            break;
        }
        all.retain(|(e, _)| *e != entry || *e == here);
    }
    let left_out = all.len() < every.len();
    let mut x = line.x;
    for (entry, words) in all {
        let is_here = entry == here;
        let mark = if is_here { canvas.glyphs.here() } else { " " };
        let style = if is_here { canvas.theme.focused() } else { canvas.theme.style(Tone::Plain) };
        let room = line.right().saturating_sub(x);
        x += canvas.put_styled(x, line.y, room, &format!("{mark}{words}"), style) + 1;
    }
    if left_out {
        canvas.put(x, line.y, line.right().saturating_sub(x), canvas.glyphs.more(), Tone::Dim);
    }
}

/// A column. Where there is no room for all views, those around the one that is shown stand below the eight.
pub fn column(model: &Model, canvas: &mut Canvas, area: Rect) {
    let inner = area.width.saturating_sub(2);
    let rule = Rect { height: 1, width: area.width, ..area };
    canvas.rule(rule, canvas.glyphs.rule(), "Queues", "", Tone::Plain);
    let here = views::here(model);
    let all = views::entries(model);
    let room = usize::from(area.height.saturating_sub(1));
    let (queues, views) = all.split_at(Queue::ALL.len().min(all.len()));
    let for_views = room.saturating_sub(queues.len());
    let at = views.iter().position(|entry| *entry == here).unwrap_or(0);
    let first = (at + 1).saturating_sub(for_views);
    let shown = queues.iter().chain(views.iter().skip(first).take(for_views));
    for (y, entry) in (area.y + 1..area.bottom()).zip(shown.copied()) {
        let is_here = entry == here;
        let mark = if is_here { canvas.glyphs.here() } else { " " };
        let (name, many) = words(model, entry);
        // The name of a view gives way to its counter.
        let most = inner.saturating_sub(cells(&many) + 2);
        let name: String = name.chars().take(usize::from(most)).collect();
        let name = format!("{mark}{name}");
        let words = format!("{name}{many:>pad$}", pad = usize::from(inner.saturating_sub(cells(&name))));
        let style = if is_here { canvas.theme.focused() } else { canvas.theme.style(Tone::Plain) };
        canvas.put_styled(area.x, y, inner, &words, style);
    }
    if views.len() > for_views {
        let y = area.bottom().saturating_sub(1);
        canvas.put(area.right().saturating_sub(2), y, 1, canvas.glyphs.more(), Tone::Dim);
    }
}
