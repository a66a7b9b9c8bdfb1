//! A store of one's own in a directory of its own, under a clock that stands still until it is moved; and a small
//! story that leaves one event of nearly every name.

use countersign::app::place::Place;
use countersign::app::{App, Clock, Decided, Error};
use countersign::domain::command::{Command, Said, Seen};
use countersign::domain::decide::OnSameReference;
use countersign::domain::document::{Document, Limits, read};
use countersign::domain::execution::{End, How, Work};
use countersign::domain::marks::Mark;
use countersign::domain::moment::{Moment, Span};
use countersign::domain::names::{PrincipalName, RequestId, StepId};
use countersign::domain::overriding::{Plea, phrase};
use countersign::domain::principal::{Caller, Face};
use countersign::domain::talk::About;
use countersign::domain::text::Text;
use rusqlite::Connection;
use rusqlite::types::Value;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tempfile::TempDir;

/// A directory with a store in it, and the time there.
pub struct Stage {
    /// The directory; it goes away with the stage.
    pub dir: TempDir,
    now: Arc<AtomicI64>,
}

impl Stage {
    /// An empty directory, where it is early 2027.
    pub fn new() -> Self {
        let dir = TempDir::new().unwrap();
        std::fs::write(dir.path().join("config.toml"), "").unwrap();
        Self { dir, now: Arc::new(AtomicI64::new(1_800_000_000_000)) }
    }

    /// An empty directory in the host's own time, for processes that live there.
    pub fn in_the_hosts_time() -> Self {
        let stage = Self::new();
        stage.now.store(Clock::system().now().millis(), Ordering::Relaxed);
        stage
    }

    /// Where the store is.
    pub fn store(&self) -> PathBuf {
        self.dir.path().join("s.db")
    }

    /// Settings without a word in them, so that nobody's own are read.
    pub fn config(&self) -> PathBuf {
        self.dir.path().join("config.toml")
    }

    /// Time goes by.
    pub fn wait(&self, span: Span) {
        self.now.fetch_add(span.millis(), Ordering::Relaxed);
    }

    /// The program on this stage's store.
    pub fn app(&self) -> App {
        self.app_at(self.store())
    }

    /// The program on another file.
    pub fn app_at(&self, store: PathBuf) -> App {
        self.try_app_at(store, None).unwrap_or_else(|e| panic!("{e}"))
    }

    /// The program on another file under an asserted name, if it opens.
    pub fn try_app_at(&self, store: PathBuf, name: Option<&str>) -> Result<App, countersign::app::Failure> {
        let place =
            Place { store: Some(store), config: Some(self.config()), as_name: name.map(str::to_owned) };
        let now = Arc::clone(&self.now);
        App::open(&place, Clock::from_fn(move || Moment::from_millis(now.load(Ordering::Relaxed))))
    }
}

/// A document as a producer writes it.
pub fn document(text: &str) -> Document {
    read(text.as_bytes(), &Limits::BUILT_IN).unwrap_or_else(|e| panic!("{e}: {text}"))
}

/// A plan of `planner` with the steps a and b; b needs a.
pub fn plan(reference: &str, title: &str, of_b: &str) -> Document {
    document(&format!(
        r#"{{"by": "planner", "ref": "{reference}", "kind": "plan", "title": "{title}",
            "target": {{"environment": "staging", "service": "mail"}}, "labels": {{"lease": "LEASE-{reference}"}},
            "steps": [{{"id": "a", "action": "contact.search", "params": {{"query": "John"}}}},
                {{"id": "b", "action": "email.draft", "params": {{"to": "{of_b}"}},
                  "needs": [{{"step": "a", "effect": "blocks", "resolution": "ask_user"}}]}}]}}"#
    ))
}

/// Submits one document.
pub fn submit(app: &mut App, document: Document) -> RequestId {
    submit_how(app, document, OnSameReference::Refuse)
}

/// Submits one document, saying what to do when its reference is known.
pub fn submit_how(app: &mut App, document: Document, how: OnSameReference) -> RequestId {
    let caller = app.caller(Face::Cli);
    let done = app.submit(&[document], how, &caller);
    done.unwrap_or_else(|(_, e)| panic!("{e}"))[0].id
}

/// The account, acting as `name`.
pub fn acting_as(app: &App, name: &str) -> Caller {
    Caller { name: PrincipalName::new(name).unwrap(), ..app.caller(Face::Cli) }
}

/// The account tries a command.
pub fn tries(app: &mut App, id: RequestId, command: &Command) -> Result<Decided, Error> {
    let caller = app.caller(Face::Cli);
    app.decide(id, command, &caller)
}

/// The account does a command, which must be allowed.
pub fn does(app: &mut App, id: RequestId, command: &Command) -> Decided {
    tries(app, id, command).unwrap_or_else(|e| panic!("{id} {command:?}: {e}"))
}

pub fn because(reason: &str) -> Option<Text> {
    Some(Text::from(reason))
}

pub fn approve() -> Command {
    Command::Approve { reason: because("looks right"), seen: Seen::Nothing }
}

pub fn reject() -> Command {
    Command::Reject { reason: because("not today"), seen: Seen::Nothing }
}

pub fn request_changes() -> Command {
    Command::RequestChanges { reason: because("shorter, please"), seen: Seen::Nothing }
}

pub fn cancel() -> Command {
    Command::Cancel { reason: because("no longer needed") }
}

pub fn mark(step: &str, mark: Mark) -> Command {
    let steps = vec![StepId::new(step).unwrap()];
    Command::Mark { steps, mark, reason: because("as we said"), seen: Seen::Nothing }
}

pub fn snooze(until: Moment) -> Command {
    Command::Snooze { until: Some(until) }
}

pub fn comment(text: &str) -> Command {
    Command::Comment { text: Text::from(text), about: About::REQUEST }
}

/// A stage after some days of work: every sort of event but a withdrawn sign-off, which takes a quorum of two.
pub fn after_some_days() -> Stage {
    let stage = Stage::new();
    let mut app = stage.app();
    let app = &mut app;
    let minute = || stage.wait(Span::from_minutes(1));
    let (forgotten, looked_at) =
        (submit(app, plan("p-1", "Forget me", "x")), submit(app, plan("p-2", "Look at me", "x")));
    minute();
    does(app, forgotten, &Command::Claim);
    minute();
    does(app, forgotten, &Command::Release);
    // Three days on, the first two are past their time; one is found by the watcher, one by somebody who comes late.
    stage.wait(Span::from_hours(73));
    assert!(tries(app, looked_at, &approve()).is_err(), "it has expired");
    app.settle_due().unwrap();
    let in_part = submit(app, plan("p-3", "Tell John", "John"));
    let to_and_fro = submit(app, plan("p-4", "Tell Jane", "Jane"));
    minute();
    does(app, in_part, &mark("b", Mark::Rejected));
    does(app, to_and_fro, &comment("who is Jane?"));
    minute();
    does(app, in_part, &approve());
    submit_how(app, plan("p-4", "Tell Jane Doe", "Jane Doe"), OnSameReference::Revise);
    minute();
    let question =
        r#"{"by": "planner", "kind": "question", "title": "Which bridge?", "options": ["old", "new"]}"#;
    let question = submit(app, document(question));
    does(app, to_and_fro, &request_changes());
    minute();
    does(app, to_and_fro, &Command::Withdraw);
    does(app, to_and_fro, &request_changes());
    let answer =
        Command::Answer { option: Some(2), text: None, reason: because("stronger"), seen: Seen::Nothing };
    does(app, question, &answer);
    minute();
    let planner = acting_as(app, "planner");
    let content = Box::new(plan("p-4", "Tell Jane", "Jane D.").content);
    app.decide(to_and_fro, &Command::Revise { content }, &planner).unwrap();
    does(app, to_and_fro, &reject());
    let gate = submit(app, document(r#"{"by": "planner", "ref": "g-1", "kind": "gate", "title": "Go on?"}"#));
    app.decide(gate, &cancel(), &planner).unwrap();
    // A day on, the approval was not used; then come those that are still open.
    stage.wait(Span::from_hours(25));
    app.settle_due().unwrap();
    let open = submit(app, plan("p-5", "Still open", "Ann"));
    submit(app, document(r#"{"kind": "gate", "title": "My own", "priority": "urgent", "risk": "high"}"#));
    minute();
    does(app, open, &Command::Claim);
    does(app, open, &mark("b", Mark::Skipped));
    minute();
    does(app, open, &snooze(app.now().plus(Span::from_hours(1))));
    does(app, open, &Command::Snooze { until: None });
    let until = app.now().plus(Span::from_hours(2));
    app.decide(open, &snooze(until), &acting_as(app, "bob")).unwrap();
    does(app, open, &comment("on it"));
    let overridden = submit(app, plan("p-6", "Cannot wait", "Ann"));
    let plea = Plea {
        class: "incident".into(),
        reference: "INC-42".into(),
        reason: "The bridge is down and nobody answers.".into(),
        phrase: Text::new(phrase(overridden)),
    };
    does(app, overridden, &Command::Override { plea: Box::new(plea), seen: Seen::Nothing });
    // It was begun by its producer, and went wrong.
    let token = app.next(overridden, None, &planner).unwrap().0.unwrap();
    let failed = Said::Over {
        work: Work::Run,
        end: End::plain(How::Failed),
        result: None,
        output: None,
        reason: because("no answer"),
    };
    app.report(overridden, &StepId::new("a").unwrap(), &token, failed, &planner).unwrap();
    stage
}

/// A connection as somebody has it who does not use the program.
/// As `sha256sum` prints it.
pub fn sha256(bytes: &[u8]) -> String {
    countersign::domain::digest::EvidenceDigest::of(bytes).to_string()
}

pub fn behind_its_back(store: &std::path::Path) -> Connection {
    let conn = Connection::open(store).unwrap();
    conn.execute_batch("PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF").unwrap();
    conn
}

/// All rows of a query.
pub fn rows(conn: &Connection, sql: &str) -> Vec<Vec<Value>> {
    let mut query = conn.prepare(sql).unwrap();
    let width = query.column_count();
    let row = |row: &rusqlite::Row<'_>| (0..width).map(|n| row.get(n)).collect();
    query.query_map([], row).unwrap().map(Result::unwrap).collect()
}

/// Every row of every derived table.
pub fn derived(store: &std::path::Path) -> Vec<(String, Vec<Vec<Value>>)> {
    let conn = behind_its_back(store);
    let table = |(name, columns): (&str, &str)| {
        (name.to_owned(), rows(&conn, &format!("SELECT {columns} FROM {name} ORDER BY {columns}")))
    };
    countersign::store::derive::TABLES.map(table).to_vec()
}
