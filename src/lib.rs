//! countersign: automation asks, people decide. The floors, lowest first; `ARCHITECTURE.md` draws them.

pub mod domain;
pub mod exchange;
