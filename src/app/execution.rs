//! An execution from outside: a producer that does the steps itself, and whoever looks how it stands.

use crate::app::team::Place;
use crate::app::{App, Decided, Error, Failure};
use crate::domain::command::{Command, Said};
use crate::domain::digest::{TokenDigest, hex};
use crate::domain::execution::Runner;
use crate::domain::moment::Moment;
use crate::domain::names::{RequestId, StepId};
use crate::domain::principal::Caller;
use crate::domain::refusal::Refusal;
use crate::domain::request::{Execution, Request};

/// A token as it is given to the holder, once; only its digest is kept.
pub(super) fn new_token() -> Result<String, Failure> {
    let mut bytes = [0u8; 16];
    super::clock::chance(&mut bytes)
        .map_err(|e| Failure::io("drawing random bytes", e, "check /dev/urandom"))?;
    Ok(hex(&bytes))
}

impl App {
    /// What the producer may do next. The first call claims the execution, and is told the token.
    ///
    /// # Errors
    /// The refusal: not approved, lapsed, or the execution is somebody else's.
    pub fn next(
        &mut self,
        id: RequestId,
        token: Option<&str>,
        caller: &Caller,
    ) -> Result<(Option<String>, Request), Error> {
        let (fresh, token) = match token {
            Some(token) => (None, token.to_owned()),
            None => {
                let token = new_token()?;
                (Some(token.clone()), token)
            }
        };
        let digest = TokenDigest::of(&token);
        if fresh.is_some() {
            self.decide(id, &Command::Start { token: digest, runner: Runner::Producer }, caller)?;
        }
        let request = self.look(id)?;
        let over = request.execution != Some(Execution::Running);
        let request = match over && request.run.as_ref().is_some_and(|run| run.token == digest) {
            // For its holder the end is an answer.
            true => request,
            false => self.decide(id, &Command::Next { token: digest }, caller)?.after,
        };
        Ok((fresh, request))
    }

    /// What the producer says of a step.
    ///
    /// # Errors
    /// The refusal: another token, or the step is not in a state for that.
    pub fn report(
        &mut self,
        id: RequestId,
        step: &StepId,
        token: &str,
        said: Said,
        caller: &Caller,
    ) -> Result<Decided, Error> {
        let (token, by) = (TokenDigest::of(token), Runner::Producer);
        self.decide(id, &Command::Report { token, by, step: step.clone(), said: Box::new(said) }, caller)
    }

    /// Keeps how far a step has come: no event, and nothing waits for it.
    ///
    /// # Errors
    /// When the step does not run, or the token is another.
    pub fn keep_progress(
        &mut self,
        id: RequestId,
        step: &StepId,
        token: &str,
        percent: u8,
        caller: &Caller,
    ) -> Result<(), Error> {
        let (now, digest) = (self.now(), TokenDigest::of(token));
        let known = &self.known;
        self.store.write(|tx| {
            let policy = known.effective(tx)?;
            let request = Place::of(tx, &policy, caller, now)?.request(tx, id)?;
            let run = request.run.as_ref().filter(|run| run.token == digest);
            let Some(run) = run else {
                let why = "only the holder of its token says how far it has come".to_owned();
                return Err(Error::from(Refusal::NotNow { id, why }));
            };
            if !run.under_way().any(|(under_way, _)| under_way == step) {
                return Err(Refusal::NotNow { id, why: format!("{step} is not running") }.into());
            }
            Ok(tx.set_progress(id, step, percent, now)?)
        })
    }

    /// How far the steps of a request have come, as was last said.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn progress(&self, id: RequestId) -> Result<Vec<(StepId, u8, Moment)>, Error> {
        Ok(self.store.progress(id)?)
    }

    /// One request, after whatever is due was recorded of an execution that should run: also that its runner is gone.
    ///
    /// # Errors
    /// No such request, or the store cannot be read or written.
    pub fn look(&mut self, id: RequestId) -> Result<Request, Error> {
        let request = self.request(id)?;
        let runs = matches!(request.execution, Some(Execution::Running | Execution::Stopped));
        let waits = runs && request.run.as_ref().is_some_and(|run| run.under_way().next().is_some());
        if self.read_only().is_some() || !waits || !self.store.runner_is_gone(id) {
            return Ok(request);
        }
        Ok(self.decide(id, &Command::Settle, &Caller::system())?.after)
    }

    /// Whether no process of this program runs the plan of this request.
    pub fn nobody_runs(&self, id: RequestId) -> bool {
        self.store.runner_is_gone(id)
    }

    /// The requests whose plan runs, as they stand.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn executing(&mut self) -> Result<Vec<Request>, Error> {
        let ids = self.store.executing()?;
        ids.into_iter().map(|id| self.look(id)).collect()
    }
}
