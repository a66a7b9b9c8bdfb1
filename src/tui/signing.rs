//! Signing on the screen: the dialog shows the statement and takes the signature that was made of it elsewhere. No key
//! comes near this program.

use crate::app::cosign::SIGNED_FOR;
use crate::domain::command::Command;
use crate::domain::overriding::assurance_needed;
use crate::domain::principal::Assurance;
use crate::domain::signing::marks_after;
use crate::domain::statement::{Deed, Statement};
use crate::present::line::{Line, Tone};
use crate::tui::action::{Ask, Effect};
use crate::tui::dialog::{Dialog, Focus};
use crate::tui::field::{Field, FieldName};
use crate::tui::model::Model;
use crate::tui::reading::Drawn;
use crate::tui::stepwise::On;

/// How a signature begins: a paste that does so is one, wherever the keys go.
const BEGINS: &str = "-----BEGIN SSH SIGNATURE-----";

/// What is signed for when `ask` is asked: a sign-off with a key; and an override, where it must be signed.
pub fn deed(model: &Model, ask: Ask) -> Option<Deed> {
    match ask {
        Ask::Sign => Some(Deed::Approve),
        Ask::Override => {
            let reading = model.subject()?;
            let needed = assurance_needed(&reading.request, reading.facts.as_ref()?);
            (needed >= Assurance::Signed && model.caller.assurance < needed).then_some(Deed::Override)
        }
        _ => None,
    }
}

/// What an open dialog takes a signature for, if it takes one.
pub fn of(dialog: &Dialog) -> Option<Deed> {
    let signs = dialog.fields.iter().any(|field| field.name == FieldName::Signature);
    signs.then_some(if dialog.ask == Ask::Override { Deed::Override } else { Deed::Approve })
}

/// The statement is here: opens the dialog on it, when what was drawn is still what it stands for.
pub fn heard(model: &mut Model, statement: &Statement) -> Vec<Effect> {
    let (id, deed) = (statement.request, statement.deed);
    // Looked at again: what was typed comes along, what was pasted stands for what is no more.
    let before = model.dialog.clone().filter(|dialog| dialog.id == id && of(dialog) == Some(deed));
    let subject = model.subject().filter(|reading| {
        let request = &reading.request;
        let drawn = before.is_some() || model.drawn == Some(Drawn::of(request));
        let marks = marks_after(request, deed).map(|marks| marks.digest());
        let stands = request.revision.digest == statement.revision && marks == Ok(statement.marks);
        drawn && request.id == id && stands
    });
    let Some(reading) = subject else {
        model.say(Tone::Warn, format_args!("{id} is not what you saw any more: look, then press again"));
        return vec![Effect::Read(id)];
    };
    if model.dialog.is_some() && before.is_none() {
        return Vec::new();
    }
    let ask = if deed == Deed::Override { Ask::Override } else { Ask::Sign };
    let facts = reading.facts.as_ref();
    let mut dialog = Dialog::open(ask, On::default(), &reading.request, &model.caller, facts, model.now);
    dialog.read_whole = reading.was_read_whole();
    dialog.about.extend(words(statement));
    dialog.statement = Some(Box::new(statement.clone()));
    dialog.focus = Focus::Cancel;
    let kept = |field: &&Field| !matches!(field.name, FieldName::Code | FieldName::Signature);
    for field in before.iter().flat_map(|before| &before.fields).filter(kept) {
        if let Some(same) = dialog.fields.iter_mut().find(|f| f.name == field.name) {
            same.replace(&field.typed());
        }
    }
    if of(&dialog).is_none() {
        dialog.fields.push(field());
    }
    model.dialog = Some(dialog);
    Vec::new()
}

/// The field for a signature.
pub fn field() -> Field {
    Field::new(FieldName::Signature, "Signature: paste all that ssh-keygen printed", true)
}

/// What is to be signed, and how.
pub fn words(statement: &Statement) -> Vec<Line> {
    let id = statement.request;
    let more = if statement.deed == Deed::Override { " --override" } else { "" };
    let mut out = vec![Line::plain("You sign this text, byte by byte:")];
    out.extend(statement.to_string().lines().map(|line| Line::default().and(Tone::Strong, line).indented(2)));
    out.push(Line::plain(format_args!(
        "Where your key is, until {}: countersign challenge {id}{more} | ssh-keygen -Y sign -f KEY -n {SIGNED_FOR}",
        statement.expires.hour_and_minute()
    )));
    out.push(Line::plain("(over SSH: ssh HOST challenge … | ssh-keygen …), and paste here what it prints."));
    out
}

/// A pasted signature goes into the field that is for it, wherever the keys go.
pub fn meet(dialog: &mut Dialog, pasted: &str) {
    if dialog.over || !pasted.trim_start().starts_with(BEGINS) {
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
pub fn hand_over(dialog: &mut Dialog, mut commands: Vec<Command>) -> Vec<Effect> {
    let Some(signature) = dialog.text(FieldName::Signature) else {
        let at = dialog.fields.iter().position(|field| field.name == FieldName::Signature);
        dialog.focus = at.map_or(dialog.focus, Focus::Field);
        dialog.say(Tone::Warn, "the signature is missing: paste it");
        return Vec::new();
    };
    let Some(command) = commands.pop() else { return Vec::new() };
    vec![Effect::Cosign { id: dialog.id, armour: signature.raw().to_owned(), command: Box::new(command) }]
}
