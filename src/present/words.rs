//! Single words and sentences with their tone: states, risks, marks, deadlines, what happens if nobody acts.

use crate::domain::due::{self, Ahead, Due};
use crate::domain::marks::Mark;
use crate::domain::moment::Moment;
use crate::domain::names::PrincipalName;
use crate::domain::request::{Execution, Request, State, StateName};
use crate::domain::risk::Risk;
use crate::domain::text::{Badge, Text};
use crate::present::line::{Line, Tone};
use crate::present::time;

/// The word for a state as it is shown; a requested one with a live claim is `in review`.
pub const fn state(state: StateName, claimed: bool) -> (&'static str, Tone) {
    match state {
        StateName::Requested if claimed => ("in review", Tone::Plain),
        StateName::Requested => ("requested", Tone::Plain),
        StateName::ChangesRequested => ("changes requested", Tone::Warn),
        StateName::Escalated => ("escalated", Tone::Bad),
        StateName::Approved => ("approved", Tone::Good),
        StateName::Rejected => ("rejected", Tone::Bad),
        StateName::Overridden => ("OVERRIDDEN", Tone::Bad),
        StateName::Cancelled => ("cancelled", Tone::Dim),
        StateName::Expired => ("expired", Tone::Dim),
    }
}

/// The tone of a risk; its word is its name.
pub const fn risk(risk: Risk) -> Tone {
    match risk {
        Risk::Low => Tone::Dim,
        Risk::Medium => Tone::Plain,
        Risk::High => Tone::Warn,
        Risk::Critical => Tone::Bad,
    }
}

/// The mark in front of a row, so that risk is never said by colour alone.
pub const fn risk_mark(risk: Risk) -> &'static str {
    match risk {
        Risk::Low | Risk::Medium => " ",
        Risk::High => "!",
        Risk::Critical => "‼",
    }
}

/// The mark in front of a row that is no decision.
pub const VIOLATION_MARK: &str = "?";

/// The word for a request that is no decision, where other rows have a state or a deadline.
pub const VIOLATION: &str = "violation";

/// What is to be said of a request that is no decision.
pub fn violation(request: &Request) -> Option<String> {
    let violation = request.assessment().violation.as_ref()?;
    let rule = crate::domain::text::safe_line(&violation.rule);
    Some(format!(
        "POLICY VIOLATION ({rule}): this asks for no decision, so it waits for nobody; {} can go on without an answer",
        request.requester.name
    ))
}

/// A policy as it is named in one word.
pub fn policy(digest: Option<crate::domain::digest::PolicyDigest>) -> String {
    digest.map_or_else(|| "the built-in policy".to_owned(), |digest| format!("policy {}", digest.short()))
}

/// The tone of a mark.
pub const fn mark(mark: Mark) -> Tone {
    match mark {
        Mark::Undecided => Tone::Plain,
        Mark::Approved => Tone::Good,
        Mark::Rejected => Tone::Bad,
        Mark::Skipped => Tone::Dim,
    }
}

/// What happens if nobody acts, from the function that time itself obeys, and what happened because nobody did.
pub fn if_nobody_acts(request: &Request, now: Moment) -> Line {
    let line = Line::default().and(Tone::Strong, "If nobody acts: ");
    let ahead: Vec<Ahead> =
        due::ahead(request).into_iter().filter(|one| !matches!(one.due, Due::Reminds(_))).collect();
    let alone = ahead.len() == 1;
    let producers = matches!(request.state, State::ChangesRequested { .. });
    let parts: Vec<String> = ahead
        .iter()
        .map(|Ahead { at, due, to }| {
            let what = match (due, to) {
                (Due::Escalates, Some(to)) => format!("this escalates to {to}"),
                (Due::Expires, _) if producers => {
                    "it expires (the producer has the ball) and nothing runs".to_owned()
                }
                (Due::Expires, _) if alone => "it expires and nothing runs".to_owned(),
                (Due::Expires, _) => "it expires".to_owned(),
                (Due::Lapses, _) if request.state_name() == StateName::Overridden => {
                    "the override lapses and can no longer be started".to_owned()
                }
                (Due::Lapses, _) => "the approval lapses and can no longer be started".to_owned(),
                (Due::StepTimesOut, _) => "the step that is under way has timed out".to_owned(),
                _ => "its execution ends as failed, with what has run by then".to_owned(),
            };
            let when = match *at > now {
                true if alone => format!("in {} ({}) ", time::span(at.since(now)), at.hour_and_minute()),
                true => format!("in {} ", time::span(at.since(now))),
                false => format!("now, being due since {}: ", at.date_and_time()),
            };
            format!("{when}{what}")
        })
        .collect();
    let stays = if request.is_open() && request.expires_at().is_none() { "; it never expires" } else { "" };
    let line = match parts.is_empty() {
        false if !stays.is_empty() => line.and(Tone::Plain, format_args!("{}{stays}.", parts.join("; "))),
        false => line.and(Tone::Plain, parts.join("; ")).and(Tone::Plain, "."),
        true if request.is_open() => line.and(Tone::Plain, "it stays open; it never expires."),
        true => line.and(Tone::Plain, goes_on(request).unwrap_or("nothing more happens.".to_owned())),
    };
    match request.assigned().filter(|last| request.is_open() && last.raised) {
        Some(last) => {
            line.and(Tone::Warn, format_args!(" It escalated to {} {}.", last.to, time::ago(last.at, now)))
        }
        None => line,
    }
}

/// Who has it, and who had it before; nothing while it was given to nobody.
pub fn assigned(request: &Request, now: Moment) -> Option<Line> {
    let (last, before) = request.assignments.split_last()?;
    let how = if last.raised { "raised" } else { "given" };
    let line = Line::default()
        .and(Tone::Plain, format_args!("to {}, {how} by {}, {}", last.to, last.by, time::ago(last.at, now)));
    let before: Vec<String> = before.iter().rev().map(|earlier| earlier.to.to_string()).collect();
    Some(match before.is_empty() {
        true => line,
        false => line.and(Tone::Dim, format_args!("; before that {}", before.join(", "))),
    })
}

/// What becomes of an execution with a step under way, which time does nothing to.
fn goes_on(request: &Request) -> Option<String> {
    let run = request.run.as_ref().filter(|_| request.execution == Some(Execution::Running))?;
    let steps: Vec<&str> = run.under_way().map(|(step, _)| step.as_str()).collect();
    let (goes, its) = if steps.len() == 1 { ("goes", "its") } else { ("go", "their") };
    let steps = (!steps.is_empty()).then(|| steps.join(", "))?;
    Some(match run.undoing {
        true => {
            format!("taking back {steps} goes on to its end, and then what was done before it is taken back.")
        }
        false => format!("{steps} {goes} on to {its} end, and what is ready after it is begun."),
    })
}

/// The warning for text with hidden characters or mixed scripts; nothing when it has neither.
pub fn badge(badge: Badge) -> Option<String> {
    let hidden = match badge.hidden {
        0 => None,
        1 => Some("contains 1 hidden character".to_owned()),
        n => Some(format!("contains {n} hidden characters")),
    };
    let mixed = badge.mixed_scripts.then(|| "a word mixes scripts".to_owned());
    match (hidden, mixed) {
        (None, None) => None,
        (a, b) => Some(format!("⚠ {}", [a, b].into_iter().flatten().collect::<Vec<_>>().join("; "))),
    }
}

/// What putting a request off until then means; the deadline that comes before is named.
pub fn snoozed(request: &Request, until: Moment, now: Moment) -> Line {
    let until_words = time::clock(until, now);
    let line = Line::default()
        .and(Tone::Plain, format_args!("{} is put off until {until_words} or until it changes", request.id));
    let due = request.deadlines.due_at;
    match request.expires_at() {
        Some(at) if at <= until => {
            line.and(Tone::Warn, format_args!("; it EXPIRES before, at {}", time::clock(at, now)))
        }
        _ if due <= now => line.and(Tone::Warn, "; it is OVERDUE all the same"),
        _ if due <= until => {
            line.and(Tone::Warn, format_args!("; it is due before, at {}", time::clock(due, now)))
        }
        _ => line.and(Tone::Plain, "; its deadlines run on"),
    }
}

/// The closing sentence of a request: who decided what, when, how sure we are of it.
pub fn closing(request: &Request) -> Option<Line> {
    let closed = request.closed()?;
    let (word, tone) = state(request.state_name(), false);
    let rule =
        request.counting().find_map(|s| s.rule.as_ref()).filter(|_| closed.by == PrincipalName::system());
    let by = match rule {
        Some(rule) => format!("rule {}", crate::domain::text::safe_line(rule)),
        None => format!("{} ({})", closed.by, closed.assurance),
    };
    let line = Line::default()
        .and(tone, word)
        .and(Tone::Plain, format_args!(" by {by} at {}", closed.at.date_and_time()));
    Some(match request.execution {
        Some(execution) => {
            line.and(Tone::Plain, format_args!("; execution {}", execution.word().replace('_', " ")))
        }
        None => line,
    })
}

/// Somebody's words behind the gutter, with a warning above when they hide something.
pub fn quoted(text: Option<&Text>, indent: u16) -> Vec<Line> {
    let Some(text) = text else {
        return vec![Line::default().and(Tone::Dim, "(redacted)").indented(indent)];
    };
    let warning = badge(text.badge()).map(|w| Line::default().and(Tone::Warn, w).indented(indent));
    warning
        .into_iter()
        .chain(text.lines().into_iter().map(|line| Line::quoted(line).indented(indent)))
        .collect()
}
