//! What a rollout does to the deployment it rolls out, and whose a promotion is.

use super::fact::{Cause, RolloutFact};
use super::{Phase, Tier};
use crate::domain::moment::Moment;
use crate::domain::principal::Requester;
use crate::domain::request::{Execution, Request};

/// Where the rollout of a deployment stands, as the deployment knows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StandsAt {
    /// Its phase.
    pub phase: Phase,
    /// What is out.
    pub tier: Tier,
    /// Whether everybody must see it first: taking it back failed, and nobody has said that they saw.
    pub alarm: bool,
    /// Why it stopped, where it did.
    pub why: Option<Cause>,
    /// Since when.
    pub at: Moment,
}

impl Request {
    /// What one event of its rollout does to a deployment. What is a rollout's own changes nothing here.
    pub(in crate::domain) fn rolls_out(&mut self, fact: &RolloutFact, at: Moment) {
        let RolloutFact::CameTo { phase, tier, alarm, why } = fact else { return };
        self.rollout = Some(StandsAt { phase: *phase, tier: *tier, alarm: *alarm, why: why.clone(), at });
        self.execution = Some(match phase {
            Phase::Prepared => return,
            Phase::RolledBack | Phase::RollbackFailed => Execution::Failed,
            Phase::Unknown => Execution::Unknown,
            Phase::Completed => Execution::Done,
            _ => Execution::Running,
        });
    }

    /// Whether everybody must see it first: taking its rollout back failed, and nobody has said that they saw.
    pub fn is_alarming(&self) -> bool {
        self.rollout.as_ref().is_some_and(|stands| stands.alarm)
    }

    /// Whose request it is: who asked for it; for a promotion, who asked for the deployment.
    pub fn whose(&self) -> &Requester {
        self.promotes.as_ref().map_or(&self.requester, |promotes| &promotes.requester)
    }
}
