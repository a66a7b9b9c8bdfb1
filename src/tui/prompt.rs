//! The line at the bottom in which a filter or a command is typed. What is pasted goes in as text; only Enter is Enter.

use crate::domain::names::RequestId;
use crate::domain::text::safe_line;
use crate::tui::action::Effect;
use crate::tui::model::Model;
use crate::tui::{filtering, palette, picking, snoozing};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// How much is typed at most.
const MOST_BYTES: usize = 512;

/// What is typed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// A filter over the list.
    Filter,
    /// A command.
    Command,
    /// For how long to put this request off.
    Snooze(RequestId),
    /// For how long to put off all that is marked.
    SnoozeMarked,
    /// Which field to copy.
    Field,
}

/// The line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Prompt {
    /// What for.
    pub purpose: Purpose,
    /// What was typed.
    pub text: String,
    /// Where the next character goes, in bytes.
    pub cursor: usize,
    /// What is wrong with it, as it stands.
    pub problem: Option<String>,
    /// Which completion was taken last, counted from the first.
    pub taken: Option<usize>,
    /// What had been typed before a completion was taken.
    pub stem: String,
}

impl Prompt {
    /// A line with `text` in it.
    pub fn new(purpose: Purpose, text: &str) -> Self {
        Self {
            purpose,
            text: text.to_owned(),
            cursor: text.len(),
            problem: None,
            taken: None,
            stem: text.to_owned(),
        }
    }

    /// The sign in front of it.
    pub const fn sign(&self) -> &'static str {
        match self.purpose {
            Purpose::Filter => "/",
            Purpose::Command => ":",
            Purpose::Snooze(_) | Purpose::SnoozeMarked => "snooze ",
            Purpose::Field => "copy ",
        }
    }

    /// Puts other text into the line.
    pub fn put(&mut self, text: &str) {
        self.text = text.to_owned();
        self.cursor = self.text.len();
    }

    fn before(&self) -> usize {
        self.text[..self.cursor].char_indices().next_back().map_or(0, |(at, _)| at)
    }

    fn after(&self) -> usize {
        self.text[self.cursor..].chars().next().map_or(self.cursor, |c| self.cursor + c.len_utf8())
    }

    fn insert(&mut self, c: char) {
        let mut buffer = [0; 4];
        let shown: &str = c.encode_utf8(&mut buffer);
        if safe_line(shown).as_str() == shown && self.text.len() + shown.len() <= MOST_BYTES {
            self.text.insert(self.cursor, c);
            self.cursor += shown.len();
        }
    }

    /// Takes a key; says whether the text is another one now.
    fn key(&mut self, key: KeyEvent) -> bool {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let before = self.text.clone();
        match key.code {
            KeyCode::Char('u') if control => {
                self.text.drain(..self.cursor);
                self.cursor = 0;
            }
            KeyCode::Char('w') if control => {
                let kept = self.text[..self.cursor].trim_end();
                let start = kept.rfind(' ').map_or(0, |at| at + 1);
                self.text.drain(start..self.cursor);
                self.cursor = start;
            }
            KeyCode::Char('a') if control => self.cursor = 0,
            KeyCode::Char('e') if control => self.cursor = self.text.len(),
            KeyCode::Char(c) if key.modifiers.difference(KeyModifiers::SHIFT).is_empty() => self.insert(c),
            KeyCode::Backspace if self.cursor > 0 => {
                let start = self.before();
                self.text.drain(start..self.cursor);
                self.cursor = start;
            }
            KeyCode::Delete => {
                let end = self.after();
                self.text.drain(self.cursor..end);
            }
            KeyCode::Left => self.cursor = self.before(),
            KeyCode::Right => self.cursor = self.after(),
            KeyCode::Home => self.cursor = 0,
            KeyCode::End => self.cursor = self.text.len(),
            _ => {}
        }
        before != self.text
    }
}

/// A key in the line.
pub fn typed(model: &mut Model, key: KeyEvent) -> Vec<Effect> {
    let Some(prompt) = &mut model.prompt else { return Vec::new() };
    // An empty line is left as it was entered: by one more backspace.
    if key.code == KeyCode::Backspace && prompt.text.is_empty() {
        return leave(model);
    }
    if prompt.key(key) { changed(model) } else { Vec::new() }
}

/// A paste into the line: its characters; a line break is a blank.
pub fn paste(model: &mut Model, text: &str) -> Vec<Effect> {
    let Some(prompt) = &mut model.prompt else { return Vec::new() };
    for c in text.trim_end().chars() {
        prompt.insert(if c.is_whitespace() { ' ' } else { c });
    }
    changed(model)
}

fn changed(model: &mut Model) -> Vec<Effect> {
    let Some(prompt) = &mut model.prompt else { return Vec::new() };
    prompt.problem = None;
    prompt.taken = None;
    prompt.stem = prompt.text.clone();
    match prompt.purpose {
        Purpose::Filter => filtering::typed(model),
        Purpose::Command | Purpose::Snooze(_) | Purpose::SnoozeMarked | Purpose::Field => Vec::new(),
    }
}

/// Enter.
pub fn accept(model: &mut Model) -> Vec<Effect> {
    match model.prompt.as_ref().map(|prompt| prompt.purpose) {
        Some(Purpose::Filter) => {
            // What cannot be understood is mended or dropped, never half applied.
            if model.prompt.as_ref().is_some_and(|prompt| prompt.problem.is_none()) {
                model.prompt = None;
            }
            Vec::new()
        }
        Some(Purpose::Command) => palette::run(model),
        Some(Purpose::Snooze(id)) => snoozing::run(model, Some(id)),
        Some(Purpose::SnoozeMarked) => snoozing::run(model, None),
        Some(Purpose::Field) => picking::run(model),
        None => Vec::new(),
    }
}

/// Esc: out of the line; a filter is cleared.
pub fn leave(model: &mut Model) -> Vec<Effect> {
    match model.prompt.take().map(|prompt| prompt.purpose) {
        Some(Purpose::Filter) => filtering::clear(model),
        Some(_) | None => Vec::new(),
    }
}

/// Tab, and the arrows: the next completion, or the one before.
pub fn complete(model: &mut Model, forward: bool) -> Vec<Effect> {
    match model.prompt.as_ref().map(|prompt| prompt.purpose) {
        Some(Purpose::Filter) => {
            let Some(prompt) = &mut model.prompt else { return Vec::new() };
            let Some(whole) = filtering::completed(&prompt.text) else { return Vec::new() };
            prompt.put(&whole);
            changed(model)
        }
        Some(Purpose::Command) => {
            palette::complete(model, forward);
            Vec::new()
        }
        Some(Purpose::Snooze(_) | Purpose::SnoozeMarked | Purpose::Field) => {
            let Some(prompt) = &model.prompt else { return Vec::new() };
            let next = match prompt.purpose {
                Purpose::Field => picking::completed(model, prompt, forward),
                _ => Some(snoozing::completed(prompt, forward)).map(|(n, text)| (n, text.to_owned())),
            };
            if let (Some(prompt), Some((n, text))) = (&mut model.prompt, next) {
                prompt.problem = None;
                prompt.put(&text);
                prompt.taken = Some(n);
            }
            Vec::new()
        }
        None => Vec::new(),
    }
}
