//! What called: an event of a request, a comment, a rollout, or this place itself. It stands in the notice's key, and is
//! read from there again.

use crate::domain::event::CommentNumber;

/// What made a notice.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Origin {
    /// The how-manieth event of its request, from 1.
    Event(u64),
    /// A comment on its request.
    Comment(CommentNumber),
    /// The how-manieth event of a rollout of its request, from 1.
    Rollout {
        /// What the rollout is called; no slash in it.
        name: String,
        /// Which of its events.
        version: u64,
    },
    /// This place: what it is about, such as `channel pager`; no slash in it.
    Place(String),
}

impl Origin {
    /// How the keys of notices about this place begin.
    pub const PLACE: &'static str = "place/";

    /// The number that is kept beside it.
    pub fn number(&self) -> u64 {
        match self {
            Origin::Event(version) | Origin::Rollout { version, .. } => *version,
            Origin::Comment(number) => u64::from(number.0),
            Origin::Place(_) => 0,
        }
    }

    /// Reads it from the notice's key and the number beside it.
    pub fn of_key(key: &str, number: u64) -> Self {
        let mut parts = key.split('/');
        let (first, second) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        if first == Self::PLACE.trim_end_matches('/') {
            return Origin::Place(second.to_owned());
        }
        if second.starts_with('c') {
            return Origin::Comment(CommentNumber(u32::try_from(number).unwrap_or_default()));
        }
        match first.starts_with("R-") {
            true => Origin::Event(number),
            false => Origin::Rollout { name: first.to_owned(), version: number },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::chain::Whom;
    use crate::domain::moment::Moment;
    use crate::domain::names::{PrincipalName, RequestId};
    use crate::domain::notice::{Notice, NoticeKind};

    #[test]
    fn an_origin_is_read_from_the_key_it_made() {
        let bob = Some(Whom::Principal(PrincipalName::new("bob").unwrap()));
        for (kind, origin) in [
            (NoticeKind::Escalation, Origin::Event(7)),
            (NoticeKind::Override, Origin::Event(7)),
            (NoticeKind::Mention, Origin::Comment(CommentNumber(3))),
            (NoticeKind::Halt, Origin::Rollout { name: "D-2".to_owned(), version: 9 }),
        ] {
            let notice = Notice {
                kind,
                request: Some(RequestId::new(31)),
                origin: origin.clone(),
                assignment: 0,
                to: bob.clone(),
                cause: None,
                at: Moment::from_millis(5),
            };
            assert_eq!(Origin::of_key(&notice.key(), origin.number()), origin, "{}", notice.key());
        }
        let place = Notice::of_place(NoticeKind::Alarm, "channel pager", Moment::from_millis(5));
        assert_eq!(place.key(), "place/channel pager/alarm/5");
        assert_eq!(Origin::of_key(&place.key(), 0), place.origin);
    }
}
