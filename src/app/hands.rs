//! The hands and eyes of rollouts: the drivers and sources that a policy names, as things that can be asked.

mod doing;
mod looking;

use crate::domain::driver::SourceTerms;
use crate::domain::names::Identifier;
use crate::domain::policy::Policy;
use crate::domain::rollout::{Driver, Source};
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
pub(super) fn unseparated(policy: &Policy) -> Vec<String> {
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
