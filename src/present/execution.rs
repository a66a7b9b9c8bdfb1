//! An execution in words: how each step stands, what it gave, what it asks, and one line that says it all.

use crate::domain::canon::canonical_or_poison;
use crate::domain::claiming::standstill;
use crate::domain::execution::{AskedFor, End, Run, Runner, Stand, StepRun, StepState, stands, tally};
use crate::domain::moment::{Moment, Span};
use crate::domain::names::StepId;
use crate::domain::request::{Execution, Request};
use crate::domain::text::{Safe, Text, safe_line};
use crate::present::line::{Line, Tone};
use crate::present::plan::fate;
use crate::present::time;
use crate::present::words::quoted;
use serde_json::{Value, json};

/// How much of a result is shown on one line, in characters.
const RESULT: usize = 300;
/// How many lines of what a failed step printed are shown: its last.
const LAST_LINES: usize = 5;

/// The tone of a step's state.
pub const fn tone(state: StepState) -> Tone {
    match state {
        StepState::Completed => Tone::Good,
        StepState::Running | StepState::Ready => Tone::Strong,
        StepState::Failed | StepState::TimedOut | StepState::Unknown => Tone::Bad,
        StepState::WaitingIntervention => Tone::Warn,
        StepState::Pending => Tone::Plain,
        StepState::Skipped => Tone::Dim,
    }
}

/// A state as it is read: with blanks.
pub fn word(state: StepState) -> String {
    state.word().replace('_', " ")
}

/// The one line of an execution: `4 steps, 1 skipped; done`.
pub fn summary(request: &Request) -> String {
    let stands = stands(request);
    let (ran, skipped, badly) = tally(&stands);
    let steps = if ran == 1 { "1 step".to_owned() } else { format!("{ran} steps") };
    let part = |n: usize, word: &str| if n == 0 { String::new() } else { format!(", {n} {word}") };
    let taken_back = request
        .run
        .as_ref()
        .map_or(0, |run| run.steps.values().filter(|s| s.undo == Some(StepState::Completed)).count());
    let state = request.execution.map_or("not started", Execution::word).replace('_', " ");
    let (skipped, badly) = (part(skipped, "skipped"), part(badly, "ended badly"));
    format!("{steps}{skipped}{badly}{}; {state}", part(taken_back, "taken back"))
}

/// The steps that were done and are not taken back, in document order, each with why.
fn not_taken_back(request: &Request, run: &Run) -> Vec<(StepId, &'static str)> {
    let content = request.content.as_ref();
    let why = |stand: &Stand| {
        let known = run.steps.get(&stand.step).filter(|s| s.state == StepState::Completed)?;
        let command = content.and_then(|c| c.step(&stand.step)).is_some_and(|s| s.undo.is_some());
        Some(match known.undo {
            Some(StepState::Completed) => return None,
            Some(StepState::Running) => "under way",
            Some(StepState::TimedOut) => "timed out",
            Some(StepState::Unknown) => "unknown",
            Some(_) => "failed",
            None if stand.asked_for.is_some() => "waits for a person",
            None if command => "not begun",
            None => "no command for it",
        })
    };
    stands(request).iter().filter_map(|stand| Some((stand.step.clone(), why(stand)?))).collect()
}

/// How far taking back has come, in one line, and whether all that was done is taken back; nothing when it was not begun.
pub fn taken_back(request: &Request) -> Option<(String, bool)> {
    let run = request.run.as_ref().filter(|run| run.undoing)?;
    let back = run.steps.values().filter(|s| s.undo == Some(StepState::Completed)).count();
    let left = not_taken_back(request, run);
    let names: Vec<String> = left.iter().map(|(step, why)| format!("{step} ({why})")).collect();
    let words = match (back, names.is_empty()) {
        (0, true) => "nothing was done that could be taken back".to_owned(),
        (_, true) => format!("{back} taken back, and that is all that was done"),
        (_, false) => format!("{back} taken back; not taken back: {}", names.join(", ")),
    };
    Some((words, left.is_empty()))
}

/// An execution, step by step; nothing when it was never started.
pub fn execution(request: &Request, now: Moment) -> Vec<Line> {
    let Some(run) = &request.run else { return Vec::new() };
    let by = match run.runner {
        Runner::Gate => "by this program",
        Runner::Producer => "by its producer",
    };
    let mut out = vec![Line::heading(format_args!(
        "Execution: {}",
        request.execution.map_or("not started", Execution::word).replace('_', " ")
    ))];
    out.push(
        Line::plain(format_args!(
            "{by}, held by {} since {} ({})",
            run.holder,
            run.started_at.date_and_time(),
            time::ago(run.started_at, now)
        ))
        .indented(2),
    );
    let stands = stands(request);
    let width = stands.iter().map(|s| s.step.as_str().len()).max().unwrap_or(0).min(28);
    for stand in &stands {
        out.extend(one(stand, run, width, now));
    }
    if let (Some(Execution::Running), true) = (request.execution, run.under_way().next().is_none())
        && !stands.iter().any(|s| s.state == StepState::Ready)
    {
        out.push(Line::default().and(Tone::Warn, standstill(request)).indented(2));
    }
    if let Some((words, all)) = taken_back(request) {
        out.push(Line::default().and(if all { Tone::Plain } else { Tone::Warn }, words).indented(2));
    }
    if request.execution == Some(Execution::Unknown) {
        let words = "somebody must look what the unknown step did, and whether what it started still runs; nothing of this plan \
                     runs again by itself";
        out.push(Line::default().and(Tone::Bad, words).indented(2));
    }
    out
}

fn one(stand: &Stand, run: &Run, width: usize, now: Moment) -> Vec<Line> {
    let known = run.steps.get(&stand.step);
    let mut line = Line::default()
        .and(Tone::Strong, format_args!("{:<width$}  ", stand.step))
        .and(tone(stand.state), word(stand.state))
        .indented(2);
    line = match known {
        Some(step) => line.and(Tone::Plain, in_numbers(step, now)),
        None if stand.state != StepState::Ready => {
            line.and(Tone::Dim, format_args!("  {}", fate(&stand.outcome).0))
        }
        None => line,
    };
    let mut out = vec![line];
    if let Some(step) = known {
        if let Some(result) = step.result.as_ref().filter(|r| r.as_object().is_some_and(|r| !r.is_empty())) {
            let text = canonical_or_poison(result);
            out.push(Line::default().and(Tone::Dim, "gave ").and(Tone::Plain, clip(&text)).indented(6));
        }
        if let Some(why) = &step.why {
            out.extend(quoted(Some(why), 6));
        }
        if stand.state != StepState::Completed {
            out.extend(last_lines(step.output.as_ref()));
        }
        if let Some(undo) = step.undo {
            out.push(Line::plain("taking it back: ").and(tone(undo), word(undo)).indented(6));
        }
        if let Some(question) = &step.question {
            out.push(
                Line::plain(match question.until {
                    Some(until) => format!("its runner asks, until {}:", until.date_and_time()),
                    None => "its runner asks:".to_owned(),
                })
                .indented(6),
            );
            out.extend(quoted(question.text.as_ref(), 6));
            for (n, option) in question.options.iter().enumerate() {
                out.push(Line::plain(format_args!("option {}:", n + 1)).indented(6));
                out.extend(quoted(Some(option), 6));
            }
        }
    }
    out.extend(late_values(stand));
    out
}

/// What a person is to confirm: every value that came after the sign-off, and the digest a confirmation names.
pub fn late_values(stand: &Stand) -> Vec<Line> {
    let (Some(why), Some(Ok(filled))) = (stand.asked_for, &stand.filled) else { return Vec::new() };
    // What ran has nothing left to confirm but what takes it back.
    let undo = stand.state == StepState::Completed;
    let words = match why {
        AskedFor::LateValues if undo => {
            "taking it back is of high risk, with values that came after the sign-off:"
        }
        AskedFor::LateValues => "of high risk, with values that came after the sign-off:",
        AskedFor::GoesWithout => "it would go without something, and the plan says to ask then:",
        AskedFor::Runner => return Vec::new(),
    };
    let mut out = vec![Line::default().and(Tone::Warn, words).indented(6)];
    if why == AskedFor::GoesWithout {
        out.push(Line::plain(fate(&stand.outcome).0).indented(6));
    }
    for (name, value) in &filled.values {
        let value = canonical_or_poison(value);
        out.push(Line::plain(format_args!("{} = {}", safe_line(name), safe_line(&value))).indented(6));
    }
    if let Some(command) = &filled.run {
        let word = if undo { "undo" } else { "run" };
        let command = safe_line(&canonical_or_poison(command));
        out.push(Line::plain(format_args!("{word} {command}")).indented(6));
    }
    for (key, value) in &filled.params {
        let value = canonical_or_poison(value);
        out.push(Line::plain(format_args!("param {key} = {}", safe_line(&value))).indented(6));
    }
    let digest = filled.digest().short();
    out.push(Line::default().and(Tone::Dim, format_args!("digest {digest}")).indented(6));
    out
}

fn in_numbers(step: &StepRun, now: Moment) -> String {
    let mut out = String::new();
    if let (StepState::Running, Some(at)) = (step.state, step.started_at) {
        out.push_str(&format!("  since {} ({})", at.hour_and_minute(), time::ago(at, now)));
    }
    if let Some(end) = &step.end {
        out.push_str(&end_words(end));
    }
    if step.attempts > 1 {
        out.push_str(&format!(", attempt {}", step.attempts));
    }
    if step.passed {
        out.push_str(", gone on past");
    }
    out
}

/// An end in numbers: exit status, how long it took, how much it printed, what it left behind.
pub fn end_words(end: &End) -> String {
    let mut out = String::new();
    if let Some(exit) = end.exit {
        out.push_str(&format!("  exit {exit}"));
    }
    if let Some(signal) = end.signal {
        out.push_str(&format!("  signal {signal}"));
    }
    if end.took > Span::ZERO {
        out.push_str(&format!("  in {}", short(end.took)));
    }
    if end.bytes > 0 {
        out.push_str(&format!("  {} bytes printed", end.bytes));
    }
    if end.left > 0 {
        out.push_str(&format!("  {} processes left their session", end.left));
    }
    out
}

fn short(took: Span) -> String {
    match took.millis() {
        ms if ms < 10_000 => format!("{}.{} s", ms / 1000, ms % 1000 / 100),
        _ => time::span(took),
    }
}

fn clip(text: &str) -> Safe {
    match text.char_indices().nth(RESULT) {
        Some((cut, _)) => Safe::composed(format_args!(
            "{} … {} bytes: `show --json` has all",
            safe_line(&text[..cut]),
            text.len()
        )),
        None => safe_line(text),
    }
}

fn last_lines(output: Option<&Text>) -> Vec<Line> {
    let Some(output) = output else { return Vec::new() };
    let text = output.raw().trim_end_matches('\n');
    let from = text.rmatch_indices('\n').nth(LAST_LINES - 1).map_or(0, |(at, _)| at + 1);
    let mut out = vec![Line::default().and(Tone::Dim, "printed last:").indented(6)];
    out.extend(quoted(Some(&Text::from(&text[from..])), 6));
    out
}

/// An execution as JSON with stable names; null when it was never started.
pub fn as_json(request: &Request) -> Value {
    let Some(run) = &request.run else { return Value::Null };
    let steps: Vec<Value> = stands(request).iter().map(|stand| step_json(stand, run)).collect();
    let mut out = json!({
        "state": request.execution.map(Execution::word), "runner": run.runner, "holder": run.holder,
        "started_at": run.started_at.iso(), "last_at": run.last_at.iso(), "rolling_back": run.undoing,
        "summary": summary(request), "steps": steps,
    });
    if run.undoing {
        let left = not_taken_back(request, run).into_iter().map(|(step, _)| json!(step));
        out["not_taken_back"] = left.collect();
    }
    out
}

fn step_json(stand: &Stand, run: &Run) -> Value {
    let mut out = json!({
        "step": stand.step, "state": stand.state.word(), "settled": stand.settled,
        "outcome": fate(&stand.outcome).0, "asked_for": stand.asked_for,
    });
    if let Some(Ok(filled)) = &stand.filled {
        out["params"] = json!(filled.params);
        out["run"] = json!(filled.run);
        out["late_values"] = json!(filled.values);
        out["filled_digest"] = json!(filled.digest());
    }
    if let Some(Err(why)) = &stand.filled {
        out["cannot_run"] = json!(why.0);
    }
    let Some(step) = run.steps.get(&stand.step) else { return out };
    out["attempts"] = json!(step.attempts);
    out["started_at"] = json!(step.started_at.map(Moment::iso));
    out["ended_at"] = json!(step.ended_at.map(Moment::iso));
    out["end"] = json!(step.end);
    out["result"] = json!(step.result);
    out["output"] = json!(step.output.as_ref().map(Text::raw));
    out["reason"] = json!(step.why.as_ref().map(Text::raw));
    out["gone_on_past"] = json!(step.passed);
    out["undo"] = json!(step.undo.map(StepState::word));
    out["question"] = json!(step.question.as_ref().map(|q| json!({
        "text": q.text.as_ref().map(Text::raw), "options": q.options, "until": q.until.map(Moment::iso),
    })));
    out["answer"] = json!(step.reply.as_ref().map(|r| json!({
        "by": r.by, "option": r.option, "text": r.text.as_ref().map(Text::raw),
    })));
    out
}
