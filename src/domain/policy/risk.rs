//! The rule table of risk: the highest match wins, and nothing in it can lower what something else raised.
//!
//! Where a rule cannot tell (a value that is filled in late, or of another type), it counts as matching.

use crate::domain::content::{Content, Target};
use crate::domain::names::{ParamKey, StepId};
use crate::domain::policy::glob::{Glob, any_or_empty, fits};
use crate::domain::policy::{Factor, seed};
use crate::domain::risk::Risk;
use crate::domain::step::Step;
use serde_json::{Number, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Where a rule holds; an empty list holds everywhere.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Place {
    /// Environments.
    pub environment: Vec<Glob>,
    /// Services.
    pub service: Vec<Glob>,
    /// Tenants.
    pub tenant: Vec<Glob>,
}

impl Place {
    /// Everywhere.
    pub const ANY: Place = Place { environment: Vec::new(), service: Vec::new(), tenant: Vec::new() };

    /// Whether `target` is in it. A boundary that the target does not name is in no list.
    pub fn holds(&self, target: &Target) -> bool {
        let name =
            |part: &Option<crate::domain::names::Identifier>| part.as_ref().map(|p| p.as_str().to_owned());
        any_or_empty(&self.environment, name(&target.environment).as_deref())
            && any_or_empty(&self.service, name(&target.service).as_deref())
            && any_or_empty(&self.tenant, name(&target.tenant).as_deref())
    }
}

/// What a parameter is asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Test {
    /// Is it this value?
    Equals(Value),
    /// Does its text, or that of one entry of a list, fit?
    Glob(Glob),
    /// Is it greater?
    Greater(Number),
    /// Is it less?
    Less(Number),
}

/// One parameter and what it is asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ParamTest {
    /// Which.
    pub key: ParamKey,
    /// What.
    pub test: Test,
}

impl ParamTest {
    /// Whether it holds for a step with `params`. Without the parameter it does not; where nobody can tell, it does.
    pub fn holds(&self, params: &BTreeMap<ParamKey, Value>) -> bool {
        params.get(&self.key).is_some_and(|value| self.test.holds(value))
    }
}

/// Whether a value, or a part of it, is filled in only when the plan runs.
fn is_late(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains("{{"),
        Value::Array(entries) => entries.iter().any(is_late),
        Value::Object(entries) => entries.values().any(is_late),
        _ => false,
    }
}

impl Test {
    fn holds(&self, value: &Value) -> bool {
        if is_late(value) {
            return true;
        }
        let compared = |limit: &Number, ahead: fn(f64, f64) -> bool| match (number(value), limit.as_f64()) {
            (Some(value), Some(limit)) => ahead(value, limit),
            _ => true,
        };
        match self {
            Test::Equals(other) => {
                value == other || number(value).is_some() && number(value) == number(other)
            }
            Test::Glob(glob) => match value {
                Value::String(text) => glob.fits(text),
                Value::Array(entries) => entries.iter().any(|entry| self.holds(entry)),
                Value::Object(_) => true,
                other => glob.fits(&other.to_string()),
            },
            Test::Greater(limit) => compared(limit, |value, limit| value > limit),
            Test::Less(limit) => compared(limit, |value, limit| value < limit),
        }
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok().filter(|n: &f64| n.is_finite()),
        _ => None,
    }
}

/// One rule of the table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RiskRule {
    /// Its name, which every factor it sets carries.
    pub name: String,
    /// Actions; empty: any.
    pub action: Vec<Glob>,
    /// Where.
    pub place: Place,
    /// What the parameters must be; all of them.
    pub params: Vec<ParamTest>,
    /// The risk it sets, at least.
    pub risk: Risk,
}

/// The floors of the modifiers. A policy may raise each of them and lower none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Floors {
    /// A production target.
    pub production: Risk,
    /// A step without undo in production.
    pub irreversible: Risk,
    /// A step that many need.
    pub wide: Risk,
    /// How many steps must need a step for that.
    pub wide_from: usize,
    /// A step that a reviewer changed.
    pub edited: Risk,
    /// A step whose like failed before.
    pub precedent: Risk,
}

impl Floors {
    /// The built-in floors.
    pub const BUILT_IN: Floors = Floors {
        production: Risk::Medium,
        irreversible: Risk::High,
        wide: Risk::Medium,
        wide_from: 5,
        edited: Risk::Medium,
        precedent: Risk::Medium,
    };
}

/// What is known of a plan beside its content.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Circumstances {
    /// Steps that a reviewer changed.
    pub edited: BTreeSet<StepId>,
    /// Steps whose like failed before.
    pub failed_before: BTreeSet<StepId>,
    /// Steps that somebody marked, in whichever revision: rules leave them alone, and do not sign what they were part of.
    pub spoken: BTreeSet<StepId>,
    /// Whether somebody said no to it as a whole: then a person signs, and no rule.
    pub person_signs: bool,
}

/// The whole table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RiskTable {
    /// Whether the table that ships holds too.
    pub builtin: bool,
    /// The policy's own rules.
    pub rules: Vec<RiskRule>,
    /// The floors of the modifiers.
    pub floors: Floors,
}

/// How the rules of the claims and modifiers are named in factors.
pub mod named {
    /// The requester's own word.
    pub const CLAIM: &str = "claim";
    /// What begins the name of every modifier.
    pub const MODIFIER: &str = "modifier: ";
    /// What begins the name of every rule that ships.
    pub const BUILT_IN: &str = "built-in: ";
}

impl RiskTable {
    /// The table that ships.
    pub const BUILT_IN: RiskTable = RiskTable { builtin: true, rules: Vec::new(), floors: Floors::BUILT_IN };

    /// Every factor of `content`: claims, rules, modifiers, each with the rule that set it.
    pub fn factors(&self, content: &Content, circumstances: &Circumstances) -> Vec<Factor> {
        let mut factors = Factors { list: Vec::new() };
        let production = content.target.is_production();
        if let Some(claimed) = content.risk {
            factors.add(None, claimed, named::CLAIM, format!("claimed {claimed} by the requester"));
        }
        if production {
            factors.modifier(None, self.floors.production, "production target".to_owned());
        }
        for rule in self.rules.iter().filter(|r| r.action.is_empty() && r.params.is_empty()) {
            if rule.place.holds(&content.target) {
                factors.add(None, rule.risk, &rule.name, "the target".to_owned());
            }
        }
        let reach = reach(content);
        for step in &content.steps {
            if let Some(claimed) = step.risk {
                factors.add(Some(step), claimed, named::CLAIM, format!("claimed {claimed} by the requester"));
            }
            self.by_rule(step, &content.target, &mut factors);
            if production && step.undo.is_none() {
                let words = "irreversible (no undo) in production".to_owned();
                factors.modifier(Some(step), self.floors.irreversible, words);
            }
            let many = reach.get(&step.id).copied().unwrap_or(0);
            if many >= self.floors.wide_from {
                factors.modifier(Some(step), self.floors.wide, format!("wide reach: {many} steps need it"));
            }
            if circumstances.edited.contains(&step.id) {
                factors.modifier(Some(step), self.floors.edited, "edited by a reviewer".to_owned());
            }
            if circumstances.failed_before.contains(&step.id) {
                factors.modifier(Some(step), self.floors.precedent, "its like failed before".to_owned());
            }
        }
        factors.list
    }

    fn by_rule(&self, step: &Step, target: &Target, factors: &mut Factors) {
        let action = step.action.as_str();
        if self.builtin
            && let Some((pattern, risk)) = seed::ACTIONS.iter().find(|(pattern, _)| fits(pattern, action))
        {
            factors.add(
                Some(step),
                *risk,
                &format!("{}{pattern}", named::BUILT_IN),
                format!("action {action}"),
            );
        }
        for rule in self.rules.iter().filter(|r| !(r.action.is_empty() && r.params.is_empty())) {
            let fits = any_or_empty(&rule.action, Some(action))
                && rule.place.holds(target)
                && rule.params.iter().all(|test| test.holds(&step.params));
            if fits {
                let keys: Vec<&str> = rule.params.iter().map(|test| test.key.as_str()).collect();
                let with =
                    if keys.is_empty() { String::new() } else { format!(" with its {}", keys.join(", ")) };
                factors.add(Some(step), rule.risk, &rule.name, format!("action {action}{with}"));
            }
        }
    }
}

struct Factors {
    list: Vec<Factor>,
}

impl Factors {
    fn add(&mut self, step: Option<&Step>, floor: Risk, rule: &str, reason: String) {
        let step = step.map(|s| s.id.clone());
        self.list.push(Factor { step, reason, floor, rule: Some(rule.to_owned()) });
    }

    fn modifier(&mut self, step: Option<&Step>, floor: Risk, reason: String) {
        let name = reason.split([':', '(']).next().unwrap_or(&reason).trim();
        let rule = format!("{}{name}", named::MODIFIER);
        self.add(step, floor, &rule, reason);
    }
}

/// How many steps need each step, directly.
fn reach(content: &Content) -> BTreeMap<StepId, usize> {
    let mut reach = BTreeMap::new();
    for step in &content.steps {
        let needed: BTreeSet<&StepId> = step.single_needs().map(|n| &n.step).collect();
        for needed in needed {
            *reach.entry(needed.clone()).or_insert(0) += 1;
        }
    }
    reach
}
