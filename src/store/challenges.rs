//! Statements that were handed out to be signed: the signature alone comes back, and this says what it was made over.
//!
//! They are local and kept only for a while. Nothing rests on them: a statement that was made up could be signed by
//! nobody else, and what it says is compared with the request, the policy and the log when it is brought.

use crate::domain::digest::EventHash;
use crate::domain::moment::{Moment, Span};
use crate::domain::names::{PrincipalName, RequestId, Seq, StoreId};
use crate::domain::statement::Statement;
use crate::store::failure::{Failure, failed};
use crate::store::log::head;
use crate::store::write::Tx;
use rusqlite::{OptionalExtension, params};

/// How long one is kept after its end, so that who comes late is told so.
const REMEMBERED: Span = Span::from_hours(1);

/// How many are kept for one principal; more push the oldest out.
const EACH: u32 = 32;

/// How many a signature is compared with at most, the likely ones first.
const COMPARED: u32 = 256;

/// A statement that was handed out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HandedOut {
    /// What was to be signed, byte by byte.
    pub text: String,
    /// Whether the event that it names as head is in the log.
    pub of_this_log: bool,
}

impl Tx<'_> {
    /// The last event before this write: its number and hash.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn head(&self) -> Result<(Seq, EventHash), Failure> {
        head(self.conn())
    }

    /// The identity of the store.
    pub fn store_id(&self) -> &StoreId {
        self.store()
    }

    /// Keeps a statement that is handed out to `name`, and forgets old ones.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn hand_out(
        &mut self,
        name: &PrincipalName,
        statement: &Statement,
        head: Seq,
        now: Moment,
    ) -> Result<(), Failure> {
        let keeping = |e| failed("keeping the statement that is to be signed", e);
        let conn = self.conn();
        conn.execute("DELETE FROM challenges WHERE expires < ?1", [now.minus(REMEMBERED).millis()])
            .map_err(keeping)?;
        conn.execute(
            "INSERT OR IGNORE INTO challenges (principal, statement, request, head, expires)
             VALUES (?1, ?2, ?3, ?4, ?5)",
            params![
                name.as_str(),
                statement.to_string(),
                statement.request.number(),
                head.0,
                statement.expires.millis()
            ],
        )
        .map_err(keeping)?;
        conn.execute(
            "DELETE FROM challenges WHERE principal = ?1 AND statement NOT IN
                 (SELECT statement FROM challenges WHERE principal = ?1 ORDER BY expires DESC, head DESC LIMIT ?2)",
            params![name.as_str(), EACH],
        )
        .map(|_| ())
        .map_err(keeping)
    }

    /// The statements that were handed out lately: first those to `name`, and of these first those on `id`; the newest
    /// first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn handed_out(&self, name: &PrincipalName, id: RequestId) -> Result<Vec<HandedOut>, Failure> {
        let reading = |e| failed("looking for the statement that was signed", e);
        let mut query = self
            .conn()
            .prepare_cached(
                "SELECT statement, head FROM challenges
                 ORDER BY principal = ?1 DESC, request = ?2 DESC, expires DESC, head DESC LIMIT ?3",
            )
            .map_err(reading)?;
        let rows = query
            .query_map(params![name.as_str(), id.number(), COMPARED], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, u64>(1)?))
            })
            .and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>)
            .map_err(reading)?;
        rows.into_iter()
            .map(|(text, head)| {
                let hash = self.hash_of(Seq(head))?;
                let named = Statement::parse(&text).ok().map(|statement| statement.head);
                Ok(HandedOut { of_this_log: hash.is_some() && hash == named, text })
            })
            .collect()
    }

    fn hash_of(&self, seq: Seq) -> Result<Option<EventHash>, Failure> {
        self.conn()
            .prepare_cached("SELECT hash FROM log WHERE seq = ?1")
            .and_then(|mut query| query.query_row([seq.0], |row| row.get::<_, [u8; 32]>(0)).optional())
            .map(|hash| hash.map(EventHash::from_bytes))
            .map_err(|e| failed("reading the log", e))
    }
}
