//! Who acts, for whom, how sure we are of it, and what they may do.

use crate::domain::names::{Fingerprint, PersonName, PrincipalName};
use crate::domain::policy::risk::Place;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::IpAddr;

/// What sort of principal acts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PrincipalKind {
    /// A person's principal.
    Human,
    /// A program's; owned by a person, or by nobody when it was only asserted.
    Agent,
    /// The program itself: the clock.
    System,
}

/// How sure we are who decided. Never more is printed than is known.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Assurance {
    /// The local account said so.
    #[serde(rename = "asserted")]
    Asserted,
    /// An OpenSSH forced command bound to one public key said so.
    #[serde(rename = "session")]
    Session,
    /// A signature over the decision says so.
    #[serde(rename = "signed")]
    Signed,
    /// A signature with a hardware key that somebody touched says so.
    #[serde(rename = "signed+touch")]
    SignedTouch,
}

impl Assurance {
    /// The word used everywhere.
    pub const fn word(self) -> &'static str {
        match self {
            Assurance::Asserted => "asserted",
            Assurance::Session => "session",
            Assurance::Signed => "signed",
            Assurance::SignedTouch => "signed+touch",
        }
    }

    /// Reads the word back.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Asserted, Self::Session, Self::Signed, Self::SignedTouch]
            .into_iter()
            .find(|a| a.word() == word)
    }
}

impl fmt::Display for Assurance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// Through which face a command came.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Face {
    /// The command line.
    Cli,
    /// The screen.
    Screen,
    /// Time, kept by the program.
    Clock,
    /// OpenSSH: the screen or one line of words, as somebody whose key sshd checked.
    Session,
}

/// One thing a principal may be allowed to do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// See all requests (everybody sees their own).
    See,
    /// Ask.
    Submit,
    /// Mark, sign off, reject, request changes, answer, claim.
    Review,
    /// Reassign.
    Assign,
    /// Raise a request to the next level.
    Escalate,
    /// Go ahead without the required sign-offs.
    Override,
    /// Start, promote, pause, resume and freeze a rollout.
    Rollout,
    /// Halt and roll back.
    Rollback,
    /// Fill an agent slot.
    CosignAgent,
    /// Take the log out.
    Export,
    /// Change policy and roster.
    Admin,
    /// Run approved work for its requester.
    Operator,
}

impl Permission {
    /// All permissions.
    pub const ALL: [Permission; 12] = [
        Permission::See,
        Permission::Submit,
        Permission::Review,
        Permission::Assign,
        Permission::Escalate,
        Permission::Override,
        Permission::Rollout,
        Permission::Rollback,
        Permission::CosignAgent,
        Permission::Export,
        Permission::Admin,
        Permission::Operator,
    ];

    /// The word used everywhere.
    pub const fn word(self) -> &'static str {
        match self {
            Permission::See => "see",
            Permission::Submit => "submit",
            Permission::Review => "review",
            Permission::Assign => "assign",
            Permission::Escalate => "escalate",
            Permission::Override => "override",
            Permission::Rollout => "rollout",
            Permission::Rollback => "rollback",
            Permission::CosignAgent => "cosign_agent",
            Permission::Export => "export",
            Permission::Admin => "admin",
            Permission::Operator => "operator",
        }
    }
}

/// A named bundle of permissions, as the roster gives it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Sees.
    Viewer,
    /// Asks, and sees their own.
    Producer,
    /// Asks, and signs in an agent's slot; for agents only.
    Agent,
    /// Decides.
    Reviewer,
    /// Decides, assigns and overrides.
    Lead,
    /// Decides and rolls out.
    Release,
    /// Sees and exports.
    Auditor,
    /// Changes policy; does not decide.
    Admin,
}

use Permission as P;

/// What each role may do: the one table. `rollback` is wider than `rollout` on purpose, and `admin` holds no `review`.
#[rustfmt::skip]
pub const ROLES: [(Role, &[Permission]); 8] = [
    (Role::Viewer, &[P::See]),
    (Role::Producer, &[P::Submit]),
    (Role::Agent, &[P::Submit, P::CosignAgent]),
    (Role::Reviewer, &[P::See, P::Submit, P::Review, P::Escalate, P::Rollback]),
    (Role::Lead, &[P::See, P::Submit, P::Review, P::Escalate, P::Rollback, P::Assign, P::Override]),
    (Role::Release, &[P::See, P::Submit, P::Review, P::Escalate, P::Rollback, P::Rollout]),
    (Role::Auditor, &[P::See, P::Export]),
    (Role::Admin, &[P::See, P::Admin, P::Export]),
];

/// What the account that owns a team store may do from its own shell: it decides nothing and fills no slot.
pub const OPERATOR: [Permission; 3] = [P::See, P::Export, P::Operator];

impl Role {
    /// The word used everywhere.
    pub const fn word(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Producer => "producer",
            Role::Agent => "agent",
            Role::Reviewer => "reviewer",
            Role::Lead => "lead",
            Role::Release => "release",
            Role::Auditor => "auditor",
            Role::Admin => "admin",
        }
    }

    /// Reads the word back.
    pub fn parse(word: &str) -> Option<Self> {
        ROLES.iter().map(|(role, _)| *role).find(|role| role.word() == word)
    }

    /// What it may do.
    pub fn permissions(self) -> &'static [Permission] {
        ROLES.iter().find(|(role, _)| *role == self).map_or(&[], |(_, permissions)| permissions)
    }

    /// Whether a principal of this sort can hold it. An agent holds none with which people decide.
    pub fn is_for(self, kind: PrincipalKind) -> bool {
        match kind {
            PrincipalKind::Human => self != Role::Agent,
            PrincipalKind::Agent => matches!(self, Role::Viewer | Role::Producer | Role::Agent),
            PrincipalKind::System => false,
        }
    }
}

/// Who is asking: handed to every use case; nothing about it is process-wide.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Caller {
    /// The acting principal.
    pub name: PrincipalName,
    /// What sort it is.
    pub kind: PrincipalKind,
    /// The person it belongs to (a human) or is owned by (an agent); nobody for an asserted producer.
    pub person: Option<PersonName>,
    /// How sure we are.
    pub assurance: Assurance,
    /// Through which face.
    pub face: Face,
    /// The key that sshd checked, where it says which.
    pub key: Option<Fingerprint>,
    /// From which address they came, where sshd says it.
    pub address: Option<IpAddr>,
}

impl Caller {
    /// The program itself, keeping time.
    pub fn system() -> Self {
        Self {
            name: PrincipalName::system(),
            kind: PrincipalKind::System,
            person: None,
            assurance: Assurance::Asserted,
            face: Face::Clock,
            key: None,
            address: None,
        }
    }
}

/// Who asked: kept with the request.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requester {
    /// The principal that asked.
    pub name: PrincipalName,
    /// What sort it is.
    pub kind: PrincipalKind,
    /// Its person or owner; nobody for an asserted producer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonName>,
}

impl Requester {
    /// Whether `caller` is the requester or somebody in control of it: the same principal, another principal of the
    /// same person, an agent of that person, or the person who owns the agent that asked.
    pub fn is(&self, caller: &Caller) -> bool {
        self.name == caller.name || (self.person.is_some() && self.person == caller.person)
    }

    /// Whether `caller` may do what is the requester's to do: the same principal, or its person in person. An agent does
    /// nothing with what its owner, or another agent of its owner, asked for.
    pub fn is_acted_for_by(&self, caller: &Caller) -> bool {
        self.name == caller.name
            || (caller.kind == PrincipalKind::Human && self.person.is_some() && self.person == caller.person)
    }

    /// Whether `caller` is the person who owns the agent that asked (and not the agent itself).
    pub fn is_agent_of(&self, caller: &Caller) -> bool {
        self.kind == PrincipalKind::Agent
            && caller.kind == PrincipalKind::Human
            && self.name != caller.name
            && self.person.is_some()
            && self.person == caller.person
    }
}

/// What the effective policy says about the caller, gathered inside the write.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Standing {
    /// What they may do.
    pub permissions: Vec<Permission>,
    /// The roles that say so.
    pub roles: Vec<Role>,
    /// What they hold for: a roster can bind them to environments, services and tenants.
    pub place: Place,
}

impl Standing {
    /// Everything: the OS user of a solo store.
    pub fn everything() -> Self {
        Self { permissions: Permission::ALL.to_vec(), roles: Vec::new(), place: Place::ANY }
    }

    /// What these roles say, all together.
    pub fn of(roles: &[Role]) -> Self {
        let mut permissions: Vec<Permission> =
            roles.iter().flat_map(|role| role.permissions()).copied().collect();
        permissions.sort_unstable();
        permissions.dedup();
        Self { permissions, roles: roles.to_vec(), place: Place::ANY }
    }

    /// The account that owns a team store, in its own shell.
    pub fn operator() -> Self {
        Self { permissions: OPERATOR.to_vec(), roles: Vec::new(), place: Place::ANY }
    }

    /// Whether `permission` is among them.
    pub fn may(&self, permission: Permission) -> bool {
        self.permissions.contains(&permission)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The role table of the design, word for word: lead and release are a reviewer and more.
    const DESIGN: [(&str, &str); 8] = [
        ("viewer", "see"),
        ("producer", "submit"),
        ("agent", "submit cosign_agent"),
        ("reviewer", "see submit review escalate rollback"),
        ("lead", "see submit review escalate rollback assign override"),
        ("release", "see submit review escalate rollback rollout"),
        ("auditor", "see export"),
        ("admin", "see admin export"),
    ];

    #[test]
    fn a_role_gives_what_the_design_says_and_nothing_else() {
        assert_eq!(ROLES.len(), DESIGN.len());
        for (word, permissions) in DESIGN {
            let (role, _) = ROLES.iter().find(|(role, _)| role.word() == word).unwrap();
            let standing = Standing::of(&[*role]);
            for permission in Permission::ALL {
                let given = permissions.split(' ').any(|word| word == permission.word());
                assert_eq!(standing.may(permission), given, "{word} {}", permission.word());
            }
        }
    }

    #[test]
    fn nobody_but_people_holds_what_people_decide_with() {
        for (role, permissions) in ROLES.iter().filter(|(role, _)| role.is_for(PrincipalKind::Agent)) {
            let deciding = [Permission::Review, Permission::Admin, Permission::Override, Permission::Rollout];
            assert!(!deciding.iter().any(|p| permissions.contains(p)), "{}", role.word());
        }
        assert!(!OPERATOR.iter().any(|p| ![P::See, P::Export, P::Operator].contains(p)));
    }

    #[test]
    fn two_roles_give_what_both_give() {
        let both = Standing::of(&[Role::Admin, Role::Lead]);
        assert!(
            both.may(Permission::Admin) && both.may(Permission::Review) && !both.may(Permission::Rollout)
        );
    }
}
