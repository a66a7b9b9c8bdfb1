//! Who a caller is in a team store: told by the roster in force, never by the caller, and asked inside every write.

use crate::domain::moment::Moment;
use crate::domain::names::{Fingerprint, PersonName, PrincipalName};
use crate::domain::policy::Policy;
use crate::domain::policy::roster::Enrolled;
use crate::domain::principal::{Assurance, Caller, PrincipalKind, Requester, Role, Standing};
use crate::domain::proposing;
use std::collections::BTreeSet;
use std::fmt;

/// A caller as the roster knows them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Member {
    /// The caller, with kind and person from the roster.
    pub caller: Caller,
    /// What they may do.
    pub standing: Standing,
}

/// Why somebody may not act, or not so, in a team store.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outsider {
    /// Nobody acts here by word alone.
    Asserted(PrincipalName),
    /// The roster does not have them.
    NotEnrolled(PrincipalName),
    /// The key they came with is not theirs, or not valid now.
    KeyNotValid(PrincipalName, Fingerprint),
    /// They ask for somebody who is neither themselves nor an agent they own.
    ForAnother {
        /// Whom the document names.
        by: PrincipalName,
        /// Who hands it in.
        caller: PrincipalName,
    },
    /// It is for the account that owns the store, in its own shell.
    ForTheOperator(&'static str),
    /// A sensitive decision must say what was seen.
    Unseen,
    /// They were enrolled, or given more, after the request was made.
    Newcomer {
        /// Who.
        name: PrincipalName,
        /// Since when they are enrolled as they are.
        since: Moment,
    },
    /// The other of a person and an agent they own has signed.
    OnePerson {
        /// Who has.
        signed: PrincipalName,
    },
    /// The store's mode does not fit.
    Mode(&'static str),
    /// A policy cannot be adopted, and why.
    Policy(String),
}

impl Outsider {
    /// The short name that stands in the log.
    pub const fn word(&self) -> &'static str {
        match self {
            Outsider::Asserted(_) => "asserted",
            Outsider::NotEnrolled(_) => "not_enrolled",
            Outsider::KeyNotValid(..) => "key_not_valid",
            Outsider::ForAnother { .. } => "for_another",
            Outsider::ForTheOperator(_) => "operator_only",
            Outsider::Unseen => "unseen",
            Outsider::Newcomer { .. } => "newcomer",
            Outsider::OnePerson { .. } => "one_person",
            Outsider::Mode(_) => "mode",
            Outsider::Policy(_) => "policy",
        }
    }
}

impl fmt::Display for Outsider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outsider::Asserted(name) => write!(
                f,
                "this store is a team's: nobody acts in it by word alone, also not {name}; come in through SSH with a key of the roster"
            ),
            Outsider::NotEnrolled(name) => {
                write!(
                    f,
                    "{name} is not in the roster of this team's store; an admin enrols them with `policy adopt`"
                )
            }
            Outsider::KeyNotValid(name, key) => write!(
                f,
                "the key {key} is not, or no longer, valid for {name}: an admin enrols another with `policy adopt`"
            ),
            Outsider::ForAnother { by, caller } => write!(
                f,
                "by: the document says {by}, and you are {caller}: a document is its asker's own, or of an agent they own; nothing was stored"
            ),
            Outsider::ForTheOperator(what) => write!(
                f,
                "in a team store {what} is for the account that owns it, in its own shell, without --as"
            ),
            Outsider::Unseen => write!(
                f,
                "a sensitive decision says what it is on: look with `show`, and add the --digest it prints"
            ),
            Outsider::Newcomer { name, since } => write!(
                f,
                "{name} is enrolled as they are since {}, after this was asked for: on something sensitive that does not count",
                since.date_and_time()
            ),
            Outsider::OnePerson { signed } => write!(
                f,
                "{signed} has signed, and is of the same person: a person and their agents are one pair of eyes, and fill one slot"
            ),
            Outsider::Mode(why) => f.write_str(why),
            Outsider::Policy(why) => write!(f, "{}", crate::domain::text::safe_line(why)),
        }
    }
}

/// Who `caller` is under `policy` in a team store.
///
/// # Errors
/// An [`Outsider`]: only asserted, not enrolled, or with a key that is not valid at `now`.
pub fn member(policy: &Policy, caller: &Caller, now: Moment) -> Result<Member, Outsider> {
    if caller.kind == PrincipalKind::System && caller.name == PrincipalName::system() {
        return Ok(Member { caller: caller.clone(), standing: Standing::everything() });
    }
    if caller.assurance == Assurance::Asserted {
        return if caller.name == PrincipalName::operator() {
            Ok(Member { caller: operator(caller.clone()), standing: Standing::operator() })
        } else {
            Err(Outsider::Asserted(caller.name.clone()))
        };
    }
    let enrolled =
        policy.roster.find(&caller.name).ok_or_else(|| Outsider::NotEnrolled(caller.name.clone()))?;
    // In a policy that cannot be read no key can be; then nothing is decided that lets anything run.
    if let (Some(key), None) = (&caller.key, &policy.trouble) {
        let theirs = enrolled.keys.iter().find(|known| known.fingerprint == key.as_str());
        if !theirs.is_some_and(|known| known.is_valid_at(now)) {
            return Err(Outsider::KeyNotValid(caller.name.clone(), key.clone()));
        }
    }
    let caller = Caller { kind: enrolled.kind, person: Some(enrolled.person.clone()), ..caller.clone() };
    let standing = Standing { place: enrolled.place.clone(), ..Standing::of(&enrolled.roles) };
    Ok(Member { caller, standing })
}

/// The account that owns the store, in its own shell: nobody's person, and no human or agent.
pub fn operator(caller: Caller) -> Caller {
    Caller {
        name: PrincipalName::operator(),
        kind: PrincipalKind::System,
        person: None,
        assurance: Assurance::Asserted,
        key: None,
        ..caller
    }
}

/// Who asks by a document that names `by`: its caller, or an agent of the caller's person.
///
/// # Errors
/// [`Outsider::ForAnother`].
pub fn requester(
    policy: &Policy,
    caller: &Caller,
    by: Option<&PrincipalName>,
) -> Result<Requester, Outsider> {
    let itself = || Requester { name: caller.name.clone(), kind: caller.kind, person: caller.person.clone() };
    let Some(by) = by.filter(|by| **by != caller.name) else { return Ok(itself()) };
    let owned =
        |of: &&Enrolled| of.kind == PrincipalKind::Agent && Some(&of.person) == caller.person.as_ref();
    match policy.roster.find(by).filter(owned) {
        Some(agent) => {
            Ok(Requester { name: agent.name.clone(), kind: agent.kind, person: Some(agent.person.clone()) })
        }
        None => Err(Outsider::ForAnother { by: by.clone(), caller: caller.name.clone() }),
    }
}

/// Whether a roster can hold in a team store at `now`: every founder is one of its admins, where `founders` are named, its
/// admins are at least two people, so that there always is another one, and enough of them can sign what changing it asks for.
///
/// # Errors
/// Who is missing.
pub fn can_hold(policy: &Policy, founders: &[PrincipalName], now: Moment) -> Result<(), Outsider> {
    let is_admin =
        |name: &&PrincipalName| policy.roster.find(name).is_some_and(|of| of.roles.contains(&Role::Admin));
    if let Some(missing) = founders.iter().find(|name| !is_admin(name)) {
        return Err(Outsider::Policy(format!(
            "the first policy of a team enrols its founders with the role admin, and {missing} is not: add them to [[principal]]"
        )));
    }
    let mut people: Vec<&PersonName> = policy.roster.holders(Role::Admin).map(|of| &of.person).collect();
    people.sort();
    people.dedup();
    if people.len() < 2 {
        let why = "a team's policy has admins of at least two people, or nobody could ever change it again";
        return Err(Outsider::Policy(why.to_owned()));
    }
    can_be_changed(policy, now)
}

/// Whether the admins of a roster could sign off its next change at `now`: whoever proposes it fills no slot, each of the
/// others one, and a slot that asks for a signature only with a key that is valid.
///
/// # Errors
/// What is missing.
pub fn can_be_changed(policy: &Policy, now: Moment) -> Result<(), Outsider> {
    let admins = || policy.roster.holders(Role::Admin).filter(|of| of.kind == PrincipalKind::Human);
    let people = |of: &mut dyn Iterator<Item = &Enrolled>| {
        of.map(|of| of.person.clone()).collect::<BTreeSet<_>>().len()
    };
    let (rule, slots) = proposing::asks(policy);
    let rule = crate::domain::text::safe_line(&rule);
    let all = people(&mut admins());
    if all < slots.len() + 1 {
        return Err(Outsider::Policy(format!(
            "changing this policy asks for {} sign-offs beside whoever proposes it (rule {rule}), and its admins are {all} people: nobody could \
             ever change it again",
            slots.len()
        )));
    }
    for assurance in [Assurance::Signed, Assurance::SignedTouch] {
        let asked = slots.iter().filter(|slot| slot.assurance >= assurance).count();
        let can = |of: &&Enrolled| of.signs_at(now).is_some_and(|best| best >= assurance);
        let able = people(&mut admins().filter(can));
        if asked > 0 && able < asked + 1 {
            let without: Vec<&str> = admins().filter(|of| !can(of)).map(|of| of.name.as_str()).collect();
            return Err(Outsider::Policy(format!(
                "changing this policy asks for {asked} sign-offs by a key ({assurance}) beside whoever proposes it (rule {rule}), and {able} of its \
                 admins have such a key that is valid now: nobody could ever change it again; enrol a key for {}",
                without.join(", ")
            )));
        }
    }
    Ok(())
}
