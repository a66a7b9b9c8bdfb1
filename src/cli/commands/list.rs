//! Looking over everything: list, check, pulse.

use crate::app::{App, Error, From, Looking, Order, Queue, Row};
use crate::cli::args::{List, Lists, Sort};
use crate::cli::output::Out;
use crate::cli::{Done, Stop};
use crate::domain::filter::Filter;
use crate::domain::refusal::exit;
use crate::domain::request::{Request, StateName};
use crate::domain::text::{Safe, Text};
use crate::present::line::{Line, Tone};
use crate::present::{json, rollout, time, words};
use serde_json::json;

/// Rows read at a time.
const PAGE: usize = 200;
/// A filter looks at no more rows than this, and says so.
const LOOKED_AT: usize = 20_000;

/// Records what time has done, so that a list does not lie; a store that cannot be written is still listed.
pub(super) fn settle(app: &mut App, out: &mut Out) {
    if let Ok(Some(behind)) = app.clock_behind() {
        let words = format!("note: the clock is {} behind the last event; set it right", time::span(behind));
        out.aside(&Safe::composed(words));
    }
    loop {
        match app.settle_due() {
            Ok(0) => break,
            Ok(_) => {}
            Err(e) => {
                let words = crate::domain::text::Safe::composed(format_args!(
                    "note: what is due was not recorded: {e}"
                ));
                out.aside(&words);
                break;
            }
        }
    }
}

/// A row, and how many like it are folded behind it.
struct Folded {
    row: Row,
    more: usize,
}

/// How many rows of one producer stand in a run before the rest of it is folded.
const RUN: usize = 3;

/// Takes a row, or folds it behind the last when that ends a run of the same producer. Nothing sensitive is ever folded,
/// and nothing that somebody is on.
fn fold(rows: &mut Vec<Folded>, row: Row, folds: bool) {
    let plain = |row: &Row| !row.sensitive && row.claim.is_none();
    let run =
        rows.iter().rev().take(RUN).filter(|f| plain(&f.row) && f.row.requester == row.requester).count();
    match rows.last_mut() {
        Some(last) if folds && plain(&row) && run == RUN => last.more += 1,
        _ => rows.push(Folded { row, more: 0 }),
    }
}

/// `list`
pub fn list(app: &mut App, args: &List, out: &mut Out) -> Done {
    check_word("kind", args.kind.as_deref(), &crate::domain::content::Kind::ALL.map(|k| k.word()))?;
    check_word("risk", args.risk.as_deref(), &crate::domain::risk::Risk::ALL.map(|r| r.word()))?;
    let filter = match args.filter.as_deref().map(Filter::parse).transpose() {
        Ok(filter) => filter.filter(|filter| !filter.is_empty()),
        Err(why) => return Err(Stop::quoting(exit::USAGE, format!("--filter: {why}"))),
    };
    settle(app, out);
    let queues: &[Queue] = match args.state {
        Lists::Waiting => &[Queue::Waiting],
        Lists::Open => &[Queue::Open],
        Lists::Unclaimed => &[Queue::Unclaimed],
        Lists::Escalated => &[Queue::Escalated],
        Lists::Promotions => &[Queue::Promotions],
        Lists::Debts => &[Queue::Debts],
        Lists::Questions => &[Queue::Questions],
        Lists::Decided => &[Queue::Decided],
        Lists::All => &[Queue::Open, Queue::Decided],
    };
    let order = match args.sort {
        Sort::Reading => Order::Reading,
        Sort::Newest => Order::Newest,
        Sort::Due => Order::Due,
    };
    let looking = Looking { order, seen_by: None };
    let folds = !out.as_json && args.by.is_none() && args.filter.is_none();
    let mut rows: Vec<Folded> = Vec::new();
    let mut looked_at = 0;
    let mut of_the_first = None;
    for queue in queues {
        if let Some(filter) = &filter {
            let found = app.find_as(*queue, filter, looking)?;
            of_the_first = of_the_first.or(found.of_the_first);
            found
                .rows
                .into_iter()
                .filter(|row| matches(row, args))
                .for_each(|row| fold(&mut rows, row, folds));
            continue;
        }
        let mut last: Option<Row> = None;
        // One more than asked for, so that the last run is whole.
        while rows.len() <= args.limit && looked_at < LOOKED_AT {
            let from = last.as_ref().map_or(From::Start, From::After);
            let page = app.page_as(*queue, from, PAGE, looking)?;
            let Some(end) = page.last().cloned() else { break };
            looked_at += page.len();
            page.into_iter().filter(|row| matches(row, args)).for_each(|row| fold(&mut rows, row, folds));
            last = Some(end);
        }
    }
    rows.truncate(args.limit);
    let now = app.now();
    let looked_at_only = of_the_first.or((looked_at >= LOOKED_AT).then_some(LOOKED_AT));
    if out.as_json {
        if let Some(most) = looked_at_only {
            out.aside(&Safe::composed(format_args!("note: only the first {most} were looked at")));
        }
        let list: Vec<_> = rows
            .iter()
            .map(|folded| app.request(folded.row.id).map(|request| json::request(&request, now)))
            .collect::<Result<_, Error>>()?;
        out.json(&json!(list));
        return Ok(exit::DONE);
    }
    let counters = app.counters()?;
    match args.state {
        Lists::Decided => out.line(format_args!("DECIDED: {}", counters.decided)),
        _ => out.line(format_args!("PENDING APPROVALS: {} ({} for you)", counters.open, counters.waiting)),
    }
    out.line(super::policy::in_force_words(app)?);
    for (n, row) in rows.iter().enumerate() {
        print_row(n + 1, &row.row, &app.request(row.row.id)?, now, out);
        if row.more > 0 {
            let by = &row.row.requester;
            out.line(format_args!(
                "     flood: {} more of {by}; `countersign list --by {by}` shows them",
                row.more
            ));
        }
    }
    if let Some(most) = looked_at_only {
        out.line(format_args!("only the first {most} were looked at"));
    }
    Ok(exit::DONE)
}

fn check_word(name: &str, given: Option<&str>, known: &[&str]) -> Result<(), Stop> {
    match given {
        Some(word) if !known.contains(&word) => {
            Err(Stop::quoting(exit::USAGE, format!("--{name} {word}: known are {}", known.join(", "))))
        }
        _ => Ok(()),
    }
}

fn matches(row: &Row, args: &List) -> bool {
    args.kind.as_deref().is_none_or(|kind| row.kind.word() == kind)
        && args.risk.as_deref().is_none_or(|risk| row.risk.word() == risk)
        && args.by.as_deref().is_none_or(|by| row.requester.as_str() == by)
        && args.env.as_deref().is_none_or(|env| row.environment.as_ref().is_some_and(|e| e.as_str() == env))
}

fn print_row(number: usize, row: &Row, request: &Request, now: crate::domain::moment::Moment, out: &mut Out) {
    let claimed = row.claim.as_ref().is_some_and(|(_, until)| *until > now);
    let state = match row.flagged && row.state.is_open() {
        true => words::VIOLATION,
        false => words::state(row.state, claimed).0,
    };
    let when = match row.closed_at {
        Some(at) => time::ago(at, now),
        None if row.due_at <= now => format!("OVERDUE {}", time::span(now.since(row.due_at))),
        None => format!("due in {}", time::span(row.due_at.since(now))),
    };
    let place = row.environment.as_ref().map_or("–", |e| e.as_str());
    let words = format!(
        "{number:>3}. {:<2}{:<8} {:<10} {:<8} {place:<12} {state:<17} {when:<22} {}",
        if row.flagged { words::VIOLATION_MARK } else { words::risk_mark(row.risk) },
        row.id,
        row.kind,
        row.risk,
        row.requester
    );
    // What went ahead without its sign-offs stays red.
    let tone = if row.state == StateName::Overridden { Tone::Bad } else { Tone::Plain };
    out.lines(&[Line::default().and(tone, words)]);
    if let Some(until) = row.snoozed {
        out.line(format_args!("     you have put it off until {}", time::clock(until, now)));
    }
    let mut lines = vec![Line::quoted(row.title.line()).indented(5)];
    if let Some(content) = &request.content {
        for (key, value) in
            content.labels.iter().filter(|(key, _)| matches!(key.as_str(), "lease" | "intent"))
        {
            lines
                .push(Line::quoted(Safe::composed(format_args!("{key}: {}", Text::line(value)))).indented(5));
        }
        if !content.summary.is_blank() {
            let first = content.summary.lines().into_iter().next().unwrap_or_default();
            lines.push(Line::quoted(first.clipped(160)).indented(5));
        }
    }
    out.lines(&lines);
}

/// `check`: exit 1 when something waits for the caller.
pub fn check(app: &mut App, out: &mut Out) -> Done {
    settle(app, out);
    for (channel, why) in app.show_flags()? {
        out.aside(&Safe::composed(format_args!(
            "note: channel {channel}: {}",
            crate::domain::text::safe_line(&why)
        )));
    }
    let waiting = app.counters()?.waiting;
    let (calls, alarms) = (app.mentions_of(&super::caller(app).name)?, app.alarm_sentences()?);
    if out.as_json {
        let calls: Vec<_> = calls
            .iter()
            .map(|call| json!({"request": call.id.to_string(), "comment": call.number.0, "by": call.by, "at": call.at.iso()}))
            .collect();
        out.json(&json!({"v": json::VERSION, "waiting": waiting, "mentions": calls, "alarms": alarms}));
    } else {
        for words in &alarms {
            out.aside(&Safe::composed(format_args!("note: {words}")));
        }
        for call in &calls {
            out.line(super::looking_back::call(call, app.now()));
        }
        match waiting {
            0 => out.line("nothing waits for you"),
            1 => out.line("1 waits for you"),
            n => out.line(format_args!("{n} wait for you")),
        }
    }
    Ok(if waiting == 0 { exit::DONE } else { exit::REFUSED })
}

/// `pulse`: a few lines on how things stand.
pub fn pulse(app: &mut App, out: &mut Out) -> Done {
    const NEWEST: usize = 5;
    settle(app, out);
    let (counters, now) = (app.counters()?, app.now());
    let first = app.page(Queue::Waiting, From::Start, NEWEST)?;
    let decided = app.page(Queue::Decided, From::Start, NEWEST)?;
    let back = app.coming_back(&super::caller(app))?;
    let rollouts = app.live_rollouts()?;
    if out.as_json {
        let row = |r: &Row| {
            json!({"id": r.id.to_string(), "kind": r.kind, "risk": r.risk, "state": r.state.word(),
            "due_at": r.due_at.iso(), "overdue": r.closed_at.is_none() && r.due_at <= now, "title": r.title.raw()})
        };
        out.json(&json!({"v": json::VERSION, "waiting": counters.waiting, "overdue": counters.overdue, "open": counters.open,
            "since_last_here": back.as_ref().map(|back| json!({"then": back.then.iso(), "arrived": back.since.arrived,
                "closed": back.since.closed, "at_least": back.at_least})),
            "rollouts": rollouts.iter().map(rollout::as_json).collect::<Vec<_>>(),
            "escalated": counters.escalated, "decided": counters.decided, "action_needed": counters.waiting > 0, "mentions": counters.calls,
            "first": first.iter().map(row).collect::<Vec<_>>(), "latest": decided.iter().map(row).collect::<Vec<_>>()}));
        return Ok(exit::DONE);
    }
    let needed = if counters.waiting > 0 { "ACTION NEEDED" } else { "no action needed" };
    out.line(format_args!(
        "{needed}: {} wait for you ({} overdue), {} open, {} escalated, {} decided",
        counters.waiting, counters.overdue, counters.open, counters.escalated, counters.decided
    ));
    if counters.calls > 0 {
        out.line(format_args!("comments that call you: {}; `countersign check` names them", counters.calls));
    }
    if let Some(back) = &back {
        out.lines(&[back.line(now)]);
    }
    for status in &rollouts {
        let line = Line::default()
            .and(rollout::tone(status.phase()), format_args!("rollout {}", rollout::line(status)));
        out.lines(&[line]);
    }
    for (heading, rows) in [("first:", &first), ("latest decisions:", &decided)] {
        if !rows.is_empty() {
            out.line(heading);
        }
        for row in rows {
            let when = match row.closed_at {
                Some(at) if row.state == StateName::Overridden => {
                    format!("{} {}", words::state(row.state, false).0, time::ago(at, now))
                }
                Some(at) => format!("{} {}", row.state.word(), time::ago(at, now)),
                None => format!("due {}", time::until(row.due_at, now)),
            };
            let words = format!(
                "  {:<2}{:<8} {:<10} {:<8} {when}",
                words::risk_mark(row.risk),
                row.id,
                row.kind,
                row.risk
            );
            let tone = if row.state == StateName::Overridden { Tone::Bad } else { Tone::Plain };
            out.lines(&[Line::default().and(tone, words)]);
            out.lines(&[Line::quoted(row.title.line().clipped(120)).indented(5)]);
        }
    }
    Ok(exit::DONE)
}
