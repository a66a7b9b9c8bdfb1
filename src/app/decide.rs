//! Deciding: one command on one request, as one transaction.

use crate::app::policy::take_effect;
use crate::app::programs::{Looked, found_at};
use crate::app::rollouts::promotion_decided;
use crate::app::team::Place;
use crate::app::{App, Error, Failure, cosign};
use crate::domain::attempts;
use crate::domain::command::{Command, Facts};
use crate::domain::content::Kind;
use crate::domain::event::{Entry, Fact};
use crate::domain::hands;
use crate::domain::names::{RequestId, Seq};
use crate::domain::overriding::{self, Plea, digest_of_reason};
use crate::domain::policy::Policy;
use crate::domain::precedents::{REMEMBERED, shapes};
use crate::domain::principal::{Caller, Face};
use crate::domain::refusal::Refusal;
use crate::domain::request::{Execution, Request};
use crate::domain::unfit::Unfit;
use crate::domain::{programs, proposing};
use crate::exchange::sshsig::Armoured;
use crate::store::running::{RunLock, is_free};
use crate::store::sight::Sight;
use crate::store::write::Tx;
use std::collections::BTreeSet;

/// What a decision left behind.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decided {
    /// What was recorded, in order; empty when the command changed nothing.
    pub entries: Vec<Entry>,
    /// Where in the log.
    pub places: Vec<Seq>,
    /// The request afterwards.
    pub after: Request,
}

/// What stands beside a command and is no part of it.
#[derive(Clone, Copy, Default)]
pub(super) struct Beside<'a> {
    /// The lock of the request's runner, for who holds it.
    pub(super) lock: Option<&'a RunLock>,
    /// The signature that was brought along.
    pub(super) armoured: Option<&'a Result<Armoured, Unfit>>,
    /// The bytes of a file of evidence, kept in the same transaction.
    pub(super) file: Option<&'a [u8]>,
    /// The programs that were looked at, for who goes on with them.
    pub(super) looked: Option<&'a Looked>,
}

/// What came of one try to decide.
enum Tried {
    Decided(Box<Decided>),
    Refused(Refusal),
    /// Nothing yet: these programs must be looked at first, outside of the write.
    Look(BTreeSet<String>),
}

/// What is true across requests for whoever stands there.
pub(super) fn facts(policy: &Policy, place: &Place, open_of_requester: u64, self_review: bool) -> Facts {
    Facts {
        policy: policy.clone(),
        standing: place.standing.clone(),
        self_review: self_review && !place.team,
        open_of_requester,
        team: place.team,
        runner_gone: false,
        shown_at: None,
        signature: None,
        debts: Vec::new(),
        reason_used: None,
        next_number: RequestId::new(0),
        programs: Default::default(),
        failed: Default::default(),
    }
}

/// What an override looks at beside the request: what its person owes, whether they gave that reason before, and the
/// number its debt will have.
fn facts_to_override(tx: &Tx<'_>, plea: &Plea, caller: &Caller, facts: &mut Facts) -> Result<(), Error> {
    let person = caller.person.as_ref();
    facts.debts = tx.debts_of(&caller.name, person, &hands::also(caller, facts))?;
    facts.reason_used = tx.reason_given_before(&caller.name, person, digest_of_reason(&plea.reason))?;
    facts.next_number = tx.next_number()?;
    Ok(())
}

impl App {
    /// Does one command. What is due by the clock is recorded with it — also when the command is refused.
    ///
    /// # Errors
    /// The refusal, or a failure; nothing but what was due was recorded then.
    pub fn decide(&mut self, id: RequestId, command: &Command, caller: &Caller) -> Result<Decided, Error> {
        self.decide_with(id, command, caller, Beside::default())
    }

    /// As [`App::decide`]; who holds the lock of the request's runner knows that its last one is gone.
    pub(super) fn decide_holding(
        &mut self,
        id: RequestId,
        command: &Command,
        caller: &Caller,
        lock: Option<&RunLock>,
    ) -> Result<Decided, Error> {
        self.decide_with(id, command, caller, Beside { lock, ..Beside::default() })
    }

    /// As [`App::decide`], with what stands beside the command.
    pub(super) fn decide_with(
        &mut self,
        id: RequestId,
        command: &Command,
        caller: &Caller,
        beside: Beside<'_>,
    ) -> Result<Decided, Error> {
        let Beside { lock, armoured, file, looked } = beside;
        let own = Looked::default();
        let looked = looked.unwrap_or(&own);
        let now = self.now();
        let path = self.store.path().to_path_buf();
        let self_review = self.config.solo.self_review;
        let kept = self.store.kept_by()?.is_some_and(|keeping| !keeping.screen);
        let known = &self.known;
        loop {
            let tried = self.store.write(|tx| -> Result<Tried, Error> {
                let policy = known.effective(tx)?;
                let place = Place::of(tx, &policy, caller, now)?;
                let caller = &place.caller;
                let request = place.request(tx, id)?;
                if command.can_wait() {
                    tx.room_for_more()?;
                }
                let mut facts = facts(&policy, &place, tx.open_of(&request.requester.name)?, self_review);
                match looked.at(&programs::to_look_at(&request, command, &policy)) {
                    Ok(found) => facts.programs = found,
                    Err(missing) => return Ok(Tried::Look(missing)),
                }
                // Whoever runs it holds a lock until the end: asked only where somebody should.
                let begun = request.run.is_some()
                    && matches!(request.execution, Some(Execution::Running | Execution::Stopped));
                facts.runner_gone = begun && (lock.is_some() || is_free(&path, id));
                let mut proven = None;
                if let Some(armoured) = armoured {
                    let judged = now.max(request.updated_at);
                    let brought = cosign::brought(tx, armoured, id, (&caller.name, &facts), judged)?;
                    proven =
                        Some(Caller { assurance: caller.assurance.max(brought.assurance), ..caller.clone() });
                    facts.signature = Some(brought.proof);
                }
                let caller = proven.as_ref().unwrap_or(caller);
                if caller.face != Face::Clock {
                    facts.shown_at = tx.first_opened(id, request.revision.number, &caller.name)?;
                }
                // An edit is judged as a whole, with what of its like failed before.
                if let (Command::Modify { .. }, Some(content)) = (command, &request.content) {
                    facts.failed = tx.failed_since(shapes(content).keys(), now.minus(REMEMBERED))?;
                }
                if let Command::Override { plea, .. } = command {
                    facts_to_override(tx, plea, caller, &mut facts)?;
                }
                match request.decide(command, caller, &facts, now) {
                    Ok(entries) => {
                        let (after, places) = tx.commit(&request, &entries)?;
                        if let Some(file) = file {
                            tx.keep_evidence(file)?;
                        }
                        // Nobody signs for a policy that could not take effect any more.
                        if after.kind() == Kind::Policy && matches!(command, Command::Approve { .. }) {
                            proposing::ready(&request, &policy)?;
                            if entries.iter().any(|entry| matches!(entry.fact, Fact::Approved { .. })) {
                                take_effect(tx, &after, &policy, caller, now)?;
                            }
                        }
                        promotion_decided(tx, &request, &after, &policy, kept, now)?;
                        // There is no override without its debt, and no debt without its override.
                        if let (Command::Override { .. }, Some((id, entry))) =
                            (command, overriding::debt(&after, &policy, now))
                        {
                            tx.commit_new(id, &entry)?;
                        }
                        Ok(Tried::Decided(Box::new(Decided { entries, places, after })))
                    }
                    Err(refusal) => {
                        let mut due = request.due_beside(command, &facts, now);
                        let since = now.minus(attempts::AGAIN_AFTER);
                        if let Some(tried) = attempts::entry(&request, command, caller, &facts, &refusal, now)
                            && !tx.tried_since(id, &caller.name, since)?
                        {
                            due.push(tried);
                        }
                        if due.is_empty() {
                            return Err(refusal.into());
                        }
                        let (after, _) = tx.commit(&request, &due)?;
                        promotion_decided(tx, &request, &after, &policy, kept, now)?;
                        Ok(Tried::Refused(refusal))
                    }
                }
            })?;
            match tried {
                Tried::Decided(decided) => return Ok(*decided),
                Tried::Refused(refusal) => return Err(refusal.into()),
                Tried::Look(missing) => looked.look(missing),
            }
        }
    }

    /// What is true of the caller and the request across requests: for greying keys and for `explain`. The write that
    /// decides gathers them again.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn facts(&self, caller: &Caller, request: &Request) -> Result<Facts, Failure> {
        let open = self.store.counter(&format!("open-of:{}", request.requester.name))?;
        let place = self.place_of(caller)?;
        let policy = self.known.effective(&self.store)?;
        let mut facts = facts(&policy, &place, open, self.config.solo.self_review);
        facts.runner_gone = request.run.is_some() && self.store.runner_is_gone(request.id);
        let (whose, also) = (place.caller.clone(), hands::also(&place.caller, &facts));
        facts.debts = self.store.debts_of(&whose.name, whose.person.as_ref(), &also)?;
        Ok(facts)
    }

    /// Records what time has done by now, oldest first, a bounded number at a time; how many requests it touched.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn settle_due(&mut self) -> Result<usize, Error> {
        Ok(self.settle_batch()?.len())
    }

    /// The same, with what was recorded. All of a batch is one transaction; when that fails, each is tried by itself, so that
    /// one request that cannot be read holds up no other.
    pub(super) fn settle_batch(&mut self) -> Result<Vec<(RequestId, Vec<Entry>)>, Error> {
        const AT_ONCE: usize = 200;
        let now = self.now();
        let due = self.store.due(now, AT_ONCE)?;
        if due.is_empty() {
            return Ok(Vec::new());
        }
        if let Ok(all) = self.settle_together(&due, now) {
            return Ok(all);
        }
        let (mut all, mut failed) = (Vec::new(), None);
        for id in due {
            match self.settle_together(&[id], now) {
                Ok(one) => all.extend(one),
                Err(e) => failed = Some(e),
            }
        }
        match failed {
            Some(e) if all.is_empty() => Err(e),
            _ => Ok(all),
        }
    }

    fn settle_together(
        &mut self,
        ids: &[RequestId],
        now: crate::domain::moment::Moment,
    ) -> Result<Vec<(RequestId, Vec<Entry>)>, Error> {
        let system = Caller::system();
        let path = self.store.path().to_path_buf();
        let (known, self_review) = (&self.known, self.config.solo.self_review);
        self.store.write(|tx| -> Result<_, Error> {
            let policy = known.effective(tx)?;
            let place = Place::of(tx, &policy, &system, now)?;
            let mut all = Vec::with_capacity(ids.len());
            for id in ids {
                let Some(request) = tx.load(*id, &Sight::Everything)? else { continue };
                let open = tx.open_of(&request.requester.name)?;
                let mut facts = facts(&policy, &place, open, self_review);
                facts.runner_gone = is_gone(&request, &path);
                facts.programs = found_at(&programs::to_look_at(&request, &Command::Settle, &policy));
                let entries = request.decide(&Command::Settle, &system, &facts, now)?;
                let (after, _) = tx.commit(&request, &entries)?;
                promotion_decided(tx, &request, &after, &policy, true, now)?;
                if !entries.is_empty() {
                    all.push((*id, entries));
                }
            }
            Ok(all)
        })
    }
}

/// Whether the program that runs a plan is gone: asked only where one should be there.
fn is_gone(request: &Request, store: &std::path::Path) -> bool {
    let begun =
        request.run.is_some() && matches!(request.execution, Some(Execution::Running | Execution::Stopped));
    begun && is_free(store, request.id)
}
