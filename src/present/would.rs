//! What would run beside what was asked: for a mixture of marks, each step with why, the conflicts with their ways
//! out, and the advice on needs.

use crate::domain::conflict::{Blocked, Conflict, Impact, Way, conflicts};
use crate::domain::content::Content;
use crate::domain::marks::{Mark, Marks};
use crate::domain::names::{RequestId, StepId};
use crate::domain::preview::{Lint, MadeUp, Missing, Outcome, lints, preview};
use crate::domain::step::{Effect, Resolution};
use crate::domain::text::safe_line;
use crate::present::line::{Line, Tone};
use crate::present::plan::fate;
use crate::present::words;
use std::collections::BTreeMap;

/// What would run under some marks: everything a view of it draws.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Would {
    /// The marks it is about.
    pub marks: Marks,
    /// What each step would do, in document order.
    pub outcomes: Vec<(StepId, Outcome)>,
    /// What is in the way. What would come of a way out is asked of it when it is shown: [`Way::impact`].
    pub conflicts: Vec<Conflict>,
    /// Advice on needs.
    pub lints: Vec<Lint>,
}

impl Would {
    /// What would run of `content` under `marks`.
    pub fn run(content: &Content, marks: &Marks) -> Self {
        Self {
            marks: marks.clone(),
            outcomes: preview(content, marks),
            conflicts: conflicts(content, marks),
            lints: lints(content),
        }
    }

    /// The steps that would run, in document order.
    pub fn runs(&self) -> Vec<&StepId> {
        self.outcomes.iter().filter(|(_, outcome)| outcome.may_run()).map(|(id, _)| id).collect()
    }

    /// In a sentence: "runs snapshot, mint, tell; retire skipped: roll was rejected".
    pub fn sentence(&self) -> String {
        let runs: Vec<&str> = self.runs().into_iter().map(StepId::as_str).collect();
        let first =
            if runs.is_empty() { "runs nothing".to_owned() } else { format!("runs {}", runs.join(", ")) };
        let known: Known<'_> = self.outcomes.iter().map(|(id, outcome)| (id, outcome)).collect();
        let others = self.outcomes.iter().filter_map(|(step, outcome)| clause(step, outcome, &known));
        std::iter::once(first).chain(others).collect::<Vec<_>>().join("; ")
    }

    /// In a sentence that counts: "4 of 5 run; retire skipped: roll was rejected".
    pub fn short(&self) -> String {
        let known: Known<'_> = self.outcomes.iter().map(|(id, outcome)| (id, outcome)).collect();
        let first = format!("{} of {} run", self.runs().len(), self.outcomes.len());
        let others = self.outcomes.iter().filter_map(|(step, outcome)| clause(step, outcome, &known));
        std::iter::once(first).chain(others).collect::<Vec<_>>().join("; ")
    }

    /// Everything, to be printed: the sentence, step by step what was asked and what would come of it, the conflicts
    /// with the commands that end them, and the advice.
    pub fn lines(&self, id: RequestId, content: &Content) -> Vec<Line> {
        let mut out = vec![Line::default().and(Tone::Strong, self.sentence())];
        out.extend(self.beside(content));
        for conflict in &self.conflicts {
            out.extend(self.conflict(id, content, conflict));
        }
        for lint in &self.lints {
            let (effect, resolution) = (lint.effect.word(), lint.resolution.word());
            let words =
                format!("{} needs {} ({effect}, {resolution}): {}", lint.step, lint.needs, lint.advice);
            out.push(Line::default().and(Tone::Warn, "advice: ").and(Tone::Plain, words));
        }
        out
    }

    /// What was asked, and beside it what would come of it, step by step, under a heading.
    pub fn beside(&self, content: &Content) -> Vec<Line> {
        let mut out = Vec::new();
        let width = |of: fn(&crate::domain::step::Step) -> &str| {
            content.steps.iter().map(|step| of(step).len()).max().unwrap_or(0).min(28)
        };
        let (ids, actions) = (width(|step| step.id.as_str()), width(|step| step.action.as_str()));
        out.push(Line::heading(format_args!("{:<1$}would", "asked", ids + actions + 4)));
        for (step, (_, outcome)) in content.steps.iter().zip(&self.outcomes) {
            let (words, tone) = fate(outcome);
            let mark = self.marks.on(&step.id);
            let asked = format!("{:<ids$}  {:<actions$}  ", step.id, step.action);
            let said = if mark == Mark::Undecided { String::new() } else { format!("[{mark}] ") };
            out.push(Line::plain(asked).and(words::mark(mark), said).and(tone, words));
        }
        out
    }

    /// One conflict: who is blocked by what, and the ways out with what would come of each.
    fn conflict(&self, id: RequestId, content: &Content, conflict: &Conflict) -> Vec<Line> {
        let mut out = vec![Line::default().and(Tone::Bad, conflict_sentence(conflict))];
        for way in &conflict.ways {
            out.push(Line::plain(format_args!("{way}: {}", way.commands(id).join("; "))).indented(2));
            let impact = way.impact(content, &self.marks);
            out.push(Line::default().and(Tone::Dim, format_args!("then {}", then(&impact))).indented(4));
        }
        out
    }
}

type Known<'a> = BTreeMap<&'a StepId, &'a Outcome>;

/// What is to be said of one step beyond that it runs, or was left out by its mark.
fn clause(step: &StepId, outcome: &Outcome, known: &Known<'_>) -> Option<String> {
    match outcome {
        Outcome::Runs { without } if without.is_empty() => None,
        Outcome::Runs { without } => {
            let list: Vec<String> = without.iter().map(made_up).collect();
            Some(format!("{step} {}", list.join(", ")))
        }
        Outcome::Rejected | Outcome::SkippedByMark => None,
        Outcome::Skips(lack) => Some(format!("{step} skipped: {}", cause(&lack.step, known))),
        Outcome::BlockedBy(lack) | Outcome::Asks(lack) => Some(format!("{step} blocked: needs {lack}")),
        Outcome::Depends { .. } => Some(format!("{step} {}", fate(outcome).0)),
    }
}

/// Why a step does not come, in a few words.
fn cause(step: &StepId, known: &Known<'_>) -> String {
    let what = match known.get(step).map(|outcome| outcome.worst()) {
        Some(Outcome::Rejected) => "was rejected",
        Some(Outcome::SkippedByMark | Outcome::Skips(_)) => "is skipped",
        Some(Outcome::BlockedBy(_) | Outcome::Asks(_)) => "is blocked",
        _ => "may give nothing",
    };
    format!("{step} {what}")
}

fn made_up(missing: &Missing) -> String {
    let lack = &missing.lack;
    match missing.made_up {
        MadeUp::Fallback => format!("uses the fallback for {lack}"),
        MadeUp::LeftOut => format!("goes without {lack}"),
        MadeUp::AskedLater => format!("asks about {lack} when it runs"),
    }
}

/// What would come of a way out, in a few words.
pub fn then(impact: &Impact) -> String {
    let runs: Vec<&str> = impact.runs().map(StepId::as_str).collect();
    let runs = if runs.is_empty() { "nothing runs".to_owned() } else { format!("runs {}", runs.join(", ")) };
    match impact.conflicts_left {
        0 => runs,
        1 => format!("{runs}; 1 conflict is left"),
        n => format!("{runs}; {n} conflicts are left"),
    }
}

/// One conflict in a sentence: "roll blocked: needs mint.key_id; choose: give the value (modify), skip roll, approve
/// mint".
pub fn conflict_sentence(conflict: &Conflict) -> String {
    let ways: Vec<String> = conflict.ways.iter().map(Way::to_string).collect();
    format!("{}; choose: {}", blocked_by(conflict), ways.join(", "))
}

/// Who is blocked, and by what: "roll blocked: needs mint.key_id".
pub fn blocked_by(conflict: &Conflict) -> String {
    let one = |blocked: &Blocked| format!("{} blocked: needs {}", blocked.step, blocked.lack);
    conflict.blocked.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// What an edit of one step means for a step that needs it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EditImpact {
    /// The step that needs the edited one.
    pub step: StepId,
    /// In a word, for programs: `will_use_fallback`, `goes_without`, `will_ask` or `decided_again`.
    pub impact: &'static str,
    /// In a sentence.
    pub message: String,
}

/// What an edit of `edited` means for the steps that name it as a need, in document order. They run on what it gives
/// after the edit; what is said is what they do should it give less than before.
pub fn edit_impacts(content: &Content, edited: &StepId) -> Vec<EditImpact> {
    let mut out = Vec::new();
    for step in &content.steps {
        for need in step.single_needs().filter(|need| need.step == *edited) {
            let what = need.field.as_ref().map_or("nothing".to_owned(), |field| format!("no {field}"));
            let keeps =
                format!("{} keeps running since {edited} was edited; should it give {what}, it", step.id);
            let (impact, message) = match (need.effect, need.resolution(), &need.fallback) {
                (_, Resolution::Fallback, Some(value)) => {
                    let value = safe_line(&crate::domain::canon::canonical_or_poison(value)).clipped(80);
                    ("will_use_fallback", format!("{keeps} uses the fallback {value}"))
                }
                (Effect::Blocks, ..) => (
                    "decided_again",
                    format!("{} cannot run without {edited}: it is to be decided again", step.id),
                ),
                (_, Resolution::AskUser, _) => ("will_ask", format!("{keeps} asks")),
                _ => ("goes_without", format!("{keeps} goes without")),
            };
            out.push(EditImpact { step: step.id.clone(), impact, message });
        }
    }
    out
}
