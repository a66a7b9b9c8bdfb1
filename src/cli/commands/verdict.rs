//! Deciding: approve, reject, skip, request-changes, withdraw, answer, cancel.

use crate::app::{App, Decided};
use crate::cli::args::{Answer, Decide, Reasoned, Reassign, Skip};
use crate::cli::output::Out;
use crate::cli::{Done, Stop, commands};
use crate::domain::command::{Command, Seen};
use crate::domain::conflict;
use crate::domain::event::Fact;
use crate::domain::marks::Mark;
use crate::domain::names::{PrincipalName, RequestId};
use crate::domain::preview;
use crate::domain::refusal::exit;
use crate::domain::request::{Request, Verdict};
use crate::domain::text::Text;
use crate::present::detail::quoted;
use crate::present::would::{conflict_sentence, then};

/// `approve R`, or with `--step` a mark.
pub fn approve(app: &mut App, args: &Decide, out: &mut Out) -> Done {
    if !args.step.is_empty() {
        return mark(app, args, Mark::Approved, out);
    }
    let seen = commands::seen(args.digest.as_deref())?;
    decide(app, &args.request, &Command::Approve { reason: text(&args.reason), seen }, out)
}

/// `reject R`, or with `--step` a mark.
pub fn reject(app: &mut App, args: &Decide, out: &mut Out) -> Done {
    if !args.step.is_empty() {
        return mark(app, args, Mark::Rejected, out);
    }
    let seen = commands::seen(args.digest.as_deref())?;
    decide(app, &args.request, &Command::Reject { reason: text(&args.reason), seen }, out)
}

/// `skip R --step S`
pub fn skip(app: &mut App, args: &Skip, out: &mut Out) -> Done {
    let Skip { request, step, reason, digest } = args;
    let id = app.resolve(request)?;
    if app.request(id)?.run.is_some() {
        // The plan runs, or has run: nothing is marked any more, and leaving a step out is a word of its own.
        return super::run::leave_out(app, id, step, text(reason), out);
    }
    let args = Decide {
        request: request.clone(),
        reason: reason.clone(),
        digest: digest.clone(),
        step: step.clone(),
    };
    mark(app, &args, Mark::Skipped, out)
}

fn mark(app: &mut App, args: &Decide, mark: Mark, out: &mut Out) -> Done {
    let command = Command::Mark {
        steps: commands::steps(&args.step)?,
        mark,
        reason: text(&args.reason),
        seen: commands::seen(args.digest.as_deref())?,
    };
    decide(app, &args.request, &command, out)
}

/// `request-changes R`
pub fn request_changes(app: &mut App, args: &Reasoned, out: &mut Out) -> Done {
    let seen: Seen = commands::seen(args.digest.as_deref())?;
    decide(app, &args.request, &Command::RequestChanges { reason: text(&args.reason), seen }, out)
}

/// `withdraw R`
pub fn withdraw(app: &mut App, which: &str, out: &mut Out) -> Done {
    decide(app, which, &Command::Withdraw, out)
}

/// `answer R`
pub fn answer(app: &mut App, args: &Answer, out: &mut Out) -> Done {
    let command = Command::Answer {
        option: args.option,
        text: text(&args.text),
        reason: text(&args.reason),
        seen: commands::seen(args.digest.as_deref())?,
    };
    decide(app, &args.request, &command, out)
}

/// `cancel R`
pub fn cancel(app: &mut App, args: &Reasoned, out: &mut Out) -> Done {
    decide(app, &args.request, &Command::Cancel { reason: text(&args.reason) }, out)
}

/// `escalate R`
pub fn escalate(app: &mut App, args: &Reasoned, out: &mut Out) -> Done {
    decide(app, &args.request, &Command::Escalate { reason: text(&args.reason) }, out)
}

/// `reassign R --to NAME`
pub fn reassign(app: &mut App, args: &Reassign, out: &mut Out) -> Done {
    let to = PrincipalName::new(args.to.as_str())
        .map_err(|e| Stop::quoting(exit::USAGE, format!("--to {}: {e}", args.to)))?;
    decide(app, &args.request, &Command::Reassign { to, reason: text(&args.reason) }, out)
}

pub(super) fn text(words: &Option<String>) -> Option<Text> {
    words.as_deref().map(Text::from)
}

fn decide(app: &mut App, which: &str, command: &Command, out: &mut Out) -> Done {
    let id: RequestId = app.resolve(which)?;
    if RequestId::parse(which).is_none() && !out.as_json {
        // Names are the producers' to give: whose request it is stands before what became of it.
        let request = app.request(id)?;
        out.line(format_args!("{id}: a {} asked for by {}", request.kind(), request.requester.name));
        out.lines(&quoted(request.content.as_ref().map(|content| &content.title), 2));
    }
    let decided = commands::decide(app, id, command, out)?;
    if !out.as_json {
        tell(&decided, out);
        if matches!(command, Command::Mark { .. }) {
            conflicts(&decided.after, out);
        }
    }
    Ok(exit::DONE)
}

/// What stands in the way of a sign-off now, with the commands that end it.
pub(super) fn conflicts(request: &Request, out: &mut Out) {
    let Some(content) = request.content.as_ref().filter(|_| request.is_open()) else { return };
    for conflict in conflict::conflicts(content, &request.marks) {
        out.line(conflict_sentence(&conflict));
        for way in &conflict.ways {
            let then = then(&way.impact(content, &request.marks));
            out.line(format_args!("  {way}: {}; then {then}", way.commands(request.id).join("; ")));
        }
    }
}

/// What was recorded, and how the request stands now.
pub(super) fn tell(decided: &Decided, out: &mut Out) {
    let after: &Request = &decided.after;
    if decided.entries.is_empty() {
        out.line(format_args!("{}: that was so already; nothing new was recorded", after.id));
        return;
    }
    for (entry, place) in decided.entries.iter().zip(&decided.places) {
        out.line(format_args!(
            "{}: {} {} (event {place})",
            after.id,
            entry.by,
            crate::present::history::words(&entry.fact).0
        ));
    }
    for entry in &decided.entries {
        if let Fact::SignedOff { bound, .. } | Fact::Overridden { bound, .. } = &entry.fact {
            out.lines(&crate::present::keys::unknown_programs(bound).into_iter().collect::<Vec<_>>());
        }
    }
    if after.is_open() {
        let slots: Vec<String> = after.open_slots().iter().map(|s| s.to_string()).collect();
        out.line(format_args!(
            "{} is {}; waits for {}; digest {}",
            after.id,
            after.state_name().word(),
            slots.join(", "),
            after.decision_digest().short()
        ));
    } else if after.has_steps() && after.execution.is_some() {
        let steps: Vec<String> = preview::running(after).iter().map(|s| s.to_string()).collect();
        let part = if after.is_whole() { "" } else { "in part: " };
        let word = after.state_name().word();
        out.line(format_args!("{} is {word} {part}{}", after.id, steps.join(", ")));
    }
    if let Some(Verdict::Overridden { instead, .. }) = after.closed().map(|closed| &closed.verdict) {
        out.line(format_args!(
            "you owe {debt}, the review of it, due in 24 h: `show {debt}` says who closes it",
            debt = instead.debt
        ));
    }
}
