//! The loop: one channel with keys, signals and the bell; the minute by waiting no longer than to the next one. A frame
//! is drawn when something changed, after everything that had arrived was taken.

use crate::app::rollouts::Whole;
use crate::app::{Ahead, App, Bell, Counters, Failure, editor};
use crate::domain::moment::{Moment, Span};
use crate::domain::names::RequestId;
use crate::domain::principal::Face;
use crate::present::line::Line;
use crate::present::rollout::seen::Seen;
use crate::tui::act::input;
use crate::tui::action::Effect;
use crate::tui::attention::title;
use crate::tui::clipboard;
use crate::tui::effects::Hands;
use crate::tui::hear::{Message, hear};
use crate::tui::keeping::{Keeper, LastWords, Pace};
use crate::tui::keyboard::Keyboard;
use crate::tui::list::List;
use crate::tui::model::Model;
use crate::tui::terminal::{Tui, give_back, is_lent};
use crate::tui::{Habits, Options, talking};
use crossterm::event::Event;
use rustix::event::{PollFd, PollFlags, poll};
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::Signals;
use std::collections::VecDeque;
use std::io::{IsTerminal, stdin, stdout};
use std::process::exit;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

/// How long keys must rest before the request under the cursor is read.
const REST: Duration = Duration::from_millis(50);
/// How soon the screen looks again after a bell it answered: a producer that submits a thousand times a second must not
/// make as many frames. The first bell is answered at once.
const PEAL: Duration = Duration::from_millis(300);
/// How long the loop has to end by itself after a signal.
const GRACE: Duration = Duration::from_millis(500);
/// How long the bell is listened to at once. It says earlier when it is time to look without having been called.
const LISTEN: Span = Span::from_minutes(1);
/// How long a session may be without a key before a dialog that only waits to be confirmed is closed.
const IDLE: Duration = Duration::from_secs(600);
/// The exit code after a hang-up, as a shell counts signals.
const HUNG_UP: i32 = 128 + SIGHUP;

/// What comes in.
enum Incoming {
    Terminal(Event, Instant),
    Gone(std::io::Error),
    Bell,
    Look,
    Continued,
    Told(Box<Message>),
    Signal(i32),
}

/// What the loop works with.
struct Desk<'a> {
    tui: &'a mut Tui,
    hands: &'a mut Hands,
    keyboard: &'a Keyboard,
}

/// Runs the screen until somebody quits it; says which signal ended it, if one did.
///
/// # Errors
/// A [`Failure`] when there is no terminal, or it or the store cannot be used.
pub fn run(app: App, options: Options, habits: Habits) -> Result<Option<i32>, Failure> {
    if !stdin().is_terminal() || !stdout().is_terminal() {
        return Err(Failure::unusable("the screen needs a terminal", "use `countersign list`"));
    }
    let bell = app.bell()?;
    let caller = app.caller(Face::Screen);
    let keeper = Arc::new(Keeper::default());
    let mut tui = Tui::take(habits.title)?;
    let (sender, incoming) = channel();
    watch_for_hang_up(Arc::clone(&keeper))?;
    listen_to_signals(sender.clone(), Arc::clone(&keeper))?;
    let keys = sender.clone();
    let keyboard = Keyboard::listen(move |event| {
        let arrived = event.map_or_else(Incoming::Gone, |event| Incoming::Terminal(event, Instant::now()));
        keys.send(arrived).is_ok()
    });
    let told = sender.clone();
    let later = Arc::new(move |message| {
        // A loop that has ended hears nothing any more.
        let _ = told.send(Incoming::Told(Box::new(message)));
    });
    listen_to_bell(bell, sender);
    let last_words = LastWords(Arc::clone(&keeper));
    let mut model = Model::new(options, tui.size(), app.now(), caller.clone(), app.host());
    model.views = app.views();
    model.habits = habits;
    let mut hands = Hands::new(app, caller, Arc::clone(&keeper)).telling(later);
    let mut desk = Desk { tui: &mut tui, hands: &mut hands, keyboard: &keyboard };
    let ended = turn(&mut desk, &mut model, &keeper, &incoming);
    drop(last_words);
    if matches!(ended, Err(Failure::Io { .. })) {
        // When the line is down, everything that touches the terminal fails: the watchdog ends it first, and rightly.
        thread::sleep(GRACE);
    }
    drop(tui);
    ended
}

/// Turns until the end; says which signal ended it, if one did.
fn turn(
    desk: &mut Desk<'_>,
    model: &mut Model,
    keeper: &Keeper,
    incoming: &Receiver<Incoming>,
) -> Result<Option<i32>, Failure> {
    let mut changed = true;
    let mut last_key = Instant::now();
    let mut pace = Pace::default();
    // When a bell was last answered, and whether one rang since.
    let (mut answered, mut rang) = (None::<Instant>, false);
    // What was read for resting keys; when it could not be, it is not tried again and again.
    let mut tried = None;
    // Keys that arrived before this moment were typed before the open dialog could be seen.
    let mut dialog_shown = Instant::now();
    let started = Instant::now();
    let listening = model.habits.bell.then_some(Effect::LookForUrgent);
    if perform(desk, model, model.begin().into_iter().chain(listening).collect())? {
        return Ok(None);
    }
    // What waits is seen first; then comes what takes a second connection, a write, or a look back.
    desk.tui.draw(model)?;
    keeper.keep_in(desk.hands.drafts()?);
    if perform(desk, model, model.go_on())? {
        return Ok(None);
    }
    loop {
        if desk.tui.is_lost() {
            return Err(Failure::damaged("a part of the screen failed; the terminal was given back"));
        }
        if std::mem::take(&mut changed) {
            let left = desk.tui.draw(model)?;
            model.at = left.saturating_duration_since(started);
            desk.tui.entitle(&title(model))?;
            if model.frame_shown() {
                dialog_shown = left;
            }
            let heard = talking::noted(model);
            perform(desk, model, heard)?;
        }
        let due = pace.due_in(!model.kept.unsaved().is_empty(), last_key);
        let wanted = model.wants_reading().filter(|id| tried != Some(*id));
        let wait = match wanted {
            Some(_) => REST.saturating_sub(last_key.elapsed()),
            None => until_next_minute(desk.hands.app().now()),
        };
        let wait = due.map_or(wait, |due| due.min(wait));
        let silence = answered.map_or(Duration::ZERO, |at| PEAL.saturating_sub(at.elapsed()));
        let wait = if rang { wait.min(silence) } else { wait };
        let first = match incoming.recv_timeout(wait) {
            Ok(first) => Some(first),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => return Ok(None),
        };
        let mut effects = Vec::new();
        let mut bell = false;
        if first.is_none()
            && last_key.elapsed() >= REST
            && let Some(id) = wanted
        {
            effects.push(Effect::Read(id));
            (tried, changed) = (Some(id), true);
        }
        for arrived in first.into_iter().chain(incoming.try_iter()) {
            match arrived {
                Incoming::Terminal(event, at) => {
                    last_key = at;
                    tried = None;
                    let is_key_or_paste = !matches!(event, Event::Resize(..));
                    if is_key_or_paste && model.asks() && at <= dialog_shown {
                        continue;
                    }
                    changed = true;
                    model.at = at.saturating_duration_since(started);
                    let wants = input(model, event);
                    keeper.remember(model.kept.unsaved());
                    if perform(desk, model, wants)? {
                        return Ok(None);
                    }
                }
                Incoming::Gone(error) => {
                    return Err(Failure::io("reading the keyboard", error, "nothing was changed"));
                }
                Incoming::Bell => rang = true,
                Incoming::Look => bell = true,
                Incoming::Told(message) => {
                    effects.extend(hear(model, *message));
                    changed = true;
                }
                Incoming::Continued => {
                    desk.tui.resume()?;
                    resized(desk.tui, model);
                    changed = true;
                }
                Incoming::Signal(signal) => return Ok(Some(signal)),
            }
        }
        let now = desk.hands.app().now();
        let minute = |at: Moment| at.millis().div_euclid(60_000);
        if minute(now) != minute(model.now) {
            effects.push(Effect::KeepTime);
            effects.extend(hear(model, Message::Now(now)));
            changed = true;
        }
        if rang && answered.is_none_or(|at| at.elapsed() >= PEAL) {
            (rang, bell, changed) = (false, true, true);
            answered = Some(Instant::now());
        }
        if bell {
            effects.extend(hear(model, Message::Changed));
            effects.extend(model.habits.bell.then_some(Effect::LookForUrgent));
        }
        if last_key.elapsed() >= IDLE && model.asks() && model.is_session() {
            effects.extend(hear(model, Message::Idle));
            changed = true;
        }
        let unsaved = model.kept.unsaved();
        if pace.due_in(!unsaved.is_empty(), last_key) == Some(Duration::ZERO) {
            effects.extend(unsaved.into_iter().map(|draft| Effect::KeepDraft(Box::new(draft))));
            pace.tried();
        }
        // A look that nobody called for draws only when there is something to see.
        let before = (!changed).then(|| visible(model));
        if perform(desk, model, effects)? {
            return Ok(None);
        }
        keeper.remember(model.kept.unsaved());
        if let Some(before) = before {
            changed = before != visible(model);
        }
    }
}

/// Does what is wanted, and what that makes necessary; says whether that was the end.
fn perform(desk: &mut Desk<'_>, model: &mut Model, effects: Vec<Effect>) -> Result<bool, Failure> {
    let mut queue = VecDeque::from(effects);
    while let Some(effect) = queue.pop_front() {
        match effect {
            Effect::Quit => return Ok(true),
            Effect::Copy(text) => clipboard::send(&text)?,
            Effect::Ring => {
                desk.tui.ring()?;
                if model.habits.desktop {
                    desk.tui.announce(&title(model))?;
                }
            }
            Effect::Edit(text) => {
                let done = edit(desk, &text)?;
                resized(desk.tui, model);
                queue.extend(hear(model, Message::Edited(done)));
            }
            Effect::Repaint => desk.tui.repaint()?,
            Effect::Suspend => {
                desk.tui.suspend()?;
                resized(desk.tui, model);
            }
            effect => {
                for message in desk.hands.perform(effect) {
                    queue.extend(hear(model, message));
                }
            }
        }
    }
    Ok(false)
}

/// Lets the person edit a text in their own editor, to which terminal and keyboard belong meanwhile.
fn edit(desk: &mut Desk<'_>, text: &str) -> Result<Result<String, Failure>, Failure> {
    if !desk.keyboard.rest() {
        return Ok(Err(Failure::unusable("the keyboard could not be handed over", "your text is as it was")));
    }
    let done = desk.tui.lend(|| editor::edit(text));
    desk.keyboard.go_on();
    done
}

/// What a look that nobody called for could change on the screen.
fn visible(model: &Model) -> Visible {
    let reading = model.reading.as_ref().map(|reading| (reading.request.id, reading.request.version));
    let note = model.dialog.as_ref().and_then(|dialog| dialog.note.clone());
    let whole = model.rollouts.sheet.as_ref().and_then(|sheet| sheet.whole());
    Visible {
        rollouts: (model.rollouts.live.clone(), whole.cloned()),
        list: model.list.clone(),
        counters: model.counters,
        behind: (model.hidden, model.aheads.clone()),
        reading,
        said: model.said.clone(),
        note,
    }
}

#[derive(PartialEq)]
struct Visible {
    rollouts: (Vec<Seen>, Option<Whole>),
    list: List,
    counters: Option<Counters>,
    behind: (u64, Vec<Ahead>),
    reading: Option<(RequestId, u64)>,
    said: Option<Line>,
    note: Option<Line>,
}

/// The window may have another size than before the program was stopped, and nobody said so.
fn resized(tui: &Tui, model: &mut Model) {
    let (width, height) = tui.size();
    input(model, Event::Resize(width, height));
}

fn until_next_minute(now: Moment) -> Duration {
    let into = now.millis().rem_euclid(60_000).unsigned_abs();
    Duration::from_millis(60_000 - into)
}

fn listen_to_bell(mut bell: Bell, sender: Sender<Incoming>) {
    thread::spawn(move || {
        loop {
            let arrived = if bell.wait(LISTEN) { Incoming::Bell } else { Incoming::Look };
            if sender.send(arrived).is_err() {
                return;
            }
        }
    });
}

/// Signals end the loop; a loop that does not come round in time is not waited for.
fn listen_to_signals(sender: Sender<Incoming>, keeper: Arc<Keeper>) -> Result<(), Failure> {
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM, SIGQUIT, SIGCONT])
        .map_err(|e| Failure::io("asking for signals", e, "nothing was changed: try again"))?;
    thread::spawn(move || {
        for signal in signals.forever() {
            if signal == SIGCONT {
                if sender.send(Incoming::Continued).is_err() {
                    return;
                }
                continue;
            }
            if is_lent() && matches!(signal, SIGINT | SIGQUIT) {
                continue; // meant for the editor
            }
            let told = sender.send(Incoming::Signal(signal)).is_ok();
            thread::sleep(if told { GRACE } else { Duration::ZERO });
            keeper.keep_the_rest();
            give_back();
            exit(128 + signal);
        }
    });
    Ok(())
}

/// When the terminal goes away, crossterm 0.29 reads for ever without an answer and without rest. This thread sleeps
/// until the system says that nobody is at the other end, and ends the program.
fn watch_for_hang_up(keeper: Arc<Keeper>) -> Result<(), Failure> {
    // A handle of its own: an empty set of events still reports a hang-up, and nothing else.
    let input = rustix::io::fcntl_dupfd_cloexec(stdin(), 3)
        .map_err(|e| Failure::io("watching the terminal", e, "nothing was changed: try again"))?;
    thread::spawn(move || {
        loop {
            let mut watched = [PollFd::new(&input, PollFlags::empty())];
            match poll(&mut watched, None) {
                Ok(_) if watched.iter().any(|fd| !fd.revents().is_empty()) => {
                    keeper.keep_the_rest();
                    give_back();
                    exit(HUNG_UP);
                }
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(_) => return,
            }
        }
    });
    Ok(())
}
