//! What has come to whom: comments that a face took or a screen drew, files that were looked into, and when somebody was
//! last here. Of this place only; forgotten without loss.

use crate::domain::chain::Whom;
use crate::domain::digest::EvidenceDigest;
use crate::domain::event::CommentNumber;
use crate::domain::moment::Moment;
use crate::domain::names::{PrincipalName, RequestId};
use crate::domain::talk::Receipt;
use crate::store::drafts::DraftBox;
use crate::store::failure::{Failure, failed};
use crate::store::open::Store;
use rusqlite::{OptionalExtension, params};
use std::collections::BTreeSet;

impl Store {
    /// Who has which comment of a request, as far as it is known here.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn receipts(&self, id: RequestId) -> Result<Vec<Receipt>, Failure> {
        let reading = |e| failed("reading who has which comment", e);
        let mut query = self
            .conn
            .prepare_cached(
                "SELECT comment, author, delivered_at, read_at FROM heard WHERE request = ?1
                 ORDER BY comment, author",
            )
            .map_err(reading)?;
        let rows = query
            .query_map([id.number()], |row| {
                Ok((
                    row.get::<_, u32>(0)?,
                    row.get::<_, String>(1)?,
                    row.get::<_, i64>(2)?,
                    row.get::<_, Option<i64>>(3)?,
                ))
            })
            .map_err(reading)?;
        let mut out = Vec::new();
        for row in rows {
            let (number, by, delivered, read) = row.map_err(reading)?;
            // A name that is none was not written by us, and says nothing.
            if let Ok(by) = PrincipalName::new(by) {
                let (number, delivered) = (CommentNumber(number), Moment::from_millis(delivered));
                out.push(Receipt { number, by, delivered, read: read.map(Moment::from_millis) });
            }
        }
        Ok(out)
    }

    /// The files of a request that somebody has looked into.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn opened(&self, id: RequestId, by: &PrincipalName) -> Result<BTreeSet<EvidenceDigest>, Failure> {
        let reading = |e| failed("reading what was looked into", e);
        let mut query = self
            .conn
            .prepare_cached("SELECT sha256 FROM opened WHERE author = ?1 AND request = ?2")
            .map_err(reading)?;
        let rows = query
            .query_map(params![by.as_str(), id.number()], |row| row.get::<_, [u8; 32]>(0))
            .map_err(reading)?;
        rows.map(|row| row.map(EvidenceDigest::from_bytes)).collect::<rusqlite::Result<_>>().map_err(reading)
    }

    /// When somebody's screen was last open; nothing when it never was.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn last_visit(&self, by: &PrincipalName) -> Result<Option<Moment>, Failure> {
        self.conn
            .prepare_cached("SELECT at FROM visits WHERE author = ?1")
            .and_then(|mut query| query.query_row([by.as_str()], |row| row.get(0)).optional())
            .map(|at| at.map(Moment::from_millis))
            .map_err(|e| failed("reading when somebody was last here", e))
    }
}

/// Like a draft, all of this is only kept while nobody holds the writers' lock: what is not noted now is noted later, or
/// only shown once more.
impl DraftBox {
    /// Notes that the author's face took these comments, or that all of each was in a frame; the first time counts.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn note_heard(
        &self,
        id: RequestId,
        comments: &[CommentNumber],
        read: bool,
        at: Moment,
    ) -> Result<bool, Failure> {
        let (conn, author) = self.parts();
        let Some(_held) = self.lock_if_free() else { return Ok(false) };
        let noting = |e| failed("noting which comments have come", e);
        let read_at = read.then_some(at.millis());
        conn.execute_batch("BEGIN IMMEDIATE").map_err(noting)?;
        let put = || -> rusqlite::Result<()> {
            let mut insert = conn.prepare_cached(
                "INSERT INTO heard (author, request, comment, delivered_at, read_at) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (request, author, comment) DO UPDATE SET read_at = excluded.read_at
                     WHERE read_at IS NULL AND excluded.read_at IS NOT NULL",
            )?;
            for comment in comments {
                insert.execute(params![author.as_str(), id.number(), comment.0, at.millis(), read_at])?;
            }
            Ok(())
        };
        let done = put().and_then(|()| conn.execute_batch("COMMIT"));
        if done.is_err() {
            let _ = conn.execute_batch("ROLLBACK");
        }
        done.map(|()| true).map_err(noting)
    }

    /// Notes that the author's command line printed the thread of a request: nothing in it calls them any more.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn note_printed(&self, id: RequestId, at: Moment) -> Result<(), Failure> {
        let (conn, author) = self.parts();
        let Some(_held) = self.lock_if_free() else { return Ok(()) };
        conn.execute(
            "INSERT INTO deliveries (notice, channel, state, attempts, ended_at)
             SELECT id, '@thread', 'done', 1, ?3 FROM notices INDEXED BY notices_that_mention
             WHERE kind = 'mention' AND whom = ?1 AND request = ?2
             ON CONFLICT DO NOTHING",
            params![String::from(Whom::Principal(author.clone())), id.number(), at.millis()],
        )
        .map(|_| ())
        .map_err(|e| failed("noting that a thread was printed", e))
    }

    /// Notes that the author looked into a file; the first time counts.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn note_opened(&self, id: RequestId, digest: EvidenceDigest, at: Moment) -> Result<(), Failure> {
        let (conn, author) = self.parts();
        let Some(_held) = self.lock_if_free() else { return Ok(()) };
        conn.execute(
            "INSERT INTO opened (author, request, sha256, at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
            params![author.as_str(), id.number(), digest.bytes(), at.millis()],
        )
        .map(|_| ())
        .map_err(|e| failed("noting what was looked into", e))
    }

    /// Notes that the author is here.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn note_visit(&self, at: Moment) -> Result<(), Failure> {
        let (conn, author) = self.parts();
        let Some(_held) = self.lock_if_free() else { return Ok(()) };
        conn.execute(
            "INSERT INTO visits (author, at) VALUES (?1, ?2)
             ON CONFLICT (author) DO UPDATE SET at = excluded.at",
            params![author.as_str(), at.millis()],
        )
        .map(|_| ())
        .map_err(|e| failed("noting who is here", e))
    }
}
