//! Override and debt: who may go ahead without sign-offs, what they must say for it, and what they owe then.

use super::build::*;
use countersign::domain::command::{Command, Facts, Seen};
use countersign::domain::content::{Content, Kind};
use countersign::domain::document::{Limits, read};
use countersign::domain::event::{Entry, Fact};
use countersign::domain::evolve;
use countersign::domain::marks::Mark;
use countersign::domain::moment::Span;
use countersign::domain::names::RequestId;
use countersign::domain::overriding::{
    Class, Lack, OverrideTerms, Plea, debt, digest_of_reason, may_close, phrase,
};
use countersign::domain::policy::Policy;
use countersign::domain::principal::{Assurance, Caller, Permission, PrincipalKind};
use countersign::domain::refusal::{Refusal, exit};
use countersign::domain::request::{Execution, Request, StateName, Verdict};
use countersign::domain::rules;
use countersign::domain::text::Text;
use countersign::domain::transitions::Verb;

fn lack_of(refusal: Refusal) -> Lack {
    match refusal {
        Refusal::NotOverridden { lack, .. } => *lack,
        other => panic!("another refusal: {other}"),
    }
}

/// The debt that this override opens.
fn debt_of(story: &Story) -> Request {
    let (id, entry) = debt(&story.request, &Policy::BUILT_IN, story.now).unwrap();
    evolve::begin(id, &entry).unwrap()
}

fn decide(
    request: &Request,
    caller: &Caller,
    command: &Command,
    facts: &Facts,
    after: Span,
) -> Result<Vec<Entry>, Refusal> {
    request.decide(command, caller, facts, request.created_at.plus(after))
}

fn overridden(content: Content) -> Story {
    let story = Story::asked_under(two_humans(), &planner(), content);
    let goes = go_ahead(&story.request);
    story.then(&alice(), goes)
}

#[test]
fn it_goes_ahead_without_the_sign_offs_and_says_what_it_skipped() {
    let story = overridden(runnable());
    assert_eq!(story.request.state_name(), StateName::Overridden);
    assert_eq!(story.request.execution, Some(Execution::NotStarted));
    assert!(story.request.is_whole(), "what nobody refused is covered");
    assert_eq!(story.request.lapses_at, Some(story.now.plus(Span::from_hours(24))));
    let Some(Verdict::Overridden { bound, instead }) = story.request.closed().map(|c| &c.verdict) else {
        panic!()
    };
    assert_eq!(
        (bound.marks_digest, bound.revision_digest),
        (story.request.marks_digest(), story.request.revision.digest)
    );
    assert_eq!((instead.class, instead.reference.raw()), (Class::Incident, "INC-42"));
    assert_eq!(instead.skipped, two_humans(), "it fills no slot");
    assert_eq!(story.request.open_slots().len(), 2);
    assert!(instead.left_out.is_empty() && instead.passed_over.is_empty());
    assert_eq!(instead.debt, RequestId::new(18));
    assert_eq!(story.request.closed().unwrap().reason, because("The bridge is down and nobody answers."));
    // It runs like what was approved.
    let ran = story.then(&planner(), next()).then(&planner(), begins("a"));
    assert_eq!(ran.request.execution, Some(Execution::Running));
}

#[test]
fn it_covers_what_nobody_refused_and_nothing_blocks_and_no_more() {
    let story =
        Story::asked_under(two_humans(), &planner(), runnable()).then(&bob(), mark(&["a"], Mark::Rejected));
    // `b` cannot run without `a`: nothing of it would run.
    let told = story.refuses(&alice(), go_ahead(&story.request));
    assert_eq!(told, Refusal::NothingApproved);
    let three = content(
        r#"{"kind": "plan", "title": "Three", "steps": [
            {"id": "a", "action": "x.do"}, {"id": "b", "action": "x.do"},
            {"id": "c", "action": "x.do", "needs": [{"step": "b", "field": "key", "effect": "blocks", "resolution": "wait"}]},
            {"id": "d", "action": "x.do", "needs": [{"step": "c", "field": "key", "effect": "blocks", "resolution": "ask_user"}]},
            {"id": "e", "action": "x.do", "needs": [{"step": "d", "field": "key", "effect": "optional", "resolution": "skip"}]}]}"#,
    );
    let story = Story::asked_under(two_humans(), &planner(), three)
        .then(&bob(), mark(&["d"], Mark::Approved))
        .then(&bob(), mark(&["b"], Mark::Rejected));
    let goes = go_ahead(&story.request);
    let story = story.then(&alice(), goes);
    let marks: Vec<Mark> = "abcde".chars().map(|c| story.request.marks.on(&step(&c.to_string()))).collect();
    assert_eq!(marks, [Mark::Approved, Mark::Rejected, Mark::Skipped, Mark::Skipped, Mark::Approved]);
    let Some(Verdict::Overridden { instead, .. }) = story.request.closed().map(|c| &c.verdict) else {
        panic!()
    };
    assert_eq!(instead.left_out, [step("b"), step("c"), step("d")]);
    assert!(!story.request.is_whole(), "`wait` says in part");
}

#[test]
fn what_is_lacking_is_said_one_thing_at_a_time_in_one_order() {
    let story = Story::asked_under(two_humans(), &planner(), plan());
    let request = &story.request;
    let nothing = Command::Override { plea: Box::default(), seen: stale() };
    let me = alice();
    let told = |facts: &Facts, command: &Command| story.refuses_under(facts, &me, command.clone());
    // Everything is wrong; then one thing less at a time.
    let own = Story::asked(&alice(), plan());
    let everything = Facts { debts: vec![RequestId::new(9)], team: true, ..facts_with(&[]) };
    assert!(matches!(own.refuses_under(&everything, &me, nothing.clone()), Refusal::OwnRequest { .. }));
    assert_eq!(told(&everything, &nothing), Refusal::NotPermitted { permission: Permission::Override });
    let owing = Facts { debts: vec![RequestId::new(9)], team: true, ..facts() };
    assert_eq!(lack_of(told(&owing, &nothing)), Lack::Debt(RequestId::new(9)));
    let team = Facts { team: true, ..facts() };
    let weak = Lack::Assurance { needed: Assurance::Signed, has: Assurance::Asserted };
    assert_eq!(lack_of(told(&team, &nothing)), weak);
    let before = Facts { reason_used: Some(RequestId::new(3)), ..facts() };
    let mut said = Plea::default();
    let mut says = |change: fn(&mut Plea)| {
        change(&mut said);
        lack_of(told(&before, &Command::Override { plea: Box::new(said.clone()), seen: stale() }))
    };
    assert_eq!(says(|_| ()), Lack::Class(Text::default()));
    assert_eq!(says(|plea| plea.class = "catastrophe".into()), Lack::Class("catastrophe".into()));
    assert_eq!(says(|plea| plea.class = "data-loss".into()), Lack::Reference);
    assert_eq!(says(|plea| plea.reference = Text::new("x".repeat(201))), Lack::ReferenceForm);
    assert_eq!(says(|plea| plea.reference = "INC-42".into()), Lack::Reason(0));
    assert_eq!(says(|plea| plea.reason = "nineteen characters\u{200b}\u{200b}   ".into()), Lack::Reason(18));
    assert_eq!(
        says(|plea| plea.reason = "nobody answers, and the bridge is down".into()),
        Lack::ReasonUsed(RequestId::new(3))
    );
    said.phrase = "override r-17".into();
    let typed = |said: &Plea| Command::Override { plea: Box::new(said.clone()), seen: stale() };
    assert_eq!(lack_of(told(&facts(), &typed(&said))), Lack::Phrase, "not even nearly");
    said.phrase = "OVERRIDE R-1".into();
    assert_eq!(lack_of(told(&facts(), &typed(&said))), Lack::Phrase, "not of another one");
    said.phrase = Text::new(phrase(request.id));
    let changed = told(&facts(), &typed(&said));
    assert!(matches!(changed, Refusal::Changed(_)), "{changed}");
    assert_eq!(changed.exit_code(), exit::CONFLICT);
    story.clone().then(&alice(), Command::Override { plea: Box::new(said), seen: drawn(request) });
}

#[test]
fn every_lack_says_what_to_do() {
    let id = RequestId::new(17);
    for (lack, words) in [
        (Lack::Forbidden { rule: "payments".into() }, "ask for the sign-offs"),
        (Lack::Debt(RequestId::new(9)), "close R-9 first"),
        (
            Lack::Assurance { needed: Assurance::Signed, has: Assurance::Session },
            "countersign challenge R-17",
        ),
        (Lack::Class("\u{1b}x".into()), "⟨ESC⟩x is no class"),
        (Lack::Reference, "INC-42"),
        (Lack::ReferenceForm, "200 bytes"),
        (Lack::Reason(3), "has 3 visible characters and needs 20"),
        (Lack::ReasonUsed(RequestId::new(3)), "for R-3"),
        (Lack::Phrase, "OVERRIDE R-17"),
        (Lack::Unseen, "--digest"),
    ] {
        let refusal = Refusal::NotOverridden { id, lack: Box::new(lack) };
        assert!(refusal.to_string().contains(words), "{refusal}");
        assert!(refusal.to_string().starts_with("R-17 is not overridden: "), "{refusal}");
        assert_eq!(refusal.exit_code(), exit::REFUSED);
    }
}

#[test]
fn a_reason_is_the_same_whatever_its_case_and_punctuation() {
    let digest = |text: &str| digest_of_reason(&Text::from(text));
    let first = digest("The bridge is down, and nobody answers.");
    for again in [
        "the bridge is down and nobody answers",
        "The  bridge\nis down — and NOBODY answers!!!",
        "The\u{200b} bridge is down and nobody answers",
        "The\u{3164} bridge is down and nobody answers\u{ffa0}",
    ] {
        assert_eq!(digest(again), first, "{again}");
    }
    assert_ne!(digest("The bridge is down and nobody answered"), first);
    assert_ne!(digest("INC 42 and nobody answers"), digest("INC 43 and nobody answers"));
    assert_ne!(digest("!!!!!!!!!!!!!!!!!!!!"), digest("????????????????????"));
}

#[test]
fn a_program_never_overrides_and_nobody_their_own_request_whatever_a_solo_store_allows() {
    let story = Story::asked_under(two_humans(), &planner(), plan());
    for caller in [cp14(), agent_of("bot", "dave"), Caller::system()] {
        let told = story.refuses(&caller, go_ahead(&story.request));
        assert_eq!(told, Refusal::NotPermitted { permission: Permission::Override }, "{}", caller.name);
    }
    let own = Story::asked_under(two_humans(), &alice(), plan());
    let allowing = Facts { self_review: true, ..facts() };
    for caller in [alice(), alice_laptop()] {
        let told = own.refuses_under(&allowing, &caller, go_ahead(&own.request));
        assert!(matches!(told, Refusal::OwnRequest { .. }), "{told}");
    }
    let of_her_agent = Story::asked_under(two_humans(), &cp14(), plan());
    let told = of_her_agent.refuses(&alice(), go_ahead(&of_her_agent.request));
    assert!(matches!(told, Refusal::OwnRequest { .. }), "{told}");
}

#[test]
fn questions_promotions_debts_and_policies_are_not_overridden() {
    for kind in Kind::ALL {
        let document = format!(r#"{{"kind": "{kind}", "title": "t"}}"#);
        let document = match kind {
            Kind::Plan | Kind::Deployment => {
                format!(r#"{{"kind": "{kind}", "title": "t", "steps": [{{"id": "a", "action": "x.do"}}]}}"#)
            }
            Kind::Promotion => format!(r#"{{"kind": "{kind}", "title": "t", "tiers": [5]}}"#),
            _ => document,
        };
        let Ok(read) = read(document.as_bytes(), &Limits::BUILT_IN) else { panic!("{document}") };
        let story = Story::asked(&Caller::system(), read.content);
        let asked = rules::may(Verb::Override, &story.request, &alice(), &facts(), story.now);
        let may =
            matches!(kind, Kind::Plan | Kind::Deployment | Kind::Exception | Kind::Incident | Kind::Gate);
        assert_eq!(asked.is_ok(), may, "{kind}: {asked:?}");
    }
}

#[test]
fn in_a_team_it_is_signed_unless_the_rule_says_session_and_never_where_the_rule_says_no() {
    let terms = |allowed, assurance| Some(OverrideTerms { allowed, assurance });
    let under = |overriding| {
        let mut story = Story::asked_under(two_humans(), &planner(), plan());
        story.request.revision.assessment.overriding = overriding;
        story
    };
    let by = |assurance| Caller { assurance, ..alice() };
    let team = Facts { team: true, ..facts() };
    let told = |story: &Story, assurance| {
        story.decide(&by(assurance), &go_ahead(&story.request), &team).err().map(lack_of)
    };
    let weak = |needed, has| Some(Lack::Assurance { needed, has });
    let plain = under(None);
    assert_eq!(told(&plain, Assurance::Session), weak(Assurance::Signed, Assurance::Session));
    assert_eq!(told(&plain, Assurance::Signed), None);
    let session = under(terms(true, Some(Assurance::Session)));
    assert_eq!(told(&session, Assurance::Session), None);
    assert_eq!(told(&session, Assurance::Asserted), weak(Assurance::Session, Assurance::Asserted));
    let touch = under(terms(true, Some(Assurance::SignedTouch)));
    assert_eq!(told(&touch, Assurance::Signed), weak(Assurance::SignedTouch, Assurance::Signed));
    let forbidden = under(terms(false, None));
    let rule = forbidden.request.assessment().rule.clone();
    assert_eq!(told(&forbidden, Assurance::SignedTouch), Some(Lack::Forbidden { rule }));
    // Without a signature, which names the digests, they say what they saw.
    let unseen = Command::Override { plea: Box::new(plea(&session.request)), seen: Seen::Nothing };
    assert_eq!(lack_of(session.decide(&by(Assurance::Session), &unseen, &team).unwrap_err()), Lack::Unseen);
    assert!(session.decide(&by(Assurance::Signed), &unseen, &team).is_ok());
}

#[test]
fn who_is_passed_over_is_named() {
    let story = Story::asked_under(two_humans(), &planner(), plan()).then(&carol(), Command::Claim);
    let goes = go_ahead(&story.request);
    let at_producer = story.clone().then(&bob(), request_changes("shorter"));
    for (story, expected) in [(story, vec!["carol"]), (at_producer, vec!["bob", "carol"])] {
        let story = story.then(&alice(), goes.clone());
        let Some(Verdict::Overridden { instead, .. }) = story.request.closed().map(|c| &c.verdict) else {
            panic!()
        };
        let names: Vec<&str> = instead.passed_over.iter().map(|n| n.as_str()).collect();
        assert_eq!(names, expected);
    }
}

#[test]
fn sign_offs_on_the_same_marks_stand_and_others_are_void() {
    let story = Story::asked_under(two_humans(), &planner(), plan()).then(&bob(), approve());
    let goes = go_ahead(&story.request);
    let story = story.then(&alice(), goes);
    assert_eq!(story.request.counting().count(), 1);
    let Some(Verdict::Overridden { instead, .. }) = story.request.closed().map(|c| &c.verdict) else {
        panic!()
    };
    assert_eq!(instead.skipped.len(), 1, "one of two was given");
}

#[test]
fn the_debt_names_what_it_is_for_and_never_expires() {
    let story = overridden(sensitive_plan());
    let owed = debt_of(&story);
    assert_eq!(
        (owed.id, owed.kind(), owed.requester.kind),
        (RequestId::new(18), Kind::Debt, PrincipalKind::System)
    );
    let owes = owed.owes.clone().unwrap();
    assert_eq!((owes.request, owes.by, owes.person), (story.request.id, alice().name, alice().person));
    assert_eq!(owed.deadlines.due_at, story.now.plus(Span::from_hours(24)));
    assert_eq!(owed.deadlines.expires_at, None);
    assert_eq!(owed.target(), story.request.target());
    assert!(owed.assessment().sensitive && owed.assessment().risk >= story.request.assessment().risk);
    assert!(owed.assessment().violation.is_none() && owed.assessment().grant.is_none());
    let said = owed.content.as_ref().unwrap();
    let all = format!("{} {}", said.title.raw(), said.summary.raw());
    assert!(all.contains("R-17") && all.contains("alice") && all.contains("INC-42"), "{all}");
    assert!(!all.contains("nobody answers"), "the reason is redacted where it was given: {all}");
    let far =
        decide(&owed, &Caller::system(), &Command::Settle, &facts(), Span::from_hours(24 * 365)).unwrap();
    let raised = far.iter().all(|entry| matches!(entry.fact, Fact::Escalated { .. }));
    assert!(raised && far.len() == 1, "time raises it, and ends it never: {far:?}");
    assert!(debt(&Story::asked(&planner(), plan()).request, &Policy::BUILT_IN, BEGIN).is_none());
}

#[test]
fn a_debt_is_neither_cancelled_nor_overridden_nor_given_back() {
    let owed = debt_of(&overridden(plan()));
    for caller in [alice(), bob(), Caller::system()] {
        for command in [cancel("away with it"), request_changes("which?"), go_ahead(&owed)] {
            let told = decide(&owed, &caller, &command, &facts(), HOUR).unwrap_err();
            assert!(matches!(told, Refusal::NotNow { .. }), "{} {command:?}: {told}", caller.name);
            assert!(told.to_string().contains("it is reviewed, by `approve` or `reject`"), "{told}");
        }
    }
    assert!(decide(&owed, &alice(), &revise(gate()), &facts(), HOUR).is_err());
}

#[test]
fn in_a_team_nobody_of_the_overriders_closes_it_and_anybody_else_does_with_a_reason() {
    let owed = debt_of(&overridden(plan()));
    let team = Facts { team: true, ..facts() };
    let late = Span::from_hours(48);
    for caller in [alice(), alice_laptop(), cp14()] {
        for command in [approve_because("it was right"), reject("it was wrong")] {
            let told = decide(&owed, &caller, &command, &team, late).unwrap_err();
            assert!(
                matches!(told, Refusal::OwnDebt { from: None, .. }),
                "{} {command:?}: {told}",
                caller.name
            );
        }
    }
    let looked_at = Command::Approve { reason: Some(Text::new("it was right")), seen: drawn(&owed) };
    for (command, state) in [(looked_at, StateName::Approved), (reject("it was wrong"), StateName::Rejected)]
    {
        let entries = decide(&owed, &bob(), &command, &team, MINUTE).unwrap();
        let closed = entries.iter().fold(owed.clone(), Request::evolve);
        assert_eq!(closed.state_name(), state);
        assert!(!closed.owes.unwrap().self_reviewed);
        assert_eq!(closed.execution, None);
    }
    let in_silence = Command::Approve { reason: None, seen: drawn(&owed) };
    for command in [in_silence, Command::Reject { reason: None, seen: Seen::Nothing }] {
        let told = decide(&owed, &bob(), &command, &team, MINUTE).unwrap_err();
        assert!(matches!(told, Refusal::ReasonRequired { .. }), "{told}");
    }
}

#[test]
fn alone_one_closes_ones_own_after_an_hour_and_it_is_shown_as_that() {
    let owed = debt_of(&overridden(plan()));
    let just_before = Span::from_millis(HOUR.millis() - 1);
    for caller in [alice(), alice_laptop()] {
        let told =
            decide(&owed, &caller, &approve_because("it was right"), &facts(), just_before).unwrap_err();
        let Refusal::OwnDebt { from, .. } = told else { panic!("{told}") };
        assert_eq!(from, Some(owed.created_at.plus(HOUR)));
    }
    let told = decide(&owed, &cp14(), &approve_because("it was right"), &facts(), HOUR).unwrap_err();
    assert!(matches!(told, Refusal::OwnDebt { .. }), "an agent of hers never: {told}");
    for command in [approve_because("it was right"), reject("it was wrong")] {
        let entries = decide(&owed, &alice_laptop(), &command, &facts(), HOUR).unwrap();
        let closed = entries.iter().fold(owed.clone(), Request::evolve);
        assert!(!closed.is_open() && closed.owes.unwrap().self_reviewed);
    }
    assert!(may_close(&owed, &bob(), &facts(), owed.created_at).is_ok());
}

#[test]
fn an_override_that_was_read_again_is_the_same_also_without_its_words() {
    let story = overridden(plan());
    assert_eq!(replay(&story.log), story.request);
    let gone = story.redacted();
    assert_eq!(gone.request.state_name(), StateName::Overridden);
    assert_eq!(gone.request.closed().unwrap().reason, None);
    let Some(Verdict::Overridden { instead, .. }) = gone.request.closed().map(|c| &c.verdict) else {
        panic!()
    };
    assert_eq!(instead.reference.raw(), "INC-42", "class and reference are facts");
}

#[test]
fn what_has_no_steps_goes_ahead_as_it_is_and_what_was_redacted_does_not() {
    let story = overridden(gate());
    assert_eq!((story.request.state_name(), story.request.execution), (StateName::Overridden, None));
    let story = Story::asked_under(two_humans(), &planner(), plan()).redacted();
    assert_eq!(story.refuses(&alice(), go_ahead(&story.request)), Refusal::Uninspectable);
}

#[test]
fn it_lapses_and_a_policy_that_asks_more_refuses_its_start() {
    let story = overridden(runnable()).after(Span::from_hours(25)).settled();
    assert_eq!(story.request.execution, Some(Execution::Lapsed));
    let strict = Facts { policy: Policy { trouble: Some("line 3".into()), ..Policy::BUILT_IN }, ..facts() };
    let story = Story::asked_under(two_humans(), &planner(), runnable());
    let told = story.refuses_under(&strict, &alice(), go_ahead(&story.request));
    assert!(matches!(told, Refusal::NoPolicy { .. }), "a broken policy opens nothing: {told}");
}

#[test]
fn no_rule_speaks_beside_an_override() {
    let story = overridden(runnable());
    let facts_of: Vec<&Fact> = story.log.iter().map(|entry| &entry.fact).collect();
    assert!(matches!(facts_of[..], [Fact::Submitted { .. }, Fact::Overridden { .. }]), "{facts_of:?}");
}
