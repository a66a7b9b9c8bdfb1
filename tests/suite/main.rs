//! The test program, laid out like `src`: one module a floor, one file a subject; every test is a sentence.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

mod app;
mod cli;
mod docs;
mod domain;
mod drive;
mod exchange;
mod faults;
mod journeys;
mod ssh;
mod store;
mod tui;
