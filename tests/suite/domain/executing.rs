//! Executions told as stories: who may, what is ready, what a failure, a question, a crash and time do.

use super::build::*;
use countersign::domain::claiming::standstill;
use countersign::domain::command::{Command, DigestPrefix, Facts, Said};
use countersign::domain::content::Content;
use countersign::domain::digest::TokenDigest;
use countersign::domain::event::{Entry, Fact};
use countersign::domain::execution::{
    AskedFor, End, Happening, How, Runner, STEPS, Stand, StepState, Work, leads, stands, tally,
};
use countersign::domain::marks::Mark;
use countersign::domain::moment::Span;
use countersign::domain::principal::Caller;
use countersign::domain::refusal::{Refusal, exit};
use countersign::domain::request::Execution;
use serde_json::{Value, json};

fn approved(content: Content) -> Story {
    Story::asked(&planner(), content).then(&bob(), approve_because("as we agreed"))
}

/// The producer has claimed it.
fn claimed(content: Content) -> Story {
    approved(content).then(&planner(), next())
}

fn stand(story: &Story, id: &str) -> Stand {
    stands(&story.request).into_iter().find(|s| s.step == step(id)).unwrap()
}

fn state(story: &Story, id: &str) -> StepState {
    stand(story, id).state
}

fn plan_of(steps: Value) -> Content {
    content(&json!({"kind": "plan", "title": "t", "steps": steps}).to_string())
}

fn gone() -> Facts {
    Facts { runner_gone: true, ..facts() }
}

/// This program, holding the token of every story.
fn gate(id: &str, how: How, result: Option<Value>) -> Command {
    let said = Said::Over { work: Work::Run, end: End::plain(how), result, output: None, reason: None };
    Command::Report { token: token(), by: Runner::Gate, step: step(id), said: Box::new(said) }
}

fn begin() -> Command {
    Command::Begin { token: token() }
}

fn started(entries: &[Entry]) -> Option<String> {
    entries.iter().find_map(|e| match &e.fact {
        Fact::StepStarted { step, .. } => Some(step.to_string()),
        _ => None,
    })
}

fn why(refusal: Refusal) -> String {
    match refusal {
        Refusal::NotNow { why, .. } => why,
        other => panic!("{other}"),
    }
}

#[test]
fn nothing_that_is_not_approved_runs() {
    let open = Story::asked(&planner(), runnable());
    assert!(why(open.refuses(&alice(), run())).starts_with("refused: not approved"));
    assert!(why(open.refuses(&planner(), next())).starts_with("refused: not approved"));
    let rejected = open.clone().then(&bob(), reject("no"));
    assert_eq!(rejected.refuses(&alice(), run()).exit_code(), exit::CONFLICT);
    let cancelled = open.then(&planner(), cancel("not needed"));
    assert_eq!(cancelled.refuses(&planner(), next()).exit_code(), exit::CONFLICT);
}

#[test]
fn an_approval_that_lapsed_is_never_revived() {
    let late = approved(runnable()).after(Span::from_hours(24));
    let said = why(late.refuses(&alice(), run()));
    assert!(said.contains("lapsed") && said.contains("resubmit R-17 --as-new"), "{said}");
}

#[test]
fn the_first_to_claim_holds_it_and_others_are_told_who() {
    let story = claimed(runnable());
    let other = Command::Start { token: TokenDigest::of("another"), runner: Runner::Producer };
    assert_eq!(story.refuses(&planner(), other).exit_code(), exit::CONFLICT);
    assert_eq!(story.refuses(&alice(), run()).exit_code(), exit::CONFLICT);
    let stranger = Command::Next { token: TokenDigest::of("another") };
    assert!(matches!(story.refuses(&planner(), stranger), Refusal::HeldBy { .. }));
}

#[test]
fn a_step_is_ready_when_what_it_needs_is_settled_and_gets_what_that_gave() {
    let story = claimed(runnable());
    assert_eq!((state(&story, "a"), state(&story, "b")), (StepState::Ready, StepState::Pending));
    assert!(why(story.refuses(&planner(), begins("b"))).contains("b is pending"));
    let story = story.then(&planner(), begins("a")).then(&planner(), completes("a", json!({"key": "k-1"})));
    let b = stand(&story, "b");
    assert_eq!(b.state, StepState::Ready);
    let filled = b.filled.unwrap().unwrap();
    assert_eq!(filled.params.values().collect::<Vec<_>>(), [&json!(1), &json!("k-1")]);
    assert_eq!(filled.run.unwrap()[1].raw(), "k-1");
    let story = story.then(&planner(), completes("b", json!({})));
    assert_eq!(story.request.execution, Some(Execution::Done));
    assert_eq!(tally(&stands(&story.request)), (2, 0, 0));
    assert!(why(story.refuses(&alice(), run())).contains("over: done"));
}

#[test]
fn a_value_of_the_wrong_sort_stops_the_step_and_says_why() {
    for (given, word) in [
        (json!({"key": "-rf"}), "dash"),
        (json!({"key": "a\0b"}), "NUL"),
        (json!({"key": ["x"]}), "no argument"),
        (json!({"key": {"x": 1}}), "no argument"),
    ] {
        let story = approved(runnable()).then(&alice(), run()).then(&alice(), begin());
        let story = story.then(&alice(), gate("a", How::Completed, Some(given)));
        let entries = story.decide(&alice(), &begin(), &facts()).unwrap();
        assert_eq!(started(&entries), None);
        let story = story.with(entries);
        assert_eq!(state(&story, "b"), StepState::Failed);
        let said = story.request.run.as_ref().unwrap().steps[&step("b")].why.clone().unwrap();
        assert!(said.raw().contains(word), "{said:?}");
        let halted = why(story.refuses(&alice(), begin()));
        assert!(halted.contains("retry R-17 --step b") && halted.contains("roll-back"), "{halted}");
    }
}

#[test]
fn a_missing_field_asks_and_no_value_is_typed_in() {
    let story = claimed(runnable()).then(&planner(), completes("a", json!({"other": 1})));
    assert_eq!(state(&story, "b"), StepState::WaitingIntervention);
    let confirm = Command::Confirm { step: step("b"), filled: None, option: None, reason: because("k-9") };
    let said = why(story.refuses(&bob(), confirm));
    assert!(said.contains("a.key") && said.contains("resubmit R-17 --as-new"), "{said}");
    let story = story.then(&alice(), Command::LeaveOut { step: step("b"), reason: None });
    assert_eq!(story.request.execution, Some(Execution::Done));
    assert_eq!(tally(&stands(&story.request)), (1, 1, 0));
}

#[test]
fn nothing_new_starts_while_a_failure_is_unanswered_and_each_answer_does_what_it_says() {
    let three = || {
        plan_of(json!([
            {"id": "a", "action": "x", "run": ["/bin/a"]},
            {"id": "b", "action": "x", "run": ["/bin/b"], "needs": [{"step": "a", "resolution": "skip"}]},
            {"id": "c", "action": "x", "run": ["/bin/c"]}]))
    };
    let story = approved(three()).then(&alice(), run()).then(&alice(), begin());
    let story = story.then(&alice(), gate("a", How::Failed, None));
    assert_eq!((state(&story, "a"), state(&story, "b")), (StepState::Failed, StepState::Pending));
    story.refuses(&alice(), begin());

    let again = story.clone().then(&alice(), Command::Retry { step: step("a"), reason: None });
    assert_eq!(state(&again, "a"), StepState::Ready);
    let entries = again.decide(&alice(), &begin(), &facts()).unwrap();
    assert!(matches!(&entries[0].fact, Fact::StepStarted { attempt: 2, .. }), "{entries:?}");

    let without = story.clone().then(&alice(), Command::LeaveOut { step: step("a"), reason: None });
    assert_eq!((state(&without, "a"), state(&without, "b")), (StepState::Skipped, StepState::Skipped));
    let done = without.then(&alice(), begin()).then(&alice(), gate("c", How::Completed, None));
    assert_eq!(done.request.execution, Some(Execution::Done));

    let past = story.then(&alice(), Command::Continue { reason: None });
    assert_eq!((state(&past, "a"), state(&past, "b")), (StepState::Failed, StepState::Skipped));
    let revive = why(past.refuses(&alice(), Command::Retry { step: step("a"), reason: None }));
    assert!(revive.contains("never revives"), "{revive}");
    let over = past.then(&alice(), begin()).then(&alice(), gate("c", How::Completed, None));
    assert_eq!(over.request.execution, Some(Execution::Failed), "a step ended badly, and it shows");
}

#[test]
fn what_was_done_is_taken_back_last_first_with_its_own_result() {
    let content = plan_of(json!([
        {"id": "a", "action": "x", "run": ["/bin/a"], "undo": ["/bin/undo", "{{a.key}}"]},
        {"id": "b", "action": "x", "run": ["/bin/b"], "undo": ["/bin/undo", "b"], "needs": [{"step": "a"}]},
        {"id": "c", "action": "x", "run": ["/bin/c"], "needs": [{"step": "b"}]}]));
    let mut story = approved(content).then(&alice(), run());
    for (id, how) in [("a", How::Completed), ("b", How::Completed), ("c", How::Failed)] {
        story = story.then(&alice(), begin()).then(&alice(), gate(id, how, Some(json!({"key": 7}))));
    }
    let back = Command::RollBack { token: token(), reason: None };
    assert!(matches!(story.refuses(&alice(), back.clone()), Refusal::HeldBy { .. }), "its runner lives");
    let entries = story.decide(&alice(), &back, &gone()).unwrap();
    story = story.with(entries);
    let mut commands = Vec::new();
    for id in ["b", "a"] {
        let entries = story.decide(&alice(), &begin(), &facts()).unwrap();
        assert_eq!(started(&entries).as_deref(), Some(id));
        let command = entries[0].payload.here().unwrap().command.clone().unwrap();
        commands.push(command.iter().map(|word| word.raw().to_owned()).collect::<Vec<_>>());
        let end = End::plain(How::Completed);
        let said = Said::Over { work: Work::Undo, end, result: None, output: None, reason: None };
        let report =
            Command::Report { token: token(), by: Runner::Gate, step: step(id), said: Box::new(said) };
        story = story.with(entries).then(&alice(), report);
    }
    assert_eq!(commands, [["/bin/undo", "b"], ["/bin/undo", "7"]]);
    assert_eq!(story.request.execution, Some(Execution::Failed));
}

#[test]
fn a_runner_that_died_in_a_step_leaves_it_unknown_and_nothing_runs_again() {
    let story = approved(runnable()).then(&alice(), run()).then(&alice(), begin());
    let entries = story.decide(&Caller::system(), &Command::Settle, &gone()).unwrap();
    let names: Vec<String> = entries.iter().map(|e| e.fact.to_parts().0).collect();
    assert_eq!(names, ["step.ended", "execution.ended"]);
    let story = story.with(entries);
    assert_eq!(story.request.execution, Some(Execution::Unknown));
    assert_eq!(state(&story, "a"), StepState::Unknown);
    for command in [run(), begin(), Command::Retry { step: step("a"), reason: None }] {
        let said = story.refuses_under(&gone(), &alice(), command);
        assert!(said.to_string().contains("unknown"), "{said}");
    }
}

#[test]
fn a_runner_that_died_between_steps_is_taken_over_and_nothing_runs_twice() {
    let story = approved(runnable()).then(&alice(), run()).then(&alice(), begin());
    let story = story.then(&alice(), gate("a", How::Completed, Some(json!({"key": "k"}))));
    let again = Command::Start { token: TokenDigest::of("second"), runner: Runner::Gate };
    assert!(matches!(story.refuses(&alice(), again.clone()), Refusal::HeldBy { .. }), "it lives");
    let entries = story.decide(&alice(), &again, &gone()).unwrap();
    let story = story.with(entries);
    assert!(matches!(story.refuses(&alice(), begin()), Refusal::HeldBy { .. }), "the old token is no more");
    let entries =
        story.decide(&alice(), &Command::Begin { token: TokenDigest::of("second") }, &facts()).unwrap();
    assert_eq!(started(&entries).as_deref(), Some("b"));
}

#[test]
fn late_values_at_high_risk_wait_for_a_reviewer_who_is_not_the_requester() {
    let content = plan_of(json!([
        {"id": "a", "action": "x", "run": ["/bin/a"]},
        {"id": "b", "action": "x", "risk": "high", "run": ["/bin/b", "{{a.key}}"],
         "needs": [{"step": "a", "field": "key"}]},
        {"id": "c", "action": "x", "run": ["/bin/c"]}]));
    let done_a = |key: &str| {
        let story = claimed(content.clone()).then(&planner(), completes("a", json!({"key": key})));
        story.then(&planner(), Command::Next { token: token() })
    };
    let story = done_a("k-1");
    let b = stand(&story, "b");
    assert_eq!((b.state, b.asked_for), (StepState::WaitingIntervention, Some(AskedFor::LateValues)));
    assert_eq!(state(&story, "c"), StepState::Ready, "the rest carries on");
    for command in [begins("b"), completes("b", json!({})), fails("b")] {
        assert!(why(story.refuses(&planner(), command)).contains("waits for a person"));
    }
    let confirm = |story: &Story| {
        let digest = stand(story, "b").filled.unwrap().unwrap().digest().short();
        let filled = DigestPrefix::parse(&digest);
        Command::Confirm { step: step("b"), filled, option: None, reason: None }
    };
    assert!(matches!(story.refuses(&planner(), confirm(&story)), Refusal::OwnRequest { .. }));
    let of_another = confirm(&done_a("k-2"));
    assert!(why(story.refuses(&bob(), of_another)).contains("other values"));
    let confirmed = story.clone().then(&bob(), confirm(&story));
    assert_eq!(state(&confirmed, "b"), StepState::Ready);
    confirmed.then(&planner(), begins("b"));
}

#[test]
fn a_runners_question_is_answered_or_times_out_and_never_approves() {
    let story = claimed(runnable()).then(&planner(), begins("a")).then(&planner(), asks("a"));
    assert_eq!(state(&story, "a"), StepState::WaitingIntervention);
    let answer = |option| Command::Confirm { step: step("a"), filled: None, option, reason: None };
    assert!(matches!(story.refuses(&bob(), answer(None)), Refusal::Invalid(_)));
    assert!(matches!(story.refuses(&bob(), answer(Some(3))), Refusal::Invalid(_)));
    let answered = story.clone().then(&bob(), answer(Some(2)));
    assert_eq!(state(&answered, "a"), StepState::Running);
    let reply = answered.request.run.as_ref().unwrap().steps[&step("a")].reply.clone().unwrap();
    assert_eq!((reply.option, reply.text.unwrap().raw()), (Some(2), "no"));
    let late = story.after(HOUR).settled();
    assert_eq!(state(&late, "a"), StepState::TimedOut);
    assert_eq!(late.request.execution, Some(Execution::Running), "somebody must say what now");
    let over = late.after(Span::from_hours(24)).settled();
    assert_eq!(over.request.execution, Some(Execution::Failed), "nobody went on");
}

#[test]
fn a_step_that_is_better_with_something_asks_before_it_goes_without() {
    let content = plan_of(json!([
        {"id": "a", "action": "x"},
        {"id": "b", "action": "x", "params": {"to": "{{a.email}}", "n": [1, "{{a.email}}"]},
         "needs": [{"step": "a", "field": "email", "effect": "enhances", "resolution": "ask_user"}]}]));
    let story = Story::asked(&planner(), content).then(&bob(), mark(&["a"], Mark::Rejected));
    let story = story.then(&bob(), approve()).then(&planner(), next());
    let b = stand(&story, "b");
    assert_eq!(b.asked_for, Some(AskedFor::GoesWithout));
    let filled = b.filled.unwrap().unwrap();
    assert_eq!(json!(filled.params), json!({"n": [1]}), "what holds a value that is left out is left out");
    let digest = DigestPrefix::parse(&filled.digest().to_string());
    let confirm = Command::Confirm { step: step("b"), filled: digest, option: None, reason: None };
    let story = story.then(&bob(), confirm).then(&planner(), completes("b", json!({})));
    assert_eq!(story.request.execution, Some(Execution::Done));
}

#[test]
fn after_a_stop_only_the_end_of_what_was_under_way_is_taken() {
    let story = approved(runnable()).then(&alice(), run()).then(&alice(), begin());
    let story = story.then(&alice(), Command::Stop { reason: because("wrong host") });
    assert_eq!(story.request.execution, Some(Execution::Stopped));
    let story = story.then(&alice(), gate("a", How::Failed, None));
    assert_eq!(state(&story, "a"), StepState::Failed);
    for command in [begin(), gate("a", How::Completed, None), run()] {
        assert!(why(story.refuses(&alice(), command)).contains("over: stopped"));
    }
}

#[test]
fn policy_that_asks_for_more_now_than_was_signed_stops_the_start() {
    let mut story = approved(runnable());
    // As if policy had judged it milder when it was signed.
    story.request.revision.assessment.slots.clear();
    assert!(story.decide(&alice(), &run(), &facts()).is_ok(), "what was given is enough for one human");
    for signoff in &mut story.request.signoffs {
        signoff.standing = countersign::domain::request::SignOffStanding::Withdrawn;
    }
    assert!(matches!(story.refuses(&alice(), run()), Refusal::NowHarder { .. }));
    let mut riskier = approved(content(
        r#"{"kind": "plan", "title": "t", "steps": [{"id": "a", "action": "x", "risk": "medium", "run": ["/bin/a"]}]}"#,
    ));
    riskier.request.revision.assessment.risk = countersign::domain::risk::Risk::Low;
    let said = riskier.refuses(&alice(), run()).to_string();
    assert!(said.contains("medium now, and was low"), "{said}");
}

#[test]
fn a_step_without_a_command_is_its_producers() {
    let said = why(approved(plan()).refuses(&alice(), run()));
    assert!(said.contains("a, b has no `run` command") && said.contains("next R-17"), "{said}");
}

#[test]
fn what_is_redacted_cannot_run_and_nothing_panics() {
    let story = claimed(runnable()).then(&planner(), begins("a"));
    let story = story.then(&planner(), completes("a", json!({"key": "k"}))).redacted();
    assert_eq!(stands(&story.request), []);
    assert_eq!(story.refuses(&planner(), begins("b")), Refusal::Uninspectable);
    let approved = approved(runnable()).redacted();
    assert_eq!(approved.refuses(&alice(), run()), Refusal::Uninspectable);
}

/// The state machine, written a second time: rows are states, columns what can happen.
const MACHINE: &str = "
                     | settled | gone    | mustask | starts  | completes | fails  | times   | asks    | confirm | answer  | out     | retry | died
pending              | ready   | skipped | waiting | -       | -         | -      | -       | -       | -       | -       | skipped | -     | -
ready                | -       | -       | waiting | running | completed | failed | -       | waiting | -       | -       | skipped | -     | -
running              | -       | -       | -       | -       | completed | failed | timed   | waiting | -       | -       | -       | -     | unknown
completed            | -       | -       | -       | -       | -         | -      | -       | -       | -       | -       | -       | -     | -
failed               | -       | -       | -       | -       | -         | -      | -       | -       | -       | -       | skipped | ready | -
timed_out            | -       | -       | -       | -       | -         | -      | -       | -       | -       | -       | skipped | ready | -
waiting_intervention | -       | -       | -       | -       | -         | failed | timed   | -       | ready   | running | skipped | -     | -
skipped              | -       | -       | -       | -       | -         | -      | -       | -       | -       | -       | -       | -     | -
unknown              | -       | -       | -       | -       | -         | -      | -       | -       | -       | -       | -       | -     | -
";

#[test]
fn the_state_machine_of_a_step_is_the_one_written_here() {
    let mut walked = 0;
    for (row, from) in MACHINE.trim_matches('\n').lines().skip(1).zip(StepState::ALL) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        assert_eq!(cells[0], from.word());
        for (cell, happening) in cells[1..].iter().zip(Happening::ALL) {
            let to = leads(from, happening).map_or("-", StepState::word);
            assert!(
                to == *cell || (*cell != "-" && to.starts_with(cell)),
                "{from:?} {happening:?}: {to}, not {cell}"
            );
            walked += 1;
        }
    }
    assert_eq!(walked, 9 * 13);
    assert_eq!(STEPS.iter().filter(|(from, ..)| *from == StepState::Unknown).count(), 0);
}

/// A story in which step `b` is in a state, by what people and runners did; nothing more can be said of `a`.
fn b_is(state: StepState) -> Story {
    let steps = json!([
        {"id": "a", "action": "x", "run": ["/bin/a"]},
        {"id": "b", "action": "x", "run": ["/bin/b"], "needs": [{"step": "a"}]},
        {"id": "z", "action": "x", "run": ["/bin/z"], "needs": [{"step": "b", "resolution": "skip"}]}]);
    let claimed = claimed(plan_of(steps));
    let ready = claimed.clone().then(&planner(), completes("a", json!({})));
    let running = ready.clone().then(&planner(), begins("b"));
    match state {
        StepState::Pending => claimed,
        StepState::Ready => ready,
        StepState::Running => running,
        StepState::Completed => running.then(&planner(), completes("b", json!({}))),
        StepState::Failed => running.then(&planner(), fails("b")),
        StepState::TimedOut => running.then(&planner(), asks("b")).after(HOUR).settled(),
        StepState::WaitingIntervention => running.then(&planner(), asks("b")),
        StepState::Skipped => ready.then(&alice(), Command::LeaveOut { step: step("b"), reason: None }),
        StepState::Unknown => {
            let mut story = running;
            story.request.run.as_mut().unwrap().runner = Runner::Gate;
            let entries = story.decide(&Caller::system(), &Command::Settle, &gone()).unwrap();
            story.with(entries)
        }
    }
}

#[test]
fn what_people_and_runners_can_do_to_a_step_is_what_the_machine_says() {
    let confirm = Command::Confirm { step: step("b"), filled: None, option: Some(1), reason: None };
    let deeds: [(Happening, Caller, Command); 7] = [
        (Happening::Starts, planner(), begins("b")),
        (Happening::Completes, planner(), completes("b", json!({}))),
        (Happening::Fails, planner(), fails("b")),
        (Happening::Asks, planner(), asks("b")),
        (Happening::Answered, bob(), confirm),
        (Happening::LeftOut, alice(), Command::LeaveOut { step: step("b"), reason: None }),
        (Happening::Retried, alice(), Command::Retry { step: step("b"), reason: None }),
    ];
    for from in StepState::ALL {
        let story = b_is(from);
        assert_eq!(state(&story, "b"), from);
        for (happening, caller, command) in &deeds {
            let mut story = story.clone();
            if *happening == Happening::Asks {
                story.now = BEGIN; // so that the hour of the question is not over yet
            }
            match (leads(from, *happening), story.decide(caller, command, &facts())) {
                (Some(to), Ok(entries)) => {
                    assert_eq!(state(&story.with(entries), "b"), to, "{from:?} {happening:?}")
                }
                (None, Err(_)) => {}
                (to, told) => panic!("{from:?} {happening:?}: {to:?}, but {told:?}"),
            }
        }
    }
}

fn undone(id: &str, how: How) -> Command {
    let said =
        Said::Over { work: Work::Undo, end: End::plain(how), result: None, output: None, reason: None };
    Command::Report { token: token(), by: Runner::Gate, step: step(id), said: Box::new(said) }
}

fn back() -> Command {
    Command::RollBack { token: token(), reason: None }
}

fn confirms(story: &Story, id: &str) -> Command {
    let digest = stand(story, id).filled.unwrap().unwrap().digest().short();
    Command::Confirm { step: step(id), filled: DigestPrefix::parse(&digest), option: None, reason: None }
}

#[test]
fn taking_back_at_high_risk_with_a_value_nobody_saw_waits_for_a_reviewer() {
    let content = plan_of(json!([
        {"id": "a", "action": "x", "run": ["/bin/a"], "undo": ["/bin/undo", "a"]},
        {"id": "b", "action": "x", "risk": "high", "run": ["/bin/b"], "undo": ["/bin/rm", "{{b.path}}"],
         "needs": [{"step": "a"}]},
        {"id": "c", "action": "x", "run": ["/bin/c"], "needs": [{"step": "b"}]}]));
    let story = claimed(content).then(&planner(), completes("a", json!({})));
    let story = story.then(&planner(), completes("b", json!({"path": "/etc/passwd"})));
    let story = story.then(&planner(), fails("c")).then(&planner(), back());
    let entries = story.decide(&planner(), &begin(), &facts()).unwrap();
    assert_eq!(started(&entries), None);
    let story = story.with(entries);
    assert_eq!(story.request.execution, Some(Execution::Running), "it waits");
    assert_eq!(story.decide(&planner(), &begin(), &facts()).unwrap(), [], "asked once");
    let b = stand(&story, "b");
    assert_eq!((b.state, b.asked_for), (StepState::Completed, Some(AskedFor::LateValues)));
    let said = standstill(&story.request);
    assert!(said.contains("confirm R-17 --step b") && said.contains("roll-back R-17"), "{said}");
    assert!(matches!(story.refuses(&planner(), confirms(&story, "b")), Refusal::OwnRequest { .. }));
    let story = story.clone().then(&bob(), confirms(&story, "b"));
    let entries = story.decide(&planner(), &begin(), &facts()).unwrap();
    assert_eq!(started(&entries).as_deref(), Some("b"));
    let story = story.with(entries).then(&planner(), undone("b", How::Completed));
    let entries = story.decide(&planner(), &begin(), &facts()).unwrap();
    assert_eq!(started(&entries).as_deref(), Some("a"), "no value in it, so nobody is asked");
}

#[test]
fn what_is_taken_back_is_what_was_signed() {
    let story = claimed(runnable()).then(&planner(), completes("a", json!({"key": "k"})));
    let mut story = story.then(&planner(), fails("b"));
    story.request.content.as_mut().unwrap().steps[0].undo = Some(vec!["/bin/other".into()]);
    assert!(why(story.refuses(&planner(), back())).contains("not what was signed"));
}

#[test]
fn what_was_taken_back_has_not_been_done() {
    let story = claimed(runnable()).then(&planner(), completes("a", json!({"key": "k"})));
    let story = story.then(&planner(), fails("b"));
    assert!(story.request.run.as_ref().unwrap().done().contains_key(&step("a")));
    for how in [How::Completed, How::Failed] {
        let story = story.clone().then(&planner(), back());
        let story = story.clone().then(&planner(), begin()).then(&planner(), undone("a", how));
        let (run, content) = (story.request.run.as_ref().unwrap(), story.request.content.as_ref().unwrap());
        let left = countersign::domain::successor::remaining(content, &run.done()).unwrap();
        assert_eq!(left.steps, content.steps, "{how:?}");
    }
}

#[test]
fn policy_that_asks_for_more_while_it_runs_stops_what_has_not_begun() {
    let two = || {
        plan_of(json!([
        {"id": "a", "action": "x", "run": ["/bin/a"]}, {"id": "b", "action": "x", "run": ["/bin/b"]}]))
    };
    let mut harder = facts();
    let text =
        "[[rule]]\nname = \"two\"\nkind = [\"plan\"]\nslots = [{kind = \"human\"}, {kind = \"human\"}]\n";
    harder.policy = countersign::exchange::policy::read(text).unwrap();
    let mut story = claimed(two()).then(&planner(), begins("a"));
    let entries = story.decide(&planner(), &completes("a", json!({})), &harder).unwrap();
    story = story.with(entries);
    assert_eq!(state(&story, "a"), StepState::Completed, "what ran ends");
    for command in
        [begins("b"), completes("b", json!({})), asks("b"), begin(), Command::Next { token: token() }]
    {
        let said = why(story.refuses_under(&harder, &planner(), command));
        assert!(said.contains("policy asks for more now") && said.contains("stop R-17"), "{said}");
    }
    story.then(&planner(), begins("b"));
}

#[test]
fn a_step_that_its_producer_began_and_never_ended_has_timed_out() {
    let story = claimed(runnable()).then(&planner(), begins("a"));
    let early = story.clone().after(Span::from_hours(23)).settled();
    assert_eq!(state(&early, "a"), StepState::Running);
    let mut late = story.after(Span::from_hours(24)).settled();
    assert_eq!(state(&late, "a"), StepState::TimedOut);
    assert_eq!(late.request.execution, Some(Execution::Running), "somebody must say what now");
    assert!(why(late.refuses(&planner(), completes("a", json!({})))).contains("timed_out"));
    late = late.then(&alice(), Command::Retry { step: step("a"), reason: None });
    assert_eq!(state(&late, "a"), StepState::Ready);
}

#[test]
fn a_question_is_answered_before_its_step_is_done() {
    let story = claimed(runnable()).then(&planner(), begins("a")).then(&planner(), asks("a"));
    let said = why(story.refuses(&planner(), completes("a", json!({}))));
    assert!(said.contains("a is waiting"), "{said}");
    story.then(&planner(), fails("a"));
}

#[test]
fn a_confirmation_is_good_for_one_attempt() {
    let content = plan_of(json!([
        {"id": "a", "action": "x", "run": ["/bin/a"]},
        {"id": "b", "action": "x", "risk": "high", "run": ["/bin/b", "{{a.key}}"],
         "needs": [{"step": "a", "field": "key"}]}]));
    let story = claimed(content).then(&planner(), completes("a", json!({"key": "k"})));
    let story = story.then(&planner(), Command::Next { token: token() });
    let story = story.clone().then(&bob(), confirms(&story, "b")).then(&planner(), begins("b"));
    let story = story.then(&planner(), asks("b")).after(HOUR).settled();
    let story = story.then(&alice(), Command::Retry { step: step("b"), reason: None });
    let b = stand(&story, "b");
    assert_eq!((b.state, b.asked_for), (StepState::WaitingIntervention, Some(AskedFor::LateValues)));
    let entries = story.decide(&planner(), &Command::Next { token: token() }, &facts()).unwrap();
    assert!(matches!(&entries[0].fact, Fact::StepAsked { .. }), "it is asked again: {entries:?}");
}
