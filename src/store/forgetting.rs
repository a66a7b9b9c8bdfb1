//! Forgetting: notices that are old, files that nobody needs any more, payloads that are taken out. What is forgotten is
//! in the log; the chain holds over all of it.

use crate::domain::digest::EvidenceDigest;
use crate::domain::event::{Fact, KEEPING, OfStore};
use crate::domain::moment::Moment;
use crate::domain::names::{RequestId, Seq};
use crate::store::failure::{Failure, failed};
use crate::store::log::{COLUMNS, Recorded, recorded};
use crate::store::open::Store;
use crate::store::write::Tx;
use rusqlite::limits::Limit;
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::BTreeMap;

/// The files that are here, and the requests that name each.
pub type Named = BTreeMap<EvidenceDigest, Vec<RequestId>>;

fn named(conn: &Connection) -> Result<Named, Failure> {
    let reading = |e| failed("reading which evidence is whose", e);
    let mut query = conn
        .prepare_cached("SELECT aggregate, facts FROM log WHERE name = 'evidence.attached' ORDER BY seq")
        .map_err(reading)?;
    let mut rows = query.query([]).map_err(reading)?;
    let mut all = Named::new();
    while let Some(row) = rows.next().map_err(reading)? {
        let (aggregate, facts): (String, String) =
            row.get(0).and_then(|of| Ok((of, row.get(1)?))).map_err(reading)?;
        let digest = crate::domain::canon::read(facts.as_bytes())
            .ok()
            .and_then(|facts| facts["file"]["sha256"].as_str().map(str::to_owned))
            .and_then(|text| EvidenceDigest::try_from(text).ok());
        if let (Some(digest), Some(id)) = (digest, RequestId::parse(&aggregate)) {
            all.entry(digest).or_default().push(id);
        }
    }
    let mut here = conn.prepare_cached("SELECT 1 FROM evidence WHERE sha256 = ?1").map_err(reading)?;
    let mut out = Named::new();
    for (digest, ids) in all {
        if here.exists([digest.bytes()]).map_err(reading)? {
            out.insert(digest, ids);
        }
    }
    Ok(out)
}

impl Store {
    /// How many notices are older than `before` and wait for no channel, and how many deliveries they have.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn old_notices(&self, before: Moment) -> Result<(u64, u64), Failure> {
        self.conn
            .query_row(
                &format!(
                    "SELECT count(*), coalesce(sum((SELECT count(*) FROM deliveries d WHERE d.notice = n.id)), 0)
                     FROM notices n WHERE {OLD}"
                ),
                [before.millis()],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .map_err(|e| failed("counting old notices", e))
    }

    /// The files that are here, and the requests that name each.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn named_evidence(&self) -> Result<Named, Failure> {
        named(&self.conn)
    }

    /// How many bytes a file has.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn size_of(&self, digest: EvidenceDigest) -> Result<u64, Failure> {
        self.conn
            .prepare_cached("SELECT length(bytes) FROM evidence WHERE sha256 = ?1")
            .and_then(|mut query| query.query_row([digest.bytes()], |row| row.get(0)).optional())
            .map(Option::unwrap_or_default)
            .map_err(|e| failed("measuring evidence", e))
    }

    /// One event.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn event(&self, seq: Seq) -> Result<Option<Recorded>, Failure> {
        let sql = format!("SELECT {COLUMNS} FROM log l LEFT JOIN payloads p USING (seq) WHERE l.seq = ?1");
        self.conn
            .prepare_cached(&sql)
            .and_then(|mut query| query.query_row([seq.0], |row| recorded(row, &self.id)).optional())
            .map_err(|e| failed("reading an event", e))
    }

    /// The payloads of which an event says that they were taken out.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn redactions(&self) -> Result<Vec<Seq>, Failure> {
        // One that cannot be read is told by whoever checks the chain.
        let events = crate::store::read::readable_events_of(&self.conn, &self.id, KEEPING)?;
        let seq = |event: &Recorded| match event.read().ok()?.fact {
            Fact::OfStore(OfStore::Redacted { seq, .. }) => Some(seq),
            _ => None,
        };
        Ok(events.iter().filter_map(seq).collect())
    }

    /// Writes the file anew, so that nothing of what was forgotten is left in pages that are free.
    ///
    /// # Errors
    /// When SQLite cannot, for one because the disk is full: then it is only forgotten, and not overwritten.
    pub fn scrub(&mut self) -> Result<(), Failure> {
        let held = self.lock.take()?;
        let scrubbing = |e| failed("writing the file anew", e);
        // It is built beside this one, as a database of its own.
        self.conn.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 1).map_err(scrubbing)?;
        let done = self.conn.execute_batch("VACUUM").map_err(scrubbing);
        self.conn.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0).map_err(scrubbing)?;
        let emptied = self
            .conn
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0))
            .map_err(scrubbing);
        drop(held);
        done?;
        match emptied? {
            0 => Ok(()),
            _ => Err(Failure::unusable(
                "somebody reads the store, so that what it had before could not be emptied",
                "run `countersign prune --scrub` when the screens are closed",
            )),
        }
    }
}

/// Which notices are old: no channel waits to tell them.
const OLD: &str =
    "n.at < ?1 AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.notice = n.id AND d.state = 'due')";

impl Tx<'_> {
    /// Forgets notices that are older than `before` and wait for no channel, with their deliveries; how many.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn forget_old_notices(&mut self, before: Moment) -> Result<(u64, u64), Failure> {
        let forgetting = |e| failed("forgetting old notices", e);
        let gone = self
            .conn()
            .execute(
                &format!("DELETE FROM deliveries WHERE notice IN (SELECT id FROM notices n WHERE {OLD})"),
                [before.millis()],
            )
            .map_err(forgetting)?;
        // What of them is left has no delivery at all.
        let notices = self
            .conn()
            .execute(&format!("DELETE FROM notices AS n WHERE {OLD}"), [before.millis()])
            .map_err(forgetting)?;
        Ok((notices as u64, gone as u64))
    }

    /// Forgets the bytes of a file; its events keep the digest.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn forget_evidence(&mut self, digest: EvidenceDigest) -> Result<(), Failure> {
        self.conn()
            .prepare_cached("DELETE FROM evidence WHERE sha256 = ?1")
            .and_then(|mut gone| gone.execute(params![digest.bytes()]))
            .map(|_| ())
            .map_err(|e| failed("forgetting evidence", e))
    }

    /// Takes the payload of an event out. Its digest stays in the log.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn take_out(&mut self, seq: Seq) -> Result<(), Failure> {
        self.conn()
            .prepare_cached("DELETE FROM payloads WHERE seq = ?1")
            .and_then(|mut gone| gone.execute([seq.0]))
            .map(|_| ())
            .map_err(|e| failed("taking a payload out", e))
    }

    /// The newest of who asked that the payload of an event be taken out, since `since`.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn redaction_asked(&self, seq: Seq, since: Moment) -> Result<Option<Recorded>, Failure> {
        let sql = format!(
            "SELECT {COLUMNS} FROM log l LEFT JOIN payloads p USING (seq)
             WHERE l.aggregate = ?1 AND l.name = 'redaction.asked' AND l.at > ?2
                 AND json_extract(l.facts, '$.seq') = ?3 ORDER BY l.version DESC LIMIT 1"
        );
        self.conn()
            .prepare_cached(&sql)
            .and_then(|mut query| {
                let key = params![KEEPING, since.millis(), seq.0];
                query.query_row(key, |row| recorded(row, self.store())).optional()
            })
            .map_err(|e| failed("looking who asked for it before", e))
    }
}
