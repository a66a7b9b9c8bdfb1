//! A screen without a store: models built from rows and requests, keys pressed, frames read as text.

use countersign::app::{Counters, Found, Order, Queue, Row};
use countersign::domain::command::{Command, Facts};
use countersign::domain::decide::submit;
use countersign::domain::document::{Limits, read};
use countersign::domain::event::Entry;
use countersign::domain::evolve::begin;
use countersign::domain::filter::{Term, words_of_request};
use countersign::domain::moment::{Moment, Span};
use countersign::domain::names::{PersonName, PrincipalName, RequestId, Seq};
use countersign::domain::policy::Policy;
use countersign::domain::principal::{Assurance, Caller, Face, PrincipalKind, Requester, Standing};
use countersign::domain::request::Request;
use countersign::domain::rules;
use countersign::domain::text::safe_line;
use countersign::tui::Options;
use countersign::tui::act::input;
use countersign::tui::action::{Effect, Place};
use countersign::tui::hear::{Message, hear};
use countersign::tui::model::Model;
use countersign::tui::view::view;
use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use serde_json::{Value, json};

/// 2026-11-20 14:02:30Z.
pub const NOW: Moment = Moment::from_millis(1_795_183_350_000);

pub fn ago(minutes: i64) -> Moment {
    NOW.minus(Span::from_minutes(minutes))
}

pub fn caller(name: &str) -> Caller {
    let name = PrincipalName::new(name).unwrap();
    let person = Some(PersonName::of(&name));
    Caller {
        name,
        kind: PrincipalKind::Human,
        person,
        assurance: Assurance::Asserted,
        face: Face::Screen,
        key: None,
        address: None,
    }
}

pub fn facts() -> Facts {
    Facts {
        policy: Policy::BUILT_IN,
        standing: Standing::everything(),
        self_review: false,
        open_of_requester: 0,
        team: false,
        runner_gone: false,
        shown_at: None,
        signature: None,
        debts: Vec::new(),
        reason_used: None,
        next_number: countersign::domain::names::RequestId::new(1_000),
        programs: Default::default(),
        failed: Default::default(),
    }
}

/// A request with its history.
#[derive(Clone)]
pub struct Told {
    pub request: Request,
    pub history: Vec<(Seq, Entry)>,
}

impl Told {
    /// As the producer `by` asked for it at `at`.
    pub fn asked(number: u64, by: &str, at: Moment, document: Value) -> Self {
        let content = read(document.to_string().as_bytes(), &Limits::BUILT_IN).unwrap().content;
        let requester =
            Requester { name: PrincipalName::new(by).unwrap(), kind: PrincipalKind::Agent, person: None };
        let entry = submit(content, requester, None, &caller("operator"), &facts(), at).unwrap();
        let request = begin(RequestId::new(number), &entry).unwrap();
        Self { request, history: vec![(Seq(number * 10), entry)] }
    }

    /// And then `who` did something to it.
    pub fn then(mut self, who: &str, at: Moment, command: &Command) -> Self {
        let entries = self.request.decide(command, &caller(who), &facts(), at).unwrap();
        for entry in entries {
            self.request = self.request.evolve(&entry);
            let next = Seq(self.history.last().unwrap().0.0 + 1);
            self.history.push((next, entry));
        }
        self
    }

    pub fn row(&self) -> Row {
        let request = &self.request;
        Row {
            flagged: self.request.assessment().violation.is_some(),
            assigned: self.request.assigned().map(|last| last.to.clone()),
            id: request.id,
            kind: request.kind(),
            title: request.content.as_ref().map(|c| c.title.clone()).unwrap_or_default(),
            state: request.state_name(),
            level: request.level(),
            risk: request.assessment().risk,
            priority: request.revision.priority,
            sensitive: request.assessment().sensitive,
            environment: request.target().environment.clone(),
            service: request.target().service.clone(),
            tenant: request.target().tenant.clone(),
            requester: request.requester.name.clone(),
            due_at: request.deadlines.due_at,
            expires_at: request.expires_at(),
            claim: request.live_claim(NOW).map(|c| (c.by.clone(), c.until)),
            closed_by: request.closed().map(|c| c.by.clone()),
            closed_at: request.closed().map(|c| c.at),
            updated_at: request.updated_at,
            snoozed: None,
            overtaken: rules::overtaken(request, &caller("bob").name, caller("bob").person.as_ref())
                .map(|s| s.number),
        }
    }

    pub fn message(&self) -> Message {
        Message::Read {
            request: Box::new(self.request.clone()),
            history: self.history.clone(),
            facts: Some(Box::new(facts())),
        }
    }
}

/// A critical deployment, overdue, with somebody on it.
pub fn deployment() -> Told {
    Told::asked(
        1042,
        "cp20",
        ago(72),
        json!({"kind": "deployment", "title": "Deploy payments-api 2.14.0", "risk": "critical", "priority": "urgent",
            "summary": "Fixes the rounding of refunds.\nThe canary ran for two hours on staging without an error.",
            "target": {"environment": "production", "service": "payments-api"}, "tiers": [5, 25, 100],
            "steps": [
                {"id": "snapshot", "title": "Snapshot the database", "action": "db.snapshot", "params": {"database": "payments"},
                 "run": ["/usr/bin/pg_dump", "--format=custom", "payments"], "expected": "A dump of about 40 GB"},
                {"id": "deploy", "action": "release.start", "params": {"version": "2.14.0", "replicas": 6},
                 "run": ["/opt/release/start", "payments-api", "2.14.0"], "undo": ["/opt/release/rollback", "payments-api"],
                 "needs": [{"step": "snapshot", "effect": "blocks", "resolution": "ask_user"}]},
                {"id": "verify", "action": "http.probe", "params": {"url": "https://payments.example.org/health", "within_s": 30},
                 "run": ["/usr/bin/probe", "https://payments.example.org/health"],
                 "needs": [{"step": "deploy", "effect": "blocks", "resolution": "skip"}]}],
            "evidence": [{"label": "canary report", "locator": "https://ci.example.org/runs/8812", "pinned": true}]}),
    )
    .then("alice", ago(5), &Command::Claim)
}

/// A plan of low risk.
pub fn mail() -> Told {
    Told::asked(
        1037,
        "planner",
        ago(20),
        json!({"kind": "plan", "title": "Tell John about the meeting", "target": {"environment": "staging"},
            "steps": [
                {"id": "lookup", "action": "contact.search", "params": {"query": "John"}},
                {"id": "draft", "action": "email.draft", "params": {"to": "{{lookup.email}}"},
                 "run": ["/usr/bin/draft", "--to", "{{lookup.email}}"], "undo": ["/usr/bin/undraft"],
                 "needs": [{"step": "lookup", "field": "email", "effect": "blocks", "resolution": "ask_user"}]}]}),
    )
}

pub fn question() -> Told {
    Told::asked(
        1031,
        "dba-bot",
        ago(31),
        json!({"kind": "question", "title": "Which replica may be stopped?", "risk": "medium",
            "summary": "Both are in sync.", "options": ["db-2, in the same rack", "db-3, in the other rack"]}),
    )
}

/// The requests of the stage, in reading order.
pub fn inbox() -> Vec<Told> {
    let drop = json!({"kind": "plan", "title": "Drop index orders_idx", "risk": "high", "target": {"environment": "production"},
        "steps": [{"id": "drop", "action": "sql.run", "params": {"sql": "DROP INDEX orders_idx"}}]});
    let gate = json!({"kind": "gate", "title": "日本語のタイトル: 次の段階へ進んでよいですか、確認してください", "risk": "medium"});
    let exception = json!({"kind": "exception", "title": "Keep TLS 1.1 for the old scanner until the end of the quarter, as agreed with the vendor"});
    vec![
        deployment(),
        Told::asked(1039, "dba-bot", ago(112), drop),
        Told::asked(1021, "audit-bot", ago(60 * 21 + 42), exception),
        question(),
        Told::asked(1033, "night-run", ago(200), gate),
        mail(),
    ]
}

/// A screen of this size with the inbox in it, the first request read, one frame drawn.
pub fn screen(size: (u16, u16)) -> Model {
    screen_with(size, Options::default(), &inbox())
}

pub fn screen_with(size: (u16, u16), options: Options, told: &[Told]) -> Model {
    let mut model = Model::new(options, size, NOW, caller("bob"), safe_line("bastion-1"));
    let waiting = u64::try_from(told.len()).unwrap();
    let counters = Counters {
        waiting,
        overdue: told.iter().filter(|told| told.row().due_at <= NOW).count() as u64,
        unclaimed: waiting,
        escalated: 1,
        promotions: 0,
        debts: 0,
        questions: 1,
        open: waiting + 3,
        decided: 1240,
        clock_behind: None,
        kept: None,
        failing: 0,
        calls: 0,
    };
    hear(&mut model, Message::Counters(counters));
    let rows = told.iter().map(Told::row).collect();
    hear(&mut model, Message::Page { queue: Queue::Waiting, place: Place::Start, rows });
    if let Some(first) = told.first() {
        hear(&mut model, first.message());
    }
    model.frame_shown();
    // Long enough ago to be meant by a key.
    model.at = std::time::Duration::from_secs(1);
    model
}

/// Reads the plan a page at a time until all of it was shown, and goes back to its top.
pub fn read_to_the_end(model: &mut Model) {
    press(model, "g");
    for _ in 0..200 {
        if model.subject().is_none_or(|reading| reading.left().is_none()) {
            press(model, "g");
            return;
        }
        press(model, "pgdn");
    }
    panic!("it has no end:\n{}", text(model));
}

pub fn event(key: &str) -> Event {
    let plain = |code| KeyEvent::new(code, KeyModifiers::NONE);
    Event::Key(match key {
        "enter" => plain(KeyCode::Enter),
        "esc" => plain(KeyCode::Esc),
        "tab" => plain(KeyCode::Tab),
        "shift-tab" => KeyEvent::new(KeyCode::BackTab, KeyModifiers::SHIFT),
        "alt-enter" => KeyEvent::new(KeyCode::Enter, KeyModifiers::ALT),
        "pgdn" => plain(KeyCode::PageDown),
        "backspace" => plain(KeyCode::Backspace),
        "left" => plain(KeyCode::Left),
        "space" => plain(KeyCode::Char(' ')),
        one => plain(KeyCode::Char(one.chars().next().unwrap())),
    })
}

/// Presses one key; a frame is drawn after it. `do-it` is two: Alt-Enter goes to the button, Enter presses it.
pub fn press(model: &mut Model, key: &str) -> Vec<Effect> {
    if key == "do-it" {
        let mut effects = press(model, "alt-enter");
        effects.extend(press(model, "enter"));
        return effects;
    }
    let effects = input(model, event(key));
    model.frame_shown();
    effects
}

/// Presses one key, and no frame is drawn before the next.
pub fn press_unseen(model: &mut Model, key: &str) -> Vec<Effect> {
    input(model, event(key))
}

pub fn type_text(model: &mut Model, text: &str) {
    for c in text.chars() {
        press(model, &c.to_string());
    }
}

/// The frame, with the place of the cursor.
pub fn draw(model: &Model) -> (Buffer, (u16, u16)) {
    let mut terminal = Terminal::new(TestBackend::new(model.size.0, model.size.1)).unwrap();
    terminal.draw(|frame| view(model, frame)).unwrap();
    let cursor = terminal.get_cursor_position().unwrap();
    (terminal.backend().buffer().clone(), (cursor.x, cursor.y))
}

/// The frame as lines of text.
pub fn lines(model: &Model) -> Vec<String> {
    let (buffer, _) = draw(model);
    let width = usize::from(buffer.area.width.max(1));
    let row = |cells: &[ratatui::buffer::Cell]| {
        let mut out = String::new();
        let mut skip = 0;
        for cell in cells {
            if skip > 0 {
                skip -= 1;
                continue;
            }
            out.push_str(cell.symbol());
            skip = unicode_width::UnicodeWidthStr::width(cell.symbol()).saturating_sub(1);
        }
        out.trim_end().to_owned()
    };
    buffer.content.chunks(width).map(row).collect()
}

pub fn text(model: &Model) -> String {
    lines(model).join("\n")
}

/// Answers what the screen wants to find, as a store with `told` in it would; the other effects are left.
pub fn found(model: &mut Model, effects: Vec<Effect>, told: &[Told]) -> Vec<Effect> {
    let (wanted, rest): (Vec<_>, Vec<_>) =
        effects.into_iter().partition(|effect| matches!(effect, Effect::Find { .. } | Effect::Load { .. }));
    for effect in wanted {
        let message = match effect {
            Effect::Find { queue, filter, why, .. } => {
                let holds = |told: &&Told| {
                    let words = words_of_request(&told.request);
                    let risk = told.request.assessment().risk;
                    let term = |term: &Term| matches!(term, Term::Risk(wanted) if *wanted == risk);
                    filter.words_in(&words) && filter.terms.iter().all(term)
                };
                let rows = told.iter().filter(holds).map(Told::row).collect();
                Message::Found { queue, why, found: Found { rows, ..Found::default() } }
            }
            Effect::Load { queue, place, looking } => {
                let mut rows: Vec<Row> = told.iter().map(Told::row).collect();
                if looking.order == Order::Newest {
                    rows.sort_by_key(|row| std::cmp::Reverse(row.id));
                }
                Message::Page { queue, place, rows }
            }
            _ => continue,
        };
        hear(model, message);
    }
    if let Some(id) = model.wants_reading()
        && let Some(told) = told.iter().find(|told| told.request.id == id)
    {
        hear(model, told.message());
    }
    model.frame_shown();
    rest
}
