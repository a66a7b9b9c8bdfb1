//! The policy: the one in force stands in the log, and is read inside every write; a file is only a proposal.

use crate::app::{App, Error, Failure};
use crate::domain::digest::PolicyDigest;
use crate::domain::event::{Actor, Entry, Fact, Held, Payload};
use crate::domain::names::{RequestId, Seq};
use crate::domain::policy::{Assessment, Policy};
use crate::domain::principal::Caller;
use crate::domain::text::Text;
use crate::exchange::policy::{self, Wrong};
use crate::store::policy::{Adopted, Newest};
use crate::store::write::Tx;
use crate::store::{Store, inbox};
use std::cell::RefCell;
use std::sync::Arc;

/// The policy that was read last, with the event it came with: an event never changes, so it is parsed once.
#[derive(Default)]
pub(super) struct Known(RefCell<Option<(Newest, Arc<Policy>)>>);

/// Where the newest policy is looked for: inside a write, or beside it.
pub(super) trait Shelf {
    fn newest(&self) -> Result<Option<Newest>, Failure>;
    fn adopted(&self, seq: Seq) -> Result<Result<Adopted, String>, Failure>;
}

impl Shelf for Tx<'_> {
    fn newest(&self) -> Result<Option<Newest>, Failure> {
        self.newest_policy()
    }
    fn adopted(&self, seq: Seq) -> Result<Result<Adopted, String>, Failure> {
        Tx::adopted(self, seq)
    }
}

impl Shelf for Store {
    fn newest(&self) -> Result<Option<Newest>, Failure> {
        self.newest_policy()
    }
    fn adopted(&self, seq: Seq) -> Result<Result<Adopted, String>, Failure> {
        Store::adopted(self, seq)
    }
}

impl Known {
    /// The policy in force: the built-in one while none was adopted. One that cannot be read is a policy in trouble,
    /// never the one before it.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub(super) fn effective(&self, shelf: &impl Shelf) -> Result<Arc<Policy>, Failure> {
        let Some(newest) = shelf.newest()? else { return Ok(Arc::new(Policy::BUILT_IN)) };
        if let Some((of, policy)) = &*self.0.borrow()
            && *of == newest
        {
            return Ok(policy.clone());
        }
        let read = shelf.adopted(newest.seq)?.and_then(|adopted| {
            policy::read(&adopted.text)
                .map_err(|wrong| format!("{wrong}; perhaps a newer program wrote it"))
                .map(|policy| Policy { digest: Some(adopted.digest), ..policy })
        });
        let policy = Arc::new(read.unwrap_or_else(|why| {
            Policy::unreadable(format!("event {}, policy {}: {why}", newest.seq, newest.version))
        }));
        *self.0.borrow_mut() = Some((newest, policy.clone()));
        Ok(policy)
    }
}

/// The policy in force, as it is told.
#[derive(Clone, PartialEq, Debug)]
pub struct InForce {
    /// What it holds.
    pub policy: Arc<Policy>,
    /// Its text and the event it came with; nothing for the built-in one, and for one that cannot be read.
    pub adopted: Option<Adopted>,
    /// The how-manieth it is; nothing for the built-in one.
    pub version: Option<u64>,
    /// Its place in the log.
    pub seq: Option<Seq>,
}

/// What adopting did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Adoption {
    /// It is in force from this event on.
    InForce {
        /// The digest of its text.
        digest: PolicyDigest,
        /// The how-manieth.
        version: u64,
        /// The event.
        seq: Seq,
    },
    /// It was in force already; nothing was recorded.
    Already(PolicyDigest),
}

/// What another policy would make of one open request.
#[derive(Clone, PartialEq, Debug)]
pub struct Change {
    /// Which request.
    pub id: RequestId,
    /// As it is judged.
    pub before: Assessment,
    /// As it would be.
    pub after: Assessment,
}

/// How many open requests a comparison looks at.
const LOOKED_AT: usize = 500;

/// Reads and checks a policy file; it needs no store.
///
/// # Errors
/// The first thing that is wrong, with its line.
pub fn check(text: &str) -> Result<Policy, Wrong> {
    policy::read(text)
}

/// The longest policy, in bytes.
pub const LONGEST: usize = policy::LONGEST;

impl App {
    /// The policy in force.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn policy(&self) -> Result<InForce, Failure> {
        let policy = self.known.effective(&self.store)?;
        let newest = self.store.newest_policy()?;
        let adopted = match newest {
            Some(newest) => self.store.adopted(newest.seq)?.ok(),
            None => None,
        };
        Ok(InForce { policy, adopted, version: newest.map(|n| n.version), seq: newest.map(|n| n.seq) })
    }

    /// Puts a policy in force: in a solo store at once, by an event.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn adopt(&mut self, text: &str, policy: &Policy, caller: &Caller) -> Result<Adoption, Error> {
        let now = self.now();
        let digest = PolicyDigest::of(text);
        let rules: Vec<String> = policy.rules.iter().map(|rule| rule.name.clone()).collect();
        self.store.write(|tx| -> Result<Adoption, Error> {
            let newest = tx.newest_policy()?;
            let in_force = newest.map(|newest| Tx::adopted(tx, newest.seq)).transpose()?;
            if let Some(Ok(adopted)) = in_force
                && adopted.digest == digest
            {
                return Ok(Adoption::Already(digest));
            }
            let version = newest.map_or(1, |newest| newest.version + 1);
            let payload = Payload { policy: Some(Text::new(text)), ..Payload::default() };
            let entry = Entry {
                at: now,
                by: caller.name.clone(),
                assurance: caller.assurance,
                actor: Actor::of(caller),
                fact: Fact::PolicyAdopted { digest, rules: rules.clone(), version },
                payload: Held::Here(Box::new(payload)),
            };
            let seq = tx.adopt(version, &entry)?;
            Ok(Adoption::InForce { digest, version, seq })
        })
    }

    /// What `policy` would make of the open requests, as far as it is another risk, other sign-offs or another rule; and
    /// whether there are more than were looked at.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn would_change(&self, policy: &Policy) -> Result<(Vec<Change>, bool), Error> {
        let rows = self.page(crate::app::Queue::Open, inbox::From::Start, LOOKED_AT)?;
        let more = rows.len() == LOOKED_AT;
        let mut changes = Vec::new();
        for row in rows {
            let request = self.request(row.id)?;
            let Some(content) = &request.content else { continue };
            let (before, after) = (request.assessment().clone(), policy.assess(content));
            let told = |a: &Assessment| (a.risk, a.slots.clone(), a.rule.clone(), a.violation.is_some());
            if told(&before) != told(&after) {
                changes.push(Change { id: row.id, before, after });
            }
        }
        Ok((changes, more))
    }
}
