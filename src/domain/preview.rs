//! What would run: one pure function from a plan, its marks and what is known of its results to what each step does and
//! why. The screen, `preview`, a sign-off and the execution all ask it, so that what was shown is what happens.

pub use crate::domain::consequences::{consequences, field_of, nothing_is_missing};
use crate::domain::content::Content;
use crate::domain::marks::{Mark, Marks};
use crate::domain::names::StepId;
pub use crate::domain::outcome::*;
use crate::domain::request::Request;
use crate::domain::step::{Effect, Resolution};

/// What each step would do under `marks`, in document order. An undecided step counts as approved, because that is
/// what a sign-off makes of it; a step that runs counts as delivering what others need of it.
pub fn preview(content: &Content, marks: &Marks) -> Vec<(StepId, Outcome)> {
    consequences(content, marks, &Results::new())
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
    use crate::domain::names::ParamKey;
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
