//! Journeys: a person at a real terminal, and a producer that waits at another.

pub mod person;
pub mod desk;
mod decide_by_key;
mod leaving;
mod line_by_line;
mod reading;
mod staying;
mod triage;
mod alike;
mod under_tmux;
mod steps;
mod delta;
mod overriding;
mod signing;
mod run_from_the_screen;
mod rollouts;
mod walk;
mod slow_line;
mod flood;
mod burst;
