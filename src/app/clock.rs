//! The one clock and the one source of chance. Everything else is handed what they say.

use crate::domain::moment::Moment;
use std::sync::Arc;

/// Tells the time, to every thread that asks.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Moment + Send + Sync>);

impl Clock {
    /// The host's clock. Debug builds can be set off it for tests (`COUNTERSIGN_TEST_CLOCK_OFFSET_MS`); release builds
    /// have no such door.
    pub fn system() -> Self {
        Self(Arc::new(|| Moment::from_millis(host_millis().saturating_add(offset()))))
    }

    /// A clock that says what `tell` says.
    pub fn from_fn(tell: impl Fn() -> Moment + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }

    /// The time.
    pub fn now(&self) -> Moment {
        (self.0)()
    }
}

#[allow(clippy::disallowed_methods, reason = "the one place that asks")]
fn host_millis() -> i64 {
    chrono::Utc::now().timestamp_millis()
}

#[cfg(debug_assertions)]
fn offset() -> i64 {
    std::env::var("COUNTERSIGN_TEST_CLOCK_OFFSET_MS").ok().and_then(|ms| ms.parse().ok()).unwrap_or(0)
}

#[cfg(not(debug_assertions))]
const fn offset() -> i64 {
    0
}

/// Fills `buffer` with random bytes from the kernel.
///
/// # Errors
/// When the kernel has none to give.
pub fn chance(buffer: &mut [u8]) -> std::io::Result<()> {
    let mut filled = 0;
    while filled < buffer.len() {
        let rest = buffer.get_mut(filled..).unwrap_or_default();
        filled += rustix::rand::getrandom(rest, rustix::rand::GetRandomFlags::empty())?;
    }
    Ok(())
}
