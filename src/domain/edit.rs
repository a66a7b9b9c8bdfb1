//! Changing content while it waits: the producer's revisions, and edits of one step's parameters by a reviewer. What
//! an edit changed is kept as it was, and can be put back.

use crate::domain::canon::canonical_or_poison;
use crate::domain::command::Seen;
use crate::domain::content::Content;
use crate::domain::decide::{Deciding, revision_of};
use crate::domain::difference;
use crate::domain::document;
use crate::domain::event::{Deadlines, Edited, Editor, Entry, Fact, Held, Payload, Revision, SignOffNumber};
use crate::domain::invalid::Invalid;
use crate::domain::judging;
use crate::domain::marks::Marks;
use crate::domain::names::{ParamKey, StepId};
use crate::domain::policy::risk::Circumstances;
use crate::domain::precedents::with_precedent;
use crate::domain::preview::Lack;
use crate::domain::refusal::Refusal;
use crate::domain::request::{Request, StateName};
use crate::domain::rules;
use crate::domain::shared::Shared;
use crate::domain::step::{Need, Needs, Resolution, Step};
use crate::domain::text::Text;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A change of one step's parameters. Types are those of the JSON that is given.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Edit {
    /// Other values.
    Change {
        /// Parameters and their new values.
        set: BTreeMap<ParamKey, Value>,
        /// Parameters that go.
        unset: BTreeSet<ParamKey>,
        /// What the step would take from another, given by hand: used when the other does not give it.
        give: Vec<(Lack, Value)>,
    },
    /// The parameters as they were before anybody edited the step.
    Restore {
        /// Only these; empty: all of them, and what was given by hand is taken back.
        only: Vec<ParamKey>,
    },
}

/// What an edit may change of a step, as the producer had it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Original {
    /// Its parameters.
    pub params: BTreeMap<ParamKey, Value>,
    /// Its needs: a value given by hand stands there, as a fallback.
    pub needs: Vec<Needs>,
}

impl Original {
    /// Of a step as it is.
    pub fn of(step: &Step) -> Self {
        Self { params: step.params.clone(), needs: step.needs.clone() }
    }
}

/// An edit that stands in the current revision.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Standing {
    /// Everybody who edited the step.
    pub by: Vec<Editor>,
    /// What the producer had; nothing when it was redacted.
    pub original: Option<Original>,
}

impl Edit {
    /// Does it to `step`.
    ///
    /// # Errors
    /// [`Invalid`] for a parameter or a need that is not there, and when there is nothing that could be put back.
    pub fn apply(&self, step: &mut Step, standing: Option<&Standing>) -> Result<(), Invalid> {
        match self {
            Edit::Change { set, unset, give: gives } => {
                for key in unset {
                    if step.params.remove(key).is_none() {
                        return Err(no_parameter(step, key));
                    }
                }
                step.params.extend(set.iter().map(|(key, value)| (key.clone(), value.clone())));
                for (lack, value) in gives {
                    if !give(step, lack, value) {
                        let why = format!("{} does not need {lack}", step.id);
                        return Err(Invalid::new("give", why));
                    }
                }
                Ok(())
            }
            Edit::Restore { only } => {
                let Some(standing) = standing else {
                    return Err(Invalid::new("restore", format!("nobody edited {}", step.id)));
                };
                let Some(original) = &standing.original else {
                    let why = format!("what {} held before was redacted", step.id);
                    return Err(Invalid::new("restore", why));
                };
                if only.is_empty() {
                    step.params.clone_from(&original.params);
                    step.needs.clone_from(&original.needs);
                }
                for key in only {
                    match (original.params.get(key), step.params.contains_key(key)) {
                        (Some(value), _) => drop(step.params.insert(key.clone(), value.clone())),
                        (None, true) => drop(step.params.remove(key)),
                        (None, false) => return Err(no_parameter(step, key)),
                    }
                }
                Ok(())
            }
        }
    }
}

fn no_parameter(step: &Step, key: &ParamKey) -> Invalid {
    Invalid::new(format!("params.{key}"), format!("{} has no such parameter", step.id))
}

/// Gives `step` by hand what it would take from another: its need falls back on `value`. Whether it has such a need.
pub fn give(step: &mut Step, lack: &Lack, value: &Value) -> bool {
    let fits = |need: &&mut Need| need.step == lack.step && need.field == lack.field && lack.field.is_some();
    let mut found = false;
    for entry in &mut step.needs {
        let needs = match entry {
            Needs::One(need) => std::slice::from_mut(need),
            Needs::AnyOf { any_of } => any_of.as_mut_slice(),
        };
        for need in needs.iter_mut().filter(fits) {
            need.resolution = Some(Resolution::Fallback);
            need.fallback = Some(value.clone());
            found = true;
        }
    }
    found
}

/// Whether two forms of a step do the same: 1.0 is 1, and the order of keys says nothing.
fn does_the_same(a: &Step, b: &Step) -> bool {
    canonical_or_poison(&a.effect_of()) == canonical_or_poison(&b.effect_of())
}

/// What a revision leaves of what was there: which steps lose their marks, and which sign-offs no longer count.
struct Follows {
    deadlines: Deadlines,
    touched: Vec<StepId>,
    marks: Marks,
    voids: Vec<SignOffNumber>,
}

impl Deciding<'_> {
    /// The producer's next revision.
    pub(super) fn revise(&self, content: &Content) -> Result<Vec<Entry>, Refusal> {
        let request = self.request;
        let resubmits = request.state_name() == StateName::ChangesRequested;
        if request.content.as_deref() == Some(content) && !resubmits {
            return Ok(Vec::new());
        }
        if content.kind != request.kind() {
            let why = format!("{} is a {}; a revision keeps its kind", request.id, request.kind());
            return Err(Refusal::Invalid(Invalid::new("kind", why)));
        }
        let policy = &self.facts.policy;
        let assessment = Shared::new(policy.assess_in(content, &self.known(content)));
        let revision =
            Revision { assessment, ..revision_of(content, request.revision.number.next(), policy) };
        let Follows { deadlines, touched, voids, .. } = self.follows(&revision);
        let fact = if resubmits {
            Fact::Resubmitted { revision, deadlines, touched, voids }
        } else {
            Fact::Revised { revision, deadlines, touched, voids }
        };
        let payload = Payload { content: Some(Shared::new(content.clone())), ..Payload::default() };
        Ok(vec![self.entry(fact, Held::Here(Box::new(payload)))])
    }

    /// What is known beside this content: what people said of it, and what of its like failed before.
    fn known(&self, content: &Content) -> Circumstances {
        let failed_before = with_precedent(content, &self.facts.failed);
        Circumstances { failed_before, ..judging::spoken(self.request) }
    }

    /// An edit of one step's parameters.
    pub(super) fn modify(
        &self,
        id: &StepId,
        edit: &Edit,
        reason: &Option<Text>,
        seen: &Seen,
    ) -> Result<Vec<Entry>, Refusal> {
        let request = self.request;
        rules::still_as_seen(request, seen)?;
        rules::has_step(request, id)?;
        self.prose_fits("reason", reason.as_ref())?;
        let Some(content) = &request.content else { return Err(Refusal::Uninspectable) };
        let Some(before) = content.step(id) else { return Err(Refusal::Uninspectable) };
        let standing = request.edits.get(id);
        let mut step = before.clone();
        edit.apply(&mut step, standing).map_err(Refusal::Invalid)?;
        if does_the_same(&step, before) {
            return Ok(Vec::new());
        }
        rules::leaves_fixed(request, self.caller, self.facts, (before, &step))?;
        let original = match standing {
            Some(standing) => standing.original.clone(),
            None => Some(Original::of(before)),
        };
        let restored = original.is_some_and(|was| {
            does_the_same(&Step { params: was.params, needs: was.needs, ..step.clone() }, &step)
        });
        let mut content = Content::clone(content);
        content.steps.iter_mut().filter(|s| s.id == *id).for_each(|s| s.clone_from(&step));
        document::check(&content, &self.facts.policy.limits).map_err(Refusal::Invalid)?;
        let edits = self.edits(id, restored);
        let by_others = edits.iter().filter(|e| e.by.iter().any(|by| !by.own)).map(|e| e.step.clone());
        let circumstances = Circumstances { edited: by_others.collect(), ..self.known(&content) };
        let assessment = Shared::new(self.facts.policy.assess_in(&content, &circumstances));
        let number = request.revision.number.next();
        let revision = Revision { assessment, ..revision_of(&content, number, &self.facts.policy) };
        let Follows { deadlines, touched, marks, voids } = self.follows(&revision);
        let bound = self.bound(&marks, seen);
        let fact = Fact::Modified { bound, step: id.clone(), revision, deadlines, touched, voids, edits };
        let payload =
            Payload { content: Some(Shared::new(content)), reason: reason.clone(), ..Payload::default() };
        Ok(vec![self.entry(fact, Held::Here(Box::new(payload)))])
    }

    /// The edits that stand once the caller has edited `id`, or has put it back as it was.
    fn edits(&self, id: &StepId, restored: bool) -> Vec<Edited> {
        let mut edits: BTreeMap<&StepId, Vec<Editor>> =
            self.request.edits.iter().map(|(step, standing)| (step, standing.by.clone())).collect();
        let me = Editor {
            name: self.caller.name.clone(),
            person: self.caller.person.clone(),
            own: self.request.requester.is(self.caller),
        };
        if restored {
            edits.remove(id);
        } else {
            let by = edits.entry(id).or_default();
            if !by.contains(&me) {
                by.push(me);
            }
        }
        edits.into_iter().map(|(step, by)| Edited { step: step.clone(), by }).collect()
    }

    /// A change of prose keeps the sign-offs; a change of what would happen, of a mark, or of the quorum voids them.
    fn follows(&self, revision: &Revision) -> Follows {
        let request = self.request;
        let touched: Vec<StepId> = difference::steps(&request.revision.steps, &revision.steps)
            .into_iter()
            .map(|(id, _)| id)
            .collect();
        let mut marks = Marks::undecided(revision.steps.iter().map(|s| &s.id));
        for step in revision.steps.iter().filter(|s| !touched.contains(&s.id)) {
            marks.set(step.id.clone(), request.marks.on(&step.id));
        }
        let marks_digest = marks.digest();
        let harder = revision.assessment.is_harder_than(request.assessment());
        let voids = request.counting().filter(|s| {
            harder || s.bound.revision_digest != revision.digest || s.bound.marks_digest != marks_digest
        });
        let voids = voids.map(|s| s.number).collect();
        Follows {
            deadlines: judging::tightened(self.given_back(), &revision.assessment, self.now),
            touched,
            marks,
            voids,
        }
    }
}

impl Request {
    /// The step of the current revision that `name`, or `person`, edited, if any.
    pub fn edited_by(&self, caller: &crate::domain::principal::Caller) -> Option<&StepId> {
        let is_me =
            |by: &Editor| by.name == caller.name || (by.person.is_some() && by.person == caller.person);
        self.edits.iter().find(|(_, standing)| standing.by.iter().any(is_me)).map(|(step, _)| step)
    }
}
