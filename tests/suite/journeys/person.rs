//! A person in front of a pseudo-terminal: presses keys, and reads the screen through a terminal emulator.

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long anything may take before a test says that it never came.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the terminal shows, and whether the program's side was closed.
struct Shown {
    parser: vt100::Parser,
    closed: bool,
    bytes: Vec<u8>,
}

/// A person at a terminal that runs countersign.
pub struct Person {
    child: Option<Box<dyn Child + Send + Sync>>,
    process: u32,
    reader: Option<JoinHandle<()>>,
    /// Tells the reader to let go of the terminal after what it reads next.
    letting_go: Arc<AtomicBool>,
    /// How many bytes the line carries in a tenth of a second; nothing: as many as there are.
    line: Arc<AtomicUsize>,
    master: Option<Box<dyn MasterPty + Send>>,
    keys: Box<dyn Write + Send>,
    shown: Arc<(Mutex<Shown>, Condvar)>,
}

/// The environment every process of a test gets, and nothing else.
pub fn environment(home: &Path, store: &Path) -> Vec<(String, String)> {
    let set = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    vec![
        set("HOME", home.to_str().unwrap()),
        set("COUNTERSIGN_STORE", store.to_str().unwrap()),
        set("PATH", "/usr/bin:/bin"),
        set("TERM", "xterm-256color"),
        set("LC_ALL", "C.UTF-8"),
    ]
}

/// The demo's store under `home`, filled by the program itself.
pub fn demo_store(home: &Path) -> std::path::PathBuf {
    let demo = home.join("demo");
    let mut fill = std::process::Command::new(env!("CARGO_BIN_EXE_countersign"));
    assert!(fill.args(["demo", "--fill"]).arg(&demo).env_clear().output().unwrap().status.success());
    demo.join("demo.db")
}

impl Person {
    /// Starts `countersign ARGUMENTS` in a terminal of that size.
    pub fn sits_down(arguments: &[&str], environment: &[(String, String)], size: (u16, u16)) -> Self {
        Self::runs(env!("CARGO_BIN_EXE_countersign"), arguments, environment, size)
    }

    /// Starts any program in a terminal of that size.
    pub fn runs(
        program: &str,
        arguments: &[&str],
        environment: &[(String, String)],
        (columns, rows): (u16, u16),
    ) -> Self {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.env_clear();
        for (name, value) in environment {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let keys = pair.master.take_writer().unwrap();
        let parser = vt100::Parser::new(rows.try_into().unwrap(), columns.try_into().unwrap(), 0);
        let shown =
            Arc::new((Mutex::new(Shown { parser, closed: false, bytes: Vec::new() }), Condvar::new()));
        let told = Arc::clone(&shown);
        let letting_go = Arc::new(AtomicBool::new(false));
        let let_go = Arc::clone(&letting_go);
        let line = Arc::new(AtomicUsize::new(0));
        let pace = Arc::clone(&line);
        let reader = std::thread::spawn(move || {
            let mut buffer = [0u8; 8192];
            loop {
                let carried = match pace.load(Ordering::SeqCst) {
                    0 => buffer.len(),
                    bytes => {
                        std::thread::sleep(Duration::from_millis(100));
                        bytes.min(buffer.len())
                    }
                };
                let read = reader.read(&mut buffer[..carried]).unwrap_or(0);
                let (shown, changed) = &*told;
                let mut shown = shown.lock().unwrap();
                if read == 0 {
                    shown.closed = true;
                } else {
                    shown.parser.process(&buffer[..read]);
                    shown.bytes.extend_from_slice(&buffer[..read]);
                }
                changed.notify_all();
                if read == 0 || let_go.load(Ordering::SeqCst) {
                    return;
                }
            }
        });
        let process = child.process_id().unwrap();
        let (child, reader) = (Some(child), Some(reader));
        Self { child, process, reader, letting_go, line, master: Some(pair.master), keys, shown }
    }

    /// Presses keys, as the bytes a terminal sends. Before a capital, which decides, a person looks at what came.
    pub fn press(&mut self, keys: &str) -> &mut Self {
        if keys.starts_with(|c: char| c.is_ascii_uppercase()) {
            std::thread::sleep(Duration::from_millis(300));
        }
        self.press_at_once(keys)
    }

    /// Presses keys without looking.
    pub fn press_at_once(&mut self, keys: &str) -> &mut Self {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
        self
    }

    /// From now on the line carries so many bytes in a tenth of a second.
    pub fn has_a_line_of(&mut self, bytes: usize) -> &mut Self {
        self.line.store(bytes, Ordering::SeqCst);
        self
    }

    /// Waits until the screen satisfies `wanted`; the screen then.
    #[track_caller]
    pub fn waits_until(&self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        let (shown, changed) = &*self.shown;
        let mut guard = shown.lock().unwrap();
        let deadline = Instant::now() + PATIENCE;
        loop {
            let screen = guard.parser.screen().contents();
            if wanted(&screen) {
                return screen;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero() && !guard.closed, "never saw {what}; the screen:\n{screen}");
            guard = changed.wait_timeout(guard, left).unwrap().0;
        }
    }

    /// Waits until `words` stand on the screen.
    #[track_caller]
    pub fn sees(&mut self, words: &str) -> &mut Self {
        self.waits_until(words, |screen| screen.contains(words));
        self
    }

    /// The screen as it is.
    pub fn screen(&self) -> String {
        self.shown.0.lock().unwrap().parser.screen().contents()
    }

    /// Whether anything on the screen has a colour.
    pub fn sees_colour(&self) -> bool {
        let shown = self.shown.0.lock().unwrap();
        let screen = shown.parser.screen();
        let (rows, columns) = screen.size();
        (0..rows.get()).any(|row| {
            (0..columns.get()).filter_map(|column| screen.cell(row, column)).any(|cell| {
                cell.fgcolor() != vt100::Color::Default || cell.bgcolor() != vt100::Color::Default
            })
        })
    }

    /// Everything the program ever sent.
    pub fn sent(&self) -> Vec<u8> {
        self.shown.0.lock().unwrap().bytes.clone()
    }

    /// Whether the terminal is as a shell wants it: no alternate screen, cursor shown, no paste brackets.
    pub fn has_a_clean_terminal(&self) -> bool {
        let shown = self.shown.0.lock().unwrap();
        let screen = shown.parser.screen();
        !screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste()
    }

    /// Waits for the end; the exit code.
    #[track_caller]
    pub fn ends(&mut self) -> u32 {
        let deadline = Instant::now() + PATIENCE;
        let (shown, changed) = &*self.shown;
        let mut guard = shown.lock().unwrap();
        while !guard.closed {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "never ended; the screen:\n{}", guard.parser.screen().contents());
            guard = changed.wait_timeout(guard, left).unwrap().0;
        }
        drop(guard);
        self.ends_alone()
    }

    /// The process, for signals and accounting.
    pub fn process(&self) -> u32 {
        self.process
    }

    /// The line goes down: the terminal is gone. The key makes the program draw once more, so that the reader, which
    /// holds the terminal too, comes back from its reading and lets go.
    pub fn hangs_up(&mut self, last_key: &str) {
        self.letting_go.store(true, Ordering::SeqCst);
        self.press(last_key);
        self.reader.take().unwrap().join().unwrap();
        self.types_no_farewell();
        self.keys = Box::new(std::io::sink());
        self.master = None;
    }

    /// The library at hand types a line feed and the end-of-file character when its writer is dropped, which no line does
    /// that goes down; it does not when there is no such character.
    fn types_no_farewell(&self) {
        use rustix::fs::{Mode, OFlags, open};
        use rustix::termios::{OptionalActions, SpecialCodeIndex, tcgetattr, tcsetattr};
        let path = self.master.as_ref().unwrap().tty_name().unwrap();
        let tty = open(path, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty()).unwrap();
        let mut modes = tcgetattr(&tty).unwrap();
        modes.special_codes[SpecialCodeIndex::VEOF] = 0;
        tcsetattr(&tty, OptionalActions::Now, &modes).unwrap();
    }

    /// How it ended, whether or not somebody still looks.
    pub fn ends_alone(&mut self) -> u32 {
        let mut child = self.child.take().unwrap();
        let mut killer = child.clone_killer();
        let (tell, told) = std::sync::mpsc::channel();
        std::thread::spawn(move || tell.send(child.wait().unwrap().exit_code()));
        told.recv_timeout(PATIENCE).unwrap_or_else(|_| {
            let _ = killer.kill();
            panic!("it never ended");
        })
    }
}

impl Drop for Person {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
