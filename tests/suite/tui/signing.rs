//! Signing on the screen: the dialog shows the statement, takes the signature, and knows what it stands for.

use super::stage::*;
use crate::exchange::keys;
use countersign::domain::command::{Command, Facts, Seen};
use countersign::domain::digest::EventHash;
use countersign::domain::names::{PrincipalName, StoreId};
use countersign::domain::policy::Policy;
use countersign::domain::policy::roster::{Enrolled, Key, Roster};
use countersign::domain::principal::{Assurance, Caller, PrincipalKind};
use countersign::domain::quorum::Slot;
use countersign::domain::signing::{Proof, statement};
use countersign::domain::statement::{Deed, Signature, Statement};
use countersign::tui::Options;
use countersign::tui::act::input;
use countersign::tui::action::Effect;
use countersign::tui::hear::{Message, hear};
use countersign::tui::model::Model;
use crossterm::event::Event;
use insta::assert_snapshot;

/// Bob is enrolled with a key.
fn enrolled() -> Facts {
    let key = Key::parse(&keys::ed25519(1).public()).unwrap();
    let bob = Enrolled {
        name: PrincipalName::new("bob").unwrap(),
        kind: PrincipalKind::Human,
        person: caller("bob").person.unwrap(),
        roles: Vec::new(),
        place: countersign::domain::policy::risk::Place::ANY,
        keys: vec![key],
        since: None,
    };
    let policy = Policy { roster: Roster { principals: vec![bob] }, ..Policy::BUILT_IN };
    Facts { policy, ..facts() }
}

/// It waits for a signed human and for an agent.
fn keyed() -> Told {
    let mut told = mail();
    told.request.revision.assessment.slots = vec![
        Slot { assurance: Assurance::Signed, ..Slot::one_human() },
        Slot { kind: PrincipalKind::Agent, ..Slot::one_human() },
    ];
    told
}

fn message(told: &Told) -> Message {
    match told.message() {
        Message::Read { request, history, .. } => {
            Message::Read { request, history, facts: Some(Box::new(enrolled())) }
        }
        other => other,
    }
}

fn stands(told: &Told) -> Statement {
    let request = &told.request;
    let marks = request.marks.with_undecided_approved();
    let of = (&StoreId::from_bytes([7; 16]), EventHash::from_bytes([3; 32]));
    statement(request, Deed::Approve, &marks, None, of, NOW)
}

/// The request is in front of bob's eyes, read to its end.
fn read(told: &Told, size: (u16, u16)) -> Model {
    let mut model = screen_with(size, Options::default(), std::slice::from_ref(told));
    hear(&mut model, message(told));
    press(&mut model, "enter");
    hear(&mut model, message(told));
    model.frame_shown();
    read_to_the_end(&mut model);
    model
}

fn asked(told: &Told, size: (u16, u16)) -> Model {
    let mut model = read(told, size);
    let effects = press(&mut model, "S");
    assert_eq!(effects, [Effect::Challenge(told.request.id, Deed::Approve)], "{}", text(&model));
    hear(&mut model, Message::Challenged(Box::new(stands(told))));
    model.frame_shown();
    model
}

fn paste(model: &mut Model, pasted: &str) {
    input(model, Event::Paste(pasted.to_owned()));
    model.frame_shown();
}

#[test]
fn the_dialog_shows_the_statement_with_cancel_focused() {
    let model = asked(&keyed(), (80, 24));
    assert!(text(&model).contains("[▸Cancel ]"), "{}", text(&model));
    assert_snapshot!(text(&model));
    assert_snapshot!(text(&asked(&keyed(), (120, 40))));
}

#[test]
fn a_pasted_signature_finds_its_field_and_goes_along_with_the_decision() {
    let told = keyed();
    let mut model = asked(&told, (120, 40));
    let frame = text(&model);
    for line in stands(&told).to_string().lines() {
        assert!(frame.contains(line), "{line} is not in\n{frame}");
    }
    let armour = keys::ed25519(1).sign(&stands(&told).to_string());
    assert!(press(&mut model, "do-it").is_empty(), "nothing is decided without a signature");
    assert!(text(&model).contains("the signature is missing"), "{}", text(&model));
    assert!(press(&mut model, "do-it").is_empty(), "again");
    paste(&mut model, "no signature");
    paste(&mut model, &armour.replace('\n', "\r\n"));
    let effects = press(&mut model, "do-it");
    let [Effect::Cosign { id, armour: sent, command }] = &effects[..] else {
        panic!("{effects:?}\n{}", text(&model))
    };
    assert_eq!(
        (*id, sent.as_str()),
        (told.request.id, armour.trim_end()),
        "pasted anew, not behind the rest"
    );
    assert!(matches!(&**command, Command::Approve { seen: Seen::Drawn { .. }, .. }), "{command:?}");
}

#[test]
fn what_is_signed_stays_in_view_when_the_store_is_read_again() {
    let told = keyed();
    let mut model = asked(&told, (120, 40));
    let before = text(&model);
    hear(&mut model, message(&told));
    assert_eq!(text(&model), before, "a challenge, or anything else, was recorded meanwhile");
}

#[test]
fn who_has_no_key_is_told_so_and_the_footer_names_no_key_for_it() {
    let told = keyed();
    let mut model = screen_with((80, 24), Options::default(), std::slice::from_ref(&told));
    press(&mut model, "enter");
    read_to_the_end(&mut model);
    assert!(!text(&model).contains("S sign"), "{}", text(&model));
    assert!(press(&mut model, "S").is_empty() && model.dialog.is_none());
    assert!(text(&model).contains("the adopted roster has no key of bob"), "{}", text(&model));
    assert!(press(&mut model, "A").is_empty() && model.dialog.is_none());
    assert!(text(&model).contains("this slot needs a signature"), "{}", text(&model));
    assert!(text(&read(&keyed(), (80, 24))).contains("S sign"), "{}", text(&model));
}

#[test]
fn what_changed_before_the_statement_came_is_looked_at_again() {
    let told = keyed();
    let mut model = read(&told, (80, 24));
    press(&mut model, "S");
    let other = Statement { revision: deployment().request.revision.digest, ..stands(&told) };
    assert_eq!(hear(&mut model, Message::Challenged(Box::new(other))), [Effect::Read(told.request.id)]);
    assert!(model.dialog.is_none() && text(&model).contains("press again"), "{}", text(&model));
}

/// As bob signed it.
fn signed(told: Told) -> Told {
    let statement = stands(&told);
    let text = statement.to_string();
    let armour = keys::ed25519(1).sign(&text);
    let fingerprint = keys::ed25519(1).fingerprint();
    let proof = Proof { statement, signature: Signature { statement: text, armour, fingerprint } };
    let facts = Facts { signature: Some(Ok(proof)), ..enrolled() };
    let caller = Caller { assurance: Assurance::Signed, ..caller("bob") };
    let approve = Command::Approve { reason: Some("read it".into()), seen: Seen::Nothing };
    let mut told = told;
    for entry in told.request.decide(&approve, &caller, &facts, ago(1)).unwrap() {
        told.request = told.request.evolve(&entry);
        told.history.push((told.history.last().unwrap().0, entry));
    }
    told
}

#[test]
fn the_keys_tab_says_who_with_which_key_over_what_and_what_is_open() {
    let told = signed(keyed());
    for size in [(80, 24), (120, 40)] {
        let mut model = read(&told, size);
        while model.reading.as_ref().unwrap().tab.word() != "keys" {
            press(&mut model, "]");
        }
        let frame = text(&model);
        for words in
            ["keys 1/2", "Keys: 1 of 2", "1 agent: open", "bob (signed)", "key SHA256:", "over revision"]
        {
            assert!(frame.contains(words), "{words} is not in\n{frame}");
        }
        assert_snapshot!(frame);
    }
    let mut void = told;
    void.request.signoffs[0].standing = countersign::domain::request::SignOffStanding::Void;
    let mut model = read(&void, (120, 40));
    while model.reading.as_ref().unwrap().tab.word() != "keys" {
        press(&mut model, "]");
    }
    assert!(text(&model).contains("keys 0/2") && text(&model).contains("void: what it stood for"));
}
