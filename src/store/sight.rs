//! Who reads, and which requests are there for them. Every read of a list, a counter, a name or one request takes a
//! [`Sight`], so that it cannot be forgotten; in a team whoever only asks sees their own, found by an index of their own and
//! not among everybody's.

use crate::domain::content::Kind;
use crate::domain::filter::Filter;
use crate::domain::moment::Moment;
use crate::domain::names::{PersonName, PrincipalName, RequestId};
use crate::domain::quorum::Signer;
use crate::domain::request::{Request, StateName};
use crate::store::failure::{Failure, failed};
use crate::store::inbox::{COLUMNS, From, Reader, Row, row};
use crate::store::open::Store;
use crate::store::queue::Queue;
use crate::store::search::{Found, LOOKED_AT};
use rusqlite::params;
use std::collections::BTreeSet;

/// When what is open was closed, in the index of whose requests there are.
pub(super) const OPEN: i64 = i64::MAX >> 1;

/// What is there for a reader.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Sight {
    /// Every request: who may see, and what keeps time and looks after the store.
    Everything,
    /// One's own.
    Own(Own),
}

/// Whose requests somebody sees who does not see everything.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Own {
    /// The principals whose requests they are: the reader, and everybody of the same person.
    pub names: BTreeSet<PrincipalName>,
    /// The person; what was asked for on their behalf is theirs whoever asked.
    pub person: Option<PersonName>,
    /// An agent that signs, as it would: it also sees what has a slot for it.
    pub signs: Option<Signer>,
}

impl Sight {
    /// Whether this request is there.
    pub fn sees(&self, request: &Request) -> bool {
        match self {
            Sight::Everything => true,
            Sight::Own(own) => {
                let of = &request.requester;
                own.names.contains(&of.name)
                    || (of.person.is_some() && of.person == own.person)
                    || own
                        .signs
                        .as_ref()
                        .is_some_and(|me| request.assessment().slots.iter().any(|slot| slot.admits(me)))
            }
        }
    }
}

impl Store {
    /// One page of what is there for somebody who sees their own.
    pub(super) fn own_page(
        &self,
        own: &Own,
        queue: Queue,
        from: From<'_>,
        limit: usize,
        reader: &Reader,
        now: Moment,
    ) -> Result<Vec<Row>, Failure> {
        let backwards = matches!(from, From::Before(_) | From::End);
        let standing = |row: &Row| match queue {
            Queue::Decided => (false, 0, -row.closed_at.map_or(0, Moment::millis), -(row.id.number() as i64)),
            _ => reader.order.standing(row, now),
        };
        let mut rows = Vec::new();
        if queue == Queue::Decided {
            for name in &own.names {
                rows.extend(self.own_decided(name, &from, limit)?);
            }
        } else {
            rows = self.own_open(own, queue)?;
            rows.retain(|row| match &from {
                From::Start | From::End => true,
                From::After(edge) => standing(row) > standing(edge),
                From::Before(edge) => standing(row) < standing(edge),
            });
            if own.signs.is_some() && matches!(queue, Queue::Waiting | Queue::Open) {
                // The only slots that admit an agent are agents' slots.
                let all = Reader { sight: Sight::Everything, seen_by: None, ..reader.clone() };
                rows.extend(self.bare_page(Queue::Waiting, from, limit, &all, now)?);
            }
        }
        rows.sort_by_key(standing);
        rows.dedup_by_key(|row| row.id);
        if backwards {
            rows.drain(..rows.len().saturating_sub(limit));
        } else {
            rows.truncate(limit);
        }
        Ok(rows)
    }

    /// What is open of theirs and in a queue: no more than the policy lets one producer have open, for each of them.
    fn own_open(&self, own: &Own, queue: Queue) -> Result<Vec<Row>, Failure> {
        let reading = |e| failed("reading one's own requests", e);
        let sql = format!(
            "SELECT {COLUMNS} FROM own o JOIN requests r ON r.id = o.request WHERE o.requester = ?1 AND o.closed_at = ?2"
        );
        let mut query = self.conn.prepare_cached(&sql).map_err(reading)?;
        let mut rows = Vec::new();
        for name in own.names.iter().filter(|_| !matches!(queue, Queue::Waiting | Queue::Unclaimed)) {
            let of = query.query_map(params![name.as_str(), OPEN], row).map_err(reading)?;
            for row in of {
                let row = row.map_err(reading)?;
                let in_queue = match queue {
                    Queue::Escalated => row.state == StateName::Escalated,
                    Queue::Promotions => row.kind == Kind::Promotion,
                    Queue::Debts => row.kind == Kind::Debt,
                    Queue::Questions => row.kind == Kind::Question,
                    _ => true,
                };
                rows.extend(in_queue.then_some(row));
            }
        }
        Ok(rows)
    }

    /// What is decided of one principal's, next to an edge, newest first.
    fn own_decided(&self, name: &PrincipalName, from: &From<'_>, limit: usize) -> Result<Vec<Row>, Failure> {
        let reading = |e| failed("reading one's own requests", e);
        let edge = |row: &Row| (row.closed_at.map_or(0, Moment::millis), row.id.number() as i64);
        let (low, high, order) = match from {
            From::Start => ((i64::MIN, 0), (OPEN, 0), "DESC"),
            From::After(row) => ((i64::MIN, 0), edge(row), "DESC"),
            From::Before(row) => (edge(row), (OPEN, 0), "ASC"),
            From::End => ((i64::MIN, 0), (OPEN, 0), "ASC"),
        };
        let sql = format!(
            "SELECT {COLUMNS} FROM own o JOIN requests r ON r.id = o.request
             WHERE o.requester = ?1 AND (o.closed_at, o.request) > (?2, ?3) AND (o.closed_at, o.request) < (?4, ?5)
             ORDER BY o.closed_at {order}, o.request {order} LIMIT ?6"
        );
        let mut query = self.conn.prepare_cached(&sql).map_err(reading)?;
        let key = params![name.as_str(), low.0, low.1, high.0, high.1, limit as i64];
        query.query_map(key, row).and_then(Iterator::collect).map_err(reading)
    }

    /// How many there are for somebody who sees their own.
    pub(super) fn own_count(
        &self,
        own: &Own,
        queue: Queue,
        reader: &Reader,
        now: Moment,
    ) -> Result<u64, Failure> {
        let counting = |e| failed("counting one's own requests", e);
        if queue == Queue::Decided {
            let mut all = 0;
            for name in &own.names {
                all += self
                    .conn
                    .prepare_cached("SELECT count(*) FROM own WHERE requester = ?1 AND closed_at < ?2")
                    .and_then(|mut query| {
                        query.query_row(params![name.as_str(), OPEN], |row| row.get::<_, u64>(0))
                    })
                    .map_err(counting)?;
            }
            return Ok(all);
        }
        let mut ids: BTreeSet<u64> = self.own_open(own, queue)?.iter().map(|row| row.id.number()).collect();
        if own.signs.is_some() && matches!(queue, Queue::Waiting | Queue::Open) {
            ids.extend(self.awaiting(reader, now).map_err(counting)?);
        }
        Ok(ids.len() as u64)
    }

    /// The numbers of all that waits for the reader's signature.
    fn awaiting(&self, reader: &Reader, now: Moment) -> rusqlite::Result<Vec<u64>> {
        let own = |n: usize| reader.own.get(n).map_or("", String::as_str);
        let mut query = self.conn.prepare_cached(
            "SELECT i.request FROM inbox i WHERE i.slot = ?1 AND i.asker NOT IN (?2, ?3) AND NOT EXISTS
                 (SELECT 1 FROM snoozed z WHERE z.name = ?4 AND z.request = i.request AND z.until > ?5)",
        )?;
        let mut ids = Vec::new();
        for slot in self.slots(Queue::Waiting, reader)? {
            let key = params![slot, own(0), own(1), reader.signer.name.as_str(), now.millis()];
            for id in query.query_map(key, |row| row.get(0))? {
                ids.push(id?);
            }
        }
        Ok(ids)
    }

    /// What matches a filter among what is there for somebody who sees their own: all that is open of theirs, and of what is
    /// decided or waits for a signature the first few thousand. How many others have is not told by it.
    pub(super) fn own_found(
        &self,
        own: &Own,
        queue: Queue,
        filter: &Filter,
        reader: &Reader,
        now: Moment,
    ) -> Result<Found, Failure> {
        let rows = match queue {
            Queue::Decided => self.own_page(own, queue, From::Start, LOOKED_AT, reader, now)?,
            _ => self.own_page(own, queue, From::Start, usize::MAX >> 1, reader, now)?,
        };
        let full = queue == Queue::Decided && rows.len() == LOOKED_AT;
        let of_the_first = full.then_some(LOOKED_AT);
        let rows = self.matching(filter, rows, now).map_err(|e| failed("looking for requests", e))?;
        Ok(Found { rows, hidden: 0, of_the_first })
    }

    /// The newest requests that carry a name and are there for whoever reads, oldest first; at most `most`. However many
    /// others carry the name, they hide none of one's own.
    pub(super) fn names_seen(
        &self,
        name: &str,
        sight: &Sight,
        most: usize,
    ) -> Result<Vec<RequestId>, Failure> {
        let reading = |e| failed("looking for a name", e);
        let mut query = self
            .conn
            .prepare_cached("SELECT request FROM names WHERE name = ?1 ORDER BY request DESC")
            .map_err(reading)?;
        let mut rows = query.query([name]).map_err(reading)?;
        let mut ids = Vec::new();
        while let Some(row) = rows.next().map_err(reading)? {
            let id = RequestId::new(row.get(0).map_err(reading)?);
            if *sight == Sight::Everything || self.load(id, sight)?.is_some() {
                ids.push(id);
            }
            if ids.len() == most {
                break;
            }
        }
        ids.reverse();
        Ok(ids)
    }
}
