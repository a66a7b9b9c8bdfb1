//! A store that became a team's: who is let in, who may what, and what stays refused.

use super::{Desk, Ran, gate, plan};
use serde_json::json;

/// A team: two admins, of whom ann releases and bob leads; carol reviews, dave asks and owns ci, carol owns cp14.
pub const TEAM: &str = r#"
[[principal]]
name = "ann"
kind = "human"
roles = ["admin", "release"]
[[principal]]
name = "bob"
kind = "human"
roles = ["admin", "lead"]
[[principal]]
name = "carol"
kind = "human"
roles = ["reviewer"]
[[principal]]
name = "carol-phone"
kind = "human"
person = "carol"
roles = ["reviewer"]
[[principal]]
name = "dave"
kind = "human"
roles = ["producer"]
[[principal]]
name = "eve"
kind = "human"
roles = ["viewer"]
[[principal]]
name = "ci"
kind = "agent"
owner = "dave"
roles = ["producer"]
[[principal]]
name = "cp14"
kind = "agent"
owner = "carol"
roles = ["agent"]
"#;

/// One line of words through SSH, as `name`, with `input` on stdin.
pub fn ssh_feed(desk: &Desk, name: &str, line: &str, input: &str) -> Ran {
    let store = desk.store();
    let mut command = desk.command(&["--store", store.to_str().unwrap(), "session", "--as", name]);
    command.env("SSH_CONNECTION", "192.0.2.1 50000 192.0.2.2 22").env("SSH_ORIGINAL_COMMAND", line);
    desk.feed_command(command, line, input)
}

/// One line of words through SSH, as `name`.
pub fn ssh(desk: &Desk, name: &str, line: &str) -> Ran {
    ssh_feed(desk, name, line, "")
}

/// A team's store with its first policy.
pub fn team() -> Desk {
    team_with("")
}

/// The same with more in its policy.
pub fn team_with(more: &str) -> Desk {
    let desk = Desk::new();
    desk.run(&["team", "init", "--admin", "ann", "--admin", "bob"]).ended(0);
    let file = desk.file("team.toml", format!("{more}{TEAM}"));
    desk.run(&["policy", "adopt", &file]).ended(0).said(&["is in force"]);
    desk
}

#[test]
fn a_store_becomes_a_teams_once_and_its_first_policy_enrols_the_founders() {
    let desk = Desk::new();
    let old = desk.submit(&gate("bot", "old"));
    desk.run(&["team", "init", "--admin", "ann"]).refused(1, &["at least two admins"]);
    desk.run(&["team", "init", "--admin", "ann", "--admin", "ann"]).refused(1, &["at least two admins"]);
    desk.run(&["team", "init", "--admin", "ann", "--admin", "operator"])
        .refused(1, &["none of them operator"]);
    desk.run(&["team", "init", "--admin", "ann", "--admin", "bob", "--as", "ann"])
        .refused(1, &["for the account that owns it"]);
    desk.run(&["team", "init", "--admin", "ann", "--admin", "bob"])
        .ended(0)
        .said(&["for ever", "ann and bob"]);
    desk.run(&["team", "init", "--admin", "ann", "--admin", "bob"]).refused(1, &["a team's already"]);
    desk.run(&["roster"]).ended(0).said(&["the first policy enrols ann and bob"]);
    // What was asked before stays, and nobody decides on it yet: not by --as, and not from the store's own shell.
    desk.run(&["list"]).ended(0).said(&[&old]);
    desk.run(&["list", "--as", "ann"]).refused(1, &["nobody acts in it by word alone, also not ann"]);
    desk.run(&["approve", &old]).refused(1, &["`review`"]);
    desk.run(&["submit", "-"]).ended(65);
    desk.feed(&["submit", "-"], gate("bot", "two").to_string()).refused(1, &["`submit`"]);
    for (text, words) in [
        (TEAM.replacen("\"admin\", \"lead\"", "\"lead\"", 1), "bob is not"),
        (TEAM.replacen("[\"admin\", \"release\"]", "[\"release\"]", 1), "ann is not"),
        ("".to_owned(), "ann is not"),
    ] {
        let file = desk.file("short.toml", text);
        desk.run(&["policy", "adopt", &file]).refused(1, &["enrols its founders with the role admin", words]);
    }
    let file = desk.file("team.toml", TEAM);
    desk.run(&["policy", "adopt", &file]).ended(0).said(&["is in force"]);
    desk.run(&["roster"]).ended(0).said(&[
        "ann ",
        "admin, release",
        "agent of dave",
        "human, carol",
        "operator:",
    ]);
    let roster = desk.run(&["roster", "--json"]).ended(0).json();
    assert_eq!(roster["principals"][3]["person"], json!("carol"));
    assert_eq!(roster["principals"][7]["permissions"], json!(["submit", "cosign_agent"]));
    desk.run(&["doctor"]).said(&["team: people come in through SSH"]);
    desk.run(&["log"]).ended(0).said(&["made the store a team's, founded by ann, bob", "8 enrolled"]);
    ssh(&desk, "carol", &format!("approve {old}")).ended(0);
    desk.run(&["audit", "verify"]).ended(0);
    let before = desk.head();
    desk.run(&["rebuild"]).ended(0);
    assert_eq!(desk.head(), before);
}

#[test]
fn a_policy_of_solo_days_opens_nothing_in_a_team() {
    let desk = Desk::new();
    let file = desk.file("solo.toml", TEAM);
    desk.run(&["policy", "adopt", &file]).ended(0);
    let id = desk.submit(&gate("bot", "one"));
    desk.run(&["team", "init", "--admin", "ann", "--admin", "bob"]).ended(0);
    ssh(&desk, "carol", &format!("approve {id}")).refused(1, &["carol is not in"]);
    desk.run(&["approve", &id]).ended(1);
    // The same text again is an adoption all the same.
    desk.run(&["policy", "adopt", &file]).ended(0).said(&["is in force: version 2"]);
    ssh(&desk, "carol", &format!("approve {id}")).ended(0);
}

#[test]
fn the_roster_says_who_asks_and_who_decides() {
    let desk = team();
    let submit =
        |who: &str, document: &serde_json::Value| ssh_feed(&desk, who, "submit -", &document.to_string());
    // A document is its asker's own, or of an agent they own.
    submit("dave", &gate("ci", "a")).ended(0);
    let shown = ssh(&desk, "dave", "show R-1 --json").ended(0).json();
    assert_eq!(shown["by"], json!("ci"));
    submit("dave", &gate("cp14", "b")).refused(1, &["the document says cp14, and you are dave"]);
    submit("ci", &gate("dave", "b")).refused(1, &["the document says dave, and you are ci"]);
    submit("dave", &gate("nobody", "b")).refused(1, &["the document says nobody"]);
    submit("dave", &gate("operator", "b")).refused(1, &["the document says operator"]);
    submit("eve", &json!({"kind": "gate", "title": "Go on?"})).refused(1, &["`submit`"]);
    submit("mallory", &json!({"kind": "gate", "title": "Go on?"})).refused(1, &["mallory is not in"]);
    // Nobody decides on what they, their agent or their other principal asked.
    ssh(&desk, "dave", "approve R-1").refused(1, &["nobody decides on their own request"]);
    submit("carol", &json!({"kind": "gate", "title": "Mine"})).ended(0).said(&["R-2"]);
    for who in ["carol", "carol-phone", "cp14"] {
        ssh(&desk, who, "approve R-2").refused(1, &["nobody decides on their own request"]);
    }
    // Roles say who may: an admin who only is one, a viewer and the operator do not.
    ssh(&desk, "eve", "approve R-1").refused(1, &["`review`"]);
    desk.run(&["approve", "R-1"]).refused(1, &["`review`"]);
    desk.run(&["reject", "R-1", "--reason", "no"]).refused(1, &["`review`"]);
    ssh(&desk, "carol", "approve R-1").ended(0);
    let shown = ssh(&desk, "dave", "show R-1 --json").ended(0).json();
    assert_eq!(shown["signoffs"][0]["assurance"], json!("session"), "{shown}");
}

#[test]
fn a_policy_whose_text_is_gone_still_lets_nobody_decide_and_everybody_say_no() {
    let desk = team();
    ssh_feed(&desk, "dave", "submit -", &plan("dave", "a").to_string()).ended(0);
    let conn = rusqlite::Connection::open(desk.store()).unwrap();
    conn.execute(
        "DELETE FROM payloads WHERE seq = (SELECT max(seq) FROM log WHERE name = 'policy.adopted')",
        [],
    )
    .unwrap();
    drop(conn);
    ssh(&desk, "carol", "approve R-1").refused(1, &["cannot be read"]);
    ssh(&desk, "carol", "claim R-1").refused(1, &["cannot be read"]);
    ssh(&desk, "eve", "reject R-1 --reason no").refused(1, &["`review`"]);
    ssh(&desk, "mallory", "list").refused(1, &["mallory is not in"]);
    ssh(&desk, "carol", "comment R-1 look").ended(0);
    ssh_feed(&desk, "dave", "submit -", &gate("dave", "b").to_string()).ended(0).said(&["R-2"]);
    ssh(&desk, "carol", "reject R-1 --reason no").ended(0);
    // The way out is the first way in.
    let file = desk.file("again.toml", TEAM);
    desk.run(&["policy", "adopt", &file]).ended(0).said(&["version 2"]);
    ssh(&desk, "carol", "approve R-2").ended(0);
}

/// What `show` says a decision on it would be bound to.
fn digest(desk: &Desk, who: &str, id: &str) -> String {
    let shown = ssh(desk, who, &format!("show {id} --json")).ended(0).json();
    shown["decision_digest"].as_str().unwrap().to_owned()
}

#[test]
fn another_policy_is_in_force_when_another_admin_signs_it_off_and_not_before() {
    let desk = team();
    let first = desk.run(&["policy", "show", "--json"]).ended(0).json()["policy"].clone();
    let stricter = format!(
        "[[rule]]\nname = \"two\"\nkind = [\"gate\"]\nslots = [{{kind = \"human\"}}, {{kind = \"human\"}}]\n{TEAM}"
    );
    // Only an admin proposes; the operator put the first one in force, and no other.
    for who in ["carol", "eve", "dave", "cp14"] {
        ssh_feed(&desk, who, "policy adopt -", &stricter).refused(1, &["`admin`"]);
    }
    let file = desk.file("stricter.toml", &stricter);
    desk.run(&["policy", "adopt", &file]).refused(1, &["`admin`"]);
    // Nor one that nobody could change again: two sign-offs beside the proposer's, and there are two admins.
    let locked = stricter.replacen("kind = [\"gate\"]\n", "", 1);
    ssh_feed(&desk, "ann", "policy adopt -", &locked)
        .refused(1, &["2 sign-offs beside", "nobody could ever"]);
    let one_admin = stricter.replacen("[\"admin\", \"lead\"]", "[\"lead\"]", 1);
    ssh_feed(&desk, "ann", "policy adopt -", &one_admin).refused(1, &["admins of at least two people"]);
    ssh_feed(&desk, "ann", "policy adopt -", TEAM).ended(0).said(&["in force already"]);
    let proposed = ssh_feed(&desk, "ann", "policy adopt -", &stricter).ended(0);
    assert!(proposed.out.contains("R-1 proposes policy"), "{proposed}");
    ssh(&desk, "bob", "show R-1").ended(0).said(&["Adopt policy", "+ name = \"two\"", "1 human (admin)"]);
    let in_force = || desk.run(&["policy", "show", "--json"]).ended(0).json()["policy"].clone();
    assert_eq!(in_force(), first);
    // Nobody but an admin of another person, who says what they saw and why.
    let digest_of = digest(&desk, "bob", "R-1");
    let approve = format!("approve R-1 --reason fine --digest {digest_of}");
    ssh(&desk, "ann", &approve).refused(1, &["nobody decides on their own request"]);
    ssh(&desk, "carol", &approve).refused(1, &["`admin`"]);
    ssh(&desk, "carol", "reject R-1 --reason no").refused(1, &["`admin`"]);
    desk.run(&["approve", "R-1", "--reason", "fine", "--digest", &digest_of]).refused(1, &["`admin`"]);
    // A second proposal against the same policy: whichever is signed off first, the other has to be made again.
    let other = format!("[[rule]]\nname = \"other\"\n{TEAM}");
    ssh_feed(&desk, "bob", "policy adopt -", &other).ended(0).said(&["R-2 proposes"]);
    ssh(&desk, "bob", &approve).ended(0);
    assert_ne!(in_force(), first);
    desk.run(&["log"]).ended(0).said(&["adopted policy 2", "as R-1 proposed"]);
    desk.run(&["policy", "show"]).ended(0).said(&["adopted by bob"]);
    let second = in_force();
    let digest_of = digest(&desk, "ann", "R-2");
    let late = format!("approve R-2 --reason fine --digest {digest_of}");
    let ran = ssh(&desk, "ann", &late).calm();
    let ran = if ran.code == Some(3) { ssh(&desk, "ann", &late) } else { ran };
    ran.refused(1, &["another policy is in force than the one that R-2 is to replace", "propose again"]);
    assert_eq!(in_force(), second);
    ssh(&desk, "ann", "reject R-2 --reason stale").ended(0);
    // A document cannot say what only an adoption can.
    let smuggled = json!({"kind": "policy", "title": "Adopt policy"}).to_string();
    ssh_feed(&desk, "ann", "submit -", &smuggled).refused(65, &["proposed by adopting"]);
    ssh_feed(&desk, "carol", "submit -", &smuggled).refused(65, &["proposed by adopting"]);
    desk.run(&["audit", "verify"]).ended(0);
    let before = desk.head();
    desk.run(&["rebuild"]).ended(0);
    assert_eq!(desk.head(), before);
}

#[test]
fn a_proposal_whose_text_is_not_the_pinned_one_takes_no_effect() {
    let desk = team();
    let other = format!("[[rule]]\nname = \"other\"\n{TEAM}");
    ssh_feed(&desk, "bob", "policy adopt -", &other).ended(0).said(&["R-1 proposes"]);
    let digest_of = digest(&desk, "ann", "R-1");
    let conn = rusqlite::Connection::open(desk.store()).unwrap();
    conn.execute("DELETE FROM payloads WHERE seq = (SELECT max(seq) FROM log WHERE aggregate = 'R-1')", [])
        .unwrap();
    drop(conn);
    ssh(&desk, "ann", &format!("approve R-1 --reason fine --digest {digest_of}")).refused(1, &["redacted"]);
}

/// Something sensitive.
fn exception(by: &str) -> String {
    json!({"kind": "exception", "title": "Open the port", "by": by}).to_string()
}

#[test]
fn a_sensitive_decision_says_what_was_seen_and_a_refused_one_is_recorded_once_a_minute() {
    let desk = team();
    ssh_feed(&desk, "ci", "submit -", &exception("ci")).ended(0);
    ssh(&desk, "carol", "approve R-1 --reason fine").refused(1, &["add the --digest it prints"]);
    let tried = || {
        let said = desk.run(&["log", "R-1"]).ended(0).out;
        said.matches("which was refused").count()
    };
    assert_eq!(tried(), 0, "who only forgot the digest tried nothing");
    let approve = format!("approve R-1 --reason fine --digest {}", digest(&desk, "carol", "R-1"));
    for _ in 0..3 {
        ssh(&desk, "dave", &approve).refused(1, &["own request"]);
        ssh(&desk, "eve", &approve).refused(1, &["`review`"]);
    }
    desk.run(&["log", "R-1"]).ended(0).said(&[
        "dave tried to approve, which was refused: own_request",
        "eve tried to approve, which was refused: no_review",
    ]);
    assert_eq!(tried(), 2, "once a minute of each");
    ssh(&desk, "carol", &approve).ended(0);
    // An agent with a verb that is a person's, on whatever it is.
    ssh_feed(&desk, "dave", "submit -", &json!({"kind": "gate", "title": "Go on?"}).to_string()).ended(0);
    ssh_feed(&desk, "cp14", "submit -", &json!({"kind": "gate", "title": "Mine"}).to_string()).ended(0);
    ssh(&desk, "cp14", "reject R-3 --reason no").ended(1);
    desk.run(&["audit", "verify"]).ended(0);
    let before = desk.head();
    desk.run(&["rebuild"]).ended(0);
    assert_eq!(desk.head(), before);
}

/// Puts another policy in force, as ann and bob.
pub fn adopts(desk: &Desk, text: &str) {
    let said = ssh_feed(desk, "ann", "policy adopt -", text).ended(0);
    let id = said.out.split(' ').next().unwrap().to_owned();
    let line = format!("approve {id} --reason fine --digest {}", digest(desk, "bob", &id));
    ssh(desk, "bob", &line).ended(0);
}

#[test]
fn who_was_let_in_after_it_was_asked_does_not_count_on_something_sensitive() {
    let desk = team();
    ssh_feed(&desk, "dave", "submit -", &exception("dave")).ended(0);
    ssh_feed(&desk, "dave", "submit -", &json!({"kind": "gate", "title": "Go on?"}).to_string()).ended(0);
    // A friend, and a viewer who may decide from now on.
    let friend = "[[principal]]\nname = \"fred\"\nkind = \"human\"\nroles = [\"reviewer\"]\n";
    adopts(&desk, &format!("{}{friend}", TEAM.replace("\"viewer\"", "\"reviewer\"")));
    let approve = format!("approve R-1 --reason fine --digest {}", digest(&desk, "carol", "R-1"));
    for who in ["fred", "eve"] {
        let ran = ssh(&desk, who, &approve).calm();
        let ran = if ran.code == Some(3) { ssh(&desk, who, &approve) } else { ran };
        ran.refused(1, &[who, "after this was asked for"]);
    }
    ssh(&desk, "carol", &approve).ended(0);
    // Where it is not sensitive it counts, and is told.
    ssh(&desk, "fred", "approve R-2").ended(0);
    ssh(&desk, "carol", "show R-2").ended(0).said(&["enrolled after it was asked"]);
    // What is asked from now on is theirs too.
    ssh_feed(&desk, "dave", "submit -", &exception("dave")).ended(0);
    let id = "R-4";
    ssh(&desk, "fred", &format!("approve {id} --reason fine --digest {}", digest(&desk, "fred", id)))
        .ended(0);
}

#[test]
fn a_role_that_is_taken_away_is_gone_with_the_next_decision() {
    let desk = team();
    ssh_feed(&desk, "dave", "submit -", &json!({"kind": "gate", "title": "Go on?"}).to_string()).ended(0);
    adopts(&desk, &TEAM.replacen("[\"reviewer\"]", "[\"viewer\"]", 1));
    ssh(&desk, "carol", "approve R-1").refused(1, &["`review`"]);
    let without = TEAM.split("[[principal]]").filter(|one| !one.contains("name = \"carol\"\n"));
    let without = without.filter(|one| !one.contains("owner = \"carol\""));
    adopts(&desk, &without.collect::<Vec<_>>().join("[[principal]]"));
    ssh(&desk, "carol", "approve R-1").refused(1, &["carol is not in"]);
    ssh(&desk, "carol-phone", "approve R-1").ended(0);
}

#[test]
fn a_person_and_their_agent_are_one_pair_of_eyes() {
    let desk = team_with(
        "[[rule]]\nname = \"keys\"\nslots = [{kind = \"human\"}, {kind = \"agent\", any_of = [\"cp14\"]}]\n",
    );
    ssh_feed(&desk, "dave", "submit -", &json!({"kind": "gate", "title": "Go on?"}).to_string()).ended(0);
    ssh(&desk, "carol", "approve R-1").ended(0);
    ssh(&desk, "cp14", "approve R-1").refused(1, &["carol has signed, and is of the same person"]);
    ssh(&desk, "carol-phone", "approve R-1").refused(3, &["already counted"]);
    ssh(&desk, "carol", "withdraw R-1").ended(0);
    ssh(&desk, "cp14", "approve R-1").ended(0);
    // An agent never fills a person's slot, nor a person an agent's.
    ssh(&desk, "carol", "approve R-1").refused(1, &["cp14 has signed"]);
    ssh(&desk, "bob", "approve R-1").ended(0);
}

#[test]
fn who_only_asks_sees_their_own_and_of_others_not_even_that_they_are_there() {
    let desk = team_with(
        "[[rule]]\nname = \"keys\"\nkind = [\"incident\"]\nslots = [{kind = \"human\"}, {kind = \"agent\", any_of = [\"cp14\"]}]\n",
    );
    let asks = |who: &str, kind: &str, title: &str, name: &str| {
        let document = json!({"kind": kind, "title": title, "ref": name}).to_string();
        ssh_feed(&desk, who, "submit -", &document).ended(0);
    };
    asks("dave", "gate", "daves", "alpha");
    asks("ci", "gate", "cis", "beta");
    asks("carol", "gate", "carols secret", "gamma");
    asks("bob", "incident", "bobs incident", "delta");
    for who in ["dave", "ci"] {
        let list = ssh(&desk, who, "list").ended(0);
        assert!(list.out.contains("daves") && list.out.contains("cis"), "{list}");
        assert!(!list.out.contains("secret") && !list.out.contains("bobs"), "{list}");
        ssh(&desk, who, "show R-1").ended(0);
        let nothing = ssh(&desk, who, "show R-99").ended(4).err.replace("99", "3");
        for line in [
            "show R-3",
            "log R-3",
            "explain R-3",
            "comment R-3 hello",
            "cancel R-3 --reason no",
            "wait R-3",
            "approve R-3",
            "reject R-3 --reason no",
            "next R-3",
            "preview R-3",
        ] {
            let ran = ssh(&desk, who, line).ended(4);
            assert_eq!(ran.err, nothing, "{line}");
        }
        ssh(&desk, who, "show gamma").ended(4);
        ssh(&desk, who, "log").refused(1, &["`see`"]);
    }
    // An agent that signs sees what has a slot for it, and no more.
    ssh(&desk, "cp14", "show R-4").ended(0);
    ssh(&desk, "cp14", "show R-1").ended(4);
    let list = ssh(&desk, "cp14", "list").ended(0);
    assert!(
        list.out.contains("bobs incident") && list.out.contains("secret") && !list.out.contains("daves"),
        "{list}"
    );
    // Everybody else sees everything.
    for who in ["carol", "eve", "ann"] {
        ssh(&desk, who, "list").ended(0).said(&["daves", "cis", "secret", "bobs incident"]);
    }
}

#[test]
fn however_much_others_ask_ones_own_are_all_there() {
    let desk = team_with("[limits]\nopen_requests = 5000\nper_minute = 0\n");
    let ask = |by: &str, name: &str| {
        ssh_feed(&desk, by, "submit -", &gate(by, name).to_string()).ended(0).out.trim().to_owned()
    };
    let (closed, first, second) = (ask("ci", "a"), ask("ci", "b"), ask("ci", "c"));
    ssh(&desk, "carol", &format!("reject {closed} --reason no")).ended(0);
    // More than any look among everybody's would reach, and all of it newer.
    let many: Vec<String> = (0..2_100).map(|n| gate("carol", &format!("n{n}")).to_string()).collect();
    ssh_feed(&desk, "carol", "submit -", &many.join("\n")).ended(0);
    // Many carry the name that one's own carries too.
    let named: Vec<String> =
        (0..30).map(|n| json!({"kind": "gate", "title": "x", "labels": {"lease": "b"}, "by": "bob", "ref": format!("b{n}")}).to_string()).collect();
    ssh_feed(&desk, "bob", "submit -", &named.join("\n")).ended(0);
    for who in ["ci", "dave"] {
        let listed = |line: &str| {
            let rows = ssh(&desk, who, &format!("{line} --json")).ended(0).json();
            let ids: Vec<String> =
                rows.as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect();
            ids
        };
        assert_eq!(listed("list"), [first.clone(), second.clone()], "{who}");
        assert_eq!(listed("list --state decided"), std::slice::from_ref(&closed), "{who}");
        let pulse = ssh(&desk, who, "pulse --json").ended(0).json();
        assert_eq!(pulse["open"], 2, "{pulse}");
        ssh(&desk, who, "show b").ended(0).said(&[&first]);
        let found = ssh(&desk, who, "list --filter go").ended(0);
        assert!(found.out.contains(&first) && found.out.contains(&second), "{found}");
    }
    desk.run(&["rebuild"]).ended(0);
    assert!(ssh(&desk, "ci", "list").ended(0).out.contains(&first));
    desk.run(&["audit", "verify"]).ended(0);
}

/// The roster with a key for each of `who`, and a rule by which changing it is signed.
fn keyed(who: &[&str], until: &str) -> String {
    let rule = "[[rule]]\nname = \"by key\"\nkind = [\"policy\"]\nslots = [{ kind = \"human\", assurance = \"signed\" }]\n";
    let mut text = format!("{rule}{TEAM}");
    for (n, name) in who.iter().enumerate() {
        let key = format!("[[principal.key]]\nkey = \"{}\"\nvalid_before = {until}\n", KEYS[n]);
        let at = text.find(&format!("name = \"{name}\"")).unwrap();
        let end = text[at..].find("[[principal]]").map_or(text.len(), |end| at + end);
        text.insert_str(end, &key);
    }
    text
}

/// Two public keys.
const KEYS: [&str; 2] = [
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICfaXU1hgCCWfkzFsSk2I7iFaHmh2f2Ooag6W+F5uIqm",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f",
];

#[test]
fn a_policy_that_would_shut_the_admins_out_is_refused_where_it_is_checked_and_where_it_is_adopted() {
    let desk = Desk::new();
    desk.run(&["team", "init", "--admin", "ann", "--admin", "bob"]).ended(0);
    for (text, words) in [
        (keyed(&[], "2099-01-01"), "0 of its admins have such a key"),
        (keyed(&["ann"], "2099-01-01"), "enrol a key for bob"),
        (keyed(&["ann", "bob"], "2020-01-01"), "0 of its admins have such a key"),
        (keyed(&["ann", "bob"], "2099-01-01").replace("\"signed\"", "\"signed+touch\""), "(signed+touch)"),
    ] {
        let file = desk.file("team.toml", &text);
        desk.run(&["policy", "check", &file]).refused(65, &[words, "nobody could ever change it again"]);
        desk.run(&["policy", "adopt", &file]).refused(1, &[words, "nobody could ever change it again"]);
    }
    // With keys it holds; who has none where no signature is asked for is said, and refused nothing.
    let file = desk.file("team.toml", keyed(&["ann", "bob"], "2099-01-01"));
    desk.run(&["policy", "check", &file]).ended(0);
    desk.run(&["policy", "adopt", &file]).ended(0);
    let plain = desk.file("plain.toml", TEAM);
    desk.run(&["policy", "check", &plain]).ended(0).said(&["note: ann, bob (admin) has no valid key"]);
    let release = "[[rule]]\nname = \"prod\"\nkind = [\"deployment\"]\nslots = [{ kind = \"human\", role = \"release\", assurance = \"signed\" }]\n";
    let nobody = desk.file("nobody.toml", format!("{release}{TEAM}"));
    desk.run(&["policy", "check", &nobody])
        .ended(0)
        .said(&["nobody in the roster can fill", "the rule prod"]);
}

#[test]
fn whose_debt_it_is_is_asked_of_the_roster_of_today_too() {
    let rule = "[[rule]]\nname = \"all\"\noverride = { assurance = \"session\" }\n";
    let leads = format!("{rule}{}", TEAM.replacen("roles = [\"reviewer\"]", "roles = [\"lead\"]", 1));
    let desk = Desk::new();
    desk.run(&["team", "init", "--admin", "ann", "--admin", "bob"]).ended(0);
    desk.run(&["policy", "adopt", &desk.file("team.toml", &leads)]).ended(0);
    let gate = |name: &str| gate("dave", name).to_string();
    let (one, two) = ("R-1", "R-2");
    ssh_feed(&desk, "dave", "submit -", &gate("a")).ended(0);
    ssh_feed(&desk, "dave", "submit -", &gate("b")).ended(0);
    let goes = |who: &str, id: &str, reason: &str| {
        let digest = digest(&desk, who, id);
        let line = format!(
            "override {id} --class incident --reference INC-1 --reason '{reason}' --phrase 'OVERRIDE {id}' --digest {digest}"
        );
        ssh(&desk, who, &line)
    };
    goes("bob", one, "the payments stand still and nobody answers").ended(0);
    // From now on bob and carol are one person.
    adopts(
        &desk,
        &leads.replacen(
            "name = \"bob\"\nkind = \"human\"\n",
            "name = \"bob\"\nkind = \"human\"\nperson = \"carol\"\n",
            1,
        ),
    );
    goes("carol", two, "the queue is full and the night shift is alone")
        .refused(1, &["you still owe R-3, the review of an override of yours"]);
    desk.run(&["rebuild"]).ended(0);
    goes("carol", two, "the queue is full and the night shift is alone").refused(1, &["you still owe R-3"]);
    desk.run(&["audit", "verify"]).ended(0);
}

#[test]
fn who_edited_a_step_has_edited_what_goes_on_with_it() {
    let desk = team();
    ssh_feed(&desk, "ci", "submit -", &plan("ci", "a").to_string()).ended(0);
    ssh(&desk, "carol", "modify R-1 --step lookup --set query='\"Grace\"'").ended(0);
    ssh(&desk, "carol", "approve R-1").refused(1, &["you edited"]);
    ssh(&desk, "ci", "cancel R-1 --reason again").ended(0);
    ssh(&desk, "ci", "resubmit R-1 --as-new").ended(0).said(&["R-2"]);
    ssh(&desk, "carol", "approve R-2").refused(1, &["you edited"]);
    desk.run(&["rebuild"]).ended(0);
    ssh(&desk, "carol", "approve R-2").refused(1, &["you edited"]);
    let shown = ssh(&desk, "ann", "explain R-2").ended(0);
    assert!(shown.out.contains("edited by a reviewer"), "{shown}");
    ssh(&desk, "bob", "approve R-2").ended(0);
    // What the producer wrote anew is the producer's.
    ssh_feed(&desk, "ci", "submit -", &plan("ci", "b").to_string()).ended(0);
    ssh(&desk, "carol", "modify R-3 --step lookup --set query='\"Grace\"'").ended(0);
    ssh(&desk, "ci", "cancel R-3 --reason again").ended(0);
    ssh_feed(&desk, "ci", "resubmit R-3 - --as-new", &plan("ci", "b").to_string()).ended(0).said(&["R-4"]);
    ssh(&desk, "carol", "approve R-4").ended(0);
    desk.run(&["audit", "verify"]).ended(0);
}

#[test]
fn a_refusal_says_the_words_of_the_store_it_is_in() {
    let desk = team();
    ssh_feed(&desk, "ci", "submit -", &gate("ci", "a").to_string()).ended(0);
    let refused =
        ssh(&desk, "carol", "cancel R-1 --reason no").refused(1, &["only the requester, ci, can cancel it"]);
    assert!(!refused.err.contains("--as") && refused.err.contains("session"), "{refused}");
    let alone = Desk::new();
    alone.submit(&gate("ci", "a"));
    alone.run(&["cancel", "R-1", "--reason", "no", "--as", "bot"]).refused(1, &["--as ci"]);
}

#[test]
fn whoever_asks_imports_in_a_session_and_it_is_theirs() {
    let desk = team();
    let draft = json!({"message_type": "x"}).to_string();
    let lease = json!({"lease_id": "LEASE-20261120-073516", "intent_id": "INT-20261120-073516",
        "expires_at": "2099-01-01T00:00:00Z", "actor": "CBO", "scope": {"paths": ["/srv/app"]}})
    .to_string();
    let file = desk.file("lease.json", &lease);
    desk.run(&["import", "calyx-lease", &file]).refused(1, &["in a session of their own"]);
    let ran = ssh_feed(&desk, "ci", "import calyx-lease -", &lease).ended(0);
    assert!(ran.out.contains("R-1"), "{ran}");
    let shown = ssh(&desk, "dave", "show R-1 --json").ended(0).json();
    assert_eq!(shown["by"], "ci");
    ssh_feed(&desk, "eve", "import calyx-lease -", &lease).refused(1, &["`submit`"]);
    ssh_feed(&desk, "ci", "import sshsig-approval -", "{}").refused(2, &["a session does not read"]);
    ssh_feed(&desk, "ci", "import calyx-lease /etc/passwd", &lease).ended(2);
    ssh_feed(&desk, "ci", "import draft -", &draft).ended(65);
    // The same again is the same; what it says to do about other content is there.
    ssh_feed(&desk, "ci", "import calyx-lease -", &lease).ended(0);
    let other = lease.replace("/srv/app", "/srv/other");
    let told = ssh_feed(&desk, "ci", "import calyx-lease -", &other).ended(3);
    assert!(told.err.contains("--revise") && told.err.contains("--again"), "{told}");
    ssh_feed(&desk, "ci", "import calyx-lease - --again", &other).ended(0).said(&["R-2"]);
}

#[test]
fn roles_hold_where_the_roster_says_and_nowhere_else() {
    let bound = TEAM.replacen(
        "name = \"carol\"\nkind = \"human\"\n",
        "name = \"carol\"\nkind = \"human\"\ntenant = [\"acme*\"]\nenvironment = [\"staging\"]\n",
        1,
    );
    let desk = Desk::new();
    desk.run(&["team", "init", "--admin", "ann", "--admin", "bob"]).ended(0);
    desk.run(&["policy", "adopt", &desk.file("team.toml", bound)]).ended(0);
    let ask = |name: &str, target: serde_json::Value| {
        let document = json!({"kind": "gate", "title": "Go on?", "ref": name, "target": target}).to_string();
        ssh_feed(&desk, "dave", "submit -", &document).ended(0).out.trim().to_owned()
    };
    let inside = ask("a", json!({"environment": "staging", "tenant": "acme-1"}));
    for (name, target) in [
        ("b", json!({"environment": "staging", "tenant": "other"})),
        ("c", json!({"environment": "production", "tenant": "acme-1"})),
        ("d", json!({"environment": "staging"})),
        ("e", json!({})),
    ] {
        let id = ask(name, target);
        for line in [
            "approve @ --reason fine",
            "reject @ --reason no",
            "request-changes @ --reason no",
            "escalate @ --reason no",
        ] {
            let line = line.replace('@', &id);
            ssh(&desk, "carol", &line)
                .refused(1, &["your roles hold for environment staging; tenant acme* only"]);
        }
        // What she sees is everything, and what she says is heard.
        ssh(&desk, "carol", &format!("comment {id} hello")).ended(0);
        ssh(&desk, "bob", &format!("reassign {id} carol")).refused(1, &["their roles do not hold"]);
        let explained = ssh(&desk, "ann", &format!("explain {id}")).ended(0);
        assert!(!explained.out.contains("carol,") && !explained.out.contains("carol "), "{explained}");
    }
    ssh(&desk, "carol", &format!("approve {inside}")).ended(0);
}

#[test]
fn a_mandatory_step_is_left_out_by_nobody_but_who_may_override() {
    let rule = "[[rule]]\nname = \"saved first\"\nmandatory = [\"backup.*\"]\n";
    let desk = team_with(rule);
    let ask = |name: &str| {
        let document = json!({"kind": "plan", "title": "t", "ref": name, "steps": [
            {"id": "pre", "action": "a.pre"},
            {"id": "save", "action": "backup.take", "needs": [{"step": "pre", "effect": "blocks", "resolution": "skip"}]},
            {"id": "pay", "action": "pay.send"}]});
        ssh_feed(&desk, "ci", "submit -", &document.to_string()).ended(0).out.trim().to_owned()
    };
    for (name, lines) in [
        ("a", vec!["skip @ --step save"]),
        ("b", vec!["reject @ --step save"]),
        ("c", vec!["skip @ --step pre"]),
    ] {
        let id = ask(name);
        for line in lines {
            ssh(&desk, "carol", &line.replace('@', &id)).ended(0);
        }
        ssh(&desk, "carol", &format!("approve {id}")).refused(1, &["the rule saved first wants save done"]);
        ssh(&desk, "bob", &format!("approve {id}")).ended(0);
    }
    // While it runs neither.
    let id = ask("d");
    ssh(&desk, "carol", &format!("approve {id}")).ended(0);
    ssh(&desk, "ci", &format!("next {id}")).ended(0);
    ssh(&desk, "ci", &format!("skip {id} --step save")).refused(1, &["wants save done"]);
}

#[test]
fn an_event_says_through_what_and_from_where_it_came() {
    let desk = team();
    ssh_feed(&desk, "dave", "submit -", &gate("dave", "a").to_string()).ended(0);
    ssh(&desk, "carol", "approve R-1").ended(0);
    let export = desk.run(&["audit", "export"]).ended(0).out;
    let signed: serde_json::Value = export
        .lines()
        .filter(|line| line.contains("signoff.given"))
        .map(|line| serde_json::from_str(line).unwrap())
        .next()
        .unwrap();
    let actor = &signed["facts"]["actor"];
    assert_eq!((&actor["face"], &actor["address"]), (&"session".into(), &"192.0.2.1".into()), "{signed}");
    assert!(signed["envelope"]["at"].is_number(), "{signed}");
    // What is no address is none, and an older event has none.
    let store = desk.store();
    let mut command = desk.command(&["--store", store.to_str().unwrap(), "session", "--as", "carol"]);
    command.env("SSH_CONNECTION", "fe80::1%eth0\u{1b}[2J x").env("SSH_ORIGINAL_COMMAND", "comment R-1 hello");
    desk.feed_command(command, "comment", "").ended(0);
    desk.run(&["rebuild"]).ended(0);
    desk.run(&["audit", "verify"]).ended(0);
    assert!(!desk.run(&["audit", "export"]).ended(0).out.contains("fe80"));
}
