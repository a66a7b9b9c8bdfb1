//! `override R`: what it says without the phrase, what it takes, and how it is told afterwards, everywhere and for ever.

use super::{Desk, HOUR, plan};
use serde_json::{Value, json};

const REASON: &str = "The bridge is down and nobody answers.";

fn goes(id: &str, reason: &str) -> Vec<String> {
    let words =
        ["override", id, "--class", "incident", "--reference", "INC-42", "--reason", reason, "--phrase"];
    words.into_iter().map(str::to_owned).chain([format!("OVERRIDE {id}")]).collect()
}

fn run(desk: &Desk, words: &[String]) -> super::Ran {
    desk.run(&words.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn without_the_phrase_it_says_what_would_happen_and_does_nothing() {
    let desk = Desk::new();
    let id = desk.submit(&plan("planner", "one"));
    let head = desk.head();
    desk.run(&["override", &id]).ended(2).said(&[
        "OVERRIDE: R-1 goes ahead without the sign-offs it needs",
        "2 of 2 steps would run",
        "Without: 1 human",
        "You owe a review for it",
        "Nothing was done. To do it, add --class, --reference, --reason, --phrase",
        "--phrase 'OVERRIDE R-1'",
    ]);
    let said = desk.run(&["override", &id, "--class", "incident", "--json"]).ended(2).json();
    assert_eq!(said["missing"], json!(["--reference", "--reason", "--phrase"]));
    assert_eq!((said["done"].as_bool(), said["phrase"].as_str()), (Some(false), Some("OVERRIDE R-1")));
    assert_eq!(desk.head(), head);
    desk.run(&["override", "R-9"]).ended(4);
    let own = desk.submit(&json!({"kind": "gate", "title": "mine"}));
    desk.run(&["override", &own]).refused(1, &["nobody decides on their own request"]);
}

#[test]
fn it_goes_ahead_opens_the_debt_and_is_told_everywhere() {
    let desk = Desk::new();
    let id = desk.submit(&plan("planner", "one"));
    let digest = desk.shown(&id)["decision_digest"].as_str().unwrap()[..12].to_owned();
    let mut words = goes(&id, REASON);
    words.extend(["--digest".to_owned(), digest]);
    run(&desk, &words).ended(0).said(&["→ OVERRIDDEN: incident, INC-42", "owes R-2", "you owe R-2"]);
    desk.run(&["show", &id]).ended(0).said(&[
        "OVERRIDDEN by",
        "because   incident, INC-42",
        "without   1 human",
        "│ The bridge is down",
        "debt      R-2",
        "R-2, the review of it: due in",
    ]);
    desk.run(&["show", "R-2"]).ended(0).said(&["owed      by", "for overriding R-1", "never expires"]);
    let shown = desk.shown(&id);
    assert_eq!(shown["state"], "overridden");
    assert_eq!(shown["override"]["debt"], "R-2");
    assert_eq!(shown["override"]["skipped"], json!([{"kind": "human", "assurance": "asserted"}]));
    assert_eq!(shown["decision"]["assurance"], "asserted");
    assert_eq!(desk.shown("R-2")["owed"]["request"], "R-1");
    desk.run(&["list", "--state", "decided"]).ended(0).said(&["OVERRIDDEN"]);
    desk.run(&["list", "--state", "debts"]).ended(0).said(&["R-2", "Review owed: R-1"]);
    desk.run(&["pulse"]).ended(0).said(&["OVERRIDDEN"]);
    let log = desk.run(&["audit", "export"]).ended(0).out;
    let events: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let named = |name: &str| events.iter().filter(|e| e["envelope"]["name"] == name).count();
    assert_eq!(named("request.overridden"), 1);
    desk.run(&["audit", "verify"]).ended(0).said(&["1 decision"]);
    let waited = desk.run(&["wait", &id, "--json"]).ended(0).json();
    assert_eq!(waited["outcome"], "overridden");
    // And again after everything but the log was forgotten.
    desk.run(&["rebuild"]).ended(0);
    desk.run(&["audit", "verify"]).ended(0);
    desk.run(&["list", "--state", "decided"]).ended(0).said(&["OVERRIDDEN"]);
    let other = desk.submit(&plan("planner", "two"));
    run(&desk, &goes(&other, "Quite another reason than before.")).refused(1, &["you still owe R-2"]);
}

#[test]
fn in_part_ends_the_waiting_with_14_and_runs_what_is_covered() {
    let desk = Desk::new();
    let steps = json!([{"id": "a", "action": "x.do", "run": ["/bin/true"]}, {"id": "b", "action": "x.do", "run": ["/bin/false"]}]);
    let id = desk.submit(&json!({"kind": "plan", "title": "Both", "by": "planner", "steps": steps}));
    desk.run(&["--as", "bob", "reject", &id, "--step", "b"]).ended(0);
    run(&desk, &goes(&id, REASON)).ended(0).said(&["overridden in part: a"]);
    let waited = desk.run(&["wait", &id, "--json"]).ended(14).json();
    assert_eq!(waited["outcome"], "overridden_in_part");
    assert_eq!(waited["plan"].as_array().unwrap().len(), 1);
    desk.run(&["run", &id]).ended(0).said(&["a completed"]);
    desk.run(&["list", "--state", "decided"]).ended(0).said(&["OVERRIDDEN"]);
}

#[test]
fn alone_the_debt_is_closed_after_an_hour_with_a_reason_and_the_next_override_needs_another_one() {
    let desk = Desk::new();
    let id = desk.submit(&plan("planner", "one"));
    run(&desk, &goes(&id, REASON)).ended(0);
    desk.run(&["approve", "R-2", "--reason", "it was right"])
        .refused(1, &["somebody else closes it", "alone here"]);
    desk.run(&["--as", "other", "approve", "R-2", "--reason", "it was right"]).refused(1, &["somebody else"]);
    desk.run(&["cancel", "R-2", "--reason", "away"]).refused(1, &["a debt cannot be cancelled"]);
    desk.run(&["request-changes", "R-2", "--reason", "away"]).refused(1, &["cannot be given back"]);
    desk.run(&["override", "R-2"]).refused(1, &["a debt cannot be overridden"]);
    desk.run_later(HOUR + 1000, &["approve", "R-2"]).refused(1, &["a reason is required"]);
    desk.run_later(HOUR + 1000, &["approve", "R-2", "--reason", "it was right"]).ended(0);
    desk.run(&["show", "R-2"]).ended(0).said(&["self-reviewed: nobody else has looked at it"]);
    desk.run(&["show", &id]).ended(0).said(&["accepted by", "self-reviewed"]);
    assert_eq!(desk.shown("R-2")["owed"]["self_reviewed"], true);
    let other = desk.submit(&plan("planner", "two"));
    let again = goes(&other, "the bridge is down -- and NOBODY answers");
    let again: Vec<&str> = again.iter().map(String::as_str).collect();
    desk.run_later(2 * HOUR, &again).refused(1, &["you gave that reason before, for R-1"]);
    desk.run(&["rebuild"]).ended(0);
    desk.run_later(2 * HOUR, &again).refused(1, &["you gave that reason before, for R-1"]);
    let new = goes(&other, "It is down once more, and they sleep.");
    desk.run_later(2 * HOUR, &new.iter().map(String::as_str).collect::<Vec<_>>()).ended(0);
    desk.run(&["audit", "verify"]).ended(0);
}

#[test]
fn a_policy_that_forbids_it_or_wants_a_signature_is_obeyed_and_a_broken_one_opens_nothing() {
    let desk = Desk::new();
    let id = desk.submit(&plan("planner", "one"));
    let adopt = |words: &str| {
        let file = desk.file("p.toml", format!("[[rule]]\nname = \"all\"\n{words}\n"));
        desk.run(&["policy", "adopt", &file]).ended(0);
    };
    adopt("override = { allowed = false }");
    run(&desk, &goes(&id, REASON)).refused(1, &["the policy's rule all does not allow it"]);
    desk.run(&["explain", &id])
        .ended(0)
        .said(&["override         no: R-1 is not overridden: the policy's rule all"]);
    adopt("override = { assurance = \"signed\" }");
    run(&desk, &goes(&id, REASON)).refused(1, &["it must be signed here", "countersign challenge R-1"]);
    let bad = desk.file("bad.toml", "[[rule]]\nname = \"all\"\noverride = { assurance = \"asserted\" }\n");
    desk.run(&["policy", "check", &bad]).refused(65, &["line 3: override: assurance is session"]);
    let odd = desk.file("odd.toml", "[[rule]]\nname = \"all\"\noverride = { second = true }\n");
    desk.run(&["policy", "check", &odd]).refused(65, &["line 3", "second"]);
    adopt("slots = [{ kind = \"human\" }, { kind = \"human\" }]");
    // The policy asks more than they could know: they look again.
    run(&desk, &goes(&id, REASON)).refused(3, &["the policy changed since R-1 was judged"]);
    run(&desk, &goes(&id, REASON)).ended(0);
    assert_eq!(desk.shown(&id)["override"]["skipped"].as_array().unwrap().len(), 2);
}

#[test]
fn what_is_hostile_in_it_reaches_no_terminal() {
    let desk = Desk::new();
    let id = desk.submit(&plan("planner", "one"));
    let mut words = goes(&id, "The bridge \u{1b}]0;x\u{7} is down, nobody answers \u{202e}.");
    words[5] = "INC\u{1b}[2J-42".to_owned();
    for ran in [
        run(&desk, &words).ended(0),
        desk.run(&["show", &id]),
        desk.run(&["show", "R-2"]),
        desk.run(&["log"]),
        desk.run(&["list", "--state", "all"]),
    ] {
        let all = format!("{}{}", ran.out, ran.err);
        assert!(!all.contains('\u{1b}') && !all.contains('\u{202e}') && !all.contains('\u{7}'), "{all}");
    }
    desk.run(&["show", &id]).said(&["INC⟨ESC⟩[2J-42"]);
    let mut other = goes("R-2", REASON);
    other[3] = "\u{1b}[31mincident".to_owned();
    let second = desk.submit(&plan("planner", "two"));
    other[1].clone_from(&second);
    let ran = run(&desk, &other);
    assert!(!ran.err.contains('\u{1b}'), "{}", ran.err);
}

#[test]
fn of_a_production_deployment_it_says_one_thing_and_it_is_so() {
    let desk = Desk::new();
    let id = desk.submit(
        &json!({"kind": "deployment", "title": "Deploy", "by": "ci", "target": {"environment": "production"},
        "steps": [{"id": "go", "action": "a.go", "run": ["/bin/true"]}]}),
    );
    let told = desk.run(&["override", &id]).ended(2);
    assert!(
        told.out.contains("Its steps may start at once, and must within 4 h. A rollout of it is not started"),
        "{told}"
    );
    assert!(!told.out.contains("It may start") && !told.out.contains("It starts no"), "{told}");
    let alone = desk.submit(&json!({"kind": "deployment", "title": "Deploy", "by": "ci", "target": {"environment": "production"}}));
    let told = desk.run(&["override", &alone]).ended(2);
    assert!(told.out.contains("A rollout of it is not started") && !told.out.contains("may start"), "{told}");
}

#[test]
fn an_export_can_be_about_one_thing() {
    let desk = Desk::new();
    let id = desk.submit(&crate::cli::plan("ci", "a"));
    desk.run(&["comment", &id, "look here"]).ended(0);
    desk.run(&["escalate", &id, "--reason", "nobody is here"]).ended(0);
    desk.run(&[
        "override",
        &id,
        "--class",
        "incident",
        "--reference",
        "INC-42",
        "--reason",
        "it is down and nobody answers",
        "--phrase",
        &format!("OVERRIDE {id}"),
    ])
    .ended(0);
    let other = desk.submit(&crate::cli::plan("ci", "b"));
    desk.run(&["approve", &other]).ended(0);
    let names = |only: &str| -> Vec<String> {
        let lines = desk.run(&["audit", "export", "--only", only]).ended(0).out;
        let name = |line: &str| -> String {
            let event: serde_json::Value = serde_json::from_str(line).unwrap();
            event["envelope"]["name"].as_str().unwrap().to_owned()
        };
        lines.lines().map(name).collect()
    };
    assert_eq!(names("overrides"), ["request.overridden", "request.submitted"]);
    assert_eq!(names("comments"), ["comment.added"]);
    assert_eq!(names("escalations"), ["request.escalated"]);
    assert!(names("approvals").iter().any(|name| name == "signoff.given"));
    assert!(names("approvals").iter().all(|name| !name.starts_with("comment")));
}
