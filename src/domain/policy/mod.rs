//! What a policy answers: how risky, who must sign, by when. Until one is adopted the built-in defaults hold: one
//! human, computed risk, fixed deadlines.

pub mod glob;
pub mod seed;
pub mod risk;
pub mod rules;
pub mod auto;
pub mod asks;
pub mod roster;
pub mod capabilities;

use crate::domain::chain::{Rung, Whom};
use crate::domain::content::{Content, Kind};
use crate::domain::digest::PolicyDigest;
use crate::domain::document::Limits;
use crate::domain::driver::{DriverTerms, SourceTerms};
use crate::domain::moment::Span;
use crate::domain::overriding::OverrideTerms;
use crate::domain::principal::Role;
use crate::domain::quorum::Slot;
use crate::domain::risk::Risk;
use crate::domain::rollout::Tier;
use crate::domain::rollout::terms::{Said, Terms};
use asks::{Asks, Violation};
use auto::{Grant, Restraint};
use capabilities::Capabilities;
use glob::Glob;
use risk::{Circumstances, RiskTable};
use roster::Roster;
use rules::Rule;
use serde::{Deserialize, Serialize};

/// One reason for a risk, and how high it puts it at least.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Factor {
    /// The step it concerns, or the whole request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<crate::domain::names::StepId>,
    /// The reason, in the words that are shown.
    pub reason: String,
    /// The floor it sets.
    pub floor: Risk,
    /// The rule that set it; nothing in events older than the rules.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
}

/// What policy makes of one revision. All of it goes into the event, so that rebuilding never asks a policy.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assessment {
    /// The computed risk.
    pub risk: Risk,
    /// Why.
    pub factors: Vec<Factor>,
    /// Whether it is sensitive: needs a reason, and is never decided in a batch.
    pub sensitive: bool,
    /// The rule that matched.
    pub rule: String,
    /// The digest of the adopted policy it stands in; nothing for the built-in defaults.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<PolicyDigest>,
    /// The sign-offs it needs.
    pub slots: Vec<Slot>,
    /// From being asked to being overdue, in milliseconds.
    pub due_after: Span,
    /// From being asked to expiring, in milliseconds; nothing for a debt, which never expires.
    pub expires_after: Option<Span>,
    /// How long an approval may wait for its execution to start, in milliseconds.
    pub live_for: Span,
    /// From being asked to the first reminder, where a rule says so, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remind_after: Option<Span>,
    /// To whom it is raised when nobody decides, level by level; nothing in events older than the chain.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chain: Vec<Rung>,
    /// What a rule approves by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant: Option<Grant>,
    /// The labels of evidence without which nobody signs it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<String>,
    /// Why it is no decision and should not have been asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub violation: Option<Violation>,
    /// Whether and how it can be overridden, where the rule says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overriding: Option<OverrideTerms>,
}

/// The name of the rule that holds where none matches.
pub const BUILT_IN_RULE: &str = "built-in: one human";

impl Assessment {
    /// Whether this asks more of reviewers than `other`: a higher risk, sensitivity, or other sign-offs.
    pub fn is_harder_than(&self, other: &Assessment) -> bool {
        let more_evidence = self.evidence.iter().any(|label| !other.evidence.contains(label));
        self.risk > other.risk
            || (self.sensitive && !other.sensitive)
            || self.slots != other.slots
            || more_evidence
    }

    /// Leaves the signing to people: where a rule would have signed, one human does, so that the quorum is not smaller.
    pub fn leave_to_people(&mut self) {
        if let Some(grant) = &mut self.grant {
            grant.may_sign = false;
        }
        self.slots = rules::by_people(&self.slots);
    }
}

/// The effective policy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Policy {
    /// What a request may be at most.
    pub limits: Limits,
    /// How long a producer may take over requested changes before the request expires.
    pub producer_time: Span,
    /// How long a claim holds.
    pub claim_time: Span,
    /// How soon a claim may be extended.
    pub claim_again_after: Span,
    /// The digest of the adopted text; nothing for the built-in defaults.
    pub digest: Option<PolicyDigest>,
    /// How risky.
    pub risk: RiskTable,
    /// Who must sign, by when; the first that matches.
    pub rules: Vec<Rule>,
    /// What holds auto-approval back.
    pub restraint: Restraint,
    /// Which requests are none.
    pub asks: Asks,
    /// Whether notices may hold what producers wrote; else they are ids and counts.
    pub open_text: bool,
    /// To whom a request is raised when nobody decides; empty: to the leads.
    pub escalation: Vec<Rung>,
    /// Who is enrolled; in a solo store it only gives keys.
    pub roster: Roster,
    /// What is switched off as a whole.
    pub capabilities: Capabilities,
    /// What does the work of rollouts.
    pub drivers: Vec<DriverTerms>,
    /// What is asked how rollouts go.
    pub sources: Vec<SourceTerms>,
    /// Words that are taken out of what programs print, beside what looks like a secret anyway.
    pub redact: Vec<Glob>,
    /// How deployments are rolled out.
    pub rollout: Said,
    /// Why the policy that was adopted cannot be read: then nothing is decided that lets anything run.
    pub trouble: Option<String>,
}

impl Policy {
    /// The defaults that hold without an adopted policy.
    pub const BUILT_IN: Policy = Policy {
        limits: Limits::BUILT_IN,
        producer_time: Span::from_hours(72),
        claim_time: Span::from_minutes(15),
        claim_again_after: Span::from_minutes(5),
        digest: None,
        risk: RiskTable::BUILT_IN,
        rules: Vec::new(),
        restraint: Restraint::BUILT_IN,
        asks: Asks::BUILT_IN,
        open_text: false,
        escalation: Vec::new(),
        roster: Roster { principals: Vec::new() },
        capabilities: Capabilities::BUILT_IN,
        drivers: Vec::new(),
        sources: Vec::new(),
        redact: Vec::new(),
        rollout: Said::NOTHING,
        trouble: None,
    };

    /// What holds when the adopted policy cannot be read: new requests are judged by what ships, and nothing that lets
    /// anything run is decided.
    pub fn unreadable(why: impl Into<String>) -> Policy {
        Policy { trouble: Some(why.into()), ..Policy::BUILT_IN }
    }

    /// To whom a request is raised, level by level.
    pub fn chain(&self) -> Vec<Rung> {
        match self.escalation.is_empty() {
            true => vec![Rung { to: Whom::Role(Role::Lead), after: None }],
            false => self.escalation.clone(),
        }
    }

    /// What this policy makes of `content`.
    pub fn assess(&self, content: &Content) -> Assessment {
        self.assess_in(content, &Circumstances::default())
    }

    /// The terms on which `content` is rolled out: what ships, what is said for all, what its rule says; and the tiers it
    /// asks for itself, where it does.
    pub fn rollout_terms(&self, content: &Content) -> Terms {
        let risk = self.risk.factors(content, &Circumstances::default()).iter().map(|f| f.floor).max();
        let rule = self.rules.iter().find(|rule| rule.when.holds(content, risk.unwrap_or(Risk::Low)));
        let terms = self.rollout.over(Terms::built_in());
        let mut terms = rule.map_or(terms.clone(), |rule| rule.rollout.over(terms));
        let asked: Vec<Tier> = content.tiers.iter().filter_map(|tier| Tier::new(*tier)).collect();
        if !asked.is_empty() {
            terms.tiers = asked;
            // Whatever it names, the end is all of it.
            terms.tiers.extend((terms.tiers.last() != Some(&Tier::WHOLE)).then_some(Tier::WHOLE));
        }
        terms
    }

    /// What this policy makes of `content`, with what is known beside it.
    pub fn assess_in(&self, content: &Content, circumstances: &Circumstances) -> Assessment {
        let factors = self.risk.factors(content, circumstances);
        let risk = factors.iter().map(|f| f.floor).max().unwrap_or(Risk::Low);
        let sensitive = risk >= Risk::High || content.is_sensitive_kind_or_target();
        let rule = self.rules.iter().find(|rule| rule.when.holds(content, risk));
        let grant =
            rule.and_then(|rule| auto::grant(content, &factors, rule, &self.restraint, circumstances));
        let terms = rule.map(|rule| rule.terms).unwrap_or_default();
        let due_after = match (terms.escalate, content.kind) {
            // A policy can want the review of an override sooner, and not later.
            (Some(escalate), Kind::Debt) => escalate.min(due_after(Kind::Debt, risk)),
            (escalate, kind) => escalate.unwrap_or_else(|| due_after(kind, risk)),
        };
        let expires_after = (content.kind != Kind::Debt)
            .then(|| terms.expire.unwrap_or_else(|| expires_after(risk)).max(due_after));
        Assessment {
            risk,
            sensitive,
            rule: rule.map_or_else(|| BUILT_IN_RULE.to_owned(), |rule| rule.name.clone()),
            policy: self.digest,
            slots: rules::slots_for(content.kind, rule, grant.as_ref().is_some_and(|grant| grant.may_sign)),
            due_after,
            expires_after,
            live_for: terms.live_for.unwrap_or(Span::from_hours(if sensitive { 4 } else { 24 })),
            remind_after: Some(terms.remind.unwrap_or_else(|| remind_after(risk)).min(due_after)),
            chain: self.chain(),
            grant,
            evidence: rule.map(|rule| rule.evidence.clone()).unwrap_or_default(),
            violation: self.asks.recognise(content, sensitive),
            overriding: rule.and_then(|rule| rule.overriding),
            factors,
        }
    }
}

/// When whoever has it is first reminded.
fn remind_after(risk: Risk) -> Span {
    match risk {
        Risk::Critical => Span::from_minutes(15),
        Risk::High => Span::from_minutes(30),
        Risk::Medium => Span::from_hours(1),
        Risk::Low => Span::from_hours(4),
    }
}

/// When a request is overdue: the escalate time of its risk; exceptions and incidents have times of their own.
fn due_after(kind: Kind, risk: Risk) -> Span {
    match kind {
        Kind::Exception => Span::from_hours(4),
        Kind::Incident => Span::from_hours(2),
        Kind::Debt => Span::from_hours(24),
        _ => match risk {
            Risk::Critical => Span::from_hours(1),
            Risk::High => Span::from_hours(2),
            Risk::Medium => Span::from_hours(4),
            Risk::Low => Span::from_hours(24),
        },
    }
}

/// When a request expires, which is to say: is denied.
fn expires_after(risk: Risk) -> Span {
    match risk {
        Risk::Critical => Span::from_hours(2),
        Risk::High => Span::from_hours(4),
        Risk::Medium => Span::from_hours(24),
        Risk::Low => Span::from_hours(72),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::document::read;

    fn assess(document: &str) -> Assessment {
        Policy::BUILT_IN.assess(&read(document.as_bytes(), &Limits::BUILT_IN).unwrap().content)
    }

    #[test]
    fn a_claim_raises_the_risk_and_never_lowers_it() {
        let low = assess(
            r#"{"kind":"plan","title":"t","risk":"low","target":{"environment":"production"},"steps":[{"id":"a","action":"x","risk":"low"}]}"#,
        );
        assert_eq!(low.risk, Risk::High, "irreversible in production whatever is claimed");
        let high = assess(r#"{"kind":"gate","title":"t","risk":"critical"}"#);
        assert_eq!(high.risk, Risk::Critical);
        assert!(high.sensitive);
    }

    #[test]
    fn expiry_is_never_before_the_due_time() {
        let exception = assess(r#"{"kind":"exception","title":"t","risk":"critical"}"#);
        assert_eq!(exception.due_after, Span::from_hours(4));
        assert_eq!(exception.expires_after, Some(Span::from_hours(4)));
    }

    #[test]
    fn a_debt_never_expires() {
        assert_eq!(assess(r#"{"kind":"debt","title":"t"}"#).expires_after, None);
    }
}
