//! Signing by key: `S` shows the statement, `ssh-keygen` signs it where the key is, and what it printed is pasted.

use super::desk::{ALT_ENTER, Desk, ENTER, NARROW, WIDE};
use crate::exchange::keys::{self, NAMESPACE};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// What `ssh-keygen` prints for `text`, with the key in that file.
fn signed(key: &Path, text: &str) -> String {
    use std::io::Write;
    let mut command = Command::new("ssh-keygen");
    command.args(["-Y", "sign", "-n", NAMESPACE, "-f"]).arg(key);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "ssh-keygen signed nothing");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_statement_is_shown_signed_elsewhere_pasted_and_recorded_as_signed() {
    if !keys::has_ssh_keygen() {
        return;
    }
    for size in [NARROW, WIDE] {
        let desk = Desk::new();
        let pair = keys::ed25519(1);
        let key = desk.document("key", &pair.file());
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
        let policy = format!(
            "[[principal]]\nname = \"alice\"\nkind = \"human\"\nroles = [\"reviewer\"]\n[[principal.key]]\nkey = \"{}\"\n\
             [[rule]]\nname = \"signed\"\nslots = [{{ kind = \"human\", assurance = \"signed\" }}]\n",
            pair.public()
        );
        assert!(desk.command(&["policy", "adopt", &desk.document("p.toml", &policy)]).status.success());
        assert!(desk.command(&["submit", &desk.plan("one", "Tell John")]).status.success());
        let mut alice = desk.reviewer(size);
        alice.sees("Tell John").press(ENTER).sees("What would run");
        // Approving is not enough here, and says what is.
        alice.press("A").sees("this slot needs a signature");
        alice.press("S").sees("You sign this text, byte by byte:").sees("[▸Cancel ]");
        // Out of habit, Enter: Cancel has the focus, and nothing happens.
        alice.press(ENTER).sees("nothing was decided on R-1");
        alice.press("S").sees("countersign: I stand for this decision").sees("[▸Cancel ]");
        // Where the key is: the command that the dialog names.
        let challenge = desk.command(&["--as", "alice", "challenge", "R-1"]);
        let text = String::from_utf8(challenge.stdout).unwrap();
        let revision = text.lines().find(|line| line.starts_with("revision: ")).unwrap();
        alice.sees(&revision[..40]);
        let armour = signed(Path::new(&key), &text);
        // Wherever the keys go, it finds its field.
        alice.press(&format!("\x1b[200~{armour}\x1b[201~")).sees("END SSH SIGNATURE");
        alice.press(ALT_ENTER).sees("R-1 approved");
        let shown = desk.command(&["show", "R-1", "--json"]).stdout;
        let shown: serde_json::Value = serde_json::from_slice(&shown).unwrap();
        assert_eq!(shown["state"], "approved", "{shown}");
        assert_eq!(shown["signoffs"][0]["assurance"], "signed", "{shown}");
        assert!(desk.command(&["verify", "R-1"]).status.success());
    }
}
