//! Refusals: "no, and why". Not failures, which are "cannot, and what it was doing".
//!
//! They are checked in one order: no such request, closed, own request, permission, slot and signature, digest, reason.

use crate::domain::conflict::Conflict;
use crate::domain::difference::Difference;
use crate::domain::invalid::Invalid;
use crate::domain::moment::{Moment, Span};
use crate::domain::names::{PrincipalName, RequestId, StepId};
use crate::domain::preview::Lack;
use crate::domain::principal::Permission;
use crate::domain::quorum::Slot;
use crate::domain::request::StateName;
use crate::domain::risk::Risk;
use std::fmt;

/// Exit codes: one table, used by every verb. `docs/producer.md` prints it.
pub mod exit {
    /// Done; for `wait`: approved as submitted, or answered.
    pub const DONE: u8 = 0;
    /// Refused by a rule; for `check`: something waits for you.
    pub const REFUSED: u8 = 1;
    /// The command line is wrong.
    pub const USAGE: u8 = 2;
    /// It changed since you looked, or somebody else was first.
    pub const CONFLICT: u8 = 3;
    /// No such request.
    pub const NOT_FOUND: u8 = 4;
    /// The log or the store does not verify.
    pub const NOT_VERIFIED: u8 = 5;
    /// `wait`: rejected.
    pub const REJECTED: u8 = 10;
    /// `wait`: changes requested.
    pub const CHANGES_REQUESTED: u8 = 11;
    /// `wait`: expired or lapsed.
    pub const EXPIRED: u8 = 12;
    /// `wait`: cancelled.
    pub const CANCELLED: u8 = 13;
    /// `wait`: approved in part.
    pub const IN_PART: u8 = 14;
    /// `wait`: approved at another revision than the one waited for.
    pub const OTHER_REVISION: u8 = 15;
    /// `run`: failed, stopped, or waits for a person.
    pub const NOT_DONE: u8 = 16;
    /// `run`: nobody knows how it stands.
    pub const UNKNOWN: u8 = 17;
    /// Input is not valid or breaks a limit; nothing was stored.
    pub const INVALID: u8 = 65;
    /// Disk or I/O error.
    pub const IO: u8 = 74;
    /// The store is busy or a quota is reached; nothing was changed.
    pub const BUSY: u8 = 75;
    /// `wait --timeout` ran out; the request is still open.
    pub const TIMED_OUT: u8 = 124;

    /// Every code with its meaning, in the order it is documented.
    pub const TABLE: [(u8, &str); 18] = [
        (DONE, "done; for `wait`: approved or overridden as submitted, or a question answered"),
        (REFUSED, "refused by a rule (the sentence says which); for `check`: something waits for you"),
        (USAGE, "usage"),
        (
            CONFLICT,
            "conflict: it changed since you looked, somebody else decided first, or the execution is somebody else's",
        ),
        (NOT_FOUND, "no such request"),
        (NOT_VERIFIED, "log or store does not verify"),
        (REJECTED, "`wait`: rejected"),
        (CHANGES_REQUESTED, "`wait`: changes requested"),
        (EXPIRED, "`wait`: expired, or the approval lapsed"),
        (CANCELLED, "`wait`: cancelled"),
        (IN_PART, "`wait`: approved in part (the sub-plan is in `--json`)"),
        (OTHER_REVISION, "`wait`: approved at another revision than the one waited for"),
        (
            NOT_DONE,
            "`run`, `next`, `roll-back`: failed or stopped, or it waits for a person (the sentence says for what)",
        ),
        (
            UNKNOWN,
            "`run`, `next`, `roll-back`: unknown: the runner died while a step ran, and a person must look",
        ),
        (INVALID, "input does not parse, is not valid or breaks a limit; nothing was stored"),
        (IO, "disk or I/O error, or a store that cannot be used"),
        (BUSY, "store busy or quota reached; nothing was changed: try again later"),
        (TIMED_OUT, "`wait --timeout` ran out; the request is still open"),
    ];
}

/// Why something may not be done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// No such request, or none the caller may see.
    NoSuchRequest(String),
    /// A name fits several requests.
    Ambiguous {
        /// What was typed.
        name: String,
        /// What it fits.
        candidates: Vec<RequestId>,
    },
    /// It is closed, and how.
    Closed {
        /// Which.
        id: RequestId,
        /// How it ended.
        state: StateName,
        /// Whether it was a question, which is answered and not approved.
        answered: bool,
        /// Who ended it.
        by: PrincipalName,
        /// When.
        at: Moment,
    },
    /// The verb does not fit the state or kind.
    NotNow {
        /// Which.
        id: RequestId,
        /// Why not, as a clause.
        why: String,
    },
    /// Nobody decides on their own request.
    OwnRequest {
        /// The requester.
        requester: PrincipalName,
    },
    /// Only the requester may.
    NotRequester {
        /// The verb.
        verb: &'static str,
        /// The requester.
        requester: PrincipalName,
    },
    /// A permission is missing.
    NotPermitted {
        /// Which.
        permission: Permission,
    },
    /// No open slot admits the caller.
    NoSlot {
        /// The open slots.
        open: Vec<Slot>,
    },
    /// The caller's sign-off already counts.
    AlreadySigned {
        /// Who.
        by: PrincipalName,
        /// When.
        at: Moment,
    },
    /// It changed since it was drawn.
    Changed(Box<Difference>),
    /// A reason is required.
    ReasonRequired {
        /// For what, as a clause: "to reject".
        for_what: &'static str,
    },
    /// No such step.
    NoSuchStep {
        /// Which request.
        id: RequestId,
        /// Which step.
        step: StepId,
    },
    /// No approved step would be left.
    NothingApproved,
    /// An approved step is blocked by one that will not run.
    Blocked {
        /// Which request.
        id: RequestId,
        /// The approved step.
        step: StepId,
        /// What it cannot run without.
        needed: Lack,
        /// All that is in the way, with the ways out.
        conflicts: Vec<Conflict>,
    },
    /// In a team nobody signs off a revision they edited.
    OwnEdit {
        /// A step they edited.
        step: StepId,
    },
    /// Its content was redacted, so nobody can see what would run.
    Uninspectable,
    /// Somebody else holds the claim.
    ClaimedBy {
        /// Who.
        by: PrincipalName,
        /// Until when.
        until: Moment,
    },
    /// The reference is taken by a request with other content.
    ReferenceTaken {
        /// By which.
        id: RequestId,
        /// Whether it is still open, so that `--revise` can help.
        open: bool,
    },
    /// The producer has too many open requests.
    Quota {
        /// Who.
        requester: PrincipalName,
        /// How many are allowed.
        limit: u64,
    },
    /// The producer asks too often.
    TooOften {
        /// Who.
        requester: PrincipalName,
        /// How many requests a minute are taken from one producer.
        limit: u64,
        /// When there is room for one more.
        again_in: Span,
    },
    /// The document is not valid.
    Invalid(Invalid),
    /// The policy that was adopted cannot be read.
    NoPolicy {
        /// Why not.
        why: String,
    },
    /// The policy changed since the decider could have looked, and asks more now.
    JudgedAnew {
        /// Which.
        id: RequestId,
        /// The risk before and now.
        risk: (Risk, Risk),
        /// The sign-offs that are open now.
        open: Vec<Slot>,
    },
    /// Somebody else holds the execution.
    HeldBy {
        /// Of which request.
        id: RequestId,
        /// Who.
        by: PrincipalName,
        /// Since when.
        since: Moment,
    },
    /// Policy asks for more now than what was signed.
    NowHarder {
        /// Of which request.
        id: RequestId,
        /// What it asks, as a clause.
        why: String,
    },
}

impl Refusal {
    /// The exit code of the command line.
    pub const fn exit_code(&self) -> u8 {
        match self {
            Refusal::NoSuchRequest(_) => exit::NOT_FOUND,
            Refusal::Closed { .. }
            | Refusal::Changed(_)
            | Refusal::AlreadySigned { .. }
            | Refusal::ClaimedBy { .. }
            | Refusal::ReferenceTaken { .. }
            | Refusal::JudgedAnew { .. }
            | Refusal::HeldBy { .. } => exit::CONFLICT,
            Refusal::Invalid(_) | Refusal::NoSuchStep { .. } => exit::INVALID,
            Refusal::Quota { .. } | Refusal::TooOften { .. } => exit::BUSY,
            Refusal::Ambiguous { .. }
            | Refusal::NotNow { .. }
            | Refusal::OwnRequest { .. }
            | Refusal::NotRequester { .. }
            | Refusal::NotPermitted { .. }
            | Refusal::NoSlot { .. }
            | Refusal::ReasonRequired { .. }
            | Refusal::NothingApproved
            | Refusal::Blocked { .. }
            | Refusal::OwnEdit { .. }
            | Refusal::Uninspectable
            | Refusal::NoPolicy { .. }
            | Refusal::NowHarder { .. } => exit::REFUSED,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let safe = crate::domain::text::safe_line;
        match self {
            Refusal::NoSuchRequest(name) => {
                write!(
                    f,
                    "no such request: {}; `countersign list` shows what there is",
                    safe(name).clipped(80)
                )
            }
            Refusal::Ambiguous { name, candidates } => {
                let list: Vec<String> = candidates.iter().map(RequestId::to_string).collect();
                write!(
                    f,
                    "{} names {} requests: {}; name one of them",
                    safe(name).clipped(80),
                    list.len(),
                    list.join(", ")
                )
            }
            Refusal::Closed { id, answered: true, by, at, .. } => {
                write!(f, "{id} is already answered by {by}, at {}", at.date_and_time())
            }
            Refusal::Closed { id, state, by, at, .. } => match state {
                StateName::Expired => {
                    write!(f, "{id} expired at {}: nobody decided in time", at.date_and_time())
                }
                _ => write!(f, "{id} is already {} by {by}, at {}", state.word(), at.date_and_time()),
            },
            Refusal::NotNow { id, why } => write!(f, "{id}: {why}"),
            Refusal::OwnRequest { requester } => {
                write!(
                    f,
                    "nobody decides on their own request: {requester} asked for it, and you are, own or speak for {requester}"
                )
            }
            Refusal::NotRequester { verb, requester } => {
                write!(
                    f,
                    "only the requester, {requester}, can {verb} it (in a solo store: --as {requester})"
                )
            }
            Refusal::NotPermitted { permission } => {
                write!(f, "you do not hold the permission `{}` that this needs", permission.word())
            }
            Refusal::NoSlot { open } => {
                let list: Vec<String> = open.iter().map(Slot::to_string).collect();
                write!(f, "no open sign-off fits you; open: {}", list.join(", "))
            }
            Refusal::AlreadySigned { by, at } => {
                write!(f, "already counted: {by} signed off at {}", at.date_and_time())
            }
            Refusal::Changed(difference) => write!(f, "changed since you opened it: {difference}"),
            Refusal::ReasonRequired { for_what } => {
                write!(f, "a reason is required {for_what}: add --reason \"…\"")
            }
            Refusal::NoSuchStep { id, step } => write!(f, "{id} has no step {step}"),
            Refusal::NothingApproved => write!(f, "no step would be approved: reject the request instead"),
            Refusal::Blocked { id, step, needed, conflicts } => blocked(f, *id, step, needed, conflicts),
            Refusal::OwnEdit { step } => write!(
                f,
                "you edited {step} in this revision: in a team somebody else signs it off, or you put it back as it was"
            ),
            Refusal::Uninspectable => {
                write!(
                    f,
                    "its content was redacted, so nobody can see what would run: it can only be refused"
                )
            }
            Refusal::ClaimedBy { by, until } => write!(f, "{by} is on it until {}", until.hour_and_minute()),
            Refusal::ReferenceTaken { id, open: true } => write!(
                f,
                "this reference is {id}, with other content: --revise makes it the next revision, --again a new request"
            ),
            Refusal::ReferenceTaken { id, open: false } => {
                write!(
                    f,
                    "this reference is {id}, with other content, and closed: --again makes a new request"
                )
            }
            Refusal::Quota { requester, limit } => write!(
                f,
                "{requester} has {limit} open requests, which is the limit: try again when some are decided"
            ),
            Refusal::TooOften { requester, limit, again_in } => write!(
                f,
                "{requester} asked {limit} times within a minute, which is the limit; nothing was stored: try again in {} s",
                again_in.millis() / 1000 + 1
            ),
            Refusal::Invalid(invalid) => write!(f, "{invalid}; nothing was stored"),
            Refusal::NoPolicy { why } => write!(
                f,
                "the adopted policy cannot be read, so nothing that lets anything run is decided: {}; `policy adopt` puts one in force",
                safe(why)
            ),
            Refusal::JudgedAnew { id, risk: (before, now), open } => {
                let list: Vec<String> = open.iter().map(Slot::to_string).collect();
                let risk = if before == now {
                    format!("{now} risk as before")
                } else {
                    format!("{now} risk, {before} before")
                };
                write!(
                    f,
                    "the policy changed since {id} was judged: now {risk}, waits for {}; look again",
                    list.join(", ")
                )
            }
            Refusal::HeldBy { id, by, since } => write!(
                f,
                "{id} is run by {by} since {}; only the holder of its token goes on (`show {id}` says where it stands)",
                since.date_and_time()
            ),
            Refusal::NowHarder { id, why } => {
                write!(
                    f,
                    "{id}: policy asks for more now than was signed: {why}; ask again with `submit --again`"
                )
            }
        }
    }
}

/// What is in the way, and the commands that clear it.
fn blocked(
    f: &mut fmt::Formatter<'_>,
    id: RequestId,
    step: &StepId,
    needed: &Lack,
    conflicts: &[Conflict],
) -> fmt::Result {
    let of = conflicts.iter().find(|conflict| conflict.blocked.iter().any(|b| b.step == *step));
    let by = of.map_or(&needed.step, |conflict| &conflict.needed);
    write!(
        f,
        "refused: {step} is approved and blocked by {by}: it cannot run without {needed}, which will not come"
    )?;
    for (n, way) in of.iter().flat_map(|conflict| &conflict.ways).enumerate() {
        let commands: Vec<String> = way.commands(id).iter().map(|command| format!("`{command}`")).collect();
        write!(f, "{}{way}: {}", if n == 0 { "; choose: " } else { "; or " }, commands.join(" and "))?;
    }
    match conflicts.len() {
        0 | 1 => Ok(()),
        n => write!(f, "; {} more in the way: `countersign preview {id}` shows all", n - 1),
    }
}

impl std::error::Error for Refusal {}

#[cfg(test)]
mod tests {
    use super::exit;

    #[test]
    fn the_guide_prints_the_exit_codes_as_they_are() {
        let rows: String = exit::TABLE.iter().map(|(code, what)| format!("| {code} | {what} |\n")).collect();
        assert!(
            include_str!("../../docs/producer.md")
                .contains(&format!("| exit | meaning |\n| --- | --- |\n{rows}\n")),
            "docs/producer.md must hold:\n{rows}"
        );
    }
}
