//! `policy show | check FILE | diff FILE | import-capabilities FILE | adopt FILE`

use crate::app::App;
use crate::app::Clock;
use crate::app::policy::{self as policies, Adoption, InForce};
use crate::cli::args::Policy as Verb;
use crate::cli::input;
use crate::cli::output::Out;
use crate::cli::{Done, Stop, commands};
use crate::domain::digest::PolicyDigest;
use crate::domain::policy::Policy;
use crate::domain::principal::Role;
use crate::domain::refusal::exit;
use crate::domain::text::{Safe, safe_line};
use crate::present::line::{Line, Tone};
use crate::present::{json, policy as words};
use serde_json::json;
use std::path::Path;

/// Runs one verb of `policy` on an open store.
///
/// # Errors
/// Whatever stopped it.
pub fn run(app: &mut App, verb: &Verb, out: &mut Out) -> Done {
    match verb {
        Verb::Show => show(app, out),
        // Needs no store; handled before one was opened.
        Verb::Check { file } => check(file, out),
        Verb::ImportCapabilities { file } => import_capabilities(file, out),
        Verb::Diff { file } => diff(app, file, out),
        Verb::Adopt { file } => adopt(app, file, out),
    }
}

/// Reads and checks a file.
fn read(file: &Path) -> Result<(String, Policy), Stop> {
    let name = safe_line(&file.to_string_lossy());
    let bytes = input::all(input::open(file)?, policies::LONGEST, "the policy")?;
    let wrong = |why: &dyn std::fmt::Display| {
        Stop::composed(
            exit::INVALID,
            format_args!("{name}: {why}; nothing was adopted: mend it, and try again"),
        )
    };
    let text = String::from_utf8(bytes).map_err(|_| wrong(&"is not UTF-8"))?;
    let policy = policies::check(&text).map_err(|e| wrong(&e))?;
    Ok((text, policy))
}

/// `policy check FILE`
///
/// # Errors
/// Exit 65 with line and key when it is not valid.
pub fn check(file: &Path, out: &mut Out) -> Done {
    let (text, policy) = read(file)?;
    let digest = PolicyDigest::of(&text);
    let now = Clock::system().now();
    if let Some(why) = policies::locks_out(&policy, now) {
        let name = safe_line(&file.to_string_lossy());
        return Err(Stop::composed(exit::INVALID, format_args!("{name}: {}", safe_line(&why))));
    }
    let mut notes = words::notes_for_solo(&policy);
    if policy.roster.holders(Role::Admin).next().is_some() {
        notes.extend(words::notes_for_team(&policy, now));
    }
    if out.as_json {
        let rules: Vec<&str> = policy.rules.iter().map(|rule| rule.name.as_str()).collect();
        out.json(&json!({"v": json::VERSION, "valid": true, "digest": digest, "rules": rules,
            "risk_rules": policy.risk.rules.len(), "notes": notes}));
        return Ok(exit::DONE);
    }
    out.line(format_args!("valid: policy {}", digest.short()));
    out.lines(&words::contents(&policy));
    for note in notes {
        out.line(format_args!("note: {note}"));
    }
    Ok(exit::DONE)
}

/// `policy import-capabilities FILE`: prints what to paste. Nothing is put in force.
///
/// # Errors
/// Exit 65 with what cannot be read.
pub fn import_capabilities(file: &Path, out: &mut Out) -> Done {
    let name = safe_line(&file.to_string_lossy());
    let bytes = input::all(input::open(file)?, policies::LONGEST, "the matrix")?;
    let wrong = |why: String| {
        Stop::composed(exit::INVALID, format_args!("{name}: {}; nothing was taken over", safe_line(&why)))
    };
    let text = String::from_utf8(bytes).map_err(|_| wrong("is not UTF-8".to_owned()))?;
    let proposed = policies::from_matrix(&text).map_err(wrong)?;
    if out.as_json {
        out.json(&json!({"v": json::VERSION, "capabilities": proposed.names, "policy": proposed.policy}));
        return Ok(exit::DONE);
    }
    for line in proposed.policy.lines() {
        out.line(safe_line(line));
    }
    Ok(exit::DONE)
}

/// `policy show`
fn show(app: &mut App, out: &mut Out) -> Done {
    let in_force = app.policy()?;
    let text = in_force.adopted.as_ref().map(|adopted| adopted.text.as_str());
    if out.as_json {
        out.json(&json!({"v": json::VERSION, "policy": in_force.policy.digest, "version": in_force.version,
            "event": in_force.seq, "trouble": in_force.policy.trouble, "text": text}));
        return Ok(exit::DONE);
    }
    out.line(told(&in_force));
    let lines: Vec<Line> = match text {
        Some(text) => text.lines().map(|line| Line::quoted(safe_line(line))).collect(),
        None => words::contents(&in_force.policy),
    };
    out.lines(&lines);
    Ok(exit::DONE)
}

/// One line on the policy in force.
pub fn in_force_words(app: &App) -> Result<String, Stop> {
    Ok(told(&app.policy()?))
}

fn told(in_force: &InForce) -> String {
    let InForce { policy, adopted, version, .. } = in_force;
    match (version, &policy.trouble, adopted) {
        (_, Some(why), _) => format!(
            "POLICY CANNOT BE READ: {}; nothing that lets anything run is decided until one is adopted",
            safe_line(why)
        ),
        (Some(version), None, Some(adopted)) => format!(
            "policy: {} (version {version}, adopted by {} at {})",
            adopted.digest.short(),
            adopted.entry.by,
            adopted.entry.at.date_and_time()
        ),
        _ => "policy: built-in".to_owned(),
    }
}

/// `policy diff FILE`: exit 0 also when something differs, as a question that was answered.
fn diff(app: &mut App, file: &Path, out: &mut Out) -> Done {
    let (text, policy) = read(file)?;
    let in_force = app.policy()?;
    let before = in_force.adopted.as_ref().map_or("", |adopted| adopted.text.as_str());
    let same = in_force.policy.digest == policy.digest;
    let (changes, more) = app.would_change(&policy)?;
    let lines = words::difference(before, &text);
    if out.as_json {
        let requests: Vec<_> = changes
            .iter()
            .map(|c| {
                json!({"id": c.id.to_string(), "risk": [c.before.risk, c.after.risk], "rule": [c.before.rule, c.after.rule],
                    "slots": [c.before.slots, c.after.slots]})
            })
            .collect();
        let lines: Vec<String> = lines.iter().map(Line::to_string).collect();
        out.json(&json!({"v": json::VERSION, "same": same, "in_force": in_force.policy.digest, "digest": policy.digest,
            "changes": lines, "requests": requests, "requests_not_all": more}));
        return Ok(exit::DONE);
    }
    if same {
        out.line("this is the policy in force");
        return Ok(exit::DONE);
    }
    out.line(told(&in_force));
    out.lines(&lines);
    if changes.is_empty() {
        out.line("no open request would be judged otherwise");
    }
    let lines: Vec<Line> = changes.iter().map(|c| words::judged(c.id, &c.before, &c.after)).collect();
    out.lines(&lines);
    if more {
        out.lines(&[Line::default().and(Tone::Dim, "only the first open requests were looked at")]);
    }
    Ok(exit::DONE)
}

/// `policy adopt FILE`
fn adopt(app: &mut App, file: &Path, out: &mut Out) -> Done {
    let (text, policy) = read(file)?;
    let done = app.adopt(&text, &policy, &commands::caller(app))?;
    let notes = match app.is_team()? {
        true => words::notes_for_team(&policy, app.now()),
        false => words::notes_for_solo(&policy),
    };
    for note in notes {
        out.aside(&Safe::composed(format_args!("note: {note}")));
    }
    if out.as_json {
        out.json(&match done {
            Adoption::Already(digest) => json!({"v": json::VERSION, "policy": digest, "adopted": false}),
            Adoption::Proposed { digest, id } => {
                json!({"v": json::VERSION, "policy": digest, "adopted": false, "id": id.to_string()})
            }
            Adoption::InForce { digest, version, seq } => {
                json!({"v": json::VERSION, "policy": digest, "adopted": true, "version": version, "event": seq})
            }
        });
        return Ok(exit::DONE);
    }
    match done {
        Adoption::Already(digest) => {
            out.line(format_args!("policy {} is in force already; nothing new was recorded", digest.short()));
        }
        Adoption::Proposed { digest, id } => out.line(format_args!(
            "{id} proposes policy {}; it is in force when an admin other than you signs {id} off",
            digest.short()
        )),
        Adoption::InForce { digest, version, seq } => out.line(format_args!(
            "policy {} is in force: version {version}, event {seq}; open requests are judged by it at their next touch",
            digest.short()
        )),
    }
    Ok(exit::DONE)
}
