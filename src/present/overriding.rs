//! An override in words: what would happen, whom it passes over, what is owed for it; and what became of it.

use crate::domain::command::Facts;
use crate::domain::content::Kind;
use crate::domain::moment::{Moment, Span};
use crate::domain::names::{PrincipalName, StepId};
use crate::domain::overriding::{self, Instead, SOLO_REST};
use crate::domain::principal::{Assurance, Caller};
use crate::domain::quorum::Slot;
use crate::domain::request::{Request, Verdict};
use crate::present::line::{Line, Tone};
use crate::present::time;
use serde_json::{Value, json};

/// How many names are spelled out.
const NAMED: usize = 12;
/// When a debt is due, at the latest.
const DUE: Span = Span::from_hours(24);

fn list<T: std::fmt::Display>(of: impl IntoIterator<Item = T>) -> String {
    let mut names: Vec<String> = of.into_iter().map(|one| one.to_string()).collect();
    let more = names.len().saturating_sub(NAMED);
    names.truncate(NAMED);
    if more > 0 {
        names.push(format!("and {more} more"));
    }
    names.join(", ")
}

/// What would happen if `caller` overrode `request` now: what runs, what is left out, whom it passes over, and what they
/// owe then.
pub fn would(request: &Request, caller: &Caller, facts: &Facts, now: Moment) -> Vec<Line> {
    let mut out = vec![Line::default().and(
        Tone::Bad,
        format_args!(
            "OVERRIDE: {} goes ahead without the sign-offs it needs, and stays marked so for ever.",
            request.id
        ),
    )];
    match overriding::covered(request) {
        Err(refusal) => {
            out.push(Line::default().and(Tone::Bad, refusal));
            return out;
        }
        Ok(_) if !request.has_steps() => {
            out.push(Line::plain("It has no steps: what goes ahead is what it says."));
        }
        Ok(marks) => {
            let left_out = overriding::left_out(request, &marks);
            let runs = |step: &&StepId| !left_out.contains(*step);
            let runs: Vec<&StepId> = request.revision.steps.iter().map(|s| &s.id).filter(runs).collect();
            let many = request.revision.steps.len();
            out.push(
                Line::default()
                    .and(Tone::Strong, format_args!("{} of {many} steps would run", runs.len()))
                    .and(Tone::Plain, format_args!(": {}", list(runs))),
            );
            if !left_out.is_empty() {
                out.push(Line::default().and(
                    Tone::Warn,
                    format_args!("Left out, because rejected, skipped or blocked: {}", list(left_out)),
                ));
            }
        }
    }
    out.push(without(request.open_slots(), &overriding::passed_over(request, caller, facts, now)));
    let live_for = time::span(request.assessment().live_for);
    let rolls_out = request.kind() == Kind::Deployment && request.target().is_production();
    match (rolls_out, request.has_steps()) {
        (true, true) => out.push(Line::plain(format_args!(
            "Its steps may start at once, and must within {live_for}. A rollout of it is not started: that needs the sign-offs."
        ))),
        (true, false) => out.push(Line::plain("A rollout of it is not started: that needs the sign-offs.")),
        (false, _) if request.kind().is_executed() => {
            out.push(Line::plain(format_args!("It may start at once, and must within {live_for}.")));
        }
        _ => {}
    }
    let closes = match facts.team {
        true => "that somebody else must close, and none of your agents".to_owned(),
        false => format!(
            "that you may close yourself from {} on, shown as a self-review",
            now.plus(SOLO_REST).hour_and_minute()
        ),
    };
    out.push(Line::default().and(Tone::Strong, "You owe a review for it").and(
        Tone::Plain,
        format_args!(
            ", due in {} ({}), {closes}. Until it is closed you override nothing else.",
            time::span(DUE),
            now.plus(DUE).date_and_time()
        ),
    ));
    let needed = overriding::assurance_needed(request, facts);
    if caller.assurance < needed {
        out.push(must_be(needed, caller.assurance));
    }
    out
}

fn must_be(needed: Assurance, has: Assurance) -> Line {
    Line::default()
        .and(Tone::Warn, format_args!("It must be {needed} here, and you are known by `{has}` only so far."))
}

fn without(slots: Vec<&Slot>, passed_over: &[PrincipalName]) -> Line {
    let line = Line::default().and(Tone::Warn, format_args!("Without: {}", list(slots)));
    match passed_over.is_empty() {
        true => line,
        false => line.and(
            Tone::Plain,
            format_args!(". Passed over: {}; they read your reason with it", list(passed_over)),
        ),
    }
}

/// What stands in the place of the sign-offs of an overridden request, and the debt; or, on a debt, whose it is for what.
pub fn standing(request: &Request) -> Vec<Line> {
    let mut out = Vec::new();
    if let Some(Verdict::Overridden { bound, instead }) = request.closed().map(|closed| &closed.verdict) {
        out.extend(went_ahead(instead));
        out.extend(crate::present::keys::unknown_programs(bound));
    }
    if let Some(owes) = &request.owes {
        out.push(
            Line::default()
                .and(Tone::Dim, "owed      ")
                .and(Tone::Warn, format_args!("by {} for overriding {}", owes.by, owes.request))
                .and(Tone::Plain, format_args!("; `show {}` has the reason", owes.request)),
        );
        if owes.self_reviewed {
            out.push(
                Line::default()
                    .and(Tone::Dim, "          ")
                    .and(Tone::Warn, "self-reviewed: nobody else has looked at it"),
            );
        }
    }
    out
}

fn went_ahead(instead: &Instead) -> Vec<Line> {
    let Instead { class, reference, skipped, passed_over, left_out, debt } = instead;
    let row = |name: &str| Line::default().and(Tone::Dim, format_args!("{name:<10}"));
    let mut out = vec![
        row("because").and(Tone::Bad, format_args!("{class}, ")).and(Tone::Plain, reference.line()),
        row("without").and(Tone::Warn, list(skipped)),
    ];
    if !passed_over.is_empty() {
        out.push(row("past").and(Tone::Warn, list(passed_over)));
    }
    if !left_out.is_empty() {
        out.push(row("left out").and(Tone::Plain, list(left_out)));
    }
    out.push(
        row("debt")
            .and(Tone::Warn, debt)
            .and(Tone::Plain, format_args!(", the review that is owed: `show {debt}`")),
    );
    out
}

/// How the debt of an overridden request stands, in one line.
pub fn how_it_stands(debt: &Request, now: Moment) -> Line {
    let line = Line::default().and(Tone::Strong, format_args!("{}, the review of it: ", debt.id));
    let due = debt.deadlines.due_at;
    match debt.closed() {
        Some(closed) => {
            let (word, tone) = accepted(debt);
            let line = line.and(tone, word).and(Tone::Plain, format_args!(" by {}", closed.by));
            let own = debt.owes.as_ref().is_some_and(|owes| owes.self_reviewed);
            line.and(Tone::Warn, if own { ", self-reviewed" } else { "" })
        }
        None if due <= now => line.and(Tone::Bad, format_args!("OVERDUE {}", time::span(now.since(due)))),
        None => line.and(Tone::Warn, format_args!("due in {}", time::span(due.since(now)))),
    }
}

/// A closed debt in a word.
fn accepted(debt: &Request) -> (&'static str, Tone) {
    match debt.closed().map(|closed| &closed.verdict) {
        Some(Verdict::Approved { .. }) => ("accepted", Tone::Good),
        _ => ("not accepted", Tone::Bad),
    }
}

/// What a dialog says that closes a debt.
pub fn closing(request: &Request, approves: bool) -> Option<Line> {
    let of = match &request.owes {
        Some(owes) => owes.request.to_string(),
        None if request.kind() == Kind::Debt => "it".to_owned(),
        None => return None,
    };
    Some(match approves {
        true => Line::plain(format_args!("Reviewed and accepted: the override of {of} was right.")),
        false => Line::plain(format_args!(
            "Reviewed and not accepted: that is recorded; what ran of {of} is not undone by it."
        )),
    })
}

/// That whoever closes a debt owes it themselves.
pub fn own_review(request: &Request, caller: &Caller) -> Option<Line> {
    let own = request.owes.as_ref().is_some_and(|owes| owes.is_of(&caller.name, caller.person.as_ref()));
    own.then(|| {
        Line::default().and(Tone::Warn, "It is your own override: it is recorded and shown as self-reviewed.")
    })
}

/// What stands in the place of the sign-offs, as JSON; null when it was not overridden.
pub fn as_json(request: &Request) -> Value {
    match request.closed().map(|closed| &closed.verdict) {
        Some(Verdict::Overridden { bound, instead }) => json!({
            "programs": bound.programs,
            "class": instead.class, "reference": instead.reference.raw(), "skipped": instead.skipped,
            "passed_over": instead.passed_over, "left_out": instead.left_out, "debt": instead.debt.to_string(),
            "seen": bound.seen, "marks_digest": bound.marks_digest, "revision_digest": bound.revision_digest,
        }),
        _ => Value::Null,
    }
}

/// Whose review is owed for what, as JSON; null when it is no debt of an override.
pub fn owed_as_json(request: &Request) -> Value {
    request.owes.as_ref().map_or(Value::Null, |owes| {
        json!({"request": owes.request.to_string(), "by": owes.by, "self_reviewed": owes.self_reviewed})
    })
}
