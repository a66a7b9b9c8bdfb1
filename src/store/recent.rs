//! The requests that were read or written last, so that deciding on what was just shown does not replay it again.
//!
//! What is kept counts only while the log says the same: the last event of the request has the same hash, and as many of
//! its payloads are there. A hash covers everything before it, so what other processes wrote is never overlooked, and
//! what a transaction wrote that was rolled back is never taken for true.

use crate::domain::digest::EventHash;
use crate::domain::names::RequestId;
use crate::domain::request::Request;
use crate::store::failure::{Failure, failed};
use rusqlite::{Connection, OptionalExtension};
use std::cell::RefCell;
use std::collections::VecDeque;

/// How many are kept. A large one takes about a megabyte.
const KEPT: usize = 4;

/// Where a request's own events stand: the last one's hash, and how many payloads are there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// The hash of its last event.
    pub hash: EventHash,
    /// How many of its events have a payload that is still there.
    pub payloads: u64,
}

/// The requests that were read or written last.
#[derive(Debug, Default)]
pub struct Recent(RefCell<VecDeque<(Place, Request)>>);

impl Recent {
    /// The request and where it stood, when the log still says what it said when it was kept.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn get(&self, conn: &Connection, id: RequestId) -> Result<Option<(Place, Request)>, Failure> {
        let kept = self.0.borrow();
        let Some((place, request)) = kept.iter().find(|(_, request)| request.id == id) else {
            return Ok(None);
        };
        Ok((place_of(conn, id)? == Some(*place)).then(|| (*place, request.clone())))
    }

    /// Keeps a request as it is at `place`.
    pub fn keep(&self, place: Place, request: &Request) {
        let mut kept = self.0.borrow_mut();
        kept.retain(|(_, other)| other.id != request.id);
        kept.truncate(KEPT - 1);
        kept.push_front((place, request.clone()));
    }

    /// Keeps a request whose last events this transaction appended.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn keep_written(&self, conn: &Connection, request: &Request) -> Result<(), Failure> {
        if let Some(place) = place_of(conn, request.id)? {
            self.keep(place, request);
        }
        Ok(())
    }
}

/// Where the events of a request stand now: two look-ups in an index, and one for each payload.
fn place_of(conn: &Connection, id: RequestId) -> Result<Option<Place>, Failure> {
    conn.prepare_cached(
        "SELECT hash, (SELECT count(*) FROM log e JOIN payloads p USING (seq) WHERE e.aggregate = ?1)
         FROM log WHERE aggregate = ?1 ORDER BY version DESC LIMIT 1",
    )
    .and_then(|mut query| {
        query
            .query_row([id.to_string()], |row| {
                Ok(Place { hash: EventHash::from_bytes(row.get(0)?), payloads: row.get(1)? })
            })
            .optional()
    })
    .map_err(|e| failed("looking where a request stands", e))
}
