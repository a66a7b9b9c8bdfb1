//! Drafts: words that were typed and not yet sent. Local, never a decision, and in no export.

use crate::domain::moment::Moment;
use crate::domain::names::{PrincipalName, RequestId};
use crate::domain::text::Text;
use crate::store::failure::{Failure, failed};
use crate::store::open::Store;
use rusqlite::{OptionalExtension, params};

impl Store {
    /// Keeps a draft, replacing an earlier one; a blank text forgets it. Not a use case: no event, no bell.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep_draft(
        &self,
        author: &PrincipalName,
        request: RequestId,
        verb: &str,
        body: &Text,
        at: Moment,
    ) -> Result<(), Failure> {
        let writing = |e| failed("keeping the draft", e);
        let key = params![author.as_str(), request.number(), verb];
        if body.is_blank() {
            return self
                .conn
                .execute("DELETE FROM drafts WHERE author = ?1 AND request = ?2 AND verb = ?3", key)
                .map(|_| ())
                .map_err(writing);
        }
        self.conn
            .execute(
                "INSERT INTO drafts (author, request, verb, body, at) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (author, request, verb) DO UPDATE SET body = excluded.body, at = excluded.at",
                params![author.as_str(), request.number(), verb, body.raw(), at.millis()],
            )
            .map(|_| ())
            .map_err(writing)
    }

    /// The draft that was kept, and when.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn draft(
        &self,
        author: &PrincipalName,
        request: RequestId,
        verb: &str,
    ) -> Result<Option<(Text, Moment)>, Failure> {
        self.conn
            .query_row(
                "SELECT body, at FROM drafts WHERE author = ?1 AND request = ?2 AND verb = ?3",
                params![author.as_str(), request.number(), verb],
                |row| Ok((Text::new(row.get::<_, String>(0)?), Moment::from_millis(row.get(1)?))),
            )
            .optional()
            .map_err(|e| failed("reading the draft", e))
    }
}
