//! The use cases: load, decide, evolve, commit.

use crate::domain::command::{Command, Facts};
use crate::domain::event::Entry;
use crate::domain::moment::{Moment, Span};
use crate::domain::names::{RequestId, Seq};
use crate::domain::principal::{Caller, Face};
use crate::domain::refusal::Refusal;
use crate::domain::request::Request;
pub use crate::store::failure::Failure;
pub use crate::store::inbox::{From, Queue, Row};

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

/// How many requests are in each list.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counters { pub waiting: u64, pub open: u64, pub escalated: u64, pub decided: u64 }

/// What a decision left behind.
pub struct Decided { pub entries: Vec<Entry>, pub after: Request }

/// The program, as every face sees it.
pub struct App {}

impl App {
    /// The time.
    pub fn now(&self) -> Moment { todo!() }
    /// Who is asking, through `face`.
    pub fn caller(&self, face: Face) -> Caller { todo!() }
    /// Where this runs, for the header (host name).
    pub fn host(&self) -> crate::domain::text::Safe { todo!() }
    /// One page of a list.
    pub fn page(&self, queue: Queue, from: From<'_>, limit: usize) -> Result<Vec<Row>, Failure> { todo!() }
    /// The kept counters.
    pub fn counters(&self) -> Result<Counters, Failure> { todo!() }
    /// One request.
    pub fn request(&self, id: RequestId) -> Result<Request, Error> { todo!() }
    /// Its events, oldest first.
    pub fn history(&self, id: RequestId) -> Result<Vec<(Seq, Entry)>, Error> { todo!() }
    /// What is true of the caller and the request across requests: for greying keys.
    pub fn facts(&self, caller: &Caller, request: &Request) -> Result<Facts, Failure> { todo!() }
    /// Decides.
    pub fn decide(&mut self, id: RequestId, command: &Command, caller: &Caller) -> Result<Decided, Error> { todo!() }
    /// Records what is due by now; how many requests it touched.
    pub fn settle_due(&mut self) -> Result<usize, Failure> { todo!() }
    /// A listener for commits, for a thread of its own.
    pub fn bell(&self) -> Result<Bell, Failure> { todo!() }
}

/// Wakes its thread when something was committed.
pub struct Bell {}

impl Bell {
    /// Waits until somebody commits (true) or the time is over (false).
    pub fn wait(&mut self, at_most: Span) -> bool { todo!() }
}
