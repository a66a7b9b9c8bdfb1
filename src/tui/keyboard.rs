//! The thread that reads the keyboard, and how it is made to rest while another program has the terminal.

use crossterm::event::{Event, read};
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How long the thread may take to come to rest.
const PATIENCE: Duration = Duration::from_secs(1);

#[derive(Debug, Default)]
struct State {
    wanted: bool,
    resting: bool,
}

type Shared = Arc<(Mutex<State>, Condvar)>;

/// The keyboard as the loop holds it.
#[derive(Debug)]
pub struct Keyboard {
    shared: Shared,
}

fn open(mutex: &Mutex<State>) -> MutexGuard<'_, State> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Keyboard {
    /// Starts reading; every event goes to `send` until that says that nobody listens, or there is nothing to read from.
    pub fn listen(mut send: impl FnMut(io::Result<Event>) -> bool + Send + 'static) -> Self {
        let shared = Shared::default();
        let state = Arc::clone(&shared);
        thread::spawn(move || {
            loop {
                rest_if_wanted(&state);
                let event = read();
                let over = event.is_err();
                if !send(event) || over {
                    return;
                }
            }
        });
        Self { shared }
    }

    /// Makes the thread stop reading, so that another program gets the keys; says whether it did.
    pub fn rest(&self) -> bool {
        let (state, changed) = &*self.shared;
        open(state).wanted = true;
        // It sleeps in a read that only an event ends; a resize that is none is the one event we can send ourselves.
        if signal_hook::low_level::raise(signal_hook::consts::SIGWINCH).is_err() {
            open(state).wanted = false;
            return false;
        }
        let waited = changed.wait_timeout_while(open(state), PATIENCE, |state| !state.resting);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.wanted = state.resting;
        state.resting
    }

    /// Lets the thread read again.
    pub fn go_on(&self) {
        let (state, changed) = &*self.shared;
        open(state).wanted = false;
        changed.notify_all();
    }
}

fn rest_if_wanted(shared: &Shared) {
    let (state, changed) = &**shared;
    let mut guard = open(state);
    if !guard.wanted {
        return;
    }
    guard.resting = true;
    changed.notify_all();
    let mut guard = changed.wait_while(guard, |state| state.wanted).unwrap_or_else(PoisonError::into_inner);
    guard.resting = false;
}
