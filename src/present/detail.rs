//! One request, whole: what would run first, from the pinned plan; the producer's story after it, behind a gutter.

use crate::domain::content::Content;
use crate::domain::moment::{Moment, Span};
use crate::domain::principal::PrincipalKind;
use crate::domain::request::{Request, SignOffStanding, State, Verdict};
use crate::domain::text::safe_line;
use crate::present::execution::execution;
use crate::present::line::{Line, Tone};
use crate::present::plan::{Long, plan};
use crate::present::{evidence, keys, thread, time, words};
use std::collections::BTreeSet;
use std::ops::Range;

pub use crate::present::risk::risk;
pub use crate::present::words::quoted;

/// Lines to be read, and which of them somebody must have had before their eyes to stand for the request.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Sheet {
    /// All of them.
    pub lines: Vec<Line>,
    /// Those that say what a decision lets happen: what would run, down to the do-nothing line.
    pub must: Range<usize>,
    /// Those in which a long value is folded.
    pub folded: BTreeSet<usize>,
    /// Where each thing begins that one can go to by itself, and its number.
    pub items: Vec<(usize, usize)>,
}

impl From<Vec<Line>> for Sheet {
    fn from(lines: Vec<Line>) -> Self {
        Self { lines, ..Self::default() }
    }
}

/// Everything a reviewer reads before deciding, in reading order.
pub fn detail(request: &Request, now: Moment) -> Vec<Line> {
    detail_with(request, now, Long::Folded("`show --json` has all"))
}

/// The same, with long values as `long` says.
pub fn detail_with(request: &Request, now: Moment, long: Long) -> Vec<Line> {
    let mut out = deciding(request, now, long).lines;
    out.extend(evidence::list(request, None).lines);
    out.extend(risk(request));
    out.extend(signoffs(request));
    out.extend(thread::thread(request, now, thread::View::default()).lines);
    out
}

/// What it is, what would run, what happens if nobody acts, and what its producer claims.
pub fn deciding(request: &Request, now: Moment, long: Long) -> Sheet {
    let mut sheet = Sheet::from(head(request, now));
    let out = &mut sheet.lines;
    out.push(Line::empty());
    let Some(content) = &request.content else {
        out.push(Line::default().and(
            Tone::Bad,
            "UNINSPECTABLE: the content was redacted, so nobody can see what would run. It can only be refused.",
        ));
        return sheet;
    };
    sheet.must.start = out.len();
    for (line, folded) in plan(request, content, long).into_iter().flat_map(|block| block.lines) {
        if folded {
            sheet.folded.insert(out.len());
        }
        out.push(line);
    }
    out.extend(execution(request, now));
    out.push(words::if_nobody_acts(request, now));
    sheet.must.end = out.len();
    out.push(Line::empty());
    out.extend(claimed(request, content));
    if content.steps.is_empty() {
        // Without steps the words are what is decided on.
        sheet.must.end = out.len();
    }
    sheet
}

/// Number, state, what and where, who asked, and the digest a decision is bound to.
fn head(request: &Request, now: Moment) -> Vec<Line> {
    let assessment = request.assessment();
    let (state, tone) = words::state(request.state_name(), request.live_claim(now).is_some());
    let mut first = Line::default()
        .and(Tone::Strong, request.id)
        .and(Tone::Plain, format_args!("  {}  ", request.kind()))
        .and(tone, state)
        .and(Tone::Plain, "  ")
        .and(words::risk(assessment.risk), assessment.risk)
        .and(Tone::Plain, format_args!("  revision {}", request.revision.number));
    if assessment.sensitive {
        first = first.and(Tone::Warn, "  sensitive");
    }
    let mut out = vec![first];
    out.extend(words::violation(request).map(|words| Line::default().and(Tone::Bad, words)));
    out.extend(words::closing(request));
    if let Some(closed) = request.closed() {
        if let Verdict::Approved { answer: Some(answer), .. } = &closed.verdict {
            out.push(Line::plain("answer:"));
            out.extend(quoted(answer.text.as_ref(), 0));
        }
        out.extend(closed.reason.as_ref().map(|r| quoted(Some(r), 0)).unwrap_or_default());
    }
    out.extend(crate::present::overriding::standing(request));
    let target = request.target();
    let part = |name: &str, value: &Option<crate::domain::names::Identifier>| match value {
        Some(value) => format!("{name} {value}  "),
        None => String::new(),
    };
    let place = [
        part("environment", &target.environment),
        part("service", &target.service),
        part("tenant", &target.tenant),
    ]
    .concat();
    out.push(Line::default().and(Tone::Dim, "target    ").and(
        if target.is_production() { Tone::Warn } else { Tone::Plain },
        if place.is_empty() { "not named".to_owned() } else { place },
    ));
    let reference = request.reference.as_ref().map(|r| format!(" as {r}")).unwrap_or_default();
    out.push(Line::default().and(Tone::Dim, "asked     ").and(
        Tone::Plain,
        format_args!(
            "by {}{}{reference}, {}, {}",
            request.requester.name,
            match (&request.requester.person, request.requester.kind) {
                (_, PrincipalKind::System) => " (this program)",
                (None, _) => " (asserted producer)",
                (Some(_), _) => "",
            },
            request.created_at.date_and_time(),
            time::ago(request.created_at, now)
        ),
    ));
    out.extend(words::assigned(request, now).map(|line| {
        let mut first = Line::default().and(Tone::Dim, "assigned  ");
        first.phrases.extend(line.phrases);
        first
    }));
    if let Some(old) = request.continues {
        out.push(
            Line::default()
                .and(Tone::Dim, "goes on   ")
                .and(Tone::Plain, format_args!("with what {old} asked for")),
        );
    }
    for by in &request.continued_by {
        out.push(Line::default().and(Tone::Dim, "goes on   ").and(Tone::Plain, format_args!("in {by}")));
    }
    for (step, edit) in &request.edits {
        let by: Vec<&str> = edit.by.iter().map(|by| by.name.as_str()).collect();
        out.push(Line::default().and(Tone::Dim, "edited    ").and(
            Tone::Warn,
            format_args!(
                "{step} by {}; `modify {} --step {step} --restore` puts it back",
                by.join(", "),
                request.id
            ),
        ));
        let edited = request.content.as_ref().and_then(|content| content.step(step));
        out.extend(edited.and_then(crate::present::plan::stays).map(|line| line.indented(10)));
    }
    let slots: Vec<String> = request.open_slots().iter().map(|s| s.to_string()).collect();
    if request.is_open() && request.assessment().violation.is_some() {
        out.push(Line::default().and(Tone::Dim, "waits for ").and(Tone::Plain, "nobody"));
    } else if request.is_open() {
        out.push(Line::default().and(Tone::Dim, "waits for ").and(
            Tone::Plain,
            format_args!(
                "{}  (rule: {}{})",
                slots.join(", "),
                safe_line(&assessment.rule),
                assessment.policy.map(|p| format!(", {}", words::policy(Some(p)))).unwrap_or_default()
            ),
        ));
        let due = request.deadlines.due_at;
        if matches!(request.state, State::Waiting(_)) {
            let late = due <= now;
            out.push(Line::default().and(Tone::Dim, "due       ").and(
                if late { Tone::Bad } else { Tone::Plain },
                match late {
                    true => {
                        format!("OVERDUE by {} (since {})", time::span(now.since(due)), due.hour_and_minute())
                    }
                    false => format!("in {} ({})", time::span(due.since(now)), due.hour_and_minute()),
                },
            ));
        }
    }
    let courts = request.courts(now);
    if courts.producer > Span::ZERO || request.closed().is_some() {
        out.push(Line::default().and(Tone::Dim, "time      ").and(
            Tone::Plain,
            format_args!(
                "{} with reviewers, {} with its producer",
                time::span(courts.reviewers),
                time::span(courts.producer)
            ),
        ));
    }
    if let Some(claim) = request.live_claim(now) {
        out.push(
            Line::default().and(
                Tone::Warn,
                format_args!("{} is on it until {}", claim.by, claim.until.hour_and_minute()),
            ),
        );
    }
    for (by, until) in request.snoozes.iter().filter(|(_, until)| **until > now) {
        let words = format!("{by} has put it off until {}; its deadlines run on", time::clock(*until, now));
        out.push(Line::default().and(Tone::Dim, words));
    }
    out.push(Line::default().and(Tone::Dim, "digest    ").and(
        Tone::Plain,
        format_args!(
            "{}  (decision; revision {}, marks {})",
            request.decision_digest().short(),
            request.revision.digest.short(),
            request.marks_digest().short()
        ),
    ));
    out
}

/// The producer's words, labelled and behind the gutter.
fn claimed(request: &Request, content: &Content) -> Vec<Line> {
    let mut out = vec![Line::heading(format_args!("Claimed by {}", request.requester.name))];
    out.extend(quoted(Some(&content.title), 0));
    if !content.summary.is_blank() {
        out.extend(quoted(Some(&content.summary), 0));
    }
    for step in &content.steps {
        let prose = [(!step.title.is_blank()).then_some(&step.title), step.expected.as_ref()];
        for text in prose.into_iter().flatten() {
            out.push(Line::plain(format_args!("on {}:", step.id)).indented(2));
            out.extend(quoted(Some(text), 2));
        }
    }
    for (key, value) in &content.labels {
        out.push(Line::plain(format_args!("label {key}:")).indented(2));
        out.extend(quoted(Some(value), 2));
    }
    out
}

/// Who stood for it, and whether that still counts.
pub fn signoffs(request: &Request) -> Vec<Line> {
    let mut out = Vec::new();
    if !request.signoffs.is_empty() {
        out.push(Line::heading("Sign-offs"));
    }
    let extra = keys::extra(request);
    for signoff in &request.signoffs {
        let (word, tone) = match signoff.standing {
            SignOffStanding::Counts if extra.contains(&signoff.number) => {
                ("fills no slot: shown, not counted", Tone::Warn)
            }
            SignOffStanding::Counts => ("counts", Tone::Good),
            SignOffStanding::Withdrawn => ("withdrawn", Tone::Dim),
            SignOffStanding::Void => ("void: what it stood for changed", Tone::Warn),
        };
        let bound = &signoff.bound;
        out.push(
            Line::plain(format_args!(
                "{} ({}) at {}, revision {}, seen: {}  ",
                bound.signer.name,
                bound.signer.assurance,
                signoff.at.date_and_time(),
                bound.revision,
                bound.seen.word()
            ))
            .and(
                Tone::Warn,
                signoff
                    .rule
                    .as_ref()
                    .map(|rule| format!("by rule {}  ", safe_line(rule)))
                    .unwrap_or_default(),
            )
            .and(Tone::Warn, if request.is_self_review(&bound.signer) { "self-review  " } else { "" })
            .and(Tone::Warn, if bound.signer.newcomer { "enrolled after it was asked  " } else { "" })
            .and(tone, word)
            .indented(2),
        );
        out.extend(keys::key(signoff));
        out.extend(keys::unknown_programs(bound));
        if signoff.reason.is_some() {
            out.extend(quoted(signoff.reason.as_ref(), 2));
        }
    }
    out
}
