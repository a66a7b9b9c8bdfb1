//! Looking at one request: show, explain.

use crate::app::App;
use crate::cli::args::{Diff, Params, Show};
use crate::cli::commands::delta;
use crate::cli::output::Out;
use crate::cli::{Done, commands};
use crate::domain::content::Kind;
use crate::domain::quorum::Slot;
use crate::domain::refusal::exit;
use crate::domain::request::Request;
use crate::domain::rules;
use crate::domain::transitions::Verb;
use crate::present::changes::Plan;
use crate::present::detail::detail;
use crate::present::graph::Graph;
use crate::present::graph::fold::fold;
use crate::present::graph::layout::layout;
use crate::present::graph::picture::{legend, picture};
use crate::present::json;
use crate::present::line::Line;
use crate::present::plan::Long;
use crate::present::sides::{How, said};
use crate::present::table::{Order, table, type_word};
use serde_json::json;

/// `show R`
pub fn show(app: &mut App, args: &Show, out: &mut Out) -> Done {
    let id = app.resolve(&args.request)?;
    let request = app.request(id)?;
    if args.since_mine {
        return delta::since_mine(app, &request, out);
    } else if let Some(revision) = args.delta {
        return delta::since_revision(app, &request, revision, out);
    } else if let Some(how) = args.diff {
        difference(&request, how, out);
    } else if args.graph {
        return graph(&request, out);
    } else if let Some(order) = args.params {
        params(&request, order, out);
    } else if out.as_json {
        out.json(&json::request(&request, app.now()));
    } else {
        out.lines(&detail(&request, app.now()));
    }
    Ok(exit::DONE)
}

/// `show R --diff`: the plan of the revision before and of this one, with the marks there are now.
fn difference(request: &Request, how: Diff, out: &mut Out) {
    let how = match how {
        Diff::Unified => How::Unified,
        Diff::Words => How::Words,
        Diff::Side => How::Beside,
    };
    let earlier = request.earlier.last().map(|revision| revision.number);
    let before = Plan::before(request);
    let columns = out.columns();
    let lines =
        before.as_ref().map(|before| said(before, &Plan::of(request), how, columns)).unwrap_or_default();
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

/// `show R --graph`: folded as on the screen, around the first step; as JSON all nodes and edges.
fn graph(request: &Request, out: &mut Out) -> Done {
    let Some(content) = request.content.as_ref().filter(|content| !content.steps.is_empty()) else {
        out.line(format_args!("{} has no steps that could be drawn", request.id));
        return Ok(exit::DONE);
    };
    let whole = Graph::of(request, content);
    if out.as_json {
        let name = |n: usize| whole.nodes[n].steps.first();
        let nodes = whole.nodes.iter().map(|node| {
            json!({"step": node.steps.first(), "state": node.state.word().replace(' ', "_"), "risk": node.risk,
                   "mark": node.mark.map(|mark| mark.to_string())})
        });
        let edges = whole
            .edges
            .iter()
            .map(|edge| json!({"from": name(edge.from), "to": name(edge.to), "effect": edge.stroke.word()}));
        out.json(&json!({"v": json::VERSION, "id": request.id.to_string(),
            "nodes": nodes.collect::<Vec<_>>(), "edges": edges.collect::<Vec<_>>()}));
        return Ok(exit::DONE);
    }
    let small = fold(&whole, None);
    out.picture(&picture(&small, &layout(&small), None, out.ascii).lines());
    out.lines(&[legend(out.ascii)]);
    let folded = whole.nodes.len() - small.nodes.len();
    if folded > 0 {
        out.line(format_args!("{folded} of {} steps are folded; --json has all", whole.nodes.len()));
    }
    Ok(exit::DONE)
}

/// `show R --params`
fn params(request: &Request, order: Params, out: &mut Out) {
    let order = match order {
        Params::Step => Order::Step,
        Params::Key => Order::Key,
    };
    if out.as_json {
        let rows: Vec<_> = request
            .content
            .iter()
            .flat_map(|content| &content.steps)
            .flat_map(|step| step.params.iter().map(move |(key, value)| (step, key, value)))
            .map(|(step, key, value)| {
                json!({"step": step.id, "key": key, "type": type_word(value), "value": value})
            })
            .collect();
        out.json(&json!({"v": json::VERSION, "id": request.id.to_string(), "params": rows}));
        return;
    }
    match &request.content {
        Some(content) => out.lines(&table(content, order, Long::Folded("`--json` has all")).lines),
        None => out.line(format_args!("{}: its content was redacted", request.id)),
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
