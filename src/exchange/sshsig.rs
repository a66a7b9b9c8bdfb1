//! SSHSIG, the signatures that `ssh-keygen -Y sign` makes: armour in, key and verdict out.
//!
//! The curves are `ssh-key`'s; RSA is not built in. A FIDO key signs a statement of its own around the message, in which
//! a flag says whether somebody touched it.

use crate::domain::statement::NAMESPACE;
use crate::domain::unfit::Unfit;
use ssh_key::public::KeyData;
use ssh_key::{Algorithm, EcdsaCurve, HashAlg, PublicKey, SshSig};

/// The longest armour that is read, in bytes; the longest good one has about 700.
pub const LONGEST: usize = 8 << 10;

const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----";
const END: &str = "-----END SSH SIGNATURE-----";

/// How long the lines of an armour are.
const WIDTH: usize = 70;

/// The flag of a FIDO signature that says: somebody was there and touched the key.
const USER_PRESENT: u8 = 0x01;

/// Flags and counter behind a FIDO signature, in bytes.
const TRAILER: usize = 5;

/// A signature, read but not verified.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Armoured {
    text: String,
    sig: SshSig,
}

/// Reads an armour. What stands around it, and how its lines end, does not matter.
///
/// # Errors
/// [`Unfit::Unreadable`], or the sort of key that is not taken.
pub fn read(text: &str) -> Result<Armoured, Unfit> {
    let unreadable = |why: &str| Unfit::Unreadable(why.to_owned());
    if text.len() > LONGEST {
        return Err(Unfit::Unreadable(format!("more than {LONGEST} bytes")));
    }
    let (_, rest) = text.split_once(BEGIN).ok_or_else(|| unreadable("it does not begin as one"))?;
    let (body, rest) = rest.split_once(END).ok_or_else(|| unreadable("its end is missing"))?;
    if rest.contains(BEGIN) {
        return Err(unreadable("there are two"));
    }
    let body: Vec<u8> = body.bytes().filter(|c| !c.is_ascii_whitespace()).collect();
    let body = String::from_utf8(body).map_err(|_| unreadable("it is not ASCII"))?;
    if !body.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'+' | b'/' | b'=')) {
        return Err(unreadable("there are characters in it that are none of base64"));
    }
    let lines: Vec<&str> =
        (0..body.len()).step_by(WIDTH).filter_map(|at| body.get(at..(at + WIDTH).min(body.len()))).collect();
    let text = format!("{BEGIN}\n{}\n{END}\n", lines.join("\n"));
    let sig = SshSig::from_pem(&text).map_err(|e| match e {
        ssh_key::Error::AlgorithmUnsupported { algorithm } => Unfit::KeyType(algorithm.to_string()),
        other => Unfit::Unreadable(other.to_string()),
    })?;
    let read = Armoured { text, sig };
    if matches!(read.sig.public_key().algorithm(), Algorithm::Rsa { .. }) {
        return Err(Unfit::Rsa);
    }
    if !is_taken(&read.sig.public_key().algorithm()) {
        return Err(Unfit::KeyType(read.sig.public_key().algorithm().to_string()));
    }
    // What `ssh-keygen` would not verify is not verified here: it knows no reserved words, and one algorithm a key.
    if !read.sig.reserved().is_empty() || read.sig.algorithm() != read.sig.public_key().algorithm() {
        return Err(unreadable("it says more, or other, than a signature of its key can"));
    }
    Ok(read)
}

/// Whether keys of this sort sign decisions.
fn is_taken(algorithm: &Algorithm) -> bool {
    matches!(
        algorithm,
        Algorithm::Ed25519
            | Algorithm::Ecdsa { curve: EcdsaCurve::NistP256 }
            | Algorithm::SkEd25519
            | Algorithm::SkEcdsaSha2NistP256
    )
}

impl Armoured {
    /// The armour as `ssh-keygen` writes it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The key, as `type base64`.
    pub fn key(&self) -> String {
        key_words(self.sig.public_key())
    }

    /// The key's fingerprint, `SHA256:…`.
    pub fn fingerprint(&self) -> String {
        self.sig.public_key().fingerprint(HashAlg::Sha256).to_string()
    }

    /// What it was made for.
    pub fn namespace(&self) -> &str {
        self.sig.namespace()
    }

    /// Whether it was made for a decision.
    ///
    /// # Errors
    /// [`Unfit::Namespace`].
    pub fn is_for_a_decision(&self) -> Result<(), Unfit> {
        match self.namespace() {
            NAMESPACE => Ok(()),
            other => Err(Unfit::Namespace(other.to_owned())),
        }
    }

    /// Whether it is one over `message`, made for what it says it was made for.
    pub fn fits(&self, message: &[u8]) -> bool {
        let key = PublicKey::from(self.sig.public_key().clone());
        key.verify(self.sig.namespace(), message, &self.sig).is_ok()
    }

    /// Whether somebody touched the key; nothing for a key that cannot tell. To be believed only of one that fits.
    pub fn touched(&self) -> Option<bool> {
        match self.sig.public_key() {
            KeyData::SkEd25519(_) | KeyData::SkEcdsaSha2NistP256(_) => {
                let bytes = self.sig.signature_bytes();
                let flags = bytes.len().checked_sub(TRAILER).and_then(|at| bytes.get(at));
                Some(flags.is_some_and(|flags| flags & USER_PRESENT != 0))
            }
            _ => None,
        }
    }
}

fn key_words(key: &KeyData) -> String {
    PublicKey::from(key.clone()).to_openssh().unwrap_or_default()
}
