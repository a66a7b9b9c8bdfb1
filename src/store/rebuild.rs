//! Rebuilding: forget everything but the log, replay it, and write the derived tables again.

use crate::domain::evolve;
use crate::domain::names::{RequestId, StoreId};
use crate::domain::request::Request;
use crate::store::derive::{Derived, TABLES};
use crate::store::failure::{Failure, failed};
use crate::store::log::{COLUMNS, recorded};
use crate::store::open::{Store, connect};
use crate::store::rollouts;
use crate::store::tally::Tally;
use rusqlite::Connection;
use std::cell::RefCell;
use std::sync::mpsc::sync_channel;

/// How often progress is told, in requests.
const TELL_EVERY: u64 = 1_000;

/// The aggregates that are no requests.
const NO_REQUESTS: [&str; 6] = ["store", "policy", "session", "team", "watcher", "keeping"];

/// Whether replaying reads the events of this aggregate.
pub(super) fn is_replayed(aggregate: &str) -> bool {
    !NO_REQUESTS.contains(&aggregate)
}

/// Replays every request from its own events, one at a time, so that memory does not grow with the log. What cannot
/// be read or replayed goes to `wrong` with the event's number, and the rest of that request is only read.
///
/// # Errors
/// When the log cannot be read, or `each` fails.
pub fn replay(
    conn: &Connection,
    store: &StoreId,
    mut each: impl FnMut(Request) -> Result<(), Failure>,
    mut wrong: impl FnMut(u64, String) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let reading = |e| failed("replaying the log", e);
    let others = NO_REQUESTS.map(|name| format!("'{name}'")).join(", ");
    let sql = format!(
        "SELECT {COLUMNS} FROM log l LEFT JOIN payloads p USING (seq)
         WHERE l.aggregate NOT IN ({others})
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
                wrong(u64::try_from(place).unwrap_or(0), format!("cannot be read: {e}"))?;
                continue;
            }
        };
        let seq = event.envelope.seq.0;
        if event.envelope.aggregate != aggregate {
            if let Some(request) = current.take() {
                each(request)?;
            }
            aggregate.clone_from(&event.envelope.aggregate);
            (version, passed_over) = (0, false);
        }
        version += 1;
        let entry = match event.entry() {
            Ok(entry) if !passed_over => entry,
            Ok(_) => continue,
            Err(why) => {
                passed_over = true;
                wrong(seq, format!("cannot be read: {why}"))?;
                continue;
            }
        };
        let next =
            RequestId::parse(&aggregate).ok_or_else(|| format!("{aggregate} is no request")).and_then(|id| {
                if event.envelope.version != version {
                    return Err(format!(
                        "it is version {} of {aggregate}, not {version}",
                        event.envelope.version
                    ));
                }
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
                wrong(seq, format!("cannot be replayed: {why}"))?;
            }
        }
    }
    current.map_or(Ok(()), each)
}

/// How many requests are handed over at once by the thread that replays, and how many portions it may be ahead.
const PORTION: usize = 64;
const AHEAD: usize = 8;

/// What replaying finds.
enum Found {
    Request(Box<Derived>),
    Wrong(u64, String),
}

/// As [`replay`], on a thread and a connection of its own, which sees the log as this thread does: while one request is
/// written here, the next ones are read there.
///
/// # Errors
/// As [`replay`].
pub(super) fn replay_beside(
    reading: Connection,
    store: &StoreId,
    mut each: impl FnMut(Derived) -> Result<(), Failure>,
    mut wrong: impl FnMut(u64, String) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let (tell, heard) = sync_channel::<Vec<Found>>(AHEAD);
    std::thread::scope(|scope| {
        let replaying = scope.spawn(move || {
            let portion = RefCell::new(Vec::with_capacity(PORTION));
            let send = |found: Option<Found>| {
                let mut portion = portion.borrow_mut();
                let last = found.is_none();
                portion.extend(found);
                if portion.len() < PORTION && !last {
                    return Ok(());
                }
                let full = std::mem::replace(&mut *portion, Vec::with_capacity(PORTION));
                // Nobody hears it any more: the other side has failed, and says why itself.
                tell.send(full).map_err(|_| Failure::damaged("the replay was given up"))
            };
            replay(
                &reading,
                store,
                |request| send(Some(Found::Request(Box::new(Derived::of(request))))),
                |seq, why| send(Some(Found::Wrong(seq, why))),
            )?;
            send(None)
        });
        let mut take = |found| match found {
            Found::Request(derived) => each(*derived),
            Found::Wrong(seq, why) => wrong(seq, why),
        };
        let done = heard.iter().flatten().try_for_each(&mut take);
        drop(heard);
        let replayed =
            replaying.join().unwrap_or_else(|_| Err(Failure::damaged("the replay ended too early")));
        done.and(replayed)
    })
}

/// Writes every request from the log into empty derived tables. `reading` is another connection that sees the same log; without
/// one it is read by the one that writes.
pub(super) fn refill(
    conn: &Connection,
    reading: Option<Connection>,
    store: &StoreId,
    mut tell: impl FnMut(u64),
) -> Result<u64, Failure> {
    let mut tally = Tally::default();
    let mut done = 0u64;
    let each = |derived: Derived| {
        done += 1;
        if done.is_multiple_of(TELL_EVERY) {
            tell(done);
        }
        derived.write(conn, &mut tally)
    };
    let wrong = |seq, why: String| {
        let why = why.strip_prefix("cannot be replayed: ").unwrap_or(&why);
        Err(Failure::damaged(format!("event {seq} cannot be replayed: {why}")))
    };
    match reading {
        Some(reading) => replay_beside(reading, store, each, wrong)?,
        None => {
            let mut each = each;
            replay(conn, store, |request| each(Derived::of(request)), wrong)?;
        }
    }
    tally.write(conn)?;
    rollouts::replay(conn, store, |rollout| rollouts::derive(conn, rollout), wrong)?;
    Ok(done)
}

/// How much of the file a connection keeps in memory that writes or reads most of it, in KiB.
const MUCH: i64 = 32 << 10;

impl Store {
    /// Makes this connection keep more of the file in memory: much is about to be written at once.
    pub fn expect_much(&self) {
        // It is only slower without.
        let _ = self.conn.pragma_update(None, "cache_size", -MUCH);
    }

    /// Another connection to the same file, for reading; nothing where there is none to be had.
    pub(super) fn another(&self) -> Option<Connection> {
        let conn = connect(&self.path).ok()?;
        let _ = conn.pragma_update(None, "cache_size", -MUCH / 2);
        Some(conn)
    }

    /// Forgets the derived tables and writes them again from the log, in one transaction. `tell` hears how many
    /// requests are done.
    ///
    /// # Errors
    /// When an event cannot be read (then nothing was changed), or SQLite refuses.
    pub fn rebuild(&mut self, mut tell: impl FnMut(u64)) -> Result<u64, Failure> {
        self.expect_much();
        // Under the writers' lock it sees the very log that this write sees.
        let mut reading = self.another();
        self.write(|tx| {
            let (conn, store) = (tx.conn(), tx.store().clone());
            for (table, _) in TABLES {
                conn.execute(&format!("DELETE FROM {table}"), [])
                    .map_err(|e| failed("forgetting derived rows", e))?;
            }
            refill(conn, reading.take(), &store, &mut tell)
        })
    }
}
