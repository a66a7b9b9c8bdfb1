//! What time does: the transitions that are due, the reminders before them, and what will happen if nobody acts. One
//! function says all of it, so that what is shown is what comes true. Time can remind, raise, expire or lapse; it never
//! approves.

use crate::domain::chain::{AT_RISK, Occasion, Whom, Why};
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
    /// Whoever has it is reminded.
    Reminds(Occasion),
    /// It is raised to the next level of its chain.
    Escalates,
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

impl Due {
    /// The word used in `--json` and in notices.
    pub const fn word(self) -> &'static str {
        match self {
            Due::Reminds(_) => "reminds",
            Due::Escalates => "escalates",
            Due::Expires => "expires",
            Due::Lapses => "lapses",
            Due::StepTimesOut => "step_times_out",
            Due::Fails => "fails",
        }
    }
}

/// One thing that happens if nobody acts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ahead {
    /// When.
    pub at: Moment,
    /// What.
    pub due: Due,
    /// To whom it is raised, where it is.
    pub to: Option<Whom>,
}

/// The next thing time does to `request`, and when; `None` when time does nothing to it.
pub fn next_due(request: &Request) -> Option<(Moment, Due)> {
    // Of what is due at one moment the heavier comes first: who is denied need not be reminded.
    let nudge = nudges(request).into_iter().min_by_key(|(at, _)| *at);
    let nudge = nudge.map(|(at, of)| (at, Due::Reminds(of)));
    [next_change(request), nudge].into_iter().flatten().min_by_key(|(at, _)| *at)
}

/// The next thing time changes about `request`: what reminds changes nothing.
fn next_change(request: &Request) -> Option<(Moment, Due)> {
    match &request.state {
        State::Waiting(_) | State::ChangesRequested { .. } => {
            let expires = request.expires_at().map(|at| (at, Due::Expires));
            let raised = request.raised_at().map(|at| (at, Due::Escalates));
            [expires, raised].into_iter().flatten().min_by_key(|(at, _)| *at)
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

/// The reminders that were not given yet, at whatever time. What asks for no decision calls nobody.
fn nudges(request: &Request) -> Vec<(Moment, Occasion)> {
    let assessment = request.assessment();
    if assessment.violation.is_some() {
        return Vec::new();
    }
    let (due_at, timing) = (request.deadlines.due_at, &request.timing);
    let mut all = Vec::new();
    let given = match &request.state {
        State::Waiting(_) => {
            if let Some(after) = assessment.remind_after.filter(|after| *after < assessment.due_after) {
                // Counted back from the deadline, so that it moves with it.
                all.push((due_at.minus(assessment.due_after.less(after)), Occasion::Waits));
            }
            if assessment.due_after > AT_RISK {
                all.push((due_at.minus(AT_RISK), Occasion::DueSoon));
            }
            let soon = request.expires_at().map(|at| at.minus(AT_RISK)).filter(|at| *at > due_at);
            all.extend(soon.map(|at| (at, Occasion::ExpiresSoon)));
            timing.nudged
        }
        State::ChangesRequested { since, until, .. } => {
            let soon = Some(until.minus(AT_RISK)).filter(|at| at > since);
            all.extend(soon.map(|at| (at, Occasion::ExpiresSoon)));
            timing.producer_nudged
        }
        State::Closed(_) => None,
    };
    all.retain(|(at, _)| given.is_none_or(|given| *at > given));
    all
}

/// What happens to `request` if nobody acts, in order, to the end: every step is made as the watcher makes it. Reminders
/// are in it.
pub fn ahead(request: &Request) -> Vec<Ahead> {
    /// More than any chain, its reminders and an execution can have.
    const MOST: usize = 64;
    let mut request = request.clone();
    let mut out = Vec::new();
    while let Some((at, due)) = next_due(&request).filter(|_| out.len() < MOST) {
        let Some(fact) = fact(&request, at, due) else { break };
        let to = match &fact {
            Fact::Escalated { to, .. } => Some(to.clone()),
            _ => None,
        };
        out.push(Ahead { at, due, to });
        request = request.evolve(&entry(fact, at));
    }
    out
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

/// What is recorded when `due` is due at `at`; nothing when there is nothing to record.
fn fact(request: &Request, at: Moment, due: Due) -> Option<Fact> {
    Some(match due {
        Due::Reminds(of) => Fact::Reminded { of, was_due_at: at },
        Due::Escalates => request.raise(Why::Clock, at, Some(at))?,
        Due::Expires => Fact::Expired { due_at: at },
        Due::Lapses => Fact::Lapsed { due_at: at },
        Due::StepTimesOut => {
            let run = request.run.as_ref()?;
            let (step, _) = times_out(request, run)?;
            let attempt = run.steps.get(step).map_or(1, |s| s.attempts.max(1));
            let end = End::plain(How::TimedOut);
            Fact::StepEnded { step: step.clone(), work: Work::Run, attempt, end }
        }
        Due::Fails => Fact::Ended { state: Execution::Failed },
    })
}

/// An entry of time's.
fn entry(fact: Fact, at: Moment) -> Entry {
    let system = Caller::system();
    Entry {
        at,
        by: system.name.clone(),
        assurance: system.assurance,
        actor: Actor::of(&system),
        fact,
        payload: Held::None,
    }
}

/// The entries for everything that time has changed by `now`. A clock that was set back does not make a request younger
/// than its last event: what was seen to be due stays due.
pub fn settle(request: &Request, now: Moment) -> Vec<Entry> {
    let mut out: Vec<Entry> = Vec::new();
    let judged = now.max(request.updated_at);
    let mut request = Cow::Borrowed(request);
    // Each of them leads on: a level is passed once, a step times out once, and an end has nothing due.
    while let Some((at, due)) = next_change(&request).filter(|(at, _)| *at <= judged) {
        let Some(fact) = fact(&request, at, due) else { break };
        let entry = entry(fact, now);
        request = Cow::Owned(request.into_owned().evolve(&entry));
        out.push(entry);
    }
    out
}

/// What a watcher records: what [`settle`] says, and then the last reminder that is due. One that was overtaken by another,
/// or by a change, is not given any more.
pub fn tick(request: &Request, now: Moment) -> Vec<Entry> {
    let mut out = settle(request, now);
    let judged = now.max(request.updated_at);
    let after = out.iter().fold(request.clone(), |request, entry| request.evolve(entry));
    let nudge = nudges(&after).into_iter().filter(|(at, _)| *at <= judged).max_by_key(|(at, _)| *at);
    out.extend(nudge.map(|(was_due_at, of)| entry(Fact::Reminded { of, was_due_at }, now)));
    out
}
