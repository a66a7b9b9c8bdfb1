//! Who stands for what: the ways somebody could decide, or act, for whom they are not.

use super::build::*;
use countersign::domain::content::Kind;
use countersign::domain::moment::Moment;
use countersign::domain::policy::roster::{Enrolled, Roster};
use countersign::domain::principal::{Caller, PrincipalKind, Role};
use countersign::domain::refusal::{Refusal, exit};
use countersign::domain::request::StateName;
use countersign::domain::rules::{may, may_by_state};
use countersign::domain::transitions::Verb;
use countersign::exchange::policy::read;

#[test]
fn an_answer_stands_for_one_sign_off_and_only_for_one_that_fits() {
    let asked = Story::asked_under(two_humans(), &planner(), question());
    let refusal = asked.refuses(&alice(), answer(Some(1), None));
    assert!(refusal.to_string().contains("policy asks for 2 sign-offs, and an answer is one"), "{refusal}");
    assert_eq!(refusal.exit_code(), exit::REFUSED);
    let mut leads = two_humans();
    leads.truncate(1);
    leads[0].role = Some(Role::Lead);
    let asked = Story::asked_under(leads, &planner(), question());
    let refusal = asked.refuses(&alice(), answer(Some(1), None));
    assert!(matches!(refusal, Refusal::NoSlot { .. }), "{refusal}");
    let one = Story::asked(&planner(), question()).then(&alice(), answer(Some(1), None));
    assert_eq!(one.request.state_name(), StateName::Approved);
}

#[test]
fn what_a_person_asked_for_is_not_their_agents_to_act_on() {
    let story = Story::asked(&alice(), gate());
    let refusal = story.refuses(&cp14(), cancel("never mind"));
    assert!(matches!(refusal, Refusal::NotRequester { .. }), "{refusal}");
    assert_eq!(story.then(&alice_laptop(), cancel("never mind")).request.state_name(), StateName::Cancelled);
    // A person acts for their agent; another agent of theirs does not.
    let story = Story::asked(&cp14(), gate());
    let sibling = agent_of("cp18", "alice");
    assert!(matches!(story.refuses(&sibling, cancel("x")), Refusal::NotRequester { .. }));
    assert_eq!(story.then(&alice(), cancel("x")).request.state_name(), StateName::Cancelled);
    let approved = Story::asked(&alice(), runnable()).then(&bob(), approve_because("seen"));
    assert!(matches!(approved.refuses(&cp14(), next()), Refusal::NotRequester { .. }));
}

#[test]
fn a_policy_that_was_proposed_is_not_changed_by_anybody() {
    let mut story = Story::asked(&alice(), gate());
    story.request.revision.kind = Kind::Policy;
    for verb in [Verb::RequestChanges, Verb::Resubmit, Verb::Revise] {
        let refusal = may_by_state(verb, &story.request).unwrap_err().to_string();
        let why = if verb == Verb::Resubmit { "no changes were requested" } else { "is not changed" };
        assert!(refusal.contains(why), "{verb:?}: {refusal}");
    }
}

#[test]
fn what_policy_would_not_let_be_overridden_now_does_not_start() {
    let content = runnable();
    let story = Story::asked(&planner(), content);
    let goes = go_ahead(&story.request);
    let story = story.then(&alice(), goes);
    let under = |terms: &str| {
        let text = format!("[[rule]]\nname = \"held\"\noverride = {terms}\n");
        let mut facts = facts_for(&planner());
        facts.policy = read(&text).unwrap();
        facts
    };
    let refusal = story.refuses_under(&under("{ allowed = false }"), &planner(), next());
    assert!(refusal.to_string().contains("the rule `held` lets nobody override it now"), "{refusal}");
    let refusal = story.refuses_under(&under(r#"{ assurance = "signed" }"#), &planner(), next());
    assert!(refusal.to_string().contains("to override it takes signed now"), "{refusal}");
    assert!(story.decide(&planner(), &next(), &under("{ allowed = true }")).is_ok());
}

#[test]
fn who_was_enrolled_after_it_was_asked_for_neither_signs_nor_overrides_what_is_sensitive() {
    let story = Story::asked(&planner(), sensitive_plan());
    let mut facts = facts();
    facts.team = true;
    let facts_since = |since: Moment| {
        let alice = Enrolled {
            name: alice().name,
            kind: PrincipalKind::Human,
            person: alice().person.unwrap(),
            roles: vec![Role::Lead],
            keys: Vec::new(),
            since: Some(since),
        };
        let mut facts = facts.clone();
        facts.policy.roster = Roster { principals: vec![alice] };
        facts
    };
    let asks = |verb, facts: &_, caller: &Caller| may(verb, &story.request, caller, facts, story.now);
    for verb in [Verb::Approve, Verb::Override] {
        let late = asks(verb, &facts_since(BEGIN.plus(HOUR)), &alice()).unwrap_err().to_string();
        assert!(late.contains("after this was asked for"), "{verb:?}: {late}");
        assert_eq!(asks(verb, &facts_since(BEGIN), &alice()), Ok(()), "{verb:?}");
    }
}
