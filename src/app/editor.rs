//! The editor for long text: the person's own, on a private file, started without a shell.

use crate::app::Failure;
use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::process::Command;

/// Where an editor is named, first to last.
const NAMED_IN: [&str; 3] = ["COUNTERSIGN_EDITOR", "VISUAL", "EDITOR"];
/// The editor when none is named.
const ELSE: &str = "vi";
/// More than this is not read back; a field holds less anyway.
const MOST_BYTES: u64 = 64 * 1024;

/// Lets somebody edit `text`; what they saved. The terminal must be theirs meanwhile. When anything goes wrong the text
/// is as it was.
///
/// # Errors
/// An editor that cannot be started or that failed, or a file that cannot be made or read.
pub fn edit(text: &str) -> Result<String, Failure> {
    let named = NAMED_IN.iter().filter_map(std::env::var_os).find(|name| !name.is_empty());
    let named = named.unwrap_or_else(|| OsString::from(ELSE));
    let argv = named.to_str().ok_or("it is no text").map_err(str::to_owned).and_then(words);
    let shown = named.to_string_lossy().into_owned();
    let editing = |why: String| Failure::io(format!("editing with {shown}"), why, "your text is as it was");
    let argv = argv.map_err(editing)?;
    let (program, arguments) = argv.split_first().ok_or_else(|| editing("it names no program".to_owned()))?;

    crate::drive::permitted().map_err(|why| editing(why.to_owned()))?;
    let private = Private::new().map_err(|e| editing(e.to_string()))?;
    let path = private.dir.join("text");
    let io = |e: std::io::Error| editing(e.to_string());
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)
        .map_err(io)?
        .write_all(text.as_bytes())
        .map_err(io)?;
    let status = Command::new(program).args(arguments).arg(&path).status().map_err(io)?;
    if !status.success() {
        return Err(editing(status.to_string()));
    }
    let mut bytes = Vec::new();
    std::fs::File::open(&path).map_err(io)?.take(MOST_BYTES).read_to_end(&mut bytes).map_err(io)?;
    Ok(String::from_utf8_lossy(&bytes).trim_end_matches('\n').to_owned())
}

/// A directory that only we can look into; it goes away with what is in it.
struct Private {
    dir: std::path::PathBuf,
}

impl Private {
    fn new() -> std::io::Result<Self> {
        let mut name = [0u8; 8];
        crate::app::clock::chance(&mut name)?;
        let dir =
            std::env::temp_dir().join(format!("countersign-edit-{}", crate::domain::digest::hex(&name)));
        // Made, never taken over: one that is there already is an error.
        std::fs::DirBuilder::new().mode(0o700).create(&dir)?;
        Ok(Self { dir })
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        // What cannot be removed is still private.
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

/// Splits a command line into its words, with quotes and backslashes, and with nothing else that a shell would do.
fn words(line: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None | Some('"'), '\\') => {
                word.get_or_insert_default().push(chars.next().ok_or("it ends with a backslash")?);
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    if quote.is_some() {
        return Err("a quote in it is not closed".to_owned());
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_is_split_and_nothing_in_it_is_obeyed() {
        let split = |line: &str| words(line).unwrap();
        assert_eq!(split("code --wait"), ["code", "--wait"]);
        assert_eq!(
            split(r#"  "/my editors/vi" -c 'set tw=72' a\ b "" "#),
            ["/my editors/vi", "-c", "set tw=72", "a b", ""]
        );
        assert_eq!(split("vi $(reboot) `x` ; > y"), ["vi", "$(reboot)", "`x`", ";", ">", "y"]);
        assert!(words("vi 'x").is_err() && words("vi \\").is_err());
        assert!(split(" ").is_empty());
    }
}
