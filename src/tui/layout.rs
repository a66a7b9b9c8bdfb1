//! Where things stand at each size.
//!
//! ```text
//! 100×30 and more                       60×16 and more: list or request        less
//!  header                                header                                 needs 60×16, is 40×10
//!  queues   ─ list ────────── 12 ─       queues
//!           rows, about a third          ─ list ───────────── 12 ─
//!  ─ R-17 ─── line 1–20 of 80 ─          rows
//!  the request
//!  live rollouts, a few lines            live rollouts, one line
//!  status                                status
//!  keys                                  keys
//! ```
//!
//! From 100 columns on the queues stand in a column beside the list; below, and when the request has the screen for
//! itself, they are one line. Live rollouts have room only while there are some.

use ratatui::layout::Rect;

/// The least size at which one can work.
pub const LEAST: (u16, u16) = (60, 16);
/// From this size on, list and request stand side by side, one above the other.
const BOTH: (u16, u16) = (100, 30);
/// From this width on the queues stand beside the list.
const BESIDE: u16 = 100;
/// The width of the queues beside the list.
pub const SIDE: u16 = 19;

/// One pane: its rule and what is below it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pane {
    /// The line with its name.
    pub rule: Rect,
    /// Its content.
    pub inner: Rect,
}

impl Pane {
    /// What is left for a request's text below the line with its tabs.
    pub const fn text(self) -> Rect {
        let Rect { x, y, width, height } = self.inner;
        Rect { x, y: y + 1, width, height: height.saturating_sub(1) }
    }
}

/// Everything's place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Layout {
    /// Who and how many.
    pub header: Rect,
    /// The queues, as one line.
    pub queues: Option<Rect>,
    /// The queues, as a column beside the list.
    pub side: Option<Rect>,
    /// The list, unless the request takes its place.
    pub list: Option<Pane>,
    /// The request, unless the list takes its place.
    pub detail: Option<Pane>,
    /// Live rollouts, when there are some: one line, or, where there is room, a rule and a few lines.
    pub band: Option<Rect>,
    /// Between the queues and the band or the status line: where a dialog or the help may stand.
    pub body: Rect,
    /// One line of news.
    pub status: Rect,
    /// The keys.
    pub footer: Rect,
}

/// How many lines of live rollouts are shown at once.
const LIVE: usize = 4;

/// How many lines so many live rollouts get where there is room: two each while that fits, so that every metric is seen.
const fn lines_of(live: usize) -> usize {
    match live * 2 <= LIVE {
        true => live * 2,
        false if live < LIVE => live,
        false => LIVE,
    }
}

/// The layout of a screen of this size with so many lines of live rollouts; `None` when it is too small to work on.
pub fn layout(size: (u16, u16), in_detail: bool, live: usize) -> Option<Layout> {
    let (width, height) = size;
    if width < LEAST.0 || height < LEAST.1 {
        return None;
    }
    let line = |y: u16| Rect { x: 0, y, width, height: 1 };
    let beside = width >= BESIDE && (height >= BOTH.1 || !in_detail);
    let above = if beside { 1 } else { 2 };
    let band_height = match (u16::try_from(lines_of(live)).unwrap_or(0), width >= BOTH.0 && height >= BOTH.1)
    {
        (0, _) => 0,
        (lines, true) => lines + 1,
        (_, false) => 1,
    };
    let body = Rect { x: 0, y: above, width, height: height - above - 2 - band_height };
    let band = (band_height > 0).then_some(Rect { y: body.bottom(), height: band_height, ..body });
    let pane = |y: u16, height: u16| Pane {
        rule: line(y),
        inner: Rect { x: 0, y: y + 1, width, height: height.saturating_sub(1) },
    };
    let (list, detail) = if width >= BOTH.0 && height >= BOTH.1 {
        let third = (body.height / 3).max(10);
        (Some(pane(body.y, third)), Some(pane(body.y + third, body.height - third)))
    } else if in_detail {
        (None, Some(pane(body.y, body.height)))
    } else {
        (Some(pane(body.y, body.height)), None)
    };
    let side = list.filter(|_| beside).map(|list| Rect {
        width: SIDE,
        y: list.rule.y,
        height: list.inner.height + 1,
        x: 0,
    });
    let list = list.map(|pane| match side {
        None => pane,
        Some(side) => {
            let right = |area: Rect| Rect { x: side.width, width: width - side.width, ..area };
            Pane { rule: right(pane.rule), inner: right(pane.inner) }
        }
    });
    Some(Layout {
        header: line(0),
        queues: (!beside).then(|| line(1)),
        side,
        list,
        detail,
        band,
        body,
        status: line(height - 2),
        footer: line(height - 1),
    })
}
