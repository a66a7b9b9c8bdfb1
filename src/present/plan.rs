//! The plan as what runs, from the pinned content and the marks: each step with its parameters, its commands, its needs
//! and what would become of it. This is what a reviewer decides on, and what "changed since you opened it" compares.

use crate::domain::content::Content;
use crate::domain::marks::Mark;
use crate::domain::names::{Identifier, StepId};
use crate::domain::preview::{MadeUp, Outcome, advice, preview};
use crate::domain::request::Request;
use crate::domain::step::{Need, Needs, Step};
use crate::domain::text::{Safe, Text, safe_line};
use crate::present::line::{Line, Tone};
use crate::present::words::{self, quoted};
use crate::present::would::Would;
use serde_json::Value;

/// How long one value may be before it is folded to its beginning and its size.
const FOLD_ABOVE: usize = 2_000;

/// What becomes of a value that is very long.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Long {
    /// It is shown whole.
    Whole,
    /// Its beginning and its size are shown, and these words say where the rest is.
    Folded(&'static str),
}

/// What belongs together: what stands before the steps, or one step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Block {
    /// The step it is about.
    pub step: Option<StepId>,
    /// What is said of it; whether something was folded in a line stands beside it.
    pub lines: Vec<(Line, bool)>,
}

/// How steps are set out: with numbers and in columns, or each by itself, so that a step that is new moves no other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Setting {
    Table,
    ByItself,
}

/// The plan of a request, to be read.
pub fn plan(request: &Request, content: &Content, long: Long) -> Vec<Block> {
    let mut first = head(request, content);
    let would = Would::run(content, &request.marks);
    if request.is_open() && would.outcomes.iter().any(|(_, outcome)| !outcome.runs_plainly()) {
        first.lines.push((Line::default().and(Tone::Warn, would.short()).indented(2), false));
    }
    let mut out = vec![first];
    out.extend(steps(request, content, long, Setting::Table));
    out
}

/// The plan of a request, to be compared: nothing in a block depends on another.
pub fn to_compare(request: &Request, content: &Content) -> Vec<Block> {
    let mut first = head(request, content);
    first.lines.remove(0);
    let target = &content.target;
    let part = |name: &str, value: &Option<Identifier>| match value {
        Some(value) => format!("{name} {value}  "),
        None => String::new(),
    };
    first.lines.push((
        Line::plain(format_args!(
            "target {}{}{}",
            part("environment", &target.environment),
            part("service", &target.service),
            part("tenant", &target.tenant)
        )),
        false,
    ));
    for evidence in content.evidence.iter().filter(|evidence| evidence.pinned) {
        let words = quoted(Some(&evidence.label), 0).into_iter().chain(quoted(Some(&evidence.locator), 0));
        first.lines.extend(words.map(|line| (line, false)));
    }
    if content.steps.is_empty() {
        // Without steps the words are what is decided on.
        let words = quoted(Some(&content.title), 0).into_iter().chain(quoted(Some(&content.summary), 0));
        first.lines.extend(words.map(|line| (line, false)));
    }
    let mut out = vec![first];
    out.extend(steps(request, content, Long::Whole, Setting::ByItself));
    out
}

fn head(request: &Request, content: &Content) -> Block {
    let open = request.is_open();
    let mut out = Vec::new();
    if content.steps.is_empty() {
        out.push(Line::heading(if open { "What would be decided" } else { "What was decided" }));
        out.extend(tiers(content));
        for (n, option) in content.options.iter().enumerate() {
            out.push(Line::plain(format_args!("option {}:", n + 1)).indented(2));
            out.extend(quoted(Some(option), 2));
        }
        out.push(Line::plain("no steps: the words below are what is decided on").indented(2));
    } else {
        let runs = preview(content, &request.marks).iter().filter(|(_, o)| o.may_run()).count();
        let words = if open { "What would run" } else { "The plan" };
        out.push(Line::heading(format_args!("{words}: {runs} of {} steps", content.steps.len())));
        out.extend(tiers(content));
    }
    Block { step: None, lines: out.into_iter().map(|line| (line, false)).collect() }
}

fn tiers(content: &Content) -> Option<Line> {
    let tiers: Vec<String> = content.tiers.iter().map(|t| format!("{t} %")).collect();
    (!tiers.is_empty()).then(|| Line::plain(format_args!("tiers: {}", tiers.join(" → "))).indented(2))
}

fn steps<'a>(
    request: &'a Request,
    content: &'a Content,
    long: Long,
    setting: Setting,
) -> impl Iterator<Item = Block> + 'a {
    let width = move |of: fn(&Step) -> &str| match setting {
        Setting::Table => content.steps.iter().map(|s| of(s).len()).max().unwrap_or(0).min(28),
        Setting::ByItself => 0,
    };
    let widths = (width(|s| s.id.as_str()), width(|s| s.action.as_str()));
    let outcomes = preview(content, &request.marks);
    content.steps.iter().zip(outcomes).enumerate().map(move |(n, (step, (_, outcome)))| {
        let number = (setting == Setting::Table).then_some(n + 1);
        let lines = one_step(number, step, widths, request.marks.on(&step.id), &outcome, long);
        Block { step: Some(step.id.clone()), lines }
    })
}

fn one_step(
    number: Option<usize>,
    step: &Step,
    (id, action): (usize, usize),
    mark: Mark,
    outcome: &Outcome,
    long: Long,
) -> Vec<(Line, bool)> {
    let (fate, tone) = fate(outcome);
    let number = number.map(|n| format!("{n:>3} ")).unwrap_or_default();
    let mut out = vec![(
        Line::default()
            .and(Tone::Dim, number)
            .and(Tone::Strong, format_args!("{:<id$}  ", step.id))
            .and(Tone::Plain, format_args!("{:<action$}  ", step.action))
            .and(words::mark(mark), format_args!("[{mark}]"))
            .and(Tone::Plain, "  ")
            .and(tone, fate),
        false,
    )];
    let field = |name: &str| Line::default().and(Tone::Dim, format_args!("{name:<7}")).indented(4);
    for (key, value) in &step.params {
        let mut values = Values { long, folded: Vec::new() };
        let words = values.word(value);
        out.push(
            values.after(field("param").and(Tone::Plain, format_args!("{key} = ")).and(Tone::Plain, words)),
        );
    }
    out.push((
        match &step.run {
            Some(command) => field("run").and(Tone::Plain, argv(command)),
            None => field("run").and(Tone::Dim, "by the producer itself (no command given)"),
        },
        false,
    ));
    out.push((
        match &step.undo {
            Some(command) => field("undo").and(Tone::Plain, argv(command)),
            None => field("undo").and(Tone::Warn, "none: cannot be undone"),
        },
        false,
    ));
    for need in &step.needs {
        let mut values = Values { long, folded: Vec::new() };
        let words = match need {
            Needs::One(need) => values.need(need),
            Needs::AnyOf { any_of } => {
                let list: Vec<String> = any_of.iter().map(|need| values.need(need)).collect();
                format!("any of: {}", list.join("; or "))
            }
        };
        out.push(values.after(field("needs").and(Tone::Plain, words)));
    }
    for advice in step.single_needs().filter_map(|n| advice(n.effect, n.resolution())) {
        out.push((field("").and(Tone::Warn, advice), false));
    }
    out
}

/// What an edit of a step's parameters does not change, when the step has a command: no command can name its own step's
/// parameters, so whoever edits them must not believe that another one runs.
pub fn stays(step: &Step) -> Option<Line> {
    let command = step.run.as_ref()?;
    let words = Line::default()
        .and(Tone::Warn, format_args!("{}: parameters are no part of its command, which stays ", step.id));
    Some(words.and(Tone::Plain, argv(command)))
}

/// A command as the argument array it is, as JSON, so that blanks and quotes are unmistakable.
fn argv(command: &[Text]) -> Safe {
    safe_line(&crate::domain::canon::canonical_or_poison(&command))
}

/// The values of one line as JSON, typed; those that are very long are folded, and the line says how long they are.
struct Values {
    long: Long,
    folded: Vec<(usize, &'static str)>,
}

impl Values {
    fn word(&mut self, value: &Value) -> Safe {
        let text = crate::domain::canon::canonical_or_poison(value);
        match (self.long, text.char_indices().nth(FOLD_ABOVE)) {
            (Long::Folded(rest), Some((cut, _))) => {
                self.folded.push((text.len(), rest));
                safe_line(&text[..cut])
            }
            _ => safe_line(&text),
        }
    }

    fn need(&mut self, need: &Need) -> String {
        let field = need.field.as_ref().map(|f| format!(".{f}")).unwrap_or_default();
        let fallback = match &need.fallback {
            Some(value) => format!(" = {}", self.word(value)),
            None => String::new(),
        };
        let when = match &need.when {
            Some(c) => format!(
                " when {}.{} {:?} {}",
                c.step,
                c.field,
                c.operator,
                c.value.as_ref().map(|v| self.word(v)).unwrap_or_default()
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

    fn after(self, line: Line) -> (Line, bool) {
        let folded = !self.folded.is_empty();
        let add = |line: Line, (bytes, rest): (usize, &str)| {
            line.and(Tone::Warn, format_args!(" … {bytes} bytes, folded: {rest}"))
        };
        (self.folded.into_iter().fold(line, add), folded)
    }
}

/// What becomes of a step, in words.
pub fn fate(outcome: &Outcome) -> (String, Tone) {
    match outcome {
        Outcome::Runs { without } if without.is_empty() => ("runs".to_owned(), Tone::Good),
        Outcome::Runs { without } => {
            let list: Vec<String> = without
                .iter()
                .map(|m| match m.made_up {
                    MadeUp::Fallback => format!("with the fallback for {}", m.lack),
                    MadeUp::LeftOut => format!("without {}", m.lack),
                    MadeUp::AskedLater => format!("asking about {}", m.lack),
                })
                .collect();
            (format!("runs {}", list.join(", ")), Tone::Warn)
        }
        Outcome::BlockedBy(lack) => (format!("blocked: waits for {lack}, which will not come"), Tone::Bad),
        Outcome::Asks(lack) => {
            (format!("blocked: {lack} will not come, and somebody must say what then"), Tone::Bad)
        }
        Outcome::Skips(lack) => (format!("skipped, because {lack} will not come"), Tone::Dim),
        Outcome::Rejected => ("will not run".to_owned(), Tone::Bad),
        Outcome::SkippedByMark => ("left out".to_owned(), Tone::Dim),
        Outcome::Depends { on, best, worst } => {
            let on: Vec<&str> = on.iter().map(|step| step.as_str()).collect();
            let (best, worst) = (fate(best).0, fate(worst).0);
            (format!("by the result of {}: {best}; or {worst}", on.join(", ")), Tone::Warn)
        }
    }
}
