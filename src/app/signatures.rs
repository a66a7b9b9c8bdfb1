//! Checking signed decisions again, from what stands in the log alone: over their statement, against the roster that was
//! in force at their event. And writing them out, so that `ssh-keygen` can check them without this program.

use crate::app::{App, Failure};
use crate::domain::digest::{EventHash, MarksDigest, RevisionDigest};
use crate::domain::event::{Entry, Fact};
use crate::domain::moment::{Moment, Span};
use crate::domain::names::{PrincipalName, RequestId, Seq};
use crate::domain::policy::Policy;
use crate::domain::policy::roster::Key;
use crate::domain::principal::Assurance;
use crate::domain::statement::{Deed, NAMESPACE, Signature, Statement};
use crate::domain::unfit::own_key;
use crate::exchange::{allowed_signers, policy, sshsig};
use crate::store::log::Recorded;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

/// A signed decision, checked again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Checked {
    /// Its event.
    pub seq: Seq,
    /// On which request.
    pub request: RequestId,
    /// Who decided.
    pub by: PrincipalName,
    /// When.
    pub at: Moment,
    /// How sure the event says it is.
    pub assurance: Assurance,
    /// The signature it carries; nothing for one that says it was signed and is not.
    pub signature: Option<Signature>,
    /// What is wrong with it; nothing when it verifies.
    pub trouble: Option<String>,
}

/// What was written out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Written {
    /// How many decisions.
    pub decisions: usize,
    /// How many of them do not verify, and were left out.
    pub bad: usize,
    /// How many lines of `allowed_signers`.
    pub signers: usize,
}

/// A policy with the event it is in force from.
struct InForceFrom {
    seq: Seq,
    at: Option<Moment>,
    /// Nothing when its text cannot be read any more.
    policy: Option<Policy>,
}

impl App {
    /// Checks every signed decision of the log, or of one request.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn check_signatures(&self, only: Option<RequestId>) -> Result<Vec<Checked>, Failure> {
        let mut events = self.store.signed()?;
        events.retain(|event| only.is_none_or(|id| event.envelope.aggregate == id.to_string()));
        let policies = self.policies()?;
        let said = |event: &Recorded| event.entry().ok().and_then(|entry| parts(&entry));
        let heads: BTreeSet<EventHash> = events
            .iter()
            .filter_map(|event| said(event)?.signature)
            .filter_map(|signature| Statement::parse(&signature.statement).ok().map(|s| s.head))
            .collect();
        let places = self.store.places_of(&heads)?;
        Ok(events.iter().filter_map(|event| self.checked(event, &policies, &places)).collect())
    }

    fn checked(
        &self,
        event: &Recorded,
        policies: &[InForceFrom],
        places: &BTreeMap<EventHash, Seq>,
    ) -> Option<Checked> {
        let (seq, request) = (event.envelope.seq, RequestId::parse(&event.envelope.aggregate)?);
        // What cannot be read at all is told by the chain.
        let entry = event.entry().ok()?;
        let said = parts(&entry)?;
        let trouble = self.trouble(seq, request, &entry, &said, policies, places).err();
        let Entry { at, by, assurance, .. } = entry;
        Some(Checked { seq, request, by, at, assurance, signature: said.signature, trouble })
    }

    /// What is wrong with one signed decision.
    fn trouble(
        &self,
        seq: Seq,
        request: RequestId,
        entry: &Entry,
        said: &Said,
        policies: &[InForceFrom],
        places: &BTreeMap<EventHash, Seq>,
    ) -> Result<(), String> {
        let signature = said.signature.as_ref().ok_or("says it was signed, and carries no signature")?;
        if entry.assurance < Assurance::Signed {
            return Err("carries a signature, and says it was not signed".to_owned());
        }
        let armoured = sshsig::read(&signature.armour).map_err(|why| why.to_string())?;
        armoured.is_for_a_decision().map_err(|why| why.to_string())?;
        if armoured.fingerprint() != signature.fingerprint {
            return Err("names another key than the one that signed".to_owned());
        }
        if !armoured.fits(signature.statement.as_bytes()) {
            return Err("carries a signature that does not fit its statement".to_owned());
        }
        let touched = armoured.touched();
        if touched == Some(false) || (touched.is_none() && entry.assurance == Assurance::SignedTouch) {
            return Err("says the key was touched, and it was not".to_owned());
        }
        let statement =
            Statement::parse(&signature.statement).map_err(|why| format!("its statement: {why}"))?;
        let names_this = statement.store == *self.store.id()
            && statement.request == request
            && statement.deed == said.deed
            && statement.revision == said.revision
            && statement.marks == said.marks;
        if !names_this {
            return Err("carries a signature for another decision than the one it records".to_owned());
        }
        if places.get(&statement.head).is_none_or(|head| *head >= seq) {
            return Err(
                "carries a signature that names an event which is not in this log before it".to_owned()
            );
        }
        let in_force = policies.iter().rev().find(|policy| policy.seq < seq);
        let Some(in_force) = in_force else {
            return Err("was signed, and no roster was in force".to_owned());
        };
        let Some(policy) = &in_force.policy else {
            return Err(format!(
                "cannot be checked: the policy of event {} can no longer be read",
                in_force.seq
            ));
        };
        if statement.policy != policy.digest {
            return Err("carries a signature under another policy than the one in force".to_owned());
        }
        own_key(&policy.roster, &armoured.key(), &signature.fingerprint, &entry.by, entry.at)
            .map(|_| ())
            .map_err(|why| why.to_string())
    }

    fn policies(&self) -> Result<Vec<InForceFrom>, Failure> {
        let read = |(seq, adopted): (Seq, Result<crate::store::policy::Adopted, String>)| {
            let adopted = adopted.ok();
            let policy = adopted.as_ref().and_then(|adopted| {
                let policy = policy::read(&adopted.text).ok()?;
                Some(Policy { digest: Some(adopted.digest), ..policy })
            });
            InForceFrom { seq, at: adopted.map(|adopted| adopted.entry.at), policy }
        };
        Ok(self.store.adoptions()?.into_iter().map(read).collect())
    }

    /// Writes every signed decision that verifies into a new directory: statement, signature, and `allowed_signers`.
    ///
    /// # Errors
    /// When the directory is there already, or cannot be written.
    pub fn export_signatures(&self, into: &Path) -> Result<Written, Failure> {
        let checked = self.check_signatures(None)?;
        let policies = self.policies()?;
        let failed = |e: std::io::Error| {
            Failure::io(
                format!("writing signatures to {}", into.display()),
                e,
                "name a new directory in one that can be written to",
            )
        };
        std::fs::DirBuilder::new().mode(0o700).create(into).map_err(failed)?;
        let put = |name: &str, text: &str| {
            let open =
                std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(into.join(name));
            open.and_then(|mut file| file.write_all(text.as_bytes()))
        };
        let mut list = String::from(ABOUT);
        let mut decisions = 0;
        for one in &checked {
            let (Some(signature), None) = (&one.signature, &one.trouble) else { continue };
            // All of it identifiers: nothing a producer wrote becomes the name of a file.
            let name = format!("{}-{}-{}", one.seq, one.request, one.by);
            put(&name, &signature.statement).map_err(failed)?;
            put(&format!("{name}.sig"), &signature.armour).map_err(failed)?;
            list.push_str(&format!(
                "ssh-keygen -Y verify -f allowed_signers -I {} -n {NAMESPACE} -O verify-time={} -s {name}.sig < {name}\n",
                one.by,
                allowed_signers::stamp(one.at)
            ));
            decisions += 1;
        }
        let signers = signers(&policies);
        put("allowed_signers", &(signers.join("\n") + "\n")).map_err(failed)?;
        put("README", &list).map_err(failed)?;
        Ok(Written { decisions, bad: checked.len() - decisions, signers: signers.len() })
    }
}

const ABOUT: &str = "\
Signed decisions, one file each with its signature beside it, named by event, request and principal.
allowed_signers says whose keys are whose, and between which times they were in force.
Each line below checks one of them, in this directory, at the time it was given:

";

/// What a signed event says of itself.
struct Said {
    deed: Deed,
    revision: RevisionDigest,
    marks: MarksDigest,
    signature: Option<Signature>,
}

fn parts(entry: &Entry) -> Option<Said> {
    match &entry.fact {
        Fact::SignedOff { bound, signature, .. } => Some(Said {
            deed: Deed::Approve,
            revision: bound.revision_digest,
            marks: bound.marks_digest,
            signature: signature.as_deref().cloned(),
        }),
        Fact::Overridden { bound, signature, .. } => Some(Said {
            deed: Deed::Override,
            revision: bound.revision_digest,
            marks: bound.marks_digest,
            signature: signature.as_deref().cloned(),
        }),
        _ => None,
    }
}

/// Every key that was ever in force, one line for each stretch of time in which it was.
fn signers(policies: &[InForceFrom]) -> Vec<String> {
    let keys = |of: &InForceFrom| -> Vec<(PrincipalName, Key)> {
        let roster = of.policy.iter().flat_map(|policy| &policy.roster.principals);
        roster
            .flat_map(|one| one.keys.iter().map(|key| (one.name.clone(), key.clone())))
            .filter(|(_, key)| !key.revoked)
            .collect()
    };
    let mut out: Vec<(PrincipalName, Key, Option<Moment>, Option<Moment>)> = Vec::new();
    for (n, policy) in policies.iter().enumerate() {
        let next = policies.get(n + 1).and_then(|next| next.at);
        for (name, key) in keys(policy) {
            // The same line goes on as long as nothing about it changes.
            let open = out.iter_mut().find(|(who, had, _, until)| {
                *who == name && *had == key && until.is_some() && *until == policy.at
            });
            match open {
                Some((.., until)) => *until = next,
                None => out.push((name, key, policy.at, next)),
            }
        }
    }
    out.into_iter()
        .map(|(name, key, from, until)| {
            let valid_after = key.valid_after.max(from);
            // A second begun counts: signatures of that second came before the key went.
            let until = until.map(|until| until.plus(Span::from_millis(999)));
            let valid_before = [key.valid_before, until].into_iter().flatten().min();
            allowed_signers::line(name.as_str(), &Key { valid_after, valid_before, ..key })
        })
        .collect()
}
