//! Rollouts and what is measured of them: each rollout is an aggregate beside its deployment's; readings are rows, not
//! events, and the verdict that judged them carries them.

use crate::domain::event::Entry;
use crate::domain::moment::Moment;
use crate::domain::names::{Identifier, PrincipalName, RequestId, StoreId};
use crate::domain::rollout::{Amount, Found, Heard, Metric, Reading, Rollout, RolloutId, state};
use crate::domain::text::Text;
use crate::store::failure::{Failure, failed};
use crate::store::log::{Appending, COLUMNS, recorded, row_of};
use crate::store::open::Store;
use crate::store::read::events_of;
use crate::store::write::Tx;
use rusqlite::{Connection, params};

/// The rollout, replayed from its own events; nothing when nobody has asked for its start.
fn load(conn: &Connection, store: &StoreId, id: RolloutId) -> Result<Option<Rollout>, Failure> {
    let mut rollout: Option<Rollout> = None;
    for event in events_of(conn, store, &id.aggregate())? {
        let entry = event.read()?;
        rollout = Some(match rollout {
            Some(rollout) => rollout.evolve(&entry),
            None => state::begin(id, &entry).ok_or_else(|| {
                Failure::damaged(format!("the rollout of {id} does not begin with its start"))
            })?,
        });
    }
    Ok(rollout)
}

/// Replays every rollout, as [`crate::store::rebuild::replay`] does requests.
///
/// # Errors
/// When the log cannot be read, or `each` fails.
pub(super) fn replay(
    conn: &Connection,
    store: &StoreId,
    mut each: impl FnMut(&Rollout) -> Result<(), Failure>,
    mut wrong: impl FnMut(u64, String) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let reading = |e| failed("replaying the rollouts", e);
    let sql = format!(
        "SELECT {COLUMNS} FROM log l LEFT JOIN payloads p USING (seq)
         WHERE l.aggregate >= 'rollout ' AND l.aggregate < 'rollout!' ORDER BY l.aggregate, l.version"
    );
    let mut query = conn.prepare(&sql).map_err(reading)?;
    let mut rows = query.query([]).map_err(reading)?;
    let mut current: Option<Rollout> = None;
    let (mut aggregate, mut passed_over) = (String::new(), false);
    while let Some(row) = rows.next().map_err(reading)? {
        let event = match recorded(row, store) {
            Ok(event) => event,
            Err(e) => {
                let place: i64 = row.get(0).map_err(reading)?;
                wrong(u64::try_from(place).unwrap_or(0), format!("cannot be read: {e}"))?;
                continue;
            }
        };
        if event.envelope.aggregate != aggregate {
            current.take().map_or(Ok(()), |rollout| each(&rollout))?;
            (aggregate, passed_over) = (event.envelope.aggregate.clone(), false);
        }
        if passed_over {
            continue;
        }
        let next = RolloutId::of_aggregate(&aggregate).ok_or_else(|| format!("{aggregate} is no rollout"));
        let next = next.and_then(|id| {
            let entry = event.entry()?;
            let after = match current.take() {
                Some(rollout) => rollout.evolve(&entry),
                None => state::begin(id, &entry)
                    .ok_or_else(|| format!("the rollout of {id} does not begin with its start"))?,
            };
            match after.version == event.envelope.version {
                true => Ok(after),
                false => Err(format!("it is version {} of {aggregate}", event.envelope.version)),
            }
        });
        match next {
            Ok(rollout) => current = Some(rollout),
            Err(why) => {
                passed_over = true;
                wrong(event.envelope.seq.0, format!("cannot be replayed: {why}"))?;
            }
        }
    }
    current.as_ref().map_or(Ok(()), each)
}

/// Writes what a rollout derives to.
///
/// # Errors
/// When SQLite refuses a row.
pub(super) fn derive(conn: &Connection, rollout: &Rollout) -> Result<(), Failure> {
    conn.prepare_cached(
        "INSERT INTO rollouts (id, phase, tier, live, since, version) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (id) DO UPDATE SET phase = excluded.phase, tier = excluded.tier, live = excluded.live,
             since = excluded.since, version = excluded.version",
    )
    .and_then(|mut put| {
        put.execute(params![
            rollout.id.deployment().number(),
            rollout.phase.word(),
            rollout.tier.percent(),
            is_live(rollout),
            rollout.since.millis(),
            rollout.version,
        ])
    })
    .map(|_| ())
    .map_err(|e| failed("writing the rollout's row", e))
}

/// Whether whoever keeps time has something to do with it, now or later.
fn is_live(rollout: &Rollout) -> bool {
    rollout.phase.is_live() || rollout.checking || rollout.act.is_some()
}

fn live(conn: &Connection) -> Result<Vec<RolloutId>, Failure> {
    ids(conn, "SELECT id FROM rollouts WHERE live = 1 ORDER BY id LIMIT 1000")
}

fn ids(conn: &Connection, sql: &str) -> Result<Vec<RolloutId>, Failure> {
    let reading = |e| failed("looking for rollouts", e);
    let mut query = conn.prepare_cached(sql).map_err(reading)?;
    let rows = query.query_map([], |row| row.get(0)).map_err(reading)?;
    rows.map(|row| row.map(|id| RolloutId::of(RequestId::new(id)))).collect::<Result<_, _>>().map_err(reading)
}

/// What was heard of a rollout since a moment, in the order it came: from the first that came after it.
fn heard(conn: &Connection, id: RolloutId, since: Moment) -> Result<Vec<Heard>, Failure> {
    let reading = |e| failed("reading what was measured", e);
    let mut query = conn
        .prepare_cached(
            "SELECT metric, value, number, why, at, source, heard FROM readings WHERE rollout = ?1
                 AND id >= coalesce((SELECT min(id) FROM readings WHERE rollout = ?1 AND heard >= ?2), 9223372036854775807)
             ORDER BY id",
        )
        .map_err(reading)?;
    let rows = query
        .query_map(params![id.deployment().number(), since.millis()], |row| {
            let (metric, value): (String, Option<i64>) = (row.get(0)?, row.get(1)?);
            let (number, why): (bool, Option<String>) = (row.get(2)?, row.get(3)?);
            let source: String = row.get(5)?;
            let found = match (value, number) {
                (Some(value), _) => Found::Value(Amount::millionths(value)),
                (None, false) => Found::NotANumber,
                (None, true) => Found::Nothing(Text::new(why.unwrap_or_default())),
            };
            Ok((metric, found, Moment::from_millis(row.get(4)?), source, Moment::from_millis(row.get(6)?)))
        })
        .map_err(reading)?;
    let mut out = Vec::new();
    for row in rows {
        let (metric, found, at, source, heard_at) = row.map_err(reading)?;
        // What a newer program measures is not judged by this one.
        let (Some(metric), Ok(source)) = (Metric::parse(&metric), Identifier::new(source)) else { continue };
        out.push(Heard { reading: Reading { metric, found, at, source }, at: heard_at });
    }
    Ok(out)
}

impl Store {
    /// The rollout of a deployment; nothing when nobody has asked for its start.
    ///
    /// # Errors
    /// When its events cannot be read.
    pub fn rollout(&self, id: RolloutId) -> Result<Option<Rollout>, Failure> {
        load(&self.conn, &self.id, id)
    }

    /// The rollouts that are under way, oldest first; at most 1,000.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn live_rollouts(&self) -> Result<Vec<RolloutId>, Failure> {
        live(&self.conn)
    }

    /// The rollouts that ended since a moment, the last one first, at most so many.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn ended_rollouts(&self, since: Moment, most: usize) -> Result<Vec<RolloutId>, Failure> {
        let reading = |e| failed("looking for rollouts that ended", e);
        let mut query = self
            .conn
            .prepare_cached(
                "SELECT id FROM rollouts WHERE live = 0 AND phase IN ('rolled_back', 'completed') AND since >= ?1
                 ORDER BY since DESC LIMIT ?2",
            )
            .map_err(reading)?;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let rows = query.query_map(params![since.millis(), most], |row| row.get(0)).map_err(reading)?;
        rows.map(|row| row.map(|id| RolloutId::of(RequestId::new(id))))
            .collect::<Result<_, _>>()
            .map_err(reading)
    }

    /// The deployments that could be started, and whose time before the start is measured, newest first; at most 100.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn startable(&self) -> Result<Vec<RolloutId>, Failure> {
        ids(
            &self.conn,
            "SELECT id FROM requests WHERE kind = 'deployment' AND execution = 'not_started' ORDER BY id DESC LIMIT 100",
        )
    }

    /// What was heard of a rollout since a moment, in the order it came.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn heard(&self, id: RolloutId, since: Moment) -> Result<Vec<Heard>, Failure> {
        heard(&self.conn, id, since)
    }

    /// The events of a rollout, oldest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn rollout_history(&self, id: RolloutId) -> Result<Vec<(crate::domain::names::Seq, Entry)>, Failure> {
        let events = events_of(&self.conn, &self.id, &id.aggregate())?;
        events.iter().map(|event| Ok((event.envelope.seq, event.read()?))).collect()
    }
}

impl Tx<'_> {
    /// The rollout of a deployment; nothing when nobody has asked for its start.
    ///
    /// # Errors
    /// When its events cannot be read.
    pub fn rollout(&self, id: RolloutId) -> Result<Option<Rollout>, Failure> {
        load(self.conn(), self.store(), id)
    }

    /// What was heard of a rollout since a moment, in the order it came.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn heard(&self, id: RolloutId, since: Moment) -> Result<Vec<Heard>, Failure> {
        heard(self.conn(), id, since)
    }

    /// Keeps one reading.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep_reading(&mut self, id: RolloutId, heard: &Heard, by: &PrincipalName) -> Result<(), Failure> {
        let Heard { reading, at } = heard;
        let (value, number, why) = match &reading.found {
            Found::Value(value) => (Some(value.in_millionths()), true, None),
            Found::NotANumber => (None, false, None),
            Found::Nothing(why) => (None, true, Some(why.raw())),
        };
        self.conn()
            .prepare_cached(
                "INSERT INTO readings (rollout, metric, value, number, why, at, source, heard, by)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )
            .and_then(|mut put| {
                put.execute(params![
                    id.deployment().number(),
                    reading.metric.word(),
                    value,
                    number,
                    why,
                    reading.at.millis(),
                    reading.source.as_str(),
                    at.millis(),
                    by.as_str(),
                ])
            })
            .map(|_| ())
            .map_err(|e| failed("keeping what was measured", e))
    }

    /// Appends entries to a rollout, or begins it with them, and writes its row.
    ///
    /// # Errors
    /// When SQLite refuses a row, or the first entry of a new one does not begin it.
    pub fn commit_rollout(
        &mut self,
        id: RolloutId,
        before: Option<&Rollout>,
        entries: &[Entry],
    ) -> Result<Rollout, Failure> {
        let (conn, store) = (self.conn(), self.store());
        let mut appending = Appending::at_head(conn, store)?;
        let mut after = before.cloned();
        for entry in entries {
            let version = after.as_ref().map_or(0, |rollout| rollout.version) + 1;
            appending.append(row_of(id.aggregate(), version, entry, self.chance())?)?;
            after = match after {
                Some(rollout) => Some(rollout.evolve(entry)),
                None => state::begin(id, entry),
            };
        }
        let after = after.ok_or_else(|| {
            Failure::damaged("a rollout was about to begin with something else than its start")
        })?;
        derive(conn, &after)?;
        Ok(after)
    }
}
