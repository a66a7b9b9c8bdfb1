//! Handing over, and the numbers: handoff, stats.

use crate::app::App;
use crate::app::talk::Called;
use crate::cli::args::Stats;
use crate::cli::output::Out;
use crate::cli::{Done, Stop, commands};
use crate::domain::moment::Moment;
use crate::domain::numbers::back;
use crate::domain::refusal::exit;
use crate::present::{json, looking_back, time};
use serde_json::json;

/// `handoff`: one screen of what the caller leaves open.
pub fn handoff(app: &mut App, out: &mut Out) -> Done {
    super::list::settle(app, out);
    let caller = commands::caller(app);
    let (handoff, now) = (app.handoff(&caller)?, app.now());
    if out.as_json {
        let owed = |list: &[crate::app::Owed]| {
            list.iter()
                .map(|one| json!({"id": one.id.to_string(), "title": one.title.raw(), "at": one.at.iso()}))
                .collect::<Vec<_>>()
        };
        let rows = |list: &[crate::app::Row]| {
            list.iter()
                .map(
                    |row| json!({"id": row.id.to_string(), "title": row.title.raw(), "at": row.due_at.iso()}),
                )
                .collect::<Vec<_>>()
        };
        let drafts: Vec<_> = handoff
            .drafts
            .iter()
            .map(|draft| json!({"id": draft.id.to_string(), "verb": draft.verb.word(), "at": draft.at.iso()}))
            .collect();
        out.json(&json!({"v": json::VERSION, "by": caller.name, "claims": owed(&handoff.claims),
            "overdue": rows(&handoff.overdue), "put_off": owed(&handoff.put_off), "debts": rows(&handoff.debts),
            "running": owed(&handoff.running), "given": owed(&handoff.given), "rollouts": owed(&handoff.live),
            "mentions": handoff.calls.iter().map(|call| json!({"id": call.id.to_string(), "comment": call.number.0})).collect::<Vec<_>>(), "drafts": drafts}));
    } else {
        out.lines(&handoff.lines(now));
    }
    Ok(exit::DONE)
}

/// A comment that calls the caller, in one line.
pub fn call(called: &Called, now: Moment) -> String {
    let by = called.by.as_ref().map_or("somebody".to_owned(), ToString::to_string);
    let Called { id, number, at, .. } = called;
    format!(
        "{by} calls you in comment {} on {id}, {}: countersign thread {id}",
        number.0,
        time::ago(*at, now)
    )
}

/// `stats`: how deciding goes.
pub fn stats(app: &mut App, args: &Stats, out: &mut Out) -> Done {
    let back = back(&args.since).ok_or_else(|| {
        Stop::quoting(exit::USAGE, format!("--since {}: takes a span up to 366d: 8h, 30d", args.since))
    })?;
    super::list::settle(app, out);
    let caller = commands::caller(app);
    let (numbers, _) = app.numbers(back, None, &caller, super::audit::progress("requests counted:"))?;
    let cut = None;
    if out.as_json {
        out.json(&looking_back::numbers_json(&numbers, back, cut));
    } else {
        out.lines(&looking_back::numbers(&numbers, back, cut));
    }
    Ok(exit::DONE)
}
