//! What a policy answers. Until one is adopted the built-in defaults hold: one human, computed risk, fixed deadlines.

use crate::domain::content::{Content, Kind};
use crate::domain::digest::PolicyDigest;
use crate::domain::document::Limits;
use crate::domain::moment::Span;
use crate::domain::names::StepId;
use crate::domain::quorum::Slot;
use crate::domain::risk::Risk;
use crate::domain::step::Step;
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
}

impl Assessment {
    /// Whether this asks more of reviewers than `other`: a higher risk, sensitivity, or other sign-offs.
    pub fn is_harder_than(&self, other: &Assessment) -> bool {
        self.risk > other.risk || (self.sensitive && !other.sensitive) || self.slots != other.slots
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
}

impl Policy {
    /// The defaults that hold without an adopted policy.
    pub const BUILT_IN: Policy = Policy {
        limits: Limits::BUILT_IN,
        producer_time: Span::from_hours(72),
        claim_time: Span::from_minutes(15),
        claim_again_after: Span::from_minutes(5),
    };

    /// What this policy makes of `content` as its producer gave it.
    pub fn assess(&self, content: &Content) -> Assessment {
        self.assess_edited(content, &[])
    }

    /// What this policy makes of `content`, in which somebody else than the requester edited these steps.
    pub fn assess_edited(&self, content: &Content, edited: &[StepId]) -> Assessment {
        let mut factors = factors(content);
        factors.extend(edited.iter().map(|step| Factor {
            step: Some(step.clone()),
            reason: "edited by a reviewer".to_owned(),
            floor: Risk::Medium,
        }));
        let risk = factors.iter().map(|f| f.floor).max().unwrap_or(Risk::Low);
        let sensitive = risk >= Risk::High || content.is_sensitive_kind_or_target();
        let due_after = due_after(content.kind, risk);
        let expires_after = (content.kind != Kind::Debt).then(|| expires_after(risk).max(due_after));
        Assessment {
            risk,
            factors,
            sensitive,
            rule: "built-in: one human".to_owned(),
            policy: None,
            slots: vec![Slot::one_human()],
            due_after,
            expires_after,
            live_for: Span::from_hours(if sensitive { 4 } else { 24 }),
        }
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

/// How many steps must need a step before its reach counts as wide.
const WIDE: usize = 5;

/// Every reason for a risk above low: the producer's claims, and the modifiers no claim can lower.
fn factors(content: &Content) -> Vec<Factor> {
    let production = content.target.is_production();
    let mut factors = Vec::new();
    let mut add = |step: Option<&Step>, floor: Risk, reason: String| {
        factors.push(Factor { step: step.map(|s| s.id.clone()), reason, floor });
    };
    if let Some(claimed) = content.risk {
        add(None, claimed, format!("claimed {claimed} by the requester"));
    }
    if production {
        add(None, Risk::Medium, "production target".to_owned());
    }
    for step in &content.steps {
        if let Some(claimed) = step.risk {
            add(Some(step), claimed, format!("claimed {claimed} by the requester"));
        }
        if production && step.undo.is_none() {
            add(Some(step), Risk::High, "irreversible (no undo) in production".to_owned());
        }
        let reach = content.steps.iter().filter(|s| s.single_needs().any(|n| n.step == step.id)).count();
        if reach >= WIDE {
            add(Some(step), Risk::Medium, format!("wide reach: {reach} steps need it"));
        }
    }
    factors
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
