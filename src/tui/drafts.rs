//! What is typed in a dialog and not yet sent: which of it is not in the file yet, and how it is offered again.

use crate::app::{Draft, Failure};
use crate::domain::moment::{Moment, Span};
use crate::domain::names::{RequestId, StepId};
use crate::present::line::Tone;
use crate::tui::action::Ask;
use crate::tui::dialog::Dialog;
use crate::tui::field::{Field, FieldName};
use crate::tui::model::Model;
use crate::tui::reading::Drawn;
use std::collections::BTreeMap;

/// From this age on, a draft is told with its date.
const TODAY: Span = Span::from_minutes(12 * 60);

/// Of which dialog, on which request, about which step.
pub type Key = (RequestId, Ask, Option<StepId>);

/// What was typed, and what of it the file holds.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Kept {
    typed: BTreeMap<Key, Draft>,
    in_the_file: BTreeMap<Key, Draft>,
    failed: u32,
}

impl Kept {
    /// What differs from the file; a blank one is to be forgotten.
    pub fn unsaved(&self) -> Vec<Draft> {
        let saved =
            |key: &Key, draft: &Draft| self.in_the_file.get(key).is_some_and(|k| k.says_the_same(draft));
        let typed =
            self.typed.iter().filter(|(key, draft)| !saved(key, draft)).map(|(_, draft)| draft.clone());
        let gone = self.in_the_file.iter().filter(|(key, _)| !self.typed.contains_key(key));
        typed.chain(gone.map(|(_, draft)| Draft { texts: Vec::new(), ..draft.clone() })).collect()
    }

    fn note(&mut self, dialog: Option<&Dialog>, closed: &BTreeMap<Key, Vec<String>>, now: Moment) {
        let dialog = dialog.filter(|dialog| dialog.ask.is_kept());
        let open = dialog.map(key_of);
        self.typed.retain(|key, _| open.as_ref() == Some(key) || closed.contains_key(key));
        let Some((dialog, key)) = dialog.zip(open) else { return };
        let (texts, seen) = (texts(dialog), seen(dialog.drawn_request));
        let draft =
            Draft { id: dialog.id, verb: dialog.ask.verb(), about: about(&key), texts, seen, at: now };
        if draft.is_blank() {
            self.typed.remove(&key);
        } else if self.typed.get(&key).is_none_or(|before| !before.says_the_same(&draft)) {
            self.typed.insert(key, draft);
        }
    }
}

/// What a draft says of what was in front of its writer.
pub fn seen(drawn: Drawn) -> String {
    format!("{} {}", drawn.revision, drawn.marks)
}

fn key(draft: &Draft) -> Option<Key> {
    let (which, step) = draft.about.split_once('/').unwrap_or_default();
    let ask = Ask::kept_as(draft.verb, which)?;
    let step = if step.is_empty() { None } else { Some(StepId::new(step).ok()?) };
    (step.is_some() == ask.is_about_a_step()).then_some((draft.id, ask, step))
}

/// What a draft is about beside its request, as it is filed.
fn about((_, ask, step): &Key) -> String {
    step.as_ref().map(|step| format!("{}/{step}", ask.which())).unwrap_or_default()
}

/// Under which a dialog's text is kept. A comment is kept for the request, on whichever step it was begun.
pub fn key_of(dialog: &Dialog) -> Key {
    let step = dialog.on.step.clone().filter(|_| dialog.ask.is_about_a_step());
    (dialog.id, dialog.ask, step)
}

/// Whether its fields are found again by their labels: a form has as many as the step has parameters, and only those
/// that were changed are kept.
const fn is_a_form(ask: Ask) -> bool {
    matches!(ask, Ask::Modify | Ask::Give)
}

/// What is kept of a dialog.
pub fn texts(dialog: &Dialog) -> Vec<String> {
    let fields = dialog.fields.iter().filter(|f| f.name != FieldName::Code);
    if is_a_form(dialog.ask) {
        let changed = fields.filter(|field| field.is_changed());
        return changed.map(|field| format!("{}\t{}", field.label, field.typed())).collect();
    }
    if dialog.ask.is_about_a_step() && !dialog.has_text() {
        return Vec::new(); // what was there when it was opened was typed by nobody
    }
    fields.map(Field::typed).collect()
}

/// Puts what was kept of a dialog back, if something was; whether it was.
pub fn put_back(model: &Model, dialog: &mut Dialog) -> bool {
    let Some(kept) = model.drafts.get(&key_of(dialog)) else { return false };
    let drawn = dialog.drawn_request;
    let fields = dialog.fields.iter_mut().filter(|f| f.name != FieldName::Code);
    if is_a_form(dialog.ask) {
        for field in fields {
            let of = |text: &&String| text.split_once('\t').is_some_and(|(label, _)| label == field.label);
            if let Some((_, typed)) = kept.iter().find(of).and_then(|text| text.split_once('\t')) {
                // In the place of what the step holds.
                let _ = field.replace(typed);
            }
        }
    } else {
        fields.zip(kept).for_each(|(field, text)| drop(field.replace(text)));
    }
    let words = offer(model, &key_of(dialog), drawn);
    dialog.say(Tone::Dim, words);
    true
}

/// Notes what is typed now; called after every change.
pub fn note(model: &mut Model) {
    let dialog = model.dialog.as_ref().filter(|dialog| !dialog.over);
    model.kept.note(dialog, &model.drafts, model.now);
}

/// What the file held when the screen was opened.
pub fn found(model: &mut Model, drafts: Vec<Draft>) {
    if let Some(draft) = drafts.last() {
        let more = if drafts.len() > 1 { format!(" and {} more", drafts.len() - 1) } else { String::new() };
        model.say(Tone::Strong, format_args!("draft kept: {} {}{more}", draft.verb.word(), draft.id));
    }
    for draft in drafts {
        let Some(key) = key(&draft) else { continue };
        model.drafts.entry(key.clone()).or_insert_with(|| draft.texts.clone());
        model.kept.typed.entry(key.clone()).or_insert_with(|| draft.clone());
        model.kept.in_the_file.insert(key, draft);
    }
}

/// A draft is in the file now, or, being blank, no longer.
pub fn kept(model: &mut Model, draft: Draft) {
    model.kept.failed = 0;
    let Some(key) = key(&draft) else { return };
    if draft.is_blank() {
        model.kept.in_the_file.remove(&key);
    } else {
        model.kept.in_the_file.insert(key, draft);
    }
}

/// A draft could not be kept. Somebody who is just deciding is no news; when it goes on, it is said, once.
pub fn not_kept(model: &mut Model, failure: &Failure) {
    model.kept.failed = model.kept.failed.saturating_add(1);
    let grave = !matches!(failure, Failure::Busy { .. });
    if model.kept.failed == if grave { 1 } else { 3 } {
        let words = format!("what you type is not kept as a draft yet: {failure}");
        match &mut model.dialog {
            Some(dialog) => dialog.say(Tone::Warn, words),
            None => model.say(Tone::Warn, words),
        }
    }
}

/// How a draft is offered again in the dialog that is about `drawn`.
fn offer(model: &Model, key: &Key, drawn: Drawn) -> String {
    match model.kept.in_the_file.get(key) {
        None => "what you typed before is here again".to_owned(),
        Some(draft) => {
            let old = draft.at.plus(TODAY) < model.now;
            let at = if old { draft.at.date_and_time() } else { draft.at.hour_and_minute() };
            let changed = if draft.seen == seen(drawn) { "no" } else { "yes" };
            format!("draft from {at}; the request changed since: {changed}")
        }
    }
}
