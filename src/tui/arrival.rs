//! The grace of an arrival: when the request under the cursor came or changed by itself, a finger may already be on its
//! way. For a quarter of a second after it was first drawn, the keys that decide do nothing but say so.

use std::time::Duration;

/// How long it must have stood there before somebody can mean it.
pub const GRACE: Duration = Duration::from_millis(250);

/// What last came under the cursor by itself. Times are counted from the start of the screen, and handed in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Arrival {
    /// Nothing, or long ago.
    #[default]
    None,
    /// Something, and no frame has shown it.
    Unseen,
    /// Something that a frame showed at this time.
    Seen(Duration),
}

impl Arrival {
    /// A frame was drawn at `at`.
    pub fn shown(&mut self, at: Duration) {
        if *self == Arrival::Unseen {
            *self = Arrival::Seen(at);
        }
    }

    /// Whether a key that was pressed at `at` may have been meant for what stood there before.
    pub fn is_fresh(self, at: Duration) -> bool {
        match self {
            Arrival::None => false,
            Arrival::Unseen => true,
            Arrival::Seen(since) => at.saturating_sub(since) < GRACE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_runs_from_the_frame_that_showed_it() {
        let ms = Duration::from_millis;
        let mut arrival = Arrival::Unseen;
        assert!(arrival.is_fresh(ms(9_000)), "no frame has shown it");
        arrival.shown(ms(1_000));
        arrival.shown(ms(1_200));
        for (at, fresh) in [(900, true), (1_000, true), (1_249, true), (1_250, false), (9_000, false)] {
            assert_eq!(arrival.is_fresh(ms(at)), fresh, "{at}");
        }
        assert!(!Arrival::None.is_fresh(ms(0)));
    }
}
