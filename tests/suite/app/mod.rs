//! The use cases, on stores of their own and a clock that stands still until it is moved.

mod anchors;
mod demo;
mod month;
pub mod rollouts;
mod jumps;
mod calendar;

use countersign::app::{App, Clock, Place};
use countersign::domain::moment::Moment;
use std::path::Path;

/// When the clock stands.
pub const NOW: Moment = Moment::from_millis(1_800_000_000_000);

/// An app on the store in `dir`.
pub fn open(dir: &Path, name: &str) -> App {
    let place = Place { store: Some(dir.join(name)), ..Place::default() };
    App::open(&place, Clock::from_fn(|| NOW)).unwrap()
}
