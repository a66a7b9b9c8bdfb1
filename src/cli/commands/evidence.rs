//! Bringing proof, and looking into it: attach, evidence.

use crate::app::App;
use crate::app::evidence::{Brought, Proof};
use crate::cli::args::{Attach, Evidence};
use crate::cli::output::Out;
use crate::cli::{Done, Stop, commands, input};
use crate::domain::evidence::{MOST_BYTES, Piece};
use crate::domain::refusal::exit;
use crate::domain::text::Text;
use crate::present::plan::Long;
use crate::present::{evidence, json};
use serde_json::json;
use std::io::IsTerminal;

/// `attach R --label L FILE|-`, `attach R --label L --locator URL`
pub fn attach(app: &mut App, args: &Attach, out: &mut Out) -> Done {
    let id = app.resolve(&args.request)?;
    let step = match &args.step {
        Some(step) => commands::steps(std::slice::from_ref(step))?.pop(),
        None => None,
    };
    let bytes = match &args.file {
        // The bytes are counted as they come: a size that a file claims is not believed.
        Some(path) => Some(input::all(input::open_unlinked(path)?, MOST_BYTES as usize, "the evidence")?),
        None => None,
    };
    let what = match &bytes {
        Some(bytes) => Proof::Bytes(bytes),
        None => Proof::Locator(args.locator.as_deref().unwrap_or_default()),
    };
    let brought = Brought { label: &args.label, step, what, pin: args.pin };
    let decided = app.attach(id, &brought, &commands::caller(app))?;
    let after = &decided.after;
    if out.as_json {
        out.json(&json::request(after, app.now()));
        return Ok(exit::DONE);
    }
    let file = after.attached.last().and_then(|attached| attached.file);
    match file {
        Some(file) => {
            let pinned = match args.pin {
                true => format!("; pinned: revision {}", after.revision.number),
                false => String::new(),
            };
            out.line(format_args!(
                "{id}: sha256 {}, {}, {}{pinned}",
                file.sha256,
                evidence::size(file.size),
                file.kind
            ));
        }
        None => out.line(format_args!("{id}: locator attached; this program does not open it")),
    }
    Ok(exit::DONE)
}

/// `evidence R [N]`
pub fn evidence(app: &mut App, args: &Evidence, out: &mut Out) -> Done {
    let id = app.resolve(&args.request)?;
    let (request, caller) = (app.request(id)?, commands::caller(app));
    let Some(number) = args.number else {
        if out.as_json {
            let pieces: Vec<_> =
                request.pieces().iter().enumerate().map(|(n, piece)| one(n + 1, piece)).collect();
            out.json(&json!({"v": json::VERSION, "id": id.to_string(), "evidence": pieces,
                "missing": request.missing_evidence()}));
            return Ok(exit::DONE);
        }
        let list = crate::present::evidence::list(&request, Some(&app.opened(id, &caller)?)).lines;
        if list.is_empty() {
            out.line(format_args!("{id}: there is no evidence"));
        }
        out.lines(&list);
        return Ok(exit::DONE);
    };
    let looked = app.look_into(&request, number, &caller)?;
    let Some(bytes) = looked.bytes else {
        let words = format!(
            "{id}: the bytes of piece {number} are not here: a locator is not opened, and what was redacted is gone"
        );
        return Err(Stop::quoting(exit::NOT_FOUND, words));
    };
    if args.raw {
        if std::io::stdout().is_terminal() {
            let words = "--raw writes bytes as they are, which no terminal should get: send them into a file";
            return Err(Stop::quoting(exit::USAGE, words));
        }
        out.verbatim(&bytes);
        return Ok(exit::DONE);
    }
    if out.as_json {
        let text = std::str::from_utf8(&bytes).ok();
        let hex = text.is_none().then(|| crate::domain::digest::hex(&bytes));
        out.json(&json!({"v": json::VERSION, "id": id.to_string(), "number": number, "kind": looked.kind,
            "size": bytes.len(), "text": text, "hex": hex}));
        return Ok(exit::DONE);
    }
    out.lines(&evidence::content(looked.kind, &bytes, Long::Whole).lines);
    Ok(exit::DONE)
}

fn one(number: usize, piece: &Piece<'_>) -> serde_json::Value {
    let mut out = match piece {
        Piece::Named(named) => {
            json!({"label": named.label.raw(), "locator": named.locator.raw(), "named": true})
        }
        Piece::Attached(attached) => json::attached(attached),
    };
    out["number"] = json!(number);
    out["label"] = json!(piece.label().map(Text::raw));
    out["sha256"] = json!(piece.digest());
    out["pinned"] = json!(piece.is_pinned());
    out
}
