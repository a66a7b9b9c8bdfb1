//! Many sessions that nobody types in: what each of them costs, and that a decision does not wait for them.
//!
//! `COUNTERSIGN_IDLE=200 cargo test --test suite ssh::idle` runs as many as were promised.

use crate::cli::Desk;
use crate::cli::team::{ssh, ssh_feed};
use crate::journeys::desk::NARROW;
use crate::journeys::person::{Person, environment};
use std::fs;
use std::time::Duration;

/// How many sit there in the suite.
const FEW: usize = 24;
/// How long they are watched. Long enough for a loop that polls to show, which wakes up at least ten times a second.
const WATCHED: Duration = Duration::from_secs(4);

fn many() -> usize {
    std::env::var("COUNTERSIGN_IDLE").ok().and_then(|n| n.parse().ok()).unwrap_or(FEW)
}

/// What a process has used so far: clock ticks of CPU, and how often any of its threads was woken.
fn used(process: u32) -> (u64, u64) {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    let mut woken = 0;
    for task in fs::read_dir(format!("/proc/{process}/task")).unwrap() {
        let status = fs::read_to_string(task.unwrap().path().join("status")).unwrap_or_default();
        let line =
            status.lines().find(|line| line.starts_with("voluntary_ctxt_switches")).unwrap_or_default();
        woken += line.split_whitespace().last().and_then(|n| n.parse::<u64>().ok()).unwrap_or(0);
    }
    (ticks, woken)
}

/// Memory that is a process's own share, in KiB.
fn share(process: u32) -> u64 {
    let rollup = fs::read_to_string(format!("/proc/{process}/smaps_rollup")).unwrap();
    let line = rollup.lines().find(|line| line.starts_with("Pss:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn sessions_that_nobody_types_in_cost_nothing_and_hold_nothing_up() {
    let many = many();
    let person = |name: &str, roles: &str| {
        format!("[[principal]]\nname = \"{name}\"\nkind = \"human\"\nroles = [{roles}]\n")
    };
    let mut policy = person("ann", "\"admin\", \"reviewer\"") + &person("bob", "\"admin\"");
    policy += &person("ci", "\"producer\"");
    (0..many).for_each(|n| policy += &person(&format!("p{n}"), "\"reviewer\""));
    let desk = Desk::new();
    desk.run(&["team", "init", "--admin", "ann", "--admin", "bob"]).ended(0);
    desk.run(&["policy", "adopt", &desk.file("team.toml", policy)]).ended(0);
    let gate = serde_json::json!({"kind": "gate", "title": "Go on?"}).to_string();
    ssh_feed(&desk, "ci", "submit -", &[gate.clone(), gate].join("\n")).ended(0);
    let store = desk.store();
    let mut surroundings = environment(desk.home(), &store);
    surroundings.push(("SSH_CONNECTION".to_owned(), "192.0.2.1 50000 192.0.2.2 22".to_owned()));
    let mut sitting: Vec<Person> = (0..many)
        .map(|n| {
            let words = ["--store", store.to_str().unwrap(), "session", "--as", &format!("p{n}")];
            Person::sits_down(&words, &surroundings, NARROW)
        })
        .collect();
    for person in &mut sitting {
        person.sees("Go on?");
    }
    let all = |sitting: &[Person]| -> Vec<(u64, u64)> { sitting.iter().map(|p| used(p.process())).collect() };
    // The last of them has just drawn: it settles, and then nothing happens any more.
    std::thread::sleep(Duration::from_secs(2));
    let before = all(&sitting);
    std::thread::sleep(WATCHED);
    let after = all(&sitting);
    let spent = |of: fn(&(u64, u64)) -> u64| -> u64 {
        after.iter().map(of).sum::<u64>() - before.iter().map(of).sum::<u64>()
    };
    let (ticks, woken) = (spent(|used| used.0), spent(|used| used.1));
    let kib: u64 = sitting.iter().map(|person| share(person.process())).sum();
    eprintln!(
        "{many} idle sessions for {WATCHED:?}: {ticks} ticks of CPU, {woken} wake-ups, {kib} KiB, all of them together"
    );
    // A minute may turn meanwhile, and each draws it once.
    assert!(ticks <= 2 * many as u64, "{ticks} ticks");
    assert!(woken <= 24 * many as u64, "{woken} wake-ups");
    assert!(kib / many as u64 <= 24 << 10, "{kib} KiB");
    // None of them holds a lock: a decision goes through, and all of them see it.
    ssh(&desk, "ann", "approve R-1").ended(0);
    for person in &mut sitting {
        person.waits_until("one that waits", |shown| shown.contains("1 waits for you"));
    }
}
