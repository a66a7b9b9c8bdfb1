//! `patch-fleet` against real directories and real git.

use countersign::domain::digest::EvidenceDigest;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// Files by their path: the permissions and the bytes.
pub type Files = BTreeMap<&'static str, (u32, Vec<u8>)>;

/// A fleet of directories that hold the same, and a patch that leads to something else.
pub struct Fleet {
    home: TempDir,
    pub directories: Vec<PathBuf>,
    before: Files,
    after: Files,
}

/// How an errand ended: its exit code, what it counted, and what it complained about.
#[derive(Debug)]
pub struct Ended {
    pub code: i32,
    pub tally: Value,
    pub complained: String,
}

impl Ended {
    #[track_caller]
    fn done(self, changed: u64) -> Self {
        assert_eq!((self.code, &self.tally["changed"]), (0, &json!(changed)), "{self:?}");
        self
    }

    #[track_caller]
    fn refused(self, words: &[&str]) -> Self {
        assert_eq!(self.code, 1, "{self:?}");
        words.iter().for_each(|words| assert!(self.complained.contains(words), "{words}: {self:?}"));
        self
    }
}

pub fn files(list: &[(&'static str, u32, &[u8])]) -> Files {
    list.iter().map(|(path, mode, bytes)| (*path, (*mode, bytes.to_vec()))).collect()
}

fn fill(dir: &Path, files: &Files) {
    std::fs::create_dir_all(dir).unwrap();
    for (path, (mode, bytes)) in files {
        let file = dir.join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, bytes).unwrap();
        std::fs::set_permissions(&file, PermissionsExt::from_mode(*mode)).unwrap();
    }
}

/// Everything beneath a directory: directories too, with a slash behind them.
pub fn found(dir: &Path) -> BTreeMap<String, (u32, Vec<u8>)> {
    fn walk(root: &Path, dir: &Path, out: &mut BTreeMap<String, (u32, Vec<u8>)>) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            let meta = std::fs::symlink_metadata(&path).unwrap();
            if meta.is_dir() {
                out.insert(format!("{name}/"), (meta.mode() & 0o7777, Vec::new()));
                walk(root, &path, out);
            } else {
                out.insert(name, (meta.mode() & 0o7777, std::fs::read(&path).unwrap_or_default()));
            }
        }
    }
    let mut out = BTreeMap::new();
    walk(dir, dir, &mut out);
    out
}

/// What leads from one set of files to another, as git says it.
fn patch(home: &Path, before: &Files, after: &Files) -> Vec<u8> {
    let repository = home.join("repository");
    let git = |words: &[&str]| {
        let mut git = Command::new("git");
        git.args(["-c", "core.autocrlf=false", "-c", "user.name=t", "-c", "user.email=t@example.org"])
            .args(words);
        git.current_dir(&repository).env("GIT_CONFIG_NOSYSTEM", "1").env("HOME", home);
        let output = git.output().unwrap();
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    };
    fill(&repository, before);
    git(&["init", "-q"]);
    git(&["add", "-A"]);
    git(&["commit", "-q", "-m", "before"]);
    before.keys().for_each(|path| std::fs::remove_file(repository.join(path)).unwrap());
    fill(&repository, after);
    git(&["add", "-A"]);
    git(&["diff", "--cached", "--binary", "-M", "HEAD"])
}

impl Fleet {
    pub fn new(count: usize, before: Files, after: Files) -> Self {
        let home = TempDir::new().unwrap();
        let patch = patch(home.path(), &before, &after);
        std::fs::write(home.path().join("change.patch"), patch).unwrap();
        let directories: Vec<PathBuf> =
            (0..count).map(|n| home.path().join(format!("fleet/node-{n:03}"))).collect();
        directories.iter().for_each(|dir| fill(dir, &before));
        Self { home, directories, before, after }
    }

    /// One line changed in one file.
    pub fn plain(count: usize) -> Self {
        Self::new(
            count,
            files(&[("etc/app.conf", 0o640, b"one\ntwo\nthree\n"), ("bin/app", 0o755, b"#!/bin/sh\n")]),
            files(&[("etc/app.conf", 0o640, b"one\nTWO\nthree\n"), ("bin/app", 0o755, b"#!/bin/sh\n")]),
        )
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    pub fn job(&self, deed: &str, to: u8) -> Value {
        let patch = self.path("change.patch");
        json!({"deed": deed, "to": to, "directories": self.directories, "patch": patch,
            "sha256": EvidenceDigest::of(&std::fs::read(&patch).unwrap()), "state": self.path("state")})
    }

    pub fn begin(&self, job: &Value) -> Child {
        let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
        command.arg("patch-fleet").env_clear().current_dir("/");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(job.to_string().as_bytes()).unwrap();
        child
    }

    pub fn ask(&self, job: &Value) -> Ended {
        let output = self.begin(job).wait_with_output().unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        let tally = printed.lines().last().and_then(|line| serde_json::from_str(line).ok());
        Ended {
            code: output.status.code().unwrap(),
            tally: tally.unwrap_or_default(),
            complained: String::from_utf8(output.stderr).unwrap(),
        }
    }

    pub fn does(&self, deed: &str, to: u8) -> Ended {
        self.ask(&self.job(deed, to))
    }

    /// The first `changed` are as the patch makes them, the others as they were; with permissions.
    #[track_caller]
    fn stands(&self, changed: usize) {
        for (n, dir) in self.directories.iter().enumerate() {
            let wanted = if n < changed { &self.after } else { &self.before };
            let mut found = found(dir);
            found.retain(|path, _| !path.ends_with('/'));
            let wanted: BTreeMap<String, (u32, Vec<u8>)> =
                wanted.iter().map(|(path, file)| ((*path).to_owned(), file.clone())).collect();
            assert_eq!(found, wanted, "{}", dir.display());
        }
    }
}

#[test]
fn a_patch_goes_tier_by_tier_and_back() {
    let fleet = Fleet::plain(7);
    fleet.does("dry_run", 0).done(0);
    assert!(!fleet.path("state").exists(), "a trial leaves nothing");
    fleet.does("snapshot", 0).done(0);
    for (to, changed) in [(5, 1), (25, 2), (25, 2), (100, 7)] {
        fleet.does("change", to).done(changed as u64);
        fleet.stands(changed);
        fleet.does("verify", to).done(changed as u64);
    }
    fleet.does("verify", 25).refused(&["node-002: is changed, and should not be"]);
    let back = fleet.does("roll_back", 0).done(7);
    assert_eq!(back.tally, json!({"targets": 7, "changed": 7, "verified": 7}));
    fleet.stands(0);
    fleet.does("roll_back", 0).done(7);
    fleet.does("verify", 0).done(0);
}

#[test]
fn whatever_a_patch_can_say_is_done_and_undone() {
    let (old, new): (Vec<u8>, Vec<u8>) =
        ((0..=255).cycle().take(3000).collect(), (0..=250).cycle().take(2900).collect());
    let words = b"alpha\nbeta\ngamma\ndelta\nepsilon\nzeta\neta\n";
    let before = files(&[
        ("kept", 0o600, b"same\n"),
        ("gone/deep/er", 0o644, b"goes\n"),
        ("name with  blanks\ttab", 0o644, b"x\ny\n"),
        ("mode", 0o644, b"#!/bin/sh\n"),
        ("unmode", 0o755, b"#!/bin/sh\n"),
        ("crlf", 0o644, b"one\r\ntwo\r\n"),
        ("mixed", 0o644, b"one\r\ntwo\nthree\r\n"),
        ("no-newline", 0o644, b"one\ntwo"),
        ("newline", 0o644, b"one\ntwo\n"),
        ("blob", 0o644, &old),
        ("old/place", 0o640, words),
        ("moved-and-changed", 0o644, b"1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n"),
        ("empty", 0o644, b""),
        ("pi\u{f1}ata", 0o644, b"a\n"),
    ]);
    let after = files(&[
        ("kept", 0o600, b"same\n"),
        ("new/deep/est", 0o644, b"comes\n"),
        ("new/tool", 0o755, b"#!/bin/sh\nexit 0\n"),
        ("name with  blanks\ttab", 0o644, b"x\nz\n"),
        ("mode", 0o755, b"#!/bin/sh\n"),
        ("unmode", 0o644, b"#!/bin/sh\n"),
        ("crlf", 0o644, b"one\r\nTWO\r\n"),
        ("mixed", 0o644, b"one\r\nTWO\nthree\r\n"),
        ("no-newline", 0o644, b"one\ntwo\n"),
        ("newline", 0o644, b"one\ntwo"),
        ("blob", 0o644, &new),
        ("new/place", 0o640, words),
        ("changed-and-moved", 0o644, b"1\n2\n3\n4\nfive\n6\n7\n8\n9\n10\n"),
        ("pi\u{f1}ata", 0o644, b"b\n"),
        ("fresh-empty", 0o644, b""),
    ]);
    let fleet = Fleet::new(3, before, after);
    let text = String::from_utf8_lossy(&std::fs::read(fleet.path("change.patch")).unwrap()).into_owned();
    for what in
        ["rename from", "new file mode", "deleted file", "new mode", "GIT binary patch", "No newline at end"]
    {
        assert!(text.contains(what), "the patch has a {what}");
    }
    let whole: Vec<_> = fleet.directories.iter().map(|dir| found(dir)).collect();
    fleet.does("snapshot", 0).done(0);
    fleet.does("change", 50).done(2);
    // A file that goes lends its permissions to those that come, for they may be the same file: 0640 here.
    for (path, mode) in [
        ("new/deep/est", 0o640),
        ("new/tool", 0o750),
        ("new/place", 0o640),
        ("changed-and-moved", 0o640),
        ("fresh-empty", 0o640),
    ] {
        assert_eq!(
            std::fs::metadata(fleet.directories[0].join(path)).unwrap().mode() & 0o777,
            mode,
            "{path}"
        );
    }
    for dir in &fleet.directories[..2] {
        let contents: BTreeMap<String, Vec<u8>> = found(dir)
            .into_iter()
            .filter(|(path, _)| !path.ends_with('/'))
            .map(|(p, (_, b))| (p, b))
            .collect();
        let wanted: BTreeMap<String, Vec<u8>> =
            fleet.after.iter().map(|(path, (_, bytes))| ((*path).to_owned(), bytes.clone())).collect();
        assert_eq!(contents, wanted);
    }
    fleet.does("roll_back", 0).done(2);
    assert_eq!(
        fleet.directories.iter().map(|dir| found(dir)).collect::<Vec<_>>(),
        whole,
        "to the last permission"
    );
    // The same from the snapshot alone: nothing of the patch fits any more.
    fleet.does("change", 100).done(3);
    for dir in &fleet.directories {
        std::fs::write(dir.join("crlf"), "something else").unwrap();
        std::fs::remove_file(dir.join("new/place")).unwrap();
    }
    fleet.does("verify", 100).refused(&["node-000: is neither as it was nor as the patch makes it"]);
    fleet.does("roll_back", 0).done(3);
    assert_eq!(
        fleet.directories.iter().map(|dir| found(dir)).collect::<Vec<_>>(),
        whole,
        "to the last permission"
    );
    let found = fleet.path("state/found/0");
    assert!(std::fs::read_dir(found).unwrap().count() > 3, "what was overwritten is kept");
}

#[test]
fn one_directory_with_another_content_refuses_before_any_is_touched() {
    let fleet = Fleet::plain(5);
    std::fs::write(fleet.directories[3].join("etc/app.conf"), "one\ntwo!\nthree\n").unwrap();
    let was = found(&fleet.path("fleet"));
    for deed in ["dry_run", "snapshot"] {
        fleet.does(deed, 0).refused(&["nothing was touched", "node-003: differs from"]);
    }
    fleet.does("change", 5).refused(&["there is no snapshot"]);
    assert_eq!(found(&fleet.path("fleet")), was);
    std::fs::write(fleet.directories[3].join("etc/app.conf"), "one\ntwo\nthree\n").unwrap();
    fleet.does("snapshot", 0).done(0);
    // Changed by somebody since, in the tier or behind it.
    for other in [0, 4] {
        let file = fleet.directories[other].join("etc/app.conf");
        std::fs::write(&file, "one\ntwo\nthree\nfour\n").unwrap();
        let was = found(&fleet.path("fleet"));
        fleet
            .does("change", 20)
            .refused(&["nothing was touched", &format!("node-00{other}: is not as it was")]);
        assert_eq!(found(&fleet.path("fleet")), was);
        std::fs::write(&file, "one\ntwo\nthree\n").unwrap();
    }
    // What the patch does not name is nobody's business.
    std::fs::write(fleet.directories[2].join("etc/log"), "a line").unwrap();
    fleet.does("change", 20).done(1);
}

#[test]
fn nothing_outside_the_listed_directories_is_touched() {
    let target = |fleet: &Fleet| {
        let outside = fleet.path("outside");
        fill(&outside, &files(&[("app.conf", 0o640, b"one\ntwo\nthree\n")]));
        outside
    };
    // A directory above the file is a link to a place that holds the same.
    let fleet = Fleet::plain(3);
    let outside = target(&fleet);
    std::fs::remove_dir_all(fleet.directories[1].join("etc")).unwrap();
    symlink(&outside, fleet.directories[1].join("etc")).unwrap();
    fleet.does("snapshot", 0).refused(&["node-001/etc", "symbolic link"]);
    // The file itself, and a directory of the list.
    let fleet = Fleet::plain(3);
    let outside = target(&fleet);
    std::fs::remove_file(fleet.directories[2].join("etc/app.conf")).unwrap();
    symlink(outside.join("app.conf"), fleet.directories[2].join("etc/app.conf")).unwrap();
    fleet.does("snapshot", 0).refused(&["node-002/etc/app.conf", "symbolic link"]);
    std::fs::remove_dir_all(&fleet.directories[2]).unwrap();
    symlink(&fleet.directories[0], &fleet.directories[2]).unwrap();
    fleet.does("snapshot", 0).refused(&["node-002", "symbolic link"]);
    // Put there after the snapshot.
    let fleet = Fleet::plain(3);
    let outside = target(&fleet);
    fleet.does("snapshot", 0).done(0);
    std::fs::rename(fleet.directories[0].join("etc"), fleet.path("moved")).unwrap();
    symlink(&outside, fleet.directories[0].join("etc")).unwrap();
    fleet.does("change", 100).refused(&["nothing was touched", "symbolic link"]);
    assert_eq!(std::fs::read(outside.join("app.conf")).unwrap(), b"one\ntwo\nthree\n");
    // After the change: the way back does not lead through it either.
    std::fs::remove_file(fleet.directories[0].join("etc")).unwrap();
    std::fs::rename(fleet.path("moved"), fleet.directories[0].join("etc")).unwrap();
    fleet.does("change", 100).done(3);
    std::fs::rename(fleet.directories[0].join("etc"), fleet.path("moved")).unwrap();
    fill(&outside, &files(&[("app.conf", 0o640, b"one\nTWO\nthree\n")]));
    symlink(&outside, fleet.directories[0].join("etc")).unwrap();
    let back = fleet.does("roll_back", 0).refused(&["node-000/etc", "symbolic link"]);
    assert_eq!(back.tally, json!({"targets": 3, "changed": 2, "verified": 2}));
    assert_eq!(std::fs::read(outside.join("app.conf")).unwrap(), b"one\nTWO\nthree\n");
}

#[test]
fn a_patch_that_leads_outside_or_makes_links_is_refused() {
    for (patch, words) in [
        ("--- a/../outside\n+++ b/../outside\n@@ -0,0 +1 @@\n+x\n", "../outside"),
        ("--- /dev/null\n+++ b//etc/evil\n@@ -0,0 +1 @@\n+x\n", "etc/evil"),
        (
            "diff --git a/.git/config b/.git/config\nnew file mode 100644\n--- /dev/null\n+++ b/.git/config\n@@ -0,0 +1 @@\n+x\n",
            ".git/config",
        ),
        (
            "diff --git a/link b/link\nnew file mode 120000\n--- /dev/null\n+++ b/link\n@@ -0,0 +1 @@\n+/etc/passwd\n\\ No newline at end of file\n",
            "symbolic link",
        ),
        (
            "diff --git a/sub b/sub\nnew file mode 160000\n--- /dev/null\n+++ b/sub\n@@ -0,0 +1 @@\n+Subproject commit 0123456789012345678901234567890123456789\n",
            "nothing was touched",
        ),
        ("--- a/nowhere\n+++ b/nowhere\n@@ -1 +1 @@\n-a\n+b\n", "does not fit"),
        ("no patch at all\n", "cannot be read"),
        ("", "cannot be read"),
    ] {
        let fleet = Fleet::plain(2);
        std::fs::write(fleet.path("change.patch"), patch).unwrap();
        let was = found(&fleet.path("fleet"));
        fleet.does("snapshot", 0).refused(&[words]);
        assert_eq!(found(&fleet.path("fleet")), was, "{patch}");
        assert!(!fleet.path("outside").exists() && !Path::new("/etc/evil").exists());
    }
}

#[test]
fn another_patch_than_the_approved_one_is_refused_at_every_act() {
    let fleet = Fleet::plain(3);
    let job = |deed: &str, to| fleet.job(deed, to);
    let (snapshot, change) = (job("snapshot", 0), job("change", 100));
    let other = std::fs::read_to_string(fleet.path("change.patch")).unwrap().replace("TWO", "EVIL");
    std::fs::write(fleet.path("change.patch"), &other).unwrap();
    fleet.ask(&snapshot).refused(&["another patch than the one that was approved"]);
    let mut honest = snapshot.clone();
    honest["sha256"] = json!(EvidenceDigest::of(other.as_bytes()));
    fleet.ask(&honest).done(0);
    fleet.ask(&change).refused(&["the snapshot is of another patch"]);
    std::fs::write(fleet.path("state/patch"), "x").unwrap();
    let mut change = change;
    change["sha256"] = honest["sha256"].clone();
    fleet.ask(&change).refused(&["was changed since the snapshot"]);
    fleet.stands(0);
}

#[test]
fn the_scope_of_a_capability_is_kept_to() {
    let fleet = Fleet::plain(3);
    let with = |scope: Value| {
        let mut job = fleet.job("snapshot", 0);
        job["scope"] = scope;
        fleet.ask(&job)
    };
    with(json!([fleet.path("fleet/node-000")])).refused(&["node-001/etc/app.conf: is not in the scope"]);
    with(json!(["repo://app/*"])).refused(&["is not in the scope"]);
    with(json!([fleet.path("fleet/node-*/bin")])).refused(&["is not in the scope"]);
    with(json!([fleet.path("fleet/node-*/etc")])).done(0);
}

#[test]
fn killed_at_any_moment_it_leaves_what_a_roll_back_works_from() {
    let rounds = 12 * crate::faults::scale();
    let fleet = Fleet::new(
        40,
        files(&[("etc/a", 0o640, b"one\ntwo\n"), ("etc/b", 0o644, b"one\ntwo\n"), ("old", 0o600, b"x\n")]),
        files(&[("etc/a", 0o640, b"one\nTWO\n"), ("etc/b", 0o644, b"one\nTWO\n"), ("new/er", 0o600, b"y\n")]),
    );
    let whole: Vec<_> = fleet.directories.iter().map(|dir| found(dir)).collect();
    let mut in_the_middle = 0;
    for round in 0..rounds {
        fleet.does("snapshot", 0).done(0);
        let mut child = fleet.begin(&fleet.job("change", 100));
        // As many directories as have been changed when it is killed: other ones each time.
        let enough = round % fleet.directories.len().min(12) * 3;
        let since = std::time::Instant::now();
        let changed = || fleet.directories.iter().filter(|dir| dir.join("new/er").exists()).count();
        while changed() < enough && child.try_wait().unwrap().is_none() {
            assert!(since.elapsed().as_secs() < 60, "it goes on");
        }
        child.kill().unwrap();
        child.wait().unwrap();
        in_the_middle += usize::from((1..fleet.directories.len()).contains(&changed()));
        fleet.does("roll_back", 0);
        let back = fleet.does("roll_back", 0);
        assert_eq!(back.code, 0, "round {round}: {back:?}");
        assert_eq!(
            fleet.directories.iter().map(|dir| found(dir)).collect::<Vec<_>>(),
            whole,
            "round {round}"
        );
    }
    assert!(in_the_middle > rounds / 3, "{in_the_middle} of {rounds} were killed in the middle");
}

#[test]
fn whoever_else_works_on_the_fleet_is_waited_for() {
    let fleet = Fleet::plain(2);
    fleet.does("snapshot", 0).done(0);
    let lock = std::fs::File::open(fleet.path("state/lock")).unwrap();
    rustix::fs::flock(&lock, rustix::fs::FlockOperation::LockExclusive).unwrap();
    let mut child = fleet.begin(&fleet.job("change", 100));
    crate::cli::until("it waits for the lock", || {
        std::fs::read_dir(format!("/proc/{}/fd", child.id())).is_ok_and(|fds| {
            fds.flatten().any(|fd| std::fs::read_link(fd.path()).is_ok_and(|to| to.ends_with("state/lock")))
        })
    });
    assert!(child.try_wait().unwrap().is_none());
    fleet.stands(0);
    drop(lock);
    assert!(child.wait().unwrap().success());
    fleet.stands(2);
}
