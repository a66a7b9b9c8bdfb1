//! The lists: one order, the same page by page in both directions; one's own requests wait for others; and the kept
//! counters are what counting gives.

use super::stage::*;
use countersign::app::{App, Error, From, Queue, Row};
use countersign::domain::canon::canonical_or_poison;
use countersign::domain::command::Command;
use countersign::domain::content::Kind;
use countersign::domain::marks::Mark;
use countersign::domain::moment::Span;
use countersign::domain::names::RequestId;
use countersign::domain::principal::Face;
use countersign::domain::request::{Request, State, StateName};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Sixty requests of every risk and priority and some ages; every seventh one's own, every fifth decided, some at the
/// very same moment; one of them waits for its producer.
fn sixty(stage: &Stage) -> (App, Vec<RequestId>) {
    let mut app = stage.app();
    let mut ids = Vec::new();
    for n in 0..60usize {
        let risk = ["low", "medium", "high", "critical"][n % 4];
        let priority = ["low", "normal", "high", "urgent"][n / 4 % 4];
        let by = if n.is_multiple_of(7) { String::new() } else { format!(r#""by": "agent-{}", "#, n % 3) };
        let kind = if n % 11 == 3 { "question" } else { ["gate", "plan", "incident"][n % 3] };
        let steps = if kind == "plan" { r#", "steps": [{"id": "a", "action": "look"}]"# } else { "" };
        let text = format!(
            r#"{{{by}"kind": "{kind}", "title": "No. {n}", "risk": "{risk}", "priority": "{priority}"{steps}}}"#
        );
        ids.push(submit(&mut app, document(&text)));
        if !n.is_multiple_of(4) {
            stage.wait(Span::from_minutes(3));
        }
        if n % 5 == 2 && !n.is_multiple_of(7) {
            does(&mut app, ids[n], &if n.is_multiple_of(2) { approve() } else { reject() });
            if n > 3 && !(n - 1).is_multiple_of(7) {
                does(&mut app, ids[n - 1], &reject());
            }
        }
    }
    let (asker, _) = (0..60)
        .map(|n| (ids[n], n))
        .find(|(id, n)| n % 7 != 0 && app.request(*id).unwrap().is_open())
        .unwrap();
    does(&mut app, asker, &request_changes());
    // Some are claimed: by two of these claims time goes by.
    let soon = app.now().plus(Span::from_hours(1));
    let mut waiting = app.page(Queue::Waiting, From::Start, 99).unwrap();
    waiting.retain(|row| row.expires_at.is_some_and(|at| at > soon));
    let waiting = ids_of(&waiting);
    does(&mut app, waiting[0], &Command::Claim);
    does(&mut app, waiting[3], &Command::Claim);
    stage.wait(Span::from_minutes(15));
    does(&mut app, waiting[1], &Command::Claim);
    does(&mut app, waiting[4], &Command::Claim);
    (app, ids)
}

fn is_own(app: &App, request: &Request) -> bool {
    request.requester.is(&app.caller(Face::Cli))
}

/// What a list must hold, in the order it must have.
fn expected(app: &App, ids: &[RequestId], queue: Queue) -> Vec<RequestId> {
    let mut requests: Vec<Request> = ids.iter().map(|id| app.request(*id).unwrap()).collect();
    let now = app.now();
    match queue {
        Queue::Waiting => requests.retain(|r| {
            let me = app.caller(Face::Cli).name;
            matches!(r.state, State::Waiting(_)) && !is_own(app, r) && r.snoozed_by(&me, now).is_none()
        }),
        Queue::Unclaimed => {
            requests.retain(|r| matches!(r.state, State::Waiting(_)) && r.live_claim(now).is_none());
        }
        Queue::Escalated => requests.retain(|r| r.state_name() == StateName::Escalated),
        Queue::Promotions => requests.retain(|r| r.is_open() && r.kind() == Kind::Promotion),
        Queue::Debts => requests.retain(|r| r.is_open() && r.kind() == Kind::Debt),
        Queue::Questions => requests.retain(|r| r.is_open() && r.kind() == Kind::Question),
        Queue::Open => requests.retain(Request::is_open),
        Queue::Decided => requests.retain(|r| !r.is_open()),
    }
    if queue == Queue::Decided {
        requests.sort_by_key(|r| Reverse((r.closed().unwrap().at, r.id)));
    } else {
        requests.sort_by_key(|r| {
            let overdue = r.deadlines.due_at <= now;
            let (level, risk, priority) = (r.level(), r.assessment().risk, r.revision.priority);
            (Reverse(overdue), Reverse(level), Reverse(risk), Reverse(priority), r.deadlines.due_at, r.id)
        });
    }
    requests.iter().map(|r| r.id).collect()
}

fn ids_of(rows: &[Row]) -> Vec<RequestId> {
    rows.iter().map(|row| row.id).collect()
}

#[test]
fn a_list_is_read_overdue_first_then_by_level_risk_priority_and_due_time() {
    let stage = Stage::new();
    let (app, ids) = sixty(&stage);
    for queue in Queue::ALL {
        let rows = app.page(queue, From::Start, 999).unwrap();
        assert_eq!(ids_of(&rows), expected(&app, &ids, queue), "{queue:?}");
        assert_eq!(app.counters().unwrap().of(queue), rows.len() as u64, "{queue:?}");
        if matches!(queue, Queue::Escalated | Queue::Promotions | Queue::Debts) {
            continue; // nothing of the sixty is
        }
        assert!(rows.len() > 3, "{queue:?}: {}", rows.len());
        if queue == Queue::Questions {
            continue; // of one age
        }
        let overdue = rows.iter().filter(|row| row.due_at <= app.now()).count();
        assert!(queue == Queue::Decided || (overdue > 3 && overdue < rows.len()), "{queue:?}: {overdue}");
    }
    // An hour on, more is overdue, and nothing was written.
    let before = expected(&app, &ids, Queue::Waiting);
    stage.wait(Span::from_hours(1));
    let after = expected(&app, &ids, Queue::Waiting);
    assert_ne!(before, after);
    assert_eq!(ids_of(&app.page(Queue::Waiting, From::Start, 999).unwrap()), after);
}

#[test]
fn page_by_page_and_from_every_row_a_list_is_the_same_list_in_both_directions() {
    let stage = Stage::new();
    let (app, _) = sixty(&stage);
    for queue in Queue::ALL {
        let whole = app.page(queue, From::Start, 999).unwrap();
        for size in [1, 2, 3, 7] {
            let mut forward: Vec<Row> = app.page(queue, From::Start, size).unwrap();
            while let Some(last) = forward.last() {
                let next = app.page(queue, From::After(last), size).unwrap();
                assert!(next.len() <= size);
                if next.is_empty() {
                    break;
                }
                forward.extend(next);
            }
            assert_eq!(forward, whole, "{queue:?} by {size}");
            let mut backward: Vec<Row> = app.page(queue, From::End, size).unwrap();
            while let Some(first) = backward.first() {
                let mut page = app.page(queue, From::Before(first), size).unwrap();
                assert!(page.len() <= size);
                if page.is_empty() {
                    break;
                }
                page.append(&mut backward);
                backward = page;
            }
            assert_eq!(backward, whole, "{queue:?} by {size} from the end");
            for (n, row) in whole.iter().enumerate() {
                let after = app.page(queue, From::After(row), size).unwrap();
                assert_eq!(
                    after,
                    whole[n + 1..][..size.min(whole.len() - n - 1)],
                    "{queue:?} {size} after {n}"
                );
                let before = app.page(queue, From::Before(row), size).unwrap();
                assert_eq!(before, whole[n.saturating_sub(size)..n], "{queue:?} {size} before {n}");
            }
        }
    }
}

#[test]
fn what_is_decided_is_read_newest_first() {
    let stage = Stage::new();
    let (app, _) = sixty(&stage);
    let rows = app.page(Queue::Decided, From::Start, 999).unwrap();
    assert!(rows.windows(2).all(|w| (w[0].closed_at, w[0].id) > (w[1].closed_at, w[1].id)));
    assert!(rows.windows(2).any(|w| w[0].closed_at == w[1].closed_at), "some at the very same moment");
    assert_eq!(app.page(Queue::Decided, From::End, 1).unwrap(), rows[rows.len() - 1..]);
}

#[test]
fn ones_own_requests_are_open_and_wait_for_others() {
    let stage = Stage::new();
    let mut app = stage.app();
    let own = submit(&mut app, document(r#"{"kind": "gate", "title": "My own"}"#));
    let mut as_alice = stage.try_app_at(stage.store(), Some("alice")).unwrap();
    let of_alice = submit(&mut as_alice, document(r#"{"kind": "gate", "title": "Of alice"}"#));
    let of_bob = submit(&mut app, document(r#"{"by": "bob", "kind": "gate", "title": "Of bob"}"#));
    let waiting = |app: &App| {
        let ids = ids_of(&app.page(Queue::Waiting, From::Start, 9).unwrap());
        assert_eq!(app.counters().unwrap().waiting, ids.len() as u64);
        ids
    };
    assert_eq!(waiting(&app), [of_bob], "what alice asked, this account asked");
    assert_eq!(waiting(&as_alice), [of_bob], "another name is no second pair of eyes");
    assert_eq!(ids_of(&app.page(Queue::Open, From::Start, 9).unwrap()), [own, of_alice, of_bob]);
    std::fs::write(stage.config(), "[solo]\nself_review = true\n").unwrap();
    assert_eq!(waiting(&stage.app()), [own, of_alice, of_bob], "unless the store says so");
}

/// Every counter there should be, counted.
fn counted(app: &App, ids: &[RequestId]) -> BTreeMap<String, i64> {
    let mut out = BTreeMap::new();
    let mut count = |name: String| *out.entry(name).or_insert(0) += 1;
    for id in ids {
        let request = app.request(*id).unwrap();
        if !request.is_open() {
            count("decided".to_owned());
            continue;
        }
        count("open".to_owned());
        count(format!("open-of:{}", request.requester.name));
        match request.kind() {
            Kind::Promotion => count("promotions".to_owned()),
            Kind::Debt => count("debts".to_owned()),
            Kind::Question => count("questions".to_owned()),
            _ => {}
        }
        let State::Waiting(_) = request.state else { continue };
        if request.level() > 0 {
            count("escalated".to_owned());
        }
        if request.claim.is_none() {
            count("unclaimed".to_owned());
        }
        let asker = match &request.requester.person {
            Some(person) => format!("person:{person}"),
            None => format!("name:{}", request.requester.name),
        };
        for slot in request.open_slots() {
            let slot = canonical_or_poison(slot);
            count(format!("waiting:{slot}"));
            count(format!("waiting-of:{asker}:{slot}"));
        }
    }
    out
}

fn kept(stage: &Stage) -> BTreeMap<String, i64> {
    let conn = behind_its_back(&stage.store());
    let mut query = conn.prepare("SELECT name, value FROM counters").unwrap();
    query.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect()
}

/// A number below `below`, by a generator that needs no memory of its own (Knuth's MMIX).
fn below(state: &mut u64, below: usize) -> usize {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    ((*state >> 33) as usize) % below
}

#[test]
fn after_every_step_of_random_histories_the_counters_are_what_counting_gives() {
    for seed in [1, 2, 3] {
        let stage = Stage::new();
        let mut app = stage.app();
        let mut ids: Vec<RequestId> = Vec::new();
        let mut dice: u64 = seed;
        let (mut done, mut refused) = (0, 0);
        for step in 0..120 {
            if ids.len() < 3 || below(&mut dice, 5) == 0 {
                let by = ["", r#""by": "one", "#, r#""by": "two", "#][below(&mut dice, 3)];
                let text = format!(
                    r#"{{{by}"ref": "r-{step}", "kind": "plan", "title": "{step}", "steps": [{{"id": "a", "action": "x"}}, {{"id": "b", "action": "y"}}]}}"#
                );
                ids.push(submit(&mut app, document(&text)));
            } else {
                let id = ids[below(&mut dice, ids.len())];
                let mut content = app.request(id).unwrap().content.unwrap();
                content.summary = countersign::domain::text::Text::from(format!("step {step}").as_str());
                let commands = [
                    approve(),
                    reject(),
                    request_changes(),
                    request_changes(),
                    Command::Withdraw,
                    mark("a", Mark::Rejected),
                    mark("b", Mark::Approved),
                    cancel(),
                    Command::Revise { content: Box::new(content.into_inner()) },
                    Command::Claim,
                    comment("hm"),
                    Command::Snooze { until: Some(app.now().plus(Span::from_hours(10))) },
                    Command::Snooze { until: Some(app.now().plus(Span::from_hours(30))) },
                    Command::Snooze { until: None },
                ];
                let command = &commands[below(&mut dice, commands.len())];
                let as_requester = matches!(command, Command::Cancel { .. } | Command::Revise { .. });
                let name = app.request(id).unwrap().requester.name;
                let caller =
                    if as_requester { acting_as(&app, name.as_str()) } else { app.caller(Face::Cli) };
                match app.decide(id, command, &caller) {
                    Ok(_) => done += 1,
                    Err(Error::Refused(_)) => refused += 1,
                    Err(e) => panic!("{e}"),
                }
            }
            if below(&mut dice, 6) == 0 {
                stage.wait(Span::from_hours(20));
            }
            if below(&mut dice, 12) == 0 {
                app.settle_due().unwrap();
            }
            assert_eq!(kept(&stage), counted(&app, &ids), "seed {seed}, step {step}");
            let counters = app.counters().unwrap();
            for queue in Queue::ALL {
                let rows = app.page(queue, From::Start, 999).unwrap();
                assert_eq!(counters.of(queue), rows.len() as u64, "{queue:?}, seed {seed}, step {step}");
                assert_eq!(ids_of(&rows), expected(&app, &ids, queue), "{queue:?}, seed {seed}, step {step}");
            }
        }
        assert!(done > 20 && refused > 10, "seed {seed}: {done} {refused}");
        let before = derived(&stage.store());
        app.rebuild(|_| {}).unwrap();
        assert_eq!(derived(&stage.store()), before, "seed {seed}");
        assert!(app.verify(|_| {}).unwrap().is_sound());
    }
}

#[test]
fn the_overdue_that_are_counted_are_those_that_the_queue_shows_as_such() {
    let stage = Stage::new();
    let (app, _) = sixty(&stage);
    let mut seen = std::collections::BTreeSet::new();
    for hours in [0, 1, 1, 2, 20, 30] {
        stage.wait(Span::from_hours(hours));
        let now = app.now();
        let late = |row: &&Row| row.due_at <= now;
        let shown = app.page(Queue::Waiting, From::Start, 99).unwrap().iter().filter(late).count() as u64;
        assert_eq!(app.counters().unwrap().overdue, shown, "after {hours} hours more");
        seen.insert(shown);
    }
    assert!(seen.len() > 2, "{seen:?}");
}
