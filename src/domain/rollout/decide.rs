//! Deciding on a rollout: from its state, what is asked or seen, and the time, the entries that record it — or the refusal.
//! The table says what leads where; this says what is recorded on the way.

use super::Phase;
use super::fact::{Cause, RolloutFact};
use super::gate::Judgement;
use super::state::Rollout;
use super::table::{By, Stimulus, cell};
use super::tier::{Attempt, Tier};
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

    pub(super) fn refused(&self, why: String) -> Refusal {
        Refusal::Rollout(Box::new(No { id: self.id.deployment(), why, late: false }))
    }

    /// Why `on` is not done now: where it stands, and since when or until when.
    pub fn refusal(&self, on: Stimulus, now: Moment) -> Refusal {
        self.no(on, now)
    }

    pub(super) fn no(&self, on: Stimulus, now: Moment) -> Refusal {
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
                left => format!("bake ends in {}", super::words::left(left)),
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

    pub(super) fn halted(&self, why: Cause) -> RolloutFact {
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
    pub(super) fn triggered(&self, now: Moment) -> crate::domain::moment::Span {
        now.since(self.cause.as_ref().map_or(self.since, |stopped| stopped.at))
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
    pub(super) fn close(&mut self, rollout: &Rollout, why: String) {
        self.beside.extend(rollout.promotion.map(|promotion| Beside::Close { promotion, why }));
    }
}
