//! Ways out of a session that were tried elsewhere, and more: each is made at a real server under a tracer. None starts
//! a process, and none changes anything.

use super::is_missing;
use super::server::{Server, Setting};
use crate::cli::{Desk, gate};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::process::Command;
use std::sync::Mutex;

/// One attempt: options and environment of the client, the line, and how it must end.
struct Attempt {
    options: Vec<String>,
    environment: Vec<(&'static str, OsString)>,
    line: OsString,
    code: i32,
}

fn line(line: impl Into<OsString>, code: i32) -> Attempt {
    Attempt { options: Vec::new(), environment: Vec::new(), line: line.into(), code }
}

/// Something in the environment of the server's side, as far as that lets it through.
fn with(name: &str, value: &str) -> Attempt {
    Attempt { options: vec!["-o".to_owned(), format!("SetEnv={name}=\"{value}\"")], ..line("list", 0) }
}

/// Something as the kind of the terminal, which comes through whatever the server accepts.
fn terminal(name: impl Into<OsString>) -> Attempt {
    Attempt { options: vec!["-tt".to_owned()], environment: vec![("TERM", name.into())], ..line("list", 0) }
}

fn attempts(mark: &str) -> Vec<Attempt> {
    let mut out = Vec::new();
    for words in [
        "list; id",
        "list;id",
        "list && touch MARK",
        "list || touch MARK",
        "list | sh",
        "list & touch MARK",
        "list > MARK",
        "list >> MARK",
        "list < /etc/passwd",
        "$(touch MARK)",
        "show $(touch MARK)",
        "show `touch MARK`",
        "list\ntouch MARK",
        "list\r\ntouch MARK",
        "list \\\n touch MARK",
        "'list' ; 'touch' MARK",
        "(touch MARK)",
        "{ touch MARK; }",
        "sh",
        "bash -i",
        "/bin/sh",
        "'/bin/sh' -c id",
        "exec sh",
        "env",
        "touch MARK",
        "countersign list",
        "../../bin/sh",
        "%n%n%n",
        "list --as bob",
        "--as bob list",
        "--as=bob approve R-1",
        "approve R-1 --as bob",
        "-- --as bob",
        "--store MARK list",
        "list --store=MARK",
        "--config MARK list",
        "submit /etc/passwd",
        "submit ../../etc/passwd",
        "submit @/etc/passwd",
        "submit /dev/zero",
        "resubmit R-1 /proc/self/environ",
        "policy adopt /etc/passwd",
        "policy check ../x",
        "audit export --signatures MARK",
        "audit export --format ../x",
        "audit verify --against /etc/passwd",
        "backup MARK",
        "rebuild",
        "doctor",
        "admin authorized-keys --write MARK",
        "run R-1",
        "roll-back R-1 --reason x",
        "import draft /etc/passwd",
        "session --as bob",
        "demo --fill MARK",
        "completions bash",
        "man",
        "show -oProxyCommand=id",
        "approve R-1 --reason -x",
        "list 'open",
        "list \\",
        "scp -t /tmp",
        "rsync --server -e.LsfxC . MARK",
        "git-upload-pack 'x'",
        "\u{1b}[2Jlist",
        "list \u{202e}",
    ] {
        out.push(line(words.replace("MARK", mark), 2));
    }
    for (words, code) in [
        ("show %n%s%p", 4),
        ("show '../../etc/passwd'", 4),
        ("show '$(touch MARK)'", 4),
        ("show \"`touch MARK`\"", 4),
        ("list --filter '$(touch MARK)'", 0),
        ("list --help", 0),
        ("help show", 0),
    ] {
        out.push(line(words.replace("MARK", mark), code));
    }
    // The longest argument there can be is one page less than 128 KiB.
    out.push(line("a".repeat(126 * 1024), 2));
    out.push(line("'a' ".repeat(31 * 1024), 2));
    out.push(line(OsString::from_vec(b"list \xff\xfe".to_vec()), 2));
    out.push(Attempt { options: vec!["-s".to_owned()], ..line("sftp", 2) });
    for (name, value) in [
        ("LC_ALL", "$(touch MARK)"),
        ("LC_EVIL", "() { :; }; touch MARK"),
        ("LC_CTYPE", "../../MARK"),
        ("LANG", "\\u001b]0;x"),
        ("COUNTERSIGN_STORE", "MARK"),
        ("COUNTERSIGN_CONFIG", "MARK"),
        ("XDG_CONFIG_HOME", "MARK"),
        ("RUST_BACKTRACE", "full"),
        ("EDITOR", "touch MARK"),
        ("PAGER", "touch MARK"),
        ("TZ", ":MARK"),
    ] {
        out.push(with(name, &value.replace("MARK", mark)));
    }
    for name in
        [format!("xterm$(touch {mark})"), "../../etc/passwd".to_owned(), "x".repeat(4_000), "a\nb".to_owned()]
    {
        out.push(terminal(name));
    }
    out
}

#[test]
fn no_way_out_of_a_session_starts_a_process_or_changes_anything() {
    if is_missing() {
        return;
    }
    let has_tracer = Command::new("strace").arg("-V").output().is_ok_and(|done| done.status.success());
    if !has_tracer {
        eprintln!("SKIPPED: strace is not installed, so what a session starts was not looked at");
    }
    let desk = Desk::new();
    super::team(&desk);
    let trace = desk.path("trace").to_str().unwrap().to_owned();
    let tracer = [
        "strace",
        "-f",
        "-q",
        "-s",
        "300",
        "-e",
        "signal=none",
        "-e",
        "trace=execve,execveat,fork,vfork,clone,clone3",
        "-o",
        &trace,
    ];
    let before: &[&str] = if has_tracer { &tracer } else { &[] };
    let server = Server::before(desk, Setting { before, ..Setting::default() });
    server.feeds("ci", &["submit", "-"], gate("ci", "g1").to_string()).ended(0);
    let mark = server.desk.path("mark");
    let (was, events) = (super::stands(&server.desk, "R-1"), server.desk.head().0);
    let files = |desk: &Desk| -> BTreeSet<OsString> {
        let entries = std::fs::read_dir(desk.home()).unwrap().map(|entry| entry.unwrap().file_name());
        entries.filter(|name| !name.to_string_lossy().starts_with("store.db")).collect()
    };
    let there = files(&server.desk);

    let mut attempts = attempts(mark.to_str().unwrap());
    if !server.makes_terminals() {
        attempts.retain(|attempt| attempt.environment.is_empty());
    }
    assert!(attempts.len() >= 60, "{}", attempts.len());
    let (left, wrong) = (Mutex::new(attempts.iter()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..10 {
            scope.spawn(|| {
                loop {
                    let Some(attempt) = left.lock().unwrap().next() else { return };
                    let options: Vec<&str> = attempt.options.iter().map(String::as_str).collect();
                    let mut ssh = server.ssh("alice", &options, &[]);
                    ssh.args([&attempt.line]).envs(attempt.environment.iter().map(|(k, v)| (k, v)));
                    let done = ssh.output().unwrap();
                    if done.status.code() != Some(attempt.code) {
                        let shown: String = attempt.line.to_string_lossy().chars().take(80).collect();
                        let told = String::from_utf8_lossy(&done.stderr).into_owned();
                        wrong.lock().unwrap().push(format!("{shown:?}: {:?}: {told}", done.status.code()));
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    assert!(!mark.exists());
    assert_eq!(files(&server.desk), there, "no file came or went");
    assert_eq!(super::stands(&server.desk, "R-1"), was);
    let log = server
        .desk
        .run(&["log", "--after", &events.to_string(), "--limit", "1000", "--json"])
        .ended(0)
        .json();
    let log = log.as_array().unwrap();
    assert!(log.iter().all(|event| event["event"] == "session.refused"), "{log:?}");
    assert!(!log.is_empty() && log.len() < attempts.len(), "recorded, and not without end: {}", log.len());
    if has_tracer {
        let trace = std::fs::read_to_string(&trace).unwrap();
        let (sessions, started) = started(&trace);
        assert!(sessions > attempts.len() - 8, "the tracer saw {sessions} sessions of {}", attempts.len());
        assert!(started.is_empty(), "{}", started.join("\n"));
    }
}

#[test]
fn a_trace_of_a_session_that_starts_something_is_told_from_one_that_does_not() {
    let own = "10 execve(\"/bin/sh\", [\"sh\"], 0x7) = 0\n10 execve(\"/x/countersign\", [\"/x/countersign\"], 0x7) = 0\n";
    let thread = "10 clone3({flags=CLONE_VM|CLONE_THREAD}, 88) = 11\n";
    for (more, bad) in [
        ("", 0),
        (thread, 0),
        ("12 execve(\"/bin/ls\", [\"ls\"], 0x7) = 0\n", 0),
        ("10 execve(\"/bin/ls\", [\"ls\"], 0x7) = 0\n", 1),
        ("10 clone(child_stack=NULL, flags=SIGCHLD) = 13\n", 1),
        ("10 vfork() = 13\n", 1),
        // Gone, and its number is another's.
        ("10 +++ exited with 0 +++\n10 execve(\"/bin/ls\", [\"ls\"], 0x7) = 0\n", 0),
        (&format!("{thread}11 +++ exited with 0 +++\n11 execve(\"/bin/ls\", [\"ls\"], 0x7) = 0\n"), 0),
        (&format!("{thread}11 execve(\"/bin/ls\", [\"ls\"], 0x7) = -1 ENOENT\n"), 1),
    ] {
        let (sessions, found) = started(&format!("{own}{more}"));
        assert_eq!((sessions, found.len()), (1, bad), "{more}: {found:?}");
    }
}

/// How many sessions a trace shows, and every process that one of them started.
fn started(trace: &str) -> (usize, Vec<String>) {
    let (mut ours, mut sessions, mut out) = (BTreeSet::new(), 0, Vec::new());
    for line in trace.lines() {
        let Some((thread, call)) = line.split_once(' ') else { continue };
        let call = call.trim_start();
        // Numbers come round again: who is gone is nobody's any more.
        if call.starts_with("+++") {
            ours.remove(thread);
            continue;
        }
        let is_exec = call.starts_with("exec");
        if ours.contains(thread) {
            let is_thread = call.contains("CLONE_THREAD") || call.contains("resumed>");
            if is_exec || call.starts_with("fork") || call.starts_with("vfork") || !is_thread {
                out.push(line.to_owned());
            }
            // A thread of its own is watched as well.
            if let Some((_, id)) = call.rsplit_once("= ") {
                ours.insert(id.trim().to_owned());
            }
        } else if is_exec && call.contains("countersign\", [") {
            ours.insert(thread.to_owned());
            sessions += 1;
        }
    }
    (sessions, out)
}
