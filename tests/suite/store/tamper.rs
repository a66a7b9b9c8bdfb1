//! Somebody was at the file: every event edited, removed, moved or repeated, and every derived row altered, is found
//! and named; and what nobody can find without an anchor is written down here as such.
//!
//! The first bad event is the first one that does not fit: its payload is not the one it committed to, its hash does
//! not follow from it and the event before it, or its place is empty. Whoever changes an event and computes its hash
//! anew has moved the break to the next event; whoever does that to the last event, or to all that follow, has made
//! another log, which only a head kept elsewhere tells from the first.

use super::stage::{Stage, after_some_days, behind_its_back, rows};
use countersign::app::Report;
use countersign::domain::canon::canonical;
use countersign::domain::digest::EventHash;
use countersign::domain::log::{event_hash, payload_digest};
use countersign::domain::names::{Seq, StoreId};
use countersign::store::derive::TABLES;
use countersign::store::log::{COLUMNS, Recorded, recorded};
use rusqlite::types::Value;
use rusqlite::{Connection, params};
use serde_json::Value as Json;
use std::cell::Cell;
use std::path::PathBuf;

/// A sound store as one file, of which copies are tampered with.
struct Sound {
    stage: Stage,
    file: PathBuf,
    id: StoreId,
    events: Vec<Recorded>,
    copies: Cell<u64>,
}

impl Sound {
    fn new() -> Self {
        let stage = after_some_days();
        super::super::app::rollouts::asked_for(&stage);
        let file = stage.dir.path().join("sound.db");
        let mut app = stage.app();
        app.backup(&file, |_, _| {}).unwrap();
        let mut events = Vec::new();
        app.events(Seq(0), |event| {
            events.push(event);
            Ok(true)
        })
        .unwrap();
        assert!(app.verify(|_| {}).unwrap().is_sound());
        // So that the program that opens a copy has nothing to write to it.
        let conn = behind_its_back(&file);
        conn.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(())).unwrap();
        let id = events[0].envelope.store.clone();
        let sound = Self { stage, file, id, events, copies: Cell::new(0) };
        assert!(sound.len() > 25, "{}", sound.len());
        sound
    }

    fn len(&self) -> u64 {
        self.events.len() as u64
    }

    /// A copy that `attack` was at.
    fn copy(&self, attack: impl FnOnce(&Connection)) -> PathBuf {
        self.copies.set(self.copies.get() + 1);
        let copy = self.stage.dir.path().join(format!("copy-{}.db", self.copies.get()));
        std::fs::copy(&self.file, &copy).unwrap();
        attack(&behind_its_back(&copy));
        copy
    }

    fn verified(&self, copy: PathBuf) -> Report {
        let report = self.stage.app_at(copy.clone()).verify(|_| {}).unwrap();
        for suffix in ["", ".lock", ".bell", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{suffix}", copy.display()));
        }
        report
    }

    /// What is found in a copy where only the data differs: the triggers are taken away and put back.
    fn found_in_data(&self, attack: impl FnOnce(&Connection)) -> Report {
        self.verified(self.copy(|conn| without_triggers(conn, attack)))
    }

    /// The attack is found, and `bad` is the first event that does not fit.
    fn finds(&self, bad: u64, what: &str, attack: impl FnOnce(&Connection)) {
        let report = self.found_in_data(attack);
        assert!(!report.is_sound(), "{what} was not found");
        assert_eq!(report.first_bad(), Some(Seq(bad)), "{what}: {:?}", report.problems);
        let first = &report.problems[0];
        assert!(
            first.what.as_str().contains(&format!("event {bad}"))
                || first.what.as_str().contains(&format!("events {bad} ")),
            "{what}: {}",
            first.what
        );
        assert!(!report.problems.iter().any(|p| p.what.as_str().contains("schema")), "{what}");
    }
}

fn without_triggers(conn: &Connection, attack: impl FnOnce(&Connection)) {
    let triggers = rows(conn, "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'");
    assert_eq!(triggers.len(), 7);
    conn.execute_batch("BEGIN").unwrap();
    for row in &triggers {
        conn.execute_batch(&format!("DROP TRIGGER {}", text(&row[0]))).unwrap();
    }
    attack(conn);
    for row in &triggers {
        conn.execute_batch(text(&row[1])).unwrap();
    }
    conn.execute_batch("COMMIT").unwrap();
}

fn text(value: &Value) -> &str {
    match value {
        Value::Text(text) => text,
        other => panic!("no text: {other:?}"),
    }
}

fn set(conn: &Connection, table: &str, seq: u64, column: &str, value: impl rusqlite::ToSql) {
    let sql = format!("UPDATE {table} SET {column} = ?2 WHERE seq = ?1");
    assert_eq!(conn.execute(&sql, params![seq, value]).unwrap(), 1);
}

/// Gives an event another place, with its payload.
fn move_event(conn: &Connection, from: u64, to: u64) {
    conn.execute("UPDATE log SET seq = ?2 WHERE seq = ?1", [from, to]).unwrap();
    conn.execute("UPDATE payloads SET seq = ?2 WHERE seq = ?1", [from, to]).unwrap();
}

fn remove(conn: &Connection, seq: u64) {
    conn.execute("DELETE FROM payloads WHERE seq = ?1", [seq]).unwrap();
    assert_eq!(conn.execute("DELETE FROM log WHERE seq = ?1", [seq]).unwrap(), 1);
}

/// Puts a copy of an event, payload and all, at a place that is free.
fn repeat(conn: &Connection, seq: u64, at: u64, version: u64) {
    conn.execute(
        "INSERT INTO log SELECT ?2, aggregate, ?3, at, by, assurance, name, facts, payload, hash FROM log WHERE seq = ?1",
        [seq, at, version],
    )
    .unwrap();
    conn.execute("INSERT INTO payloads SELECT ?2, salt, body FROM payloads WHERE seq = ?1", [seq, at])
        .unwrap();
}

/// Makes room at `place` by moving everything from there on up by one.
fn make_room(conn: &Connection, place: u64, last: u64) {
    for seq in (place..=last).rev() {
        move_event(conn, seq, seq + 1);
    }
}

fn event(conn: &Connection, store: &StoreId, seq: u64) -> Recorded {
    let sql = format!("SELECT {COLUMNS} FROM log l LEFT JOIN payloads p USING (seq) WHERE l.seq = ?1");
    conn.query_row(&sql, [seq], |row| recorded(row, store)).unwrap()
}

/// Computes an event's hash anew, as anybody can.
fn rehash(conn: &Connection, store: &StoreId, seq: u64) {
    let previous = if seq == 1 { EventHash::GENESIS } else { event(conn, store, seq - 1).hash };
    let event = event(conn, store, seq);
    let hash = event_hash(previous, &event.envelope, &event.facts, event.payload);
    set(conn, "log", seq, "hash", hash.bytes());
}

fn flipped(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[7] ^= 1;
    bytes
}

/// Every text that differs from these facts in one leaf, one key too many or one key too few.
fn other_facts(facts: &str) -> Vec<String> {
    let facts: Json = serde_json::from_str(facts).unwrap();
    let mut pointers = Vec::new();
    leaves(&facts, String::new(), &mut pointers);
    let mut out = Vec::new();
    for pointer in pointers {
        let mut other = facts.clone();
        let leaf = other.pointer_mut(&pointer).unwrap();
        *leaf = match leaf.take() {
            Json::Bool(b) => Json::from(!b),
            Json::Number(n) => Json::from(n.as_i64().unwrap() + 1),
            Json::String(s) => Json::from(format!("{s}x")),
            _ => Json::from(1),
        };
        out.push(canonical(&other).unwrap());
    }
    let mut more = facts.clone();
    more["zz"] = Json::from(1);
    out.push(canonical(&more).unwrap());
    for key in facts.as_object().unwrap().keys() {
        let mut less = facts.clone();
        less.as_object_mut().unwrap().remove(key);
        out.push(canonical(&less).unwrap());
    }
    out
}

fn leaves(value: &Json, at: String, out: &mut Vec<String>) {
    match value {
        Json::Object(map) if !map.is_empty() => {
            map.iter().for_each(|(key, value)| leaves(value, format!("{at}/{key}"), out));
        }
        Json::Array(list) if !list.is_empty() => {
            list.iter().enumerate().for_each(|(n, value)| leaves(value, format!("{at}/{n}"), out));
        }
        _ => out.push(at),
    }
}

#[test]
fn every_changed_fact_of_every_event_is_found_there() {
    let sound = Sound::new();
    let mut changes = 0;
    for (n, event) in (1..).zip(&sound.events) {
        for facts in other_facts(&event.facts) {
            sound.finds(n, &format!("event {n} with the facts {facts}"), |conn| {
                set(conn, "log", n, "facts", facts)
            });
            changes += 1;
        }
    }
    assert!(changes > 300, "{changes}");
}

#[test]
fn every_changed_envelope_commitment_and_hash_is_found_there() {
    let sound = Sound::new();
    for (n, event) in (1..).zip(&sound.events) {
        let envelope = &event.envelope;
        let says = |what: &str| format!("another {what} of event {n}");
        let change = |column: &str, value: Value| {
            sound.finds(n, &says(column), |conn| set(conn, "log", n, column, value));
        };
        change("at", (envelope.at.millis() + 1).into());
        change("by", "mallory".to_owned().into());
        change("assurance", "signed".to_owned().into());
        let name = if envelope.name == "claim.released" { "request.cancelled" } else { "claim.released" };
        change("name", name.to_owned().into());
        change("name", "request.approved_by_magic".to_owned().into());
        change("aggregate", "R-99".to_owned().into());
        change("version", (envelope.version as i64 + 1_000).into());
        change("hash", flipped(event.hash.bytes()).into());
        change("hash", vec![0; 32].into());
        match event.payload {
            Some(digest) => {
                change("payload", flipped(digest.bytes()).into());
                change("payload", Value::Null);
            }
            None => change("payload", vec![7; 32].into()),
        }
        let far = sound.len() + 1_000;
        sound.finds(n, &says("place"), |conn| move_event(conn, n, far));
    }
}

#[test]
fn every_changed_payload_is_found_at_its_event() {
    let sound = Sound::new();
    let mut with_payload = Vec::new();
    for (n, event) in (1..).zip(&sound.events) {
        let Some((salt, body)) = &event.body else {
            let stray = |conn: &Connection| {
                let insert = "INSERT INTO payloads (seq, salt, body) VALUES (?1, zeroblob(32), '{}')";
                conn.execute(insert, [n]).unwrap();
            };
            sound.finds(n, &format!("a payload event {n} never had"), stray);
            continue;
        };
        with_payload.push(n);
        let other = body.replacen("\":\"", "\":\"x", 1);
        assert_ne!(*body, other);
        sound.finds(n, &format!("another body of {n}"), |conn| set(conn, "payloads", n, "body", &other));
        sound.finds(n, &format!("a blank more in {n}"), |conn| {
            set(conn, "payloads", n, "body", format!("{body} "))
        });
        sound.finds(n, &format!("no JSON in {n}"), |conn| set(conn, "payloads", n, "body", "{"));
        sound.finds(n, &format!("another salt of {n}"), |conn| {
            set(conn, "payloads", n, "salt", flipped(salt))
        });
        let salt: [u8; 32] = salt.as_slice().try_into().unwrap();
        sound.finds(n, &format!("another body of {n}, committed to"), |conn| {
            set(conn, "payloads", n, "body", &other);
            set(conn, "log", n, "payload", payload_digest(&salt, &other).bytes());
        });
    }
    assert!(with_payload.len() > 15, "{with_payload:?}");
    for pair in with_payload.windows(2) {
        sound.finds(pair[0], &format!("the payloads of {pair:?} swapped"), |conn| {
            for (from, to) in [(pair[0], 9_999), (pair[1], pair[0]), (9_999, pair[1])] {
                conn.execute("UPDATE payloads SET seq = ?2 WHERE seq = ?1", [from, to]).unwrap();
            }
        });
    }
    sound.finds(sound.len() + 5, "a payload of no event", |conn| {
        let insert = "INSERT INTO payloads (seq, salt, body) VALUES (?1, zeroblob(32), '{}')";
        conn.execute(insert, [sound.len() + 5]).unwrap();
    });
}

#[test]
fn every_removed_event_is_missed_at_its_place() {
    let sound = Sound::new();
    let last = sound.len();
    for n in 1..last {
        sound.finds(n, &format!("event {n} removed"), |conn| remove(conn, n));
        sound.finds(n, &format!("event {n} removed and the gap closed"), |conn| {
            remove(conn, n);
            (n + 1..=last).for_each(|seq| move_event(conn, seq, seq - 1));
        });
        sound.finds(n, &format!("only event {n} left out of the log, its payload kept"), |conn| {
            conn.execute("DELETE FROM log WHERE seq = ?1", [n]).unwrap();
        });
    }
    sound.finds(last, "the last event removed, its payload kept", |conn| {
        conn.execute("DELETE FROM log WHERE seq = ?1", [last]).unwrap();
    });
    sound.finds(1, "every event removed", |conn| {
        conn.execute_batch("DELETE FROM payloads; DELETE FROM log").unwrap()
    });
}

#[test]
fn every_swap_of_two_events_is_found_at_the_first_of_them() {
    let sound = Sound::new();
    for n in 1..sound.len() {
        sound.finds(n, &format!("{n} and {} swapped", n + 1), |conn| {
            move_event(conn, n, 9_999);
            move_event(conn, n + 1, n);
            move_event(conn, 9_999, n + 1);
        });
        sound.finds(n, &format!("{n} and {} swapped under their hashes", n + 1), |conn| {
            let (one, two) = (sound.events[n as usize - 1].hash, sound.events[n as usize].hash);
            move_event(conn, n, 9_999);
            move_event(conn, n + 1, n);
            move_event(conn, 9_999, n + 1);
            set(conn, "log", n, "hash", one.bytes());
            set(conn, "log", n + 1, "hash", two.bytes());
        });
    }
}

#[test]
fn every_repeated_event_is_found_where_it_was_put() {
    let sound = Sound::new();
    let last = sound.len();
    for (n, event) in (1..).zip(&sound.events) {
        let next: u64 =
            sound.events.iter().filter(|e| e.envelope.aggregate == event.envelope.aggregate).count() as u64
                + 1;
        sound.finds(last + 1, &format!("event {n} again at the end"), |conn| repeat(conn, n, last + 1, next));
        sound.finds(last + 1, &format!("event {n} again at the end, with its own hash"), |conn| {
            repeat(conn, n, last + 1, next);
            set(
                conn,
                "log",
                last + 1,
                "hash",
                event_hash(EventHash::GENESIS, &event.envelope, &event.facts, event.payload).bytes(),
            );
        });
        sound.finds(n + 1, &format!("event {n} twice in a row"), |conn| {
            make_room(conn, n + 1, last);
            repeat(conn, n, n + 1, next);
        });
        sound.finds(1, &format!("event {n} again before all others"), |conn| {
            make_room(conn, 1, last);
            repeat(conn, n + 1, 1, next);
        });
    }
}

#[test]
fn a_hash_computed_anew_is_found_at_the_next_event() {
    let sound = Sound::new();
    for (n, event) in (1..sound.len()).zip(&sound.events) {
        for (column, value) in
            [("at", Value::from(event.envelope.at.millis() + 1)), ("by", "mallory".to_owned().into())]
        {
            sound.finds(n + 1, &format!("event {n}, {column} and hash"), |conn| {
                set(conn, "log", n, column, value);
                rehash(conn, &sound.id, n);
            });
        }
        if let Some((salt, body)) = &event.body {
            let salt: [u8; 32] = salt.as_slice().try_into().unwrap();
            let other = body.replacen("\":\"", "\":\"x", 1);
            // An event whose payload no longer reads is found at once.
            let reads =
                Recorded { body: Some((salt.to_vec(), other.clone())), ..event.clone() }.entry().is_ok();
            sound.finds(
                if reads { n + 1 } else { n },
                &format!("event {n}, payload, commitment and hash"),
                |conn| {
                    set(conn, "payloads", n, "body", &other);
                    set(conn, "log", n, "payload", payload_digest(&salt, &other).bytes());
                    rehash(conn, &sound.id, n);
                },
            );
        }
    }
}

/// The documented truth: without a head that was kept elsewhere, a log made anew from some event on to its end is as
/// good as the first one. Only the derived rows give it away, and those can be made anew as well.
#[test]
fn a_tail_that_is_made_anew_as_a_whole_is_another_sound_log_with_another_head() {
    let sound = Sound::new();
    let last = sound.len();
    for n in 2..=last {
        let copy = sound.copy(|conn| {
            without_triggers(conn, |conn| {
                set(conn, "log", n, "at", sound.events[n as usize - 1].envelope.at.millis() + 1);
                (n..=last).for_each(|seq| rehash(conn, &sound.id, seq));
            });
        });
        let mut app = sound.stage.app_at(copy.clone());
        assert_eq!(app.verify(|_| {}).unwrap().first_bad(), None, "{n}");
        app.rebuild(|_| {}).unwrap();
        let report = app.verify(|_| {}).unwrap();
        assert!(report.is_sound(), "{n}: {:?}", report.problems);
        assert_ne!(report.head, sound.events[last as usize - 1].hash, "the anchor tells");
    }
}

/// The documented truth: a log whose end was cut off is a sound log; only a head kept elsewhere says that it was longer.
#[test]
fn a_cut_log_is_sound_once_its_derived_rows_are_cut_too() {
    let sound = Sound::new();
    let last = sound.len();
    for cut in 1..last {
        let copy = sound.copy(|conn| {
            without_triggers(conn, |conn| (last - cut + 1..=last).for_each(|seq| remove(conn, seq)));
        });
        let mut app = sound.stage.app_at(copy);
        let report = app.verify(|_| {}).unwrap();
        assert_eq!(report.first_bad(), None, "{cut}");
        assert!(!report.is_sound(), "{cut}: the derived rows know more than the log");
        app.rebuild(|_| {}).unwrap();
        let report = app.verify(|_| {}).unwrap();
        assert!(report.is_sound(), "{cut}: {:?}", report.problems);
        assert_eq!((report.events, report.head), (last - cut, sound.events[(last - cut) as usize - 1].hash));
    }
}

#[test]
fn every_altered_missing_and_added_row_of_every_derived_table_is_named() {
    let sound = Sound::new();
    let conn = behind_its_back(&sound.file);
    let mut cells = 0;
    for (table, columns) in TABLES {
        let columns: Vec<&str> = columns.split(',').map(str::trim).collect();
        let all = rows(&conn, &format!("SELECT {} FROM {table}", columns.join(", ")));
        assert!(!all.is_empty(), "{table}");
        for row in &all {
            let values: Vec<&dyn rusqlite::ToSql> = row.iter().map(|v| v as &dyn rusqlite::ToSql).collect();
            let here: Vec<String> =
                columns.iter().enumerate().map(|(n, c)| format!("{c} IS ?{}", n + 1)).collect();
            let here = here.join(" AND ");
            for (column, value) in columns.iter().zip(row) {
                let other = other_value(column, value);
                let what = format!("{table}.{column} of {row:?}");
                let report = sound.found_in_data(|conn| {
                    let sql = format!("UPDATE {table} SET {column} = {other} WHERE {here}");
                    assert_eq!(conn.execute(&sql, values.as_slice()).unwrap(), 1);
                });
                named(&report, table, row, &["is missing"], &what);
                let extra = format!("derived table {table}: the log does not give the row");
                assert!(report.problems.iter().any(|p| p.what.as_str().starts_with(&extra)), "{what}");
                cells += 1;
            }
            let report = sound.found_in_data(|conn| {
                conn.execute(&format!("DELETE FROM {table} WHERE {here}"), values.as_slice()).unwrap();
            });
            named(&report, table, row, &["is missing"], &format!("{row:?} deleted"));
            assert_eq!(report.problems.len(), 1, "{:?}", report.problems);
        }
        let first = columns[0];
        let mut added = all[0].clone();
        added[0] = match &added[0] {
            Value::Integer(_) => Value::Integer(4_711),
            _ => Value::Text("added".to_owned()),
        };
        let report = sound.found_in_data(|conn| {
            let from = format!("SELECT * FROM {table} WHERE {first} IS ?1 LIMIT 1");
            let kept: Vec<&str> = columns[1..].to_vec();
            let sql = format!(
                "INSERT INTO {table} ({}) SELECT ?2, {} FROM ({from})",
                columns.join(", "),
                kept.join(", ")
            );
            conn.execute(&sql, params![all[0][0], added[0]]).unwrap();
        });
        named(&report, table, &added, &["the log does not give the row"], "an added row");
        assert_eq!(report.problems.len(), 1, "{:?}", report.problems);
    }
    assert!(cells > 200, "{cells}");
}

/// SQL for a value that differs from `value` and that the column takes.
fn other_value(column: &str, value: &Value) -> String {
    match (column, value) {
        (_, Value::Integer(n)) if *n > i64::MAX - 1000 => format!("{column} - 1000"),
        (_, Value::Integer(_)) => format!("{column} + 1000"),
        (_, Value::Text(_)) => format!("{column} || '~'"),
        ("expires_at" | "next_due_at" | "claim_until" | "closed_at", Value::Null) => "1".to_owned(),
        (_, Value::Null) => "'x'".to_owned(),
        other => panic!("{other:?}"),
    }
}

/// The report has a sentence with the table and the row, says one of `how`, and holds the chain for sound.
fn named(report: &Report, table: &str, row: &[Value], how: &[&str], what: &str) {
    assert_eq!(report.first_bad(), None, "{what}");
    let key = match &row[0] {
        Value::Integer(n) => format!("({n}, "),
        Value::Text(t) => format!("({}, ", t.chars().take(60).collect::<String>()),
        other => panic!("{other:?}"),
    };
    let says = |p: &countersign::app::Problem| {
        let words = p.what.as_str();
        words.starts_with(&format!("derived table {table}:"))
            && words.contains(&key)
            && how.iter().all(|h| words.contains(h))
    };
    assert!(report.problems.iter().any(says), "{what}: {key}: {:?}", report.problems);
}

#[test]
fn every_part_of_the_schema_that_is_dropped_changed_or_added_is_named() {
    let sound = Sound::new();
    let conn = behind_its_back(&sound.file);
    let parts =
        rows(&conn, "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND type <> 'table'");
    assert!(parts.len() >= 9, "{parts:?}");
    for part in &parts {
        let (sort, name, sql) = (text(&part[0]), text(&part[1]), text(&part[2]));
        let report =
            sound.verified(sound.copy(|conn| conn.execute_batch(&format!("DROP {sort} {name}")).unwrap()));
        schema_says(&report, &format!("the schema: {sort} {name} is missing"));
        let other = match sort {
            "trigger" => format!("CREATE TRIGGER {name} AFTER INSERT ON drafts BEGIN SELECT 1; END"),
            _ => format!("{sql} -- as it was"),
        };
        let report = sound.verified(
            sound.copy(|conn| conn.execute_batch(&format!("DROP {sort} {name}; {other}")).unwrap()),
        );
        if sort == "trigger" {
            schema_says(&report, &format!("the schema: {sort} {name} is not ours"));
        }
    }
    for (added, what) in [
        ("CREATE TRIGGER quiet AFTER INSERT ON log BEGIN DELETE FROM drafts; END", "trigger quiet"),
        ("CREATE INDEX more ON log (by)", "index more"),
        ("CREATE VIEW inbox_of_all AS SELECT * FROM inbox", "view inbox_of_all"),
        ("CREATE TABLE notes (a)", "table notes"),
    ] {
        let report = sound.verified(sound.copy(|conn| conn.execute_batch(added).unwrap()));
        schema_says(&report, &format!("the schema: {what} should not be there"));
    }
    let report = sound.verified(sound.copy(|conn| conn.execute_batch("DROP TABLE drafts").unwrap()));
    schema_says(&report, "the schema: table drafts is missing");
}

fn schema_says(report: &Report, sentence: &str) {
    assert_eq!(report.first_bad(), None);
    assert!(report.problems.iter().any(|p| p.what.as_str() == sentence), "{sentence}: {:?}", report.problems);
}

#[test]
fn an_edit_is_found_whether_or_not_the_trigger_that_forbids_it_is_put_back() {
    let sound = Sound::new();
    for n in 1..=sound.len() {
        let report = sound.verified(sound.copy(|conn| {
            conn.execute_batch("DROP TRIGGER log_is_not_changed").unwrap();
            set(conn, "log", n, "by", "mallory");
        }));
        assert_eq!(report.first_bad(), Some(Seq(n)));
        let says = |words: &str| report.problems.iter().any(|p| p.what.as_str().contains(words));
        assert!(says("trigger log_is_not_changed is missing"), "{:?}", report.problems);
    }
}

#[test]
fn as_long_as_they_are_there_the_triggers_stop_every_edit() {
    let sound = Sound::new();
    sound.copy(|conn| {
        conn.execute_batch("PRAGMA recursive_triggers = ON").unwrap();
        for (sql, words) in [
            ("UPDATE log SET by = 'mallory' WHERE seq = 3", "append-only"),
            ("DELETE FROM log WHERE seq = 3", "append-only"),
            ("INSERT OR REPLACE INTO log SELECT * FROM log WHERE seq = 3", "the log"),
            ("INSERT INTO log SELECT 9999, 'R-99', 1, at, by, assurance, name, facts, payload, hash FROM log WHERE seq = 3", "no gaps"),
            ("UPDATE payloads SET body = '{}'", "never changed"),
            ("UPDATE store SET id = id", "keeps its id"),
            ("DELETE FROM store", "keeps its id"),
        ] {
            let told = conn.execute_batch(sql).unwrap_err().to_string();
            assert!(told.contains(words), "{sql}: {told}");
        }
    });
}

#[test]
fn another_store_id_is_found_at_the_first_event() {
    let sound = Sound::new();
    sound.finds(1, "another store id", |conn| {
        conn.execute("UPDATE store SET id = ?1", ["0123456789abcdef0123456789abcdef"]).unwrap();
    });
}

// What is no text, no hash or no number at all must be found and named too, not stop the search.

#[test]
fn bytes_that_are_no_text_are_found_at_their_event() {
    let sound = Sound::new();
    for n in 1..=sound.len() {
        for column in ["aggregate", "by", "assurance", "name", "facts"] {
            sound.finds(n, &format!("no text in {column} of {n}"), |conn| {
                let sql = format!("UPDATE log SET {column} = CAST(x'ff41' AS TEXT) WHERE seq = ?1");
                conn.execute(&sql, [n]).unwrap();
            });
        }
        if sound.events[n as usize - 1].body.is_some() {
            sound.finds(n, &format!("no text in the payload of {n}"), |conn| {
                conn.execute("UPDATE payloads SET body = CAST(x'ff41' AS TEXT) WHERE seq = ?1", [n]).unwrap();
            });
        }
    }
}

#[test]
fn values_that_the_form_forbids_are_found_at_their_event() {
    let sound = Sound::new();
    for n in 1..=sound.len() {
        for (column, value) in [("hash", "x'00'"), ("payload", "x'00'"), ("version", "-1")] {
            sound.finds(n, &format!("{column} = {value} of {n}"), |conn| {
                conn.execute_batch("PRAGMA ignore_check_constraints = ON").unwrap();
                conn.execute(&format!("UPDATE log SET {column} = {value} WHERE seq = ?1"), [n]).unwrap();
            });
        }
    }
}

#[test]
fn an_event_that_stands_before_the_first_is_found() {
    let sound = Sound::new();
    for place in [0, -1, -4_711] {
        let report = sound.found_in_data(|conn| {
            conn.execute_batch("PRAGMA ignore_check_constraints = ON").unwrap();
            let insert = "INSERT INTO log SELECT ?1, aggregate, 99, at, by, assurance, name, facts, payload, hash FROM log WHERE seq = 2";
            conn.execute(insert, [place]).unwrap();
        });
        assert_eq!(report.first_bad(), Some(Seq(0)), "{place}: {:?}", report.problems);
    }
}

#[test]
fn a_payload_that_stands_before_the_first_event_is_found() {
    let sound = Sound::new();
    let report = sound.found_in_data(|conn| {
        conn.execute_batch("INSERT INTO payloads (seq, salt, body) VALUES (-5, zeroblob(32), '{}')").unwrap();
    });
    assert!(report.problems.iter().any(|p| p.what.as_str().contains("payload")), "{:?}", report.problems);
}

#[test]
fn bytes_that_are_no_text_in_a_derived_row_are_named() {
    let sound = Sound::new();
    for (table, column) in
        [("requests", "title"), ("inbox", "asker"), ("names", "name"), ("counters", "name")]
    {
        let report = sound.found_in_data(|conn| {
            let sql = format!("UPDATE {table} SET {column} = CAST(x'ff41' AS TEXT) WHERE rowid_of = 1");
            let one = format!("SELECT {column} FROM {table} LIMIT 1");
            let sql = sql.replace("rowid_of = 1", &format!("{column} = ({one})"));
            assert!(conn.execute(&sql, []).unwrap() > 0);
        });
        assert_eq!(report.first_bad(), None);
        let begins = format!("derived table {table}:");
        assert!(
            report.problems.iter().any(|p| p.what.as_str().starts_with(&begins)),
            "{:?}",
            report.problems
        );
    }
}

#[test]
fn the_first_bad_event_is_the_first_however_many_are_bad() {
    let sound = Sound::new();
    // One payload too many at an event that has none, found last; and a break at every event behind it, often.
    let early = (2..).zip(&sound.events[1..]).find(|(_, e)| e.payload.is_none()).unwrap().0;
    sound.finds(early, "more than are listed", |conn| {
        conn.execute("INSERT INTO payloads (seq, salt, body) VALUES (?1, zeroblob(32), '{}')", [early]).unwrap();
        let last = sound.len();
        for n in 1..=60 {
            let insert = "INSERT INTO log SELECT ?1, 'R-2', ?2, at, by, assurance, name, facts, payload, hash FROM log WHERE seq = 3";
            conn.execute(insert, [last + n, 100 + n]).unwrap();
        }
    });
}

#[test]
fn a_derived_table_that_is_gone_or_lacks_a_column_is_named() {
    let sound = Sound::new();
    for (table, _) in TABLES {
        let report =
            sound.verified(sound.copy(|conn| conn.execute_batch(&format!("DROP TABLE {table}")).unwrap()));
        schema_says(&report, &format!("the schema: table {table} is missing"));
    }
    let drop_column = "ALTER TABLE requests DROP COLUMN tenant";
    let report = sound.verified(sound.copy(|conn| conn.execute_batch(drop_column).unwrap()));
    schema_says(&report, "the schema: table requests is not ours");
}

#[test]
fn a_store_whose_identity_is_gone_is_damaged_and_not_a_broken_disk() {
    let sound = Sound::new();
    for attack in ["DELETE FROM store", "UPDATE store SET id = 'ZZ345678901234567890123456789012'"] {
        let copy = sound.copy(|conn| without_triggers(conn, |conn| conn.execute_batch(attack).unwrap()));
        let Err(told) = sound.stage.try_app_at(copy, None) else { panic!("{attack}: it was opened") };
        assert_eq!(told.exit_code(), countersign::domain::refusal::exit::NOT_VERIFIED, "{attack}: {told}");
    }
}

#[test]
fn the_command_line_exits_with_five_and_names_the_event() {
    let sound = Sound::new();
    let verify = |copy: &PathBuf| {
        let done = std::process::Command::new(env!("CARGO_BIN_EXE_countersign"))
            .args(["audit", "verify"])
            .env("COUNTERSIGN_STORE", copy)
            .env("COUNTERSIGN_CONFIG", sound.stage.config())
            .output()
            .unwrap();
        let words = [done.stdout, done.stderr].concat();
        (done.status.code(), String::from_utf8(words).unwrap())
    };
    let (code, words) = verify(&sound.copy(|_| {}));
    assert_eq!(code, Some(0), "{words}");
    assert!(
        words.contains(&format!("{} events", sound.len())) && words.contains("truncation cannot be excluded"),
        "{words}"
    );
    let edited = sound.copy(|conn| {
        without_triggers(conn, |conn| set(conn, "log", 7, "facts", &other_facts(&sound.events[6].facts)[0]));
    });
    let (code, words) = verify(&edited);
    assert_eq!(code, Some(5), "{words}");
    assert!(words.contains("event 7 "), "{words}");
}

/// Whatever a broken disk or a hex editor does to one byte: either it is found, or nothing that is stored has changed.
#[test]
fn a_flipped_bit_is_found_or_changes_nothing_that_is_stored() {
    let sound = Sound::new();
    let everything = |file: &std::path::Path| -> Vec<Vec<Vec<Value>>> {
        let conn = behind_its_back(file);
        let tables = ["store", "log", "payloads"].into_iter().chain(TABLES.map(|(name, _)| name));
        tables.map(|table| rows(&conn, &format!("SELECT * FROM {table} ORDER BY 1, 2"))).collect()
    };
    let before = everything(&sound.file);
    let bytes = std::fs::read(&sound.file).unwrap();
    let (mut found, mut harmless) = (0, 0);
    let mut dice: u64 = 1;
    for _ in 0..500 {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (at, bit) = ((dice >> 33) as usize % bytes.len(), (dice >> 20) % 8);
        let copy = sound.copy(|_| {});
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << bit;
        std::fs::write(&copy, flipped).unwrap();
        let report = sound.stage.try_app_at(copy.clone(), None).and_then(|mut app| app.verify(|_| {}));
        if report.is_ok_and(|report| report.is_sound()) {
            assert_eq!(everything(&copy), before, "byte {at}, bit {bit}");
            harmless += 1;
        } else {
            found += 1;
        }
    }
    // The larger part of a small file is room for what is to come, and the local tables.
    assert!(found > 50 && harmless > 10, "{found} found, {harmless} harmless");
}
