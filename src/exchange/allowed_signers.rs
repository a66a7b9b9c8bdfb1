//! `allowed_signers`, the list by which `ssh-keygen -Y verify` knows whose key is whose: read for what others signed,
//! written for what was signed here.

use crate::domain::moment::Moment;
use crate::domain::policy::roster::Key;
use crate::domain::statement::NAMESPACE;
use std::fmt::Write as _;

/// The longest list that is read, in bytes.
pub const LONGEST: usize = 256 << 10;

/// One line of a list that says whose a key is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Allowed {
    /// The names the key stands for, as they are spelled: each a name, none a pattern.
    pub principals: Vec<String>,
    /// For what it may sign; empty: for anything.
    pub namespaces: Vec<String>,
    /// The key, with the times it is valid between.
    pub key: Key,
}

/// Reads a list. A line for a pattern (`*`) names nobody, and one for a certificate authority says nothing of a key:
/// both are refused, and so is every option that is not known.
///
/// # Errors
/// The first line that is wrong, with its number, and why.
pub fn read(text: &str) -> Result<Vec<Allowed>, String> {
    if text.len() > LONGEST {
        return Err(format!("{} bytes; at most {LONGEST}", text.len()));
    }
    let mut out = Vec::new();
    for (n, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        out.push(one(line).map_err(|why| format!("line {}: {why}", n + 1))?);
    }
    Ok(out)
}

fn one(line: &str) -> Result<Allowed, String> {
    let (names, mut rest) = line.split_once([' ', '\t']).ok_or("names no key")?;
    let principals: Vec<String> = names.split(',').map(str::to_owned).collect();
    for name in &principals {
        if name.is_empty() || name.contains(['*', '?', '!', '"']) {
            return Err(format!("`{name}` is a pattern: a key that is everybody's stands for nobody"));
        }
    }
    rest = rest.trim_start();
    let mut namespaces = Vec::new();
    let (mut after, mut before) = (None, None);
    // Options stand before the key, and a key's type holds no `=` and no quote.
    let first = option_end(rest);
    let head = rest.get(..first).unwrap_or_default();
    if head.contains('=') || head == "cert-authority" {
        for option in split_options(head) {
            let (name, value) = option.split_once('=').unwrap_or((option, ""));
            let value = value.trim_matches('"');
            match name.to_ascii_lowercase().as_str() {
                "namespaces" => namespaces = value.split(',').map(str::to_owned).collect(),
                "valid-after" => after = Some(time(value).ok_or_else(|| format!("`{option}` is no time"))?),
                "valid-before" => before = Some(time(value).ok_or_else(|| format!("`{option}` is no time"))?),
                "cert-authority" => {
                    return Err("a certificate authority is not taken: name the key".to_owned());
                }
                _ => return Err(format!("the option `{option}` is not known")),
            }
        }
        rest = rest.get(first..).unwrap_or_default().trim_start();
    }
    let key = Key::parse(rest).map_err(|why| format!("the key {why}"))?;
    Ok(Allowed { principals, namespaces, key: Key { valid_after: after, valid_before: before, ..key } })
}

/// Where the first word ends; blanks inside quotes do not end it.
fn option_end(text: &str) -> usize {
    let mut quoted = false;
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            ' ' | '\t' if !quoted => return at,
            _ => {}
        }
    }
    text.len()
}

/// Options stand between commas; a comma inside quotes is part of one.
fn split_options(text: &str) -> Vec<&str> {
    let mut quoted = false;
    text.split(move |c| {
        if c == '"' {
            quoted = !quoted;
        }
        c == ',' && !quoted
    })
    .collect()
}

/// `YYYYMMDD[HHMM[SS]]`, in UTC: with a `Z`, or without one, where `ssh-keygen` would take the clock of its place.
fn time(text: &str) -> Option<Moment> {
    let digits = text.strip_suffix(['Z', 'z']).unwrap_or(text);
    if !matches!(digits.len(), 8 | 12 | 14) || !digits.bytes().all(|c| c.is_ascii_digit()) {
        return None;
    }
    let digits = format!("{digits:0<14}");
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    Moment::parse(&format!(
        "{}-{}-{}T{}:{}:{}Z",
        part(0, 4),
        part(4, 6),
        part(6, 8),
        part(8, 10),
        part(10, 12),
        part(12, 14)
    ))
}

/// A time as the list and `-O verify-time=` have it: `YYYYMMDDHHMMSSZ`, the second begun.
pub fn stamp(at: Moment) -> String {
    at.date_and_time().chars().filter(|c| c.is_ascii_digit() || *c == 'Z').collect()
}

/// One line for a key with which `name` signs decisions.
pub fn line(name: &str, key: &Key) -> String {
    let mut out = format!("{name} namespaces=\"{NAMESPACE}\"");
    for (option, at) in [("valid-after", key.valid_after), ("valid-before", key.valid_before)] {
        if let Some(at) = at {
            let _ = write!(out, ",{option}=\"{}\"", stamp(at));
        }
    }
    format!("{out} {}", key.public)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHGel5od1mBCQylxwl6rvrvY3981OoEDqhnwcrtqw+xV";

    #[test]
    fn what_is_written_is_read_back() {
        let key = Key {
            valid_after: Moment::parse("2026-01-02T03:04:05Z"),
            valid_before: Moment::parse("2027-01-02T00:00:00Z"),
            ..Key::parse(KEY).unwrap()
        };
        let written = line("ann", &key);
        assert_eq!(
            written,
            format!(
                "ann namespaces=\"countersign-decision@v1\",valid-after=\"20260102030405Z\",\
                 valid-before=\"20270102000000Z\" {KEY}"
            )
        );
        let read = read(&format!("# ours\n\n{written} ann@laptop\n")).unwrap();
        let namespaces = vec![NAMESPACE.to_owned()];
        assert_eq!(read, [Allowed { principals: vec!["ann".to_owned()], namespaces, key }]);
    }

    #[test]
    fn a_line_without_options_is_a_key_for_anything() {
        let read = read(&format!("ann,ann@example.org {KEY} with a comment\r\n")).unwrap();
        assert_eq!(read[0].principals, ["ann", "ann@example.org"]);
        assert!(read[0].namespaces.is_empty());
    }

    #[test]
    fn what_names_nobody_in_particular_is_refused_with_its_line() {
        for (line, words) in [
            (format!("* {KEY}"), "line 1: `*` is a pattern: a key that is everybody's stands for nobody"),
            (format!("# x\n*@example.org {KEY}"), "line 2: `*@example.org` is a pattern"),
            (format!("ann,!bob {KEY}"), "`!bob` is a pattern"),
            (format!("ann cert-authority {KEY}"), "a certificate authority"),
            (format!("ann colour=\"a b\" {KEY}"), "is not known"),
            (format!("ann valid-after=\"soon\" {KEY}"), "is no time"),
            ("ann ssh-rsa AAAA".to_owned(), "ssh-rsa keys are not taken"),
            ("ann".to_owned(), "names no key"),
        ] {
            let why = read(&line).unwrap_err();
            assert!(why.contains(words), "{line}: {why}");
        }
    }
}
