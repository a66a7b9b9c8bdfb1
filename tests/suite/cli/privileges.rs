//! Privileges from outside: what somebody who only asks can find out about what others asked, and a sample of who may do
//! what, each by a line of words through SSH.

use super::team::{TEAM, ssh_feed, team_with};
use super::{Desk, Ran, gate, plan};
use crate::domain::privileges::{self, Asked};
use countersign::domain::request::StateName;
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
const AND_THESE: [&str; 25] = [
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
    "rollout start @",
    "rollout status @",
    "rollout promote @ --reason fine",
    "rollout pause @",
    "rollout resume @",
    "rollout freeze @",
    "rollout halt @",
    "rollout rollback @",
    "rollout sample @ --set cpu=3",
    "rollout resolve @ --tier 0 --reason looked",
    "rollout ack @",
];

/// What names no request.
const OF_NO_REQUEST: [&str; 12] = [
    "submit", "import", "list", "check", "pulse", "stats", "handoff", "audit", "redact", "roster", "policy",
    "help",
];

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

/// What is drawn from for the sample: verbs as they are typed, and whether they are recorded at once where allowed.
const VERBS: [(&str, &str, bool); 17] = [
    ("approve", "approve @ --reason fine --digest #", true),
    ("reject", "reject @ --reason no --digest #", true),
    ("request-changes", "request-changes @ --reason shorter --digest #", true),
    ("withdraw", "withdraw @", true),
    ("claim", "claim @", true),
    ("release", "release @", true),
    ("comment", "comment @ hello", true),
    ("cancel", "cancel @ --reason no", true),
    ("answer", "answer @ --option 1 --reason fine --digest #", true),
    ("snooze", "snooze @ --for 1h", true),
    ("attach", "attach @ --locator https://example.org --label proof", true),
    ("modify", "modify @ --step lookup --set query=2", true),
    ("escalate", "escalate @ --reason late", false),
    ("reassign", "reassign @ --to judge", false),
    ("next", "next @", false),
    ("stop", "stop @ --reason no", false),
    (
        "override",
        "override @ --class incident --reference INC-1 --reason 'nobody answers and it burns' --phrase 'OVERRIDE @' --digest #",
        false,
    ),
];

/// The next of a row of numbers that is the same every time.
struct Draw(u64);

impl Draw {
    fn of<T: Copy>(&mut self, list: &[T]) -> T {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        list[(self.0 >> 33) as usize % list.len()]
    }
}

/// A team with one principal of each role.
fn team_of_roles() -> Desk {
    let desk = Desk::new();
    desk.run(&["team", "init", "--admin", "admin", "--admin", "admin2"]).ended(0);
    let file = desk.file("team.toml", privileges::TEAM);
    desk.run(&["policy", "adopt", &file]).ended(0);
    desk
}

fn digest_of(desk: &Desk, id: &str) -> String {
    desk.shown(id)["decision_digest"].as_str().unwrap().to_owned()
}

/// A request of `asker` in this state; its number.
fn in_state(desk: &Desk, asker: &str, kind: &str, state: StateName) -> String {
    let mut document = json!({"kind": kind, "title": "Go on?"});
    match kind {
        "plan" => document["steps"] = plan(asker, "x")["steps"].clone(),
        "question" => document["options"] = json!(["yes", "no"]),
        _ => {}
    }
    let said = ssh_feed(desk, asker, "submit -", &document.to_string()).ended(0);
    let id = said.out.lines().next().unwrap().trim().to_owned();
    let by = |who: &str, line: &str| {
        let line = line.replace('@', &id).replace('#', &digest_of(desk, &id));
        ssh_feed(desk, who, &line, "").ended(0);
    };
    match (state, kind) {
        (StateName::Approved, "question") => by("judge", "answer @ --option 1 --reason fine --digest #"),
        (StateName::Approved, _) => {
            by("judge", "approve @ --reason fine --digest #");
            by("bot-judge", "approve @ --reason fine --digest #");
        }
        (StateName::Rejected, _) => by("judge", "reject @ --reason no"),
        (StateName::ChangesRequested, _) => by("judge", "request-changes @ --reason shorter"),
        (StateName::Cancelled, _) => by(asker, "cancel @ --reason no"),
        _ => {}
    }
    id
}

/// One cell by the real program, if the draw is one that can be: somebody who may not ask has no request of their own.
fn sampled(desk: &Desk, draw: &mut Draw) -> Option<bool> {
    const STATES: [StateName; 6] = [
        StateName::Requested,
        StateName::Requested,
        StateName::ChangesRequested,
        StateName::Approved,
        StateName::Rejected,
        StateName::Cancelled,
    ];
    let (name, role) = draw.of(&privileges::PEOPLE);
    let (verb, typed, at_once) = draw.of(&VERBS);
    let (state, kind) = (draw.of(&STATES), draw.of(&["plan", "exception", "incident", "gate", "question"]));
    let asked = draw.of(&[Asked::Other, Asked::Itself, Asked::Theirs]);
    let is_agent = name.starts_with("bot-");
    let holds = |permission: &str| {
        let of = privileges::ROLES.iter().find(|(one, _)| *one == role);
        of.is_some_and(|(_, permissions)| permissions.split(' ').any(|one| one == permission))
    };
    let asker = match asked {
        Asked::Other => "other",
        Asked::Itself if holds("submit") => name,
        Asked::Theirs if is_agent => "owner",
        _ => return None,
    };
    let id = in_state(desk, asker, kind, state);
    let line = typed.replace('@', &id).replace('#', &digest_of(desk, &id));
    let has_slot_for = name == "bot-agent" && kind != "question";
    let sees = holds("see") || asked != Asked::Other || has_slot_for;
    let word = privileges::expected(verb, state, kind, role, is_agent, asked);
    let may: &[i32] = match word {
        _ if !sees => &[4],
        "ok" if at_once => &[0],
        "ok" => &[0, 1],
        "closed" => &[3],
        _ => &[1],
    };
    let ran = ssh_feed(desk, name, &line, "").calm();
    assert!(
        ran.code.is_some_and(|code| may.contains(&code)),
        "{name} ({role}) {verb} a {kind} while {}, asked by {asked:?} {asker}: {word}, {may:?}\n{ran}",
        state.word()
    );
    Some(word == "ok" && sees)
}

#[test]
fn two_hundred_cells_of_the_matrix_hold_for_the_program_itself() {
    const SHARDS: u64 = 4;
    const EACH: usize = 50;
    let shard = |seed: u64| {
        let (desk, mut draw) = (team_of_roles(), Draw(seed));
        let cells = std::iter::repeat_with(|| sampled(&desk, &mut draw)).flatten().take(EACH);
        let allowed = cells.filter(|allowed| *allowed).count();
        assert!((1..EACH).contains(&allowed), "{allowed} of {EACH} were allowed");
        desk.run(&["audit", "verify"]).ended(0);
    };
    std::thread::scope(|scope| {
        for seed in 0..SHARDS {
            scope.spawn(move || shard(seed));
        }
    });
}
