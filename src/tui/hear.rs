//! What the screen is told: answers to its effects, the time, and that the store changed.

mod message;
mod outcome;

pub use message::Message;

use crate::domain::command::Facts;
use crate::domain::event::Entry;
use crate::domain::names::{RequestId, Seq};
use crate::domain::refusal::Refusal;
use crate::domain::request::Request;
use crate::domain::rules::{may, still_as_seen};
use crate::domain::signing::may as may_sign;
use crate::domain::statement::Deed;
use crate::domain::transitions::Verb;
use crate::present::changes::{Plan, changes};
use crate::present::line::Tone;
use crate::present::tabs::Tab;
use crate::tui::act::opened;
use crate::tui::action::{Action, Ask, Effect};
use crate::tui::arrival::Arrival;
use crate::tui::dialog::Focus;
use crate::tui::filtering::{self};
use crate::tui::keymap::Scope;
use crate::tui::model::Model;
use crate::tui::reading::{Drawn, Reading};
use crate::tui::{
    alike, asking, batch, deciding, drafts, editing, rollouts, signing, snoozing, sorting, talking,
};
use outcome::{launched, outcome, returned};

/// Takes a message, and says what it makes necessary.
pub fn hear(model: &mut Model, message: Message) -> Vec<Effect> {
    let under_the_cursor = model.list.selected_id();
    let effects = match message {
        Message::Page { queue, place, rows } => {
            if queue == model.list.queue && !model.filtering.is_on() {
                model.list.take(&place, rows);
                read_nothing(model);
            }
            Vec::new()
        }
        Message::Around { queue, above, below } => {
            if queue == model.list.queue && !model.filtering.is_on() {
                model.list.refresh(&above, &below);
            }
            Vec::new()
        }
        Message::Found { queue, why, found } => {
            filtering::heard(model, queue, why, found);
            read_nothing(model);
            Vec::new()
        }
        Message::Hidden { queue, hidden } => {
            if queue == model.list.queue {
                model.hidden = hidden;
            }
            Vec::new()
        }
        Message::HideSeen(now) => sorting::hide(model, now),
        Message::Aheads(aheads) => {
            model.aheads = aheads;
            Vec::new()
        }
        Message::Counters(counters) => {
            model.counters = Some(counters);
            Vec::new()
        }
        Message::Read { request, history, facts } => {
            read(model, *request, history, facts.map(|facts| *facts));
            opened(model)
        }
        Message::CameBack(line) => {
            model.said = Some(line);
            Vec::new()
        }
        Message::Rollouts(sight) => {
            rollouts::heard(model, *sight);
            Vec::new()
        }
        Message::Steered { id, on } => rollouts::steered(model, id, on),
        Message::Look(page, lines) => {
            model.page = Some(crate::tui::page::Sheet::new(page, lines));
            Vec::new()
        }
        Message::Talk { id, receipts, opened } => {
            talking::heard(model, id, receipts, opened);
            Vec::new()
        }
        Message::Evidence { id, number, kind, bytes } => {
            talking::show(model, id, number, kind, bytes);
            Vec::new()
        }
        Message::Decided { verb, after } => decided(model, verb, *after),
        Message::Launched { id, errand } => {
            model.dialog.take_if(|dialog| dialog.id == id);
            let (tone, words) = launched(id, errand);
            model.say(tone, words);
            changed(model)
        }
        Message::Returned { id, errand, how } => {
            let (tone, words) = returned(id, errand, &how);
            model.say(tone, words);
            changed(model)
        }
        Message::Challenged(statement) => signing::heard(model, &statement),
        Message::Gathered { ask, gathered } => {
            batch::open(model, ask, gathered);
            Vec::new()
        }
        Message::Alikes(found) => {
            alike::open(model, *found);
            Vec::new()
        }
        Message::DecidedAll { ask, outcomes } => {
            batch::done(model, ask, outcomes);
            changed(model)
        }
        Message::PutOffAll { until, outcomes } => {
            snoozing::all_done(model, until, &outcomes);
            changed(model)
        }
        Message::Refused { id, refusal } => refused(model, id, &refusal),
        Message::Failed(failure) => {
            match &mut model.dialog {
                Some(dialog) => dialog.say(Tone::Bad, failure),
                None => model.say(Tone::Bad, failure),
            }
            Vec::new()
        }
        Message::Drafts(found) => {
            drafts::found(model, found);
            Vec::new()
        }
        Message::DraftKept(draft) => {
            drafts::kept(model, *draft);
            Vec::new()
        }
        Message::DraftNotKept(failure) => {
            drafts::not_kept(model, &failure);
            Vec::new()
        }
        Message::Urgent(urgent) => {
            if model.attention.is_called_by(urgent) {
                vec![Effect::Ring]
            } else {
                Vec::new()
            }
        }
        Message::Edited(done) => {
            editing::edited(model, done);
            Vec::new()
        }
        Message::Idle => {
            deciding::lay_down(model);
            Vec::new()
        }
        Message::Now(now) => {
            model.now = now;
            if let Some(reading) = &mut model.reading {
                reading.compose(now);
            }
            keep_dialog_current(model);
            // Who watches, and how old a reading is, changes without anybody's saying so.
            let live = !model.rollouts.live.is_empty() || model.rollouts.sheet.is_some();
            live.then(|| model.rollouts.read()).into_iter().collect()
        }
        Message::Changed => changed(model),
    };
    if model.list.selected_id() != under_the_cursor {
        model.arrival = Arrival::Unseen;
    }
    model.settle();
    effects
}

/// Where no request is selected, none is read: one from before would look as if it were.
fn read_nothing(model: &mut Model) {
    if model.list.selected().is_none() && !model.asks() {
        model.reading = None;
    }
}

/// Reads again what is shown; nothing under the cursor moves.
fn changed(model: &Model) -> Vec<Effect> {
    let mut effects = vec![Effect::Count, model.load(model.list.again()), model.rollouts.read()];
    effects.extend(model.reading.as_ref().map(|reading| Effect::Read(reading.request.id)));
    effects
}

fn read(model: &mut Model, request: Request, history: Vec<(Seq, Entry)>, facts: Option<Facts>) {
    let (id, now_there, state) = (request.id, Drawn::of(&request), request.state_name());
    let claim = request.live_claim(model.now).map(|claim| (claim.by.clone(), claim.until));
    let closed_by = request.closed().map(|closed| closed.by.clone());
    model.list.note(id, |shown| {
        shown.row.state = state;
        shown.row.claim = claim;
        shown.row.closed_by = closed_by;
    });
    if let Some(dialog) = &mut model.dialog
        && dialog.id == id
        && !dialog.over
        && dialog.drawn_request != now_there
    {
        match still_as_seen(&request, &dialog.drawn_request.seen(false)) {
            Err(refusal) => {
                dialog.difference = changes(&dialog.drawn_plan, &Plan::of(&request));
                if !dialog.changed {
                    dialog.changed = true;
                    dialog.say(Tone::Bad, refusal);
                }
            }
            // Only prose changed, and nothing is judged harder: the dialog is about what is there now.
            Ok(()) => dialog.drawn_request = now_there,
        }
    }
    let mut reading = Reading::new(request, history, facts, model.now);
    let approve = model.habits.keys.name_of(Scope::Detail, Action::Ask(Ask::Approve));
    reading.know_since(&model.caller, &approve);
    reading.know_reader(&model.caller);
    let overtaken = reading.since.is_some()
        && model.reading.as_ref().is_some_and(|before| before.request.id == id && before.since.is_none());
    model.reading = Some(match model.reading.take() {
        Some(before) if before.request.id == id => {
            if before.gate.of != now_there {
                model.arrival = Arrival::Unseen;
            }
            reading.continuing(before, model.now)
        }
        before => {
            model.gates.extend(before.map(|before| (before.request.id, before.gate)));
            if let Some(gate) = model.gates.remove(&id).filter(|gate| gate.of == now_there) {
                reading.gate = gate;
            }
            // Who had signed sees first what changed since.
            if reading.since.is_some() {
                reading.show(Tab::Since, model.now);
            }
            reading
        }
    });
    if overtaken {
        // What was said of it before is no longer so; the reader stays where they are.
        let before = model.habits.keys.name_of(Scope::Detail, Action::PreviousTab);
        let words =
            format!("{id} changed, and your sign-off no longer counts: {before} shows what changed since");
        model.say(Tone::Warn, words);
    }
    keep_dialog_current(model);
}

/// What the dialog says of deadlines, claims and rules is as of now, as long as it is about what is there.
fn keep_dialog_current(model: &mut Model) {
    let (Some(dialog), Some(reading)) = (&mut model.dialog, &model.reading) else { return };
    if dialog.id == reading.request.id
        && let Some(facts) = &reading.facts
        && let Err(refusal @ Refusal::Closed { .. }) =
            may(dialog.ask.verb(), &reading.request, &model.caller, facts, model.now)
    {
        return over(model, &refusal);
    }
    if dialog.over || dialog.changed || dialog.drawn_request != Drawn::of(&reading.request) {
        return;
    }
    let facts = reading.facts.as_ref();
    dialog.about = asking::about(dialog.ask, &dialog.on, &reading.request, &model.caller, facts, model.now);
    // What is signed stays in view, and is asked as what it will be: signed.
    dialog.about.extend(dialog.statement.iter().flat_map(|statement| signing::words(statement)));
    let may_now = |facts| match dialog.ask {
        Ask::Sign => may_sign(&reading.request, Deed::Approve, &model.caller, facts, model.now),
        ask => may(ask.verb(), &reading.request, &model.caller, facts, model.now),
    };
    if let Some(Err(refusal)) = facts.map(may_now) {
        dialog.say(Tone::Bad, refusal);
    }
}

/// The dialog has nothing left to decide on; what was typed into it is no draft any more.
fn over(model: &mut Model, refusal: &Refusal) {
    let Some(dialog) = model.dialog.as_mut().filter(|dialog| !dialog.over) else { return };
    dialog.end(refusal);
    model.arrival = Arrival::Unseen;
    let key = drafts::key_of(dialog);
    model.drafts.remove(&key);
}

fn decided(model: &mut Model, verb: Verb, after: Request) -> Vec<Effect> {
    let id = after.id;
    if let Some(dialog) = model.dialog.take_if(|dialog| dialog.id == id && dialog.ask.verb() == verb) {
        model.drafts.remove(&drafts::key_of(&dialog));
    }
    let state = after.state_name();
    model.list.note(id, |shown| shown.row.state = state);
    let talked = model.reading.as_ref().filter(|r| r.request.id == id && verb == Verb::Comment);
    let talked = talked.and_then(|reading| talking::outcome(&reading.request, &after));
    if verb == Verb::Snooze {
        snoozing::done(model, &after);
    } else {
        let (tone, words) = talked.unwrap_or_else(|| outcome(verb, &after, model.habits.keys));
        model.say(tone, words);
    }
    let mut effects = changed(model);
    if !effects.contains(&Effect::Read(id)) {
        effects.push(Effect::Read(id));
    }
    effects
}

fn refused(model: &mut Model, id: RequestId, refusal: &Refusal) -> Vec<Effect> {
    if let Some(effects) = rollouts::refused(model, id, refusal) {
        return effects;
    }
    if matches!(refusal, Refusal::Closed { .. } | Refusal::NoSuchRequest(_))
        && model.dialog.as_ref().is_some_and(|dialog| dialog.id == id)
    {
        over(model, refusal);
    }
    match model.dialog.as_mut().filter(|dialog| dialog.id == id) {
        Some(dialog) => {
            if matches!(refusal, Refusal::Changed(_)) {
                dialog.changed = true;
                dialog.focus = Focus::Cancel;
            }
            dialog.say(Tone::Bad, refusal);
            // What cannot be read is not read again: it would be refused again, for ever.
            if matches!(refusal, Refusal::NoSuchRequest(_)) { Vec::new() } else { vec![Effect::Read(id)] }
        }
        None => {
            model.say(Tone::Warn, refusal);
            Vec::new()
        }
    }
}
