//! The words of a command line that came through SSH. Nobody but this file reads it: no shell does, and nothing in it
//! is ever expanded.
//!
//! What is understood is the part of a shell's quoting that means the same everywhere: blanks between words, `'…'` as
//! it stands, `"…"` with a backslash before `"` and `\`, and a backslash before any other character. What a shell
//! would act upon is refused outside of quotes rather than taken as a letter, so that nobody believes that it was obeyed.

use crate::domain::text::safe_line;

/// The longest line that is read, in bytes. sshd hands over 128 KiB; no decision needs so many words on its line, and
/// what is longer (a document, a comment) comes in by stdin.
pub const LONGEST: usize = 8 * 1024;

/// What a shell acts upon outside of quotes.
const OBEYED_ELSEWHERE: &str = ";&|<>()$`";

/// One word of the line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Word {
    /// What it says, without its quotes.
    pub text: String,
    /// Whether any of it stood in quotes: then it is one word because somebody said so.
    pub is_quoted: bool,
}

/// Why a line is not read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unread {
    /// It is longer than [`LONGEST`].
    TooLong,
    /// It is not UTF-8.
    NotText,
    /// It holds the character NUL.
    Nul,
    /// It holds a control character, such as a line feed, outside of quotes.
    Control(char),
    /// It holds something outside of quotes that a shell would act upon.
    Obeyed(char),
    /// A quote is not closed.
    Open(char),
    /// It ends with a backslash.
    Backslash,
}

impl std::fmt::Display for Unread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Unread::TooLong => {
                write!(
                    f,
                    "the line is longer than {LONGEST} bytes; send long text by stdin, as in `comment R-1 -`"
                )
            }
            Unread::NotText => write!(f, "the line is not UTF-8"),
            Unread::Nul => write!(f, "the line holds the character NUL"),
            Unread::Control(c) => {
                write!(f, "a control character ({}) stands outside of quotes", safe_line(&c.to_string()))
            }
            Unread::Obeyed(c) => {
                write!(f, "`{c}` stands outside of quotes, and no shell reads this line")
            }
            Unread::Open(c) => write!(f, "a {c} is not closed"),
            Unread::Backslash => write!(f, "the line ends with a backslash"),
        }
    }
}

/// Splits a line into its words.
///
/// # Errors
/// Why it is not read. Then nothing of it is.
pub fn split(line: &[u8]) -> Result<Vec<Word>, Unread> {
    if line.len() > LONGEST {
        return Err(Unread::TooLong);
    }
    let line = std::str::from_utf8(line).map_err(|_| Unread::NotText)?;
    let mut words = Vec::new();
    let mut word: Option<Word> = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        if matches!(c, ' ' | '\t') {
            words.extend(word.take());
            continue;
        }
        let word = word.get_or_insert_with(|| Word { text: String::new(), is_quoted: false });
        match c {
            '\'' => {
                word.is_quoted = true;
                loop {
                    match chars.next().ok_or(Unread::Open('\''))? {
                        '\'' => break,
                        '\0' => return Err(Unread::Nul),
                        c => word.text.push(c),
                    }
                }
            }
            '"' => {
                word.is_quoted = true;
                loop {
                    match chars.next().ok_or(Unread::Open('"'))? {
                        '"' => break,
                        '\0' => return Err(Unread::Nul),
                        '\\' => match chars.next().ok_or(Unread::Open('"'))? {
                            '\0' => return Err(Unread::Nul),
                            // What a shell keeps a backslash before keeps it here.
                            c if !matches!(c, '"' | '\\' | '$' | '`') => word.text.extend(['\\', c]),
                            c => word.text.push(c),
                        },
                        c => word.text.push(c),
                    }
                }
            }
            '\\' => word.text.push(unquoted(chars.next().ok_or(Unread::Backslash)?)?),
            c if OBEYED_ELSEWHERE.contains(c) => return Err(Unread::Obeyed(c)),
            c => word.text.push(unquoted(c)?),
        }
    }
    words.extend(word);
    Ok(words)
}

/// A character outside of quotes.
fn unquoted(c: char) -> Result<char, Unread> {
    match c {
        '\0' => Err(Unread::Nul),
        c if c.is_control() => Err(Unread::Control(c)),
        c => Ok(c),
    }
}

/// What ssh does to a person's words: `ssh cs@host approve R-1 --reason "2.14 checked"` arrives without the quotes, as
/// the shell in front of them took those away. So a prose option takes the words behind it, up to the next one that
/// begins with `-`, as long as none of them is quoted; nobody needs to quote twice.
pub fn gather(words: Vec<Word>, prose: &[&str]) -> Vec<String> {
    let mut out: Vec<String> = Vec::with_capacity(words.len());
    let mut gathering = 0;
    let mut literal = false;
    for word in words {
        let begins_option = word.text.starts_with('-') && !word.is_quoted;
        if literal || begins_option || word.is_quoted {
            gathering = 0;
        } else if gathering > 1
            && let Some(last) = out.last_mut()
        {
            last.push(' ');
            last.push_str(&word.text);
            continue;
        } else if gathering == 1 {
            gathering = 2;
        }
        if begins_option && !literal {
            literal = word.text == "--";
            // `--reason=2.14 checked` begins with its first word.
            gathering = match word.text.split_once('=') {
                None if prose.contains(&word.text.as_str()) => 1,
                Some((name, _)) if prose.contains(&name) => 2,
                _ => 0,
            };
        }
        out.push(word.text);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(line: &str) -> Result<Vec<String>, Unread> {
        split(line.as_bytes()).map(|words| words.into_iter().map(|word| word.text).collect())
    }

    #[test]
    fn words_are_split_as_a_shell_would_and_nothing_is_expanded() {
        let table: [(&str, &[&str]); 19] = [
            ("", &[]),
            (" \t ", &[]),
            ("list", &["list"]),
            ("  show   R-1\t--json ", &["show", "R-1", "--json"]),
            ("comment R-1 'two words'", &["comment", "R-1", "two words"]),
            (r#"comment R-1 "two words""#, &["comment", "R-1", "two words"]),
            (r"comment R-1 two\ words", &["comment", "R-1", "two words"]),
            (r"a\;b\$c", &["a;b$c"]),
            (r#""a\"b\\c\$d\`e""#, &[r#"a"b\c$d`e"#]),
            (r#""a\nb""#, &[r"a\nb"]),
            (r"'a\nb'", &[r"a\nb"]),
            ("''", &[""]),
            (r#""""#, &[""]),
            ("a''b", &["ab"]),
            (r#"'$(id)' "`id`" '; rm -rf /'"#, &["$(id)", "`id`", "; rm -rf /"]),
            ("'two\nlines'", &["two\nlines"]),
            ("~ * ? %n {a,b} [x] #no !1 @file", &["~", "*", "?", "%n", "{a,b}", "[x]", "#no", "!1", "@file"]),
            ("$'a'", &[]),
            ("grün 拡張", &["grün", "拡張"]),
        ];
        for (line, expected) in table {
            match texts(line) {
                Ok(found) => assert_eq!(found, expected, "{line:?}"),
                Err(why) => assert_eq!((why, expected), (Unread::Obeyed('$'), &[] as &[&str]), "{line:?}"),
            }
        }
    }

    #[test]
    fn what_a_shell_would_act_upon_is_refused_outside_of_quotes() {
        let table = [
            ("list; id", Unread::Obeyed(';')),
            ("list ;id", Unread::Obeyed(';')),
            ("list&&id", Unread::Obeyed('&')),
            ("list | cat", Unread::Obeyed('|')),
            ("list > /tmp/x", Unread::Obeyed('>')),
            ("list < /etc/passwd", Unread::Obeyed('<')),
            ("show $(id)", Unread::Obeyed('$')),
            ("show `id`", Unread::Obeyed('`')),
            ("(list)", Unread::Obeyed('(')),
            ("list\nid", Unread::Control('\n')),
            ("list\rid", Unread::Control('\r')),
            ("list \\\nid", Unread::Control('\n')),
            ("list \u{1b}[2J", Unread::Control('\u{1b}')),
            ("list \u{9b}2J", Unread::Control('\u{9b}')),
            ("list\0id", Unread::Nul),
            ("list 'a\0b'", Unread::Nul),
            ("list \"a\\\0b\"", Unread::Nul),
            ("list 'id", Unread::Open('\'')),
            ("list \"id", Unread::Open('"')),
            ("list \"id\\", Unread::Open('"')),
            ("list \\", Unread::Backslash),
        ];
        for (line, why) in table {
            assert_eq!(texts(line), Err(why), "{line:?}");
            assert!(!why.to_string().contains(char::is_control), "{why}");
        }
        assert_eq!(split(b"list \xff"), Err(Unread::NotText));
    }

    #[test]
    fn a_long_line_is_not_read() {
        assert_eq!(texts(&"a".repeat(LONGEST)).map(|words| words.len()), Ok(1));
        assert_eq!(texts(&"a".repeat(LONGEST + 1)), Err(Unread::TooLong));
        assert_eq!(texts(&"' ".repeat(64 * 1024)), Err(Unread::TooLong));
    }

    #[test]
    fn prose_that_lost_its_quotes_on_the_way_is_one_value_again() {
        let table: [(&str, &[&str]); 10] = [
            ("approve R-1 --reason 2.14 checked", &["approve", "R-1", "--reason", "2.14 checked"]),
            ("cosign R-1 --reason 2.14 is ok -", &["cosign", "R-1", "--reason", "2.14 is ok", "-"]),
            ("approve R-1 --reason=2.14 is ok --json", &["approve", "R-1", "--reason=2.14 is ok", "--json"]),
            ("approve --reason 'a b' R-1", &["approve", "--reason", "a b", "R-1"]),
            ("approve --reason a 'b c' R-1", &["approve", "--reason", "a", "b c", "R-1"]),
            ("approve R-1 --reason -- -x", &["approve", "R-1", "--reason", "--", "-x"]),
            ("approve R-1 --reason '--digest' x", &["approve", "R-1", "--reason", "--digest", "x"]),
            ("approve R-1 --digest ab cd", &["approve", "R-1", "--digest", "ab", "cd"]),
            ("approve -- R-1 --reason a b", &["approve", "--", "R-1", "--reason", "a", "b"]),
            ("--reason a b --reason c d", &["--reason", "a b", "--reason", "c d"]),
        ];
        for (line, expected) in table {
            assert_eq!(gather(split(line.as_bytes()).unwrap(), &["--reason"]), expected, "{line}");
        }
    }
}
