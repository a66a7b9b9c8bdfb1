//! Backup: SQLite's online copy into a new file that only its owner can read.

use crate::store::failure::{Failure, failed};
use crate::store::hygiene;
use crate::store::open::Store;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};
use std::path::Path;

/// Pages copied at a time; between two portions others can write.
const PORTION: i32 = 1_000;

impl Store {
    /// Copies the store to `target`, which must not exist yet. `tell` hears pages left and pages in all.
    ///
    /// # Errors
    /// When the target exists or cannot be written; then no part of a copy is left behind.
    pub fn backup(&self, target: &Path, mut tell: impl FnMut(i32, i32)) -> Result<(), Failure> {
        if target.symlink_metadata().is_ok() {
            return Err(Failure::io(
                format!("copying to {}", target.display()),
                "it exists already",
                "name a new file",
            ));
        }
        hygiene::check_directory(target)?;
        hygiene::own_file(target, true)?;
        self.copy(target, &mut tell).inspect_err(|_| {
            let _ = std::fs::remove_file(target);
        })
    }

    fn copy(&self, target: &Path, tell: &mut impl FnMut(i32, i32)) -> Result<(), Failure> {
        let copying = |e| failed("copying the store", e);
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX
            | OpenFlags::SQLITE_OPEN_NOFOLLOW;
        let mut copy = Connection::open_with_flags(target, flags).map_err(copying)?;
        {
            let backup = Backup::new(&self.conn, &mut copy).map_err(copying)?;
            loop {
                match backup.step(PORTION).map_err(copying)? {
                    StepResult::Done => break,
                    StepResult::More => {}
                    // Somebody is writing: the next try begins with what they left.
                    _ => std::thread::sleep(std::time::Duration::from_millis(20)),
                }
                let progress = backup.progress();
                tell(progress.remaining, progress.pagecount);
            }
        }
        // The copy is one file, complete on disk, with no companion to forget.
        copy.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(())).map_err(copying)?;
        drop(copy);
        std::fs::File::open(target)
            .and_then(|file| file.sync_all())
            .map_err(|e| Failure::io(format!("syncing {}", target.display()), e, "check the disk"))
    }
}
