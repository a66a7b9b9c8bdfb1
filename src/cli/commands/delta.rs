//! What changed since one's own sign-off, or since a revision: `show R --since-mine`, `show R --delta`.

use crate::app::App;
use crate::app::delta::When;
use crate::cli::output::Out;
use crate::cli::{Done, Stop, commands};
use crate::domain::delta::{Class, between};
use crate::domain::names::RevisionNumber;
use crate::domain::refusal::{Refusal, exit};
use crate::domain::request::{Request, SignOffStanding};
use crate::domain::rules;
use crate::present::{delta as present, json};
use serde_json::{Value, json};

/// `show R --since-mine`
pub fn since_mine(app: &App, request: &Request, out: &mut Out) -> Done {
    let caller = commands::caller(app);
    let Some(mine) = rules::last_signoff(request, &caller) else {
        let why = format!(
            "{} has no sign-off here; `show {} --delta` shows the last revision",
            caller.name, request.id
        );
        return Err(Stop::Because(Refusal::NotNow { id: request.id, why }.into()));
    };
    let then = app.as_it_was(request.id, When::SignedOff(mine.number))?;
    let standing = match mine.standing {
        SignOffStanding::Counts => "counts",
        SignOffStanding::Void => "is void",
        SignOffStanding::Withdrawn => "was taken back",
    };
    let (number, revision) = (mine.number, mine.bound.revision);
    let heading = format!(
        "{}: since sign-off {} of {} on revision {revision}, which {standing}; now revision {}",
        request.id, number.0, mine.bound.signer.name, request.revision.number
    );
    let since = json!({"signoff": number, "by": mine.bound.signer.name, "revision": revision,
        "counts": mine.standing == SignOffStanding::Counts});
    tell(request, then, &heading, since, out)?;
    if !out.as_json && mine.standing == SignOffStanding::Void && request.is_open() {
        out.line(format_args!(
            "to stand for it again: countersign approve {} --digest {}",
            request.id,
            request.decision_digest().short()
        ));
    }
    Ok(exit::DONE)
}

/// `show R --delta [N]`
pub fn since_revision(app: &App, request: &Request, asked: Option<u32>, out: &mut Out) -> Done {
    let now = request.revision.number;
    let before = request.earlier.last().map_or(now, |revision| revision.number);
    let number = asked.map_or(before, RevisionNumber);
    let Some(mut then) = app.as_it_was(request.id, When::Revision(number))? else {
        let why = format!("it has no revision {number}; it is at revision {now}");
        return Err(Stop::Because(Refusal::NotNow { id: request.id, why }.into()));
    };
    // What the marks were is not the question here.
    then.marks = request.marks.clone();
    let heading = format!("{}: since revision {number}; now revision {now}", request.id);
    tell(request, Some(then), &heading, json!({"revision": number}), out)
}

fn tell(request: &Request, then: Option<Request>, heading: &str, since: Value, out: &mut Out) -> Done {
    let Some(changes) = then.and_then(|then| between(&then, request)) else {
        return Err(Stop::Because(Refusal::Uninspectable.into()));
    };
    if out.as_json {
        out.json(&json!({"v": json::VERSION, "id": request.id.to_string(), "since": since,
            "revision": request.revision.number, "decision_digest": request.decision_digest(),
            "prose_only": changes.iter().all(|change| change.class == Class::Prose),
            "changes": present::json(&changes)}));
        return Ok(exit::DONE);
    }
    out.line(format_args!("{heading}: {}", present::count(&changes)));
    out.lines(&present::lines(&changes));
    Ok(exit::DONE)
}
