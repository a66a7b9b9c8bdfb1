//! Putting the selected request off: a line in which the span is typed, with quick answers. It decides nothing.

use crate::domain::command::Command;
use crate::domain::names::RequestId;
use crate::domain::request::Request;
use crate::domain::snooze::{self, QUICK};
use crate::domain::transitions::Verb;
use crate::present::line::{Line, Tone};
use crate::present::{time, words};
use crate::tui::action::Effect;
use crate::tui::model::Model;
use crate::tui::prompt::{Prompt, Purpose};

/// What ends it.
const OFF: &str = "off";

/// `z`: asks for how long.
pub fn begin(model: &mut Model) {
    let Some(shown) = model.list.selected() else { return };
    let id = shown.row.id;
    if let Some(refusal) = model.refusal(Verb::Snooze) {
        return model.say(Tone::Warn, refusal);
    }
    if !shown.row.state.is_open() {
        return model.say(Tone::Warn, format_args!("{id} is closed: there is nothing to put off"));
    }
    model.prompt = Some(Prompt::new(Purpose::Snooze(id), ""));
}

/// What stands beside what is typed: what it comes to, or what can be typed.
pub fn hint(model: &Model, id: RequestId, text: &str) -> String {
    match (text.trim(), snooze::until(text, model.now)) {
        (OFF, _) => format!("{id} waits for you again"),
        (_, Ok(until)) => format!("{id} until {}", time::clock(until, model.now)),
        (_, Err(_)) => format!("put {id} off for: {}; or 14:30, off", QUICK.join(" ")),
    }
}

/// The quick answers, one after the other.
pub fn completed(prompt: &Prompt, forward: bool) -> (usize, &'static str) {
    let all = [QUICK[0], QUICK[1], QUICK[2], OFF];
    let next = match (prompt.taken, forward) {
        (None, true) => 0,
        (None, false) => all.len() - 1,
        (Some(n), true) => (n + 1) % all.len(),
        (Some(n), false) => (n + all.len() - 1) % all.len(),
    };
    (next, all.get(next).copied().unwrap_or(OFF))
}

/// Enter: does it, or says what can be typed.
pub fn run(model: &mut Model, id: RequestId) -> Vec<Effect> {
    let text = model.prompt.as_ref().map(|prompt| prompt.text.trim().to_owned()).unwrap_or_default();
    match put_off(model, id, &text) {
        Ok(effects) => {
            model.prompt = None;
            effects
        }
        Err(problem) => {
            if let Some(prompt) = &mut model.prompt {
                prompt.problem = Some(problem);
            }
            Vec::new()
        }
    }
}

/// What puts it off as it was typed.
///
/// # Errors
/// What can be typed.
pub fn put_off(model: &Model, id: RequestId, text: &str) -> Result<Vec<Effect>, String> {
    let until = if text == OFF { None } else { Some(snooze::until(text, model.now)?) };
    Ok(vec![Effect::Decide { id, command: Box::new(Command::Snooze { until }) }])
}

/// It was recorded: the row says so, and how it comes back.
pub fn done(model: &mut Model, after: &Request) {
    let until = after.snoozed_by(&model.caller.name, model.now);
    model.list.note(after.id, |shown| shown.row.snoozed = until);
    model.said = Some(match until {
        Some(until) => words::snoozed(after, until, model.now),
        None => Line::plain(format_args!("{} waits for you again", after.id)),
    });
}
