//! A month on a clock that is moved by hand: what was said came true, every call went out once, no minute is lost, and a
//! second watcher changes nothing.
//!
//! 500 requests; `COUNTERSIGN_TEST_SCALE` multiplies them.

use crate::store::stage::{Stage, acting_as, because, document, plan, submit};
use countersign::app::watch::News;
use countersign::app::{App, Error};
use countersign::domain::chain::Occasion;
use countersign::domain::command::{Command, Seen};
use countersign::domain::due::{self, Ahead, Due};
use countersign::domain::event::{Entry, Fact};
use countersign::domain::moment::{Moment, Span};
use countersign::domain::names::{PrincipalName, RequestId};
use countersign::domain::request::{Request, State};
use std::collections::{BTreeMap, BTreeSet};

/// xorshift64: the same month in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }
}

/// What was said of a request when it had so many events, and when.
struct Said {
    id: RequestId,
    version: u64,
    ahead: Vec<Ahead>,
}

fn ask(app: &mut App, n: u64, dice: &mut Dice) -> RequestId {
    let risk = ["low", "medium", "high", "critical"][dice.roll(4) as usize];
    match dice.roll(4) {
        0 => submit(app, plan(&format!("p-{n}"), "Tell John", "x")),
        1 => submit(
            app,
            document(&format!(
                r#"{{"by": "planner", "ref": "e-{n}", "kind": "exception", "title": "Let me", "risk": "{risk}"}}"#
            )),
        ),
        _ => submit(
            app,
            document(&format!(
                r#"{{"by": "planner", "ref": "g-{n}", "kind": "gate", "title": "Go on?", "risk": "{risk}"}}"#
            )),
        ),
    }
}

/// Somebody does something to it, or tries to.
fn act(app: &mut App, id: RequestId, dice: &mut Dice) {
    let name = ["ann", "bob", "carol"][dice.roll(3) as usize];
    let request = app.request(id).unwrap();
    let (reason, seen) = (because("as we said"), Seen::Nothing);
    let (caller, command) = match dice.roll(9) {
        0 | 1 => (name, Command::Approve { reason, seen }),
        2 => (name, Command::Reject { reason, seen }),
        3 => (name, Command::RequestChanges { reason, seen }),
        4 => (name, Command::Withdraw),
        5 => (name, Command::Escalate { reason }),
        6 => {
            let to = PrincipalName::new(["ann", "bob", "carol"][dice.roll(3) as usize]).unwrap();
            (name, Command::Reassign { to, reason })
        }
        7 => (name, Command::Claim),
        _ => {
            let mut content = request.content.clone().unwrap();
            content.title =
                countersign::domain::text::Text::from(format!("Go on ({})?", dice.roll(99)).as_str());
            ("planner", Command::Revise { content: Box::new((*content).clone()) })
        }
    };
    let caller = acting_as(app, caller);
    match app.decide(id, &command, &caller) {
        Ok(_) | Err(Error::Refused(_)) => {}
        Err(e) => panic!("{id} {command:?}: {e}"),
    }
}

fn round(app: &mut App) -> Vec<News> {
    let mut all = Vec::new();
    app.round(&mut |news| all.push(news)).unwrap();
    all
}

/// What time did, in words that can be compared with what was said.
fn done(entry: &Entry) -> Option<(Moment, &'static str)> {
    match &entry.fact {
        Fact::Escalated { was_due_at: Some(at), .. } => Some((*at, Due::Escalates.word())),
        Fact::Expired { due_at } => Some((*due_at, Due::Expires.word())),
        Fact::Lapsed { due_at } => Some((*due_at, Due::Lapses.word())),
        _ => None,
    }
}

fn is_reminder(entry: &Entry) -> bool {
    matches!(entry.fact, Fact::Reminded { .. })
}

#[test]
fn a_month_in_which_everything_that_was_said_came_true() {
    let requests = 500 * crate::faults::scale() as u64;
    let stage = Stage::new();
    let told = ["pager", "mail"].map(|name| (name, stage.dir.path().join(format!("{name}.jsonl"))));
    let channels = told.each_ref().map(|(name, file)| {
        format!(
            "[[channel]]\nname = {name:?}\nkind = \"exec\"\ncommand = [\"/usr/bin/tee\", \"-a\", {file:?}]\n"
        )
    });
    std::fs::write(stage.config(), channels.concat()).unwrap();
    let chain = "[[escalation]]\nrole = \"lead\"\n[[escalation]]\nprincipal = \"dora\"\nafter = \"40m\"\n";
    let (mut one, mut two) = (stage.app(), stage.app());
    let policy = countersign::app::policy::check(chain).unwrap();
    let account = one.caller(countersign::domain::principal::Face::Cli);
    one.adopt(chain, &policy, &account).unwrap();
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    let mut ids: Vec<RequestId> = Vec::new();
    let mut said: Vec<Said> = Vec::new();
    let mut raised: BTreeSet<String> = BTreeSet::new();
    let mut asked = 0;
    let begun = one.now();
    // Half an hour is a step: a day of work, a night, now and then a long weekend or a host that slept.
    while asked < requests || one.now().since(begun) < Span::from_hours(30 * 24) {
        let step = match dice.roll(200) {
            0 => Span::from_hours(62),
            1 => Span::from_hours(11),
            _ => Span::from_minutes(1 + dice.roll(60) as i64),
        };
        stage.wait(step);
        for _ in 0..dice.roll(2) {
            if asked < requests {
                ids.push(ask(&mut one, asked, &mut dice));
                asked += 1;
            }
        }
        // Most of what is done is done to what is new.
        if let Some(last) = ids.len().checked_sub(1) {
            let back = dice.roll(30).min(last as u64) as usize;
            act(&mut one, ids[last - back], &mut dice);
            let id = ids[last - dice.roll(12).min(last as u64) as usize];
            let request = one.request(id).unwrap();
            said.push(Said { id, version: request.version, ahead: due::ahead(&request) });
        }
        // Sometimes nobody keeps time for a while, and sometimes two do.
        let news = match dice.roll(8) {
            0 => Vec::new(),
            _ => round(&mut one),
        };
        if dice.roll(3) == 0 && !news.is_empty() {
            assert_eq!(round(&mut two), [], "the second finds nothing to do");
        }
        for (id, entries) in news.iter().filter_map(|one| match one {
            News::Settled(id, entries) => Some((id, entries)),
            _ => None,
        }) {
            let after = one.request(*id).unwrap();
            if let Some(Fact::Escalated { .. }) = entries.last().map(|entry| &entry.fact)
                && matches!(after.state, State::Waiting(_))
            {
                raised.insert(format!("{id}/{}/escalation/{}", after.version, after.assignments.len()));
            }
        }
    }
    stage.wait(Span::from_hours(24 * 10));
    round(&mut one);
    assert_eq!(round(&mut one), [], "all is done");

    let histories: BTreeMap<RequestId, Vec<Entry>> = ids
        .iter()
        .map(|id| (*id, one.history(*id).unwrap().into_iter().map(|(_, entry)| entry).collect()))
        .collect();
    let (mut checked, mut escalations) = (0, 0);
    for Said { id, version, ahead } in &said {
        let rest = &histories[id][*version as usize..];
        // Until somebody does something else to it.
        let alone = rest.iter().take_while(|entry| is_reminder(entry) || done(entry).is_some()).count();
        let came: Vec<(Moment, &str)> = rest[..alone].iter().filter_map(done).collect();
        let promised: Vec<(Moment, &str)> = ahead
            .iter()
            .filter(|one| !matches!(one.due, Due::Reminds(_)))
            .map(|one| (one.at, one.due.word()))
            .collect();
        assert!(promised.starts_with(&came), "{id} at {version}: said {promised:?}, came {came:?}");
        // Whatever was due before somebody acted had come by then.
        let acted = rest.get(alone).map(|entry| entry.at);
        let due = promised.iter().filter(|(at, _)| acted.is_none_or(|acted| *at <= acted)).count();
        assert_eq!(came.len(), due, "{id} at {version}: said {promised:?}, came {came:?}, acted {acted:?}");
        checked += came.len();
        escalations += came.iter().filter(|(_, what)| *what == "escalates").count();
    }
    assert!(checked > 100 && escalations > 30, "the month was eventful: {checked}, {escalations}");
    courts_add_up(&one, &ids);
    reminders_are_given_once(&histories);
    let told = told.map(|(_, file)| every_call_went_out_once(&file, &raised));
    assert_eq!(told[0], told[1], "each channel told the same");
}

/// Time in the courts sums to wall time.
fn courts_add_up(app: &App, ids: &[RequestId]) {
    let mut producers = Span::ZERO;
    for id in ids {
        let request: Request = app.request(*id).unwrap();
        let courts = request.courts(app.now());
        let until = request.closed().map_or(app.now(), |closed| closed.at);
        assert_eq!(courts.reviewers.and(courts.producer), until.since(request.created_at), "{id}");
        producers = producers.and(courts.producer);
    }
    assert!(producers > Span::from_hours(24), "the producers had some of it");
}

fn reminders_are_given_once(histories: &BTreeMap<RequestId, Vec<Entry>>) {
    let mut given = 0;
    for (id, history) in histories {
        let mut seen: BTreeSet<(Moment, Occasion)> = BTreeSet::new();
        for entry in history {
            if let Fact::Reminded { of, was_due_at } = &entry.fact {
                assert!(seen.insert((*was_due_at, *of)), "{id}: {of:?} twice");
                given += 1;
            }
        }
    }
    assert!(given > 100, "{given}");
}

fn every_call_went_out_once(told: &std::path::Path, raised: &BTreeSet<String>) -> BTreeSet<String> {
    let text = std::fs::read_to_string(told).unwrap();
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for line in text.lines() {
        let body: serde_json::Value = serde_json::from_str(line).unwrap();
        *times.entry(body["id"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    assert!(times.values().all(|times| *times == 1), "nothing twice");
    assert!(raised.len() > 20, "{}", raised.len());
    for key in raised {
        assert!(times.keys().any(|id| id.ends_with(&format!("/{key}"))), "{key} was never told");
    }
    times.into_keys().collect()
}
