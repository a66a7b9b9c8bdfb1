//! What time does: the transitions that are due, and what will happen if nobody acts. One function says both, so that
//! what is shown is what comes true. Time can expire or lapse; it never approves.

use crate::domain::event::{Actor, Entry, Fact, Held};
use crate::domain::moment::Moment;
use crate::domain::principal::Caller;
use crate::domain::request::{Execution, Request, State};

/// What time will do to a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Due {
    /// It expires, which is to say: is denied.
    Expires,
    /// Its approval lapses: it can no longer be started.
    Lapses,
}

/// The next thing time does to `request`, and when; `None` when time does nothing to it.
pub fn next_due(request: &Request) -> Option<(Moment, Due)> {
    match &request.state {
        State::Waiting(_) | State::ChangesRequested { .. } => {
            request.expires_at().map(|at| (at, Due::Expires))
        }
        State::Closed(_) => match (request.execution, request.lapses_at) {
            (Some(Execution::NotStarted), Some(at)) => Some((at, Due::Lapses)),
            _ => None,
        },
    }
}

/// The entries for everything that is due at `now`. A clock that was set back does not make a request younger than its
/// last event: what was seen to be due stays due.
pub fn settle(request: &Request, now: Moment) -> Vec<Entry> {
    let system = Caller::system();
    match next_due(request) {
        Some((at, due)) if at <= now.max(request.updated_at) => vec![Entry {
            at: now,
            by: system.name.clone(),
            assurance: system.assurance,
            actor: Actor::of(&system),
            fact: match due {
                Due::Expires => Fact::Expired { due_at: at },
                Due::Lapses => Fact::Lapsed { due_at: at },
            },
            payload: Held::None,
        }],
        _ => Vec::new(),
    }
}
