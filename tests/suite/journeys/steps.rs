//! A plan of which not everything is to run, by keys: what each sort of need does when the step it needs is rejected,
//! the ways out of a conflict, an edit, and a step that failed.

use super::desk::*;
use super::person::Person;

/// A needs B with this effect and resolution; B is the step `find`, A the step `mail`.
fn plan(desk: &Desk, need: &str, find: &str) -> String {
    let text = format!(
        r#"{{"kind":"plan","by":"planner","title":"Invite John","target":{{"environment":"staging"}},"steps":[
            {{"id":"find","action":"contact.search","params":{{"query":"John","limit":5}},"run":{find}}},
            {{"id":"mail","action":"email.send","params":{{"to":"{{{{find.email}}}}"}},"run":["/bin/true"],
              "needs":[{{"step":"find","field":"email",{need}}}]}}]}}"#
    );
    desk.document("plan.json", &text)
}

const TRUE: &str = r#"["/bin/true"]"#;
const BLOCKS: &str = r#""effect":"blocks","resolution":"ask_user""#;

/// Somebody who went to the first step of the plan.
fn at_the_steps(desk: &Desk, need: &str) -> Person {
    let plan = plan(desk, need, TRUE);
    assert!(desk.command(&["submit", &plan]).status.success());
    let mut alice = desk.reviewer(WIDE);
    alice.sees("Invite John").press(ENTER).sees("What would run: 2 of 2 steps");
    alice.press("s").sees("approve step");
    alice
}

#[test]
fn scenario_a_a_blocking_value_is_given_by_hand() {
    let desk = Desk::new();
    let mut alice = at_the_steps(&desk, BLOCKS);
    alice.press("R").sees("mail blocked: needs find.email").sees("keep find approved");
    // The reason, then the first way.
    alice.press(TAB).press(TAB).press(ENTER).sees("find.email for mail, as JSON");
    alice
        .press_at_once("\"john@example.org\"")
        .press(ALT_ENTER)
        .sees("revision 2; 1 of 2 run; mail uses the fallback");
    alice
        .press("\x1b")
        .sees("next tab")
        .press("A")
        .sees("1 of 2 steps would run: mail")
        .sees("Reason (required)");
    alice.press_at_once("his address, from the wiki").press(TAB).press_at_once("R-1").press(ALT_ENTER);
    alice.sees("R-1 approved");
}

#[test]
fn scenario_a_the_step_that_is_blocked_is_skipped_or_the_needed_one_kept() {
    let desk = Desk::new();
    let mut alice = at_the_steps(&desk, BLOCKS);
    // Esc leaves the marks as they were.
    alice.press("R").sees("mail blocked").press("\x1b").sees("nothing was").sees("2 of 2 steps");
    alice.press("R").sees("mail blocked").press(TAB).press(TAB).press(TAB).press(TAB).press(ENTER);
    alice.sees("R-1: marked; 2 of 2 run");
    alice.press("R").sees("mail blocked").press(TAB).press(TAB).press(TAB).press(ENTER);
    alice.sees("R-1: marked; 0 of 2 run").sees("[skipped]").sees("[rejected]");
    let shown = desk.command(&["show", "R-1", "--json"]);
    assert!(String::from_utf8_lossy(&shown.stdout).contains("skipped"), "{shown:?}");
}

#[test]
fn scenario_b_what_is_better_with_it_uses_its_fallback() {
    let desk = Desk::new();
    let need = r#""effect":"enhances","resolution":"fallback","fallback":"team@example.org""#;
    let mut alice = at_the_steps(&desk, need);
    alice.press("R").sees("1 of 2 run; mail uses the fallback for find.email").press(ALT_ENTER);
    alice
        .sees("R-1: marked; 1 of 2 run; mail uses the fallback")
        .sees("runs with the fallback for find.email");
}

#[test]
fn scenario_c_what_is_optional_is_left_out_and_the_step_runs() {
    let desk = Desk::new();
    let mut alice = at_the_steps(&desk, r#""effect":"optional","resolution":"skip""#);
    alice.press("R").sees("1 of 2 run; mail goes without find.email").press(ALT_ENTER);
    alice.sees("R-1: marked; 1 of 2 run; mail goes without find.email").sees("runs without find.email");
}

#[test]
fn an_edited_step_says_what_it_means_for_those_that_need_it_and_is_put_back() {
    let desk = Desk::new();
    let need = r#""effect":"enhances","resolution":"fallback","fallback":"team@example.org""#;
    let mut alice = at_the_steps(&desk, need);
    alice.press("E").sees("limit (a number)").sees("mail keeps running since find was edited");
    alice.press_at_once("x").press(ALT_ENTER).sees("limit: it is a number").press_at_once("\x7f0");
    alice.press(ALT_ENTER).sees("R-1: revision 2; 2 of 2 run").sees("limit = 50");
    alice.press("O").sees("limit = 5  (now 50)").press(ALT_ENTER).sees("R-1: revision 3");
    alice.waits_until("the producer's limit", |screen| {
        screen.contains("limit = 5 ") || !screen.contains("limit = 50")
    });
}

#[test]
fn a_step_that_failed_is_tried_again_or_gone_past() {
    let desk = Desk::new();
    let plan = plan(&desk, r#""effect":"optional","resolution":"skip""#, r#"["/bin/false"]"#);
    assert!(desk.command(&["submit", &plan]).status.success());
    let approved = desk.command(&["--as", "alice", "approve", "R-1", "--reason", "as we agreed"]);
    assert!(approved.status.success(), "{approved:?}");
    assert_eq!(desk.command(&["run", "R-1"]).status.code(), Some(16));
    let mut alice = desk.reviewer(WIDE);
    alice.sees("Decided").press("8").sees("Invite John").press(ENTER).sees("The plan").press("G");
    alice.sees("find ended badly, and somebody must say what now").press("s").press("g").sees("T try again");
    alice
        .press("T")
        .sees("find runs once more, as it was approved")
        .press(ALT_ENTER)
        .sees("R-1: the step may run again");
    assert_eq!(desk.command(&["run", "R-1"]).status.code(), Some(16), "it fails again");
    alice
        .press("G")
        .press("\x1b")
        .press("G")
        .sees("attempt 2")
        .press("V")
        .sees("What ended badly is gone on past")
        .press(ALT_ENTER);
    alice.sees("R-1: gone on with the rest").sees("gone on past");
}
