//! A policy in words: what it holds, what another one would change.

use crate::domain::moment::Moment;
use crate::domain::names::RequestId;
use crate::domain::policy::capabilities::{Scope, Status};
use crate::domain::policy::roster::Enrolled;
use crate::domain::policy::rules::Rule;
use crate::domain::policy::{Assessment, Policy};
use crate::domain::principal::{Assurance, PrincipalKind, Role};
use crate::domain::quorum::Slot;
use crate::domain::text::{Safe, safe_line};
use crate::present::line::{Line, Tone};
use crate::present::words;
use similar::{Algorithm, ChangeTag};

/// What a policy holds, in a few lines.
pub fn contents(policy: &Policy) -> Vec<Line> {
    let many = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    let shipped = if policy.risk.builtin { "the actions that ship and " } else { "" };
    let mut out = vec![
        Line::plain(format_args!("risk: {shipped}{}", many(policy.risk.rules.len(), "rule"))).indented(2),
        Line::plain(format_args!("who signs: {}; else 1 human", many(policy.rules.len(), "rule")))
            .indented(2),
    ];
    out.extend(policy.rules.iter().map(rule));
    for capability in &policy.capabilities.list {
        let phase: Vec<&str> =
            capability.phase.as_deref().into_iter().chain(capability.status.map(Status::word)).collect();
        let phase = if phase.is_empty() { String::new() } else { format!(" ({})", phase.join(" ")) };
        let scope: Vec<&str> = capability.scope.iter().map(Scope::as_str).collect();
        let scope = if scope.is_empty() { String::new() } else { format!(", within {}", scope.join(", ")) };
        let on = if capability.enabled { "on" } else { "OFF" };
        let words = format!("capability {}: {on}{phase}{scope}", capability.name);
        out.push(Line::plain(safe_line(&words)).indented(2));
    }
    if !policy.roster.principals.is_empty() {
        let keys = policy.roster.principals.iter().map(|principal| principal.keys.len()).sum();
        let words =
            format!("roster: {}, {}", many(policy.roster.principals.len(), "principal"), many(keys, "key"));
        out.push(Line::plain(words).indented(2));
    }
    out
}

fn rule(rule: &Rule) -> Line {
    let auto = if rule.auto_approve.is_empty() { "" } else { "; approves low-risk steps by itself" };
    Line::plain(format_args!("{}: {}{auto}", safe_line(&rule.name), slots(&rule.slots))).indented(4)
}

fn slots(slots: &[Slot]) -> String {
    slots.iter().map(Slot::to_string).collect::<Vec<_>>().join(", ")
}

/// What can shut a team out of its own store, or leave a slot that nobody can fill: who has no key that is valid now.
pub fn notes_for_team(policy: &Policy, now: Moment) -> Vec<String> {
    let mut notes = Vec::new();
    let without = |of: &&Enrolled| of.signs_at(now).is_none();
    let admins = policy.roster.holders(Role::Admin);
    let names: Vec<&str> = admins.filter(without).map(|of| of.name.as_str()).collect();
    if !names.is_empty() {
        notes.push(format!(
            "{} (admin) has no valid key in the roster: `admin authorized-keys` opens no session for them; with fewer than \
             two admins who can come in, nobody can change the policy again",
            names.join(", ")
        ));
    }
    for rule in &policy.rules {
        let empty = |slot: &&Slot| {
            let fills = |of: &Enrolled| {
                let assurance = of.signs_at(now).unwrap_or(Assurance::Session);
                slot.admits(&of.as_signer(assurance))
            };
            slot.kind != PrincipalKind::System && !policy.roster.principals.iter().any(fills)
        };
        for slot in rule.slots.iter().filter(empty) {
            let name = safe_line(&rule.name);
            notes.push(format!(
                "nobody in the roster can fill `{slot}` of the rule {name} now: nothing it holds for is ever approved; enrol \
                 who holds the role, with a valid key where a signature is asked"
            ));
        }
    }
    notes
}

/// What a solo store cannot do of it: there is one person, nobody holds a role, and nothing is signed.
pub fn notes_for_solo(policy: &Policy) -> Vec<String> {
    let cannot = |rule: &Rule| {
        let people = rule.slots.iter().filter(|slot| slot.kind != PrincipalKind::System).count();
        let why = match rule
            .slots
            .iter()
            .find(|slot| slot.role.is_some() || slot.assurance > Assurance::Asserted)
        {
            _ if people > 1 => format!("it asks for {people} sign-offs of different people"),
            Some(slot) => format!("nobody can fill `{slot}`"),
            None if rule.slots.iter().any(|slot| slot.kind == PrincipalKind::Agent) => {
                "no agent signs there".to_owned()
            }
            None => return None,
        };
        Some(format!("in a solo store nothing is ever approved by the rule {}: {why}", safe_line(&rule.name)))
    };
    policy.rules.iter().filter_map(cannot).collect()
}

/// How two texts differ, line by line, with a line of what stays around each change: signs and lines as they are.
pub fn difference_raw(before: &str, after: &str) -> Vec<(&'static str, String)> {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let ops = similar::capture_diff_slices(Algorithm::Myers, &old, &new);
    let groups = similar::group_diff_ops(ops, 1);
    let changes = groups.iter().flatten().flat_map(|op| op.iter_changes(&old, &new));
    let sign = |tag: ChangeTag| match tag {
        ChangeTag::Delete => "- ",
        ChangeTag::Insert => "+ ",
        ChangeTag::Equal => "  ",
    };
    changes.map(|change| (sign(change.tag()), change.value().to_owned())).collect()
}

/// The same as it is shown.
pub fn difference(before: &str, after: &str) -> Vec<Line> {
    let line = |(sign, text): (&'static str, String)| {
        let tone = match sign {
            "- " => Tone::Bad,
            "+ " => Tone::Good,
            _ => Tone::Dim,
        };
        let text = safe_line(&text);
        let mut line = Line::quoted(Safe::composed(format_args!("{sign}{text}")));
        line.phrases.iter_mut().for_each(|phrase| phrase.tone = tone);
        line
    };
    difference_raw(before, after).into_iter().map(line).collect()
}

/// What another policy makes of one open request.
pub fn judged(id: RequestId, before: &Assessment, after: &Assessment) -> Line {
    let mut line = Line::plain(format_args!("{id}: "));
    if before.risk != after.risk {
        line = line
            .and(words::risk(before.risk), format_args!("{} risk → ", before.risk))
            .and(words::risk(after.risk), format_args!("{}; ", after.risk));
    }
    if before.slots != after.slots {
        line = line.and(Tone::Warn, format_args!("{} → {}; ", slots(&before.slots), slots(&after.slots)));
    }
    if before.violation.is_some() != after.violation.is_some() {
        let words =
            if after.violation.is_some() { "would be a violation; " } else { "would be a decision; " };
        line = line.and(Tone::Warn, words);
    }
    line.and(Tone::Plain, format_args!("rule {}", safe_line(&after.rule)))
}
