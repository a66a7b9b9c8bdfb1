//! Who is there: the Unix account, as one human with every permission, and the name it asserts with `--as`.

use crate::domain::names::{Fingerprint, PersonName, PrincipalName};
use crate::domain::principal::{Assurance, Caller, Face, PrincipalKind};
use crate::store::failure::Failure;
use std::net::IpAddr;

/// The account and the name it goes by. In a solo store nothing can prove more than the account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Identity {
    /// The account's own principal.
    pub account: PrincipalName,
    /// The name asserted with `--as`.
    pub as_name: Option<PrincipalName>,
    /// Whether sshd says who it is, and by which key.
    session: Option<(Option<Fingerprint>, Option<IpAddr>)>,
}

impl Identity {
    /// Looks the account up, and checks the asserted name.
    ///
    /// # Errors
    /// When the asserted name is no name.
    pub fn find(as_name: Option<&str>) -> Result<Self, Failure> {
        let uid = rustix::process::geteuid().as_raw();
        // Not from the environment, which anybody who starts the program can set.
        let passwd = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
        let account = passwd.lines().find_map(|line| {
            let mut fields = line.split(':');
            let (name, number) = (fields.next()?, fields.nth(1)?);
            (number.parse() == Ok(uid)).then(|| name.to_owned())
        });
        let account = PrincipalName::from_account(&account.unwrap_or_default(), uid);
        let as_name = match as_name {
            None => None,
            Some(name) if name == PrincipalName::system().as_str() => {
                return Err(Failure::unusable("--as system: the name is taken", "name somebody else"));
            }
            Some(name) => Some(PrincipalName::new(name).map_err(|e| {
                Failure::unusable(format!("--as {name}: {e}"), "name a principal such as alice")
            })?),
        };
        Ok(Self { account, as_name, session: None })
    }

    /// Whoever came through SSH under this name, with this key, from this address.
    pub fn session(name: PrincipalName, key: Option<Fingerprint>, address: Option<IpAddr>) -> Self {
        Self { account: name.clone(), as_name: Some(name), session: Some((key, address)) }
    }

    /// Whether sshd says who it is.
    pub fn is_session(&self) -> bool {
        self.session.is_some()
    }

    /// The caller behind `face`. Whatever name is asserted, the person is the account's: in a solo store another name
    /// is no second pair of eyes.
    pub fn caller(&self, face: Face) -> Caller {
        Caller {
            name: self.as_name.clone().unwrap_or_else(|| self.account.clone()),
            kind: PrincipalKind::Human,
            person: Some(PersonName::of(&self.account)),
            assurance: if self.is_session() { Assurance::Session } else { Assurance::Asserted },
            face: if self.is_session() { Face::Session } else { face },
            key: self.session.as_ref().and_then(|(key, _)| key.clone()),
            address: self.session.as_ref().and_then(|(_, address)| *address),
        }
    }
}
