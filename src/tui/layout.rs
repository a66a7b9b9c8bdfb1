//! Where things stand at each size.
//!
//! ```text
//! 100×30 and more                       60×16 and more: list or request        less
//!  header                                header                                 needs 60×16, is 40×10
//!  queues                                queues
//!  ─ list ─────────────── 12 ─           ─ list ───────────── 12 ─
//!  rows, about a third                   rows
//!  ─ R-17 ─── line 1–20 of 80 ─
//!  the request                           status
//!  status                                keys
//!  keys
//! ```

use ratatui::layout::Rect;

/// The least size at which one can work.
pub const LEAST: (u16, u16) = (60, 16);
/// From this size on, list and request stand side by side, one above the other.
const BOTH: (u16, u16) = (100, 30);

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
    /// The queues.
    pub queues: Rect,
    /// The list, unless the request takes its place.
    pub list: Option<Pane>,
    /// The request, unless the list takes its place.
    pub detail: Option<Pane>,
    /// Between the queues and the status line: where a dialog or the help may stand.
    pub body: Rect,
    /// One line of news.
    pub status: Rect,
    /// The keys.
    pub footer: Rect,
}

/// The layout of a screen of this size; `None` when it is too small to work on.
pub fn layout(size: (u16, u16), in_detail: bool) -> Option<Layout> {
    let (width, height) = size;
    if width < LEAST.0 || height < LEAST.1 {
        return None;
    }
    let line = |y: u16| Rect { x: 0, y, width, height: 1 };
    let body = Rect { x: 0, y: 2, width, height: height - 4 };
    let pane = |y: u16, height: u16| Pane {
        rule: line(y),
        inner: Rect { x: 0, y: y + 1, width, height: height.saturating_sub(1) },
    };
    let (list, detail) = if width >= BOTH.0 && height >= BOTH.1 {
        let third = (body.height / 3).max(8);
        (Some(pane(body.y, third)), Some(pane(body.y + third, body.height - third)))
    } else if in_detail {
        (None, Some(pane(body.y, body.height)))
    } else {
        (Some(pane(body.y, body.height)), None)
    };
    Some(Layout {
        header: line(0),
        queues: line(1),
        list,
        detail,
        body,
        status: line(height - 2),
        footer: line(height - 1),
    })
}
