//! Coming back, handing over, and the numbers: what happened since somebody was here, what they leave open, and how
//! deciding goes. All of it is bounded, and what met a bound says so.

use crate::app::talk::Called;
use crate::app::{App, Draft, Error, Failure, From, Queue, Row};
use crate::domain::due::{self, Due};
use crate::domain::filter::Filter;
use crate::domain::moment::{Moment, Span};
use crate::domain::numbers::{Counting, Numbers, is_told_of_others};
use crate::domain::principal::{Caller, Permission};
use crate::domain::text::Safe;
use crate::present::line::Line;
use crate::present::looking_back::{self, Happened};
use crate::present::time;
use crate::store::looking_back::{MOST, Owed, Since};

/// Rows of one part of a handoff.
const ROWS: usize = 5;
/// Requests that the numbers on the screen are made of, at most: the newest. The command line counts all of them.
pub const COUNTED: usize = 2_000;
/// Requests that are looked up at once to be counted.
const PAGE: usize = 500;

/// What happened since somebody was last here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ComingBack {
    /// When that was.
    pub then: Moment,
    /// What came and was closed.
    pub since: Since,
    /// Whether a bound was met: there is more than is counted.
    pub at_least: bool,
    /// What was decided, newest first, a few.
    pub newest: Vec<Row>,
    /// What waits for them now.
    pub waiting: u64,
    /// How much of that is overdue.
    pub overdue: u64,
}

/// What somebody leaves open.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Handoff {
    /// What they are on.
    pub claims: Vec<Owed>,
    /// What they put off.
    pub put_off: Vec<Owed>,
    /// Reviews that are owed, by anybody.
    pub debts: Vec<Row>,
    /// What runs.
    pub running: Vec<Owed>,
    /// What waits for them and is overdue.
    pub overdue: Vec<Row>,
    /// What is given to them, with when they are reminded of it next, or when it is due.
    pub given: Vec<Owed>,
    /// Comments that call them.
    pub calls: Vec<Called>,
    /// Deployments whose rollouts are under way, with when the request last changed.
    pub live: Vec<Owed>,
    /// What they typed and did not send.
    pub drafts: Vec<Draft>,
}

impl App {
    /// What happened since the caller's screen was last open; nothing when it never was.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn coming_back(&self, caller: &Caller) -> Result<Option<ComingBack>, Failure> {
        match self.store.last_visit(&caller.name)? {
            Some(then) => self.since(then).map(Some),
            None => Ok(None),
        }
    }

    /// What happened since `then`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn since(&self, then: Moment) -> Result<ComingBack, Failure> {
        let since = if self.sees_all()? { self.store.since(then)? } else { self.own_since(then)? };
        let counters = self.counters()?;
        let mut newest = self.page(Queue::Decided, From::Start, ROWS)?;
        newest.retain(|row| row.closed_at.is_some_and(|at| at > then));
        let most = MOST as u64;
        let at_least = since.arrived >= most || since.closed.values().sum::<u64>() >= most;
        let (waiting, overdue) = (counters.waiting, counters.overdue);
        Ok(ComingBack { then, since, at_least, newest, waiting, overdue })
    }

    /// The same for somebody who does not see everything, from their own rows.
    fn own_since(&self, then: Moment) -> Result<Since, Failure> {
        let mut since = Since::default();
        for row in self.page(Queue::Decided, From::Start, MOST)? {
            if row.closed_at.is_some_and(|at| at > then) {
                *since.closed.entry(row.state.word().to_owned()).or_default() += 1;
            }
        }
        for queue in [Queue::Open, Queue::Decided] {
            let mut rows = self.page(queue, From::Start, PAGE)?;
            rows.retain(|row| row.updated_at > then);
            let arrived = |row: &&Row| self.request(row.id).is_ok_and(|request| request.created_at > then);
            since.arrived += rows.iter().filter(arrived).count() as u64;
        }
        Ok(since)
    }

    /// Those of a list that the caller sees.
    fn seen_of(&self, mut list: Vec<Owed>) -> Vec<Owed> {
        list.retain(|owed| self.request(owed.id).is_ok());
        list
    }

    /// What runs, as far as the caller sees it.
    fn own_running(&self, most: usize) -> Result<Vec<Owed>, Failure> {
        if self.sees_all()? {
            return self.store.running(most);
        }
        let mut running = self.seen_of(self.store.running(MOST)?);
        running.truncate(most);
        Ok(running)
    }

    /// What is given to the caller, with when they are reminded of it next.
    fn given(&self, most: usize) -> Result<Vec<Owed>, Failure> {
        let Ok(mine) = Filter::parse("assignee:me") else { return Ok(Vec::new()) };
        let rows = self.find(Queue::Open, &mine)?.rows;
        let next = |row: &Row| {
            let request = self.request(row.id).ok()?;
            let ahead = due::ahead(&request);
            let next = ahead.iter().find(|one| matches!(one.due, Due::Reminds(_)));
            Some(next.map_or(row.due_at, |one| one.at))
        };
        let owed =
            |row: &Row| Owed { id: row.id, title: row.title.clone(), at: next(row).unwrap_or(row.due_at) };
        Ok(rows.iter().take(most).map(owed).collect())
    }

    /// The rollouts that are under way, as the deployments they are of.
    fn live(&self) -> Result<Vec<Owed>, Failure> {
        let live = match self.live_rollouts() {
            Ok(live) => live,
            Err(Error::Failed(failure)) => return Err(failure),
            Err(Error::Refused(_)) => Vec::new(),
        };
        let owed = |status: &crate::app::rollouts::Status| Owed {
            id: status.request.id,
            title: status.request.content.as_ref().map(|content| content.title.clone()).unwrap_or_default(),
            at: status.request.updated_at,
        };
        Ok(live.iter().map(owed).collect())
    }

    /// What the caller leaves open: at most a few rows of each sort, for one screen.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn handoff(&self, caller: &Caller) -> Result<Handoff, Failure> {
        let (now, name) = (self.now(), &caller.name);
        let more = ROWS + 1;
        let mut overdue = self.page(Queue::Waiting, From::Start, more)?;
        overdue.retain(|row| row.due_at <= now);
        Ok(Handoff {
            claims: self.seen_of(self.store.claims_of(name, now, more)?),
            put_off: self.seen_of(self.store.put_off_by(name, now, more)?),
            debts: self.page(Queue::Debts, From::Start, more)?,
            running: self.own_running(more)?,
            overdue,
            given: self.given(more)?,
            calls: self.mentions_of(name)?,
            live: self.live()?,
            drafts: if self.store.read_only().is_some() { Vec::new() } else { self.drafts(caller)?.all()? },
        })
    }

    /// How deciding went in the last `back`, of the requests that were closed in it: of all of them, or of the newest `most`
    /// where that is said; whether there were more. `tell` hears now and then how many are counted. How others decide is told
    /// only to whoever may take the log out of a team's store.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn numbers(
        &self,
        back: Span,
        most: Option<usize>,
        caller: &Caller,
        mut tell: impl FnMut(u64),
    ) -> Result<(Numbers, bool), Error> {
        let then = self.now().minus(back);
        let (mut counting, mut behind, mut first) = (Counting::default(), None, None);
        let (mut counted, mut more) = (0usize, true);
        while more && most.is_none_or(|most| counted < most) {
            let page = most.map_or(PAGE, |most| PAGE.min(most - counted));
            let rows = self.store.closed_since(then, behind, page)?;
            (more, behind) = (rows.len() == page, rows.last().copied());
            counted += rows.len();
            for (_, id) in rows {
                match self.request(id) {
                    Ok(request) => {
                        counting.add(&request);
                        first.get_or_insert(request);
                    }
                    // What they may not see is no part of their numbers.
                    Err(Error::Refused(_)) => {}
                    Err(failed) => return Err(failed),
                }
            }
            tell(counted as u64);
        }
        let numbers = counting.done();
        let exports = match first {
            Some(request) => {
                let facts = self.facts(caller, &request)?;
                facts.team && facts.standing.may(Permission::Export)
            }
            None => false,
        };
        let all = is_told_of_others(caller.kind, exports);
        let numbers = if all { numbers } else { numbers.only_of(&caller.name) };
        Ok((numbers, more))
    }
}

impl Handoff {
    /// Whether nothing is left open.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl ComingBack {
    /// In one line.
    pub fn line(&self, now: Moment) -> Line {
        let happened = Happened {
            then: self.then,
            arrived: self.since.arrived,
            closed: &self.since.closed,
            at_least: self.at_least,
            waiting: (self.waiting, self.overdue),
        };
        looking_back::since(&happened, now)
    }

    /// The line, and the newest decisions by their titles.
    pub fn lines(&self, now: Moment) -> Vec<Line> {
        let row = |row: &Row| {
            let when = row.closed_at.map(|at| format!("{} {}", row.state.word(), time::ago(at, now)));
            (row.id, row.title.line(), when.unwrap_or_default())
        };
        let rows: Vec<looking_back::Row> = self.newest.iter().map(row).collect();
        let mut out = vec![self.line(now)];
        out.extend(looking_back::part("Decided last", &rows, ROWS));
        out
    }
}

impl Handoff {
    /// One screen of it; what is empty is left out.
    pub fn lines(&self, now: Moment) -> Vec<Line> {
        let owed = |list: &[Owed], when: fn(Moment, Moment) -> String| -> Vec<looking_back::Row> {
            list.iter().map(|one| (one.id, one.title.line(), when(one.at, now))).collect()
        };
        let rows = |list: &[Row]| -> Vec<looking_back::Row> {
            list.iter()
                .map(|row| (row.id, row.title.line(), format!("due {}", time::until(row.due_at, now))))
                .collect()
        };
        let until = |at: Moment, now: Moment| format!("until {}", time::clock(at, now));
        let mut drafts: Vec<looking_back::Row> = Vec::new();
        for draft in &self.drafts {
            drafts.push((draft.id, Safe::composed(draft.verb.word()), time::ago(draft.at, now)));
        }
        let part = |title, rows: Vec<looking_back::Row>| looking_back::part(title, &rows, ROWS);
        let mut out = part("You are on", owed(&self.claims, until));
        out.extend(part("Overdue, and waits for you", rows(&self.overdue)));
        let next = |at: Moment, now: Moment| format!("reminder or due {}", time::until(at, now));
        out.extend(part("Given to you", owed(&self.given, next)));
        let calls = self.calls.iter().map(|call| {
            let by = call.by.as_ref().map_or("somebody".to_owned(), ToString::to_string);
            (
                call.id,
                Safe::composed(format_args!("by {by}, comment {}", call.number.0)),
                time::ago(call.at, now),
            )
        });
        out.extend(part("Calls you", calls.collect()));
        out.extend(part("You put off", owed(&self.put_off, until)));
        out.extend(part("Reviews that are owed", rows(&self.debts)));
        out.extend(part("Rolls out", owed(&self.live, time::ago)));
        out.extend(part("Runs", owed(&self.running, time::ago)));
        out.extend(part("You typed and did not send", drafts));
        if out.is_empty() {
            out.push(Line::plain("You leave nothing open."));
        }
        out
    }
}
