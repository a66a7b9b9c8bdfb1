//! `flag`: two files that other programs look at. `APPROVAL_NEEDED.flag` is there while something waits, and gone when
//! nothing does; `pending_approvals.json` lists what waits and what became of the rest. Each is replaced whole.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The flag's name.
pub const FLAG: &str = "APPROVAL_NEEDED.flag";
/// The list's name.
pub const PENDING: &str = "pending_approvals.json";

/// The directory with the two files.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Flag {
    /// Where.
    pub dir: PathBuf,
}

impl Flag {
    /// Makes both files say what is true now; a file that says so already is not touched.
    ///
    /// # Errors
    /// Why not, as a clause.
    pub fn show(&self, flag: Option<&str>, pending: &str) -> Result<(), String> {
        let dir = &self.dir;
        let meta = std::fs::metadata(dir).map_err(|e| format!("{} cannot be used: {e}", dir.display()))?;
        if meta.mode() & 0o002 != 0 {
            return Err(format!("everybody can write to {}: chmod o-w it", dir.display()));
        }
        // The list first: whoever sees the flag finds in it what it is about.
        self.put(PENDING, pending)?;
        match flag {
            Some(flag) => self.put(FLAG, flag),
            None => match std::fs::remove_file(dir.join(FLAG)) {
                Err(e) if e.kind() != ErrorKind::NotFound => Err(format!("the flag cannot be removed: {e}")),
                _ => Ok(()),
            },
        }
    }

    fn put(&self, name: &str, content: &str) -> Result<(), String> {
        let path = self.dir.join(name);
        if is_plain(&path) && std::fs::read(&path).is_ok_and(|there| there == content.as_bytes()) {
            return Ok(());
        }
        let fresh = self.dir.join(format!(".{name}.new"));
        let writing = |e: std::io::Error| format!("{} cannot be written: {e}", path.display());
        // What a killed process left behind; a link there is removed, not followed.
        let _ = std::fs::remove_file(&fresh);
        let mut file =
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh).map_err(writing)?;
        file.write_all(content.as_bytes()).and_then(|()| file.sync_all()).map_err(writing)?;
        std::fs::rename(&fresh, &path).map_err(writing)
    }
}

/// Whether it is a file, and no link to one.
fn is_plain(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok_and(|meta| meta.is_file())
}
