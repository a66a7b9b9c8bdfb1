//! Programs: what stood at the place of those that a plan starts when somebody signed, and whether it is still that.
//!
//! A command names its program by a path, and a path is no promise: between the sign-off and the start another file can
//! be put there. So a sign-off records the SHA-256 of each, as far as its host could read them, and a step is begun only
//! with the same. The path itself stays in the content, where it can be redacted.

use crate::domain::bound::Bound;
use crate::domain::command::Command;
use crate::domain::content::Content;
use crate::domain::decide::Deciding;
use crate::domain::digest::ProgramDigest;
use crate::domain::execution::{Runner, StepState, Work, stands};
use crate::domain::late::fill_undo;
use crate::domain::marks::{Mark, Marks};
use crate::domain::names::{PrincipalName, StepId};
use crate::domain::policy::Policy;
use crate::domain::refusal::Refusal;
use crate::domain::request::{Request, Verdict};
use crate::domain::step::Step;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// One file that commands start, as it was when somebody signed.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Program {
    /// What it held; nothing where the signer's host could not read it or would not have started it: unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<ProgramDigest>,
    /// The steps that are done with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub run: Vec<StepId>,
    /// The steps that are taken back with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub undo: Vec<StepId>,
}

impl Program {
    fn of(&self, work: Work) -> &Vec<StepId> {
        match work {
            Work::Run => &self.run,
            Work::Undo => &self.undo,
        }
    }
}

/// What stands at some paths now: a digest, or nothing where the file can be started and not read. At a path that is not
/// among them stands nothing that may be started, or nobody looked.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Found(pub BTreeMap<String, Option<ProgramDigest>>);

/// A program that is another than the one that was signed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Other {
    /// The step that names it.
    pub step: StepId,
    /// Doing it or taking it back.
    pub work: Work,
    /// Who signed for the one that was there.
    pub signed_by: PrincipalName,
    /// What that was.
    pub was: ProgramDigest,
    /// What is there now; nothing when it cannot be read any more.
    pub is: Option<ProgramDigest>,
}

/// The programs that a step names, each with what for.
fn named(step: &Step) -> impl Iterator<Item = (Work, &str)> {
    [(Work::Run, &step.run), (Work::Undo, &step.undo)]
        .into_iter()
        .filter_map(|(work, command)| Some((work, command.as_ref()?.first()?.raw())))
}

/// The steps that these marks let run.
fn let_run<'a>(content: &'a Content, marks: &'a Marks) -> impl Iterator<Item = &'a Step> {
    content.steps.iter().filter(|step| !matches!(marks.on(&step.id), Mark::Rejected | Mark::Skipped))
}

/// What a sign-off on `content` with `marks` says of its programs, each file once.
pub fn signed(content: &Content, marks: &Marks, found: &Found) -> Vec<Program> {
    let mut out: BTreeMap<Option<ProgramDigest>, Program> = BTreeMap::new();
    for step in let_run(content, marks) {
        for (work, path) in named(step) {
            let digest = found.0.get(path).copied().flatten();
            let program = out.entry(digest).or_insert_with(|| Program { digest, ..Program::default() });
            match work {
                Work::Run => program.run.push(step.id.clone()),
                Work::Undo => program.undo.push(step.id.clone()),
            }
        }
    }
    out.into_values().collect()
}

/// The steps of these programs that nobody could look at, in name order.
pub fn unknown(programs: &[Program]) -> BTreeSet<&StepId> {
    let unknown = programs.iter().filter(|program| program.digest.is_none());
    unknown.flat_map(|program| program.run.iter().chain(&program.undo)).collect()
}

/// The paths that must be looked at before `command` is decided on this request.
pub fn to_look_at(request: &Request, command: &Command, policy: &Policy) -> BTreeSet<String> {
    let Some(content) = &request.content else { return BTreeSet::new() };
    let all = || let_run(content, &request.marks).flat_map(named).map(|(_, path)| path.to_owned()).collect();
    match command {
        Command::Approve { .. } | Command::Override { .. } | Command::Start { runner: Runner::Gate, .. } => {
            all()
        }
        Command::Begin { .. } => next(request, content).into_iter().collect(),
        // A rule may sign by the way.
        other if request.is_open() && !other.says_no() && by_rule(content, policy) => all(),
        _ => BTreeSet::new(),
    }
}

/// The paths a rule of this policy could sign for.
pub fn for_rules(content: &Content, policy: &Policy) -> BTreeSet<String> {
    match by_rule(content, policy) {
        true => content.steps.iter().flat_map(named).map(|(_, path)| path.to_owned()).collect(),
        false => BTreeSet::new(),
    }
}

fn by_rule(content: &Content, policy: &Policy) -> bool {
    let signs = policy.rules.iter().any(|rule| !rule.auto_approve.is_empty() && !rule.programs.is_empty());
    signs && !content.target.is_production()
}

/// The program of what would be begun next.
fn next(request: &Request, content: &Content) -> Option<String> {
    let run = request.run.as_ref()?;
    if run.undoing {
        let step = content.step(&run.next_to_undo(content)?)?;
        return fill_undo(step, &run.results()).ok()??.run?.first().map(|path| path.raw().to_owned());
    }
    let ready = stands(request).into_iter().find(|stand| stand.state == StepState::Ready)?;
    ready.filled?.ok()?.run?.first().map(|path| path.raw().to_owned())
}

/// What an execution rests on: the sign-offs that count, or the override in their place.
fn rests_on(request: &Request) -> Vec<&Bound> {
    match request.closed().map(|closed| &closed.verdict) {
        Some(Verdict::Overridden { bound, .. }) => vec![bound],
        _ => request.counting().map(|signoff| &signoff.bound).collect(),
    }
}

/// Whether somebody signed for another program of this step than the one that is `there` now.
fn other(request: &Request, step: &StepId, work: Work, there: Option<ProgramDigest>) -> Option<Other> {
    rests_on(request).into_iter().find_map(|bound| {
        let program = bound.programs.iter().find(|program| program.of(work).contains(step))?;
        let was = program.digest.filter(|was| Some(*was) != there)?;
        Some(Other { step: step.clone(), work, signed_by: bound.signer.name.clone(), was, is: there })
    })
}

impl Deciding<'_> {
    /// Refused when the file at `path` is another than the one that was signed for. One that may not be started at all is
    /// no matter of this: whoever starts it finds that out, and says why.
    pub(super) fn same_program(&self, step: &StepId, work: Work, path: &str) -> Result<(), Refusal> {
        let Some(there) = self.facts.programs.0.get(path) else { return Ok(()) };
        match other(self.request, step, work, *there) {
            Some(other) => Err(Refusal::OtherProgram { id: self.request.id, other: Box::new(other) }),
            None => Ok(()),
        }
    }

    /// The same for all that may run.
    pub(super) fn same_programs(&self, content: &Content) -> Result<(), Refusal> {
        // Paths that the same file is found by are compared once for each sign-off, not once for each step.
        let there = signed(content, &self.request.marks, &self.facts.programs);
        let was = rests_on(self.request);
        if was.iter().all(|bound| bound.programs == there) {
            return Ok(());
        }
        for step in let_run(content, &self.request.marks) {
            for (work, path) in named(step) {
                self.same_program(&step.id, work, path)?;
            }
        }
        Ok(())
    }

    /// What this caller signs for, with these marks.
    pub(super) fn with_programs(&self, bound: Bound, marks: &Marks) -> Bound {
        let content = self.request.content.as_ref();
        let programs = content.map(|content| signed(content, marks, &self.facts.programs));
        Bound { programs: programs.unwrap_or_default(), ..bound }
    }
}
