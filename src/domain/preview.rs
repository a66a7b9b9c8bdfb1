//! What would run: one pure function from a plan, its marks and what is known of its results to what each step does and
//! why. The screen, `preview`, a sign-off and the execution all ask it, so that what was shown is what happens.

use crate::domain::content::Content;
use crate::domain::marks::{Mark, Marks};
use crate::domain::names::{ParamKey, StepId};
use crate::domain::request::Request;
use crate::domain::step::{Condition, Effect, Need, Needs, Operator, Resolution, Step, before};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What a step goes without: another step, or one field of its result.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lack {
    /// The step.
    pub step: StepId,
    /// The field of its result; absent: that it runs at all.
    pub field: Option<ParamKey>,
}

impl Lack {
    fn of(need: &Need) -> Self {
        Self { step: need.step.clone(), field: need.field.clone() }
    }
}

impl fmt::Display for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.field {
            Some(field) => write!(f, "{}.{field}", self.step),
            None => write!(f, "{}", self.step),
        }
    }
}

/// What one step does, as far as can be said now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It runs; with these things missing that it can do without, if any.
    Runs {
        /// What it goes without, and how.
        without: Vec<Missing>,
    },
    /// It is approved but cannot run: it waits for what will not come. Stops a sign-off.
    BlockedBy(Lack),
    /// It is approved but a person must first say what to do about what is missing. Stops a sign-off.
    Asks(Lack),
    /// It is left out because what it cannot run without is left out.
    Skips(Lack),
    /// It was rejected by mark.
    Rejected,
    /// It was skipped by mark.
    SkippedByMark,
    /// A condition on a result that is not there yet decides.
    Depends {
        /// The steps whose results decide.
        on: Vec<StepId>,
        /// The best that can come of it.
        best: Box<Outcome>,
        /// The worst that can come of it.
        worst: Box<Outcome>,
    },
}

/// One thing a running step goes without.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Missing {
    /// What is missing.
    pub lack: Lack,
    /// How it is made up for.
    pub made_up: MadeUp,
}

/// How a missing value is made up for; from the best to the worst.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum MadeUp {
    /// The fallback value named in the plan is used.
    Fallback,
    /// The value is left out.
    LeftOut,
    /// A person is asked when it runs.
    AskedLater,
}

impl Outcome {
    /// Whether it runs as it was asked, without anything missing.
    pub fn runs_plainly(&self) -> bool {
        matches!(self, Outcome::Runs { without } if without.is_empty())
    }

    /// Whether the step would run, whatever the conditions that are still open turn out to be.
    pub const fn runs(&self) -> bool {
        match self {
            Outcome::Runs { .. } => true,
            Outcome::Depends { best, worst, .. } => {
                matches!(**best, Outcome::Runs { .. }) && matches!(**worst, Outcome::Runs { .. })
            }
            _ => false,
        }
    }

    /// Whether the step could run, if the conditions that are still open turn out well.
    pub const fn may_run(&self) -> bool {
        match self {
            Outcome::Runs { .. } => true,
            Outcome::Depends { best, .. } => matches!(**best, Outcome::Runs { .. }),
            _ => false,
        }
    }

    /// The outcome in a word, for programs.
    pub const fn word(&self) -> &'static str {
        match self {
            Outcome::Runs { .. } => "runs",
            Outcome::BlockedBy(_) => "blocked",
            Outcome::Asks(_) => "asks",
            Outcome::Skips(_) => "skips",
            Outcome::Rejected => "rejected",
            Outcome::SkippedByMark => "left_out",
            Outcome::Depends { .. } => "depends",
        }
    }

    /// The worst that can come of it: what a sign-off must be able to stand for.
    pub fn worst(&self) -> &Outcome {
        match self {
            Outcome::Depends { worst, .. } => worst,
            plain => plain,
        }
    }
}

/// What has become of a step so far.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ran {
    /// It was started, and nothing is known of its end.
    Started,
    /// It ended well, with this result; nothing when it gave none or it was redacted.
    Completed(Option<Value>),
    /// It ended otherwise, or a person left it out while the plan ran: what needs it goes without.
    Without,
}

/// What has become of the steps of a plan so far; a step without an entry was not begun.
pub type Results = BTreeMap<StepId, Ran>;

/// What each step would do under `marks`, in document order. An undecided step counts as approved, because that is
/// what a sign-off makes of it; a step that runs counts as delivering what others need of it.
pub fn preview(content: &Content, marks: &Marks) -> Vec<(StepId, Outcome)> {
    consequences(content, marks, &Results::new())
}

/// What each step does under `marks`, given what has become of the steps so far, in document order.
///
/// A condition is judged on the result it looks at. While that is not there both answers are followed. `exists` is
/// answered by what is there; a comparison that cannot be made (no such field, not a number) counts as holding, so
/// that what is not known restricts.
///
/// Cost: each need is looked at twice, after the steps it names; linear in steps and needs.
pub fn consequences(content: &Content, marks: &Marks, results: &Results) -> Vec<(StepId, Outcome)> {
    let by_id: BTreeMap<&StepId, &Step> = content.steps.iter().map(|s| (&s.id, s)).collect();
    let order = in_order(content, &by_id);
    let mut best = Pass { marks, results, best: None, known: BTreeMap::new() };
    order.iter().for_each(|step| best.judge(step));
    let mut worst = Pass { marks, results, best: Some(&best.known), known: BTreeMap::new() };
    order.iter().for_each(|step| worst.judge(step));
    let (mut worst, mut best) = (worst.known, best.known);
    let mut open: BTreeMap<&StepId, BTreeSet<&StepId>> = BTreeMap::new();
    let mut out = Vec::with_capacity(content.steps.len());
    for step in order {
        let mut on: BTreeSet<&StepId> = step
            .single_needs()
            .filter_map(|need| need.when.as_ref())
            .map(|condition| &condition.step)
            .filter(|id| !matches!(results.get(id), Some(Ran::Completed(_) | Ran::Without)))
            .collect();
        on.extend(before(step).into_iter().flat_map(|id| open.get(id).into_iter().flatten().copied()));
        open.insert(&step.id, on);
    }
    for step in &content.steps {
        let (Some(best), Some(worst)) = (best.remove(&step.id), worst.remove(&step.id)) else {
            continue;
        };
        let outcome = if best == worst {
            best
        } else {
            let on = open.remove(&step.id).unwrap_or_default().into_iter().cloned().collect();
            Outcome::Depends { on, best: Box::new(best), worst: Box::new(worst) }
        };
        out.push((step.id.clone(), outcome));
    }
    out
}

/// The steps, each after all that come before it. The document was checked: there is no circle.
fn in_order<'a>(content: &'a Content, by_id: &BTreeMap<&'a StepId, &'a Step>) -> Vec<&'a Step> {
    let mut done: BTreeSet<&StepId> = BTreeSet::new();
    let mut out = Vec::with_capacity(content.steps.len());
    for step in &content.steps {
        let mut stack = vec![(step, false)];
        while let Some((step, needs_done)) = stack.pop() {
            if done.contains(&step.id) {
                continue;
            }
            let open = before(step).into_iter().filter(|id| !done.contains(*id));
            let open: Vec<&Step> = open.filter_map(|id| by_id.get(id).copied()).collect();
            if !needs_done && !open.is_empty() {
                stack.push((step, true));
                stack.extend(open.into_iter().map(|needed| (needed, false)));
                continue;
            }
            done.insert(&step.id);
            out.push(step);
        }
    }
    out
}

/// One way through the plan: as well as it can go, or as badly, whatever the open conditions turn out to be.
struct Pass<'p, 'a> {
    marks: &'p Marks,
    results: &'p Results,
    /// What the best way came to, when this is the worst.
    best: Option<&'p BTreeMap<&'a StepId, Outcome>>,
    known: BTreeMap<&'a StepId, Outcome>,
}

impl<'a> Pass<'_, 'a> {
    fn judge(&mut self, step: &'a Step) {
        let outcome = self.outcome(step);
        self.known.insert(&step.id, outcome);
    }

    fn outcome(&self, step: &Step) -> Outcome {
        match self.marks.on(&step.id) {
            Mark::Rejected => return Outcome::Rejected,
            Mark::Skipped => return Outcome::SkippedByMark,
            Mark::Approved | Mark::Undecided => {}
        }
        let worst = self.best.is_some();
        let (mut without, mut stops) = (Vec::new(), Vec::new());
        for entry in &step.needs {
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
        match self.results.get(&condition.step) {
            Some(Ran::Completed(result)) => known(result.as_ref()),
            Some(Ran::Without) => known(None),
            Some(Ran::Started) | None => {
                // A step that runs on the best way may yet run on the worst: then its result can say either.
                let could = self.best.unwrap_or(&self.known).get(&condition.step).is_some_and(Outcome::runs);
                if could { Applies::Open } else { known(None) }
            }
        }
    }

    /// Whether what is needed comes, as far as is known.
    fn delivers(&self, need: &Need) -> bool {
        match (self.results.get(&need.step), &need.field) {
            (Some(Ran::Completed(_)), None) => true,
            (Some(Ran::Completed(result)), Some(field)) => field_of(result.as_ref(), field).is_some(),
            (Some(Ran::Without), _) => false,
            (Some(Ran::Started) | None, _) => self.known.get(&need.step).is_some_and(Outcome::runs),
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

/// The steps of a request that run, or would, in document order: approved, and not left out because something they
/// need is. Nothing when the content was redacted.
pub fn running(request: &Request) -> Vec<StepId> {
    let Some(content) = &request.content else { return Vec::new() };
    let decided = |id: &StepId| request.marks.on(id) == Mark::Approved;
    preview(content, &request.marks)
        .into_iter()
        .filter(|(id, outcome)| outcome.may_run() && decided(id))
        .map(|(id, _)| id)
        .collect()
}

/// How good a pair of effect and resolution is: `None` for a sound pair, else the advice shown as a lint.
pub const fn advice(effect: Effect, resolution: Resolution) -> Option<&'static str> {
    match (effect, resolution) {
        (Effect::Blocks, Resolution::Wait) => {
            Some("risky: a step that cannot run without another waits for ever if that one is refused")
        }
        (Effect::Blocks, Resolution::Fallback) => {
            Some("risky: a step that cannot run without a value runs with a made-up one")
        }
        (Effect::Optional, Resolution::Wait) => Some("wasteful: it waits for what it does not need"),
        (Effect::Optional, Resolution::AskUser) => {
            Some("annoying: it asks a person for what it does not need")
        }
        _ => None,
    }
}

/// One pair of effect and resolution that is taken, and better otherwise.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lint {
    /// The step whose need it is.
    pub step: StepId,
    /// What it needs.
    pub needs: Lack,
    /// How much.
    pub effect: Effect,
    /// What is to be done without it.
    pub resolution: Resolution,
    /// What is odd about the two together.
    pub advice: &'static str,
}

/// The advice on every need of a plan, in document order.
pub fn lints(content: &Content) -> Vec<Lint> {
    let mut out = Vec::new();
    for step in &content.steps {
        for need in step.single_needs() {
            let (effect, resolution) = (need.effect, need.resolution());
            if let Some(advice) = advice(effect, resolution) {
                out.push(Lint { step: step.id.clone(), needs: Lack::of(need), effect, resolution, advice });
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::document::{Limits, read};
    use serde_json::json;

    fn plan(effect: &str, resolution: &str) -> Content {
        let mut need = json!({"step": "a", "field": "email", "effect": effect, "resolution": resolution});
        if resolution == "fallback" {
            need["fallback"] = json!("nobody@example.org");
        }
        let document = json!({"kind": "plan", "title": "t", "steps": [
            {"id": "a", "action": "look"}, {"id": "b", "action": "send", "needs": [need]}]});
        read(document.to_string().as_bytes(), &Limits::BUILT_IN).unwrap().content
    }

    fn b_when_a_is_rejected(effect: &str, resolution: &str) -> Outcome {
        let content = plan(effect, resolution);
        let mut marks = Marks::undecided(content.steps.iter().map(|s| &s.id));
        marks.set(StepId::new("a").unwrap(), Mark::Rejected);
        preview(&content, &marks).pop().unwrap().1
    }

    fn email() -> Lack {
        Lack { step: StepId::new("a").unwrap(), field: Some(ParamKey::new("email").unwrap()) }
    }

    fn runs_without(made_up: MadeUp) -> Outcome {
        Outcome::Runs { without: vec![Missing { lack: email(), made_up }] }
    }

    #[test]
    fn the_matrix_of_effects_and_resolutions() {
        let a = email;
        let table = [
            ("blocks", "wait", Outcome::BlockedBy(a())),
            ("blocks", "skip", Outcome::Skips(a())),
            ("blocks", "fallback", runs_without(MadeUp::Fallback)),
            ("blocks", "ask_user", Outcome::Asks(a())),
            ("enhances", "wait", runs_without(MadeUp::LeftOut)),
            ("enhances", "skip", runs_without(MadeUp::LeftOut)),
            ("enhances", "fallback", runs_without(MadeUp::Fallback)),
            ("enhances", "ask_user", runs_without(MadeUp::AskedLater)),
            ("optional", "wait", runs_without(MadeUp::LeftOut)),
            ("optional", "skip", runs_without(MadeUp::LeftOut)),
            ("optional", "fallback", runs_without(MadeUp::Fallback)),
            ("optional", "ask_user", runs_without(MadeUp::AskedLater)),
        ];
        for (effect, resolution, expected) in table {
            assert_eq!(b_when_a_is_rejected(effect, resolution), expected, "{effect} + {resolution}");
        }
    }

    #[test]
    fn one_of_several_alternatives_is_enough() {
        let document = json!({"kind": "plan", "title": "t", "steps": [
            {"id": "a", "action": "look"}, {"id": "b", "action": "look"},
            {"id": "c", "action": "send", "needs": [{"any_of": [{"step": "a"}, {"step": "b"}]}]}]});
        let content = read(document.to_string().as_bytes(), &Limits::BUILT_IN).unwrap().content;
        let mut marks = Marks::undecided(content.steps.iter().map(|s| &s.id));
        marks.set(StepId::new("a").unwrap(), Mark::Rejected);
        assert!(preview(&content, &marks)[2].1.runs());
        marks.set(StepId::new("b").unwrap(), Mark::Skipped);
        assert_eq!(
            preview(&content, &marks)[2].1,
            Outcome::Asks(Lack { step: StepId::new("a").unwrap(), field: None })
        );
    }

    fn read_plan(steps: serde_json::Value) -> (Content, Marks) {
        let document = json!({"kind": "plan", "title": "t", "steps": steps});
        let content = read(document.to_string().as_bytes(), &Limits::BUILT_IN).unwrap().content;
        let marks = Marks::undecided(content.steps.iter().map(|s| &s.id));
        (content, marks)
    }

    fn id(name: &str) -> StepId {
        StepId::new(name).unwrap()
    }

    fn completed(name: &str, result: serde_json::Value) -> (StepId, Ran) {
        (id(name), Ran::Completed(Some(result)))
    }

    /// `c` cannot run without `b` when `a` says that the contact is a VIP.
    fn conditional() -> (Content, Marks) {
        let (content, mut marks) = read_plan(json!([
            {"id": "a", "action": "look"}, {"id": "b", "action": "ask"},
            {"id": "c", "action": "send", "needs": [{"step": "b", "effect": "blocks", "resolution": "skip",
                "when": {"step": "a", "field": "vip", "operator": "equals", "value": true}}]}]));
        marks.set(id("b"), Mark::Rejected);
        (content, marks)
    }

    #[test]
    fn a_condition_that_is_open_is_shown_both_ways_and_its_result_decides() {
        let (content, marks) = conditional();
        let skips = Outcome::Skips(Lack { step: id("b"), field: None });
        let open = preview(&content, &marks).pop().unwrap().1;
        assert_eq!(
            open,
            Outcome::Depends {
                on: vec![id("a")],
                best: Box::new(Outcome::Runs { without: vec![] }),
                worst: Box::new(skips.clone())
            }
        );
        assert!(open.may_run() && !open.runs());
        for (result, expected) in [
            (json!({"vip": true}), skips.clone()),
            (json!({"vip": false}), Outcome::Runs { without: vec![] }),
            // What was not delivered cannot be compared, and restricts.
            (json!({}), skips),
        ] {
            let results = Results::from([completed("a", result.clone())]);
            assert_eq!(consequences(&content, &marks, &results).pop().unwrap().1, expected, "{result}");
        }
    }

    #[test]
    fn the_worst_counts_a_result_that_may_yet_come() {
        // `b` may be skipped; if it runs, it may say that `d` needs `x`, which is rejected.
        let (content, mut marks) = read_plan(json!([
            {"id": "a", "action": "look"}, {"id": "x", "action": "look"},
            {"id": "b", "action": "look", "needs": [{"step": "x", "effect": "blocks", "resolution": "skip",
                "when": {"step": "a", "field": "n", "operator": "greater_than", "value": 1}}]},
            {"id": "d", "action": "send", "needs": [{"step": "x", "effect": "blocks", "resolution": "wait",
                "when": {"step": "b", "field": "vip", "operator": "exists"}}]}]));
        marks.set(id("x"), Mark::Rejected);
        let d = preview(&content, &marks).pop().unwrap().1;
        assert_eq!(*d.worst(), Outcome::BlockedBy(Lack { step: id("x"), field: None }));
        assert!(d.may_run());
    }

    #[test]
    fn a_result_that_lacks_the_field_is_as_good_as_none() {
        let content = plan("blocks", "ask_user");
        let marks = Marks::undecided(content.steps.iter().map(|s| &s.id));
        let with = |result: serde_json::Value| {
            let results = Results::from([completed("a", result)]);
            consequences(&content, &marks, &results).pop().unwrap().1
        };
        assert!(with(json!({"email": "j@example.org"})).runs());
        assert_eq!(with(json!({"phone": 1})), Outcome::Asks(email()));
        assert_eq!(with(json!({"email": null})), Outcome::Asks(email()), "null is not there");
        let failed = Results::from([(id("a"), Ran::Without)]);
        assert_eq!(consequences(&content, &marks, &failed).pop().unwrap().1, Outcome::Asks(email()));
    }

    #[test]
    fn the_worst_is_the_worst_whichever_conditions_hold() {
        // When the first alternative's condition fails, the second one's terms hold; and a skip that only may come does
        // not hide a question that surely comes when it does not.
        let when = json!({"step": "a", "field": "n", "operator": "greater_than", "value": 1});
        for needs in [
            json!([{"any_of": [
                {"step": "x", "effect": "enhances", "resolution": "wait", "when": when},
                {"step": "x", "effect": "blocks", "resolution": "ask_user"}]}]),
            json!([
                {"step": "x", "effect": "blocks", "resolution": "skip", "when": when},
                {"step": "x", "effect": "blocks", "resolution": "ask_user"}]),
        ] {
            let (content, mut marks) = read_plan(json!([
                {"id": "a", "action": "look"}, {"id": "x", "action": "look"},
                {"id": "d", "action": "send", "needs": needs}]));
            marks.set(id("x"), Mark::Rejected);
            let d = preview(&content, &marks).pop().unwrap().1;
            assert_eq!(*d.worst(), Outcome::Asks(Lack { step: id("x"), field: None }), "{needs}");
            let Outcome::Depends { best, .. } = d else { panic!("{d:?}") };
            assert!(matches!(*best, Outcome::Runs { .. } | Outcome::Skips(_)), "{best:?}");
        }
    }
}
