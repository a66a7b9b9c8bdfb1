//! Every verb: what it does, when it refuses, what it prints, and under which number.

use super::{Desk, HOUR, gate, plan};
use serde_json::{Value, json};

/// A verb's answer as JSON, from a desk on which `before` was done.
fn answers(document: &Value, before: &[&[&str]], verb: &[&str]) -> Value {
    let desk = Desk::new();
    desk.submit(document);
    for arguments in before {
        desk.run(arguments).ended(0);
    }
    let mut verb = verb.to_vec();
    verb.push("--json");
    let ran = desk.run(&verb).ended(0);
    assert_eq!(ran.err, "", "{ran}");
    ran.json()
}

/// A document, what is done first, the verb, and the state it leads to.
type Case<'a> = (&'a Value, &'a [&'a [&'a str]], &'a [&'a str], &'a str);

#[test]
fn every_deciding_verb_answers_with_the_request_as_it_is_now() {
    let plan = plan("planner", "wf");
    let question = json!({"kind": "question", "title": "Which?", "options": ["a", "b"], "by": "planner"});
    let claim: &[&str] = &["claim", "R-1"];
    let changes: &[&str] = &["request-changes", "R-1", "--reason", "x"];
    let snooze: &[&str] = &["snooze", "R-1", "--for", "2h"];
    let cases: [Case<'_>; 15] = [
        (&plan, &[], &["approve", "R-1"], "approved"),
        (&plan, &[], &["approve", "r-1", "--step", "lookup"], "requested"),
        (&plan, &[], &["reject", "1", "--reason", "x"], "rejected"),
        (&plan, &[], &["reject", "R-1", "--step", "draft"], "requested"),
        (&plan, &[], &["skip", "R-1", "--step", "lookup", "--step", "draft"], "requested"),
        (&plan, &[], changes, "changes_requested"),
        (&plan, &[changes], &["withdraw", "R-1"], "requested"),
        (&plan, &[changes], &["reject", "R-1", "--reason", "x"], "rejected"),
        (&plan, &[], &["cancel", "wf", "--as", "planner", "--reason", "x"], "cancelled"),
        (&plan, &[], &["comment", "R-1", "hm", "--step", "draft"], "requested"),
        (&plan, &[], claim, "requested"),
        (&plan, &[claim], &["release", "R-1"], "requested"),
        (&plan, &[], snooze, "requested"),
        (&plan, &[snooze], &["snooze", "R-1", "--off"], "requested"),
        (&question, &[], &["answer", "R-1", "--option", "1"], "approved"),
    ];
    for (document, before, verb, state) in cases {
        let said = answers(document, before, verb);
        assert_eq!((&said["id"], &said["state"]), (&json!("R-1"), &json!(state)), "{verb:?}");
    }
}

#[test]
fn every_looking_verb_answers_in_json() {
    let desk = Desk::new();
    desk.submit(&plan("planner", "wf"));
    desk.run(&["comment", "R-1", "hm"]).ended(0);
    let copy = desk.path("copy.db");
    let looking: [(&[&str], i32); 12] = [
        (&["list"], 0),
        (&["list", "--state", "waiting", "--kind", "plan", "--risk", "low", "--by", "planner"], 0),
        (&["show", "R-1"], 0),
        (&["explain", "R-1"], 0),
        (&["check"], 1),
        (&["pulse"], 0),
        (&["log"], 0),
        (&["log", "R-1", "--limit", "1"], 0),
        (&["audit", "verify"], 0),
        (&["rebuild"], 0),
        (&["backup", copy.to_str().unwrap()], 0),
        (&["doctor"], 0),
    ];
    for (arguments, code) in looking {
        let mut with = arguments.to_vec();
        with.push("--json");
        desk.run(&with).ended(code).json();
        if arguments[0] != "backup" {
            let words = desk.run(arguments).ended(code);
            assert!(!words.out.is_empty() && words.err.is_empty(), "{words}");
        }
    }
    let rows = desk.run(&["list", "--by", "nobody", "--json"]).ended(0).json();
    assert_eq!(rows, json!([]));
    assert_eq!(desk.run(&["log", "--after", "1", "--limit", "1", "--json"]).ended(0).json()[0]["seq"], 2);
    assert_eq!(
        desk.run(&["log", "R-1", "--limit", "1", "--json"]).ended(0).json().as_array().unwrap().len(),
        1
    );
}

#[test]
fn every_verb_on_a_closed_request_says_who_closed_it_and_how() {
    let desk = Desk::new();
    desk.submit(&plan("planner", "wf"));
    desk.run(&["reject", "R-1", "--reason", "no"]).ended(0);
    let me = desk.me("R-1");
    let file = desk.file("plan.json", plan("planner", "wf").to_string());
    let before = desk.head();
    let verbs: [&[&str]; 10] = [
        &["approve", "R-1"],
        &["approve", "R-1", "--step", "lookup"],
        &["reject", "R-1", "--reason", "x"],
        &["skip", "R-1", "--step", "lookup"],
        &["request-changes", "R-1", "--reason", "x"],
        &["withdraw", "R-1"],
        &["cancel", "R-1", "--as", "planner", "--reason", "x"],
        &["claim", "R-1"],
        &["release", "R-1"],
        &["resubmit", "R-1", &file],
    ];
    for verb in verbs {
        desk.run(verb).refused(3, &[&format!("R-1 is already rejected by {me}, at ")]);
    }
    assert_eq!(desk.head(), before);
    desk.run(&["comment", "R-1", "a closed request can still be talked about"]).ended(0);
}

#[test]
fn what_does_not_fit_the_state_or_kind_is_refused_with_the_way_out() {
    let desk = Desk::new();
    desk.submit(&plan("planner", "wf"));
    desk.submit(&gate("planner", "g"));
    desk.submit(&json!({"kind": "question", "title": "Which?", "options": ["a", "b"], "by": "planner"}));
    let file = desk.file("plan.json", plan("planner", "wf").to_string());
    let before = desk.head();
    desk.run(&["withdraw", "R-1"]).refused(1, &["no sign-off of yours"]);
    desk.run(&["release", "R-1"]).refused(1, &["nobody has claimed it"]);
    desk.run(&["resubmit", "R-1", &file]).refused(1, &["no changes were requested", "submit --revise"]);
    desk.run(&["answer", "R-1", "--text", "x"]).refused(1, &["a plan is not for `answer`"]);
    desk.run(&["approve", "R-3"]).refused(1, &["use `answer`"]);
    desk.run(&["answer", "R-3", "--option", "3"]).refused(65, &["option"]);
    desk.run(&["approve", "R-2", "--step", "a"]).refused(1, &["no steps to mark"]);
    desk.run(&["skip", "R-1", "--step", "nosuch"]).refused(65, &["R-1 has no step nosuch"]);
    desk.run(&["comment", "R-1", "x", "--step", "nosuch"]).refused(65, &["R-1 has no step nosuch"]);
    desk.run(&["cancel", "R-1", "--reason", "x"])
        .refused(1, &["only the requester, planner", "--as planner"]);
    assert_eq!(desk.head(), before);
    desk.run(&["reject", "R-1", "--step", "lookup", "--step", "draft"]).ended(0);
    desk.run(&["approve", "R-1"]).refused(1, &["no step would be approved", "reject the request instead"]);
}

#[test]
fn an_approved_step_that_cannot_run_stops_the_sign_off() {
    let desk = Desk::new();
    desk.submit(&plan("planner", "wf"));
    desk.run(&["reject", "R-1", "--step", "lookup"]).ended(0);
    desk.run(&["approve", "R-1"])
        .refused(1, &["draft is approved and blocked by lookup: it cannot run without lookup.email"]);
}

#[test]
fn a_reason_is_asked_for_where_it_is_required() {
    let desk = Desk::new();
    desk.submit(&plan("planner", "wf"));
    let mut production = plan("planner", "prod");
    production["target"] = json!({"environment": "production"});
    desk.submit(&production);
    let before = desk.head();
    for verb in [&["reject", "R-1"][..], &["request-changes", "R-1"], &["cancel", "R-1", "--as", "planner"]] {
        desk.run(verb).refused(1, &["a reason is required", "--reason"]);
        let mut blank = verb.to_vec();
        blank.extend(["--reason", " \u{200b} "]);
        desk.run(&blank).refused(1, &["a reason is required"]);
    }
    desk.run(&["approve", "R-2"]).refused(1, &["a reason is required to approve anything sensitive"]);
    assert_eq!(desk.head(), before);
    desk.run(&["approve", "R-2", "--reason", "checked with the owner"]).ended(0);
}

#[test]
fn nobody_decides_on_their_own_request_unless_the_settings_say_so() {
    let desk = Desk::new();
    desk.submit(&json!({"kind": "gate", "title": "May I?"}));
    let me = desk.me("R-1");
    desk.run(&["approve", "R-1"]).refused(1, &["nobody decides on their own request", &me]);
    desk.run(&["approve", "R-1", "--as", "alice"]).refused(1, &["nobody decides on their own request"]);
    desk.run(&["check"]).ended(0).said(&["nothing waits for you"]);

    let config = desk.file("config.toml", "[solo]\nself_review = true\n");
    desk.run(&["--config", &config, "check"]).ended(1);
    desk.run(&["--config", &config, "approve", "R-1"]).ended(0);
    desk.run(&["show", "R-1"]).ended(0).said(&["self-review"]);
}

#[test]
fn a_digest_binds_the_decision_to_what_was_shown() {
    let desk = Desk::new();
    desk.submit(&plan("planner", "wf"));
    let digest = desk.shown("R-1")["decision_digest"].as_str().unwrap().to_owned();
    desk.run(&["show", "R-1"]).ended(0).said(&[&digest[..12]]);
    for bad in [&digest[..11], "not hexadecimal", ""] {
        desk.run(&["approve", "R-1", "--digest", bad]).refused(2, &["--digest", "12 to 64"]);
    }
    // Somebody marks a step between looking and deciding.
    desk.run(&["skip", "R-1", "--step", "draft"]).ended(0);
    let before = desk.head();
    desk.run(&["approve", "R-1", "--digest", &digest[..12]])
        .refused(3, &["changed since you opened it", "draft marked skipped", "nothing was recorded"]);
    desk.run(&["reject", "R-1", "--reason", "x", "--digest", &digest]).refused(3, &["changed"]);
    assert_eq!(desk.head(), before);

    let digest = desk.shown("R-1")["decision_digest"].as_str().unwrap().to_owned();
    desk.run(&["approve", "R-1", "--digest", &digest[..12]]).ended(0);
    assert_eq!(desk.shown("R-1")["signoffs"][0]["seen"], "digest");

    desk.submit(&gate("planner", "g"));
    desk.run(&["approve", "R-2"]).ended(0);
    assert_eq!(desk.shown("R-2")["signoffs"][0]["seen"], "no", "nobody says what they did not see");
    desk.run(&["show", "R-2"]).ended(0).said(&["seen: no"]);
}

#[test]
fn changes_are_requested_taken_back_requested_again_and_made() {
    let desk = Desk::new();
    desk.submit(&plan("planner", "wf"));
    desk.run(&["request-changes", "R-1", "--reason", "leave out the mail"])
        .ended(0)
        .said(&["requested changes"]);
    desk.run(&["approve", "R-1"]).refused(1, &["changes were requested by ", "it waits for planner"]);
    desk.run(&["check"]).ended(0);
    desk.run(&["withdraw", "R-1", "--as", "alice"]).refused(1, &["only they can take that back"]);
    desk.run(&["withdraw", "R-1"]).ended(0);
    desk.run(&["check"]).ended(1);
    desk.run(&["request-changes", "R-1", "--reason", "I mean it"]).ended(0);

    let mut changed = plan("planner", "wf");
    changed["steps"].as_array_mut().unwrap().pop();
    let file = desk.file("changed.json", changed.to_string());
    let mut foreign = changed.clone();
    foreign["by"] = json!("somebody-else");
    let foreign = desk.file("foreign.json", foreign.to_string());
    desk.run(&["resubmit", "R-1", &foreign]).refused(1, &["only the requester, planner"]);
    let ran = desk.run(&["resubmit", "R-1", &file]).ended(0).complained(&["R-1 is now at revision 2"]);
    assert_eq!(ran.out, "R-1\n");
    desk.run(&["approve", "R-1"]).ended(0);
    desk.run(&["wait", "R-1"]).ended(0);
}

#[test]
fn the_same_reference_is_the_same_request_however_often_it_is_asked() {
    let desk = Desk::new();
    let same = plan("planner", "wf");
    let mut other = same.clone();
    other["steps"][0]["params"]["query"] = json!("Jane");
    let (same, other) = (desk.file("a.json", same.to_string()), desk.file("b.json", other.to_string()));
    let submit = |arguments: &[&str]| desk.run(&[&["submit"], arguments].concat());

    assert_eq!(submit(&[&same]).ended(0).out, "R-1\n");
    let head = desk.head();
    assert_eq!(submit(&[&same]).ended(0).out, "R-1\n");
    assert_eq!(submit(&[&same, "--revise"]).ended(0).out, "R-1\n");
    assert_eq!(submit(&[&same, "--again"]).ended(0).out, "R-1\n");
    submit(&[&other]).refused(3, &["this reference is R-1, with other content", "--revise", "--again"]);
    assert_eq!(desk.head(), head, "nothing of this was stored");

    let said = submit(&[&other, "--revise", "--json"]).ended(0).json();
    assert_eq!(
        (&said["id"], &said["revision"], &said["placement"]),
        (&json!("R-1"), &json!(2), &json!("revised"))
    );
    assert_eq!(submit(&[&same, "--again"]).ended(0).out, "R-2\n", "other content, asked anew");
    desk.run(&["reject", "R-2", "--reason", "no"]).ended(0);
    let said = submit(&[&same, "--json"]).ended(0).json();
    assert_eq!(
        (&said["id"], &said["placement"], &said["state"]),
        (&json!("R-2"), &json!("same"), &json!("rejected"))
    );
    submit(&[&other]).refused(3, &["this reference is R-2", "and closed", "--again"]);
    submit(&[&other, "--revise"]).refused(3, &["and closed"]);
    assert_eq!(submit(&[&same, "--again"]).ended(0).out, "R-3\n");
    submit(&[&same, "--again", "--revise"]).ended(2).complained(&["cannot be used with"]);
}

#[test]
fn a_reference_belongs_to_one_producer() {
    let desk = Desk::new();
    desk.submit(&plan("planner", "wf"));
    let mine = desk.shown("R-1");
    let mut other = plan("mallory", "wf");
    other["title"] = json!("Something else");
    assert_eq!(desk.submit(&other), "R-2", "the other's request is neither returned nor named");
    let file = desk.file("other.json", other.to_string());
    for flag in ["--revise", "--again"] {
        assert_eq!(desk.run(&["submit", flag, &file]).ended(0).out, "R-2\n");
    }
    let without = plan("planner", "wf").as_object().cloned().map(|mut o| {
        o.remove("by");
        Value::Object(o)
    });
    assert_eq!(desk.submit(&without.unwrap()), "R-3", "the account is a producer of its own");
    assert_eq!(desk.shown("R-1")["revision_digest"], mine["revision_digest"]);
    assert_eq!(desk.shown("R-1")["title"], mine["title"]);
    // One call, two names: whose it is cannot be guessed.
    let file = desk.file("mine.json", plan("planner", "wf").to_string());
    desk.run(&["submit", &file, "--as", "mallory"])
        .refused(65, &["by:", "planner", "mallory", "nothing was stored"]);
}

fn lines(count: usize) -> Vec<String> {
    (1..=count).map(|n| gate("feeder", &format!("n{n}")).to_string()).collect()
}

#[test]
fn one_document_a_line_is_one_request_a_line() {
    let desk = Desk::new();
    let ran = desk.feed(&["submit", "-"], lines(200).join("\n")).ended(0);
    let numbers: Vec<String> = (1..=200).map(|n| format!("R-{n}")).collect();
    assert_eq!(ran.out.lines().collect::<Vec<_>>(), numbers);
    let ran = desk.feed(&["submit", "-", "--json"], lines(2).join("\n")).ended(0);
    let values: Vec<Value> = ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(values.iter().all(|v| v["v"] == 1 && v["placement"] == "same"), "{ran}");
}

#[test]
fn a_bad_line_is_named_and_what_stands_before_it_is_stored_and_printed() {
    for (count, bad) in [(3, 2), (200, 100), (450, 300)] {
        let desk = Desk::new();
        let mut all = lines(count);
        all[bad - 1] = r#"{"kind":"gate"}"#.to_owned();
        let ran = desk.feed(&["submit", "-"], all.join("\n")).ended(65);
        let ran = ran.complained(&[&format!("countersign: line {bad}: "), "title", "not stored"]);
        let printed: Vec<String> = ran.out.lines().map(str::to_owned).collect();
        let before: Vec<String> = (1..bad).map(|n| format!("R-{n}")).collect();
        assert_eq!(printed, before, "line {bad} of {count}");
        let stored = desk.run(&["list", "--limit", "1000", "--json"]).ended(0).json();
        assert_eq!(stored.as_array().unwrap().len(), bad - 1);
    }
}

#[test]
fn waiting_takes_one_document_and_stores_nothing_of_two() {
    let desk = Desk::new();
    let head = desk.head();
    desk.feed(&["submit", "-", "--wait"], lines(2).join("\n"))
        .refused(2, &["--wait takes one document", "nothing was stored"]);
    desk.feed(&["submit", "-", "--wait"], format!("{}\nnonsense\n", lines(1)[0])).refused(65, &["line 2"]);
    desk.feed(&["submit", "-", "--wait"], "").refused(65, &["there is no document"]);
    assert_eq!(desk.head(), head);
}

#[test]
fn the_number_is_the_name_and_a_lease_is_one_when_it_is_unique() {
    let desk = Desk::new();
    let leased = |reference: &str, lease: &str| {
        let mut document = gate("calyx", reference);
        document["labels"] = json!({"lease": lease});
        document
    };
    desk.submit(&leased("a", "LEASE-20261120-001"));
    desk.submit(&leased("b", "LEASE-20261120-001"));
    desk.submit(&leased("c", "LEASE-20261120-002"));
    let head = desk.head();
    desk.run(&["approve", "LEASE-20261120-001"])
        .refused(1, &["LEASE-20261120-001 names 2 requests: R-1, R-2; name one of them"]);
    desk.run(&["approve", "LEASE-20261120-009"]).refused(4, &["no such request: LEASE-20261120-009"]);
    desk.run(&["approve", "LEASE-20261120"]).refused(4, &["no such request"]);
    for unknown in ["R-99", "99", "R-0", "R-", "R-1x", "-", "", "R-99999999999999999999"] {
        desk.run(&["show", "--", unknown]).refused(4, &["no such request", "countersign list"]);
    }
    assert_eq!(desk.head(), head);
    desk.run(&["approve", "LEASE-20261120-002"]).ended(0).said(&["R-3"]);
    // The name does not move on: repeated, the same command cannot come to decide on another request.
    desk.submit(&leased("d", "LEASE-20261120-002"));
    desk.run(&["approve", "LEASE-20261120-002"]).refused(1, &["names 2 requests: R-3, R-4"]);
    assert_eq!(desk.shown("R-3")["state"], "approved");
}

#[test]
fn a_claim_is_advisory_and_said() {
    let desk = Desk::new();
    desk.submit(&gate("planner", "g"));
    desk.run(&["claim", "R-1", "--as", "alice"]).ended(0).said(&["R-1: you are on it until "]);
    desk.run(&["claim", "R-1", "--as", "alice"]).refused(1, &["at most every 5 minutes"]);
    desk.run_later(HOUR / 10, &["claim", "R-1", "--as", "alice"]).ended(0);
    desk.run(&["claim", "R-1"]).refused(3, &["alice is on it until "]);
    desk.run(&["release", "R-1"]).refused(3, &["alice is on it"]);
    desk.run(&["show", "R-1"]).ended(0).said(&["in review", "alice is on it until "]);
    desk.run(&["list"]).ended(0).said(&["in review"]);
    desk.run(&["approve", "R-1"]).ended(0).complained(&["note: alice is on it until "]);
    assert_eq!(desk.shown("R-1")["state"], "approved");
}

#[test]
fn a_mark_that_stands_already_records_nothing() {
    let desk = Desk::new();
    desk.submit(&plan("planner", "wf"));
    desk.run(&["skip", "R-1", "--step", "draft"]).ended(0);
    let head = desk.head();
    desk.run(&["skip", "R-1", "--step", "draft"]).ended(0).said(&["nothing new was recorded"]);
    assert_eq!(desk.head(), head);
}

#[test]
fn a_setting_that_is_not_known_is_refused_with_its_line() {
    let desk = Desk::new();
    let config = desk.file("config.toml", "[solo]\nself_reviw = true\n");
    let ran = desk.run(&["--config", &config, "list"]);
    assert_eq!(ran.code, Some(65), "{ran}");
    let code = ran.code.unwrap();
    ran.refused(code, &["config.toml", "line 2", "self_reviw", "mend that line"]);
    assert!(!desk.path("store.db").exists(), "nothing was made under settings that do not hold");
    desk.run(&["--config", "nowhere.toml", "list"]).refused(74, &["nowhere.toml", "check the path"]);
}

#[test]
fn a_command_line_that_is_wrong_is_2_and_makes_nothing() {
    let desk = Desk::new();
    let wrong: [&[&str]; 12] = [
        &["frobnicate"],
        &["approve"],
        &["approve", "R-1", "--frobnicate"],
        &["skip", "R-1"],
        &["submit"],
        &["submit", "-", "--timeout", "1"],
        &["answer", "R-1", "--option", "1", "--text", "x"],
        &["wait", "R-1", "--timeout", "soon"],
        &["list", "--state", "everything"],
        &["audit"],
        &["audit", "export", "--format", "xml"],
        &["completions", "cmd"],
    ];
    for arguments in wrong {
        let ran = desk.run(arguments).ended(2);
        assert!(ran.out.is_empty() && !ran.err.is_empty(), "{ran}");
    }
    assert!(!desk.path("store.db").exists());
    desk.submit(&plan("planner", "wf"));
    desk.run(&["list", "--kind", "letter"]).refused(2, &["--kind letter", "plan"]);
    desk.run(&["list", "--risk", "huge"]).refused(2, &["--risk huge", "critical"]);
    desk.run(&["import", "carrier-pigeon", "x"]).refused(2, &["carrier-pigeon", "draft", "calyx-pending"]);
    desk.run(&["approve", "R-1", "--step", "Draft"]).refused(2, &["--step Draft"]);
    for name in ["Alice", "system", "аlice"] {
        desk.run(&["list", "--as", name]).ended(2).complained(&["--as"]);
    }
}

#[test]
fn an_error_with_json_is_an_object_and_still_a_sentence() {
    let desk = Desk::new();
    let ran =
        desk.run(&["show", "R-7", "--json"]).ended(4).complained(&["countersign: no such request: R-7"]);
    let said = ran.json();
    assert_eq!(said["error"]["exit"], 4);
    assert!(said["error"]["message"].as_str().unwrap().starts_with("no such request: R-7"));
}

#[test]
fn a_file_that_is_not_there_or_is_no_file_is_said() {
    let desk = Desk::new();
    let home = desk.home().to_str().unwrap().to_owned();
    desk.run(&["submit", "nowhere.json"]).refused(74, &["nowhere.json", "check the path"]);
    desk.run(&["submit", &home]).refused(65, &["is not a regular file"]);
    desk.run(&["submit", "/dev/zero"]).refused(65, &["/dev/zero is not a regular file"]);
    desk.run(&["import", "draft", "nowhere.json"]).refused(74, &["nowhere.json"]);
    let taken = desk.file("taken.db", "");
    desk.run(&["backup", &taken]).refused(74, &["taken.db: it exists already", "name a new file"]);
    desk.run(&["--store", "/proc/store.db", "list"]).calm().complained(&["countersign: ", "/proc"]);
}

#[test]
fn another_name_is_no_way_to_approve_ones_own_request() {
    let desk = Desk::new();
    let document = desk.file("own.json", json!({"kind": "gate", "title": "Mine"}).to_string());
    desk.run(&["--as", "alice", "submit", &document]).ended(0);
    desk.run(&["approve", "R-1"]).refused(1, &["nobody decides on their own request"]);
    desk.run(&["--as", "bob", "approve", "R-1"]).refused(1, &["nobody decides on their own request"]);
}

#[test]
fn only_the_steps_that_run_are_said_to_be_approved() {
    let desk = Desk::new();
    let document = json!({"kind": "plan", "by": "planner", "title": "Three", "steps": [
        {"id": "a", "action": "x"}, {"id": "b", "action": "x"},
        {"id": "c", "action": "x", "needs": [{"step": "a", "effect": "blocks", "resolution": "skip"}]}]});
    desk.submit(&document);
    desk.run(&["reject", "R-1", "--step", "a"]).ended(0);
    let ran = desk.run(&["approve", "R-1"]).ended(0);
    assert!(ran.out.trim_end().ends_with("in part: b"), "{ran}");
    let ran = desk.run(&["wait", "R-1"]).ended(14);
    assert!(ran.out.contains("approved in part: b\n"), "{ran}");
    assert_eq!(desk.run(&["wait", "R-1", "--json"]).json()["plan"].as_array().unwrap().len(), 1);
}

#[test]
fn what_expired_meanwhile_is_said_to_have_when_it_is_asked_again() {
    let desk = Desk::new();
    let document = desk.file("g.json", gate("planner", "g").to_string());
    desk.run(&["submit", &document]).ended(0);
    let ran = desk.run_later(10 * 24 * 3_600_000, &["submit", &document, "--json"]).ended(0);
    assert_eq!(ran.json()["state"], "expired");
}

#[test]
fn a_name_says_whose_request_it_is_before_what_became_of_it() {
    let desk = Desk::new();
    desk.submit(&gate("evil", "LEASE-2"));
    desk.run(&["approve", "LEASE-2"]).ended(0).said(&["R-1: a gate asked for by evil"]);
}

#[test]
fn show_diff_says_word_by_word_what_a_revision_changed() {
    let desk = Desk::new();
    let document = |to: &str| {
        json!({"kind": "plan", "title": "t", "by": "planner", "ref": "wf", "steps": [
            {"id": "look", "action": "contact.search"},
            {"id": "tell", "action": "mail.send", "run": ["/usr/bin/mailer", "send", to]}]})
    };
    desk.submit(&document("john"));
    desk.run(&["show", "R-1", "--diff"]).said(&["R-1 has one revision: nothing changed"]);
    let changed = desk.file("changed.json", document("⟨+everybody+⟩").to_string());
    desk.run(&["submit", &changed, "--revise"]).ended(0);
    let ran = desk.run(&["show", "R-1", "--diff"]);
    // A mark that the text itself holds is no mark.
    ran.said(&[
        "R-1: revision 1 became 2",
        "What changed: - then, + now",
        "tell changed",
        r#"    - run    ["/usr/bin/mailer","send","⟨-john-⟩"]"#,
        r#"    + run    ["/usr/bin/mailer","send","⟨+⟨U+27E8⟩+everybody+⟨U+27E9⟩+⟩"]"#,
    ]);
    let answer = desk.run(&["show", "R-1", "--diff", "--json"]).ended(0).json();
    assert_eq!(
        (&answer["before"], &answer["revision"], &answer["known"]),
        (&json!(1), &json!(2), &json!(true))
    );
    assert_eq!(answer["changes"].as_array().unwrap().len(), 4);
}

#[test]
fn an_answered_question_is_said_to_be_answered() {
    let desk = Desk::new();
    desk.submit(&json!({"kind": "question", "by": "planner", "title": "Which?", "options": ["a", "b"]}));
    desk.run(&["answer", "R-1", "--option", "2"]).ended(0);
    desk.run(&["answer", "R-1", "--option", "1"]).refused(3, &["R-1 is already answered by"]);
}

#[test]
fn what_is_snoozed_waits_no_longer_for_oneself_until_the_time_is_up() {
    let desk = Desk::new();
    desk.submit(&plan("planner", "one"));
    desk.submit(&plan("planner", "two"));
    desk.run(&["snooze", "R-1", "--for", "30m"])
        .ended(0)
        .calm()
        .said(&["R-1 is put off until", "Z or until it changes"]);
    let waiting = |ran: super::Ran| ran.json()["waiting"].clone();
    assert_eq!(waiting(desk.run(&["check", "--json"])), 1);
    desk.run(&["list"]).ended(0).said(&["PENDING APPROVALS: 2 (1 for you)", "you have put it off until"]);
    desk.run(&["list", "--state", "waiting", "--filter", "r1"]).ended(0);
    assert_eq!(waiting(desk.run(&["check", "--json", "--as", "bob"])), 2, "for oneself only");
    assert_eq!(desk.shown("R-1")["snoozed"][0]["by"], json!(desk.me("R-2")));
    assert_eq!(waiting(desk.run_later(HOUR / 2, &["check", "--json"])), 2, "the time is up");
    // Another revision calls for whoever put it off.
    let mut changed = plan("planner", "one");
    changed["title"] = json!("Another title");
    changed["steps"][0]["params"] = json!({"query": "somebody else"});
    let file = desk.file("changed.json", changed.to_string());
    desk.run(&["submit", "--revise", &file]).ended(0);
    assert_eq!(waiting(desk.run(&["check", "--json"])), 2);
    desk.run(&["snooze", "R-1", "--for", "6d"]).ended(0).said(&["it EXPIRES before, at"]);
    desk.run(&["snooze", "R-1", "--off"]).ended(0).said(&["it waits for you again"]);
    desk.run(&["snooze", "R-1", "--off"]).refused(1, &["has not put it off"]);
    desk.run(&["snooze", "R-1", "--until", "2020-01-01T00:00:00Z"]).refused(65, &["is not ahead"]);
    desk.run(&["snooze", "R-1", "--for", "8d"]).refused(65, &["more than 7 days ahead"]);
    desk.run(&["snooze", "R-1", "--for", "soon"]).refused(2, &["30m, 2h, 1d"]);
    desk.run(&["snooze", "R-1"]).ended(2);
    desk.run(&["snooze", "R-1", "--for", "1h", "--off"]).ended(2);
    desk.run(&["snooze", "R-9", "--for", "1h"]).refused(4, &["R-9"]);
}

#[test]
fn a_list_can_be_read_newest_first() {
    let desk = Desk::new();
    for name in ["one", "two", "three"] {
        desk.submit(&plan("planner", name));
    }
    let ids = |arguments: &[&str]| -> Vec<String> {
        let list = desk.run(&[&["list", "--json"], arguments].concat()).ended(0).json();
        list.as_array().unwrap().iter().map(|r| r["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids(&["--sort", "newest"]), ["R-3", "R-2", "R-1"]);
    assert_eq!(ids(&["--sort", "newest", "--limit", "1"]), ["R-3"]);
    assert_eq!(ids(&["--sort", "newest", "--filter", "kind:plan"]), ["R-3", "R-2", "R-1"]);
    assert_eq!(ids(&["--sort", "due"]), ["R-1", "R-2", "R-3"]);
    desk.run(&["list", "--sort", "sideways"]).ended(2);
}
