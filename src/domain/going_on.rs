//! What each event of an execution does to a request: the part of `evolve` that begins with its start. As there, nothing
//! is refused, and a redacted payload leaves a hole.

use crate::domain::event::{Entry, Fact, Payload};
use crate::domain::execution::{How, Question, Reply, Run, StepRun, StepState, Work};
use crate::domain::names::StepId;
use crate::domain::request::{Execution, Request};

impl Request {
    /// What one event of its execution does.
    pub(super) fn go_on(&mut self, entry: &Entry) {
        if let Fact::Started { token, runner, .. } = &entry.fact {
            self.execution = Some(Execution::Running);
            self.run = Some(Run {
                token: *token,
                holder: entry.by.clone(),
                runner: *runner,
                started_at: entry.at,
                last_at: entry.at,
                undoing: false,
                steps: Default::default(),
                ended: 0,
            });
            return;
        }
        if let Fact::Ended { state } = &entry.fact {
            self.execution = Some(*state);
        }
        let Some(run) = &mut self.run else { return };
        run.last_at = entry.at;
        run.take(entry);
    }
}

impl Run {
    fn step(&mut self, step: &StepId) -> &mut StepRun {
        self.steps.entry(step.clone()).or_insert_with(|| StepRun::in_state(StepState::Pending))
    }

    fn take(&mut self, entry: &Entry) {
        let none = Payload::default();
        let payload = entry.payload.here().unwrap_or(&none);
        match &entry.fact {
            Fact::Resumed { token } => {
                self.token = *token;
                self.holder = entry.by.clone();
            }
            Fact::RollingBack { token } => {
                self.token = *token;
                self.holder = entry.by.clone();
                self.undoing = true;
            }
            Fact::WentOn { past, left_out } => {
                past.iter().for_each(|id| self.step(id).passed = true);
                for id in left_out {
                    let step = self.step(id);
                    (step.state, step.why) = (StepState::Skipped, payload.reason.clone());
                }
            }
            Fact::StepStarted { step, work: Work::Undo, .. } => {
                self.step(step).undo = Some(StepState::Running);
            }
            Fact::StepStarted { step, work: Work::Run, attempt, .. } => {
                let at = entry.at;
                let step = self.step(step);
                (step.state, step.attempts, step.started_at) = (StepState::Running, *attempt, Some(at));
                (step.end, step.why, step.question) = (None, None, None);
            }
            Fact::StepEnded { step, work: Work::Undo, end, .. } => {
                let step = self.step(step);
                step.undo = Some(end.how.state());
                step.why = payload.reason.clone();
                if end.how != How::Completed {
                    step.output = payload.output.clone();
                }
            }
            Fact::StepEnded { step, work: Work::Run, attempt, end } => {
                self.ended += 1;
                let place = self.ended;
                let step = self.step(step);
                (step.state, step.attempts, step.place) = (end.how.state(), *attempt, Some(place));
                (step.end, step.ended_at, step.question) = (Some(*end), Some(entry.at), None);
                step.result = payload.result.clone();
                step.output = payload.output.clone();
                step.why = payload.reason.clone();
            }
            Fact::StepAsked { step, filled: Some(filled), .. } => self.step(step).asked = Some(*filled),
            Fact::StepAsked { step, filled: None, options, until, .. } => {
                let step = self.step(step);
                step.state = StepState::WaitingIntervention;
                step.question = Some(Question {
                    text: payload.text.clone(),
                    options: payload.options.clone(),
                    count: *options,
                    until: *until,
                });
            }
            Fact::StepConfirmed { step, filled, option, .. } => {
                let by = entry.by.clone();
                let step = self.step(step);
                if filled.is_some() {
                    step.confirmed = *filled;
                } else {
                    step.state = StepState::Running;
                    step.question = None;
                    step.reply = Some(Reply {
                        by,
                        option: *option,
                        text: payload.answer.clone().or_else(|| payload.reason.clone()),
                    });
                }
            }
            Fact::StepLeftOut { step } => {
                let step = self.step(step);
                (step.state, step.why, step.question) = (StepState::Skipped, payload.reason.clone(), None);
            }
            Fact::StepRetried { step } => {
                let step = self.step(step);
                (step.state, step.question, step.why) = (StepState::Pending, None, None);
                // A confirmation is good for one attempt: who let it run has not seen it go wrong.
                (step.asked, step.confirmed) = (None, None);
            }
            _ => {}
        }
    }
}
