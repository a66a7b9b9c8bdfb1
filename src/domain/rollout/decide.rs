//! Deciding on a rollout: from its state, what is asked or seen, and the time, the entries that record it — or the refusal.
//! The table says what leads where; this says what is recorded on the way.

use super::Phase;
use super::fact::{Cause, RolloutFact, Sample};
use super::gate::{self, Breach, Judgement, Look};
use super::reading::Found;
use super::state::Rollout;
use super::table::{By, Stimulus, cell};
use super::terms::{AfterGate, OnBreach};
use super::tier::{Attempt, Tier};
use super::work::{Act, End, Ended, RunNumber};
use crate::domain::event::{Actor, Entry, Fact, Held, Payload};
use crate::domain::moment::Moment;
use crate::domain::names::RequestId;
use crate::domain::principal::{Caller, Standing};
use crate::domain::refusal::Refusal;
use crate::domain::text::Text;

/// How often taking it back is tried.
pub const TRIES: u32 = 3;

/// Why something is not done to a rollout.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct No {
    /// Which.
    pub id: RequestId,
    /// Why, as a sentence without its end.
    pub why: String,
    /// Whether somebody else was first: what the caller looked at was there, and is gone.
    pub late: bool,
}

/// What a person asks for, beside its start and its promotion.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ask {
    /// Stop the bake clock.
    Pause,
    /// Let it go on.
    Resume,
    /// Let nothing move.
    Freeze,
    /// Stop.
    Halt,
    /// Take everything back.
    RollBack,
    /// Say what is there.
    Resolve {
        /// What is out.
        tier: Tier,
        /// Where the proof is.
        proof: Option<Text>,
    },
    /// Say that one has seen that taking it back failed.
    Acknowledge,
}

/// What is to happen to another request in the same transaction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Beside {
    /// This promotion dies, and why.
    Close {
        /// Which.
        promotion: RequestId,
        /// Why, in one line of fixed words and numbers.
        why: String,
    },
    /// A promotion is asked for, with this number.
    Ask {
        /// Its number.
        promotion: RequestId,
        /// From which tier.
        from: Tier,
        /// To which.
        to: Tier,
        /// For which attempt.
        attempt: Attempt,
        /// The verdict that lets it be asked.
        judgement: Judgement,
    },
}

/// What is decided: what is recorded of the rollout, and what happens beside it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Decision {
    /// The rollout's entries, in order.
    pub entries: Vec<Entry>,
    /// What happens to other requests.
    pub beside: Vec<Beside>,
}

impl Ask {
    /// What it is in the table.
    pub const fn stimulus(&self) -> Stimulus {
        match self {
            Ask::Pause => Stimulus::Pause,
            Ask::Resume => Stimulus::Resume,
            Ask::Freeze => Stimulus::Freeze,
            Ask::Halt => Stimulus::Halt,
            Ask::RollBack => Stimulus::RollBack,
            Ask::Resolve { .. } => Stimulus::Resolve,
            Ask::Acknowledge => Stimulus::Acknowledge,
        }
    }
}

/// One entry by `caller`.
pub fn entry(caller: &Caller, now: Moment, fact: RolloutFact, payload: Held) -> Entry {
    Entry {
        at: now,
        by: caller.name.clone(),
        assurance: caller.assurance,
        actor: Actor::of(caller),
        fact: Fact::Rollout(Box::new(fact)),
        payload,
    }
}

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
    /// Whether `on` can be done or happen now, by the table.
    ///
    /// # Errors
    /// Why not.
    pub fn may_happen(&self, on: Stimulus, now: Moment) -> Result<(), Refusal> {
        if cell(self.phase, on).is_some() { Ok(()) } else { Err(self.no(on, now)) }
    }

    /// Whether somebody who stands there may ask for `on` now.
    ///
    /// # Errors
    /// A permission that is missing, or why not now.
    pub fn may(&self, on: Stimulus, standing: &Standing, now: Moment) -> Result<(), Refusal> {
        if let By::Holder(permission) = on.by()
            && !standing.may(permission)
        {
            return Err(Refusal::NotPermitted { permission });
        }
        self.may_happen(on, now)?;
        let no = |why: String| Err(self.refused(why));
        match on {
            Stimulus::Halt if self.phase == Phase::Prepared && !self.checking => {
                no("nothing of it has begun, so there is nothing to halt".to_owned())
            }
            Stimulus::Halt if self.phase == Phase::Frozen => {
                no("it is frozen already: nothing moves".to_owned())
            }
            Stimulus::RollBack
                if self.phase == Phase::Completed && now > self.since.plus(self.terms.pack_valid) =>
            {
                let until = self.since.plus(self.terms.pack_valid).date_and_time();
                no(format!(
                    "what it could be rolled back with was kept until {until}: ask for a deployment of what was before"
                ))
            }
            Stimulus::Acknowledge if self.acknowledged => {
                no("somebody has acknowledged it already".to_owned())
            }
            _ => Ok(()),
        }
    }

    fn refused(&self, why: String) -> Refusal {
        Refusal::Rollout(Box::new(No { id: self.id.deployment(), why, late: false }))
    }

    /// Why `on` is not done now: where it stands, and since when or until when.
    pub fn refusal(&self, on: Stimulus, now: Moment) -> Refusal {
        self.no(on, now)
    }

    fn no(&self, on: Stimulus, now: Moment) -> Refusal {
        let at = self.since.hour_and_minute();
        let cause = self.cause.as_ref().map(|stopped| match &stopped.why {
            Cause::Person => format!(" by {}", stopped.by),
            why => format!(": {why}"),
        });
        let cause = cause.unwrap_or_default();
        let why = match (self.phase, self.bake) {
            (Phase::Baking, Some(bake)) if on == Stimulus::Promote => match bake.until.since(now) {
                left if left.millis() == 0 => {
                    "its bake is over, and the watcher has not judged it yet".to_owned()
                }
                left => format!("bake ends in {}", super::words::span(left)),
            },
            (Phase::Prepared, _) if self.checking => {
                "its pack is being checked; nothing is out yet".to_owned()
            }
            (Phase::Prepared, _) => {
                format!("it has not been started: countersign rollout start {}", self.id)
            }
            (Phase::RolledBack, _) => format!("rolled back at {at}{cause}"),
            (Phase::RollingBack, _) => format!("it is being rolled back since {at}{cause}"),
            (Phase::RollbackFailed, _) => format!("its rollback failed at {at}{cause}"),
            (Phase::Frozen, _) => format!("frozen at {at}{cause}"),
            (Phase::Unknown, _) => format!("nobody knows how far it came since {at}{cause}"),
            (Phase::Paused, _) => format!("paused since {at}"),
            (Phase::Completed, _) => format!("completed at {at}"),
            (phase, _) => format!("it is {} since {at}", phase.word().replace('_', " ")),
        };
        // Who promotes what was open when somebody said stop comes too late; who promotes what was never open, does not.
        let late = on == Stimulus::Promote && self.overtaken.is_some();
        Refusal::Rollout(Box::new(No { id: self.id.deployment(), why, late }))
    }

    /// What somebody asks for.
    ///
    /// # Errors
    /// As [`Rollout::may`]; or a reason that is missing.
    pub fn ask(
        &self,
        ask: &Ask,
        reason: Option<Text>,
        caller: &Caller,
        standing: &Standing,
        now: Moment,
    ) -> Result<Decision, Refusal> {
        self.may(ask.stimulus(), standing, now)?;
        let said = || Payload::reason(reason.clone());
        let one = |fact| entry(caller, now, fact, said());
        let mut out = Decision::default();
        match ask {
            Ask::Pause => {
                let left =
                    self.bake.map(|bake| bake.until.since(now)).unwrap_or(crate::domain::moment::Span::ZERO);
                out.entries.push(one(RolloutFact::Paused { left }));
                out.close(self, format!("the rollout was paused by {}", caller.name));
            }
            Ask::Resume => out.entries.push(one(self.resumed(now))),
            Ask::Freeze => {
                out.entries.push(one(RolloutFact::Frozen { why: Cause::Person }));
                out.close(self, format!("the rollout was frozen by {}", caller.name));
            }
            Ask::Halt => {
                out.entries.push(one(self.halted(Cause::Person)));
                let plain = |fact| entry(caller, now, fact, Held::None);
                match cell(self.phase, Stimulus::Halt).map(|to| to.phase(self.phase, &self.terms, false)) {
                    Some(Phase::Prepared) => {
                        let why = Payload::reason(Some(Text::new(format!("halted by {}", caller.name))));
                        out.entries.push(entry(caller, now, RolloutFact::NotStarted {}, why));
                    }
                    Some(Phase::RollingBack) => {
                        out.entries.push(plain(RolloutFact::RollingBack { why: Cause::Person }));
                    }
                    Some(Phase::Frozen) => {
                        out.entries.push(plain(RolloutFact::Frozen { why: Cause::Person }))
                    }
                    _ => {}
                }
                out.close(self, format!("the rollout was halted by {}", caller.name));
            }
            Ask::RollBack => {
                if self.promotion.is_some() {
                    out.entries.push(one(self.halted(Cause::Person)));
                }
                out.entries.push(one(RolloutFact::RollingBack { why: Cause::Person }));
                out.close(self, format!("the rollout is rolled back by {}", caller.name));
            }
            Ask::Resolve { tier, proof } => {
                if reason.as_ref().is_none_or(Text::is_blank) {
                    let for_what = "to say what is there (what you looked at, and what you saw)";
                    return Err(Refusal::ReasonRequired { for_what });
                }
                let known = *tier == Tier::NONE || self.terms.tiers.contains(tier);
                if !known {
                    let tiers: Vec<String> = self.terms.tiers.iter().map(ToString::to_string).collect();
                    return Err(self.refused(format!("{tier} is no tier of it: 0 %, {}", tiers.join(", "))));
                }
                let payload =
                    Payload { reason: reason.clone(), locator: proof.clone(), ..Payload::default() };
                let payload = Held::Here(Box::new(payload));
                out.entries.push(entry(caller, now, RolloutFact::Resolved { tier: *tier }, payload));
                out.entries.push(match tier {
                    &Tier::NONE => one(RolloutFact::RolledBack { took: self.triggered(now), verified: None }),
                    _ => one(RolloutFact::Frozen { why: Cause::Resolved }),
                });
            }
            Ask::Acknowledge => out.entries.push(one(RolloutFact::Acknowledged {})),
        }
        Ok(out)
    }

    fn halted(&self, why: Cause) -> RolloutFact {
        RolloutFact::Halted { why, phase: self.phase, promotion: self.promotion }
    }

    /// The bake that resuming begins: the rest of it after a pause, all of it after a freeze.
    fn resumed(&self, now: Moment) -> RolloutFact {
        let (tier, attempt) = (self.tier, self.attempt.next());
        match (self.phase, self.bake) {
            (Phase::Paused, Some(bake)) => {
                let until = now.plus(bake.until.since(self.since));
                RolloutFact::Baking { tier, attempt, since: bake.since, until }
            }
            _ => RolloutFact::Baking { tier, attempt, since: now, until: now.plus(self.terms.bake) },
        }
    }

    /// How long ago that was which made it be taken back.
    fn triggered(&self, now: Moment) -> crate::domain::moment::Span {
        now.since(self.cause.as_ref().map_or(self.since, |stopped| stopped.at))
    }

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
                let (_, verified, _) = self.counted();
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

    /// What is recorded of the deployment when the rollout came from `before` to here; nothing when it stands where it stood.
    pub fn came_to(&self, before: Option<&Rollout>) -> Option<RolloutFact> {
        let place = |rollout: &Rollout| (rollout.phase, rollout.tier, rollout.is_alarm());
        let stood = before.map_or((Phase::Prepared, Tier::NONE, false), place);
        let stopped = matches!(
            self.phase,
            Phase::Frozen | Phase::RollingBack | Phase::RolledBack | Phase::RollbackFailed | Phase::Unknown
        );
        (stood != place(self)).then(|| RolloutFact::CameTo {
            phase: self.phase,
            tier: self.tier,
            alarm: self.is_alarm(),
            why: self.cause.as_ref().filter(|_| stopped).map(|stopped| stopped.why.clone()),
        })
    }
}

impl Decision {
    fn close(&mut self, rollout: &Rollout, why: String) {
        self.beside.extend(rollout.promotion.map(|promotion| Beside::Close { promotion, why }));
    }

    /// A limit was broken: the verdict, the halt, and what the terms say follows.
    fn breached(&mut self, rollout: &Rollout, look: &Look<'_>, breach: Breach, caller: &Caller) {
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
