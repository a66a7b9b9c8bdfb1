//! What a write changes in the kept counters: added up while it goes on, and written once before it is committed.

use crate::store::failure::{Failure, failed};
use rusqlite::{Connection, params};
use std::collections::BTreeMap;

/// By how much each counter changes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Tally(BTreeMap<String, i64>);

impl Tally {
    /// A counter changes from what it was to what it is.
    pub fn change(&mut self, old: &BTreeMap<String, i64>, new: &BTreeMap<String, i64>) {
        for (counters, sign) in [(old, -1), (new, 1)] {
            for (name, value) in counters {
                match self.0.get_mut(name) {
                    Some(change) => *change += sign * value,
                    None => {
                        self.0.insert(name.clone(), sign * value);
                    }
                }
            }
        }
    }

    /// By how much a counter changes that is not written yet.
    pub fn of(&self, name: &str) -> i64 {
        self.0.get(name).copied().unwrap_or(0)
    }

    /// Writes the changes, and forgets them.
    ///
    /// # Errors
    /// When SQLite refuses a row.
    pub fn write(&mut self, conn: &Connection) -> Result<(), Failure> {
        self.put(conn).map_err(|e| failed("writing the counters", e))
    }

    fn put(&mut self, conn: &Connection) -> rusqlite::Result<()> {
        for (name, change) in std::mem::take(&mut self.0) {
            if change > 0 {
                conn.prepare_cached(
                    "INSERT INTO counters (name, value) VALUES (?1, ?2)
                     ON CONFLICT (name) DO UPDATE SET value = value + excluded.value",
                )?
                .execute(params![name, change])?;
            } else if change < 0 {
                conn.prepare_cached("UPDATE counters SET value = value + ?2 WHERE name = ?1")?
                    .execute(params![name, change])?;
                // A counter at zero is no row, so that what is kept equals what a rebuild writes.
                conn.prepare_cached("DELETE FROM counters WHERE name = ?1 AND value = 0")?
                    .execute(params![name])?;
            }
        }
        Ok(())
    }
}
