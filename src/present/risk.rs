//! Why a request is as risky as it is: every factor with the rule that set it, and what hangs on each risky step.

use crate::domain::content::Content;
use crate::domain::names::StepId;
use crate::domain::policy::Factor;
use crate::domain::request::{MarkedBy, Request};
use crate::domain::risk::Risk;
use crate::domain::step::before;
use crate::domain::text::safe_line;
use crate::present::line::{Line, Tone};
use crate::present::{time, words};
use std::collections::{BTreeMap, BTreeSet};

/// The factors as a table: about the whole request first, then step by step, the highest first in each.
pub fn risk(request: &Request) -> Vec<Line> {
    let assessment = request.assessment();
    let mut out = vec![
        Line::heading("Risk: ")
            .and(words::risk(assessment.risk), assessment.risk)
            .and(Tone::Plain, format_args!(", by {}", words::policy(assessment.policy))),
    ];
    let mut groups: Vec<Option<&StepId>> = vec![None];
    groups.extend(request.revision.steps.iter().map(|s| Some(&s.id)));
    for of in groups {
        let mut factors: Vec<&Factor> = assessment.factors.iter().filter(|f| f.step.as_ref() == of).collect();
        factors.sort_by_key(|f| std::cmp::Reverse(f.floor));
        out.extend(factors.into_iter().map(factor));
    }
    if assessment.factors.is_empty() {
        out.push(Line::plain("nothing raises it").indented(2));
    }
    out.extend(blast(request));
    out.extend(by_rules(request));
    out
}

fn factor(factor: &Factor) -> Line {
    let step = factor.step.as_ref().map(|s| format!("{s}: ")).unwrap_or_default();
    let line = Line::plain("at least ")
        .and(words::risk(factor.floor), format_args!("{:<8}", factor.floor))
        .and(Tone::Plain, format_args!(" {step}{}", safe_line(&factor.reason)));
    let line = match &factor.rule {
        Some(rule) => line.and(Tone::Dim, format_args!("  ({})", safe_line(rule))),
        None => line,
    };
    line.indented(2)
}

/// What depends on each step that is above low: directly, or through others.
pub fn blast(request: &Request) -> Vec<Line> {
    let Some(content) = &request.content else { return Vec::new() };
    let mut out = Vec::new();
    let needed_by = needed_by(content);
    for step in risky(request, content) {
        let reach = behind(content, &needed_by, step);
        if !reach.is_empty() {
            let list: Vec<&str> = reach.iter().map(|s| s.as_str()).collect();
            let plural = if list.len() == 1 { "step depends" } else { "steps depend" };
            let words = format!("{} {plural} on {step}: {}", list.len(), list.join(", "));
            out.push(Line::plain(words).indented(4));
        }
    }
    if !out.is_empty() {
        out.insert(0, Line::plain("what hangs on the risky steps:").indented(2));
    }
    out
}

/// The steps above low, in the order of the document.
fn risky<'a>(request: &Request, content: &'a Content) -> Vec<&'a StepId> {
    let above = |id: &StepId| {
        request.assessment().factors.iter().any(|f| f.step.as_ref() == Some(id) && f.floor > Risk::Low)
    };
    content.steps.iter().map(|s| &s.id).filter(|id| above(id)).collect()
}

/// Which steps need each step, directly.
fn needed_by(content: &Content) -> BTreeMap<&StepId, Vec<&StepId>> {
    let mut out: BTreeMap<&StepId, Vec<&StepId>> = BTreeMap::new();
    for step in &content.steps {
        for needed in before(step) {
            out.entry(needed).or_default().push(&step.id);
        }
    }
    out
}

/// Every step that needs `of`, directly or through others, in the order of the document.
fn behind<'a>(
    content: &'a Content,
    needed_by: &BTreeMap<&StepId, Vec<&'a StepId>>,
    of: &StepId,
) -> Vec<&'a StepId> {
    let mut reached: BTreeSet<&StepId> = BTreeSet::new();
    let mut open: Vec<&StepId> = vec![of];
    while let Some(step) = open.pop() {
        let next = needed_by.get(step).into_iter().flatten().copied();
        open.extend(next.filter(|next| reached.insert(next)));
    }
    content.steps.iter().map(|s| &s.id).filter(|id| reached.contains(id)).collect()
}

/// What rules approved by themselves.
pub fn by_rules(request: &Request) -> Vec<Line> {
    let marked = |(step, by): (&StepId, &MarkedBy)| match by {
        MarkedBy::Rule(rule) => {
            Some(Line::plain(format_args!("{step}: approved by rule {}", safe_line(rule))).indented(4))
        }
        MarkedBy::Person(_) => None,
    };
    let mut out: Vec<Line> = request.marked_by.iter().filter_map(marked).collect();
    if !out.is_empty() {
        out.insert(0, Line::plain("approved without a person:").indented(2));
    }
    out
}

/// The deadlines of the rule that matched, from being asked on.
pub fn deadlines(request: &Request) -> String {
    let assessment = request.assessment();
    let terms = [
        ("remind after", assessment.remind_after),
        ("overdue after", Some(assessment.due_after)),
        ("expires after", assessment.expires_after),
        ("an approval holds", Some(assessment.live_for).filter(|_| request.kind().is_executed())),
    ];
    let said: Vec<String> = terms
        .iter()
        .filter_map(|(what, span)| span.map(|span| format!("{what} {}", time::span(span))))
        .collect();
    said.join(", ")
}
