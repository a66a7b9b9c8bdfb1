//! Misfire in step mode: whatever is typed, pasted or torn among the steps of a plan, no step is marked or edited that
//! nobody meant.
//!
//! What is asked of each decision, by an account kept beside the screen: a key of a verb opened its dialog on the step
//! that a frame had shown as selected; a frame then showed the dialog; the focus was moved by a key since; and at last
//! Enter, a key of its own and no part of a paste, fell on a button. And it is bound to what that frame showed.

use super::stage::*;
use countersign::domain::command::{Command, Seen};
use countersign::domain::marks::Mark;
use countersign::domain::names::StepId;
use countersign::domain::refusal::Refusal;
use countersign::domain::transitions::Verb;
use countersign::tui::Options;
use countersign::tui::act::input;
use countersign::tui::action::{Ask, Effect};
use countersign::tui::dialog::Focus;
use countersign::tui::hear::{Message, hear};
use countersign::tui::model::Model;
use countersign::tui::reading::Drawn;
use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use serde_json::json;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

struct Seed(u64);

impl Seed {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % n as u64).unwrap()
    }

    fn of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }
}

fn key(code: KeyCode) -> Event {
    Event::Key(KeyEvent::new(code, KeyModifiers::NONE))
}

/// What a hand, a cat or a bad line sends next.
fn sent(seed: &mut Seed, line: &mut VecDeque<Event>) {
    let chars = |text: &str| text.chars().map(|c| key(KeyCode::Char(c))).collect::<Vec<_>>();
    match seed.below(30) {
        0..=7 => line.extend(chars(seed.of(&["A", "R", "S", "U", "E", "J", "O", "s", "T", "Y"]))),
        8..=10 => line.extend(chars(seed.of(&["j", "k", "g", "G", "]", "[", "x", "5", " "]))),
        11..=14 => line.push_back(key(KeyCode::Enter)),
        15..=17 => line.push_back(key(KeyCode::Tab)),
        18 => line.push_back(Event::Key(KeyEvent::new(KeyCode::BackTab, KeyModifiers::SHIFT))),
        19 => line.push_back(Event::Key(KeyEvent::new(KeyCode::Enter, KeyModifiers::ALT))),
        20 | 21 => line.push_back(key(KeyCode::Esc)),
        22 => line.push_back(Event::Paste(seed.of(&["A\r", "R\t\t\r", "\u{1b}\r", "7\r\r"]).to_owned())),
        23 => line.extend((0..2 + seed.below(5)).map(|_| key(KeyCode::Enter))),
        24 => line.push_back(key([KeyCode::Down, KeyCode::Up, KeyCode::Left, KeyCode::Right][seed.below(4)])),
        // Torn apart: what was left of an arrow.
        25 => {
            line.push_back(key(KeyCode::Esc));
            line.extend(chars(seed.of(&["[A", "[C", "OR", "[200~A"])));
        }
        // Somebody who means it.
        26..=28 => {
            line.extend(chars(seed.of(&["R", "S", "A", "U"])));
            line.extend([Event::FocusLost, Event::FocusGained]);
            line.push_back(Event::Key(KeyEvent::new(KeyCode::Enter, KeyModifiers::ALT)));
            line.push_back(key(KeyCode::Enter));
        }
        _ => {
            line.extend(chars("E"));
            line.extend([Event::FocusLost, Event::FocusGained]);
            line.extend(chars(seed.of(&["1", "22", "3"])));
            line.push_back(Event::Key(KeyEvent::new(KeyCode::Enter, KeyModifiers::ALT)));
            line.push_back(key(KeyCode::Enter));
        }
    }
}

/// What the stream says of the dialog that is open.
struct Meant {
    ask: Ask,
    step: Option<StepId>,
    drawn: Drawn,
    shown: bool,
    moved: bool,
}

struct Sitting {
    model: Model,
    told: Told,
    meant: Option<Meant>,
    decided: BTreeMap<&'static str, usize>,
}

fn rotate() -> Told {
    let steps = json!([
        {"id": "find", "action": "contact.look", "params": {"limit": 5, "query": "John"}},
        {"id": "mail", "action": "mail.draft", "params": {"to": "{{find.email}}", "copies": 1},
         "needs": [{"step": "find", "field": "email", "effect": "blocks", "resolution": "ask_user"}]},
        {"id": "log", "action": "log.write", "params": {"level": 1}, "needs": [{"step": "mail", "resolution": "skip"}]}]);
    Told::asked(
        7,
        "planner",
        ago(5),
        json!({"kind": "plan", "title": "Tell John", "target": {"environment": "staging"}, "steps": steps}),
    )
}

impl Sitting {
    fn tells(&mut self) {
        let message = self.told.message();
        let wants = hear(&mut self.model, message);
        self.does(wants, None);
    }

    /// What the screen wants; `ended` is what the last event ended deliberately.
    fn does(&mut self, effects: Vec<Effect>, ended: Option<(Ask, Option<StepId>, Drawn)>) {
        for effect in effects {
            let commands = match effect {
                Effect::Read(_) => {
                    self.tells();
                    continue;
                }
                Effect::Load { queue, place, .. } if queue == self.model.list.queue => {
                    let rows = vec![self.told.row()];
                    let wants = hear(&mut self.model, Message::Page { queue, place, rows });
                    self.does(wants, None);
                    continue;
                }
                Effect::Decide { command, .. } => vec![*command],
                Effect::DecideInTurn { commands, .. } => commands,
                _ => continue,
            };
            let meant = ended.clone().unwrap_or_else(|| panic!("misfire: {commands:?}"));
            self.decides(meant, commands);
        }
    }

    fn decides(&mut self, (ask, step, drawn): (Ask, Option<StepId>, Drawn), commands: Vec<Command>) {
        let Some(step) = step else {
            // About all of it: what that takes is looked at elsewhere.
            assert!(commands.iter().all(|command| command.verb() == Some(ask.verb())), "{commands:?}");
            let (id, why) = (self.told.request.id, "not here".to_owned());
            let wants = hear(&mut self.model, Message::Refused { id, refusal: Refusal::NotNow { id, why } });
            return self.does(wants, None);
        };
        for (n, command) in commands.into_iter().enumerate() {
            let (verb, seen) = (command.verb().unwrap(), drawn.seen(false));
            match &command {
                Command::Mark { steps, seen: bound, .. } => {
                    assert!(n > 0 || matches!(ask, Ask::Mark(_) | Ask::Give), "{ask:?}: {command:?}");
                    assert!(n > 0 || *steps == [step.clone()] || keeps(ask, &command), "{step}: {command:?}");
                    assert!(n > 0 || same(bound, &seen), "bound to what was drawn");
                }
                Command::Modify { step: edited, seen: bound, .. } => {
                    assert!(matches!(ask, Ask::Modify | Ask::ModifyJson | Ask::Restore | Ask::Give));
                    assert!(ask == Ask::Give || *edited == step, "{step}: {command:?}");
                    assert!(n > 0 || same(bound, &seen), "bound to what was drawn");
                }
                other => panic!("misfire: {other:?} in step mode"),
            }
            let message = match self.told.request.decide(&command, &caller("bob"), &facts(), NOW) {
                Ok(_) => {
                    self.told = self.told.clone().then("bob", NOW, &command);
                    *self.decided.entry(verb.word()).or_default() += 1;
                    Message::Decided { verb, after: Box::new(self.told.request.clone()) }
                }
                Err(refusal) => Message::Refused { id: self.told.request.id, refusal },
            };
            let wants = hear(&mut self.model, message);
            self.does(wants, None);
        }
    }

    fn presses(&mut self, event: Event) {
        let selected = self.model.subject().and_then(|reading| reading.step_here().cloned());
        let (frame, was_open) = (self.model.drawn, self.model.dialog.is_some());
        let on_a_button =
            self.model.dialog.as_ref().is_some_and(|d| !matches!(d.focus, Focus::Field(_) | Focus::Cancel));
        let is_enter = event == key(KeyCode::Enter);
        let moves = matches!(&event, Event::Key(KeyEvent { code, .. })
            if matches!(code, KeyCode::Tab | KeyCode::BackTab | KeyCode::Up | KeyCode::Down | KeyCode::Left | KeyCode::Right)
            || *code == KeyCode::Enter);
        let ended = self
            .meant
            .as_ref()
            .filter(|meant| was_open && is_enter && on_a_button && meant.shown && meant.moved);
        let ended = ended.map(|meant| (meant.ask, meant.step.clone(), meant.drawn));
        if let Some(meant) = self.meant.as_mut().filter(|meant| meant.shown) {
            meant.moved |= moves;
        }
        let wants = input(&mut self.model, event.clone());
        match (&self.model.dialog, was_open) {
            (Some(dialog), false) => {
                let Event::Key(KeyEvent { code: KeyCode::Char(c), .. }) = event else {
                    panic!("{event:?} opened a dialog")
                };
                let opens = match (c, dialog.ask) {
                    ('A', ask) => matches!(ask, Ask::Mark(Mark::Approved) | Ask::Approve),
                    ('R', ask) => matches!(ask, Ask::Mark(Mark::Rejected) | Ask::Reject),
                    ('C', ask) => ask == Ask::RequestChanges,
                    ('S', ask) => ask == Ask::Mark(Mark::Skipped),
                    ('U', ask) => ask == Ask::Mark(Mark::Undecided),
                    ('E', ask) => matches!(ask, Ask::Modify | Ask::ModifyJson | Ask::Escalate),
                    ('J', ask) => ask == Ask::ModifyJson,
                    ('O', ask) => matches!(ask, Ask::Restore | Ask::Override),
                    _ => false,
                };
                assert!(opens, "{c} opened {:?}", dialog.ask);
                let of_a_step = dialog.ask.is_about_a_step();
                if of_a_step {
                    assert_eq!(dialog.on.step, selected, "on the step that was selected");
                }
                assert_eq!(
                    frame,
                    Some(Drawn::of(&self.model.subject().unwrap().request)),
                    "on what was drawn"
                );
                let (ask, drawn) = (dialog.ask, dialog.drawn_request);
                let step = selected.filter(|_| of_a_step);
                self.meant = Some(Meant { ask, step, drawn, shown: false, moved: false });
            }
            // A way out that asks for values is another dialog, which must be seen like the first.
            (Some(dialog), true) => {
                if let Some(meant) = &mut self.meant
                    && meant.ask != dialog.ask
                {
                    assert!(dialog.ask == Ask::Give && is_enter && on_a_button, "{:?}", dialog.ask);
                    (meant.ask, meant.shown, meant.moved) = (dialog.ask, false, false);
                    meant.drawn = dialog.drawn_request;
                }
            }
            (None, _) => {}
        }
        self.does(wants, ended);
        match &self.model.dialog {
            None => self.meant = None,
            // Looked at again after it had changed: what is there now was drawn since.
            Some(dialog) => {
                if let Some(meant) = &mut self.meant {
                    meant.drawn = dialog.drawn_request;
                }
            }
        }
    }
}

/// Whether the way out keeps another step: then that one is marked instead.
fn keeps(ask: Ask, command: &Command) -> bool {
    matches!(ask, Ask::Mark(_)) && matches!(command, Command::Mark { mark: Mark::Approved, .. })
}

fn same(bound: &Seen, drawn: &Seen) -> bool {
    let plain = |seen: &Seen| match seen.clone() {
        Seen::Drawn { number, revision, marks, .. } => Some((number, revision, marks)),
        _ => None,
    };
    plain(bound).is_some() && plain(bound) == plain(drawn)
}

fn sits(seed: u64, keys: usize) -> BTreeMap<&'static str, usize> {
    let mut seed = Seed(seed);
    let told = rotate();
    let model = screen_with((120, 40), Options::default(), std::slice::from_ref(&told));
    let mut sitting = Sitting { model, told, meant: None, decided: BTreeMap::new() };
    let mut line = VecDeque::new();
    for n in 0..keys {
        // Whoever left the steps goes back to them.
        if n % 12 == 0 && sitting.model.dialog.is_none() && line.is_empty() {
            for back in ["enter", "s"] {
                sitting.presses(event(back));
                sitting.model.frame_shown();
            }
        }
        while line.is_empty() {
            sent(&mut seed, &mut line);
        }
        sitting.model.at += Duration::from_millis(seed.below(600) as u64);
        sitting.presses(line.pop_front().unwrap());
        if seed.below(4) > 0 {
            sitting.model.frame_shown();
            if let Some(meant) = &mut sitting.meant
                && sitting.model.help.is_none()
            {
                meant.shown = true;
            }
        }
        if seed.below(25) == 0 {
            // Somebody else marks a step, or its producer asks for another limit.
            let mark = [Mark::Rejected, Mark::Approved, Mark::Skipped, Mark::Undecided][seed.below(4)];
            let step = StepId::new(seed.of(&["find", "mail", "log"])).unwrap();
            let command = Command::Mark { steps: vec![step], mark, reason: None, seen: Seen::Nothing };
            if sitting.told.request.decide(&command, &caller("alice"), &facts(), NOW).is_ok() {
                sitting.told = sitting.told.clone().then("alice", NOW, &command);
            }
            if seed.below(2) == 0 {
                sitting.tells();
            }
        }
        if n % 500 == 0 {
            draw(&sitting.model);
        }
    }
    sitting.decided
}

#[test]
#[ignore = "its account of a dialog that was refused has not been seen green yet"]
fn ten_thousand_random_keys_among_the_steps_mark_and_edit_nothing_that_was_not_meant() {
    let mut all = BTreeMap::<&str, usize>::new();
    for n in [1, 2, 3, 4] {
        for (verb, count) in sits(0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(n), 2500) {
            *all.entry(verb).or_default() += count;
        }
    }
    let of = |verb: Verb| all.get(verb.word()).copied().unwrap_or(0);
    assert!(of(Verb::Mark) > 50 && of(Verb::Modify) > 5, "the stream shows too little: {all:?}");
}
