//! What changed between what somebody stood for and what is there now, change by change, each with its class: what
//! the one who had signed must read again, and no more than that.

use crate::domain::canon::canonical_or_poison;
use crate::domain::content::{Content, Evidence, Target};
use crate::domain::event::{Entry, Fact, SignOffNumber};
use crate::domain::evolve;
use crate::domain::marks::{Mark, Marks};
use crate::domain::names::{Identifier, RequestId, RevisionNumber, StepId};
use crate::domain::preview::{Outcome, preview};
use crate::domain::request::Request;
use crate::domain::step::Step;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What a change does to what was stood for, least first. What is not certain counts as the worse.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Class {
    /// Only words, claims and labels: the same would happen. It keeps a sign-off.
    Prose,
    /// Certainly less would happen: a step is gone, or left out.
    Narrowing,
    /// More, or something else, would happen; or nobody can say for certain that it is less.
    Widening,
    /// It would happen somewhere else.
    TargetMoved,
}

impl Class {
    /// The word used everywhere.
    pub const fn word(self) -> &'static str {
        match self {
            Class::Prose => "prose",
            Class::Narrowing => "narrowing",
            Class::Widening => "widening",
            Class::TargetMoved => "target moved",
        }
    }
}

/// A moment in the life of a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum When {
    /// Just after this sign-off.
    SignedOff(SignOffNumber),
    /// At the end of this revision's time.
    Revision(RevisionNumber),
}

/// The request as it was then, from its own events; nothing when there was no such moment.
pub fn as_it_was<'a>(
    id: RequestId,
    mut entries: impl Iterator<Item = &'a Entry>,
    when: When,
) -> Option<Request> {
    let mut request = evolve::begin(id, entries.next()?)?;
    let mut found = None;
    for entry in std::iter::once(None).chain(entries.map(Some)) {
        if let Some(entry) = entry {
            request = request.evolve(entry);
        }
        let here = match (when, entry.map(|entry| &entry.fact)) {
            (When::SignedOff(number), Some(Fact::SignedOff { number: this, .. })) => *this == number,
            (When::SignedOff(_), _) => false,
            (When::Revision(number), _) => request.revision.number == number,
        };
        if here {
            found = Some(request.clone());
        }
    }
    found
}

/// One thing that is not as it was.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// What it does to what was stood for.
    pub class: Class,
    /// The step it is about; nothing for the request as a whole.
    pub step: Option<StepId>,
    /// Which part of it: `title`, `param to`, `run`, `target environment`. Our words and checked names only.
    pub what: String,
    /// As it was; nothing when it is new. Prose is a JSON string.
    pub before: Option<Value>,
    /// As it is; nothing when it is gone.
    pub after: Option<Value>,
}

/// What changed from `then` to `now`, the request first, then its steps in document order. An undecided step counts
/// as approved, because that is what a sign-off makes of it.
///
/// Every change of content that is not [`Class::Prose`] changes the revision digest, and the other way round.
pub fn delta(then: (&Content, &Marks), now: (&Content, &Marks)) -> Vec<Change> {
    let mut out = Changes(Vec::new());
    request(then.0, now.0, &mut out);
    let before: BTreeMap<&StepId, &Step> = then.0.steps.iter().map(|s| (&s.id, s)).collect();
    let after: BTreeSet<&StepId> = now.0.steps.iter().map(|s| &s.id).collect();
    for gone in then.0.steps.iter().filter(|s| !after.contains(&s.id)) {
        out.note(Class::Narrowing, Some(&gone.id), "step", Some(json!(gone)), None);
    }
    let outcomes = (outcomes(then), outcomes(now));
    for step in &now.0.steps {
        let Some(was) = before.get(&step.id) else {
            out.note(Class::Widening, Some(&step.id), "step", None, Some(json!(step)));
            continue;
        };
        let known = out.0.len();
        one_step(was, step, &mut out);
        mark(&step.id, then.1, now.1, &mut out);
        if !out.0[known..].iter().any(|change| change.class != Class::Prose) {
            fate(&step.id, &outcomes.0, &outcomes.1, &mut out);
        }
    }
    let order = |content: &Content, other: &BTreeSet<&StepId>| -> Vec<StepId> {
        content.steps.iter().map(|s| &s.id).filter(|id| other.contains(id)).cloned().collect()
    };
    let both: BTreeSet<&StepId> = before.keys().copied().filter(|id| after.contains(id)).collect();
    out.compare(Class::Widening, None, "order of the steps", &order(then.0, &both), &order(now.0, &both));
    out.0
}

/// What changed between two states of one request: [`delta`], and what policy now makes of it when that asks more of
/// reviewers. Nothing when the content of either was redacted.
pub fn between(then: &Request, now: &Request) -> Option<Vec<Change>> {
    let (before, after) = (then.content.as_ref()?, now.content.as_ref()?);
    let mut out = Changes(delta((before, &then.marks), (after, &now.marks)));
    let (was, is) = (then.assessment(), now.assessment());
    if is.is_harder_than(was) {
        let known = out.0.len();
        out.compare(Class::Widening, None, "risk", &was.risk, &is.risk);
        out.compare(Class::Widening, None, "sensitive", &was.sensitive, &is.sensitive);
        out.compare(Class::Widening, None, "sign-offs it needs", &was.slots, &is.slots);
        let added = out.0.len() - known;
        out.0.rotate_right(added);
    }
    Some(out.0)
}

struct Changes(Vec<Change>);

impl Changes {
    fn note(
        &mut self,
        class: Class,
        step: Option<&StepId>,
        what: &str,
        before: Option<Value>,
        after: Option<Value>,
    ) {
        self.0.push(Change { class, step: step.cloned(), what: what.to_owned(), before, after });
    }

    /// Notes a difference in the canonical form: 1.0 is 1, and the order of keys says nothing. Null is nothing.
    fn compare<T: Serialize>(&mut self, class: Class, step: Option<&StepId>, what: &str, was: &T, is: &T) {
        if canonical_or_poison(was) != canonical_or_poison(is) {
            let value = |of: &T| Some(json!(of)).filter(|value| !value.is_null());
            self.note(class, step, what, value(was), value(is));
        }
    }
}

fn request(then: &Content, now: &Content, out: &mut Changes) {
    type Part = fn(&Target) -> &Option<Identifier>;
    let parts: [(&str, Part); 3] = [
        ("target environment", |target| &target.environment),
        ("target service", |target| &target.service),
        ("target tenant", |target| &target.tenant),
    ];
    for (what, part) in parts {
        out.compare(Class::TargetMoved, None, what, part(&then.target), part(&now.target));
    }
    // Without steps the words are what is decided on.
    let words = if then.steps.is_empty() || now.steps.is_empty() { Class::Widening } else { Class::Prose };
    out.compare(words, None, "title", &then.title, &now.title);
    out.compare(words, None, "summary", &then.summary, &now.summary);
    out.compare(words, None, "options", &then.options, &now.options);
    out.compare(Class::Widening, None, "tiers", &then.tiers, &now.tiers);
    let evidence = |content: &Content, pinned: bool| -> Vec<Evidence> {
        content.evidence.iter().filter(|e| e.pinned == pinned).cloned().collect()
    };
    out.compare(Class::Widening, None, "pinned evidence", &evidence(then, true), &evidence(now, true));
    out.compare(Class::Prose, None, "evidence", &evidence(then, false), &evidence(now, false));
    out.compare(Class::Prose, None, "priority", &then.priority, &now.priority);
    out.compare(Class::Prose, None, "claimed risk", &then.risk, &now.risk);
    let labels: BTreeSet<&Identifier> = then.labels.keys().chain(now.labels.keys()).collect();
    for key in labels {
        let what = format!("label {key}");
        out.compare(Class::Prose, None, &what, &then.labels.get(key), &now.labels.get(key));
    }
}

fn one_step(was: &Step, is: &Step, out: &mut Changes) {
    let id = Some(&is.id);
    out.compare(Class::Widening, id, "action", &was.action, &is.action);
    // Fewer parameters are not certainly less: `limit` may be the one that went.
    for key in was.params.keys().chain(is.params.keys()).collect::<BTreeSet<_>>() {
        let what = format!("param {key}");
        let (before, after) = (was.params.get(key), is.params.get(key));
        if before.map(canonical_or_poison) != after.map(canonical_or_poison) {
            out.note(Class::Widening, id, &what, before.cloned(), after.cloned());
        }
    }
    out.compare(Class::Widening, id, "run", &was.run, &is.run);
    out.compare(Class::Widening, id, "undo", &was.undo, &is.undo);
    out.compare(Class::Widening, id, "needs", &was.needs, &is.needs);
    out.compare(Class::Prose, id, "title", &was.title, &is.title);
    out.compare(Class::Prose, id, "expected", &was.expected, &is.expected);
    out.compare(Class::Prose, id, "estimate_s", &was.estimate_s, &is.estimate_s);
    out.compare(Class::Prose, id, "claimed risk", &was.risk, &is.risk);
}

fn mark(id: &StepId, then: &Marks, now: &Marks, out: &mut Changes) {
    let answer = |marks: &Marks| match marks.on(id) {
        Mark::Undecided => Mark::Approved,
        said => said,
    };
    let (was, is) = (answer(then), answer(now));
    let class = if is == Mark::Approved { Class::Widening } else { Class::Narrowing };
    out.compare(class, Some(id), "mark", &was, &is);
}

type Outcomes = BTreeMap<StepId, Outcome>;

fn outcomes((content, marks): (&Content, &Marks)) -> Outcomes {
    preview(content, marks).into_iter().collect()
}

/// A step that is as it was can still do something else, because another is gone or left out.
fn fate(id: &StepId, then: &Outcomes, now: &Outcomes, out: &mut Changes) {
    let (Some(was), Some(is)) = (then.get(id), now.get(id)) else { return };
    if was != is {
        let class = if is.may_run() { Class::Widening } else { Class::Narrowing };
        out.note(class, Some(id), "what becomes of it", Some(json!(was.word())), Some(json!(is.word())));
    }
}
