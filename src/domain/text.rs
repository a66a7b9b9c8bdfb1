//! Text from outside. [`Text`] cannot be printed; [`Safe`] is the only thing that can be, and only this file makes
//! one from untrusted characters.
//!
//! Nothing is dropped: a character that a terminal would obey, hide or reorder is shown as a mark such as `⟨ESC⟩` or
//! `⟨U+202E⟩`. The stored bytes and their digest stay as they came.

use serde::{Deserialize, Serialize};
use std::fmt;
use unicode_properties::{GeneralCategory as Cat, UnicodeGeneralCategory};
use unicode_security::MixedScript;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthChar;

/// Untrusted text, exactly as it was received. It has no `Display` on purpose.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Text(String);

/// Text that is safe to send to a terminal, a log or a file: no control, bidi, zero-width, tag, private or
/// unassigned character is in it, and no line break.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Safe(String);

/// What a reader should be warned of in one text.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Badge {
    /// How many characters are shown as marks because a terminal would not show them as themselves.
    pub hidden: usize,
    /// Whether a word mixes scripts, as in a Latin word with one Cyrillic letter (UTS 39).
    pub mixed_scripts: bool,
}

/// From how many equal blanks on a run is shown as its length: `⟨400 spaces⟩`.
const LONG_RUN_OF_SPACES: usize = 12;
/// From how many empty lines on a run is shown as its length: `⟨200 blank lines⟩`.
const LONG_RUN_OF_LINES: usize = 3;
/// How many combining marks may stack on one letter before the rest is shown as marks.
const COMBINING_ON_ONE: usize = 3;

impl Text {
    /// Takes text from outside as it is.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The stored bytes: for digests, for JSON (which escapes), and for comparing. Never for a terminal.
    pub fn raw(&self) -> &str {
        &self.0
    }

    /// Length in bytes.
    pub fn size(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing visible is in it.
    pub fn is_blank(&self) -> bool {
        self.0.chars().all(|c| c.is_whitespace() || mark(c).is_some())
    }

    /// How many characters can be seen in it: letters with their marks, not blanks and not what is shown as a mark.
    pub fn visible(&self) -> usize {
        let is_seen = |c: char| {
            let rides = matches!(c.general_category(), Cat::NonspacingMark | Cat::EnclosingMark);
            !c.is_whitespace() && !rides && (is_bracket(c) || mark(c).is_none())
        };
        self.0.graphemes(true).filter(|letter| letter.chars().any(is_seen)).count()
    }

    /// The text on one line; line breaks become `⟨LF⟩`.
    pub fn line(&self) -> Safe {
        safe_line(&self.0)
    }

    /// The text as lines, split at line feeds only, with runs of blank lines replaced by their count.
    pub fn lines(&self) -> Vec<Safe> {
        let mut out: Vec<Safe> = Vec::new();
        let mut blank = 0usize;
        let flush = |out: &mut Vec<Safe>, blank: usize| {
            if blank >= LONG_RUN_OF_LINES {
                out.push(Safe(format!("⟨{blank} blank lines⟩")));
            } else {
                out.extend(std::iter::repeat_n(Safe::default(), blank));
            }
        };
        for line in self.0.split('\n') {
            if line.bytes().all(|c| c == b' ') {
                blank += 1;
                continue;
            }
            flush(&mut out, std::mem::take(&mut blank));
            out.push(safe_line(line));
        }
        if !out.is_empty() && blank < LONG_RUN_OF_LINES {
            blank = 0; // a trailing line feed is how text ends, not a blank line
        }
        flush(&mut out, blank);
        out
    }

    /// What to warn of.
    pub fn badge(&self) -> Badge {
        Badge {
            hidden: self.0.chars().filter(|c| *c != '\n' && mark(*c).is_some()).count(),
            mixed_scripts: self.0.unicode_words().any(|word| !word.is_single_script()),
        }
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({})", self.line())
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl Safe {
    /// Our own words, composed of literals and of values that are already safe. Should a raw string have slipped into
    /// the composition it is made harmless here too; only its brackets are then taken for ours.
    pub fn composed(words: impl fmt::Display) -> Safe {
        let words = words.to_string();
        if words.chars().all(|c| mark(c).is_none() || is_bracket(c)) {
            return Safe(words);
        }
        Safe(words.chars().fold(String::new(), |mut out, c| {
            match mark(c) {
                Some(mark) if !is_bracket(c) => out.push_str(&mark),
                _ => out.push(c),
            }
            out
        }))
    }

    /// The characters, for width arithmetic and widgets.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// How many columns it takes, at most.
    pub fn columns(&self) -> usize {
        self.0.chars().filter_map(UnicodeWidthChar::width).sum()
    }

    /// The text in rows, the first of at most `first` columns and the others of `rest`; broken behind a blank where
    /// there is one in a row's second half. Nothing is added or left out.
    pub fn rows(&self, first: usize, rest: usize) -> Vec<Safe> {
        let (mut rows, mut row, mut width) = (Vec::new(), String::new(), 0);
        for letter in self.0.graphemes(true) {
            // The sum over characters is never less than what a terminal takes for them together.
            let columns: usize = letter.chars().filter_map(UnicodeWidthChar::width).sum();
            let room = if rows.is_empty() { first } else { rest };
            if width + columns > room && !row.is_empty() {
                let blank = row.rfind(' ').map(|at| at + 1).filter(|at| *at > row.len() / 2);
                let over = row.split_off(blank.unwrap_or(row.len()));
                rows.push(Safe(std::mem::replace(&mut row, over)));
                width = row.chars().filter_map(UnicodeWidthChar::width).sum();
            }
            row.push_str(letter);
            width += columns;
        }
        rows.push(Safe(row));
        rows
    }

    /// The first `most` characters, with `…` when something was left out.
    pub fn clipped(&self, most: usize) -> Safe {
        if self.0.chars().count() <= most {
            return self.clone();
        }
        let kept: String = self.0.chars().take(most.saturating_sub(1)).collect();
        Safe(format!("{kept}…"))
    }
}

impl fmt::Display for Safe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Safe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

/// Makes any text safe on one line: error messages of libraries, file names, environment values.
pub fn safe_line(text: &str) -> Safe {
    let mut out = String::with_capacity(text.len());
    let mut spaces = 0usize;
    let mut combining = 0usize;
    for c in text.chars() {
        if c == ' ' {
            spaces += 1;
            combining = 0;
            continue;
        }
        push_spaces(&mut out, std::mem::take(&mut spaces));
        if matches!(c.general_category(), Cat::NonspacingMark | Cat::EnclosingMark) {
            combining += 1;
        } else {
            combining = 0;
        }
        match mark(c) {
            Some(mark) => out.push_str(&mark),
            None if combining > COMBINING_ON_ONE => out.push_str(&code_point(c)),
            None => out.push(c),
        }
    }
    push_spaces(&mut out, spaces);
    Safe(out)
}

/// A run of blanks that could push something out of view becomes its length.
fn push_spaces(out: &mut String, spaces: usize) {
    if spaces >= LONG_RUN_OF_SPACES {
        out.push_str(&format!("⟨{spaces} spaces⟩"));
    } else {
        out.extend(std::iter::repeat_n(' ', spaces));
    }
}

fn code_point(c: char) -> String {
    format!("⟨U+{:04X}⟩", u32::from(c))
}

/// The visible mark for a character that may not reach a terminal as itself; `None` for one that may.
fn mark(c: char) -> Option<String> {
    if c.is_ascii() {
        if !c.is_ascii_control() {
            return None;
        }
        const NAMES: [&str; 32] = [
            "NUL", "SOH", "STX", "ETX", "EOT", "ENQ", "ACK", "BEL", "BS", "TAB", "LF", "VT", "FF", "CR",
            "SO", "SI", "DLE", "DC1", "DC2", "DC3", "DC4", "NAK", "SYN", "ETB", "CAN", "EM", "SUB", "ESC",
            "FS", "GS", "RS", "US",
        ];
        let name = NAMES.get(c as usize).copied().unwrap_or("DEL");
        return Some(format!("⟨{name}⟩"));
    }
    let invisible = match c.general_category() {
        Cat::Control | Cat::Format | Cat::PrivateUse | Cat::Surrogate | Cat::Unassigned => true,
        Cat::LineSeparator | Cat::ParagraphSeparator => true,
        // Only the plain space and the ideographic one look like what they are.
        Cat::SpaceSeparator => c != '\u{3000}',
        _ => is_ignorable(c),
    };
    // The brackets of our own marks are marked themselves, so that text cannot pretend to contain one.
    (invisible || is_bracket(c)).then(|| code_point(c))
}

/// Whether a character is shown as a mark instead of itself.
pub fn is_marked(c: char) -> bool {
    mark(c).is_some() && !is_bracket(c)
}

/// The brackets of our marks.
const fn is_bracket(c: char) -> bool {
    matches!(c, '⟨' | '⟩')
}

/// Letters and marks that render as nothing: Default_Ignorable_Code_Point outside the categories above
/// (Unicode `DerivedCoreProperties.txt`), and the blank braille pattern.
fn is_ignorable(c: char) -> bool {
    matches!(u32::from(c),
        0x034F | 0x115F..=0x1160 | 0x17B4..=0x17B5 | 0x180B..=0x180F | 0x2800 | 0x3164
        | 0xFE00..=0xFE0F | 0xFFA0 | 0xE0100..=0xE01EF)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        Text::from(text).line().to_string()
    }

    #[test]
    fn escape_sequences_are_seen_not_obeyed() {
        assert_eq!(shown("a\x1b[31mred\x07"), "a⟨ESC⟩[31mred⟨BEL⟩");
        assert_eq!(shown("safe\rEVIL"), "safe⟨CR⟩EVIL");
        assert_eq!(shown("c1 \u{9b}31m"), "c1 ⟨U+009B⟩31m");
        assert_eq!(shown("\x7f"), "⟨DEL⟩");
    }

    #[test]
    fn what_hides_or_reorders_is_seen() {
        assert_eq!(shown("a\u{202e}b\u{2066}"), "a⟨U+202E⟩b⟨U+2066⟩");
        assert_eq!(shown("z\u{200b}w\u{200d}\u{feff}"), "z⟨U+200B⟩w⟨U+200D⟩⟨U+FEFF⟩");
        assert_eq!(shown("\u{e0041}\u{e0100}\u{fe0f}"), "⟨U+E0041⟩⟨U+E0100⟩⟨U+FE0F⟩");
        assert_eq!(shown("\u{2028}\u{a0}\u{2800}\u{3164}"), "⟨U+2028⟩⟨U+00A0⟩⟨U+2800⟩⟨U+3164⟩");
        assert_eq!(shown("\u{e000}\u{0378}"), "⟨U+E000⟩⟨U+0378⟩");
    }

    #[test]
    fn a_text_cannot_pretend_to_hold_a_mark() {
        assert_eq!(shown("⟨ESC⟩"), "⟨U+27E8⟩ESC⟨U+27E9⟩");
    }

    #[test]
    fn composing_keeps_marks_and_still_lets_nothing_through() {
        let inner = Text::from("a\x1b").line();
        assert_eq!(Safe::composed(format_args!("{inner} and \u{202e}")).as_str(), "a⟨ESC⟩ and ⟨U+202E⟩");
    }

    #[test]
    fn honest_scripts_stay_readable() {
        for text in ["żółć", "שלום", "سلام", "日本語　テスト", "✓ done 🎉", "é"] {
            assert_eq!(shown(text), text);
            assert_eq!(Text::from(text).badge(), Badge::default(), "{text}");
        }
    }

    #[test]
    fn long_blank_runs_show_their_length() {
        assert_eq!(shown(&format!("a{}b", " ".repeat(400))), "a⟨400 spaces⟩b");
        let lines = Text::new(format!("a{}b", "\n".repeat(201))).lines();
        assert_eq!(lines.iter().map(Safe::to_string).collect::<Vec<_>>(), ["a", "⟨200 blank lines⟩", "b"]);
        assert_eq!(Text::from("a\n\nb\n").lines().len(), 3);
    }

    #[test]
    fn rows_hold_everything_in_the_columns_there_are() {
        let rows =
            |text: &str| Text::from(text).line().rows(10, 6).iter().map(Safe::to_string).collect::<Vec<_>>();
        assert_eq!(rows("short"), ["short"]);
        assert_eq!(rows("a word and another"), ["a word ", "and ", "anothe", "r"]);
        assert_eq!(rows("日本語日本語日"), ["日本語日本", "語日"]);
        assert_eq!(rows(""), [""]);
        assert_eq!(rows("e\u{301}".repeat(11).as_str())[1], "e\u{301}");
    }

    #[test]
    fn stacked_combining_marks_stop_at_three() {
        let text = format!("e{}", "\u{0301}".repeat(5));
        assert!(shown(&text).ends_with("⟨U+0301⟩⟨U+0301⟩"));
    }

    #[test]
    fn the_badge_counts_what_is_hidden_and_sees_mixed_words() {
        let badge = Text::from("pаyments \u{200b}\u{200b}").badge();
        assert_eq!(badge, Badge { hidden: 2, mixed_scripts: true });
    }

    #[test]
    fn whatever_comes_in_no_control_character_comes_out() {
        for code in 0..=0x10FFFFu32 {
            let Some(c) = char::from_u32(code) else { continue };
            let out = shown(&c.to_string());
            assert!(!out.is_empty());
            assert!(
                out.chars().all(|c| !c.is_control() && !matches!(c.general_category(), Cat::Format)),
                "U+{code:04X} came through"
            );
        }
    }
}
