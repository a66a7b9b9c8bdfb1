//! What each step does, and why: the one pure function behind what is shown, what is signed and what runs.

use crate::domain::content::Content;
use crate::domain::marks::{Mark, Marks};
use crate::domain::names::{ParamKey, StepId};
use crate::domain::outcome::{Lack, MadeUp, Missing, Outcome, Ran, Results};
use crate::domain::step::{Condition, Effect, Need, Needs, Operator, Resolution, Step};
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};

/// What each step does under `marks`, given what has become of the steps so far, in document order.
///
/// A condition is judged on the result it looks at. While that is not there both answers are followed. `exists` is
/// answered by what is there; a comparison that cannot be made (no such field, not a number) counts as holding, so
/// that what is not known restricts.
///
/// Cost: each need is looked at once, after the steps it names, and once more where conditions are open; linear in steps
/// and needs.
pub fn consequences(content: &Content, marks: &Marks, results: &Results) -> Vec<(StepId, Outcome)> {
    if nothing_is_missing(marks, results) {
        let runs = |step: &Step| (step.id.clone(), Outcome::Runs { without: Vec::new() });
        return content.steps.iter().map(runs).collect();
    }
    let plan = Numbered::of(content, marks, results);
    let best = plan.judged(None);
    let outcomes = if content.steps.iter().any(|step| step.single_needs().any(|need| need.when.is_some())) {
        let worst = plan.judged(Some(&best));
        let mut open = plan.open();
        let both = best.into_iter().zip(worst).enumerate();
        both.map(|(n, (best, worst))| {
            if best == worst {
                return best;
            }
            let on = std::mem::take(&mut open[n]).into_iter().cloned().collect();
            Outcome::Depends { on, best: Box::new(best), worst: Box::new(worst) }
        })
        .collect()
    } else {
        best
    };
    content.steps.iter().map(|step| step.id.clone()).zip(outcomes).collect()
}

/// Whether no step is left out and nothing has run yet: then whatever is needed comes, whichever way an open condition
/// turns out, and every step runs. Most sign-offs are of this sort. (A checked document needs no step that is not there.)
pub fn nothing_is_missing(marks: &Marks, results: &Results) -> bool {
    results.is_empty() && marks.iter().all(|(_, mark)| matches!(mark, Mark::Approved | Mark::Undecided))
}

/// A plan with its steps numbered, so that nothing is looked up by name more than once. What names no step (which a
/// checked document never does) is no step that comes.
struct Numbered<'a> {
    steps: &'a [Step],
    numbers: HashMap<&'a StepId, usize>,
    marks: Vec<Mark>,
    ran: Vec<Option<&'a Ran>>,
    /// The numbers of the steps, each after all that come before it.
    order: Vec<usize>,
}

impl<'a> Numbered<'a> {
    fn of(content: &'a Content, marks: &Marks, results: &'a Results) -> Self {
        let steps = content.steps.as_slice();
        let numbers: HashMap<&StepId, usize> = steps.iter().enumerate().map(|(n, s)| (&s.id, n)).collect();
        let mut plan = Self {
            steps,
            marks: vec![Mark::Undecided; steps.len()],
            ran: vec![None; steps.len()],
            order: Vec::new(),
            numbers,
        };
        for (id, mark) in marks.iter() {
            if let Some(n) = plan.numbers.get(id) {
                plan.marks[*n] = mark;
            }
        }
        for (id, ran) in results {
            if let Some(n) = plan.numbers.get(id) {
                plan.ran[*n] = Some(ran);
            }
        }
        plan.order = plan.in_order();
        plan
    }

    fn number(&self, id: &StepId) -> Option<usize> {
        self.numbers.get(id).copied()
    }

    fn ran(&self, id: &StepId) -> Option<&'a Ran> {
        self.number(id).and_then(|n| self.ran[n])
    }

    /// The steps that come before one, some perhaps more than once.
    fn before(&self, n: usize) -> impl Iterator<Item = usize> {
        let named = |need: &'a Need| std::iter::once(&need.step).chain(need.when.as_ref().map(|c| &c.step));
        self.steps[n].single_needs().flat_map(named).filter_map(|id| self.number(id))
    }

    /// The document was checked: there is no circle.
    fn in_order(&self) -> Vec<usize> {
        let mut done = vec![false; self.steps.len()];
        let mut out = Vec::with_capacity(self.steps.len());
        let mut stack = Vec::new();
        for first in 0..self.steps.len() {
            stack.push((first, false));
            while let Some((n, needs_done)) = stack.pop() {
                if done[n] {
                    continue;
                }
                if !needs_done && self.before(n).any(|needed| !done[needed]) {
                    stack.push((n, true));
                    stack
                        .extend(self.before(n).filter(|needed| !done[*needed]).map(|needed| (needed, false)));
                    continue;
                }
                done[n] = true;
                out.push(n);
            }
        }
        out
    }

    /// Every step's outcome on one way through the plan, in document order.
    fn judged(&self, best: Option<&[Outcome]>) -> Vec<Outcome> {
        let mut pass = Pass { plan: self, best, known: vec![None; self.steps.len()] };
        for n in &self.order {
            pass.known[*n] = Some(pass.outcome(*n));
        }
        pass.known
            .into_iter()
            .map(|outcome| outcome.unwrap_or(Outcome::Runs { without: Vec::new() }))
            .collect()
    }

    /// For each step the steps whose results are looked at by a condition, its own or one before it, and are not there.
    fn open(&self) -> Vec<BTreeSet<&'a StepId>> {
        let mut open: Vec<BTreeSet<&StepId>> = vec![BTreeSet::new(); self.steps.len()];
        for n in &self.order {
            let mut on: BTreeSet<&StepId> = self.steps[*n]
                .single_needs()
                .filter_map(|need| need.when.as_ref())
                .map(|condition| &condition.step)
                .filter(|id| !matches!(self.ran(id), Some(Ran::Completed(_) | Ran::Without)))
                .collect();
            for before in self.before(*n) {
                on.extend(open[before].iter().copied());
            }
            open[*n] = on;
        }
        open
    }
}

/// One way through the plan: as well as it can go, or as badly, whatever the open conditions turn out to be.
struct Pass<'p, 'a> {
    plan: &'p Numbered<'a>,
    /// What the best way came to, when this is the worst.
    best: Option<&'p [Outcome]>,
    known: Vec<Option<Outcome>>,
}

impl Pass<'_, '_> {
    fn outcome(&self, n: usize) -> Outcome {
        match self.plan.marks[n] {
            Mark::Rejected => return Outcome::Rejected,
            Mark::Skipped => return Outcome::SkippedByMark,
            Mark::Approved | Mark::Undecided => {}
        }
        let worst = self.best.is_some();
        let (mut without, mut stops) = (Vec::new(), Vec::new());
        for entry in &self.plan.steps[n].needs {
            let (possible, surely) = self.missing(entry);
            let (mut made_up, mut stopped): (Option<Missing>, bool) = (None, surely);
            for need in possible {
                match terms(need) {
                    Ok(made) => {
                        stopped = false;
                        // Of equals the worst is the first and the best the last, so that what is open never looks
                        // decided.
                        let takes = match &made_up {
                            None => worst || surely,
                            Some(kept) if worst => made > kept.made_up,
                            Some(kept) => made <= kept.made_up,
                        };
                        if takes {
                            made_up = Some(Missing { lack: Lack::of(need), made_up: made });
                        }
                    }
                    Err(stop) => stops.push(stop),
                }
            }
            if stopped {
                return pick(worst, stops, None);
            }
            without.extend(made_up);
        }
        pick(worst, stops, Some(Outcome::Runs { without }))
    }

    /// The needs of an entry whose terms may hold because what they need will not come, and whether those of one of them
    /// surely do. While a condition is open, which of several alternatives sets the terms is open too.
    fn missing<'n>(&self, entry: &'n Needs) -> (Vec<&'n Need>, bool) {
        let mut possible = Vec::new();
        let mut saved = false;
        for need in entry.each() {
            match (self.applies(need), self.delivers(need)) {
                (Applies::No, _) => {}
                // Of alternatives one is enough.
                (Applies::Yes, true) => return (Vec::new(), false),
                (Applies::Open, true) => saved = true,
                (Applies::Open, false) => possible.push((need, false)),
                (Applies::Yes, false) => possible.push((need, true)),
            }
        }
        // When all are missing the first one that applies sets the terms: none behind the first that surely applies does.
        let sure = possible.iter().position(|(_, surely)| *surely);
        possible.truncate(sure.map_or(possible.len(), |n| n + 1));
        (possible.into_iter().map(|(need, _)| need).collect(), sure.is_some() && !saved)
    }

    /// Whether the need is one at all, by its condition.
    fn applies(&self, need: &Need) -> Applies {
        let Some(condition) = &need.when else { return Applies::Yes };
        let known = |result| if holds(condition, result) { Applies::Yes } else { Applies::No };
        match self.plan.ran(&condition.step) {
            Some(Ran::Completed(result)) => known(result.as_ref()),
            Some(Ran::Without) => known(None),
            Some(Ran::Started) | None => {
                // A step that runs on the best way may yet run on the worst: then its result can say either.
                let could = self.plan.number(&condition.step).is_some_and(|n| match self.best {
                    Some(best) => best[n].runs(),
                    None => self.known[n].as_ref().is_some_and(Outcome::runs),
                });
                if could { Applies::Open } else { known(None) }
            }
        }
    }

    /// Whether what is needed comes, as far as is known.
    fn delivers(&self, need: &Need) -> bool {
        let n = self.plan.number(&need.step);
        match (n.and_then(|n| self.plan.ran[n]), &need.field) {
            (Some(Ran::Completed(_)), None) => true,
            (Some(Ran::Completed(result)), Some(field)) => field_of(result.as_ref(), field).is_some(),
            (Some(Ran::Without), _) => false,
            (Some(Ran::Started) | None, _) => {
                n.and_then(|n| self.known[n].as_ref()).is_some_and(Outcome::runs)
            }
        }
    }
}

/// Whether a need is one, by its condition; open while that looks at a result that is not there yet.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Applies {
    Yes,
    No,
    Open,
}

/// What a missing need comes to: how it is made up for, or what stops the step.
fn terms(missing: &Need) -> Result<MadeUp, Outcome> {
    match (missing.effect, missing.resolution()) {
        (_, Resolution::Fallback) if missing.fallback.is_some() => Ok(MadeUp::Fallback),
        (Effect::Blocks, Resolution::Wait | Resolution::Fallback) => {
            Err(Outcome::BlockedBy(Lack::of(missing)))
        }
        (Effect::Blocks, Resolution::AskUser) => Err(Outcome::Asks(Lack::of(missing))),
        (Effect::Blocks, Resolution::Skip) => Err(Outcome::Skips(Lack::of(missing))),
        (_, Resolution::AskUser) => Ok(MadeUp::AskedLater),
        // "Better with" and "optional" do without: the value is left out, the step runs.
        (_, Resolution::Wait | Resolution::Skip | Resolution::Fallback) => Ok(MadeUp::LeftOut),
    }
}

/// The best or the worst of what can come of a step: where it may stop, and, when it may come through, that it runs.
fn pick(worst: bool, stops: Vec<Outcome>, runs: Option<Outcome>) -> Outcome {
    let rank = |outcome: &Outcome| match outcome {
        Outcome::Runs { .. } => 0,
        Outcome::Skips(_) => 1,
        Outcome::Asks(_) => 2,
        _ => 3,
    };
    let all = runs.into_iter().chain(stops);
    // Of equals the worst is the first in the plan and the best the last, so that what is open never looks decided.
    let chosen = all.reduce(|kept, other| {
        let better = rank(&other) <= rank(&kept);
        let worse = rank(&other) > rank(&kept);
        if (worst && worse) || (!worst && better) { other } else { kept }
    });
    chosen.unwrap_or(Outcome::Runs { without: Vec::new() })
}

/// One field of a step's result; nothing when it is absent or null.
pub fn field_of<'a>(result: Option<&'a Value>, field: &ParamKey) -> Option<&'a Value> {
    result.and_then(|value| value.get(field.as_str())).filter(|value| !value.is_null())
}

/// Whether a condition holds on a result.
fn holds(condition: &Condition, result: Option<&Value>) -> bool {
    let there = field_of(result, &condition.field);
    if condition.operator == Operator::Exists {
        return there.is_some();
    }
    // What cannot be compared restricts.
    let (Some(there), Some(wanted)) = (there, &condition.value) else { return true };
    let same = || {
        crate::domain::canon::canonical_or_poison(there) == crate::domain::canon::canonical_or_poison(wanted)
    };
    let numbers = there.as_f64().zip(wanted.as_f64());
    match condition.operator {
        Operator::Exists => true,
        Operator::Equals => same(),
        Operator::NotEquals => !same(),
        Operator::GreaterThan => numbers.is_none_or(|(there, wanted)| there > wanted),
        Operator::LessThan => numbers.is_none_or(|(there, wanted)| there < wanted),
    }
}
