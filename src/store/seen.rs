//! What somebody put out of their sight, and what they have opened: how many of a queue's rows that hides. Both cost what
//! this one person did, never how many requests there are.

use crate::domain::moment::Moment;
use crate::domain::names::{PrincipalName, RequestId, RevisionNumber};
use crate::domain::rules;
use crate::store::cut::Cut;
use crate::store::drafts::DraftBox;
use crate::store::failure::{Failure, failed};
use crate::store::inbox::{Reader, Row};
use crate::store::open::Store;
use crate::store::queue::Queue;
use crate::store::sight::Sight;
use crate::store::write::Tx;
use rusqlite::{OptionalExtension, params, params_from_iter};
use std::collections::{BTreeMap, BTreeSet};

/// What one person put off, looked up in a slot. `CROSS JOIN` is SQLite's word for "in this order": the other way round it
/// reads the whole slot.
const ASLEEP: &str =
    "SELECT count(*) FROM snoozed z CROSS JOIN inbox i INDEXED BY inbox_by_request ON i.request = z.request
    WHERE z.name = ?1 AND z.until > ?2 AND i.slot = ?3 AND i.asker NOT IN (?4, ?5)";

impl Store {
    /// How many rows of a slot the reader has put out of their sight.
    pub(super) fn asleep(&self, slot: &str, reader: &Reader, now: Moment) -> rusqlite::Result<u64> {
        let own = |n: usize| reader.own.get(n).map_or("", String::as_str);
        let name = reader.signer.name.as_str();
        self.conn
            .prepare_cached(ASLEEP)?
            .query_row(params![name, now.millis(), slot, own(0), own(1)], |row| row.get(0))
    }

    /// Until when the reader has put a request out of their sight, if they have.
    fn snoozed_until(&self, id: RequestId, reader: &Reader, now: Moment) -> rusqlite::Result<Option<Moment>> {
        self.conn
            .prepare_cached("SELECT until FROM snoozed WHERE name = ?1 AND request = ?2 AND until > ?3")?
            .query_row(params![reader.signer.name.as_str(), id.number(), now.millis()], |row| row.get(0))
            .optional()
            .map(|until| until.map(Moment::from_millis))
    }

    /// Whether the reader has put a row out of their sight.
    pub(super) fn is_asleep(&self, row: &Row, reader: &Reader, now: Moment) -> rusqlite::Result<bool> {
        self.snoozed_until(row.id, reader, now).map(|until| until.is_some())
    }

    /// Notes on each open row until when the reader has put it out of their sight: one question for all of them.
    pub(super) fn note_snoozes(&self, rows: &mut [Row], reader: &Reader, now: Moment) -> Result<(), Failure> {
        let asleep =
            self.asleep_among(rows, reader, now).map_err(|e| failed("reading what is put off", e))?;
        for row in rows.iter_mut().filter(|row| row.state.is_open()) {
            row.snoozed = asleep.get(&row.id.number()).copied().map(Moment::from_millis);
        }
        Ok(())
    }

    fn asleep_among(
        &self,
        rows: &[Row],
        reader: &Reader,
        now: Moment,
    ) -> rusqlite::Result<BTreeMap<u64, i64>> {
        let mut query = self.conn.prepare_cached(
            "SELECT request, until FROM snoozed
             WHERE name = ?1 AND request IN (SELECT value FROM json_each(?2)) AND until > ?3",
        )?;
        let key = params![reader.signer.name.as_str(), numbers_of(rows), now.millis()];
        query.query_map(key, |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
    }

    /// Notes on each open row whether the reader had signed it off and it changed since. Only what has a sign-off is
    /// loaded, which is found among its own events.
    pub(super) fn note_overtaken(&self, rows: &mut [Row], reader: &Reader) -> Result<(), Failure> {
        let reading = |e| failed("looking for one's own sign-offs", e);
        let (name, person) = (&reader.signer.name, reader.signer.person.as_ref());
        let signed = self.signed_among(rows).map_err(reading)?;
        for row in rows.iter_mut().filter(|row| row.state.is_open()) {
            if signed.contains(&row.id.number())
                && let Some(request) = self.load(row.id, &reader.sight)?
            {
                row.overtaken = rules::overtaken(&request, name, person).map(|signoff| signoff.number);
            }
        }
        Ok(())
    }

    fn signed_among(&self, rows: &[Row]) -> rusqlite::Result<BTreeSet<u64>> {
        // With the plus, the index of names is not used: it leads through every sign-off there is.
        let mut query = self.conn.prepare_cached(
            "SELECT j.value FROM json_each(?1) j
             WHERE EXISTS (SELECT 1 FROM log WHERE aggregate = 'R-' || j.value AND +name = 'signoff.given')",
        )?;
        query.query_map([numbers_of(rows)], |row| row.get(0))?.collect()
    }

    /// How many rows of a queue are hidden from the reader because they have opened them.
    ///
    /// # Errors
    /// When the tables cannot be read.
    pub fn hidden(&self, queue: Queue, reader: &Reader, now: Moment) -> Result<u64, Failure> {
        let counting = |e| failed("counting what is hidden", e);
        if reader.seen_by.is_none() || queue == Queue::Decided || reader.sight != Sight::Everything {
            return Ok(0);
        }
        let mut hidden: BTreeSet<u64> = BTreeSet::new();
        for slot in self.slots(queue, reader).map_err(counting)? {
            hidden.extend(self.hidden_in(&Cut::of(queue, slot, reader, now)).map_err(counting)?);
        }
        Ok(hidden.len() as u64)
    }

    fn hidden_in(&self, cut: &Cut<'_>) -> rusqlite::Result<Vec<u64>> {
        let mut query = self.conn.prepare_cached(
            "SELECT i.request FROM seen v CROSS JOIN requests r ON r.id = v.request AND r.revision = v.revision
                 CROSS JOIN inbox i INDEXED BY inbox_by_request ON i.request = v.request
             WHERE v.author = ?7 AND v.at <= ?8 AND i.slot = ?1 AND i.asker NOT IN (?2, ?3)
               AND (?4 IS NULL OR r.claim_until <= ?4) AND i.due_at > ?6 AND r.level = 0
               AND (?5 IS NULL OR NOT EXISTS
                   (SELECT 1 FROM snoozed z WHERE z.name = ?5 AND z.request = i.request AND z.until > ?6))",
        )?;
        let ids = query.query_map(params_from_iter(cut.parameters(&[])), |row| row.get(0))?;
        ids.collect()
    }

    /// Whether a row is hidden from the reader because they have opened it.
    pub(super) fn is_hidden(&self, row: &Row, reader: &Reader, now: Moment) -> rusqlite::Result<bool> {
        let can_be = row.state.is_open() && row.due_at > now && row.level == 0;
        let Some(by) = reader.seen_by.filter(|_| can_be) else { return Ok(false) };
        self.conn
            .prepare_cached(
                "SELECT 1 FROM seen v JOIN requests r ON r.id = v.request AND r.revision = v.revision
                 WHERE v.author = ?1 AND v.request = ?2 AND v.at <= ?3",
            )?
            .exists(params![reader.signer.name.as_str(), row.id.number(), by.millis()])
    }
}

/// The numbers of the open rows, as JSON: one parameter, however many they are.
pub(super) fn numbers_of(rows: &[Row]) -> String {
    let open = rows.iter().filter(|row| row.state.is_open());
    let numbers: Vec<String> = open.map(|row| row.id.number().to_string()).collect();
    format!("[{}]", numbers.join(","))
}

impl Tx<'_> {
    /// When somebody first opened a request at this revision on the screen, as far as this place knows.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn first_opened(
        &self,
        id: RequestId,
        revision: RevisionNumber,
        by: &PrincipalName,
    ) -> Result<Option<Moment>, Failure> {
        self.conn()
            .prepare_cached("SELECT at FROM seen WHERE author = ?1 AND request = ?2 AND revision = ?3")
            .and_then(|mut query| {
                query.query_row(params![by.as_str(), id.number(), revision.0], |row| row.get(0)).optional()
            })
            .map(|at| at.map(Moment::from_millis))
            .map_err(|e| failed("reading when it was opened", e))
    }
}

impl DraftBox {
    /// Notes that the author has opened a request at this revision; the first time counts. Like a draft it is only kept
    /// while nobody holds the writers' lock: what is not noted now is only shown once more.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn note_seen(&self, id: RequestId, revision: RevisionNumber, at: Moment) -> Result<(), Failure> {
        let (conn, author) = self.parts();
        let Some(_held) = self.lock_if_free() else { return Ok(()) };
        conn.execute(
            "INSERT INTO seen (author, request, revision, at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (author, request) DO UPDATE SET revision = excluded.revision, at = excluded.at
                 WHERE revision <> excluded.revision",
            params![author.as_str(), id.number(), revision.0, at.millis()],
        )
        .map(|_| ())
        .map_err(|e| failed("noting what was opened", e))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_off_is_looked_up_and_the_slot_never_read_through() {
        let conn = rusqlite::Connection::open_in_memory().unwrap();
        conn.execute_batch(crate::store::open::SCHEMA).unwrap();
        let mut query = conn.prepare(&format!("EXPLAIN QUERY PLAN {ASLEEP}")).unwrap();
        let plan: Vec<String> = query
            .query_map(params!["ann", 0, "*", "", ""], |row| row.get(3))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        assert!(plan.first().is_some_and(|first| first.contains(" z ")), "{plan:?}");
        assert!(plan.iter().all(|step| step.starts_with("SEARCH")), "{plan:?}");
    }
}
