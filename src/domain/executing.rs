//! Deciding on an execution that runs: what is next, what its holder reports, and what people say when it stands still.

use crate::domain::command::{Command, DigestPrefix, Said};
use crate::domain::decide::Deciding;
use crate::domain::digest::TokenDigest;
use crate::domain::event::{Entry, Fact, Held, Payload};
use crate::domain::execution::{
    AskedFor, End, Happening, How, Run, Runner, Stand, StepState, Work, leads, stands,
};
use crate::domain::invalid::Invalid;
use crate::domain::late::{Filled, fill_undo};
use crate::domain::moment::Moment;
use crate::domain::names::StepId;
use crate::domain::preview::Outcome;
use crate::domain::redaction;
use crate::domain::refusal::Refusal;
use crate::domain::request::{Execution, Request};
use crate::domain::rules;
use crate::domain::text::Text;
use serde_json::Value;

/// How large a result may be, in bytes of its canonical form.
pub const LARGEST_RESULT: usize = 256 << 10;
/// How many options a question may have.
const MOST_OPTIONS: usize = 20;

impl Deciding<'_> {
    /// The commands of an execution.
    pub(super) fn execute(&self, command: &Command) -> Result<Vec<Entry>, Refusal> {
        match command {
            Command::Start { token, runner } => self.start(*token, *runner),
            Command::Next { token } => {
                self.held(*token)?;
                self.still_allowed()?;
                Ok(self.asked())
            }
            Command::Begin { token } => self.begin(*token),
            Command::Report { token, step, said, .. } => self.report(*token, step, said),
            Command::Stop { reason } => {
                self.running()?;
                self.prose_fits("reason", reason.as_ref())?;
                let fact = Fact::Ended { state: Execution::Stopped };
                Ok(vec![self.entry(fact, Payload::reason(reason.clone()))])
            }
            Command::Confirm { step, filled, option, reason } => {
                self.confirm(step, filled.as_ref(), *option, reason)
            }
            Command::Retry { step, reason } => self.retry(step, reason),
            Command::LeaveOut { step, reason } => self.leave_out(step, reason),
            Command::Continue { reason } => self.go_on_past(reason),
            Command::RollBack { token, reason } => self.roll_back(*token, reason),
            _ => Ok(Vec::new()),
        }
    }

    /// These entries, and the end of the execution when they settle its last step.
    pub(super) fn with_end(&self, mut entries: Vec<Entry>) -> Vec<Entry> {
        let after = entries.iter().fold(self.request.clone(), Request::evolve);
        if let Some(state) = over(&after) {
            entries.push(self.entry(Fact::Ended { state }, Held::None));
        }
        entries
    }

    /// The questions that are to be recorded now: steps that would run, and wait for a person first.
    fn asked(&self) -> Vec<Entry> {
        let known = |id: &StepId| self.request.run.as_ref().and_then(|run| run.steps.get(id)?.asked);
        let mut out = Vec::new();
        for stand in stands(self.request) {
            let (Some(why), Some(Ok(filled))) = (stand.asked_for, &stand.filled) else { continue };
            if known(&stand.step) == Some(filled.digest()) {
                continue;
            }
            let digest = Some(filled.digest());
            let fact = Fact::StepAsked { step: stand.step, why, filled: digest, options: 0, until: None };
            out.push(self.entry(fact, with(filled)));
        }
        out
    }

    fn begin(&self, token: TokenDigest) -> Result<Vec<Entry>, Refusal> {
        let run = self.held(token)?;
        if let Some((step, _)) = run.under_way().next() {
            return self.not_now(format!("{step} is running"));
        }
        if run.undoing {
            return self.begin_undo(run);
        }
        if let Some(why) = self.halted(run) {
            return self.not_now(why);
        }
        self.still_allowed()?;
        let mut entries = self.asked();
        if let Some(stand) = stands(self.request).into_iter().find(|s| s.state == StepState::Ready) {
            self.within_scope(&stand)?;
            if let Some(Ok(Filled { run: Some(command), .. })) = &stand.filled
                && let Some(path) = command.first()
            {
                self.same_program(&stand.step, Work::Run, path.raw())?;
            }
            entries.push(self.starting(run, &stand));
        }
        Ok(self.with_end(entries))
    }

    /// Refused when a value that came in late leads out of where policy lets it work.
    fn within_scope(&self, stand: &Stand) -> Result<(), Refusal> {
        let Some(content) = &self.request.content else { return Ok(()) };
        let (Some(step), Some(Ok(filled))) = (content.step(&stand.step), &stand.filled) else {
            return Ok(());
        };
        let capabilities = &self.facts.policy.capabilities;
        match capabilities.forbid_filled(content, step, filled.params.values(), filled.run.as_ref()) {
            Some(why) => self.not_now(why),
            None => Ok(()),
        }
    }

    /// The entry that starts a step that is ready; or that says why it cannot be.
    fn starting(&self, run: &Run, stand: &Stand) -> Entry {
        let step = stand.step.clone();
        let attempt = attempts(run, &step) + 1;
        match &stand.filled {
            Some(Ok(filled)) => {
                let fact = Fact::StepStarted { step, work: Work::Run, attempt, filled: filled.digest() };
                self.entry(fact, with(filled))
            }
            cannot => {
                let why = match cannot {
                    Some(Err(why)) => format!("not run: {why}"),
                    _ => "not run: nobody can see what it would run".to_owned(),
                };
                let fact = Fact::StepEnded { step, work: Work::Run, attempt, end: End::plain(How::Failed) };
                self.entry(fact, Payload::reason(Some(Text::new(why))))
            }
        }
    }

    fn begin_undo(&self, run: &Run) -> Result<Vec<Entry>, Refusal> {
        let Some(content) = &self.request.content else { return Err(Refusal::Uninspectable) };
        let Some(step) = run.next_to_undo(content) else { return Ok(self.with_end(Vec::new())) };
        self.signed_content()?;
        if stands(self.request).iter().any(|s| s.step == step && s.asked_for.is_some()) {
            return Ok(self.asked());
        }
        let filled = content.step(&step).map(|s| fill_undo(s, &run.results()));
        let entry = match filled {
            Some(Ok(Some(filled))) => {
                if let Some(path) = filled.run.as_ref().and_then(|command| command.first()) {
                    self.same_program(&step, Work::Undo, path.raw())?;
                }
                let fact = Fact::StepStarted { step, work: Work::Undo, attempt: 1, filled: filled.digest() };
                self.entry(fact, with(&filled))
            }
            other => {
                let why = match other {
                    Some(Err(why)) => format!("not taken back: {why}"),
                    _ => "not taken back: there is no command for it".to_owned(),
                };
                let end = End::plain(How::Failed);
                let fact = Fact::StepEnded { step, work: Work::Undo, attempt: 1, end };
                self.entry(fact, Payload::reason(Some(Text::new(why))))
            }
        };
        Ok(self.with_end(vec![entry]))
    }

    fn report(&self, token: TokenDigest, step: &StepId, said: &Said) -> Result<Vec<Entry>, Refusal> {
        rules::has_step(self.request, step)?;
        let run = self.may_report(token, step, said)?;
        if let Said::Over { work: Work::Undo, end, output, reason, .. } = said {
            if run.steps.get(step).and_then(|s| s.undo) != Some(StepState::Running) {
                return self.not_now(format!("{step} is not being taken back"));
            }
            let output = output.as_ref().map(|output| self.kept(output));
            let payload = Payload { output, reason: reason.clone(), ..Payload::default() };
            let fact = Fact::StepEnded { step: step.clone(), work: Work::Undo, attempt: 1, end: *end };
            return Ok(self.with_end(vec![self.entry(fact, held(payload))]));
        }
        let Some(stand) = stands(self.request).into_iter().find(|s| s.step == *step) else {
            return Err(Refusal::Uninspectable);
        };
        let (happening, word) = match said {
            Said::Began => (Happening::Starts, "running"),
            Said::Over { end, .. } => (end.how.happening(), end.how.state().word()),
            Said::Asks { .. } => (Happening::Asks, "waiting"),
        };
        let before_start =
            stand.state == StepState::WaitingIntervention && stand.asked_for != Some(AskedFor::Runner);
        if before_start {
            return self.not_now(format!("{step} waits for a person: it must not be begun"));
        }
        if leads(stand.state, happening).is_none() {
            return self.not_now(format!("{step} is {}: it cannot be {word} now", stand.state.word()));
        }
        if stand.state == StepState::Ready {
            if let Some(why) = self.halted(run) {
                return self.not_now(why);
            }
            self.still_allowed()?;
            self.within_scope(&stand)?;
            if let (Some(Err(why)), true) = (&stand.filled, happening != Happening::Fails) {
                return self.not_now(format!("{step} cannot be begun: {why}"));
            }
        }
        let entry = match said {
            Said::Began => self.starting(run, &stand),
            Said::Over { end, result, output, reason, .. } => {
                self.prose_fits("message", reason.as_ref())?;
                fits(result.as_ref())?;
                let own = &self.facts.policy.redact;
                let of_ours = |value: &Value| match run.runner {
                    Runner::Gate => redaction::result(value, step, self.request.content.as_deref(), own),
                    Runner::Producer => value.clone(),
                };
                let payload = Payload {
                    result: result.as_ref().map(of_ours),
                    output: output.as_ref().map(|output| self.kept(output)),
                    reason: reason.clone(),
                    ..Payload::default()
                };
                let begun = stand.state != StepState::Ready;
                let attempt = attempts(run, step) + u32::from(!begun);
                let fact = Fact::StepEnded { step: step.clone(), work: Work::Run, attempt, end: *end };
                self.entry(fact, held(payload))
            }
            Said::Asks { question, options, until } => self.question(step, question, options, *until)?,
        };
        Ok(self.with_end(vec![entry]))
    }

    /// What a program printed, as it is kept.
    fn kept(&self, output: &Text) -> Text {
        Text::new(redaction::redacted(output.raw(), &self.facts.policy.redact).into_owned())
    }

    /// The holder reports; after the execution was stopped, only the end of what was still under way.
    fn may_report(&self, token: TokenDigest, step: &StepId, said: &Said) -> Result<&Run, Refusal> {
        let ends = matches!(said, Said::Over { .. });
        match (&self.request.run, self.request.execution) {
            (Some(run), Some(Execution::Stopped))
                if ends && run.token == token && run.under_way().any(|(id, _)| id == step) =>
            {
                Ok(run)
            }
            _ => self.held(token),
        }
    }

    fn question(
        &self,
        step: &StepId,
        question: &Text,
        options: &[Text],
        until: Moment,
    ) -> Result<Entry, Refusal> {
        self.prose_fits("reason", Some(question))?;
        for option in options {
            self.prose_fits("option", Some(option))?;
        }
        let invalid = |field: &str, why: String| Err(Refusal::Invalid(Invalid::new(field, why)));
        if question.is_blank() {
            return invalid("reason", "is empty; say what a person must decide".to_owned());
        }
        if options.len() > MOST_OPTIONS {
            return invalid("option", format!("{} options; at most {MOST_OPTIONS}", options.len()));
        }
        if until <= self.now {
            return invalid("until", "is past".to_owned());
        }
        let payload =
            Payload { text: Some(question.clone()), options: options.to_vec(), ..Payload::default() };
        let fact = Fact::StepAsked {
            step: step.clone(),
            why: AskedFor::Runner,
            filled: None,
            options: options.len() as u32,
            until: Some(until),
        };
        Ok(self.entry(fact, held(payload)))
    }

    /// How one step stands, for a person who says something about it.
    fn stand(&self, step: &StepId) -> Result<Stand, Refusal> {
        rules::has_step(self.request, step)?;
        self.running()?;
        stands(self.request).into_iter().find(|s| s.step == *step).ok_or(Refusal::Uninspectable)
    }

    fn confirm(
        &self,
        step: &StepId,
        filled: Option<&DigestPrefix>,
        option: Option<u32>,
        reason: &Option<Text>,
    ) -> Result<Vec<Entry>, Refusal> {
        let stand = self.stand(step)?;
        self.prose_fits("reason", reason.as_ref())?;
        let signer = rules::signer(self.caller, self.facts);
        let question = self.request.run.as_ref().and_then(|run| run.steps.get(step)?.question.clone());
        match (stand.asked_for, &stand.filled) {
            (Some(AskedFor::Runner), _) => {
                let options = question.as_ref().map_or(0, |q| q.count);
                let picked = option.filter(|n| (1..=options).contains(n));
                if (options > 0 || option.is_some()) && picked.is_none() {
                    let why = format!("{step} asks with {options} options: pick one with --option N");
                    return Err(Refusal::Invalid(Invalid::new("option", why)));
                }
                if options == 0 && reason.as_ref().is_none_or(Text::is_blank) {
                    return Err(Refusal::ReasonRequired { for_what: "to answer in words" });
                }
                let words = picked.and_then(|n| question?.options.get(n as usize - 1).cloned());
                let payload =
                    Payload { answer: words, reason: reason.clone(), ..Payload::default() };
                let fact = Fact::StepConfirmed { step: step.clone(), filled: None, option: picked, signer };
                Ok(vec![self.entry(fact, held(payload))])
            }
            (Some(_), Some(Ok(with))) => {
                let digest = with.digest();
                if !filled.is_some_and(|prefix| prefix.begins(digest.bytes())) {
                    return self.not_now(format!(
                        "{step} would run with other values than you name: look with `confirm {} --step {step}`, then \
                         add --digest {}",
                        self.request.id,
                        digest.short()
                    ));
                }
                let fact =
                    Fact::StepConfirmed { step: step.clone(), filled: Some(digest), option: None, signer };
                Ok(vec![self.entry(fact, Payload::reason(reason.clone()))])
            }
            _ => match &stand.outcome {
                Outcome::Asks(lack) | Outcome::BlockedBy(lack)
                    if stand.state == StepState::WaitingIntervention =>
                {
                    self.not_now(format!(
                        "{step} cannot run without {lack}, and no value is typed in by hand: `skip {id} --step {step}` \
                         leaves it out; a value of yours needs a successor: `countersign resubmit {id} --as-new`",
                        id = self.request.id
                    ))
                }
                _ => self.not_now(format!("{step} is {}: nothing is asked of it", stand.state.word())),
            },
        }
    }

    fn retry(&self, step: &StepId, reason: &Option<Text>) -> Result<Vec<Entry>, Refusal> {
        let stand = self.stand(step)?;
        self.prose_fits("reason", reason.as_ref())?;
        self.may_happen(&stand, Happening::Retried)?;
        Ok(vec![self.entry(Fact::StepRetried { step: step.clone() }, Payload::reason(reason.clone()))])
    }

    fn leave_out(&self, step: &StepId, reason: &Option<Text>) -> Result<Vec<Entry>, Refusal> {
        let stand = self.stand(step)?;
        self.prose_fits("reason", reason.as_ref())?;
        rules::may_leave_out(self.request, step, self.facts)?;
        self.may_happen(&stand, Happening::LeftOut)?;
        let entry = self.entry(Fact::StepLeftOut { step: step.clone() }, Payload::reason(reason.clone()));
        Ok(self.with_end(vec![entry]))
    }

    fn may_happen(&self, stand: &Stand, happening: Happening) -> Result<(), Refusal> {
        let Stand { step, state, .. } = stand;
        let passed = self.request.run.as_ref().and_then(|run| run.steps.get(step)).is_some_and(|s| s.passed);
        if self.request.run.as_ref().is_some_and(|run| run.undoing) {
            return self.not_now("what was done is being taken back".to_owned());
        }
        if leads(*state, happening).is_some() && !passed {
            return Ok(());
        }
        let id = self.request.id;
        let over = stand.settled || *state == StepState::Unknown;
        self.not_now(if over && happening == Happening::Retried {
            format!(
                "{step} is {}, and an execution never revives a step: ask for it in a successor, `countersign resubmit \
                 {id} --as-new`",
                state.word()
            )
        } else {
            format!("{step} is {}: that cannot be done to it now", state.word())
        })
    }

    /// Goes on past what ended badly, and without what cannot run.
    fn go_on_past(&self, reason: &Option<Text>) -> Result<Vec<Entry>, Refusal> {
        let run = self.running()?;
        self.prose_fits("reason", reason.as_ref())?;
        if run.undoing {
            return self.not_now("what was done is being taken back".to_owned());
        }
        let past: Vec<StepId> = run.failing().cloned().collect();
        let stuck = |s: &Stand| s.state == StepState::WaitingIntervention && s.asked_for.is_none();
        let left_out: Vec<StepId> = stands(self.request).into_iter().filter(stuck).map(|s| s.step).collect();
        if past.is_empty() && left_out.is_empty() {
            return self.not_now("nothing that ended badly stands in its way".to_owned());
        }
        let fact = Fact::WentOn { past, left_out };
        Ok(self.with_end(vec![self.entry(fact, Payload::reason(reason.clone()))]))
    }
}

/// How an execution that has nothing left to do ended; nothing while there is something.
fn over(request: &Request) -> Option<Execution> {
    let run = request.run.as_ref().filter(|_| request.execution == Some(Execution::Running))?;
    if run.under_way().next().is_some() {
        return None;
    }
    if run.undoing {
        let failed =
            run.steps.values().any(|s| matches!(s.undo, Some(state) if state != StepState::Completed));
        let content = request.content.as_ref()?;
        return (failed || run.next_to_undo(content).is_none()).then_some(Execution::Failed);
    }
    let stands = stands(request);
    if stands.is_empty() || !stands.iter().all(|s| s.settled) {
        return None;
    }
    let well = stands.iter().all(|s| matches!(s.state, StepState::Completed | StepState::Skipped));
    Some(if well { Execution::Done } else { Execution::Failed })
}

fn attempts(run: &Run, step: &StepId) -> u32 {
    run.steps.get(step).map_or(0, |s| s.attempts)
}

/// What a step runs with, as the payload of its event.
fn with(filled: &Filled) -> Held {
    let Filled { params, run, .. } = filled;
    held(Payload { params: Some(params.clone()), command: run.clone(), ..Payload::default() })
}

fn held(payload: Payload) -> Held {
    if payload == Payload::default() { Held::None } else { Held::Here(Box::new(payload)) }
}

fn fits(result: Option<&serde_json::Value>) -> Result<(), Refusal> {
    let Some(result) = result else { return Ok(()) };
    let invalid = |why: String| Err(Refusal::Invalid(Invalid::new("result", why)));
    if !result.is_object() {
        return invalid("must be a JSON object such as {\"key\": \"value\"}".to_owned());
    }
    let size = crate::domain::canon::canonical_or_poison(result).len();
    if size > LARGEST_RESULT {
        return invalid(format!("{size} bytes; at most {LARGEST_RESULT}"));
    }
    Ok(())
}
