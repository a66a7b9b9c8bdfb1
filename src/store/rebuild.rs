//! Rebuilding: forget everything but the log, replay it, and write the derived tables again.

use crate::domain::evolve;
use crate::domain::names::{RequestId, StoreId};
use crate::domain::request::Request;
use crate::store::derive::{self, TABLES};
use crate::store::failure::{Failure, failed};
use crate::store::log::{COLUMNS, recorded};
use crate::store::open::Store;
use crate::store::rollouts;
use rusqlite::Connection;

/// How often progress is told, in requests.
const TELL_EVERY: u64 = 1_000;

/// Replays every request from its own events, one at a time, so that memory does not grow with the log. What cannot
/// be replayed goes to `wrong` with the event's number, and the rest of that request is passed over.
///
/// # Errors
/// When the log cannot be read, or `each` fails.
pub fn replay(
    conn: &Connection,
    store: &StoreId,
    mut each: impl FnMut(&Request) -> Result<(), Failure>,
    mut wrong: impl FnMut(u64, String) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let reading = |e| failed("replaying the log", e);
    let sql = format!(
        "SELECT {COLUMNS} FROM log l LEFT JOIN payloads p USING (seq)
         WHERE l.aggregate NOT IN ('store', 'policy', 'session', 'team', 'watcher', 'keeping')
             AND NOT (l.aggregate >= 'rollout ' AND l.aggregate < 'rollout!') ORDER BY l.aggregate, l.version"
    );
    let mut query = conn.prepare(&sql).map_err(reading)?;
    let mut rows = query.query([]).map_err(reading)?;
    let mut current: Option<Request> = None;
    let mut aggregate = String::new();
    let mut version = 0u64;
    let mut passed_over = false;
    while let Some(row) = rows.next().map_err(reading)? {
        let event = match recorded(row, store) {
            Ok(event) => event,
            // Were it of a request, that request now has a hole, which its next event meets.
            Err(e) => {
                let place: i64 = row.get(0).map_err(reading)?;
                wrong(u64::try_from(place).unwrap_or(0), e.to_string())?;
                continue;
            }
        };
        let seq = event.envelope.seq.0;
        if event.envelope.aggregate != aggregate {
            if let Some(request) = current.take() {
                each(&request)?;
            }
            aggregate.clone_from(&event.envelope.aggregate);
            (version, passed_over) = (0, false);
        }
        version += 1;
        if passed_over {
            continue;
        }
        let next =
            RequestId::parse(&aggregate).ok_or_else(|| format!("{aggregate} is no request")).and_then(|id| {
                if event.envelope.version != version {
                    return Err(format!(
                        "it is version {} of {aggregate}, not {version}",
                        event.envelope.version
                    ));
                }
                let entry = event.entry()?;
                match current.take() {
                    Some(request) => Ok(request.evolve(&entry)),
                    None => evolve::begin(id, &entry)
                        .ok_or_else(|| format!("{id} does not begin with its submission")),
                }
            });
        match next {
            Ok(request) => current = Some(request),
            Err(why) => {
                passed_over = true;
                wrong(seq, why)?;
            }
        }
    }
    current.as_ref().map_or(Ok(()), each)
}

impl Store {
    /// Forgets the derived tables and writes them again from the log, in one transaction. `tell` hears how many
    /// requests are done.
    ///
    /// # Errors
    /// When an event cannot be read (then nothing was changed), or SQLite refuses.
    pub fn rebuild(&mut self, mut tell: impl FnMut(u64)) -> Result<u64, Failure> {
        self.write(|tx| {
            let (conn, store) = (tx.conn(), tx.store().clone());
            for (table, _) in TABLES {
                conn.execute(&format!("DELETE FROM {table}"), [])
                    .map_err(|e| failed("forgetting derived rows", e))?;
            }
            let mut done = 0u64;
            replay(
                conn,
                &store,
                |request| {
                    done += 1;
                    if done.is_multiple_of(TELL_EVERY) {
                        tell(done);
                    }
                    derive::write(conn, None, request)
                },
                |seq, why| Err(Failure::damaged(format!("event {seq} cannot be replayed: {why}"))),
            )?;
            rollouts::replay(
                conn,
                &store,
                |rollout| rollouts::derive(conn, rollout),
                |seq, why| Err(Failure::damaged(format!("event {seq} cannot be replayed: {why}"))),
            )?;
            Ok(done)
        })
    }
}
