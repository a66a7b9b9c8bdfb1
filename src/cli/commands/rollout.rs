//! Rollouts at the command line. What was asked is done when the command ends, or it says that it is not.

use crate::app::App;
use crate::app::rollouts::{Promoted, Status};
use crate::cli::args::Reasoned;
use crate::cli::commands::verdict::text;
use crate::cli::output::Out;
use crate::cli::rollout_args::{Promote, Resolve, Rollout, RolloutStatus, Sample};
use crate::cli::{Done, Stop, commands};
use crate::domain::names::RequestId;
use crate::domain::refusal::exit;
use crate::domain::rollout::{Amount, Ask, Found, Metric, Phase, Tier, gate};
use crate::domain::text::{Safe, Text};
use crate::present::rollout as told;

/// `rollout …`
pub fn run(app: &mut App, verb: &Rollout, out: &mut Out) -> Done {
    match verb {
        Rollout::Start(args) => start(app, args, out),
        Rollout::Status(args) => status(app, args, out),
        Rollout::Promote(args) => promote(app, args, out),
        Rollout::Pause(args) => ask(app, args, &Ask::Pause, out),
        Rollout::Resume(args) => ask(app, args, &Ask::Resume, out),
        Rollout::Freeze(args) => ask(app, args, &Ask::Freeze, out),
        Rollout::Halt(args) => ask(app, args, &Ask::Halt, out),
        Rollout::Rollback(args) => ask(app, args, &Ask::RollBack, out),
        Rollout::Ack(args) => ask(app, args, &Ask::Acknowledge, out),
        Rollout::Sample(args) => sample(app, args, out),
        Rollout::Resolve(args) => resolve(app, args, out),
    }
}

fn start(app: &mut App, args: &Reasoned, out: &mut Out) -> Done {
    let id = app.resolve(&args.request)?;
    let caller = commands::caller(app);
    app.start_rollout(id, text(&args.reason), &caller)?;
    let status = app.await_rollout(id)?;
    if let Some(rollout) = status.rollout.as_ref().filter(|r| r.phase == Phase::Prepared && !r.checking) {
        let why = rollout.not_started.as_ref().map_or_else(String::new, |why| why.line().to_string());
        if out.as_json {
            out.beside_error("rollout", told::as_json(&status));
        }
        return Err(Stop::composed(exit::REFUSED, format!("not started, and nothing was touched: {why}")));
    }
    Ok(ended(&status, out))
}

fn promote(app: &mut App, args: &Promote, out: &mut Out) -> Done {
    let id = app.resolve(&args.request)?;
    let caller = commands::caller(app);
    let seen = commands::seen(args.digest.as_deref())?;
    match app.promote_rollout(id, text(&args.reason), seen, &caller)? {
        Promoted::Begins(_) => {}
        Promoted::Signed(promotion) => {
            let status = app.rollout_status(id)?;
            if out.as_json {
                out.json(&told::as_json(&status));
            } else {
                out.line(format_args!("{promotion}: signed off; other sign-offs are still needed: countersign explain {promotion}"));
            }
            return Ok(exit::DONE);
        }
    }
    let status = app.await_rollout(id)?;
    Ok(ended(&status, out))
}

/// The line of a rollout whose driver has come to its end, and the exit code.
fn ended(status: &Status, out: &mut Out) -> u8 {
    if out.as_json {
        out.json(&told::as_json(status));
    } else {
        out.line(told::outcome(status));
        if !status.kept && status.phase().is_live() {
            out.aside(&Safe::composed(
                "nobody keeps time: what is asked is recorded, and nobody does it: countersign watch",
            ));
        }
    }
    match status.phase() {
        Phase::Unknown => exit::UNKNOWN,
        Phase::RollingBack | Phase::RolledBack | Phase::RollbackFailed => exit::NOT_DONE,
        _ => exit::DONE,
    }
}

fn ask(app: &mut App, args: &Reasoned, ask: &Ask, out: &mut Out) -> Done {
    let id = app.resolve(&args.request)?;
    asked(app, id, ask, text(&args.reason), out)
}

fn resolve(app: &mut App, args: &Resolve, out: &mut Out) -> Done {
    let id = app.resolve(&args.request)?;
    let Some(tier) = Tier::new(args.tier) else {
        return Err(Stop::composed(exit::USAGE, "--tier: is 0 to 100"));
    };
    let proof = args.evidence.as_ref().map(|at| Text::new(at.as_str()));
    asked(app, id, &Ask::Resolve { tier, proof }, text(&args.reason), out)
}

fn asked(app: &mut App, id: RequestId, ask: &Ask, reason: Option<Text>, out: &mut Out) -> Done {
    let caller = commands::caller(app);
    app.ask_rollout(id, ask, reason, &caller)?;
    let status = app.await_rollout(id)?;
    let code = ended(&status, out);
    // What was asked for is what it came to.
    Ok(match (ask, status.phase()) {
        (Ask::RollBack | Ask::Halt | Ask::Resolve { .. }, Phase::RolledBack) => exit::DONE,
        (Ask::Acknowledge, _) => exit::DONE,
        (Ask::RollBack | Ask::Halt, Phase::RollingBack) if !status.kept => exit::DONE,
        _ => code,
    })
}

fn sample(app: &mut App, args: &Sample, out: &mut Out) -> Done {
    let id = app.resolve(&args.request)?;
    let mut values = Vec::with_capacity(args.set.len());
    for set in &args.set {
        let read = set.split_once('=').and_then(|(metric, number)| {
            Some((Metric::parse(metric)?, Found::Value(Amount::parse(number)?)))
        });
        values.push(read.ok_or_else(|| {
            let words = format!(
                "--set {set}: is a metric and a number, as in error_rate=0.4 (tes, error_rate, cpu, memory)"
            );
            Stop::quoting(exit::USAGE, words)
        })?);
    }
    let caller = commands::caller(app);
    app.sample_rollout(id, &values, &caller)?;
    let mut status = app.rollout_status(id)?;
    // Where these readings halt it, what follows is waited for: whoever typed them wants to know.
    if status.kept && halts(&status) {
        status = app.await_rollout_from(id, status.phase())?;
    }
    if out.as_json {
        out.json(&told::as_json(&status));
    } else {
        out.line(told::sampled(&status, &values));
    }
    Ok(exit::DONE)
}

/// Whether what was measured halts it.
fn halts(status: &Status) -> bool {
    let Some(rollout) = &status.rollout else { return false };
    let watched = matches!(rollout.phase, Phase::Baking | Phase::AwaitingPromotion | Phase::Paused);
    watched && rollout.terms.auto_halt && status.look().is_some_and(|look| gate::auto_halt(&look).is_some())
}

fn status(app: &mut App, args: &RolloutStatus, out: &mut Out) -> Done {
    if let Some(which) = &args.request {
        let id = app.resolve(which)?;
        let status = app.rollout_status(id)?;
        if out.as_json {
            out.json(&told::as_json(&status));
        } else {
            out.lines(&told::lines(&status));
        }
        return Ok(exit::DONE);
    }
    let all = app.live_rollouts()?;
    if out.as_json {
        out.json(&all.iter().map(told::as_json).collect());
    } else if all.is_empty() {
        out.line("no rollout is under way");
    } else {
        all.iter().for_each(|status| out.line(told::line(status)));
    }
    Ok(exit::DONE)
}
