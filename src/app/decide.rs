//! Deciding: one command on one request, as one transaction.

use crate::app::{App, Error, Failure};
use crate::domain::command::{Command, Facts};
use crate::domain::event::Entry;
use crate::domain::names::{RequestId, Seq};
use crate::domain::policy::Policy;
use crate::domain::principal::{Caller, Standing};
use crate::domain::refusal::Refusal;
use crate::domain::request::Request;

/// What a decision left behind.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decided {
    /// What was recorded, in order; empty when the command changed nothing.
    pub entries: Vec<Entry>,
    /// Where in the log.
    pub places: Vec<Seq>,
    /// The request afterwards.
    pub after: Request,
}

/// What is true across requests for anybody in a solo store without an adopted policy.
pub(super) fn facts(open_of_requester: u64, self_review: bool) -> Facts {
    Facts {
        policy: Policy::BUILT_IN,
        standing: Standing::everything(),
        self_review,
        open_of_requester,
        team: false,
    }
}

impl App {
    /// Does one command. What is due by the clock is recorded with it — also when the command is refused.
    ///
    /// # Errors
    /// The refusal, or a failure; nothing but what was due was recorded then.
    pub fn decide(&mut self, id: RequestId, command: &Command, caller: &Caller) -> Result<Decided, Error> {
        let now = self.now();
        let self_review = self.config.solo.self_review;
        self.store
            .write(|tx| -> Result<Result<Decided, Refusal>, Error> {
                let Some(request) = tx.load(id)? else {
                    return Err(Refusal::NoSuchRequest(id.to_string()).into());
                };
                if command.can_wait() {
                    tx.room_for_more()?;
                }
                let facts = facts(tx.open_of(&request.requester.name)?, self_review);
                match request.decide(command, caller, &facts, now) {
                    Ok(entries) => {
                        let (after, places) = tx.commit(&request, &entries)?;
                        Ok(Ok(Decided { entries, places, after }))
                    }
                    Err(refusal) => {
                        let due = request.decide(&Command::Settle, caller, &facts, now)?;
                        if due.is_empty() {
                            return Err(refusal.into());
                        }
                        tx.commit(&request, &due)?;
                        Ok(Err(refusal))
                    }
                }
            })?
            .map_err(Error::from)
    }

    /// What is true of the caller and the request across requests: for greying keys and for `explain`. The write that
    /// decides gathers them again.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn facts(&self, _caller: &Caller, request: &Request) -> Result<Facts, Failure> {
        let open = self.store.counter(&format!("open-of:{}", request.requester.name))?;
        Ok(facts(open, self.config.solo.self_review))
    }

    /// Records what time has done by now, oldest first, a bounded number at a time; how many requests it touched.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn settle_due(&mut self) -> Result<usize, Error> {
        const AT_ONCE: usize = 200;
        let system = Caller::system();
        let due = self.store.due(self.now(), AT_ONCE)?;
        for id in &due {
            self.decide(*id, &Command::Settle, &system)?;
        }
        Ok(due.len())
    }
}
