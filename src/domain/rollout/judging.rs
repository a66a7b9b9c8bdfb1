//! Deciding on what the gate says, and on what becomes of a promotion.

use super::Phase;
use super::decide::{Beside, Decision, entry};
use super::fact::{Cause, RolloutFact, Sample};
use super::gate::{self, Breach, Judgement, Look};
use super::reading::Found;
use super::state::Rollout;
use super::table::{Stimulus, cell};
use super::terms::{AfterGate, OnBreach};
use crate::domain::event::Held;
use crate::domain::moment::Moment;
use crate::domain::names::RequestId;
use crate::domain::principal::Caller;
use crate::domain::refusal::Refusal;

/// A verdict as it is recorded, with the readings it judged.
fn judged(rollout: &Rollout, look: &Look<'_>, judgement: Judgement) -> RolloutFact {
    let readings = look
        .heard
        .iter()
        .filter(|h| h.reading.at >= look.began)
        .map(|h| Sample {
            metric: h.reading.metric,
            at: h.reading.at,
            value: match &h.reading.found {
                Found::Value(value) => Some(*value),
                Found::NotANumber | Found::Nothing(_) => None,
            },
            source: h.reading.source.clone(),
        })
        .collect();
    RolloutFact::Judged { tier: rollout.tier, attempt: rollout.attempt, judgement, readings }
}

impl Rollout {
    /// Whether another tier may begin as far as the rollout's age goes.
    ///
    /// # Errors
    /// Why not.
    pub fn young_enough(&self, now: Moment) -> Result<(), Cause> {
        let max_age = self.terms.max_age;
        let old = self.began.is_some_and(|began| now.since(began) > max_age);
        if old { Err(Cause::TooOld { max_age }) } else { Ok(()) }
    }

    /// What time and the readings do to it: nothing, or what the gate says.
    pub fn tick(
        &self,
        look: &Look<'_>,
        next: RequestId,
        still: &Result<(), Cause>,
        caller: &Caller,
    ) -> Decision {
        let now = look.now;
        let mut out = Decision::default();
        let watched = matches!(self.phase, Phase::Baking | Phase::AwaitingPromotion | Phase::Paused);
        if watched
            && self.terms.auto_halt
            && let Some(breach) = gate::auto_halt(look)
        {
            out.breached(self, look, breach, caller);
            return out;
        }
        let one = |fact| entry(caller, now, fact, Held::None);
        let over = self.bake.is_some_and(|bake| now >= bake.until);
        match self.phase {
            Phase::Baking if over => {}
            Phase::AwaitingPromotion => {}
            _ => return out,
        }
        let judgement = gate::judge(look);
        let verdict = |judgement: &Judgement| one(judged(self, look, judgement.clone()));
        match (&judgement, self.phase) {
            (Judgement::Fail(breach), _) => out.breached(self, look, breach.clone(), caller),
            (Judgement::Pass(_), Phase::AwaitingPromotion) => {}
            (Judgement::Inconclusive(why), Phase::AwaitingPromotion) => {
                out.entries.push(verdict(&judgement));
                out.entries.push(one(RolloutFact::Frozen { why: Cause::Unsure(why.clone()) }));
                out.close(self, format!("the gate does not pass any more: {why}"));
            }
            (Judgement::Inconclusive(why), _) => {
                out.entries.push(verdict(&judgement));
                let extended = self.bake.is_some_and(|bake| bake.extended);
                out.entries.push(one(match extended {
                    true => RolloutFact::Frozen { why: Cause::Unsure(why.clone()) },
                    false => RolloutFact::Extended { since: now, until: now.plus(self.terms.bake) },
                }));
            }
            (Judgement::Pass(_), _) => {
                out.entries.push(verdict(&judgement));
                let (from, attempt) = (self.tier, self.attempt);
                match (self.terms.after(self.tier), self.terms.after_gate, still) {
                    (None, ..) => out.entries.push(one(RolloutFact::Completed {})),
                    (Some(_), _, Err(why)) => out.entries.push(one(RolloutFact::Frozen { why: why.clone() })),
                    (Some(to), AfterGate::Promote, Ok(())) => {
                        out.entries.push(one(RolloutFact::Promoting { from, to, promotion: None }));
                    }
                    (Some(to), AfterGate::Ask, Ok(())) => {
                        let promotion = next;
                        out.entries.push(one(RolloutFact::Awaiting { promotion, from, to, attempt }));
                        out.beside.push(Beside::Ask { promotion, from, to, attempt, judgement });
                    }
                }
            }
        }
        out
    }

    /// Its promotion was signed off: the next tier begins, when the gate still passes and it is not too old.
    ///
    /// # Errors
    /// Why it does not; then nothing is recorded, and the sign-off neither.
    pub fn promoted(
        &self,
        promotion: RequestId,
        look: &Look<'_>,
        still: &Result<(), Cause>,
        caller: &Caller,
    ) -> Result<Decision, Refusal> {
        self.may_happen(Stimulus::Promote, look.now)?;
        if self.promotion != Some(promotion) {
            return Err(self.no(Stimulus::Promote, look.now));
        }
        if let Err(why) = still {
            return Err(self.refused(format!("no other tier begins: {why}")));
        }
        let Some(to) = self.terms.after(self.tier) else {
            return Err(self.refused("there is no other tier".to_owned()));
        };
        let halts = self.terms.auto_halt.then(|| gate::auto_halt(look)).flatten();
        let judgement = halts.map_or_else(|| gate::judge(look), Judgement::Fail);
        if !matches!(judgement, Judgement::Pass(_)) {
            return Err(self.refused(format!("the gate does not pass any more: {judgement}")));
        }
        let one = |fact| entry(caller, look.now, fact, Held::None);
        let promoting = RolloutFact::Promoting { from: self.tier, to, promotion: Some(promotion) };
        Ok(Decision { entries: vec![one(judged(self, look, judgement)), one(promoting)], beside: Vec::new() })
    }

    /// Its promotion was closed without being signed off: nothing moves. Nothing when it is not the one that is open.
    pub fn promotion_closed(
        &self,
        promotion: RequestId,
        state: &str,
        caller: &Caller,
        now: Moment,
    ) -> Decision {
        let mut out = Decision::default();
        if self.promotion == Some(promotion) && cell(self.phase, Stimulus::Refused).is_some() {
            let why = Cause::Promotion { id: promotion, state: state.to_owned() };
            out.entries.push(entry(caller, now, RolloutFact::Frozen { why }, Held::None));
        }
        out
    }
}

impl Decision {
    /// A limit was broken: the verdict, the halt, and what the terms say follows.
    pub(super) fn breached(&mut self, rollout: &Rollout, look: &Look<'_>, breach: Breach, caller: &Caller) {
        let one = |fact| entry(caller, look.now, fact, Held::None);
        let why = Cause::Breach(breach.clone());
        self.entries.push(one(judged(rollout, look, Judgement::Fail(breach.clone()))));
        self.entries.push(one(rollout.halted(why.clone())));
        self.entries.push(one(match rollout.terms.on_breach {
            OnBreach::RollBack => RolloutFact::RollingBack { why },
            OnBreach::Freeze => RolloutFact::Frozen { why },
        }));
        self.close(rollout, format!("the rollout was halted: {breach}"));
    }
}
