//! Two keys over SSH, from the asking to an export that `ssh-keygen` checks alone.

use super::server::{Server, Setting};
use super::{is_missing, program, team_with};
use crate::cli::{Desk, gate};
use std::process::{Command, Stdio};

/// A human's key and an agent's, both signed.
const TWO_KEYS: &str = r#"
[[rule]]
name = "two keys"
kind = ["gate"]
slots = [{ kind = "human", role = "release", assurance = "signed" }, { kind = "agent", any_of = ["cp14"], assurance = "signed" }]
"#;

/// Signs at the workstation: the statement that came through SSH, the key that never went there.
fn signed(server: &Server, who: &str, statement: &str) -> String {
    let file = server.desk.file(&format!("s-{who}"), statement);
    let mut sign = Command::new(program("ssh-keygen").unwrap());
    sign.args(["-q", "-Y", "sign", "-f"])
        .arg(server.desk.path(who))
        .args(["-n", "countersign-decision@v1"])
        .arg(&file);
    assert!(sign.stdin(Stdio::null()).status().unwrap().success());
    std::fs::read_to_string(format!("{file}.sig")).unwrap()
}

#[test]
fn two_keys_from_the_asking_to_an_export_that_verifies_without_this_program() {
    if is_missing() {
        return;
    }
    let desk = Desk::new();
    team_with(&desk, TWO_KEYS);
    let server = Server::before(desk, Setting::default());
    server.feeds("ci", &["submit", "-"], gate("ci", "deploy").to_string()).ended(0).said(&["R-1"]);
    server
        .says("alice", &["show", "R-1"])
        .ended(0)
        .said(&["human (release, signed)", "agent (cp14, signed)"]);
    let shown = server.desk.shown("R-1");
    let digest = &shown["decision_digest"].as_str().unwrap()[..12];
    server.says("ci", &["approve", "R-1", "--digest", digest]).ended(1);
    server
        .says("cp14", &["approve", "R-1", "--digest", digest])
        .refused(1, &["signature", "countersign challenge R-1"]);
    for (n, who) in [(1, "alice"), (2, "cp14")] {
        let statement = server.says(who, &["challenge", "R-1"]).ended(0).out;
        let armour = signed(&server, who, &statement);
        let words = ["cosign", "R-1", "--reason", "2.14 checked", "-"];
        server.feeds(who, &words, &armour).ended(0);
        server.feeds(who, &words, &armour).ended(3);
        assert_eq!(server.desk.shown("R-1")["signoffs"].as_array().unwrap().len(), n);
    }
    let shown = server.desk.shown("R-1");
    assert_eq!(
        (&shown["state"], &shown["signoffs"][0]["reason"]),
        (&"approved".into(), &"2.14 checked".into())
    );
    assert_eq!(shown["signoffs"][0]["assurance"], "signed");
    server.says("alice", &["list; id"]).refused(2, &["refused: no such verb, and nothing ran"]);
    let out = server.desk.path("out");
    server
        .desk
        .run(&["audit", "export", "--signatures", out.to_str().unwrap()])
        .ended(0)
        .said(&["2 signed decisions"]);
    let readme = std::fs::read_to_string(out.join("README")).unwrap();
    let checks: Vec<&str> = readme.lines().filter(|line| line.starts_with("ssh-keygen ")).collect();
    assert_eq!(checks.len(), 2, "{readme}");
    for check in checks {
        // The line as somebody would paste it, in that directory.
        let done = Command::new("sh").args(["-c", check]).current_dir(&out).output().unwrap();
        assert!(done.status.success(), "{check}: {}", String::from_utf8_lossy(&done.stderr));
    }
    server.desk.run(&["audit", "verify"]).ended(0);
}
