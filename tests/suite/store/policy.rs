//! The policy in the log: in force from its event on, found without reading the log, kept by rebuild and export, and
//! where it cannot be read nothing is approved.

use super::stage::{Stage, approve, behind_its_back, document, does, plan, reject, submit, tries};
use countersign::app::policy::{Adoption, check};
use countersign::app::{App, Error, Queue};
use countersign::domain::command::{Command, Seen};
use countersign::domain::names::Seq;
use countersign::domain::principal::Face;
use countersign::domain::refusal::Refusal;
use countersign::domain::request::StateName;
use countersign::domain::risk::Risk;
use countersign::domain::text::Text;
use std::sync::Barrier;

const STRICT: &str = "[[risk.rule]]\nname = \"all mail\"\naction = [\"email.*\"]\nrisk = \"high\"\n";

fn adopt(app: &mut App, text: &str) -> Adoption {
    let caller = app.caller(Face::Cli);
    app.adopt(text, &check(text).unwrap(), &caller).unwrap()
}

fn sound(app: &mut App) {
    let report = app.verify(|_| {}).unwrap();
    assert!(report.is_sound(), "{:?}", report.problems);
}

fn because(reason: &str) -> Command {
    Command::Approve { reason: Some(Text::from(reason)), seen: Seen::Nothing }
}

#[test]
fn a_policy_is_in_force_from_its_event_on_and_survives_rebuild_backup_and_another_program() {
    let stage = Stage::new();
    let mut app = stage.app();
    let before = submit(&mut app, plan("one", "Tell John", "x"));
    let Adoption::InForce { version: 1, digest, .. } = adopt(&mut app, STRICT) else { panic!("adopted") };
    assert!(matches!(adopt(&mut app, STRICT), Adoption::Already(same) if same == digest), "nothing new");
    let after = submit(&mut app, plan("two", "Tell John", "x"));
    assert_eq!(app.request(before).unwrap().assessment().risk, Risk::Low, "until its next touch");
    assert_eq!(app.request(after).unwrap().assessment().risk, Risk::High);
    let told = tries(&mut app, before, &approve()).unwrap_err();
    assert!(matches!(told, Error::Refused(Refusal::JudgedAnew { .. })), "{told}");
    assert_eq!(
        app.request(before).unwrap().assessment().policy,
        Some(digest),
        "it is judged though it was refused"
    );
    does(&mut app, before, &because("read it again"));
    sound(&mut app);
    let head = app.head().unwrap();
    app.rebuild(|_| {}).unwrap();
    assert_eq!(app.head().unwrap(), head);
    sound(&mut app);
    let copy = stage.dir.path().join("copy.db");
    app.backup(&copy, |_, _| {}).unwrap();
    let mut copy = stage.app_at(copy);
    assert_eq!(copy.policy().unwrap().policy.digest, Some(digest));
    sound(&mut copy);
    let Adoption::InForce { version: 2, .. } = adopt(&mut app, "# mild\n") else { panic!("the second") };
    assert_eq!(submit_risk(&mut app, "three"), Risk::Low);
}

fn submit_risk(app: &mut App, reference: &str) -> Risk {
    let id = submit(app, plan(reference, "Tell John", "x"));
    app.request(id).unwrap().assessment().risk
}

#[test]
fn a_policy_whose_text_is_gone_or_was_exchanged_opens_nothing_also_for_who_knew_it() {
    for exchange in [false, true] {
        let stage = Stage::new();
        let mut app = stage.app();
        let id = submit(&mut app, plan("one", "Tell John", "x"));
        let mild = "# mild\n";
        let Adoption::InForce { seq, .. } = adopt(&mut app, STRICT) else { panic!("adopted") };
        let conn = behind_its_back(&stage.store());
        if exchange {
            let body = serde_json::json!({"policy": mild}).to_string();
            conn.execute_batch("DROP TRIGGER payloads_are_not_changed").unwrap();
            conn.execute("UPDATE payloads SET body = ?2 WHERE seq = ?1", rusqlite::params![seq.0, body])
                .unwrap();
        } else {
            assert!(app.policy().unwrap().policy.trouble.is_none(), "this program has read it");
            conn.execute("DELETE FROM payloads WHERE seq = ?1", [seq.0]).unwrap();
        }
        let head = app.head().unwrap();
        let told = tries(&mut app, id, &because("x")).unwrap_err();
        assert!(matches!(told, Error::Refused(Refusal::NoPolicy { .. })), "{told}");
        assert!(told.to_string().contains(&format!("event {seq}")), "{told}");
        assert_eq!(app.head().unwrap(), head, "nothing was judged by what nobody can read");
        let other = submit(&mut app, plan("two", "Tell John", "x"));
        assert!(tries(&mut app, other, &because("x")).is_err(), "asked meanwhile, and not approved either");
        does(&mut app, other, &reject());
        // The way out: one that can be read.
        adopt(&mut app, mild);
        does(&mut app, id, &because("now it can be judged"));
        assert_eq!(app.request(id).unwrap().state_name(), StateName::Approved);
    }
}

#[test]
fn a_policy_that_a_newer_program_wrote_is_not_guessed_at() {
    let stage = Stage::new();
    let mut app = stage.app();
    let id = submit(&mut app, plan("one", "Tell John", "x"));
    let text = "[quorum_of_tomorrow]\nall = true\n";
    assert!(check(text).is_err(), "the command line would not take it");
    let caller = app.caller(Face::Cli);
    app.adopt(text, &check("").unwrap(), &caller).unwrap();
    let told = tries(&mut app, id, &because("x")).unwrap_err().to_string();
    assert!(told.contains("line 1") && told.contains("quorum_of_tomorrow"), "{told}");
    sound(&mut app);
}

#[test]
fn verify_finds_a_policy_event_that_is_not_what_it_says() {
    let stage = Stage::new();
    let mut app = stage.app();
    let Adoption::InForce { seq, .. } = adopt(&mut app, STRICT) else { panic!("adopted") };
    adopt(&mut app, "# two\n");
    sound(&mut app);
    for (sql, words) in [
        ("UPDATE log SET version = 7 WHERE seq = ?1", "is policy 1, not"),
        ("UPDATE log SET aggregate = 'R-9' WHERE seq = ?1", "adopts a policy in the log of something else"),
        (
            "UPDATE log SET facts = replace(facts, '\"version\":1', '\"version\":3') WHERE seq = ?1",
            "is policy 3, not 1",
        ),
    ] {
        let copy = stage.dir.path().join(format!("{}.db", words.len()));
        stage.app().backup(&copy, |_, _| {}).unwrap();
        let conn = behind_its_back(&copy);
        conn.execute_batch("DROP TRIGGER log_is_not_changed").unwrap();
        assert_eq!(conn.execute(sql, [seq.0]).unwrap(), 1);
        drop(conn);
        let report = stage.app_at(copy).verify(|_| {}).unwrap();
        let told: Vec<&str> = report.problems.iter().map(|p| p.what.as_str()).collect();
        assert!(told.iter().any(|t| t.contains(words)), "{sql}: {told:?}");
    }
}

#[test]
fn the_newest_policy_is_found_by_its_index() {
    let stage = Stage::new();
    let mut app = stage.app();
    adopt(&mut app, STRICT);
    let conn = behind_its_back(&stage.store());
    let plan: Vec<String> = conn
        .prepare(
            "EXPLAIN QUERY PLAN SELECT l.seq, l.version, l.hash, EXISTS (SELECT 1 FROM payloads p WHERE p.seq = l.seq)
             FROM log l WHERE l.aggregate = ?1 ORDER BY l.version DESC LIMIT 1",
        )
        .unwrap()
        .query_map(["policy"], |row| row.get(3))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert!(plan.iter().all(|step| !step.contains("SCAN l") && !step.contains("B-TREE")), "{plan:?}");
}

#[test]
fn what_is_no_decision_is_listed_as_open_and_waits_for_nobody() {
    let stage = Stage::new();
    let mut app = stage.app();
    let asks = r#"{"by": "planner", "kind": "question", "title": "All is ready. Should I proceed?"}"#;
    let id = submit(&mut app, document(asks));
    let real = submit(&mut app, document(r#"{"by": "planner", "kind": "question", "title": "Which one?"}"#));
    let in_queue = |app: &App, queue| {
        let rows = app.page(queue, countersign::app::From::Start, 10).unwrap();
        rows.into_iter().map(|row| (row.id, row.flagged)).collect::<Vec<_>>()
    };
    for queue in [Queue::Waiting, Queue::Unclaimed, Queue::Questions] {
        assert_eq!(in_queue(&app, queue), [(real, false)], "{queue:?}");
    }
    let open = in_queue(&app, Queue::Open);
    assert!(open.contains(&(id, true)) && open.contains(&(real, false)), "{open:?}");
    let counters = app.counters().unwrap();
    assert_eq!((counters.waiting, counters.unclaimed, counters.questions, counters.open), (1, 1, 1, 2));
    sound(&mut app);
    // It can be answered all the same.
    let answer =
        Command::Answer { option: None, text: Some(Text::from("yes")), reason: None, seen: Seen::Nothing };
    does(&mut app, id, &answer);
    assert_eq!(app.request(id).unwrap().state_name(), StateName::Approved);
    // Another policy makes it a decision again, at its next touch.
    let other = submit(&mut app, document(&asks.replace("All", "It")));
    adopt(&mut app, "[may_i_continue]\nbuiltin_phrases = false\n");
    does(&mut app, other, &Command::Claim);
    assert!(in_queue(&app, Queue::Waiting).contains(&(other, false)));
    sound(&mut app);
}

/// Whoever approves while a policy is adopted decides under the one before it, or is told; nobody under none.
#[test]
fn a_policy_raced_against_approvals_holds_for_every_approval_behind_it() {
    const ROUNDS: usize = 40;
    let stage = Stage::new();
    let mut app = stage.app();
    let ids: Vec<_> =
        (0..ROUNDS).map(|n| submit(&mut app, plan(&format!("r{n}"), "Tell John", "x"))).collect();
    let start = Barrier::new(2);
    let told: Vec<Result<(), Error>> = std::thread::scope(|threads| {
        let mut approver = stage.app();
        let (go, todo) = (&start, &ids);
        let approving = threads.spawn(move || {
            let one = |id| {
                go.wait();
                tries(&mut approver, id, &approve()).map(|_| ())
            };
            todo.iter().copied().map(one).collect()
        });
        let mut adopter = stage.app();
        threads.spawn(move || {
            for round in 0..ROUNDS {
                go.wait();
                // Every second one asks more.
                let text = if round % 2 == 0 { STRICT.to_owned() } else { format!("# {round}\n") };
                adopt(&mut adopter, &text);
            }
        });
        approving.join().unwrap()
    });
    sound(&mut app);
    let mut policies: Vec<(Seq, String)> = Vec::new();
    let mut approvals = 0;
    app.events(Seq(0), |event| {
        let facts: serde_json::Value = serde_json::from_str(&event.facts).unwrap();
        match event.envelope.name.as_str() {
            "policy.adopted" => {
                policies.push((event.envelope.seq, facts["digest"].as_str().unwrap().to_owned()));
            }
            "request.approved" => approvals += 1,
            _ => {}
        }
        Ok::<bool, Error>(true)
    })
    .unwrap();
    assert_eq!(policies.len(), ROUNDS);
    for (id, told) in ids.iter().zip(&told) {
        let request = app.request(*id).unwrap();
        // The policy in force where its last event stands is the one that judged it.
        let last = app.history(*id).unwrap().last().unwrap().0;
        let in_force = policies.iter().rev().find(|(seq, _)| *seq < last).map(|(_, digest)| digest.clone());
        match told {
            Ok(()) => {
                assert_eq!(request.state_name(), StateName::Approved);
                assert_eq!(request.assessment().policy.map(|d| d.to_string()), in_force, "{id}");
                assert_eq!(request.assessment().risk, Risk::Low, "{id}: approved without a reason");
            }
            Err(Error::Refused(Refusal::JudgedAnew { .. } | Refusal::ReasonRequired { .. })) => {
                assert_eq!(request.state_name(), StateName::Requested);
            }
            Err(e) => panic!("{id}: {e}"),
        }
    }
    assert_eq!(approvals, told.iter().filter(|t| t.is_ok()).count());
}
