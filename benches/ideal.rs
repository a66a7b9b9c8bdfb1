//! The fewest bytes that make one picture into another: what a terminal program can hope for.
//!
//! Every changed run of cells is reached by the cheapest movement and written with the cheapest change of attributes;
//! a scrolled region is tried for every band and both directions. The frame's brackets and the cursor are included.

use vt100::{Cell, Screen};

/// `ESC [ ? 2026 h` and `l`.
const BRACKETS: usize = 16;

/// The fewest bytes from `before` to `after`, brackets and cursor included.
pub fn ideal(before: &Screen, after: &Screen) -> usize {
    let (rows, cols) = after.size();
    let (rows, cols) = (rows.get(), cols.get());
    let old = grid(before, rows, cols);
    let new = grid(after, rows, cols);
    let from = before.cursor_position();
    let plain = cost(&old, &new, from, after.cursor_position());
    let mut best = plain;
    let (was, is): (Vec<u64>, Vec<u64>) = (hashes(&old), hashes(&new));
    for top in 0..usize::from(rows) {
        for bottom in (top + 2)..=usize::from(rows) {
            for up in [true, false] {
                // A band is worth a try only when it brings half of its rows where they belong.
                let comes_from = |r: usize| if up { r + 1 } else { r.wrapping_sub(1) };
                let inside = |r: &usize| (top..bottom).contains(&comes_from(*r));
                let gained = (top..bottom)
                    .filter(inside)
                    .filter(|r| was[comes_from(*r)] == is[*r] && was[*r] != is[*r])
                    .count();
                if gained * 2 < bottom - top {
                    continue;
                }
                let moved = scrolled(&old, top, bottom, up);
                let set = format!("\x1b[{};{}r", top + 1, bottom).len() + "\x1b[S".len() + "\x1b[r".len();
                best = best.min(set + cost(&moved, &new, (0, 0), after.cursor_position()));
            }
        }
    }
    BRACKETS + best
}

type Look = (String, vt100::Color, vt100::Color, [bool; 5]);

fn grid(screen: &Screen, rows: u16, cols: u16) -> Vec<Vec<Look>> {
    let look = |cell: Option<&Cell>| match cell {
        Some(c) => {
            let text = if c.has_contents() { c.contents().to_string() } else { " ".to_owned() };
            (text, c.fgcolor(), c.bgcolor(), [c.bold(), c.dim(), c.italic(), c.underline(), c.inverse()])
        }
        None => (" ".to_owned(), vt100::Color::Default, vt100::Color::Default, [false; 5]),
    };
    (0..rows).map(|r| (0..cols).map(|c| look(screen.cell(r, c))).collect()).collect()
}

fn hashes(grid: &[Vec<Look>]) -> Vec<u64> {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let hash = |row: &Vec<Look>| {
        let mut hasher = DefaultHasher::new();
        for (text, fg, bg, marks) in row {
            (text, format!("{fg:?}{bg:?}"), marks).hash(&mut hasher);
        }
        hasher.finish()
    };
    grid.iter().map(hash).collect()
}

fn scrolled(old: &[Vec<Look>], top: usize, bottom: usize, up: bool) -> Vec<Vec<Look>> {
    let blank =
        vec![(" ".to_owned(), vt100::Color::Default, vt100::Color::Default, [false; 5]); old[0].len()];
    let mut new = old.to_vec();
    if up {
        new[top..bottom].rotate_left(1);
        new[bottom - 1] = blank;
    } else {
        new[top..bottom].rotate_right(1);
        new[top] = blank;
    }
    new
}

fn cost(old: &[Vec<Look>], new: &[Vec<Look>], from: (u16, u16), to: (u16, u16)) -> usize {
    let mut bytes = 0;
    let mut at = (usize::from(from.0), usize::from(from.1));
    let mut style: Option<(vt100::Color, vt100::Color, [bool; 5])> =
        Some((vt100::Color::Default, vt100::Color::Default, [false; 5]));
    for (r, (was, is)) in old.iter().zip(new).enumerate() {
        let mut c = 0;
        while c < is.len() {
            if was[c] == is[c] {
                c += 1;
                continue;
            }
            let target = (r, c);
            let mut moving = movement(at, target);
            // Writing over a few cells that are right already can be cheaper than moving past them.
            if at.0 == r && at.1 < c && c - at.1 < moving {
                let same = is[at.1..c]
                    .iter()
                    .all(|cell| Some((cell.1, cell.2, cell.3)) == style && cell.0.is_ascii());
                if same {
                    moving = c - at.1;
                }
            }
            bytes += moving;
            let (text, fg, bg, attributes) = &is[c];
            let wanted = (*fg, *bg, *attributes);
            if style != Some(wanted) {
                bytes += restyle(style, wanted);
                style = Some(wanted);
            }
            bytes += text.len();
            c += 1;
            at = (r, c);
        }
    }
    if style != Some((vt100::Color::Default, vt100::Color::Default, [false; 5])) {
        bytes += 3;
    }
    bytes + movement(at, (usize::from(to.0), usize::from(to.1)))
}

fn movement(from: (usize, usize), to: (usize, usize)) -> usize {
    if from == to {
        return 0;
    }
    let absolute = format!("\x1b[{};{}H", to.0 + 1, to.1 + 1).len();
    let mut best = absolute;
    let step = |n: usize| {
        if n == 0 {
            0
        } else if n == 1 {
            3
        } else {
            3 + n.to_string().len()
        }
    };
    if from.0 == to.0 {
        best = best.min(step(from.1.abs_diff(to.1)));
        if to.1 < from.1 {
            best = best.min((from.1 - to.1).min(1 + step(to.1)));
        }
    } else {
        let down = if to.0 > from.0 { (to.0 - from.0).min(step(to.0 - from.0)) } else { step(from.0 - to.0) };
        best = best.min(down + step(from.1.abs_diff(to.1)));
        best = best.min(1 + down + step(to.1));
        if to.1 < from.1 {
            best = best.min(down + from.1 - to.1);
        }
    }
    best
}

fn restyle(
    from: Option<(vt100::Color, vt100::Color, [bool; 5])>,
    to: (vt100::Color, vt100::Color, [bool; 5]),
) -> usize {
    let colour = |c: vt100::Color| match c {
        vt100::Color::Default => 2,
        vt100::Color::Idx(n) if n < 8 => 2,
        vt100::Color::Idx(n) if n < 16 => 2,
        vt100::Color::Idx(n) => 5 + n.to_string().len(),
        vt100::Color::Rgb(r, g, b) => 7 + r.to_string().len() + g.to_string().len() + b.to_string().len(),
    };
    let plain = (vt100::Color::Default, vt100::Color::Default, [false; 5]);
    if to == plain {
        return 3;
    }
    let from = from.unwrap_or(plain);
    let mut parts: Vec<usize> = Vec::new();
    if from.0 != to.0 {
        parts.push(colour(to.0));
    }
    if from.1 != to.1 {
        parts.push(colour(to.1) + usize::from(matches!(to.1, vt100::Color::Idx(8..=15))));
    }
    for (was, is) in from.2.iter().zip(to.2) {
        if *was != is {
            parts.push(if is { 1 } else { 2 });
        }
    }
    2 + parts.iter().sum::<usize>() + parts.len().saturating_sub(1) + 1
}
