//! The judgement on a tier: a pure function over what was measured while it baked.
//!
//! What cannot be judged is not healthy: a missing, stale, broken or doubtful measurement never passes, and each has a
//! reason of its own.

use super::profile::Profile;
use super::reading::{Amount, Found, Metric, Reading};
use super::terms::Terms;
use crate::domain::moment::{Moment, Span};
use crate::domain::names::Identifier;
use serde::{Deserialize, Serialize};

/// Readings of a metric below which nothing is judged.
pub const FEWEST: usize = 3;
/// How old the newest reading may be.
pub const FRESH: Span = Span::from_millis(60_000);
/// Breaching readings, one after the other, that halt before the bake is over.
pub const IN_A_ROW: usize = 2;
/// The time before the start over which TES is taken as it was before.
pub const BASELINE: Span = Span::from_minutes(15);
/// A hole this long is taken for a clock that was set, or nobody who watched, not for a source that skipped.
const JUMP: Span = Span::from_hours(1);

/// A reading, and when it came to us.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Heard {
    /// What it says.
    pub reading: Reading,
    /// When it came, by our clock.
    pub at: Moment,
}

/// What is judged: the readings in the order they came, and what they are held to.
#[derive(Clone, Copy, Debug)]
pub struct Look<'a> {
    /// The terms of the rollout.
    pub terms: &'a Terms,
    /// TES as it was before the start.
    pub baseline: Option<Amount>,
    /// When what is judged began: the bake of this tier.
    pub began: Moment,
    /// When it is judged.
    pub now: Moment,
    /// The readings, in the order they came.
    pub heard: &'a [Heard],
}

/// The judgement on a tier.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "verdict", content = "of", rename_all = "snake_case", deny_unknown_fields)]
pub enum Judgement {
    /// Every metric is below its limit.
    Pass(Vec<Measured>),
    /// A metric is above its limit.
    Fail(Breach),
    /// Nobody can say.
    Inconclusive(Unsure),
}

/// One metric over the time that was judged.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measured {
    /// Which.
    pub metric: Metric,
    /// Its mean; for TES the decline.
    pub mean: Amount,
    /// Its limit.
    pub limit: Amount,
    /// Of how many readings.
    pub readings: u32,
    /// Whether it is above the value at which it is said.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub warns: bool,
}

/// A limit that was broken.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Breach {
    /// Of which metric.
    pub metric: Metric,
    /// The mean, or the last of the readings in a row; for TES the decline.
    pub value: Amount,
    /// The limit.
    pub limit: Amount,
    /// Of how many readings.
    pub readings: u32,
    /// The first of them.
    pub since: Moment,
    /// Whether it is a mean; else each of the readings broke it, one after the other.
    pub mean: bool,
}

/// Why nobody can say. Each reason names what to look at.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case", deny_unknown_fields)]
pub enum Unsure {
    /// Nothing of the metric was ever heard.
    Missing {
        /// Which.
        metric: Metric,
    },
    /// Too few readings since the tier began.
    TooFew {
        /// Of which.
        metric: Metric,
        /// How many there are.
        readings: u32,
    },
    /// The newest reading is too old: nothing came for a while.
    Stale {
        /// Of which.
        metric: Metric,
        /// How old, in milliseconds.
        age: Span,
    },
    /// Readings come, but were taken too long ago.
    Late {
        /// Of which.
        metric: Metric,
        /// How long ago the newest was taken, in milliseconds.
        age: Span,
    },
    /// A reading is no number.
    NotANumber {
        /// Of which.
        metric: Metric,
    },
    /// The source cannot be reached, or has nothing to say.
    Unreachable {
        /// Of which.
        metric: Metric,
        /// Which source.
        source: Identifier,
    },
    /// A hole in the readings.
    Gap {
        /// Of which.
        metric: Metric,
        /// Since when nothing came.
        since: Moment,
        /// For how long, in milliseconds.
        lasted: Span,
    },
    /// A hole so long that the clock was set ahead, or nobody watched.
    ClockForward {
        /// How long, in milliseconds.
        lasted: Span,
    },
    /// A reading is from later than now, or came after one that is later: the clock was set back.
    ClockBack {
        /// By how much at least, in milliseconds.
        by: Span,
    },
    /// The mean is exactly at its limit.
    AtLimit {
        /// Of which.
        metric: Metric,
        /// The limit.
        limit: Amount,
    },
    /// TES as it was before is not known.
    NoBaseline {},
}

/// One metric's judgement.
enum One {
    Good(Measured),
    Bad(Breach),
    Unsure(Unsure),
}

/// Judges a tier: it fails when a metric that can be judged is above its limit, whatever the others are; it passes when all
/// are below theirs; else nobody can say.
pub fn judge(look: &Look<'_>) -> Judgement {
    if let Some(by) = clock_went_back(look) {
        return Judgement::Inconclusive(Unsure::ClockBack { by });
    }
    let (mut good, mut unsure) = (Vec::new(), None);
    for metric in &look.terms.metrics {
        match one(look, *metric) {
            One::Bad(breach) => return Judgement::Fail(breach),
            One::Good(measured) => good.push(measured),
            One::Unsure(why) => unsure = unsure.or(Some(why)),
        }
    }
    match unsure {
        Some(why) => Judgement::Inconclusive(why),
        None => Judgement::Pass(good),
    }
}

/// Whether the last readings of a metric, one after the other, are all above its limit.
pub fn auto_halt(look: &Look<'_>) -> Option<Breach> {
    look.terms.metrics.iter().find_map(|metric| {
        let limit = look.terms.profile.limit(*metric).fails;
        let mut row: Vec<(Moment, Amount)> = Vec::new();
        for (at, value) in numbers(look, *metric, look.began).into_iter().rev() {
            let Some(value) = judged(look, *metric, value) else { break };
            if value <= limit {
                break;
            }
            row.push((at, value));
        }
        let (_, value) = *row.first()?;
        let (since, _) = *row.last()?;
        (row.len() >= IN_A_ROW).then_some(Breach {
            metric: *metric,
            value,
            limit,
            readings: count(row.len()),
            since,
            mean: false,
        })
    })
}

/// TES as it was before the start: the mean of what was measured in the time before `now`.
///
/// # Errors
/// Why there is none.
pub fn baseline(heard: &[Heard], now: Moment) -> Result<Amount, Unsure> {
    let since = now.minus(BASELINE);
    let values: Vec<Amount> = heard
        .iter()
        .filter(|h| h.reading.metric == Metric::Tes && h.reading.at >= since && h.reading.at <= now)
        .filter_map(|h| h.reading.found.value())
        .collect();
    if values.len() < FEWEST {
        return Err(Unsure::TooFew { metric: Metric::Tes, readings: count(values.len()) });
    }
    Ok(mean(&values))
}

fn one(look: &Look<'_>, metric: Metric) -> One {
    let Look { terms, now, heard, .. } = *look;
    let since = judged_since(look);
    let Some(last) = heard.iter().rfind(|h| h.reading.metric == metric) else {
        return One::Unsure(Unsure::Missing { metric });
    };
    if let Found::Nothing(_) = last.reading.found {
        return One::Unsure(Unsure::Unreachable { metric, source: last.reading.source.clone() });
    }
    let broken = |h: &&Heard| h.reading.metric == metric && h.reading.at >= since;
    if heard.iter().filter(broken).any(|h| h.reading.found == Found::NotANumber) {
        return One::Unsure(Unsure::NotANumber { metric });
    }
    let taken = numbers(look, metric, since);
    // The newest of all, also from before the tier: it says how late they are.
    let newest = heard.iter().filter(|h| h.reading.metric == metric).map(|h| h.reading.at).max();
    let age = newest.map_or(Span::ZERO, |at| now.since(at));
    if age > FRESH {
        let comes = now.since(last.at) <= FRESH;
        return One::Unsure(match longest_hole(look, &taken, since) {
            _ if comes => Unsure::Late { metric, age },
            (_, lasted) if lasted > JUMP => Unsure::ClockForward { lasted },
            _ => Unsure::Stale { metric, age },
        });
    }
    if taken.len() < FEWEST {
        return One::Unsure(Unsure::TooFew { metric, readings: count(taken.len()) });
    }
    let (hole, lasted) = longest_hole(look, &taken, since);
    if lasted > JUMP {
        return One::Unsure(Unsure::ClockForward { lasted });
    }
    if lasted > widest(look) {
        return One::Unsure(Unsure::Gap { metric, since: hole, lasted });
    }
    let values: Vec<Amount> = taken.iter().map(|(_, value)| *value).collect();
    let Some(value) = judged(look, metric, mean(&values)) else { return One::Unsure(Unsure::NoBaseline {}) };
    let limit = terms.profile.limit(metric).fails;
    let (readings, first) = (count(values.len()), taken.first().map_or(since, |(at, _)| *at));
    match against(look, metric, &values, limit) {
        std::cmp::Ordering::Greater => {
            One::Bad(Breach { metric, value, limit, readings, since: first, mean: true })
        }
        std::cmp::Ordering::Equal => One::Unsure(Unsure::AtLimit { metric, limit }),
        std::cmp::Ordering::Less => {
            let warns = terms.profile.limit(metric).warns.is_some_and(|warns| value > warns);
            One::Good(Measured { metric, mean: value, limit, readings, warns })
        }
    }
}

/// From when on readings are judged: the beginning of the bake, or of the last part of it that policy names.
fn judged_since(look: &Look<'_>) -> Moment {
    let window = look.terms.window.map(|window| look.now.minus(window));
    window.map_or(look.began, |since| since.max(look.began))
}

/// The numbers of a metric since a moment, in the order they were taken.
fn numbers(look: &Look<'_>, metric: Metric, since: Moment) -> Vec<(Moment, Amount)> {
    let mut taken: Vec<(Moment, Amount)> = look
        .heard
        .iter()
        .filter(|h| h.reading.metric == metric && h.reading.at >= since)
        .filter_map(|h| h.reading.found.value().map(|value| (h.reading.at, value)))
        .collect();
    taken.sort_by_key(|(at, _)| *at);
    taken
}

/// The longest time without a reading, from the beginning to now, and when it began.
fn longest_hole(look: &Look<'_>, taken: &[(Moment, Amount)], since: Moment) -> (Moment, Span) {
    let ends = taken.iter().map(|(at, _)| *at).chain([look.now]);
    let starts = std::iter::once(since).chain(taken.iter().map(|(at, _)| *at));
    starts
        .zip(ends)
        .map(|(from, to)| (from, to.since(from)))
        .max_by_key(|(_, lasted)| *lasted)
        .unwrap_or((since, Span::ZERO))
}

/// The longest hole that is none: half of what is judged, and a minute at least.
fn widest(look: &Look<'_>) -> Span {
    let whole = look.terms.window.unwrap_or(look.terms.bake);
    Span::from_millis(whole.millis() / 2).max(FRESH)
}

/// By how much the clock went back, as far as the readings tell.
fn clock_went_back(look: &Look<'_>) -> Option<Span> {
    let ahead = look.now.plus(FRESH);
    let latest = look.heard.iter().map(|h| h.at).max().filter(|at| *at > ahead);
    let before = (look.began > look.now).then_some(look.began);
    let by = latest.into_iter().chain(before).max().map(|at| at.since(look.now));
    by.or_else(|| {
        let mut newest = look.heard.first()?.at;
        look.heard.iter().find_map(|h| {
            let back = newest.since(h.at);
            newest = newest.max(h.at);
            // What came before the tier began is not judged, and neither is a clock that was wrong then.
            (back > FRESH && h.at >= look.began).then_some(back)
        })
    })
}

/// The value that is held to the limit: for TES the decline.
fn judged(look: &Look<'_>, metric: Metric, value: Amount) -> Option<Amount> {
    match metric {
        Metric::Tes => look.baseline.map(|before| before.less(value)),
        _ => Some(value),
    }
}

/// The mean against the limit, exactly: the sum against as many limits.
fn against(look: &Look<'_>, metric: Metric, values: &[Amount], limit: Amount) -> std::cmp::Ordering {
    let sum: i128 = values.iter().map(|v| i128::from(v.in_millionths())).sum();
    let times = |amount: Amount| i128::from(amount.in_millionths()) * values.len() as i128;
    match metric {
        Metric::Tes => (look.baseline.map_or(0, times) - sum).cmp(&times(limit)),
        _ => sum.cmp(&times(limit)),
    }
}

fn mean(values: &[Amount]) -> Amount {
    let sum: i128 = values.iter().map(|v| i128::from(v.in_millionths())).sum();
    let mean = sum / (values.len().max(1) as i128);
    Amount::millionths(i64::try_from(mean).unwrap_or(i64::MAX))
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

impl Judgement {
    /// The verdict's word.
    pub const fn word(&self) -> &'static str {
        match self {
            Judgement::Pass(_) => "pass",
            Judgement::Fail(_) => "fail",
            Judgement::Inconclusive(_) => "inconclusive",
        }
    }
}

impl Profile {
    /// Whether one value is above the limit; for TES the decline.
    pub fn breaks(self, metric: Metric, value: Amount) -> bool {
        value > self.limit(metric).fails
    }
}
