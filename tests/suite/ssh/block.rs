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

/// What issue a team asks in production: a releasing human's key and an agent's.
const PRODUCTION: &str = r#"
[[rule]]
name = "production deployments"
kind = ["deployment"]
environment = ["production"]
slots = [{ kind = "human", role = "release", assurance = "signed" }, { kind = "agent", any_of = ["cp14", "cp18"], assurance = "signed" }]
"#;

fn deploy(name: &str) -> String {
    serde_json::json!({"kind": "deployment", "title": "Deploy payments-api 2.14.0", "by": "ci", "ref": name,
        "target": {"environment": "production", "service": "payments-api"},
        "steps": [{"id": "roll", "title": "Roll it out", "action": "deploy.roll", "undo": ["/bin/true"]}]})
    .to_string()
}

/// Plain `ssh-keygen -Y verify` of one exported signature, with nothing of this program at hand.
fn verifies(out: &std::path::Path, who: &str, name: &str) -> bool {
    let statement = std::fs::File::open(out.join(name)).unwrap();
    let mut check = Command::new(program("ssh-keygen").unwrap());
    check.args(["-Y", "verify", "-f", "allowed_signers", "-I", who, "-n", "countersign-decision@v1", "-s"]);
    check.arg(format!("{name}.sig")).current_dir(out).stdin(statement);
    check.output().unwrap().status.success()
}

#[test]
fn a_production_deployment_and_an_override_line_by_line_as_the_issue_says() {
    if is_missing() {
        return;
    }
    let desk = Desk::new();
    team_with(&desk, PRODUCTION);
    let server = Server::before(desk, Setting::default());
    // Asked as ci: it waits for a human's key and an agent's.
    server.feeds("ci", &["submit", "-"], deploy("a")).ended(0).said(&["R-1"]);
    server
        .says("alice", &["explain", "R-1"])
        .ended(0)
        .said(&["1 human (release, signed)", "1 agent (cp14 or cp18, signed)"]);
    let digest = server.desk.shown("R-1")["decision_digest"].as_str().unwrap()[..12].to_owned();
    let approve = ["approve", "R-1", "--digest", &digest];
    server.says("ci", &approve).refused(1, &["nobody decides on their own request"]);
    server.says("cp14", &approve).refused(1, &["this slot needs a signature", "countersign challenge R-1"]);
    // The statement goes to the workstation, the signature comes back.
    let statement = server.says("alice", &["challenge", "R-1"]).ended(0).out;
    let armour = signed(&server, "alice", &statement);
    let cosign = ["cosign", "R-1", "--reason", "2.14 checked", "-"];
    server.feeds("alice", &cosign, &armour).ended(0);
    server.feeds("alice", &cosign, &armour).refused(3, &["already"]);
    server.says("alice", &["list; id"]).refused(2, &["refused: no such verb, and nothing ran"]);
    // An override by command, signed over its own statement: a sign-off's is none.
    server.feeds("ci", &["submit", "-"], deploy("b")).ended(0).said(&["R-2"]);
    let going = |phrase: &'static str| {
        [
            "cosign",
            "R-2",
            "--override",
            "--class",
            "incident",
            "--reference",
            "INC-42",
            "--reason",
            "payments stand still and cp14 is down",
            "--phrase",
            phrase,
            "-",
        ]
    };
    let said = server.says("bob", &["challenge", "R-2", "--override"]).ended(0).out;
    let armour = signed(&server, "bob", &said);
    server.feeds("alice", &going("OVERRIDE R-2"), &armour).ended(1);
    server
        .feeds("bob", &going("OVERRIDE R-1"), &armour)
        .refused(1, &["type the phrase OVERRIDE R-2 exactly"]);
    server.feeds("bob", &going("OVERRIDE R-2"), &armour).ended(0).said(&["R-3"]);
    server.feeds("bob", &going("OVERRIDE R-2"), &armour).ended(3);
    let shown = server.desk.shown("R-2");
    assert_eq!(
        (&shown["state"], &shown["override"]["debt"]),
        (&"overridden".into(), &"R-3".into()),
        "{shown}"
    );
    assert_eq!(shown["override"]["by"].as_str().or(shown["decision"]["by"].as_str()), Some("bob"));
    server.says("alice", &["verify", "R-2"]).ended(0);
    server
        .says(
            "alice",
            &[
                "approve",
                "R-3",
                "--reason",
                "seen",
                "--digest",
                server.desk.shown("R-3")["decision_digest"].as_str().unwrap(),
            ],
        )
        .ended(0);
    // Everything that was signed verifies without this program.
    let out = server.desk.path("out");
    server.desk.run(&["audit", "export", "--signatures", out.to_str().unwrap()]).ended(0);
    let mut checked = 0;
    for entry in std::fs::read_dir(&out).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let Some(statement) = name.strip_suffix(".sig") else { continue };
        let by = ["alice", "bob"].into_iter().filter(|who| verifies(&out, who, statement)).count();
        assert_eq!(by, 1, "{name}");
        assert!(!verifies(&out, "cp14", statement), "{name}");
        checked += 1;
    }
    assert!(checked >= 2, "{checked}");
    server.desk.run(&["audit", "verify"]).ended(0);
}
