//! What must not wait: the requests that wait for a reader and are of critical risk or urgent. Told from the ranks alone.

use crate::domain::moment::Moment;
use crate::domain::names::RequestId;
use crate::domain::risk::{Priority, Risk};
use crate::store::derive::reading_rank;
use crate::store::failure::{Failure, failed};
use crate::store::inbox::Reader;
use crate::store::open::Store;
use crate::store::queue::Queue;
use rusqlite::params;
use std::collections::BTreeSet;

impl Store {
    /// The urgent requests that wait for the reader, whether or not they are on a page somebody looks at.
    ///
    /// # Errors
    /// When the tables cannot be read.
    pub fn urgent_for(&self, reader: &Reader, now: Moment) -> Result<BTreeSet<RequestId>, Failure> {
        self.urgent(reader, now).map_err(|e| failed("looking for urgent requests", e))
    }

    fn urgent(&self, reader: &Reader, now: Moment) -> rusqlite::Result<BTreeSet<RequestId>> {
        let mut query = self.conn.prepare_cached(
            "SELECT request FROM inbox i WHERE slot = ?1 AND rank = ?2 AND asker NOT IN (?3, ?4) AND NOT EXISTS
                 (SELECT 1 FROM snoozed z WHERE z.name = ?5 AND z.request = i.request AND z.until > ?6)",
        )?;
        let own = |n: usize| reader.own.get(n).map_or("", String::as_str);
        let mut urgent = BTreeSet::new();
        for slot in self.slots(Queue::Waiting, reader)? {
            for rank in self.ranks(&slot)?.into_iter().filter(|rank| is_urgent(*rank)) {
                let ids = query.query_map(
                    params![slot, rank, own(0), own(1), reader.signer.name.as_str(), now.millis()],
                    |row| row.get(0),
                )?;
                for id in ids {
                    urgent.insert(RequestId::new(id?));
                }
            }
        }
        Ok(urgent)
    }
}

/// Whether a row of this rank is of critical risk or urgent, on whatever level.
fn is_urgent(rank: i64) -> bool {
    (0..=3).any(|level| {
        let critical = Priority::ALL.iter().any(|p| reading_rank(level, Risk::Critical, *p) == rank);
        critical || Risk::ALL.iter().any(|r| reading_rank(level, *r, Priority::Urgent) == rank)
    })
}
