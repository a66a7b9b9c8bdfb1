//! Who has which comment, as far as this place knows: what a face took is delivered, what a screen drew whole is read.

use crate::app::{App, Clock, Drafts, Failure};
use crate::domain::digest::EvidenceDigest;
use crate::domain::event::CommentNumber;
use crate::domain::moment::Moment;
use crate::domain::names::{PrincipalName, RequestId};
use crate::domain::notice::{Notice, Origin};
use crate::domain::principal::Caller;
use crate::domain::request::Request;
use crate::domain::talk::Receipt;
use crate::store::drafts::DraftBox;
use std::collections::BTreeSet;

/// How many calls are listed at most.
pub const MOST_CALLS: usize = 20;

/// A comment that calls somebody.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Called {
    /// On which request.
    pub id: RequestId,
    /// Which comment.
    pub number: CommentNumber,
    /// Whose it is.
    pub by: Option<PrincipalName>,
    /// When it called.
    pub at: Moment,
}

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

    /// The comments that call somebody and that they have not read, oldest first, of what they may see; at most
    /// [`MOST_CALLS`].
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn mentions_of(&self, name: &PrincipalName) -> Result<Vec<Called>, Failure> {
        let notices = self.store.mentions_of(name, MOST_CALLS)?;
        let called = |notice: &Notice| {
            let (Some(id), Origin::Comment(number)) = (notice.request, &notice.origin) else { return None };
            let request = self.request(id).ok()?;
            notice.is_wanted(&request).then(|| Called {
                id,
                number: *number,
                by: notice.cause.as_ref().map(|cause| cause.name.clone()),
                at: notice.at,
            })
        };
        Ok(notices.iter().filter_map(called).collect())
    }

    /// Notes that the caller's command line took all comments. It decides nothing, so that it may fail: then they are
    /// delivered another time.
    pub fn note_delivered(&self, request: &Request, caller: &Caller) {
        let comments = by_others(request, caller);
        if !comments.is_empty() && self.store.read_only().is_none() {
            let _ = self.drafts(caller).and_then(|drafts| drafts.note_heard(request.id, &comments, false));
            let _ = self.drafts(caller).and_then(|drafts| drafts.note_printed(request.id));
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

    /// Notes that a thread was printed.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn note_printed(&self, id: RequestId) -> Result<(), Failure> {
        let (kept, clock) = self.parts();
        kept.note_printed(id, clock.now())
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
