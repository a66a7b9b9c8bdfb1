//! A driver's act in a process of its own: this program once more, which starts the driver, holds it, and ends it with
//! everything it started when whoever wants the act says so, or dies. As long as it holds the other end of a pipe, it lives.

use crate::domain::driver::errand::{Errand, Reported};
use crate::drive::child::{self, Order, printed};
use crate::drive::program::Program;
use std::io::{BufRead, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

/// The word by which this program is told to hold a driver.
pub const WORD: &str = "hold-driver";
/// This program, whatever was put at its path since it was started.
pub const MYSELF: &str = "/proc/self/exe";
/// How often whoever waits is asked whether it should go on.
const TICK: Duration = Duration::from_millis(100);
/// How much longer than the act may take its holder has, to end everything and to tell.
const MORE: Duration = Duration::from_secs(20);
/// The longest report, in bytes: two streams' heads and tails, every byte of them escaped.
const LONGEST: u64 = 8 << 20;

fn span(span: crate::domain::moment::Span) -> Duration {
    Duration::from_millis(u64::try_from(span.millis()).unwrap_or(0))
}

/// Has an errand done, to its end. `stop` is asked several times a second.
///
/// # Errors
/// Nobody can say how it ended. That it was not begun is a report.
pub fn perform(errand: &Errand, stop: &dyn Fn() -> bool) -> Result<Reported, String> {
    let not_begun = |why: String| Ok(Reported { not_begun: Some(why), ..Reported::default() });
    if let Err(why) = super::permitted() {
        return not_begun(why.to_owned());
    }
    let mut command = Command::new(MYSELF);
    command.arg(WORD).env_clear().env("PATH", "/usr/bin:/bin").current_dir("/").process_group(0);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut holder = match command.spawn() {
        Ok(holder) => holder,
        Err(e) => return not_begun(format!("nobody could be started to hold the driver: {e}")),
    };
    let (Some(mut leash), Some(out)) = (holder.stdin.take(), holder.stdout.take()) else {
        return not_begun("nobody could be started to hold the driver".to_owned());
    };
    let (done, told) = mpsc::channel();
    std::thread::spawn(move || {
        let mut report = String::new();
        let read = out.take(LONGEST).read_to_string(&mut report);
        let _ = done.send(read.map(|_| report).unwrap_or_default());
    });
    // One that died has closed it: then there is no report.
    let _ = writeln!(leash, "{}", errand.to_line()).and_then(|()| leash.flush());
    let mut leash = Some(leash);
    let until = Instant::now() + span(errand.limit) + span(errand.grace) * 2 + MORE;
    let report = loop {
        match told.recv_timeout(TICK) {
            Ok(report) => break report,
            Err(RecvTimeoutError::Disconnected) => break String::new(),
            Err(RecvTimeoutError::Timeout) if Instant::now() > until => {
                let _ = holder.kill();
                break String::new();
            }
            Err(RecvTimeoutError::Timeout) => {
                if leash.is_some() && stop() {
                    drop(leash.take());
                }
            }
        }
    };
    drop(leash);
    let _ = holder.wait();
    Reported::from_line(report.trim_end())
        .map_err(|_| "the process that held the driver is gone: nobody can say what it did".to_owned())
}

/// Holds a driver: reads the errand, starts it, and ends it when `leash` does. What is to be told, in one line.
pub fn hold(mut leash: impl BufRead + Send + 'static) -> String {
    let mut line = String::new();
    let errand = match leash.read_line(&mut line) {
        Ok(_) => Errand::from_line(line.trim_end()),
        Err(e) => Err(e.to_string()),
    };
    let over = Arc::new(AtomicBool::new(false));
    let end = Arc::clone(&over);
    std::thread::spawn(move || {
        // Nothing more is ever said: it is held until it is closed.
        let _ = std::io::copy(&mut leash, &mut std::io::sink());
        end.store(true, Ordering::SeqCst);
    });
    let reported = errand.and_then(|errand| drive(&errand, &over));
    reported.unwrap_or_else(|why| Reported { not_begun: Some(why), ..Reported::default() }).to_line()
}

fn drive(errand: &Errand, over: &AtomicBool) -> Result<Reported, String> {
    child::alone().map_err(|e| format!("making ready to start the driver: {e}"))?;
    let open = |path: &str| match path {
        MYSELF => Program::myself(),
        path => Program::open(path).map_err(|why| format!("{path}: {why}")),
    };
    let mut first = open(errand.command.first().ok_or("there is no command")?)?;
    for (path, wanted) in &errand.programs {
        let program = open(path)?;
        if program.digest().map(|digest| digest.to_string()).as_ref() != Some(wanted) {
            return Err(format!("{path}: is not the program that was approved"));
        }
        // The very one that was compared is the one that is started.
        if errand.command.first() == Some(path) {
            first = program;
        }
    }
    let order = Order {
        command: &errand.command,
        run_id: &errand.run_id,
        directory: &errand.directory,
        limit: span(errand.limit),
        grace: span(errand.grace),
        input: Some(errand.input.as_bytes()),
        sweeps: true,
    };
    let outcome = child::run_opened(&order, &first, &mut || over.load(Ordering::SeqCst))?;
    let (out, err) = (printed(&outcome.stdout), printed(&outcome.stderr));
    Ok(Reported {
        not_begun: None,
        exit: outcome.exit,
        signal: outcome.signal,
        timed_out: outcome.timed_out,
        halted: outcome.halted,
        stdout: out.text(),
        stderr: err.text(),
        printed: out.total() + err.total(),
        digest: crate::domain::digest::of_output(
            (out.total() > 0).then(|| out.digest()),
            (err.total() > 0).then(|| err.digest()),
        ),
        left: outcome.left,
        took: outcome.took,
    })
}
