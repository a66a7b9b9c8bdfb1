//! Which rows of a slot are in a queue for somebody: not their own requests, nothing they put out of their sight or want
//! hidden, and, where it matters, nothing that somebody is on.

use crate::domain::moment::Moment;
use crate::store::inbox::{Reader, Row, row};
use crate::store::open::Store;
use crate::store::queue::Queue;
use rusqlite::types::Value;

/// The condition, over `inbox i` and `requests r`. Its parameters are the first eight of [`Cut::parameters`].
pub(super) const ADMITTED: &str =
    "i.slot = ?1 AND i.asker NOT IN (?2, ?3) AND (?4 IS NULL OR r.claim_until <= ?4)
    AND (?5 IS NULL OR NOT EXISTS
        (SELECT 1 FROM snoozed z WHERE z.name = ?5 AND z.request = i.request AND z.until > ?6))
    AND (?8 IS NULL OR i.due_at <= ?6 OR r.level > 0 OR NOT EXISTS
        (SELECT 1 FROM seen v WHERE v.author = ?7 AND v.request = i.request AND v.revision = r.revision
            AND v.at <= ?8))";

/// One slot of a queue, as somebody reads it at some time.
pub(super) struct Cut<'a> {
    pub(super) slot: String,
    pub(super) now: Moment,
    own: &'a [String],
    free_at: Option<Moment>,
    sleeper: Option<&'a str>,
    name: &'a str,
    seen_by: Option<Moment>,
}

impl<'a> Cut<'a> {
    /// The rows of `slot` that are in `queue` for `reader`.
    pub(super) fn of(queue: Queue, slot: String, reader: &'a Reader, now: Moment) -> Self {
        let name = reader.signer.name.as_str();
        Self {
            free_at: queue.free_at(&slot, now),
            slot,
            now,
            own: queue.hidden_askers(reader),
            sleeper: queue.lets_sleep().then_some(name),
            name,
            seen_by: reader.seen_by,
        }
    }

    /// What stands in the place of the first eight parameters, and `more` behind them.
    pub(super) fn parameters(&self, more: &[i64]) -> Vec<Value> {
        let own = |n: usize| Value::from(self.own.get(n).cloned().unwrap_or_default());
        let time = |at: Option<Moment>| at.map_or(Value::Null, |at| Value::from(at.millis()));
        let mut all = vec![
            Value::from(self.slot.clone()),
            own(0),
            own(1),
            time(self.free_at),
            self.sleeper.map_or(Value::Null, |name| Value::from(name.to_owned())),
            Value::from(self.now.millis()),
            Value::from(self.name.to_owned()),
            time(self.seen_by),
        ];
        all.extend(more.iter().map(|number| Value::from(*number)));
        all
    }
}

impl Store {
    /// The rows of a query whose first parameters are those of `cut`.
    pub(super) fn rows(&self, sql: &str, cut: &Cut<'_>, more: &[i64]) -> rusqlite::Result<Vec<Row>> {
        let mut query = self.conn.prepare_cached(sql)?;
        let rows = query.query_map(rusqlite::params_from_iter(cut.parameters(more)), row)?;
        rows.collect()
    }
}
