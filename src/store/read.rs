//! Reading: requests from their own events, names, counters, events.

use crate::domain::event::Entry;
use crate::domain::evolve;
use crate::domain::moment::Moment;
use crate::domain::names::{PersonName, PrincipalName, RequestId, Seq, StoreId};
use crate::domain::request::Request;
use crate::store::derive::hand;
use crate::store::failure::{Failure, failed};
use crate::store::log::{COLUMNS, Recorded, head, recorded};
use crate::store::open::Store;
use crate::store::recent::{Place, Recent};
use crate::store::sight::Sight;
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::{BTreeMap, BTreeSet};

/// The request as its own events made it: replayed from them, unless they are those of which it was kept.
pub(super) fn load(
    conn: &Connection,
    store: &StoreId,
    recent: &Recent,
    id: RequestId,
) -> Result<Option<Request>, Failure> {
    if let Some((kept, request)) = recent.get(conn, id)? {
        // Beside a transaction, somebody may have appended to it since it was looked where it stands.
        let is_true = |(place, replayed)| place != kept || replayed == request;
        debug_assert!(
            replayed(conn, store, id).ok().flatten().is_none_or(is_true),
            "{id} is kept as it is not"
        );
        return Ok(Some(request));
    }
    Ok(replayed(conn, store, id)?.map(|(place, request)| {
        recent.keep(place, &request);
        request
    }))
}

/// The request, replayed from its own events, and where they stand.
fn replayed(conn: &Connection, store: &StoreId, id: RequestId) -> Result<Option<(Place, Request)>, Failure> {
    let mut request: Option<Request> = None;
    let events = events_of(conn, store, &id.to_string())?;
    let place = events.last().map(|last| Place {
        hash: last.hash,
        payloads: events.iter().filter(|event| event.body.is_some()).count() as u64,
    });
    for event in events {
        let entry = event.read()?;
        request = Some(match request {
            Some(request) => request.evolve(&entry),
            None => evolve::begin(id, &entry)
                .ok_or_else(|| Failure::damaged(format!("{id} does not begin with its submission")))?,
        });
    }
    Ok(place.zip(request))
}

/// The events of one aggregate, oldest first.
pub(super) fn events_of(
    conn: &Connection,
    store: &StoreId,
    aggregate: &str,
) -> Result<Vec<Recorded>, Failure> {
    let reading = |e| failed("reading the log", e);
    let sql = format!(
        "SELECT {COLUMNS} FROM log l LEFT JOIN payloads p USING (seq) WHERE l.aggregate = ?1 ORDER BY l.version"
    );
    let mut query = conn.prepare_cached(&sql).map_err(reading)?;
    let rows = query.query_map([aggregate], |row| recorded(row, store)).map_err(reading)?;
    rows.collect::<rusqlite::Result<_>>().map_err(reading)
}

/// The events of one aggregate that can be read at all, oldest first: for whoever checks, and is told elsewhere which
/// cannot.
pub(super) fn readable_events_of(
    conn: &Connection,
    store: &StoreId,
    aggregate: &str,
) -> Result<Vec<Recorded>, Failure> {
    let reading = |e| failed("reading the log", e);
    let sql = format!(
        "SELECT {COLUMNS} FROM log l LEFT JOIN payloads p USING (seq) WHERE l.aggregate = ?1 ORDER BY l.version"
    );
    let mut query = conn.prepare_cached(&sql).map_err(reading)?;
    let mut rows = query.query([aggregate]).map_err(reading)?;
    let mut events = Vec::new();
    while let Some(row) = rows.next().map_err(reading)? {
        events.extend(recorded(row, store).ok());
    }
    Ok(events)
}

/// A kept counter; one that has no row is zero.
pub(super) fn counter(conn: &Connection, name: &str) -> Result<u64, Failure> {
    conn.prepare_cached("SELECT value FROM counters WHERE name = ?1")
        .and_then(|mut query| query.query_row([name], |row| row.get(0)).optional())
        .map(Option::unwrap_or_default)
        .map_err(|e| failed("reading a counter", e))
}

/// How many requests a producer made lately, and when the oldest of those was made.
pub type Asked = (u64, Moment);

/// Of each producer (or of `only` one), how many of the newest `looked_at` requests are theirs and were made after `since`.
/// Costs one look-up while fewer than half of `looked_at` were made since, whoever made them: then nobody is counted.
pub(super) fn asked_since(
    conn: &Connection,
    only: Option<&PrincipalName>,
    since: Moment,
    looked_at: u64,
) -> Result<BTreeMap<String, Asked>, Failure> {
    let counting = |e| failed("counting what was asked lately", e);
    let busy: bool = conn
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM requests
                 WHERE id = (SELECT max(id) FROM requests) - ?1 AND created_at > ?2)",
        )
        .and_then(|mut query| query.query_row(params![looked_at / 2, since.millis()], |row| row.get(0)))
        .map_err(counting)?;
    let mut asked: BTreeMap<String, Asked> = BTreeMap::new();
    if !busy {
        return Ok(asked);
    }
    let mut query = conn
        .prepare_cached(
            "SELECT requester, created_at FROM requests
             WHERE id > (SELECT max(id) FROM requests) - ?1 AND created_at > ?2
               AND (?3 IS NULL OR requester = ?3)",
        )
        .map_err(counting)?;
    let key = params![looked_at, since.millis(), only.map(PrincipalName::as_str)];
    let mut rows = query.query(key).map_err(counting)?;
    while let Some(row) = rows.next().map_err(counting)? {
        let by = row.get_ref(0).and_then(|by| Ok(by.as_str()?)).map_err(counting)?;
        let at = Moment::from_millis(row.get(1).map_err(counting)?);
        match asked.get_mut(by) {
            Some((count, oldest)) => (*count, *oldest) = (*count + 1, at.min(*oldest)),
            None => {
                asked.insert(by.to_owned(), (1, at));
            }
        }
    }
    Ok(asked)
}

/// The open reviews that somebody owes for overrides, oldest first; at most ten. `also` are the other names of their person.
pub(super) fn debts_of(
    conn: &Connection,
    name: &PrincipalName,
    person: Option<&PersonName>,
    also: &[PrincipalName],
) -> Result<Vec<RequestId>, Failure> {
    let looking = |e| failed("looking for reviews that are owed", e);
    let mut query = conn
        .prepare_cached("SELECT request FROM debts WHERE person = ?1 ORDER BY request LIMIT 10")
        .map_err(looking)?;
    let mut hands = vec![hand(name, person), hand(name, None)];
    hands.extend(also.iter().map(|name| hand(name, None)));
    let mut owed: BTreeSet<RequestId> = BTreeSet::new();
    for hand in hands {
        for id in query.query_map([hand], |row| row.get(0)).map_err(looking)? {
            owed.insert(RequestId::new(id.map_err(looking)?));
        }
    }
    Ok(owed.into_iter().take(10).collect())
}

impl Store {
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
        debts_of(&self.conn, name, person, also)
    }

    /// The request, replayed from its own events; `None` when there is none for whoever reads.
    ///
    /// # Errors
    /// When its events cannot be read.
    pub fn load(&self, id: RequestId, sight: &Sight) -> Result<Option<Request>, Failure> {
        Ok(load(&self.conn, &self.id, &self.recent, id)?.filter(|request| sight.sees(request)))
    }

    /// A kept counter.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn counter(&self, name: &str) -> Result<u64, Failure> {
        counter(&self.conn, name)
    }

    /// The events of one request, oldest first; none when it is not there for whoever reads.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn history(&self, id: RequestId, sight: &Sight) -> Result<Vec<(Seq, Entry)>, Failure> {
        if *sight != Sight::Everything && self.load(id, sight)?.is_none() {
            return Ok(Vec::new());
        }
        let events = events_of(&self.conn, &self.id, &id.to_string())?;
        events.iter().map(|event| Ok((event.envelope.seq, event.read()?))).collect()
    }

    /// The requests that carry a name (a reference, a lease, an intent), as far as they are there for whoever reads, oldest
    /// first; at most 20.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn named(&self, name: &str, sight: &Sight) -> Result<Vec<RequestId>, Failure> {
        self.names_seen(name, sight, 20)
    }

    /// The requests that time has something to do to by `now`; at most `limit`.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn due(&self, now: Moment, limit: usize) -> Result<Vec<RequestId>, Failure> {
        let reading = |e| failed("looking for what is due", e);
        let mut query = self
            .conn
            .prepare_cached(
                "SELECT id FROM requests WHERE next_due_at <= ?1 ORDER BY next_due_at, id LIMIT ?2",
            )
            .map_err(reading)?;
        let rows = query.query_map(params![now.millis(), limit as i64], |row| row.get(0)).map_err(reading)?;
        rows.map(|row| row.map(RequestId::new)).collect::<rusqlite::Result<_>>().map_err(reading)
    }

    /// Calls `each` with every event after `after`, in order, until it answers `false`.
    ///
    /// # Errors
    /// When the log cannot be read, or `each` fails.
    pub fn events<E: From<Failure>>(
        &self,
        after: Seq,
        mut each: impl FnMut(Recorded) -> Result<bool, E>,
    ) -> Result<(), E> {
        let reading = |e| E::from(failed("reading the log", e));
        let sql = format!(
            "SELECT {COLUMNS} FROM log l LEFT JOIN payloads p USING (seq) WHERE l.seq > ?1 ORDER BY l.seq"
        );
        let mut query = self.conn.prepare_cached(&sql).map_err(reading)?;
        let mut rows = query.query([after.0]).map_err(reading)?;
        while let Some(row) = rows.next().map_err(reading)? {
            if !each(recorded(row, &self.id).map_err(reading)?)? {
                break;
            }
        }
        Ok(())
    }

    /// The hash of one event; `None` when the log does not reach it.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn hash_at(&self, seq: Seq) -> Result<Option<crate::domain::digest::EventHash>, Failure> {
        self.conn
            .prepare_cached("SELECT hash FROM log WHERE seq = ?1")
            .and_then(|mut query| query.query_row([seq.0], |row| row.get::<_, [u8; 32]>(0)).optional())
            .map(|hash| hash.map(crate::domain::digest::EventHash::from_bytes))
            .map_err(|e| failed("reading the log", e))
    }

    /// When the last event happened, by the clock of then.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn last_at(&self) -> Result<Moment, Failure> {
        self.conn
            .prepare_cached("SELECT at FROM log ORDER BY seq DESC LIMIT 1")
            .and_then(|mut query| query.query_row([], |row| row.get(0)).optional())
            .map(|at| Moment::from_millis(at.unwrap_or(i64::MIN)))
            .map_err(|e| failed("reading the head of the log", e))
    }

    /// The last event's number and hash.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn head(&self) -> Result<(Seq, crate::domain::digest::EventHash), Failure> {
        head(&self.conn)
    }
}
