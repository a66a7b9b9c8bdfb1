//! Auto-approval: a rule marks low-risk steps approved, and in the one legal case signs. Each use is an event.

use crate::domain::content::{Content, Kind};
use crate::domain::names::StepId;
use crate::domain::policy::glob::{Glob, fits};
use crate::domain::policy::risk::{Circumstances, named};
use crate::domain::policy::rules::Rule;
use crate::domain::policy::{Factor, seed};
use crate::domain::risk::Risk;
use crate::domain::text::Text;
use serde::{Deserialize, Serialize};

/// What holds back every rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Restraint {
    /// Actions that somebody always confirms, beside those that ship.
    pub always_confirm: Vec<Glob>,
    /// How many steps of one request rules approve at most, in document order.
    pub max_without_confirmation: Option<u32>,
}

impl Restraint {
    /// What ships.
    pub const BUILT_IN: Restraint = Restraint { always_confirm: Vec::new(), max_without_confirmation: None };
}

/// What a rule grants on one revision. It goes into the event with the rest of the assessment.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// The rule.
    pub rule: String,
    /// The steps it marks approved.
    pub steps: Vec<StepId>,
    /// Whether it may also fill a slot of the kind `policy`: it grants every step, and nothing raises any of them.
    pub may_sign: bool,
}

/// What `rule` grants on `content`, whose factors are `factors`, with what is known beside it.
///
/// A step is granted when the rule names its action, a risk rule knows it to be low, nothing puts it above low, and
/// nobody said that it is always confirmed; never in production, and only in plans. Where somebody has spoken, on a step
/// or against it as a whole, no rule speaks for them: not on that step, and not by signing.
pub fn grant(
    content: &Content,
    factors: &[Factor],
    rule: &Rule,
    restraint: &Restraint,
    known: &Circumstances,
) -> Option<Grant> {
    let about_all = |f: &&Factor| f.step.is_none();
    if content.kind != Kind::Plan
        || content.target.is_production()
        || rule.auto_approve.is_empty()
        || factors.iter().filter(about_all).any(|f| f.floor > Risk::Low)
    {
        return None;
    }
    let confirmed = |action: &str| {
        seed::ALWAYS_CONFIRM.iter().any(|pattern| fits(pattern, action))
            || restraint.always_confirm.iter().any(|glob| glob.fits(action))
    };
    let granted = content.steps.iter().filter(|step| {
        let action = step.action.as_str();
        let mut own = factors.iter().filter(|f| f.step.as_ref() == Some(&step.id)).peekable();
        let listed = own.clone().any(is_from_a_rule);
        let free = !known.spoken.contains(&step.id);
        let low = own.all(|f| f.floor == Risk::Low);
        let pinned = |command: &Vec<Text>| {
            command.first().is_some_and(|program| rule.programs.iter().any(|known| known == program.raw()))
        };
        let pinned = step.run.iter().chain(&step.undo).all(pinned);
        listed
            && free
            && pinned
            && low
            && !confirmed(action)
            && rule.auto_approve.iter().any(|glob| glob.fits(action))
    });
    let most = restraint.max_without_confirmation.map_or(usize::MAX, |n| n as usize);
    let steps: Vec<StepId> = granted.map(|step| step.id.clone()).take(most).collect();
    if steps.is_empty() {
        return None;
    }
    let spoken = known.person_signs || !known.spoken.is_empty();
    let may_sign = !spoken && steps.len() == content.steps.len() && !factors.iter().any(is_modifier);
    Some(Grant { rule: rule.name.clone(), steps, may_sign })
}

/// Whether a factor comes from a rule about the step: not its requester's word, and no modifier.
fn is_from_a_rule(factor: &Factor) -> bool {
    !is_modifier(factor) && factor.rule.as_deref().is_some_and(|rule| rule != named::CLAIM)
}

fn is_modifier(factor: &Factor) -> bool {
    factor.rule.as_deref().is_some_and(|rule| rule.starts_with(named::MODIFIER))
}
