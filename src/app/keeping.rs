//! Keeping the store: what is old enough is forgotten, what should never have been written is taken out. Both stand in the
//! log, with who and why.

use crate::app::team::Place;
use crate::app::{App, Error, Failure};
use crate::domain::digest::EvidenceDigest;
use crate::domain::event::{Actor, Entry, Fact, Held, OfStore, Payload};
use crate::domain::moment::{Moment, Span};
use crate::domain::names::{RequestId, Seq};
use crate::domain::principal::{Caller, Face, Permission};
use crate::domain::refusal::Refusal;
use crate::domain::request::{Execution, Request, Verdict};
use crate::domain::taking_out;
use crate::domain::text::Text;
use crate::store::sight::Sight;
use serde::Deserialize;

/// How long is kept what may be forgotten, in days.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Retention {
    /// Notices and their deliveries.
    pub notices_days: u16,
    /// Files of evidence, from when their request was closed.
    pub evidence_days: u16,
}

impl Default for Retention {
    fn default() -> Self {
        Self { notices_days: 30, evidence_days: 365 }
    }
}

impl Retention {
    /// How long notices are kept.
    pub(super) fn notices(self) -> Span {
        Span::from_hours(24 * i64::from(self.notices_days))
    }

    fn evidence(self) -> Span {
        Span::from_hours(24 * i64::from(self.evidence_days))
    }
}

/// What pruning forgets, or would forget.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Pruned {
    /// How many notices, and how many deliveries of them.
    pub notices: (u64, u64),
    /// Which files.
    pub files: Vec<EvidenceDigest>,
    /// How many bytes they have.
    pub bytes: u64,
    /// Files that stay because a request that names them is open, or runs, or its review is owed.
    pub needed: u64,
    /// Files that stay because they are pinned: part of what was decided on, and of what signatures stand for.
    pub pinned: u64,
    /// Files that stay because their request was closed too lately.
    pub young: u64,
}

/// What became of a redaction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Redacting {
    /// It is done; whether the file could be written anew, or why not.
    Done(Result<(), Failure>),
    /// Another person must say so too.
    Asked,
}

/// Why a file stays.
enum Stays {
    Needed,
    Pinned,
    Young,
}

/// How often old notices are forgotten by whoever keeps time.
const DAILY: Span = Span::from_hours(24);
/// Files that one event names at most: an event is no list without end.
const AT_ONCE: usize = 1_000;

impl App {
    /// Forgets what is old enough, and records it; `dry` only counts. Nothing old, nothing recorded.
    ///
    /// # Errors
    /// Somebody who may not, or the store cannot be read or written.
    pub fn prune(&mut self, dry: bool) -> Result<Pruned, Error> {
        let (now, caller) = (self.now(), self.caller(Face::Cli));
        let place = self.place_of(&caller)?;
        if !place.standing.may(Permission::Admin) {
            return Err(Refusal::NotPermitted { permission: Permission::Admin }.into());
        }
        let retention = self.config.retention;
        let (notices_before, files_before) =
            (now.minus(retention.notices()), now.minus(retention.evidence()));
        let mut pruned = Pruned { notices: self.store.old_notices(notices_before)?, ..Pruned::default() };
        for (digest, ids) in self.store.named_evidence()? {
            match self.stays(digest, &ids, files_before, &place.sight)? {
                Some(Stays::Needed) => pruned.needed += 1,
                Some(Stays::Pinned) => pruned.pinned += 1,
                Some(Stays::Young) => pruned.young += 1,
                None if pruned.files.len() < AT_ONCE => {
                    pruned.bytes += self.store.size_of(digest)?;
                    pruned.files.push(digest);
                }
                None => {}
            }
        }
        if dry || (pruned.notices.0 == 0 && pruned.files.is_empty()) {
            return Ok(pruned);
        }
        let (files, bytes) = (pruned.files.clone(), pruned.bytes);
        pruned.notices = self.store.write(|tx| -> Result<(u64, u64), Error> {
            let (notices, deliveries) = tx.forget_old_notices(notices_before)?;
            files.iter().try_for_each(|digest| tx.forget_evidence(*digest))?;
            let files = files.clone();
            let fact = OfStore::Pruned { notices, deliveries, files, bytes, notices_before, files_before };
            tx.keep_in_the_log(&entry(&place.caller, now, fact, Held::None))?;
            Ok((notices, deliveries))
        })?;
        Ok(pruned)
    }

    /// Writes the file anew, so that nothing of what was forgotten is left in it.
    ///
    /// # Errors
    /// Somebody reads the store, or the disk has no room for a second copy.
    pub fn scrub(&mut self) -> Result<(), Failure> {
        self.store.scrub()
    }

    /// Forgets old notices once a day, and records it: for whoever keeps time. Evidence is forgotten by hand only.
    pub(super) fn prune_notices(&mut self) -> Result<(), Error> {
        let (now, system) = (self.now(), Caller::system());
        if self.pruned.is_some_and(|at| at <= now && now.since(at) < DAILY) {
            return Ok(());
        }
        self.pruned = Some(now);
        let before = now.minus(self.config.retention.notices());
        if self.store.old_notices(before)?.0 == 0 {
            return Ok(());
        }
        self.store.write_quietly(|tx| -> Result<(), Error> {
            let (notices, deliveries) = tx.forget_old_notices(before)?;
            if notices > 0 {
                let (notices_before, files_before) = (before, before);
                let (files, bytes) = (Vec::new(), 0);
                let fact =
                    OfStore::Pruned { notices, deliveries, files, bytes, notices_before, files_before };
                tx.keep_in_the_log(&entry(&system, now, fact, Held::None))?;
            }
            Ok(())
        })
    }

    /// Why a file stays; nothing when it may go. Every request that names it has a say.
    fn stays(
        &self,
        digest: EvidenceDigest,
        ids: &[RequestId],
        before: Moment,
        sight: &Sight,
    ) -> Result<Option<Stays>, Failure> {
        let mut why = None;
        for id in ids {
            let Some(request) = self.store.load(*id, sight)? else { continue };
            if is_pinned(&request, digest) {
                return Ok(Some(Stays::Pinned));
            }
            if self.is_needed(&request, sight)? {
                why = Some(Stays::Needed);
            } else if request.closed().is_none_or(|closed| closed.at > before) && why.is_none() {
                why = Some(Stays::Young);
            }
        }
        Ok(why)
    }

    fn is_needed(&self, request: &Request, sight: &Sight) -> Result<bool, Failure> {
        let runs = request.execution.is_some_and(|how| {
            matches!(how, Execution::NotStarted | Execution::Running | Execution::Unknown)
        });
        let debt = request.closed().and_then(|closed| match &closed.verdict {
            Verdict::Overridden { instead, .. } => Some(instead.debt),
            _ => None,
        });
        let owed = match debt {
            Some(debt) => self.store.load(debt, sight)?.is_some_and(|debt| debt.is_open()),
            None => false,
        };
        Ok(request.is_open() || runs || owed)
    }

    /// Takes the payload of an event out of the log, with the file that it names: only its digest stays. In a team two
    /// people say so, within a day.
    ///
    /// # Errors
    /// Somebody who may not, an event that has nothing that may go, or the store cannot be written.
    pub fn redact(&mut self, seq: Seq, reason: &Text) -> Result<Redacting, Error> {
        let (now, caller) = (self.now(), self.caller(Face::Cli));
        // Before anything else, so that nobody learns from it how long the log is.
        if !self.place_of(&caller)?.standing.may(Permission::Admin) {
            return Err(Refusal::NotPermitted { permission: Permission::Admin }.into());
        }
        if reason.is_blank() {
            return Err(Failure::refused("a reason is required to take something out of the log").into());
        }
        let event = self.store.event(seq)?;
        let event = event.ok_or_else(|| Failure::refused(format!("there is no event {seq}")))?;
        let known = &self.known;
        let done = self.store.write(|tx| -> Result<bool, Error> {
            let policy = known.effective(tx)?;
            let place = Place::of(tx, &policy, &caller, now)?;
            if !place.standing.may(Permission::Admin) {
                return Err(Refusal::NotPermitted { permission: Permission::Admin }.into());
            }
            let no = |why: &str| Failure::refused(format!("event {seq}: {why}; nothing was taken out"));
            let envelope = &event.envelope;
            let of = RequestId::parse(&envelope.aggregate);
            let of = of.map(|id| tx.load(id, &place.sight)).transpose()?.flatten();
            taking_out::may(&envelope.name, of.as_ref()).map_err(|why| no(&why))?;
            let file = event.file();
            if event.payload.is_none() && file.is_none() {
                return Err(no("it has no text").into());
            }
            if event.payload.is_some() && event.body.is_none() {
                return Err(no("its text is gone already").into());
            }
            if file.is_some_and(|digest| of.as_ref().is_some_and(|request| is_pinned(request, digest))) {
                return Err(no("its file is pinned: it is part of what is decided on").into());
            }
            let held = Payload::reason(Some(reason.clone()));
            let mut asked_by = None;
            if place.team {
                let asked = tx.redaction_asked(seq, now.minus(taking_out::ASKED_FOR))?;
                let asked = asked.map(|event| event.read()).transpose()?;
                let other = asked.filter(|asked| {
                    asked.by != place.caller.name && asked.actor.person != place.caller.person
                });
                let Some(other) = other else {
                    let fact = OfStore::RedactionAsked { seq, file };
                    tx.keep_in_the_log(&entry(&place.caller, now, fact, held))?;
                    return Ok(false);
                };
                asked_by = Some(other.by);
            }
            tx.take_out(seq)?;
            if let Some(file) = file {
                tx.forget_evidence(file)?;
            }
            if let Some(before) = &of {
                tx.derive_again(before)?;
            }
            let named = format!("{} {}", envelope.aggregate, envelope.name);
            let fact = OfStore::Redacted { seq, of: named, payload: event.payload, file, asked_by };
            tx.keep_in_the_log(&entry(&place.caller, now, fact, held))?;
            Ok(true)
        })?;
        match done {
            true => Ok(Redacting::Done(self.store.scrub())),
            false => Ok(Redacting::Asked),
        }
    }
}

fn is_pinned(request: &Request, digest: EvidenceDigest) -> bool {
    let pinned = request.content.iter().flat_map(|content| &content.evidence).filter(|one| one.pinned);
    let digest = digest.to_string();
    pinned.filter_map(|one| one.sha256.as_ref()).any(|sha256| sha256.raw().eq_ignore_ascii_case(&digest))
}

fn entry(caller: &Caller, at: Moment, fact: OfStore, payload: Held) -> Entry {
    Entry {
        at,
        by: caller.name.clone(),
        assurance: caller.assurance,
        actor: Actor::of(caller),
        fact: Fact::OfStore(fact),
        payload,
    }
}
