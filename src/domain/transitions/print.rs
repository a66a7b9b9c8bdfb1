//! The tables as Markdown: the body of `docs/states.md`.

use super::{EXECUTION, LATER, Reason, TABLE, To};
use crate::domain::content::Kind;
use crate::domain::execution::STEPS;
use crate::domain::request::StateName;

fn from_words(states: &[StateName]) -> String {
    if states.len() == StateName::ALL.len() {
        return "any".to_owned();
    }
    states.iter().map(|s| s.word()).collect::<Vec<_>>().join(", ")
}

fn to_words(to: To) -> String {
    match to {
        To::Same => "same".to_owned(),
        To::State(state) => state.word().to_owned(),
        To::SameOrApproved => "same, or **approved** when the last slot fills".to_owned(),
        To::Before => "the state and level before, revision + 1".to_owned(),
        To::SameOrBefore => "same; from changes_requested, the state before".to_owned(),
    }
}

const fn reason_words(reason: Reason) -> &'static str {
    match reason {
        Reason::Required => "required",
        Reason::WhenSensitive => "when sensitive",
        Reason::Welcome => "–",
    }
}

/// The table as Markdown: the body of `docs/states.md`.
pub fn as_markdown() -> String {
    let mut out = String::from(
        "| verb | from | to | who | reason | kinds | voids |\n| --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for row in &TABLE {
        let (from, to, reason) = (from_words(row.from), to_words(row.to), reason_words(row.reason));
        let only: Vec<&str> = row.only.iter().map(|k| k.word()).collect();
        let but: Vec<&str> =
            Kind::ALL.iter().map(|kind| kind.word()).filter(|word| !only.contains(word)).collect();
        let only = match (only.len(), but[..].first()) {
            (0, _) => "all".to_owned(),
            (_, Some(one)) if but.len() == 1 => format!("all but {one}"),
            _ => only.join(", "),
        };
        out.push_str(&format!(
            "| {} | {from} | {to} | {} | {reason} | {only} | {} |\n",
            row.verb.word(),
            row.who.words(),
            row.voids
        ));
    }
    out.push_str("\nDesigned, and not built yet:\n\n| verb | from | to | who | reason |\n| --- | --- | --- | --- | --- |\n");
    for row in &LATER {
        out.push_str(&format!(
            "| {} | {} | {} | {} | {} |\n",
            row.verb,
            from_words(row.from),
            to_words(row.to),
            row.who,
            reason_words(row.reason)
        ));
    }
    out.push_str("\nThe execution of an approved plan or deployment. A lapsed one is never revived.\n\n");
    out.push_str("| from | what happens | to | built |\n| --- | --- | --- | --- |\n");
    for row in &EXECUTION {
        let built = if row.built { "yes" } else { "not yet" };
        out.push_str(&format!("| {} | {} | {} | {built} |\n", row.from.word(), row.event, row.to.word()));
    }
    out.push_str("\nA step of a plan that runs. What does not stand here cannot happen.\n\n");
    out.push_str("| from | what happens | to |\n| --- | --- | --- |\n");
    for (from, happening, to) in &STEPS {
        out.push_str(&format!("| {} | {} | {} |\n", from.word(), happening.words(), to.word()));
    }
    out
}
