//! Reviewers over SSH: a real OpenSSH server on a loopback port, real keys, real clients. Without one these tests are
//! skipped, and say so.

mod server;
mod words;
mod people;
mod escapes;
mod keys;

use crate::cli::Desk;
use server::{key, principal};
use std::path::PathBuf;

/// Makes a team's store: two reviewers, an admin, and a program of alice's that asks; each with a key of their name.
fn team(desk: &Desk) {
    let people = [
        ("alice", "human", "\"reviewer\""),
        ("bob", "human", "\"reviewer\", \"lead\""),
        ("ann", "human", "\"admin\""),
        ("ci", "agent", "\"producer\""),
    ];
    let roster: String =
        people.iter().map(|(name, kind, roles)| principal(name, kind, roles, &key(desk, name))).collect();
    let policy = desk.file("team.toml", roster);
    desk.run(&["policy", "adopt", &policy]).ended(0);
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
