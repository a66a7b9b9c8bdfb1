//! This program once more, beside the screen: a process of its own that nothing of the screen's end reaches.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

/// How much of what it said last is kept, in bytes.
const LAST_WORDS: usize = 2_000;

/// How it ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Gone {
    /// Its exit status; nothing when a signal ended it.
    pub code: Option<i32>,
    /// The last it wrote to stderr.
    pub said: String,
}

/// Starts this program with `arguments`, without a terminal and in a process group of its own: neither the end of the
/// screen nor a hang-up of its line ends it. `ended` is told from another thread, unless the screen is gone by then.
///
/// # Errors
/// When it cannot be started; nothing runs then.
pub fn start(arguments: &[OsString], ended: impl FnOnce(Gone) + Send + 'static) -> std::io::Result<()> {
    crate::drive::permitted().map_err(std::io::Error::other)?;
    // By this name it is the same program also when the file was replaced since.
    let child = Command::new("/proc/self/exe")
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .current_dir("/")
        .process_group(0)
        .spawn()?;
    std::thread::spawn(move || {
        let gone = match child.wait_with_output() {
            Ok(output) => {
                let from = output.stderr.len().saturating_sub(LAST_WORDS);
                let said = String::from_utf8_lossy(output.stderr.get(from..).unwrap_or_default());
                Gone { code: output.status.code(), said: said.trim_end().to_owned() }
            }
            Err(e) => Gone { code: None, said: e.to_string() },
        };
        ended(gone);
    });
    Ok(())
}
