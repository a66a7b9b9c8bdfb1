//! The rules of a policy: the first that matches says which sign-offs a request needs, and by when.

use crate::domain::content::{Content, Kind};
use crate::domain::moment::Span;
use crate::domain::names::Identifier;
use crate::domain::overriding::OverrideTerms;
use crate::domain::policy::glob::Glob;
use crate::domain::policy::risk::Place;
use crate::domain::principal::{Assurance, PrincipalKind, Role};
use crate::domain::quorum::Slot;
use crate::domain::risk::{Priority, Risk};
use crate::domain::rollout::terms::Said;
use crate::domain::step::Step;
use std::collections::BTreeMap;

/// What a request must be for a rule to hold; what is empty asks nothing.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct When {
    /// Kinds.
    pub kind: Vec<Kind>,
    /// Computed risks.
    pub risk: Vec<Risk>,
    /// Priorities.
    pub priority: Vec<Priority>,
    /// Where.
    pub place: Place,
    /// Actions, of any of its steps.
    pub action: Vec<Glob>,
    /// Labels it must carry, all of them.
    pub labels: BTreeMap<Identifier, Glob>,
}

impl When {
    /// Whether a request with this content and risk is meant.
    pub fn holds(&self, content: &Content, risk: Risk) -> bool {
        let label =
            |(key, glob): (&Identifier, &Glob)| content.labels.get(key).is_some_and(|v| glob.fits(v.raw()));
        let acts = |step: &Step| self.action.iter().any(|glob| glob.fits(step.action.as_str()));
        (self.kind.is_empty() || self.kind.contains(&content.kind))
            && (self.risk.is_empty() || self.risk.contains(&risk))
            && (self.priority.is_empty() || self.priority.contains(&content.priority))
            && self.place.holds(&content.target)
            && (self.action.is_empty() || content.steps.iter().any(acts))
            && self.labels.iter().all(label)
    }
}

/// By when; what is not said is built in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Terms {
    /// From being asked to the first reminder.
    pub remind: Option<Span>,
    /// From being asked to being overdue, and escalated.
    pub escalate: Option<Span>,
    /// From being asked to expiring.
    pub expire: Option<Span>,
    /// How long an approval may wait for its execution to start.
    pub live_for: Option<Span>,
}

/// One rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rule {
    /// Its name, which every request it was matched for carries.
    pub name: String,
    /// When it holds.
    pub when: When,
    /// The sign-offs; never none.
    pub slots: Vec<Slot>,
    /// By when.
    pub terms: Terms,
    /// Whether and how what it holds for can be overridden; what is not said is built in.
    pub overriding: Option<OverrideTerms>,
    /// Actions whose low-risk steps it marks approved by itself.
    pub auto_approve: Vec<Glob>,
    /// The programs those steps may run, each the whole first entry of `run` or `undo`; none: steps without commands only.
    pub programs: Vec<String>,
    /// The labels of evidence without which nobody signs.
    pub evidence: Vec<String>,
    /// Whether sign-offs of those count who were enrolled after the request was made; nothing: where it is not sensitive.
    pub newcomers: Option<bool>,
    /// Parameters that nobody but the requester changes.
    pub fixed_params: Vec<Glob>,
    /// Actions whose steps are left out by nobody but who may override.
    pub mandatory: Vec<Glob>,
    /// How what it holds for is rolled out, as far as it says otherwise.
    pub rollout: Said,
}

/// A slot that a rule fills, not a person.
pub fn policy_slot() -> Slot {
    Slot { kind: PrincipalKind::System, ..Slot::one_human() }
}

/// The slots as they hold: where a rule may not sign, a person must, so that the quorum is never smaller.
pub fn slots(rule: Option<&Rule>, rule_may_sign: bool) -> Vec<Slot> {
    let Some(rule) = rule.filter(|rule| !rule.slots.is_empty()) else { return vec![Slot::one_human()] };
    if rule_may_sign { rule.slots.clone() } else { by_people(&rule.slots) }
}

/// The slots of a request of this kind. A policy is signed off by admins, whatever a rule says: no agent stands for it, and
/// a rule that names others would shut the admins out of changing that rule. How many, and how sure, is the rule's.
pub fn slots_for(kind: Kind, rule: Option<&Rule>, rule_may_sign: bool) -> Vec<Slot> {
    let slots = slots(rule, rule_may_sign);
    if kind != Kind::Policy {
        return slots;
    }
    let admin = |assurance| Slot { role: Some(Role::Admin), assurance, ..Slot::one_human() };
    let people = by_people(&slots).into_iter().filter(|slot| slot.kind == PrincipalKind::Human);
    let mut admins: Vec<Slot> = people.map(|slot| admin(slot.assurance)).collect();
    if admins.is_empty() {
        admins.push(admin(Assurance::Asserted));
    }
    admins
}

/// These slots, with one human wherever a rule would sign.
pub fn by_people(slots: &[Slot]) -> Vec<Slot> {
    let held = |slot: &Slot| match slot.kind {
        PrincipalKind::System => Slot::one_human(),
        _ => slot.clone(),
    };
    slots.iter().map(held).collect()
}
