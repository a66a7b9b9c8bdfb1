//! The same screen under tmux, which holds a lone escape back, passes no private queries and redraws what it thinks best.

use super::person::{demo_store, environment};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// One tmux server of its own, with one window that runs countersign.
struct Tmux {
    socket: String,
}

impl Tmux {
    fn run(&self, words: &[&str]) -> String {
        let done =
            Command::new("tmux").args(["-f", "/dev/null", "-S", &self.socket]).args(words).output().unwrap();
        assert!(done.status.success(), "tmux {words:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).into_owned()
    }

    fn opens(home: &Path, columns: &str, rows: &str) -> Self {
        let tmux = Self { socket: home.join("tmux").to_str().unwrap().to_owned() };
        let mut words = vec!["new-session", "-d", "-x", columns, "-y", rows, "env", "-i"];
        let set: Vec<String> = environment(home, &home.join("demo/demo.db"))
            .into_iter()
            .filter(|(name, _)| name != "TERM")
            .map(|(name, value)| format!("{name}={value}"))
            .chain(["TERM=screen".to_owned()])
            .collect();
        words.extend(set.iter().map(String::as_str));
        words.extend([env!("CARGO_BIN_EXE_countersign"), "--as", "alice"]);
        tmux.run(&words);
        tmux
    }

    /// Asks tmux what stands in the window until it is `wanted`; each asking is a process, so this does not spin.
    fn sees(&self, wanted: &str) -> String {
        let begun = Instant::now();
        loop {
            let screen = self.run(&["capture-pane", "-p"]);
            if screen.contains(wanted) {
                return screen;
            }
            assert!(begun.elapsed() < Duration::from_secs(20), "never saw {wanted}:\n{screen}");
        }
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        let _ = Command::new("tmux").args(["-S", &self.socket, "kill-server"]).output();
    }
}

pub fn has_tmux() -> bool {
    let there = Command::new("tmux").arg("-V").output().is_ok_and(|o| o.status.success());
    if !there {
        eprintln!("SKIPPED: tmux is not installed, so the screen was not tried under it");
    }
    there
}

#[test]
fn a_request_is_rejected_under_tmux_at_both_sizes() {
    if !has_tmux() {
        return;
    }
    for (columns, rows) in [("120", "40"), ("80", "24")] {
        let home = tempfile::tempdir().unwrap();
        demo_store(home.path());
        let tmux = Tmux::opens(home.path(), columns, rows);
        tmux.sees("wait for you");
        tmux.run(&["send-keys", "Enter"]);
        tmux.sees("What would run");
        // A key that decides is not taken in the moment in which something came under the cursor.
        std::thread::sleep(Duration::from_millis(300));
        tmux.run(&["send-keys", "R"]);
        let dialog = tmux.sees("Reject R-");
        assert!(dialog.contains("Reason (required)"), "{dialog}");
        tmux.run(&["send-keys", "-l", "finance still reads it"]);
        tmux.sees("finance still reads it");
        tmux.run(&["send-keys", "M-Enter", "Enter"]);
        tmux.sees("nothing of it will run");
        // A lone escape, which tmux holds back for a while, goes back to the list; q ends it there.
        tmux.run(&["send-keys", "Escape"]);
        tmux.sees("enter open");
    }
}
