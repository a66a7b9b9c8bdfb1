//! Rollouts on the screen: the strip of those that are live, the view of one, and what a person asks of it.
//!
//! The view lies over everything, like a page; `!` opens it on the most urgent one and goes on to the next. What is asked in
//! it goes through a dialog of its own; another tier is only ever asked for on its promotion request.

mod order;
mod sheet;

pub use order::{Order, title};
pub use sheet::Sheet;

use crate::app::Queue;
use crate::app::rollouts::Outlook;
use crate::domain::content::Kind;
use crate::domain::names::RequestId;
use crate::domain::refusal::Refusal;
use crate::domain::request::Request;
use crate::domain::rollout::table::cell;
use crate::domain::rollout::{Phase, Stimulus};
use crate::present::line::Tone;
use crate::present::rollout::seen::Seen;
use crate::tui::action::{Action, Ask, Effect};
use crate::tui::dialog::Focus;
use crate::tui::keymap::Scope;
use crate::tui::list::List;
use crate::tui::model::Model;
use crate::tui::{deciding, filtering, sorting};

/// What the screen knows of rollouts.
#[derive(Clone, Debug, Default)]
pub struct Rollouts {
    /// Those that are live or were lately, the most urgent first.
    pub live: Vec<Seen>,
    /// The view of one.
    pub sheet: Option<Sheet>,
    /// What is asked of it.
    pub order: Option<Order>,
    /// What is to be asked of it as soon as it was read.
    wants: Option<Stimulus>,
}

impl Rollouts {
    /// Which one is to be read whole.
    pub fn of(&self) -> Option<RequestId> {
        self.sheet.as_ref().map(|sheet| sheet.id)
    }

    /// Reads those that are live, and the one that is viewed whole.
    pub fn read(&self) -> Effect {
        Effect::SeeRollouts(self.of())
    }
}

/// The rollout a request is about: a deployment's own, or the one a promotion belongs to.
pub fn of_request(request: &Request) -> Option<RequestId> {
    match &request.promotes {
        Some(promotes) => Some(promotes.deployment),
        None => request.rollout.as_ref().map(|_| request.id),
    }
}

/// `!`: the view of the rollout that is read or is most urgent; again: the next one.
pub fn begin(model: &mut Model) -> Vec<Effect> {
    let live: Vec<RequestId> = model.rollouts.live.iter().map(|seen| seen.rollout.id.deployment()).collect();
    let here = model.rollouts.of();
    let next = match here {
        Some(here) => {
            let at = live.iter().position(|id| *id == here);
            live.get(at.map_or(0, |at| at + 1) % live.len().max(1)).copied()
        }
        None => {
            let read = model.subject().filter(|_| model.in_detail);
            read.and_then(|reading| of_request(&reading.request)).or(live.first().copied())
        }
    };
    match next {
        Some(id) if Some(id) == here => {
            model.say(Tone::Dim, "no other rollout is live");
            Vec::new()
        }
        Some(id) => open(model, id),
        None => {
            model.say(Tone::Dim, "no rollout is live");
            Vec::new()
        }
    }
}

fn open(model: &mut Model, id: RequestId) -> Vec<Effect> {
    (model.rollouts.order, model.rollouts.wants) = (None, None);
    model.rollouts.sheet = Some(Sheet::new(id));
    vec![model.rollouts.read()]
}

/// What there is was read.
pub fn heard(model: &mut Model, sight: Outlook) {
    let Outlook { now, live, whole } = sight;
    model.now = model.now.max(now);
    model.rollouts.live = live;
    let Some(sheet) = &mut model.rollouts.sheet else { return };
    match whole {
        Some(whole) if whole.seen.rollout.id.deployment() == sheet.id => sheet.take(*whole),
        Some(_) => return,
        None => {
            let id = sheet.id;
            model.rollouts.sheet = None;
            model.rollouts.order = None;
            model.say(Tone::Warn, format_args!("{id} has no rollout"));
            return;
        }
    }
    keep_order_current(model);
    if let Some(on) = model.rollouts.wants.take() {
        ask(model, on);
    }
}

/// What the dialog says is as of now.
fn keep_order_current(model: &mut Model) {
    let now = model.now;
    let whole = model.rollouts.sheet.as_ref().and_then(|sheet| sheet.whole());
    if let (Some(whole), Some(order)) = (whole, &mut model.rollouts.order) {
        order.look_again(whole, now);
    }
}

/// A key that asks something of a rollout.
pub fn steer(model: &mut Model, on: Stimulus) -> Vec<Effect> {
    if model.rollouts.sheet.is_some() {
        return match on {
            Stimulus::Promote => promote(model),
            on => {
                ask(model, on);
                Vec::new()
            }
        };
    }
    let Some(reading) = model.subject() else {
        // What is not in front of one's eyes is opened first, as for every verb.
        return deciding::ask(model, Ask::Approve);
    };
    let request = &reading.request;
    if request.kind() == Kind::Promotion && on == Stimulus::Promote {
        return deciding::ask(model, Ask::Approve);
    }
    let Some(id) = of_request(request) else {
        let id = request.id;
        model.say(Tone::Warn, format_args!("{id} has no rollout"));
        return Vec::new();
    };
    let wants = (on != Stimulus::Promote).then_some(on);
    let effects = open(model, id);
    model.rollouts.wants = wants;
    effects
}

/// Another tier is signed off on its promotion request: that is brought in front, and nothing is decided here.
fn promote(model: &mut Model) -> Vec<Effect> {
    let whole = model.rollouts.sheet.as_ref().and_then(|sheet| sheet.whole());
    let Some(seen) = whole.map(|whole| &whole.seen) else { return Vec::new() };
    let Some(waits) = seen.waits.filter(|_| seen.rollout.phase == Phase::AwaitingPromotion) else {
        let no = seen.rollout.refusal(Stimulus::Promote, model.now);
        model.say(Tone::Warn, no);
        return Vec::new();
    };
    go_to(model, waits.id)
}

/// Puts an open promotion in front.
fn go_to(model: &mut Model, id: RequestId) -> Vec<Effect> {
    model.rollouts.sheet = None;
    let key = model.habits.keys.name_of(Scope::Detail, Action::Steer(Stimulus::Promote));
    model.say(Tone::Warn, format_args!("{id} is now in front of you: read it, then {key} again"));
    if model.subject().is_some_and(|reading| reading.request.id == id) {
        model.in_detail = true;
        return Vec::new();
    }
    filtering::clear(model);
    let said = model.said.take();
    model.list = List::looking_for(Queue::Promotions, id);
    model.marks = crate::tui::marks::Marks::default();
    model.in_detail = true;
    model.said = said;
    vec![sorting::from_start(model), Effect::Count, Effect::Read(id)]
}

/// Opens the dialog, or says why not.
fn ask(model: &mut Model, on: Stimulus) {
    let now = model.now;
    let Some(whole) = model.rollouts.sheet.as_ref().and_then(|sheet| sheet.whole()) else {
        model.say(Tone::Dim, "it is being read");
        return;
    };
    if let Err(no) = whole.seen.rollout.may(on, &whole.standing, now) {
        model.say(Tone::Warn, no);
        return;
    }
    model.rollouts.order = Some(Order::open(on, whole, now));
}

/// Why a key that asks something of a rollout cannot; nothing when it can, or nothing is known yet.
pub fn refusal(model: &Model, on: Stimulus) -> Option<Refusal> {
    if let Some(sheet) = &model.rollouts.sheet {
        let whole = sheet.whole()?;
        return match on {
            Stimulus::Promote if whole.seen.waits.is_some() => None,
            Stimulus::Promote => Some(whole.seen.rollout.refusal(on, model.now)),
            on => whole.seen.rollout.may(on, &whole.standing, model.now).err(),
        };
    }
    let reading = model.subject()?;
    match (reading.request.kind(), on) {
        (Kind::Promotion, Stimulus::Promote) => model.refusal_to(Ask::Approve),
        _ => None,
    }
}

/// Whether a key of a request's pane that asks something of its rollout has something to ask it of.
pub fn has_something_to(model: &Model, on: Stimulus) -> bool {
    let Some(request) = model.subject().map(|reading| &reading.request) else { return false };
    match (&request.promotes, &request.rollout) {
        (Some(_), _) => on != Stimulus::Promote || request.is_open(),
        (None, Some(stands)) => cell(stands.phase, on).is_some(),
        (None, None) => false,
    }
}

/// A key while the dialog is open.
pub fn act(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    let order = model.rollouts.order.as_mut()?;
    match action {
        Action::NextField | Action::PreviousField => {
            order.focus = if order.focus == Focus::Submit { Focus::Cancel } else { Focus::Submit };
        }
        Action::Submit => order.focus = Focus::Submit,
        Action::Cancel => close(model),
        Action::Press if order.focus == Focus::Cancel => close(model),
        Action::Press => match order.refused {
            true => order.focus = Focus::Cancel,
            false => return Some(vec![Effect::Steer { id: order.id, on: order.on }]),
        },
        Action::MoreDown | Action::MoreUp => {}
        _ => return None,
    }
    Some(Vec::new())
}

fn close(model: &mut Model) {
    if let Some(order) = model.rollouts.order.take() {
        model.say(Tone::Dim, format_args!("nothing was asked of {}", order.id));
    }
}

/// Nobody pressed a key for long.
pub fn lay_down(model: &mut Model) -> bool {
    model.rollouts.order.take().is_some()
}

/// It was recorded.
pub fn steered(model: &mut Model, id: RequestId, on: Stimulus) -> Vec<Effect> {
    model.rollouts.order.take_if(|order| (order.id, order.on) == (id, on));
    let unwatched =
        model.rollouts.live.iter().any(|seen| seen.rollout.id.deployment() == id && !seen.watched);
    let (tone, words) = match on {
        Stimulus::Pause => (Tone::Good, "paused; the bake clock stands still"),
        Stimulus::Resume => (Tone::Good, "goes on"),
        Stimulus::Freeze => (Tone::Good, "frozen; nothing moves"),
        Stimulus::Halt => (Tone::Bad, "HALTED"),
        Stimulus::RollBack if unwatched => {
            (Tone::Bad, "to be rolled back, and NOBODY DOES IT: start `countersign watch`")
        }
        Stimulus::RollBack => (Tone::Bad, "is rolled back now"),
        Stimulus::Acknowledge => (Tone::Warn, "you have seen that its rollback failed; it still has"),
        _ => (Tone::Plain, "recorded"),
    };
    model.say(tone, format_args!("{id}: {words}"));
    vec![model.rollouts.read(), Effect::Count]
}

/// It was refused: the dialog says why, and looks again.
pub fn refused(model: &mut Model, id: RequestId, refusal: &Refusal) -> Option<Vec<Effect>> {
    let order = model.rollouts.order.as_mut().filter(|order| order.id == id)?;
    order.say(Tone::Bad, refusal);
    order.focus = Focus::Cancel;
    Some(vec![model.rollouts.read()])
}
