//! Look-alikes: requests of one shape, of which only parameters differ. What departs from the others is pushed out and is
//! decided alone; it is better to push out one too many than to let one hide among forty.
//!
//! One shape means: the same kind, target, rule, risk and sign-offs; the same steps in the same order with the same
//! actions, needs, programs and tiers; nothing sensitive. Who asked is no part of it, but one asker among many others is
//! pushed out. Prose is no part of it either: it is in no digest of a request that has steps, and those without steps
//! have no look-alikes, for there the words are what is decided on.

pub mod departs;

use crate::domain::canon::canonical_or_poison;
use crate::domain::content::Content;
use crate::domain::marks::Mark;
use crate::domain::moment::Moment;
use crate::domain::names::{PrincipalName, RequestId};
use crate::domain::request::{Request, State, Waiting};
use crate::domain::text::{Safe, Text};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// How many are decided on together, at most.
pub const MOST: usize = 50;

/// Where in a request a value stands: `send.to`, `send.opts["cc"][0]`, `send run 2`.
pub type Leaf = String;

/// Requests of one shape.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Alike {
    /// Those that can be decided together, in the order they were given.
    pub together: Vec<RequestId>,
    /// Those that must be decided alone, and why.
    pub apart: Vec<(RequestId, Vec<Safe>)>,
    /// Those that are like them and beyond what is decided at once.
    pub beyond: Vec<RequestId>,
    /// What those together have in common.
    pub same: BTreeMap<Leaf, Value>,
    /// Where they differ.
    pub differing: Vec<Leaf>,
    /// What each of them has there, in the order of `differing`.
    pub rows: Vec<Vec<Value>>,
}

/// Everything of a request that look-alikes have in common, as one text; nothing when it can have none.
///
/// # Errors
/// Why not, in words.
pub fn shape(request: &Request) -> Result<String, &'static str> {
    let Some(content) = &request.content else { return Err("its content was redacted") };
    if content.steps.is_empty() {
        return Err("it has no steps: its words are what is decided on, and words are read one by one");
    }
    let assessment = request.assessment();
    if assessment.sensitive {
        return Err("it is sensitive: it is decided by itself");
    }
    // A command by its length and its program; what stands behind the program can differ as parameters can.
    let command =
        |argv: &Option<Vec<Text>>| argv.as_ref().map(|argv| json!([argv.len(), argv.first().map(Text::raw)]));
    let steps = content.steps.iter().map(|step| {
        json!({"id": step.id, "action": step.action, "needs": step.needs, "run": command(&step.run),
               "undo": command(&step.undo), "risk": step.risk})
    });
    Ok(canonical_or_poison(&json!({
        "kind": content.kind, "target": content.target, "tiers": content.tiers, "options": content.options,
        "steps": steps.collect::<Vec<_>>(), "rule": assessment.rule, "risk": assessment.risk,
        "slots": assessment.slots, "pinned": content.evidence.iter().filter(|e| e.pinned).count(),
    })))
}

/// Every value in which requests of one shape can differ.
pub fn leaves(content: &Content) -> BTreeMap<Leaf, Value> {
    let mut out = BTreeMap::new();
    for step in &content.steps {
        for (key, value) in &step.params {
            flatten(format!("{}.{key}", step.id), value, &mut out);
        }
        for (name, argv) in [("run", &step.run), ("undo", &step.undo)] {
            for (n, argument) in argv.iter().flatten().enumerate().skip(1) {
                out.insert(format!("{} {name} {n}", step.id), json!(argument.raw()));
            }
        }
    }
    for (n, evidence) in content.evidence.iter().filter(|e| e.pinned).enumerate() {
        out.insert(format!("pinned {} label", n + 1), json!(evidence.label.raw()));
        out.insert(format!("pinned {} locator", n + 1), json!(evidence.locator.raw()));
    }
    out
}

fn flatten(at: Leaf, value: &Value, out: &mut BTreeMap<Leaf, Value>) {
    match value {
        Value::Array(list) if !list.is_empty() => {
            list.iter().enumerate().for_each(|(n, value)| flatten(format!("{at}[{n}]"), value, out));
        }
        Value::Object(fields) if !fields.is_empty() => {
            // A name as JSON, so that none can be taken for another.
            let name = |key: &String| format!("{at}[{}]", canonical_or_poison(key));
            fields.iter().for_each(|(key, value)| flatten(name(key), value, out));
        }
        plain => {
            out.insert(at, plain.clone());
        }
    }
}

/// Why a request is decided alone whatever its parameters are.
fn alone(request: &Request, caller: &PrincipalName, now: Moment) -> Vec<Safe> {
    let mut out = Vec::new();
    let mut why = |words: &dyn std::fmt::Display| out.push(Safe::composed(words));
    match &request.state {
        State::Waiting(Waiting::Requested) => {}
        State::Waiting(Waiting::Escalated(_)) => why(&"it is escalated"),
        State::ChangesRequested { .. } => why(&"changes are requested"),
        State::Closed(_) => why(&"it is decided"),
    }
    if !request.earlier.is_empty() {
        why(&format_args!("it was edited: it is at revision {}", request.revision.number));
    }
    let marked = request.revision.steps.iter().filter(|s| request.marks.on(&s.id) != Mark::Undecided).count();
    if marked > 0 {
        why(&format_args!("{marked} of its steps {} marked", if marked == 1 { "is" } else { "are" }));
    }
    if let Some(claim) = request.live_claim(now).filter(|claim| claim.by != *caller) {
        why(&format_args!("{} is on it", claim.by));
    }
    if !request.signoffs.is_empty() {
        why(&"somebody has signed off on it");
    }
    if !request.comments.is_empty() {
        why(&"somebody said something on it");
    }
    out
}

/// Gathers `candidates` around `template`, which is one of them. Candidates of another shape are left out without a word.
///
/// Statistics are taken again whenever one was pushed out, until nothing departs any more.
///
/// # Errors
/// Why `template` has no look-alikes at all.
pub fn alike(
    template: &Request,
    candidates: &[Request],
    caller: &PrincipalName,
    now: Moment,
) -> Result<Alike, &'static str> {
    let wanted = shape(template)?;
    let of_shape = candidates.iter().filter(|request| shape(request).as_ref() == Ok(&wanted));
    let mut apart: Vec<(RequestId, Vec<Safe>)> = Vec::new();
    let mut left: Vec<(&Request, BTreeMap<Leaf, Value>)> = Vec::new();
    for request in of_shape {
        let why = alone(request, caller, now);
        match &request.content {
            Some(content) if why.is_empty() => left.push((request, leaves(content))),
            _ => apart.push((request.id, why)),
        }
    }
    push_out_other_parameters(&mut left, &mut apart);
    loop {
        let departing = departs::departing(&left);
        if departing.is_empty() {
            break;
        }
        let mut at = 0;
        left.retain(|(request, _)| {
            let why = departing.get(&at).cloned();
            at += 1;
            match why {
                Some(why) => {
                    apart.push((request.id, why));
                    false
                }
                None => true,
            }
        });
    }
    let beyond = left.split_off(left.len().min(MOST)).into_iter().map(|(request, _)| request.id).collect();
    let mut same = left.first().map(|(_, leaves)| leaves.clone()).unwrap_or_default();
    same.retain(|leaf, value| left.iter().all(|(_, leaves)| leaves.get(leaf) == Some(value)));
    let all: BTreeSet<&Leaf> = left.iter().flat_map(|(_, leaves)| leaves.keys()).collect();
    let differing: Vec<Leaf> = all.into_iter().filter(|leaf| !same.contains_key(*leaf)).cloned().collect();
    let row = |leaves: &BTreeMap<Leaf, Value>| {
        differing.iter().map(|leaf| leaves.get(leaf).cloned().unwrap_or(Value::Null)).collect()
    };
    let rows = left.iter().map(|(_, leaves)| row(leaves)).collect();
    let together = left.iter().map(|(request, _)| request.id).collect();
    apart.sort_by_key(|(id, _)| *id);
    Ok(Alike { together, apart, beyond, same, differing, rows })
}

/// Those with other parameters, not only other values, than most have.
fn push_out_other_parameters(
    left: &mut Vec<(&Request, BTreeMap<Leaf, Value>)>,
    apart: &mut Vec<(RequestId, Vec<Safe>)>,
) {
    let mut counts: BTreeMap<Vec<Leaf>, usize> = BTreeMap::new();
    for (_, leaves) in left.iter() {
        *counts.entry(leaves.keys().cloned().collect()).or_default() += 1;
    }
    let Some((usual, _)) = counts.into_iter().max_by_key(|(_, many)| *many) else { return };
    left.retain(|(request, leaves)| {
        if leaves.keys().eq(usual.iter()) {
            return true;
        }
        let also = leaves.keys().find(|leaf| !usual.contains(leaf));
        let lacks = usual.iter().find(|leaf| !leaves.contains_key(*leaf));
        let word = |leaf: &Leaf| crate::domain::text::safe_line(leaf).clipped(60);
        let why = match (also, lacks) {
            (Some(also), _) => format!("it also has {}, which most do not", word(also)),
            (None, Some(lacks)) => format!("it lacks {}, which most have", word(lacks)),
            (None, None) => "it has other parameters".to_owned(),
        };
        apart.push((request.id, vec![Safe::composed(why)]));
        false
    });
}
