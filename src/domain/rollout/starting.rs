//! Whether a deployment can be started, and what its driver is told.

use super::decide::No;
use super::gate::{self, Heard};
use super::table::{Stimulus, cell};
use super::terms::Terms;
use super::work::{Act, Orders, RunNumber};
use super::{Amount, Cause, Metric, Rollout, RolloutId, Tier};
use crate::domain::claiming;
use crate::domain::command::Facts;
use crate::domain::content::{Content, Kind};
use crate::domain::marks::Mark;
use crate::domain::moment::Moment;
use crate::domain::names::{Identifier, ParamKey};
use crate::domain::policy::Policy;
use crate::domain::principal::{Caller, Permission};
use crate::domain::refusal::Refusal;
use crate::domain::request::{Execution, Request, StateName, Verdict};
use serde_json::Value;
use std::collections::BTreeMap;

/// What is known beside a deployment when it is to be started.
#[derive(Debug)]
pub struct Beside<'a> {
    /// Its rollout, if somebody asked before.
    pub rollout: Option<&'a Rollout>,
    /// What was heard of it before the start.
    pub heard: &'a [Heard],
    /// The terms.
    pub terms: &'a Terms,
    /// Whether somebody keeps time who can do the work.
    pub kept: bool,
}

/// Whether this deployment's rollout may begin; TES as it was before, where it is judged.
///
/// # Errors
/// The first reason against it.
pub fn may_start(
    request: &Request,
    beside: &Beside<'_>,
    caller: &Caller,
    facts: &Facts,
    now: Moment,
) -> Result<Option<Amount>, Refusal> {
    let Beside { rollout, heard, terms, kept } = *beside;
    let id = request.id;
    let no = |why: String| Err(Refusal::Rollout(Box::new(No { id, why, late: false })));
    if !facts.standing.may(Permission::Rollout) {
        return Err(Refusal::NotPermitted { permission: Permission::Rollout });
    }
    if let Some(why) = &facts.policy.trouble {
        return Err(Refusal::NoPolicy { why: why.clone() });
    }
    if request.kind() != Kind::Deployment {
        return no(format!("a {} is not rolled out, only a deployment is", request.kind()));
    }
    match request.state_name() {
        StateName::Approved => {}
        StateName::Overridden if terms.overridden => {}
        StateName::Overridden => {
            return no("it was overridden, and policy lets no rollout begin from that".to_owned());
        }
        state => return no(format!("not approved; it is {} and nothing of it goes out", state.word())),
    }
    if let Some(rollout) = rollout
        && (cell(rollout.phase, Stimulus::Start).is_none() || rollout.checking || rollout.act.is_some())
    {
        return Err(rollout.refusal(Stimulus::Start, now));
    }
    let lapsed = request.lapses_at.is_some_and(|at| at <= now);
    match request.execution {
        Some(Execution::NotStarted) if !lapsed => {}
        Some(Execution::NotStarted | Execution::Lapsed) => {
            return no(format!(
                "its approval lapsed before it was started: countersign resubmit {id} --as-new"
            ));
        }
        Some(execution) => return no(format!("its execution is {} already", execution.word())),
        None => return no("nothing of it is executed".to_owned()),
    }
    if !kept {
        return no("no watcher is running: countersign watch".to_owned());
    }
    let content = claiming::still_stands(request, caller, facts, now)?;
    if let Some(why) = key_trouble(request, &facts.policy, now) {
        return no(why);
    }
    if let Some(why) = lease_trouble(content, now) {
        return no(why);
    }
    if terms.driver.is_none() {
        return no("policy names no driver for it: [rollout] driver".to_owned());
    }
    if !terms.metrics.contains(&Metric::Tes) {
        return Ok(None);
    }
    match gate::baseline(heard, now) {
        Ok(baseline) => Ok(Some(baseline)),
        Err(why) => no(format!(
            "no baseline: tes as it was in the 15 min before is not known ({why}): countersign rollout sample {id} --set tes=…"
        )),
    }
}

/// Why a key that signed it cannot stand for it any more.
fn key_trouble(request: &Request, policy: &Policy, now: Moment) -> Option<String> {
    request.counting().find_map(|signoff| {
        let signature = signoff.signature.as_ref()?;
        let name = &signoff.bound.signer.name;
        match policy.roster.key(&signature.fingerprint) {
            Some((_, key)) if key.is_valid_at(now) => None,
            Some((_, key)) if key.revoked => Some(format!("the key {name} signed it with was revoked")),
            _ => Some(format!("the key {name} signed it with is not valid any more")),
        }
    })
}

/// Whether another tier may begin: no key of the deployment was revoked, and the rollout is young enough.
///
/// # Errors
/// Why not.
pub fn may_go_on(rollout: &Rollout, deployment: &Request, policy: &Policy, now: Moment) -> Result<(), Cause> {
    let revoked = deployment.counting().find(|signoff| {
        signoff.signature.as_ref().is_some_and(|signature| {
            policy.roster.key(&signature.fingerprint).is_none_or(|(_, key)| key.revoked)
        })
    });
    match revoked {
        Some(signoff) => Err(Cause::Revoked { signer: signoff.bound.signer.name.clone() }),
        None if policy.capabilities.forbid(deployment).is_some() => Err(Cause::SwitchedOff),
        None => rollout.young_enough(now),
    }
}

/// Why the lease of a deployment does not let it begin.
fn lease_trouble(content: &Content, now: Moment) -> Option<String> {
    let label = |key: &str| Identifier::new(key).ok().and_then(|key| content.labels.get(&key));
    let lease = label("lease")?;
    let name = crate::domain::text::safe_line(lease.raw());
    match label("expires").map(|expires| Moment::parse(expires.raw())) {
        Some(Some(at)) if now < at => None,
        Some(Some(at)) => Some(format!("its lease {name} expired at {}", at.date_and_time())),
        _ => Some(format!("until when its lease {name} holds cannot be read from its label `expires`")),
    }
}

/// Where a deployment may touch something, as its lease says.
fn scope(content: &Content) -> Vec<String> {
    let scope = Identifier::new("scope").ok().and_then(|key| content.labels.get(&key));
    scope.map(|scope| scope.raw().split(',').map(|path| path.trim().to_owned()).collect()).unwrap_or_default()
}

/// The parameters of the approved steps, all together. A key that two steps use is the last one's.
fn params(request: &Request, content: &Content) -> BTreeMap<ParamKey, Value> {
    let approved = |id| request.marks.on(id) == Mark::Approved;
    let steps = content.steps.iter().filter(|step| approved(&step.id));
    steps.flat_map(|step| step.params.iter().map(|(key, value)| (key.clone(), value.clone()))).collect()
}

/// What a driver is told for an act that has this number.
pub fn orders(rollout: &Rollout, deployment: &Request, act: Act, run: RunNumber) -> Orders {
    let content = deployment.content.as_deref();
    let first = rollout.terms.tiers.first().copied().unwrap_or(Tier::WHOLE);
    Orders {
        run: run.id(rollout.id, act),
        rollout: rollout.id,
        plan: rollout.plan,
        from: rollout.tier,
        to: rollout.to.unwrap_or(first),
        pack: rollout.pack.clone(),
        params: content.map(|content| params(deployment, content)).unwrap_or_default(),
        scope: content.map(scope).unwrap_or_default(),
    }
}

/// Whether somebody may give readings by hand.
///
/// # Errors
/// Why not.
pub fn may_sample(
    id: RolloutId,
    rollout: Option<&Rollout>,
    request: &Request,
    terms: &Terms,
    caller: &Caller,
    facts: &Facts,
    now: Moment,
) -> Result<(), Refusal> {
    if !facts.standing.may(Permission::Operator) && !terms.samplers.contains(&caller.name) {
        return Err(Refusal::NotPermitted { permission: Permission::Operator });
    }
    match rollout {
        Some(rollout) => rollout.may_happen(Stimulus::Sample, now),
        None if request.kind() == Kind::Deployment
            && matches!(
                request.closed().map(|c| &c.verdict),
                Some(Verdict::Approved { .. } | Verdict::Overridden { .. })
            ) =>
        {
            Ok(())
        }
        None => {
            let why = "only what is rolled out, or could be, is measured: an approved deployment".to_owned();
            Err(Refusal::Rollout(Box::new(No { id: id.deployment(), why, late: false })))
        }
    }
}
