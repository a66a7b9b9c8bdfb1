//! Marks on rows, one by one and by range, for deciding on several at once. What is sensitive is never marked.

use crate::app::Row;
use crate::domain::names::RequestId;
use crate::present::line::Tone;
use crate::tui::list::Shown;
use crate::tui::model::Model;
use std::collections::BTreeSet;

/// How many are decided on at once, at most.
pub const MOST: usize = 50;

/// What is marked.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Marks {
    /// The marked requests.
    pub ids: BTreeSet<RequestId>,
    /// Where a range began.
    pub anchor: Option<RequestId>,
}

impl Marks {
    /// Whether anything is marked, or a range is open.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty() && self.anchor.is_none()
    }
}

/// The rows of the open range, by their places.
fn range(model: &Model) -> Option<std::ops::RangeInclusive<usize>> {
    let anchor = model.marks.anchor?;
    let at = model.list.rows.iter().position(|shown| shown.row.id == anchor)?;
    let cursor = model.list.cursor();
    Some(at.min(cursor)..=at.max(cursor))
}

/// Whether a row shows a mark: it is marked, or the open range would mark it.
pub fn is_marked(model: &Model, place: usize, shown: &Shown) -> bool {
    let in_range = || range(model).is_some_and(|range| range.contains(&place));
    model.marks.ids.contains(&shown.row.id) || (may_be_marked(shown).is_ok() && in_range())
}

fn may_be_marked(shown: &Shown) -> Result<(), String> {
    let Row { id, state, sensitive, .. } = &shown.row;
    if !state.is_open() || shown.gone {
        return Err(format!("{id} is no longer here to decide on"));
    }
    if *sensitive {
        return Err(format!("{id} is sensitive: it is decided by itself, never in a batch"));
    }
    Ok(())
}

/// Space: takes the open range, or marks the row, or unmarks it.
pub fn toggle(model: &mut Model) {
    if model.marks.anchor.is_some() {
        return take_range(model);
    }
    let Some(shown) = model.list.selected() else { return };
    let id = shown.row.id;
    if model.marks.ids.remove(&id) {
        return;
    }
    let may = may_be_marked(shown);
    match may {
        Err(why) => model.say(Tone::Warn, why),
        Ok(()) if model.marks.ids.len() >= MOST => {
            model.say(Tone::Warn, format_args!("{MOST} are marked, and a batch is no more"));
        }
        Ok(()) => {
            model.marks.ids.insert(id);
        }
    }
}

/// `v`: begins a range, or takes it.
pub fn begin_or_take_range(model: &mut Model) {
    if model.marks.anchor.is_some() {
        return take_range(model);
    }
    model.marks.anchor = model.list.selected_id();
    if model.marks.anchor.is_some() {
        model.say(Tone::Dim, "move to the other end; v or space marks the range, esc drops it");
    }
}

fn take_range(model: &mut Model) {
    let rows: Vec<Shown> =
        range(model).map(|range| model.list.rows.get(range).unwrap_or_default().to_vec()).unwrap_or_default();
    model.marks.anchor = None;
    let mut left_out = Vec::new();
    let mut full = false;
    for shown in &rows {
        if may_be_marked(shown).is_err() {
            left_out.push(shown.row.id.to_string());
        } else if model.marks.ids.len() < MOST || model.marks.ids.contains(&shown.row.id) {
            model.marks.ids.insert(shown.row.id);
        } else {
            full = true;
        }
    }
    let mut words = format!("{} marked", model.marks.ids.len());
    if !left_out.is_empty() {
        words.push_str(&format!("; sensitive or gone, so not in it: {}", left_out.join(", ")));
    }
    if full {
        words.push_str(&format!("; a batch is no more than {MOST}"));
    }
    let tone = if full || !left_out.is_empty() { Tone::Warn } else { Tone::Dim };
    model.say(tone, words);
}

/// Esc: drops the open range, else all marks; says whether there was anything to drop.
pub fn clear(model: &mut Model) -> bool {
    if model.marks.anchor.take().is_some() {
        return true;
    }
    let some = !model.marks.ids.is_empty();
    model.marks.ids.clear();
    some
}
