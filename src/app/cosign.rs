//! Deciding with a signature: the statement is handed out, signed elsewhere, and verified inside the write that decides.

use crate::app::decide::Beside;
use crate::app::decide::Decided;
use crate::app::team::Place;
use crate::app::{App, Error};
use crate::domain::command::{Command, Facts};
use crate::domain::hands;
use crate::domain::moment::Moment;
use crate::domain::names::{PrincipalName, RequestId};
use crate::domain::principal::{Assurance, Caller};
use crate::domain::refusal::Refusal;
use crate::domain::signing::{self, Proof};
use crate::domain::statement::{Deed, NAMESPACE, Signature, Statement};
use crate::domain::unfit::{Unfit, own_key};
use crate::exchange::sshsig::{self, Armoured};
use crate::store::failure::Failure;
use crate::store::write::Tx;
use std::path::Path;

/// The namespace signatures are made for.
pub const SIGNED_FOR: &str = NAMESPACE;

/// The longest signature that is read, in bytes.
pub const LONGEST: usize = sshsig::LONGEST;

/// What a signature that was brought along is worth.
pub(super) struct Brought {
    /// The signature, verified, or why it is none.
    pub proof: Result<Proof, Unfit>,
    /// How sure it makes us.
    pub assurance: Assurance,
}

impl App {
    /// Hands out the statement that stands for `deed` on `id` as it is now.
    ///
    /// # Errors
    /// Whatever would refuse it, were it signed; or it cannot be kept.
    pub fn challenge(&mut self, id: RequestId, deed: Deed, caller: &Caller) -> Result<Statement, Error> {
        let now = self.now();
        let known = &self.known;
        let self_review = self.config.solo.self_review;
        self.store
            .write(|tx| -> Result<Result<Statement, Refusal>, Error> {
                let policy = known.effective(tx)?;
                let place = Place::of(tx, &policy, caller, now)?;
                let caller = &place.caller;
                let request = place.request(tx, id)?;
                let open = tx.open_of(&request.requester.name)?;
                let mut facts = super::decide::facts(&policy, &place, open, self_review);
                let also = hands::also(caller, &facts);
                facts.debts = tx.debts_of(&caller.name, caller.person.as_ref(), &also)?;
                // What is due is recorded first: nobody signs for what has expired, or is judged by an older policy.
                let due = request.due_beside(&Command::Settle, &facts, now);
                let (request, _) = tx.commit(&request, &due)?;
                let may = signing::may(&request, deed, caller, &facts, now);
                let marks = match may.and_then(|()| signing::marks_after(&request, deed)) {
                    Ok(marks) => marks,
                    Err(refusal) => return Ok(Err(refusal)),
                };
                let (head, hash) = tx.head()?;
                let of = (tx.store_id(), hash);
                let statement = signing::statement(&request, deed, &marks, policy.digest, of, now);
                tx.hand_out(&caller.name, &statement, head, now)?;
                Ok(Ok(statement))
            })?
            .map_err(Error::from)
    }

    /// Does one command with a signature over a statement that [`App::challenge`] handed out.
    ///
    /// # Errors
    /// As [`App::decide`]; and whatever is wrong with the signature, each in its own words.
    pub fn cosign(
        &mut self,
        id: RequestId,
        armour: &str,
        command: &Command,
        caller: &Caller,
    ) -> Result<Decided, Error> {
        let armoured = sshsig::read(armour);
        self.decide_with(id, command, caller, Beside { armoured: Some(&armoured), ..Beside::default() })
    }

    /// Signs with a key file, by `ssh-keygen` on this terminal; the armour.
    ///
    /// # Errors
    /// When it does not sign.
    pub fn sign_with(&self, key: &Path, statement: &Statement) -> Result<String, Failure> {
        crate::drive::keygen::sign(key, NAMESPACE, &statement.to_string())
            .map_err(|why| Failure::unusable(why, "look at what it said above"))
    }
}

/// What a signature is worth that `caller` brings along on `id`: verified against the roster in force, and the
/// statements that were handed out. Which decision it stands for is asked when it is decided.
///
/// # Errors
/// When the store cannot be read.
pub(super) fn brought(
    tx: &Tx<'_>,
    armoured: &Result<Armoured, Unfit>,
    id: RequestId,
    (caller, facts): (&PrincipalName, &Facts),
    now: Moment,
) -> Result<Brought, Failure> {
    let unfit = |why: Unfit| Ok(Brought { proof: Err(why), assurance: Assurance::Asserted });
    let armoured = match armoured {
        Ok(armoured) => armoured,
        Err(why) => return unfit(why.clone()),
    };
    let checked = armoured.is_for_a_decision().and_then(|()| {
        own_key(&facts.policy.roster, &armoured.key(), &armoured.fingerprint(), caller, now).map(|_| ())
    });
    if let Err(why) = checked {
        return unfit(why);
    }
    let fits = |text: &str| armoured.fits(text.as_bytes());
    let Some(signed) = tx.handed_out(caller, id)?.into_iter().find(|handed| fits(&handed.text)) else {
        return unfit(Unfit::FitsNothing { request: id });
    };
    let statement = match Statement::parse(&signed.text) {
        Ok(statement) if statement.store == *tx.store_id() => statement,
        _ => return unfit(Unfit::OtherStore),
    };
    if !signed.of_this_log {
        return unfit(Unfit::OtherLog);
    }
    let assurance = match armoured.touched() {
        Some(false) => return unfit(Unfit::Untouched),
        Some(true) => Assurance::SignedTouch,
        None => Assurance::Signed,
    };
    let signature = Signature {
        statement: signed.text,
        armour: armoured.text().to_owned(),
        fingerprint: armoured.fingerprint(),
    };
    Ok(Brought { proof: Ok(Proof { statement, signature }), assurance })
}
