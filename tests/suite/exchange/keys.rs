//! Keys to sign with in tests, hardware keys among them: forged in software, with ordinary keys behind them.

use ssh_key::private::Ed25519Keypair;
use ssh_key::public::{EcdsaPublicKey, KeyData, SkEcdsaSha2NistP256, SkEd25519};
use ssh_key::sha2::{Digest, Sha256};
use ssh_key::{HashAlg, PrivateKey, PublicKey, SigningKey, SshSig};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

pub const NAMESPACE: &str = "countersign-decision@v1";

/// For nothing but these tests.
const ECDSA: &str = "-----BEGIN OPENSSH PRIVATE KEY-----\n\
b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAaAAAABNlY2RzYS\n\
1zaGEyLW5pc3RwMjU2AAAACG5pc3RwMjU2AAAAQQQK2uvdxZafzACh1O9q9QjwCAfk60Iv\n\
H3xENGMcex4QjkQbGvnWLO4hArdmj5S+tWLgJEbu400+EFcoXb7zbgDkAAAAqMExqrzBMa\n\
q8AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBAra693Flp/MAKHU\n\
72r1CPAIB+TrQi8ffEQ0Yxx7HhCORBsa+dYs7iECt2aPlL61YuAkRu7jTT4QVyhdvvNuAO\n\
QAAAAgWlnpbS6bgw+sI0Sf+IWcDsNoQVvzi04fcxul2Csf/+oAAAAOZm9yIHRlc3RzIG9u\n\
bHkBAg==\n\
-----END OPENSSH PRIVATE KEY-----\n";

/// A signature by an RSA key, over whatever.
pub const RSA: &str = "-----BEGIN SSH SIGNATURE-----\n\
U1NIU0lHAAAAAQAAARcAAAAHc3NoLXJzYQAAAAMBAAEAAAEBAMGrkrIBtSTYQ1SKH7DVjR\n\
BrjMHK3qtA+SqX7mAvW7vVaMlK3vxnBGLLBl+Vfx21s2wY87Lgx5PQ+aENaiEBVdRdlHIO\n\
XxKC5dh3PdvChvk81yfBDb/bUYJqW3tGvW6UDsc8hysuXSXJoKtFnXQj5IQTI0ke+8bKaF\n\
7qrBiXPpb6Ci1XHWNRLclvPGVJzhw+QIaazt0sN+cOqHxbh5VwZM7Q/BSEpeOCAIVy08BX\n\
k6ORT1NFJs1cJcSgyO7HFWMCirF933+eDYKTOCZUH3L/vK6ZBpvMR30MgpMPpf76y2xhvo\n\
X+EucSTicUeeiKj02GOf2bqBM5WAkNHZUlls/hkckAAAAXY291bnRlcnNpZ24tZGVjaXNp\n\
b25AdjEAAAAAAAAABnNoYTUxMgAAARQAAAAMcnNhLXNoYTItNTEyAAABADPy8ORq9fO4dh\n\
kbnl5QqzJtoqaIz/wEHSukV30WHYZbhzPIACxGrGguK95TLTQ5HGj9Xqk7V3vauHJoh2Zu\n\
5DaCh7bD7TovSxBxk+uaPAQDYK10bse3ypcNkKBMxOuf5A53qcYvoLxoyfrU4vrzGzGgAH\n\
qkPPa7r8woWuixsp78A3UhzTT95B98r+rnTnHqwhuu2+DUOclxEkH0+MmKAtsxh5EbZu78\n\
xcCgktZRQYOe5hXM1G5Hr5Nmqd3rt0datFohXxLr7O7UCS2Bt1dzdxI/ReEtZzfqHweosI\n\
glNVAD8D1pfYgKqwE9Ts4Lka2LlQAffrjXIZKvlSkDuA2AsR8=\n\
-----END SSH SIGNATURE-----\n";

/// A signature by a key on another curve, over whatever.
pub const P384: &str = "-----BEGIN SSH SIGNATURE-----\n\
U1NIU0lHAAAAAQAAAIgAAAATZWNkc2Etc2hhMi1uaXN0cDM4NAAAAAhuaXN0cDM4NAAAAG\n\
EEdUEtbapRcZKvyckKWMGQQVAapI6bs6Iy33h3jfwk+5eDn0uDhxwS48IHQleYCxDU6Cvm\n\
LZKua5mOQVY0BWwsF1YTfVt7emz0e98mtVhitiK+mCfiRaBwL0wcbN0y9z40AAAAF2NvdW\n\
50ZXJzaWduLWRlY2lzaW9uQHYxAAAAAAAAAAZzaGE1MTIAAACEAAAAE2VjZHNhLXNoYTIt\n\
bmlzdHAzODQAAABpAAAAMQDQQ8DDrcpXbHMTkiXZGSeUi0sC2wkRe4kq5m0Aq7SSA/PKDQ\n\
90iUD7a1pI/tZK72sAAAAwf/Ta8ORe8NxBd9RtH+3axqqQyV2u8L2Z+6HERpdWNfW9FS3r\n\
WP1bYCtEiyQ/yXE2\n\
-----END SSH SIGNATURE-----\n";

/// What sort of key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sort {
    Ed25519,
    Ecdsa,
    SkEd25519,
    SkEcdsa,
}

pub const SORTS: [Sort; 4] = [Sort::Ed25519, Sort::Ecdsa, Sort::SkEd25519, Sort::SkEcdsa];

/// A key pair.
#[derive(Clone)]
pub struct Pair {
    sort: Sort,
    private: PrivateKey,
}

/// An Ed25519 key of its own for each number.
pub fn ed25519(number: u8) -> Pair {
    Pair { sort: Sort::Ed25519, private: PrivateKey::from(Ed25519Keypair::from_seed(&[number; 32])) }
}

pub fn of(sort: Sort) -> Pair {
    let private = match sort {
        Sort::Ed25519 | Sort::SkEd25519 => ed25519(200).private,
        Sort::Ecdsa | Sort::SkEcdsa => PrivateKey::from_openssh(ECDSA).unwrap(),
    };
    Pair { sort, private }
}

impl Pair {
    fn key(&self) -> PublicKey {
        let data = self.private.public_key().key_data().clone();
        PublicKey::from(match (self.sort, data) {
            (Sort::SkEd25519, KeyData::Ed25519(key)) => KeyData::SkEd25519(SkEd25519::new(key, "ssh:")),
            (Sort::SkEcdsa, KeyData::Ecdsa(EcdsaPublicKey::NistP256(point))) => {
                KeyData::SkEcdsaSha2NistP256(SkEcdsaSha2NistP256::new(point, "ssh:"))
            }
            (_, data) => data,
        })
    }

    /// `type base64`
    pub fn public(&self) -> String {
        self.key().to_openssh().unwrap()
    }

    pub fn fingerprint(&self) -> String {
        self.key().fingerprint(HashAlg::Sha256).to_string()
    }

    /// A signature for a decision; a hardware key is touched.
    pub fn sign(&self, text: &str) -> String {
        self.sign_for(NAMESPACE, text, true)
    }

    pub fn sign_for(&self, namespace: &str, text: &str, touched: bool) -> String {
        let asked = SshSig::signed_data(namespace, HashAlg::Sha512, text.as_bytes()).unwrap();
        let key = self.key();
        let mut signature = field(key.algorithm().as_str().as_bytes());
        match self.sort {
            Sort::Ed25519 | Sort::Ecdsa => signature.extend(field(&raw(&self.private, &asked))),
            Sort::SkEd25519 | Sort::SkEcdsa => {
                // PROTOCOL.u2f: the key signs digests of its application and of the message, flags and a counter.
                let trailer = [&[u8::from(touched)][..], &7u32.to_be_bytes()].concat();
                let asked = [&Sha256::digest(b"ssh:")[..], &trailer, &Sha256::digest(&asked)].concat();
                signature.extend(field(&raw(&self.private, &asked)));
                signature.extend(trailer);
            }
        }
        let blob = [
            b"SSHSIG".to_vec(),
            1u32.to_be_bytes().to_vec(),
            field(&key.to_bytes().unwrap()),
            field(namespace.as_bytes()),
            field(b""),
            field(b"sha512"),
            field(&signature),
        ]
        .concat();
        let body = base64(&blob);
        let lines: Vec<&str> =
            (0..body.len()).step_by(70).map(|n| &body[n..(n + 70).min(body.len())]).collect();
        format!("-----BEGIN SSH SIGNATURE-----\n{}\n-----END SSH SIGNATURE-----\n", lines.join("\n"))
    }

    /// As an OpenSSH file.
    pub fn file(&self) -> String {
        self.private.to_openssh(ssh_key::LineEnding::LF).unwrap().to_string()
    }
}

fn raw<S: SigningKey>(key: &S, message: &[u8]) -> Vec<u8> {
    key.try_sign(message).unwrap().as_bytes().to_vec()
}

fn field(bytes: &[u8]) -> Vec<u8> {
    [&u32::try_from(bytes.len()).unwrap().to_be_bytes()[..], bytes].concat()
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for three in bytes.chunks(3) {
        let bits =
            three.iter().fold(0u32, |bits, byte| (bits << 8) | u32::from(*byte)) << (8 * (3 - three.len()));
        for n in 0..4 {
            let digit = char::from(ALPHABET[(bits >> (18 - 6 * n)) as usize & 63]);
            out.push(if n <= three.len() { digit } else { '=' });
        }
    }
    out
}

/// A signature with one bit of its last part turned.
pub fn flipped(armour: &str) -> String {
    let at = armour.rfind("\n-----END").unwrap() - 10;
    let other = if &armour[at..=at] == "A" { "B" } else { "A" };
    format!("{}{other}{}", &armour[..at], &armour[at + 1..])
}

/// Whether `ssh-keygen` is there to be asked; said loudly when it is not.
pub fn has_ssh_keygen() -> bool {
    let there = Command::new("ssh-keygen").arg("-?").stdin(Stdio::null()).output().is_ok();
    if !there {
        eprintln!("SKIPPED: there is no ssh-keygen to compare with; install openssh-client");
    }
    there
}

/// What `ssh-keygen -Y verify` says of a signature over `text`.
pub fn verifies(
    signers: &Path,
    who: &str,
    namespace: &str,
    signature: &Path,
    text: &[u8],
    more: &[&str],
) -> bool {
    let mut command = Command::new("ssh-keygen");
    command.args(["-Y", "verify", "-n", namespace, "-I", who]).args(more);
    command.arg("-f").arg(signers).arg("-s").arg(signature);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(text).unwrap();
    child.wait().unwrap().success()
}
