//! The reserve: room on the disk that is kept for decisions.
//!
//! A file beside the store holds some megabytes that nobody else can take. When the disk has less than that left, the
//! room is lent to whoever opens the store or decides, and taken back behind them, so that reading and refusing work
//! with nothing free. What only adds to the store (requests, comments) is refused earlier, by a watermark.

use crate::domain::text::safe_line;
use crate::store::failure::Failure;
use crate::store::hygiene;
use crate::store::lock::WritersLock;
use rustix::fs::{FallocateFlags, fallocate, ftruncate};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// One mebibyte.
const MIB: u64 = 1 << 20;
/// Below this a portion of the reserve is not worth taking.
const CRUMB: u64 = 16 << 10;

/// How a store treats its disk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Room {
    /// Bytes of the reserve; none is kept at 0.
    pub reserve: u64,
    /// With fewer bytes free than this, nothing is added that could as well be added later.
    pub keep_free: u64,
}

impl Room {
    /// 4 MiB are a hundred times what the largest decision writes (its events, the pages they touch, SQLite's own
    /// companions). Four times that is kept free of what can wait.
    pub const BUILT_IN: Room = Room { reserve: 4 * MIB, keep_free: 16 * MIB };
}

/// The reserve of one store. Every failure of it is silent: without a reserve the store works as long as the disk does.
#[derive(Debug)]
pub struct Reserve {
    path: PathBuf,
    room: Room,
    lock: WritersLock,
}

impl Reserve {
    /// The reserve beside `store`. Nothing is made yet.
    pub(super) fn beside(store: &Path, room: Room, lock: WritersLock) -> Self {
        Self { path: hygiene::beside(store, ".reserve"), room, lock }
    }

    /// How the store treats its disk.
    pub fn room(&self) -> Room {
        self.room
    }

    /// The directory whose disk it is about.
    fn place(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("."))
    }

    /// Bytes that are free on the store's disk; nothing when the disk does not say.
    pub fn free(&self) -> Option<u64> {
        let disk = rustix::fs::statvfs(self.place()).ok()?;
        Some(disk.f_bavail.saturating_mul(disk.f_frsize))
    }

    /// Bytes that are held now.
    pub fn held(&self) -> u64 {
        // What was really taken: a file can be longer than its blocks. `st_blocks` counts 512 bytes whatever the disk.
        self.path.symlink_metadata().map_or(0, |meta| meta.blocks().saturating_mul(512).min(meta.len()))
    }

    /// Whether so little is free that decisions need the reserve.
    pub fn is_scarce(&self) -> bool {
        self.room.reserve > 0 && self.free().is_some_and(|free| free < self.room.reserve)
    }

    /// Gives the room back to the disk; whether there was any.
    pub(super) fn lend(&self) -> bool {
        self.held() > 0 && hygiene::own_file(&self.path, false).is_ok_and(|file| ftruncate(&file, 0).is_ok())
    }

    /// Lends when little is free; whether anything was lent.
    pub(super) fn lend_if_scarce(&self) -> bool {
        self.is_scarce() && self.lend()
    }

    /// Makes the reserve where it is missing and there is plenty of room.
    pub(super) fn make(&self) {
        let wanted = self.room.reserve;
        let plenty = |free| free >= wanted.saturating_mul(2).saturating_add(self.room.keep_free);
        if wanted > 0 && self.held() < wanted && self.free().is_some_and(plenty) {
            self.take(wanted);
        }
    }

    /// Takes back what was lent, or as much of it as there is, in halving portions. Called with the writers' lock held,
    /// so that it never takes the room from under somebody who is deciding.
    pub(super) fn take_back(&self) {
        let mut portion = self.room.reserve.saturating_sub(self.held());
        while portion >= CRUMB {
            if self.take(self.held().saturating_add(portion)) {
                portion = self.room.reserve.saturating_sub(self.held()).min(portion);
            }
            portion /= 2;
        }
    }

    /// Makes the file `size` bytes long, all of them really taken; whether it is.
    fn take(&self, size: u64) -> bool {
        let before = self.held();
        let Ok(file) = hygiene::own_file(&self.path, false) else { return false };
        let taken = fallocate(&file, FallocateFlags::empty(), 0, size).is_ok();
        if !taken {
            // Some disks keep what they had begun to take.
            let _ = ftruncate(&file, before);
        }
        taken
    }

    /// A failure with what is known of the disk.
    pub(super) fn explained(&self, failure: Failure) -> Failure {
        match failure {
            Failure::Full { doing, .. } => {
                Failure::Full { doing, free: self.free(), place: self.place_in_words() }
            }
            // SQLite says "I/O error" when it finds no room for its own companions.
            Failure::Io { doing, .. } if self.is_scarce() => {
                Failure::Full { doing, free: self.free(), place: self.place_in_words() }
            }
            other => other,
        }
    }

    /// Whether there is room for what could as well be added later.
    ///
    /// # Errors
    /// [`Failure::Scarce`] below the watermark.
    pub fn for_more(&self) -> Result<(), Failure> {
        match self.free() {
            Some(free) if free < self.room.keep_free => {
                Err(Failure::Scarce { free, place: self.place_in_words(), keep_free: self.room.keep_free })
            }
            _ => Ok(()),
        }
    }

    fn place_in_words(&self) -> crate::domain::text::Safe {
        safe_line(&self.place().to_string_lossy())
    }
}

impl Drop for Reserve {
    /// What was lent is taken back when the store is closed. (The store drops its connection first, and with it the
    /// companions that needed the room.)
    fn drop(&mut self) {
        if self.room.reserve == 0 || self.held() >= self.room.reserve || !self.path.exists() {
            return;
        }
        if let Some(_held) = self.lock.take_if_free() {
            self.take_back();
        }
    }
}
