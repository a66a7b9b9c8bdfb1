//! One line of words, as sshd hands it over: by the binary itself, and what it makes of its environment.

use super::{is_missing, stands, team};
use crate::cli::{Desk, Ran, gate, plan};
use std::process::Command;

/// A store with a team, and one request of the program's.
fn desk() -> Desk {
    let desk = Desk::new();
    team(&desk);
    hears(&desk, "ci", "submit -", &gate("ci", "g1").to_string()).ended(0).said(&["R-1"]);
    desk
}

/// The forced command of `who`, as sshd starts it with this line.
fn forced(desk: &Desk, who: &str, line: &str) -> Command {
    let store = desk.store().to_str().unwrap().to_owned();
    let mut command = desk.command(&["--store", &store, "session", "--as", who]);
    command.env("SSH_CONNECTION", "192.0.2.7 50022 192.0.2.1 22").env("SSH_ORIGINAL_COMMAND", line);
    command
}

fn says(desk: &Desk, who: &str, line: &str) -> Ran {
    Ran::of(&[line], forced(desk, who, line).output().unwrap())
}

fn hears(desk: &Desk, who: &str, line: &str, input: &str) -> Ran {
    let file = desk.file("stdin", input);
    let mut command = forced(desk, who, line);
    command.stdin(std::fs::File::open(file).unwrap());
    Ran::of(&[line], command.output().unwrap())
}

/// The events of the lines that were not obeyed.
fn refused(desk: &Desk) -> Vec<serde_json::Value> {
    let log = desk.run(&["log", "--limit", "1000", "--json"]).ended(0).json();
    log.as_array().unwrap().iter().filter(|e| e["event"] == "session.refused").cloned().collect()
}

#[test]
fn a_session_is_what_sshd_starts_and_nothing_else() {
    if is_missing() {
        return;
    }
    let desk = desk();
    let store = desk.store().to_str().unwrap().to_owned();
    desk.run(&["--store", &store, "session", "--as", "alice"])
        .refused(1, &["what sshd starts", "nothing was done"]);
    desk.run_with(
        |c| c.env("SSH_CONNECTION", "").env("SSH_ORIGINAL_COMMAND", "list"),
        &["--store", &store, "session", "--as", "alice"],
    )
    .refused(1, &["what sshd starts"]);
    desk.run(&["--plain", "session"]).refused(2, &["stands alone in a forced command"]);
    let alone = Desk::new();
    alone.submit(&gate("bot", "g1"));
    says(&alone, "alice", "list").refused(1, &["one person's", "team init"]);
    says(&desk, "mallory", "list").refused(1, &["mallory is not in this store's roster", "ask an admin"]);
    let elsewhere = desk.path("elsewhere.db");
    let away = ["--store", elsewhere.to_str().unwrap(), "session", "--as", "alice"];
    desk.run_with(|c| c.env("SSH_CONNECTION", "x").env("SSH_ORIGINAL_COMMAND", "list"), &away).ended(74);
    assert!(!elsewhere.exists(), "a session makes no store");
}

#[test]
fn nothing_of_the_environment_is_heeded() {
    if is_missing() {
        return;
    }
    let desk = desk();
    let other = desk.path("other.db");
    let bad = desk.file("bad.toml", "nonsense = true\n");
    std::fs::create_dir_all(desk.path("evil/countersign")).unwrap();
    desk.file("evil/countersign/config.toml", "nonsense = true\n");
    let mut command = forced(&desk, "alice", "list");
    command
        .env("COUNTERSIGN_STORE", &other)
        .env("COUNTERSIGN_CONFIG", &bad)
        .env("COUNTERSIGN_TEST_CLOCK_OFFSET_MS", "99999999999")
        .env("HOME", desk.path("evil"))
        .env("XDG_CONFIG_HOME", desk.path("evil"))
        .env("XDG_DATA_HOME", desk.path("evil"))
        .env("SQLITE_TMPDIR", "/nowhere")
        .env("TMPDIR", "/nowhere")
        .env("TZ", ":/etc/passwd")
        .env("RUST_BACKTRACE", "full")
        .env("RUST_LOG", "trace")
        .env("EDITOR", "/bin/sh")
        .env("PAGER", "/bin/sh")
        .env("TERM", "xterm$(id)")
        .env("LC_ALL", "$(id)");
    let ran = Ran::of(&["list"], command.output().unwrap()).ended(0).said(&["R-1"]);
    assert!(ran.err.is_empty() && !ran.out.contains("expired"), "{ran}");
    assert!(!other.exists());
}

#[test]
fn what_is_no_command_is_refused_with_2_and_recorded_and_not_without_end() {
    if is_missing() {
        return;
    }
    let desk = desk();
    let before = stands(&desk, "R-1");
    says(&desk, "alice", "list; id").refused(2, &["refused: no such verb, and nothing ran", "`;`"]);
    says(&desk, "alice", "frobnicate --all")
        .refused(2, &["refused: no such verb, and nothing ran", "frobnicate", "say `help`"]);
    says(&desk, "alice", "approve R-1 --as bob").refused(2, &["nothing ran", "--as"]);
    let events = refused(&desk);
    assert_eq!(events.len(), 3);
    assert_eq!(events[0]["payload"]["text"], "list; id");
    assert_eq!(
        (&events[0]["facts"]["why"], &events[0]["facts"]["length"]),
        (&"unreadable".into(), &8.into())
    );
    assert_eq!(events[1]["facts"]["why"], "unknown");
    assert_eq!((&events[0]["by"], &events[0]["assurance"]), (&"alice".into(), &"session".into()));
    assert_eq!(events[0]["actor"]["face"], "session");
    // What is kept of it is escaped, and short.
    says(&desk, "bob", &format!("\u{1b}[2J{}", "a".repeat(9_000))).refused(2, &["longer than 8192 bytes"]);
    let long = refused(&desk).pop().unwrap();
    let kept = long["payload"]["text"].as_str().unwrap();
    assert!(!kept.contains('\u{1b}') && kept.chars().count() <= 200 && kept.contains("[2Jaaa"), "{kept}");
    assert_eq!(long["facts"]["length"], 9_004);
    // Somebody who types nonsense all day does not fill the log, and takes nobody else's room in it.
    for _ in 0..15 {
        says(&desk, "alice", "x").ended(2);
    }
    let of = |who: &str| refused(&desk).iter().filter(|e| e["by"] == who).count();
    assert!(of("alice") < 18, "{}", of("alice"));
    let bobs = of("bob");
    says(&desk, "bob", "x").ended(2);
    assert_eq!(of("bob"), bobs + 1);
    assert_eq!(stands(&desk, "R-1"), before, "nothing else happened");
    desk.run(&["audit", "verify"]).ended(0);
    desk.run(&["rebuild"]).ended(0);
    desk.run(&["log"])
        .ended(0)
        .said(&["was refused a line through SSH that does not read (8 bytes)", "list; id"]);
}

#[test]
fn help_is_text_and_is_no_refusal() {
    if is_missing() {
        return;
    }
    let desk = desk();
    for line in ["help", "--help", "-h", "approve --help", "help approve", "help policy adopt"] {
        let ran = says(&desk, "alice", line).ended(0);
        assert!(ran.out.contains("Usage:") && ran.err.is_empty(), "{ran}");
        for hidden in ["--store", "--config", "--as ", "COUNTERSIGN", "FILE"] {
            assert!(!ran.out.contains(hidden), "{hidden}: {ran}");
        }
    }
    assert!(refused(&desk).is_empty());
}

#[test]
fn words_that_lost_their_quotes_on_the_way_are_a_reason_all_the_same() {
    if is_missing() {
        return;
    }
    let desk = desk();
    hears(&desk, "ci", "submit -", &gate("ci", "g2").to_string()).ended(0);
    says(&desk, "alice", "comment R-1 looks good to me").ended(0);
    says(&desk, "alice", "approve R-1 --reason 2.14 checked").ended(0);
    assert_eq!(desk.shown("R-1")["signoffs"][0]["reason"], "2.14 checked");
    assert_eq!(desk.shown("R-1")["comments"][0]["text"], "looks good to me");
    // What a shell would act upon must be quoted, once more.
    says(&desk, "bob", "reject R-2 --reason costs $5").ended(2);
    says(&desk, "bob", "reject R-2 --reason 'costs $5; no'").ended(0);
    assert_eq!(desk.shown("R-2")["decision"]["reason"], "costs $5; no");
}

#[test]
fn documents_come_by_stdin_and_exports_go_to_stdout() {
    if is_missing() {
        return;
    }
    let desk = desk();
    hears(&desk, "ci", "submit", &plan("ci", "p1").to_string()).ended(0).said(&["R-2"]);
    hears(&desk, "alice", "comment R-2 -", "from\nstdin").ended(0);
    says(&desk, "alice", "request-changes R-2 --reason shorter").ended(0);
    hears(&desk, "ci", "resubmit R-2 -", &plan("ci", "p1").to_string().replace("John", "Jane")).ended(0);
    hears(&desk, "alice", "policy check -", "[[rule]]\nname = 1\n").ended(65).complained(&["line"]);
    let export = says(&desk, "ann", "audit export").ended(0);
    assert_eq!(export.out.lines().count() as u64, desk.head().0);
    let shown = desk.shown("R-2");
    assert_eq!((&shown["revision"], &shown["comments"][0]["text"]), (&2.into(), &"from\nstdin".into()));
}
