//! Handing a request over, in words: who has it, who could have it, and who could not and why.

use crate::domain::command::Facts;
use crate::domain::request::Request;
use crate::domain::rules;
use crate::present::line::{Line, Tone};

/// How many of those who could not are named, at most.
const NAMED: usize = 12;

/// What stands above the name that is typed.
pub fn about(request: &Request, facts: Option<&Facts>) -> Vec<Line> {
    let has = request.assigned().map_or("nobody in particular".to_owned(), |last| last.to.to_string());
    let mut out = vec![Line::plain(format_args!(
        "It is with {has}. Its clock runs on, and others may decide on it all the same."
    ))];
    let Some(facts) = facts else { return out };
    if !facts.team {
        out.push(Line::plain(format_args!(
            "Nobody is enrolled here: any name but {} will do.",
            request.requester.name
        )));
        return out;
    }
    let (can, cannot): (Vec<_>, Vec<_>) =
        rules::candidates(request, facts).into_iter().partition(|(_, why)| why.is_none());
    out.push(match can.is_empty() {
        true => Line::default().and(Tone::Bad, "Nobody else of the roster could decide on it."),
        false => {
            let names: Vec<String> = can.iter().map(|(name, _)| name.to_string()).collect();
            Line::plain("It can be given to ").and(Tone::Strong, names.join(", ")).and(Tone::Plain, ".")
        }
    });
    for (name, why) in cannot.iter().take(NAMED) {
        let why = why.as_deref().unwrap_or_default();
        out.push(Line::default().and(Tone::Dim, format_args!("not {name}: {why}")).indented(2));
    }
    if cannot.len() > NAMED {
        out.push(
            Line::default().and(Tone::Dim, format_args!("and {} more", cannot.len() - NAMED)).indented(2),
        );
    }
    out
}
