//! The hands and eyes of rollouts: the drivers and sources that a policy names, as things that can be asked.

mod doing;
mod looking;

use crate::app::doctor::{Finding, Health};
use crate::app::troubles::DRIVERS;
use crate::domain::driver::SourceTerms;
use crate::domain::names::Identifier;
use crate::domain::policy::Policy;
use crate::domain::rollout::{Driver, Source};
use crate::domain::text::{Safe, safe_line};
use std::sync::Arc;

/// The driver of that name.
///
/// # Errors
/// Why there is none, as a sentence.
pub(super) fn driver(policy: &Policy, name: &Identifier) -> Result<Arc<dyn Driver>, String> {
    let terms = policy.drivers.iter().find(|terms| terms.name == *name);
    let terms = terms.ok_or_else(|| {
        let known: Vec<&str> = policy.drivers.iter().map(|terms| terms.name.as_str()).collect();
        match known.is_empty() {
            true => format!("policy names no driver; name `{name}` in [driver.{name}]"),
            false => format!("policy names no driver `{name}`; there is {}", known.join(", ")),
        }
    })?;
    Ok(Arc::new(doing::Hands::of(terms.clone(), policy.redact.clone())))
}

/// The source of that name.
///
/// # Errors
/// Why there is none, as a sentence.
pub(super) fn source(policy: &Policy, name: &Identifier) -> Result<Arc<dyn Source>, String> {
    let terms: &SourceTerms = policy
        .sources
        .iter()
        .find(|terms| terms.name == *name)
        .ok_or_else(|| format!("policy names no source `{name}`; say what it is in [source.{name}]"))?;
    Ok(Arc::new(looking::Eyes::of(terms.clone(), policy)?))
}

/// The drivers that would run as this account, which owns the store: in a team they could change it.
fn unseparated(policy: &Policy) -> Vec<String> {
    let me = rustix::process::geteuid().as_raw();
    let own = |runner: &[String]| match doing::uid_behind(runner) {
        Ok(uid) if uid == me => Some("runs as the account that owns the store".to_owned()),
        Ok(_) => None,
        Err(why) => Some(format!("its runner does not work: {why}")),
    };
    policy
        .drivers
        .iter()
        .filter_map(|terms| Some(format!("driver {} {}", terms.name, own(&terms.runner)?)))
        .collect()
}

impl super::App {
    /// Looks at the drivers of the policy in force: whether their programs can be started, and, in a team, as whom they are.
    pub(super) fn look_at_drivers(&self) -> Vec<Finding> {
        let Ok(policy) = self.known.effective(&self.store) else { return Vec::new() };
        let mut wrong: Vec<String> = Vec::new();
        for terms in &policy.drivers {
            let fit = driver(&policy, &terms.name).and_then(|driver| driver.fingerprints());
            wrong.extend(fit.err().map(|why| format!("driver {}: {why}", terms.name)));
        }
        if self.is_team().unwrap_or(true) {
            wrong.extend(unseparated(&policy));
        }
        let ill = |words: String| {
            let words = format!("{}: {}", safe_line(&words), DRIVERS.words());
            Finding { health: Health::Ill, what: DRIVERS.what, words: Safe::composed(words) }
        };
        wrong.into_iter().map(ill).collect()
    }
}
