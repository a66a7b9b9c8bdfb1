//! Lists and names: pages of the inbox, the kept counters, and which request a word means.

use crate::app::config::View;
use crate::app::{Ahead, App, Error, Failure, Found, From, Order, Queue, Row};
use crate::domain::event::Entry;
use crate::domain::filter::Filter;
use crate::domain::moment::Moment;
use crate::domain::names::{Identifier, RequestId, Seq};
use crate::domain::principal::{Assurance, Caller, Face};
use crate::domain::quorum::Signer;
use crate::domain::refusal::Refusal;
use crate::store::inbox::Reader;
use crate::store::sight::Sight;
use std::collections::BTreeSet;

/// How many requests are in each list.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counters {
    /// Those that wait for the caller.
    pub waiting: u64,
    /// Those of them that are overdue, up to a thousand.
    pub overdue: u64,
    /// Those that wait for anybody, and nobody is on.
    pub unclaimed: u64,
    /// Those that are escalated.
    pub escalated: u64,
    /// Open promotions.
    pub promotions: u64,
    /// Open reviews that are owed.
    pub debts: u64,
    /// Open questions.
    pub questions: u64,
    /// Those that are open.
    pub open: u64,
    /// Those that are decided.
    pub decided: u64,
    /// By how much the clock is behind the last event, when that is more than a minute.
    pub clock_behind: Option<crate::domain::moment::Span>,
    /// Who keeps time.
    pub kept: Option<Kept>,
    /// How many channels do not take what they are given.
    pub failing: u64,
    /// How many comments call the caller that they have not read.
    pub calls: u64,
}

/// Who keeps time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kept {
    /// Nobody.
    ByNobody,
    /// This very screen.
    Here,
    /// Another screen.
    ByScreen,
    /// A watcher.
    ByWatcher,
}

/// How somebody wants to look at a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Looking {
    /// In which order.
    pub order: Order,
    /// When set, what they had opened by then is hidden, unless it changed since, is overdue or escalated.
    pub seen_by: Option<Moment>,
}

impl Counters {
    /// How many are in `queue`.
    pub const fn of(&self, queue: Queue) -> u64 {
        match queue {
            Queue::Waiting => self.waiting,
            Queue::Unclaimed => self.unclaimed,
            Queue::Escalated => self.escalated,
            Queue::Promotions => self.promotions,
            Queue::Debts => self.debts,
            Queue::Questions => self.questions,
            Queue::Open => self.open,
            Queue::Decided => self.decided,
        }
    }
}

impl App {
    fn reader(&self) -> Result<Reader, Failure> {
        let caller: Caller = self.caller(Face::Cli);
        // With self-review on, one's own requests wait for oneself too.
        let own = if self.config.solo.self_review {
            Vec::new()
        } else {
            let person = caller.person.as_ref().map(|p| format!("person:{p}"));
            person.into_iter().chain([format!("name:{}", caller.name)]).collect()
        };
        let Caller { name, kind, person, assurance, .. } = caller;
        // In a team the roster says which roles they hold. Whoever is enrolled with a key could sign.
        let looker = self.looker()?;
        let sight = looker.sight.clone();
        let place = Some(looker).filter(|place| place.team);
        let has_key = || {
            let policy = self.known.effective(&self.store).ok();
            policy.is_some_and(|p| p.roster.find(&name).is_some_and(|them| !them.keys.is_empty()))
        };
        let assurance = if place.is_some() || has_key() { Assurance::SignedTouch } else { assurance };
        let roles = place.map(|place| place.standing.roles).unwrap_or_default();
        let signer = Signer { name, kind, person, roles, assurance, newcomer: false };
        Ok(Reader { own, signer, order: Order::Reading, seen_by: None, sight })
    }

    fn reader_who(&self, looking: Looking) -> Result<Reader, Failure> {
        Ok(Reader { order: looking.order, seen_by: looking.seen_by, ..self.reader()? })
    }

    /// One page of a list, at most `limit` rows, in reading order.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn page(&self, queue: Queue, from: From<'_>, limit: usize) -> Result<Vec<Row>, Failure> {
        self.store.page(queue, from, limit, &self.reader()?, self.now())
    }

    /// One page of a list as somebody wants to look at it.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn page_as(
        &self,
        queue: Queue,
        from: From<'_>,
        limit: usize,
        looking: Looking,
    ) -> Result<Vec<Row>, Failure> {
        self.store.page(queue, from, limit, &self.reader_who(looking)?, self.now())
    }

    /// How many rows of a list are hidden from somebody who wants to look at it so.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn hidden(&self, queue: Queue, looking: Looking) -> Result<u64, Failure> {
        self.store.hidden(queue, &self.reader_who(looking)?, self.now())
    }

    /// The rows of a list that match a filter, as somebody wants to look at them.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn find_as(&self, queue: Queue, filter: &Filter, looking: Looking) -> Result<Found, Failure> {
        self.store.find(queue, filter, &self.reader_who(looking)?, self.now())
    }

    /// The rows of a list that match a filter, in reading order; how many are looked at is bounded.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn find(&self, queue: Queue, filter: &Filter) -> Result<Found, Failure> {
        self.store.find(queue, filter, &self.reader()?, self.now())
    }

    /// The filters with a name from the settings, as they would be typed.
    pub fn views(&self) -> Vec<(String, String)> {
        let view = |(name, view): (&Identifier, &View)| (name.as_str().to_owned(), view.text().to_owned());
        self.config.views.iter().map(view).collect()
    }

    /// How many of all that is open each view has, in the order of [`App::views`]; a bounded look ahead.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn aheads(&self) -> Result<Vec<Ahead>, Failure> {
        let filter = |view: &View| Filter::parse(view.text()).unwrap_or_default();
        let filters: Vec<Filter> = self.config.views.values().map(filter).collect();
        self.store.ahead(Queue::Open, &filters, &self.reader()?, self.now())
    }

    /// The kept counters.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn counters(&self) -> Result<Counters, Failure> {
        self.store.still_there()?;
        let (reader, now) = (self.reader()?, self.now());
        // How the place is kept is not for those who only ask.
        let all = reader.sight == Sight::Everything;
        let count = |queue| self.store.count(queue, &reader, now);
        Ok(Counters {
            waiting: count(Queue::Waiting)?,
            overdue: self.store.overdue(&reader, now)?,
            unclaimed: count(Queue::Unclaimed)?,
            escalated: count(Queue::Escalated)?,
            promotions: count(Queue::Promotions)?,
            debts: count(Queue::Debts)?,
            questions: count(Queue::Questions)?,
            open: count(Queue::Open)?,
            decided: count(Queue::Decided)?,
            clock_behind: self.clock_behind()?,
            kept: match self.kept_by()? {
                _ if !all => None,
                None => Some(Kept::ByNobody),
                Some(by) if by.screen && by.process == std::process::id() => Some(Kept::Here),
                Some(by) if by.screen => Some(Kept::ByScreen),
                Some(_) => Some(Kept::ByWatcher),
            },
            failing: if all { self.failing_channels()?.len() as u64 } else { 0 },
            calls: self.mentions_of(&reader.signer.name)?.len() as u64,
        })
    }

    /// What began to wait for the caller since they last asked this, and is of critical risk or urgent; nothing the first
    /// time, when all of it was there already.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn newly_urgent(&mut self) -> Result<BTreeSet<RequestId>, Failure> {
        let now = self.now();
        let looked = self.store.looked(now)?;
        let urgent = match self.looked {
            Some(before) => self.store.urgent_since(before, &self.reader()?, now)?,
            None => BTreeSet::new(),
        };
        self.looked = Some(looked);
        Ok(urgent)
    }

    /// A request's events, oldest first.
    ///
    /// # Errors
    /// [`Refusal::NoSuchRequest`], or the log cannot be read.
    pub fn history(&self, id: RequestId) -> Result<Vec<(Seq, Entry)>, Error> {
        self.request(id)?;
        let events = self.store.history(id, &self.looker()?.sight)?;
        if events.is_empty() {
            return Err(Refusal::NoSuchRequest(id.to_string()).into());
        }
        Ok(events)
    }

    /// Which request `word` means: its number, or a name that exactly one request carries, open or closed.
    ///
    /// # Errors
    /// [`Refusal::NoSuchRequest`], or [`Refusal::Ambiguous`] with the candidates.
    pub fn resolve(&self, word: &str) -> Result<RequestId, Error> {
        if let Some(id) = RequestId::parse(word) {
            return Ok(id);
        }
        // Closed ones count too: a name that moved on to the next request would make a repeated command decide on
        // something else than it did before.
        let named = self.store.named(word, &self.looker()?.sight)?;
        match named.as_slice() {
            [] => Err(Refusal::NoSuchRequest(word.to_owned()).into()),
            [one] => Ok(*one),
            several => Err(Refusal::Ambiguous { name: word.to_owned(), candidates: several.to_vec() }.into()),
        }
    }
}
