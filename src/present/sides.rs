//! What changed, in three ways: word by word, unified (whole lines, with what stayed around them), and as it was beside
//! as it is. All three compare the same two plans.

use crate::domain::text::Safe;
use crate::present::changes::{Budget, MOST_STEPS, Plan, Side, changes, heading, whole};
use crate::present::line::{Line, Tone};
use crate::present::plan::Block;
use similar::{Algorithm, DiffOp, capture_diff_slices};

/// From so many columns on, what was and what is stand side by side.
pub const ROOM_FOR_BOTH: usize = 116;

/// How it is said what changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum How {
    /// Only the lines that differ, with the words that differ between marks.
    #[default]
    Words,
    /// Whole lines, with those around them that stayed.
    Unified,
    /// As it was on the left, as it is on the right.
    Beside,
}

impl How {
    /// The next one; `columns` say whether both sides have room.
    pub const fn next(self, columns: usize) -> Self {
        match self {
            How::Words => How::Unified,
            How::Unified if columns >= ROOM_FOR_BOTH => How::Beside,
            How::Unified | How::Beside => How::Words,
        }
    }

    /// Its words.
    pub const fn words(self) -> &'static str {
        match self {
            How::Words => "word by word",
            How::Unified => "whole lines",
            How::Beside => "before and after",
        }
    }
}

/// What differs, said in one of the ways, for so many columns. Side by side is said in whole lines where it has no room.
pub fn said(then: &Plan, now: &Plan, how: How, columns: usize) -> Vec<Line> {
    let how = if how == How::Beside && columns < ROOM_FOR_BOTH { How::Unified } else { how };
    if how == How::Words {
        return changes(then, now);
    }
    let mut out = Vec::new();
    let mut budget = Budget(MOST_STEPS);
    let empty = |block: &Block| Block { step: block.step.clone(), lines: Vec::new() };
    for block in &now.0 {
        let before = then.on(block);
        if before.is_some_and(|before| before.lines == block.lines) {
            continue;
        }
        out.push(heading(block, if before.is_some() { "changed" } else { "is new" }));
        let rows = aligned(before.unwrap_or(&empty(block)), block, &mut budget);
        out.extend(set(rows, how, columns));
    }
    for block in then.0.iter().filter(|block| now.on(block).is_none()) {
        out.push(heading(block, "is gone"));
        out.extend(set(aligned(block, &empty(block), &mut budget), how, columns));
    }
    if out.is_empty() {
        return changes(then, now);
    }
    let first = match how {
        How::Beside => beside_heading(columns),
        How::Words | How::Unified => Line::heading("What changed: - then, + now"),
    };
    out.insert(0, first);
    out
}

/// A line as it was, as it is, or both when it stayed.
type Row = (Option<Line>, Option<Line>);

fn aligned(before: &Block, after: &Block, budget: &mut Budget) -> Vec<Row> {
    let lines = |block: &Block| block.lines.iter().map(|(line, _)| line.clone()).collect::<Vec<_>>();
    let (then, now) = (lines(before), lines(after));
    let both = |then: &[Line], now: &[Line]| {
        let many = then.len().max(now.len());
        (0..many).map(|n| (then.get(n).cloned(), now.get(n).cloned())).collect::<Vec<Row>>()
    };
    if !budget.affords(then.len(), now.len()) {
        return both(&then, &now);
    }
    let text = |lines: &[Line]| lines.iter().map(Line::to_string).collect::<Vec<_>>();
    let ops = capture_diff_slices(Algorithm::Myers, &text(&then), &text(&now));
    let rows = |op: &DiffOp| both(&then[op.old_range()], &now[op.new_range()]);
    ops.iter().flat_map(rows).collect()
}

fn stayed(row: &Row) -> bool {
    matches!(row, (Some(then), Some(now)) if then.to_string() == now.to_string())
}

fn set(rows: Vec<Row>, how: How, columns: usize) -> Vec<Line> {
    if how == How::Beside {
        return rows.iter().flat_map(|row| beside(row, columns)).collect();
    }
    let mut out = Vec::new();
    // What went stands above what came, run by run.
    for run in rows.chunk_by(|a, b| stayed(a) == stayed(b)) {
        if run.first().is_some_and(stayed) {
            out.extend(
                run.iter()
                    .filter_map(|(_, now)| now.clone())
                    .map(|line| Line { indent: line.indent + 2, ..line }),
            );
            continue;
        }
        out.extend(run.iter().filter_map(|(then, _)| then.as_ref()).map(|line| whole(line, Side::Then)));
        out.extend(run.iter().filter_map(|(_, now)| now.as_ref()).map(|line| whole(line, Side::Now)));
    }
    out
}

/// Between the two sides.
const BETWEEN: &str = " ¦ ";

const fn half(columns: usize) -> usize {
    (columns - BETWEEN.len()).div_ceil(2)
}

fn beside_heading(columns: usize) -> Line {
    let half = half(columns);
    Line::heading(format_args!("{:<half$}{BETWEEN}{}", "Before", "After"))
}

/// One line of both sides, in as many rows as the longer one needs. Every row of somebody else's words has its gutter.
fn beside((then, now): &Row, columns: usize) -> Vec<Line> {
    let half = half(columns);
    let same = stayed(&(then.clone(), now.clone()));
    let rows = |line: &Option<Line>| line.as_ref().map(|line| line.rows(half - 2)).unwrap_or_default();
    let (left, right) = (rows(then), rows(now));
    let mark = |mark: &'static str, n: usize| if same || n > 0 { "  " } else { mark };
    let blank = String::new();
    (0..left.len().max(right.len()))
        .map(|n| {
            let (a, b) = (left.get(n), right.get(n));
            let text = Safe::composed(a.unwrap_or(&blank));
            let pad = (half - 2).saturating_sub(text.columns());
            let tone = |tone: Tone| if same { Tone::Plain } else { tone };
            let line = Line::default()
                .and(Tone::Bad, if a.is_some() { mark("- ", n) } else { "  " })
                .and(tone(Tone::Bad), format_args!("{text}{:pad$}", ""))
                .and(Tone::Dim, BETWEEN)
                .and(Tone::Good, if b.is_some() { mark("+ ", n) } else { "  " });
            line.and(tone(Tone::Good), b.unwrap_or(&blank))
        })
        .collect()
}
