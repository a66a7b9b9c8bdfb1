//! What rolling back a fleet of 200 directories costs: the driver alone beside as many bare `git apply -R`, and the whole
//! way from the trigger to verified.

use crate::table::Table;
use countersign::domain::digest::EvidenceDigest;
use serde_json::{Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// So many directories.
const COUNT: usize = 200;
/// From the trigger to verified, in seconds, on two processors.
const TARGET: f64 = 5.0;
/// Lines of the file that is changed.
const LINES: usize = 400;

/// A home that goes when this does.
struct Home(PathBuf);

impl Drop for Home {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub fn measure(table: &mut Table) {
    let home = Home(crate::fill::kept().join(format!("fleet-{}", std::process::id())));
    let (directories, sha256) = fill(&home.0);
    let patch = home.0.join("change.patch");
    // Bare: git and nothing else, one after another.
    directories.iter().for_each(|dir| git(dir, &["apply", patch.to_str().unwrap()]));
    let begun = Instant::now();
    directories.iter().for_each(|dir| git(dir, &["apply", "-R", patch.to_str().unwrap()]));
    let bare = begun.elapsed().as_secs_f64() * 1e3;
    let job = |deed: &str, to: u8| {
        let state = home.0.join("state");
        let job = json!({"deed": deed, "to": to, "directories": directories, "patch": patch, "sha256": sha256, "state": state});
        driven(&job)
    };
    job("snapshot", 0);
    job("change", 100);
    let ours = job("roll_back", 0);
    table.at_most(
        "patch-fleet: 200 directories rolled back, verified, on the disk",
        (ours, "ms"),
        (bare, "ms"),
        3.0,
    );
    let whole = from_trigger_to_verified(&home.0, &directories, &patch, &sha256);
    table.at_most("the same, from `rollout rollback` to verified", (whole, "s"), (1.0, "s"), TARGET);
}

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_countersign"))
}

fn git(dir: &Path, words: &[&str]) {
    let mut git = Command::new("git");
    git.args(["-c", "user.name=b", "-c", "user.email=b@example.org"]).args(words).current_dir(dir);
    let output = git.env("GIT_CEILING_DIRECTORIES", dir.parent().unwrap()).output().unwrap();
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Makes the directories and a patch that changes one file in each, adds one and takes one away.
fn fill(home: &Path) -> (Vec<PathBuf>, String) {
    let text: String = (0..LINES).map(|n| format!("key{n} = {n}\n")).collect();
    let put = |dir: &Path| {
        std::fs::create_dir_all(dir.join("etc")).unwrap();
        std::fs::write(dir.join("etc/app.conf"), &text).unwrap();
        std::fs::write(dir.join("etc/old.conf"), "old\n").unwrap();
    };
    let repository = home.join("repository");
    put(&repository);
    git(&repository, &["init", "-q"]);
    git(&repository, &["add", "-A"]);
    git(&repository, &["commit", "-q", "-m", "before"]);
    std::fs::write(repository.join("etc/app.conf"), text.replace("key7 = 7\n", "key7 = 8\n")).unwrap();
    std::fs::remove_file(repository.join("etc/old.conf")).unwrap();
    std::fs::write(repository.join("etc/new.conf"), "new\n").unwrap();
    git(&repository, &["add", "-A"]);
    let patch = Command::new("git")
        .args(["diff", "--cached", "HEAD"])
        .current_dir(&repository)
        .output()
        .unwrap()
        .stdout;
    std::fs::write(home.join("change.patch"), &patch).unwrap();
    let directories: Vec<PathBuf> = (0..COUNT).map(|n| home.join(format!("fleet/node-{n:03}"))).collect();
    directories.iter().for_each(|dir| put(dir));
    (directories, EvidenceDigest::of(&patch).to_string())
}

/// Has one errand done; how long it took, in milliseconds.
fn driven(job: &Value) -> f64 {
    let begun = Instant::now();
    let mut child = program().arg("patch-fleet").stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(job.to_string().as_bytes()).unwrap();
    assert!(child.wait().unwrap().success(), "{}", job["deed"]);
    begun.elapsed().as_secs_f64() * 1e3
}

/// Ends when this does.
struct Watching(Child);

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A rollout to all of them, then one command that takes it back: how long until it says that all are verified, in seconds.
fn from_trigger_to_verified(home: &Path, directories: &[PathBuf], patch: &Path, sha256: &str) -> f64 {
    let run = |words: &[&str]| {
        let mut command = program();
        command.env("COUNTERSIGN_STORE", home.join("store.db")).env("HOME", home).args(words);
        let output = command.stdin(Stdio::null()).output().unwrap();
        let (said, why) =
            (String::from_utf8_lossy(&output.stdout).into_owned(), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{words:?}: {said}{why}");
        said
    };
    let list = home.join("list");
    let lines: Vec<&str> = directories.iter().map(|dir| dir.to_str().unwrap()).collect();
    std::fs::write(&list, lines.join("\n")).unwrap();
    let policy = format!(
        "[rollout]\ntiers = [100]\ndriver = \"fleet\"\nsources = [\"probe\"]\nmetrics = [\"error_rate\"]\n\
         [driver.fleet]\nkind = \"patch-fleet\"\nlist = {list:?}\nstate = {:?}\n\
         [source.probe]\nkind = \"probe\"\ncommand = [\"/bin/echo\", '{{\"error_rate\": 0}}']\n",
        home.join("of-rollouts")
    );
    std::fs::write(home.join("policy.toml"), policy).unwrap();
    let params = json!({"patch": patch, "sha256": sha256});
    let steps = json!([{"id": "patch", "action": "fleet.patch", "params": params}]);
    let document = json!({"kind": "deployment", "by": "ci", "title": "Bench", "steps": steps});
    std::fs::write(home.join("deploy.json"), document.to_string()).unwrap();
    run(&["policy", "adopt", home.join("policy.toml").to_str().unwrap()]);
    let id = run(&["submit", home.join("deploy.json").to_str().unwrap()]).trim().to_owned();
    run(&["--as", "bob", "approve", &id, "--reason", "a bench"]);
    let mut watch = program();
    watch
        .env("COUNTERSIGN_STORE", home.join("store.db"))
        .env("HOME", home)
        .arg("watch")
        .stdout(Stdio::null());
    let _watching = Watching(watch.spawn().unwrap());
    let since = Instant::now();
    while !run(&["doctor"]).contains("a watcher, process") {
        assert!(since.elapsed() < Duration::from_secs(30), "somebody keeps time");
    }
    run(&["--as", "bob", "rollout", "start", &id]);
    let begun = Instant::now();
    let said = run(&["--as", "bob", "rollout", "rollback", &id, "--reason", "a bench"]);
    let took = begun.elapsed().as_secs_f64();
    assert!(said.contains("200 directories verified"), "{said}");
    assert!(!directories[COUNT - 1].join("etc/new.conf").exists());
    took
}
