//! Misfire: whatever is typed, pasted or torn on the line, nothing is decided that nobody meant.
//!
//! A second, independent account of the dialog (`Meant`) says from the stream of keys alone when a deliberate sequence
//! was in it: a verb's key on a request that was drawn, a frame that showed the dialog, then the fields it demands, and
//! at last Enter with the focus turned to the button.

use super::stage::*;
use countersign::domain::command::{Command, Seen};
use countersign::domain::content::Kind;
use countersign::domain::marks::Mark;
use countersign::domain::names::RequestId;
use countersign::domain::overriding::{self, Lack, Plea};
use countersign::domain::refusal::Refusal;
use countersign::domain::request::Request;
use countersign::domain::risk::Risk;
use countersign::domain::text::Safe;
use countersign::domain::text::Text;
use countersign::domain::transitions::Verb;
use countersign::tui::Options;
use countersign::tui::act::input;
use countersign::tui::action::{Ask, Effect};
use countersign::tui::hear::{Message, hear};
use countersign::tui::model::Model;
use countersign::tui::reading::Drawn;
use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use serde_json::json;
use std::collections::VecDeque;
use std::time::Duration;

/// Chance that is the same each time.
struct Seed(u64);

impl Seed {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % n as u64).unwrap()
    }

    fn of<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all[self.below(all.len())]
    }
}

fn key(code: KeyCode) -> Event {
    Event::Key(KeyEvent::new(code, KeyModifiers::NONE))
}

fn chars(text: &str) -> impl Iterator<Item = Event> {
    text.chars().map(|c| key(KeyCode::Char(c))).collect::<Vec<_>>().into_iter()
}

/// What a hand, a cat or a bad line sends next.
fn sent(seed: &mut Seed, now: &mut VecDeque<Event>) {
    let moving =
        [KeyCode::Down, KeyCode::Up, KeyCode::Left, KeyCode::Right, KeyCode::PageDown, KeyCode::Home];
    let held = |c: char, mods| Event::Key(KeyEvent::new(KeyCode::Char(c), mods));
    match seed.below(44) {
        0..=9 => now.extend(chars(seed.of(&["A", "R", "C", "W", "c", "m"]))),
        10..=13 => now.push_back(key(KeyCode::Enter)),
        14..=17 => now.push_back(key(KeyCode::Tab)),
        18..=20 => now.push_back(Event::Key(KeyEvent::new(KeyCode::BackTab, KeyModifiers::SHIFT))),
        21 => now.push_back(Event::Key(KeyEvent::new(KeyCode::Enter, KeyModifiers::ALT))),
        22..=24 => now.push_back(key(KeyCode::Esc)),
        25..=27 => now.push_back(key(moving[seed.below(moving.len())])),
        28..=31 => {
            now.extend(chars(seed.of(&["j", "k", "g", "G", "h", "l", "x", "y", "1", "2", "?", "q", " "])))
        }
        // Keys that got stuck.
        32 => {
            let stuck = seed.of(&["A", "R", "y", "j", "1"]).to_owned();
            now.extend((0..3 + seed.below(20)).flat_map(|_| chars(&stuck)));
        }
        33 => now.extend((0..2 + seed.below(4)).map(|_| key(KeyCode::Enter))),
        34 => now.push_back(Event::Paste(
            seed.of(&["A\r", "yes\r\nR-1042\r", "\u{1b}\r", "\tAAAA\t\r\r", "R\tno\u{1b}\r", "R-1042"])
                .to_owned(),
        )),
        35 => now.push_back(Event::Mouse(MouseEvent {
            kind: MouseEventKind::Down(MouseButton::Left),
            column: 3,
            row: u16::try_from(seed.below(40)).unwrap(),
            modifiers: KeyModifiers::NONE,
        })),
        // An arrow or a mouse report that was torn apart.
        36 => {
            now.push_back(key(KeyCode::Esc));
            now.extend(chars(seed.of(&[
                "[A",
                "[C",
                "[<0;40;12M",
                "[<0;40;12m",
                "OR",
                "[200~A",
                "[1;3",
                "[M !A",
            ])));
        }
        37 => now.push_back(held(*[&'[', &'A', &'R', &'O'][seed.below(4)], KeyModifiers::ALT)),
        38 => now.extend(chars(seed.of(&["R-1042", "r-1039", "fine by me", "no"]))),
        // A hand that marks, and means several, or half of that.
        39..=42 => {
            let (marks, count) = *[
                &(" j A", "2"),
                &(" j j R", "2"),
                &("vjjvA", "3"),
                &("vjA", "1"),
                &(" A", "1"),
                &("j A", "1"),
            ][seed.below(6)];
            now.push_back(key(KeyCode::Esc));
            now.extend(chars(marks));
            // A look at what it names.
            now.extend([Event::FocusLost, Event::FocusGained]);
            if seed.below(3) == 0 {
                now.extend(chars("no"));
                now.push_back(key(KeyCode::Tab));
            }
            now.extend(chars(count));
            match seed.below(3) {
                0 => {
                    now.push_back(Event::Key(KeyEvent::new(KeyCode::Enter, KeyModifiers::ALT)));
                    now.push_back(key(KeyCode::Enter));
                }
                1 => now.extend([key(KeyCode::Tab), key(KeyCode::Enter)]),
                _ => {}
            }
        }
        _ => now.push_back(match seed.below(3) {
            0 => Event::FocusGained,
            1 => Event::FocusLost,
            _ => held('l', KeyModifiers::CONTROL),
        }),
    }
}

/// One field of a dialog, as the stream fills it.
struct Filled {
    required: bool,
    code: bool,
    text: String,
}

/// What the stream has asked for so far.
struct Meant {
    ask: Ask,
    drawn: Drawn,
    fields: Vec<Filled>,
    /// The place in the round: the fields, the button that does it, Cancel.
    at: usize,
    visible: bool,
    changed: bool,
}

impl Meant {
    fn opened(ask: Ask, request: &Request, draft: Option<&Vec<String>>) -> Self {
        let sensitive = request.assessment().sensitive;
        let coded = ask == Ask::Approve && sensitive && request.assessment().risk >= Risk::High;
        let filled = |required, code| Filled { required, code, text: String::new() };
        let mut fields = match ask {
            Ask::Withdraw => vec![],
            Ask::Override => (0..4).map(|n| filled(true, n == 3)).collect(),
            Ask::Answer => vec![filled(true, false), filled(sensitive, false)],
            Ask::Reassign => vec![filled(true, false), filled(false, false)],
            Ask::Approve => vec![filled(sensitive, false)],
            Ask::Reject | Ask::RequestChanges | Ask::Comment | Ask::Escalate => vec![filled(true, false)],
            other => panic!("no stream of this test means {other:?}"),
        };
        if coded {
            fields.push(filled(true, true));
        }
        for (field, text) in fields.iter_mut().filter(|f| !f.code).zip(draft.into_iter().flatten()) {
            field.text.clone_from(text);
        }
        let first = fields.iter().position(|f| f.required && ask != Ask::Override);
        let at = first.unwrap_or(fields.len() + 1);
        Self { ask, drawn: Drawn::of(request), fields, at, visible: false, changed: false }
    }

    fn turn(&mut self, by: usize) {
        self.at = (self.at + by) % (self.fields.len() + 2);
    }

    /// Takes one event; says whether it is the last one of a deliberate sequence.
    fn takes(&mut self, event: &Event, now_there: Option<&Request>) -> bool {
        if !self.visible {
            return false;
        }
        let (ring, buttons) = (self.fields.len() + 2, self.at >= self.fields.len());
        match event {
            Event::Paste(text) => {
                if let Some(field) = self.fields.get_mut(self.at).filter(|f| !f.code) {
                    field.text.push_str(text);
                }
                false
            }
            Event::Key(KeyEvent { code: KeyCode::Enter, modifiers: KeyModifiers::ALT, .. }) => {
                self.at = self.fields.len();
                false
            }
            Event::Key(KeyEvent { code, modifiers: KeyModifiers::NONE | KeyModifiers::SHIFT, .. }) => {
                match (code, buttons) {
                    (KeyCode::Tab, _) | (KeyCode::Right | KeyCode::Down, true) => self.turn(1),
                    (KeyCode::BackTab, _) | (KeyCode::Left | KeyCode::Up, true) => self.turn(ring - 1),
                    (KeyCode::Enter, true) if self.at == self.fields.len() => return self.done(now_there),
                    (KeyCode::Enter, false) if self.fields[self.at].code => self.turn(1),
                    (KeyCode::Enter, false) if self.ask == Ask::Override && self.at < 2 => self.turn(1),
                    (KeyCode::Char(c), false) => self.fields[self.at].text.push(*c),
                    _ => {}
                }
                false
            }
            _ => false,
        }
    }

    fn done(&mut self, now_there: Option<&Request>) -> bool {
        if self.changed {
            // The first press only looks again.
            if let Some(request) = now_there {
                let before: Vec<String> = self.fields.iter().map(|f| f.text.clone()).collect();
                let fresh = Meant::opened(self.ask, request, Some(&before));
                *self = Meant { at: fresh.fields.len() + 1, ..fresh };
            }
            return false;
        }
        if self.ask == Ask::Override {
            let said = |n: usize| Text::from(self.fields[n].text.trim());
            let plea = Plea { class: said(0), reference: said(1), reason: said(2), phrase: said(3) };
            let missing = overriding::missing(self.drawn.id, &plea).map(|lack| match lack {
                Lack::Class(_) => 0,
                Lack::Reference | Lack::ReferenceForm => 1,
                Lack::Phrase => 3,
                _ => 2,
            });
            self.at = missing.unwrap_or(self.at);
            return missing.is_none();
        }
        let code = self.drawn.id.to_string();
        let missing = self.fields.iter().position(|f| match f.code {
            true => !f.text.trim().eq_ignore_ascii_case(&code),
            false => f.required && f.text.trim().is_empty(),
        });
        self.at = missing.unwrap_or(self.at);
        missing.is_none()
    }
}

/// What the stream has asked for in the dialog of a batch: approving or rejecting what it names, with a reason and the
/// count typed, and then Enter on the button.
struct MeantAll {
    ask: Ask,
    named: Vec<Drawn>,
    /// The reason and the count.
    fields: [String; 2],
    /// The place in the round: the fields, the button that does it, Cancel.
    at: usize,
    visible: bool,
}

impl MeantAll {
    fn opened(ask: Ask, named: Vec<Drawn>) -> Self {
        let at = usize::from(ask == Ask::Approve);
        Self { ask, named, fields: Default::default(), at, visible: false }
    }

    /// Takes one event; says whether it is the last one of a deliberate sequence.
    fn takes(&mut self, event: &Event) -> bool {
        if !self.visible {
            return false;
        }
        match event {
            Event::Paste(text) if self.at == 0 => self.fields[0].push_str(text),
            Event::Key(KeyEvent { code: KeyCode::Enter, modifiers: KeyModifiers::ALT, .. }) => self.at = 2,
            Event::Key(KeyEvent { code, modifiers: KeyModifiers::NONE | KeyModifiers::SHIFT, .. }) => {
                match (code, self.at) {
                    (KeyCode::Tab, _) | (KeyCode::Right | KeyCode::Down, 2..) => self.at = (self.at + 1) % 4,
                    (KeyCode::BackTab, _) | (KeyCode::Left | KeyCode::Up, 2..) => self.at = (self.at + 3) % 4,
                    (KeyCode::Enter, 2) => return self.done(),
                    (KeyCode::Enter, 1) => self.at = 2,
                    (KeyCode::Char(c), at @ 0..2) => self.fields[at].push(*c),
                    _ => {}
                }
            }
            _ => {}
        }
        false
    }

    fn done(&mut self) -> bool {
        let missing = if self.ask == Ask::Reject && self.fields[0].trim().is_empty() {
            Some(0)
        } else {
            (self.fields[1].trim() != self.named.len().to_string()).then_some(1)
        };
        self.at = missing.unwrap_or(self.at);
        missing.is_none()
    }
}

/// Everybody else: requests that arrive, change and vanish, and the answers to what the screen wants.
struct World {
    told: Vec<Told>,
    next: u64,
}

impl World {
    fn rows(&self) -> Vec<countersign::app::Row> {
        self.told.iter().filter(|t| t.request.is_open()).map(Told::row).collect()
    }

    fn find(&mut self, id: RequestId) -> Option<&mut Told> {
        self.told.iter_mut().find(|t| t.request.id == id)
    }

    fn tries(&mut self, who: &str, id: RequestId, command: &Command) -> Result<(), Refusal> {
        let told = self.find(id).ok_or_else(|| Refusal::NoSuchRequest(id.to_string()))?;
        told.request.decide(command, &caller(who), &facts(), NOW)?;
        *told = told.clone().then(who, NOW, command);
        Ok(())
    }

    fn arrives(&mut self, seed: &mut Seed) {
        self.next += 1;
        let risk = seed.of(&["low", "medium", "high", "critical"]);
        let kind = seed.of(&["plan", "gate", "question"]);
        let mut document =
            json!({"kind": kind, "title": "new", "risk": risk, "target": {"environment": "staging"}});
        if kind == "plan" {
            document["steps"] = json!([{"id": "draft", "action": "x"}, {"id": "tell", "action": "y"}]);
        }
        self.told.push(Told::asked(self.next, "planner", ago(1), document));
    }

    /// Somebody else does something; the request it happened to.
    fn stirs(&mut self, seed: &mut Seed) -> Option<RequestId> {
        if self.told.len() < 6 {
            self.arrives(seed);
        }
        let n = seed.below(self.told.len());
        let id = self.told[n].request.id;
        match seed.below(6) {
            0 => self.arrives(seed),
            1 => drop(self.told.remove(n)),
            2 => drop(self.tries(
                "alice",
                id,
                &Command::Reject { reason: Some("no".into()), seen: Seen::Nothing },
            )),
            3 => drop(self.tries("alice", id, &Command::Claim)),
            _ => {
                let step = countersign::domain::names::StepId::new("draft").unwrap();
                let mark = *[&Mark::Skipped, &Mark::Rejected, &Mark::Approved][seed.below(3)];
                let command = Command::Mark { steps: vec![step], mark, reason: None, seen: Seen::Nothing };
                drop(self.tries("alice", id, &command));
            }
        }
        Some(id)
    }
}

struct Sitting {
    model: Model,
    world: World,
    meant: Option<Meant>,
    meant_all: Option<MeantAll>,
    /// What the last event ended deliberately: a batch of these.
    ended_all: Option<(Ask, Vec<Drawn>)>,
    decided: usize,
    batches: usize,
}

impl Sitting {
    fn hears(&mut self, message: Message) {
        if let (Some(meant), Message::Read { request, .. }) = (&mut self.meant, &message)
            && meant.drawn.id == request.id
            && meant.drawn != Drawn::of(request)
        {
            meant.changed = true;
        }
        if let (Some(meant), Message::Refused { id, refusal: Refusal::Changed(_) }) =
            (&mut self.meant, &message)
            && meant.drawn.id == *id
        {
            (meant.changed, meant.at) = (true, meant.fields.len() + 1);
        }
        let wants = hear(&mut self.model, message);
        self.does(wants, None);
    }

    /// Answers what the screen wants. A decision must be the one that was meant, or there is a misfire.
    fn does(&mut self, effects: Vec<Effect>, meant: Option<(Ask, Drawn)>) {
        let mut meant = meant;
        for effect in effects {
            match effect {
                Effect::Load { queue, place, .. } if queue == self.model.list.queue => {
                    let rows = self.world.rows();
                    let rows = rows.into_iter().take(100).collect();
                    self.hears(Message::Page { queue, place, rows });
                }
                Effect::Read(id) => {
                    let message = match self.world.find(id) {
                        Some(told) => told.message(),
                        None => Message::Refused { id, refusal: Refusal::NoSuchRequest(id.to_string()) },
                    };
                    self.hears(message);
                }
                Effect::Decide { id, command } => {
                    let verb = command.verb().unwrap();
                    if !matches!(verb, Verb::Claim | Verb::Release | Verb::Snooze) {
                        let (ask, drawn) =
                            meant.take().unwrap_or_else(|| panic!("misfire: {command:?} on {id}"));
                        assert_eq!((verb, id), (ask.verb(), drawn.id));
                        if let Command::Approve { seen, .. } | Command::Reject { seen, .. } = &*command {
                            let expected = drawn.seen(matches!(seen, Seen::Drawn { whole: true, .. }));
                            assert_eq!(*seen, expected, "bound to what was drawn");
                        }
                        self.decided += usize::from(verb != Verb::Comment);
                    }
                    let message = match self.world.tries("bob", id, &command) {
                        Ok(()) => {
                            let after = Box::new(self.world.find(id).unwrap().request.clone());
                            Message::Decided { verb, after }
                        }
                        Err(refusal) => Message::Refused { id, refusal },
                    };
                    self.hears(message);
                }
                Effect::Gather { ask, ids } => {
                    let there = self.world.told.iter().filter(|told| ids.contains(&told.request.id));
                    let gathered = there.map(|told| (told.request.clone(), facts())).collect();
                    self.hears(Message::Gathered { ask, gathered });
                }
                Effect::DecideAll { ask, commands } => {
                    let all = self.ended_all.take();
                    let (meant, named) = all.unwrap_or_else(|| panic!("misfire: a batch: {commands:?}"));
                    assert_eq!(ask, meant);
                    let mut bound = Vec::new();
                    for (id, command) in &commands {
                        let (Command::Approve { seen, .. } | Command::Reject { seen, .. }) = command else {
                            panic!("misfire: {command:?} in a batch")
                        };
                        assert_eq!(command.verb(), Some(ask.verb()));
                        bound.push((*id, seen.clone()));
                    }
                    let named: Vec<_> = named.iter().map(|drawn| (drawn.id, drawn.seen(false))).collect();
                    assert_eq!(bound, named, "what was named, and as it was then");
                    self.batches += 1;
                    let mut outcomes = Vec::new();
                    for (id, command) in &commands {
                        let outcome = self.world.tries("bob", *id, command);
                        outcomes.push((*id, outcome.map_err(Safe::composed)));
                    }
                    self.hears(Message::DecidedAll { ask, outcomes });
                }
                _ => {}
            }
        }
        if self.model.dialog.is_none() {
            self.meant = None;
        }
        if self.model.batch.as_ref().is_none_or(|batch| batch.result.is_some()) {
            self.meant_all = None;
        }
    }

    fn presses(&mut self, event: Event) {
        let there = self.model.reading.as_ref().map(|reading| reading.request.clone());
        let frame = self.model.drawn;
        let ended = match &mut self.meant {
            Some(meant) => {
                let id = meant.drawn.id;
                let done = meant.takes(&event, there.as_ref().filter(|request| request.id == id));
                done.then_some((meant.ask, meant.drawn))
            }
            None => None,
        };
        let ended_all = self.meant_all.as_mut().is_some_and(|all| all.takes(&event));
        let all = self.meant_all.as_ref().filter(|_| ended_all);
        self.ended_all = all.map(|all| (all.ask, all.named.clone()));
        // Enter in the menu does what the selected line says.
        let menu = self.model.help.is_some();
        let wants = input(&mut self.model, event.clone());
        if self.meant.is_none()
            && let Some(dialog) = &self.model.dialog
        {
            let request = there.unwrap();
            let ask = match (&event, request.kind()) {
                (Event::Key(KeyEvent { code: KeyCode::Enter, .. }), _) if menu => dialog.ask,
                (Event::Key(KeyEvent { code: KeyCode::Char(c), .. }), kind) => match (c, kind) {
                    ('A', Kind::Question) => Ask::Answer,
                    ('A', _) => Ask::Approve,
                    ('R', _) => Ask::Reject,
                    ('C', _) => Ask::RequestChanges,
                    ('W', _) => Ask::Withdraw,
                    ('O', _) => Ask::Override,
                    ('E', _) => Ask::Escalate,
                    ('H', _) => Ask::Reassign,
                    ('c', _) => Ask::Comment,
                    _ => panic!("{c} opened a dialog"),
                },
                _ => panic!("{event:?} opened it"),
            };
            assert_eq!(frame, Some(Drawn::of(&request)), "opened on what was not drawn");
            self.meant = Some(Meant::opened(ask, &request, self.model.drafts.get(&(request.id, ask, None))));
        }
        self.does(wants, ended);
        self.ended_all = None;
        if self.meant_all.is_none()
            && let Some(batch) = self.model.batch.as_ref().filter(|batch| batch.result.is_none())
        {
            let ask = match &event {
                Event::Key(KeyEvent { code: KeyCode::Char('A'), .. }) => Ask::Approve,
                Event::Key(KeyEvent { code: KeyCode::Char('R'), .. }) => Ask::Reject,
                Event::Key(KeyEvent { code: KeyCode::Enter, .. }) if menu => batch.ask,
                _ => panic!("{event:?} opened a batch"),
            };
            assert_eq!(batch.ask, ask);
            let named = batch.items.iter().map(|item| item.drawn).collect();
            self.meant_all = Some(MeantAll::opened(ask, named));
        }
    }

    fn draws(&mut self) {
        self.model.frame_shown();
        if let Some(meant) = &mut self.meant
            && self.model.help.is_none()
        {
            meant.visible = true;
        }
        if let Some(all) = &mut self.meant_all
            && self.model.help.is_none()
        {
            all.visible = true;
        }
    }
}

/// How many deliberate sequences there were: on one request, and on several.
fn sits(seed: u64, keys: usize) -> (usize, usize) {
    let mut seed = Seed(seed);
    let world = World { told: inbox(), next: 5000 };
    let model = screen_with((120, 40), Options::default(), &inbox());
    let mut sitting =
        Sitting { model, world, meant: None, meant_all: None, ended_all: None, decided: 0, batches: 0 };
    let mut line = VecDeque::new();
    for n in 0..keys {
        while line.is_empty() {
            sent(&mut seed, &mut line);
        }
        // Some keys come in a burst, some after a pause: what has just arrived cannot be decided on at once.
        sitting.model.at += Duration::from_millis(seed.below(600) as u64);
        sitting.presses(line.pop_front().unwrap());
        if seed.below(4) > 0 {
            sitting.draws();
        }
        if seed.below(12) == 0 {
            let id = sitting.world.stirs(&mut seed);
            // The bell may ring later than the next key.
            if seed.below(2) == 0 {
                sitting.hears(Message::Changed);
            } else if let Some(told) = id.and_then(|id| sitting.world.find(id).map(|told| told.message()))
                && sitting.model.reading.as_ref().is_some_and(|r| Some(r.request.id) == id)
            {
                sitting.hears(told);
            }
        }
        if let Some(id) = sitting.model.wants_reading() {
            sitting.does(vec![Effect::Read(id)], None);
        }
        if n % 500 == 0 {
            draw(&sitting.model);
        }
    }
    (sitting.decided, sitting.batches)
}

#[test]
fn twenty_thousand_random_keys_decide_nothing_that_was_not_meant() {
    let sittings = [1, 2, 3, 4].map(|n| sits(0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(n), 5000));
    let decided: usize = sittings.iter().map(|(one, _)| one).sum();
    let batches: usize = sittings.iter().map(|(_, several)| several).sum();
    assert!(decided > 100, "only {decided} deliberate sequences were in the stream: it shows too little");
    assert!(batches > 10, "only {batches} deliberate batches were in the stream: it shows too little");
}
