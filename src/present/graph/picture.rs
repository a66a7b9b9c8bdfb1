//! A graph that was set out, in characters. A line that crosses another goes over it; where lines part there is a corner
//! or a cross, so that the two are never taken for each other. Nothing is said by colour alone.

use crate::domain::marks::Mark;
use crate::present::graph::layout::{HEIGHT, Layout, Placed};
use crate::present::graph::{Graph, Node, Stroke};
use crate::present::line::{Line, Tone};
use crate::present::words;
use std::collections::BTreeMap;

/// One place of the picture.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ink {
    /// What stands there.
    pub symbol: char,
    /// How it is meant.
    pub tone: Tone,
}

const BLANK: Ink = Ink { symbol: ' ', tone: Tone::Plain };

/// The picture, line by line.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Picture {
    /// All lines are as long as each other.
    pub rows: Vec<Vec<Ink>>,
}

const UP: u8 = 1;
const DOWN: u8 = 2;
const LEFT: u8 = 4;
const RIGHT: u8 = 8;

/// Sets it in characters; `ascii` in nothing but ASCII. The selected node has a mark before its name.
pub fn picture(graph: &Graph, layout: &Layout, selected: Option<usize>, ascii: bool) -> Picture {
    let mut rows = vec![vec![BLANK; layout.width]; layout.height];
    let mut put = |x: usize, y: usize, symbol: char, tone: Tone| {
        if let Some(ink) = rows.get_mut(y).and_then(|row| row.get_mut(x)) {
            *ink = Ink { symbol, tone };
        }
    };
    for ((x, y), arms) in strokes(graph, layout) {
        // Of two lines that cross the upright one is on top.
        let upright = arms.iter().find(|(_, arms)| **arms & (UP | DOWN) != 0);
        if let Some(((_, stroke), arms)) = upright.or(arms.iter().next()) {
            put(x, y, line(*stroke, *arms, ascii), Tone::Plain);
        }
    }
    for (n, (node, place)) in graph.nodes.iter().zip(&layout.nodes).enumerate() {
        boxed(node, *place, selected == Some(n), ascii, &mut put);
    }
    for (edge, route) in graph.edges.iter().zip(&layout.routes) {
        if let (Some((x, y)), Some((to_x, to_y))) = (route.first(), route.last()) {
            put(*x, *y, if ascii { '+' } else { '┬' }, layout_tone(selected == Some(edge.from)));
            put(*to_x, *to_y, if ascii { 'v' } else { '▼' }, Tone::Plain);
        }
    }
    Picture { rows }
}

const fn layout_tone(selected: bool) -> Tone {
    if selected { Tone::Strong } else { Tone::Dim }
}

/// Every place a line goes over: by which node's which line, and to which sides. What comes from one node is one line.
fn strokes(graph: &Graph, layout: &Layout) -> BTreeMap<(usize, usize), BTreeMap<(usize, Stroke), u8>> {
    let mut out: BTreeMap<(usize, usize), BTreeMap<(usize, Stroke), u8>> = BTreeMap::new();
    for (edge, route) in graph.edges.iter().zip(&layout.routes) {
        let of = (edge.from, edge.stroke);
        let mut mark = |place: (usize, usize), arm: u8| {
            *out.entry(place).or_default().entry(of).or_insert(0) |= arm;
        };
        for pair in route.windows(2) {
            let ((x, y), (to_x, to_y)) = (pair[0], pair[1]);
            for line in y..to_y {
                mark((x, line), DOWN);
                mark((x, line + 1), UP);
            }
            for column in x.min(to_x)..x.max(to_x) {
                mark((column, y), RIGHT);
                mark((column + 1, y), LEFT);
            }
        }
    }
    out
}

fn line(stroke: Stroke, arms: u8, ascii: bool) -> char {
    let upright = arms & (LEFT | RIGHT) == 0;
    let level = arms & (UP | DOWN) == 0;
    if ascii {
        return match (stroke, upright, level) {
            (Stroke::Solid, true, _) => '|',
            (Stroke::Solid, _, true) => '-',
            (Stroke::Dashed, true, _) => ':',
            (Stroke::Dashed, _, true) => '=',
            (Stroke::Dotted, true, _) | (Stroke::Dotted, _, true) => '.',
            _ => '+',
        };
    }
    const UP_DOWN: u8 = UP | DOWN;
    const LEFT_RIGHT: u8 = LEFT | RIGHT;
    match (stroke, upright, level) {
        (Stroke::Solid, true, _) => '│',
        (Stroke::Solid, _, true) => '─',
        (Stroke::Dashed, true, _) => '╎',
        (Stroke::Dashed, _, true) => '╌',
        (Stroke::Dotted, true, _) => '┊',
        (Stroke::Dotted, _, true) => '┈',
        _ => match (arms & UP_DOWN, arms & LEFT_RIGHT) {
            (UP, LEFT) => '┘',
            (UP, RIGHT) => '└',
            (UP, _) => '┴',
            (DOWN, LEFT) => '┐',
            (DOWN, RIGHT) => '┌',
            (DOWN, _) => '┬',
            (_, LEFT) => '┤',
            (_, RIGHT) => '├',
            _ => '┼',
        },
    }
}

/// The mark of a step in three characters.
fn mark_words(mark: Option<Mark>, ascii: bool) -> &'static str {
    match (mark, ascii) {
        (Some(Mark::Undecided), _) => "[ ]",
        (Some(Mark::Approved), false) => "[✓]",
        (Some(Mark::Rejected), false) => "[✗]",
        (Some(Mark::Skipped), false) => "[–]",
        (Some(Mark::Approved), true) => "[+]",
        (Some(Mark::Rejected), true) => "[x]",
        (Some(Mark::Skipped), true) => "[-]",
        (None, false) => "[≠]",
        (None, true) => "[*]",
    }
}

/// What the lines and marks mean, in one line.
pub fn legend(ascii: bool) -> Line {
    let words = match ascii {
        false => "─ blocks  ╌ enhances  ┈ optional   [✓] approved  [✗] rejected  [–] skipped",
        true => "- blocks  = enhances  . optional   [+] approved  [x] rejected  [-] skipped",
    };
    Line::default().and(Tone::Dim, words)
}

/// A node: its name on the border, what becomes of it, its risk and its mark inside.
fn boxed(
    node: &Node,
    place: Placed,
    selected: bool,
    ascii: bool,
    put: &mut impl FnMut(usize, usize, char, Tone),
) {
    let tone = layout_tone(selected);
    let (level, upright, corners) = match ascii {
        false => ('─', '│', ['┌', '┐', '└', '┘']),
        true => ('-', '|', ['+', '+', '+', '+']),
    };
    let (right, bottom) = (place.x + place.width - 1, place.y + HEIGHT - 1);
    for x in place.x + 1..right {
        put(x, place.y, level, tone);
        put(x, bottom, level, tone);
    }
    put(place.x, place.y, corners[0], tone);
    put(right, place.y, corners[1], tone);
    put(place.x, bottom, corners[2], tone);
    put(right, bottom, corners[3], tone);
    put(place.x, place.y + 1, upright, tone);
    put(right, place.y + 1, upright, tone);
    let mut write = |from: usize, y: usize, text: &str, tone: Tone| {
        for (x, symbol) in (from..right).zip(text.chars()) {
            put(x, y, symbol, tone);
        }
    };
    let here = match (selected, ascii) {
        (true, false) => '▸',
        (true, true) => '>',
        (false, _) => ' ',
    };
    let name = name(node, place.width - 4, ascii);
    write(place.x + 1, place.y, &format!("{here}{name} "), if selected { Tone::Strong } else { Tone::Plain });
    let inside = place.y + 1;
    write(place.x + 2, inside, node.state.word(), node.state.tone());
    write(place.x + 11, inside, node.risk.word(), words::risk(node.risk));
    let mark = node.mark.map_or(Tone::Warn, words::mark);
    write(place.x + 20, inside, mark_words(node.mark, ascii), mark);
}

/// Names of steps are ASCII without blanks: what is left out of a long one is marked.
fn name(node: &Node, room: usize, ascii: bool) -> String {
    let name = match node.steps.as_slice() {
        [one] => one.as_str().to_owned(),
        [first, .., last] => format!("+{}: {first}..{last}", node.steps.len()),
        [] => String::new(),
    };
    if name.len() <= room {
        return name;
    }
    format!("{}{}", &name[..room.saturating_sub(1)], if ascii { '~' } else { '…' })
}

impl Picture {
    /// As lines to be printed.
    pub fn lines(&self) -> Vec<Line> {
        let line = |row: &Vec<Ink>| {
            let end = row.iter().rposition(|ink| ink.symbol != ' ').map_or(0, |last| last + 1);
            let mut line = Line::default();
            for run in row[..end].chunk_by(|a, b| a.tone == b.tone) {
                line = line.and(run[0].tone, run.iter().map(|ink| ink.symbol).collect::<String>());
            }
            line
        };
        self.rows.iter().map(line).collect()
    }
}
