//! A filter over lists: field terms, which are exact, and words, each of which must begin a word of the request.
//!
//! `deploy pay risk:high due:<30m` is what has a word that begins with "deploy", one that begins with "pay", high risk,
//! and is due in less than half an hour. Everything must hold.

use crate::domain::chain::Whom;
use crate::domain::content::Kind;
use crate::domain::moment::Span;
use crate::domain::names::{PrincipalName, RequestId};
use crate::domain::principal::Role;
use crate::domain::request::{Request, StateName};
use crate::domain::risk::Risk;
use std::collections::BTreeSet;
use unicode_segmentation::UnicodeSegmentation;

/// The fields a term can name, with what they take.
pub const FIELDS: [(&str, &str); 9] = [
    ("kind", "a kind, as plan"),
    ("risk", "low, medium, high or critical"),
    ("state", "a state, as escalated"),
    ("by", "who asked"),
    ("target", "the service"),
    ("env", "the environment"),
    ("tenant", "the tenant"),
    ("assignee", "me, none, a name or a role"),
    ("due", "<30m, >2h or overdue"),
];

/// How many characters of a word count.
const LONGEST_WORD: usize = 32;
/// How many words of a request can be found.
const MOST_WORDS: usize = 96;

/// When something is due.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Deadline {
    /// It was due already.
    Overdue,
    /// In less than this.
    Within(Span),
    /// In more than this.
    Beyond(Span),
}

/// One field term.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Term {
    /// Of this kind.
    Kind(Kind),
    /// Of this risk.
    Risk(Risk),
    /// In this state.
    State(StateName),
    /// Asked for by this name.
    By(String),
    /// About this service.
    Target(String),
    /// In this environment.
    Environment(String),
    /// For this tenant.
    Tenant(String),
    /// Given to.
    Assignee(Assignee),
    /// Due then.
    Due(Deadline),
}

/// Whom something that is open is given to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Assignee {
    /// Whoever looks, by name or by a role of theirs.
    Me,
    /// Nobody in particular.
    Nobody,
    /// One of these.
    OneOf(Vec<Whom>),
}

impl Assignee {
    fn parse(value: &str) -> Option<Self> {
        match value {
            "me" => Some(Assignee::Me),
            "none" => Some(Assignee::Nobody),
            name => {
                let role = Role::parse(name).map(Whom::Role);
                let name = PrincipalName::new(name).ok().map(Whom::Principal);
                let all: Vec<Whom> = name.into_iter().chain(role).collect();
                (!all.is_empty()).then_some(Assignee::OneOf(all))
            }
        }
    }
}

/// What is looked for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Filter {
    /// What must hold exactly.
    pub terms: Vec<Term>,
    /// What words must begin with.
    pub words: Vec<String>,
}

impl Filter {
    /// Reads a filter as it is typed.
    ///
    /// # Errors
    /// What is wrong with which term.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut filter = Self::default();
        for part in text.split_whitespace() {
            match part.split_once(':') {
                Some((field, value)) => filter.terms.push(term(&field.to_lowercase(), value)?),
                None => match RequestId::parse(part).filter(|_| part.starts_with(['R', 'r'])) {
                    Some(id) => filter.words.push(number_word(id)),
                    None => filter.words.extend(words_of(part)),
                },
            }
        }
        Ok(filter)
    }

    /// The same for one who looks: `me` is their name and the roles they hold.
    #[must_use]
    pub fn as_read_by(&self, name: &PrincipalName, roles: &[Role]) -> Self {
        let mut filter = self.clone();
        for term in &mut filter.terms {
            if let Term::Assignee(of) = term
                && *of == Assignee::Me
            {
                let roles = roles.iter().copied().map(Whom::Role);
                *of = Assignee::OneOf([Whom::Principal(name.clone())].into_iter().chain(roles).collect());
            }
        }
        filter
    }

    /// The names and roles of which what is looked for is given to one.
    pub fn assignees(&self) -> Option<&[Whom]> {
        self.terms.iter().find_map(|term| match term {
            Term::Assignee(Assignee::OneOf(all)) => Some(all.as_slice()),
            _ => None,
        })
    }

    /// Whether nothing is looked for.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty() && self.words.is_empty()
    }

    /// Whether every word looked for begins one of `words`.
    pub fn words_in(&self, words: &BTreeSet<String>) -> bool {
        let begins = |wanted: &String| {
            words.range(wanted.clone()..).next().is_some_and(|word| word.starts_with(wanted.as_str()))
        };
        self.words.iter().all(begins)
    }
}

fn term(field: &str, value: &str) -> Result<Term, String> {
    let Some((_, takes)) = FIELDS.iter().find(|(name, _)| *name == field) else {
        let known: Vec<String> = FIELDS.iter().map(|(name, _)| format!("{name}:")).collect();
        return Err(format!("there is no such field; known are {}", known.join(" ")));
    };
    let value = value.to_lowercase();
    let wrong = || format!("{field}: takes {takes}");
    if value.is_empty() {
        return Err(wrong());
    }
    Ok(match field {
        "kind" => Term::Kind(
            *Kind::ALL
                .iter()
                .find(|k| k.word() == value)
                .ok_or_else(|| format!("kind: known are {}", Kind::ALL.map(Kind::word).join(", ")))?,
        ),
        "risk" => Term::Risk(*Risk::ALL.iter().find(|r| r.word() == value).ok_or_else(wrong)?),
        "state" => {
            let value = value.replace('-', "_");
            Term::State(*StateName::ALL.iter().find(|s| s.word() == value).ok_or_else(|| {
                format!("state: known are {}", StateName::ALL.map(StateName::word).join(", "))
            })?)
        }
        "by" => Term::By(value),
        "target" => Term::Target(value),
        "env" => Term::Environment(value),
        "tenant" => Term::Tenant(value),
        "assignee" => Term::Assignee(Assignee::parse(&value).ok_or_else(wrong)?),
        _ if value == "overdue" => Term::Due(Deadline::Overdue),
        _ => match value.split_at(value.chars().next().map_or(0, char::len_utf8)) {
            ("<", rest) => Term::Due(Deadline::Within(span(rest).ok_or_else(wrong)?)),
            (">", rest) => Term::Due(Deadline::Beyond(span(rest).ok_or_else(wrong)?)),
            _ => return Err(wrong()),
        },
    })
}

/// A number with m, h or d behind it, as a length of time.
pub(super) fn span(text: &str) -> Option<Span> {
    let minutes = match text.char_indices().next_back()? {
        (at, 'm') => text[..at].parse::<i64>().ok()?,
        (at, 'h') => text[..at].parse::<i64>().ok()?.checked_mul(60)?,
        (at, 'd') => text[..at].parse::<i64>().ok()?.checked_mul(24 * 60)?,
        _ => return None,
    };
    (0..=1_000_000).contains(&minutes).then(|| Span::from_minutes(minutes))
}

/// The words of a text: runs of letters and digits, in small letters; what is written without blanks, as Japanese is,
/// at its own bounds.
pub fn words_of(text: &str) -> Vec<String> {
    let small = text.to_lowercase();
    let mut out = Vec::new();
    for run in small.split(|c: char| !c.is_alphanumeric()).filter(|run| !run.is_empty()) {
        if run.is_ascii() {
            out.push(run.chars().take(LONGEST_WORD).collect());
        } else {
            out.extend(run.unicode_words().map(|word| word.chars().take(LONGEST_WORD).collect::<String>()));
        }
    }
    out
}

/// The word by which a number is found.
pub fn number_word(id: RequestId) -> String {
    format!("r{}", id.number())
}

/// The words by which a request is found, the most telling first, and no more than there is room for: its number, title,
/// producer, target, reference and labels, the ids, actions and titles of its steps, and the summary.
pub fn words_of_request(request: &Request) -> BTreeSet<String> {
    let mut out = BTreeSet::from([number_word(request.id), request.id.number().to_string()]);
    let mut take = |text: &str| {
        if out.len() >= MOST_WORDS {
            return; // a large plan has thousands, and no more are kept
        }
        for word in words_of(text) {
            if out.len() < MOST_WORDS {
                out.insert(word);
            }
        }
    };
    let content = request.content.as_ref();
    take(content.map_or("", |c| c.title.raw()));
    take(request.requester.name.as_str());
    let target = request.target();
    for part in [&target.environment, &target.service, &target.tenant].into_iter().flatten() {
        take(part.as_str());
    }
    take(request.reference.as_ref().map_or("", |r| r.as_str()));
    if let Some(content) = content {
        content.labels.values().for_each(|value| take(value.raw()));
        for step in &content.steps {
            take(step.id.as_str());
            take(step.action.as_str());
            take(step.title.raw());
        }
        take(content.summary.raw());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_exact_and_words_are_beginnings() {
        let filter = Filter::parse("Deploy pay risk:High due:<30m state:changes-requested").unwrap();
        assert_eq!(filter.words, ["deploy", "pay"]);
        let due = Term::Due(Deadline::Within(Span::from_minutes(30)));
        assert_eq!(filter.terms, [Term::Risk(Risk::High), due, Term::State(StateName::ChangesRequested)]);
        let words = words_of("Deploy payments-api").into_iter().collect();
        assert!(filter.words_in(&words));
        assert!(!Filter::parse("deploy api pays").unwrap().words_in(&words));
        assert_eq!(Filter::parse("payments-api R-10").unwrap().words, ["payments", "api", "r10"]);
    }

    #[test]
    fn a_wrong_term_is_named() {
        for (text, said) in [
            ("colour:red", "there is no such field"),
            ("kind:plans", "kind: known are plan"),
            ("risk:", "risk: takes low"),
            ("due:30m", "due: takes <30m"),
            ("due:<30x", "due: takes <30m"),
            ("due:<99999999999999999999d", "due: takes <30m"),
            ("due:é", "due: takes <30m"),
        ] {
            let told = Filter::parse(text).unwrap_err();
            assert!(told.starts_with(said), "{text}: {told}");
        }
    }

    #[test]
    fn a_title_without_blanks_has_words_too() {
        assert!(words_of("日本語のタイトル").len() > 3);
    }
}
