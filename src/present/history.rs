//! Events as a readable timeline.

use crate::domain::canon::canonical_or_poison;
use crate::domain::chain::{Occasion, Why};
use crate::domain::event::{Entry, Fact, Held, NotObeyed, OfStore};
use crate::domain::execution::{AskedFor, Runner, Work};
use crate::domain::names::{Seq, StepId};
use crate::domain::request::Execution;
use crate::domain::text::{Text, safe_line};
use crate::present::detail::quoted;
use crate::present::evidence::size;
use crate::present::execution;
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
            for text in [&payload.reason, &payload.text, &payload.answer, &payload.label, &payload.locator]
                .into_iter()
                .flatten()
            {
                out.extend(quoted(Some(text as &Text), 8));
            }
            for option in &payload.options {
                out.extend(quoted(Some(option), 10));
            }
            let mut json = |name: &str, text: String| {
                let words = safe_line(&text);
                out.push(Line::default().and(Tone::Dim, name).and(Tone::Plain, words).indented(8));
            };
            if let Some(command) = &payload.command {
                json("with ", canonical_or_poison(command));
            }
            if let Some(params) = payload.params.as_ref().filter(|params| !params.is_empty()) {
                json("params ", canonical_or_poison(params));
            }
            if let Some(result) = payload.result.as_ref().filter(|r| **r != serde_json::json!({})) {
                json("gave ", canonical_or_poison(result));
            }
            if let Some(output) = &payload.output {
                out.push(Line::default().and(Tone::Dim, "printed:").indented(8));
                out.extend(quoted(Some(output), 8));
            }
        }
    }
    out
}

/// What happened, in words.
pub fn words(fact: &Fact) -> (String, Tone) {
    match fact {
        Fact::Submitted { owes: Some(owes), revision, .. } => (
            format!(
                "asked for the review that {} owes for overriding {}, digest {}",
                owes.by,
                owes.request,
                revision.digest.short()
            ),
            Tone::Warn,
        ),
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
        Fact::Overridden { bound, instead, .. } => (
            format!(
                "→ OVERRIDDEN: {}, {}, revision {} (seen: {}), marks {}, without {}{}{}; owes {}",
                instead.class,
                instead.reference.line(),
                bound.revision,
                bound.seen.word(),
                bound.marks_digest.short(),
                instead.skipped.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
                names(", past", &instead.passed_over),
                names("; left out:", &instead.left_out),
                instead.debt
            ),
            Tone::Bad,
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
        Fact::Commented { number, step, param, .. } => {
            let step = step.as_ref().map(|s| format!(" on {s}")).unwrap_or_default();
            let param = param.as_ref().map(|p| format!(".{p}")).unwrap_or_default();
            (format!("commented{step}{param}: comment {}", number.0), Tone::Plain)
        }
        Fact::CommentEdited { number, .. } => (format!("edited comment {}", number.0), Tone::Plain),
        Fact::ThreadResolved { number } => {
            (format!("resolved the thread of comment {}", number.0), Tone::Good)
        }
        Fact::ThreadReopened { number } => {
            (format!("reopened the thread of comment {}", number.0), Tone::Plain)
        }
        Fact::Attached { number, step, file } => {
            let step = step.as_ref().map(|s| format!(" to {s}")).unwrap_or_default();
            let what = file.as_ref().map_or("a locator".to_owned(), |file| {
                format!("{}, {}, sha256 {}", file.kind, size(file.size), file.sha256.short())
            });
            (format!("attached evidence {number}{step}: {what}"), Tone::Plain)
        }
        Fact::Modified { step, revision, edits, voids, .. } => {
            let done = if edits.iter().any(|edit| edit.step == *step) { "edited" } else { "put back" };
            (format!("{done} {step}: revision {}{}", revision.number, void(voids.len())), Tone::Warn)
        }
        Fact::Continued { by } => (format!("→ goes on in {by}"), Tone::Plain),
        Fact::OfStore(OfStore::PolicyAdopted { digest, rules, version, enrolled, proposal }) => {
            let plural = if rules.len() == 1 { "" } else { "s" };
            (
                format!(
                    "adopted policy {version}: {}, {} rule{plural}{}{}",
                    digest.short(),
                    rules.len(),
                    if enrolled.is_empty() {
                        String::new()
                    } else {
                        format!(", {} enrolled", enrolled.len())
                    },
                    proposal.map(|id| format!(", as {id} proposed")).unwrap_or_default()
                ),
                Tone::Warn,
            )
        }
        Fact::OfStore(OfStore::TeamFounded { admins, .. }) => {
            let names: Vec<&str> = admins.iter().map(|name| name.as_str()).collect();
            (format!("made the store a team's, founded by {}", names.join(", ")), Tone::Warn)
        }
        Fact::DecisionRefused { verb, refusal } => {
            let (verb, refusal) = (safe_line(verb), safe_line(refusal));
            (format!("tried to {verb}, which was refused: {refusal}"), Tone::Bad)
        }
        Fact::Reassessed { assessment, touched, voids, .. } => {
            let policy = assessment.policy.map_or_else(|| "built-in".to_owned(), |digest| digest.short());
            let back: Vec<&str> = touched.iter().map(StepId::as_str).collect();
            let back = match back.is_empty() {
                true => String::new(),
                false => format!("; undecided again: {}", back.join(", ")),
            };
            let words = format!(
                "judged it again by policy {policy}: {}, rule {}{back}{}",
                assessment.risk,
                safe_line(&assessment.rule),
                void(voids.len())
            );
            (words, Tone::Warn)
        }
        Fact::AutoApproved { rule, marks, voids, .. } => {
            let list: Vec<&str> = marks.iter().map(|m| m.step.as_str()).collect();
            let (rule, list) = (safe_line(rule), list.join(", "));
            (format!("rule {rule} marked {list} approved{}", void(voids.len())), Tone::Plain)
        }
        Fact::SignedByRule { rule, bound, .. } => {
            (format!("rule {} signed off revision {}", safe_line(rule), bound.revision), Tone::Good)
        }
        Fact::Started { runner, .. } => (
            match runner {
                Runner::Gate => "→ began to run it".to_owned(),
                Runner::Producer => "→ began to do the steps".to_owned(),
            },
            Tone::Strong,
        ),
        Fact::Resumed { .. } => ("goes on with it".to_owned(), Tone::Strong),
        Fact::WentOn { past, left_out } => {
            let list = |words: &str, ids: &[StepId]| match ids.is_empty() {
                true => String::new(),
                false => {
                    let ids: Vec<&str> = ids.iter().map(StepId::as_str).collect();
                    format!(" {words} {}", ids.join(", "))
                }
            };
            (format!("went on{}{}", list("past", past), list("without", left_out)), Tone::Warn)
        }
        Fact::RollingBack { .. } => ("→ takes back what was done".to_owned(), Tone::Warn),
        Fact::Ended { state } => (
            format!("→ the execution is over: {}", state.word()),
            match state {
                Execution::Done => Tone::Good,
                _ => Tone::Bad,
            },
        ),
        Fact::StepStarted { step, work, attempt, .. } => {
            let again = if *attempt > 1 { format!(", attempt {attempt}") } else { String::new() };
            (format!("{} {step}{again}", doing(*work, "started", "started taking back")), Tone::Plain)
        }
        Fact::StepEnded { step, work, end, .. } => (
            format!(
                "{step} {}{}{}",
                doing(*work, "", "taken back: "),
                execution::word(end.how.state()),
                execution::end_words(end)
            ),
            execution::tone(end.how.state()),
        ),
        Fact::StepAsked { step, why, .. } => (
            match why {
                AskedFor::LateValues => format!("{step} waits until somebody confirms its values"),
                AskedFor::GoesWithout => format!("{step} waits until somebody lets it go without"),
                AskedFor::Runner => format!("{step} asks a person"),
            },
            Tone::Warn,
        ),
        Fact::StepConfirmed { step, filled, option, .. } => (
            match (filled, option) {
                (Some(filled), _) => format!("confirmed {step} with {}", filled.short()),
                (None, Some(option)) => format!("answered {step} with option {option}"),
                (None, None) => format!("answered {step}"),
            },
            Tone::Good,
        ),
        Fact::StepLeftOut { step } => (format!("left {step} out"), Tone::Dim),
        Fact::StepRetried { step } => (format!("lets {step} run again"), Tone::Warn),
        Fact::Escalated { level, to, why, was_due_at, .. } => {
            let why = match (why, was_due_at) {
                (Why::Clock, Some(at)) => format!(" at {}: nobody decided in time", at.date_and_time()),
                (Why::Reassigned, _) => ": it was passed on too often".to_owned(),
                _ => String::new(),
            };
            (format!("→ escalated it to {to} (level {level}){why}"), Tone::Bad)
        }
        Fact::Reassigned { to, .. } => (format!("gave it to {to}"), Tone::Plain),
        Fact::Rollout(fact) => crate::present::rollout::words(fact),
        Fact::OfStore(OfStore::WatcherStarted { fence, process }) => {
            (format!("began to keep time: watcher {fence}, process {process}"), Tone::Dim)
        }
        Fact::Reminded { of, .. } => (
            match of {
                Occasion::Waits => "reminded: it waits",
                Occasion::DueSoon => "reminded: it is overdue soon",
                Occasion::ExpiresSoon => "reminded: it expires soon",
            }
            .to_owned(),
            Tone::Dim,
        ),
        Fact::OfStore(OfStore::ClockJumped { ahead, .. }) => {
            let words = format!(
                "saw the clock go {} ahead: it was set, or the host slept",
                crate::present::time::span(*ahead)
            );
            (words, Tone::Warn)
        }
        Fact::OfStore(OfStore::Pruned { notices, deliveries, files, bytes, .. }) => (
            format!(
                "forgot {notices} notices with {deliveries} deliveries, and {} files of evidence ({bytes} bytes)",
                files.len()
            ),
            Tone::Dim,
        ),
        Fact::OfStore(OfStore::RedactionAsked { seq, .. }) => {
            (format!("wants the text of event {seq} taken out: another person must say so too"), Tone::Warn)
        }
        Fact::OfStore(OfStore::Redacted { seq, of, file, asked_by, .. }) => {
            let file = if file.is_some() { " and its file" } else { "" };
            let asked = asked_by.as_ref().map(|by| format!(", as {by} had asked")).unwrap_or_default();
            (format!("took the text of event {seq} ({of}){file} out{asked}"), Tone::Warn)
        }
        Fact::OfStore(OfStore::SessionRefused { why, length }) => {
            let what = match why {
                NotObeyed::Unreadable => "that does not read",
                NotObeyed::Unknown => "that is no command",
            };
            (format!("was refused a line through SSH {what} ({length} bytes)"), Tone::Warn)
        }
    }
}

const fn doing(work: Work, run: &'static str, undo: &'static str) -> &'static str {
    match work {
        Work::Run => run,
        Work::Undo => undo,
    }
}

/// A list behind a word; nothing when it is empty.
fn names<T: std::fmt::Display>(before: &str, of: &[T]) -> String {
    match of.is_empty() {
        true => String::new(),
        false => format!("{before} {}", of.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")),
    }
}

fn void(count: usize) -> String {
    match count {
        0 => String::new(),
        1 => "; 1 sign-off is void".to_owned(),
        n => format!("; {n} sign-offs are void"),
    }
}
