//! What people ask of a rollout: its start, its promotion, to stop it, to take it back, and readings given by hand.

use super::{Status, commit};
use crate::app::decide::facts;
use crate::app::team::Place;
use crate::app::{App, Error};
use crate::domain::command::{Command, Facts, Seen};
use crate::domain::content::Content;
use crate::domain::event::Payload;
use crate::domain::moment::Moment;
use crate::domain::names::{Identifier, RequestId};
use crate::domain::policy::Policy;
use crate::domain::principal::Caller;
use crate::domain::refusal::Refusal;
use crate::domain::request::Request;
use crate::domain::rollout::decide::entry;
use crate::domain::rollout::fact::ProgramFact;
use crate::domain::rollout::starting::{self, may_sample};
use crate::domain::rollout::{
    Ask, Decision, Found, Heard, Metric, No, Phase, Reading, Rollout, RolloutFact, RolloutId, Stimulus,
    Terms, gate,
};
use crate::domain::text::Text;
use crate::store::write::Tx;

/// What asking for a promotion did.
#[derive(Clone, PartialEq, Debug)]
pub enum Promoted {
    /// The last sign-off was given: the driver begins.
    Begins(RequestId),
    /// A sign-off was given, and others are needed.
    Signed(RequestId),
}

/// What giving readings by hand did.
#[derive(Clone, PartialEq, Debug)]
pub struct Sampled {
    /// How many were kept.
    pub kept: usize,
    /// When.
    pub at: Moment,
}

/// What the rules look at beside the request, for whoever stands there.
fn beside(
    tx: &Tx<'_>,
    policy: &Policy,
    place: &Place,
    request: &Request,
    self_review: bool,
) -> Result<Facts, Error> {
    Ok(facts(policy, place, tx.open_of(&request.requester.name)?, self_review))
}

fn terms_of(policy: &Policy, content: Option<&Content>) -> Terms {
    content.map_or_else(Terms::built_in, |content| policy.rollout_terms(content))
}

impl App {
    /// Whether somebody keeps time who also does the work: a screen does not, because it ends with a key.
    ///
    /// # Errors
    /// When it cannot be looked at.
    pub fn work_is_done(&self) -> Result<bool, Error> {
        Ok(self.kept_by()?.is_some_and(|keeping| !keeping.screen))
    }

    /// Asks for the start of a rollout. The watcher checks the pack, and brings the first tier out.
    ///
    /// # Errors
    /// The first reason against it.
    pub fn start_rollout(
        &mut self,
        id: RequestId,
        reason: Option<Text>,
        caller: &Caller,
    ) -> Result<Rollout, Error> {
        let now = self.now();
        let rollout_id = RolloutId::of(id);
        let kept = self.work_is_done()?;
        let workers = self.workers.clone();
        let (known, self_review) = (&self.known, self.config.solo.self_review);
        self.store.write(|tx| -> Result<Rollout, Error> {
            let policy = known.effective(tx)?;
            let place = Place::of(tx, &policy, caller, now)?;
            let request = place.request(tx, id)?;
            let facts = beside(tx, &policy, &place, &request, self_review)?;
            let terms = terms_of(&policy, request.content.as_deref());
            let rollout = tx.rollout(rollout_id)?;
            let heard = tx.heard(rollout_id, now.minus(gate::BASELINE))?;
            let known = starting::Beside { rollout: rollout.as_ref(), heard: &heard, terms: &terms, kept };
            starting::may_start(&request, &known, &place.caller, &facts, now)?;
            let no = |why: String| Error::from(Refusal::Rollout(Box::new(No { id, why, late: false })));
            let programs = match &terms.driver {
                Some(driver) => workers
                    .driver(&policy, driver)
                    .and_then(|driver| driver.fingerprints())
                    .map_err(|why| no(format!("its driver cannot be used: {why}")))?,
                None => Default::default(),
            };
            for source in &terms.sources {
                workers
                    .source(&policy, source)
                    .map_err(|why| no(format!("a source cannot be used: {why}")))?;
            }
            let fact = RolloutFact::Asked {
                plan: request.revision.digest,
                terms: Box::new(terms),
                programs: programs.into_iter().map(|(path, sha256)| ProgramFact { path, sha256 }).collect(),
            };
            let asked = entry(&place.caller, now, fact, Payload::reason(reason.clone()));
            let decision = Decision { entries: vec![asked], beside: Vec::new() };
            commit(tx, rollout_id, rollout.as_ref(), &decision, &policy, now)
        })
    }

    /// Asks something of a rollout that has been asked to start. Nothing that has expired blocks stopping it or taking it
    /// back.
    ///
    /// # Errors
    /// The refusal, or a failure.
    pub fn ask_rollout(
        &mut self,
        id: RequestId,
        ask: &Ask,
        reason: Option<Text>,
        caller: &Caller,
    ) -> Result<Rollout, Error> {
        let now = self.now();
        let rollout_id = RolloutId::of(id);
        let known = &self.known;
        self.store.write(|tx| -> Result<Rollout, Error> {
            let policy = known.effective(tx)?;
            let place = Place::of(tx, &policy, caller, now)?;
            let request = place.request(tx, id)?;
            let stops = matches!(ask, Ask::Halt | Ask::RollBack | Ask::Freeze | Ask::Pause);
            if let Some(why) = policy.trouble.as_ref().filter(|_| !stops) {
                return Err(Refusal::NoPolicy { why: why.clone() }.into());
            }
            let rollout = tx.rollout(rollout_id)?.ok_or_else(|| not_begun(&request))?;
            let decision = rollout.ask(ask, reason.clone(), &place.caller, &place.standing, now)?;
            commit(tx, rollout_id, Some(&rollout), &decision, &policy, now)
        })
    }

    /// Signs off the open promotion of a rollout: there is no other way to another tier.
    ///
    /// # Errors
    /// Why there is none, or why not; to whom somebody was ahead with a halt, as a conflict.
    pub fn promote_rollout(
        &mut self,
        id: RequestId,
        reason: Option<Text>,
        seen: Seen,
        caller: &Caller,
    ) -> Result<Promoted, Error> {
        let request = self.request(id)?;
        let now = self.now();
        let rollout = self.store.rollout(RolloutId::of(id))?.ok_or_else(|| not_begun(&request))?;
        let Some(promotion) = rollout.promotion.filter(|_| rollout.phase == Phase::AwaitingPromotion) else {
            return Err(rollout.refusal(Stimulus::Promote, now).into());
        };
        match self.decide(promotion, &Command::Approve { reason, seen }, caller) {
            Ok(decided) if decided.after.is_open() => Ok(Promoted::Signed(promotion)),
            Ok(_) => Ok(Promoted::Begins(promotion)),
            // Somebody was faster: what they did is what is told.
            Err(Error::Refused(Refusal::Closed { .. })) => {
                let rollout = self.store.rollout(RolloutId::of(id))?.unwrap_or(rollout);
                Err(match rollout.phase {
                    Phase::Promoting | Phase::Baking => {
                        let why = format!("{promotion} was signed off by somebody else already");
                        Refusal::Rollout(Box::new(No { id, why, late: true })).into()
                    }
                    _ => rollout.refusal(Stimulus::Promote, now).into(),
                })
            }
            Err(e) => Err(e),
        }
    }

    /// Keeps readings that were given by hand.
    ///
    /// # Errors
    /// Whoever may not, or a rollout that is over.
    pub fn sample_rollout(
        &mut self,
        id: RequestId,
        values: &[(Metric, Found)],
        caller: &Caller,
    ) -> Result<Sampled, Error> {
        let now = self.now();
        let rollout_id = RolloutId::of(id);
        let (known, self_review) = (&self.known, self.config.solo.self_review);
        self.store.write(|tx| -> Result<Sampled, Error> {
            let policy = known.effective(tx)?;
            let place = Place::of(tx, &policy, caller, now)?;
            let request = place.request(tx, id)?;
            let facts = beside(tx, &policy, &place, &request, self_review)?;
            let rollout = tx.rollout(rollout_id)?;
            let terms = match &rollout {
                Some(rollout) => rollout.terms.clone(),
                None => terms_of(&policy, request.content.as_deref()),
            };
            may_sample(rollout_id, rollout.as_ref(), &request, &terms, &place.caller, &facts, now)?;
            let source =
                Identifier::new("sample").map_err(|e| crate::app::Failure::damaged(e.to_string()))?;
            for (metric, found) in values {
                let reading =
                    Reading { metric: *metric, found: found.clone(), at: now, source: source.clone() };
                tx.keep_reading(rollout_id, &Heard { reading, at: now }, &place.caller.name)?;
            }
            Ok(Sampled { kept: values.len(), at: now })
        })
    }

    /// Waits until nothing of a rollout moves by itself any more: its driver has come to an end, or nobody does the work.
    ///
    /// # Errors
    /// As [`App::rollout_status`].
    pub fn await_rollout(&mut self, id: RequestId) -> Result<Status, Error> {
        self.awaited(id, |status| status.rollout.as_ref().is_none_or(|rollout| !rollout.moves()))
    }

    /// The same, once it has left `phase`.
    ///
    /// # Errors
    /// As [`App::rollout_status`].
    pub fn await_rollout_from(&mut self, id: RequestId, phase: Phase) -> Result<Status, Error> {
        self.awaited(id, |status| {
            status.phase() != phase && status.rollout.as_ref().is_none_or(|rollout| !rollout.moves())
        })
    }

    fn awaited(&mut self, id: RequestId, over: impl Fn(&Status) -> bool) -> Result<Status, Error> {
        // One that does the work can be followed by another: a moment without any is no end.
        const WITHOUT: u32 = 10;
        let mut bell = self.bell()?;
        let mut without = 0;
        loop {
            let status = self.rollout_status(id)?;
            without = if status.kept { 0 } else { without + 1 };
            if over(&status) || without > WITHOUT {
                return Ok(status);
            }
            bell.wait(crate::domain::moment::Span::from_millis(100));
        }
    }

    /// A rollout as it stands, with what was measured.
    ///
    /// # Errors
    /// No such request, or its events cannot be read.
    pub fn rollout_status(&self, id: RequestId) -> Result<Status, Error> {
        let request = self.request(id)?;
        let rollout_id = RolloutId::of(id);
        let rollout = self.store.rollout(rollout_id)?;
        let now = self.now();
        let since = rollout.as_ref().map_or(now.minus(gate::BASELINE), Rollout::heard_since);
        let heard = self.store.heard(rollout_id, since)?;
        let policy = self.known.effective(&self.store)?;
        let terms = match &rollout {
            Some(rollout) => rollout.terms.clone(),
            None => terms_of(&policy, request.content.as_deref()),
        };
        let kept = self.work_is_done()?;
        let fleet = terms.driver.as_ref().is_some_and(|name| super::is_fleet(&policy, name));
        Ok(Status { request, rollout, heard, terms, kept, fleet, now })
    }

    /// The deployments whose rollouts are under way and that are seen here.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn live_rollouts(&self) -> Result<Vec<Status>, Error> {
        let ids = self.store.live_rollouts()?;
        let mut out = Vec::with_capacity(ids.len());
        for id in ids {
            match self.rollout_status(id.deployment()) {
                Ok(status) => out.push(status),
                // Not theirs to see.
                Err(Error::Refused(_)) => {}
                Err(e) => return Err(e),
            }
        }
        Ok(out)
    }

    /// What happened to a rollout, oldest first.
    ///
    /// # Errors
    /// No such request, or its events cannot be read.
    pub fn rollout_history(
        &self,
        id: RequestId,
    ) -> Result<Vec<(crate::domain::names::Seq, crate::domain::event::Entry)>, Error> {
        self.request(id)?;
        Ok(self.store.rollout_history(RolloutId::of(id))?)
    }
}

/// That nobody has asked for its start.
fn not_begun(request: &Request) -> Refusal {
    let id = request.id;
    let why = format!("it has not been started: countersign rollout start {id}");
    Refusal::Rollout(Box::new(No { id, why, late: false }))
}
