//! The one way to change anything: `store.write(|tx| …)`.
//!
//! It takes the writers' lock and `BEGIN IMMEDIATE`, lets the use case load, gather facts, decide and commit entries
//! with everything derived from them, and rings the bell after COMMIT. A refusal rolls everything back.

use crate::domain::digest::ReasonDigest;
use crate::domain::event::{Entry, POLICY};
use crate::domain::evolve;
use crate::domain::moment::Moment;
use crate::domain::names::{PersonName, PrincipalName, Reference, RequestId, Seq};
use crate::domain::request::Request;
use crate::store::derive;
use crate::store::failure::{Failure, Told, failed};
use crate::store::hygiene;
use crate::store::log::{Appending, Chance, row_of};
use crate::store::notices;
use crate::store::open::Store;
use crate::store::read;
use crate::store::recent::{Place, Recent};
use crate::store::reserve::Reserve;
use crate::store::sight::Sight;
use crate::store::tally::Tally;
use rusqlite::{Connection, OptionalExtension, params};

/// A write in progress. Everything read through it is read under the lock.
pub struct Tx<'a> {
    conn: &'a Connection,
    store: &'a crate::domain::names::StoreId,
    chance: &'a mut Chance,
    reserve: &'a Reserve,
    recent: &'a Recent,
    tally: Tally,
}

impl Store {
    /// Runs one use case as one transaction. The closure may run twice, so it must not act outside the transaction.
    ///
    /// # Errors
    /// The closure's error (then nothing was changed), or a [`Failure`] of the store itself.
    pub fn write<T, E: Told>(&mut self, work: impl FnMut(&mut Tx<'_>) -> Result<T, E>) -> Result<T, E> {
        self.write_and_ring(true, work)
    }

    /// As [`Store::write`], for what nobody waits for: no bell is rung.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub fn write_quietly<T, E: Told>(
        &mut self,
        work: impl FnMut(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.write_and_ring(false, work)
    }

    fn write_and_ring<T, E: Told>(
        &mut self,
        rings: bool,
        mut work: impl FnMut(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        if let Some(why) = &self.read_only {
            let what = format!("the store is read only: {why}");
            return Err(Failure::Unusable {
                what: crate::domain::text::Safe::composed(what),
                remedy: "use the program that wrote it; nothing was changed",
            }
            .into());
        }
        let held = self.lock.take()?;
        // Under the lock, so that nobody takes the room back meanwhile.
        let mut lent = self.reserve.lend_if_scarce();
        let mut done = self.attempt(&mut work);
        if let Err(e) = done {
            done = match e.failure() {
                Ok(Failure::Full { .. }) if !lent && self.reserve.lend() => {
                    lent = true;
                    self.attempt(&mut work)
                }
                Ok(failure) => Err(self.reserve.explained(failure).into()),
                Err(e) => Err(e),
            };
        }
        if done.is_ok() && rings {
            self.rope.pull();
        }
        if lent {
            self.reserve.take_back();
        }
        drop(held);
        done
    }

    /// One try: all of it, or nothing.
    fn attempt<T, E: Told>(&mut self, work: &mut impl FnMut(&mut Tx<'_>) -> Result<T, E>) -> Result<T, E> {
        self.conn.execute_batch("BEGIN IMMEDIATE").map_err(|e| failed("beginning to write", e))?;
        let done = self.still_there().and_then(|()| self.still_ours()).map_err(E::from).and_then(|()| {
            let mut tx = Tx {
                conn: &self.conn,
                store: &self.id,
                chance: &mut self.chance,
                reserve: &self.reserve,
                recent: &self.recent,
                tally: Tally::default(),
            };
            let value = work(&mut tx)?;
            tx.tally.write(tx.conn).map(|()| value).map_err(E::from)
        });
        let done = done.and_then(|value| self.still_there().map_err(E::from).map(|()| value));
        let done = done.and_then(|value| {
            self.conn.execute_batch("COMMIT").map_err(|e| E::from(failed("committing", e))).map(|()| value)
        });
        if done.is_err() {
            // After a failed COMMIT, SQLite may have rolled back itself; then there is nothing to roll back.
            let _ = self.conn.execute_batch("ROLLBACK");
        }
        done
    }

    /// A newer program may have changed the form since this one opened the file.
    fn still_ours(&self) -> Result<(), Failure> {
        let number = |name: &str| {
            self.conn
                .prepare_cached(&format!("PRAGMA {name}"))
                .and_then(|mut query| query.query_row([], |row| row.get::<_, i32>(0)))
                .map_err(|e| failed("looking at the store's form", e))
        };
        hygiene::check_numbers(&self.path, number("application_id")?, number("user_version")?).map(|_| ())
    }
}

impl<'a> Tx<'a> {
    /// Appends an event of the policies.
    ///
    /// # Errors
    /// When SQLite refuses a row.
    pub fn adopt(&mut self, version: u64, entry: &Entry) -> Result<Seq, Failure> {
        let row = row_of(POLICY, version, entry, self.chance)?;
        Appending::at_head(self.conn, self.store)?.append(row)
    }

    /// The connection, for the floor's own files.
    pub(super) fn conn(&self) -> &'a Connection {
        self.conn
    }

    /// Where random bytes come from.
    pub(super) fn chance(&mut self) -> &mut Chance {
        self.chance
    }

    /// The store's identity.
    pub(super) fn store(&self) -> &'a crate::domain::names::StoreId {
        self.store
    }

    /// Whether the disk has room for what could as well be added later.
    ///
    /// # Errors
    /// [`Failure::Scarce`] when it has not.
    pub fn room_for_more(&self) -> Result<(), Failure> {
        self.reserve.for_more()
    }

    /// The request, replayed from its own events; `None` when there is none for whoever reads.
    ///
    /// # Errors
    /// When its events cannot be read.
    pub fn load(&self, id: RequestId, sight: &Sight) -> Result<Option<Request>, Failure> {
        let request = read::load(self.conn, self.store, self.recent, id)?;
        Ok(request.filter(|request| sight.sees(request)))
    }

    /// The number the next request gets.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn next_number(&self) -> Result<RequestId, Failure> {
        self.conn
            .prepare_cached("SELECT coalesce(max(id), 0) + 1 FROM requests")
            .and_then(|mut query| query.query_row([], |row| row.get(0)))
            .map(RequestId::new)
            .map_err(|e| failed("numbering the request", e))
    }

    /// The newest request a producer made under a reference.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn by_reference(
        &self,
        by: &PrincipalName,
        reference: &Reference,
    ) -> Result<Option<RequestId>, Failure> {
        self.conn
            .prepare_cached(
                "SELECT request FROM refs WHERE requester = ?1 AND reference = ?2 ORDER BY request DESC LIMIT 1",
            )
            .and_then(|mut query| query.query_row(params![by.as_str(), reference.as_str()], |row| row.get(0)).optional())
            .map(|found| found.map(RequestId::new))
            .map_err(|e| failed("looking for the reference", e))
    }

    /// The open reviews that somebody owes for overrides, oldest first; at most ten. `also` are the other names of their
    /// person.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn debts_of(
        &self,
        name: &PrincipalName,
        person: Option<&PersonName>,
        also: &[PrincipalName],
    ) -> Result<Vec<RequestId>, Failure> {
        read::debts_of(self.conn, name, person, also)
    }

    /// The request for which somebody gave this reason before, when they overrode it.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn reason_given_before(
        &self,
        name: &PrincipalName,
        person: Option<&PersonName>,
        reason: ReasonDigest,
    ) -> Result<Option<RequestId>, Failure> {
        self.conn
            .prepare_cached("SELECT request FROM reasons WHERE person = ?1 AND reason = ?2 LIMIT 1")
            .and_then(|mut query| {
                let key = params![derive::hand(name, person), reason.to_string()];
                query.query_row(key, |row| row.get(0)).optional()
            })
            .map(|found| found.map(RequestId::new))
            .map_err(|e| failed("looking for the reason", e))
    }

    /// How many open requests a producer has.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn open_of(&self, by: &PrincipalName) -> Result<u64, Failure> {
        let name = format!("open-of:{by}");
        Ok(read::counter(self.conn, &name)?.saturating_add_signed(self.tally.of(&name)))
    }

    /// Of each producer (or of `only` one), how many of the newest `looked_at` requests are theirs and were made after
    /// `since`, and when the oldest of those was. Nobody while fewer than half of `looked_at` were made since, by anybody.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn asked_since(
        &self,
        only: Option<&PrincipalName>,
        since: Moment,
        looked_at: u64,
    ) -> Result<std::collections::BTreeMap<String, read::Asked>, Failure> {
        read::asked_since(self.conn, only, since, looked_at)
    }

    /// Appends the entries of a new request, and everything derived from them.
    ///
    /// # Errors
    /// When SQLite refuses a row, or the first entry is no submission.
    pub fn commit_new(&mut self, id: RequestId, entry: &Entry) -> Result<Request, Failure> {
        let request = evolve::begin(id, entry).ok_or_else(|| {
            Failure::damaged("a request was about to begin with something else than its submission")
        })?;
        let mut appending = Appending::at_head(self.conn, self.store)?;
        appending.append(row_of(id, 1, entry, self.chance)?)?;
        let payloads = u64::from(entry.payload.here().is_some());
        derive::write(self.conn, None, &request, &mut self.tally)?;
        notices::note(self.conn, 1, &request, std::slice::from_ref(entry))?;
        self.recent.keep(Place { hash: appending.head(), payloads }, &request);
        Ok(request)
    }

    /// Writes what a request derives to, after something of it was taken out.
    ///
    /// # Errors
    /// When its events cannot be read, or it cannot be written.
    pub fn derive_again(&mut self, before: &Request) -> Result<(), Failure> {
        match self.load(before.id, &Sight::Everything)? {
            Some(after) => derive::write(self.conn, Some(before), &after, &mut self.tally),
            None => Ok(()),
        }
    }

    /// Appends entries to a request, and everything derived from them.
    ///
    /// # Errors
    /// When SQLite refuses a row.
    pub fn commit(&mut self, before: &Request, entries: &[Entry]) -> Result<(Request, Vec<Seq>), Failure> {
        if entries.is_empty() {
            return Ok((before.clone(), Vec::new()));
        }
        let mut appending = Appending::at_head(self.conn, self.store)?;
        let mut after = before.clone();
        let mut places = Vec::with_capacity(entries.len());
        for entry in entries {
            places.push(appending.append(row_of(before.id, after.version + 1, entry, self.chance)?)?);
            after = after.evolve(entry);
        }
        derive::write(self.conn, Some(before), &after, &mut self.tally)?;
        notices::note(self.conn, before.version + 1, &after, entries)?;
        self.recent.keep_written(self.conn, &after)?;
        Ok((after, places))
    }
}
