//! One rollout as somebody looks at it: what it is, what was measured of it, and what each metric says just now.
//!
//! What is not known is never shown as a number: a reading that is old says how old, and one that is missing says so.

use super::unattended::is_left_alone;
use crate::domain::moment::{Moment, Span};
use crate::domain::names::{Identifier, RequestId};
use crate::domain::rollout::gate::{FRESH, auto_halt, judge};
use crate::domain::rollout::{Amount, Found, Heard, Judgement, Look, Metric, Phase, Rollout, Tier};
use crate::present::line::Tone;
use crate::present::time;
use std::cmp::Ordering;

/// A rollout and what a look at it needs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Seen {
    /// The rollout.
    pub rollout: Rollout,
    /// What is deployed, where the deployment says it.
    pub service: Option<Identifier>,
    /// What was measured since [`Seen::since`], in the order it came.
    pub heard: Vec<Heard>,
    /// From when on readings were read: what is older is not known here.
    pub since: Moment,
    /// The promotion that waits, if one does.
    pub waits: Option<Waits>,
    /// Whether somebody keeps time: without that nothing happens by itself.
    pub watched: bool,
}

/// A promotion that waits for somebody.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Waits {
    /// Its request.
    pub id: RequestId,
    /// When time closes it.
    pub expires_at: Option<Moment>,
    /// How many sign-offs are missing.
    pub missing: usize,
}

/// What one metric says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Says {
    /// A number, held to the limit (for TES the decline); how old it is when it is too old to be believed.
    Value(Amount, Option<Span>),
    /// The last answer was no number.
    NotANumber,
    /// The last look was answered by nothing.
    NoAnswer,
    /// There are readings, and nothing to compare them with: TES as it was before is not known.
    NoBaseline,
    /// Nothing came in the time that was looked at.
    Nothing,
}

/// One metric and what it says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Gauge {
    /// Which.
    pub metric: Metric,
    /// What.
    pub says: Says,
    /// Above this it fails.
    pub limit: Amount,
    /// Above this it is said.
    pub warns: Option<Amount>,
}

/// The short name of a metric, where there is little room.
pub const fn short(metric: Metric) -> &'static str {
    match metric {
        Metric::Tes => "tes drop",
        Metric::ErrorRate => "errors",
        Metric::Cpu => "cpu",
        Metric::Memory => "mem",
    }
}

impl Seen {
    /// How early it stands among those that are live, smaller first: what somebody must look at, then what goes wrong, then
    /// what waits, then what goes its way, then what is over.
    pub fn place(&self, now: Moment) -> u8 {
        let failing = || self.gauges(now).iter().any(|gauge| gauge.tone() == Tone::Bad);
        let doubtful = || self.gauges(now).iter().any(|gauge| gauge.tone() == Tone::Warn);
        match self.rollout.phase {
            Phase::RollbackFailed if !self.rollout.acknowledged => 0,
            Phase::Unknown => 1,
            Phase::RollbackFailed => 2,
            Phase::RollingBack => 3,
            _ if is_left_alone(self) => 4,
            Phase::Baking | Phase::AwaitingPromotion | Phase::Paused if failing() => 5,
            Phase::AwaitingPromotion => 6,
            Phase::Frozen => 7,
            Phase::Baking if doubtful() => 8,
            Phase::Starting | Phase::Promoting | Phase::Baking => 9,
            Phase::Paused | Phase::Prepared => 10,
            Phase::RolledBack => 11,
            Phase::Completed => 12,
        }
    }

    /// The first tier that is not reached, beginning behind what is out.
    pub fn next(&self) -> Option<Tier> {
        self.rollout.terms.after(self.rollout.tier)
    }

    /// The value that is held to the limit: for TES the decline against the time before.
    pub fn judged(&self, metric: Metric, value: Amount) -> Option<Amount> {
        match metric {
            Metric::Tes => self.rollout.baseline.map(|before| before.less(value)),
            _ => Some(value),
        }
    }

    /// What the gate would say if the bake were over now; nothing while there is nothing to judge.
    pub fn so_far(&self, now: Moment) -> Option<Judgement> {
        let rollout = &self.rollout;
        let bake = rollout.bake?;
        if !matches!(rollout.phase, Phase::Baking | Phase::AwaitingPromotion) {
            return None;
        }
        let look = Look {
            terms: &rollout.terms,
            baseline: rollout.baseline,
            began: bake.since,
            now,
            heard: &self.heard,
        };
        let halts = rollout.terms.auto_halt.then(|| auto_halt(&look)).flatten();
        Some(halts.map_or_else(|| judge(&look), Judgement::Fail))
    }

    /// What each metric that is judged says.
    pub fn gauges(&self, now: Moment) -> Vec<Gauge> {
        let profile = self.rollout.terms.profile;
        let gauge = |metric: &Metric| {
            let limit = profile.limit(*metric);
            Gauge { metric: *metric, says: self.says(*metric, now), limit: limit.fails, warns: limit.warns }
        };
        self.rollout.terms.metrics.iter().map(gauge).collect()
    }

    fn says(&self, metric: Metric, now: Moment) -> Says {
        let of_it = || self.heard.iter().filter(|heard| heard.reading.metric == metric);
        let Some(last) = of_it().next_back() else { return Says::Nothing };
        match &last.reading.found {
            Found::Nothing(_) => return Says::NoAnswer,
            Found::NotANumber => return Says::NotANumber,
            Found::Value(_) => {}
        }
        // The newest by when it was taken: one that came late does not make an old number new.
        let newest = of_it()
            .filter_map(|heard| Some((heard.reading.at, heard.reading.found.value()?)))
            .max_by_key(|(at, _)| *at);
        let Some((at, value)) = newest else { return Says::Nothing };
        let age = now.since(at);
        match self.judged(metric, value) {
            None => Says::NoBaseline,
            Some(value) => Says::Value(value, (age > FRESH).then_some(age)),
        }
    }
}

impl Gauge {
    /// How near to its limit, so that what is most urgent is told first: what says nothing is more urgent than what is well.
    pub fn urgency(&self) -> i64 {
        const UNKNOWN: i64 = 1_000_000_000;
        match &self.says {
            Says::Value(value, None) => {
                let limit = self.limit.in_millionths().max(1);
                let near = i128::from(value.in_millionths()) * 1_000 / i128::from(limit);
                match value.cmp(&self.limit) {
                    Ordering::Greater => i64::MAX,
                    _ => i64::try_from(near).unwrap_or(i64::MIN),
                }
            }
            Says::Value(_, Some(_)) => UNKNOWN,
            Says::NotANumber | Says::NoAnswer | Says::NoBaseline | Says::Nothing => UNKNOWN + 1,
        }
    }

    /// How it is meant.
    pub fn tone(&self) -> Tone {
        match &self.says {
            Says::Value(value, None) if *value > self.limit => Tone::Bad,
            Says::Value(value, None) if *value == self.limit => Tone::Warn,
            Says::Value(value, None) if self.warns.is_some_and(|warns| *value > warns) => Tone::Warn,
            Says::Value(_, None) => Tone::Plain,
            _ => Tone::Warn,
        }
    }

    /// What it says, the limit with it: `0.4<10`, `12>10`, `0.4 stale 3 min`, `no reading`.
    pub fn words(&self) -> String {
        match &self.says {
            Says::Value(value, None) => {
                let sign = match value.cmp(&self.limit) {
                    Ordering::Less => "<",
                    Ordering::Equal => "=",
                    Ordering::Greater => ">",
                };
                format!("{value}{sign}{}", self.limit)
            }
            Says::Value(value, Some(age)) => format!("{value} stale {}", time::span(*age)),
            Says::NotANumber => "not a number".to_owned(),
            Says::NoAnswer => "no answer".to_owned(),
            Says::NoBaseline => "no baseline".to_owned(),
            Says::Nothing => "no reading".to_owned(),
        }
    }
}
