//! Drafts: words that were typed and not yet sent. Local, never a decision, and in no export.
//!
//! They have a connection of their own: the thread that notices a hang-up must get at them whatever the rest of the
//! program is doing.

use crate::domain::moment::Moment;
use crate::domain::names::{PrincipalName, RequestId};
use crate::domain::text::safe_line;
use crate::store::failure::{Failure, failed};
use crate::store::lock::{Held, WritersLock};
use crate::store::open::{Store, connect};
use rusqlite::{Connection, params};
use std::time::{Duration, Instant};

/// How long SQLite itself is waited for: the writers' lock is held then, so that only a stranger can be in the way.
const BRIEFLY: Duration = Duration::from_millis(100);
/// How often a lock that somebody holds is looked at again.
const AGAIN: Duration = Duration::from_millis(10);

/// One person's drafts, as they stand in the file.
#[derive(Debug)]
pub struct DraftBox {
    conn: Connection,
    lock: WritersLock,
    author: PrincipalName,
}

/// A draft as it stands in the file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stored {
    /// On which request.
    pub request: RequestId,
    /// For which verb.
    pub verb: String,
    /// What was written, in the form of the floor above.
    pub body: String,
    /// When it was kept.
    pub at: Moment,
}

impl Store {
    /// The drafts of `author`, on a connection of their own.
    ///
    /// # Errors
    /// When the file cannot be opened again.
    pub fn drafts(&self, author: &PrincipalName) -> Result<DraftBox, Failure> {
        let conn = connect(&self.path)?;
        conn.busy_timeout(BRIEFLY).map_err(|e| failed("opening the drafts", e))?;
        Ok(DraftBox { conn, lock: WritersLock::beside(&self.path)?, author: author.clone() })
    }
}

impl DraftBox {
    /// Keeps a draft, replacing an earlier one; without a body it is forgotten. Not a use case: no event, no bell, and
    /// no place in the queue of writers: it is written only while nobody holds the writers' lock.
    ///
    /// # Errors
    /// [`Failure::Busy`] when the lock is held all through `patience`; or it cannot be written.
    pub fn keep(
        &self,
        request: RequestId,
        verb: &str,
        body: Option<&str>,
        at: Moment,
        patience: Duration,
    ) -> Result<(), Failure> {
        let until = Instant::now() + patience;
        let held = loop {
            match self.lock.take_if_free() {
                Some(held) => break held,
                None if Instant::now() >= until => {
                    return Err(Failure::Busy { seconds: 0, holder: safe_line("somebody who decides") });
                }
                None => std::thread::sleep(AGAIN),
            }
        };
        let done = match body {
            Some(body) => self.conn.execute(
                "INSERT INTO drafts (author, request, verb, body, at) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (author, request, verb) DO UPDATE SET body = excluded.body, at = excluded.at",
                params![self.author.as_str(), request.number(), verb, body, at.millis()],
            ),
            None => self.conn.execute(
                "DELETE FROM drafts WHERE author = ?1 AND request = ?2 AND verb = ?3",
                params![self.author.as_str(), request.number(), verb],
            ),
        };
        drop(held);
        done.map(|_| ()).map_err(|e| failed("keeping the draft", e))
    }

    /// The file and whose rows these are, for what else is only kept here.
    pub(super) fn parts(&self) -> (&Connection, &PrincipalName) {
        (&self.conn, &self.author)
    }

    /// The writers' lock, when nobody holds it.
    pub(super) fn lock_if_free(&self) -> Option<Held> {
        self.lock.take_if_free()
    }

    /// Forgets what is older than `before`, of everybody; when somebody else is writing, another time.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn forget_older(&self, before: Moment) -> Result<(), Failure> {
        let sweeping = |e| failed("forgetting old drafts", e);
        let old: bool = self
            .conn
            .query_row(
                "SELECT EXISTS (SELECT 1 FROM drafts WHERE at < ?1) OR EXISTS (SELECT 1 FROM seen WHERE at < ?1)",
                [before.millis()],
                |row| row.get(0),
            )
            .map_err(sweeping)?;
        let Some(_held) = self.lock.take_if_free().filter(|_| old) else { return Ok(()) };
        for table in ["drafts", "seen"] {
            let sql = format!("DELETE FROM {table} WHERE at < ?1");
            self.conn.execute(&sql, [before.millis()]).map_err(sweeping)?;
        }
        Ok(())
    }

    /// Everything the author had typed and not sent.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn all(&self) -> Result<Vec<Stored>, Failure> {
        let reading = |e| failed("reading the drafts", e);
        let mut query = self
            .conn
            .prepare_cached(
                "SELECT request, verb, body, at FROM drafts WHERE author = ?1 ORDER BY request, verb",
            )
            .map_err(reading)?;
        let rows = query
            .query_map([self.author.as_str()], |row| {
                Ok(Stored {
                    request: RequestId::new(row.get(0)?),
                    verb: row.get(1)?,
                    body: row.get(2)?,
                    at: Moment::from_millis(row.get(3)?),
                })
            })
            .map_err(reading)?;
        rows.collect::<rusqlite::Result<_>>().map_err(reading)
    }
}
