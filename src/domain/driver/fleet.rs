//! `patch-fleet` as values: a list of directories, a patch, and what is known of both. Nothing here touches a file.

use crate::domain::digest::{EvidenceDigest, TreeDigest, framed};
use crate::domain::policy::glob;
use crate::domain::rollout::Tier;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The most directories of one fleet.
pub const MOST_DIRECTORIES: usize = 10_000;
/// The most files one patch may name.
pub const MOST_PATHS: usize = 10_000;
/// The longest list of directories, in bytes.
pub const LONGEST_LIST: u64 = 8 << 20;
/// The longest patch, in bytes.
pub const LONGEST_PATCH: u64 = 16 << 20;
/// The longest file a patch may change, in bytes.
pub const LONGEST_FILE: u64 = 64 << 20;

/// What `patch-fleet` is asked to do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// Look at every directory, and try the patch and its way back on a copy. Changes nothing.
    DryRun,
    /// The same, and keep what rolling back needs.
    Snapshot,
    /// Change the first directories.
    Change,
    /// Look whether the first directories are changed and the others are not.
    Verify,
    /// Put everything back.
    RollBack,
}

/// One errand of `patch-fleet`, as it comes on stdin.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Job {
    /// What to do.
    pub deed: Deed,
    /// How many of the directories, counted from the first.
    pub to: Tier,
    /// The directories in their order; from the snapshot on, what stands there counts.
    #[serde(default)]
    pub directories: Vec<String>,
    /// The file of the patch; from the snapshot on, its copy counts.
    #[serde(default)]
    pub patch: String,
    /// What its bytes hash to.
    pub sha256: EvidenceDigest,
    /// Where what rolling back needs is kept: a directory of this rollout only.
    pub state: String,
    /// Where the capability lets files be changed; nothing named: wherever the policy's list leads.
    #[serde(default)]
    pub scope: Vec<String>,
}

/// Who owned a file or a directory, and who might do what with it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Kept {
    /// The permission bits.
    pub mode: u32,
    /// The owner.
    pub uid: u32,
    /// The group.
    pub gid: u32,
}

/// One file a patch names.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Shape {
    /// Where, beneath a directory.
    pub path: String,
    /// Whether it is a program before the patch; nothing when it is not there.
    pub before: Option<bool>,
    /// Whether it is one with the patch; nothing when it is not there.
    pub after: Option<bool>,
}

impl Shape {
    /// What is there before or after.
    pub const fn at(&self, forward: bool) -> Option<bool> {
        if forward { self.after } else { self.before }
    }
}

/// What the snapshot says of a fleet. All directories hold the same in the files that the patch names.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The form of this file.
    pub form: u32,
    /// What the patch hashes to.
    pub sha256: EvidenceDigest,
    /// The directories, in their order.
    pub directories: Vec<String>,
    /// The files the patch names, beneath each directory.
    pub files: Vec<Shape>,
    /// What they hash to before the patch.
    pub before: TreeDigest,
    /// What they hash to with the patch.
    pub after: TreeDigest,
    /// For each directory, whose its files and their directories were.
    pub kept: Vec<BTreeMap<String, Kept>>,
    /// How many directories have been, or were about to be, touched.
    pub touched: usize,
}

/// The form of plans that this program writes.
pub const FORM: u32 = 1;

impl Plan {
    /// As it is kept.
    pub fn to_json(&self) -> String {
        // What is made of strings and numbers can always be written.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Whose the file `path` of the directory at `index` is to be, with the patch or without it. What was there keeps its owner
    /// and permissions but for what the patch says; what is new is never more open than what goes, for it may be the
    /// same under another name. `owner` is whose new files are.
    pub fn wanted(&self, index: usize, path: &str, forward: bool, owner: (u32, u32)) -> Option<Kept> {
        let shape = self.files.iter().find(|shape| shape.path == path)?;
        let program = shape.at(forward)?;
        let kept = self.kept.get(index)?;
        let (uid, gid) = owner;
        let old = kept.get(path).copied().filter(|_| shape.before.is_some());
        let mut wanted = old.unwrap_or(Kept { mode: 0o666, uid, gid });
        if old.is_none() {
            let gone = self.files.iter().filter(|f| f.before.is_some() && f.after.is_none());
            let gone: Vec<&Kept> = gone.filter_map(|f| kept.get(&f.path)).collect();
            wanted.mode = gone.iter().fold(0o644, |mode, gone| mode & gone.mode) | 0o600;
            if let Some(first) = gone.first()
                && gone.iter().all(|g| (g.uid, g.gid) == (first.uid, first.gid))
            {
                (wanted.uid, wanted.gid) = (first.uid, first.gid);
            }
        }
        let was = wanted.mode & 0o100 != 0;
        match (was, program) {
            // Whoever may read it may run it.
            (false, true) => wanted.mode |= (wanted.mode & 0o444) >> 2,
            (true, false) => wanted.mode &= !0o111,
            _ => {}
        }
        Some(wanted)
    }

    /// Reads what was kept.
    ///
    /// # Errors
    /// Why it cannot be used, as a clause.
    pub fn from_json(text: &str) -> Result<Self, String> {
        let plan: Plan = serde_json::from_str(text).map_err(|e| e.to_string())?;
        match plan.form {
            FORM if plan.kept.len() == plan.directories.len() => Ok(plan),
            FORM => Err("it does not fit together".to_owned()),
            other => Err(format!("it is of form {other}, and this program knows {FORM}")),
        }
    }
}

impl Job {
    /// Reads an errand.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn from_json(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|e| e.to_string())
    }

    /// As it goes to stdin, one line.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// What became of an errand.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tally {
    /// How many directories there are.
    pub targets: usize,
    /// How many of them are as the patch makes them, or, rolling back, as they were before.
    pub changed: usize,
    /// How many of them were looked at again and found right.
    pub verified: usize,
}

impl Tally {
    /// As it is printed, the last line of all.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Why a list of directories is none, as a sentence.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn check_directories(directories: &[String]) -> Result<(), String> {
    if directories.is_empty() {
        return Err("the list names no directory".to_owned());
    }
    if directories.len() > MOST_DIRECTORIES {
        return Err(format!("the list names {} directories; at most {MOST_DIRECTORIES}", directories.len()));
    }
    let mut seen = BTreeSet::new();
    for directory in directories {
        let parts = directory.strip_prefix('/').filter(|rest| rest.split('/').all(is_part));
        if parts.is_none() {
            return Err(format!("{directory}: name it by an absolute path without `.`, `..` or `//`"));
        }
        if !seen.insert(format!("{directory}/")) {
            return Err(format!("{directory}: is named twice"));
        }
    }
    // Sorted, whatever lies inside a directory comes right behind it.
    for (outer, inner) in seen.iter().zip(seen.iter().skip(1)) {
        if inner.starts_with(outer.as_str()) {
            return Err(format!(
                "{}: lies inside {}",
                inner.trim_end_matches('/'),
                outer.trim_end_matches('/')
            ));
        }
    }
    Ok(())
}

/// The directories that a file lists, one a line; empty lines and those that begin with `#` say nothing.
pub fn listed(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.trim_end_matches('/').to_owned()).collect()
}

fn is_part(part: &str) -> bool {
    !part.is_empty() && part != "." && part != ".." && !part.contains('\0')
}

/// The files a patch names, from what `git apply --numstat -z` printed of it and of its reverse: sorted, each once.
///
/// # Errors
/// A path that leads somewhere else than into the directory, or that is no text.
pub fn paths(numstats: &[&[u8]]) -> Result<Vec<String>, String> {
    let mut out = BTreeSet::new();
    for numstat in numstats {
        let text =
            std::str::from_utf8(numstat).map_err(|_| "the patch names a file that is no UTF-8".to_owned())?;
        for entry in text.split('\0').filter(|entry| !entry.is_empty()) {
            let path = entry.splitn(3, '\t').nth(2).unwrap_or_default();
            let in_git = path.split('/').any(|part| part.eq_ignore_ascii_case(".git"));
            if path.is_empty() || !path.split('/').all(is_part) || in_git {
                return Err(format!("the patch names `{path}`, which is no file beneath a directory"));
            }
            out.insert(path.to_owned());
        }
    }
    match out.len() {
        0 => Err("the patch changes nothing".to_owned()),
        1..=MOST_PATHS => Ok(out.into_iter().collect()),
        many => Err(format!("the patch names {many} files; at most {MOST_PATHS}")),
    }
}

/// Every directory above the files of a patch, beneath the directory itself, the outer before the inner.
pub fn parents(paths: &[String]) -> Vec<String> {
    let mut out = BTreeSet::new();
    for path in paths {
        out.extend(path.match_indices('/').map(|(at, _)| path[..at].to_owned()));
    }
    out.into_iter().collect()
}

/// Why `path` beneath `directory` is not in the scope, as a sentence; nothing when it is, or when nothing names a scope.
/// An entry is a path, or a pattern (`*`, `?`) of one; what lies beneath it is meant too. Case counts.
pub fn out_of_scope(scope: &[String], directory: &str, path: &str) -> Option<String> {
    let whole = format!("{directory}/{path}");
    let inside = |entry: &String| {
        let entry = entry.trim_end_matches('/');
        glob::fits(entry, &whole) || glob::fits(&format!("{entry}/*"), &whole)
    };
    let paths: Vec<&String> = scope.iter().filter(|entry| entry.starts_with('/')).collect();
    if scope.is_empty() || paths.into_iter().any(inside) {
        return None;
    }
    Some(format!("{whole}: is not in the scope that was granted ({})", scope.join(", ")))
}

/// What is found at one path.
#[derive(Clone, PartialEq, Eq)]
pub enum Found {
    /// Nothing.
    Absent,
    /// A regular file.
    File {
        /// Its bytes.
        bytes: Vec<u8>,
        /// Whose it is.
        kept: Kept,
    },
}

impl fmt::Debug for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Found::Absent => f.write_str("nothing"),
            Found::File { bytes, kept } => write!(f, "{} bytes, mode {:o}", bytes.len(), kept.mode),
        }
    }
}

impl Found {
    /// Whether its owner can run it: the only permission a patch can change.
    pub fn is_program(&self) -> bool {
        matches!(self, Found::File { kept, .. } if kept.mode & 0o100 != 0)
    }
}

impl TreeDigest {
    /// Over every path with its content and whether it is a program.
    pub fn of<'a>(files: impl IntoIterator<Item = (&'a str, &'a Found)>) -> Self {
        let mut fields: Vec<Vec<u8>> = Vec::new();
        for (path, found) in files {
            let (kind, content) = match found {
                Found::Absent => ("absent", [0; 32]),
                Found::File { bytes, .. } if found.is_program() => {
                    ("program", *EvidenceDigest::of(bytes).bytes())
                }
                Found::File { bytes, .. } => ("file", *EvidenceDigest::of(bytes).bytes()),
            };
            fields.extend([path.as_bytes().to_vec(), kind.as_bytes().to_vec(), content.to_vec()]);
        }
        let fields: Vec<&[u8]> = fields.iter().map(Vec::as_slice).collect();
        Self::from_bytes(framed("countersign-tree@v1", &fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(paths: &[&str]) -> Vec<String> {
        paths.iter().map(|p| (*p).to_owned()).collect()
    }

    #[test]
    fn a_list_names_directories_once_and_none_inside_another() {
        assert!(check_directories(&list(&["/srv/b", "/srv/a", "/srv/ab"])).is_ok());
        for (wrong, words) in [
            (vec![], "no directory"),
            (vec!["srv/a"], "absolute"),
            (vec!["/srv/../etc"], "absolute"),
            (vec!["/srv//a"], "absolute"),
            (vec!["/"], "absolute"),
            (vec!["/srv/a\0"], "absolute"),
            (vec!["/srv/a", "/srv/b", "/srv/a"], "twice"),
            (vec!["/srv/a/b", "/srv/a-b", "/srv/a"], "/srv/a/b: lies inside /srv/a"),
        ] {
            let said = check_directories(&list(&wrong)).expect_err(words);
            assert!(said.contains(words), "{said}");
        }
        assert_eq!(listed("# the fleet\n\n /srv/a/ \n/srv/b\n"), ["/srv/a", "/srv/b"]);
    }

    #[test]
    fn the_paths_of_a_patch_lie_beneath_the_directory() {
        let both = paths(&[b"1\t1\ta/b c\0-\t-\tbin\0", b"1\t1\told\0"]).unwrap();
        assert_eq!(both, ["a/b c", "bin", "old"]);
        assert_eq!(parents(&list(&["a/b/c", "a/d", "e"])), ["a", "a/b"]);
        for wrong in [&b"1\t1\t../x\0"[..], b"1\t1\t/etc/x\0", b"1\t1\ta/.GIT/config\0", b"1\t1\t\xff\0", b""]
        {
            assert!(paths(&[wrong]).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_scope_lets_nothing_else_be_changed() {
        let scope = list(&["/srv/app-*/etc", "/opt/one/file", "repo://app/*"]);
        assert_eq!(out_of_scope(&[], "/srv", "x"), None);
        assert_eq!(out_of_scope(&scope, "/srv/app-1", "etc/x"), None);
        assert_eq!(out_of_scope(&scope, "/opt/one", "file"), None);
        for (directory, path) in
            [("/srv/app-1", "bin/x"), ("/opt/one", "files"), ("/SRV/app-1", "etc/x"), ("/srv", "x")]
        {
            assert!(
                out_of_scope(&scope, directory, path).is_some_and(|why| why.contains("not in the scope"))
            );
        }
        assert!(
            out_of_scope(&list(&["repo://app/*"]), "/srv", "x").is_some(),
            "a scope that names no path grants none"
        );
    }

    #[test]
    fn what_is_new_is_never_more_open_than_what_goes() {
        let shape = |path: &str, before, after| Shape { path: path.to_owned(), before, after };
        let kept = |mode| Kept { mode, uid: 7, gid: 8 };
        let plan = Plan {
            form: FORM,
            sha256: EvidenceDigest::of(b""),
            directories: list(&["/a", "/b"]),
            files: vec![
                shape("secret", Some(false), None),
                shape("renamed", None, Some(false)),
                shape("tool", Some(false), Some(true)),
            ],
            before: TreeDigest::from_bytes([0; 32]),
            after: TreeDigest::from_bytes([1; 32]),
            kept: vec![
                BTreeMap::from([("secret".to_owned(), kept(0o600)), ("tool".to_owned(), kept(0o640))]),
                BTreeMap::from([("secret".to_owned(), kept(0o644)), ("tool".to_owned(), kept(0o644))]),
            ],
            touched: 0,
        };
        let mode = |index, path, forward| plan.wanted(index, path, forward, (0, 0)).map(|k| (k.mode, k.uid));
        assert_eq!(mode(0, "renamed", true), Some((0o600, 7)));
        assert_eq!(mode(1, "renamed", true), Some((0o644, 7)));
        assert_eq!(mode(0, "tool", true), Some((0o750, 7)));
        assert_eq!((mode(0, "tool", false), mode(0, "renamed", false)), (Some((0o640, 7)), None));
        assert_eq!(Plan::from_json(&plan.to_json()), Ok(plan));
    }

    #[test]
    fn a_tree_is_its_paths_contents_and_programs() {
        let file = |mode: u32, bytes: &[u8]| Found::File {
            bytes: bytes.to_vec(),
            kept: Kept { mode, uid: 0, gid: 0 },
        };
        let of = |found: &Found| TreeDigest::of([("a", found)]);
        assert_eq!(of(&file(0o644, b"x")), of(&file(0o600, b"x")));
        assert_ne!(of(&file(0o644, b"x")), of(&file(0o755, b"x")));
        assert_ne!(of(&file(0o644, b"x")), of(&file(0o644, b"y")));
        assert_ne!(of(&file(0o644, b"")), of(&Found::Absent));
        assert_ne!(TreeDigest::of([("a", &Found::Absent)]), TreeDigest::of([("b", &Found::Absent)]));
    }
}
