//! Changing directories, and changing them back from whatever is there.

use super::git::Git;
use super::looking::{self, How, how};
use super::state::State;
use super::tree::Tree;
use super::{Ended, each, few};
use crate::domain::driver::fleet::{Found, Kept, Plan, Tally, parents};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

/// Changes the first `count` directories. One that is neither as it was nor changed already refuses before any is touched.
///
/// # Errors
/// Why nothing was touched.
pub fn change(state: &State, git: Git, plan: Plan, count: usize) -> Result<Ended, String> {
    let found = looking::all(&plan);
    let mut wrong = Vec::new();
    for (at, (directory, found)) in plan.directories.iter().zip(&found).enumerate() {
        match found {
            Ok(How::Before) => {}
            // Of the tier, or touched by an errand that did not end.
            Ok(How::After) if at < count.max(plan.touched) => {}
            Ok(_) => wrong.push(format!("{directory}: is not as it was at the snapshot")),
            Err(why) => wrong.push(why.clone()),
        }
    }
    if !wrong.is_empty() {
        return Err(format!("nothing was touched: {}", few(wrong).join("; ")));
    }
    // On the disk before the first of them is touched: a roll back looks at so many.
    let plan = Plan { touched: plan.touched.max(count), ..plan };
    state.write_plan(&plan)?;
    let failed = AtomicBool::new(false);
    let done = each(count, |at| {
        if failed.load(Ordering::Relaxed) {
            return None;
        }
        let done = Tree::open(plan.directories.get(at).map_or("", String::as_str)).and_then(|tree| {
            if matches!(found.get(at), Some(Ok(How::Before))) {
                step(&plan, git, state, &tree, true).map_err(|why| format!("{}: {why}", tree.name()))?;
            }
            settle(&plan, at, &tree, true)?;
            match how(&plan, &tree)? {
                How::After => Ok(()),
                _ => Err(format!("{}: was changed, and is not what the patch makes", tree.name())),
            }
        });
        failed.fetch_or(done.is_err(), Ordering::Relaxed);
        Some(done)
    });
    let verified = done.iter().flatten().filter(|done| done.is_ok()).count();
    let wrong = done.into_iter().flatten().filter_map(Result::err).collect();
    Ok(Ended {
        tally: Tally { targets: plan.directories.len(), changed: verified, verified },
        wrong: few(wrong),
    })
}

/// Puts back every directory that was touched: by the reverse patch where the patch is in it, from the snapshot where that
/// fails or where it is neither.
///
/// # Errors
/// Why nothing was touched.
pub fn roll_back(state: &State, git: Git, plan: &Plan) -> Result<Ended, String> {
    let snapshot: OnceLock<Result<Arc<Vec<Found>>, String>> = OnceLock::new();
    let files = || snapshot.get_or_init(|| state.files(plan).map(Arc::new)).clone();
    let done = each(plan.touched, |at| {
        let tree = Tree::open(plan.directories.get(at).map_or("", String::as_str))?;
        let found = how(plan, &tree).unwrap_or(How::Other);
        if found == How::After {
            // Should it not work, the snapshot does.
            let _ = step(plan, git, state, &tree, false);
        }
        if found != How::Before && !matches!(how(plan, &tree), Ok(How::Before)) {
            if found == How::Other {
                state.keep_found(at, &tree, plan)?;
            }
            restore(plan, at, &tree, &files()?)?;
        }
        leave_no_directory(plan, at, &tree)?;
        settle(plan, at, &tree, false)?;
        match how(plan, &tree)? {
            How::Before => Ok(()),
            _ => Err(format!("{}: was put back, and is not as it was", tree.name())),
        }
    });
    let verified = done.iter().filter(|done| done.is_ok()).count();
    let wrong = done.into_iter().filter_map(Result::err).collect();
    Ok(Ended {
        tally: Tally { targets: plan.directories.len(), changed: verified, verified },
        wrong: few(wrong),
    })
}

/// One `git apply` in one directory.
fn step(plan: &Plan, git: Git, state: &State, tree: &Tree, forward: bool) -> Result<(), String> {
    // git would make them as it sees fit.
    let kept = plan.directories.iter().position(|directory| directory == tree.name());
    let kept = kept.and_then(|at| plan.kept.get(at));
    for shape in plan.files.iter().filter(|s| s.at(!forward).is_none() && s.at(forward).is_some()) {
        if let Some((above, _)) = shape.path.rsplit_once('/') {
            tree.make_directory(above, &|path| kept.and_then(|kept| kept.get(path).copied()))?;
        }
    }
    let words: &[&str] = if forward { &[] } else { &["-R"] };
    git.apply(tree.fd(), words, &state.patch()).map(|_| ())
}

/// Gives files the owner and permissions they are to have, and waits until everything is on the disk.
fn settle(plan: &Plan, at: usize, tree: &Tree, forward: bool) -> Result<(), String> {
    let mut above = BTreeSet::new();
    for shape in &plan.files {
        if let Some(wanted) = plan.wanted(at, &shape.path, forward, owner(tree)?) {
            tree.settle(&shape.path, wanted)?;
        }
        if above.insert(shape.path.rsplit_once('/').map(|(above, _)| above)) {
            tree.settle_above(&shape.path)?;
        }
    }
    Ok(())
}

/// Whose a new file is: the directory's owner's, where this account can give files away.
fn owner(tree: &Tree) -> Result<(u32, u32), String> {
    let me = (rustix::process::geteuid(), rustix::process::getegid());
    match tree.directory("")? {
        Some(Kept { uid, gid, .. }) if me.0.is_root() => Ok((uid, gid)),
        _ => Ok((me.0.as_raw(), me.1.as_raw())),
    }
}

/// Takes away the empty directories that were made for files of the patch.
fn leave_no_directory(plan: &Plan, at: usize, tree: &Tree) -> Result<(), String> {
    let paths: Vec<String> = plan.files.iter().map(|shape| shape.path.clone()).collect();
    let was_there = |path: &str| plan.kept.get(at).is_some_and(|kept| kept.contains_key(path));
    // The inner before the outer.
    for made in parents(&paths).iter().rev().filter(|path| !was_there(path)) {
        tree.take_empty(made)?;
    }
    Ok(())
}

/// Writes every file of the snapshot again, and takes away what was not there.
fn restore(plan: &Plan, at: usize, tree: &Tree, files: &[Found]) -> Result<(), String> {
    let none = std::collections::BTreeMap::new();
    let kept = plan.kept.get(at).unwrap_or(&none);
    for (shape, found) in plan.files.iter().zip(files) {
        match (found, kept.get(&shape.path)) {
            (Found::File { bytes, .. }, Some(wanted)) => {
                tree.put(&shape.path, bytes, *wanted, &|path| kept.get(path).copied())?;
            }
            _ => tree.take(&shape.path)?,
        }
    }
    Ok(())
}
