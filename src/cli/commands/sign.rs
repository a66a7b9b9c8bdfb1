//! Signing: challenge, cosign, verify.

use crate::app::App;
use crate::app::cosign::{LONGEST, SIGNED_FOR};
use crate::app::signatures::Checked;
use crate::cli::output::Out;
use crate::cli::sign_args::{Challenge, Cosign, Going};
use crate::cli::{Done, Stop, commands, input};
use crate::domain::command::{Command, Seen};
use crate::domain::event::SignOffNumber;
use crate::domain::overriding::Plea;
use crate::domain::refusal::exit;
use crate::domain::request::SignOffStanding;
use crate::domain::statement::Deed;
use crate::domain::text::{Safe, Text, safe_line};
use crate::present::json;
use serde_json::json;
use std::io::IsTerminal;

/// `challenge R`: the exact text on stdout, and how to sign it beside it when somebody is there to read that.
pub fn challenge(app: &mut App, args: &Challenge, out: &mut Out) -> Done {
    let id = app.resolve(&args.request)?;
    let statement = app.challenge(id, deed(args.go_ahead), &commands::caller(app))?;
    let text = statement.to_string();
    if out.as_json {
        out.json(
            &json!({"v": json::VERSION, "id": id.to_string(), "statement": text, "namespace": SIGNED_FOR,
            "expires": statement.expires.iso()}),
        );
        return Ok(exit::DONE);
    }
    // Byte by byte: a line that is broken, or has a mark in it, is another text.
    out.verbatim(text.as_bytes());
    out.flush();
    if std::io::stderr().is_terminal() {
        out.aside(&Safe::composed(format_args!(
            "keep it in a file until {}, then: ssh-keygen -Y sign -f KEY -n {SIGNED_FOR} FILE",
            statement.expires.hour_and_minute()
        )));
        out.aside(&Safe::composed(format_args!("and: countersign cosign {id} --reason \"…\" - < FILE.sig")));
    }
    Ok(exit::DONE)
}

const fn deed(go_ahead: bool) -> Deed {
    if go_ahead { Deed::Override } else { Deed::Approve }
}

/// `cosign R [--reason …] -|FILE|--key FILE`
pub fn cosign(app: &mut App, args: &Cosign, out: &mut Out) -> Done {
    let id = app.resolve(&args.request)?;
    let caller = commands::caller(app);
    let armour = match (&args.key, &args.signature) {
        (Some(key), _) => {
            let statement = app.challenge(id, deed(args.going.go_ahead), &caller)?;
            app.sign_with(key, &statement)?
        }
        (None, Some(file)) => {
            let bytes = input::all(input::open(file)?, LONGEST, "the signature")?;
            String::from_utf8_lossy(&bytes).into_owned()
        }
        (None, None) => return Ok(exit::USAGE),
    };
    let text = |given: &Option<String>| given.as_deref().map(Text::from).unwrap_or_default();
    // What was seen stands in the statement.
    let seen = Seen::Nothing;
    let command = match args.going.go_ahead {
        false => Command::Approve { reason: super::verdict::text(&args.reason), seen },
        true => {
            let Going { class, reference, phrase, .. } = &args.going;
            let (class, reference) = (text(class), text(reference));
            let plea = Plea { class, reference, reason: text(&args.reason), phrase: text(phrase) };
            Command::Override { plea: Box::new(plea), seen }
        }
    };
    let decided = app.cosign(id, &armour, &command, &caller)?;
    if out.as_json {
        out.json(&json::request(&decided.after, app.now()));
    } else {
        super::verdict::tell(&decided, out);
    }
    Ok(exit::DONE)
}

/// `verify R`: every sign-off with its signature, checked again from the log. Exit 5 when one does not verify.
pub fn verify(app: &mut App, which: &str, out: &mut Out) -> Done {
    let id = app.resolve(which)?;
    let request = app.request(id)?;
    let checked = app.check_signatures(Some(id))?;
    let bad = checked.iter().any(|one| one.trouble.is_some());
    let code = if bad { exit::NOT_VERIFIED } else { exit::DONE };
    if out.as_json {
        let list: Vec<_> = checked.iter().map(told).collect();
        out.json(&json!({"v": json::VERSION, "id": id.to_string(), "sound": !bad, "signed": list}));
        return Ok(code);
    }
    for one in &checked {
        let key = one.signature.as_ref().map_or("no key", |signature| signature.fingerprint.as_str());
        let (when, how) = (one.at.date_and_time(), one.assurance);
        match &one.trouble {
            None => out.line(format_args!(
                "event {}: {} by {}, {how}, {}: verifies",
                one.seq,
                when,
                one.by,
                safe_line(key)
            )),
            Some(why) => out.line(format_args!(
                "event {}: DOES NOT VERIFY: {when} by {}: it {}",
                one.seq,
                one.by,
                safe_line(why)
            )),
        }
    }
    let unsigned: Vec<SignOffNumber> = request
        .signoffs
        .iter()
        .filter(|s| s.signature.is_none() && s.rule.is_none() && s.standing == SignOffStanding::Counts)
        .map(|s| s.number)
        .collect();
    for number in unsigned {
        out.line(format_args!("sign-off {} carries no signature: nothing to verify", number.0));
    }
    if checked.is_empty() {
        out.line(format_args!("{id}: nobody signed with a key"));
    }
    Ok(code)
}

/// One checked decision as data.
pub fn told(one: &Checked) -> serde_json::Value {
    json!({"seq": one.seq, "id": one.request.to_string(), "by": one.by, "at": one.at.iso(), "assurance": one.assurance,
        "fingerprint": one.signature.as_ref().map(|s| &s.fingerprint), "statement": one.signature.as_ref().map(|s| &s.statement),
        "armour": one.signature.as_ref().map(|s| &s.armour), "verifies": one.trouble.is_none(),
        "trouble": one.trouble.as_deref().map(safe_line).map(|s| s.to_string())})
}

/// `audit export --signatures DIR`
pub fn export(app: &mut App, into: &std::path::Path, out: &mut Out) -> Done {
    let written = app.export_signatures(into)?;
    if out.as_json {
        out.json(
            &json!({"v": json::VERSION, "directory": into.to_string_lossy(), "decisions": written.decisions,
            "not_verified": written.bad, "signers": written.signers}),
        );
    } else {
        let name = safe_line(&into.to_string_lossy());
        out.line(format_args!(
            "{name}: {} signed decisions, {} lines of allowed_signers; its README says how to check them",
            written.decisions, written.signers
        ));
    }
    if written.bad > 0 {
        let words = format!("{} signed decisions do not verify and were left out: audit verify", written.bad);
        return Err(Stop::composed(exit::NOT_VERIFIED, words));
    }
    Ok(exit::DONE)
}
