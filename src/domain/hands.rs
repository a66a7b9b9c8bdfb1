//! Whose hand it is by what the roster says now, beside what was recorded: somebody can have become one person with
//! another, or the owner of an agent, and somebody else can be enrolled no longer.

use crate::domain::command::Facts;
use crate::domain::event::Owed;
use crate::domain::names::PrincipalName;
use crate::domain::policy::Policy;
use crate::domain::principal::{Caller, PrincipalKind, Requester};
use crate::domain::request::SignOff;

/// Whether it is the caller's own request: by what was recorded when it was made, or by the roster of now.
pub fn is_own(requester: &Requester, caller: &Caller, facts: &Facts) -> bool {
    requester.is(caller) || is_theirs_now(&requester.name, caller, facts)
}

/// Whether the caller owes this review, by either.
pub fn owes(owed: &Owed, caller: &Caller, facts: &Facts) -> bool {
    owed.is_of(&caller.name, caller.person.as_ref()) || is_theirs_now(&owed.by, caller, facts)
}

/// Everybody else who is the caller's person by the roster of now: what was recorded as theirs is the caller's too.
pub fn also(caller: &Caller, facts: &Facts) -> Vec<PrincipalName> {
    let theirs = facts.policy.roster.principals.iter();
    let theirs = theirs.filter(|of| facts.team && Some(&of.person) == caller.person.as_ref());
    theirs.map(|of| of.name.clone()).filter(|name| *name != caller.name).collect()
}

/// Whether the roster says that `name` belongs to the caller's person. In a solo store it only lends keys.
fn is_theirs_now(name: &PrincipalName, caller: &Caller, facts: &Facts) -> bool {
    facts.team && facts.policy.roster.find(name).is_some_and(|of| Some(&of.person) == caller.person.as_ref())
}

/// Whether a team's policy still stands behind a sign-off: its signer is enrolled as they were, with every role they held,
/// and the key it was signed with is theirs and not revoked. A rule's is asked elsewhere.
pub fn stands(signoff: &SignOff, policy: &Policy) -> bool {
    let signer = &signoff.bound.signer;
    if signer.kind == PrincipalKind::System {
        return true;
    }
    policy.roster.find(&signer.name).is_some_and(|of| {
        let key_holds =
            |fingerprint: &str| of.keys.iter().any(|key| key.fingerprint == fingerprint && !key.revoked);
        of.kind == signer.kind
            && Some(&of.person) == signer.person.as_ref()
            && signer.roles.iter().all(|role| of.roles.contains(role))
            && signoff.signature.as_ref().is_none_or(|signature| key_holds(&signature.fingerprint))
    })
}
