//! Whose files these are: what the store makes is the owner's alone, and what is somebody else's, something else or of
//! another time is refused with a sentence and not touched.

use super::stage::{Stage, after_some_days, approve, behind_its_back, derived, document, submit, tries};
use countersign::app::{Error, Failure, From, Queue};
use countersign::domain::log::{Envelope, event_hash};
use countersign::domain::moment::Moment;
use countersign::domain::names::{RequestId, Seq};
use countersign::domain::refusal::exit;
use countersign::store::hygiene::FORM;
use rusqlite::{Connection, params};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap_or_else(|e| panic!("{}: {e}", path.display())).mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// A path with something behind its last name.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    PathBuf::from(format!("{}{suffix}", path.display()))
}

/// The store is refused as one that may not be used, with these words.
fn refused(stage: &Stage, store: &Path, words: &str) {
    match stage.try_app_at(store.to_path_buf(), None) {
        Ok(_) => panic!("{} was opened; it should have said: {words}", store.display()),
        Err(e) => assert!(e.to_string().contains(words), "{e}"),
    }
}

/// The bytes and the times of a file, and what else lies in its directory.
fn as_it_lies(path: &Path) -> (Vec<u8>, i64, i64, Vec<String>) {
    let meta = std::fs::metadata(path).unwrap();
    let mut beside: Vec<String> = std::fs::read_dir(path.parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    beside.sort();
    (std::fs::read(path).unwrap(), meta.mtime(), meta.mtime_nsec(), beside)
}

/// The file is refused with these words, and neither it nor its directory is touched.
fn refused_untouched(stage: &Stage, store: &Path, words: &str) {
    let before = as_it_lies(store);
    refused(stage, store, words);
    assert!(before == as_it_lies(store), "{} was touched", store.display());
}

#[test]
fn whatever_the_umask_all_that_is_made_is_the_owners_alone() {
    let stage = Stage::new();
    let dir = stage.dir.path().join("made").join("here");
    let store = dir.join("s.db");
    let document = stage.dir.path().join("gate.json");
    std::fs::write(&document, r#"{"by": "planner", "kind": "gate", "title": "Go on?"}"#).unwrap();
    // One that waits has the store open, so that everything SQLite keeps beside the file is there.
    let mut waiting = Command::new("/bin/sh")
        .args(["-c", r#"umask 000; exec "$0" "$@""#, env!("CARGO_BIN_EXE_countersign"), "submit", "--wait"])
        .arg(&document)
        .env("COUNTERSIGN_STORE", &store)
        .env("COUNTERSIGN_CONFIG", stage.config())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    BufReader::new(waiting.stdout.take().unwrap()).read_line(&mut said).unwrap();
    let modes: Vec<(String, u32)> = std::fs::read_dir(&dir)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), mode(&entry.path())))
        .collect();
    waiting.kill().unwrap();
    waiting.wait().unwrap();
    assert!(said.contains("R-1"), "{said}");
    for name in ["s.db", "s.db-wal", "s.db-shm", "s.db.lock", "s.db.bell"] {
        assert!(modes.contains(&(name.to_owned(), 0o600)), "{name}: {modes:?}");
    }
    assert_eq!(modes.len(), 6, "{modes:?}");
    assert_eq!((mode(&dir), mode(dir.parent().unwrap())), (0o700, 0o700));
    // The one who was killed left nothing that is in the way.
    assert!(stage.app_at(store).verify(|_| {}).unwrap().is_sound());
}

#[test]
fn a_backup_is_the_owners_alone_and_never_replaces_a_file() {
    let stage = Stage::new();
    let app = stage.app();
    let copy = stage.dir.path().join("copy.db");
    app.backup(&copy, |_, _| {}).unwrap();
    assert_eq!(mode(&copy), 0o600);
    let before = as_it_lies(&copy);
    assert!(app.backup(&copy, |_, _| {}).unwrap_err().to_string().contains("exists already"));
    let link = stage.dir.path().join("link.db");
    symlink(stage.dir.path().join("nowhere.db"), &link).unwrap();
    assert!(app.backup(&link, |_, _| {}).unwrap_err().to_string().contains("exists already"));
    assert!(!stage.dir.path().join("nowhere.db").exists());
    assert_eq!(before.0, std::fs::read(&copy).unwrap());
    assert!(stage.app_at(copy).verify(|_| {}).unwrap().is_sound());
}

#[test]
fn a_directory_that_others_can_write_to_is_refused() {
    let stage = Stage::new();
    drop(stage.app());
    for bad in [0o770, 0o707, 0o777, 0o1777] {
        set_mode(stage.dir.path(), bad);
        refused(&stage, &stage.store(), "others can write to the directory");
    }
    set_mode(stage.dir.path(), 0o755);
    stage.app();
}

#[test]
fn a_parent_in_which_others_can_replace_things_is_refused_unless_it_is_sticky() {
    let stage = Stage::new();
    let above = stage.dir.path().join("above");
    let dir = above.join("mine");
    std::fs::create_dir_all(&dir).unwrap();
    set_mode(&dir, 0o700);
    for bad in [0o777, 0o770] {
        set_mode(&above, bad);
        refused(&stage, &dir.join("s.db"), "others can replace what is under");
        assert_eq!(std::fs::read_dir(&dir).unwrap().count(), 0);
    }
    set_mode(&above, 0o1777);
    stage.app_at(dir.join("s.db"));
}

#[test]
fn a_file_that_others_can_write_to_is_refused() {
    let stage = Stage::new();
    drop(stage.app());
    for bad in [0o660, 0o606, 0o666] {
        set_mode(&stage.store(), bad);
        refused_untouched(&stage, &stage.store(), "others can write to");
    }
    set_mode(&stage.store(), 0o644);
    stage.app();
}

#[test]
fn no_symbolic_link_is_followed_to_the_store_its_lock_or_its_bell() {
    for (suffix, words) in [("", "is a symbolic link"), (".lock", "making"), (".bell", "making")] {
        let stage = Stage::new();
        drop(stage.app());
        let real = stage.dir.path().join("real");
        std::fs::rename(beside(&stage.store(), suffix), &real).unwrap();
        symlink(&real, beside(&stage.store(), suffix)).unwrap();
        let before = std::fs::read(&real).unwrap();
        refused(&stage, &stage.store(), words);
        assert_eq!(std::fs::read(&real).unwrap(), before);
        // Nor is a file made where a link points to nothing.
        std::fs::remove_file(&real).unwrap();
        refused(&stage, &stage.store(), words);
        assert!(!real.exists(), "{suffix}");
    }
}

#[test]
fn what_is_no_regular_file_is_refused() {
    for suffix in ["", ".lock", ".bell"] {
        let words = if suffix.is_empty() { "is not a regular file" } else { "s.db" };
        let stage = Stage::new();
        std::fs::create_dir(beside(&stage.store(), suffix)).unwrap();
        refused(&stage, &stage.store(), words);
        let stage = Stage::new();
        let made = Command::new("mkfifo").arg(beside(&stage.store(), suffix)).status().unwrap();
        assert!(made.success());
        refused(&stage, &stage.store(), words);
    }
}

#[test]
fn what_is_no_store_is_refused_without_writing_a_byte() {
    let stage = Stage::new();
    let foreign = stage.dir.path().join("foreign.db");
    let conn = Connection::open(&foreign).unwrap();
    conn.execute_batch("CREATE TABLE notes (a); INSERT INTO notes VALUES (1)").unwrap();
    drop(conn);
    set_mode(&foreign, 0o600);
    refused_untouched(&stage, &foreign, "is not a countersign store");
    for (name, bytes) in [
        ("short.txt", b"hi".to_vec()),
        ("long.txt", b"not a database, but long enough to be one ".repeat(50)),
        ("half.db", b"SQLite format 3\0 and no more".to_vec()),
    ] {
        let path = stage.dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        set_mode(&path, 0o600);
        refused_untouched(&stage, &path, "is not a countersign store");
    }
}

#[test]
fn another_form_than_this_ones_is_refused_untouched() {
    let newer = format!("was made by a newer countersign (form {}, this one knows {FORM})", FORM + 1);
    let sentences = [
        (0, "is not a countersign store"),
        (-1, "is not a countersign store"),
        (FORM + 1, newer.as_str()),
        (i32::MAX, "was made by a newer countersign"),
    ];
    for (form, words) in sentences {
        let stage = Stage::new();
        let copy = stage.dir.path().join("copy.db");
        stage.app().backup(&copy, |_, _| {}).unwrap();
        let conn = Connection::open(&copy).unwrap();
        conn.execute_batch(&format!("PRAGMA user_version = {form}")).unwrap();
        drop(conn);
        refused_untouched(&stage, &copy, words);
    }
}

#[test]
fn a_newer_form_that_comes_while_the_store_is_open_stops_the_next_write() {
    let stage = Stage::new();
    let mut app = stage.app();
    let id = submit(&mut app, document(r#"{"by": "planner", "kind": "gate", "title": "Go on?"}"#));
    let newer = format!("PRAGMA user_version = {}", FORM + 1);
    behind_its_back(&stage.store()).execute_batch(&newer).unwrap();
    let head = app.head().unwrap();
    let told = tries(&mut app, id, &approve()).unwrap_err();
    assert!(told.to_string().contains("newer countersign"), "{told}");
    assert_eq!(told.exit_code(), exit::IO);
    assert_eq!(app.head().unwrap(), head);
    refused(&stage, &stage.store(), "newer countersign");
}

/// Appends an event with a name of another time, in every other way as it should be.
fn event_of_another_time(stage: &Stage, aggregate: &str) {
    let (last, head) = stage.app().head().unwrap();
    let conn = behind_its_back(&stage.store());
    let version: u64 = conn
        .query_row("SELECT coalesce(max(version), 0) + 1 FROM log WHERE aggregate = ?1", [aggregate], |r| {
            r.get(0)
        })
        .unwrap();
    let id: String = conn.query_row("SELECT id FROM store", [], |row| row.get(0)).unwrap();
    let envelope = Envelope {
        seq: Seq(last.0 + 1),
        store: countersign::domain::names::StoreId::parse(&id).unwrap(),
        aggregate: aggregate.to_owned(),
        version,
        at: Moment::from_millis(1),
        by: "planner".to_owned(),
        assurance: "asserted".to_owned(),
        name: "request.teleported".to_owned(),
    };
    let hash = event_hash(head, &envelope, "{}", None);
    conn.execute(
        "INSERT INTO log VALUES (?1, ?2, ?3, 1, 'planner', 'asserted', 'request.teleported', '{}', NULL, ?4)",
        params![envelope.seq.0, aggregate, version, hash.bytes()],
    )
    .unwrap();
}

#[test]
fn an_event_of_another_time_makes_the_store_one_that_is_only_read() {
    let stage = after_some_days();
    let rows = stage.app().page(Queue::Waiting, From::Start, 9).unwrap();
    let (open, other) = (rows[0].id, RequestId::new(3));
    event_of_another_time(&stage, &other.to_string());
    let mut app = stage.app();
    assert!(app.read_only().unwrap().as_str().contains("request.teleported"));
    // Reading works.
    assert_eq!(app.page(Queue::Waiting, From::Start, 9).unwrap(), rows);
    assert!(app.request(open).unwrap().is_open());
    assert!(app.history(open).unwrap().len() > 1);
    let head = app.head().unwrap();
    // Writing does not.
    let told = tries(&mut app, open, &approve()).unwrap_err();
    assert!(matches!(told, Error::Failed(Failure::Unusable { .. })), "{told}");
    assert_eq!(told.exit_code(), exit::IO);
    assert!(
        told.to_string().contains("read only") && told.to_string().contains("request.teleported"),
        "{told}"
    );
    assert!(app.rebuild(|_| {}).unwrap_err().to_string().contains("read only"));
    assert_eq!(app.head().unwrap(), head);
    let said = Command::new(env!("CARGO_BIN_EXE_countersign"))
        .args(["approve", &open.to_string(), "--reason", "go"])
        .env("COUNTERSIGN_STORE", stage.store())
        .env("COUNTERSIGN_CONFIG", stage.config())
        .output()
        .unwrap();
    assert_eq!(said.status.code(), Some(74));
    assert!(String::from_utf8_lossy(&said.stderr).contains("the store is read only"), "{said:?}");
    // It is named as what it is: an event that cannot be read here.
    assert_eq!(app.verify(|_| {}).unwrap().first_bad(), Some(head.0));
}

#[test]
fn disks_whose_locks_cannot_be_trusted_are_known_by_name() {
    use countersign::store::hygiene::network_name;
    for (magic, name) in [
        (0x6969, "NFS"),
        (0xFF53_4D42, "CIFS"),
        (0xFE53_4D42, "SMB2"),
        (0x0102_1997, "9p"),
        (0x6573_5546, "FUSE"),
    ] {
        assert_eq!(network_name(magic), Some(name));
    }
    // ext, xfs, btrfs, tmpfs, zfs, overlay.
    for local in [0xEF53, 0x5846_5342, 0x9123_683E, 0x0102_1994, 0x2FC1_2FC1, 0x794C_7630] {
        assert_eq!(network_name(local), None);
    }
    // A kernel's number can come with its sign spread over the upper half.
    assert_eq!(network_name(0xFFFF_FFFF_FF53_4D42), Some("CIFS"));
}

#[test]
fn a_store_of_the_first_form_is_brought_to_this_one_and_its_log_is_not_touched() {
    let stage = after_some_days();
    let before = derived(&stage.store());
    let head = stage.app().head().unwrap();
    let conn = behind_its_back(&stage.store());
    conn.execute_batch(
        "DROP TABLE words; DELETE FROM inbox WHERE slot GLOB '[*]?*'; DROP TABLE snoozed; DROP TABLE seen; DROP TABLE progress;
         DROP TABLE evidence; DROP TABLE heard; DROP TABLE opened; DROP TABLE visits;
         DROP INDEX inbox_by_request; DROP INDEX inbox_by_due;
         INSERT INTO drafts VALUES ('ann', 1, 'comment', '{}', 5); PRAGMA user_version = 1",
    )
    .unwrap();
    drop(conn);
    let mut app = stage.app();
    assert_eq!(derived(&stage.store()), before);
    assert_eq!(app.head().unwrap(), head);
    assert!(app.verify(|_| {}).unwrap().is_sound());
    drop(app);
    let drafts = super::stage::rows(&behind_its_back(&stage.store()), "SELECT author FROM drafts");
    assert_eq!(drafts.len(), 1, "what somebody typed is kept");
    // A log that cannot be replayed is left as it is.
    let conn = behind_its_back(&stage.store());
    conn.execute_batch("DROP TRIGGER log_is_not_changed; UPDATE log SET facts = '{}' WHERE seq = 3;")
        .unwrap();
    conn.execute_batch("PRAGMA user_version = 1").unwrap();
    drop(conn);
    let Err(told) = stage.try_app_at(stage.store(), None) else { panic!("it opened") };
    assert!(told.to_string().contains("event 3 cannot be replayed"), "{told}");
    let form: i32 =
        behind_its_back(&stage.store()).query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    assert_eq!(form, 1);
}
