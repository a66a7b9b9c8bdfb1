//! One request, whole: what would run first, from the pinned plan; the producer's story after it, behind a gutter.

use crate::domain::content::Content;
use crate::domain::marks::Mark;
use crate::domain::moment::Moment;
use crate::domain::names::StepId;
use crate::domain::preview::{MadeUp, Outcome, advice, preview};
use crate::domain::request::{Request, SignOffStanding, State, Verdict};
use crate::domain::step::{Need, Needs, Step};
use crate::domain::text::{Safe, Text, safe_line};
use crate::present::line::{Line, Tone};
use crate::present::{time, words};
use serde_json::Value;

/// How long one parameter may be before it is folded to its size; `show --json` and the raw view have it whole.
const FOLD_ABOVE: usize = 2_000;

/// Everything a reviewer reads before deciding, in reading order.
pub fn detail(request: &Request, now: Moment) -> Vec<Line> {
    let mut out = head(request, now);
    out.push(Line::empty());
    match &request.content {
        Some(content) => {
            out.extend(what_runs(request, content));
            out.push(words::if_nobody_acts(request, now));
            out.push(Line::empty());
            out.extend(claimed(request, content));
            out.extend(evidence(content));
        }
        None => out.push(Line::default().and(
            Tone::Bad,
            "UNINSPECTABLE: the content was redacted, so nobody can see what would run. It can only be refused.",
        )),
    }
    out.extend(risk(request));
    out.extend(signoffs(request));
    out.extend(thread(request, now));
    out
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
    out.extend(words::closing(request));
    if let Some(closed) = request.closed() {
        if let Verdict::Approved { answer: Some(answer), .. } = &closed.verdict {
            out.push(Line::plain("answer:"));
            out.extend(quoted(answer.text.as_ref(), 0));
        }
        out.extend(closed.reason.as_ref().map(|r| quoted(Some(r), 0)).unwrap_or_default());
    }
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
            if request.requester.person.is_none() { " (asserted producer)" } else { "" },
            request.created_at.date_and_time(),
            time::ago(request.created_at, now)
        ),
    ));
    let slots: Vec<String> = request.open_slots().iter().map(|s| s.to_string()).collect();
    if request.is_open() {
        out.push(
            Line::default().and(Tone::Dim, "waits for ").and(
                Tone::Plain,
                format_args!("{}  (rule: {})", slots.join(", "), safe_line(&assessment.rule)),
            ),
        );
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
    if let Some(claim) = request.live_claim(now) {
        out.push(
            Line::default().and(
                Tone::Warn,
                format_args!("{} is on it until {}", claim.by, claim.until.hour_and_minute()),
            ),
        );
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

/// The plan as what runs, each step with its mark and what would become of it.
fn what_runs(request: &Request, content: &Content) -> Vec<Line> {
    let open = request.is_open();
    if content.steps.is_empty() {
        let mut out = vec![Line::heading(if open { "What would be decided" } else { "What was decided" })];
        if !content.tiers.is_empty() {
            let tiers: Vec<String> = content.tiers.iter().map(|t| format!("{t} %")).collect();
            out.push(Line::plain(format_args!("tiers: {}", tiers.join(" → "))).indented(2));
        }
        for (n, option) in content.options.iter().enumerate() {
            out.push(Line::plain(format_args!("option {}:", n + 1)).indented(2));
            out.extend(quoted(Some(option), 2));
        }
        out.push(Line::plain("no steps: the words below are what is decided on").indented(2));
        return out;
    }
    let outcomes = preview(content, &request.marks);
    let runs = outcomes.iter().filter(|(_, o)| o.runs()).count();
    let words = if open { "What would run" } else { "The plan" };
    let mut out = vec![Line::heading(format_args!("{words}: {runs} of {} steps", content.steps.len()))];
    let width = |of: fn(&Step) -> &str| content.steps.iter().map(|s| of(s).len()).max().unwrap_or(0).min(28);
    let widths = (width(|s| s.id.as_str()), width(|s| s.action.as_str()));
    for (n, (step, (_, outcome))) in content.steps.iter().zip(&outcomes).enumerate() {
        out.extend(one_step(n + 1, step, widths, request.marks.on(&step.id), outcome));
    }
    out
}

fn one_step(
    number: usize,
    step: &Step,
    (id, action): (usize, usize),
    mark: Mark,
    outcome: &Outcome,
) -> Vec<Line> {
    let (fate, tone) = fate(outcome);
    let mut out = vec![
        Line::default()
            .and(Tone::Dim, format_args!("{number:>3} "))
            .and(Tone::Strong, format_args!("{:<id$}  ", step.id))
            .and(Tone::Plain, format_args!("{:<action$}  ", step.action))
            .and(words::mark(mark), format_args!("[{mark}]"))
            .and(Tone::Plain, "  ")
            .and(tone, fate),
    ];
    let field = |name: &str| Line::default().and(Tone::Dim, format_args!("{name:<7}")).indented(4);
    for (key, value) in &step.params {
        let (value, folded) = param(value);
        let line = field("param").and(Tone::Plain, format_args!("{key} = ")).and(Tone::Plain, value);
        out.push(match folded {
            Some(bytes) => {
                line.and(Tone::Warn, format_args!(" … {bytes} bytes, folded: `show --json` has all"))
            }
            None => line,
        });
    }
    match &step.run {
        Some(command) => out.push(field("run").and(Tone::Plain, argv(command))),
        None => out.push(field("run").and(Tone::Dim, "by the producer itself (no command given)")),
    }
    match &step.undo {
        Some(command) => out.push(field("undo").and(Tone::Plain, argv(command))),
        None => out.push(field("undo").and(Tone::Warn, "none: cannot be undone")),
    }
    for need in &step.needs {
        out.push(match need {
            Needs::One(need) => field("needs").and(Tone::Plain, one_need(need)),
            Needs::AnyOf { any_of } => {
                let list: Vec<String> = any_of.iter().map(one_need).collect();
                field("needs").and(Tone::Plain, format_args!("any of: {}", list.join("; or ")))
            }
        });
    }
    for advice in step.single_needs().filter_map(|n| advice(n.effect, n.resolution())) {
        out.push(field("").and(Tone::Warn, advice));
    }
    out
}

/// A command as the argument array it is, as JSON, so that blanks and quotes are unmistakable.
fn argv(command: &[Text]) -> Safe {
    safe_line(&crate::domain::canon::canonical_or_poison(&command))
}

/// A parameter as JSON, typed; when it is very long its first part and its size.
fn param(value: &Value) -> (Safe, Option<usize>) {
    let text = crate::domain::canon::canonical_or_poison(value);
    match text.char_indices().nth(FOLD_ABOVE) {
        Some((cut, _)) => (safe_line(&text[..cut]), Some(text.len())),
        None => (safe_line(&text), None),
    }
}

fn one_need(need: &Need) -> String {
    let field = need.field.as_ref().map(|f| format!(".{f}")).unwrap_or_default();
    let fallback = match &need.fallback {
        Some(value) => format!(" = {}", param(value).0),
        None => String::new(),
    };
    let when = match &need.when {
        Some(c) => format!(
            " when {}.{} {:?} {}",
            c.step,
            c.field,
            c.operator,
            c.value.as_ref().map(|v| param(v).0).unwrap_or_default()
        ),
        None => String::new(),
    };
    format!(
        "{}{field} ({}; without it: {}{fallback}){when}",
        need.step,
        need.effect.word(),
        need.resolution().word()
    )
}

/// What becomes of a step, in words.
pub fn fate(outcome: &Outcome) -> (String, Tone) {
    match outcome {
        Outcome::Runs { without } if without.is_empty() => ("runs".to_owned(), Tone::Good),
        Outcome::Runs { without } => {
            let list: Vec<String> = without
                .iter()
                .map(|m| match m.made_up {
                    MadeUp::Fallback => format!("with the fallback for {}", m.step),
                    MadeUp::LeftOut => format!("without {}", m.step),
                    MadeUp::AskedLater => format!("asking about {}", m.step),
                })
                .collect();
            (format!("runs {}", list.join(", ")), Tone::Warn)
        }
        Outcome::BlockedBy(step) => (format!("blocked: waits for {step}, which will not run"), Tone::Bad),
        Outcome::Asks(step) => {
            (format!("blocked: {step} will not run, and somebody must say what then"), Tone::Bad)
        }
        Outcome::Skips(step) => (format!("skipped, because {step} will not run"), Tone::Dim),
        Outcome::Rejected => ("will not run".to_owned(), Tone::Bad),
        Outcome::SkippedByMark => ("left out".to_owned(), Tone::Dim),
    }
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

fn evidence(content: &Content) -> Vec<Line> {
    let mut out = Vec::new();
    if !content.evidence.is_empty() {
        out.push(Line::heading("Evidence (named by the producer; not opened by this program)"));
    }
    for evidence in &content.evidence {
        out.extend(quoted(Some(&evidence.label), 0));
        out.extend(quoted(Some(&evidence.locator), 2));
        if evidence.pinned {
            out.push(Line::default().and(Tone::Dim, "pinned: part of what is decided on").indented(2));
        }
    }
    out
}

/// Why the risk is what it is: every factor.
fn risk(request: &Request) -> Vec<Line> {
    let assessment = request.assessment();
    let mut out = vec![Line::heading("Risk: ").and(words::risk(assessment.risk), assessment.risk)];
    for factor in &assessment.factors {
        let step = factor.step.as_ref().map(|s: &StepId| format!("{s}: ")).unwrap_or_default();
        out.push(
            Line::plain(format_args!("at least {}: {step}{}", factor.floor, safe_line(&factor.reason)))
                .indented(2),
        );
    }
    if assessment.factors.is_empty() {
        out.push(Line::plain("nothing raises it").indented(2));
    }
    out
}

fn signoffs(request: &Request) -> Vec<Line> {
    let mut out = Vec::new();
    if !request.signoffs.is_empty() {
        out.push(Line::heading("Sign-offs"));
    }
    for signoff in &request.signoffs {
        let (word, tone) = match signoff.standing {
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
                if bound.seen { "yes" } else { "no" }
            ))
            .and(Tone::Warn, if request.is_self_review(&bound.signer) { "self-review  " } else { "" })
            .and(tone, word)
            .indented(2),
        );
        if signoff.reason.is_some() {
            out.extend(quoted(signoff.reason.as_ref(), 2));
        }
    }
    out
}

fn thread(request: &Request, now: Moment) -> Vec<Line> {
    let mut out = Vec::new();
    if !request.comments.is_empty() {
        out.push(Line::heading(format_args!("Thread: {}", request.comments.len())));
    }
    for comment in &request.comments {
        let about = comment.step.as_ref().map(|s| format!(" on {s}")).unwrap_or_default();
        let reply = comment.reply_to.map(|n| format!(" in reply to {}", n.0)).unwrap_or_default();
        out.push(
            Line::plain(format_args!(
                "{}. {}{about}{reply}, {}",
                comment.number.0,
                comment.by,
                time::ago(comment.at, now)
            ))
            .indented(2),
        );
        out.extend(quoted(comment.text.as_ref(), 2));
    }
    out
}

/// Somebody's words behind the gutter, with a warning above when they hide something.
pub fn quoted(text: Option<&Text>, indent: u16) -> Vec<Line> {
    let Some(text) = text else {
        return vec![Line::default().and(Tone::Dim, "(redacted)").indented(indent)];
    };
    let warning = words::badge(text.badge()).map(|w| Line::default().and(Tone::Warn, w).indented(indent));
    warning
        .into_iter()
        .chain(text.lines().into_iter().map(|line| Line::quoted(line).indented(indent)))
        .collect()
}
