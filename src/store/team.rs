//! Whether the store is a team's: one event in an aggregate of its own, for ever.

use crate::domain::event::{Entry, Fact, OfStore, TEAM};
use crate::domain::moment::Moment;
use crate::domain::names::{PrincipalName, RequestId, Seq, StoreId};
use crate::store::failure::{Failure, failed};
use crate::store::log::{Appending, COLUMNS, recorded, row_of};
use crate::store::open::Store;
use crate::store::verify::Report;
use crate::store::write::Tx;
use rusqlite::{Connection, OptionalExtension, params};

fn founded(conn: &Connection) -> Result<Option<Seq>, Failure> {
    conn.prepare_cached("SELECT seq FROM log WHERE aggregate = ?1 ORDER BY version LIMIT 1")
        .and_then(|mut query| query.query_row([TEAM], |row| row.get(0).map(Seq)).optional())
        .map_err(|e| failed("looking whether the store is a team's", e))
}

fn founders(conn: &Connection, store: &StoreId) -> Result<Vec<PrincipalName>, Failure> {
    let Some(seq) = founded(conn)? else { return Ok(Vec::new()) };
    let sql = format!("SELECT {COLUMNS} FROM log l LEFT JOIN payloads p USING (seq) WHERE l.seq = ?1");
    let event = conn
        .prepare_cached(&sql)
        .and_then(|mut query| query.query_row([seq.0], |row| recorded(row, store)))
        .map_err(|e| failed("reading who founded the team", e))?;
    match event.read()?.fact {
        Fact::OfStore(OfStore::TeamFounded { admins, .. }) => Ok(admins),
        _ => Err(Failure::damaged(format!("event {seq} does not found a team"))),
    }
}

impl Tx<'_> {
    /// The event that made the store a team's.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn founded(&self) -> Result<Option<Seq>, Failure> {
        founded(self.conn())
    }

    /// The admins that were named when the store became a team's.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn founders(&self) -> Result<Vec<PrincipalName>, Failure> {
        founders(self.conn(), self.store())
    }

    /// Whether an attempt of `by` on a request was recorded since.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn tried_since(&self, id: RequestId, by: &PrincipalName, since: Moment) -> Result<bool, Failure> {
        self.conn()
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM log
                     WHERE aggregate = ?1 AND name = 'decision.refused' AND by = ?2 AND at > ?3)",
            )
            .and_then(|mut query| {
                query.query_row(params![id.to_string(), by.as_str(), since.millis()], |row| row.get(0))
            })
            .map_err(|e| failed("looking for what was tried before", e))
    }

    /// Makes the store a team's.
    ///
    /// # Errors
    /// When SQLite refuses the row, also because it is one already.
    pub fn found(&mut self, entry: &Entry) -> Result<Seq, Failure> {
        let row = row_of(TEAM, 1, entry, self.chance())?;
        Appending::at_head(self.conn(), self.store())?.append(row)
    }
}

impl Store {
    /// The event that made the store a team's.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn founded(&self) -> Result<Option<Seq>, Failure> {
        founded(&self.conn)
    }

    /// The admins that were named when the store became a team's.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn founders(&self) -> Result<Vec<PrincipalName>, Failure> {
        founders(&self.conn, &self.id)
    }

    /// A store becomes a team's once, and by no other event.
    pub(super) fn check_team(&self, report: &mut Report) -> Result<(), Failure> {
        let reading = |e| failed("reading whether the store is a team's", e);
        let mut query = self
            .conn
            .prepare(
                "SELECT seq FROM log
                 WHERE (aggregate = ?1 AND (name <> 'team.founded' OR version <> 1))
                    OR (name = 'team.founded' AND aggregate <> ?1) ORDER BY seq LIMIT 50",
            )
            .map_err(reading)?;
        for seq in query.query_map([TEAM], |row| row.get::<_, u64>(0)).map_err(reading)? {
            let seq = seq.map_err(reading)?;
            report.wrong(Some(seq), format!("event {seq} founds no team, or once more"));
        }
        Ok(())
    }
}
