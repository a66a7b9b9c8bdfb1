//! Looking at one request: show, explain.

use crate::app::App;
use crate::cli::args::Show;
use crate::cli::commands::run;
use crate::cli::output::Out;
use crate::cli::{Done, commands};
use crate::domain::content::Kind;
use crate::domain::quorum::Slot;
use crate::domain::refusal::exit;
use crate::domain::request::Request;
use crate::domain::rules;
use crate::domain::transitions::Verb;
use crate::present::changes::{Plan, changes};
use crate::present::detail::detail;
use crate::present::json;
use crate::present::line::Line;
use serde_json::json;

/// `show R`
pub fn show(app: &mut App, args: &Show, out: &mut Out) -> Done {
    let id = app.resolve(&args.request)?;
    let request = app.look(id)?;
    if args.diff {
        difference(&request, out);
    } else if out.as_json {
        let mut value = json::request(&request, app.now());
        run::add_progress(app, &request, &mut value["run"])?;
        out.json(&value);
    } else {
        out.lines(&detail(&request, app.now()));
    }
    Ok(exit::DONE)
}

/// `show R --diff`: the plan of the revision before and of this one, with the marks there are now.
fn difference(request: &Request, out: &mut Out) {
    let earlier = request.earlier.last().map(|revision| revision.number);
    let before = Plan::before(request);
    let lines = before.as_ref().map(|before| changes(before, &Plan::of(request))).unwrap_or_default();
    if out.as_json {
        let lines: Vec<String> = lines.iter().map(Line::to_string).collect();
        out.json(&json!({"v": json::VERSION, "id": request.id.to_string(), "before": earlier,
            "revision": request.revision.number, "known": before.is_some(), "changes": lines}));
        return;
    }
    match (earlier, before) {
        (None, _) => out.line(format_args!("{} has one revision: nothing changed", request.id)),
        (Some(earlier), None) => out.line(format_args!("what revision {earlier} said was redacted")),
        (Some(earlier), Some(_)) if lines.is_empty() => {
            out.line(format_args!("the plan reads as it did in revision {earlier}"));
        }
        (Some(earlier), Some(_)) => {
            out.line(format_args!("{}: revision {earlier} became {}", request.id, request.revision.number));
            out.lines(&lines);
        }
    }
}

/// The verbs that `explain` answers for.
const ASKED: [Verb; 7] = [
    Verb::Approve,
    Verb::Reject,
    Verb::RequestChanges,
    Verb::Answer,
    Verb::Withdraw,
    Verb::Claim,
    Verb::Cancel,
];

/// `explain R`: the rule, the open slots, and what the caller may do and why not.
pub fn explain(app: &mut App, which: &str, out: &mut Out) -> Done {
    let request = app.request(app.resolve(which)?)?;
    let caller = commands::caller(app);
    let facts = app.facts(&caller, &request)?;
    let now = app.now();
    // Answering is for questions and approving for everything else; the other one would only be noise.
    let other = if request.kind() == Kind::Question { Verb::Approve } else { Verb::Answer };
    let asked = ASKED.into_iter().filter(|verb| *verb != other);
    let answers: Vec<(Verb, Result<(), String>)> = asked
        .map(|verb| {
            (verb, rules::may(verb, &request, &caller, &facts, now).map_err(|refusal| refusal.to_string()))
        })
        .collect();
    let assessment = request.assessment();
    if out.as_json {
        let verbs: Vec<_> = answers
            .iter()
            .map(
                |(verb, may)| json!({"verb": verb.word(), "may": may.is_ok(), "why_not": may.as_ref().err()}),
            )
            .collect();
        out.json(&json!({"v": json::VERSION, "id": request.id.to_string(), "rule": assessment.rule,
            "slots": assessment.slots, "open_slots": request.open_slots(), "you": caller.name, "verbs": verbs,
            "sensitive": assessment.sensitive, "risk": assessment.risk, "risk_factors": assessment.factors}));
        return Ok(exit::DONE);
    }
    out.line(format_args!(
        "{}: {} risk{}",
        request.id,
        assessment.risk,
        if assessment.sensitive { ", sensitive: approving needs a reason" } else { "" }
    ));
    for factor in &assessment.factors {
        let step = factor.step.as_ref().map(|s| format!("{s}: ")).unwrap_or_default();
        out.line(format_args!("  at least {}: {step}{}", factor.floor, factor.reason));
    }
    out.line(format_args!("rule: {}", assessment.rule));
    let open = request.open_slots();
    for slot in &assessment.slots {
        let filled = if open.contains(&slot) { "open" } else { "filled" };
        out.line(format_args!("  {slot}: {filled}; {}", who_could(slot, &request)));
    }
    out.line(format_args!("you are {} ({})", caller.name, caller.assurance));
    for (verb, may) in answers {
        match may {
            Ok(()) => out.line(format_args!("  {:<16} yes", verb.word())),
            Err(why) => out.line(format_args!("  {:<16} no: {why}", verb.word())),
        }
    }
    Ok(exit::DONE)
}

fn who_could(slot: &Slot, request: &Request) -> String {
    let whom = match slot.kind {
        crate::domain::principal::PrincipalKind::Human => "any person with `review`",
        crate::domain::principal::PrincipalKind::Agent => "an agent with `cosign_agent`",
        crate::domain::principal::PrincipalKind::System => "a rule",
    };
    format!("{whom}, except {} and whoever controls it", request.requester.name)
}
