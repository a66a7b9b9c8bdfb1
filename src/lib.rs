//! countersign: automation asks, people decide. The floors, lowest first; `ARCHITECTURE.md` draws them.

pub mod domain;
pub mod present;
pub mod store;
pub mod app;
pub mod tui;
