//! What must not wait: the requests that began to wait for a reader since they last looked, and are of critical risk or
//! urgent. Told from what was appended since, so that it costs nothing how many there are.

use crate::domain::moment::Moment;
use crate::domain::names::{RequestId, Seq};
use crate::domain::risk::{Priority, Risk};
use crate::store::failure::{Failure, failed};
use crate::store::inbox::Reader;
use crate::store::open::Store;
use crate::store::queue::Queue;
use crate::store::sight::Sight;
use rusqlite::params;
use std::collections::BTreeSet;

/// How far somebody has looked: what was there by then is not new.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Looked {
    /// The last event they knew of.
    at_event: Seq,
    /// When.
    at: Moment,
}

/// How many of the newest events are looked at: a reader is called once for all of them, and looks every few hundred
/// milliseconds.
const NEWEST: u32 = 1_000;

/// The events with which a request can begin to wait for somebody, as JSON. A comment or a claim is none.
const BEGINNINGS: &str = r#"["request.submitted","request.revised","request.resubmitted","request.changes_withdrawn",
    "request.reassessed","step.modified","signoff.withdrawn"]"#;

impl Store {
    /// How far there is to look now.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn looked(&self, now: Moment) -> Result<Looked, Failure> {
        self.conn
            .prepare_cached("SELECT coalesce(max(seq), 0) FROM log")
            .and_then(|mut query| query.query_row([], |row| row.get(0)))
            .map(|seq| Looked { at_event: Seq(seq), at: now })
            .map_err(|e| failed("looking for urgent requests", e))
    }

    /// The urgent requests that began to wait for the reader after `looked`: by an event, or because what they had put
    /// off came back.
    ///
    /// # Errors
    /// When the tables cannot be read.
    pub fn urgent_since(
        &self,
        looked: Looked,
        reader: &Reader,
        now: Moment,
    ) -> Result<BTreeSet<RequestId>, Failure> {
        // A bell is for those who decide on everything.
        if reader.sight != Sight::Everything {
            return Ok(BTreeSet::new());
        }
        self.urgent(looked, reader, now).map_err(|e| failed("looking for urgent requests", e))
    }

    fn urgent(&self, looked: Looked, reader: &Reader, now: Moment) -> rusqlite::Result<BTreeSet<RequestId>> {
        let mut touched: BTreeSet<RequestId> = BTreeSet::new();
        let mut query = self.conn.prepare_cached(
            "SELECT DISTINCT aggregate FROM (SELECT aggregate, name FROM log WHERE seq > ?1 ORDER BY seq DESC LIMIT ?2)
             WHERE name IN (SELECT value FROM json_each(?3))",
        )?;
        let key = params![looked.at_event.0, NEWEST, BEGINNINGS];
        for aggregate in query.query_map(key, |row| row.get::<_, String>(0))? {
            touched.extend(RequestId::parse(&aggregate?));
        }
        let name = reader.signer.name.as_str();
        let mut query = self
            .conn
            .prepare_cached("SELECT request FROM snoozed WHERE name = ?1 AND until > ?2 AND until <= ?3")?;
        for id in query.query_map(params![name, looked.at.millis(), now.millis()], |row| row.get(0))? {
            touched.insert(RequestId::new(id?));
        }
        if touched.is_empty() {
            return Ok(touched);
        }
        let slots = self.slots(Queue::Waiting, reader)?;
        let mut query = self.conn.prepare_cached(
            "SELECT 1 FROM requests r JOIN inbox i ON i.slot = ?1 AND i.request = r.id
             WHERE r.id = ?2 AND (r.risk = ?3 OR r.priority = ?4) AND i.asker NOT IN (?5, ?6) AND NOT EXISTS
                 (SELECT 1 FROM snoozed z WHERE z.name = ?7 AND z.request = r.id AND z.until > ?8)",
        )?;
        let own = |n: usize| reader.own.get(n).map_or("", String::as_str);
        let (critical, urgent) = (Risk::Critical.word(), Priority::Urgent.word());
        let mut waits = |id: &RequestId, slot: &String| {
            let id = id.number();
            query.exists(params![slot, id, critical, urgent, own(0), own(1), name, now.millis()])
        };
        let mut found = BTreeSet::new();
        for id in touched {
            for slot in &slots {
                if waits(&id, slot)? {
                    found.insert(id);
                    break;
                }
            }
        }
        Ok(found)
    }
}
