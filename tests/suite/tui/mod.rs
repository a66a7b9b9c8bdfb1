//! The screen as a person sees it: whole frames, and what keys do to them.

mod stage;
mod frames;
mod filter;
mod sight;
mod batch;
mod graph;
mod steps;
mod since;
mod running;
mod talk;
mod pages;
mod session;
mod alike;
mod hostile;
mod keys;
mod dialogs;
mod handing;
mod signing;
mod gate;
mod reading;
mod misfire;
mod misfire_steps;
mod sizes;
mod guide;
mod matrix;
mod wire;
pub mod rollouts;
