//! Where output goes wrong after the work is done: what was committed stays committed, and nothing panics.

use super::{Desk, Ran, gate, plan};
use std::fs::File;
use std::process::Stdio;

/// A pipe nobody reads.
fn nobody() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}

fn full() -> Stdio {
    File::options().write(true).open("/dev/full").unwrap().into()
}

fn run_into(desk: &Desk, stdout: Stdio, arguments: &[&str]) -> Ran {
    let child = desk.command(arguments).stdout(stdout).stderr(Stdio::piped()).spawn().unwrap();
    Ran::of(arguments, child.wait_with_output().unwrap())
}

#[test]
fn a_reader_that_has_gone_away_is_no_error() {
    let desk = Desk::new();
    let file = desk.file("plan.json", plan("planner", "wf").to_string());
    let verbs: [&[&str]; 12] = [
        &["submit", &file],
        &["list"],
        &["list", "--json"],
        &["show", "R-1"],
        &["approve", "R-1"],
        &["log"],
        &["audit", "export"],
        &["audit", "verify"],
        &["man"],
        &["completions", "bash"],
        &["--help"],
        &["wait", "R-1"],
    ];
    for verb in verbs {
        let ran = run_into(&desk, nobody(), verb).ended(0);
        assert_eq!(ran.err, "", "{ran}");
    }
    assert_eq!(desk.shown("R-1")["state"], "approved", "the decision stands");
    run_into(&desk, nobody(), &["approve", "R-1"]).ended(3);
}

#[test]
fn no_verb_minds_that_nobody_reads_what_it_prints() {
    // Every command there is, from the help: one that is added is asked for here.
    let desk = Desk::new();
    let help = desk.run(&["--help"]).ended(0).out;
    let commands = help.split_once("Commands:").unwrap().1.split_once("Options:").unwrap().0;
    let verbs = commands.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let verbs: Vec<&str> = verbs.filter_map(|line| line.split_whitespace().next()).collect();
    assert!(verbs.len() > 50, "{verbs:?}");
    let file = desk.file("gate.json", gate("planner", "g").to_string());
    desk.feed(
        &["submit", "-"],
        (0..9).map(|n| format!("{}\n", plan("planner", &format!("p{n}")))).collect::<String>(),
    )
    .ended(0);
    desk.run(&["approve", "R-9"]).ended(0);
    let words = |verb: &str| -> Option<Vec<String>> {
        let words: &[&str] = match verb {
            // They stay, or ask a person.
            "demo" | "session" | "watch" | "help" => return None,
            "submit" => &[&file],
            "import" => &["draft", &file],
            "backup" => &["copy.db"],
            "audit" => &["verify"],
            "policy" => &["show"],
            "team" => &["init"],
            "admin" => &["authorized-keys"],
            "notify" => &["test", "none"],
            "completions" => &["bash"],
            "modify" => &["R-1", "--step", "lookup", "--set", "query=\"Jane\"", "--reason", "r"],
            "skip" => &["R-2", "--step", "draft"],
            "reject" | "request-changes" | "override" => &["R-3", "--reason", "no, as we said yesterday"],
            "comment" => &["R-4", "words"],
            "snooze" => &["R-4", "--for", "1h"],
            "wait" => &["R-5", "--timeout", "0"],
            "preview" | "show" | "explain" | "approve" | "claim" | "release" | "thread" | "evidence"
            | "escalate" => &["R-5"],
            "next" | "run" | "stop" => &["R-9"],
            _ => &[],
        };
        Some([&[verb], words].concat().into_iter().map(str::to_owned).collect())
    };
    for words in verbs.into_iter().filter_map(words) {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let ran = run_into(&desk, nobody(), &words);
        // It ends as it would with a reader: with what it did, or with one sentence on why not; never by a panic or a signal.
        assert!(ran.code.is_some_and(|code| code != 101), "{ran}");
        assert!(!ran.err.contains("panicked") && !ran.err.contains("Broken pipe"), "{ran}");
    }
    desk.run(&["audit", "verify"]).ended(0);
}

#[test]
fn a_long_export_into_a_closed_pipe_ends_quietly() {
    let desk = Desk::new();
    let many: String = (0..600).map(|n| format!("{}\n", gate("feeder", &format!("n{n}")))).collect();
    desk.feed(&["submit", "-"], many).ended(0);
    for verb in [&["audit", "export"][..], &["list", "--limit", "600"], &["log", "--limit", "600"]] {
        let ran = run_into(&desk, nobody(), verb).calm();
        assert_eq!(ran.err, "", "{ran}");
    }
}

#[test]
fn a_decision_that_could_not_be_printed_is_still_a_decision() {
    let desk = Desk::new();
    desk.submit(&gate("planner", "g"));
    run_into(&desk, full(), &["approve", "R-1"]).ended(0).complained(&["not everything could be printed"]);
    assert_eq!(desk.shown("R-1")["state"], "approved");
    let file = desk.file("gate.json", gate("planner", "h").to_string());
    run_into(&desk, full(), &["submit", &file]).ended(0).complained(&["not everything could be printed"]);
    assert_eq!(desk.run(&["submit", &file]).ended(0).out, "R-2\n", "asking again tells which it was");
    run_into(&desk, full(), &["wait", "R-1"]).ended(0);
}

#[test]
fn an_export_that_is_not_whole_says_so_with_74() {
    let desk = Desk::new();
    desk.submit(&gate("planner", "g"));
    run_into(&desk, full(), &["audit", "export"]).ended(74).complained(&["the export is not complete"]);
}

#[test]
fn without_any_stdout_or_stderr_the_decision_is_made_and_the_store_is_whole() {
    let desk = Desk::new();
    desk.submit(&gate("planner", "g"));
    let shell = "exec \"$0\" approve R-1 0<&- 1>&- 2>&-";
    let ended = std::process::Command::new("/bin/sh")
        .args(["-c", shell, env!("CARGO_BIN_EXE_countersign")])
        .env_clear()
        .env("HOME", desk.home())
        .env("COUNTERSIGN_STORE", desk.path("store.db"))
        .status()
        .unwrap();
    assert_eq!(ended.code(), Some(0));
    assert_eq!(desk.shown("R-1")["state"], "approved");
    desk.run(&["audit", "verify"]).ended(0);
}
