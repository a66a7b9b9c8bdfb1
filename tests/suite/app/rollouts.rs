//! A rollout from its start to its end, on a clock that stands still until it is moved, with a driver and a source of the
//! test's own.

use super::super::store::stage::{Stage, because, document, submit, tries};
use countersign::app::rollouts::{Promoted, Workers};
use countersign::app::watch::Watch;
use countersign::app::{App, Error, From, Queue};
use countersign::domain::command::{Command, Seen};
use countersign::domain::moment::{Moment, Span};
use countersign::domain::names::{Identifier, RequestId};
use countersign::domain::policy::Policy;
use countersign::domain::principal::Face;
use countersign::domain::request::{Execution, StateName};
use countersign::domain::rollout::work::{End, Ended};
use countersign::domain::rollout::{
    Act, Amount, Ask, Driver, Found, Metric, Orders, Phase, Reading, RolloutId, Source,
};
use countersign::domain::text::Text;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

pub const POLICY: &str = r#"
[rollout]
driver = "fleet"
sources = ["checks"]
"#;

pub const DEPLOYMENT: &str = r#"{"by": "planner", "kind": "deployment", "title": "Deploy 2.14",
    "target": {"environment": "staging"}, "steps": [{"id": "ship", "action": "fleet.patch", "params": {"patch": "x"}}]}"#;

/// What the world does: what a driver did, and what is measured.
#[derive(Default)]
pub struct World {
    /// Every act, as it was ordered.
    pub acts: Mutex<Vec<(String, Act, u8, u8)>>,
    /// Acts that fail.
    pub fails: Mutex<BTreeSet<Act>>,
    /// The error rate; the others are fine.
    pub errors: Mutex<i64>,
    /// While set, an act goes on until it is stopped.
    pub hangs: AtomicBool,
    name: Option<Identifier>,
}

pub struct Fleet(pub Arc<World>);
pub struct Checks(pub Arc<World>, Identifier);
pub struct Hands(pub Arc<World>);

impl Driver for Fleet {
    fn has(&self, act: Act) -> bool {
        act != Act::Probe
    }
    fn perform(&self, act: Act, orders: &Orders, stop: &dyn Fn() -> bool) -> Ended {
        let told = (orders.run.clone(), act, orders.from.percent(), orders.to.percent());
        self.0.acts.lock().unwrap().push(told);
        while self.0.hangs.load(Ordering::SeqCst) && act.changes() && act != Act::RollBack {
            if stop() {
                return Ended::plainly(End::Stopped, Span::ZERO);
            }
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        if self.0.fails.lock().unwrap().contains(&act) {
            let why = Some(Text::new("the disk is full"));
            return Ended { why, exit: Some(1), ..Ended::plainly(End::Failed, Span::ZERO) };
        }
        let of = orders.to.of(200) as u32;
        let (changed, verified) = match act {
            Act::Verify => (None, Some(if of == 0 { 10 } else { of })),
            _ => (Some(of), None),
        };
        Ended { changed, verified, targets: Some(200), ..Ended::plainly(End::Done, Span::from_millis(400)) }
    }
    fn fingerprints(&self) -> Result<BTreeMap<String, String>, String> {
        Ok(BTreeMap::new())
    }
}

impl Source for Checks {
    fn name(&self) -> &Identifier {
        &self.1
    }
    fn metrics(&self) -> &[Metric] {
        &Metric::ALL
    }
    fn every(&self) -> Span {
        Span::from_millis(15_000)
    }
    fn read(&self, _: RolloutId, now: Moment) -> Result<Vec<Reading>, String> {
        let errors = *self.0.errors.lock().unwrap();
        let all = [(Metric::Tes, 97), (Metric::ErrorRate, errors), (Metric::Cpu, 61), (Metric::Memory, 70)];
        let reading = |(metric, whole)| Reading {
            metric,
            found: Found::Value(Amount::whole(whole)),
            at: now,
            source: self.1.clone(),
        };
        Ok(all.into_iter().map(reading).collect())
    }
}

impl Workers for Hands {
    fn driver(&self, _: &Policy, name: &Identifier) -> Result<Arc<dyn Driver>, String> {
        assert_eq!(name.as_str(), "fleet");
        Ok(Arc::new(Fleet(Arc::clone(&self.0))))
    }
    fn source(&self, _: &Policy, name: &Identifier) -> Result<Arc<dyn Source>, String> {
        Ok(Arc::new(Checks(Arc::clone(&self.0), self.0.name.clone().unwrap_or_else(|| name.clone()))))
    }
}

/// A stage with a deployment that is approved, and somebody who keeps time.
pub struct Play {
    pub stage: Stage,
    pub world: Arc<World>,
    pub app: App,
    pub watch: Option<Watch>,
    pub id: RequestId,
}

impl Play {
    pub fn new(policy: &str) -> Self {
        let stage = Stage::new();
        let world = Arc::new(World::default());
        let mut app = stage.app().with_workers(Arc::new(Hands(Arc::clone(&world))));
        let caller = app.caller(Face::Cli);
        let read = countersign::app::policy::check(policy).unwrap();
        app.adopt(policy, &read, &caller).unwrap();
        let id = submit(&mut app, document(DEPLOYMENT));
        let watch = app.begin_watch(true).unwrap().ok();
        let mut play = Self { stage, world, app, watch, id };
        play.sign(id);
        play
    }

    pub fn sign(&mut self, id: RequestId) {
        let approve = Command::Approve { reason: because("looks right"), seen: Seen::Nothing };
        tries(&mut self.app, id, &approve).unwrap_or_else(|e| panic!("{id}: {e}"));
    }

    /// Time goes by, and whoever keeps it looks every fifteen seconds.
    pub fn goes_by(&mut self, span: Span) {
        for _ in 0..span.millis() / 15_000 {
            self.stage.wait(Span::from_millis(15_000));
            self.round();
        }
    }

    pub fn round(&mut self) {
        let watch = self.watch.take().unwrap();
        self.app.round_once(&watch, &mut |_| {}).unwrap();
        self.watch = Some(watch);
    }

    pub fn phase(&self) -> Phase {
        self.app.rollout_status(self.id).unwrap().phase()
    }

    pub fn start(&mut self) -> Result<(), Error> {
        let caller = self.app.caller(Face::Cli);
        self.app.start_rollout(self.id, None, &caller)?;
        self.round();
        Ok(())
    }

    pub fn promote(&mut self) -> Result<Promoted, Error> {
        let caller = self.app.caller(Face::Cli);
        let done = self.app.promote_rollout(self.id, because("it is well"), Seen::Nothing, &caller)?;
        self.round();
        Ok(done)
    }

    pub fn ask(&mut self, ask: &Ask) -> Result<(), Error> {
        let caller = self.app.caller(Face::Cli);
        self.app.ask_rollout(self.id, ask, None, &caller).map(|_| ())
    }

    pub fn acts(&self) -> Vec<(Act, u8, u8)> {
        self.world.acts.lock().unwrap().iter().map(|(_, act, from, to)| (*act, *from, *to)).collect()
    }

    pub fn sound(&mut self) {
        let report = self.app.verify(|_| {}).unwrap();
        assert!(report.is_sound(), "{:?}", report.problems);
    }
}

#[test]
fn a_good_one_goes_through_every_tier_and_each_promotion_is_signed() {
    let mut play = Play::new(POLICY);
    play.goes_by(Span::from_minutes(1));
    play.start().unwrap();
    assert_eq!(play.phase(), Phase::Baking);
    let request = play.app.request(play.id).unwrap();
    assert_eq!(request.execution, Some(Execution::Running));
    assert!(play.promote().unwrap_err().to_string().contains("bake ends in 15 min"));
    for tier in [25, 100] {
        play.goes_by(Span::from_minutes(15));
        assert_eq!(play.phase(), Phase::AwaitingPromotion, "before {tier}");
        let Promoted::Begins(promotion) = play.promote().unwrap() else { panic!("one sign-off is enough") };
        let promotion = play.app.request(promotion).unwrap();
        assert_eq!(promotion.state_name(), StateName::Approved);
        assert_eq!(promotion.promotes.as_ref().map(|p| p.to.percent()), Some(tier));
        let status = play.app.rollout_status(play.id).unwrap();
        assert_eq!((status.phase(), status.rollout.unwrap().tier.percent()), (Phase::Baking, tier));
    }
    play.goes_by(Span::from_minutes(15));
    assert_eq!(play.phase(), Phase::Completed, "the last tier bakes too");
    assert_eq!(play.app.request(play.id).unwrap().execution, Some(Execution::Done));
    let expected = [
        (Act::Snapshot, 0, 5),
        (Act::DryRun, 0, 5),
        (Act::Start, 0, 5),
        (Act::Verify, 0, 5),
        (Act::Promote, 5, 25),
        (Act::Verify, 5, 25),
        (Act::Promote, 25, 100),
        (Act::Verify, 25, 100),
    ];
    assert_eq!(play.acts(), expected);
    play.sound();
}

#[test]
fn a_bad_one_is_halted_and_taken_back_before_its_bake_is_over() {
    let mut play = Play::new(POLICY);
    play.goes_by(Span::from_minutes(1));
    play.start().unwrap();
    play.goes_by(Span::from_minutes(2));
    *play.world.errors.lock().unwrap() = 12;
    play.goes_by(Span::from_millis(30_000));
    assert_eq!(play.phase(), Phase::RolledBack);
    let rollout = play.app.rollout_status(play.id).unwrap().rollout.unwrap();
    let why = rollout.cause.unwrap().why.to_string();
    assert!(why.starts_with("error_rate 12 > 10 (2 readings since"), "{why}");
    assert_eq!(play.acts()[4..], [(Act::RollBack, 5, 0), (Act::Verify, 5, 0)]);
    let refused = play.promote().unwrap_err();
    assert!(refused.to_string().starts_with("refused: rolled back at"), "{refused}");
    assert_eq!(refused.exit_code(), 1);
    assert_eq!(play.app.request(play.id).unwrap().execution, Some(Execution::Failed));
    play.sound();
}

#[test]
fn without_a_watcher_or_a_baseline_nothing_is_started_and_nothing_is_touched() {
    let mut play = Play::new(POLICY);
    let refused = play.start().unwrap_err().to_string();
    assert!(refused.starts_with("refused: no baseline: tes"), "{refused}");
    let watch = play.watch.take();
    drop(watch);
    let caller = play.app.caller(Face::Cli);
    let refused = play.app.start_rollout(play.id, None, &caller).unwrap_err();
    assert_eq!(refused.to_string(), "refused: no watcher is running: countersign watch");
    assert_eq!(play.acts(), []);
}

#[test]
fn a_pack_that_does_not_hold_starts_nothing_and_says_why() {
    let mut play = Play::new(POLICY);
    play.goes_by(Span::from_minutes(1));
    play.world.fails.lock().unwrap().insert(Act::DryRun);
    play.start().unwrap();
    let rollout = play.app.rollout_status(play.id).unwrap().rollout.unwrap();
    assert_eq!((rollout.phase, rollout.checking), (Phase::Prepared, false));
    assert_eq!(rollout.not_started.unwrap().raw(), "the disk is full");
    assert_eq!(play.app.request(play.id).unwrap().execution, Some(Execution::NotStarted));
    play.world.fails.lock().unwrap().clear();
    play.start().unwrap();
    assert_eq!(play.phase(), Phase::Baking, "it can be asked for again");
    play.sound();
}

#[test]
fn a_driver_that_fails_is_taken_back_and_a_rollback_that_fails_is_loud() {
    let mut play = Play::new(POLICY);
    play.goes_by(Span::from_minutes(1));
    play.world.fails.lock().unwrap().extend([Act::Start, Act::RollBack]);
    play.start().unwrap();
    assert_eq!(play.phase(), Phase::RollbackFailed);
    let tries = play.acts().iter().filter(|(act, ..)| *act == Act::RollBack).count();
    assert_eq!(tries, 3);
    assert!(play.app.request(play.id).unwrap().rollout.unwrap().alarm);
    let worse =
        r#"{"by": "planner", "kind": "gate", "title": "Worse", "risk": "critical", "priority": "urgent"}"#;
    let worse = submit(&mut play.app, document(worse));
    play.stage.wait(Span::from_minutes(90));
    let first = |play: &Play| -> Vec<RequestId> {
        let page = play.app.page(Queue::Waiting, From::Start, 9).unwrap();
        page.into_iter().map(|row| row.id).collect()
    };
    assert_eq!(first(&play), [play.id, worse], "it stands before what is critical and overdue");
    play.ask(&Ask::Acknowledge).unwrap();
    assert_eq!(first(&play), [worse]);
    play.sound();
    assert!(!play.app.request(play.id).unwrap().rollout.unwrap().alarm);
    play.world.fails.lock().unwrap().clear();
    play.ask(&Ask::RollBack).unwrap();
    play.round();
    assert_eq!(play.phase(), Phase::RolledBack);
    play.sound();
}

#[test]
fn a_halt_closes_the_promotion_in_the_same_breath_and_the_late_one_is_told() {
    let mut play = Play::new(POLICY);
    play.goes_by(Span::from_minutes(1));
    play.start().unwrap();
    play.goes_by(Span::from_minutes(15));
    let promotion = play.app.rollout_status(play.id).unwrap().rollout.unwrap().promotion.unwrap();
    play.ask(&Ask::Halt).unwrap();
    assert_eq!(play.phase(), Phase::Frozen);
    let closed = play.app.request(promotion).unwrap();
    assert_eq!(closed.state_name(), StateName::Cancelled);
    let why = closed.closed().unwrap().reason.as_ref().unwrap().raw().to_owned();
    assert!(why.starts_with("the rollout was halted by"), "{why}");
    assert_eq!(play.promote().unwrap_err().exit_code(), 3);
    let approve = Command::Approve { reason: because("too late"), seen: Seen::Nothing };
    assert_eq!(tries(&mut play.app, promotion, &approve).unwrap_err().exit_code(), 3);
    play.sound();
}

#[test]
fn a_promotion_that_is_rejected_or_expires_leaves_the_tier_frozen() {
    for expires in [false, true] {
        let mut play = Play::new(POLICY);
        play.goes_by(Span::from_minutes(1));
        play.start().unwrap();
        play.goes_by(Span::from_minutes(15));
        let promotion = play.app.rollout_status(play.id).unwrap().rollout.unwrap().promotion.unwrap();
        if expires {
            // Nobody looks for four days: the bell of nobody rings, and time denies it.
            play.stage.wait(Span::from_hours(96));
            play.app.settle_due().unwrap();
        } else {
            let reject = Command::Reject { reason: because("not today"), seen: Seen::Nothing };
            tries(&mut play.app, promotion, &reject).unwrap();
        }
        assert_eq!(play.phase(), Phase::Frozen);
        let why = play.app.rollout_status(play.id).unwrap().rollout.unwrap().cause.unwrap().why.to_string();
        let state = if expires { "expired" } else { "rejected" };
        assert_eq!(why, format!("{promotion} was {state}"));
        play.sound();
    }
}

#[test]
fn nobody_promotes_what_they_asked_for_themselves() {
    let mut play = Play::new(POLICY);
    play.goes_by(Span::from_minutes(1));
    play.start().unwrap();
    play.goes_by(Span::from_minutes(15));
    let promotion = play.app.rollout_status(play.id).unwrap().rollout.unwrap().promotion.unwrap();
    let approve = Command::Approve { reason: because("mine"), seen: Seen::Nothing };
    let planner = super::super::store::stage::acting_as(&play.app, "planner");
    let refused = play.app.decide(promotion, &approve, &planner).unwrap_err().to_string();
    assert!(refused.starts_with("nobody decides on their own request: planner asked"), "{refused}");
}

#[test]
fn a_halt_ends_what_the_driver_is_doing_and_takes_it_back() {
    let mut play = Play::new(POLICY);
    play.goes_by(Span::from_minutes(1));
    play.world.hangs.store(true, Ordering::SeqCst);
    let caller = play.app.caller(Face::Cli);
    play.app.start_rollout(play.id, None, &caller).unwrap();
    let (stage, world, id) = (&play.stage, Arc::clone(&play.world), play.id);
    let mut other = stage.app();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
            while !world.acts.lock().unwrap().iter().any(|(_, act, ..)| *act == Act::Start) {
                assert!(std::time::Instant::now() < deadline, "it never starts");
                std::thread::sleep(std::time::Duration::from_millis(2));
            }
            let caller = other.caller(Face::Cli);
            other.ask_rollout(id, &Ask::Halt, None, &caller).unwrap();
        });
        let watch = play.watch.take().unwrap();
        play.app.round_once(&watch, &mut |_| {}).unwrap();
        play.watch = Some(watch);
    });
    assert_eq!(play.phase(), Phase::RolledBack);
    let acts: Vec<Act> = play.acts().into_iter().map(|(act, ..)| act).collect();
    assert_eq!(acts, [Act::Snapshot, Act::DryRun, Act::Start, Act::RollBack, Act::Verify]);
    play.sound();
}

/// Somebody asks for a rollout's start on this stage: its pack is to be checked.
pub fn asked_for(stage: &Stage) {
    let world = Arc::new(World::default());
    let mut app = stage.app().with_workers(Arc::new(Hands(world)));
    let caller = app.caller(Face::Cli);
    let policy = "[rollout]\ndriver = \"fleet\"\nmetrics = [\"cpu\"]\n";
    let read = countersign::app::policy::check(policy).unwrap();
    app.adopt(policy, &read, &caller).unwrap();
    let id = submit(&mut app, document(DEPLOYMENT));
    let approve = Command::Approve { reason: because("looks right"), seen: Seen::Nothing };
    tries(&mut app, id, &approve).unwrap();
    let _watch = app.begin_watch(true).unwrap().ok();
    app.start_rollout(id, None, &caller).unwrap();
}

#[test]
fn promote_against_halt_two_hundred_times_and_halt_always_wins() {
    const RACES: usize = 200;
    let terms =
        "[rollout]\ndriver = \"fleet\"\nsources = [\"checks\"]\nmetrics = [\"cpu\"]\nbake = \"45s\"\n";
    let mut play = Play::new(terms);
    let caller = play.app.caller(Face::Cli);
    let mut ids = vec![play.id];
    while ids.len() < RACES {
        let id = submit(&mut play.app, document(DEPLOYMENT));
        play.sign(id);
        ids.push(id);
    }
    for id in &ids {
        play.app.start_rollout(*id, None, &caller).unwrap();
    }
    play.round();
    play.goes_by(Span::from_minutes(1));
    let (mut promoting, mut halting) = (play.stage.app(), play.stage.app());
    let (promotes, halts) = (ids.clone(), ids.clone());
    let (by, of) = (caller.clone(), caller.clone());
    let together = Arc::new(std::sync::Barrier::new(2));
    let (one, other) = (Arc::clone(&together), together);
    let promoter = std::thread::spawn(move || -> Vec<Option<u8>> {
        let race = |id| {
            one.wait();
            promoting.promote_rollout(id, because("go"), Seen::Nothing, &by).err().map(|e| e.exit_code())
        };
        promotes.into_iter().map(race).collect()
    });
    for id in halts {
        other.wait();
        halting.ask_rollout(id, &Ask::Halt, None, &of).unwrap_or_else(|e| panic!("{id}: {e}"));
    }
    let codes = promoter.join().unwrap();
    play.round();
    for (id, code) in ids.iter().zip(codes) {
        let rollout = play.app.rollout_status(*id).unwrap().rollout.unwrap();
        match code {
            None => assert_eq!(rollout.phase, Phase::RolledBack, "{id}: promoted, then halted"),
            Some(code) => {
                assert_eq!((rollout.phase, code), (Phase::Frozen, 3), "{id}: halted, then too late")
            }
        }
    }
    let orders = play.world.acts.lock().unwrap().clone();
    let runs: BTreeSet<&String> = orders.iter().map(|(run, ..)| run).collect();
    assert_eq!(runs.len(), orders.len(), "each run once");
    play.sound();
}
