//! Submitting: documents in, requests out, all of one call in one transaction.

use crate::app::programs::found_at;
use crate::app::team::Place;
use crate::app::{App, Error, Failure};
use crate::domain::command::Command;
use crate::domain::decide::{self, OnSameReference, Placement};
use crate::domain::document::{self, Document, Limits};
use crate::domain::due;
use crate::domain::invalid::Invalid;
use crate::domain::judging;
use crate::domain::membership;
use crate::domain::moment::{Moment, Span};
use crate::domain::names::{PrincipalName, RequestId, RevisionNumber};
use crate::domain::policy::Policy;
use crate::domain::precedents::{REMEMBERED, shapes};
use crate::domain::principal::{Caller, PrincipalKind, Requester};
use crate::domain::programs;
use crate::domain::refusal::Refusal;
use crate::domain::request::Request;
use crate::domain::successor;
use crate::store::read::Asked;
use crate::store::write::Tx;
use std::collections::BTreeMap;

/// What became of one document.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Submitted {
    /// Which request it is.
    pub id: RequestId,
    /// Whether it is new, was there already, or is a new revision.
    pub placement: Placement,
    /// The request's current revision.
    pub revision: RevisionNumber,
    /// The request as it is now.
    pub request: Request,
}

impl App {
    /// Makes room in memory: more than a few requests are coming.
    pub fn expect_much(&self) {
        self.store.expect_much();
    }

    /// Submits documents in one transaction: all of them, or none.
    ///
    /// # Errors
    /// The first refusal, with the document's index; nothing was stored then.
    pub fn submit(
        &mut self,
        documents: &[Document],
        how: OnSameReference,
        caller: &Caller,
    ) -> Result<Vec<Submitted>, (usize, Error)> {
        let asserted: Vec<Result<Requester, Refusal>> =
            documents.iter().map(|document| self.requester(document, caller)).collect();
        let now = self.now();
        let self_review = self.config.solo.self_review;
        let known = &self.known;
        let settings = self.config.limits.per_minute;
        let mut at = 0;
        let done = self.store.write(|tx| {
            let policy = known.effective(tx)?;
            let per_minute = policy.limits.per_minute.unwrap_or(settings);
            let place = Place::of(tx, &policy, caller, now)?;
            let caller = &place.caller;
            // In a team the roster says who asks, and for whom.
            let mut requesters = Vec::with_capacity(documents.len());
            for (n, (document, asserted)) in documents.iter().zip(&asserted).enumerate() {
                at = n;
                requesters.push(match place.team && caller.kind != PrincipalKind::System {
                    true => membership::requester(&policy, caller, document.by.as_ref())
                        .map_err(Refusal::Outsider)?,
                    false => asserted.clone()?,
                });
            }
            // Looked up once, behind the first new one, and counted on from there.
            let mut pace: Option<Pace> = None;
            let only = match requesters.as_slice() {
                [one] => Some(&one.name),
                _ => None,
            };
            let mut out = Vec::with_capacity(documents.len());
            for (n, (document, requester)) in documents.iter().zip(&requesters).enumerate() {
                at = n;
                let submitted = one(tx, document, requester, how, &place, (&policy, self_review), now)?;
                if submitted.placement == Placement::New && per_minute > 0 {
                    match &mut pace {
                        None => pace = Some(Pace::of(tx, only, per_minute, now)?),
                        Some(pace) => pace.one_more(&requester.name, now),
                    }
                    if let Some(pace) = &pace {
                        pace.check(&requester.name, per_minute, now)?;
                    }
                }
                out.push(submitted);
            }
            Ok(out)
        });
        done.map_err(|e: Error| (at, e))
    }

    /// What a request may be at most, as the policy in force says it.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn limits(&self) -> Result<Limits, Failure> {
        Ok(self.known.effective(&self.store)?.limits.clone())
    }

    /// Who asks: the producer named by the document or by `--as`, owned by nobody; without either, the account.
    fn requester(&self, document: &Document, caller: &Caller) -> Result<Requester, Refusal> {
        let asserted = match (&document.by, &self.identity.as_name) {
            (Some(by), Some(name)) if by != name => {
                return Err(Refusal::Invalid(Invalid::new(
                    "by",
                    format!("the document says {by}, --as says {name}"),
                )));
            }
            (Some(by), _) => Some(by),
            (None, name) => name.as_ref(),
        };
        if caller.kind == PrincipalKind::System {
            return Ok(Requester { name: caller.name.clone(), kind: caller.kind, person: None });
        }
        let Caller { kind, person, .. } = caller.clone();
        Ok(match (&document.by, asserted) {
            // A document names a producer that nobody owns; naming the account itself asserts nothing.
            (Some(by), _) if *by != self.identity.account => {
                Requester { name: by.clone(), kind: PrincipalKind::Agent, person: None }
            }
            // `--as` gives the account another name, and no other person.
            (None, Some(name)) => Requester { name: name.clone(), kind, person },
            _ => Requester { name: self.identity.account.clone(), kind, person },
        })
    }
}

/// How often producers asked within the last minute. Whoever asks that often makes most of what is asked, so only the
/// newest few are looked at.
struct Pace(BTreeMap<String, Asked>);

impl Pace {
    const MINUTE: Span = Span::from_minutes(1);

    /// With what this call has stored so far; of `only` one producer, when the call has no other.
    fn of(tx: &Tx<'_>, only: Option<&PrincipalName>, limit: u64, now: Moment) -> Result<Self, Error> {
        Ok(Self(tx.asked_since(only, now.minus(Self::MINUTE), limit.saturating_mul(2))?))
    }

    fn one_more(&mut self, by: &PrincipalName, now: Moment) {
        match self.0.get_mut(by.as_str()) {
            Some((count, _)) => *count += 1,
            None => {
                self.0.insert(by.as_str().to_owned(), (1, now));
            }
        }
    }

    fn check(&self, by: &PrincipalName, limit: u64, now: Moment) -> Result<(), Refusal> {
        let Some((_, oldest)) = self.0.get(by.as_str()).filter(|(asked, _)| *asked > limit) else {
            return Ok(());
        };
        let again_in = oldest.plus(Self::MINUTE).since(now);
        Err(Refusal::TooOften { requester: by.clone(), limit, again_in })
    }
}

fn one(
    tx: &mut Tx<'_>,
    document: &Document,
    requester: &Requester,
    how: OnSameReference,
    place: &Place,
    (policy, self_review): (&Policy, bool),
    now: crate::domain::moment::Moment,
) -> Result<Submitted, Error> {
    let caller = &place.caller;
    let known = match &document.reference {
        Some(reference) => tx.by_reference(&requester.name, reference)?,
        None => None,
    };
    let known = known.map(|id| place.request(tx, id)).transpose()?;
    // What has expired by now is closed for this decision too, recorded or not.
    let settled =
        known.as_ref().map(|k| due::settle(k, now).iter().fold(k.clone(), |k, entry| k.evolve(entry)));
    let placement = decide::place(settled.as_ref(), &document.content, how)?;
    if let (Placement::Same(id), Some(known)) = (placement, &settled)
        && document.continues == Some(id)
        && known.is_open()
    {
        return Err(successor::still_open(id).into());
    }
    // It was read under the limits of before this write.
    if !matches!(placement, Placement::Same(_)) {
        document::check(&document.content, &policy.limits).map_err(Refusal::Invalid)?;
    }
    let mut facts = super::decide::facts(policy, place, tx.open_of(&requester.name)?, self_review);
    facts.programs = found_at(&programs::for_rules(&document.content, policy));
    facts.failed = tx.failed_since(shapes(&document.content).keys(), now.minus(REMEMBERED))?;
    let request = match (placement, known) {
        (Placement::Same(_), Some(known)) => {
            let entries = known.decide(&Command::Settle, caller, &facts, now)?;
            tx.commit(&known, &entries)?.0
        }
        (Placement::NextRevision(_), Some(known)) => {
            tx.room_for_more()?;
            let command = Command::Revise { content: Box::new(document.content.clone()) };
            // Who revises is the requester, however the account got at the document.
            let requester_calls = match place.team {
                true => caller.clone(),
                false => Caller { name: requester.name.clone(), ..caller.clone() },
            };
            let entries = known.decide(&command, &requester_calls, &facts, now)?;
            tx.commit(&known, &entries)?.0
        }
        _ => {
            tx.room_for_more()?;
            let id = tx.next_number()?;
            let content = document.content.clone();
            let entry =
                decide::submit(content, requester.clone(), document.reference.clone(), caller, &facts, now)?;
            let request = match document.continues {
                None => tx.commit_new(id, &entry)?,
                Some(old) => {
                    let old = place.request(tx, old)?;
                    // What has lapsed or expired by now is recorded first.
                    let due = due::settle(&old, now);
                    let settled = due.iter().fold(old.clone(), |old, entry| old.evolve(entry));
                    let (entry, of_old) = successor::continuing(entry, id, &settled, &facts)?;
                    let request = tx.commit_new(id, &entry)?;
                    tx.commit(&old, &[due, vec![of_old]].concat())?;
                    request
                }
            };
            tx.commit(&request, &judging::by_rule(&request, &facts.programs, now))?.0
        }
    };
    Ok(Submitted { id: request.id, placement, revision: request.revision.number, request })
}
