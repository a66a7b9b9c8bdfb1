//! Who keeps time: a lock of the kernel's that one process holds at a time, what it said of itself, and the number by
//! which a watcher that was thought to be gone is told from the one that came after it.

use crate::domain::event::Entry;
use crate::domain::moment::Moment;
use crate::domain::names::Seq;
use crate::store::failure::{Failure, failed};
use crate::store::hygiene;
use crate::store::log::{Appending, row_of};
use crate::store::open::Store;
use crate::store::write::Tx;
use rusqlite::Connection;
use rustix::fs::{FlockOperation, flock};
use std::fs::File;
use std::io::{Read, Seek, Write};

/// The aggregate of the watchers.
pub const WATCHER: &str = "watcher";

/// Held for as long as one process keeps time.
#[derive(Debug)]
pub struct WatchLock {
    file: File,
}

/// Who keeps time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Keeping {
    /// Which process.
    pub process: u32,
    /// Since when.
    pub since: Moment,
    /// Whether it is somebody's screen, and ends with it.
    pub screen: bool,
}

impl Drop for WatchLock {
    fn drop(&mut self) {
        // The kernel lets it go with the file in any case; what it said of itself is not read once it is free.
        let _ = flock(&self.file, FlockOperation::Unlock);
    }
}

impl Store {
    fn watch_file(&self) -> Result<File, Failure> {
        hygiene::own_file(&hygiene::beside(&self.path, ".watch"), false)
    }

    /// Takes the lock of whoever keeps time; nothing when somebody has it.
    ///
    /// # Errors
    /// When the file cannot be made or written.
    pub fn watch_lock(&self, keeping: Keeping) -> Result<Option<WatchLock>, Failure> {
        let mut file = self.watch_file()?;
        if flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
            return Ok(None);
        }
        let words = format!(
            "{} {} {}\n",
            keeping.process,
            keeping.since.millis(),
            if keeping.screen { "screen" } else { "watch" }
        );
        let written =
            file.set_len(0).and_then(|()| file.rewind()).and_then(|()| file.write_all(words.as_bytes()));
        // On a full disk the lock is held all the same; only who holds it is not told.
        drop(written);
        Ok(Some(WatchLock { file }))
    }

    /// Who keeps time just now, if anybody does. What a holder said of itself may be missing.
    ///
    /// # Errors
    /// When the file cannot be looked at.
    pub fn kept_by(&self) -> Result<Option<Keeping>, Failure> {
        let mut file = self.watch_file()?;
        // Shared, so that two who look do not take each other for a holder.
        if flock(&file, FlockOperation::NonBlockingLockShared).is_ok() {
            let _ = flock(&file, FlockOperation::Unlock);
            return Ok(None);
        }
        let mut words = String::new();
        let _ = file.read_to_string(&mut words);
        let mut words = words.split_whitespace();
        let process = words.next().and_then(|n| n.parse().ok()).unwrap_or_default();
        let since = words.next().and_then(|n| n.parse().ok()).unwrap_or_default();
        let screen = words.next() == Some("screen");
        Ok(Some(Keeping { process, since: Moment::from_millis(since), screen }))
    }
}

fn fence(conn: &Connection) -> Result<u64, Failure> {
    conn.prepare_cached("SELECT coalesce(max(version), 0) FROM log WHERE aggregate = ?1")
        .and_then(|mut query| query.query_row([WATCHER], |row| row.get(0)))
        .map_err(|e| failed("looking for the last watcher", e))
}

impl Store {
    /// The number of the last watcher that was started; zero while there was none.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn fence(&self) -> Result<u64, Failure> {
        fence(&self.conn)
    }
}

impl Tx<'_> {
    /// The number of the last watcher that was started; zero while there was none.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn fence(&self) -> Result<u64, Failure> {
        fence(self.conn())
    }

    /// Appends the event of a watcher that begins.
    ///
    /// # Errors
    /// When SQLite refuses the row.
    pub fn begin_to_watch(&mut self, fence: u64, entry: &Entry) -> Result<Seq, Failure> {
        let (conn, store) = (self.conn(), self.store());
        let row = row_of(WATCHER, fence, entry, self.chance())?;
        Appending::at_head(conn, store)?.append(row)
    }
}
