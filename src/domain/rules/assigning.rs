//! To whom a request can be given, and how far up it can be raised.

use crate::domain::chain::Whom;
use crate::domain::command::Facts;
use crate::domain::names::PrincipalName;
use crate::domain::policy::roster::Enrolled;
use crate::domain::principal::Assurance;
use crate::domain::quorum::{Signer, Slot};
use crate::domain::refusal::Refusal;
use crate::domain::request::Request;
use crate::domain::transitions::Verb;

/// Why a request cannot be raised any further.
pub fn at_the_top(request: &Request) -> Refusal {
    let why = match request.assigned() {
        Some(top) => format!("it is at the top of its chain: {} has it", top.to),
        None => "it has no escalation chain".to_owned(),
    };
    Refusal::NotNow { id: request.id, why }
}

/// Whether a request can be given to `to`: somebody who could decide on it, never who asked. In a solo store nobody is
/// enrolled, and every name but the requester's will do.
///
/// # Errors
/// [`Refusal::NotEligible`] with the reason.
pub fn eligible(request: &Request, to: &PrincipalName, facts: &Facts) -> Result<(), Refusal> {
    let not = |why: String| Err(Refusal::NotEligible { id: request.id, to: to.clone(), why });
    if *to == PrincipalName::system() {
        return not("nobody is behind that name".to_owned());
    }
    if *to == request.whose().name {
        return not("it is their own request".to_owned());
    }
    if !facts.team {
        return Ok(());
    }
    let Some(them) = facts.policy.roster.find(to) else {
        return not("nobody of that name is enrolled".to_owned());
    };
    if request.owes.as_ref().is_some_and(|owes| owes.is_of(to, Some(&them.person))) {
        return not("they owe this review; somebody else gives it".to_owned());
    }
    if request.whose().person.as_ref() == Some(&them.person) {
        return not("it is their own request, or their agent's".to_owned());
    }
    if !them.place.holds(request.target()) {
        return not("their roles do not hold for what it is about".to_owned());
    }
    let needed = Verb::Approve.permission(request.kind(), them.kind);
    if !them.roles.iter().any(|role| role.permissions().contains(&needed)) {
        return not(format!("they do not hold the permission `{}`", needed.word()));
    }
    // How sure one can be of them is told when they sign.
    let signer = Signer {
        name: them.name.clone(),
        kind: them.kind,
        person: Some(them.person.clone()),
        roles: them.roles.clone(),
        assurance: Assurance::SignedTouch,
        newcomer: false,
    };
    let slots = request.open_slots();
    if slots.is_empty() || slots.iter().any(|slot| slot.admits(&signer)) {
        return Ok(());
    }
    not("none of the sign-offs that are open fits them".to_owned())
}

/// Everybody of the roster, and why a request cannot be given to them; nothing where it can.
pub fn candidates(request: &Request, facts: &Facts) -> Vec<(PrincipalName, Option<String>)> {
    let has = request.assigned().map(|last| last.to.clone());
    let one = |them: &Enrolled| {
        let why = match eligible(request, &them.name, facts) {
            Err(Refusal::NotEligible { why, .. }) => Some(why),
            Err(other) => Some(other.to_string()),
            Ok(()) if has == Some(Whom::Principal(them.name.clone())) => {
                Some("they have it already".to_owned())
            }
            Ok(()) => None,
        };
        (them.name.clone(), why)
    };
    facts.policy.roster.principals.iter().map(one).collect()
}

/// Who of the roster could fill `slot` of `request`: with the role and the permission, not the requester nor in control of
/// it, and not a person whose sign-off counts already. How sure one can be of them is told when they sign.
pub fn could_fill(slot: &Slot, request: &Request, facts: &Facts) -> Vec<PrincipalName> {
    let could = |them: &&Enrolled| {
        let needed = Verb::Approve.permission(request.kind(), them.kind);
        let signer = Signer {
            name: them.name.clone(),
            kind: them.kind,
            person: Some(them.person.clone()),
            roles: them.roles.clone(),
            assurance: Assurance::SignedTouch,
            newcomer: false,
        };
        let theirs = |name: &PrincipalName| {
            *name == them.name || facts.policy.roster.find(name).is_some_and(|of| of.person == them.person)
        };
        let own = request.requester.person.as_ref() == Some(&them.person) || theirs(&request.requester.name);
        slot.admits(&signer)
            && them.place.holds(request.target())
            && them.roles.iter().any(|role| role.permissions().contains(&needed))
            && !own
            && !request.counting().any(|s| s.bound.signer.person.as_ref() == Some(&them.person))
    };
    facts.policy.roster.principals.iter().filter(could).map(|them| them.name.clone()).collect()
}
