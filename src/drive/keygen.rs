//! `ssh-keygen`, asked to sign: it knows passphrases, agents and FIDO keys, and asks its questions on the terminal.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// The longest signature that is taken from it, in bytes.
const LONGEST: usize = 8 << 10;

/// Signs `text` for `namespace` with a key file, as `ssh-keygen -Y sign` does; the armour.
///
/// # Errors
/// Why there is no signature, as a sentence. What `ssh-keygen` itself said went to the terminal.
pub fn sign(key: &Path, namespace: &str, text: &str) -> Result<String, String> {
    super::permitted()?;
    let mut command = Command::new("ssh-keygen");
    command.args(["-Y", "sign", "-n", namespace, "-f"]).arg(key);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
    let mut child = command.spawn().map_err(|e| {
        format!("ssh-keygen could not be started: {e}; sign where it is, with `countersign challenge`")
    })?;
    if let Some(mut stdin) = child.stdin.take() {
        // One that ended early says why by its status.
        let _ = stdin.write_all(text.as_bytes());
    }
    let output = child.wait_with_output().map_err(|e| format!("ssh-keygen could not be waited for: {e}"))?;
    if !output.status.success() {
        return Err("ssh-keygen did not sign; nothing was decided".to_owned());
    }
    match String::from_utf8(output.stdout) {
        Ok(armour) if armour.len() <= LONGEST => Ok(armour),
        _ => Err("ssh-keygen printed something else than a signature; nothing was decided".to_owned()),
    }
}
