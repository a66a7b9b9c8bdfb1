//! The doctor: what is well, what is not, and what to do about it.

use crate::app::troubles::{self, Trouble};
use crate::app::{App, Failure, Place};
use crate::domain::text::Safe;
use std::os::unix::fs::MetadataExt;

/// How one thing is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Health {
    /// As it should be.
    Well,
    /// It works, and somebody should know.
    Note,
    /// It is wrong.
    Ill,
}

/// One thing that was looked at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// How it is.
    pub health: Health,
    /// What was looked at.
    pub what: &'static str,
    /// What was seen, and what to do.
    pub words: Safe,
}

/// Looks at the place of a store that could not be opened.
pub fn from_outside(place: &Place, failure: &Failure) -> Vec<Finding> {
    let ill = |trouble: &Trouble, words: String| Finding {
        health: Health::Ill,
        what: trouble.what,
        words: Safe::composed(words),
    };
    let trouble = match failure {
        Failure::Full { .. } | Failure::Scarce { .. } => &troubles::FULL,
        Failure::Busy { .. } => &troubles::BUSY,
        Failure::Damaged { .. } => &troubles::DAMAGED,
        Failure::Io { .. } => &troubles::NOT_WRITABLE,
        Failure::Unusable { .. } | Failure::Invalid { .. } | Failure::Refused { .. } => &troubles::NOT_OPENED,
    };
    let mut findings = vec![ill(trouble, format!("{failure}: {}", trouble.words()))];
    let path = crate::app::Config::read(place.config.as_deref()).and_then(|config| place.store_path(&config));
    if let Ok(path) = path {
        let words = format!(
            "the store is meant to be at {}",
            crate::domain::text::safe_line(&path.to_string_lossy())
        );
        findings.push(Finding { health: Health::Note, what: "store", words: Safe::composed(words) });
    }
    findings
}

/// A clock that shows less than the last event by more than this was set back.
const BEHIND: crate::domain::moment::Span = crate::domain::moment::Span::from_minutes(1);

impl App {
    /// By how much the clock is behind the last event, when that is more than a minute.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn clock_behind(&self) -> Result<Option<crate::domain::moment::Span>, Failure> {
        let behind = self.store.last_at()?.since(self.now());
        Ok((behind > BEHIND).then_some(behind))
    }

    /// Looks at everything a store needs, without changing it. The full check of the log is `audit verify`.
    pub fn doctor(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut find = |health, what, words: String| {
            findings.push(Finding { health, what, words: Safe::composed(words) });
        };
        let path = self.store.path();
        find(
            Health::Well,
            "program",
            format!("countersign {}, SQLite {}", env!("CARGO_PKG_VERSION"), rusqlite_version()),
        );
        find(Health::Well, "store", format!("{}, id {}", path.display(), self.store.id()));
        let mode = match self.is_team() {
            Ok(true) => "team: people come in through SSH; this shell is the operator's, and decides nothing",
            _ => "solo: every decision is `asserted`; nothing here can prove which person pressed the key",
        };
        find(Health::Note, "mode", mode.to_owned());
        match self.store.head() {
            Ok((seq, hash)) => find(Health::Well, "log", format!("{seq} events, head {hash}")),
            Err(e) => find(Health::Ill, "log", format!("{e}: {}", troubles::DAMAGED.words())),
        }
        if let Err(e) = self.store.still_there() {
            find(Health::Ill, troubles::GONE.what, format!("{e}: {}", troubles::GONE.words()));
        }
        if let Some(holder) = self.store.writer() {
            find(
                Health::Note,
                troubles::BUSY.what,
                format!("{holder} holds the store. If it stays so: {}", troubles::BUSY.words()),
            );
        }
        find(Health::Note, troubles::NO_ANCHOR.what, format!("none: {}", troubles::NO_ANCHOR.words()));
        match self.clock_behind() {
            Ok(None) => {
                find(Health::Well, troubles::CLOCK_BEHIND.what, "not behind the last event".to_owned())
            }
            Ok(Some(behind)) => find(
                Health::Ill,
                troubles::CLOCK_BEHIND.what,
                format!(
                    "{} behind the last event: {}",
                    crate::present::time::span(behind),
                    troubles::CLOCK_BEHIND.words()
                ),
            ),
            Err(e) => find(Health::Ill, "log", e.to_string()),
        }
        if let Some(why) = self.store.read_only() {
            find(Health::Ill, "writing", format!("refused: {why}: {}", troubles::NEWER.words()));
        }
        for (what, file) in [("directory", path.parent()), ("file", Some(path))] {
            let Some(meta) = file.and_then(|f| std::fs::metadata(f).ok()) else { continue };
            if meta.mode() & 0o077 == 0 {
                find(Health::Well, what, format!("mode {:o}: only you can read it", meta.mode() & 0o777));
            } else {
                find(
                    Health::Note,
                    what,
                    format!(
                        "mode {:o}: others can read it: {}",
                        meta.mode() & 0o777,
                        troubles::READABLE.words()
                    ),
                );
            }
        }
        let reserve = self.store.reserve();
        let (free, held) = (reserve.free(), reserve.held());
        let (keep, wanted) = (reserve.room().keep_free, reserve.room().reserve);
        let mib = |bytes: u64| bytes >> 20;
        match free {
            Some(free) if free < wanted => {
                find(
                    Health::Ill,
                    troubles::FULL.what,
                    format!("{free} bytes free: {}", troubles::FULL.words()),
                );
            }
            Some(free) if free < keep => find(
                Health::Ill,
                troubles::NEARLY_FULL.what,
                format!("{free} bytes free, below {keep}: {}", troubles::NEARLY_FULL.words()),
            ),
            Some(free) => find(Health::Well, "disk", format!("{} MiB free", mib(free))),
            None => find(Health::Note, "disk", "does not say how much is free".to_owned()),
        }
        if reserve.is_scarce() {
            find(
                Health::Note,
                troubles::NO_RESERVE.what,
                "is lent to this very look, and taken back behind it".to_owned(),
            );
        } else if held < wanted {
            find(
                Health::Note,
                troubles::NO_RESERVE.what,
                format!("{held} of {wanted} bytes: {}", troubles::NO_RESERVE.words()),
            );
        } else if wanted > 0 {
            find(Health::Well, "reserve", format!("{} MiB are kept for decisions on a full disk", mib(held)));
        }
        let now = self.now();
        match self.store.due(now, 1_000) {
            Ok(due) if due.is_empty() => find(Health::Well, "time", "nothing is due".to_owned()),
            Ok(due) => find(
                Health::Note,
                troubles::OVERDUE.what,
                format!("{} requests: {}", due.len(), troubles::OVERDUE.words()),
            ),
            Err(e) => find(Health::Ill, "time", e.to_string()),
        }
        match self.kept_by() {
            Ok(Some(by)) => {
                let what = if by.screen { "a screen" } else { "a watcher" };
                let since = crate::present::time::ago(by.since, now);
                find(
                    Health::Well,
                    troubles::UNWATCHED.what,
                    format!("{what}, process {}, begun {since}", by.process),
                );
            }
            Ok(None) => find(
                Health::Note,
                troubles::UNWATCHED.what,
                format!("nobody keeps time: {}", troubles::UNWATCHED.words()),
            ),
            Err(e) => find(Health::Ill, troubles::UNWATCHED.what, e.to_string()),
        }
        match self.failing_channels() {
            Ok(failing) => {
                for one in failing {
                    let why = crate::domain::text::safe_line(&one.why);
                    let words = format!(
                        "{}: {} wait, {} given up; it said: {why}. {}",
                        one.channel,
                        one.waiting,
                        one.given_up,
                        troubles::CHANNEL.words()
                    );
                    find(Health::Ill, troubles::CHANNEL.what, words);
                }
            }
            Err(e) => find(Health::Ill, troubles::CHANNEL.what, e.to_string()),
        }
        match self.counters().map(|counters| counters.overdue) {
            Ok(0) | Err(_) => {}
            Ok(overdue) => {
                find(
                    Health::Note,
                    troubles::STUCK.what,
                    format!("{overdue} of yours are overdue: {}", troubles::STUCK.words()),
                );
            }
        }
        match self.store.executing() {
            Ok(running) => {
                for id in running {
                    let gone = self.request(id).is_ok_and(|request| {
                        let by_us = request.run.as_ref().is_some_and(|run| {
                            run.runner == crate::domain::execution::Runner::Gate || run.undoing
                        });
                        by_us && self.store.runner_is_gone(id)
                    });
                    if gone {
                        find(
                            Health::Ill,
                            "running",
                            format!(
                                "{id}: nobody runs it any more; `countersign show {id}` records where it stood: a step that \
                                 was under way is unknown, what it started may still run, and somebody must look"
                            ),
                        );
                    }
                }
            }
            Err(e) => find(Health::Ill, "running", e.to_string()),
        }
        if self.config.solo.self_review {
            find(Health::Note, "self-review", "on: you may decide on what you asked for yourself".to_owned());
        }
        findings.extend(self.look_at_keys());
        findings.extend(self.look_at_drivers());
        let mut find = |health, what, words: String| {
            findings.push(Finding { health, what, words: Safe::composed(words) });
        };
        match self.counters() {
            Ok(c) => find(
                Health::Well,
                "requests",
                format!("{} open, {} wait for you, {} decided", c.open, c.waiting, c.decided),
            ),
            Err(e) => find(Health::Ill, "requests", e.to_string()),
        }
        findings
    }
}

fn rusqlite_version() -> &'static str {
    crate::store::sqlite_version()
}
