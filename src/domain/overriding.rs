//! Override: going ahead without the sign-offs that are required, and the review that is then owed, the debt.
//!
//! An override is rare and visible as such. It fills no slot, covers exactly what nobody refused and nothing blocks, and
//! is recorded together with the debt, in one transaction: there is never one without the other.

mod closing;

pub use closing::may_close;

use crate::domain::command::{Facts, Seen};
use crate::domain::content::{Content, Kind};
use crate::domain::decide::{Deciding, revision_of};
use crate::domain::digest::{ReasonDigest, framed};
use crate::domain::event::{Actor, Bound, Deadlines, Entry, Fact, Held, MarkFact, Owed, Payload};
use crate::domain::marks::{Mark, Marks};
use crate::domain::moment::{Moment, Span};
use crate::domain::names::{PrincipalName, RequestId, RevisionNumber, StepId};
use crate::domain::policy::Policy;
use crate::domain::preview::{Outcome, preview};
use crate::domain::principal::{Assurance, Caller, Requester};
use crate::domain::quorum::Slot;
use crate::domain::refusal::Refusal;
use crate::domain::request::{Request, State, Verdict};
use crate::domain::risk::Priority;
use crate::domain::rules;
use crate::domain::shared::Shared;
use crate::domain::signing;
use crate::domain::text::{Text, is_marked};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Visible characters that the reason of an override has at least (THREATS AC-22).
pub const LEAST_REASON: usize = 20;
/// Bytes that the reference of an override has at most: it is a ticket or an address, not a story.
pub const LONGEST_REFERENCE: usize = 200;
/// How long one's own debt rests in a solo store, where nobody else can review it, before the same person may.
pub const SOLO_REST: Span = Span::from_hours(1);

/// What sort of emergency it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Something is broken for somebody.
    Incident,
    /// Somebody attacks, or could.
    Security,
    /// Data is being lost, or would be.
    DataLoss,
    /// None of these; the reason says what.
    Other,
}

impl Class {
    /// All classes.
    pub const ALL: [Class; 4] = [Class::Incident, Class::Security, Class::DataLoss, Class::Other];

    /// The word used everywhere.
    pub const fn word(self) -> &'static str {
        match self {
            Class::Incident => "incident",
            Class::Security => "security",
            Class::DataLoss => "data-loss",
            Class::Other => "other",
        }
    }

    /// Reads the word back.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.word() == word)
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// What somebody says who overrides, as it was typed: the rules say what is missing.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Plea {
    /// The word of a [`Class`].
    pub class: Text,
    /// Where it can be looked up: a ticket, an address.
    pub reference: Text,
    /// Why.
    pub reason: Text,
    /// The phrase of [`phrase`], typed.
    pub phrase: Text,
}

/// The phrase that is typed to override a request.
pub fn phrase(id: RequestId) -> String {
    format!("OVERRIDE {id}")
}

/// What stands in the place of the sign-offs: in the facts of an override, never redacted.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instead {
    /// What sort of emergency.
    pub class: Class,
    /// Where it can be looked up.
    pub reference: Text,
    /// The sign-offs nobody had given.
    pub skipped: Vec<Slot>,
    /// Everybody who is known by name to have been passed over: named in an open slot, holding the
    /// role it names, asking for changes, or on it.
    pub passed_over: Vec<PrincipalName>,
    /// The steps that do not run: rejected, skipped, or blocked by one of those.
    pub left_out: Vec<StepId>,
    /// The review that is owed for it.
    pub debt: RequestId,
}

/// When `allowed` is false nobody overrides; else how sure the store must be of who does. A policy rule says so.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OverrideTerms {
    /// Whether it can be overridden at all.
    pub allowed: bool,
    /// How sure we must be who overrides; nothing: in a team signed, alone asserted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assurance: Option<Assurance>,
}

/// The one thing that an override lacks, in the order in which it is asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Lack {
    /// The policy forbids it.
    Forbidden {
        /// The rule that does.
        rule: String,
    },
    /// A review of one's own is open.
    Debt(RequestId),
    /// It is not sure enough who overrides.
    Assurance {
        /// What is asked.
        needed: Assurance,
        /// What there is.
        has: Assurance,
    },
    /// No class, or none of that name.
    Class(Text),
    /// No reference.
    Reference,
    /// The reference is longer than [`LONGEST_REFERENCE`], or not one line.
    ReferenceForm,
    /// The reason has fewer than [`LEAST_REASON`] visible characters: so many.
    Reason(usize),
    /// The same person gave that reason before.
    ReasonUsed(RequestId),
    /// The phrase was not typed as it is.
    Phrase,
    /// In a team nobody overrides what they do not say to have seen.
    Unseen,
}

impl Lack {
    /// Why request `id` is not overridden, and what to do.
    pub fn said(&self, id: RequestId) -> impl fmt::Display {
        let of = crate::domain::text::safe_line;
        match self {
            Lack::Forbidden { rule } => {
                format!("the policy's rule {} does not allow it; ask for the sign-offs it needs", of(rule))
            }
            Lack::Debt(debt) => format!(
                "you still owe {debt}, the review of an override of yours; somebody else who may can override this one, or \
                 close {debt} first"
            ),
            Lack::Assurance { needed, has } => format!(
                "it must be {needed} here, and you are known by `{has}` only: sign what `countersign challenge {id} --override` prints, and bring it with `cosign {id} --override`"
            ),
            Lack::Class(given) => {
                let known = Class::ALL.map(|class| class.word()).join(", ");
                match given.is_blank() {
                    true => format!("say what it is, its class: {known}"),
                    false => format!("{} is no class; its class is one of {known}", given.line().clipped(40)),
                }
            }
            Lack::Reference => {
                "name where it can be looked up, its reference: a ticket or an address, such as INC-42"
                    .to_owned()
            }
            Lack::ReferenceForm => {
                format!("the reference is one line of at most {LONGEST_REFERENCE} bytes, such as INC-42")
            }
            Lack::Reason(0) => format!("say why: the reason has at least {LEAST_REASON} visible characters"),
            Lack::Reason(has) => {
                format!("the reason has {has} visible characters and needs {LEAST_REASON}: say more")
            }
            Lack::ReasonUsed(before) => {
                format!("you gave that reason before, for {before}: say what is so now")
            }
            Lack::Phrase => format!("type the phrase {} exactly", phrase(id)),
            Lack::Unseen => {
                format!("say what you saw, its digest: --digest with what `show {id}` prints")
            }
        }
    }
}

fn lack<T>(id: RequestId, lack: Lack) -> Result<T, Refusal> {
    Err(Refusal::NotOverridden { id, lack: Box::new(lack) })
}

/// The digest by which a reason is known again: of its letters and digits, whatever their case, and whatever stands
/// between them.
pub fn digest_of_reason(reason: &Text) -> ReasonDigest {
    // Some letters are drawn as nothing: they make no reason a new one.
    let seen = |c: &char| c.is_alphanumeric() && !is_marked(*c);
    let letters = reason.raw().chars().filter(seen).flat_map(char::to_lowercase);
    let mut essence: String = letters.collect();
    if essence.is_empty() {
        essence = reason.raw().split_whitespace().collect();
    }
    ReasonDigest::from_bytes(framed("countersign-reason@v1", &[essence.as_bytes()]))
}

/// How sure the store must be of who overrides `request`.
pub fn assurance_needed(request: &Request, facts: &Facts) -> Assurance {
    let built_in = if facts.team { Assurance::Signed } else { Assurance::Asserted };
    request.assessment().overriding.and_then(|terms| terms.assurance).unwrap_or(built_in)
}

/// What can be known before anything is typed: the policy's word, and one's own debt. Permission and own request were
/// asked before.
///
/// # Errors
/// [`Refusal::NotOverridden`].
pub fn may_go_ahead(request: &Request, facts: &Facts) -> Result<(), Refusal> {
    if let Some(OverrideTerms { allowed: false, .. }) = request.assessment().overriding {
        return lack(request.id, Lack::Forbidden { rule: request.assessment().rule.clone() });
    }
    match facts.debts.first() {
        Some(debt) => lack(request.id, Lack::Debt(*debt)),
        None => Ok(()),
    }
}

/// The first thing that what was typed lacks by itself, in the order in which it is asked for.
pub fn missing(id: RequestId, plea: &Plea) -> Option<Lack> {
    let Plea { class, reference, reason, phrase: typed } = plea;
    if Class::parse(class.raw().trim()).is_none() {
        return Some(Lack::Class(class.clone()));
    }
    if reference.is_blank() {
        return Some(Lack::Reference);
    }
    if reference.size() > LONGEST_REFERENCE || reference.raw().trim().contains(['\n', '\r']) {
        return Some(Lack::ReferenceForm);
    }
    let visible = reason.visible();
    if visible < LEAST_REASON {
        return Some(Lack::Reason(visible));
    }
    (typed.raw().trim() != phrase(id)).then_some(Lack::Phrase)
}

/// The class, when nothing is missing; what is missing is asked for in one order.
///
/// # Errors
/// [`Refusal::NotOverridden`] with the first thing that is missing.
pub fn read(request: &Request, plea: &Plea, caller: &Caller, facts: &Facts) -> Result<Class, Refusal> {
    let id = request.id;
    let (needed, has) = (assurance_needed(request, facts), caller.assurance);
    if has < needed {
        return lack(id, Lack::Assurance { needed, has });
    }
    let missing = missing(id, plea);
    match (missing, facts.reason_used, Class::parse(plea.class.raw().trim())) {
        // The reason comes before the phrase.
        (None | Some(Lack::Phrase), Some(before), _) => lack(id, Lack::ReasonUsed(before)),
        (None, None, Some(class)) => Ok(class),
        (Some(missing), ..) => lack(id, missing),
        (None, None, None) => lack(id, Lack::Class(plea.class.clone())),
    }
}

/// The marks that an override leaves: every step that nobody rejected or skipped is approved; what is blocked by one of
/// those is skipped, so that what runs never waits for what will not come.
///
/// # Errors
/// [`Refusal::Uninspectable`], or [`Refusal::NothingApproved`] when nothing of it would run.
pub fn covered(request: &Request) -> Result<Marks, Refusal> {
    let Some(content) = &request.content else { return Err(Refusal::Uninspectable) };
    let mut marks = request.marks.with_undecided_approved();
    if !request.has_steps() {
        return Ok(marks);
    }
    loop {
        let outcomes = preview(content, &marks);
        let blocked = |(id, outcome): &(StepId, Outcome)| {
            let stuck = matches!(outcome.worst(), Outcome::BlockedBy(_) | Outcome::Asks(_));
            (stuck && marks.on(id) == Mark::Approved).then(|| id.clone())
        };
        let blocked: Vec<StepId> = outcomes.iter().filter_map(blocked).collect();
        if blocked.is_empty() {
            let runs = outcomes.iter().any(|(id, o)| o.may_run() && marks.on(id) == Mark::Approved);
            return if runs { Ok(marks) } else { Err(Refusal::NothingApproved) };
        }
        // Each round approves fewer steps, so that it ends.
        blocked.into_iter().for_each(|step| marks.set(step, Mark::Skipped));
    }
}

/// The steps that would not run under `marks`, in document order.
pub fn left_out(request: &Request, marks: &Marks) -> Vec<StepId> {
    let Some(content) = &request.content else { return Vec::new() };
    let runs = |(id, outcome): &(StepId, Outcome)| outcome.may_run() && marks.on(id) == Mark::Approved;
    preview(content, marks).into_iter().filter(|step| !runs(step)).map(|(id, _)| id).collect()
}

/// Everybody who is known by name to be passed over when `caller` overrides: named in an open slot, holding the role it
/// names, asking for changes, or on it.
pub fn passed_over(request: &Request, caller: &Caller, facts: &Facts, now: Moment) -> Vec<PrincipalName> {
    let mut out: BTreeSet<PrincipalName> = BTreeSet::new();
    for slot in request.open_slots() {
        out.extend(slot.any_of.iter().cloned());
        let Some(role) = slot.role.filter(|_| slot.any_of.is_empty()) else { continue };
        let holders = facts.policy.roster.holders(role).filter(|holder| holder.kind == slot.kind);
        out.extend(holders.map(|holder| holder.name.clone()));
    }
    if let State::ChangesRequested { bound, .. } = &request.state {
        out.insert(bound.signer.name.clone());
    }
    out.extend(request.live_claim(now).map(|claim| claim.by.clone()));
    out.remove(&caller.name);
    out.into_iter().collect()
}

impl Deciding<'_> {
    /// Overrides: what the caller says is read first, then what they saw.
    pub(super) fn go_ahead(&self, plea: &Plea, seen: &Seen) -> Result<Vec<Entry>, Refusal> {
        let request = self.request;
        let signature = signing::to_override(request, self.facts, &self.caller.name, self.now)?;
        let class = read(request, plea, self.caller, self.facts)?;
        if self.facts.team && *seen == Seen::Nothing && self.caller.assurance < Assurance::Signed {
            return lack(request.id, Lack::Unseen);
        }
        rules::still_as_seen(request, seen)?;
        self.prose_fits("reason", Some(&plea.reason))?;
        let marks = covered(request)?;
        let digest = marks.digest();
        let changed = request.revision.steps.iter().filter(|s| request.marks.on(&s.id) != marks.on(&s.id));
        let instead = Instead {
            class,
            reference: Text::new(plea.reference.raw().trim()),
            skipped: request.open_slots().into_iter().cloned().collect(),
            passed_over: passed_over(request, self.caller, self.facts, self.now),
            left_out: left_out(request, &marks),
            debt: self.facts.next_number,
        };
        let fact = Fact::Overridden {
            bound: self.with_programs(self.bound(&marks, seen), &marks),
            instead: Box::new(instead),
            marks: changed
                .map(|s| MarkFact { step: s.id.clone(), digest: s.digest, mark: marks.on(&s.id) })
                .collect(),
            voids: request.counting().filter(|s| s.bound.marks_digest != digest).map(|s| s.number).collect(),
            lapses_at: request.kind().is_executed().then(|| self.now.plus(request.assessment().live_for)),
            signature: signature.map(|signature| Box::new(signature.clone())),
        };
        Ok(vec![self.entry(fact, Payload::reason(Some(plea.reason.clone())))])
    }
}

/// The debt that `overridden` opens: its number, and the submission that makes it. Nothing when it was not overridden.
/// It is written in the same transaction, and asked of nobody: there is no override without it.
pub fn debt(overridden: &Request, policy: &Policy, now: Moment) -> Option<(RequestId, Entry)> {
    let closed = overridden.closed()?;
    let Verdict::Overridden { bound, instead } = &closed.verdict else { return None };
    let content = said_of_the_debt(overridden, bound, instead);
    let revision = revision_of(&content, RevisionNumber::FIRST, policy);
    let deadlines = Deadlines { due_at: now.plus(revision.assessment.due_after), expires_at: None };
    let system = Caller::system();
    let requester = Requester { name: system.name.clone(), kind: system.kind, person: None };
    let owes = Owed {
        request: overridden.id,
        by: bound.signer.name.clone(),
        person: bound.signer.person.clone(),
        self_reviewed: false,
    };
    let fact = Fact::Submitted {
        requester,
        reference: None,
        revision,
        deadlines,
        continues: None,
        owes: Some(Box::new(owes)),
        edits: Vec::new(),
        promotes: None,
    };
    let payload = Held::Here(Box::new(Payload { content: Some(Shared::new(content)), ..Payload::default() }));
    let entry = Entry {
        at: now,
        by: system.name.clone(),
        assurance: system.assurance,
        actor: Actor::of(&system),
        fact,
        payload,
    };
    Some((instead.debt, entry))
}

/// What a debt says. The reason is not copied: it stands where it was given, and is redacted there.
fn said_of_the_debt(overridden: &Request, bound: &Bound, instead: &Instead) -> Content {
    let slots: Vec<String> = instead.skipped.iter().map(Slot::to_string).collect();
    let without = if slots.is_empty() { "its sign-offs".to_owned() } else { slots.join(", ") };
    let summary = format!(
        "{by} went ahead with {id}, revision {revision}, without {without}. Class {class}, reference {reference}. The reason \
         stands in {id}.\nApprove: it was reviewed and is accepted. Reject: it was reviewed and is not accepted. Either way \
         the review is done; say why.",
        by = bound.signer.name,
        id = overridden.id,
        revision = bound.revision,
        class = instead.class,
        reference = instead.reference.line(),
    );
    Content {
        kind: Kind::Debt,
        title: Text::new(format!(
            "Review owed: {} was overridden by {} ({})",
            overridden.id, bound.signer.name, instead.class
        )),
        summary: Text::new(summary),
        target: overridden.target().clone(),
        priority: Priority::High,
        risk: Some(overridden.assessment().risk),
        labels: BTreeMap::new(),
        steps: Vec::new(),
        options: Vec::new(),
        tiers: Vec::new(),
        evidence: Vec::new(),
    }
}
