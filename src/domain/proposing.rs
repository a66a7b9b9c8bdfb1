//! Proposing a policy in a team: a request whose content pins the text by its digest, and the policy it is to replace.

use crate::domain::command::Facts;
use crate::domain::content::{Content, Evidence, Kind, Target};
use crate::domain::decide;
use crate::domain::digest::PolicyDigest;
use crate::domain::event::{Entry, Held, Payload};
use crate::domain::membership::Outsider;
use crate::domain::moment::Moment;
use crate::domain::policy::Policy;
use crate::domain::principal::{Caller, Permission, PrincipalKind, Requester, Role};
use crate::domain::quorum::Slot;
use crate::domain::refusal::Refusal;
use crate::domain::request::Request;
use crate::domain::risk::Priority;
use crate::domain::text::Text;
use std::collections::BTreeMap;

/// The label of the pinned digest of what is proposed, and of what it replaces.
const PROPOSED: &str = "policy";
const REPLACED: &str = "in place of";
/// What stands before a digest in a locator.
const POLICY: &str = "policy:";

/// A proposal as it was read back from its request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proposal {
    /// The text, whose digest was compared.
    pub text: String,
    /// Its digest.
    pub digest: PolicyDigest,
}

/// The most bytes that the difference of a proposed policy from the one in force can have: every line of it is read before
/// it is signed, and none is left out.
pub const LONGEST_DIFFERENCE: usize = 64 << 10;

/// The content of the request that proposes a policy; `difference` is how it differs from the one in force, all of it.
///
/// # Errors
/// [`Outsider::Policy`] when it is longer than anybody could be asked to read at once.
pub fn content(
    digest: PolicyDigest,
    replaces: PolicyDigest,
    difference: &[String],
) -> Result<Content, Refusal> {
    let pinned = |label: &str, digest: PolicyDigest| Evidence {
        label: Text::new(label),
        locator: Text::new(format!("{POLICY}{digest}")),
        sha256: None,
        pinned: true,
    };
    let difference = difference.join("\n");
    if difference.len() > LONGEST_DIFFERENCE {
        let why = format!(
            "it differs from the policy in force by {} bytes; at most {LONGEST_DIFFERENCE} are read at once: propose it in parts",
            difference.len()
        );
        return Err(Refusal::Outsider(Outsider::Policy(why)));
    }
    Ok(Content {
        kind: Kind::Policy,
        title: Text::new(format!("Adopt policy {}", digest.short())),
        summary: Text::new(difference),
        target: Target::default(),
        priority: Priority::default(),
        risk: None,
        labels: BTreeMap::new(),
        steps: Vec::new(),
        options: Vec::new(),
        tiers: Vec::new(),
        evidence: vec![pinned(PROPOSED, digest), pinned(REPLACED, replaces)],
    })
}

/// The rule that the next proposal would be judged by under `policy`, and the sign-offs it needs.
pub fn asks(policy: &Policy) -> (String, Vec<Slot>) {
    let any = PolicyDigest::of("");
    let judged = content(any, any, &[]).map(|content| policy.assess(&content));
    judged.map(|assessment| (assessment.rule, assessment.slots)).unwrap_or_default()
}

/// Decides on proposing a policy.
///
/// # Errors
/// A missing permission, or the proposer's quota.
pub fn propose(
    content: Content,
    text: &str,
    caller: &Caller,
    facts: &Facts,
    now: Moment,
) -> Result<Entry, Refusal> {
    if !facts.standing.may(Permission::Admin) {
        return Err(Refusal::NotPermitted { permission: Permission::Admin });
    }
    let requester = Requester { name: caller.name.clone(), kind: caller.kind, person: caller.person.clone() };
    let mut entry = decide::asked(content, requester, None, caller, facts, now)?;
    if let Held::Here(payload) = entry.payload {
        entry.payload = Held::Here(Box::new(Payload { policy: Some(Text::new(text)), ..*payload }));
    }
    Ok(entry)
}

fn pinned(request: &Request, label: &str) -> Option<PolicyDigest> {
    let content = request.content.as_ref()?;
    let evidence = content.evidence.iter().find(|of| of.pinned && of.label.raw() == label)?;
    let digest = evidence.locator.raw().strip_prefix(POLICY)?;
    PolicyDigest::try_from(digest.to_owned()).ok()
}

/// What a request proposes, when its text is here and is the one that is pinned.
pub fn proposal(request: &Request) -> Option<Proposal> {
    if request.kind() != Kind::Policy {
        return None;
    }
    let (digest, text) = (pinned(request, PROPOSED)?, request.proposed.as_ref()?);
    (PolicyDigest::of(text.raw()) == digest).then(|| Proposal { text: text.raw().to_owned(), digest })
}

/// Whether an admin who is not who proposed it, in person or by another name, stands for it: asked once more when it takes
/// effect, whatever its slots were.
pub fn admitted(request: &Request) -> bool {
    request.counting().map(|signoff| &signoff.bound.signer).any(|signer| {
        let by_admin = signer.kind == PrincipalKind::Human && signer.roles.contains(&Role::Admin);
        by_admin && !request.is_self_review(signer)
    })
}

/// What a request proposes, when it can take effect now: the policy in force is still the one it is to replace.
///
/// # Errors
/// Why it cannot, and what to do.
pub fn ready(request: &Request, in_force: &Policy) -> Result<Proposal, Refusal> {
    let Some(proposal) = proposal(request) else { return Err(Refusal::Uninspectable) };
    if in_force.trouble.is_some() || pinned(request, REPLACED) != in_force.digest {
        let why = format!(
            "another policy is in force than the one that {} is to replace: reject or cancel it, and propose again with `policy adopt`",
            request.id
        );
        return Err(Refusal::Outsider(Outsider::Policy(why)));
    }
    Ok(proposal)
}
