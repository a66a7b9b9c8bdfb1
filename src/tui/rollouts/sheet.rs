//! The view of one rollout: its lines as they fit, and how far it is scrolled.

use crate::app::rollouts::Whole;
use crate::domain::moment::Moment;
use crate::domain::names::RequestId;
use crate::present::rollout::marks::Marks;
use crate::present::rollout::view::{Room, view};
use crate::tui::glyphs::Glyphs;
use crate::tui::wrap::{Wrapped, wrap};
use ratatui::layout::Rect;

/// What is viewed.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// Whose rollout: its deployment.
    pub id: RequestId,
    /// The first visible line.
    pub scroll: usize,
    /// The lines as they fit.
    pub wrapped: Vec<Wrapped>,
    /// How many lines are in view.
    pub room: usize,
    whole: Option<Box<Whole>>,
    /// What the lines were set for.
    set_for: Option<(u16, Glyphs, Moment)>,
    /// Whether a frame has shown what it is; keys typed before are dropped.
    shown: bool,
}

impl Sheet {
    /// One that is not read yet.
    pub const fn new(id: RequestId) -> Self {
        Self { id, scroll: 0, wrapped: Vec::new(), room: 1, whole: None, set_for: None, shown: false }
    }

    /// What is known of it.
    pub fn whole(&self) -> Option<&Whole> {
        self.whole.as_deref()
    }

    /// Takes what was read.
    pub fn take(&mut self, whole: Whole) {
        if self.whole.as_deref() != Some(&whole) {
            self.whole = Some(Box::new(whole));
            self.set_for = None;
        }
    }

    /// Sets it out for the body as of now, and keeps the view on it.
    pub fn fit(&mut self, body: Rect, glyphs: Glyphs, now: Moment) {
        let width = body.width.saturating_sub(2);
        self.room = usize::from(body.height.saturating_sub(1)).max(1);
        if let Some(whole) = self.whole.as_ref().filter(|_| self.set_for != Some((width, glyphs, now))) {
            self.set_for = Some((width, glyphs, now));
            let room =
                Room { width: usize::from(width).saturating_sub(1), marks: Marks { ascii: glyphs.ascii } };
            let lines = view(&whole.seen, &whole.events, now, room);
            self.wrapped = lines.iter().flat_map(|line| wrap(line, width, glyphs)).collect();
        }
        self.scroll = self.scroll.min(self.wrapped.len().saturating_sub(self.room));
    }

    /// A frame has shown what is in view. Says whether it was the first with anything in it.
    pub fn was_drawn(&mut self) -> bool {
        self.whole.is_some() && !std::mem::replace(&mut self.shown, true)
    }

    /// Whether no frame has shown it yet.
    pub const fn is_unseen(&self) -> bool {
        !self.shown
    }
}
