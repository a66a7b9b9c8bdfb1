//! The bytes of evidence, each under its digest. They are part of the truth: shared, never changed, and gone only when they
//! are redacted.

use crate::domain::canon;
use crate::domain::digest::EvidenceDigest;
use crate::store::failure::{Failure, failed};
use crate::store::open::Store;
use crate::store::verify::Report;
use crate::store::write::Tx;
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::BTreeSet;

/// The events that name files.
const NAMES_FILES: &str = "SELECT seq, facts FROM log WHERE name = 'evidence.attached' ORDER BY seq";

fn bytes_of(conn: &Connection, digest: EvidenceDigest) -> Result<Option<Vec<u8>>, Failure> {
    conn.prepare_cached("SELECT bytes FROM evidence WHERE sha256 = ?1")
        .and_then(|mut query| query.query_row([digest.bytes()], |row| row.get(0)).optional())
        .map_err(|e| failed("reading evidence", e))
}

impl Tx<'_> {
    /// Keeps a file under the digest of its bytes; one that is there already stays.
    ///
    /// # Errors
    /// When SQLite refuses it.
    pub fn keep_evidence(&self, bytes: &[u8]) -> Result<EvidenceDigest, Failure> {
        let digest = EvidenceDigest::of(bytes);
        self.conn()
            .prepare_cached("INSERT INTO evidence (sha256, bytes) VALUES (?1, ?2) ON CONFLICT DO NOTHING")
            .and_then(|mut insert| insert.execute(params![digest.bytes(), bytes]))
            .map_err(|e| failed("keeping evidence", e))?;
        Ok(digest)
    }
}

impl Store {
    /// The bytes under a digest; nothing when they are not here, or were redacted.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn evidence(&self, digest: EvidenceDigest) -> Result<Option<Vec<u8>>, Failure> {
        bytes_of(&self.conn, digest)
    }

    /// Every file is what its digest says and named by an event. One that is gone was redacted, and is counted.
    pub(super) fn check_evidence(&self, report: &mut Report) -> Result<(), Failure> {
        let reading = |e| failed("reading the evidence", e);
        let mut named: BTreeSet<EvidenceDigest> = BTreeSet::new();
        let mut query = self.conn.prepare(NAMES_FILES).map_err(reading)?;
        let mut rows = query.query([]).map_err(reading)?;
        while let Some(row) = rows.next().map_err(reading)? {
            // What an event says that cannot be read stands in the report already.
            let Ok(facts) = row.get::<_, String>(1) else { continue };
            let digest = canon::read_stored(facts.as_bytes())
                .ok()
                .and_then(|facts| facts["file"]["sha256"].as_str().map(str::to_owned))
                .and_then(|text| EvidenceDigest::try_from(text).ok());
            named.extend(digest);
        }
        let mut here: BTreeSet<EvidenceDigest> = BTreeSet::new();
        let mut query =
            self.conn.prepare("SELECT sha256, bytes FROM evidence ORDER BY sha256").map_err(reading)?;
        let mut rows = query.query([]).map_err(reading)?;
        while let Some(row) = rows.next().map_err(reading)? {
            let kept = row.get::<_, [u8; 32]>(0).map(EvidenceDigest::from_bytes);
            let (Ok(digest), Ok(bytes)) = (kept, row.get_ref(1).map_err(reading)?.as_blob()) else {
                report.wrong(None, "evidence: a row holds what is no file");
                continue;
            };
            let short = digest.short();
            if EvidenceDigest::of(bytes) != digest {
                report.wrong(None, format!("evidence {short} has other bytes than its digest says"));
            }
            if !named.contains(&digest) {
                report.wrong(None, format!("evidence {short} is named by no event"));
            }
            here.insert(digest);
        }
        report.files = here.len() as u64;
        report.files_gone = named.difference(&here).count() as u64;
        Ok(())
    }
}
