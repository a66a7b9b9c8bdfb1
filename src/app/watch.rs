//! The watcher: one round over what is due, on the clock that is handed in, again and again. A round changes nothing that
//! the next one would change again, so whoever else keeps time does no harm, and being killed loses nothing.

use crate::app::notices::Sent;
use crate::app::{App, Clock, Error, Failure, Place, rollouts};
use crate::domain::alarm;
use crate::domain::event::{Actor, Entry, Fact, Held, OfStore};
use crate::domain::moment::{Moment, Span};
use crate::domain::names::RequestId;
use crate::domain::principal::Caller;
use crate::store::bell::NET;
use crate::store::watching::{Keeping, WatchLock};
use std::time::{Duration, Instant};

/// How often the lock is asked for before somebody else is taken for its holder: who only looks holds it for a moment.
const TRIES: u32 = 5;
const BETWEEN_TRIES: Duration = Duration::from_millis(20);
/// Batches of requests settled before messages are sent: a store that was asleep for long is caught up in portions.
const BATCHES: usize = 50;
/// How long a thread that keeps time beside a screen leaves the machine to the first frame.
const AFTER_THE_FRAME: Duration = Duration::from_millis(250);
/// A clock that moves by this much more than this process has run was set, or the host slept.
const JUMP: Span = Span::from_hours(1);

/// Something a round did, as it is told.
#[derive(Clone, PartialEq, Debug)]
pub enum News {
    /// What time did to a request.
    Settled(RequestId, Vec<Entry>),
    /// What happened to a rollout.
    Rollout(crate::domain::rollout::RolloutId, Vec<Entry>),
    /// A notice was tried.
    Sent(Sent),
    /// Something that goes on all the same.
    Trouble(String),
}

/// Held while one keeps time.
#[derive(Debug)]
pub struct Watch {
    _lock: WatchLock,
    /// The number by which the log knows this watcher; nothing for one that only looks once.
    fence: Option<u64>,
    /// Whether it does rollouts' work: a screen does not, because it ends with a key, and an act would end with it.
    works: bool,
}

impl App {
    /// Who keeps time just now, if anybody does.
    ///
    /// # Errors
    /// When it cannot be looked at.
    pub fn kept_by(&self) -> Result<Option<Keeping>, Failure> {
        self.store.kept_by()
    }

    /// Begins to keep time. `lasting` is a watcher that stays, and stands in the log.
    ///
    /// # Errors
    /// Somebody else does; who. Or the store cannot be written.
    pub fn begin_watch(&mut self, lasting: bool) -> Result<Result<Watch, Keeping>, Error> {
        let now = self.now();
        let keeping = Keeping { process: std::process::id(), since: now, screen: false };
        for _ in 0..TRIES {
            if let Some(lock) = self.store.watch_lock(keeping)? {
                let fence = if lasting { Some(self.begin_in_the_log(now)?) } else { None };
                return Ok(Ok(Watch { _lock: lock, fence, works: true }));
            }
            std::thread::sleep(BETWEEN_TRIES);
        }
        Ok(Err(self.store.kept_by()?.unwrap_or(keeping)))
    }

    /// Begins to keep time for as long as a screen is open, when nobody else does.
    pub fn watch_from_a_screen(&self) -> Option<Watch> {
        let keeping = Keeping { process: std::process::id(), since: self.now(), screen: true };
        let lock = self.store.watch_lock(keeping).ok().flatten()?;
        Some(Watch { _lock: lock, fence: None, works: false })
    }

    fn begin_in_the_log(&mut self, now: Moment) -> Result<u64, Error> {
        let system = Caller::system();
        self.store.write(|tx| {
            let fence = tx.fence()? + 1;
            let entry = Entry {
                at: now,
                by: system.name.clone(),
                assurance: system.assurance,
                actor: Actor::of(&system),
                fact: Fact::OfStore(OfStore::WatcherStarted { fence, process: std::process::id() }),
                payload: Held::None,
            };
            tx.begin_to_watch(fence, &entry)?;
            Ok(fence)
        })
    }

    /// Whether another watcher has begun since: then this one was thought to be gone, and stops.
    fn is_overtaken(&self, watch: &Watch) -> Result<bool, Failure> {
        Ok(match watch.fence {
            Some(fence) => self.store.fence()? != fence,
            None => false,
        })
    }

    /// One round: what is due is recorded, what is to be told is sent, and the files of the flag channels say what is.
    ///
    /// # Errors
    /// When the store cannot be read or written. Whatever was done before stands.
    pub fn round(&mut self, tell: &mut dyn FnMut(News)) -> Result<(), Error> {
        loop {
            self.settle_all(tell)?;
            self.look_for_alarms()?;
            self.prune_notices()?;
            let failed = self.show_flags()?;
            for channel in self.flag_channels() {
                let fails = failed.iter().any(|(of, _)| *of == channel);
                self.note_of_place(&alarm::of_channel(&channel), fails)?;
            }
            for (channel, why) in failed {
                tell(News::Trouble(format!("channel {channel}: {why}")));
            }
            // A channel may be slow: between its messages time is kept.
            if self.tell(&mut |sent| tell(News::Sent(sent.clone())))? == 0 {
                return Ok(());
            }
        }
    }

    /// A round, and what rollouts need now; when they need something again.
    fn round_with_rollouts(
        &mut self,
        watch: &Watch,
        tell: &mut dyn FnMut(News),
    ) -> Result<Option<Moment>, Error> {
        let next = if watch.works { self.keep_rollouts(watch.fence, tell)? } else { None };
        self.round(tell)?;
        Ok(next)
    }

    /// Everything that is due now, once: also what drivers do, to its end.
    ///
    /// # Errors
    /// As [`App::round`].
    pub fn round_once(&mut self, watch: &Watch, tell: &mut dyn FnMut(News)) -> Result<(), Error> {
        self.round_with_rollouts(watch, tell)?;
        while self.rollouts_are_busy() {
            std::thread::sleep(Duration::from_millis(rollouts::LOOK.millis().unsigned_abs()));
            self.round_with_rollouts(watch, tell)?;
        }
        Ok(())
    }

    fn settle_all(&mut self, tell: &mut dyn FnMut(News)) -> Result<(), Error> {
        for _ in 0..BATCHES {
            let settled = self.settle_batch()?;
            if settled.is_empty() {
                break;
            }
            settled.into_iter().for_each(|(id, entries)| tell(News::Settled(id, entries)));
        }
        Ok(())
    }

    /// Keeps time until `over` says so: wakes for the next due moment and the bell, and for nothing else but a look twice a
    /// minute. Returns when another watcher has taken over.
    ///
    /// # Errors
    /// The bell cannot be heard. A round that fails is told as trouble, and tried again.
    pub fn keep_time(
        &mut self,
        watch: &Watch,
        over: &dyn Fn() -> bool,
        tell: &mut dyn FnMut(News),
    ) -> Result<(), Error> {
        let mut bell = self.bell()?;
        let (begun, mut shown) = (Instant::now(), self.now());
        let mut counted = begun;
        while !over() {
            let ran = Span::from_millis(i64::try_from(counted.elapsed().as_millis()).unwrap_or(i64::MAX));
            let passed = self.now().since(shown);
            if passed.less(ran) > JUMP {
                if let Err(e) = self.note_jump(shown, passed.less(ran)) {
                    tell(News::Trouble(e.to_string()));
                }
                let words = crate::present::time::span(passed.less(ran));
                tell(News::Trouble(format!(
                    "the clock went {words} ahead of this process: it was set, or the host slept; what became due is \
                     recorded with the time at which it was due"
                )));
            }
            (counted, shown) = (Instant::now(), self.now());
            match self.is_overtaken(watch) {
                Ok(true) => {
                    tell(News::Trouble("another watcher has begun since: this one ends".to_owned()));
                    return Ok(());
                }
                Ok(false) => {}
                Err(e) => tell(News::Trouble(e.to_string())),
            }
            let rest = match self.round_with_rollouts(watch, tell) {
                Ok(rollouts) => {
                    let next = self.next_moment().unwrap_or_default().into_iter().chain(rollouts).min();
                    // One millisecond more, so that the look is not too early.
                    next.map_or(NET, |at| Span::from_millis(at.since(self.now()).millis() + 1)).min(NET)
                }
                Err(e) => {
                    // A disk that is full, a store that is held: not tried again and again.
                    tell(News::Trouble(format!("a round failed and is tried again: {e}")));
                    if self.store_is_gone() {
                        return Err(e);
                    }
                    std::thread::sleep(Duration::from_secs(1));
                    NET
                }
            };
            bell.wait(rest);
        }
        Ok(())
    }

    fn store_is_gone(&self) -> bool {
        self.store.still_there().is_err()
    }
}

/// Keeps time on a thread of its own for as long as this process lives, whenever nobody else does; `first` is held already.
/// For a screen on the host itself; never for a session.
pub fn beside(place: Place, clock: Clock, first: Option<Watch>) {
    std::thread::spawn(move || {
        std::thread::sleep(AFTER_THE_FRAME);
        let Ok(mut app) = App::open(&place, clock) else { return };
        let Ok(mut bell) = app.bell() else { return };
        let mut held = first;
        loop {
            if let Some(watch) = held.take().or_else(|| app.watch_from_a_screen())
                && app.keep_time(&watch, &|| false, &mut |_| {}).is_err()
            {
                return;
            }
            // Somebody else does. When they end, nobody rings: a look now and then finds it.
            bell.wait(NET);
        }
    });
}
