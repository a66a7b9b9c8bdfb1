//! Looking at one request: show.

use crate::app::{App, Error};
use crate::cli::Done;
use crate::cli::args::{Diff, Params, Show};
use crate::cli::commands::delta;
use crate::cli::commands::run;
use crate::cli::output::Out;
use crate::domain::refusal::{Refusal, exit};
use crate::domain::request::{Request, Verdict};
use crate::present::changes::Plan;
use crate::present::detail::detail;
use crate::present::graph::Graph;
use crate::present::graph::fold::fold;
use crate::present::graph::layout::layout;
use crate::present::graph::picture::{legend, picture};
use crate::present::json;
use crate::present::line::Line;
use crate::present::overriding;
use crate::present::plan::Long;
use crate::present::sides::{How, said};
use crate::present::table::{Order, table, type_word};
use serde_json::json;

/// `show R`
pub fn show(app: &mut App, args: &Show, out: &mut Out) -> Done {
    let id = app.resolve(&args.request)?;
    let request = app.look(id)?;
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
        let mut value = json::request(&request, app.now());
        run::add_progress(app, &request, &mut value["run"])?;
        out.json(&value);
    } else {
        out.lines(&detail(&request, app.now()));
        if let Some(debt) = debt_of(app, &request)? {
            out.lines(&[overriding::how_it_stands(&debt, app.now())]);
        }
    }
    Ok(exit::DONE)
}

/// The review that is owed for an overridden request.
fn debt_of(app: &App, request: &Request) -> Result<Option<Request>, Error> {
    let Some(Verdict::Overridden { instead, .. }) = request.closed().map(|closed| &closed.verdict) else {
        return Ok(None);
    };
    // Whoever asked need not be one who sees the review of it.
    match app.request(instead.debt) {
        Err(Error::Refused(Refusal::NoSuchRequest(_))) => Ok(None),
        found => found.map(Some),
    }
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
