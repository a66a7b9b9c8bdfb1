//! Other orders than the one to read in: newest first, and due first. Each is an index, so a page costs what it shows.

use crate::domain::moment::Moment;
use crate::store::cut::{ADMITTED, Cut};
use crate::store::inbox::{COLUMNS, From, Row, place};
use crate::store::open::Store;

/// The order of a list. What is decided has one of its own, by when it was closed, and keeps it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Order {
    /// Overdue first, then escalated, by risk, priority and due time.
    #[default]
    Reading,
    /// What was asked last comes first.
    Newest,
    /// What is due first comes first.
    Due,
}

impl Order {
    /// All of them, in the order in which a key goes through them.
    pub const ALL: [Order; 3] = [Order::Reading, Order::Newest, Order::Due];

    /// Where a row stands; smaller is first.
    pub fn standing(self, row: &Row, now: Moment) -> (bool, i64, i64, i64) {
        let at = place(row, now);
        let id = at.id as i64;
        match self {
            Order::Reading => (at.in_time, at.rank, at.due_at, id),
            Order::Newest => (false, 0, 0, -id),
            Order::Due => (false, 0, at.due_at, id),
        }
    }
}

impl Store {
    /// Up to `limit` rows of one slot next to an edge, newest first or due first.
    pub(super) fn sorted_page(
        &self,
        cut: &Cut<'_>,
        order: Order,
        from: &From<'_>,
        limit: usize,
    ) -> rusqlite::Result<Vec<Row>> {
        let newest = order == Order::Newest;
        let (edge, backwards) = match from {
            From::Start => (None, false),
            From::After(row) => (Some(row), false),
            From::Before(row) => (Some(row), true),
            From::End => (None, true),
        };
        // Newest first falls, so its way back rises.
        let rises = backwards == newest;
        let edge = edge.map(|row| (row.due_at.millis(), row.id.number() as i64));
        let (low, high) = match (edge, rises) {
            (Some(edge), true) => (edge, (i64::MAX, i64::MAX)),
            (Some(edge), false) => ((i64::MIN, i64::MIN), edge),
            (None, _) => ((i64::MIN, i64::MIN), (i64::MAX, i64::MAX)),
        };
        let way = if rises { "ASC" } else { "DESC" };
        // INDEXED BY: were the index not there, this would fail instead of sorting everything that is open.
        if newest {
            let sql = format!(
                "SELECT {COLUMNS} FROM inbox i INDEXED BY inbox_by_request JOIN requests r ON r.id = i.request
                 WHERE {ADMITTED} AND i.request > ?9 AND i.request < ?10 ORDER BY i.request {way} LIMIT ?11"
            );
            return self.rows(&sql, cut, &[low.1, high.1, limit as i64]);
        }
        let sql = format!(
            "SELECT {COLUMNS} FROM inbox i INDEXED BY inbox_by_due JOIN requests r ON r.id = i.request
             WHERE {ADMITTED} AND (i.due_at, i.request) > (?9, ?10) AND (i.due_at, i.request) < (?11, ?12)
             ORDER BY i.due_at {way}, i.request {way} LIMIT ?13"
        );
        self.rows(&sql, cut, &[low.0, low.1, high.0, high.1, limit as i64])
    }
}
