//! The characters the screen is drawn with, in two sets. In ASCII nothing else leaves: not from our own words, and not
//! from anybody's.

use std::borrow::Cow;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// One of the two sets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Glyphs {
    /// Whether only ASCII may be drawn.
    pub ascii: bool,
}

impl Glyphs {
    const fn pick(self, plain: &'static str, ascii: &'static str) -> &'static str {
        if self.ascii { ascii } else { plain }
    }

    /// The rule between panes.
    pub const fn rule(self) -> &'static str {
        self.pick("─", "-")
    }

    /// The rule above a dialog.
    pub const fn heavy_rule(self) -> &'static str {
        self.pick("━", "=")
    }

    /// The mark of the selected row and of the focused button.
    pub const fn here(self) -> &'static str {
        self.pick("▸", ">")
    }

    /// What stands before every line of somebody else's words. Nothing else on the screen is drawn with it.
    pub const fn gutter(self) -> &'static str {
        self.pick("│ ", "| ")
    }

    /// Where something was clipped.
    pub const fn more(self) -> &'static str {
        self.pick("…", "~")
    }

    /// Between facts on one line.
    pub const fn dot(self) -> &'static str {
        self.pick(" · ", " - ")
    }

    /// Text in this set. What ASCII cannot say is spelled as its code point: nothing is dropped.
    pub fn text(self, text: &str) -> Cow<'_, str> {
        if !self.ascii || text.is_ascii() {
            return Cow::Borrowed(text);
        }
        let mut out = String::with_capacity(text.len());
        for c in text.chars() {
            match c {
                c if c.is_ascii() => out.push(c),
                '⟨' => out.push('<'),
                '⟩' => out.push('>'),
                '│' => out.push('|'),
                '→' => out.push_str("->"),
                '≠' => out.push_str("!="),
                '¦' => out.push(':'),
                '×' => out.push('x'),
                '…' => out.push_str("..."),
                '‼' => out.push_str("!!"),
                '⚠' => out.push_str("(!)"),
                '–' | '·' | '─' => out.push('-'),
                c => out.push_str(&format!("<U+{:04X}>", u32::from(c))),
            }
        }
        Cow::Owned(out)
    }

    /// At most `width` cells of `text`, with a mark where something was left out.
    pub fn clip(self, text: &str, width: usize) -> String {
        let text = self.text(text);
        if text.width() <= width {
            return text.into_owned();
        }
        let mut out = String::new();
        let mut used = 0;
        for cluster in text.graphemes(true) {
            let cells = cluster.width();
            if used + cells + 1 > width {
                break;
            }
            out.push_str(cluster);
            used += cells;
        }
        if width > 0 {
            out.push_str(self.more());
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clipping_counts_cells_not_characters() {
        let glyphs = Glyphs { ascii: false };
        assert_eq!(glyphs.clip("日本語テスト", 7), "日本語…");
        assert_eq!(glyphs.clip("日本語テスト", 6), "日本…");
        assert_eq!(glyphs.clip("abc", 3), "abc");
        assert_eq!(glyphs.clip("abc", 0), "");
    }

    #[test]
    fn ascii_spells_out_what_it_cannot_say() {
        let glyphs = Glyphs { ascii: true };
        assert_eq!(glyphs.text("a⟨ESC⟩ é → b"), "a<ESC> <U+00E9> -> b");
    }
}
