//! Waiting for a decision that another process makes: every exit code is reached.

use super::{Desk, HOUR, gate, plan, until};
use serde_json::{Value, json};

/// A `wait --json` that is told by `decide`: its exit code and object.
fn told(document: &Value, decide: impl FnOnce(&Desk)) -> (Option<i32>, Value) {
    let desk = Desk::new();
    desk.submit(document);
    let mut waiting = desk.start_waiting(&mut desk.command(&["wait", "R-1", "--json"]));
    assert!(waiting.is_still_there());
    decide(&desk);
    let ran = waiting.end().calm();
    let value = ran.json();
    assert_eq!((&value["id"], value["exit"].as_i64()), (&json!("R-1"), ran.code.map(i64::from)));
    assert_eq!(value["request"]["id"], "R-1");
    (ran.code, value)
}

#[test]
fn an_approval_ends_the_waiting_with_0_and_the_whole_plan() {
    let (code, said) = told(&plan("planner", "wf"), |desk| {
        desk.run(&["approve", "R-1"]).ended(0);
    });
    assert_eq!((code, &said["outcome"]), (Some(0), &json!("approved")));
    let steps: Vec<&Value> = said["plan"].as_array().unwrap().iter().map(|step| &step["id"]).collect();
    assert_eq!(steps, ["lookup", "draft"]);
    assert_eq!(said["plan"][1]["run"], json!(["/usr/bin/draft", "--to", "{{lookup.email}}"]));
}

#[test]
fn an_answer_ends_the_waiting_with_0_and_is_in_the_json() {
    let question =
        json!({"kind": "question", "title": "Which John?", "by": "planner", "options": ["Doe", "Roe"]});
    let (code, said) = told(&question, |desk| {
        desk.run(&["answer", "R-1", "--option", "2"]).ended(0);
    });
    assert_eq!(code, Some(0));
    assert_eq!(said["request"]["decision"]["answer"]["option"], 2);
    let (code, said) = told(&question, |desk| {
        desk.run(&["answer", "R-1", "--text", "neither"]).ended(0);
    });
    assert_eq!(code, Some(0));
    assert_eq!(said["request"]["decision"]["answer"]["text"], "neither");
}

#[test]
fn a_rejection_ends_the_waiting_with_10_and_its_reason() {
    let (code, said) = told(&plan("planner", "wf"), |desk| {
        desk.run(&["reject", "R-1", "--reason", "not today"]).ended(0);
    });
    assert_eq!((code, &said["outcome"]), (Some(10), &json!("rejected")));
    assert_eq!(said["request"]["decision"]["reason"], "not today");
}

#[test]
fn requested_changes_end_the_waiting_with_11_and_say_what_to_change() {
    let (code, said) = told(&plan("planner", "wf"), |desk| {
        desk.run(&["request-changes", "R-1", "--reason", "leave out the mail"]).ended(0);
    });
    assert_eq!((code, &said["outcome"]), (Some(11), &json!("changes_requested")));
    assert_eq!(said["request"]["comments"][0]["text"], "leave out the mail");
    assert_eq!(said["request"]["decision"], Value::Null);
}

#[test]
fn expiry_ends_the_waiting_with_12_whoever_notices_it() {
    let (code, said) = told(&plan("planner", "wf"), |desk| {
        desk.run_later(73 * HOUR, &["list"]).ended(0);
    });
    assert_eq!((code, &said["outcome"]), (Some(12), &json!("expired")));
    assert_eq!(said["request"]["decision"]["by"], "system");
}

#[test]
fn a_waiter_wakes_by_itself_when_the_time_has_come() {
    let desk = Desk::new();
    desk.submit(&plan("planner", "wf"));
    // Its clock is a moment before the expiry, and nobody else does anything.
    let waiting = desk.start(&mut desk.later(72 * HOUR - 1_500, &["wait", "R-1"]));
    waiting.end().ended(12).said(&["R-1 is expired"]);
    assert_eq!(desk.shown("R-1")["state"], "expired");
}

#[test]
fn an_approval_that_was_not_started_in_time_is_12_too() {
    let desk = Desk::new();
    desk.submit(&plan("planner", "wf"));
    desk.run(&["approve", "R-1"]).ended(0);
    desk.run_later(23 * HOUR, &["wait", "R-1"]).ended(0);
    let said = desk.run_later(25 * HOUR, &["wait", "R-1", "--json"]).ended(12).json();
    assert_eq!(said["request"]["execution"], "lapsed");
    // What has lapsed is never revived, whatever the clock says later.
    desk.run(&["wait", "R-1"]).ended(12);
}

#[test]
fn taking_it_back_ends_the_waiting_with_13() {
    let (code, said) = told(&plan("planner", "wf"), |desk| {
        desk.run(&["cancel", "R-1", "--as", "planner", "--reason", "not needed any more"]).ended(0);
    });
    assert_eq!((code, &said["outcome"]), (Some(13), &json!("cancelled")));
}

#[test]
fn an_approval_in_part_ends_the_waiting_with_14_and_the_sub_plan() {
    let (code, said) = told(&plan("planner", "wf"), |desk| {
        desk.run(&["skip", "R-1", "--step", "draft"]).ended(0);
        desk.run(&["approve", "R-1"]).ended(0);
    });
    assert_eq!((code, &said["outcome"]), (Some(14), &json!("approved_in_part")));
    assert_eq!(said["plan"].as_array().unwrap().len(), 1);
    assert_eq!(said["plan"][0]["id"], "lookup");
    assert_eq!(said["plan"][0]["params"], json!({"query": "John"}));
}

#[test]
fn who_waits_for_a_revision_that_was_replaced_is_told_15() {
    let desk = Desk::new();
    let mut changed = plan("planner", "wf");
    changed["steps"][0]["params"]["query"] = json!("Jane");
    let first = desk.file("first.json", plan("planner", "wf").to_string());
    let second = desk.file("second.json", changed.to_string());

    let mut before = desk.start_waiting(&mut desk.command(&["submit", "--wait", &first]));
    assert_eq!(before.line(), "R-1");
    desk.run(&["submit", &second]).refused(3, &["this reference is R-1", "--revise", "--again"]);
    let mut after = desk.start_waiting(&mut desk.command(&["submit", "--revise", "--wait", &second]));
    assert_eq!(after.line(), "R-1");
    assert!(before.is_still_there(), "a revision is no decision");
    // 15 beats 14: what was approved is not what was asked for, in part or not.
    desk.run(&["skip", "R-1", "--step", "draft"]).ended(0);
    desk.run(&["approve", "R-1"]).ended(0);

    before.end().ended(15).said(&["approved at revision 2, not 1"]);
    after.end().ended(14);
    let said = desk.run(&["wait", "R-1", "--revision", "1", "--json"]).ended(15).json();
    assert_eq!((&said["outcome"], &said["revision"]), (&json!("approved_at_another_revision"), &json!(2)));
    desk.run(&["wait", "R-1", "--revision", "2"]).ended(14);
    desk.run(&["wait", "R-1"]).ended(14);
}

#[test]
fn submit_and_wait_prints_the_number_first_and_with_json_one_object() {
    let desk = Desk::new();
    let file = desk.file("gate.json", gate("planner", "g").to_string());
    let mut waiting = desk.start(&mut desk.command(&["submit", "--wait", &file]));
    assert_eq!(waiting.line(), "R-1", "a script can pass it on before anything is decided");
    desk.run(&["approve", "R-1"]).ended(0);
    waiting.end().ended(0).said(&["R-1 is approved by "]);

    let file = desk.file("other.json", gate("planner", "h").to_string());
    let waiting = desk.start(&mut desk.command(&["submit", "--wait", "--json", &file]));
    until("the request is stored", || desk.run(&["show", "R-2"]).code == Some(0));
    desk.run(&["reject", "R-2", "--reason", "no"]).ended(0);
    let said = waiting.end().ended(10).json();
    assert_eq!((&said["id"], &said["exit"]), (&json!("R-2"), &json!(10)));
}

#[test]
fn patience_ends_with_124_and_the_request_stays_open() {
    let desk = Desk::new();
    let file = desk.file("gate.json", gate("planner", "g").to_string());
    let said = desk.run(&["submit", "--wait", "--timeout", "0", "--json", &file]).ended(124).json();
    assert_eq!((&said["outcome"], &said["request"]["state"]), (&json!("still_open"), &json!("requested")));
    desk.run(&["wait", "R-1", "--timeout", "0"]).ended(124);
    // Not even an absurd patience overflows into the past.
    let waiting = desk.start_waiting(&mut desk.command(&["wait", "R-1", "--timeout", &u64::MAX.to_string()]));
    desk.run(&["approve", "R-1"]).ended(0);
    waiting.end().ended(0);
}

#[test]
fn what_is_decided_is_told_at_once_and_every_time() {
    let desk = Desk::new();
    desk.submit(&gate("planner", "g"));
    desk.run(&["approve", "R-1", "--reason", "fine"]).ended(0);
    for _ in 0..2 {
        desk.run(&["wait", "R-1", "--timeout", "0"]).ended(0).said(&["R-1 is approved by ", "│ fine"]);
    }
    desk.run(&["wait", "R-9", "--timeout", "0"]).refused(4, &["no such request: R-9", "countersign list"]);
}

#[test]
fn a_killed_producer_finds_the_decision_later() {
    let desk = Desk::new();
    let file = desk.file("plan.json", plan("planner", "wf").to_string());
    let mut waiting = desk.start_waiting(&mut desk.command(&["submit", "--wait", &file]));
    assert_eq!(waiting.line(), "R-1");
    waiting.child.kill().unwrap();
    assert_eq!(waiting.end().code, None, "it was killed, it did not end");

    assert_eq!(desk.run(&["submit", &file]).ended(0).out, "R-1\n", "asking again is the same request");
    desk.run(&["reject", "R-1", "--reason", "no"]).ended(0);
    desk.run(&["wait", "R-1"]).ended(10);
    assert_eq!(desk.run(&["submit", &file]).ended(0).out, "R-1\n", "decided or not");
    desk.run(&["submit", "--wait", &file]).ended(10).said(&["R-1\n", "│ no"]);
    assert_eq!(desk.run(&["list", "--state", "all", "--json"]).ended(0).json().as_array().unwrap().len(), 1);
}

#[test]
fn many_waiters_hear_of_one_decision() {
    let desk = Desk::new();
    desk.submit(&gate("planner", "g"));
    let waiting: Vec<_> = (0..8).map(|_| desk.start_waiting(&mut desk.command(&["wait", "R-1"]))).collect();
    desk.run(&["approve", "R-1"]).ended(0);
    for one in waiting {
        one.end().ended(0);
    }
}

#[test]
fn a_lapsed_approval_is_12_also_when_it_was_in_part_or_of_another_revision() {
    let desk = Desk::new();
    let later = 30 * 3_600_000;
    desk.submit(&plan("planner", "part"));
    desk.run(&["reject", "R-1", "--step", "draft"]).ended(0);
    desk.run(&["approve", "R-1", "--reason", "x"]).ended(0);
    desk.run(&["wait", "R-1"]).ended(14);
    desk.run_later(later, &["wait", "R-1"]).ended(12);
    desk.submit(&plan("planner", "other"));
    desk.run(&["approve", "R-2", "--reason", "x"]).ended(0);
    desk.run(&["wait", "R-2", "--revision", "7"]).ended(15);
    desk.run_later(later, &["wait", "R-2", "--revision", "7"]).ended(12);
}
