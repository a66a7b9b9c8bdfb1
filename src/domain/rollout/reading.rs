//! What was measured: one sample of one metric, exact, or why there is none.

use crate::domain::moment::Moment;
use crate::domain::names::Identifier;
use crate::domain::text::Text;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What is measured of a tier.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Task efficiency score, in points; what counts is its decline against the time before the start.
    Tes,
    /// Failed calls, in percent of all.
    ErrorRate,
    /// Processor in use, in percent.
    Cpu,
    /// Memory in use, in percent.
    Memory,
}

impl Metric {
    /// All of them, in the order they are shown.
    pub const ALL: [Metric; 4] = [Metric::Tes, Metric::ErrorRate, Metric::Cpu, Metric::Memory];

    /// The word used everywhere.
    pub const fn word(self) -> &'static str {
        match self {
            Metric::Tes => "tes",
            Metric::ErrorRate => "error_rate",
            Metric::Cpu => "cpu",
            Metric::Memory => "memory",
        }
    }

    /// Reads the word back.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|metric| metric.word() == word)
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// A measured number in millionths, so that sums, means and comparisons are exact: 10 % is never 10.000000000000002 %.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Amount(i64);

impl Amount {
    /// Nothing.
    pub const ZERO: Amount = Amount(0);
    /// The largest that is taken, either way: a thousand million. What is beyond is no measurement of these metrics.
    pub const MOST: i64 = 1_000_000_000;

    /// `whole` units.
    pub const fn whole(whole: i64) -> Self {
        Self(whole.saturating_mul(1_000_000))
    }

    /// `millionths` of a unit.
    pub const fn millionths(millionths: i64) -> Self {
        Self(millionths)
    }

    /// The millionths.
    pub const fn in_millionths(self) -> i64 {
        self.0
    }

    /// The nearest millionth to `number`; nothing for NaN, the infinities and what is beyond [`Amount::MOST`].
    pub fn of(number: f64) -> Option<Self> {
        let millionths = (number * 1e6).round();
        // Compared first: a cast of what does not fit would give something that looks like a number.
        (number.is_finite() && number.abs() <= Self::MOST as f64).then_some(Self(millionths as i64))
    }

    /// Reads `0.4`, `-5` or `12.25`, as the command line and programs write numbers.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let plain = digits.bytes().all(|c| c.is_ascii_digit() || c == b'.') && !digits.is_empty();
        text.parse().ok().filter(|_| plain && digits.len() <= 24).and_then(Self::of)
    }

    /// As a number for a program that reads it.
    pub fn as_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// This less `other`; saturates instead of overflowing.
    #[must_use]
    pub const fn less(self, other: Amount) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl fmt::Display for Amount {
    /// As few digits as say it, and at most three behind the point.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let thousandths = (i128::from(self.0) + if self.0 < 0 { -500 } else { 500 }) / 1000;
        let sign = if thousandths < 0 { "-" } else { "" };
        let (whole, rest) = (thousandths.abs() / 1000, thousandths.abs() % 1000);
        let rest = format!("{rest:03}");
        match rest.trim_end_matches('0') {
            "" => f.pad(&format!("{sign}{whole}")),
            rest => f.pad(&format!("{sign}{whole}.{rest}")),
        }
    }
}

/// What one look at a metric found.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Found {
    /// A number.
    Value(Amount),
    /// Something that is no number: NaN, an infinity, a word.
    NotANumber,
    /// Nothing, and why: the source could not be reached, or answered with nothing. The source's own words, so hostile.
    Nothing(Text),
}

impl Found {
    /// The number, where it is one.
    pub const fn value(&self) -> Option<Amount> {
        match self {
            Found::Value(amount) => Some(*amount),
            Found::NotANumber | Found::Nothing(_) => None,
        }
    }
}

/// One sample of one metric.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    /// Of what.
    pub metric: Metric,
    /// What was found.
    pub found: Found,
    /// When it was taken, as its source says; a source that does not say took it now.
    pub at: Moment,
    /// Who says so: the source's name in the policy, or `sample` for one given by hand.
    pub source: Identifier,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_exact_and_what_is_no_number_is_none() {
        assert_eq!(Amount::parse("10"), Some(Amount::whole(10)));
        assert_eq!(Amount::of(10.0), Some(Amount::whole(10)));
        assert_eq!(Amount::parse("-0.4").map(Amount::in_millionths), Some(-400_000));
        for odd in ["", "-", "NaN", "inf", "1e3", "+1", " 1", "0x1", "1.2.3", "99999999999"] {
            assert_eq!(Amount::parse(odd), None, "{odd}");
        }
        assert_eq!([f64::NAN, f64::INFINITY, 1e10].map(Amount::of), [None; 3]);
    }

    #[test]
    fn an_amount_is_shown_with_as_few_digits_as_say_it() {
        let shown = |millionths| Amount::millionths(millionths).to_string();
        assert_eq!(shown(10_000_000), "10");
        assert_eq!(shown(400_000), "0.4");
        assert_eq!(shown(-800_000), "-0.8");
        assert_eq!(shown(10_000_400), "10");
        assert_eq!(shown(10_000_500), "10.001");
    }

    #[test]
    fn a_reading_has_one_form() {
        let reading = Reading {
            metric: Metric::ErrorRate,
            found: Found::Value(Amount::whole(12)),
            at: Moment::from_millis(5),
            source: Identifier::new("sample").unwrap(),
        };
        let line = serde_json::to_string(&reading).unwrap();
        assert_eq!(line, r#"{"metric":"error_rate","found":{"value":12000000},"at":5,"source":"sample"}"#);
        assert_eq!(serde_json::from_str::<Reading>(&line).unwrap(), reading);
    }
}
