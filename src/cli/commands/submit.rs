//! Asking: submit, import, resubmit. Stdout carries the request's number and nothing else, so that scripts can use it.

use crate::app::{App, Submitted};
use crate::cli::args::{Import, Resubmit, Submit, Wait};
use crate::cli::input::{self, Documents};
use crate::cli::output::Out;
use crate::cli::{Done, Stop, commands};
use crate::domain::command::Command;
use crate::domain::decide::{OnSameReference, Placement};
use crate::domain::document::{self, Document};
use crate::domain::execution::Run;
use crate::domain::invalid::Invalid;
use crate::domain::names::RequestId;
use crate::domain::refusal::{Refusal, exit};
use crate::domain::successor;
use crate::domain::text::Safe;
use crate::present::{json, words};
use serde_json::{Value, json};

/// How many documents of a stream go into one transaction.
const PORTION: usize = 1_000;
/// The format that has files beside it.
const SIGNED_ELSEWHERE: &str = crate::app::SIGNED_ELSEWHERE;
/// Bytes of a signature, or of a list of signers.
const SMALL: usize = 256 << 10;

/// `submit FILE|-`
pub fn submit(app: &mut App, args: &Submit, out: &mut Out) -> Done {
    let how = match (args.revise, args.again) {
        (true, _) => OnSameReference::Revise,
        (_, true) => OnSameReference::Again,
        _ => OnSameReference::Refuse,
    };
    let limits = app.limits()?;
    let portions =
        Documents::new(input::open(&args.file)?, limits).ahead(if args.wait { 2 } else { PORTION });
    let (mut count, mut last) = (0usize, None);
    loop {
        // A thread that is gone has said why, or was at the end.
        let (portion, trouble) = portions.recv().unwrap_or_default();
        match trouble {
            // What stands before a bad line is stored and printed; with --wait there is only one document, or none.
            Some(trouble) if portion.is_empty() || args.wait => return Err(trouble),
            None if portion.is_empty() => break,
            _ => {}
        }
        if args.wait && count + portion.len() > 1 {
            return Err(Stop::quoting(exit::USAGE, "--wait takes one document; nothing was stored"));
        }
        if portion.len() == PORTION {
            app.expect_much();
        }
        let lines: Vec<usize> = portion.iter().map(|d| d.line).collect();
        let batch: Vec<Document> = portion.into_iter().map(|d| d.document).collect();
        let done = app.submit(&batch, how, &commands::caller(app)).map_err(|(at, e)| {
            if count == 0 && batch.len() == 1 {
                return Stop::Because(e);
            }
            let words = format!(
                "line {}: {e}; lines {} to {} were not stored",
                lines[at],
                lines[0],
                lines[lines.len() - 1]
            );
            Stop::composed(e.exit_code(), words)
        })?;
        for submitted in &done {
            tell(app, submitted, out, args.wait);
        }
        out.flush();
        count += done.len();
        last = done.into_iter().last();
        if let Some(trouble) = trouble {
            return Err(trouble);
        }
    }
    match (last, args.wait) {
        (None, _) => Err(Stop::quoting(exit::INVALID, "there is no document; nothing was stored")),
        (Some(submitted), true) => {
            let wait = Wait {
                request: submitted.id.to_string(),
                timeout: args.timeout,
                // What was there already can have been edited by a reviewer: then it is not what was submitted.
                revision: match submitted.placement {
                    Placement::Same(_) => None,
                    _ => Some(submitted.revision.0),
                },
            };
            commands::wait::wait(app, &wait, out)
        }
        (Some(_), false) => Ok(exit::DONE),
    }
}

/// Prints which request it is; remarks go beside it.
fn tell(app: &App, submitted: &Submitted, out: &mut Out, waits: bool) {
    let Submitted { id, placement, revision, request } = submitted;
    if out.as_json {
        // With --wait the one object is what the waiting ends with.
        if !waits {
            let mut value = json::request(request, app.now());
            value["placement"] = json!(match placement {
                Placement::New => "new",
                Placement::Same(_) => "same",
                Placement::NextRevision(_) => "revised",
            });
            out.json_line(&value.to_string());
        }
        return;
    }
    out.line(id);
    if let Some(words) = words::violation(request).filter(|_| request.is_open()) {
        out.aside(&Safe::composed(format_args!("{id}: {words}")));
    }
    let words = match placement {
        Placement::New => return,
        Placement::Same(_) => {
            let ended = words::closing(request).map(|line| line.to_string());
            let state = ended.unwrap_or_else(|| request.state_name().word().to_owned());
            format!("{id} was asked before, nothing new was stored; it is {state}")
        }
        Placement::NextRevision(_) => format!("{id} is now at revision {revision}"),
    };
    out.aside(&Safe::composed(words));
}

/// `import FORMAT FILE`
pub fn import(app: &mut App, args: &Import, out: &mut Out) -> Done {
    let format = crate::app::formats().iter().find(|f| f.name == args.format);
    if format.is_none() && args.format != SIGNED_ELSEWHERE {
        let known: Vec<&str> = crate::app::formats().iter().map(|f| f.name).collect();
        let words =
            format!("there is no format {}; known: {}, {SIGNED_ELSEWHERE}", args.format, known.join(", "));
        return Err(Stop::quoting(exit::USAGE, words));
    }
    if format.is_some() && (args.sig.is_some() || args.signers.is_some()) {
        let words = format!("--sig and --signers are for {SIGNED_ELSEWHERE}");
        return Err(Stop::quoting(exit::USAGE, words));
    }
    let in_a_session = app.is_session();
    if in_a_session && format.is_none() {
        let words = format!(
            "{SIGNED_ELSEWHERE} needs files beside it, which a session does not read: it is for a solo store"
        );
        return Err(Stop::quoting(exit::USAGE, words));
    }
    if !in_a_session && app.is_team()? {
        let words =
            "in a team whoever asks imports, in a session of their own: `ssh … import FORMAT - < FILE`";
        return Err(Stop::composed(exit::REFUSED, words));
    }
    let how = match (args.revise, args.again) {
        (true, _) => OnSameReference::Revise,
        (_, true) => OnSameReference::Again,
        _ => OnSameReference::Refuse,
    };
    let limits = app.limits()?;
    let text = input::all(input::open(&args.file)?, limits.document * 16, "the file")?;
    let invalid = |invalid: Invalid| Stop::Because(Refusal::Invalid(invalid).into());
    // `--as` names the producer whose file it is.
    let by = app.asserted_name().cloned();
    let imported = match format {
        Some(format) => (format.read)(&text, by.as_ref(), &limits).map_err(invalid)?,
        None => {
            let (signature, signers) = signed(args)?;
            app.signed_elsewhere(&text, (&signature, &signers), by.as_ref(), &limits).map_err(invalid)?
        }
    };
    let documents: Vec<Document> = imported
        .documents
        .iter()
        .map(|value: &Value| document::from_value(value.clone(), &limits))
        .collect::<Result<_, _>>()
        .map_err(invalid)?;
    for note in &imported.notes {
        out.aside(&Safe::composed(format_args!("note: {note}")));
    }
    if documents.is_empty() {
        out.aside(&Safe::composed("nothing to ask in this file"));
        return Ok(exit::DONE);
    }
    let done = app.submit(&documents, how, &commands::caller(app)).map_err(|(at, e)| {
        Stop::composed(e.exit_code(), format_args!("request {} of the file: {e}; nothing was stored", at + 1))
    })?;
    for submitted in &done {
        tell(app, submitted, out, false);
    }
    Ok(exit::DONE)
}

/// The signature beside an approval, and the list of signers.
fn signed(args: &Import) -> Result<(String, String), Stop> {
    let Some(signers) = &args.signers else {
        let words = "say whose key is whose: --signers FILE, an allowed_signers list";
        return Err(Stop::quoting(exit::USAGE, words));
    };
    let mut beside = args.file.clone().into_os_string();
    beside.push(".sig");
    let sig = args.sig.clone().unwrap_or_else(|| std::path::PathBuf::from(beside));
    let read = |file: &std::path::Path, what: &str| -> Result<String, Stop> {
        let bytes = input::all(input::open(file)?, SMALL, what)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    Ok((read(&sig, "the signature")?, read(signers, "the list of signers")?))
}

/// `resubmit R FILE|-`
pub fn resubmit(app: &mut App, args: &Resubmit, out: &mut Out) -> Done {
    let id = app.resolve(&args.request)?;
    let document = match &args.file {
        Some(file) => {
            let limits = app.limits()?;
            let text = input::all(input::open(file)?, limits.document, "the document")?;
            Some(document::read(&text, &limits).map_err(|e| Stop::Because(Refusal::Invalid(e).into()))?)
        }
        None => None,
    };
    if args.as_new {
        return as_new(app, id, document, out);
    }
    let Some(document) = document else { return Ok(exit::USAGE) };
    let request = app.request(id)?;
    if request.is_open() && request.state_name() != crate::domain::request::StateName::ChangesRequested {
        let why = "no changes were requested; use `submit --revise` to change it".to_owned();
        return Err(Stop::Because(Refusal::NotNow { id, why }.into()));
    }
    let caller = commands::caller(app);
    // The document's `by` asserts who resubmits, as it asserted who asked.
    let caller = app.reviser(&caller, document.by.as_ref())?;
    let decided = app.decide(id, &Command::Revise { content: Box::new(document.content) }, &caller)?;
    if out.as_json {
        out.json(&json::request(&decided.after, app.now()));
    } else {
        out.line(id);
        let words = format!("{id} is now at revision {}, and waits again", decided.after.revision.number);
        out.aside(&Safe::composed(words));
    }
    Ok(exit::DONE)
}

/// `resubmit R [FILE|-] --as-new`: a new request that goes on with a closed one.
fn as_new(app: &mut App, id: RequestId, document: Option<Document>, out: &mut Out) -> Done {
    let old = app.request(id)?;
    let (caller, requester) = (commands::caller(app), &old.requester);
    let by = document.as_ref().and_then(|document| document.by.clone());
    // As with `resubmit`, the document's `by` asserts who asks; without it, it is the caller.
    if by.as_ref().unwrap_or(&caller.name) != &requester.name {
        let (requester, team) = (requester.name.clone(), app.is_team()?);
        let refusal = Refusal::NotRequester { verb: "go on with", requester, team };
        return Err(Stop::Because(refusal.into()));
    }
    let mut document = match document {
        Some(document) => document,
        None => {
            let Some(content) = &old.content else {
                return Err(Stop::Because(Refusal::Uninspectable.into()));
            };
            let results = old.run.as_ref().map(Run::done).unwrap_or_default();
            let content = successor::remaining(content, &results)
                .map_err(|invalid| Stop::Because(Refusal::Invalid(invalid).into()))?;
            Document { by: None, reference: None, continues: None, content }
        }
    };
    // A producer that nobody owns stays one: the account that types for it is not who asks.
    document.by = document.by.or_else(|| requester.person.is_none().then(|| requester.name.clone()));
    document.reference = document.reference.or_else(|| old.reference.clone());
    document.continues = Some(id);
    let done = app.submit(&[document], OnSameReference::Again, &caller).map_err(|(_, e)| Stop::Because(e))?;
    for submitted in &done {
        tell(app, submitted, out, false);
    }
    if !out.as_json && done.iter().any(|submitted| submitted.request.continues == Some(id)) {
        out.aside(&Safe::composed(format_args!("it goes on with {id}")));
    }
    Ok(exit::DONE)
}
