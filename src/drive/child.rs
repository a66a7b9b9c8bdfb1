//! One process: started clean, watched, ended with everything it started.

use crate::domain::moment::Span;
use crate::drive::printed::{Stream, drain};
use crate::drive::program::Program;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitOptions, getpid, kill_process, kill_process_group, pidfd_open,
    set_child_subreaper, setsid, test_kill_process_group, waitpgid, waitpid,
};
use std::os::fd::OwnedFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Where a process looks for programs.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// How often whoever waits looks whether it should go on.
const TICK: Duration = Duration::from_millis(250);
/// How long what was printed is waited for once nobody of the group is left.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// How often a group that is going is looked at.
const LOOK: Duration = Duration::from_millis(10);

/// What is to be run, and for how long at most.
#[derive(Debug)]
pub struct Order<'a> {
    /// The program and its arguments.
    pub command: &'a [String],
    /// Names this one run of this one step, so that whatever it calls can tell a second time from the first.
    pub run_id: &'a str,
    /// The directory it runs in.
    pub directory: &'a str,
    /// How long it may take.
    pub limit: Duration,
    /// How long it has between TERM and KILL.
    pub grace: Duration,
    /// What it reads on stdin; nothing is an empty stdin.
    pub input: Option<&'a [u8]>,
    /// Whether whatever it leaves in sessions of its own is counted, and ended when it is ended early. Only for a process
    /// that has no other children.
    pub sweeps: bool,
}

/// What became of it.
#[derive(Debug)]
pub struct Outcome {
    /// The exit status, when it ended by itself.
    pub exit: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// Whether its time was over.
    pub timed_out: bool,
    /// Whether it was ended because somebody said stop.
    pub halted: bool,
    /// What it printed on stdout.
    pub stdout: Arc<Mutex<Stream>>,
    /// What it printed on stderr.
    pub stderr: Arc<Mutex<Stream>>,
    /// How many processes it left in sessions of their own, as far as can be seen.
    pub left: u32,
    /// How long it took.
    pub took: Span,
}

/// Makes this process one that runs commands: whatever they leave behind becomes its child, and no descriptor of its own
/// is passed on, not even one it was started with. To be called once, before the first, by a process without children.
///
/// # Errors
/// When the kernel refuses.
pub fn alone() -> std::io::Result<()> {
    set_child_subreaper(Some(getpid()))?;
    for entry in std::fs::read_dir("/proc/self/fd")? {
        let name = entry?.file_name();
        let Some(number) = name.to_str().and_then(|n| n.parse::<i32>().ok()).filter(|n| *n > 2) else {
            continue;
        };
        close_on_exec(number);
    }
    Ok(())
}

/// A descriptor that is not there any more (the one that listed them) is no trouble.
#[allow(unsafe_code, reason = "a descriptor we were started with has no owner in this program")]
fn close_on_exec(number: i32) {
    // SAFETY: the number is only borrowed for one call, which does not close it; a wrong one is answered with EBADF.
    let borrowed = unsafe { std::os::fd::BorrowedFd::borrow_raw(number) };
    let _ = rustix::io::fcntl_setfd(borrowed, rustix::io::FdFlags::CLOEXEC);
}

#[allow(unsafe_code, reason = "a session of its own can only be made between fork and exec")]
fn in_its_own_session(command: &mut Command) {
    // SAFETY: setsid is one system call, safe after fork; nothing is allocated and no lock is taken.
    unsafe {
        command.pre_exec(|| {
            setsid()?;
            Ok(())
        });
    }
}

/// Runs one command to its end. `halt` is asked several times a second whether to end it early.
///
/// # Errors
/// Why it was not started, as a sentence; nothing ran then.
pub fn run(order: &Order<'_>, halt: &mut dyn FnMut() -> bool) -> Result<Outcome, String> {
    let program = order.command.first().ok_or("there is no command")?;
    run_opened(order, &Program::open(program)?, halt)
}

/// As [`run`], with the program that was opened before: the first entry of the command is only its name then.
///
/// # Errors
/// As [`run`].
pub fn run_opened(
    order: &Order<'_>,
    program: &Program,
    halt: &mut dyn FnMut() -> bool,
) -> Result<Outcome, String> {
    let arguments = order.command.get(1..).ok_or("there is no command")?;
    super::permitted()?;
    let mut command = Command::new(program.start_by()?);
    command.arg0(program.name()).args(arguments).env_clear().current_dir(order.directory);
    command.env("PATH", PATH).env("LANG", "C.UTF-8").env("RUN_ID", order.run_id);
    let stdin = if order.input.is_some() { Stdio::piped() } else { Stdio::null() };
    command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
    in_its_own_session(&mut command);
    // What an earlier step left behind is not this one's: neither counted nor ended with it.
    let earlier = if order.sweeps { the_rest(&[]) } else { Vec::new() };
    let begun = Instant::now();
    let mut child = command.spawn().map_err(|e| format!("it could not be started: {e}"))?;
    if let (Some(input), Some(stdin)) = (order.input, child.stdin.take()) {
        feed(stdin, input.to_vec());
    }
    let (done, ended) = mpsc::channel();
    let streams = [
        child.stdout.take().map(|from| drain(from, done.clone())),
        child.stderr.take().map(|from| drain(from, done.clone())),
    ];
    drop(done);
    let [stdout, stderr] = streams.map(Option::unwrap_or_default);
    let group = Pid::from_child(&child);
    let pidfd = pidfd_open(group, PidfdFlags::empty()).ok();
    let (mut timed_out, mut halted) = (false, false);
    while !ends_within(&mut child, pidfd.as_ref(), TICK.min(order.limit.saturating_sub(begun.elapsed()))) {
        timed_out = begun.elapsed() >= order.limit;
        halted = !timed_out && halt();
        if timed_out || halted {
            let _ = kill_process_group(group, Signal::TERM);
            if !ends_within(&mut child, pidfd.as_ref(), order.grace) {
                let _ = kill_process_group(group, Signal::KILL);
            }
            break;
        }
    }
    let status = child.wait().map_err(|e| format!("its end could not be waited for: {e}"))?;
    end_group(group, order.grace);
    let left = match order.sweeps {
        true if timed_out || halted => end_the_rest(&earlier),
        true => the_rest(&earlier).len(),
        false => 0,
    };
    // Both streams end when nobody holds them any more. A process that went to a session of its own may hold them on.
    let last = Instant::now();
    while ended.recv_timeout(LAST_WORDS.saturating_sub(last.elapsed())).is_ok() {}
    Ok(Outcome {
        exit: status.code(),
        signal: status.signal(),
        timed_out,
        halted,
        stdout,
        stderr,
        left: u32::try_from(left).unwrap_or(u32::MAX),
        took: Span::from_millis(i64::try_from(begun.elapsed().as_millis()).unwrap_or(i64::MAX)),
    })
}

/// Gives a process what it reads, on a thread of its own: one that does not read must not be waited for, and one that ends
/// early has had enough.
fn feed(mut stdin: std::process::ChildStdin, input: Vec<u8>) {
    std::thread::spawn(move || {
        use std::io::Write;
        let _ = stdin.write_all(&input);
    });
}

/// Whether the process has ended, at the latest after `span`.
fn ends_within(child: &mut Child, pidfd: Option<&OwnedFd>, span: Duration) -> bool {
    let Some(pidfd) = pidfd else {
        // A kernel without pidfds: look, rest, look again.
        let until = Instant::now() + span;
        while matches!(child.try_wait(), Ok(None)) {
            if Instant::now() >= until {
                return false;
            }
            std::thread::sleep(LOOK);
        }
        return true;
    };
    let limit = Timespec {
        tv_sec: i64::try_from(span.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: i64::from(span.subsec_nanos()),
    };
    let mut fds = [PollFd::new(pidfd, PollFlags::IN)];
    matches!(poll(&mut fds, Some(&limit)), Ok(n) if n > 0)
}

/// Ends whoever of the group is still there: the step is over, and so is everything that it started in its own session.
fn end_group(group: Pid, grace: Duration) {
    let gone = || {
        // Those of the group whose parent is dead are ours to bury; the dead count as members until then.
        while matches!(waitpgid(group, WaitOptions::NOHANG), Ok(Some(_))) {}
        test_kill_process_group(group).is_err()
    };
    for signal in [Signal::TERM, Signal::KILL] {
        if gone() || kill_process_group(group, signal).is_err() {
            return;
        }
        let since = Instant::now();
        while !gone() && since.elapsed() < grace.min(LAST_WORDS) {
            std::thread::sleep(LOOK);
        }
    }
}

/// A process that a step left behind.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Left {
    pid: Pid,
    /// The session it is in: those it starts are in it too, and may outlive it.
    session: String,
}

/// The processes that left the group and lost their parent: they are our children now. Without those that were there
/// `earlier`, and what these started.
fn the_rest(earlier: &[Left]) -> Vec<Left> {
    let me = std::process::id().to_string();
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    let is_mine = |entry: std::fs::DirEntry| {
        let pid: i32 = entry.file_name().to_str()?.parse().ok()?;
        let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
        // The name in the parentheses may hold anything: the fields behind it are what counts.
        let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
        let (state, parent, _group, session) =
            (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
        let pid = Pid::from_raw(pid).filter(|_| parent == me && state != "Z")?;
        Some(Left { pid, session: session.to_owned() })
    };
    let was_there = |left: &Left| earlier.iter().any(|e| e.pid == left.pid || e.session == left.session);
    entries.flatten().filter_map(is_mine).filter(|left| !was_there(left)).collect()
}

/// Ends them, and those that become ours when they go; how many there were.
fn end_the_rest(earlier: &[Left]) -> usize {
    let since = Instant::now();
    let mut ended = 0;
    loop {
        let rest = the_rest(earlier);
        if rest.is_empty() || since.elapsed() > LAST_WORDS {
            return ended;
        }
        for Left { pid, .. } in rest {
            if kill_process(pid, Signal::KILL).is_ok() && waitpid(Some(pid), WaitOptions::empty()).is_ok() {
                ended += 1;
            }
        }
    }
}

/// What was printed, as it stands now.
pub fn printed(stream: &Arc<Mutex<Stream>>) -> std::sync::MutexGuard<'_, Stream> {
    stream.lock().unwrap_or_else(PoisonError::into_inner)
}
