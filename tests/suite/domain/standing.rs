//! Who stands for what: the ways somebody could decide, or act, for whom they are not.

use super::build::*;
use countersign::domain::command::Facts;
use countersign::domain::content::Kind;
use countersign::domain::moment::Moment;
use countersign::domain::names::{PersonName, PrincipalName};
use countersign::domain::policy::roster::{Enrolled, Roster};
use countersign::domain::principal::{Caller, PrincipalKind, Role};
use countersign::domain::refusal::{Refusal, exit};
use countersign::domain::request::StateName;
use countersign::domain::rules::{could_fill, may, may_by_state};
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

/// A team in which alice and bob are leads, carol is a reviewer, and planner is carol's agent.
fn team(of: &[(&str, PrincipalKind, &str, &[Role])]) -> Facts {
    let enrolled = |(name, kind, person, roles): &(&str, PrincipalKind, &str, &[Role])| Enrolled {
        name: PrincipalName::new(*name).unwrap(),
        kind: *kind,
        person: PersonName::new(*person).unwrap(),
        roles: roles.to_vec(),
        place: countersign::domain::policy::risk::Place::ANY,
        keys: Vec::new(),
        since: None,
    };
    let mut policy =
        read("[[rule]]\nname = \"two\"\nslots = [{kind = \"human\"}, {kind = \"human\"}]\n").unwrap();
    policy.roster = Roster { principals: of.iter().map(enrolled).collect() };
    Facts { team: true, policy, ..facts() }
}

const HUMAN: PrincipalKind = PrincipalKind::Human;
const EVERYBODY: [(&str, PrincipalKind, &str, &[Role]); 4] = [
    ("alice", HUMAN, "alice", &[Role::Lead]),
    ("bob", HUMAN, "bob", &[Role::Lead]),
    ("carol", HUMAN, "carol", &[Role::Reviewer]),
    ("planner", PrincipalKind::Agent, "carol", &[Role::Producer]),
];

#[test]
fn who_came_to_own_the_asker_decides_no_more_than_who_always_did() {
    // Asked when planner was nobody's; the roster says carol's now.
    let story = Story::asked_under(two_humans(), &planner(), gate());
    let facts = team(&EVERYBODY);
    for command in [approve_because("fine"), reject("no")] {
        let refusal = story.refuses_under(&facts, &carol(), command);
        assert!(matches!(refusal, Refusal::OwnRequest { .. }), "{refusal}");
    }
    assert!(story.decide(&alice(), &approve_because("fine"), &facts).is_ok());
}

#[test]
fn the_sign_off_of_somebody_who_is_no_longer_enrolled_so_counts_no_more() {
    let before = team(&EVERYBODY);
    let story = Story::asked_under(two_humans(), &planner(), gate());
    let signed = story.decide(&alice(), &approve_because("fine"), &before).unwrap();
    let story = story.with(signed);
    assert_eq!(story.request.counting().count(), 1);
    let gone: Vec<_> = EVERYBODY.into_iter().filter(|(name, ..)| *name != "alice").collect();
    let mut fired = team(&gone);
    fired.policy.digest = Some(countersign::domain::digest::PolicyDigest::of("another"));
    let judged = story.decide(&bob(), &approve_because("fine"), &fired).unwrap();
    let story = story.with(judged);
    assert_eq!(story.request.state_name(), StateName::Requested, "alice's is void, bob's is one of two");
    let counting: Vec<&str> = story.request.counting().map(|s| s.bound.signer.name.as_str()).collect();
    assert_eq!(counting, ["bob"]);
    // And what was approved with it does not start.
    let approved = Story::asked_under(two_humans(), &planner(), runnable());
    let first = approved.decide(&alice(), &approve_because("fine"), &before).unwrap();
    let approved = approved.with(first);
    let second = approved.decide(&bob(), &approve_because("fine"), &before).unwrap();
    let approved = approved.with(second);
    assert_eq!(approved.request.state_name(), StateName::Approved);
    assert!(approved.decide(&planner(), &next(), &before).is_ok());
    let refusal = approved.refuses_under(&fired, &planner(), next());
    assert!(refusal.to_string().contains("the sign-offs it needs are now 1 human, 1 human"), "{refusal}");
}

#[test]
fn who_could_sign_is_told_by_name() {
    // Judged by the same policy, so that nothing is judged again.
    let mut facts = team(&EVERYBODY);
    facts.policy.digest = None;
    let mut slots = two_humans();
    slots[0].role = Some(Role::Lead);
    let names = |story: &Story, n: usize| -> Vec<String> {
        let could = could_fill(&story.request.assessment().slots[n], &story.request, &facts);
        could.iter().map(ToString::to_string).collect()
    };
    let story = Story::asked_under(slots, &planner(), gate());
    assert_eq!(names(&story, 0), ["alice", "bob"]);
    assert_eq!(names(&story, 1), ["alice", "bob"], "carol owns who asked");
    let signed = story.decide(&alice(), &approve_because("fine"), &facts).unwrap();
    assert_eq!(names(&story.with(signed), 1), ["bob"], "one person, one slot");
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
            place: countersign::domain::policy::risk::Place::ANY,
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
