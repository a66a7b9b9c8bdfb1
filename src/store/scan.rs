//! The first rows of a queue with their words, kept while nothing was written: who types a filter asks for the same rows
//! with every letter.
//!
//! What is kept counts only while SQLite says that the file is as it was, for the same reader, and until time makes one
//! of the rows overdue or the minute ends, which is when a screen reads its list again anyway.

use crate::domain::moment::Moment;
use crate::store::failure::{Failure, failed};
use crate::store::inbox::{From, Reader, Row};
use crate::store::open::Store;
use crate::store::queue::Queue;
use crate::store::seen::numbers_of;
use rusqlite::Connection;
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

/// How many rows are looked at, at most.
pub const LOOKED_AT: usize = 2_000;

/// The first rows of a queue, as they were at one moment.
#[derive(Debug)]
pub struct Scan {
    queue: Queue,
    reader: Reader,
    /// By what SQLite knows whether anything was written since: by others, and by this connection.
    written: (i64, u64),
    at: Moment,
    until: Moment,
    /// The rows, with what the reader did to them.
    pub rows: Vec<Row>,
    /// The words of each open row, each behind a line feed.
    words: Option<HashMap<u64, String>>,
    /// Words that more requests have than are looked at.
    common: BTreeSet<String>,
}

/// The scan that was made last.
#[derive(Debug, Default)]
pub struct LastScan(RefCell<Option<Scan>>);

impl Scan {
    /// Whether there may be more rows behind these.
    pub fn is_cut(&self) -> bool {
        self.rows.len() >= LOOKED_AT
    }

    /// Whether a word begins with `beginning` that is known to be too common to begin a search with.
    pub fn knows_as_common(&self, beginning: &str) -> bool {
        self.common.range(beginning.to_owned()..).next().is_some_and(|w| w.starts_with(beginning))
    }

    /// Notes that more requests have this word than are looked at.
    pub fn note_common(&mut self, word: &str) {
        self.common.insert(word.to_owned());
    }

    /// Reads the words of the open rows, unless they were read before.
    ///
    /// # Errors
    /// When the index of words cannot be read.
    pub fn read_words(&mut self, conn: &Connection) -> rusqlite::Result<()> {
        if self.words.is_none() {
            self.words = Some(words_of(conn, &self.rows)?);
        }
        Ok(())
    }

    /// Whether each of `beginnings` begins one of the words of an open row, as they were read.
    pub fn has_words(&self, row: &Row, beginnings: &[String]) -> bool {
        let words = self.words.as_ref().and_then(|words| words.get(&row.id.number()));
        let words = words.map_or("", String::as_str);
        beginnings.iter().all(|beginning| words.contains(beginning.as_str()))
    }
}

/// How the beginning of a word is looked for in the words of a row.
pub fn beginning(word: &str) -> String {
    format!("\n{word}")
}

fn words_of(conn: &Connection, rows: &[Row]) -> rusqlite::Result<HashMap<u64, String>> {
    let mut words: HashMap<u64, String> = HashMap::with_capacity(rows.len());
    let mut query = conn.prepare_cached(
        "SELECT w.request, w.word FROM json_each(?1) j CROSS JOIN words w INDEXED BY words_by_request
             ON w.request = j.value",
    )?;
    let mut found = query.query([numbers_of(rows)])?;
    while let Some(row) = found.next()? {
        let all = words.entry(row.get(0)?).or_default();
        all.push('\n');
        all.push_str(row.get_ref(1)?.as_str()?);
    }
    Ok(words)
}

impl Store {
    /// The first rows of a queue, as they are or as they were when they were asked for last and nothing was written since.
    /// Whoever takes them gives them back to [`Store::keep_scan`].
    pub(super) fn scan(&self, queue: Queue, reader: &Reader, now: Moment) -> Result<Scan, Failure> {
        let written = self.written().map_err(|e| failed("looking for requests", e))?;
        let holds = |last: &Scan| {
            last.queue == queue
                && last.written == written
                && (last.at..last.until).contains(&now)
                && last.reader == *reader
        };
        if let Some(last) = self.last_scan.0.take().filter(holds) {
            return Ok(last);
        }
        let everything = Reader { seen_by: None, ..reader.clone() };
        let mut rows = self.bare_page(queue, From::Start, LOOKED_AT, &everything, now)?;
        self.note_snoozes(&mut rows, reader, now)?;
        self.note_overtaken(&mut rows, reader)?;
        let minute_ends = (now.millis().div_euclid(60_000) + 1) * 60_000;
        let due = rows.iter().map(|row| row.due_at.millis()).filter(|due| *due > now.millis()).min();
        let until = Moment::from_millis(due.unwrap_or(i64::MAX).min(minute_ends));
        // What is written between the question and the reading is read, and asked for once more.
        Ok(Scan {
            queue,
            reader: reader.clone(),
            written,
            at: now,
            until,
            rows,
            words: None,
            common: BTreeSet::new(),
        })
    }

    /// Keeps a scan for the next question.
    pub(super) fn keep_scan(&self, scan: Scan) {
        self.last_scan.0.replace(Some(scan));
    }

    fn written(&self) -> rusqlite::Result<(i64, u64)> {
        let others = self
            .conn
            .prepare_cached("PRAGMA data_version")
            .and_then(|mut query| query.query_row([], |row| row.get(0)))?;
        Ok((others, self.conn.total_changes()))
    }
}
