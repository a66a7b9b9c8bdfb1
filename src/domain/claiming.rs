//! Claiming an execution: starting what was approved, taking over what stands still, taking back what was done — and
//! seeing that a runner is gone. Everything a claim rests on is looked at again in the transaction that records it.

use crate::domain::command::Facts;
use crate::domain::content::Content;
use crate::domain::decide::Deciding;
use crate::domain::digest::TokenDigest;
use crate::domain::event::{Actor, Entry, Fact, Held, Payload};
use crate::domain::execution::{End, How, Run, Runner, Stand, StepState, Work, stands};
use crate::domain::hands;
use crate::domain::moment::Moment;
use crate::domain::policy::{Assessment, rules};
use crate::domain::preview::preview;
use crate::domain::principal::{Assurance, Caller};
use crate::domain::quorum::{Slot, fill};
use crate::domain::refusal::Refusal;
use crate::domain::request::{Execution, Request, SignOff, Verdict};
use crate::domain::text::Text;
use crate::domain::transitions::Verb;

/// What is to be recorded when the program that runs a plan is gone: a step that was under way is unknown, and so is the
/// execution. Where nothing was under way nothing is lost, and it can be taken over.
pub fn settle_gone(request: &Request, facts: &Facts, now: Moment) -> Vec<Entry> {
    let Some(run) = request.run.as_ref().filter(|_| facts.runner_gone) else { return Vec::new() };
    let alive = run.runner == Runner::Producer && !run.undoing;
    if alive || !matches!(request.execution, Some(Execution::Running | Execution::Stopped)) {
        return Vec::new();
    }
    let system = Caller::system();
    let entry = |fact, payload| Entry {
        at: now,
        by: system.name.clone(),
        assurance: system.assurance,
        actor: Actor::of(&system),
        fact,
        payload,
    };
    let why = Text::from(
        "its runner died while it ran: nobody knows how far it came, and what it started may still run",
    );
    let ended = |(step, work): (&crate::domain::names::StepId, Work)| {
        let attempt = run.steps.get(step).map_or(1, |s| s.attempts.max(1));
        let end = End::plain(How::Unknown);
        entry(Fact::StepEnded { step: step.clone(), work, attempt, end }, Payload::reason(Some(why.clone())))
    };
    let mut entries: Vec<Entry> = run.under_way().map(ended).collect();
    if !entries.is_empty() {
        entries.push(entry(Fact::Ended { state: Execution::Unknown }, Held::None));
    }
    entries
}

/// Why nothing new may be started, and what a person can do about it.
fn halted(request: &Request, run: &Run) -> Option<String> {
    let failing: Vec<&str> = run.failing().map(|id| id.as_str()).collect();
    let id = request.id;
    let one = failing.first()?;
    Some(format!(
        "{} ended badly, and somebody must say what now: `retry {id} --step {one}`, `skip {id} --step {one}`, \
         `continue {id}` with the rest, or `roll-back {id}`",
        failing.join(", ")
    ))
}

/// What an execution waits for when nothing of it is ready.
pub fn standstill(request: &Request) -> String {
    let (id, stands) = (request.id, stands(request));
    if request.run.as_ref().is_some_and(|run| run.undoing) {
        let asked = |s: &&Stand| s.state == StepState::Completed && s.asked_for.is_some();
        return match stands.iter().find(asked).map(|s| &s.step) {
            Some(one) => format!(
                "taking back {one} waits for a person: `confirm {id} --step {one}` shows with which values, and then \
                 `roll-back {id}` goes on"
            ),
            None => format!("what was done is being taken back: `roll-back {id}` goes on with it"),
        };
    }
    if let Some(why) = request.run.as_ref().and_then(|run| halted(request, run)) {
        return why;
    }
    let waits: Vec<String> = stands
        .into_iter()
        .filter(|s| s.state == StepState::WaitingIntervention)
        .map(|s| s.step.to_string())
        .collect();
    match waits.first() {
        Some(one) => format!(
            "it waits for a person: {}; `confirm {id} --step {one}` shows why, `skip {id} --step {one}` leaves it out, \
             `continue {id}` goes on without what cannot run",
            waits.join(", ")
        ),
        None => "nothing of it is ready".to_owned(),
    }
}

/// Whether the execution could be run, or taken back, as far as can be seen without comparing what was signed: for the
/// keys. What begins looks at all of it.
///
/// # Errors
/// [`Refusal::NotNow`] or [`Refusal::HeldBy`].
pub fn at_hand(
    verb: Verb,
    request: &Request,
    caller: &Caller,
    facts: &Facts,
    now: Moment,
) -> Result<(), Refusal> {
    if !matches!(verb, Verb::Run | Verb::RollBack)
        || (verb == Verb::Run && request.execution == Some(Execution::NotStarted))
    {
        return Ok(());
    }
    let deciding = Deciding { request, caller, facts, now };
    let run = deciding.running()?;
    let held = (run.runner == Runner::Gate || run.undoing) && !facts.runner_gone;
    match held || (verb == Verb::Run && run.runner == Runner::Producer) {
        true => Err(deciding.held_by(run)),
        false => Ok(()),
    }
}

/// The content, when it and the marks are what was signed, and policy would still let it begin.
///
/// # Errors
/// Why it would not.
pub(in crate::domain) fn still_stands<'a>(
    request: &'a Request,
    caller: &Caller,
    facts: &Facts,
    now: Moment,
) -> Result<&'a Content, Refusal> {
    Deciding { request, caller, facts, now }.as_signed()?;
    request.content.as_deref().ok_or(Refusal::Uninspectable)
}

impl Deciding<'_> {
    /// The execution, while it runs.
    pub(super) fn running(&self) -> Result<&Run, Refusal> {
        let id = self.request.id;
        match (&self.request.run, self.request.execution) {
            (Some(run), Some(Execution::Running)) => Ok(run),
            (None, Some(Execution::Running)) => {
                self.not_now(format!("it is being rolled out: countersign rollout status {id}"))
            }
            (_, Some(Execution::NotStarted)) => {
                self.not_now("it has not been started: `run` or `next` starts it".to_owned())
            }
            (_, Some(Execution::Lapsed)) => self.not_now(format!(
                "its approval lapsed before it was started, and is never revived: `countersign resubmit {id} --as-new` \
                 asks again"
            )),
            (_, Some(over)) => self.not_now(format!(
                "its execution is over: {}; what has not run needs a successor: `countersign resubmit {id} --as-new`",
                over.word()
            )),
            (_, None) => self.not_now("nothing of it is executed".to_owned()),
        }
    }

    /// The execution, for the holder of its token.
    pub(super) fn held(&self, token: TokenDigest) -> Result<&Run, Refusal> {
        let run = self.running()?;
        if run.token == token { Ok(run) } else { Err(self.held_by(run)) }
    }

    pub(super) fn held_by(&self, run: &Run) -> Refusal {
        Refusal::HeldBy { id: self.request.id, by: run.holder.clone(), since: run.started_at }
    }

    pub(super) fn not_now<T>(&self, why: String) -> Result<T, Refusal> {
        Err(Refusal::NotNow { id: self.request.id, why })
    }

    /// Claims the execution, or takes it over.
    pub(super) fn start(&self, token: TokenDigest, runner: Runner) -> Result<Vec<Entry>, Refusal> {
        if let Some(Execution::Running) = self.request.execution {
            return self.resume(token, runner);
        }
        if self.request.execution != Some(Execution::NotStarted) {
            return self.running().map(|_| Vec::new());
        }
        // The work is done once: what was gone on with elsewhere is no longer begun here.
        if let Some(by) = self.request.continued_by.last() {
            return self.not_now(format!("its work goes on in {by}; what is approved there runs"));
        }
        let content = self.as_signed()?;
        if runner == Runner::Gate {
            self.has_commands(content)?;
            self.same_programs(content)?;
        }
        let fact = Fact::Started {
            token,
            runner,
            revision_digest: self.request.revision.digest,
            marks_digest: self.request.marks_digest(),
        };
        Ok(self.with_end(vec![self.entry(fact, Held::None)]))
    }

    /// The content, when it and the marks are what was signed.
    pub(super) fn signed_content(&self) -> Result<&Content, Refusal> {
        let request = self.request;
        let Some(content) = &request.content else { return Err(Refusal::Uninspectable) };
        let signed = match request.closed().map(|closed| &closed.verdict) {
            Some(Verdict::Approved { revision_digest, marks_digest, .. }) => {
                *revision_digest == request.revision.digest && *marks_digest == request.marks_digest()
            }
            Some(Verdict::Overridden { bound, .. }) => {
                bound.revision_digest == request.revision.digest
                    && bound.marks_digest == request.marks_digest()
            }
            _ => true,
        };
        if !signed || content.revision_digest() != request.revision.digest {
            return self.not_now("what is stored is not what was signed: run `audit verify`".to_owned());
        }
        Ok(content)
    }

    /// The content, when it and the marks are what was signed, and the sign-offs are enough for policy as it is now too.
    fn as_signed(&self) -> Result<&Content, Refusal> {
        let request = self.request;
        let content = self.signed_content()?;
        let (then, now) = (request.assessment(), self.facts.policy.assess(content));
        // Who is no longer enrolled as they were when they signed stands for nothing any more.
        let stands = |s: &&SignOff| !self.facts.team || hands::stands(s, &self.facts.policy);
        let signers: Vec<_> = request.counting().filter(stands).map(|s| s.bound.signer.clone()).collect();
        // Other sign-offs than then are no reason: what was given must be enough for those that are asked now.
        // People who signed in the place of a rule, because somebody had spoken, are enough too.
        let people = rules::by_people(&now.slots);
        let fills = |slots: &[Slot]| fill(slots, &signers).iter().all(Option::is_some);
        let enough = fills(&now.slots) || fills(&people);
        let overridden = matches!(request.closed().map(|c| &c.verdict), Some(Verdict::Overridden { .. }));
        let why = if let Some(why) = self.facts.policy.capabilities.forbid(request) {
            why
        } else if now.risk > then.risk {
            format!("its risk is {} now, and was {}", now.risk, then.risk)
        } else if now.sensitive && !then.sensitive {
            "it is sensitive now".to_owned()
        } else if !enough && !overridden {
            let slots: Vec<String> = now.slots.iter().map(ToString::to_string).collect();
            format!("the sign-offs it needs are now {}", slots.join(", "))
        } else if overridden && let Some(why) = self.no_longer_overridden(&now) {
            why
        } else {
            return Ok(content);
        };
        Err(Refusal::NowHarder { id: request.id, why })
    }

    /// Why policy would not let it be overridden now as it was.
    fn no_longer_overridden(&self, now: &Assessment) -> Option<String> {
        let Some(Verdict::Overridden { bound, .. }) = self.request.closed().map(|closed| &closed.verdict)
        else {
            return None;
        };
        let terms = now.overriding?;
        let needed = terms.assurance.unwrap_or(Assurance::Asserted);
        if !terms.allowed {
            Some(format!(
                "the rule `{}` lets nobody override it now",
                crate::domain::text::safe_line(&now.rule)
            ))
        } else if bound.signer.assurance < needed {
            Some(format!("to override it takes {needed} now, and it was {}", bound.signer.assurance))
        } else {
            None
        }
    }

    /// Refused when policy asks for more now than when this was signed: nothing new is begun then. What runs may end.
    pub(super) fn still_allowed(&self) -> Result<(), Refusal> {
        match self.as_signed() {
            Err(Refusal::NowHarder { id, why }) => self.not_now(format!(
                "policy asks for more now than was signed: {why}; nothing new is begun: `stop {id}` ends it, `roll-back \
                 {id}` takes back what was done, and `resubmit {id} --as-new` asks for the rest once it is over"
            )),
            other => other.map(|_| ()),
        }
    }

    /// This program can only do steps that have a command; the others are their producer's.
    fn has_commands(&self, content: &Content) -> Result<(), Refusal> {
        let outcomes = preview(content, &self.request.marks);
        let without: Vec<&str> = outcomes
            .iter()
            .filter(|(id, outcome)| outcome.may_run() && content.step(id).is_some_and(|s| s.run.is_none()))
            .map(|(id, _)| id.as_str())
            .collect();
        if without.is_empty() {
            return Ok(());
        }
        self.not_now(format!(
            "{} has no `run` command, so the producer does it: it asks with `countersign next {}`",
            without.join(", "),
            self.request.id
        ))
    }

    /// Takes over an execution of this program's that stands still.
    fn resume(&self, token: TokenDigest, runner: Runner) -> Result<Vec<Entry>, Refusal> {
        let run = self.running()?;
        if run.runner != runner || runner == Runner::Producer || !self.facts.runner_gone {
            return Err(self.held_by(run));
        }
        if run.undoing {
            return self.not_now("what was done is being taken back: `roll-back` goes on with it".to_owned());
        }
        let content = self.as_signed()?;
        if let Some(failing) = self.halted(run) {
            return self.not_now(failing);
        }
        if !stands(self.request).iter().any(|s| s.state == StepState::Ready) {
            return self.not_now(standstill(self.request));
        }
        self.same_programs(content)?;
        Ok(vec![self.entry(Fact::Resumed { token }, Held::None)])
    }

    /// Why nothing new may be started, and what a person can do about it.
    pub(super) fn halted(&self, run: &Run) -> Option<String> {
        halted(self.request, run)
    }

    /// Begins to take back what was done.
    pub(super) fn roll_back(&self, token: TokenDigest, reason: &Option<Text>) -> Result<Vec<Entry>, Refusal> {
        let run = self.running()?;
        self.prose_fits("reason", reason.as_ref())?;
        if (run.runner == Runner::Gate || run.undoing) && !self.facts.runner_gone {
            return Err(self.held_by(run));
        }
        if let Some((step, _)) = run.under_way().next() {
            return self.not_now(format!(
                "{step} is running: `stop {}` first, or wait for its end",
                self.request.id
            ));
        }
        // Not whether policy asks for more now: what takes a step back was signed with it, and what is half done is worse.
        self.signed_content()?;
        let entry = self.entry(Fact::RollingBack { token }, Payload::reason(reason.clone()));
        Ok(self.with_end(vec![entry]))
    }
}
