//! Drivers and sources, as a policy names them: which commands do the work of a rollout, what is filled into them, and
//! what is asked how it goes. Pure: nothing is started here.

pub mod filling;
pub mod fleet;
pub mod errand;

use crate::domain::moment::Span;
use crate::domain::names::{Identifier, ParamKey};
use crate::domain::rollout::{Act, Metric};
use filling::{Piece, Typed};
use std::collections::BTreeMap;

/// How long an act may take where a policy says nothing else.
pub const LIMIT: Span = Span::from_minutes(10);
/// How long whoever is ended has between TERM and KILL.
pub const GRACE: Span = Span::from_millis(5_000);

/// One driver.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DriverTerms {
    /// Its name in the policy.
    pub name: Identifier,
    /// What starts its programs, as another account: `["/usr/bin/sudo", "-n", "-u", "csrun", "--"]`. Empty: this account does.
    pub runner: Vec<String>,
    /// How long one act may take.
    pub limit: Span,
    /// How long it has between TERM and KILL.
    pub grace: Span,
    /// What does the work.
    pub way: Way,
}

/// What does the work.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Way {
    /// Commands, one for each act.
    Commands(Commands),
    /// The built-in one: a patch on a list of directories.
    PatchFleet(PatchFleet),
}

/// Commands, one for each act.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Commands {
    /// The argument arrays.
    pub acts: BTreeMap<Act, Vec<Piece>>,
    /// What of a request's parameters may be filled in, and what it may look like.
    pub params: BTreeMap<ParamKey, Typed>,
    /// The directory they run in.
    pub directory: String,
}

/// A patch on a list of directories. The patch is the request's: its parameters `patch` and `sha256`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PatchFleet {
    /// Which directories, in their order.
    pub fleet: Directories,
    /// Where what rolling back needs is kept, of each rollout in a directory of its own.
    pub state: String,
}

/// Which directories a fleet is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Directories {
    /// These.
    Named(Vec<String>),
    /// Those that a file lists, one a line, as it is when the snapshot is taken.
    Listed(String),
}

/// One source of readings.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SourceTerms {
    /// Its name in the policy.
    pub name: Identifier,
    /// How often it is asked.
    pub every: Span,
    /// How long one look may take.
    pub limit: Span,
    /// What it measures.
    pub metrics: Vec<Metric>,
    /// What is asked.
    pub asked: Asked,
}

/// What a source asks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Asked {
    /// The `probe` of a driver, which prints JSON.
    Driver(Identifier),
    /// A command of its own, which prints JSON.
    Command(Box<DriverTerms>),
    /// A server that speaks the HTTP API of Prometheus: where it is, and an instant query for each metric.
    Prometheus {
        /// The address, without a slash behind it.
        url: String,
        /// The query of each metric.
        queries: BTreeMap<Metric, String>,
    },
    /// This machine.
    Host,
}

/// How often a source is asked where a policy says nothing else: four times in the 60 s after which a reading is stale.
pub const EVERY: Span = Span::from_millis(15_000);
/// How long one look may take where a policy says nothing else.
pub const LOOK: Span = Span::from_millis(5_000);
