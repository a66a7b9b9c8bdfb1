//! One request from its question to its answer, as it is written in the issue: what is said, what comes of it, and what
//! other programs read.

use super::{Desk, HOUR, gate};
use serde_json::{Value, json};

const MINUTE: i64 = 60_000;

#[test]
fn what_nobody_does_is_said_comes_true_is_told_and_is_talked_about() {
    let desk = Desk::new();
    let (outgoing, page) = (desk.path("outgoing"), desk.path("page.jsonl"));
    std::fs::create_dir(&outgoing).unwrap();
    let settings = desk.home().join(".config/countersign");
    std::fs::create_dir_all(&settings).unwrap();
    let channels = format!(
        "[[channel]]\nname = \"calyx\"\nkind = \"flag\"\ndir = {outgoing:?}\n\
         [[channel]]\nname = \"pager\"\nkind = \"exec\"\ncommand = [\"/usr/bin/tee\", \"-a\", {page:?}]\n\
         [[channel]]\nname = \"mail\"\nkind = \"exec\"\ncommand = [\"/usr/bin/tee\", \"-a\", {page:?}]\n"
    );
    std::fs::write(settings.join("config.toml"), channels).unwrap();
    let id = desk.submit(
        &json!({"kind": "plan", "title": "Mint a key", "by": "keybot", "ref": "mint", "risk": "high",
        "steps": [{"id": "mint", "action": "key.mint", "params": {"count": 1}, "undo": ["/bin/true"]}]}),
    );
    // What was due by then is told, so that only the escalation is left.
    desk.run_later(95 * MINUTE, &["watch", "--once"]).ended(0);
    desk.run_later(5 * MINUTE, &["show", &id])
        .ended(0)
        .said(&["If nobody acts: in 1 h 54 min this escalates to lead; in 3 h 54 min it expires."]);
    let then = 2 * HOUR + MINUTE;
    let said = desk.run_later(then, &["watch", "--once"]).ended(0);
    assert_eq!(said.out, format!("{id} escalated to lead; 2 notices\n"), "{said}");
    assert_eq!(desk.run_later(then, &["watch", "--once"]).ended(0).out, "nothing due\n");
    assert_eq!(desk.run_later(then, &["check"]).ended(1).out, "1 waits for you\n");
    let flag = std::fs::read_to_string(outgoing.join("APPROVAL_NEEDED.flag")).unwrap();
    let flag: Value = serde_json::from_str(&flag).unwrap();
    assert_eq!((&flag["status"], &flag["details"]["request"]), (&json!("pending"), &json!(id)));
    desk.run_later(then, &["comment", &id, "--step", "mint", "why one key only? @keybot"]).ended(0).calm();
    desk.run_later(then, &["--as", "keybot", "check"]).said(&["calls you in comment 1"]);
    desk.run_later(then, &["--as", "keybot", "comment", &id, "--reply", "1", "one per region"]).ended(0);
    desk.run_later(then, &["thread", &id]).ended(0).said(&["on mint", "one per region", "in reply to 1"]);
    let diff =
        format!("--- a/plan\n+++ b/plan\n@@ -1 +1 @@\n-{}\n+{}\n", "a".repeat(2_000), "b".repeat(2_150));
    let mut attach = desk.later(then, &["attach", &id, "--label", "plan.diff", "-"]);
    attach.stdin(std::process::Stdio::piped());
    desk.feed_command(attach, "attach", diff).ended(0).said(&["sha256 ", "4.1 kB, diff"]);
    desk.run_later(then, &["approve", &id, "--reason", "one per region is fine"]).ended(0);
    assert_eq!(desk.run_later(then, &["check"]).ended(0).out, "nothing waits for you\n");
    assert!(!outgoing.join("APPROVAL_NEEDED.flag").exists());
}

#[test]
fn a_deadline_is_a_span_of_time_and_no_time_of_day() {
    let desk = Desk::new();
    let id = desk.submit(&gate("planner", "one"));
    // Two places where clocks are set forward on different days, and one where they never are.
    let said = ["Europe/Berlin", "America/New_York", "Asia/Kolkata"].map(|zone| {
        // Half a year ahead of the asking the other half of the year is in force.
        let mut said = Vec::new();
        for ms in [MINUTE, 183 * 24 * HOUR] {
            let mut show = desk.later(ms, &["show", &id, "--json"]);
            let shown = super::Ran::of(&["show"], show.env("TZ", zone).output().unwrap()).ended(0).json();
            said.push((shown["created_at"].clone(), shown["ahead"].clone(), shown["state"].clone()));
        }
        said
    });
    assert!(said[0][0].0.is_string(), "{said:?}");
    assert!(said.iter().all(|one| *one == said[0]), "{said:?}");
}
