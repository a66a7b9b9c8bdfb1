//! An older form of the tables: when only derived ones changed, they are made anew from the log, on opening.

use crate::store::derive::TABLES;
use crate::store::failure::{Failure, failed};
use crate::store::hygiene::FORM;
use crate::store::open::{SCHEMA, Store};
use crate::store::rebuild::refill;

/// The part of the schema that follows from the log.
fn derived_schema() -> Option<&'static str> {
    let (_, rest) = SCHEMA.split_once("-- ── DERIVED")?;
    let (derived, _) = rest.split_once("-- ── LOCAL")?;
    derived.split_once('\n').map(|(_, statements)| statements)
}

/// Primary tables that an older form did not have: each is made when it is missing, and never touched when it is not.
fn added_schema() -> Option<&'static str> {
    let (_, rest) = SCHEMA.split_once("-- ── PRIMARY, ADDED LATER")?;
    let (added, _) = rest.split_once("-- ── DERIVED")?;
    added.split_once('\n').map(|(_, statements)| statements)
}

/// The part of the schema that is of this place only: each table is made when it is missing, and kept when it is not.
fn local_schema() -> Option<&'static str> {
    let (_, local) = SCHEMA.split_once("-- ── LOCAL")?;
    local.split_once('\n').map(|(_, statements)| statements)
}

impl Store {
    /// Brings the derived tables to this program's form, in one transaction. Nothing of the log is touched.
    ///
    /// # Errors
    /// When the log cannot be replayed, or the file cannot be written; nothing was changed then.
    pub(super) fn bring_up(&mut self) -> Result<(), Failure> {
        let form = |store: &Self| {
            store
                .conn
                .query_row("PRAGMA user_version", [], |row| row.get::<_, i32>(0))
                .map_err(|e| failed("looking at the store's form", e))
        };
        // A log that is only read is not replayed; what this program adds to the tables is missing then.
        if form(self)? == FORM || self.read_only.is_some() {
            return Ok(());
        }
        let held = self.lock.take()?;
        let renewing = |e| failed("renewing the derived tables", e);
        self.conn.execute_batch("BEGIN IMMEDIATE").map_err(renewing)?;
        // Somebody may have done it while we waited.
        let done = form(self).and_then(|found| if found == FORM { Ok(()) } else { self.renew() });
        let done = done.and_then(|()| self.conn.execute_batch("COMMIT").map_err(renewing));
        if done.is_err() {
            let _ = self.conn.execute_batch("ROLLBACK");
        }
        drop(held);
        done
    }

    fn renew(&self) -> Result<(), Failure> {
        let renewing = |e| failed("renewing the derived tables", e);
        for (table, _) in TABLES {
            self.conn.execute_batch(&format!("DROP TABLE IF EXISTS {table}")).map_err(renewing)?;
        }
        let statements =
            derived_schema().ok_or_else(|| Failure::damaged("the schema has no derived part"))?;
        let added =
            added_schema().ok_or_else(|| Failure::damaged("the schema has no part that was added"))?;
        let local = local_schema().ok_or_else(|| Failure::damaged("the schema has no local part"))?;
        self.conn
            .execute_batch(added)
            .and_then(|()| self.conn.execute_batch(statements))
            .and_then(|()| self.conn.execute_batch(local))
            .map_err(renewing)?;
        self.expect_much();
        refill(&self.conn, self.another(), &self.id, |_| {})?;
        self.conn.execute_batch(&format!("PRAGMA user_version = {FORM}")).map_err(renewing)
    }
}
