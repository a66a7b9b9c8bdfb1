//! The roster of a policy file: `[[principal]]` and its keys, checked as a whole.

use super::Fault;
use crate::domain::moment::Moment;
use crate::domain::names::{PersonName, PrincipalName};
use crate::domain::policy::glob::Glob;
use crate::domain::policy::risk::Place;
use crate::domain::policy::roster::{Enrolled, Key, Roster};
use crate::domain::principal::{PrincipalKind, Role};
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PrincipalForm {
    name: Spanned<PrincipalName>,
    kind: Spanned<KindForm>,
    person: Option<Spanned<PersonName>>,
    owner: Option<Spanned<PersonName>>,
    roles: Option<Spanned<Vec<Role>>>,
    #[serde(default)]
    environment: Vec<Glob>,
    #[serde(default)]
    service: Vec<Glob>,
    #[serde(default)]
    tenant: Vec<Glob>,
    #[serde(default)]
    key: Vec<Spanned<KeyForm>>,
}

impl PrincipalForm {
    fn place(&self) -> Place {
        let Self { environment, service, tenant, .. } = self;
        Place { environment: environment.clone(), service: service.clone(), tenant: tenant.clone() }
    }
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum KindForm {
    Human,
    Agent,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyForm {
    key: Spanned<String>,
    valid_after: Option<Spanned<toml::Value>>,
    valid_before: Option<Spanned<toml::Value>>,
    #[serde(default)]
    revoked: bool,
}

/// Reads the roster, in two walks: who the people are, then everybody.
pub(super) fn roster(forms: Vec<Spanned<PrincipalForm>>) -> Result<Roster, Fault> {
    let people = people(&forms)?;
    let mut roster = Roster::default();
    // Whose each key is, by its fingerprint.
    let mut keys: BTreeMap<String, PrincipalName> = BTreeMap::new();
    for form in forms {
        let form = form.into_inner();
        let (kind, person) = person(&form, &people)?;
        let place = form.place();
        let name = form.name.into_inner();
        let mut enrolled = Enrolled {
            name: name.clone(),
            kind,
            person,
            roles: Vec::new(),
            place,
            keys: Vec::new(),
            since: None,
        };
        if let Some(roles) = form.roles {
            let span = roles.span();
            for role in roles.into_inner() {
                if !role.is_for(kind) {
                    let why = match kind {
                        PrincipalKind::Agent => {
                            "an agent decides nothing for people: its roles are producer, agent, viewer"
                        }
                        _ => {
                            "is for agents; a person's are viewer, producer, reviewer, lead, release, auditor, admin"
                        }
                    };
                    return Err((span, format!("roles: `{}` of {name}: {why}", role.word())));
                }
                if !enrolled.roles.contains(&role) {
                    enrolled.roles.push(role);
                }
            }
        }
        for form in form.key {
            let (span, key) = key(form, &name)?;
            if let Some(owner) = keys.insert(key.fingerprint.clone(), name.clone()) {
                let whose = if owner == name { "named twice for" } else { "already the key of" };
                return Err((
                    span,
                    format!("key: {} is {whose} {owner}; one key is one principal's", key.fingerprint),
                ));
            }
            enrolled.keys.push(key);
        }
        roster.principals.push(enrolled);
    }
    Ok(roster)
}

/// The person of each human, by the human's name, with the names checked.
fn people(forms: &[Spanned<PrincipalForm>]) -> Result<BTreeMap<PrincipalName, PersonName>, Fault> {
    let mut kinds: BTreeMap<PrincipalName, KindForm> = BTreeMap::new();
    let mut people = BTreeMap::new();
    for form in forms.iter().map(Spanned::get_ref) {
        let (span, name) = (form.name.span(), form.name.get_ref());
        if [PrincipalName::system(), PrincipalName::operator()].contains(name) {
            return Err((span, format!("name: `{name}` is the program's own and cannot be enrolled")));
        }
        if kinds.insert(name.clone(), *form.kind.get_ref()).is_some() {
            return Err((span, format!("name: there is a principal `{name}` already")));
        }
        if *form.kind.get_ref() == KindForm::Human {
            let own = || PersonName::of(name);
            people.insert(name.clone(), form.person.as_ref().map_or_else(own, |p| p.get_ref().clone()));
        }
    }
    // A person who is named like a principal is that principal's person: one word never means two people.
    for form in forms.iter().map(Spanned::get_ref) {
        let Some(person) = &form.person else { continue };
        let Ok(same) = PrincipalName::new(person.get_ref().as_str()) else { continue };
        let is_theirs = people.get(&same).is_some_and(|of| of == person.get_ref());
        if kinds.contains_key(&same) && !is_theirs {
            let why = format!("person: `{same}` is the name of a principal that is not this person's");
            return Err((person.span(), why));
        }
    }
    Ok(people)
}

/// What sort a principal is, and its person or owner.
fn person(
    form: &PrincipalForm,
    people: &BTreeMap<PrincipalName, PersonName>,
) -> Result<(PrincipalKind, PersonName), Fault> {
    let name = form.name.get_ref();
    match (form.kind.get_ref(), &form.person, &form.owner) {
        (KindForm::Human, _, Some(owner)) => {
            Err((owner.span(), format!("owner: {name} is a human; only agents have an owner")))
        }
        (KindForm::Human, ..) => {
            Ok((PrincipalKind::Human, people.get(name).cloned().unwrap_or_else(|| PersonName::of(name))))
        }
        (KindForm::Agent, Some(person), _) => Err((
            person.span(),
            format!("person: {name} is an agent; name its `owner`, a human of the roster"),
        )),
        (KindForm::Agent, None, None) => Err((
            form.name.span(),
            format!("owner: {name} is an agent and has none; name a human of the roster"),
        )),
        (KindForm::Agent, None, Some(owner)) => {
            let named = PrincipalName::new(owner.get_ref().as_str()).ok().and_then(|name| people.get(&name));
            let person = named.or_else(|| people.values().find(|person| *person == owner.get_ref()));
            let why = || (owner.span(), format!("owner: `{}` is no human of the roster", owner.get_ref()));
            Ok((PrincipalKind::Agent, person.cloned().ok_or_else(why)?))
        }
    }
}

fn key(form: Spanned<KeyForm>, name: &PrincipalName) -> Result<(std::ops::Range<usize>, Key), Fault> {
    let KeyForm { key, valid_after, valid_before, revoked } = form.into_inner();
    let span = key.span();
    let read = Key::parse(key.get_ref()).map_err(|why| (span.clone(), format!("key: of {name}: {why}")))?;
    let (from, until) =
        (moment(valid_after.as_ref(), "valid_after")?, moment(valid_before.as_ref(), "valid_before")?);
    if let (Some(from), Some(until), Some(place)) = (from, until, &valid_before)
        && until <= from
    {
        return Err((place.span(), "valid_before: is not after valid_after".to_owned()));
    }
    Ok((span, Key { valid_after: from, valid_before: until, revoked, ..read }))
}

/// A day or a time, as TOML or as text has it; a day begins at midnight UTC.
fn moment(value: Option<&Spanned<toml::Value>>, key: &str) -> Result<Option<Moment>, Fault> {
    let Some(value) = value else { return Ok(None) };
    let text = match value.get_ref() {
        toml::Value::String(text) => text.clone(),
        toml::Value::Datetime(time) => time.to_string(),
        _ => String::new(),
    };
    let read = Moment::parse(&text).or_else(|| Moment::parse(&format!("{text}T00:00:00Z")));
    let why = || {
        (value.span(), format!("{key}: is a day such as 2027-01-31, or a time such as 2027-01-31T12:00:00Z"))
    };
    read.map(Some).ok_or_else(why)
}
