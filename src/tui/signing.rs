//! Signing on the screen: the dialog shows the statement and takes the signature that was made of it elsewhere. No key
//! comes near this program.

use crate::app::cosign::SIGNED_FOR;
use crate::domain::command::Command;
use crate::domain::statement::Statement;
use crate::present::line::{Line, Tone};
use crate::tui::action::{Ask, Effect};
use crate::tui::dialog::{Dialog, Focus};
use crate::tui::field::FieldName;
use crate::tui::model::Model;
use crate::tui::reading::Drawn;
use crate::tui::stepwise::On;

/// How a signature begins: a paste that does so is one, wherever the keys go.
const BEGINS: &str = "-----BEGIN SSH SIGNATURE-----";

/// The statement is here: opens the dialog on it, when what was drawn is still what it stands for.
pub fn heard(model: &mut Model, statement: &Statement) -> Vec<Effect> {
    let id = statement.request;
    // Looked at again: what was typed comes along, what was pasted stands for what is no more.
    let again = model.dialog.as_ref().is_some_and(|dialog| dialog.id == id && dialog.ask == Ask::Sign);
    let reason = model.dialog.as_ref().filter(|_| again).and_then(|dialog| dialog.text(FieldName::Reason));
    let subject = model.subject().filter(|reading| {
        let request = &reading.request;
        let marks = request.marks.with_undecided_approved().digest();
        let drawn = again || model.drawn == Some(Drawn::of(request));
        drawn && request.id == id && (request.revision.digest, marks) == (statement.revision, statement.marks)
    });
    let Some(reading) = subject else {
        model.say(Tone::Warn, format_args!("{id} is not what you saw any more: look, then press again"));
        return vec![Effect::Read(id)];
    };
    if model.dialog.is_some() && !again {
        return Vec::new();
    }
    let facts = reading.facts.as_ref();
    let mut dialog =
        Dialog::open(Ask::Sign, On::default(), &reading.request, &model.caller, facts, model.now);
    dialog.read_whole = reading.was_read_whole();
    dialog.about.extend(words(statement));
    dialog.focus = Focus::Cancel;
    if let (Some(reason), Some(field)) = (reason, dialog.fields.first_mut()) {
        field.put(reason.raw());
    }
    model.dialog = Some(dialog);
    Vec::new()
}

/// What is to be signed, and how.
fn words(statement: &Statement) -> Vec<Line> {
    let id = statement.request;
    let mut out = vec![Line::plain("You sign this text, byte by byte:")];
    out.extend(statement.to_string().lines().map(|line| Line::default().and(Tone::Strong, line).indented(2)));
    out.push(Line::plain(format_args!(
        "Where your key is, until {}: countersign challenge {id} | ssh-keygen -Y sign -f KEY -n {SIGNED_FOR}",
        statement.expires.hour_and_minute()
    )));
    out.push(Line::plain(
        "(over SSH: ssh HOST challenge ... | ssh-keygen ...), and paste here what it prints.",
    ));
    out
}

/// A pasted signature goes into the field that is for it, wherever the keys go.
pub fn meet(dialog: &mut Dialog, pasted: &str) {
    if dialog.ask != Ask::Sign || dialog.over || !pasted.trim_start().starts_with(BEGINS) {
        return;
    }
    if let Some(at) = dialog.fields.iter().position(|field| field.name == FieldName::Signature) {
        dialog.focus = Focus::Field(at);
        // Pasted again is pasted anew.
        if let Some(field) = dialog.fields.get_mut(at) {
            field.replace("");
        }
    }
}

/// Hands the decision over with its signature.
pub fn hand_over(dialog: &Dialog, mut commands: Vec<Command>) -> Vec<Effect> {
    let signature = dialog.text(FieldName::Signature);
    let (Some(command), Some(signature)) = (commands.pop(), signature) else { return Vec::new() };
    vec![Effect::Cosign { id: dialog.id, armour: signature.raw().to_owned(), command: Box::new(command) }]
}
