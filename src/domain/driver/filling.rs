//! Argument arrays with gaps, and what may stand in them: whole arguments, typed, and never a piece of a shell line.

use crate::domain::names::ParamKey;
use crate::domain::policy::glob;
use serde_json::Value;
use std::collections::BTreeMap;

/// What is filled in without being asked for: of the rollout itself. Each is of our own making.
pub const OWN: [&str; 6] = ["rollout", "run", "from", "to", "plan", "pack"];
/// What a probe may be given of these: it is asked at any time, with nobody's orders.
pub const OF_A_PROBE: [&str; 2] = ["rollout", "run"];
/// The longest argument, in bytes.
const LONGEST: usize = 4_096;
/// The most arguments.
const MOST: usize = 200;
/// How long a value may be where nothing is said, in characters.
pub const ORDINARY: usize = 200;

/// One argument.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Piece {
    /// As it stands.
    Constant(String),
    /// A value, behind `--option=` or alone.
    Gap {
        /// `--option=`, or nothing.
        before: String,
        /// What is filled in.
        name: String,
    },
}

/// What sort of value a parameter is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Sort {
    /// Text.
    #[default]
    Text,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
}

/// What a parameter may look like.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Typed {
    /// What sort of value it is.
    pub sort: Sort,
    /// How many characters at most.
    pub longest: usize,
    /// A pattern (`*`, `?`; case counts) that fits the whole of it.
    pub pattern: Option<String>,
    /// Whether it may begin with `-`, where a program could take it for an option.
    pub allow_dash: bool,
}

impl Typed {
    /// The argument that a value becomes.
    ///
    /// # Errors
    /// Why it becomes none, as a clause.
    pub fn argument(&self, value: &Value) -> Result<String, String> {
        let text = match (self.sort, value) {
            (Sort::Text, Value::String(text)) => text.clone(),
            (Sort::Integer, Value::Number(number)) if number.is_i64() || number.is_u64() => {
                number.to_string()
            }
            (Sort::Number, Value::Number(number)) => number.to_string(),
            (Sort::Boolean, Value::Bool(yes)) => yes.to_string(),
            (sort, _) => return Err(format!("is no {}", sort.word())),
        };
        if text.is_empty() {
            return Err("is empty".to_owned());
        }
        if text.contains('\0') {
            return Err("holds a NUL character".to_owned());
        }
        let length = text.chars().count();
        if length > self.longest {
            return Err(format!("has {length} characters; at most {}", self.longest));
        }
        if text.starts_with('-') && !self.allow_dash {
            return Err("begins with `-`, where the driver could take it for an option".to_owned());
        }
        match &self.pattern {
            Some(pattern) if !glob::fits(pattern, &text) => Err(format!("does not fit `{pattern}`")),
            _ => Ok(text),
        }
    }
}

impl Sort {
    /// The word used everywhere.
    pub const fn word(self) -> &'static str {
        match self {
            Sort::Text => "text",
            Sort::Integer => "integer",
            Sort::Number => "number",
            Sort::Boolean => "boolean",
        }
    }
}

/// Reads an argument array. `known` says which gaps there may be.
///
/// # Errors
/// What is wrong with it, as a clause.
pub fn pieces(texts: &[String], known: &dyn Fn(&str) -> bool) -> Result<Vec<Piece>, String> {
    match texts.first() {
        Some(program) if program.starts_with('/') => {}
        _ => return Err("begins with the absolute path of a program".to_owned()),
    }
    if texts.len() > MOST {
        return Err(format!("has {} arguments; at most {MOST}", texts.len()));
    }
    let pieces = texts.iter().map(|text| piece(text, known)).collect::<Result<Vec<_>, _>>()?;
    if matches!(pieces.first(), Some(Piece::Gap { .. })) {
        return Err("begins with the absolute path of a program".to_owned());
    }
    let gaps = pieces.iter().any(|piece| matches!(piece, Piece::Gap { .. }));
    match read_as_program(texts) {
        Some(shell) if gaps => Err(format!(
            "`{shell}` would read an argument as a program, beside a value that is filled in: name the program itself"
        )),
        _ => Ok(pieces),
    }
}

fn piece(text: &str, known: &dyn Fn(&str) -> bool) -> Result<Piece, String> {
    if text.contains('\0') {
        return Err("holds a NUL character".to_owned());
    }
    if text.len() > LONGEST {
        return Err(format!("has an argument of {} bytes; at most {LONGEST}", text.len()));
    }
    let Some((at, name)) = gap(text) else { return Ok(Piece::Constant(text.to_owned())) };
    let before = text.get(..at).unwrap_or_default();
    let whole = text.len() == at + name.len() + 2;
    let option = before.strip_prefix("--").and_then(|rest| rest.strip_suffix('=')).is_some_and(|word| {
        !word.is_empty() && word.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_' | b'.'))
    });
    if !whole || !(before.is_empty() || option) {
        return Err(format!(
            "`{text}`: what is filled in is a whole argument, or all of a --option={{{name}}}"
        ));
    }
    if !known(name) {
        return Err(format!(
            "`{{{name}}}`: nothing of that name is filled in here; there is {}, and what `params` declares",
            OWN.join(", ")
        ));
    }
    Ok(Piece::Gap { before: before.to_owned(), name: name.to_owned() })
}

/// The first `{name}` in a text, and where. Braces around anything else are only braces, as in JSON.
fn gap(text: &str) -> Option<(usize, &str)> {
    text.match_indices('{').find_map(|(at, _)| {
        let name = text.get(at + 1..)?.split_once('}')?.0;
        ParamKey::new(name).is_ok().then_some((at, name))
    })
}

/// The name of an interpreter that is told to read its program from its arguments, should there be one.
fn read_as_program(texts: &[String]) -> Option<&str> {
    const SHELLS: [&str; 10] = ["sh", "bash", "dash", "ash", "zsh", "ksh", "mksh", "fish", "busybox", "csh"];
    const OTHERS: [&str; 8] = ["python", "python3", "perl", "ruby", "node", "php", "lua", "awk"];
    let mut texts = texts.iter();
    while let Some(text) = texts.next() {
        let name = text.rsplit('/').next().unwrap_or_default();
        // python3.13 is a python.
        let plain = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
        let (shell, other) = (SHELLS.contains(&name), OTHERS.contains(&name) || OTHERS.contains(&plain));
        let reads = |word: &String| {
            let flags = word.strip_prefix('-').filter(|flags| !flags.starts_with('-')).unwrap_or_default();
            let letters = if shell { "c" } else { "ceErp" };
            flags.chars().any(|c| letters.contains(c))
                || matches!(&**word, "--eval" | "--print" | "--command")
        };
        if (shell || other) && (name == "awk" || texts.clone().any(reads)) {
            return Some(name);
        }
    }
    None
}

/// Fills an argument array.
///
/// # Errors
/// Which value is missing or may not stand there, as a sentence.
pub fn fill(
    pieces: &[Piece],
    own: &BTreeMap<&str, String>,
    typed: &BTreeMap<ParamKey, Typed>,
    params: &BTreeMap<ParamKey, Value>,
) -> Result<Vec<String>, String> {
    let value = |name: &str| {
        if let Some(value) = own.get(name) {
            return Ok(value.clone());
        }
        let declared = typed.iter().find(|(key, _)| key.as_str() == name);
        let (key, typed) = declared.ok_or_else(|| format!("there is no value for {{{name}}}"))?;
        let value = params.get(key).ok_or_else(|| format!("the request has no parameter {name}"))?;
        typed.argument(value).map_err(|why| format!("the parameter {name} {why}"))
    };
    let argument = |piece: &Piece| match piece {
        Piece::Constant(text) => Ok(text.clone()),
        Piece::Gap { before, name } => value(name).map(|value| format!("{before}{value}")),
    };
    pieces.iter().map(argument).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(words: &[&str]) -> Result<Vec<Piece>, String> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        pieces(&words, &|name| name == "image" || name == "to")
    }

    #[test]
    fn what_is_filled_in_is_a_whole_argument_or_all_of_an_option() {
        assert!(read(&["/bin/x", "{image}", "--to={to}", r#"{"spec":{"a":{}}}"#, "{}", "{ to }"]).is_ok());
        for (words, why) in [
            (vec![], "absolute path"),
            (vec!["x"], "absolute path"),
            (vec!["{image}"], "absolute path"),
            (vec!["/bin/x", "a{image}"], "whole argument"),
            (vec!["/bin/x", "{image}:latest"], "whole argument"),
            (vec!["/bin/x", "-o{to}"], "whole argument"),
            (vec!["/bin/x", "--={to}"], "whole argument"),
            (vec!["/bin/x", "--a b={to}"], "whole argument"),
            (vec!["/bin/x", "{to}{image}"], "whole argument"),
            (vec!["/bin/x", "{other}"], "nothing of that name"),
            (vec!["/bin/x", "a\0b"], "NUL"),
        ] {
            let said = read(&words).expect_err(why);
            assert!(said.contains(why), "{words:?}: {said}");
        }
    }

    #[test]
    fn no_shell_reads_a_program_beside_a_value() {
        for words in [
            vec!["/bin/sh", "-c", "deploy $1", "{image}"],
            vec!["/bin/bash", "-euc", "deploy", "sh", "{image}"],
            vec!["/usr/bin/env", "bash", "-c", "x", "{image}"],
            vec!["/bin/busybox", "sh", "-c", "x", "{image}"],
            vec!["/usr/bin/python3.13", "-c", "print()", "{image}"],
            vec!["/usr/bin/perl", "-ne", "x", "{image}"],
            vec!["/usr/bin/awk", "{print}", "{image}"],
            vec!["/bin/sh", "-c", "--to={to}"],
        ] {
            assert!(read(&words).is_err(), "{words:?}");
        }
        assert!(read(&["/bin/sh", "-c", "deploy everything"]).is_ok(), "nothing is filled in");
        assert!(read(&["/bin/sh", "/usr/local/bin/deploy.sh", "{image}"]).is_ok());
        assert!(read(&["/usr/local/bin/finish", "-c", "{image}"]).is_ok());
    }

    #[test]
    fn a_value_is_of_its_type_its_length_and_its_pattern() {
        let text = Typed { sort: Sort::Text, longest: 12, pattern: None, allow_dash: false };
        let with = |typed: &Typed, value: Value| typed.argument(&value);
        assert_eq!(
            with(&text, json!("a b; rm $(x)")),
            Ok("a b; rm $(x)".to_owned()),
            "an argument is one argument"
        );
        for (value, why) in [
            (json!(5), "is no text"),
            (json!(null), "is no text"),
            (json!(["a"]), "is no text"),
            (json!(""), "is empty"),
            (json!("a\0b"), "NUL"),
            (json!("a thirteenth."), "13 characters"),
            (json!("-rf"), "begins with `-`"),
        ] {
            assert!(with(&text, value.clone()).is_err_and(|said| said.contains(why)), "{value}");
        }
        let dashed = Typed { allow_dash: true, ..text.clone() };
        assert_eq!(with(&dashed, json!("-rf")), Ok("-rf".to_owned()));
        let patterned = Typed { pattern: Some("app:?*".to_owned()), ..text };
        assert!(with(&patterned, json!("app:1")).is_ok());
        assert!(with(&patterned, json!("APP:1")).is_err() && with(&patterned, json!("app:")).is_err());
        let integer = Typed { sort: Sort::Integer, ..dashed };
        assert_eq!(with(&integer, json!(-5)), Ok("-5".to_owned()));
        assert!(with(&integer, json!(5.5)).is_err() && with(&integer, json!("5")).is_err());
    }

    #[test]
    fn what_is_missing_is_named() {
        let pieces = read(&["/bin/x", "--image={image}", "{to}"]).unwrap();
        let own = BTreeMap::from([("to", "25".to_owned())]);
        let key = ParamKey::new("image").unwrap();
        let typed = Typed { sort: Sort::Text, longest: 9, pattern: None, allow_dash: false };
        let typed = BTreeMap::from([(key.clone(), typed)]);
        let filled = fill(&pieces, &own, &typed, &BTreeMap::from([(key, json!("a b"))]));
        assert_eq!(filled.unwrap(), ["/bin/x", "--image=a b", "25"]);
        assert!(
            fill(&pieces, &own, &typed, &BTreeMap::new())
                .is_err_and(|why| why.contains("no parameter image"))
        );
    }
}
