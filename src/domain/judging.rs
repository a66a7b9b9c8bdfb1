//! Judging: an open request again when the policy changed, and what rules do by themselves.
//!
//! Neither ever approves more than the policy grants: a policy change voids, tightens and takes back; it gives nothing
//! that a person had refused, and no time.

use crate::domain::command::{Command, Facts};
use crate::domain::digest::MarksDigest;
use crate::domain::event::{Actor, Bound, Deadlines, Entry, Fact, Held, MarkFact, Sight, SignOffNumber};
use crate::domain::hands;
use crate::domain::marks::Mark;
use crate::domain::moment::{Moment, Span};
use crate::domain::names::StepId;
use crate::domain::policy::Assessment;
use crate::domain::policy::risk::{Circumstances, named};
use crate::domain::policy::rules::policy_slot;
use crate::domain::principal::{Caller, PrincipalKind};
use crate::domain::programs::{Found, signed};
use crate::domain::quorum::{Signer, fill};
use crate::domain::refusal::Refusal;
use crate::domain::request::{MarkedBy, Request, SignOff, State};
use crate::domain::rules;
use std::borrow::Cow;

/// Judges an open request again when another policy is effective than the one it was judged by; the entries, and the
/// request after them.
///
/// # Errors
/// [`Refusal::JudgedAnew`] for a command that decides, when the policy asks more now: whoever decides must have been
/// able to know it.
pub fn again<'a>(
    request: Cow<'a, Request>,
    command: &Command,
    facts: &Facts,
    now: Moment,
) -> Result<(Vec<Entry>, Cow<'a, Request>), Refusal> {
    // A revision is judged by the policy of now anyway.
    if matches!(command, Command::Revise { .. }) {
        return Ok((Vec::new(), request));
    }
    let before = request.revision.assessment.clone();
    let (entries, after) = beside(request, command, facts, now);
    let decides = matches!(
        command,
        Command::Approve { .. } | Command::Answer { .. } | Command::Mark { .. } | Command::Override { .. }
    );
    if decides && after.assessment().is_harder_than(&before) {
        return Err(Refusal::JudgedAnew {
            id: after.id,
            risk: (before.risk, after.assessment().risk),
            open: after.open_slots().into_iter().cloned().collect(),
        });
    }
    Ok((entries, after))
}

/// As [`again`], for a command that is refused all the same: what is recorded beside it.
///
/// A no lets no rule speak: it would be recorded as a yes. Its slots are people's then, so that somebody can sign.
pub fn beside<'a>(
    request: Cow<'a, Request>,
    command: &Command,
    facts: &Facts,
    now: Moment,
) -> (Vec<Entry>, Cow<'a, Request>) {
    let no = command.says_no();
    let Some(entry) = reassessed_while(&request, facts, no, now) else { return (Vec::new(), request) };
    let mut after = request.into_owned().evolve(&entry);
    let mut entries = vec![entry];
    let by_rules = if no { Vec::new() } else { by_rule(&after, &facts.programs, now) };
    for entry in by_rules {
        after = after.evolve(&entry);
        entries.push(entry);
    }
    (entries, Cow::Owned(after))
}

/// The entry that judges an open request again; nothing when it was judged by this policy.
pub fn reassessed(request: &Request, facts: &Facts, now: Moment) -> Option<Entry> {
    reassessed_while(request, facts, false, now)
}

/// The same, while somebody says `no` to it or not.
fn reassessed_while(request: &Request, facts: &Facts, no: bool, now: Moment) -> Option<Entry> {
    let policy = &facts.policy;
    // What cannot be read judges nothing; what was redacted can only be refused.
    if policy.trouble.is_some() || !request.is_open() || request.assessment().policy == policy.digest {
        return None;
    }
    let known = Circumstances { person_signs: no || request.person_signs, ..circumstances(request) };
    let assessment = policy.assess_in(request.content.as_ref()?, &known);
    let still = |step: &StepId| assessment.grant.as_ref().is_some_and(|grant| grant.steps.contains(step));
    let taken_back = |(step, by): (&StepId, &MarkedBy)| {
        (matches!(by, MarkedBy::Rule(_)) && !still(step)).then(|| step.clone())
    };
    let touched: Vec<StepId> = request.marked_by.iter().filter_map(taken_back).collect();
    let mut marks = request.marks.clone();
    touched.iter().for_each(|step| marks.set(step.clone(), Mark::Undecided));
    let digest = marks.digest();
    let harder = assessment.is_harder_than(request.assessment());
    let lost =
        |rule: &Option<String>| rule.is_some() && *rule != assessment.grant.as_ref().map(|g| g.rule.clone());
    // Who is no longer enrolled as they were when they signed stands for nothing any more.
    let left = |s: &SignOff| facts.team && !hands::stands(s, policy);
    let voids = request
        .counting()
        .filter(|s| harder || s.bound.marks_digest != digest || lost(&s.rule) || left(s))
        .map(|s| s.number)
        .collect();
    let deadlines = match &request.state {
        // The producer's time is given back later: only what goes beyond it is tightened.
        State::ChangesRequested { since, .. } => {
            let away = now.since(*since);
            let held = tightened(moved(request.deadlines, away), &assessment, now);
            Deadlines {
                due_at: held.due_at.minus(away),
                expires_at: held.expires_at.map(|at| at.minus(away)),
            }
        }
        _ => tightened(request.deadlines, &assessment, now),
    };
    let fact = Fact::Reassessed { assessment: Box::new(assessment), deadlines, touched, voids };
    Some(by_system(fact, now))
}

/// What was known beside the content when it was judged last: it stands in the factors, and in what people said.
fn circumstances(request: &Request) -> Circumstances {
    let factors = &request.assessment().factors;
    let with = |rule: &str| {
        let name = format!("{}{rule}", named::MODIFIER);
        let of =
            |f: &crate::domain::policy::Factor| f.step.clone().filter(|_| f.rule.as_ref() == Some(&name));
        factors.iter().filter_map(of).collect()
    };
    let (edited, failed_before) = (with("edited by a reviewer"), with("its like failed before"));
    Circumstances { edited, failed_before, ..spoken(request) }
}

/// What people have said that no rule says for them, in this request as long as it lives.
pub fn spoken(request: &Request) -> Circumstances {
    let (spoken, person_signs) = (request.spoken.clone(), request.person_signs);
    Circumstances { spoken, person_signs, ..Circumstances::default() }
}

fn moved(deadlines: Deadlines, by: Span) -> Deadlines {
    Deadlines { due_at: deadlines.due_at.plus(by), expires_at: deadlines.expires_at.map(|at| at.plus(by)) }
}

/// Judging again never buys time: a deadline moves only forward to what the assessment allows from now on.
pub fn tightened(kept: Deadlines, assessment: &Assessment, now: Moment) -> Deadlines {
    let due = now.plus(assessment.due_after);
    let expires = assessment.expires_after.map(|span| now.plus(span));
    Deadlines {
        due_at: kept.due_at.min(due),
        expires_at: match (kept.expires_at, expires) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (kept, _) => kept,
        },
    }
}

/// What the rule that matched does by itself: it marks the steps it grants, where nobody has set a mark, and signs where
/// it may; `found` is what stands at the paths of the programs. A step that somebody marked, also as undecided, is theirs, in every revision.
pub fn by_rule(request: &Request, found: &Found, now: Moment) -> Vec<Entry> {
    let mut entries = Vec::new();
    let Some(grant) = request.assessment().grant.clone() else { return entries };
    if !matches!(request.state, State::Waiting(_)) {
        return entries;
    }
    if !grant.may_sign && !request.marks.has(Mark::Undecided) {
        return entries; // nothing is left for it to say
    }
    let mut after = request.clone();
    let free = |step: &StepId| {
        request.marks.on(step) == Mark::Undecided
            && !request.marked_by.contains_key(step)
            && !request.spoken.contains(step)
    };
    let facts = request.revision.steps.iter().filter(|s| grant.steps.contains(&s.id) && free(&s.id));
    let marks: Vec<MarkFact> =
        facts.map(|s| MarkFact { step: s.id.clone(), digest: s.digest, mark: Mark::Approved }).collect();
    if !marks.is_empty() {
        let mut then = request.marks.clone();
        marks.iter().for_each(|mark| then.set(mark.step.clone(), mark.mark));
        let marks_digest = then.digest();
        let voids = request.counting().filter(|s| s.bound.marks_digest != marks_digest).map(|s| s.number);
        let fact =
            Fact::AutoApproved { rule: grant.rule.clone(), marks, marks_digest, voids: voids.collect() };
        push(&mut entries, &mut after, fact, now);
    }
    let slot = policy_slot();
    if grant.may_sign
        && !request.person_signs
        && !after.marks.has(Mark::Undecided)
        && after.open_slots().contains(&&slot)
        && !after.counting().any(|s| s.rule.is_some())
        && rules::may_sign(&after, &after.marks).is_ok()
    {
        let number = SignOffNumber(after.signoffs.len() as u32 + 1);
        let bound = Bound {
            revision: after.revision.number,
            revision_digest: after.revision.digest,
            marks_digest: after.marks_digest(),
            seen: Sight::No,
            signer: rule_signer(),
            fast: false,
            programs: after.content.as_ref().map(|c| signed(c, &after.marks, found)).unwrap_or_default(),
        };
        push(&mut entries, &mut after, Fact::SignedByRule { rule: grant.rule, number, bound }, now);
        let counting: Vec<_> = after.counting().map(|s| (s.number, &s.bound.signer)).collect();
        if let Some(fact) = approval(&after, &counting, after.marks_digest(), now) {
            push(&mut entries, &mut after, fact, now);
        }
    }
    entries
}

/// What closes the request, when the sign-offs that are `counting` fill every slot. They stand for its revision and for
/// the marks of this digest.
pub fn approval(
    request: &Request,
    counting: &[(SignOffNumber, &Signer)],
    marks_digest: MarksDigest,
    now: Moment,
) -> Option<Fact> {
    let signers: Vec<Signer> = counting.iter().map(|(_, signer)| (*signer).clone()).collect();
    let filled: Option<Vec<usize>> = fill(&request.assessment().slots, &signers).into_iter().collect();
    let mut signoffs: Vec<SignOffNumber> = filled?.into_iter().map(|n| counting[n].0).collect();
    signoffs.sort_unstable();
    if signoffs.is_empty() {
        return None; // a quorum below one cannot be: without a slot nothing is ever approved
    }
    let live_for = request.assessment().live_for;
    Some(Fact::Approved {
        revision: request.revision.number,
        revision_digest: request.revision.digest,
        marks_digest,
        signoffs,
        lapses_at: request.kind().is_executed().then(|| now.plus(live_for)),
    })
}

/// A rule as a signer: nobody's person, and no human or agent.
fn rule_signer() -> Signer {
    let Caller { name, assurance, .. } = Caller::system();
    Signer { name, kind: PrincipalKind::System, person: None, roles: Vec::new(), assurance, newcomer: false }
}

fn push(entries: &mut Vec<Entry>, after: &mut Request, fact: Fact, now: Moment) {
    let entry = by_system(fact, now);
    *after = after.clone().evolve(&entry);
    entries.push(entry);
}

fn by_system(fact: Fact, now: Moment) -> Entry {
    let system = Caller::system();
    Entry {
        at: now,
        by: system.name.clone(),
        assurance: system.assurance,
        actor: Actor::of(&system),
        fact,
        payload: Held::None,
    }
}
