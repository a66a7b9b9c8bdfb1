//! Opening a store: look first, touch later, and make it when there is none.

use crate::domain::log::{STORE_CREATED, store_created_facts};
use crate::domain::moment::Moment;
use crate::domain::names::StoreId;
use crate::domain::principal::Assurance;
use crate::domain::text::Safe;
use crate::store::bell::{Bell, Rope};
use crate::store::failure::{Failure, failed};
use crate::store::hygiene::{self, APPLICATION_ID, FORM, Found};
use crate::store::lock::WritersLock;
use crate::store::log::{Appending, Chance};
use crate::store::recent::Recent;
use crate::store::reserve::{Reserve, Room};
use crate::store::scan::LastScan;
use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::{Connection, OpenFlags, OptionalExtension};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The whole schema, as a new store gets it.
pub const SCHEMA: &str = include_str!("../../schema.sql");

/// Everything a new store is told about its birth.
#[derive(Debug)]
pub struct Birth {
    /// When.
    pub at: Moment,
    /// The account that made it.
    pub account: String,
}

/// One open store.
pub struct Store {
    pub(super) conn: Connection,
    // Behind the connection, because fields are dropped in this order.
    pub(super) reserve: Reserve,
    pub(super) path: PathBuf,
    /// Device and inode of the file that is open.
    pub(super) seat: (u64, u64),
    pub(super) id: StoreId,
    pub(super) lock: WritersLock,
    pub(super) rope: Rope,
    pub(super) recent: Recent,
    pub(super) last_scan: LastScan,
    pub(super) chance: Chance,
    pub(super) read_only: Option<Safe>,
}

/// The oldest SQLite without the WAL-reset defect that loses committed writes silently.
const OLDEST_SQLITE: i32 = 3_051_003;

impl Store {
    /// Opens the store at `path`, making it when there is none, with the built-in reserve.
    ///
    /// # Errors
    /// As [`Store::open_with`].
    pub fn open(path: &Path, birth: &Birth, chance: Chance) -> Result<Self, Failure> {
        Self::open_with(path, birth, chance, Room::BUILT_IN)
    }

    /// Opens the store at `path`, making it when there is none.
    ///
    /// # Errors
    /// Everything [`hygiene`] refuses; a damaged file; a disk error.
    pub fn open_with(path: &Path, birth: &Birth, mut chance: Chance, room: Room) -> Result<Self, Failure> {
        rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
        if rusqlite::version_number() < OLDEST_SQLITE {
            return Err(Failure::unusable(
                format!("SQLite {} can lose committed writes", rusqlite::version()),
                "build with SQLite 3.51.3 or newer",
            ));
        }
        let dir = hygiene::check_directory(path)?;
        let name = path
            .file_name()
            .ok_or_else(|| Failure::unusable("the store's path names no file", "name a file"))?;
        let path = dir.join(name);
        let found = hygiene::check_file(&path)?;
        let lock = WritersLock::beside(&path)?;
        if found == Found::Nothing {
            let _held = lock.take()?;
            // Somebody may have made it while we waited.
            if hygiene::check_file(&path)? == Found::Nothing {
                make(&path, birth, &mut chance)?;
            }
        }
        let reserve = Reserve::beside(&path, room, lock.clone());
        reserve.lend_if_scarce();
        let conn = match connect(&path) {
            // Somebody may have taken the room between our look and SQLite's.
            Err(Failure::Full { .. } | Failure::Io { .. }) if reserve.is_scarce() && reserve.lend() => {
                connect(&path)
            }
            other => other,
        };
        let conn = conn.map_err(|failure| reserve.explained(failure))?;
        let id: Option<Vec<u8>> = conn
            .query_row("SELECT CAST(id AS BLOB) FROM store", [], |row| row.get(0))
            .optional()
            .map_err(|e| failed("reading the store's id", e))?;
        let id = id.and_then(|id| StoreId::parse(&String::from_utf8_lossy(&id)));
        let id = id.ok_or_else(|| Failure::damaged("the store has no id, or one that is none"))?;
        let seat = seat(&path).unwrap_or_default();
        let mut store = Self {
            conn,
            reserve,
            path,
            seat,
            id,
            lock,
            rope: Rope::beside(&dir.join(name))?,
            recent: Recent::default(),
            last_scan: LastScan::default(),
            chance,
            read_only: None,
        };
        store.read_only = store.unknown_event()?;
        store.bring_up()?;
        store.reserve.make();
        Ok(store)
    }

    /// The sentence for a log that holds an event this program does not know: it is only read then.
    fn unknown_event(&self) -> Result<Option<Safe>, Failure> {
        let mut name = String::new();
        loop {
            // A loose index scan: as many look-ups as there are names, however long the log.
            // As bytes: a name that is no text is one we do not know.
            let next: Option<Vec<u8>> = self
                .conn
                .query_row("SELECT CAST(min(name) AS BLOB) FROM log WHERE name > ?1", [&name], |row| {
                    row.get(0)
                })
                .map_err(|e| failed("reading which events there are", e))?;
            match next.map(|next| String::from_utf8_lossy(&next).into_owned()) {
                None => return Ok(None),
                Some(next) if next <= name => {
                    return Err(Failure::damaged("the index of event names goes in a circle"));
                }
                Some(next)
                    if next == STORE_CREATED || crate::domain::event::NAMES.contains(&next.as_str()) =>
                {
                    name = next;
                }
                Some(next) => {
                    let words = format!("the log holds an event this program does not know ({next})");
                    return Ok(Some(crate::domain::text::safe_line(&words)));
                }
            }
        }
    }

    /// The store's identity.
    pub fn id(&self) -> &StoreId {
        &self.id
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the open file is still the one at its place: what is written to another nobody finds again.
    ///
    /// # Errors
    /// When it was removed, moved or replaced.
    pub fn still_there(&self) -> Result<(), Failure> {
        if seat(&self.path) == Some(self.seat) {
            return Ok(());
        }
        Err(Failure::unusable(
            format!("the store {} is gone: it was removed, moved or replaced", self.path.display()),
            "nothing was changed; put it back, and start again",
        ))
    }

    /// Who holds the writers' lock just now, if anybody does.
    pub fn writer(&self) -> Option<Safe> {
        self.lock.taken_by()
    }

    /// Its room on the disk.
    pub fn reserve(&self) -> &Reserve {
        &self.reserve
    }

    /// Why it is only read, if it is.
    pub fn read_only(&self) -> Option<&Safe> {
        self.read_only.as_ref()
    }

    /// An ear for its bell.
    ///
    /// # Errors
    /// When the bell's file cannot be made.
    pub fn bell(&self) -> Result<Bell, Failure> {
        Bell::beside(&self.path)
    }
}

/// Device and inode of the file at `path`.
fn seat(path: &Path) -> Option<(u64, u64)> {
    path.symlink_metadata().ok().map(|meta| (meta.dev(), meta.ino()))
}

/// Opens SQLite on a file that was looked at.
pub(super) fn connect(path: &Path) -> Result<Connection, Failure> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let opening = |e| failed("opening the store", e);
    let conn = Connection::open_with_flags(path, flags).map_err(opening)?;
    let number = |name: &str| conn.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i32>(0));
    hygiene::check_numbers(
        path,
        number("application_id").map_err(opening)?,
        number("user_version").map_err(opening)?,
    )?;
    // Only a file that is ours is changed: WAL mode is written into it.
    settle_in(&conn).map_err(opening)?;
    Ok(conn)
}

/// The settings every connection has.
fn settle_in(conn: &Connection) -> rusqlite::Result<()> {
    conn.busy_timeout(Duration::from_secs(10))?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    // Without it SQLite plans a statement anew for every value that is bound to it.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    conn.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
    conn.set_prepared_statement_cache_capacity(64);
    conn.execute_batch(
        "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA recursive_triggers = ON;
         PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY;",
    )?;
    // Not in the batch: it answers with a row. A store that is already in WAL mode is not written to.
    conn.query_row("PRAGMA journal_mode = WAL", [], |row| row.get::<_, String>(0)).map(|_| ())
}

/// Makes a new store beside its place and puts it there whole, so that a process that is killed while it does leaves
/// nothing that the next one could take for a store. Called with the writers' lock held.
fn make(path: &Path, birth: &Birth, chance: &mut Chance) -> Result<(), Failure> {
    let unborn = hygiene::beside(path, ".new");
    let forget = || {
        for left in [unborn.clone(), hygiene::beside(&unborn, "-journal")] {
            let _ = std::fs::remove_file(left);
        }
    };
    forget(); // what a killed process left behind
    write_first(&unborn, birth, chance).inspect_err(|_| forget())?;
    let putting = |e: std::io::Error| {
        Failure::io(format!("putting the new store at {}", path.display()), e, "check the directory's rights")
    };
    std::fs::rename(&unborn, path).map_err(putting)?;
    // The name is only as durable as the directory that holds it.
    let dir = path.parent().unwrap_or(Path::new("."));
    std::fs::File::open(dir).and_then(|dir| dir.sync_all()).map_err(putting)
}

/// Schema, identity and first event in one transaction, in a file of its own.
fn write_first(unborn: &Path, birth: &Birth, chance: &mut Chance) -> Result<(), Failure> {
    hygiene::own_file(unborn, true)?;
    let making = |e| failed("making the store", e);
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let mut conn = Connection::open_with_flags(unborn, flags).map_err(making)?;
    let mut bytes = [0u8; 16];
    chance(&mut bytes).map_err(|e| Failure::io("drawing random bytes", e, "check /dev/urandom"))?;
    let id = StoreId::from_bytes(bytes);
    let tx = conn.transaction().map_err(making)?;
    tx.execute_batch(&format!("PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {FORM};"))
        .and_then(|()| tx.execute_batch(SCHEMA))
        .and_then(|()| tx.execute("INSERT INTO store (one, id) VALUES (1, ?1)", [id.as_str()]).map(|_| ()))
        .map_err(making)?;
    let mut appending = Appending::at_head(&tx, &id)?;
    appending.append(crate::store::log::Row {
        aggregate: "store".to_owned(),
        version: 1,
        at: birth.at,
        by: "system".to_owned(),
        assurance: Assurance::Asserted.word().to_owned(),
        name: STORE_CREATED.to_owned(),
        facts: crate::domain::canon::canonical_or_poison(&store_created_facts(&birth.account)),
        payload: None,
    })?;
    tx.commit().map_err(making)?;
    conn.close().map_err(|(_, e)| making(e))
}
