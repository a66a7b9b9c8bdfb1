//! The use cases: load, gather facts, decide, evolve, commit. Clock, chance, config and identity are found here and
//! handed down; every face stands on this floor.

use crate::domain::names::RequestId;
use crate::domain::refusal::Refusal;

pub mod clock;
pub mod config;
pub mod identity;
pub mod session;
pub mod access;
pub mod place;
pub mod submit;
pub mod decide;
pub mod cosign;
pub mod signatures;
pub mod delta;
pub mod policy;
pub mod team;
pub mod execution;
pub mod programs;
pub mod run;
pub mod rollouts;
pub mod launch;
pub mod errand;
mod hands;
pub mod lists;
pub mod sight;
pub mod alike;
pub mod wait;
pub mod channels;
pub mod notices;
pub mod alarms;
pub mod keeping;
pub mod watch;
pub mod audit;
pub mod drafts;
pub mod talk;
pub mod evidence;
pub mod looking_back;
pub mod editor;
pub mod doctor;
pub mod troubles;
pub mod demo;

pub use crate::store::bell::Bell;
pub use crate::store::failure::Failure;
pub use crate::store::inbox::{From, Row};
pub use crate::store::log::Recorded;
pub use crate::store::looking_back::Owed;
pub use crate::store::notices::Tried;
pub use crate::store::queue::Queue;
pub use crate::store::search::{Ahead, Found};
pub use crate::store::sorted::Order;
pub use crate::store::verify::{Problem, Report};
pub use crate::store::watching::Keeping;
pub use alike::Alikes;
pub use clock::Clock;
pub use config::Config;
pub use decide::Decided;
pub use drafts::{Draft, Drafts};
pub use launch::{Errand, Returned, no_program};
pub use lists::{Counters, Kept, Looking};
pub use place::Place;
pub use submit::Submitted;

use crate::domain::principal::{Caller, Face};
use crate::store::Store;
use identity::Identity;

/// Why a use case did not happen.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Error {
    /// No, and why.
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// Cannot, and what it was doing.
    #[error("{0}")]
    Failed(#[from] Failure),
}

impl Error {
    /// The exit code of the command line.
    pub const fn exit_code(&self) -> u8 {
        match self {
            Error::Refused(refusal) => refusal.exit_code(),
            Error::Failed(failure) => failure.exit_code(),
        }
    }
}

impl crate::store::failure::Told for Error {
    fn failure(self) -> Result<Failure, Self> {
        match self {
            Error::Failed(failure) => Ok(failure),
            refused => Err(refused),
        }
    }
}

/// The program, as every face sees it: one open store, a clock, the settings, and who is there.
pub struct App {
    store: Store,
    clock: Clock,
    config: Config,
    identity: Identity,
    known: policy::Known,
    /// The settings file that was named, for a process of its own.
    config_path: Option<std::path::PathBuf>,
    /// The ear of whoever waited last: the kernel takes ten milliseconds to take one away.
    ear: Option<Bell>,
    /// How far whoever listens for what is urgent has heard.
    looked: Option<crate::store::urgent::Looked>,
    /// Who does rollouts' work.
    workers: std::sync::Arc<dyn rollouts::Workers>,
    /// What this process does for rollouts just now.
    working: rollouts::Working,
    /// When it was last looked for what is stuck.
    alarms_looked: Option<crate::domain::moment::Moment>,
    /// When it last forgot old notices.
    pruned: Option<crate::domain::moment::Moment>,
}

impl App {
    /// Opens the store at `place`, making it when there is none.
    ///
    /// # Errors
    /// A config that does not parse, a store that may not be used, or a disk error.
    pub fn open(place: &Place, clock: Clock) -> Result<Self, Failure> {
        let config = Config::read(place.config.as_deref())?;
        let identity = Identity::find(place.as_name.as_deref())?;
        Self::open_as(place, clock, config, identity)
    }

    /// Opens the store at `place` for `identity`.
    fn open_as(place: &Place, clock: Clock, config: Config, identity: Identity) -> Result<Self, Failure> {
        let path = place.store_path(&config)?;
        // It may be opened again from another directory.
        let config_path = place.config.as_deref().and_then(|named| std::path::absolute(named).ok());
        let birth =
            crate::store::open::Birth { at: clock.now(), account: identity.account.as_str().to_owned() };
        let store = Store::open_with(&path, &birth, Box::new(clock::chance), config.disk.room())?;
        let app = Self {
            store,
            clock,
            config,
            identity,
            known: policy::Known::default(),
            config_path,
            ear: None,
            looked: None,
            workers: std::sync::Arc::new(rollouts::OfPolicy),
            working: rollouts::Working::default(),
            alarms_looked: None,
            pruned: None,
        };
        app.let_in()?;
        Ok(app)
    }

    /// The same, with others who do rollouts' work.
    #[must_use]
    pub fn with_workers(mut self, workers: std::sync::Arc<dyn rollouts::Workers>) -> Self {
        self.workers = workers;
        self
    }

    /// The time.
    pub fn now(&self) -> crate::domain::moment::Moment {
        self.clock.now()
    }

    /// Who is asking, through `face`.
    pub fn caller(&self, face: Face) -> Caller {
        self.somebody(face)
    }

    /// The name asserted with `--as`, if one was.
    pub fn asserted_name(&self) -> Option<&crate::domain::names::PrincipalName> {
        self.identity.as_name.as_ref()
    }

    /// The host's name, for the header.
    pub fn host(&self) -> crate::domain::text::Safe {
        crate::domain::text::safe_line(&rustix::system::uname().nodename().to_string_lossy())
    }

    /// Where the store is.
    pub fn store_path(&self) -> &std::path::Path {
        self.store.path()
    }

    /// The settings.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Why the store is only read, if it is.
    pub fn read_only(&self) -> Option<&crate::domain::text::Safe> {
        self.store.read_only()
    }

    /// A listener for commits, for a thread of its own.
    ///
    /// # Errors
    /// When the bell's file cannot be made.
    pub fn bell(&self) -> Result<Bell, Failure> {
        self.store.bell()
    }

    /// One request by its number.
    ///
    /// # Errors
    /// [`Refusal::NoSuchRequest`], or its events cannot be read.
    pub fn request(&self, id: RequestId) -> Result<crate::domain::request::Request, Error> {
        self.store.still_there()?;
        self.looker()?.request(&self.store, id)
    }
}

/// The foreign format that has a signature beside it.
pub const SIGNED_ELSEWHERE: &str = crate::exchange::sshsig_approval::NAME;

impl App {
    /// Verifies an approval that was signed elsewhere, with its signature and the list of signers, and makes a request
    /// of it.
    ///
    /// # Errors
    /// What does not verify.
    pub fn signed_elsewhere(
        &self,
        document: &[u8],
        (signature, signers): (&str, &str),
        by: Option<&crate::domain::names::PrincipalName>,
        limits: &crate::domain::document::Limits,
    ) -> Result<crate::exchange::Imported, crate::domain::invalid::Invalid> {
        let beside = crate::exchange::sshsig_approval::Beside { signature, signers, now: self.now() };
        crate::exchange::sshsig_approval::read(document, beside, by, limits)
    }
}

/// Every foreign format that can be imported.
pub fn formats() -> &'static [crate::exchange::Format] {
    crate::exchange::FORMATS
}
