//! What people do, what comes of it, and what they are refused: given, when, then.

use super::build::*;
use countersign::domain::chain::Occasion;
use countersign::domain::command::{Command, Facts, Seen};
use countersign::domain::content::Content;
use countersign::domain::decide::{self, OnSameReference, Placement, place};
use countersign::domain::due::{self, Due, next_due};
use countersign::domain::event::{CommentNumber, Entry, Fact, Sight};
use countersign::domain::marks::Mark;
use countersign::domain::moment::{Moment, Span};
use countersign::domain::names::{PrincipalName, RevisionNumber};
use countersign::domain::principal::{Caller, Permission, PrincipalKind};
use countersign::domain::quorum::Slot;
use countersign::domain::refusal::{Refusal, exit};
use countersign::domain::request::{
    Execution, Level, Request, SignOffStanding, State, StateName, Verdict, Waiting,
};
use countersign::domain::talk::About;
use countersign::domain::text::Text;

fn state(story: &Story) -> StateName {
    story.request.state_name()
}

fn marks(story: &Story) -> [Mark; 2] {
    [story.request.marks.on(&step("a")), story.request.marks.on(&step("b"))]
}

/// A plan whose `b` needs `a` with this effect and resolution.
fn plan_needing(effect: &str, resolution: &str) -> Content {
    content(&format!(
        r#"{{"kind": "plan", "title": "t", "steps": [{{"id": "a", "action": "look"}},
            {{"id": "b", "action": "send", "needs": [{{"step": "a", "effect": "{effect}", "resolution": "{resolution}"}}]}}]}}"#
    ))
}

// One's own request.

#[test]
fn nobody_approves_their_own_request() {
    let story = Story::asked(&alice(), plan());
    for own in [alice(), alice_laptop(), cp14()] {
        for command in [approve(), reject("no"), request_changes("less"), mark(&["a"], Mark::Approved)] {
            let told = story.refuses(&own, command);
            assert_eq!(told, Refusal::OwnRequest { requester: alice().name }, "{}", own.name);
        }
    }
    assert_eq!(state(&story.then(&bob(), approve())), StateName::Approved);
}

#[test]
fn a_producer_owned_by_nobody_does_not_approve_its_own_request_either() {
    let story = Story::asked(&planner(), plan());
    assert!(matches!(story.refuses(&planner(), approve()), Refusal::OwnRequest { .. }));
}

#[test]
fn self_review_lets_one_approve_ones_own_request_where_the_store_says_so() {
    let story = Story::asked(&alice(), plan());
    let solo = Facts { self_review: true, ..facts() };
    let entries = story.decide(&alice(), &approve(), &solo).unwrap();
    assert_eq!(state(&story.with(entries)), StateName::Approved);
}

#[test]
fn a_person_answers_their_own_agent_but_does_not_approve_its_plan() {
    let asked = Story::asked(&cp14(), question());
    assert!(matches!(asked.refuses(&cp14(), answer(Some(1), None)), Refusal::OwnRequest { .. }));
    let sibling = agent_of("cp18", "alice");
    assert!(matches!(asked.refuses(&sibling, answer(Some(1), None)), Refusal::OwnRequest { .. }));
    assert_eq!(state(&asked.then(&alice(), answer(Some(1), None))), StateName::Approved);
    let plan = Story::asked(&cp14(), plan());
    assert!(matches!(plan.refuses(&alice(), approve()), Refusal::OwnRequest { .. }));
}

#[test]
fn a_person_does_not_answer_their_own_question() {
    let asked = Story::asked(&alice(), question());
    assert!(matches!(asked.refuses(&alice(), answer(Some(1), None)), Refusal::OwnRequest { .. }));
    assert!(matches!(asked.refuses(&alice_laptop(), answer(Some(1), None)), Refusal::OwnRequest { .. }));
}

// Approving.

#[test]
fn approving_marks_the_undecided_steps_and_never_a_rejected_or_skipped_one() {
    for left_out in [Mark::Rejected, Mark::Skipped] {
        let story = Story::asked(&planner(), plan()).then(&bob(), mark(&["b"], left_out));
        let story = story.then(&alice(), approve());
        assert_eq!(state(&story), StateName::Approved);
        assert_eq!(marks(&story), [Mark::Approved, left_out]);
        assert_eq!(story.request.marks.with(Mark::Approved).collect::<Vec<_>>(), [&step("a")]);
        assert!(!story.request.is_whole());
    }
}

#[test]
fn marks_never_close_a_request() {
    let story = Story::asked(&planner(), plan()).then(&bob(), mark(&["a", "b"], Mark::Approved));
    assert_eq!(state(&story), StateName::Requested);
    let story = story.then(&bob(), mark(&["a", "b"], Mark::Rejected));
    assert_eq!(state(&story), StateName::Requested);
}

#[test]
fn marking_what_is_marked_so_already_records_nothing() {
    let story = Story::asked(&planner(), plan()).then(&bob(), mark(&["a"], Mark::Approved));
    assert_eq!(story.decide(&alice(), &mark(&["a"], Mark::Approved), &facts()), Ok(Vec::new()));
}

#[test]
fn a_step_that_is_not_there_cannot_be_marked_or_talked_about() {
    let story = Story::asked(&planner(), plan());
    let told = story.refuses(&bob(), mark(&["a", "z"], Mark::Approved));
    assert_eq!(told, Refusal::NoSuchStep { id: story.request.id, step: step("z") });
    assert_eq!(told.exit_code(), exit::INVALID);
    let about = Command::Comment {
        text: Text::from("hm"),
        about: About { step: Some(step("z")), ..About::default() },
    };
    assert!(matches!(story.refuses(&bob(), about), Refusal::NoSuchStep { .. }));
}

#[test]
fn a_sign_off_on_nothing_is_refused_reject_it_instead() {
    for left_out in [Mark::Rejected, Mark::Skipped] {
        let story = Story::asked(&planner(), plan()).then(&bob(), mark(&["a", "b"], left_out));
        let told = story.refuses(&alice(), approve());
        assert_eq!(told, Refusal::NothingApproved);
        assert!(told.to_string().contains("reject the request instead"), "{told}");
    }
}

#[test]
fn a_sign_off_is_refused_while_an_approved_step_is_blocked_or_asks() {
    for resolution in ["wait", "ask_user"] {
        for left_out in [Mark::Rejected, Mark::Skipped] {
            let story = Story::asked(&planner(), plan_needing("blocks", resolution));
            let story = story.then(&bob(), mark(&["a"], left_out));
            let told = story.refuses(&alice(), approve());
            let Refusal::Blocked { step: blocked, needed, .. } = &told else {
                panic!("{resolution}: {told}")
            };
            assert_eq!(
                (blocked, &needed.step, &needed.field),
                (&step("b"), &step("a"), &None),
                "{resolution}"
            );
            assert_eq!(told.exit_code(), exit::REFUSED);
            // Skipping the blocked step leaves nothing; approving the needed one again resolves it.
            let resolved = story.then(&bob(), mark(&["a"], Mark::Approved)).then(&alice(), approve());
            assert_eq!(state(&resolved), StateName::Approved);
        }
    }
}

#[test]
fn a_step_that_is_skipped_with_what_it_needs_does_not_stop_a_sign_off() {
    let three = content(
        r#"{"kind": "plan", "title": "t", "steps": [{"id": "a", "action": "look"}, {"id": "c", "action": "log"},
            {"id": "b", "action": "send", "needs": [{"step": "a", "effect": "blocks", "resolution": "skip"}]}]}"#,
    );
    let story = Story::asked(&planner(), three).then(&bob(), mark(&["a"], Mark::Rejected));
    assert_eq!(state(&story.then(&alice(), approve())), StateName::Approved);
    // But where nothing else is left, nothing would run.
    let story = Story::asked(&planner(), plan_needing("blocks", "skip"));
    let story = story.then(&bob(), mark(&["a"], Mark::Rejected));
    assert_eq!(story.refuses(&alice(), approve()), Refusal::NothingApproved);
}

#[test]
fn what_a_step_can_do_without_does_not_stop_a_sign_off() {
    for effect in ["enhances", "optional"] {
        for resolution in ["wait", "skip", "ask_user"] {
            let story = Story::asked(&planner(), plan_needing(effect, resolution));
            let story = story.then(&bob(), mark(&["a"], Mark::Rejected)).then(&alice(), approve());
            assert_eq!(state(&story), StateName::Approved, "{effect} {resolution}");
        }
    }
}

#[test]
fn two_of_one_person_do_not_make_a_quorum_of_two() {
    let story = Story::asked_under(two_humans(), &planner(), plan()).then(&alice(), approve());
    assert_eq!(state(&story), StateName::Requested);
    for same in [alice(), alice_laptop()] {
        let told = story.refuses(&same, approve());
        assert_eq!(told, Refusal::AlreadySigned { by: alice().name, at: BEGIN });
    }
    let told = story.refuses(&agent_of("bot", "dave"), approve());
    assert!(matches!(&told, Refusal::NoSlot { open } if open.len() == 1), "{told}");
    assert_eq!(state(&story.then(&bob(), approve())), StateName::Approved);
}

#[test]
fn a_changed_mark_voids_the_sign_off_on_the_other_marks() {
    let story = Story::asked_under(two_humans(), &planner(), plan()).then(&alice(), approve());
    let story = story.then(&bob(), mark(&["b"], Mark::Skipped));
    assert_eq!(story.request.signoffs[0].standing, SignOffStanding::Void);
    let story = story.then(&bob(), approve());
    assert_eq!(state(&story), StateName::Requested, "a void sign-off fills no slot");
    let story = story.then(&alice(), approve());
    assert_eq!(state(&story), StateName::Approved);
    let Some(Fact::Approved { signoffs, .. }) = story.log.last().map(|e| &e.fact) else { panic!() };
    assert_eq!(signoffs.iter().map(|n| n.0).collect::<Vec<_>>(), [2, 3]);
}

/// A human, and one of two agents.
fn a_human_and_an_agent() -> Vec<Slot> {
    let any_of = ["cp14", "cp18"].map(|name| PrincipalName::new(name).unwrap()).to_vec();
    vec![Slot::one_human(), Slot { kind: PrincipalKind::Agent, any_of, ..Slot::one_human() }]
}

#[test]
fn an_agent_fills_an_agents_slot_with_the_permission_to_and_only_that_slot() {
    let story = Story::asked_under(a_human_and_an_agent(), &planner(), plan());
    let cp18 = agent_of("cp18", "dave");
    let told = story.refuses_under(&facts_with(&[Permission::Review]), &cp18, approve());
    assert_eq!(told, Refusal::NotPermitted { permission: Permission::CosignAgent });
    let cosign = facts_with(&[Permission::CosignAgent]);
    let told = story.refuses_under(&cosign, &bob(), approve());
    assert_eq!(told, Refusal::NotPermitted { permission: Permission::Review });
    let told = story.refuses_under(&cosign, &agent_of("bot", "dave"), approve());
    assert!(matches!(told, Refusal::NoSlot { .. }), "{told}");
    let entries = story.decide(&cp18, &approve(), &cosign).unwrap();
    let story = story.with(entries);
    assert_eq!(state(&story), StateName::Requested, "the human's slot is open");
    // Its owner is the same hand.
    assert!(matches!(story.refuses(&human("dave"), approve()), Refusal::AlreadySigned { .. }));
    assert_eq!(state(&story.then(&bob(), approve())), StateName::Approved);
}

#[test]
fn deciding_on_what_is_closed_says_who_decided_what_and_when() {
    let story = Story::asked(&planner(), plan()).then(&alice(), reject("no")).after(MINUTE);
    let told = story.refuses(&bob(), approve());
    assert_eq!(told.exit_code(), exit::CONFLICT);
    assert_eq!(told.to_string(), "R-17 is already rejected by alice, at 2027-01-15 08:00:00Z");
}

// What was seen.

#[test]
fn a_stale_digest_is_refused_as_a_conflict_and_a_fresh_one_is_recorded_as_seen() {
    let story = Story::asked(&planner(), plan());
    let seen = prefix(&story.request);
    let told = story.refuses(&bob(), Command::Approve { reason: None, seen: stale() });
    assert!(matches!(told, Refusal::Changed(_)), "{told}");
    assert_eq!(told.exit_code(), exit::CONFLICT);
    let marked = story.clone().then(&alice(), mark(&["b"], Mark::Skipped));
    let told = marked.refuses(&bob(), Command::Approve { reason: None, seen: seen.clone() });
    assert!(told.to_string().contains("b marked skipped"), "{told}");
    let signed = story.then(&bob(), Command::Approve { reason: None, seen });
    assert_eq!(signed.request.signoffs[0].bound.seen, Sight::Digest);
}

#[test]
fn who_names_nothing_is_recorded_as_not_having_seen() {
    let story = Story::asked(&planner(), plan()).then(&bob(), approve());
    assert_eq!(story.request.signoffs[0].bound.seen, Sight::No);
}

#[test]
fn talk_and_claims_and_prose_do_not_make_a_decision_stale() {
    let story = Story::asked(&planner(), plan());
    let seen = drawn(&story.request);
    let story = story
        .then(&alice(), comment("hm"))
        .then(&alice(), Command::Claim)
        .then(&planner(), revise(plan_with("staging", "Tell John at once", "a1", "b1")));
    assert_eq!(state(&story.then(&bob(), Command::Approve { reason: None, seen })), StateName::Approved);
}

#[test]
fn what_changed_since_it_was_drawn_is_named() {
    let story = Story::asked(&planner(), plan());
    let seen = drawn(&story.request);
    let story = story.then(&planner(), revise(plan_with("staging", "Tell John", "a1", "b2")));
    let Refusal::Changed(difference) = story.refuses(&bob(), Command::Approve { reason: None, seen }) else {
        panic!()
    };
    assert_eq!((difference.seen, difference.now), (Some(RevisionNumber(1)), RevisionNumber(2)));
    assert_eq!(
        difference.steps.iter().map(|(id, c)| (id.as_str(), c.word())).collect::<Vec<_>>(),
        [("b", "changed")]
    );
}

// Reasons.

#[test]
fn a_reason_is_required_to_refuse_to_ask_for_changes_to_cancel_and_to_approve_what_is_sensitive() {
    let harmless = Story::asked(&planner(), plan());
    let blank = || Some(Text::from(" \u{200b}\n"));
    for reason in [None, blank()] {
        let seen = Seen::Nothing;
        let commands = [
            (bob(), Command::Reject { reason: reason.clone(), seen: seen.clone() }),
            (bob(), Command::RequestChanges { reason: reason.clone(), seen: seen.clone() }),
            (planner(), Command::Cancel { reason: reason.clone() }),
        ];
        for (who, command) in commands {
            let told = harmless.refuses(&who, command.clone());
            assert!(matches!(told, Refusal::ReasonRequired { .. }), "{command:?}: {told}");
        }
        let sensitive = Story::asked(&planner(), sensitive_plan());
        let told = sensitive.refuses(&bob(), Command::Approve { reason, seen });
        assert!(matches!(told, Refusal::ReasonRequired { .. }), "{told}");
    }
    harmless.then(&bob(), approve());
    let story = Story::asked(&planner(), sensitive_plan()).then(&bob(), approve_because("we tried it"));
    assert_eq!(state(&story), StateName::Approved);
}

#[test]
fn a_reason_that_is_too_long_is_refused_by_every_verb_that_takes_one() {
    let long = Some(Text::from("x".repeat(facts().policy.limits.prose + 1).as_str()));
    let seen = Seen::Nothing;
    let plan = Story::asked(&planner(), plan());
    let asked = Story::asked(&planner(), question());
    let commands = [
        (&plan, bob(), Command::Approve { reason: long.clone(), seen: seen.clone() }),
        (&plan, bob(), Command::Reject { reason: long.clone(), seen: seen.clone() }),
        (&plan, bob(), Command::RequestChanges { reason: long.clone(), seen: seen.clone() }),
        (&plan, planner(), Command::Cancel { reason: long.clone() }),
        (&plan, bob(), Command::Comment { text: long.clone().unwrap(), about: About::REQUEST }),
        (
            &asked,
            bob(),
            Command::Answer { option: None, text: long.clone(), reason: None, seen: seen.clone() },
        ),
        (
            &asked,
            bob(),
            Command::Answer { option: Some(1), text: None, reason: long.clone(), seen: seen.clone() },
        ),
        (
            &plan,
            bob(),
            Command::Mark { steps: vec![step("a")], mark: Mark::Approved, reason: long.clone(), seen },
        ),
    ];
    for (story, who, command) in commands {
        let told = story.decide(&who, &command, &facts()).err();
        assert!(matches!(told, Some(Refusal::Invalid(_))), "{:?}: {told:?}", command.verb());
    }
}

// Changes.

#[test]
fn resubmitting_returns_to_the_state_before_with_the_time_given_back() {
    let story = Story::asked(&planner(), plan()).after(HOUR);
    let before = story.request.deadlines;
    let story = story.then(&bob(), request_changes("shorter")).after(Span::from_hours(5));
    let story = story.then(&planner(), revise(plan_with("staging", "Tell John", "a1", "short")));
    assert_eq!(story.request.state, State::Waiting(Waiting::Requested));
    assert_eq!(story.request.deadlines.due_at, before.due_at.plus(Span::from_hours(5)));
    let moved = before.expires_at.map(|at| at.plus(Span::from_hours(5)));
    assert_eq!(story.request.deadlines.expires_at, moved);
    assert_eq!(story.request.revision.number, RevisionNumber(2));
}

#[test]
fn an_escalated_request_comes_back_to_its_level() {
    let mut raised = Story::asked(&planner(), plan());
    raised.request.state = State::Waiting(Waiting::Escalated(Level(2)));
    let asked = raised.then(&bob(), request_changes("shorter"));
    assert_eq!(asked.request.level(), 2);
    let resubmitted = asked.clone().then(&planner(), revise(plan()));
    assert_eq!(resubmitted.request.state, State::Waiting(Waiting::Escalated(Level(2))));
    let withdrawn = asked.then(&bob(), Command::Withdraw);
    assert_eq!(withdrawn.request.state, State::Waiting(Waiting::Escalated(Level(2))));
}

#[test]
fn a_request_for_changes_is_taken_back_by_its_author_only_and_the_time_is_given_back() {
    let story = Story::asked(&planner(), plan()).then(&bob(), request_changes("shorter")).after(HOUR);
    let told = story.refuses(&carol(), Command::Withdraw);
    assert!(matches!(told, Refusal::NotNow { .. }), "{told}");
    assert!(told.to_string().contains("bob requested the changes"), "{told}");
    let back = story.clone().then(&bob(), Command::Withdraw);
    assert_eq!(state(&back), StateName::Requested);
    assert_eq!(back.request.deadlines.due_at, story.request.deadlines.due_at.plus(HOUR));
    assert_eq!(back.request.revision.number, RevisionNumber::FIRST);
}

#[test]
fn a_sign_off_is_taken_back_by_its_author_also_while_changes_are_requested() {
    let story = Story::asked_under(two_humans(), &planner(), plan()).then(&alice(), approve());
    let story = story.then(&bob(), request_changes("shorter"));
    assert_eq!(story.request.counting().count(), 1, "asking for changes voids nothing");
    let story = story.then(&alice(), Command::Withdraw);
    assert_eq!(story.request.signoffs[0].standing, SignOffStanding::Withdrawn);
    assert_eq!(state(&story), StateName::ChangesRequested, "bob's request for changes stands");
}

#[test]
fn who_takes_back_a_sign_off_may_sign_again() {
    let story = Story::asked_under(two_humans(), &planner(), plan())
        .then(&alice(), approve())
        .then(&alice(), Command::Withdraw);
    assert_eq!(story.request.open_slots().len(), 2);
    assert!(matches!(story.refuses(&alice(), Command::Withdraw), Refusal::NotNow { .. }));
    let story = story.then(&bob(), approve()).then(&alice(), approve());
    assert_eq!(state(&story), StateName::Approved);
}

#[test]
fn the_producer_has_72_hours_for_changes_and_then_it_has_expired() {
    let story = Story::asked(&planner(), plan()).after(HOUR).then(&bob(), request_changes("shorter"));
    let until = story.now.plus(Span::from_hours(72));
    let ahead: Vec<(Moment, Due)> =
        due::ahead(&story.request).into_iter().map(|one| (one.at, one.due)).collect();
    let soon = (until.minus(Span::from_minutes(30)), Due::Reminds(Occasion::ExpiresSoon));
    assert_eq!(ahead, [soon, (until, Due::Expires)]);
    let almost = Story { now: until.minus(Span::from_millis(1)), ..story.clone() };
    assert_eq!(state(&almost.clone().then(&planner(), revise(plan()))), StateName::Requested);
    assert_eq!(state(&almost.settled()), StateName::ChangesRequested);
    let late = Story { now: until, ..story };
    assert!(matches!(
        late.refuses(&planner(), revise(plan())),
        Refusal::Closed { state: StateName::Expired, .. }
    ));
    assert_eq!(state(&late.settled()), StateName::Expired);
}

#[test]
fn the_reason_for_changes_stands_in_the_thread() {
    let story = Story::asked(&planner(), plan()).then(&bob(), request_changes("shorter"));
    assert_eq!(story.request.comments[0].text, because("shorter"));
    assert_eq!(story.request.comments[0].by, bob().name);
}

// Time.

#[test]
fn it_expires_exactly_at_the_moment_and_nobody_approves_it_then() {
    let story = Story::asked(&planner(), plan());
    let at = story.request.deadlines.expires_at.unwrap();
    assert_eq!(at, BEGIN.plus(Span::from_hours(72)));
    let just = Story { now: at.minus(Span::from_millis(1)), ..story.clone() };
    assert_eq!(state(&just.then(&bob(), approve())), StateName::Approved);
    let late = Story { now: at, ..story };
    let told = late.refuses(&bob(), approve());
    assert!(matches!(told, Refusal::Closed { state: StateName::Expired, .. }), "{told}");
    assert!(told.to_string().contains("nobody decided in time"), "{told}");
}

#[test]
fn what_is_due_is_recorded_with_the_next_thing_that_is_done() {
    let story =
        Story::asked(&planner(), plan()).after(Span::from_hours(73)).then(&bob(), comment("too late"));
    assert_eq!(state(&story), StateName::Expired);
    assert_eq!(story.request.closed().unwrap().by, Caller::system().name);
    assert_eq!(story.request.comments.len(), 1);
}

#[test]
fn an_approved_plan_lapses_after_24_hours_and_a_sensitive_one_after_4() {
    for (content, hours) in [(plan(), 24), (sensitive_plan(), 4)] {
        let story = Story::asked(&planner(), content).then(&bob(), approve_because("we tried it"));
        assert_eq!(story.request.execution, Some(Execution::NotStarted));
        let at = BEGIN.plus(Span::from_hours(hours));
        assert_eq!(next_due(&story.request), Some((at, Due::Lapses)));
        let just = Story { now: at.minus(Span::from_millis(1)), ..story.clone() }.settled();
        assert_eq!(just.request.execution, Some(Execution::NotStarted));
        let late = Story { now: at, ..story }.settled();
        assert_eq!(late.request.execution, Some(Execution::Lapsed));
        assert_eq!(state(&late), StateName::Approved, "lapsing takes nothing back");
        assert_eq!(next_due(&late.request), None);
    }
}

#[test]
fn what_is_not_executed_does_not_lapse() {
    let story = Story::asked(&planner(), gate()).then(&bob(), approve());
    assert_eq!((story.request.execution, next_due(&story.request)), (None, None));
}

#[test]
fn a_debt_never_expires() {
    let debt = content(r#"{"kind": "debt", "title": "Review R-3"}"#);
    let story = Story::asked(&Caller::system(), debt).after(Span::from_hours(24 * 365)).settled();
    assert_eq!(state(&story), StateName::Escalated, "somebody is told, and it stays owed");
    assert_eq!(next_due(&story.request), None);
}

#[test]
fn a_clock_that_runs_back_gives_no_time_away() {
    let story = Story::asked(&planner(), plan()).after(HOUR).then(&bob(), request_changes("shorter"));
    let before = story.request.deadlines;
    let back = Story { now: BEGIN, ..story }.then(&bob(), Command::Withdraw);
    assert_eq!(back.request.deadlines, before);
}

// Claims.

#[test]
fn a_claim_holds_for_a_quarter_of_an_hour_and_is_extended_at_most_every_five_minutes() {
    let story = Story::asked(&planner(), plan()).then(&bob(), Command::Claim);
    let until = |story: &Story| story.request.live_claim(story.now).map(|c| c.until);
    assert_eq!(until(&story), Some(BEGIN.plus(Span::from_minutes(15))));
    let early = story.clone().after(Span::from_millis(5 * 60_000 - 1));
    assert!(matches!(early.refuses(&bob(), Command::Claim), Refusal::NotNow { .. }));
    let extended = story.clone().after(Span::from_minutes(5)).then(&bob(), Command::Claim);
    assert_eq!(until(&extended), Some(BEGIN.plus(Span::from_minutes(20))));
    assert!(story.request.live_claim(BEGIN.plus(Span::from_millis(15 * 60_000 - 1))).is_some());
    assert_eq!(until(&story.after(Span::from_minutes(15))), None);
}

#[test]
fn somebody_elses_claim_is_refused_with_their_name_until_it_ends() {
    let story = Story::asked(&planner(), plan()).then(&bob(), Command::Claim).after(MINUTE);
    for command in [Command::Claim, Command::Release] {
        let told = story.refuses(&carol(), command);
        assert_eq!(told.exit_code(), exit::CONFLICT);
        assert_eq!(told.to_string(), "bob is on it until 08:15Z");
    }
    let late = story.after(Span::from_minutes(14)).then(&carol(), Command::Claim);
    assert_eq!(late.request.live_claim(late.now).unwrap().by, carol().name);
    let told = late.refuses(&bob(), Command::Release);
    assert!(told.to_string().contains("carol is on it"), "{told}");
}

#[test]
fn a_claim_is_advisory_and_survives_a_revision_and_a_request_for_changes() {
    let story = Story::asked(&planner(), plan())
        .then(&bob(), Command::Claim)
        .then(&planner(), revise(plan_with("staging", "Tell John", "a2", "b1")))
        .then(&carol(), request_changes("shorter"));
    assert_eq!(story.request.live_claim(BEGIN).unwrap().by, bob().name);
    let story = story.then(&carol(), Command::Withdraw).then(&carol(), approve());
    assert_eq!(state(&story), StateName::Approved, "somebody else may decide");
    assert!(story.request.claim.is_none(), "and then nobody is on it");
}

#[test]
fn a_claim_is_released_by_who_took_it() {
    let story = Story::asked(&planner(), plan());
    assert!(matches!(story.refuses(&bob(), Command::Release), Refusal::NotNow { .. }));
    let story = story.then(&bob(), Command::Claim).then(&bob(), Command::Release);
    assert!(story.request.claim.is_none());
}

// Talk.

#[test]
fn a_closed_request_can_be_commented() {
    let story = Story::asked(&planner(), plan()).then(&bob(), reject("no"));
    let story = story.then(&viewer(), comment("a pity"));
    assert_eq!((state(&story), story.request.comments.len()), (StateName::Rejected, 1));
}

#[test]
fn an_empty_comment_and_an_answer_to_no_comment_are_refused() {
    let story = Story::asked(&planner(), plan()).then(&bob(), comment("hm"));
    assert!(matches!(story.refuses(&bob(), comment(" \n")), Refusal::Invalid(_)));
    let reply = |n| Command::Comment {
        text: Text::from("yes"),
        about: About { reply_to: Some(CommentNumber(n)), ..About::default() },
    };
    for none in [0, 2] {
        assert!(matches!(story.refuses(&bob(), reply(none)), Refusal::Invalid(_)), "{none}");
    }
    let story = story.then(&bob(), reply(1));
    assert_eq!(story.request.comments[1].reply_to, Some(CommentNumber(1)));
}

// Questions.

#[test]
fn a_question_is_answered_by_option_or_in_words() {
    let said = |story: Story| match story.request.closed().unwrap().verdict.clone() {
        Verdict::Approved { answer: Some(answer), .. } => (answer.option, answer.text),
        other => panic!("{other:?}"),
    };
    let asked = Story::asked(&planner(), question());
    assert_eq!(said(asked.clone().then(&bob(), answer(Some(2), None))), (Some(2), because("the new one")));
    assert_eq!(said(asked.then(&bob(), answer(None, Some("neither")))), (None, because("neither")));
}

#[test]
fn an_option_that_is_not_there_is_refused() {
    let asked = Story::asked(&planner(), question());
    let none = [
        (Some(0), None),
        (Some(3), None),
        (Some(u32::MAX), None),
        (None, None),
        (None, Some(" ")),
        (Some(1), Some("x")),
    ];
    for (option, text) in none {
        let told = asked.refuses(&bob(), answer(option, text));
        assert!(matches!(told, Refusal::Invalid(_)), "{option:?} {text:?}: {told}");
    }
}

#[test]
fn a_question_is_not_approved_and_nothing_else_is_answered() {
    let told = Story::asked(&planner(), question()).refuses(&bob(), approve());
    assert!(matches!(&told, Refusal::NotNow { why, .. } if why.contains("`answer`")), "{told}");
    let told = Story::asked(&planner(), plan()).refuses(&bob(), answer(Some(1), None));
    assert!(matches!(told, Refusal::NotNow { .. }), "{told}");
    let told = Story::asked(&planner(), gate()).refuses(&bob(), mark(&["a"], Mark::Approved));
    assert!(matches!(told, Refusal::NotNow { .. }), "{told}");
}

// Revisions.

#[test]
fn a_revision_keeps_the_marks_of_untouched_steps() {
    let marked = Story::asked(&planner(), plan()).then(&bob(), mark(&["a", "b"], Mark::Approved));
    let only_b = marked.clone().then(&planner(), revise(plan_with("staging", "Tell John", "a1", "b2")));
    assert_eq!(marks(&only_b), [Mark::Approved, Mark::Undecided]);
    // What `b` does depends on `a`: a changed needed step touches who needs it.
    let both = marked.clone().then(&planner(), revise(plan_with("staging", "Tell John", "a2", "b1")));
    assert_eq!(marks(&both), [Mark::Undecided, Mark::Undecided]);
    let prose = marked.then(&planner(), revise(plan_with("staging", "Tell John at once", "a1", "b1")));
    assert_eq!(marks(&prose), [Mark::Approved, Mark::Approved]);
    assert_eq!(prose.request.content_before.unwrap().title, Text::from("Tell John"));
}

#[test]
fn a_change_two_steps_away_touches_a_step() {
    let chain = |query: &str| {
        content(&format!(
            r#"{{"kind": "plan", "title": "t", "steps": [
                {{"id": "a", "action": "x", "params": {{"q": "{query}"}}}},
                {{"id": "b", "action": "x", "needs": [{{"step": "a"}}]}},
                {{"id": "c", "action": "x", "needs": [{{"step": "b"}}]}},
                {{"id": "d", "action": "x"}}]}}"#
        ))
    };
    let story =
        Story::asked(&planner(), chain("1")).then(&bob(), mark(&["a", "b", "c", "d"], Mark::Approved));
    let story = story.then(&planner(), revise(chain("2")));
    assert_eq!(story.request.marks.with(Mark::Approved).collect::<Vec<_>>(), [&step("d")]);
}

#[test]
fn where_there_are_no_steps_the_words_are_what_is_decided_on() {
    let story = Story::asked_under(two_humans(), &planner(), gate());
    let seen = drawn(&story.request);
    let story = story.then(&bob(), approve());
    let story = story.then(&planner(), revise(content(r#"{"kind": "gate", "title": "Go on for ever?"}"#)));
    assert_eq!(story.request.signoffs[0].standing, SignOffStanding::Void);
    let told = story.refuses(&carol(), Command::Approve { reason: None, seen });
    assert!(matches!(told, Refusal::Changed(_)), "{told}");
}

#[test]
fn revising_nothing_records_nothing() {
    let story = Story::asked(&planner(), plan());
    assert_eq!(story.decide(&planner(), &revise(plan()), &facts()), Ok(Vec::new()));
}

#[test]
fn a_revision_keeps_its_kind() {
    let told = Story::asked(&planner(), plan()).refuses(&planner(), revise(gate()));
    assert!(matches!(told, Refusal::Invalid(_)), "{told}");
}

#[test]
fn a_revision_never_moves_a_deadline_back() {
    let later = Story::asked(&planner(), sensitive_plan()).after(HOUR);
    let before = later.request.deadlines;
    // Nearly all of the danger is gone, and with it all of the hurry: the deadlines stay.
    let calm = later.then(&planner(), revise(plan()));
    assert_eq!(calm.request.deadlines, before);
    // It became dangerous: from now on it has the time of what is dangerous.
    let story = Story::asked(&planner(), plan()).after(HOUR).then(&planner(), revise(sensitive_plan()));
    assert_eq!(story.request.deadlines.due_at, BEGIN.plus(Span::from_hours(3)));
    assert_eq!(story.request.deadlines.expires_at, Some(BEGIN.plus(Span::from_hours(5))));
}

#[test]
fn a_revision_that_is_more_dangerous_voids_what_was_signed() {
    let claimed = |risk: &str| {
        content(&format!(
            r#"{{"kind": "plan", "title": "t", "risk": "{risk}", "steps": [{{"id": "a", "action": "x"}}]}}"#
        ))
    };
    let signed = Story::asked_under(two_humans(), &planner(), claimed("medium")).then(&bob(), approve());
    let easier = signed.clone().then(&planner(), revise(claimed("low")));
    assert_eq!(easier.request.signoffs[0].standing, SignOffStanding::Counts);
    let harder = signed.then(&planner(), revise(claimed("high")));
    assert_eq!(harder.request.signoffs[0].standing, SignOffStanding::Void);
}

// Submitting.

fn submit(by: &Caller, document: &str, facts: &Facts) -> Result<Entry, Refusal> {
    decide::submit(content(document), requester(by), None, by, facts, BEGIN)
}

const GATE: &str = r#"{"kind": "gate", "title": "Go on?"}"#;

#[test]
fn a_producer_has_so_many_open_requests_and_no_more() {
    let with = |open| Facts { open_of_requester: open, ..facts() };
    assert!(submit(&planner(), GATE, &with(999)).is_ok());
    let told = submit(&planner(), GATE, &with(1_000)).unwrap_err();
    assert_eq!(told, Refusal::Quota { requester: planner().name, limit: 1_000 });
    assert_eq!(told.exit_code(), exit::BUSY);
}

#[test]
fn debts_and_policies_are_not_submitted_by_people() {
    for kind in ["debt", "policy"] {
        let document = format!(r#"{{"kind": "{kind}", "title": "t"}}"#);
        for by in [alice(), cp14()] {
            let told = submit(&by, &document, &facts()).unwrap_err();
            assert_eq!(told.exit_code(), exit::INVALID, "{kind}");
        }
        assert!(submit(&Caller::system(), &document, &facts()).is_ok(), "{kind}");
    }
}

#[test]
fn submitting_needs_the_permission() {
    let told = submit(&alice(), GATE, &facts_with(&[Permission::Review])).unwrap_err();
    assert_eq!(told, Refusal::NotPermitted { permission: Permission::Submit });
}

#[test]
fn a_promotion_is_approved_by_who_may_roll_out_and_a_policy_by_an_admin() {
    let of = |kind: &str| {
        let asked = content(&format!(r#"{{"kind": "{kind}", "title": "t"}}"#));
        Story::asked(&Caller::system(), asked)
    };
    for (kind, needed) in [("promotion", Permission::Rollout), ("policy", Permission::Admin)] {
        let story = of(kind);
        let told = story.refuses_under(&facts_with(&[Permission::Review]), &bob(), approve_because("yes"));
        assert_eq!(told, Refusal::NotPermitted { permission: needed });
        assert!(story.decide(&bob(), &approve_because("yes"), &facts_with(&[needed])).is_ok());
        // An admin refuses a policy too; whoever may roll out and not review refuses no promotion.
        let told = story.decide(&bob(), &reject("no"), &facts_with(&[needed])).err();
        let review = Refusal::NotPermitted { permission: Permission::Review };
        assert_eq!(told, (needed == Permission::Rollout).then_some(review));
    }
}

// Redaction.

#[test]
fn a_redacted_request_still_reads_and_can_be_refused_but_not_approved() {
    let story = Story::asked(&planner(), plan()).then(&bob(), comment("secret")).redacted();
    assert_eq!(story.request.content, None);
    assert_eq!(story.request.comments[0].text, None);
    assert_eq!(story.refuses(&bob(), approve()), Refusal::Uninspectable);
    assert_eq!(state(&story.clone().then(&bob(), reject("nobody knows what it is"))), StateName::Rejected);
    let again = story.then(&planner(), revise(plan())).then(&bob(), approve());
    assert_eq!(state(&again), StateName::Approved, "a revision brings content back");
    let asked = Story::asked(&planner(), question()).redacted();
    assert_eq!(asked.refuses(&bob(), answer(Some(1), None)), Refusal::Uninspectable);
}

#[test]
fn every_event_reads_without_its_payload() {
    let stories = [
        Story::asked(&planner(), plan())
            .then(&bob(), request_changes("less"))
            .then(&planner(), revise(plan())),
        Story::asked(&planner(), plan())
            .then(&bob(), mark(&["a"], Mark::Approved))
            .then(&bob(), approve_because("yes")),
        Story::asked(&planner(), plan()).then(&planner(), cancel("no need")),
        Story::asked(&planner(), plan()).then(&bob(), reject("no")),
        Story::asked(&planner(), question()).then(&bob(), answer(Some(1), None)),
    ];
    let without_words = |request: &Request| {
        let mut request = request.clone();
        request.content = None;
        request.content_before = None;
        request.comments.iter_mut().for_each(|c| c.text = None);
        request.signoffs.iter_mut().for_each(|s| s.reason = None);
        if let State::Closed(closed) = &mut request.state {
            closed.reason = None;
            if let Verdict::Approved { answer: Some(answer), .. } = &mut closed.verdict {
                answer.text = None;
            }
        }
        request
    };
    for story in stories {
        let redacted = story.clone().redacted().request;
        assert_ne!(redacted, story.request, "there was something to redact");
        assert_eq!(redacted, without_words(&story.request));
    }
}

// References.

#[test]
fn content_under_a_known_reference_goes_where_the_producer_says() {
    use OnSameReference::{Again, Refuse, Revise};
    let open = Story::asked(&planner(), plan()).request;
    let closed = Story::asked(&planner(), plan()).then(&bob(), reject("no")).request;
    let same = plan();
    let prose = plan_with("staging", "Tell John at once", "a1", "b1");
    let other = plan_with("staging", "Tell John", "a1", "b2");
    let id = open.id;
    let taken = |open| Err(Refusal::ReferenceTaken { id, open });
    let rows = [
        // what is offered, how, while it is open, when it is closed
        (&same, Refuse, Ok(Placement::Same(id)), Ok(Placement::Same(id))),
        (&prose, Refuse, Ok(Placement::Same(id)), Ok(Placement::Same(id))),
        (&other, Refuse, taken(true), taken(false)),
        (&same, Revise, Ok(Placement::Same(id)), Ok(Placement::Same(id))),
        (&prose, Revise, Ok(Placement::NextRevision(id)), taken(false)),
        (&other, Revise, Ok(Placement::NextRevision(id)), taken(false)),
        (&same, Again, Ok(Placement::Same(id)), Ok(Placement::New)),
        (&prose, Again, Ok(Placement::Same(id)), Ok(Placement::New)),
        (&other, Again, Ok(Placement::New), Ok(Placement::New)),
    ];
    for (content, how, while_open, when_closed) in rows {
        assert_eq!(place(None, content, how), Ok(Placement::New), "a reference nobody used: {how:?}");
        assert_eq!(place(Some(&open), content, how), while_open, "open, {how:?}, {:?}", content.title);
        assert_eq!(place(Some(&closed), content, how), when_closed, "closed, {how:?}, {:?}", content.title);
    }
    assert_eq!(taken(true).map(|_: Placement| ()).unwrap_err().exit_code(), exit::CONFLICT);
}

#[test]
fn a_deadline_far_beyond_the_end_of_time_is_only_far() {
    let mut story = Story::asked(&planner(), plan());
    story.now = Moment::from_millis(i64::MAX - 1);
    assert_eq!(state(&story.settled()), StateName::Expired);
}

#[test]
fn a_revision_that_is_judged_riskier_is_a_change_also_when_it_would_do_the_same() {
    let told = r#"{"kind":"plan","title":"Harmless","steps":[{"id":"a","action":"x","risk":"low"}]}"#;
    let riskier = told.replace(r#""risk":"low""#, r#""risk":"critical""#);
    let prose = told.replace("Harmless", "Still harmless");
    let story = Story::asked(&planner(), content(told));
    let seen = drawn(&story.request);
    let approve = || Command::Approve { reason: because("fine"), seen: seen.clone() };
    let reworded = Story::asked(&planner(), content(told)).then(&planner(), revise(content(&prose)));
    assert!(
        reworded.decide(&alice(), &approve(), &facts()).is_ok(),
        "prose changes nothing that is decided on"
    );
    let raised = story.then(&planner(), revise(content(&riskier)));
    let Refusal::Changed(difference) = raised.refuses(&alice(), approve()) else {
        panic!("it is judged riskier now")
    };
    assert!(difference.to_string().contains("risk was low, is critical"), "{difference}");
}
