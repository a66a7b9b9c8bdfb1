//! A notice as it is sent: ids, counts and our own words. What its producer wrote is only in it where the policy opens
//! the text.

use crate::domain::chain::Whom;
use crate::domain::due::{self, Due};
use crate::domain::moment::Moment;
use crate::domain::notice::{Notice, NoticeKind, Origin};
use crate::domain::request::{Request, State};
use crate::domain::text::Text;
use crate::present::{json, words};
use serde_json::{Value, json};

/// One sentence: which request, what about, and what happens if nobody acts.
pub fn sentence(notice: &Notice, request: &Request, now: Moment) -> String {
    let to = |to: &Option<Whom>| to.as_ref().map_or_else(|| "reviewers".to_owned(), Whom::to_string);
    let what = match notice.kind {
        NoticeKind::Assignment if matches!(request.state, State::ChangesRequested { .. }) => {
            format!("waits for changes by {}", to(&notice.to))
        }
        NoticeKind::Assignment => format!("was given to {}", to(&notice.to)),
        NoticeKind::Approval if request.closed().is_some() => "has a step that waits for a person".to_owned(),
        NoticeKind::Approval | NoticeKind::Promotion => "waits for a decision".to_owned(),
        NoticeKind::Cosignature => "waits for a signature".to_owned(),
        NoticeKind::Debt => "is a review that is owed".to_owned(),
        NoticeKind::DeadlineRisk => "still waits".to_owned(),
        NoticeKind::Escalation => format!("escalated to {}", to(&notice.to)),
        NoticeKind::Failure => match request.execution {
            Some(execution) if request.closed().is_some() => {
                format!("went wrong; its execution is {}", execution.word().replace('_', " "))
            }
            _ => format!("is {}", request.state_name().word().replace('_', " ")),
        },
        NoticeKind::Halt => "was stopped".to_owned(),
        NoticeKind::Rollback => "is being taken back".to_owned(),
        NoticeKind::Mention => match &notice.origin {
            Origin::Comment(number) => format!("calls {} in comment {}", to(&notice.to), number.0),
            _ => format!("calls {}", to(&notice.to)),
        },
        NoticeKind::Override => format!("went ahead without the sign-off of {}", to(&notice.to)),
        // Of this place, and of no request.
        NoticeKind::Alarm | NoticeKind::Recovery => "is not well".to_owned(),
    };
    let what = match &notice.origin {
        Origin::Rollout { name, .. } => format!("{what} (rollout {name})"),
        _ => what,
    };
    let sentence = format!("{} ({}, {}) {what}", request.id, request.kind(), request.assessment().risk);
    match request.is_open() {
        true => format!("{sentence}. {}", words::if_nobody_acts(request, now)),
        false => format!("{sentence}."),
    }
}

/// The whole as JSON. `id` names the notice wherever it arrives.
pub fn body(notice: &Notice, request: &Request, id: &str, opened: bool, now: Moment) -> Value {
    let ahead = due::ahead(request);
    let ahead = ahead.iter().filter(|one| !matches!(one.due, Due::Reminds(_)));
    let mut out = json!({
        "v": json::VERSION, "id": id, "notice": notice.kind.word(), "at": notice.at.iso(),
        "to": notice.to, "request": request.id.to_string(), "kind": request.kind(),
        "risk": request.assessment().risk, "priority": request.revision.priority,
        "state": request.state_name().word(), "level": request.level(),
        "due_at": request.deadlines.due_at.iso(), "expires_at": request.expires_at().map(Moment::iso),
        "sign_offs_open": request.open_slots().len(),
        "if_nobody_acts":
            ahead.map(|one| json!({"at": one.at.iso(), "what": one.due.word(), "to": one.to})).collect::<Vec<_>>(),
        "sentence": sentence(notice, request, now),
    });
    match &notice.origin {
        Origin::Comment(number) => out["comment"] = json!(number.0),
        Origin::Rollout { name, .. } => out["rollout"] = json!(name),
        Origin::Event(_) | Origin::Place(_) => {}
    }
    if opened {
        out["title"] = json!(request.content.as_ref().map(|content| content.title.raw()));
        out["by"] = json!(request.requester.name);
        out["environment"] = json!(request.target().environment);
        out["service"] = json!(request.target().service);
    }
    out
}

/// The same for people, where the policy opens the text: everything visible, nothing that a terminal or a mail obeys.
pub fn text(request: &Request) -> Vec<String> {
    let title = request.content.as_ref().map(|content| Text::line(&content.title).to_string());
    let by = format!("asked by {}", request.requester.name);
    title.into_iter().chain([by]).collect()
}
