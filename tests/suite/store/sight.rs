//! What somebody put out of their sight or has opened, and other orders: pages, counters, and after a rebuild.

use super::stage::*;
use countersign::app::{App, From, Looking, Order, Queue, Row};
use countersign::domain::command::Command;
use countersign::domain::content::Kind;
use countersign::domain::filter::Filter;
use countersign::domain::marks::Mark;
use countersign::domain::moment::Span;
use countersign::domain::names::RequestId;
use countersign::domain::principal::Face;
use std::cmp::Reverse;

const HOUR: Span = Span::from_hours(1);

fn ids(rows: &[Row]) -> Vec<RequestId> {
    rows.iter().map(|row| row.id).collect()
}

/// The ids of a queue; its counter says the same.
fn queue(app: &App, queue: Queue) -> Vec<RequestId> {
    let rows = app.page(queue, From::Start, 99).unwrap();
    assert_eq!(app.counters().unwrap().of(queue), rows.len() as u64, "{queue:?}");
    ids(&rows)
}

fn some(app: &mut App) -> [RequestId; 3] {
    [("s-1", "One"), ("s-2", "Two"), ("s-3", "Three")]
        .map(|(reference, title)| submit(app, plan(reference, title, "x")))
}

#[test]
fn what_is_put_off_is_out_of_ones_own_queue_until_the_time_is_up() {
    let stage = Stage::new();
    let mut app = stage.app();
    let [one, two, three] = some(&mut app);
    let until = app.now().plus(HOUR);
    does(&mut app, two, &snooze(until));
    let check = |app: &App| {
        assert_eq!(queue(app, Queue::Waiting), [one, three]);
        assert_eq!(queue(app, Queue::Unclaimed), [one, two, three], "it still waits for everybody");
        assert_eq!(queue(app, Queue::Open), [one, two, three]);
        let rows = app.page(Queue::Open, From::Start, 9).unwrap();
        assert_eq!(rows.iter().map(|row| row.snoozed).collect::<Vec<_>>(), [None, Some(until), None]);
        let found = app.find(Queue::Waiting, &Filter::parse("two").unwrap()).unwrap();
        assert_eq!(ids(&found.rows), [], "nor is it found there");
        let found = app.find(Queue::Open, &Filter::parse("two").unwrap()).unwrap();
        assert_eq!(found.rows[0].snoozed, Some(until));
    };
    check(&app);
    let before = derived(&stage.store());
    app.rebuild(|_| {}).unwrap();
    assert_eq!(derived(&stage.store()), before);
    check(&app);
    assert!(app.verify(|_| {}).unwrap().is_sound());
    stage.wait(Span::from_minutes(59));
    check(&app);
    stage.wait(Span::from_minutes(1));
    assert_eq!(queue(&app, Queue::Waiting), [one, two, three], "nobody wrote anything");
    assert_eq!(app.page(Queue::Open, From::Start, 9).unwrap()[1].snoozed, None);
    // The row that is no longer in force goes with the next event.
    does(&mut app, two, &comment("hm"));
    assert_eq!(rows(&behind_its_back(&stage.store()), "SELECT * FROM snoozed"), Vec::<Vec<_>>::new());
}

#[test]
fn it_is_for_oneself_only() {
    let stage = Stage::new();
    let mut app = stage.app();
    let [one, two, three] = some(&mut app);
    let bob = stage.try_app_at(stage.store(), Some("bob")).unwrap();
    let until = app.now().plus(HOUR);
    app.decide(one, &snooze(until), &bob.caller(Face::Cli)).unwrap();
    assert_eq!(queue(&app, Queue::Waiting), [one, two, three]);
    assert_eq!(queue(&bob, Queue::Waiting), [two, three]);
    assert!(tries(&mut app, one, &Command::Snooze { until: None }).is_err(), "it is not theirs to end");
    app.decide(one, &Command::Snooze { until: None }, &bob.caller(Face::Cli)).unwrap();
    assert_eq!(queue(&bob, Queue::Waiting), [one, two, three]);
}

#[test]
fn what_calls_for_a_reviewer_wakes_and_talk_does_not() {
    let stage = Stage::new();
    let mut app = stage.app();
    let [one, two, three] = some(&mut app);
    let until = app.now().plus(HOUR);
    let sleeps = |app: &App, id| !queue(app, Queue::Waiting).contains(&id);
    for id in [one, two, three] {
        does(&mut app, id, &snooze(until));
        assert!(sleeps(&app, id));
    }
    does(&mut app, one, &comment("what is this?"));
    does(&mut app, one, &Command::Claim);
    does(&mut app, one, &mark("b", Mark::Skipped));
    assert!(sleeps(&app, one));
    let content = Box::new(plan("s-1", "One", "other").content);
    let planner = acting_as(&app, "planner");
    app.decide(one, &Command::Revise { content }, &planner).unwrap();
    assert!(!sleeps(&app, one), "another revision");
    does(&mut app, two, &request_changes());
    does(&mut app, two, &snooze(until));
    does(&mut app, two, &Command::Withdraw);
    assert!(!sleeps(&app, two), "it waits again");
    does(&mut app, three, &reject());
    assert_eq!(rows(&behind_its_back(&stage.store()), "SELECT * FROM snoozed"), Vec::<Vec<_>>::new());
}

#[test]
fn what_is_urgent_and_put_off_does_not_ring() {
    let stage = Stage::new();
    let mut app = stage.app();
    let text = r#"{"by": "planner", "kind": "gate", "title": "Now", "priority": "urgent"}"#;
    let there_before = submit(&mut app, document(text));
    assert!(app.newly_urgent().unwrap().is_empty(), "what was there is not new");
    let id = submit(&mut app, document(text));
    submit(&mut app, document(r#"{"by": "planner", "kind": "gate", "title": "Some day"}"#));
    does(&mut app, there_before, &Command::Claim);
    assert_eq!(app.newly_urgent().unwrap(), [id].into());
    let put_off = submit(&mut app, document(text));
    let until = app.now().plus(HOUR);
    does(&mut app, put_off, &snooze(until));
    assert!(app.newly_urgent().unwrap().is_empty());
    stage.wait(HOUR);
    assert_eq!(app.newly_urgent().unwrap(), [put_off].into(), "it came back");
    assert!(app.newly_urgent().unwrap().is_empty(), "once");
}

#[test]
fn a_time_that_is_not_ahead_or_too_far_is_refused() {
    let stage = Stage::new();
    let mut app = stage.app();
    let [one, ..] = some(&mut app);
    let (now, days) = (app.now(), |n: i64| Span::from_hours(24 * n));
    for (until, words) in [(now, "is not ahead"), (now.plus(days(8)), "more than 7 days")] {
        let told = tries(&mut app, one, &snooze(until)).unwrap_err();
        assert!(told.to_string().contains(words), "{told}");
    }
    does(&mut app, one, &snooze(now.plus(days(7))));
}

/// Requests of several ages, risks and deadlines.
fn many(stage: &Stage) -> App {
    let mut app = stage.app();
    for n in 0..30 {
        let risk = ["low", "critical", "medium", "high"][n % 4];
        let kind = ["gate", "question", "incident"][n % 3];
        let text = format!(r#"{{"by": "agent", "kind": "{kind}", "title": "No. {n}", "risk": "{risk}"}}"#);
        submit(&mut app, document(&text));
        if n % 3 == 0 {
            stage.wait(Span::from_minutes(7));
        }
    }
    stage.wait(Span::from_minutes(20));
    app
}

#[test]
fn newest_first_and_due_first_are_the_same_list_page_by_page_both_ways() {
    let stage = Stage::new();
    let app = many(&stage);
    for order in [Order::Newest, Order::Due] {
        let looking = Looking { order, seen_by: None };
        for queue in [Queue::Waiting, Queue::Unclaimed, Queue::Questions, Queue::Open] {
            let page = |from: From<'_>, size| app.page_as(queue, from, size, looking).unwrap();
            let whole = page(From::Start, 99);
            let mut expected = app.page(queue, From::Start, 99).unwrap();
            match order {
                Order::Newest => expected.sort_by_key(|row| Reverse(row.id)),
                _ => expected.sort_by_key(|row| (row.due_at, row.id)),
            }
            assert!(whole.len() >= 10 && ids(&whole) == ids(&expected), "{queue:?} {order:?}");
            if queue == Queue::Open {
                assert_ne!(ids(&whole), ids(&app.page(queue, From::Start, 99).unwrap()), "{order:?}");
            }
            for size in [1, 3, 7] {
                for (n, row) in whole.iter().enumerate() {
                    let end = whole.len().min(n + 1 + size);
                    assert_eq!(page(From::After(row), size), whole[n + 1..end], "{queue:?} {order:?}");
                    let start = n.saturating_sub(size);
                    assert_eq!(page(From::Before(row), size), whole[start..n], "{queue:?} {order:?}");
                }
                assert_eq!(page(From::End, size), whole[whole.len() - size..]);
            }
            let all = app.find_as(queue, &Filter::parse("no").unwrap(), looking).unwrap();
            assert_eq!(ids(&all.rows), ids(&whole), "a filter keeps the order");
        }
    }
}

#[test]
fn what_was_opened_at_this_revision_is_hidden_unless_it_is_late() {
    let stage = Stage::new();
    let mut app = stage.app();
    let [one, two, three] = some(&mut app);
    let drafts = app.drafts(&app.caller(Face::Screen)).unwrap();
    let saw = |app: &App, id| drafts.note_seen(id, app.request(id).unwrap().revision.number).unwrap();
    saw(&app, one);
    saw(&app, two);
    let looking = Looking { order: Order::Reading, seen_by: Some(app.now()) };
    let shown = |app: &App| {
        let rows = ids(&app.page_as(Queue::Waiting, From::Start, 9, looking).unwrap());
        let hidden = app.hidden(Queue::Waiting, looking).unwrap();
        assert_eq!(rows.len() as u64 + hidden, app.counters().unwrap().waiting);
        let filter = Filter::parse("kind:plan").unwrap();
        let found = app.find_as(Queue::Waiting, &filter, looking).unwrap();
        assert_eq!((ids(&found.rows), found.hidden as u64), (rows.clone(), hidden));
        rows
    };
    assert_eq!(shown(&app), [three]);
    assert_eq!(app.page(Queue::Waiting, From::Start, 9).unwrap().len(), 3, "only for whoever wants it");
    // What is opened after the list was asked for stays where it is.
    stage.wait(Span::from_minutes(1));
    saw(&app, three);
    saw(&app, one);
    assert_eq!(shown(&app), [three]);
    // Another revision was not seen.
    let content = Box::new(plan("s-1", "One", "other").content);
    app.decide(one, &Command::Revise { content }, &acting_as(&app, "planner")).unwrap();
    assert_eq!(shown(&app), [one, three]);
    let due = app.request(two).unwrap().deadlines.due_at;
    assert_eq!(app.request(two).unwrap().kind(), Kind::Plan);
    stage.wait(due.since(app.now()));
    assert!(shown(&app).contains(&two), "what is overdue is never hidden");
}

#[test]
fn a_view_is_counted_only_so_far_ahead() {
    let stage = Stage::new();
    std::fs::write(
        stage.config(),
        "[views]\na = \"kind:gate\"\nb = \"mail risk:medium\"\nc = \"kind:question\"\nd = \"mail 20\"\n",
    )
    .unwrap();
    let mut app = stage.app();
    assert_eq!(app.aheads().unwrap().len(), 4);
    let gate = |n: usize| {
        let (title, risk) = if n.is_multiple_of(10) { ("Mail", "medium") } else { ("Number", "low") };
        format!(r#"{{"by": "p{}", "kind": "gate", "title": "{title} {n}", "risk": "{risk}"}}"#, n % 3)
    };
    let said = |app: &App| -> Vec<(usize, bool)> {
        app.aheads().unwrap().iter().map(|ahead| (ahead.matches, ahead.more)).collect()
    };
    let mut submit_all = |from: usize, to: usize| {
        let documents: Vec<_> = (from..to).map(|n| document(&gate(n))).collect();
        let caller = app.caller(Face::Cli);
        let how = countersign::domain::decide::OnSameReference::Refuse;
        app.submit(&documents, how, &caller).unwrap_or_else(|(_, e)| panic!("{e}"));
        said(&app)
    };
    assert_eq!(submit_all(0, 50), [(50, false), (5, false), (0, false), (1, false)]);
    assert_eq!(submit_all(50, 60)[0], (50, true), "fifty is as far as is counted");
    // Above four hundred nothing is looked at any more, and every view says that there may be more.
    assert_eq!(submit_all(60, 410), [(50, true), (41, true), (0, true), (2, true)]);
}
