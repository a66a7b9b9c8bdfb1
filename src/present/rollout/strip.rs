//! A live rollout for the strip below the inbox: on one line, or, where there is room, on two.
//!
//! ```text
//! R-20 payments-api  baking  5 ✓━━ 25 ●━━━━━░░░ 9 min 100 ·  so far: pass  14:20Z: pass asks, fail rolls back
//!      tes drop 0.8<5 ▁▁▂▁▁  errors 0.4<10 ▁▂▁▂▁  cpu 61<90 ▆▆▆▆▆  mem 70<85 ▇▇▇▇▇
//! ```
//!
//! `0.4<10` is a value and its limit. Every word on it is also there without colours.
//! What does not fit goes in this order, and no other:
//! 1. the sparklines, first of the metric that is furthest from its limit;
//! 2. the bars between the tiers;
//! 3. the metrics, first the one that is furthest from its limit, until one is left;
//! 4. the service's name;
//! 5. the other tiers: what is out stays;
//! 6. of what the gate says all but a word;
//! 7. the last metric;
//! 8. the gate's word, or why it stopped.
//!
//! Its number, where it stands, and what happens if nobody acts never go.

use super::bins::{Bin, Scale, bins};
use super::marks::Marks;
use super::seen::{Gauge, Says, Seen, short};
use super::{tone, unattended};
use crate::domain::moment::{Moment, Span};
use crate::domain::rollout::gate::BASELINE;
use crate::domain::rollout::{Act, Cause, End, Judgement, Phase, Tier};
use crate::present::line::{Line, Phrase, Tone};
use crate::present::time;

/// How many columns a sparkline has.
pub const SPARK: usize = 8;
/// How many cells the bar of the tier has that bakes.
const BAR: i64 = 8;
/// Between the parts of the line.
const GAP: &str = "  ";

/// What of the line is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Keep {
    sparks: usize,
    bars: bool,
    metrics: usize,
    service: bool,
    steps: bool,
    gate: Gate,
}

/// How much of what the gate says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Gate {
    Words,
    Word,
    Nothing,
}

/// Every form of the line, from all of it to what never goes.
fn forms(metrics: usize) -> Vec<Keep> {
    let mut keep =
        Keep { sparks: metrics, bars: true, metrics, service: true, steps: true, gate: Gate::Words };
    let mut out = vec![keep];
    while keep.sparks > 0 {
        keep.sparks -= 1;
        out.push(keep);
    }
    keep.bars = false;
    out.push(keep);
    while keep.metrics > 1 {
        keep.metrics -= 1;
        out.push(keep);
    }
    let last = [
        Keep { service: false, ..keep },
        Keep { service: false, steps: false, ..keep },
        Keep { service: false, steps: false, gate: Gate::Word, ..keep },
        Keep { service: false, steps: false, gate: Gate::Word, metrics: 0, ..keep },
        Keep { service: false, steps: false, gate: Gate::Nothing, metrics: 0, ..keep },
    ];
    out.extend(last);
    out
}

/// The line, in at most `width` columns where that is possible at all.
pub fn strip(seen: &Seen, now: Moment, width: usize, marks: Marks) -> Line {
    let mut gauges = told(seen, now);
    gauges.sort_by_key(|gauge| std::cmp::Reverse(gauge.urgency()));
    fitting(seen, &gauges, width, now, marks)
}

/// The same on two lines: the metrics on the second. Nothing of them goes but what does not fit there.
pub fn strip_on_two(seen: &Seen, now: Moment, width: usize, marks: Marks) -> [Line; 2] {
    let first = fitting(seen, &[], width, now, marks);
    let mut second = Line::plain("    ");
    for gauge in told(seen, now) {
        let mut part = metric(&gauge);
        part.extend(Line::plain(" ").phrases);
        part.extend(spark(seen, &gauge, now, marks));
        if columns(&second.phrases) + columns(&part) + GAP.len() <= width {
            second = second.and(Tone::Plain, GAP);
            second.phrases.extend(part);
        }
    }
    [first, second]
}

/// The fullest form that fits.
fn fitting(seen: &Seen, gauges: &[Gauge], width: usize, now: Moment, marks: Marks) -> Line {
    let mut line = Line::default();
    for keep in forms(gauges.len()) {
        line = form(seen, gauges, keep, now, marks);
        if columns(&line.phrases) <= width {
            break;
        }
    }
    line
}

fn columns(phrases: &[Phrase]) -> usize {
    phrases.iter().map(|phrase| phrase.text.columns()).sum()
}

/// The metrics that have anything to do with where it stands: before anything is out there may be nothing to measure, and
/// afterwards what is measured is of no tier.
fn told(seen: &Seen, now: Moment) -> Vec<Gauge> {
    let mut gauges = seen.gauges(now);
    match seen.rollout.phase {
        Phase::Prepared | Phase::Starting => gauges.retain(|gauge| gauge.says != Says::Nothing),
        Phase::RollingBack | Phase::RolledBack | Phase::RollbackFailed | Phase::Completed => gauges.clear(),
        _ => {}
    }
    gauges
}

fn form(seen: &Seen, gauges: &[Gauge], keep: Keep, now: Moment, marks: Marks) -> Line {
    let mut line = Line::default().and(Tone::Strong, seen.rollout.id);
    if let Some(service) = seen.service.as_ref().filter(|_| keep.service) {
        line = line.and(Tone::Plain, format_args!(" {service}"));
    }
    let (tone, words) = standing(seen);
    line = line.and(Tone::Plain, if keep.steps { GAP } else { " " }).and(tone, words).and(Tone::Plain, GAP);
    line.phrases.extend(match keep.steps {
        true => tiers(seen, keep.bars, now, marks).phrases,
        false => narrow(seen, now).phrases,
    });
    // In the order in which metrics are always named, whichever of them are left.
    let mut kept: Vec<(usize, &Gauge)> = gauges.iter().enumerate().take(keep.metrics).collect();
    kept.sort_by_key(|(_, gauge)| gauge.metric);
    for (place, gauge) in kept {
        line = line.and(Tone::Plain, GAP);
        line.phrases.extend(metric(gauge));
        if place < keep.sparks {
            line = line.and(Tone::Plain, " ");
            line.phrases.extend(spark(seen, gauge, now, marks));
        }
    }
    if keep.gate != Gate::Nothing
        && let Some((tone, words)) = verdict(seen, keep.gate == Gate::Word, now)
    {
        line = line.and(Tone::Plain, GAP).and(tone, words);
    }
    let (tone, words) = unattended::briefly(seen, now);
    line.and(Tone::Plain, GAP).and(tone, words)
}

/// Where it stands, in a word or two that no colour has to help.
pub fn standing(seen: &Seen) -> (Tone, String) {
    let rollout = &seen.rollout;
    let words = match rollout.phase {
        Phase::Prepared if rollout.checking => "pack is checked".to_owned(),
        Phase::AwaitingPromotion => match rollout.promotion {
            Some(promotion) => format!("awaits {promotion}"),
            None => "awaits promotion".to_owned(),
        },
        Phase::RollbackFailed => "!! ROLLBACK FAILED".to_owned(),
        Phase::Unknown => "!! UNKNOWN".to_owned(),
        Phase::RollingBack => "ROLLING BACK".to_owned(),
        phase => super::phase(phase),
    };
    (tone(rollout.phase), words)
}

/// The tiers as a stepped gauge: what was baked, what is out and for how long still, what is not out.
pub fn tiers(seen: &Seen, bars: bool, now: Moment, marks: Marks) -> Line {
    let rollout = &seen.rollout;
    let mut line = Line::default();
    for (n, tier) in rollout.terms.tiers.iter().enumerate() {
        if n > 0 {
            line = line.and(Tone::Plain, " ");
        }
        line = line.and(Tone::Plain, format_args!("{} ", tier.percent()));
        let (tone, mark) = mark(seen, *tier, marks);
        line = line.and(tone, mark);
        if *tier == rollout.tier && stands(rollout.phase) {
            line.phrases.extend(bake(seen, bars, now, marks).phrases);
        } else if bars && mark == marks.passed() && *tier != Tier::WHOLE {
            line = line.and(Tone::Dim, marks.full().repeat(2));
        }
    }
    line
}

/// Whether a tier is out and looked at.
const fn stands(phase: Phase) -> bool {
    matches!(phase, Phase::Baking | Phase::AwaitingPromotion | Phase::Paused | Phase::Frozen)
}

/// The furthest tier of which something can be out while or after the driver failed, or is taking it back.
fn reached(seen: &Seen) -> Tier {
    let rollout = &seen.rollout;
    let to = rollout.to.unwrap_or(Tier::NONE).max(rollout.act.map_or(Tier::NONE, |act| act.to));
    let changed = rollout.runs.iter().rev().find(|ran| matches!(ran.act, Act::Start | Act::Promote));
    let was_done = changed.is_some_and(|ran| ran.ended.as_ref().is_some_and(|ended| ended.end == End::Done));
    match changed {
        Some(_) if !was_done => seen.next().unwrap_or(rollout.tier).max(to),
        _ => rollout.tier.max(to),
    }
}

fn mark(seen: &Seen, tier: Tier, marks: Marks) -> (Tone, &'static str) {
    let rollout = &seen.rollout;
    match rollout.phase {
        Phase::Unknown if tier <= reached(seen) => (Tone::Bad, marks.unknown()),
        // Of what it was in the middle of nobody can say how much is left.
        Phase::RollbackFailed => (Tone::Bad, marks.unknown()),
        Phase::RollingBack if tier <= reached(seen) => (Tone::Warn, marks.back()),
        Phase::Starting | Phase::Promoting if rollout.to == Some(tier) => (Tone::Plain, marks.moving()),
        Phase::Prepared | Phase::RolledBack | Phase::RollingBack | Phase::Unknown => {
            (Tone::Dim, marks.ahead())
        }
        Phase::Completed => (Tone::Good, marks.passed()),
        _ if tier < rollout.tier => (Tone::Good, marks.passed()),
        Phase::Starting | Phase::Promoting if tier == rollout.tier => (Tone::Good, marks.passed()),
        _ if tier == rollout.tier => (Tone::Strong, marks.here()),
        _ => (Tone::Dim, marks.ahead()),
    }
}

/// How much of the bake is over, and how much is left.
fn bake(seen: &Seen, bars: bool, now: Moment, marks: Marks) -> Line {
    let rollout = &seen.rollout;
    let Some(bake) = rollout.bake.filter(|_| rollout.phase != Phase::Frozen) else { return Line::default() };
    let whole = bake.until.since(bake.since).millis().max(1);
    let left = left(seen, now);
    let done = (whole - left.map_or(0, Span::millis).min(whole)) * BAR / whole;
    let mut line = Line::default();
    if bars {
        let full = usize::try_from(done).unwrap_or(0).min(BAR.unsigned_abs() as usize);
        let empty = (BAR.unsigned_abs() as usize).saturating_sub(full);
        line = line.and(Tone::Strong, marks.full().repeat(full)).and(Tone::Dim, marks.empty().repeat(empty));
    }
    let (tone, words) = bake_left(seen, now);
    if words.is_empty() { line } else { line.and(tone, format_args!(" {words}")) }
}

/// What is left of the bake; nothing when it is not counted.
fn left(seen: &Seen, now: Moment) -> Option<Span> {
    let rollout = &seen.rollout;
    let bake = rollout.bake?;
    match rollout.phase {
        Phase::Baking => Some(bake.until.since(now)),
        // The rest is kept as if it had begun when the clock was stopped.
        Phase::Paused => Some(bake.until.since(rollout.since)),
        _ => None,
    }
}

/// The same in whole minutes. A bake that is over and was not judged says so.
fn bake_left(seen: &Seen, now: Moment) -> (Tone, String) {
    match left(seen, now) {
        None => (Tone::Plain, String::new()),
        Some(left) if left == Span::ZERO => (Tone::Warn, "bake over".to_owned()),
        Some(left) if left.minutes() == 0 => (Tone::Plain, "<1 min".to_owned()),
        Some(left) => (Tone::Plain, time::span(left)),
    }
}

/// What is out, without the other tiers.
fn narrow(seen: &Seen, now: Moment) -> Line {
    let rollout = &seen.rollout;
    let line = match (rollout.phase, rollout.to) {
        (Phase::Starting | Phase::Promoting, Some(to)) => {
            Line::plain(format_args!("{} to {}", rollout.tier.percent(), to))
        }
        (Phase::Unknown | Phase::RollbackFailed, _) => Line::default().and(Tone::Bad, "? %"),
        _ => Line::plain(rollout.tier),
    };
    let (tone, words) = bake_left(seen, now);
    if words.is_empty() { line } else { line.and(tone, format_args!(" {words}")) }
}

fn metric(gauge: &Gauge) -> Vec<Phrase> {
    let tone = gauge.tone();
    let name = if tone == Tone::Plain { Tone::Dim } else { tone };
    Line::default().and(name, format_args!("{} ", short(gauge.metric))).and(tone, gauge.words()).phrases
}

/// The scale of a sparkline: the bake while there is one, else the last quarter of an hour.
fn scale(seen: &Seen, now: Moment) -> Scale {
    match seen.rollout.bake {
        Some(bake) if seen.rollout.phase == Phase::Baking && now < bake.until => {
            Scale::exactly(bake.since, bake.until, SPARK)
        }
        _ => {
            let step = BASELINE.millis() / 7;
            // Beginning at a multiple of its step, so that it moves on in steps and not with every look.
            let last = now.millis().div_euclid(step) * step;
            let from = Moment::from_millis(last - 7 * step);
            Scale { from, step: Span::from_millis(step), columns: SPARK }
        }
    }
}

fn spark(seen: &Seen, gauge: &Gauge, now: Moment, marks: Marks) -> Vec<Phrase> {
    let stale = matches!(gauge.says, Says::Value(_, Some(_)));
    let mut line = Line::default();
    for bin in bins(seen, gauge.metric, &scale(seen, now), now) {
        let (tone, mark) = match bin {
            Bin::Worst(value) if value > gauge.limit => (Tone::Bad, marks.eighths(8)),
            // All of the cell is for what is above the limit.
            Bin::Worst(value) => {
                let level = marks.level(value, gauge.limit);
                let level = if level == marks.eighths(8) { marks.eighths(7) } else { level };
                (if stale { Tone::Dim } else { Tone::Plain }, level)
            }
            Bin::NoAnswer => (Tone::Warn, marks.no_answer()),
            Bin::NotANumber => (Tone::Warn, marks.not_a_number()),
            Bin::Hole | Bin::Ahead => (Tone::Plain, " "),
        };
        line = line.and(tone, mark);
    }
    joined(line).phrases
}

/// Neighbours of one tone as one phrase.
pub(super) fn joined(line: Line) -> Line {
    let mut out: Vec<(Tone, String)> = Vec::new();
    for phrase in &line.phrases {
        match out.last_mut() {
            Some((tone, text)) if *tone == phrase.tone => text.push_str(phrase.text.as_str()),
            _ => out.push((phrase.tone, phrase.text.as_str().to_owned())),
        }
    }
    let blank = Line { phrases: Vec::new(), ..line };
    out.into_iter().fold(blank, |line, (tone, text)| line.and(tone, text))
}

/// What the gate says, or why it stopped.
fn verdict(seen: &Seen, one_word: bool, now: Moment) -> Option<(Tone, String)> {
    let rollout = &seen.rollout;
    if let Some(judgement) = seen.so_far(now) {
        let so_far = match rollout.phase {
            _ if one_word => "",
            Phase::Baking => "so far: ",
            _ => "gate: ",
        };
        return Some(match judgement {
            Judgement::Pass(measured) if measured.iter().any(|one| one.warns) => {
                (Tone::Warn, format!("{so_far}pass, warns"))
            }
            Judgement::Pass(_) => (Tone::Good, format!("{so_far}pass")),
            Judgement::Fail(_) => (Tone::Bad, format!("{so_far}FAIL")),
            Judgement::Inconclusive(_) => (Tone::Warn, format!("{so_far}unsure")),
        });
    }
    let stopped = rollout.cause.as_ref()?;
    let why = match &stopped.why {
        Cause::Person => format!("by {}", stopped.by),
        Cause::Breach(breach) => format!("{} {}>{}", short(breach.metric), breach.value, breach.limit),
        why => why.to_string(),
    };
    matches!(
        rollout.phase,
        Phase::Frozen | Phase::RollingBack | Phase::RolledBack | Phase::RollbackFailed | Phase::Unknown
    )
    .then_some((Tone::Warn, why))
}
