//! Waiting for a decision. The exit code says how it went; the words and the JSON say the rest.

use crate::app::App;
use crate::cli::Done;
use crate::cli::args::Wait;
use crate::cli::output::Out;
use crate::domain::moment::Span;
use crate::domain::names::RevisionNumber;
use crate::domain::preview;
use crate::domain::refusal::exit;
use crate::domain::request::{Request, StateName, Verdict};
use crate::domain::text::{Safe, Text};
use crate::present::line::Line;
use crate::present::{detail, json, words};
use serde_json::json;

/// `wait R`
pub fn wait(app: &mut App, args: &Wait, out: &mut Out) -> Done {
    let id = app.resolve(&args.request)?;
    let millis = |s: u64| Span::from_millis(i64::try_from(s.saturating_mul(1000)).unwrap_or(i64::MAX));
    let deadline = args.timeout.map(|s| app.now().plus(millis(s)));
    let (code, request) = app.wait(id, args.revision.map(RevisionNumber), deadline)?;
    if out.as_json {
        out.json(&json!({"v": json::VERSION, "id": id.to_string(), "exit": code, "outcome": outcome(code, &request),
            "revision": request.revision.number, "plan": json::approved_plan(&request),
            "request": json::request(&request, app.now())}));
    } else {
        tell(code, &request, args.revision, out);
    }
    Ok(code)
}

/// The outcome as one stable word.
fn outcome(code: u8, request: &Request) -> &'static str {
    let overridden = request.state_name() == StateName::Overridden;
    match code {
        exit::DONE if overridden => "overridden",
        exit::IN_PART if overridden => "overridden_in_part",
        exit::OTHER_REVISION if overridden => "overridden_at_another_revision",
        exit::DONE => "approved",
        exit::REJECTED => "rejected",
        exit::CHANGES_REQUESTED => "changes_requested",
        exit::EXPIRED => "expired",
        exit::CANCELLED => "cancelled",
        exit::IN_PART => "approved_in_part",
        exit::OTHER_REVISION => "approved_at_another_revision",
        _ => "still_open",
    }
}

fn tell(code: u8, request: &Request, expected: Option<u32>, out: &mut Out) {
    let id = request.id;
    let word = request.state_name().word();
    let steps: Vec<String> = preview::running(request).iter().map(|s| s.to_string()).collect();
    match code {
        exit::TIMED_OUT => out.line(format_args!("{id} is still open ({})", request.state_name().word())),
        exit::CHANGES_REQUESTED => {
            out.line(format_args!("{id}: changes requested"));
            let reason = request.comments.last().and_then(|c| c.text.as_ref());
            out.lines(&detail::quoted(reason, 0));
        }
        exit::IN_PART => out.line(format_args!("{id} is {word} in part: {}", steps.join(", "))),
        exit::OTHER_REVISION => out.line(format_args!(
            "{id} is {word} at revision {}{}: read it before you run it",
            request.revision.number,
            expected.map(|n| format!(", not {n}")).unwrap_or_default()
        )),
        _ => {
            let closing = words::closing(request).unwrap_or_default();
            let mut line = Line::plain(format_args!("{id} is "));
            line.phrases.extend(closing.phrases);
            out.lines(&[line]);
        }
    }
    let Some(closed) = request.closed() else { return };
    if let Verdict::Approved { answer: Some(answer), .. } = &closed.verdict {
        out.lines(&detail::quoted(answer.text.as_ref(), 0));
    }
    if let Some(reason) = &closed.reason {
        out.lines(&detail::quoted(Some(reason as &Text), 0));
    }
    if code == exit::EXPIRED {
        out.aside(&Safe::composed("nothing may run on it; ask again with `submit --again`"));
    }
}
