//! What reaches somebody who is not looking: the window's title, and the terminal's bell.

use crate::domain::names::RequestId;
use crate::tui::model::Model;
use crate::tui::view::chrome::count;
use std::collections::BTreeSet;

/// Which urgent requests were rung for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Attention {
    rung: BTreeSet<RequestId>,
}

impl Attention {
    /// Takes what began to wait and is urgent; says whether any of it is new. What left and came back is not new a second
    /// time.
    pub fn is_called_by(&mut self, urgent: BTreeSet<RequestId>) -> bool {
        let before = self.rung.len();
        self.rung.extend(urgent);
        self.rung.len() > before
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
    fn the_bell_is_rung_once_for_each_urgent_request() {
        let ids = |all: &[u64]| all.iter().map(|n| RequestId::new(*n)).collect::<BTreeSet<_>>();
        let mut attention = Attention::default();
        assert!(!attention.is_called_by(ids(&[])));
        assert!(attention.is_called_by(ids(&[1, 3])));
        assert!(!attention.is_called_by(ids(&[1, 3])), "once");
        assert!(!attention.is_called_by(ids(&[3])), "it only came back");
        assert!(attention.is_called_by(ids(&[4, 5])), "two at once are one sound");
    }
}
