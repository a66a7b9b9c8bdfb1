//! Successors: a closed request is never revived. What is left of its work is asked for anew, by a request that says
//! which one it goes on with.

use crate::domain::command::Facts;
use crate::domain::content::Content;
use crate::domain::event::{Deadlines, Edited, Entry, Fact, Held};
use crate::domain::invalid::Invalid;
use crate::domain::names::{RequestId, StepId};
use crate::domain::policy::risk::Circumstances;
use crate::domain::preview::{Ran, Results};
use crate::domain::refusal::Refusal;
use crate::domain::request::Request;
use crate::domain::shared::Shared;
use crate::domain::step::{Step, before};
use std::collections::BTreeSet;

/// The steps of a plan that have not run to a good end: what a successor asks for. A need that only said "after that
/// one" is met by what has run, and goes.
///
/// # Errors
/// [`Invalid`] when nothing is left, or when a step takes a value from one that has run: whoever asks must say which
/// value it is to be, so that a reviewer sees it.
pub fn remaining(content: &Content, results: &Results) -> Result<Content, Invalid> {
    let has_run = |id: &StepId| matches!(results.get(id), Some(Ran::Completed(_)));
    let mut out = content.clone();
    out.steps.retain(|step| !has_run(&step.id));
    if out.steps.is_empty() && !content.steps.is_empty() {
        return Err(Invalid::new("steps", "every step has run: there is nothing to go on with"));
    }
    for step in &mut out.steps {
        if let Some(taken) = takes_from(step, &has_run) {
            let why = format!(
                "takes {taken} from what has run; hand in a document that holds the value, as `resubmit R FILE --as-new`"
            );
            return Err(Invalid::new(format!("steps.{}", step.id), why));
        }
        step.needs.retain(|entry| !entry.each().any(|need| has_run(&need.step)));
    }
    Ok(out)
}

/// A value that `step` would take from one that has run, as `step.field`: by a need, a condition or a placeholder.
fn takes_from(step: &Step, has_run: &impl Fn(&StepId) -> bool) -> Option<String> {
    for need in step.single_needs() {
        if let (true, Some(field)) = (has_run(&need.step), &need.field) {
            return Some(format!("{}.{field}", need.step));
        }
        if let Some(condition) = need.when.as_ref().filter(|condition| has_run(&condition.step)) {
            return Some(format!("{}.{}", condition.step, condition.field));
        }
    }
    // A placeholder without a need is seen by its name alone.
    let text = crate::domain::canon::canonical_or_poison(&step.effect_of());
    let named = |id: &&StepId| text.contains(&format!("{{{{{id}."));
    before(step).into_iter().filter(|id| has_run(id)).find(named).map(|id| format!("a value of {id}"))
}

/// Makes the submission `entry` of request `id` one that goes on with `old`; what is recorded on that one stands
/// beside it. Who edited a step that goes on as they left it has edited the new request too, and it is judged so.
///
/// # Errors
/// [`Refusal::NotRequester`] when somebody else asked for the old one, [`Refusal::NotNow`] while it is open.
pub fn continuing(
    mut entry: Entry,
    id: RequestId,
    old: &Request,
    facts: &Facts,
) -> Result<(Entry, Entry), Refusal> {
    if entry.by != old.requester.name {
        let requester = old.requester.name.clone();
        return Err(Refusal::NotRequester { verb: "go on with", requester, team: facts.team });
    }
    if old.is_open() {
        return Err(still_open(old.id));
    }
    let content = entry.payload.here().and_then(|payload| payload.content.clone());
    if let Fact::Submitted { continues, edits, revision, deadlines, .. } = &mut entry.fact {
        *continues = Some(old.id);
        *edits = content.as_deref().map(|content| carried(old, content)).unwrap_or_default();
        let by_others = edits.iter().filter(|e| e.by.iter().any(|by| !by.own)).map(|e| e.step.clone());
        let edited: BTreeSet<StepId> = by_others.collect();
        if let (Some(content), false) = (&content, edited.is_empty()) {
            let circumstances = Circumstances { edited, ..Circumstances::default() };
            revision.assessment = Shared::new(facts.policy.assess_in(content, &circumstances));
            *deadlines = Deadlines::of(&revision.assessment, entry.at);
        }
    }
    let of_old = Entry { fact: Fact::Continued { by: id }, payload: Held::None, ..entry.clone() };
    Ok((entry, of_old))
}

/// The edits of `old` that stand in `content`: of steps whose parameters are as their editors left them.
fn carried(old: &Request, content: &Content) -> Vec<Edited> {
    let same = |id: &StepId| {
        let before = old.content.as_ref().and_then(|content| content.step(id));
        before.zip(content.step(id)).is_some_and(|(before, now)| before.params == now.params)
    };
    let standing = old.edits.iter().filter(|(id, _)| same(id));
    standing.map(|(step, standing)| Edited { step: step.clone(), by: standing.by.clone() }).collect()
}

/// Why a request that is open is not gone on with.
pub fn still_open(id: RequestId) -> Refusal {
    Refusal::NotNow { id, why: "it is still open; change it with `resubmit` or `submit --revise`".to_owned() }
}
