//! What happens to a rollout if nobody acts, from the table that the watcher obeys: in a few words for the strip, in
//! sentences for the view and the dialogs.

use super::seen::Seen;
use crate::domain::moment::Moment;
use crate::domain::rollout::decide::TRIES;
use crate::domain::rollout::table::cell;
use crate::domain::rollout::{Judgement, Phase, Stimulus};
use crate::present::line::{Line, Tone};
use crate::present::time;

/// The phase that `on` leads to from where it stands, under its terms.
fn leads_to(seen: &Seen, on: Stimulus) -> Option<Phase> {
    let rollout = &seen.rollout;
    cell(rollout.phase, on).map(|to| to.phase(rollout.phase, &rollout.terms, false))
}

/// What follows when the bake is over and the gate passes.
fn passing(seen: &Seen) -> Option<Phase> {
    let last = seen.next().is_none();
    leads_to(seen, if last { Stimulus::PassedAtLast } else { Stimulus::Passed })
}

/// What coming to a phase does, in one word.
const fn does(phase: Phase) -> &'static str {
    match phase {
        Phase::AwaitingPromotion => "asks",
        Phase::Promoting => "promotes",
        Phase::Completed => "completes",
        Phase::RollingBack => "rolls back",
        Phase::Frozen => "freezes",
        _ => "stays",
    }
}

/// The same as a sentence's end.
fn does_in_full(seen: &Seen, phase: Phase) -> String {
    let next = seen.next().map(|tier| tier.to_string()).unwrap_or_default();
    match phase {
        Phase::AwaitingPromotion => format!("{next} is asked for"),
        Phase::Promoting => format!("{next} begins by itself"),
        Phase::Completed => "it is completed".to_owned(),
        Phase::RollingBack => "everything is taken back".to_owned(),
        Phase::Frozen => format!("it is frozen at {}", seen.rollout.tier),
        _ => format!("it stays at {}", seen.rollout.tier),
    }
}

/// Whether time, readings or the driver do anything to it, or would if a watcher ran.
fn moves_by_itself(seen: &Seen) -> bool {
    let moves = matches!(
        seen.rollout.phase,
        Phase::Starting
            | Phase::Baking
            | Phase::AwaitingPromotion
            | Phase::Promoting
            | Phase::Paused
            | Phase::RollingBack
    );
    moves || seen.rollout.checking
}

/// No watcher runs, and something should happen by itself.
pub fn is_left_alone(seen: &Seen) -> bool {
    !seen.watched && moves_by_itself(seen)
}

/// A few words for the strip. They are never left out.
pub fn briefly(seen: &Seen, now: Moment) -> (Tone, String) {
    if is_left_alone(seen) {
        return (Tone::Bad, "NOTHING HAPPENS: no watcher runs".to_owned());
    }
    let rollout = &seen.rollout;
    let breach = leads_to(seen, Stimulus::Breach).map_or("stays", does);
    let words = match rollout.phase {
        Phase::Prepared if rollout.checking => "then its first tier begins".to_owned(),
        Phase::Prepared => "stays as it is".to_owned(),
        Phase::Starting | Phase::Promoting => {
            let fails = leads_to(seen, Stimulus::Failed).map_or("stays", does);
            format!("then it bakes; a failure {fails}")
        }
        Phase::Baking => {
            let pass = passing(seen).map_or("stays", does);
            let when = match rollout.bake.map(|bake| bake.until) {
                Some(until) if until > now => time::clock(until, now),
                _ => "now".to_owned(),
            };
            match seen.so_far(now) {
                Some(Judgement::Fail(_)) => format!("{when}: fail {breach}"),
                _ => format!("{when}: pass {pass}, fail {breach}"),
            }
        }
        Phase::AwaitingPromotion => match seen.waits.and_then(|waits| waits.expires_at) {
            Some(at) => {
                let refused = leads_to(seen, Stimulus::Refused).map_or("stays", does);
                format!("stays at {}; {refused} {}", rollout.tier, time::clock(at, now))
            }
            None => format!("stays at {}", rollout.tier),
        },
        Phase::Paused if rollout.terms.auto_halt => format!("stays at {}; a breach {breach}", rollout.tier),
        Phase::Paused | Phase::Frozen => format!("stays at {}", rollout.tier),
        Phase::RollingBack => "taken back, then verified".to_owned(),
        Phase::RollbackFailed => "nothing more is tried".to_owned(),
        Phase::Unknown => "nothing moves".to_owned(),
        Phase::RolledBack | Phase::Completed => "nothing more happens".to_owned(),
    };
    let tone = match rollout.phase {
        Phase::RollbackFailed | Phase::Unknown => Tone::Bad,
        _ => Tone::Plain,
    };
    (tone, words)
}

/// The whole of it.
pub fn in_full(seen: &Seen, now: Moment) -> Line {
    let line = Line::default().and(Tone::Strong, "If nobody acts: ");
    if is_left_alone(seen) {
        return line.and(
            Tone::Bad,
            "NOTHING HAPPENS, because no watcher runs: it is not measured, not judged, not taken back. Start `countersign watch`.",
        );
    }
    let rollout = &seen.rollout;
    let full = |on| leads_to(seen, on).map(|to| does_in_full(seen, to)).unwrap_or_default();
    let halts = match rollout.terms.auto_halt {
        true => format!(" Two breaching readings in a row, and {} at once.", full(Stimulus::Breach)),
        false => String::new(),
    };
    let words = match rollout.phase {
        Phase::Prepared if rollout.checking => {
            "its pack is checked, and then its first tier begins; if it does not hold, nothing is touched."
                .to_owned()
        }
        Phase::Prepared => "nothing happens; nothing of it is out.".to_owned(),
        Phase::Starting | Phase::Promoting => {
            let to = rollout.to.unwrap_or(rollout.tier);
            format!("when the driver is done, {to} bakes; if it fails, {}.", full(Stimulus::Failed))
        }
        Phase::Baking => {
            let pass = passing(seen).map(|to| does_in_full(seen, to)).unwrap_or_default();
            let bake = rollout.bake;
            let unsure = match bake.is_some_and(|bake| bake.extended) {
                true => full(Stimulus::UnsureAgain),
                false => "it bakes once more".to_owned(),
            };
            let when = match bake.map(|bake| bake.until) {
                Some(until) if until > now => {
                    format!("in {} ({})", minutes(until, now), time::clock(until, now))
                }
                _ => "now".to_owned(),
            };
            let fail = full(Stimulus::Breach);
            format!("{when} it is judged. Pass: {pass}. Fail: {fail}. Unsure: {unsure}.{halts}")
        }
        Phase::AwaitingPromotion => {
            let until = seen.waits.and_then(|waits| Some((waits.id, waits.expires_at?)));
            let until = match until {
                Some((id, at)) => {
                    format!(
                        "until {id} expires at {}; then {}",
                        time::clock(at, now),
                        full(Stimulus::Refused)
                    )
                }
                None => "until somebody decides".to_owned(),
            };
            let doubt = full(Stimulus::Doubt);
            format!("it stays at {} {until}. If the gate passes no longer, {doubt}.{halts}", rollout.tier)
        }
        Phase::Paused => format!("it stays at {}, its bake clock stopped.{halts}", rollout.tier),
        Phase::Frozen => format!("it stays at {}; nothing moves.", rollout.tier),
        Phase::RollingBack => {
            format!(
                "the driver takes everything back and looks whether it is; it is tried {TRIES} times at most."
            )
        }
        Phase::RollbackFailed => {
            "nothing more is tried. What is out now, nobody knows: somebody must look.".to_owned()
        }
        Phase::Unknown => {
            "nothing moves. Whoever worked died in the middle of it: somebody must look what is out."
                .to_owned()
        }
        Phase::RolledBack | Phase::Completed => "nothing more happens.".to_owned(),
    };
    let tone = match rollout.phase {
        Phase::RollbackFailed | Phase::Unknown => Tone::Bad,
        _ => Tone::Plain,
    };
    line.and(tone, words)
}

/// How long until a moment, in whole minutes: seconds would be bytes and noise.
pub fn minutes(until: Moment, now: Moment) -> String {
    match until.since(now) {
        left if left.minutes() == 0 => "less than a minute".to_owned(),
        left => time::span(left),
    }
}
