//! The doctor: what is well, what is not, and what to do about it.

use crate::app::App;
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

impl App {
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
        find(
            Health::Note,
            "mode",
            "solo: every decision is `asserted`; nothing here can prove which person pressed the key"
                .to_owned(),
        );
        match self.store.head() {
            Ok((seq, hash)) => find(Health::Well, "log", format!("{seq} events, head {hash}")),
            Err(e) => find(Health::Ill, "log", e.to_string()),
        }
        find(Health::Note, "anchor", "none: a log that was cut off or made anew as a whole cannot be told from this one; keep exported heads elsewhere".to_owned());
        if let Some(why) = self.store.read_only() {
            find(Health::Ill, "writing", format!("refused: {why}; use the program that wrote it"));
        }
        for (what, file) in [("directory", path.parent()), ("file", Some(path))] {
            let Some(meta) = file.and_then(|f| std::fs::metadata(f).ok()) else { continue };
            if meta.mode() & 0o077 == 0 {
                find(Health::Well, what, format!("mode {:o}: only you can read it", meta.mode() & 0o777));
            } else {
                find(
                    Health::Note,
                    what,
                    format!("mode {:o}: others can read it; chmod go-rwx", meta.mode() & 0o777),
                );
            }
        }
        if let Some(Ok(disk)) = path.parent().map(rustix::fs::statvfs) {
            let free = disk.f_bavail.saturating_mul(disk.f_frsize) >> 20;
            let health = if free < 64 { Health::Ill } else { Health::Well };
            find(
                health,
                "disk",
                format!(
                    "{free} MiB free{}",
                    if free < 64 { ": free some, or decisions will be refused" } else { "" }
                ),
            );
        }
        let now = self.now();
        match self.store.due(now, 1_000) {
            Ok(due) if due.is_empty() => find(Health::Well, "time", "nothing is due".to_owned()),
            Ok(due) => find(
                Health::Note,
                "time",
                format!(
                    "{} requests are due to expire or lapse and not yet recorded; the next command or screen records it",
                    due.len()
                ),
            ),
            Err(e) => find(Health::Ill, "time", e.to_string()),
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
                                 was under way is unknown, and somebody must look"
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
