//! The policy file: TOML, every key known, checked as a whole, every error with its line and key. `assets/policy.toml`
//! shows all of it.

mod capabilities;
mod form;
mod limits;
mod driver;
mod output;
mod rollout;
mod roster;

use crate::domain::chain::{Rung, Whom};
use crate::domain::digest::PolicyDigest;
use crate::domain::overriding::OverrideTerms;
use crate::domain::policy::Policy;
use crate::domain::policy::asks::{Asks, Pattern};
use crate::domain::policy::auto::Restraint;
use crate::domain::policy::risk::{Floors, ParamTest, Place, RiskRule, RiskTable, Test};
use crate::domain::policy::rules::{Rule, Terms, When};
use crate::domain::principal::{Assurance, PrincipalKind};
use crate::domain::quorum::Slot;
use crate::domain::risk::Risk;
use std::collections::BTreeSet;
use std::ops::Range;
use toml::Spanned;

use form::{
    FloorsForm, Form, Name, OverrideForm, ParamForm, PatternForm, RiskForm, RungForm, SlotForm, SlotKind,
    Time,
};

/// Bytes of a whole policy.
pub const LONGEST: usize = 256 << 10;

/// What is wrong with a policy file, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wrong {
    /// The line, from 1; nothing for the file as a whole.
    pub line: Option<usize>,
    /// What is wrong, with the key.
    pub why: String,
}

impl std::fmt::Display for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let why = crate::domain::text::safe_line(&self.why);
        match self.line {
            Some(line) => write!(f, "line {line}: {why}"),
            None => write!(f, "{why}"),
        }
    }
}

/// Reads and checks a policy.
///
/// # Errors
/// The first thing that is wrong, with its line.
pub fn read(text: &str) -> Result<Policy, Wrong> {
    if text.len() > LONGEST {
        return Err(Wrong { line: None, why: format!("{} bytes; at most {LONGEST}", text.len()) });
    }
    let line = |at: usize| 1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count();
    let form: Form = toml::from_str(text).map_err(|e| Wrong {
        line: e.span().map(|span| line(span.start)),
        why: e.message().trim().replace('\n', "; "),
    })?;
    let policy = form.policy().map_err(|(span, why)| Wrong { line: Some(line(span.start)), why })?;
    Ok(Policy { digest: Some(PolicyDigest::of(text)), ..policy })
}

/// Where, and what is wrong there.
type Fault = (Range<usize>, String);

impl Form {
    fn policy(self) -> Result<Policy, Fault> {
        let mut names = BTreeSet::new();
        let mut name = |name: Spanned<Name>, of: &str| -> Result<String, Fault> {
            let (span, Name(text)) = (name.span(), name.into_inner());
            if names.insert(format!("{of} {text}")) {
                Ok(text)
            } else {
                Err((span, format!("name: there is a {of} `{text}` already")))
            }
        };
        let RiskForm { builtin_actions, floors, rule } = self.risk;
        let mut risk = RiskTable { builtin: builtin_actions, rules: Vec::new(), floors: floors.raised()? };
        for rule in rule {
            let span = rule.span();
            let rule = rule.into_inner();
            let named = name(rule.name, "risk rule")?;
            let place = Place { environment: rule.environment, service: rule.service, tenant: rule.tenant };
            let params = rule.params.into_iter().map(param).collect::<Result<Vec<_>, _>>()?;
            if rule.action.is_empty() && params.is_empty() && place == Place::ANY {
                return Err((span, format!("risk.rule `{named}`: names no action, target or parameter")));
            }
            risk.rules.push(RiskRule { name: named, action: rule.action, place, params, risk: rule.risk });
        }
        let mut asks = Asks { builtin: self.may_i_continue.builtin_phrases, patterns: Vec::new() };
        for pattern in self.may_i_continue.pattern {
            let span = pattern.span();
            let PatternForm { name: named, phrases } = pattern.into_inner();
            let named = name(named, "pattern")?;
            if phrases.is_empty()
                || phrases.iter().any(|p| p.as_str().chars().all(|c| matches!(c, '*' | '?')))
            {
                let why = format!(
                    "may_i_continue.pattern `{named}`: phrases must name words, or every question fits"
                );
                return Err((span, why));
            }
            asks.patterns.push(Pattern { name: named, phrases });
        }
        let mut rules = Vec::new();
        for rule in self.rule {
            let rule = rule.into_inner();
            let named = name(rule.name, "rule")?;
            let terms = terms(&rule.remind, &rule.escalate, &rule.expire, rule.live_for)?;
            let slots = slots(rule.slots, &rule.risk, !rule.auto_approve.is_empty())?;
            let place = Place { environment: rule.environment, service: rule.service, tenant: rule.tenant };
            let when = When {
                kind: rule.kind,
                risk: rule.risk,
                priority: rule.priority,
                place,
                action: rule.action,
                labels: rule.labels,
            };
            rules.push(Rule {
                name: named,
                when,
                slots,
                terms,
                auto_approve: rule.auto_approve,
                programs: rule.programs,
                evidence: evidence(rule.require_evidence)?,
                newcomers: rule.newcomers,
                fixed_params: rule.fixed_params,
                mandatory: rule.mandatory,
                overriding: overriding(rule.overriding)?,
                rollout: rule.rollout.unwrap_or_default().said()?,
            });
        }
        let restraint = Restraint {
            always_confirm: self.auto_approval.always_confirm,
            max_without_confirmation: self.auto_approval.max_without_confirmation,
        };
        let roster = roster::roster(self.principal)?;
        let escalation = self.escalation.into_iter().map(rung).collect::<Result<_, _>>()?;
        let drivers = driver::drivers(self.driver)?;
        Ok(Policy {
            risk,
            asks,
            rules,
            restraint,
            roster,
            escalation,
            open_text: self.notices.text,
            limits: self.limits.limits()?,
            capabilities: capabilities::capabilities(self.capabilities)?,
            sources: driver::sources(self.source, &drivers)?,
            drivers,
            redact: self.output.words()?,
            rollout: self.rollout.said()?,
            ..Policy::BUILT_IN
        })
    }
}

impl FloorsForm {
    /// The floors with what is raised; lowering one is a fault.
    fn raised(self) -> Result<Floors, Fault> {
        let mut floors = Floors::BUILT_IN;
        let FloorsForm { production, irreversible, wide_reach, wide_reach_from, edited, failed_before } =
            self;
        for (key, floor, raised) in [
            ("production", &mut floors.production, production),
            ("irreversible", &mut floors.irreversible, irreversible),
            ("wide_reach", &mut floors.wide, wide_reach),
            ("edited", &mut floors.edited, edited),
            ("failed_before", &mut floors.precedent, failed_before),
        ] {
            let Some(raised) = raised else { continue };
            if raised.get_ref() < floor {
                let why =
                    format!("risk.floors.{key}: a floor can be raised, not lowered; it is at least {floor}");
                return Err((raised.span(), why));
            }
            *floor = raised.into_inner();
        }
        if let Some(from) = wide_reach_from {
            if !(1..=floors.wide_from).contains(from.get_ref()) {
                let why = format!("risk.floors.wide_reach_from: is 1 to {}", floors.wide_from);
                return Err((from.span(), why));
            }
            floors.wide_from = from.into_inner();
        }
        Ok(floors)
    }
}

fn param(param: Spanned<ParamForm>) -> Result<ParamTest, Fault> {
    let span = param.span();
    let ParamForm { key, equals, glob, greater, less } = param.into_inner();
    let tests =
        [equals.map(Test::Equals), glob.map(Test::Glob), greater.map(Test::Greater), less.map(Test::Less)];
    let mut tests = tests.into_iter().flatten();
    match (tests.next(), tests.next()) {
        (Some(test), None) => Ok(ParamTest { key, test }),
        _ => Err((span, format!("params `{key}`: name one of equals, glob, greater, less"))),
    }
}

/// One level of the escalation chain.
fn rung(form: Spanned<RungForm>) -> Result<Rung, Fault> {
    let span = form.span();
    let RungForm { role, principal, after } = form.into_inner();
    let to = match (role, principal) {
        (Some(role), None) => Whom::Role(role),
        (None, Some(name)) => Whom::Principal(name),
        _ => return Err((span, "escalation: name a role or a principal, and one of them".to_owned())),
    };
    Ok(Rung { to, after: after.map(|time| time.0) })
}

/// The deadlines of a rule, in their order.
fn terms(
    remind: &Option<Spanned<Time>>,
    escalate: &Option<Spanned<Time>>,
    expire: &Option<Spanned<Time>>,
    live_for: Option<Time>,
) -> Result<Terms, Fault> {
    let span = |time: &Option<Spanned<Time>>| time.as_ref().map(|t| t.get_ref().0);
    for (earlier, later, why) in [
        (remind, escalate, "escalate: is before remind"),
        (escalate, expire, "expire: is before escalate"),
        (remind, expire, "expire: is before remind"),
    ] {
        if let (Some(earlier), Some(later)) = (earlier, later)
            && later.get_ref().0 < earlier.get_ref().0
        {
            return Err((later.span(), why.to_owned()));
        }
    }
    let (remind, escalate, expire) = (span(remind), span(escalate), span(expire));
    Ok(Terms { remind, escalate, expire, live_for: live_for.map(|t| t.0) })
}

/// Whether and how what the rule holds for can be overridden.
fn overriding(terms: Option<Spanned<OverrideForm>>) -> Result<Option<OverrideTerms>, Fault> {
    let Some(terms) = terms else { return Ok(None) };
    let (span, OverrideForm { allowed, assurance }) = (terms.span(), terms.into_inner());
    let allowed = allowed.unwrap_or(true);
    match assurance {
        Some(Assurance::Asserted) => {
            Err((span, "override: assurance is session, signed or signed+touch".to_owned()))
        }
        Some(_) if !allowed => Err((span, "override: what is not allowed needs no assurance".to_owned())),
        assurance => Ok(Some(OverrideTerms { allowed, assurance })),
    }
}

/// The slots of a rule: one human when none are named; none at all cannot be said.
fn slots(
    slots: Option<Spanned<Vec<SlotForm>>>,
    risks: &[Risk],
    approves_by_itself: bool,
) -> Result<Vec<Slot>, Fault> {
    let Some(slots) = slots else { return Ok(vec![Slot::one_human()]) };
    let (span, slots) = (slots.span(), slots.into_inner());
    if slots.is_empty() {
        return Err((span, "slots: a request needs at least one sign-off".to_owned()));
    }
    if slots.iter().filter(|slot| slot.kind == SlotKind::Policy).count() > 1 {
        return Err((span, "slots: one slot at most is the policy's own".to_owned()));
    }
    let mut out = Vec::new();
    for SlotForm { kind, role, any_of, assurance } in slots {
        let policy = kind == SlotKind::Policy;
        if policy && (role.is_some() || !any_of.is_empty() || assurance.is_some()) {
            return Err((span, "slots: the policy's own slot has no role, any_of or assurance".to_owned()));
        }
        if policy && (!approves_by_itself || risks.iter().any(|risk| *risk > Risk::Low)) {
            let why = "slots: the policy's own slot needs auto_approve, and is for low risk only".to_owned();
            return Err((span, why));
        }
        out.push(Slot {
            kind: match kind {
                SlotKind::Human => PrincipalKind::Human,
                SlotKind::Agent => PrincipalKind::Agent,
                SlotKind::Policy => PrincipalKind::System,
            },
            role,
            any_of,
            assurance: assurance.unwrap_or(Assurance::Asserted),
        });
    }
    Ok(out)
}

#[cfg(test)]
mod tests;

/// Labels that evidence must have: each of characters that can be seen, so that it can be typed.
fn evidence(labels: Vec<Spanned<String>>) -> Result<Vec<String>, Fault> {
    let mut out = Vec::with_capacity(labels.len());
    for label in labels {
        let (span, label) = (label.span(), label.into_inner());
        let seen = !label.trim().is_empty()
            && label.trim() == label
            && !label.chars().any(crate::domain::text::is_marked);
        if !seen || label.chars().count() > crate::domain::evidence::LONGEST_LABEL {
            let most = crate::domain::evidence::LONGEST_LABEL;
            return Err((span, format!("require_evidence: a label has 1 to {most} visible characters")));
        }
        out.push(label);
    }
    Ok(out)
}
