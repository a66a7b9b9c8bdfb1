//! Searching in a request: what was typed, and where it stands in the lines as they are wrapped. Capitals do not matter.

use crate::tui::gate::Origin;
use crate::tui::wrap::Wrapped;
use unicode_width::UnicodeWidthStr;

/// The longest thing that can be searched for.
const MOST: usize = 200;

/// What is searched for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Search {
    /// As it was typed.
    pub words: String,
    /// Which match one is at.
    pub at: usize,
    /// Whether it is being typed.
    pub typing: bool,
    /// Where the view stood when typing began; it goes back there when nothing is searched for after all.
    pub from: usize,
}

impl Search {
    /// One more character; what could steer a terminal cannot be typed.
    pub fn push(&mut self, c: char) {
        if !c.is_control() && self.words.len() + c.len_utf8() <= MOST {
            self.words.push(c);
        }
    }
}

/// A match, or a part of one that goes over the end of a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Found {
    /// The wrapped line.
    pub row: usize,
    /// The first cell behind indent and gutter.
    pub from: u16,
    /// Its width in cells.
    pub width: u16,
    /// Which match it belongs to.
    pub number: usize,
}

/// Every place of `words`, in order. A line that is wrapped is searched as one.
pub fn find(words: &str, wrapped: &[Wrapped], origins: &[Origin]) -> Vec<Found> {
    let needle: Vec<char> = words.chars().flat_map(char::to_lowercase).collect();
    let mut out = Vec::new();
    if needle.is_empty() {
        return out;
    }
    let mut number = 0;
    let mut row = 0;
    while row < wrapped.len() {
        let rows = origins.get(row).map_or(1, |origin| origin.parts.max(1));
        let parts = &wrapped[row..(row + rows).min(wrapped.len())];
        // Each character lower-cased, with the row and the bytes it came from.
        let mut letters: Vec<(char, usize, usize, usize)> = Vec::new();
        let texts: Vec<String> =
            parts.iter().map(|part| part.spans.iter().map(|(_, text)| text.as_str()).collect()).collect();
        for (n, text) in texts.iter().enumerate() {
            for (at, c) in text.char_indices() {
                letters.extend(c.to_lowercase().map(|lower| (lower, n, at, at + c.len_utf8())));
            }
        }
        let mut at = 0;
        while at + needle.len() <= letters.len() {
            let hit = &letters[at..at + needle.len()];
            if !hit.iter().map(|(c, ..)| c).eq(&needle) {
                at += 1;
                continue;
            }
            for (n, text) in texts.iter().enumerate() {
                let here = || hit.iter().filter(|(_, part, ..)| *part == n);
                if let (Some(first), Some(last)) = (here().next(), here().next_back()) {
                    let cells = |text: &str| u16::try_from(text.width()).unwrap_or(u16::MAX);
                    let (from, width) = (cells(&text[..first.2]), cells(&text[first.2..last.3]));
                    out.push(Found { row: row + n, from, width, number });
                }
            }
            number += 1;
            at += needle.len();
        }
        row += rows;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::present::line::{Line, Tone};
    use crate::tui::glyphs::Glyphs;
    use crate::tui::wrap::wrap;

    fn found(line: &str, width: u16, words: &str) -> Vec<(usize, u16, u16, usize)> {
        let wrapped = wrap(&Line::plain(line), width, Glyphs { ascii: false });
        let parts = wrapped.len();
        let origins: Vec<Origin> = (0..parts).map(|part| Origin { line: 0, part, parts }).collect();
        find(words, &wrapped, &origins).iter().map(|f| (f.row, f.from, f.width, f.number)).collect()
    }

    #[test]
    fn capitals_do_not_matter_and_cells_are_counted() {
        assert_eq!(found("日本 Alpha alpha", 80, "ALPHA"), [(0, 5, 5, 0), (0, 11, 5, 1)]);
        assert_eq!(found("alpha", 80, ""), []);
        assert_eq!(found("alpha", 80, "beta"), []);
    }

    #[test]
    fn what_goes_over_the_end_of_a_line_is_found_in_both_parts() {
        assert_eq!(found("one two three", 9, "two three"), [(0, 4, 4, 0), (1, 0, 5, 0)]);
    }

    #[test]
    fn a_span_does_not_hide_a_match() {
        let line = Line::default().and(Tone::Strong, "ab").and(Tone::Plain, "cd");
        let wrapped = wrap(&line, 80, Glyphs { ascii: false });
        let found = find("bc", &wrapped, &[Origin { line: 0, part: 0, parts: 1 }]);
        assert_eq!((found[0].from, found[0].width), (1, 2));
    }
}
