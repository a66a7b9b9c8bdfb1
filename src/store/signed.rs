//! Decisions that carry a signature, and what is needed to check them again: the policies in their order, and which
//! events certain hashes are of.

use crate::domain::digest::EventHash;
use crate::domain::event::POLICY;
use crate::domain::names::Seq;
use crate::store::failure::{Failure, failed};
use crate::store::log::{COLUMNS, Recorded, recorded};
use crate::store::open::Store;
use crate::store::policy::Adopted;
use crate::store::read::readable_events_of;
use std::collections::{BTreeMap, BTreeSet};

/// A policy that was adopted, by the event it came with; inside, why it cannot be read.
pub type Adoption = (Seq, Result<Adopted, String>);

impl Store {
    /// Every decision that says it was signed, or that carries a signature, in the order of the log.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn signed(&self) -> Result<Vec<Recorded>, Failure> {
        let reading = |e| failed("reading the signed decisions", e);
        let sql = format!(
            "SELECT {COLUMNS} FROM log l LEFT JOIN payloads p USING (seq)
             WHERE l.name IN ('signoff.given', 'request.overridden')
               AND (l.assurance IN ('signed', 'signed+touch') OR instr(l.facts, '\"signature\":') > 0)
             ORDER BY l.seq"
        );
        let mut query = self.conn.prepare_cached(&sql).map_err(reading)?;
        let rows = query.query_map([], |row| recorded(row, self.id())).map_err(reading)?;
        rows.collect::<rusqlite::Result<_>>().map_err(reading)
    }

    /// Every policy that was adopted, in order.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn adoptions(&self) -> Result<Vec<Adoption>, Failure> {
        let events = readable_events_of(&self.conn, self.id(), POLICY)?;
        let of = |event: &Recorded| {
            let seq = event.envelope.seq;
            self.adopted(seq).map(|adopted| (seq, adopted))
        };
        events.iter().filter(|event| event.envelope.name == "policy.adopted").map(of).collect()
    }

    /// Of which events these hashes are; one that is of none is left out.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn places_of(&self, hashes: &BTreeSet<EventHash>) -> Result<BTreeMap<EventHash, Seq>, Failure> {
        let mut out = BTreeMap::new();
        if hashes.is_empty() {
            return Ok(out);
        }
        let reading = |e| failed("reading the log", e);
        // One pass: an index over every hash would cost each event for what only an audit asks.
        let mut query = self.conn.prepare_cached("SELECT seq, hash FROM log").map_err(reading)?;
        let mut rows = query.query([]).map_err(reading)?;
        while let Some(row) = rows.next().map_err(reading)? {
            // A row that holds no hash is told by the chain.
            let Ok(hash) = row.get::<_, [u8; 32]>(1) else { continue };
            let hash = EventHash::from_bytes(hash);
            if hashes.contains(&hash) {
                out.insert(hash, Seq(row.get(0).map_err(reading)?));
            }
        }
        Ok(out)
    }
}
