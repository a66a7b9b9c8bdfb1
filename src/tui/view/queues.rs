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

/// One line, with what fits: empty queues give way first, then those that matter least; never the one that is shown.
pub fn line(model: &Model, canvas: &mut Canvas, line: Rect) {
    let here = model.list.queue;
    let many = |queue| model.counters.map(|c| c.of(queue));
    let words = |(n, queue): (usize, Queue)| {
        let many = many(queue).map(|n| format!(" {}", count(n))).unwrap_or_default();
        (queue, format!("{} {}{many}", n + 1, name(queue)))
    };
    let mut all: Vec<(Queue, String)> = Queue::ALL.into_iter().enumerate().map(words).collect();
    let width = |all: &[(Queue, String)]| all.iter().map(|(_, words)| cells(words) + 2).sum::<u16>();
    let room = line.width.saturating_sub(2);
    let empty = GIVE_WAY.into_iter().filter(|queue| many(*queue) == Some(0));
    for queue in empty.chain(GIVE_WAY).collect::<Vec<_>>() {
        if width(&all) <= room {
            break;
        }
        all.retain(|(q, _)| *q != queue || *q == here);
    }
    let left_out = all.len() < Queue::ALL.len();
    let mut x = line.x;
    for (queue, words) in all {
        let is_here = queue == here;
        let mark = if is_here { canvas.glyphs.here() } else { " " };
        let style = if is_here { canvas.theme.focused() } else { canvas.theme.style(Tone::Plain) };
        let room = line.right().saturating_sub(x);
        x += canvas.put_styled(x, line.y, room, &format!("{mark}{words}"), style) + 1;
    }
    if left_out {
        canvas.put(x, line.y, line.right().saturating_sub(x), canvas.glyphs.more(), Tone::Dim);
    }
}

/// A column.
pub fn column(model: &Model, canvas: &mut Canvas, area: Rect) {
    let inner = area.width.saturating_sub(2);
    let rule = Rect { height: 1, width: area.width, ..area };
    canvas.rule(rule, canvas.glyphs.rule(), "Queues", "", Tone::Plain);
    for (n, (y, queue)) in (area.y + 1..area.bottom()).zip(Queue::ALL).enumerate() {
        let is_here = queue == model.list.queue;
        let mark = if is_here { canvas.glyphs.here() } else { " " };
        let many = model.counters.map(|c| count(c.of(queue))).unwrap_or_default();
        let name = format!("{mark}{} {}", n + 1, name(queue));
        let words = format!("{name}{many:>pad$}", pad = usize::from(inner.saturating_sub(cells(&name))));
        let style = if is_here { canvas.theme.focused() } else { canvas.theme.style(Tone::Plain) };
        canvas.put_styled(area.x, y, inner, &words, style);
    }
}
