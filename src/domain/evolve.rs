//! What each event does to a request. There are no rules here: what has happened cannot be refused.
//!
//! `evolve` is total: a redacted payload leaves a hole (`None`), never an error.

use crate::domain::event::{Deadlines, Entry, Fact, Held, Revision, SignOffNumber};
use crate::domain::marks::Marks;
use crate::domain::moment::Moment;
use crate::domain::names::{RequestId, StepId};
use crate::domain::request::{
    Answer, Claim, Closed, Comment, Execution, Request, SignOff, SignOffStanding, State, Verdict, Waiting,
};
use crate::domain::text::Text;

/// What the first event of a request makes; `None` when it is not a submission.
pub fn begin(id: RequestId, entry: &Entry) -> Option<Request> {
    let Fact::Submitted { requester, reference, revision, deadlines } = &entry.fact else {
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
        comments: Vec::new(),
        execution: None,
        lapses_at: None,
        run: None,
    })
}

impl Request {
    /// The request after `entry` has happened to it.
    pub fn evolve(mut self, entry: &Entry) -> Self {
        self.version += 1;
        self.updated_at = entry.at;
        let payload = entry.payload.here();
        let reason = payload.and_then(|p| p.reason.clone());
        match &entry.fact {
            // A second submission cannot be decided; were it in a log, it would change nothing.
            Fact::Submitted { .. } => {}
            Fact::Revised { revision, deadlines, touched, voids } => {
                self.take_revision(entry, revision, *deadlines, touched, voids);
            }
            Fact::Resubmitted { revision, deadlines, touched, voids } => {
                self.take_revision(entry, revision, *deadlines, touched, voids);
                self.wait_again(*deadlines);
            }
            Fact::Marked { marks, voids, .. } => {
                for mark in marks {
                    self.marks.set(mark.step.clone(), mark.mark);
                }
                self.void(voids);
            }
            Fact::SignedOff { number, bound } => self.signoffs.push(SignOff {
                number: *number,
                bound: bound.clone(),
                at: entry.at,
                reason,
                standing: SignOffStanding::Counts,
            }),
            Fact::SignOffWithdrawn { number } => self.stand(&[*number], SignOffStanding::Withdrawn),
            Fact::Approved { revision_digest, marks_digest, lapses_at, .. } => {
                let (revision_digest, marks_digest) = (*revision_digest, *marks_digest);
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
            Fact::Rejected { .. } => self.close(entry, Verdict::Rejected, reason),
            Fact::Cancelled {} => self.close(entry, Verdict::Cancelled, reason),
            Fact::Expired { due_at } => self.close_at(*due_at, entry, Verdict::Expired, None),
            Fact::ChangesRequested { bound, producer_until } => {
                if let State::Waiting(before) = self.state {
                    self.state = State::ChangesRequested {
                        before,
                        bound: Box::new(bound.clone()),
                        since: entry.at,
                        until: *producer_until,
                    };
                    // The reason is what the producer must read: it stands in the thread, where answers go.
                    self.say(entry, None, None, reason);
                }
            }
            Fact::ChangesWithdrawn { deadlines } => self.wait_again(*deadlines),
            Fact::Lapsed { .. } => self.execution = Some(Execution::Lapsed),
            Fact::Claimed { until } => {
                self.claim = Some(Claim { by: entry.by.clone(), taken: entry.at, until: *until });
            }
            Fact::Released {} => self.claim = None,
            Fact::Commented { step, reply_to, .. } => {
                let text = match &entry.payload {
                    Held::Here(payload) => payload.text.clone(),
                    Held::None | Held::Gone => None,
                };
                self.say(entry, step.clone(), *reply_to, text);
            }
            Fact::Started { .. }
            | Fact::Resumed { .. }
            | Fact::Continued { .. }
            | Fact::RollingBack { .. }
            | Fact::Ended { .. }
            | Fact::StepStarted { .. }
            | Fact::StepEnded { .. }
            | Fact::StepAsked { .. }
            | Fact::StepConfirmed { .. }
            | Fact::StepLeftOut { .. }
            | Fact::StepRetried { .. } => self.go_on(entry),
        }
        self
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
        self.marks = marks;
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
            self.deadlines = deadlines;
        }
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

    fn say(
        &mut self,
        entry: &Entry,
        step: Option<StepId>,
        reply_to: Option<crate::domain::event::CommentNumber>,
        text: Option<Text>,
    ) {
        let number = crate::domain::event::CommentNumber(self.comments.len() as u32 + 1);
        self.comments.push(Comment { number, by: entry.by.clone(), at: entry.at, step, reply_to, text });
    }
}
