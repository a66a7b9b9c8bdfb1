//! Redaction: what looks like a secret is taken out of what programs print, before it is stored.
//!
//! Three things are looked for: tokens that say by their form what they are (`ghp_…`, `AKIA…`, three parts that begin
//! with `eyJ`, a private key between its two lines), values beside a name that says it (`password=…`,
//! `Authorization: …`, `://user:…@`), and the words that a policy names. It is a net, and no promise: a secret without
//! form or name goes through. What a later step needs of a result is left as it is, or that step could not run.

use crate::domain::content::Content;
use crate::domain::late;
use crate::domain::names::{ParamKey, StepId};
use crate::domain::policy::glob::Glob;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// What stands in the place of what was taken out.
pub const MARK: &str = "[redacted]";

/// The tokens that are known by how they begin: the beginning, how many characters follow at least, and whether it must
/// stand at the beginning of a word, because it is short. From what those who hand them out publish.
const SHAPES: [(&str, usize, bool); 37] = [
    ("AKIA", 16, false),
    ("ASIA", 16, false),
    ("ghp_", 20, false),
    ("gho_", 20, false),
    ("ghu_", 20, false),
    ("ghs_", 20, false),
    ("ghr_", 20, false),
    ("github_pat_", 22, false),
    ("glpat-", 16, false),
    ("gldt-", 16, false),
    ("glrt-", 16, false),
    ("glsa_", 20, false),
    ("xoxa-", 10, false),
    ("xoxb-", 10, false),
    ("xoxp-", 10, false),
    ("xoxr-", 10, false),
    ("xoxs-", 10, false),
    ("xapp-", 10, false),
    ("sk-", 20, true),
    ("sk_live_", 16, false),
    ("sk_test_", 16, false),
    ("rk_live_", 16, false),
    ("whsec_", 16, false),
    ("AIza", 35, false),
    ("ya29.", 20, false),
    ("npm_", 30, true),
    ("pypi-", 30, true),
    ("hf_", 30, true),
    ("hvs.", 20, true),
    ("hvb.", 20, true),
    ("SG.", 40, true),
    ("dop_v1_", 40, false),
    ("dckr_pat_", 20, false),
    ("shpat_", 20, false),
    ("lin_api_", 20, false),
    ("AGE-SECRET-KEY-1", 40, false),
    ("Bearer ", 16, true),
];

/// How a name ends that says that a secret stands beside it; in lower case, with `_` for `-`.
const NAMES: [&str; 15] = [
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "token",
    "api_key",
    "apikey",
    "access_key",
    "secret_key",
    "private_key",
    "client_key",
    "credential",
    "credentials",
    "authorization",
];

/// Values beside such a name that are none.
const NO_SECRETS: [&str; 8] = ["true", "false", "null", "none", "nil", "yes", "no", MARK];

/// The text without what looks like a secret; `own` are the words that a policy names.
pub fn redacted<'a>(text: &'a str, own: &[Glob]) -> Cow<'a, str> {
    let spans = spans(text, own);
    if spans.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (from, to) in spans {
        out.push_str(text.get(at..from).unwrap_or_default());
        out.push_str(MARK);
        at = to;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    Cow::Owned(out)
}

/// What a step gave, without what looks like a secret; but for what another step of the plan is filled or decided with.
pub fn result(value: &Value, step: &StepId, content: Option<&Content>, own: &[Glob]) -> Value {
    let used: BTreeSet<ParamKey> = content.map(|content| late::used_of(content, step)).unwrap_or_default();
    let Value::Object(fields) = value else { return inside(value, own) };
    let field = |(name, value): (&String, &Value)| {
        let kept = used.iter().any(|field| field.as_str() == name);
        (name.clone(), if kept { value.clone() } else { beside(name, value, own) })
    };
    Value::Object(fields.iter().map(field).collect())
}

fn inside(value: &Value, own: &[Glob]) -> Value {
    match value {
        Value::String(text) => Value::String(redacted(text, own).into_owned()),
        Value::Array(items) => items.iter().map(|item| inside(item, own)).collect(),
        Value::Object(map) => {
            Value::Object(map.iter().map(|(name, value)| (name.clone(), beside(name, value, own))).collect())
        }
        plain => plain.clone(),
    }
}

/// A value with its name.
fn beside(name: &str, value: &Value, own: &[Glob]) -> Value {
    match value {
        Value::String(text) if names_a_secret(name) && is_a_value(text) => Value::from(MARK),
        other => inside(other, own),
    }
}

fn names_a_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace('-', "_");
    NAMES.iter().any(|end| name.ends_with(end))
}

fn is_a_value(text: &str) -> bool {
    !text.is_empty() && !NO_SECRETS.contains(&text.to_ascii_lowercase().as_str())
}

/// The places of what is taken out, in order and apart.
fn spans(text: &str, own: &[Glob]) -> Vec<(usize, usize)> {
    let mut all = keys(text);
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let mut found = Vec::new();
        shapes(line, &mut found);
        parts(line, &mut found);
        named(line, &mut found);
        in_an_address(line, &mut found);
        words(line, own, &mut found);
        all.extend(found.into_iter().map(|(from, to)| (start + from, start + to)));
        start += line.len();
    }
    all.retain(|(from, to)| from < to);
    all.sort_unstable();
    let mut out: Vec<(usize, usize)> = Vec::with_capacity(all.len());
    for (from, to) in all {
        match out.last_mut() {
            Some((_, end)) if from <= *end => *end = to.max(*end),
            _ => out.push((from, to)),
        }
    }
    out
}

/// Private keys, from their first line to their last. One that was cut off goes on to where the output was cut.
fn keys(text: &str) -> Vec<(usize, usize)> {
    const CUT: &str = "\n[... ";
    let mut out = Vec::new();
    let edge = |word: &str, from: usize| {
        let at = from + text.get(from..)?.find(word)?;
        let line = text.get(at..)?.lines().next().unwrap_or_default();
        line.contains("PRIVATE KEY").then_some(at).or(Some(usize::MAX)).map(|found| (found, at + word.len()))
    };
    let mut from = 0;
    while let Some((begin, after)) = edge("-----BEGIN ", from) {
        from = after;
        if begin == usize::MAX {
            continue;
        }
        let rest = text.get(after..).unwrap_or_default();
        let cut = rest.find(CUT).map_or(text.len(), |n| after + n);
        let end = rest.find("-----END ").map(|n| after + n).filter(|end| *end < cut);
        let to = end.map_or(cut, |end| {
            let tail = text.get(end + 9..).unwrap_or_default();
            let close = tail.find("-----").map_or(0, |n| n + 5);
            end + 9 + close
        });
        out.push((begin, to));
        from = to.max(after);
    }
    // The end of one whose beginning was cut off.
    if let Some(cut) = text.find(CUT)
        && let Some(line) = text.get(cut + 1..).and_then(|rest| rest.find('\n')).map(|n| cut + 2 + n)
        && let Some(end) = text.get(line..).and_then(|rest| rest.find("-----END ")).map(|n| line + n)
        && !text.get(line..end).unwrap_or_default().contains("-----BEGIN ")
    {
        out.push((line, end));
    }
    out
}

/// A character of which tokens are made.
const fn of_a_token(c: u8) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, b'_' | b'-' | b'.' | b'+' | b'/' | b'=')
}

/// Whether a word begins at `at`: also behind a sequence that colours it.
fn begins_a_word(line: &str, at: usize) -> bool {
    let before = line.get(..at).unwrap_or_default();
    let inside = before.bytes().next_back().is_some_and(|c| c.is_ascii_alphanumeric() || c == b'_');
    let coloured = || {
        let plain = before.trim_end_matches('m').trim_end_matches(|c: char| c.is_ascii_digit() || c == ';');
        before.ends_with('m') && plain.ends_with("\u{1b}[")
    };
    !inside || coloured()
}

fn shapes(line: &str, out: &mut Vec<(usize, usize)>) {
    for (begins, least, at_a_word) in SHAPES {
        for (at, _) in line.match_indices(begins) {
            let rest = line.get(at + begins.len()..).unwrap_or_default();
            let follow = rest.bytes().take_while(|c| of_a_token(*c)).count();
            if follow >= least && (!at_a_word || begins_a_word(line, at)) {
                // Of `Bearer` the word stays.
                let from = if begins.ends_with(' ') { at + begins.len() } else { at };
                out.push((from, at + begins.len() + follow));
            }
        }
    }
}

/// JSON web tokens: three parts with dots between, the first two of them JSON.
fn parts(line: &str, out: &mut Vec<(usize, usize)>) {
    for (at, _) in line.match_indices("eyJ") {
        let rest = line.get(at..).unwrap_or_default();
        let long = rest.bytes().take_while(|c| of_a_token(*c)).count();
        let mut parts = rest.get(..long).unwrap_or_default().split('.');
        let first = parts.next().is_some_and(|part| part.len() >= 10);
        let second = parts.next().is_some_and(|part| part.len() >= 4);
        if first && second && parts.next().is_some() && begins_a_word(line, at) {
            out.push((at, at + long));
        }
    }
}

/// `name=value`, `name: value`, `"name": "value"`, `--name value`.
fn named(line: &str, out: &mut Vec<(usize, usize)>) {
    let bytes = line.as_bytes();
    let of_a_name = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'-');
    let mut at = 0;
    while at < bytes.len() {
        let name_from = at;
        while bytes.get(at).is_some_and(|c| of_a_name(*c)) {
            at += 1;
        }
        if at == name_from {
            at += 1;
            continue;
        }
        let name = line.get(name_from..at).unwrap_or_default();
        if !names_a_secret(name) {
            continue;
        }
        let mut to = at;
        let skip = |to: &mut usize, what: &[u8]| {
            while bytes.get(*to).is_some_and(|c| what.contains(c)) {
                *to += 1;
            }
        };
        skip(&mut to, b"\"'\\");
        let quoted_name = to > at;
        skip(&mut to, b" \t");
        let joined = matches!(bytes.get(to), Some(b'=' | b':'));
        let an_option = name.starts_with("--") && !quoted_name && to > at;
        if !joined && !an_option {
            continue;
        }
        skip(&mut to, b"=:> \t");
        let quote_from = to;
        skip(&mut to, b"\\\"'");
        let quoted = to > quote_from;
        let rest = line.get(to..).unwrap_or_default();
        let whole_line = name.to_ascii_lowercase().ends_with("authorization");
        let ends = |c: char| match (quoted, whole_line) {
            (true, _) => matches!(c, '"' | '\'' | '\\' | '\n' | '\r'),
            (false, true) => matches!(c, '\n' | '\r' | '"' | '\''),
            (false, false) => c.is_whitespace() || matches!(c, ',' | ';' | '&' | '"' | '\'' | ')' | '}'),
        };
        let long = rest.find(ends).unwrap_or(rest.len());
        if is_a_value(rest.get(..long).unwrap_or_default()) {
            out.push((to, to + long));
        }
        at = to.max(at) + long;
    }
}

/// The password in `://user:password@host`.
fn in_an_address(line: &str, out: &mut Vec<(usize, usize)>) {
    for (at, _) in line.match_indices("://") {
        let from = at + 3;
        let rest = line.get(from..).unwrap_or_default();
        let long = rest
            .find(|c: char| c.is_whitespace() || matches!(c, '/' | '"' | '\'' | '<' | '>'))
            .unwrap_or(rest.len());
        let host = rest.get(..long).unwrap_or_default();
        if let Some(end) = host.rfind('@')
            && let Some(colon) = host.find(':').filter(|colon| *colon < end)
        {
            out.push((from + colon + 1, from + end));
        }
    }
}

/// The words that a policy names.
fn words(line: &str, own: &[Glob], out: &mut Vec<(usize, usize)>) {
    if own.is_empty() {
        return;
    }
    let apart = |c: char| {
        c.is_whitespace()
            || matches!(
                c,
                '"' | '\'' | '=' | ',' | ';' | '(' | ')' | '[' | ']' | '{' | '}' | '<' | '>' | '&' | '\u{1b}'
            )
    };
    let mut from = 0;
    for word in line.split(apart) {
        let bare = word.trim_end_matches(['.', ':', '!', '?']);
        if !word.is_empty() && own.iter().any(|glob| glob.fits(word) || glob.fits(bare)) {
            out.push((from, from + word.len()));
        }
        let behind = line.get(from + word.len()..).and_then(|rest| rest.chars().next());
        from += word.len() + behind.map_or(0, char::len_utf8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> String {
        redacted(text, &[]).into_owned()
    }

    #[test]
    fn every_form_is_found_wherever_it_stands() {
        for (begins, least, _) in SHAPES {
            let token = format!("{begins}{}", "aB3".repeat(20));
            for around in
                [("", ""), ("key ", " is new\n"), ("\"", "\"\n"), ("x=", ";"), ("\u{1b}[31m", "\u{1b}[0m")]
            {
                let found = of(&format!("{}{token}{}", around.0, around.1));
                assert!(!found.contains("aB3aB3"), "{begins} between {around:?}: {found}");
                assert!(found.starts_with(around.0) && found.ends_with(around.1), "{found}");
            }
            let short = format!("{begins}{}", "a".repeat(least.min(10) / 2));
            assert_eq!(of(&short), short, "too short to be one");
        }
    }

    #[test]
    fn values_beside_a_name_are_taken_out_and_the_name_stays() {
        for (printed, stored) in [
            ("password=hunter2 user=ann", "password=[redacted] user=ann"),
            ("DB_PASSWORD: hunter2", "DB_PASSWORD: [redacted]"),
            (r#"{"client_secret": "a b c", "id": 7}"#, r#"{"client_secret": "[redacted]", "id": 7}"#),
            (r#"{\"api-key\":\"abc\"}"#, r#"{\"api-key\":\"[redacted]\"}"#),
            ("curl --token abc https://x", "curl --token [redacted] https://x"),
            ("Authorization: Basic dXNlcjpwYXNz\nnext", "Authorization: [redacted]\nnext"),
            ("postgres://app:s3cr3t@db/prod", "postgres://app:[redacted]@db/prod"),
            ("https://host:8080/path", "https://host:8080/path"),
            ("token: null, secret: false", "token: null, secret: false"),
            ("20 tokens used; password changed", "20 tokens used; password changed"),
            ("the secret of the sea", "the secret of the sea"),
        ] {
            assert_eq!(of(printed), stored);
            assert_eq!(of(stored), stored, "a second time changes nothing");
        }
    }

    #[test]
    fn a_web_token_and_a_private_key_go_as_a_whole() {
        let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert_eq!(of(&format!("got {jwt} now")), "got [redacted] now");
        let key = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNz\nAAAA\n-----END OPENSSH PRIVATE KEY-----";
        assert_eq!(of(&format!("a\n{key}\nb\n{key}\n")), "a\n[redacted]\nb\n[redacted]\n");
        let public = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----";
        assert_eq!(of(public), public);
        let cut = "x\n-----BEGIN PRIVATE KEY-----\nMII\n[... 900 bytes left out ...]\nAAA\n-----END PRIVATE KEY-----\ny";
        assert_eq!(
            of(cut),
            "x\n[redacted]\n[... 900 bytes left out ...]\n[redacted]-----END PRIVATE KEY-----\ny"
        );
    }

    #[test]
    fn the_words_of_a_policy_are_taken_out() {
        let own = [Glob::new("acme-*").unwrap(), Glob::new("*@corp.example").unwrap()];
        let printed = "id=ACME-77, by ann@corp.example. Acme is a firm; key 'acme-x'";
        assert_eq!(redacted(printed, &own), "id=[redacted], by [redacted] Acme is a firm; key '[redacted]'");
        assert!(matches!(redacted("nothing to see", &own), Cow::Borrowed(_)));
    }

    #[test]
    fn anything_printed_is_read_without_fault() {
        for text in [
            "",
            "://",
            "password=",
            "password=\u{e9}\u{e9}, x",
            "-----BEGIN ",
            "eyJ",
            "\u{1b}[",
            "--token",
            "\n[... ",
        ] {
            let _ = of(text);
            let _ = redacted(text, &[Glob::new("*x*").unwrap()]);
        }
        assert_eq!(of("ü_password=\u{e9}"), "ü_password=[redacted]");
    }
}
