//! Drivers that do what they should not: each is held by a process of its own, and contained.

use crate::cli::until;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// An errand that is under way, and the pipe by which it is held.
struct Held {
    holder: Child,
    leash: Option<ChildStdin>,
}

fn errand(command: Value) -> Value {
    json!({"command": command, "programs": {}, "run_id": "R-1-start-3", "directory": "/", "limit": 60_000, "grace": 500, "input": ""})
}

fn sh(script: &str) -> Value {
    errand(json!(["/bin/sh", "-c", script]))
}

fn begin(errand: &Value) -> Held {
    let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
    command.arg("hold-driver").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // What would be inherited if anything was.
    command.env("SSH_AUTH_SOCK", "/tmp/agent").env("COUNTERSIGN_STORE", "/tmp/x").env("SECRET", "s");
    let mut holder = command.spawn().unwrap();
    let mut leash = holder.stdin.take().unwrap();
    writeln!(leash, "{errand}").unwrap();
    Held { holder, leash: Some(leash) }
}

impl Held {
    /// What is reported in the end.
    fn report(mut self) -> Value {
        let mut said = String::new();
        self.holder.stdout.take().unwrap().read_to_string(&mut said).unwrap();
        assert!(self.holder.wait().unwrap().success());
        serde_json::from_str(&said).unwrap_or_else(|e| panic!("{e}: {said}"))
    }
}

fn done(errand: &Value) -> Value {
    begin(errand).report()
}

/// The number a script wrote, and whether the process of that number still lives.
fn pid(file: &Path) -> Option<String> {
    std::fs::read_to_string(file).ok().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn alive(file: &Path) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid(file).unwrap())).unwrap_or_default();
    !stat.is_empty() && !stat.contains(") Z ")
}

#[test]
fn a_driver_has_a_clean_place_of_its_own() {
    let dir = TempDir::new().unwrap();
    let mut errand = sh("env | sort; pwd; ls /proc/self/fd | wc -l; cat; \
        (: < /dev/tty) 2>/dev/null || echo no terminal; [ $(ps -o sid= -p $$) = $$ ] && echo its own session");
    errand["directory"] = json!(dir.path());
    errand["input"] = json!("{\"to\": 25}\n");
    let report = done(&errand);
    let printed = report["stdout"].as_str().unwrap();
    let names: Vec<&str> = printed.lines().filter_map(|l| l.split_once('=')).map(|(name, _)| name).collect();
    assert_eq!(names, ["LANG", "PATH", "PWD", "RUN_ID"], "{printed}");
    assert!(printed.contains("RUN_ID=R-1-start-3\n"), "{printed}");
    let rest: Vec<&str> = printed.lines().skip(4).collect();
    let place = dir.path().to_str().unwrap();
    // 0, 1, 2 and the directory that is being listed.
    assert_eq!(rest, [place, "4", "{\"to\": 25}", "no terminal", "its own session"], "{printed}");
    assert_eq!((&report["exit"], &report["left"]), (&json!(0), &json!(0)));
}

#[test]
fn what_hangs_ignores_term_forks_or_flees_is_ended_with_all_it_started() {
    let dir = TempDir::new().unwrap();
    let note = |word: &str| format!("echo $$ > {}", dir.path().join(word).display());
    let later = |word: &str, how: &str| format!("{how} sh -c '{}; exec sleep 1000'", note(word));
    let there = |words: &[&str]| words.iter().all(|word| pid(&dir.path().join(word)).is_some());
    let cases = [
        ("hangs", format!("{}; exec sleep 1000", note("hang")), vec!["hang"], 0),
        (
            "ignores TERM",
            format!("trap '' TERM; {}; while :; do sleep 1; done", note("deaf")),
            vec!["deaf"],
            0,
        ),
        (
            "forks",
            format!("{} & {} & wait", later("fork-a", ""), later("fork-b", "")),
            vec!["fork-a", "fork-b"],
            0,
        ),
        ("double-forks", format!("({} &) ; sleep 1000", later("orphan", "")), vec!["orphan"], 0),
        ("flees", format!("{} & sleep 1000", later("fled", "setsid")), vec!["fled"], 1),
        (
            "flees twice",
            format!("setsid sh -c \"({} &)\" & sleep 1000", note("twice") + "; sleep 1000"),
            vec![],
            0,
        ),
    ];
    // All of them at once: each takes its time.
    let reports: Vec<Value> = std::thread::scope(|scope| {
        let begin = |script: &str| {
            let mut errand = sh(script);
            errand["limit"] = json!(2_500);
            scope.spawn(move || done(&errand))
        };
        let held: Vec<_> = cases.iter().map(|(_, script, ..)| begin(script)).collect();
        held.into_iter().map(|one| one.join().unwrap()).collect()
    });
    for ((name, _, words, left), report) in cases.into_iter().zip(reports) {
        assert_eq!((&report["timed_out"], &report["exit"]), (&json!(true), &Value::Null), "{name}: {report}");
        assert!(there(&words), "{name} had begun");
        for word in words {
            assert!(!alive(&dir.path().join(word)), "{name}: {word} lives on");
        }
        assert!(report["left"].as_u64().unwrap() >= left, "{name}: {report}");
    }
    // One that ends well, and leaves somebody in a session of its own: told.
    let file = dir.path().join("behind");
    let script = format!("{} & while [ ! -s {} ]; do :; done", later("behind", "setsid"), file.display());
    let report = done(&sh(&script));
    assert_eq!((&report["exit"], &report["left"]), (&json!(0), &json!(1)), "{report}");
    assert!(alive(&file), "a daemon that was started on purpose is left alone");
    Command::new("kill").arg(pid(&file).unwrap()).status().unwrap();
}

#[test]
fn a_flood_is_counted_to_its_end_and_its_head_and_tail_are_kept() {
    let bytes: u64 = (1 << 30) + 7;
    let report = done(&sh(&format!("echo begin; yes | head -c {bytes}; echo; echo end >&2; echo end")));
    assert_eq!((&report["exit"], &report["printed"]), (&json!(0), &json!(bytes + 6 + 1 + 4 + 4)));
    let printed = report["stdout"].as_str().unwrap();
    assert!(printed.starts_with("begin\ny\n") && printed.ends_with("end\n"), "head and tail");
    assert!(printed.contains("bytes left out") && printed.len() < 200_000);
    // As much as that, and as memory stays small: nothing of the middle is kept.
    assert_eq!(report["stderr"], "end\n");
}

#[test]
fn what_was_printed_is_digested_as_sha256sum_does() {
    let report = done(&sh("printf abc"));
    assert_eq!(report["digest"], "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_eq!(done(&sh(":"))["digest"], Value::Null);
    assert_ne!(done(&sh("printf ab; printf c >&2"))["digest"], report["digest"]);
}

#[test]
fn what_exits_dies_prints_nonsense_or_closes_its_stdout_is_told_as_it_was() {
    assert_eq!(done(&sh("echo no >&2; exit 3"))["exit"], 3);
    let died = done(&sh("kill -SEGV $$"));
    assert_eq!((&died["exit"], &died["signal"]), (&Value::Null, &json!(11)));
    let odd = done(&sh("printf '\\033[2J\\377\\000'"));
    assert_eq!(odd["stdout"], "\u{1b}[2J\u{fffd}\0", "kept as it was: whoever shows it makes it safe");
    let closed = done(&sh("exec >&- 2>&-; sleep 0.3; exit 4"));
    assert_eq!(closed["exit"], 4, "an end of its output is not its end");
    let early = done(&sh("exec <&-; exit 0"));
    assert_eq!(early["exit"], 0);
}

#[test]
fn whoever_lets_go_of_it_or_dies_ends_it() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("pid");
    let script = format!("trap '' TERM; echo $$ > {}; while :; do sleep 1; done", file.display());
    let mut held = begin(&sh(&script));
    until("it runs", || pid(&file).is_some());
    held.leash = None;
    let report = held.report();
    assert_eq!((&report["halted"], &report["timed_out"]), (&json!(true), &json!(false)));
    assert!(!alive(&file));
    // Killed together with whoever held it, as a watcher is: nobody is told, and nothing runs on.
    std::fs::remove_file(&file).unwrap();
    let owner = format!(
        "(echo '{}'; exec sleep 1000) | exec {} hold-driver",
        sh(&script).to_string().replace('\'', "'\\''"),
        env!("CARGO_BIN_EXE_countersign")
    );
    let mut owner = Command::new("/bin/sh").args(["-c", &owner]).stdout(Stdio::null()).spawn().unwrap();
    until("it runs", || pid(&file).is_some());
    let sleeping = Command::new("pgrep").args(["-P", &owner.id().to_string()]).output().unwrap();
    for child in String::from_utf8(sleeping.stdout).unwrap().lines() {
        let is_sleep =
            std::fs::read_to_string(format!("/proc/{child}/comm")).is_ok_and(|comm| comm.trim() == "sleep");
        if is_sleep {
            Command::new("kill").args(["-KILL", child]).status().unwrap();
        }
    }
    let since = Instant::now();
    while alive(&file) {
        assert!(since.elapsed() < Duration::from_secs(30), "it lives on");
        std::thread::yield_now();
    }
    owner.wait().unwrap();
}

#[test]
fn another_program_than_the_approved_one_is_not_started() {
    let dir = TempDir::new().unwrap();
    let program = dir.path().join("driver");
    let put = |script: &str| {
        std::fs::write(&program, script).unwrap();
        std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let digest = countersign::domain::digest::EvidenceDigest::of(script.as_bytes()).to_string();
        (program.to_str().unwrap().to_owned(), digest)
    };
    let (path, digest) = put("#!/bin/sh\necho the approved one\n");
    let mut errand = errand(json!([path]));
    errand["programs"] = json!({path: digest});
    assert_eq!(done(&errand)["stdout"], "the approved one\n");
    let mark = dir.path().join("mark");
    put(&format!("#!/bin/sh\necho > {}\n", mark.display()));
    let refused = done(&errand)["not_begun"].as_str().unwrap().to_owned();
    assert!(refused.contains("is not the program that was approved"), "{refused}");
    assert!(!mark.exists(), "nothing of it ran");
    for (command, why) in [
        (json!(["driver"]), "absolute path"),
        (json!(["/nowhere/driver"]), "cannot be found"),
        (json!(["/etc"]), "not a regular file"),
        (json!(["/etc/passwd"]), "not executable"),
        (json!([]), "no command"),
    ] {
        let refused = done(&self::errand(command))["not_begun"].as_str().unwrap().to_owned();
        assert!(refused.contains(why), "{why}: {refused}");
    }
    std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o775)).unwrap();
    errand["programs"] = json!({});
    let refused = done(&errand)["not_begun"].as_str().unwrap().to_owned();
    assert!(refused.contains("somebody else can change"), "{refused}");
}
