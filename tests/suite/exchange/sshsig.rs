//! SSHSIG: every good signature is good for `ssh-keygen` too, and every bad one is refused with a sentence of its own.

use super::keys::{self, NAMESPACE, SORTS, Sort};
use countersign::domain::policy::roster::Key;
use countersign::domain::unfit::Unfit;
use countersign::exchange::sshsig::{self, read};
use tempfile::TempDir;

const TEXT: &str = "countersign: I stand for this decision\nrequest: R-12\n";

#[test]
fn every_sort_of_key_that_is_taken_verifies_here_and_with_ssh_keygen() {
    let dir = TempDir::new().unwrap();
    for sort in SORTS {
        let pair = keys::of(sort);
        let armour = pair.sign(TEXT);
        let armoured = read(&armour).unwrap();
        assert!(armoured.fits(TEXT.as_bytes()), "{sort:?}");
        assert!(!armoured.fits(TEXT.replace("12", "13").as_bytes()), "{sort:?}");
        assert_eq!(armoured.text(), armour, "{sort:?}");
        assert_eq!(armoured.fingerprint(), pair.fingerprint());
        assert_eq!(
            armoured.key(),
            Key::parse(&pair.public()).unwrap().public,
            "the roster says the same key"
        );
        let can_tell = matches!(sort, Sort::SkEd25519 | Sort::SkEcdsa);
        assert_eq!(armoured.touched(), can_tell.then_some(true), "{sort:?}");
        if keys::has_ssh_keygen() {
            let (signers, signature) = (dir.path().join("signers"), dir.path().join("sig"));
            std::fs::write(&signers, format!("ann {}\n", pair.public())).unwrap();
            std::fs::write(&signature, armoured.text()).unwrap();
            assert!(keys::verifies(&signers, "ann", NAMESPACE, &signature, TEXT.as_bytes(), &[]), "{sort:?}");
            let other = TEXT.replace("12", "13");
            assert!(!keys::verifies(&signers, "ann", NAMESPACE, &signature, other.as_bytes(), &[]));
        }
    }
}

#[test]
fn what_ssh_keygen_signs_verifies_here() {
    if !keys::has_ssh_keygen() {
        return;
    }
    let dir = TempDir::new().unwrap();
    for sort in [Sort::Ed25519, Sort::Ecdsa] {
        let pair = keys::of(sort);
        let (key, text) = (dir.path().join(format!("{sort:?}")), dir.path().join("text"));
        std::fs::write(&key, pair.file()).unwrap();
        std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        std::fs::write(&text, TEXT).unwrap();
        let mut command = std::process::Command::new("ssh-keygen");
        command.args(["-q", "-Y", "sign", "-n", NAMESPACE, "-f"]).arg(&key).arg(&text);
        assert!(command.output().unwrap().status.success());
        let made = std::fs::read_to_string(dir.path().join("text.sig")).unwrap();
        let armoured = read(&made).unwrap();
        assert!(armoured.fits(TEXT.as_bytes()), "{sort:?}");
        assert_eq!(armoured.text(), made, "kept as it was made");
        std::fs::remove_file(dir.path().join("text.sig")).unwrap();
    }
}

#[test]
fn how_it_was_pasted_does_not_matter() {
    let armour = keys::ed25519(1).sign(TEXT);
    for pasted in [
        armour.replace('\n', "\r\n"),
        armour.replace('\n', "\n  "),
        armour.replace('\n', " "),
        format!("here it is:\n{armour}\nbye"),
        armour.trim_end().to_owned(),
    ] {
        assert_eq!(read(&pasted).map(|a| a.text().to_owned()), Ok(armour.clone()), "{pasted}");
    }
}

#[test]
fn what_is_no_signature_of_a_key_that_is_taken_says_so() {
    let armour = keys::ed25519(1).sign(TEXT);
    assert_eq!(read(keys::RSA), Err(Unfit::Rsa));
    let Err(Unfit::KeyType(sort)) = read(keys::P384) else { panic!("P-384 is not taken") };
    assert!(sort.contains("nistp384"), "{sort}");
    for (bad, words) in [
        (String::new(), "does not begin"),
        (armour.replace("-----END", "-----FIN"), "its end is missing"),
        (armour.replacen("U1NI", "U1N\u{1b}", 1), "none of base64"),
        (format!("{armour}{armour}"), "there are two"),
        (armour.replacen("U1NI", "", 1), "cannot be read"),
        ("x".repeat(sshsig::LONGEST + 1), "more than"),
        (
            armour.lines().enumerate().filter(|(n, _)| *n != 2).map(|(_, l)| l.to_owned() + "\n").collect(),
            "cannot",
        ),
    ] {
        let why = read(&bad).unwrap_err();
        assert!(matches!(why, Unfit::Unreadable(_)) && why.to_string().contains(words), "{why}");
        assert!(!why.to_string().contains('\u{1b}'));
    }
}

#[test]
fn a_hardware_key_that_nobody_touched_says_so_and_one_that_lies_about_it_does_not_verify() {
    for sort in [Sort::SkEd25519, Sort::SkEcdsa] {
        let untouched = read(&keys::of(sort).sign_for(NAMESPACE, TEXT, false)).unwrap();
        assert!(untouched.fits(TEXT.as_bytes()));
        assert_eq!(untouched.touched(), Some(false));
    }
    for sort in SORTS {
        assert!(
            !read(&keys::flipped(&keys::of(sort).sign(TEXT))).is_ok_and(|a| a.fits(TEXT.as_bytes())),
            "{sort:?}"
        );
    }
    let other = read(&keys::ed25519(1).sign_for("git", TEXT, true)).unwrap();
    assert_eq!(other.is_for_a_decision(), Err(Unfit::Namespace("git".to_owned())));
}
