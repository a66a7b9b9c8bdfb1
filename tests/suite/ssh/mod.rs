//! Reviewers over SSH: a real OpenSSH server on a loopback port, real keys, real clients. Without one these tests are
//! skipped, and say so.

mod server;
mod words;
mod block;
mod people;
mod escapes;
mod keys;
mod idle;

use crate::cli::Desk;
use server::{key, principal};
use std::path::PathBuf;

/// Makes a team's store: two reviewers, two admins of whom bob is one, a producer, and dave's program that asks; each with
/// a key of their name. Alice has a second key, which was taken back.
fn team(desk: &Desk) {
    team_with(desk, "");
}

/// The same with more in its policy.
fn team_with(desk: &Desk, rules: &str) {
    let people = [
        ("alice", "human", "\"reviewer\", \"release\""),
        ("bob", "human", "\"reviewer\", \"lead\", \"admin\""),
        ("ann", "human", "\"admin\""),
        ("dave", "human", "\"producer\""),
        ("ci", "agent", "\"producer\""),
        ("cp14", "agent", "\"agent\""),
    ];
    let mut policy = rules.to_owned();
    for (name, kind, roles) in people {
        policy += &principal(name, kind, roles, &key(desk, name));
        if name == "alice" {
            let old = key(desk, "alice-old");
            policy += &format!("[[principal.key]]\nkey = \"{old}\"\nrevoked = true\n");
        }
    }
    let policy = desk.file("team.toml", policy);
    desk.run(&["team", "init", "--admin", "ann", "--admin", "bob"]).ended(0);
    desk.run(&["policy", "adopt", &policy]).ended(0);
}

/// What a request is, without what changes with the clock alone.
fn stands(desk: &Desk, id: &str) -> Vec<serde_json::Value> {
    let shown = desk.shown(id);
    let keys =
        ["state", "revision", "decision_digest", "signoffs", "comments", "claim", "decision", "snoozed"];
    keys.map(|key| shown[key].clone()).to_vec()
}

/// Where a program of OpenSSH is; sshd stands where an ordinary search path does not lead.
fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places: Vec<PathBuf> = std::env::split_paths(&path).collect();
    places.extend(["/usr/sbin".into(), "/usr/local/sbin".into(), "/sbin".into()]);
    places.into_iter().map(|dir| dir.join(name)).find(|file| file.is_file())
}

/// Whether OpenSSH's server, client and key maker are here; says loudly when not.
fn is_missing() -> bool {
    let missing: Vec<&str> =
        ["sshd", "ssh", "ssh-keygen"].into_iter().filter(|name| program(name).is_none()).collect();
    if !missing.is_empty() {
        eprintln!("SKIPPED: no {} here, so nothing was tried through a real SSH server", missing.join(", "));
    }
    !missing.is_empty()
}
