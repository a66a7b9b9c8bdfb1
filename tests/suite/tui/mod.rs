//! The screen as a person sees it: whole frames, and what keys do to them.

mod stage;
mod frames;
mod hostile;
mod keys;
mod misfire;
mod sizes;
