//! `authorized_keys`: written from the roster, looked at by the doctor, and overruled by the roster.

use super::server::{Server, Setting, key};
use super::{is_missing, team};
use crate::cli::{Desk, Ran};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

fn doctor(desk: &Desk, code: i32) -> Ran {
    desk.run(&["doctor"]).ended(code)
}

#[test]
fn it_is_written_whole_and_for_the_account_alone() {
    if is_missing() {
        return;
    }
    let desk = Desk::new();
    let file = desk.path("authorized_keys");
    let write = ["admin", "authorized-keys", "--write", file.to_str().unwrap()];
    desk.run(&write).refused(74, &["no valid key", "nobody could come in"]);
    assert!(!file.exists());
    team(&desk);
    desk.run(&write).ended(0).said(&["6 keys"]);
    let printed = desk.run(&["admin", "authorized-keys"]).ended(0).out;
    assert_eq!(fs::read_to_string(&file).unwrap(), printed);
    assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
    let of = |name: &str| printed.lines().find(|l| l.contains(&format!("session --as {name}\""))).unwrap();
    assert!(of("alice").contains("\",restrict,pty ssh-ed25519 "), "{printed}");
    assert!(of("ci").contains("\",restrict ssh-ed25519 "), "a program needs no terminal: {printed}");
    desk.run(&write).ended(0);
    // Somebody's own file is not written over.
    fs::write(&file, "ssh-ed25519 AAAA me\n").unwrap();
    desk.run(&write).refused(74, &["was not written by this program"]);
    assert_eq!(fs::read_to_string(&file).unwrap(), "ssh-ed25519 AAAA me\n");
}

#[test]
fn the_doctor_finds_what_is_wrong_with_it() {
    if is_missing() {
        return;
    }
    let desk = Desk::new();
    assert!(!doctor(&desk, 0).out.contains("authorized_keys"), "nobody has a key, so nobody asks");
    team(&desk);
    doctor(&desk, 0).said(&["there is no", ".ssh/authorized_keys", "admin authorized-keys --write"]);
    fs::create_dir(desk.path(".ssh")).unwrap();
    fs::set_permissions(desk.path(".ssh"), fs::Permissions::from_mode(0o700)).unwrap();
    let file = desk.path(".ssh/authorized_keys");
    desk.run(&["admin", "authorized-keys", "--write", file.to_str().unwrap()]).ended(0);
    doctor(&desk, 0).said(&["6 keys in", "as the roster has them"]);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).unwrap();
    doctor(&desk, 5).said(&["ILL", "mode 666: others can write it"]);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let good = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{good}{}\n", key(&desk, "mallory"))).unwrap();
    doctor(&desk, 5).said(&["line 9 has no command="]);
    fs::write(&file, good.replace(",restrict", "")).unwrap();
    doctor(&desk, 5).said(&["line 3 lacks `restrict`", "What to do:"]);
    // Who is not in the roster, or no longer with that key, is in the file; and somebody is missing there.
    let (other, old) = (forced(&good, "mallory", &key(&desk, "mallory2")), pub_of(&desk, "alice-old"));
    let without_alice: String =
        good.lines().filter(|l| !l.contains("--as alice\"")).map(|l| format!("{l}\n")).collect();
    fs::write(&file, format!("{without_alice}{other}{}", forced(&good, "alice", &old))).unwrap();
    doctor(&desk, 5).said(&[
        "is for mallory, who is not in the roster",
        "has a key that alice does not have",
        "lacks a key of alice",
    ]);
}

fn pub_of(desk: &Desk, who: &str) -> String {
    fs::read_to_string(desk.path(&format!("{who}.pub"))).unwrap().trim().to_owned()
}

/// The line of alice, as if it were somebody else's with another key.
fn forced(file: &str, name: &str, key: &str) -> String {
    let alice = file.lines().find(|line| line.contains("--as alice\"")).unwrap();
    let (before, _) = alice.split_once(" ssh-ed25519").unwrap();
    format!("{} {key}\n", before.replace("--as alice", &format!("--as {name}")))
}

#[test]
fn the_roster_wins_over_a_file_that_says_otherwise() {
    if is_missing() {
        return;
    }
    let desk = Desk::new();
    team(&desk);
    let good = desk.run(&["admin", "authorized-keys"]).ended(0).out;
    let old = pub_of(&desk, "alice-old");
    let mut keys = good.clone() + &forced(&good, "alice", &old);
    keys += &forced(&good, "mallory", &key(&desk, "mallory"));
    keys += &forced(&good, "bob", &key(&desk, "stranger"));
    desk.file("authorized_keys", keys);
    let server = Server::with_keys(desk, Setting::default());
    server.says("alice", &["list"]).ended(0);
    server.says("alice-old", &["list"]).refused(1, &["none of alice's in the roster, or not valid now"]);
    server.says("stranger", &["list"]).refused(1, &["none of bob's in the roster"]);
    server.says("mallory", &["list"]).refused(1, &["mallory is not in this store's roster"]);
}

#[test]
fn a_store_of_another_account_is_not_opened() {
    if is_missing() || !rustix::process::geteuid().is_root() {
        return;
    }
    let desk = Desk::new();
    team(&desk);
    let keys = desk.path("authorized_keys");
    desk.run(&["admin", "authorized-keys", "--write", keys.to_str().unwrap()]).ended(0);
    std::os::unix::fs::chown(desk.store(), Some(65_534), None).unwrap();
    let server = Server::with_keys(desk, Setting::default());
    server.says("alice", &["list"]).refused(1, &["belongs to another account"]);
}
