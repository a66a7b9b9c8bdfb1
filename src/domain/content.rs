//! The content of a request: what would happen, and what its producer says about it.

use crate::domain::canon::canonical_or_poison;
use crate::domain::digest::{RevisionDigest, StepDigest, framed};
use crate::domain::names::{Identifier, ParamKey, StepId};
use crate::domain::needs::{Need, Needs};
use crate::domain::risk::{Priority, Risk};
use crate::domain::text::Text;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
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

/// One action of a plan.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Unique inside the request.
    pub id: StepId,
    /// What the producer calls it. Prose: not in any digest.
    #[serde(default, skip_serializing_if = "Text::is_blank")]
    pub title: Text,
    /// What is done, e.g. `email.draft`.
    pub action: Identifier,
    /// Its parameters, typed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<ParamKey, Value>,
    /// The command that does it: an argument array, never a shell line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<Vec<Text>>,
    /// The command that takes it back; a step without one cannot be undone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo: Option<Vec<Text>>,
    /// What it needs from other steps.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<Needs>,
    /// What the producer claims its risk to be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub risk: Option<Risk>,
    /// What the producer expects to come of it. Prose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<Text>,
    /// How long the producer thinks it takes, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimate_s: Option<u32>,
}

impl Step {
    /// Every single need, those inside `any_of` groups included.
    pub fn single_needs(&self) -> impl Iterator<Item = &Need> {
        self.needs.iter().flat_map(Needs::each)
    }
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
            || matches!(self.kind, Kind::Deployment | Kind::Promotion | Kind::Exception)
    }

    /// What would happen, as one digest: kind, target, steps (action, params, commands, needs, undo), tiers and pinned
    /// evidence. Without steps the title, summary and options are what is decided on, so they are in it too. The
    /// policy, labels, priority and claims never are.
    pub fn revision_digest(&self) -> RevisionDigest {
        let pinned: Vec<&Evidence> = self.evidence.iter().filter(|e| e.pinned).collect();
        let mut covered = json!({
            "kind": self.kind, "target": self.target, "tiers": self.tiers, "pinned": pinned,
            "steps": self.steps.iter().map(effect_of).collect::<Vec<_>>(),
        });
        if self.steps.is_empty() {
            covered["title"] = json!(self.title);
            covered["summary"] = json!(self.summary);
            covered["options"] = json!(self.options);
        }
        RevisionDigest::from_bytes(framed(
            "countersign-revision@v1",
            &[canonical_or_poison(&covered).as_bytes()],
        ))
    }

    /// The digest of each step over itself and what it transitively needs, in document order.
    ///
    /// The content was checked to have no cycle; were there one, the steps on it would hash as if they needed nothing.
    pub fn step_digests(&self) -> Vec<(StepId, StepDigest)> {
        let by_id: BTreeMap<&StepId, &Step> = self.steps.iter().map(|s| (&s.id, s)).collect();
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
                        step.single_needs().filter_map(|n| by_id.get(&n.step)).map(|needed| (*needed, false)),
                    );
                    continue;
                }
                let below: BTreeMap<&StepId, StepDigest> = step
                    .single_needs()
                    .filter_map(|n| known.get_key_value(&n.step))
                    .map(|(id, d)| (*id, *d))
                    .collect();
                let text = canonical_or_poison(&json!({"step": effect_of(step), "needs": below}));
                known.insert(
                    &step.id,
                    StepDigest::from_bytes(framed("countersign-step@v1", &[text.as_bytes()])),
                );
            }
        }
        self.steps.iter().filter_map(|s| known.get(&s.id).map(|d| (s.id.clone(), *d))).collect()
    }
}

/// The part of a step that says what it does: everything but prose, claims and estimates.
fn effect_of(step: &Step) -> Value {
    json!({"id": step.id, "action": step.action, "params": step.params, "run": step.run, "undo": step.undo,
           "needs": step.needs})
}
