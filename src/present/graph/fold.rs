//! A large graph made small: chains become one node, steps with the same neighbours become one node, and where that is
//! not enough all that is far from the selection is gathered layer by layer. What is around the selection stays open.

use crate::domain::names::StepId;
use crate::present::graph::{Edge, Graph, Node, Stroke};
use std::collections::{BTreeMap, BTreeSet};

/// Up to so many nodes nothing is folded.
pub const MOST: usize = 30;
/// How many nodes stay open around the selection, at most.
const OPEN: usize = 16;

/// The graph with at most about [`MOST`] nodes, with the selected step and its neighbours each by itself.
pub fn fold(graph: &Graph, selected: Option<&StepId>) -> Graph {
    let many = graph.nodes.len();
    if many <= MOST {
        return graph.clone();
    }
    let open = around(graph, selected);
    let mut group: Vec<usize> = (0..many).collect();
    loop {
        let small = gathered(graph, &group);
        if small.places.len() <= MOST
            || !(join_chains(&small, &open, &mut group) || join_alike(&small, &open, &mut group))
        {
            break;
        }
    }
    if gathered(graph, &group).places.len() > MOST {
        by_layer(graph, &open, &mut group);
    }
    folded(graph, &group)
}

/// The selected step and what it needs and is needed by.
fn around(graph: &Graph, selected: Option<&StepId>) -> BTreeSet<usize> {
    let Some(at) = selected.and_then(|step| graph.find(step)).or((!graph.nodes.is_empty()).then_some(0))
    else {
        return BTreeSet::new();
    };
    let near = graph.edges.iter().filter_map(|edge| match (edge.from == at, edge.to == at) {
        (true, _) => Some(edge.to),
        (_, true) => Some(edge.from),
        _ => None,
    });
    std::iter::once(at).chain(near).take(OPEN).collect()
}

/// The groups as a graph of their own: each is named by its first node.
struct Small {
    places: BTreeSet<usize>,
    before: BTreeMap<usize, BTreeSet<(usize, Stroke)>>,
    behind: BTreeMap<usize, BTreeSet<(usize, Stroke)>>,
}

fn gathered(graph: &Graph, group: &[usize]) -> Small {
    let mut small =
        Small { places: group.iter().copied().collect(), before: BTreeMap::new(), behind: BTreeMap::new() };
    for (from, to, stroke) in joined(graph, group) {
        small.before.entry(to).or_default().insert((from, stroke));
        small.behind.entry(from).or_default().insert((to, stroke));
    }
    small
}

/// The edges between groups, the strongest of each pair.
fn joined(graph: &Graph, group: &[usize]) -> Vec<(usize, usize, Stroke)> {
    let mut strongest: BTreeMap<(usize, usize), Stroke> = BTreeMap::new();
    for edge in &graph.edges {
        let (from, to) = (group[edge.from], group[edge.to]);
        if from != to {
            let known = strongest.entry((from, to)).or_insert(edge.stroke);
            *known = edge.stroke.min(*known);
        }
    }
    strongest.into_iter().map(|((from, to), stroke)| (from, to, stroke)).collect()
}

fn rename(group: &mut [usize], from: usize, to: usize) {
    group.iter_mut().filter(|g| **g == from).for_each(|g| *g = to);
}

/// What only one needs, and what needs nothing else, go into one: no circle can come of it.
fn join_chains(small: &Small, open: &BTreeSet<usize>, group: &mut [usize]) -> bool {
    let only = |of: &BTreeMap<usize, BTreeSet<(usize, Stroke)>>, at: &usize| match of.get(at) {
        Some(all) if all.len() == 1 => all.first().map(|(other, _)| *other),
        _ => None,
    };
    let mut root: BTreeMap<usize, usize> = BTreeMap::new();
    for place in small.places.iter().filter(|place| !open.contains(*place)) {
        let before = only(&small.before, place).filter(|before| !open.contains(before));
        let Some(before) = before.filter(|before| only(&small.behind, before) == Some(*place)) else {
            continue;
        };
        root.insert(*place, before);
    }
    for place in root.keys() {
        let mut top = *place;
        while let Some(above) = root.get(&top) {
            top = *above;
        }
        rename(group, *place, top);
    }
    !root.is_empty()
}

/// What has the same neighbours on both sides goes into one.
fn join_alike(small: &Small, open: &BTreeSet<usize>, group: &mut [usize]) -> bool {
    let none = BTreeSet::new();
    let mut first: BTreeMap<(&BTreeSet<_>, &BTreeSet<_>), usize> = BTreeMap::new();
    let mut any = false;
    for place in small.places.iter().filter(|place| !open.contains(*place)) {
        let key = (small.before.get(place).unwrap_or(&none), small.behind.get(place).unwrap_or(&none));
        match first.get(&key) {
            Some(to) => {
                rename(group, *place, *to);
                any = true;
            }
            None => {
                first.insert(key, *place);
            }
        }
    }
    any
}

/// All that is not open, layer by layer; layers behind each other in which nothing is open become one.
fn by_layer(graph: &Graph, open: &BTreeSet<usize>, group: &mut [usize]) {
    let depths = graph.depths();
    let with_open: BTreeSet<usize> = open.iter().map(|node| depths[*node]).collect();
    // A run of layers without anything open is named by the number of open layers before it.
    let band = |depth: usize| match with_open.contains(&depth) {
        true => (depth, true),
        false => (with_open.range(..depth).next_back().map_or(0, |last| last + 1), false),
    };
    let mut first: BTreeMap<(usize, bool), usize> = BTreeMap::new();
    for node in 0..graph.nodes.len() {
        group[node] = match open.contains(&node) {
            true => node,
            false => *first.entry(band(depths[node])).or_insert(node),
        };
    }
}

fn folded(graph: &Graph, group: &[usize]) -> Graph {
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (node, place) in group.iter().enumerate() {
        members.entry(*place).or_default().push(node);
    }
    let at: BTreeMap<usize, usize> = members.keys().enumerate().map(|(n, place)| (*place, n)).collect();
    let depths = graph.depths();
    let nodes = members.values_mut().map(|nodes| {
        // In the order in which they run, so that one goes in at the near end.
        nodes.sort_by_key(|node| (depths[*node], *node));
        let of = || nodes.iter().map(|node| &graph.nodes[*node]);
        let mark = of().next().and_then(|node| node.mark);
        let worst = |one: &Node| one.state;
        Node {
            steps: of().flat_map(|node| node.steps.iter().cloned()).collect(),
            state: of().map(worst).max().unwrap_or(super::State::Runs),
            risk: of().map(|node| node.risk).max().unwrap_or(crate::domain::risk::Risk::Low),
            mark: mark.filter(|mark| of().all(|node| node.mark == Some(*mark))),
        }
    });
    let nodes: Vec<Node> = nodes.collect();
    let edges = joined(graph, group)
        .into_iter()
        .filter_map(|(from, to, stroke)| Some(Edge { from: *at.get(&from)?, to: *at.get(&to)?, stroke }));
    Graph { edges: edges.collect(), nodes }
}
