//! Team stores: how a store becomes one, who a caller is in it, and who stands in its roster.

use crate::app::policy::Shelf;
use crate::app::{App, Error, Failure};
use crate::domain::event::{Actor, Entry, Fact, Held, OfStore};
use crate::domain::invalid::Invalid;
use crate::domain::membership::{self, Member, Outsider};
use crate::domain::moment::Moment;
use crate::domain::names::{PrincipalName, RequestId, Seq};
use crate::domain::policy::Policy;
use crate::domain::policy::roster::Roster;
use crate::domain::principal::{Assurance, Caller, Face, Permission, PrincipalKind, Standing};
use crate::domain::quorum::Signer;
use crate::domain::refusal::Refusal;
use crate::domain::request::Request;
use crate::store::sight::{Own, Sight};
use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;

/// Who acts in this store, and what they may do in it.
pub(super) struct Place {
    /// The caller; in a team as the roster knows them.
    pub(super) caller: Caller,
    /// What they may do.
    pub(super) standing: Standing,
    /// Whether the store is a team's.
    pub(super) team: bool,
    /// What is there for them: in a team whoever only asks sees their own.
    pub(super) sight: Sight,
}

impl Place {
    /// Looked up under the policy in force, beside a write or inside it.
    ///
    /// # Errors
    /// [`Refusal::Outsider`], or the log cannot be read.
    pub(super) fn of(
        shelf: &impl Shelf,
        policy: &Policy,
        caller: &Caller,
        now: Moment,
    ) -> Result<Self, Error> {
        if shelf.founded()?.is_none() {
            let (caller, standing) = (caller.clone(), Standing::everything());
            return Ok(Self { caller, standing, team: false, sight: Sight::Everything });
        }
        let Member { caller, standing } =
            membership::member(policy, caller, now).map_err(Refusal::Outsider)?;
        let sight = sight_of(policy, &caller, &standing);
        Ok(Self { caller, standing, team: true, sight })
    }
}

/// What is there for a member of a team: everything for who may see, and else what they and everybody of their person asked
/// for; an agent that signs also sees what has a slot for it.
fn sight_of(policy: &Policy, caller: &Caller, standing: &Standing) -> Sight {
    if standing.may(Permission::See) {
        return Sight::Everything;
    }
    let Caller { name, kind, person, .. } = caller.clone();
    let theirs = policy.roster.principals.iter().filter(|of| Some(&of.person) == person.as_ref());
    let mut names: BTreeSet<PrincipalName> = theirs.map(|of| of.name.clone()).collect();
    names.insert(name.clone());
    let signs = kind == PrincipalKind::Agent && standing.may(Permission::CosignAgent);
    let roles = standing.roles.clone();
    let (of, assurance) = (person.clone(), Assurance::SignedTouch);
    let me = signs.then_some(Signer { name, kind, person: of, roles, assurance, newcomer: false });
    Sight::Own(Own { names, person, signs: me })
}

impl Place {
    /// Whether they see every request.
    pub(super) fn sees_all(&self) -> bool {
        self.sight == Sight::Everything
    }

    /// The request, for whoever stands here: what they may not see is not there. Every use case that was given a number
    /// reads through this, before it asks anything else of the request, so that the two cannot be told apart.
    ///
    /// # Errors
    /// [`Refusal::NoSuchRequest`], or its events cannot be read.
    pub(super) fn request(&self, shelf: &impl Shelf, id: RequestId) -> Result<Request, Error> {
        shelf.load(id, &self.sight)?.ok_or_else(|| Refusal::NoSuchRequest(id.to_string()).into())
    }
}

impl App {
    /// Whether the store is a team's.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn is_team(&self) -> Result<bool, Failure> {
        Ok(self.store.founded()?.is_some())
    }

    /// Makes the store a team's, for ever.
    ///
    /// # Errors
    /// It is one already, fewer than two admins, somebody else than the store's account, or the store cannot be written.
    pub fn found_team(&mut self, admins: &[PrincipalName]) -> Result<Seq, Error> {
        let refused = |why: Outsider| Error::from(Refusal::Outsider(why));
        if self.identity.as_name.is_some() || !self.is_the_accounts() {
            return Err(refused(Outsider::ForTheOperator("founding")));
        }
        let mut names = admins.to_vec();
        names.sort();
        names.dedup();
        let taken = [PrincipalName::operator(), PrincipalName::system()];
        if names.len() < 2 || names.len() != admins.len() || names.iter().any(|name| taken.contains(name)) {
            let why = "a team is founded with at least two admins, each named once with --admin, none of them operator or system";
            return Err(refused(Outsider::Mode(why)));
        }
        let now = self.now();
        let caller = self.identity.caller(Face::Cli);
        let account = self.identity.account.clone();
        self.store.write(|tx| {
            if tx.founded()?.is_some() {
                return Err(refused(Outsider::Mode(
                    "this store is a team's already; admins change its policy with `policy adopt`",
                )));
            }
            let entry = Entry {
                at: now,
                by: caller.name.clone(),
                assurance: caller.assurance,
                actor: Actor::of(&caller),
                fact: Fact::OfStore(OfStore::TeamFounded {
                    admins: admins.to_vec(),
                    account: account.clone(),
                }),
                payload: Held::None,
            };
            Ok(tx.found(&entry)?)
        })
    }

    /// Whether this process runs as the account that owns the store's file.
    fn is_the_accounts(&self) -> bool {
        let owner = self.store.path().symlink_metadata().map(|meta| meta.uid());
        owner.is_ok_and(|owner| owner == rustix::process::geteuid().as_raw())
    }

    /// Whether whoever opened this store may be here at all: in a team's nobody acts by `--as`.
    ///
    /// # Errors
    /// [`Failure::Refused`] with what to do, or the log cannot be read.
    pub(super) fn let_in(&self) -> Result<(), Failure> {
        if !self.is_team()? {
            return Ok(());
        }
        let caller = self.identity.caller(Face::Cli);
        if let (Assurance::Asserted, Some(name)) = (caller.assurance, &self.identity.as_name) {
            return Err(Failure::refused(Outsider::Asserted(name.clone()).to_string()));
        }
        Ok(())
    }

    /// Who is asking through `face`, as far as is known without asking the rules: each write asks them again.
    pub(super) fn somebody(&self, face: Face) -> Caller {
        let caller = self.identity.caller(face);
        if !self.is_team().unwrap_or(true) {
            return caller;
        }
        if caller.assurance == Assurance::Asserted && self.identity.as_name.is_none() {
            return membership::operator(caller);
        }
        let known = self.known.effective(&self.store).ok();
        let member = known.and_then(|policy| membership::member(&policy, &caller, self.now()).ok());
        member.map_or(caller, |member| member.caller)
    }

    /// Who revises by a document that names `by`. In a team the roster says who the caller is, whatever a document says;
    /// in a solo store the document's word is as good as `--as`.
    ///
    /// # Errors
    /// In a team, when `by` is neither the caller nor an agent they own; in a solo store, when `--as` says another name.
    pub fn reviser(&self, caller: &Caller, by: Option<&PrincipalName>) -> Result<Caller, Error> {
        if self.is_team()? {
            let policy = self.known.effective(&self.store)?;
            membership::requester(&policy, caller, by).map_err(Refusal::Outsider)?;
            return Ok(caller.clone());
        }
        // Two names for one call are refused.
        if let (Some(by), Some(name)) = (by, &self.identity.as_name)
            && by != name
        {
            let why = format!("the document says {by}, --as says {name}");
            return Err(Refusal::Invalid(Invalid::new("by", why)).into());
        }
        let name = by.unwrap_or(&caller.name).clone();
        Ok(Caller { name, ..caller.clone() })
    }

    /// The roster in force, with the admins that founded the team.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn roster(&self) -> Result<(Roster, Vec<PrincipalName>), Failure> {
        Ok((self.known.effective(&self.store)?.roster.clone(), self.store.founders()?))
    }

    /// Who the caller is in this store; whoever may not act in it may nothing.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub(super) fn place_of(&self, caller: &Caller) -> Result<Place, Failure> {
        let policy = self.known.effective(&self.store)?;
        match Place::of(&self.store, &policy, caller, self.now()) {
            Ok(place) => Ok(place),
            Err(Error::Refused(_)) => {
                let (caller, standing) = (caller.clone(), Standing::default());
                let sight = sight_of(&policy, &caller, &standing);
                Ok(Place { caller, standing, team: true, sight })
            }
            Err(Error::Failed(failure)) => Err(failure),
        }
    }
}
