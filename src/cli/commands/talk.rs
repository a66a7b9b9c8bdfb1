//! Talking and looking: comment, thread, claim, release, snooze.

use crate::app::App;
use crate::cli::args::{Comment, Snooze, Thread};
use crate::cli::output::Out;
use crate::cli::{Done, commands, input};
use crate::domain::command::Command;
use crate::domain::event::CommentNumber;
use crate::domain::names::ParamKey;
use crate::domain::refusal::exit;
use crate::domain::snooze;
use crate::domain::talk::{self, About};
use crate::domain::text::{Safe, Text};
use crate::present::json;
use crate::present::thread::{self, View};
use serde_json::json;
use std::path::Path;

/// `comment R TEXT|-`, `comment R --edit N TEXT|-`, `comment R --resolve N`
pub fn comment(app: &mut App, args: &Comment, out: &mut Out) -> Done {
    let id = app.resolve(&args.request)?;
    let text = match args.text.as_deref() {
        Some("-") => {
            let bytes = input::all(input::open(Path::new("-"))?, app.limits()?.prose, "the comment")?;
            String::from_utf8(bytes)
                .map_err(|_| crate::cli::Stop::quoting(exit::INVALID, "the comment is not UTF-8"))?
        }
        text => text.unwrap_or_default().to_owned(),
    };
    let step = match &args.step {
        Some(step) => commands::steps(std::slice::from_ref(step))?.pop(),
        None => None,
    };
    let param = args.param.as_deref().map(ParamKey::new).transpose().map_err(|e| {
        crate::cli::Stop::quoting(
            exit::USAGE,
            format!("--param {}: {e}", args.param.as_deref().unwrap_or_default()),
        )
    })?;
    let text = Text::new(text);
    let spoken = text.clone();
    let (command, done) = match (args.edit, args.resolve, args.reopen) {
        (Some(n), ..) => {
            (Command::EditComment { number: CommentNumber(n), text }, format!("comment {n} edited"))
        }
        (_, Some(n), _) => {
            let command = Command::Resolve { number: CommentNumber(n), resolved: true };
            (command, format!("the thread of comment {n} is resolved"))
        }
        (.., Some(n)) => {
            let command = Command::Resolve { number: CommentNumber(n), resolved: false };
            (command, format!("the thread of comment {n} is open"))
        }
        _ => {
            let about = About { step, param, reply_to: args.reply.map(CommentNumber) };
            (Command::Comment { text, about }, String::new())
        }
    };
    let caller = commands::caller(app);
    let decided = app.decide(id, &command, &caller)?;
    if out.as_json {
        out.json(&crate::present::json::request(&decided.after, app.now()));
    } else if done.is_empty() {
        out.line(format_args!("{id}: comment {}", decided.after.comments.len()));
    } else {
        out.line(format_args!("{id}: {done}"));
    }
    let said = talk::not_called(&spoken, &decided.entries);
    if !said.is_empty() {
        let names: Vec<String> = said.iter().map(|name| format!("@{name}")).collect();
        out.aside(&Safe::composed(format_args!(
            "note: {} may not see {id}, or nobody of the roster is called so: not told",
            names.join(", ")
        )));
    }
    Ok(exit::DONE)
}

/// `thread R`: what was said. That it was printed for this caller is noted as delivered, not as read.
pub fn thread(app: &mut App, args: &Thread, out: &mut Out) -> Done {
    let id = app.resolve(&args.request)?;
    let (request, caller) = (app.request(id)?, commands::caller(app));
    app.note_delivered(&request, &caller);
    let receipts = app.receipts(id)?;
    if out.as_json {
        let list: Vec<_> = request
            .nested()
            .into_iter()
            .map(|(comment, depth)| {
                let mut one = json::comment(&request, comment);
                one["depth"] = json!(depth);
                one["receipts"] =
                    receipts.iter().filter(|r| r.number == comment.number).map(json::receipt).collect();
                one
            })
            .collect();
        out.json(&json!({"v": json::VERSION, "id": id.to_string(), "open": request.open_threads(), "comments": list}));
        return Ok(exit::DONE);
    }
    if request.comments.is_empty() {
        out.line(format_args!("{id}: nobody has said anything"));
        return Ok(exit::DONE);
    }
    let view = View { me: Some(&caller.name), receipts: &receipts, with_earlier: args.edits };
    out.lines(&thread::thread(&request, app.now(), view).lines);
    Ok(exit::DONE)
}

/// `claim R`
pub fn claim(app: &mut App, which: &str, out: &mut Out) -> Done {
    let id = app.resolve(which)?;
    let decided = commands::decide(app, id, &Command::Claim, out)?;
    if let (false, Some(claim)) = (out.as_json, &decided.after.claim) {
        out.line(format_args!("{id}: you are on it until {}", claim.until.hour_and_minute()));
    }
    Ok(exit::DONE)
}

/// `release R`
pub fn release(app: &mut App, which: &str, out: &mut Out) -> Done {
    let id = app.resolve(which)?;
    commands::decide(app, id, &Command::Release, out)?;
    if !out.as_json {
        out.line(format_args!("{id}: released"));
    }
    Ok(exit::DONE)
}

/// `snooze R`
pub fn snooze(app: &mut App, args: &Snooze, out: &mut Out) -> Done {
    let now = app.now();
    let until = match (&args.span, &args.until) {
        (Some(span), _) if span.contains(':') || span == "tomorrow" => {
            return Err(crate::cli::Stop::quoting(exit::USAGE, "--for takes a span: 30m, 2h, 1d"));
        }
        (Some(text), _) | (None, Some(text)) => {
            let wrong = |why| crate::cli::Stop::quoting(exit::USAGE, format!("{text} is none of: {why}"));
            Some(snooze::until(text, now).map_err(wrong)?)
        }
        (None, None) => None,
    };
    let id = app.resolve(&args.request)?;
    let decided = commands::decide(app, id, &Command::Snooze { until }, out)?;
    if out.as_json {
        return Ok(exit::DONE);
    }
    match until {
        Some(until) => out.lines(&[crate::present::words::snoozed(&decided.after, until, now)]),
        None => out.line(format_args!("{id}: it waits for you again")),
    }
    Ok(exit::DONE)
}
