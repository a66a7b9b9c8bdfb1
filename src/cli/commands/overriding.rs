//! `override R`: going ahead without the sign-offs that are required. Without the phrase it says what would happen, and
//! does nothing.

use crate::app::App;
use crate::cli::args::Override;
use crate::cli::output::Out;
use crate::cli::{Done, commands};
use crate::domain::command::Command;
use crate::domain::overriding::{Plea, phrase};
use crate::domain::principal::Face;
use crate::domain::refusal::exit;
use crate::domain::rules;
use crate::domain::text::Text;
use crate::domain::transitions::Verb;
use crate::present::json;
use crate::present::overriding::would;
use serde_json::json;

/// `override R`
pub fn go_ahead(app: &mut App, args: &Override, out: &mut Out) -> Done {
    let id = app.resolve(&args.request)?;
    let seen = commands::seen(args.digest.as_deref())?;
    let Some(typed) = &args.phrase else { return say(app, args, out) };
    let text = |given: &Option<String>| given.as_deref().map(Text::from).unwrap_or_default();
    let plea = Plea {
        class: text(&args.class),
        reference: text(&args.reference),
        reason: text(&args.reason),
        phrase: Text::from(typed.as_str()),
    };
    let command = Command::Override { plea: Box::new(plea), seen };
    let decided = commands::decide(app, id, &command, out)?;
    if !out.as_json {
        commands::verdict::tell(&decided, out);
    }
    Ok(exit::DONE)
}

/// What would happen, and what to add; it never asks.
fn say(app: &mut App, args: &Override, out: &mut Out) -> Done {
    let request = app.request(app.resolve(&args.request)?)?;
    let caller = app.caller(Face::Cli);
    let (facts, now) = (app.facts(&caller, &request)?, app.now());
    rules::may(Verb::Override, &request, &caller, &facts, now).map_err(crate::app::Error::from)?;
    let lines = would(&request, &caller, &facts, now);
    let missing: Vec<&str> = [
        (args.class.is_none(), "--class"),
        (args.reference.is_none(), "--reference"),
        (args.reason.is_none(), "--reason"),
        (true, "--phrase"),
    ]
    .into_iter()
    .filter_map(|(is, name)| is.then_some(name))
    .collect();
    if out.as_json {
        let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
        out.json(&json!({"v": json::VERSION, "id": request.id.to_string(), "done": false, "would": lines,
            "missing": missing, "phrase": phrase(request.id), "decision_digest": request.decision_digest()}));
        return Ok(exit::USAGE);
    }
    out.lines(&lines);
    out.line(format_args!(
        "Nothing was done. To do it, add {}: `countersign override {} --class incident --reference INC-42 --reason \"…\" \
         --digest {} --phrase '{}'`",
        missing.join(", "),
        request.id,
        request.decision_digest().short(),
        phrase(request.id)
    ));
    Ok(exit::USAGE)
}
