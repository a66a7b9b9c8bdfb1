//! Drafts: what somebody has typed and not yet sent, with what they had in front of them. Never a decision.

use crate::app::{App, Clock, Failure};
use crate::domain::moment::{Moment, Span};
use crate::domain::names::{RequestId, RevisionNumber};
use crate::domain::principal::Caller;
use crate::domain::transitions::Verb;
use crate::store::drafts::{DraftBox, Stored};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long a draft is kept that nobody comes back to.
const KEPT_FOR: Span = Span::from_minutes(7 * 24 * 60);

/// What was typed into one dialog.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Draft {
    /// On which request.
    pub id: RequestId,
    /// For which verb.
    pub verb: Verb,
    /// What of the request it is about, and in which dialog, as the screen names it; empty for all of it.
    pub about: String,
    /// The text of each field; all blank means that there is nothing to keep.
    pub texts: Vec<String>,
    /// The digests of the revision and of the marks that were in front of the writer, as they are written.
    pub seen: String,
    /// When.
    pub at: Moment,
}

impl Draft {
    /// Whether there is nothing in it.
    pub fn is_blank(&self) -> bool {
        self.texts.iter().all(|text| text.trim().is_empty())
    }

    /// Whether the other says the same about the same thing, whenever.
    pub fn says_the_same(&self, other: &Draft) -> bool {
        Draft { at: other.at, ..self.clone() } == *other
    }
}

/// The part of a draft that the file holds as text.
#[derive(Serialize, Deserialize)]
struct Body {
    texts: Vec<String>,
    seen: String,
}

/// The drafts of one person. A thread of its own may hold it.
pub struct Drafts {
    kept: DraftBox,
    clock: Clock,
}

impl App {
    /// The caller's drafts.
    ///
    /// # Errors
    /// When the store cannot be opened once more.
    pub fn drafts(&self, caller: &Caller) -> Result<Drafts, Failure> {
        Ok(Drafts { kept: self.store.drafts(&caller.name)?, clock: self.clock.clone() })
    }
}

impl Drafts {
    /// The box, and the clock.
    pub(super) fn parts(&self) -> (&DraftBox, &Clock) {
        (&self.kept, &self.clock)
    }

    /// Everything that was typed and not sent, without what is too old.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn all(&self) -> Result<Vec<Draft>, Failure> {
        self.kept.forget_older(self.clock.now().minus(KEPT_FOR))?;
        Ok(self.kept.all()?.into_iter().filter_map(read).collect())
    }

    /// Notes that a request was opened at this revision.
    ///
    /// # Errors
    /// When it cannot be written; then it is only shown once more.
    pub fn note_seen(&self, id: RequestId, revision: RevisionNumber) -> Result<(), Failure> {
        self.kept.note_seen(id, revision, self.clock.now())
    }

    /// Keeps a draft; a blank one is forgotten. Waits no longer than `patience` for somebody who decides.
    ///
    /// # Errors
    /// When it cannot be written now.
    pub fn keep(&self, draft: &Draft, patience: Duration) -> Result<Draft, Failure> {
        let kept = Draft { at: self.clock.now(), ..draft.clone() };
        let body = Body { texts: kept.texts.clone(), seen: kept.seen.clone() };
        let body = serde_json::to_string(&body).map_err(|e| Failure::damaged(e.to_string()))?;
        let body = (!kept.is_blank()).then_some(body);
        self.kept.keep(kept.id, &filed(&kept), body.as_deref(), kept.at, patience)?;
        Ok(kept)
    }
}

/// Under which word it is filed.
fn filed(draft: &Draft) -> String {
    match draft.about.as_str() {
        "" => draft.verb.word().to_owned(),
        about => format!("{}/{about}", draft.verb.word()),
    }
}

/// What a newer or an older program wrote in another form is left where it is.
fn read(stored: Stored) -> Option<Draft> {
    let (verb, about) = stored.verb.split_once('/').unwrap_or((&stored.verb, ""));
    let known = [
        Verb::Mark,
        Verb::Modify,
        Verb::Confirm,
        Verb::Retry,
        Verb::LeaveOut,
        Verb::Stop,
        Verb::Continue,
        Verb::Escalate,
        Verb::Approve,
        Verb::Reject,
        Verb::RequestChanges,
        Verb::Withdraw,
        Verb::Override,
        Verb::Answer,
        Verb::Comment,
    ];
    let verb = known.into_iter().find(|known| known.word() == verb)?;
    let Body { texts, seen } = serde_json::from_str(&stored.body).ok()?;
    Some(Draft { id: stored.request, verb, about: about.to_owned(), texts, seen, at: stored.at })
}
