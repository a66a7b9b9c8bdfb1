//! Quorum: typed slots, and which sign-offs fill them.

use crate::domain::names::{PersonName, PrincipalName};
use crate::domain::principal::{Assurance, PrincipalKind, Role};
use serde::{Deserialize, Serialize};
use std::fmt;

/// One sign-off that policy requires.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slot {
    /// What sort of principal fills it. An agent never fills a human slot.
    pub kind: PrincipalKind,
    /// Which role they must hold, if any in particular.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Which principals in particular; empty: any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub any_of: Vec<PrincipalName>,
    /// How sure we must be who they are.
    pub assurance: Assurance,
}

/// Who signed, as far as slots care.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signer {
    /// The principal.
    pub name: PrincipalName,
    /// What sort.
    pub kind: PrincipalKind,
    /// Its person or owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonName>,
    /// The roles held when signing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<Role>,
    /// How sure we were.
    pub assurance: Assurance,
    /// Whether they were enrolled, or given more, only after the request was made: shown wherever it counts.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub newcomer: bool,
}

impl Slot {
    /// One human with any standing that may review.
    pub const fn one_human() -> Self {
        Self { kind: PrincipalKind::Human, role: None, any_of: Vec::new(), assurance: Assurance::Asserted }
    }

    /// Whether `signer` could fill this slot.
    pub fn admits(&self, signer: &Signer) -> bool {
        self.kind == signer.kind
            && self.role.is_none_or(|role| signer.roles.contains(&role))
            && (self.any_of.is_empty() || self.any_of.contains(&signer.name))
            && signer.assurance >= self.assurance
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            PrincipalKind::Human => "1 human",
            PrincipalKind::Agent => "1 agent",
            PrincipalKind::System => "1 rule",
        })?;
        let names: Vec<&str> = self.any_of.iter().map(PrincipalName::as_str).collect();
        let mut terms: Vec<String> = Vec::new();
        if let Some(role) = self.role {
            terms.push(role.word().to_owned());
        }
        if !names.is_empty() {
            terms.push(names.join(" or "));
        }
        if self.assurance > Assurance::Asserted {
            terms.push(self.assurance.word().to_owned());
        }
        if terms.is_empty() { Ok(()) } else { write!(f, " ({})", terms.join(", ")) }
    }
}

/// Which signer fills each slot: a largest matching, one slot a person. `filled[i]` is an index into `signers`.
///
/// Slots are matched, not filled greedily: a signer who could fill two slots moves to the one nobody else can fill.
pub fn fill(slots: &[Slot], signers: &[Signer]) -> Vec<Option<usize>> {
    let mut filled: Vec<Option<usize>> = vec![None; slots.len()];
    for signer in 0..signers.len() {
        let repeated = signers[..signer].iter().any(|earlier| same_hand(earlier, &signers[signer]));
        if !repeated {
            let mut tried = vec![false; slots.len()];
            place(slots, signers, signer, &mut filled, &mut tried);
        }
    }
    filled
}

/// One person fills at most one slot: the same principal, or two principals of one person, are one hand.
fn same_hand(a: &Signer, b: &Signer) -> bool {
    a.name == b.name || (a.person.is_some() && a.person == b.person)
}

/// Kuhn's augmenting path; the number of slots is small, so recursion is at most that deep.
fn place(
    slots: &[Slot],
    signers: &[Signer],
    signer: usize,
    filled: &mut [Option<usize>],
    tried: &mut [bool],
) -> bool {
    for slot in 0..slots.len() {
        if tried[slot] || !slots[slot].admits(&signers[signer]) {
            continue;
        }
        tried[slot] = true;
        let free = match filled[slot] {
            None => true,
            Some(other) => place(slots, signers, other, filled, tried),
        };
        if free {
            filled[slot] = Some(signer);
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer(name: &str, kind: PrincipalKind, roles: &[Role]) -> Signer {
        let name = PrincipalName::new(name).unwrap();
        let person = Some(PersonName::of(&name));
        Signer { name, kind, person, roles: roles.to_vec(), assurance: Assurance::Asserted, newcomer: false }
    }

    fn role_slot(role: Role) -> Slot {
        Slot { role: Some(role), ..Slot::one_human() }
    }

    #[test]
    fn slots_are_matched_not_filled_greedily() {
        // alice could take either slot, bob only the first: taking the first for alice must not lock bob out.
        let slots = [Slot::one_human(), role_slot(Role::Lead)];
        let alice = signer("alice", PrincipalKind::Human, &[Role::Lead]);
        let bob = signer("bob", PrincipalKind::Human, &[]);
        assert_eq!(fill(&slots, &[alice, bob]), [Some(1), Some(0)]);
    }

    #[test]
    fn an_agent_never_fills_a_human_slot() {
        assert_eq!(fill(&[Slot::one_human()], &[signer("cp14", PrincipalKind::Agent, &[])]), [None]);
    }

    #[test]
    fn one_person_fills_one_slot_also_under_two_names() {
        let slots = [Slot::one_human(), Slot::one_human()];
        let alice = signer("alice", PrincipalKind::Human, &[]);
        let mut other = signer("alice2", PrincipalKind::Human, &[]);
        other.person = alice.person.clone();
        assert_eq!(fill(&slots, &[alice, other]), [Some(0), None]);
    }

    #[test]
    fn a_weaker_assurance_does_not_fill_a_signed_slot() {
        let slot = Slot { assurance: Assurance::Signed, ..Slot::one_human() };
        assert_eq!(fill(&[slot], &[signer("alice", PrincipalKind::Human, &[])]), [None]);
    }
}
