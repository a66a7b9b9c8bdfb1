//! Which program may be started: one that nobody but root and this account can have put there. It is opened once, and what
//! was opened is what is looked at, hashed and run.
//!
//! The kernel runs the very file that is open, by its name among our descriptors (`/proc/self/fd/N`), whatever was put at
//! its path since. It does so for ELF files. A script is read by its interpreter, which finds it by its path: there it is
//! compared with the open file right before the start. What an interpreter, a library or a configuration file holds is
//! not looked at; that nobody but root and this account can change the file itself is asked of both.

use crate::domain::digest::ProgramDigest;
use rustix::fs::{FileType, Mode, OFlags, Stat, fstat, open, stat};
use std::fs::File;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

/// The bit that lets everybody make files in a directory and nobody take those of others away.
const STICKY: u32 = 0o1000;
/// Writable by the group or by everybody.
const OTHERS_WRITE: u32 = 0o022;
/// The largest file that is hashed, in bytes: a tenth of a second with what processors have for it.
const LARGEST: u64 = 256 << 20;
/// What an ELF file begins with.
const ELF: [u8; 4] = *b"\x7fELF";

/// A program that may be started, open.
#[derive(Debug)]
pub struct Program {
    /// As the command names it.
    named: String,
    /// Where that leads.
    path: PathBuf,
    file: File,
    /// Whether its bytes can be read, and not only run.
    readable: bool,
}

/// Why `program` must not be started, as a sentence; nothing when it may be.
pub fn trouble(program: &str) -> Option<String> {
    Program::open(program).err()
}

impl Program {
    /// Opens the program of this name.
    ///
    /// # Errors
    /// Why it must not be started, as a sentence.
    pub fn open(named: &str) -> Result<Self, String> {
        if !named.starts_with('/') {
            return Err("the program is not named by an absolute path".to_owned());
        }
        let path = std::fs::canonicalize(named).map_err(|e| format!("the program cannot be found: {e}"))?;
        // Looked at before it is opened: opening a device can do something.
        let found = stat(&path).map_err(|e| format!("the program cannot be looked at: {e}"))?;
        fit(&found, &path)?;
        let read = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let only_run = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let (opened, readable) = match open(&path, read, Mode::empty()) {
            Err(rustix::io::Errno::ACCESS) => (open(&path, only_run, Mode::empty()), false),
            opened => (opened, true),
        };
        let file = File::from(opened.map_err(|e| format!("the program cannot be opened: {e}"))?);
        let there = fstat(&file).map_err(|e| format!("the program cannot be looked at: {e}"))?;
        fit(&there, &path)?;
        let me = rustix::process::geteuid().as_raw();
        let open_to_others = |dir: &Path| {
            std::fs::metadata(dir)
                .map(|m| !ours(m.uid(), me) || (m.mode() & OTHERS_WRITE != 0 && m.mode() & STICKY == 0))
                .unwrap_or(true)
        };
        match path.ancestors().skip(1).find(|dir| open_to_others(dir)) {
            Some(dir) => Err(format!(
                "somebody else can put another program there: {} is writable by others",
                dir.display()
            )),
            None => Ok(Self { named: named.to_owned(), path, file, readable }),
        }
    }

    /// This program itself, as it was started, also when another one was put at its path since.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn myself() -> Result<Self, String> {
        let path = PathBuf::from("/proc/self/exe");
        let file = File::open(&path).map_err(|e| format!("this program cannot be opened: {e}"))?;
        Ok(Self { named: "countersign".to_owned(), path, file, readable: true })
    }

    /// The SHA-256 of what is open; nothing when it cannot be read, or is larger than 256 MiB.
    pub fn digest(&self) -> Option<ProgramDigest> {
        if !self.readable || self.file.metadata().ok()?.len() > LARGEST {
            return None;
        }
        let mut at = 0;
        ProgramDigest::of(|piece| {
            let n = self.file.read_at(piece, at)?;
            at += n as u64;
            Ok::<_, std::io::Error>(if at > LARGEST { 0 } else { n })
        })
        .ok()
        .filter(|_| at <= LARGEST)
    }

    /// As the command names it, which is what it is told as its own name.
    pub(super) fn name(&self) -> &str {
        &self.named
    }

    /// By which path it is started: the open file itself where the kernel can, else its own, which is compared first.
    ///
    /// # Errors
    /// Why it must not be started any more, as a sentence.
    pub(super) fn start_by(&self) -> Result<String, String> {
        let mut first = [0u8; ELF.len()];
        let elf = !self.readable || (self.file.read_exact_at(&mut first, 0).is_ok() && first == ELF);
        let here = format!("/proc/self/fd/{}", self.file.as_raw_fd());
        if elf && Path::new(&here).exists() {
            return Ok(here);
        }
        let same = |a: &Stat, b: &Stat| {
            let key = |s: &Stat| {
                (s.st_dev, s.st_ino, s.st_size, s.st_mtime, s.st_mtime_nsec, s.st_ctime, s.st_ctime_nsec)
            };
            key(a) == key(b)
        };
        let there = stat(&self.path).map_err(|e| format!("the program cannot be looked at: {e}"))?;
        let open = fstat(&self.file).map_err(|e| format!("the program cannot be looked at: {e}"))?;
        match same(&there, &open) {
            true => Ok(self.named.clone()),
            false => Err("another program was put there since it was looked at".to_owned()),
        }
    }
}

fn ours(uid: u32, me: u32) -> bool {
    uid == 0 || uid == me
}

/// Whether a file is one that may be started.
fn fit(found: &Stat, path: &Path) -> Result<(), String> {
    let mode = Mode::from_raw_mode(found.st_mode);
    if FileType::from_raw_mode(found.st_mode) != FileType::RegularFile {
        return Err("the program is not a regular file".to_owned());
    }
    if !mode.intersects(Mode::XUSR | Mode::XGRP | Mode::XOTH) {
        return Err("the program is not executable".to_owned());
    }
    if found.st_mode & OTHERS_WRITE != 0 || !ours(found.st_uid, rustix::process::geteuid().as_raw()) {
        return Err(format!(
            "somebody else can change {}: it must belong to root or to you, and be writable by its owner only",
            path.display()
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drive::{Order, child, run_opened};
    use std::os::unix::fs::PermissionsExt;
    use std::time::Duration;

    fn put(dir: &tempfile::TempDir, content: &[u8]) -> String {
        let (new, path) = (dir.path().join("new"), dir.path().join("program"));
        std::fs::write(&new, content).unwrap();
        std::fs::set_permissions(&new, std::fs::Permissions::from_mode(0o755)).unwrap();
        std::fs::rename(&new, &path).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn ran(path: &str, program: &Program) -> Result<String, String> {
        let command = [path.to_owned(), "-c".to_owned(), "echo $0; kill -0 $$ && echo as it was".to_owned()];
        let limit = Duration::from_secs(20);
        let order = Order {
            command: &command,
            run_id: "x",
            directory: "/",
            limit,
            grace: limit,
            input: None,
            sweeps: false,
        };
        let outcome = run_opened(&order, program, &mut || false)?;
        Ok(child::printed(&outcome.stdout).text())
    }

    #[test]
    fn what_was_opened_is_what_runs_whatever_is_put_there_since() {
        let dir = tempfile::TempDir::new().unwrap();
        let path = put(&dir, &std::fs::read("/bin/sh").unwrap());
        let program = Program::open(&path).unwrap();
        let digest = program.digest();
        put(&dir, b"#!/bin/sh\necho another\n");
        assert_eq!(
            ran(&path, &program).unwrap(),
            format!("{path}\nas it was\n"),
            "and it is told its own name"
        );
        assert_eq!(program.digest(), digest);
        assert_ne!(Program::open(&path).unwrap().digest(), digest);
    }

    #[test]
    fn a_script_that_was_replaced_since_is_not_started() {
        let dir = tempfile::TempDir::new().unwrap();
        let path = put(&dir, b"#!/bin/sh\necho one\n");
        let program = Program::open(&path).unwrap();
        assert_eq!(ran(&path, &program).unwrap(), "one\n");
        put(&dir, b"#!/bin/sh\necho two\n");
        assert!(ran(&path, &program).unwrap_err().contains("another program was put there"));
    }

    #[test]
    fn a_digest_is_what_sha256sum_prints() {
        let dir = tempfile::TempDir::new().unwrap();
        let path = put(&dir, b"abc");
        let known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(Program::open(&path).unwrap().digest().map(|d| d.to_string()).as_deref(), Some(known));
    }
}
