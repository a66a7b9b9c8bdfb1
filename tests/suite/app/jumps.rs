//! A clock that jumps under a watcher: it is logged and told, what was due by then is recorded as due then, and nothing
//! is started.

use crate::store::stage::{Stage, approve, comment, document, does, plan, submit};
use countersign::app::watch::News;
use countersign::domain::event::{Fact, OfStore};
use countersign::domain::moment::Span;
use countersign::domain::names::RequestId;
use countersign::domain::request::{Execution, StateName};
use std::cell::{Cell, RefCell};

/// A watcher that looks twice, with so much between the looks; what it told.
fn watched(stage: &Stage, between: Span) -> Vec<News> {
    let mut app = stage.app();
    let watch = app.begin_watch(true).unwrap().unwrap();
    let (looked, other) = (Cell::new(0), RefCell::new(stage.app()));
    let over = || {
        looked.set(looked.get() + 1);
        if looked.get() == 1 {
            stage.wait(between);
            // Somebody says something, so that the bell wakes the watcher for its second look.
            does(&mut other.borrow_mut(), RequestId::new(1), &comment("still there?"));
        }
        looked.get() > 1
    };
    let mut told = Vec::new();
    app.keep_time(&watch, &over, &mut |news| told.push(news)).unwrap();
    told
}

fn jumps(stage: &Stage) -> Vec<Span> {
    let events = stage.app().kept_events(100).unwrap();
    let facts = events.iter().map(|event| event.read().unwrap().fact);
    let jump = |fact| match fact {
        Fact::OfStore(OfStore::ClockJumped { ahead, .. }) => Some(ahead),
        _ => None,
    };
    facts.filter_map(jump).collect()
}

#[test]
fn a_jump_ahead_is_logged_and_told_raises_what_is_due_and_starts_nothing() {
    let stage = Stage::new();
    let mut app = stage.app();
    let approved = submit(&mut app, plan("p", "Tell John", "x"));
    does(&mut app, approved, &approve());
    let waits = submit(
        &mut app,
        document(r#"{"by": "planner", "ref": "g", "kind": "gate", "title": "Go on?", "risk": "high"}"#),
    );
    assert_eq!(app.request(approved).unwrap().execution, Some(Execution::NotStarted));
    let told = watched(&stage, Span::from_hours(3));
    let ahead = jumps(&stage);
    assert!(ahead.len() == 1 && ahead[0] > Span::from_minutes(179), "{ahead:?}");
    assert!(
        told.iter()
            .any(|news| matches!(news, News::Trouble(words) if words.contains("ahead of this process"))),
        "{told:?}"
    );
    assert_eq!(app.request(waits).unwrap().state_name(), StateName::Escalated, "that the clock may do");
    let after = app.request(approved).unwrap();
    assert_eq!((after.execution, after.run.is_some()), (Some(Execution::NotStarted), false));
    assert!(app.alarm_sentences().unwrap().iter().any(|words| words.contains("the clock jumped")));
    assert!(app.verify(|_| {}).unwrap().is_sound());
    // A day later it is history.
    stage.wait(Span::from_hours(25));
    assert_eq!(app.alarm_sentences().unwrap(), Vec::<String>::new());
    // And by then the approval has lapsed: no jump makes it longer.
    app.settle_due().unwrap();
    assert_eq!(app.request(approved).unwrap().execution, Some(Execution::Lapsed));
}

#[test]
fn less_than_an_hour_and_backwards_is_no_jump_ahead() {
    for between in [Span::from_minutes(59), Span::ZERO.less(Span::from_hours(3))] {
        let stage = Stage::new();
        submit(&mut stage.app(), plan("p", "Tell John", "x"));
        watched(&stage, between);
        assert_eq!(jumps(&stage), [], "{between:?}");
    }
}
