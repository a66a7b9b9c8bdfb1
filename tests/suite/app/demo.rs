//! The demo's store is a store like any other.

use super::{NOW, open};
use countersign::app::{From, Queue, demo};
use countersign::domain::content::Kind;
use std::collections::BTreeSet;

#[test]
fn the_demo_has_every_kind_and_age_and_verifies() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(demo::fill(&dir.path().join("demo.db"), NOW).unwrap(), 40);
    let mut app = open(dir.path(), "demo.db");
    let open = app.page(Queue::Open, From::Start, 100).unwrap();
    let decided = app.page(Queue::Decided, From::Start, 100).unwrap();
    assert_eq!(open.len() + decided.len(), 40);
    let kinds: BTreeSet<Kind> = open.iter().chain(&decided).map(|row| row.kind).collect();
    assert_eq!(kinds, BTreeSet::from(Kind::ALL));
    let overdue = open.iter().filter(|row| row.due_at <= NOW).count();
    assert!(overdue >= 3 && overdue < open.len(), "{overdue} are overdue");
    let ends: BTreeSet<&str> = decided.iter().map(|row| row.state.word()).collect();
    assert_eq!(ends, BTreeSet::from(["approved", "cancelled", "expired", "rejected"]));
    let report = app.verify(|_| {}).unwrap();
    assert!(report.is_sound(), "{:?}", report.problems);
}

#[test]
fn the_little_producer_asks_for_something_new_each_time() {
    let dir = tempfile::tempdir().unwrap();
    let mut app = open(dir.path(), "demo.db");
    let ids: BTreeSet<_> = (0..10).map(|n| demo::ask_one_more(&mut app, n).unwrap()).collect();
    assert_eq!(ids.len(), 10);
}
