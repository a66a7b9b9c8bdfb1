//! The queues: which slots each of them merges, and how many are in it, kept and never counted.

use crate::domain::moment::Moment;
use crate::domain::quorum::Slot;
use crate::store::derive::{CLAIMED, DEBTS, ESCALATED, EVERYTHING, PROMOTIONS, QUESTIONS, UNCLAIMED};
use crate::store::failure::{Failure, failed};
use crate::store::inbox::Reader;
use crate::store::open::Store;
use crate::store::sight::Sight;
use rusqlite::params;
use std::collections::BTreeSet;

/// Which list.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Queue {
    /// What waits for the caller: overdue first, then escalated, by risk, priority and due time.
    Waiting,
    /// What waits for anybody and nobody is on, in the same order. A claim that ran out is none.
    Unclaimed,
    /// What is escalated.
    Escalated,
    /// Open promotions.
    Promotions,
    /// Open reviews that are owed.
    Debts,
    /// Open questions.
    Questions,
    /// Everything open, in the same order.
    Open,
    /// What is decided, newest first.
    Decided,
}

/// Where counting claims that ran out ends: the screen says `999+` there anyway.
const RUN_OUT: i64 = 1_000;
/// How many overdue rows of one slot are looked for: the header says `999+` above that anyway.
const OVERDUE: u32 = 1_000;

impl Queue {
    /// All of them, in the order of their keys.
    pub const ALL: [Queue; 8] = [
        Queue::Waiting,
        Queue::Unclaimed,
        Queue::Escalated,
        Queue::Promotions,
        Queue::Debts,
        Queue::Questions,
        Queue::Open,
        Queue::Decided,
    ];

    /// The slots it merges that are the same for everybody.
    const fn fixed_slots(self) -> &'static [&'static str] {
        match self {
            Queue::Unclaimed => &[UNCLAIMED, CLAIMED],
            Queue::Escalated => &[ESCALATED],
            Queue::Promotions => &[PROMOTIONS],
            Queue::Debts => &[DEBTS],
            Queue::Questions => &[QUESTIONS],
            Queue::Open => &[EVERYTHING],
            Queue::Waiting | Queue::Decided => &[],
        }
    }

    /// The instant by which claims must have run out for rows of `slot` to be in this queue.
    pub(super) fn free_at(self, slot: &str, now: Moment) -> Option<Moment> {
        (self == Queue::Unclaimed && slot == CLAIMED).then_some(now)
    }

    /// Whether what its reader has put out of their sight is not in it.
    pub(super) const fn lets_sleep(self) -> bool {
        matches!(self, Queue::Waiting)
    }

    /// Whose requests are not in it.
    pub(super) fn hidden_askers(self, reader: &Reader) -> &[String] {
        if self == Queue::Waiting { &reader.own } else { &[] }
    }
}

impl Store {
    /// How many are in a queue.
    ///
    /// # Errors
    /// When the counters cannot be read.
    pub fn count(&self, queue: Queue, reader: &Reader, now: Moment) -> Result<u64, Failure> {
        if let Sight::Own(own) = &reader.sight {
            return self.own_count(own, queue, reader, now);
        }
        match queue {
            Queue::Waiting => self.waiting_for(reader, now),
            Queue::Unclaimed => Ok(self.counter("unclaimed")? + self.run_out(now)?),
            Queue::Escalated => self.counter("escalated"),
            Queue::Promotions => self.counter("promotions"),
            Queue::Debts => self.counter("debts"),
            Queue::Questions => self.counter("questions"),
            Queue::Open => self.counter("open"),
            Queue::Decided => self.counter("decided"),
        }
    }

    /// How many wait for the reader: every slot they could fill, less their own requests and what they put off.
    fn waiting_for(&self, reader: &Reader, now: Moment) -> Result<u64, Failure> {
        let mut waiting = 0u64;
        for slot in self.slots(Queue::Waiting, reader).map_err(|e| failed("reading the counters", e))? {
            let mut own = 0;
            for asker in &reader.own {
                own += self.counter(&format!("waiting-of:{asker}:{slot}"))?;
            }
            let asleep =
                self.asleep(&slot, reader, now).map_err(|e| failed("counting what is put off", e))?;
            waiting += self.counter(&format!("waiting:{slot}"))?.saturating_sub(own + asleep);
        }
        Ok(waiting)
    }

    /// How many of those that wait for the reader are overdue; no more than [`OVERDUE`] are looked for.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn overdue(&self, reader: &Reader, now: Moment) -> Result<u64, Failure> {
        // Overdue is said to those who decide on everything.
        if reader.sight != Sight::Everything {
            return Ok(0);
        }
        let counting = |e| failed("counting what is overdue", e);
        let own = |n: usize| reader.own.get(n).map_or("", String::as_str);
        let name = reader.signer.name.as_str();
        let mut late: BTreeSet<u64> = BTreeSet::new();
        for slot in self.slots(Queue::Waiting, reader).map_err(counting)? {
            let sql = "SELECT i.request FROM inbox i INDEXED BY inbox_by_due
                 WHERE i.slot = ?1 AND i.due_at <= ?2 AND i.asker NOT IN (?3, ?4)
                   AND NOT EXISTS (SELECT 1 FROM snoozed z WHERE z.name = ?5 AND z.request = i.request AND z.until > ?2)
                 LIMIT ?6";
            let mut query = self.conn.prepare_cached(sql).map_err(counting)?;
            let key = params![slot, now.millis(), own(0), own(1), name, OVERDUE];
            let rows = query.query_map(key, |row| row.get(0)).map_err(counting)?;
            for id in rows {
                late.insert(id.map_err(counting)?);
            }
        }
        Ok(late.len() as u64)
    }

    /// How many claims ran out that nobody has renewed; no more than [`RUN_OUT`] are looked for.
    fn run_out(&self, now: Moment) -> Result<u64, Failure> {
        self.conn
            .prepare_cached(
                "SELECT count(*) FROM (SELECT 1 FROM inbox i JOIN requests r ON r.id = i.request
                     WHERE i.slot = ?1 AND r.claim_until <= ?2 LIMIT ?3)",
            )
            .and_then(|mut query| query.query_row(params![CLAIMED, now.millis(), RUN_OUT], |row| row.get(0)))
            .map_err(|e| failed("counting the claims that ran out", e))
    }

    /// The slots whose rows belong to the queue.
    pub(super) fn slots(&self, queue: Queue, reader: &Reader) -> rusqlite::Result<Vec<String>> {
        if queue != Queue::Waiting {
            return Ok(queue.fixed_slots().iter().map(|slot| (*slot).to_owned()).collect());
        }
        let mut query = self.conn.prepare_cached(
            "SELECT substr(name, 9) FROM counters WHERE name >= 'waiting:' AND name < 'waiting;' ORDER BY name",
        )?;
        let keys: Vec<String> = query.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        let mine =
            |key: &String| serde_json::from_str::<Slot>(key).is_ok_and(|slot| slot.admits(&reader.signer));
        Ok(keys.into_iter().filter(mine).collect())
    }
}
