//! A page of its own over everything: looking back, what one leaves open, the numbers. It is read, and decides nothing.

use crate::present::line::Line;
use crate::tui::action::Page;
use crate::tui::glyphs::Glyphs;
use crate::tui::wrap::{Wrapped, wrap};
use ratatui::layout::Rect;

/// What stands on it.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// Which page.
    pub page: Page,
    /// The first visible line.
    pub scroll: usize,
    /// The lines as they fit.
    pub wrapped: Vec<Wrapped>,
    /// How many lines are in view.
    pub room: usize,
    lines: Vec<Line>,
    shape: Option<(u16, Glyphs)>,
}

impl Sheet {
    /// A page, from its first line.
    pub const fn new(page: Page, lines: Vec<Line>) -> Self {
        Self { page, scroll: 0, wrapped: Vec::new(), room: 1, lines, shape: None }
    }

    /// Sets it out for the body, and keeps the view on it.
    pub fn fit(&mut self, body: Rect, glyphs: Glyphs) {
        let width = body.width.saturating_sub(2);
        self.room = usize::from(body.height.saturating_sub(1)).max(1);
        if self.shape != Some((width, glyphs)) {
            self.shape = Some((width, glyphs));
            self.wrapped = self.lines.iter().flat_map(|line| wrap(line, width, glyphs)).collect();
        }
        self.scroll = self.scroll.min(self.wrapped.len().saturating_sub(self.room));
    }
}
