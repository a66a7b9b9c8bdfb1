//! Running: this program does the approved steps itself, one after another. Each is recorded before it starts, so that
//! whatever happens the log says where it stood.

use crate::app::decide::Beside;
use crate::app::execution::new_token;
use crate::app::programs::Looked;
use crate::app::{App, Error, Failure};
use crate::domain::canon;
use crate::domain::command::{Command, Facts, Said};
use crate::domain::digest::TokenDigest;
use crate::domain::event::{Entry, Fact};
use crate::domain::executing::LARGEST_RESULT;
use crate::domain::execution::{End, How, Runner, Work};
use crate::domain::moment::Span;
use crate::domain::names::{RequestId, StepId};
use crate::domain::principal::Caller;
use crate::domain::refusal::Refusal;
use crate::domain::request::{Execution, Request};
use crate::domain::text::Text;
use crate::drive::{self, Order, Outcome, Program};
use crate::store::bell::Bell;
use crate::store::running::RunLock;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How long somebody who is about to claim, or to let go, is waited for.
const TRIES: u32 = 40;
const BETWEEN_TRIES: Duration = Duration::from_millis(50);
/// After how many of these tries a holder is taken for alive.
const SURE_AFTER: u32 = 3;

/// How a run ended.
#[derive(Debug)]
pub struct Ran {
    /// The request as it stands.
    pub request: Request,
    /// Why it goes no further, when it is not over.
    pub why: Option<String>,
}

/// One step of work that was recorded as begun.
struct Begun {
    step: StepId,
    work: Work,
    attempt: u32,
    command: Vec<String>,
}

impl App {
    /// Runs what was approved, or goes on with it where it stands still. `tell` hears every entry as it is recorded.
    ///
    /// # Errors
    /// The refusal, before anything ran; or a failure of the store. What was under way then is found by whoever looks next.
    pub fn run(
        &mut self,
        id: RequestId,
        caller: &Caller,
        tell: &mut dyn FnMut(&Entry),
    ) -> Result<Ran, Error> {
        let token = TokenDigest::of(&new_token()?);
        self.hold_and_go(id, caller, token, &Command::Start { token, runner: Runner::Gate }, tell)
    }

    /// Takes back what was done, last first.
    ///
    /// # Errors
    /// As [`App::run`].
    pub fn roll_back(
        &mut self,
        id: RequestId,
        reason: Option<Text>,
        caller: &Caller,
        tell: &mut dyn FnMut(&Entry),
    ) -> Result<Ran, Error> {
        let token = TokenDigest::of(&new_token()?);
        self.hold_and_go(id, caller, token, &Command::RollBack { token, reason }, tell)
    }

    fn hold_and_go(
        &mut self,
        id: RequestId,
        caller: &Caller,
        token: TokenDigest,
        claim: &Command,
        tell: &mut dyn FnMut(&Entry),
    ) -> Result<Ran, Error> {
        if self.is_session() {
            let remedy = "whoever runs the server does that with `countersign run`; nothing was run";
            return Err(Failure::unusable("a session starts no process", remedy).into());
        }
        self.request(id)?;
        // Held from before the claim to the end of this function: whoever finds it free knows that nobody runs this.
        let lock = self.hold(id, claim, caller)?;
        let claimed = self.decide_holding(id, claim, caller, Some(&lock))?;
        claimed.entries.iter().for_each(&mut *tell);
        let failing = |e: std::io::Error| Failure::io("making ready to run commands", e, "nothing was run");
        drive::alone().map_err(failing)?;
        let asked_to_end = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            signal_hook::flag::register(signal, Arc::clone(&asked_to_end)).map_err(failing)?;
        }
        let mut bell = self.bell()?;
        loop {
            if asked_to_end.load(Ordering::SeqCst) {
                self.stop_on_signal(id, caller, tell);
            }
            let looked = Looked::default();
            let beside = Beside { looked: Some(&looked), ..Beside::default() };
            let decided = match self.decide_with(id, &Command::Begin { token }, caller, beside) {
                Ok(decided) => decided,
                Err(Error::Refused(why)) => return self.at_rest(id, Some(why)),
                Err(e) => return Err(e),
            };
            decided.entries.iter().for_each(&mut *tell);
            let Some(begun) = decided.entries.iter().find_map(begun) else {
                let failed = decided.entries.iter().any(|e| matches!(e.fact, Fact::StepEnded { .. }));
                if failed && decided.after.execution == Some(Execution::Running) {
                    continue; // it could not be started: the next look says what that means for the rest
                }
                return self.at_rest(id, None);
            };
            let program = begun.command.first().map(|path| looked.opened(path));
            let said = self.drive(id, (&begun, program), caller, &asked_to_end, &mut bell, tell);
            let report = Command::Report { token, by: Runner::Gate, step: begun.step, said: Box::new(said) };
            let decided = self.decide(id, &report, caller)?;
            decided.entries.iter().for_each(&mut *tell);
        }
    }

    /// The lock of this request's runner. While somebody else holds it the claim is asked, and its refusal is the answer.
    fn hold(&mut self, id: RequestId, claim: &Command, caller: &Caller) -> Result<RunLock, Error> {
        for tried in 0..TRIES {
            if let Some(lock) = self.store.run_lock(id)? {
                return Ok(lock);
            }
            let request = self.request(id)?;
            // Somebody holds it: a dead runner's last child does so until it is the program it was made to be.
            let facts = Facts { runner_gone: false, shown_at: None, ..self.facts(caller, &request)? };
            let asked = request.decide(claim, caller, &facts, self.now());
            if let (Err(refusal), true) = (asked, tried >= SURE_AFTER) {
                return Err(refusal.into());
            }
            std::thread::sleep(BETWEEN_TRIES);
        }
        let why = "somebody else is about to run it: look again with `show`".to_owned();
        Err(Refusal::NotNow { id, why }.into())
    }

    /// How it stands when nothing more can be begun.
    fn at_rest(&self, id: RequestId, refused: Option<Refusal>) -> Result<Ran, Error> {
        let request = self.request(id)?;
        let running = request.execution == Some(Execution::Running);
        let why = match refused {
            Some(Refusal::NotNow { why, .. }) if running => Some(why),
            Some(other) if running => Some(other.to_string()),
            None if running => Some(crate::domain::claiming::standstill(&request)),
            _ => None,
        };
        Ok(Ran { request, why })
    }

    fn stop_on_signal(&mut self, id: RequestId, caller: &Caller, tell: &mut dyn FnMut(&Entry)) {
        let reason = Some(Text::from("its runner was told to end by a signal"));
        // Refused when it was stopped already: then that stands.
        if let Ok(decided) = self.decide(id, &Command::Stop { reason }, caller) {
            decided.entries.iter().for_each(&mut *tell);
        }
    }

    /// Does one step's work, and says what became of it.
    fn drive(
        &mut self,
        id: RequestId,
        (begun, program): (&Begun, Option<Result<Program, String>>),
        caller: &Caller,
        asked_to_end: &AtomicBool,
        bell: &mut Bell,
        tell: &mut dyn FnMut(&Entry),
    ) -> Said {
        let settings = self.config.run;
        let work = if begun.work == Work::Undo { "undo" } else { "run" };
        let run_id = format!("{}/{id}/{}/{work}/{}", self.store.id(), begun.step, begun.attempt);
        let order = Order {
            command: &begun.command,
            run_id: &run_id,
            directory: "/",
            limit: Duration::from_secs(u64::from(settings.limit_s)),
            grace: Duration::from_secs(u64::from(settings.grace_s)),
            input: None,
            sweeps: true,
        };
        let mut told = false;
        let mut halt = || {
            if asked_to_end.load(Ordering::SeqCst) && !told {
                told = true;
                self.stop_on_signal(id, caller, tell);
                return true;
            }
            // Rung for every commit: only then is it worth a look.
            bell.wait(Span::ZERO) && self.request(id).is_ok_and(|r| r.execution != Some(Execution::Running))
        };
        let program = program.unwrap_or_else(|| Err("there is no command".to_owned()));
        match program.and_then(|program| drive::run_opened(&order, &program, &mut halt)) {
            Ok(outcome) => over(begun.work, &outcome, settings.limit_s),
            Err(why) => Said::Over {
                work: begun.work,
                end: End::plain(How::Failed),
                result: None,
                output: None,
                reason: Some(Text::new(format!("not run: {why}"))),
            },
        }
    }
}

/// The work that an entry says has begun.
fn begun(entry: &Entry) -> Option<Begun> {
    let Fact::StepStarted { step, work, attempt, .. } = &entry.fact else { return None };
    let command = entry.payload.here().and_then(|p| p.command.as_ref())?;
    let command = command.iter().map(|argument| argument.raw().to_owned()).collect();
    Some(Begun { step: step.clone(), work: *work, attempt: *attempt, command })
}

/// What became of a process, as its step's end. One JSON object on stdout is the result; else the result is empty, and
/// what was printed is kept.
fn over(work: Work, outcome: &Outcome, limit_s: u32) -> Said {
    let (out, err) = (drive::child::printed(&outcome.stdout), drive::child::printed(&outcome.stderr));
    let well = outcome.exit == Some(0) && !outcome.timed_out && !outcome.halted;
    let how = match (well, outcome.timed_out) {
        (true, _) => How::Completed,
        (false, true) => How::TimedOut,
        (false, false) => How::Failed,
    };
    let object = out.whole().filter(|_| well).and_then(|bytes| canon::read(&bytes).ok());
    let object =
        object.filter(|value| value.is_object() && canon::canonical_or_poison(value).len() <= LARGEST_RESULT);
    let mut words = if object.is_some() { String::new() } else { out.text() };
    if err.total() > 0 {
        if !words.is_empty() && !words.ends_with('\n') {
            words.push('\n');
        }
        words.push_str(&err.text());
    }
    let reason = match (outcome.exit, outcome.signal) {
        _ if outcome.timed_out => Some(format!("it took longer than {limit_s} s and was ended")),
        _ if outcome.halted => Some("it was ended because the execution was stopped".to_owned()),
        (Some(0), _) => None,
        (Some(status), _) => Some(format!("exit status {status}")),
        (None, Some(signal)) => Some(format!("ended by signal {signal}")),
        (None, None) => Some("it ended, and nobody knows how".to_owned()),
    };
    Said::Over {
        work,
        end: End {
            how,
            exit: outcome.exit,
            signal: outcome.signal,
            bytes: out.total() + err.total(),
            left: outcome.left,
            took: outcome.took,
        },
        result: well.then(|| object.unwrap_or_else(|| serde_json::json!({}))),
        output: (!words.is_empty()).then(|| Text::new(words)),
        reason: reason.map(Text::new),
    }
}
