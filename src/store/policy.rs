//! The policies in the log: the newest is found by its aggregate's index, however long the log is.

use crate::domain::digest::{EventHash, PolicyDigest};
use crate::domain::event::{Enrolment, Entry, Fact, OfStore, POLICY};
use crate::domain::log::payload_digest;
use crate::domain::names::{Seq, StoreId};
use crate::store::failure::{Failure, failed};
use crate::store::log::{COLUMNS, Recorded, recorded};
use crate::store::open::Store;
use crate::store::read::readable_events_of;
use crate::store::verify::Report;
use crate::store::write::Tx;
use rusqlite::{Connection, OptionalExtension};

/// The newest event of the policies, as far as it is read on every write.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Newest {
    /// Its place in the log.
    pub seq: Seq,
    /// Its version: the how-manieth policy.
    pub version: u64,
    /// Its hash, so that what was read once need not be read again.
    pub hash: EventHash,
    /// Whether its payload is still there.
    pub is_here: bool,
}

/// The text of an adopted policy, with who adopted it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Adopted {
    /// The text.
    pub text: String,
    /// Its digest, which was compared.
    pub digest: PolicyDigest,
    /// The event it came with.
    pub entry: Entry,
}

fn newest(conn: &Connection) -> Result<Option<Newest>, Failure> {
    conn.prepare_cached(
        "SELECT l.seq, l.version, l.hash, EXISTS (SELECT 1 FROM payloads p WHERE p.seq = l.seq)
         FROM log l WHERE l.aggregate = ?1 ORDER BY l.version DESC LIMIT 1",
    )
    .and_then(|mut query| {
        let row = |row: &rusqlite::Row<'_>| {
            let hash = EventHash::from_bytes(row.get(2)?);
            Ok(Newest { seq: Seq(row.get(0)?), version: row.get(1)?, hash, is_here: row.get(3)? })
        };
        query.query_row([POLICY], row).optional()
    })
    .map_err(|e| failed("looking for the policy", e))
}

fn adopted(conn: &Connection, store: &StoreId, seq: Seq) -> Result<Result<Adopted, String>, Failure> {
    let reading = |e| failed("reading the policy", e);
    let sql = format!("SELECT {COLUMNS} FROM log l LEFT JOIN payloads p USING (seq) WHERE l.seq = ?1");
    let event = conn
        .prepare_cached(&sql)
        .and_then(|mut query| query.query_row([seq.0], |row| recorded(row, store)))
        .map_err(reading)?;
    Ok(text_of(&event))
}

/// Who is enrolled by one adoption, as its facts say; nobody where the event cannot be read.
fn enrolled(conn: &Connection, store: &StoreId, seq: Seq) -> Result<Vec<Enrolment>, Failure> {
    let reading = |e| failed("reading who is enrolled", e);
    let sql = format!("SELECT {COLUMNS} FROM log l LEFT JOIN payloads p USING (seq) WHERE l.seq = ?1");
    let event = conn
        .prepare_cached(&sql)
        .and_then(|mut query| query.query_row([seq.0], |row| recorded(row, store)))
        .map_err(reading)?;
    // Without its payload: what cannot be read there must not hide who is who.
    let facts_only = Recorded { payload: None, body: None, ..event };
    Ok(match facts_only.entry().map(|entry| entry.fact) {
        Ok(Fact::OfStore(OfStore::PolicyAdopted { enrolled, .. })) => enrolled,
        _ => Vec::new(),
    })
}

/// The text an event adopted, compared with both digests that stand in it.
fn text_of(event: &Recorded) -> Result<Adopted, String> {
    let entry = event.entry()?;
    let Fact::OfStore(OfStore::PolicyAdopted { digest, .. }) = &entry.fact else {
        return Err(format!("event {} is no adoption", event.envelope.seq));
    };
    let digest = *digest;
    let Some((salt, body)) = &event.body else { return Err("its text was redacted".to_owned()) };
    let committed = <[u8; 32]>::try_from(salt.as_slice()).ok().map(|salt| payload_digest(&salt, body));
    if committed != event.payload {
        return Err("its text is not the one that was adopted".to_owned());
    }
    let text = entry.payload.here().and_then(|p| p.policy.as_ref()).ok_or("it carries no text")?;
    let text = text.raw().to_owned();
    if PolicyDigest::of(&text) != digest {
        return Err("its text has another digest than the one that was adopted".to_owned());
    }
    Ok(Adopted { text, digest, entry })
}

impl Tx<'_> {
    /// Who is enrolled by the policy that one event adopted.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn enrolled(&self, seq: Seq) -> Result<Vec<Enrolment>, Failure> {
        enrolled(self.conn(), self.store(), seq)
    }

    /// The newest policy, if one was ever adopted.
    ///
    /// # Errors
    /// When it cannot be looked for.
    pub fn newest_policy(&self) -> Result<Option<Newest>, Failure> {
        newest(self.conn())
    }

    /// What one event adopted; inside, why that cannot be read.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn adopted(&self, seq: Seq) -> Result<Result<Adopted, String>, Failure> {
        adopted(self.conn(), self.store(), seq)
    }
}

impl Store {
    /// Who is enrolled by the policy that one event adopted.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn enrolled(&self, seq: Seq) -> Result<Vec<Enrolment>, Failure> {
        enrolled(&self.conn, &self.id, seq)
    }

    /// The newest policy, if one was ever adopted.
    ///
    /// # Errors
    /// When it cannot be looked for.
    pub fn newest_policy(&self) -> Result<Option<Newest>, Failure> {
        newest(&self.conn)
    }

    /// What one event adopted; inside, why that cannot be read.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn adopted(&self, seq: Seq) -> Result<Result<Adopted, String>, Failure> {
        adopted(&self.conn, &self.id, seq)
    }

    /// Every event of the policies is an adoption, in order, of the text it names; and none stands elsewhere.
    pub(super) fn check_policies(&self, report: &mut Report) -> Result<(), Failure> {
        for (n, event) in readable_events_of(&self.conn, &self.id, POLICY)?.iter().enumerate() {
            let (seq, expected) = (event.envelope.seq.0, n as u64 + 1);
            // What cannot be read at all, or has another payload, is told by the chain.
            let Ok(Entry { fact, payload, .. }) = event.entry() else { continue };
            let Fact::OfStore(OfStore::PolicyAdopted { digest, version, .. }) = fact else {
                report.wrong(Some(seq), format!("event {seq} is no adoption of a policy"));
                continue;
            };
            if (event.envelope.version, version) != (expected, expected) {
                report.wrong(Some(seq), format!("event {seq} is policy {version}, not {expected}"));
            }
            let text = payload.here().map(|p| p.policy.as_ref().map(|text| PolicyDigest::of(text.raw())));
            if text.is_some_and(|found| found != Some(digest)) {
                report.wrong(Some(seq), format!("event {seq} names another digest than its policy has"));
            }
        }
        let reading = |e| failed("reading the policies", e);
        let mut query = self
            .conn
            .prepare(
                "SELECT seq FROM log WHERE name = 'policy.adopted' AND aggregate <> ?1 ORDER BY seq LIMIT 50",
            )
            .map_err(reading)?;
        for seq in query.query_map([POLICY], |row| row.get::<_, u64>(0)).map_err(reading)? {
            let seq = seq.map_err(reading)?;
            report.wrong(Some(seq), format!("event {seq} adopts a policy in the log of something else"));
        }
        Ok(())
    }
}
