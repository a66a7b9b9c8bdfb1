//! countersign: automation asks, people decide. The floors, lowest first; `ARCHITECTURE.md` draws them.

pub mod domain;
pub mod store;
pub mod present;
pub mod exchange;
pub mod drive;
pub mod http;
pub mod notify;
pub mod app;
pub mod cli;
pub mod tui;
