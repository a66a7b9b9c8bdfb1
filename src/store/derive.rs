//! The derived tables: rows written from the evolved state, never from a second reading of events.

use crate::domain::canon::canonical_or_poison;
use crate::domain::content::Kind;
use crate::domain::digest::ReasonDigest;
use crate::domain::due::next_due;
use crate::domain::filter::words_of_request;
use crate::domain::moment::Moment;
use crate::domain::names::{PersonName, PrincipalName, RequestId};
use crate::domain::overriding::digest_of_reason;
use crate::domain::precedents::{Shape, failures};
use crate::domain::quorum::Slot;
use crate::domain::request::{Request, State, StateName, Verdict};
use crate::domain::risk::{Priority, Risk};
use crate::store::failure::{Failure, failed};
use crate::store::precedents;
use crate::store::sight::OPEN;
use crate::store::tally::Tally;

use rusqlite::{Connection, params};
use std::collections::{BTreeMap, BTreeSet};

/// The slot under which everything open is listed. It and those below are no slots that anybody could fill: those
/// are canonical JSON, and begin with a brace.
pub const EVERYTHING: &str = "*";
/// What waits for reviewers and nobody has said to be on.
pub const UNCLAIMED: &str = "*unclaimed";
/// What waits for reviewers and somebody has said to be on. A claim runs out without an event, so a reader with a clock
/// says which of these are unclaimed again.
pub const CLAIMED: &str = "*claimed";
/// What is escalated.
pub const ESCALATED: &str = "*escalated";

/// Open promotions.
pub const PROMOTIONS: &str = "*promotions";
/// Open reviews that are owed.
pub const DEBTS: &str = "*debts";
/// Open questions.
pub const QUESTIONS: &str = "*questions";

/// The slot of the queue of its own that a kind has; its counter has the same name without the star.
const fn queue_of(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Promotion => Some(PROMOTIONS),
        Kind::Debt => Some(DEBTS),
        Kind::Question => Some(QUESTIONS),
        _ => None,
    }
}

/// Every derived table with its columns, in the order they are compared and cleared.
pub const TABLES: [(&str, &str); 12] = [
    (
        "requests",
        "id, kind, state, level, title, requester, risk, priority, sensitive, environment, service, tenant, revision,
         digest, due_at, expires_at, next_due_at, claim_by, claim_until, closed_by, closed_at, execution, created_at,
         updated_at, version, flagged, assignee",
    ),
    ("rollouts", "id, phase, tier, live, since, version"),
    ("inbox", "slot, rank, due_at, request, asker"),
    ("own", "requester, closed_at, request"),
    ("snoozed", "name, request, until"),
    ("words", "word, request"),
    ("names", "name, request"),
    ("refs", "requester, reference, request"),
    ("debts", "person, request"),
    ("reasons", "person, reason, request"),
    ("failures", "shape, at, request"),
    ("counters", "name, value"),
];

/// What one request contributes to the tables beside its own row.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Share {
    /// When it was closed, or that it is open; nothing where there is no request.
    closed_at: Option<i64>,
    slots: BTreeSet<String>,
    rank: i64,
    due_at: i64,
    asker: String,
    words: BTreeSet<String>,
    names: BTreeSet<String>,
    counters: BTreeMap<String, i64>,
    snoozes: BTreeMap<PrincipalName, Moment>,
    owes: BTreeSet<String>,
    reason: Option<(String, ReasonDigest)>,
    failures: BTreeSet<(Shape, Moment)>,
}

/// Whose request it is: the person behind it, or the producer that nobody owns. A debt is its overrider's: it waits for
/// somebody else.
pub fn asker(request: &Request) -> String {
    match &request.owes {
        Some(owes) => hand(&owes.by, owes.person.as_ref()),
        None => hand(&request.whose().name, request.whose().person.as_ref()),
    }
}

/// Somebody as they are told apart here: by their person, or by their name when nobody owns them.
pub fn hand(name: &PrincipalName, person: Option<&PersonName>) -> String {
    match person {
        Some(person) => format!("person:{person}"),
        None => format!("name:{name}"),
    }
}

/// The reason of an override, with whose it was; nothing when it was redacted.
fn reason_of_override(request: &Request) -> Option<(String, ReasonDigest)> {
    let closed = request.closed()?;
    let Verdict::Overridden { bound, .. } = &closed.verdict else { return None };
    let signer = &bound.signer;
    Some((hand(&signer.name, signer.person.as_ref()), digest_of_reason(closed.reason.as_ref()?)))
}

/// The level of what everybody must see first: above every one that a chain can reach.
pub const ALARM: u8 = u8::MAX;

/// The reading order inside a queue, smaller first: escalation level (three and more are one), risk, priority.
pub fn reading_rank(level: u8, risk: Risk, priority: Priority) -> i64 {
    if level == ALARM {
        return -1;
    }
    (3 - i64::from(level.min(3))) * 16 + (3 - risk as i64) * 4 + (3 - priority as i64)
}

/// Whether policy says that it should not have been asked.
fn is_flagged(request: &Request) -> bool {
    request.assessment().violation.is_some()
}

/// How far up it is: a rollback that failed is above every chain, until somebody says that they saw it.
fn level(request: &Request) -> u8 {
    if request.is_alarming() { ALARM } else { request.level() }
}

/// Since when it is overdue, or until when it is not: a rollback that failed, since it did.
fn due_at(request: &Request) -> Moment {
    let failed = request.rollout.as_ref().filter(|stands| stands.alarm).map(|stands| stands.at);
    failed.unwrap_or(request.deadlines.due_at)
}

fn share(request: &Request) -> Share {
    let asker = asker(request);
    let mut names: BTreeSet<String> = request.reference.iter().map(|r| r.as_str().to_owned()).collect();
    if let Some(content) = &request.content {
        for (key, value) in &content.labels {
            if matches!(key.as_str(), "lease" | "intent") {
                names.insert(value.raw().to_owned());
            }
        }
    }
    let mut slots = BTreeSet::new();
    let mut counters = BTreeMap::new();
    let mut count = |name: String| *counters.entry(name).or_insert(0) += 1;
    if request.is_open() {
        slots.insert(EVERYTHING.to_owned());
        count("open".to_owned());
        count(format!("open-of:{}", request.requester.name));
        // What is no decision is listed with everything open, and waits for nobody.
        let asks = !is_flagged(request);
        if asks && matches!(request.state, State::Waiting(_)) {
            for slot in request.open_slots().into_iter().map(canonical_or_poison).collect::<BTreeSet<_>>() {
                count(format!("waiting:{slot}"));
                count(format!("waiting-of:{asker}:{slot}"));
                slots.insert(slot);
            }
            if request.claim.is_none() {
                slots.insert(UNCLAIMED.to_owned());
                count("unclaimed".to_owned());
            } else {
                slots.insert(CLAIMED.to_owned());
            }
        }
        if request.state_name() == StateName::Escalated {
            slots.insert(ESCALATED.to_owned());
            count("escalated".to_owned());
        }
        if let Some(slot) = queue_of(request.kind()).filter(|_| asks) {
            slots.insert(slot.to_owned());
            count(slot.trim_start_matches('*').to_owned());
        }
    } else {
        count("decided".to_owned());
        // A rollback that failed stands before everything else in everybody's queue, until somebody says that they saw it.
        if request.is_alarming() {
            let slot = canonical_or_poison(&Slot::one_human());
            count(format!("waiting:{slot}"));
            count(format!("waiting-of:{asker}:{slot}"));
            slots.insert(slot);
        }
    }
    Share {
        closed_at: Some(request.closed().map_or(OPEN, |closed| closed.at.millis())),
        slots,
        rank: reading_rank(level(request), request.assessment().risk, request.revision.priority),
        due_at: due_at(request).millis(),
        asker,
        words: if request.is_open() { words_of_request(request) } else { BTreeSet::new() },
        names,
        counters,
        snoozes: request.snoozes.clone(),
        owes: request
            .owes
            .as_ref()
            .filter(|_| request.is_open())
            // By name as well: the name can have become another person's.
            .map(|owes| BTreeSet::from([hand(&owes.by, owes.person.as_ref()), hand(&owes.by, None)]))
            .unwrap_or_default(),
        reason: reason_of_override(request),
        failures: failures(request),
    }
}

/// Writes what `after` derives to, replacing what `before` derived to (nothing for a new request); what that changes in the
/// counters is left in `tally`.
///
/// # Errors
/// When SQLite refuses a row.
pub fn write(
    conn: &Connection,
    before: Option<&Request>,
    after: &Request,
    tally: &mut Tally,
) -> Result<(), Failure> {
    let old = before.map(share).unwrap_or_default();
    put(conn, after, before.is_none(), (&old, &share(after)), tally)
}

/// A request and what it contributes, worked out beforehand.
pub struct Derived {
    /// The request.
    pub request: Request,
    share: Share,
}

impl Derived {
    /// What a request derives to.
    pub fn of(request: Request) -> Self {
        Self { share: share(&request), request }
    }

    /// Writes it where there was nothing of it.
    ///
    /// # Errors
    /// When SQLite refuses a row.
    pub fn write(&self, conn: &Connection, tally: &mut Tally) -> Result<(), Failure> {
        put(conn, &self.request, true, (&Share::default(), &self.share), tally)
    }
}

fn put(
    conn: &Connection,
    after: &Request,
    is_new: bool,
    (old, new): (&Share, &Share),
    tally: &mut Tally,
) -> Result<(), Failure> {
    put_row(conn, after)
        .and_then(|()| put_own(conn, after, old, new))
        .and_then(|()| put_inbox(conn, after.id, old, new))
        .and_then(|()| put_snoozes(conn, after.id, old, new))
        .and_then(|()| put_words(conn, after.id, old, new))
        .and_then(|()| put_names(conn, after, old, new, is_new))
        .and_then(|()| put_overrides(conn, after.id, old, new))
        .and_then(|()| precedents::put(conn, after.id, &old.failures, &new.failures))
        .map_err(|e| failed("writing the derived tables", e))?;
    tally.change(&old.counters, &new.counters);
    Ok(())
}

fn put_row(conn: &Connection, request: &Request) -> rusqlite::Result<()> {
    let assessment = request.assessment();
    let target = request.target();
    let closed = request.closed();
    let claim = request.claim.as_ref();
    conn.prepare_cached(
        "INSERT INTO requests (id, kind, state, level, title, requester, risk, priority, sensitive, environment,
             service, tenant, revision, digest, due_at, expires_at, next_due_at, claim_by, claim_until, closed_by,
             closed_at, execution, created_at, updated_at, version, flagged, assignee)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22,
             ?23, ?24, ?25, ?26, ?27)
         ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, state = excluded.state, level = excluded.level,
             title = excluded.title, requester = excluded.requester, risk = excluded.risk,
             priority = excluded.priority, sensitive = excluded.sensitive, environment = excluded.environment,
             service = excluded.service, tenant = excluded.tenant, revision = excluded.revision,
             digest = excluded.digest, due_at = excluded.due_at, expires_at = excluded.expires_at,
             next_due_at = excluded.next_due_at, claim_by = excluded.claim_by, claim_until = excluded.claim_until,
             closed_by = excluded.closed_by, closed_at = excluded.closed_at, execution = excluded.execution,
             created_at = excluded.created_at, updated_at = excluded.updated_at, version = excluded.version,
             flagged = excluded.flagged, assignee = excluded.assignee",
    )?
    .execute(params![
        request.id.number(),
        request.kind().word(),
        request.state_name().word(),
        level(request),
        request.content.as_ref().map_or("", |c| c.title.raw()),
        request.requester.name.as_str(),
        assessment.risk.word(),
        request.revision.priority.word(),
        assessment.sensitive,
        target.environment.as_ref().map(|e| e.as_str()),
        target.service.as_ref().map(|e| e.as_str()),
        target.tenant.as_ref().map(|e| e.as_str()),
        request.revision.number.0,
        request.decision_digest().to_string(),
        due_at(request).millis(),
        request.expires_at().map(|at| at.millis()),
        next_due(request).map(|(at, _)| at.millis()),
        claim.map(|c| c.by.as_str()),
        claim.map(|c| c.until.millis()),
        closed.map(|c| c.by.as_str()),
        closed.map(|c| c.at.millis()),
        request.execution.map(|e| e.word()),
        request.created_at.millis(),
        request.updated_at.millis(),
        request.version,
        is_flagged(request),
        request.assigned().filter(|_| request.is_open()).map(|last| String::from(last.to.clone())),
    ])
    .map(|_| ())
}

/// Whose it is: written when it is asked for, and again when it is closed. Nothing in between touches it.
fn put_own(conn: &Connection, after: &Request, old: &Share, new: &Share) -> rusqlite::Result<()> {
    let (old, Some(new)) = (old.closed_at, new.closed_at) else { return Ok(()) };
    if old == Some(new) {
        return Ok(());
    }
    let (name, id) = (after.requester.name.as_str(), after.id.number());
    if let Some(old) = old {
        conn.prepare_cached("DELETE FROM own WHERE requester = ?1 AND closed_at = ?2 AND request = ?3")?
            .execute(params![name, old, id])?;
    }
    conn.prepare_cached("INSERT INTO own (requester, closed_at, request) VALUES (?1, ?2, ?3)")?
        .execute(params![name, new, id])
        .map(|_| ())
}

fn put_inbox(conn: &Connection, id: RequestId, old: &Share, new: &Share) -> rusqlite::Result<()> {
    let same_place = (old.rank, old.due_at, &old.asker) == (new.rank, new.due_at, &new.asker);
    let stays = |slot: &String| same_place && old.slots.contains(slot) && new.slots.contains(slot);
    for slot in old.slots.iter().filter(|s| !stays(s)) {
        conn.prepare_cached(
            "DELETE FROM inbox WHERE slot = ?1 AND rank = ?2 AND due_at = ?3 AND request = ?4",
        )?
        .execute(params![slot, old.rank, old.due_at, id.number()])?;
    }
    for slot in new.slots.iter().filter(|s| !stays(s)) {
        conn.prepare_cached(
            "INSERT INTO inbox (slot, rank, due_at, request, asker) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![slot, new.rank, new.due_at, id.number(), new.asker])?;
    }
    Ok(())
}

fn put_snoozes(conn: &Connection, id: RequestId, old: &Share, new: &Share) -> rusqlite::Result<()> {
    for name in old.snoozes.keys().filter(|name| !new.snoozes.contains_key(*name)) {
        conn.prepare_cached("DELETE FROM snoozed WHERE name = ?1 AND request = ?2")?
            .execute(params![name.as_str(), id.number()])?;
    }
    for (name, until) in new.snoozes.iter().filter(|(name, until)| old.snoozes.get(*name) != Some(*until)) {
        conn.prepare_cached(
            "INSERT INTO snoozed (name, request, until) VALUES (?1, ?2, ?3)
             ON CONFLICT (name, request) DO UPDATE SET until = excluded.until",
        )?
        .execute(params![name.as_str(), id.number(), until.millis()])?;
    }
    Ok(())
}

fn put_words(conn: &Connection, id: RequestId, old: &Share, new: &Share) -> rusqlite::Result<()> {
    if new.words.is_empty() && !old.words.is_empty() {
        return conn
            .prepare_cached("DELETE FROM words WHERE request = ?1")?
            .execute([id.number()])
            .map(|_| ());
    }
    for word in old.words.difference(&new.words) {
        conn.prepare_cached("DELETE FROM words WHERE word = ?1 AND request = ?2")?
            .execute(params![word, id.number()])?;
    }
    for word in new.words.difference(&old.words) {
        conn.prepare_cached("INSERT INTO words (word, request) VALUES (?1, ?2)")?
            .execute(params![word, id.number()])?;
    }
    Ok(())
}

fn put_names(
    conn: &Connection,
    request: &Request,
    old: &Share,
    new: &Share,
    is_new: bool,
) -> rusqlite::Result<()> {
    let id = request.id.number();
    for name in old.names.difference(&new.names) {
        conn.prepare_cached("DELETE FROM names WHERE name = ?1 AND request = ?2")?
            .execute(params![name, id])?;
    }
    for name in new.names.difference(&old.names) {
        conn.prepare_cached("INSERT INTO names (name, request) VALUES (?1, ?2)")?
            .execute(params![name, id])?;
    }
    // A reference never changes, so it is written once.
    if let (true, Some(reference)) = (is_new, &request.reference) {
        conn.prepare_cached("INSERT INTO refs (requester, reference, request) VALUES (?1, ?2, ?3)")?
            .execute(params![request.requester.name.as_str(), reference.as_str(), id])?;
    }
    Ok(())
}

fn put_overrides(conn: &Connection, id: RequestId, old: &Share, new: &Share) -> rusqlite::Result<()> {
    if old.owes != new.owes {
        for (hands, sql) in [
            (&old.owes, "DELETE FROM debts WHERE person = ?1 AND request = ?2"),
            (&new.owes, "INSERT INTO debts (person, request) VALUES (?1, ?2)"),
        ] {
            for hand in hands {
                conn.prepare_cached(sql)?.execute(params![hand, id.number()])?;
            }
        }
    }
    // What was said once stays said: a request is overridden once.
    if let (None, Some((person, reason))) = (&old.reason, &new.reason) {
        conn.prepare_cached("INSERT INTO reasons (person, reason, request) VALUES (?1, ?2, ?3)")?
            .execute(params![person, reason.to_string(), id.number()])?;
    }
    Ok(())
}
