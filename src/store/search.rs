//! Looking for requests: words by the index over everything that is open, fields on the rows. The cost is bounded,
//! however many requests there are; where the bound is met, what was found says so.

use crate::domain::filter::{Assignee, Deadline, Filter, Term, number_word, words_of};
use crate::domain::moment::Moment;
use crate::store::failure::{Failure, failed};
use crate::store::inbox::{COLUMNS, From, Reader, Row, place, row};
use crate::store::open::Store;
use crate::store::queue::Queue;
pub use crate::store::scan::LOOKED_AT;
use crate::store::scan::{Scan, beginning};
use crate::store::seen::numbers_of;
use crate::store::sight::Sight;
use rusqlite::{OptionalExtension, params};
use std::collections::{BTreeSet, HashSet};

/// What was found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Found {
    /// The rows that match, in reading order.
    pub rows: Vec<Row>,
    /// How many more match and are hidden, because the reader has opened them.
    pub hidden: usize,
    /// Set when not everything was looked at: how many of the queue's first rows were.
    pub of_the_first: Option<usize>,
}

/// How many rows a view has, as far as was looked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Ahead {
    /// So many.
    pub matches: usize,
    /// Whether there may be more.
    pub more: bool,
}

/// How many rows are looked at to say how many a view has, and how many it says at most.
const LOOK_AHEAD: usize = 400;
const SAY: usize = 50;

impl Found {
    fn take(
        &mut self,
        row: Row,
        is_hidden: impl FnOnce(&Row) -> rusqlite::Result<bool>,
    ) -> rusqlite::Result<()> {
        if is_hidden(&row)? {
            self.hidden += 1;
        } else {
            self.rows.push(row);
        }
        Ok(())
    }
}

impl Store {
    /// The rows of a queue that match.
    ///
    /// # Errors
    /// When the tables cannot be read.
    pub fn find(
        &self,
        queue: Queue,
        filter: &Filter,
        reader: &Reader,
        now: Moment,
    ) -> Result<Found, Failure> {
        let filter = &filter.as_read_by(&reader.signer.name, &reader.signer.roles);
        if let Sight::Own(own) = &reader.sight {
            let mut found = self.own_found(own, queue, filter, reader, now)?;
            self.note_snoozes(&mut found.rows, reader, now)?;
            self.note_overtaken(&mut found.rows, reader)?;
            return Ok(found);
        }
        let mut scan = self.scan(queue, reader, now)?;
        let found = self.find_from(&mut scan, queue, filter, reader, now);
        self.keep_scan(scan);
        found
    }

    fn find_from(
        &self,
        scan: &mut Scan,
        queue: Queue,
        filter: &Filter,
        reader: &Reader,
        now: Moment,
    ) -> Result<Found, Failure> {
        let looking = |e| failed("looking for requests", e);
        // Where the first rows are all there are, nothing is asked of the index of words.
        if scan.is_cut()
            && queue != Queue::Decided
            && let Some(ids) = self.candidates(filter, scan).map_err(looking)?
        {
            let mut found = self.among(&ids, queue, filter, reader, now).map_err(looking)?;
            self.note_snoozes(&mut found.rows, reader, now)?;
            self.note_overtaken(&mut found.rows, reader)?;
            return Ok(found);
        }
        let beginnings: Vec<String> = filter.words.iter().map(|word| beginning(word)).collect();
        if !beginnings.is_empty() && queue != Queue::Decided {
            scan.read_words(&self.conn).map_err(looking)?;
        }
        let mut found = Found { of_the_first: scan.is_cut().then_some(scan.rows.len()), ..Found::default() };
        for row in scan.rows.iter().filter(|row| admits(filter, row, now)) {
            let matches = match row.state.is_open() {
                true => scan.has_words(row, &beginnings),
                false => says(filter, row),
            };
            if matches {
                found.take(row.clone(), |row| self.is_hidden(row, reader, now)).map_err(looking)?;
            }
        }
        Ok(found)
    }

    /// How many of a queue's first rows match each filter, in one walk: the same few hundred rows, however many there are.
    ///
    /// # Errors
    /// When the tables cannot be read.
    pub fn ahead(
        &self,
        queue: Queue,
        filters: &[Filter],
        reader: &Reader,
        now: Moment,
    ) -> Result<Vec<Ahead>, Failure> {
        let mut out = vec![Ahead::default(); filters.len()];
        if filters.is_empty() {
            return Ok(out);
        }
        let rows = self.bare_page(queue, From::Start, LOOK_AHEAD + 1, reader, now)?;
        for (filter, ahead) in filters.iter().zip(&mut out) {
            let first = rows.iter().take(LOOK_AHEAD).cloned().collect();
            let filter = filter.as_read_by(&reader.signer.name, &reader.signer.roles);
            let matching = self.matching(&filter, first, now);
            let matches = matching.map_err(|e| failed("counting what a view has", e))?.len();
            *ahead = Ahead { matches: matches.min(SAY), more: matches > SAY || rows.len() > LOOK_AHEAD };
        }
        Ok(out)
    }

    /// The requests that have one of the words, if one of them is rare enough to begin with.
    fn candidates(&self, filter: &Filter, scan: &mut Scan) -> rusqlite::Result<Option<Vec<u64>>> {
        if let Some(all) = filter.assignees() {
            let mut query = self.conn.prepare_cached(
                "SELECT id FROM requests INDEXED BY requests_by_assignee WHERE assignee = ?1 LIMIT ?2",
            )?;
            let mut ids: Vec<u64> = Vec::new();
            for whom in all {
                let key = params![String::from(whom.clone()), LOOKED_AT as i64 + 1];
                let found = query.query_map(key, |row| row.get(0))?;
                ids.extend(found.collect::<rusqlite::Result<Vec<u64>>>()?);
            }
            if ids.len() <= LOOKED_AT {
                return Ok(Some(ids));
            }
        }
        let mut words: Vec<&String> = filter.words.iter().collect();
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        let mut query = self
            .conn
            .prepare_cached("SELECT DISTINCT request FROM words WHERE word >= ?1 AND word < ?2 LIMIT ?3")?;
        for word in words {
            if scan.knows_as_common(word) {
                continue;
            }
            let ids: Vec<u64> = query
                .query_map(params![word, end_of(word), LOOKED_AT as i64 + 1], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()?;
            if ids.len() <= LOOKED_AT {
                return Ok(Some(ids));
            }
            scan.note_common(word);
        }
        Ok(None)
    }

    fn among(
        &self,
        ids: &[u64],
        queue: Queue,
        filter: &Filter,
        reader: &Reader,
        now: Moment,
    ) -> rusqlite::Result<Found> {
        let slots = self.slots(queue, reader)?;
        let mut query =
            self.conn.prepare_cached(&format!("SELECT {COLUMNS} FROM requests r WHERE r.id = ?1"))?;
        let mut found = Found::default();
        let mut rows = Vec::with_capacity(ids.len());
        for id in ids {
            rows.extend(query.query_row([id], row).optional()?);
        }
        for row in self.matching(filter, rows, now)? {
            if self.is_in(&slots, queue, &row, reader, now)? {
                found.take(row, |row| self.is_hidden(row, reader, now))?;
            }
        }
        found.rows.sort_by_key(|row| reader.order.standing(row, now));
        Ok(found)
    }

    /// Whether a row is in a queue: one look-up for each of its slots.
    fn is_in(
        &self,
        slots: &[String],
        queue: Queue,
        row: &Row,
        reader: &Reader,
        now: Moment,
    ) -> rusqlite::Result<bool> {
        let at = place(row, now);
        let mut query = self.conn.prepare_cached(
            "SELECT asker FROM inbox WHERE slot = ?1 AND rank = ?2 AND due_at = ?3 AND request = ?4",
        )?;
        for slot in slots {
            let key = params![slot, at.rank, at.due_at, at.id];
            let asker: Option<String> = query.query_row(key, |row| row.get(0)).optional()?;
            let free = queue
                .free_at(slot, now)
                .is_none_or(|at| row.claim.as_ref().is_some_and(|(_, until)| *until <= at));
            if free && asker.is_some_and(|asker| !queue.hidden_askers(reader).contains(&asker)) {
                return Ok(!(queue.lets_sleep() && self.is_asleep(row, reader, now)?));
            }
        }
        Ok(false)
    }

    /// The rows that match: what the rows themselves say first, and then one question for each word.
    pub(super) fn matching(
        &self,
        filter: &Filter,
        rows: Vec<Row>,
        now: Moment,
    ) -> rusqlite::Result<Vec<Row>> {
        let mut rows: Vec<Row> = rows.into_iter().filter(|row| admits(filter, row, now)).collect();
        for word in &filter.words {
            let mut query = self.conn.prepare_cached(
                "SELECT j.value FROM json_each(?1) j WHERE EXISTS
                     (SELECT 1 FROM words w WHERE w.request = j.value AND w.word >= ?2 AND w.word < ?3)",
            )?;
            let key = params![numbers_of(&rows), word, end_of(word)];
            let having: HashSet<u64> =
                query.query_map(key, |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
            rows.retain(|row| !row.state.is_open() || having.contains(&row.id.number()));
        }
        rows.retain(|row| row.state.is_open() || says(filter, row));
        Ok(rows)
    }
}

/// Whether every word begins one of a closed request's, which is not in the index: its title, producer and number speak
/// for it.
fn says(filter: &Filter, row: &Row) -> bool {
    let mut words: BTreeSet<String> = words_of(row.title.raw()).into_iter().collect();
    words.extend(words_of(row.requester.as_str()));
    words.extend([number_word(row.id), row.id.number().to_string()]);
    filter.words_in(&words)
}

/// The end of the range of words that begin with `word`.
fn end_of(word: &str) -> String {
    format!("{word}{}", char::MAX)
}

/// Whether the field terms hold for a row.
fn admits(filter: &Filter, row: &Row, now: Moment) -> bool {
    let is = |field: Option<&str>, value: &String| field == Some(value.as_str());
    filter.terms.iter().all(|term| match term {
        Term::Kind(kind) => row.kind == *kind,
        Term::Risk(risk) => row.risk == *risk,
        Term::State(state) => row.state == *state,
        Term::By(name) => is(Some(row.requester.as_str()), name),
        Term::Target(name) => is(row.service.as_ref().map(|s| s.as_str()), name),
        Term::Environment(name) => is(row.environment.as_ref().map(|e| e.as_str()), name),
        Term::Tenant(name) => is(row.tenant.as_ref().map(|t| t.as_str()), name),
        Term::Assignee(_) | Term::Due(_) if !row.state.is_open() => false,
        Term::Assignee(Assignee::Nobody) => row.assigned.is_none(),
        Term::Assignee(Assignee::OneOf(all)) => row.assigned.as_ref().is_some_and(|to| all.contains(to)),
        // Who looks was put in its place before.
        Term::Assignee(Assignee::Me) => false,
        Term::Due(Deadline::Overdue) => row.due_at <= now,
        Term::Due(Deadline::Within(span)) => row.due_at < now.plus(*span),
        Term::Due(Deadline::Beyond(span)) => row.due_at > now.plus(*span),
    })
}
