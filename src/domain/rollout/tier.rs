//! Which rollout, how far, and the how-manieth time.

use crate::domain::names::RequestId;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A rollout: the one of the deployment it rolls out. It has that request's number and is called by it, because a
/// deployment is rolled out once; another try is another request, and other keys.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RolloutId(RequestId);

impl RolloutId {
    /// The rollout of this deployment.
    pub const fn of(deployment: RequestId) -> Self {
        Self(deployment)
    }

    /// The deployment.
    pub const fn deployment(self) -> RequestId {
        self.0
    }

    /// The name of its aggregate in the log: `rollout R-20`.
    pub fn aggregate(self) -> String {
        format!("{AGGREGATE}{}", self.0)
    }

    /// Reads the name of an aggregate back; nothing when it is none of a rollout.
    pub fn of_aggregate(name: &str) -> Option<Self> {
        let id = RequestId::parse(name.strip_prefix(AGGREGATE)?).map(Self)?;
        (id.aggregate() == name).then_some(id)
    }
}

/// What the aggregates of rollouts begin with.
pub const AGGREGATE: &str = "rollout ";

impl fmt::Display for RolloutId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// How far a deployment has come: a percentage of its target, 0 to 100. Nothing of it is out at 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Tier(u8);

impl Tier {
    /// Nothing is out.
    pub const NONE: Tier = Tier(0);
    /// All of it is out.
    pub const WHOLE: Tier = Tier(100);

    /// `percent` of the target; nothing above 100.
    pub const fn new(percent: u8) -> Option<Self> {
        if percent <= 100 { Some(Self(percent)) } else { None }
    }

    /// The bare number.
    pub const fn percent(self) -> u8 {
        self.0
    }

    /// How many of `all` this is, rounded up: a tier above nothing is never nobody, where there is anybody.
    pub const fn of(self, all: usize) -> usize {
        all.saturating_mul(self.0 as usize).div_ceil(100)
    }
}

impl TryFrom<u8> for Tier {
    type Error = &'static str;
    fn try_from(percent: u8) -> Result<Self, Self::Error> {
        Self::new(percent).ok_or("a tier is 0 to 100 percent")
    }
}

impl From<Tier> for u8 {
    fn from(tier: Tier) -> u8 {
        tier.0
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{} %", self.0))
    }
}

/// How often the present tier has begun to bake, from 1; 0 before the first time. What was promised of one attempt is
/// worth nothing in the next.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Attempt(pub u32);

impl Attempt {
    /// The one after this.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tier_is_rounded_up_and_never_nobody() {
        let five = Tier::new(5).unwrap();
        assert_eq!([five.of(200), five.of(3), five.of(0)], [10, 1, 0]);
        assert_eq!([Tier::NONE.of(200), Tier::WHOLE.of(7)], [0, 7]);
        assert_eq!(Tier::new(101), None);
    }

    #[test]
    fn an_aggregate_is_read_back_in_one_spelling() {
        let id = RolloutId::of(RequestId::new(20));
        assert_eq!((id.to_string(), id.aggregate()), ("R-20".to_owned(), "rollout R-20".to_owned()));
        assert_eq!(RolloutId::of_aggregate("rollout R-20"), Some(id));
        for other in ["R-20", "rollout 20", "rollout r-20", "rollout R-020", "rollout ", "rollout R-20 "] {
            assert_eq!(RolloutId::of_aggregate(other), None, "{other}");
        }
    }
}
