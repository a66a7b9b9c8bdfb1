//! The rows of the lists: read in pages by key, in reading order, never counted and never skipped over.

use crate::domain::chain::Whom;
use crate::domain::content::Kind;
use crate::domain::event::SignOffNumber;
use crate::domain::moment::Moment;
use crate::domain::names::{Identifier, PrincipalName, RequestId};
use crate::domain::quorum::Signer;
use crate::domain::request::StateName;
use crate::domain::risk::{Priority, Risk};
use crate::domain::text::Text;
use crate::store::cut::{ADMITTED, Cut};
use crate::store::derive::reading_rank;
use crate::store::failure::{Failure, failed};
use crate::store::open::Store;
use crate::store::queue::Queue;
use crate::store::sight::Sight;
use crate::store::sorted::Order;
use rusqlite::params;

/// Where a page begins.
#[derive(Clone, PartialEq, Debug)]
pub enum From<'a> {
    /// At the first row.
    Start,
    /// Behind this row.
    After(&'a Row),
    /// The rows just before this one.
    Before(&'a Row),
    /// The last rows.
    End,
}

/// One row of a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// Which request.
    pub id: RequestId,
    /// What sort.
    pub kind: Kind,
    /// The producer's title; blank when it was redacted.
    pub title: Text,
    /// Its state.
    pub state: StateName,
    /// Its level on the escalation chain.
    pub level: u8,
    /// Its risk.
    pub risk: Risk,
    /// Its priority.
    pub priority: Priority,
    /// Whether it is sensitive.
    pub sensitive: bool,
    /// Where it would happen.
    pub environment: Option<Identifier>,
    /// What it would happen to.
    pub service: Option<Identifier>,
    /// For whom.
    pub tenant: Option<Identifier>,
    /// Who asked.
    pub requester: PrincipalName,
    /// From when on it is overdue.
    pub due_at: Moment,
    /// When time closes it.
    pub expires_at: Option<Moment>,
    /// Who is looking, until when.
    pub claim: Option<(PrincipalName, Moment)>,
    /// Who closed it.
    pub closed_by: Option<PrincipalName>,
    /// When anything last happened to it.
    pub updated_at: Moment,
    /// When it was closed.
    pub closed_at: Option<Moment>,
    /// Until when the reader has put it out of their sight, if they have.
    pub snoozed: Option<Moment>,
    /// The reader's sign-off on it, when what it stood for changed since.
    pub overtaken: Option<SignOffNumber>,
    /// Whether policy says that it is no decision.
    pub flagged: bool,
    /// Whom it is given to, while it is open.
    pub assigned: Option<Whom>,
}

/// Who is looking, as far as lists care.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reader {
    /// Keys of their own requests (`person:…`, `name:…`), which never wait for themselves.
    pub own: Vec<String>,
    /// How they would sign, to know which slots they could fill.
    pub signer: Signer,
    /// The order in which they read.
    pub order: Order,
    /// When set, what they had opened by then, as it is now, is hidden; what is overdue or escalated never is.
    pub seen_by: Option<Moment>,
    /// What is there for them at all.
    pub sight: Sight,
}

/// The place of a row in its queue.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Place {
    /// `false` for overdue rows, which come first.
    pub(super) in_time: bool,
    pub(super) rank: i64,
    pub(super) due_at: i64,
    pub(super) id: u64,
}

/// The columns of a row, in the order [`row`] takes them.
pub(super) const COLUMNS: &str =
    "r.id, r.kind, r.title, r.state, r.level, r.risk, r.priority, r.sensitive, r.environment,
    r.requester, r.due_at, r.expires_at, r.claim_by, r.claim_until, r.closed_by, r.updated_at, r.closed_at,
    r.service, r.tenant, r.flagged, r.assignee";

impl Store {
    /// One page of a queue, in the reader's order, at most `limit` rows. Reads only the rows of the page and, for each
    /// distinct rank, one more.
    ///
    /// # Errors
    /// When the tables cannot be read, or hold something that is no word of ours.
    pub fn page(
        &self,
        queue: Queue,
        from: From<'_>,
        limit: usize,
        reader: &Reader,
        now: Moment,
    ) -> Result<Vec<Row>, Failure> {
        let mut rows = self.bare_page(queue, from, limit, reader, now)?;
        self.note_snoozes(&mut rows, reader, now)?;
        self.note_overtaken(&mut rows, reader)?;
        Ok(rows)
    }

    /// A page without what the reader did to its rows.
    pub(super) fn bare_page(
        &self,
        queue: Queue,
        from: From<'_>,
        limit: usize,
        reader: &Reader,
        now: Moment,
    ) -> Result<Vec<Row>, Failure> {
        let reading = |e| failed("reading the inbox", e);
        if let Sight::Own(own) = &reader.sight {
            return self.own_page(own, queue, from, limit, reader, now);
        }
        if queue == Queue::Decided {
            return self.decided(from, limit).map_err(reading);
        }
        let backwards = matches!(from, From::Before(_) | From::End);
        let mut rows: Vec<Row> = Vec::new();
        for slot in self.slots(queue, reader).map_err(reading)? {
            let cut = Cut::of(queue, slot, reader, now);
            rows.extend(
                match reader.order {
                    Order::Reading => self.slot_page(&cut, &from, limit),
                    order => self.sorted_page(&cut, order, &from, limit),
                }
                .map_err(reading)?,
            );
        }
        // A request with two open slots for the same reader is one row.
        rows.sort_by_key(|row| reader.order.standing(row, now));
        rows.dedup_by_key(|row| row.id);
        if backwards {
            rows.drain(..rows.len().saturating_sub(limit));
        } else {
            rows.truncate(limit);
        }
        Ok(rows)
    }

    /// Up to `limit` rows of one slot next to `edge`, segment by segment: overdue or not, then rank by rank.
    fn slot_page(&self, cut: &Cut<'_>, from: &From<'_>, limit: usize) -> rusqlite::Result<Vec<Row>> {
        let now = cut.now;
        let (edge, backwards) = match from {
            From::Start => (None, false),
            From::After(row) => (Some(place(row, now)), false),
            From::Before(row) => (Some(place(row, now)), true),
            From::End => (None, true),
        };
        let mut segments: Vec<(bool, i64)> = Vec::new();
        let ranks = self.ranks(&cut.slot)?;
        for in_time in [false, true] {
            segments.extend(ranks.iter().map(|rank| (in_time, *rank)));
        }
        segments.retain(|segment| {
            edge.is_none_or(|e| {
                if backwards { *segment <= (e.in_time, e.rank) } else { *segment >= (e.in_time, e.rank) }
            })
        });
        if backwards {
            segments.reverse();
        }
        let mut out: Vec<Row> = Vec::new();
        for (in_time, rank) in segments {
            if out.len() >= limit {
                break;
            }
            let here = edge.filter(|e| (e.in_time, e.rank) == (in_time, rank)).map(|e| (e.due_at, e.id));
            let (low, high) = if backwards { (None, here) } else { (here, None) };
            let (low, high) = (low.unwrap_or((i64::MIN, 0)), high.unwrap_or((i64::MAX, 0)));
            let (late_from, late_to) =
                if in_time { (now.millis(), i64::MAX) } else { (i64::MIN, now.millis()) };
            let sql = format!(
                "SELECT {COLUMNS} FROM inbox i JOIN requests r ON r.id = i.request
                 WHERE {ADMITTED} AND i.rank = ?9 AND i.due_at > ?10 AND i.due_at <= ?11
                   AND (i.due_at, i.request) > (?12, ?13) AND (i.due_at, i.request) < (?14, ?15)
                 ORDER BY i.due_at {0}, i.request {0} LIMIT ?16",
                if backwards { "DESC" } else { "ASC" }
            );
            let numbers = [
                rank,
                late_from,
                late_to,
                low.0,
                low.1 as i64,
                high.0,
                high.1 as i64,
                (limit - out.len()) as i64,
            ];
            out.extend(self.rows(&sql, cut, &numbers)?);
        }
        Ok(out)
    }

    /// The distinct ranks of a slot, smallest first: a loose index scan, one look-up each.
    pub(super) fn ranks(&self, slot: &str) -> rusqlite::Result<Vec<i64>> {
        let mut query =
            self.conn.prepare_cached("SELECT min(rank) FROM inbox WHERE slot = ?1 AND rank > ?2")?;
        let mut ranks = Vec::new();
        let mut last = -2i64;
        while let Some(rank) = query.query_row(params![slot, last], |row| row.get::<_, Option<i64>>(0))? {
            if rank <= last {
                break; // a damaged index must not hold the screen for ever; `audit verify` names it
            }
            ranks.push(rank);
            last = rank;
        }
        Ok(ranks)
    }

    /// What is decided, newest first.
    fn decided(&self, from: From<'_>, limit: usize) -> rusqlite::Result<Vec<Row>> {
        let edge = |row: &Row| (row.closed_at.map_or(0, Moment::millis), row.id.number() as i64);
        let (low, high, backwards) = match from {
            From::Start => ((i64::MIN, 0), (i64::MAX, 0), false),
            From::After(row) => ((i64::MIN, 0), edge(row), false),
            From::Before(row) => (edge(row), (i64::MAX, 0), true),
            From::End => ((i64::MIN, 0), (i64::MAX, 0), true),
        };
        let sql = format!(
            "SELECT {COLUMNS} FROM requests r
             WHERE r.closed_at IS NOT NULL AND (r.closed_at, r.id) > (?1, ?2) AND (r.closed_at, r.id) < (?3, ?4)
             ORDER BY r.closed_at {0}, r.id {0} LIMIT ?5",
            if backwards { "ASC" } else { "DESC" }
        );
        let mut query = self.conn.prepare_cached(&sql)?;
        let rows = query.query_map(params![low.0, low.1, high.0, high.1, limit as i64], row)?;
        let mut rows: Vec<Row> = rows.collect::<rusqlite::Result<_>>()?;
        if backwards {
            rows.reverse();
        }
        Ok(rows)
    }
}

/// Where a row stands; its rank follows from what it shows.
pub(super) fn place(row: &Row, now: Moment) -> Place {
    let rank = reading_rank(row.level, row.risk, row.priority);
    Place { in_time: row.due_at > now, rank, due_at: row.due_at.millis(), id: row.id.number() }
}

/// Takes one row of `SELECT {COLUMNS} …`.
pub(super) fn row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    let moment = |n: usize| row.get::<_, i64>(n).map(Moment::from_millis);
    let moment_or_none = |n: usize| row.get::<_, Option<i64>>(n).map(|m| m.map(Moment::from_millis));
    let name = |n: usize| row.get::<_, Option<String>>(n).map(|t| t.and_then(|t| PrincipalName::new(t).ok()));
    let identifier =
        |n: usize| row.get::<_, Option<String>>(n).map(|t| t.and_then(|t| Identifier::new(t).ok()));
    Ok(Row {
        id: RequestId::new(row.get(0)?),
        kind: word(row, 1, &Kind::ALL.map(|k| (k.word(), k)))?,
        title: Text::new(row.get::<_, String>(2)?),
        state: word(row, 3, &StateName::ALL.map(|s| (s.word(), s)))?,
        level: row.get(4)?,
        risk: word(row, 5, &Risk::ALL.map(|r| (r.word(), r)))?,
        priority: word(row, 6, &Priority::ALL.map(|p| (p.word(), p)))?,
        sensitive: row.get(7)?,
        environment: identifier(8)?,
        service: identifier(17)?,
        tenant: identifier(18)?,
        requester: name(9)?.unwrap_or_else(PrincipalName::system),
        due_at: moment(10)?,
        expires_at: moment_or_none(11)?,
        claim: name(12)?.zip(moment_or_none(13)?),
        closed_by: name(14)?,
        updated_at: moment(15)?,
        closed_at: moment_or_none(16)?,
        snoozed: None,
        overtaken: None,
        flagged: row.get(19)?,
        assigned: row.get::<_, Option<String>>(20)?.and_then(|whom| Whom::try_from(whom).ok()),
    })
}

/// One of our own words; anything else is damage, and said with its column.
fn word<T: Copy>(row: &rusqlite::Row<'_>, column: usize, words: &[(&str, T)]) -> rusqlite::Result<T> {
    let text = row.get_ref(column)?.as_str()?;
    words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value).ok_or_else(|| {
        rusqlite::Error::FromSqlConversionFailure(
            column,
            rusqlite::types::Type::Text,
            "not a word of ours".into(),
        )
    })
}
