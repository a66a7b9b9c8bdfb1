//! The plain part of YAML that people write settings in: mappings and lists by indentation, `[a, b]`, `{a: b}`, quoted and
//! bare words, comments. Everything else of YAML (anchors, tags, folded text, several documents, tabs, a key said twice) is
//! refused with its line, never guessed: a whole reader is a package of its own, and two readers of one file may disagree.

use serde_json::{Map, Value};

/// How deep it may nest.
const DEEPEST: usize = 16;

/// What could not be read: the line, from 1, and why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unread {
    /// The line, from 1.
    pub line: usize,
    /// Why, as a clause.
    pub why: String,
}

type Read<T> = Result<T, Unread>;

fn unread<T>(line: usize, why: impl Into<String>) -> Read<T> {
    Err(Unread { line, why: why.into() })
}

/// One line that says something.
#[derive(Clone, Copy)]
struct Said<'a> {
    number: usize,
    indent: usize,
    text: &'a str,
}

/// Reads a text. Words stay words but for `true`, `false`, `null`, `~` and whole numbers.
///
/// # Errors
/// The first line that is not plain.
pub fn read(text: &str) -> Read<Value> {
    let mut lines = Vec::new();
    for (n, line) in text.lines().enumerate() {
        let number = n + 1;
        let line = without_comment(line).trim_end();
        let body = line.trim_start_matches(' ');
        if body.is_empty() {
            continue;
        }
        if line.contains('\t') {
            return unread(number, "there is a tab; indent with blanks");
        }
        if body == "---" && lines.is_empty() {
            continue;
        }
        if body.starts_with("---") || body.starts_with("...") || body.starts_with('%') {
            return unread(number, "one document is read, without directives");
        }
        lines.push(Said { number, indent: line.len() - body.len(), text: body });
    }
    let mut at = 0;
    let Some(first) = lines.first().copied() else { return Ok(Value::Null) };
    let value = block(&mut lines, &mut at, first.indent, 0)?;
    match lines.get(at) {
        Some(rest) => unread(rest.number, "is indented less than what stands above it"),
        None => Ok(value),
    }
}

/// A line up to its comment: a `#` at the start or after a blank, outside quotes.
fn without_comment(line: &str) -> &str {
    let (mut quote, mut before) = (None, ' ');
    for (at, c) in line.char_indices() {
        match quote {
            Some(open) if c == open && before != '\\' => quote = None,
            None if matches!(c, '"' | '\'') && matches!(before, ' ' | '[' | '{' | ',' | ':') => {
                quote = Some(c)
            }
            None if c == '#' && before == ' ' => return &line[..at],
            _ => {}
        }
        before = c;
    }
    line
}

fn block<'a>(lines: &mut [Said<'a>], at: &mut usize, indent: usize, depth: usize) -> Read<Value> {
    let first = lines[*at];
    if depth > DEEPEST {
        return unread(first.number, format!("nests deeper than {DEEPEST}"));
    }
    if first.text == "-" || first.text.starts_with("- ") {
        let mut out = Vec::new();
        while let Some(line) = lines.get(*at).copied().filter(|line| line.indent == indent) {
            let Some(rest) =
                line.text.strip_prefix('-').filter(|rest| rest.is_empty() || rest.starts_with(' '))
            else {
                break;
            };
            let rest_at = line.indent + line.text.len() - rest.trim_start().len();
            let rest = rest.trim_start();
            if rest.is_empty() {
                *at += 1;
                out.push(below(lines, at, indent, line.number, depth)?);
            } else if key_of(rest, line.number)?.is_some() {
                lines[*at] = Said { indent: rest_at, text: rest, ..line };
                out.push(block(lines, at, rest_at, depth + 1)?);
            } else {
                *at += 1;
                out.push(flow(rest, line.number)?);
            }
        }
        return Ok(Value::Array(out));
    }
    let mut out = Map::new();
    while let Some(line) = lines.get(*at).copied().filter(|line| line.indent == indent) {
        let Some((key, rest)) = key_of(line.text, line.number)? else {
            return unread(line.number, "is no `key: value`");
        };
        *at += 1;
        let value = match rest {
            "" => below(lines, at, indent, line.number, depth)?,
            rest => flow(rest, line.number)?,
        };
        if out.insert(key.clone(), value).is_some() {
            return unread(line.number, format!("`{key}` is said twice"));
        }
    }
    Ok(Value::Object(out))
}

/// What stands indented below a key or a dash; a list below a key may stand at the key's own indentation.
fn below(lines: &mut [Said<'_>], at: &mut usize, indent: usize, number: usize, depth: usize) -> Read<Value> {
    match lines.get(*at).copied() {
        Some(line) if line.indent > indent => {
            let value = block(lines, at, line.indent, depth + 1)?;
            match lines.get(*at) {
                Some(next) if next.indent > indent => {
                    unread(next.number, "stands at no indentation that is open")
                }
                _ => Ok(value),
            }
        }
        Some(line) if line.indent == indent && line.text.starts_with("- ") && line.number > number => {
            block(lines, at, indent, depth + 1)
        }
        _ => Ok(Value::Null),
    }
}

/// `key: rest`, where a line has that form.
fn key_of(text: &str, number: usize) -> Read<Option<(String, &str)>> {
    if text.starts_with(['[', '{']) {
        return Ok(None);
    }
    let (key, rest) = match text.chars().next() {
        Some(quote @ ('"' | '\'')) => {
            let Some(end) = text[1..].find(quote) else { return unread(number, "a quote is not closed") };
            match text[end + 2..].trim_start().strip_prefix(':') {
                Some(rest) => (text[1..=end].to_owned(), rest),
                None => return Ok(None),
            }
        }
        _ => match text.find(": ").or_else(|| text.strip_suffix(':').map(str::len)) {
            Some(end) => (text[..end].trim_end().to_owned(), &text[end + 1..]),
            None => return Ok(None),
        },
    };
    if key.starts_with(['&', '*', '!', '?', '|', '>', '@', '`', '%']) || key == "<<" {
        return unread(number, format!("`{key}`: only plain keys are read"));
    }
    Ok(Some((key, rest.trim())))
}

/// A value on one line.
fn flow(text: &str, number: usize) -> Read<Value> {
    let mut rest = text;
    let value = one(&mut rest, number, false, 0)?;
    match rest.trim() {
        "" => Ok(value),
        more => unread(number, format!("`{more}` stands behind the value")),
    }
}

fn one(rest: &mut &str, number: usize, inside: bool, depth: usize) -> Read<Value> {
    *rest = rest.trim_start();
    if depth > DEEPEST {
        return unread(number, format!("nests deeper than {DEEPEST}"));
    }
    match rest.chars().next() {
        Some(open @ ('[' | '{')) => {
            let close = if open == '[' { ']' } else { '}' };
            *rest = &rest[1..];
            let (mut list, mut map) = (Vec::new(), Map::new());
            loop {
                *rest = rest.trim_start();
                if let Some(after) = rest.strip_prefix(close) {
                    *rest = after;
                    return Ok(if open == '[' { Value::Array(list) } else { Value::Object(map) });
                }
                if open == '{' {
                    let Some((key, after)) = rest.split_once(':') else {
                        return unread(number, "a `{` is not closed on its line");
                    };
                    let key = key.trim().trim_matches(['"', '\'']).to_owned();
                    *rest = after;
                    let value = one(rest, number, true, depth + 1)?;
                    if map.insert(key.clone(), value).is_some() {
                        return unread(number, format!("`{key}` is said twice"));
                    }
                } else {
                    list.push(one(rest, number, true, depth + 1)?);
                }
                *rest = rest.trim_start();
                if let Some(after) = rest.strip_prefix(',') {
                    *rest = after;
                } else if !rest.starts_with(close) {
                    return unread(number, format!("a `{open}` is not closed on its line"));
                }
            }
        }
        Some(quote @ ('"' | '\'')) => {
            let Some(end) = rest[1..].find(quote) else { return unread(number, "a quote is not closed") };
            let text = &rest[1..=end];
            if text.contains('\\') && quote == '"' || rest[end + 2..].starts_with('\'') {
                return unread(number, "escapes inside quotes are not read; write it without");
            }
            *rest = &rest[end + 2..];
            Ok(Value::from(text))
        }
        Some('&' | '*' | '!' | '|' | '>' | '@' | '`' | '%') => {
            unread(number, "anchors, tags and folded text are not read; write the value itself")
        }
        _ => {
            let end = if inside { rest.find([',', ']', '}']).unwrap_or(rest.len()) } else { rest.len() };
            let word = rest[..end].trim();
            *rest = &rest[end..];
            if word.is_empty() && inside {
                return unread(number, "a value is missing");
            }
            Ok(match word {
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                "" | "null" | "~" => Value::Null,
                word => word.parse::<i64>().map_or_else(|_| Value::from(word), Value::from),
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn settings_are_read_as_they_are_meant() {
        let text = "# a matrix\n---\nphase3:\n  status: implemented # since May\ncapabilities:\n  one:\n    scope: [repo://a/*, \
                    'fs://srv/x y/*']\n    run:\n    - \"pytest -q # all\"\n    - name: b\n      deep: {a: 5, b: [x|y, true]}\n    \
                    empty:\n  two: {}\n";
        assert_eq!(
            read(text).unwrap(),
            json!({"phase3": {"status": "implemented"}, "capabilities": {
                "one": {"scope": ["repo://a/*", "fs://srv/x y/*"],
                    "run": ["pytest -q # all", {"name": "b", "deep": {"a": 5, "b": ["x|y", true]}}], "empty": null},
                "two": {}}})
        );
        assert_eq!(read("\n# nothing\n").unwrap(), Value::Null);
    }

    #[test]
    fn what_is_not_plain_is_refused_with_its_line() {
        for (text, line, why) in [
            ("a: 1\na: 2\n", 2, "said twice"),
            ("a: {b: 1, b: 2}\n", 1, "said twice"),
            ("a: &x 1\n", 1, "anchors"),
            ("a: *x\n", 1, "anchors"),
            ("a: !!str 1\n", 1, "anchors"),
            ("a: |\n  b\n", 1, "anchors"),
            ("<<: {a: 1}\n", 1, "plain keys"),
            ("a:\n\tb: 1\n", 2, "tab"),
            ("a: [1, 2\n", 1, "not closed"),
            ("a: \"b\n", 1, "not closed"),
            ("a: \"b\\n\"\n", 1, "escapes"),
            ("a: 1\n---\nb: 2\n", 2, "one document"),
            ("a:\n    b: 1\n  c: 2\n", 3, "indentation"),
            ("  a: 1\nb: 2\n", 2, "indented less"),
            ("a: 1\njust words\n", 2, "no `key: value`"),
            ("a: [1] x\n", 1, "behind the value"),
        ] {
            let unread = read(text).unwrap_err();
            assert!(unread.line == line && unread.why.contains(why), "{text:?}: {unread:?}");
        }
        let deep = "[".repeat(10_000);
        assert!(read(&format!("a: {deep}")).unwrap_err().why.contains("nests deeper"));
    }

    #[test]
    fn no_text_makes_it_fall_over() {
        let parts =
            ["a", ":", " ", "\n", "-", "[", "]", "{", "}", "\"", "'", "#", ",", "é", "- ", ": ", "  "];
        let mut seed = 7_u64;
        for _ in 0..20_000 {
            let mut text = String::new();
            for _ in 0..12 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                text.push_str(parts[usize::try_from(seed >> 33).unwrap() % parts.len()]);
            }
            drop(read(&text));
        }
    }
}
