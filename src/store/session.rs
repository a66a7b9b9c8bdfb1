//! What came through SSH and was not obeyed: an aggregate of its own, with at most so many events a minute, so that
//! nobody fills the log by typing nonsense.

use crate::domain::event::{Entry, SESSION};
use crate::domain::moment::{Moment, Span};
use crate::domain::names::{PrincipalName, Seq};
use crate::store::failure::{Failure, failed};
use crate::store::log::{Appending, row_of};
use crate::store::write::Tx;
use rusqlite::OptionalExtension;

/// How many refused lines of one principal are recorded within a minute; what comes beyond is refused all the same.
pub const PER_PRINCIPAL: u64 = 10;
/// How many of all principals together are.
pub const IN_ALL: u64 = 100;

impl Tx<'_> {
    /// Whether one more refused line of `by` is recorded at `now`.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn notes_refusal_of(&self, by: &PrincipalName, now: Moment) -> Result<bool, Failure> {
        let since = now.minus(Span::from_minutes(1)).millis();
        let (own, all): (u64, u64) = self
            .conn()
            .prepare_cached(
                "SELECT coalesce(sum(by = ?1), 0), count(*) FROM
                   (SELECT by, at FROM log WHERE aggregate = ?2 ORDER BY version DESC LIMIT ?3)
                 WHERE at > ?4",
            )
            .and_then(|mut query| {
                let limit = IN_ALL;
                query.query_row(rusqlite::params![by.as_str(), SESSION, limit, since], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })
            })
            .map_err(|e| failed("counting what was refused", e))?;
        Ok(own < PER_PRINCIPAL && all < IN_ALL)
    }

    /// Appends a refused line.
    ///
    /// # Errors
    /// When SQLite refuses a row.
    pub fn note_refusal(&mut self, entry: &Entry) -> Result<Seq, Failure> {
        let last: Option<u64> = self
            .conn()
            .prepare_cached("SELECT version FROM log WHERE aggregate = ?1 ORDER BY version DESC LIMIT 1")
            .and_then(|mut query| query.query_row([SESSION], |row| row.get(0)).optional())
            .map_err(|e| failed("numbering what was refused", e))?;
        let row = row_of(SESSION, last.unwrap_or(0) + 1, entry, self.chance())?;
        Appending::at_head(self.conn(), self.store())?.append(row)
    }
}
