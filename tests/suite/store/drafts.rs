//! Drafts in the file: local, apart from the log, and never in the way of somebody who decides.

use super::stage::*;
use countersign::app::{Draft, Failure};
use countersign::domain::moment::Span;
use countersign::domain::names::{RequestId, Seq};
use countersign::domain::transitions::Verb;
use std::time::{Duration, Instant};

const BRIEFLY: Duration = Duration::from_millis(50);

fn draft(text: &str) -> Draft {
    let at = countersign::domain::moment::Moment::from_millis(0);
    Draft {
        id: RequestId::new(1),
        verb: Verb::Reject,
        about: String::new(),
        texts: vec![text.to_owned()],
        seen: "x y".to_owned(),
        at,
    }
}

#[test]
fn a_draft_is_no_event_and_a_blank_one_is_forgotten() {
    let stage = Stage::new();
    let mut app = stage.app();
    submit(&mut app, plan("one", "Tell John", "John"));
    let before: (Seq, _) = app.head().unwrap();
    let alice = acting_as(&app, "alice");
    let drafts = app.drafts(&alice).unwrap();
    let kept = drafts.keep(&draft("half a \u{1b}[2J reason"), BRIEFLY).unwrap();
    assert_eq!(drafts.all().unwrap(), [kept]);
    assert!(
        app.drafts(&acting_as(&app, "bob")).unwrap().all().unwrap().is_empty(),
        "everybody has their own"
    );
    assert_eq!(app.head().unwrap(), before);
    assert!(app.verify(|_| {}).unwrap().problems.is_empty());
    drafts.keep(&draft(" \n"), BRIEFLY).unwrap();
    assert!(drafts.all().unwrap().is_empty());
}

#[test]
fn a_draft_does_not_stand_in_the_queue_of_writers() {
    let stage = Stage::new();
    let app = stage.app();
    let drafts = app.drafts(&acting_as(&app, "alice")).unwrap();
    let lock = std::fs::File::open(stage.dir.path().join("s.db.lock")).unwrap();
    lock.lock().unwrap();
    let from = Instant::now();
    let refused = drafts.keep(&draft("words"), BRIEFLY);
    assert!(matches!(refused, Err(Failure::Busy { .. })), "{refused:?}");
    assert!(from.elapsed() < Duration::from_millis(500));
    lock.unlock().unwrap();
    drafts.keep(&draft("words"), BRIEFLY).unwrap();
    lock.try_lock().unwrap();
}

#[test]
fn a_draft_nobody_comes_back_to_is_forgotten_after_a_week() {
    let stage = Stage::new();
    let app = stage.app();
    let drafts = app.drafts(&acting_as(&app, "alice")).unwrap();
    drafts.keep(&draft("words"), BRIEFLY).unwrap();
    stage.wait(Span::from_minutes(7 * 24 * 60 - 1));
    assert_eq!(drafts.all().unwrap().len(), 1);
    stage.wait(Span::from_minutes(2));
    assert!(drafts.all().unwrap().is_empty());
}
