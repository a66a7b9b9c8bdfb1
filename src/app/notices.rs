//! Telling: which channel a notice goes through, trying until it has arrived, and the two files that say what waits.

use crate::app::channels::{Channel, Way};
use crate::app::{App, Error, Failure, From, Queue};
use crate::domain::alarm;
use crate::domain::moment::{Moment, Span};
use crate::domain::names::PersonName;
use crate::domain::notice::{Notice, Origin};
use crate::domain::policy::Policy;
use crate::domain::request::{Request, StateName};
use crate::exchange::calyx_flag;
use crate::notify::{Channel as _, Message};
use crate::present::notice as words;
use crate::store::notices::{Delivery, Noted, Tried};
use crate::store::sight::Sight;
use std::sync::Arc;

/// Notices looked at in one go.
const AT_ONCE: usize = 200;
/// Deliveries tried in one go, so that time is kept between them.
const TRIES: usize = 20;
/// After how many tries a notice is given up.
const MOST_TRIES: u32 = 40;
/// The first pause after a try that failed; every further one is twice as long.
const FIRST_PAUSE: Span = Span::from_millis(5_000);
/// The longest pause.
const LONGEST_PAUSE: Span = Span::from_hours(1);
/// A notice that nobody sent for so long is news no more: a watcher that begins late does not begin with a flood.
const STALE: Span = Span::from_hours(24);
/// Rows of the list that other programs read: of those that wait, and of those that are decided.
const LISTED: (usize, usize) = (1_000, 100);

/// One try, as whoever runs the watcher is told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sent {
    /// Which notice.
    pub notice: Notice,
    /// Through which channel.
    pub channel: String,
    /// What became of it.
    pub tried: Tried,
}

/// Until the try after so many.
fn pause(attempts: u32) -> Span {
    let doubled = FIRST_PAUSE.millis().saturating_mul(1i64 << attempts.min(20));
    Span::from_millis(doubled).min(LONGEST_PAUSE)
}

impl App {
    /// What a notice is called wherever it arrives.
    pub(super) fn notice_id(&self, notice: &Notice) -> String {
        format!("{}/{}", self.store.id(), notice.key())
    }

    fn text_is_open(policy: &Policy) -> bool {
        policy.open_text
    }

    /// Whether a notice goes through a channel: its kind and its readers, and never only to whoever caused it.
    fn goes_through(&self, channel: &Channel, notice: &Notice, team: bool) -> bool {
        if matches!(channel.way, Way::Flag(_)) {
            return false;
        }
        if let Origin::Place(subject) = &notice.origin
            && alarm::channel(subject) == Some(channel.name.as_str())
        {
            // It is the one that fails.
            return false;
        }
        let account = PersonName::of(&self.identity.account);
        if notice.is_private() {
            // Only where nobody else reads.
            return (channel.kinds.is_empty() || channel.kinds.contains(&notice.kind))
                && match (&notice.to, channel.readers.as_slice()) {
                    (Some(to), [one]) => *one == to.to_string(),
                    (Some(to), []) => !team && to.to_string() == account.as_str(),
                    _ => false,
                };
        }
        let kind = channel.kinds.is_empty() || channel.kinds.contains(&notice.kind);
        let meant = match &notice.to {
            None => true,
            Some(to) => channel.readers.is_empty() || channel.readers.contains(&to.to_string()),
        };
        // Without readers of its own a channel is read by the account that set it up; in a team, by all of it.
        let caused = notice.cause.as_ref().is_some_and(|cause| match channel.readers.as_slice() {
            [] => !team && cause.person.as_ref() == Some(&account),
            [one] => *one == cause.name.as_str(),
            _ => false,
        });
        kind && meant && !caused
    }

    /// Chooses the channels of notices that are new; how many there were.
    fn hand_out(&mut self) -> Result<usize, Error> {
        let (mut all, now, team) = (0, self.now(), self.is_team()?);
        loop {
            let new = self.store.notices_to_hand_out(AT_ONCE)?;
            if new.is_empty() {
                return Ok(all);
            }
            all += new.len();
            let chosen: Vec<(Noted, Vec<String>)> = new
                .into_iter()
                .map(|noted| {
                    let fresh = now.since(noted.notice.at) < STALE;
                    let through = self
                        .config
                        .channels
                        .iter()
                        .filter(|c| fresh && self.goes_through(c, &noted.notice, team));
                    let through = through.map(|c| c.name.as_str().to_owned()).collect();
                    (noted, through)
                })
                .collect();
            self.store.write_quietly(|tx| -> Result<(), Error> {
                for (noted, through) in &chosen {
                    let through: Vec<&str> = through.iter().map(String::as_str).collect();
                    tx.send_through(noted, &through, now)?;
                }
                Ok(())
            })?;
        }
    }

    /// Sends what is due, a bounded number; each is kept as told only after it was, so that a watcher that dies tells it
    /// again under the same id.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub(super) fn tell(&mut self, told: &mut dyn FnMut(&Sent)) -> Result<usize, Error> {
        if self.config.channels.is_empty() {
            return Ok(0);
        }
        self.hand_out()?;
        let due = self.store.deliveries_due(self.now(), TRIES)?;
        for delivery in &due {
            let tried = self.try_once(delivery)?;
            let now = self.now();
            self.store.write_quietly(|tx| -> Result<(), Error> { Ok(tx.tried(delivery, &tried, now)?) })?;
            let (notice, channel) = (delivery.noted.notice.clone(), delivery.channel.clone());
            let failed = match tried {
                Tried::Done => Some(false),
                Tried::Failed { .. } if delivery.attempts + 1 >= alarm::FAILED_TRIES => Some(true),
                Tried::Failed { .. } | Tried::Stopped => None,
            };
            if let Some(failed) = failed {
                self.note_of_place(&alarm::of_channel(&channel), failed)?;
            }
            told(&Sent { notice, channel, tried });
        }
        Ok(due.len())
    }

    fn try_once(&self, delivery: &Delivery) -> Result<Tried, Error> {
        let notice = &delivery.noted.notice;
        let Some(channel) = self.config.channels.iter().find(|c| c.name.as_str() == delivery.channel) else {
            // It was taken out of the settings: nobody reads it any more.
            return Ok(Tried::Stopped);
        };
        let message = match notice.request {
            None => self.message_of_place(notice)?,
            Some(id) => match self.store.load(id, &Sight::Everything)? {
                Some(request) if notice.is_wanted(&request) => Some(self.message(notice, &request)?),
                _ => None,
            },
        };
        let Some(message) = message else { return Ok(Tried::Stopped) };
        let failed = |why| {
            let attempts = delivery.attempts + 1;
            let again_at = (attempts < MOST_TRIES).then(|| self.now().plus(pause(delivery.attempts)));
            Tried::Failed { why, again_at }
        };
        Ok(send(&channel.way, &message).map_or_else(failed, |()| Tried::Done))
    }

    fn message(&self, notice: &Notice, request: &Request) -> Result<Message, Error> {
        let policy: Arc<Policy> = self.known.effective(&self.store)?;
        let (now, opened) = (self.now(), Self::text_is_open(&policy));
        let id = self.notice_id(notice);
        let body = words::body(notice, request, &id, opened, now).to_string();
        Ok(Message {
            sentence: words::sentence(notice, request, now),
            text: if opened { words::text(request) } else { Vec::new() },
            body: crate::present::json::escaped(&body),
            at: now.millis().div_euclid(1_000),
            id,
        })
    }

    /// The names of the flag channels.
    pub(super) fn flag_channels(&self) -> Vec<String> {
        let flags = self.config.channels.iter().filter(|channel| matches!(channel.way, Way::Flag(_)));
        flags.map(|channel| channel.name.as_str().to_owned()).collect()
    }

    /// Makes the two files of every flag channel say what waits now; what could not be written, with its channel.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn show_flags(&self) -> Result<Vec<(String, String)>, Error> {
        let flags = self.config.channels.iter().filter_map(|channel| match &channel.way {
            Way::Flag(flag) => Some((channel.name.as_str(), flag)),
            _ => None,
        });
        let flags: Vec<_> = flags.collect();
        if flags.is_empty() {
            return Ok(Vec::new());
        }
        let opened = Self::text_is_open(&*self.known.effective(&self.store)?);
        let entries = |queue, limit| -> Result<Vec<serde_json::Value>, Error> {
            let rows = self.page(queue, From::Start, limit)?;
            let asks = rows.iter().filter(|row| !row.flagged && row.state != StateName::ChangesRequested);
            asks.map(|row| Ok(calyx_flag::entry(&self.request(row.id)?, opened))).collect()
        };
        // In a team the files are everybody's, and whoever keeps time decides nothing.
        let queue = if self.is_team()? { Queue::Open } else { Queue::Waiting };
        let waiting = entries(queue, LISTED.0)?;
        let flag = waiting.first().map(pretty);
        let mut all = waiting;
        all.extend(entries(Queue::Decided, LISTED.1)?);
        let pending = pretty(&serde_json::Value::Array(all));
        let shown = flags.into_iter().filter_map(|(name, files)| {
            files.show(flag.as_deref(), &pending).err().map(|why| (name.to_owned(), why))
        });
        Ok(shown.collect())
    }

    /// Sends a message of no consequence through one channel now.
    ///
    /// # Errors
    /// There is no such channel, or why the message did not arrive.
    pub fn test_channel(&self, name: &str) -> Result<(), String> {
        let known = || {
            let names: Vec<&str> = self.config.channels.iter().map(|c| c.name.as_str()).collect();
            if names.is_empty() { "the settings have none".to_owned() } else { names.join(", ") }
        };
        let channel = self.config.channels.iter().find(|c| c.name.as_str() == name);
        let channel = channel.ok_or_else(|| format!("there is no channel {name}; known: {}", known()))?;
        if let Way::Flag(_) = channel.way {
            let failed = self.show_flags().map_err(|e| e.to_string())?;
            let ours = failed.into_iter().find(|(of, _)| of == name);
            return ours.map_or(Ok(()), |(_, why)| Err(why));
        }
        let now = self.now();
        let id = format!("{}/test/{}", self.store.id(), now.millis());
        let sentence = "A test: this channel works.".to_owned();
        let body =
            serde_json::json!({"v": 1, "id": id, "notice": "test", "at": now.iso(), "sentence": sentence});
        let message = Message {
            id,
            sentence,
            text: Vec::new(),
            body: body.to_string(),
            at: now.millis().div_euclid(1_000),
        };
        send(&channel.way, &message)
    }

    /// When a watcher has something to do next.
    pub(super) fn next_moment(&self) -> Result<Option<Moment>, Failure> {
        self.store.next_moment(!self.config.channels.is_empty())
    }
}

fn send(way: &Way, message: &Message) -> Result<(), String> {
    match way {
        Way::Flag(_) => Ok(()),
        Way::Exec(exec) => exec.send(message),
        Way::Webhook(webhook) => webhook.send(message),
        Way::Mail(mail) => mail.send(message),
    }
}

/// Two blanks of indentation and a line break at the end, as Calyx' own tools write.
fn pretty(value: &serde_json::Value) -> String {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    format!("{}\n", crate::present::json::escaped(&text))
}
