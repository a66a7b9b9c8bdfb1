//! Files beneath one directory: looked at, put and taken away without ever following a symbolic link, neither on the way to
//! the directory nor below it.

use crate::domain::driver::fleet::{Found, Kept, LONGEST_FILE};
use rustix::fs::{AtFlags, CWD, FileType, Gid, Mode, OFlags, RawMode, Uid};
use rustix::io::Errno;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

const WALK: OFlags = OFlags::DIRECTORY.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC).union(OFlags::RDONLY);

/// One directory of a fleet, held open: whatever is put at its name meanwhile, this one is meant.
#[derive(Debug)]
pub struct Tree {
    root: OwnedFd,
    name: String,
}

/// Whose a directory beneath a tree was, by its path.
pub type KeptOf<'a> = dyn Fn(&str) -> Option<Kept> + 'a;

/// What a directory beneath a tree is, on the way to a file.
enum Way {
    Here(OwnedFd),
    Nothing,
}

fn wrong(name: &str, e: Errno) -> String {
    match e {
        Errno::LOOP | Errno::NOTDIR => {
            format!("{name}: is, or lies behind, a symbolic link or something that is no directory")
        }
        e => format!("{name}: {}", std::io::Error::from(e)),
    }
}

impl Tree {
    /// Opens a directory by its absolute path, no part of which is a symbolic link.
    ///
    /// # Errors
    /// Why not, as a sentence.
    pub fn open(name: &str) -> Result<Self, String> {
        let mut root = rustix::fs::openat(CWD, "/", WALK, Mode::empty()).map_err(|e| wrong("/", e))?;
        for part in name.split('/').filter(|part| !part.is_empty()) {
            root = rustix::fs::openat(&root, part, WALK, Mode::empty()).map_err(|e| wrong(name, e))?;
        }
        Ok(Self { root, name: name.to_owned() })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its descriptor.
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.root.as_fd()
    }

    fn whole(&self, path: &str) -> String {
        format!("{}/{path}", self.name)
    }

    /// Goes down to the directory `parts`; makes what is missing when `makes` says with which permissions.
    fn way(&self, parts: &str, makes: Option<&KeptOf<'_>>) -> Result<Way, String> {
        let mut here = self.root.try_clone().map_err(|e| format!("{}: {e}", self.name))?;
        let mut gone = String::new();
        for part in parts.split('/').filter(|part| !part.is_empty()) {
            if !gone.is_empty() {
                gone.push('/');
            }
            gone.push_str(part);
            here = match (rustix::fs::openat(&here, part, WALK, Mode::empty()), makes) {
                (Ok(next), _) => next,
                (Err(Errno::NOENT), None) => return Ok(Way::Nothing),
                (Err(Errno::NOENT), Some(kept)) => {
                    let say = |e| wrong(&self.whole(&gone), e);
                    rustix::fs::mkdirat(&here, part, Mode::RWXU).map_err(say)?;
                    let next = rustix::fs::openat(&here, part, WALK, Mode::empty()).map_err(say)?;
                    match kept(&gone) {
                        Some(kept) => set(&next, kept).map_err(say)?,
                        None => rustix::fs::fchmod(&next, Mode::from_raw_mode(0o755)).map_err(say)?,
                    }
                    next
                }
                (Err(e), _) => return Err(wrong(&self.whole(&gone), e)),
            };
        }
        Ok(Way::Here(here))
    }

    /// Opens a regular file beneath it; nothing when there is none.
    fn file(&self, path: &str, flags: OFlags) -> Result<Option<OwnedFd>, String> {
        let (above, last) = path.rsplit_once('/').unwrap_or(("", path));
        let Way::Here(above) = self.way(above, None)? else { return Ok(None) };
        // Not to wait for whoever opens the other end of a pipe, should it be one.
        let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        match rustix::fs::openat(&above, last, flags, Mode::empty()) {
            Ok(file) => Ok(Some(file)),
            Err(Errno::NOENT) => Ok(None),
            Err(e) => Err(wrong(&self.whole(path), e)),
        }
    }

    /// What is at `path`.
    ///
    /// # Errors
    /// It is no regular file, lies behind a symbolic link, is too long, or cannot be read.
    pub fn look(&self, path: &str) -> Result<Found, String> {
        let Some(file) = self.file(path, OFlags::RDONLY)? else { return Ok(Found::Absent) };
        let say = |e: std::io::Error| format!("{}: {e}", self.whole(path));
        let stat = rustix::fs::fstat(&file).map_err(|e| wrong(&self.whole(path), e))?;
        if FileType::from_raw_mode(stat.st_mode as RawMode) != FileType::RegularFile {
            return Err(format!("{}: is no regular file", self.whole(path)));
        }
        let mut bytes = Vec::new();
        File::from(file).take(LONGEST_FILE + 1).read_to_end(&mut bytes).map_err(say)?;
        if bytes.len() as u64 > LONGEST_FILE {
            return Err(format!("{}: is longer than {LONGEST_FILE} bytes", self.whole(path)));
        }
        Ok(Found::File { bytes, kept: kept(&stat) })
    }

    /// Whose the directory `path` beneath it is; nothing when there is none.
    ///
    /// # Errors
    /// It is no directory, or a symbolic link.
    pub fn directory(&self, path: &str) -> Result<Option<Kept>, String> {
        match self.way(path, None)? {
            Way::Nothing => Ok(None),
            Way::Here(fd) => {
                let stat = rustix::fs::fstat(&fd).map_err(|e| wrong(&self.whole(path), e))?;
                Ok(Some(kept(&stat)))
            }
        }
    }

    /// Makes the directory `path` and those above it, with the permissions that `kept` says, or those of any directory.
    ///
    /// # Errors
    /// Why not.
    pub fn make_directory(&self, path: &str, kept: &KeptOf<'_>) -> Result<(), String> {
        self.way(path, Some(kept)).map(|_| ())
    }

    /// Gives a file its owner and permissions, and waits until all of it is on the disk.
    ///
    /// # Errors
    /// Why not.
    pub fn settle(&self, path: &str, wanted: Kept) -> Result<(), String> {
        let Some(file) = self.file(path, OFlags::RDONLY)? else {
            return Err(format!("{}: is gone", self.whole(path)));
        };
        let say = |e| wrong(&self.whole(path), e);
        set(&file, wanted).map_err(say)?;
        rustix::fs::fsync(&file).map_err(say)
    }

    /// Waits until what was made in, or taken from, the directory above `path` is on the disk.
    ///
    /// # Errors
    /// Why not.
    pub fn settle_above(&self, path: &str) -> Result<(), String> {
        let mut above = path;
        loop {
            above = above.rsplit_once('/').map_or("", |(above, _)| above);
            // A directory that went with its last file is an entry less in the one above it.
            if let Way::Here(fd) = self.way(above, None)? {
                return rustix::fs::fsync(&fd).map_err(|e| wrong(&self.whole(above), e));
            }
        }
    }

    /// Puts a file there, whole or not at all.
    ///
    /// # Errors
    /// Why not.
    pub fn put(&self, path: &str, bytes: &[u8], wanted: Kept, dirs: &KeptOf<'_>) -> Result<(), String> {
        let (above, last) = path.rsplit_once('/').unwrap_or(("", path));
        let Way::Here(above) = self.way(above, Some(dirs))? else {
            return Err(format!("{}: has no directory", self.whole(path)));
        };
        let say = |e| wrong(&self.whole(path), e);
        // Whoever holds the lock is alone: what is there is from one that was killed.
        let beside = ".countersign-new";
        let _ = rustix::fs::unlinkat(&above, beside, AtFlags::empty());
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = rustix::fs::openat(&above, beside, flags, Mode::RUSR | Mode::WUSR).map_err(say)?;
        let mut file = File::from(file);
        let written = file.write_all(bytes).and_then(|()| file.sync_all());
        let done = written.map_err(|e| format!("{}: {e}", self.whole(path))).and_then(|()| {
            set(&file, wanted).map_err(say)?;
            rustix::fs::renameat(&above, beside, &above, last).map_err(say)?;
            rustix::fs::fsync(&above).map_err(say)
        });
        if done.is_err() {
            let _ = rustix::fs::unlinkat(&above, beside, AtFlags::empty());
        }
        done
    }

    /// Takes a file away, should there be one.
    ///
    /// # Errors
    /// Why not.
    pub fn take(&self, path: &str) -> Result<(), String> {
        self.unlink(path, AtFlags::empty())
    }

    /// Takes a directory away, should there be one, and it be empty.
    ///
    /// # Errors
    /// Why not.
    pub fn take_empty(&self, path: &str) -> Result<(), String> {
        self.unlink(path, AtFlags::REMOVEDIR)
    }

    fn unlink(&self, path: &str, flags: AtFlags) -> Result<(), String> {
        let (above, last) = path.rsplit_once('/').unwrap_or(("", path));
        let Way::Here(above) = self.way(above, None)? else { return Ok(()) };
        match rustix::fs::unlinkat(&above, last, flags) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(Errno::NOTEMPTY | Errno::EXIST) if flags == AtFlags::REMOVEDIR => Ok(()),
            Err(e) => Err(wrong(&self.whole(path), e)),
        }
    }
}

fn kept(stat: &rustix::fs::Stat) -> Kept {
    Kept { mode: stat.st_mode & 0o7777, uid: stat.st_uid, gid: stat.st_gid }
}

/// Owner first: changing it takes the set-id bits away.
fn set(fd: impl AsFd, wanted: Kept) -> Result<(), Errno> {
    let now = kept(&rustix::fs::fstat(&fd)?);
    if (now.uid, now.gid) != (wanted.uid, wanted.gid) {
        rustix::fs::fchown(&fd, Some(Uid::from_raw(wanted.uid)), Some(Gid::from_raw(wanted.gid)))?;
    }
    rustix::fs::fchmod(&fd, Mode::from_raw_mode(wanted.mode))
}
