//! Rollouts as the policy file says them: for all of them in `[rollout]`, and in a rule for those it matches.

use super::Fault;
use crate::domain::moment::Span;
use crate::domain::names::{Identifier, PrincipalName};
use crate::domain::rollout::profile::Profile;
use crate::domain::rollout::terms::{AfterGate, OnBreach, Said};
use crate::domain::rollout::{Metric, Tier};
use serde::Deserialize;
use toml::Spanned;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RolloutForm {
    tiers: Option<Spanned<Vec<u8>>>,
    bake: Option<Length>,
    window: Option<Spanned<Length>>,
    profile: Option<Profile>,
    metrics: Option<Spanned<Vec<Metric>>>,
    on_breach: Option<OnBreach>,
    after_gate: Option<AfterGate>,
    auto_halt: Option<bool>,
    max_age: Option<Length>,
    pack_valid: Option<Length>,
    overridden: Option<bool>,
    driver: Option<Identifier>,
    sources: Option<Vec<Identifier>>,
    samplers: Option<Vec<PrincipalName>>,
}

impl RolloutForm {
    /// What it says.
    pub(super) fn said(self) -> Result<Said, Fault> {
        let tiers = self.tiers.map(tiers).transpose()?;
        if let (Some(window), Some(bake)) = (&self.window, self.bake)
            && window.get_ref().0 > bake.0
        {
            return Err((window.span(), "rollout.window: is longer than the bake".to_owned()));
        }
        if let Some(metrics) = self.metrics.as_ref().filter(|metrics| metrics.get_ref().is_empty()) {
            let why = "rollout.metrics: with none nothing would be judged; name one of tes, error_rate, cpu, memory";
            return Err((metrics.span(), why.to_owned()));
        }
        Ok(Said {
            tiers,
            bake: self.bake.map(|length| length.0),
            window: self.window.map(|window| window.into_inner().0),
            profile: self.profile,
            metrics: self.metrics.map(|metrics| {
                let mut metrics = metrics.into_inner();
                metrics.sort_unstable();
                metrics.dedup();
                metrics
            }),
            on_breach: self.on_breach,
            after_gate: self.after_gate,
            auto_halt: self.auto_halt,
            max_age: self.max_age.map(|length| length.0),
            pack_valid: self.pack_valid.map(|length| length.0),
            overridden: self.overridden,
            driver: self.driver,
            sources: self.sources,
            samplers: self.samplers,
        })
    }
}

fn tiers(tiers: Spanned<Vec<u8>>) -> Result<Vec<Tier>, Fault> {
    let (span, tiers) = (tiers.span(), tiers.into_inner());
    let rising =
        tiers.windows(2).all(|pair| pair[0] < pair[1]) && tiers.first().is_some_and(|first| *first > 0);
    if !rising || tiers.last() != Some(&100) {
        let why = "rollout.tiers: percentages that rise, the last of them 100, such as [5, 25, 100]";
        return Err((span, why.to_owned()));
    }
    Ok(tiers.into_iter().filter_map(Tier::new).collect())
}

/// A length of time such as `30s`, `15m`, `24h` or `3d`.
#[derive(Deserialize, Clone, Copy)]
#[serde(try_from = "String")]
struct Length(Span);

impl TryFrom<String> for Length {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        const MOST: i64 = 30 * 24 * 60 * 60;
        let (digits, unit) = text.split_at(text.len() - text.chars().next_back().map_or(0, char::len_utf8));
        let seconds = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 60 * 60,
            "d" => 24 * 60 * 60,
            _ => 0,
        };
        let number: Option<i64> = digits.parse().ok().filter(|_| digits.bytes().all(|c| c.is_ascii_digit()));
        match number.map(|n| n.saturating_mul(seconds)) {
            Some(seconds @ 1..=MOST) => Ok(Self(Span::from_millis(seconds * 1000))),
            _ => Err("a length is a number with s, m, h or d behind it, from 1s to 30d, such as \"15m\""
                .to_owned()),
        }
    }
}
