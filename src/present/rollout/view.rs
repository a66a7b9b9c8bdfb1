//! A rollout, whole: where it stands, what is measured, what the driver did and printed, what it can be taken back with, and
//! every event. What a driver or a source said stands behind the gutter.

use super::chart::{NARROWEST, chart};
use super::marks::Marks;
use super::seen::{Gauge, Says, Seen};
use super::strip::{standing, tiers};
use super::{ended, phase, unattended};
use crate::domain::event::{Entry, Fact};
use crate::domain::moment::Moment;
use crate::domain::names::Seq;
use crate::domain::rollout::reading::Found;
use crate::domain::rollout::state::Ran;
use crate::domain::rollout::{Act, Judgement, Phase, RolloutFact, Tier};
use crate::domain::text::Text;
use crate::present::history;
use crate::present::line::{Line, Tone};
use crate::present::time;
use crate::present::words::quoted;

/// From how many columns on two charts stand side by side.
const TWO_ABREAST: usize = 100;
/// Between two charts.
const BETWEEN: usize = 3;
/// How many lines of cells a chart has.
const ROWS: usize = 4;
/// How many lines of what a run printed are shown: of the last run, and of those before.
const PRINTED: (usize, usize) = (60, 8);

/// How much room there is, and with which characters it is drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Room {
    /// Columns.
    pub width: usize,
    /// The characters.
    pub marks: Marks,
}

/// All of it; `events` are the rollout's own, oldest first.
pub fn view(seen: &Seen, events: &[(Seq, Entry)], now: Moment, room: Room) -> Vec<Line> {
    let mut out = head(seen, now, room.marks);
    out.push(Line::empty());
    out.extend(charts(seen, now, room));
    out.extend(stages(events, room.marks));
    out.extend(driver(seen, room.marks));
    out.extend(terms(seen, room.marks));
    out.push(Line::empty());
    out.push(Line::heading(format_args!("Events: {}", events.len())));
    let name = seen.rollout.id.to_string();
    out.extend(events.iter().flat_map(|(seq, entry)| history::event(*seq, &name, entry)));
    out
}

/// Where it stands, the tiers, the gate, and what happens if nobody acts.
pub fn head(seen: &Seen, now: Moment, marks: Marks) -> Vec<Line> {
    let rollout = &seen.rollout;
    let (tone, words) = standing(seen);
    let mut first = Line::default().and(Tone::Strong, rollout.id);
    if let Some(service) = &seen.service {
        first = first.and(Tone::Plain, format_args!(" {service}"));
    }
    first = first.and(Tone::Plain, "  ").and(tone, words);
    let out_there = match rollout.phase {
        Phase::Unknown | Phase::RollbackFailed => {
            format!(" since {}: what is out, nobody knows", time::clock_back(rollout.since, now))
        }
        _ => format!(" since {}: {} is out", time::clock_back(rollout.since, now), rollout.tier),
    };
    first = first.and(if tone == Tone::Bad { Tone::Bad } else { Tone::Plain }, out_there);
    if rollout.phase == Phase::Baking && rollout.attempt.0 > 1 {
        first = first.and(Tone::Warn, format_args!(", attempt {}", rollout.attempt));
    }
    let mut out = vec![first];
    let gauge = tiers(seen, true, now, marks);
    out.push(Line { phrases: gauge.phrases, ..Line::default() });
    if !seen.watched {
        out.push(Line::default().and(
            Tone::Bad,
            "NO WATCHER RUNS: nothing is measured or judged, and the driver does nothing. Start `countersign watch`.",
        ));
    }
    if let Some(act) = &rollout.act {
        out.push(Line::default().and(
            Tone::Strong,
            format_args!("The driver: {} (run {}), begun {}.", act.act, act.run.0, time::ago(act.at, now)),
        ));
    }
    out.extend(gate(seen, now));
    if let Some(stopped) = rollout.cause.as_ref().filter(|_| !going_on(rollout.phase)) {
        let why = match &stopped.why {
            crate::domain::rollout::Cause::Person => format!("{} said so", stopped.by),
            why => why.to_string(),
        };
        out.push(
            Line::default()
                .and(Tone::Strong, "Why: ")
                .and(Tone::Warn, format_args!("{why} ({})", time::clock_back(stopped.at, now))),
        );
        out.extend(stopped.reason.iter().flat_map(|reason| quoted(Some(reason), 5)));
    }
    if let Some((took, verified)) = rollout.rolled_back.filter(|_| rollout.phase == Phase::RolledBack) {
        let verified = verified.map(|n| format!(", {n} verified")).unwrap_or_default();
        out.push(Line::default().and(
            Tone::Good,
            format_args!("Taken back{verified}, {} after it was triggered.", super::seconds(took.millis())),
        ));
    }
    if let Some(why) = rollout.not_started.as_ref().filter(|_| rollout.phase == Phase::Prepared) {
        out.push(Line::default().and(Tone::Warn, "It was not started; nothing was touched:"));
        out.extend(quoted(Some(why), 2));
    }
    if let Some(waits) = seen.waits.filter(|_| rollout.phase == Phase::AwaitingPromotion) {
        let to = seen.next().unwrap_or(Tier::WHOLE);
        let missing = match waits.missing {
            1 => "the last sign-off is missing".to_owned(),
            n => format!("{n} sign-offs are missing"),
        };
        out.push(
            Line::default()
                .and(Tone::Strong, format_args!("{} asks for {to}: ", waits.id))
                .and(Tone::Plain, missing),
        );
    }
    if let Phase::Unknown | Phase::RollbackFailed = rollout.phase {
        let id = rollout.id;
        out.push(Line::plain(format_args!(
            "Look what is out, then say it: countersign rollout resolve {id} --tier N --reason …, or roll back."
        )));
    }
    out.push(unattended::in_full(seen, now));
    out
}

/// Whether it goes its way: then what once stopped it is history.
const fn going_on(phase: Phase) -> bool {
    matches!(
        phase,
        Phase::Starting | Phase::Baking | Phase::AwaitingPromotion | Phase::Promoting | Phase::Completed
    )
}

/// What the gate says.
fn gate(seen: &Seen, now: Moment) -> Option<Line> {
    let judgement = seen.so_far(now)?;
    let name = if seen.rollout.phase == Phase::Baking { "Gate so far: " } else { "Gate: " };
    let tone = match judgement {
        Judgement::Pass(_) => Tone::Good,
        Judgement::Fail(_) => Tone::Bad,
        Judgement::Inconclusive(_) => Tone::Warn,
    };
    Some(Line::default().and(Tone::Strong, name).and(tone, judgement))
}

/// The charts of all metrics, two abreast where there is room.
fn charts(seen: &Seen, now: Moment, room: Room) -> Vec<Line> {
    if room.width < NARROWEST || matches!(seen.rollout.phase, Phase::RolledBack | Phase::Completed) {
        return Vec::new();
    }
    let abreast = if room.width >= TWO_ABREAST { 2 } else { 1 };
    let width = (room.width - BETWEEN * (abreast - 1)) / abreast;
    let mut out = Vec::new();
    let mut gauges: Vec<Gauge> = seen.gauges(now);
    if matches!(seen.rollout.phase, Phase::Prepared | Phase::Starting) {
        gauges.retain(|gauge| gauge.says != Says::Nothing);
    }
    for pair in gauges.chunks(abreast) {
        let mut charts = pair.iter().map(|gauge| chart(seen, gauge, now, width, ROWS, room.marks));
        let Some(left) = charts.next() else { continue };
        match charts.next() {
            Some(right) => {
                out.extend(left.into_iter().zip(right).map(|(l, r)| beside(l, r, width + BETWEEN)))
            }
            None => out.extend(left),
        }
    }
    let silent = |found: &Found| matches!(found, Found::Nothing(_));
    let last = seen.heard.iter().rev().find(|heard| silent(&heard.reading.found));
    if let Some(heard) = last.filter(|heard| now.since(heard.at) <= crate::domain::rollout::gate::FRESH)
        && let Found::Nothing(why) = &heard.reading.found
    {
        out.push(Line::default().and(
            Tone::Warn,
            format_args!("{} does not answer for {}:", heard.reading.source, heard.reading.metric),
        ));
        out.extend(quoted(Some(why), 2));
    }
    out
}

/// Two lines on one, the second from `column` on.
fn beside(left: Line, right: Line, column: usize) -> Line {
    let columns = |line: &Line| line.phrases.iter().map(|phrase| phrase.text.columns()).sum::<usize>();
    let mut left = left;
    // What is said last is said in the other lines too, or above the charts.
    while columns(&left) >= column && left.phrases.len() > 1 {
        left.phrases.pop();
    }
    let used = columns(&left);
    let mut line = left.and(Tone::Plain, format_args!("{:1$}", "", column.saturating_sub(used)));
    line.phrases.extend(right.phrases);
    line
}

/// One time a tier was out.
struct Stage {
    tier: Tier,
    attempt: u32,
    from: Moment,
    verdict: Option<(Tone, String)>,
    end: Option<(Moment, String)>,
}

/// The tiers it went through: from when until when, what the gate said, how it ended.
fn stages(events: &[(Seq, Entry)], marks: Marks) -> Vec<Line> {
    let mut stages: Vec<Stage> = Vec::new();
    for (_, entry) in events {
        let Fact::Rollout(fact) = &entry.fact else { continue };
        let over = |to: Phase| Some((entry.at, phase(to)));
        match (&**fact, stages.last_mut()) {
            (RolloutFact::Baking { tier, attempt, .. }, _) => stages.push(Stage {
                tier: *tier,
                attempt: attempt.0,
                from: entry.at,
                verdict: None,
                end: None,
            }),
            (RolloutFact::Judged { judgement, .. }, Some(stage)) => {
                let tone = match judgement {
                    Judgement::Pass(_) => Tone::Good,
                    Judgement::Fail(_) => Tone::Bad,
                    Judgement::Inconclusive(_) => Tone::Warn,
                };
                stage.verdict = Some((tone, judgement.to_string()));
            }
            (fact, Some(stage)) if stage.end.is_none() => {
                stage.end = match fact {
                    RolloutFact::Promoting { .. } => over(Phase::Promoting),
                    RolloutFact::Paused { .. } => over(Phase::Paused),
                    RolloutFact::Frozen { .. } => over(Phase::Frozen),
                    RolloutFact::RollingBack { .. } => over(Phase::RollingBack),
                    RolloutFact::Completed {} => over(Phase::Completed),
                    _ => None,
                };
            }
            _ => {}
        }
    }
    if stages.is_empty() {
        return Vec::new();
    }
    let mut out = vec![Line::empty(), Line::heading("Tiers")];
    for stage in stages {
        let (end, then) = match &stage.end {
            Some((at, then)) => (at.hour_and_minute(), format!("  then {then}")),
            None => ("now".to_owned(), String::new()),
        };
        let times = format!("{}{}{end}", stage.from.hour_and_minute(), marks.to());
        let again = if stage.attempt > 1 { format!(" (attempt {})", stage.attempt) } else { String::new() };
        let line = Line::default()
            .and(Tone::Strong, format_args!("{:>5}", stage.tier))
            .and(Tone::Plain, format_args!("{again}  {times}{then}"));
        out.push(line);
        out.extend(stage.verdict.map(|(tone, words)| Line::default().and(tone, words).indented(7)));
    }
    out
}

/// What the driver did, the last run first, and what it printed.
fn driver(seen: &Seen, marks: Marks) -> Vec<Line> {
    let runs: Vec<&Ran> = seen.rollout.runs.iter().rev().filter(|ran| ran.act != Act::Probe).collect();
    if runs.is_empty() {
        return Vec::new();
    }
    let mut out = vec![Line::empty(), Line::heading("Driver, last run first")];
    for (n, ran) in runs.into_iter().enumerate() {
        let words = match &ran.ended {
            Some(how) => ended(how),
            None => "LOST: whoever did it died, and nobody knows how far it came".to_owned(),
        };
        let good = ran.ended.as_ref().is_some_and(|how| how.end == crate::domain::rollout::End::Done);
        out.push(
            Line::default()
                .and(Tone::Strong, format_args!("{} ", ran.act))
                .and(Tone::Dim, format_args!("run {}, {}: ", ran.run.0, ran.at.hour_and_minute()))
                .and(if good { Tone::Good } else { Tone::Bad }, words),
        );
        let Some(how) = &ran.ended else { continue };
        out.extend(how.why.iter().flat_map(|why| quoted(Some(why), 2)));
        let most = if n == 0 { PRINTED.0 } else { PRINTED.1 };
        out.extend(how.output.iter().flat_map(|output| printed(output, most, marks)));
    }
    out
}

/// The last lines of what a run printed.
fn printed(output: &Text, most: usize, marks: Marks) -> Vec<Line> {
    let lines = quoted(Some(output), 2);
    let left_out = lines.len().saturating_sub(most);
    let mut out = Vec::new();
    if left_out > 0 {
        out.push(
            Line::default()
                .and(
                    Tone::Dim,
                    format_args!("{left_out} lines before{}`rollout status --json` has all", marks.dot()),
                )
                .indented(2),
        );
    }
    out.extend(lines.into_iter().skip(left_out));
    out
}

/// What it is held to, and what it can be taken back with.
fn terms(seen: &Seen, marks: Marks) -> Vec<Line> {
    let (rollout, terms) = (&seen.rollout, &seen.rollout.terms);
    let name = |name: &str| Line::default().and(Tone::Dim, format_args!("{name:<9}"));
    let mut out = vec![Line::empty(), Line::heading("Pack and terms")];
    match &rollout.pack {
        Some(pack) => {
            out.push(name("pack").and(
                Tone::Plain,
                format_args!(
                    "made {}, good for {} after the end",
                    pack.made_at.date_and_time(),
                    time::span(terms.pack_valid)
                ),
            ));
            out.extend(pack.place.iter().flat_map(|place| quoted(Some(place), 9)));
        }
        None => out.push(name("pack").and(Tone::Warn, "none was made yet")),
    }
    let driver = terms.driver.as_ref().map_or_else(|| "none".to_owned(), ToString::to_string);
    let sources: Vec<String> = terms.sources.iter().map(ToString::to_string).collect();
    let sources = if sources.is_empty() { "given by hand only".to_owned() } else { sources.join(", ") };
    out.push(name("driver").and(Tone::Plain, format_args!("{driver}{}readings: {sources}", marks.dot())));
    let profile = terms.profile;
    let limits: Vec<String> = terms
        .metrics
        .iter()
        .map(|metric| format!("{} {}", super::seen::short(*metric), profile.limit(*metric).fails))
        .collect();
    let limits = format!(
        "{}: {}{}each tier {}",
        profile.word(),
        limits.join(", "),
        marks.dot(),
        time::span(terms.bake)
    );
    out.push(name("limits").and(Tone::Plain, limits));
    out.push(
        name("asked")
            .and(Tone::Plain, format_args!("by {} at {}", rollout.asked.0, rollout.asked.1.date_and_time())),
    );
    out.push(name("digest").and(Tone::Plain, rollout.plan.short()));
    out
}
