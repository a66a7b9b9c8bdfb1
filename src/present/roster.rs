//! The roster in words: who is enrolled, for whom, with which roles and keys.

use crate::domain::moment::Moment;
use crate::domain::names::PrincipalName;
use crate::domain::policy::roster::{Enrolled, Key, Roster};
use crate::domain::principal::{PrincipalKind, Role};
use crate::present::json;
use crate::present::line::{Line, Tone};
use serde_json::{Value, json};

/// What is to be said of a key beside its name.
fn how(key: &Key, now: Moment) -> Option<String> {
    let until = |at: Option<Moment>, words: &str| at.map(|at| format!("{words} {}", at.date_and_time()));
    if key.revoked {
        return Some("revoked".to_owned());
    }
    if key.valid_after.is_some_and(|from| now < from) {
        return until(key.valid_after, "valid from");
    }
    let words = if key.is_valid_at(now) { "valid until" } else { "not valid since" };
    until(key.valid_before, words)
}

fn kind(of: &Enrolled) -> String {
    match of.kind {
        PrincipalKind::Agent => format!("agent of {}", of.person),
        _ if of.person.as_str() == of.name.as_str() => "human".to_owned(),
        _ => format!("human, {}", of.person),
    }
}

/// The roster, line by line.
pub fn lines(roster: &Roster, founders: &[PrincipalName], team: bool, now: Moment) -> Vec<Line> {
    let mut out = Vec::new();
    if roster.principals.is_empty() {
        let words = match team {
            true => {
                let names: Vec<&str> = founders.iter().map(PrincipalName::as_str).collect();
                format!("nobody is enrolled yet; the first policy enrols {} as admins", names.join(" and "))
            }
            false => {
                "nobody is enrolled: this is a solo store, and the account that runs it may do everything"
                    .to_owned()
            }
        };
        out.push(Line::plain(words));
    }
    for of in &roster.principals {
        let roles: Vec<&str> = of.roles.iter().map(|role| role.word()).collect();
        let roles = if roles.is_empty() { "no role".to_owned() } else { roles.join(", ") };
        let mut line = Line::plain(format_args!("{:<20} {:<24} {roles}", of.name, kind(of)));
        if let Some(since) = of.since.filter(|since| since.millis() > 0) {
            line = line.and(Tone::Dim, format_args!("  since {}", since.date_and_time()));
        }
        out.push(line);
        for key in &of.keys {
            let mut line = Line::plain(format_args!("{} {}", key.fingerprint, key.algorithm())).indented(4);
            if let Some(how) = how(key, now) {
                let tone = if key.is_valid_at(now) { Tone::Dim } else { Tone::Warn };
                line = line.and(tone, format_args!("  {how}"));
            }
            out.push(line);
        }
    }
    if team {
        let words = "operator: the account that owns the store, in its own shell; it decides nothing";
        out.push(Line::default().and(Tone::Dim, words));
    }
    out
}

/// The same as JSON.
pub fn as_json(roster: &Roster, founders: &[PrincipalName], team: bool, now: Moment) -> Value {
    let principals: Vec<Value> = roster
        .principals
        .iter()
        .map(|of| {
            let keys: Vec<Value> = of
                .keys
                .iter()
                .map(|key| {
                    json!({"key": key.public, "fingerprint": key.fingerprint, "valid_after": key.valid_after.map(Moment::iso),
                        "valid_before": key.valid_before.map(Moment::iso), "revoked": key.revoked,
                        "valid": key.is_valid_at(now)})
                })
                .collect();
            json!({"name": of.name, "kind": of.kind, "person": of.person, "roles": of.roles, "keys": keys,
                "permissions": permissions(&of.roles), "since": of.since.map(Moment::iso)})
        })
        .collect();
    json!({"v": json::VERSION, "team": team, "founders": founders, "principals": principals})
}

fn permissions(roles: &[Role]) -> Vec<&'static str> {
    let standing = crate::domain::principal::Standing::of(roles);
    standing.permissions.iter().map(|permission| permission.word()).collect()
}
