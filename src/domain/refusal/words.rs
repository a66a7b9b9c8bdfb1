//! Every refusal in one sentence: what was refused, why, and what to do now.

use super::Refusal;
use crate::domain::conflict::Conflict;
use crate::domain::execution::Work;
use crate::domain::names::{RequestId, StepId};
use crate::domain::preview::Lack;
use crate::domain::quorum::Slot;
use crate::domain::request::StateName;
use std::fmt;

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
            Refusal::NotRequester { verb, requester, team: false } => {
                write!(f, "only the requester, {requester}, can {verb} it: --as {requester}")
            }
            Refusal::NotRequester { verb, requester, team: true } => {
                write!(
                    f,
                    "only the requester, {requester}, can {verb} it: in a session of {requester}'s own, or of the person it belongs to"
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
            Refusal::NeedsSignature { id, touch: false } => {
                write!(f, "this slot needs a signature: countersign challenge {id}")
            }
            Refusal::NeedsSignature { id, touch: true } => write!(
                f,
                "this slot needs a signature by a hardware key that you touch: countersign challenge {id}"
            ),
            Refusal::Unfit(why) => write!(f, "{why}"),
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
            Refusal::NotEligible { id, to, why } => {
                write!(f, "{id} cannot be given to {to}: {why}; name somebody who could decide on it")
            }
            Refusal::NotOverridden { id, lack } => write!(f, "{id} is not overridden: {}", lack.said(*id)),
            Refusal::OwnDebt { id, by, from, .. } => {
                write!(f, "{id} is owed by {by}: somebody else closes it")?;
                match from {
                    Some(from) => write!(f, " (alone here: you, from {} on)", from.hour_and_minute()),
                    None => Ok(()),
                }
            }
            Refusal::Outsider(why) => write!(f, "{why}"),
            Refusal::OtherProgram { id, other } => {
                let is = other
                    .is
                    .map_or_else(|| "cannot be read now".to_owned(), |is| format!("is {} now", is.short()));
                let verb = if other.work == Work::Undo { "takes back" } else { "does" };
                write!(
                    f,
                    "{id}: the program that {verb} {} is not the one that {} signed for: its SHA-256 was {}, and {is}; \
                     nothing of it was started: put it back, or ask again with `countersign resubmit {id} --as-new` (a \
                     plan that runs is ended by `stop {id}` first)",
                    other.step,
                    other.signed_by,
                    other.was.short()
                )
            }
            Refusal::Rollout(no) => write!(f, "refused: {}", safe(&no.why)),
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
