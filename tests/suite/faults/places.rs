//! A disk that only reads, a store that vanishes under a waiter and under a screen, and a neighbour that stands still
//! with the lock in its hand.

use super::{skipped, whole};
use crate::cli::{Desk, gate, until};
use crate::journeys::person::{Person, environment};
use rustix::fs::{FlockOperation, flock};
use std::fs::File;
use std::io::Write;
use std::process::{Command, Stdio};

fn beside(desk: &Desk, suffix: &str) -> std::path::PathBuf {
    let mut name = desk.store().into_os_string();
    name.push(suffix);
    name.into()
}

fn signal(pid: u32, name: &str) {
    assert!(Command::new("kill").args([name, &pid.to_string()]).status().unwrap().success());
}

#[test]
fn a_store_that_vanishes_is_said_to_be_gone_to_the_waiter_and_on_the_screen() {
    let mut desk = Desk::new();
    std::fs::create_dir(desk.path("d")).unwrap();
    desk.keep_store_at(desk.path("d").join("s.db"));
    desk.submit(&gate("planner", "g"));
    let waiting = desk.start_waiting(&mut desk.command(&["wait", "R-1"]));
    let mut screen = Person::sits_down(&[], &environment(desk.home(), &desk.store()), (120, 40));
    screen.sees("R-1");
    // The directory goes away as a whole.
    std::fs::rename(desk.path("d"), desk.path("elsewhere")).unwrap();
    std::fs::remove_dir_all(desk.path("elsewhere")).unwrap();
    waiting.end().refused(74, &["the store", "is gone", "nothing was changed"]);
    screen.sees("is gone");
    screen.press_at_once("q");
    assert_eq!(screen.ends(), 0);
}

#[test]
fn nothing_is_recorded_in_a_file_that_nobody_finds_again() {
    let stage = crate::store::stage::Stage::new();
    let mut app = stage.app();
    let document = r#"{"by": "planner", "kind": "gate", "title": "Go on?"}"#;
    let id = crate::store::stage::submit(&mut app, crate::store::stage::document(document));
    std::fs::rename(stage.store(), stage.dir.path().join("old.db")).unwrap();
    let refused = crate::store::stage::tries(&mut app, id, &crate::store::stage::approve());
    assert!(refused.unwrap_err().to_string().contains("is gone"));
}

#[test]
fn on_a_disk_that_only_reads_one_sentence_says_so_and_the_doctor_what_to_do() {
    let mut desk = Desk::new();
    let place = desk.path("disk");
    std::fs::create_dir(&place).unwrap();
    let mount = |options: &str, place: &std::path::Path| {
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", options, "countersign-test"]).arg(place).output()
    };
    if !mount("size=64m,mode=0700", &place).is_ok_and(|said| said.status.success()) {
        return skipped("a disk that only reads: mounting is not allowed here");
    }
    desk.keep_store_at(place.join("s.db"));
    desk.submit(&gate("planner", "g"));
    assert!(mount("remount,ro", &place).unwrap().status.success());
    for verb in [&["list"][..], &["approve", "R-1"], &["submit", "/dev/null"]] {
        desk.run(verb).refused(74, &["Read-only file system", "check"]);
    }
    desk.run(&["doctor"]).ended(5).said(&["ILL   read-only", "Read-only file system", "remount,rw"]);
    assert!(mount("remount,rw", &place).unwrap().status.success());
    desk.run(&["approve", "R-1"]).ended(0);
    whole(&desk);
    Command::new("umount").arg("-l").arg(&place).status().unwrap();
}

#[test]
fn a_writer_that_stands_still_is_named_after_ten_seconds_and_nothing_was_changed() {
    let desk = Desk::new();
    desk.submit(&gate("planner", "g"));
    let before = desk.head();
    // Somebody stores a long stream, and is stopped in the middle of a transaction.
    let mut command = desk.command(&["submit", "-"]);
    let mut writer =
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut stdin = writer.stdin.take().unwrap();
    let feeding = std::thread::spawn(move || {
        for n in 0..20_000 {
            if writeln!(stdin, "{}", gate(&format!("p{}", n % 40), &format!("n{n}"))).is_err() {
                break;
            }
        }
    });
    let lock = File::options().read(true).write(true).open(beside(&desk, ".lock")).unwrap();
    let stands_with_it = || {
        signal(writer.id(), "-STOP");
        // Stopped is a state that takes a moment to reach.
        until("it stands still", || {
            let stat = std::fs::read_to_string(format!("/proc/{}/stat", writer.id())).unwrap();
            stat.rsplit_once(')').unwrap().1.trim_start().starts_with('T')
        });
        let held = flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err();
        if !held {
            flock(&lock, FlockOperation::Unlock).unwrap();
            signal(writer.id(), "-CONT");
        }
        held
    };
    until("it holds the store", stands_with_it);
    let holder = format!("store busy for 10 s by process {} (stopped)", writer.id());
    desk.run(&["approve", "R-1"]).refused(75, &[&holder, "nothing was changed"]);
    // Reading goes on, and the doctor says who it is.
    desk.run(&["show", "R-1"]).ended(0);
    let named = format!("process {} (stopped) holds the store", writer.id());
    let doctor = desk.run(&["doctor"]);
    assert!(doctor.out.contains(&named) && doctor.out.contains("kill -CONT"), "{doctor}");
    signal(writer.id(), "-KILL");
    writer.wait().unwrap();
    feeding.join().unwrap();
    desk.run(&["approve", "R-1"]).ended(0);
    let after = desk.head();
    assert!(after.0 > before.0);
}

#[test]
fn the_doctor_names_what_keeps_a_store_from_being_opened() {
    let desk = Desk::new();
    std::fs::write(desk.store(), "no store at all, but long enough to look like something to somebody")
        .unwrap();
    desk.run(&["doctor"]).ended(5).said(&["ILL", "not a countersign store", "do what that sentence says"]);
    std::fs::remove_file(desk.store()).unwrap();
    desk.submit(&gate("planner", "g"));
    desk.run(&["doctor"]).ended(0).said(&["well  disk", "well  reserve", "well  clock"]);
    // A damaged one.
    let mut bytes = std::fs::read(desk.store()).unwrap();
    let middle = bytes.len() / 2;
    bytes[4096..middle].fill(0x5A);
    std::fs::write(desk.store(), bytes).unwrap();
    desk.run(&["doctor"]).ended(5).said(&["ILL", "audit verify"]);
}
