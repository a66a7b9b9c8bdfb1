//! The session that plans under review are shown by, line by line as it stands in the issue that asked for them.

use super::running::{lines, sh};
use super::{Desk, gate};
use serde_json::json;

#[test]
fn the_session_of_plans_under_review_goes_as_it_was_promised() {
    let desk = Desk::new();
    for n in 1..=6 {
        desk.submit(&gate("planner", &format!("g{n}")));
    }
    let log = desk.path("log");
    let does = |name: &str| sh(&format!("echo {name} >> {}", log.display()));
    let mint = sh(&format!("echo mint >> {}; echo '{{\"key_id\": \"k7\"}}'", log.display()));
    let rotate = json!({"kind": "plan", "title": "Rotate the key", "by": "rotator", "steps": [
        {"id": "snapshot", "action": "vm.snapshot", "run": does("snapshot")},
        {"id": "mint", "action": "key.mint", "run": mint, "needs": [{"step": "snapshot"}]},
        {"id": "roll", "action": "fleet.roll", "run": does("roll"), "params": {"key": "{{mint.key_id}}",
            "max_unavailable": 1}, "needs": [{"step": "mint", "field": "key_id"}]},
        {"id": "retire", "action": "key.retire", "run": does("retire"),
            "needs": [{"step": "roll", "resolution": "skip"}]},
        {"id": "tell", "action": "chat.post", "run": does("tell"),
            "needs": [{"step": "mint", "effect": "enhances", "resolution": "skip"}]}]});
    let file = desk.file("rotate.json", rotate.to_string());
    assert_eq!(desk.run(&["submit", &file]).ended(0).out.trim_end(), "R-7");

    desk.run(&["preview", "R-7", "--reject", "roll"])
        .ended(0)
        .said(&["runs snapshot, mint, tell; retire skipped: roll was rejected"]);
    desk.run(&["preview", "R-7", "--reject", "mint"]).ended(0).said(&[
        "roll blocked: needs mint.key_id; choose: give the value",
        "skip roll",
        "approve mint",
    ]);

    desk.run(&["reject", "R-7", "--step", "mint"]).ended(0);
    desk.run(&["approve", "R-7", "--reason", "x"])
        .refused(1, &["refused: roll is approved and blocked by mint"]);

    desk.run(&["approve", "R-7", "--step", "roll", "--step", "retire"]).ended(0);
    let modified = desk.run(&["modify", "R-7", "--step", "roll", "--set", "max_unavailable=2"]).ended(0);
    modified.said(&["revision 2"]);
    let shown = desk.shown("R-7");
    assert_eq!(shown["revision"], 2);
    let mark = |step: &str| {
        let steps = shown["steps"].as_array().unwrap();
        steps.iter().find(|s| s["id"] == step).unwrap()["mark"].as_str().unwrap().to_owned()
    };
    assert_eq!((mark("roll"), mark("retire")), ("undecided".to_owned(), "undecided".to_owned()));
    assert_eq!(mark("mint"), "rejected", "what does not hang on it stays as it was marked");

    desk.run(&["run", "R-7"]).refused(1, &["refused: not approved"]);

    desk.run(&["approve", "R-7", "--step", "mint"]).ended(0);
    desk.run(&["skip", "R-7", "--step", "retire"]).ended(0);
    desk.run(&["approve", "R-7", "--reason", "as previewed"]).ended(0);

    let ran = desk.run(&["run", "R-7"]).ended(0);
    assert_eq!(ran.out.lines().last(), Some("4 steps, 1 skipped; done"), "{ran}");
    assert_eq!(lines(&log), ["snapshot", "mint", "roll", "tell"], "as it was previewed");
}
