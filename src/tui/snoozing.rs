//! Putting the selected request off, or all that is marked: a line in which the span is typed, with quick answers. It decides nothing.

use crate::domain::command::Command;
use crate::domain::moment::Moment;
use crate::domain::names::RequestId;
use crate::domain::request::Request;
use crate::domain::snooze::{self, QUICK};
use crate::domain::text::Safe;
use crate::domain::transitions::Verb;
use crate::present::line::{Line, Tone};
use crate::present::{time, words};
use crate::tui::action::Effect;
use crate::tui::marks::MOST;
use crate::tui::model::Model;
use crate::tui::prompt::{Prompt, Purpose};

/// What ends it.
const OFF: &str = "off";

/// Whether what is put off is what is marked, and not the row under the cursor.
pub fn means_the_marks(model: &Model) -> bool {
    !model.in_detail && !model.marks.is_empty()
}

/// `z`: asks for how long.
pub fn begin(model: &mut Model) {
    if means_the_marks(model) {
        if model.marks.anchor.is_some() {
            return model.say(Tone::Warn, "the range is open: v or space marks it, esc drops it");
        }
        model.prompt = Some(Prompt::new(Purpose::SnoozeMarked, ""));
        return;
    }
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
pub fn hint(model: &Model, what: &str, text: &str) -> String {
    match (text.trim(), snooze::until(text, model.now)) {
        (OFF, _) => format!("{what}: no longer put off"),
        (_, Ok(until)) => format!("{what} until {}", time::clock(until, model.now)),
        (_, Err(_)) => format!("put {what} off for: {}; or 14:30, off", QUICK.join(" ")),
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
pub fn run(model: &mut Model, id: Option<RequestId>) -> Vec<Effect> {
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

/// What puts it, or with no number all that is marked, off as it was typed.
///
/// # Errors
/// What can be typed.
pub fn put_off(model: &Model, id: Option<RequestId>, text: &str) -> Result<Vec<Effect>, String> {
    let until = if text == OFF { None } else { Some(snooze::until(text, model.now)?) };
    Ok(vec![match id {
        Some(id) => Effect::Decide { id, command: Box::new(Command::Snooze { until }) },
        None => Effect::PutOffAll { until, ids: model.marks.ids.iter().copied().take(MOST).collect() },
    }])
}

/// They were put off one by one: how many of how many, what is due or over before they are back, and why not the others.
pub fn all_done(model: &mut Model, until: Option<Moment>, outcomes: &[(RequestId, Result<(), Safe>)]) {
    let done: Vec<RequestId> = outcomes.iter().filter(|(_, o)| o.is_ok()).map(|(id, _)| *id).collect();
    for id in &done {
        model.marks.ids.remove(id);
        model.list.note(*id, |shown| shown.row.snoozed = until);
    }
    let (many, all) = (done.len(), outcomes.len());
    let of = if many == all { many.to_string() } else { format!("{many} of {all}") };
    let mut line = Line::plain(match until {
        Some(until) if many == all => {
            format!("{of} put off until {} or until they change", time::clock(until, model.now))
        }
        Some(until) => format!("{of} put off until {}", time::clock(until, model.now)),
        None => format!("{of} no longer put off"),
    });
    if let Some((id, Err(why))) = outcomes.iter().find(|(_, outcome)| outcome.is_err()) {
        line = line.and(Tone::Warn, format_args!("; not {id}: {why}"));
    }
    if let Some(until) = until {
        let rows = model.list.rows.iter().map(|shown| &shown.row).filter(|row| done.contains(&row.id));
        let (mut over, mut late, mut due) = (0, 0, 0);
        for row in rows {
            match row.expires_at.is_some_and(|at| at <= until) {
                true => over += 1,
                false if row.due_at <= model.now => late += 1,
                false => due += usize::from(row.due_at <= until),
            }
        }
        for (many, what) in [(over, "EXPIRE before"), (late, "OVERDUE all the same"), (due, "due before")] {
            if many > 0 {
                line = line.and(Tone::Warn, format_args!("; {many} {what}"));
            }
        }
    }
    model.said = Some(line);
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
