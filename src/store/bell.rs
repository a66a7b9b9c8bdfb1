//! The bell: a file of one byte, written after every commit and watched with inotify by whoever waits.
//!
//! Watching SQLite's own files would wake the waiter before the commit can be seen.

use crate::domain::moment::Span;
use crate::store::failure::Failure;
use crate::store::hygiene;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::inotify;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::path::Path;

/// How often a waiter looks without having been called, where inotify works.
pub const NET: Span = Span::from_millis(30_000);
/// How often a waiter looks where inotify does not.
pub const NET_WITHOUT_INOTIFY: Span = Span::from_millis(2_000);

/// The rope: what a writer pulls.
#[derive(Debug)]
pub struct Rope(File);

impl Rope {
    /// Opens (or makes) the bell beside the store.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn beside(store: &Path) -> Result<Self, Failure> {
        Ok(Self(hygiene::own_file(&hygiene::beside(store, ".bell"), false)?))
    }

    /// Rings. A bell that cannot be rung delays its hearers to their next look; the commit stands, so it is no failure.
    pub fn pull(&self) {
        let _ = rustix::io::pwrite(&self.0, b"!", 0);
    }
}

/// An ear: hears the bell of one store.
#[derive(Debug)]
pub struct Bell {
    inotify: Option<OwnedFd>,
}

impl Bell {
    /// Listens to the bell beside the store.
    ///
    /// # Errors
    /// When the bell's file cannot be made.
    pub fn beside(store: &Path) -> Result<Self, Failure> {
        let path = hygiene::beside(store, ".bell");
        hygiene::own_file(&path, false)?;
        // ATTRIB: a bell that is removed is heard once more, so that whoever waits looks, and finds the store gone.
        let listen = || {
            let fd = inotify::init(inotify::CreateFlags::CLOEXEC | inotify::CreateFlags::NONBLOCK).ok()?;
            inotify::add_watch(&fd, &path, inotify::WatchFlags::MODIFY | inotify::WatchFlags::ATTRIB).ok()?;
            Some(fd)
        };
        Ok(Self { inotify: listen() })
    }

    /// Waits until the bell rings (true), or until it is time to look anyway (false).
    pub fn wait(&mut self, at_most: Span) -> bool {
        let net = if self.inotify.is_some() { NET } else { NET_WITHOUT_INOTIFY };
        let millis = at_most.min(net).millis();
        let Some(fd) = &self.inotify else {
            std::thread::sleep(std::time::Duration::from_millis(millis.unsigned_abs()));
            return false;
        };
        let limit = rustix::event::Timespec { tv_sec: millis / 1000, tv_nsec: (millis % 1000) * 1_000_000 };
        let mut fds = [PollFd::new(fd, PollFlags::IN)];
        let rang = matches!(poll(&mut fds, Some(&limit)), Ok(n) if n > 0);
        if rang {
            // One look answers any number of rings.
            let mut buffer = [0u8; 4096];
            while matches!(rustix::io::read(fd, &mut buffer), Ok(n) if n > 0) {}
        }
        rang
    }
}
