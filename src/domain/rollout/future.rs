//! What happens to a rollout if nobody acts: by the same table and gate that the watcher obeys.

use super::gate::{self, Judgement, Look};
use super::state::Rollout;
use super::table::{Stimulus, cell};
use super::terms::AfterGate;
use super::{Phase, words};

/// What happens if nobody acts, in one line without its end; `kept` says whether somebody does the work.
pub fn if_nobody_acts(rollout: &Rollout, look: &Look<'_>, kept: bool) -> String {
    if !kept && rollout.phase.is_live() {
        return format!("nothing: nobody keeps time, so it stays {}", rollout.phase.word().replace('_', " "));
    }
    let tier = rollout.tier;
    let lead = |on: Stimulus| {
        let to = cell(rollout.phase, on).map(|to| to.phase(rollout.phase, &rollout.terms, false));
        to.map_or("nothing", Phase::word).replace('_', " ")
    };
    match rollout.phase {
        Phase::Prepared if rollout.checking => "its pack is checked, and it starts".to_owned(),
        Phase::Prepared => "nothing goes out".to_owned(),
        Phase::Starting | Phase::Promoting => match rollout.to {
            Some(to) => {
                format!("the driver brings {to} out, and it bakes for {}", words::span(rollout.terms.bake))
            }
            None => "the driver goes on".to_owned(),
        },
        Phase::Baking => {
            if rollout.terms.auto_halt
                && let Some(breach) = gate::auto_halt(look)
            {
                return format!("{}: {breach}", lead(Stimulus::Breach));
            }
            let until = rollout.bake.map_or(look.now, |bake| bake.until);
            let then = match (gate::judge(look), rollout.terms.after(tier), rollout.terms.after_gate) {
                (Judgement::Fail(breach), ..) => format!("{}: {breach}", lead(Stimulus::Breach)),
                (Judgement::Inconclusive(why), ..) if rollout.bake.is_some_and(|bake| bake.extended) => {
                    format!("{}: {why}", lead(Stimulus::UnsureAgain))
                }
                (Judgement::Inconclusive(why), ..) => {
                    format!("it bakes once more, unless this is over: {why}")
                }
                (Judgement::Pass(_), None, _) => lead(Stimulus::PassedAtLast),
                (Judgement::Pass(_), Some(to), AfterGate::Ask) => {
                    format!("a promotion to {to} is asked for, and it stays at {tier}")
                }
                (Judgement::Pass(_), Some(to), AfterGate::Promote) => format!("it goes on to {to}"),
            };
            let left = until.since(look.now);
            format!(
                "in {} ({}) the gate judges; as it is now: {then}",
                words::left(left),
                until.hour_and_minute()
            )
        }
        Phase::AwaitingPromotion => match rollout.promotion {
            Some(promotion) => format!("{promotion} expires, and it stays at {tier}, frozen"),
            None => format!("it stays at {tier}"),
        },
        Phase::Paused | Phase::Frozen => format!("it stays at {tier}"),
        Phase::RollingBack => "everything is taken back and verified".to_owned(),
        Phase::RollbackFailed | Phase::Unknown => "nothing: a person must look".to_owned(),
        Phase::RolledBack => "nothing: everything is as it was before".to_owned(),
        Phase::Completed => {
            let until = rollout.since.plus(rollout.terms.pack_valid).date_and_time();
            format!("it stays; it can be rolled back until {until}")
        }
    }
}
