//! The graph as it is looked at: what is selected, what is folded around it, and which part of the picture is in view.

use crate::domain::names::StepId;
use crate::domain::request::Request;
use crate::present::graph::Graph;
use crate::present::graph::fold::fold;
use crate::present::graph::layout::{HEIGHT, Layout, layout};
use crate::present::graph::picture::{Picture, picture};
use crate::tui::action::Action;
use crate::tui::glyphs::Glyphs;

/// What is looked at.
#[derive(Clone, Debug, Default)]
pub struct GraphView {
    /// The selected step.
    pub selected: Option<StepId>,
    /// The first column in view.
    pub x: usize,
    /// The first line in view.
    pub y: usize,
    /// What is drawn.
    pub picture: Picture,
    whole: Graph,
    small: Graph,
    layout: Layout,
    /// Columns and lines in view.
    size: (usize, usize),
    ascii: bool,
    /// Whether the selected node is to be brought into view.
    follows: bool,
}

impl GraphView {
    /// Takes the plan as it is now.
    pub fn compose(&mut self, request: &Request) {
        self.whole = request.content.as_ref().map(|c| Graph::of(request, c)).unwrap_or_default();
        let is_there = self.selected.as_ref().is_some_and(|step| self.whole.find(step).is_some());
        if !is_there {
            self.selected = self.whole.nodes.first().and_then(|node| node.steps.first().cloned());
            self.follows = true;
        }
        self.set_out();
    }

    fn set_out(&mut self) {
        self.small = fold(&self.whole, self.selected.as_ref());
        self.layout = layout(&self.small);
        self.paint();
    }

    fn paint(&mut self) {
        self.picture = picture(&self.small, &self.layout, self.here(), self.ascii);
    }

    fn here(&self) -> Option<usize> {
        self.selected.as_ref().and_then(|step| self.small.find(step))
    }

    /// Keeps the view on the picture, and the selected node in view when it was just selected.
    pub fn fit(&mut self, width: u16, height: u16, glyphs: Glyphs) {
        // One line is for the legend.
        self.size = (usize::from(width), usize::from(height).saturating_sub(1).max(1));
        if self.ascii != glyphs.ascii {
            self.ascii = glyphs.ascii;
            self.paint();
        }
        if std::mem::take(&mut self.follows)
            && let Some(node) = self.here().and_then(|n| self.layout.nodes.get(n))
        {
            let follow = |from: usize, at: usize, long: usize, room: usize| {
                let least = (at + long).saturating_sub(room);
                if from <= at && from >= least {
                    from
                } else {
                    at.saturating_sub(room.saturating_sub(long) / 2)
                }
            };
            self.x = follow(self.x, node.x, node.width, self.size.0);
            self.y = follow(self.y, node.y, HEIGHT, self.size.1);
        }
        self.x = self.x.min(self.layout.width.saturating_sub(self.size.0));
        self.y = self.y.min(self.layout.height.saturating_sub(self.size.1));
    }

    /// Up and down: by one along a line, by more the view moves.
    pub fn travel(&mut self, action: Action, lines: isize) {
        let all = self.small.nodes.len();
        match action {
            Action::Down | Action::Up => self.along(action == Action::Down),
            Action::Top => self.select(0, true),
            Action::Bottom => self.select(all.saturating_sub(1), false),
            _ => self.y = self.y.saturating_add_signed(lines),
        }
    }

    /// Along a line, to the nearest of those it leads to.
    fn along(&mut self, down: bool) {
        let Some(here) = self.here() else { return };
        let middle = |n: usize| self.layout.nodes.get(n).map_or(0, |node| node.x + node.width / 2);
        let next = self.small.edges.iter().filter_map(|edge| match down {
            true => (edge.from == here).then_some((edge.stroke, edge.to)),
            false => (edge.to == here).then_some((edge.stroke, edge.from)),
        });
        let at = middle(here);
        // The strongest line first, then the one that leads least to the side.
        if let Some((_, next)) = next.min_by_key(|(stroke, n)| (*stroke, middle(*n).abs_diff(at), *n)) {
            self.select(next, down);
        }
    }

    /// To the neighbour in the same layer, or the view to the side.
    pub fn sideways(&mut self, action: Action) {
        let half = (self.size.0 / 2).max(1);
        match action {
            Action::ScrollLeft => self.x = self.x.saturating_sub(half),
            Action::ScrollRight => self.x += half,
            _ => {
                let Some(here) = self.here() else { return };
                let Some(layer) = self.layout.layers.iter().find(|layer| layer.contains(&here)) else {
                    return;
                };
                let at = layer.iter().position(|n| *n == here).unwrap_or(0);
                let next = if action == Action::Left { at.checked_sub(1) } else { Some(at + 1) };
                if let Some(next) = next.and_then(|n| layer.get(n)).copied() {
                    self.select(next, true);
                }
            }
        }
    }

    /// Selects a node; of a folded one the step at the end one comes from, and so it opens there.
    fn select(&mut self, node: usize, first: bool) {
        let steps = self.small.nodes.get(node).map(|node| node.steps.as_slice()).unwrap_or_default();
        let step = if first { steps.first() } else { steps.last() };
        if let Some(step) = step.cloned() {
            self.selected = Some(step);
            self.follows = true;
            self.set_out();
        }
    }

    /// Where the view is on the picture, in words; nothing where all of it is in view.
    pub fn where_it_is(&self, glyphs: Glyphs) -> String {
        let to = if glyphs.ascii { "-" } else { "–" };
        let part = |name: &str, from: usize, room: usize, all: usize| match all > room {
            true => format!(" {name} {}{to}{} of {all} ", from + 1, (from + room).min(all)),
            false => String::new(),
        };
        let columns = part("column", self.x, self.size.0, self.layout.width);
        let words = columns + &part("line", self.y, self.size.1, self.layout.height);
        let folded = self.whole.nodes.len().saturating_sub(self.small.nodes.len());
        if folded > 0 { format!(" {folded} of {} folded {words}", self.whole.nodes.len()) } else { words }
    }

    /// Where the name of the selected node stands in the view, when it does.
    pub fn cursor(&self) -> Option<(usize, usize)> {
        let node = self.layout.nodes.get(self.here()?)?;
        let (x, y) = ((node.x + 1).checked_sub(self.x)?, node.y.checked_sub(self.y)?);
        (x < self.size.0 && y < self.size.1).then_some((x, y))
    }

    /// How many lines of the picture are in view.
    pub const fn room(&self) -> (usize, usize) {
        self.size
    }
}
