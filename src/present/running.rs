//! What running a plan would do, and what rolling it back would: said before somebody lets it.

use crate::domain::canon::canonical_or_poison;
use crate::domain::execution::{StepState, stands};
use crate::domain::names::StepId;
use crate::domain::preview::running;
use crate::domain::request::Request;
use crate::domain::step::{Step, before};
use crate::domain::text::safe_line;
use crate::present::line::{Line, Tone};
use std::collections::BTreeSet;

/// How many steps are listed; the plan behind the dialog has all of them.
const NAMED: usize = 10;
/// How much of a command is shown, in characters.
const COMMAND: usize = 160;

/// The steps that run, in the order in which this program begins them: always the first of the document whose needs are
/// settled.
pub fn in_order(request: &Request) -> Vec<StepId> {
    let Some(content) = &request.content else { return Vec::new() };
    let done = request.run.as_ref().map(|run| run.done()).unwrap_or_default();
    let mut left: Vec<&Step> = running(request)
        .iter()
        .filter(|id| !done.contains_key(*id))
        .filter_map(|id| content.step(id))
        .collect();
    let mut out = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let waiting: BTreeSet<&StepId> = left.iter().map(|step| &step.id).collect();
        // There is no circle; were there one, the document's order is as good as any.
        let next =
            left.iter().position(|step| before(step).iter().all(|id| !waiting.contains(id))).unwrap_or(0);
        out.push(left.remove(next).id.clone());
    }
    out
}

fn command(of: Option<&Vec<crate::domain::text::Text>>) -> String {
    of.map(|argv| safe_line(&canonical_or_poison(argv)).clipped(COMMAND).to_string()).unwrap_or_default()
}

/// What `run` would do, in order, and where.
pub fn would_run(request: &Request) -> Vec<Line> {
    let Some(content) = &request.content else {
        return vec![Line::default().and(Tone::Bad, "its content was redacted: nothing of it runs")];
    };
    let order = in_order(request);
    let steps = if order.len() == 1 { "step runs" } else { "steps run" };
    let again = if request.run.is_some() { " from here on" } else { ", in this order" };
    let mut out = vec![Line::default().and(Tone::Strong, format_args!("{} {steps}{again}:", order.len()))];
    for (n, id) in order.iter().take(NAMED).enumerate() {
        let argv = command(content.step(id).and_then(|step| step.run.as_ref()));
        out.push(
            Line::default()
                .and(Tone::Strong, format_args!("{} {id}  ", n + 1))
                .and(Tone::Plain, argv)
                .indented(2),
        );
    }
    if order.len() > NAMED {
        let words = format!("and {} more: the plan has all of them", order.len() - NAMED);
        out.push(Line::plain(words).indented(2));
    }
    out.push(Line::plain(
        "It runs on this host, as this account, in a process of its own: you can look on, or quit. Stop ends it.",
    ));
    out
}

/// What `roll-back` would take back, last first, and what stays done.
pub fn would_be_taken_back(request: &Request) -> Vec<Line> {
    let (Some(content), Some(run)) = (&request.content, &request.run) else {
        return vec![Line::plain("Nothing of it has run: there is nothing to take back.")];
    };
    let mut done: Vec<_> = run
        .steps
        .iter()
        .filter(|(_, step)| step.state == StepState::Completed && step.undo != Some(StepState::Completed))
        .collect();
    done.sort_by_key(|(_, step)| std::cmp::Reverse(step.place));
    let undo = |id: &StepId| content.step(id).and_then(|step| step.undo.as_ref());
    let (back, stays): (Vec<_>, Vec<_>) =
        done.into_iter().map(|(id, _)| id).partition(|id| undo(id).is_some());
    let steps = if back.len() == 1 { "step is" } else { "steps are" };
    let mut out = vec![
        Line::default().and(Tone::Strong, format_args!("{} {steps} taken back, last first:", back.len())),
    ];
    for (n, id) in back.iter().take(NAMED).enumerate() {
        out.push(
            Line::default()
                .and(Tone::Strong, format_args!("{} {id}  ", n + 1))
                .and(Tone::Plain, command(undo(id)))
                .indented(2),
        );
    }
    if back.len() > NAMED {
        out.push(Line::plain(format_args!("and {} more", back.len() - NAMED)).indented(2));
    }
    if !stays.is_empty() {
        let names: Vec<&str> = stays.iter().map(|id| id.as_str()).collect();
        let words = format!("Stays done, with no command to take it back: {}", names.join(", "));
        out.push(Line::default().and(Tone::Bad, words));
    }
    let waits = stands(request).iter().filter(|s| s.state == StepState::Pending).count();
    if waits > 0 {
        out.push(Line::plain("What has not begun never will; the execution then has failed."));
    }
    out
}
