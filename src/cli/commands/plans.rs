//! Looking ahead and changing a step: preview, modify.

use crate::app::App;
use crate::cli::args::{Modify, Preview};
use crate::cli::output::Out;
use crate::cli::{Done, Stop, commands};
use crate::domain::canon;
use crate::domain::command::Command;
use crate::domain::content::Content;
use crate::domain::edit::Edit;
use crate::domain::event::Fact;
use crate::domain::form::sort;
use crate::domain::marks::{Mark, Marks};
use crate::domain::names::{ParamKey, StepId};
use crate::domain::preview::{Lack, Missing, Outcome};
use crate::domain::refusal::{Refusal, exit};
use crate::domain::request::Request;
use crate::domain::rules;
use crate::domain::text::{Safe, Text, safe_line};
use crate::present::plan::fate;
use crate::present::would::{EditImpact, Would, edit_impacts};
use crate::present::{conflict, json};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// `preview R`: what would run under these marks beside those there are. Nothing is changed.
pub fn preview(app: &mut App, args: &Preview, out: &mut Out) -> Done {
    let request = app.request(app.resolve(&args.request)?)?;
    let Some(content) = &request.content else {
        return Err(Stop::Because(Refusal::Uninspectable.into()));
    };
    let marks = proposed(&request, args)?;
    let would = Would::run(content, &marks);
    if out.as_json {
        out.json(&as_json(&request, content, &would));
        return Ok(exit::DONE);
    }
    if !request.has_steps() {
        out.line(format_args!("{} has no steps: nothing runs on it by steps", request.id));
        return Ok(exit::DONE);
    }
    out.lines(&would.lines(request.id, content));
    if would.runs().is_empty() && would.conflicts.is_empty() {
        out.line(format_args!("a sign-off would be refused: {}", Refusal::NothingApproved));
    }
    Ok(exit::DONE)
}

/// The marks there are, with those that were typed over them.
fn proposed(request: &Request, args: &Preview) -> Result<Marks, Stop> {
    let mut marks = request.marks.clone();
    let mut said: BTreeMap<StepId, Mark> = BTreeMap::new();
    let lists = [
        ("--approve", &args.approve, Mark::Approved),
        ("--reject", &args.reject, Mark::Rejected),
        ("--skip", &args.skip, Mark::Skipped),
    ];
    for (flag, list, mark) in lists {
        for text in list {
            let step = StepId::new(text.as_str())
                .map_err(|e| Stop::quoting(exit::USAGE, format!("{flag} {text}: {e}")))?;
            rules::has_step(request, &step).map_err(|refusal| Stop::Because(refusal.into()))?;
            if let Some(other) = said.insert(step.clone(), mark).filter(|other| *other != mark) {
                let words = format!("{flag} {text}: {text} is named as {other} too");
                return Err(Stop::quoting(exit::USAGE, words));
            }
            marks.set(step, mark);
        }
    }
    Ok(marks)
}

fn as_json(request: &Request, content: &Content, would: &Would) -> Value {
    let steps: Vec<Value> = content
        .steps
        .iter()
        .zip(&would.outcomes)
        .map(|(step, (_, outcome))| {
            json!({"id": step.id, "action": step.action, "mark": would.marks.on(&step.id),
                "would_run": outcome.may_run(), "outcome": outcome.word(), "why": fate(outcome).0,
                "needs": needed(outcome), "without": without(outcome)})
        })
        .collect();
    let lints: Vec<Value> = would
        .lints
        .iter()
        .map(|lint| {
            json!({"step": lint.step, "needs": conflict::lack(&lint.needs), "effect": lint.effect,
                "resolution": lint.resolution, "advice": lint.advice})
        })
        .collect();
    let conflicts: Vec<Value> = would
        .conflicts
        .iter()
        .map(|one| {
            let impacts: Vec<_> = one.ways.iter().map(|way| way.impact(content, &would.marks)).collect();
            conflict::conflict(request, one, &impacts)
        })
        .collect();
    let refused = rules::may_sign(request, &would.marks.with_undecided_approved()).err();
    let messages: Vec<Value> =
        would.conflicts.iter().flat_map(|one| conflict::messages(request, content, one)).collect();
    json!({"v": json::VERSION, "id": request.id.to_string(), "revision": request.revision.number,
        "asked": content.steps.iter().map(|step| &step.id).collect::<Vec<_>>(), "runs": would.runs(),
        "sentence": would.sentence(), "could_sign": refused.is_none(),
        "why_not": refused.map(|refusal| refusal.to_string()), "steps": steps, "conflicts": conflicts,
        "dependency_conflicts": messages, "lints": lints})
}

/// What stops the step, or leaves it out.
fn needed(outcome: &Outcome) -> Option<Value> {
    match outcome.worst() {
        Outcome::BlockedBy(lack) | Outcome::Asks(lack) | Outcome::Skips(lack) => Some(conflict::lack(lack)),
        _ => None,
    }
}

fn without(outcome: &Outcome) -> Vec<Value> {
    let list: &[Missing] = match outcome.worst() {
        Outcome::Runs { without } => without,
        _ => &[],
    };
    let word = |missing: &Missing| match missing.made_up {
        crate::domain::preview::MadeUp::Fallback => "fallback",
        crate::domain::preview::MadeUp::LeftOut => "left_out",
        crate::domain::preview::MadeUp::AskedLater => "asked_later",
    };
    list.iter().map(|missing| json!({"needs": conflict::lack(&missing.lack), "by": word(missing)})).collect()
}

/// `modify R --step S`: an edit of one step's parameters, as the next revision.
pub fn modify(app: &mut App, args: &Modify, out: &mut Out) -> Done {
    let id = app.resolve(&args.request)?;
    let request = app.request(id)?;
    let step = StepId::new(args.step.as_str())
        .map_err(|e| Stop::quoting(exit::USAGE, format!("--step {}: {e}", args.step)))?;
    let edit = edit(&request, &step, args)?;
    let before =
        request.content.as_ref().and_then(|content| content.step(&step)).map(|step| step.params.clone());
    let command = Command::Modify {
        step: step.clone(),
        edit: Box::new(edit.clone()),
        reason: args.reason.as_deref().map(Text::from),
        seen: commands::seen(args.digest.as_deref())?,
    };
    let decided = commands::decide_unseen(app, id, &command, out)?;
    let edited = decided.after.content.as_ref().filter(|_| !decided.entries.is_empty());
    let impacts = edited.map(|content| edit_impacts(content, &step)).unwrap_or_default();
    if let (Edit::Change { set, .. }, Some(before)) = (&edit, &before) {
        for (key, value) in set {
            let was = before.get(key).map(sort);
            if let Some(was) = was.filter(|was| *was != sort(value)) {
                let words = format!("note: {key} was {was}, and is {} now", sort(value));
                out.aside(&Safe::composed(words));
            }
        }
    }
    if out.as_json {
        let mut value = json::request(&decided.after, app.now());
        let one = |i: &EditImpact| json!({"step": i.step, "impact": i.impact, "message": i.message});
        value["dependency_impacts"] = impacts.iter().map(one).collect();
        out.json(&value);
        return Ok(exit::DONE);
    }
    commands::verdict::tell(&decided, out);
    for entry in &decided.entries {
        if let Fact::Modified { touched, .. } = &entry.fact {
            let steps: Vec<&str> = touched.iter().map(StepId::as_str).collect();
            out.line(match steps.as_slice() {
                [one] => format!("the mark on {one} is undecided again"),
                [first @ .., last] => {
                    format!("the marks on {} and {last} are undecided again", first.join(", "))
                }
                [] => continue,
            });
        }
    }
    impacts.iter().for_each(|impact| out.line(&impact.message));
    let stays = edited.and_then(|content| content.step(&step)).and_then(crate::present::plan::stays);
    out.lines(&Vec::from_iter(stays));
    commands::verdict::conflicts(&decided.after, out);
    Ok(exit::DONE)
}

fn edit(request: &Request, step: &StepId, args: &Modify) -> Result<Edit, Stop> {
    if let Some(only) = &args.restore {
        let only = only.iter().map(|text| key("--restore", text)).collect::<Result<_, _>>()?;
        return Ok(Edit::Restore { only });
    }
    if args.set.is_empty() && args.unset.is_empty() && args.give.is_empty() {
        let words = "nothing to change: name it with --set, --unset, --give or --restore";
        return Err(Stop::quoting(exit::USAGE, words));
    }
    let mut set = BTreeMap::new();
    for text in &args.set {
        let (name, value) = pair("--set", text)?;
        if set.insert(key("--set", name)?, value).is_some() {
            return Err(Stop::quoting(exit::USAGE, format!("--set {name}: is given twice")));
        }
    }
    let unset = args.unset.iter().map(|text| key("--unset", text)).collect::<Result<BTreeSet<_>, _>>()?;
    if let Some(both) = unset.iter().find(|key| set.contains_key(*key)) {
        return Err(Stop::quoting(exit::USAGE, format!("{both} is both set and unset")));
    }
    let give = args.give.iter().map(|text| given(request, step, text)).collect::<Result<Vec<_>, _>>()?;
    Ok(Edit::Change { set, unset, give })
}

fn key(flag: &str, text: &str) -> Result<ParamKey, Stop> {
    ParamKey::new(text).map_err(|e| Stop::quoting(exit::USAGE, format!("{flag} {text}: {e}")))
}

/// `K=JSON`. The value is read strictly and keeps its type.
fn pair<'a>(flag: &str, text: &'a str) -> Result<(&'a str, Value), Stop> {
    let Some((name, value)) = text.split_once('=') else {
        return Err(Stop::quoting(exit::USAGE, format!("{flag} {text}: must be NAME=JSON")));
    };
    let read = canon::read(value.as_bytes()).map_err(|e| {
        let quoted = Value::String(value.to_owned());
        let words =
            format!("{flag} {name}: the value is not JSON ({}); a text is {flag} '{name}={quoted}'", e.0);
        Stop::quoting(exit::USAGE, words)
    })?;
    Ok((name, read))
}

/// `STEP.FIELD=JSON`, where the step that is edited needs that field.
fn given(request: &Request, step: &StepId, text: &str) -> Result<(Lack, Value), Stop> {
    rules::has_step(request, step).map_err(|refusal| Stop::Because(refusal.into()))?;
    let (name, value) = pair("--give", text)?;
    let needs = request.content.as_ref().and_then(|content| content.step(step));
    let lacks: Vec<Lack> = needs
        .into_iter()
        .flat_map(|step| step.single_needs())
        .filter(|need| need.field.is_some())
        .map(|need| Lack { step: need.step.clone(), field: need.field.clone() })
        .collect();
    match lacks.iter().find(|lack| lack.to_string() == name) {
        Some(lack) => Ok((lack.clone(), value)),
        None => {
            let known: Vec<String> = lacks.iter().map(Lack::to_string).collect();
            let known =
                if known.is_empty() { "no value of another step".to_owned() } else { known.join(", ") };
            let words = format!("--give {}: {step} needs {known}", safe_line(name).clipped(80));
            Err(Stop::composed(exit::INVALID, words))
        }
    }
}
