//! What time does: the transitions that are due, and what will happen if nobody acts. One function says both, so that
//! what is shown is what comes true. Time can expire or lapse; it never approves.

use crate::domain::event::{Actor, Entry, Fact, Held};
use crate::domain::execution::{End, How, Run, Runner, StepRun, StepState, Work};
use crate::domain::moment::Moment;
use crate::domain::names::StepId;
use crate::domain::principal::Caller;
use crate::domain::request::{Execution, Request, State};
use std::borrow::Cow;

/// What time will do to a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Due {
    /// It expires, which is to say: is denied.
    Expires,
    /// Its approval lapses: it can no longer be started.
    Lapses,
    /// A question of its runner was not answered, or its producer did not say in time that it ended: that step has timed
    /// out.
    StepTimesOut,
    /// Its execution stood still for its time to live, and nobody went on: it has failed.
    Fails,
}

/// The next thing time does to `request`, and when; `None` when time does nothing to it.
pub fn next_due(request: &Request) -> Option<(Moment, Due)> {
    match &request.state {
        State::Waiting(_) | State::ChangesRequested { .. } => {
            request.expires_at().map(|at| (at, Due::Expires))
        }
        State::Closed(_) => match (request.execution, request.lapses_at, &request.run) {
            (Some(Execution::NotStarted), Some(at), _) => Some((at, Due::Lapses)),
            (Some(Execution::Running), _, Some(run)) => {
                let question = times_out(request, run).map(|(_, at)| (at, Due::StepTimesOut));
                // What is under way has a time limit of its own.
                let still = run.under_way().next().is_none();
                let fails = still.then(|| (run.last_at.plus(request.assessment().live_for), Due::Fails));
                [question, fails].into_iter().flatten().min_by_key(|(at, _)| *at)
            }
            _ => None,
        },
    }
}

/// The step that times out first: one whose runner asks, or one that a producer began. What this program runs is ended by
/// whoever runs it; a producer has, from the start of each step, as long as an approval may wait to be started (`live_for`
/// of the policy): how far it has come is no event, so nothing but its end stops that clock.
fn times_out<'a>(request: &Request, run: &'a Run) -> Option<(&'a StepId, Moment)> {
    let live_for = request.assessment().live_for;
    let until = |(id, step): (&'a StepId, &'a StepRun)| match &step.question {
        Some(question) => Some((id, question.until?)),
        None => {
            let is_theirs = run.runner == Runner::Producer && step.undo.is_none();
            let began = step.started_at.filter(|_| is_theirs && step.state == StepState::Running)?;
            // Whoever was asked may have taken longer than that over the answer.
            let from = if step.reply.is_some() { run.last_at } else { began };
            Some((id, from.plus(live_for)))
        }
    };
    run.steps.iter().filter_map(until).min_by_key(|(_, at)| *at)
}

/// The entries for everything that is due at `now`. A clock that was set back does not make a request younger than its
/// last event: what was seen to be due stays due.
pub fn settle(request: &Request, now: Moment) -> Vec<Entry> {
    let system = Caller::system();
    let mut out: Vec<Entry> = Vec::new();
    let judged = now.max(request.updated_at);
    let mut request = Cow::Borrowed(request);
    // Each of them leads on: a step times out once, and an end has nothing due.
    while let Some((at, due)) = next_due(&request).filter(|(at, _)| *at <= judged) {
        let fact = match (due, &request.run) {
            (Due::Expires, _) => Fact::Expired { due_at: at },
            (Due::StepTimesOut, Some(run)) => {
                let Some((step, _)) = times_out(&request, run) else { break };
                let attempt = run.steps.get(step).map_or(1, |s| s.attempts.max(1));
                let end = End::plain(How::TimedOut);
                Fact::StepEnded { step: step.clone(), work: Work::Run, attempt, end }
            }
            (Due::Fails, _) => Fact::Ended { state: Execution::Failed },
            (Due::Lapses | Due::StepTimesOut, _) => Fact::Lapsed { due_at: at },
        };
        let entry = Entry {
            at: now,
            by: system.name.clone(),
            assurance: system.assurance,
            actor: Actor::of(&system),
            fact,
            payload: Held::None,
        };
        request = Cow::Owned(request.into_owned().evolve(&entry));
        out.push(entry);
    }
    out
}
