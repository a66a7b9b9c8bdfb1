//! What ended badly, by the shape of its step: a derived table, asked when a plan is judged.

use crate::domain::moment::Moment;
use crate::domain::names::RequestId;
use crate::domain::precedents::Shape;
use crate::store::failure::{Failure, failed};
use crate::store::write::Tx;
use rusqlite::{Connection, params};
use std::collections::BTreeSet;

/// Writes what of a request ended badly, replacing what stood there.
pub(super) fn put(
    conn: &Connection,
    id: RequestId,
    old: &BTreeSet<(Shape, Moment)>,
    new: &BTreeSet<(Shape, Moment)>,
) -> rusqlite::Result<()> {
    for (rows, sql) in [
        (old.difference(new), "DELETE FROM failures WHERE shape = ?1 AND at = ?2 AND request = ?3"),
        (new.difference(old), "INSERT INTO failures (shape, at, request) VALUES (?1, ?2, ?3)"),
    ] {
        for (shape, at) in rows {
            conn.prepare_cached(sql)?.execute(params![shape.as_str(), at.millis(), id.number()])?;
        }
    }
    Ok(())
}

impl Tx<'_> {
    /// Those of `shapes` that ended badly since then.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn failed_since<'a>(
        &self,
        shapes: impl Iterator<Item = &'a Shape>,
        since: Moment,
    ) -> Result<BTreeSet<Shape>, Failure> {
        let reading = |e| failed("looking for what failed before", e);
        let sql = "SELECT EXISTS (SELECT 1 FROM failures WHERE shape = ?1 AND at >= ?2)";
        let mut query = self.conn().prepare_cached(sql).map_err(reading)?;
        let mut out = BTreeSet::new();
        for shape in shapes {
            let there: bool = query
                .query_row(params![shape.as_str(), since.millis()], |row| row.get(0))
                .map_err(reading)?;
            if there {
                out.insert(shape.clone());
            }
        }
        Ok(out)
    }
}
