//! Lines of phrases, broken to a width in display cells. Every part of a quoted line has the gutter; every part of an
//! indented line is indented; nothing is dropped.

use crate::present::line::{Line, Tone};
use crate::tui::glyphs::Glyphs;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// One line on the screen.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Wrapped {
    /// Whether it is somebody else's words.
    pub gutter: bool,
    /// How far it is indented.
    pub indent: u16,
    /// The words with their tones.
    pub spans: Vec<(Tone, String)>,
}

/// Never wraps to fewer cells than this; a narrower screen clips.
const LEAST: usize = 8;

/// `line` in lines of at most `width` cells.
pub fn wrap(line: &Line, width: u16, glyphs: Glyphs) -> Vec<Wrapped> {
    let margin = usize::from(line.indent) + if line.gutter { glyphs.gutter().width() } else { 0 };
    let room = usize::from(width).saturating_sub(margin).max(LEAST);
    let blank = || Wrapped { gutter: line.gutter, indent: line.indent, spans: Vec::new() };
    let clusters = clusters(line, glyphs);
    let mut out = Vec::new();
    let mut start = 0;
    while start < clusters.len() {
        let end = break_at(&clusters, start, room, !line.gutter);
        let mut part = blank();
        for cluster in &clusters[start..end] {
            match part.spans.last_mut() {
                Some((tone, text)) if *tone == cluster.tone => text.push_str(&cluster.text),
                _ => part.spans.push((cluster.tone, cluster.text.clone())),
            }
        }
        out.push(part);
        start = end;
    }
    if out.is_empty() {
        out.push(blank());
    }
    out
}

struct Cluster {
    text: String,
    tone: Tone,
    cells: usize,
}

fn clusters(line: &Line, glyphs: Glyphs) -> Vec<Cluster> {
    let mut out = Vec::new();
    for phrase in &line.phrases {
        for cluster in glyphs.text(phrase.text.as_str()).graphemes(true) {
            // A mark without a letter would be drawn over by its neighbour: it gets a dotted circle to stand on.
            let (text, cells) = match cluster.width() {
                0 => (format!("◌{cluster}"), 1),
                cells => (cluster.to_owned(), cells),
            };
            out.push(Cluster { text, tone: phrase.tone, cells });
        }
    }
    out
}

/// Where the line that begins at `start` ends: after the last blank that fits, or in the middle of a word that is too
/// long for a line of its own. A blank may hang over the edge, so that none is dropped or begins a line. In our own words
/// a span of time is one word: `1` at the end of a line and `h 40 min` on the next is read wrongly.
fn break_at(clusters: &[Cluster], start: usize, room: usize, ours: bool) -> usize {
    let mut used = 0;
    let mut after_blank = None;
    for (n, cluster) in clusters.iter().enumerate().skip(start) {
        let is_blank = cluster.text == " ";
        let fits = used + cluster.cells <= if is_blank { room } else { room - 1 };
        if !fits {
            return after_blank.unwrap_or(n.max(start + 1));
        }
        used += cluster.cells;
        if is_blank && n > start && !(ours && is_inside_a_span(clusters, n)) {
            after_blank = Some(n + 1);
        }
    }
    clusters.len()
}

/// Whether the blank at `n` stands between a number and its unit of time, or between the two parts of `1 h 40 min`.
fn is_inside_a_span(clusters: &[Cluster], n: usize) -> bool {
    let (before, behind) = clusters.split_at(n);
    let joined = |part: &mut dyn Iterator<Item = &Cluster>| -> String {
        part.take_while(|c| c.text.chars().all(char::is_alphanumeric)).map(|c| c.text.as_str()).collect()
    };
    let mut back = before.rsplit(|c| c.text == " ").map(|word| -> String {
        let reversed = joined(&mut word.iter().rev());
        reversed.chars().rev().collect()
    });
    let next = joined(&mut behind.iter().skip(1));
    let (last, last_but_one) = (back.next().unwrap_or_default(), back.next().unwrap_or_default());
    let is_number = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
    let is_unit = |word: &str| matches!(word, "s" | "min" | "h" | "d");
    is_number(&last) && is_unit(&next) || is_number(&last_but_one) && is_unit(&last) && is_number(&next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::text::Text;

    const GLYPHS: Glyphs = Glyphs { ascii: false };

    fn words(parts: &[Wrapped]) -> Vec<String> {
        parts.iter().map(|p| p.spans.iter().map(|(_, text)| text.as_str()).collect()).collect()
    }

    #[test]
    fn words_break_at_blanks_and_long_words_anywhere() {
        let line = Line::plain("alpha beta gamma");
        assert_eq!(words(&wrap(&line, 12, GLYPHS)), ["alpha beta ", "gamma"]);
        let long = Line::plain("aaaaaaaaaaaaaaaaaaaa");
        assert_eq!(words(&wrap(&long, 11, GLYPHS)), ["aaaaaaaaaa", "aaaaaaaaaa"]);
    }

    #[test]
    fn a_span_of_time_stays_on_one_line() {
        let line = Line::plain("escalated (1 h 40 min ago) and due in 3 d 4 h, or 12 min, at 7 h");
        for width in 16..70 {
            let parts = words(&wrap(&line, width, GLYPHS));
            for span in ["1 h 40 min", "3 d 4 h", "12 min", "7 h"] {
                assert!(parts.iter().any(|part| part.contains(span)), "{span} at {width}: {parts:?}");
            }
        }
        let number = Line::plain("revision 3 has 4 steps");
        assert_eq!(words(&wrap(&number, 9, GLYPHS)), ["revision ", "3 has 4 ", "steps"]);
        let theirs = Line::quoted(Text::from("wait 1 h 40 min").line());
        assert_eq!(words(&wrap(&theirs, 13, GLYPHS)), ["wait 1 h ", "40 min"]);
    }

    #[test]
    fn every_part_of_a_quoted_line_has_the_gutter() {
        let line = Line::quoted(Text::from("one two three four five").line()).indented(4);
        let parts = wrap(&line, 16, GLYPHS);
        assert!(parts.len() > 1 && parts.iter().all(|p| p.gutter && p.indent == 4), "{parts:?}");
    }

    #[test]
    fn nothing_is_dropped_and_nothing_is_wider_than_the_line() {
        let text = "日本語 a\u{0301}bc ".repeat(40) + "\u{0301}" + &"x".repeat(70);
        let line = Line::quoted(Text::from(text.as_str()).line());
        for width in 12..60 {
            let parts = wrap(&line, width, GLYPHS);
            let joined: String = words(&parts).concat();
            assert_eq!(joined.replace('◌', ""), text);
            assert!(words(&parts).iter().all(|w| w.trim_end().width() + 2 < usize::from(width)));
        }
    }
}
