//! People and programs at a real server: two reviewers with their own keys, by command and on a terminal.

use super::server::{Server, Setting};
use super::{is_missing, program};
use crate::cli::{gate, plan, until};
use crate::journeys::desk::{ALT_ENTER, ENTER};
use std::process::Command;

const WIDE: (u16, u16) = (120, 40);
const NARROW: (u16, u16) = (80, 24);

/// What `ssh-keygen` prints of somebody's key.
fn fingerprint(server: &Server, who: &str) -> String {
    let mut list = Command::new(program("ssh-keygen").unwrap());
    let said = list.arg("-lf").arg(server.desk.path(&format!("{who}.pub"))).output().unwrap();
    String::from_utf8(said.stdout).unwrap().split(' ').nth(1).unwrap().to_owned()
}

#[test]
fn a_reviewer_decides_by_command_as_who_their_key_says() {
    if is_missing() {
        return;
    }
    let server = Server::of_a_team();
    server.feeds("ci", &["submit", "-"], gate("ci", "g1").to_string()).ended(0).said(&["R-1"]);
    server.says("bob", &["list"]).ended(0).said(&["R-1", "Go on?"]);
    server.says("bob", &["approve", "R-1", "--reason", "2.14 checked"]).ended(0);
    let decision = &server.desk.shown("R-1")["decision"];
    assert_eq!((&decision["by"], &decision["assurance"]), (&"bob".into(), &"session".into()));
    let log = server.desk.run(&["log", "R-1", "--json"]).ended(0).json();
    let signed = log.as_array().unwrap().iter().find(|e| e["event"] == "signoff.given").unwrap();
    assert_eq!(signed["actor"]["face"], "session");
    assert_eq!(signed["actor"]["key"], fingerprint(&server, "bob").as_str());
    server.says("alice", &["approve", "R-1"]).ended(3).complained(&["bob"]);
}

#[test]
fn a_key_that_sshd_does_not_name_is_not_made_up() {
    if is_missing() {
        return;
    }
    let desk = crate::cli::Desk::new();
    super::team(&desk);
    let server = Server::before(desk, Setting { hides_keys: true, ..Setting::default() });
    server.feeds("ci", &["submit", "-"], gate("ci", "g1").to_string()).ended(0);
    server.says("bob", &["approve", "R-1"]).ended(0);
    let log = server.desk.run(&["log", "R-1", "--json"]).ended(0).json();
    assert!(log.as_array().unwrap().iter().all(|e| e["actor"]["key"].is_null()), "{log}");
    assert_eq!(server.desk.shown("R-1")["decision"]["assurance"], "session");
}

#[test]
fn two_reviewers_decide_on_terminals_and_see_each_other() {
    if is_missing() {
        return;
    }
    let server = Server::of_a_team();
    if !server.makes_terminals() {
        return;
    }
    server.feeds("ci", &["submit", "-"], gate("ci", "one").to_string()).ended(0);
    let (mut alice, mut bob) = (server.sits_down("alice", &[], WIDE), server.sits_down("bob", &[], NARROW));
    alice.sees("Go on?").sees("What would be decided").sees("alice");
    bob.sees("Go on?").sees("bob");
    alice.press("A").sees("Approve R-1").press(ALT_ENTER).sees("R-1 approved");
    bob.sees("nothing waits");
    server.feeds("ci", &["submit", "-"], plan("ci", "two").to_string()).ended(0);
    bob.sees("Tell John").press("j").press(ENTER).sees("What would run").sees("R-2");
    bob.press("R").sees("Reject R-2").press("not today").press(ALT_ENTER).sees("R-2 rejected");
    alice.press("q");
    bob.press("q").sees("q quit").press("q");
    assert_eq!((alice.ends(), bob.ends()), (0, 0));
    assert!(alice.has_a_clean_terminal() && bob.has_a_clean_terminal());
    let by = |id: &str| server.desk.shown(id)["decision"]["by"].as_str().unwrap().to_owned();
    assert_eq!((by("R-1"), by("R-2")), ("alice".to_owned(), "bob".to_owned()));
}

#[test]
fn no_shell_and_no_editor_stand_behind_a_session() {
    if is_missing() {
        return;
    }
    let server = Server::of_a_team();
    if !server.makes_terminals() {
        return;
    }
    server.feeds("ci", &["submit", "-"], gate("ci", "one").to_string()).ended(0);
    let mut alice = server.sits_down("alice", &[], NARROW);
    alice.sees("Go on?").press("\x1a").sees("there is no shell behind a session");
    alice.press(ENTER).sees("What would be decided");
    alice.press("R").sees("Reject R-1").press("no").sees("no");
    alice.press("\x05").sees("a session starts no editor");
}

#[test]
fn a_line_that_goes_down_keeps_what_was_typed() {
    if is_missing() {
        return;
    }
    let server = Server::of_a_team();
    if !server.makes_terminals() {
        return;
    }
    server.feeds("ci", &["submit", "-"], gate("ci", "one").to_string()).ended(0);
    let mut alice = server.sits_down("alice", &[], NARROW);
    alice.sees("Go on?").press(ENTER).sees("What would be decided");
    alice.press("R").sees("Reject R-1").press("because of the").sees("because of the");
    alice.hangs_up(" ");
    drop(alice);
    until("nobody is in a session any more", || sessions(&server).is_empty());
    let mut again = server.sits_down("alice", &[], NARROW);
    again.sees("draft kept: reject R-1");
    let mut bob = server.sits_down("bob", &[], NARROW);
    bob.sees("Go on?");
    assert!(!bob.screen().contains("draft"), "a draft is its writer's: {}", bob.screen());
}

/// The processes that serve somebody of this server.
fn sessions(server: &Server) -> Vec<u32> {
    let store = server.desk.store().to_str().unwrap().to_owned();
    let processes = std::fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let id: u32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
        let line = std::fs::read(format!("/proc/{id}/cmdline")).ok()?;
        let words: Vec<_> = line.split(|c| *c == 0).map(String::from_utf8_lossy).collect();
        (words.first()?.ends_with("countersign") && words.iter().any(|w| *w == store)).then_some(id)
    });
    processes.collect()
}

#[test]
fn who_waits_and_goes_away_leaves_nothing_behind() {
    if is_missing() {
        return;
    }
    let server = Server::of_a_team();
    server.feeds("ci", &["submit", "-"], gate("ci", "one").to_string()).ended(0);
    let mut waiting = server.ssh("ci", &[], &["wait", "R-1"]).spawn().unwrap();
    until("it waits", || !sessions(&server).is_empty());
    waiting.kill().unwrap();
    waiting.wait().unwrap();
    until("it has gone", || sessions(&server).is_empty());
}

#[test]
fn without_a_terminal_the_inbox_says_what_to_do() {
    if is_missing() {
        return;
    }
    let server = Server::of_a_team();
    server.says("alice", &[]).refused(2, &["needs a terminal", "ssh -t", "list"]);
    // A program's key gets no terminal, whatever it asks for.
    let mut ci = server.sits_down("ci", &[], NARROW);
    ci.sees("PTY allocation request failed");
    assert_ne!(ci.ends(), 0);
}
