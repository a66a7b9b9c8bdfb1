//! Readings in columns: each column is a stretch of time and holds the worst that was measured in it, or why there is
//! nothing. What was not measured is a hole: nothing is drawn across it.

use super::seen::Seen;
use crate::domain::moment::{Moment, Span};
use crate::domain::rollout::{Amount, Found, Metric};

/// One column.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bin {
    /// The value nearest to the limit, or furthest beyond it.
    Worst(Amount),
    /// Somebody was asked, and nothing came.
    NoAnswer,
    /// What came was no number.
    NotANumber,
    /// Nobody said anything.
    Hole,
    /// It is still to come.
    Ahead,
}

/// A stretch of time in columns of one length. It stands still while time goes on, so that a reading changes the column it
/// falls into, and no other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Scale {
    /// When the first column begins.
    pub from: Moment,
    /// How long a column is.
    pub step: Span,
    /// How many there are.
    pub columns: usize,
}

/// The lengths a column can have, in seconds.
const STEPS: [i64; 16] = [1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400];

impl Scale {
    /// From one moment to another, in at most so many columns.
    pub fn of(from: Moment, to: Moment, columns: usize) -> Self {
        let columns = columns.max(1);
        let whole = to.since(from).millis();
        let fits = |step: &i64| step * 1000 * i64::try_from(columns).unwrap_or(1) >= whole;
        let seconds = STEPS
            .into_iter()
            .find(fits)
            .unwrap_or_else(|| whole / 1000 / i64::try_from(columns).unwrap_or(1) + 1);
        let step = seconds.max(1) * 1000;
        let needed = usize::try_from((whole + step - 1) / step).unwrap_or(columns).clamp(1, columns);
        Self { from, step: Span::from_millis(step), columns: needed }
    }

    /// Exactly so many columns from one moment to another.
    pub fn exactly(from: Moment, to: Moment, columns: usize) -> Self {
        let columns = columns.max(1);
        let step = to.since(from).millis() / i64::try_from(columns).unwrap_or(1);
        Self { from, step: Span::from_millis(step.max(1)), columns }
    }

    /// The column a moment falls into.
    pub fn column(&self, at: Moment) -> Option<usize> {
        let into = at.millis().checked_sub(self.from.millis()).filter(|into| *into >= 0)?;
        usize::try_from(into / self.step.millis().max(1)).ok().filter(|column| *column < self.columns)
    }

    /// When it is over.
    pub fn end(&self) -> Moment {
        let columns = i64::try_from(self.columns).unwrap_or(i64::MAX);
        self.from.plus(Span::from_millis(self.step.millis().saturating_mul(columns)))
    }
}

/// The readings of one metric in columns.
pub fn bins(seen: &Seen, metric: Metric, scale: &Scale, now: Moment) -> Vec<Bin> {
    let limit = seen.rollout.terms.profile.limit(metric).fails;
    let mut out = vec![Bin::Hole; scale.columns];
    for heard in seen.heard.iter().filter(|heard| heard.reading.metric == metric) {
        let Some(column) = scale.column(heard.reading.at) else { continue };
        let found = match &heard.reading.found {
            Found::Value(value) => match seen.judged(metric, *value) {
                Some(value) => Bin::Worst(value),
                None => continue,
            },
            Found::NotANumber => Bin::NotANumber,
            Found::Nothing(_) => Bin::NoAnswer,
        };
        out[column] = match (out[column], found) {
            (Bin::Worst(before), Bin::Worst(value)) => Bin::Worst(before.max(value)),
            // What is wrong is not painted over: a breach stays a breach, and beside any other number no number is seen.
            (breach @ Bin::Worst(value), _) | (_, breach @ Bin::Worst(value)) if value > limit => breach,
            (Bin::NotANumber, _) | (_, Bin::NotANumber) => Bin::NotANumber,
            (before @ Bin::Worst(_), Bin::NoAnswer) => before,
            (_, found) => found,
        };
    }
    let ahead = scale.column(now).map_or(if now < scale.from { 0 } else { scale.columns }, |at| at + 1);
    for bin in out.iter_mut().skip(ahead).filter(|bin| **bin == Bin::Hole) {
        *bin = Bin::Ahead;
    }
    out
}
