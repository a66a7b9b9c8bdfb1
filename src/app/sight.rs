//! What somebody sees who does not see everything: in a team, whoever only asks sees their own, their agents' and, as an
//! agent that signs, what has a slot for it. Every list, counter, look-up and error comes through here.

use crate::app::team::Place;
use crate::app::{App, Counters, Failure, Found, From, Queue, Row};
use crate::domain::content::Kind;
use crate::domain::filter::Filter;
use crate::domain::names::PrincipalName;
use crate::domain::principal::{Face, Permission, PrincipalKind};
use crate::domain::request::StateName;
use crate::store::inbox::Reader;

/// How many rows are looked at to find one's own: what stands behind them is found by its number.
const LOOKED_AT: usize = 2_000;

impl App {
    /// Who looks.
    pub(super) fn looker(&self) -> Result<Place, Failure> {
        self.place_of(&self.caller(Face::Cli))
    }

    /// Whether they see every request.
    pub(super) fn sees_all(&self) -> Result<bool, Failure> {
        Ok(self.looker()?.sees_all())
    }

    /// The rows of a list that somebody sees who does not see everything; nothing for those who do.
    pub(super) fn own_rows(&self, queue: Queue, reader: &Reader) -> Result<Option<Vec<Row>>, Failure> {
        let place = self.looker()?;
        if place.sees_all() {
            return Ok(None);
        }
        let now = self.now();
        let roster = &self.known.effective(&self.store)?.roster;
        let person = place.caller.person.as_ref();
        let theirs = roster.principals.iter().filter(|of| Some(&of.person) == person);
        let mut names: Vec<PrincipalName> = theirs.map(|of| of.name.clone()).collect();
        names.push(place.caller.name.clone());
        let reader = Reader { seen_by: None, ..reader.clone() };
        let signs = place.caller.kind == PrincipalKind::Agent && place.standing.may(Permission::CosignAgent);
        let mut rows = match queue {
            Queue::Waiting => Vec::new(),
            Queue::Decided => self.store.page(queue, From::Start, LOOKED_AT, &reader, now)?,
            _ => self.store.page(Queue::Open, From::Start, LOOKED_AT, &reader, now)?,
        };
        rows.retain(|row| names.contains(&row.requester));
        if signs && matches!(queue, Queue::Waiting | Queue::Open) {
            // The only slots that admit an agent are agents' slots.
            rows.extend(self.store.page(Queue::Waiting, From::Start, LOOKED_AT, &reader, now)?);
            rows.sort_by_key(|row| reader.order.standing(row, now));
            rows.dedup_by_key(|row| row.id);
        }
        rows.retain(|row| match queue {
            Queue::Waiting | Queue::Open | Queue::Decided => true,
            Queue::Unclaimed => false,
            Queue::Escalated => row.state == StateName::Escalated,
            Queue::Promotions => row.kind == Kind::Promotion,
            Queue::Debts => row.kind == Kind::Debt,
            Queue::Questions => row.kind == Kind::Question,
        });
        Ok(Some(rows))
    }

    /// One page of such rows.
    pub(super) fn own_page(rows: Vec<Row>, from: &From<'_>, limit: usize) -> Vec<Row> {
        let at = |row: &Row| rows.iter().position(|one| one.id == row.id);
        let (start, end) = match from {
            From::Start => (0, limit),
            From::After(row) => at(row).map_or((0, limit), |n| (n + 1, n + 1 + limit)),
            From::Before(row) => at(row).map_or((0, limit), |n| (n.saturating_sub(limit), n)),
            From::End => (rows.len().saturating_sub(limit), rows.len()),
        };
        rows.into_iter().take(end).skip(start).collect()
    }

    /// Such rows that match a filter: the rows that match among everything, less those that are not seen.
    pub(super) fn own_found(
        &self,
        queue: Queue,
        filter: &Filter,
        reader: &Reader,
    ) -> Result<Option<Found>, Failure> {
        let Some(rows) = self.own_rows(queue, reader)? else { return Ok(None) };
        let everywhere = if queue == Queue::Decided { queue } else { Queue::Open };
        let reader = Reader { seen_by: None, ..reader.clone() };
        let mut found = self.store.find(everywhere, filter, &reader, self.now())?;
        found.rows.retain(|row| rows.iter().any(|own| own.id == row.id));
        // How many others there are is nobody's business who does not see them.
        Ok(Some(Found { hidden: 0, of_the_first: None, ..found }))
    }

    /// Such counters.
    pub(super) fn own_counters(&self, reader: &Reader) -> Result<Option<Counters>, Failure> {
        if self.sees_all()? {
            return Ok(None);
        }
        let count =
            |queue| Ok::<_, Failure>(self.own_rows(queue, reader)?.map_or(0, |rows| rows.len() as u64));
        Ok(Some(Counters {
            waiting: count(Queue::Waiting)?,
            overdue: 0,
            unclaimed: 0,
            escalated: count(Queue::Escalated)?,
            promotions: count(Queue::Promotions)?,
            debts: count(Queue::Debts)?,
            questions: count(Queue::Questions)?,
            open: count(Queue::Open)?,
            decided: count(Queue::Decided)?,
            clock_behind: self.clock_behind()?,
            // How the place is kept is not for those who only ask.
            kept: None,
            failing: 0,
            calls: self.mentions_of(&reader.signer.name)?.len() as u64,
        }))
    }

    /// A list as somebody wants to look at it who does not see everything.
    pub(super) fn own_list(
        &self,
        queue: Queue,
        from: &From<'_>,
        limit: usize,
        reader: &Reader,
    ) -> Result<Option<Vec<Row>>, Failure> {
        Ok(self.own_rows(queue, reader)?.map(|rows| Self::own_page(rows, from, limit)))
    }
}
