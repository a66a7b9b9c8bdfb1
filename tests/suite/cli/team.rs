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
