//! Room for lines between the layers: a column of its own for each that goes past a layer, and a line of its own for each
//! that goes sideways between two.

use super::Setting;
use crate::present::graph::Stroke;

/// The columns of the lines that go past a layer: each has one of its own as far as it goes.
pub(super) struct Lanes {
    /// The column of each edge that has one.
    pub(super) column: Vec<Option<usize>>,
}

/// Which columns are taken, three by three, as bits.
#[derive(Clone, Default)]
struct Taken(Vec<u64>);

impl Taken {
    fn take(&mut self, from: usize, to: usize) {
        for slot in from..=to {
            if self.0.len() <= slot / 64 {
                self.0.resize(slot / 64 + 1, 0);
            }
            self.0[slot / 64] |= 1 << (slot % 64);
        }
    }

    fn join(&mut self, other: &Taken) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        self.0.iter_mut().zip(&other.0).for_each(|(a, b)| *a |= b);
    }

    fn is_free(&self, slot: usize) -> bool {
        self.0.get(slot / 64).is_none_or(|bits| bits & (1 << (slot % 64)) == 0)
    }

    /// The nearest that is free.
    fn nearest(&self, wanted: usize) -> usize {
        (0..)
            .find_map(|by: usize| {
                let left = wanted.checked_sub(by).filter(|slot| self.is_free(*slot));
                left.or(Some(wanted + by).filter(|slot| self.is_free(*slot)))
            })
            .unwrap_or(wanted)
    }
}

impl Lanes {
    /// Shares them out.
    pub(super) fn of(setting: &Setting<'_>, out: impl Fn(usize, Stroke) -> usize) -> Self {
        let edges = &setting.graph.edges;
        let mut layers: Vec<Taken> = vec![Taken::default(); setting.layers.len()];
        let mut channels = layers.clone();
        for (node, x) in setting.x.iter().enumerate() {
            layers[setting.depth[node]].take(x / 3, (x + setting.width[node]) / 3 - 1);
        }
        let mut column = vec![None; edges.len()];
        let span = |n: usize| (setting.depth[edges[n].from], setting.depth[edges[n].to]);
        // The short ones first: they have less choice.
        let mut long: Vec<usize> = (0..edges.len()).filter(|n| span(*n).1 > span(*n).0 + 1).collect();
        long.sort_by_key(|n| (span(*n).1 - span(*n).0, *n));
        for n in long {
            let (from, to) = span(n);
            let mut taken = Taken::default();
            layers[from + 1..to].iter().chain(&channels[from..to]).for_each(|t| taken.join(t));
            let (edge, middle) = (&edges[n], setting.x[edges[n].to] + setting.width[edges[n].to] / 2);
            let slot = taken.nearest((out(edge.from, edge.stroke) + middle) / 6);
            channels[from..to].iter_mut().for_each(|channel| channel.take(slot, slot));
            column[n] = Some(3 * slot + 1);
        }
        Self { column }
    }
}

/// What runs between two layers.
#[derive(Default)]
pub(super) struct Channel {
    /// The lines in it.
    pub(super) stretches: Vec<Stretch>,
}

/// One line from above that goes sideways and down, perhaps to several places.
pub(super) struct Stretch {
    from: usize,
    least: usize,
    most: usize,
    /// The line of the channel on which it goes sideways.
    pub(super) track: Option<usize>,
}

impl Stretch {
    /// It also comes down here.
    pub(super) fn reach(&mut self, column: usize) {
        self.least = self.least.min(column);
        self.most = self.most.max(column);
    }
}

impl Channel {
    /// One more line from above; returns its place.
    pub(super) fn add(&mut self, from: usize) -> usize {
        self.stretches.push(Stretch { from, least: from, most: from, track: None });
        self.stretches.len() - 1
    }

    /// Gives each that goes sideways a line, so that none lie on each other; returns how many lines.
    pub(super) fn share_out(&mut self) -> usize {
        let mut order: Vec<usize> = (0..self.stretches.len())
            .filter(|n| self.stretches[*n].least < self.stretches[*n].most)
            .collect();
        // Those to the right from the right, those to the left from the left: fewer cross.
        order.sort_by_key(|n| {
            let stretch = &self.stretches[*n];
            let right = stretch.most - stretch.from >= stretch.from - stretch.least;
            (right, if right { usize::MAX - stretch.from } else { stretch.from })
        });
        let mut tracks: Vec<Vec<(usize, usize)>> = Vec::new();
        for n in order {
            let stretch = &mut self.stretches[n];
            let (least, most) = (stretch.least, stretch.most);
            let fits =
                |taken: &Vec<(usize, usize)>| taken.iter().all(|(a, b)| most + 1 < *a || *b + 1 < least);
            let track = tracks.iter().position(fits).unwrap_or(tracks.len());
            if track == tracks.len() {
                tracks.push(Vec::new());
            }
            tracks[track].push((least, most));
            stretch.track = Some(track);
        }
        tracks.len()
    }
}
