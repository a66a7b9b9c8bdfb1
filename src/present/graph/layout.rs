//! Where everything of a graph stands: nodes in layers, top to bottom, and lines between them that never go through a
//! node and never run along each other.
//!
//! Columns are shared out by their remainder, so that no two lines can meet on one: lines leave a node at 0, lanes of long
//! lines run at 1, lines arrive at 2 (or straight below where they left). What is left is a line that crosses another.

mod lanes;

use crate::present::graph::{Graph, Stroke};
use lanes::{Channel, Lanes};
use std::collections::BTreeMap;

/// The width of a node that few lines arrive at, in columns.
pub const WIDTH: usize = 24;
/// The lines of a node.
pub const HEIGHT: usize = 3;
/// The least between two nodes of a layer.
const GAP: usize = 3;
/// How often the order is looked at from above and from below.
const SWEEPS: usize = 4;
/// Up to so many edges an order is kept only if it has fewer crossings.
const COUNTED: usize = 200;

/// Where a node stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Placed {
    /// Its first column.
    pub x: usize,
    /// Its first line.
    pub y: usize,
    /// Its columns.
    pub width: usize,
}

impl Placed {
    /// Whether a place is on it.
    pub const fn covers(self, (x, y): (usize, usize)) -> bool {
        x >= self.x && x < self.x + self.width && y >= self.y && y < self.y + HEIGHT
    }
}

/// Everything's place.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Layout {
    /// Columns in all.
    pub width: usize,
    /// Lines in all.
    pub height: usize,
    /// Of each node of the graph.
    pub nodes: Vec<Placed>,
    /// The nodes of each layer, left to right.
    pub layers: Vec<Vec<usize>>,
    /// Of each edge the corners, from the lower border of the earlier node to just above the later one.
    pub routes: Vec<Vec<(usize, usize)>>,
}

/// Sets a graph out.
pub fn layout(graph: &Graph) -> Layout {
    if graph.nodes.is_empty() {
        return Layout::default();
    }
    let mut setting = Setting::new(graph);
    setting.order();
    setting.stand();
    setting.routes()
}

struct Setting<'a> {
    graph: &'a Graph,
    before: Vec<Vec<usize>>,
    behind: Vec<Vec<usize>>,
    depth: Vec<usize>,
    layers: Vec<Vec<usize>>,
    width: Vec<usize>,
    x: Vec<usize>,
}

impl<'a> Setting<'a> {
    fn new(graph: &'a Graph) -> Self {
        let (before, behind) = graph.neighbours();
        let depth = graph.depths();
        let mut layers = vec![Vec::new(); depth.iter().max().map_or(0, |deepest| deepest + 1)];
        // Depth first, so that what hangs together begins together.
        let mut seen = vec![false; graph.nodes.len()];
        for root in (0..graph.nodes.len()).filter(|n| before[*n].is_empty()) {
            let mut stack = vec![root];
            while let Some(node) = stack.pop() {
                if !std::mem::replace(&mut seen[node], true) {
                    layers[depth[node]].push(node);
                    stack.extend(behind[node].iter().rev());
                }
            }
        }
        // Every line that arrives has a column of its own.
        let width = before.iter().map(|before| WIDTH.max(3 * (before.len() + 1))).collect();
        Self { before, behind, depth, layers, width, x: vec![0; graph.nodes.len()], graph }
    }

    /// The order in the layers: each by the median of its neighbours, from above and from below.
    fn order(&mut self) {
        let mut at = vec![0.0; self.graph.nodes.len()];
        let note = |layer: &[usize], at: &mut Vec<f64>| {
            for (n, node) in layer.iter().enumerate() {
                at[*node] = n as f64 - (layer.len() as f64 - 1.0) / 2.0;
            }
        };
        self.layers.iter().for_each(|layer| note(layer, &mut at));
        let counted = self.graph.edges.len() <= COUNTED;
        let mut best = (if counted { self.crossings(&at) } else { 0 }, self.layers.clone());
        for sweep in 0..SWEEPS {
            let down = sweep % 2 == 0;
            for n in 0..self.layers.len() {
                let n = if down { n } else { self.layers.len() - 1 - n };
                let near = if down { &self.before } else { &self.behind };
                let mut keyed: Vec<(f64, usize)> = Vec::with_capacity(self.layers[n].len());
                for node in &self.layers[n] {
                    keyed.push((median(&near[*node], &at).unwrap_or(at[*node]), *node));
                }
                keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
                self.layers[n] = keyed.into_iter().map(|(_, node)| node).collect();
                note(&self.layers[n], &mut at);
            }
            if counted {
                let crossings = self.crossings(&at);
                if crossings < best.0 {
                    best = (crossings, self.layers.clone());
                }
            }
        }
        if counted {
            self.layers = best.1;
        }
    }

    /// How many lines between neighbouring layers cross.
    fn crossings(&self, at: &[f64]) -> usize {
        let mut by_layer: BTreeMap<usize, Vec<(f64, f64)>> = BTreeMap::new();
        for edge in &self.graph.edges {
            by_layer.entry(self.depth[edge.from]).or_default().push((at[edge.from], at[edge.to]));
        }
        let crossed = |a: &(f64, f64), b: &(f64, f64)| (a.0 - b.0) * (a.1 - b.1) < 0.0;
        by_layer
            .values()
            .map(|lines| {
                let pairs = lines.iter().enumerate();
                pairs.map(|(n, a)| lines[..n].iter().filter(|b| crossed(a, b)).count()).sum::<usize>()
            })
            .sum()
    }

    /// The columns: each as near to its neighbours' middle as the others of its layer let it.
    fn stand(&mut self) {
        let mut x: Vec<f64> = vec![0.0; self.graph.nodes.len()];
        for layer in &self.layers {
            let all: usize = layer.iter().map(|n| self.width[*n] + GAP).sum();
            let mut from = -(all as f64) / 2.0;
            for node in layer {
                x[*node] = from;
                from += (self.width[*node] + GAP) as f64;
            }
        }
        for down in [true, false, true] {
            for n in 0..self.layers.len() {
                let layer = &self.layers[if down { n } else { self.layers.len() - 1 - n }];
                let near = if down { &self.before } else { &self.behind };
                let middle = |node: usize| x[node] + self.width[node] as f64 / 2.0;
                let wanted: Vec<f64> = layer
                    .iter()
                    .map(|node| match near[*node].len() {
                        0 => x[*node],
                        many => {
                            let sum: f64 = near[*node].iter().map(|other| middle(*other)).sum();
                            sum / many as f64 - self.width[*node] as f64 / 2.0
                        }
                    })
                    .collect();
                let widths: Vec<f64> = layer.iter().map(|n| (self.width[*n] + GAP) as f64).collect();
                for (node, place) in layer.iter().zip(apart(&wanted, &widths)) {
                    x[*node] = place;
                }
            }
        }
        // Lanes may run left of everything; what is not used is cut off at the end.
        let long = self.graph.edges.iter().filter(|e| self.depth[e.to] > self.depth[e.from] + 1).count();
        let least = x.iter().copied().fold(f64::INFINITY, f64::min) - 3.0 * long.min(8) as f64;
        for layer in &self.layers {
            let mut free = 0;
            for node in layer {
                let wanted = (((x[*node] - least) / 3.0).round().max(0.0) as usize) * 3;
                self.x[*node] = wanted.max(free);
                free = self.x[*node] + self.width[*node] + GAP;
            }
        }
    }

    fn routes(self) -> Layout {
        let edges = &self.graph.edges;
        let out = |node: usize, stroke: Stroke| {
            let middle = self.x[node] + self.width[node] / 6 * 3;
            match stroke {
                Stroke::Solid => middle,
                Stroke::Dashed => middle + 3,
                Stroke::Dotted => middle - 3,
            }
        };
        let lanes = Lanes::of(&self, out);
        // The column in which a line comes to the last stretch before its node.
        let above = |n: usize| lanes.column[n].unwrap_or_else(|| out(edges[n].from, edges[n].stroke));
        let arrives = self.arrivals(above);
        let mut channels: Vec<Channel> = (1..self.layers.len()).map(|_| Channel::default()).collect();
        let mut first: BTreeMap<(usize, Stroke), usize> = BTreeMap::new();
        let mut parts: Vec<(usize, Option<usize>)> = Vec::with_capacity(edges.len());
        for (n, edge) in edges.iter().enumerate() {
            let (from, to) = (self.depth[edge.from], self.depth[edge.to]);
            let leaves = out(edge.from, edge.stroke);
            // All lines of one sort from one node share a stretch until they part.
            let below = lanes.column[n].unwrap_or(arrives[n]);
            let stretch =
                *first.entry((edge.from, edge.stroke)).or_insert_with(|| channels[from].add(leaves));
            channels[from].stretches[stretch].reach(below);
            let last = lanes.column[n].map(|lane| {
                let stretch = channels[to - 1].add(lane);
                channels[to - 1].stretches[stretch].reach(arrives[n]);
                stretch
            });
            parts.push((stretch, last));
        }
        let mut y = Vec::with_capacity(self.layers.len());
        let mut line = 0;
        for (n, _) in self.layers.iter().enumerate() {
            y.push(line);
            line += HEIGHT;
            if let Some(channel) = channels.get_mut(n) {
                line += channel.share_out() + 1;
            }
        }
        let track = |depth: usize, stretch: usize| {
            y[depth] + HEIGHT + channels[depth].stretches[stretch].track.unwrap_or(0)
        };
        let mut routes = Vec::with_capacity(edges.len());
        for (n, (edge, (stretch, last))) in edges.iter().zip(parts).enumerate() {
            let (from, to) = (self.depth[edge.from], self.depth[edge.to]);
            let mut column = out(edge.from, edge.stroke);
            let mut corners = vec![(column, y[from] + HEIGHT - 1)];
            let mut turn = |to_column: usize, line: usize| {
                if to_column != column {
                    corners.push((column, line));
                    corners.push((to_column, line));
                    column = to_column;
                }
            };
            turn(lanes.column[n].unwrap_or(arrives[n]), track(from, stretch));
            if let Some(last) = last {
                turn(arrives[n], track(to - 1, last));
            }
            corners.push((column, y[to] - 1));
            routes.push(corners);
        }
        let nodes: Vec<Placed> = (0..self.graph.nodes.len())
            .map(|n| Placed { x: self.x[n], y: y[self.depth[n]], width: self.width[n] })
            .collect();
        trimmed(Layout { width: 0, height: line, nodes, layers: self.layers, routes })
    }

    /// In which column each line arrives: in the order in which they come, straight down where that can be.
    fn arrivals(&self, above: impl Fn(usize) -> usize) -> Vec<usize> {
        let mut into: Vec<Vec<usize>> = vec![Vec::new(); self.graph.nodes.len()];
        for (n, edge) in self.graph.edges.iter().enumerate() {
            into[edge.to].push(n);
        }
        let mut out = vec![0; self.graph.edges.len()];
        for (node, mut lines) in into.into_iter().enumerate() {
            lines.sort_by_key(|n| above(*n));
            let (x, width) = (self.x[node], self.width[node]);
            let ports = width / 3 - 1;
            let skip = ports.saturating_sub(lines.len()) / 2;
            // Spread out when there is room for it.
            let step = if lines.len() > 1 && (lines.len() - 1) * 2 < ports { 2 } else { 1 };
            let skip = if step == 2 { (ports - 1 - (lines.len() - 1) * 2) / 2 } else { skip };
            let mut columns: Vec<usize> = (0..lines.len()).map(|k| x + 2 + 3 * (skip + k * step)).collect();
            for k in 0..lines.len() {
                let straight = above(lines[k]);
                let after = k.checked_sub(1).map_or(x, |k| columns[k]);
                let before = columns.get(k + 1).copied().unwrap_or(x + width - 1);
                if straight > after && straight < before {
                    columns[k] = straight;
                }
            }
            for (line, column) in lines.into_iter().zip(columns) {
                out[line] = column;
            }
        }
        out
    }
}

fn median(near: &[usize], at: &[f64]) -> Option<f64> {
    let mut places: Vec<f64> = near.iter().map(|node| at[*node]).collect();
    places.sort_by(f64::total_cmp);
    let half = places.len() / 2;
    match places.len() {
        0 => None,
        many if many % 2 == 1 => Some(places[half]),
        _ => Some((places[half - 1] + places[half]) / 2.0),
    }
}

/// Places as near as can be to those wanted, in the same order, each as far from the next as it is wide.
fn apart(wanted: &[f64], widths: &[f64]) -> Vec<f64> {
    let mut offset = 0.0;
    let mut blocks: Vec<(f64, usize)> = Vec::new(); // the mean, and of how many
    for (place, width) in wanted.iter().zip(widths) {
        let mut block = (place - offset, 1);
        while let Some(last) = blocks.pop_if(|last| last.0 > block.0) {
            let many = last.1 + block.1;
            block = ((last.0 * last.1 as f64 + block.0 * block.1 as f64) / many as f64, many);
        }
        blocks.push(block);
        offset += width;
    }
    let means = blocks.iter().flat_map(|(mean, many)| std::iter::repeat_n(*mean, *many));
    let mut offset = 0.0;
    means
        .zip(widths)
        .map(|(mean, width)| {
            let place = mean + offset;
            offset += width;
            place
        })
        .collect()
}

/// Without the blank columns on the left, and with its width.
fn trimmed(mut layout: Layout) -> Layout {
    let corners = layout.routes.iter().flatten().map(|(x, _)| *x);
    let least = layout.nodes.iter().map(|node| node.x).chain(corners.clone()).min().unwrap_or(0) / 3 * 3;
    let most = layout.nodes.iter().map(|node| node.x + node.width).chain(corners.map(|x| x + 1)).max();
    layout.width = most.unwrap_or(0) - least;
    layout.nodes.iter_mut().for_each(|node| node.x -= least);
    layout.routes.iter_mut().flatten().for_each(|(x, _)| *x -= least);
    layout
}
