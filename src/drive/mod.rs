//! Driving: one command as one process, from its start to its last descendant.
//!
//! An argument array, never a shell line; a session of its own without a terminal; on stdin nothing, or what it is given;
//! an environment of three names; a directory that is said; no descriptor of ours; a time limit, then TERM, then KILL for the
//! whole group; and what it prints drained to its end, its head and tail kept.

pub mod program;
pub mod printed;
pub mod child;
pub mod keygen;
pub mod apart;
pub mod leash;
pub mod fleet;

pub use child::{Order, Outcome, alone, run, run_opened};
pub use program::Program;

use std::sync::atomic::{AtomicBool, Ordering};

/// Whether this process starts none: the one thing that is so for a whole process, for as long as it lives.
static FORBIDDEN: AtomicBool = AtomicBool::new(false);

/// From now on this process starts no other, whoever asks: it serves somebody who came through SSH.
pub fn forbid() {
    FORBIDDEN.store(true, Ordering::SeqCst);
}

/// Asked before every start of a process, wherever one is started.
///
/// # Errors
/// When this process may start none.
pub fn permitted() -> Result<(), &'static str> {
    if FORBIDDEN.load(Ordering::SeqCst) { Err("a session starts no process") } else { Ok(()) }
}
