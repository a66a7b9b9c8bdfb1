//! The read-to-the-end gate: what of a plan was in a drawn frame. A sensitive request is approved by nobody who has not
//! had all of it before their eyes; jumping to the end shows the end and nothing between.

use crate::domain::command::Seen;
use crate::domain::digest::{MarksDigest, RevisionDigest};
use crate::domain::names::{RequestId, RevisionNumber};
use crate::domain::request::Request;
use crate::present::detail::Sheet;
use crate::tui::glyphs::Glyphs;
use std::collections::{BTreeMap, BTreeSet};

/// What was in front of somebody's eyes: a decision is bound to it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Drawn {
    /// Which request.
    pub id: RequestId,
    /// What it would do.
    pub revision: RevisionDigest,
    /// The marks on its steps.
    pub marks: MarksDigest,
    /// The number of the revision: another one that would do the same may be judged riskier.
    pub number: RevisionNumber,
}

impl Drawn {
    /// What a frame that shows `request` shows.
    pub fn of(request: &Request) -> Self {
        Self {
            id: request.id,
            revision: request.revision.digest,
            marks: request.marks_digest(),
            number: request.revision.number,
        }
    }

    /// What a decision says was seen; `whole` when every line of it was drawn.
    pub const fn seen(&self, whole: bool) -> Seen {
        Seen::Drawn { revision: self.revision, marks: self.marks, number: self.number, whole }
    }
}

/// How the lines were set when parts of them were drawn; set otherwise, the parts are others.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shape {
    /// Columns.
    pub width: u16,
    /// Characters.
    pub glyphs: Glyphs,
    /// Whether long values are shown whole.
    pub unfolded: bool,
}

/// Where a wrapped line comes from: the line, which part of it, and how many parts it has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Origin {
    /// The line of the sheet.
    pub line: usize,
    /// Its part.
    pub part: usize,
    /// Its parts.
    pub parts: usize,
}

/// What is left to be shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Left {
    /// Lines as they are wrapped now.
    pub lines: usize,
    /// Lines in which a value is folded.
    pub folded: usize,
}

impl Left {
    /// Whether everything was shown.
    pub const fn is_nothing(self) -> bool {
        self.lines == 0 && self.folded == 0
    }
}

impl std::fmt::Display for Left {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let one = |n: usize, one: &str, many: &str| format!("{n} {}", if n == 1 { one } else { many });
        f.write_str("not fully shown: ")?;
        match (self.lines, self.folded) {
            (lines, 0) => write!(f, "{} left", one(lines, "line", "lines")),
            (0, folded) => write!(f, "{} folded", one(folded, "value is", "values are")),
            (lines, folded) => {
                write!(f, "{} left, {} folded", one(lines, "line", "lines"), one(folded, "value", "values"))
            }
        }
    }
}

/// What was shown of one revision with its marks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Gate {
    /// Of what.
    pub of: Drawn,
    /// Lines that were shown whole, counted from the first that must be.
    whole: BTreeSet<usize>,
    /// Parts of other lines, as they were set last.
    parts: BTreeMap<usize, BTreeSet<usize>>,
    shape: Option<Shape>,
}

impl Gate {
    /// Nothing was shown yet.
    pub fn new(of: Drawn) -> Self {
        Self { of, whole: BTreeSet::new(), parts: BTreeMap::new(), shape: None }
    }

    /// A frame showed these wrapped lines of the sheet.
    pub fn shown(&mut self, sheet: &Sheet, shape: Shape, rows: &[Origin]) {
        if self.shape != Some(shape) {
            self.parts.clear();
            self.shape = Some(shape);
        }
        for row in rows.iter().filter(|row| sheet.must.contains(&row.line)) {
            let line = row.line - sheet.must.start;
            let parts = self.parts.entry(line).or_default();
            parts.insert(row.part);
            if parts.len() >= row.parts && !sheet.folded.contains(&row.line) {
                self.whole.insert(line);
            }
        }
    }

    /// What of the sheet was not shown yet.
    pub fn left(&self, sheet: &Sheet, shape: Shape, rows: &[Origin]) -> Left {
        let parts = |line: &usize| self.parts.get(line).filter(|_| self.shape == Some(shape));
        let seen = |row: &Origin| {
            let line = row.line - sheet.must.start;
            self.whole.contains(&line) || parts(&line).is_some_and(|parts| parts.contains(&row.part))
        };
        let must = rows.iter().filter(|row| sheet.must.contains(&row.line));
        let folded = sheet.folded.iter().filter(|line| sheet.must.contains(line));
        Left {
            lines: must.filter(|row| !seen(row)).count(),
            folded: folded.filter(|line| !self.whole.contains(&(**line - sheet.must.start))).count(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_said_in_a_sentence() {
        let said = |lines, folded| Left { lines, folded }.to_string();
        assert_eq!(said(12, 0), "not fully shown: 12 lines left");
        assert_eq!(said(1, 0), "not fully shown: 1 line left");
        assert_eq!(said(0, 1), "not fully shown: 1 value is folded");
        assert_eq!(said(3, 2), "not fully shown: 3 lines left, 2 values folded");
    }
}
