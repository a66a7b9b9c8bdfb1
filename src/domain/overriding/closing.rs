//! Who closes the review that is owed for an override.

use super::SOLO_REST;
use crate::domain::command::Facts;
use crate::domain::hands;
use crate::domain::moment::Moment;
use crate::domain::principal::{Caller, Permission, PrincipalKind};
use crate::domain::refusal::Refusal;
use crate::domain::request::Request;

/// Whether `caller` may close this debt: not whoever opened it by an override, nor what they own or speak for. In a solo
/// store there is nobody else: the same person may after [`SOLO_REST`], which is recorded as a self-review.
///
/// # Errors
/// [`Refusal::OwnDebt`].
pub fn may_close(request: &Request, caller: &Caller, facts: &Facts, now: Moment) -> Result<(), Refusal> {
    let Some(owes) = request.owes.as_ref().filter(|owes| hands::owes(owes, caller, facts)) else {
        // What a person went ahead with, a person looks at.
        return match (&request.owes, caller.kind) {
            (Some(_), PrincipalKind::Agent) => Err(Refusal::NotPermitted { permission: Permission::Review }),
            _ => Ok(()),
        };
    };
    let from = request.created_at.plus(SOLO_REST);
    if !facts.team && caller.kind == PrincipalKind::Human && now >= from {
        return Ok(());
    }
    let (id, overridden, by) = (request.id, owes.request, owes.by.clone());
    Err(Refusal::OwnDebt { id, overridden, by, from: (!facts.team).then_some(from) })
}
