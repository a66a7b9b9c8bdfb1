//! Files of evidence: kept under their digest, found when somebody was at them, carried by backups, and missed by nobody
//! but as redacted when they are gone.

use super::stage::{Stage, behind_its_back, plan, submit};
use countersign::app::App;
use countersign::app::evidence::{Brought, Proof};
use countersign::domain::digest::EvidenceDigest;
use countersign::domain::names::RequestId;
use countersign::domain::principal::Face;

const DIFF: &[u8] = b"--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n";

fn attach(app: &mut App, id: RequestId, bytes: &[u8]) {
    let caller = app.caller(Face::Cli);
    let brought = Brought { label: "plan.diff", step: None, what: Proof::Bytes(bytes), pin: false };
    app.attach(id, &brought, &caller).unwrap_or_else(|e| panic!("{e}"));
}

fn with_a_file() -> (Stage, RequestId) {
    let stage = Stage::new();
    let mut app = stage.app();
    let id = submit(&mut app, plan("one", "Tell John", "John"));
    attach(&mut app, id, DIFF);
    (stage, id)
}

fn read(app: &App, id: RequestId) -> Option<Vec<u8>> {
    let request = app.request(id).unwrap();
    app.look_into(&request, 1, &app.caller(Face::Cli)).unwrap().bytes
}

#[test]
fn a_file_is_kept_with_its_event_and_outlives_a_rebuild_and_a_backup() {
    let (stage, id) = with_a_file();
    let mut app = stage.app();
    assert_eq!(read(&app, id).as_deref(), Some(DIFF));
    app.rebuild(|_| {}).unwrap();
    assert_eq!(read(&app, id).as_deref(), Some(DIFF));
    let report = app.verify(|_| {}).unwrap();
    assert!(report.is_sound(), "{:?}", report.problems);
    assert_eq!((report.files, report.files_gone), (1, 0));
    let copy = stage.dir.path().join("copy.db");
    app.backup(&copy, |_, _| {}).unwrap();
    assert_eq!(read(&stage.app_at(copy), id).as_deref(), Some(DIFF));
}

#[test]
fn the_same_bytes_are_kept_once_and_serve_each_request_that_has_them() {
    let (stage, one) = with_a_file();
    let mut app = stage.app();
    let two = submit(&mut app, plan("two", "Tell Jane", "Jane"));
    attach(&mut app, two, DIFF);
    assert_eq!(app.verify(|_| {}).unwrap().files, 1);
    assert_eq!((read(&app, one).as_deref(), read(&app, two).as_deref()), (Some(DIFF), Some(DIFF)));
}

#[test]
fn a_refused_attachment_leaves_neither_event_nor_bytes() {
    let (stage, id) = with_a_file();
    let mut app = stage.app();
    let head = app.head().unwrap();
    let caller = app.caller(Face::Cli);
    let brought = Brought { label: " ", step: None, what: Proof::Bytes(b"other"), pin: false };
    assert!(app.attach(id, &brought, &caller).is_err());
    assert_eq!((app.head().unwrap(), app.verify(|_| {}).unwrap().files), (head, 1));
}

#[test]
fn bytes_that_somebody_changed_or_put_there_are_found_and_bytes_that_are_gone_are_counted() {
    let (stage, id) = with_a_file();
    let attack = |name: &str, sql: &str| {
        let copy = stage.dir.path().join(name);
        stage.app().backup(&copy, |_, _| {}).unwrap();
        let conn = behind_its_back(&copy);
        let trigger: String = conn
            .query_row("SELECT sql FROM sqlite_schema WHERE name = 'evidence_is_not_changed'", [], |r| {
                r.get(0)
            })
            .unwrap();
        conn.execute_batch("DROP TRIGGER evidence_is_not_changed").unwrap();
        conn.execute_batch(sql).unwrap();
        conn.execute_batch(&trigger).unwrap();
        drop(conn);
        stage.app_at(copy).verify(|_| {}).unwrap()
    };
    let changed = attack("changed.db", "UPDATE evidence SET bytes = x'00'");
    assert!(
        changed.problems[0].what.as_str().contains("other bytes than its digest"),
        "{:?}",
        changed.problems
    );
    let moved = attack("moved.db", "UPDATE evidence SET sha256 = zeroblob(32)");
    assert!(
        moved.problems.iter().any(|p| p.what.as_str().contains("named by no event")),
        "{:?}",
        moved.problems
    );
    let hex = countersign::domain::digest::hex(EvidenceDigest::of(b"hi").bytes());
    let put = attack(
        "put.db",
        &format!("INSERT INTO evidence (sha256, bytes) VALUES (x'{hex}', CAST('hi' AS BLOB))"),
    );
    assert!(put.problems[0].what.as_str().contains("named by no event"), "{:?}", put.problems);
    let gone = attack("gone.db", "DELETE FROM evidence");
    assert!(gone.is_sound(), "a redaction is no tampering: {:?}", gone.problems);
    assert_eq!((gone.files, gone.files_gone), (0, 1));
    assert_eq!(read(&stage.app_at(stage.dir.path().join("gone.db")), id), None);
}

#[test]
fn a_digest_in_a_document_opens_no_file_of_another_request() {
    let (stage, _) = with_a_file();
    let mut app = stage.app();
    let digest = EvidenceDigest::of(DIFF);
    let thief = super::stage::document(&format!(
        r#"{{"by": "mallory", "kind": "gate", "title": "Go on?",
            "evidence": [{{"label": "mine", "locator": "x", "sha256": "{digest}"}}]}}"#
    ));
    let id = submit(&mut app, thief);
    assert_eq!(read(&app, id), None);
}

#[test]
fn what_was_looked_into_is_known_of_each_reader() {
    let (stage, id) = with_a_file();
    let app = stage.app();
    let me = app.caller(Face::Cli);
    assert!(app.opened(id, &me).unwrap().is_empty());
    read(&app, id);
    assert!(app.opened(id, &me).unwrap().contains(&EvidenceDigest::of(DIFF)));
    assert!(app.opened(id, &super::stage::acting_as(&app, "carol")).unwrap().is_empty());
}

#[test]
fn an_export_carries_the_bytes_and_whoever_reads_it_alone_sees_that_they_are_whole() {
    let (stage, _) = with_a_file();
    let app = stage.app();
    let mut lines = Vec::new();
    app.events(countersign::domain::names::Seq(0), |event| {
        lines.push(app.export_line(&event)?);
        Ok::<bool, countersign::app::Error>(true)
    })
    .unwrap();
    let hex = countersign::domain::digest::hex(DIFF);
    assert!(lines.iter().any(|line| line.contains(&format!("\"evidence\":\"{hex}\""))), "{lines:?}");
    let Some((code, said)) = super::redaction::independent(&lines) else { return };
    assert_eq!(code, Some(0), "{said}");
    let changed: Vec<String> = lines.iter().map(|line| line.replace(&hex, "00")).collect();
    let (code, said) = super::redaction::independent(&changed).unwrap();
    assert_eq!((code, said.contains("the evidence was changed")), (Some(5), true), "{said}");
}
