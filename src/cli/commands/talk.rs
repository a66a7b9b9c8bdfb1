//! Talking and looking: comment, claim, release, snooze.

use crate::app::App;
use crate::cli::args::{Comment, Snooze};
use crate::cli::output::Out;
use crate::cli::{Done, commands, input};
use crate::domain::command::Command;
use crate::domain::event::CommentNumber;
use crate::domain::refusal::exit;
use crate::domain::snooze;
use crate::domain::text::Text;
use std::path::Path;

/// `comment R TEXT|-`
pub fn comment(app: &mut App, args: &Comment, out: &mut Out) -> Done {
    let id = app.resolve(&args.request)?;
    let text = if args.text == "-" {
        let bytes = input::all(input::open(Path::new("-"))?, app.limits()?.prose, "the comment")?;
        String::from_utf8(bytes)
            .map_err(|_| crate::cli::Stop::quoting(exit::INVALID, "the comment is not UTF-8"))?
    } else {
        args.text.clone()
    };
    let step = match &args.step {
        Some(step) => commands::steps(std::slice::from_ref(step))?.pop(),
        None => None,
    };
    let command = Command::Comment { text: Text::new(text), step, reply_to: args.reply.map(CommentNumber) };
    let caller = commands::caller(app);
    let decided = app.decide(id, &command, &caller)?;
    if out.as_json {
        out.json(&crate::present::json::request(&decided.after, app.now()));
    } else {
        out.line(format_args!("{id}: comment {}", decided.after.comments.len()));
    }
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
