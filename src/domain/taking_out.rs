//! Taking a payload out of the log: what may go, and what never does. The event itself stays, with every fact of it: who,
//! when, which verdict, which digests. What was decided, and why, is never taken out.

use crate::domain::content::Kind;
use crate::domain::moment::Span;
use crate::domain::request::{Execution, Request};

/// How long one who asked for a redaction is waited for by the second person.
pub const ASKED_FOR: Span = Span::from_hours(24);

/// The events whose payload stays: the words of a decision, and what other rules are read from.
pub const NEVER: [&str; 14] = [
    "signoff.given",
    "signoff.by_rule",
    "signoff.withdrawn",
    "request.approved",
    "request.answered",
    "request.rejected",
    "request.changes_requested",
    "request.overridden",
    "step.confirmed",
    "policy.adopted",
    "team.founded",
    "redaction.asked",
    "payload.redacted",
    "store.pruned",
];

/// The events whose payload is what would be done.
const CONTENT: [&str; 4] = ["request.submitted", "request.revised", "request.resubmitted", "step.modified"];

/// Whether the payload of an event may be taken out; `of` is the request it happened to.
///
/// # Errors
/// Why not, as a clause.
pub fn may(name: &str, of: Option<&Request>) -> Result<(), String> {
    if NEVER.contains(&name) {
        return Err(format!("a {name} is a decision or a rule, and stays as it was made"));
    }
    if of.is_some_and(|request| request.kind() == Kind::Policy) {
        return Err("the text of a policy is what everybody's rights are read from".to_owned());
    }
    let could_run = of.and_then(|request| request.execution).is_some_and(|execution| {
        matches!(
            execution,
            Execution::NotStarted | Execution::Running | Execution::Stopped | Execution::Unknown
        )
    });
    if CONTENT.contains(&name) && could_run {
        return Err("its plan was approved and can still run: stop it, or let it lapse, first".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::NAMES;

    #[test]
    fn what_never_goes_is_in_the_catalogue_and_a_comment_may_go() {
        assert!(NEVER.iter().all(|name| NAMES.contains(name)));
        assert!(CONTENT.iter().all(|name| NAMES.contains(name)));
        for name in NAMES {
            assert_eq!(may(name, None).is_err(), NEVER.contains(&name), "{name}");
        }
        assert!(may("comment.added", None).is_ok() && may("step.ended", None).is_ok());
    }
}
