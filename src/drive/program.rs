//! Which program may be started: one that nobody but root and this account can have put there.

use rustix::fs::{FileType, Mode};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// The bit that lets everybody make files in a directory and nobody take those of others away.
const STICKY: u32 = 0o1000;
/// Writable by the group or by everybody.
const OTHERS_WRITE: u32 = 0o022;

/// Why `program` must not be started, as a sentence; nothing when it may be.
pub fn trouble(program: &str) -> Option<String> {
    if !program.starts_with('/') {
        return Some("the program is not named by an absolute path".to_owned());
    }
    let path = match std::fs::canonicalize(program) {
        Ok(path) => path,
        Err(e) => return Some(format!("the program cannot be found: {e}")),
    };
    let me = rustix::process::geteuid().as_raw();
    let ours = |uid: u32| uid == 0 || uid == me;
    let meta = match std::fs::metadata(&path) {
        Ok(meta) => meta,
        Err(e) => return Some(format!("the program cannot be looked at: {e}")),
    };
    if FileType::from_raw_mode(meta.mode()) != FileType::RegularFile {
        return Some("the program is not a regular file".to_owned());
    }
    if !Mode::from_raw_mode(meta.mode()).intersects(Mode::XUSR | Mode::XGRP | Mode::XOTH) {
        return Some("the program is not executable".to_owned());
    }
    if meta.mode() & OTHERS_WRITE != 0 || !ours(meta.uid()) {
        return Some(format!(
            "somebody else can change {}: it must belong to root or to you, and be writable by its owner only",
            path.display()
        ));
    }
    let open = |dir: &Path| {
        std::fs::metadata(dir)
            .map(|m| !ours(m.uid()) || (m.mode() & OTHERS_WRITE != 0 && m.mode() & STICKY == 0))
            .unwrap_or(true)
    };
    let open = path.ancestors().skip(1).find(|dir| open(dir))?;
    Some(format!("somebody else can put another program there: {} is writable by others", open.display()))
}
