//! Forgetting and taking out: prune, redact.

use crate::app::App;
use crate::app::keeping::{Pruned, Redacting};
use crate::cli::args::{Prune, Redact};
use crate::cli::output::Out;
use crate::cli::{Done, Stop};
use crate::domain::names::Seq;
use crate::domain::refusal::exit;
use crate::domain::text::{Safe, Text};
use crate::present::evidence::size;
use crate::present::json;
use serde_json::json;

/// `prune`: forgets what is older than the settings say.
pub fn prune(app: &mut App, args: &Prune, out: &mut Out) -> Done {
    super::list::settle(app, out);
    let pruned = app.prune(args.dry_run)?;
    if args.scrub {
        app.scrub()?;
    }
    let Pruned { notices: (notices, deliveries), files, bytes, needed, pinned, young } = &pruned;
    if out.as_json {
        out.json(
            &json!({"v": json::VERSION, "dry_run": args.dry_run, "notices": notices, "deliveries": deliveries,
            "files": files, "bytes": bytes, "kept": {"needed": needed, "pinned": pinned, "young": young}}),
        );
        return Ok(exit::DONE);
    }
    let did = if args.dry_run { "would forget" } else { "forgot" };
    out.line(format_args!(
        "{did} {notices} notices with {deliveries} deliveries, and {} files of evidence ({})",
        files.len(),
        size(*bytes)
    ));
    for digest in files.iter().filter(|_| args.dry_run) {
        out.line(format_args!("  sha256 {digest}"));
    }
    out.line(format_args!(
        "kept: {needed} files that are needed (open, running, or a review owed), {pinned} pinned, {young} younger than the \
         settings say"
    ));
    Ok(exit::DONE)
}

/// `redact N --reason WHY`: takes the text of one event out of the log.
pub fn redact(app: &mut App, args: &Redact, out: &mut Out) -> Done {
    let reason = Text::new(args.reason.clone().unwrap_or_default());
    let seq = Seq(args.event);
    let done = app.redact(seq, &reason)?;
    let (state, words) = match &done {
        Redacting::Asked => (
            "asked",
            format!(
                "event {seq}: recorded that you want its text out; another admin says so within a day: countersign redact {seq}"
            ),
        ),
        Redacting::Done(_) => (
            "redacted",
            format!(
                "event {seq}: its text is gone, its digest stays, and the chain holds; backups and exports made before still have it"
            ),
        ),
    };
    if out.as_json {
        out.json(&json!({"v": json::VERSION, "event": args.event, "state": state}));
    } else {
        out.line(words);
    }
    match done {
        Redacting::Done(Err(why)) => Err(Stop::composed(
            exit::IO,
            Safe::composed(format_args!(
                "its text is no longer read by anybody, but the file could not be written anew: {why}"
            )),
        )),
        _ => Ok(exit::DONE),
    }
}
