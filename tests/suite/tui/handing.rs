//! Handing a request over on the screen: who could have it, who could not and why, and what is given to oneself.

use super::stage::*;
use countersign::domain::command::{Command, Facts};
use countersign::domain::names::PrincipalName;
use countersign::domain::policy::Policy;
use countersign::domain::policy::roster::{Enrolled, Roster};
use countersign::domain::principal::{PrincipalKind, Role};
use countersign::tui::Options;
use countersign::tui::action::Effect;
use countersign::tui::hear::{Message, hear};
use countersign::tui::model::Model;

fn enrolled(name: &str, role: Role) -> Enrolled {
    Enrolled {
        name: PrincipalName::new(name).unwrap(),
        kind: PrincipalKind::Human,
        person: caller(name).person.unwrap(),
        roles: vec![role],
        place: countersign::domain::policy::risk::Place::ANY,
        keys: Vec::new(),
        since: None,
    }
}

/// A team: bob and carol could, erin may not, and the auditor neither.
fn team() -> Facts {
    let principals = vec![
        enrolled("bob", Role::Lead),
        enrolled("carol", Role::Reviewer),
        enrolled("erin", Role::Producer),
        enrolled("adam", Role::Auditor),
    ];
    Facts { policy: Policy { roster: Roster { principals }, ..Policy::BUILT_IN }, team: true, ..facts() }
}

fn asked(facts: Facts, size: (u16, u16)) -> Model {
    let told = mail();
    let mut model = screen_with(size, Options::default(), std::slice::from_ref(&told));
    press(&mut model, "enter");
    if let Message::Read { request, history, .. } = told.message() {
        hear(&mut model, Message::Read { request, history, facts: Some(Box::new(facts)) });
    }
    model.frame_shown();
    press(&mut model, "H");
    model
}

fn given(effects: &[Effect]) -> Option<&PrincipalName> {
    effects.iter().find_map(|effect| match effect {
        Effect::Decide { command, .. } => match command.as_ref() {
            Command::Reassign { to, .. } => Some(to),
            _ => None,
        },
        _ => None,
    })
}

#[test]
fn the_dialog_says_who_could_have_it_and_who_could_not_and_why() {
    for size in [(80, 24), (120, 40)] {
        let model = asked(team(), size);
        let frame = text(&model);
        assert!(frame.contains("It can be given to bob, carol."), "{frame}");
        assert!(frame.contains("not erin: they do not hold the permission `review`"), "{frame}");
        assert!(frame.contains("not adam: they do not hold"), "{frame}");
        assert!(frame.contains("To whom"), "{frame}");
    }
}

#[test]
fn what_is_typed_is_whom_it_is_given_to_and_a_name_is_asked_for() {
    let mut model = asked(team(), (80, 24));
    assert_eq!(given(&press(&mut model, "do-it")), None);
    assert!(text(&model).contains("the name is missing"), "{}", text(&model));
    let mut model = asked(team(), (80, 24));
    type_text(&mut model, "carol");
    let effects = press(&mut model, "do-it");
    assert_eq!(given(&effects).map(PrincipalName::as_str), Some("carol"), "{effects:?}");
    let mut model = asked(team(), (80, 24));
    type_text(&mut model, "Not a name");
    assert_eq!(given(&press(&mut model, "do-it")), None);
    assert!(text(&model).contains("that is no name"), "{}", text(&model));
}

#[test]
fn alone_any_name_will_do_but_the_requesters() {
    let frame = text(&asked(facts(), (80, 24)));
    assert!(frame.contains("Nobody is enrolled here: any name but"), "{frame}");
}

#[test]
fn nought_shows_what_is_given_to_whoever_looks() {
    let mut model = screen((120, 40));
    let effects = press(&mut model, "0");
    let asks = effects.iter().any(|effect| format!("{effect:?}").contains("Assignee(Me)"));
    assert!(asks, "{effects:?}");
    assert!(text(&model).contains("assignee:me"), "{}", text(&model));
}
