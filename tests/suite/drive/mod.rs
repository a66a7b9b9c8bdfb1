//! Drivers against real directories, real git, real processes and a real server.

pub mod fleet;
mod held;
pub mod sources;
mod rollouts;
