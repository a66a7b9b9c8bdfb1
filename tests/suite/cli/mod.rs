//! The command line as people and programs use it: the real binary, a cleared environment, a directory of its own.

mod main_job;
mod waiting;
mod verbs;
mod plans;
mod pipes;
mod hostile;
mod limits;
mod help;
mod policy;
mod overriding;
pub mod team;
mod privileges;
pub mod running;
mod rollouts;
mod talk;
mod looking_back;
mod watching;
mod telling;
mod keeping;
mod signing;
mod running_programs;
mod running_races;
mod review_block;

use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Nothing a test waits for takes this long; reaching it is a failure, not a pace.
const TOO_LONG: Duration = Duration::from_secs(60);
pub const HOUR: i64 = 3_600_000;

/// A home with one store in it.
pub struct Desk {
    home: TempDir,
    store: Option<PathBuf>,
}

impl Desk {
    pub fn new() -> Self {
        Self { home: TempDir::new().unwrap(), store: None }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Where the store is.
    pub fn store(&self) -> PathBuf {
        self.store.clone().unwrap_or_else(|| self.path("store.db"))
    }

    /// The store is somewhere else from now on.
    pub fn keep_store_at(&mut self, store: PathBuf) {
        self.store = Some(store);
    }

    /// Writes a file and returns its path as an argument.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// The binary with `arguments`, nothing on stdin, and nothing of our own environment.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
        command.env_clear().env("HOME", self.home()).env("COUNTERSIGN_STORE", self.store());
        command.current_dir(self.home()).args(arguments).stdin(Stdio::null());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(arguments, self.command(arguments).output().unwrap())
    }

    /// With something else about the program changed first.
    pub fn run_with(&self, change: impl FnOnce(&mut Command) -> &mut Command, arguments: &[&str]) -> Ran {
        let mut command = self.command(arguments);
        change(&mut command);
        Ran::of(arguments, command.output().unwrap())
    }

    /// As if `ms` had passed.
    pub fn run_later(&self, ms: i64, arguments: &[&str]) -> Ran {
        Ran::of(arguments, self.later(ms, arguments).output().unwrap())
    }

    /// The binary with a clock that is `ms` ahead.
    pub fn later(&self, ms: i64, arguments: &[&str]) -> Command {
        let mut command = self.command(arguments);
        command.env("COUNTERSIGN_TEST_CLOCK_OFFSET_MS", ms.to_string());
        command
    }

    /// Runs it with `input` on stdin.
    pub fn feed(&self, arguments: &[&str], input: impl AsRef<[u8]>) -> Ran {
        self.feed_command(self.command(arguments), &arguments.join(" "), input)
    }

    /// Runs a command that was made ready with `input` on stdin.
    pub fn feed_command(&self, mut command: Command, asked: &str, input: impl AsRef<[u8]>) -> Ran {
        let input = input.as_ref().to_vec();
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // A program that refuses early does not read to the end.
        let feeder = std::thread::spawn(move || drop(stdin.write_all(&input)));
        let output = child.wait_with_output().unwrap();
        feeder.join().unwrap();
        Ran::of(&[asked], output)
    }

    /// Submits a document; the number it got.
    pub fn submit(&self, document: &Value) -> String {
        self.feed(&["submit", "-"], document.to_string()).ended(0).out.trim_end().to_owned()
    }

    pub fn shown(&self, which: &str) -> Value {
        self.run(&["show", which, "--json"]).ended(0).json()
    }

    /// How the log ends: its length and the hash of its last event.
    pub fn head(&self) -> (u64, String) {
        let said = self.run(&["audit", "verify", "--json"]).ended(0).json();
        (said["events"].as_u64().unwrap(), said["head"].as_str().unwrap().to_owned())
    }

    /// The account that runs the tests, as the program names it.
    pub fn me(&self, which: &str) -> String {
        let said = self.run(&["explain", which, "--json"]).ended(0).json();
        said["you"].as_str().unwrap().to_owned()
    }

    /// Starts a program that will wait, and returns when it does: its ear for commits is open.
    pub fn start_waiting(&self, command: &mut Command) -> Waiting {
        let waiting = self.start(command);
        until("the program listens for commits", || {
            let open = std::fs::read_dir(format!("/proc/{}/fd", waiting.child.id())).unwrap();
            open.filter_map(|fd| std::fs::read_link(fd.ok()?.path()).ok())
                .any(|to| to.to_string_lossy().contains("inotify"))
        });
        waiting
    }

    pub fn start(&self, command: &mut Command) -> Waiting {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        Waiting { child, out }
    }
}

/// Looks until `there` is true; a machine that never gets there fails the test.
pub fn until(what: &str, mut there: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !there() {
        assert!(begun.elapsed() < TOO_LONG, "never came true: {what}");
        std::thread::yield_now();
    }
}

/// A program that has not ended yet.
pub struct Waiting {
    pub child: Child,
    out: BufReader<ChildStdout>,
}

impl Waiting {
    /// The next line it prints.
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        self.out.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    pub fn is_still_there(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Lets it end, and takes what it printed since.
    pub fn end(mut self) -> Ran {
        let mut stdout = Vec::new();
        std::io::Read::read_to_end(&mut self.out, &mut stdout).unwrap();
        let output = self.child.wait_with_output().unwrap();
        Ran::of(&["(waiting)"], Output { stdout, ..output })
    }
}

impl Ran {
    pub fn of(arguments: &[&str], output: Output) -> Self {
        Self {
            asked: arguments.join(" "),
            code: output.status.code(),
            out: String::from_utf8(output.stdout).expect("stdout is UTF-8"),
            err: String::from_utf8(output.stderr).expect("stderr is UTF-8"),
        }
    }

    /// It ended with `code`, and never by a panic.
    #[track_caller]
    pub fn ended(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self}");
        self.calm()
    }

    #[track_caller]
    pub fn calm(self) -> Self {
        assert!(self.code.is_some() && self.code != Some(101), "{self}");
        let both = format!("{}{}", self.out, self.err);
        assert!(!both.contains("panicked") && !both.contains("RUST_BACKTRACE"), "{self}");
        self
    }

    /// It was refused with `code`, in one sentence on stderr that holds all `words`, and printed nothing else.
    #[track_caller]
    pub fn refused(self, code: i32, words: &[&str]) -> Self {
        let ran = self.ended(code);
        assert_eq!(ran.out, "", "a refusal has no answer: {ran}");
        assert!(ran.err.starts_with("countersign: ") && ran.err.lines().count() == 1, "{ran}");
        ran.complained(words)
    }

    #[track_caller]
    pub fn said(self, words: &[&str]) -> Self {
        for word in words {
            assert!(self.out.contains(word), "{word:?} is not in {self}");
        }
        self
    }

    #[track_caller]
    pub fn complained(self, words: &[&str]) -> Self {
        for word in words {
            assert!(self.err.contains(word), "{word:?} is not on stderr of {self}");
        }
        self
    }

    /// What `--json` printed: one array, or one object that says which form it has.
    #[track_caller]
    pub fn json(&self) -> Value {
        let value: Value = serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {self}"));
        assert!(value.is_array() || value["v"] == 1, "{self}");
        value
    }
}

/// How a program ended.
pub struct Ran {
    asked: String,
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}` ended with {:?}\n-- out\n{}\n-- err\n{}", self.asked, self.code, self.out, self.err)
    }
}

/// A plan of two steps, the second of which needs the first.
pub fn plan(by: &str, reference: &str) -> Value {
    serde_json::json!({"kind": "plan", "title": "Tell John about the meeting", "by": by, "ref": reference,
        "steps": [
            {"id": "lookup", "action": "contact.search", "params": {"query": "John"}},
            {"id": "draft", "action": "email.draft", "params": {"to": "{{lookup.email}}"},
             "run": ["/usr/bin/draft", "--to", "{{lookup.email}}"], "undo": ["/usr/bin/undraft"],
             "needs": [{"step": "lookup", "field": "email"}]}]})
}

/// A request without steps.
pub fn gate(by: &str, reference: &str) -> Value {
    serde_json::json!({"kind": "gate", "title": "Go on?", "by": by, "ref": reference})
}
