//! Talk on a request: comments and answers to them, threads that are resolved, names that are called. It decides nothing.

use crate::domain::decide::Deciding;
use crate::domain::event::{CommentNumber, Entry, Fact, Held, Payload};
use crate::domain::invalid::Invalid;
use crate::domain::moment::Moment;
use crate::domain::names::{ParamKey, PrincipalName, StepId};
use crate::domain::policy::roster::Roster;
use crate::domain::principal::{Assurance, Permission, PrincipalKind, Standing};
use crate::domain::quorum::Signer;
use crate::domain::refusal::Refusal;
use crate::domain::request::Request;
use crate::domain::rules;
use crate::domain::text::Text;

/// How many names one comment calls, at most: the first ones. The rest is only text.
pub const MOST_MENTIONS: usize = 20;

/// Something that was said.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Comment {
    /// Its number.
    pub number: CommentNumber,
    /// Who said it.
    pub by: PrincipalName,
    /// What sort of principal that is: a person, a program, or this one.
    pub kind: PrincipalKind,
    /// When.
    pub at: Moment,
    /// The step it is about.
    pub step: Option<StepId>,
    /// The parameter of that step it is about.
    pub param: Option<ParamKey>,
    /// The comment it answers.
    pub reply_to: Option<CommentNumber>,
    /// Whom it calls.
    pub mentions: Vec<PrincipalName>,
    /// What was said, as it was last edited; nothing when it was redacted.
    pub text: Option<Text>,
    /// What it said before each edit, oldest first.
    pub earlier: Vec<Earlier>,
    /// When it was last edited.
    pub edited: Option<Moment>,
    /// Whether it is the reason of a request for changes: that is a decision's, and is not edited.
    pub is_reason: bool,
}

/// What a comment said before it was edited.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Earlier {
    /// From when on.
    pub at: Moment,
    /// What; nothing when it was redacted.
    pub text: Option<Text>,
}

/// A thread that somebody took for settled.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Resolved {
    /// Who.
    pub by: PrincipalName,
    /// When.
    pub at: Moment,
}

/// How far one comment has come to one reader. What is not known is not there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Receipt {
    /// Which comment.
    pub number: CommentNumber,
    /// Whose face had it.
    pub by: PrincipalName,
    /// Since when they have it: their screen or their command line took it.
    pub delivered: Moment,
    /// Since when all of it was in a frame that their screen drew.
    pub read: Option<Moment>,
}

/// The names a text calls with `@`, each once, in their order. `ada@example.org` calls nobody.
pub fn mentions(text: &Text) -> Vec<PrincipalName> {
    let mut out: Vec<PrincipalName> = Vec::new();
    let mut before: Option<char> = None;
    let raw = text.raw();
    for (at, c) in raw.char_indices() {
        let begins =
            c == '@' && !before.is_some_and(|b| b.is_alphanumeric() || matches!(b, '.' | '_' | '-' | '@'));
        before = Some(c);
        if !begins {
            continue;
        }
        let rest = &raw[at + 1..];
        let end = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')))
            .unwrap_or(rest.len());
        // A full stop behind a name ends the sentence, not the name.
        let name = rest[..end].trim_end_matches(['.', '-', '_']).to_ascii_lowercase();
        if let Ok(name) = PrincipalName::new(name)
            && !out.contains(&name)
            && out.len() < MOST_MENTIONS
        {
            out.push(name);
        }
    }
    out
}

/// The names in a text that what was recorded does not call: they may not see the request, or nobody is called so.
pub fn not_called(text: &Text, entries: &[Entry]) -> Vec<PrincipalName> {
    let called = entries.iter().find_map(|entry| match &entry.fact {
        Fact::Commented { mentions, .. } | Fact::CommentEdited { mentions, .. } => Some(mentions),
        _ => None,
    });
    called.map(|called| less(text, called)).unwrap_or_default()
}

/// The names in a comment that it does not call.
pub fn uncalled(comment: &Comment) -> Vec<PrincipalName> {
    comment.text.as_ref().map(|text| less(text, &comment.mentions)).unwrap_or_default()
}

fn less(text: &Text, called: &[PrincipalName]) -> Vec<PrincipalName> {
    mentions(text).into_iter().filter(|name| !called.contains(name)).collect()
}

/// Whether somebody of a team's roster may see a request: by a role, because it is theirs, or because it has a slot that
/// they, an agent, could fill.
pub fn sees(name: &PrincipalName, request: &Request, roster: &Roster) -> bool {
    let Some(them) = roster.find(name) else { return false };
    let standing = Standing::of(&them.roles);
    let person = Some(them.person.clone());
    let theirs = request.requester.name == *name || request.requester.person == person;
    let could_sign = || {
        let me = Signer {
            name: name.clone(),
            kind: them.kind,
            person,
            roles: them.roles.clone(),
            assurance: Assurance::SignedTouch,
            newcomer: false,
        };
        them.kind == PrincipalKind::Agent
            && standing.may(Permission::CosignAgent)
            && request.assessment().slots.iter().any(|slot| slot.admits(&me))
    };
    standing.may(Permission::See) || theirs || could_sign()
}

impl Request {
    /// The comment with this number.
    pub fn comment(&self, number: CommentNumber) -> Option<&Comment> {
        self.comments.get((number.0 as usize).checked_sub(1)?)
    }

    /// The first comment of the thread that a comment stands in.
    pub fn thread_of(&self, number: CommentNumber) -> CommentNumber {
        let mut at = number;
        // An answer is always younger than what it answers; a log that says otherwise leads nowhere.
        while let Some(before) = self.comment(at).and_then(|c| c.reply_to).filter(|before| *before < at) {
            at = before;
        }
        at
    }

    /// The comments in the order of a thread: each with its answers behind it, and how deep it stands.
    pub fn nested(&self) -> Vec<(&Comment, usize)> {
        let mut answers: Vec<Vec<usize>> = vec![Vec::new(); self.comments.len()];
        let mut stack: Vec<(usize, usize)> = Vec::new();
        for (n, comment) in self.comments.iter().enumerate().rev() {
            match comment.reply_to.filter(|before| *before < comment.number && before.0 > 0) {
                Some(before) => answers[before.0 as usize - 1].push(n),
                None => stack.push((n, 0)),
            }
        }
        let mut out = Vec::with_capacity(self.comments.len());
        while let Some((n, depth)) = stack.pop() {
            out.push((&self.comments[n], depth));
            // They were gathered youngest first, so that the oldest is taken first.
            stack.extend(answers[n].iter().map(|answer| (*answer, depth + 1)));
        }
        out
    }

    /// How many threads nobody took for settled.
    pub fn open_threads(&self) -> usize {
        let first = |c: &&Comment| c.reply_to.is_none() && !self.resolved.contains_key(&c.number);
        self.comments.iter().filter(first).count()
    }
}

/// What a comment is about.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct About {
    /// A step.
    pub step: Option<StepId>,
    /// A parameter of that step.
    pub param: Option<ParamKey>,
    /// Another comment, which it answers.
    pub reply_to: Option<CommentNumber>,
}

impl About {
    /// The request as a whole.
    pub const REQUEST: About = About { step: None, param: None, reply_to: None };
}

impl Deciding<'_> {
    /// Somebody says something.
    pub(super) fn comment(&self, text: &Text, about: &About) -> Result<Vec<Entry>, Refusal> {
        let About { step, param, reply_to } = about;
        if let Some(step) = step {
            rules::has_step(self.request, step)?;
        }
        if let Some(param) = param {
            self.has_param(step.as_ref(), param)?;
        }
        self.says(text)?;
        if let Some(number) = reply_to {
            self.has_comment("reply", *number)?;
        }
        let number = CommentNumber(self.request.comments.len() as u32 + 1);
        let fact = Fact::Commented {
            number,
            step: step.clone(),
            reply_to: *reply_to,
            param: param.clone(),
            mentions: self.calls(text),
        };
        Ok(vec![self.entry(fact, spoken(text))])
    }

    /// Somebody puts their own comment in other words; what it said stays in the log.
    pub(super) fn edit_comment(&self, number: CommentNumber, text: &Text) -> Result<Vec<Entry>, Refusal> {
        let comment = self.has_comment("edit", number)?;
        let not = |why: String| Err(Refusal::NotNow { id: self.request.id, why });
        if comment.is_reason {
            return not(format!(
                "comment {} is the reason of a request for changes, which stays as it was decided; answer it",
                number.0
            ));
        }
        if comment.by != self.caller.name {
            return not(format!("comment {} is {}'s; only they can edit it", number.0, comment.by));
        }
        self.says(text)?;
        if comment.text.as_ref() == Some(text) {
            return Ok(Vec::new());
        }
        let fact = Fact::CommentEdited { number, mentions: self.calls(text) };
        Ok(vec![self.entry(fact, spoken(text))])
    }

    /// Somebody takes a thread for settled, or no longer.
    pub(super) fn resolve(&self, number: CommentNumber, resolved: bool) -> Result<Vec<Entry>, Refusal> {
        let field = if resolved { "resolve" } else { "reopen" };
        self.has_comment(field, number)?;
        let number = self.request.thread_of(number);
        let fact = match (resolved, self.request.resolved.contains_key(&number)) {
            (true, false) => Fact::ThreadResolved { number },
            (false, true) => Fact::ThreadReopened { number },
            // It is that already.
            _ => return Ok(Vec::new()),
        };
        Ok(vec![self.entry(fact, Held::None)])
    }

    /// Whom a text calls: of the names in it, those who may see the request.
    fn calls(&self, text: &Text) -> Vec<PrincipalName> {
        let mut names = mentions(text);
        names.retain(|name| !self.facts.team || sees(name, self.request, &self.facts.policy.roster));
        names
    }

    fn says(&self, text: &Text) -> Result<(), Refusal> {
        if text.is_blank() {
            return Err(Refusal::Invalid(Invalid::new("text", "is empty")));
        }
        self.prose_fits("text", Some(text))
    }

    fn has_comment(&self, field: &str, number: CommentNumber) -> Result<&Comment, Refusal> {
        self.request.comment(number).ok_or_else(|| {
            let why = format!("there is no comment {}; `thread {}` shows them", number.0, self.request.id);
            Refusal::Invalid(Invalid::new(field, why))
        })
    }

    fn has_param(&self, step: Option<&StepId>, param: &ParamKey) -> Result<(), Refusal> {
        let wrong = |why: String| Err(Refusal::Invalid(Invalid::new("param", why)));
        let Some(step) = step else { return wrong("needs --step: it is a step's".to_owned()) };
        let there = self.request.content.as_ref().and_then(|content| content.step(step));
        match there.is_some_and(|step| step.params.contains_key(param)) {
            true => Ok(()),
            false => wrong(format!("{step} has no parameter {param}")),
        }
    }
}

fn spoken(text: &Text) -> Held {
    Held::Here(Box::new(Payload { text: Some(text.clone()), ..Payload::default() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn called(text: &str) -> Vec<String> {
        mentions(&Text::from(text)).iter().map(|name| name.as_str().to_owned()).collect()
    }

    #[test]
    fn a_name_is_called_by_an_at_sign_that_begins_a_word() {
        assert_eq!(called("@bob, why? ask @key-bot. (@Carol)"), ["bob", "key-bot", "carol"]);
        assert_eq!(called("mail ada@example.org, x@@y, @ , @-, @é"), [""; 0]);
        assert_eq!(called("@bob @bob @BOB"), ["bob"]);
    }

    #[test]
    fn a_comment_calls_a_bounded_number_of_names() {
        let text: String = (0..50).map(|n| format!("@a{n} ")).collect();
        assert_eq!(called(&text).len(), MOST_MENTIONS);
    }
}
