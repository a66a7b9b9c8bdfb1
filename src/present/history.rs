//! Events as a readable timeline.

use crate::domain::event::{Entry, Fact, Held};
use crate::domain::names::Seq;
use crate::domain::text::Text;
use crate::present::detail::quoted;
use crate::present::line::{Line, Tone};

/// One event as lines: its number, when, who, what, and the words said with it.
pub fn event(seq: Seq, aggregate: &str, entry: &Entry) -> Vec<Line> {
    let (what, tone) = words(&entry.fact);
    let mut out = vec![
        Line::default()
            .and(Tone::Dim, format_args!("{:>6}  {}  ", seq.0, entry.at.date_and_time()))
            .and(Tone::Plain, format_args!("{aggregate:<7} {} ", entry.by))
            .and(tone, what),
    ];
    match &entry.payload {
        Held::None => {}
        Held::Gone => out.push(Line::default().and(Tone::Dim, "(payload redacted)").indented(8)),
        Held::Here(payload) => {
            for text in [&payload.reason, &payload.text, &payload.answer].into_iter().flatten() {
                out.extend(quoted(Some(text as &Text), 8));
            }
        }
    }
    out
}

/// What happened, in words.
pub fn words(fact: &Fact) -> (String, Tone) {
    match fact {
        Fact::Submitted { revision, continues, .. } => (
            format!(
                "asked: {} ({}), digest {}{}",
                revision.kind,
                revision.assessment.risk,
                revision.digest.short(),
                continues.map(|old| format!("; goes on with {old}")).unwrap_or_default()
            ),
            Tone::Plain,
        ),
        Fact::Revised { revision, voids, .. } => {
            (format!("changed it: revision {}{}", revision.number, void(voids.len())), Tone::Warn)
        }
        Fact::Resubmitted { revision, voids, .. } => {
            (format!("resubmitted it: revision {}{}", revision.number, void(voids.len())), Tone::Plain)
        }
        Fact::Marked { marks, voids, .. } => {
            let list: Vec<String> = marks.iter().map(|m| format!("{} {}", m.step, m.mark)).collect();
            (format!("marked {}{}", list.join(", "), void(voids.len())), Tone::Plain)
        }
        Fact::SignedOff { bound, reaffirms, .. } => (
            format!(
                "signed off revision {} ({}, seen: {}){}",
                bound.revision,
                bound.signer.assurance,
                bound.seen.word(),
                reaffirms.map(|number| format!("; re-affirms sign-off {}", number.0)).unwrap_or_default()
            ),
            Tone::Good,
        ),
        Fact::SignOffWithdrawn { .. } => ("took back the sign-off".to_owned(), Tone::Warn),
        Fact::Approved { revision, marks_digest, .. } => {
            (format!("→ approved: revision {revision}, marks {}", marks_digest.short()), Tone::Good)
        }
        Fact::Answered { option, .. } => (
            match option {
                Some(n) => format!("→ answered with option {n}"),
                None => "→ answered".to_owned(),
            },
            Tone::Good,
        ),
        Fact::Rejected { .. } => ("→ rejected".to_owned(), Tone::Bad),
        Fact::ChangesRequested { .. } => ("→ requested changes".to_owned(), Tone::Warn),
        Fact::ChangesWithdrawn { .. } => ("took back the request for changes".to_owned(), Tone::Plain),
        Fact::Cancelled {} => ("→ cancelled".to_owned(), Tone::Dim),
        Fact::Expired { due_at } => {
            (format!("→ expired at {}: nobody decided in time", due_at.date_and_time()), Tone::Dim)
        }
        Fact::Lapsed { due_at } => (
            format!("→ the approval lapsed at {}: it was not started in time", due_at.date_and_time()),
            Tone::Dim,
        ),
        Fact::Claimed { until } => (format!("is on it until {}", until.hour_and_minute()), Tone::Plain),
        Fact::Released {} => ("is no longer on it".to_owned(), Tone::Plain),
        Fact::Snoozed { until } => {
            (format!("put it off for themselves until {}", until.date_and_time()), Tone::Dim)
        }
        Fact::SnoozeEnded {} => ("has it back in sight".to_owned(), Tone::Dim),
        Fact::Commented { step, .. } => (
            format!("commented{}", step.as_ref().map(|s| format!(" on {s}")).unwrap_or_default()),
            Tone::Plain,
        ),
        Fact::Modified { step, revision, edits, voids, .. } => {
            let done = if edits.iter().any(|edit| edit.step == *step) { "edited" } else { "put back" };
            (format!("{done} {step}: revision {}{}", revision.number, void(voids.len())), Tone::Warn)
        }
        Fact::Continued { by } => (format!("→ goes on in {by}"), Tone::Plain),
    }
}

fn void(count: usize) -> String {
    match count {
        0 => String::new(),
        1 => "; 1 sign-off is void".to_owned(),
        n => format!("; {n} sign-offs are void"),
    }
}
