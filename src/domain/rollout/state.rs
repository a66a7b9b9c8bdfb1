//! A rollout as its events made it.

use super::Phase;
use super::fact::{Cause, RolloutFact};
use super::gate::Judgement;
use super::reading::Amount;
use super::terms::Terms;
use super::tier::{Attempt, RolloutId, Tier};
use super::work::{Act, Ended, Pack, RunNumber};
use crate::domain::digest::RevisionDigest;
use crate::domain::event::{Entry, Fact};
use crate::domain::moment::{Moment, Span};
use crate::domain::names::{PrincipalName, RequestId};
use crate::domain::text::Text;
use std::collections::BTreeMap;

/// One rollout.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rollout {
    /// Which.
    pub id: RolloutId,
    /// How many events it has.
    pub version: u64,
    /// When anything last happened to it.
    pub updated_at: Moment,
    /// Where it stands.
    pub phase: Phase,
    /// Since when.
    pub since: Moment,
    /// Who asked for its start, when.
    pub asked: (PrincipalName, Moment),
    /// Whether its pack is being checked: it has been asked for, and not begun.
    pub checking: bool,
    /// What was approved.
    pub plan: RevisionDigest,
    /// The terms it is held to.
    pub terms: Terms,
    /// The driver's programs as they were then.
    pub programs: BTreeMap<String, String>,
    /// When the first tier began.
    pub began: Option<Moment>,
    /// TES as it was before.
    pub baseline: Option<Amount>,
    /// What it can be taken back with.
    pub pack: Option<Pack>,
    /// What is out: while the driver works, what was before.
    pub tier: Tier,
    /// What is to be out, while the driver works.
    pub to: Option<Tier>,
    /// How often the present tier has begun to bake.
    pub attempt: Attempt,
    /// The bake.
    pub bake: Option<Bake>,
    /// The act under way.
    pub act: Option<UnderWay>,
    /// The acts that were done since the phase began.
    pub done: Vec<Act>,
    /// How often taking it back has failed since the phase began.
    pub tries: u32,
    /// The number of the last act.
    pub last_run: RunNumber,
    /// Every act that ended, oldest first.
    pub runs: Vec<Ran>,
    /// The promotion that is open.
    pub promotion: Option<RequestId>,
    /// The promotion that was open when somebody said stop.
    pub overtaken: Option<RequestId>,
    /// The last verdict, and when.
    pub verdict: Option<(Judgement, Moment)>,
    /// Why it stopped or was taken back, who said so, when.
    pub cause: Option<Stopped>,
    /// From the trigger to the end of the rollback, and how many targets were verified.
    pub rolled_back: Option<(Span, Option<u32>)>,
    /// Whether somebody has seen that taking it back failed.
    pub acknowledged: bool,
    /// Why it was not started, the last time.
    pub not_started: Option<Text>,
}

/// A tier that is looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bake {
    /// From when on readings are judged.
    pub since: Moment,
    /// When it is over.
    pub until: Moment,
    /// Whether it was extended already.
    pub extended: bool,
}

/// An act under way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UnderWay {
    /// Its number.
    pub run: RunNumber,
    /// What.
    pub act: Act,
    /// What was out before.
    pub from: Tier,
    /// What is to be out after.
    pub to: Tier,
    /// Since when.
    pub at: Moment,
}

/// An act that ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ran {
    /// Its number.
    pub run: RunNumber,
    /// What.
    pub act: Act,
    /// When it ended.
    pub at: Moment,
    /// How; nothing where whoever did it died.
    pub ended: Option<Ended>,
}

/// Why it stopped.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stopped {
    /// Why.
    pub why: Cause,
    /// Who said so.
    pub by: PrincipalName,
    /// When.
    pub at: Moment,
    /// In whose words.
    pub reason: Option<Text>,
}

/// The rollout that `entry` begins; nothing when it begins none.
pub fn begin(id: RolloutId, entry: &Entry) -> Option<Rollout> {
    let Fact::Rollout(fact) = &entry.fact else { return None };
    let RolloutFact::Asked { plan, terms, .. } = &**fact else { return None };
    let new = Rollout {
        id,
        version: 0,
        updated_at: entry.at,
        phase: Phase::Prepared,
        since: entry.at,
        asked: (entry.by.clone(), entry.at),
        checking: true,
        plan: *plan,
        terms: (**terms).clone(),
        programs: BTreeMap::new(),
        began: None,
        baseline: None,
        pack: None,
        tier: Tier::NONE,
        to: None,
        attempt: Attempt::default(),
        bake: None,
        act: None,
        done: Vec::new(),
        tries: 0,
        last_run: RunNumber::default(),
        runs: Vec::new(),
        promotion: None,
        overtaken: None,
        verdict: None,
        cause: None,
        rolled_back: None,
        acknowledged: false,
        not_started: None,
    };
    Some(new.evolve(entry))
}

impl Rollout {
    /// The rollout after `entry` has happened to it. There are no rules here.
    #[must_use]
    pub fn evolve(mut self, entry: &Entry) -> Self {
        self.version += 1;
        self.updated_at = entry.at;
        let Fact::Rollout(fact) = &entry.fact else { return self };
        let payload = entry.payload.here();
        let reason = payload.and_then(|p| p.reason.clone());
        match &**fact {
            RolloutFact::Asked { plan, terms, programs } => {
                self.asked = (entry.by.clone(), entry.at);
                (self.plan, self.terms) = (*plan, (**terms).clone());
                self.programs = programs.iter().map(|p| (p.path.clone(), p.sha256.clone())).collect();
                (self.checking, self.not_started) = (true, None);
                self.done.clear();
            }
            RolloutFact::NotStarted {} => {
                (self.checking, self.not_started) = (false, reason);
                self.done.clear();
            }
            RolloutFact::Started { to, baseline } => {
                (self.checking, self.began) = (false, Some(entry.at));
                (self.to, self.baseline) = (Some(*to), *baseline);
                self.come_to(Phase::Starting, entry);
            }
            RolloutFact::ActBegun { run, act, from, to, .. } => {
                self.last_run = *run;
                self.act = Some(UnderWay { run: *run, act: *act, from: *from, to: *to, at: entry.at });
            }
            RolloutFact::ActEnded { run, act, ended } => {
                let ended = Ended {
                    why: reason,
                    output: payload.and_then(|p| p.output.clone()),
                    pack: payload.and_then(|p| p.locator.clone()),
                    ..ended.clone()
                };
                let is_done = ended.end == super::End::Done;
                if is_done && *act == Act::Snapshot {
                    self.pack = Some(Pack { place: ended.pack.clone(), made_at: entry.at });
                }
                self.over(*run, *act, entry.at, Some(ended));
                match (is_done, self.phase) {
                    // What was stopped on the way out is no part of the way back.
                    (_, Phase::RollingBack) if !self.is_way_back(*act) => {}
                    (true, _) => self.done.push(*act),
                    (false, Phase::RollingBack) => self.again(),
                    (false, _) => {}
                }
            }
            RolloutFact::ActLost { run, act } => {
                self.over(*run, *act, entry.at, None);
                if self.phase == Phase::RollingBack && self.is_way_back(*act) {
                    self.again();
                }
            }
            RolloutFact::Baking { tier, attempt, since, until } => {
                (self.tier, self.attempt, self.to) = (*tier, *attempt, None);
                self.bake = Some(Bake { since: *since, until: *until, extended: false });
                (self.cause, self.overtaken, self.verdict) = (None, None, None);
                self.come_to(Phase::Baking, entry);
            }
            RolloutFact::Judged { judgement, .. } => self.verdict = Some((judgement.clone(), entry.at)),
            RolloutFact::Extended { since, until } => {
                self.bake = Some(Bake { since: *since, until: *until, extended: true });
            }
            RolloutFact::Awaiting { promotion, .. } => {
                self.promotion = Some(*promotion);
                self.come_to(Phase::AwaitingPromotion, entry);
            }
            RolloutFact::Promoting { to, .. } => {
                (self.to, self.attempt, self.promotion) = (Some(*to), Attempt::default(), None);
                self.come_to(Phase::Promoting, entry);
            }
            RolloutFact::Paused { left } => {
                // The rest of the bake is kept as if it had begun now: resuming says until when.
                if let Some(bake) = &mut self.bake {
                    bake.until = entry.at.plus(*left);
                }
                self.promotion = None;
                self.come_to(Phase::Paused, entry);
            }
            RolloutFact::Frozen { why } => {
                self.stopped(why, entry, reason);
                self.promotion = None;
                self.come_to(Phase::Frozen, entry);
            }
            RolloutFact::Halted { why, promotion, .. } => {
                self.stopped(why, entry, reason);
                self.overtaken = promotion.or(self.overtaken);
                self.promotion = None;
            }
            RolloutFact::RollingBack { why } => {
                self.stopped(why, entry, reason);
                (self.promotion, self.to, self.tries) = (None, Some(Tier::NONE), 0);
                self.come_to(Phase::RollingBack, entry);
            }
            RolloutFact::RolledBack { took, verified } => {
                (self.tier, self.to) = (Tier::NONE, None);
                self.rolled_back = Some((*took, *verified));
                self.come_to(Phase::RolledBack, entry);
            }
            RolloutFact::RollbackFailed { why } => {
                self.stopped(why, entry, reason);
                self.acknowledged = false;
                self.come_to(Phase::RollbackFailed, entry);
            }
            RolloutFact::Acknowledged {} => self.acknowledged = true,
            RolloutFact::Unknown { why } => {
                self.stopped(why, entry, reason);
                self.come_to(Phase::Unknown, entry);
            }
            RolloutFact::Resolved { tier } => {
                self.tier = *tier;
                self.to = None;
            }
            RolloutFact::Completed {} => self.come_to(Phase::Completed, entry),
            // Of the deployment: were one in a rollout's log, it would change nothing.
            RolloutFact::CameTo { .. } => {}
        }
        self
    }

    fn come_to(&mut self, phase: Phase, entry: &Entry) {
        (self.phase, self.since) = (phase, entry.at);
        self.done.clear();
    }

    fn stopped(&mut self, why: &Cause, entry: &Entry, reason: Option<Text>) {
        self.cause = Some(Stopped { why: why.clone(), by: entry.by.clone(), at: entry.at, reason });
    }

    fn over(&mut self, run: RunNumber, act: Act, at: Moment, ended: Option<Ended>) {
        self.act = None;
        self.runs.push(Ran { run, act, at, ended });
    }

    /// Whether an act belongs to taking it back: the one that takes it back, and the look afterwards.
    pub(super) fn is_way_back(&self, act: Act) -> bool {
        act == Act::RollBack || (act == Act::Verify && self.done.contains(&Act::RollBack))
    }

    /// Whether an act that is under way is one that nobody wants any more.
    pub fn is_unwanted(&self, act: Act) -> bool {
        match self.phase {
            Phase::RollingBack => !self.is_way_back(act),
            Phase::Prepared => !self.checking,
            Phase::Starting | Phase::Promoting => false,
            _ => true,
        }
    }

    /// The way back begins anew.
    fn again(&mut self) {
        self.tries += 1;
        self.done.clear();
    }

    /// Whether everybody must see it first: taking it back failed, and nobody has said that they saw.
    pub fn is_alarm(&self) -> bool {
        self.phase == Phase::RollbackFailed && !self.acknowledged
    }

    /// Whether it goes on by itself, soon: the driver works, or its pack is being checked.
    pub fn moves(&self) -> bool {
        let works = matches!(self.phase, Phase::Starting | Phase::Promoting | Phase::RollingBack);
        self.checking || works || (self.act.is_some() && self.phase == Phase::RollingBack)
    }

    /// The act that is next, of those the driver `has`; nothing when the phase has none left.
    pub fn next_act(&self, has: impl Fn(Act) -> bool) -> Option<Act> {
        let acts: &[Act] = match self.phase {
            Phase::Prepared if self.checking => &[Act::Snapshot, Act::DryRun],
            Phase::Starting => &[Act::Start, Act::Verify],
            Phase::Promoting => &[Act::Promote, Act::Verify],
            Phase::RollingBack => &[Act::RollBack, Act::Verify],
            _ => &[],
        };
        acts.iter().copied().find(|act| !self.done.contains(act) && (has(*act) || act.changes()))
    }

    /// How many targets the last look or change says it has done, of how many.
    pub fn counted(&self) -> (Option<u32>, Option<u32>, Option<u32>) {
        let last = |pick: fn(&Ended) -> Option<u32>| {
            self.runs.iter().rev().filter_map(|ran| ran.ended.as_ref()).find_map(pick)
        };
        (last(|e| e.changed), last(|e| e.verified), last(|e| e.targets))
    }
}
