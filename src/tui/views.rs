//! The filters with a name from the settings, as further queues behind the eight.

use crate::app::{Ahead, Queue};
use crate::present::line::Tone;
use crate::tui::act::show;
use crate::tui::action::Effect;
use crate::tui::filtering;
use crate::tui::model::Model;

/// A queue of the pane: one of the eight, or a view by its place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Entry {
    /// One of the eight.
    Queue(Queue),
    /// A view.
    View(usize),
}

/// All there are, in the order of their keys.
pub fn entries(model: &Model) -> Vec<Entry> {
    let views = (0..model.views.len()).map(Entry::View);
    Queue::ALL.map(Entry::Queue).into_iter().chain(views).collect()
}

/// The one that is shown: a view while its filter is on and nothing was changed about it.
pub fn here(model: &Model) -> Entry {
    let is_on = |(_, text): &(String, String)| *text == model.filtering.text && model.filtering.is_on();
    match model.views.iter().position(is_on).filter(|_| model.list.queue == Queue::Open) {
        Some(view) => Entry::View(view),
        None => Entry::Queue(model.list.queue),
    }
}

/// How many a view has: `12`, or `50+` when no more were looked for.
pub fn count(ahead: Ahead) -> String {
    if ahead.more { format!("{}+", ahead.matches) } else { ahead.matches.to_string() }
}

/// Puts a view on all that is open.
///
/// # Errors
/// What is wrong with its filter.
pub fn select(model: &mut Model, view: usize) -> Result<Vec<Effect>, String> {
    let Some((_, text)) = model.views.get(view).cloned() else { return Ok(Vec::new()) };
    filtering::put(model, &text)?;
    Ok(show(model, Queue::Open))
}

/// To a queue or a view; whoever leaves a view leaves its filter.
pub fn go(model: &mut Model, entry: Entry) -> Vec<Effect> {
    match entry {
        Entry::Queue(queue) => {
            if matches!(here(model), Entry::View(_)) {
                filtering::clear(model);
            }
            show(model, queue)
        }
        Entry::View(view) => select(model, view).unwrap_or_else(|problem| {
            model.say(Tone::Warn, problem);
            Vec::new()
        }),
    }
}

/// The next one round, or the one before.
pub fn turn(model: &mut Model, forward: bool) -> Vec<Effect> {
    let all = entries(model);
    let at = all.iter().position(|entry| *entry == here(model)).unwrap_or(0);
    let step = if forward { 1 } else { all.len() - 1 };
    go(model, all[(at + step) % all.len()])
}

/// What is given to whoever looks, as it would be typed.
const MINE: &str = "assignee:me";

/// `0`: what of all that is open is given to whoever looks.
pub fn mine(model: &mut Model) -> Vec<Effect> {
    match filtering::put(model, MINE) {
        Ok(_) => show(model, Queue::Open),
        Err(problem) => {
            model.say(Tone::Warn, problem);
            Vec::new()
        }
    }
}

/// `9`: the first view; again: the next one.
pub fn next(model: &mut Model) -> Vec<Effect> {
    if model.views.is_empty() {
        model.say(Tone::Dim, "no view has a name in the settings: [views] name = \"risk:high due:<30m\"");
        return Vec::new();
    }
    let view = match here(model) {
        Entry::View(view) => (view + 1) % model.views.len(),
        Entry::Queue(_) => 0,
    };
    go(model, Entry::View(view))
}
