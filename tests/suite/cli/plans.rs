//! Plans under review at the command line: preview, conflicts, modify, what changed since, going on.

use super::{Desk, gate, plan};
use serde_json::{Value, json};

/// snapshot → mint → roll → retire, and tell, which is better with what mint gives.
fn rotation(by: &str) -> Value {
    json!({"kind": "plan", "title": "Rotate the key", "by": by, "ref": "rot",
        "steps": [
            {"id": "snapshot", "action": "vm.snapshot"},
            {"id": "mint", "action": "key.mint", "needs": [{"step": "snapshot"}]},
            {"id": "roll", "action": "fleet.roll", "params": {"key": "{{mint.key_id}}", "max_unavailable": 1},
             "needs": [{"step": "mint", "field": "key_id"}]},
            {"id": "retire", "action": "key.retire", "needs": [{"step": "roll", "resolution": "skip"}]},
            {"id": "tell", "action": "chat.post",
             "needs": [{"step": "mint", "field": "key_id", "effect": "enhances", "fallback": "a new one"}]}]})
}

fn desk() -> Desk {
    let desk = Desk::new();
    desk.submit(&rotation("rotator"));
    desk
}

#[test]
fn a_preview_says_what_would_run_and_changes_nothing() {
    let desk = desk();
    let before = desk.head();
    desk.run(&["preview", "R-1", "--reject", "roll"])
        .ended(0)
        .said(&["runs snapshot, mint, tell; retire skipped: roll was rejected"]);
    let ran = desk
        .run(&["preview", "rot", "--reject", "mint", "--skip", "tell,snapshot", "--skip", "retire"])
        .ended(0);
    ran.said(&["choose: give the value (modify), skip roll, approve mint"]);
    desk.run(&["preview", "R-1", "--reject", "mint"]).ended(0).said(&[
        "roll blocked: needs mint.key_id; choose: give the value (modify), skip roll, approve mint",
        "countersign modify R-1 --step roll --give mint.key_id=JSON",
        "countersign skip R-1 --step roll",
        "countersign approve R-1 --step mint",
        "then runs snapshot, mint, roll, retire, tell",
    ]);
    let json = desk.run(&["preview", "R-1", "--reject", "mint", "--json"]).ended(0).json();
    assert_eq!(json["asked"], json!(["snapshot", "mint", "roll", "retire", "tell"]));
    assert_eq!(json["runs"], json!(["snapshot", "tell"]));
    let outcomes: Vec<&str> =
        json["steps"].as_array().unwrap().iter().map(|s| s["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["runs", "rejected", "asks", "skips", "runs"]);
    assert_eq!(json["steps"][2]["needs"], json!({"step": "mint", "field": "key_id"}));
    assert_eq!(json["steps"][4]["without"][0]["by"], "fallback");
    assert_eq!(json["conflicts"][0]["choices"][1]["runs"], json!(["snapshot", "tell"]));
    assert_eq!(desk.head(), before);
    assert_eq!(json["could_sign"], false);
    assert!(json["why_not"].as_str().unwrap().starts_with("refused: roll is approved and blocked by mint"));
    let nothing = desk.run(&["preview", "R-1", "--skip", "snapshot,mint,roll,retire,tell"]).ended(0);
    nothing.said(&["runs nothing", "a sign-off would be refused: no step would be approved"]);
    desk.run(&["preview", "R-1", "--reject", "rol"]).refused(65, &["R-1 has no step rol"]);
    desk.run(&["preview", "R-1", "--reject", "roll", "--skip", "roll"])
        .refused(2, &["--skip roll: roll is named as rejected too"]);
    desk.run(&["preview", "R-9"]).refused(4, &["no such request"]);
    desk.submit(&gate("planner", "g"));
    desk.run(&["preview", "R-2"]).ended(0).said(&["R-2 has no steps"]);
}

#[test]
fn a_preview_warns_of_odd_pairs() {
    let desk = Desk::new();
    desk.submit(&json!({"kind": "plan", "title": "t", "by": "p", "steps": [{"id": "a", "action": "x"},
        {"id": "b", "action": "x", "needs": [{"step": "a", "effect": "optional", "resolution": "wait"}]}]}));
    desk.run(&["preview", "R-1"]).ended(0).said(&["advice: b needs a (optional, wait): wasteful"]);
    let json = desk.run(&["preview", "R-1", "--json"]).ended(0).json();
    assert_eq!(json["lints"][0]["step"], "b");
}

#[test]
fn a_rejected_need_is_a_conflict_whose_every_way_out_works() {
    let rejected = || {
        let desk = desk();
        desk.run(&["reject", "R-1", "--step", "mint"]).ended(0).said(&[
            "roll blocked: needs mint.key_id; choose: give the value (modify), skip roll, approve mint",
        ]);
        desk.run(&["approve", "R-1", "--reason", "x"]).refused(
            1,
            &[
                "refused: roll is approved and blocked by mint",
                "`countersign modify R-1 --step roll --give mint.key_id=JSON`",
                "`countersign skip R-1 --step roll`",
                "`countersign approve R-1 --step mint`",
            ],
        );
        desk
    };
    for (way, left_out) in [
        (&["modify", "R-1", "--step", "roll", "--give", "mint.key_id=\"k1\""][..], &["mint"][..]),
        (&["skip", "R-1", "--step", "roll"], &["mint", "roll", "retire"]),
        (&["approve", "R-1", "--step", "mint"], &[]),
    ] {
        let desk = rejected();
        desk.run(way).ended(0);
        desk.run(&["approve", "R-1", "--reason", "as previewed"]).ended(0);
        let shown = desk.shown("R-1");
        assert_eq!(shown["state"], "approved");
        let not: Vec<&str> = shown["steps"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|step| step["would_run"] == false)
            .map(|step| step["id"].as_str().unwrap())
            .collect();
        assert_eq!(not, left_out, "{way:?}");
    }
}

#[test]
fn the_refusal_and_the_preview_emit_the_three_messages_and_import_draft_reads_each() {
    let desk = desk();
    desk.run(&["reject", "R-1", "--step", "mint"]).ended(0);
    let refusal = desk.run(&["approve", "R-1", "--json"]).ended(1).json();
    let preview = desk.run(&["preview", "R-1", "--json"]).ended(0).json();
    assert_eq!(refusal["error"]["dependency_conflicts"], preview["dependency_conflicts"]);
    assert_eq!(refusal["error"]["conflicts"], preview["conflicts"]);
    let messages = preview["dependency_conflicts"].as_array().unwrap();
    let options = json!(["give the value (modify)", "skip roll", "approve mint"]);
    assert_eq!(
        messages[0],
        json!({"type": "DEPENDENCY_CONFLICT", "sessionId": "rot", "payload": {"rejectedStep": "mint",
            "affectedSteps": [{"stepId": "roll", "issue": "Needs mint.key_id, which will not come", "resolution": "ask_user"}],
            "options": options}})
    );
    assert_eq!(
        messages[1]["payload"],
        json!({"blockedStep": "roll", "missingDependency": "mint",
            "options": ["give mint.key_id by hand", "skip roll", "approve mint"]})
    );
    assert_eq!(
        messages[2]["payload"],
        json!({"stepId": "roll", "canExecute": false, "blockedBy": ["mint"],
            "dependencies": [{"stepId": "mint", "field": "key_id", "effect": "blocks", "resolution": "ask_user"}],
            "reason": "mint was rejected: roll cannot run without mint.key_id"})
    );
    assert_eq!(messages.len(), 3);
    for (n, message) in messages.iter().enumerate() {
        let file = desk.file("conflict.json", message.to_string());
        let id = desk.run(&["import", "draft", &file]).ended(0).out.trim_end().to_owned();
        assert_eq!(id, format!("R-{}", n + 2));
        let asked = desk.shown(&id);
        assert_eq!((&asked["kind"], &asked["labels"]["session"]), (&json!("question"), &json!("rot")));
        assert_eq!(asked["options"].as_array().unwrap().len(), 3, "{asked}");
        desk.run(&["import", "draft", &file]).ended(0).complained(&["was asked before"]);
    }
    desk.run(&["answer", "R-2", "--option", "2"]).ended(0);
    desk.run(&["wait", "R-2"]).ended(0).said(&["skip roll"]);
}

#[test]
fn modify_keeps_types_and_originals_and_says_what_is_undecided_again() {
    let desk = desk();
    let digest = desk.shown("R-1")["decision_digest"].as_str().unwrap()[..12].to_owned();
    desk.run(&["modify", "R-1", "--step", "roll", "--set", "max_unavailable=2", "--digest", &digest])
        .ended(0)
        .said(&["edited roll: revision 2", "the marks on roll and retire are undecided again"]);
    let shown = desk.shown("R-1");
    let roll = &shown["steps"][2];
    assert_eq!(roll["params"], json!({"key": "{{mint.key_id}}", "max_unavailable": 2}));
    assert_eq!(roll["original_params"], json!({"key": "{{mint.key_id}}", "max_unavailable": 1}));
    assert_eq!(roll["modified_by"], json!([desk.me("R-1")]));
    assert_eq!(shown["risk"], "medium");
    assert_eq!(shown["steps"][0].get("original_params"), None);
    desk.run(&["show", "R-1"]).ended(0).said(&["edited    roll by ", "--restore` puts it back"]);
    // The digest of revision 1 is not that any more.
    desk.run(&["modify", "R-1", "--step", "roll", "--unset", "key", "--digest", &digest])
        .refused(3, &["changed since you opened it"]);
    let text = desk.run(&["modify", "R-1", "--step", "roll", "--set", "max_unavailable=\"3\""]).ended(0);
    text.complained(&["note: max_unavailable was a number, and is a text now"]);
    desk.run(&["modify", "R-1", "--step", "roll", "--restore", "max_unavailable"])
        .ended(0)
        .said(&["put back roll"]);
    let shown = desk.shown("R-1");
    assert_eq!((&shown["revision"], &shown["risk"]), (&json!(4), &json!("low")));
    assert_eq!(shown["steps"][2].get("original_params"), None);
    let said = desk.run(&["modify", "R-1", "--step", "mint", "--set", "bits=4096", "--json"]).ended(0).json();
    assert_eq!(said["steps"][1]["params"], json!({"bits": 4096}));
    let impacts: Vec<(&str, &str)> = said["dependency_impacts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|i| (i["step"].as_str().unwrap(), i["impact"].as_str().unwrap()))
        .collect();
    assert_eq!(impacts, [("roll", "decided_again"), ("tell", "will_use_fallback")]);
    desk.run(&["audit", "verify"]).ended(0);
}

#[test]
fn an_edited_need_keeps_its_enhanced_dependants_running_and_says_what_they_fall_back_on() {
    let desk = Desk::new();
    desk.submit(&json!({"kind": "plan", "title": "Meet", "by": "planner", "steps": [
        {"id": "event", "action": "calendar.create_event", "params": {"title": "Talk"}},
        {"id": "task", "action": "task.create_task", "needs": [
          {"step": "event", "field": "title", "effect": "enhances", "resolution": "fallback", "fallback": "Follow up"}]}]}));
    desk.run(&["modify", "R-1", "--step", "event", "--set", "title=\"Walk\""]).ended(0).said(&[
        "task keeps running since event was edited; should it give no title, it uses the fallback \"Follow up\"",
    ]);
    desk.run(&["approve", "R-1", "--reason", "x"]).ended(0).said(&["R-1 is approved event, task"]);
    desk.run(&["wait", "R-1"]).ended(15);
}

#[test]
fn asking_again_for_what_a_reviewer_edited_finds_it_and_does_not_take_it_for_ones_own() {
    let desk = desk();
    desk.run(&["modify", "R-1", "--step", "roll", "--set", "max_unavailable=2"]).ended(0);
    let again = desk.feed(&["submit", "-"], rotation("rotator").to_string()).ended(0);
    assert_eq!(again.out, "R-1\n");
    assert_eq!(desk.shown("R-1")["revision"], 2, "nothing was put back");
    desk.run(&["approve", "R-1"]).ended(0);
    desk.feed(&["submit", "-", "--wait"], rotation("rotator").to_string()).ended(15);
    desk.run(&["wait", "R-1"]).ended(15);
}

#[test]
fn modify_says_what_is_wrong_with_what_was_typed() {
    let desk = desk();
    let before = desk.head();
    let cases: [(&[&str], i32, &str); 9] = [
        (&["--step", "rol", "--set", "a=1"], 65, "R-1 has no step rol"),
        (&["--step", "roll", "--set", "a=ada"], 2, "a text is --set 'a=\"ada\"'"),
        (&["--step", "roll", "--set", "a"], 2, "must be NAME=JSON"),
        (&["--step", "roll", "--set", "a=1", "--set", "a=2"], 2, "is given twice"),
        (&["--step", "roll", "--set", "a=1", "--unset", "a"], 2, "both set and unset"),
        (&["--step", "roll", "--set", "a={\"b\":1,\"b\":2}"], 2, "not JSON"),
        (&["--step", "roll", "--give", "snapshot.id=1"], 65, "roll needs mint.key_id"),
        (&["--step", "roll", "--restore"], 65, "nobody edited roll"),
        (&["--step", "roll"], 2, "--set"),
    ];
    for (arguments, code, words) in cases {
        desk.run(&[&["modify", "R-1"], arguments].concat()).refused(code, &[words]);
    }
    assert_eq!(desk.head(), before);
    desk.submit(&gate("planner", "g"));
    desk.run(&["modify", "R-2", "--step", "a", "--set", "b=1"]).refused(1, &["a gate is not for `modify`"]);
    desk.run(&["request-changes", "R-1", "--reason", "less"]).ended(0);
    desk.run(&["modify", "R-1", "--step", "roll", "--set", "a=1"]).refused(1, &["it waits for rotator"]);
}

#[test]
fn a_hostile_value_is_kept_as_it_is_and_shown_as_marks() {
    let desk = desk();
    desk.run(&["modify", "R-1", "--step", "roll", "--set", "key=\"a\\u001b[2Jb\\u202e\""]).ended(0);
    let delta = desk.run(&["show", "R-1", "--delta"]).ended(0);
    assert!(delta.out.lines().all(|line| !line.contains('\u{1b}') && !line.contains('\u{202e}')), "{delta}");
    assert_eq!(desk.shown("R-1")["steps"][2]["params"]["key"], "a\u{1b}[2Jb\u{202e}");
}

#[test]
fn what_changed_since_a_revision_or_ones_own_sign_off_is_printed_with_its_class() {
    let desk = desk();
    desk.run(&["show", "R-1", "--since-mine"]).refused(1, &["has no sign-off here"]);
    desk.run(&["show", "R-1", "--delta"])
        .ended(0)
        .said(&["since revision 1; now revision 1: nothing changed"]);
    desk.run(&["modify", "R-1", "--step", "roll", "--set", "max_unavailable=2"]).ended(0);
    let mut prose = rotation("rotator");
    prose["title"] = json!("Rotate the key today");
    prose["steps"][2]["params"]["max_unavailable"] = json!(2);
    desk.feed(&["submit", "-", "--revise"], prose.to_string()).ended(0);
    let said = desk.run(&["show", "R-1", "--delta"]).ended(0);
    said.said(&["since revision 2; now revision 3: 1 prose", "prose  title", "Rotate the key⟨+ today+⟩"]);
    desk.run(&["show", "R-1", "--delta", "1"]).ended(0).said(&[
        "1 widening, 1 prose",
        "widening  roll: param max_unavailable",
        "- ⟨-1-⟩",
        "+ ⟨+2+⟩",
    ]);
    let json = desk.run(&["show", "R-1", "--delta", "1", "--json"]).ended(0).json();
    assert_eq!(json["prose_only"], false);
    let classes: Vec<&str> =
        json["changes"].as_array().unwrap().iter().map(|c| c["class"].as_str().unwrap()).collect();
    assert_eq!(classes, ["prose", "widening"]);
    desk.run(&["show", "R-1", "--delta", "9"]).refused(1, &["it has no revision 9"]);
    let digest = desk.shown("R-1")["decision_digest"].as_str().unwrap()[..12].to_owned();
    desk.run(&["approve", "R-1", "--digest", &digest]).ended(0);
    let mine = desk.run(&["show", "R-1", "--since-mine"]).ended(0);
    mine.said(&["since sign-off 1 of", "which counts; now revision 3: nothing changed"]);
}

#[test]
fn a_closed_request_is_gone_on_with_by_a_new_one_and_both_say_so() {
    let desk = desk();
    desk.run(&["resubmit", "R-1", "--as-new", "--as", "rotator"]).refused(1, &["R-1: it is still open"]);
    desk.run(&["approve", "R-1"]).ended(0);
    let later =
        desk.run_later(25 * super::HOUR, &["resubmit", "R-1", "--as-new", "--as", "rotator"]).ended(0);
    assert_eq!(later.out, "R-2\n");
    later.complained(&["it goes on with R-1"]);
    let (old, new) = (desk.shown("R-1"), desk.shown("R-2"));
    assert_eq!((&old["execution"], &old["continued_by"]), (&json!("lapsed"), &json!(["R-2"])));
    assert_eq!(
        (&new["continues"], &new["ref"], &new["by"]),
        (&json!("R-1"), &json!("rot"), &json!("rotator"))
    );
    assert_eq!(new["revision_digest"], old["revision_digest"]);
    assert!(new["steps"].as_array().unwrap().iter().all(|step| step["mark"] == "undecided"));
    desk.run(&["show", "R-1"]).ended(0).said(&["goes on   in R-2"]);
    desk.run(&["show", "R-2"]).ended(0).said(&["goes on   with what R-1 asked for"]);
    desk.run(&["log", "R-1"]).ended(0).said(&["→ goes on in R-2"]);
    desk.run(&["log", "R-2"]).ended(0).said(&["; goes on with R-1"]);
    // Asked twice it is one request; somebody else's is not gone on with.
    desk.run(&["resubmit", "R-1", "--as-new", "--as", "rotator"])
        .ended(0)
        .complained(&["R-2 was asked before"]);
    desk.run(&["resubmit", "R-1", "--as-new"])
        .refused(1, &["only the requester, rotator, can go on with it"]);
    let file = desk.file("other.json", plan("planner", "x").to_string());
    desk.run(&["resubmit", "R-1", &file, "--as-new"]).refused(1, &["only the requester, rotator"]);
    desk.run(&["audit", "verify"]).ended(0);
}

#[test]
fn a_document_can_say_what_it_goes_on_with() {
    let desk = desk();
    desk.run(&["reject", "R-1", "--reason", "no"]).ended(0);
    let mut next = rotation("rotator");
    next["ref"] = json!("rot-2");
    next["continues"] = json!("R-1");
    next["steps"].as_array_mut().unwrap().truncate(2);
    assert_eq!(desk.submit(&next), "R-2");
    assert_eq!(desk.shown("R-2")["continues"], "R-1");
    next["ref"] = json!("rot-3");
    next["continues"] = json!("R-9");
    desk.feed(&["submit", "-"], next.to_string()).refused(4, &["no such request: R-9"]);
    next["continues"] = json!("the last one");
    desk.feed(&["submit", "-"], next.to_string())
        .refused(65, &["continues: must be the number of a request"]);
    next["continues"] = json!("R-1");
    next["by"] = json!("planner");
    desk.feed(&["submit", "-"], next.to_string()).refused(1, &["only the requester, rotator"]);
    // What it goes on with is in no digest: the same content is the same content.
    let file = desk.file("again.json", rotation("rotator").to_string());
    desk.run(&["resubmit", "R-1", &file, "--as-new"]).ended(0);
    assert_eq!(desk.shown("R-3")["revision_digest"], desk.shown("R-1")["revision_digest"]);
}

#[test]
fn who_edits_parameters_is_told_that_the_command_stays() {
    let desk = Desk::new();
    desk.submit(&json!({"kind": "plan", "title": "Roll", "by": "rotator", "steps": [
        {"id": "roll", "action": "fleet.roll", "params": {"most": 5}, "run": ["/bin/echo", "--most=5"]},
        {"id": "note", "action": "chat.post", "params": {"to": "ops"}}]}));
    let stays = r#"roll: parameters are no part of its command, which stays ["/bin/echo","--most=5"]"#;
    desk.run(&["modify", "R-1", "--step", "roll", "--set", "most=2"]).ended(0).said(&[stays]);
    desk.run(&["show", "R-1"]).ended(0).said(&[stays]);
    // Where the producer does the step itself, its parameters are what it goes by.
    let told = desk.run(&["modify", "R-1", "--step", "note", "--set", "to=\"dev\""]).ended(0);
    assert!(!told.out.contains("note: parameters"), "{}", told.out);
}
