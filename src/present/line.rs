//! A line of phrases with tones: what every face draws or prints.

use crate::domain::text::Safe;
use std::fmt;

/// How a phrase is meant; the theme decides what it looks like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tone {
    /// As it is.
    Plain,
    /// Less important.
    Dim,
    /// More important.
    Strong,
    /// A heading.
    Heading,
    /// Went well, or may run.
    Good,
    /// Wants attention.
    Warn,
    /// Dangerous, refused or overdue.
    Bad,
}

/// A few words of one tone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Phrase {
    /// The words.
    pub text: Safe,
    /// How they are meant.
    pub tone: Tone,
}

/// One line. Untrusted prose stands behind a gutter that it cannot draw over, because every line of it has one.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Line {
    /// Whether the line is a producer's or another outsider's prose.
    pub gutter: bool,
    /// How far it is indented, in columns; wrapped parts are indented as far.
    pub indent: u16,
    /// The phrases, joined without blanks.
    pub phrases: Vec<Phrase>,
}

impl Line {
    /// An empty line.
    pub fn empty() -> Self {
        Self::default()
    }

    /// A heading.
    pub fn heading(words: impl fmt::Display) -> Self {
        Self::default().and(Tone::Heading, words)
    }

    /// A line of our own plain words.
    pub fn plain(words: impl fmt::Display) -> Self {
        Self::default().and(Tone::Plain, words)
    }

    /// A line of somebody else's prose, behind the gutter.
    pub fn quoted(text: Safe) -> Self {
        Self { gutter: true, indent: 0, phrases: vec![Phrase { text, tone: Tone::Plain }] }
    }

    /// With `words` after what is there. Everything displayed must be a literal, a number, a checked name or a `Safe`.
    pub fn and(mut self, tone: Tone, words: impl fmt::Display) -> Self {
        self.phrases.push(Phrase { text: Safe::composed(words), tone });
        self
    }

    /// The line in rows for a terminal of so many columns. Each row of somebody else's prose has its gutter, and of
    /// every other line the rows behind the first hang, so that no part of it begins where a line of ours begins.
    pub fn rows(&self, columns: usize) -> Vec<String> {
        let indent = " ".repeat(usize::from(self.indent));
        let (first, rest, taken) = match self.gutter {
            true => (format!("{indent}│ "), format!("{indent}│ "), indent.len() + 2),
            false => (indent.clone(), format!("{indent}    "), indent.len() + 4),
        };
        let words: String = self.phrases.iter().map(|phrase| phrase.text.as_str()).collect();
        let room = |taken: usize| columns.saturating_sub(taken).max(8);
        let first_room = if self.gutter { room(taken) } else { room(indent.len()) };
        let rows = Safe::composed(words).rows(first_room, room(taken));
        let prefixes = std::iter::once(&first).chain(std::iter::repeat(&rest));
        prefixes.zip(rows).map(|(prefix, row)| format!("{prefix}{row}")).collect()
    }

    /// Indented by `columns`.
    pub fn indented(mut self, columns: u16) -> Self {
        self.indent = columns;
        self
    }
}

/// As plain text: what the command line prints. The gutter is a bar.
impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:1$}", "", usize::from(self.indent))?;
        if self.gutter {
            f.write_str("│ ")?;
        }
        self.phrases.iter().try_for_each(|phrase| write!(f, "{}", phrase.text))
    }
}
