//! The demo: a throw-away store filled through the same use cases as any other, on a clock that is set back.
//!
//! No row is written another way; what the demo shows is what the program does.

use crate::app::{App, Clock, Error, Failure, Place};
use crate::domain::canon;
use crate::domain::command::{Command, Seen};
use crate::domain::decide::OnSameReference;
use crate::domain::document::{self, Document, Limits};
use crate::domain::marks::Mark;
use crate::domain::moment::{Moment, Span};
use crate::domain::names::{PrincipalName, RequestId, StepId};
use crate::domain::principal::{Caller, Face};
use crate::domain::talk::About;
use crate::domain::text::Text;
use serde::Deserialize;
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// The story, one request a line: when it was asked, what, and what was done to it when.
const STORY: &str = include_str!("../../assets/demo.jsonl");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Told {
    /// Minutes before now.
    ago: i64,
    doc: Value,
    #[serde(default)]
    deeds: Vec<Deed>,
}

#[derive(Deserialize)]
struct Deed {
    /// Minutes after it was asked.
    after: i64,
    #[serde(rename = "as")]
    by: String,
    #[serde(flatten)]
    what: What,
}

#[derive(Deserialize)]
#[serde(tag = "verb", rename_all = "lowercase")]
enum What {
    Approve { reason: Option<String> },
    Reject { reason: String },
    Changes { reason: String },
    Comment { text: String },
    Cancel { reason: String },
    Answer { option: u32 },
    Mark { step: String, mark: Mark, reason: String },
    Claim {},
}

/// One thing that happens, in the order it happens.
enum Happening {
    Asked(usize, Box<Document>),
    Done(usize, PrincipalName, Command),
}

fn broken(why: impl std::fmt::Display) -> Failure {
    Failure::damaged(format!("the demo's story cannot be told: {why}"))
}

/// Fills a new store at `path` so that it looks as if it had been used for two days before `now`.
///
/// # Errors
/// When the store cannot be made or written.
pub fn fill(path: &Path, now: Moment) -> Result<usize, Error> {
    let clock = Arc::new(AtomicI64::new(now.millis()));
    let tell = Arc::clone(&clock);
    let happenings = story(now)?;
    let first = happenings.first().map_or(now, |(at, _)| *at);
    clock.store(first.minus(Span::from_minutes(1)).millis(), Ordering::SeqCst);
    let place = Place { store: Some(path.to_path_buf()), ..Place::default() };
    let mut app =
        App::open(&place, Clock::from_fn(move || Moment::from_millis(tell.load(Ordering::SeqCst))))?;
    let mut ids: Vec<Option<RequestId>> = Vec::new();
    for (at, happening) in happenings {
        clock.store(at.millis(), Ordering::SeqCst);
        match happening {
            Happening::Asked(n, document) => {
                // A debt and a policy are the system's to ask for.
                let caller = if document.by.is_some() { app.caller(Face::Cli) } else { Caller::system() };
                let done = app.submit(&[*document], OnSameReference::Refuse, &caller).map_err(|(_, e)| e)?;
                ids.resize(ids.len().max(n + 1), None);
                ids[n] = done.first().map(|s| s.id);
            }
            Happening::Done(n, by, command) => {
                let Some(id) = ids.get(n).copied().flatten() else {
                    return Err(broken("a deed before its request").into());
                };
                let caller = Caller { name: by, ..app.caller(Face::Cli) };
                app.decide(id, &command, &caller)?;
            }
        }
    }
    clock.store(now.millis(), Ordering::SeqCst);
    while app.settle_due()? > 0 {}
    Ok(ids.len())
}

/// Everything that happens, oldest first.
fn story(now: Moment) -> Result<Vec<(Moment, Happening)>, Failure> {
    let mut happenings = Vec::new();
    for (n, line) in STORY.lines().enumerate() {
        let told: Told = canon::read(line.as_bytes())
            .map_err(|e| broken(crate::domain::text::safe_line(&e.0)))
            .and_then(|value| serde_json::from_value(value).map_err(broken))?;
        let asked = now.minus(Span::from_minutes(told.ago));
        let document = document::from_value(told.doc, &Limits::BUILT_IN).map_err(broken)?;
        happenings.push((asked, Happening::Asked(n, Box::new(document))));
        for deed in told.deeds {
            let by = PrincipalName::new(deed.by).map_err(broken)?;
            let at = asked.plus(Span::from_minutes(deed.after));
            happenings.push((at, Happening::Done(n, by, command(deed.what)?)));
        }
    }
    happenings.sort_by_key(|(at, _)| *at);
    Ok(happenings)
}

fn command(what: What) -> Result<Command, Failure> {
    let said = |words: String| Some(Text::new(words));
    Ok(match what {
        What::Approve { reason } => Command::Approve { reason: reason.map(Text::new), seen: Seen::Nothing },
        What::Reject { reason } => Command::Reject { reason: said(reason), seen: Seen::Nothing },
        What::Changes { reason } => Command::RequestChanges { reason: said(reason), seen: Seen::Nothing },
        What::Comment { text } => Command::Comment { text: Text::new(text), about: About::REQUEST },
        What::Cancel { reason } => Command::Cancel { reason: said(reason) },
        What::Answer { option } => {
            Command::Answer { option: Some(option), text: None, reason: None, seen: Seen::Nothing }
        }
        What::Mark { step, mark, reason } => Command::Mark {
            steps: vec![StepId::new(step).map_err(broken)?],
            mark,
            reason: said(reason),
            seen: Seen::Nothing,
        },
        What::Claim {} => Command::Claim,
    })
}

/// What the little producer asks for while the demo runs, in turn.
const ASKED: [(&str, &str, &str); 5] = [
    ("plan", "deploy-bot", "Restart worker"),
    ("gate", "coordinator", "Continue with batch"),
    ("question", "planner", "Which template for letter"),
    ("plan", "cache-bot", "Purge the cache of shop"),
    ("incident", "pager", "Queue depth above 10,000 on node"),
];

/// Submits one more request, the `n`-th of the little producer's.
///
/// # Errors
/// When the store cannot be written.
pub fn ask_one_more(app: &mut App, n: usize) -> Result<RequestId, Error> {
    let (kind, by, title) = ASKED[n % ASKED.len()];
    let mut document = serde_json::json!({"kind": kind, "by": by, "title": format!("{title} {}", n + 1),
        "target": {"environment": "staging"}});
    match kind {
        "plan" => {
            document["steps"] = serde_json::json!([{"id": "do", "action": "demo.do", "params": {"n": n + 1},
                "run": ["/bin/true"], "undo": ["/bin/true"], "risk": if n.is_multiple_of(2) { "medium" } else { "low" }}]);
        }
        "question" => document["options"] = serde_json::json!(["Plain", "Formal"]),
        _ => {}
    }
    let document = document::from_value(document, &Limits::BUILT_IN).map_err(broken)?;
    let caller = app.caller(Face::Cli);
    let done = app.submit(&[document], OnSameReference::Refuse, &caller).map_err(|(_, e)| e)?;
    done.first().map(|s| s.id).ok_or_else(|| broken("nothing was asked").into())
}
