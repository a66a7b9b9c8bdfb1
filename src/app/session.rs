//! A session: what sshd started for somebody whose key it checked. Only that comes from there: which key, and one line
//! of words. Who it is stands in the forced command, which is the server's; the environment is nobody's.

use crate::app::identity::Identity;
use crate::app::{App, Clock, Config, Error, Failure, Place};
use crate::domain::event::{Actor, Entry, Fact, Held, NotObeyed, OfStore, Payload};
use crate::domain::names::{Fingerprint, PrincipalName};
use crate::domain::policy::roster::Key;
use crate::domain::principal::Caller;
use crate::domain::refusal::exit;
use crate::domain::text::{Safe, Text, safe_line};
use rustix::fs::{FileType, Mode, OFlags};
use rustix::process::{Resource, Rlimit};
use std::ffi::OsString;
use std::io::Read;
use std::net::IpAddr;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// What a session keeps of its environment, and nothing else: the terminal's kind, once it was looked at.
const KEPT: &str = "TERM";
/// Where a locale is named, the strongest first.
const LOCALES: [&str; 3] = ["LC_ALL", "LC_CTYPE", "LANG"];
/// The longest name of a terminal.
const LONGEST_TERM: usize = 32;
/// The largest file in which sshd says how it knew somebody, in bytes.
const LARGEST_AUTH: u64 = 64 * 1024;
/// How much of a refused line is recorded, in columns.
const KEPT_OF_LINE: usize = 200;

/// What sshd handed over.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Arrival {
    /// The line of words, where there is one.
    pub line: Option<Vec<u8>>,
    /// The key that was checked, where sshd says which.
    pub key: Option<Fingerprint>,
    /// From which address the client came.
    pub address: Option<IpAddr>,
    /// Whether the client's locale says that it shows nothing but ASCII.
    pub ascii: bool,
}

impl Arrival {
    /// Takes what sshd handed over, clears the environment, and sees to it that no core is ever dumped. Called once,
    /// before anything else runs.
    ///
    /// # Errors
    /// [`NoEntry`], when it was not sshd that started this.
    pub fn take() -> Result<Self, NoEntry> {
        let said = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let connection = said("SSH_CONNECTION");
        let line = said("SSH_ORIGINAL_COMMAND").map(OsStringExt::into_vec);
        let auth = said("SSH_USER_AUTH").map(PathBuf::from);
        let terminal = said(KEPT).filter(is_terminal_name);
        // A server that takes no locale from its clients says nothing about them.
        let locale =
            LOCALES.iter().find_map(|name| said(name)).map(|name| name.to_string_lossy().to_lowercase());
        let ascii = locale.is_some_and(|name| !name.contains("utf-8") && !name.contains("utf8"));
        clear_environment(terminal);
        crate::drive::forbid();
        let none = Rlimit { current: Some(0), maximum: Some(0) };
        rustix::process::setrlimit(Resource::Core, none)
            .map_err(|e| Failure::io("forbidding core dumps", e, "nothing was done: try again"))?;
        if connection.is_none() {
            return Err(NoEntry::because(
                "a session is what sshd starts, by a forced command in authorized_keys (`countersign admin \
                 authorized-keys` writes it); at the account's own shell leave `session` out",
            ));
        }
        // "client-address client-port server-address server-port", as sshd writes it.
        let address = connection.as_ref().and_then(|text| text.to_str()?.split(' ').next()?.parse().ok());
        Ok(Self { line, key: auth.and_then(|path| key_in(&path)), address, ascii })
    }
}

/// Nothing that a client, or a file of the account, put into the environment is read by anybody from here on.
#[allow(unsafe_code, reason = "the standard library has no other way")]
fn clear_environment(terminal: Option<OsString>) {
    let names: Vec<OsString> = std::env::vars_os().map(|(name, _)| name).collect();
    for name in names {
        // SAFETY: called once, at the very start, when there is one thread and nobody holds a pointer into the
        // environment.
        unsafe { std::env::remove_var(&name) };
    }
    if let Some(terminal) = terminal {
        // SAFETY: as above.
        unsafe { std::env::set_var(KEPT, terminal) };
    }
}

/// Whether it is a name that a terminal can have: `[A-Za-z0-9._+-]`, at most 32 of them.
#[allow(clippy::ptr_arg, reason = "handed to `filter`, which has an owned one")]
fn is_terminal_name(name: &OsString) -> bool {
    let plain = |c: u8| c.is_ascii_alphanumeric() || b"._+-".contains(&c);
    let bytes = name.as_encoded_bytes();
    bytes.len() <= LONGEST_TERM && bytes.iter().all(|c| plain(*c))
}

/// The key that sshd checked, from the file in which it says so (`ExposeAuthInfo yes`). What cannot be read is not known.
fn key_in(path: &Path) -> Option<Fingerprint> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = rustix::fs::open(path, flags, Mode::empty()).ok()?;
    let meta = rustix::fs::fstat(&file).ok()?;
    let ours = meta.st_uid == 0 || meta.st_uid == rustix::process::geteuid().as_raw();
    if !ours || FileType::from_raw_mode(meta.st_mode) != FileType::RegularFile {
        return None;
    }
    let mut text = String::new();
    std::fs::File::from(file).take(LARGEST_AUTH).read_to_string(&mut text).ok()?;
    checked_key(&text)
}

/// The one key that the file names. Where it names several, which of them stands for this session is not known.
fn checked_key(text: &str) -> Option<Fingerprint> {
    let mut keys = text.lines().filter_map(|line| line.strip_prefix("publickey "));
    let key = keys.next().and_then(|line| Key::parse(line).ok())?;
    keys.next().is_none().then(|| Fingerprint::new(key.fingerprint).ok()).flatten()
}

/// Why there is no session.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NoEntry {
    /// No, and why.
    #[error("refused: {0}; nothing was done")]
    Refused(Safe),
    /// Cannot, and what it was doing.
    #[error("{0}")]
    Failed(#[from] Failure),
}

impl NoEntry {
    fn because(why: impl std::fmt::Display) -> Self {
        Self::Refused(Safe::composed(why))
    }

    /// The exit code of the command line.
    pub const fn exit_code(&self) -> u8 {
        match self {
            NoEntry::Refused(_) => exit::REFUSED,
            NoEntry::Failed(failure) => failure.exit_code(),
        }
    }
}

impl App {
    /// Opens the store at `place` for somebody who came through SSH as `name`.
    ///
    /// # Errors
    /// [`NoEntry`]: a store that is not there, not this account's or no team's, a name that is not in its roster, or a
    /// key that the roster no longer knows; and whatever [`App::open`] fails with.
    pub fn open_session(
        place: &Place,
        clock: Clock,
        name: &PrincipalName,
        arrival: &Arrival,
    ) -> Result<Self, NoEntry> {
        let config = Config::read(place.config.as_deref())?;
        let path = place.store_path(&config)?;
        // A session makes no store, and opens none that another account owns.
        let owner = std::fs::metadata(&path).map(|meta| meta.uid()).map_err(|e| {
            Failure::io("opening the store", e, "tell whoever runs this server; nothing was done")
        })?;
        if owner != rustix::process::geteuid().as_raw() {
            return Err(NoEntry::because(
                "the store belongs to another account than the one that sshd started this for: tell whoever runs this \
                 server",
            ));
        }
        let app = Self::open_as(
            place,
            clock,
            config,
            Identity::session(name.clone(), arrival.key.clone(), arrival.address),
        )?;
        app.admit(name, arrival)?;
        Ok(app)
    }

    /// Whether the roster has whoever came.
    fn admit(&self, name: &PrincipalName, arrival: &Arrival) -> Result<(), NoEntry> {
        if !self.is_team()? {
            return Err(NoEntry::because(
                "this store is one person's, and nobody else comes in: `countersign team init`, at the account's own \
                 shell, makes it a team's",
            ));
        }
        let policy = self.policy()?.policy;
        let Some(enrolled) = policy.roster.find(name) else {
            return Err(NoEntry::because(format_args!(
                "{name} is not in this store's roster: ask an admin to enrol you and to write authorized_keys again"
            )));
        };
        // Facts keep who is enrolled, and no keys; and then nothing is decided that lets anything run.
        let (Some(key), None) = (&arrival.key, &policy.trouble) else { return Ok(()) };
        let known = enrolled.keys.iter().find(|known| known.fingerprint == key.as_str());
        if known.is_none_or(|known| !known.is_valid_at(self.now())) {
            return Err(NoEntry::because(format_args!(
                "the key {key} is none of {name}'s in the roster, or not valid now: ask an admin to enrol it and to \
                 write authorized_keys again"
            )));
        }
        Ok(())
    }

    /// Whether this is a session. Then no process is started, and nobody keeps time.
    pub fn is_session(&self) -> bool {
        self.identity.is_session()
    }

    /// Records a line that was not obeyed, escaped and cut short; of one principal only so many a minute.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn note_refusal(&mut self, line: &[u8], why: NotObeyed, caller: &Caller) -> Result<(), Error> {
        let now = self.now();
        let shown = safe_line(&String::from_utf8_lossy(line.get(..4 * KEPT_OF_LINE).unwrap_or(line)));
        let shown = shown.clipped(KEPT_OF_LINE);
        let length = line.len() as u64;
        self.store.write(|tx| -> Result<(), Error> {
            if tx.notes_refusal_of(&caller.name, now)? {
                let payload = Payload { text: Some(Text::new(shown.as_str())), ..Payload::default() };
                tx.note_refusal(&Entry {
                    at: now,
                    by: caller.name.clone(),
                    assurance: caller.assurance,
                    actor: Actor::of(caller),
                    fact: Fact::OfStore(OfStore::SessionRefused { why, length }),
                    payload: Held::Here(Box::new(payload)),
                })?;
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_named_by_plain_letters() {
        for name in ["xterm-256color", "tmux", "screen.xterm+x", "vt100"] {
            assert!(is_terminal_name(&name.into()), "{name}");
        }
        for name in ["xterm$(id)", "x;y", "a b", "../x", "x\n", "é", &"x".repeat(33)] {
            assert!(!is_terminal_name(&name.into()), "{name}");
        }
    }

    #[test]
    fn the_key_is_the_one_that_sshd_names() {
        let one = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHGel5od1mBCQylxwl6rvrvY3981OoEDqhnwcrtqw+xV";
        let known = |text: &str| checked_key(text).map(|key| key.to_string());
        let print = Some("SHA256:yBwgg/5ted6O8ZdoEgfpMg9v44wHqxyRKJ27SCtFS9w".to_owned());
        assert_eq!(known(&format!("publickey {one}\n")), print);
        assert_eq!(
            known(&format!("publickey {one}\npublickey {one}\n")),
            None,
            "which of them it is nobody says"
        );
        for text in ["", "password\n", "publickey \n", "publickey ssh-ed25519 AAAA\n"] {
            assert_eq!(known(text), None, "{text}");
        }
    }
}
