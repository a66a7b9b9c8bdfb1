//! Asking sources, each when it is its turn and on a thread of its own, and keeping what they say.

use super::keeping::Looking;
use crate::app::watch::News;
use crate::app::{App, Error};
use crate::domain::moment::Moment;
use crate::domain::names::Identifier;
use crate::domain::principal::Caller;
use crate::domain::rollout::{Found, Heard, Phase, Reading, RolloutId};
use crate::domain::text::Text;
use crate::store::sight::Sight;
use std::sync::Arc;

impl App {
    /// Takes what sources said.
    pub(super) fn take_readings(&mut self, tell: &mut dyn FnMut(News)) -> Result<bool, Error> {
        let looks = std::mem::take(&mut self.working.looks);
        let (over, still): (Vec<_>, Vec<_>) = looks.into_iter().partition(|look| look.handle.is_finished());
        self.working.looks = still;
        let any = !over.is_empty();
        for Looking { id, source, handle } in over {
            let said = handle.join().unwrap_or_else(|_| Err("the source broke off".to_owned()));
            let now = self.now();
            if let Err(why) = &said {
                tell(News::Trouble(format!("{id}: source {}: {why}", source.name())));
            }
            let mut readings = said.unwrap_or_else(|why| {
                let nothing = |metric: &_| Reading {
                    metric: *metric,
                    found: Found::Nothing(Text::new(why.clone())),
                    at: now,
                    source: source.name().clone(),
                };
                source.metrics().iter().map(nothing).collect()
            });
            readings.retain(|reading| source.metrics().contains(&reading.metric));
            self.store.write_quietly(|tx| -> Result<(), Error> {
                for reading in &readings {
                    let heard = Heard { reading: reading.clone(), at: now };
                    tx.keep_reading(id, &heard, &Caller::system().name)?;
                }
                Ok(())
            })?;
        }
        Ok(any)
    }

    /// Asks the sources whose turn it is; when the next one's is.
    pub(super) fn ask_sources(&mut self, tell: &mut dyn FnMut(News)) -> Result<Option<Moment>, Error> {
        let now = self.now();
        let policy = self.known.effective(&self.store)?;
        let mut next: Option<Moment> = None;
        let mut wanted: Vec<(RolloutId, Vec<Identifier>)> = Vec::new();
        for id in self.store.live_rollouts()? {
            let Some(rollout) = self.store.rollout(id)? else { continue };
            let measured = matches!(
                rollout.phase,
                Phase::Baking
                    | Phase::AwaitingPromotion
                    | Phase::Paused
                    | Phase::Frozen
                    | Phase::Starting
                    | Phase::Promoting
            );
            if measured || rollout.checking {
                wanted.push((id, rollout.terms.sources.clone()));
            }
        }
        for id in self.store.startable()? {
            // What cannot be approved any more is not measured either, and neither is what has no sources.
            let Some(request) = self.store.load(id.deployment(), &Sight::Everything)? else { continue };
            let over = request.lapses_at.is_some_and(|at| at <= now);
            let Some(content) = request.content.as_ref().filter(|_| !over) else { continue };
            wanted.push((id, policy.rollout_terms(content).sources));
        }
        for (id, names) in wanted {
            for name in names {
                let source = match self.workers.source(&policy, &name) {
                    Ok(source) => source,
                    Err(why) => {
                        tell(News::Trouble(format!("{id}: source {name}: {why}")));
                        continue;
                    }
                };
                let key = (id, name.clone());
                let busy = self.working.looks.iter().any(|l| l.id == id && *l.source.name() == name);
                let due = self.working.asked.get(&key).map(|at| at.plus(source.every()));
                // A clock that was set back is no reason to wait until it is where it was.
                let due = due.filter(|due| due.since(now) <= source.every());
                match due.filter(|due| *due > now) {
                    Some(due) => next = Some(next.map_or(due, |next| next.min(due))),
                    None if busy => {}
                    None => {
                        self.working.asked.insert(key, now);
                        let due = now.plus(source.every());
                        next = Some(next.map_or(due, |next| next.min(due)));
                        let asked = Arc::clone(&source);
                        let handle = std::thread::spawn(move || asked.read(id, now));
                        self.working.looks.push(Looking { id, source, handle });
                    }
                }
            }
        }
        Ok(next)
    }
}
