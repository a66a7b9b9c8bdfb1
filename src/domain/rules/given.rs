//! What somebody gave before: to take back, to give again, or to learn that it was overtaken.

use crate::domain::command::Seen;
use crate::domain::event::SignOffNumber;
use crate::domain::names::{PersonName, PrincipalName};
use crate::domain::principal::Caller;
use crate::domain::refusal::Refusal;
use crate::domain::request::{Request, SignOff, SignOffStanding, State};

/// What the caller could take back: their request for changes, or their sign-off.
///
/// # Errors
/// [`Refusal::NotNow`] when there is nothing of theirs.
pub fn withdrawable<'a>(request: &'a Request, caller: &Caller) -> Result<Withdrawable<'a>, Refusal> {
    let changes = match &request.state {
        State::ChangesRequested { bound, .. } => Some(&bound.signer.name),
        State::Waiting(_) | State::Closed(_) => None,
    };
    if changes == Some(&caller.name) {
        return Ok(Withdrawable::Changes);
    }
    // A sign-off is its author's to take back whoever has the ball.
    if let Some(signoff) = request.counting().find(|s| s.bound.signer.name == caller.name) {
        return Ok(Withdrawable::SignOff(signoff));
    }
    let why = match changes {
        Some(author) => format!("{author} requested the changes; only they can take that back"),
        None => "there is no sign-off of yours that counts".to_owned(),
    };
    Err(Refusal::NotNow { id: request.id, why })
}

/// What can be taken back.
pub enum Withdrawable<'a> {
    /// A request for changes.
    Changes,
    /// A sign-off.
    SignOff(&'a SignOff),
}

/// The sign-off that a new one by `caller` re-affirms: their last, when it is void because what it stood for changed,
/// and they say what they saw now.
pub fn reaffirms(request: &Request, caller: &Caller, seen: &Seen) -> Option<SignOffNumber> {
    let last = last_signoff(request, caller)?;
    (last.standing == SignOffStanding::Void && *seen != Seen::Nothing).then_some(last.number)
}

/// The last sign-off that `caller`, or another principal of their person, gave and did not take back.
pub fn last_signoff<'a>(request: &'a Request, caller: &Caller) -> Option<&'a SignOff> {
    request.signoffs.iter().rev().filter(|s| s.standing != SignOffStanding::Withdrawn).find(|s| {
        let signer = &s.bound.signer;
        signer.name == caller.name || (signer.person.is_some() && signer.person == caller.person)
    })
}

/// The last sign-off of `name`, or of `person`, on an open request, when what it stood for changed since.
pub fn overtaken<'a>(
    request: &'a Request,
    name: &PrincipalName,
    person: Option<&PersonName>,
) -> Option<&'a SignOff> {
    let is_theirs = |s: &&SignOff| {
        let signer = &s.bound.signer;
        signer.name == *name || (signer.person.is_some() && signer.person.as_ref() == person)
    };
    let mut theirs = request.signoffs.iter().rev().filter(|s| s.standing != SignOffStanding::Withdrawn);
    let last = theirs.find(is_theirs)?;
    (request.is_open() && last.standing == SignOffStanding::Void).then_some(last)
}
