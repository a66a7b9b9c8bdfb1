//! Who holds the terminal: one place turns on and off everything that must be turned off again, however it ends.

use crate::app::Failure;
use crate::tui::model::Model;
use crate::tui::view::view;
use crate::tui::wire::Wire;
use crossterm::cursor::Show;
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, SetTitle,
    disable_raw_mode, enable_raw_mode,
};
use crossterm::{Command, execute, queue};
use ratatui::Terminal;
use ratatui::layout::{Position, Rect};
use rustix::termios::{QueueSelector, tcflush};
use std::cell::Cell;
use std::io::{self, BufWriter, Stdout, Write, stdin, stdout};
use std::rc::Rc;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// Whether the terminal is in our hands.
static HELD: AtomicBool = AtomicBool::new(false);
/// Whether another program has the terminal: then Ctrl-C is meant for it.
static LENT: AtomicBool = AtomicBool::new(false);
/// Whether the window's title is ours to set.
static ENTITLED: AtomicBool = AtomicBool::new(false);
static HOOK: Once = Once::new();

/// Room for a whole frame, so that it leaves in few writes.
const FRAME_BYTES: usize = 64 * 1024;

/// Puts the window's title on the terminal's stack of titles, or takes it from there.
struct Title {
    push: bool,
}

impl Command for Title {
    fn write_ansi(&self, f: &mut impl std::fmt::Write) -> std::fmt::Result {
        f.write_str(if self.push { "\x1b[22;0t" } else { "\x1b[23;0t" })
    }
}

/// The terminal, held.
pub struct Tui {
    terminal: Terminal<Wire<Stamped>>,
    left: Rc<Cell<Option<Instant>>>,
    title: String,
}

/// Stdout, with a note of when the first bytes of a frame left.
struct Stamped {
    out: BufWriter<Stdout>,
    left: Rc<Cell<Option<Instant>>>,
}

impl Write for Stamped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A frame larger than the buffer leaves in parts; the first part counts.
        if bytes.len() > self.out.capacity() - self.out.buffer().len() {
            self.stamp();
        }
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.out.buffer().is_empty() {
            self.stamp();
        }
        self.out.flush()
    }
}

impl Stamped {
    fn stamp(&self) {
        if self.left.get().is_none() {
            self.left.set(Some(Instant::now()));
        }
    }
}

impl Tui {
    /// Takes the terminal, and the window's title with it if that is wanted.
    ///
    /// # Errors
    /// A [`Failure`] when it cannot be had; it is then as it was.
    pub fn take(title: bool) -> Result<Self, Failure> {
        ENTITLED.store(title, Ordering::SeqCst);
        HOOK.call_once(|| {
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |info| {
                give_back();
                before(info);
            }));
        });
        let left = Rc::new(Cell::new(None));
        let writer = Stamped { out: BufWriter::with_capacity(FRAME_BYTES, stdout()), left: Rc::clone(&left) };
        let terminal = Terminal::new(Wire::new(writer)).map_err(failed)?;
        hold().map_err(|e| {
            give_back();
            failed(e)
        })?;
        Ok(Self { terminal, left, title: String::new() })
    }

    /// Columns and lines.
    pub fn size(&self) -> (u16, u16) {
        self.terminal.size().map_or((0, 0), |size| (size.width, size.height))
    }

    /// Draws one frame, as one update where the terminal knows that; says when it left. What was typed before then
    /// was typed before anybody could see it.
    ///
    /// # Errors
    /// A [`Failure`] when the terminal does not take it.
    pub fn draw(&mut self, model: &Model) -> Result<Instant, Failure> {
        let mut frame = || -> io::Result<Instant> {
            queue!(self.terminal.backend_mut(), BeginSynchronizedUpdate)?;
            self.left.set(None);
            self.terminal.draw(|frame| view(model, frame))?;
            queue!(self.terminal.backend_mut(), EndSynchronizedUpdate)?;
            self.terminal.backend_mut().send()?;
            Ok(self.left.get().unwrap_or_else(Instant::now))
        };
        frame().map_err(failed)
    }

    /// Sets the window's title, when it is another than before.
    ///
    /// # Errors
    /// A [`Failure`] when the terminal does not take it.
    pub fn entitle(&mut self, title: &str) -> Result<(), Failure> {
        if !ENTITLED.load(Ordering::SeqCst) || self.title == title {
            return Ok(());
        }
        execute!(self.terminal.backend_mut(), SetTitle(title)).map_err(failed)?;
        title.clone_into(&mut self.title);
        Ok(())
    }

    /// Rings the terminal's bell.
    ///
    /// # Errors
    /// A [`Failure`] when the terminal does not take it.
    pub fn ring(&mut self) -> Result<(), Failure> {
        let out = self.terminal.backend_mut();
        out.write_all(b"\x07").and_then(|()| out.send()).map_err(failed)
    }

    /// Asks the terminal to tell the desktop (OSC 9). Our own words only.
    ///
    /// # Errors
    /// A [`Failure`] when the terminal does not take it.
    pub fn announce(&mut self, words: &str) -> Result<(), Failure> {
        let out = self.terminal.backend_mut();
        write!(out, "\x1b]9;{words}\x1b\\").and_then(|()| out.send()).map_err(failed)
    }

    /// Makes the next frame draw everything. `Terminal::clear` would ask the terminal where its cursor is and wait.
    ///
    /// # Errors
    /// A [`Failure`] when the terminal does not take it.
    pub fn repaint(&mut self) -> Result<(), Failure> {
        let size = self.terminal.size().map_err(failed)?;
        self.terminal.backend_mut().forget();
        self.terminal.resize(Rect::from((Position::ORIGIN, size))).map_err(failed)
    }

    /// Gives the terminal back, stops until the shell says to go on, and takes it again.
    ///
    /// # Errors
    /// A [`Failure`] when it cannot be had again.
    pub fn suspend(&mut self) -> Result<(), Failure> {
        give_back();
        // To this thread, so that it has stopped before the next line; a shell that cannot stop us is not waited for.
        let stopped = signal_hook::low_level::raise(signal_hook::consts::SIGTSTP);
        self.resume()?;
        stopped.map_err(failed)
    }

    /// Takes the terminal again after somebody stopped the program.
    ///
    /// # Errors
    /// A [`Failure`] when it cannot be had again.
    pub fn resume(&mut self) -> Result<(), Failure> {
        // The shell has set modes of its own meanwhile; raw mode is only set again once it was taken off.
        give_back();
        hold().map_err(failed)?;
        self.title.clear();
        self.repaint()
    }

    /// Lends the terminal to another program for as long as `borrow` runs.
    ///
    /// # Errors
    /// A [`Failure`] when it cannot be had again.
    pub fn lend<T>(&mut self, borrow: impl FnOnce() -> T) -> Result<T, Failure> {
        give_back();
        LENT.store(true, Ordering::SeqCst);
        let done = borrow();
        LENT.store(false, Ordering::SeqCst);
        // What was typed into its end was meant for it; one Alt-Enter among that would decide.
        let _ = tcflush(stdin(), QueueSelector::IFlush);
        self.resume()?;
        Ok(done)
    }

    /// Whether something else gave the terminal back: a panic in another thread.
    pub fn is_lost(&self) -> bool {
        !HELD.load(Ordering::SeqCst)
    }
}

impl Drop for Tui {
    fn drop(&mut self) {
        give_back();
    }
}

fn failed(error: io::Error) -> Failure {
    Failure::io("using the terminal", error, "nothing was changed: try again, or use the command line")
}

fn hold() -> io::Result<()> {
    enable_raw_mode()?;
    HELD.store(true, Ordering::SeqCst);
    if ENTITLED.load(Ordering::SeqCst) {
        queue!(stdout(), Title { push: true })?;
    }
    execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste)
}

/// Whether another program has the terminal.
pub fn is_lent() -> bool {
    LENT.load(Ordering::SeqCst)
}

/// Leaves the terminal as it was found. For quitting, failing, panicking, being stopped and being hung up on; the second
/// call does nothing.
pub fn give_back() {
    if HELD.swap(false, Ordering::SeqCst) {
        // A terminal that is gone cannot be told; there is nobody to tell that to either.
        let _ = execute!(stdout(), EndSynchronizedUpdate, DisableBracketedPaste, LeaveAlternateScreen, Show);
        if ENTITLED.load(Ordering::SeqCst) {
            let _ = execute!(stdout(), Title { push: false });
        }
        let _ = disable_raw_mode();
    }
}
