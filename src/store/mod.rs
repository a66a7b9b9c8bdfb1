//! The store: one SQLite file with the log, everything derived from it, and what is only local.

pub mod failure;
pub mod inbox;
