//! SHA-256 over length-framed, domain-separated fields.
//!
//! Every digest begins with a tag that says what it is a digest of, and every field is preceded by its length, so
//! that no two different inputs are the same bytes. `docs/log-format.md` has the test vectors.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fmt;

/// Lower-case hexadecimal digits of `bytes`.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        out.push(char::from_digit(u32::from(byte >> 4), 16).unwrap_or('0'));
        out.push(char::from_digit(u32::from(byte & 15), 16).unwrap_or('0'));
        out
    })
}

/// Reads exactly 32 bytes of lower-case hexadecimal digits.
pub fn unhex(text: &str) -> Option<[u8; 32]> {
    let digits = text.as_bytes();
    if digits.len() != 64 {
        return None;
    }
    let value = |c: u8| match c {
        b'0'..=b'9' => Some(c - b'0'),
        b'a'..=b'f' => Some(c - b'a' + 10),
        _ => None,
    };
    let mut out = [0u8; 32];
    for (byte, pair) in out.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = (value(pair[0])? << 4) | value(pair[1])?;
    }
    Some(out)
}

/// SHA-256 over `tag` and `fields`, each preceded by its length in bytes as eight big-endian bytes.
pub fn framed(tag: &str, fields: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for field in std::iter::once(tag.as_bytes()).chain(fields.iter().copied()) {
        hash.update((field.len() as u64).to_be_bytes());
        hash.update(field);
    }
    hash.finalize().into()
}

/// HMAC-SHA-256 (RFC 2104): what somebody who knows `key` can check `message` by.
pub fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    const BLOCK: usize = 64;
    let mut block = [0u8; BLOCK];
    let short: Vec<u8> = if key.len() > BLOCK { Sha256::digest(key).to_vec() } else { key.to_vec() };
    block.iter_mut().zip(&short).for_each(|(to, from)| *to = *from);
    let inner = Sha256::new().chain_update(block.map(|b| b ^ 0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(block.map(|b| b ^ 0x5c)).chain_update(inner).finalize().into()
}

macro_rules! digest {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name([u8; 32]);

        impl $name {
            /// Takes the 32 bytes of a computed digest.
            pub const fn from_bytes(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }

            /// The 32 bytes.
            pub const fn bytes(&self) -> &[u8; 32] {
                &self.0
            }

            /// The first twelve hexadecimal digits, as they are shown to people.
            pub fn short(&self) -> String {
                hex(&self.0[..6])
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.short())
            }
        }

        impl TryFrom<String> for $name {
            type Error = &'static str;
            fn try_from(text: String) -> Result<Self, Self::Error> {
                unhex(&text).map(Self).ok_or("not 64 lower-case hexadecimal digits")
            }
        }

        impl From<$name> for String {
            fn from(digest: $name) -> String {
                digest.to_string()
            }
        }
    };
}

digest!(
    /// What one revision would do: see [`crate::domain::content::Content::revision_digest`].
    RevisionDigest
);
digest!(
    /// What one step would do, with everything it transitively needs.
    StepDigest
);
digest!(
    /// The working answers on all steps at one moment.
    MarksDigest
);
digest!(
    /// What a decision is bound to: a revision digest and a marks digest together. `show` prints it.
    DecisionDigest
);
digest!(
    /// The commitment to a payload: SHA-256 over its salt and its canonical form.
    PayloadDigest
);
digest!(
    /// The adopted policy that judged a revision.
    PolicyDigest
);
digest!(
    /// What a step runs with: its parameters and command with every placeholder filled. A confirmation is bound to it.
    FilledDigest
);
digest!(
    /// The token of an execution's holder; the token itself is never stored.
    TokenDigest
);
digest!(
    /// The bytes of a file of evidence: plain SHA-256, as `sha256sum` prints it.
    EvidenceDigest
);
digest!(
    /// The files that a patch names, in one directory: their content, and which are programs.
    TreeDigest
);
digest!(
    /// The bytes of a file that is started: plain SHA-256, as `sha256sum` prints it.
    ProgramDigest
);
digest!(
    /// The reason of an override, by which it is known again when it is given twice.
    ReasonDigest
);
digest!(
    /// The hash of one event, over its envelope, facts, payload commitment and the hash before it.
    EventHash
);

impl DecisionDigest {
    /// Binds a revision and its marks into the digest a reviewer quotes with `--digest`.
    pub fn of(revision: RevisionDigest, marks: MarksDigest) -> Self {
        Self(framed("countersign-decision@v1", &[revision.bytes(), marks.bytes()]))
    }
}

impl PolicyDigest {
    /// Over the text that was adopted, byte by byte.
    pub fn of(text: &str) -> Self {
        Self(framed("countersign-policy@v1", &[text.as_bytes()]))
    }
}

impl TokenDigest {
    /// The digest of a token as it was given out.
    pub fn of(token: &str) -> Self {
        Self(framed("countersign-run-token@v1", &[token.as_bytes()]))
    }
}

impl EvidenceDigest {
    /// Over the bytes as they are.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}

/// SHA-256 of bytes that come piece by piece.
#[derive(Clone, Debug, Default)]
pub struct Running(Sha256);

impl Running {
    /// Takes the next piece.
    pub fn take(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }

    /// Of everything so far.
    pub fn so_far(&self) -> [u8; 32] {
        self.0.clone().finalize().into()
    }
}

/// The digest of what a process printed, in hexadecimal digits: that of its one stream, as `sha256sum` prints it; where it
/// used both, over the digest of each; nothing where it printed nothing.
pub fn of_output(out: Option<[u8; 32]>, err: Option<[u8; 32]>) -> Option<String> {
    match (out, err) {
        (None, None) => None,
        (Some(one), None) | (None, Some(one)) => Some(hex(&one)),
        (Some(out), Some(err)) => Some(hex(&framed("countersign-output@v1", &[&out, &err]))),
    }
}

impl ProgramDigest {
    /// Over what `read` hands out, piece by piece, until it has no more.
    ///
    /// # Errors
    /// What `read` says.
    pub fn of<E>(mut read: impl FnMut(&mut [u8]) -> Result<usize, E>) -> Result<Self, E> {
        let (mut hash, mut piece) = (Sha256::new(), vec![0u8; 128 << 10]);
        loop {
            let n = read(&mut piece)?;
            match piece.get(..n) {
                None | Some([]) => return Ok(Self(hash.finalize().into())),
                Some(some) => hash.update(some),
            }
        }
    }
}

impl EventHash {
    /// What stands before the first event of a log.
    pub const GENESIS: Self = Self([0; 32]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moving_a_boundary_changes_the_digest() {
        assert_ne!(framed("t", &[b"ab", b"c"]), framed("t", &[b"a", b"bc"]));
        assert_ne!(framed("ta", &[b"b"]), framed("t", &[b"ab"]));
        assert_ne!(framed("t", &[b"", b"x"]), framed("t", &[b"x"]));
    }

    #[test]
    fn hexadecimal_round_trips_and_refuses_capitals() {
        let bytes = framed("t", &[]);
        assert_eq!(unhex(&hex(&bytes)), Some(bytes));
        assert_eq!(unhex(&hex(&bytes).to_uppercase()), None);
        assert_eq!(unhex("00"), None);
    }

    #[test]
    fn hmac_is_that_of_rfc_4231() {
        // Test cases 1, 2 and 6: a short key, a shorter one, and one longer than a block.
        let cases: [(&[u8], &[u8], &str); 3] = [
            (&[0x0b; 20], b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
            (
                b"Jefe",
                b"what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                &[0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
        ];
        for (key, message, expected) in cases {
            assert_eq!(hex(&hmac(key, message)), expected);
        }
    }
}
