//! Waiting for a decision: woken by the bell, with a look of its own as the net.

use crate::app::{App, Error};
use crate::domain::command::Command;
use crate::domain::due::next_due;
use crate::domain::moment::{Moment, Span};
use crate::domain::names::{RequestId, RevisionNumber};
use crate::domain::principal::Caller;
use crate::domain::refusal::exit;
use crate::domain::request::{Execution, Request, State, Verdict};
use crate::store::bell::NET;

/// What a waiter is told: an exit code, or that there is nothing to tell yet.
///
/// `expected` is the revision the producer waits for; without it, the last one the requester made themselves.
pub fn told(request: &Request, expected: Option<RevisionNumber>) -> Option<u8> {
    let closed = match &request.state {
        State::Waiting(_) => return None,
        State::ChangesRequested { .. } => return Some(exit::CHANGES_REQUESTED),
        State::Closed(closed) => closed,
    };
    Some(match &closed.verdict {
        Verdict::Rejected => exit::REJECTED,
        Verdict::Cancelled => exit::CANCELLED,
        Verdict::Expired => exit::EXPIRED,
        Verdict::Approved { .. } | Verdict::Overridden { .. } => {
            let other = match expected {
                Some(expected) => expected != request.revision.number,
                None => request.revised_by != request.requester.name,
            };
            match request.execution {
                Some(Execution::Lapsed) => exit::EXPIRED,
                _ if other => exit::OTHER_REVISION,
                _ if !request.is_whole() => exit::IN_PART,
                _ => exit::DONE,
            }
        }
    })
}

impl App {
    /// Waits until there is something to tell the producer, at most until `deadline`. The exit code is
    /// [`exit::TIMED_OUT`] when there was nothing by then.
    ///
    /// # Errors
    /// No such request, or the store cannot be read.
    pub fn wait(
        &mut self,
        id: RequestId,
        expected: Option<RevisionNumber>,
        deadline: Option<Moment>,
    ) -> Result<(u8, Request), Error> {
        // The ear is open before the first look, so that nothing rung in between is missed.
        let mut bell = match self.ear.take() {
            Some(bell) => bell,
            None => self.bell()?,
        };
        let told = self.wait_with(&mut bell, id, expected, deadline);
        self.ear = Some(bell);
        told
    }

    fn wait_with(
        &mut self,
        bell: &mut crate::app::Bell,
        id: RequestId,
        expected: Option<RevisionNumber>,
        deadline: Option<Moment>,
    ) -> Result<(u8, Request), Error> {
        loop {
            let request = self.request(id)?;
            let now = self.now();
            let due = next_due(&request).filter(|_| request.is_open()).map(|(at, _)| at);
            if next_due(&request).is_some_and(|(at, _)| at <= now) {
                // Time itself decides what is due: expired and lapsed are recorded, not guessed.
                self.decide(id, &Command::Settle, &Caller::system())?;
                continue;
            }
            if let Some(code) = told(&request, expected) {
                return Ok((code, request));
            }
            if deadline.is_some_and(|at| at <= now) {
                return Ok((exit::TIMED_OUT, request));
            }
            let next = [due, deadline].into_iter().flatten().min();
            // One millisecond more than the rest, so that the look after it is not too early.
            let rest = next.map_or(NET, |at| Span::from_millis(at.since(now).millis() + 1));
            bell.wait(rest.min(NET));
        }
    }
}
