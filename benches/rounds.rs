//! What a round of the watcher costs among very many open requests: CPU time of its thread.

use crate::fill;
use crate::table::Table;
use countersign::app::App;
use countersign::app::Clock;
use countersign::app::watch::News;
use countersign::domain::decide::OnSameReference;
use countersign::domain::document::{Document, Limits, from_value};
use countersign::domain::moment::{Moment, Span};
use countersign::domain::principal::Face;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Open requests.
const OPEN: u64 = 100_000;
/// Those of them that are due at once.
const DUE: u64 = 100;
/// Rounds in which nothing is due: so many that what the kernel's ticks leave out of one of them does not matter.
const IDLE: u32 = 1_000;
/// When they were all asked for.
const BEGIN: Moment = Moment::from_millis(1_800_000_000_000);

pub fn measure(table: &mut Table) {
    let store = made();
    let copy = fill::copy(&store, "round.db");
    let clock = Arc::new(AtomicI64::new(BEGIN.plus(Span::from_minutes(1)).millis()));
    let mut app = on(&copy, &clock);
    round(&mut app);
    let before = cpu();
    for _ in 0..IDLE {
        let (_, did) = round(&mut app);
        assert_eq!(did, 0);
    }
    let cost = (cpu() - before) / f64::from(IDLE);
    table.at_most("a round over 100,000 open requests, none due: CPU", (cost, "ms"), (1.0, "ms"), 5.0);
    clock.store(BEGIN.plus(Span::from_minutes(16)).millis(), Ordering::SeqCst);
    let (cost, did) = round(&mut app);
    assert_eq!(did, DUE as usize);
    table.at_most("the same, 100 due: CPU", (cost, "ms"), (1.0, "ms"), 20.0);
}

fn on(path: &Path, clock: &Arc<AtomicI64>) -> App {
    let clock = Arc::clone(clock);
    fill::app_at(path, Clock::from_fn(move || Moment::from_millis(clock.load(Ordering::SeqCst))))
}

/// CPU time of one round in milliseconds, and how many requests it touched.
fn round(app: &mut App) -> (f64, usize) {
    let mut did = 0;
    let before = cpu();
    app.round(&mut |news| did += usize::from(matches!(news, News::Settled(..)))).unwrap();
    (cpu() - before, did)
}

/// Milliseconds this thread has been on a CPU, as of the last tick of the kernel's clock (a few milliseconds at most).
fn cpu() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e6
}

/// One hundred thousand open requests, of which a hundred are critical and so called first.
fn made() -> std::path::PathBuf {
    let path = fill::kept().join("rounds.db");
    let done = fill::kept().join("rounds.done");
    if done.exists() {
        return path;
    }
    for ending in ["", "-wal", "-shm", ".bell", ".lock"] {
        let _ = std::fs::remove_file(format!("{}{ending}", path.display()));
    }
    let clock = Arc::new(AtomicI64::new(BEGIN.millis()));
    let mut app = on(&path, &clock);
    let caller = app.caller(Face::Cli);
    let document = |n: u64| -> Document {
        let risk = if n.is_multiple_of(OPEN / DUE) { "critical" } else { "low" };
        let value = serde_json::json!({"kind": "gate", "by": format!("bot-{}", n % 400), "ref": format!("g-{n}"),
            "title": format!("Go on with {n}"), "risk": risk});
        from_value(value, &Limits::BUILT_IN).unwrap_or_else(|e| panic!("{e}"))
    };
    for from in (0..OPEN).step_by(2_000) {
        let documents: Vec<Document> = (from..from + 2_000).map(document).collect();
        app.submit(&documents, OnSameReference::Refuse, &caller).unwrap_or_else(|(_, e)| panic!("{e}"));
    }
    drop(app);
    fill::checkpoint(&path);
    std::fs::write(&done, "").unwrap();
    path
}
