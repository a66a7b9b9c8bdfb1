//! The rules, as questions that can be asked first: by `decide`, by the footer that greys a key, by `explain`.
//!
//! Every refusal is checked in the order of [`crate::domain::refusal`].

mod assigning;
mod bounds;
mod given;

pub use assigning::{at_the_top, candidates, could_fill, eligible};
pub use bounds::{leaves_fixed, may_leave_out, nothing_mandatory_is_left_out};
pub use given::{Withdrawable, last_signoff, overtaken, reaffirms, withdrawable};

use crate::domain::command::{Facts, Seen};
use crate::domain::conflict::conflicts;
use crate::domain::content::Kind;
use crate::domain::difference;
use crate::domain::hands;
use crate::domain::marks::{Mark, Marks};
use crate::domain::membership::Outsider;
use crate::domain::moment::Moment;
use crate::domain::names::StepId;
use crate::domain::overriding;
use crate::domain::preview::{Outcome, Results, nothing_is_missing, preview};
use crate::domain::principal::{Assurance, Caller, PrincipalKind};
use crate::domain::quorum::{Signer, fill};
use crate::domain::refusal::Refusal;
use crate::domain::request::{Request, State, Verdict};
use crate::domain::signing;
use crate::domain::statement::Deed;
use crate::domain::text::Text;
use crate::domain::transitions::{Reason, Verb, Who};

/// Whether `caller` may use `verb` on `request` now, apart from what they saw and say: state, kind, own request and
/// permission.
///
/// # Errors
/// The first [`Refusal`] in order.
pub fn may(
    verb: Verb,
    request: &Request,
    caller: &Caller,
    facts: &Facts,
    now: Moment,
) -> Result<(), Refusal> {
    may_by_state(verb, request)?;
    may_by_person(verb, request, caller, facts)?;
    may_without_policy(verb, facts)?;
    if matches!(verb, Verb::Approve | Verb::Override)
        && let Some(why) = facts.policy.capabilities.forbid(request)
    {
        return Err(Refusal::NotNow { id: request.id, why });
    }
    if matches!(verb, Verb::Approve | Verb::Reject) {
        overriding::may_close(request, caller, facts, now)?;
    }
    match verb {
        Verb::Approve => may_fill_a_slot(request, caller, facts, now),
        Verb::Answer => may_answer(request, caller, facts, now),
        Verb::Withdraw => withdrawable(request, caller).map(|_| ()),
        Verb::Claim => may_claim(request, caller, facts, now),
        Verb::Release => may_release(request, caller, now),
        Verb::Escalate if request.next_rung().is_none() => Err(at_the_top(request)),
        Verb::Override => {
            was_there(request, caller, facts)?;
            overriding::may_go_ahead(request, facts)
        }
        _ => Ok(()),
    }
}

/// The state and kind columns of the table.
///
/// # Errors
/// [`Refusal::Closed`] or [`Refusal::NotNow`].
pub fn may_by_state(verb: Verb, request: &Request) -> Result<(), Refusal> {
    let row = verb.row();
    let state = request.state_name();
    if !row.from.contains(&state) {
        if let Some(closed) = request.closed() {
            return Err(Refusal::Closed {
                id: request.id,
                state,
                answered: matches!(closed.verdict, Verdict::Approved { answer: Some(_), .. }),
                by: closed.by.clone(),
                at: closed.at,
            });
        }
        let why = match (&request.state, verb) {
            (_, Verb::Run | Verb::Next) => {
                format!("refused: not approved; it is {} and nothing of it may run", state.word())
            }
            (State::ChangesRequested { bound, .. }, _) => {
                format!(
                    "changes were requested by {}; it waits for {}",
                    bound.signer.name, request.requester.name
                )
            }
            (_, Verb::Resubmit) => "no changes were requested; use `submit --revise` to change it".to_owned(),
            _ => format!("cannot {} while it is {}", verb.word(), state.word()),
        };
        return Err(Refusal::NotNow { id: request.id, why });
    }
    let not_now = |why: String| Err(Refusal::NotNow { id: request.id, why });
    if verb == Verb::Mark && !request.has_steps() {
        return not_now("it has no steps to mark; decide on it without --step".to_owned());
    }
    if request.kind() == Kind::Debt && matches!(verb, Verb::Override | Verb::Cancel | Verb::RequestChanges) {
        return not_now(format!(
            "a debt cannot be {}: it is reviewed, by `approve` or `reject`",
            match verb {
                Verb::Override => "overridden",
                Verb::Cancel => "cancelled",
                _ => "given back",
            }
        ));
    }
    let changes = matches!(verb, Verb::RequestChanges | Verb::Resubmit | Verb::Revise);
    if changes && request.kind() == Kind::Policy {
        return not_now(
            "a policy that was proposed is not changed: reject or cancel it, and propose again with `policy adopt`"
                .to_owned(),
        );
    }
    if !row.only.is_empty() && !row.only.contains(&request.kind()) {
        return not_now(format!("a {} is not for `{}`", request.kind(), verb.word()));
    }
    if verb == Verb::Approve && request.kind() == Kind::Question {
        return not_now("a question is answered, not approved: use `answer`".to_owned());
    }
    Ok(())
}

/// Whether the policy can be read, or `verb` lets nothing run: what a broken policy must not stop.
fn may_without_policy(verb: Verb, facts: &Facts) -> Result<(), Refusal> {
    const LETS_NOTHING_RUN: [Verb; 19] = [
        Verb::Withdraw,
        Verb::Reject,
        Verb::RequestChanges,
        Verb::Resubmit,
        Verb::Revise,
        Verb::Claim,
        Verb::Release,
        Verb::Comment,
        Verb::Attach,
        Verb::Cancel,
        Verb::Expire,
        Verb::Lapse,
        Verb::Snooze,
        Verb::Report,
        Verb::Stop,
        Verb::LeaveOut,
        Verb::RollBack,
        Verb::Escalate,
        Verb::Reassign,
    ];
    // A team's store without a policy knows of nobody for sure: it takes a no, and what was begun can end.
    const IN_A_TEAM: [Verb; 9] = [
        Verb::Withdraw,
        Verb::Reject,
        Verb::Comment,
        Verb::Cancel,
        Verb::Expire,
        Verb::Lapse,
        Verb::Report,
        Verb::Stop,
        Verb::RollBack,
    ];
    let allowed: &[Verb] = if facts.team { &IN_A_TEAM } else { &LETS_NOTHING_RUN };
    match &facts.policy.trouble {
        Some(why) if !allowed.contains(&verb) => Err(Refusal::NoPolicy { why: why.clone() }),
        _ => Ok(()),
    }
}

/// The who column of the table.
fn may_by_person(verb: Verb, request: &Request, caller: &Caller, facts: &Facts) -> Result<(), Refusal> {
    let who = verb.row().who;
    match who {
        Who::Reviewer | Who::Answerer => {
            let own = hands::is_own(request.whose(), caller, facts)
                && !facts.self_review
                && !(who == Who::Answerer && request.requester.is_agent_of(caller));
            if own {
                return Err(Refusal::OwnRequest { requester: request.whose().name.clone() });
            }
            bounds::within_ones_bounds(request, facts)?;
            needs(verb.permission(request.kind(), caller.kind), facts)
        }
        Who::Overrider => {
            if hands::is_own(request.whose(), caller, facts) {
                return Err(Refusal::OwnRequest { requester: request.whose().name.clone() });
            }
            let permission = verb.permission(request.kind(), caller.kind);
            // A program never overrides, whatever it may: that is for somebody who can be asked why.
            bounds::within_ones_bounds(request, facts)?;
            match caller.kind {
                PrincipalKind::Human => needs(permission, facts),
                _ => Err(Refusal::NotPermitted { permission }),
            }
        }
        Who::Editor if request.requester.is_acted_for_by(caller) => Ok(()),
        Who::Looker => needs(verb.permission(request.kind(), caller.kind), facts),
        Who::Editor | Who::Escalator | Who::Assigner => {
            bounds::within_ones_bounds(request, facts)?;
            needs(verb.permission(request.kind(), caller.kind), facts)
        }
        Who::Requester if !request.requester.is_acted_for_by(caller) => Err(Refusal::NotRequester {
            verb: verb.word(),
            requester: request.requester.name.clone(),
            team: facts.team,
        }),
        Who::Runner if request.requester.is_acted_for_by(caller) => Ok(()),
        Who::Runner => needs(crate::domain::principal::Permission::Operator, facts),
        Who::Requester | Who::Author | Who::Anyone | Who::Oneself | Who::Clock => Ok(()),
    }
}

fn needs(permission: crate::domain::principal::Permission, facts: &Facts) -> Result<(), Refusal> {
    if facts.standing.may(permission) { Ok(()) } else { Err(Refusal::NotPermitted { permission }) }
}

/// The caller as a signer.
pub fn signer(caller: &Caller, facts: &Facts) -> Signer {
    Signer {
        name: caller.name.clone(),
        kind: caller.kind,
        person: caller.person.clone(),
        roles: facts.standing.roles.clone(),
        assurance: caller.assurance,
        newcomer: false,
    }
}

/// Since when the caller is enrolled as they are, when that is after the request was made.
pub fn newcomer(request: &Request, caller: &Caller, facts: &Facts) -> Option<Moment> {
    let enrolled = facts.policy.roster.find(&caller.name).filter(|_| facts.team)?;
    enrolled.since.filter(|since| *since > request.created_at)
}

/// Whether the sign-off of somebody who was enrolled after the request was made counts: as its rule says, and else where
/// it is not sensitive.
fn newcomers_count(request: &Request, facts: &Facts) -> bool {
    let assessment = request.assessment();
    let rule = facts.policy.rules.iter().find(|rule| rule.name == assessment.rule);
    rule.and_then(|rule| rule.newcomers).unwrap_or(!assessment.sensitive)
}

/// Whether enough was said of what was seen: in a team a sensitive decision names it, by a digest, a screen or a
/// signature.
///
/// # Errors
/// [`Outsider::Unseen`].
pub fn seen_enough(request: &Request, seen: &Seen, facts: &Facts) -> Result<(), Refusal> {
    let signed = matches!(facts.signature, Some(Ok(_)));
    if facts.team && request.assessment().sensitive && *seen == Seen::Nothing && !signed {
        return Err(Refusal::Outsider(Outsider::Unseen));
    }
    Ok(())
}

/// Who was enrolled, or given the role, after the request was made stands for it only where policy says so.
fn was_there(request: &Request, caller: &Caller, facts: &Facts) -> Result<(), Refusal> {
    match newcomer(request, caller, facts).filter(|_| !newcomers_count(request, facts)) {
        Some(since) => Err(Refusal::Outsider(Outsider::Newcomer { name: caller.name.clone(), since })),
        None => Ok(()),
    }
}

/// An answer is one person's, and closes the question: it stands for all the sign-offs that policy asks for, or is none.
fn may_answer(request: &Request, caller: &Caller, facts: &Facts, now: Moment) -> Result<(), Refusal> {
    may_fill_a_slot(request, caller, facts, now)?;
    match request.open_slots().len() {
        0 | 1 => Ok(()),
        more => Err(Refusal::NotNow {
            id: request.id,
            why: format!(
                "policy asks for {more} sign-offs, and an answer is one: ask for it as a gate, or let a rule for questions \
                 ask for one"
            ),
        }),
    }
}

/// Whether the caller's sign-off would fill a slot that is open: the matching grows by one.
fn may_fill_a_slot(request: &Request, caller: &Caller, facts: &Facts, now: Moment) -> Result<(), Refusal> {
    let me = signer(caller, facts);
    let mut signers: Vec<Signer> = request.counting().map(|s| s.bound.signer.clone()).collect();
    if let Some(mine) = request.counting().find(|s| {
        s.bound.signer.name == me.name || (me.person.is_some() && s.bound.signer.person == me.person)
    }) {
        let signed = mine.bound.signer.name.clone();
        // A person and the agents they own are one pair of eyes, whoever signs first.
        if facts.team && mine.bound.signer.kind != caller.kind {
            return Err(Refusal::Outsider(Outsider::OnePerson { signed }));
        }
        return Err(Refusal::AlreadySigned { by: signed, at: mine.at });
    }
    was_there(request, caller, facts)?;
    if let Some(step) = request.edited_by(caller).filter(|_| facts.team) {
        return Err(Refusal::OwnEdit { step: step.clone() });
    }
    let marks = request.marks.with_undecided_approved();
    signing::brought(request, Deed::Approve, &marks, facts, &caller.name, now)?;
    let slots = &request.assessment().slots;
    let filled = |signers: &[Signer]| fill(slots, signers).iter().flatten().count();
    let before = filled(&signers);
    signers.push(me);
    let mut fills_as = |assurance: Assurance| {
        if let Some(me) = signers.last_mut() {
            me.assurance = assurance;
        }
        filled(&signers) > before
    };
    let unfilled = if fills_as(caller.assurance) {
        return Ok(());
    } else if caller.assurance < Assurance::Signed && fills_as(Assurance::Signed) {
        Refusal::NeedsSignature { id: request.id, touch: false }
    } else if caller.assurance < Assurance::SignedTouch && fills_as(Assurance::SignedTouch) {
        Refusal::NeedsSignature { id: request.id, touch: true }
    } else {
        Refusal::NoSlot { open: request.open_slots().into_iter().cloned().collect() }
    };
    Err(unfilled)
}

fn may_claim(request: &Request, caller: &Caller, facts: &Facts, now: Moment) -> Result<(), Refusal> {
    match request.live_claim(now) {
        Some(claim) if claim.by != caller.name => {
            Err(Refusal::ClaimedBy { by: claim.by.clone(), until: claim.until })
        }
        Some(claim) if now.since(claim.taken) < facts.policy.claim_again_after => {
            let why = format!(
                "you are on it until {}; a claim is extended at most every 5 minutes",
                claim.until.hour_and_minute()
            );
            Err(Refusal::NotNow { id: request.id, why })
        }
        _ => Ok(()),
    }
}

fn may_release(request: &Request, caller: &Caller, now: Moment) -> Result<(), Refusal> {
    match request.live_claim(now) {
        Some(claim) if claim.by == caller.name => Ok(()),
        Some(claim) => Err(Refusal::ClaimedBy { by: claim.by.clone(), until: claim.until }),
        None => Err(Refusal::NotNow { id: request.id, why: "nobody has claimed it".to_owned() }),
    }
}

/// Whether what was seen is still what is there.
///
/// # Errors
/// [`Refusal::Changed`] with the difference.
pub fn still_as_seen(request: &Request, seen: &Seen) -> Result<(), Refusal> {
    match difference::since(seen, request) {
        Some(difference) => Err(Refusal::Changed(Box::new(difference))),
        None => Ok(()),
    }
}

/// Whether `marks` could be signed: the content is there, some step is approved, and none of those is blocked.
///
/// # Errors
/// [`Refusal::Uninspectable`], [`Refusal::NothingApproved`] or [`Refusal::Blocked`].
pub fn may_sign(request: &Request, marks: &Marks) -> Result<(), Refusal> {
    let Some(content) = &request.content else { return Err(Refusal::Uninspectable) };
    crate::domain::evidence::is_there(request)?;
    if !request.has_steps() {
        return Ok(());
    }
    if !marks.has(Mark::Approved) {
        return Err(Refusal::NothingApproved);
    }
    if nothing_is_missing(marks, &Results::new()) {
        return Ok(());
    }
    let mut runs = false;
    for (step, outcome) in preview(content, marks) {
        // A condition that is still open may turn out either way: a sign-off must be able to stand for the worst.
        if let Outcome::BlockedBy(needed) | Outcome::Asks(needed) = outcome.worst() {
            let (id, needed, conflicts) = (request.id, needed.clone(), conflicts(content, marks));
            return Err(Refusal::Blocked { id, step, needed, conflicts });
        }
        runs |= outcome.may_run();
    }
    if runs { Ok(()) } else { Err(Refusal::NothingApproved) }
}

/// Whether the reason that is required for `verb` was given.
///
/// # Errors
/// [`Refusal::ReasonRequired`].
pub fn reason_given(verb: Verb, request: &Request, reason: Option<&Text>) -> Result<(), Refusal> {
    if reason.is_some_and(|r| !r.is_blank()) {
        return Ok(());
    }
    let for_what = match (verb.row().reason, verb) {
        (Reason::Required, Verb::Reject) => "to reject",
        (Reason::Required, Verb::RequestChanges) => "to request changes (it is what the producer must do)",
        (Reason::Required, Verb::Escalate) => "to escalate (it is what whoever gets it reads first)",
        (Reason::Required, Verb::Override) => "to override",
        (Reason::Required, _) => "to cancel",
        (Reason::WhenSensitive, _) if request.kind() == Kind::Debt => "to close a review that is owed",
        (Reason::WhenSensitive, _) if request.assessment().sensitive => "to approve anything sensitive",
        _ => return Ok(()),
    };
    Err(Refusal::ReasonRequired { for_what })
}

/// Whether `step` is one of the request's.
///
/// # Errors
/// [`Refusal::NoSuchStep`].
pub fn has_step(request: &Request, step: &StepId) -> Result<(), Refusal> {
    if request.revision.steps.iter().any(|s| s.id == *step) {
        Ok(())
    } else {
        Err(Refusal::NoSuchStep { id: request.id, step: step.clone() })
    }
}
