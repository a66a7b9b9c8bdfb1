//! What reaches somebody who is not looking: the window's title, and the terminal's bell.

use crate::domain::names::RequestId;
use crate::tui::model::Model;
use crate::tui::view::chrome::count;
use std::collections::BTreeSet;

/// Which urgent requests were rung for, or were there before anybody listened.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Attention {
    known: Option<BTreeSet<RequestId>>,
}

impl Attention {
    /// Takes what waits now and is urgent; says whether any of it is new. What was there at the start is not, and what
    /// left and came back is not new a second time.
    pub fn is_called_by(&mut self, urgent: BTreeSet<RequestId>) -> bool {
        let Some(known) = &mut self.known else {
            self.known = Some(urgent);
            return false;
        };
        let before = known.len();
        known.extend(urgent);
        known.len() > before
    }
}

/// The window's title. Nothing that came from outside is in it.
pub fn title(model: &Model) -> String {
    match model.counters.map(|counters| counters.waiting) {
        None | Some(0) => "countersign".to_owned(),
        Some(waiting) => format!("countersign: {} waiting", count(waiting)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bell_is_rung_once_for_each_new_urgent_request_and_never_for_what_was_there() {
        let ids = |all: &[u64]| all.iter().map(|n| RequestId::new(*n)).collect::<BTreeSet<_>>();
        let mut attention = Attention::default();
        assert!(!attention.is_called_by(ids(&[1, 2])), "they were there at the start");
        assert!(!attention.is_called_by(ids(&[1])));
        assert!(attention.is_called_by(ids(&[1, 3])));
        assert!(!attention.is_called_by(ids(&[1, 3])), "once");
        assert!(!attention.is_called_by(ids(&[])));
        assert!(!attention.is_called_by(ids(&[2, 3])), "they only came back");
        assert!(attention.is_called_by(ids(&[4, 5])), "two at once are one sound");
    }
}
