//! A rollout as it is told: where it stands, what was measured, and what happens if nobody acts.

use super::future::if_nobody_acts;
use super::{Amount, Heard, Judgement, Look, Metric, Phase, Rollout, Terms, gate};
use crate::domain::moment::Moment;
use crate::domain::request::Request;

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
    /// Whether its targets are directories.
    pub fleet: bool,
    /// When it was looked at.
    pub now: Moment,
}

impl Status {
    /// Where it stands.
    pub fn phase(&self) -> Phase {
        self.rollout.as_ref().map_or(Phase::Prepared, |rollout| rollout.phase)
    }

    /// What is judged of it now; nothing when nobody has asked for its start.
    pub fn look(&self) -> Option<Look<'_>> {
        self.rollout.as_ref().map(|rollout| rollout.look(&self.heard, self.now))
    }

    /// What happens if nobody acts.
    pub fn if_nobody_acts(&self) -> String {
        match (&self.rollout, self.look()) {
            (Some(rollout), Some(look)) => if_nobody_acts(rollout, &look, self.kept),
            _ => "nothing goes out".to_owned(),
        }
    }

    /// What the gate would say now; nothing where no tier is out.
    pub fn judgement(&self) -> Option<Judgement> {
        let rollout = self.rollout.as_ref()?;
        let stands =
            matches!(rollout.phase, Phase::Baking | Phase::AwaitingPromotion | Phase::Paused | Phase::Frozen);
        stands.then(|| gate::judge(&rollout.look(&self.heard, self.now)))
    }

    /// The numbers of a metric that were heard, with when they were taken, in the order they came.
    pub fn series(&self, metric: Metric) -> Vec<(Moment, Amount)> {
        let of = self.heard.iter().filter(|h| h.reading.metric == metric);
        of.filter_map(|h| h.reading.found.value().map(|value| (h.reading.at, value))).collect()
    }
}

impl Rollout {
    /// From when on readings are looked at: what is judged, and the time before the start.
    pub fn heard_since(&self) -> Moment {
        self.bake.map_or(self.since, |bake| bake.since).minus(gate::BASELINE)
    }

    /// What is judged of it now.
    pub fn look<'a>(&'a self, heard: &'a [Heard], now: Moment) -> Look<'a> {
        let began = self.bake.map_or(self.since, |bake| bake.since);
        Look { terms: &self.terms, baseline: self.baseline, began, now, heard }
    }
}
