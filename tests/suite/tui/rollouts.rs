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
    Amount, Attempt, Found, Heard, Metric, Phase, Reading, Rollout, RolloutId, Stimulus, Terms, Tier, state,
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
        canary.then(40, "cp20", RolloutFact::Asked { plan, terms: Box::new(terms), programs: Vec::new() })
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

/// Presses `!`, and answers.
fn opened(size: (u16, u16), options: Options, all: &[&Canary]) -> Model {
    let mut model = with(size, options, all);
    answer(&mut model, "!", all);
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

const VERBS: [(&str, Stimulus); 6] = [
    ("B", Stimulus::RollBack),
    ("H", Stimulus::Halt),
    ("Z", Stimulus::Pause),
    ("V", Stimulus::Resume),
    ("F", Stimulus::Freeze),
    ("K", Stimulus::Acknowledge),
];

fn named(name: &str) -> Canary {
    canaries().into_iter().find(|(of, _)| *of == name).unwrap().1
}

#[test]
fn each_key_opens_one_dialog_or_says_why_not_as_the_table_says() {
    for (name, canary) in canaries() {
        for (key, on) in VERBS {
            let mut model = opened((80, 24), Options::default(), &[&canary]);
            let may = canary.seen().rollout.may(on, &Standing::everything(), NOW);
            let greyed = text(&model).contains(&format!("({key} "));
            let effects = answer(&mut model, key, &[&canary]);
            assert!(effects.is_empty(), "{name} {key}: {effects:?}");
            match may {
                Ok(()) => {
                    assert!(model.rollouts.order.is_some() && !greyed, "{name} {key}:\n{}", text(&model));
                    // Cancel has the focus.
                    assert!(answer(&mut model, "enter", &[&canary]).is_empty(), "{name} {key}");
                    assert!(text(&model).contains("nothing was asked of R-1042"), "{}", text(&model));
                    answer(&mut model, key, &[&canary]);
                    answer(&mut model, "tab", &[&canary]);
                    let asked = answer(&mut model, "enter", &[&canary]);
                    assert_eq!(asked, [Effect::Steer { id: RequestId::new(1042), on }], "{name} {key}");
                }
                Err(no) => {
                    assert!(model.rollouts.order.is_none(), "{name} {key}");
                    let said = model.said.clone().unwrap().to_string();
                    assert_eq!(said, no.to_string(), "{name} {key}");
                }
            }
        }
    }
}

#[test]
fn the_dialogs_say_what_comes_of_it() {
    let mut frames = String::new();
    for (name, key) in [
        ("baking", "B"),
        ("awaiting", "B"),
        ("promoting", "H"),
        ("baking", "H"),
        ("baking", "Z"),
        ("paused", "V"),
        ("frozen", "V"),
        ("awaiting", "F"),
        ("unknown", "B"),
        ("rollback_failed", "K"),
        ("unwatched", "B"),
        ("unwatched", "H"),
    ] {
        let canary = named(name);
        for size in SIZES {
            let mut model = opened(size, Options::default(), &[&canary]);
            answer(&mut model, key, &[&canary]);
            let area = model.layout().unwrap().body;
            let shown = lines(&model);
            let dialog = &shown[usize::from(area.y)..usize::from(area.bottom())];
            let from = dialog.iter().rposition(|line| line.starts_with('━')).unwrap();
            frames.push_str(&format!(
                "{name} {key} at {}×{}\n{}\n\n",
                size.0,
                size.1,
                dialog[from..].join("\n")
            ));
        }
    }
    assert_snapshot!("what_comes_of_it", frames);
}

#[test]
fn without_a_watcher_it_is_said_in_red_that_nobody_executes_it() {
    let canary = named("unwatched");
    for key in ["B", "H"] {
        let mut model = opened((80, 24), Options::default(), &[&canary]);
        answer(&mut model, key, &[&canary]);
        let order = model.rollouts.order.as_ref().unwrap();
        let red: Vec<String> = order
            .about
            .iter()
            .flat_map(|line| &line.phrases)
            .filter(|phrase| phrase.tone == countersign::present::line::Tone::Bad)
            .map(|phrase| phrase.text.to_string())
            .collect();
        assert!(red.iter().any(|words| words.starts_with("NOBODY EXECUTES IT")), "{key}: {red:?}");
    }
}

#[test]
fn who_may_not_is_told_which_permission_is_missing() {
    let canary = named("baking");
    let mut model = opened((80, 24), Options::default(), &[&canary]);
    let mut whole = canary.whole();
    whole.standing = Standing { permissions: Default::default(), ..Standing::everything() };
    let live = vec![whole.seen.clone()];
    hear(&mut model, Message::Rollouts(Box::new(Outlook { now: NOW, live, whole: Some(Box::new(whole)) })));
    model.frame_shown();
    let frame = text(&model);
    assert!(frame.contains("(B roll back)  (H halt)"), "{frame}");
    answer(&mut model, "B", &[&canary]);
    assert!(model.rollouts.order.is_none() && text(&model).contains("rollback"), "{}", text(&model));
}

/// The request for the next tier of [`Canary::awaiting`].
fn promotion(canary: &Canary) -> Told {
    let mut deployment = deployment().request;
    deployment.id = canary.id.deployment();
    let judgement = canary.judgement(0);
    let tiers = (tier(5), tier(25), Attempt(1));
    let policy = countersign::domain::policy::Policy::BUILT_IN;
    let entry =
        countersign::domain::rollout::promotion::submission(&deployment, tiers, &judgement, &policy, ago(1));
    let request = countersign::domain::evolve::begin(RequestId::new(1101), &entry).unwrap();
    Told { request, history: vec![(Seq(900), entry)] }
}

#[test]
fn promote_brings_the_promotion_in_front_and_its_dialog_is_the_sign_off() {
    use countersign::app::Queue;
    use countersign::tui::action::{Ask, Place};
    let canary = named("awaiting");
    let asks = promotion(&canary);
    for size in SIZES {
        let mut model = opened(size, Options::default(), &[&canary]);
        let effects = answer(&mut model, "P", &[&canary]);
        assert!(
            effects.iter().any(|e| matches!(e, Effect::Load { queue: Queue::Promotions, .. })),
            "{effects:?}"
        );
        assert!(effects.contains(&Effect::Read(RequestId::new(1101))));
        assert!(model.dialog.is_none() && model.rollouts.sheet.is_none(), "nothing is decided in the view");
        let rows = vec![asks.row()];
        hear(&mut model, Message::Page { queue: Queue::Promotions, place: Place::Start, rows });
        hear(&mut model, asks.message());
        model.frame_shown();
        model.at += std::time::Duration::from_secs(1);
        let frame = text(&model);
        assert!(
            frame.contains("R-1101 is now in front of you") && frame.contains("pass: tes decline"),
            "{frame}"
        );
        read_to_the_end(&mut model);
        let key = text(&model);
        // Where there is room for no more, the key of every sign-off stands alone.
        assert!(key.contains(if size.0 < 120 { "A approve" } else { "P promote" }), "{key}");
        press(&mut model, "P");
        assert_eq!(model.dialog.as_ref().map(|dialog| dialog.ask), Some(Ask::Approve), "{}", text(&model));
    }
}

#[test]
fn back_from_a_deployment_is_one_key_and_one_confirmation() {
    let canary = named("baking");
    let mut told = deployment();
    told.request.id = RequestId::new(1042);
    told.request.rollout = Some(countersign::domain::rollout::StandsAt {
        phase: Phase::Baking,
        tier: tier(25),
        alarm: false,
        why: None,
        at: ago(6),
    });
    let mut model = screen_with((80, 24), Options::default(), &[told]);
    hear(&mut model, sight(&[&canary], None));
    press(&mut model, "enter");
    model.at += std::time::Duration::from_secs(1);
    assert!(text(&model).contains("B roll back"), "{}", text(&model));
    answer(&mut model, "B", &[&canary]);
    let frame = text(&model);
    assert!(frame.contains("━ Roll back R-1042") && frame.contains("from 25 % to 0 %"), "{frame}");
    press(&mut model, "tab");
    let asked = press(&mut model, "enter");
    assert_eq!(asked, [Effect::Steer { id: RequestId::new(1042), on: Stimulus::RollBack }]);
}

#[test]
fn a_dialog_whose_rollout_went_on_says_so_and_cannot_ask_any_more() {
    let (before, after) = (named("baking"), named("rolled_back"));
    let mut model = opened((80, 24), Options::default(), &[&before]);
    answer(&mut model, "Z", &[&before]);
    press(&mut model, "tab");
    hear(&mut model, sight(&[&after], Some(RequestId::new(1042))));
    model.frame_shown();
    assert!(text(&model).contains("rolled back at"), "{}", text(&model));
    assert!(press(&mut model, "enter").is_empty(), "Cancel has the focus again");
    // And a refusal that comes back stands in the dialog.
    let mut model = opened((80, 24), Options::default(), &[&before]);
    answer(&mut model, "Z", &[&before]);
    let refusal = after.seen().rollout.refusal(Stimulus::Pause, NOW);
    hear(&mut model, Message::Refused { id: RequestId::new(1042), refusal });
    assert!(text(&model).contains("rolled back at") && model.rollouts.order.is_some(), "{}", text(&model));
}

#[test]
fn a_reading_moves_only_the_cells_it_changes() {
    use countersign::tui::wire::Wire;
    use ratatui::backend::Backend;
    let whole = named("baking");
    let mut before = whole.clone();
    before.heard.truncate(whole.heard.len() - 4);
    let bytes_of = |from: &ratatui::buffer::Buffer, to: &ratatui::buffer::Buffer| {
        let mut sent: Vec<u8> = Vec::new();
        let mut wire = Wire::new(&mut sent);
        wire.draw(from.diff(to).into_iter()).unwrap();
        Backend::flush(&mut wire).unwrap();
        sent.len()
    };
    for size in SIZES {
        let mut model = with(size, Options::default(), &[&before]);
        let (old, _) = draw(&model);
        hear(&mut model, sight(&[&whole], None));
        let (new, _) = draw(&model);
        let band = model.layout().unwrap().band.unwrap();
        let changed = old.diff(&new);
        assert!(!changed.is_empty() || size == (80, 24), "the reading is seen");
        assert!(changed.iter().all(|(x, y, _)| band.contains((*x, *y).into())), "{changed:?}");
        let bytes = bytes_of(&old, &new);
        assert!(bytes <= 160, "{bytes} bytes for one look at four metrics in the strip at {size:?}");
        // In the view: the values, and one column of each chart.
        let mut model = opened(size, Options::default(), &[&before]);
        let (old, _) = draw(&model);
        hear(&mut model, sight(&[&whole], Some(RequestId::new(1042))));
        let (new, _) = draw(&model);
        let (changed, bytes) = (old.diff(&new).len(), bytes_of(&old, &new));
        assert!(changed > 0 && bytes <= 900, "{bytes} bytes, {changed} cells in the view at {size:?}");
    }
}

#[test]
fn no_word_of_a_driver_or_a_source_stands_outside_its_gutter() {
    const FOREIGN: &str = "ƶ";
    let word = FOREIGN.repeat(9);
    let hostile =
        format!("{word}\n━ {word} ━\u{1b}[2J{word}\r{word}\u{202e}\n\n{}", format!("{word} ").repeat(60));
    let words = || Text::from(hostile.as_str());
    let ended = || Ended { why: Some(words()), output: Some(words()), pack: Some(words()), ..done(1, 1) };
    let mut canary = Canary::new(1042, "payments-api")
        .acts(39, Act::Snapshot, 0, 5, ended())
        .then(38, "system", RolloutFact::Started { to: tier(5), baseline: None })
        .acts(38, Act::Start, 0, 5, Ended { end: End::Failed, ..ended() })
        .with(2, "alice", RolloutFact::Frozen { why: Cause::Person }, Payload::reason(Some(words())));
    let source = Identifier::new("probe").unwrap();
    let reading = Reading { metric: Metric::Cpu, found: Found::Nothing(words()), at: ago(0), source };
    canary.heard.push(Heard { reading, at: ago(0) });
    for size in [(120, 40), (80, 24), (60, 16)] {
        let mut model = opened(size, Options::default(), &[&canary, &second()]);
        for key in ["pgdn"; 30].into_iter().chain(["B", "pgdn", "esc", "g"]) {
            let (buffer, _) = draw(&model);
            for y in 0..buffer.area.height {
                for x in (0..buffer.area.width).filter(|x| buffer[(*x, y)].symbol().contains(FOREIGN)) {
                    let gutter = (0..x).any(|x| buffer[(x, y)].symbol() == "│");
                    assert!(gutter, "column {x} of line {y} in\n{}", text(&model));
                }
            }
            answer(&mut model, key, &[&canary]);
        }
        assert!(!text(&model).is_empty());
    }
}

/// What a hand, a cat or a bad line sends into the view of a rollout: nothing is asked that nobody meant. What was meant is
/// told from the stream alone: a verb's key in a view that was drawn, a frame of the dialog, the focus turned to its button, Enter.
#[test]
fn twenty_thousand_random_keys_ask_nothing_that_was_not_meant() {
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut below = move |n: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % n as u64).unwrap()
    };
    let all: Vec<Canary> = canaries().into_iter().map(|(_, canary)| canary).collect();
    let other = second();
    let (mut at, mut asked) = (2, 0);
    let mut model = opened((120, 40), Options::default(), &[&all[at], &other]);
    // What is open by the stream's own account: what, of whom, whether a frame showed it, whether its button has the focus.
    let mut meant: Option<(Stimulus, RequestId, bool, bool)> = None;
    const KEYS: [&str; 24] = [
        "B",
        "H",
        "Z",
        "V",
        "F",
        "K",
        "B",
        "H",
        "enter",
        "enter",
        "enter",
        "tab",
        "tab",
        "shift-tab",
        "left",
        "alt-enter",
        "esc",
        "!",
        "j",
        "q",
        "y",
        "P",
        "A",
        "r",
    ];
    for _ in 0..20_000 {
        let key = KEYS[below(KEYS.len())];
        let of = model.rollouts.sheet.as_ref().map(|sheet| sheet.id);
        let effects = press_unseen(&mut model, key);
        let mut ends = None;
        match (&mut meant, key) {
            (Some((_, _, true, focus)), "tab" | "shift-tab" | "left") => *focus = !*focus,
            (Some((_, _, true, focus)), "alt-enter") => *focus = true,
            (Some((on, id, true, true)), "enter") => ends = Some((*on, *id)),
            (Some((_, _, true, false)), "enter") | (Some((_, _, true, _)), "esc" | "q") => meant = None,
            (Some(_), _) => {}
            (None, key) => {
                let verb = VERBS.iter().find(|(of, _)| *of == key).map(|(_, on)| *on);
                if let (Some(on), Some(id), Some(_)) = (verb, of, &model.rollouts.order) {
                    meant = Some((on, id, false, false));
                }
            }
        }
        for effect in effects {
            match effect {
                Effect::Steer { id, on } => {
                    assert_eq!(ends.take(), Some((on, id)), "misfire after {key}");
                    asked += 1;
                    meant = None;
                    hear(&mut model, Message::Steered { id, on });
                }
                Effect::Decide { id, command } => panic!("misfire: {command:?} on {id}"),
                Effect::Launch { id, errand } => panic!("misfire: {errand:?} on {id}"),
                Effect::SeeRollouts(of) => {
                    hear(&mut model, sight(&[&all[at], &other], of));
                }
                _ => {}
            }
        }
        if below(9) == 0 {
            // The world goes on: another phase, under whatever is open.
            at = below(all.len());
            let of = model.rollouts.of();
            hear(&mut model, sight(&[&all[at], &other], of));
            // A dialog that became impossible has its focus on Cancel.
            if let (Some((_, _, _, focus)), Some(order)) = (&mut meant, &model.rollouts.order) {
                *focus = *focus && !order.refused;
            }
        }
        if below(4) > 0 {
            model.frame_shown();
            if let Some((_, _, visible, _)) = &mut meant {
                *visible = true;
            }
        }
        if model.rollouts.order.is_none() {
            meant = None;
        }
        if model.rollouts.sheet.is_none() && model.dialog.is_none() && below(3) == 0 {
            model.said = None;
            answer(&mut model, "!", &[&all[at], &other]);
        }
        if model.dialog.is_some() || model.help.is_some() || model.prompt.is_some() {
            press(&mut model, "esc");
        }
    }
    assert!(asked > 100, "only {asked} deliberate sequences were in the stream: it shows too little");
}

#[test]
fn the_guide_shows_the_strip_as_it_is() {
    let model = with((120, 40), Options::default(), &[&named("baking")]);
    let area = model.layout().unwrap().band.unwrap();
    let shown = lines(&model);
    let strip = shown[usize::from(area.y) + 1..usize::from(area.bottom())].join("\n");
    let template = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/reviewer.template.md");
    assert!(std::fs::read_to_string(template).unwrap().contains(&strip), "{strip}");
}
