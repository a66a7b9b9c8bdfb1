//! The log for auditors, and the store's upkeep: verify, export, rebuild, backup.

use crate::app::{App, Error, Failure, Recorded, Report};
use crate::domain::canon;
use crate::domain::digest::{EventHash, unhex};
use crate::domain::event::Entry;
use crate::domain::names::Seq;
use crate::domain::principal::Permission;
use crate::domain::refusal::Refusal;
use std::io::{BufRead, Read};
use std::path::Path;

/// How the log stands to an export that was kept elsewhere.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Against {
    /// Every event of the export is in the log, the last one at this place: nothing up to there was cut or made anew.
    Agrees(Seq),
    /// The export is of another store.
    OtherStore,
    /// From this event on the two differ: one of them was made anew, or both went on from a copy.
    Forks(Seq),
    /// The log ends before the export does: its end was cut off, or an old copy was put back.
    Cut {
        /// Where the log ends.
        ends: Seq,
        /// Where the export ends.
        export: Seq,
    },
}

/// How long one line of an export may be: a document's limit in JSON escapes, and the facts beside it.
const LONGEST_LINE: u64 = 16 << 20;

impl App {
    /// Compares the log with an export kept elsewhere, which makes the export an anchor.
    ///
    /// # Errors
    /// The reason, when the export cannot be read or is not one.
    pub fn verify_against(&self, mut export: impl BufRead) -> Result<Against, String> {
        let mut last = Seq(0);
        let mut line = Vec::new();
        for number in 1.. {
            line.clear();
            let read =
                export.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line).map_err(|e| e.to_string())?;
            if read == 0 {
                break;
            }
            let event =
                canon::read_stored(line.trim_ascii()).map_err(|e| format!("line {number}: {}", e.0))?;
            let (envelope, hash) = (&event["envelope"], event["hash"].as_str().and_then(unhex));
            let (Some(seq), Some(hash)) = (envelope["seq"].as_u64(), hash) else {
                return Err(format!("line {number} is no event of an export"));
            };
            if envelope["store"].as_str() != Some(self.store.id().as_str()) {
                return Ok(Against::OtherStore);
            }
            match self.store.hash_at(Seq(seq)).map_err(|e| e.to_string())? {
                None if last < Seq(seq) => {
                    last = last.max(Seq(seq));
                    continue; // the export's own end is still to be found
                }
                Some(ours) if *ours.bytes() != hash => return Ok(Against::Forks(Seq(seq))),
                _ => last = last.max(Seq(seq)),
            }
        }
        let (ends, _) = self.store.head().map_err(|e| e.to_string())?;
        match last {
            Seq(0) => Err("it holds no event".to_owned()),
            _ if last > ends => Ok(Against::Cut { ends, export: last }),
            _ => Ok(Against::Agrees(last)),
        }
    }

    /// Verifies file, chain, derived tables, and every signature against the roster in force at its event.
    ///
    /// # Errors
    /// When the file cannot be read at all.
    pub fn verify(&mut self, tell: impl FnMut(u64)) -> Result<Report, Failure> {
        let mut report = self.store.verify(tell)?;
        for one in self.check_signatures(None)? {
            if let Some(why) = &one.trouble {
                report.wrong(Some(one.seq.0), format!("event {} {why}", one.seq));
            }
        }
        Ok(report)
    }

    /// Whether the caller may take the log out: in a team that is a permission of its own.
    ///
    /// # Errors
    /// [`Refusal::NotPermitted`], or the log cannot be read.
    pub fn may_export(&self) -> Result<(), Error> {
        let place = self.looker()?;
        let permission = Permission::Export;
        if place.team && !place.standing.may(permission) {
            return Err(Refusal::NotPermitted { permission }.into());
        }
        Ok(())
    }

    /// Hands every event behind `after` to `each`, in order, until it answers `false`.
    ///
    /// # Errors
    /// When the log cannot be read, or `each` fails.
    pub fn events(&self, after: Seq, each: impl FnMut(Recorded) -> Result<bool, Error>) -> Result<(), Error> {
        if !self.sees_all()? {
            return Err(Refusal::NotPermitted { permission: Permission::See }.into());
        }
        self.store.events(after, each)
    }

    /// One event as a line of the canonical export, with the bytes of the file it names.
    ///
    /// # Errors
    /// When the bytes cannot be read.
    pub fn export_line(&self, event: &Recorded) -> Result<String, Failure> {
        let file = match event.file() {
            Some(digest) => self.store.evidence(digest)?,
            None => None,
        };
        Ok(crate::store::export::line(event, file.as_deref()))
    }

    /// The last event's number and hash.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn head(&self) -> Result<(Seq, EventHash), Failure> {
        self.store.head()
    }

    /// Writes every derived table again from the log; how many requests there are.
    ///
    /// # Errors
    /// When an event cannot be read; then nothing was changed.
    pub fn rebuild(&mut self, tell: impl FnMut(u64)) -> Result<u64, Failure> {
        self.store.rebuild(tell)
    }

    /// Copies the store into a new file.
    ///
    /// # Errors
    /// When the target exists or cannot be written.
    pub fn backup(&self, target: &Path, tell: impl FnMut(i32, i32)) -> Result<(), Failure> {
        self.store.backup(target, tell)
    }

    /// The domain's view of a recorded event, if this program can read it.
    pub fn entry(event: &Recorded) -> Option<Entry> {
        event.entry().ok()
    }
}
