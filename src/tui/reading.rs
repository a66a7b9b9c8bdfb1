//! The request that is being read: its lines, wrapped to the pane, and how far it is scrolled.

use crate::domain::command::{Facts, Seen};
use crate::domain::digest::{MarksDigest, RevisionDigest};
use crate::domain::event::Entry;
use crate::domain::moment::Moment;
use crate::domain::names::{RequestId, RevisionNumber, Seq};
use crate::domain::request::Request;
use crate::present::detail::detail;
use crate::present::history;
use crate::present::line::Line;
use crate::tui::glyphs::Glyphs;
use crate::tui::wrap::{Wrapped, wrap};

/// What was in front of somebody's eyes: a decision is bound to it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Drawn {
    /// Which request.
    pub id: RequestId,
    /// What it would do.
    pub revision: RevisionDigest,
    /// The marks on its steps.
    pub marks: MarksDigest,
    /// The number of the revision: another one that would do the same may be judged riskier.
    pub number: RevisionNumber,
}

impl Drawn {
    /// What a frame that shows `request` shows.
    pub fn of(request: &Request) -> Self {
        Self {
            id: request.id,
            revision: request.revision.digest,
            marks: request.marks_digest(),
            number: request.revision.number,
        }
    }

    /// What a decision says was seen.
    pub const fn seen(&self) -> Seen {
        Seen::Drawn { revision: self.revision, marks: self.marks, number: self.number, whole: false }
    }
}

/// A request as it is read.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The request.
    pub request: Request,
    /// Its events, oldest first.
    pub history: Vec<(Seq, Entry)>,
    /// What is true across requests; nothing when it could not be gathered, and then no key is greyed.
    pub facts: Option<Facts>,
    /// The first visible line.
    pub scroll: usize,
    /// The lines as they fit the pane.
    pub wrapped: Vec<Wrapped>,
    lines: Vec<Line>,
    wrapped_for: Option<(u16, Glyphs)>,
}

impl Reading {
    /// A request, opened at its first line.
    pub fn new(request: Request, history: Vec<(Seq, Entry)>, facts: Option<Facts>, now: Moment) -> Self {
        let mut reading = Self {
            request,
            history,
            facts,
            scroll: 0,
            wrapped: Vec::new(),
            lines: Vec::new(),
            wrapped_for: None,
        };
        reading.compose(now);
        reading
    }

    /// Says everything again; what is said depends on the time.
    pub fn compose(&mut self, now: Moment) {
        let mut lines = detail(&self.request, now);
        if !self.history.is_empty() {
            lines.push(Line::empty());
            let many = self.history.len();
            lines.push(Line::heading(format_args!(
                "History: {many} event{}",
                if many == 1 { "" } else { "s" }
            )));
            let name = self.request.id.to_string();
            lines.extend(self.history.iter().flat_map(|(seq, entry)| history::event(*seq, &name, entry)));
        }
        self.lines = lines;
        self.wrapped_for = None;
    }

    /// Wraps to the pane, and keeps the view inside the text.
    pub fn fit(&mut self, width: u16, height: u16, glyphs: Glyphs) {
        if self.wrapped_for != Some((width, glyphs)) {
            self.wrapped = self.lines.iter().flat_map(|line| wrap(line, width, glyphs)).collect();
            self.wrapped_for = Some((width, glyphs));
        }
        self.scroll = self.scroll.min(self.wrapped.len().saturating_sub(usize::from(height)));
    }
}
