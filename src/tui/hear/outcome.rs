//! What was recorded, in words.

use crate::app::{Errand, Returned};
use crate::domain::content::Kind;
use crate::domain::names::RequestId;
use crate::domain::request::{Request, StateName, Verdict};
use crate::domain::talk;
use crate::domain::text::Safe;
use crate::domain::transitions::Verb;
use crate::present::line::Tone;
use crate::present::would::Would;
use crate::tui::action::Action;
use crate::tui::keymap::{Keys, Scope};

/// A process of its own was started.
pub(super) fn launched(id: RequestId, errand: Errand) -> (Tone, Safe) {
    let words = match errand {
        Errand::Run => "it runs in a process of its own, also when you quit",
        Errand::RollBack => "what was done is being taken back, also when you quit",
    };
    (Tone::Good, Safe::composed(format_args!("{id}: {words}")))
}

/// A process of its own ended.
pub(super) fn returned(id: RequestId, errand: Errand, how: &Returned) -> (Tone, Safe) {
    let what = match errand {
        Errand::Run => "running it",
        Errand::RollBack => "taking it back",
    };
    let last = how.said.raw().lines().last().map(crate::domain::text::safe_line).unwrap_or_default();
    match how.code {
        Some(0) => (Tone::Good, Safe::composed(format_args!("{id}: {what} ended well"))),
        Some(16) => (Tone::Bad, Safe::composed(format_args!("{id}: {what} failed or was stopped: read it"))),
        Some(17) => (
            Tone::Bad,
            Safe::composed(format_args!("{id}: how far {what} came is unknown: somebody must look")),
        ),
        Some(_) if !last.as_str().is_empty() => (Tone::Warn, Safe::composed(format_args!("{id}: {last}"))),
        Some(code) => (Tone::Warn, Safe::composed(format_args!("{id}: {what} ended with exit {code}"))),
        None => (Tone::Bad, Safe::composed(format_args!("{id}: the process {what} was killed: read it"))),
    }
}

/// What was recorded, in words.
pub(super) fn outcome(verb: Verb, after: &Request, keys: Keys) -> (Tone, Safe) {
    let id = after.id;
    let say = |tone, words: String| (tone, Safe::composed(words));
    match verb {
        Verb::Approve | Verb::Reject if after.kind() == Kind::Debt => {
            say(Tone::Good, format!("{id}: the review is done, and recorded with your reason"))
        }
        Verb::Approve if after.state_name() == StateName::Approved => match after.lapses_at {
            Some(at) => say(
                Tone::Good,
                format!("{id} approved; its producer may start it until {}", at.date_and_time()),
            ),
            None => say(Tone::Good, format!("{id} approved")),
        },
        Verb::Approve => say(
            Tone::Good,
            format!("{id}: your sign-off counts; sign-offs still needed: {}", after.open_slots().len()),
        ),
        Verb::Reject => say(Tone::Good, format!("{id} rejected; nothing of it will run")),
        Verb::RequestChanges => {
            say(Tone::Good, format!("{id}: changes requested; it waits for {}", after.requester.name))
        }
        Verb::Override => {
            let debt = after.closed().and_then(|closed| match &closed.verdict {
                Verdict::Overridden { instead, .. } => Some(instead.debt.to_string()),
                _ => None,
            });
            let debt = debt.unwrap_or_default();
            say(Tone::Bad, format!("{id} OVERRIDDEN; you owe {debt}, the review of it, due in 24 h"))
        }
        Verb::Withdraw => say(Tone::Good, format!("{id}: taken back")),
        Verb::Retry => {
            say(Tone::Good, format!("{id}: the step may run again; `countersign run {id}` runs it"))
        }
        Verb::LeaveOut => say(Tone::Good, format!("{id}: the step is left out")),
        Verb::Continue => {
            say(Tone::Good, format!("{id}: gone on with the rest; `countersign run {id}` runs it"))
        }
        Verb::Confirm => say(Tone::Good, format!("{id}: confirmed; the step may go on")),
        Verb::Stop => say(Tone::Good, format!("{id}: stopped; nothing of it begins again")),
        Verb::Mark | Verb::Modify => {
            let would = after.content.as_ref().map(|content| Would::run(content, &after.marks).short());
            let done = if verb == Verb::Mark {
                "marked".to_owned()
            } else {
                format!("revision {}", after.revision.number)
            };
            say(Tone::Good, format!("{id}: {done}; {}", would.unwrap_or_default()))
        }
        Verb::Escalate => {
            let to = after.assigned().map(|last| last.to.to_string()).unwrap_or_default();
            say(Tone::Good, format!("{id} escalated: {to} has it now"))
        }
        Verb::Reassign => {
            let to = after.assigned().map(|last| last.to.to_string()).unwrap_or_default();
            say(Tone::Good, format!("{id}: {to} has it now"))
        }
        Verb::Answer => say(Tone::Good, format!("{id} answered")),
        Verb::Comment => match after.comments.last().map(talk::uncalled).unwrap_or_default().as_slice() {
            [] => say(Tone::Plain, format!("{id}: your comment is recorded")),
            names => {
                let names: Vec<String> = names.iter().map(|name| format!("@{name}")).collect();
                let names = names.join(", ");
                say(Tone::Warn, format!("{id}: your comment is recorded; not told, may not see it: {names}"))
            }
        },
        Verb::Claim => say(
            Tone::Plain,
            format!(
                "you are on {id}; {} again says that you no longer are",
                keys.name_of(Scope::Detail, Action::Claim)
            ),
        ),
        Verb::Release => say(Tone::Plain, format!("you are no longer on {id}")),
        _ => say(Tone::Plain, format!("{id}: recorded")),
    }
}
