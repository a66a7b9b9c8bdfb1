//! The policy file as it is written: every key it can hold.

use crate::domain::content::Kind;
use crate::domain::moment::Span;
use crate::domain::names::{Identifier, ParamKey, PrincipalName};
use crate::domain::policy::glob::Glob;
use crate::domain::principal::{Assurance, Role};
use crate::domain::risk::{Priority, Risk};
use crate::domain::text::is_marked;
use serde::Deserialize;
use serde_json::{Number, Value};
use std::collections::BTreeMap;
use toml::Spanned;

use super::capabilities::CapabilityForm;
use super::driver::{DriverForm, SourceForm};
use super::limits::LimitsForm;
use super::output::OutputForm;
use super::rollout::RolloutForm;
use super::roster::PrincipalForm;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Form {
    pub(super) risk: RiskForm,
    pub(super) auto_approval: RestraintForm,
    pub(super) may_i_continue: AsksForm,
    pub(super) rule: Vec<Spanned<RuleForm>>,
    pub(super) principal: Vec<Spanned<PrincipalForm>>,
    pub(super) escalation: Vec<Spanned<RungForm>>,
    pub(super) notices: NoticesForm,
    pub(super) driver: BTreeMap<Spanned<String>, DriverForm>,
    pub(super) source: BTreeMap<Spanned<String>, SourceForm>,
    pub(super) limits: LimitsForm,
    pub(super) output: OutputForm,
    pub(super) capabilities: BTreeMap<Spanned<String>, CapabilityForm>,
    pub(super) rollout: RolloutForm,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct NoticesForm {
    pub(super) text: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RungForm {
    pub(super) role: Option<Role>,
    pub(super) principal: Option<PrincipalName>,
    pub(super) after: Option<Time>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RiskForm {
    pub(super) builtin_actions: bool,
    pub(super) floors: FloorsForm,
    pub(super) rule: Vec<Spanned<RiskRuleForm>>,
}

impl Default for RiskForm {
    fn default() -> Self {
        Self { builtin_actions: true, floors: FloorsForm::default(), rule: Vec::new() }
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct FloorsForm {
    pub(super) production: Option<Spanned<Risk>>,
    pub(super) irreversible: Option<Spanned<Risk>>,
    pub(super) wide_reach: Option<Spanned<Risk>>,
    pub(super) wide_reach_from: Option<Spanned<usize>>,
    pub(super) edited: Option<Spanned<Risk>>,
    pub(super) failed_before: Option<Spanned<Risk>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RiskRuleForm {
    pub(super) name: Spanned<Name>,
    #[serde(default)]
    pub(super) action: Vec<Glob>,
    #[serde(default)]
    pub(super) environment: Vec<Glob>,
    #[serde(default)]
    pub(super) service: Vec<Glob>,
    #[serde(default)]
    pub(super) tenant: Vec<Glob>,
    #[serde(default)]
    pub(super) params: Vec<Spanned<ParamForm>>,
    pub(super) risk: Risk,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ParamForm {
    pub(super) key: ParamKey,
    pub(super) equals: Option<Value>,
    pub(super) glob: Option<Glob>,
    pub(super) greater: Option<Number>,
    pub(super) less: Option<Number>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RestraintForm {
    pub(super) always_confirm: Vec<Glob>,
    pub(super) max_without_confirmation: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct AsksForm {
    pub(super) builtin_phrases: bool,
    pub(super) pattern: Vec<Spanned<PatternForm>>,
}

impl Default for AsksForm {
    fn default() -> Self {
        Self { builtin_phrases: true, pattern: Vec::new() }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PatternForm {
    pub(super) name: Spanned<Name>,
    pub(super) phrases: Vec<Glob>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleForm {
    pub(super) name: Spanned<Name>,
    #[serde(default)]
    pub(super) kind: Vec<Kind>,
    #[serde(default)]
    pub(super) risk: Vec<Risk>,
    #[serde(default)]
    pub(super) priority: Vec<Priority>,
    #[serde(default)]
    pub(super) environment: Vec<Glob>,
    #[serde(default)]
    pub(super) service: Vec<Glob>,
    #[serde(default)]
    pub(super) tenant: Vec<Glob>,
    #[serde(default)]
    pub(super) action: Vec<Glob>,
    #[serde(default)]
    pub(super) labels: BTreeMap<Identifier, Glob>,
    pub(super) slots: Option<Spanned<Vec<SlotForm>>>,
    pub(super) remind: Option<Spanned<Time>>,
    pub(super) escalate: Option<Spanned<Time>>,
    pub(super) expire: Option<Spanned<Time>>,
    pub(super) live_for: Option<Time>,
    #[serde(rename = "override")]
    pub(super) overriding: Option<Spanned<OverrideForm>>,
    #[serde(default)]
    pub(super) auto_approve: Vec<Glob>,
    #[serde(default)]
    pub(super) programs: Vec<String>,
    #[serde(default)]
    pub(super) require_evidence: Vec<Spanned<String>>,
    pub(super) newcomers: Option<bool>,
    #[serde(default)]
    pub(super) fixed_params: Vec<Glob>,
    #[serde(default)]
    pub(super) mandatory: Vec<Glob>,
    pub(super) rollout: Option<RolloutForm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OverrideForm {
    pub(super) allowed: Option<bool>,
    pub(super) assurance: Option<Assurance>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SlotForm {
    pub(super) kind: SlotKind,
    pub(super) role: Option<Role>,
    #[serde(default)]
    pub(super) any_of: Vec<PrincipalName>,
    pub(super) assurance: Option<Assurance>,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum SlotKind {
    Human,
    Agent,
    Policy,
}

/// The name of a rule: short, and of characters that can be seen.
#[derive(Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Name(pub(super) String);

impl TryFrom<String> for Name {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let seen = !text.trim().is_empty() && !text.chars().any(is_marked) && text.trim() == text;
        if !seen || text.len() > 80 || text.contains(':') || text == "claim" {
            return Err("a name has 1 to 80 visible bytes without `:`, and is not `claim`".to_owned());
        }
        Ok(Self(text))
    }
}

/// A time such as `30m`, `4h` or `2d`.
#[derive(Deserialize, Clone, Copy)]
#[serde(try_from = "String")]
pub(super) struct Time(pub(super) Span);

impl TryFrom<String> for Time {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        const MOST: i64 = 90 * 24 * 60;
        let (digits, unit) = text.split_at(text.len() - text.chars().next_back().map_or(0, char::len_utf8));
        let minutes = match unit {
            "m" => 1,
            "h" => 60,
            "d" => 24 * 60,
            _ => 0,
        };
        let number: Option<i64> = digits.parse().ok().filter(|_| digits.bytes().all(|c| c.is_ascii_digit()));
        match number.map(|n| n.saturating_mul(minutes)) {
            Some(minutes @ 1..=MOST) => Ok(Self(Span::from_minutes(minutes))),
            _ => {
                Err("a time is a number with m, h or d behind it, from 1m to 90d, such as \"30m\"".to_owned())
            }
        }
    }
}
