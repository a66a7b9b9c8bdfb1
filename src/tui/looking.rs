//! What one does in a request without deciding: tabs, folded values, the raw view, searching, copying.

use crate::present::line::Tone;
use crate::present::sides::{How, ROOM_FOR_BOTH};
use crate::present::table::Order;
use crate::present::tabs::Tab;
use crate::tui::action::{Action, Copied, Effect};
use crate::tui::model::Model;
use crate::tui::search::Search;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// Does what a key of this file means.
pub fn look(model: &mut Model, action: Action) -> Vec<Effect> {
    if let Action::Copy(what) = action {
        return copy(model, what);
    }
    let height = model.text_height();
    let now = model.now;
    if model.subject().is_none() {
        return Vec::new();
    }
    let Some(reading) = &mut model.reading else { return Vec::new() };
    match action {
        Action::NextTab | Action::PreviousTab => {
            let tabs: Vec<Tab> = reading.tabs().into_iter().map(|(tab, _)| tab).collect();
            let at = tabs.iter().position(|tab| *tab == reading.tab).unwrap_or(0);
            let step = if action == Action::NextTab { 1 } else { tabs.len().saturating_sub(1) };
            if let Some(tab) = tabs.get((at + step) % tabs.len().max(1)) {
                reading.show(*tab, now);
            }
        }
        Action::Graph | Action::Params | Action::Changes => return turn(model, action),
        Action::Raw => reading.show(if reading.tab == Tab::Raw { Tab::Plan } else { Tab::Raw }, now),
        Action::Unfold => {
            if reading.can_unfold() {
                reading.unfolded = !reading.unfolded;
                reading.compose(now);
            } else {
                model.say(Tone::Dim, "nothing is folded here");
            }
        }
        Action::Search => {
            reading.search = Some(Search { typing: true, from: reading.scroll, ..Search::default() });
            reading.look_for();
        }
        Action::KeepSearch => {
            if let Some(search) = &mut reading.search {
                search.typing = false;
            }
            if reading.search.as_ref().is_some_and(|search| search.words.is_empty()) {
                reading.search = None;
            }
        }
        Action::EndSearch => {
            if let Some(search) = reading.search.take() {
                reading.scroll = search.from;
            }
            reading.look_for();
        }
        Action::NextMatch | Action::PreviousMatch => {
            if reading.found.is_empty() {
                model.say(Tone::Dim, "nothing is found here; / searches");
            } else {
                reading.to_next(action == Action::NextMatch, height);
            }
        }
        _ => {}
    }
    Vec::new()
}

/// The graph, the table, what changed: there, and again in another way.
fn turn(model: &mut Model, action: Action) -> Vec<Effect> {
    let now = model.now;
    let Some(reading) = &mut model.reading else { return Vec::new() };
    let tab = match action {
        Action::Graph => Tab::Graph,
        Action::Params => Tab::Params,
        _ => Tab::Changes,
    };
    if !tab.is_there(&reading.request, &reading.history) {
        let words = match tab {
            Tab::Graph => "there are not two steps, so nothing to draw between them",
            Tab::Params => "no step has parameters",
            _ => "it has one revision: nothing changed",
        };
        model.say(Tone::Dim, words);
        return Vec::new();
    }
    if reading.tab != tab {
        reading.show(tab, now);
        return Vec::new();
    }
    match tab {
        Tab::Graph => reading.show(Tab::Plan, now),
        Tab::Params => {
            reading.order = if reading.order == Order::Step { Order::Key } else { Order::Step };
            reading.compose(now);
        }
        _ => {
            reading.how = reading.how.next(reading.columns());
            reading.compose(now);
            let words = format!("what changed, {}", reading.how.words());
            let narrow = reading.columns() < ROOM_FOR_BOTH && reading.how == How::Unified;
            let more = if narrow { "; before and after needs 120 columns" } else { "" };
            model.say(Tone::Dim, format_args!("{words}{more}"));
        }
    }
    Vec::new()
}

/// To the steps of the plan, one by one.
pub fn to_steps(model: &mut Model) {
    let now = model.now;
    if model.subject().is_none() {
        return;
    }
    let Some(reading) = &mut model.reading else { return };
    reading.show(Tab::Plan, now);
    if !reading.begin_steps() {
        model.say(Tone::Dim, "it has no steps");
    }
}

/// Sideways in the graph.
pub fn sideways(model: &mut Model, action: Action) {
    if let Some(reading) = &mut model.reading {
        reading.graph.sideways(action);
    }
}

/// From the selected node to its step in the plan.
pub fn to_step(model: &mut Model) {
    let now = model.now;
    let Some(reading) = &mut model.reading else { return };
    if let Some(step) = reading.graph.selected.clone() {
        reading.to_step(step, now);
    }
}

/// A key that is typed into the search.
pub fn typed(model: &mut Model, key: KeyEvent) {
    let Some(search) = model.reading.as_mut().and_then(|reading| reading.search.as_mut()) else { return };
    let plain = key.modifiers.difference(KeyModifiers::SHIFT).is_empty();
    match key.code {
        KeyCode::Char(c) if plain => search.push(c),
        KeyCode::Backspace => {
            search.words.pop();
        }
        _ => return,
    }
    seek(model);
}

/// A paste into the search: its first line.
pub fn paste(model: &mut Model, text: &str) {
    let Some(search) = model.reading.as_mut().and_then(|reading| reading.search.as_mut()) else { return };
    text.split(['\n', '\r']).next().unwrap_or_default().chars().for_each(|c| search.push(c));
    seek(model);
}

/// Goes to the first match from where the search began.
fn seek(model: &mut Model) {
    let height = model.text_height();
    let Some(reading) = &mut model.reading else { return };
    reading.look_for();
    reading.to_first(height);
}

fn copy(model: &mut Model, what: Copied) -> Vec<Effect> {
    let Some(reading) = model.subject() else { return Vec::new() };
    let text = match what {
        Copied::Address => return copy_address(model),
        Copied::Id => reading.request.id.to_string(),
        Copied::Digest => reading.request.decision_digest().to_string(),
    };
    let said = format!("sent to the terminal: {text}");
    if said.len() + 2 <= usize::from(model.size.0) {
        model.say(Tone::Plain, said);
    } else {
        // A digest that does not fit is named by its beginning, and the words say that all of it was sent.
        let first: String = text.chars().take(12).collect();
        model.say(Tone::Plain, format_args!("sent to the terminal: all {} digits of {first}", text.len()));
    }
    vec![Effect::Copy(text)]
}

/// Somebody else's words are shown where they stand behind their gutter, not in the status line; and what hides something
/// is not put where the next paste would press it.
fn copy_address(model: &mut Model) -> Vec<Effect> {
    let now = model.now;
    let Some(reading) = &mut model.reading else { return Vec::new() };
    let evidence = reading.request.content.as_ref().map(|c| c.evidence.as_slice()).unwrap_or_default();
    let many = evidence.len();
    let Some(address) = evidence.get(reading.copied % many.max(1)).map(|e| e.locator.clone()) else {
        model.say(Tone::Dim, "it names no evidence");
        return Vec::new();
    };
    let number = reading.copied % many + 1;
    reading.copied += 1;
    reading.show(Tab::Evidence, now);
    let which = format!("address {number} of {many}");
    if address.badge().hidden > 0 || address.raw().contains('\n') {
        model.say(Tone::Warn, format_args!("{which} holds hidden characters: it was not sent"));
        return Vec::new();
    }
    let length = address.raw().chars().count();
    model.say(Tone::Plain, format_args!("sent to the terminal: {which}, {length} characters"));
    vec![Effect::Copy(address.raw().to_owned())]
}
