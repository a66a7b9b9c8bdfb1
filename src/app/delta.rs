//! What a request was when somebody signed it off, or at an earlier revision: read again from its own events.

use crate::app::{App, Error};
use crate::domain::event::{Fact, SignOffNumber};
use crate::domain::evolve;
use crate::domain::names::{RequestId, RevisionNumber};
use crate::domain::refusal::Refusal;
use crate::domain::request::Request;

/// When.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum When {
    /// Just after this sign-off.
    SignedOff(SignOffNumber),
    /// At the end of this revision's time.
    Revision(RevisionNumber),
}

impl App {
    /// The request as it was then; nothing when there was no such moment.
    ///
    /// # Errors
    /// [`Refusal::NoSuchRequest`], or the log cannot be read.
    pub fn as_it_was(&self, id: RequestId, when: When) -> Result<Option<Request>, Error> {
        let history = self.history(id)?;
        let mut entries = history.iter().map(|(_, entry)| entry);
        let begun = entries.next().and_then(|entry| evolve::begin(id, entry));
        let Some(mut request) = begun else { return Err(Refusal::NoSuchRequest(id.to_string()).into()) };
        let mut found = None;
        for entry in std::iter::once(None).chain(entries.map(Some)) {
            if let Some(entry) = entry {
                request = request.evolve(entry);
            }
            let here = match (when, entry.map(|entry| &entry.fact)) {
                (When::SignedOff(number), Some(Fact::SignedOff { number: this, .. })) => *this == number,
                (When::SignedOff(_), _) => false,
                (When::Revision(number), _) => request.revision.number == number,
            };
            if here {
                found = Some(request.clone());
            }
        }
        Ok(found)
    }
}
