//! Approvals that were signed elsewhere: verified over their exact bytes, and asked here.

use super::keys;
use countersign::domain::document::Limits;
use countersign::domain::moment::Moment;
use countersign::exchange::Imported;
use countersign::exchange::sshsig_approval::{Beside, read};

const NOW: Moment = Moment::from_millis(1_795_183_350_000);

/// As somebody wrote it with an editor that ends lines with CRLF.
const DOCUMENT: &str = "{\r\n  \"action\": \"unlock_web\",\r\n  \"scope\": \"outbound_only\",\r\n  \"proposal_id\": \"p1\"\r\n}\r\n";

fn take(document: &str, signature: &str, signers: &str) -> Result<Imported, String> {
    let beside = Beside { signature, signers, now: NOW };
    read(document.as_bytes(), beside, None, &Limits::BUILT_IN).map_err(|e| e.to_string())
}

fn signers(options: &str) -> String {
    format!("owner {options}{} of the place\n", keys::ed25519(1).public())
}

#[test]
fn an_approval_is_verified_over_its_bytes_and_asked_for_here() {
    let signature = keys::ed25519(1).sign_for("place", DOCUMENT, true);
    let imported = take(DOCUMENT, &signature, &signers("")).unwrap();
    let document = &imported.documents[0];
    assert_eq!(document["kind"], "exception");
    assert_eq!(document["title"], "unlock_web (outbound_only)");
    assert!(document["summary"].as_str().unwrap().contains("Approved elsewhere by owner, key SHA256:"));
    assert!(imported.notes[0].as_str().contains("a decision made elsewhere is not a decision here"));
}

#[test]
fn bytes_whose_line_ends_were_changed_do_not_verify_and_it_says_so() {
    let lf = DOCUMENT.replace("\r\n", "\n");
    let over_crlf = keys::ed25519(1).sign_for("place", DOCUMENT, true);
    let why = take(&lf, &over_crlf, &signers("")).unwrap_err();
    assert!(why.contains("fits the CRLF form of them") && why.contains("line ends were changed"), "{why}");
    let over_lf = keys::ed25519(1).sign_for("place", &lf, true);
    assert!(take(&lf, &over_lf, &signers("")).is_ok());
    assert!(take(DOCUMENT, &over_lf, &signers("")).unwrap_err().contains("fits the LF form"));
    let other = DOCUMENT.replace("web", "wed");
    assert!(
        take(&other, &over_crlf, &signers("")).unwrap_err().contains("was changed, or they do not belong")
    );
}

#[test]
fn only_who_is_listed_for_it_and_now_counts() {
    let signature = keys::ed25519(1).sign_for("place", DOCUMENT, true);
    for (list, words) in [
        (signers("").replace("owner", "*"), "a key that is everybody's stands for nobody"),
        (signers("namespaces=\"git\" "), "is nobody's in that list, for place"),
        (signers("valid-before=\"20200101\" "), "was valid until 2020-01-01"),
        (format!("other {}\n", keys::ed25519(2).public()), "is nobody's in that list"),
        (String::new(), "is nobody's in that list"),
    ] {
        let why = take(DOCUMENT, &signature, &list).unwrap_err();
        assert!(why.starts_with("signers: ") && why.contains(words), "{why}");
    }
    assert!(take(DOCUMENT, keys::RSA, &signers("")).unwrap_err().starts_with("signature: RSA keys"));
}
