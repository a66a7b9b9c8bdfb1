//! The writers' lock: a file lock in front of `BEGIN IMMEDIATE`.
//!
//! SQLite's own busy handler polls and starves writers for seconds; the kernel's queue is fair. It is let go by the
//! kernel when its holder dies, however it dies.

use crate::domain::text::{Safe, safe_line};
use crate::store::failure::Failure;
use crate::store::hygiene;
use rustix::fs::{FlockOperation, flock};
use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::time::Duration;

/// How long a writer waits before it says that the store is busy.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// The lock file of one store.
#[derive(Clone, Debug)]
pub struct WritersLock {
    path: PathBuf,
    file: Arc<File>,
}

/// Holds the lock until it is dropped.
#[derive(Debug)]
pub struct Held(Arc<File>);

impl Drop for Held {
    fn drop(&mut self) {
        // Closing would free it too; a failure here leaves nothing to do.
        let _ = flock(&*self.0, FlockOperation::Unlock);
    }
}

impl WritersLock {
    /// Opens (or makes) the lock file beside the store.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn beside(store: &Path) -> Result<Self, Failure> {
        let path = hygiene::beside(store, ".lock");
        let file = Arc::new(hygiene::own_file(&path, false)?);
        Ok(Self { path, file })
    }

    /// Waits for the lock, at most [`PATIENCE`].
    ///
    /// # Errors
    /// [`Failure::Busy`] naming the holder.
    pub fn take(&self) -> Result<Held, Failure> {
        if flock(&*self.file, FlockOperation::NonBlockingLockExclusive).is_ok() {
            return Ok(Held(Arc::clone(&self.file)));
        }
        // A blocking flock stands in the kernel's queue, but knows no time limit: a thread of its own waits in it, on
        // an opening of its own. When nobody wants the lock any more it is dropped with the message, and so let go.
        let file = hygiene::own_file(&self.path, false)?;
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || {
            let got = loop {
                match flock(&file, FlockOperation::LockExclusive) {
                    Err(rustix::io::Errno::INTR) => {}
                    other => break other,
                }
            };
            let _ = tell.send(got.map(|()| Held(Arc::new(file))));
        });
        match told.recv_timeout(PATIENCE) {
            Ok(Ok(held)) => Ok(held),
            Ok(Err(e)) => Err(Failure::io("waiting for the writers' lock", e, "check the disk")),
            Err(_) => Err(Failure::Busy { seconds: PATIENCE.as_secs(), holder: self.holder() }),
        }
    }

    /// The lock, if nobody holds it now. For what can wait: it never stands in the queue.
    pub fn take_if_free(&self) -> Option<Held> {
        flock(&*self.file, FlockOperation::NonBlockingLockExclusive)
            .ok()
            .map(|()| Held(Arc::clone(&self.file)))
    }

    /// Who holds the lock just now, if anybody does.
    pub fn taken_by(&self) -> Option<Safe> {
        // An opening of its own, so that the look never lets go of what this process holds.
        let file = hygiene::own_file(&self.path, false).ok()?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => None,
            Err(_) => Some(self.holder()),
        }
    }

    /// Who holds the lock, from /proc/locks; asked only to say so.
    fn holder(&self) -> Safe {
        let inode = self.file.metadata().map(|m| m.ino()).unwrap_or_default().to_string();
        let locks = std::fs::read_to_string("/proc/locks").unwrap_or_default();
        let pid =
            locks.lines().filter(|line| line.contains("FLOCK") && !line.contains("->")).find_map(|line| {
                let words: Vec<&str> = line.split_whitespace().collect();
                let place = words.get(5)?;
                (place.rsplit(':').next() == Some(inode.as_str()))
                    .then(|| words.get(4).copied().unwrap_or("?").to_owned())
            });
        safe_line(&pid.map_or_else(
            || "another process".to_owned(),
            |pid| format!("process {pid}{}", if is_stopped(&pid) { " (stopped)" } else { "" }),
        ))
    }
}

/// Whether a process was stopped (Ctrl-Z, SIGSTOP, a debugger), by the letter behind its name in /proc.
fn is_stopped(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, rest)| matches!(rest.trim_start().chars().next(), Some('T' | 't')))
}
