//! Policy: each rule of risk, what auto-approval grants and what it never does, and what a change of policy does to
//! requests that are open.

use super::build::*;
use countersign::domain::command::{Command, Facts};
use countersign::domain::content::Content;
use countersign::domain::decide;
use countersign::domain::event::{Entry, Fact};
use countersign::domain::evolve;
use countersign::domain::judging;
use countersign::domain::marks::Mark;
use countersign::domain::moment::Span;
use countersign::domain::names::RequestId;
use countersign::domain::policy::risk::Circumstances;
use countersign::domain::policy::{Assessment, Policy};
use countersign::domain::principal::Caller;
use countersign::domain::refusal::Refusal;
use countersign::domain::request::{Request, SignOffStanding, StateName};
use countersign::domain::risk::Risk;
use countersign::exchange::policy::read;
use serde_json::{Value, json};

fn policy(text: &str) -> Policy {
    read(text).unwrap_or_else(|e| panic!("{e}\n{text}"))
}

fn under(policy: &Policy) -> Facts {
    Facts { policy: policy.clone(), ..facts() }
}

fn plan_of(steps: Value) -> Content {
    content(
        &json!({"kind": "plan", "title": "t", "target": {"environment": "staging"}, "steps": steps})
            .to_string(),
    )
}

/// One step, with the step that a late value in its parameters comes from.
fn one_step(action: &str, params: Value) -> Content {
    plan_of(with_its_source(json!({"id": "a", "action": action, "params": params})))
}

fn with_its_source(mut step: Value) -> Value {
    if !step["params"].to_string().contains("{{late.") {
        return json!([step]);
    }
    step["needs"] = json!([{"step": "late", "effect": "optional"}]);
    json!([step, {"id": "late", "action": "x"}])
}

fn risk_of(policy: &Policy, content: &Content) -> Risk {
    policy.assess(content).risk
}

/// What the producer asked under `policy`, with what rules did by themselves at once.
fn asked(policy: &Policy, content: Content) -> Request {
    let entry =
        decide::submit(content, requester(&planner()), None, &planner(), &under(policy), BEGIN).unwrap();
    let request = evolve::begin(RequestId::new(17), &entry).unwrap();
    judging::by_rule(&request, &Default::default(), BEGIN).iter().fold(request, Request::evolve)
}

fn did(request: Request, entries: &[Entry]) -> Request {
    entries.iter().fold(request, Request::evolve)
}

const READS: &str = "[[rule]]\nname = \"reads\"\nkind = [\"plan\"]\nauto_approve = [\"contact.*\", \"task.*\", \"email.*\"]\n";
const SIGNS: &str = "[[rule]]\nname = \"reads\"\nkind = [\"plan\"]\nrisk = [\"low\"]\n\
                     auto_approve = [\"contact.*\", \"task.*\"]\nslots = [{kind = \"policy\"}]\n";

fn two_reads() -> Content {
    plan_of(json!([
        {"id": "a", "action": "contact.search_contacts"},
        {"id": "b", "action": "task.list_tasks", "needs": [{"step": "a"}]}]))
}

#[test]
fn the_table_that_ships_reads_low_creates_medium_sends_high_and_leaves_the_unknown_where_it_is() {
    for (action, risk) in [
        ("calendar.list_events", Risk::Low),
        ("contact.search_contacts", Risk::Low),
        ("email.fetch_emails", Risk::Low),
        ("system.user_intervention", Risk::Low),
        ("calendar.create_event", Risk::Medium),
        ("task.complete_task", Risk::Medium),
        ("contact.create_contact", Risk::Medium),
        ("email.create_draft", Risk::Medium),
        ("email.send_email", Risk::High),
        ("nobody.knows", Risk::Low),
    ] {
        let assessment = Policy::BUILT_IN.assess(&one_step(action, json!({})));
        assert_eq!(assessment.risk, risk, "{action}");
        let known =
            assessment.factors.iter().any(|f| f.rule.as_deref().is_some_and(|r| r.starts_with("built-in: ")));
        assert_eq!(known, action != "nobody.knows", "{action}: a factor names its rule");
    }
    let without = policy("[risk]\nbuiltin_actions = false\n");
    assert_eq!(risk_of(&without, &one_step("email.send_email", json!({}))), Risk::Low, "replaced on purpose");
}

#[test]
fn a_rule_matches_actions_targets_and_parameters_and_the_highest_wins() {
    let policy = policy(
        r#"
        [[risk.rule]]
        name = "orders"
        action = ["shop.*"]
        risk = "medium"
        [[risk.rule]]
        name = "large"
        action = ["shop.order"]
        params = [{key = "amount", greater = 500}]
        risk = "high"
        [[risk.rule]]
        name = "few left"
        params = [{key = "stock", less = 10}]
        risk = "high"
        [[risk.rule]]
        name = "abroad"
        params = [{key = "to", glob = "*.EXAMPLE"}, {key = "express", equals = true}]
        risk = "critical"
        [[risk.rule]]
        name = "tenant"
        tenant = ["bank-*"]
        risk = "high"
        "#,
    );
    for (action, params, risk) in [
        ("shop.look", json!({}), Risk::Medium),
        ("shop.order", json!({"amount": 500}), Risk::Medium),
        ("shop.order", json!({"amount": 501}), Risk::High),
        ("shop.order", json!({"amount": "501"}), Risk::High),
        ("shop.order", json!({"amount": "{{late.price}}"}), Risk::High),
        ("shop.order", json!({"amount": [1]}), Risk::High),
        ("x", json!({"amount": 900}), Risk::Low),
        ("x", json!({"stock": 9.5}), Risk::High),
        ("x", json!({"to": "a.example", "express": true}), Risk::Critical),
        ("x", json!({"to": ["a.org", "b.Example"], "express": true}), Risk::Critical),
        ("x", json!({"to": "a.example", "express": false}), Risk::Low),
        ("x", json!({"to": "a.example"}), Risk::Low),
    ] {
        assert_eq!(risk_of(&policy, &one_step(action, params.clone())), risk, "{action} {params}");
    }
    let of_tenant = |tenant: &str| {
        content(&json!({"kind": "gate", "title": "t", "target": {"tenant": tenant}}).to_string())
    };
    assert_eq!(risk_of(&policy, &of_tenant("bank-1")), Risk::High, "a target counts without steps");
    assert_eq!(risk_of(&policy, &of_tenant("shop")), Risk::Low);
}

#[test]
fn every_modifier_raises_and_a_policy_raises_it_further() {
    let raised = policy(
        "[risk.floors]\nproduction = \"high\"\nirreversible = \"critical\"\nwide_reach = \"high\"\nwide_reach_from = 2\n\
         edited = \"high\"\nfailed_before = \"critical\"\n",
    );
    let step = |environment: &str, undo: bool| {
        let mut step = json!({"id": "a", "action": "x"});
        if undo {
            step["undo"] = json!(["/bin/undo"]);
        }
        content(
            &json!({"kind": "plan", "title": "t", "target": {"environment": environment}, "steps": [step]})
                .to_string(),
        )
    };
    let both = |content: &Content| (risk_of(&Policy::BUILT_IN, content), risk_of(&raised, content));
    assert_eq!(both(&step("staging", false)), (Risk::Low, Risk::Low));
    assert_eq!(both(&step("production", true)), (Risk::Medium, Risk::High));
    assert_eq!(both(&step("production", false)), (Risk::High, Risk::Critical));
    let needs_a = |n: usize| {
        let mut steps = vec![json!({"id": "a", "action": "x"})];
        steps.extend((0..n).map(|i| json!({"id": format!("s{i}"), "action": "x", "needs": [{"step": "a"}]})));
        plan_of(json!(steps))
    };
    assert_eq!(both(&needs_a(1)), (Risk::Low, Risk::Low));
    assert_eq!(both(&needs_a(4)), (Risk::Low, Risk::High));
    assert_eq!(both(&needs_a(5)), (Risk::Medium, Risk::High));
    let a = || [step_id("a")].into_iter().collect();
    let edited = Circumstances { edited: a(), ..Circumstances::default() };
    let failed = Circumstances { failed_before: a(), ..Circumstances::default() };
    let plain = step("staging", true);
    for (known, built_in, own) in [(edited, Risk::Medium, Risk::High), (failed, Risk::Medium, Risk::Critical)]
    {
        assert_eq!(Policy::BUILT_IN.assess_in(&plain, &known).risk, built_in, "{known:?}");
        assert_eq!(raised.assess_in(&plain, &known).risk, own, "{known:?}");
    }
}

fn step_id(id: &str) -> countersign::domain::names::StepId {
    countersign::domain::names::StepId::new(id).unwrap()
}

#[test]
fn a_rule_or_a_claim_that_is_added_never_lowers_a_risk() {
    let actions = ["contact.search_contacts", "email.send_email", "x", "db.drop"];
    let params = [json!({}), json!({"n": 5}), json!({"n": "{{late.x}}"})];
    let risks = ["low", "medium", "high", "critical"];
    let mut rules = vec![String::new()];
    for risk in risks {
        for test in [
            "action = [\"*\"]",
            "action = [\"db.*\"]",
            "params = [{key = \"n\", less = 6}]",
            "environment = [\"*\"]",
        ] {
            rules.push(format!(
                "[[risk.rule]]\nname = \"{risk} {}\"\n{test}\nrisk = \"{risk}\"\n",
                rules.len()
            ));
        }
    }
    let mut looked = 0;
    for environment in ["staging", "production"] {
        for action in actions {
            for params in &params {
                for claim in [None, Some("low"), Some("high")] {
                    let mut step = json!({"id": "a", "action": action, "params": params});
                    let whole = |step: &Value| {
                        content(
                            &json!({"kind": "plan", "title": "t", "target": {"environment": environment},
                            "steps": with_its_source(step.clone())})
                            .to_string(),
                        )
                    };
                    let unclaimed = risk_of(&Policy::BUILT_IN, &whole(&step));
                    if let Some(claim) = claim {
                        step["risk"] = json!(claim);
                    }
                    let asked = whole(&step);
                    let before = risk_of(&Policy::BUILT_IN, &asked);
                    assert!(before >= unclaimed, "a claim lowered {action}");
                    for first in &rules {
                        let one = risk_of(&policy(first), &asked);
                        assert!(one >= before, "{first} lowered {action} {params}");
                        for second in rules.iter().filter(|second| *second != first) {
                            assert!(risk_of(&policy(&format!("{first}{second}")), &asked) >= one, "{second}");
                            looked += 1;
                        }
                    }
                }
            }
        }
    }
    assert!(looked > 10_000, "{looked}");
}

#[test]
fn the_first_rule_that_matches_says_who_signs_and_by_when() {
    let policy = policy(
        r#"
        [[rule]]
        name = "urgent gates of pay"
        kind = ["gate"]
        priority = ["urgent"]
        labels = { team = "PAY*" }
        slots = [{kind = "human"}, {kind = "human", role = "lead"}]
        remind = "5m"
        escalate = "10m"
        expire = "20m"
        [[rule]]
        name = "gates"
        kind = ["gate"]
        expire = "1h"
        live_for = "2h"
        "#,
    );
    let gate = |priority: &str, team: &str| {
        let document = json!({"kind": "gate", "title": "t", "priority": priority, "labels": {"team": team}});
        policy.assess(&content(&document.to_string()))
    };
    let first = gate("urgent", "payments");
    assert_eq!((first.rule.as_str(), first.slots.len()), ("urgent gates of pay", 2));
    let times = (first.remind_after, first.due_after, first.expires_after);
    assert_eq!(times, (Some(Span::from_minutes(5)), Span::from_minutes(10), Some(Span::from_minutes(20))));
    for other in [gate("urgent", "mail"), gate("high", "payments")] {
        assert_eq!((other.rule.as_str(), other.slots.len()), ("gates", 1));
        assert_eq!(other.expires_after, Some(Span::from_hours(24)), "expiry is never before the due time");
        assert_eq!(other.live_for, Span::from_hours(2));
    }
    let plan = policy.assess(&plan());
    assert_eq!((plan.rule.as_str(), plan.slots.len()), ("built-in: one human", 1));
    assert_eq!(plan.policy, policy.digest);
}

#[test]
fn a_rule_marks_low_steps_it_knows_and_a_person_still_signs() {
    let request = asked(
        &policy(READS),
        plan_of(json!([
            {"id": "read", "action": "contact.search_contacts"},
            {"id": "unknown", "action": "contact.whatever"},
            {"id": "claimed", "action": "task.list_tasks", "risk": "medium"},
            {"id": "send", "action": "email.send_email"},
            {"id": "other", "action": "calendar.list_events"}])),
    );
    let approved: Vec<&str> = request.marks.with(Mark::Approved).map(|s| s.as_str()).collect();
    assert_eq!(approved, ["read"], "low, known, named by the rule");
    assert_eq!(request.state_name(), StateName::Requested);
    assert_eq!(request.signoffs, []);
}

#[test]
fn auto_approval_is_held_back_by_what_is_always_confirmed_and_by_how_many() {
    let marked = |more: &str| {
        let request = asked(&policy(&format!("{more}{READS}")), two_reads());
        request.marks.with(Mark::Approved).map(|s| s.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(marked(""), ["a", "b"]);
    assert_eq!(marked("[auto_approval]\nmax_without_confirmation = 1\n"), ["a"]);
    assert_eq!(marked("[auto_approval]\nmax_without_confirmation = 0\n"), [] as [&str; 0]);
    assert_eq!(marked("[auto_approval]\nalways_confirm = [\"contact.*\"]\n"), ["b"]);
    let sends = "[risk]\nbuiltin_actions = false\n[[risk.rule]]\nname = \"l\"\naction = [\"email.*\"]\nrisk = \"low\"\n";
    let request = asked(&policy(&format!("{sends}{READS}")), one_step("email.send_email", json!({})));
    assert_eq!(
        request.marks.with(Mark::Approved).count(),
        0,
        "mail is always confirmed, whatever a table says"
    );
}

#[test]
fn a_rule_signs_only_its_own_slot_and_only_for_plans_that_are_low_whole_and_outside_production() {
    let request = asked(&policy(SIGNS), two_reads());
    assert_eq!(request.state_name(), StateName::Approved);
    let [signoff] = request.signoffs.as_slice() else { panic!("one sign-off") };
    assert_eq!(signoff.rule.as_deref(), Some("reads"));
    let human = "1 human".to_owned();
    for (why, content) in [
        (
            "production",
            content(
                &json!({"kind": "plan", "title": "t", "target": {"environment": "production"},
            "steps": [{"id": "a", "action": "contact.search_contacts", "undo": ["/bin/true"]}]})
                .to_string(),
            ),
        ),
        ("a step above low", plan_of(json!([{"id": "a", "action": "contact.create_contact"}]))),
        (
            "an unknown step",
            plan_of(json!([
            {"id": "a", "action": "contact.search_contacts"}, {"id": "b", "action": "contact.odd"}])),
        ),
        ("a claim", plan_of(json!([{"id": "a", "action": "contact.search_contacts", "risk": "medium"}]))),
        ("no plan", content(r#"{"kind": "gate", "title": "t"}"#)),
    ] {
        for rule in
            [SIGNS.to_owned(), SIGNS.replace("risk = [\"low\"]\n", "").replace("kind = [\"plan\"]\n", "")]
        {
            // Where the file says the slot is for low risk only, the other form is legal too: the match says nothing.
            let request = asked(&policy(&rule), content.clone());
            assert_eq!(request.state_name(), StateName::Requested, "{why}");
            assert_eq!(
                request.open_slots().iter().map(|s| s.to_string()).collect::<Vec<_>>(),
                [human.as_str()],
                "{why}"
            );
        }
    }
}

#[test]
fn a_rule_signs_beside_a_person_and_again_for_what_they_leave() {
    let both = SIGNS.replace("[{kind = \"policy\"}]", "[{kind = \"human\"}, {kind = \"policy\"}]");
    let request = asked(&policy(&both), two_reads());
    let open: Vec<String> = request.open_slots().iter().map(|s| s.to_string()).collect();
    assert_eq!(open, ["1 human"]);
    let facts = under(&policy(&both));
    // A person takes a step out: the rule's sign-off stood for other marks, and it signs again for what is left.
    let out = request.decide(&mark(&["b"], Mark::Rejected), &bob(), &facts, BEGIN).unwrap();
    let request = did(request, &out);
    assert_eq!(request.signoffs[0].standing, SignOffStanding::Void);
    assert_eq!(request.counting().filter(|s| s.rule.is_some()).count(), 1);
    let told = request.decide(&approve(), &alice(), &facts, BEGIN).unwrap();
    let request = did(request, &told);
    assert_eq!(request.state_name(), StateName::Approved);
    assert_eq!(request.marks.on(&step_id("b")), Mark::Rejected, "what a person refused stays refused");
}

#[test]
fn another_policy_judges_an_open_request_again_at_its_next_touch_and_only_once() {
    let story = Story::asked(&planner(), plan());
    let strict =
        under(&policy("[[risk.rule]]\nname = \"all mail\"\naction = [\"email.*\"]\nrisk = \"high\"\n"));
    let entries = story.decide(&viewer(), &comment("hm"), &strict).unwrap();
    let names: Vec<String> = entries.iter().map(|e| e.fact.to_parts().0).collect();
    assert_eq!(names, ["request.reassessed", "comment.added"]);
    let story = story.with(entries);
    assert_eq!(story.request.assessment().risk, Risk::High);
    assert_eq!(story.request.assessment().policy, strict.policy.digest);
    assert!(story.request.deadlines.due_at < BEGIN.plus(Span::from_hours(24)), "tightened");
    assert_eq!(story.decide(&viewer(), &comment("hm"), &strict).unwrap().len(), 1);
    // Back to a milder one: no time is given back.
    let due = story.request.deadlines;
    let mild = under(&policy("# nothing\n"));
    let story = story.clone().with(story.decide(&viewer(), &comment("hm"), &mild).unwrap());
    assert_eq!((story.request.assessment().risk, story.request.deadlines), (Risk::Low, due));
}

#[test]
fn whoever_decides_while_the_policy_asks_more_is_told_and_decides_on_the_second_look() {
    let story = Story::asked(&planner(), plan());
    let strict =
        under(&policy("[[risk.rule]]\nname = \"all mail\"\naction = [\"email.*\"]\nrisk = \"high\"\n"));
    let refusal = story.refuses_under(&strict, &alice(), approve());
    assert!(matches!(refusal, Refusal::JudgedAnew { risk: (Risk::Low, Risk::High), .. }), "{refusal}");
    assert_eq!(refusal.exit_code(), 3);
    let story = story.clone().with(story.decide(&Caller::system(), &Command::Settle, &strict).unwrap());
    assert!(matches!(story.refuses_under(&strict, &alice(), approve()), Refusal::ReasonRequired { .. }));
    // To refuse needs no second look.
    let other = under(&policy("[[risk.rule]]\nname = \"o\"\naction = [\"email.*\"]\nrisk = \"critical\"\n"));
    assert!(story.decide(&alice(), &reject("no"), &other).is_ok());
}

fn reads_and_a_person_looks_first() -> (Request, Facts) {
    let facts = under(&policy(SIGNS));
    (Story::asked(&planner(), two_reads()).request, facts)
}

#[test]
fn a_no_wins_over_every_rule_in_its_own_transaction() {
    let (request, facts) = reads_and_a_person_looks_first();
    let by_rule = |entries: &[Entry]| {
        entries.iter().any(|e| matches!(e.fact, Fact::AutoApproved { .. } | Fact::SignedByRule { .. }))
    };
    for (who, command, ends) in [
        (alice(), reject("no"), StateName::Rejected),
        (alice(), request_changes("other"), StateName::ChangesRequested),
        (planner(), cancel("not any more"), StateName::Cancelled),
        (alice(), mark(&["a"], Mark::Rejected), StateName::Requested),
    ] {
        let entries = request.decide(&command, &who, &facts, BEGIN).unwrap();
        // What a person leaves of a plan a rule may still mark, never sign.
        let left = matches!(command, Command::Mark { .. });
        let signed = entries.iter().any(|e| matches!(e.fact, Fact::SignedByRule { .. }));
        assert!(!signed && (left || !by_rule(&entries)), "{command:?}: {entries:?}");
        assert!(matches!(entries[0].fact, Fact::Reassessed { .. }), "judging again is recorded");
        assert_eq!(did(request.clone(), &entries).state_name(), ends, "{command:?}");
    }
    // A no that is refused is no yes either: what was due beside it lets no rule speak, and a person signs.
    for (who, command) in [(alice(), reject("")), (alice(), Command::Withdraw)] {
        assert!(request.decide(&command, &who, &facts, BEGIN).is_err(), "{command:?}");
        let due = request.due_beside(&command, &facts, BEGIN);
        assert!(!due.is_empty() && !by_rule(&due), "{command:?}: {due:?}");
        let request = did(request.clone(), &due);
        assert_eq!(request.state_name(), StateName::Requested);
        let request = did(request.clone(), &request.decide(&approve(), &alice(), &facts, BEGIN).unwrap());
        assert_eq!(request.state_name(), StateName::Approved, "a person can sign where the rule may not");
        assert!(request.decide(&next(), &planner(), &facts, BEGIN).is_ok(), "and it starts");
    }
    let due = request.due_beside(&comment("x"), &facts, BEGIN);
    assert!(by_rule(&due), "without a no the rule signs at the next touch");
}

#[test]
fn no_rule_speaks_in_the_transaction_that_resubmits() {
    let (request, facts) = reads_and_a_person_looks_first();
    let none = under(&policy("# none\n"));
    let request =
        did(request.clone(), &request.decide(&request_changes("other"), &alice(), &none, BEGIN).unwrap());
    let entries = request.decide(&revise(two_reads()), &planner(), &facts, BEGIN).unwrap();
    let names: Vec<String> = entries.iter().map(|e| e.fact.to_parts().0).collect();
    assert_eq!(names, ["request.resubmitted"]);
    let request = did(request, &entries);
    assert_eq!(request.state_name(), StateName::Requested);
    assert_eq!(request.open_slots().iter().map(|s| s.to_string()).collect::<Vec<_>>(), ["1 human"]);
    // Nor later: whoever asked for changes wants to see them.
    let again = under(&policy(&format!("# other words\n{SIGNS}")));
    let request = did(request.clone(), &request.decide(&comment("x"), &planner(), &again, BEGIN).unwrap());
    assert_eq!((request.state_name(), request.signoffs.len()), (StateName::Requested, 0));
    let revised = one_step("contact.search_contacts", json!({"q": "c"}));
    let request = did(request.clone(), &request.decide(&revise(revised), &planner(), &again, BEGIN).unwrap());
    assert_eq!((request.state_name(), request.signoffs.len()), (StateName::Requested, 0));
    let request = did(request.clone(), &request.decide(&approve(), &alice(), &again, BEGIN).unwrap());
    assert_eq!(request.state_name(), StateName::Approved);
}

#[test]
fn changes_that_were_asked_for_and_taken_back_leave_the_signing_to_a_person() {
    let both = SIGNS.replace("[{kind = \"policy\"}]", "[{kind = \"human\"}, {kind = \"policy\"}]");
    let facts = under(&policy(&both));
    let mut request = asked(&policy(&both), two_reads());
    for (who, command) in [
        (alice(), request_changes("other")),
        (alice(), Command::Withdraw),
        (bob(), mark(&["b"], Mark::Rejected)),
        (alice(), approve()),
    ] {
        let entries = request.decide(&command, &who, &facts, BEGIN).unwrap();
        request = did(request, &entries);
    }
    assert_eq!(request.state_name(), StateName::Requested, "one person more, in the place of the rule");
    assert_eq!(request.counting().filter(|s| s.rule.is_some()).count(), 0);
    let request = did(request.clone(), &request.decide(&approve(), &bob(), &facts, BEGIN).unwrap());
    assert_eq!(request.state_name(), StateName::Approved);
}

#[test]
fn a_step_that_a_person_marked_is_theirs_in_every_revision() {
    let facts = under(&policy(SIGNS));
    let asked_for = plan_of(json!([
        {"id": "a", "action": "contact.search_contacts", "params": {"q": "x"}},
        {"id": "b", "action": "email.send_email"}]));
    let request = asked(&policy(SIGNS), asked_for);
    let no = request.decide(&mark(&["a"], Mark::Rejected), &alice(), &facts, BEGIN).unwrap();
    let request = did(request, &no);
    // The producer changes the step and drops what was above low: nothing of it is the rule's to give.
    let changed = |q: &str| one_step("contact.search_contacts", json!({"q": q}));
    let request =
        did(request.clone(), &request.decide(&revise(changed("y")), &planner(), &facts, BEGIN).unwrap());
    let stands = |request: &Request| (request.state_name(), request.marks.on(&step_id("a")));
    assert_eq!(stands(&request), (StateName::Requested, Mark::Undecided));
    // Away and back again, and under another policy: it stays theirs.
    let two = plan_of(json!([{"id": "z", "action": "task.list_tasks"}]));
    let mut request = request;
    for (command, facts) in [
        (revise(two), facts.clone()),
        (revise(changed("w")), facts.clone()),
        (comment("x"), under(&policy(&format!("# other words\n{SIGNS}")))),
    ] {
        request = did(request.clone(), &request.decide(&command, &planner(), &facts, BEGIN).unwrap());
        assert_eq!(request.state_name(), StateName::Requested, "{command:?}");
    }
    assert_eq!(stands(&request), (StateName::Requested, Mark::Undecided));
    let facts = under(&policy(&format!("# other words\n{SIGNS}")));
    let request = did(request.clone(), &request.decide(&approve(), &alice(), &facts, BEGIN).unwrap());
    assert_eq!(stands(&request), (StateName::Approved, Mark::Approved));
    assert!(request.decide(&next(), &planner(), &facts, BEGIN).is_ok(), "what a person signed starts");
}

#[test]
fn a_harder_policy_voids_sign_offs_by_name_and_an_equal_one_keeps_them() {
    let two = policy("[[rule]]\nname = \"two\"\nslots = [{kind = \"human\"}, {kind = \"human\"}]\n");
    let request = asked(&two, plan());
    let request = did(request.clone(), &request.decide(&approve(), &alice(), &under(&two), BEGIN).unwrap());
    assert_eq!(request.counting().count(), 1);
    let same =
        policy("# other words\n[[rule]]\nname = \"two\"\nslots = [{kind = \"human\"}, {kind = \"human\"}]\n");
    let kept = did(request.clone(), &request.decide(&comment("x"), &viewer(), &under(&same), BEGIN).unwrap());
    assert_eq!(kept.counting().count(), 1);
    // One slot fewer must not turn a sign-off that was given as one of two into an approval.
    let entries = request.decide(&comment("x"), &viewer(), &under(&policy("# one\n")), BEGIN).unwrap();
    let Fact::Reassessed { voids, .. } = &entries[0].fact else { panic!("{entries:?}") };
    assert_eq!(voids.len(), 1);
    let after = did(request, &entries);
    assert_eq!((after.state_name(), after.counting().count()), (StateName::Requested, 0));
}

#[test]
fn what_a_rule_approved_falls_back_when_no_rule_approves_it_and_what_a_person_marked_stays() {
    let request = asked(&policy(READS), two_reads());
    let facts = under(&policy(READS));
    let request =
        did(request.clone(), &request.decide(&mark(&["b"], Mark::Skipped), &bob(), &facts, BEGIN).unwrap());
    let none = under(&policy("# none\n"));
    let entries = request.decide(&comment("x"), &viewer(), &none, BEGIN).unwrap();
    let after = did(request.clone(), &entries);
    assert_eq!(
        (after.marks.on(&step_id("a")), after.marks.on(&step_id("b"))),
        (Mark::Undecided, Mark::Skipped)
    );
    // And back: a step that somebody marked is theirs, also as undecided.
    let undecided =
        did(after.clone(), &after.decide(&mark(&["b"], Mark::Undecided), &bob(), &none, BEGIN).unwrap());
    let again = did(undecided.clone(), &undecided.decide(&comment("x"), &viewer(), &facts, BEGIN).unwrap());
    assert_eq!(
        (again.marks.on(&step_id("a")), again.marks.on(&step_id("b"))),
        (Mark::Approved, Mark::Undecided)
    );
}

#[test]
fn while_the_policy_cannot_be_read_nothing_is_approved_and_saying_no_still_works() {
    let broken = Facts { policy: Policy::unreadable("event 9: redacted"), ..facts() };
    let story = Story::asked(&planner(), plan());
    for command in [approve(), mark(&["a"], Mark::Approved), mark(&["a"], Mark::Rejected)] {
        let refusal = story.refuses_under(&broken, &alice(), command);
        assert!(
            matches!(refusal, Refusal::NoPolicy { .. }) && refusal.to_string().contains("event 9"),
            "{refusal}"
        );
    }
    let question = Story::asked(&planner(), content(r#"{"kind": "question", "title": "Which?"}"#));
    let refusal = question.refuses_under(&broken, &alice(), answer(None, Some("this")));
    assert!(matches!(refusal, Refusal::NoPolicy { .. }));
    for (who, command) in [(alice(), reject("no")), (planner(), cancel("no")), (viewer(), comment("x"))] {
        assert!(story.decide(&who, &command, &broken).is_ok(), "{command:?}");
    }
    let entry = decide::submit(plan(), requester(&planner()), None, &planner(), &broken, BEGIN);
    assert!(entry.is_ok(), "asking is not stopped");
}

#[test]
fn asking_whether_one_may_go_on_is_recognised_and_a_decision_is_not_taken_for_it() {
    let flagged = |document: Value| -> Option<String> {
        let Assessment { violation, .. } = Policy::BUILT_IN.assess(&content(&document.to_string()));
        violation.map(|v| v.rule)
    };
    let titled = |title: &str| json!({"kind": "question", "title": title});
    // Four ways to ask to go on, three ways to ask for a look.
    for title in [
        "The plan is there. Would you like me to continue with the work?",
        "Coordination is over. Should I proceed with the execution?",
        "The work is done. Would you prefer to review before it is validated?",
        "Everything is ready to proceed.  Would you LIKE me to\n continue?",
        "The plan is written. Would you like to review it first?",
        "The log is ready. Should I show it to you?",
        "The work is complete. Want to see the changes before validation?",
    ] {
        assert!(flagged(titled(title)).is_some(), "{title}");
        let gate = json!({"kind": "gate", "title": "Phase 2", "summary": title});
        assert!(flagged(gate).is_some(), "{title}");
    }
    for decision in [
        titled("Which of the two interpretations is meant?"),
        titled("Execution blocked: the credentials of the payment gateway are missing"),
        json!({"kind": "gate", "title": "Architecture design complete: approval required before implementation"}),
        json!({"kind": "plan", "title": "Should I proceed?", "steps": [{"id": "a", "action": "x"}]}),
        json!({"kind": "gate", "title": "Shall I proceed?", "target": {"environment": "production"}}),
        json!({"kind": "gate", "title": "Shall I proceed?", "risk": "high"}),
        json!({"kind": "question", "title": "Should I proceed with which flow?", "options": ["web", "mobile"]}),
    ] {
        assert_eq!(flagged(decision.clone()), None, "{decision}");
    }
    let yes_no = json!({"kind": "question", "title": "Should I proceed?", "options": ["Yes", "no."]});
    assert!(flagged(yes_no).is_some());
    let own = policy(
        "[may_i_continue]\nbuiltin_phrases = false\n[[may_i_continue.pattern]]\nname = \"blessing\"\nphrases = [\"*is it ok*\"]\n",
    );
    let by_own = |title: &str| own.assess(&content(&titled(title).to_string())).violation.map(|v| v.rule);
    assert_eq!(by_own("Is it OK to go on?").as_deref(), Some("blessing"));
    assert_eq!(by_own("Should I proceed?"), None, "a team can take the words that ship out");
}

#[test]
fn a_policy_is_signed_off_by_admins_whatever_a_rule_says() {
    let mut content = two_reads();
    content.kind = countersign::domain::content::Kind::Policy;
    let waits_for = |slots: &str| {
        let text = format!("[[rule]]\nname = \"whatever is asked\"\nslots = {slots}\n");
        let slots = policy(&text).assess(&content).slots;
        slots.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let agent = r#"{kind = "agent", any_of = ["cp14"], assurance = "signed"}"#;
    let lead = r#"{kind = "human", role = "lead", any_of = ["rita"], assurance = "signed"}"#;
    assert_eq!(waits_for(&format!("[{agent}]")), ["1 human (admin)"]);
    assert_eq!(waits_for(&format!("[{agent}, {lead}]")), ["1 human (admin, signed)"]);
    assert_eq!(
        waits_for(&format!("[{lead}, {lead}]")),
        ["1 human (admin, signed)", "1 human (admin, signed)"]
    );
}
