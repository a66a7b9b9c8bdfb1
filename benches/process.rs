//! What whole processes cost: one decision as a command, and how soon a waiting producer hears of it.

use crate::table::{Table, percentile};
use crate::{bare, fill};
use countersign::domain::names::RequestId;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::Instant;

const TIMES: u64 = 200;

pub fn measure(table: &mut Table, wanted: &dyn Fn(&str) -> bool) {
    if wanted("process.one-shot") {
        one_shot(table);
    }
    if wanted("process.told") {
        told(table);
    }
}

/// The `n`-th document as a producer writes it.
pub fn native(n: u64) -> String {
    let document = fill::document(n);
    let mut value = serde_json::to_value(&document.content).unwrap();
    value["by"] = serde_json::to_value(&document.by).unwrap();
    value["ref"] = serde_json::to_value(&document.reference).unwrap();
    value.to_string()
}

fn timed(program: &std::path::Path, arguments: &[&str], store: &std::path::Path) -> f64 {
    let started = Instant::now();
    let done = Command::new(program)
        .args(arguments)
        .env("COUNTERSIGN_STORE", store)
        .env("COUNTERSIGN_CONFIG", fill::kept().join("config.toml"))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    started.elapsed().as_secs_f64() * 1e3
}

fn one_shot(table: &mut Table) {
    let large = fill::store(fill::large());
    let ours = fill::copy(&large, "one-shot.db");
    let theirs = fill::copy(&large, "one-shot-bare.db");
    let me = std::env::current_exe().unwrap();
    let program = std::path::PathBuf::from(env!("CARGO_BIN_EXE_countersign"));
    let count = fill::large();
    let (mut here, mut nothing, mut commit) = (Vec::new(), Vec::new(), Vec::new());
    for n in 0..TIMES {
        let id = count - count / 10 + 1 + n;
        here.push(timed(
            &program,
            &["--as", "alice", "approve", &format!("R-{id}"), "--reason", "as every night"],
            &ours,
        ));
        nothing.push(timed(&me, &["--nothing"], &theirs));
        commit.push(timed(&me, &["--commit", theirs.to_str().unwrap(), &id.to_string()], &theirs));
    }
    let nothing = percentile(&mut nothing, 50);
    let bare = percentile(&mut commit, 50);
    // The bare one starts a process too: an empty process and a bare open, commit and close together.
    table.at_most(
        "one-shot `approve`, p50, beside an empty process that opens, commits, closes",
        (percentile(&mut here, 50), "ms"),
        (bare.max(nothing), "ms"),
        3.0,
    );
}

/// Another process: waits for each of `count` requests in turn, and says so each time.
pub fn wait_for(store: &str, from: u64, count: u64) {
    let mut app = fill::app(std::path::Path::new(store));
    let mut out = std::io::stdout().lock();
    for n in from..from + count {
        writeln!(out, "ready {n}").unwrap();
        out.flush().unwrap();
        let (code, _) = app.wait(RequestId::new(n), None, None).unwrap();
        assert_eq!(code, 10, "rejected");
        writeln!(out, "told {n}").unwrap();
        out.flush().unwrap();
    }
}

fn told(table: &mut Table) {
    let small = fill::store(10_000);
    let ours = fill::copy(&small, "told.db");
    let first = 9_001;
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--wait", ours.to_str().unwrap(), &first.to_string(), &TIMES.to_string()])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut app = fill::app(&ours);
    let alice = fill::reviewer(&app);
    let mut here = Vec::new();
    for n in first..first + TIMES {
        assert_eq!(lines.next().unwrap().unwrap(), format!("ready {n}"));
        std::thread::sleep(std::time::Duration::from_millis(2)); // it has gone to sleep by then
        let started = Instant::now();
        app.decide(RequestId::new(n), &fill::no(n), &alice).unwrap();
        assert_eq!(lines.next().unwrap().unwrap(), format!("told {n}"));
        here.push(started.elapsed().as_secs_f64() * 1e6);
    }
    assert!(child.wait().unwrap().success());
    // The bare way: commit, ring, hear in another thread, read one row.
    let theirs = fill::copy(&small, "told-bare.db");
    let conn = bare::open(&theirs);
    let reading = bare::open(&theirs);
    let rope = countersign::store::bell::Rope::beside(&theirs).unwrap();
    let mut bell = countersign::store::bell::Bell::beside(&theirs).unwrap();
    let (tell, told) = std::sync::mpsc::channel();
    let hearing = std::thread::spawn(move || {
        for n in first..first + TIMES {
            while !bell.wait(countersign::domain::moment::Span::from_millis(1_000)) {}
            let state: String =
                reading.query_row("SELECT state FROM requests WHERE id = ?1", [n], |row| row.get(0)).unwrap();
            tell.send(state).unwrap();
        }
    });
    let mut there = Vec::new();
    for n in first..first + TIMES {
        std::thread::sleep(std::time::Duration::from_millis(2));
        let started = Instant::now();
        bare::commit_rows(&conn, n);
        rope.pull();
        assert_eq!(told.recv().unwrap(), "rejected");
        there.push(started.elapsed().as_secs_f64() * 1e6);
    }
    hearing.join().unwrap();
    table.at_most(
        "decision to a waiting process told, p50, beside bare commit + bell + read",
        (percentile(&mut here, 50), "µs"),
        (percentile(&mut there, 50), "µs"),
        2.0,
    );
}
