//! What a request was when somebody signed it off, or at an earlier revision: read again from its own events.

use crate::app::{App, Error};
use crate::domain::delta;
use crate::domain::names::RequestId;
use crate::domain::refusal::Refusal;
use crate::domain::request::Request;

pub use crate::domain::delta::When;

impl App {
    /// The request as it was then; nothing when there was no such moment.
    ///
    /// # Errors
    /// [`Refusal::NoSuchRequest`], or the log cannot be read.
    pub fn as_it_was(&self, id: RequestId, when: When) -> Result<Option<Request>, Error> {
        let history = self.history(id)?;
        if history.is_empty() {
            return Err(Refusal::NoSuchRequest(id.to_string()).into());
        }
        Ok(delta::as_it_was(id, history.iter().map(|(_, entry)| entry), when))
    }
}
