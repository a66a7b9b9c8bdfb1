//! The reviewer's guide is `assets/reviewer.template.md` with its frames drawn: each block says what is pressed, and a
//! real store (the demo's, under a clock that stands still) and the real screen say what is then to be seen.
//! `UPDATE=1 cargo test guide` writes `docs/reviewer.md` again.
//!
//! A block is fenced as `frame COLUMNSxROWS`, in it one line for each deed:
//! `press KEY KEY …`, `type TEXT`, `read` (to the end), `ascii`, `lines 1-7,23-24` (only these are shown),
//! `again` (the line drops, and alice comes back), or `bob ID STEP` (bob, at his own screen, skips that step). A block
//! fenced as `plain` types its lines to `--plain`.

use super::stage::{lines, press, read_to_the_end};
use crate::docs::current;
use crate::journeys::person::{Person, environment};
use countersign::app::{App, Clock, Place, demo};
use countersign::domain::command::{Command, Seen};
use countersign::domain::marks::Mark;
use countersign::domain::moment::{Moment, Span};
use countersign::domain::names::{RequestId, StepId};
use countersign::domain::principal::Face;
use countersign::domain::text::safe_line;
use countersign::tui::Options;
use countersign::tui::action::Effect;
use countersign::tui::effects::Hands;
use countersign::tui::hear::{Message, hear};
use countersign::tui::keeping::Keeper;
use countersign::tui::model::Model;
use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// 2026-11-20 03:12:30Z: when such things happen.
pub const NOW: Moment = Moment::from_millis(1_795_144_350_000);

pub fn app(store: &Path, name: &str) -> App {
    let place =
        Place { store: Some(store.to_path_buf()), as_name: Some(name.to_owned()), ..Place::default() };
    App::open(&place, Clock::from_fn(|| NOW)).unwrap()
}

/// Alice in front of a store of her own.
pub struct Alice<'a> {
    store: &'a Path,
    pub model: Model,
    hands: Hands,
}

impl<'a> Alice<'a> {
    pub fn sits_down(store: &'a Path, size: (u16, u16), options: Options) -> Self {
        let app = app(store, "alice");
        let caller = app.caller(Face::Screen);
        let keeper = Keeper::new(app.drafts(&caller).unwrap());
        let model = Model::new(options, size, NOW, caller.clone(), safe_line("bastion-1"));
        let mut alice = Self { store, model, hands: Hands::new(app, caller, Arc::clone(&keeper)) };
        let first = alice.model.go_on().into_iter().chain(alice.model.begin()).collect();
        alice.does(first);
        alice
    }

    /// Does what is wanted, reads what is under the cursor, and looks at the frame.
    pub fn does(&mut self, effects: Vec<Effect>) {
        let mut queue = VecDeque::from(effects);
        loop {
            while let Some(effect) = queue.pop_front() {
                for message in self.hands.perform(effect) {
                    queue.extend(hear(&mut self.model, message));
                }
            }
            self.model.frame_shown();
            match self.model.wants_reading() {
                Some(id) => queue.push_back(Effect::Read(id)),
                None => break,
            }
        }
        // Every key comes long enough after what it is about.
        self.model.at += Duration::from_secs(1);
    }

    fn presses(&mut self, key: &str) {
        let effects = press(&mut self.model, key);
        self.does(effects);
    }

    fn types(&mut self, text: &str) {
        for c in text.chars() {
            self.presses(&c.to_string());
        }
    }

    /// Does what a line of a block says.
    pub fn deed(&mut self, deed: &str) {
        let (verb, rest) = deed.split_once(' ').unwrap_or((deed, ""));
        match verb {
            "press" => rest.split(' ').for_each(|key| self.presses(key)),
            "type" => self.types(rest),
            "read" => {
                read_to_the_end(&mut self.model);
                self.does(Vec::new());
            }
            "again" => {
                let unsaved = self.model.kept.unsaved();
                self.does(unsaved.into_iter().map(|draft| Effect::KeepDraft(Box::new(draft))).collect());
                *self = Self::sits_down(self.store, self.model.size, self.model.options);
            }
            "bob" => {
                let (id, step) = rest.split_once(' ').unwrap();
                let id = RequestId::new(id.trim_start_matches("R-").parse().unwrap());
                let steps = vec![StepId::new(step).unwrap()];
                let command = Command::Mark { steps, mark: Mark::Skipped, reason: None, seen: Seen::Nothing };
                let mut elsewhere = app(self.store, "bob");
                let bob = elsewhere.caller(Face::Screen);
                elsewhere.decide(id, &command, &bob).unwrap();
                let wants = hear(&mut self.model, Message::Changed);
                self.does(wants);
            }
            _ => panic!("nobody knows how to: {deed}"),
        }
    }
}

/// What stands on the screen after these deeds, on a copy of the demo's store.
fn frame(demo: &Path, size: &str, deeds: &[&str]) -> Vec<String> {
    let home = tempfile::tempdir().unwrap();
    let store = home.path().join("demo.db");
    std::fs::copy(demo, &store).unwrap();
    let (columns, rows) = size.split_once('x').unwrap();
    let size = (columns.parse().unwrap(), rows.parse().unwrap());
    let options = Options { ascii: deeds.contains(&"ascii"), ..Options::default() };
    let mut alice = Alice::sits_down(&store, size, options);
    deeds.iter().filter(|deed| **deed != "ascii").for_each(|deed| alice.deed(deed));
    lines(&alice.model)
}

/// The lines of these ranges; what is left out between them is a line of its own.
fn cut(all: &[String], ranges: &str) -> Vec<String> {
    let mut out = Vec::new();
    for range in ranges.split(',') {
        let (first, last) = range.split_once('-').unwrap();
        let (first, last): (usize, usize) = (first.parse().unwrap(), last.parse().unwrap());
        if !out.is_empty() {
            out.push("  …".to_owned());
        }
        out.extend_from_slice(&all[first - 1..last]);
    }
    out
}

/// What `--plain` printed, and what was answered.
fn plain(demo: &Path, answers: &[&str]) -> Vec<String> {
    let home = tempfile::tempdir().unwrap();
    let store = home.path().join("demo.db");
    std::fs::copy(demo, &store).unwrap();
    let mut environment = environment(home.path(), &store);
    // The program's clock begins when the demo's stands still, and has a minute until anything it says is another.
    let (now, then) = (Clock::system().now().millis(), NOW.plus(Span::from_millis(1)).millis());
    environment.push(("COUNTERSIGN_TEST_CLOCK_OFFSET_MS".to_owned(), (then - now).to_string()));
    let mut alice = Person::sits_down(&["--as", "alice", "--plain"], &environment, (80, 400));
    let mut asked = 0;
    for answer in answers {
        let questions = |screen: &str| screen.lines().filter(|line| line.trim_end().ends_with(':')).count();
        alice.waits_until("a question", |screen| {
            screen.trim_end().ends_with(':') && screen.trim_end().len() > asked && questions(screen) > 0
        });
        // It was read before it is answered.
        std::thread::sleep(Duration::from_millis(300));
        asked = alice.screen().trim_end().len() + answer.len();
        alice.press(&format!("{answer}\r"));
    }
    assert_eq!(alice.ends(), 0);
    alice.screen().lines().map(|line| line.trim_end().to_owned()).collect()
}

#[test]
fn the_guide_shows_the_screen_as_it_is() {
    let home = tempfile::tempdir().unwrap();
    let demo_store = home.path().join("demo.db");
    demo::fill(&demo_store, NOW).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let template = std::fs::read_to_string(root.join("assets/reviewer.template.md")).unwrap();
    let mut guide = String::new();
    let mut rest = template.lines();
    while let Some(line) = rest.next() {
        let block = line.strip_prefix("```").filter(|info| info.starts_with("frame ") || *info == "plain");
        let Some(info) = block else {
            guide.push_str(line);
            guide.push('\n');
            continue;
        };
        let deeds: Vec<&str> = rest.by_ref().take_while(|line| *line != "```").collect();
        let (ranges, deeds): (Vec<&str>, Vec<&str>) =
            deeds.iter().partition(|deed| deed.starts_with("lines "));
        let mut shown = match info.strip_prefix("frame ") {
            Some(size) => frame(&demo_store, size, &deeds),
            None => plain(&demo_store, &deeds),
        };
        if let Some(ranges) = ranges.first() {
            shown = cut(&shown, &ranges[6..]);
        }
        guide.push_str("```text\n");
        for line in shown {
            guide.push_str(&line);
            guide.push('\n');
        }
        guide.push_str("```\n");
    }
    current("docs/reviewer.md", &guide);
}
