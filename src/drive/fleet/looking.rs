//! Looking at a fleet: whether every directory is what the patch was made for, and whether the patch and its way back
//! work on a copy.

use super::git::Git;
use super::state::{self, State};
use super::tree::Tree;
use super::{Ended, each, few};
use crate::domain::digest::{EvidenceDigest, TreeDigest};
use crate::domain::driver::fleet::{
    FORM, Found, Job, Kept, LONGEST_PATCH, Plan, Shape, Tally, check_directories, out_of_scope, parents,
    paths,
};
use std::collections::BTreeMap;
use std::path::Path;

/// What a snapshot keeps.
#[derive(Debug)]
pub struct Prepared {
    /// The plan.
    pub plan: Plan,
    /// The patch.
    pub patch: Vec<u8>,
    /// The files as they are, in the order of the plan.
    pub files: Vec<Found>,
}

/// One directory, looked at.
struct Seen {
    digest: TreeDigest,
    kept: BTreeMap<String, Kept>,
}

/// Looks at every directory, and tries the patch.
///
/// # Errors
/// Why it would not work, with the directories that are in the way. Nothing was touched.
pub fn prepare(job: &Job, git: Git, state: &State) -> Result<Prepared, String> {
    check_directories(&job.directories)?;
    if !job.patch.starts_with('/') {
        return Err(format!("{}: the patch is named by an absolute path", job.patch));
    }
    let patch = state::read(Path::new(&job.patch), LONGEST_PATCH)?;
    if EvidenceDigest::of(&patch) != job.sha256 {
        return Err(format!(
            "{}: is another patch than the one that was approved ({}, not {})",
            job.patch,
            EvidenceDigest::of(&patch).short(),
            job.sha256.short()
        ));
    }
    let scratch = state.scratch()?;
    // What is tried is what was hashed, whatever is put at its name meanwhile.
    let copy = scratch.path().join("patch");
    std::fs::write(&copy, &patch).map_err(|e| format!("{}: {e}", copy.display()))?;
    let trial = scratch.path().join("trial");
    std::fs::create_dir(&trial).map_err(|e| format!("{}: {e}", trial.display()))?;
    // Where it really is, should something above it be a symbolic link.
    let trial = std::fs::canonicalize(&trial).map_err(|e| format!("{}: {e}", trial.display()))?;
    let trial = Tree::open(&trial.to_string_lossy())?;
    let names = |words: &[&str]| {
        git.apply(trial.fd(), words, &copy).map_err(|e| format!("the patch cannot be read: {e}"))
    };
    let paths = paths(&[&names(&["--numstat", "-z"])?, &names(&["-R", "--numstat", "-z"])?])?;
    let astray = |directory: &String| paths.iter().find_map(|path| out_of_scope(&job.scope, directory, path));
    if let Some(why) = job.directories.iter().find_map(astray) {
        return Err(why);
    }
    let above = parents(&paths);
    let seen = each(job.directories.len(), |at| {
        Tree::open(job.directories.get(at).map_or("", String::as_str))
            .and_then(|tree| see(&tree, &paths, &above))
    });
    let mut wrong: Vec<String> = seen.iter().filter_map(|seen| seen.as_ref().err().cloned()).collect();
    let mut all: Vec<Seen> = seen.into_iter().flatten().collect();
    let Some(pattern) = all.first().map(|first| first.digest).filter(|_| wrong.is_empty()) else {
        return Err(refused(wrong));
    };
    let first = job.directories.first().map_or("", String::as_str);
    wrong.extend(
        job.directories.iter().zip(&all).filter(|(_, seen)| seen.digest != pattern).map(|(directory, _)| {
            format!("{directory}: differs from {first} in what the patch would change")
        }),
    );
    let others = |kept: &Kept| {
        !rustix::process::geteuid().is_root() && kept.uid != rustix::process::geteuid().as_raw()
    };
    wrong.extend(job.directories.iter().zip(&all).filter(|(_, seen)| seen.kept.values().any(others)).map(
        |(directory, _)| {
            format!("{directory}: holds files of another account, which could not be given back to it")
        },
    ));
    if !wrong.is_empty() {
        return Err(refused(wrong));
    }
    let tree = Tree::open(first)?;
    let files = paths.iter().map(|path| tree.look(path)).collect::<Result<Vec<_>, _>>()?;
    if of(&paths, &files) != pattern {
        return Err(format!("{first}: changes while it is looked at; nothing was touched"));
    }
    let tried = try_both_ways(git, &trial, &copy, &paths, &files, pattern)?;
    let shape = |((path, before), after): ((&String, &Found), &Found)| {
        let program = |found: &Found| (*found != Found::Absent).then(|| found.is_program());
        Shape { path: path.clone(), before: program(before), after: program(after) }
    };
    let plan = Plan {
        form: FORM,
        sha256: job.sha256,
        directories: job.directories.clone(),
        before: pattern,
        after: of(&paths, &tried),
        kept: all.iter_mut().map(|seen| std::mem::take(&mut seen.kept)).collect(),
        files: paths.iter().zip(&files).zip(&tried).map(shape).collect(),
        touched: 0,
    };
    Ok(Prepared { plan, patch, files })
}

fn refused(wrong: Vec<String>) -> String {
    format!("nothing was touched: {}", few(wrong).join("; "))
}

fn of(paths: &[String], files: &[Found]) -> TreeDigest {
    TreeDigest::of(paths.iter().map(String::as_str).zip(files))
}

/// Looks at the files of a patch in one directory, and whose they and the directories above them are.
fn see(tree: &Tree, paths: &[String], above: &[String]) -> Result<Seen, String> {
    let mut kept = BTreeMap::new();
    let mut files = Vec::with_capacity(paths.len());
    for path in paths {
        let found = tree.look(path)?;
        if let Found::File { kept: of, .. } = &found {
            kept.insert(path.clone(), *of);
        }
        files.push(found);
    }
    for path in above {
        if let Some(of) = tree.directory(path)? {
            kept.insert(path.clone(), of);
        }
    }
    Ok(Seen { digest: of(paths, &files), kept })
}

/// The files as the patch makes them, tried on a copy, there and back.
fn try_both_ways(
    git: Git,
    trial: &Tree,
    patch: &Path,
    paths: &[String],
    files: &[Found],
    pattern: TreeDigest,
) -> Result<Vec<Found>, String> {
    let (uid, gid) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    for (path, found) in paths.iter().zip(files) {
        if let Found::File { bytes, .. } = found {
            let mode = if found.is_program() { 0o700 } else { 0o600 };
            trial.put(path, bytes, Kept { mode, uid, gid }, &|_| None)?;
        }
    }
    let look = || paths.iter().map(|path| trial.look(path)).collect::<Result<Vec<_>, _>>();
    git.apply(trial.fd(), &[], patch)
        .map_err(|e| format!("nothing was touched: the patch does not fit: {e}"))?;
    let tried =
        look().map_err(|e| format!("nothing was touched: the patch makes something else than files: {e}"))?;
    if of(paths, &tried) == pattern {
        return Err("nothing was touched: the patch changes nothing that is kept".to_owned());
    }
    git.apply(trial.fd(), &["-R"], patch)
        .map_err(|e| format!("nothing was touched: there is no way back: {e}"))?;
    if of(paths, &look()?) != pattern {
        return Err("nothing was touched: the way back does not lead to where it began".to_owned());
    }
    Ok(tried)
}

/// How a directory is, by the plan.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum How {
    /// As it was.
    Before,
    /// As the patch makes it.
    After,
    /// Neither.
    Other,
}

/// How a directory is.
///
/// # Errors
/// It cannot be looked at.
pub fn how(plan: &Plan, tree: &Tree) -> Result<How, String> {
    let mut files = Vec::with_capacity(plan.files.len());
    for shape in &plan.files {
        files.push((shape.path.as_str(), tree.look(&shape.path)?));
    }
    let digest = TreeDigest::of(files.iter().map(|(path, found)| (*path, found)));
    Ok(match digest {
        digest if digest == plan.before => How::Before,
        digest if digest == plan.after => How::After,
        _ => How::Other,
    })
}

/// How every directory is.
pub fn all(plan: &Plan) -> Vec<Result<How, String>> {
    each(plan.directories.len(), |at| {
        Tree::open(plan.directories.get(at).map_or("", String::as_str)).and_then(|tree| how(plan, &tree))
    })
}

/// Whether the first `count` are changed and nobody else is.
pub fn verify(plan: &Plan, count: usize) -> Ended {
    let mut tally = Tally { targets: plan.directories.len(), ..Tally::default() };
    let mut wrong = Vec::new();
    for (at, (directory, found)) in plan.directories.iter().zip(all(plan)).enumerate() {
        tally.changed += usize::from(found == Ok(How::After));
        match (found, at < count) {
            (Ok(How::After), true) | (Ok(How::Before), false) => tally.verified += 1,
            (Ok(How::Before), true) => wrong.push(format!("{directory}: is not changed")),
            (Ok(How::After), false) => wrong.push(format!("{directory}: is changed, and should not be")),
            (Ok(How::Other), _) => {
                wrong.push(format!("{directory}: is neither as it was nor as the patch makes it"))
            }
            (Err(why), _) => wrong.push(why),
        }
    }
    Ended { tally, wrong: few(wrong) }
}
