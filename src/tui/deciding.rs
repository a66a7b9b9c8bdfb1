//! From a capital key to a decision: opening a dialog on what was drawn, typing, looking again, doing it or not.

use crate::app::Errand;
use crate::domain::conflict::Way;
use crate::present::line::Tone;
use crate::present::tabs::Tab;
use crate::tui::action::{Ask, Effect};
use crate::tui::dialog::{Dialog, Focus};
use crate::tui::drafts;
use crate::tui::field::FieldName;
use crate::tui::keymap::Scope;
use crate::tui::looking;
use crate::tui::model::Model;
use crate::tui::reading::Drawn;
use crate::tui::rollouts;
use crate::tui::signing;
use crate::tui::stepwise::{self, On};
use crate::tui::talking;
use crate::tui::view::dialog::on_screen;
use crossterm::event::{KeyCode, KeyEvent};

/// The key of a verb: opens its dialog, or says why not. What is not in front of one's eyes is opened first.
pub fn ask(model: &mut Model, ask: Ask) -> Vec<Effect> {
    let Some(id) = model.list.selected_id() else {
        model.say(Tone::Dim, "there is nothing to decide on");
        return Vec::new();
    };
    let subject = model.subject().map(|reading| (reading, Drawn::of(&reading.request)));
    let Some((reading, now_there)) = subject.filter(|(_, there)| model.drawn == Some(*there)) else {
        let read = model.subject().is_none();
        model.in_detail = true;
        to_the_plan(model);
        model.say(Tone::Warn, format_args!("{id} is now in front of you: press the key again"));
        return if read { vec![Effect::Read(id)] } else { Vec::new() };
    };
    let step = reading.step_here().cloned();
    let ask = stepwise::meant(Model::ask_on(ask, &reading.request), &reading.request, step.as_ref());
    if !ask.talks() && model.arrival.is_fresh(model.at) {
        model.say(Tone::Warn, format_args!("{id} came or changed just now: look, then press again"));
        return Vec::new();
    }
    if let Some(refusal) = model.refusal_to(ask) {
        model.say(Tone::Warn, refusal);
        return Vec::new();
    }
    if let Some(left) = model.left_to_show(ask) {
        model.in_detail = true;
        to_the_plan(model);
        model.say(Tone::Warn, format_args!("{id} is {left}; read to its end"));
        return Vec::new();
    }
    if ask.is_about_a_step() && step.is_none() {
        return Vec::new();
    }
    if let Some(deed) = signing::deed(model, ask) {
        // The dialog opens with the statement; that comes from the store.
        return vec![Effect::Challenge(id, deed)];
    }
    let Some(reading) = model.subject() else { return Vec::new() };
    let comment = reading.comment_here();
    if ask == Ask::EditComment
        && let Some(words) = talking::why_not_edit(reading, &model.caller)
    {
        model.say(Tone::Warn, words);
        return Vec::new();
    }
    let on =
        On { step: step.filter(|_| ask.is_about_a_step() || ask == Ask::Comment), comment, ..On::default() };
    let facts = reading.facts.as_ref();
    let mut dialog = Dialog::open(ask, on, &reading.request, &model.caller, facts, model.now);
    dialog.read_whole = reading.was_read_whole();
    debug_assert_eq!(dialog.drawn_request, now_there);
    drafts::put_back(model, &mut dialog);
    model.dialog = Some(dialog);
    Vec::new()
}

/// What is decided on stands in the plan.
fn to_the_plan(model: &mut Model) {
    let now = model.now;
    if model.subject().is_some()
        && let Some(reading) = &mut model.reading
    {
        let to = if reading.tab == Tab::Since { Tab::Since } else { Tab::Plan };
        reading.show(to, now);
    }
}

/// A page on, or back, in what the dialog says.
pub fn more(model: &mut Model, on: bool) {
    let Some(seen) = on_screen(model) else { return };
    if let Some(dialog) = &mut model.dialog {
        let page = seen.shown.max(1);
        let to = if on { seen.first + page } else { seen.first.saturating_sub(page) };
        dialog.scroll = to.min(seen.all - seen.shown);
    }
}

/// A key in a text field.
pub fn typed(model: &mut Model, key: KeyEvent) {
    let Some(dialog) = &mut model.dialog else { return };
    dialog.closing = false;
    let Some(field) = dialog.field() else { return };
    if field.is_one_line() && key.code == KeyCode::Enter {
        dialog.turn(true);
    } else {
        field.key(key);
    }
}

/// A paste: text into a text field, nothing anywhere else.
pub fn paste(model: &mut Model, text: &str) {
    if model.dialog.as_ref().is_some_and(|dialog| !dialog.shown) || model.layout().is_none() {
        return;
    }
    if model.scope() == Scope::Search {
        looking::paste(model, text);
        return;
    }
    match model.dialog.as_mut().filter(|_| model.help.is_none()) {
        Some(dialog) => {
            signing::meet(dialog, text);
            let said = match dialog.field() {
                // Its last line ends, and an empty one behind it would be all that is seen of it.
                Some(field) if field.name == FieldName::Signature => field.paste(text.trim_end()),
                Some(field) => field.paste(text),
                None => Some("pasted text goes into a text field; nothing was pressed".to_owned()),
            };
            if let Some(said) = said {
                dialog.say(Tone::Warn, said);
            }
        }
        None => model.say(Tone::Warn, "pasted text goes into a text field; nothing was pressed"),
    }
}

/// Enter on a button.
pub fn press(model: &mut Model) -> Vec<Effect> {
    match model.dialog.as_ref().map(|dialog| dialog.focus) {
        Some(Focus::Submit) => submit(model),
        Some(Focus::Way(n)) => take(model, n),
        Some(Focus::Cancel) => {
            close(model);
            Vec::new()
        }
        Some(Focus::Field(_)) | None => Vec::new(),
    }
}

/// To the button that does it, from anywhere in the dialog. It does not press it: a terminal sends Alt-Enter as Esc and
/// Enter, and a slow line can bring an Esc that meant "no" and the Enter after it in one piece.
pub fn to_the_button(model: &mut Model) -> Vec<Effect> {
    if let Some(dialog) = model.dialog.as_mut().filter(|dialog| !dialog.over) {
        dialog.closing = false;
        dialog.focus = Focus::Submit;
    }
    Vec::new()
}

/// Does it: hands the decision over, bound to what was drawn. When the request changed, looks again instead.
pub fn submit(model: &mut Model) -> Vec<Effect> {
    let Some(dialog) = model.dialog.as_mut().filter(|dialog| !dialog.over) else { return Vec::new() };
    dialog.closing = false;
    if let Some(deed) = signing::of(dialog).filter(|_| dialog.changed) {
        // What is there now has another statement; what was signed stands for what was.
        return vec![Effect::Challenge(dialog.id, deed)];
    }
    if dialog.changed {
        let id = dialog.id;
        let Some(reading) = model.reading.as_ref().filter(|reading| reading.request.id == id) else {
            return vec![Effect::Read(id)];
        };
        dialog.look_again(&reading.request, &model.caller, reading.facts.as_ref(), model.now);
        dialog.say(Tone::Warn, "This is how it is now; what you typed is still here.");
        return Vec::new();
    }
    let (id, ask) = (dialog.id, dialog.ask);
    // It changed, and was looked at again, here: what is new was not read to its end.
    if let Some(left) = model.left_to_show(ask) {
        if let Some(dialog) = &mut model.dialog {
            dialog.say(
                Tone::Warn,
                format_args!("{id} is {left}; close this and read to its end: your text is kept"),
            );
        }
        return Vec::new();
    }
    hand_over(model, None)
}

/// A way out of a conflict: does it, or asks for the values first.
fn take(model: &mut Model, n: usize) -> Vec<Effect> {
    let Some(dialog) = &mut model.dialog else { return Vec::new() };
    dialog.closing = false;
    let Some((way, _)) = dialog.ways.get(n).cloned().filter(|_| !dialog.changed) else { return Vec::new() };
    let (Way::GiveValues(lacks), Ask::Mark(mark)) = (&way, dialog.ask) else {
        return hand_over(model, Some(&way));
    };
    let first = dialog.on.step.clone().map(|step| (step, mark));
    let on = On { lacks: lacks.clone(), first, ..dialog.on.clone() };
    let (was, whole) = (dialog.drawn_request, dialog.read_whole);
    let Some(reading) = model.subject().filter(|reading| Drawn::of(&reading.request) == was) else {
        return Vec::new();
    };
    let facts = reading.facts.as_ref();
    let mut dialog = Dialog::open(Ask::Give, on, &reading.request, &model.caller, facts, model.now);
    dialog.read_whole = whole;
    drafts::put_back(model, &mut dialog);
    model.dialog = Some(dialog);
    Vec::new()
}

fn hand_over(model: &mut Model, way: Option<&Way>) -> Vec<Effect> {
    let Some(dialog) = &mut model.dialog else { return Vec::new() };
    if let Some(left) = dialog.left_to_show() {
        let lines = if left == 1 { "line" } else { "lines" };
        dialog.say(Tone::Warn, format_args!("{left} more {lines} must be shown first: pgdn"));
        return Vec::new();
    }
    let errand = match dialog.ask {
        Ask::Run => Some(Errand::Run),
        Ask::RollBack => Some(Errand::RollBack),
        _ => None,
    };
    if let Some(errand) = errand {
        return vec![Effect::Launch { id: dialog.id, errand }];
    }
    match dialog.commands(way) {
        Ok(commands) if signing::of(dialog).is_some() => signing::hand_over(dialog, commands),
        Ok(mut commands) => match (commands.pop(), commands.is_empty()) {
            (Some(command), true) => vec![Effect::Decide { id: dialog.id, command: Box::new(command) }],
            (Some(last), false) => {
                commands.push(last);
                vec![Effect::DecideInTurn { id: dialog.id, commands }]
            }
            (None, _) => Vec::new(),
        },
        Err((field, missing)) => {
            dialog.focus = Focus::Field(field);
            dialog.say(Tone::Warn, missing);
            Vec::new()
        }
    }
}

/// Esc: closes; with text in a field it asks once.
pub fn cancel(model: &mut Model) {
    let Some(dialog) = &mut model.dialog else { return };
    if dialog.has_text() && !dialog.closing && !dialog.over {
        dialog.closing = true;
        let kept = if dialog.ask.is_kept() { "is kept as a draft" } else { "is dropped" };
        dialog.say(Tone::Warn, format_args!("Esc again closes it; what you typed {kept}"));
        return;
    }
    close(model);
}

/// Nobody pressed a key for long: whoever comes next finds nothing that is only to be confirmed. What was typed is kept.
pub fn lay_down(model: &mut Model) {
    let steered = rollouts::lay_down(model);
    let asked = steered || model.dialog.as_ref().is_some_and(|dialog| !dialog.over) || model.batch.is_some();
    if !asked {
        return;
    }
    model.batch = None;
    close(model);
    model.say(
        Tone::Warn,
        "no key for a while: what was asked is closed, nothing was decided, text is a draft",
    );
}

/// Closes without deciding, and keeps what was typed.
fn close(model: &mut Model) {
    let fresh = model.arrival.is_fresh(model.at);
    if model.dialog.as_mut().is_some_and(|dialog| dialog.over && (fresh || dialog.warns_of_the_text())) {
        return;
    }
    let Some(dialog) = model.dialog.take() else { return };
    let key = drafts::key_of(&dialog);
    if dialog.over {
        return;
    }
    if dialog.has_text() && dialog.ask.is_kept() {
        model.drafts.insert(key, drafts::texts(&dialog));
        model.say(
            Tone::Dim,
            format_args!("nothing was decided on {}; your text is kept as a draft", dialog.id),
        );
    } else {
        model.drafts.remove(&key);
        model.say(Tone::Dim, format_args!("nothing was decided on {}", dialog.id));
    }
}
