//! Drivers, as values: which commands do the work of a rollout, what is filled into them, and what becomes of one.

pub mod fleet;
