//! Where a document goes: a new request, the same one, or its next revision.

use crate::domain::content::Content;
use crate::domain::names::RequestId;
use crate::domain::refusal::Refusal;
use crate::domain::request::Request;

/// What to do with content that a producer offers under a reference they used before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OnSameReference {
    /// Refuse other content.
    Refuse,
    /// Make it the next revision.
    Revise,
    /// Make it a new request.
    Again,
}

/// Where offered content goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Placement {
    /// It is a new request.
    New,
    /// It is that request already; nothing is stored.
    Same(RequestId),
    /// It is that request's next revision.
    NextRevision(RequestId),
}

/// Where content goes that is offered under a reference which `known` already carries, if any does.
///
/// # Errors
/// [`Refusal::ReferenceTaken`] when the content differs and the producer did not say what to do.
pub fn place(known: Option<&Request>, content: &Content, how: OnSameReference) -> Result<Placement, Refusal> {
    let Some(known) = known else { return Ok(Placement::New) };
    // What the producer asked for counts, not what a reviewer made of it: asking again must find it.
    let same_digest = known.asked == content.revision_digest();
    let same_prose = known.content.as_deref() == Some(content);
    match (how, known.is_open()) {
        (OnSameReference::Refuse, _) if same_digest => Ok(Placement::Same(known.id)),
        (OnSameReference::Refuse, open) => Err(Refusal::ReferenceTaken { id: known.id, open }),
        // Asking again for what is still being asked is one request; after it is closed it is a new one.
        (OnSameReference::Again, true) if same_digest => Ok(Placement::Same(known.id)),
        (OnSameReference::Again, _) => Ok(Placement::New),
        (OnSameReference::Revise, _) if same_digest && same_prose => Ok(Placement::Same(known.id)),
        (OnSameReference::Revise, true) => Ok(Placement::NextRevision(known.id)),
        (OnSameReference::Revise, false) => Err(Refusal::ReferenceTaken { id: known.id, open: false }),
    }
}
