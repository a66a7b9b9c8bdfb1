//! A text field of a dialog: the reason, the answer, the short code. What is pasted goes in as text and presses nothing.

use crate::domain::form;
use crate::domain::text::{Text, safe_line};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::style::Style;
use tui_textarea::{TextArea, WrapMode};

/// How much text a field holds at most.
pub const MOST_BYTES: usize = 16 * 1024;

/// What a field is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FieldName {
    /// The reason, or the comment.
    Reason,
    /// The answer to a question.
    Answer,
    /// A signature, as `ssh-keygen` wrote it.
    Signature,
    /// The short code that a risky approval asks for, or the phrase that an override does.
    Code,
    /// What sort of emergency it is.
    Class,
    /// Where it can be looked up.
    Reference,
    /// To whom it is given.
    To,
    /// One parameter of a step.
    Param,
    /// All of them, as JSON.
    Json,
    /// A value that is given by hand, as JSON.
    Given,
}

impl FieldName {
    /// Whether a dialog has no more than one of them.
    pub const fn is_alone(self) -> bool {
        !matches!(self, FieldName::Param | FieldName::Given)
    }
}

/// One text field.
#[derive(Clone, Debug)]
pub struct Field {
    /// What it is for.
    pub name: FieldName,
    /// What stands above it.
    pub label: String,
    /// Whether it must be filled.
    pub required: bool,
    /// What stood in it when it was opened.
    was: String,
    one_line: bool,
    /// The editor.
    pub area: TextArea<'static>,
}

impl Field {
    /// An empty field.
    pub fn new(name: FieldName, label: impl Into<String>, required: bool) -> Self {
        let mut area = TextArea::default();
        area.set_cursor_line_style(Style::default());
        // The real cursor stands in the text; a drawn one beside it would be two.
        area.set_cursor_style(Style::default());
        area.set_wrap_mode(WrapMode::WordOrGlyph);
        let one_line =
            !matches!(name, FieldName::Reason | FieldName::Answer | FieldName::Json | FieldName::Signature);
        Self { name, label: label.into(), required, was: String::new(), one_line, area }
    }

    /// With this text in it, which counts as not typed.
    pub fn holding(mut self, text: &str) -> Self {
        let (text, ..) = sanitised(text, MOST_BYTES);
        self.one_line &= !text.contains('\n');
        self.area.insert_str(&text);
        self.was = self.typed();
        self
    }

    /// Whether it holds something else than when it was opened.
    pub fn is_changed(&self) -> bool {
        self.typed() != self.was
    }

    /// Whether its label and its text share a line.
    pub fn is_compact(&self) -> bool {
        self.one_line
            && matches!(self.name, FieldName::Param | FieldName::Class | FieldName::Reference | FieldName::To)
    }

    /// A parameter, with its key and its type beside it.
    pub fn param(key: &str, value: &form::Value) -> Self {
        let label = format!("{key} ({})", form::sort(value));
        Self::new(FieldName::Param, label, false).holding(&form::shown(value))
    }

    /// Whether it is one line, in which Enter goes on instead of breaking the line.
    pub fn is_one_line(&self) -> bool {
        self.one_line
    }

    /// Whether it gets one line of the screen: a signature has several, and nobody reads them.
    pub fn is_low(&self) -> bool {
        self.one_line || self.name == FieldName::Signature
    }

    /// What was typed, as it is kept in a draft.
    pub fn typed(&self) -> String {
        self.area.lines().join("\n")
    }

    /// What was typed, without blanks around it; nothing when that is empty.
    pub fn text(&self) -> Option<Text> {
        let typed = self.typed();
        let trimmed = typed.trim();
        (!trimmed.is_empty()).then(|| Text::from(trimmed))
    }

    /// Puts a draft back. It comes from a file: it is not trusted more than a paste.
    pub fn put(&mut self, draft: &str) {
        let (text, ..) = sanitised(draft, MOST_BYTES);
        self.area.insert_str(&text);
    }

    /// Puts what came from an editor in the place of what was there; says what was done to it, if anything.
    pub fn replace(&mut self, text: &str) -> Option<String> {
        let was = std::mem::take(&mut self.was);
        *self = Self { was, ..Self::new(self.name, std::mem::take(&mut self.label), self.required) };
        self.paste(text)
    }

    /// A key in the field. Characters that a terminal would not show as themselves are not taken.
    pub fn key(&mut self, event: KeyEvent) {
        match event.code {
            KeyCode::Char(c) if event.modifiers.difference(KeyModifiers::SHIFT).is_empty() => {
                if is_plain(c) && self.typed().len() + c.len_utf8() <= MOST_BYTES {
                    self.area.insert_char(c);
                }
            }
            KeyCode::Enter if self.is_one_line() => {}
            KeyCode::Enter if self.typed().len() >= MOST_BYTES => {}
            // The library's own meaning is to delete all that stands before the cursor; what a terminal means is a line feed.
            KeyCode::Char('j') if event.modifiers == KeyModifiers::CONTROL => {
                if !self.is_one_line() && self.typed().len() < MOST_BYTES {
                    self.area.insert_newline();
                }
            }
            _ => {
                self.area.input(event);
            }
        }
    }

    /// A paste into the field; says what was done to it, if anything.
    pub fn paste(&mut self, pasted: &str) -> Option<String> {
        if self.name == FieldName::Code {
            return Some("the code is typed, not pasted".to_owned());
        }
        if self.one_line && pasted.trim_end().contains(['\n', '\r']) {
            return Some("it holds one line, and what you pasted has several".to_owned());
        }
        let pasted = if self.one_line { pasted.trim_end() } else { pasted };
        let room = MOST_BYTES.saturating_sub(self.typed().len());
        let (text, replaced, cut) = sanitised(pasted, room);
        self.area.insert_str(&text);
        match (replaced, cut) {
            (0, false) => None,
            (0, true) => Some("cut: a field holds 16 KiB".to_owned()),
            (n, false) => Some(format!("pasted; control or hidden characters replaced: {n}")),
            (n, true) => Some(format!("cut at 16 KiB; control or hidden characters replaced: {n}")),
        }
    }
}

fn is_plain(c: char) -> bool {
    let mut buffer = [0; 4];
    let text: &str = c.encode_utf8(&mut buffer);
    matches!(c, '⟨' | '⟩') || safe_line(text).as_str() == text
}

/// Line feeds stay, tabs become blanks, every other character that could be obeyed or hidden becomes `�`.
fn sanitised(pasted: &str, room: usize) -> (String, usize, bool) {
    let mut out = String::new();
    let mut replaced = 0;
    let mut chars = pasted.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\r' && chars.peek() == Some(&'\n') {
            continue;
        }
        let c = match c {
            '\n' | '\r' => '\n',
            '\t' => ' ',
            c if is_plain(c) => c,
            _ => {
                replaced += 1;
                char::REPLACEMENT_CHARACTER
            }
        };
        if out.len() + c.len_utf8() > room {
            return (out, replaced, true);
        }
        out.push(c);
    }
    (out, replaced, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paste_becomes_text_without_anything_a_terminal_would_obey() {
        let mut field = Field::new(FieldName::Reason, "Reason", true);
        let said = field.paste("one\r\ntwo\x1b[31m\u{202e}three\tfour");
        assert_eq!(field.typed(), "one\ntwo�[31m�three four");
        assert_eq!(said.unwrap(), "pasted; control or hidden characters replaced: 2");
    }

    #[test]
    fn a_field_holds_sixteen_kibibytes_and_says_so() {
        let mut field = Field::new(FieldName::Reason, "Reason", true);
        assert!(field.paste(&"ä".repeat(MOST_BYTES)).is_some());
        assert_eq!(field.typed().len(), MOST_BYTES);
        field.key(KeyEvent::new(KeyCode::Char('x'), KeyModifiers::NONE));
        assert_eq!(field.typed().len(), MOST_BYTES);
    }

    #[test]
    fn a_line_feed_takes_nothing_away() {
        for (name, after) in [(FieldName::Reason, "half\n"), (FieldName::Code, "half")] {
            let mut field = Field::new(name, "Text", true);
            "half".chars().for_each(|c| field.key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE)));
            field.key(KeyEvent::new(KeyCode::Char('j'), KeyModifiers::CONTROL));
            assert_eq!(field.typed(), after);
        }
    }

    #[test]
    fn a_code_is_typed() {
        let mut field = Field::new(FieldName::Code, "Code", true);
        field.paste("R-17");
        assert_eq!(field.text(), None);
        for c in "R-17".chars() {
            field.key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE));
        }
        assert_eq!(field.text(), Some(Text::from("R-17")));
    }
}
