//! Who is called when nobody decides: the escalation chain, who has a request now and had it before, and whose court it
//! has been in for how long.

use crate::domain::moment::{Moment, Span};
use crate::domain::names::PrincipalName;
use crate::domain::principal::Role;
use crate::domain::request::State;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Whom a request is given to. In events and JSON it is `role:lead` or `name:carol`.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Whom {
    /// Everybody who holds this role.
    Role(Role),
    /// One principal.
    Principal(PrincipalName),
}

impl fmt::Display for Whom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Whom::Role(role) => f.pad(role.word()),
            Whom::Principal(name) => f.pad(name.as_str()),
        }
    }
}

impl From<Whom> for String {
    fn from(whom: Whom) -> String {
        match whom {
            Whom::Role(role) => format!("role:{}", role.word()),
            Whom::Principal(name) => format!("name:{name}"),
        }
    }
}

impl TryFrom<String> for Whom {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || "is neither `role:` with a role nor `name:` with a principal".to_owned();
        match text.split_once(':') {
            Some(("role", word)) => Role::parse(word).map(Whom::Role).ok_or_else(wrong),
            Some(("name", name)) => PrincipalName::new(name).map(Whom::Principal).map_err(|_| wrong()),
            _ => Err(wrong()),
        }
    }
}

/// One level of the escalation chain.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rung {
    /// Whom it is raised to.
    pub to: Whom,
    /// From the level below to this one, in milliseconds; nothing: as long as from being asked to being overdue. The first
    /// level comes when the request is overdue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Span>,
}

/// Why a request was raised.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Why {
    /// Nobody decided in time.
    Clock,
    /// Somebody raised it.
    Hand,
    /// It was passed on too often.
    Reassigned,
}

/// What somebody is reminded of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Occasion {
    /// It waits.
    Waits,
    /// It is overdue soon.
    DueSoon,
    /// It expires soon.
    ExpiresSoon,
}

impl Occasion {
    /// The word used everywhere.
    pub const fn word(self) -> &'static str {
        match self {
            Occasion::Waits => "waits",
            Occasion::DueSoon => "due_soon",
            Occasion::ExpiresSoon => "expires_soon",
        }
    }
}

/// How long before a deadline it is at risk.
pub const AT_RISK: Span = Span::from_minutes(30);

/// How often a request may be passed on before that raises it.
pub const PASSED_ON: u32 = 3;

/// Somebody was given a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Assignment {
    /// Whom.
    pub to: Whom,
    /// By whom.
    pub by: PrincipalName,
    /// When; of an escalation by the clock, when it was due.
    pub at: Moment,
    /// Whether it was raised to them, and not passed on.
    pub raised: bool,
}

/// How long a request has been with whom. The clock charges whoever holds the ball; a clock that was set back charges
/// nobody.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Courts {
    /// How long it waited for reviewers.
    pub reviewers: Span,
    /// How long it waited for its producer.
    pub producer: Span,
    /// Up to when that was counted.
    pub counted_to: Moment,
}

impl Courts {
    /// Nobody has had it yet.
    pub const fn from(at: Moment) -> Self {
        Self { reviewers: Span::ZERO, producer: Span::ZERO, counted_to: at }
    }

    /// The same with the time until `at` charged to whoever has it in `state`; a closed request is with nobody.
    #[must_use]
    pub fn charged(mut self, state: &State, at: Moment) -> Self {
        let more = at.since(self.counted_to);
        match state {
            State::Waiting(_) => self.reviewers = self.reviewers.and(more),
            State::ChangesRequested { .. } => self.producer = self.producer.and(more),
            State::Closed(_) => return self,
        }
        self.counted_to = self.counted_to.max(at);
        self
    }
}

/// What has been said and counted of a request's time so far.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Timing {
    /// When it is raised to the level above the one it is on; for the first level that is when it is overdue.
    pub raise_at: Option<Moment>,
    /// Up to which moment its reviewers were reminded: what was due by then is not said again.
    pub nudged: Option<Moment>,
    /// The same for its producer, while it has the ball.
    pub producer_nudged: Option<Moment>,
    /// Whose court it was in, how long.
    pub courts: Courts,
}

impl Timing {
    /// As it is asked for.
    pub const fn from(at: Moment) -> Self {
        Self { raise_at: None, nudged: None, producer_nudged: None, courts: Courts::from(at) }
    }

    /// The reviewers have it back after so long: what is ahead of them moves by that.
    pub fn give_back(&mut self, away: Span) {
        self.raise_at = self.raise_at.map(|at| at.plus(away));
        self.nudged = self.nudged.map(|at| at.plus(away));
        self.producer_nudged = None;
    }
}
