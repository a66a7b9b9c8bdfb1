//! Signing: which statement stands for a decision, and whether a signature that was brought along is one for it.

use crate::domain::command::Facts;
use crate::domain::content::Kind;
use crate::domain::digest::{EventHash, PolicyDigest};
use crate::domain::marks::Marks;
use crate::domain::moment::Moment;
use crate::domain::names::{PrincipalName, StoreId};
use crate::domain::overriding;
use crate::domain::principal::{Assurance, Caller};
use crate::domain::refusal::Refusal;
use crate::domain::request::Request;
use crate::domain::rules;
use crate::domain::statement::{Deed, Signature, Statement};
use crate::domain::transitions::Verb;
use crate::domain::unfit::Unfit;

/// A signature that was verified over its statement, with a key of the caller's that is valid now. Whether the
/// statement is the one for this decision is asked when it is decided.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proof {
    /// What was signed.
    pub statement: Statement,
    /// The signature, as it is recorded.
    pub signature: Signature,
}

/// The statement that stands for `deed` on `request` as it is now, with the marks that the deed leaves.
pub fn statement(
    request: &Request,
    deed: Deed,
    marks: &Marks,
    policy: Option<PolicyDigest>,
    (store, head): (&StoreId, EventHash),
    now: Moment,
) -> Statement {
    let tiers = request.content.as_ref().map(|content| content.tiers.as_slice()).unwrap_or_default();
    Statement {
        store: store.clone(),
        request: request.id,
        revision: request.revision.digest,
        marks: marks.digest(),
        deed,
        tier: tiers.first().copied().filter(|_| request.kind() == Kind::Promotion),
        policy,
        head,
        expires: Statement::expiry(now),
    }
}

/// The marks that `deed` leaves on `request`.
///
/// # Errors
/// What is in the way of it: nothing would run, something is blocked, or the content was redacted.
pub fn marks_after(request: &Request, deed: Deed) -> Result<Marks, Refusal> {
    match deed {
        Deed::Approve => {
            let marks = request.marks.with_undecided_approved();
            rules::may_sign(request, &marks).map(|()| marks)
        }
        Deed::Override => overriding::covered(request),
    }
}

/// Whether `caller` could do `deed` on `request` with a key of theirs: whatever would refuse it, were it signed, and
/// whether the roster has a key of theirs at all.
///
/// # Errors
/// The first refusal in order.
pub fn may(
    request: &Request,
    deed: Deed,
    caller: &Caller,
    facts: &Facts,
    now: Moment,
) -> Result<(), Refusal> {
    // Whether the key is one that is touched is seen when the signature is brought.
    let signed = Caller { assurance: Assurance::SignedTouch, ..caller.clone() };
    let verb = match deed {
        Deed::Approve => Verb::Approve,
        Deed::Override => Verb::Override,
    };
    rules::may(verb, request, &signed, facts, now)?;
    let keys = facts.policy.roster.find(&caller.name).map(|enrolled| enrolled.keys.as_slice());
    if keys.unwrap_or_default().is_empty() {
        let why =
            format!("the adopted roster has no key of {}: nothing you sign would be yours", caller.name);
        return Err(Refusal::NotNow { id: request.id, why });
    }
    Ok(())
}

/// The signature that was brought along, when it stands for `deed` with these marks; nothing when none was brought.
///
/// # Errors
/// Why it does not.
pub fn brought<'a>(
    request: &Request,
    deed: Deed,
    marks: &Marks,
    facts: &'a Facts,
    caller: &PrincipalName,
    now: Moment,
) -> Result<Option<&'a Signature>, Refusal> {
    let unfit = |why: Unfit| Refusal::Unfit(Box::new(why));
    // A clock that was set back makes no statement younger than the request's last event.
    let now = now.max(request.updated_at);
    let proof = match &facts.signature {
        None => return Ok(None),
        Some(Err(why)) => return Err(unfit(why.clone())),
        Some(Ok(proof)) => proof,
    };
    let signed = &proof.statement;
    // The store and the head were compared with the log, where both are known.
    let expected = statement(request, deed, marks, facts.policy.digest, (&signed.store, signed.head), now);
    signed.stands_for(&expected, now).map_err(unfit)?;
    let used = request.signoffs.iter().any(|s| {
        s.bound.signer.name == *caller
            && s.signature.as_ref().is_some_and(|s| s.statement == proof.signature.statement)
    });
    if used { Err(unfit(Unfit::Used { request: request.id })) } else { Ok(Some(&proof.signature)) }
}

/// As [`brought`], for an override with the marks that it leaves.
///
/// # Errors
/// Why it does not stand for it.
pub fn to_override<'a>(
    request: &Request,
    facts: &'a Facts,
    caller: &PrincipalName,
    now: Moment,
) -> Result<Option<&'a Signature>, Refusal> {
    if facts.signature.is_none() {
        return Ok(None);
    }
    brought(request, Deed::Override, &overriding::covered(request)?, facts, caller, now)
}
