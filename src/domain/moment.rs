//! Moments and spans of time. They are always handed in; nothing on this floor asks a clock.

use chrono::{DateTime, Timelike, Utc};
use serde::{Deserialize, Serialize};

/// A point in time: milliseconds since 1970-01-01T00:00:00Z, as the host's clock said it.
///
/// Order between events comes from their sequence numbers, never from moments.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Moment(i64);

/// A length of time in milliseconds; never negative.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Span(i64);

impl Moment {
    /// The moment `millis` milliseconds after the epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the epoch.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// The moment one `span` later; saturates instead of overflowing.
    pub const fn plus(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }

    /// The moment one `span` earlier; saturates instead of overflowing.
    pub const fn minus(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0))
    }

    /// How long after `earlier` this is; zero when it is not after it (a clock that ran back gives no negative age).
    pub const fn since(self, earlier: Moment) -> Span {
        let millis = self.0.saturating_sub(earlier.0);
        Span(if millis < 0 { 0 } else { millis })
    }

    /// RFC 3339 in UTC with milliseconds, e.g. `2026-11-20T03:12:00.000Z`.
    pub fn iso(self) -> String {
        match DateTime::<Utc>::from_timestamp_millis(self.0) {
            Some(when) => when.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
            None => format!("{} ms", self.0),
        }
    }

    /// Date and time to the second, e.g. `2026-11-20 03:12:00Z`.
    pub fn date_and_time(self) -> String {
        match DateTime::<Utc>::from_timestamp_millis(self.0) {
            Some(when) => when.format("%Y-%m-%d %H:%M:%SZ").to_string(),
            None => format!("{} ms", self.0),
        }
    }

    /// Reads a time as RFC 3339 has it, with whatever offset it names; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        DateTime::parse_from_rfc3339(text).ok().map(|when| Self(when.timestamp_millis()))
    }

    /// The next time after this one at which it is `hour`:`minute` in UTC; `None` when no day has that.
    pub fn next(self, hour: u32, minute: u32) -> Option<Self> {
        let today = DateTime::<Utc>::from_timestamp_millis(self.0)?.date_naive();
        let at = Self(today.and_hms_opt(hour, minute, 0)?.and_utc().timestamp_millis());
        Some(if at > self { at } else { at.plus(Span::from_hours(24)) })
    }

    /// Hour and minute in UTC, e.g. `03:12Z`.
    pub fn hour_and_minute(self) -> String {
        match DateTime::<Utc>::from_timestamp_millis(self.0) {
            Some(when) => format!("{:02}:{:02}Z", when.hour(), when.minute()),
            None => format!("{} ms", self.0),
        }
    }
}

impl Span {
    /// No time at all.
    pub const ZERO: Span = Span(0);

    /// `millis` milliseconds; a negative number is taken as zero.
    pub const fn from_millis(millis: i64) -> Self {
        Self(if millis < 0 { 0 } else { millis })
    }

    /// `minutes` minutes.
    pub const fn from_minutes(minutes: i64) -> Self {
        Self::from_millis(minutes.saturating_mul(60_000))
    }

    /// `hours` hours.
    pub const fn from_hours(hours: i64) -> Self {
        Self::from_minutes(hours.saturating_mul(60))
    }

    /// Milliseconds.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// This long and then `more`; saturates instead of overflowing.
    #[must_use]
    pub const fn and(self, more: Span) -> Self {
        Self(self.0.saturating_add(more.0))
    }

    /// What is left of this without `part`; zero when that is longer.
    #[must_use]
    pub const fn less(self, part: Span) -> Self {
        Self::from_millis(self.0.saturating_sub(part.0))
    }

    /// Whole minutes, rounded down.
    pub const fn minutes(self) -> i64 {
        self.0 / 60_000
    }
}
