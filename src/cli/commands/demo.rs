//! The demo: a throw-away store, filled and opened, with a little producer that keeps asking.

use crate::app::{App, Clock, Failure, Place, demo};
use crate::cli::Done;
use crate::cli::args::{Demo, Look};
use crate::cli::commands::screen;
use crate::cli::output::Out;
use crate::domain::digest::hex;
use crate::domain::refusal::exit;
use crate::domain::text::safe_line;
use std::io::IsTerminal;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

/// How a demo's directory is called, before its random part.
const PREFIX: &str = "countersign-demo-";
/// The file whose lock says that its demo is alive.
const ALIVE: &str = "alive";
/// How often the little producer asks.
const EVERY: Duration = Duration::from_secs(20);

/// `demo`, or `demo --fill DIR`
pub fn run(args: &Demo, look: &Look, out: &mut Out) -> Done {
    let clock = Clock::system();
    let keep = args.fill.is_some();
    let dir = match &args.fill {
        Some(dir) => dir.clone(),
        None => throw_away()?,
    };
    let making = |e| Failure::io(format!("making {}", dir.display()), e, "name a new directory");
    if !keep {
        sweep(&std::env::temp_dir());
    }
    std::fs::DirBuilder::new().mode(0o700).create(&dir).map_err(making)?;
    // Held as long as this process lives: a directory whose lock is free was left behind by a killed demo.
    let alive =
        std::fs::File::create(dir.join(ALIVE)).and_then(|file| file.lock().map(|()| file)).map_err(making)?;
    let place = Place { store: Some(dir.join("demo.db")), ..Place::default() };
    let store = dir.join("demo.db");
    let count = demo::fill(&store, clock.now())?;
    if keep || !std::io::stdout().is_terminal() {
        let shown = safe_line(&store.to_string_lossy());
        out.line(format_args!("{count} requests are in {shown}"));
        out.line(format_args!("open it: countersign --store {shown}"));
        return Ok(exit::DONE);
    }
    // Dropping the sender ends the producer with the screen.
    let (stop, stopped) = mpsc::channel::<()>();
    let producer = std::thread::spawn(move || ask_on(&store, &stopped));
    let done = screen::run(&place, look, out);
    drop(stop);
    let _ = producer.join();
    drop(alive);
    let _ = std::fs::remove_dir_all(&dir);
    done
}

/// Removes the directories of demos that were killed.
fn sweep(temporary: &Path) {
    let Ok(entries) = std::fs::read_dir(temporary) else { return };
    for entry in entries.flatten() {
        let ours = entry.file_name().to_string_lossy().starts_with(PREFIX);
        let own =
            entry.metadata().is_ok_and(|m| m.is_dir() && m.uid() == rustix::process::geteuid().as_raw());
        if ours
            && own
            && std::fs::File::open(entry.path().join(ALIVE)).is_ok_and(|file| file.try_lock().is_ok())
        {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// A new name in the temporary directory that nobody could have made before.
fn throw_away() -> Result<PathBuf, Failure> {
    let mut bytes = [0u8; 8];
    crate::app::clock::chance(&mut bytes)
        .map_err(|e| Failure::io("drawing random bytes", e, "check /dev/urandom"))?;
    Ok(std::env::temp_dir().join(format!("{PREFIX}{}", hex(&bytes))))
}

/// Asks on until the screen is closed. A refusal or failure ends the little producer, not the demo.
fn ask_on(store: &Path, stopped: &mpsc::Receiver<()>) {
    let place = Place { store: Some(store.to_path_buf()), ..Place::default() };
    let Ok(mut app) = App::open(&place, Clock::system()) else { return };
    for n in 0.. {
        match stopped.recv_timeout(EVERY) {
            Err(mpsc::RecvTimeoutError::Timeout) => {}
            _ => return,
        }
        if demo::ask_one_more(&mut app, n).is_err() {
            return;
        }
    }
}
