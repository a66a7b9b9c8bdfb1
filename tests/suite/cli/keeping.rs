//! Taking out of the log what should never have been written, and forgetting what is old: who, why, and what never goes.

use super::team::{ssh, ssh_feed, team};
use super::{Desk, HOUR, gate, plan};
use serde_json::{Value, json};

const DAY: i64 = 24 * HOUR;
const SECRET: &str = "hunter2hunter2";

/// The events of the log: number, what happened, and to what.
fn events(desk: &Desk) -> Vec<Value> {
    let said = desk.run(&["audit", "export"]).ended(0);
    said.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The number of the last event of this name.
fn last(desk: &Desk, name: &str) -> String {
    let found = events(desk).into_iter().rfind(|event| event["envelope"]["name"] == name);
    found.unwrap_or_else(|| panic!("no {name}"))["envelope"]["seq"].to_string()
}

/// Which files beside the store hold these bytes.
fn holding(desk: &Desk, bytes: &str) -> Vec<String> {
    let files = std::fs::read_dir(desk.store().parent().unwrap()).unwrap().map(|file| file.unwrap().path());
    let holds = |path: &std::path::PathBuf| {
        let content = std::fs::read(path).unwrap_or_default();
        content.windows(bytes.len()).any(|window| window == bytes.as_bytes())
    };
    files.filter(|path| path.is_file() && holds(path)).map(|path| path.display().to_string()).collect()
}

fn sound(desk: &Desk) {
    let said = desk.run(&["audit", "verify", "--json"]).ended(0).json();
    assert_eq!(
        (&said["sound"], &said["unexplained"], &said["stale_rows"]),
        (&json!(true), &json!([]), &json!(0))
    );
}

#[test]
fn a_comment_is_taken_out_of_every_byte_and_the_chain_says_who_and_why() {
    let desk = Desk::new();
    let id = desk.submit(&gate("keybot", "one"));
    desk.run(&["comment", &id, &format!("the password is {SECRET}")]).ended(0);
    assert!(!holding(&desk, SECRET).is_empty(), "the test looks where it is");
    let (seq, before) = (last(&desk, "comment.added"), desk.head());
    desk.run(&["redact", &seq]).refused(1, &["a reason is required"]);
    desk.run(&["redact", "99", "--reason", "x"]).refused(1, &["there is no event 99"]);
    assert_eq!(desk.head(), before, "nothing was recorded");
    let done = desk.run(&["redact", &seq, "--reason", "a password was pasted"]).ended(0);
    done.said(&["its text is gone, its digest stays, and the chain holds", "backups and exports"]);
    assert_eq!(holding(&desk, SECRET), Vec::<String>::new());
    sound(&desk);
    desk.run(&["thread", &id]).ended(0);
    desk.run(&["log", &id]).ended(0).said(&["(payload redacted)"]);
    desk.run(&["log", "keeping"]).ended(0).said(&[
        "took the text of event",
        "R-1 comment.added",
        "a password was pasted",
    ]);
    let taken = &events(&desk)[before.0 as usize];
    assert_eq!(taken["envelope"]["name"], "payload.redacted");
    assert!(taken["facts"]["payload"].as_str().is_some_and(|digest| digest.len() == 64), "{taken}");
    desk.run(&["redact", &seq, "--reason", "again"]).refused(1, &["gone already"]);
    desk.run(&["rebuild"]).ended(0);
    sound(&desk);
    desk.run(&["approve", &id]).ended(0);
}

#[test]
fn a_plan_is_taken_out_of_the_lists_and_of_what_finds_it_and_nobody_can_approve_it() {
    let desk = Desk::new();
    let mut document = plan("planner", "one");
    document["title"] = json!(format!("Log in with {SECRET}"));
    let id = desk.submit(&document);
    desk.run(&["list", "--filter", SECRET]).said(&[&id]);
    let seq = last(&desk, "request.submitted");
    desk.run(&["redact", &seq, "--reason", "a password in the title"]).ended(0);
    assert_eq!(holding(&desk, SECRET), Vec::<String>::new());
    assert!(!desk.run(&["list", "--filter", SECRET]).out.contains(&id));
    sound(&desk);
    desk.run(&["approve", &id]).ended(1);
    desk.run(&["reject", &id, "--reason", "unreadable"]).ended(0);
}

#[test]
fn decisions_rules_and_plans_that_can_run_stay() {
    let desk = Desk::new();
    let id = desk.submit(&plan("planner", "one"));
    desk.run(&["approve", &id, "--reason", "fine"]).ended(0);
    let other = desk.submit(&gate("keybot", "two"));
    desk.run(&["reject", &other, "--reason", "no"]).ended(0);
    let before = desk.head();
    for (name, why) in [
        ("signoff.given", "is a decision or a rule"),
        ("request.approved", "is a decision or a rule"),
        ("request.rejected", "is a decision or a rule"),
    ] {
        desk.run(&["redact", &last(&desk, name), "--reason", "x"])
            .refused(1, &[why, "nothing was taken out"]);
    }
    let submitted =
        events(&desk).iter().position(|event| event["envelope"]["name"] == "request.submitted").unwrap() + 1;
    desk.run(&["redact", &submitted.to_string(), "--reason", "x"]).refused(1, &["can still run"]);
    desk.run(&["redact", "1", "--reason", "x"]).refused(1, &["it has no text"]);
    assert_eq!(desk.head(), before);
}

#[test]
fn a_file_goes_with_its_event_and_what_is_gone_without_a_word_is_said() {
    let desk = Desk::new();
    let id = desk.submit(&gate("keybot", "one"));
    desk.feed(&["attach", &id, "--label", "env", "-"], format!("PASSWORD={SECRET}\n")).ended(0);
    desk.run(&["comment", &id, "hello"]).ended(0);
    desk.run(&["redact", &last(&desk, "evidence.attached"), "--reason", "a secret"]).ended(0);
    assert_eq!(holding(&desk, SECRET), Vec::<String>::new());
    sound(&desk);
    desk.run(&["audit", "verify"]).ended(0).said(&["1 texts are gone", "evidence: 0 files", "1 redacted"]);
    // Somebody takes a text out behind the program's back: the chain holds, and it is said.
    let seq = last(&desk, "comment.added");
    let conn = crate::store::stage::behind_its_back(&desk.store());
    assert_eq!(conn.execute("DELETE FROM payloads WHERE seq = ?1", [&seq]).unwrap(), 1);
    drop(conn);
    desk.run(&["audit", "verify"])
        .ended(0)
        .said(&["WARNING: of 1 of them no event says who", &format!("event {seq}")]);
}

#[test]
fn in_a_team_two_admins_take_something_out() {
    let desk = team();
    let document = json!({"kind": "gate", "title": "go", "ref": "a"}).to_string();
    ssh_feed(&desk, "dave", "submit -", &document).ended(0);
    ssh(&desk, "dave", &format!("comment R-1 {SECRET}")).ended(0);
    let seq = last(&desk, "comment.added");
    for who in ["carol", "dave", "eve"] {
        let said = ssh(&desk, who, &format!("redact {seq} --reason x")).ended(1).err;
        assert_eq!(ssh(&desk, who, "redact 9999 --reason x").ended(1).err, said, "{who} learns nothing");
    }
    ssh(&desk, "ann", &format!("redact {seq} --reason 'a password'"))
        .ended(0)
        .said(&["another admin says so"]);
    ssh(&desk, "ann", &format!("redact {seq} --reason 'a password'"))
        .ended(0)
        .said(&["another admin says so"]);
    assert!(!holding(&desk, SECRET).is_empty(), "one is not enough, however often");
    ssh(&desk, "bob", &format!("redact {seq} --reason 'yes, it is one'"))
        .ended(0)
        .said(&["its text is gone"]);
    assert_eq!(holding(&desk, SECRET), Vec::<String>::new());
    let taken = events(&desk).pop().unwrap();
    assert_eq!((&taken["facts"]["asked_by"], &taken["envelope"]["by"]), (&json!("ann"), &json!("bob")));
    sound(&desk);
}

#[test]
fn what_is_old_is_forgotten_and_recorded_and_what_is_needed_or_pinned_stays() {
    let desk = Desk::new();
    let attach = |id: &str, text: &str| {
        desk.feed(&["attach", id, "--label", "x", "-"], text).ended(0);
    };
    let closed = desk.submit(&gate("keybot", "closed"));
    attach(&closed, "old and closed");
    let open = desk.submit(&gate("keybot", "open"));
    attach(&open, "of an open one");
    attach(&open, "of both");
    attach(&closed, "of both");
    let digest = crate::store::stage::sha256(b"pinned");
    let mut pinned = gate("keybot", "pinned");
    pinned["evidence"] = json!([{"label": "proof", "locator": "store", "sha256": digest, "pinned": true}]);
    let pinned = desk.submit(&pinned);
    attach(&pinned, "pinned");
    desk.run(&["reject", &closed, "--reason", "no"]).ended(0);
    desk.run(&["reject", &pinned, "--reason", "no"]).ended(0);
    desk.run(&["prune", "--dry-run"]).ended(0).said(&[
        "would forget 0 notices",
        "0 files",
        "2 files that are needed",
        "1 pinned, 1 younger",
    ]);
    let before = desk.head();
    desk.run(&["prune"]).ended(0).said(&["forgot 0 notices"]);
    assert_eq!(desk.head(), before, "nothing old, nothing recorded");
    // One that was asked a day ago names a file too.
    let later = 364 * DAY;
    let file = desk.file("late.json", gate("keybot", "late").to_string());
    desk.run_later(later, &["submit", &file]).ended(0);
    desk.run_later(later, &["attach", "R-4", "--label", "x", desk.file("late", "of both").as_str()]).ended(0);
    let dry = desk.run_later(366 * DAY, &["prune", "--dry-run", "--json"]).ended(0).json();
    // What was open has expired long ago, and was seen to only now: its file is young.
    assert_eq!((dry["files"].as_array().unwrap().len(), &dry["kept"]["young"]), (1, &json!(1)), "{dry}");
    assert_eq!(desk.run_later(366 * DAY, &["audit", "verify", "--json"]).json()["evidence"], 4);
    let done = desk.run_later(366 * DAY, &["prune", "--json"]).ended(0).json();
    assert_eq!((&done["files"], &done["kept"]), (&dry["files"], &dry["kept"]));
    assert!(done["notices"].as_u64().unwrap() > 0, "{done}");
    assert_eq!((&done["kept"]["needed"], &done["kept"]["pinned"]), (&json!(1), &json!(1)), "{done}");
    let verified = desk.run_later(366 * DAY, &["audit", "verify", "--json"]).ended(0).json();
    assert_eq!(
        (&verified["sound"], &verified["evidence"], &verified["evidence_missing"]),
        (&json!(true), &json!(3), &json!(1))
    );
    desk.run(&["log", "keeping"]).said(&["forgot ", "and 1 files of evidence"]);
    desk.run_later(366 * DAY, &["evidence", &closed]).ended(0);
}

#[test]
fn old_notices_go_by_themselves_while_somebody_keeps_time_and_it_is_recorded() {
    let desk = Desk::new();
    desk.submit(&gate("keybot", "one"));
    desk.run_later(29 * DAY, &["watch", "--once"]).ended(0);
    assert!(!desk.run(&["log", "keeping"]).out.contains("forgot"));
    desk.run_later(40 * DAY, &["watch", "--once"]).ended(0);
    desk.run(&["log", "keeping"]).ended(0).said(&["system", "forgot "]);
}
