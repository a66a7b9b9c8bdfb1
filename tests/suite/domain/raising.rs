//! Deadlines, the escalation chain and passing on: what the clock does, what people do, and who has it then.

use super::build::*;
use countersign::domain::chain::{Courts, Occasion, Rung, Whom, Why};
use countersign::domain::command::{Command, Facts};
use countersign::domain::content::Content;
use countersign::domain::due::{self, Due};
use countersign::domain::event::Fact;
use countersign::domain::moment::{Moment, Span};
use countersign::domain::names::{PersonName, PrincipalName};
use countersign::domain::policy::Policy;
use countersign::domain::policy::roster::{Enrolled, Roster};
use countersign::domain::principal::{Caller, Permission, PrincipalKind, Role};
use countersign::domain::quorum::Slot;
use countersign::domain::refusal::Refusal;
use countersign::domain::request::StateName;

fn minutes(n: i64) -> Span {
    Span::from_minutes(n)
}

fn high() -> Content {
    content(r#"{"kind": "gate", "title": "Go on?", "risk": "high"}"#)
}

fn escalate(reason: &str) -> Command {
    Command::Escalate { reason: because(reason) }
}

fn reassign(to: &str) -> Command {
    Command::Reassign { to: PrincipalName::new(to).unwrap(), reason: None }
}

/// Asked for by the planner, with this chain above it.
fn with_chain(content: Content, chain: Vec<Rung>) -> Story {
    let mut story = Story::asked(&planner(), content);
    if let Fact::Submitted { revision, .. } = &mut story.log[0].fact {
        revision.assessment.chain.clone_from(&chain);
    }
    story.request = replay(&story.log);
    story
}

fn lead() -> Whom {
    Whom::Role(Role::Lead)
}

fn carol_herself() -> Whom {
    Whom::Principal(carol().name)
}

/// What happens if nobody acts, in minutes from the beginning.
fn ahead(story: &Story) -> Vec<(i64, Due)> {
    due::ahead(&story.request).into_iter().map(|one| (one.at.since(BEGIN).minutes(), one.due)).collect()
}

#[test]
fn the_deadlines_of_each_risk_are_those_of_the_design() {
    let (waits, soon, over) =
        (Due::Reminds(Occasion::Waits), Due::Reminds(Occasion::DueSoon), Due::Reminds(Occasion::ExpiresSoon));
    let of = |risk: &str| {
        let document = format!(r#"{{"kind": "gate", "title": "Go on?", "risk": "{risk}"}}"#);
        ahead(&Story::asked(&planner(), content(&document)))
    };
    let line = |remind, due: i64, expire: i64| {
        vec![
            (remind, waits),
            (due - 30, soon),
            (due, Due::Escalates),
            (expire - 30, over),
            (expire, Due::Expires),
        ]
    };
    assert_eq!(of("critical"), line(15, 60, 120));
    assert_eq!(of("high"), line(30, 120, 240));
    assert_eq!(of("medium"), line(60, 240, 1440));
    assert_eq!(of("low"), line(240, 1440, 4320));
    // An exception is due after four hours whatever its risk, and then there is nobody left to raise it to.
    let exception = content(r#"{"kind": "exception", "title": "Let me", "risk": "critical"}"#);
    assert_eq!(ahead(&Story::asked(&planner(), exception)).last(), Some(&(240, Due::Expires)));
}

#[test]
fn nobody_decided_so_the_clock_raises_it_once_and_whoever_had_it_stays_known() {
    let story =
        Story::asked(&planner(), high()).then(&bob(), reassign("carol")).after(minutes(120)).settled();
    assert_eq!((story.request.state_name(), story.request.level()), (StateName::Escalated, 1));
    let had: Vec<&Whom> = story.request.assignments.iter().map(|a| &a.to).collect();
    assert_eq!(had, [&carol_herself(), &lead()]);
    assert_eq!(story.request.assigned().unwrap().at, BEGIN.plus(minutes(120)));
    // A second look changes nothing.
    let again = story.decide(&Caller::system(), &Command::Settle, &facts()).unwrap();
    assert_eq!(again, []);
    assert_eq!(story.clone().after(minutes(120)).settled().request.state_name(), StateName::Expired);
}

#[test]
fn an_escalation_holds_from_when_it_was_due_whenever_somebody_looks() {
    let chain =
        vec![Rung { to: lead(), after: None }, Rung { to: carol_herself(), after: Some(minutes(45)) }];
    let punctual =
        with_chain(high(), chain.clone()).after(minutes(120)).settled().after(minutes(45)).settled();
    let late = with_chain(high(), chain).after(minutes(165)).settled();
    assert_eq!(punctual.request.assignments, late.request.assignments);
    assert_eq!(late.request.level(), 2);
    assert_eq!(late.request.assigned().unwrap().at, BEGIN.plus(minutes(165)));
    let told: Vec<&Fact> =
        late.log.iter().map(|e| &e.fact).filter(|f| matches!(f, Fact::Reminded { .. })).collect();
    assert_eq!(told, Vec::<&Fact>::new(), "what was overtaken is not said any more");
}

#[test]
fn somebody_raises_it_with_a_reason_and_not_above_the_top() {
    let story = Story::asked(&planner(), high());
    let no = story.refuses(&bob(), Command::Escalate { reason: None });
    assert!(matches!(no, Refusal::ReasonRequired { .. }) && no.to_string().contains("to escalate"), "{no}");
    let may_not = story.refuses_under(&facts_with(&[Permission::Review]), &bob(), escalate("odd"));
    assert_eq!(may_not, Refusal::NotPermitted { permission: Permission::Escalate });
    let story = story.after(minutes(5)).then(&bob(), escalate("the bridge is closed"));
    assert_eq!((story.request.level(), &story.request.assigned().unwrap().to), (1, &lead()));
    assert_eq!(story.request.deadlines.due_at, BEGIN.plus(minutes(120)), "the clock runs on");
    let no = story.refuses(&bob(), escalate("still"));
    assert!(no.to_string().contains("at the top of its chain: lead has it"), "{no}");
    assert_eq!(no.exit_code(), 1);
    let changes = story.then(&bob(), request_changes("shorter"));
    assert!(matches!(changes.refuses(&bob(), escalate("still")), Refusal::NotNow { .. }));
    let back = changes.after(minutes(60)).then(&planner(), revise(high()));
    assert_eq!(back.request.level(), 1, "it comes back to whoever it was raised to");
}

#[test]
fn the_time_changes_take_is_given_back_and_charged_to_the_producer() {
    let chain =
        vec![Rung { to: lead(), after: None }, Rung { to: carol_herself(), after: Some(minutes(60)) }];
    let story = with_chain(high(), chain).after(minutes(10)).then(&bob(), escalate("look"));
    assert_eq!(story.request.raised_at(), Some(BEGIN.plus(minutes(70))));
    let story = story.after(minutes(5)).then(&bob(), request_changes("shorter"));
    assert_eq!(story.request.raised_at(), None, "nobody above is called while the producer has it");
    let story = story.after(minutes(100)).then(&bob(), Command::Withdraw);
    assert_eq!(story.request.raised_at(), Some(BEGIN.plus(minutes(170))));
    let story = story.after(minutes(3)).then(&bob(), reject("no"));
    let courts = story.request.courts(story.now.plus(minutes(1000)));
    assert_eq!(
        (courts.reviewers.minutes(), courts.producer.minutes()),
        (18, 100),
        "closed, it is with nobody: {courts:?}"
    );
    let Courts { reviewers, producer, .. } = courts;
    assert_eq!(reviewers.and(producer), story.now.since(story.request.created_at));
}

#[test]
fn it_is_passed_on_to_anybody_but_who_asked_and_the_fourth_time_raises_it() {
    let story = Story::asked(&planner(), high());
    let no = story.refuses(&bob(), reassign("planner"));
    assert!(matches!(no, Refusal::NotEligible { .. }) && no.exit_code() == 1, "{no}");
    assert!(matches!(story.refuses(&bob(), reassign("system")), Refusal::NotEligible { .. }));
    let story = story.then(&bob(), reassign("carol"));
    assert!(story.refuses(&bob(), reassign("carol")).to_string().contains("has it already"));
    let story = story.then(&bob(), reassign("dave")).then(&bob(), reassign("carol"));
    assert_eq!((story.request.passed_on(), story.request.level()), (3, 0));
    let story = story.then(&bob(), reassign("dave"));
    assert_eq!(story.request.level(), 1);
    let raised = story.log.last().unwrap();
    assert!(matches!(&raised.fact, Fact::Escalated { why: Why::Reassigned, .. }), "{raised:?}");
    // At the top it is passed on all the same.
    assert_eq!(story.then(&bob(), reassign("erin")).request.level(), 1);
}

#[test]
fn in_a_team_it_is_given_to_somebody_enrolled_who_could_sign_it() {
    let enrolled = |name: &str, kind, person: &str, roles: &[Role]| Enrolled {
        name: PrincipalName::new(name).unwrap(),
        kind,
        person: PersonName::new(person).unwrap(),
        roles: roles.to_vec(),
        place: countersign::domain::policy::risk::Place::ANY,
        keys: Vec::new(),
        since: None,
    };
    let (person, bot) = (PrincipalKind::Human, PrincipalKind::Agent);
    let principals = vec![
        enrolled("alice", person, "alice", &[Role::Reviewer]),
        enrolled("bob", person, "bob", &[Role::Lead]),
        enrolled("dora", person, "dora", &[Role::Admin]),
        enrolled("cp14", bot, "alice", &[Role::Agent]),
    ];
    let policy = Policy { roster: Roster { principals }, ..Policy::BUILT_IN };
    let team = Facts { team: true, policy, ..facts() };
    let story = Story::asked(&cp14(), high());
    for (to, why) in
        [("nobody", "enrolled"), ("alice", "their agent's"), ("cp14", "own request"), ("dora", "`review`")]
    {
        let no = story.refuses_under(&team, &bob(), reassign(to));
        assert!(matches!(no, Refusal::NotEligible { .. }) && no.to_string().contains(why), "{to}: {no}");
    }
    assert_eq!(story.decide(&bob(), &reassign("bob"), &team).unwrap().len(), 1);
    let two_keys = Slot { role: Some(Role::Release), ..Slot::one_human() };
    let story = Story::asked_under(vec![two_keys], &planner(), high());
    let no = story.refuses_under(&team, &bob(), reassign("bob"));
    assert!(no.to_string().contains("none of the sign-offs"), "{no}");
}

#[test]
fn one_reminder_is_given_for_all_that_are_late_and_none_twice() {
    let story = Story::asked(&planner(), high()).after(minutes(95)).settled();
    let Fact::Reminded { of, was_due_at } = &story.log.last().unwrap().fact else {
        panic!("{:?}", story.log)
    };
    assert_eq!((*of, *was_due_at), (Occasion::DueSoon, BEGIN.plus(minutes(90))));
    assert_eq!(story.log.len(), 2);
    let story = story.after(minutes(5)).settled();
    assert_eq!(story.log.len(), 2);
    // A clock that was set back reminds nobody again, and gives no time.
    let back = Story { now: BEGIN, ..story };
    assert_eq!(back.clone().settled().log.len(), 2);
}

#[test]
fn a_person_who_decides_is_not_preceded_by_a_reminder() {
    let story = Story::asked(&planner(), high()).after(minutes(40)).then(&bob(), reject("no"));
    assert_eq!(story.log.len(), 2);
}

#[test]
fn what_asks_for_no_decision_calls_nobody_and_expires() {
    let blessing = content(r#"{"kind": "question", "title": "Should I proceed?", "options": ["yes", "no"]}"#);
    let story = Story::asked(&planner(), blessing);
    assert!(story.request.assessment().violation.is_some());
    assert_eq!(ahead(&story).into_iter().map(|(_, due)| due).collect::<Vec<_>>(), [Due::Expires]);
}

#[test]
fn an_event_from_before_the_chain_raises_nothing_and_promises_nothing() {
    let story = with_chain(high(), Vec::new());
    assert!(ahead(&story).iter().all(|(_, due)| *due != Due::Escalates));
    assert!(story.refuses(&bob(), escalate("x")).to_string().contains("no escalation chain"));
    assert_eq!(story.after(minutes(240)).settled().request.state_name(), StateName::Expired);
}

#[test]
fn whatever_happens_to_it_what_was_said_comes_true() {
    // From many places in many stories: what is ahead is what a watcher that looks every seven minutes records.
    let stories = [
        Story::asked(&planner(), high()),
        Story::asked(&planner(), high()).after(minutes(20)).then(&bob(), escalate("x")),
        Story::asked(&planner(), plan()).after(minutes(50)).then(&bob(), request_changes("x")),
        Story::asked(&planner(), runnable()).then(&bob(), approve()),
        Story::asked(&planner(), runnable())
            .then(&bob(), approve())
            .then(&planner(), next())
            .then(&planner(), asks("a")),
    ];
    for mut story in stories {
        let said: Vec<(Moment, &str)> =
            due::ahead(&story.request).into_iter().map(|one| (one.at, one.due.word())).collect();
        assert!(!said.is_empty());
        let begun = story.log.len();
        for _ in 0..2_000 {
            story = story.after(minutes(7)).settled();
        }
        // An end has no time of its own beside when it was recorded.
        let timed = story.log[begun..].iter().filter(|entry| !matches!(entry.fact, Fact::Ended { .. }));
        let came: Vec<(Moment, &str)> = timed
            .map(|entry| match &entry.fact {
                Fact::Reminded { was_due_at, .. } => (*was_due_at, "reminds"),
                Fact::Escalated { was_due_at, .. } => (was_due_at.unwrap(), "escalates"),
                Fact::Expired { due_at } => (*due_at, "expires"),
                Fact::Lapsed { due_at } => (*due_at, "lapses"),
                Fact::StepEnded { .. } => (BEGIN.plus(HOUR), "step_times_out"),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(said.iter().filter(|(_, what)| *what != "fails").count(), came.len(), "{said:?} {came:?}");
        assert!(came.iter().all(|one| said.contains(one)), "{said:?} {came:?}");
    }
}
