//! One metric over time, with the line of its limit, in cells.
//!
//! ```text
//! errors 0.4<10  probe, 12 s ago
//!   10 ┤┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄ limit
//!      ┊
//!    0 ┤▁▁▂▁▁  ▁▁?▁
//!       14:05Z           14:20Z
//! ```
//!
//! The limit is always in view: what is far above it is cut off and marked, never squeezed. A hole in the readings is a hole
//! in the chart. Nothing that was measured is drawn as nothing.

use super::bins::{Bin, Scale, bins};
use super::marks::Marks;
use super::seen::{Gauge, Says, Seen, short};
use super::strip::joined;
use crate::domain::moment::{Moment, Span};
use crate::domain::rollout::{Amount, Metric, Phase};
use crate::present::line::{Line, Tone};
use crate::present::time;

/// How many columns stand before the first cell: the value of a line, a blank, the axis.
const MARGIN: usize = 7;
/// How long a chart reaches back where no tier bakes.
const BACK: Span = Span::from_minutes(30);
/// How many columns a chart needs to be one.
pub const NARROWEST: usize = MARGIN + 12;

/// From when on a rollout is charted: a part of the time before the tier, then all of its bake.
pub fn from(seen: &Seen, now: Moment) -> Moment {
    match seen.rollout.bake {
        Some(bake)
            if matches!(seen.rollout.phase, Phase::Baking | Phase::AwaitingPromotion | Phase::Paused) =>
        {
            let before = Span::from_millis(seen.rollout.terms.bake.millis() / 4);
            bake.since.minus(before)
        }
        _ => whole_minutes(now.minus(BACK)),
    }
}

/// Until when: the bake's end, or now.
fn to(seen: &Seen, now: Moment) -> Moment {
    match seen.rollout.bake {
        Some(bake) if seen.rollout.phase == Phase::Baking => bake.until.max(now),
        _ => now,
    }
}

/// A chart that ends now begins at a multiple of five minutes, so that it moves on in steps.
const fn whole_minutes(at: Moment) -> Moment {
    const STEP: i64 = 300_000;
    Moment::from_millis(at.millis().div_euclid(STEP) * STEP)
}

/// The chart of one metric: a line of words, `rows` lines of cells, a line of times.
pub fn chart(seen: &Seen, gauge: &Gauge, now: Moment, width: usize, rows: usize, marks: Marks) -> Vec<Line> {
    let rows = rows.max(2);
    let scale = Scale::of(from(seen, now), to(seen, now), width.saturating_sub(MARGIN).max(1));
    let bins = bins(seen, gauge.metric, &scale, now);
    let top = top(gauge, &bins);
    let limit_row = row_of(gauge.limit, top, rows);
    let stale = matches!(gauge.says, Says::Value(_, Some(_)));
    let mut out = vec![heading(seen, gauge, now, marks)];
    for row in (0..rows).rev() {
        let (label, tick) = match row {
            row if row == limit_row => (gauge.limit.to_string(), marks.tick()),
            0 => ("0".to_owned(), marks.tick()),
            _ => (String::new(), marks.axis()),
        };
        let mut line = Line::default().and(Tone::Dim, format_args!("{label:>5} {tick}"));
        for bin in &bins {
            let (tone, mark) = cell(*bin, row, rows, top, gauge, marks);
            let (tone, mark) = match mark == " " && row == limit_row {
                true => (Tone::Warn, marks.limit()),
                false => (if stale && tone == Tone::Plain { Tone::Dim } else { tone }, mark),
            };
            line = line.and(tone, mark);
        }
        out.push(joined(line));
    }
    out.push(times(&scale, now, marks));
    out
}

/// The value at the top: a little above the limit, or above what was measured, and never so high that the limit is lost.
fn top(gauge: &Gauge, bins: &[Bin]) -> Amount {
    let limit = gauge.limit.in_millionths().max(4);
    let highest = bins.iter().filter_map(|bin| match bin {
        Bin::Worst(value) => Some(value.in_millionths()),
        _ => None,
    });
    let highest = highest.max().unwrap_or(0);
    Amount::millionths(highest.clamp(limit + limit / 4, limit * 2))
}

/// The row a value ends in, counted from below.
fn row_of(value: Amount, top: Amount, rows: usize) -> usize {
    let eighths = eighths(value, top, rows);
    (eighths.saturating_sub(1) / 8).min(rows - 1)
}

/// How many eighths of a cell high a value is; never none, and never more than there are.
fn eighths(value: Amount, top: Amount, rows: usize) -> usize {
    let all = i128::try_from(rows * 8).unwrap_or(8);
    let high = i128::from(value.in_millionths()) * all / i128::from(top.in_millionths().max(1));
    usize::try_from(high.clamp(1, all)).unwrap_or(1)
}

fn cell(bin: Bin, row: usize, rows: usize, top: Amount, gauge: &Gauge, marks: Marks) -> (Tone, &'static str) {
    match bin {
        Bin::Worst(value) => {
            let tone = match value {
                value if value > gauge.limit => Tone::Bad,
                value if gauge.warns.is_some_and(|warns| value > warns) => Tone::Warn,
                _ => Tone::Plain,
            };
            if value > top && row + 1 == rows {
                return (tone, marks.beyond());
            }
            (tone, marks.eighths(eighths(value, top, rows).saturating_sub(row * 8).min(8)))
        }
        Bin::NoAnswer if row == 0 => (Tone::Warn, marks.no_answer()),
        Bin::NotANumber if row == 0 => (Tone::Warn, marks.not_a_number()),
        _ => (Tone::Plain, " "),
    }
}

/// What the metric says in words, who says so, and how long ago.
fn heading(seen: &Seen, gauge: &Gauge, now: Moment, marks: Marks) -> Line {
    let tone = gauge.tone();
    let line =
        Line::default().and(Tone::Strong, format_args!("{} ", short(gauge.metric))).and(tone, gauge.words());
    let line = match &gauge.says {
        Says::Value(value, None) if *value > gauge.limit => line.and(Tone::Bad, " ABOVE ITS LIMIT"),
        Says::Value(value, None) if gauge.warns.is_some_and(|warns| *value > warns) => {
            line.and(Tone::Warn, " warns")
        }
        _ => line,
    };
    let Some(last) = seen.heard.iter().rfind(|heard| heard.reading.metric == gauge.metric) else {
        return line;
    };
    let line = match &gauge.says {
        Says::Value(_, Some(_)) => {
            line.and(Tone::Dim, format_args!("{}{}", marks.dot(), last.reading.source))
        }
        _ => line.and(
            Tone::Dim,
            format_args!("{}{}, {}", marks.dot(), last.reading.source, time::ago(last.reading.at, now)),
        ),
    };
    match (gauge.metric, last.reading.found.value(), seen.rollout.baseline) {
        (Metric::Tes, Some(value), Some(before)) => {
            line.and(Tone::Dim, format_args!("{}tes {value}, {before} before", marks.dot()))
        }
        (Metric::Tes, Some(value), None) => line.and(Tone::Dim, format_args!("{}tes {value}", marks.dot())),
        _ => line,
    }
}

/// When the first column begins and the last one ends, and where now is.
fn times(scale: &Scale, now: Moment, marks: Marks) -> Line {
    let (first, last) = (scale.from.hour_and_minute(), scale.end().hour_and_minute());
    let mut cells: Vec<char> = vec![' '; scale.columns];
    let mut put = |at: usize, text: &str| {
        for (n, c) in text.chars().enumerate() {
            if let Some(cell) = cells.get_mut(at + n) {
                *cell = c;
            }
        }
    };
    put(0, &first);
    if scale.columns > first.len() + last.len() {
        put(scale.columns - last.len(), &last);
    }
    let here = if marks.ascii { "^now" } else { "▴now" };
    if let Some(at) = scale.column(now)
        && at > first.len()
        && at + here.chars().count() + last.len() < scale.columns
    {
        put(at, here);
    }
    let text: String = cells.into_iter().collect();
    Line::default().and(Tone::Dim, format_args!("{:MARGIN$}{}", "", text.trim_end()))
}
