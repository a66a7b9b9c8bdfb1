//! What this program does in a process of its own, started by itself: it is told on stdin, and opens no store.

use crate::domain::driver::fleet::{Job, Tally};
use crate::domain::refusal::exit;
use crate::drive::fleet;

/// The word by which this program is told to hold a driver.
pub const HOLD: &str = crate::drive::leash::WORD;

/// Starts what it is told to, holds it, and ends it when `leash` does; what is to be told of it, in one line of JSON.
pub fn hold(leash: impl std::io::BufRead + Send + 'static) -> String {
    crate::drive::leash::hold(leash)
}

/// The word for the built-in driver.
pub const PATCH_FLEET: &str = "patch-fleet";

/// What an errand prints, and how it ends.
#[derive(Debug)]
pub struct Printed {
    /// Lines for stdout; the last one is a tally.
    pub lines: Vec<String>,
    /// Why it is not done, for stderr.
    pub complaints: Vec<String>,
    /// The exit code.
    pub code: u8,
}

/// Does one errand of the built-in driver `patch-fleet`.
pub fn patch_fleet(input: &str) -> Printed {
    let job = match Job::from_json(input) {
        Ok(job) => job,
        Err(why) => {
            let complaints = vec![format!("this is no errand for patch-fleet: {why}")];
            return Printed { lines: Vec::new(), complaints, code: exit::USAGE };
        }
    };
    match fleet::perform(&job) {
        Ok(fleet::Ended { tally, wrong }) => {
            let Tally { targets, changed, verified } = &tally;
            let words = format!("{changed} of {targets} directories changed, {verified} as they should be");
            let code = if wrong.is_empty() { exit::DONE } else { exit::REFUSED };
            Printed { lines: vec![words, tally.to_json()], complaints: wrong, code }
        }
        Err(why) => Printed { lines: Vec::new(), complaints: vec![why], code: exit::REFUSED },
    }
}
