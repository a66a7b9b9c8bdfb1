//! Plans under review: what would run, what is in the way and the ways out, edits and how they are taken back, what
//! has to be read again, and what is gone on with.

use super::build::*;
use countersign::domain::command::{Command, Facts, Seen};
use countersign::domain::conflict::{Way, conflicts, if_marked};
use countersign::domain::content::Content;
use countersign::domain::delta::{Change, Class, between, delta};
use countersign::domain::edit::Edit;
use countersign::domain::event::{Fact, SignOffNumber};
use countersign::domain::marks::{Mark, Marks};
use countersign::domain::names::{ParamKey, RequestId, RevisionNumber};
use countersign::domain::policy::Policy;
use countersign::domain::preview::{Lack, MadeUp, Outcome, Ran, Results, lints, preview};
use countersign::domain::refusal::{Refusal, exit};
use countersign::domain::request::{SignOffStanding, StateName};
use countersign::domain::risk::Risk;
use countersign::domain::successor::{continuing, remaining};
use countersign::present::would::{Would, conflict_sentence};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// snapshot → mint → roll → retire, and tell, which is better with what mint gives.
fn rotation() -> Content {
    content(
        r#"{"kind": "plan", "title": "Rotate the key", "steps": [
            {"id": "snapshot", "action": "vm.snapshot"},
            {"id": "mint", "action": "key.mint", "needs": [{"step": "snapshot"}]},
            {"id": "roll", "action": "fleet.roll", "params": {"key": "{{mint.key_id}}", "max_unavailable": 1},
             "needs": [{"step": "mint", "field": "key_id"}]},
            {"id": "retire", "action": "key.retire", "needs": [{"step": "roll", "resolution": "skip"}]},
            {"id": "tell", "action": "chat.post",
             "needs": [{"step": "mint", "field": "key_id", "effect": "enhances", "fallback": "a new one"}]}]}"#,
    )
}

fn marked(content: &Content, said: &[(&str, Mark)]) -> Marks {
    let mut marks = Marks::undecided(content.steps.iter().map(|s| &s.id));
    said.iter().for_each(|(id, mark)| marks.set(step(id), *mark));
    marks
}

fn key(name: &str) -> ParamKey {
    ParamKey::new(name).unwrap()
}

fn lack(id: &str, field: Option<&str>) -> Lack {
    Lack { step: step(id), field: field.map(key) }
}

fn give(id: &str, field: &str, value: Value) -> Edit {
    Edit::Change {
        set: Default::default(),
        unset: BTreeSet::new(),
        give: vec![(lack(id, Some(field)), value)],
    }
}

// What would run, and what is in the way.

#[test]
fn the_sentence_says_what_runs_and_why_the_rest_does_not() {
    let plan = rotation();
    let of = |said: &[(&str, Mark)]| Would::run(&plan, &marked(&plan, said)).sentence();
    assert_eq!(of(&[]), "runs snapshot, mint, roll, retire, tell");
    assert_eq!(
        of(&[("roll", Mark::Rejected)]),
        "runs snapshot, mint, tell; retire skipped: roll was rejected"
    );
    assert_eq!(
        of(&[("mint", Mark::Rejected)]),
        "runs snapshot, tell; roll blocked: needs mint.key_id; retire skipped: roll is blocked; \
         tell uses the fallback for mint.key_id"
    );
    let all: Vec<(&str, Mark)> =
        ["snapshot", "mint", "roll", "retire", "tell"].map(|id| (id, Mark::Skipped)).into();
    assert_eq!(of(&all), "runs nothing");
}

#[test]
fn a_rejected_need_blocks_and_offers_the_value_the_skip_and_the_need_again() {
    let plan = rotation();
    let found = if_marked(&plan, &marked(&plan, &[]), &[step("mint")], Mark::Rejected);
    assert_eq!(found.len(), 1);
    assert_eq!(
        conflict_sentence(&found[0]),
        "roll blocked: needs mint.key_id; choose: give the value (modify), skip roll, approve mint"
    );
    let marks = marked(&plan, &[("mint", Mark::Rejected)]);
    let came: Vec<(Vec<String>, String, usize)> = found[0]
        .ways
        .iter()
        .map(|way| {
            let impact = way.impact(&plan, &marks);
            let runs: Vec<&str> = impact.runs().map(|id| id.as_str()).collect();
            (way.commands(RequestId::new(7)), runs.join(" "), impact.conflicts_left)
        })
        .collect();
    assert_eq!(
        came,
        [
            (
                vec!["countersign modify R-7 --step roll --give mint.key_id=JSON".to_owned()],
                "snapshot roll retire tell".to_owned(),
                0
            ),
            (vec!["countersign skip R-7 --step roll".to_owned()], "snapshot tell".to_owned(), 0),
            (
                vec!["countersign approve R-7 --step mint".to_owned()],
                "snapshot mint roll retire tell".to_owned(),
                0
            ),
        ]
    );
}

#[test]
fn what_is_blocked_through_others_belongs_to_the_step_at_which_it_began() {
    let plan = rotation();
    let found = conflicts(&plan, &marked(&plan, &[("snapshot", Mark::Skipped)]));
    assert_eq!(found.len(), 1);
    assert_eq!((&found[0].needed, found[0].mark), (&step("snapshot"), Mark::Skipped));
    let blocked: Vec<&str> = found[0].blocked.iter().map(|b| b.step.as_str()).collect();
    assert_eq!(blocked, ["mint", "roll"]);
    assert!(found[0].ways.contains(&Way::Skip(vec![step("mint"), step("roll")])));
}

/// Every pair of effect and resolution twice in a row, under every mixture of marks.
#[test]
fn there_is_a_conflict_exactly_where_a_sign_off_is_refused_and_skipping_always_ends_it() {
    let pairs: Vec<(&str, &str)> = ["blocks", "enhances", "optional"]
        .into_iter()
        .flat_map(|effect| ["wait", "skip", "fallback", "ask_user"].map(|resolution| (effect, resolution)))
        .collect();
    let need = |id: &str, (effect, resolution): (&str, &str)| {
        let mut need = json!({"step": id, "field": "x", "effect": effect, "resolution": resolution});
        if resolution == "fallback" {
            need["fallback"] = json!(1);
        }
        need
    };
    let all = [Mark::Undecided, Mark::Approved, Mark::Rejected, Mark::Skipped];
    let (mut blocked, mut free) = (0, 0);
    for first in &pairs {
        for second in &pairs {
            let plan = content(
                &json!({"kind": "plan", "title": "t", "steps": [{"id": "a", "action": "x"},
                    {"id": "b", "action": "x", "needs": [need("a", *first)]},
                    {"id": "c", "action": "x", "needs": [need("b", *second)]}]})
                .to_string(),
            );
            for n in 0..64 {
                let (a, b, c) = (&all[n / 16], &all[n / 4 % 4], &all[n % 4]);
                let mut marks = marked(&plan, &[("a", *a), ("b", *b), ("c", *c)]);
                let stops = |marks: &Marks| {
                    let outcomes = preview(&plan, marks);
                    outcomes
                        .iter()
                        .any(|(_, o)| matches!(o.worst(), Outcome::Asks(_) | Outcome::BlockedBy(_)))
                };
                let found = conflicts(&plan, &marks);
                assert_eq!(!found.is_empty(), stops(&marks), "{first:?} {second:?} {a:?} {b:?} {c:?}");
                blocked += usize::from(!found.is_empty());
                free += usize::from(found.is_empty());
                for way in found.iter().flat_map(|conflict| &conflict.ways) {
                    if let Way::Skip(steps) = way {
                        steps.iter().for_each(|step| marks.set(step.clone(), Mark::Skipped));
                    }
                }
                assert_eq!(conflicts(&plan, &marks), [], "{first:?} {second:?} {a:?} {b:?} {c:?}");
            }
        }
    }
    assert!(blocked > 500 && free > 500, "{blocked} {free}");
}

#[test]
fn the_refusal_names_the_commands() {
    let story = Story::asked(&planner(), rotation()).then(&bob(), mark(&["mint"], Mark::Rejected));
    let told = story.refuses(&bob(), approve());
    assert_eq!(told.exit_code(), exit::REFUSED);
    assert_eq!(
        told.to_string(),
        "refused: roll is approved and blocked by mint: it cannot run without mint.key_id, which will not come; \
         choose: give the value (modify): `countersign modify R-17 --step roll --give mint.key_id=JSON`; \
         or skip roll: `countersign skip R-17 --step roll`; \
         or approve mint: `countersign approve R-17 --step mint`"
    );
}

#[test]
fn the_advice_is_given_for_every_odd_pair_and_for_no_other() {
    let odd = content(
        r#"{"kind": "plan", "title": "t", "steps": [{"id": "a", "action": "x"}, {"id": "b", "action": "x", "needs": [
            {"step": "a", "field": "p", "effect": "blocks", "resolution": "wait"},
            {"step": "a", "field": "q", "effect": "blocks", "resolution": "fallback", "fallback": 1},
            {"step": "a", "field": "r", "effect": "optional", "resolution": "wait"},
            {"step": "a", "field": "s", "effect": "optional", "resolution": "ask_user"},
            {"step": "a", "field": "t"}, {"step": "a", "field": "u", "effect": "optional"},
            {"step": "a", "field": "v", "effect": "enhances", "fallback": 1}]}]}"#,
    );
    let said: Vec<String> = lints(&odd)
        .iter()
        .map(|lint| format!("{} {}", lint.needs, lint.advice.split(':').next().unwrap()))
        .collect();
    assert_eq!(said, ["a.p risky", "a.q risky", "a.r wasteful", "a.s annoying"]);
}

// The scenarios of the approval workflow.

#[test]
fn scenario_a_blocks_and_ask_user_offers_the_value_the_skip_and_the_look_up_again() {
    let workflow = content(
        r#"{"kind": "plan", "title": "Mail Ada", "steps": [{"id": "find", "action": "contact.search_contacts"},
            {"id": "mail", "action": "email.create_draft", "params": {"to": "{{find.email}}"},
             "needs": [{"step": "find", "field": "email", "effect": "blocks", "resolution": "ask_user"}]},
            {"id": "note", "action": "task.create_task"}]}"#,
    );
    let rejected = Story::asked(&planner(), workflow).then(&bob(), mark(&["find"], Mark::Rejected));
    assert!(matches!(rejected.refuses(&bob(), approve()), Refusal::Blocked { .. }));
    // By hand.
    let given = rejected
        .clone()
        .then(&bob(), edit("mail", give("find", "email", json!("ada@example.org"))))
        .then(&bob(), approve());
    assert_eq!(given.request.state_name(), StateName::Approved);
    let outcomes = preview(given.request.content.as_ref().unwrap(), &given.request.marks);
    let Outcome::Runs { without } = &outcomes[1].1 else { panic!("{outcomes:?}") };
    assert_eq!((&without[0].lack, without[0].made_up), (&lack("find", Some("email")), MadeUp::Fallback));
    // Left out.
    let skipped = rejected.clone().then(&bob(), mark(&["mail"], Mark::Skipped)).then(&bob(), approve());
    assert_eq!(skipped.request.state_name(), StateName::Approved);
    assert!(!skipped.request.is_whole());
    // Looked up again.
    let again = rejected.then(&bob(), mark(&["find"], Mark::Approved)).then(&bob(), approve());
    assert!(again.request.is_whole());
}

#[test]
fn scenario_b_enhances_and_fallback_runs_on_the_fallback_and_scenario_c_leaves_the_value_out() {
    let workflow = content(
        r#"{"kind": "plan", "title": "Follow up", "steps": [{"id": "event", "action": "calendar.create_event"},
            {"id": "find", "action": "contact.search_contacts"},
            {"id": "task", "action": "task.create_task", "needs": [
              {"step": "event", "field": "title", "effect": "enhances", "resolution": "fallback", "fallback": "Follow up"},
              {"step": "find", "field": "phone", "effect": "optional", "resolution": "skip"}]}]}"#,
    );
    let story = Story::asked(&planner(), workflow).then(&bob(), mark(&["event", "find"], Mark::Rejected));
    let would = Would::run(story.request.content.as_ref().unwrap(), &story.request.marks);
    assert_eq!(
        would.sentence(),
        "runs task; task uses the fallback for event.title, goes without find.phone"
    );
    assert_eq!(would.conflicts, []);
    assert_eq!(story.then(&bob(), approve()).request.state_name(), StateName::Approved);
}

// Edits.

#[test]
fn an_edit_is_the_next_revision_and_what_needs_the_step_is_undecided_again() {
    let story = Story::asked_under(two_humans(), &planner(), rotation())
        .then(&bob(), mark(&["snapshot", "mint", "roll", "retire", "tell"], Mark::Approved))
        .then(&bob(), approve())
        .then(&carol(), modify("roll", &[("max_unavailable", json!(2))]));
    let request = &story.request;
    assert_eq!(request.revision.number, RevisionNumber(2));
    let marks: Vec<Mark> =
        ["snapshot", "mint", "roll", "retire", "tell"].map(|id| request.marks.on(&step(id))).into();
    let (yes, open) = (Mark::Approved, Mark::Undecided);
    assert_eq!(marks, [yes, yes, open, open, yes]);
    assert_eq!(request.signoffs[0].standing, SignOffStanding::Void);
    let params = &request.content.as_ref().unwrap().step(&step("roll")).unwrap().params;
    assert_eq!(params[&key("max_unavailable")], json!(2));
    assert_eq!(params[&key("key")], json!("{{mint.key_id}}"), "what was not named stays");
    let standing = &request.edits[&step("roll")];
    assert_eq!(standing.by[0].name, carol().name);
    assert_eq!(standing.original.as_ref().unwrap().params[&key("max_unavailable")], json!(1));
    assert_eq!(replay(&story.log), story.request);
}

#[test]
fn an_edit_by_a_reviewer_is_a_reason_for_risk_and_one_by_the_requester_is_not() {
    let story = Story::asked(&planner(), rotation());
    assert_eq!(story.request.assessment().risk, Risk::Low);
    let by_bob = story.clone().then(&bob(), modify("roll", &[("max_unavailable", json!(2))]));
    assert_eq!(by_bob.request.assessment().risk, Risk::Medium);
    let factor = &by_bob.request.assessment().factors[0];
    assert_eq!((factor.step.as_ref(), factor.reason.as_str()), (Some(&step("roll")), "edited by a reviewer"));
    assert!(by_bob.request.deadlines.due_at < story.request.deadlines.due_at);
    let own = story.clone().then(&planner(), modify("roll", &[("max_unavailable", json!(2))]));
    assert_eq!(own.request.assessment().risk, Risk::Low);
    // The producer's next document is the producer's own again.
    let adopted = by_bob.request.content.clone().unwrap().into_inner();
    let mut adopted = adopted;
    adopted.summary = "as bob said".into();
    let revised = by_bob.then(&planner(), revise(adopted));
    assert_eq!(revised.request.assessment().risk, Risk::Low);
    assert!(revised.request.edits.is_empty());
}

#[test]
fn what_was_edited_can_be_put_back_by_parameter_or_whole() {
    let story = Story::asked(&planner(), rotation());
    let first = story.request.revision.digest;
    let set = Edit::Change {
        set: [(key("max_unavailable"), json!(2)), (key("dry"), json!(true))].into(),
        unset: [key("key")].into(),
        give: vec![(lack("mint", Some("key_id")), json!("k1"))],
    };
    let edited = story.then(&bob(), edit("roll", set));
    let params = |story: &Story| {
        let content = story.request.content.clone().unwrap();
        serde_json::to_value(&content.step(&step("roll")).unwrap().params).unwrap()
    };
    assert_eq!(params(&edited), json!({"max_unavailable": 2, "dry": true}));
    let one = edited.clone().then(&carol(), restore("roll", &["key", "dry"]));
    assert_eq!(params(&one), json!({"max_unavailable": 2, "key": "{{mint.key_id}}"}));
    assert_eq!(one.request.edits[&step("roll")].by.len(), 2);
    let whole = one.then(&bob(), restore("roll", &[]));
    assert_eq!(whole.request.revision.digest, first);
    assert!(whole.request.edits.is_empty(), "nothing of the edit is left");
    assert_eq!(whole.request.assessment().risk, Risk::Low);
    assert_eq!(whole.request.revision.number, RevisionNumber(4));
    assert_eq!(replay(&whole.log), whole.request);
    let told = whole.refuses(&bob(), restore("roll", &[]));
    assert!(told.to_string().contains("nobody edited roll"), "{told}");
}

#[test]
fn an_edit_of_what_is_not_there_is_refused_and_one_that_changes_nothing_is_not_recorded() {
    let story = Story::asked(&planner(), rotation());
    let told = story.refuses(&bob(), modify("rol", &[("x", json!(1))]));
    assert_eq!(told.to_string(), "R-17 has no step rol");
    assert_eq!(told.exit_code(), exit::INVALID);
    let unset = Edit::Change { set: Default::default(), unset: [key("gone")].into(), give: Vec::new() };
    let told = story.refuses(&bob(), edit("roll", unset));
    assert!(told.to_string().starts_with("params.gone: roll has no such parameter"), "{told}");
    let told = story.refuses(&bob(), edit("roll", give("snapshot", "x", json!(1))));
    assert!(told.to_string().contains("roll does not need snapshot.x"), "{told}");
    let same = modify("roll", &[("max_unavailable", json!(1.0))]);
    assert_eq!(story.decide(&bob(), &same, &facts()), Ok(Vec::new()));
    let huge = modify("roll", &[("x", json!("y".repeat(Policy::BUILT_IN.limits.params)))]);
    assert!(matches!(story.refuses(&bob(), huge), Refusal::Invalid(_)));
}

#[test]
fn an_edit_of_what_has_changed_meanwhile_is_refused() {
    let story = Story::asked(&planner(), rotation());
    let seen = drawn(&story.request);
    let Command::Modify { step, edit, .. } = modify("roll", &[("max_unavailable", json!(3))]) else {
        panic!()
    };
    let story = story.then(&bob(), modify("roll", &[("max_unavailable", json!(2))]));
    let told = story.refuses(&carol(), Command::Modify { step, edit, reason: None, seen });
    assert!(matches!(told, Refusal::Changed(_)), "{told}");
}

#[test]
fn in_a_team_who_edited_signs_off_no_revision_that_holds_the_edit() {
    let team = Facts { team: true, ..facts() };
    let story =
        Story::asked(&planner(), rotation()).then(&bob(), modify("roll", &[("max_unavailable", json!(2))]));
    let told = story.refuses_under(&team, &bob(), approve());
    assert_eq!(told, Refusal::OwnEdit { step: step("roll") });
    let other = other_principal("bob-laptop", "bob");
    assert!(matches!(story.refuses_under(&team, &other, approve()), Refusal::OwnEdit { .. }));
    assert!(story.decide(&carol(), &approve(), &team).is_ok());
    assert!(story.decide(&bob(), &approve(), &facts()).is_ok(), "in a solo store there is nobody else");
    // Carol edits too: then both are in it. Putting it back frees both.
    let both = story.then(&carol(), modify("roll", &[("max_unavailable", json!(3))]));
    for editor in [bob(), carol()] {
        assert!(matches!(both.refuses_under(&team, &editor, approve()), Refusal::OwnEdit { .. }));
    }
    let back = both.then(&carol(), restore("roll", &[]));
    assert!(back.decide(&bob(), &approve(), &team).is_ok());
}

#[test]
fn what_was_redacted_is_not_put_back_and_the_history_still_reads() {
    let story =
        Story::asked(&planner(), rotation()).then(&bob(), modify("roll", &[("max_unavailable", json!(2))]));
    let redacted = story.redacted();
    assert_eq!(redacted.request.edits[&step("roll")].original, None);
    assert!(matches!(redacted.refuses(&bob(), restore("roll", &[])), Refusal::Uninspectable));
}

// What has to be read again.

#[test]
fn whoever_signed_sees_what_changed_since_and_stands_for_it_again() {
    let story = Story::asked_under(two_humans(), &planner(), rotation()).then(&bob(), approve());
    let then = story.request.clone();
    let story = story.then(&carol(), modify("roll", &[("max_unavailable", json!(2))]));
    let changes = between(&then, &story.request).unwrap();
    let said: Vec<(Class, Option<&str>, &str)> =
        changes.iter().map(|c| (c.class, c.step.as_ref().map(|s| s.as_str()), c.what.as_str())).collect();
    assert_eq!(
        said,
        [(Class::Widening, None, "risk"), (Class::Widening, Some("roll"), "param max_unavailable"),]
    );
    assert_eq!((&changes[1].before, &changes[1].after), (&Some(json!(1)), &Some(json!(2))));
    let reaffirms = |seen: Seen| {
        let entries = story.decide(&bob(), &Command::Approve { reason: None, seen }, &facts()).unwrap();
        entries.iter().find_map(|entry| match entry.fact {
            Fact::SignedOff { reaffirms, .. } => Some(reaffirms),
            _ => None,
        })
    };
    assert_eq!(reaffirms(prefix(&story.request)), Some(Some(SignOffNumber(1))));
    assert_eq!(reaffirms(drawn(&story.request)), Some(Some(SignOffNumber(1))));
    assert_eq!(reaffirms(Seen::Nothing), Some(None), "who does not say what they saw re-affirms nothing");
}

#[test]
fn a_first_sign_off_and_one_after_taking_it_back_re_affirm_nothing() {
    let story = Story::asked_under(two_humans(), &planner(), rotation()).then(&bob(), approve());
    let story = story.then(&bob(), Command::Withdraw);
    let seen = Command::Approve { reason: None, seen: drawn(&story.request) };
    for who in [bob(), carol()] {
        let entries = story.decide(&who, &seen, &facts()).unwrap();
        assert!(entries.iter().all(|e| !matches!(e.fact, Fact::SignedOff { reaffirms: Some(_), .. })));
    }
}

#[test]
fn a_mark_that_leaves_out_narrows_one_that_brings_back_widens_and_what_follows_from_it_is_said() {
    let plan = rotation();
    let classes = |then: &[(&str, Mark)], now: &[(&str, Mark)]| -> Vec<(Class, String)> {
        let changes = delta((&plan, &marked(&plan, then)), (&plan, &marked(&plan, now)));
        changes.iter().map(|c| (c.class, format!("{}: {}", c.step.as_ref().unwrap(), c.what))).collect()
    };
    assert_eq!(classes(&[("roll", Mark::Approved)], &[]), [], "undecided is what a sign-off approves");
    assert_eq!(
        classes(&[], &[("roll", Mark::Skipped)]),
        [
            (Class::Narrowing, "roll: mark".to_owned()),
            (Class::Narrowing, "retire: what becomes of it".to_owned())
        ]
    );
    let back = classes(&[("roll", Mark::Skipped)], &[]);
    assert!(back.iter().all(|(class, _)| *class == Class::Widening) && back.len() == 2, "{back:?}");
    // Without mint, tell runs on a fallback: that is no less, it is something else.
    let without = classes(&[("roll", Mark::Skipped)], &[("roll", Mark::Skipped), ("mint", Mark::Rejected)]);
    assert_eq!(
        without,
        [
            (Class::Narrowing, "mint: mark".to_owned()),
            (Class::Widening, "tell: what becomes of it".to_owned())
        ]
    );
}

/// One document, and one change of it.
const BASE: &str = r#"{"kind":"plan","title":"Tell Ada","summary":"as agreed","priority":"normal",
 "target":{"environment":"staging","service":"mail","tenant":"acme"},"labels":{"team":"office"},
 "evidence":[{"label":"thread","locator":"https://example.org/1"},{"label":"list","locator":"/srv/list","pinned":true}],
 "steps":[
  {"id":"find","title":"Find her","action":"contact.search","params":{"query":"Ad\u00e9","limit":1,"deep":{"a":1,"b":[1,2]}},
   "expected":"her address","estimate_s":10},
  {"id":"mail","action":"mail.send","params":{"to":"{{find.email}}","nothing":null},"run":["/usr/bin/send","--to","ada"],
   "undo":["/usr/bin/recall"],"needs":[{"step":"find","field":"email","effect":"enhances","fallback":"info"}]},
  {"id":"log","action":"log.write","needs":[{"step":"mail","effect":"optional"}]}]}"#;

fn base_with(pointer: &str, value: Value) -> String {
    let mut document: Value = serde_json::from_str(BASE).unwrap();
    let (parent, last) = pointer.rsplit_once('/').unwrap();
    match document.pointer_mut(parent).unwrap() {
        Value::Array(items) => match last.parse::<usize>() {
            Ok(n) if n < items.len() && value.is_null() => drop(items.remove(n)),
            Ok(n) if n < items.len() => items[n] = value,
            _ => items.push(value),
        },
        Value::Object(object) if value.is_null() => drop(object.remove(last).expect(pointer)),
        Value::Object(object) => drop(object.insert(last.to_owned(), value)),
        _ => panic!("{pointer}"),
    }
    document.to_string()
}

fn cosmetic() -> Vec<(&'static str, String)> {
    let text = |from: &str, to: &str| {
        assert!(BASE.contains(from), "{from}");
        BASE.replace(from, to)
    };
    vec![
        ("blanks", BASE.replace('\n', "").replace("\",\"", "\" , \"")),
        (
            "key order",
            text(
                r#""title":"Tell Ada","summary":"as agreed""#,
                r#""summary":"as agreed","title":"Tell Ada""#,
            ),
        ),
        ("key order in params", text(r#""a":1,"b":[1,2]"#, r#""b":[1,2],"a":1"#)),
        ("key order in a need", text(r#""step":"find","field":"email""#, r#""field":"email","step":"find""#)),
        ("number form 1.0", text(r#""limit":1"#, r#""limit":1.0"#)),
        ("number form 1e0", text(r#""limit":1"#, r#""limit":1e0"#)),
        ("number form 10e-1", text(r#""b":[1,2]"#, r#""b":[10e-1,2]"#)),
        ("an escape for the same letter", text("Ad\\u00e9", "Ad\u{e9}")),
        ("title", base_with("/title", json!("Tell Ada at once"))),
        ("Unicode form of the title", base_with("/title", json!("Tell A\u{301}da"))),
        ("summary", base_with("/summary", json!("as we agreed"))),
        ("no summary", base_with("/summary", Value::Null)),
        ("a label", base_with("/labels/team", json!("field"))),
        ("another label", base_with("/labels/desk", json!("4"))),
        ("priority", base_with("/priority", json!("urgent"))),
        ("a step's title", base_with("/steps/0/title", json!("Look for her"))),
        ("what is expected", base_with("/steps/0/expected", json!("an address"))),
        ("the estimate", base_with("/steps/0/estimate_s", json!(20))),
        ("a low claim", base_with("/steps/0/risk", json!("low"))),
        ("unpinned evidence", base_with("/evidence/0/label", json!("mails"))),
    ]
}

fn semantic() -> Vec<(&'static str, Class, String)> {
    use Class::{Narrowing, TargetMoved, Widening};
    let step = json!({"id": "more", "action": "log.write"});
    vec![
        ("a parameter", Widening, base_with("/steps/0/params/query", json!("Bob"))),
        ("its Unicode form", Widening, base_with("/steps/0/params/query", json!("Ade\u{301}"))),
        ("its case", Widening, base_with("/steps/0/params/query", json!("ad\u{e9}"))),
        ("a blank behind it", Widening, base_with("/steps/0/params/query", json!("Ad\u{e9} "))),
        ("its type", Widening, base_with("/steps/0/params/limit", json!("1"))),
        ("a lower number", Widening, base_with("/steps/0/params/limit", json!(0))),
        ("an order inside it", Widening, base_with("/steps/0/params/deep/b", json!([2, 1]))),
        ("a parameter more", Widening, base_with("/steps/0/params/all", json!(true))),
        ("a parameter less", Widening, base_with("/steps/0/params/limit", Value::Null)),
        ("null is not absent", Widening, base_with("/steps/1/params/nothing", Value::Null)),
        ("an action", Widening, base_with("/steps/0/action", json!("contact.delete"))),
        ("a command's word", Widening, base_with("/steps/1/run/2", json!("bob"))),
        ("a blank in a command", Widening, base_with("/steps/1/run/1", json!("--to "))),
        ("a command more", Widening, base_with("/steps/2/run", json!(["/bin/true"]))),
        ("no undo", Widening, base_with("/steps/1/undo", Value::Null)),
        ("a need less", Widening, base_with("/steps/2/needs", Value::Null)),
        ("a need more", Widening, base_with("/steps/2/needs/-", json!({"step": "find"}))),
        ("an effect", Widening, base_with("/steps/1/needs/0/effect", json!("blocks"))),
        ("a resolution", Widening, base_with("/steps/1/needs/0/resolution", json!("skip"))),
        ("a fallback", Widening, base_with("/steps/1/needs/0/fallback", json!("all"))),
        (
            "a condition",
            Widening,
            base_with("/steps/1/needs/0/when", json!({"step": "find", "field": "n", "operator": "exists"})),
        ),
        ("a step more", Widening, base_with("/steps/-", step)),
        ("a step less", Narrowing, base_with("/steps/2", Value::Null)),
        ("another name", Widening, base_with("/steps/2/id", json!("note"))),
        ("another order", Widening, {
            let mut document: Value = serde_json::from_str(BASE).unwrap();
            document["steps"].as_array_mut().unwrap().swap(0, 2);
            document.to_string()
        }),
        ("the environment", TargetMoved, base_with("/target/environment", json!("qa"))),
        ("the service", TargetMoved, base_with("/target/service", json!("sms"))),
        ("no tenant", TargetMoved, base_with("/target/tenant", Value::Null)),
        ("pinned evidence", Widening, base_with("/evidence/1/locator", json!("/srv/other"))),
        ("evidence that is pinned now", Widening, base_with("/evidence/0/pinned", json!(true))),
        ("pinned evidence less", Widening, base_with("/evidence/1", Value::Null)),
    ]
}

/// The sign-off that stood on the base after its producer made it `document`, and the delta.
fn revised_to(document: &str) -> (SignOffStanding, Vec<Change>) {
    let story = Story::asked_under(two_humans(), &planner(), content(BASE)).then(&bob(), approve());
    let then = story.request.clone();
    let story = story.then(&planner(), revise(content(document)));
    (story.request.signoffs[0].standing, between(&then, &story.request).unwrap())
}

#[test]
fn every_cosmetic_change_keeps_the_sign_off_and_shows_as_prose_or_not_at_all() {
    for (what, document) in cosmetic() {
        let (standing, changes) = revised_to(&document);
        assert_eq!(standing, SignOffStanding::Counts, "{what}");
        assert!(changes.iter().all(|change| change.class == Class::Prose), "{what}: {changes:?}");
        let same = content(&document) == content(BASE);
        let form_only = what.contains("form 1") || what.contains("order");
        assert_eq!(changes.is_empty(), same || form_only, "{what}: {changes:?}");
    }
}

#[test]
fn every_semantic_change_voids_the_sign_off_and_shows_in_the_delta_as_what_it_is() {
    for (what, class, document) in semantic() {
        let (standing, changes) = revised_to(&document);
        assert_eq!(standing, SignOffStanding::Void, "{what}");
        let worst = changes.iter().map(|change| change.class).max();
        assert_eq!(worst, Some(class), "{what}: {changes:?}");
        assert_ne!(content(&document).revision_digest(), content(BASE).revision_digest(), "{what}");
    }
}

#[test]
fn the_two_tables_hold_fifty_one_changes_and_none_of_them_twice() {
    let (semantic, cosmetic) = (semantic(), cosmetic());
    assert_eq!((semantic.len(), cosmetic.len()), (31, 20), "thirty are promised");
    let names = semantic.iter().map(|(what, _, _)| *what).chain(cosmetic.iter().map(|(what, _)| *what));
    assert_eq!(names.collect::<std::collections::BTreeSet<_>>().len(), 51);
    let documents = semantic.iter().map(|(_, _, text)| text).chain(cosmetic.iter().map(|(_, text)| text));
    assert_eq!(documents.collect::<std::collections::BTreeSet<_>>().len(), 51, "each changes something else");
    assert!(
        semantic.iter().all(|(_, _, text)| text != BASE) && cosmetic.iter().all(|(_, text)| text != BASE)
    );
}

#[test]
fn without_steps_the_words_are_what_is_decided_on() {
    let (old, new) = (
        question(),
        content(r#"{"kind": "question", "title": "Which road?", "options": ["the old one", "the new one"]}"#),
    );
    let none = Marks::default();
    let changes = delta((&old, &none), (&new, &none));
    assert_eq!(
        changes.iter().map(|c| (c.class, c.what.as_str())).collect::<Vec<_>>(),
        [(Class::Widening, "title")]
    );
}

// Going on with what is closed.

#[test]
fn a_successor_asks_for_what_has_not_run_and_says_which_value_it_lacks() {
    let plan = rotation();
    let ran = |done: &[&str]| -> Results {
        done.iter().map(|id| (step(id), Ran::Completed(Some(json!({"key_id": "k1"}))))).collect()
    };
    assert_eq!(remaining(&plan, &Results::new()).unwrap(), plan);
    let rest = remaining(&plan, &ran(&["snapshot"])).unwrap();
    let ids: Vec<&str> = rest.steps.iter().map(|s| s.id.as_str()).collect();
    assert_eq!(ids, ["mint", "roll", "retire", "tell"]);
    assert!(rest.steps[0].needs.is_empty(), "what it needed has run");
    let told = remaining(&plan, &ran(&["snapshot", "mint"])).unwrap_err().to_string();
    assert!(told.starts_with("steps.roll: takes mint.key_id from what has run"), "{told}");
    let all = ["snapshot", "mint", "roll", "retire", "tell"];
    assert!(remaining(&plan, &ran(&all)).unwrap_err().to_string().contains("every step has run"));
}

#[test]
fn only_the_requester_goes_on_with_it_and_only_once_it_is_closed() {
    let open = Story::asked(&planner(), rotation());
    let facts = facts();
    let submission = open.log[0].clone();
    let told = continuing(submission.clone(), RequestId::new(18), &open.request, &facts).unwrap_err();
    assert!(told.to_string().contains("still open"), "{told}");
    let closed = open.then(&bob(), approve());
    let (new, old) = continuing(submission.clone(), RequestId::new(18), &closed.request, &facts).unwrap();
    assert!(matches!(new.fact, Fact::Submitted { continues: Some(id), .. } if id == closed.request.id));
    assert_eq!(closed.request.evolve(&old).continued_by, [RequestId::new(18)]);
    let other = Story::asked(&alice(), plan()).then(&bob(), reject("no"));
    let told = continuing(submission, RequestId::new(18), &other.request, &facts).unwrap_err();
    assert!(matches!(told, Refusal::NotRequester { .. }), "{told}");
}
