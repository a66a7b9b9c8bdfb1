//! Verdicts in one line: metric, value, limit, readings, since when. Numbers and fixed words only, so they are safe to show.

use super::fact::Cause;
use super::gate::{Breach, Judgement, Unsure};
use super::reading::Metric;
use crate::domain::moment::Span;
use std::fmt;

/// A length of time, to the nearest unit that says it: `45 s`, `7 min`, `1 h 5 min`.
pub fn span(span: Span) -> String {
    match (span.millis() / 1000, span.minutes()) {
        (seconds, 0) => format!("{seconds} s"),
        (seconds, minutes @ 1..5) if seconds % 60 > 0 => format!("{minutes} min {} s", seconds % 60),
        (_, minutes @ 1..60) => format!("{minutes} min"),
        (_, minutes) if minutes % 60 == 0 => format!("{} h", minutes / 60),
        (_, minutes) => format!("{} h {} min", minutes / 60, minutes % 60),
    }
}

/// How long is left, rounded up where minutes say it: what ends in 14 min 59 s ends in 15 min.
pub fn left(left: Span) -> String {
    let up = Span::from_millis(if left.minutes() >= 5 { 59_999 } else { 0 });
    span(left.and(up))
}

/// What is held to the limit, in words.
const fn of(metric: Metric) -> &'static str {
    match metric {
        Metric::Tes => "tes decline",
        other => other.word(),
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Breach { metric, value, limit, readings, since, mean } = self;
        let how = if *mean { "mean of " } else { "" };
        let since = since.hour_and_minute();
        write!(f, "{} {value} > {limit} ({how}{readings} readings since {since})", of(*metric))
    }
}

impl fmt::Display for Unsure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unsure::Missing { metric } => write!(f, "no reading of {metric} at all"),
            Unsure::TooFew { metric, readings } => {
                write!(f, "too few readings of {metric}: {readings}, and 3 are needed")
            }
            Unsure::Stale { metric, age } => {
                write!(f, "{metric} is stale: its newest reading is {} old", span(*age))
            }
            Unsure::Late { metric, age } => {
                write!(f, "{metric} comes late: what comes now was taken {} ago", span(*age))
            }
            Unsure::NotANumber { metric } => write!(f, "a reading of {metric} is no number"),
            Unsure::Unreachable { metric, source } => {
                write!(f, "the source {source} of {metric} cannot be reached, or says nothing")
            }
            Unsure::Gap { metric, since, lasted } => {
                let since = since.hour_and_minute();
                write!(f, "a gap in {metric}: nothing for {} from {since}", span(*lasted))
            }
            Unsure::ClockForward { lasted } => {
                write!(f, "the clock went forward, or nobody watched: nothing for {}", span(*lasted))
            }
            Unsure::ClockBack { by } => write!(f, "the clock went back by {}", span(*by)),
            Unsure::AtLimit { metric, limit } => {
                write!(f, "{} is exactly at its limit, {limit}", of(*metric))
            }
            Unsure::NoBaseline {} => f.write_str("tes as it was before the start is not known"),
        }
    }
}

impl fmt::Display for Judgement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Judgement::Pass(measured) => {
                let each: Vec<String> = measured
                    .iter()
                    .map(|m| {
                        let warns = if m.warns { " (warning)" } else { "" };
                        format!("{} {} < {}{warns}", of(m.metric), m.mean, m.limit)
                    })
                    .collect();
                let readings: u32 = measured.iter().map(|m| m.readings).sum();
                write!(f, "pass: {} ({readings} readings)", each.join(", "))
            }
            Judgement::Fail(breach) => write!(f, "fail: {breach}"),
            Judgement::Inconclusive(why) => write!(f, "inconclusive: {why}"),
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cause::Person => f.write_str("a person said so"),
            Cause::Breach(breach) => breach.fmt(f),
            Cause::Unsure(why) => why.fmt(f),
            Cause::Driver { act, end, run } => {
                write!(
                    f,
                    "the driver's {act} (run {}) {}",
                    run.0,
                    match end {
                        super::End::Done => "ended",
                        super::End::Failed => "failed",
                        super::End::TimedOut => "took too long",
                        super::End::Stopped => "was stopped",
                        super::End::NotBegun => "could not be begun",
                    }
                )
            }
            Cause::Died { act, run } => {
                write!(
                    f,
                    "whoever did the driver's {act} (run {}) died, and nobody knows how far it came",
                    run.0
                )
            }
            Cause::Promotion { id, state } => write!(f, "{id} was {state}"),
            Cause::TooOld { max_age } => write!(f, "it began more than {} ago", span(*max_age)),
            Cause::Revoked { signer } => {
                write!(f, "the key {signer} signed the deployment with was revoked")
            }
            Cause::SwitchedOff => f.write_str("policy has switched `deploy_production` off"),
            Cause::Resolved => f.write_str("a person looked, and said what is there"),
        }
    }
}
