//! Keeping the store: its own events, and the counts by which somebody sees that something is wrong with it.

use crate::domain::event::{Entry, KEEPING};
use crate::domain::moment::Moment;
use crate::domain::names::Seq;
use crate::store::derive::EVERYTHING;
use crate::store::failure::{Failure, failed};
use crate::store::log::{Appending, COLUMNS, Recorded, recorded, row_of};
use crate::store::open::Store;
use crate::store::write::Tx;
use rusqlite::{OptionalExtension, params};

/// How many late requests are looked for: nobody needs a greater number.
const LATE: i64 = 1_000;
/// How many of the newest decisions are looked at for the share of refusals.
const DECIDED: i64 = 10_000;

impl Store {
    /// How many open requests were due before `then`; no more than a thousand are looked for.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn overdue_since(&self, then: Moment) -> Result<u64, Failure> {
        self.conn
            .prepare_cached(
                "SELECT count(*) FROM (SELECT 1 FROM inbox INDEXED BY inbox_by_due
                     WHERE slot = ?1 AND due_at < ?2 LIMIT ?3)",
            )
            .and_then(|mut query| query.query_row(params![EVERYTHING, then.millis(), LATE], |row| row.get(0)))
            .map_err(|e| failed("counting what is late", e))
    }

    /// How many were refused since `then`, and how many decided, of the newest ten thousand.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn refused_since(&self, then: Moment) -> Result<(u64, u64), Failure> {
        self.conn
            .prepare_cached(
                "SELECT coalesce(sum(state = 'rejected'), 0), count(*) FROM
                     (SELECT state FROM requests INDEXED BY requests_by_closing
                      WHERE closed_at IS NOT NULL AND closed_at > ?1 ORDER BY closed_at DESC LIMIT ?2)
                 WHERE state IN ('approved', 'rejected', 'overridden')",
            )
            .and_then(|mut query| {
                query.query_row(params![then.millis(), DECIDED], |row| Ok((row.get(0)?, row.get(1)?)))
            })
            .map_err(|e| failed("counting what was refused", e))
    }
}

impl Store {
    /// What was done to keep the store, oldest first; the last `limit` of it.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn kept_events(&self, limit: u64) -> Result<Vec<Recorded>, Failure> {
        let reading = |e| failed("reading how the store was kept", e);
        let sql = format!(
            "SELECT {COLUMNS} FROM log l LEFT JOIN payloads p USING (seq) WHERE l.aggregate = ?1
             ORDER BY l.version DESC LIMIT ?2"
        );
        let mut query = self.conn.prepare_cached(&sql).map_err(reading)?;
        let rows =
            query.query_map(params![KEEPING, limit], |row| recorded(row, &self.id)).map_err(reading)?;
        let mut events = rows.collect::<rusqlite::Result<Vec<_>>>().map_err(reading)?;
        events.reverse();
        Ok(events)
    }
}

impl Tx<'_> {
    /// Appends what was done to keep the store.
    ///
    /// # Errors
    /// When SQLite refuses the row.
    pub fn keep_in_the_log(&mut self, entry: &Entry) -> Result<Seq, Failure> {
        let last: Option<u64> = self
            .conn()
            .prepare_cached("SELECT version FROM log WHERE aggregate = ?1 ORDER BY version DESC LIMIT 1")
            .and_then(|mut query| query.query_row([KEEPING], |row| row.get(0)).optional())
            .map_err(|e| failed("numbering what is kept", e))?;
        let row = row_of(KEEPING, last.unwrap_or(0) + 1, entry, self.chance())?;
        Appending::at_head(self.conn(), self.store())?.append(row)
    }
}
