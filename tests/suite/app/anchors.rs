//! An export kept elsewhere is an anchor: it finds what the chain alone cannot.

use super::{NOW, open};
use countersign::app::audit::Against;
use countersign::app::{App, Error, demo};
use countersign::domain::names::Seq;
use std::io::Cursor;
use std::path::Path;

fn export(app: &App) -> Vec<String> {
    let mut lines = Vec::new();
    app.events(Seq(0), |event| {
        lines.push(app.export_line(&event).unwrap());
        Ok::<_, Error>(true)
    })
    .unwrap();
    lines
}

fn against(app: &App, lines: &[String]) -> Against {
    app.verify_against(Cursor::new(lines.join("\n"))).unwrap()
}

/// A store with a history, and its export.
fn store(dir: &Path, name: &str) -> (App, Vec<String>) {
    demo::fill(&dir.join(name), NOW).unwrap();
    let app = open(dir, name);
    let lines = export(&app);
    (app, lines)
}

#[test]
fn a_log_that_went_on_agrees_with_its_older_export() {
    let dir = tempfile::tempdir().unwrap();
    let (app, lines) = store(dir.path(), "a.db");
    assert_eq!(against(&app, &lines), Against::Agrees(Seq(lines.len() as u64)));
    assert_eq!(against(&app, &lines[..9]), Against::Agrees(Seq(9)));
}

#[test]
fn a_log_whose_end_was_cut_off_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let (app, lines) = store(dir.path(), "a.db");
    let copy = dir.path().join("copy.db");
    app.backup(&copy, |_, _| {}).unwrap();
    let last = lines.len() as u64;
    let cut = rusqlite::Connection::open(&copy).unwrap();
    cut.execute_batch(&format!(
        "DROP TRIGGER log_is_not_cut; DELETE FROM payloads WHERE seq > {0}; DELETE FROM log WHERE seq > {0};
         CREATE TRIGGER log_is_not_cut BEFORE DELETE ON log
    BEGIN SELECT raise(ABORT, 'the log is append-only'); END;",
        last - 3
    ))
    .unwrap();
    drop(cut);
    let mut cut = open(dir.path(), "copy.db");
    cut.rebuild(|_| {}).unwrap();
    assert!(cut.verify(|_| {}).unwrap().is_sound(), "the chain alone cannot see it");
    assert_eq!(against(&cut, &lines), Against::Cut { ends: Seq(last - 3), export: Seq(last) });
}

#[test]
fn a_copy_that_went_its_own_way_forks_where_it_did() {
    let dir = tempfile::tempdir().unwrap();
    let (mut app, lines) = store(dir.path(), "a.db");
    app.backup(&dir.path().join("copy.db"), |_, _| {}).unwrap();
    let mut copy = open(dir.path(), "copy.db");
    demo::ask_one_more(&mut app, 0).unwrap();
    demo::ask_one_more(&mut copy, 1).unwrap();
    assert_eq!(against(&copy, &export(&app)), Against::Forks(Seq(lines.len() as u64 + 1)));
}

#[test]
fn another_store_s_export_is_no_anchor_and_rubbish_is_no_export() {
    let dir = tempfile::tempdir().unwrap();
    let (app, _) = store(dir.path(), "a.db");
    let (_, other) = store(dir.path(), "b.db");
    assert_eq!(against(&app, &other), Against::OtherStore);
    for rubbish in ["", "{}", "[1]", "{\"envelope\":{\"seq\":1},\"hash\":\"zz\"}", "\u{1b}[2J"] {
        assert!(app.verify_against(Cursor::new(rubbish)).is_err(), "{rubbish}");
    }
}
