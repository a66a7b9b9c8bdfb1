//! What a large plan costs: its preview and layout, and a sign-off on it. Each figure is a median, printed as a ratio to a
//! bare baseline of the same run. `cargo bench --bench plans`; in a debug build it runs once and says nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

use countersign::app::{App, Clock, Place};
use countersign::domain::alike::alike;
use countersign::domain::command::{Command, Facts, Seen};
use countersign::domain::decide::{OnSameReference, submit};
use countersign::domain::document::{Document, Limits, read};
use countersign::domain::evolve::begin;
use countersign::domain::moment::{Moment, Span};
use countersign::domain::names::{PersonName, PrincipalName, RequestId};
use countersign::domain::policy::Policy;
use countersign::domain::preview::preview;
use countersign::domain::principal::{Assurance, Caller, Face, PrincipalKind, Requester, Standing};
use countersign::domain::request::Request;
use countersign::domain::text::Text;
use countersign::present::graph::Graph;
use countersign::present::graph::fold::fold;
use countersign::present::graph::layout::layout;
use serde_json::{Value, json};
use std::hint::black_box;
use std::time::{Duration, Instant};

const NOW: Moment = Moment::from_millis(1_795_183_350_000);

fn caller(name: &str) -> Caller {
    let name = PrincipalName::new(name).unwrap();
    let person = Some(PersonName::of(&name));
    Caller {
        name,
        kind: PrincipalKind::Human,
        person,
        assurance: Assurance::Asserted,
        face: Face::Cli,
        key: None,
        address: None,
    }
}

fn facts() -> Facts {
    Facts {
        policy: Policy::BUILT_IN,
        standing: Standing::everything(),
        self_review: false,
        open_of_requester: 0,
        team: false,
        runner_gone: false,
        shown_at: None,
        signature: None,
        debts: Vec::new(),
        reason_used: None,
        next_number: RequestId::new(0),
        programs: Default::default(),
        failed: Default::default(),
    }
}

fn asked(number: u64, document: &Value) -> Request {
    let content = read(document.to_string().as_bytes(), &Limits::BUILT_IN).unwrap().content;
    let name = PrincipalName::new("planner").unwrap();
    let requester = Requester { name, kind: PrincipalKind::Agent, person: None };
    let at = NOW.minus(Span::from_minutes(1));
    let entry = submit(content, requester, None, &caller("operator"), &facts(), at).unwrap();
    begin(RequestId::new(number), &entry).unwrap()
}

/// A plan of so many steps, ten in a layer, each needing two or three of the layers above.
fn document(many: usize) -> Value {
    let step = |n: usize| {
        let needs: Vec<Value> = [n.checked_sub(10), n.checked_sub(9), n.checked_sub(31)]
            .into_iter()
            .flatten()
            .map(|of| json!({"step": format!("s{of}"), "effect": "blocks", "resolution": "skip"}))
            .collect();
        json!({"id": format!("s{n}"), "action": "x.y", "params": {"n": n}, "needs": needs})
    };
    json!({"kind": "plan", "title": "t", "steps": (0..many).map(step).collect::<Vec<_>>()})
}

fn plan(many: usize) -> Request {
    asked(1, &document(many))
}

/// What a sign-off takes that is on the disk when it returns, as on the screen: the request was read and drawn before.
fn durable(many: usize) -> Duration {
    let rounds = if cfg!(debug_assertions) { 1 } else { 101 };
    let dir = tempfile::Builder::new().prefix("plans").tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let config = dir.path().join("config.toml");
    std::fs::write(&config, "[limits]\nper_minute = 0\n").unwrap();
    let place = Place { store: Some(dir.path().join("plans.db")), config: Some(config), as_name: None };
    let mut app = App::open(&place, Clock::system()).unwrap();
    let (producer, alice) = (
        app.caller(Face::Cli),
        Caller { name: PrincipalName::new("alice").unwrap(), ..app.caller(Face::Screen) },
    );
    let document = read(document(many).to_string().as_bytes(), &Limits::BUILT_IN).unwrap();
    let document = Document { by: Some(PrincipalName::new("planner").unwrap()), ..document };
    let mut took: Vec<Duration> = (0..rounds)
        .map(|_| {
            let asked = app.submit(std::slice::from_ref(&document), OnSameReference::Refuse, &producer);
            let id = asked.unwrap_or_else(|(_, e)| panic!("{e}"))[0].id;
            let drawn = app.request(id).unwrap();
            let seen = Seen::Drawn {
                number: drawn.revision.number,
                revision: drawn.revision.digest,
                marks: drawn.marks_digest(),
                whole: true,
            };
            let approve = Command::Approve { reason: Some(Text::from("as previewed")), seen };
            let begin = Instant::now();
            black_box(app.decide(id, &approve, &alice).unwrap());
            begin.elapsed()
        })
        .collect();
    took.sort();
    took[took.len() / 2]
}

/// The median of many runs.
fn median<T>(mut run: impl FnMut() -> T) -> Duration {
    let rounds = if cfg!(debug_assertions) { 1 } else { 201 };
    let mut took: Vec<Duration> = (0..rounds)
        .map(|_| {
            let begin = Instant::now();
            black_box(run());
            begin.elapsed()
        })
        .collect();
    took.sort();
    took[took.len() / 2]
}

fn say(what: &str, took: Duration, bare: Duration, beside: &str) {
    let ratio = took.as_secs_f64() / bare.as_secs_f64().max(1e-9);
    println!("{what:<44} {:>9.1} µs   {ratio:>8.1} × {beside}", took.as_secs_f64() * 1e6);
}

fn main() {
    let large = plan(500);
    let content = large.content.as_ref().unwrap();
    let whole = Graph::of(&large, content);
    let step = whole.nodes[250].steps[0].clone();
    let pass = median(|| {
        let edges = whole.edges.iter().map(|edge| edge.from + 2 * edge.to).sum::<usize>();
        let nodes = whole.nodes.iter().map(|node| node.steps[0].as_str().len()).sum::<usize>();
        black_box(edges) + black_box(nodes)
    });
    let beside = "a bare pass over nodes and edges";
    say("preview of 500 steps", median(|| preview(content, &large.marks)), pass, beside);
    say("graph of 500 steps, with the preview", median(|| Graph::of(&large, content)), pass, beside);
    say("layout of 500 steps, unfolded", median(|| layout(&whole)), pass, beside);
    say("fold and layout of 500 steps", median(|| layout(&fold(&whole, Some(&step)))), pass, beside);
    let all = median(|| layout(&fold(&Graph::of(&large, content), Some(&step))));
    say("preview, graph, fold and layout of 500 steps", all, pass, beside);

    let (alice, facts) = (caller("alice"), facts());
    let approve = Command::Approve { reason: Some(Text::from("as previewed")), seen: Seen::Nothing };
    let small = plan(5);
    let five = median(|| small.decide(&approve, &alice, &facts, NOW).unwrap());
    say("sign-off on 5 steps", five, five, "a sign-off on 5 steps");
    say(
        "sign-off on 500 steps",
        median(|| large.decide(&approve, &alice, &facts, NOW).unwrap()),
        five,
        "a sign-off on 5 steps, before anything is stored: it grows with the marks it sets, each of which is looked up, \
         digested and named in the event; what a person waits for is the durable one below",
    );

    let five = durable(5);
    say("durable sign-off on 5 steps", five, five, "a durable sign-off on 5 steps");
    say(
        "durable sign-off on 500 steps",
        durable(500),
        five,
        "a durable sign-off on 5 steps; at most 5 are promised",
    );

    let of = |n: u64| {
        json!({"kind": "plan", "title": "t", "steps": [{"id": "send", "action": "email.send",
            "params": {"to": format!("customer{n}@example.org"), "from": "office@example.org", "cents": 100 + n}}]})
    };
    let many: Vec<Request> = (1..=400).map(|n| asked(n, &of(n))).collect();
    let copies = median(|| many.clone());
    say("look-alikes among 400", median(|| alike(&many[0], &many, &alice.name, NOW)), copies, "400 copies");
}
