//! The log and the store's upkeep: log, audit verify, audit export, rebuild, backup, doctor.

use crate::app::App;
use crate::app::audit::Against;
use crate::app::doctor::{Finding, Health};
use crate::cli::args::{About, Log};
use crate::cli::output::Out;
use crate::cli::{Done, Stop, input};
use crate::domain::event::{Entry, KEEPING};
use crate::domain::log::Envelope;
use crate::domain::names::Seq;
use crate::domain::refusal::exit;
use crate::domain::text::safe_line;
use crate::present::line::{Line, Tone};
use crate::present::{history, json};
use serde_json::json;
use std::io::IsTerminal;
use std::path::Path;

/// `log [R]`
pub fn log(app: &mut App, args: &Log, out: &mut Out) -> Done {
    // An event that is no request's (the store's birth) has no entry: its envelope is all there is to say.
    let mut events: Vec<(Seq, String, Option<Entry>, Option<Envelope>)> = Vec::new();
    if args.request.as_deref() == Some(KEEPING) {
        for event in app.kept_events(args.limit)? {
            let envelope = event.envelope.clone();
            events.push((envelope.seq, envelope.aggregate.clone(), App::entry(&event), Some(envelope)));
        }
    } else if let Some(which) = &args.request {
        let id = app.resolve(which)?;
        for (seq, entry) in app.history(id)? {
            events.push((seq, id.to_string(), Some(entry), None));
        }
        events.retain(|(seq, ..)| args.after.is_none_or(|after| seq.0 > after));
        events.truncate(usize::try_from(args.limit).unwrap_or(usize::MAX));
    } else {
        let after =
            args.after.unwrap_or_else(|| app.head().map_or(0, |(last, _)| last.0.saturating_sub(args.limit)));
        app.events(Seq(after), |event| {
            let envelope = event.envelope.clone();
            events.push((envelope.seq, envelope.aggregate.clone(), App::entry(&event), Some(envelope)));
            Ok((events.len() as u64) < args.limit)
        })?;
    }
    if out.as_json {
        let list: Vec<_> = events
            .iter()
            .map(|(seq, aggregate, entry, envelope)| match entry {
                Some(entry) => json::event(*seq, aggregate, entry),
                None => json!(envelope),
            })
            .collect();
        out.json(&json!(list));
        return Ok(exit::DONE);
    }
    for (seq, aggregate, entry, envelope) in &events {
        match entry {
            Some(entry) => out.lines(&history::event(*seq, aggregate, entry)),
            None => {
                let Some(Envelope { at, by, name, .. }) = envelope else { continue };
                let when = at.date_and_time();
                out.line(format_args!("{:>6}  {when}  {aggregate:<7} {} {name}", seq.0, safe_line(by)));
            }
        }
    }
    Ok(exit::DONE)
}

/// Progress on stderr, when a person is there to see it.
pub(super) fn progress(words: &'static str) -> impl FnMut(u64) {
    use std::io::Write;
    let seen = std::io::stderr().is_terminal();
    move |done| {
        if seen {
            let _ = write!(std::io::stderr(), "\r{words} {done} ");
        }
    }
}

/// `audit verify`
pub fn verify(app: &mut App, against: Option<&Path>, out: &mut Out) -> Done {
    let report = app.verify(progress("events verified:"))?;
    let anchor = match against {
        Some(path) => Some(app.verify_against(input::open(path)?).map_err(|why| {
            let words = format!("{}: {why}; name a file that `audit export` wrote", path.display());
            Stop::quoting(exit::INVALID, words)
        })?),
        None => None,
    };
    let anchored = if let Some(Against::Agrees(seq)) = anchor { seq.0 } else { 0 };
    let (words, agrees) = anchor_words(anchor);
    let gone: Vec<u64> = report.payloads_gone.iter().map(|s| s.0).collect();
    let code = if report.is_sound() && agrees { exit::DONE } else { exit::NOT_VERIFIED };
    if out.as_json {
        let problems: Vec<_> =
            report.problems.iter().map(|p| json!({"seq": p.seq, "what": p.what.as_str()})).collect();
        out.json(&json!({"v": json::VERSION, "sound": report.is_sound(), "events": report.events, "head": report.head,
            "first_bad": report.first_bad(), "problems": problems, "payloads_missing": gone,
            "unexplained": report.unexplained.iter().map(|seq| seq.0).collect::<Vec<_>>(), "stale_rows": report.stale_rows,
            "evidence": report.files,
            "evidence_missing": report.files_gone, "decisions": report.decisions, "signed": report.signed, "anchored_to": anchored, "anchor": words}));
        return Ok(code);
    }
    if report.is_sound() {
        out.line(format_args!("{} events, head {}, {words}", report.events, report.head));
        let plural = if report.decisions == 1 { "" } else { "s" };
        out.line(format_args!("{} decision{plural}, {} signed", report.decisions, report.signed));
        if !gone.is_empty() {
            out.line(format_args!("{} texts are gone, their digests are not", gone.len()));
        }
        if let Some(first) = report.unexplained.first() {
            let words = format!(
                "WARNING: of {} of them no event says who took them out and why; the first is event {first}",
                report.unexplained.len()
            );
            out.lines(&[Line::default().and(Tone::Bad, words)]);
        }
        if report.files + report.files_gone > 0 {
            out.line(format_args!(
                "evidence: {} files, each as its digest says; {} redacted",
                report.files, report.files_gone
            ));
        }
    } else {
        match report.first_bad() {
            Some(seq) => out.line(format_args!("DOES NOT VERIFY: first bad event {seq}")),
            None => out.line("DOES NOT VERIFY: the chain of events is sound, but something around it is not"),
        }
        for problem in &report.problems {
            out.line(format_args!("  {}", problem.what));
        }
        if report.first_bad().is_none()
            && report.problems.iter().all(|p| p.what.as_str().starts_with("derived"))
        {
            out.line("`countersign rebuild` writes the derived tables again from the log");
        }
    }
    if !gone.is_empty() {
        let list: Vec<String> = gone.iter().take(20).map(u64::to_string).collect();
        out.line(format_args!("redacted, which changes no fact: the payloads of events {}", list.join(", ")));
    }
    if report.stale_rows > 0 {
        out.line(format_args!(
            "{} derived rows still hold redacted words: `countersign rebuild` forgets them",
            report.stale_rows
        ));
    }
    Ok(code)
}

/// What the export that was kept elsewhere says of the log, and whether they agree.
fn anchor_words(anchor: Option<Against>) -> (String, bool) {
    match anchor {
        None => ("no anchor: truncation cannot be excluded".to_owned(), true),
        Some(Against::Agrees(seq)) => {
            (format!("anchored: nothing up to event {seq} was cut off or made anew"), true)
        }
        Some(Against::OtherStore) => ("DOES NOT AGREE: the export is of another store".to_owned(), false),
        Some(Against::Forks(seq)) => {
            (format!("DOES NOT AGREE: log and export differ from event {seq} on"), false)
        }
        Some(Against::Cut { ends, export }) => {
            (format!("DOES NOT AGREE: the log ends at event {ends}, the export at {export}"), false)
        }
    }
}

/// `audit export [--only WHAT]`
pub fn export(app: &mut App, only: Option<About>, out: &mut Out) -> Done {
    app.may_export()?;
    app.events(Seq(0), |event| {
        if only.is_some_and(|about| !about.holds(&event.envelope.name, &event.facts)) {
            return Ok(!out.is_over());
        }
        out.json_line(&app.export_line(&event)?);
        Ok(!out.is_over())
    })?;
    match out.trouble() {
        None => Ok(exit::DONE),
        Some(why) => Err(Stop::composed(
            exit::IO,
            format_args!("the export is not complete: {why}; make room, and export again"),
        )),
    }
}

/// `rebuild`
pub fn rebuild(app: &mut App, out: &mut Out) -> Done {
    let requests = app.rebuild(progress("requests rebuilt:"))?;
    if out.as_json {
        out.json(&json!({"v": json::VERSION, "requests": requests}));
    } else {
        out.line(format_args!("rebuilt {requests} requests from the log"));
    }
    Ok(exit::DONE)
}

/// `backup FILE`
pub fn backup(app: &mut App, file: &Path, out: &mut Out) -> Done {
    let mut tell = progress("pages left:");
    app.backup(file, |left, _| tell(u64::try_from(left).unwrap_or_default()))?;
    let (seq, head) = app.head()?;
    if out.as_json {
        out.json(&json!({"v": json::VERSION, "file": file.to_string_lossy(), "events": seq, "head": head}));
    } else {
        let name = crate::domain::text::safe_line(&file.to_string_lossy());
        out.line(format_args!("copied to {name}: {seq} events, head {head}"));
    }
    Ok(exit::DONE)
}

/// `doctor`: exit 5 when something is wrong.
pub fn doctor(app: &mut App, out: &mut Out) -> Done {
    Ok(tell_findings(&app.doctor(), out))
}

/// `doctor` on a store that cannot be opened.
pub fn doctor_outside(place: &crate::app::Place, failure: &crate::app::Failure, out: &mut Out) -> Done {
    Ok(tell_findings(&crate::app::doctor::from_outside(place, failure), out))
}

fn tell_findings(findings: &[Finding], out: &mut Out) -> u8 {
    let word = |health| match health {
        Health::Well => "well",
        Health::Note => "note",
        Health::Ill => "ILL",
    };
    if out.as_json {
        let list: Vec<_> = findings
            .iter()
            .map(|f| json!({"what": f.what, "health": word(f.health).to_lowercase(), "words": f.words.as_str()}))
            .collect();
        out.json(&json!({"v": json::VERSION, "findings": list}));
    } else {
        for finding in findings {
            out.line(format_args!("{:<4}  {:<11} {}", word(finding.health), finding.what, finding.words));
        }
    }
    let ill = findings.iter().any(|f| f.health == Health::Ill);
    if ill { exit::NOT_VERIFIED } else { exit::DONE }
}
