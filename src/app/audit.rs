//! The log for auditors, and the store's upkeep: verify, export, rebuild, backup.

use crate::app::{App, Error, Failure, Recorded, Report};
use crate::domain::digest::EventHash;
use crate::domain::event::Entry;
use crate::domain::names::{PrincipalName, RequestId, Seq};
use crate::domain::text::Text;
use std::path::Path;

impl App {
    /// Verifies file, chain and derived tables.
    ///
    /// # Errors
    /// When the file cannot be read at all.
    pub fn verify(&mut self, tell: impl FnMut(u64)) -> Result<Report, Failure> {
        self.store.verify(tell)
    }

    /// Hands every event behind `after` to `each`, in order, until it answers `false`.
    ///
    /// # Errors
    /// When the log cannot be read, or `each` fails.
    pub fn events(&self, after: Seq, each: impl FnMut(Recorded) -> Result<bool, Error>) -> Result<(), Error> {
        self.store.events(after, each)
    }

    /// One event as a line of the canonical export.
    pub fn export_line(event: &Recorded) -> String {
        crate::store::export::line(event)
    }

    /// The last event's number and hash.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn head(&self) -> Result<(Seq, EventHash), Failure> {
        self.store.head()
    }

    /// Writes every derived table again from the log; how many requests there are.
    ///
    /// # Errors
    /// When an event cannot be read; then nothing was changed.
    pub fn rebuild(&mut self, tell: impl FnMut(u64)) -> Result<u64, Failure> {
        self.store.rebuild(tell)
    }

    /// Copies the store into a new file.
    ///
    /// # Errors
    /// When the target exists or cannot be written.
    pub fn backup(&self, target: &Path, tell: impl FnMut(i32, i32)) -> Result<(), Failure> {
        self.store.backup(target, tell)
    }

    /// The domain's view of a recorded event, if this program can read it.
    pub fn entry(event: &Recorded) -> Option<Entry> {
        event.entry().ok()
    }

    /// Keeps what somebody has typed and not yet sent; a blank text forgets it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep_draft(
        &self,
        by: &PrincipalName,
        id: RequestId,
        verb: &str,
        text: &Text,
    ) -> Result<(), Failure> {
        self.store.keep_draft(by, id, verb, text, self.now())
    }

    /// What somebody had typed and not sent.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn draft(&self, by: &PrincipalName, id: RequestId, verb: &str) -> Result<Option<Text>, Failure> {
        Ok(self.store.draft(by, id, verb)?.map(|(text, _)| text))
    }
}
