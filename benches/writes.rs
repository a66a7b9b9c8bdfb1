//! What writing costs: a decision beside a bare commit of the very same rows, many at once, and reading all of it again.

use crate::table::{Table, percentile};
use crate::{bare, fill};
use countersign::domain::names::RequestId;
use countersign::store::derive::TABLES;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Requests decided for one figure.
const DECISIONS: u64 = 1_000;
/// Documents of one NDJSON stream.
const STREAM: u64 = 20_000;

pub fn measure(table: &mut Table, wanted: &dyn Fn(&str) -> bool) {
    if wanted("writes.decision") {
        durable_decision(table, &fill::store(fill::large()));
    }
    if wanted("writes.eight") {
        eight_writers(table);
    }
    if wanted("writes.stream") {
        stream(table);
    }
}

/// The open requests at the end of a filled store.
fn open_ids(count: u64) -> impl Iterator<Item = RequestId> {
    (count - count / 10 + 1..=count).map(RequestId::new)
}

/// Everything one decision changed, as values.
struct Change {
    rows: Vec<(&'static str, Vec<Value>)>,
    gone: Vec<(&'static str, Vec<Value>)>,
}

fn durable_decision(table: &mut Table, large: &Path) {
    let ours = fill::copy(large, "decision.db");
    let theirs = fill::copy(large, "bare.db");
    let ids: Vec<RequestId> = open_ids(fill::large()).take(DECISIONS as usize * 2).collect();
    let (warm, ids) = ids.split_at(DECISIONS as usize);
    let changes = changes(&ours, &theirs, ids, warm);
    let mut here = changes.1;
    let conn = bare::open(&theirs);
    let mut there: Vec<f64> = changes.0.iter().map(|change| apply(&conn, change)).collect();
    table.at_most(
        "durable decision, p50, beside a bare commit of the same rows",
        (percentile(&mut here, 50), "µs"),
        (percentile(&mut there, 50), "µs"),
        1.5,
    );
}

/// Decides in `ours` and says what that changed, and how long each took in microseconds.
fn changes(ours: &Path, theirs: &Path, ids: &[RequestId], warm: &[RequestId]) -> (Vec<Change>, Vec<f64>) {
    let reading = Connection::open(theirs).unwrap();
    let keyed = |sql: &str, id: RequestId| -> Vec<Vec<Value>> {
        let mut query = reading.prepare_cached(sql).unwrap();
        let columns = query.column_count();
        let rows = query.query_map([id.number() as i64], |row| {
            (0..columns).map(|c| row.get(c)).collect::<rusqlite::Result<Vec<Value>>>()
        });
        rows.unwrap().map(Result::unwrap).collect()
    };
    // The rows of one request lie all over the inbox: one pass finds them.
    let mut listed: std::collections::BTreeMap<i64, Vec<Vec<Value>>> = std::collections::BTreeMap::new();
    {
        let mut query = reading.prepare("SELECT slot, rank, due_at, request FROM inbox").unwrap();
        let mut rows = query.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let key = (0..4).map(|c| row.get(c).unwrap()).collect();
            listed.entry(row.get(3).unwrap()).or_default().push(key);
        }
    }
    let mut app = fill::app(ours);
    let alice = fill::reviewer(&app);
    let counters = |path: &Path| -> Vec<(String, i64)> {
        let conn = Connection::open(path).unwrap();
        let mut query = conn.prepare("SELECT name, value FROM counters").unwrap();
        query.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect()
    };
    let before = counters(ours);
    for (n, id) in warm.iter().enumerate() {
        app.decide(*id, &fill::no(n as u64), &alice).unwrap();
        if n == 0 {
            let changed = counters(ours).into_iter().zip(&before).filter(|(a, b)| a.1 != b.1).count();
            assert!(changed > 0, "a decision changes counters");
        }
    }
    let first: i64 =
        Connection::open(ours).unwrap().query_row("SELECT max(seq) FROM log", [], |row| row.get(0)).unwrap();
    let mut took = Vec::new();
    for (n, id) in ids.iter().enumerate() {
        let started = Instant::now();
        app.decide(*id, &fill::no(n as u64), &alice).unwrap();
        took.push(started.elapsed().as_secs_f64() * 1e6);
    }
    drop(app);
    let after = Connection::open(ours).unwrap();
    let one = |sql: &str, key: i64| -> Vec<Value> {
        let mut query = after.prepare_cached(sql).unwrap();
        let columns = query.column_count();
        query.query_row([key], |row| (0..columns).map(|c| row.get(c)).collect()).unwrap()
    };
    let last: i64 = Connection::open(theirs)
        .unwrap()
        .query_row("SELECT max(seq) FROM log", [], |row| row.get(0))
        .unwrap();
    let changes = ids.iter().enumerate().map(|(n, id)| {
        let seq = first + 1 + n as i64;
        // The same rows at the places that are next in the other copy.
        let place = Value::Integer(last + 1 + n as i64);
        let mut log = one("SELECT * FROM log WHERE seq = ?1", seq);
        log[0] = place.clone();
        let mut payload = one("SELECT * FROM payloads WHERE seq = ?1", seq);
        payload[0] = place;
        let request = one("SELECT * FROM requests WHERE id = ?1", id.number() as i64);
        let by = match &request[5] {
            Value::Text(by) => by.clone(),
            _ => String::new(),
        };
        let mut rows = vec![("log", log), ("payloads", payload), ("requests", request)];
        for (name, by) in [
            ("open".to_owned(), -1),
            ("decided".to_owned(), 1),
            ("unclaimed".to_owned(), -1),
            (format!("open-of:{by}"), -1),
        ] {
            rows.push(("counters", vec![Value::Text(name), Value::Integer(by)]));
        }
        let mut gone: Vec<(&'static str, Vec<Value>)> = Vec::new();
        for key in listed.remove(&(id.number() as i64)).unwrap_or_default() {
            gone.push(("inbox", key));
        }
        for key in keyed("SELECT word, request FROM words WHERE request = ?1", *id) {
            gone.push(("words", key));
        }
        Change { rows, gone }
    });
    (changes.collect(), took)
}

/// Writes one change as it stands, durably; microseconds.
fn apply(conn: &Connection, change: &Change) -> f64 {
    let started = Instant::now();
    conn.execute_batch("BEGIN IMMEDIATE").unwrap();
    for (table, row) in &change.rows {
        let marks: Vec<String> = (1..=row.len()).map(|n| format!("?{n}")).collect();
        let sql = match *table {
            "counters" => "UPDATE counters SET value = max(0, value + ?2) WHERE name = ?1".to_owned(),
            "requests" => format!("INSERT OR REPLACE INTO requests VALUES ({})", marks.join(", ")),
            table => format!("INSERT INTO {table} VALUES ({})", marks.join(", ")),
        };
        conn.prepare_cached(&sql).unwrap().execute(params_from_iter(row)).unwrap();
    }
    for (table, key) in &change.gone {
        let sql = match *table {
            "inbox" => "DELETE FROM inbox WHERE slot = ?1 AND rank = ?2 AND due_at = ?3 AND request = ?4",
            _ => "DELETE FROM words WHERE word = ?1 AND request = ?2",
        };
        conn.prepare_cached(sql).unwrap().execute(params_from_iter(key)).unwrap();
    }
    conn.execute_batch("COMMIT").unwrap();
    started.elapsed().as_secs_f64() * 1e6
}

/// Eight writers at once, ours (a file lock in front) and SQLite's own busy handler.
fn eight_writers(table: &mut Table) {
    const WRITERS: usize = 8;
    const EACH_SECONDS: f64 = 3.0;
    let small = fill::store(10_000);
    let run = |writers: usize, ours: bool| -> (f64, f64, f64) {
        let path = fill::copy(&small, "writers.db");
        let mut shares = Vec::new();
        std::thread::scope(|scope| {
            let handles: Vec<_> = (0..writers)
                .map(|w| {
                    let path: PathBuf = path.clone();
                    scope.spawn(move || {
                        let (mut count, mut worst) = (0u64, 0.0f64);
                        let mut app = ours.then(|| fill::app(&path));
                        let conn = (!ours).then(|| bare::open(&path));
                        let started = Instant::now();
                        while started.elapsed().as_secs_f64() < EACH_SECONDS {
                            let asked = Instant::now();
                            if let Some(app) = &mut app {
                                let caller = fill::reviewer(app);
                                let id = RequestId::new(w as u64 + 1);
                                let text = countersign::domain::text::Text::new("a word");
                                let command = countersign::domain::command::Command::Comment {
                                    text,
                                    about: countersign::domain::talk::About::REQUEST,
                                };
                                app.decide(id, &command, &caller).unwrap();
                                // A request with very many comments would be the measure of something else.
                                let _ = count;
                            }
                            if let Some(conn) = &conn {
                                bare::commit_rows(conn, w as u64 + 1);
                            }
                            worst = worst.max(asked.elapsed().as_secs_f64() * 1e3);
                            count += 1;
                        }
                        (count as f64, worst)
                    })
                })
                .collect();
            shares.extend(handles.into_iter().map(|h| h.join().unwrap()));
        });
        let total: f64 = shares.iter().map(|(count, _)| count).sum();
        let worst = shares.iter().map(|(_, worst)| *worst).fold(0.0, f64::max);
        let least = shares.iter().map(|(count, _)| *count).fold(f64::MAX, f64::min);
        let most = shares.iter().map(|(count, _)| *count).fold(0.0, f64::max);
        (total / EACH_SECONDS, worst, least / most)
    };
    let one = run(1, true);
    let eight = run(WRITERS, true);
    let busy = run(WRITERS, false);
    table.at_least(
        "eight writers, total, beside one writer",
        (eight.0, "writes/s"),
        (one.0, "writes/s"),
        0.8,
    );
    table.at_most(
        "eight writers, worst wait, beside the busy handler's",
        (eight.1, "ms"),
        (busy.1, "ms"),
        0.25,
    );
    table.at_least("eight writers, smallest share beside largest", (eight.2, ""), (1.0, ""), 0.3);
}

/// Many documents at once, and reading the whole log again.
fn stream(table: &mut Table) {
    let dir = fill::kept();
    let input = dir.join("stream.ndjson");
    let text: String = (0..STREAM).map(|n| crate::process::native(n) + "\n").collect();
    std::fs::write(&input, text).unwrap();
    let path = dir.join("stream.db");
    for ending in ["", "-wal", "-shm", ".bell", ".lock"] {
        let _ = std::fs::remove_file(format!("{}{ending}", path.display()));
    }
    drop(fill::app(&path));
    let run = |arguments: &[&str]| {
        let started = Instant::now();
        let done = std::process::Command::new(env!("CARGO_BIN_EXE_countersign"))
            .args(arguments)
            .env("COUNTERSIGN_STORE", &path)
            .env("COUNTERSIGN_CONFIG", dir.join("config.toml"))
            .output()
            .unwrap();
        assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
        started.elapsed().as_secs_f64()
    };
    let rate = |seconds: f64| STREAM as f64 / seconds;
    let submitted = rate(run(&["submit", input.to_str().unwrap()]));
    fill::checkpoint(&path);
    let derived: Vec<&str> = TABLES.iter().map(|(table, _)| *table).collect();
    let everything = [&["log", "payloads"][..], &derived].concat();
    let (inserted, rows) = bare_insert(&path, &dir.join("inserted.db"), &everything);
    table.at_least(
        "NDJSON submit, beside the bare insert of the same rows",
        (submitted, "requests/s"),
        (rate(inserted), "requests/s"),
        0.4,
    );
    // It hashes every event, replays every request into fresh tables, and compares those with the kept ones.
    let (filled, _) = bare_insert(&path, &dir.join("inserted.db"), &derived);
    let (hashed, replayed) = (bare_hash(&path), bare_replay(&path));
    let verified = rows / run(&["audit", "verify"]);
    table.at_least(
        "audit verify, beside a bare hash, replay and insert of the same rows",
        (verified, "events/s"),
        (rows / (hashed + replayed + filled), "events/s"),
        0.6,
    );
    table.told("the same, beside the bare hash alone", (verified, "events/s"), (rows / hashed, "events/s"));
    let rebuilt = rows / run(&["rebuild"]);
    table.at_least(
        "rebuild, beside a bare replay",
        (rebuilt, "events/s"),
        (rows / replayed, "events/s"),
        0.5,
    );
}

/// The same rows into the same tables, in one transaction; seconds, and how many events there are.
fn bare_insert(from: &Path, to: &Path, tables: &[&str]) -> (f64, f64) {
    for ending in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{ending}", to.display()));
    }
    let source = Connection::open(from).unwrap();
    let target = Connection::open(to).unwrap();
    target.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL").unwrap_or(());
    target.execute_batch(countersign::store::open::SCHEMA).unwrap();
    let events = source.query_row("SELECT count(*) FROM log", [], |row| row.get(0)).unwrap();
    let rows: Vec<(&str, Vec<Vec<Value>>)> = tables
        .iter()
        .map(|table| {
            let mut query = source.prepare(&format!("SELECT * FROM {table}")).unwrap();
            let columns = query.column_count();
            let rows = query.query_map([], |row| {
                (0..columns).map(|c| row.get(c)).collect::<rusqlite::Result<Vec<Value>>>()
            });
            (*table, rows.unwrap().map(Result::unwrap).collect())
        })
        .collect();
    let started = Instant::now();
    target.execute_batch("BEGIN IMMEDIATE").unwrap();
    for (table, rows) in &rows {
        let Some(first) = rows.first() else { continue };
        let marks: Vec<String> = (1..=first.len()).map(|n| format!("?{n}")).collect();
        let mut insert =
            target.prepare(&format!("INSERT INTO {table} VALUES ({})", marks.join(", "))).unwrap();
        for row in rows {
            insert.execute(params_from_iter(row)).unwrap();
        }
    }
    target.execute_batch("COMMIT").unwrap();
    (started.elapsed().as_secs_f64(), events)
}

/// SHA-256 over every column of every row and payload, chained; seconds.
fn bare_hash(path: &Path) -> f64 {
    use sha2::Digest;
    let started = Instant::now();
    let conn = Connection::open(path).unwrap();
    let mut query = conn.prepare("SELECT aggregate, by, name, facts, p.body FROM log l LEFT JOIN payloads p USING (seq) ORDER BY seq").unwrap();
    let mut rows = query.query([]).unwrap();
    let mut before = [0u8; 32];
    while let Some(row) = rows.next().unwrap() {
        let mut hash = sha2::Sha256::new();
        hash.update(before);
        for column in 0..4 {
            hash.update(row.get_ref(column).unwrap().as_bytes().unwrap_or_default());
        }
        if let Ok(body) = row.get_ref(4).unwrap().as_bytes() {
            hash.update(sha2::Sha256::digest(body));
        }
        before = hash.finalize().into();
    }
    assert_ne!(before, [0u8; 32]);
    started.elapsed().as_secs_f64()
}

/// Every event read and applied, nothing written; seconds.
fn bare_replay(path: &Path) -> f64 {
    let app = fill::app(path);
    let started = Instant::now();
    let mut open = 0;
    for n in 1..=STREAM {
        open += u64::from(app.request(RequestId::new(n)).unwrap().is_open());
    }
    assert_eq!(open, STREAM);
    started.elapsed().as_secs_f64()
}
