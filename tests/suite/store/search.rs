//! Filters: what is found is what looking at every request finds, in reading order; and what is not looked at is said.

use super::stage::*;
use countersign::app::{App, From, Queue, Row};
use countersign::domain::chain::Whom;
use countersign::domain::command::Command;
use countersign::domain::decide::OnSameReference;
use countersign::domain::filter::{Assignee, Deadline, Filter, Term, words_of_request};
use countersign::domain::moment::Span;
use countersign::domain::names::PrincipalName;
use countersign::domain::principal::Face;

fn some(stage: &Stage) -> App {
    let mut app = stage.app();
    for n in 0..40usize {
        let by = ["planner", "dba-bot", "night-run"][n % 3];
        let kind = ["gate", "question", "incident"][n % 3];
        let risk = ["low", "medium", "high"][n / 2 % 3];
        let environment = ["staging", "production"][n / 3 % 2];
        let title = ["Deploy payments-api", "Drop index orders_idx", "Deploy 日本語 pay"][n / 5 % 3];
        let text = format!(
            r#"{{"by": "{by}", "kind": "{kind}", "risk": "{risk}", "title": "{title}",
                "target": {{"environment": "{environment}", "service": "s{}", "tenant": "t{}"}}}}"#,
            n % 4,
            n % 5
        );
        let id = submit(&mut app, document(&text));
        stage.wait(Span::from_minutes(7));
        if n % 9 == 4 {
            does(&mut app, id, &Command::Claim);
        }
        if n % 8 == 5 {
            let me = app.caller(Face::Cli).name;
            let to = if n % 16 == 5 { me } else { PrincipalName::new("carol").unwrap() };
            does(&mut app, id, &Command::Reassign { to, reason: None });
        }
        if n % 7 == 3 {
            does(&mut app, id, &reject());
        }
    }
    app
}

/// What looking at every row of a queue finds.
fn looked_for(app: &App, queue: Queue, filter: &Filter) -> Vec<Row> {
    let now = app.now();
    let mut rows = app.page(queue, From::Start, 999).unwrap();
    rows.retain(|row| {
        let request = app.request(row.id).unwrap();
        let target = request.target();
        let is = |field: &Option<countersign::domain::names::Identifier>, value: &String| {
            field.as_ref().is_some_and(|f| f.as_str() == value)
        };
        filter.words_in(&words_of_request(&request))
            && filter.terms.iter().all(|term| match term {
                Term::Kind(kind) => request.kind() == *kind,
                Term::Risk(risk) => request.assessment().risk == *risk,
                Term::State(state) => request.state_name() == *state,
                Term::By(name) => request.requester.name.as_str() == name,
                Term::Target(name) => is(&target.service, name),
                Term::Environment(name) => is(&target.environment, name),
                Term::Tenant(name) => is(&target.tenant, name),
                Term::Assignee(Assignee::Nobody) => request.is_open() && request.assigned().is_none(),
                Term::Assignee(Assignee::OneOf(all)) => {
                    request.is_open() && request.assigned().is_some_and(|last| all.contains(&last.to))
                }
                Term::Assignee(Assignee::Me) => {
                    let me = app.caller(Face::Cli).name;
                    request.is_open() && request.assigned().is_some_and(|last| last.to == Whom::Principal(me))
                }
                Term::Due(Deadline::Overdue) => request.is_open() && request.deadlines.due_at <= now,
                Term::Due(Deadline::Within(span)) => {
                    request.is_open() && request.deadlines.due_at < now.plus(*span)
                }
                Term::Due(Deadline::Beyond(span)) => {
                    request.is_open() && request.deadlines.due_at > now.plus(*span)
                }
            })
    });
    rows
}

#[test]
fn what_is_found_is_what_looking_at_every_request_finds() {
    let stage = Stage::new();
    let app = some(&stage);
    let mut hits = 0;
    for text in [
        "deploy",
        "dep pay",
        "orders",
        "idx drop",
        "語",
        "R-1",
        "r-12",
        "7",
        "planner",
        "nothing-of-it",
        "kind:question",
        "risk:high",
        "state:rejected",
        "by:dba-bot pay",
        "target:s2",
        "env:production dep",
        "tenant:t3 risk:low",
        "due:<2h",
        "due:>20h",
        "due:overdue",
        "deploy due:<30m kind:gate",
        "assignee:me",
        "assignee:carol",
        "assignee:carol pay",
        "assignee:lead",
        "assignee:none kind:gate",
    ] {
        let filter = Filter::parse(text).unwrap();
        for queue in Queue::ALL {
            let found = app.find(queue, &filter).unwrap();
            // What is decided is found by its title, producer and number only.
            if queue != Queue::Decided || !text.contains("orders") {
                assert_eq!(found.rows, looked_for(&app, queue, &filter), "{text} in {queue:?}");
            }
            assert_eq!(found.of_the_first, None);
            hits += found.rows.len();
        }
    }
    assert!(hits > 200, "{hits}");
}

#[test]
fn words_of_what_is_closed_are_forgotten_and_a_new_revision_has_new_ones() {
    let stage = Stage::new();
    let mut app = stage.app();
    let id = submit(&mut app, plan("p", "Tell John", "John"));
    let many =
        |app: &App, text: &str| app.find(Queue::Open, &Filter::parse(text).unwrap()).unwrap().rows.len();
    assert_eq!((many(&app, "john"), many(&app, "jane")), (1, 0));
    submit_how(&mut app, plan("p", "Tell Jane", "Jane"), OnSameReference::Revise);
    assert_eq!((many(&app, "tell john"), many(&app, "jane")), (0, 1));
    assert_eq!(many(&app, "email draft lease-p"), 1, "actions and labels");
    does(&mut app, id, &reject());
    assert_eq!(many(&app, "jane"), 0);
    assert!(rows(&behind_its_back(&stage.store()), "SELECT * FROM words").is_empty());
    assert!(app.verify(|_| {}).unwrap().is_sound());
}

#[test]
fn no_more_than_two_thousand_are_looked_at_and_that_is_said() {
    let stage = Stage::new();
    let mut app = stage.app();
    let caller = app.caller(Face::Cli);
    for by in ["one", "two", "three"] {
        let text = |n: usize| {
            let rare = if n == 690 { "needle " } else { "" };
            format!(r#"{{"by": "{by}", "kind": "gate", "title": "{rare}hay {n}"}}"#)
        };
        let documents: Vec<_> = (0..700).map(|n| document(&text(n))).collect();
        app.submit(&documents, OnSameReference::Refuse, &caller).unwrap_or_else(|(_, e)| panic!("{e}"));
    }
    let find = |text: &str| app.find(Queue::Open, &Filter::parse(text).unwrap()).unwrap();
    let hay = find("hay");
    assert_eq!((hay.rows.len(), hay.of_the_first), (2_000, Some(2_000)));
    let needle = find("hay needle");
    assert_eq!((needle.rows.len(), needle.of_the_first), (3, None), "a rare word is found wherever it is");
    let field = find("by:three");
    assert_eq!((field.rows.len(), field.of_the_first), (600, Some(2_000)));
}

#[test]
fn what_was_looked_at_before_is_never_taken_for_what_is_there_now() {
    let stage = Stage::new();
    let mut app = stage.app();
    let mut other = stage.app();
    let gate = |title: &str| document(&format!(r#"{{"by": "p", "kind": "gate", "title": "{title}"}}"#));
    let first = submit(&mut app, gate("needle one"));
    let found = |app: &App, queue: Queue, text: &str| {
        let found = app.find(queue, &Filter::parse(text).unwrap()).unwrap();
        found.rows.iter().map(|row| row.id).collect::<Vec<_>>()
    };
    assert_eq!(found(&app, Queue::Open, "needle"), [first]);
    assert_eq!(found(&app, Queue::Open, "due:overdue"), []);
    // Somebody else asks, and decides.
    let second = submit(&mut other, gate("needle two"));
    assert_eq!(found(&app, Queue::Open, "needle"), [first, second]);
    does(&mut other, first, &reject());
    assert_eq!(found(&app, Queue::Open, "needle"), [second]);
    assert_eq!(found(&app, Queue::Decided, "needle"), [first], "another queue is another question");
    // One does so oneself.
    let third = submit(&mut app, gate("needle three"));
    assert_eq!(found(&app, Queue::Open, "need"), [second, third]);
    does(&mut app, third, &Command::Claim);
    assert_eq!(found(&app, Queue::Unclaimed, "need"), [second]);
    // Nobody writes, and time passes: the claim runs out, and then both are overdue.
    stage.wait(Span::from_minutes(60));
    assert_eq!(found(&app, Queue::Unclaimed, "need"), [second, third]);
    assert_eq!(found(&app, Queue::Unclaimed, "due:overdue"), []);
    stage.wait(Span::from_hours(200));
    assert_eq!(found(&app, Queue::Unclaimed, "due:overdue"), [second, third]);
}
