//! Privileges from outside: what somebody who only asks can find out about what others asked, and a sample of who may do
//! what, each by a line of words through SSH.

use super::team::{TEAM, ssh_feed, team_with};
use super::{Desk, Ran, gate, plan};
use serde_json::json;

/// Every verb of a session that takes a request, in every way that reads it otherwise. `@` is the request.
const ON_A_REQUEST: [&str; 50] = [
    "show @",
    "show @ --json",
    "show @ --delta",
    "show @ --delta 1",
    "show @ --since-mine",
    "show @ --diff",
    "show @ --graph",
    "show @ --params",
    "log @",
    "log @ --json",
    "explain @",
    "explain @ --json",
    "preview @",
    "preview @ --reject lookup",
    "approve @",
    "approve @ --step lookup",
    "approve @ --digest 0123456789ab",
    "reject @ --reason no",
    "reject @ --step lookup --reason no",
    "skip @ --step lookup",
    "modify @ --step lookup --set query=2",
    "modify @ --step lookup --restore",
    "request-changes @ --reason no",
    "withdraw @",
    "challenge @",
    "challenge @ --json",
    "cosign @ -",
    "verify @",
    "verify @ --json",
    "answer @ --option 1",
    "resubmit @ -",
    "resubmit @ --as-new",
    "resubmit @ - --as-new",
    "comment @ hello",
    "comment @ hello --step lookup",
    "comment @ hello --reply 1",
    "claim @",
    "release @",
    "snooze @ --for 1h",
    "cancel @ --reason no",
    "override @ --class incident --reference INC-1 --reason 'nobody answers and it burns' --phrase 'OVERRIDE @'",
    "override @",
    "escalate @ --reason no",
    "reassign @ --to carol",
    "wait @ --timeout 0",
    "next @",
    "next @ --token 00000000000000000000000000000000",
    "report @ --step lookup --token 0 --status completed",
    "report @ --step lookup --token 0 --status running --progress 5",
    "stop @ --reason no",
];
const AND_THESE: [&str; 14] = [
    "confirm @ --step lookup",
    "retry @ --step lookup",
    "continue @ --reason no",
    "thread @",
    "thread @ --edits",
    "thread @ --json",
    "comment @ hello --edit 1",
    "comment @ --resolve 1",
    "comment @ --reopen 1",
    "attach @ - --label proof",
    "attach @ --locator https://example.org --label proof",
    "evidence @",
    "evidence @ --json",
    "evidence @ 1",
];

/// What names no request.
const OF_NO_REQUEST: [&str; 10] =
    ["submit", "list", "check", "pulse", "stats", "handoff", "audit", "roster", "policy", "help"];

fn lines() -> impl Iterator<Item = &'static str> {
    ON_A_REQUEST.into_iter().chain(AND_THESE)
}

/// What was told, whichever request it was about.
fn told(ran: Ran, about: &str) -> (Option<i32>, String, String) {
    let ran = ran.calm();
    (ran.code, ran.out.replace(about, "@"), ran.err.replace(about, "@"))
}

/// One line about a request, with what it reads on stdin.
fn line_about(desk: &Desk, who: &str, line: &str, which: &str) -> (Option<i32>, String, String) {
    let input = if line.contains(" -") && line.starts_with("resubmit") {
        let mut document = plan(who, "mine");
        document["title"] = json!("Tell Ada");
        document.to_string()
    } else {
        String::new()
    };
    told(ssh_feed(desk, who, &line.replace('@', which), &input), which)
}

/// What bob asked, in every state that it can be left in: nobody else's but his.
fn of_bob(desk: &Desk) -> Vec<&'static str> {
    let asks = |document: serde_json::Value| {
        ssh_feed(desk, "bob", "submit -", &document.to_string()).ended(0);
    };
    let says = |who: &str, line: &str| {
        ssh_feed(desk, who, line, "").ended(0);
    };
    let mut question = json!({"kind": "question", "title": "Which bridge?", "options": ["old", "new"]});
    question["ref"] = json!("bridge");
    asks(plan("bob", "gamma"));
    asks(question);
    for name in ["approved", "rejected", "changes", "runs"] {
        asks(plan("bob", name));
    }
    says("carol", "approve R-3");
    says("carol", "reject R-4 --reason no");
    says("carol", "request-changes R-5 --reason shorter");
    says("carol", "approve R-6");
    says("bob", "next R-6");
    vec!["R-1", "R-2", "R-3", "R-4", "R-5", "R-6"]
}

#[test]
fn every_verb_of_a_session_is_asked_whether_it_lets_slip_that_a_request_is_there() {
    let desk = team_with("");
    let help = ssh_feed(&desk, "dave", "help", "").ended(0).out;
    let verbs = help.lines().skip_while(|line| !line.starts_with("Commands:")).skip(1);
    let verbs: Vec<&str> = verbs
        .take_while(|line| line.starts_with("  "))
        .filter(|line| !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(verbs.len() > 30, "{help}");
    for verb in verbs {
        let there = lines().any(|line| line.split(' ').next() == Some(verb));
        assert!(there || OF_NO_REQUEST.contains(&verb), "{verb} is not in the table");
    }
}

#[test]
fn anothers_request_and_one_that_does_not_exist_are_told_in_the_same_bytes() {
    let desk = team_with("");
    let hidden = of_bob(&desk);
    let before = desk.head();
    for line in lines() {
        for who in ["dave", "ci", "cp14"] {
            let nothing = line_about(&desk, who, line, "R-99");
            let said = "countersign: no such request: @; `countersign list` shows what there is\n";
            assert_eq!((nothing.0, nothing.2.as_str()), (Some(4), said), "{who}: {line}");
            assert!(nothing.1.is_empty() || line.ends_with("--json"), "{who}: {line}");
            // The others of dave's house stand where he does: for them the first will do.
            let hidden = if who == "dave" { hidden.as_slice() } else { &hidden[..1] };
            for id in hidden {
                assert_eq!(line_about(&desk, who, line, id), nothing, "{who}: {line} on {id}");
            }
        }
        assert_eq!(line_about(&desk, "dave", line, "gamma").0, Some(4), "by its name: {line}");
    }
    // Going on with it, from a document.
    for document in [plan("dave", "mine"), gate("dave", "other")] {
        let going_on = |id: &str| {
            let mut document = document.clone();
            document["continues"] = json!(id);
            told(ssh_feed(&desk, "dave", "submit -", &document.to_string()), id)
        };
        let nothing = going_on("R-99");
        assert_eq!(nothing.0, Some(4), "{nothing:?}");
        for id in &hidden {
            assert_eq!(going_on(id), nothing, "{id}");
        }
    }
    assert_eq!(desk.head(), before, "and none of it left a trace");
}

#[test]
fn what_others_ask_changes_no_list_no_counter_and_no_comparison_of_who_only_asks() {
    let desk = team_with("");
    let stricter =
        format!("[[rule]]\nname = \"two\"\nslots = [{{kind = \"human\"}}, {{kind = \"human\"}}]\n{TEAM}");
    const LOOKS: [&str; 21] = [
        "list",
        "list --json",
        "list --state all",
        "list --state decided --json",
        "list --state questions",
        "list --state unclaimed",
        "list --by bob",
        "list --by bob --json",
        "list --filter john",
        "list --filter 'by:bob'",
        "list --sort newest",
        "check",
        "pulse",
        "pulse --json",
        "stats",
        "stats --json",
        "handoff",
        "handoff --json",
        "roster",
        "show gamma",
        "policy diff -",
    ];
    let look = |who: &str| {
        LOOKS.map(|line| {
            let input = if line == "policy diff -" { stricter.as_str() } else { "" };
            (line, told(ssh_feed(&desk, who, line, input), "gamma"))
        })
    };
    let before = ["dave", "ci", "cp14"].map(look);
    let carol = look("carol");
    of_bob(&desk);
    for (who, before) in ["dave", "ci", "cp14"].into_iter().zip(before) {
        for (after, before) in look(who).into_iter().zip(before) {
            assert_eq!(after, before, "{who}");
        }
    }
    assert_ne!(look("carol"), carol, "who sees everything sees it");
}

#[test]
fn nobody_resubmits_under_anothers_name() {
    let desk = team_with("");
    ssh_feed(&desk, "bob", "submit -", &plan("bob", "one").to_string()).ended(0);
    ssh_feed(&desk, "ci", "submit -", &plan("ci", "two").to_string()).ended(0);
    for id in ["R-1", "R-2"] {
        ssh_feed(&desk, "carol", &format!("request-changes {id} --reason shorter"), "").ended(0);
    }
    let mut document = plan("bob", "one");
    document["title"] = json!("Tell Ada");
    // carol reviews: she sees it, and can say in a document that she is bob.
    ssh_feed(&desk, "carol", "resubmit R-1 -", &document.to_string())
        .refused(1, &["the document says bob, and you are carol"]);
    ssh_feed(&desk, "bob", "resubmit R-1 -", &document.to_string()).ended(0);
    // Whose agent it is may hand in for it, and is named.
    document["by"] = json!("ci");
    ssh_feed(&desk, "dave", "resubmit R-2 -", &document.to_string()).ended(0);
    desk.run(&["log", "R-2"]).ended(0).said(&["dave"]);
}
