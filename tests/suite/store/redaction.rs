//! A payload that is gone leaves a hole that is reported as such: the chain holds, everything can be rebuilt, and what
//! nobody can read any more nobody approves.

use super::stage::{Stage, after_some_days, approve, behind_its_back, does, reject, tries};
use countersign::app::{App, Error, Recorded};
use countersign::domain::names::{RequestId, Seq};
use countersign::domain::refusal::Refusal;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

fn events(app: &App) -> Vec<Recorded> {
    let mut events = Vec::new();
    app.events(Seq(0), |event| {
        events.push(event);
        Ok(true)
    })
    .unwrap();
    events
}

/// A copy without the payloads of these events.
fn redacted(stage: &Stage, name: &str, gone: &[Seq]) -> PathBuf {
    let copy = stage.dir.path().join(name);
    stage.app().backup(&copy, |_, _| {}).unwrap();
    let conn = behind_its_back(&copy);
    for seq in gone {
        assert_eq!(conn.execute("DELETE FROM payloads WHERE seq = ?1", [seq.0]).unwrap(), 1);
    }
    copy
}

fn with_payload(stage: &Stage) -> Vec<Seq> {
    events(&stage.app()).iter().filter(|e| e.body.is_some()).map(|e| e.envelope.seq).collect()
}

/// The store holds, with these payloads gone: before the rebuild at most derived rows know too much.
fn holds(app: &mut App, gone: &[Seq]) {
    let head = app.head().unwrap();
    let before = app.verify(|_| {}).unwrap();
    assert_eq!(before.first_bad(), None, "{gone:?}: {:?}", before.problems);
    assert_eq!(before.payloads_gone, gone);
    assert!(
        before.problems.iter().all(|p| p.what.as_str().starts_with("derived table ")),
        "{:?}",
        before.problems
    );
    app.rebuild(|_| {}).unwrap();
    let after = app.verify(|_| {}).unwrap();
    assert!(after.is_sound(), "{gone:?}: {:?}", after.problems);
    assert_eq!((after.payloads_gone.as_slice(), app.head().unwrap()), (gone, head));
}

#[test]
fn every_single_payload_can_go_and_the_log_holds() {
    let stage = after_some_days();
    let payloads = with_payload(&stage);
    assert!(payloads.len() > 15, "{payloads:?}");
    for seq in payloads {
        let copy = redacted(&stage, &format!("without-{seq}.db"), &[seq]);
        holds(&mut stage.app_at(copy), &[seq]);
    }
}

#[test]
fn all_payloads_can_go_and_every_request_is_still_there() {
    let stage = after_some_days();
    let payloads = with_payload(&stage);
    let mut app = stage.app_at(redacted(&stage, "bare.db", &payloads));
    holds(&mut app, &payloads);
    let full = stage.app();
    for event in events(&full).iter().filter(|e| e.envelope.version == 1 && e.envelope.seq > Seq(1)) {
        let id = RequestId::parse(&event.envelope.aggregate).unwrap();
        let (bare, full) = (app.request(id).unwrap(), full.request(id).unwrap());
        assert_eq!(bare.content, None, "{id}");
        assert_eq!(bare.state_name(), full.state_name(), "{id}: a verdict is a fact");
        assert_eq!(bare.decision_digest(), full.decision_digest(), "{id}");
        assert_eq!((&bare.marks, bare.version, bare.deadlines), (&full.marks, full.version, full.deadlines));
    }
}

#[test]
fn a_title_that_is_gone_is_a_derived_row_that_knows_too_much_until_the_rebuild() {
    let stage = after_some_days();
    let conn = behind_its_back(&stage.store());
    let last_submission: u64 = conn
        .query_row("SELECT max(seq) FROM log WHERE name = 'request.submitted' AND by = 'planner'", [], |r| {
            r.get(0)
        })
        .unwrap();
    let mut app = stage.app_at(redacted(&stage, "untitled.db", &[Seq(last_submission)]));
    let before = app.verify(|_| {}).unwrap();
    // That a redacted word still stands in a derived row is no tampering, and is said.
    assert!(before.is_sound(), "{:?}", before.problems);
    assert!(before.stale_rows >= 2, "the title and a name: {}", before.stale_rows);
    app.rebuild(|_| {}).unwrap();
    let after = app.verify(|_| {}).unwrap();
    assert!(after.is_sound() && after.stale_rows == 0);
}

#[test]
fn a_redaction_hides_no_other_change_of_the_same_row() {
    let stage = after_some_days();
    let last: u64 = behind_its_back(&stage.store())
        .query_row("SELECT max(seq) FROM log WHERE name = 'request.submitted' AND by = 'planner'", [], |r| {
            r.get(0)
        })
        .unwrap();
    let copy = redacted(&stage, "hidden.db", &[Seq(last)]);
    let conn = behind_its_back(&copy);
    let aggregate: String =
        conn.query_row("SELECT aggregate FROM log WHERE seq = ?1", [last], |r| r.get(0)).unwrap();
    let id = RequestId::parse(&aggregate).unwrap().number();
    conn.execute("UPDATE requests SET risk = 'low', priority = 'low', level = 2 WHERE id = ?1", [id])
        .unwrap();
    drop(conn);
    let report = stage.app_at(copy).verify(|_| {}).unwrap();
    assert!(
        report.problems.iter().any(|p| p.what.as_str().contains("table requests:")),
        "{:?}",
        report.problems
    );
}

#[test]
fn nobody_approves_what_nobody_can_read_but_anybody_may_refuse_it() {
    let stage = after_some_days();
    let open: Vec<RequestId> = {
        let app = stage.app();
        let rows = app.page(countersign::app::Queue::Waiting, countersign::app::From::Start, 99).unwrap();
        rows.iter().map(|row| row.id).collect()
    };
    assert!(!open.is_empty());
    let mut app = stage.app_at(redacted(&stage, "bare.db", &with_payload(&stage)));
    for rebuilt in [false, true] {
        if rebuilt {
            app.rebuild(|_| {}).unwrap();
        }
        for id in &open {
            let told = tries(&mut app, *id, &approve()).unwrap_err();
            assert_eq!(told, Error::Refused(Refusal::Uninspectable), "{id}");
        }
    }
    for id in &open {
        does(&mut app, *id, &reject());
    }
    assert!(app.verify(|_| {}).unwrap().is_sound());
}

#[test]
fn the_independent_verifier_agrees_on_the_head_and_on_how_many_are_gone() {
    if Command::new("python3").arg("--version").output().is_err() {
        eprintln!("SKIPPED: there is no python3, so assets/verify_log.py was not run");
        return;
    }
    let stage = after_some_days();
    let payloads = with_payload(&stage);
    for (name, gone) in [
        ("whole", &payloads[..0]),
        ("first", &payloads[..1]),
        ("some", &payloads[3..9]),
        ("all", &payloads[..]),
    ] {
        let app = stage.app_at(redacted(&stage, &format!("{name}.db"), gone));
        let lines: Vec<String> = events(&app).iter().map(|event| app.export_line(event).unwrap()).collect();
        let (seq, head) = app.head().unwrap();
        let said = independent(&lines).unwrap();
        assert_eq!(
            said,
            (Some(0), format!("{seq} events, head {head}, {} payloads redacted\n", gone.len())),
            "{name}"
        );
        // And it does not agree to everything.
        let mut edited = lines.clone();
        edited[7] = edited[7].replacen("\"at\":1", "\"at\":2", 1);
        assert_ne!(edited, lines);
        assert_eq!(
            independent(&edited).unwrap(),
            (Some(5), "event 8: the hash does not match\n".to_owned()),
            "{name}"
        );
    }
}

/// What the verifier that knows nothing of this program says; nothing where there is no Python.
pub fn independent(lines: &[String]) -> Option<(Option<i32>, String)> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/verify_log.py");
    let mut python =
        Command::new("python3").arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
    let mut stdin = python.stdin.take().unwrap();
    for line in lines {
        writeln!(stdin, "{line}").unwrap();
    }
    drop(stdin);
    let done = python.wait_with_output().unwrap();
    Some((done.status.code(), String::from_utf8(done.stdout).unwrap()))
}
