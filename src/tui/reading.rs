//! The request that is being read: its lines, wrapped to the pane, and how far it is scrolled.

use crate::domain::bound::Sight;
use crate::domain::command::Facts;
use crate::domain::delta::{When, as_it_was, between};
use crate::domain::event::Entry;
use crate::domain::moment::Moment;
use crate::domain::names::{Seq, StepId};
use crate::domain::principal::Caller;
use crate::domain::request::Request;
use crate::domain::rules;
use crate::present::delta;
use crate::present::detail::Sheet;
use crate::present::plan::Long;
use crate::present::sides::How;
use crate::present::table::{Order, table};
use crate::present::tabs::{Tab, difference};
use crate::tui::gate::{Gate, Left, Origin, Shape};
use crate::tui::glyphs::Glyphs;
use crate::tui::graph::GraphView;
use crate::tui::search::{Found, Search, find};
use crate::tui::wrap::{Wrapped, wrap};
use std::collections::BTreeMap;

mod items;

pub use crate::tui::gate::Drawn;
pub use items::Talk;

/// A request as it is read.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The request.
    pub request: Request,
    /// Its events, oldest first.
    pub history: Vec<(Seq, Entry)>,
    /// What is true across requests; nothing when it could not be gathered, and then no key is greyed.
    pub facts: Option<Facts>,
    /// The tab that is read.
    pub tab: Tab,
    /// The first visible line.
    pub scroll: usize,
    /// Whether long values are shown whole.
    pub unfolded: bool,
    /// How many addresses of evidence were copied.
    pub copied: usize,
    /// What of the plan was shown.
    pub gate: Gate,
    /// The step one is at, while one goes through them.
    pub at_step: Option<StepId>,
    /// Who reads, what of the talk they have, and the file that is looked into.
    pub talk: Talk,
    /// What changed since the reader's own sign-off, when it is void.
    pub since: Option<Since>,
    /// The graph, while it is looked at.
    pub graph: GraphView,
    /// What the table of parameters is sorted by.
    pub order: Order,
    /// How it is said what changed.
    pub how: How,
    /// What is searched for.
    pub search: Option<Search>,
    /// The lines as they fit the pane.
    pub wrapped: Vec<Wrapped>,
    /// Where each of them comes from.
    pub origins: Vec<Origin>,
    /// Where what is searched for stands.
    pub found: Vec<Found>,
    /// The plan as it fits the pane, whichever tab is read: for the gate.
    plan: Sheet,
    plan_origins: Vec<Origin>,
    sheet: Sheet,
    scrolls: BTreeMap<Tab, usize>,
    /// The step whose line is to be brought into view.
    wanted: Option<StepId>,
    /// Whether the step one is at is to be brought into view.
    follows: bool,
    columns: usize,
    wrapped_for: Option<Shape>,
}

impl Reading {
    /// A request, opened at its first line.
    pub fn new(request: Request, history: Vec<(Seq, Entry)>, facts: Option<Facts>, now: Moment) -> Self {
        let mut reading = Self {
            gate: Gate::new(Drawn::of(&request)),
            request,
            history,
            facts,
            tab: Tab::Plan,
            scroll: 0,
            unfolded: false,
            copied: 0,
            at_step: None,
            talk: Talk::default(),
            since: None,
            follows: false,
            graph: GraphView::default(),
            order: Order::default(),
            how: How::default(),
            search: None,
            wrapped: Vec::new(),
            origins: Vec::new(),
            found: Vec::new(),
            plan: Sheet::default(),
            plan_origins: Vec::new(),
            sheet: Sheet::default(),
            scrolls: BTreeMap::new(),
            wanted: None,
            columns: 0,
            wrapped_for: None,
        };
        reading.compose(now);
        reading
    }

    /// Goes on where `before`, a reading of the same request, was. What was shown counts only for what is still there.
    pub fn continuing(mut self, before: Reading, now: Moment) -> Self {
        let same = before.gate.of == self.gate.of;
        let is_there = matches!(before.tab, Tab::Raw | Tab::Opened)
            || (before.tab == Tab::Since && self.since.is_some())
            || before.tab.is_there(&self.request, &self.history);
        if is_there {
            (self.tab, self.scroll, self.scrolls) = (before.tab, before.scroll, before.scrolls);
        }
        if same {
            self.gate = before.gate;
            if let (Some(now), Some(before)) = (&mut self.since, before.since) {
                now.gate = before.gate;
            }
        }
        self.search = before.search;
        self.unfolded = before.unfolded;
        (self.order, self.how, self.columns) = (before.order, before.how, before.columns);
        self.graph = before.graph;
        self.at_step = before.at_step.filter(|id| self.request.revision.steps.iter().any(|s| s.id == *id));
        self.copied = before.copied;
        self.talk.go_on(before.talk);
        self.compose(now);
        self
    }

    /// Says everything again; what is said depends on the time.
    pub fn compose(&mut self, now: Moment) {
        let long = match self.unfolded {
            true => Long::Whole,
            false => Long::Folded("f unfolds it"),
        };
        self.plan = Tab::Plan.sheet(&self.request, &self.history, now, long);
        self.sheet = match self.tab {
            Tab::Plan => self.plan.clone(),
            Tab::Since => self.since.as_ref().map(|since| since.sheet.clone()).unwrap_or_default(),
            Tab::Params => match &self.request.content {
                Some(content) => table(content, self.order, long),
                None => Sheet::default(),
            },
            Tab::Changes => difference(&self.request, self.how, self.columns).into(),
            Tab::Thread | Tab::Evidence | Tab::Opened => self.talk_sheet(now, long),
            tab => tab.sheet(&self.request, &self.history, now, long),
        };
        if self.tab == Tab::Graph {
            self.graph.compose(&self.request);
        }
        self.wrapped_for = None;
    }

    /// Wraps to the pane, and keeps the view inside the text.
    pub fn fit(&mut self, width: u16, height: u16, glyphs: Glyphs) {
        let shape = Shape { width, glyphs, unfolded: self.unfolded };
        let columns = usize::from(width).saturating_sub(1);
        if columns != self.columns {
            self.columns = columns;
            if self.tab == Tab::Changes {
                self.sheet = difference(&self.request, self.how, columns).into();
                self.wrapped_for = None;
            }
        }
        self.graph.fit(width, height, glyphs);
        if self.wrapped_for != Some(shape) {
            (self.wrapped, self.origins) = set(&self.sheet, shape);
            self.plan_origins = match self.tab {
                Tab::Plan => self.origins.clone(),
                _ => set(&self.plan, shape).1,
            };
            if let Some(since) = &mut self.since {
                since.origins = set(&since.sheet, shape).1;
            }
            self.wrapped_for = Some(shape);
            self.look_for();
        }
        if let Some(step) = self.wanted.take() {
            self.scroll = self.row_of(&step).unwrap_or(self.scroll);
        }
        if std::mem::take(&mut self.follows)
            && let Some(row) = self.here_row()
        {
            let next = self.row_after(row);
            let height = usize::from(height);
            if row < self.scroll || next > self.scroll + height {
                self.scroll = if next - row >= height { row } else { row.saturating_sub(height / 3) };
            }
        }
        self.scroll = self.scroll.min(self.wrapped.len().saturating_sub(usize::from(height)));
    }

    /// The step one is at, when one goes through them.
    pub fn step_here(&self) -> Option<&StepId> {
        self.at_step.as_ref().filter(|_| self.tab == Tab::Plan)
    }

    /// The row at which the step one is at begins.
    pub fn step_row(&self) -> Option<usize> {
        self.row_of(self.step_here()?)
    }

    /// The row behind the last one of the step that begins at `row`.
    fn row_after(&self, row: usize) -> usize {
        if self.item_here().is_some() {
            return self.row_after_item(row);
        }
        let ids = self.request.revision.steps.iter().filter_map(|step| self.row_of(&step.id));
        ids.filter(|next| *next > row).min().unwrap_or(row + 1)
    }

    /// Begins to go through the steps, at the first that is in view; says whether there are any.
    pub fn begin_steps(&mut self) -> bool {
        let ids = || self.request.revision.steps.iter().map(|step| &step.id);
        let in_view = ids().find(|id| self.row_of(id).is_some_and(|row| row >= self.scroll));
        self.at_step = in_view.or_else(|| ids().next()).cloned();
        self.follows = true;
        self.at_step.is_some()
    }

    /// So many steps on, or back.
    pub fn move_step(&mut self, by: isize) {
        let ids: Vec<&StepId> = self.request.revision.steps.iter().map(|step| &step.id).collect();
        let at = ids.iter().position(|id| Some(*id) == self.at_step.as_ref()).unwrap_or(0);
        let to = at.saturating_add_signed(by).min(ids.len().saturating_sub(1));
        self.at_step = ids.get(to).map(|id| (*id).clone());
        self.follows = true;
    }

    /// How many columns there are for text.
    pub const fn columns(&self) -> usize {
        self.columns
    }

    /// Goes to the plan, where a step is.
    pub fn to_step(&mut self, step: StepId, now: Moment) {
        self.show(Tab::Plan, now);
        self.wanted = Some(step);
    }

    /// The row at which a step begins: a number, then its name.
    fn row_of(&self, step: &StepId) -> Option<usize> {
        let begins = |line: &crate::present::line::Line| {
            matches!(line.phrases.as_slice(), [number, name, ..]
                if !number.text.as_str().trim().is_empty()
                    && number.text.as_str().trim().chars().all(|c| c.is_ascii_digit())
                    && name.text.as_str().trim() == step.as_str())
        };
        let line = self.plan.lines.iter().position(begins)?;
        self.origins.iter().position(|origin| origin.line == line)
    }

    /// A frame showed so many lines from the first visible one on.
    pub fn shown(&mut self, height: usize) {
        let mut gates = self.gates();
        self.count(&mut gates, height);
        self.gate = gates.0;
        if let (Some(since), Some(gate)) = (&mut self.since, gates.1) {
            since.gate = gate;
        }
    }

    fn gates(&self) -> (Gate, Option<Gate>) {
        (self.gate.clone(), self.since.as_ref().map(|since| since.gate.clone()))
    }

    fn count(&self, (plan, since): &mut (Gate, Option<Gate>), height: usize) {
        let Some(shape) = self.wrapped_for else { return };
        let to = (self.scroll + height).min(self.origins.len());
        let Some(rows) = self.origins.get(self.scroll..to) else { return };
        match (self.tab, since, &self.since) {
            (Tab::Plan, ..) => plan.shown(&self.plan, shape, rows),
            (Tab::Since, Some(gate), Some(since)) => gate.shown(&since.sheet, shape, rows),
            _ => {}
        }
    }

    /// Knows what changed since `caller` signed it off, if they did and it did.
    pub fn know_since(&mut self, caller: &Caller, approve: &str) {
        let Some(mine) = rules::overtaken(&self.request, &caller.name, caller.person.as_ref()) else {
            return;
        };
        let entries = self.history.iter().map(|(_, entry)| entry);
        let then = as_it_was(self.request.id, entries, When::SignedOff(mine.number));
        let Some(changes) = then.and_then(|then| between(&then, &self.request)) else { return };
        let whole = mine.bound.seen == Sight::Whole;
        let sheet = delta::since(mine.number, mine.bound.revision, &changes, approve);
        let gate = Gate::new(Drawn::of(&self.request));
        self.since = Some(Since { sheet, whole, gate, origins: Vec::new() });
    }

    /// Whether the reader had all of it before their eyes when they signed it off, and all that changed since.
    fn was_read_since(&self, gate: Option<&Gate>) -> bool {
        let (Some(since), Some(gate), Some(shape)) = (&self.since, gate, self.wrapped_for) else {
            return false;
        };
        since.whole && gate.left(&since.sheet, shape, &since.origins).is_nothing()
    }

    /// What of the plan was not shown yet, when somebody has to have read it all: of what is sensitive and open.
    pub fn left(&self) -> Option<Left> {
        self.left_of(&self.gate, self.since.as_ref().map(|since| &since.gate))
    }

    /// What will be left once a frame with so many lines was drawn: what that frame itself says.
    pub fn left_after(&self, height: usize) -> Option<Left> {
        let mut gates = self.gates();
        self.count(&mut gates, height);
        self.left_of(&gates.0, gates.1.as_ref())
    }

    /// Whether every line of the plan was drawn, sensitive or not.
    pub fn was_read_whole(&self) -> bool {
        if self.was_read_since(self.since.as_ref().map(|since| &since.gate)) {
            return true;
        }
        self.request.content.is_some()
            && self
                .wrapped_for
                .is_some_and(|shape| self.gate.left(&self.plan, shape, &self.plan_origins).is_nothing())
    }

    fn left_of(&self, gate: &Gate, since: Option<&Gate>) -> Option<Left> {
        if self.was_read_since(since) {
            return None;
        }
        if !self.request.assessment().sensitive || !self.request.is_open() || self.request.content.is_none() {
            return None;
        }
        let left = match (self.wrapped_for, &self.since, since) {
            (Some(shape), Some(delta), Some(gate)) if self.tab == Tab::Since && delta.whole => {
                gate.left(&delta.sheet, shape, &delta.origins)
            }
            (Some(shape), ..) => gate.left(&self.plan, shape, &self.plan_origins),
            (None, ..) => Left { lines: self.plan.must.len(), folded: 0 },
        };
        (!left.is_nothing()).then_some(left)
    }

    /// The tabs there are, each with the number of things in it.
    pub fn tabs(&self) -> Vec<(Tab, Option<String>)> {
        let since = self.since.is_some();
        let there = |tab: &Tab| {
            *tab == self.tab || (*tab == Tab::Since && since) || tab.is_there(&self.request, &self.history)
        };
        let count = |tab: Tab| (tab, tab.tally(&self.request, &self.history));
        Tab::ALL.into_iter().filter(there).map(count).collect()
    }

    /// Whether a value of the plan is folded, or was before it was unfolded.
    pub fn can_unfold(&self) -> bool {
        self.unfolded || !self.plan.folded.is_empty() || !self.sheet.folded.is_empty()
    }

    /// Goes to a tab, at the line where it was left.
    pub fn show(&mut self, tab: Tab, now: Moment) {
        if tab == self.tab {
            return;
        }
        self.scrolls.insert(self.tab, self.scroll);
        self.tab = tab;
        self.scroll = self.scrolls.get(&tab).copied().unwrap_or(0);
        self.compose(now);
    }

    /// Brings the first match from where the search began into a view of so many lines; without one it goes back there.
    pub fn to_first(&mut self, height: usize) {
        let Some(search) = &mut self.search else { return };
        let from = search.from;
        let first = self.found.iter().find(|f| f.row >= from).or(self.found.first()).copied();
        search.at = first.map_or(0, |found| found.number);
        self.scroll = from;
        if let Some(found) = first {
            self.bring(found.row, height);
        }
    }

    /// Goes round to the next match, or the one before.
    pub fn to_next(&mut self, forward: bool, height: usize) {
        let many = self.found.last().map_or(0, |found| found.number + 1);
        let Some(search) = self.search.as_mut().filter(|_| many > 0) else { return };
        search.at = (search.at + if forward { 1 } else { many - 1 }) % many;
        let at = search.at;
        if let Some(row) = self.found.iter().find(|f| f.number == at).map(|f| f.row) {
            self.bring(row, height);
        }
    }

    fn bring(&mut self, row: usize, height: usize) {
        if row < self.scroll || row >= self.scroll + height {
            self.scroll = row.saturating_sub(height / 3);
        }
    }

    /// Finds again what is searched for.
    pub fn look_for(&mut self) {
        self.found = match &self.search {
            Some(search) => find(&search.words, &self.wrapped, &self.origins),
            None => Vec::new(),
        };
        let last = self.found.last().map_or(0, |found| found.number);
        if let Some(search) = &mut self.search {
            // Another tab, or what is there now, may hold fewer.
            search.at = search.at.min(last);
        }
    }
}

/// What changed since the reader's own sign-off, and what of that was shown.
#[derive(Clone, Debug)]
pub struct Since {
    sheet: Sheet,
    /// Whether the reader had seen all of the plan when they signed.
    whole: bool,
    gate: Gate,
    origins: Vec<Origin>,
}

/// The lines of a sheet wrapped, and where each comes from.
fn set(sheet: &Sheet, shape: Shape) -> (Vec<Wrapped>, Vec<Origin>) {
    let (mut wrapped, mut origins) = (Vec::new(), Vec::new());
    for (line, words) in sheet.lines.iter().enumerate() {
        let rows = wrap(words, shape.width, shape.glyphs);
        let parts = rows.len();
        origins.extend((0..parts).map(|part| Origin { line, part, parts }));
        wrapped.extend(rows);
    }
    (wrapped, origins)
}
