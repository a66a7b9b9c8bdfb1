//! Notices and their deliveries: rows that are written with the events that make them, and kept until they are told. They
//! are of this place, as the channels are; `rebuild` leaves them alone.

use crate::domain::chain::Whom;
use crate::domain::event::Entry;
use crate::domain::moment::Moment;
use crate::domain::names::{PersonName, PrincipalName, RequestId};
use crate::domain::notice::{self, Cause, Notice, NoticeKind, Origin};
use crate::domain::request::Request;
use crate::store::failure::{Failure, failed};
use crate::store::open::Store;
use crate::store::write::Tx;
use rusqlite::{Connection, OptionalExtension, Row, params};

/// A notice with the number of its row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Noted {
    /// The number.
    pub number: u64,
    /// What.
    pub notice: Notice,
}

/// A notice that is to go through one channel now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Delivery {
    /// Which notice.
    pub noted: Noted,
    /// Through which channel.
    pub channel: String,
    /// How often it was tried.
    pub attempts: u32,
}

/// What became of one try.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Tried {
    /// It was told.
    Done,
    /// Nobody needs it any more.
    Stopped,
    /// It was not; it is tried again then.
    Failed {
        /// Why.
        why: String,
        /// When again; nothing: it is given up.
        again_at: Option<Moment>,
    },
}

/// A channel that does not take what it is given.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failing {
    /// Which.
    pub channel: String,
    /// How many notices wait for it.
    pub waiting: u64,
    /// How many were given up.
    pub given_up: u64,
    /// What it said last.
    pub why: String,
}

/// Longest text of an error that is kept, in bytes.
const LONGEST_WHY: usize = 300;

const COLUMNS: &str = "n.id, n.kind, n.request, n.version, n.assignment, n.whom, n.by, n.person, n.at, n.key";

/// How many columns that are.
const WIDE: usize = 10;

/// Notes what the entries call for, in the transaction that writes them.
pub(super) fn note(
    conn: &Connection,
    first_version: u64,
    after: &Request,
    entries: &[Entry],
) -> Result<(), Failure> {
    notice::of(first_version, after, entries).iter().try_for_each(|notice| put(conn, notice))
}

/// Notes one.
fn put(conn: &Connection, notice: &Notice) -> Result<(), Failure> {
    conn.prepare_cached(
        "INSERT INTO notices (key, kind, request, version, assignment, whom, by, person, at, handed_out)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0) ON CONFLICT (key) DO NOTHING",
    )
    .and_then(|mut put| {
        put.execute(params![
            notice.key(),
            notice.kind.word(),
            // No request has the number 0.
            notice.request.map_or(0, RequestId::number),
            notice.origin.number(),
            notice.assignment,
            notice.to.clone().map(String::from),
            notice.cause.as_ref().map(|cause| cause.name.as_str()),
            notice.cause.as_ref().and_then(|cause| cause.person.as_ref()).map(PersonName::as_str),
            notice.at.millis(),
        ])
    })
    .map(|_| ())
    .map_err(|e| failed("noting whom to tell", e))
}

/// A row of [`COLUMNS`]. What does not read is nobody's notice: it is told to everybody, as a failure.
fn noted(row: &Row<'_>) -> rusqlite::Result<Noted> {
    let text = |n: usize| row.get::<_, Option<String>>(n);
    let name = text(6)?.and_then(|name| PrincipalName::new(name).ok());
    let person = text(7)?.and_then(|name| PersonName::new(name).ok());
    let notice = Notice {
        kind: NoticeKind::parse(&row.get::<_, String>(1)?).unwrap_or(NoticeKind::Failure),
        request: Some(row.get(2)?).filter(|number| *number != 0).map(RequestId::new),
        origin: Origin::of_key(&row.get::<_, String>(9)?, row.get(3)?),
        assignment: row.get(4)?,
        to: text(5)?.and_then(|whom| Whom::try_from(whom).ok()),
        cause: name.map(|name| Cause { name, person }),
        at: Moment::from_millis(row.get(8)?),
    };
    Ok(Noted { number: row.get(0)?, notice })
}

impl Store {
    /// Notices that no channel was chosen for yet, oldest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn notices_to_hand_out(&self, limit: usize) -> Result<Vec<Noted>, Failure> {
        let reading = |e| failed("reading the notices", e);
        let sql = format!("SELECT {COLUMNS} FROM notices n WHERE n.handed_out = 0 ORDER BY n.id LIMIT ?1");
        let mut query = self.conn.prepare_cached(&sql).map_err(reading)?;
        let rows = query.query_map([limit as i64], noted).map_err(reading)?;
        rows.collect::<rusqlite::Result<_>>().map_err(reading)
    }

    /// Deliveries whose time has come, the longest waiting first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn deliveries_due(&self, now: Moment, limit: usize) -> Result<Vec<Delivery>, Failure> {
        let reading = |e| failed("reading the deliveries", e);
        let sql = format!(
            "SELECT {COLUMNS}, d.channel, d.attempts FROM deliveries d CROSS JOIN notices n ON n.id = d.notice
             WHERE d.next_at <= ?1 ORDER BY d.next_at, d.notice LIMIT ?2"
        );
        let mut query = self.conn.prepare_cached(&sql).map_err(reading)?;
        let row = |row: &Row<'_>| {
            Ok(Delivery { noted: noted(row)?, channel: row.get(WIDE)?, attempts: row.get(WIDE + 1)? })
        };
        let rows = query.query_map(params![now.millis(), limit as i64], row).map_err(reading)?;
        rows.collect::<rusqlite::Result<_>>().map_err(reading)
    }

    /// When time next does something to a request, or a delivery is to be tried.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn next_moment(&self, deliveries: bool) -> Result<Option<Moment>, Failure> {
        let ask = |sql: &str| {
            self.conn
                .prepare_cached(sql)
                .and_then(|mut query| query.query_row([], |row| row.get::<_, Option<i64>>(0)).optional())
                .map(|at| at.flatten().map(Moment::from_millis))
                .map_err(|e| failed("looking for what is due next", e))
        };
        let due = ask("SELECT min(next_due_at) FROM requests WHERE next_due_at IS NOT NULL")?;
        let delivery = match deliveries {
            true => ask("SELECT min(next_at) FROM deliveries WHERE next_at IS NOT NULL")?,
            false => None,
        };
        Ok([due, delivery].into_iter().flatten().min())
    }

    /// The channels that do not take what they are given: their last try failed, or notices were given up since `since`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn failing_channels(&self, since: Moment) -> Result<Vec<Failing>, Failure> {
        let reading = |e| failed("reading the deliveries", e);
        let mut query = self
            .conn
            .prepare_cached(
                "SELECT channel, sum(state = 'due'), sum(state = 'given_up'), max(coalesce(why, ''))
                 FROM deliveries INDEXED BY deliveries_that_failed
                 WHERE why IS NOT NULL AND (state = 'due' OR (state = 'given_up' AND ended_at > ?1))
                 GROUP BY channel ORDER BY channel",
            )
            .map_err(reading)?;
        let row = |row: &Row<'_>| {
            Ok(Failing {
                channel: row.get(0)?,
                waiting: row.get(1)?,
                given_up: row.get(2)?,
                why: row.get(3)?,
            })
        };
        let rows = query.query_map([since.millis()], row).map_err(reading)?;
        rows.collect::<rusqlite::Result<_>>().map_err(reading)
    }
}

impl Store {
    /// The notices about this place that are kept, oldest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn notices_of_place(&self) -> Result<Vec<Notice>, Failure> {
        let reading = |e| failed("reading the notices", e);
        // The end is the same with the character that follows the slash.
        let (from, to) = (Origin::PLACE, Origin::PLACE.replace('/', "0"));
        let sql = format!("SELECT {COLUMNS} FROM notices n WHERE n.key >= ?1 AND n.key < ?2 ORDER BY n.id");
        let mut query = self.conn.prepare_cached(&sql).map_err(reading)?;
        let rows = query.query_map(params![from, to], |row| Ok(noted(row)?.notice)).map_err(reading)?;
        rows.collect::<rusqlite::Result<_>>().map_err(reading)
    }

    /// The comments that call somebody and that they have not read, oldest first; at most `limit`.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn mentions_of(&self, name: &PrincipalName, limit: usize) -> Result<Vec<Notice>, Failure> {
        let reading = |e| failed("reading who calls you", e);
        let sql = format!(
            "SELECT {COLUMNS} FROM notices n INDEXED BY notices_that_mention
             LEFT JOIN heard h ON h.request = n.request AND h.author = ?1 AND h.comment = n.version
             WHERE n.kind = 'mention' AND n.whom = ?2 AND h.read_at IS NULL
                 AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.notice = n.id AND d.channel = '@thread')
             ORDER BY n.id LIMIT ?3"
        );
        let whom = String::from(Whom::Principal(name.clone()));
        let mut query = self.conn.prepare_cached(&sql).map_err(reading)?;
        let rows = query
            .query_map(params![name.as_str(), whom, limit as i64], |row| Ok(noted(row)?.notice))
            .map_err(reading)?;
        rows.collect::<rusqlite::Result<_>>().map_err(reading)
    }
}

impl Tx<'_> {
    /// Notes what calls somebody and is no event of a request: of a rollout, or of this place.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn note(&mut self, notice: &Notice) -> Result<(), Failure> {
        put(self.conn(), notice)
    }

    /// A notice goes through these channels, from `at` on.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn send_through(&mut self, noted: &Noted, channels: &[&str], at: Moment) -> Result<(), Failure> {
        let handing = |e| failed("handing out a notice", e);
        for channel in channels {
            self.conn()
                .prepare_cached(
                    "INSERT INTO deliveries (notice, channel, state, attempts, next_at) VALUES (?1, ?2, 'due', 0, ?3)
                     ON CONFLICT (notice, channel) DO NOTHING",
                )
                .and_then(|mut put| put.execute(params![noted.number, channel, at.millis()]))
                .map_err(handing)?;
        }
        self.conn()
            .prepare_cached("UPDATE notices SET handed_out = 1 WHERE id = ?1")
            .and_then(|mut put| put.execute([noted.number]))
            .map(|_| ())
            .map_err(handing)
    }

    /// Keeps what became of one try.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn tried(&mut self, delivery: &Delivery, tried: &Tried, at: Moment) -> Result<(), Failure> {
        let (state, next_at, why) = match tried {
            Tried::Done => ("done", None, None),
            Tried::Stopped => ("stopped", None, None),
            Tried::Failed { why, again_at: Some(again) } => ("due", Some(*again), Some(why.as_str())),
            Tried::Failed { why, again_at: None } => ("given_up", None, Some(why.as_str())),
        };
        let why = why.map(|why| why.chars().take(LONGEST_WHY).collect::<String>());
        let attempts = delivery.attempts + u32::from(*tried != Tried::Stopped);
        let ended_at = next_at.is_none().then(|| at.millis());
        self.conn()
            .prepare_cached(
                "UPDATE deliveries SET state = ?3, attempts = ?4, next_at = ?5, ended_at = ?6, why = ?7
                 WHERE notice = ?1 AND channel = ?2",
            )
            .and_then(|mut put| {
                put.execute(params![
                    delivery.noted.number,
                    delivery.channel,
                    state,
                    attempts,
                    next_at.map(Moment::millis),
                    ended_at,
                    why,
                ])
            })
            .map(|_| ())
            .map_err(|e| failed("keeping what became of a notice", e))
    }
}
