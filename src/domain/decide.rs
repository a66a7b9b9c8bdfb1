//! Deciding: from a request, a command and the facts, the entries that record it — or the refusal.
//!
//! What is due by the clock is settled first, so that nobody decides on what has already expired.

mod placement;

pub use placement::{OnSameReference, Placement, place};

use crate::domain::claiming::settle_gone;
use crate::domain::command::{Command, Facts, Seen};
use crate::domain::content::{Content, Kind};
use crate::domain::digest::MarksDigest;
use crate::domain::due;
use crate::domain::event::{
    Actor, Bound, Deadlines, Entry, Fact, Held, MarkFact, Payload, Revision, Sight, SignOffNumber, StepFact,
};
use crate::domain::invalid::Invalid;
use crate::domain::judging;
use crate::domain::marks::{Mark, Marks};
use crate::domain::moment::{Moment, Span};
use crate::domain::names::{Reference, RevisionNumber, StepId};
use crate::domain::policy::Policy;
use crate::domain::policy::risk::Circumstances;
use crate::domain::precedents::with_precedent;
use crate::domain::principal::{Caller, Permission, PrincipalKind, Requester};
use crate::domain::quorum::Signer;
use crate::domain::refusal::Refusal;
use crate::domain::request::{Request, State, StateName};
use crate::domain::rules::{self, Withdrawable};
use crate::domain::shared::Shared;
use crate::domain::snooze;
use crate::domain::text::Text;
use crate::domain::transitions::Verb;
use std::borrow::Cow;

/// Decides on a new request; the content was checked against the limits.
///
/// # Errors
/// A missing permission, a kind that only the system asks for, or the producer's quota.
pub fn submit(
    content: Content,
    requester: Requester,
    reference: Option<Reference>,
    caller: &Caller,
    facts: &Facts,
    now: Moment,
) -> Result<Entry, Refusal> {
    if !facts.standing.may(Permission::Submit) {
        return Err(Refusal::NotPermitted { permission: Permission::Submit });
    }
    if matches!(content.kind, Kind::Debt | Kind::Policy) && caller.kind != PrincipalKind::System {
        let why = match content.kind {
            Kind::Debt => "a debt is opened by an override, not submitted",
            _ => "a policy is proposed by adopting it, not submitted",
        };
        return Err(Refusal::Invalid(Invalid::new("kind", why)));
    }
    asked(content, requester, reference, caller, facts, now)
}

/// A new request by whoever may ask for it.
///
/// # Errors
/// The producer's quota.
pub(super) fn asked(
    content: Content,
    requester: Requester,
    reference: Option<Reference>,
    caller: &Caller,
    facts: &Facts,
    now: Moment,
) -> Result<Entry, Refusal> {
    let limit = facts.policy.limits.open_requests;
    if facts.open_of_requester >= limit {
        return Err(Refusal::Quota { requester: requester.name, limit });
    }
    let known =
        Circumstances { failed_before: with_precedent(&content, &facts.failed), ..Circumstances::default() };
    let assessment = Shared::new(facts.policy.assess_in(&content, &known));
    let revision = Revision { assessment, ..revision_of(&content, RevisionNumber::FIRST, &facts.policy) };
    let deadlines = Deadlines::of(&revision.assessment, now);
    Ok(Entry {
        at: now,
        // A producer named in a document is who asks; the account that typed it is the store's own.
        by: requester.name.clone(),
        assurance: caller.assurance,
        actor: Actor::of(caller),
        fact: Fact::Submitted {
            requester,
            reference,
            revision,
            deadlines,
            continues: None,
            owes: None,
            edits: Vec::new(),
            promotes: None,
        },
        payload: Held::Here(Box::new(Payload { content: Some(Shared::new(content)), ..Payload::default() })),
    })
}

/// One revision of this content, as facts say it.
pub(super) fn revision_of(content: &Content, number: RevisionNumber, policy: &Policy) -> Revision {
    let (digest, steps) = content.digests();
    Revision {
        number,
        digest,
        steps: steps.into_iter().map(|(id, digest)| StepFact { id, digest }).collect(),
        kind: content.kind,
        target: content.target.clone(),
        priority: content.priority,
        assessment: Shared::new(policy.assess(content)),
    }
}

impl Request {
    /// What `command` does to this request at `now`: first whatever is due, then the command.
    ///
    /// # Errors
    /// The first [`Refusal`] in order. What was due is then still due; [`Request::due_beside`] is what to record then.
    pub fn decide(
        &self,
        command: &Command,
        caller: &Caller,
        facts: &Facts,
        now: Moment,
    ) -> Result<Vec<Entry>, Refusal> {
        let resubmits = self.state_name() == StateName::ChangesRequested;
        let (mut entries, settled) = self.settled(facts, now);
        let (judged, request) = judging::again(settled, command, facts, now)?;
        entries.extend(judged);
        let decided = Deciding { request: &request, caller, facts, now }.decide(command)?;
        let speak = match command {
            Command::Revise { .. } => !resubmits,
            // None of them changes what rules may do: without a grant there is nothing to look for. Evidence may be what a
            // rule was waiting for.
            Command::Mark { .. } | Command::Approve { .. } | Command::Attach(_) => {
                request.assessment().grant.is_some()
            }
            _ => false,
        };
        let left =
            speak.then(|| decided.iter().fold(request.into_owned(), |request, entry| request.evolve(entry)));
        entries.extend(decided);
        entries.extend(left.map(|left| judging::by_rule(&left, &facts.programs, now)).unwrap_or_default());
        Ok(entries)
    }

    /// What is recorded although `refused` was: whatever is due, and the policy that changed. A no that was refused is
    /// no yes: no rule speaks beside it.
    pub fn due_beside(&self, refused: &Command, facts: &Facts, now: Moment) -> Vec<Entry> {
        let (mut entries, settled) = self.settled(facts, now);
        entries.extend(judging::beside(settled, refused, facts, now).0);
        entries
    }

    /// What is due by the clock, and the request after it.
    fn settled(&self, facts: &Facts, now: Moment) -> (Vec<Entry>, Cow<'_, Request>) {
        let mut entries = settle_gone(self, facts, now);
        let seen = after(Cow::Borrowed(self), &entries);
        let due = due::settle(&seen, now);
        let settled = after(seen, &due);
        entries.extend(due);
        (entries, settled)
    }
}

/// Who decides sooner after the first display can hardly have read it: it is recorded, and refuses nothing.
pub const FAST: Span = Span::from_millis(2_000);
/// The request after `entries`; not copied when there are none.
pub(super) fn after<'a>(request: Cow<'a, Request>, entries: &[Entry]) -> Cow<'a, Request> {
    match entries {
        [] => request,
        some => Cow::Owned(some.iter().fold(request.into_owned(), Request::evolve)),
    }
}

/// Everything one decision looks at.
pub(super) struct Deciding<'a> {
    pub(super) request: &'a Request,
    pub(super) caller: &'a Caller,
    pub(super) facts: &'a Facts,
    pub(super) now: Moment,
}

impl Deciding<'_> {
    fn decide(&self, command: &Command) -> Result<Vec<Entry>, Refusal> {
        if let Some(verb) = command.verb() {
            rules::may(self.verb_here(verb), self.request, self.caller, self.facts, self.now)?;
        }
        match command {
            Command::Mark { steps, mark, reason, seen } => self.mark(steps, *mark, reason, seen),
            Command::Approve { reason, seen } => self.approve(reason, seen),
            Command::Withdraw => self.withdraw(),
            Command::Reject { reason, seen } => self.verdict(Verb::Reject, reason, seen),
            Command::RequestChanges { reason, seen } => self.verdict(Verb::RequestChanges, reason, seen),
            Command::Revise { content } => self.revise(content),
            Command::Answer { option, text, reason, seen } => {
                self.answer(*option, text.as_ref(), reason, seen)
            }
            Command::Claim => Ok(vec![
                self.entry(Fact::Claimed { until: self.now.plus(self.facts.policy.claim_time) }, Held::None),
            ]),
            Command::Release => Ok(vec![self.entry(Fact::Released {}, Held::None)]),
            Command::Comment { text, about } => self.comment(text, about),
            Command::EditComment { number, text } => self.edit_comment(*number, text),
            Command::Resolve { number, resolved } => self.resolve(*number, *resolved),
            Command::Attach(what) => self.attach(what),
            Command::Cancel { reason } => {
                rules::reason_given(Verb::Cancel, self.request, reason.as_ref())?;
                self.prose_fits("reason", reason.as_ref())?;
                Ok(vec![self.entry(Fact::Cancelled {}, Payload::reason(reason.clone()))])
            }
            Command::Snooze { until } => {
                let fact = snooze::fact(self.request, &self.caller.name, *until, self.now)?;
                Ok(vec![self.entry(fact, Held::None)])
            }
            Command::Override { plea, seen } => self.go_ahead(plea, seen),
            Command::Modify { step, edit, reason, seen } => self.modify(step, edit, reason, seen),
            Command::Escalate { reason } => self.escalate(reason),
            Command::Reassign { to, reason } => self.reassign(to, reason),
            Command::Settle => Ok(due::tick(self.request, self.now)),
            running => self.execute(running),
        }
    }

    /// Revising is resubmitting while changes are requested.
    pub(super) fn verb_here(&self, verb: Verb) -> Verb {
        match (verb, self.request.state_name()) {
            (Verb::Revise, StateName::ChangesRequested) => Verb::Resubmit,
            _ => verb,
        }
    }

    pub(super) fn entry(&self, fact: Fact, payload: Held) -> Entry {
        let Caller { name, assurance, .. } = self.caller;
        Entry {
            at: self.now,
            by: name.clone(),
            assurance: *assurance,
            actor: Actor::of(self.caller),
            fact,
            payload,
        }
    }

    pub(super) fn bound(&self, marks: &Marks, seen: &Seen) -> Bound {
        self.bound_to(marks.digest(), seen)
    }

    /// As [`Self::bound`], to marks whose digest is known.
    fn bound_to(&self, marks_digest: MarksDigest, seen: &Seen) -> Bound {
        Bound {
            revision: self.request.revision.number,
            revision_digest: self.request.revision.digest,
            marks_digest,
            seen: match seen {
                // A signature names the digests of what it stands for.
                Seen::Nothing if matches!(self.facts.signature, Some(Ok(_))) => Sight::Digest,
                Seen::Nothing => Sight::No,
                Seen::Prefix(_) => Sight::Digest,
                Seen::Drawn { whole: false, .. } => Sight::Drawn,
                Seen::Drawn { whole: true, .. } => Sight::Whole,
            },
            fast: self.facts.shown_at.is_some_and(|shown| self.now.since(shown) < FAST),
            signer: Signer {
                newcomer: rules::newcomer(self.request, self.caller, self.facts).is_some(),
                ..rules::signer(self.caller, self.facts)
            },
            programs: Vec::new(),
        }
    }

    fn mark(
        &self,
        steps: &[StepId],
        mark: Mark,
        reason: &Option<Text>,
        seen: &Seen,
    ) -> Result<Vec<Entry>, Refusal> {
        rules::still_as_seen(self.request, seen)?;
        let mut after = self.request.marks.clone();
        for step in steps {
            rules::has_step(self.request, step)?;
            after.set(step.clone(), mark);
        }
        self.prose_fits("reason", reason.as_ref())?;
        Ok(self.marked(&after, after.digest(), reason, seen).into_iter().collect())
    }

    /// The entry that turns the marks into `after`, whose digest is known; nothing when they are that already.
    fn marked(
        &self,
        after: &Marks,
        digest: MarksDigest,
        reason: &Option<Text>,
        seen: &Seen,
    ) -> Option<Entry> {
        let request = self.request;
        if request.marks == *after {
            return None;
        }
        let marks: Vec<MarkFact> = (request.revision.steps.iter())
            .filter_map(|s| {
                let mark = after.on(&s.id);
                let changed = request.marks.on(&s.id) != mark;
                changed.then(|| MarkFact { step: s.id.clone(), digest: s.digest, mark })
            })
            .collect();
        if marks.is_empty() {
            return None;
        }
        let voids = self.overtaken(digest).collect();
        Some(self.entry(
            Fact::Marked { bound: self.bound_to(digest, seen), marks, voids },
            Payload::reason(reason.clone()),
        ))
    }

    /// The counting sign-offs that stand for other marks than those of this digest.
    fn overtaken(&self, digest: MarksDigest) -> impl Iterator<Item = SignOffNumber> {
        self.request.counting().filter(move |s| s.bound.marks_digest != digest).map(|s| s.number)
    }

    fn approve(&self, reason: &Option<Text>, seen: &Seen) -> Result<Vec<Entry>, Refusal> {
        let marks = self.request.marks.with_undecided_approved();
        rules::still_as_seen(self.request, seen)?;
        rules::seen_enough(self.request, seen, self.facts)?;
        rules::may_sign(self.request, &marks)?;
        rules::nothing_mandatory_is_left_out(self.request, &marks, self.facts)?;
        rules::reason_given(Verb::Approve, self.request, reason.as_ref())?;
        self.prose_fits("reason", reason.as_ref())?;
        let digest = marks.digest();
        let mut entries: Vec<Entry> = self.marked(&marks, digest, &None, seen).into_iter().collect();
        let marked = !entries.is_empty();
        let number = SignOffNumber(self.request.signoffs.len() as u32 + 1);
        let bound = self.with_programs(self.bound_to(digest, seen), &marks);
        // What counts once this one does: a change of marks has just overtaken those on other marks.
        let mut counting: Vec<_> = (self.request.counting())
            .filter(|s| !marked || s.bound.marks_digest == digest)
            .map(|s| (s.number, &s.bound.signer))
            .collect();
        counting.push((number, &bound.signer));
        let closing = judging::approval(self.request, &counting, digest, self.now);
        let reaffirms = rules::reaffirms(self.request, self.caller, seen);
        // Whether it stands for this was asked with the slot.
        let proof = self.facts.signature.as_ref().and_then(|brought| brought.as_ref().ok());
        let signature = proof.map(|proof| Box::new(proof.signature.clone()));
        let fact = Fact::SignedOff { number, bound, reaffirms, signature };
        entries.push(self.entry(fact, Payload::reason(reason.clone())));
        entries.extend(closing.map(|fact| self.entry(fact, Held::None)));
        Ok(entries)
    }

    fn withdraw(&self) -> Result<Vec<Entry>, Refusal> {
        let fact = match rules::withdrawable(self.request, self.caller)? {
            Withdrawable::SignOff(signoff) => Fact::SignOffWithdrawn { number: signoff.number },
            Withdrawable::Changes => Fact::ChangesWithdrawn { deadlines: self.given_back() },
        };
        Ok(vec![self.entry(fact, Held::None)])
    }

    /// The deadlines moved by the time the producer had the ball.
    pub(super) fn given_back(&self) -> Deadlines {
        let Deadlines { due_at, expires_at } = self.request.deadlines;
        let away = match &self.request.state {
            State::ChangesRequested { since, .. } => self.now.since(*since),
            _ => crate::domain::moment::Span::ZERO,
        };
        Deadlines { due_at: due_at.plus(away), expires_at: expires_at.map(|at| at.plus(away)) }
    }

    fn verdict(&self, verb: Verb, reason: &Option<Text>, seen: &Seen) -> Result<Vec<Entry>, Refusal> {
        rules::still_as_seen(self.request, seen)?;
        rules::reason_given(verb, self.request, reason.as_ref())?;
        self.prose_fits("reason", reason.as_ref())?;
        let bound = self.bound(&self.request.marks, seen);
        let fact = match verb {
            Verb::RequestChanges => Fact::ChangesRequested {
                bound,
                producer_until: self.now.plus(self.facts.policy.producer_time),
            },
            _ => Fact::Rejected { bound },
        };
        Ok(vec![self.entry(fact, Payload::reason(reason.clone()))])
    }

    fn answer(
        &self,
        option: Option<u32>,
        text: Option<&Text>,
        reason: &Option<Text>,
        seen: &Seen,
    ) -> Result<Vec<Entry>, Refusal> {
        rules::still_as_seen(self.request, seen)?;
        rules::seen_enough(self.request, seen, self.facts)?;
        let Some(content) = &self.request.content else { return Err(Refusal::Uninspectable) };
        let answer = match (option, text) {
            (Some(n), None) => {
                content.options.get((n as usize).wrapping_sub(1)).cloned().ok_or_else(|| {
                    Refusal::Invalid(Invalid::new(
                        "option",
                        format!("there are {} options", content.options.len()),
                    ))
                })?
            }
            (None, Some(text)) if !text.is_blank() => text.clone(),
            _ => {
                return Err(Refusal::Invalid(Invalid::new(
                    "answer",
                    "give an option's number, or an answer in words",
                )));
            }
        };
        rules::reason_given(Verb::Answer, self.request, reason.as_ref())?;
        self.prose_fits("answer", Some(&answer))?;
        self.prose_fits("reason", reason.as_ref())?;
        let payload = Payload { answer: Some(answer), reason: reason.clone(), ..Payload::default() };
        let fact = Fact::Answered { option, bound: self.bound(&self.request.marks, seen) };
        Ok(vec![self.entry(fact, Held::Here(Box::new(payload)))])
    }

    pub(super) fn prose_fits(&self, field: &str, text: Option<&Text>) -> Result<(), Refusal> {
        let most = self.facts.policy.limits.prose;
        match text {
            Some(text) if text.size() > most => {
                let why = format!("{} bytes; at most {most}", text.size());
                Err(Refusal::Invalid(Invalid::new(field, why)))
            }
            _ => Ok(()),
        }
    }
}
