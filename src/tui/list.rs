//! The rows that are at hand: a window into a queue, never all of it. The cursor follows an id; reading the queue again
//! never moves the row under the cursor.

use crate::app::{Queue, Row};
use crate::domain::names::RequestId;
use crate::tui::action::Place;
use std::collections::HashSet;

/// How many rows are read at once.
pub const PAGE: usize = 100;
/// How many more are read when the cursor comes near the edge of what is at hand: a key that does so costs little more
/// than the others.
pub const STEP: usize = 32;
/// How many rows are kept at most.
const KEEP: usize = 4 * PAGE;
/// How near to the edge of the window the cursor may come before more is read.
const NEAR: usize = PAGE / 4;

/// A row as it is shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shown {
    /// The row.
    pub row: Row,
    /// Whether it has left the queue since; it stays in its place, so that nothing moves, until the list is read anew.
    pub gone: bool,
}

/// A window into a queue.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct List {
    /// Which queue.
    pub queue: Queue,
    /// The rows at hand.
    pub rows: Vec<Shown>,
    /// The first visible row.
    pub top: usize,
    /// How many rows came since that would stand above the cursor; they are announced, not inserted.
    pub news: usize,
    /// Whether the queue was read at least once.
    pub loaded: bool,
    cursor: usize,
    from_start: bool,
    to_end: bool,
    /// Who is to be selected after the next reading, if they are in it.
    keep: Option<RequestId>,
}

impl List {
    /// An empty window, not read yet.
    pub fn new(queue: Queue) -> Self {
        Self {
            queue,
            rows: Vec::new(),
            top: 0,
            news: 0,
            loaded: false,
            cursor: 0,
            from_start: false,
            to_end: false,
            keep: None,
        }
    }

    /// An empty window in which this request is to be selected, if it is among the first rows.
    pub fn looking_for(queue: Queue, id: RequestId) -> Self {
        Self { keep: Some(id), ..Self::new(queue) }
    }

    /// The row that is selected now stays selected when everything is read anew, if it is still there.
    pub fn keep_selected(&mut self) {
        self.keep = self.selected_id().or(self.keep);
    }

    /// To one of the rows at hand.
    pub fn go(&mut self, row: usize) {
        self.cursor = row.min(self.rows.len().saturating_sub(1));
    }

    /// Takes all rows that match a filter; with `around`, nothing moves under the cursor.
    pub fn take_found(&mut self, rows: Vec<Row>, around: bool) {
        if around && self.selected().is_some() {
            let id = self.selected_id();
            let at = rows.iter().position(|row| Some(row.id) == id);
            // The selected row may match no longer: what is around it is then told by where it stood.
            let at = at.unwrap_or_else(|| self.cursor.min(rows.len()));
            let (above, below) = rows.split_at(at);
            self.refresh_from(above, below, true, true);
        } else {
            self.take(&Place::Start, rows);
            (self.from_start, self.to_end) = (true, true);
        }
    }

    /// The row under the cursor.
    pub fn selected(&self) -> Option<&Shown> {
        self.rows.get(self.cursor)
    }

    /// The request under the cursor.
    pub fn selected_id(&self) -> Option<RequestId> {
        self.selected().map(|shown| shown.row.id)
    }

    /// The place of the cursor among the rows at hand.
    pub fn cursor(&self) -> usize {
        self.cursor
    }

    /// Whether the whole queue is at hand.
    pub fn is_whole(&self) -> bool {
        self.from_start && self.to_end
    }

    /// Where there are rows that are not at hand.
    pub fn more(&self) -> &'static str {
        match (self.from_start, self.to_end) {
            (true, true) => "",
            (true, false) => "more below",
            (false, true) => "more above",
            (false, false) => "more above and below",
        }
    }

    /// Moves the cursor by `lines`, and says what must be read for that to go on.
    pub fn step(&mut self, lines: isize) -> Option<Place> {
        let last = self.rows.len().saturating_sub(1);
        self.cursor = self.cursor.saturating_add_signed(lines).min(last);
        if lines > 0 && !self.to_end && self.cursor + NEAR > last {
            return self.rows.last().map(|shown| Place::After(Box::new(shown.row.clone())));
        }
        if lines < 0 && !self.from_start && self.cursor < NEAR {
            return self.rows.first().map(|shown| Place::Before(Box::new(shown.row.clone())));
        }
        None
    }

    /// To the first row, and to what is new.
    pub fn to_top(&mut self) -> Option<Place> {
        if self.from_start && self.news == 0 && !self.rows.iter().any(|shown| shown.gone) {
            self.cursor = 0;
            return None;
        }
        Some(Place::Start)
    }

    /// To the last row.
    pub fn to_bottom(&mut self) -> Option<Place> {
        if self.to_end {
            self.cursor = self.rows.len().saturating_sub(1);
            return None;
        }
        Some(Place::End)
    }

    /// Where to read again without moving anything.
    pub fn again(&self) -> Place {
        match self.selected() {
            Some(shown) => Place::Around(Box::new(shown.row.clone())),
            None => Place::Start,
        }
    }

    /// Keeps the cursor in the `height` lines that are visible.
    pub fn fit(&mut self, height: usize) {
        let height = height.max(1);
        if self.cursor < self.top {
            self.top = self.cursor;
        } else if self.cursor >= self.top + height {
            self.top = self.cursor + 1 - height;
        }
        // Never an empty line below the last row while there are rows above the first visible one.
        self.top = self.top.min(self.rows.len().saturating_sub(height));
    }

    /// Takes the page that was read at `place`.
    pub fn take(&mut self, place: &Place, rows: Vec<Row>) {
        let full =
            rows.len() >= if matches!(place, Place::After(_) | Place::Before(_)) { STEP } else { PAGE };
        self.loaded = true;
        let mut rows: Vec<Shown> = rows.into_iter().map(|row| Shown { row, gone: false }).collect();
        match place {
            Place::Start | Place::Around(_) => {
                (self.rows, self.cursor, self.top) = (rows, 0, 0);
                (self.from_start, self.to_end, self.news) = (true, !full, 0);
                let kept = self.keep.take();
                self.cursor = self.rows.iter().position(|s| Some(s.row.id) == kept).unwrap_or(0);
            }
            Place::At(row) => {
                let at = rows.iter().position(|shown| shown.row.id == row.id).unwrap_or(0);
                (self.from_start, self.to_end, self.news) = (at < PAGE, rows.len() - at <= PAGE, 0);
                (self.rows, self.cursor, self.top) = (rows, at, at);
                self.keep = None;
            }
            Place::End => {
                self.cursor = rows.len().saturating_sub(1);
                self.top = 0;
                (self.from_start, self.to_end) = (!full, true);
                self.news = 0;
                self.rows = rows;
            }
            Place::After(_) => {
                self.without_known(&mut rows);
                self.rows.append(&mut rows);
                self.to_end = !full;
                let surplus = self.rows.len().saturating_sub(KEEP).min(self.cursor.min(self.top));
                if surplus > 0 {
                    self.rows.drain(..surplus);
                    self.cursor -= surplus;
                    self.top -= surplus;
                    self.from_start = false;
                }
            }
            Place::Before(_) => {
                self.without_known(&mut rows);
                self.from_start = !full;
                self.cursor += rows.len();
                self.top += rows.len();
                rows.append(&mut self.rows);
                self.rows = rows;
                if self.rows.len() > KEEP.max(self.cursor + PAGE) {
                    self.rows.truncate(KEEP.max(self.cursor + PAGE));
                    self.to_end = false;
                }
            }
        }
    }

    fn without_known(&self, rows: &mut Vec<Shown>) {
        let known: HashSet<RequestId> = self.rows.iter().map(|shown| shown.row.id).collect();
        rows.retain(|shown| !known.contains(&shown.row.id));
    }

    /// Takes what is now before the cursor (`above`) and from the cursor on (`below`). Rows above the cursor keep
    /// their places: those that left stay as gone, those that came are counted as news. Below, everything is as read.
    pub fn refresh(&mut self, above: &[Row], below: &[Row]) {
        self.refresh_from(above, below, above.len() < PAGE, below.len() < PAGE);
    }

    fn refresh_from(&mut self, above: &[Row], below: &[Row], all_above: bool, all_below: bool) {
        let Some(selected) = self.selected_id() else { return };
        let known: HashSet<RequestId> = self.rows.iter().map(|shown| shown.row.id).collect();
        let fresh = |id: RequestId| above.iter().chain(below).find(|row| row.id == id);
        let kept: HashSet<RequestId> =
            self.rows.iter().take(self.cursor + 1).map(|shown| shown.row.id).collect();
        let mut rows: Vec<Shown> = Vec::with_capacity(self.rows.len());
        for (n, shown) in self.rows.iter().take(self.cursor + 1).enumerate() {
            let in_reach = all_above || n + above.len() >= self.cursor;
            rows.push(match fresh(shown.row.id) {
                Some(row) => Shown { row: row.clone(), gone: false },
                None => Shown { row: shown.row.clone(), gone: shown.gone || in_reach },
            });
        }
        let moved_up = above.iter().filter(|row| known.contains(&row.id) && !kept.contains(&row.id));
        let rest = below.iter().filter(|row| row.id != selected && !kept.contains(&row.id));
        rows.extend(moved_up.chain(rest).map(|row| Shown { row: row.clone(), gone: false }));
        // Before the first known row stands what was never at hand; it is news only when the start was.
        let first_known = above.iter().position(|row| known.contains(&row.id)).unwrap_or(above.len());
        let new = above
            .iter()
            .enumerate()
            .filter(|(n, row)| (self.from_start || *n > first_known) && !known.contains(&row.id))
            .count();
        self.news = new;
        self.to_end = all_below;
        self.rows = rows;
    }

    /// Notes what became of a request, so that a row that left says how.
    pub fn note(&mut self, id: RequestId, change: impl FnOnce(&mut Shown)) {
        if let Some(shown) = self.rows.iter_mut().find(|shown| shown.row.id == id) {
            change(shown);
        }
    }
}
