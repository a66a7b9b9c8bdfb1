//! Rollouts with real drivers and real sources, at the command line's word, with a real watcher.

use super::fleet::Fleet;
use super::sources::{plain, serve};
use crate::cli::{Desk, until};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};

/// A watcher that ends when its test does.
struct Keeping(Child);

impl Drop for Keeping {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A policy whose rollouts have one tier and are judged by the error rate alone, which is good.
fn policy(desk: &Desk, driver: &str, more: &str) -> String {
    let metrics = desk.file("metrics.json", "{\"error_rate\": 0.4}");
    format!(
        "[rollout]\ndriver = \"it\"\nsources = [\"probe\"]\nmetrics = [\"error_rate\"]\n{more}\n{driver}\n\
         [source.probe]\nkind = \"probe\"\ncommand = [\"/bin/cat\", \"{metrics}\"]\nevery = \"1s\"\n"
    )
}

impl Desk {
    fn adopts(&self, policy: &str) {
        let file = self.file("rollouts.toml", policy);
        self.run(&["policy", "adopt", &file]).ended(0);
    }

    /// A deployment that was asked for and approved.
    fn deployment(&self, params: Value) -> String {
        let steps = json!([{"id": "out", "action": "web.deploy", "params": params}]);
        let id = self.submit(&json!({"kind": "deployment", "by": "ci", "title": "Out", "steps": steps}));
        self.run(&["--as", "bob", "approve", &id, "--reason", "as we agreed"]).ended(0);
        id
    }

    fn watcher(&self) -> Keeping {
        let child = self.command(&["watch"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        until("somebody keeps time", || self.run(&["doctor"]).out.contains("a watcher, process"));
        Keeping(child)
    }

    fn rollout(&self, id: &str) -> Value {
        self.run(&["rollout", "status", id, "--json"]).ended(0).json()
    }

    /// Waits until a rollout stands there.
    #[track_caller]
    fn comes_to(&self, id: &str, phase: &str) -> Value {
        let mut last = Value::Null;
        until(&format!("{id} is {phase}"), || {
            last = self.rollout(id);
            last["phase"] == phase
        });
        last
    }
}

fn script(desk: &Desk, name: &str, text: &str) -> String {
    let path = desk.file(name, format!("#!/bin/sh\n{text}\n"));
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    path
}

/// A driver that does what the script named by the request does, and can always take it back.
fn of_scripts(desk: &Desk) -> String {
    let back = script(desk, "back", "echo back >> $0.log");
    format!(
        "[driver.it]\ntimeout = \"6s\"\ngrace = \"1s\"\nstart = [\"/bin/sh\", \"{{script}}\"]\n\
         promote = [\"/bin/sh\", \"{{script}}\"]\nrollback = [\"{back}\"]\n[driver.it.params.script]\nmax = 1000\n"
    )
}

fn alive(file: &Path) -> bool {
    let pid = std::fs::read_to_string(file).unwrap_or_default();
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    !pid.trim().is_empty() && !stat.is_empty() && !stat.contains(") Z ")
}

#[test]
fn a_driver_that_misbehaves_is_contained_told_and_taken_back() {
    let desk = Desk::new();
    desk.adopts(&policy(&desk, &of_scripts(&desk), ""));
    let note = format!("echo $$ > {}", desk.path("").display());
    let cases = [
        ("hangs", format!("{note}/hangs; exec sleep 1000"), "longer than 6 s"),
        ("deaf", format!("trap '' TERM; {note}/deaf; while :; do sleep 1; done"), "longer than 6 s"),
        ("forks", format!("(sh -c '{note}/forks; exec sleep 1000' &) ; exec sleep 1000"), "longer than 6 s"),
        ("fled", format!("setsid sh -c '{note}/fled; exec sleep 1000' & exec sleep 1000"), "longer than 6 s"),
        ("flood", "yes | head -c 10000000; exit 5".to_owned(), "exit 5"),
        ("three", "echo no quota >&2; exit 3".to_owned(), "exit 3: no quota"),
        (
            "escapes",
            "printf '\\033[2J\\033]0;owned\\007'; printf '\\033[31mred' >&2; exit 1".to_owned(),
            "exit 1",
        ),
        ("closes", "exec >&- 2>&-; exit 4".to_owned(), "exit 4"),
        ("secret", "echo password=hunter2hunter2 >&2; exit 1".to_owned(), "exit 1"),
    ];
    let ids: Vec<String> = cases
        .iter()
        .map(|(name, text, _)| desk.deployment(json!({"script": script(&desk, name, text)})))
        .collect();
    let _watcher = desk.watcher();
    std::thread::scope(|scope| {
        for id in &ids {
            scope.spawn(|| desk.run(&["--as", "bob", "rollout", "start", id]));
        }
    });
    for ((name, _, why), id) in cases.iter().zip(&ids) {
        desk.comes_to(id, "rolled_back");
        let said = desk.run(&["rollout", "status", id]).ended(0);
        let of_it = format!(" rollout {id} ");
        let log = desk.run(&["log", "--limit", "1000"]).ended(0).out;
        // Its own part of the log: its entries with the lines below them.
        let mut mine = false;
        let own = |line: &&str| {
            mine = if line.starts_with("        ") { mine } else { line.contains(&of_it) };
            mine
        };
        let all = format!("{}{}", said.out, log.lines().filter(own).collect::<Vec<_>>().join("\n"));
        assert!(all.contains(why), "{name}: {all}");
        assert!(!all.contains('\u{1b}') && !all.contains("hunter2"), "{name}: {all}");
        assert!(!alive(&desk.path(name)), "{name} lives on");
    }
    let back = std::fs::read_to_string(desk.path("back.log")).unwrap();
    assert_eq!(back.lines().count(), cases.len(), "each was taken back, once");
    desk.run(&["audit", "verify"]).ended(0);
}

#[test]
fn what_may_not_be_filled_in_or_is_another_program_is_not_begun() {
    let desk = Desk::new();
    desk.adopts(&policy(&desk, &of_scripts(&desk), ""));
    let _watcher = desk.watcher();
    let mark = desk.path("mark");
    let does = script(&desk, "does", &format!("echo > {}", mark.display()));
    for (params, why) in [
        (json!({}), "no parameter script"),
        (json!({"script": 5}), "the parameter script is no text"),
        (json!({"script": "-c"}), "begins with `-`"),
    ] {
        let id = desk.deployment(params);
        desk.run(&["--as", "bob", "rollout", "start", &id]);
        let all = desk.run(&["log", "--limit", "1000"]).out + &desk.run(&["rollout", "status", &id]).out;
        assert!(all.contains(why), "{why}: {all}");
    }
    assert!(!mark.exists());
    // The one that takes it back is another when it is needed: nothing of it runs.
    let back = desk.path("back");
    let id = desk.deployment(json!({"script": does}));
    desk.run(&["--as", "bob", "rollout", "start", &id]).ended(0);
    assert!(mark.exists());
    let evil = desk.path("evil");
    std::fs::write(&back, format!("#!/bin/sh\necho > {}\n", evil.display())).unwrap();
    desk.run(&["--as", "bob", "rollout", "rollback", &id, "--reason", "as a test"]);
    desk.comes_to(&id, "rollback_failed");
    assert!(!evil.exists());
}

#[test]
fn whoever_kills_the_watcher_ends_its_driver_and_nothing_is_done_twice() {
    let desk = Desk::new();
    desk.adopts(&policy(&desk, &of_scripts(&desk).replace("6s", "60s"), ""));
    let (log, pid) = (desk.path("starts"), desk.path("pid"));
    let text = format!("echo $RUN_ID >> {}; echo $$ > {}; exec sleep 1000", log.display(), pid.display());
    let id = desk.deployment(json!({"script": script(&desk, "waits", &text)}));
    let watcher = desk.watcher();
    let mut start =
        desk.command(&["--as", "bob", "rollout", "start", &id]).stdout(Stdio::null()).spawn().unwrap();
    until("the driver is at work", || std::fs::read_to_string(&pid).is_ok_and(|pid| pid.ends_with('\n')));
    drop(watcher);
    until("the driver is ended with it", || !alive(&pid));
    let _next = desk.watcher();
    desk.comes_to(&id, "unknown");
    start.wait().unwrap();
    assert_eq!(std::fs::read_to_string(&log).unwrap().lines().count(), 1, "once");
    desk.run(&["--as", "bob", "rollout", "rollback", &id, "--reason", "nobody knows"]).ended(0);
    desk.comes_to(&id, "rolled_back");
    assert_eq!(std::fs::read_to_string(desk.path("back.log")).unwrap(), "back\n");
    assert_eq!(std::fs::read_to_string(&log).unwrap().lines().count(), 1, "once");
}

/// A policy of `patch-fleet` on this fleet, in two tiers.
fn of_fleet(desk: &Desk, fleet: &Fleet) -> String {
    let directories: Vec<String> =
        fleet.directories.iter().map(|dir| format!("{:?}", dir.to_str().unwrap())).collect();
    let driver = format!(
        "[driver.it]\nkind = \"patch-fleet\"\ndirectories = [{}]\nstate = \"{}\"\n",
        directories.join(", "),
        desk.path("state").display()
    );
    policy(desk, &driver, "tiers = [25, 100]\nbake = \"6s\"\n")
}

fn of_patch(fleet: &Fleet) -> Value {
    let job = fleet.job("change", 0);
    json!({"patch": job["patch"], "sha256": job["sha256"]})
}

fn changed(fleet: &Fleet) -> usize {
    let is = |dir: &&PathBuf| {
        std::fs::read_to_string(dir.join("etc/app.conf")).is_ok_and(|text| text.contains("TWO"))
    };
    fleet.directories.iter().filter(is).count()
}

#[test]
fn directories_are_changed_tier_by_tier_and_back_when_a_metric_breaks_its_limit() {
    let (desk, fleet) = (Desk::new(), Fleet::plain(8));
    desk.adopts(&of_fleet(&desk, &fleet));
    let id = desk.deployment(of_patch(&fleet));
    let _watcher = desk.watcher();
    desk.run(&["--as", "bob", "rollout", "start", &id])
        .ended(0)
        .said(&["25 %: 2 of 8 directories changed and verified"]);
    assert_eq!(changed(&fleet), 2);
    desk.comes_to(&id, "awaiting_promotion");
    assert_eq!(changed(&fleet), 2, "silence promotes nothing");
    desk.run(&["--as", "bob", "rollout", "promote", &id, "--reason", "it looks well"]).ended(0);
    assert_eq!(changed(&fleet), 8);
    desk.file("metrics.json", "{\"error_rate\": 12}");
    desk.comes_to(&id, "rolled_back");
    assert_eq!(changed(&fleet), 0);
    desk.run(&["rollout", "status", &id]).ended(0).said(&["error_rate 12 > 10", "rolled back"]);
    desk.run(&["audit", "verify"]).ended(0);
}

#[test]
fn one_directory_that_differs_keeps_a_rollout_from_starting() {
    let (desk, fleet) = (Desk::new(), Fleet::plain(8));
    desk.adopts(&of_fleet(&desk, &fleet));
    let id = desk.deployment(of_patch(&fleet));
    std::fs::write(fleet.directories[7].join("etc/app.conf"), "one\ntwo\nthree\nfour\n").unwrap();
    let _watcher = desk.watcher();
    let start = desk.run(&["--as", "bob", "rollout", "start", &id]);
    assert_ne!(start.code, Some(0), "{start}");
    let all = desk.run(&["log", "--limit", "1000"]).out + &desk.run(&["rollout", "status", &id]).out;
    assert!(all.contains("node-007") && all.contains("differs"), "{all}");
    assert_eq!(changed(&fleet), 0);
}

#[test]
fn a_prometheus_is_asked_and_what_it_cannot_say_promotes_nobody() {
    let (desk, fleet) = (Desk::new(), Fleet::plain(8));
    let answer = Arc::new(Mutex::new("0.4".to_owned()));
    let says = Arc::clone(&answer);
    let (url, asked) = serve(move |_, stream| {
        let now = countersign::app::clock::Clock::system().now().millis() as f64 / 1_000.0;
        let value = says.lock().unwrap().clone();
        let series = if value.is_empty() {
            String::new()
        } else {
            format!("{{\"metric\":{{}},\"value\":[{now},\"{value}\"]}}")
        };
        plain(
            stream,
            "200 OK",
            &format!(
                "{{\"status\":\"success\",\"data\":{{\"resultType\":\"vector\",\"result\":[{series}]}}}}"
            ),
        );
    });
    let prometheus = format!(
        "[source.prometheus]\nkind = \"prometheus\"\nurl = \"{url}\"\nqueries.error_rate = \"errors\"\nevery = \"1s\"\n\
         [source.machine]\nkind = \"host\"\nevery = \"1s\"\n"
    );
    let text = of_fleet(&desk, &fleet)
        .replace("sources = [\"probe\"]", "sources = [\"prometheus\", \"machine\"]")
        .replace("metrics = [\"error_rate\"]", "metrics = [\"error_rate\", \"memory\"]\nprofile = \"cp19\"");
    desk.adopts(&format!("{text}{prometheus}"));
    let id = desk.deployment(of_patch(&fleet));
    let _watcher = desk.watcher();
    desk.run(&["--as", "bob", "rollout", "start", &id]).ended(0);
    desk.comes_to(&id, "awaiting_promotion");
    assert!(asked.lock().unwrap().iter().all(|line| line.starts_with("GET /api/v1/query?query=errors ")));
    let said = desk.run(&["rollout", "status", &id]).ended(0).said(&["error_rate: 0.4", "memory: "]);
    drop(said);
    // Nothing is known any more: what was passed is passed no longer.
    answer.lock().unwrap().clear();
    desk.comes_to(&id, "frozen");
    let all = desk.run(&["log", "--limit", "1000"]).out + &desk.run(&["rollout", "status", &id]).out;
    assert!(all.contains("the source prometheus of error_rate"), "{all}");
    assert_eq!(changed(&fleet), 2);
}
