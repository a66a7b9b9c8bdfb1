//! Everything the screen knows. Keys and messages change it; drawing reads it.

use crate::app::{Ahead, Counters, Looking, Queue, no_program};
use crate::domain::claiming::at_hand;
use crate::domain::marks::Mark;
use crate::domain::moment::Moment;
use crate::domain::names::{RequestId, RevisionNumber};
use crate::domain::principal::{Caller, Face};
use crate::domain::refusal::Refusal;
use crate::domain::request::Request;
use crate::domain::rollout::Stimulus;
use crate::domain::rules;
use crate::domain::signing;
use crate::domain::statement::Deed;
use crate::domain::text::Safe;
use crate::domain::transitions::Verb;
use crate::present::line::{Line, Tone};
use crate::present::tabs::Tab;
use crate::tui::Options;
use crate::tui::action::{Action, Ask, Effect, Place};
use crate::tui::arrival::Arrival;
use crate::tui::attention::Attention;
use crate::tui::batch::Batch;
use crate::tui::dialog::{Dialog, Focus};
use crate::tui::drafts::{self, Kept};
use crate::tui::filtering::{Filtering, Seek};
use crate::tui::gate::{Gate, Left};
use crate::tui::glyphs::Glyphs;
use crate::tui::habits::Habits;
use crate::tui::keymap::Scope;
use crate::tui::layout::{Layout, layout};
use crate::tui::list::List;
use crate::tui::marks::Marks;
use crate::tui::prompt::Prompt;
use crate::tui::reading::{Drawn, Reading};
use crate::tui::rollouts::{self, Rollouts};
use std::collections::BTreeMap;
use std::time::Duration;

/// The screen as a value.
#[derive(Clone, Debug)]
pub struct Model {
    /// How it looks.
    pub options: Options,
    /// Columns and lines of the terminal.
    pub size: (u16, u16),
    /// The time of the last tick or message; countdowns are told from it.
    pub now: Moment,
    /// Who sits in front of it.
    pub caller: Caller,
    /// Where it runs.
    pub host: Safe,
    /// The kept counters, once read.
    pub counters: Option<Counters>,
    /// The rows at hand.
    pub list: List,
    /// Whether the keys go to the request instead of the list.
    pub in_detail: bool,
    /// The request that is read.
    pub reading: Option<Reading>,
    /// The open dialog.
    pub dialog: Option<Dialog>,
    /// The selected line of the help, when it is open.
    pub help: Option<usize>,
    /// What was last said; gone with the next key.
    pub said: Option<Line>,
    /// What the last frame without the help in front showed of a request.
    pub drawn: Option<Drawn>,
    /// Since the start of the screen: of the key that is being handled, or the frame that was drawn last.
    pub at: Duration,
    /// What last came under the cursor by itself.
    pub arrival: Arrival,
    /// What was shown of requests that were read before.
    pub gates: BTreeMap<RequestId, Gate>,
    /// What was typed into dialogs that were closed without deciding.
    pub drafts: BTreeMap<drafts::Key, Vec<String>>,

    /// The filter over the list.
    pub filtering: Filtering,
    /// The line in which a filter or a command is typed.
    pub prompt: Option<Prompt>,
    /// Filters with a name, from the settings.
    pub views: Vec<(String, String)>,
    /// How many each of them has, once looked.
    pub aheads: Vec<Ahead>,
    /// In which order the list is read, and what of it is hidden.
    pub looking: Looking,
    /// What is known of rollouts: the strip, the view of one, what is asked of it.
    pub rollouts: Rollouts,
    /// How many of the list are hidden.
    pub hidden: u64,
    /// What was noted as opened, and at which revision.
    pub noted: BTreeMap<RequestId, RevisionNumber>,
    /// The rows that are marked.
    pub marks: Marks,
    /// The dialog of a batch.
    pub batch: Option<Batch>,
    /// The page that lies over everything, while it is read.
    pub page: Option<crate::tui::page::Sheet>,
    /// What looks alike, while it is looked at.
    pub alike: Option<crate::tui::alike::Sheet>,
    /// What the settings say.
    pub habits: Habits,
    /// What was rung for.
    pub attention: Attention,
    /// What is typed, and what of it is in the file.
    pub kept: Kept,
}

impl Model {
    /// A screen that knows nothing yet.
    pub fn new(options: Options, size: (u16, u16), now: Moment, caller: Caller, host: Safe) -> Self {
        Self {
            options,
            size,
            now,
            caller,
            host,
            counters: None,
            list: List::new(Queue::Waiting),
            in_detail: false,
            reading: None,
            dialog: None,
            help: None,
            said: None,
            drawn: None,
            at: Duration::ZERO,
            arrival: Arrival::None,
            gates: BTreeMap::new(),
            drafts: BTreeMap::new(),
            filtering: Filtering::default(),
            prompt: None,
            views: Vec::new(),
            aheads: Vec::new(),
            looking: Looking::default(),
            rollouts: Rollouts::default(),
            hidden: 0,
            noted: BTreeMap::new(),
            marks: Marks::default(),
            batch: None,
            page: None,
            alike: None,
            habits: Habits::default(),
            attention: Attention::default(),
            kept: Kept::default(),
        }
    }

    /// Whether somebody works here through SSH: then no program is started for them.
    pub fn is_session(&self) -> bool {
        self.caller.face == Face::Session
    }

    /// What must be done first.
    pub fn begin(&self) -> Vec<Effect> {
        vec![Effect::Count, self.load(Place::Start)]
    }

    /// What is wanted when the first frame stands: nobody waits for it to see what waits for them.
    pub fn go_on(&self) -> Vec<Effect> {
        vec![self.rollouts.read(), Effect::ComeBack, Effect::FindDrafts, Effect::KeepTime]
    }

    /// Reads rows of the list at `place`: of the queue, or, with a filter on, of what matches.
    pub fn load(&self, place: Place) -> Effect {
        let (queue, looking) = (self.list.queue, self.looking);
        if !self.filtering.is_on() {
            return Effect::Load { queue, place, looking };
        }
        let why = if matches!(place, Place::Around(_)) { Seek::Around } else { Seek::Start };
        Effect::Find { queue, filter: Box::new(self.filtering.filter.clone()), why, looking }
    }

    /// The characters it is drawn with.
    pub fn glyphs(&self) -> Glyphs {
        Glyphs { ascii: self.options.ascii }
    }

    /// Where everything stands; nothing when there is no room.
    pub fn layout(&self) -> Option<Layout> {
        layout(self.size, self.in_detail, self.rollouts.live.len())
    }

    /// Where keys work now.
    pub fn scope(&self) -> Scope {
        if self.help.is_some() { Scope::Help } else { self.scope_below_help() }
    }

    /// Where keys work, or would if the help were closed.
    pub fn scope_below_help(&self) -> Scope {
        let focus = match (&self.rollouts.order, &self.batch, &self.dialog) {
            (Some(order), ..) => Some(order.focus),
            (None, Some(batch), _) => Some(batch.focus),
            (None, None, dialog) => dialog.as_ref().map(|dialog| dialog.focus),
        };
        match focus {
            Some(Focus::Field(_)) => Scope::Text,
            Some(_) => Scope::Dialog,
            None if self.rollouts.sheet.is_some() => Scope::Rollout,
            None if self.page.is_some() => Scope::Page,
            None if self.alike.is_some() => Scope::Alike,
            None if self.prompt.is_some() => Scope::Prompt,
            None if self.in_detail && self.is_typing_a_search() => Scope::Search,
            None if self.in_detail && self.subject().is_some_and(|r| r.tab == Tab::Graph) => Scope::Graph,
            None if self.in_detail && self.subject().is_some_and(|r| r.step_here().is_some()) => Scope::Steps,
            None if self.in_detail && self.item_here(Tab::Thread) => Scope::Thread,
            None if self.in_detail && self.item_here(Tab::Evidence) => Scope::Evidence,
            None if self.in_detail => Scope::Detail,
            None => Scope::List,
        }
    }

    /// The request a verb would be about: the one under the cursor, when it was read.
    pub fn subject(&self) -> Option<&Reading> {
        let id = self.list.selected_id()?;
        self.reading.as_ref().filter(|reading| reading.request.id == id)
    }

    fn item_here(&self, tab: Tab) -> bool {
        self.subject().is_some_and(|reading| reading.tab == tab && reading.item_here().is_some())
    }

    fn is_typing_a_search(&self) -> bool {
        self.subject().and_then(|reading| reading.search.as_ref()).is_some_and(|search| search.typing)
    }

    /// What of the plan must be shown before `ask` can be decided; nothing when all of it was, or it need not be.
    pub fn left_to_show(&self, ask: Ask) -> Option<Left> {
        let reading = self
            .subject()
            .filter(|_| matches!(ask, Ask::Approve | Ask::Sign | Ask::Answer | Ask::Override))?;
        reading.left()
    }

    /// Whether a frame shows the subject's text whole: what a dialog or the help covers does not count as shown.
    fn shows_the_text(&self) -> bool {
        let visible = self.layout().is_some_and(|layout| layout.detail.is_some());
        let uncovered = self.help.is_none() && !self.asks() && self.prompt.is_none();
        visible && uncovered && self.subject().is_some()
    }

    /// What of the subject's plan is left to be shown when the frame that says so is drawn.
    pub fn left_in_frame(&self) -> Option<Left> {
        let height = if self.shows_the_text() { self.text_height() } else { 0 };
        self.subject()?.left_after(height)
    }

    /// How many lines of a request there is room for.
    pub fn text_height(&self) -> usize {
        self.layout().and_then(|layout| layout.detail).map_or(1, |pane| usize::from(pane.text().height))
    }

    /// What the key of `ask` asks about on `request`: a question is answered where anything else is approved.
    pub fn ask_on(ask: Ask, request: &Request) -> Ask {
        match (ask, request.kind()) {
            (Ask::Approve, crate::domain::content::Kind::Question) => Ask::Answer,
            (Ask::Mark(Mark::Skipped), _) if request.run.is_some() => Ask::LeaveOut,
            _ => ask,
        }
    }

    /// Why a rule forbids `verb` on the subject; nothing when it does not, or nothing is known yet.
    pub fn refusal(&self, verb: Verb) -> Option<Refusal> {
        let reading = self.subject()?;
        let facts = reading.facts.as_ref()?;
        if matches!(verb, Verb::Run | Verb::RollBack) && self.is_session() {
            return Some(no_program(reading.request.id, verb.word()));
        }
        let (request, caller, now) = (&reading.request, &self.caller, self.now);
        let may = rules::may(verb, request, caller, facts, now);
        may.and_then(|()| at_hand(verb, request, caller, facts, now)).err()
    }

    /// Why a rule forbids what `ask` would do; signing is asked as what it would be, signed.
    pub fn refusal_to(&self, ask: Ask) -> Option<Refusal> {
        if ask != Ask::Sign {
            return self.refusal(ask.verb());
        }
        let reading = self.subject()?;
        let facts = reading.facts.as_ref()?;
        signing::may(&reading.request, Deed::Approve, &self.caller, facts, self.now).err()
    }

    /// Why a rule forbids what a key would do now.
    pub fn refusal_of(&self, action: Action) -> Option<Refusal> {
        if self.alike.is_some() {
            return None;
        }
        match action {
            Action::Ask(Ask::RollBack) if rollouts::has_something_to(self, Stimulus::RollBack) => None,
            Action::Ask(ask) => {
                let request = &self.subject()?.request;
                self.refusal_to(Self::ask_on(ask, request))
            }
            Action::Steer(on) => rollouts::refusal(self, on),
            Action::Claim => self.refusal(self.claim_verb()),
            Action::Snooze if crate::tui::snoozing::means_the_marks(self) => None,
            Action::Snooze => self.refusal(Verb::Snooze),
            _ => None,
        }
    }

    /// Whether a key stands in brackets: a rule forbids what it would do now, or there is nothing to do it with. Pressed,
    /// it says which.
    pub fn is_greyed(&self, action: Action) -> bool {
        self.refusal_of(action).is_some()
            || (action == Action::CopyField && crate::tui::picking::why_not(self).is_some())
    }

    /// What the claim key does: release what one has claimed, else claim.
    pub fn claim_verb(&self) -> Verb {
        let mine = self
            .subject()
            .and_then(|reading| reading.request.live_claim(self.now))
            .is_some_and(|claim| claim.by == self.caller.name);
        if mine { Verb::Release } else { Verb::Claim }
    }

    /// Whether the pane of the request shows, or should show, another than the one under the cursor.
    pub fn wants_reading(&self) -> Option<RequestId> {
        let id = self.list.selected_id()?;
        let visible = self.layout().is_some_and(|l| l.detail.is_some());
        (visible && self.subject().is_none()).then_some(id)
    }

    /// Whether a dialog is open.
    pub fn asks(&self) -> bool {
        let over = self.alike.is_some() || self.page.is_some() || self.rollouts.sheet.is_some();
        over || self.dialog.is_some() || self.batch.is_some() || self.rollouts.order.is_some()
    }

    /// Whether a dialog is open that no frame has shown: what is typed then was meant for something else.
    pub fn asks_unseen(&self) -> bool {
        self.dialog.as_ref().is_some_and(|dialog| !dialog.shown)
            || self.batch.as_ref().is_some_and(|batch| !batch.shown)
            || self.alike.as_ref().is_some_and(|alike| !alike.shown)
            || self.rollouts.order.as_ref().is_some_and(|order| !order.shown)
    }

    /// Says something in the status line.
    pub fn say(&mut self, tone: Tone, words: impl std::fmt::Display) {
        self.said = Some(Line::default().and(tone, words));
    }

    /// Brings cursor, scroll and wrapping in order with the size; called after every change.
    pub fn settle(&mut self) {
        drafts::note(self);
        let glyphs = self.glyphs();
        let Some(layout) = self.layout() else { return };
        if let Some(pane) = layout.list {
            self.list.fit(usize::from(pane.inner.height.saturating_sub(1)));
        }
        if let Some(alike) = &mut self.alike {
            alike.fit(layout.body, glyphs);
        }
        if let Some(sheet) = &mut self.rollouts.sheet {
            sheet.fit(layout.body, glyphs, self.now);
        }
        if let Some(page) = &mut self.page {
            page.fit(layout.body, glyphs);
        }
        if let (Some(pane), Some(reading)) = (layout.detail, &mut self.reading) {
            let text = pane.text();
            reading.fit(text.width.saturating_sub(2), text.height, glyphs);
        }
    }

    /// A frame was drawn from this model: notes what it showed. Says whether a dialog was shown for the first time.
    pub fn frame_shown(&mut self) -> bool {
        let layout = self.layout();
        if self.help.is_none() {
            let visible = layout.is_some_and(|l| l.detail.is_some());
            // Another tab than the plan shows nothing to decide on; but the plan that was shown stays so.
            let before = self.drawn;
            self.drawn = self.subject().filter(|_| visible).and_then(|reading| {
                let there = Drawn::of(&reading.request);
                (matches!(reading.tab, Tab::Plan | Tab::Since) || before == Some(there)).then_some(there)
            });
        }
        let (height, uncovered) = (self.text_height(), self.shows_the_text());
        if let Some(reading) = self.reading.as_mut().filter(|_| uncovered) {
            reading.shown(height);
            reading.note_drawn(height);
        }
        self.arrival.shown(self.at);
        let seen = self.help.is_none() && layout.is_some();
        if let Some(order) = self.rollouts.order.as_mut().filter(|_| seen) {
            return !std::mem::replace(&mut order.shown, true);
        }
        if let Some(sheet) = self.rollouts.sheet.as_mut().filter(|_| seen) {
            return sheet.was_drawn();
        }
        if let (Some(batch), Some(layout)) = (&mut self.batch, layout)
            && self.help.is_none()
        {
            batch.was_drawn(crate::tui::batch::visible(layout.body.height));
            return !std::mem::replace(&mut batch.shown, true);
        }
        if let Some(alike) = self.alike.as_mut().filter(|_| self.help.is_none() && layout.is_some()) {
            return alike.was_drawn();
        }
        let said = crate::tui::view::dialog::on_screen(self).filter(|_| self.help.is_none());
        if let (Some(dialog), Some(said)) = (&mut self.dialog, said) {
            dialog.was_drawn(said.width, said.first, said.shown, said.all);
        }
        match &mut self.dialog {
            Some(dialog) if !dialog.shown && layout.is_some() && self.help.is_none() => {
                dialog.shown = true;
                true
            }
            _ => false,
        }
    }
}
