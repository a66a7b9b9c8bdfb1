//! Looking at one request: show.

use crate::app::App;
use crate::cli::Done;
use crate::cli::args::Show;
use crate::cli::output::Out;
use crate::domain::refusal::exit;
use crate::domain::request::Request;
use crate::present::changes::{Plan, changes};
use crate::present::detail::detail;
use crate::present::json;
use crate::present::line::Line;
use serde_json::json;

/// `show R`
pub fn show(app: &mut App, args: &Show, out: &mut Out) -> Done {
    let id = app.resolve(&args.request)?;
    let request = app.request(id)?;
    if args.diff {
        difference(&request, out);
    } else if out.as_json {
        out.json(&json::request(&request, app.now()));
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
