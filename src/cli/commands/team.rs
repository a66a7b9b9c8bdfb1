//! `team init`, and `roster`: who is enrolled.

use crate::app::App;
use crate::cli::output::Out;
use crate::cli::{Done, Stop};
use crate::domain::names::PrincipalName;
use crate::domain::refusal::exit;
use crate::present::{json, roster as words};
use serde_json::json;

/// `team init --admin A --admin B`
pub fn init(app: &mut App, admins: &[String], out: &mut Out) -> Done {
    let name = |text: &String| {
        PrincipalName::new(text.as_str())
            .map_err(|e| Stop::quoting(exit::USAGE, format!("--admin {text}: {e}")))
    };
    let admins = admins.iter().map(name).collect::<Result<Vec<_>, _>>()?;
    let seq = app.found_team(&admins)?;
    if out.as_json {
        out.json(&json!({"v": json::VERSION, "team": true, "admins": admins, "event": seq}));
        return Ok(exit::DONE);
    }
    let names: Vec<&str> = admins.iter().map(PrincipalName::as_str).collect();
    out.line(format_args!("this store is a team's from event {seq} on, for ever"));
    out.line(format_args!(
        "next: `policy adopt FILE`, with {} enrolled as admins; until then nothing is approved",
        names.join(" and ")
    ));
    Ok(exit::DONE)
}

/// `roster`
pub fn roster(app: &mut App, out: &mut Out) -> Done {
    let (roster, founders) = app.roster()?;
    let (team, now) = (app.is_team()?, app.now());
    if out.as_json {
        out.json(&words::as_json(&roster, &founders, team, now));
        return Ok(exit::DONE);
    }
    out.lines(&words::lines(&roster, &founders, team, now));
    Ok(exit::DONE)
}
