//! The lock of whoever runs a plan, and how far its steps have come. The lock is the kernel's: it is let go when its holder
//! dies, however it dies, and no number that is used again can be taken for it. Progress is local and no event.

use crate::domain::moment::Moment;
use crate::domain::names::{RequestId, StepId};
use crate::store::failure::{Failure, failed};
use crate::store::hygiene;
use crate::store::open::Store;
use crate::store::write::Tx;
use rusqlite::params;
use rustix::fs::{FlockOperation, Mode, OFlags, flock};
use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Held for as long as one process runs the plan of one request.
#[derive(Debug)]
pub struct RunLock {
    path: PathBuf,
    _file: File,
}

impl Drop for RunLock {
    fn drop(&mut self) {
        // Removed while it is held, so that nobody takes a file that is about to go; whoever opened it before sees that.
        let _ = std::fs::remove_file(&self.path);
    }
}

fn path_of(store: &Path, id: RequestId) -> PathBuf {
    hygiene::beside(store, &format!(".run-{}", id.number()))
}

/// Whether nobody holds the lock of this request's runner.
pub fn is_free(store: &Path, id: RequestId) -> bool {
    let flags = OFlags::RDWR | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
    match rustix::fs::open(path_of(store, id), flags, Mode::empty()) {
        Ok(file) => flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok(),
        // Only a file that is not there is free: what cannot be looked at is not taken for dead.
        Err(e) => e == rustix::io::Errno::NOENT,
    }
}

impl Store {
    /// Takes the lock of this request's runner; nothing when somebody holds it.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn run_lock(&self, id: RequestId) -> Result<Option<RunLock>, Failure> {
        let path = path_of(&self.path, id);
        loop {
            let file = hygiene::own_file(&path, false)?;
            if flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
                return Ok(None);
            }
            // Its last holder may have removed the file between our opening and our locking it.
            let ours = file.metadata().map(|m| m.ino()).ok();
            if ours.is_some() && ours == std::fs::metadata(&path).map(|m| m.ino()).ok() {
                return Ok(Some(RunLock { path, _file: file }));
            }
        }
    }

    /// Whether nobody holds the lock of this request's runner.
    pub fn runner_is_gone(&self, id: RequestId) -> bool {
        is_free(&self.path, id)
    }

    /// The requests whose execution runs, oldest first; at most 1,000.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn executing(&self) -> Result<Vec<RequestId>, Failure> {
        let reading = |e| failed("looking for what runs", e);
        let mut query = self
            .conn
            .prepare_cached("SELECT id FROM requests WHERE execution = 'running' ORDER BY id LIMIT 1000")
            .map_err(reading)?;
        let rows = query.query_map([], |row| row.get(0)).map_err(reading)?;
        rows.map(|row| row.map(RequestId::new)).collect::<rusqlite::Result<_>>().map_err(reading)
    }

    /// How far the steps of a request have come, in percent, and when that was said.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn progress(&self, id: RequestId) -> Result<Vec<(StepId, u8, Moment)>, Failure> {
        let reading = |e| failed("reading how far it has come", e);
        let mut query = self
            .conn
            .prepare_cached("SELECT step, percent, at FROM progress WHERE request = ?1 ORDER BY step")
            .map_err(reading)?;
        let rows = query
            .query_map([id.number()], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, u8>(1)?, Moment::from_millis(row.get(2)?)))
            })
            .map_err(reading)?;
        let rows: Vec<_> = rows.collect::<rusqlite::Result<_>>().map_err(reading)?;
        Ok(rows.into_iter().filter_map(|(id, n, at)| Some((StepId::new(id).ok()?, n, at))).collect())
    }
}

impl Tx<'_> {
    /// Keeps how far a step has come.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn set_progress(
        &mut self,
        id: RequestId,
        step: &StepId,
        percent: u8,
        at: Moment,
    ) -> Result<(), Failure> {
        self.conn()
            .prepare_cached(
                "INSERT INTO progress (request, step, percent, at) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (request, step) DO UPDATE SET percent = excluded.percent, at = excluded.at",
            )
            .and_then(|mut put| put.execute(params![id.number(), step.as_str(), percent, at.millis()]))
            .map(|_| ())
            .map_err(|e| failed("keeping how far it has come", e))
    }
}
