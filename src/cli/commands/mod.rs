//! One file per family of verbs. Each takes the app and its arguments, prints, and returns the exit code.

pub mod submit;
pub mod list;
pub mod show;
pub mod explain;
pub mod policy;
pub mod team;
pub mod verdict;
pub mod sign;
pub mod overriding;
pub mod plans;
pub mod delta;
pub mod talk;
pub mod evidence;
pub mod looking_back;
mod keeping;
pub mod wait;
pub mod watch;
pub mod run;
pub mod rollout;
pub mod audit;
pub mod admin;
pub mod meta;
pub mod demo;
pub mod screen;
pub mod plain;

use crate::app::{App, Decided, Error};
use crate::cli::args::{Admin, Audit, Notify, Team, Verb};
use crate::cli::output::Out;
use crate::cli::{Done, Stop};
use crate::domain::command::{Command, DigestPrefix, Seen};
use crate::domain::conflict::Conflict;
use crate::domain::names::{RequestId, StepId};
use crate::domain::principal::{Caller, Face};
use crate::domain::refusal::{Refusal, exit};
use crate::present::{conflict, json};

/// Runs one verb on an open store.
///
/// # Errors
/// Whatever stopped it.
pub fn run(app: &mut App, verb: Verb, out: &mut Out) -> Done {
    match verb {
        Verb::Submit(args) => submit::submit(app, &args, out),
        Verb::Import(args) => submit::import(app, &args, out),
        Verb::Resubmit(args) => submit::resubmit(app, &args, out),
        Verb::List(args) => list::list(app, &args, out),
        Verb::Check => list::check(app, out),
        Verb::Pulse => list::pulse(app, out),
        Verb::Handoff => looking_back::handoff(app, out),
        Verb::Stats(args) => looking_back::stats(app, &args, out),
        Verb::Show(args) => show::show(app, &args, out),
        Verb::Explain(which) => explain::explain(app, &which.request, out),
        Verb::Approve(args) => verdict::approve(app, &args, out),
        Verb::Reject(args) => verdict::reject(app, &args, out),
        Verb::Skip(args) => verdict::skip(app, &args, out),
        Verb::Preview(args) => plans::preview(app, &args, out),
        Verb::Modify(args) => plans::modify(app, &args, out),
        Verb::RequestChanges(args) => verdict::request_changes(app, &args, out),
        Verb::Withdraw(which) => verdict::withdraw(app, &which.request, out),
        Verb::Challenge(args) => sign::challenge(app, &args, out),
        Verb::Cosign(args) => sign::cosign(app, &args, out),
        Verb::Verify(which) => sign::verify(app, &which.request, out),
        Verb::Answer(args) => verdict::answer(app, &args, out),
        Verb::Escalate(args) => verdict::escalate(app, &args, out),
        Verb::Reassign(args) => verdict::reassign(app, &args, out),
        Verb::Override(args) => overriding::go_ahead(app, &args, out),
        Verb::Cancel(args) => verdict::cancel(app, &args, out),
        Verb::Comment(args) => talk::comment(app, &args, out),
        Verb::Thread(args) => talk::thread(app, &args, out),
        Verb::Attach(args) => evidence::attach(app, &args, out),
        Verb::Evidence(args) => evidence::evidence(app, &args, out),
        Verb::Claim(which) => talk::claim(app, &which.request, out),
        Verb::Release(which) => talk::release(app, &which.request, out),
        Verb::Snooze(args) => talk::snooze(app, &args, out),
        Verb::Wait(args) => wait::wait(app, &args, out),
        Verb::Run(which) => run::run(app, &which.request, out),
        Verb::Next(args) => run::next(app, &args, out),
        Verb::Report(args) => run::report(app, &args, out),
        Verb::Stop(args) => run::stop(app, &args, out),
        Verb::Confirm(args) => run::confirm(app, &args, out),
        Verb::Retry(args) => run::retry(app, &args, out),
        Verb::Continue(args) => run::go_on(app, &args, out),
        Verb::RollBack(args) => run::roll_back(app, &args, out),
        Verb::Rollout { verb } => rollout::run(app, &verb, out),
        Verb::Log(args) => audit::log(app, &args, out),
        Verb::Audit { verb: Audit::Verify { against } } => audit::verify(app, against.as_deref(), out),
        Verb::Audit { verb: Audit::Export { signatures: Some(into), .. } } => sign::export(app, &into, out),
        Verb::Audit { verb: Audit::Export { only, .. } } => audit::export(app, only, out),
        Verb::Rebuild => audit::rebuild(app, out),
        Verb::Prune(args) => keeping::prune(app, &args, out),
        Verb::Redact(args) => keeping::redact(app, &args, out),
        Verb::Backup { file } => audit::backup(app, &file, out),
        Verb::Watch { once } => watch::watch(app, once, out),
        Verb::Notify { verb: Notify::Test { channel } } => watch::test(app, &channel, out),
        Verb::Doctor => audit::doctor(app, out),
        Verb::Team { verb: Team::Init { admin } } => team::init(app, &admin, out),
        Verb::Roster => team::roster(app, out),
        Verb::Policy { verb } => policy::run(app, &verb, out),
        Verb::Admin { verb: Admin::AuthorizedKeys { write } } => {
            admin::authorized_keys(app, write.as_deref(), out)
        }
        // Handled before a store was opened.
        Verb::Demo(_) | Verb::Completions { .. } | Verb::Man | Verb::Keys | Verb::Session => Ok(exit::USAGE),
    }
}

/// The caller at the command line.
fn caller(app: &App) -> Caller {
    app.caller(Face::Cli)
}

/// What was typed behind `--digest`.
fn seen(digest: Option<&str>) -> Result<Seen, Stop> {
    match digest {
        None => Ok(Seen::Nothing),
        Some(text) => DigestPrefix::parse(text).map(Seen::Prefix).ok_or_else(|| {
            let words =
                format!("--digest {text}: must be 12 to 64 hexadecimal digits, as `show` prints them");
            Stop::quoting(exit::USAGE, words)
        }),
    }
}

/// Step ids as they were typed.
fn steps(typed: &[String]) -> Result<Vec<StepId>, Stop> {
    let read = |text: &String| {
        StepId::new(text.as_str()).map_err(|e| Stop::quoting(exit::USAGE, format!("--step {text}: {e}")))
    };
    typed.iter().map(read).collect()
}

/// With `--json` a refusal for steps that are blocked holds the conflicts, as `preview` prints them.
fn explain_conflicts(app: &App, id: RequestId, refused: &Error, out: &mut Out) {
    let (Error::Refused(Refusal::Blocked { conflicts, .. }), Ok(request)) = (refused, app.request(id)) else {
        return;
    };
    let Some(content) = &request.content else { return };
    // What a sign-off makes of the marks is what it was refused for.
    let marks = request.marks.with_undecided_approved();
    let impacts = |one: &Conflict| one.ways.iter().map(|way| way.impact(content, &marks)).collect::<Vec<_>>();
    let list: Vec<_> = conflicts.iter().map(|one| conflict::conflict(&request, one, &impacts(one))).collect();
    let messages = conflicts.iter().flat_map(|one| conflict::messages(&request, content, one));
    out.beside_error("conflicts", list.into());
    out.beside_error("dependency_conflicts", messages.collect());
}

/// Decides, and prints what became of the request.
fn decide(app: &mut App, id: RequestId, command: &Command, out: &mut Out) -> Result<Decided, Error> {
    let decided = decide_unseen(app, id, command, out)?;
    if out.as_json {
        out.json(&json::request(&decided.after, app.now()));
    }
    Ok(decided)
}

/// Decides, and leaves it to the verb to print what became of the request.
fn decide_unseen(app: &mut App, id: RequestId, command: &Command, out: &mut Out) -> Result<Decided, Error> {
    let caller = caller(app);
    let claim = app.request(id)?.live_claim(app.now()).filter(|claim| claim.by != caller.name).cloned();
    let decided = match app.decide(id, command, &caller) {
        Ok(decided) => decided,
        Err(refused) => {
            explain_conflicts(app, id, &refused, out);
            return Err(refused);
        }
    };
    // Somebody else's claim is advisory: it is said, and the decision stands.
    if let Some(claim) = claim {
        let words = format!("note: {} is on it until {}", claim.by, claim.until.hour_and_minute());
        out.aside(&crate::domain::text::Safe::composed(words));
    }
    Ok(decided)
}
