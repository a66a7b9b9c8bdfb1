//! Who looks: every list, counter, look-up and error is read with their sight, which the store asks for.

use crate::app::team::Place;
use crate::app::{App, Failure};
use crate::domain::principal::Face;

impl App {
    /// Who looks.
    pub(super) fn looker(&self) -> Result<Place, Failure> {
        self.place_of(&self.caller(Face::Cli))
    }

    /// Whether they see every request.
    pub(super) fn sees_all(&self) -> Result<bool, Failure> {
        Ok(self.looker()?.sees_all())
    }
}
