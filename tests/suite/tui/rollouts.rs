//! Rollouts on the screen: the strip, the view and the dialogs, in every phase of the table, at both sizes, in every set of
//! characters and colours. A gauge that lies is worse than none.

use super::stage::*;
use countersign::app::config::ThemeName;
use countersign::app::rollouts::{Outlook, Whole};
use countersign::domain::event::{Actor, Entry, Fact, Held, Payload};
use countersign::domain::moment::Span;
use countersign::domain::names::{Identifier, RequestId, Seq};
use countersign::domain::principal::{Assurance, Caller, Standing};
use countersign::domain::rollout::fact::{Cause, RolloutFact};
use countersign::domain::rollout::gate::{self, Judgement, Look};
use countersign::domain::rollout::work::{Act, End, Ended, RunNumber};
use countersign::domain::rollout::{
    Amount, Attempt, Found, Heard, Metric, Phase, Reading, Rollout, RolloutId, Terms, Tier, state,
};
use countersign::domain::text::Text;
use countersign::present::rollout::marks::Marks;
use countersign::present::rollout::seen::{Seen, Waits};
use countersign::present::rollout::strip::strip;
use countersign::tui::Options;
use countersign::tui::action::Effect;
use countersign::tui::hear::{Message, hear};
use countersign::tui::model::Model;
use countersign::tui::theme::Theme;
use insta::assert_snapshot;

/// A rollout with its events and what was measured of it.
#[derive(Clone)]
pub struct Canary {
    id: RolloutId,
    service: &'static str,
    rollout: Option<Rollout>,
    events: Vec<(Seq, Entry)>,
    heard: Vec<Heard>,
    pub watched: bool,
    run: u32,
}

fn tier(percent: u8) -> Tier {
    Tier::new(percent).unwrap()
}

fn done(changed: u32, verified: u32) -> Ended {
    Ended {
        exit: Some(0),
        changed: Some(changed),
        verified: Some(verified),
        targets: Some(200),
        output: Some(Text::from("patched 10 directories\n\u{1b}[2J a word from the driver")),
        printed: 50,
        ..Ended::plainly(End::Done, Span::from_millis(420))
    }
}

impl Canary {
    /// Asked for forty minutes ago.
    fn new(number: u64, service: &'static str) -> Self {
        let mut terms = Terms::built_in();
        terms.driver = Some(Identifier::new("patch-fleet").unwrap());
        terms.sources = vec![Identifier::new("probe").unwrap()];
        let canary = Self {
            id: RolloutId::of(RequestId::new(number)),
            service,
            rollout: None,
            events: Vec::new(),
            heard: Vec::new(),
            watched: true,
            run: 0,
        };
        let plan = deployment().request.revision.digest;
        canary.then(
            40,
            "cp20",
            RolloutFact::Asked { plan, terms: Box::new(terms), programs: Vec::new() },
        )
    }

    fn with(mut self, minutes: i64, who: &str, fact: RolloutFact, payload: Held) -> Self {
        let by = match who {
            "system" => Caller::system(),
            name => caller(name),
        };
        let entry = Entry {
            at: ago(minutes),
            by: by.name.clone(),
            assurance: Assurance::Asserted,
            actor: Actor::of(&by),
            fact: Fact::Rollout(Box::new(fact)),
            payload,
        };
        self.rollout = match self.rollout.take() {
            Some(rollout) => Some(rollout.evolve(&entry)),
            None => state::begin(self.id, &entry),
        };
        assert!(self.rollout.is_some());
        let next = self.events.last().map_or(500, |(seq, _)| seq.0 + 1);
        self.events.push((Seq(next), entry));
        self
    }

    fn then(self, minutes: i64, who: &str, fact: RolloutFact) -> Self {
        self.with(minutes, who, fact, Held::None)
    }

    fn begins(mut self, minutes: i64, act: Act, from: u8, to: u8) -> Self {
        self.run += 1;
        let run = RunNumber(self.run);
        let fact = RolloutFact::ActBegun { run, act, from: tier(from), to: tier(to), fence: Some(3) };
        self.then(minutes, "system", fact)
    }

    fn ends(self, minutes: i64, act: Act, ended: Ended) -> Self {
        let payload = Payload {
            output: ended.output.clone(),
            reason: ended.why.clone(),
            locator: ended.pack.clone(),
            ..Payload::default()
        };
        let run = RunNumber(self.run);
        let fact = RolloutFact::ActEnded { run, act, ended };
        self.with(minutes, "system", fact, Held::Here(Box::new(payload)))
    }

    fn acts(self, minutes: i64, act: Act, from: u8, to: u8, ended: Ended) -> Self {
        self.begins(minutes, act, from, to).ends(minutes, act, ended)
    }

    fn prepared(self) -> Self {
        let pack = Ended {
            pack: Some(Text::from("/var/lib/packs/R-20")),
            ..Ended::plainly(End::Done, Span::from_millis(90))
        };
        self.acts(39, Act::Snapshot, 0, 5, pack)
    }

    fn starting(self) -> Self {
        let baseline = Some(Amount::whole(97));
        let started = RolloutFact::Started { to: tier(5), baseline };
        self.prepared().acts(39, Act::DryRun, 0, 5, done(0, 0)).then(38, "system", started).begins(
            38,
            Act::Start,
            0,
            5,
        )
    }

    fn bakes(self, minutes: i64, percent: u8, attempt: u32) -> Self {
        let until = ago(minutes).plus(Span::from_minutes(15));
        let fact = RolloutFact::Baking {
            tier: tier(percent),
            attempt: Attempt(attempt),
            since: ago(minutes),
            until,
        };
        self.then(minutes, "system", fact)
    }

    fn baking_5(self) -> Self {
        self.starting().ends(37, Act::Start, done(10, 10)).bakes(37, 5, 1)
    }

    fn promoting(self) -> Self {
        let promotion = Some(RequestId::new(1101));
        let canary = self.baking_5().measured(37, 21, |_, metric| Some(usual(metric)));
        let pass = canary.judgement(22);
        let judged =
            RolloutFact::Judged { tier: tier(5), attempt: Attempt(1), judgement: pass, readings: Vec::new() };
        canary
            .then(22, "system", judged)
            .then(
                22,
                "system",
                RolloutFact::Awaiting {
                    promotion: RequestId::new(1101),
                    from: tier(5),
                    to: tier(25),
                    attempt: Attempt(1),
                },
            )
            .then(8, "alice", RolloutFact::Promoting { from: tier(5), to: tier(25), promotion })
            .begins(8, Act::Promote, 5, 25)
    }

    fn baking_25(self) -> Self {
        self.promoting().ends(6, Act::Promote, done(50, 50)).bakes(6, 25, 1)
    }

    fn awaiting(self) -> Self {
        self.starting()
            .ends(37, Act::Start, done(10, 10))
            .bakes(16, 5, 1)
            .measured(16, 0, |_, metric| Some(usual(metric)))
            .then(
                1,
                "system",
                RolloutFact::Awaiting {
                    promotion: RequestId::new(1101),
                    from: tier(5),
                    to: tier(25),
                    attempt: Attempt(1),
                },
            )
    }

    /// Twice a minute from so many minutes ago on, each metric as `value` says by the number of the reading.
    fn measured(mut self, from: i64, to: i64, value: impl Fn(i64, Metric) -> Option<f64>) -> Self {
        let source = Identifier::new("probe").unwrap();
        for n in 0..(from - to) * 2 {
            let at = ago(from).plus(Span::from_millis(n * 30_000 + 20_000));
            for metric in Metric::ALL {
                let Some(value) = value(n, metric) else { continue };
                let found = match value {
                    value if value.is_nan() => Found::NotANumber,
                    value if value.is_infinite() => {
                        Found::Nothing(Text::from("connection refused\u{1b}[31m"))
                    }
                    value => Found::Value(Amount::of(value).unwrap()),
                };
                let reading = Reading { metric, found, at, source: source.clone() };
                self.heard.push(Heard { reading, at });
            }
        }
        self
    }

    fn judgement(&self, minutes: i64) -> Judgement {
        let rollout = self.rollout.as_ref().unwrap();
        gate::judge(&Look {
            terms: &rollout.terms,
            baseline: rollout.baseline,
            began: rollout.bake.unwrap().since,
            now: ago(minutes),
            heard: &self.heard,
        })
    }

    pub fn seen(&self) -> Seen {
        let rollout = self.rollout.clone().unwrap();
        let waits = rollout.promotion.map(|id| Waits {
            id,
            expires_at: Some(NOW.plus(Span::from_minutes(47))),
            missing: 1,
        });
        Seen {
            rollout,
            service: Some(Identifier::new(self.service).unwrap()),
            heard: self.heard.clone(),
            since: ago(60),
            waits,
            watched: self.watched,
        }
    }

    fn whole(&self) -> Whole {
        Whole { seen: self.seen(), events: self.events.clone(), standing: Standing::everything() }
    }
}

fn usual(metric: Metric) -> f64 {
    match metric {
        Metric::Tes => 96.2,
        Metric::ErrorRate => 0.4,
        Metric::Cpu => 61.0,
        Metric::Memory => 70.0,
    }
}

/// A little up and down, as measurements are.
fn lively(n: i64, metric: Metric) -> Option<f64> {
    let wave = [0.0, 0.4, 0.1, 0.7, 0.3, 0.9, 0.2, 0.5][usize::try_from(n % 8).unwrap()];
    Some(match metric {
        Metric::Tes => 96.8 - wave,
        Metric::ErrorRate => 0.2 + 3.0 * wave,
        Metric::Cpu => 55.0 + 20.0 * wave,
        Metric::Memory => 70.0 + wave,
    })
}

fn breach() -> Cause {
    Cause::Breach(gate::Breach {
        metric: Metric::ErrorRate,
        value: Amount::whole(12),
        limit: Amount::whole(10),
        readings: 2,
        since: ago(2),
        mean: false,
    })
}

/// One of each phase, and of what else is told of one.
fn canaries() -> Vec<(&'static str, Canary)> {
    let new = || Canary::new(1042, "payments-api");
    let baking = || new().baking_25().measured(6, 0, lively);
    let halted = |canary: Canary| {
        canary.then(1, "system", RolloutFact::Halted { why: breach(), phase: Phase::Baking, promotion: None })
    };
    let lost = |canary: Canary| {
        let run = RunNumber(canary.run);
        canary.then(2, "system", RolloutFact::ActLost { run, act: Act::Promote }).then(
            2,
            "system",
            RolloutFact::Unknown { why: Cause::Died { act: Act::Promote, run } },
        )
    };
    let rolling = || {
        halted(new().baking_25().measured(6, 0, |n, metric| match metric {
            Metric::ErrorRate if n > 9 => Some(12.0),
            metric => lively(n, metric),
        }))
        .then(1, "system", RolloutFact::RollingBack { why: breach() })
        .begins(1, Act::RollBack, 25, 0)
    };
    let failed = Ended {
        exit: Some(3),
        why: Some(Text::from("git apply --reverse: patch does not apply")),
        output: Some(Text::from("error: patch failed: etc/pay.conf:7")),
        ..Ended::plainly(End::Failed, Span::from_millis(1_900))
    };
    let rollback_failed = |by: &Ended| {
        rolling().ends(0, Act::RollBack, by.clone()).then(
            0,
            "system",
            RolloutFact::RollbackFailed {
                why: Cause::Driver { act: Act::RollBack, run: RunNumber(5), end: End::Failed },
            },
        )
    };
    let mut unwatched = baking();
    unwatched.watched = false;
    vec![
        ("prepared", new().begins(0, Act::Snapshot, 0, 5)),
        ("starting", new().starting()),
        ("baking", baking()),
        ("baking_first", new().baking_5().bakes(1, 5, 1).measured(1, 0, lively)),
        ("awaiting", new().awaiting()),
        ("promoting", new().promoting().measured(8, 0, lively)),
        ("paused", baking().then(1, "alice", RolloutFact::Paused { left: Span::from_minutes(10) })),
        (
            "frozen",
            baking().with(
                1,
                "alice",
                RolloutFact::Frozen { why: Cause::Person },
                Payload::reason(Some(Text::from("the graphs look odd\u{202e}"))),
            ),
        ),
        ("rolling_back", rolling()),
        (
            "rolled_back",
            rolling().ends(0, Act::RollBack, done(50, 50)).then(
                0,
                "system",
                RolloutFact::RolledBack { took: Span::from_millis(400), verified: Some(50) },
            ),
        ),
        ("rollback_failed", rollback_failed(&failed)),
        (
            "rollback_failed_acknowledged",
            rollback_failed(&failed).then(0, "alice", RolloutFact::Acknowledged {}),
        ),
        ("unknown", lost(new().promoting().measured(8, 2, lively))),
        ("completed", baking().bakes(0, 100, 1).then(0, "system", RolloutFact::Completed {})),
        ("unwatched", unwatched),
        ("stale", new().baking_25().measured(6, 3, lively)),
        (
            "troubled",
            new().baking_25().measured(6, 0, |n, metric| match metric {
                Metric::Cpu if n > 6 => Some(f64::INFINITY),
                Metric::Memory if n == 11 => Some(f64::NAN),
                Metric::ErrorRate if (3..7).contains(&n) => None,
                Metric::Tes => None,
                metric => lively(n, metric),
            }),
        ),
        (
            "breaching",
            new().baking_25().measured(6, 0, |n, metric| match metric {
                Metric::ErrorRate if n == 11 => Some(140.0),
                Metric::Cpu => Some(90.0),
                metric => lively(n, metric),
            }),
        ),
    ]
}

/// The same with another number, for a second line.
fn second() -> Canary {
    Canary::new(1050, "search").awaiting()
}

fn sight(all: &[&Canary], of: Option<RequestId>) -> Message {
    let mut live: Vec<Seen> = all.iter().map(|canary| canary.seen()).collect();
    live.sort_by_key(|seen| (seen.place(NOW), seen.rollout.id));
    let whole = all.iter().find(|canary| Some(canary.id.deployment()) == of);
    let whole = whole.map(|canary| Box::new(canary.whole()));
    Message::Rollouts(Box::new(Outlook { now: NOW, live, whole }))
}

/// The inbox with these rollouts live.
fn with(size: (u16, u16), options: Options, all: &[&Canary]) -> Model {
    let mut model = screen_with(size, options, &inbox());
    hear(&mut model, sight(all, None));
    model.frame_shown();
    model
}

/// Presses `0`, and answers.
fn opened(size: (u16, u16), options: Options, all: &[&Canary]) -> Model {
    let mut model = with(size, options, all);
    answer(&mut model, "0", all);
    model
}

/// Presses a key and answers what it wants to see of rollouts; the other effects are left.
fn answer(model: &mut Model, key: &str, all: &[&Canary]) -> Vec<Effect> {
    let (wanted, rest): (Vec<_>, Vec<_>) =
        press(model, key).into_iter().partition(|effect| matches!(effect, Effect::SeeRollouts(_)));
    for effect in wanted {
        let Effect::SeeRollouts(of) = effect else { continue };
        hear(model, sight(all, of));
    }
    model.frame_shown();
    rest
}

const ASCII: Options = Options { ascii: true, no_color: false };
const SIZES: [(u16, u16); 2] = [(120, 40), (80, 24)];

#[test]
fn the_strip_in_every_phase() {
    let other = second();
    let mut out = String::new();
    for (name, canary) in canaries() {
        out.push_str(&format!("{name}\n"));
        for (size, options) in SIZES.into_iter().flat_map(|size| [(size, Options::default()), (size, ASCII)])
        {
            let model = with(size, options, &[&canary, &other]);
            let area = model.layout().unwrap().band.unwrap();
            let shown = lines(&model);
            for line in &shown[usize::from(area.y)..usize::from(area.bottom())] {
                out.push_str(&format!("{line}\n"));
            }
        }
        out.push('\n');
    }
    assert_snapshot!("the_strip_in_every_phase", out);
}

#[test]
fn the_view_in_every_phase() {
    for (name, canary) in canaries() {
        let mut frames = String::new();
        for size in SIZES {
            let model = opened(size, Options::default(), &[&canary]);
            frames.push_str(&format!("{}×{}\n{}\n\n", size.0, size.1, text(&model)));
        }
        let model = opened((80, 24), ASCII, &[&canary]);
        frames.push_str(&format!("in ASCII\n{}\n\n", text(&model)));
        assert_snapshot!(format!("rollout_{name}"), frames);
    }
}

#[test]
fn in_ascii_everything_is_ascii() {
    for (name, canary) in canaries() {
        for size in [(120, 40), (80, 24), (60, 16)] {
            let mut model = opened(size, ASCII, &[&canary, &second()]);
            for key in ["pgdn", "pgdn", "pgdn", "g"] {
                let frame = lines(&model);
                assert!(frame.iter().all(|line| line.is_ascii()), "{name} {size:?}: {}", frame.join("\n"));
                press(&mut model, key);
            }
        }
    }
}

#[test]
fn the_words_are_the_same_in_every_theme() {
    let all = canaries();
    for (name, canary) in &all {
        let mut model = opened((120, 40), Options::default(), &[canary, &second()]);
        let words = text(&model);
        for theme in [ThemeName::Sixteen, ThemeName::Mono, ThemeName::ColourBlind, ThemeName::Truecolor] {
            model.habits.theme = Theme::named(theme);
            model.options.no_color = theme == ThemeName::Mono;
            assert_eq!(text(&model), words, "{name} in {theme:?}");
        }
    }
}

#[test]
fn the_strip_keeps_its_number_its_state_and_what_happens_by_itself_at_every_width() {
    for (name, canary) in canaries() {
        let seen = canary.seen();
        for ascii in [false, true] {
            let whole = strip(&seen, NOW, 500, Marks { ascii }).to_string();
            let (_, state) = countersign::present::rollout::strip::standing(&seen);
            let (_, alone) = countersign::present::rollout::unattended::briefly(&seen, NOW);
            let mut before = usize::MAX;
            for width in (1..200).rev() {
                let line = strip(&seen, NOW, width, Marks { ascii }).to_string();
                assert!(line.starts_with("R-1042 "), "{name} at {width}: {line}");
                assert!(line.contains(&state) && line.ends_with(&alone), "{name} at {width}: {line}");
                assert!(line.chars().count() <= before, "{name}: what went comes back at {width}: {line}");
                before = line.chars().count();
                // Where there is room for the least of it, it fits.
                assert!(before <= width.max(76), "{name} at {width}: {before} of {line}");
            }
            assert!(whole.contains("payments-api"), "{whole}");
        }
    }
}

#[test]
fn one_line_or_two_and_what_is_left_out_is_counted() {
    let many: Vec<Canary> = (1..=9).map(|n| Canary::new(1000 + n, "search").baking_5()).collect();
    let first = |n: usize| many.iter().take(n).collect::<Vec<&Canary>>();
    let before = text(&screen((80, 24)));
    let shown = lines(&with((80, 24), Options::default(), &first(3)));
    assert!(shown[21].starts_with(" R-1001 ") && shown[21].ends_with("2 more"), "{shown:#?}");
    let shown = lines(&with((120, 40), Options::default(), &first(9)));
    assert!(shown[33].starts_with("─ Canary ─") && shown[33].contains("5 more"), "{shown:#?}");
    assert!(shown[34].starts_with(" R-1001 ") && shown[37].starts_with(" R-1004 "), "{shown:#?}");
    // Few of them have two lines each: each metric has its sparkline and its limit.
    let shown = lines(&with((120, 40), Options::default(), &first(2)));
    assert!(shown[34].starts_with(" R-1001 ") && shown[36].starts_with(" R-1002 "), "{shown:#?}");
    assert!(shown[35].contains("tes drop") && shown[37].contains("mem"), "{shown:#?}");
    // When they are over, everything is as it was.
    let mut model = with((80, 24), Options::default(), &first(3));
    hear(&mut model, sight(&[], None));
    assert_eq!(text(&model), before);
}
