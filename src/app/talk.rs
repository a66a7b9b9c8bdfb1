//! Who has which comment, as far as this place knows: what a face took is delivered, what a screen drew whole is read.

use crate::app::{App, Clock, Drafts, Failure};
use crate::domain::digest::EvidenceDigest;
use crate::domain::event::CommentNumber;
use crate::domain::names::RequestId;
use crate::domain::principal::Caller;
use crate::domain::request::Request;
use crate::domain::talk::Receipt;
use crate::store::drafts::DraftBox;
use std::collections::BTreeSet;

/// The comments of a request that are not the caller's own.
pub fn by_others(request: &Request, caller: &Caller) -> Vec<CommentNumber> {
    request.comments.iter().filter(|c| c.by != caller.name).map(|c| c.number).collect()
}

impl App {
    /// Who has which comment of a request.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn receipts(&self, id: RequestId) -> Result<Vec<Receipt>, Failure> {
        self.store.receipts(id)
    }

    /// The files of a request that the caller has looked into.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn opened(&self, id: RequestId, caller: &Caller) -> Result<BTreeSet<EvidenceDigest>, Failure> {
        self.store.opened(id, &caller.name)
    }

    /// Notes that the caller's command line took all comments. It decides nothing, so that it may fail: then they are
    /// delivered another time.
    pub fn note_delivered(&self, request: &Request, caller: &Caller) {
        let comments = by_others(request, caller);
        if !comments.is_empty() && self.store.read_only().is_none() {
            let _ = self.drafts(caller).and_then(|drafts| drafts.note_heard(request.id, &comments, false));
        }
    }

    /// Notes that the caller looked into a file; like the above it may fail.
    pub fn note_opened(&self, id: RequestId, digest: EvidenceDigest, caller: &Caller) {
        if self.store.read_only().is_none() {
            let _ = self.drafts(caller).and_then(|drafts| drafts.note_opened(id, digest));
        }
    }
}

impl Drafts {
    /// Notes comments as delivered, or as read; says whether it was.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn note_heard(&self, id: RequestId, comments: &[CommentNumber], read: bool) -> Result<bool, Failure> {
        let (kept, clock): (&DraftBox, &Clock) = self.parts();
        kept.note_heard(id, comments, read, clock.now())
    }

    /// Notes that a file was looked into.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn note_opened(&self, id: RequestId, digest: EvidenceDigest) -> Result<(), Failure> {
        let (kept, clock) = self.parts();
        kept.note_opened(id, digest, clock.now())
    }

    /// Notes that somebody is here.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn note_visit(&self) -> Result<(), Failure> {
        let (kept, clock) = self.parts();
        kept.note_visit(clock.now())
    }
}
