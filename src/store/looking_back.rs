//! Looking back over a bounded time: what came and was decided since a moment, and what people decided how fast. Every
//! reading goes along an index, and ends at a bound that the answer names.

use crate::domain::moment::Moment;
use crate::domain::names::{PrincipalName, RequestId};
use crate::domain::text::Text;
use crate::store::failure::{Failure, failed};
use crate::store::open::Store;
use rusqlite::params;
use std::collections::BTreeMap;

/// How many rows are looked at, at most; an answer that met this bound is a lower one.
pub const MOST: usize = 1_000;

/// What happened since a moment.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Since {
    /// How many were asked.
    pub arrived: u64,
    /// How many were closed, by how.
    pub closed: BTreeMap<String, u64>,
}

/// A request somebody has something to do with, in one line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Owed {
    /// Which.
    pub id: RequestId,
    /// What it is called.
    pub title: Text,
    /// The time that matters for it.
    pub at: Moment,
}

fn rows(
    store: &Store,
    sql: &str,
    parameters: impl rusqlite::Params,
    doing: &'static str,
) -> Result<Vec<Owed>, Failure> {
    let reading = |e| failed(doing, e);
    let mut query = store.conn.prepare_cached(sql).map_err(reading)?;
    let found = query
        .query_map(parameters, |row| {
            let title: String = row.get(1)?;
            let (id, at) = (RequestId::new(row.get(0)?), Moment::from_millis(row.get(2)?));
            Ok(Owed { id, title: Text::new(title), at })
        })
        .map_err(reading)?;
    found.collect::<rusqlite::Result<_>>().map_err(reading)
}

impl Store {
    /// What happened since `then`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn since(&self, then: Moment) -> Result<Since, Failure> {
        let reading = |e| failed("looking back", e);
        // Numbers are given in the order of asking, so the newest are the last.
        let arrived = self
            .conn
            .prepare_cached(
                "SELECT count(*) FROM (SELECT created_at FROM requests ORDER BY id DESC LIMIT ?2)
                 WHERE created_at > ?1",
            )
            .and_then(|mut query| query.query_row(params![then.millis(), MOST as i64], |row| row.get(0)))
            .map_err(reading)?;
        let mut query = self
            .conn
            .prepare_cached(
                "SELECT state, count(*) FROM
                     (SELECT state FROM requests INDEXED BY requests_by_closing
                      WHERE closed_at IS NOT NULL AND closed_at > ?1 LIMIT ?2)
                 GROUP BY state",
            )
            .map_err(reading)?;
        let closed = query
            .query_map(params![then.millis(), MOST as i64], |row| Ok((row.get(0)?, row.get(1)?)))
            .map_err(reading)?;
        Ok(Since { arrived, closed: closed.collect::<rusqlite::Result<_>>().map_err(reading)? })
    }

    /// The requests that were closed since `then`, newest first, behind the one that was closed then, at most `limit`; each
    /// with when it was closed.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn closed_since(
        &self,
        then: Moment,
        behind: Option<(Moment, RequestId)>,
        limit: usize,
    ) -> Result<Vec<(Moment, RequestId)>, Failure> {
        let reading = |e| failed("reading what was decided", e);
        let mut query = self
            .conn
            .prepare_cached(
                "SELECT closed_at, id FROM requests INDEXED BY requests_by_closing
                 WHERE closed_at IS NOT NULL AND closed_at > ?1 AND (closed_at, id) < (?2, ?3)
                 ORDER BY closed_at DESC, id DESC LIMIT ?4",
            )
            .map_err(reading)?;
        let (at, id) = behind.map_or((i64::MAX, i64::MAX), |(at, id)| {
            (at.millis(), i64::try_from(id.number()).unwrap_or(i64::MAX))
        });
        let row =
            |row: &rusqlite::Row<'_>| Ok((Moment::from_millis(row.get(0)?), RequestId::new(row.get(1)?)));
        let rows = query.query_map(params![then.millis(), at, id, limit as i64], row).map_err(reading)?;
        rows.collect::<rusqlite::Result<_>>().map_err(reading)
    }

    /// What somebody has claimed, with the end of the claim; at most `limit`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn claims_of(&self, name: &PrincipalName, now: Moment, limit: usize) -> Result<Vec<Owed>, Failure> {
        rows(
            self,
            "SELECT r.id, r.title, r.claim_until FROM inbox i CROSS JOIN requests r ON r.id = i.request
             WHERE i.slot = '*claimed' AND r.claim_by = ?1 AND r.claim_until > ?2
             ORDER BY r.claim_until LIMIT ?3",
            params![name.as_str(), now.millis(), limit as i64],
            "reading who is on what",
        )
    }

    /// What somebody has put off, with when it comes back; at most `limit`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn put_off_by(&self, name: &PrincipalName, now: Moment, limit: usize) -> Result<Vec<Owed>, Failure> {
        rows(
            self,
            "SELECT r.id, r.title, z.until FROM snoozed z CROSS JOIN requests r ON r.id = z.request
             WHERE z.name = ?1 AND z.until > ?2 ORDER BY z.until LIMIT ?3",
            params![name.as_str(), now.millis(), limit as i64],
            "reading what is put off",
        )
    }

    /// What of the newest decided requests runs, with when it last changed; at most `limit`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn running(&self, limit: usize) -> Result<Vec<Owed>, Failure> {
        rows(
            self,
            "SELECT id, title, updated_at FROM
                 (SELECT id, title, updated_at, execution FROM requests INDEXED BY requests_by_closing
                  WHERE closed_at IS NOT NULL ORDER BY closed_at DESC LIMIT ?2)
             WHERE execution = 'running' ORDER BY updated_at DESC LIMIT ?1",
            params![limit as i64, MOST as i64],
            "reading what runs",
        )
    }
}
