//! Opening the screen.

use crate::app::{App, Clock, Failure, Place};
use crate::cli::Done;
use crate::cli::args::Look;

/// The inbox.
pub fn run(place: &Place, look: &Look) -> Done {
    let _ = (look, App::open(place, Clock::system())?);
    Err(Failure::unusable("no screen yet", "wait").into())
}
