//! Long text in one's own editor: what it is given, and what comes back.

use crate::app::Failure;
use crate::present::line::Tone;
use crate::tui::action::Effect;
use crate::tui::dialog::Focus;
use crate::tui::field::FieldName;
use crate::tui::model::Model;

/// The key: hands the text of the field over.
pub fn ask(model: &mut Model) -> Vec<Effect> {
    let is_session = model.is_session();
    let Some(dialog) = &mut model.dialog else { return Vec::new() };
    dialog.closing = false;
    if is_session {
        dialog.say(Tone::Warn, "a session starts no editor: write it here");
        return Vec::new();
    }
    match dialog.field().map(|field| (field.is_one_line(), field.typed())) {
        Some((false, text)) => vec![Effect::Edit(text)],
        Some((true, _)) => {
            let is_code = dialog.field().is_some_and(|field| field.name == FieldName::Code);
            let words = if is_code {
                "the code is typed, not edited"
            } else {
                "one line is typed here, not in an editor"
            };
            dialog.say(Tone::Warn, words);
            Vec::new()
        }
        None => Vec::new(),
    }
}

/// What came back goes into the field it came from, as a paste would; after a failure the text is as it was.
pub fn edited(model: &mut Model, done: Result<String, Failure>) {
    let Some(dialog) = &mut model.dialog else { return };
    // Keys that come before the next frame were meant for the editor.
    dialog.shown = false;
    let said = match (done, dialog.focus) {
        (Ok(text), Focus::Field(_)) => dialog.field().and_then(|field| field.replace(&text)),
        (Ok(_), _) => None,
        (Err(failure), _) => Some(failure.to_string()),
    };
    if let Some(said) = said {
        dialog.say(Tone::Warn, said);
    }
}
