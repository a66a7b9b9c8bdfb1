//! The last words: drafts go to the file when the keys rest, and, whatever ends the program, before it ends.

use crate::app::{Draft, Drafts, Failure};
use crate::domain::event::CommentNumber;
use crate::domain::moment::Moment;
use crate::domain::names::{RequestId, RevisionNumber};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long keys must rest before what was typed is kept.
const REST: Duration = Duration::from_millis(300);
/// How long it may stay unkept while somebody types on.
const LONGEST: Duration = Duration::from_millis(800);
/// How long somebody who decides is waited for, and how long until the next try.
const PATIENCE: Duration = Duration::from_millis(60);
const AGAIN: Duration = Duration::from_millis(300);
/// The same when it is the last chance: a hang-up must end within a second.
const AT_THE_END: Duration = Duration::from_millis(300);

/// Where drafts are kept, and what is not kept yet. The loop, the watchdog and the signals share it.
#[derive(Default)]
pub struct Keeper {
    drafts: Mutex<Option<Drafts>>,
    unsaved: Mutex<Vec<Draft>>,
    before: Mutex<Option<Moment>>,
}

fn open<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A thread that panicked while it held this left whole values behind.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Keeper {
    /// Keeps drafts in `drafts`.
    pub fn new(drafts: Drafts) -> Arc<Self> {
        let keeper = Self::default();
        keeper.keep_in(drafts);
        Arc::new(keeper)
    }

    /// Keeps drafts in `drafts` from now on. Until then, before the first frame, nothing can have been typed.
    pub fn keep_in(&self, drafts: Drafts) {
        *open(&self.drafts) = Some(drafts);
    }

    /// What was typed and is not in the file yet: what is kept at the end, if there is no time before.
    pub fn remember(&self, unsaved: Vec<Draft>) {
        *open(&self.unsaved) = unsaved;
    }

    /// Everything that is in the file.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn all(&self) -> Result<Vec<Draft>, Failure> {
        open(&self.drafts).as_ref().map_or(Ok(Vec::new()), Drafts::all)
    }

    /// Keeps one draft, or forgets it when it is blank.
    ///
    /// # Errors
    /// When it cannot be written now.
    pub fn keep(&self, draft: &Draft) -> Result<Draft, Failure> {
        match open(&self.drafts).as_ref() {
            Some(drafts) => drafts.keep(draft, PATIENCE),
            None => Ok(draft.clone()),
        }
    }

    /// Notes that a request was opened. What cannot be noted is only shown once more, so nobody is told.
    pub fn note_seen(&self, id: RequestId, revision: RevisionNumber) {
        let _ = open(&self.drafts).as_ref().map(|drafts| drafts.note_seen(id, revision));
    }

    /// Notes comments as delivered, or as read. What cannot be noted now is noted another time, so nobody is told.
    pub fn note_heard(&self, id: RequestId, comments: &[CommentNumber], read: bool) {
        let _ = open(&self.drafts).as_ref().map(|drafts| drafts.note_heard(id, comments, read));
    }

    /// Notes that somebody is here, and remembers when they were here before.
    pub fn note_visit(&self, before: Option<Moment>) {
        open(&self.before).clone_from(&before);
        let _ = open(&self.drafts).as_ref().map(Drafts::note_visit);
    }

    /// When somebody was here before this sitting; nothing when they never were.
    pub fn last_visit(&self) -> Option<Moment> {
        *open(&self.before)
    }

    /// Keeps what is left. There is nobody to tell when that fails.
    pub fn keep_the_rest(&self) {
        let drafts = open(&self.drafts);
        let Some(drafts) = drafts.as_ref() else { return };
        // Until now they were here; only one who came was.
        let _ = drafts.note_visit();
        let rest = std::mem::take(&mut *open(&self.unsaved));
        for draft in rest {
            let _ = drafts.keep(&draft, AT_THE_END);
        }
    }
}

/// Keeps what is left when it is dropped: after quitting, a signal, a failure or a panic of the loop.
pub struct LastWords(pub Arc<Keeper>);

impl Drop for LastWords {
    fn drop(&mut self) {
        self.0.keep_the_rest();
    }
}

/// When drafts are due.
#[derive(Debug, Default)]
pub struct Pace {
    since: Option<Instant>,
    tried: Option<Instant>,
}

impl Pace {
    /// How long until what is unsaved must be kept; nothing when there is nothing to keep.
    pub fn due_in(&mut self, unsaved: bool, last_key: Instant) -> Option<Duration> {
        if !unsaved {
            *self = Self::default();
            return None;
        }
        let since = *self.since.get_or_insert_with(Instant::now);
        let due = (last_key + REST).min(since + LONGEST);
        let due = self.tried.map_or(due, |tried| due.max(tried + AGAIN));
        Some(due.saturating_duration_since(Instant::now()))
    }

    /// It was tried now.
    pub fn tried(&mut self) {
        self.tried = Some(Instant::now());
        self.since = None;
    }
}
