//! Random plans, marked and run at random: what runs had all it cannot run without, and did what the preview said.

use super::build::*;
use countersign::domain::command::{Command, DigestPrefix};
use countersign::domain::content::Content;
use countersign::domain::execution::{AskedFor, StepState, stands};
use countersign::domain::marks::{Mark, Marks};
use countersign::domain::names::StepId;
use countersign::domain::preview::{Outcome, consequences, preview};
use countersign::domain::refusal::Refusal;
use countersign::domain::request::Execution;
use countersign::domain::step::{Effect, Need, Needs, Operator, Resolution};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// xorshift64: the same plans in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % below as u64) as usize
    }

    fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.roll(of.len())]
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for n in (1..items.len()).rev() {
            items.swap(n, self.roll(n + 1));
        }
    }
}

/// A need on one of the steps before `n`.
fn need(dice: &mut Dice, n: usize) -> Value {
    let mut out = json!({"step": format!("s{}", dice.roll(n))});
    if dice.roll(2) == 0 {
        out["field"] = json!("v");
    }
    out["effect"] = json!(dice.one(&["blocks", "blocks", "enhances", "optional"]));
    if dice.roll(3) > 0 {
        let resolution = *dice.one(&["wait", "skip", "fallback", "ask_user"]);
        out["resolution"] = json!(resolution);
        if resolution == "fallback" {
            out["fallback"] = json!(dice.roll(9));
        }
    }
    if dice.roll(5) == 0 {
        let operator = *dice.one(&["equals", "not_equals", "exists", "greater_than", "less_than"]);
        out["when"] = json!({"step": format!("s{}", dice.roll(n)), "field": "n", "operator": operator});
        if operator != "exists" {
            out["when"]["value"] = json!(dice.roll(4));
        }
    }
    out
}

/// A plan of up to 60 steps; in document order that is not the order of needs.
fn random_plan(dice: &mut Dice) -> Content {
    let count = 1 + dice.roll(60);
    let mut steps: Vec<Value> = (0..count)
        .map(|n| {
            let mut step = json!({"id": format!("s{n}"), "action": "x.do", "params": {"n": n}});
            let needs: Vec<Value> = match n {
                0 => Vec::new(),
                _ => (0..dice.roll(4))
                    .map(|_| match dice.roll(6) {
                        0 => json!({"any_of": [need(dice, n), need(dice, n)]}),
                        _ => need(dice, n),
                    })
                    .collect(),
            };
            if let Some(first) = needs.first().and_then(|need| need.get("step")).and_then(Value::as_str) {
                step["params"]["late"] = json!(format!("{{{{{first}.v}}}}"));
                step["params"]["words"] = json!(format!("with {{{{{first}.v}}}} inside"));
            }
            step["needs"] = json!(needs);
            step
        })
        .collect();
    dice.shuffle(&mut steps);
    content(&json!({"kind": "plan", "title": "t", "steps": steps}).to_string())
}

/// Marks it at random, in two orders that must come to the same, and signs it; nothing when no step would run.
fn signed(dice: &mut Dice, plan: &Content) -> Option<Story> {
    let mut marks: Vec<(StepId, Mark)> = plan
        .steps
        .iter()
        .filter_map(|step| {
            let mark = *dice.one(&[None, None, None, None, Some(Mark::Rejected), Some(Mark::Skipped)]);
            Some((step.id.clone(), mark?))
        })
        .collect();
    let mut told = Vec::new();
    for _ in 0..2 {
        dice.shuffle(&mut marks);
        let story = marks.iter().fold(Story::asked(&planner(), plan.clone()), |story, (id, with)| {
            story.then(&bob(), mark(&[id.as_str()], *with))
        });
        told.push((story.request.decision_digest(), preview(plan, &story.request.marks), story));
    }
    let (second, first) = (told.pop()?, told.pop()?);
    assert_eq!((&first.0, &first.1), (&second.0, &second.1), "the order of marking matters");
    let mut story = first.2;
    loop {
        match story.decide(&bob(), &approve(), &facts()) {
            Ok(entries) => return Some(story.with(entries)),
            Err(Refusal::Blocked { step, .. }) => {
                story = story.then(&bob(), mark(&[step.as_str()], Mark::Skipped));
            }
            Err(Refusal::NothingApproved) => return None,
            Err(other) => panic!("{other}"),
        }
    }
}

/// What each step gave, by a book-keeping of the test's own; nothing for one that did not end well.
type Given = BTreeMap<StepId, Value>;

fn field<'a>(given: &'a Given, step: &StepId, field: &str) -> Option<&'a Value> {
    given.get(step)?.get(field).filter(|value| !value.is_null())
}

fn applies(need: &Need, given: &Given) -> bool {
    let Some(when) = &need.when else { return true };
    let there = field(given, &when.step, when.field.as_str());
    let numbers = || Some((there?.as_f64()?, when.value.as_ref()?.as_f64()?));
    match when.operator {
        Operator::Exists => there.is_some(),
        Operator::Equals => there.is_none_or(|there| Some(there) == when.value.as_ref()),
        Operator::NotEquals => there.is_none_or(|there| Some(there) != when.value.as_ref()),
        Operator::GreaterThan => numbers().is_none_or(|(there, wanted)| there > wanted),
        Operator::LessThan => numbers().is_none_or(|(there, wanted)| there < wanted),
    }
}

/// Whether what the need wants is there, or the plan has a value instead, or it can do without.
fn met(need: &Need, given: &Given) -> bool {
    let there = match &need.field {
        Some(name) => field(given, &need.step, name.as_str()).is_some(),
        None => given.contains_key(&need.step),
    };
    let instead = need.resolution() == Resolution::Fallback && need.fallback.is_some();
    there || instead || need.effect != Effect::Blocks
}

fn all_blocks_met(plan: &Content, step: &StepId, given: &Given) {
    for entry in &plan.step(step).unwrap().needs {
        let ok = match entry {
            Needs::One(need) => !applies(need, given) || met(need, given),
            Needs::AnyOf { any_of } => {
                let mut applying = any_of.iter().filter(|need| applies(need, given)).peekable();
                applying.peek().is_none() || applying.any(|need| met(need, given))
            }
        };
        assert!(ok, "{step} began without what it cannot run without: {entry:?}, given {given:?}");
    }
}

/// Runs a signed plan; each step that is begun ends as `ends` says. Where it stands still a person says something.
fn play(
    dice: &mut Dice,
    mut story: Story,
    mut ends: impl FnMut(&mut Dice, &StepId) -> Option<Value>,
) -> (Story, Given, usize) {
    let plan = story.request.content.clone().unwrap();
    let mut given = Given::new();
    let mut interventions = 0;
    story = story.then(&planner(), next());
    while story.request.execution == Some(Execution::Running) {
        let all = stands(&story.request);
        let ready: Vec<_> = all.iter().filter(|s| s.state == StepState::Ready).collect();
        let halted = story.request.run.as_ref().unwrap().failing().next().is_some();
        if let (false, Some(stand)) = (halted || ready.is_empty(), ready.get(dice.roll(ready.len().max(1)))) {
            let id = stand.step.clone();
            all_blocks_met(&plan, &id, &given);
            assert!(!given.contains_key(&id), "{id} began twice");
            match ends(dice, &id) {
                Some(result) => {
                    given.insert(id.clone(), result.clone());
                    story = story.then(&planner(), begins(id.as_str()));
                    story = story.then(&planner(), completes(id.as_str(), result));
                }
                None => story = story.then(&planner(), fails(id.as_str())),
            }
            continue;
        }
        let asked = all.iter().find(|s| s.asked_for == Some(AskedFor::GoesWithout));
        if let (false, Some(stand)) = (halted, asked) {
            let digest = stand.filled.as_ref().unwrap().as_ref().unwrap().digest().to_string();
            let filled = DigestPrefix::parse(&digest);
            let step = stand.step.clone();
            story = story.then(&bob(), Command::Confirm { step, filled, option: None, reason: None });
            continue;
        }
        interventions += 1;
        let stuck = all
            .iter()
            .find(|s| matches!(s.state, StepState::Failed | StepState::WaitingIntervention) && !s.settled);
        let step = stuck.unwrap_or_else(|| panic!("it stands still for no reason: {all:#?}")).step.clone();
        let failed = story.request.run.as_ref().unwrap().failing().any(|id| *id == step);
        let command = match dice.roll(3) {
            0 => Command::LeaveOut { step, reason: None },
            1 if failed => Command::Retry { step, reason: None },
            _ => Command::Continue { reason: None },
        };
        story = story.then(&alice(), command);
    }
    (story, given, interventions)
}

/// From running to being stopped.
fn rank(outcome: &Outcome) -> u8 {
    match outcome {
        Outcome::Runs { .. } => 0,
        Outcome::Skips(_) => 1,
        Outcome::Asks(_) => 2,
        _ => 3,
    }
}

/// How many plans are played; a night's run takes more.
fn scale() -> usize {
    std::env::var("COUNTERSIGN_TEST_SCALE").ok().and_then(|n| n.parse().ok()).unwrap_or(12) * 6
}

#[test]
fn a_plan_in_which_everything_succeeds_does_what_was_previewed() {
    let mut dice = Dice(0x5EED_0001);
    let (mut played, mut conditional) = (0, 0);
    for _ in 0..scale() {
        let plan = random_plan(&mut dice);
        let Some(story) = signed(&mut dice, &plan) else { continue };
        let shown = preview(&plan, &story.request.marks);
        let (story, given, interventions) =
            play(&mut dice, story, |dice, _| Some(json!({"v": dice.roll(9), "n": dice.roll(4)})));
        assert_eq!(story.request.execution, Some(Execution::Done));
        assert_eq!(interventions, 0, "what was previewed needed no help");
        let results = story.request.run.as_ref().unwrap().results();
        let known = consequences(&plan, &story.request.marks, &results);
        for ((id, shown), (_, known)) in shown.iter().zip(&known) {
            assert_eq!(matches!(known, Outcome::Runs { .. }), given.contains_key(id), "{id}: {known:?}");
            match shown {
                Outcome::Depends { best, worst, .. } => {
                    conditional += 1;
                    let between = rank(best)..=rank(worst);
                    assert!(between.contains(&rank(known)), "{id}: {shown:?} became {known:?}");
                }
                plain => assert_eq!(plain, known, "{id}"),
            }
        }
        played += 1;
    }
    assert!(played > scale() / 2 && conditional > 0, "{played} plans, {conditional} conditions");
}

#[test]
fn leaving_out_what_nobody_needs_changes_no_other_step() {
    // Nothing is left out of the one, so that it is told the short way; of the other something is.
    let mut dice = Dice(0x5EED_0003);
    for _ in 0..scale() {
        let plan = random_plan(&mut dice);
        let mut other = plan.clone();
        other.steps.push(
            content(r#"{"kind":"plan","title":"t","steps":[{"id":"z","action":"x"}]}"#).steps.remove(0),
        );
        let mut marks = Marks::undecided(other.steps.iter().map(|s| &s.id));
        let short = preview(&plan, &marks);
        marks.set(StepId::new("z").unwrap(), Mark::Rejected);
        let mut long = preview(&other, &marks);
        long.pop();
        assert_eq!(short, long);
    }
}

#[test]
fn no_plan_runs_a_step_without_what_it_cannot_run_without_whatever_fails() {
    let mut dice = Dice(0x5EED_0002);
    let (mut played, mut helped, mut failed) = (0, 0, 0);
    for _ in 0..scale() {
        let plan = random_plan(&mut dice);
        let Some(story) = signed(&mut dice, &plan) else { continue };
        let (story, _, interventions) = play(&mut dice, story, |dice, _| match dice.roll(6) {
            0 => None,
            1 => Some(json!({"n": "x", "v": null})),
            2 => Some(json!({})),
            _ => Some(json!({"v": "text", "n": dice.roll(4)})),
        });
        assert_eq!(replay(&story.log), story.request, "the log says what happened");
        played += 1;
        helped += usize::from(interventions > 0);
        failed += usize::from(story.request.execution == Some(Execution::Failed));
    }
    assert!(played > scale() / 2 && helped > 0 && failed > 0, "{played} {helped} {failed}");
}
