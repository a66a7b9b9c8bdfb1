//! Journeys: a person at a real terminal, and a producer that waits at another.

pub mod person;
mod decide_by_key;
mod leaving;
mod staying;
mod line_by_line;
mod under_tmux;
