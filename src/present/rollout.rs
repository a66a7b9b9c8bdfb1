//! Rollouts in words: what happened to one, and where it stands.

pub mod marks;
pub mod seen;
pub mod bins;
pub mod unattended;
pub mod asked;
pub mod strip;
pub mod chart;
pub mod view;

use crate::domain::rollout;
use crate::domain::rollout::words::span;
use crate::domain::rollout::work::{End, Ended};
use crate::domain::rollout::{Act, Cause, Found, Metric, Phase, Rollout, RolloutFact, Status, Tier};
use crate::present::line::{Line, Tone};
use serde_json::{Value, json};

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

/// What the targets are called.
const fn targets(status: &Status) -> &'static str {
    if status.fleet { "directories" } else { "targets" }
}

/// How many targets were changed and verified, as far as the driver says.
fn counted(status: &Status, rollout: &Rollout) -> String {
    let what = targets(status);
    match rollout.counted() {
        (Some(changed), Some(_), Some(all)) => format!("{changed} of {all} {what} changed and verified"),
        (Some(changed), None, Some(all)) => format!("{changed} of {all} {what} changed"),
        (_, Some(verified), Some(all)) => format!("{verified} of {all} {what} verified"),
        (_, Some(verified), None) => format!("{verified} {what} verified"),
        (Some(changed), None, None) => format!("{changed} {what} changed"),
        _ => "done".to_owned(),
    }
}

fn back(status: &Status, rollout: &Rollout) -> String {
    let Some((took, verified)) = rollout.rolled_back else { return "rolled back".to_owned() };
    let took = seconds(took.millis());
    match verified {
        Some(verified) => format!("rolled back, {verified} {} verified in {took}", targets(status)),
        None => format!("rolled back in {took}"),
    }
}

fn because(rollout: &Rollout) -> String {
    match &rollout.cause {
        Some(stopped) if stopped.why == Cause::Person => format!(" by {}", stopped.by),
        Some(stopped) => format!(": {}", stopped.why),
        None => String::new(),
    }
}

/// What it came to, in one line: `5 %: 10 of 200 directories changed and verified; bake 15 min`.
pub fn outcome(status: &Status) -> String {
    let Some(rollout) = &status.rollout else { return "not started".to_owned() };
    let tier = rollout.tier;
    let left = |until: crate::domain::moment::Moment| rollout::words::left(until.since(status.now));
    match (rollout.phase, rollout.bake) {
        (Phase::Baking, Some(bake)) => {
            let again = if bake.extended { " once more" } else { "" };
            format!("{tier}: {}; bake {}{again}", counted(status, rollout), left(bake.until))
        }
        (Phase::AwaitingPromotion, _) => match (rollout.promotion, rollout.terms.after(tier)) {
            (Some(promotion), Some(to)) => format!("{tier}: the gate passes; {promotion} asks for {to}"),
            _ => format!("{tier}: awaiting promotion"),
        },
        (Phase::Paused, Some(bake)) => {
            format!(
                "{tier}: paused, {} of the bake left",
                rollout::words::left(bake.until.since(rollout.since))
            )
        }
        (Phase::Frozen, _) => match &rollout.cause {
            Some(stopped) if matches!(stopped.why, Cause::Breach(_)) => {
                format!("halted: {}; frozen at {tier}", stopped.why)
            }
            _ => format!("{tier}: frozen{}", because(rollout)),
        },
        (Phase::RolledBack, _) => match &rollout.cause {
            Some(stopped) if matches!(stopped.why, Cause::Person) => back(status, rollout),
            Some(stopped) => format!("halted: {}; {}", stopped.why, back(status, rollout)),
            None => back(status, rollout),
        },
        (Phase::RollingBack, _) => format!("rolling back{}", because(rollout)),
        (Phase::RollbackFailed, _) => format!("ROLLBACK FAILED{}", because(rollout)),
        (Phase::Unknown, _) => format!("UNKNOWN{}", because(rollout)),
        (Phase::Completed, _) => format!("{tier}: completed"),
        (Phase::Starting | Phase::Promoting, _) => match rollout.to {
            Some(to) => format!("{}: {to}", phase(rollout.phase)),
            None => phase(rollout.phase),
        },
        (other, _) if rollout.checking => format!("{}: its pack is being checked", phase(other)),
        (other, _) => phase(other),
    }
}

/// One rollout in one line, for lists.
pub fn line(status: &Status) -> String {
    let id = status.request.id;
    let title = status.request.content.as_ref().map(|c| c.title.line().clipped(40).to_string());
    format!("{id} {}: {}", title.unwrap_or_default(), outcome(status))
}

/// What became of readings that were given by hand: what they led to, or where it stands.
pub fn sampled(status: &Status, values: &[(Metric, Found)]) -> String {
    let given: Vec<String> = values
        .iter()
        .map(|(metric, found)| match found.value() {
            Some(value) => format!("{metric} {value}"),
            None => format!("{metric} no number"),
        })
        .collect();
    match status.phase() {
        Phase::Frozen | Phase::RolledBack | Phase::RollbackFailed | Phase::RollingBack => outcome(status),
        Phase::Prepared => format!("{}: taken; it has not been started", given.join(", ")),
        _ => format!("{}: taken; {}", given.join(", "), outcome(status)),
    }
}

/// One rollout in full.
pub fn lines(status: &Status) -> Vec<Line> {
    let mut out = vec![Line::default().and(tone(status.phase()), line(status))];
    let mut say = |tone: Tone, words: String| out.push(Line::default().and(tone, words).indented(2));
    let Some(rollout) = &status.rollout else {
        say(Tone::Plain, format!("not started: countersign rollout start {}", status.request.id));
        return out;
    };
    let tiers: Vec<String> = rollout
        .terms
        .tiers
        .iter()
        .map(|tier| if *tier == rollout.tier { format!("[{tier}]") } else { tier.to_string() })
        .collect();
    say(Tone::Plain, format!("tiers {}, attempt {}", tiers.join(" → "), rollout.attempt));
    for metric in &rollout.terms.metrics {
        let series = status.series(*metric);
        let limit = rollout.terms.profile.limit(*metric).fails;
        let last = match (series.last(), metric, rollout.baseline) {
            (None, ..) => "nothing heard".to_owned(),
            (Some((_, value)), Metric::Tes, Some(before)) => {
                format!("{value}, was {before} before (decline {}, limit {limit})", before.less(*value))
            }
            (Some((_, value)), ..) => format!("{value} (limit {limit})"),
        };
        say(Tone::Plain, format!("{metric}: {last}, {} readings", series.len()));
    }
    match (status.judgement(), &rollout.verdict) {
        (Some(judgement), _) => say(Tone::Plain, format!("gate now: {judgement}")),
        (None, Some((judgement, at))) => {
            say(Tone::Plain, format!("gate at {}: {judgement}", at.hour_and_minute()));
        }
        _ => {}
    }
    if let Some(stopped) = &rollout.cause {
        let at = stopped.at.hour_and_minute();
        say(Tone::Warn, format!("stopped at {at} by {}: {}", stopped.by, stopped.why));
    }
    if let Some(ran) = rollout.runs.last() {
        let words = ran.ended.as_ref().map_or_else(|| "lost".to_owned(), ended);
        say(Tone::Plain, format!("driver: {} (run {}) {words}", ran.act, ran.run.0));
        if let Some(why) = ran.ended.as_ref().and_then(|e| e.why.as_ref()) {
            out.extend(crate::present::words::quoted(Some(why), 4));
        }
    }
    out.push(
        Line::default()
            .and(Tone::Strong, format!("If nobody acts: {}.", status.if_nobody_acts()))
            .indented(2),
    );
    out
}

/// One rollout for programs.
pub fn as_json(status: &Status) -> Value {
    let rollout = status.rollout.as_ref();
    let metrics: Vec<Value> = status
        .terms
        .metrics
        .iter()
        .map(|metric| {
            let last = status.series(*metric).last().map(|(at, value)| json!({"value": value.as_f64(), "at": at.iso()}));
            json!({"metric": metric.word(), "limit": status.terms.profile.limit(*metric).fails.as_f64(), "last": last})
        })
        .collect();
    let counted = rollout.map(Rollout::counted).unwrap_or_default();
    json!({
        "v": crate::present::json::VERSION,
        "id": status.request.id.to_string(),
        "phase": status.phase().word(),
        "tier": rollout.map_or(0, |r| r.tier.percent()),
        "to": rollout.and_then(|r| r.to).map(Tier::percent),
        "attempt": rollout.map_or(0, |r| r.attempt.0),
        "tiers": status.terms.tiers.iter().map(|tier| tier.percent()).collect::<Vec<_>>(),
        "bake_until": rollout.and_then(|r| r.bake).map(|bake| bake.until.iso()),
        "promotion": rollout.and_then(|r| r.promotion).map(|id| id.to_string()),
        "changed": counted.0, "verified": counted.1, "targets": counted.2,
        "baseline_tes": rollout.and_then(|r| r.baseline).map(|before| before.as_f64()),
        "metrics": metrics,
        "gate": status.judgement().map(|judgement| json!({"verdict": judgement.word(), "why": judgement.to_string()})),
        "stopped": rollout.and_then(|r| r.cause.as_ref()).map(|stopped| json!({
            "at": stopped.at.iso(), "by": stopped.by, "why": stopped.why.to_string()})),
        "rolled_back_in_ms": rollout.and_then(|r| r.rolled_back).map(|(took, _)| took.millis()),
        "acknowledged": rollout.map(|r| r.acknowledged),
        "not_started": rollout.and_then(|r| r.not_started.as_ref()).map(|why| why.raw()),
        "watched": status.kept,
        "if_nobody_acts": status.if_nobody_acts(),
    })
}
