//! `git apply` by argument array, in a directory that is held open: without a repository, settings or attributes of
//! anybody, and with the way out of the directory shut.

use std::os::fd::{AsRawFd, BorrowedFd};
use std::path::Path;
use std::process::{Command, Stdio};

/// Where git is looked for.
const PLACES: [&str; 3] = ["/usr/bin/git", "/usr/local/bin/git", "/bin/git"];
/// What ahead of the verb switches everything off that is not the patch.
const PLAIN: [&str; 9] = [
    "--git-dir=/dev/null",
    "-c",
    "core.autocrlf=false",
    "-c",
    "core.safecrlf=false",
    "-c",
    "core.fileMode=true",
    "-c",
    "core.symlinks=true",
];
/// How much of what it complains about is told.
const TOLD: usize = 300;

/// A git that can be started.
#[derive(Debug, Clone, Copy)]
pub struct Git(&'static str);

impl Git {
    /// Finds it.
    ///
    /// # Errors
    /// There is none that may be started.
    pub fn find() -> Result<Self, String> {
        let mut why = "there is none: install git".to_owned();
        for place in PLACES.into_iter().filter(|place| Path::new(place).exists()) {
            match crate::drive::program::trouble(place) {
                None => return Ok(Self(place)),
                Some(trouble) => why = format!("{place}: {trouble}"),
            }
        }
        Err(format!("patch-fleet works with git, and {why}"))
    }

    /// Runs `git apply` in the directory `at`; what it printed.
    ///
    /// # Errors
    /// What it said, as a clause.
    pub fn apply(self, at: BorrowedFd<'_>, words: &[&str], patch: &Path) -> Result<Vec<u8>, String> {
        crate::drive::permitted()?;
        let mut command = Command::new(self.0);
        command.args(PLAIN).args(["apply", "--whitespace=nowarn"]).args(words).arg("--").arg(patch);
        command.env_clear().env("PATH", "/usr/bin:/bin").env("LANG", "C.UTF-8").env("HOME", "/");
        command
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_ATTR_NOSYSTEM", "1");
        command.current_dir(format!("/proc/self/fd/{}", at.as_raw_fd()));
        command.stdin(Stdio::null());
        let output = command.output().map_err(|e| format!("{} could not be started: {e}", self.0))?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let said: String = said.trim().replace('\n', "; ").chars().take(TOLD).collect();
        Err(if said.is_empty() { format!("git apply: {}", output.status) } else { said })
    }
}
