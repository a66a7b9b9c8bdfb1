//! Driving: one command as one process, from its start to its last descendant.
//!
//! An argument array, never a shell line; a session of its own without a terminal; nothing on stdin; an environment of
//! three names; `/` as its directory; no descriptor of ours; a time limit, then TERM, then KILL for the whole group; and
//! what it prints drained to its end, its head and tail kept.

pub mod program;
pub mod printed;
pub mod child;
pub mod apart;

pub use child::{Order, Outcome, alone, run};
