//! The machine of rollouts: every cell of its table, twelve futures of one metric, and what a halt leaves behind.

use super::build::{BEGIN, human};
use countersign::domain::digest::RevisionDigest;
use countersign::domain::event::{Entry, Fact};
use countersign::domain::moment::{Moment, Span};
use countersign::domain::names::{Identifier, RequestId};
use countersign::domain::principal::{Caller, Permission, Standing};
use countersign::domain::refusal::Refusal;
use countersign::domain::rollout::decide::entry;
use countersign::domain::rollout::state::{Rollout, begin};
use countersign::domain::rollout::table::{By, cell};
use countersign::domain::rollout::work::{End, Ended};
use countersign::domain::rollout::{
    Act, Amount, Ask, Beside, Cause, Decision, Found, Heard, Judgement, Look, Metric, Phase, Reading,
    RolloutFact, RolloutId, Stimulus, Terms, Tier,
};
use countersign::domain::text::Text;
use std::collections::BTreeSet;

const MINUTE: Span = Span::from_minutes(1);
const PROMOTION: RequestId = RequestId::new(21);

fn system() -> Caller {
    Caller::system()
}

fn everything() -> Standing {
    Standing::everything()
}

fn take(rollout: Rollout, decision: &Decision) -> Rollout {
    decision.entries.iter().fold(rollout, Rollout::evolve)
}

/// A rollout that was asked for at the beginning, under these terms.
fn asked(terms: Terms) -> Rollout {
    let fact = RolloutFact::Asked {
        plan: RevisionDigest::from_bytes([7; 32]),
        terms: Box::new(terms),
        programs: Default::default(),
    };
    let held = countersign::domain::event::Held::None;
    begin(RolloutId::of(RequestId::new(20)), &entry(&human("alice"), BEGIN, fact, held)).unwrap()
}

/// It does one act, which ends so.
fn acts(rollout: Rollout, end: End, now: Moment) -> Rollout {
    let act = rollout.next_act(|_| true).unwrap();
    let rollout = take(rollout.clone(), &rollout.begin_act(act, Some(1), &system(), now).unwrap());
    let ended = Ended { verified: Some(10), ..Ended::plainly(end, Span::ZERO) };
    let decision = rollout.end_act(rollout.last_run, &ended, |_| true, &system(), now).unwrap();
    take(rollout, &decision)
}

/// The first tier bakes from `now` on.
fn baking(terms: Terms, now: Moment) -> Rollout {
    let checked = acts(acts(asked(terms), End::Done, now), End::Done, now);
    let starting = take(checked.clone(), &checked.checked(Some(Amount::whole(97)), &system(), now).unwrap());
    let baking = acts(acts(starting, End::Done, now), End::Done, now);
    assert_eq!((baking.phase, baking.tier), (Phase::Baking, Tier::new(5).unwrap()));
    baking
}

fn reading(metric: Metric, found: Found, at: Moment) -> Reading {
    Reading { metric, found, at, source: Identifier::new("checks").unwrap() }
}

fn value(whole: i64) -> Found {
    Found::Value(Amount::whole(whole))
}

/// What is heard at `now` of a rollout that does well, but for its error rate.
fn good_but(error_rate: Option<(Found, Moment)>, now: Moment) -> Vec<Heard> {
    let fine = [(Metric::Tes, 96), (Metric::Cpu, 61), (Metric::Memory, 70)];
    let mut out: Vec<Heard> = fine
        .into_iter()
        .map(|(metric, whole)| Heard { reading: reading(metric, value(whole), now), at: now })
        .collect();
    out.extend(
        error_rate.map(|(found, at)| Heard { reading: reading(Metric::ErrorRate, found, at), at: now }),
    );
    out
}

/// Where one bake ends: the phase, and the words of its verdict.
fn lives_through(feed: impl Fn(i64) -> (Span, bool, Option<(Found, Span)>)) -> (Phase, String) {
    let mut rollout = baking(Terms::built_in(), BEGIN);
    let mut heard: Vec<Heard> = Vec::new();
    // Four looks a minute, for twenty minutes at most.
    for step in 1..=80 {
        let (clock, back, found) = feed(step);
        let shown = BEGIN.plus(Span::from_millis(step * 15_000));
        let now = if back { shown.minus(clock) } else { shown.plus(clock) };
        heard.extend(good_but(found.map(|(found, age)| (found, now.minus(age))), now));
        let look = Look {
            terms: &rollout.terms,
            baseline: rollout.baseline,
            began: rollout.bake.unwrap().since,
            now,
            heard: &heard,
        };
        let decision = rollout.tick(&look, PROMOTION, &Ok(()), &system());
        rollout = take(rollout.clone(), &decision);
        if let Some((judgement, _)) = &rollout.verdict {
            return (rollout.phase, judgement.to_string());
        }
    }
    panic!("nothing was judged in twenty minutes: {}", rollout.phase)
}

#[test]
fn of_twelve_futures_the_good_one_promotes_and_each_other_leaves_a_reason_of_its_own() {
    let plain = |found: Found| (Span::ZERO, false, Some((found, Span::ZERO)));
    let silent = (Span::ZERO, false, None);
    type Feed = Box<dyn Fn(i64) -> (Span, bool, Option<(Found, Span)>)>;
    let futures: [(&str, Feed, &str); 12] = [
        ("good", Box::new(move |_| plain(value(1))), "pass: tes decline 1 < 5, error_rate 1 < 10"),
        ("bad", Box::new(move |_| plain(value(12))), "fail: error_rate 12 > 10 (2 readings since"),
        (
            "exactly at the limit",
            Box::new(move |_| plain(value(10))),
            "error_rate is exactly at its limit, 10",
        ),
        (
            "gap",
            Box::new(move |step| if (8..44).contains(&step) { silent.clone() } else { plain(value(1)) }),
            "a gap in error_rate: nothing for 9 min",
        ),
        (
            "stale",
            Box::new(move |step| if step > 50 { (Span::ZERO, false, None) } else { plain(value(1)) }),
            "error_rate is stale: its newest reading is",
        ),
        (
            "nan",
            Box::new(move |step| plain(if step == 30 { Found::NotANumber } else { value(1) })),
            "a reading of error_rate is no number",
        ),
        (
            "flapping",
            Box::new(move |step| plain(value(if step % 2 == 0 { 1 } else { 25 }))),
            "fail: error_rate 13 > 10 (mean of 60 readings",
        ),
        (
            "late",
            Box::new(|_| (Span::ZERO, false, Some((value(1), Span::from_minutes(5))))),
            "error_rate comes late: what comes now was taken 5 min ago",
        ),
        (
            "one reading",
            Box::new(|step| {
                let found = (step == 60).then_some((value(1), Span::ZERO));
                (Span::ZERO, false, found)
            }),
            "too few readings of error_rate: 1",
        ),
        (
            "clock forward",
            Box::new(|step| {
                let ahead = if step > 40 { Span::from_hours(2) } else { Span::ZERO };
                (ahead, false, Some((value(1), Span::ZERO)))
            }),
            "the clock went forward, or nobody watched: nothing for 2 h",
        ),
        (
            "clock back",
            Box::new(|step| {
                let behind = if step > 40 { Span::from_minutes(3) } else { Span::ZERO };
                (behind, true, Some((value(1), Span::ZERO)))
            }),
            "the clock went back by",
        ),
        (
            "source unreachable",
            Box::new(move |step| {
                plain(if step > 20 { Found::Nothing(Text::new("refused")) } else { value(1) })
            }),
            "the source checks of error_rate cannot be reached",
        ),
    ];
    let mut reasons = BTreeSet::new();
    for (name, feed, words) in futures {
        let (phase, verdict) = lives_through(feed);
        assert!(verdict.contains(words), "{name}: {verdict}");
        assert_eq!(phase == Phase::AwaitingPromotion, name == "good", "{name}: {phase}, {verdict}");
        assert!(reasons.insert(verdict.clone()), "{name} says what another says: {verdict}");
    }
}

#[test]
fn what_nobody_can_say_is_looked_at_once_more_and_then_nothing_moves() {
    let mut rollout = baking(Terms::built_in(), BEGIN);
    for (minutes, phase) in [(15, Phase::Baking), (30, Phase::Frozen)] {
        let look = Look {
            terms: &rollout.terms,
            baseline: rollout.baseline,
            began: rollout.bake.unwrap().since,
            now: BEGIN.plus(Span::from_minutes(minutes)),
            heard: &[],
        };
        let decision = rollout.tick(&look, PROMOTION, &Ok(()), &system());
        rollout = take(rollout.clone(), &decision);
        assert_eq!(rollout.phase, phase, "after {minutes} min");
    }
    assert!(matches!(rollout.cause.unwrap().why, Cause::Unsure(_)));
}

/// Readings of everything, good, four a minute over the last fifteen minutes.
fn all_good(now: Moment) -> Vec<Heard> {
    (0..=60)
        .rev()
        .flat_map(|step| {
            let at = now.minus(Span::from_millis(step * 15_000));
            good_but(Some((value(1), at)), at)
        })
        .collect()
}

fn ticked(rollout: &Rollout, heard: &[Heard], now: Moment) -> Rollout {
    let look = countersign::domain::rollout::Look {
        terms: &rollout.terms,
        baseline: rollout.baseline,
        began: rollout.bake.unwrap().since,
        now,
        heard,
    };
    let decision = rollout.tick(&look, PROMOTION, &Ok(()), &system());
    take(rollout.clone(), &decision)
}

/// A rollout in that phase; `BEGIN` plus fifteen minutes is when.
fn in_phase(phase: Phase) -> Rollout {
    let now = at_the_end();
    let bakes = || baking(Terms::built_in(), BEGIN);
    let ask = |rollout: Rollout, ask: Ask| {
        let said = Some(Text::new("I looked"));
        let decision = rollout.ask(&ask, said, &human("alice"), &everything(), now).unwrap();
        take(rollout, &decision)
    };
    let checked = || acts(acts(asked(Terms::built_in()), End::Done, BEGIN), End::Done, BEGIN);
    let starting = || take(checked(), &checked().checked(None, &system(), BEGIN).unwrap());
    let rollout = match phase {
        Phase::Prepared => checked(),
        Phase::Starting => starting(),
        Phase::Baking => bakes(),
        Phase::AwaitingPromotion => ticked(&bakes(), &all_good(now), now),
        Phase::Promoting => {
            let rollout = in_phase(Phase::AwaitingPromotion);
            let heard = all_good(now);
            let look = Look {
                terms: &rollout.terms,
                baseline: rollout.baseline,
                began: rollout.bake.unwrap().since,
                now,
                heard: &heard,
            };
            let decision = rollout.promoted(PROMOTION, &look, &Ok(()), &human("alice")).unwrap();
            take(rollout.clone(), &decision)
        }
        Phase::Paused => ask(bakes(), Ask::Pause),
        Phase::Frozen => ask(bakes(), Ask::Freeze),
        Phase::RollingBack => ask(bakes(), Ask::RollBack),
        Phase::RolledBack => acts(acts(in_phase(Phase::RollingBack), End::Done, now), End::Done, now),
        Phase::RollbackFailed => {
            (0..3).fold(in_phase(Phase::RollingBack), |rollout, _| acts(rollout, End::Failed, now))
        }
        Phase::Unknown => {
            let rollout = starting();
            let begun = take(rollout.clone(), &rollout.begin_act(Act::Start, None, &system(), now).unwrap());
            take(begun.clone(), &begun.lose_act(begun.last_run, &system(), now).unwrap())
        }
        Phase::Completed => {
            let terms = Terms { tiers: vec![Tier::new(5).unwrap()], ..Terms::built_in() };
            ticked(&baking(terms, BEGIN), &all_good(now), now)
        }
    };
    assert_eq!(rollout.phase, phase);
    rollout
}

fn at_the_end() -> Moment {
    BEGIN.plus(Span::from_minutes(15))
}

/// Does `on` to it as the world would; nothing where it is refused, or nothing is recorded.
fn does(rollout: &Rollout, on: Stimulus) -> Result<Option<Rollout>, Refusal> {
    let now = at_the_end();
    let ask = |ask: Ask| {
        let said = Some(Text::new("I looked"));
        rollout.ask(&ask, said, &human("alice"), &everything(), now)
    };
    // An act under way, as there is one when it ends.
    let with_act = |act_wanted: bool| -> Rollout {
        match rollout.next_act(|_| true).filter(|_| act_wanted && rollout.act.is_none()) {
            Some(act) => take(rollout.clone(), &rollout.begin_act(act, None, &system(), now).unwrap()),
            None => rollout.clone(),
        }
    };
    let ends = |end: End, times: u32| -> Result<Option<Rollout>, Refusal> {
        rollout.may_happen(on, now)?;
        let mut rollout = rollout.clone();
        // Every act of the phase, or the first that fails.
        for _ in 0..times {
            let Some(act) = rollout.next_act(|_| true) else { break };
            rollout = take(rollout.clone(), &rollout.begin_act(act, None, &system(), now)?);
            let ended = Ended::plainly(end, Span::ZERO);
            rollout =
                take(rollout.clone(), &rollout.end_act(rollout.last_run, &ended, |_| true, &system(), now)?);
        }
        Ok(Some(rollout))
    };
    let heard = match on {
        Stimulus::Passed | Stimulus::PassedAtLast | Stimulus::Promote => all_good(now),
        Stimulus::Breach => {
            let mut heard = all_good(now);
            for _ in 0..2 {
                heard.push(Heard { reading: reading(Metric::ErrorRate, value(99), now), at: now });
            }
            heard
        }
        _ => Vec::new(),
    };
    let began = rollout.bake.map_or(BEGIN, |bake| bake.since);
    let look = Look { terms: &rollout.terms, baseline: rollout.baseline, began, now, heard: &heard };
    let seen = |rollout: &Rollout| {
        let decision = rollout.tick(&look, PROMOTION, &Ok(()), &system());
        (!decision.entries.is_empty()).then(|| take(rollout.clone(), &decision))
    };
    Ok(match on {
        Stimulus::Pause => Some(take(rollout.clone(), &ask(Ask::Pause)?)),
        Stimulus::Resume => Some(take(rollout.clone(), &ask(Ask::Resume)?)),
        Stimulus::Freeze => Some(take(rollout.clone(), &ask(Ask::Freeze)?)),
        Stimulus::Halt => Some(take(rollout.clone(), &ask(Ask::Halt)?)),
        Stimulus::RollBack => Some(take(rollout.clone(), &ask(Ask::RollBack)?)),
        Stimulus::Acknowledge => Some(take(rollout.clone(), &ask(Ask::Acknowledge)?)),
        Stimulus::Resolve => {
            let tier = Tier::new(5).unwrap();
            Some(take(rollout.clone(), &ask(Ask::Resolve { tier, proof: None })?))
        }
        Stimulus::Promote => {
            Some(take(rollout.clone(), &rollout.promoted(PROMOTION, &look, &Ok(()), &human("bob"))?))
        }
        Stimulus::Checked => Some(take(rollout.clone(), &rollout.checked(None, &system(), now)?)),
        Stimulus::Start | Stimulus::Sample => {
            rollout.may_happen(on, now)?;
            Some(rollout.clone())
        }
        Stimulus::Unfit => {
            rollout.may_happen(on, now)?;
            Some(take(rollout.clone(), &rollout.unfit(Text::new("no"), &system(), now)))
        }
        Stimulus::Done => ends(End::Done, 2)?,
        Stimulus::Failed => ends(End::Failed, 1)?,
        Stimulus::FailedForGood => ends(End::Failed, 3)?,
        Stimulus::Died => {
            let begun = with_act(true);
            rollout.may_happen(on, now)?;
            match begun.act {
                Some(act) => Some(take(begun.clone(), &begun.lose_act(act.run, &system(), now)?)),
                None => Some(begun),
            }
        }
        Stimulus::Refused => {
            let decision = rollout.promotion_closed(PROMOTION, "rejected", &human("bob"), now);
            (!decision.entries.is_empty()).then(|| take(rollout.clone(), &decision))
        }
        Stimulus::UnsureAgain => seen(rollout).and_then(|once| {
            let later = Look { began: now, now: now.plus(Span::from_minutes(15)), ..look };
            let decision = once.tick(&later, PROMOTION, &Ok(()), &system());
            (!decision.entries.is_empty() && once.phase == rollout.phase)
                .then(|| take(once.clone(), &decision))
        }),
        Stimulus::Passed | Stimulus::PassedAtLast | Stimulus::Unsure | Stimulus::Breach | Stimulus::Doubt => {
            seen(rollout)
        }
    })
}

#[test]
fn every_verb_and_every_event_from_every_state_is_as_the_table_says() {
    for phase in Phase::ALL {
        for on in Stimulus::ALL {
            let mut rollout = in_phase(phase);
            // Both are looks at a bake that is over: which of them it is, is said by what is there.
            let skipped = match (on, phase) {
                (Stimulus::Unsure | Stimulus::UnsureAgain, Phase::AwaitingPromotion) => true,
                (Stimulus::Doubt, Phase::Baking) => true,
                (Stimulus::Passed | Stimulus::PassedAtLast, Phase::AwaitingPromotion) => true,
                // What the driver does ends where it is at work; nothing is asked of it elsewhere.
                (Stimulus::Halt, Phase::Frozen) => true,
                _ => false,
            };
            if skipped {
                continue;
            }
            if on == Stimulus::Start {
                rollout = take(
                    rollout.clone(),
                    &match phase {
                        Phase::Prepared => rollout.unfit(Text::new("no"), &system(), BEGIN),
                        _ => Decision::default(),
                    },
                );
            }
            if on == Stimulus::PassedAtLast && phase == Phase::Baking {
                let terms = Terms { tiers: vec![Tier::new(5).unwrap()], ..Terms::built_in() };
                rollout = baking(terms, BEGIN);
            }
            let checked_acts = phase == Phase::Prepared && matches!(on, Stimulus::Failed | Stimulus::Died);
            if checked_acts {
                rollout = asked(Terms::built_in());
            }
            let came = does(&rollout, on);
            match cell(phase, on) {
                None => {
                    let nothing = !matches!(came, Ok(Some(_)));
                    assert!(nothing, "{on:?} from {phase} is in no row, and did something: {came:?}");
                }
                Some(to) => {
                    let wanted = to.phase(phase, &rollout.terms, false);
                    let after = came.unwrap_or_else(|e| panic!("{on:?} from {phase} is refused: {e}"));
                    let after = after.unwrap_or_else(|| panic!("{on:?} from {phase} did nothing"));
                    assert_eq!(after.phase, wanted, "{on:?} from {phase}");
                }
            }
        }
    }
}

#[test]
fn whoever_may_not_is_refused_each_verb_whatever_the_state() {
    for phase in Phase::ALL {
        for on in Stimulus::ALL {
            let By::Holder(permission) = on.by() else { continue };
            let rest: Vec<Permission> = Permission::ALL.into_iter().filter(|p| *p != permission).collect();
            let standing = Standing { permissions: rest, ..Standing::default() };
            let refused = in_phase(phase).may(on, &standing, at_the_end()).unwrap_err();
            assert_eq!(refused, Refusal::NotPermitted { permission }, "{on:?} from {phase}");
        }
    }
}

#[test]
fn a_halt_closes_the_promotion_and_who_promotes_after_it_is_told_they_were_late() {
    let rollout = in_phase(Phase::AwaitingPromotion);
    let halt = rollout.ask(&Ask::Halt, None, &human("alice"), &everything(), at_the_end()).unwrap();
    assert!(matches!(&halt.beside[..], [Beside::Close { promotion: PROMOTION, .. }]), "{halt:?}");
    let halted = take(rollout, &halt);
    let refused = halted.refusal(Stimulus::Promote, at_the_end());
    assert_eq!(refused.exit_code(), 3, "{refused}");
    // Where none was open, nobody was late.
    let halted = {
        let rollout = in_phase(Phase::Baking);
        let halt = rollout.ask(&Ask::Halt, None, &human("alice"), &everything(), at_the_end()).unwrap();
        take(rollout, &halt)
    };
    assert_eq!(halted.refusal(Stimulus::Promote, at_the_end()).exit_code(), 1);
}

#[test]
fn what_is_promoted_stands_on_the_gate_of_that_moment() {
    let rollout = in_phase(Phase::AwaitingPromotion);
    let look = Look {
        terms: &rollout.terms,
        baseline: rollout.baseline,
        began: rollout.bake.unwrap().since,
        now: at_the_end().plus(Span::from_minutes(2)),
        heard: &all_good(at_the_end()),
    };
    let refused = rollout.promoted(PROMOTION, &look, &Ok(()), &human("bob")).unwrap_err().to_string();
    assert!(refused.contains("the gate does not pass any more: inconclusive: tes is stale"), "{refused}");
    let other = rollout.promoted(RequestId::new(99), &look, &Ok(()), &human("bob"));
    assert!(other.is_err(), "another request promotes nothing");
}

#[test]
fn a_pause_keeps_the_rest_of_the_bake_and_a_freeze_begins_it_anew() {
    let now = BEGIN.plus(Span::from_minutes(6));
    let alice = human("alice");
    let ask = |rollout: &Rollout, ask: Ask, now: Moment| {
        take(rollout.clone(), &rollout.ask(&ask, None, &alice, &everything(), now).unwrap())
    };
    let later = now.plus(Span::from_hours(1));
    let paused = ask(&baking(Terms::built_in(), BEGIN), Ask::Pause, now);
    assert_eq!(ask(&paused, Ask::Resume, later).bake.unwrap().until, later.plus(Span::from_minutes(9)));
    let frozen = ask(&baking(Terms::built_in(), BEGIN), Ask::Freeze, now);
    let resumed = ask(&frozen, Ask::Resume, later);
    assert_eq!(resumed.bake.unwrap().until, later.plus(Span::from_minutes(15)));
    assert_eq!(resumed.attempt.0, 2, "what was promised of the first attempt is worth nothing now");
}

#[test]
fn what_was_stopped_on_the_way_out_is_taken_back_from_whatever_is_there() {
    let rollout = in_phase(Phase::Starting);
    let now = at_the_end();
    let begun = take(rollout.clone(), &rollout.begin_act(Act::Start, Some(1), &system(), now).unwrap());
    let halt = begun.ask(&Ask::Halt, None, &human("alice"), &everything(), now).unwrap();
    let halted = take(begun, &halt);
    assert_eq!(halted.phase, Phase::RollingBack, "recorded at once");
    assert!(halted.is_unwanted(Act::Start), "the driver is told to stop");
    let stopped = Ended::plainly(End::Stopped, Span::ZERO);
    let ended = take(
        halted.clone(),
        &halted.end_act(halted.last_run, &stopped, |_| true, &system(), now.plus(MINUTE)).unwrap(),
    );
    assert_eq!((ended.phase, ended.next_act(|_| true)), (Phase::RollingBack, Some(Act::RollBack)));
    let back = acts(acts(ended, End::Done, now.plus(MINUTE)), End::Done, now.plus(MINUTE));
    assert_eq!(back.phase, Phase::RolledBack);
    assert_eq!(back.rolled_back.unwrap().0, MINUTE, "from the trigger to the end");
}

#[test]
fn a_verdict_carries_the_readings_that_it_judged() {
    let now = at_the_end();
    let rollout = baking(Terms::built_in(), BEGIN);
    let heard = all_good(now);
    let look = Look { terms: &rollout.terms, baseline: rollout.baseline, began: BEGIN, now, heard: &heard };
    let decision = rollout.tick(&look, PROMOTION, &Ok(()), &system());
    let judged = |entry: &Entry| match &entry.fact {
        Fact::Rollout(fact) => match &**fact {
            RolloutFact::Judged { readings, judgement: Judgement::Pass(_), .. } => Some(readings.len()),
            _ => None,
        },
        _ => None,
    };
    assert_eq!(decision.entries.iter().find_map(judged), Some(61 * 4));
}
