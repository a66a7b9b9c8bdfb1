//! Attempts that are recorded: somebody tried what they may not, on something sensitive in a team, or as an agent with a
//! verb that is a person's.

use crate::domain::command::{Command, Facts};
use crate::domain::event::{Actor, Entry, Fact, Held};
use crate::domain::membership::Outsider;
use crate::domain::moment::{Moment, Span};
use crate::domain::principal::{Caller, Permission, PrincipalKind};
use crate::domain::refusal::Refusal;
use crate::domain::request::Request;

/// Of one principal on one request, an attempt is recorded at most once in this time.
pub const AGAIN_AFTER: Span = Span::from_minutes(1);

/// The short name under which a refusal is recorded; nothing for one that says nothing about who tried.
fn name(refusal: &Refusal) -> Option<&'static str> {
    Some(match refusal {
        Refusal::OwnRequest { .. } => "own_request",
        Refusal::NotRequester { .. } => "not_requester",
        Refusal::NotPermitted { permission } => permission_name(*permission),
        Refusal::NoSlot { .. } => "no_slot",
        Refusal::OwnEdit { .. } => "own_edit",
        Refusal::NeedsSignature { .. } => "needs_signature",
        Refusal::Unfit(_) => "signature",
        // Who only forgot something tried nothing.
        Refusal::Outsider(Outsider::Unseen | Outsider::Policy(_) | Outsider::Mode(_)) => return None,
        Refusal::Outsider(why) => why.word(),
        _ => return None,
    })
}

const fn permission_name(permission: Permission) -> &'static str {
    match permission {
        Permission::Review => "no_review",
        Permission::Admin => "no_admin",
        Permission::Override => "no_override",
        Permission::Rollout => "no_rollout",
        Permission::CosignAgent => "no_cosign_agent",
        _ => "not_permitted",
    }
}

/// The event that records that `command` was refused; nothing where it is not worth one.
pub fn entry(
    request: &Request,
    command: &Command,
    caller: &Caller,
    facts: &Facts,
    refusal: &Refusal,
    now: Moment,
) -> Option<Entry> {
    let verb = command.verb()?;
    let refusal = name(refusal)?;
    let agents = caller.kind == PrincipalKind::Agent && refusal == permission_name(Permission::Review);
    if !facts.team || !(request.assessment().sensitive || agents) {
        return None;
    }
    Some(Entry {
        at: now,
        by: caller.name.clone(),
        assurance: caller.assurance,
        actor: Actor::of(caller),
        fact: Fact::DecisionRefused { verb: verb.word().to_owned(), refusal: refusal.to_owned() },
        payload: Held::None,
    })
}
