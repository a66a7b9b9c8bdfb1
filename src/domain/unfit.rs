//! Why a signature does not stand for a decision: each way to get it wrong has a sentence of its own.

use crate::domain::digest::{MarksDigest, PolicyDigest, RevisionDigest};
use crate::domain::moment::Moment;
use crate::domain::names::{PrincipalName, RequestId};
use crate::domain::policy::roster::{Enrolled, Key, Roster};
use crate::domain::principal::PrincipalKind;
use crate::domain::refusal::exit;
use crate::domain::statement::{Deed, Statement};
use crate::domain::text::safe_line;
use std::fmt;

/// What is wrong with a signature.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Unfit {
    /// It is no armour, or a damaged one.
    Unreadable(String),
    /// Made with an RSA key.
    Rsa,
    /// Made with another sort of key that is not taken.
    KeyType(String),
    /// Made for something else.
    Namespace(String),
    /// The key is in no roster.
    Stranger {
        /// The key.
        fingerprint: String,
    },
    /// The key is somebody else's.
    KeyOf {
        /// Whose.
        owner: PrincipalName,
        /// What sort of principal that is.
        kind: PrincipalKind,
        /// Who brought it.
        caller: PrincipalName,
    },
    /// The key stands for everybody.
    Everybody {
        /// The key.
        fingerprint: String,
    },
    /// The key was revoked.
    Revoked {
        /// The key.
        fingerprint: String,
    },
    /// The key is not valid yet.
    NotYet {
        /// From when on.
        from: Moment,
    },
    /// The key is not valid any more.
    NoLonger {
        /// Until when it was.
        until: Moment,
    },
    /// Nobody touched the hardware key.
    Untouched,
    /// It fits no statement that was handed out.
    FitsNothing {
        /// On which request it was brought.
        request: RequestId,
    },
    /// It is of another store.
    OtherStore,
    /// It is for another request.
    OtherRequest {
        /// For which.
        signed: RequestId,
        /// On which it was brought.
        request: RequestId,
    },
    /// It is for another deed.
    OtherDeed {
        /// For which.
        signed: Deed,
        /// What was to be done.
        deed: Deed,
        /// On which request.
        request: RequestId,
    },
    /// It is for another tier.
    OtherTier {
        /// For which.
        signed: Option<u8>,
        /// What it would promote to.
        tier: Option<u8>,
        /// On which request.
        request: RequestId,
    },
    /// The request was edited after it was signed.
    Edited {
        /// What was signed.
        signed: RevisionDigest,
        /// What is there.
        now: RevisionDigest,
        /// On which request.
        request: RequestId,
    },
    /// The marks changed after it was signed.
    Marked {
        /// What was signed.
        signed: MarksDigest,
        /// What a sign-off would leave.
        now: MarksDigest,
        /// On which request.
        request: RequestId,
    },
    /// Another policy is in force.
    OtherPolicy {
        /// Which was when it was signed.
        signed: Option<PolicyDigest>,
        /// On which request.
        request: RequestId,
    },
    /// Its head is no event of this log.
    OtherLog,
    /// It came too late.
    Expired {
        /// Until when it could come.
        at: Moment,
        /// On which request.
        request: RequestId,
    },
    /// It was used already.
    Used {
        /// On which request.
        request: RequestId,
    },
}

impl Unfit {
    /// The exit code of the command line.
    pub const fn exit_code(&self) -> u8 {
        match self {
            Unfit::Unreadable(_) => exit::INVALID,
            Unfit::FitsNothing { .. } => exit::NOT_VERIFIED,
            Unfit::Edited { .. } | Unfit::Marked { .. } | Unfit::OtherPolicy { .. } => exit::CONFLICT,
            _ => exit::REFUSED,
        }
    }
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let again = |request: &RequestId| format!("sign anew: `countersign challenge {request}`");
        match self {
            Unfit::Unreadable(why) => write!(
                f,
                "the signature cannot be read: {}; give all of it, from BEGIN SSH SIGNATURE to END SSH SIGNATURE",
                safe_line(why)
            ),
            Unfit::Rsa => f.write_str(
                "RSA keys sign no decision here: use an Ed25519 key (`ssh-keygen -t ed25519`) or a FIDO key (`ssh-keygen -t ed25519-sk`), and have it enrolled",
            ),
            Unfit::KeyType(kind) => write!(
                f,
                "keys of the type {} sign no decision here: Ed25519, ECDSA P-256, and the FIDO forms of both do",
                safe_line(kind).clipped(60)
            ),
            Unfit::Namespace(namespace) => write!(
                f,
                "the signature was made for {}, not for a decision: sign with -n {}",
                safe_line(namespace).clipped(60),
                crate::domain::statement::NAMESPACE
            ),
            Unfit::Stranger { fingerprint } => {
                write!(f, "the key {fingerprint} is nobody's: the adopted roster does not have it")
            }
            Unfit::KeyOf { owner, kind, caller } => {
                let whose = match kind {
                    PrincipalKind::Agent => "an agent's",
                    PrincipalKind::Human => "a person's",
                    PrincipalKind::System => "the program's",
                };
                write!(f, "the key is {owner}'s, {whose}, and you are {caller}: everybody signs with a key of their own")
            }
            Unfit::Everybody { fingerprint } => {
                write!(f, "the key {fingerprint} is enrolled for `*`: a key that is everybody's stands for nobody")
            }
            Unfit::Revoked { fingerprint } => write!(f, "the key {fingerprint} was revoked: use another"),
            Unfit::NotYet { from } => write!(f, "the key is valid only from {} on", from.date_and_time()),
            Unfit::NoLonger { until } => {
                write!(f, "the key was valid until {}: have it enrolled anew, or use another", until.date_and_time())
            }
            Unfit::Untouched => f.write_str(
                "nobody touched the hardware key for this signature: a key made with `no-touch-required` signs no decision",
            ),
            Unfit::FitsNothing { request } => write!(
                f,
                "the signature fits no statement that was handed out to be signed: a byte of it or of the text was changed, or it is too old; {}",
                again(request)
            ),
            Unfit::OtherStore => f.write_str("the signature stands for a request of another store"),
            Unfit::OtherRequest { signed, request } => {
                write!(f, "the signature stands for {signed}, not for {request}; {}", again(request))
            }
            Unfit::OtherDeed { signed, deed, .. } => write!(
                f,
                "the signature is one to {}, not to {}: each is signed by itself",
                signed.word(),
                deed.word()
            ),
            Unfit::OtherTier { signed, tier, request } => {
                let words = |tier: &Option<u8>| tier.map_or("no tier".to_owned(), |tier| format!("{tier} %"));
                write!(
                    f,
                    "the signature stands for a promotion to {}, not to {}; {}",
                    words(signed),
                    words(tier),
                    again(request)
                )
            }
            Unfit::Edited { signed, now, request } => write!(
                f,
                "{request} was edited after you signed: the signature stands for revision {}, it is {} now; look again, and {}",
                signed.short(),
                now.short(),
                again(request)
            ),
            Unfit::Marked { signed, now, request } => write!(
                f,
                "marks on {request} changed after you signed: the signature stands for {}, they are {} now; look again, and {}",
                signed.short(),
                now.short(),
                again(request)
            ),
            Unfit::OtherPolicy { signed, request } => {
                let signed = signed.map_or("the built-in one".to_owned(), |digest| digest.short());
                write!(f, "another policy is in force than when you signed ({signed}); {}", again(request))
            }
            Unfit::OtherLog => f.write_str(
                "the statement names an event that is not in this log: it was made of another log, or this one was cut",
            ),
            Unfit::Expired { at, request } => {
                write!(f, "the statement could be signed until {}; {}", at.date_and_time(), again(request))
            }
            Unfit::Used { request } => {
                write!(f, "this signature was used already: it stands for one decision; {}", again(request))
            }
        }
    }
}

impl Statement {
    /// Whether this stands for the decision that `expected` describes, at `now`; the heads need not be the same.
    ///
    /// # Errors
    /// The first field that differs.
    pub fn stands_for(&self, expected: &Statement, now: Moment) -> Result<(), Unfit> {
        let request = expected.request;
        if self.store != expected.store {
            return Err(Unfit::OtherStore);
        }
        if self.request != request {
            return Err(Unfit::OtherRequest { signed: self.request, request });
        }
        if self.deed != expected.deed {
            return Err(Unfit::OtherDeed { signed: self.deed, deed: expected.deed, request });
        }
        if self.tier != expected.tier {
            return Err(Unfit::OtherTier { signed: self.tier, tier: expected.tier, request });
        }
        if self.revision != expected.revision {
            return Err(Unfit::Edited { signed: self.revision, now: expected.revision, request });
        }
        if self.marks != expected.marks {
            return Err(Unfit::Marked { signed: self.marks, now: expected.marks, request });
        }
        if self.policy != expected.policy {
            return Err(Unfit::OtherPolicy { signed: self.policy, request });
        }
        if now >= self.expires {
            return Err(Unfit::Expired { at: self.expires, request });
        }
        Ok(())
    }
}

/// The key `public` (`type base64`) as one of `caller`'s own that is valid at `now`.
///
/// # Errors
/// Whose it is instead, or why it is not valid.
pub fn own_key<'a>(
    roster: &'a Roster,
    public: &str,
    fingerprint: &str,
    caller: &PrincipalName,
    now: Moment,
) -> Result<(&'a Enrolled, &'a Key), Unfit> {
    let fingerprint = || fingerprint.to_owned();
    let holders = || {
        let of = |enrolled: &'a Enrolled| enrolled.keys.iter().map(move |key| (enrolled, key));
        roster.principals.iter().flat_map(of).filter(|(_, key)| key.public == public)
    };
    // A roster cannot hold such a name; a list that others keep can.
    if holders().any(|(enrolled, _)| enrolled.name.as_str().contains('*')) {
        return Err(Unfit::Everybody { fingerprint: fingerprint() });
    }
    let own = holders().find(|(enrolled, _)| enrolled.name == *caller);
    let Some((enrolled, key)) = own else {
        return Err(match holders().next() {
            Some((other, _)) => {
                Unfit::KeyOf { owner: other.name.clone(), kind: other.kind, caller: caller.clone() }
            }
            None => Unfit::Stranger { fingerprint: fingerprint() },
        });
    };
    valid(key, now).map(|()| (enrolled, key))
}

/// Whether a key is valid at `now`.
///
/// # Errors
/// Revoked, not yet, or no longer.
pub fn valid(key: &Key, now: Moment) -> Result<(), Unfit> {
    if key.revoked {
        return Err(Unfit::Revoked { fingerprint: key.fingerprint.clone() });
    }
    match (key.valid_after, key.valid_before) {
        (Some(from), _) if now < from => Err(Unfit::NotYet { from }),
        (_, Some(until)) if now >= until => Err(Unfit::NoLonger { until }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::digest::EventHash;
    use crate::domain::names::StoreId;

    fn statement() -> Statement {
        Statement {
            store: StoreId::from_bytes([7; 16]),
            request: RequestId::new(12),
            revision: RevisionDigest::from_bytes([1; 32]),
            marks: MarksDigest::from_bytes([2; 32]),
            deed: Deed::Approve,
            tier: Some(25),
            policy: Some(PolicyDigest::from_bytes([4; 32])),
            head: EventHash::from_bytes([3; 32]),
            expires: Moment::from_millis(60_000),
        }
    }

    #[test]
    fn a_statement_stands_for_one_decision_and_says_what_else_it_was_for() {
        let expected = statement();
        let now = Moment::from_millis(59_999);
        let later = Statement { head: EventHash::from_bytes([9; 32]), ..statement() };
        assert_eq!(later.stands_for(&expected, now), Ok(()), "events in between change nothing");
        let mut told = Vec::new();
        for (signed, words) in [
            (Statement { store: StoreId::from_bytes([8; 16]), ..statement() }, "another store"),
            (Statement { request: RequestId::new(13), ..statement() }, "stands for R-13, not for R-12"),
            (Statement { deed: Deed::Override, ..statement() }, "one to override, not to approve"),
            (Statement { tier: Some(5), ..statement() }, "to 5 %, not to 25 %"),
            (Statement { tier: None, ..statement() }, "to no tier, not to 25 %"),
            (
                Statement { revision: RevisionDigest::from_bytes([9; 32]), ..statement() },
                "R-12 was edited after you signed",
            ),
            (Statement { marks: MarksDigest::from_bytes([9; 32]), ..statement() }, "marks on R-12 changed"),
            (Statement { policy: None, ..statement() }, "another policy is in force"),
            (
                Statement { expires: now, ..statement() },
                "could be signed until 1970-01-01 00:00:59Z; sign anew: `countersign challenge R-12`",
            ),
        ] {
            let why = signed.stands_for(&expected, now).unwrap_err();
            assert!(why.to_string().contains(words), "{why}");
            told.push(why.to_string());
        }
        told.dedup();
        assert_eq!(told.len(), 9, "each has a sentence of its own");
    }
}
