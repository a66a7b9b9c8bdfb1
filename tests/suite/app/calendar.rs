//! Nights, holidays, the clock that is put forward, and a host that sleeps: deadlines are spans of plain time, kept in UTC
//! on every day alike. There are no office hours.

use crate::store::stage::{Stage, comment, document, does, submit};
use countersign::app::App;
use countersign::app::watch::News;
use countersign::domain::due::{self, Due};
use countersign::domain::event::{Entry, Fact};
use countersign::domain::moment::{Moment, Span};
use countersign::domain::names::RequestId;
use countersign::domain::request::StateName;
use countersign::present::words;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

/// A stage whose clock stands at this moment.
fn on(moment: &str) -> Stage {
    let stage = Stage::new();
    let now = stage.app().now();
    stage.wait(Moment::parse(moment).unwrap().since(now));
    stage
}

fn gate(app: &mut App, reference: &str, risk: &str) -> RequestId {
    submit(
        app,
        document(&format!(
            r#"{{"by": "planner", "ref": "{reference}", "kind": "gate", "title": "Go on?", "risk": "{risk}"}}"#
        )),
    )
}

/// What will happen to it and when, reminders included.
fn promised(app: &App, id: RequestId) -> Vec<(Moment, &'static str)> {
    let ahead = due::ahead(&app.request(id).unwrap());
    ahead.iter().map(|one| (one.at, one.due.word())).collect()
}

/// What time did to it, with when it was due.
fn came(app: &App, id: RequestId) -> Vec<(Moment, &'static str)> {
    let what = |entry: &Entry| match &entry.fact {
        Fact::Escalated { was_due_at: Some(at), .. } => Some((*at, Due::Escalates.word())),
        Fact::Expired { due_at } => Some((*due_at, Due::Expires.word())),
        _ => None,
    };
    app.history(id).unwrap().iter().filter_map(|(_, entry)| what(entry)).collect()
}

/// What of it changes something.
fn changes(promised: &[(Moment, &'static str)]) -> Vec<(Moment, &'static str)> {
    promised.iter().filter(|(_, what)| *what != "reminds").copied().collect()
}

#[test]
fn on_a_holiday_a_weekend_and_the_night_the_clocks_change_a_deadline_is_what_it_is_on_any_day() {
    let spans = |moment: &str, risk: &str| {
        let stage = on(moment);
        let mut app = stage.app();
        let (begun, id) = (app.now(), gate(&mut app, "g", risk));
        let promised = promised(&app, id);
        // A watcher that looks every ten minutes for five days finds each of them when it is due.
        for _ in 0..5 * 24 * 6 {
            stage.wait(Span::from_minutes(10));
            app.round(&mut |_| {}).unwrap();
        }
        assert_eq!(came(&app, id), changes(&promised), "{moment}, {risk}");
        promised.into_iter().map(|(at, what)| (at.since(begun), what)).collect::<Vec<_>>()
    };
    for risk in ["high", "medium"] {
        let tuesday = spans("2027-02-02T10:00:00Z", risk);
        assert!(!tuesday.is_empty());
        let days = [
            "2027-12-24T22:00:00Z", // Christmas, and a Friday
            "2027-12-31T23:30:00Z", // over the year's end
            "2027-03-28T00:30:00Z", // half an hour before Europe puts its clocks forward
            "2027-10-31T00:30:00Z", // and back
            "2027-03-14T06:30:00Z", // the same in New York
            "2028-02-28T23:30:00Z", // before the leap day
        ];
        for day in days {
            assert_eq!(spans(day, risk), tuesday, "{day}, {risk}");
        }
    }
}

/// The moments that the line says, read as a person reads it: so many hours and minutes from now.
fn said(app: &App, id: RequestId) -> (String, Vec<Moment>) {
    let line = words::if_nobody_acts(&app.request(id).unwrap(), app.now()).to_string();
    let mut moments = Vec::new();
    for part in line.split("in ").skip(1) {
        let mut minutes = 0;
        let mut words = part.split_whitespace();
        while let Some(number) = words.next().and_then(|word| word.parse::<i64>().ok()) {
            minutes += number * if words.next() == Some("h") { 60 } else { 1 };
        }
        moments.push(app.now().plus(Span::from_minutes(minutes)));
    }
    (line, moments)
}

#[test]
fn before_and_after_the_clocks_change_the_line_names_the_same_moments() {
    for change in ["2027-03-28T00:30:00Z", "2027-10-31T00:30:00Z", "2027-03-14T06:30:00Z"] {
        let stage = on(change);
        let mut app = stage.app();
        let id = gate(&mut app, "g", "high");
        let (before, named) = said(&app, id);
        assert_eq!(
            named,
            changes(&promised(&app, id)).iter().map(|(at, _)| *at).collect::<Vec<_>>(),
            "{before}"
        );
        assert!(named.len() == 2, "{before}");
        stage.wait(Span::from_hours(1));
        let (after, named_after) = said(&app, id);
        assert_ne!(before, after, "an hour has gone by");
        assert_eq!(named_after, named, "{before} {after}");
    }
}

/// A watcher that looks, sleeps for so long with its host, and looks again.
fn sleeps(stage: &Stage, span: Span, spoken_about: RequestId) -> Vec<News> {
    let mut app = stage.app();
    let watch = app.begin_watch(true).unwrap().unwrap();
    let (looked, other) = (Cell::new(0), RefCell::new(stage.app()));
    let over = || {
        looked.set(looked.get() + 1);
        if looked.get() == 1 {
            stage.wait(span);
            // Somebody says something, so that the bell wakes the watcher for its second look.
            does(&mut other.borrow_mut(), spoken_about, &comment("still there?"));
        }
        looked.get() > 1
    };
    let mut told = Vec::new();
    app.keep_time(&watch, &over, &mut |news| told.push(news)).unwrap();
    told
}

#[test]
fn what_was_due_while_the_host_slept_for_ten_hours_happens_once_with_the_time_it_was_due() {
    let stage = Stage::new();
    let calls = stage.dir.path().join("told.jsonl");
    let pager = format!(
        "[[channel]]\nname = \"pager\"\nkind = \"exec\"\ncommand = [\"/usr/bin/tee\", \"-a\", {calls:?}]\n"
    );
    std::fs::write(stage.config(), pager).unwrap();
    let mut app = stage.app();
    let chain = "[[escalation]]\nrole = \"lead\"\n";
    let policy = countersign::app::policy::check(chain).unwrap();
    let account = app.caller(countersign::domain::principal::Face::Cli);
    app.adopt(chain, &policy, &account).unwrap();
    // One is raised in that night and waits on, one is raised and expires, one is not due before the day after.
    let raised = gate(&mut app, "raised", "medium");
    stage.wait(Span::from_hours(2));
    let (gone, later) = (gate(&mut app, "gone", "high"), gate(&mut app, "later", "low"));
    let all = [raised, gone, later];
    let before: BTreeMap<RequestId, _> = all.iter().map(|id| (*id, changes(&promised(&app, *id)))).collect();

    let told = sleeps(&stage, Span::from_hours(10), later);
    assert!(told.iter().any(|news| matches!(news, News::Settled(id, _) if *id == gone)), "{told:?}");

    let now = app.now();
    for id in all {
        let due: Vec<_> = before[&id].iter().copied().filter(|(at, _)| *at <= now).collect();
        assert_eq!(came(&app, id), due, "{id}");
    }
    assert_eq!([raised, gone, later].map(|id| came(&app, id).len()), [1, 2, 0]);
    assert_eq!(app.request(gone).unwrap().state_name(), StateName::Expired);
    // Another round, and another watcher, find nothing more to do and tell nobody again.
    for mut other in [stage.app(), stage.app()] {
        let mut more = Vec::new();
        other.round(&mut |news| more.push(news)).unwrap();
        assert_eq!(more, []);
    }
    let text = std::fs::read_to_string(&calls).unwrap();
    let ids: Vec<String> = text
        .lines()
        .map(|line| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["id"].as_str().unwrap().to_owned()
        })
        .collect();
    let call = |id: &&String| id.contains(&format!("/{raised}/")) && id.contains("/escalation/");
    assert_eq!(ids.iter().filter(call).count(), 1, "{ids:?}");
    let mut once = ids.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), ids.len(), "nothing twice: {ids:?}");
    // Its courts hold the night too.
    let request = app.request(raised).unwrap();
    let courts = request.courts(app.now());
    assert_eq!(courts.reviewers.and(courts.producer), app.now().since(request.created_at));
}
