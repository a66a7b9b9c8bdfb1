//! The log: appending events with their hashes, and reading them back.

use crate::domain::canon::{self, canonical_or_poison, canonical_value_or_poison};
use crate::domain::digest::{EventHash, EvidenceDigest, PayloadDigest};
use crate::domain::event::{Actor, Entry, Fact, Held, Payload};
use crate::domain::log::{Envelope, Salt, event_hash, payload_digest};
use crate::domain::moment::Moment;
use crate::domain::names::{PrincipalName, Seq, StoreId};
use crate::domain::principal::Assurance;
use crate::store::failure::{Failure, failed};
use rusqlite::{Connection, OptionalExtension, params};

/// Fills a buffer with random bytes: handed in, so that tests can choose them.
pub type Chance = Box<dyn FnMut(&mut [u8]) -> std::io::Result<()> + Send>;

/// One event as the table has it, before it has a place and a hash.
#[derive(Debug)]
pub struct Row {
    /// What it happened to.
    pub aggregate: String,
    /// The how-manieth of that aggregate.
    pub version: u64,
    /// When.
    pub at: Moment,
    /// Who.
    pub by: String,
    /// How sure we are of it.
    pub assurance: String,
    /// What happened.
    pub name: String,
    /// The facts, canonical.
    pub facts: String,
    /// The salt and the payload, canonical.
    pub payload: Option<(Salt, String)>,
}

/// Appends events behind the head, inside one transaction.
pub struct Appending<'a> {
    conn: &'a Connection,
    store: &'a StoreId,
    last: Seq,
    head: EventHash,
}

/// The last event: its number and hash. An empty log has number 0 and the genesis hash.
///
/// # Errors
/// When it cannot be read.
pub fn head(conn: &Connection) -> Result<(Seq, EventHash), Failure> {
    let reading = |e| failed("reading the head of the log", e);
    let row: Option<(u64, [u8; 32])> = conn
        .prepare_cached("SELECT seq, hash FROM log ORDER BY seq DESC LIMIT 1")
        .and_then(|mut query| query.query_row([], |row| Ok((row.get(0)?, row.get(1)?))).optional())
        .map_err(reading)?;
    Ok(row.map_or((Seq(0), EventHash::GENESIS), |(seq, hash)| (Seq(seq), EventHash::from_bytes(hash))))
}

impl<'a> Appending<'a> {
    /// Stands behind the last event.
    ///
    /// # Errors
    /// When the head cannot be read.
    pub fn at_head(conn: &'a Connection, store: &'a StoreId) -> Result<Self, Failure> {
        let (last, head) = head(conn)?;
        Ok(Self { conn, store, last, head })
    }

    /// The hash of the last event.
    pub const fn head(&self) -> EventHash {
        self.head
    }

    /// Appends one event.
    ///
    /// # Errors
    /// When SQLite refuses it.
    pub fn append(&mut self, row: Row) -> Result<Seq, Failure> {
        let seq = Seq(self.last.0 + 1);
        let payload = row.payload.as_ref().map(|(salt, body)| payload_digest(salt, body));
        let Row { aggregate, version, at, by, assurance, name, facts, payload: body } = row;
        let envelope =
            Envelope { seq, store: self.store.clone(), aggregate, version, at, by, assurance, name };
        let hash = event_hash(self.head, &envelope, &facts, payload);
        let writing = |e| failed("writing to the log", e);
        self.conn
            .prepare_cached(
                "INSERT INTO log (seq, aggregate, version, at, by, assurance, name, facts, payload, hash)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            )
            .and_then(|mut insert| {
                insert.execute(params![
                    seq.0,
                    envelope.aggregate,
                    version,
                    at.millis(),
                    envelope.by,
                    envelope.assurance,
                    envelope.name,
                    facts,
                    payload.as_ref().map(PayloadDigest::bytes),
                    hash.bytes(),
                ])
            })
            .map_err(writing)?;
        if let Some((salt, body)) = body {
            self.conn
                .prepare_cached("INSERT INTO payloads (seq, salt, body) VALUES (?1, ?2, ?3)")
                .and_then(|mut insert| insert.execute(params![seq.0, salt, body]))
                .map_err(writing)?;
        }
        (self.last, self.head) = (seq, hash);
        Ok(seq)
    }
}

/// An entry as a row of the log, its payload salted.
///
/// # Errors
/// When no random bytes can be had.
pub fn row_of(
    aggregate: impl ToString,
    version: u64,
    entry: &Entry,
    chance: &mut Chance,
) -> Result<Row, Failure> {
    let (name, mut facts) = entry.fact.to_parts();
    // Who acted stands in the facts of every event, whatever happened.
    facts["actor"] = serde_json::json!(entry.actor);
    let payload = match entry.payload.here() {
        None => None,
        Some(payload) => {
            let mut salt: Salt = [0; 32];
            chance(&mut salt).map_err(|e| Failure::io("drawing random bytes", e, "check /dev/urandom"))?;
            Some((salt, canonical_or_poison(payload)))
        }
    };
    Ok(Row {
        aggregate: aggregate.to_string(),
        version,
        at: entry.at,
        by: entry.by.as_str().to_owned(),
        assurance: entry.assurance.word().to_owned(),
        name,
        facts: canonical_value_or_poison(&facts),
        payload,
    })
}

/// One event as it was read: everything the hash covers, and the payload if it is still there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recorded {
    /// Its envelope.
    pub envelope: Envelope,
    /// Its facts, as the text that is hashed.
    pub facts: String,
    /// The commitment to its payload.
    pub payload: Option<PayloadDigest>,
    /// Salt and text of the payload; nothing when there is none, or it was redacted.
    pub body: Option<(Vec<u8>, String)>,
    /// Its hash, as stored.
    pub hash: EventHash,
}

/// The columns every reader of the log asks for, in the order [`recorded`] takes them.
pub const COLUMNS: &str = "l.seq, l.aggregate, l.version, l.at, l.by, l.assurance, l.name, l.facts, l.payload, p.salt, p.body, l.hash";

/// Where in [`COLUMNS`] the hash stands.
pub const HASH: usize = 11;

/// Takes one row of `SELECT {COLUMNS} FROM log l LEFT JOIN payloads p USING (seq)`.
///
/// # Errors
/// When a column is not of its type.
pub fn recorded(row: &rusqlite::Row<'_>, store: &StoreId) -> rusqlite::Result<Recorded> {
    let salt: Option<Vec<u8>> = row.get(9)?;
    let body: Option<String> = row.get(10)?;
    Ok(Recorded {
        envelope: Envelope {
            seq: Seq(row.get(0)?),
            store: store.clone(),
            aggregate: row.get(1)?,
            version: row.get(2)?,
            at: Moment::from_millis(row.get(3)?),
            by: row.get(4)?,
            assurance: row.get(5)?,
            name: row.get(6)?,
        },
        facts: row.get(7)?,
        payload: row.get::<_, Option<[u8; 32]>>(8)?.map(PayloadDigest::from_bytes),
        body: salt.zip(body),
        hash: EventHash::from_bytes(row.get(HASH)?),
    })
}

impl Recorded {
    /// The file of evidence that it names, if it names one.
    pub fn file(&self) -> Option<EvidenceDigest> {
        if self.envelope.name != "evidence.attached" {
            return None;
        }
        let facts = canon::read_stored(self.facts.as_bytes()).ok()?;
        EvidenceDigest::try_from(facts["file"]["sha256"].as_str()?.to_owned()).ok()
    }

    /// The event as the domain knows it.
    ///
    /// # Errors
    /// The reason, when its name is unknown or its parts are not what the name promises.
    pub fn entry(&self) -> Result<Entry, String> {
        let envelope = &self.envelope;
        let mut facts = canon::read_stored(self.facts.as_bytes()).map_err(|e| e.0)?;
        let actor =
            facts.as_object_mut().and_then(|facts| facts.remove("actor")).ok_or("actor: is missing")?;
        let actor: Actor = serde_json::from_value(actor).map_err(|e| format!("actor: {e}"))?;
        let payload = match (&self.payload, &self.body) {
            (None, _) => Held::None,
            (Some(_), None) => Held::Gone,
            (Some(_), Some((_, body))) => {
                let value = canon::read_stored(body.as_bytes()).map_err(|e| e.0)?;
                let payload: Payload = serde_json::from_value(value).map_err(|e| e.to_string())?;
                Held::Here(Box::new(payload))
            }
        };
        Ok(Entry {
            at: envelope.at,
            by: PrincipalName::new(envelope.by.as_str()).map_err(|e| format!("by: {e}"))?,
            assurance: Assurance::parse(&envelope.assurance).ok_or("assurance: unknown")?,
            actor,
            fact: Fact::from_parts(&envelope.name, facts)?,
            payload,
        })
    }

    /// As [`Recorded::entry`], with the event's number in the failure.
    ///
    /// # Errors
    /// [`Failure::Damaged`].
    pub fn read(&self) -> Result<Entry, Failure> {
        self.entry()
            .map_err(|why| Failure::damaged(format!("event {} cannot be read: {why}", self.envelope.seq)))
    }
}
