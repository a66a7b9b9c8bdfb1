//! Journeys: a person at a real terminal, and a producer that waits at another.

pub mod person;
pub mod desk;
mod decide_by_key;
mod leaving;
mod reading;
mod triage;
mod under_tmux;
