//! A producer that asks very often must not make the screen send as often.

use super::desk::{Desk, WIDE};
use super::person::Person;
use std::time::Instant;

#[test]
fn a_flood_of_requests_makes_few_frames() {
    const FLOOD: usize = 400;
    let desk = Desk::new();
    desk.command(&["submit", &desk.plan("first", "The first")]);
    let mut alice = desk.reviewer(WIDE);
    alice.sees("The first");
    let frames = |alice: &Person| alice.sent().windows(8).filter(|w| *w == b"\x1b[?2026l").count();
    let before = frames(&alice);
    let started = Instant::now();
    let place = countersign::app::Place { store: Some(desk.store()), ..Default::default() };
    let mut app = countersign::app::App::open(&place, countersign::app::Clock::system()).unwrap();
    let caller = app.caller(countersign::domain::principal::Face::Cli);
    for n in 0..FLOOD {
        let text = format!(r#"{{"kind":"gate","by":"flood","title":"One of very many {n}"}}"#);
        let limits = countersign::domain::document::Limits::BUILT_IN;
        let document = countersign::domain::document::read(text.as_bytes(), &limits).unwrap();
        app.submit(&[document], countersign::domain::decide::OnSameReference::Refuse, &caller).unwrap();
    }
    alice.waits_until("all of them", |screen| screen.contains(&format!("{} wait", FLOOD + 1)));
    let peals = started.elapsed().as_millis() / 300 + 2;
    let drawn = frames(&alice) - before;
    assert!(drawn as u128 <= 2 * peals, "{drawn} frames for {FLOOD} requests in {peals} peals");
}
