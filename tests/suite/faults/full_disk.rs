//! A disk without a free byte: reading and deciding go on, asking is refused first, and nothing needs repair.

use super::{skipped, whole};
use crate::cli::{Desk, gate, plan};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A small disk of its own under a desk's home; unmounted when it goes.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Nothing where mounting is not allowed.
    fn of(mebibytes: u32, desk: &Desk) -> Option<Self> {
        let place = desk.path("disk");
        std::fs::create_dir(&place).unwrap();
        let options = format!("size={mebibytes}m,mode=0700");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &options, "countersign-test"])
            .arg(&place)
            .output();
        match mounted {
            Ok(said) if said.status.success() => Some(Self(place)),
            _ => {
                skipped("a full disk: mounting a small one is not allowed here");
                None
            }
        }
    }

    fn free(&self) -> u64 {
        let said = Command::new("stat").args(["-f", "-c", "%a %S"]).arg(&self.0).output().unwrap();
        let said = String::from_utf8(said.stdout).unwrap();
        let mut numbers = said.split_whitespace().map(|n| n.parse::<u64>().unwrap());
        numbers.next().unwrap() * numbers.next().unwrap()
    }

    /// Somebody else takes all that is left.
    fn fill(&self) {
        let mut file = File::options().create(true).append(true).open(self.0.join("somebody-elses")).unwrap();
        let block = vec![0u8; 4096];
        while file.write_all(&block).is_ok() {}
        assert_eq!(self.free(), 0);
    }

    fn empty(&self) {
        std::fs::remove_file(self.0.join("somebody-elses")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).output();
    }
}

fn reserve(store: &Path) -> u64 {
    let mut name = store.as_os_str().to_owned();
    name.push(".reserve");
    std::fs::metadata(name).map_or(0, |meta| meta.len())
}

#[test]
fn on_a_full_disk_everything_can_be_read_and_decided_and_nothing_new_is_asked() {
    let mut desk = Desk::new();
    let Some(disk) = SmallDisk::of(40, &desk) else { return };
    let store = disk.0.join("s.db");
    desk.keep_store_at(store.clone());
    for n in 0..9 {
        desk.submit(&gate("planner", &format!("g{n}")));
    }
    desk.submit(&plan("planner", "p"));
    desk.submit(
        &serde_json::json!({"kind": "question", "title": "Which?", "by": "planner", "options": ["a", "b"]}),
    );
    assert_eq!(reserve(&store), 4 << 20, "the reserve is there from the beginning");

    // Somebody takes all but the reserve, again and again: between any two commands.
    let decided: [&[&str]; 16] = [
        &["reject", "R-1", "--reason", "no"],
        &["approve", "R-2"],
        &["--as", "planner", "cancel", "R-3", "--reason", "no longer"],
        &["request-changes", "R-4", "--reason", "shorter"],
        &["withdraw", "R-4"],
        &["claim", "R-5"],
        &["release", "R-5"],
        &["reject", "R-10", "--step", "draft"],
        &["skip", "R-10", "--step", "draft"],
        &["approve", "R-10", "--step", "lookup"],
        &["approve", "R-10"],
        &["answer", "R-11", "--option", "1"],
        &["claim", "R-6"],
        &["release", "R-6"],
        &["claim", "R-7"],
        &["reject", "R-7", "--reason", "no"],
    ];
    for verb in decided {
        disk.fill();
        desk.run(verb).ended(0);
        for read in [&["list"][..], &["show", "R-1"], &["log"], &["explain", "R-8"]] {
            disk.fill();
            desk.run(read).ended(0);
        }
    }
    disk.fill();
    whole(&desk);
    desk.run(&["audit", "export"]).ended(0);
    let before = desk.head();
    disk.fill();
    let full = format!("bytes free at {}", disk.0.display());
    let more = gate("planner", "more").to_string();
    desk.feed(&["submit", "-"], &more)
        .refused(75, &["the disk is nearly full", &full, "decisions are still taken"]);
    desk.run(&["comment", "R-8", "look"]).refused(75, &["the disk is nearly full", &full]);
    let doctor = desk.run(&["doctor"]).ended(5).said(&["ILL   disk", "free", "new requests"]);
    assert!(!doctor.out.contains("panicked"));
    // Asking again for what is there is no new request.
    assert_eq!(desk.feed(&["submit", "-"], gate("planner", "g8").to_string()).ended(0).out, "R-9\n");
    assert_eq!(desk.head(), before);

    // Room again: nothing has to be repaired, and the reserve is there again.
    disk.empty();
    desk.feed(&["submit", "-"], &more).ended(0);
    desk.run(&["comment", "R-8", "look"]).ended(0);
    assert_eq!(reserve(&store), 4 << 20);
    desk.run(&["doctor"]).ended(0);
    whole(&desk);
}

#[test]
fn below_the_watermark_only_decisions_are_taken() {
    let mut desk = Desk::new();
    let Some(disk) = SmallDisk::of(40, &desk) else { return };
    desk.keep_store_at(disk.0.join("s.db"));
    desk.submit(&gate("planner", "g"));
    let taken = (disk.free() - (8 << 20)).to_string();
    let taking =
        Command::new("fallocate").args(["-l", &taken]).arg(disk.0.join("somebody-elses")).status().unwrap();
    assert!(taking.success());
    desk.feed(&["submit", "-"], gate("planner", "h").to_string())
        .refused(75, &["bytes free at", "below 16777216"]);
    desk.run(&["approve", "R-1"]).ended(0);
    // A store that is told so keeps less.
    let config = desk.file("config.toml", "[disk]\nkeep_free_mib = 1\n");
    desk.feed(&["--config", &config, "submit", "-"], gate("planner", "h").to_string()).ended(0);
}

#[test]
fn a_store_that_finds_no_room_to_be_made_says_how_much_is_free_and_where() {
    let mut desk = Desk::new();
    let Some(disk) = SmallDisk::of(1, &desk) else { return };
    desk.keep_store_at(disk.0.join("s.db"));
    disk.fill();
    desk.run(&["list"]).refused(74, &["the disk is full"]);
    disk.empty();
    desk.run(&["list"]).ended(0);
}
