//! Late values: `{{step.field}}` in parameters and commands, filled from the results of steps that ran before.
//!
//! A value goes in as data: a parameter that is nothing but one placeholder takes the value with its type; inside longer
//! text it must be a string, a number or a boolean; in a command it is one whole argument. Nothing goes through a shell.

use crate::domain::canon::canonical_or_poison;
use crate::domain::content::Content;
use crate::domain::digest::{FilledDigest, framed};
use crate::domain::invalid::Invalid;
use crate::domain::names::{ParamKey, StepId};
use crate::domain::preview::{MadeUp, Missing, Ran, Results, field_of};
use crate::domain::step::{Effect, Need, Needs, Resolution, Step};
use crate::domain::text::{Text, safe_line};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Range;

/// The placeholders of a text, each with its place and what stands between the braces. Only what has the form
/// `name.name` is one, so that `{{.Names}}` of another template language stays what it is.
fn placeholders(text: &str) -> Vec<(Range<usize>, &str)> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(close) = text[at..].find("}}").map(|n| at + n) {
        if let Some(open) = text[at..close].rfind("{{").map(|n| at + n) {
            let inside = text[open + 2..close].trim();
            if has_form(inside) {
                out.push((open..close + 2, inside));
            }
        }
        at = close + 2;
    }
    out
}

fn has_form(inside: &str) -> bool {
    let name = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'_' | b'-');
    inside.bytes().all(name)
        && inside.contains('.')
        && inside.bytes().next().is_some_and(|c| c.is_ascii_alphanumeric())
        && !inside.ends_with('.')
}

/// Which step and field a placeholder means. Ids may hold dots: the longest one that is known wins.
fn meant(inside: &str, known: &BTreeSet<&StepId>) -> Option<(StepId, ParamKey)> {
    inside.rmatch_indices('.').find_map(|(dot, _)| {
        let step = StepId::new(&inside[..dot]).ok().filter(|id| known.contains(id))?;
        Some((step, ParamKey::new(&inside[dot + 1..]).ok()?))
    })
}

/// Checks that every placeholder stands for something that is there when the step runs.
///
/// In `params` it names a step that this one needs. In `run` and `undo` it is a whole argument, and the need is one that
/// a command can rely on: alone, without a condition, with that field, and blocking or with a fallback; a command is
/// never run with a piece left out. In `undo` it may also name the step itself.
///
/// # Errors
/// [`Invalid`] naming the placeholder and what to add.
pub fn check(steps: &[Step]) -> Result<(), Invalid> {
    let all: BTreeSet<&StepId> = steps.iter().map(|s| &s.id).collect();
    for (n, step) in steps.iter().enumerate() {
        let needed: BTreeSet<&StepId> = step.single_needs().map(|need| &need.step).collect();
        for (key, value) in &step.params {
            each_text(value, &mut |text| {
                placeholders(text).into_iter().try_for_each(|(_, inside)| {
                    let at = format!("steps[{n}].params.{key}");
                    check_needed(&at, inside, step, &needed, &all).map(|_| ())
                })
            })?;
        }
        let run = step.run.iter().flatten().enumerate().map(|(k, text)| ("run", k, text, &needed));
        let with_own: BTreeSet<&StepId> = needed.iter().copied().chain([&step.id]).collect();
        let undo = step.undo.iter().flatten().enumerate().map(|(k, text)| ("undo", k, text, &with_own));
        for (name, k, text, known) in run.chain(undo) {
            let at = format!("steps[{n}].{name}[{k}]");
            for (place, inside) in placeholders(text.raw()) {
                let (needed, field) = check_needed(&at, inside, step, known, &all)?;
                if place != (0..text.size()) {
                    let why = format!(
                        "{{{{{inside}}}}} must be a whole argument by itself, with nothing around it"
                    );
                    return Err(Invalid::new(at, why));
                }
                if needed != step.id && !relies(step, &needed, &field) {
                    return Err(Invalid::new(
                        at,
                        format!(
                            "{{{{{inside}}}}} may be missing, and a command is never run with a piece left out: \
                             need {{\"step\": \"{needed}\", \"field\": \"{field}\"}} by itself, without `when`, \
                             blocking or with a fallback value"
                        ),
                    ));
                }
            }
        }
    }
    Ok(())
}

/// Whether a need of the step makes sure that the field is there, or made up, whenever the step runs.
fn relies(step: &Step, needed: &StepId, field: &ParamKey) -> bool {
    step.needs.iter().any(|entry| match entry {
        Needs::One(need) => {
            let sure = need.effect == Effect::Blocks
                || (need.fallback.is_some() && need.resolution() == Resolution::Fallback);
            need.step == *needed && need.field.as_ref() == Some(field) && need.when.is_none() && sure
        }
        Needs::AnyOf { .. } => false,
    })
}

fn check_needed(
    at: &str,
    inside: &str,
    step: &Step,
    known: &BTreeSet<&StepId>,
    all: &BTreeSet<&StepId>,
) -> Result<(StepId, ParamKey), Invalid> {
    if let Some(found) = meant(inside, known) {
        return Ok(found);
    }
    let why = match meant(inside, all) {
        Some((other, _)) if other == step.id => {
            format!("{{{{{inside}}}}} is the step's own result; only `undo` can use it")
        }
        Some((other, field)) => format!(
            "{{{{{inside}}}}} names a step that {} does not need: add {{\"step\": \"{other}\", \"field\": \"{field}\"}} \
             to its needs",
            step.id
        ),
        None => {
            let name = inside.rsplit_once('.').map_or(inside, |(name, _)| name);
            format!("{{{{{inside}}}}}: there is no step {name}")
        }
    };
    Err(Invalid::new(at, why))
}

/// Calls `tell` with every text in a value. Reading refused what nests deeper than 32, so the recursion is shallow.
fn each_text(value: &Value, tell: &mut impl FnMut(&str) -> Result<(), Invalid>) -> Result<(), Invalid> {
    match value {
        Value::String(text) => tell(text),
        Value::Array(items) => items.iter().try_for_each(|item| each_text(item, tell)),
        Value::Object(map) => map.values().try_for_each(|item| each_text(item, tell)),
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}

/// The fields of a step's result that the plan goes by: those that a need or a condition names, and those that stand in a
/// placeholder.
pub fn used_of(content: &Content, of: &StepId) -> BTreeSet<ParamKey> {
    let mut out = BTreeSet::new();
    let known: BTreeSet<&StepId> = content.steps.iter().map(|s| &s.id).collect();
    for step in &content.steps {
        for need in step.single_needs() {
            if need.step == *of {
                out.extend(need.field.clone());
            }
            let asked = need.when.as_ref().filter(|when| when.step == *of);
            out.extend(asked.map(|when| when.field.clone()));
        }
        let mut take = |text: &str| {
            let fields = placeholders(text).into_iter().filter_map(|(_, inside)| meant(inside, &known));
            out.extend(fields.filter(|(step, _)| step == of).map(|(_, field)| field));
            Ok(())
        };
        for value in step.params.values() {
            let _ = each_text(value, &mut take);
        }
        for text in step.run.iter().chain(&step.undo).flatten() {
            let _ = take(text.raw());
        }
    }
    out
}

/// A step as it runs: every placeholder filled.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Filled {
    /// Its parameters; those whose value is left out are not there.
    pub params: BTreeMap<ParamKey, Value>,
    /// Its command, if it has one.
    pub run: Option<Vec<Text>>,
    /// What was filled in, by placeholder: what a person confirms. Made-up values are among them.
    pub values: BTreeMap<String, Value>,
}

impl Filled {
    /// The digest of what runs: what a confirmation is bound to.
    pub fn digest(&self) -> FilledDigest {
        let covered = json!({"params": self.params, "run": self.run});
        FilledDigest::from_bytes(framed("countersign-filled@v1", &[canonical_or_poison(&covered).as_bytes()]))
    }
}

/// Why a step cannot be filled, as a sentence without its subject.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unfilled(pub String);

impl fmt::Display for Unfilled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Fills a step's parameters and command from `results`; `without` is what the preview says it goes without.
///
/// A value that is missing is made up as the preview says: by the fallback of the need, or it is left out, and then the
/// parameter, the element or the member that holds it is left out with it.
///
/// # Errors
/// [`Unfilled`] when a value is of the wrong sort for its place: the step must not be run.
pub fn fill(step: &Step, without: &[Missing], results: &Results) -> Result<Filled, Unfilled> {
    let mut filling = Filling::of(step, without, results);
    filling.known = step.single_needs().map(|need| &need.step).collect();
    let mut params = BTreeMap::new();
    for (key, value) in &step.params {
        if let Some(value) = filling.value(value)? {
            params.insert(key.clone(), value);
        }
    }
    let run = step.run.as_ref().map(|command| filling.command(command)).transpose()?;
    Ok(Filled { params, run, values: filling.values })
}

/// Fills the command that takes a step back; nothing when it has none.
///
/// # Errors
/// As [`fill`].
pub fn fill_undo(step: &Step, results: &Results) -> Result<Option<Filled>, Unfilled> {
    let mut filling = Filling::of(step, &[], results);
    filling.known = step.single_needs().map(|need| &need.step).chain([&step.id]).collect();
    let Some(command) = &step.undo else { return Ok(None) };
    let run = Some(filling.command(command)?);
    Ok(Some(Filled { params: BTreeMap::new(), run, values: filling.values }))
}

struct Filling<'a> {
    step: &'a Step,
    without: &'a [Missing],
    results: &'a Results,
    known: BTreeSet<&'a StepId>,
    values: BTreeMap<String, Value>,
}

impl<'a> Filling<'a> {
    fn of(step: &'a Step, without: &'a [Missing], results: &'a Results) -> Self {
        Self { step, without, results, known: BTreeSet::new(), values: BTreeMap::new() }
    }

    /// The value a placeholder stands for; nothing when it is left out.
    fn got(&mut self, inside: &str) -> Result<Option<Value>, Unfilled> {
        let (id, field) = meant(inside, &self.known)
            .ok_or_else(|| Unfilled(format!("{} names no step that it needs", safe_line(inside))))?;
        let there = match self.results.get(&id) {
            Some(Ran::Completed(result)) => field_of(result.as_ref(), &field).cloned(),
            Some(Ran::Started | Ran::Without) | None => None,
        };
        let value = there.or_else(|| self.fallback(&id, &field));
        if let Some(value) = &value {
            self.values.insert(inside.to_owned(), value.clone());
        }
        Ok(value)
    }

    /// The fallback of the need that lacks this, where the preview says that it is used.
    fn fallback(&self, id: &StepId, field: &ParamKey) -> Option<Value> {
        let lacks = |f: &Option<ParamKey>| f.is_none() || f.as_ref() == Some(field);
        self.without
            .iter()
            .filter(|m| m.made_up == MadeUp::Fallback && m.lack.step == *id && lacks(&m.lack.field))
            .find_map(|m| {
                let mut needs = self.step.single_needs();
                needs.find(|need: &&Need| {
                    need.step == *id && need.field == m.lack.field && need.fallback.is_some()
                })
            })
            .and_then(|need| need.fallback.clone())
    }

    fn value(&mut self, value: &Value) -> Result<Option<Value>, Unfilled> {
        Ok(match value {
            Value::String(text) => self.text(text)?,
            Value::Array(items) => {
                let mut out = Vec::with_capacity(items.len());
                for item in items {
                    out.extend(self.value(item)?);
                }
                Some(Value::Array(out))
            }
            Value::Object(map) => {
                let mut out = serde_json::Map::new();
                for (key, item) in map {
                    if let Some(item) = self.value(item)? {
                        out.insert(key.clone(), item);
                    }
                }
                Some(Value::Object(out))
            }
            plain => Some(plain.clone()),
        })
    }

    fn text(&mut self, text: &str) -> Result<Option<Value>, Unfilled> {
        let found = placeholders(text);
        if let [(place, inside)] = found.as_slice()
            && *place == (0..text.len())
        {
            return self.got(inside);
        }
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for (place, inside) in found {
            let Some(value) = self.got(inside)? else { return Ok(None) };
            let Some(words) = scalar(&value) else {
                return Err(Unfilled(format!(
                    "{inside} is no text, number or boolean, and stands inside a text"
                )));
            };
            out.push_str(&text[at..place.start]);
            out.push_str(&words);
            at = place.end;
        }
        out.push_str(&text[at..]);
        Ok(Some(Value::String(out)))
    }

    /// A command with its arguments filled. A value never becomes an option, and never brings a NUL.
    fn command(&mut self, command: &[Text]) -> Result<Vec<Text>, Unfilled> {
        let mut out = Vec::with_capacity(command.len());
        for argument in command {
            let found = placeholders(argument.raw());
            let [(place, inside)] = found.as_slice() else {
                if found.is_empty() {
                    out.push(argument.clone());
                    continue;
                }
                return Err(Unfilled("a command holds a placeholder that is no whole argument".to_owned()));
            };
            if *place != (0..argument.size()) {
                return Err(Unfilled(format!("{inside} is not a whole argument of the command")));
            }
            let Some(value) = self.got(inside)? else {
                return Err(Unfilled(format!(
                    "{inside} has no value, and a command is never run with a piece left out"
                )));
            };
            let Some(words) = scalar(&value) else {
                return Err(Unfilled(format!("{inside} is no text, number or boolean: no argument")));
            };
            if words.contains('\0') {
                return Err(Unfilled(format!("{inside} holds a NUL, which no argument can")));
            }
            if words.starts_with('-') {
                return Err(Unfilled(format!(
                    "{inside} begins with a dash: a value must not become an option of the command"
                )));
            }
            out.push(Text::new(words));
        }
        Ok(out)
    }
}

/// A value as it stands inside a text; nothing for what is no scalar.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(canonical_or_poison(value)),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
