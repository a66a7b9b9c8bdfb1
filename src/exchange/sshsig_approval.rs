//! `sshsig-approval`: a JSON document that somebody approved elsewhere, with an OpenSSH signature over its exact bytes. The
//! signature is verified, and the document asked for here: a decision made elsewhere is not a decision here.

use super::{Imported, allowed_signers, checked, json, sshsig};
use crate::domain::canon::canonical_or_poison;
use crate::domain::digest::hex;
use crate::domain::document::Limits;
use crate::domain::invalid::Invalid;
use crate::domain::moment::Moment;
use crate::domain::names::PrincipalName;
use crate::domain::unfit;
use serde_json::{Value, json};
use ssh_key::HashAlg;

/// What it is called on the command line.
pub const NAME: &str = "sshsig-approval";

/// Who asks, when the call names nobody.
const BY: &str = "sshsig-approval";

/// What stands beside the document.
#[derive(Clone, Copy, Debug)]
pub struct Beside<'a> {
    /// The signature, in its armour.
    pub signature: &'a str,
    /// The list that says whose key is whose.
    pub signers: &'a str,
    /// Now, for keys that are valid between times.
    pub now: Moment,
}

/// Verifies the signature over the document's exact bytes, and makes a request of it.
///
/// # Errors
/// [`Invalid`], naming the document, the signature or the list of signers.
pub fn read(
    bytes: &[u8],
    beside: Beside<'_>,
    by: Option<&PrincipalName>,
    limits: &Limits,
) -> Result<Imported, Invalid> {
    let bad = |why: &dyn std::fmt::Display| Invalid::new("signature", why.to_string());
    let armoured = sshsig::read(beside.signature).map_err(|why| bad(&why))?;
    if !armoured.fits(bytes) {
        return Err(bad(&why_not(&armoured, bytes)));
    }
    let listed = allowed_signers::read(beside.signers).map_err(|why| Invalid::new("signers", why))?;
    let (key, namespace) = (armoured.key(), armoured.namespace());
    let stands = |one: &&allowed_signers::Allowed| {
        one.key.public == key
            && (one.namespaces.is_empty() || one.namespaces.iter().any(|name| name == namespace))
    };
    let Some(signer) = listed.iter().find(stands) else {
        let why = format!("{} is nobody's in that list, for {namespace}", armoured.fingerprint());
        return Err(Invalid::new("signers", why));
    };
    unfit::valid(&signer.key, beside.now).map_err(|why| Invalid::new("signers", why.to_string()))?;
    let said = json(bytes, limits)?;
    if !said.is_object() {
        return Err(Invalid::new("document", "must be an object"));
    }
    let who = signer.principals.join(", ");
    let mut out = Imported::default();
    out.note(format!(
        "approved elsewhere by {who} with {}, for {namespace}: verified over its {} bytes; a decision made elsewhere is not a decision here",
        armoured.fingerprint(),
        bytes.len()
    ));
    let digest = hex(&HashAlg::Sha256.digest(bytes));
    let word = |key: &str| said.get(key).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
    let what = word("action").or_else(|| word("proposal_id")).unwrap_or("a signed document");
    let scope = word("scope").map(|scope| format!(" ({scope})")).unwrap_or_default();
    let summary = format!(
        "Approved elsewhere by {who}, key {}, for {namespace}; the signature fits these {} bytes.\n\nWhat it says: {}",
        armoured.fingerprint(),
        bytes.len(),
        canonical_or_poison(&said)
    );
    let native = json!({
        "kind": "exception", "by": by.map_or(BY, PrincipalName::as_str),
        "ref": format!("sshsig:{}", digest.get(..32).unwrap_or_default()),
        "title": format!("{what}{scope}"), "summary": summary,
        "evidence": [{"label": "the signed document", "locator": format!("sha256:{digest}"), "sha256": digest, "pinned": true}],
    });
    out.documents.push(checked(native, limits, |name| match name {
        "title" => "action".to_owned(),
        "summary" => "document".to_owned(),
        other => other.to_owned(),
    })?);
    Ok(out)
}

/// Why a signature does not fit: most often the line ends were changed on the way.
fn why_not(armoured: &sshsig::Armoured, bytes: &[u8]) -> &'static str {
    let mut lf = bytes.to_vec();
    lf.retain(|byte| *byte != b'\r');
    let crlf: Vec<u8> = lf
        .iter()
        .flat_map(|byte| if *byte == b'\n' { &b"\r\n"[..] } else { std::slice::from_ref(byte) })
        .copied()
        .collect();
    if armoured.fits(&crlf) {
        "does not fit these bytes; it fits the CRLF form of them: the line ends were changed since (git does that), import the file as it was signed"
    } else if armoured.fits(&lf) {
        "does not fit these bytes; it fits the LF form of them: the line ends were changed since, import the file as it was signed"
    } else {
        "does not fit these bytes: the document or the signature was changed, or they do not belong together"
    }
}
