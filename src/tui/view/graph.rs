//! The graph of a plan: the part of the picture that is in view, and what its lines and marks mean.

use crate::present::graph::picture::legend;
use crate::tui::reading::Reading;
use crate::tui::view::canvas::Canvas;
use ratatui::layout::{Position, Rect};

/// Draws it; returns where the selected node is.
pub fn graph(reading: &Reading, canvas: &mut Canvas, text: Rect) -> Option<Position> {
    let graph = &reading.graph;
    let (columns, lines) = graph.room();
    let left = text.x + 1;
    let rows = graph.picture.rows.iter().skip(graph.y).take(lines);
    for (y, row) in (text.y..text.bottom().saturating_sub(1)).zip(rows) {
        let to = (graph.x + columns).min(row.len());
        let mut x = left;
        for run in row.get(graph.x..to).unwrap_or_default().chunk_by(|a, b| a.tone == b.tone) {
            let words: String = run.iter().map(|ink| ink.symbol).collect();
            x += canvas.put(x, y, text.right().saturating_sub(x), &words, run[0].tone);
        }
    }
    let legend = legend(canvas.glyphs.ascii);
    let last = text.bottom().saturating_sub(1);
    canvas.phrases(left, last, text.width.saturating_sub(1), &legend);
    let small = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
    let cursor = graph.cursor().map(|(x, y)| Position { x: left + small(x), y: text.y + small(y) });
    Some(cursor.unwrap_or(Position { x: text.x, y: text.y }))
}
