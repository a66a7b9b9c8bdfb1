//! Copying one field of a request: its name is picked in a line, with completion, and its value goes to the terminal.
//!
//! What somebody else wrote is shown behind its gutter and not in the status line; and what hides something is not put
//! where the next paste would press it.

use crate::domain::text::Text;
use crate::present::fields::fields;
use crate::present::line::Tone;
use crate::tui::action::Effect;
use crate::tui::model::Model;
use crate::tui::prompt::{Prompt, Purpose};

fn fields_of(model: &Model) -> Vec<(String, Text)> {
    let content = model.subject().and_then(|reading| reading.request.content.as_deref());
    content.map(fields).unwrap_or_default()
}

/// Why there is nothing to pick; nothing when there is, or no request was read.
pub fn why_not(model: &Model) -> Option<&'static str> {
    let nothing = model.subject().is_some() && fields_of(model).is_empty();
    nothing.then_some("it has no target, commands or parameters to copy")
}

/// `p`: asks which.
pub fn begin(model: &mut Model) {
    if model.subject().is_none() {
        return;
    }
    if let Some(why) = why_not(model) {
        return model.say(Tone::Warn, why);
    }
    model.prompt = Some(Prompt::new(Purpose::Field, ""));
}

fn beginning_with(model: &Model, stem: &str) -> Vec<(String, Text)> {
    let mut all = fields_of(model);
    all.retain(|(name, _)| name.starts_with(stem));
    all
}

/// What stands beside what is typed: the names that begin so.
pub fn hint(model: &Model, text: &str) -> String {
    let all = beginning_with(model, text.trim());
    match all.as_slice() {
        [] => "no field has such a name; tab completes".to_owned(),
        some => some.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join("  "),
    }
}

/// The next name that completes what was typed, or the one before.
pub fn completed(model: &Model, prompt: &Prompt, forward: bool) -> Option<(usize, String)> {
    let all = beginning_with(model, &prompt.stem);
    let last = all.len().checked_sub(1)?;
    let next = match (prompt.taken, forward) {
        (None, true) => 0,
        (None, false) => last,
        (Some(n), true) => (n + 1) % (last + 1),
        (Some(n), false) => (n + last) % (last + 1),
    };
    all.into_iter().nth(next).map(|(name, _)| (next, name))
}

/// Enter: copies it, when one field is meant.
pub fn run(model: &mut Model) -> Vec<Effect> {
    let text = model.prompt.as_ref().map(|prompt| prompt.text.trim().to_owned()).unwrap_or_default();
    let all = beginning_with(model, &text);
    let exact = all.iter().find(|(name, _)| *name == text);
    let picked = exact.or(if let [one] = all.as_slice() { Some(one) } else { None });
    let Some((name, value)) = picked else {
        let problem = if all.is_empty() { "no field has such a name" } else { "which? tab completes" };
        if let Some(prompt) = &mut model.prompt {
            prompt.problem = Some(problem.to_owned());
        }
        return Vec::new();
    };
    model.prompt = None;
    if value.badge().hidden > 0 {
        model.say(Tone::Warn, format_args!("{name} holds hidden characters: it was not sent"));
        return Vec::new();
    }
    if value.raw().contains(['\n', '\r']) {
        model.say(
            Tone::Warn,
            format_args!("{name} has several lines: a paste would press Enter; it was not sent"),
        );
        return Vec::new();
    }
    let length = value.raw().chars().count();
    model.say(Tone::Plain, format_args!("sent to the terminal: {name}, {length} characters"));
    vec![Effect::Copy(value.raw().to_owned())]
}
