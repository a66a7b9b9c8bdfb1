//! Talking on the screen: to the comments and the evidence, thing by thing; answering, editing, resolving, looking into a
//! file. It decides nothing.

use crate::domain::command::Command;
use crate::domain::digest::EvidenceDigest;
use crate::domain::evidence::Sort;
use crate::domain::names::RequestId;
use crate::domain::principal::Caller;
use crate::domain::request::Request;
use crate::domain::talk::Receipt;
use crate::domain::text::Safe;
use crate::present::line::Tone;
use crate::present::tabs::Tab;
use crate::tui::action::{Ask, Effect};
use crate::tui::field::{Field, FieldName};
use crate::tui::model::Model;
use crate::tui::reading::Reading;
use crate::tui::stepwise::On;
use std::collections::BTreeSet;

/// To the comments, or to the evidence, one by one.
pub fn begin(model: &mut Model, tab: Tab) -> Vec<Effect> {
    let now = model.now;
    if model.subject().is_none() {
        return Vec::new();
    }
    let Some(reading) = &mut model.reading else { return Vec::new() };
    if !tab.is_there(&reading.request, &reading.history) {
        let words = match tab {
            Tab::Thread => "nobody has said anything yet; c comments",
            _ => "there is no evidence; `countersign attach` brings it",
        };
        model.say(Tone::Dim, words);
        return Vec::new();
    }
    reading.show(tab, now);
    reading.begin_items();
    Vec::new()
}

/// One level out: from a file to the list, from the comments to reading; says whether that was one.
pub fn leave(model: &mut Model) -> bool {
    let now = model.now;
    if model.subject().is_none() {
        return false;
    }
    model.reading.as_mut().is_some_and(|reading| reading.end_looking(now) || reading.end_items())
}

/// Looks into the piece of evidence one is at.
pub fn look_into(model: &mut Model) -> Vec<Effect> {
    let Some(reading) = model.subject() else { return Vec::new() };
    let Some(number) = reading.item_here() else { return Vec::new() };
    let pieces = reading.request.pieces();
    let file = pieces.get(number - 1).and_then(|piece| piece.digest()).and_then(|d| reading.request.filed(d));
    if file.is_none() {
        model.say(
            Tone::Dim,
            "a locator is not opened by this program; u sends it to the terminal's clipboard",
        );
        return Vec::new();
    }
    vec![Effect::LookInto(reading.request.id, number)]
}

/// A file came.
pub fn show(model: &mut Model, id: RequestId, number: usize, kind: Sort, bytes: Option<Vec<u8>>) {
    let now = model.now;
    let Some(reading) = model.reading.as_mut().filter(|reading| reading.request.id == id) else { return };
    match bytes {
        Some(bytes) => reading.look_into(number, kind, bytes, now),
        None => model.say(Tone::Warn, "its bytes are not here: they were redacted"),
    }
}

/// Takes the thread one is in for settled, or takes it up again.
pub fn resolve(model: &mut Model) -> Vec<Effect> {
    let Some(reading) = model.subject() else { return Vec::new() };
    let Some(number) = reading.comment_here() else { return Vec::new() };
    let request = &reading.request;
    let resolved = !request.resolved.contains_key(&request.thread_of(number));
    vec![Effect::Decide { id: request.id, command: Box::new(Command::Resolve { number, resolved }) }]
}

/// Why the comment one is at is not to be edited; nothing when it is.
pub fn why_not_edit(reading: &Reading, caller: &Caller) -> Option<&'static str> {
    let comment = reading.comment_here().and_then(|number| reading.request.comment(number));
    match comment {
        None => Some("go to a comment of yours first: t"),
        Some(comment) if comment.is_reason => Some("it is the reason of a decision, which stays as it was"),
        Some(comment) if comment.by != caller.name => Some("only its author edits a comment; c answers it"),
        Some(_) => None,
    }
}

/// The field in which a comment is edited.
pub fn fields(ask: Ask, on: &On, request: &Request) -> Option<Vec<Field>> {
    let comment = request.comment(on.comment.filter(|_| ask == Ask::EditComment)?)?;
    let text = comment.text.as_ref().map(|text| text.raw()).unwrap_or_default();
    Some(vec![Field::new(FieldName::Reason, "Comment", true).holding(text)])
}

/// Who has which comment, and what was looked into.
pub fn heard(model: &mut Model, id: RequestId, receipts: Vec<Receipt>, opened: BTreeSet<EvidenceDigest>) {
    let now = model.now;
    if let Some(reading) = model.reading.as_mut().filter(|reading| reading.request.id == id) {
        reading.know_talk(receipts, opened, now);
    }
}

/// What the last frame made of the talk: comments that came to the reader, and comments of which all was drawn.
pub fn noted(model: &mut Model) -> Vec<Effect> {
    if !model.in_detail || model.subject().is_none() {
        return Vec::new();
    }
    let Some(reading) = &mut model.reading else { return Vec::new() };
    let id = reading.request.id;
    [false, true]
        .into_iter()
        .map(|read| (reading.newly_heard(read), read))
        .filter(|(comments, _)| !comments.is_empty())
        .map(|(comments, read)| Effect::NoteHeard { id, comments, read })
        .collect()
}

/// What was recorded of the talk, in words; nothing when it was a comment.
pub fn outcome(before: &Request, after: &Request) -> Option<(Tone, Safe)> {
    if after.comments.len() > before.comments.len() {
        return None;
    }
    let words = match after.resolved.len().cmp(&before.resolved.len()) {
        std::cmp::Ordering::Greater => "the thread is resolved; o takes it up again",
        std::cmp::Ordering::Less => "the thread is open again",
        std::cmp::Ordering::Equal => "your comment is edited; what it said stays in the log",
    };
    Some((Tone::Plain, Safe::composed(format_args!("{}: {words}", after.id))))
}
