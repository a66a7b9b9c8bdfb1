//! What a policy says about rollouts: how far, how long, held to what, and what happens then.

use super::profile::Profile;
use super::reading::Metric;
use super::tier::Tier;
use crate::domain::moment::Span;
use crate::domain::names::{Identifier, PrincipalName};
use serde::{Deserialize, Serialize};

/// What follows when the gate fails or halts by itself.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnBreach {
    /// Everything is taken back.
    #[default]
    RollBack,
    /// Traffic stays as it is, and nothing moves until a person says so.
    Freeze,
}

/// What follows when the bake is over and the gate passes, below the last tier.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AfterGate {
    /// A promotion request is made, and waits for somebody.
    #[default]
    Ask,
    /// The next tier begins.
    Promote,
}

/// The terms of one rollout. They stand in the event that asks for its start: a policy that changes later changes no
/// rollout that has begun.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// The tiers, rising; the last one is 100.
    pub tiers: Vec<Tier>,
    /// How long each tier is looked at, in milliseconds; the last one too.
    pub bake: Span,
    /// The last part of the bake that is judged, in milliseconds; nothing: all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Span>,
    /// The limits.
    pub profile: Profile,
    /// The metrics that are judged; without readings of each of them nothing passes.
    pub metrics: Vec<Metric>,
    /// What follows a breach.
    pub on_breach: OnBreach,
    /// What follows a gate that passes.
    pub after_gate: AfterGate,
    /// Whether two breaching readings one after the other halt it before the bake is over.
    pub auto_halt: bool,
    /// How old a rollout may be when another tier begins, in milliseconds.
    pub max_age: Span,
    /// For how long after its end it can still be rolled back, in milliseconds.
    pub pack_valid: Span,
    /// Whether an overridden deployment can be started.
    pub overridden: bool,
    /// The driver, as the policy names it; without one nothing can be rolled out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub driver: Option<Identifier>,
    /// The sources of its readings, as the policy names them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<Identifier>,
    /// Who may give readings by hand, beside the operator.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub samplers: Vec<PrincipalName>,
}

impl Terms {
    /// What holds where a policy says nothing: 5, 25 and 100 %, 15 min each; there is no driver until a policy names one.
    pub fn built_in() -> Self {
        Self {
            tiers: [5, 25, 100].into_iter().filter_map(Tier::new).collect(),
            bake: Span::from_minutes(15),
            window: None,
            profile: Profile::Calyx,
            metrics: Metric::ALL.to_vec(),
            on_breach: OnBreach::RollBack,
            after_gate: AfterGate::Ask,
            auto_halt: true,
            max_age: Span::from_hours(24),
            pack_valid: Span::from_hours(72),
            overridden: false,
            driver: None,
            sources: Vec::new(),
            samplers: Vec::new(),
        }
    }

    /// The tier after `tier`; nothing after the last.
    pub fn after(&self, tier: Tier) -> Option<Tier> {
        self.tiers.iter().copied().find(|next| *next > tier)
    }
}

/// What a policy says of the terms, for all or in one rule; what it does not say stays as it is.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Said {
    /// The tiers.
    pub tiers: Option<Vec<Tier>>,
    /// How long each is looked at.
    pub bake: Option<Span>,
    /// The last part of it that is judged.
    pub window: Option<Span>,
    /// The limits.
    pub profile: Option<Profile>,
    /// The metrics that are judged.
    pub metrics: Option<Vec<Metric>>,
    /// What follows a breach.
    pub on_breach: Option<OnBreach>,
    /// What follows a gate that passes.
    pub after_gate: Option<AfterGate>,
    /// Whether two breaching readings halt it.
    pub auto_halt: Option<bool>,
    /// How old it may be when another tier begins.
    pub max_age: Option<Span>,
    /// For how long after its end it can be rolled back.
    pub pack_valid: Option<Span>,
    /// Whether an overridden deployment can be started.
    pub overridden: Option<bool>,
    /// The driver.
    pub driver: Option<Identifier>,
    /// The sources.
    pub sources: Option<Vec<Identifier>>,
    /// Who may give readings by hand.
    pub samplers: Option<Vec<PrincipalName>>,
}

impl Said {
    /// Nothing said.
    pub const NOTHING: Said = Said {
        tiers: None,
        bake: None,
        window: None,
        profile: None,
        metrics: None,
        on_breach: None,
        after_gate: None,
        auto_halt: None,
        max_age: None,
        pack_valid: None,
        overridden: None,
        driver: None,
        sources: None,
        samplers: None,
    };

    /// The terms with what is said here.
    #[must_use]
    pub fn over(&self, terms: Terms) -> Terms {
        let said = self.clone();
        Terms {
            tiers: said.tiers.unwrap_or(terms.tiers),
            bake: said.bake.unwrap_or(terms.bake),
            window: said.window.or(terms.window),
            profile: said.profile.unwrap_or(terms.profile),
            metrics: said.metrics.unwrap_or(terms.metrics),
            on_breach: said.on_breach.unwrap_or(terms.on_breach),
            after_gate: said.after_gate.unwrap_or(terms.after_gate),
            auto_halt: said.auto_halt.unwrap_or(terms.auto_halt),
            max_age: said.max_age.unwrap_or(terms.max_age),
            pack_valid: said.pack_valid.unwrap_or(terms.pack_valid),
            overridden: said.overridden.unwrap_or(terms.overridden),
            driver: said.driver.or(terms.driver),
            sources: said.sources.unwrap_or(terms.sources),
            samplers: said.samplers.unwrap_or(terms.samplers),
        }
    }
}
