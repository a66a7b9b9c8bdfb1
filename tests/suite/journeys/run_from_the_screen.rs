//! Running and taking back by keys: one key and one confirmation, keys stay free, and quitting ends nothing.

use super::desk::*;
use crate::cli::until;

const BTAB: &str = "\x1b[Z";

#[test]
fn what_is_run_from_the_screen_is_seen_and_goes_on_when_the_screen_is_left() {
    let desk = Desk::new();
    let gate = desk.document("gate", "");
    let said = |script: &str| format!(r#"["/bin/sh","-c","{script}","{gate}"]"#);
    // The first step ends when the file is gone, so that nothing here waits for a clock.
    let (waits, takes_back) = (said("while [ -e $0 ]; do sleep 0.05; done"), said("echo back > $0"));
    let text = format!(
        r#"{{"kind":"plan","by":"planner","title":"Rotate","target":{{"environment":"staging"}},"steps":[
            {{"id":"mint","action":"x.mint","run":{waits},"undo":{takes_back}}},
            {{"id":"tell","action":"x.tell","run":["/bin/false"],"needs":[{{"step":"mint"}}]}}]}}"#
    );
    let plan = desk.document("plan.json", &text);
    assert!(desk.command(&["submit", &plan]).status.success());
    assert!(desk.command(&["approve", "R-1", "--reason", "ok"]).status.success());
    let mut alice = desk.reviewer(WIDE);
    alice.press("8").sees("Rotate").press(ENTER).sees("execution not started");
    // Cancel has the focus.
    alice.press("L").sees("2 steps run, in this order").press(ENTER).sees("nothing was decided");
    alice.press("L").sees("2 steps run, in this order").press(BTAB).press(ENTER);
    alice.sees("execution running").sees("in a process of its own");
    // The keys are free meanwhile.
    alice.press("?").sees("Capitals decide").press("\x1b").sees("X stop");
    std::fs::remove_file(&gate).unwrap();
    alice.sees("failed or was stopped");
    alice.press("B").sees("1 step is taken back, last first").press(BTAB).press(ENTER);
    // Not in one breath: Esc with a key close behind it is another key.
    alice.press("\x1b").sees("q quit").press("q").ends();
    until("what was left going on to end", || {
        let shown = desk.command(&["show", "R-1"]);
        String::from_utf8_lossy(&shown.stdout).contains("1 taken back")
    });
    assert_eq!(std::fs::read_to_string(&gate).unwrap(), "back\n");
}
