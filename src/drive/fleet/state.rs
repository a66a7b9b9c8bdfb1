//! What rolling back needs, on the disk: the plan, the patch, and the files as they were. Whoever works on a fleet holds
//! its lock.

use super::looking::Prepared;
use super::tree::Tree;
use crate::domain::digest::{EvidenceDigest, TreeDigest};
use crate::domain::driver::fleet::{Found, Kept, LONGEST_FILE, LONGEST_PATCH, Plan};
use rustix::fs::FlockOperation;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long another that works on the same fleet is waited for: one that was ended is on its way out.
const PATIENCE: Duration = Duration::from_secs(10);
const BETWEEN: Duration = Duration::from_millis(20);

/// The directory in which all that is kept of one rollout stands.
#[derive(Debug)]
pub struct State {
    dir: PathBuf,
    /// Held until this ends.
    _lock: File,
}

impl State {
    /// Opens it and waits for its lock.
    ///
    /// # Errors
    /// There is none, others can write to it, or somebody works on this fleet.
    pub fn open(dir: &str, makes: bool) -> Result<Self, String> {
        if !dir.starts_with('/') {
            return Err(format!("{dir}: the state directory is named by an absolute path"));
        }
        let (dir, shown) = (PathBuf::from(dir), dir);
        if makes {
            let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&dir);
            made.map_err(|e| format!("{shown}: cannot be made: {e}"))?;
        }
        let meta = match std::fs::symlink_metadata(&dir) {
            Ok(meta) => meta,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                return Err(format!("there is no snapshot at {shown}: nothing was changed from here"));
            }
            Err(e) => return Err(format!("{shown}: {e}")),
        };
        let mine = meta.uid() == rustix::process::geteuid().as_raw();
        if !meta.is_dir() || !mine || meta.mode() & 0o022 != 0 {
            return Err(format!("{shown}: is not a directory of this account that only it can write to"));
        }
        let lock = std::fs::OpenOptions::new().create(true).append(true).mode(0o600).open(dir.join("lock"));
        let lock = lock.map_err(|e| format!("{shown}/lock: {e}"))?;
        // Passed on to git: should this process be killed, the lock is held until the last git that it began has ended.
        let passed_on = rustix::io::fcntl_setfd(&lock, rustix::io::FdFlags::empty());
        passed_on.map_err(|e| format!("{shown}/lock: {e}"))?;
        let since = Instant::now();
        while rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() {
            if since.elapsed() > PATIENCE {
                return Err(format!(
                    "somebody else works on this fleet ({shown}/lock is held); nothing was touched"
                ));
            }
            std::thread::sleep(BETWEEN);
        }
        Ok(Self { dir, _lock: lock })
    }

    /// Where the patch is kept.
    pub fn patch(&self) -> PathBuf {
        self.dir.join("patch")
    }

    /// An empty directory to try things in.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn scratch(&self) -> Result<Scratch, String> {
        let dir = self.dir.join("scratch");
        let _ = std::fs::remove_dir_all(&dir);
        let made = std::fs::DirBuilder::new().mode(0o700).create(&dir);
        made.map_err(|e| format!("{}: cannot be made: {e}", dir.display()))?;
        Ok(Scratch(dir))
    }

    /// Where the files as they were stand.
    fn before(&self, of: TreeDigest) -> PathBuf {
        self.dir.join(format!("before-{}", of.short()))
    }

    /// Keeps everything that rolling back needs; the plan last.
    ///
    /// # Errors
    /// It could not be written.
    pub fn keep(&self, prepared: &Prepared) -> Result<(), String> {
        self.write("patch", &prepared.patch)?;
        let dir = self.before(prepared.plan.before);
        let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&dir);
        made.map_err(|e| format!("{}: cannot be made: {e}", dir.display()))?;
        for (at, found) in prepared.files.iter().enumerate() {
            if let Found::File { bytes, .. } = found {
                write(&dir.join(at.to_string()), bytes)?;
            }
        }
        sync(&dir)?;
        self.write_plan(&prepared.plan)
    }

    /// Keeps a plan.
    ///
    /// # Errors
    /// It could not be written; the old one stands then.
    pub fn write_plan(&self, plan: &Plan) -> Result<(), String> {
        self.write("plan.json", plan.to_json().as_bytes())
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), String> {
        let (new, path) = (self.dir.join(format!("{name}.new")), self.dir.join(name));
        write(&new, bytes)?;
        std::fs::rename(&new, &path).map_err(|e| format!("{}: {e}", path.display()))?;
        sync(&self.dir)
    }

    /// The plan that was kept, of this patch.
    ///
    /// # Errors
    /// There is none, it cannot be read, or it is of another patch.
    pub fn plan(&self, sha256: &EvidenceDigest) -> Result<Plan, String> {
        let path = self.dir.join("plan.json");
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                return Err(format!(
                    "there is no snapshot at {}: nothing was changed from here",
                    self.dir.display()
                ));
            }
            Err(e) => return Err(format!("{}: {e}", path.display())),
        };
        let plan = Plan::from_json(&text).map_err(|why| format!("{}: {why}", path.display()))?;
        if plan.sha256 != *sha256 {
            return Err(format!(
                "the snapshot is of another patch ({}); nothing was touched",
                plan.sha256.short()
            ));
        }
        let patch = read(&self.patch(), LONGEST_PATCH)?;
        if EvidenceDigest::of(&patch) != plan.sha256 {
            return Err(format!(
                "{} was changed since the snapshot; nothing was touched",
                self.patch().display()
            ));
        }
        Ok(plan)
    }

    /// The files as they were, in the order of the plan. Read only when they are needed, and checked then.
    ///
    /// # Errors
    /// They cannot be read, or are not what the snapshot took.
    pub fn files(&self, plan: &Plan) -> Result<Vec<Found>, String> {
        let dir = self.before(plan.before);
        let mut out = Vec::with_capacity(plan.files.len());
        for (at, shape) in plan.files.iter().enumerate() {
            out.push(match shape.before {
                None => Found::Absent,
                Some(program) => Found::File {
                    bytes: read(&dir.join(at.to_string()), LONGEST_FILE)?,
                    kept: Kept { mode: if program { 0o700 } else { 0o600 }, uid: 0, gid: 0 },
                },
            });
        }
        let digest = TreeDigest::of(plan.files.iter().map(|f| f.path.as_str()).zip(&out));
        if digest != plan.before {
            return Err(format!("{}: is not what the snapshot took", dir.display()));
        }
        Ok(out)
    }

    /// Keeps what was found in a directory where it was neither as before nor as the patch makes it.
    ///
    /// # Errors
    /// It could not be written.
    pub fn keep_found(&self, index: usize, tree: &Tree, plan: &Plan) -> Result<(), String> {
        let dir = self.dir.join("found").join(index.to_string());
        let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&dir);
        made.map_err(|e| format!("{}: cannot be made: {e}", dir.display()))?;
        for (at, shape) in plan.files.iter().enumerate() {
            if let Ok(Found::File { bytes, .. }) = tree.look(&shape.path) {
                write(&dir.join(at.to_string()), &bytes)?;
            }
        }
        Ok(())
    }

    /// Leaves no trace of a mere trial.
    pub fn leave(&self) {
        if !self.dir.join("plan.json").exists() {
            let _ = std::fs::remove_file(self.dir.join("lock"));
            let _ = std::fs::remove_dir(&self.dir);
        }
    }
}

/// A directory that goes when this does.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    /// Its path.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    use std::io::Write;
    let mut options = std::fs::OpenOptions::new();
    let file = options.write(true).create(true).truncate(true).mode(0o600).open(path);
    let done = file.and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
    done.map_err(|e| format!("{}: {e}", path.display()))
}

fn sync(dir: &Path) -> Result<(), String> {
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(|e| format!("{}: {e}", dir.display()))
}

/// Reads a file of at most `most` bytes.
///
/// # Errors
/// Why not, as a sentence.
pub fn read(path: &Path, most: u64) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let say = |e: std::io::Error| format!("{}: {e}", path.display());
    let file = File::open(path).map_err(say)?;
    file.take(most + 1).read_to_end(&mut bytes).map_err(say)?;
    match bytes.len() as u64 > most {
        true => Err(format!("{}: is longer than {most} bytes", path.display())),
        false => Ok(bytes),
    }
}
