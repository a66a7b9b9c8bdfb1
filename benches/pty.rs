//! A terminal whose every byte is stamped, and the screen those bytes make.

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// Rows and columns of every measure.
pub const SIZE: (u16, u16) = (40, 120);

pub struct Pty {
    child: Box<dyn Child + Send + Sync>,
    _master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    heard: Receiver<(Instant, Vec<u8>)>,
    pub parser: vt100::Parser,
    pub started: Instant,
}

/// What one key brought: how long until its last byte, and how many bytes.
pub struct Answer {
    pub took: Duration,
    pub bytes: Vec<u8>,
}

impl Pty {
    pub fn start(program: &Path, arguments: &[&str], home: &Path) -> Self {
        let (rows, cols) = SIZE;
        let pair =
            native_pty_system().openpty(PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }).unwrap();
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.env_clear();
        for (name, value) in [
            ("HOME", home.to_str().unwrap()),
            ("TERM", "xterm-256color"),
            ("LC_ALL", "C.UTF-8"),
            ("PATH", "/usr/bin:/bin"),
        ] {
            command.env(name, value);
        }
        let started = Instant::now();
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let keys = pair.master.take_writer().unwrap();
        let (tell, heard) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0u8; 65_536];
            while let Ok(read) = reader.read(&mut buffer) {
                if read == 0 || tell.send((Instant::now(), buffer[..read].to_vec())).is_err() {
                    return;
                }
            }
        });
        let parser = vt100::Parser::new(rows.try_into().unwrap(), cols.try_into().unwrap(), 0);
        Self { child, _master: pair.master, keys, heard, parser, started }
    }

    /// Reads until the screen satisfies `wanted`; when the last byte of it came.
    pub fn until(&mut self, wanted: impl Fn(&vt100::Screen) -> bool) -> Instant {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok((at, bytes)) = self.heard.recv_timeout(left) else {
                panic!("never seen; the screen:\n{}", self.parser.screen().contents());
            };
            self.parser.process(&bytes);
            if wanted(self.parser.screen()) {
                return at;
            }
        }
    }

    /// Reads until nothing has come for so long; everything that came, and when the last of it did.
    pub fn rest(&mut self, quiet: Duration) -> (Vec<u8>, Option<Instant>) {
        let (mut all, mut last) = (Vec::new(), None);
        loop {
            match self.heard.recv_timeout(quiet) {
                Ok((at, bytes)) => {
                    self.parser.process(&bytes);
                    all.extend(bytes);
                    last = Some(at);
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return (all, last),
            }
        }
    }

    /// Presses keys and reads one frame: to the end of the synchronised update, or (a program without) `marker`.
    pub fn press(&mut self, keys: &[u8], end_of_frame: Option<&[u8]>) -> Answer {
        let pressed = Instant::now();
        self.keys.write_all(keys).unwrap();
        self.keys.flush().unwrap();
        let mut all = Vec::new();
        loop {
            // A program that says no end of its frame has ended it when nothing more comes.
            let patience = if end_of_frame.is_none() && !all.is_empty() {
                Duration::from_millis(3)
            } else {
                Duration::from_secs(10)
            };
            match self.heard.recv_timeout(patience) {
                // What came before the key answers something else.
                Ok((at, bytes)) if at < pressed => self.parser.process(&bytes),
                Ok((at, bytes)) => {
                    self.parser.process(&bytes);
                    all.extend(bytes);
                    if end_of_frame.is_some_and(|end| all.windows(end.len()).any(|w| w == end)) {
                        return Answer { took: at - pressed, bytes: all };
                    }
                    if end_of_frame.is_none() {
                        let took = at - pressed;
                        let (more, last) = self.rest(Duration::from_millis(3));
                        all.extend(more);
                        return Answer { took: last.map_or(took, |last| last - pressed), bytes: all };
                    }
                }
                Err(_) => panic!("no answer to {keys:?}; the screen:\n{}", self.parser.screen().contents()),
            }
        }
    }

    pub fn process(&self) -> u32 {
        self.child.process_id().unwrap()
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The end of a frame of ours.
pub const END: &[u8] = b"\x1b[?2026l";

/// CPU time of a process in milliseconds (10 ms ticks are too coarse: schedstat counts nanoseconds), all threads.
pub fn cpu_ms(process: u32) -> f64 {
    let mut nanos = 0.0;
    for task in std::fs::read_dir(format!("/proc/{process}/task")).unwrap().flatten() {
        let text = std::fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
        nanos += text.split_whitespace().next().and_then(|n| n.parse::<f64>().ok()).unwrap_or(0.0);
    }
    nanos / 1e6
}

/// How often a process was woken: voluntary switches of all its threads.
pub fn wakes(process: u32) -> u64 {
    let mut all = 0;
    for task in std::fs::read_dir(format!("/proc/{process}/task")).unwrap().flatten() {
        let text = std::fs::read_to_string(task.path().join("status")).unwrap_or_default();
        let line = text.lines().find_map(|l| l.strip_prefix("voluntary_ctxt_switches:"));
        all += line.and_then(|n| n.trim().parse::<u64>().ok()).unwrap_or(0);
    }
    all
}

/// Resident memory in MiB.
pub fn resident(process: u32) -> f64 {
    let text = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = text.lines().find_map(|l| l.strip_prefix("VmRSS:")).unwrap_or("0");
    line.trim().trim_end_matches(" kB").trim().parse::<f64>().unwrap_or(0.0) / 1024.0
}
