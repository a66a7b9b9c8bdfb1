//! The limits a tier is held to.

use super::reading::{Amount, Metric};
use serde::{Deserialize, Serialize};

/// Which set of limits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// TES decline 5 points, error rate 10 %, CPU 90 %, memory 85 %.
    #[default]
    Calyx,
    /// TES decline 5 points, error rate 2 %, CPU 120 %, memory 95 %; warnings at 2, 1 %, 110 % and 90 %.
    Cp19,
}

/// One metric's limit, compared strictly both ways: above it breaks it, below it keeps it, and exactly at it says neither.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limit {
    /// Above this the gate fails; for TES, the decline in points.
    pub fails: Amount,
    /// Above this it is said, and nothing else happens.
    pub warns: Option<Amount>,
}

impl Profile {
    /// Both of them.
    pub const ALL: [Profile; 2] = [Profile::Calyx, Profile::Cp19];

    /// The word used everywhere.
    pub const fn word(self) -> &'static str {
        match self {
            Profile::Calyx => "calyx",
            Profile::Cp19 => "cp19",
        }
    }

    /// The limit of a metric.
    pub const fn limit(self, metric: Metric) -> Limit {
        let (fails, warns) = match (self, metric) {
            (Profile::Calyx, Metric::Tes) => (5, None),
            (Profile::Calyx, Metric::ErrorRate) => (10, None),
            (Profile::Calyx, Metric::Cpu) => (90, None),
            (Profile::Calyx, Metric::Memory) => (85, None),
            (Profile::Cp19, Metric::Tes) => (5, Some(2)),
            (Profile::Cp19, Metric::ErrorRate) => (2, Some(1)),
            (Profile::Cp19, Metric::Cpu) => (120, Some(110)),
            (Profile::Cp19, Metric::Memory) => (95, Some(90)),
        };
        Limit {
            fails: Amount::whole(fails),
            warns: match warns {
                Some(warns) => Some(Amount::whole(warns)),
                None => None,
            },
        }
    }
}
