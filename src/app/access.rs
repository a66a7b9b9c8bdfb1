//! Who may come in through SSH: the account's `authorized_keys`, written from the roster and compared with it.

use crate::app::doctor::{Finding, Health};
use crate::app::{App, Error, Failure, troubles};
use crate::domain::principal::PrincipalKind;
use crate::domain::text::{Safe, safe_line};
use crate::exchange::authorized_keys::{self, Command, Granted};
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Writable by the group or by everybody: sshd does not read such a file.
const OTHERS_WRITE: u32 = 0o022;
/// How many faults of one file are told.
const MOST: usize = 20;
/// What the doctor calls it.
const WHAT: &str = troubles::KEYS.what;

impl App {
    /// The keys that may open a session now, in the roster's order: not taken back, begun, not over.
    ///
    /// # Errors
    /// When the policy cannot be read.
    pub fn granted(&self) -> Result<Vec<Granted>, Failure> {
        let (policy, now) = (self.policy()?.policy, self.now());
        let granted = policy.roster.principals.iter().flat_map(|enrolled| {
            let valid = enrolled.keys.iter().filter(move |key| key.is_valid_at(now));
            valid.map(|key| Granted {
                principal: enrolled.name.clone(),
                terminal: enrolled.kind == PrincipalKind::Human,
                public: key.public.clone(),
                fingerprint: key.fingerprint.clone(),
                until: key.valid_before,
            })
        });
        Ok(granted.collect())
    }

    /// The command that stands beside each key: this program, on this store.
    fn forced_command(&self) -> Result<Command, Failure> {
        let path = |path: std::io::Result<PathBuf>| {
            let path = path.and_then(std::fs::canonicalize);
            path.map(|path| path.to_string_lossy().into_owned())
                .map_err(|e| Failure::io("looking where the program and the store are", e, "try again"))
        };
        let program = path(std::env::current_exe())?;
        let store = path(Ok(self.store_path().to_path_buf()))?;
        Command::new(&program, &store)
            .map_err(|why| Failure::unusable(why, "move it to such a path, and try again"))
    }

    /// The account's `authorized_keys`, as the roster has it; how many keys are in it.
    ///
    /// # Errors
    /// A path that cannot stand in a forced command; a policy that cannot be read.
    pub fn authorized_keys(&self) -> Result<(String, usize), Error> {
        let granted = self.granted()?;
        Ok((authorized_keys::write(&self.forced_command()?, &granted), granted.len()))
    }

    /// Writes it to `path`, all at once, readable by the account alone; how many keys are in it. A file that this
    /// program did not write is not touched.
    ///
    /// # Errors
    /// No key at all; a file somebody else wrote; a disk error.
    pub fn write_authorized_keys(&self, path: &Path) -> Result<usize, Error> {
        let (text, count) = self.authorized_keys()?;
        if count == 0 {
            return Err(Failure::unusable(
                "the roster has no valid key: with such a file nobody could come in",
                "enrol somebody with a key in the policy, adopt it, and try again",
            )
            .into());
        }
        let doing = format!("writing {}", path.display());
        let trouble = |e: std::io::Error| {
            Failure::io(
                &doing,
                e,
                "check that its directory is there (mkdir -m 700 ~/.ssh); nothing was changed",
            )
        };
        match std::fs::symlink_metadata(path) {
            Ok(meta) if !meta.is_file() => {
                let what = format!("{} is no regular file", path.display());
                return Err(Failure::unusable(what, "name another; nothing was changed").into());
            }
            Ok(_) => {
                let old = std::fs::read_to_string(path).map_err(trouble)?;
                if !old.trim().is_empty() && !authorized_keys::is_ours(&old) {
                    let what = format!("{} was not written by this program", path.display());
                    let remedy = "look at it, move it away, and try again; nothing was changed";
                    return Err(Failure::unusable(what, remedy).into());
                }
            }
            Err(e) if e.kind() == ErrorKind::NotFound => {}
            Err(e) => return Err(trouble(e).into()),
        }
        let mut name = [0u8; 8];
        crate::app::clock::chance(&mut name).map_err(trouble)?;
        let new = path.with_extension(format!("new-{}", crate::domain::digest::hex(&name)));
        let write = || -> std::io::Result<()> {
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            std::fs::rename(&new, path)
        };
        write().map_err(|e| {
            // What is left behind opens nothing: sshd does not read a file of that name.
            let _ = std::fs::remove_file(&new);
            Error::from(trouble(e))
        })?;
        Ok(count)
    }

    /// What is wrong with the `authorized_keys` of this account. Nothing is said where nobody has a key.
    pub(super) fn look_at_keys(&self) -> Vec<Finding> {
        let ill = |words: Safe| Finding { health: Health::Ill, what: WHAT, words };
        let granted = match self.granted() {
            Ok(granted) if granted.is_empty() => return Vec::new(),
            Ok(granted) => granted,
            Err(e) => return vec![ill(Safe::composed(e))],
        };
        let Some(home) = directories::BaseDirs::new().map(|dirs| dirs.home_dir().to_path_buf()) else {
            return vec![ill(Safe::composed("this account has no home directory: sshd reads no keys of it"))];
        };
        let path = home.join(".ssh/authorized_keys");
        let shown = safe_line(&path.to_string_lossy());
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == ErrorKind::NotFound => {
                let words = format!(
                    "there is no {shown}: nobody can come in through SSH. What to do: countersign admin authorized-keys \
                     --write {shown}"
                );
                return vec![Finding { health: Health::Note, what: WHAT, words: Safe::composed(words) }];
            }
            Err(e) => {
                return vec![ill(Safe::composed(format_args!("{shown}: {}", safe_line(&e.to_string()))))];
            }
        };
        let mut faults = modes(&path);
        let command = self.forced_command();
        faults.extend(command.as_ref().err().map(Safe::composed));
        faults.extend(authorized_keys::faults(&text, &granted, command.as_ref().ok()));
        if faults.is_empty() {
            let words = format!("{} keys in {shown}, as the roster has them", granted.len());
            return vec![Finding { health: Health::Well, what: WHAT, words: Safe::composed(words) }];
        }
        let said = |fault: &Safe| {
            ill(Safe::composed(format_args!("{shown}: {fault}. What to do: {}", troubles::KEYS.remedy)))
        };
        faults.iter().take(MOST).map(said).collect()
    }
}

/// Whether somebody else than the account and root can change the file, or what leads to it.
fn modes(path: &Path) -> Vec<Safe> {
    let me = rustix::process::geteuid().as_raw();
    let mut out = Vec::new();
    for path in [Some(path), path.parent(), path.parent().and_then(Path::parent)].into_iter().flatten() {
        let shown = safe_line(&path.to_string_lossy());
        match std::fs::metadata(path) {
            Ok(meta) if meta.uid() != me && meta.uid() != 0 => {
                out.push(Safe::composed(format_args!(
                    "{shown} belongs to somebody else (uid {})",
                    meta.uid()
                )));
            }
            Ok(meta) if meta.mode() & OTHERS_WRITE != 0 => {
                let mode = meta.mode() & 0o777;
                out.push(Safe::composed(format_args!("{shown} has mode {mode:o}: others can write it")));
            }
            Ok(_) => {}
            Err(e) => out.push(Safe::composed(format_args!("{shown}: {}", safe_line(&e.to_string())))),
        }
    }
    out
}
