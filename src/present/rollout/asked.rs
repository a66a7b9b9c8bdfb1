//! What comes of asking something of a rollout, in words, before it is asked.

use super::seen::Seen;
use super::strip::standing;
use super::unattended::minutes;
use crate::domain::moment::Moment;
use crate::domain::rollout::table::cell;
use crate::domain::rollout::{Phase, Stimulus};
use crate::present::line::{Line, Tone};
use crate::present::time;

/// Where it stands, then what comes of it.
pub fn about(on: Stimulus, seen: &Seen, now: Moment) -> Vec<Line> {
    let rollout = &seen.rollout;
    let (tone, words) = standing(seen);
    let service = seen.service.as_ref().map(|service| format!(" {service}")).unwrap_or_default();
    let out = match rollout.phase {
        Phase::Unknown | Phase::RollbackFailed => "; what is out, nobody knows".to_owned(),
        _ => format!("; {} is out", rollout.tier),
    };
    let mut lines = vec![
        Line::default()
            .and(Tone::Strong, format_args!("{}{service}: ", rollout.id))
            .and(tone, words)
            .and(Tone::Plain, out),
    ];
    lines.extend(consequences(on, seen, now));
    if let Some(waits) = seen.waits.filter(|_| closes_the_promotion(on)) {
        lines.push(Line::plain(format_args!(
            "{} asks for the next tier: it is closed with it, and whoever signs it comes too late.",
            waits.id
        )));
    }
    let works = matches!(on, Stimulus::Halt | Stimulus::RollBack);
    if works && !seen.watched {
        lines.push(Line::default().and(
            Tone::Bad,
            "NOBODY EXECUTES IT: no watcher runs. It is recorded now, and done when `countersign watch` runs.",
        ));
    }
    lines
}

/// Whether an open promotion dies of it.
const fn closes_the_promotion(on: Stimulus) -> bool {
    matches!(on, Stimulus::Pause | Stimulus::Freeze | Stimulus::Halt | Stimulus::RollBack)
}

fn consequences(on: Stimulus, seen: &Seen, now: Moment) -> Vec<Line> {
    let rollout = &seen.rollout;
    let tier = rollout.tier;
    let to = cell(rollout.phase, on).map(|to| to.phase(rollout.phase, &rollout.terms, false));
    let one = |words: String| vec![Line::plain(words)];
    match on {
        Stimulus::Pause => {
            let left = match rollout.bake.filter(|bake| rollout.phase == Phase::Baking && bake.until > now) {
                Some(bake) => format!(" with {} left", minutes(bake.until, now)),
                None => String::new(),
            };
            let halts = match rollout.terms.auto_halt {
                true => " Readings go on: two breaches in a row still halt it.",
                false => "",
            };
            one(format!("The bake clock stops{left}. {tier} stays out.{halts}"))
        }
        Stimulus::Resume => one(match (rollout.phase, rollout.bake) {
            (Phase::Paused, Some(bake)) => {
                let left = minutes(bake.until, rollout.since);
                format!("{tier} bakes for what was left, {left}; then it is judged.")
            }
            _ => {
                let bake = time::span(rollout.terms.bake);
                format!("{tier} bakes anew, for {bake}, as attempt {}; then it is judged.", rollout.attempt.next())
            }
        }),
        Stimulus::Freeze => {
            one(format!("{tier} stays out and nothing moves, until somebody resumes it or rolls it back."))
        }
        Stimulus::Halt => one(match (rollout.phase, to) {
            (Phase::Prepared, _) => "The check of its pack is ended; it is not started.".to_owned(),
            (_, Some(Phase::RollingBack)) => {
                "The driver is ended now (TERM, then KILL), and whatever is out is taken back.".to_owned()
            }
            (_, Some(Phase::Frozen)) => format!("{tier} stays out, frozen. To take it back, roll it back."),
            _ => "It is recorded that you said stop; nothing moves by itself here.".to_owned(),
        }),
        Stimulus::RollBack => {
            let ended = match &rollout.act {
                Some(act) => format!("The driver's {} is ended now (TERM, then KILL). ", act.act),
                None => String::new(),
            };
            let from = match rollout.phase {
                Phase::Unknown | Phase::RollbackFailed => "from whatever is out".to_owned(),
                _ => format!("from {tier}"),
            };
            one(format!(
                "{ended}The driver takes everything back, {from} to 0 %, and looks whether it is as before."
            ))
        }
        Stimulus::Acknowledge => one(
            "It no longer tops every inbox. Nothing of it is mended by that: what is out must still be looked at."
                .to_owned(),
        ),
        _ => Vec::new(),
    }
}
