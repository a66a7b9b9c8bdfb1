//! What whoever keeps time does for rollouts: asks the sources, lets the gate judge, and has the driver do its acts, each once.
//!
//! An act is recorded before it begins, and runs on a thread of its own under a lock of the rollout's. Who finds an act
//! recorded, and the lock free, knows that whoever did it died: it is never done again by itself.

use super::commit;
use crate::app::decide::facts;
use crate::app::team::Place;
use crate::app::watch::News;
use crate::app::{App, Error};
use crate::domain::moment::{Moment, Span};
use crate::domain::names::{Identifier, RequestId};
use crate::domain::policy::Policy;
use crate::domain::principal::Caller;
use crate::domain::refusal::Refusal;
use crate::domain::rollout::starting::{self, may_go_on};
use crate::domain::rollout::state::UnderWay;
use crate::domain::rollout::{
    Act, Decision, Driver, End, Ended, Phase, Reading, Rollout, RolloutId, RunNumber, Source, gate,
};
use crate::domain::text::Text;
use crate::store::running::RunLock;
use crate::store::sight::Sight;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

/// How long is slept while something is under way, before it is looked at again.
pub const LOOK: Span = Span::from_millis(25);
/// Rounds in one go, so that a short way is gone at once and a long one does not hold up everything else.
const AT_ONCE: usize = 20;

/// What this process does for rollouts just now.
#[derive(Default)]
pub struct Working {
    acts: Vec<InFlight>,
    pub(super) looks: Vec<Looking>,
    /// When each source was last asked for each rollout.
    pub(super) asked: BTreeMap<(RolloutId, Identifier), Moment>,
}

/// One act of a driver.
struct InFlight {
    id: RolloutId,
    run: RunNumber,
    stop: Arc<AtomicBool>,
    driver: Arc<dyn Driver>,
    handle: JoinHandle<Ended>,
    /// Held until its end stands in the log.
    _lock: RunLock,
}

/// One look of a source.
pub(super) struct Looking {
    pub(super) id: RolloutId,
    pub(super) source: Arc<dyn Source>,
    pub(super) handle: JoinHandle<Result<Vec<Reading>, String>>,
}

impl Working {
    /// Whether something is under way.
    pub fn is_busy(&self) -> bool {
        !self.acts.is_empty() || !self.looks.is_empty()
    }
}

/// What is refused inside a round is somebody else's being faster, or a condition that is told where it stands.
fn unless_refused<T>(done: Result<T, Error>) -> Result<Option<T>, Error> {
    match done {
        Ok(value) => Ok(Some(value)),
        Err(Error::Refused(_)) => Ok(None),
        Err(e) => Err(e),
    }
}

impl App {
    /// Does what rollouts need now. When to look again, if there is anything to wait for; soon while something is under way.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub(in crate::app) fn keep_rollouts(
        &mut self,
        fence: Option<u64>,
        tell: &mut dyn FnMut(News),
    ) -> Result<Option<Moment>, Error> {
        for _ in 0..AT_ONCE {
            let heard = self.take_readings(tell)?;
            let ended = self.take_ends(tell)?;
            let moved = self.move_on(fence, tell)?;
            if !(heard || ended || moved) {
                break;
            }
        }
        let next = self.ask_sources(tell)?;
        let bakes =
            self.store.live_rollouts()?.into_iter().filter_map(|id| self.store.rollout(id).ok().flatten());
        let until =
            bakes.filter(|r| r.phase == Phase::Baking).filter_map(|r| r.bake.map(|bake| bake.until)).min();
        let soon = self.working.is_busy().then(|| self.now().plus(LOOK));
        Ok([next, until, soon].into_iter().flatten().min())
    }

    /// Takes the ends of acts, and records them.
    fn take_ends(&mut self, tell: &mut dyn FnMut(News)) -> Result<bool, Error> {
        let acts = std::mem::take(&mut self.working.acts);
        let (over, still): (Vec<_>, Vec<_>) = acts.into_iter().partition(|act| act.handle.is_finished());
        self.working.acts = still;
        let any = !over.is_empty();
        for flight in over {
            let InFlight { id, run, driver, handle, _lock, .. } = flight;
            let ended = handle.join().unwrap_or_else(|_| Ended {
                why: Some(Text::new("the driver's thread broke off")),
                ..Ended::plainly(End::Failed, Span::ZERO)
            });
            self.record(id, tell, |rollout, _, now| {
                rollout.end_act(run, &ended, |act| driver.has(act), &Caller::system(), now)
            })?;
            drop(_lock);
        }
        Ok(any)
    }

    /// Decides on one rollout and writes what was decided; nothing when it is refused or there is nothing to record.
    fn record(
        &mut self,
        id: RolloutId,
        tell: &mut dyn FnMut(News),
        decide: impl Fn(&Rollout, &Policy, Moment) -> Result<Decision, Refusal>,
    ) -> Result<Option<Rollout>, Error> {
        let now = self.now();
        let known = &self.known;
        let done = self.store.write(|tx| -> Result<Option<(Rollout, Decision)>, Error> {
            let policy = known.effective(tx)?;
            let Some(rollout) = tx.rollout(id)? else { return Ok(None) };
            let decision = decide(&rollout, &policy, now)?;
            if decision.entries.is_empty() {
                return Ok(None);
            }
            Ok(Some((commit(tx, id, Some(&rollout), &decision, &policy, now)?, decision)))
        });
        let done = unless_refused(done)?.flatten();
        Ok(done.map(|(after, decision)| {
            tell(News::Rollout(id, decision.entries));
            after
        }))
    }

    /// Moves every rollout on as far as it goes without waiting.
    fn move_on(&mut self, fence: Option<u64>, tell: &mut dyn FnMut(News)) -> Result<bool, Error> {
        let mut any = false;
        for id in self.store.live_rollouts()? {
            let Some(rollout) = self.store.rollout(id)? else { continue };
            any |= match rollout.act {
                Some(under_way) => self.look_after(&rollout, under_way, tell)?,
                None => self.next_of(&rollout, fence, tell)?,
            };
        }
        Ok(any)
    }

    /// Looks after an act that is under way: ended early when somebody said so, lost when whoever did it is gone.
    fn look_after(
        &mut self,
        rollout: &Rollout,
        under_way: UnderWay,
        tell: &mut dyn FnMut(News),
    ) -> Result<bool, Error> {
        let id = rollout.id;
        if let Some(mine) = self.working.acts.iter().find(|act| act.id == id && act.run == under_way.run) {
            if rollout.is_unwanted(under_way.act) {
                mine.stop.store(true, Ordering::SeqCst);
            }
            return Ok(false);
        }
        // Whoever holds the lock does it; it is held from before the record until after the end of it.
        let Some(lock) = self.store.run_lock(id.deployment())? else { return Ok(false) };
        let lost =
            self.record(id, tell, |rollout, _, now| rollout.lose_act(under_way.run, &Caller::system(), now))?;
        drop(lock);
        Ok(lost.is_some())
    }

    /// What is next for a rollout of which no act is under way.
    fn next_of(
        &mut self,
        rollout: &Rollout,
        fence: Option<u64>,
        tell: &mut dyn FnMut(News),
    ) -> Result<bool, Error> {
        let works = rollout.checking
            || matches!(rollout.phase, Phase::Starting | Phase::Promoting | Phase::RollingBack);
        if !works {
            return self.judge(rollout.id, tell);
        }
        let policy = self.known.effective(&self.store)?;
        let driver = match &rollout.terms.driver {
            Some(name) => self.workers.driver(&policy, name),
            None => Err("policy names no driver for it".to_owned()),
        };
        let driver = match driver {
            Ok(driver) => driver,
            Err(why) => return self.no_driver(rollout, &why, tell),
        };
        match rollout.next_act(|act| driver.has(act)) {
            Some(act) => self.begin(rollout.id, act, driver, fence, tell),
            None if rollout.checking => self.finish_check(rollout.id, tell),
            None => Ok(false),
        }
    }

    /// There is nobody who could do what is next: before the start nothing was touched; after it, it failed.
    fn no_driver(&mut self, rollout: &Rollout, why: &str, tell: &mut dyn FnMut(News)) -> Result<bool, Error> {
        let id = rollout.id;
        let Some(act) = rollout.next_act(|_| true) else { return Ok(false) };
        let ended = Ended { why: Some(Text::new(why)), ..Ended::plainly(End::NotBegun, Span::ZERO) };
        let done = self.record(id, tell, |rollout, _, now| {
            let system = Caller::system();
            let mut decision = rollout.begin_act(act, None, &system, now)?;
            let begun = decision.entries.iter().fold(rollout.clone(), Rollout::evolve);
            let end = begun.end_act(begun.last_run, &ended, |_| true, &system, now)?;
            decision.entries.extend(end.entries);
            Ok(decision)
        })?;
        Ok(done.is_some())
    }

    /// Begins an act: recorded first, under the rollout's lock, by the watcher that is the newest.
    fn begin(
        &mut self,
        id: RolloutId,
        act: Act,
        driver: Arc<dyn Driver>,
        fence: Option<u64>,
        tell: &mut dyn FnMut(News),
    ) -> Result<bool, Error> {
        let Some(lock) = self.store.run_lock(id.deployment())? else { return Ok(false) };
        // Looked at again under the lock: what another watcher has just done is not done once more.
        let Some(rollout) = self.store.rollout(id)? else { return Ok(false) };
        if rollout.act.is_some() || rollout.next_act(|act| driver.has(act)) != Some(act) {
            return Ok(false);
        }
        let programs = driver.fingerprints();
        let known = &self.known;
        let now = self.now();
        let done = self.store.write(|tx| -> Result<_, Error> {
            if fence.is_some_and(|fence| tx.fence().is_ok_and(|newest| newest != fence)) {
                return Ok(None);
            }
            let policy = known.effective(tx)?;
            let Some(rollout) = tx.rollout(id)? else { return Ok(None) };
            let Some(deployment) = tx.load(id.deployment(), &Sight::Everything)? else { return Ok(None) };
            if rollout.next_act(|act| driver.has(act)) != Some(act) {
                return Ok(None);
            }
            let decision = rollout.begin_act(act, fence, &Caller::system(), now)?;
            let after = commit(tx, id, Some(&rollout), &decision, &policy, now)?;
            Ok(Some((after, deployment, decision.entries)))
        });
        let Some((after, deployment, entries)) = unless_refused(done)?.flatten() else { return Ok(false) };
        tell(News::Rollout(id, entries));
        let run = after.last_run;
        // What runs is what was there when the start was asked for, or nothing.
        let unfit = match programs {
            Err(why) => Some(why),
            Ok(now) => differing(&after.programs, &now),
        };
        let orders = starting::orders(&after, &deployment, act, run);
        let stop = Arc::new(AtomicBool::new(false));
        let (asked, does) = (Arc::clone(&stop), Arc::clone(&driver));
        let handle = std::thread::spawn(move || match unfit {
            Some(why) => Ended { why: Some(Text::new(why)), ..Ended::plainly(End::NotBegun, Span::ZERO) },
            None => does.perform(act, &orders, &|| asked.load(Ordering::SeqCst)),
        });
        self.working.acts.push(InFlight { id, run, stop, driver, handle, _lock: lock });
        Ok(true)
    }

    /// The pack was checked: the first tier begins, when every condition still holds.
    fn finish_check(&mut self, id: RolloutId, tell: &mut dyn FnMut(News)) -> Result<bool, Error> {
        let now = self.now();
        let (known, self_review) = (&self.known, self.config.solo.self_review);
        let done = self.store.write(|tx| -> Result<_, Error> {
            let policy = known.effective(tx)?;
            let Some(rollout) = tx.rollout(id)?.filter(|r| r.checking && r.act.is_none()) else {
                return Ok(None);
            };
            let Some(request) = tx.load(id.deployment(), &Sight::Everything)? else { return Ok(None) };
            let system = Caller::system();
            let place = Place {
                caller: system.clone(),
                standing: crate::domain::principal::Standing::everything(),
                sight: Sight::Everything,
                team: Place::of(tx, &policy, &system, now).is_ok_and(|place| place.team),
            };
            let facts = facts(&policy, &place, 0, self_review);
            let heard = tx.heard(id, now.minus(gate::BASELINE))?;
            let beside = starting::Beside { rollout: None, heard: &heard, terms: &rollout.terms, kept: true };
            let decision = match starting::may_start(&request, &beside, &system, &facts, now) {
                Ok(baseline) => rollout.checked(baseline, &system, now)?,
                Err(why) => rollout.unfit(Text::new(why.to_string()), &system, now),
            };
            let after = commit(tx, id, Some(&rollout), &decision, &policy, now)?;
            Ok(Some((after, decision.entries)))
        });
        let Some((_, entries)) = unless_refused(done)?.flatten() else { return Ok(false) };
        tell(News::Rollout(id, entries));
        Ok(true)
    }

    /// Lets the gate judge, and time pass.
    fn judge(&mut self, id: RolloutId, tell: &mut dyn FnMut(News)) -> Result<bool, Error> {
        let now = self.now();
        // Looked at beside the lock first: nearly every time there is nothing to record.
        let Some(rollout) = self.store.rollout(id)? else { return Ok(false) };
        let heard = self.store.heard(id, rollout.heard_since())?;
        let still = Ok(());
        let next = RequestId::new(0);
        let system = Caller::system();
        if rollout.tick(&rollout.look(&heard, now), next, &still, &system).entries.is_empty() {
            return Ok(false);
        }
        let known = &self.known;
        let done = self.store.write(|tx| -> Result<_, Error> {
            let policy = known.effective(tx)?;
            let Some(rollout) = tx.rollout(id)? else { return Ok(None) };
            let Some(deployment) = tx.load(id.deployment(), &Sight::Everything)? else { return Ok(None) };
            let heard = tx.heard(id, rollout.heard_since())?;
            let still = may_go_on(&rollout, &deployment, &policy, now);
            let decision = rollout.tick(&rollout.look(&heard, now), tx.next_number()?, &still, &system);
            if decision.entries.is_empty() {
                return Ok(None);
            }
            commit(tx, id, Some(&rollout), &decision, &policy, now)?;
            Ok(Some(decision.entries))
        });
        let Some(entries) = unless_refused(done)?.flatten() else { return Ok(false) };
        tell(News::Rollout(id, entries));
        Ok(true)
    }

    /// Whether a rollout is under way for which this process has something to do.
    pub fn rollouts_are_busy(&self) -> bool {
        self.working.is_busy()
    }
}

/// In which program what would run is not what was approved.
fn differing(then: &BTreeMap<String, String>, now: &BTreeMap<String, String>) -> Option<String> {
    if then == now {
        return None;
    }
    let other = now.iter().find(|(path, digest)| then.get(*path) != Some(*digest)).map(|(path, _)| path);
    let gone = then.keys().find(|path| !now.contains_key(*path));
    let path = other.or(gone).map_or("", String::as_str);
    Some(format!("{path} is not the program that was there when the start was asked for; nothing was run"))
}
