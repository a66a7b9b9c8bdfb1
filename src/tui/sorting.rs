//! How a list is looked at: in which order, and without what was opened already.

use crate::app::{Order, Queue};
use crate::domain::moment::Moment;
use crate::present::line::Tone;
use crate::tui::action::{Action, Effect, Place};
use crate::tui::keymap::Scope;
use crate::tui::model::Model;

/// What the list's title says of an order; nothing of the usual one.
pub const fn words(order: Order) -> &'static str {
    match order {
        Order::Reading => "",
        Order::Newest => ", newest first",
        Order::Due => ", due first",
    }
}

/// Reads the list anew; what is selected stays so, wherever it stands now.
fn anew(model: &mut Model) -> Vec<Effect> {
    model.list.keep_selected();
    let place = match model.list.selected() {
        Some(shown) => Place::At(Box::new(shown.row.clone())),
        None => Place::Start,
    };
    vec![model.load(place)]
}

/// `s`: the next order.
pub fn turn(model: &mut Model) -> Vec<Effect> {
    if model.list.queue == Queue::Decided {
        model.say(Tone::Dim, "what is decided is always newest first");
        return Vec::new();
    }
    let at = Order::ALL.iter().position(|order| *order == model.looking.order).unwrap_or(0);
    model.looking.order = Order::ALL[(at + 1) % Order::ALL.len()];
    let said = match model.looking.order {
        Order::Reading => "in reading order: overdue, escalated, risk, due",
        Order::Newest => "newest first",
        Order::Due => "due first",
    };
    model.say(Tone::Dim, said);
    anew(model)
}

/// `u`: hides what was opened, or shows it again. The clock is asked first: what is opened later stays in its place.
pub fn hide_or_show(model: &mut Model) -> Vec<Effect> {
    if model.looking.seen_by.take().is_none() {
        return vec![Effect::HideSeen];
    }
    model.hidden = 0;
    model.say(Tone::Dim, "what you have opened is shown again");
    anew(model)
}

/// It is this late: what was opened by now, as it is now, is hidden.
pub fn hide(model: &mut Model, now: Moment) -> Vec<Effect> {
    if model.looking.seen_by.replace(now).is_none() {
        let key = model.habits.keys.name_of(Scope::List, Action::HideSeen);
        model.say(
            Tone::Dim,
            format_args!("opened ones are hidden, never overdue or escalated ones; {key} shows them"),
        );
    }
    anew(model)
}

/// What reads the list from its start, or, when something is hidden, hides what was opened since, too.
pub fn from_start(model: &Model) -> Effect {
    if model.looking.seen_by.is_some() { Effect::HideSeen } else { model.load(Place::Start) }
}
