//! Verifying: SQLite's own check, the chain of hashes, and a full rebuild compared both ways with what is stored.
//!
//! All three are needed: on random byte flips each of them finds some that the others miss.

mod compare;

use crate::domain::digest::EventHash;
use crate::domain::log::{event_hash, payload_digest};
use crate::domain::names::{RequestId, Seq};
use crate::domain::text::{Safe, safe_line};
use crate::store::derive::{Derived, TABLES};
use crate::store::failure::{Failure, failed};
use crate::store::log::{COLUMNS, HASH, Recorded, recorded};
use crate::store::open::{SCHEMA, Store};
use crate::store::rebuild::{is_replayed, replay, replay_beside};
use crate::store::rollouts;
use crate::store::tally::Tally;
use compare::{compare, schema_of};
use rusqlite::Connection;
use std::collections::BTreeSet;

/// Something that does not verify.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// The event it concerns; nothing for the tables and the file.
    pub seq: Option<Seq>,
    /// What is wrong.
    pub what: Safe,
}

/// What verifying found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Report {
    /// How many events there are.
    pub events: u64,
    /// The hash of the last one, as stored.
    pub head: EventHash,
    /// Payloads that are gone: redacted, which is not tampering with facts.
    pub payloads_gone: Vec<Seq>,
    /// The requests they belonged to.
    pub redacted: BTreeSet<RequestId>,
    /// Derived rows that still know redacted words; `rebuild` forgets them.
    pub stale_rows: u64,
    /// Files of evidence that are here, each as its digest says.
    pub files: u64,
    /// Files that an event names and that are gone: redacted.
    pub files_gone: u64,
    /// Payloads that are gone and of which no event says who took them out.
    pub unexplained: Vec<Seq>,
    /// Events that decide something.
    pub decisions: u64,
    /// Decisions that carry a signature.
    pub signed: u64,
    /// Everything that does not verify, events first; at most [`MOST`].
    pub problems: Vec<Problem>,
}

/// How many problems are listed before the rest is left out.
pub const MOST: usize = 50;

impl Report {
    /// Whether everything verified.
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }

    /// The first event that does not verify.
    pub fn first_bad(&self) -> Option<Seq> {
        self.problems.iter().filter_map(|p| p.seq).min()
    }

    /// Adds a problem.
    pub fn wrong(&mut self, seq: Option<u64>, what: impl AsRef<str>) {
        // However long the list is, the first bad event is in it.
        let is_first = seq.is_some_and(|seq| self.first_bad().is_none_or(|first| Seq(seq) < first));
        if self.problems.len() < MOST || is_first {
            self.problems.push(Problem { seq: seq.map(Seq), what: safe_line(what.as_ref()) });
        }
    }

    /// Counts what an event is, beside whether it is sound.
    fn count(&mut self, event: &Recorded) {
        if matches!(
            event.envelope.name.as_str(),
            "signoff.given"
                | "signoff.by_rule"
                | "request.rejected"
                | "request.answered"
                | "request.changes_requested"
                | "request.overridden"
        ) {
            self.decisions += 1;
            self.signed += u64::from(event.envelope.assurance.starts_with("signed"));
        }
        if event.payload.is_some() && event.body.is_none() {
            self.payloads_gone.push(event.envelope.seq);
            self.redacted.extend(RequestId::parse(&event.envelope.aggregate));
        }
    }
}

impl Store {
    /// Verifies the whole store as it is at one moment. `tell` hears how many events are done.
    ///
    /// # Errors
    /// When the file cannot be read at all; what can be read and is wrong stands in the report.
    pub fn verify(&mut self, tell: impl FnMut(u64)) -> Result<Report, Failure> {
        self.expect_much();
        let beginning = |e| failed("beginning to verify", e);
        // One snapshot for everything; it is only read. While nobody writes, a second connection sees the same one.
        let begin = "BEGIN; SELECT count(*) FROM store";
        let held = self.lock.take_if_free();
        self.conn.execute_batch(begin).map_err(beginning)?;
        let reading = held.as_ref().and_then(|_| self.another());
        let reading = reading.filter(|reading| reading.execute_batch(begin).is_ok());
        drop(held);
        let report = self.verify_snapshot(reading, tell);
        let _ = self.conn.execute_batch("ROLLBACK");
        report
    }

    fn verify_snapshot(&self, reading: Option<Connection>, tell: impl FnMut(u64)) -> Result<Report, Failure> {
        let mut report = Report {
            events: 0,
            head: EventHash::GENESIS,
            payloads_gone: Vec::new(),
            redacted: BTreeSet::new(),
            stale_rows: 0,
            files: 0,
            files_gone: 0,
            unexplained: Vec::new(),
            decisions: 0,
            signed: 0,
            problems: Vec::new(),
        };
        self.check_chain(&mut report, tell)?;
        self.check_payloads(&mut report)?;
        self.check_evidence(&mut report)?;
        let taken = self.redactions()?;
        report.unexplained =
            report.payloads_gone.iter().filter(|seq| !taken.contains(seq)).copied().collect();
        self.check_policies(&mut report)?;
        self.check_team(&mut report)?;
        self.check_file(&mut report)?;
        let fresh = Connection::open("").and_then(|conn| conn.execute_batch(SCHEMA).map(|()| conn));
        let fresh = fresh.map_err(|e| failed("making a table to compare with", e))?;
        self.check_schema(&fresh, &mut report)?;
        self.check_derived(&fresh, reading, &mut report)?;
        report.problems.sort_by_key(|p| p.seq.map_or(u64::MAX, |s| s.0));
        report.problems.truncate(MOST);
        Ok(report)
    }

    /// Every event in order: no gap, and its hash follows from the one before it. A row that holds what no event can
    /// hold is a bad event, not the end of the search.
    fn check_chain(&self, report: &mut Report, mut tell: impl FnMut(u64)) -> Result<(), Failure> {
        let reading = |e| failed("reading the log", e);
        let sql = format!("SELECT {COLUMNS} FROM log l LEFT JOIN payloads p USING (seq) ORDER BY l.seq");
        let mut query = self.conn.prepare(&sql).map_err(reading)?;
        let mut rows = query.query([]).map_err(reading)?;
        let mut previous = EventHash::GENESIS;
        let mut expected = 1u64;
        while let Some(row) = rows.next().map_err(reading)? {
            let place: i64 = row.get(0).map_err(reading)?;
            let Some(seq) = u64::try_from(place).ok().filter(|seq| *seq > 0) else {
                report.wrong(Some(0), format!("event {place} stands before the first"));
                continue;
            };
            if seq != expected {
                let missing = if seq == expected + 1 {
                    format!("event {expected} is missing")
                } else {
                    format!("events {expected} to {} are missing", seq - 1)
                };
                report.wrong(Some(expected), missing);
            }
            previous = match recorded(row, &self.id) {
                Ok(event) => {
                    if let Err(why) = check_event(&event, previous) {
                        report.wrong(Some(seq), format!("event {seq} {why}"));
                    }
                    report.count(&event);
                    event.hash
                }
                Err(e) => {
                    report.wrong(Some(seq), format!("event {seq} cannot be read: {e}"));
                    row.get(HASH).map_or(previous, EventHash::from_bytes)
                }
            };
            expected = seq + 1;
            report.events += 1;
            if report.events.is_multiple_of(10_000) {
                tell(report.events);
            }
        }
        report.head = previous;
        if report.events == 0 {
            report.wrong(Some(1), "event 1 is missing: the log is empty");
        }
        Ok(())
    }

    /// No payload stands where no event committed to one.
    fn check_payloads(&self, report: &mut Report) -> Result<(), Failure> {
        let reading = |e| failed("reading the payloads", e);
        let mut query = self
            .conn
            .prepare(
                "SELECT p.seq FROM payloads p LEFT JOIN log l USING (seq) WHERE l.payload IS NULL ORDER BY p.seq LIMIT 50",
            )
            .map_err(reading)?;
        for seq in query.query_map([], |row| row.get::<_, i64>(0)).map_err(reading)? {
            let seq = seq.map_err(reading)?;
            let event = u64::try_from(seq).unwrap_or(0);
            report.wrong(Some(event), format!("event {seq} has a payload that it never committed to"));
        }
        Ok(())
    }

    fn check_file(&self, report: &mut Report) -> Result<(), Failure> {
        let reading = |e| failed("asking SQLite to check the file", e);
        let mut query = self.conn.prepare("PRAGMA integrity_check(20)").map_err(reading)?;
        for line in query.query_map([], |row| row.get::<_, String>(0)).map_err(reading)? {
            let line = line.map_err(reading)?;
            if line != "ok" {
                report.wrong(None, format!("the file: {line}"));
            }
        }
        Ok(())
    }

    /// The tables, indexes and triggers are the ones this program makes.
    fn check_schema(&self, fresh: &Connection, report: &mut Report) -> Result<(), Failure> {
        let expected = schema_of(fresh)?;
        let found = schema_of(&self.conn)?;
        for (name, sql) in &expected {
            match found.iter().find(|(n, _)| n == name) {
                None => report.wrong(None, format!("the schema: {name} is missing")),
                Some((_, other)) if other != sql => {
                    report.wrong(None, format!("the schema: {name} is not ours"))
                }
                Some(_) => {}
            }
        }
        for (name, _) in found.iter().filter(|(n, _)| !expected.iter().any(|(e, _)| e == n)) {
            report.wrong(None, format!("the schema: {name} should not be there"));
        }
        Ok(())
    }

    /// Replays the log into fresh tables and compares them row by row, both ways.
    fn check_derived(
        &self,
        fresh: &Connection,
        reading: Option<Connection>,
        report: &mut Report,
    ) -> Result<(), Failure> {
        let filling = |e| failed("filling a table to compare with", e);
        fresh
            .execute_batch(
                "PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF; PRAGMA cache_size = -16384; BEGIN",
            )
            .map_err(filling)?;
        let wrong = std::cell::RefCell::new(Vec::new());
        let mut tally = Tally::default();
        let mut each = |derived: Derived| {
            // A log that was tampered with can give two requests one number; that is a problem, not a failure.
            derived.write(fresh, &mut tally).or_else(|e| {
                wrong.borrow_mut().push((None, format!("{} cannot be derived: {e}", derived.request.id)));
                Ok(())
            })
        };
        let not = |seq, why| {
            wrong.borrow_mut().push((Some(seq), format!("event {seq} {why}")));
            Ok(())
        };
        match reading {
            Some(reading) => replay_beside(reading, &self.id, each, not)?,
            None => replay(&self.conn, &self.id, |request| each(Derived::of(request)), not)?,
        }
        tally.write(fresh)?;
        rollouts::replay(&self.conn, &self.id, |rollout| rollouts::derive(fresh, rollout), not)?;
        fresh.execute_batch("COMMIT").map_err(filling)?;
        for (seq, what) in wrong.into_inner() {
            if !report.problems.iter().any(|p| p.seq.is_some() && p.seq.map(|s| s.0) == seq) {
                report.wrong(seq, what);
            }
        }
        for (table, columns) in TABLES {
            compare(&self.conn, fresh, table, columns, report)?;
        }
        Ok(())
    }
}

/// What one event says against itself and the one before it.
fn check_event(event: &Recorded, previous: EventHash) -> Result<(), String> {
    if let (Some(committed), Some((salt, body))) = (event.payload, &event.body) {
        let salt: [u8; 32] =
            salt.as_slice().try_into().map_err(|_| "has a salt of the wrong length".to_owned())?;
        if payload_digest(&salt, body) != committed {
            return Err("has another payload than the one it committed to".to_owned());
        }
    }
    let hash = event_hash(previous, &event.envelope, &event.facts, event.payload);
    if hash != event.hash {
        return Err("does not have the hash that follows from it and the event before it".to_owned());
    }
    if is_replayed(&event.envelope.aggregate) {
        return Ok(()); // whether it can be read is found then
    }
    event.entry().map(|_| ()).or_else(|why| {
        let first =
            event.envelope.name == crate::domain::log::STORE_CREATED && event.envelope.aggregate == "store";
        if first { Ok(()) } else { Err(format!("cannot be read: {why}")) }
    })
}
