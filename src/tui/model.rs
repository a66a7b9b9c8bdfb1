//! Everything the screen knows. Keys and messages change it; drawing reads it.

use crate::app::{Counters, Queue};
use crate::domain::moment::Moment;
use crate::domain::names::RequestId;
use crate::domain::principal::Caller;
use crate::domain::refusal::Refusal;
use crate::domain::request::Request;
use crate::domain::rules;
use crate::domain::text::Safe;
use crate::domain::transitions::Verb;
use crate::present::line::{Line, Tone};
use crate::tui::Options;
use crate::tui::action::{Action, Ask, Effect, Place};
use crate::tui::attention::Attention;
use crate::tui::dialog::{Dialog, Focus};
use crate::tui::drafts::{self, Kept};
use crate::tui::glyphs::Glyphs;
use crate::tui::habits::Habits;
use crate::tui::keymap::Scope;
use crate::tui::layout::{Layout, layout};
use crate::tui::list::List;
use crate::tui::reading::{Drawn, Reading};
use std::collections::BTreeMap;

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
    /// The first visible line of the help, when it is open.
    pub help: Option<usize>,
    /// What was last said; gone with the next key.
    pub said: Option<Line>,
    /// What the last frame showed of a request.
    pub drawn: Option<Drawn>,
    /// What was typed into dialogs that were closed without deciding.
    pub drafts: BTreeMap<(RequestId, Ask), Vec<String>>,
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
            drafts: BTreeMap::new(),
            habits: Habits::default(),
            attention: Attention::default(),
            kept: Kept::default(),
        }
    }

    /// What must be done first.
    pub fn begin(&self) -> Vec<Effect> {
        vec![
            Effect::FindDrafts,
            Effect::KeepTime,
            Effect::Count,
            Effect::Load { queue: self.list.queue, place: Place::Start },
        ]
    }

    /// The characters it is drawn with.
    pub fn glyphs(&self) -> Glyphs {
        Glyphs { ascii: self.options.ascii }
    }

    /// Where everything stands; nothing when there is no room.
    pub fn layout(&self) -> Option<Layout> {
        layout(self.size, self.in_detail)
    }

    /// Where keys work now.
    pub fn scope(&self) -> Scope {
        match (&self.help, &self.dialog) {
            (Some(_), _) => Scope::Help,
            (None, Some(dialog)) if matches!(dialog.focus, Focus::Field(_)) => Scope::Text,
            (None, Some(_)) => Scope::Dialog,
            (None, None) if self.in_detail => Scope::Detail,
            (None, None) => Scope::List,
        }
    }

    /// The request a verb would be about: the one under the cursor, when it was read.
    pub fn subject(&self) -> Option<&Reading> {
        let id = self.list.selected_id()?;
        self.reading.as_ref().filter(|reading| reading.request.id == id)
    }

    /// What the key of `ask` asks about on `request`: a question is answered where anything else is approved.
    pub fn ask_on(ask: Ask, request: &Request) -> Ask {
        match (ask, request.kind()) {
            (Ask::Approve, crate::domain::content::Kind::Question) => Ask::Answer,
            _ => ask,
        }
    }

    /// Why a rule forbids `verb` on the subject; nothing when it does not, or nothing is known yet.
    pub fn refusal(&self, verb: Verb) -> Option<Refusal> {
        let reading = self.subject()?;
        let facts = reading.facts.as_ref()?;
        rules::may(verb, &reading.request, &self.caller, facts, self.now).err()
    }

    /// Why a rule forbids what a key would do now.
    pub fn refusal_of(&self, action: Action) -> Option<Refusal> {
        match action {
            Action::Ask(ask) => {
                let request = &self.subject()?.request;
                self.refusal(Self::ask_on(ask, request).verb())
            }
            Action::Claim => self.refusal(self.claim_verb()),
            _ => None,
        }
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
        if let (Some(pane), Some(reading)) = (layout.detail, &mut self.reading) {
            reading.fit(pane.inner.width.saturating_sub(2), pane.inner.height, glyphs);
        }
    }

    /// A frame was drawn from this model: notes what it showed. Says whether a dialog was shown for the first time.
    pub fn frame_shown(&mut self) -> bool {
        let layout = self.layout();
        let visible = layout.is_some_and(|l| l.detail.is_some()) && self.help.is_none();
        self.drawn = self.subject().filter(|_| visible).map(|reading| Drawn::of(&reading.request));
        match &mut self.dialog {
            Some(dialog) if !dialog.shown && layout.is_some() && self.help.is_none() => {
                dialog.shown = true;
                true
            }
            _ => false,
        }
    }
}
