//! The roster: who is enrolled, for which person, with which roles and keys. It is part of the policy, and holds from
//! the event that adopted it.
//!
//! In a solo store it only gives keys to sign with: there is one person, who may do everything.

use crate::domain::event::Enrolment;
use crate::domain::moment::Moment;
use crate::domain::names::{PersonName, PrincipalName};
use crate::domain::policy::risk::Place;
use crate::domain::principal::{Assurance, PrincipalKind, Role};
use crate::domain::quorum::Signer;
use sha2::{Digest as _, Sha256};

/// Everybody who is enrolled, in the order of the file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Roster {
    /// The principals; each name, and each key, once.
    pub principals: Vec<Enrolled>,
}

/// One enrolled principal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Enrolled {
    /// Its name.
    pub name: PrincipalName,
    /// A human or an agent; fixed by the enrolment, and never taken from a caller.
    pub kind: PrincipalKind,
    /// A human's person, or an agent's owner.
    pub person: PersonName,
    /// What it may do is what these say.
    pub roles: Vec<Role>,
    /// What its roles hold for: all there is, where nothing is said.
    pub place: Place,
    /// What it signs and comes in with.
    pub keys: Vec<Key>,
    /// Since when it is enrolled as it is: with this kind, person, and at least these roles and keys. Told by the log,
    /// not by the file; nothing where the log does not say.
    pub since: Option<Moment>,
}

/// One public key of a principal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Key {
    /// `type base64`, as one line of OpenSSH has it, without a comment.
    pub public: String,
    /// `SHA256:…`, as `ssh-keygen -l` prints it.
    pub fingerprint: String,
    /// From when on it is valid; nothing: always.
    pub valid_after: Option<Moment>,
    /// Until when it is valid; nothing: always.
    pub valid_before: Option<Moment>,
    /// Whether it was taken back.
    pub revoked: bool,
}

/// The algorithms that are taken, each with the parts its key has after its name.
const ALGORITHMS: [(&str, &[Part]); 4] = [
    ("ssh-ed25519", &[Part::Bytes(32)]),
    ("sk-ssh-ed25519@openssh.com", &[Part::Bytes(32), Part::Application]),
    ("ecdsa-sha2-nistp256", &[Part::Curve, Part::Point]),
    ("sk-ecdsa-sha2-nistp256@openssh.com", &[Part::Curve, Part::Point, Part::Application]),
];

/// One part of a key.
#[derive(Clone, Copy)]
enum Part {
    /// So many bytes.
    Bytes(usize),
    /// The name of the curve.
    Curve,
    /// An uncompressed point of P-256.
    Point,
    /// What a hardware key was made for.
    Application,
}

/// What to do instead of a key that is not taken.
const USE: &str = "make one with `ssh-keygen -t ed25519` (or `-t ed25519-sk` on a hardware key)";

impl Roster {
    /// The principal of that name.
    pub fn find(&self, name: &PrincipalName) -> Option<&Enrolled> {
        self.principals.iter().find(|enrolled| enrolled.name == *name)
    }

    /// The key of that fingerprint, and whose it is, valid or not.
    pub fn key(&self, fingerprint: &str) -> Option<(&Enrolled, &Key)> {
        self.principals.iter().find_map(|enrolled| {
            let key = enrolled.keys.iter().find(|key| key.fingerprint == fingerprint)?;
            Some((enrolled, key))
        })
    }

    /// The roster with the time since when each is enrolled as it is: what `before` had already stays, all else is new
    /// at `now`.
    pub fn since(mut self, before: &Roster, now: Moment) -> Self {
        for enrolled in &mut self.principals {
            let known = before.find(&enrolled.name).filter(|known| enrolled.adds_nothing_to(known));
            enrolled.since = Some(known.and_then(|known| known.since).unwrap_or(now));
        }
        self
    }

    /// Who is enrolled, as facts say it.
    pub fn enrolments(&self, now: Moment) -> Vec<Enrolment> {
        let enrolment = |of: &Enrolled| Enrolment {
            name: of.name.clone(),
            kind: of.kind,
            person: of.person.clone(),
            roles: of.roles.clone(),
            since: of.since.unwrap_or(now),
        };
        self.principals.iter().map(enrolment).collect()
    }

    /// What facts say of who is enrolled, where the text cannot be read: nobody has a key then.
    pub fn of(enrolments: &[Enrolment]) -> Self {
        let enrolled = |of: &Enrolment| Enrolled {
            name: of.name.clone(),
            kind: of.kind,
            person: of.person.clone(),
            roles: of.roles.clone(),
            place: Place::ANY,
            keys: Vec::new(),
            since: Some(of.since),
        };
        Self { principals: enrolments.iter().map(enrolled).collect() }
    }

    /// The roster with the times that facts tell.
    pub fn told(mut self, enrolments: &[Enrolment]) -> Self {
        for enrolled in &mut self.principals {
            enrolled.since = enrolments.iter().find(|of| of.name == enrolled.name).map(|of| of.since);
        }
        self
    }

    /// Who holds `role`.
    pub fn holders(&self, role: Role) -> impl Iterator<Item = &Enrolled> {
        self.principals.iter().filter(move |enrolled| enrolled.roles.contains(&role))
    }
}

impl Enrolled {
    /// How sure a signature of theirs could make the store at `now`; nothing without a key that is valid.
    pub fn signs_at(&self, now: Moment) -> Option<Assurance> {
        let worth = |key: &Key| match key.algorithm().starts_with("sk-") {
            true => Assurance::SignedTouch,
            false => Assurance::Signed,
        };
        self.keys.iter().filter(|key| key.is_valid_at(now)).map(worth).max()
    }

    /// As they would sign.
    pub fn as_signer(&self, assurance: Assurance) -> Signer {
        Signer {
            name: self.name.clone(),
            kind: self.kind,
            person: Some(self.person.clone()),
            roles: self.roles.clone(),
            assurance,
            newcomer: false,
        }
    }

    /// Whether this gives nothing that `before` did not: the same principal of the same person, with no role and no
    /// valid key added.
    pub fn adds_nothing_to(&self, before: &Enrolled) -> bool {
        let had =
            |key: &Key| before.keys.iter().any(|k| k.public == key.public && (!k.revoked || key.revoked));
        self.name == before.name
            && self.kind == before.kind
            && self.person == before.person
            && self.place == before.place
            && self.roles.iter().all(|role| before.roles.contains(role))
            && self.keys.iter().all(had)
    }
}

impl Key {
    /// Reads one line as `ssh-keygen` writes it to a `.pub` file; a comment behind the key is left out.
    ///
    /// # Errors
    /// Why it is no key that is taken, and what to do.
    pub fn parse(line: &str) -> Result<Self, String> {
        let mut words = line.split_ascii_whitespace();
        let (Some(algorithm), Some(base64)) = (words.next(), words.next()) else {
            return Err(format!("is one line of OpenSSH, `type base64`; {USE}, and copy its .pub file"));
        };
        let Some((_, parts)) = ALGORITHMS.iter().find(|(name, _)| *name == algorithm) else {
            return Err(refused(algorithm));
        };
        let blob = decoded(base64).ok_or("the part behind the type is not base64")?;
        let mut rest = blob.as_slice();
        let said = field(&mut rest);
        if said != Some(algorithm.as_bytes()) {
            return Err(format!("says {algorithm} and holds a key of another type"));
        }
        let whole = parts.iter().all(|part| field(&mut rest).is_some_and(|bytes| part.fits(bytes)));
        if !whole || !rest.is_empty() {
            return Err(format!("is no whole {algorithm} key; copy the .pub file as it is"));
        }
        let fingerprint = format!("SHA256:{}", encoded(&Sha256::digest(&blob)).trim_end_matches('='));
        // Written anew, so that one key has one form however its line was padded.
        let public = format!("{algorithm} {}", encoded(&blob));
        Ok(Self { public, fingerprint, valid_after: None, valid_before: None, revoked: false })
    }

    /// Whether it may be used at `now`.
    pub fn is_valid_at(&self, now: Moment) -> bool {
        !self.revoked
            && self.valid_after.is_none_or(|from| from <= now)
            && self.valid_before.is_none_or(|until| now < until)
    }

    /// Its algorithm, as OpenSSH names it.
    pub fn algorithm(&self) -> &str {
        self.public.split(' ').next().unwrap_or_default()
    }
}

impl Part {
    fn fits(self, bytes: &[u8]) -> bool {
        match self {
            Part::Bytes(n) => bytes.len() == n,
            Part::Curve => bytes == b"nistp256",
            Part::Point => bytes.len() == 65 && bytes[0] == 4,
            Part::Application => !bytes.is_empty() && bytes.len() <= 255,
        }
    }
}

/// Why an algorithm is not taken.
fn refused(algorithm: &str) -> String {
    match algorithm {
        "ssh-rsa" | "rsa-sha2-256" | "rsa-sha2-512" | "ssh-dss" => {
            format!("{algorithm} keys are not taken: {USE}, and enrol that")
        }
        name if name.contains("-cert-") => {
            format!("a certificate is not taken: enrol the key itself, or {USE}")
        }
        name if name.starts_with("ecdsa-sha2-") => {
            format!("{name} keys are not taken, only nistp256: {USE}, and enrol that")
        }
        _ => format!(
            "a key begins with ssh-ed25519, ecdsa-sha2-nistp256 or one of their sk- forms, without options before it; {USE}"
        ),
    }
}

/// The next field of an SSH key: four bytes of length, and so many bytes.
fn field<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, behind) = rest.split_first_chunk::<4>()?;
    let length = u32::from_be_bytes(*length) as usize;
    if behind.len() < length {
        return None;
    }
    let (field, behind) = behind.split_at(length);
    *rest = behind;
    Some(field)
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The bytes of a base64 text; nothing when it is none, or too long for a key.
fn decoded(text: &str) -> Option<Vec<u8>> {
    const LONGEST: usize = 1_024;
    let digits = text.trim_end_matches('=').as_bytes();
    if digits.len() > LONGEST || text.len() - digits.len() > 2 || digits.len() % 4 == 1 {
        return None;
    }
    let mut out = Vec::with_capacity(digits.len() * 3 / 4);
    for four in digits.chunks(4) {
        let mut bits = 0u32;
        for digit in four {
            bits = (bits << 6) | ALPHABET.iter().position(|c| c == digit)? as u32;
        }
        bits <<= 6 * (4 - four.len());
        out.extend_from_slice(&bits.to_be_bytes()[1..four.len()]);
    }
    Some(out)
}

fn encoded(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let mut whole = [0u8; 4];
        whole[1..=three.len()].copy_from_slice(three);
        let bits = u32::from_be_bytes(whole);
        for n in 0..4 {
            let digit = ALPHABET[(bits >> (18 - 6 * n)) as usize & 63];
            out.push(if n <= three.len() { char::from(digit) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    // Made with `ssh-keygen`, whose -l prints the fingerprints.
    const ED25519: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHGel5od1mBCQylxwl6rvrvY3981OoEDqhnwcrtqw+xV ann@laptop";
    const ECDSA: &str = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBC1HSCOP9VFwlOapL9bCRJTtGi0bCEehwjYygfpc8fp0hex1UoQbqsQZrJAAhNw3qlpUBNd1oRQRMPYeHF/gvyI=";
    const RSA: &str = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQDJANArxzrtjIkezfncag0LnZcZCfzKVWrHHIMSZrj538W3LxazCO+3+4cYMzi/NuwE+elv0a+XG0q59OhlfqyMBus4j5SPcl5pQQngbEVn/YNamHg1sZRtmzXPahhwi4BUy0v6p6qKdofbpW8XLtli17ORL/Yjc3D0yX1+VgXgJQ==";
    const P384: &str = "ecdsa-sha2-nistp384 AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAzODQAAABhBGMtWTA2pJ1rsqyv0WzpDlYEF374BsxCTAIhoNdckCu+zv7ZSJuOiuEDGeecIkjyAjcn85hU1OjRXIIDrhCYcj8rn7Y73U98rB4Z46WbgkDV7azhvByrNKBRTEjqRjYG8w==";

    #[test]
    fn a_key_has_the_fingerprint_that_ssh_keygen_prints() {
        let key = Key::parse(ED25519).unwrap();
        assert_eq!(key.fingerprint, "SHA256:yBwgg/5ted6O8ZdoEgfpMg9v44wHqxyRKJ27SCtFS9w");
        assert_eq!(key.algorithm(), "ssh-ed25519");
        assert!(ED25519.starts_with(&key.public), "the line without its comment");
        let key = Key::parse(ECDSA).unwrap();
        assert_eq!(key.fingerprint, "SHA256:a3PkrPY0OObqQvpH90o6pykKr082D+nodJiIRS+zNb4");
    }

    #[test]
    fn what_is_no_key_that_is_taken_is_refused_with_what_to_do() {
        let cut: String = ED25519.split(' ').nth(1).unwrap().chars().take(40).collect();
        for (line, words) in [
            (RSA, "ssh-rsa keys are not taken: make one with `ssh-keygen -t ed25519`"),
            (P384, "only nistp256"),
            ("", "is one line of OpenSSH"),
            ("ssh-ed25519", "is one line of OpenSSH"),
            ("ssh-ed25519 ????", "not base64"),
            (&format!("ssh-ed25519 {cut}"), "is no whole ssh-ed25519 key"),
            (&ED25519.replacen("ssh-ed25519", "ecdsa-sha2-nistp256", 1), "of another type"),
            (&format!("command=\"x\" {ED25519}"), "without options before it"),
            (&ED25519.replacen("ssh-ed25519", "ssh-ed25519-cert-v01@openssh.com", 1), "certificate"),
        ] {
            let why = Key::parse(line).unwrap_err();
            assert!(why.contains(words), "{line}: {why}");
        }
    }

    #[test]
    fn a_hardware_key_is_taken() {
        let field = |bytes: &[u8]| [&(bytes.len() as u32).to_be_bytes()[..], bytes].concat();
        let name = "sk-ssh-ed25519@openssh.com";
        let blob = [field(name.as_bytes()), field(&[7; 32]), field(b"ssh:")].concat();
        let line = format!("{name} {} token", encoded(&blob));
        assert_eq!(Key::parse(&line).unwrap().algorithm(), name);
        assert_eq!(decoded(&encoded(&blob)), Some(blob));
    }

    #[test]
    fn a_key_is_valid_between_its_times_unless_it_was_taken_back() {
        let at = Moment::from_millis;
        let key =
            Key { valid_after: Some(at(10)), valid_before: Some(at(20)), ..Key::parse(ED25519).unwrap() };
        let valid: Vec<i64> = [9, 10, 19, 20].into_iter().filter(|n| key.is_valid_at(at(*n))).collect();
        assert_eq!(valid, [10, 19]);
        assert!(!Key { revoked: true, ..key }.is_valid_at(at(15)));
    }
}
