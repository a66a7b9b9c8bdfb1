//! Rollouts: what people ask of them, and what the watcher does for them.

mod asking;
mod keeping;
mod measuring;
mod seeing;

pub use crate::domain::rollout::Status;
pub use asking::{Promoted, Sampled};
pub use keeping::{LOOK, Working};
pub use seeing::{Outlook, Whole};

use crate::app::{Error, Failure};
use crate::domain::driver::Way;
use crate::domain::event::{Entry, Fact, Held};
use crate::domain::moment::Moment;
use crate::domain::names::{Identifier, RequestId};
use crate::domain::policy::Policy;
use crate::domain::principal::Caller;
use crate::domain::refusal::Refusal;
use crate::domain::request::{Request, StateName};
use crate::domain::rollout::promotion;
use crate::domain::rollout::starting::may_go_on;
use crate::domain::rollout::{Beside, Decision, Driver, Promotes, Rollout, RolloutId, Source};
use crate::store::sight::Sight;
use crate::store::write::Tx;
use std::sync::Arc;

/// Who does the work and who measures: what the policy names, as things that can be asked.
pub trait Workers: Send + Sync {
    /// The driver of that name.
    ///
    /// # Errors
    /// Why there is none, as a sentence.
    fn driver(&self, policy: &Policy, name: &Identifier) -> Result<Arc<dyn Driver>, String>;
    /// The source of that name.
    ///
    /// # Errors
    /// Why there is none, as a sentence.
    fn source(&self, policy: &Policy, name: &Identifier) -> Result<Arc<dyn Source>, String>;
}

/// The drivers and sources that a policy describes.
pub(super) struct OfPolicy;

impl Workers for OfPolicy {
    fn driver(&self, policy: &Policy, name: &Identifier) -> Result<Arc<dyn Driver>, String> {
        crate::app::hands::driver(policy, name)
    }
    fn source(&self, policy: &Policy, name: &Identifier) -> Result<Arc<dyn Source>, String> {
        crate::app::hands::source(policy, name)
    }
}

/// Whether the driver of that name works on directories.
pub(super) fn is_fleet(policy: &Policy, name: &Identifier) -> bool {
    policy.drivers.iter().any(|driver| driver.name == *name && matches!(driver.way, Way::PatchFleet(_)))
}

/// Writes what was decided on a rollout: its own events, what its deployment knows of it, and what becomes of promotions.
pub(super) fn commit(
    tx: &mut Tx<'_>,
    id: RolloutId,
    before: Option<&Rollout>,
    decision: &Decision,
    policy: &Policy,
    now: Moment,
) -> Result<Rollout, Error> {
    let Some(last) = decision.entries.last() else {
        return before.cloned().ok_or_else(|| Refusal::NoSuchRequest(id.to_string()).into());
    };
    let after = tx.commit_rollout(id, before, &decision.entries)?;
    let deployment = loaded(tx, id.deployment())?;
    if let Some(fact) = after.came_to(before) {
        let entry = Entry { fact: Fact::Rollout(Box::new(fact)), payload: Held::None, ..last.clone() };
        tx.commit(&deployment, &[entry])?;
    }
    for beside in &decision.beside {
        match beside {
            Beside::Close { promotion, why } => {
                let open = tx.load(*promotion, &Sight::Everything)?.filter(Request::is_open);
                if let Some(open) = open {
                    tx.commit(&open, &[promotion::death(why, now)])?;
                }
            }
            Beside::Ask { promotion, from, to, attempt, judgement } => {
                let tier = (*from, *to, *attempt);
                let entry = promotion::submission(&deployment, tier, judgement, policy, now);
                tx.commit_new(*promotion, &entry)?;
            }
        }
    }
    Ok(after)
}

fn loaded(tx: &Tx<'_>, id: RequestId) -> Result<Request, Failure> {
    tx.load(id, &Sight::Everything)?
        .ok_or_else(|| Failure::damaged(format!("{id} has a rollout and is not there")))
}

/// What the decision on a promotion request does to its rollout, in the transaction that decides it: signed off, the next
/// tier begins; closed otherwise, nothing moves.
///
/// # Errors
/// The gate passes no longer, nobody keeps time, or it is too old: then it is not signed off either.
pub(super) fn promotion_decided(
    tx: &mut Tx<'_>,
    before: &Request,
    after: &Request,
    policy: &Policy,
    kept: bool,
    now: Moment,
) -> Result<(), Error> {
    let Some(Promotes { deployment, .. }) =
        after.promotes.clone().filter(|_| before.is_open() && !after.is_open())
    else {
        return Ok(());
    };
    let id = RolloutId::of(deployment);
    let Some(rollout) = tx.rollout(id)? else { return Ok(()) };
    let system = Caller::system();
    let decision = if after.state_name() == StateName::Approved {
        if !kept {
            let why = "no watcher is running: countersign watch".to_owned();
            let no = crate::domain::rollout::No { id: deployment, why, late: false };
            return Err(Refusal::Rollout(Box::new(no)).into());
        }
        let heard = tx.heard(id, rollout.heard_since())?;
        let still = may_go_on(&rollout, &loaded(tx, deployment)?, policy, now);
        rollout.promoted(after.id, &rollout.look(&heard, now), &still, &system)?
    } else {
        rollout.promotion_closed(after.id, after.state_name().word(), &system, now)
    };
    if !decision.entries.is_empty() {
        commit(tx, id, Some(&rollout), &decision, policy, now)?;
    }
    Ok(())
}
