//! Look-alikes: forty of one shape, three of them poisoned, and the law that nothing hides in a batch.

use super::stage::*;
use countersign::app::Alikes;
use countersign::domain::alike::{Alike, MOST, alike, shape};
use countersign::domain::command::{Command, Seen};
use countersign::domain::marks::Mark;
use countersign::domain::names::{RequestId, StepId};
use countersign::domain::talk::About;
use countersign::domain::text::Text;
use countersign::tui::Options;
use countersign::tui::action::{Ask, Effect};
use countersign::tui::hear::{Message, hear};
use countersign::tui::model::Model;
use insta::assert_snapshot;
use serde_json::{Value, json};

/// A mail to a customer: all of one shape.
fn document(n: u64) -> Value {
    json!({"kind": "plan", "title": format!("Mail customer {n}"), "target": {"environment": "staging", "service": "mail"},
        "steps": [
            {"id": "render", "action": "mail.render", "params": {"template": "welcome", "customer": 1000 + n}},
            {"id": "send", "action": "mail.send",
             "params": {"to": format!("customer{n}@example.org"), "from": "office@example.org", "cents": 100 + n,
                        "file": format!("/srv/mail/out/{n}.eml"), "opts": {"retry": 3, "tags": ["a", "b"]}},
             "run": ["/usr/bin/send", format!("customer{n}@example.org")],
             "needs": [{"step": "render", "effect": "blocks", "resolution": "skip"}]}]})
}

fn mail(n: u64) -> Told {
    Told::asked(n, "planner", ago(10), document(n))
}

fn poisoned(n: u64, poison: impl Fn(&mut Value)) -> Told {
    let mut document = document(n);
    poison(&mut document);
    Told::asked(n, "planner", ago(10), document)
}

fn gathered(template: &Told, told: &[Told]) -> Alike {
    let requests: Vec<_> = told.iter().map(|told| told.request.clone()).collect();
    alike(&template.request, &requests, &caller("bob").name, NOW).unwrap()
}

/// Everything that can be wrong with one of forty.
type Poison = (&'static str, fn(&mut Value));
const POISONS: [Poison; 20] = [
    ("another sender", |d| d["steps"][1]["params"]["from"] = json!("ceo@example.org")),
    ("another domain", |d| d["steps"][1]["params"]["to"] = json!("customer9@evil.example.com")),
    ("another domain in the command", |d| d["steps"][1]["run"][1] = json!("customer9@evil.example.com")),
    ("a shell character", |d| d["steps"][1]["run"][1] = json!("customer9@example.org;id")),
    ("two addresses", |d| d["steps"][1]["params"]["to"] = json!("customer9@evil.com,customer9@example.org")),
    ("a large number", |d| d["steps"][1]["params"]["cents"] = json!(999_999)),
    ("below zero", |d| d["steps"][1]["params"]["cents"] = json!(-5)),
    ("a number as text", |d| d["steps"][1]["params"]["cents"] = json!("101")),
    ("another directory", |d| d["steps"][1]["params"]["file"] = json!("/etc/cron.d/9.eml")),
    ("climbing out", |d| d["steps"][1]["params"]["file"] = json!("/srv/mail/out/../../x.eml")),
    ("one more parameter", |d| d["steps"][1]["params"]["bcc"] = json!("x@example.org")),
    ("one parameter less", |d| {
        d["steps"][1]["params"].as_object_mut().unwrap().remove("opts").map(|_| ()).unwrap()
    }),
    ("one more inside a parameter", |d| d["steps"][1]["params"]["opts"]["tags"] = json!(["a", "b", "c"])),
    ("another inside a parameter", |d| d["steps"][1]["params"]["opts"]["retry"] = json!(4)),
    ("hidden characters", |d| d["steps"][1]["params"]["to"] = json!("customer\u{200b}9@example.org")),
    ("mixed scripts", |d| d["steps"][1]["params"]["to"] = json!("customеr9@example.org")),
    ("an option", |d| d["steps"][1]["run"][1] = json!("--config=/tmp/x")),
    ("another template", |d| d["steps"][0]["params"]["template"] = json!("goodbye")),
    ("a late value", |d| d["steps"][1]["params"]["to"] = json!("{{render.to}}")),
    ("a very long value", |d| {
        d["steps"][1]["params"]["to"] = json!(format!("{}@example.org", "c".repeat(400)))
    }),
];

/// What makes it another shape: it is in no batch, and nobody need say so.
const OTHERS: [Poison; 8] = [
    ("another action", |d| d["steps"][1]["action"] = json!("mail.bulk")),
    ("another program", |d| d["steps"][1]["run"][0] = json!("/tmp/send")),
    ("one more argument", |d| d["steps"][1]["run"].as_array_mut().unwrap().push(json!("--all"))),
    ("an undo", |d| d["steps"][1]["undo"] = json!(["/usr/bin/unsend"])),
    ("other needs", |d| d["steps"][1]["needs"] = json!([])),
    ("another place", |d| d["target"]["environment"] = json!("production")),
    ("for somebody else", |d| d["target"]["tenant"] = json!("acme")),
    ("a higher risk", |d| d["risk"] = json!("high")),
];

#[test]
fn whatever_is_wrong_with_one_of_forty_it_is_never_in_the_batch() {
    for (what, poison) in POISONS.into_iter().chain(OTHERS) {
        let is_apart = POISONS.iter().any(|(name, _)| *name == what);
        // The first, one in the middle and the last: three poisoned alike do not vouch for each other.
        let bad = [9, 20, 40];
        let told: Vec<Told> =
            (1..=40).map(|n| if bad.contains(&n) { poisoned(n, poison) } else { mail(n) }).collect();
        let found = gathered(&told[0], &told);
        let together: Vec<u64> = found.together.iter().map(|id| id.number()).collect();
        let good: Vec<u64> = (1..=40).filter(|n| !bad.contains(n)).collect();
        assert_eq!(together, good, "{what}: {:?}", found.apart);
        let apart: Vec<u64> = found.apart.iter().map(|(id, _)| id.number()).collect();
        assert_eq!(apart, if is_apart { bad.to_vec() } else { Vec::new() }, "{what}");
        assert!(found.apart.iter().all(|(_, why)| !why.is_empty()), "{what}");
    }
}

#[test]
fn what_somebody_did_to_one_takes_it_out() {
    let reason = || Some(Text::from("so"));
    let deeds: [(&str, Command); 4] = [
        ("alice", Command::Claim),
        ("alice", Command::Comment { text: Text::from("wait"), about: About::REQUEST }),
        ("alice", Command::RequestChanges { reason: reason(), seen: Seen::Nothing }),
        (
            "alice",
            Command::Mark {
                steps: vec![StepId::new("render").unwrap()],
                mark: Mark::Approved,
                reason: reason(),
                seen: Seen::Nothing,
            },
        ),
    ];
    for (who, deed) in deeds {
        let mut told: Vec<Told> = (1..=6).map(mail).collect();
        told[3] = mail(4).then(who, ago(2), &deed);
        let found = gathered(&told[0], &told);
        assert_eq!(found.apart.len(), 1, "{deed:?}: {:?}", found.apart);
        assert_eq!(found.apart[0].0.number(), 4);
    }
    // An edit, although what it says now is like the others.
    let mut told: Vec<Told> = (1..=6).map(mail).collect();
    let content = |n: u64| {
        let limits = &countersign::domain::document::Limits::BUILT_IN;
        countersign::domain::document::read(document(n).to_string().as_bytes(), limits).unwrap().content
    };
    told[3] = poisoned(4, |d| d["steps"][1]["params"]["cents"] = json!(7)).then(
        "planner",
        ago(3),
        &Command::Revise { content: Box::new(content(4)) },
    );
    assert_eq!(gathered(&told[0], &told).apart[0].1[0].to_string(), "it was edited: it is at revision 2");
    // One other asker among many.
    told[3] = Told::asked(4, "mallory", ago(3), document(4));
    let found = gathered(&told[0], &told);
    assert_eq!(found.apart[0].1[0].to_string(), "asked by mallory, the others by planner");
}

#[test]
fn what_is_sensitive_or_without_steps_has_no_look_alikes() {
    assert!(shape(&deployment().request).unwrap_err().contains("sensitive"));
    assert!(shape(&question().request).unwrap_err().contains("no steps"));
}

#[test]
fn no_more_than_fifty_are_together() {
    let told: Vec<Told> = (1..=70).map(mail).collect();
    let found = gathered(&told[0], &told);
    assert_eq!((found.together.len(), found.beyond.len()), (MOST, 20));
}

/// What a request would do, with nothing in the places that are listed as differing.
fn blanked(told: &Told, differing: &[String]) -> Value {
    let content = told.request.content.as_ref().unwrap();
    let mut leaves = countersign::domain::alike::leaves(content);
    for leaf in differing {
        assert!(leaves.remove(leaf).is_some(), "{leaf} is listed and is not there");
    }
    let mut whole = serde_json::to_value(content).unwrap();
    whole["title"] = Value::Null;
    for step in whole["steps"].as_array_mut().unwrap() {
        step["params"] = Value::Null;
        for argv in ["run", "undo"] {
            if let Some(list) = step.get_mut(argv).and_then(Value::as_array_mut) {
                list.iter_mut().skip(1).for_each(|argument| *argument = Value::Null);
            }
        }
    }
    json!({"leaves": leaves, "rest": whole})
}

#[test]
fn nothing_in_a_batch_is_sensitive_or_differs_in_anything_but_what_is_listed() {
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % below as u64).unwrap()
    };
    let all: Vec<Poison> = POISONS.into_iter().chain(OTHERS).collect();
    let mut batches = 0;
    for _ in 0..150 {
        let many = 2 + next(24) as u64;
        let told: Vec<Told> = (1..=many)
            .map(|n| match next(3) {
                0 => poisoned(n, all[next(all.len())].1),
                _ => mail(n),
            })
            .collect();
        let template = &told[next(told.len())];
        if shape(&template.request).is_err() {
            continue;
        }
        let found = gathered(template, &told);
        let of = |id: &RequestId| told.iter().find(|told| told.request.id == *id).unwrap();
        let Some(first) = found.together.first().map(of) else { continue };
        batches += 1;
        for (id, row) in found.together.iter().zip(&found.rows) {
            let told = of(id);
            assert!(!told.request.assessment().sensitive);
            assert_eq!(blanked(told, &found.differing), blanked(first, &found.differing));
            let leaves = countersign::domain::alike::leaves(told.request.content.as_ref().unwrap());
            let listed: Vec<Value> = found.differing.iter().map(|leaf| leaves[leaf].clone()).collect();
            assert_eq!(*row, listed, "the table shows what is there");
        }
    }
    assert!(batches > 80, "{batches}");
}

// On the screen.

pub fn forty() -> Vec<Told> {
    (1..=40)
        .map(|n| match n {
            9 | 20 | 40 => poisoned(n, POISONS[usize::try_from(n % 5).unwrap()].1),
            n => mail(n),
        })
        .collect()
}

pub fn looked_at(size: (u16, u16), options: Options, told: &[Told]) -> Model {
    let mut model = screen_with(size, options, told);
    let effects = press(&mut model, "=");
    assert_eq!(effects, [Effect::FindAlike(told[0].request.id)]);
    let candidates = told.iter().map(|told| (told.request.clone(), facts())).collect();
    let template = told[0].request.clone();
    hear(
        &mut model,
        Message::Alikes(Box::new(Alikes { template, candidates, of_the_first: Some(2_000), read: None })),
    );
    model.frame_shown();
    model
}

#[test]
fn a_template_a_table_and_those_that_are_decided_alone() {
    for (width, height) in [(120, 40), (80, 24)] {
        let mut model = looked_at((width, height), Options::default(), &forty());
        assert_snapshot!(format!("alike_at_{width}_by_{height}"), text(&model));
        press(&mut model, "G");
        assert_snapshot!(format!("alike_end_at_{width}_by_{height}"), text(&model));
    }
    let model = looked_at((80, 24), Options { ascii: true, no_color: true }, &forty()[..5]);
    assert!(text(&model).is_ascii(), "{}", text(&model));
}

#[test]
fn all_of_it_is_shown_before_the_rest_is_decided_with_a_reason_and_the_count() {
    let mut model = looked_at((80, 24), Options::default(), &forty());
    press(&mut model, "A");
    assert!(model.batch.is_none());
    assert!(text(&model).contains("lines are not yet shown: pgdn shows them"), "{}", text(&model));
    // What was skipped was not shown.
    press(&mut model, "G");
    press(&mut model, "A");
    assert!(model.batch.is_none());
    press(&mut model, "g");
    for _ in 0..7 {
        press(&mut model, "pgdn");
    }
    press(&mut model, "A");
    let batch = model.batch.as_ref().expect("all was shown");
    assert_eq!((batch.items.len(), batch.left_out.len(), batch.ask), (37, 3, Ask::Approve));
    assert!(press(&mut model, "do-it").is_empty(), "no reason");
    type_text(&mut model, "welcome mails");
    press(&mut model, "tab");
    type_text(&mut model, "37");
    let effects = press(&mut model, "do-it");
    let Some(Effect::DecideAll { commands, .. }) = effects.first() else { panic!("{effects:?}") };
    assert_eq!(commands.len(), 37);
    let poisoned = [9, 20, 40].map(RequestId::new);
    assert!(commands.iter().all(|(id, _)| !poisoned.contains(id)));
    assert!(commands.iter().all(|(_, command)| matches!(command, Command::Approve { reason: Some(_), .. })));
}

#[test]
fn keys_before_it_was_drawn_are_dropped_and_going_back_decides_nothing() {
    let mut model = looked_at((120, 40), Options::default(), &forty()[..6]);
    model.alike.as_mut().unwrap().shown = false;
    assert!(press_unseen(&mut model, "A").is_empty());
    assert!(model.batch.is_none() && model.alike.is_some());
    model.frame_shown();
    press(&mut model, "q");
    assert!(model.alike.is_none());
    assert!(text(&model).contains("nothing was decided"));
}

#[test]
fn what_has_none_says_so() {
    let mut model = screen_with((80, 24), Options::default(), &[question()]);
    let (template, candidates) = (question().request, Vec::new());
    hear(
        &mut model,
        Message::Alikes(Box::new(Alikes { template, candidates, of_the_first: None, read: None })),
    );
    assert!(text(&model).contains("R-1031 has no look-alikes: it has no steps"), "{}", text(&model));
    let one = mail(1);
    let candidates = vec![(one.request.clone(), facts())];
    hear(
        &mut model,
        Message::Alikes(Box::new(Alikes {
            template: one.request,
            candidates,
            of_the_first: None,
            read: None,
        })),
    );
    assert!(text(&model).contains("nothing else that waits looks like R-1"), "{}", text(&model));
}
