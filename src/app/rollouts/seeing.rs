//! What a screen sees of rollouts: a line of each that is live or was lately, and one whole.

use crate::app::{App, Error};
use crate::domain::event::Entry;
use crate::domain::moment::{Moment, Span};
use crate::domain::names::{RequestId, Seq};
use crate::domain::principal::{Caller, Standing};
use crate::domain::request::Request;
use crate::domain::rollout::{Phase, Rollout, RolloutId};
use crate::present::rollout::seen::{Seen, Waits};

/// How long one that is over still stands among those that are live: whoever was looking elsewhere sees how it ended.
const LATELY: Span = Span::from_minutes(30);
/// How far back readings are looked at where no tier is judged.
const BACK: Span = Span::from_minutes(40);
/// How many of those that are over are looked at.
const ENDED: usize = 4;

/// One rollout, whole.
#[derive(Clone, PartialEq, Debug)]
pub struct Whole {
    /// What it is and what was measured.
    pub seen: Seen,
    /// Its events, oldest first.
    pub events: Vec<(Seq, Entry)>,
    /// What whoever looks may do.
    pub standing: Standing,
}

/// What there is to be seen.
#[derive(Clone, PartialEq, Debug)]
pub struct Outlook {
    /// When it was looked at.
    pub now: Moment,
    /// Those that are live or were lately, the most urgent first.
    pub live: Vec<Seen>,
    /// The one that was asked for, when there is one.
    pub whole: Option<Box<Whole>>,
}

impl App {
    /// The rollouts that are live or were lately, the most urgent first, and `of` whole.
    ///
    /// # Errors
    /// When they cannot be read. One that is not the caller's to see is left out.
    pub fn see_rollouts(&self, of: Option<RequestId>, caller: &Caller) -> Result<Outlook, Error> {
        let now = self.now();
        let watched = self.work_is_done()?;
        let mut ids = self.store.live_rollouts()?;
        ids.extend(self.store.ended_rollouts(now.minus(LATELY), ENDED)?);
        let mut live = Vec::with_capacity(ids.len());
        for id in ids {
            live.extend(self.see(id, watched, now)?.map(|(seen, _)| seen));
        }
        live.sort_by_key(|seen| (seen.place(now), seen.rollout.id));
        let mut whole = None;
        if let Some(id) = of.map(RolloutId::of)
            && let Some((seen, request)) = self.see(id, watched, now)?
        {
            let events = self.store.rollout_history(id)?;
            let standing = self.facts(caller, &request)?.standing;
            whole = Some(Box::new(Whole { seen, events, standing }));
        }
        Ok(Outlook { now, live, whole })
    }

    fn see(&self, id: RolloutId, watched: bool, now: Moment) -> Result<Option<(Seen, Request)>, Error> {
        let request = match self.request(id.deployment()) {
            Ok(request) => request,
            // Not theirs to see.
            Err(Error::Refused(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        let Some(rollout) = self.store.rollout(id)? else { return Ok(None) };
        let since = since(&rollout, now);
        let heard = self.store.heard(id, since)?;
        let waits = match rollout.promotion.map(|promotion| self.request(promotion)) {
            Some(Ok(promotion)) if promotion.is_open() => Some(Waits {
                id: promotion.id,
                expires_at: promotion.expires_at(),
                missing: promotion.open_slots().len(),
            }),
            _ => None,
        };
        let service = request.target().service.clone();
        Ok(Some((Seen { rollout, service, heard, since, waits, watched }, request)))
    }
}

/// From when on readings are read: all that is judged, and no more of the rest than is charted.
fn since(rollout: &Rollout, now: Moment) -> Moment {
    match rollout.phase {
        Phase::Baking | Phase::AwaitingPromotion | Phase::Paused => rollout.heard_since(),
        _ => now.minus(BACK),
    }
}
