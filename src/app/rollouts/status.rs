//! A rollout as it is told: where it stands, what was measured, and what happens if nobody acts.

use crate::domain::moment::Moment;
use crate::domain::request::Request;
use crate::domain::rollout::{Amount, Heard, Judgement, Metric, Phase, Rollout, Terms, gate};

/// One rollout with everything that is told of it.
#[derive(Clone, PartialEq, Debug)]
pub struct Status {
    /// The deployment.
    pub request: Request,
    /// The rollout; nothing when nobody has asked for its start.
    pub rollout: Option<Rollout>,
    /// What was heard of it lately, in the order it came.
    pub heard: Vec<Heard>,
    /// The terms it is held to, or would be.
    pub terms: Terms,
    /// Whether somebody does the work.
    pub kept: bool,
    /// When it was looked at.
    pub now: Moment,
}

impl Status {
    /// Where it stands.
    pub fn phase(&self) -> Phase {
        self.rollout.as_ref().map_or(Phase::Prepared, |rollout| rollout.phase)
    }

    /// What the gate would say now; nothing where no tier is out.
    pub fn judgement(&self) -> Option<Judgement> {
        let rollout = self.rollout.as_ref()?;
        let stands =
            matches!(rollout.phase, Phase::Baking | Phase::AwaitingPromotion | Phase::Paused | Phase::Frozen);
        stands.then(|| gate::judge(&super::look(rollout, &self.heard, self.now)))
    }

    /// The last number of each metric that is judged, as it is held to its limit, and the numbers of it that were heard, oldest first.
    pub fn series(&self, metric: Metric) -> Vec<(Moment, Amount)> {
        let of = self.heard.iter().filter(|h| h.reading.metric == metric);
        of.filter_map(|h| h.reading.found.value().map(|value| (h.reading.at, value))).collect()
    }
}
