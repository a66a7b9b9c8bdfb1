//! OpenSSH's `authorized_keys`: written from the roster, and read again to say what is wrong with the one that is there.
//!
//! Each line binds one key to one principal by a forced command. The program's path and the store's stand in it as they
//! are, and sshd hands that command to the account's shell: a path that a shell would read otherwise is refused.

use crate::domain::moment::Moment;
use crate::domain::names::PrincipalName;
use crate::domain::text::{Safe, safe_line};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A key that may open a session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Granted {
    /// As whom.
    pub principal: PrincipalName,
    /// Whether the principal is a person, who is given a terminal; a program needs none.
    pub terminal: bool,
    /// The public key: `type base64`.
    pub public: String,
    /// Its fingerprint, for whoever reads the file.
    pub fingerprint: String,
    /// From when on it opens nothing.
    pub until: Option<Moment>,
}

/// The words of a forced command in front of the principal's name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Command {
    /// The program's absolute path.
    program: String,
    /// The store's absolute path.
    store: String,
}

impl Command {
    /// The command that opens a session on `store`.
    ///
    /// # Errors
    /// A sentence, when a path is not absolute, or holds what a shell or `authorized_keys` would read otherwise.
    pub fn new(program: &str, store: &str) -> Result<Self, String> {
        for path in [program, store] {
            let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@,=:".contains(c);
            if !path.starts_with('/') || !path.chars().all(plain) {
                return Err(format!(
                    "{} cannot stand in authorized_keys: a forced command needs absolute paths of letters, digits and / . _ - + @ , = :",
                    safe_line(path)
                ));
            }
        }
        Ok(Self { program: program.to_owned(), store: store.to_owned() })
    }

    fn for_principal(&self, name: &PrincipalName) -> String {
        format!("{} --store {} session --as {name}", self.program, self.store)
    }
}

/// What the file begins with.
const HEAD: &str = "\
# Written by `countersign admin authorized-keys` from the roster; the next time it is written, edits here are lost.
# Each key opens sessions as one principal, and nothing else: no shell, no forwarding, no file of this account.
";

/// Whether this program wrote the file.
pub fn is_ours(text: &str) -> bool {
    HEAD.lines().next() == text.lines().next()
}

/// The file: one line a key, in the order given.
pub fn write(command: &Command, granted: &[Granted]) -> String {
    let mut out = HEAD.to_owned();
    for key in granted {
        let forced = command.for_principal(&key.principal);
        let terminal = if key.terminal { ",pty" } else { "" };
        let until = key.until.map(|until| format!(",expiry-time=\"{}\"", compact(until))).unwrap_or_default();
        // Writing to memory does not fail.
        let _ = writeln!(
            out,
            "command=\"{forced}\",restrict{terminal}{until} {} {} {}",
            key.public, key.principal, key.fingerprint
        );
    }
    out
}

/// A moment as sshd reads it: `20261120140203Z`.
fn compact(at: Moment) -> String {
    let digits: String = at.iso().chars().take(19).filter(char::is_ascii_digit).collect();
    format!("{digits}Z")
}

/// One line that names a key.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Line<'a> {
    number: usize,
    options: Vec<(String, Option<String>)>,
    kind: &'a str,
    key: &'a str,
}

impl Line<'_> {
    fn option(&self, name: &str) -> Option<&(String, Option<String>)> {
        self.options.iter().find(|(found, _)| found == name)
    }

    /// As whom the forced command opens a session, by the last `--as`.
    fn principal(&self) -> Option<&str> {
        let (_, command) = self.option("command")?;
        let words: Vec<&str> = command.as_deref()?.split_ascii_whitespace().collect();
        let session = words.iter().position(|word| *word == "session")?;
        match words.get(session..)? {
            ["session", "--as", name] => Some(name),
            _ => None,
        }
    }
}

/// Key types that are not to be trusted any more.
const WEAK: [&str; 2] = ["ssh-rsa", "ssh-dss"];
/// Options that give back what `restrict` took, beside the terminal.
const WIDENING: [&str; 5] =
    ["port-forwarding", "agent-forwarding", "x11-forwarding", "user-rc", "environment"];

/// Everything that is wrong with the file that is there, one sentence each, when `granted` is what it should hold.
pub fn faults(text: &str, granted: &[Granted], command: Option<&Command>) -> Vec<Safe> {
    let mut out = Vec::new();
    let mut say = |words: String| out.push(Safe::composed(words));
    let mut seen: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut found: Vec<(String, String)> = Vec::new();
    for (n, text) in text.lines().enumerate() {
        let number = n + 1;
        if text.trim().is_empty() || text.trim_start().starts_with('#') {
            continue;
        }
        let Some(line) = read(number, text) else {
            say(format!(
                "line {number} does not read: sshd passes over it, and whoever it was for cannot come in"
            ));
            continue;
        };
        if let Some(first) = seen.insert((line.kind, line.key), number) {
            say(format!(
                "line {number} has the key of line {first} again: sshd takes the first, whoever is named in the second"
            ));
        }
        if WEAK.contains(&line.kind) {
            say(format!(
                "line {number} has a key of type {}: use ed25519, ecdsa or a hardware key",
                line.kind
            ));
        }
        if line.option("cert-authority").is_some() {
            say(format!("line {number} trusts an authority: whom it lets in is not in the roster"));
        }
        if line.option("command").is_none() {
            say(format!(
                "line {number} has no command=: whoever has its key is this account, and the store's owner"
            ));
            continue;
        }
        if line.option("restrict").is_none() {
            say(format!("line {number} lacks `restrict`: it lets forwarding and more through"));
        }
        for (name, _) in line.options.iter().filter(|(name, _)| WIDENING.contains(&name.as_str())) {
            say(format!("line {number} gives back `{name}`: a session needs none of it"));
        }
        let Some(principal) = line.principal() else {
            say(format!("line {number} has a command= that does not end in `session --as NAME`"));
            continue;
        };
        let public = format!("{} {}", line.kind, line.key);
        match granted.iter().find(|key| key.public == public) {
            None if granted.iter().all(|key| key.principal.as_str() != principal) => say(format!(
                "line {number} is for {}, who is not in the roster or has no key there",
                safe_line(principal)
            )),
            None => say(format!(
                "line {number} has a key that {} does not have in the roster, or no longer",
                safe_line(principal)
            )),
            Some(key) if key.principal.as_str() != principal => say(format!(
                "line {number} opens sessions as {} with a key of {}",
                safe_line(principal),
                key.principal
            )),
            Some(key) => {
                let forced = line.option("command").and_then(|(_, value)| value.clone()).unwrap_or_default();
                if command.is_some_and(|command| command.for_principal(&key.principal) != forced) {
                    say(format!("line {number} names another program or store than this one"));
                }
                let until = line.option("expiry-time").and_then(|(_, value)| value.clone());
                if until != key.until.map(compact) {
                    say(format!("line {number} has another end of validity than the roster"));
                }
                if line.option("pty").is_some() && !key.terminal {
                    say(format!("line {number} gives a terminal to {principal}, which is a program"));
                }
            }
        }
        found.push((principal.to_owned(), public));
    }
    for key in granted.iter().filter(|key| {
        !found.iter().any(|(name, public)| *name == key.principal.as_str() && *public == key.public)
    }) {
        say(format!(
            "it lacks a key of {} ({}): they cannot come in with it",
            key.principal, key.fingerprint
        ));
    }
    out
}

/// Reads one line: options, type, key, comment.
fn read(number: usize, text: &str) -> Option<Line<'_>> {
    let text = text.trim();
    let first = text.split_ascii_whitespace().next()?;
    let (options, rest) = if is_key_type(first) { (Vec::new(), text) } else { options(text)? };
    let mut words = rest.split_ascii_whitespace();
    let (kind, key) = (words.next()?, words.next()?);
    let is_key = key.len() > 20 && key.bytes().all(|c| c.is_ascii_alphanumeric() || b"+/=".contains(&c));
    (is_key_type(kind) && is_key).then_some(Line { number, options, kind, key })
}

fn is_key_type(word: &str) -> bool {
    let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || b"-@.".contains(&c);
    ["ssh-", "ecdsa-", "sk-"].iter().any(|begin| word.starts_with(begin)) && word.bytes().all(plain)
}

/// The options in front of a key, names in lower case, and what stands behind them.
#[allow(clippy::type_complexity, reason = "pairs and a rest, named once")]
fn options(text: &str) -> Option<(Vec<(String, Option<String>)>, &str)> {
    let mut out = Vec::new();
    let mut rest = text;
    loop {
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))?;
        let name = rest.get(..end).filter(|name| !name.is_empty())?.to_ascii_lowercase();
        rest = rest.get(end..)?;
        let mut value = None;
        if let Some(quoted) = rest.strip_prefix("=\"") {
            let mut said = String::new();
            let mut chars = quoted.char_indices();
            let close = loop {
                match chars.next()? {
                    (at, '"') => break at,
                    (_, '\\') if quoted.get(chars.offset()..).is_some_and(|r| r.starts_with('"')) => {
                        said.extend(chars.next().map(|(_, c)| c));
                    }
                    (_, c) => said.push(c),
                }
            };
            value = Some(said);
            rest = quoted.get(close + 1..)?;
        }
        out.push((name, value));
        match rest.chars().next()? {
            ',' => rest = rest.get(1..)?,
            ' ' | '\t' => return Some((out, rest)),
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAliceAliceAliceAliceAliceAliceAliceAlice00";
    const CI: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICiCiCiCiCiCiCiCiCiCiCiCiCiCiCiCiCiCiCiCiC00";

    fn granted(name: &str, public: &str, terminal: bool) -> Granted {
        Granted {
            principal: PrincipalName::new(name).unwrap(),
            terminal,
            public: public.to_owned(),
            fingerprint: format!("SHA256:{name}"),
            until: None,
        }
    }

    fn command() -> Command {
        Command::new("/usr/bin/countersign", "/srv/cs/store.db").unwrap()
    }

    fn told(text: &str, granted: &[Granted]) -> Vec<String> {
        faults(text, granted, Some(&command())).iter().map(Safe::to_string).collect()
    }

    #[test]
    fn each_key_has_a_line_that_binds_it_to_one_principal_and_nothing_else() {
        let until = Moment::from_millis(1_795_183_976_693);
        let keys =
            [granted("alice", ALICE, true), Granted { until: Some(until), ..granted("ci", CI, false) }];
        let file = write(&command(), &keys);
        let lines: Vec<&str> = file.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(
            lines,
            [
                format!(
                    "command=\"/usr/bin/countersign --store /srv/cs/store.db session --as alice\",restrict,pty {ALICE} \
                     alice SHA256:alice"
                ),
                format!(
                    "command=\"/usr/bin/countersign --store /srv/cs/store.db session --as ci\",restrict,\
                     expiry-time=\"20261120141256Z\" {CI} ci SHA256:ci"
                ),
            ]
        );
        assert_eq!(told(&file, &keys), [] as [&str; 0], "what is written has no fault");
    }

    #[test]
    fn a_path_that_a_shell_would_read_otherwise_is_refused() {
        for path in
            ["countersign", "./x", "/a b/c", "/a;id", "/a$(id)", "/a\"b", "/a'b", "/a\nb", "/a%h", "/~x", ""]
        {
            assert!(Command::new(path, "/srv/store.db").is_err(), "{path}");
            assert!(Command::new("/usr/bin/countersign", path).is_err(), "{path}");
        }
    }

    #[test]
    fn every_fault_has_a_sentence_of_its_own() {
        let keys = [granted("alice", ALICE, true), granted("ci", CI, false)];
        let good = write(&command(), &keys);
        let line = |n: usize| good.lines().nth(n).unwrap().to_owned();
        let (alice, ci) = (line(2), line(3));
        let with = |odd: String| told(&format!("{alice}\n{ci}\n{odd}\n"), &keys);
        let other = ALICE.replace("Alice", "Other");
        let table = [
            (with(alice.clone()), "line 3 has the key of line 1 again"),
            (with(alice.replace("--as alice", "--as ci")), "line 3 has the key of line 1 again"),
            (told(&format!("{}\n{ci}", alice.replace(",restrict", "")), &keys), "line 1 lacks `restrict`"),
            (
                told(&format!("{}\n{ci}", alice.replace("pty", "pty,Agent-Forwarding")), &keys),
                "line 1 gives back `agent-forwarding`",
            ),
            (with(format!("{other} me@laptop")), "line 3 has no command="),
            (with(format!("restrict,pty {other}")), "line 3 has no command="),
            (
                with(format!("command=\"/usr/bin/countersign\",restrict {other}")),
                "line 3 has a command= that does not end in `session --as NAME`",
            ),
            (
                with(format!("command=\"/usr/bin/countersign session --as mallory\",restrict {other}")),
                "line 3 is for mallory, who is not in the roster",
            ),
            (
                with(format!("command=\"/usr/bin/countersign session --as alice\",restrict {other}")),
                "line 3 has a key that alice does not have in the roster",
            ),
            (
                told(&format!("{}\n{ci}", alice.replace("--as alice", "--as ci")), &keys),
                "line 1 opens sessions as ci with a key of alice",
            ),
            (
                told(&format!("{}\n{ci}", alice.replace("/srv/cs", "/srv/other")), &keys),
                "line 1 names another program or store",
            ),
            (
                told(&format!("{alice}\n{}", ci.replace("restrict", "restrict,pty")), &keys),
                "line 2 gives a terminal to ci, which is a program",
            ),
            (
                told(
                    &format!("{}\n{ci}", alice.replace(",pty", ",pty,expiry-time=\"20300101000000Z\"")),
                    &keys,
                ),
                "line 1 has another end of validity",
            ),
            (
                with("ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ old".to_owned()),
                "line 3 has a key of type ssh-rsa",
            ),
            (
                with("ssh-dss AAAAB3NzaC1kc3MAAACBAAAAAAAAAA old".to_owned()),
                "line 3 has a key of type ssh-dss",
            ),
            (with("command=\"x ssh-ed25519 AAAA".to_owned()), "line 3 does not read"),
            (
                with("cert-authority ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICAAAA ca".to_owned()),
                "line 3 trusts an authority",
            ),
            (told(&alice, &keys), "it lacks a key of ci (SHA256:ci)"),
        ];
        for (n, (told, expected)) in table.iter().enumerate() {
            assert!(told.iter().any(|words| words.starts_with(expected)), "{n}: {expected}: {told:?}");
        }
    }

    #[test]
    fn options_are_read_as_sshd_reads_them() {
        let text = r#"command="say \"a, b\" session --as alice",RESTRICT,from="10.0.0.0/8"  ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA x y"#;
        let line = read(1, text).unwrap();
        let names: Vec<&str> = line.options.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["command", "restrict", "from"]);
        assert_eq!(line.options[0].1.as_deref(), Some(r#"say "a, b" session --as alice"#));
        assert_eq!(line.principal(), Some("alice"));
        assert_eq!((line.kind, line.number), ("ssh-ed25519", 1));
    }
}
