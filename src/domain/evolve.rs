//! What each event does to a request. There are no rules here: what has happened cannot be refused.
//!
//! `evolve` is total: a redacted payload leaves a hole (`None`), never an error.

use crate::domain::chain::{Assignment, Timing, Whom};
use crate::domain::edit::{Original, Standing};
use crate::domain::event::{CommentNumber, Deadlines, Edited, Entry, Fact, Revision, SignOffNumber};
use crate::domain::evidence::Attached;
use crate::domain::marks::{Mark, Marks};
use crate::domain::moment::Moment;
use crate::domain::names::{PrincipalName, RequestId, RevisionNumber, StepId};
use crate::domain::quorum::Signer;
use crate::domain::request::{
    Answer, Claim, Closed, Execution, Level, MarkedBy, Request, SignOff, SignOffStanding, State, Verdict,
    Waiting,
};
use crate::domain::shared::Shared;
use crate::domain::talk::{About, Comment, Earlier, Resolved};
use crate::domain::text::Text;
use std::collections::{BTreeMap, BTreeSet};

/// What of a request calls for a reviewer: told before and after an event, it says who is woken.
struct Calling {
    revision: RevisionNumber,
    level: u8,
    waits: bool,
    open: bool,
    signoffs: usize,
}

impl Calling {
    fn of(request: &Request) -> Self {
        Self {
            revision: request.revision.number,
            level: request.level(),
            waits: matches!(request.state, State::Waiting(_)),
            open: request.is_open(),
            signoffs: request.counting().count(),
        }
    }

    /// Whether whoever snoozed it must have it back: another revision, a higher level, it waits again, or a sign-off
    /// counts no longer. What is closed wakes everybody too: there is nothing left to put off.
    fn wakes(&self, before: &Calling) -> bool {
        self.revision != before.revision
            || self.level > before.level
            || (self.waits && !before.waits)
            || self.signoffs < before.signoffs
            || !self.open
    }
}

/// What the first event of a request makes; `None` when it is not a submission.
pub fn begin(id: RequestId, entry: &Entry) -> Option<Request> {
    let Fact::Submitted { requester, reference, revision, deadlines, continues, owes, edits, promotes } =
        &entry.fact
    else {
        return None;
    };
    Some(Request {
        id,
        version: 1,
        created_at: entry.at,
        updated_at: entry.at,
        requester: requester.clone(),
        reference: reference.clone(),
        revised_by: entry.by.clone(),
        marks: Marks::undecided(revision.steps.iter().map(|s| &s.id)),
        revision: revision.clone(),
        earlier: Vec::new(),
        content: entry.payload.here().and_then(|p| p.content.clone()),
        content_before: None,
        state: State::Waiting(Waiting::Requested),
        deadlines: *deadlines,
        signoffs: Vec::new(),
        claim: None,
        snoozes: BTreeMap::new(),
        comments: Vec::new(),
        resolved: BTreeMap::new(),
        attached: Vec::new(),
        execution: None,
        lapses_at: None,
        edits: edits
            .iter()
            .map(|e| (e.step.clone(), Standing { by: e.by.clone(), original: None }))
            .collect(),
        asked: revision.digest,
        continues: *continues,
        continued_by: Vec::new(),
        marked_by: BTreeMap::new(),
        spoken: BTreeSet::new(),
        person_signs: false,
        proposed: entry.payload.here().and_then(|p| p.policy.clone()),
        run: None,
        assignments: Vec::new(),
        timing: Timing::from(entry.at),
        owes: owes.as_deref().cloned(),
        promotes: promotes.as_deref().cloned(),
        rollout: None,
    })
}

impl Request {
    /// The request after `entry` has happened to it.
    pub fn evolve(mut self, entry: &Entry) -> Self {
        let asleep = Calling::of(&self);
        self.version += 1;
        // What time did holds from when it was due, whenever somebody looked.
        let until = match &entry.fact {
            Fact::Expired { due_at } => *due_at,
            Fact::Escalated { was_due_at: Some(at), .. } => *at,
            _ => entry.at,
        };
        self.timing.courts = self.timing.courts.charged(&self.state, until);
        if !matches!(entry.fact, Fact::DecisionRefused { .. }) {
            self.updated_at = entry.at;
        }
        let payload = entry.payload.here();
        let reason = payload.and_then(|p| p.reason.clone());
        match &entry.fact {
            // A second submission cannot be decided; were it in a log, it would change nothing.
            Fact::Submitted { .. } => {}
            Fact::Revised { revision, deadlines, touched, voids } => {
                self.edits.clear();
                self.take_revision(entry, revision, *deadlines, touched, voids);
            }
            Fact::Resubmitted { revision, deadlines, touched, voids } => {
                self.edits.clear();
                self.take_revision(entry, revision, *deadlines, touched, voids);
                self.wait_again(*deadlines);
            }
            Fact::Marked { marks, voids, .. } => {
                for mark in marks {
                    self.marks.set(mark.step.clone(), mark.mark);
                    self.marked_by.insert(mark.step.clone(), MarkedBy::Person(entry.by.clone()));
                    self.spoken.insert(mark.step.clone());
                }
                self.void(voids);
            }
            Fact::SignedOff { number, bound, signature, .. } => self.signoffs.push(SignOff {
                number: *number,
                bound: bound.clone(),
                at: entry.at,
                reason,
                standing: SignOffStanding::Counts,
                rule: None,
                signature: signature.clone(),
            }),
            Fact::SignOffWithdrawn { number } => self.stand(&[*number], SignOffStanding::Withdrawn),
            Fact::Approved { revision_digest, marks_digest, lapses_at, .. } => {
                let (revision_digest, marks_digest) = (*revision_digest, *marks_digest);
                let signers: Vec<Signer> = self.counting().map(|s| s.bound.signer.clone()).collect();
                self.was_reviewed_by(&signers);
                let why = self.signoffs.last().and_then(|s| s.reason.clone());
                self.close(entry, Verdict::Approved { revision_digest, marks_digest, answer: None }, why);
                self.lapses_at = *lapses_at;
                self.execution = self.kind().is_executed().then_some(Execution::NotStarted);
            }
            Fact::Answered { option, bound } => {
                let answer = Answer { option: *option, text: payload.and_then(|p| p.answer.clone()) };
                let verdict = Verdict::Approved {
                    revision_digest: bound.revision_digest,
                    marks_digest: bound.marks_digest,
                    answer: Some(answer),
                };
                self.close(entry, verdict, reason);
            }
            Fact::Overridden { bound, instead, marks, voids, lapses_at, .. } => {
                for mark in marks {
                    self.marks.set(mark.step.clone(), mark.mark);
                    self.marked_by.insert(mark.step.clone(), MarkedBy::Person(entry.by.clone()));
                }
                self.void(voids);
                let (bound, instead) = (Box::new(bound.clone()), instead.clone());
                self.close(entry, Verdict::Overridden { bound, instead }, reason);
                self.lapses_at = *lapses_at;
                self.execution = self.kind().is_executed().then_some(Execution::NotStarted);
            }
            Fact::Rejected { bound } => {
                self.was_reviewed_by(std::slice::from_ref(&bound.signer));
                self.close(entry, Verdict::Rejected, reason);
            }
            Fact::Cancelled {} => self.close(entry, Verdict::Cancelled, reason),
            Fact::Expired { due_at } => self.close_at(*due_at, entry, Verdict::Expired, None),
            Fact::ChangesRequested { bound, producer_until } => {
                self.person_signs = true;
                self.revision.assessment.leave_to_people();
                if let State::Waiting(before) = self.state {
                    self.state = State::ChangesRequested {
                        before,
                        bound: Box::new(bound.clone()),
                        since: entry.at,
                        until: *producer_until,
                    };
                    // The reason is what the producer must read: it stands in the thread, where answers go.
                    self.say(entry, &About::REQUEST, Vec::new(), reason);
                    if let Some(said) = self.comments.last_mut() {
                        said.is_reason = true;
                    }
                }
            }
            Fact::ChangesWithdrawn { deadlines } => self.wait_again(*deadlines),
            Fact::Lapsed { .. } => self.execution = Some(Execution::Lapsed),
            Fact::Claimed { until } => {
                self.claim = Some(Claim { by: entry.by.clone(), taken: entry.at, until: *until });
            }
            Fact::Released {} => self.claim = None,
            Fact::Commented { step, reply_to, param, mentions, .. } => {
                let about = About { step: step.clone(), param: param.clone(), reply_to: *reply_to };
                self.say(entry, &about, mentions.clone(), payload.and_then(|p| p.text.clone()));
            }
            Fact::CommentEdited { number, mentions } => {
                let index = (number.0 as usize).wrapping_sub(1);
                if let Some(comment) = self.comments.get_mut(index) {
                    let text = std::mem::replace(&mut comment.text, payload.and_then(|p| p.text.clone()));
                    let from = comment.edited.replace(entry.at).unwrap_or(comment.at);
                    comment.earlier.push(Earlier { at: from, text });
                    comment.mentions.clone_from(mentions);
                }
            }
            Fact::ThreadResolved { number } => {
                self.resolved.insert(*number, Resolved { by: entry.by.clone(), at: entry.at });
            }
            Fact::ThreadReopened { number } => {
                self.resolved.remove(number);
            }
            Fact::Attached { number, step, file } => self.attached.push(Attached {
                number: *number,
                by: entry.by.clone(),
                kind: entry.actor.kind,
                at: entry.at,
                step: step.clone(),
                label: payload.and_then(|p| p.label.clone()),
                file: *file,
                locator: payload.and_then(|p| p.locator.clone()),
            }),
            Fact::Snoozed { until } => {
                self.snoozes.insert(entry.by.clone(), *until);
            }
            Fact::SnoozeEnded {} => {
                self.snoozes.remove(&entry.by);
            }
            Fact::Modified { revision, deadlines, touched, voids, edits, .. } => {
                self.take_edits(edits);
                self.take_revision(entry, revision, *deadlines, touched, voids);
            }
            Fact::Continued { by } => self.continued_by.push(*by),
            // What was refused changes nothing.
            Fact::DecisionRefused { .. } => {}
            // Were one in a request's log, it would change nothing.
            Fact::OfStore(_) => {}
            Fact::Rollout(fact) => self.rolls_out(fact, entry.at),
            Fact::Reassessed { assessment, deadlines, touched, voids } => {
                self.revision.assessment = Shared::new((**assessment).clone());
                self.deadlines = *deadlines;
                for step in touched {
                    self.marks.set(step.clone(), Mark::Undecided);
                    self.marked_by.remove(step);
                }
                self.void(voids);
            }
            Fact::AutoApproved { rule, marks, voids, .. } => {
                for mark in marks {
                    self.marks.set(mark.step.clone(), mark.mark);
                    self.marked_by.insert(mark.step.clone(), MarkedBy::Rule(rule.clone()));
                }
                self.void(voids);
            }
            Fact::SignedByRule { rule, number, bound } => self.signoffs.push(SignOff {
                number: *number,
                bound: bound.clone(),
                at: entry.at,
                reason: None,
                standing: SignOffStanding::Counts,
                rule: Some(rule.clone()),
                signature: None,
            }),
            Fact::Escalated { level, to, was_due_at, next_at, .. } => {
                let at = was_due_at.unwrap_or(entry.at);
                self.timing.raise_at = *next_at;
                // Who had it before need not be reminded of what was due before.
                self.timing.nudged = self.timing.nudged.max(Some(at));
                self.assign(to.clone(), entry, at, true);
                if let State::Waiting(waiting) = &mut self.state {
                    *waiting = Waiting::Escalated(Level(*level));
                }
            }
            Fact::Reassigned { to, .. } => {
                self.assign(Whom::Principal(to.clone()), entry, entry.at, false);
            }
            Fact::Reminded { was_due_at, .. } => {
                let given = match self.state {
                    State::ChangesRequested { .. } => &mut self.timing.producer_nudged,
                    _ => &mut self.timing.nudged,
                };
                *given = (*given).max(Some(*was_due_at));
            }
            Fact::Started { .. }
            | Fact::Resumed { .. }
            | Fact::WentOn { .. }
            | Fact::RollingBack { .. }
            | Fact::Ended { .. }
            | Fact::StepStarted { .. }
            | Fact::StepEnded { .. }
            | Fact::StepAsked { .. }
            | Fact::StepConfirmed { .. }
            | Fact::StepLeftOut { .. }
            | Fact::StepRetried { .. } => self.go_on(entry),
        }
        if Calling::of(&self).wakes(&asleep) {
            self.snoozes.clear();
        } else {
            self.snoozes.retain(|_, until| *until > entry.at);
        }
        self
    }

    /// A debt is closed by these: a self-review when any of them is who owed it.
    fn was_reviewed_by(&mut self, signers: &[Signer]) {
        if let Some(owes) = &mut self.owes {
            let own = signers.iter().any(|s| owes.is_of(&s.name, s.person.as_ref()));
            owes.self_reviewed = own;
        }
    }

    /// The edits that stand. What a step was like before its first one is kept.
    fn take_edits(&mut self, edits: &[Edited]) {
        let mut known = std::mem::take(&mut self.edits);
        let before = self.content.as_ref();
        for Edited { step, by } in edits {
            let original = match known.remove(step) {
                Some(standing) => standing.original,
                None => before.and_then(|content| content.step(step)).map(Original::of),
            };
            self.edits.insert(step.clone(), Standing { by: by.clone(), original });
        }
    }

    fn take_revision(
        &mut self,
        entry: &Entry,
        revision: &Revision,
        deadlines: Deadlines,
        touched: &[StepId],
        voids: &[SignOffNumber],
    ) {
        let mut marks = Marks::undecided(revision.steps.iter().map(|s| &s.id));
        for step in revision.steps.iter().map(|s| &s.id).filter(|id| !touched.contains(id)) {
            marks.set(step.clone(), self.marks.on(step));
        }
        self.marked_by.retain(|step, _| marks.on(step) != Mark::Undecided || !touched.contains(step));
        self.marks = marks;
        if entry.by == self.requester.name {
            self.asked = revision.digest;
        }
        self.earlier.push(std::mem::replace(&mut self.revision, revision.clone()));
        self.revised_by = entry.by.clone();
        let content = entry.payload.here().and_then(|p| p.content.clone());
        self.content_before = std::mem::replace(&mut self.content, content);
        self.deadlines = deadlines;
        self.void(voids);
    }

    fn wait_again(&mut self, deadlines: Deadlines) {
        if let State::ChangesRequested { before, .. } = self.state {
            self.state = State::Waiting(before);
            self.timing.give_back(deadlines.due_at.since(self.deadlines.due_at));
            self.deadlines = deadlines;
        }
    }

    fn assign(&mut self, to: Whom, entry: &Entry, at: Moment, raised: bool) {
        self.assignments.push(Assignment { to, by: entry.by.clone(), at, raised });
    }

    fn void(&mut self, numbers: &[SignOffNumber]) {
        self.stand(numbers, SignOffStanding::Void);
    }

    fn stand(&mut self, numbers: &[SignOffNumber], standing: SignOffStanding) {
        for signoff in self.signoffs.iter_mut().filter(|s| numbers.contains(&s.number)) {
            signoff.standing = standing;
        }
    }

    fn close(&mut self, entry: &Entry, verdict: Verdict, reason: Option<Text>) {
        self.close_at(entry.at, entry, verdict, reason);
    }

    fn close_at(&mut self, at: Moment, entry: &Entry, verdict: Verdict, reason: Option<Text>) {
        self.state = State::Closed(Box::new(Closed {
            verdict,
            by: entry.by.clone(),
            assurance: entry.assurance,
            at,
            reason,
        }));
        self.claim = None;
    }

    fn say(&mut self, entry: &Entry, about: &About, mentions: Vec<PrincipalName>, text: Option<Text>) {
        let About { step, param, reply_to } = about.clone();
        self.comments.push(Comment {
            number: CommentNumber(self.comments.len() as u32 + 1),
            by: entry.by.clone(),
            kind: entry.actor.kind,
            at: entry.at,
            step,
            param,
            reply_to,
            mentions,
            text,
            earlier: Vec::new(),
            edited: None,
            is_reason: false,
        });
    }
}
