//! Alarms: what is wrong with this place as a whole is noted like everything else somebody is told, and said to whoever
//! asks. Channels, requests that are stuck, refusals, too much at once, and a clock that jumped.

use crate::app::Recorded;
use crate::app::{App, Error, Failure};
use crate::domain::alarm::{self, Alarm, CLOCK, OVERLOAD, REFUSALS, STUCK};
use crate::domain::event::{Actor, Entry, Fact, Held, KEEPING, OfStore};
use crate::domain::moment::{Moment, Span};
use crate::domain::notice::{Notice, NoticeKind, Origin};
use crate::domain::principal::Caller;
use crate::domain::refusal::Refusal;
use crate::notify::Message;
use crate::present::alarm as words;
use crate::store::notices::Failing;
use serde::Deserialize;

/// How often a watcher that stays looks for what is stuck.
const LOOK_EVERY: Span = Span::from_minutes(5);
/// What was decided within this is counted for the share of refusals.
const REFUSED_WITHIN: Span = Span::from_hours(24);

/// When somebody is told that something is wrong with the place as a whole; 0 is never.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Alerts {
    /// A request is stuck when it is overdue by more than so many minutes.
    pub stuck_minutes: u32,
    /// More than this percentage of what was decided within a day was refused.
    pub refused_percent: u8,
    /// More requests than this are open.
    pub open_requests: u32,
}

impl Default for Alerts {
    fn default() -> Self {
        Self { stuck_minutes: 240, refused_percent: 50, open_requests: 1_000 }
    }
}

impl Alerts {
    /// After how long overdue a request is stuck.
    fn stuck(self) -> Span {
        Span::from_minutes(i64::from(self.stuck_minutes))
    }
}

impl App {
    /// The alarms that hold.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn alarms(&self) -> Result<Vec<Alarm>, Failure> {
        Ok(alarm::holding(&self.store.notices_of_place()?, self.now()))
    }

    /// The alarms that hold, each in one sentence. Whoever does not see everything is told none of them.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn alarm_sentences(&self) -> Result<Vec<String>, Failure> {
        if !self.sees_all()? {
            return Ok(Vec::new());
        }
        let mut out = Vec::new();
        for one in self.alarms()? {
            out.push(self.sentence_of(NoticeKind::Alarm, &one.subject)?);
        }
        Ok(out)
    }

    /// Notes that a subject is wrong, or is right again, unless that was said.
    pub(super) fn note_of_place(&mut self, subject: &str, wrong: bool) -> Result<(), Error> {
        let now = self.now();
        let Some(notice) = alarm::next(&self.store.notices_of_place()?, subject, wrong, now) else {
            return Ok(());
        };
        self.store.write_quietly(|tx| -> Result<(), Error> { Ok(tx.note(&notice)?) })
    }

    /// Looks for what is stuck, refused or too much, now and then.
    pub(super) fn look_for_alarms(&mut self) -> Result<(), Error> {
        let now = self.now();
        if self.alarms_looked.is_some_and(|at| at <= now && now.since(at) < LOOK_EVERY) {
            return Ok(());
        }
        self.alarms_looked = Some(now);
        for (subject, wrong) in [
            (STUCK, self.stuck()? > 0),
            (REFUSALS, self.refused()?.is_some()),
            (OVERLOAD, self.too_many()?.is_some()),
        ] {
            self.note_of_place(subject, wrong)?;
        }
        Ok(())
    }

    /// How many are overdue by longer than the settings allow; up to a thousand.
    fn stuck(&self) -> Result<u64, Failure> {
        let longest = self.config.alerts.stuck();
        match longest.millis() {
            0 => Ok(0),
            _ => self.store.overdue_since(self.now().minus(longest)),
        }
    }

    /// Refused and decided within the day, where that is more than the settings allow.
    fn refused(&self) -> Result<Option<(u64, u64)>, Failure> {
        let most = u64::from(self.config.alerts.refused_percent);
        let (refused, decided) = match most {
            0 => return Ok(None),
            _ => self.store.refused_since(self.now().minus(REFUSED_WITHIN))?,
        };
        Ok((decided >= alarm::ENOUGH_DECIDED && refused * 100 > decided * most).then_some((refused, decided)))
    }

    /// How many are open, where that is more than the settings allow.
    fn too_many(&self) -> Result<Option<u64>, Failure> {
        let most = u64::from(self.config.alerts.open_requests);
        let open = self.store.counter("open")?;
        Ok((most > 0 && open > most).then_some(open))
    }

    fn sentence_of(&self, kind: NoticeKind, subject: &str) -> Result<String, Failure> {
        if kind == NoticeKind::Recovery {
            return Ok(words::over(subject));
        }
        if let Some(channel) = alarm::channel(subject) {
            let failing = self.failing_channels()?.into_iter().find(|one| one.channel == channel);
            let (waiting, given_up) = failing.map_or((0, 0), |one| (one.waiting, one.given_up));
            return Ok(words::channel(channel, waiting, given_up));
        }
        Ok(match subject {
            STUCK => words::stuck(self.stuck()?, self.config.alerts.stuck()),
            REFUSALS => {
                words::refusals(self.refused()?.unwrap_or_default(), self.config.alerts.refused_percent)
            }
            OVERLOAD => words::overload(self.store.counter("open")?, self.config.alerts.open_requests),
            _ => words::clock(),
        })
    }

    /// The message of a notice about this place; nothing when it holds no longer.
    pub(super) fn message_of_place(&self, notice: &Notice) -> Result<Option<Message>, Error> {
        let Origin::Place(subject) = &notice.origin else { return Ok(None) };
        let holds = self.alarms()?.iter().any(|alarm| alarm.subject == *subject);
        if holds != (notice.kind == NoticeKind::Alarm) {
            return Ok(None);
        }
        let (now, sentence) = (self.now(), self.sentence_of(notice.kind, subject)?);
        let id = self.notice_id(notice);
        let body = words::body(notice, subject, &id, &sentence).to_string();
        let at = now.millis().div_euclid(1_000);
        Ok(Some(Message { sentence, text: Vec::new(), body: crate::present::json::escaped(&body), at, id }))
    }

    /// The channels that do not take what they are given, within the last day: by their deliveries, or by an alarm that
    /// holds.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn failing_channels(&self) -> Result<Vec<Failing>, Failure> {
        let mut failing = self.store.failing_channels(self.now().minus(alarm::SAID_AGAIN))?;
        for one in self.alarms()? {
            let Some(name) = alarm::channel(&one.subject) else { continue };
            let known = self.config.channels.iter().any(|channel| channel.name.as_str() == name);
            if known && !failing.iter().any(|failing| failing.channel == name) {
                let why = format!("it has failed since {}", one.since.date_and_time());
                failing.push(Failing { channel: name.to_owned(), waiting: 0, given_up: 0, why });
            }
        }
        Ok(failing)
    }

    /// What was done to keep the store, oldest first. Whoever does not see everything is shown none of it.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn kept_events(&self, limit: u64) -> Result<Vec<Recorded>, Error> {
        if !self.sees_all()? {
            return Err(Refusal::NoSuchRequest(KEEPING.to_owned()).into());
        }
        Ok(self.store.kept_events(limit)?)
    }

    /// Records that the clock went ahead of this process, and calls.
    pub(super) fn note_jump(&mut self, before: Moment, ahead: Span) -> Result<(), Error> {
        let (now, system) = (self.now(), Caller::system());
        let notice = alarm::next(&self.store.notices_of_place()?, CLOCK, true, now);
        let entry = Entry {
            at: now,
            by: system.name.clone(),
            assurance: system.assurance,
            actor: Actor::of(&system),
            fact: Fact::OfStore(OfStore::ClockJumped { before, ahead }),
            payload: Held::None,
        };
        self.store.write(|tx| -> Result<(), Error> {
            tx.keep_in_the_log(&entry)?;
            Ok(notice.iter().try_for_each(|notice| tx.note(notice))?)
        })
    }
}
