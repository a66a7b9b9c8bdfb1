//! The request for one tier: what it says, and that it is bound to one attempt.

use super::fact::Promotes;
use super::gate::Judgement;
use super::{Attempt, Tier};
use crate::domain::canon::canonical_or_poison;
use crate::domain::content::{Content, Evidence, Kind};
use crate::domain::decide::revision_of;
use crate::domain::digest::{framed, hex};
use crate::domain::event::{Actor, Deadlines, Entry, Fact, Held, Payload};
use crate::domain::moment::Moment;
use crate::domain::names::{Identifier, RevisionNumber};
use crate::domain::policy::Policy;
use crate::domain::principal::{Caller, Requester};
use crate::domain::request::Request;
use crate::domain::shared::Shared;
use crate::domain::text::Text;
use std::collections::BTreeMap;

/// The submission of a promotion request, by the program itself. The verdict is pinned to it.
pub fn submission(
    deployment: &Request,
    (from, to, attempt): (Tier, Tier, Attempt),
    judgement: &Judgement,
    policy: &Policy,
    now: Moment,
) -> Entry {
    let id = deployment.id;
    let title = deployment.content.as_ref().map_or("", |content| content.title.raw());
    let mut labels = BTreeMap::new();
    for (key, value) in [("rollout", id.to_string()), ("attempt", attempt.to_string())] {
        if let Ok(key) = Identifier::new(key) {
            labels.insert(key, Text::new(value));
        }
    }
    let verdict = hex(&framed("countersign-verdict@v1", &[canonical_or_poison(judgement).as_bytes()]));
    let content = Content {
        kind: Kind::Promotion,
        title: Text::new(format!("Promote {id} from {from} to {to}: {title}")),
        summary: Text::new(format!(
            "The gate on {from} of {id}: {judgement}.\nApprove: the driver brings {to} out, and it bakes there. Reject: it \
             stays at {from}, frozen.\nWithout a decision it expires, and stays at {from}, frozen."
        )),
        target: deployment.target().clone(),
        priority: deployment.revision.priority,
        risk: Some(deployment.assessment().risk),
        labels,
        steps: Vec::new(),
        options: Vec::new(),
        tiers: vec![to.percent()],
        evidence: vec![Evidence {
            label: Text::new("gate"),
            locator: Text::new(format!("the log of the rollout of {id}, its last verdict")),
            sha256: Some(Text::new(verdict)),
            pinned: true,
        }],
    };
    let revision = revision_of(&content, RevisionNumber::FIRST, policy);
    let deadlines = Deadlines {
        due_at: now.plus(revision.assessment.due_after),
        expires_at: revision.assessment.expires_after.map(|span| now.plus(span)),
    };
    let system = Caller::system();
    let promotes = Promotes { deployment: id, from, to, attempt, requester: deployment.requester.clone() };
    Entry {
        at: now,
        by: system.name.clone(),
        assurance: system.assurance,
        actor: Actor::of(&system),
        fact: Fact::Submitted {
            requester: Requester { name: system.name.clone(), kind: system.kind, person: None },
            reference: None,
            revision,
            deadlines,
            continues: None,
            edits: Vec::new(),
            owes: None,
            promotes: Some(Box::new(promotes)),
        },
        payload: Held::Here(Box::new(Payload { content: Some(Shared::new(content)), ..Payload::default() })),
    }
}

/// The death of a promotion request that its rollout has left behind.
pub fn death(why: &str, now: Moment) -> Entry {
    let system = Caller::system();
    Entry {
        at: now,
        by: system.name.clone(),
        assurance: system.assurance,
        actor: Actor::of(&system),
        fact: Fact::Cancelled {},
        payload: Payload::reason(Some(Text::new(why))),
    }
}
