//! Running from the screen: the rules are asked here, and a process of its own then runs the plan as `countersign run`
//! does. The screen stays free, and may end meanwhile.

use crate::app::execution::new_token;
use crate::app::{App, Error, Failure};
use crate::domain::command::Command;
use crate::domain::digest::TokenDigest;
use crate::domain::execution::Runner;
use crate::domain::names::RequestId;
use crate::domain::principal::Caller;
use crate::domain::refusal::Refusal;
use crate::domain::text::Text;
use crate::drive::apart;
use std::ffi::OsString;

/// What is to be done with a plan in a process of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Errand {
    /// Run it, or go on with it where it stands still.
    Run,
    /// Take back what was done, last first.
    RollBack,
}

impl Errand {
    /// The command that does it.
    pub const fn word(self) -> &'static str {
        match self {
            Errand::Run => "run",
            Errand::RollBack => "roll-back",
        }
    }
}

/// What somebody who came in by a session is told.
pub fn no_program(id: RequestId, word: &str) -> Refusal {
    let why = format!("a session starts no program: `countersign {word} {id}` on the host does it");
    Refusal::NotNow { id, why }
}

/// How the process ended: as `countersign run` exits, and what it said last.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Returned {
    /// Its exit code; nothing when a signal ended it.
    pub code: Option<i32>,
    /// Its last words on stderr.
    pub said: Text,
}

impl App {
    /// Starts what would run, or take back, this plan. It is refused here when the rules refuse it; the process asks them
    /// again in the transaction that claims the execution.
    ///
    /// # Errors
    /// The refusal, or the process could not be started; nothing was changed then.
    pub fn launch(
        &mut self,
        id: RequestId,
        errand: Errand,
        caller: &Caller,
        returned: impl FnOnce(Returned) + Send + 'static,
    ) -> Result<(), Error> {
        if self.is_session() {
            return Err(no_program(id, errand.word()).into());
        }
        let request = self.request(id)?;
        let facts = self.facts(caller, &request)?;
        let token = TokenDigest::of(&new_token()?);
        let claim = match errand {
            Errand::Run => Command::Start { token, runner: Runner::Gate },
            Errand::RollBack => Command::RollBack { token, reason: None },
        };
        request.decide(&claim, caller, &facts, self.now())?;
        apart::start(&self.again_with(&[errand.word(), &id.to_string()]), |gone| {
            returned(Returned { code: gone.code, said: Text::new(gone.said) });
        })
        .map_err(|e| {
            Failure::io("starting a process of its own", e, "nothing was run: use `countersign run`")
        })?;
        Ok(())
    }

    /// The arguments that open this program on the same store, with the same settings and name, for `command`.
    fn again_with(&self, command: &[&str]) -> Vec<OsString> {
        let mut out: Vec<OsString> = vec!["--store".into(), self.store.path().into()];
        if let Some(config) = &self.config_path {
            out.extend(["--config".into(), config.clone().into_os_string()]);
        }
        if let Some(name) = &self.identity.as_name {
            out.extend(["--as".into(), name.as_str().into()]);
        }
        out.extend(command.iter().map(OsString::from));
        out
    }
}
