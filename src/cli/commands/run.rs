//! Running what was approved: run, next, report, stop, and what people say when it stands still.

use crate::app::{App, Error};
use crate::cli::args::{Confirm, Next, OneStep, Reasoned, Report, Status};
use crate::cli::commands::verdict::text;
use crate::cli::output::Out;
use crate::cli::{Done, Stop, commands, input};
use crate::domain::canon;
use crate::domain::command::{Command, DigestPrefix, Said};
use crate::domain::event::{Entry, Fact};
use crate::domain::executing::LARGEST_RESULT;
use crate::domain::execution::{AskedFor, End, How, Stand, StepState, Work, stands};
use crate::domain::moment::Span;
use crate::domain::names::{RequestId, StepId};
use crate::domain::refusal::exit;
use crate::domain::request::{Execution, Request};
use crate::domain::text::{Safe, Text, safe_line};
use crate::present::{execution, history, json};
use serde_json::{Value, json};
use std::path::Path;

/// The exit code of an execution as it stands.
const fn code_of(state: Option<Execution>) -> u8 {
    match state {
        Some(Execution::Done) => exit::DONE,
        Some(Execution::Unknown) => exit::UNKNOWN,
        _ => exit::NOT_DONE,
    }
}

/// `run R`
pub fn run(app: &mut App, which: &str, out: &mut Out) -> Done {
    let id = app.resolve(which)?;
    let caller = commands::caller(app);
    // Told as it happens: with --json the one object at the end has all of it.
    let ran = app.run(id, &caller, &mut telling(id, out));
    ended(app, id, ran, out)
}

/// `roll-back R`
pub fn roll_back(app: &mut App, args: &Reasoned, out: &mut Out) -> Done {
    let id = app.resolve(&args.request)?;
    let caller = commands::caller(app);
    let ran = app.roll_back(id, text(&args.reason), &caller, &mut telling(id, out));
    let done = ended(app, id, ran, out)?;
    // Taking back is done when all that was done is taken back, though the execution it ends has failed.
    let request = app.request(id)?;
    let Some((words, all_back)) = execution::taken_back(&request) else { return Ok(done) };
    if !out.as_json {
        out.line(format_args!("{id}: {words}"));
    }
    let over = request.execution == Some(Execution::Failed);
    Ok(if all_back && over { exit::DONE } else { done })
}

fn telling(id: RequestId, out: &mut Out) -> impl FnMut(&Entry) + '_ {
    move |entry: &Entry| {
        if out.as_json {
            return;
        }
        out.line(format_args!("{id}: {}", history::words(&entry.fact).0));
        if let (Fact::StepEnded { .. }, Some(why)) =
            (&entry.fact, entry.payload.here().and_then(|p| p.reason.as_ref()))
        {
            out.lines(&crate::present::words::quoted(Some(why), 2));
        }
        out.flush();
    }
}

fn ended(app: &mut App, id: RequestId, ran: Result<crate::app::run::Ran, Error>, out: &mut Out) -> Done {
    let ran = match ran {
        Ok(ran) => ran,
        Err(Error::Refused(refusal)) => {
            // Refused because its last runner died in the middle: that is what the caller must know.
            let unknown = app.request(id)?.execution == Some(Execution::Unknown);
            let code = if unknown { exit::UNKNOWN } else { refusal.exit_code() };
            return Err(Stop::composed(code, refusal));
        }
        Err(e) => return Err(e.into()),
    };
    let code = code_of(ran.request.execution);
    if out.as_json {
        out.json(&json!({"v": json::VERSION, "id": id.to_string(), "exit": code,
            "execution": ran.request.execution.map(Execution::word), "waits": ran.why,
            "run": execution::as_json(&ran.request)}));
    } else {
        out.line(execution::summary(&ran.request));
        if let Some(why) = &ran.why {
            out.aside(&Safe::composed(format_args!("{id}: {why}")));
        }
    }
    Ok(code)
}

/// `next R`
pub fn next(app: &mut App, args: &Next, out: &mut Out) -> Done {
    let id = app.resolve(&args.request)?;
    let caller = commands::caller(app);
    let (token, request) = app.next(id, args.token.as_deref(), &caller)?;
    let code = match request.execution {
        Some(Execution::Running) => exit::DONE,
        over => code_of(over),
    };
    let stands = stands(&request);
    if out.as_json {
        let mut value = json!({"v": json::VERSION, "id": id.to_string(), "exit": code,
            "execution": request.execution.map(Execution::word), "run": execution::as_json(&request)});
        if let Some(token) = token {
            value["token"] = json!(token);
        }
        let ready = |s: &&Stand| s.state == StepState::Ready;
        value["ready"] = stands.iter().filter(ready).map(|s| what_to_do(s, &request)).collect();
        out.json(&value);
        return Ok(code);
    }
    if let Some(token) = token {
        out.line(format_args!("token {token}"));
    }
    for stand in &stands {
        match stand.state {
            StepState::Ready => tell_ready(stand, &request, out),
            StepState::Running | StepState::WaitingIntervention => {
                out.line(format_args!("{} {}", execution::word(stand.state), stand.step));
            }
            _ => {}
        }
    }
    out.line(execution::summary(&request));
    Ok(code)
}

/// One step that may be done now, with everything it is done with.
fn what_to_do(stand: &Stand, request: &Request) -> Value {
    let content = request.content.as_ref();
    let step = content.and_then(|content| content.step(&stand.step));
    let mut out = json!({"step": stand.step, "action": step.map(|s| &s.action),
        "attempt": attempt(stand, request), "estimate_s": step.and_then(|s| s.estimate_s)});
    match &stand.filled {
        Some(Ok(filled)) => {
            out["params"] = json!(filled.params);
            out["run"] = json!(filled.run);
        }
        Some(Err(why)) => out["cannot_run"] = json!(why.0),
        None => {}
    }
    out
}

fn attempt(stand: &Stand, request: &Request) -> u32 {
    let known = request.run.as_ref().and_then(|run| run.steps.get(&stand.step));
    known.map_or(0, |step| step.attempts) + 1
}

fn tell_ready(stand: &Stand, request: &Request, out: &mut Out) {
    let action = request.content.as_ref().and_then(|c| c.step(&stand.step)).map(|s| s.action.to_string());
    out.line(format_args!("ready {}  {}", stand.step, action.unwrap_or_default()));
    match &stand.filled {
        Some(Ok(filled)) => {
            for (key, value) in &filled.params {
                let value = safe_line(&canon::canonical_or_poison(value));
                out.line(format_args!("  param {key} = {value}"));
            }
            if let Some(command) = &filled.run {
                out.line(format_args!("  run {}", safe_line(&canon::canonical_or_poison(command))));
            }
        }
        Some(Err(why)) => out.line(format_args!("  cannot be begun: {why}: report it as failed")),
        None => {}
    }
}

/// `report R --step S`
pub fn report(app: &mut App, args: &Report, out: &mut Out) -> Done {
    let id = app.resolve(&args.request)?;
    let step = step(&args.step)?;
    let caller = commands::caller(app);
    if let (Status::Running, Some(percent)) = (args.status, args.progress) {
        let begun = app.request(id)?.run.is_some_and(|run| run.under_way().any(|(s, _)| *s == step));
        if !begun {
            app.report(id, &step, &args.token, Said::Began, &caller)?;
        }
        app.keep_progress(id, &step, &args.token, percent, &caller)?;
        return told(app, id, &step, out);
    }
    let over = |how: How, result: Option<Value>| Said::Over {
        work: Work::Run,
        end: End::plain(how),
        result,
        output: None,
        reason: text(&args.message),
    };
    let said = match args.status {
        Status::Running => Said::Began,
        Status::Completed => over(How::Completed, Some(result(args)?.unwrap_or_else(|| json!({})))),
        Status::Failed => over(How::Failed, None),
        Status::Waiting => {
            let Some(question) = text(&args.reason) else {
                return Err(Stop::quoting(
                    exit::USAGE,
                    "--status waiting needs --reason: what is to be said",
                ));
            };
            let options = args.option.iter().map(|option| Text::from(option.as_str())).collect();
            let until = app.now().plus(Span::from_millis(i64::from(args.until) * 1000));
            Said::Asks { question, options, until }
        }
    };
    app.report(id, &step, &args.token, said, &caller)?;
    told(app, id, &step, out)
}

fn told(app: &mut App, id: RequestId, step: &StepId, out: &mut Out) -> Done {
    let request = app.request(id)?;
    if out.as_json {
        let mut run = execution::as_json(&request);
        add_progress(app, &request, &mut run)?;
        out.json(&json!({"v": json::VERSION, "id": id.to_string(),
            "execution": request.execution.map(Execution::word), "run": run}));
        return Ok(exit::DONE);
    }
    let state = stands(&request).into_iter().find(|s| s.step == *step).map(|s| execution::word(s.state));
    out.line(format_args!("{id}: {step} {}; {}", state.unwrap_or_default(), execution::summary(&request)));
    Ok(exit::DONE)
}

/// How far each step has come, beside what is known of it.
pub(super) fn add_progress(app: &App, request: &Request, run: &mut Value) -> Result<(), Error> {
    let Some(Value::Array(steps)) = run.get_mut("steps") else { return Ok(()) };
    for (id, percent, at) in app.progress(request.id)? {
        if let Some(step) = steps.iter_mut().find(|s| s["step"] == json!(id)) {
            step["progress"] = json!({"percent": percent, "at": at.iso()});
        }
    }
    Ok(())
}

fn result(args: &Report) -> Result<Option<Value>, Stop> {
    let Some(given) = &args.result else { return Ok(None) };
    let bytes = match given.as_str() {
        "-" => input::all(input::open(Path::new("-"))?, LARGEST_RESULT, "the result")?,
        text => text.as_bytes().to_vec(),
    };
    let value = canon::read(&bytes)
        .map_err(|e| Stop::quoting(exit::INVALID, format!("result: {}; nothing was stored", e.0)))?;
    Ok(Some(value))
}

fn step(typed: &str) -> Result<StepId, Stop> {
    StepId::new(typed).map_err(|e| Stop::quoting(exit::USAGE, format!("--step {typed}: {e}")))
}

/// `stop R`
pub fn stop(app: &mut App, args: &Reasoned, out: &mut Out) -> Done {
    say(app, &args.request, &Command::Stop { reason: text(&args.reason) }, out)
}

/// `retry R --step S`
pub fn retry(app: &mut App, args: &OneStep, out: &mut Out) -> Done {
    let command = Command::Retry { step: step(&args.step)?, reason: text(&args.reason) };
    say(app, &args.request, &command, out)
}

/// `continue R`
pub fn go_on(app: &mut App, args: &Reasoned, out: &mut Out) -> Done {
    say(app, &args.request, &Command::Continue { reason: text(&args.reason) }, out)
}

/// `skip R --step S` on a plan that runs: one record a step.
pub(super) fn leave_out(
    app: &mut App,
    id: RequestId,
    steps: &[String],
    reason: Option<Text>,
    out: &mut Out,
) -> Done {
    let steps = commands::steps(steps)?;
    for step in steps {
        let command = Command::LeaveOut { step, reason: reason.clone() };
        say(app, &id.to_string(), &command, out)?;
    }
    Ok(exit::DONE)
}

/// `confirm R --step S`: without a digest or an answer, what would be confirmed.
pub fn confirm(app: &mut App, args: &Confirm, out: &mut Out) -> Done {
    let id = app.resolve(&args.request)?;
    let step = step(&args.step)?;
    let stand = stands(&app.look(id)?).into_iter().find(|s| s.step == step);
    let late = stand.filter(|s| matches!(s.asked_for, Some(AskedFor::LateValues | AskedFor::GoesWithout)));
    if let (Some(stand), None) = (late, &args.digest) {
        let digest = match &stand.filled {
            Some(Ok(filled)) => filled.digest().short(),
            _ => String::new(),
        };
        if out.as_json {
            out.json(&json!({"v": json::VERSION, "id": id.to_string(), "step": step, "digest": digest,
                "confirmed": false, "values": stand.filled.and_then(Result::ok).map(|f| f.values)}));
        } else {
            out.lines(&execution::late_values(&stand));
        }
        let words =
            format!("{id}: nothing was confirmed; `confirm {id} --step {step} --digest {digest}` does");
        out.aside(&Safe::composed(words));
        return Ok(exit::REFUSED);
    }
    let filled = match &args.digest {
        None => None,
        Some(typed) => Some(DigestPrefix::parse(typed).ok_or_else(|| {
            Stop::quoting(exit::USAGE, format!("--digest {typed}: must be 12 to 64 hexadecimal digits"))
        })?),
    };
    let command = Command::Confirm { step, filled, option: args.option, reason: text(&args.reason) };
    say(app, &args.request, &command, out)
}

/// Decides, and says what was recorded and what to do now.
fn say(app: &mut App, which: &str, command: &Command, out: &mut Out) -> Done {
    let id = app.resolve(which)?;
    let decided = commands::decide(app, id, command, out)?;
    if out.as_json {
        return Ok(exit::DONE);
    }
    for (entry, place) in decided.entries.iter().zip(&decided.places) {
        out.line(format_args!("{id}: {} {} (event {place})", entry.by, history::words(&entry.fact).0));
    }
    let request = &decided.after;
    out.line(format_args!("{id}: {}", execution::summary(request)));
    let ready = stands(request).iter().any(|s| s.state == StepState::Ready);
    let gate = request.run.as_ref().is_some_and(|run| run.runner == crate::domain::execution::Runner::Gate);
    if gate && ready && request.execution == Some(Execution::Running) && app.nobody_runs(id) {
        out.aside(&Safe::composed(format_args!("`countersign run {id}` goes on with it")));
    }
    let undoing = request.run.as_ref().is_some_and(|run| run.undoing);
    if undoing && request.execution == Some(Execution::Running) && app.nobody_runs(id) {
        out.aside(&Safe::composed(format_args!("`countersign roll-back {id}` goes on with it")));
    }
    Ok(exit::DONE)
}
