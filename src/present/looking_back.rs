//! What happened since somebody was here, what somebody leaves open, and the numbers, in words.

use crate::domain::moment::{Moment, Span};
use crate::domain::names::RequestId;
use crate::domain::numbers::{Decider, Numbers, Tally, percent, percentile};
use crate::domain::text::Safe;
use crate::present::line::{Line, Tone};
use crate::present::time;
use crate::present::words::quoted;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What happened since `then`, as counts.
#[derive(Clone, Copy, Debug)]
pub struct Happened<'a> {
    /// Since when.
    pub then: Moment,
    /// How many were asked.
    pub arrived: u64,
    /// How many were closed, by how.
    pub closed: &'a BTreeMap<String, u64>,
    /// Whether there is more than is counted.
    pub at_least: bool,
    /// What waits, and how much of that is overdue.
    pub waiting: (u64, u64),
}

/// In one line: what was decided, what arrived, what waits.
pub fn since(happened: &Happened<'_>, now: Moment) -> Line {
    let more = if happened.at_least { "at least " } else { "" };
    let all: u64 = happened.closed.values().sum();
    let each: Vec<String> = happened.closed.iter().map(|(state, n)| format!("{n} {state}")).collect();
    let each = if each.is_empty() { String::new() } else { format!(" ({})", each.join(", ")) };
    let (waiting, overdue) = happened.waiting;
    let line = Line::default()
        .and(Tone::Strong, format_args!("Since you were here, {}: ", time::ago(happened.then, now)))
        .and(
            Tone::Plain,
            format_args!("{more}{} arrived, {all} closed{each}; {waiting} wait for you", happened.arrived),
        );
    match overdue {
        0 => line,
        n => line.and(Tone::Bad, format_args!(", {n} overdue")),
    }
}

/// One row of a part of a handoff: which, what it is called, and the time that matters.
pub type Row = (RequestId, Safe, String);

/// One part of a handoff: nothing when it is empty.
pub fn part(title: &str, rows: &[Row], shown: usize) -> Vec<Line> {
    if rows.is_empty() {
        return Vec::new();
    }
    let mut out = vec![Line::heading(title)];
    for (id, title, when) in rows.iter().take(shown) {
        let line = Line::plain(format_args!("{id:<8} {when:<26} ")).indented(2);
        // Somebody else's words: behind our own, in one line, and cut.
        out.push(line.and(Tone::Dim, title.clipped(60)));
    }
    if rows.len() > shown {
        out.push(Line::default().and(Tone::Dim, "and more").indented(2));
    }
    out
}

fn spans(took: &[Span]) -> String {
    let word = |hundredths| percentile(took, hundredths).map_or("–".to_owned(), time::span);
    format!("half in {}, 9 of 10 in {}", word(50), word(90))
}

fn rate(tally: &Tally) -> String {
    tally.approval_rate().map_or("–".to_owned(), |rate| format!("{rate} %"))
}

fn share(part: u64, all: u64) -> String {
    percent(part, all).map_or("–".to_owned(), |share| format!("{share} % ({part} of {all})"))
}

/// The numbers of the last `back`; `cut` when only the newest were counted.
pub fn numbers(numbers: &Numbers, back: Span, cut: Option<usize>) -> Vec<Line> {
    let mut out = vec![Line::heading(format_args!("Of the last {}", time::span(back)))];
    if let Some(most) = cut {
        out.push(Line::default().and(
            Tone::Warn,
            format_args!(
                "only the newest {most} closed requests are counted here; `countersign stats` counts all"
            ),
        ));
    }
    let mut say = |name: &str, words: String| {
        out.push(Line::default().and(Tone::Dim, format_args!("{name:<15}")).and(Tone::Plain, words));
    };
    let each: Vec<String> = numbers.all.closed.iter().map(|(state, n)| format!("{n} {state}")).collect();
    let each = if each.is_empty() { String::new() } else { format!(": {}", each.join(", ")) };
    say("closed", format!("{}{each}", numbers.all.count()));
    say("decided", format!("{}, {} approved", spans(&numbers.all.took), rate(&numbers.all)));
    for (kind, tally) in &numbers.by_kind {
        say(
            &format!("  {kind}"),
            format!("{}: {}, {} approved", tally.count(), spans(&tally.took), rate(tally)),
        );
    }
    say("plans at odds", share(numbers.conflicts, numbers.plans));
    let steps = numbers.steps.checked_div(numbers.plans).map_or("–".to_owned(), |n| n.to_string());
    say("steps a plan", steps);
    say(
        "for people",
        format!("{} of the steps, the rest by rule", share(numbers.steps_for_people, numbers.steps)),
    );
    say("ran to the end", share(numbers.done, numbers.begun));
    say("abandoned", share(numbers.abandoned, numbers.all.count()));
    for (name, decider) in &numbers.by_decider {
        say(name.as_str(), decider_words(decider));
    }
    if !numbers.refused_for.is_empty() {
        out.push(Line::heading("Refused for"));
    }
    for (reason, many) in &numbers.refused_for {
        out.push(Line::plain(format_args!("{many}x")).indented(2));
        out.extend(quoted(Some(reason), 6));
    }
    out
}

fn decider_words(decider: &Decider) -> String {
    let Decider { signed, rejected, changes, fast, in_a_row, took, .. } = decider;
    let fast = if *fast > 0 { format!(", {fast} of them within 2 s of seeing it") } else { String::new() };
    format!(
        "{signed} signed{fast}, {rejected} rejected, {changes} sent back; {}; up to {in_a_row} in a row",
        spans(took)
    )
}

/// The same with stable names; times are in milliseconds.
pub fn numbers_json(numbers: &Numbers, back: Span, cut: Option<usize>) -> Value {
    let took = |took: &[Span]| json!({"p50_ms": percentile(took, 50), "p90_ms": percentile(took, 90)});
    let tally = |tally: &Tally| json!({"closed": tally.closed, "time_to_decision": took(&tally.took), "approval_rate": tally.approval_rate()});
    let kinds: serde_json::Map<String, Value> =
        numbers.by_kind.iter().map(|(kind, one)| (kind.to_string(), tally(one))).collect();
    let deciders: serde_json::Map<String, Value> = numbers
        .by_decider
        .iter()
        .map(|(name, one)| {
            let value = json!({"signed": one.signed, "rejected": one.rejected, "changes_requested": one.changes,
                "fast": one.fast, "in_a_row": one.in_a_row, "time_to_decision": took(&one.took)});
            (name.to_string(), value)
        })
        .collect();
    let reasons: Vec<Value> =
        numbers.refused_for.iter().map(|(reason, n)| json!({"reason": reason.raw(), "count": n})).collect();
    json!({"v": crate::present::json::VERSION, "since_ms": back, "only_newest": cut, "all": tally(&numbers.all),
        "by_kind": kinds, "by_decider": deciders, "refused_for": reasons, "plans": numbers.plans,
        "plans_with_conflicts": numbers.conflicts, "steps": numbers.steps, "steps_for_people": numbers.steps_for_people,
        "executions_begun": numbers.begun, "executions_done": numbers.done, "abandoned": numbers.abandoned})
}
