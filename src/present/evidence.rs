//! Evidence, listed and looked into: text as it is, JSON by its keys, diffs by what they add and remove, bytes as bytes.
//! Every line of it is somebody else's, and stands behind the gutter.

use crate::domain::digest::EvidenceDigest;
use crate::domain::evidence::{Piece, Sort};
use crate::domain::request::Request;
use crate::domain::text::{Safe, Text, safe_line};
use crate::present::detail::Sheet;
use crate::present::line::{Line, Phrase, Tone};
use crate::present::plan::Long;
use crate::present::thread::sort;
use crate::present::words::{badge, quoted};
use serde_json::Value;
use std::collections::BTreeSet;

/// Lines of a file that are shown; `evidence R N --raw` has all of it.
pub const MOST_LINES: usize = 20_000;
/// Bytes in a row of a dump: with their characters they fit 80 columns.
const ROW: usize = 16;
/// How deep JSON is shown when it is folded.
const FOLDED_BELOW: usize = 2;

/// A size in words: `4.1 kB`.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{}.{} kB", bytes / 1_000, bytes % 1_000 / 100),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

/// All evidence of a request; an item for each piece. `opened` are the files this reader has looked into; nothing is said
/// of that when it is nothing.
pub fn list(request: &Request, opened: Option<&BTreeSet<EvidenceDigest>>) -> Sheet {
    let mut sheet = Sheet::default();
    let pieces = request.pieces();
    let missing = request.missing_evidence();
    if pieces.is_empty() && missing.is_empty() {
        return sheet;
    }
    sheet.lines.push(Line::heading(format_args!("Evidence: {}", pieces.len())));
    for label in missing {
        sheet.lines.push(
            Line::default()
                .and(Tone::Bad, format_args!("missing: {} (its rule asks for it)", safe_line(label)))
                .indented(2),
        );
    }
    for (n, piece) in pieces.iter().enumerate() {
        sheet.items.push((sheet.lines.len(), n + 1));
        sheet.lines.push(head(request, n + 1, piece, opened).indented(2));
        sheet.lines.extend(quoted(piece.label(), 2));
        let locator = match piece {
            Piece::Named(named) => Some(Some(&named.locator)),
            Piece::Attached(attached) => attached.file.is_none().then_some(attached.locator.as_ref()),
        };
        if let Some(locator) = locator {
            sheet.lines.extend(quoted(locator, 4));
        }
    }
    sheet
}

fn head(
    request: &Request,
    number: usize,
    piece: &Piece<'_>,
    opened: Option<&BTreeSet<EvidenceDigest>>,
) -> Line {
    let line = Line::default().and(Tone::Strong, format_args!("{number}. "));
    let file = piece.digest().and_then(|digest| request.filed(digest));
    let mut line = match &file {
        Some(file) => line.and(Tone::Plain, format_args!("{}, {}", file.kind, size(file.size))),
        None => line.and(Tone::Plain, "a locator, not opened by this program"),
    };
    if let (Some(file), Some(opened)) = (file, opened)
        && !opened.contains(&file.sha256)
    {
        line = line.and(Tone::Warn, " · not yet opened");
    }
    if piece.is_pinned() {
        line = line.and(Tone::Strong, " · pinned: part of what is decided on");
    }
    line = match piece {
        Piece::Named(_) => line.and(Tone::Plain, " · named by the producer"),
        Piece::Attached(attached) => {
            let about = attached.step.as_ref().map(|step| format!(" to {step}")).unwrap_or_default();
            let words = format!(" · attached{about} by {} ({})", attached.by, sort(attached.kind));
            line.and(Tone::Plain, words)
        }
    };
    match file {
        Some(file) => line.and(Tone::Dim, format_args!(" · sha256 {}", file.sha256.short())),
        None => line,
    }
}

/// What is in a file.
pub fn content(kind: Sort, bytes: &[u8], long: Long) -> Sheet {
    let text = std::str::from_utf8(bytes);
    match (kind, text) {
        (Sort::Json, Ok(text)) => match serde_json::from_str::<Value>(text) {
            Ok(value) => json(&value, long),
            Err(_) => plain(text),
        },
        (Sort::Diff, Ok(text)) => diff(text),
        (Sort::Text, Ok(text)) => plain(text),
        _ => dump(bytes),
    }
}

fn of(text: Safe, tone: Tone) -> Line {
    Line { gutter: true, indent: 0, phrases: vec![Phrase { text, tone }] }
}

fn cut(lines: &mut Vec<Line>, all: usize) {
    if all > MOST_LINES {
        let words = format!("{} more lines; `evidence R N --raw` has all", all - MOST_LINES);
        lines.push(Line::default().and(Tone::Warn, words));
    }
}

fn plain(text: &str) -> Sheet {
    let mut lines: Vec<Line> = badge(Text::from(text).badge())
        .map(|words| Line::default().and(Tone::Warn, words))
        .into_iter()
        .collect();
    let all = text.lines().count();
    lines.extend(text.lines().take(MOST_LINES).map(|line| of(safe_line(line), Tone::Plain)));
    cut(&mut lines, all);
    if all == 0 {
        lines.push(Line::default().and(Tone::Dim, "(empty)"));
    }
    lines.into()
}

/// Added and removed lines keep their `+` and `-`; the colour says the same.
fn diff(text: &str) -> Sheet {
    let (mut files, mut added, mut removed) = (0usize, 0usize, 0usize);
    // How many lines of the hunk at hand are still to come, before and after: a line in it that looks like a heading is
    // still a line that was removed or added.
    let (mut then, mut now) = (0usize, 0usize);
    let mut lines = Vec::new();
    let all = text.lines().count();
    for (n, line) in text.lines().enumerate() {
        let tone = if then > 0 || now > 0 {
            match line.as_bytes().first() {
                Some(b'+') => {
                    added += 1;
                    now = now.saturating_sub(1);
                    Tone::Good
                }
                Some(b'-') => {
                    removed += 1;
                    then = then.saturating_sub(1);
                    Tone::Bad
                }
                Some(b'\\') => Tone::Dim,
                _ => {
                    (then, now) = (then.saturating_sub(1), now.saturating_sub(1));
                    Tone::Plain
                }
            }
        } else if let Some(sizes) = hunk(line) {
            (then, now) = sizes;
            Tone::Heading
        } else {
            files += usize::from(line.starts_with("+++ "));
            Tone::Strong
        };
        if n < MOST_LINES {
            lines.push(of(safe_line(line), tone));
        }
    }
    let plural = |many: usize| if many == 1 { "" } else { "s" };
    let first = Line::default()
        .and(Tone::Plain, format_args!("{files} file{}, ", plural(files)))
        .and(Tone::Good, format_args!("{added} line{} added (+)", plural(added)))
        .and(Tone::Plain, ", ")
        .and(Tone::Bad, format_args!("{removed} removed (-)"));
    lines.insert(0, first);
    cut(&mut lines, all);
    lines.into()
}

/// How many lines a hunk has before and after, as its first line says: `@@ -3,4 +3,5 @@`.
fn hunk(line: &str) -> Option<(usize, usize)> {
    let mut words = line.strip_prefix("@@ ")?.split(' ');
    let mut size = |sign: char| -> Option<usize> {
        let range = words.next()?.strip_prefix(sign)?;
        range.split_once(',').map_or(Some(1), |(_, size)| size.parse().ok())
    };
    Some((size('-')?, size('+')?))
}

fn json(value: &Value, long: Long) -> Sheet {
    let mut out = Json { sheet: Sheet::default(), long, all: 0 };
    out.put(value, None, 0, "");
    let all = out.all;
    cut(&mut out.sheet.lines, all);
    out.sheet
}

struct Json {
    sheet: Sheet,
    long: Long,
    all: usize,
}

impl Json {
    fn line(&mut self, depth: usize, words: &str) {
        self.all += 1;
        if self.all <= MOST_LINES {
            let indent = " ".repeat(2 * depth.min(20));
            let mut line = of(safe_line(words), Tone::Plain);
            // Inside the gutter, and not as blanks of the text, of which a long run would be shown as its length.
            line.phrases.insert(0, Phrase { text: Safe::composed(indent), tone: Tone::Plain });
            self.sheet.lines.push(line);
        }
    }

    fn put(&mut self, value: &Value, key: Option<&str>, depth: usize, end: &str) {
        let key = key.map(|key| format!("{}: ", Value::from(key))).unwrap_or_default();
        let (open, close, many) = match value {
            Value::Object(object) => ("{", "}", object.len()),
            Value::Array(list) => ("[", "]", list.len()),
            other => return self.line(depth, &format!("{key}{other}{end}")),
        };
        if many == 0 {
            return self.line(depth, &format!("{key}{open}{close}{end}"));
        }
        if let Long::Folded(rest) = self.long
            && depth >= FOLDED_BELOW
        {
            let what = if open == "{" { "keys" } else { "items" };
            self.sheet.folded.insert(self.sheet.lines.len());
            return self.line(depth, &format!("{key}{open}… {many} {what}, folded: {rest}{close}{end}"));
        }
        self.line(depth, &format!("{key}{open}"));
        let last = many - 1;
        let comma = |n: usize| if n == last { "" } else { "," };
        match value {
            Value::Object(object) => {
                for (n, (key, value)) in object.iter().enumerate() {
                    self.put(value, Some(key), depth + 1, comma(n));
                }
            }
            Value::Array(list) => {
                for (n, value) in list.iter().enumerate() {
                    self.put(value, None, depth + 1, comma(n));
                }
            }
            _ => {}
        }
        self.line(depth, &format!("{close}{end}"));
    }
}

fn dump(bytes: &[u8]) -> Sheet {
    let mut lines =
        vec![Line::default().and(Tone::Dim, format_args!("{} as bytes", size(bytes.len() as u64)))];
    let all = bytes.len().div_ceil(ROW);
    for (n, row) in bytes.chunks(ROW).take(MOST_LINES).enumerate() {
        let digits: Vec<String> = row.iter().map(|byte| format!("{byte:02x}")).collect();
        let letters: String =
            row.iter().map(|b| if (0x21..0x7f).contains(b) { char::from(*b) } else { '.' }).collect();
        let line = format!("{:06x}  {:<47}  {letters}", n * ROW, digits.join(" "));
        // Our own digits and printable ASCII: a run of blanks in it is alignment.
        lines.push(of(Safe::composed(line), Tone::Plain));
    }
    cut(&mut lines, all);
    lines.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(sheet: &Sheet) -> Vec<String> {
        sheet.lines.iter().map(Line::to_string).collect()
    }

    #[test]
    fn a_diff_is_told_by_what_it_adds_and_removes() {
        let sheet = content(
            Sort::Diff,
            b"--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n--- not a heading\n+new\n same\n",
            Long::Whole,
        );
        let lines = text(&sheet);
        assert_eq!(lines[0], "1 file, 1 line added (+), 1 removed (-)");
        let tone = |n: usize| sheet.lines[n].phrases[0].tone;
        assert_eq!((tone(3), tone(4), tone(5), tone(6)), (Tone::Heading, Tone::Bad, Tone::Good, Tone::Plain));
        assert!(sheet.lines[1..].iter().all(|line| line.gutter));
    }

    #[test]
    fn json_is_folded_below_its_second_level_and_unfolds_whole() {
        let bytes = br#"{"a": {"b": {"c": 1, "d": 2}}, "e": []}"#;
        let folded = content(Sort::Json, bytes, Long::Folded("f unfolds it"));
        let lines = text(&folded);
        assert!(
            lines
                .iter()
                .any(|l| l.contains(r#""b": {… 2 keys, folded: f unfolds it},"#) || l.contains("2 keys")),
            "{lines:?}"
        );
        assert_eq!(folded.folded.len(), 1);
        let whole = text(&content(Sort::Json, bytes, Long::Whole));
        assert!(whole.iter().any(|l| l.ends_with(r#""c": 1,"#)), "{whole:?}");
        assert!(whole.iter().any(|l| l.ends_with(r#""e": []"#)), "{whole:?}");
    }

    #[test]
    fn what_a_file_holds_reaches_no_terminal_as_it_is() {
        let hostile = "\u{1b}]52;c;AA==\u{7} \u{202e} ok";
        for kind in [Sort::Text, Sort::Diff, Sort::Json, Sort::Binary] {
            for line in text(&content(kind, hostile.as_bytes(), Long::Whole)) {
                assert!(!line.contains('\u{1b}') && !line.contains('\u{202e}'), "{kind}: {line}");
            }
        }
    }

    #[test]
    fn bytes_are_shown_sixteen_in_a_row_in_eighty_columns() {
        let lines = text(&content(Sort::Binary, &[b'A'; 20], Long::Whole));
        assert!(
            lines[1].ends_with("AAAAAAAAAAAAAAAA") && lines[2].starts_with("│ 000010  41 41 41 41"),
            "{lines:?}"
        );
        assert!(lines.iter().all(|line| line.chars().count() <= 77), "{lines:?}");
    }

    #[test]
    fn a_file_of_many_lines_is_cut_and_says_so() {
        let long = "x\n".repeat(MOST_LINES + 5);
        let lines = text(&content(Sort::Text, long.as_bytes(), Long::Whole));
        assert_eq!(lines.len(), MOST_LINES + 1);
        assert_eq!(lines.last().unwrap(), "5 more lines; `evidence R N --raw` has all");
    }
}
