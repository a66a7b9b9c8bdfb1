//! Dialogs about one step: a mark with the plan that would run then, a conflict with its ways out, the form of its
//! parameters, and what is said to a step that runs.

use crate::domain::command::{Command, DigestPrefix};
use crate::domain::conflict::{Conflict, Way, conflicts};
use crate::domain::content::Content;
use crate::domain::edit::Edit;
use crate::domain::event::CommentNumber;
use crate::domain::execution::{AskedFor, Stand, stands};
use crate::domain::form;
use crate::domain::marks::{Mark, Marks};
use crate::domain::names::StepId;
use crate::domain::preview::Lack;
use crate::domain::request::Request;
use crate::domain::step::Step;
use crate::domain::text::safe_line;
use crate::present::execution::{late_values, tone, word};
use crate::present::line::{Line, Tone};
use crate::present::words::{self, quoted};
use crate::present::would::{Would, blocked_by, edit_impacts, then};
use crate::tui::action::Ask;
use crate::tui::dialog::Dialog;
use crate::tui::field::{Field, FieldName};
use std::collections::{BTreeMap, BTreeSet};

/// How many parameters a form has at most; more are edited as JSON.
const MOST_FIELDS: usize = 8;
/// How many steps a button names.
const NAMED: usize = 3;

/// What of a request a dialog is about, when not about all of it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct On {
    /// The step.
    pub step: Option<StepId>,
    /// What is given by hand, and to which step.
    pub lacks: Vec<(StepId, Lack)>,
    /// A mark that is set before.
    pub first: Option<(StepId, Mark)>,
    /// The comment that is answered, or edited.
    pub comment: Option<CommentNumber>,
}

/// What the key of `ask` asks about on `step` of `request`: a form that is too long, or empty, is JSON.
pub fn meant(ask: Ask, request: &Request, step: Option<&StepId>) -> Ask {
    let fits = |step: &Step| (1..=MOST_FIELDS).contains(&step.params.len());
    match ask {
        Ask::Modify if !step_of(request, step).is_some_and(fits) => Ask::ModifyJson,
        _ => ask,
    }
}

fn step_of<'a>(request: &'a Request, step: Option<&StepId>) -> Option<&'a Step> {
    request.content.as_ref()?.step(step?)
}

/// The marks with this one set.
fn marked(request: &Request, step: &StepId, mark: Mark) -> Marks {
    let mut marks = request.marks.clone();
    marks.set(step.clone(), mark);
    marks
}

/// The conflict that this mark would make, or leave with the step in it.
fn conflict(content: &Content, request: &Request, step: &StepId, mark: Mark) -> Option<(Conflict, Marks)> {
    let marks = marked(request, step, mark);
    let is_in = |c: &Conflict| c.needed == *step || c.blocked.iter().any(|blocked| blocked.step == *step);
    let before = conflicts(content, &request.marks);
    let mut now = conflicts(content, &marks);
    let at = now.iter().position(is_in).or_else(|| now.iter().position(|c| !before.contains(c)))?;
    Some((now.swap_remove(at), marks))
}

/// The ways out of the conflict that a mark would make, and what would come of each.
pub fn ways(ask: Ask, on: &On, request: &Request) -> Vec<(Way, String)> {
    let (Ask::Mark(mark), Some(step), Some(content)) = (ask, &on.step, &request.content) else {
        return Vec::new();
    };
    let Some((conflict, marks)) = conflict(content, request, step, mark) else { return Vec::new() };
    let with = |way: Way| {
        let words = then(&way.impact(content, &marks));
        (way, words)
    };
    conflict.ways.into_iter().map(with).collect()
}

/// The word on the button of a way.
pub fn button(way: &Way) -> String {
    match way {
        Way::Skip(steps) if steps.len() > NAMED => format!("skip {} steps", steps.len()),
        Way::GiveValues(gaps) if gaps.len() == 1 => "give the value".to_owned(),
        Way::GiveValues(_) => "give the values".to_owned(),
        Way::ApproveAgain(step) => format!("keep {step} approved"),
        other => other.to_string(),
    }
}

/// What comes of it, in words.
pub fn about(ask: Ask, on: &On, request: &Request) -> Vec<Line> {
    let (Some(content), Some(step)) = (&request.content, step_of(request, on.step.as_ref())) else {
        return gives(on);
    };
    match ask {
        Ask::Mark(mark) => marking(content, request, &step.id, mark),
        Ask::Modify | Ask::ModifyJson => {
            let mut out = vec![Line::plain(format_args!("{}, {}", step.id, step.action))];
            out.extend(originals(request, step));
            out.push(Line::plain(
                "It is undecided again, with what needs it; sign-offs on that no longer count.",
            ));
            out.extend(crate::present::plan::stays(step));
            let impacts = edit_impacts(content, &step.id);
            out.extend(impacts.into_iter().map(|i| Line::default().and(Tone::Warn, i.message)));
            out
        }
        Ask::Restore => {
            let mut out = originals(request, step);
            if out.is_empty() {
                out.push(Line::default().and(Tone::Dim, format_args!("nobody edited {}", step.id)));
            }
            out
        }
        Ask::Give => gives(on),
        Ask::Retry => vec![Line::plain(format_args!("{} runs once more, as it was approved.", step.id))],
        Ask::LeaveOut => {
            vec![Line::plain(format_args!("{} is left out; what needs it does what its needs say.", step.id))]
        }
        Ask::Confirm => confirming(request, &step.id),
        _ => vec![Line::plain(format_args!("About the step {}.", step.id))],
    }
}

fn marking(content: &Content, request: &Request, step: &StepId, mark: Mark) -> Vec<Line> {
    let would = Would::run(content, &marked(request, step, mark));
    let was = request.marks.on(step);
    let mut out = vec![
        Line::default()
            .and(Tone::Strong, format_args!("{step}: "))
            .and(words::mark(was), was)
            .and(Tone::Plain, " to ")
            .and(words::mark(mark), mark)
            .and(Tone::Plain, ".  ")
            .and(Tone::Strong, would.short()),
    ];
    if let Some((conflict, _)) = conflict(content, request, step, mark) {
        let words = format!("{}. What then?", blocked_by(&conflict));
        out.push(Line::default().and(Tone::Bad, words));
    }
    out.extend(would.beside(content));
    out
}

/// What the step's producer had, where somebody edited it.
fn originals(request: &Request, step: &Step) -> Vec<Line> {
    let Some(standing) = request.edits.get(&step.id) else { return Vec::new() };
    let by: Vec<&str> = standing.by.iter().map(|by| by.name.as_str()).collect();
    let mut out = vec![
        Line::default()
            .and(Tone::Warn, format_args!("{} was edited by {}; its producer had:", step.id, by.join(", "))),
    ];
    let Some(original) = &standing.original else {
        out.push(Line::default().and(Tone::Bad, "what it held before was redacted").indented(2));
        return out;
    };
    let known = out.len();
    let shown = |value| safe_line(&form::shown(value)).clipped(120);
    for key in original.params.keys().chain(step.params.keys()).collect::<BTreeSet<_>>() {
        let (was, is) = (original.params.get(key), step.params.get(key));
        if was != is {
            let was = was.map_or("nothing".to_owned(), |value| shown(value).to_string());
            let is = is.map_or("gone".to_owned(), |value| shown(value).to_string());
            out.push(Line::plain(format_args!("{key} = {was}  (now {is})")).indented(2));
        }
    }
    if out.len() == known {
        out.push(Line::plain("the same parameters, and no value given by hand").indented(2));
    }
    out
}

fn gives(on: &On) -> Vec<Line> {
    let first = on.first.iter().map(|(step, mark)| Line::plain(format_args!("{step} is marked {mark}.")));
    let each = on.lacks.iter().map(|(step, lack)| {
        Line::plain(format_args!("{step} takes your value for {lack} when {} does not give it.", lack.step))
    });
    let again = Line::plain("What is given a value is undecided again, with what needs it.");
    first.chain(each).chain((!on.lacks.is_empty()).then_some(again)).collect()
}

fn confirming(request: &Request, step: &StepId) -> Vec<Line> {
    let Some(stand) = stand(request, step) else { return Vec::new() };
    let mut out = vec![
        Line::default().and(Tone::Strong, format_args!("{step}: ")).and(tone(stand.state), word(stand.state)),
    ];
    out.extend(late_values(&stand));
    let question = request.run.as_ref().and_then(|run| run.steps.get(step)?.question.as_ref());
    if let Some(question) = question {
        out.extend(quoted(question.text.as_ref(), 0));
        for (n, option) in question.options.iter().enumerate() {
            out.push(Line::plain(format_args!("option {}:", n + 1)));
            out.extend(quoted(Some(option), 2));
        }
    }
    out
}

fn stand(request: &Request, step: &StepId) -> Option<Stand> {
    request.run.as_ref()?;
    stands(request).into_iter().find(|stand| stand.step == *step)
}

/// The digest of what a step would run with that waits for a person, as a confirmation names it.
pub fn filled(ask: Ask, on: &On, request: &Request) -> Option<DigestPrefix> {
    let stand = stand(request, on.step.as_ref().filter(|_| ask == Ask::Confirm)?)?;
    match (stand.asked_for, &stand.filled) {
        (Some(AskedFor::LateValues | AskedFor::GoesWithout), Some(Ok(filled))) => {
            DigestPrefix::parse(&filled.digest().to_string())
        }
        _ => None,
    }
}

/// The fields of a dialog about a step; nothing for another.
pub fn fields(ask: Ask, on: &On, request: &Request) -> Option<Vec<Field>> {
    let reason = Field::new(FieldName::Reason, "Reason (welcome)", false);
    let step = step_of(request, on.step.as_ref());
    let mut out = match ask {
        Ask::Modify => step?.params.iter().map(|(key, value)| Field::param(key.as_str(), value)).collect(),
        Ask::ModifyJson => {
            let text = form::all_shown(&step?.params);
            vec![Field::new(FieldName::Json, "All parameters, as JSON", false).holding(&text)]
        }
        Ask::Give => {
            let one = |(step, lack): &(StepId, Lack)| {
                Field::new(FieldName::Given, format!("{lack} for {step}, as JSON"), true)
            };
            on.lacks.iter().map(one).collect()
        }
        Ask::Confirm => {
            let id = &step?.id;
            let asked = request.run.as_ref().and_then(|run| run.steps.get(id)?.question.as_ref());
            let label = |count: usize| match count {
                0 => "Answer".to_owned(),
                n => format!("Answer: a number from 1 to {n}, or words"),
            };
            let field = |count| Field::new(FieldName::Answer, label(count), true);
            return Some(vec![asked.map_or(reason, |question| field(question.options.len()))]);
        }
        Ask::Mark(_) | Ask::Restore | Ask::Retry | Ask::LeaveOut | Ask::Stop | Ask::Continue => Vec::new(),
        Ask::Run | Ask::RollBack => return Some(Vec::new()),
        _ => return None,
    };
    out.push(reason);
    Some(out)
}

/// The commands of a dialog about a step, in order.
///
/// # Errors
/// The field that holds what does not fit, and why.
pub fn commands(dialog: &Dialog, way: Option<&Way>) -> Result<Vec<Command>, (usize, String)> {
    let seen = || dialog.drawn_request.seen(dialog.read_whole);
    let reason = dialog.text(FieldName::Reason);
    let mark = |steps: Vec<StepId>, mark| Command::Mark { steps, mark, reason: reason.clone(), seen: seen() };
    let modify = |step: &StepId, edit| Command::Modify {
        step: step.clone(),
        edit: Box::new(edit),
        reason: reason.clone(),
        seen: seen(),
    };
    let Some(step) = dialog.on.step.clone() else { return Ok(Vec::new()) };
    Ok(match (dialog.ask, way) {
        (Ask::Mark(set), Some(Way::Skip(steps))) => {
            vec![mark(vec![step], set), mark(steps.clone(), Mark::Skipped)]
        }
        (Ask::Mark(set), Some(Way::ApproveAgain(needed))) if *needed != step => {
            vec![mark(vec![step], set), mark(vec![needed.clone()], Mark::Approved)]
        }
        (Ask::Mark(_), Some(Way::ApproveAgain(needed))) => vec![mark(vec![needed.clone()], Mark::Approved)],
        (Ask::Mark(set), _) => vec![mark(vec![step], set)],
        (Ask::Modify | Ask::ModifyJson, _) => vec![modify(&step, edit(dialog)?)],
        (Ask::Restore, _) => vec![modify(&step, Edit::Restore { only: Vec::new() })],
        (Ask::Give, _) => {
            let first = dialog.on.first.clone().map(|(step, set)| mark(vec![step], set));
            let gives = given(dialog)?.into_iter().map(|(step, give)| {
                modify(&step, Edit::Change { set: BTreeMap::new(), unset: BTreeSet::new(), give })
            });
            first.into_iter().chain(gives).collect()
        }
        (Ask::Retry, _) => vec![Command::Retry { step, reason }],
        (Ask::LeaveOut, _) => vec![Command::LeaveOut { step, reason }],
        _ => Vec::new(),
    })
}

type Given = Vec<(StepId, Vec<form::Given>)>;

fn given(dialog: &Dialog) -> Result<Given, (usize, String)> {
    let mut out: Given = Vec::new();
    for (n, ((step, lack), field)) in dialog.on.lacks.iter().zip(&dialog.fields).enumerate() {
        let value = form::json(&field.typed()).map_err(|why| (n, why))?;
        match out.iter_mut().find(|(known, _)| known == step) {
            Some((_, gives)) => gives.push((lack.clone(), value)),
            None => out.push((step.clone(), vec![(lack.clone(), value)])),
        }
    }
    Ok(out)
}

/// What was changed in the form, and only that: what somebody else changed meanwhile stays.
fn edit(dialog: &Dialog) -> Result<Edit, (usize, String)> {
    let none = BTreeMap::new();
    let params = dialog.step.as_ref().map_or(&none, |step| &step.params);
    let nothing = |n: usize| (n, "nothing was changed yet".to_owned());
    if let Some(n) = dialog.fields.iter().position(|field| field.name == FieldName::Json) {
        let text = dialog.fields.get(n).map(Field::typed).unwrap_or_default();
        let edit = form::all_typed(params, &text).map_err(|why| (n, why))?;
        let is_empty = matches!(&edit, Edit::Change { set, unset, .. } if set.is_empty() && unset.is_empty());
        return if is_empty { Err(nothing(n)) } else { Ok(edit) };
    }
    let mut set = BTreeMap::new();
    for (n, ((key, was), field)) in params.iter().zip(&dialog.fields).enumerate() {
        if field.is_changed() {
            let value = form::typed(was, &field.typed()).map_err(|why| (n, format!("{key}: {why}")))?;
            set.insert(key.clone(), value);
        }
    }
    if set.is_empty() {
        return Err(nothing(0));
    }
    Ok(Edit::Change { set, unset: BTreeSet::new(), give: Vec::new() })
}
