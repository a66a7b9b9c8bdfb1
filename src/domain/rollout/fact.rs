//! What can have happened to a rollout. As with every event: never changed; a new meaning gets a new name.

use super::Phase;
use super::gate::{Breach, Judgement, Unsure};
use super::reading::{Amount, Metric};
use super::terms::Terms;
use super::tier::{Attempt, Tier};
use super::work::{Act, End, Ended, RunNumber};
use crate::domain::digest::RevisionDigest;
use crate::domain::moment::{Moment, Span};
use crate::domain::names::{Identifier, PrincipalName, RequestId};
use crate::domain::principal::Requester;
use serde::{Deserialize, Serialize};

/// The facts of one event of a rollout; the last one is an event of its deployment. The serialised `name` is the event's
/// name in the log.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "name", content = "facts", deny_unknown_fields)]
pub enum RolloutFact {
    /// Somebody asked for the start. Nothing is touched before the pack was checked. Payload: the reason, if one was given.
    #[serde(rename = "rollout.asked")]
    Asked {
        /// What was approved.
        plan: RevisionDigest,
        /// The terms it is held to, whatever policy says later.
        terms: Box<Terms>,
        /// The programs of its driver and what they were then.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        programs: Vec<ProgramFact>,
    },
    /// It was not started; nothing was touched. Payload: why.
    #[serde(rename = "rollout.not_started")]
    NotStarted {},
    /// The pack was checked: the first tier begins.
    #[serde(rename = "rollout.started")]
    Started {
        /// The first tier.
        to: Tier,
        /// TES as it was before; nothing where it is not judged.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        baseline: Option<Amount>,
    },
    /// A driver's act is about to begin: if nothing follows, nobody knows how far it came.
    #[serde(rename = "rollout.act_begun")]
    ActBegun {
        /// The run's number.
        run: RunNumber,
        /// What it does.
        act: Act,
        /// What is out before.
        from: Tier,
        /// What is to be out after.
        to: Tier,
        /// The number of the watcher that does it; nothing for one that only looks once, or a screen.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fence: Option<u64>,
    },
    /// A driver's act ended. Payload: what it printed, why it failed, where the snapshot is.
    #[serde(rename = "rollout.act_ended")]
    ActEnded {
        /// The run's number.
        run: RunNumber,
        /// What it did.
        act: Act,
        /// How it ended.
        ended: Ended,
    },
    /// Whoever did an act died in the middle of it.
    #[serde(rename = "rollout.act_lost")]
    ActLost {
        /// The run's number.
        run: RunNumber,
        /// What it did.
        act: Act,
    },
    /// A tier bakes.
    #[serde(rename = "rollout.baking")]
    Baking {
        /// What is out.
        tier: Tier,
        /// The how-manieth time this tier bakes.
        attempt: Attempt,
        /// From when on readings are judged.
        since: Moment,
        /// When the bake is over.
        until: Moment,
    },
    /// The gate judged a tier.
    #[serde(rename = "rollout.judged")]
    Judged {
        /// Which.
        tier: Tier,
        /// The how-manieth time.
        attempt: Attempt,
        /// How.
        judgement: Judgement,
        /// The readings it judged.
        readings: Vec<Sample>,
    },
    /// Nobody could say: the tier bakes once more.
    #[serde(rename = "rollout.extended")]
    Extended {
        /// From when on readings are judged now.
        since: Moment,
        /// When the bake is over.
        until: Moment,
    },
    /// A promotion was asked for.
    #[serde(rename = "rollout.awaiting")]
    Awaiting {
        /// By which request.
        promotion: RequestId,
        /// From which tier.
        from: Tier,
        /// To which.
        to: Tier,
        /// For which attempt.
        attempt: Attempt,
    },
    /// The next tier begins.
    #[serde(rename = "rollout.promoting")]
    Promoting {
        /// From which tier.
        from: Tier,
        /// To which.
        to: Tier,
        /// The request that was signed off; nothing where policy goes on by itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        promotion: Option<RequestId>,
    },
    /// Somebody stopped the bake clock. Payload: the reason, if one was given.
    #[serde(rename = "rollout.paused")]
    Paused {
        /// The rest of the bake, in milliseconds.
        left: Span,
    },
    /// Nothing moves until a person says so. Payload: the reason, if one was given.
    #[serde(rename = "rollout.frozen")]
    Frozen {
        /// Why.
        why: Cause,
    },
    /// Somebody, or the gate, said stop. It stands before what it leads to. Payload: the reason, if one was given.
    #[serde(rename = "rollout.halted")]
    Halted {
        /// Why.
        why: Cause,
        /// Where it stood.
        phase: Phase,
        /// The promotion that was open then: whoever signs it comes too late.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        promotion: Option<RequestId>,
    },
    /// Everything is to be taken back. Payload: the reason, if one was given.
    #[serde(rename = "rollout.rolling_back")]
    RollingBack {
        /// Why.
        why: Cause,
    },
    /// Everything is as it was before.
    #[serde(rename = "rollout.rolled_back")]
    RolledBack {
        /// From what made it so to here, in milliseconds.
        took: Span,
        /// How many targets were looked at and are as they were, where the driver says.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        verified: Option<u32>,
    },
    /// Taking it back failed, again and again.
    #[serde(rename = "rollout.rollback_failed")]
    RollbackFailed {
        /// Why.
        why: Cause,
    },
    /// Somebody has seen that taking it back failed. Payload: the reason, if one was given.
    #[serde(rename = "rollout.acknowledged")]
    Acknowledged {},
    /// Nobody knows how far it came.
    #[serde(rename = "rollout.unknown")]
    Unknown {
        /// Why.
        why: Cause,
    },
    /// A person looked, and says what is there. Payload: the reason, and where the proof is.
    #[serde(rename = "rollout.resolved")]
    Resolved {
        /// What is out.
        tier: Tier,
    },
    /// All of it is out and was good.
    #[serde(rename = "rollout.completed")]
    Completed {},
    /// Its rollout came to another phase or tier. An event of the deployment, in the same transaction as the rollout's own.
    #[serde(rename = "deployment.came_to")]
    CameTo {
        /// Where it stands.
        phase: Phase,
        /// What is out.
        tier: Tier,
        /// Whether everybody must see it first.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        alarm: bool,
        /// Why, where it stopped.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<Cause>,
    },
}

impl RolloutFact {
    /// Their names in the log.
    pub const NAMES: [&str; 22] = [
        "rollout.asked",
        "rollout.not_started",
        "rollout.started",
        "rollout.act_begun",
        "rollout.act_ended",
        "rollout.act_lost",
        "rollout.baking",
        "rollout.judged",
        "rollout.extended",
        "rollout.awaiting",
        "rollout.promoting",
        "rollout.paused",
        "rollout.frozen",
        "rollout.halted",
        "rollout.rolling_back",
        "rollout.rolled_back",
        "rollout.rollback_failed",
        "rollout.acknowledged",
        "rollout.unknown",
        "rollout.resolved",
        "rollout.completed",
        "deployment.came_to",
    ];
}

/// One program of a driver.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProgramFact {
    /// Where it is.
    pub path: String,
    /// SHA-256 of it, in hexadecimal digits.
    pub sha256: String,
}

/// One reading as a verdict carries it: without words of its source.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// Of what.
    pub metric: Metric,
    /// When it was taken.
    pub at: Moment,
    /// The number; nothing where there is none.
    pub value: Option<Amount>,
    /// Who says so.
    pub source: Identifier,
}

/// Why a rollout stopped, or is taken back.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "cause", content = "of", rename_all = "snake_case", deny_unknown_fields)]
pub enum Cause {
    /// Somebody said so: who stands in the event.
    Person,
    /// A limit was broken.
    Breach(Breach),
    /// Nobody can say whether it is good.
    Unsure(Unsure),
    /// A driver's act did not do what it should.
    Driver {
        /// Which.
        act: Act,
        /// Its number.
        run: RunNumber,
        /// How it ended.
        end: End,
    },
    /// Whoever did an act died.
    Died {
        /// Which.
        act: Act,
        /// Its number.
        run: RunNumber,
    },
    /// Its promotion was refused, by a person or by time.
    Promotion {
        /// Which.
        id: RequestId,
        /// How it was closed.
        state: String,
    },
    /// It is too old for another tier.
    TooOld {
        /// How old it may be, in milliseconds.
        max_age: Span,
    },
    /// A key that signed the deployment was revoked since.
    Revoked {
        /// Whose.
        signer: PrincipalName,
    },
    /// Policy has switched deploying off.
    SwitchedOff,
    /// A person looked and said what is there.
    Resolved,
}

/// What a promotion request promotes: in the facts of its submission.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Promotes {
    /// The deployment whose rollout it is.
    pub deployment: RequestId,
    /// From which tier.
    pub from: Tier,
    /// To which.
    pub to: Tier,
    /// For which attempt.
    pub attempt: Attempt,
    /// Who asked for the deployment: nobody decides on what they asked for themselves.
    pub requester: Requester,
}
