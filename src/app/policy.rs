//! The policy: the one in force stands in the log, and is read inside every write; a file is only a proposal.

use crate::app::team::Place;
use crate::app::{App, Error, Failure};
use crate::domain::digest::PolicyDigest;
use crate::domain::event::{Actor, Enrolment, Entry, Fact, Held, OfStore, Payload};
use crate::domain::membership::{self, Outsider};
use crate::domain::moment::Moment;
use crate::domain::names::{RequestId, Seq};
use crate::domain::policy::roster::Roster;
use crate::domain::policy::{Assessment, Policy};
use crate::domain::principal::{Caller, Permission, Role};
use crate::domain::proposing;
use crate::domain::refusal::Refusal;
use crate::domain::request::Request;
use crate::domain::text::Text;
use crate::exchange::capability_matrix::{self, Proposed};
use crate::exchange::policy::{self, Wrong};
use crate::store::policy::{Adopted, Newest};
use crate::store::sight::Sight;
use crate::store::write::Tx;
use crate::store::{Store, inbox};
use std::cell::RefCell;
use std::sync::Arc;

/// The policy that was read last, with the event it came with: an event never changes, so it is parsed once.
#[derive(Default)]
pub(super) struct Known(RefCell<Option<(Newest, Arc<Policy>)>>);

/// Why nothing is decided in a team store before its first policy.
const NOT_YET: &str = "none was adopted since this store became a team's";

/// Where the newest policy is looked for: inside a write, or beside it.
pub(super) trait Shelf {
    fn newest(&self) -> Result<Option<Newest>, Failure>;
    fn adopted(&self, seq: Seq) -> Result<Result<Adopted, String>, Failure>;
    fn enrolled(&self, seq: Seq) -> Result<Vec<Enrolment>, Failure>;
    fn founded(&self) -> Result<Option<Seq>, Failure>;
    /// A request, for whoever reads.
    fn load(&self, id: RequestId, sight: &Sight) -> Result<Option<Request>, Failure>;
}

impl Shelf for Tx<'_> {
    fn newest(&self) -> Result<Option<Newest>, Failure> {
        self.newest_policy()
    }
    fn adopted(&self, seq: Seq) -> Result<Result<Adopted, String>, Failure> {
        Tx::adopted(self, seq)
    }
    fn enrolled(&self, seq: Seq) -> Result<Vec<Enrolment>, Failure> {
        Tx::enrolled(self, seq)
    }
    fn founded(&self) -> Result<Option<Seq>, Failure> {
        Tx::founded(self)
    }
    fn load(&self, id: RequestId, sight: &Sight) -> Result<Option<Request>, Failure> {
        Tx::load(self, id, sight)
    }
}

impl Shelf for Store {
    fn newest(&self) -> Result<Option<Newest>, Failure> {
        self.newest_policy()
    }
    fn adopted(&self, seq: Seq) -> Result<Result<Adopted, String>, Failure> {
        Store::adopted(self, seq)
    }
    fn enrolled(&self, seq: Seq) -> Result<Vec<Enrolment>, Failure> {
        Store::enrolled(self, seq)
    }
    fn founded(&self) -> Result<Option<Seq>, Failure> {
        Store::founded(self)
    }
    fn load(&self, id: RequestId, sight: &Sight) -> Result<Option<Request>, Failure> {
        Store::load(self, id, sight)
    }
}

impl Known {
    /// The policy in force: the built-in one while none was adopted. One that cannot be read is a policy in trouble,
    /// never the one before it.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub(super) fn effective(&self, shelf: &impl Shelf) -> Result<Arc<Policy>, Failure> {
        let founded = shelf.founded()?;
        let newest = shelf.newest()?;
        // What a solo store had adopted says nothing about a team.
        if founded.is_some_and(|founded| newest.is_none_or(|newest| newest.seq < founded)) {
            return Ok(Arc::new(Policy::unreadable(NOT_YET)));
        }
        let Some(newest) = newest else { return Ok(Arc::new(Policy::BUILT_IN)) };
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
        // Facts outlive a text that is gone: then they say who is who.
        let enrolled = shelf.enrolled(newest.seq)?;
        let policy = Arc::new(match read {
            Ok(policy) => Policy { roster: policy.roster.told(&enrolled), ..policy },
            Err(why) => {
                let why = format!("event {}, policy {}: {why}", newest.seq, newest.version);
                Policy { roster: Roster::of(&enrolled), ..Policy::unreadable(why) }
            }
        });
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
    /// A request proposes it; it is in force when an admin of another person signs it off.
    Proposed {
        /// The digest of its text.
        digest: PolicyDigest,
        /// The request.
        id: RequestId,
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

/// Why a policy would shut a team out of its own store at `now`; nothing for one that enrols no admins, as in a solo store.
pub fn locks_out(policy: &Policy, now: Moment) -> Option<String> {
    policy.roster.holders(Role::Admin).next()?;
    membership::can_be_changed(policy, now).err().map(|why| why.to_string())
}

/// Reads a capability matrix as the part of a policy that says the same; it needs no store, and puts nothing in force.
///
/// # Errors
/// What is wrong, as a clause.
pub fn from_matrix(text: &str) -> Result<Proposed, String> {
    capability_matrix::read(text)
}

/// Whether a policy may take effect at once in a team store that has none which can be read: the account that owns the
/// store adopts it, and it enrols the founders as admins.
fn first_of_team(tx: &Tx<'_>, policy: &Policy, place: &Place, now: Moment) -> Result<(), Error> {
    if !place.standing.may(Permission::Operator) {
        return Err(Refusal::Outsider(Outsider::ForTheOperator("the first adoption")).into());
    }
    membership::can_hold(policy, &tx.founders()?, now).map_err(|why| Refusal::Outsider(why).into())
}

/// Asks for another policy, which an admin of another person signs off.
fn propose(
    tx: &mut Tx<'_>,
    text: &str,
    policy: &Policy,
    effective: &Policy,
    place: &Place,
    now: Moment,
) -> Result<Adoption, Error> {
    let digest = PolicyDigest::of(text);
    if !place.standing.may(Permission::Admin) {
        return Err(Refusal::NotPermitted { permission: Permission::Admin }.into());
    }
    let Some(replaces) = effective.digest.filter(|replaces| *replaces != digest) else {
        return Ok(Adoption::Already(digest));
    };
    membership::can_hold(policy, &[], now).map_err(Refusal::Outsider)?;
    tx.room_for_more()?;
    let before = match tx.newest_policy()? {
        Some(newest) => Tx::adopted(tx, newest.seq)?.map(|adopted| adopted.text).unwrap_or_default(),
        None => String::new(),
    };
    let difference: Vec<String> = crate::present::policy::difference_raw(&before, text)
        .iter()
        .map(|(sign, line)| format!("{sign}{line}"))
        .collect();
    let content = proposing::content(digest, replaces, &difference)?;
    let facts = super::decide::facts(effective, place, tx.open_of(&place.caller.name)?, false);
    let entry = proposing::propose(content, text, &place.caller, &facts, now)?;
    let id = tx.next_number()?;
    tx.commit_new(id, &entry)?;
    Ok(Adoption::Proposed { digest, id })
}

/// Puts what an approved request proposes in force, in the transaction that approves it.
pub(super) fn take_effect(
    tx: &mut Tx<'_>,
    request: &Request,
    effective: &Policy,
    caller: &Caller,
    now: Moment,
) -> Result<(), Error> {
    let proposal = proposing::ready(request, effective)?;
    if !proposing::admitted(request) {
        let why = format!("{} is not signed off by an admin other than who proposed it", request.id);
        return Err(Refusal::Outsider(Outsider::Policy(why)).into());
    }
    let policy = policy::read(&proposal.text).map_err(|wrong| {
        Refusal::Outsider(Outsider::Policy(format!("what {} proposes cannot be read: {wrong}", request.id)))
    })?;
    membership::can_hold(&policy, &[], now).map_err(Refusal::Outsider)?;
    put_in_force(tx, &proposal.text, &policy, effective, caller, Some(request.id), now)?;
    Ok(())
}

/// Appends the adoption.
fn put_in_force(
    tx: &mut Tx<'_>,
    text: &str,
    policy: &Policy,
    effective: &Policy,
    caller: &Caller,
    proposal: Option<RequestId>,
    now: Moment,
) -> Result<(u64, Seq), Failure> {
    let version = tx.newest_policy()?.map_or(1, |newest| newest.version + 1);
    // Whom the first policy of a team enrols is there from the start: also for what was asked before.
    let first = tx.founded()?.is_some() && effective.roster.principals.is_empty();
    let since = if first { Moment::from_millis(0) } else { now };
    let payload = Payload { policy: Some(Text::new(text)), ..Payload::default() };
    let fact = Fact::OfStore(OfStore::PolicyAdopted {
        digest: PolicyDigest::of(text),
        rules: policy.rules.iter().map(|rule| rule.name.clone()).collect(),
        version,
        enrolled: policy.roster.clone().since(&effective.roster, since).enrolments(since),
        proposal,
    });
    let entry = Entry {
        at: now,
        by: caller.name.clone(),
        assurance: caller.assurance,
        actor: Actor::of(caller),
        fact,
        payload: Held::Here(Box::new(payload)),
    };
    Ok((version, tx.adopt(version, &entry)?))
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

    /// Puts a policy in force: in a solo store at once, by an event; in a team the first one, and every other is proposed
    /// by a request.
    ///
    /// # Errors
    /// A missing permission, a policy that cannot hold in a team, or the store cannot be written.
    pub fn adopt(&mut self, text: &str, policy: &Policy, caller: &Caller) -> Result<Adoption, Error> {
        let now = self.now();
        let digest = PolicyDigest::of(text);
        let known = &self.known;
        self.store.write(|tx| -> Result<Adoption, Error> {
            let effective = known.effective(tx)?;
            let place = Place::of(tx, &effective, caller, now)?;
            if place.team && effective.trouble.is_none() {
                return propose(tx, text, policy, &effective, &place, now);
            }
            if place.team {
                first_of_team(tx, policy, &place, now)?;
            }
            let newest = tx.newest_policy()?;
            let in_force = newest.map(|newest| Tx::adopted(tx, newest.seq)).transpose()?;
            if let Some(Ok(adopted)) = in_force
                && effective.trouble.is_none()
                && adopted.digest == digest
            {
                return Ok(Adoption::Already(digest));
            }
            let (version, seq) = put_in_force(tx, text, policy, &effective, &place.caller, None, now)?;
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
