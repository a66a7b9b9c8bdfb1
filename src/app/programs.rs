//! Looking at programs: what stands at the paths that a plan starts. Opened and hashed outside of the writers' lock, which
//! nobody should wait for because a file is large; the write that needs them says which it needs.

use crate::domain::digest::ProgramDigest;
use crate::domain::programs::Found;
use crate::drive::Program;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// What was looked at for one decision.
#[derive(Debug, Default)]
pub(super) struct Looked {
    /// Nothing is what may not be started.
    found: RefCell<BTreeMap<String, Option<Option<ProgramDigest>>>>,
    /// The one that is to be started next, open; or why it must not be.
    open: RefCell<Option<(String, Result<Program, String>)>>,
}

impl Looked {
    /// Looks at these too. What one of them may be started as stays open, when it is the only one: it is the next.
    pub(super) fn look(&self, paths: BTreeSet<String>) {
        let only = paths.len() == 1;
        for path in paths {
            let program = Program::open(&path);
            let digest = program.as_ref().ok().map(Program::digest);
            self.found.borrow_mut().insert(path.clone(), digest);
            if only {
                *self.open.borrow_mut() = Some((path, program));
            }
        }
    }

    /// What was found at `paths`; or those of them that nobody looked at yet.
    pub(super) fn at(&self, paths: &BTreeSet<String>) -> Result<Found, BTreeSet<String>> {
        let found = self.found.borrow();
        let missing: BTreeSet<String> =
            paths.iter().filter(|path| !found.contains_key(*path)).cloned().collect();
        if !missing.is_empty() {
            return Err(missing);
        }
        let there = |path: &String| Some((path.clone(), (*found.get(path)?)?));
        Ok(Found(paths.iter().filter_map(there).collect()))
    }

    /// The program at `path` as it was looked at, open; or why it must not be started.
    pub(super) fn opened(self, path: &str) -> Result<Program, String> {
        match self.open.into_inner() {
            Some((of, program)) if of == path => program,
            _ => Err("it was not looked at".to_owned()),
        }
    }
}

/// Looks at once, inside a write: for the few that come by there, and that rules name.
pub(super) fn found_at(paths: &BTreeSet<String>) -> Found {
    let look = |path: &String| Some((path.clone(), Program::open(path).ok()?.digest()));
    Found(paths.iter().filter_map(look).collect())
}
