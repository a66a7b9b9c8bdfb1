//! Rollouts as they are typed: two hundred directories, a watcher that runs, and what comes back.

use super::{Desk, Waiting, until};
use countersign::domain::digest::EvidenceDigest;
use serde_json::json;
use std::path::PathBuf;

const OLD: &str = "port = 80\nworkers = 2\n";
const NEW: &str = "port = 80\nworkers = 4\n";
const PATCH: &str = "diff --git a/app.conf b/app.conf\n--- a/app.conf\n+++ b/app.conf\n@@ -1,2 +1,2 @@\n port = 80\n-workers = 2\n+workers = 4\n";

/// A desk with a fleet of so many directories, a policy that names it, and a deployment that is approved.
fn fleet(count: usize, policy: &str) -> (Desk, Vec<PathBuf>) {
    let desk = Desk::new();
    let mut list = String::new();
    let mut directories = Vec::new();
    for n in 0..count {
        let directory = desk.path(&format!("fleet/app-{n:03}"));
        std::fs::create_dir_all(&directory).unwrap();
        std::fs::write(directory.join("app.conf"), OLD).unwrap();
        list.push_str(&format!("{}\n", directory.display()));
        directories.push(directory);
    }
    let list = desk.file("fleet.txt", list);
    let patch = desk.file("change.patch", PATCH);
    let state = desk.path("state");
    std::fs::create_dir_all(&state).unwrap();
    let probe = desk.file("measured.json", r#"{"cpu": 61, "memory": 70}"#);
    let policy = format!(
        "[rollout]\ndriver = \"fleet\"\nsources = [\"machine\"]\n{policy}\n\
         [driver.fleet]\nkind = \"patch-fleet\"\nlist = {list:?}\nstate = {state:?}\n\
         [source.machine]\nkind = \"probe\"\ncommand = [\"/usr/bin/cat\", {probe:?}]\nmetrics = [\"cpu\", \"memory\"]\nevery = \"1s\"\n"
    );
    let policy = desk.file("policy.toml", policy);
    desk.run(&["policy", "adopt", &policy]).ended(0);
    let sha256 = EvidenceDigest::of(PATCH.as_bytes()).to_string();
    desk.submit(&json!({"by": "planner", "kind": "deployment", "title": "Four workers",
        "target": {"environment": "staging"},
        "steps": [{"id": "ship", "action": "fleet.patch", "params": {"patch": patch, "sha256": sha256}}]}));
    (desk, directories)
}

fn with(directories: &[PathBuf], text: &str) -> usize {
    let has = |directory: &&PathBuf| std::fs::read_to_string(directory.join("app.conf")).unwrap() == text;
    directories.iter().filter(has).count()
}

/// A watcher, for as long as it is held.
struct Kept(Waiting);

impl Drop for Kept {
    fn drop(&mut self) {
        let _ = self.0.child.kill();
        let _ = self.0.child.wait();
    }
}

fn watcher(desk: &Desk) -> Kept {
    let mut watch = desk.start(&mut desk.command(&["watch"]));
    assert!(watch.line().starts_with("keeping time"));
    Kept(watch)
}

fn sample(desk: &Desk, set: &str) {
    desk.run(&["rollout", "sample", "R-1", "--set", set]).ended(0);
}

#[test]
fn the_block_of_two_hundred_directories() {
    let (desk, directories) = fleet(200, "");
    let start = ["rollout", "start", "R-1"];
    desk.run(&start).refused(1, &["refused: not approved; it is requested"]);
    desk.run(&["approve", "R-1", "--reason", "two keys would be better"]).ended(0);
    desk.run(&start).refused(1, &["refused: no watcher is running: countersign watch"]);
    let _watch = watcher(&desk);
    desk.run(&start).refused(1, &["refused: no baseline", "countersign rollout sample R-1 --set tes="]);
    for tes in ["tes=97", "tes=96.5", "tes=97"] {
        sample(&desk, tes);
    }
    let said = desk.run(&start).ended(0);
    assert_eq!(said.out, "5 %: 10 of 200 directories changed and verified; bake 15 min\n", "{said}");
    assert_eq!((with(&directories, NEW), with(&directories[..10], NEW)), (10, 10));
    desk.run(&["rollout", "promote", "R-1"]).refused(1, &["refused: bake ends in 15 min"]);
    desk.run(&["run", "R-1"]).refused(1, &["it is being rolled out: countersign rollout status R-1"]);
    desk.run(&["rollout", "sample", "R-1", "--set", "error_rate=12"]).ended(0).said(&["taken; 5 %"]);
    let said = desk.run(&["rollout", "sample", "R-1", "--set", "error_rate=12"]).ended(0);
    assert!(said.out.starts_with("halted: error_rate 12 > 10 (2 readings since "), "{said}");
    assert!(said.out.contains("; rolled back, 10 directories verified in "), "{said}");
    assert_eq!((with(&directories, OLD), with(&directories, NEW)), (200, 0));
    desk.run(&["rollout", "promote", "R-1"]).refused(1, &["refused: rolled back at", "error_rate 12 > 10"]);
    desk.run(&["audit", "verify"]).ended(0);
    desk.run(&["rollout", "status", "R-1"])
        .ended(0)
        .said(&["If nobody acts: nothing: everything is as it was before."]);
    assert_eq!(desk.run(&["rollout", "status"]).ended(0).out, "no rollout is under way\n");
}

#[test]
fn every_tier_changes_its_directories_and_the_last_one_completes() {
    // Short enough to live through; TES is left to a test with a clock of its own.
    let terms = "tiers = [10, 50, 100]\nbake = \"4s\"\nmetrics = [\"cpu\", \"memory\"]\n";
    let (desk, directories) = fleet(20, terms);
    desk.run(&["approve", "R-1", "--reason", "fine"]).ended(0);
    let _watch = watcher(&desk);
    desk.run(&["rollout", "start", "R-1"]).ended(0).said(&["10 %: 2 of 20 directories changed and verified"]);
    for (promotion, changed) in [("R-2", 10), ("R-3", 20)] {
        until("the promotion is asked for", || desk.run(&["show", promotion]).code == Some(0));
        desk.run(&["show", promotion]).ended(0).said(&["pass: cpu 61 < 90, memory 70 < 85"]);
        let told = format!("{changed} of 20 directories changed and verified");
        desk.run(&["rollout", "promote", "R-1", "--reason", "it is well"]).ended(0).said(&[&told]);
        assert_eq!((with(&directories, NEW), with(&directories, OLD)), (changed, 20 - changed));
    }
    until("it is complete", || {
        desk.run(&["rollout", "status", "R-1", "--json"]).json()["phase"] == "completed"
    });
    desk.run(&["rollout", "rollback", "R-1", "--reason", "after all"])
        .ended(0)
        .said(&["rolled back, 20 directories verified"]);
    assert_eq!(with(&directories, OLD), 20);
    desk.run(&["audit", "verify"]).ended(0);
    desk.run(&["rebuild"]).ended(0);
    desk.run(&["audit", "verify"]).ended(0);
}

#[test]
fn what_cannot_be_typed_is_said_and_a_person_can_stop_it_at_any_time() {
    let (desk, directories) = fleet(20, "metrics = [\"cpu\", \"memory\"]\n");
    desk.run(&["rollout", "sample", "R-1", "--set", "speed=3"])
        .refused(2, &["--set speed=3: is a metric and a number"]);
    desk.run(&["rollout", "sample", "R-1", "--set", "cpu=NaN"]).refused(2, &["--set cpu=NaN"]);
    desk.run(&["rollout", "sample", "R-1", "--set", "cpu=3"]).refused(1, &["an approved deployment"]);
    desk.run(&["rollout", "halt", "R-1"]).refused(1, &["refused: it has not been started"]);
    desk.run(&["rollout", "start", "R-9"]).refused(4, &["no such request"]);
    desk.run(&["approve", "R-1", "--reason", "fine"]).ended(0);
    let _watch = watcher(&desk);
    desk.run(&["rollout", "start", "R-1"]).ended(0);
    desk.run(&["rollout", "start", "R-1"]).refused(1, &["refused: it is baking since"]);
    desk.run(&["rollout", "pause", "R-1"]).ended(0).said(&["5 %: paused, 15 min"]);
    desk.run(&["rollout", "resume", "R-1"]).ended(0).said(&["bake"]);
    desk.run(&["rollout", "halt", "R-1", "--reason", "pager"]).ended(0).said(&["5 %: frozen by"]);
    desk.run(&["rollout", "halt", "R-1"]).refused(1, &["it is frozen already"]);
    desk.run(&["pulse"]).ended(0).said(&["R-1", "frozen"]);
    desk.run(&["rollout", "rollback", "R-1"]).ended(0).said(&["rolled back, 1 directories verified in"]);
    assert_eq!(with(&directories, OLD), 20);
    desk.run(&["rollout", "rollback", "R-1"]).refused(1, &["refused: rolled back at"]);
    desk.run(&["rollout", "resume", "R-1"]).refused(1, &["refused: rolled back at"]);
    desk.run(&["log", "R-1"]).ended(0).said(&["its rollout: rolled back at 0 %"]);
}
