//! Rollouts in words: what happened to one, and where it stands.

pub mod marks;
pub mod seen;
pub mod bins;
pub mod unattended;
pub mod asked;
pub mod strip;
pub mod chart;
pub mod view;

use crate::domain::rollout::words::span;
use crate::domain::rollout::work::{End, Ended};
use crate::domain::rollout::{Act, Cause, Phase, RolloutFact, Tier};
use crate::present::line::Tone;

/// A phase as people read it.
pub fn phase(phase: Phase) -> String {
    phase.word().replace('_', " ")
}

/// How good it is to stand there.
pub const fn tone(phase: Phase) -> Tone {
    match phase {
        Phase::Completed => Tone::Good,
        Phase::Prepared | Phase::Starting | Phase::Baking | Phase::Promoting => Tone::Plain,
        Phase::AwaitingPromotion | Phase::Paused | Phase::Frozen | Phase::RollingBack | Phase::RolledBack => {
            Tone::Warn
        }
        Phase::RollbackFailed | Phase::Unknown => Tone::Bad,
    }
}

/// How an act ended, in words: `done, 10 of 200 changed, 0.4 s`.
pub fn ended(ended: &Ended) -> String {
    let mut out = match (ended.end, ended.exit) {
        (End::Failed, Some(exit)) => format!("failed with exit {exit}"),
        (end, _) => end.word().to_owned(),
    };
    let of = ended.targets.map(|targets| format!(" of {targets}")).unwrap_or_default();
    if let Some(changed) = ended.changed {
        out.push_str(&format!(", {changed}{of} changed"));
    }
    if let Some(verified) = ended.verified {
        out.push_str(&format!(", {verified}{of} verified"));
    }
    if ended.left > 0 {
        out.push_str(&format!(", left {} processes behind", ended.left));
    }
    format!("{out}, {}", seconds(ended.took.millis()))
}

/// Milliseconds as seconds with one digit: `0.4 s`.
pub fn seconds(millis: i64) -> String {
    let tenths = (millis + 50) / 100;
    format!("{}.{} s", tenths / 10, tenths % 10)
}

fn tiers(from: Tier, to: Tier) -> String {
    format!("{from} → {to}")
}

/// What happened, in words.
pub fn words(fact: &RolloutFact) -> (String, Tone) {
    let good = |words: String| (words, Tone::Good);
    let plain = |words: String| (words, Tone::Plain);
    let warn = |words: String| (words, Tone::Warn);
    let bad = |words: String| (words, Tone::Bad);
    let because = |why: &Cause| match why {
        Cause::Person => String::new(),
        why => format!(": {why}"),
    };
    match fact {
        RolloutFact::Asked { plan, terms, .. } => {
            let tiers: Vec<String> = terms.tiers.iter().map(ToString::to_string).collect();
            plain(format!(
                "asked for its start: {}, {} each, limits {}, digest {}",
                tiers.join(" → "),
                span(terms.bake),
                terms.profile.word(),
                plan.short()
            ))
        }
        RolloutFact::NotStarted {} => warn("was not started; nothing was touched".to_owned()),
        RolloutFact::Started { to, .. } => plain(format!("→ starting: {to}")),
        RolloutFact::ActBegun { run, act, from, to, .. } => {
            let way = match act {
                Act::Start | Act::Promote => format!(", {}", tiers(*from, *to)),
                _ => String::new(),
            };
            plain(format!("began {act} (run {}){way}", run.0))
        }
        RolloutFact::ActEnded { run, act, ended: e } => {
            let tone = if e.end == End::Done { Tone::Plain } else { Tone::Bad };
            (format!("ended {act} (run {}): {}", run.0, ended(e)), tone)
        }
        RolloutFact::ActLost { run, act } => bad(format!("lost {act} (run {}): whoever did it died", run.0)),
        RolloutFact::Baking { tier, attempt, until, .. } => {
            plain(format!("→ baking: {tier} is out, until {} (attempt {attempt})", until.hour_and_minute()))
        }
        RolloutFact::Judged { tier, judgement, .. } => {
            let tone = match judgement.word() {
                "pass" => Tone::Good,
                "fail" => Tone::Bad,
                _ => Tone::Warn,
            };
            (format!("judged {tier}: {judgement}"), tone)
        }
        RolloutFact::Extended { until, .. } => {
            warn(format!("extended the bake until {}", until.hour_and_minute()))
        }
        RolloutFact::Awaiting { promotion, from, to, .. } => {
            warn(format!("→ awaiting promotion {}: {promotion} asks for it", tiers(*from, *to)))
        }
        RolloutFact::Promoting { from, to, promotion } => good(match promotion {
            Some(promotion) => format!("→ promoting {}: {promotion} was signed off", tiers(*from, *to)),
            None => format!("→ promoting {}: policy goes on by itself", tiers(*from, *to)),
        }),
        RolloutFact::Paused { left } => warn(format!("→ paused with {} of the bake left", span(*left))),
        RolloutFact::Frozen { why } => warn(format!("→ frozen{}", because(why))),
        RolloutFact::Halted { why, phase: stood, .. } => {
            bad(format!("HALTED while {}{}", phase(*stood), because(why)))
        }
        RolloutFact::RollingBack { why } => warn(format!("→ rolling back{}", because(why))),
        RolloutFact::RolledBack { took, verified } => {
            let verified = verified.map(|n| format!(", {n} verified")).unwrap_or_default();
            good(format!("→ rolled back{verified} in {}", seconds(took.millis())))
        }
        RolloutFact::RollbackFailed { why } => bad(format!("→ ROLLBACK FAILED{}", because(why))),
        RolloutFact::Acknowledged {} => plain("acknowledged that the rollback failed".to_owned()),
        RolloutFact::Unknown { why } => bad(format!("→ UNKNOWN{}", because(why))),
        RolloutFact::Resolved { tier } => warn(format!("looked, and found {tier} out")),
        RolloutFact::Completed {} => good("→ completed".to_owned()),
        RolloutFact::CameTo { phase: to, tier, why, .. } => {
            let why = why.as_ref().map(because).unwrap_or_default();
            (format!("its rollout: {} at {tier}{why}", phase(*to)), tone(*to))
        }
    }
}
