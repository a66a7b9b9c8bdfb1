//! Signing at the command line: a statement is handed out, signed with a key, brought back, verified and kept.

use super::team::{TEAM, ssh, ssh_feed};
use super::{Desk, HOUR, Ran, gate, plan};
use crate::exchange::keys::{self, NAMESPACE, Pair, Sort};
use serde_json::Value;

const MINUTE: i64 = HOUR / 60;

/// Who is enrolled with which key, and what more stands with the key.
fn enrolled(name: &str, pair: &Pair, more: &str) -> String {
    format!(
        "[[principal]]\nname = \"{name}\"\nkind = \"human\"\nroles = [\"reviewer\"]\n\
         [[principal.key]]\nkey = \"{}\"\n{more}\n",
        pair.public()
    )
}

/// Every request waits for one signed sign-off.
const SIGNED: &str = "[[rule]]\nname = \"signed\"\nslots = [{ kind = \"human\", assurance = \"signed\" }]\n";
const TOUCHED: &str =
    "[[rule]]\nname = \"touched\"\nslots = [{ kind = \"human\", assurance = \"signed+touch\" }]\n";
/// One signed, and one more, which nobody of this store can fill: so it stays open.
const TWO: &str = "[[rule]]\nname = \"two\"\nslots = [{ kind = \"human\", assurance = \"signed\" }, { kind = \"agent\" }]\n";

fn alice() -> Pair {
    keys::ed25519(1)
}

impl Desk {
    fn adopt(&self, text: &str) {
        let file = self.file("policy.toml", text);
        self.run(&["policy", "adopt", &file]).ended(0);
    }

    fn challenge(&self, id: &str) -> String {
        self.run(&["--as", "alice", "challenge", id]).ended(0).out
    }

    fn cosign(&self, id: &str, armour: &str) -> Ran {
        self.feed(&["--as", "alice", "cosign", id, "--reason", "read it", "-"], armour)
    }
}

/// A store whose requests wait for `rule`, and in which alice is enrolled.
fn desk(rule: &str) -> Desk {
    let desk = Desk::new();
    desk.adopt(&format!("{}{rule}", enrolled("alice", &alice(), "")));
    desk
}

#[test]
fn a_signed_slot_is_filled_by_a_signature_and_by_nothing_less() {
    let desk = desk(SIGNED);
    let id = desk.submit(&plan("ci", "one"));
    desk.run(&["--as", "alice", "approve", &id, "--reason", "fine"])
        .refused(1, &[&format!("this slot needs a signature: countersign challenge {id}")]);
    let statement = desk.challenge(&id);
    assert!(statement.starts_with("countersign: I stand for this decision\nstore: "), "{statement}");
    let shown = desk.shown(&id);
    assert!(
        statement.contains(&format!(
            "\nrequest: {id}\nrevision: {}\n",
            shown["revision_digest"].as_str().unwrap()
        ))
    );
    desk.cosign(&id, &alice().sign(&statement)).ended(0).said(&["signed off", &format!("{id} is approved")]);
    desk.cosign(&id, &alice().sign(&statement)).refused(3, &["already approved by alice"]);
    let signoff = &desk.shown(&id)["signoffs"][0];
    assert_eq!(signoff["assurance"], "signed", "{signoff}");
    desk.run(&["verify", &id]).ended(0).said(&["alice, signed, SHA256:", ": verifies"]);
    desk.run(&["audit", "verify"]).ended(0).said(&["1 decision, 1 signed"]);
}

#[test]
fn the_same_signature_again_is_already_counted_and_after_a_withdrawal_it_is_used_up() {
    let desk = desk(TWO);
    let id = desk.submit(&gate("ci", "one"));
    let armour = alice().sign(&desk.challenge(&id));
    desk.cosign(&id, &armour).ended(0).said(&["waits for 1 agent"]);
    desk.cosign(&id, &armour).refused(3, &["already counted: alice"]);
    desk.run(&["--as", "alice", "withdraw", &id]).ended(0);
    desk.cosign(&id, &armour).refused(1, &["used already", "sign anew"]);
    desk.cosign(&id, &alice().sign(&desk.challenge(&id))).ended(0);
    desk.run(&["audit", "verify"]).ended(0).said(&["2 decisions, 2 signed"]);
}

#[test]
fn a_hardware_key_that_was_touched_is_worth_more_than_one_that_cannot_tell() {
    let desk = Desk::new();
    let token = keys::of(Sort::SkEd25519);
    desk.adopt(&format!("{}{}{TOUCHED}", enrolled("alice", &token, ""), enrolled("bob", &alice(), "")));
    let id = desk.submit(&gate("ci", "one"));
    desk.run(&["--as", "alice", "approve", &id])
        .refused(1, &["needs a signature by a hardware key that you touch"]);
    let statement = desk.challenge(&id);
    desk.feed(&["--as", "bob", "cosign", &id, "-"], alice().sign(&statement))
        .refused(1, &["hardware key that you touch"]);
    desk.cosign(&id, &token.sign_for(NAMESPACE, &statement, false))
        .refused(1, &["nobody touched the hardware key"]);
    desk.cosign(&id, &token.sign(&statement)).ended(0);
    assert_eq!(desk.shown(&id)["signoffs"][0]["assurance"], "signed+touch");
    desk.run(&["audit", "verify"]).ended(0);
}

/// One way to get it wrong: what happens between the challenge and the signature, and what is told.
type Wrong = (&'static str, i32, fn(&Desk, &str) -> String, &'static [&'static str]);

#[test]
fn every_way_to_get_it_wrong_has_a_sentence_of_its_own_and_changes_nothing() {
    const WAYS: [Wrong; 14] = [
        ("a stranger's key", 1, |d, id| keys::ed25519(99).sign(&d.challenge(id)), &["is nobody's"]),
        (
            "another's key",
            1,
            |d, id| {
                d.adopt(&format!(
                    "{}{}{SIGNED}",
                    enrolled("alice", &alice(), ""),
                    enrolled("bob", &keys::ed25519(2), "")
                ));
                keys::ed25519(2).sign(&d.challenge(id))
            },
            &["the key is bob's, a person's, and you are alice"],
        ),
        (
            "an agent's key",
            1,
            |d, id| {
                let agent = enrolled("cp14", &keys::ed25519(3), "").replace(
                    "kind = \"human\"\nroles = [\"reviewer\"]",
                    "kind = \"agent\"\nowner = \"alice\"\nroles = [\"agent\"]",
                );
                d.adopt(&format!("{}{agent}{SIGNED}", enrolled("alice", &alice(), "")));
                keys::ed25519(3).sign(&d.challenge(id))
            },
            &["the key is cp14's, an agent's, and you are alice"],
        ),
        (
            "another namespace",
            1,
            |d, id| alice().sign_for("git", &d.challenge(id), true),
            &["made for git", NAMESPACE],
        ),
        (
            "another request",
            1,
            |d, id| {
                let other = d.submit(&gate("ci", "two"));
                assert_ne!(other, id);
                alice().sign(&d.challenge(&other))
            },
            &["the signature stands for R-2, not for R-1"],
        ),
        (
            "another revision",
            3,
            |d, id| {
                let armour = alice().sign(&d.challenge(id));
                let mut other = plan("ci", "one");
                other["steps"][0]["params"]["query"] = "Jane".into();
                d.feed(&["submit", "--revise", "-"], other.to_string()).ended(0);
                armour
            },
            &["R-1 was edited after you signed", "look again"],
        ),
        (
            "other marks",
            3,
            |d, id| {
                let armour = alice().sign(&d.challenge(id));
                d.run(&["--as", "bob", "skip", id, "--step", "draft"]).ended(0);
                armour
            },
            &["marks on R-1 changed after you signed"],
        ),
        (
            "another policy",
            3,
            |d, id| {
                let armour = alice().sign(&d.challenge(id));
                d.adopt(&format!("# newer\n{}{SIGNED}", enrolled("alice", &alice(), "")));
                armour
            },
            &["another policy is in force than when you signed"],
        ),
        (
            "a revoked key",
            1,
            |d, id| {
                let armour = alice().sign(&d.challenge(id));
                d.adopt(&format!("{}{SIGNED}", enrolled("alice", &alice(), "revoked = true")));
                armour
            },
            &["was revoked"],
        ),
        (
            "a key that is not valid yet",
            1,
            |d, id| {
                d.adopt(&format!("{}{SIGNED}", enrolled("alice", &alice(), "valid_after = 2999-01-01")));
                alice().sign(&d.challenge(id))
            },
            &["valid only from 2999-01-01"],
        ),
        (
            "a key that is not valid any more",
            1,
            |d, id| {
                d.adopt(&format!("{}{SIGNED}", enrolled("alice", &alice(), "valid_before = 2001-01-01")));
                alice().sign(&d.challenge(id))
            },
            &["was valid until 2001-01-01"],
        ),
        ("a flipped bit", 5, |d, id| keys::flipped(&alice().sign(&d.challenge(id))), &["fits no statement"]),
        (
            "a text that was edited before it was signed",
            5,
            |d, id| alice().sign(&d.challenge(id).replace("verb: approve", "verb: approve ")),
            &["fits no statement"],
        ),
        (
            "RSA",
            1,
            |d, id| {
                d.challenge(id);
                keys::RSA.to_owned()
            },
            &["RSA keys sign no decision here: use an Ed25519 key (`ssh-keygen -t ed25519`)"],
        ),
    ];
    for (what, code, make, words) in WAYS {
        let desk = desk(SIGNED);
        let id = desk.submit(&plan("ci", "one"));
        let armour = make(&desk, &id);
        let before = desk.shown(&id);
        let ran = desk.cosign(&id, &armour);
        assert_eq!(ran.code, Some(code), "{what}: {ran}");
        ran.refused(code, words);
        let after = desk.shown(&id);
        assert_eq!((&after["state"], &after["signoffs"]), (&before["state"], &before["signoffs"]), "{what}");
    }
}

#[test]
fn a_statement_can_be_brought_for_a_quarter_of_an_hour() {
    let desk = desk(SIGNED);
    let id = desk.submit(&gate("ci", "one"));
    let armour = alice().sign(&desk.challenge(&id));
    let late = |minutes: i64| {
        let mut command =
            desk.later(minutes * MINUTE, &["--as", "alice", "cosign", &id, "--reason", "read it", "-"]);
        let file = std::fs::File::open(desk.file("sig", &armour)).unwrap();
        Ran::of(&["cosign"], command.stdin(file).output().unwrap())
    };
    late(16).refused(1, &["the statement could be signed until", "sign anew"]);
    late(14).ended(0);
}

#[test]
fn nobody_signs_for_what_they_may_not_decide_and_no_roster_has_a_key_for_everybody() {
    let desk = desk(SIGNED);
    let own = desk.feed(&["--as", "alice", "submit", "-"], r#"{"kind":"gate","title":"mine"}"#).ended(0);
    desk.run(&["--as", "alice", "challenge", own.out.trim()])
        .refused(1, &["nobody decides on their own request"]);
    desk.run(&["--as", "alice", "challenge", "R-77"]).refused(4, &["no such request"]);
    let star = desk.file("star.toml", format!("{}{SIGNED}", enrolled("*", &alice(), "")));
    desk.run(&["policy", "check", &star]).ended(65);
    let id = desk.submit(&gate("ci", "one"));
    desk.cosign(&id, "no signature").refused(65, &["cannot be read", "BEGIN SSH SIGNATURE"]);
    desk.run(&["cosign", &id]).ended(2);
    desk.run(&["verify", &id]).ended(0).said(&["nobody signed with a key"]);
}

#[test]
fn an_edit_voids_a_signed_sign_off_and_its_signature_still_verifies_for_what_it_was() {
    let desk = desk(TWO);
    let id = desk.submit(&plan("ci", "one"));
    desk.cosign(&id, &alice().sign(&desk.challenge(&id))).ended(0);
    let mut other = plan("ci", "one");
    other["steps"][0]["params"]["query"] = "Jane".into();
    desk.feed(&["submit", "--revise", "-"], other.to_string()).ended(0);
    let signoff = &desk.shown(&id)["signoffs"][0];
    assert_eq!(signoff["standing"], "void", "{signoff}");
    desk.run(&["verify", &id]).ended(0).said(&[": verifies"]);
}

#[test]
fn what_is_written_out_verifies_with_ssh_keygen_alone() {
    let desk = desk(SIGNED);
    let one = desk.submit(&gate("ci", "one"));
    desk.cosign(&one, &alice().sign(&desk.challenge(&one))).ended(0);
    // The key is taken back, and another sort enrolled: what was signed before stays good.
    let token = keys::of(Sort::SkEcdsa);
    desk.adopt(&format!("{}{SIGNED}", enrolled("alice", &token, "")));
    let two = desk.submit(&gate("ci", "two"));
    desk.cosign(&two, &token.sign(&desk.challenge(&two))).ended(0);
    desk.run(&["audit", "verify"]).ended(0).said(&["2 decisions, 2 signed"]);
    let out = desk.path("out");
    let into = out.to_str().unwrap();
    desk.run(&["audit", "export", "--signatures", into]).ended(0).said(&["2 signed decisions"]);
    desk.run(&["audit", "export", "--signatures", into]).ended(74);
    let readme = std::fs::read_to_string(out.join("README")).unwrap();
    let checks: Vec<&str> = readme.lines().filter(|line| line.starts_with("ssh-keygen ")).collect();
    assert_eq!(checks.len(), 2, "{readme}");
    if !keys::has_ssh_keygen() {
        return;
    }
    for check in checks {
        let words: Vec<&str> = check.split(' ').collect();
        let after = |name: &str| words[words.iter().position(|w| *w == name).unwrap() + 1];
        let text = std::fs::read(out.join(after("<"))).unwrap();
        let signers = out.join("allowed_signers");
        let verifies = |who: &str, text: &[u8]| {
            keys::verifies(&signers, who, NAMESPACE, &out.join(after("-s")), text, &["-O", after("-O")])
        };
        assert!(verifies("alice", &text), "{check}");
        assert!(!verifies("bob", &text) && !verifies("alice", b"something else"), "{check}");
    }
}

#[test]
fn a_key_file_signs_by_ssh_keygen() {
    if !keys::has_ssh_keygen() {
        return;
    }
    let desk = desk(SIGNED);
    let id = desk.submit(&gate("ci", "one"));
    let key = desk.file("key", alice().file());
    std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let with = |key: &str| {
        let path = |command: &mut std::process::Command| {
            command.env("PATH", std::env::var_os("PATH").unwrap());
        };
        let arguments = ["--as", "alice", "cosign", &id, "--reason", "read it", "--key", key];
        desk.run_with(
            |command| {
                path(command);
                command
            },
            &arguments,
        )
    };
    with("absent").ended(74).complained(&["ssh-keygen did not sign"]);
    with(&key).ended(0).said(&["→ approved"]);
}

#[test]
fn a_log_whose_signed_decision_was_made_anew_does_not_verify() {
    let desk = desk(SIGNED);
    let id = desk.submit(&gate("ci", "one"));
    let armour = alice().sign(&desk.challenge(&id));
    desk.cosign(&id, &armour).ended(0);
    let said: Value = desk.run(&["verify", &id, "--json"]).ended(0).json();
    assert_eq!(said["signed"][0]["armour"], armour.as_str());
    assert_eq!(said["signed"][0]["fingerprint"], alice().fingerprint());
    assert_eq!(said["sound"], true);
}

#[test]
fn an_override_can_be_signed_and_its_signature_is_no_sign_off() {
    let desk = desk(SIGNED);
    let id = desk.submit(&gate("ci", "one"));
    let sign_off = alice().sign(&desk.challenge(&id));
    let statement = desk.run(&["--as", "alice", "challenge", &id, "--override"]).ended(0).out;
    assert!(statement.contains("\nverb: override\n"), "{statement}");
    let armour = alice().sign(&statement);
    let phrase = format!("OVERRIDE {id}");
    let go_ahead = |armour: &str| {
        let arguments = [
            "--as",
            "alice",
            "cosign",
            &id,
            "--override",
            "--class",
            "incident",
            "--reference",
            "INC-42",
            "--reason",
            "the payments are down and nobody answers",
            "--phrase",
            &phrase,
            "-",
        ];
        desk.feed(&arguments, armour)
    };
    go_ahead(&sign_off).refused(1, &["the signature is one to approve, not to override"]);
    desk.cosign(&id, &armour).refused(1, &["the signature is one to override, not to approve"]);
    go_ahead(&armour).ended(0);
    assert_eq!(desk.shown(&id)["state"], "overridden");
    desk.run(&["verify", &id]).ended(0).said(&["alice, signed, SHA256:", ": verifies"]);
    desk.run(&["audit", "verify"]).ended(0).said(&["1 decision, 1 signed"]);
}

#[test]
fn two_keys_of_two_people_open_a_production_deployment_in_a_team() {
    let (ann, cp14) = (keys::ed25519(11), keys::ed25519(14));
    // The keys stand where their principals do.
    let key = |pair: &Pair| format!("[[principal.key]]\nkey = \"{}\"\n", pair.public());
    let roster = TEAM
        .replacen(
            "roles = [\"admin\", \"release\"]\n",
            &format!("roles = [\"admin\", \"release\"]\n{}", key(&ann)),
            1,
        )
        .replacen("roles = [\"agent\"]\n", &format!("roles = [\"agent\"]\n{}", key(&cp14)), 1);
    let rule = "[[rule]]\nname = \"two keys\"\nkind = [\"deployment\"]\nslots = [\
                { kind = \"human\", role = \"release\", assurance = \"signed\" }, \
                { kind = \"agent\", any_of = [\"cp14\"], assurance = \"signed\" }]\n";
    let desk = Desk::new();
    desk.run(&["team", "init", "--admin", "ann", "--admin", "bob"]).ended(0);
    desk.adopt(&format!("{rule}{roster}"));
    let asked = serde_json::json!({"kind": "deployment", "title": "Deploy payments-api 2.14.0",
        "target": {"environment": "production", "service": "payments-api"}, "tiers": [5, 25, 100]});
    let id = ssh_feed(&desk, "ci", "submit -", &asked.to_string()).ended(0).out.trim().to_owned();
    let digest = ssh(&desk, "cp14", &format!("show {id} --json")).ended(0).json()["decision_digest"].clone();
    let digest = digest.as_str().unwrap();
    // Neither goes without a signature, and is told the way.
    let unsigned = format!("this slot needs a signature: countersign challenge {id}");
    for who in ["cp14", "ann"] {
        let approve = format!("approve {id} --reason checked --digest {digest}");
        ssh(&desk, who, &approve).refused(1, &[&unsigned]);
    }
    let challenge = |who: &str| ssh(&desk, who, &format!("challenge {id}")).ended(0).out;
    let cosign =
        |who: &str, armour: &str| ssh_feed(&desk, who, &format!("cosign {id} --reason checked -"), armour);
    // The agent's key is worth nothing in a person's hand, nor theirs in the agent's.
    cosign("ann", &cp14.sign(&challenge("ann")))
        .refused(1, &["the key is cp14's, an agent's, and you are ann"]);
    cosign("cp14", &ann.sign(&challenge("cp14")))
        .refused(1, &["the key is ann's, a person's, and you are cp14"]);
    cosign("cp14", &cp14.sign(&challenge("cp14"))).ended(0).said(&["waits for 1 human (release, signed)"]);
    cosign("cp14", &cp14.sign(&challenge("ann"))).refused(3, &["already counted"]);
    // Who signed needs no second of the same sort; a person without the role fills nothing.
    ssh(&desk, "carol", &format!("challenge {id}")).ended(1);
    cosign("ann", &ann.sign(&challenge("ann"))).ended(0).said(&["ann → approved"]);
    let shown = ssh(&desk, "ann", &format!("show {id} --json")).ended(0).json();
    for signoff in shown["signoffs"].as_array().unwrap() {
        assert_eq!(signoff["assurance"], "signed", "{signoff}");
    }
    desk.run(&["audit", "verify"]).ended(0).said(&["2 signed"]);
}
