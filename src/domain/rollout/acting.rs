//! Deciding on the acts of a driver: their beginning, their end, the loss of whoever did them, and what that leads to.

use super::Phase;
use super::decide::{Decision, TRIES, entry};
use super::fact::{Cause, RolloutFact};
use super::state::Rollout;
use super::table::Stimulus;
use super::tier::{Attempt, Tier};
use super::work::{Act, End, Ended, RunNumber};
use crate::domain::event::{Entry, Held, Payload};
use crate::domain::moment::Moment;
use crate::domain::principal::Caller;
use crate::domain::refusal::Refusal;
use crate::domain::text::Text;

impl Rollout {
    /// The start of an act.
    ///
    /// # Errors
    /// When another is under way, or it is not this one's turn.
    pub fn begin_act(
        &self,
        act: Act,
        fence: Option<u64>,
        caller: &Caller,
        now: Moment,
    ) -> Result<Decision, Refusal> {
        if let Some(under_way) = &self.act {
            return Err(self.refused(format!("its {} is under way", under_way.act)));
        }
        if self.next_act(|_| true).is_none_or(|next| next != act && act.changes()) {
            return Err(self.refused(format!("a {act} is not what it is waiting for")));
        }
        let run = RunNumber(self.last_run.0.saturating_add(1));
        let to = self.to.or_else(|| self.terms.tiers.first().copied()).unwrap_or(Tier::NONE);
        let fact = RolloutFact::ActBegun { run, act, from: self.tier, to, fence };
        Ok(Decision { entries: vec![entry(caller, now, fact, Held::None)], beside: Vec::new() })
    }

    /// The end of an act; `has` says which acts the driver has, so that it is known what is left.
    ///
    /// # Errors
    /// When it is not the one that is under way.
    pub fn end_act(
        &self,
        run: RunNumber,
        ended: &Ended,
        has: impl Fn(Act) -> bool,
        caller: &Caller,
        now: Moment,
    ) -> Result<Decision, Refusal> {
        let Some(under_way) = self.act.filter(|act| act.run == run) else {
            return Err(self.refused(format!("run {} is not under way any more", run.0)));
        };
        let act = under_way.act;
        let payload = Payload {
            reason: ended.why.clone(),
            output: ended.output.clone(),
            locator: ended.pack.clone(),
            ..Payload::default()
        };
        let said = payload != Payload::default();
        let payload = if said { Held::Here(Box::new(payload)) } else { Held::None };
        let fact = RolloutFact::ActEnded { run, act, ended: ended.clone() };
        let first = entry(caller, now, fact, payload);
        let after = self.clone().evolve(&first);
        let mut out = Decision { entries: vec![first], beside: Vec::new() };
        let cause = Cause::Driver { act, run, end: ended.end };
        let is_done = ended.end == End::Done;
        out.entries.extend(after.led_to(is_done, cause, under_way.act, &has, caller, now));
        Ok(out)
    }

    /// The loss of an act: whoever did it died.
    ///
    /// # Errors
    /// When it is not the one that is under way.
    pub fn lose_act(&self, run: RunNumber, caller: &Caller, now: Moment) -> Result<Decision, Refusal> {
        let Some(under_way) = self.act.filter(|act| act.run == run) else {
            return Err(self.refused(format!("run {} is not under way any more", run.0)));
        };
        let act = under_way.act;
        let first = entry(caller, now, RolloutFact::ActLost { run, act }, Held::None);
        let after = self.clone().evolve(&first);
        let cause = Cause::Died { act, run };
        let mut out = Decision { entries: vec![first], beside: Vec::new() };
        match after.phase {
            // Nobody knows how far it came, and it is never done again by itself.
            Phase::Starting | Phase::Promoting => {
                out.entries.push(entry(caller, now, RolloutFact::Unknown { why: cause }, Held::None));
            }
            _ => out.entries.extend(after.led_to(false, cause, act, &|_| true, caller, now)),
        }
        Ok(out)
    }

    /// What the end of an act leads to. `self` is the rollout after it.
    fn led_to(
        &self,
        is_done: bool,
        cause: Cause,
        act: Act,
        has: &dyn Fn(Act) -> bool,
        caller: &Caller,
        now: Moment,
    ) -> Option<Entry> {
        let one = |fact| Some(entry(caller, now, fact, Held::None));
        match self.phase {
            Phase::Prepared if self.checking && !is_done => {
                let words = self.runs.last().and_then(|ran| ran.ended.as_ref()?.why.clone());
                let why = words.unwrap_or_else(|| Text::new(cause.to_string()));
                Some(entry(caller, now, RolloutFact::NotStarted {}, Payload::reason(Some(why))))
            }
            Phase::Starting | Phase::Promoting if !is_done => one(RolloutFact::RollingBack { why: cause }),
            Phase::Starting | Phase::Promoting if self.next_act(has).is_none() => {
                let (tier, until) = (self.to.unwrap_or(self.tier), now.plus(self.terms.bake));
                one(RolloutFact::Baking { tier, attempt: Attempt(1), since: now, until })
            }
            Phase::RollingBack if !is_done && self.tries >= TRIES => {
                one(RolloutFact::RollbackFailed { why: cause })
            }
            // What was stopped on the way out says nothing about the way back.
            Phase::RollingBack if is_done && self.is_way_back(act) && self.next_act(has).is_none() => {
                // What was looked at is everything; what was taken back is what counts.
                let (_, verified, _) = self.counted();
                let out = self.runs.iter().rev().filter(|ran| matches!(ran.act, Act::Start | Act::Promote));
                let changed = out.filter_map(|ran| ran.ended.as_ref()?.changed).next();
                let verified = verified.map(|all| changed.map_or(all, |changed| all.min(changed)));
                one(RolloutFact::RolledBack { took: self.triggered(now), verified })
            }
            _ => None,
        }
    }

    /// The pack was checked: the first tier begins.
    ///
    /// # Errors
    /// When it was not, or not yet.
    pub fn checked(
        &self,
        baseline: Option<super::Amount>,
        caller: &Caller,
        now: Moment,
    ) -> Result<Decision, Refusal> {
        self.may_happen(Stimulus::Checked, now)?;
        let Some(to) = self.terms.tiers.first().copied().filter(|_| self.checking && self.act.is_none())
        else {
            return Err(self.refused("its pack has not been checked".to_owned()));
        };
        let fact = RolloutFact::Started { to, baseline };
        Ok(Decision { entries: vec![entry(caller, now, fact, Held::None)], beside: Vec::new() })
    }

    /// It is not started after all, and why.
    pub fn unfit(&self, why: Text, caller: &Caller, now: Moment) -> Decision {
        let payload = Payload::reason(Some(why));
        Decision {
            entries: vec![entry(caller, now, RolloutFact::NotStarted {}, payload)],
            beside: Vec::new(),
        }
    }
}
