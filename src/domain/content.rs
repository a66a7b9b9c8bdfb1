//! The content of a request: what would happen, and what its producer says about it.

use crate::domain::canon::{canonical_or_poison, canonical_value_or_poison};
use crate::domain::digest::{RevisionDigest, StepDigest, framed};
use crate::domain::names::{Identifier, StepId};
use crate::domain::risk::{Priority, Risk};
use crate::domain::step::{Step, before};
use crate::domain::text::Text;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What sort of decision a request asks for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Steps to approve.
    Plan,
    /// Two keys, then a rollout.
    Deployment,
    /// One tier of a rollout.
    Promotion,
    /// A departure from a rule.
    Exception,
    /// Something went wrong and needs a judgement.
    Incident,
    /// A stop in an autonomous workflow.
    Gate,
    /// A blocker or an ambiguity: pick an option or answer.
    Question,
    /// The review owed after an override.
    Debt,
    /// Adopting a policy.
    Policy,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Kind; 9] = [
        Kind::Plan,
        Kind::Deployment,
        Kind::Promotion,
        Kind::Exception,
        Kind::Incident,
        Kind::Gate,
        Kind::Question,
        Kind::Debt,
        Kind::Policy,
    ];

    /// The word used everywhere.
    pub const fn word(self) -> &'static str {
        match self {
            Kind::Plan => "plan",
            Kind::Deployment => "deployment",
            Kind::Promotion => "promotion",
            Kind::Exception => "exception",
            Kind::Incident => "incident",
            Kind::Gate => "gate",
            Kind::Question => "question",
            Kind::Debt => "debt",
            Kind::Policy => "policy",
        }
    }

    /// Whether an approval of this kind is followed by an execution.
    pub const fn is_executed(self) -> bool {
        matches!(self, Kind::Plan | Kind::Deployment)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// Where something would happen. Environment and tenant are boundaries: rules and filters can name them.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// E.g. `production`, `staging`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<Identifier>,
    /// The system that is touched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<Identifier>,
    /// Whose data or traffic is touched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<Identifier>,
}

impl Target {
    /// Whether this is production: `production` or `prod`.
    pub fn is_production(&self) -> bool {
        self.environment.as_ref().is_some_and(|e| matches!(e.as_str(), "production" | "prod"))
    }
}

/// Proof attached to a request: a label and where to find it.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// What it is.
    pub label: Text,
    /// Where it is: a URL or a path, never opened by this program.
    pub locator: Text,
    /// SHA-256 of what is there, when the producer knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Text>,
    /// Whether it is part of what is decided on (and so of the revision digest).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pinned: bool,
}

/// One revision's content, checked by [`crate::domain::document`]. Serialised, it is the native request document
/// without `by` and `ref`.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Content {
    /// What sort of decision is asked for.
    pub kind: Kind,
    /// The producer's one line.
    pub title: Text,
    /// The producer's story.
    #[serde(default, skip_serializing_if = "Text::is_blank")]
    pub summary: Text,
    /// Where it would happen.
    #[serde(default)]
    pub target: Target,
    /// How soon, as the producer sees it.
    #[serde(default)]
    pub priority: Priority,
    /// What the producer claims the risk to be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub risk: Option<Risk>,
    /// Free labels; rules can match them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<Identifier, Text>,
    /// The steps of a plan or deployment.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
    /// The options of a question.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<Text>,
    /// The tiers of a deployment or the tier of a promotion, in percent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tiers: Vec<u8>,
    /// Proof, pinned or not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
}

impl Content {
    /// The step called `id`.
    pub fn step(&self, id: &StepId) -> Option<&Step> {
        self.steps.iter().find(|step| step.id == *id)
    }

    /// Whether the content is sensitive by itself: production, or a kind that always is. (High risk is the other way.)
    pub fn is_sensitive_kind_or_target(&self) -> bool {
        self.target.is_production()
            || matches!(
                self.kind,
                Kind::Deployment | Kind::Promotion | Kind::Exception | Kind::Debt | Kind::Policy
            )
    }

    /// What would happen, as one digest: kind, target, steps (action, params, commands, needs, undo), tiers and pinned
    /// evidence. Without steps the title, summary and options are what is decided on, so they are in it too. The
    /// policy, labels, priority and claims never are.
    pub fn revision_digest(&self) -> RevisionDigest {
        self.digest_over(&self.effects())
    }

    /// The digest of the revision and those of its steps, for which what a step would do is written out once.
    pub fn digests(&self) -> (RevisionDigest, Vec<(StepId, StepDigest)>) {
        let effects = self.effects();
        (self.digest_over(&effects), self.step_digests_over(&effects))
    }

    /// What each step would do, canonical.
    fn effects(&self) -> Vec<String> {
        self.steps.iter().map(|step| canonical_value_or_poison(&step.effect_of())).collect()
    }

    fn digest_over(&self, effects: &[String]) -> RevisionDigest {
        let pinned: Vec<&Evidence> = self.evidence.iter().filter(|e| e.pinned).collect();
        let text = if self.steps.is_empty() {
            canonical_value_or_poison(&json!({
                "kind": self.kind, "target": self.target, "tiers": self.tiers, "pinned": pinned, "steps": [],
                "title": self.title, "summary": self.summary, "options": self.options,
            }))
        } else {
            // Put together from canonical parts, in the order of the keys.
            format!(
                r#"{{"kind":{},"pinned":{},"steps":[{}],"target":{},"tiers":{}}}"#,
                canonical_or_poison(&self.kind),
                canonical_or_poison(&pinned),
                effects.join(","),
                canonical_or_poison(&self.target),
                canonical_or_poison(&self.tiers),
            )
        };
        RevisionDigest::from_bytes(framed("countersign-revision@v1", &[text.as_bytes()]))
    }

    /// The digest of each step over itself and what it transitively needs, in document order.
    ///
    /// The content was checked to have no cycle; were there one, the steps on it would hash as if they needed nothing.
    pub fn step_digests(&self) -> Vec<(StepId, StepDigest)> {
        self.step_digests_over(&self.effects())
    }

    fn step_digests_over(&self, effects: &[String]) -> Vec<(StepId, StepDigest)> {
        let by_id: BTreeMap<&StepId, &Step> = self.steps.iter().map(|s| (&s.id, s)).collect();
        let effects: BTreeMap<&StepId, &String> = self.steps.iter().map(|s| &s.id).zip(effects).collect();
        let mut known: BTreeMap<&StepId, StepDigest> = BTreeMap::new();
        // Needed steps first; the order is settled with a stack, not recursion, so that depth costs no stack.
        for step in &self.steps {
            let mut stack = vec![(step, false)];
            let mut open: BTreeSet<&StepId> = BTreeSet::new();
            while let Some((step, needs_done)) = stack.pop() {
                if known.contains_key(&step.id) {
                    continue;
                }
                if !needs_done && open.insert(&step.id) {
                    stack.push((step, true));
                    stack.extend(
                        before(step)
                            .into_iter()
                            .filter_map(|id| by_id.get(id))
                            .map(|needed| (*needed, false)),
                    );
                    continue;
                }
                let below: BTreeMap<&StepId, StepDigest> = before(step)
                    .into_iter()
                    .filter_map(|id| known.get_key_value(id))
                    .map(|(id, d)| (*id, *d))
                    .collect();
                let effect = effects.get(&step.id).map_or("", |effect| effect.as_str());
                let text = format!(r#"{{"needs":{},"step":{effect}}}"#, canonical_or_poison(&below));
                known.insert(
                    &step.id,
                    StepDigest::from_bytes(framed("countersign-step@v1", &[text.as_bytes()])),
                );
            }
        }
        self.steps.iter().filter_map(|s| known.get(&s.id).map(|d| (s.id.clone(), *d))).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::digest::DecisionDigest;
    use crate::domain::document::{Limits, read};
    use crate::domain::marks::{Mark, Marks};
    use crate::domain::names::StepId;
    use serde_json::json;

    // The vectors of docs/log-format.md: computed by an independent program; they must never change.
    #[test]
    fn the_published_vectors_hold() {
        let plan = json!({"kind": "plan", "title": "prose", "target": {"environment": "production"}, "steps": [
            {"id": "a", "title": "prose", "action": "contact.search", "params": {"query": "Ada"}, "risk": "low"},
            {"id": "b", "action": "email.send", "params": {"to": "{{a.email}}"}, "run": ["/usr/bin/send"],
             "needs": [{"step": "a", "field": "email", "effect": "blocks", "resolution": "ask_user"}]}]});
        let plan = read(plan.to_string().as_bytes(), &Limits::BUILT_IN).unwrap().content;
        let revision = plan.revision_digest();
        assert_eq!(revision.to_string(), "de6145616b418ca10ca0656f64cf44cf0dbf60c71c313b9850de40d8a8936e34");
        let steps: Vec<String> = plan.step_digests().iter().map(|(_, digest)| digest.to_string()).collect();
        assert_eq!(
            steps,
            [
                "4a81803a3425415f68039d73155511577b7683c31833c0eeafec5ef2143d5642",
                "25f4194e8c6df443c64fa0aa6db2c16a756387212af593bc74fad15633c68542"
            ]
        );
        let mut marks = Marks::default();
        let none = marks.digest();
        assert_eq!(none.to_string(), "9b746b9f5936250ae23622669c38580f6ec09326f4d02a6ac29252b1e9475210");
        marks.set(StepId::new("a").unwrap(), Mark::Approved);
        assert_eq!(
            marks.digest().to_string(),
            "d92f0a82b5d1b0a4c916545935874c1c08e1433d0929dd4e86094eb02389d024"
        );
        marks.set(StepId::new("b").unwrap(), Mark::Rejected);
        assert_eq!(
            marks.digest().to_string(),
            "77c92096a93530dca36e38f01bcb6580c96be3b6975461ba5cde8f8b15856d08"
        );
        assert_eq!(
            DecisionDigest::of(revision, marks.digest()).to_string(),
            "9c18ff2bcebe969fc3a9d12168b37384102507ac06f7be75de1e5d0cdc659346"
        );
        let gate = read(br#"{"kind": "gate", "title": "Go on?"}"#, &Limits::BUILT_IN).unwrap().content;
        assert_eq!(
            gate.revision_digest().to_string(),
            "45951c9cdfb057073f69a369d9af3c2c2424c8cebfe05303b0b59be8325506bb"
        );
        assert_eq!(
            DecisionDigest::of(gate.revision_digest(), none).to_string(),
            "11f54fac9f04702e6340f9228c467f22ddeae97603ad40759130bc829fa0b558"
        );
    }
}
