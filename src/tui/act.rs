//! What a person does to the screen: key → action → a changed model and the effects it wants.

use crate::app::Queue;
use crate::domain::command::Command;
use crate::domain::rollout::Stimulus;
use crate::domain::transitions::Verb;
use crate::present::line::Tone;
use crate::present::tabs::Tab;
use crate::tui::action::{Action, Ask, Effect};
use crate::tui::editing;
use crate::tui::keymap::Scope;
use crate::tui::model::Model;
use crate::tui::prompt::{Prompt, Purpose};
use crate::tui::views::{self, Entry};
use crate::tui::{
    alike, batch, deciding, filtering, looking, marks, picking, prompt, rollouts, snoozing, sorting, talking,
};
use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// Takes one event of the terminal.
pub fn input(model: &mut Model, event: Event) -> Vec<Effect> {
    let effects = match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => pressed(model, key),
        Event::Paste(text) if model.scope() == Scope::Prompt => prompt::paste(model, &text),
        Event::Paste(text) if model.batch.is_some() => {
            batch::paste(model, &text);
            Vec::new()
        }
        Event::Paste(text) => {
            deciding::paste(model, &text);
            Vec::new()
        }
        Event::Resize(width, height) => {
            model.size = (width, height);
            Vec::new()
        }
        _ => Vec::new(),
    };
    model.settle();
    effects
}

/// Esc with another key close behind it, both read in one piece, look like that key with Alt. Where Alt with it means
/// nothing, it was Esc; the key behind it is dropped, because no frame had shown what Esc did.
fn escaped(model: &Model, key: &KeyEvent) -> bool {
    let in_one_byte =
        matches!(key.code, KeyCode::Char(_) | KeyCode::Enter | KeyCode::Tab | KeyCode::Backspace);
    in_one_byte
        && key.modifiers.contains(KeyModifiers::ALT)
        && model.habits.keys.lookup(model.scope(), key).is_none()
}

fn pressed(model: &mut Model, key: KeyEvent) -> Vec<Effect> {
    if !escaped(model, &key) {
        return pressed_one(model, key);
    }
    let effects = pressed_one(model, KeyEvent::new(KeyCode::Esc, KeyModifiers::NONE));
    if model.said.is_none() {
        model.say(Tone::Dim, "the key that came at once with esc was dropped");
    }
    effects
}

fn pressed_one(model: &mut Model, key: KeyEvent) -> Vec<Effect> {
    let scope = model.scope();
    let binding = model.habits.keys.lookup(scope, &key);
    if model.layout().is_none() {
        // Nothing can be read here, so nothing but leaving and repainting works.
        let leaves = |action| matches!(action, Action::Quit | Action::Repaint | Action::Suspend);
        return match binding.map(|b| b.action).filter(|a| leaves(*a)) {
            Some(action) => act(model, action),
            None => Vec::new(),
        };
    }
    if model.asks_unseen() {
        return Vec::new(); // typed before the dialog was drawn: meant for something else
    }
    let is_over = model.dialog.as_ref().is_some_and(|dialog| dialog.over) && model.help.is_none();
    if is_over
        && matches!(key.code, KeyCode::Char(_))
        && key.modifiers.difference(KeyModifiers::SHIFT).is_empty()
    {
        return Vec::new(); // the rest of a sentence that was being typed when it ended
    }
    match binding {
        Some(binding) => {
            model.said = None;
            act(model, binding.action)
        }
        None if scope == Scope::Text && model.batch.is_some() => {
            batch::typed(model, key);
            Vec::new()
        }
        None if scope == Scope::Search => {
            looking::typed(model, key);
            Vec::new()
        }
        None if scope == Scope::Text => {
            deciding::typed(model, key);
            Vec::new()
        }
        None if scope == Scope::Prompt => prompt::typed(model, key),
        None => {
            if let KeyCode::Char(c) = key.code
                && scope != Scope::Dialog
                && key.modifiers.difference(KeyModifiers::SHIFT).is_empty()
                && c.is_ascii_graphic()
            {
                let help = model.habits.keys.name_of(Scope::List, Action::Help);
                model.say(Tone::Dim, format_args!("{c} does nothing here; {help} says what works"));
            }
            Vec::new()
        }
    }
}

/// Does what a key means. The public door for tests and, later, the palette.
pub fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    if model.help.is_none()
        && let Some(effects) = rollouts::act(model, action).or_else(|| batch::act(model, action))
    {
        return effects;
    }
    match action {
        Action::Down
        | Action::Up
        | Action::HalfDown
        | Action::HalfUp
        | Action::PageDown
        | Action::PageUp
        | Action::Top
        | Action::Bottom => travel(model, action),
        Action::Open => open(model),
        Action::Back if model.help.is_none() && model.alike.take().is_some() => {
            model.say(Tone::Dim, "nothing was decided");
            Vec::new()
        }
        Action::Back if model.help.is_none() && model.rollouts.sheet.take().is_some() => Vec::new(),
        Action::Back if model.help.is_none() && model.page.take().is_some() => Vec::new(),
        Action::Back => {
            if model.help.take().is_none() {
                match model.reading.as_mut().filter(|reading| reading.search.is_some()) {
                    Some(reading) => {
                        reading.search = None;
                        reading.look_for();
                    }
                    None => leave(model),
                }
            }
            Vec::new()
        }
        Action::NextQueue | Action::PreviousQueue => views::turn(model, action == Action::NextQueue),
        Action::Show(queue) => views::go(model, Entry::Queue(queue)),
        Action::NextView => views::next(model),
        Action::Mine => views::mine(model),
        Action::Sort => sorting::turn(model),
        Action::HideSeen => sorting::hide_or_show(model),
        Action::Snooze => {
            snoozing::begin(model);
            Vec::new()
        }
        Action::CopyField => {
            picking::begin(model);
            Vec::new()
        }
        Action::Rollouts => rollouts::begin(model),
        Action::Steer(on) => rollouts::steer(model, on),
        Action::Ask(Ask::RollBack) if rollouts::has_something_to(model, Stimulus::RollBack) => {
            rollouts::steer(model, Stimulus::RollBack)
        }
        Action::Ask(ask) if model.alike.is_some() => {
            alike::decide(model, ask);
            Vec::new()
        }
        Action::Ask(ask) if !model.in_detail && !model.marks.is_empty() => batch::begin(model, ask),
        Action::Ask(ask) => deciding::ask(model, ask),
        Action::Claim => claim(model),
        Action::Help => {
            model.help = Some(crate::tui::view::help::first(model));
            Vec::new()
        }
        Action::RunLine => run_line(model),
        Action::Reload => {
            model.say(Tone::Dim, "read again");
            let mut effects = reload(model);
            effects.push(model.rollouts.read());
            effects.extend(model.list.selected_id().map(Effect::Read));
            effects
        }
        Action::Repaint => vec![Effect::Repaint],
        Action::Suspend if model.is_session() => {
            model.say(Tone::Dim, "there is no shell behind a session: q leaves");
            Vec::new()
        }
        Action::Suspend => vec![Effect::Suspend],
        Action::Quit => vec![Effect::Quit],
        Action::NextField | Action::PreviousField => {
            if let Some(dialog) = &mut model.dialog {
                dialog.closing = false;
                dialog.turn(action == Action::NextField);
            }
            Vec::new()
        }
        Action::Press => deciding::press(model),
        Action::Submit => deciding::to_the_button(model),
        Action::Edit => editing::ask(model),
        Action::Cancel => {
            deciding::cancel(model);
            Vec::new()
        }
        Action::Filter => {
            filtering::begin(model);
            Vec::new()
        }
        Action::Palette => {
            model.prompt = Some(Prompt::new(Purpose::Command, ""));
            Vec::new()
        }
        Action::NextMatch | Action::PreviousMatch if !model.in_detail => {
            filtering::seek(model, action == Action::NextMatch)
        }
        Action::Clear if marks::clear(model) => Vec::new(),
        Action::Clear => filtering::clear(model),
        Action::Mark | Action::Range => {
            if action == Action::Mark {
                marks::toggle(model)
            } else {
                marks::begin_or_take_range(model)
            }
            Vec::new()
        }
        Action::Accept => prompt::accept(model),
        Action::Leave => prompt::leave(model),
        Action::Complete | Action::CompleteBack => prompt::complete(model, action == Action::Complete),
        Action::MoreDown | Action::MoreUp => {
            deciding::more(model, action == Action::MoreDown);
            Vec::new()
        }
        Action::Alike => alike::begin(model),
        Action::Steps => {
            looking::to_steps(model);
            Vec::new()
        }
        Action::Thread => talking::begin(model, Tab::Thread),
        Action::Evidence => talking::begin(model, Tab::Evidence),
        Action::Resolve => talking::resolve(model),
        Action::Look(page) => vec![Effect::Look(page)],
        Action::Left | Action::Right | Action::ScrollLeft | Action::ScrollRight => {
            looking::sideways(model, action);
            Vec::new()
        }
        Action::Graph
        | Action::Params
        | Action::Changes
        | Action::NextTab
        | Action::PreviousTab
        | Action::Raw
        | Action::Unfold
        | Action::Search
        | Action::KeepSearch
        | Action::EndSearch
        | Action::NextMatch
        | Action::PreviousMatch
        | Action::Copy(_) => looking::look(model, action),
    }
}

/// Enter in the help: closes it and does what the line says.
fn run_line(model: &mut Model) -> Vec<Effect> {
    let Some(selected) = model.help else { return Vec::new() };
    let entry = crate::tui::view::help::entries(model).into_iter().nth(selected);
    match entry.and_then(|entry| entry.binding) {
        Some((binding, true)) => {
            model.help = None;
            act(model, binding.action)
        }
        _ => {
            model.say(Tone::Dim, "that works elsewhere; esc closes the help");
            Vec::new()
        }
    }
}

/// One level out: from the steps to the plan, from the request to the list.
fn leave(model: &mut Model) {
    if talking::leave(model) {
        return;
    }
    let was_at = model.reading.as_mut().and_then(|reading| {
        let here = reading.step_here().is_some();
        reading.at_step.take().filter(|_| here)
    });
    model.in_detail = was_at.is_some();
}

fn travel(model: &mut Model, action: Action) -> Vec<Effect> {
    let layout = model.layout();
    let page = match (model.help, model.in_detail) {
        _ if model.help.is_none()
            && (model.alike.is_some() || model.page.is_some() || model.rollouts.sheet.is_some()) =>
        {
            layout.map_or(1, |l| l.body.height.saturating_sub(2))
        }
        (Some(_), _) => layout.map_or(1, |l| l.body.height.saturating_sub(1)),
        (None, true) => layout.and_then(|l| l.detail).map_or(1, |p| p.text().height),
        (None, false) => layout.and_then(|l| l.list).map_or(1, |p| p.inner.height.saturating_sub(1)),
    };
    let page = isize::from(i16::try_from(page).unwrap_or(i16::MAX)).max(1);
    let lines = match action {
        Action::Down => 1,
        Action::Up => -1,
        Action::HalfDown => (page / 2).max(1),
        Action::HalfUp => -(page / 2).max(1),
        Action::PageDown => (page - 1).max(1),
        Action::PageUp => -(page - 1).max(1),
        Action::Top => isize::MIN + 1,
        _ => isize::MAX,
    };
    if let Some(selected) = model.help {
        model.help = Some(crate::tui::view::help::moved(model, selected, lines));
        return Vec::new();
    }
    if let Some(sheet) = &mut model.rollouts.sheet {
        sheet.scroll = sheet.scroll.saturating_add_signed(lines);
        return Vec::new();
    }
    if let Some(sheet) = &mut model.page {
        sheet.scroll = sheet.scroll.saturating_add_signed(lines);
        return Vec::new();
    }
    if let Some(sheet) = &mut model.alike {
        sheet.scroll = sheet.scroll.saturating_add_signed(lines);
        return Vec::new();
    }
    if model.in_detail {
        if let Some(reading) = model.reading.as_mut().filter(|reading| reading.tab == Tab::Graph) {
            reading.graph.travel(action, lines);
        } else if let Some(reading) = model.reading.as_mut().filter(|r| r.step_here().is_some())
            && matches!(action, Action::Down | Action::Up | Action::Top | Action::Bottom)
        {
            reading.move_step(lines);
        } else if let Some(reading) = model.reading.as_mut().filter(|r| r.item_here().is_some())
            && matches!(action, Action::Down | Action::Up | Action::Top | Action::Bottom)
        {
            reading.move_item(lines);
        } else if let Some(reading) = &mut model.reading {
            reading.scroll = reading.scroll.saturating_add_signed(lines);
        }
        return Vec::new();
    }
    let place = match action {
        Action::Top => model.list.to_top(),
        Action::Bottom => model.list.to_bottom(),
        _ => model.list.step(lines),
    };
    place.map(|place| model.load(place)).into_iter().collect()
}

fn open(model: &mut Model) -> Vec<Effect> {
    let Some(id) = model.list.selected_id() else { return Vec::new() };
    if model.scope() == Scope::Graph {
        looking::to_step(model);
        return Vec::new();
    }
    if model.scope() == Scope::Evidence {
        return talking::look_into(model);
    }
    model.in_detail = true;
    if model.subject().is_some() { opened(model) } else { vec![Effect::Read(id)] }
}

/// The request that is in front of somebody is noted as seen, once for each revision.
pub fn opened(model: &mut Model) -> Vec<Effect> {
    let Some(request) = model.subject().filter(|_| model.in_detail).map(|reading| &reading.request) else {
        return Vec::new();
    };
    let (id, revision) = (request.id, request.revision.number);
    let is_known = model.noted.insert(id, revision) == Some(revision);
    if is_known { Vec::new() } else { vec![Effect::NoteSeen(id, revision)] }
}

/// Another queue, from its start.
pub fn show(model: &mut Model, queue: Queue) -> Vec<Effect> {
    model.in_detail = false;
    model.list = crate::tui::list::List::new(queue);
    model.marks = marks::Marks::default();
    vec![sorting::from_start(model), Effect::Count]
}

/// Everything again, from the cursor: what moved meanwhile is now where it belongs.
pub fn reload(model: &Model) -> Vec<Effect> {
    let rows = match model.looking.seen_by {
        Some(_) => Effect::HideSeen,
        None => model.load(model.list.again()),
    };
    vec![Effect::KeepTime, Effect::Count, rows]
}

fn claim(model: &mut Model) -> Vec<Effect> {
    let Some(id) = model.list.selected_id() else { return Vec::new() };
    if model.subject().is_none() {
        model.in_detail = true;
        let key = model.habits.keys.name_of(Scope::Detail, Action::Claim);
        model.say(Tone::Warn, format_args!("{id} is now in front of you: press {key} again"));
        return vec![Effect::Read(id)];
    }
    let verb = model.claim_verb();
    if let Some(refusal) = model.refusal(verb) {
        model.say(Tone::Warn, refusal);
        return Vec::new();
    }
    let command = if verb == Verb::Release { Command::Release } else { Command::Claim };
    vec![Effect::Decide { id, command: Box::new(command) }]
}
